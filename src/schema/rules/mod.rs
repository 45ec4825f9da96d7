//! The rules of a statement, one function each, its clause beside it.
//!
//! Plain computation on what was read, what stands, the register and the time of reception: no
//! clock, disk or network. Which rules a dataset has is said by its description; no dataset has a
//! name here. Here stand those that every dataset has; `register` holds those beside the register,
//! `year` those within a year and between two, `proposal` those of what another body proposes, `across` those between
//! datasets, `drawn` those of shapes, `values` those of a value by itself.

mod across;
mod drawn;
mod figures;
mod proportion;
mod proposal;
mod register;
mod values;
mod year;

pub(super) use proportion::trimmed;

use super::correction::Correction;
use super::faults::Faults;
use super::reading::Total;
use super::records::Row;
use super::statement::Spot;
use super::tally::{Tally, decimal};
use super::{Check, Dataset, Datasets, Figures, Records, Rule, Span, Standing, TotalRule, Understood, Value};
use crate::authority::{Station, Stations};
use crate::document::{
    BAKU, Content, Digest, ParticipantName, Period, Quantity, Revision, StationCode, SubmissionId, letters,
};
use crate::finding::{Code, Finding, Hint, Place};
use figures::Stated;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::io;

/// Everything the rules look at.
pub(super) struct Case<'a> {
    pub dataset: &'a Dataset,
    /// All of them: rules compare figures of one with those of another.
    pub datasets: &'a Datasets,
    pub id: SubmissionId,
    pub content: Content,
    pub participant: &'a ParticipantName,
    /// Whether the participant is the owner, who files for any station (S 7.1.4).
    pub owner: bool,
    /// Who proposes it, where it is not the participant's own (R 3.13).
    pub proposer: Option<&'a ParticipantName>,
    /// Whether that is the owner.
    pub proposer_is_owner: bool,
    pub received: Timestamp,
    /// None when the document does not say it in its form.
    pub period: Option<Period>,
    /// None when the document does not say it in its form.
    pub revision: Option<Revision>,
    /// What it says of itself as a correction.
    pub correction: &'a Correction,
    /// Whether a document that may be its ground came with it, signed as it is.
    pub grounded: bool,
    pub records: &'a Records,
    /// What these come to together.
    pub tally: &'a Tally,
    pub total: Option<&'a Total>,
    /// Columns of which some value could not be read.
    pub broken: &'a [bool],
    pub standing: &'a Standing,
    pub stations: &'a Stations,
    /// Why not all records were seen.
    pub lost: Lost,
}

/// The first fault of the disk that records were read back from.
#[derive(Default)]
pub(super) struct Lost(RefCell<Option<io::Error>>);

impl Lost {
    /// Whatever was found counts for nothing when there is one.
    pub fn take(&self) -> Option<io::Error> {
        self.0.borrow_mut().take()
    }

    fn note<T: Default>(&self, read: io::Result<T>) -> T {
        read.unwrap_or_else(|error| {
            self.0.borrow_mut().get_or_insert(error);
            T::default()
        })
    }
}

/// Asks every rule. Those of one record alone are asked in one reading of all records; of the others each that has
/// something to ask reads them once more.
pub(super) fn judge(case: &Case<'_>, faults: &mut Faults) {
    period_ended(case, faults);
    revision_follows(case, faults);
    match case.proposer {
        Some(proposer) => proposal::follows(case, proposer, faults),
        None => correction_grounded(case, faults),
    }
    let keys = judge_each(case, faults);
    let stated = Stated { case, doubled: &keys.doubled };
    total_exact(case, faults);
    year::agrees(&stated, faults);
    stations_complete(case, faults);
    year::changed_little(&stated, faults);
    across::in_proportion(&stated, faults);
    across::dependents_agree(&stated, faults);
    drawn::areas_apart(case, faults);
    drawn::ends_meet(case, faults);
    in_time(case, faults);
}

/// Asks the rules of one record alone, in one reading of all; which keys stand twice.
pub(super) fn judge_each(case: &Case<'_>, faults: &mut Faults) -> KeysOnce {
    let mut keys = KeysOnce::default();
    case.each(|row| {
        station_known(case, row, faults);
        keys.once(case, row, faults);
        station_own(case, row, faults);
        station_in_service(case, row, faults);
        one_sender(case, row, faults);
        values::one_of(case, row, faults);
        values::voen(case, row, faults);
        drawn::area_as_drawn(case, row, faults);
        drawn::drawn_as_called(case, row, faults);
        register::within_capacity(case, row, faults);
        register::capacity_as_registered(case, row, faults);
        register::output_not_high(case, row, faults);
        register::output_not_zero(case, row, faults);
    });
    keys
}

impl<'a> Case<'a> {
    /// Reads all records.
    fn each(&self, mut take: impl FnMut(&Row<'_>)) {
        self.lost.note(self.records.each(&mut |row| {
            take(row);
            true
        }));
    }

    /// The station that a record names.
    fn station<'r>(&self, row: &Row<'r>) -> Option<&'r StationCode> {
        match row.record.values.get(self.dataset.station_column()?) {
            Some(Value::Station(code)) => Some(code),
            _ => None,
        }
    }

    /// The same, where the register knows it.
    fn registered(&self, row: &Row<'_>) -> Option<&'a Station> {
        self.stations.by_code.get(self.station(row)?)
    }

    /// What a record is of, where it says so: a station's code, or the word of the key.
    fn key<'r>(&self, row: &Row<'r>) -> &'r str {
        self.dataset.key_column().and_then(|at| row.record.values.get(at)).map_or("", Value::key)
    }

    /// Whether of every record it was read what it is of.
    fn keys_are_whole(&self) -> bool {
        self.dataset.key_column().is_none_or(|column| self.is_whole(column))
    }

    /// The day whose parameters are in force: the period's last, without a period that of the reception.
    fn day(&self) -> Date {
        let received = || BAKU.to_datetime(self.received).date();
        self.period.and_then(Period::last_day).unwrap_or_else(received)
    }

    /// The checks that are in force.
    fn checks(&self) -> impl Iterator<Item = &'a Check> {
        let day = (!self.dataset.rules.is_empty()).then(|| self.day());
        let in_force = move |rule: &&Rule| day.is_some_and(|day| rule.in_force(day));
        self.dataset.rules.iter().filter(in_force).map(|rule: &Rule| &rule.check)
    }

    /// The unit of a column.
    fn unit(&self, column: usize) -> &'a str {
        self.dataset.columns.get(column).and_then(|column| column.unit.as_deref()).unwrap_or_default()
    }

    /// Where a decimal column stands among the decimal ones.
    fn nth_decimal(&self, column: usize) -> Option<usize> {
        self.dataset.decimals().position(|(at, ..)| at == column)
    }

    /// The place of one value of a record.
    fn place(&self, row: &Row<'_>, column: usize) -> Place {
        self.within(row.record.spot, row.offsets.get(column).copied(), column)
    }

    /// The place of one value inside its record's or total's.
    fn within(&self, spot: Spot, offset: Option<u64>, column: usize) -> Place {
        match self.dataset.columns.get(column) {
            Some(column) => spot.place_of(column, offset),
            None => spot.place(),
        }
    }

    /// The place of a record's key.
    fn key_place(&self, row: &Row<'_>) -> Place {
        self.place(row, self.dataset.key_column().unwrap_or_default())
    }

    /// Whether every value of the column was read.
    fn is_whole(&self, column: usize) -> bool {
        self.broken.get(column) == Some(&false)
    }
}

/// What two figures of one column come to; one that is absent adds nothing.
fn plus(one: Option<Quantity>, other: Option<Quantity>) -> Option<Quantity> {
    match (one, other) {
        (Some(one), Some(other)) => one.plus(other).or(Some(one)),
        (one, other) => one.or(other),
    }
}

/// All of a column that figures state, whatever they are of.
fn summed(figures: &Figures, nth: usize) -> Option<Quantity> {
    figures.values().filter_map(|values| values.get(nth).copied()).fold(None, plus)
}

/// A sum in print, as [`Quantity`] prints.
fn shown(scaled: i128, places: u8) -> String {
    let sign = if scaled < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", scaled.unsigned_abs(), width = usize::from(places) + 1);
    let (whole, rest) = digits.split_at(digits.len() - usize::from(places));
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// A quantity scaled as if it had so many places, to compare what was kept with different ones.
/// Columns have at most 15 places, so 18 and 15 digits stay inside an `i128`.
fn scaled_to(quantity: Quantity, places: u8) -> i128 {
    let more = places.saturating_sub(quantity.places());
    i128::from(quantity.scaled()).saturating_mul(10i128.saturating_pow(u32::from(more)))
}

/// S 1.3: what is stated of a quarter or a year is stated when it is over, in Baku.
fn period_ended(case: &Case<'_>, faults: &mut Faults) {
    let Some(period) = case.period else { return };
    if !period.has_ended(case.received) {
        let wanted = period.day_after().map_or_else(String::new, |day| day.to_string());
        faults.push(Finding::new(Code::RulePeriodNotEnded).found(period).wanted(wanted));
    }
}

/// R 3.5.5 and 3.4.5: a higher revision supersedes; a lower one, or the same with other content,
/// does not; one that skips numbers is taken with a warning.
fn revision_follows(case: &Case<'_>, faults: &mut Faults) {
    let (Some(revision), Some(stood)) = (case.revision, &case.standing.current) else { return };
    if stood.submission == case.id {
        return; // judged again after a crash: what stands is this very submission
    }
    let next = u32::from(stood.revision) + 1;
    let (revision, stands) = (u32::from(revision.get()), u32::from(stood.revision));
    let code = if revision < stands {
        Code::RuleRevisionStale
    } else if revision == stands && (stood.content != case.content || case.proposer.is_some()) {
        Code::RuleRevisionConflict
    } else if revision > next {
        Code::RuleRevisionJump
    } else {
        return;
    };
    faults.push(Finding::new(code).found(revision).wanted(next));
}

/// R 3.4.5: what is corrected is named, and it is what stands; the reason is given, and the document that grounds it
/// comes along. To supersede is the revision's doing (CONTRACT 3), so what is lacking is a warning.
fn correction_grounded(case: &Case<'_>, faults: &mut Faults) {
    let replaces = case.correction.replaces.as_ref();
    let Some(stood) = &case.standing.current else {
        // a warning: while BOEMİS is away, nobody knows what stands
        let nothing = replaces.map(|(named, at)| Finding::new(Code::RuleReplacesNothing).at(at.clone()).found(named));
        nothing.into_iter().for_each(|finding| faults.push(finding));
        return;
    };
    if stood.submission == case.id {
        return; // judged again after a crash: what stands is this very submission
    }
    let Some(revision) = case.revision.filter(|revision| revision.get() > stood.revision) else {
        return; // it replaces nothing, which was told already
    };
    if let Some((replaces, place)) = replaces.filter(|(replaces, _)| !replaces.is(stood)) {
        let stands = format!("{} ({})", stood.revision, stood.submission);
        faults.push(Finding::new(Code::RuleReplacesOther).at(place.clone()).found(replaces).wanted(stands));
    }
    let lacking =
        [("replaces", replaces.is_none()), ("reason", case.correction.reason.is_none()), (BASIS, !case.grounded)];
    let lacking: Vec<&str> = lacking.into_iter().filter(|(_, lacks)| *lacks).map(|(what, _)| what).collect();
    if !lacking.is_empty() {
        faults.push(Finding::new(Code::RuleCorrectionUngrounded).found(revision).wanted(lacking.join(", ")));
    }
}

/// What is lacking where no document grounds a correction.
const BASIS: &str = "əsas sənəd (basis document)";

/// R 3.5.4: a station is one of the register.
fn station_known(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    if let Some(code) = case.station(row)
        && !case.stations.by_code.contains_key(code)
    {
        let finding = Finding::new(Code::RuleUnknownStation).at(case.key_place(row)).found(code);
        let own = |station: &&Station| case.owner || station.operator == *case.participant;
        let codes = case.stations.by_code.values().filter(own).map(|station| station.code.as_str());
        let near = letters::near(code.as_str(), codes);
        faults.push(Finding { hint: letters::hint("", &near), ..finding });
    }
}

/// R 2.1.2: each station, or other key, stands once, or its figure would be ambiguous.
#[derive(Default)]
pub(super) struct KeysOnce {
    /// What may stand twice, and was met.
    met: HashSet<Digest>,
    /// What stands twice.
    doubled: HashSet<Digest>,
}

impl KeysOnce {
    /// Keys that are remembered, at most: of more that stand twice nobody is told, and what stands twice is rejected
    /// for those that are.
    const MET_MAX: usize = 1 << 15;

    fn once(&mut self, case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
        let key = case.key(row);
        if !case.tally.suspects(key) {
            return;
        }
        let digest = Digest::of(key.as_bytes());
        if !self.met.contains(&digest) {
            if self.met.len() < Self::MET_MAX {
                self.met.insert(digest);
            }
            return;
        }
        let by_station = case.dataset.station_column().is_some();
        let code = if by_station { Code::RuleStationDoubled } else { Code::RuleKeyDoubled };
        faults.push(Finding::new(code).at(case.key_place(row)).found(key));
        self.doubled.insert(digest);
    }
}

/// R 3.5.4: a body files for its own stations; S 7.1.4: the owner for any.
fn station_own(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    let Some(station) = case.registered(row) else { return };
    if !case.owner && station.operator != *case.participant {
        let place = case.key_place(row);
        faults.push(Finding::new(Code::AuthorityNotYourStation).at(place).found(&station.code));
    }
}

/// R 3.5.1: figures are of stations that were in service in the period.
fn station_in_service(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    let (Some(period), Some(station)) = (case.period, case.registered(row)) else { return };
    if station.in_service(period) {
        return;
    }
    let (from, to) = (station.from.map(|day| day.to_string()), station.to.map(|day| day.to_string()));
    let wanted = format!("{} – {}", from.as_deref().unwrap_or("…"), to.as_deref().unwrap_or("…"));
    let mut finding = Finding::new(Code::RuleNotInService).at(case.key_place(row)).found(&station.code).wanted(wanted);
    if from.is_none() {
        finding = finding.hint(Hint::fixed(
            "Stansiya reyestrdə planlaşdırılan kimi qeyd olunub.",
            "The register has the station as planned.",
        ));
    }
    faults.push(finding);
}

/// R 1.2.6: a figure has one primary source; a second sender for a station and period is refused.
fn one_sender(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    if case.standing.elsewhere.is_empty() {
        return;
    }
    let key = case.key(row);
    if let Some(other) = case.standing.elsewhere.get(key).filter(|_| !key.is_empty()) {
        let place = case.key_place(row);
        faults.push(Finding::new(Code::RuleOtherSender).at(place).found(key).wanted(other));
    }
}

/// S 9.1.4, a warning: a period is filed within so many days of its end. A correction comes when it comes.
fn in_time(case: &Case<'_>, faults: &mut Faults) {
    let is_first = case.standing.current.as_ref().is_none_or(|stood| stood.submission == case.id);
    let Some((span, last)) = case.period.and_then(|period| Some((Span::of(period)?, period.last_day()?))) else {
        return;
    };
    let received = BAKU.to_datetime(case.received).date();
    for check in case.checks() {
        let Check::Deadline { days } = check else { continue };
        let Some(due) = days.get(&span).and_then(|&days| last.checked_add(i64::from(days).days()).ok()) else {
            continue;
        };
        if is_first && received > due {
            faults.push(Finding::new(Code::RuleLate).found(received).wanted(due));
        }
    }
}

/// S 1.3: the total is that of the stations, exactly.
fn total_exact(case: &Case<'_>, faults: &mut Faults) {
    let Some(total) = case.total else { return };
    for (at, _, places) in case.dataset.decimals() {
        let Some(Value::Decimal(stated)) = total.values.get(at) else { continue };
        let sum = case.tally.sum(at).unwrap_or_default();
        if case.is_whole(at) && i128::from(stated.scaled()) != sum {
            let place = case.within(total.spot, total.offsets.get(at).copied(), at);
            faults.push(Finding::new(Code::RuleTotalDiffers).at(place).found(stated).wanted(shown(sum, places)));
        }
    }
}

/// R 3.5.1, a warning: a statement is of all the body's stations in service. The owner states what
/// it obtained (S 7.1.4), of whichever stations.
fn stations_complete(case: &Case<'_>, faults: &mut Faults) {
    let Some(period) = case.period.filter(|_| !case.owner) else { return };
    if case.dataset.station_column().is_none_or(|column| !case.is_whole(column)) {
        return; // one of the unread ones may be it
    }
    if case.tally.has_keyless() {
        return; // a figure of no station is of some of them together
    }
    let of = |station: &&Station| station.operator == *case.participant && station.in_service(period);
    let mut awaited: BTreeMap<&StationCode, &Station> =
        case.stations.by_code.values().filter(of).map(|station| (&station.code, station)).collect();
    if awaited.is_empty() {
        return;
    }
    case.each(|row| {
        if let Some(code) = case.station(row) {
            awaited.remove(code);
        }
    });
    for station in awaited.into_values() {
        faults.push(Finding::new(Code::RuleStationMissing).found(&station.code).hint(Hint {
            az: format!("Stansiyanın adı: {}.", station.name).into(),
            en: format!("Its name is {}.", station.name).into(),
        }));
    }
}

/// What was read, for the receipt: records, stations, and the exact sum of each decimal column.
pub(super) fn understood(dataset: &Dataset, tally: &Tally) -> Vec<Understood> {
    let count = |title_az: &str, title_en: &str, value: u64| Understood {
        title_az: title_az.to_owned(),
        title_en: title_en.to_owned(),
        value: value.to_string(),
        unit: String::new(),
    };
    let mut understood = vec![count("Yazıların sayı", "Records", tally.records)];
    if dataset.station_column().is_some() {
        // each stands once
        understood.push(count("Stansiyaların sayı", "Stations", tally.keyed));
    }
    // voltages have no sum, nor has whatever else has no total
    for (at, column, places) in dataset.decimals().filter(|_| dataset.total != TotalRule::None) {
        let sum = tally.sum(at);
        // of what nobody stated there is no sum: a zero would be read as a figure
        if !column.required && sum.is_none() {
            continue;
        }
        understood.push(Understood {
            title_az: format!("{}, cəmi", column.title_az),
            title_en: format!("{}, total", column.title_en),
            value: shown(sum.unwrap_or_default(), places),
            unit: column.unit.clone().unwrap_or_default(),
        });
    }
    understood
}
