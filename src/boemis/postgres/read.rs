//! What PostgreSQL is asked: marks, what stands, totals.
//!
//! Owns the reading statements, for the loader inside its transaction and for readers beside it alike. A round trip
//! answers all questions of a dataset. Never writes.

use super::super::acts::{self, Deed, Done, Situation};
use super::super::asked::{self, PAGE};
use super::super::layout::Layout;
use super::super::mark::{Mark, RawMark, period};
use super::super::rows::{self, Rows};
use super::super::standing::{Pieces, Question, elsewhere, gather, odd};
use super::super::store::Asked;
use super::super::views::{self, Engine, gave_no_way};
use super::super::{Counted, Fault, Filed, Records, Total};
use super::link::{Link, cell};
use crate::document::{DatasetName, Digest, Period, Quantity, Revision, SubmissionId};
use crate::schema::{ColumnKind, Key, Look, PeriodKinds, Standing, Value};
use jiff::Timestamp;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr};
use std::collections::BTreeMap;

/// For each dataset its layout and the statements made from it.
#[derive(Debug, Default)]
pub(super) struct Plans(BTreeMap<String, Plan>);

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    /// What its rules look at besides, with the layouts of these.
    looks: Vec<(Look, Layout)>,
    pub(super) insert: SqlStr,
    pub(super) copy: SqlStr,
    standing: SqlStr,
    /// Who of the others stated one of these keys, or any; where that is asked by itself.
    elsewhere: Option<[SqlStr; 2]>,
    totals: Option<SqlStr>,
    rows: SqlStr,
}

impl Plans {
    pub(super) fn of(layouts: Vec<Layout>) -> Self {
        let text = |sql: String| AssertSqlSafe(sql).into_sql_str();
        let plan = |layout: &Layout| {
            let looks = asked::looks(layout, &layouts);
            let plan = Plan {
                insert: text(super::write::insert_sql(layout)),
                copy: text(super::write::copy_sql(layout)),
                standing: text(standing_sql(layout, &looks)),
                elsewhere: elsewhere_sql(layout),
                totals: layout.year.map(|_| text(asked::totals(layout))),
                rows: text(asked::rows(layout)),
                layout: layout.clone(),
                looks,
            };
            (layout.slug.clone(), plan)
        };
        Self(layouts.iter().map(plan).collect())
    }

    pub(super) fn layouts(&self) -> Vec<Layout> {
        self.0.values().map(|plan| plan.layout.clone()).collect()
    }

    pub(super) fn get(&self, dataset: &DatasetName) -> Option<&Plan> {
        self.0.get(dataset.as_str())
    }
}

/// The questions what stands, for statements of one dataset: `$1` their submissions, `$2` participants, `$3` periods,
/// `$4` those a year ago, `$5` their years (empty where there is no period), `$6` the dataset. An answer is a text of
/// the sender's year and of the period, and one of each look ([`gather`]).
fn standing_sql(layout: &Layout, looks: &[(Look, Layout)]) -> String {
    let horizon = asked::horizon("q.id");
    let of = |layout: &Layout, which: &str, joined: &str, own: Option<&str>| {
        let standing = asked::standing_before(layout, &horizon, own);
        let key = layout.key().map_or("NULL::text".to_owned(), |c| format!("r.\"{}\"", c.name));
        let decimals: Vec<String> = layout.decimals().map(|(c, _)| format!("r.\"{}\"", c.name)).collect();
        format!(
            "coalesce((SELECT json_agg(json_build_array(s.participant, s.period, s.revision, s.id, \
             encode(s.content, 'hex'), {key}, json_build_array({decimals}))) FROM submission s \
             LEFT JOIN \"{table}\" r ON r.submission = s.number{joined}{gave_no_way} WHERE {which} AND {standing}), \
             '[]')::text",
            decimals = decimals.join(", "),
            gave_no_way = gave_no_way(layout),
            table = layout.table(),
        )
    };
    const YEAR: i16 = 2000;
    let of_year: Vec<String> = match layout.periods {
        PeriodKinds::None => vec!["q.period".to_owned()],
        // each is the year and an ending
        kinds => kinds.of_year(Some(YEAR)).iter().map(|period| within(&period.to_string(), YEAR)).collect(),
    };
    const OWN: &str = "q.participant";
    let whose = asked::whose(layout, OWN, "q.period");
    let own = format!("s.dataset = $6 AND s.period IN ({}) AND {whose}", of_year.join(", "));
    let others = looks.iter().map(|(look, layout)| {
        let period = if look.year_ago { "q.ago" } else { "q.period" };
        of(layout, &format!("s.dataset = '{}' AND s.period = {period}", layout.slug), "", None)
    });
    let own = of(layout, &own, asked::joined(layout), Some(OWN));
    let answers: Vec<String> = std::iter::once(own).chain(others).collect();
    format!(
        "SELECT {} FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY \
         AS q (id, participant, period, ago, year, at) ORDER BY q.at",
        answers.join(", ")
    )
}

fn elsewhere_sql(layout: &Layout) -> Option<[SqlStr; 2]> {
    let sql = |keys: Option<&str>| {
        let pairs = asked::elsewhere(layout, keys);
        let pairs =
            format!("SELECT coalesce(json_agg(json_build_array(e.key, e.participant)), '[]')::text FROM ({pairs}) e");
        AssertSqlSafe(pairs).into_sql_str()
    };
    layout.asks_by_key().then(|| [Some("unnest($5::text[]) AS k (value)"), None].map(sql))
}

/// A period of this year as SQL of any: the year in `q.year` and what stands behind it.
fn within(period: &str, year: i16) -> String {
    format!("q.year || '{}'", period.strip_prefix(&year.to_string()).unwrap_or_default())
}

const READING: &str = "reading what stands";

/// All that bears on each statement, in their order: none sees another.
pub(super) async fn questions(
    link: &mut Link<'_>,
    plans: &Plans,
    asked: &[Question<'_>],
) -> Result<Vec<Standing>, Fault> {
    let own: Vec<Asked<'_>> = asked.iter().map(|question| (question.key, question.id)).collect();
    let mut all = standing_all(link, plans, &own).await?;
    for (question, standing) in asked.iter().zip(&mut all) {
        add_elsewhere(link, plans, *question, standing).await?;
    }
    Ok(all)
}

async fn standing_all(link: &mut Link<'_>, plans: &Plans, asked: &[Asked<'_>]) -> Result<Vec<Standing>, Fault> {
    let mut all = Vec::with_capacity(asked.len());
    for like in asked.chunk_by(|one, next| one.0.dataset == next.0.dataset) {
        let Some(plan) = like.first().and_then(|(key, _)| plans.get(&key.dataset)) else {
            // no table: nothing was ever loaded for the dataset
            all.extend(like.iter().map(|_| Standing::default()));
            continue;
        };
        let texts = |of: &dyn Fn(&Asked<'_>) -> String| like.iter().map(of).collect::<Vec<String>>();
        let year = |key: &Key| key.period.year().map(|year| Period::Year(year).to_string()).unwrap_or_default();
        let query = sqlx::query(plan.standing.clone())
            .bind(texts(&|(_, id)| id.to_string()))
            .bind(texts(&|(key, _)| key.participant.as_str().to_owned()))
            .bind(texts(&|(key, _)| key.period.to_string()))
            .bind(texts(&|(key, _)| asked::year_ago(key)))
            .bind(texts(&|(key, _)| year(key)))
            .bind(plan.layout.slug.clone());
        let answers = link.all(READING, query).await?;
        if answers.len() != like.len() {
            let counts = format!("{} answers to {} questions", answers.len(), like.len());
            return Err(Fault::Wrong(format!("{READING}: {counts}")));
        }
        for (row, (key, _)) in answers.iter().zip(like) {
            all.push(gather(&plan.layout, &plan.looks, key, |at| cell(READING, row, at))?);
        }
    }
    Ok(all)
}

/// Adds which of the keys that it states another body stated, where that is asked by itself.
pub(super) async fn add_elsewhere(
    link: &mut Link<'_>,
    plans: &Plans,
    question: Question<'_>,
    standing: &mut Standing,
) -> Result<(), Fault> {
    let Some(plan) = plans.get(&question.key.dataset) else { return Ok(()) };
    let Some([stated, any]) = &plan.elsewhere else { return Ok(()) };
    let sender = question.key.participant.as_str();
    let others = sqlx::query(asked::OTHERS).bind(plan.layout.slug.clone()).bind(sender.to_owned());
    let others: i64 = cell(READING, &link.one(READING, others).await?, 0)?;
    if others == 0 {
        return Ok(());
    }
    let ask = |sql: &SqlStr| {
        let query = sqlx::query(sql.clone()).bind(question.id.to_string()).bind(plan.layout.slug.clone());
        query.bind(sender.to_owned()).bind(question.key.period.to_string())
    };
    match question.pieces(&plan.layout)? {
        Pieces::All => {
            let row = link.one(READING, ask(any)).await?;
            elsewhere(standing, &cell::<String>(READING, &row, 0)?)
        }
        Pieces::Of(pieces) => {
            for keys in *pieces {
                let row = link.one(READING, ask(stated).bind(keys?)).await?;
                elsewhere(standing, &cell::<String>(READING, &row, 0)?)?;
            }
            Ok(())
        }
    }
}

/// The mark of this submission, if it was loaded.
pub(super) async fn mark(link: &mut Link<'_>, id: SubmissionId) -> Result<Option<Mark>, Fault> {
    const DOING: &str = "looking for a mark";
    let rows = link.all(DOING, sqlx::query(asked::MARK).bind(id.to_string())).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let raw = RawMark {
        id: cell(DOING, row, 0)?,
        participant: cell(DOING, row, 1)?,
        dataset: cell(DOING, row, 2)?,
        period: cell(DOING, row, 3)?,
        revision: cell(DOING, row, 4)?,
        content: cell(DOING, row, 5)?,
        rows: cell(DOING, row, 6)?,
        records: cell(DOING, row, 7)?,
        received: cell(DOING, row, 8)?,
        loaded: cell(DOING, row, 9)?,
        signers: cell(DOING, row, 10)?,
        approved: cell(DOING, row, 11)?,
        replaces: cell(DOING, row, 12)?,
        reason: cell(DOING, row, 13)?,
        note: cell(DOING, row, 14)?,
        proposed_by: cell(DOING, row, 15)?,
    };
    raw.read().map(Some).map_err(|column| odd("submission", column))
}

/// The loads that wait for an approval.
pub(super) async fn waiting(link: &mut Link<'_>) -> Result<Vec<SubmissionId>, Fault> {
    ids(&link.all(LOOKING, sqlx::query(asked::WAITING)).await?)
}

/// What a document did, if it did anything.
pub(super) async fn deed(link: &mut Link<'_>, by: SubmissionId) -> Result<Option<Done>, Fault> {
    let rows = link.all(LOOKING, sqlx::query(asked::DEED).bind(by.to_string())).await?;
    rows.first().map(|row| acts::done((cell(LOOKING, row, 0)?, cell(LOOKING, row, 1)?))).transpose()
}

/// The revision of this statement that holds; none when there is none.
pub(super) async fn holds(link: &mut Link<'_>, key: &Key) -> Result<Option<Revision>, Fault> {
    revision(link, asked::HOLDS, key).await
}

/// A load, and what was done to it.
pub(super) async fn situation(link: &mut Link<'_>, id: SubmissionId) -> Result<Option<Situation>, Fault> {
    let Some(mark) = mark(link, id).await? else { return Ok(None) };
    let mut acts = Vec::new();
    for row in &link.all(READING, sqlx::query(asked::ACTS).bind(id.to_string())).await? {
        acts.push((cell::<String>(READING, row, 0)?, cell::<Option<String>>(READING, row, 1)?));
    }
    let is_fallen = acts.iter().any(|(act, _)| !matches!(act.as_str(), "checking" | "approved"));
    let key = &mark.key;
    let query = sqlx::query(asked::NEWEST)
        .bind(key.dataset.as_str().to_owned())
        .bind(key.period.to_string())
        .bind(key.participant.as_str().to_owned());
    let rows = link.all(READING, query).await?;
    let newest = rows.first().map(|row| acts::newest((cell(READING, row, 0)?, cell(READING, row, 1)?))).transpose()?;
    Ok(Some(Situation { is_fallen, passed: acts::passed(acts)?, newest, mark }))
}

/// What documents did: to which load, by which document.
pub(super) async fn acts(link: &mut Link<'_>) -> Result<Vec<Deed>, Fault> {
    let rows = link.all(LOOKING, sqlx::query(asked::DEEDS)).await?;
    let of = |row| acts::deed((cell(LOOKING, row, 0)?, cell(LOOKING, row, 1)?, cell(LOOKING, row, 2)?));
    rows.iter().map(of).collect()
}

async fn revision(link: &mut Link<'_>, sql: &'static str, key: &Key) -> Result<Option<Revision>, Fault> {
    let query = sqlx::query(sql)
        .bind(key.dataset.as_str().to_owned())
        .bind(key.period.to_string())
        .bind(key.participant.as_str().to_owned());
    let revision: Option<i64> = cell(READING, &link.one(READING, query).await?, 0)?;
    let read = |number: i64| number.to_string().parse().map_err(|_| odd("submission", "revision"));
    revision.map(read).transpose()
}

/// All that is contested, in no order.
pub(super) async fn contested(link: &mut Link<'_>) -> Result<Vec<SubmissionId>, Fault> {
    ids(&link.all(LOOKING, sqlx::query(asked::CONTESTED)).await?)
}

/// All that was ever loaded, in its order.
pub(super) async fn loads(link: &mut Link<'_>) -> Result<Vec<SubmissionId>, Fault> {
    ids(&link.all(LOOKING, sqlx::query(asked::LOADS)).await?)
}

const LOOKING: &str = "reading what is loaded";

fn ids(rows: &[PgRow]) -> Result<Vec<SubmissionId>, Fault> {
    let id = |row: &PgRow| cell::<&str>(LOOKING, row, 0)?.parse().map_err(|_| odd("submission", "id"));
    rows.iter().map(id).collect()
}

/// The number that a question has for its answer, which the server may work at for so long.
pub(super) async fn count(
    link: &mut Link<'_>,
    doing: &'static str,
    time: std::time::Duration,
    sql: String,
) -> Result<i64, Fault> {
    link.raw(doing, AssertSqlSafe(format!("SET statement_timeout = {}", time.as_millis().max(1)))).await?;
    cell(doing, &link.one(doing, sqlx::query(AssertSqlSafe(sql)).persistent(false)).await?, 0)
}

/// The first word of an answer.
pub(super) async fn word(link: &mut Link<'_>, doing: &'static str, sql: &'static str) -> Result<Option<String>, Fault> {
    let rows = link.all(doing, sqlx::query(sql)).await?;
    let word: Option<Option<String>> = rows.first().map(|row| cell(doing, row, 0)).transpose()?;
    Ok(word.flatten())
}

/// How many loads there are that are not contested.
pub(super) async fn uncontested(link: &mut Link<'_>) -> Result<u64, Fault> {
    const DOING: &str = "counting loads";
    let count: i64 = cell(DOING, &link.one(DOING, sqlx::query(asked::UNCONTESTED)).await?, 0)?;
    u64::try_from(count).map_err(|_| odd("submission", "count"))
}

/// Which of these have no load mark, in their order.
pub(super) async fn missing(link: &mut Link<'_>, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
    const SQL: &str = "SELECT asked.id FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, at) \
        WHERE NOT EXISTS (SELECT 1 FROM submission s WHERE s.id = asked.id) ORDER BY asked.at";
    let asked: Vec<String> = ids.iter().map(ToString::to_string).collect();
    self::ids(&link.all("looking for marks", sqlx::query(SQL).bind(asked)).await?)
}

/// The rows of the dataset's `_total` view; none when it has no such view or no table yet.
pub(super) async fn totals(link: &mut Link<'_>, plans: &Plans, dataset: &DatasetName) -> Result<Vec<Total>, Fault> {
    const DOING: &str = "reading totals";
    let Some(plan) = plans.get(dataset) else { return Ok(Vec::new()) };
    let Some(sql) = &plan.totals else { return Ok(Vec::new()) };
    let mut totals = Vec::new();
    for row in &link.all(DOING, sqlx::query(sql.clone())).await? {
        let (of_period, stations): (&str, i64) = (cell(DOING, row, 0)?, cell(DOING, row, 1)?);
        let mut values = Vec::new();
        for (at, (column, _)) in plan.layout.decimals().enumerate() {
            values.push((column.name.clone(), cell(DOING, row, 2 + at)?));
        }
        totals.push(Total {
            period: period(of_period).ok_or_else(|| odd("submission", "period"))?,
            stations: u64::try_from(stations).map_err(|_| odd("submission", "stations"))?,
            values,
        });
    }
    Ok(totals)
}

/// What `<dataset>_current` showed at a moment; nothing when there is no table yet.
pub(super) async fn as_of(
    link: &mut Link<'_>,
    plans: &Plans,
    dataset: &DatasetName,
    at: Option<Timestamp>,
) -> Result<Records, Fault> {
    const DOING: &str = "reading what held at a moment";
    let Some(plan) = plans.get(dataset) else { return Ok(Records { columns: Vec::new(), rows: Vec::new() }) };
    let columns = views::shown(&plan.layout);
    let sql = AssertSqlSafe(views::as_of(Engine::Postgres, &plan.layout, at.is_some()));
    let mut rows = Vec::new();
    for row in &link.all(DOING, bound(sqlx::query(sql), at)).await? {
        let text = |at| cell::<Option<String>>(DOING, row, at).map(Option::unwrap_or_default);
        rows.push((0..columns.len()).map(text).collect::<Result<_, _>>()?);
    }
    Ok(Records { columns, rows })
}

/// The question with its moment, where it is about one.
fn bound(query: Query<'_, Postgres, PgArguments>, at: Option<Timestamp>) -> Query<'_, Postgres, PgArguments> {
    match at {
        Some(at) => query.bind(asked::moment(at)),
        None => query,
    }
}

/// The records of which the dataset's totals are sums; none when it has none, or no table yet.
pub(super) async fn counted(
    link: &mut Link<'_>,
    plans: &Plans,
    dataset: &DatasetName,
    at: Option<Timestamp>,
) -> Result<Vec<Counted>, Fault> {
    const DOING: &str = "reading what counts";
    let Some(layout) = plans.get(dataset).map(|plan| &plan.layout) else { return Ok(Vec::new()) };
    let Some(sql) = views::counted(Engine::Postgres, layout, at.is_some()) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for row in &link.all(DOING, bound(sqlx::query(AssertSqlSafe(sql)), at)).await? {
        let word = |at: usize| cell::<&str>(DOING, row, at);
        let scaled = (4..4 + layout.decimals().count()).map(|at| cell(DOING, row, at)).collect::<Result<_, _>>()?;
        all.push(Counted::read(layout, word(0)?, word(1)?, word(2)?, cell(DOING, row, 3)?, scaled)?);
    }
    Ok(all)
}

/// What was filed for the dataset by then.
pub(super) async fn filed(link: &mut Link<'_>, dataset: &DatasetName, at: Timestamp) -> Result<Vec<Filed>, Fault> {
    const DOING: &str = "reading what was filed";
    let query = sqlx::query(AssertSqlSafe(asked::filed())).bind(asked::moment(at)).bind(dataset.as_str().to_owned());
    let rows = link.all(DOING, query).await?;
    let text = |row, at| cell::<&str>(DOING, row, at);
    rows.iter().map(|row| Filed::read(text(row, 0)?, text(row, 1)?, text(row, 2)?)).collect()
}

/// The digest of the records that stand for this mark now, read back from their table.
pub(super) async fn stored_rows(link: &mut Link<'_>, plans: &Plans, mark: &Mark) -> Result<Digest, Fault> {
    let mut rows = Rows::new(&laid_out(plans, mark)?.layout);
    each_record(link, plans, mark, |values| rows.add(&values)).await?;
    Ok(rows.finish())
}

/// Gives each record that stands for this mark now, as text; and the digest of all of them, as [`stored_rows`].
pub(super) async fn texts(
    link: &mut Link<'_>,
    plans: &Plans,
    mark: &Mark,
    take: &mut dyn FnMut(Vec<String>) -> Result<(), Fault>,
) -> Result<Digest, Fault> {
    let mut digest = Rows::new(&laid_out(plans, mark)?.layout);
    each_record(link, plans, mark, |values| {
        digest.add(&values)?;
        take(values.iter().map(rows::text).collect())
    })
    .await?;
    Ok(digest.finish())
}

/// The columns of these, in their order.
pub(super) fn columns(plans: &Plans, mark: &Mark) -> Result<Vec<String>, Fault> {
    Ok(laid_out(plans, mark)?.layout.columns.iter().map(|column| column.name.clone()).collect())
}

fn laid_out<'a>(plans: &'a Plans, mark: &Mark) -> Result<&'a Plan, Fault> {
    let none = || Fault::no_table(&mark.key.dataset);
    plans.get(&mark.key.dataset).ok_or_else(none)
}

async fn each_record(
    link: &mut Link<'_>,
    plans: &Plans,
    mark: &Mark,
    mut take: impl FnMut(Vec<Value>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let plan = laid_out(plans, mark)?;
    let mut last = 0i64;
    loop {
        let query = sqlx::query(plan.rows.clone()).bind(mark.id.to_string()).bind(last);
        let page = link.all(BACK, query).await?;
        for row in &page {
            last = cell(BACK, row, 0)?;
            let (mut at, mut values) = (1, Vec::with_capacity(plan.layout.columns.len()));
            for column in &plan.layout.columns {
                values.push(value(&plan.layout, row, at, &column.kind)?);
                at += column.stored().len();
            }
            take(values)?;
        }
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

const BACK: &str = "reading records back";

fn value(layout: &Layout, row: &PgRow, at: usize, kind: &ColumnKind) -> Result<Value, Fault> {
    Ok(match kind {
        ColumnKind::Station => match cell::<Option<&str>>(BACK, row, at)? {
            Some(code) => Value::Station(code.parse().map_err(|_| odd(&layout.table(), "station"))?),
            None => Value::Absent,
        },
        ColumnKind::Geometry(shapes) => {
            let text = |at: usize| cell::<Option<String>>(BACK, row, at);
            rows::shape(*shapes, cell::<Option<i64>>(BACK, row, at)?, text(at + 1)?, text(at + 2)?)
        }
        ColumnKind::Text(_) => match cell::<Option<String>>(BACK, row, at)? {
            Some(text) => Value::Text(text),
            None => Value::Absent,
        },
        ColumnKind::Decimal { places } => match cell::<Option<i64>>(BACK, row, at)? {
            Some(scaled) => Value::Decimal(Quantity::from_scaled(scaled, *places)),
            None => Value::Absent,
        },
    })
}
