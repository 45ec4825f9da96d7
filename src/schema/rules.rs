//! The rules of a statement, one function each, its clause beside it.
//!
//! Plain computation on what was read, what stands, the register and the time of reception: no
//! clock, disk or network. Which rules a dataset has is said by its description; no dataset has a
//! name here.

use super::faults::Faults;
use super::reading::Total;
use super::{Dataset, Record, Standing, Stood, Understood, Value, YearRule};
use crate::authority::{Station, Stations};
use crate::document::{Content, ParticipantName, Period, Quantity, Revision, StationCode, SubmissionId};
use crate::finding::{Code, Finding, Hint, Place};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Everything the rules look at.
pub(super) struct Case<'a> {
    pub dataset: &'a Dataset,
    pub id: SubmissionId,
    pub content: Content,
    pub participant: &'a ParticipantName,
    /// Whether the participant is the owner, who files for any station (S 7.1.4).
    pub owner: bool,
    pub received: Timestamp,
    /// None when the document does not say it in its form.
    pub period: Option<Period>,
    /// None when the document does not say it in its form.
    pub revision: Option<Revision>,
    pub records: &'a [Record],
    /// Where each value of each record begins, in one row.
    pub offsets: &'a [u64],
    pub total: Option<&'a Total>,
    /// Columns of which some value could not be read.
    pub broken: &'a [bool],
    pub standing: &'a Standing,
    pub stations: &'a Stations,
}

/// Asks every rule.
pub(super) fn judge(case: &Case<'_>, faults: &mut Faults) {
    period_ended(case, faults);
    revision_follows(case, faults);
    stations_known(case, faults);
    stations_once(case, faults);
    stations_own(case, faults);
    stations_in_service(case, faults);
    one_sender(case, faults);
    total_exact(case, faults);
    within_capacity(case, faults);
    year_agrees(case, faults);
    stations_complete(case, faults);
    capacity_as_registered(case, faults);
}

impl<'a> Case<'a> {
    /// The records that name a station.
    fn stated(&self) -> impl Iterator<Item = (usize, &'a StationCode)> {
        let column = self.dataset.station_column();
        self.records.iter().enumerate().filter_map(move |(nth, record)| match record.values.get(column?) {
            Some(Value::Station(code)) => Some((nth, code)),
            _ => None,
        })
    }

    /// The same, where the register knows the station.
    fn registered(&self) -> impl Iterator<Item = (usize, &'a Station)> {
        self.stated().filter_map(|(nth, code)| Some((nth, self.stations.by_code.get(code)?)))
    }

    /// The place of one value of the nth record.
    fn place(&self, nth: usize, column: usize) -> Place {
        let at = self.records.get(nth).map_or_else(Place::whole, |record| record.place.clone());
        let offset = nth.checked_mul(self.dataset.columns.len()).and_then(|first| self.offsets.get(first + column));
        self.within(at, offset.copied(), column)
    }

    /// The place of one value inside its record's or total's.
    fn within(&self, at: Place, offset: Option<u64>, column: usize) -> Place {
        let Some(column) = self.dataset.columns.get(column) else { return at };
        let path = match (&at.path, at.row) {
            (_, Some(_)) => column.name.clone(),
            (Some(path), None) => format!("{path}/{}", column.element),
            (None, None) => column.element.clone(),
        };
        Place { offset: offset.or(at.offset), ..at.path(path) }
    }

    /// The place of the nth record's station.
    fn station_place(&self, nth: usize) -> Place {
        self.place(nth, self.dataset.station_column().unwrap_or_default())
    }

    /// A figure of the nth record.
    fn figure(&self, nth: usize, column: usize) -> Option<Quantity> {
        decimal(self.records.get(nth)?, column)
    }

    /// Whether every value of the column was read.
    fn is_whole(&self, column: usize) -> bool {
        self.broken.get(column) == Some(&false)
    }
}

fn decimal(record: &Record, column: usize) -> Option<Quantity> {
    match record.values.get(column) {
        Some(Value::Decimal(quantity)) => Some(*quantity),
        _ => None,
    }
}

/// The exact sum of a column, scaled by the column's places. 100 000 records of 15 digits are below
/// 10^20, far inside an `i128`.
fn sum(records: &[Record], column: usize) -> i128 {
    records.iter().filter_map(|record| decimal(record, column)).map(|quantity| i128::from(quantity.scaled())).sum()
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
    } else if revision == stands && stood.content != case.content {
        Code::RuleRevisionConflict
    } else if revision > next {
        Code::RuleRevisionJump
    } else {
        return;
    };
    faults.push(Finding::new(code).found(revision).wanted(next));
}

/// R 3.5.4: a station is one of the register.
fn stations_known(case: &Case<'_>, faults: &mut Faults) {
    for (nth, code) in case.stated() {
        if !case.stations.by_code.contains_key(code) {
            faults.push(Finding::new(Code::RuleUnknownStation).at(case.station_place(nth)).found(code));
        }
    }
}

/// R 2.1.2: each station stands once, or its figure would be ambiguous.
fn stations_once(case: &Case<'_>, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (nth, code) in case.stated() {
        if !seen.insert(code) {
            faults.push(Finding::new(Code::RuleStationDoubled).at(case.station_place(nth)).found(code));
        }
    }
}

/// R 3.5.4: a body files for its own stations; S 7.1.4: the owner for any.
fn stations_own(case: &Case<'_>, faults: &mut Faults) {
    for (nth, station) in case.registered() {
        if !case.owner && station.operator != *case.participant {
            let place = case.station_place(nth);
            faults.push(Finding::new(Code::AuthorityNotYourStation).at(place).found(&station.code));
        }
    }
}

/// R 3.5.1: figures are of stations that were in service in the period.
fn stations_in_service(case: &Case<'_>, faults: &mut Faults) {
    let Some(period) = case.period else { return };
    for (nth, station) in case.registered() {
        if station.in_service(period) {
            continue;
        }
        let (from, to) = (station.from.map(|day| day.to_string()), station.to.map(|day| day.to_string()));
        let wanted = format!("{} – {}", from.as_deref().unwrap_or("…"), to.as_deref().unwrap_or("…"));
        let mut finding =
            Finding::new(Code::RuleNotInService).at(case.station_place(nth)).found(&station.code).wanted(wanted);
        if from.is_none() {
            finding = finding.hint(Hint::fixed(
                "Stansiya reyestrdə planlaşdırılan kimi qeyd olunub.",
                "The register has the station as planned.",
            ));
        }
        faults.push(finding);
    }
}

/// R 1.2.6: a figure has one primary source; a second sender for a station and period is refused.
fn one_sender(case: &Case<'_>, faults: &mut Faults) {
    for (nth, code) in case.stated() {
        if let Some(other) = case.standing.elsewhere.get(code) {
            let place = case.station_place(nth);
            faults.push(Finding::new(Code::RuleOtherSender).at(place).found(code).wanted(other));
        }
    }
}

/// S 1.3: the total is that of the stations, exactly.
fn total_exact(case: &Case<'_>, faults: &mut Faults) {
    let Some(total) = case.total else { return };
    for (at, _, places) in case.dataset.decimals() {
        let Some(Value::Decimal(stated)) = total.values.get(at) else { continue };
        let sum = sum(case.records, at);
        if case.is_whole(at) && i128::from(stated.scaled()) != sum {
            let place = case.within(total.place.clone(), total.offsets.get(at).copied(), at);
            faults.push(Finding::new(Code::RuleTotalDiffers).at(place).found(stated).wanted(shown(sum, places)));
        }
    }
}

/// R 3.5.1: no station gives more than its capacity in every hour of the period. Physics, so no
/// tolerance: the register's capacity is the highest there is.
fn within_capacity(case: &Case<'_>, faults: &mut Faults) {
    let Some(column) = case.dataset.energy_column.as_deref().and_then(|name| case.dataset.column(name)) else { return };
    let Some(period) = case.period.filter(|period| period.hours() > 0) else { return };
    for (nth, station) in case.registered() {
        let Some(energy) = case.figure(nth, column) else { continue };
        let places = energy.places().max(station.mw.places());
        let most = scaled_to(station.mw, places).saturating_mul(i128::from(period.hours()));
        if scaled_to(energy, places) > most {
            let unit = case.dataset.columns.get(column).and_then(|column| column.unit.as_deref()).unwrap_or_default();
            let place = case.place(nth, column);
            let wanted = format!("{} {unit} ({} MW × {} h)", shown(most, places), station.mw, period.hours());
            faults.push(
                Finding::new(Code::RuleExceedsCapacity).at(place).found(format!("{energy} {unit}")).wanted(wanted),
            );
        }
    }
}

/// S 1.3: the year and its quarters agree when all five stand, whichever came last; what is at hand
/// takes the place of what stands for its own period. Station by station: their total is then exact
/// too, being their sum.
fn year_agrees(case: &Case<'_>, faults: &mut Faults) {
    let Some(year) = case.period.and_then(Period::year) else { return };
    if case.dataset.station_column().is_none_or(|column| !case.is_whole(column)) {
        return; // which station a figure is of cannot be told
    }
    let here = figures(case);
    let of = |period: Period| -> Option<&BTreeMap<StationCode, Vec<Option<Quantity>>>> {
        if case.period == Some(period) { Some(&here) } else { case.standing.same_year.get(&period).map(Stood::figures) }
    };
    let (Some(annual), Some(first), Some(second), Some(third), Some(fourth)) = (
        of(Period::Year(year)),
        of(Period::Quarter(year, 1)),
        of(Period::Quarter(year, 2)),
        of(Period::Quarter(year, 3)),
        of(Period::Quarter(year, 4)),
    ) else {
        return;
    };
    let quarters = match case.dataset.year {
        YearRule::Sum => vec![first, second, third, fourth],
        YearRule::Last => vec![fourth],
    };
    let stations: BTreeSet<_> = quarters.iter().chain([&annual]).flat_map(|figures| figures.keys()).collect();
    let mut here_at: BTreeMap<&StationCode, (usize, bool)> = BTreeMap::new();
    for (nth, code) in case.stated() {
        here_at.entry(code).and_modify(|(_, doubled)| *doubled = true).or_insert((nth, false));
    }
    for station in stations {
        let record = here_at.get(station);
        if record.is_some_and(|(_, doubled)| *doubled) {
            continue; // stated twice: that is told, and which of the two is meant nobody knows
        }
        for (figure_nth, (column, _, places)) in case.dataset.decimals().enumerate() {
            if !case.is_whole(column) {
                continue;
            }
            let figure = |figures: &BTreeMap<StationCode, Vec<Option<Quantity>>>| {
                figures.get(station).and_then(|values| values.get(figure_nth).copied().flatten())
            };
            // Kept under an older description a figure may have other places than the column now.
            let all = || quarters.iter().chain([&annual]).filter_map(|figures| figure(figures));
            let places = all().map(Quantity::places).max().unwrap_or(places);
            let scaled = |figures| figure(figures).map_or(0, |quantity| scaled_to(quantity, places));
            let quarterly: i128 = quarters.iter().map(|figures| scaled(figures)).sum();
            let annually = scaled(annual);
            if quarterly != annually {
                let place = match record {
                    Some(&(nth, _)) => case.place(nth, column),
                    None => case.within(Place::whole(), None, column),
                };
                faults.push(
                    Finding::new(Code::RuleYearDiffers)
                        .at(place)
                        .found(shown(quarterly, places))
                        .wanted(shown(annually, places))
                        .hint(Hint {
                            az: format!("Stansiya: {station}.").into(),
                            en: format!("The station is {station}.").into(),
                        }),
                );
            }
        }
    }
}

/// What the statement at hand says, as a standing one is kept.
fn figures(case: &Case<'_>) -> BTreeMap<StationCode, Vec<Option<Quantity>>> {
    case.stated()
        .map(|(nth, code)| {
            (code.clone(), case.dataset.decimals().map(|(column, _, _)| case.figure(nth, column)).collect())
        })
        .collect()
}

impl Stood {
    fn figures(&self) -> &BTreeMap<StationCode, Vec<Option<Quantity>>> {
        &self.values
    }
}

/// R 3.5.1, a warning: a statement is of all the body's stations in service. The owner states what
/// it obtained (S 7.1.4), of whichever stations.
fn stations_complete(case: &Case<'_>, faults: &mut Faults) {
    let Some(period) = case.period.filter(|_| !case.owner) else { return };
    if case.dataset.station_column().is_none_or(|column| !case.is_whole(column)) {
        return; // one of the unread ones may be it
    }
    let stated: BTreeSet<_> = case.stated().map(|(_, code)| code).collect();
    for station in case.stations.by_code.values() {
        if station.operator == *case.participant && station.in_service(period) && !stated.contains(&station.code) {
            let finding = Finding::new(Code::RuleStationMissing).found(&station.code).hint(Hint {
                az: format!("Stansiyanın adı: {}.", station.name).into(),
                en: format!("Its name is {}.", station.name).into(),
            });
            faults.push(finding);
        }
    }
}

/// S 6.1.3, a warning: the design capacity is that of the register.
fn capacity_as_registered(case: &Case<'_>, faults: &mut Faults) {
    let Some(column) = case.dataset.capacity_column.as_deref().and_then(|name| case.dataset.column(name)) else {
        return;
    };
    for (nth, station) in case.registered() {
        let Some(stated) = case.figure(nth, column) else { continue };
        let places = stated.places().max(station.mw.places());
        if scaled_to(stated, places) != scaled_to(station.mw, places) {
            let place = case.place(nth, column);
            faults.push(Finding::new(Code::RuleCapacityDiffers).at(place).found(stated).wanted(station.mw));
        }
    }
}

/// What was read, for the receipt: records, stations, and the exact sum of each decimal column.
pub(super) fn understood(dataset: &Dataset, records: &[Record]) -> Vec<Understood> {
    let count = |title_az: &str, title_en: &str, value: usize| Understood {
        title_az: title_az.to_owned(),
        title_en: title_en.to_owned(),
        value: value.to_string(),
        unit: String::new(),
    };
    let mut understood = vec![count("Qeydlərin sayı", "Records", records.len())];
    if let Some(column) = dataset.station_column() {
        let stations: BTreeSet<_> = records
            .iter()
            .filter_map(|record| match record.values.get(column) {
                Some(Value::Station(code)) => Some(code),
                _ => None,
            })
            .collect();
        understood.push(count("Stansiyaların sayı", "Stations", stations.len()));
    }
    for (at, column, places) in dataset.decimals() {
        understood.push(Understood {
            title_az: format!("{}, cəmi", column.title_az),
            title_en: format!("{}, total", column.title_en),
            value: shown(sum(records, at), places),
            unit: column.unit.clone().unwrap_or_default(),
        });
    }
    understood
}
