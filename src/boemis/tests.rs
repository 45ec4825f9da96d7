//! BOEMİS against real SQLite files and a real PostgreSQL server, looked at with `sqlite3` and `psql`.

use super::*;
use crate::document::{ApprovalStage, Content, Digest, ParticipantName, Quantity, Revision};
use crate::finding::Stop;
use crate::schema::{
    Check, Class, Column, ColumnKind, Dataset, PeriodKinds, Ratio, Record, Replacing, Rule, Spot, Statement, Topic,
    TotalRule, Validated, Value, YearRule,
};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};

fn column(name: &str, kind: ColumnKind, required: bool) -> Column {
    let text = String::new;
    Column { name: name.to_owned(), element: text(), kind, unit: None, required, title_az: text(), title_en: text() }
}

fn dataset(name: &str, year: YearRule, columns: &[(&str, u8)]) -> Dataset {
    let mut all = vec![column("station", ColumnKind::Station, false)];
    all.extend(columns.iter().map(|(name, places)| column(name, ColumnKind::Decimal { places: *places }, false)));
    Dataset {
        name: name.parse().unwrap(),
        title_az: String::new(),
        title_en: String::new(),
        clause: String::new(),
        periods: PeriodKinds::QuarterAndYear,
        total: TotalRule::Optional,
        year,
        columns: all,
        class: Class::Open,
        competence: Vec::new(),
        approval: None,
        rules: Vec::new(),
    }
}

fn datasets(all: Vec<Dataset>) -> Datasets {
    Datasets { by_name: all.into_iter().map(|d| (d.name.clone(), d)).collect() }
}

fn usual() -> Datasets {
    datasets(vec![
        dataset("generation", YearRule::Sum, &[("energy_mwh", 3)]),
        dataset("capacity", YearRule::Last, &[("capacity_mw", 3)]),
        dataset("carbon-revenue", YearRule::Sum, &[("revenue_azn", 2), ("sold_tco2e", 3)]),
    ])
}

/// A moment, each later than the one before.
fn now() -> Timestamp {
    static SECONDS: AtomicI64 = AtomicI64::new(1_800_000_000);
    Timestamp::from_second(SECONDS.fetch_add(1, Ordering::Relaxed)).unwrap()
}

fn new_id() -> SubmissionId {
    SubmissionId::new(now())
}

/// What a test files: `body dataset period revision`, and records as `station value value`.
#[derive(Clone)]
struct Filing {
    id: SubmissionId,
    text: String,
    records: Vec<String>,
    held: bool,
    /// Whether its records lie in a spool.
    far: bool,
}

fn filing(text: &str, records: &[&str]) -> Filing {
    Filing {
        id: new_id(),
        text: text.to_owned(),
        records: records.iter().map(|r| (*r).to_owned()).collect(),
        held: true,
        far: false,
    }
}

impl Filing {
    fn content(&self) -> Content {
        Content(Digest::of(format!("{}\n{}", self.text, self.records.join("\n")).as_bytes()))
    }

    fn key(&self) -> Key {
        let part: Vec<&str> = self.text.split(' ').collect();
        Key {
            participant: part[0].parse().unwrap(),
            dataset: part[1].parse().unwrap(),
            period: mark::period(part[2]).unwrap(),
        }
    }

    fn revision(&self) -> Revision {
        self.text.split(' ').nth(3).unwrap().parse().unwrap()
    }

    fn validated(&self) -> Validated {
        let (key, revision) = (self.key(), self.revision());
        let places: &[u8] = if key.dataset.as_str() == "carbon-revenue" { &[2, 3] } else { &[3] };
        let records = self.records.iter().map(|text| record(text, places));
        let records = match self.far {
            true => crate::schema::Records::laid_away(records),
            false => records.collect(),
        };
        Validated::unseen_arrival(self.id, self.held, self.content(), Statement { key, revision, records })
    }
}

fn record(text: &str, places: &[u8]) -> Record {
    let mut parts = text.split(' ');
    let mut values = vec![match parts.next().unwrap() {
        "-" => Value::Absent,
        code => Value::Station(code.parse().unwrap()),
    }];
    for (part, places) in parts.zip(places) {
        values.push(match part {
            "-" => Value::Absent,
            number => Value::Decimal(Quantity::parse(number, *places, '.').unwrap()),
        });
    }
    Record { values, spot: Spot::Whole }
}

#[path = "../../tests/servers/postgres.rs"]
mod server;

use drawn::a_shape_lies_as_sent_and_in_wgs_84_and_neither_can_be_changed_unseen;

mod ahead;
mod drawn;
mod postgres;

/// A database that no other test has.
struct Window {
    /// Where the file is.
    folder: tempfile::TempDir,
    /// Of a server: then there is no file.
    database: Option<server::Database>,
}

impl Window {
    fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: None }
    }

    fn postgres() -> Self {
        Self { database: Some(server::Server::shared().database()), ..Self::sqlite() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("boemis.sqlite")
    }

    fn location(&self) -> Location {
        match &self.database {
            None => Location::Sqlite(self.path()),
            Some(database) => database.url().parse().unwrap(),
        }
    }

    async fn open(&self) -> Boemis {
        Boemis::open(&self.location(), &Settings::default(), &usual()).await.unwrap()
    }

    async fn reader(&self) -> Reader {
        Reader::open(&self.location(), &Settings::default(), &usual()).await.unwrap()
    }

    fn ask(&self, sql: &str) -> String {
        match &self.database {
            None => sqlite3(&self.path(), sql),
            Some(database) => database.ask(sql),
        }
    }

    /// What each is asked in its own words.
    fn ask_either(&self, sqlite: &str, postgres: &str) -> String {
        self.ask(if self.database.is_some() { postgres } else { sqlite })
    }

    /// What somebody is told who changes what is stored; none when it was done.
    fn refuses(&self, sql: &str) -> Option<String> {
        match &self.database {
            None => {
                let out = Command::new("sqlite3").arg(self.path()).arg(sql).output().unwrap();
                (!out.status.success()).then(|| String::from_utf8_lossy(&out.stderr).into_owned())
            }
            Some(database) => database.denied("owner", sql),
        }
    }

    /// The same by somebody who first takes away what is in the way.
    fn tamper(&self, table: &str, sql: &str) {
        let sql = match &self.database {
            None => format!("DROP TRIGGER {table}_stays; {sql}"),
            Some(_) => format!("SET session_replication_role = replica; {sql}"),
        };
        assert_eq!(self.refuses(&sql), None);
    }
}

fn sqlite3(path: &Path, sql: &str) -> String {
    // a connection that is being closed holds the file for a moment
    let mut shell = Command::new("sqlite3");
    let out = shell.args(["-readonly", "-cmd", ".timeout 5000"]).arg(path).arg(sql).output().unwrap();
    assert!(out.status.success(), "{sql}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim_end().to_owned()
}

async fn load(boemis: &mut Boemis, filings: &[&Filing]) -> Vec<Loaded> {
    let mut batch = boemis.begin(now()).await.unwrap();
    for filing in filings {
        let pending = batch.load(filing.validated()).await.unwrap();
        assert_eq!(pending.id(), filing.id);
    }
    batch.commit().await.unwrap()
}

/// Each test on both engines.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Window::sqlite()).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Window::postgres()).await;
            })*
        }
    };
}

on_both! {
    what_is_loaded_stands_in_the_views_and_superseded_rows_stay
    a_year_is_its_annual_statement_else_its_quarters
    a_stock_has_the_latest_quarter_as_its_year
    what_counts_sums_to_the_totals_and_is_known_as_of_a_moment
    optional_columns_and_several_decimals
    a_group_sees_its_own_loads_and_nothing_beyond_them
    loading_again_is_harmless_and_sees_what_stood_then
    a_document_that_was_only_looked_at_is_not_loaded
    a_load_that_was_broken_off_loses_its_group_and_nothing_else
    many_are_asked_about_and_loaded_together_as_one_by_one
    the_only_statement_of_a_group_is_loaded_and_committed_at_once
    an_abandoned_group_leaves_nothing_and_no_lock
    a_long_statement_is_loaded_in_pieces
    a_shape_lies_as_sent_and_in_wgs_84_and_neither_can_be_changed_unseen
    records_changed_behind_our_back_no_longer_have_their_digest
    a_reader_looks_on_beside_the_loader
    descriptions_may_grow_and_may_not_change_their_meaning
    what_is_contested_holds_no_more_and_stands_in_the_way_of_nothing
    what_holds_again_gives_way_where_another_filed_meanwhile
    what_was_loaded_is_never_changed
    what_a_correction_replaces_and_why_stays_with_its_load
    what_is_proposed_counts_for_nothing_until_it_is_approved
    what_held_at_a_moment_is_told_by_what_was_known_then
    what_the_rules_look_at_besides_stands_there_by_sender
    a_year_of_months_stands_by_its_months
    where_there_are_no_periods_others_are_asked_for_the_keys_that_are_stated
}

async fn what_is_loaded_stands_in_the_views_and_superseded_rows_stay(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2026-Q3 1", &["GUN-0001 98765.432", "SU-0001 0.1"]);
    let loaded = load(&mut boemis, &[&first]).await;
    assert_eq!((loaded.len(), loaded[0].id(), loaded[0].records(), loaded[0].stood_already()), (1, first.id, 2, false));
    let current = "SELECT station, energy_mwh, period, submission, participant, revision \
                   FROM generation_current ORDER BY station";
    let id = first.id;
    assert_eq!(
        window.ask(current),
        format!("GUN-0001|98765.432|2026-Q3|{id}|azerenerji|1\nSU-0001|0.100|2026-Q3|{id}|azerenerji|1")
    );
    let second = filing("azerenerji generation 2026-Q3 2", &["GUN-0001 5"]);
    load(&mut boemis, &[&second]).await;
    assert_eq!(window.ask(current), format!("GUN-0001|5.000|2026-Q3|{}|azerenerji|2", second.id));
    assert_eq!(
        window.ask("SELECT revision, station, energy_mwh FROM generation_history ORDER BY revision, station"),
        "1|GUN-0001|98765.432\n1|SU-0001|0.100\n2|GUN-0001|5.000"
    );
    assert_eq!(
        window.ask_either(
            "SELECT DISTINCT typeof(r.energy_mwh), typeof(v.energy_mwh) FROM generation_record r, generation_history v",
            "SELECT DISTINCT pg_typeof(r.energy_mwh), pg_typeof(v.energy_mwh) FROM generation_record r, \
             generation_history v"
        ),
        if window.database.is_some() { "bigint|numeric" } else { "integer|text" }
    );
    boemis.close().await.unwrap();
}

async fn what_a_correction_replaces_and_why_stays_with_its_load(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2026-Q3 1", &["GUN-0001 5"]);
    let second = filing("azerenerji generation 2026-Q3 2", &["GUN-0001 6"]);
    load(&mut boemis, &[&first]).await;
    let replacing = Replacing {
        submission: Some(first.id),
        reason: Some("arithmetic".to_owned()),
        note: Some("Akt «12»; ' \"".to_owned()),
    };
    // alone, together with others, and behind its mark it is written by other statements
    let third = filing("azerenerji generation 2026-Q3 3", &["GUN-0001 7"]);
    let rows = long_rows();
    let long = Filing {
        far: true,
        ..filing("azerenerji generation 2026-Q3 4", &rows.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for (corrected, alone) in [(&second, true), (&third, false), (&long, false)] {
        let mut batch = boemis.begin(now()).await.unwrap();
        let validated = corrected.validated().replacing_this(replacing.clone());
        match alone {
            true => drop(batch.load_alone(validated).await.unwrap()),
            false => drop(batch.load(validated).await.unwrap()),
        }
        assert_eq!(batch.commit().await.unwrap()[0].mark().replacing, replacing);
        assert_eq!(boemis.mark(corrected.id).await.unwrap().unwrap().replacing, replacing);
    }
    assert_eq!(boemis.mark(first.id).await.unwrap().unwrap().replacing, Replacing::default());
    let told = "SELECT DISTINCT revision, replaces, reason, note FROM generation_history ORDER BY revision";
    let id = first.id;
    let of = |revision: u32| format!("{revision}|{id}|arithmetic|Akt «12»; ' \"");
    assert_eq!(window.ask(told), format!("1|||\n{}\n{}\n{}", of(2), of(3), of(4)));
    assert!(window.refuses("UPDATE submission SET reason = 'other'").is_some_and(|why| why.contains("never changed")));
    // a load that is made again has what was said of it then
    let again = filing("azerenerji generation 2026-Q2 2", &["GUN-0001 6"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    batch.loaded_before(again.id, Before { waits: false, replaces: Some(first.id) });
    let _pending = batch.load(again.validated()).await.unwrap();
    assert_eq!(batch.commit().await.unwrap()[0].mark().replacing.submission, Some(first.id));
    boemis.close().await.unwrap();
}

async fn what_is_proposed_counts_for_nothing_until_it_is_approved(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2026-Q3 1", &["GUN-0001 5"]);
    load(&mut boemis, &[&first]).await;
    let by: ParticipantName = "ekologiya".parse().unwrap();
    // two for the same revision, beside each other and beside the body's own
    let proposals: Vec<Filing> = ["6", "7"]
        .map(|mwh| filing("azerenerji generation 2026-Q3 2", &[&format!("GUN-0001 {mwh}"), "SU-0001 1"]))
        .into();
    for (proposal, alone) in proposals.iter().zip([true, false]) {
        let mut batch = boemis.begin(now()).await.unwrap();
        let validated = proposal.validated().proposed_by(by.clone());
        match alone {
            true => drop(batch.load_alone(validated).await.unwrap()),
            false => drop(batch.load(validated).await.unwrap()),
        }
        let loaded = batch.commit().await.unwrap().remove(0);
        assert!(loaded.is_pending());
        assert_eq!((loaded.mark().sender(), loaded.mark().about()), (&by, Some(&proposal.key().participant)));
        assert_eq!(boemis.mark(proposal.id).await.unwrap().as_ref(), Some(loaded.mark()));
    }
    let current = "SELECT station, energy_mwh, revision, participant FROM generation_current ORDER BY station";
    assert_eq!(window.ask(current), "GUN-0001|5.000|1|azerenerji");
    let newest = async |boemis: &mut Boemis| boemis.situation(proposals[0].id).await.unwrap().unwrap().newest;
    assert_eq!(newest(&mut boemis).await, Some((first.revision(), first.id)));
    // nobody is kept from stating what is only proposed; and what stands is what stood
    let other = filing("energetika generation 2026-Q3 1", &["SU-0001 1"]);
    assert_eq!(
        boemis.standing(&other.key(), other.id).await.unwrap().elsewhere.keys().collect::<Vec<_>>(),
        ["GUN-0001"]
    );
    let standing = boemis.standing(&first.key(), new_id()).await.unwrap();
    assert_eq!(standing.current.map(|stood| stood.submission), Some(first.id));
    let own = filing("azerenerji generation 2026-Q3 2", &["GUN-0001 8"]);
    load(&mut boemis, &[&own]).await;
    assert_eq!(window.ask(current), "GUN-0001|8.000|2|azerenerji");
    boemis.contest(&[own.id], now()).await.unwrap();
    // approved, it holds in that body's place; and its revision is taken
    let approve = (ApprovalStage::Approved, new_id());
    assert!(boemis.enact_again(proposals[1].id, approve, now()).await.unwrap());
    assert_eq!(window.ask(current), "GUN-0001|7.000|2|azerenerji\nSU-0001|1.000|2|azerenerji");
    assert_eq!(newest(&mut boemis).await, Some((own.revision(), proposals[1].id)));
    let again = boemis.enact_again(proposals[0].id, (ApprovalStage::Approved, new_id()), now()).await;
    assert!(again.is_err(), "one revision of a statement counts");
    assert_eq!(window.ask(current), "GUN-0001|7.000|2|azerenerji\nSU-0001|1.000|2|azerenerji");
    let told = "SELECT DISTINCT revision, proposed_by FROM generation_history WHERE approved_at IS NOT NULL \
        AND contested_at IS NULL ORDER BY 1";
    assert_eq!(window.ask(told), "1|\n2|ekologiya");
    let why = window.refuses("UPDATE submission SET proposed_by = 'azerisiq'");
    assert!(why.is_some_and(|why| why.contains("never changed")));
    boemis.close().await.unwrap();
}

/// More records than travel with a mark.
fn long_rows() -> Vec<String> {
    (0..1500).map(|number| format!("GUN-{:04} 1", 1 + number)).collect()
}

async fn a_year_is_its_annual_statement_else_its_quarters(window: Window) {
    let mut boemis = window.open().await;
    let all = [
        // 2025: azerenerji by quarters, azerisiq by year; azerisiq's quarter is not counted beside it
        filing("azerenerji generation 2025-Q1 1", &["GUN-0001 0.1", "SU-0001 999999999999.999"]),
        filing("azerenerji generation 2025-Q2 1", &["GUN-0001 7"]),
        filing("azerenerji generation 2025-Q2 2", &["GUN-0001 0.2"]),
        filing("azerisiq generation 2025-Q1 1", &["KUL-0001 50"]),
        filing("azerisiq generation 2025 1", &["KUL-0001 200"]),
        // 2024: the owner files the year of a station whose operator filed a quarter
        filing("azerenerji generation 2024-Q1 1", &["GUN-0001 3", "SU-0001 4"]),
        filing("energetika generation 2024 1", &["GUN-0001 10"]),
    ];
    load(&mut boemis, &all.iter().collect::<Vec<_>>()).await;
    assert_eq!(
        window.ask("SELECT period, energy_mwh, stations FROM generation_total ORDER BY period"),
        "2024|14.000|2\n2024-Q1|7.000|2\n\
         2025|1000000000200.299|3\n2025-Q1|1000000000050.099|3\n2025-Q2|0.200|1"
    );
    assert_eq!(window.ask("SELECT * FROM generation_total WHERE period = '2024-Q1'"), "2024-Q1|7.000|2");
    let totals = boemis.totals(&"generation".parse().unwrap()).await.unwrap();
    assert_eq!(totals[2].period, Period::Year(2025));
    assert_eq!(totals[2].values, [("energy_mwh".to_owned(), Some("1000000000200.299".to_owned()))]);
    assert_eq!(totals[2].stations, 3);
}

async fn a_stock_has_the_latest_quarter_as_its_year(window: Window) {
    let mut boemis = window.open().await;
    let all = [
        filing("azerenerji capacity 2025-Q1 1", &["GUN-0001 230", "SU-0001 424"]),
        // one station fewer: the whole statement of the latest quarter counts, not a mixture
        filing("azerenerji capacity 2025-Q3 1", &["GUN-0001 231.5"]),
        filing("azerisiq capacity 2025-Q2 1", &["KUL-0001 50"]),
        // another body took the station over during the year: counted once, as of its latest quarter
        filing("energetika capacity 2025-Q4 1", &["KUL-0001 51"]),
        filing("azerenerji capacity 2024-Q4 1", &["GUN-0001 1"]),
        filing("azerenerji capacity 2024 1", &["GUN-0001 229"]),
    ];
    load(&mut boemis, &all.iter().collect::<Vec<_>>()).await;
    assert_eq!(
        window.ask("SELECT period, capacity_mw, stations FROM capacity_total ORDER BY period"),
        "2024|229.000|1\n2024-Q4|1.000|1\n2025|282.500|2\n2025-Q1|654.000|2\n2025-Q2|50.000|1\n\
         2025-Q3|231.500|1\n2025-Q4|51.000|1"
    );
}

/// Period, sum in the last place and stations, of records.
fn summed(counted: &[Counted]) -> Vec<(Period, i64, usize)> {
    let mut periods: Vec<Period> = counted.iter().map(|one| one.period).collect();
    periods.sort();
    periods.dedup();
    let of = |period: Period| {
        let there = || counted.iter().filter(move |one| one.period == period);
        let sum = there().flat_map(|one| &one.values).flatten().map(|value| value.scaled()).sum();
        let keys: std::collections::BTreeSet<_> = there().filter_map(|one| one.key.as_ref()).collect();
        (period, sum, keys.len())
    };
    periods.into_iter().map(of).collect()
}

async fn what_counts_sums_to_the_totals_and_is_known_as_of_a_moment(window: Window) {
    let mut boemis = window.open().await;
    let (annual, before) = (filing("azerisiq generation 2025 1", &["KUL-0001 200"]), now());
    let all = [
        filing("azerenerji generation 2025-Q1 1", &["GUN-0001 0.1", "SU-0001 999999999999.999"]),
        filing("azerenerji generation 2025-Q2 1", &["GUN-0001 7"]),
        filing("azerenerji generation 2025-Q2 2", &["GUN-0001 0.2"]),
        filing("azerisiq generation 2025-Q1 1", &["KUL-0001 50"]),
        filing("energetika generation 2024 1", &["GUN-0001 10"]),
        filing("azerenerji generation 2024-Q1 1", &["GUN-0001 3", "SU-0001 4"]),
        filing("azerenerji capacity 2025-Q1 1", &["GUN-0001 230", "SU-0001 424"]),
        filing("azerenerji capacity 2025-Q3 1", &["GUN-0001 231.5"]),
        filing("energetika capacity 2025-Q4 1", &["KUL-0001 51"]),
        filing("azerisiq capacity 2025-Q2 1", &["KUL-0001 50"]),
    ];
    load(&mut boemis, &all.iter().chain([&annual]).collect::<Vec<_>>()).await;
    let later = now() + jiff::SignedDuration::from_hours(1);
    boemis.contest(&[annual.id], later).await.unwrap();
    let mut reader = window.reader().await;
    for name in ["generation", "capacity"] {
        let dataset = name.parse().unwrap();
        let mut totals: Vec<(Period, String, usize)> = Vec::new();
        for total in reader.totals(&dataset).await.unwrap() {
            totals.push((total.period, total.values[0].1.clone().unwrap(), total.stations as usize));
        }
        totals.sort();
        for known_at in [None, Some(later), Some(Timestamp::MAX)] {
            let counted = reader.counted(&dataset, known_at).await.unwrap();
            let sums = summed(&counted).into_iter();
            let sums: Vec<_> =
                sums.map(|(of, sum, keys)| (of, Quantity::from_scaled(sum, 3).to_string(), keys)).collect();
            assert_eq!(sums, totals, "{name} {known_at:?}");
        }
    }
    let generation = "generation".parse().unwrap();
    // before it was contested, the annual statement counted, and the quarter did not beside it
    let counted = reader.counted(&generation, Some(now())).await.unwrap();
    let of_year: Vec<_> = counted.iter().filter(|one| one.period == Period::Year(2025)).collect();
    let theirs: Vec<_> = of_year.iter().filter(|one| one.participant.as_str() == "azerisiq").collect();
    assert_eq!((theirs.len(), theirs[0].annual, theirs[0].values[0].unwrap().scaled()), (1, true, 200_000));
    assert!(of_year.iter().all(|one| one.annual == (one.participant.as_str() == "azerisiq")));
    assert!(reader.counted(&generation, Some(before)).await.unwrap().is_empty());
    // what was contested came no more, but it had come
    let filed = async |reader: &mut Reader, at: Timestamp| {
        let filed = reader.filed(&"generation".parse().unwrap(), at).await.unwrap();
        filed.iter().filter(|one| one.participant.as_str() == "azerisiq").count()
    };
    assert_eq!((filed(&mut reader, now()).await, filed(&mut reader, Timestamp::MAX).await), (2, 1));
}

async fn optional_columns_and_several_decimals(window: Window) {
    let mut boemis = window.open().await;
    let all = [
        filing("azerenerji carbon-revenue 2025-Q1 1", &["- 100.05 -"]),
        filing("azerisiq carbon-revenue 2025-Q1 1", &["KUL-0001 0.15 2.5", "KUL-0002 0 -"]),
    ];
    load(&mut boemis, &all.iter().collect::<Vec<_>>()).await;
    assert_eq!(
        window.ask("SELECT station, revenue_azn, sold_tco2e FROM carbon_revenue_current ORDER BY 2"),
        "KUL-0002|0.00|\nKUL-0001|0.15|2.500\n|100.05|"
    );
    assert_eq!(
        window.ask("SELECT period, revenue_azn, sold_tco2e, stations FROM carbon_revenue_total ORDER BY 1"),
        "2025|100.20|2.500|2\n2025-Q1|100.20|2.500|2"
    );
}

async fn a_group_sees_its_own_loads_and_nothing_beyond_them(window: Window) {
    let mut boemis = window.open().await;
    let quarter = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3", "SU-0001 4.5"]);
    let other = filing("azerisiq generation 2025-Q2 1", &["KUL-0001 50"]);
    load(&mut boemis, &[&other]).await;
    let mut batch = boemis.begin(now()).await.unwrap();
    assert_eq!(batch.standing(&quarter.key(), quarter.id).await.unwrap(), Standing::default());
    let _ = batch.load(quarter.validated()).await.unwrap();

    let next = filing("azerenerji generation 2025-Q2 1", &["GUN-0001 9"]);
    let standing = batch.standing(&next.key(), next.id).await.unwrap();
    assert_eq!(standing.current, None);
    assert_eq!(standing.elsewhere, [("KUL-0001".to_owned(), "azerisiq".parse().unwrap())].into());
    let stood = &standing.same_year[&Period::Quarter(2025, 1)];
    assert_eq!((standing.same_year.len(), stood.submission, stood.revision), (1, quarter.id, 1));
    assert_eq!(stood.content, quarter.content());
    assert_eq!(stood.values["SU-0001"], [Some(Quantity::from_scaled(4500, 3))]);

    let again = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3", "SU-0001 4.5"]);
    let key = again.key();
    assert_eq!(batch.standing(&key, again.id).await.unwrap().current.unwrap().submission, quarter.id);
    drop(batch);

    // dropped without a commit: nothing of it is left, and the lock is free
    assert_eq!(boemis.mark(quarter.id).await.unwrap(), None);
    assert_eq!(window.ask("SELECT count(*) FROM submission"), "1");
    load(&mut boemis, &[&quarter]).await;
    assert_eq!(window.ask("SELECT count(*) FROM generation_record"), "3");
}

async fn loading_again_is_harmless_and_sees_what_stood_then(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let second = filing("azerenerji generation 2025-Q1 2", &["GUN-0001 4"]);
    let marks: Vec<Mark> = load(&mut boemis, &[&first, &second]).await.iter().map(|l| l.mark().clone()).collect();
    boemis.close().await.unwrap();

    let mut boemis = window.open().await;
    let mark = boemis.mark(first.id).await.unwrap().unwrap();
    assert_eq!((&mark, mark.content, mark.records), (&marks[0], first.content(), 1));
    let mut batch = boemis.begin(now()).await.unwrap();
    // the first is judged as it was: before itself, and before the second that superseded it
    assert_eq!(batch.standing(&first.key(), first.id).await.unwrap(), Standing::default());
    let before = batch.standing(&second.key(), second.id).await.unwrap().current.unwrap();
    assert_eq!(before.submission, first.id);
    assert!(batch.load(first.validated()).await.unwrap().stands_already());
    let loaded = batch.commit().await.unwrap();
    assert!(loaded[0].stood_already());
    assert_eq!(loaded[0].mark(), &marks[0]);
    assert_eq!(window.ask("SELECT count(*) FROM submission"), "2");

    // the same id with other rows is our own confusion, and the rest of the group goes on
    let other = Filing { records: vec!["GUN-0001 5".to_owned()], ..first.clone() };
    let third = filing("azerenerji generation 2025-Q2 1", &["GUN-0001 4"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    let unloaded = batch.load(other.validated()).await.unwrap_err();
    assert!(matches!(Stop::from(unloaded.fault), Stop::Halt(_)));
    // so is the same revision from another submission
    let twin = filing("azerenerji generation 2025-Q1 2", &["GUN-0001 4"]);
    let unloaded = batch.load(twin.validated()).await.unwrap_err();
    assert!(matches!(&unloaded.fault, Fault::Wrong(why) if why.contains("stands already")), "{:?}", unloaded.fault);
    let _ = batch.load(third.validated()).await.unwrap();
    assert_eq!(batch.commit().await.unwrap().len(), 1);
    assert_eq!(window.ask("SELECT count(*), sum(records) FROM submission"), "3|3");
}

async fn a_document_that_was_only_looked_at_is_not_loaded(window: Window) {
    let mut boemis = window.open().await;
    let glance = Filing { held: false, ..filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]) };
    let mut batch = boemis.begin(now()).await.unwrap();
    let unloaded = batch.load(glance.validated()).await.unwrap_err();
    assert!(matches!(unloaded.fault, Fault::Wrong(_)));
    assert!(batch.commit().await.unwrap().is_empty());
    assert_eq!(window.ask("SELECT count(*) FROM submission"), "0");
}

async fn a_load_that_was_broken_off_loses_its_group_and_nothing_else(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let mut second = filing("azerenerji generation 2025-Q2 1", &[]);
    // of so many pieces, and of more than a socket holds, that no machine has done with all of them at the first look
    second.records = (1..=60_000).map(|n| format!("GUN-{n:04} 1")).collect();
    let mut batch = boemis.begin(now()).await.unwrap();
    let _ = batch.load(first.validated()).await.unwrap();
    tokio::select! {
        biased;
        _ = batch.load(second.validated()) => panic!("the statement was loaded before anybody stopped waiting"),
        () = std::future::ready(()) => {}
    }
    let uncommitted = batch.commit().await.unwrap_err();
    assert!(uncommitted.fault.to_string().contains("broken off") && uncommitted.statements.len() == 1);
    assert_eq!(window.ask("SELECT count(*) FROM submission"), "0");
    assert_eq!(load(&mut boemis, &[&first, &second]).await.len(), 2);
}

async fn many_are_asked_about_and_loaded_together_as_one_by_one(window: Window) {
    let mut boemis = window.open().await;
    let earlier = filing("azerenerji generation 2001-Q1 1", &["GUN-0001 1", "SU-0001 2"]);
    load(&mut boemis, &[&earlier]).await;
    // more than a piece of one shape, one of another between them, one that stands, one that never may
    let mut filings: Vec<Filing> = (2001..2012)
        .map(|year| filing(&format!("azerenerji generation {year}-Q1 2"), &["GUN-0001 3", "SU-0001 4"]))
        .collect();
    filings.insert(9, filing("azerenerji generation 2050-Q1 1", &["GUN-0001 5"]));
    filings.push(earlier.clone());
    filings.push(filing("azerenerji generation 2001-Q1 1", &["GUN-0001 9"]));
    filings.push(filing("azerenerji capacity 2050 1", &["GUN-0001 5"]));
    let keys: Vec<Key> = filings.iter().map(Filing::key).collect();
    let asked: Vec<(&Key, SubmissionId)> = keys.iter().zip(&filings).map(|(key, one)| (key, one.id)).collect();
    let questions: Vec<Question<'_>> = asked.iter().map(|(key, id)| Question::of_any(key, *id)).collect();

    let mut batch = boemis.begin(now()).await.unwrap();
    let together = batch.standing_all(&questions).await.unwrap();
    for (&(key, id), together) in asked.iter().zip(&together) {
        assert_eq!(&batch.standing(key, id).await.unwrap(), together, "{key:?}");
    }
    assert_eq!(together[0].current.as_ref().unwrap().submission, earlier.id);
    assert!(together[1..12].iter().all(|standing| *standing == Standing::default()));
    assert_eq!(together[12], Standing::default(), "it is judged as it was, before itself");
    assert_eq!(together[13].current.as_ref().unwrap().submission, earlier.id);

    let results = batch.load_all(filings.iter().map(Filing::validated).collect()).await;
    let told: String = results
        .iter()
        .map(|result| match result {
            Ok(pending) if pending.stands_already() => 's',
            Ok(_) => 'l',
            Err(_) => 'x',
        })
        .collect();
    assert_eq!(told, "llllllllllllsxl");
    assert_eq!(batch.commit().await.unwrap().len(), 14);
    assert_eq!(window.ask("SELECT count(*), sum(records) FROM submission"), "14|26");
}

async fn the_only_statement_of_a_group_is_loaded_and_committed_at_once(window: Window) {
    let mut boemis = window.open().await;
    let long: Vec<String> = (1..=1100).map(|n| format!("GUN-{n:04} 1")).collect();
    let long = Filing { records: long, ..filing("azerenerji generation 2025-Q2 1", &[]) };
    for (count, alone) in [filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]), long].iter().enumerate() {
        let mut batch = boemis.begin(now()).await.unwrap();
        assert_eq!(batch.standing(&alone.key(), alone.id).await.unwrap().current, None);
        assert!(!batch.load_alone(alone.validated()).await.unwrap().stands_already());
        // only the commit makes a `Loaded`, though what is short is durable by now
        assert_eq!(window.ask("SELECT count(*) FROM submission"), "1");
        assert_eq!(batch.commit().await.unwrap().len(), 1);
        assert_eq!(window.ask("SELECT count(*) FROM submission"), (count + 1).to_string());
    }
    let twin = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 4"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    let unloaded = batch.load_alone(twin.validated()).await.unwrap_err();
    assert!(matches!(&unloaded.fault, Fault::Wrong(why) if why.contains("stands already")), "{:?}", unloaded.fault);
    assert!(batch.commit().await.unwrap().is_empty());
    assert_eq!(window.ask("SELECT count(*) FROM submission"), "2");
}

async fn an_abandoned_group_leaves_nothing_and_no_lock(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    let _ = batch.load(first.validated()).await.unwrap();
    batch.abandon().await.unwrap();
    assert_eq!(window.refuses("BEGIN IMMEDIATE; ROLLBACK").filter(|_| window.database.is_none()), None);
    assert_eq!(window.ask("SELECT count(*) FROM submission"), "0");
    if window.database.is_some() {
        assert_eq!(
            window.ask(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
            (SELECT oid FROM pg_database WHERE datname = current_database())"
            ),
            "0"
        );
    }
    assert_eq!(load(&mut boemis, &[&first]).await.len(), 1);
}

async fn a_long_statement_is_loaded_in_pieces(window: Window) {
    let mut boemis = window.open().await;
    let lengths = [24, 25, 264, 1000, 2500, 0].map(|count| (count, false));
    let laid_away = [1, 24, 241, 9000, 0].map(|count| (count, true));
    for (revision, (count, far)) in (1..).zip(lengths.into_iter().chain(laid_away)) {
        let records: Vec<String> = (1..=count).map(|n| format!("GUN-{n:04} {n}.001")).collect();
        let mut long = filing(&format!("azerenerji generation 2025-Q1 {revision}"), &[]);
        (long.records, long.far) = (records, far);
        load(&mut boemis, &[&long]).await;
        let sum = i64::from(count) * (i64::from(count) + 1) / 2 * 1000 + i64::from(count);
        assert_eq!(
            window.ask(&format!(
                "SELECT count(*), count(DISTINCT station), coalesce(sum(energy_mwh), 0), coalesce(max(record), 0) \
                 FROM generation_record WHERE submission = {revision}"
            )),
            format!("{count}|{count}|{sum}|{count}")
        );
    }
}

async fn records_changed_behind_our_back_no_longer_have_their_digest(window: Window) {
    let mut boemis = window.open().await;
    let mut long = filing("azerenerji generation 2025-Q1 1", &[]);
    long.records = (1..=1201).map(|n| format!("GUN-{n:04} {n}.001")).collect();
    let sparse = filing("azerisiq carbon-revenue 2025-Q1 1", &["KUL-0001 0.15 2.5", "- 7 -"]);
    load(&mut boemis, &[&long, &sparse]).await;
    // a column that comes later changes no digest made before
    let mut grown = usual();
    let carbon = dataset("carbon-revenue", YearRule::Sum, &[("revenue_azn", 2), ("sold_tco2e", 3), ("a_note", 0)]);
    grown.by_name.insert(carbon.name.clone(), carbon);
    boemis.prepare(&grown).await.unwrap();
    boemis.close().await.unwrap();

    let mut reader = Reader::open(&window.location(), &Settings::default(), &grown).await.unwrap();
    for filed in [&long, &sparse] {
        let mark = reader.mark(filed.id).await.unwrap().unwrap();
        assert_eq!(reader.stored_rows(&mark).await.unwrap(), mark.rows);
    }
    window.tamper("generation_record", "UPDATE generation_record SET energy_mwh = 1 WHERE record = 1100");
    let mark = reader.mark(long.id).await.unwrap().unwrap();
    assert_ne!(reader.stored_rows(&mark).await.unwrap(), mark.rows);
}

#[tokio::test]
async fn another_programs_lock_holds_and_then_lets_go_on() {
    let window = Window::sqlite();
    let mut boemis = window.open().await;
    let mut other =
        Command::new("sqlite3").arg(window.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = other.stdin.take().unwrap();
    stdin.write_all(b"BEGIN IMMEDIATE; SELECT 'locked';\n").unwrap();
    let mut said = String::new();
    BufReader::new(other.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said.trim(), "locked");

    let started = std::time::Instant::now();
    let third = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    let fault = batch.standing(&third.key(), third.id).await.unwrap_err();
    assert!(fault.is_away(), "{fault}");
    assert!(batch.commit().await.is_err());
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(matches!(Stop::from(fault), Stop::Hold(f) if f.code.slug() == "load.database-away"));

    stdin.write_all(b"ROLLBACK;\n.quit\n").unwrap();
    other.wait().unwrap();
    load(&mut boemis, &[&filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"])]).await;
    assert_eq!(window.ask("SELECT count(*) FROM generation_current"), "1");
}

#[tokio::test]
async fn a_full_disk_holds_the_whole_group_and_then_lets_go_on() {
    let window = Window::sqlite();
    let mut boemis = window.open().await;
    let small = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    load(&mut boemis, &[&small]).await;
    let pages: u32 = window.ask("PRAGMA page_count").parse().unwrap();
    let Store::Sqlite(store) = &mut boemis.store else { panic!("another engine") };
    store.allow_pages(pages).await;

    let fits = filing("azerenerji generation 2025-Q2 1", &["GUN-0001 3"]);
    let mut long = filing("azerenerji generation 2025-Q3 1", &[]);
    long.records = (1..=2000).map(|n| format!("GUN-{n:04} 1")).collect();
    let mut batch = boemis.begin(now()).await.unwrap();
    let _ = batch.load(fits.validated()).await.unwrap();
    let unloaded = batch.load(long.validated()).await.unwrap_err();
    assert!(unloaded.fault.is_away(), "{}", unloaded.fault);
    assert_eq!(unloaded.validated.authorised().verified().about().id, long.id);
    // the group is lost with it, and says so to whoever goes on
    assert!(batch.standing(&fits.key(), new_id()).await.is_err());
    let uncommitted = batch.commit().await.unwrap_err();
    assert!(uncommitted.fault.is_away());
    assert_eq!(uncommitted.statements[0].authorised().verified().about().id, fits.id);
    assert_eq!(window.ask("SELECT count(*) FROM submission"), "1");

    // the next group has a new connection, and the space that it needs
    assert_eq!(load(&mut boemis, &[&fits, &long]).await.len(), 2);
    assert_eq!(window.ask("SELECT count(*), sum(records) FROM submission"), "3|2002");
    assert_eq!(window.ask("PRAGMA integrity_check"), "ok");
}

async fn a_reader_looks_on_beside_the_loader(window: Window) {
    let missing = Reader::open(&window.location(), &Settings::default(), &usual()).await.err().unwrap();
    assert!(matches!(missing, Fault::Missing { .. }) && !window.path().exists());

    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    load(&mut boemis, &[&first]).await;
    let mut reader = window.reader().await;
    let mut batch = boemis.begin(now()).await.unwrap();
    let second = filing("azerenerji generation 2025-Q1 2", &["GUN-0001 4"]);
    let _ = batch.load(second.validated()).await.unwrap();
    // while a group is under way the reader is not kept waiting and sees what is committed
    let standing = reader.standing(&second.key(), new_id()).await.unwrap();
    assert_eq!(standing.current.unwrap().submission, first.id);
    batch.commit().await.unwrap();
    let key = second.key();
    assert_eq!(reader.mark(second.id).await.unwrap().unwrap().revision.get(), 2);
    let totals = reader.totals(&key.dataset).await.unwrap();
    assert_eq!(totals[0].values[0].1.as_deref(), Some("4.000"));
    boemis.close().await.unwrap();
    reader.close().await.unwrap();

    // a dataset that was described after the last load has nothing standing, and that is no fault
    let mut more = usual();
    let new = dataset("gas-savings", YearRule::Sum, &[("gas_thousand_m3", 3)]);
    more.by_name.insert(new.name.clone(), new);
    let mut reader = Reader::open(&window.location(), &Settings::default(), &more).await.unwrap();
    let gas = filing("azerenerji gas-savings 2025-Q1 1", &[]);
    assert_eq!(reader.standing(&gas.key(), gas.id).await.unwrap(), Standing::default());
    assert!(reader.totals(&gas.key().dataset).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_file_of_a_stopped_window_is_copied_alone() {
    let window = Window::sqlite();
    let mut boemis = window.open().await;
    load(&mut boemis, &[&filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"])]).await;
    assert!(window.path().with_extension("sqlite-wal").exists());
    boemis.close().await.unwrap();
    assert!(!window.path().with_extension("sqlite-wal").exists());
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.sqlite");
    std::fs::copy(window.path(), &copy).unwrap();
    assert_eq!(sqlite3(&copy, "SELECT energy_mwh FROM generation_total WHERE period = '2025'"), "3.000");
    assert_eq!(sqlite3(&copy, "PRAGMA integrity_check; PRAGMA foreign_key_check"), "ok");
}

async fn descriptions_may_grow_and_may_not_change_their_meaning(window: Window) {
    let boemis = window.open().await;
    boemis.close().await.unwrap();
    let version = |window: &Window| {
        window.ask_either(
            "PRAGMA schema_version",
            "SELECT string_agg(relname || oid, ',' ORDER BY relname) FROM pg_class \
             WHERE relnamespace = current_schema()::regnamespace",
        )
    };
    let first = version(&window);
    let mut boemis = window.open().await;
    load(&mut boemis, &[&filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"])]).await;
    assert_eq!(version(&window), first, "opening again changes nothing");

    let grown = datasets(vec![dataset("generation", YearRule::Sum, &[("energy_mwh", 3), ("own_use_mwh", 1)])]);
    boemis.prepare(&grown).await.unwrap();
    assert_eq!(window.ask("SELECT energy_mwh, own_use_mwh FROM generation_current"), "3.000|");
    assert_eq!(window.ask("SELECT energy_mwh, own_use_mwh FROM generation_total WHERE period = '2025'"), "3.000|");

    let changed = datasets(vec![dataset("generation", YearRule::Sum, &[("energy_mwh", 2)])]);
    assert!(matches!(boemis.prepare(&changed).await, Err(Fault::Wrong(_))));
    assert_eq!(window.ask("SELECT energy_mwh, own_use_mwh FROM generation_current"), "3.000|");

    for bad in ["period", "submission", "Energy", "a\"b", "a-b", "", "1a", "station"] {
        let odd = datasets(vec![dataset("generation", YearRule::Sum, &[(bad, 3)])]);
        assert!(matches!(boemis.prepare(&odd).await, Err(Fault::Wrong(_))), "{bad:?}");
    }
    let reserved = datasets(vec![dataset("sqlite-x", YearRule::Sum, &[("a", 3)])]);
    assert!(matches!(boemis.prepare(&reserved).await, Err(Fault::Wrong(_))));
    // a dataset called like a fixed table, or like another's view, is no trouble
    let close = vec![
        dataset("submission", YearRule::Sum, &[("a", 3)]),
        dataset("generation-current", YearRule::Last, &[("a", 0)]),
    ];
    boemis.prepare(&datasets(close)).await.unwrap();
    assert_eq!(window.ask("SELECT count(*) FROM submission_current"), "0");
}

#[tokio::test]
async fn what_is_no_database_is_wrong_and_not_touched() {
    let window = Window::sqlite();
    std::fs::write(window.path(), "this is a letter, not a database, and it is quite long enough").unwrap();
    let fault = Boemis::open(&window.location(), &Settings::default(), &usual()).await.err().unwrap();
    assert!(matches!(fault, Fault::Wrong(_)), "{fault}");
    assert!(std::fs::read_to_string(window.path()).unwrap().starts_with("this is a letter"));
    let nowhere = Location::Sqlite(window.folder.path().join("no/such/folder.sqlite"));
    let fault = Boemis::open(&nowhere, &Settings::default(), &usual()).await.err().unwrap();
    assert!(fault.is_away(), "{fault}");
}

#[test]
fn the_digest_of_rows_is_that_of_the_documented_text() {
    let layout = layout::Layout::of(&usual().by_name[&"carbon-revenue".parse().unwrap()]).unwrap();
    let filed = filing("azerisiq carbon-revenue 2025-Q1 1", &["KUL-0001 0.15 2.5", "- 7 -"]);
    let text =
        "boemis-rows-1\ncarbon-revenue\nrevenue_azn=0.15\tsold_tco2e=2.500\tstation=KUL-0001\nrevenue_azn=7.00\n";
    assert_eq!(rows::digest(&layout, filed.validated().statement()), Ok(Digest::of(text.as_bytes())));
}

async fn what_is_contested_holds_no_more_and_stands_in_the_way_of_nothing(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let second = filing("azerenerji generation 2025-Q1 2", &["GUN-0001 4"]);
    let other = filing("azerisiq generation 2025-Q1 7", &["KUL-0001 1"]);
    load(&mut boemis, &[&first, &second, &other]).await;
    let holds = |window: &Window| window.ask("SELECT revision, energy_mwh FROM generation_current ORDER BY revision");
    assert_eq!(holds(&window), "2|4.000\n7|1.000");
    for _ in 0..2 {
        let at = now();
        let contested = boemis.contest(&[second.id, new_id()], at).await.unwrap();
        let [one] = &contested[..] else { panic!("{contested:?}") };
        assert_eq!((one.mark.id, one.holds), (second.id, Some(first.revision())));
        assert_ne!(window.ask("SELECT contested_at FROM submission WHERE revision = 2"), now().to_string());
    }
    // what it superseded holds again, and judges what comes
    assert_eq!(holds(&window), "1|3.000\n7|1.000");
    assert_eq!(window.ask("SELECT energy_mwh, stations FROM generation_total WHERE period = '2025'"), "4.000|2");
    let again = filing("azerenerji generation 2025-Q1 2", &["GUN-0001 5"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    let standing = batch.standing(&again.key(), again.id).await.unwrap();
    assert_eq!(standing.current.unwrap().submission, first.id);
    let _ = batch.load(again.validated()).await.unwrap();
    batch.commit().await.unwrap();
    assert_eq!(holds(&window), "2|5.000\n7|1.000");
    let contested = boemis.contest(&[first.id, again.id], now()).await.unwrap();
    assert_eq!(contested.iter().map(|one| one.holds).collect::<Vec<_>>(), [None, None]);
    assert_eq!(holds(&window), "7|1.000");
    let history = "SELECT count(*), count(contested_at) FROM generation_history";
    assert_eq!(window.ask(history), "4|3");
    assert_eq!(window.reader().await.contested().await.unwrap().len(), 3);
}

async fn what_holds_again_gives_way_where_another_filed_meanwhile(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2025-Q1 1", &["SU-0001 3", "SU-0003 4"]);
    let second = filing("azerenerji generation 2025-Q1 2", &["SU-0002 5"]);
    let other = filing("energetika generation 2025-Q1 1", &["SU-0001 7"]);
    load(&mut boemis, &[&first, &second]).await;
    load(&mut boemis, &[&other]).await;
    boemis.contest(&[second.id], now()).await.unwrap();
    let holds = "SELECT participant, station, energy_mwh FROM generation_current ORDER BY station";
    assert_eq!(window.ask(holds), "energetika|SU-0001|7.000\nazerenerji|SU-0003|4.000");
    let total = "SELECT energy_mwh, stations FROM generation_total WHERE period = '2025-Q1'";
    assert_eq!(window.ask(total), "11.000|2");
    // and whoever files next is judged by the same
    let next = filing("energetika generation 2025-Q1 2", &["SU-0001 8"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    let standing = batch.standing(&next.key(), next.id).await.unwrap();
    let elsewhere: Vec<String> = standing.elsewhere.keys().map(ToString::to_string).collect();
    assert_eq!(elsewhere, ["SU-0003"], "what gave way stands in nobody's way");
    let _ = batch.load(next.validated()).await.unwrap();
    batch.commit().await.unwrap();
    // when the other's falls too, nothing stands in the way
    boemis.contest(&[other.id, next.id], now()).await.unwrap();
    assert_eq!(window.ask(holds), "azerenerji|SU-0001|3.000\nazerenerji|SU-0003|4.000");
}

#[tokio::test]
async fn a_file_of_an_earlier_version_is_brought_to_this_form() {
    let window = Window::sqlite();
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let second = filing("azerenerji generation 2025-Q1 2", &["GUN-0001 4"]);
    load(&mut boemis, &[&first, &second]).await;
    boemis.close().await.unwrap();
    let before = window.ask("SELECT * FROM generation_current");
    // as the first migration left it: its table, and views that know of no contest
    let text = include_str!("sqlite/migrations/0001_submission.sql");
    let begin = text.find("CREATE TABLE submission").unwrap();
    let table = &text[begin..begin + text[begin..].find(") STRICT;").unwrap() + ") STRICT".len()];
    let columns = "number, id, participant, dataset, period, revision, content, rows, records, received_at, loaded_at, \
        signers";
    let newer = "SELECT group_concat('DROP VIEW ' || name, '; ') FROM sqlite_master WHERE type = 'view'";
    let newer = window.ask(newer);
    let old = format!(
        "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; {newer}; \
         DROP TABLE submission_act; DROP TRIGGER submission_stays; DROP TRIGGER submission_goes; \
         DROP TRIGGER generation_record_stays; DROP TRIGGER generation_record_goes; \
         DROP INDEX submission_replaces; \
         ALTER TABLE submission RENAME TO newer; DROP INDEX submission_statement; {table}; \
         INSERT INTO submission ({columns}) SELECT {columns} FROM newer; DROP TABLE newer; \
         CREATE VIEW generation_history AS SELECT s.id AS submission FROM submission s; \
         DELETE FROM _sqlx_migrations WHERE version > 1;"
    );
    let done = Command::new("sqlite3").arg(window.path()).arg(&old).output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!window.ask("SELECT sql FROM sqlite_master WHERE name = 'submission'").contains("contested_at"));
    let mut boemis = window.open().await;
    assert_eq!(window.ask("SELECT * FROM generation_current"), before);
    assert_eq!(window.ask("SELECT count(contested_at), count(*) FROM generation_history"), "0|2");
    assert_eq!(window.ask("PRAGMA foreign_key_check"), "");
    assert_eq!(boemis.contest(&[second.id], now()).await.unwrap()[0].holds, Some(first.revision()));
    let third = filing("azerenerji generation 2025-Q1 2", &["GUN-0001 5"]);
    load(&mut boemis, &[&third]).await;
    assert_eq!(window.ask("SELECT energy_mwh FROM generation_current"), "5.000");
}

/// Gas in proportion to generation, and generation beside the year before.
fn related() -> Datasets {
    let ratio = Ratio {
        column: 1,
        dataset: "generation".parse().unwrap(),
        base: "energy_mwh".to_owned(),
        factor: Quantity::from_scaled(1, 0),
        hours: false,
        needs: true,
        reject_below: None,
        warn_below: None,
        warn_above: None,
        reject_above: None,
    };
    let with = |check, dataset: Dataset| Dataset { rules: vec![Rule { check, from: None, to: None }], ..dataset };
    datasets(vec![
        with(Check::Change { column: 1, percent: 50 }, dataset("generation", YearRule::Sum, &[("energy_mwh", 3)])),
        with(Check::Ratio(ratio), dataset("gas-savings", YearRule::Sum, &[("gas_thousand_m3", 3)])),
    ])
}

async fn what_the_rules_look_at_besides_stands_there_by_sender(window: Window) {
    let mut boemis = Boemis::open(&window.location(), &Settings::default(), &related()).await.unwrap();
    let first = filing("azerenerji generation 2026-Q3 1", &["GUN-0001 3", "- 1", "- 2"]);
    let second = filing("azerenerji generation 2026-Q3 2", &["GUN-0001 4", "- 1", "- 2"]);
    let other = filing("azerisiq generation 2026-Q3 1", &["KUL-0001 5"]);
    let ago = filing("azerisiq generation 2025-Q3 1", &["KUL-0001 7"]);
    let gas = filing("azerisiq gas-savings 2026-Q3 1", &["KUL-0001 9"]);
    for one in [&first, &second, &other, &ago, &gas] {
        load(&mut boemis, &[one]).await;
    }
    let topic =
        |dataset: &str, period: &str| Topic { dataset: dataset.parse().unwrap(), period: period.parse().unwrap() };
    let value = |scaled| vec![Some(Quantity::from_scaled(scaled, 3))];

    let asked = filing("azerenerji gas-savings 2026-Q3 1", &["GUN-0001 1"]);
    let standing = boemis.standing(&asked.key(), asked.id).await.unwrap();
    assert_eq!(standing.others.keys().collect::<Vec<_>>(), [&topic("generation", "2026-Q3")]);
    let senders = &standing.others[&topic("generation", "2026-Q3")];
    let whose: Vec<&str> = senders.keys().map(|slug| slug.as_str()).collect();
    assert_eq!(whose, ["azerenerji", "azerisiq"]);
    let own = &senders[&"azerenerji".parse().unwrap()];
    // the revision that holds; what is of no station is summed
    assert_eq!((own.revision, own.submission), (2, second.id));
    assert_eq!(own.values, [("GUN-0001".to_owned(), value(4000)), (String::new(), value(3000))].into());

    let asked = filing("energetika generation 2026-Q3 1", &["SU-0001 1"]);
    let standing = boemis.standing(&asked.key(), asked.id).await.unwrap();
    let topics: Vec<_> = standing.others.keys().cloned().collect();
    assert_eq!(topics, [topic("gas-savings", "2026-Q3"), topic("generation", "2025-Q3")]);
    // what was loaded later than a submission did not stand beside it
    let standing = boemis.standing(&second.key(), second.id).await.unwrap();
    assert_eq!(standing.others, [].into());
    boemis.close().await.unwrap();
}

async fn a_year_of_months_stands_by_its_months(window: Window) {
    let monthly =
        Dataset { periods: PeriodKinds::MonthAndYear, ..dataset("generation", YearRule::Sum, &[("energy_mwh", 3)]) };
    let mut boemis = Boemis::open(&window.location(), &Settings::default(), &datasets(vec![monthly])).await.unwrap();
    for month in ["2026-M01", "2026-M02", "2026-M12"] {
        load(&mut boemis, &[&filing(&format!("azerenerji generation {month} 1"), &["GUN-0001 2"])]).await;
    }
    let year = filing("azerenerji generation 2026 1", &["GUN-0001 6"]);
    let standing = boemis.standing(&year.key(), year.id).await.unwrap();
    let months: Vec<String> = standing.same_year.keys().map(ToString::to_string).collect();
    assert_eq!(months, ["2026-M01", "2026-M02", "2026-M12"]);
    let totals = boemis.totals(&"generation".parse().unwrap()).await.unwrap();
    let shown: Vec<String> = totals.iter().map(|total| format!("{} {:?}", total.period, total.values[0].1)).collect();
    assert_eq!(shown[0], "2026 Some(\"6.000\")");
    assert_eq!(shown.len(), 4);
    boemis.close().await.unwrap();
}

async fn where_there_are_no_periods_others_are_asked_for_the_keys_that_are_stated(window: Window) {
    let register = Dataset { periods: PeriodKinds::None, ..dataset("register", YearRule::Sum, &[("energy_mwh", 3)]) };
    let mut boemis = Boemis::open(&window.location(), &Settings::default(), &datasets(vec![register])).await.unwrap();
    let parcels: Vec<String> = (1..=9_000).map(|n| format!("GUN-{n:04} 1")).collect();
    let parcels: Vec<&str> = parcels.iter().map(String::as_str).collect();
    let first = filing("azerenerji register  1", &parcels);
    let second = filing("energetika register  1", &["SU-0001 1", "SU-0002 1"]);
    let fallen = filing("ekologiya register  1", &["SU-0003 1"]);
    for one in [&first, &second, &fallen] {
        load(&mut boemis, &[one]).await;
    }
    boemis.contest(&[fallen.id], now()).await.unwrap();
    // far more keys than one question has, with one that others stated among the last
    let mut stated: Vec<&str> = parcels[..8_999].iter().map(|_| "- 1").collect();
    stated.extend(["GUN-8999 2", "KUL-0001 2", "SU-0002 2", "SU-0003 2"]);
    let asked = filing("azerisiq register  1", &stated);
    let validated = asked.validated();
    let far = Filing { far: true, ..asked.clone() };
    let laid_away = far.validated();
    let mut batch = boemis.begin(now()).await.unwrap();
    for statement in [validated.statement(), laid_away.statement()] {
        let standing = batch.standing_all(&[Question::of(statement, asked.id)]).await.unwrap().remove(0);
        let elsewhere: Vec<String> = standing.elsewhere.iter().map(|(key, whose)| format!("{key} {whose}")).collect();
        assert_eq!(elsewhere, ["GUN-8999 azerenerji", "SU-0002 energetika"]);
        assert_eq!((standing.current, standing.same_year.len()), (None, 0));
    }
    // who cannot say what is stated is told all
    assert_eq!(batch.standing(&asked.key(), asked.id).await.unwrap().elsewhere.len(), 9_002);
    let own = batch.standing_all(&[Question::of(first.validated().statement(), new_id())]).await.unwrap().remove(0);
    assert_eq!(own.current.unwrap().submission, first.id);
    assert_eq!(own.elsewhere, [].into());
    batch.abandon().await.unwrap();
    boemis.close().await.unwrap();
    let plan = "EXPLAIN QUERY PLAN SELECT r.station FROM json_each('[]') k CROSS JOIN register_record r \
        WHERE r.station = k.value";
    if matches!(window.location(), Location::Sqlite(_)) {
        assert!(window.ask(plan).contains("register_record_key"), "{}", window.ask(plan));
    }
}

async fn what_was_loaded_is_never_changed(window: Window) {
    let mut boemis = window.open().await;
    let first = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let second = filing("azerenerji generation 2025-Q2 1", &["GUN-0001 4"]);
    load(&mut boemis, &[&first, &second]).await;
    boemis.contest(&[second.id], now()).await.unwrap();
    let before = window.ask("SELECT * FROM generation_history ORDER BY period");
    let acts = "SELECT submission, act, at, by_submission FROM submission_act";
    let act = window.ask(acts);
    assert!(act.starts_with(&format!("{}|contested|", second.id)), "{act}");
    for change in [
        "UPDATE generation_record SET energy_mwh = 5",
        "DELETE FROM generation_record",
        "UPDATE submission SET participant = 'azerisiq' WHERE number = 1",
        "UPDATE submission SET revision = 2 WHERE number = 1",
        "UPDATE submission SET contested_at = '2026-01-01T00:00:00Z' WHERE number = 1",
        "UPDATE submission SET contested_at = NULL",
        "DELETE FROM submission",
        "UPDATE submission_act SET act = 'approved'",
        "DELETE FROM submission_act",
    ] {
        assert!(window.refuses(change).is_some_and(|why| why.contains("never changed")), "{change}");
    }
    // an act that no load is for, or that is none
    for act in [("'x'", "'contested'"), (&format!("'{}'", first.id), "'praised'")] {
        let values = format!("INSERT INTO submission_act (submission, act, at) VALUES ({}, {}, 'x')", act.0, act.1);
        assert!(window.refuses(&format!("PRAGMA foreign_keys = ON; {values}")).is_some());
    }
    assert_eq!(window.ask("SELECT * FROM generation_history ORDER BY period"), before);
    assert_eq!(window.ask(acts), act);
}

async fn what_held_at_a_moment_is_told_by_what_was_known_then(window: Window) {
    let mut boemis = window.open().await;
    // moments with as many places as they need, which as texts do not sort
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let moments = [
        "2026-02-01T00:00:00Z",
        "2026-02-01T00:00:00.5Z",
        "2026-02-01T00:00:00.500000001Z",
        "2026-02-01T00:00:01Z",
        "2026-02-01T00:00:02.25Z",
    ];
    let first = filing("azerenerji generation 2025-Q1 1", &["SU-0001 3", "SU-0003 4"]);
    let second = filing("azerenerji generation 2025-Q1 2", &["SU-0002 5"]);
    let other = filing("energetika generation 2025-Q1 1", &["SU-0001 7"]);
    for (moment, filed) in moments.iter().zip([&first, &second]) {
        let mut batch = boemis.begin(at(moment)).await.unwrap();
        let _ = batch.load(filed.validated()).await.unwrap();
        batch.commit().await.unwrap();
    }
    boemis.contest(&[second.id], at(moments[2])).await.unwrap();
    let mut batch = boemis.begin(at(moments[3])).await.unwrap();
    let _ = batch.load(other.validated()).await.unwrap();
    batch.commit().await.unwrap();
    boemis.contest(&[other.id], at(moments[4])).await.unwrap();

    let mut reader = window.reader().await;
    let generation = "generation".parse().unwrap();
    let mut held = async |moment: &str| {
        let records = reader.as_of(&generation, at(moment)).await.unwrap();
        assert_eq!(records.columns, ["station", "energy_mwh", "period", "submission", "participant", "revision"]);
        let rows = records.rows.iter().map(|row| format!("{} {} {} {}", row[0], row[1], row[4], row[5]));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(held("2026-01-31T23:59:59.999999999Z").await, [""; 0]);
    let of_first = ["SU-0001 3.000 azerenerji 1", "SU-0003 4.000 azerenerji 1"];
    assert_eq!(held(moments[0]).await, of_first);
    assert_eq!(held("2026-02-01T00:00:00.499999999Z").await, of_first);
    assert_eq!(held(moments[1]).await, ["SU-0002 5.000 azerenerji 2"]);
    assert_eq!(held(moments[2]).await, of_first, "what it superseded holds again");
    assert_eq!(held("2026-02-01T00:00:00.999Z").await, of_first);
    let with_other = ["SU-0001 7.000 energetika 1", "SU-0003 4.000 azerenerji 1"];
    assert_eq!(held(moments[3]).await, with_other, "it gives way to who filed meanwhile");
    assert_eq!(held("2026-02-01T00:00:02.2Z").await, with_other);
    assert_eq!(held(moments[4]).await, of_first);
    assert_eq!(held("2030-01-01T00:00:00Z").await, of_first, "as the view shows it now");
    let current = window.ask("SELECT station, energy_mwh, participant, revision FROM generation_current ORDER BY 1");
    assert_eq!(current.replace('|', " ").lines().collect::<Vec<_>>(), of_first);
}
