//! The figures of a dataset, summed by station, kind, region, participant or period.
//!
//! What is summed are the records that count in the `_total` view, so every sum is one of the view's, or a part of one.
//! Sums are whole numbers of the last place. A stock, as capacity, has no sum over time: without periods it is told as
//! it was in the last of them. Never decides what counts.

use super::ReportArgs;
use super::asked::{Bound, By, Range};
use crate::authority::{Station, StationKind};
use crate::boemis::Counted;
use crate::commands::Trouble;
use crate::commands::sheet::{Cell, Column, Fact, Sheet, said};
use crate::config::World;
use crate::document::{ParticipantName, Period, StationCode};
use crate::finding::Language;
use crate::schema::{ColumnKind, Dataset, PeriodKinds, YearRule};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Which periods are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grain {
    /// Years.
    Year,
    /// Quarters or months.
    Part,
}

/// What is asked of a dataset.
pub(super) struct Question {
    by: Vec<By>,
    range: Range,
    grain: Grain,
    participant: Option<ParticipantName>,
}

/// By what the figures of this dataset can be asked for.
pub(super) fn possible(dataset: &Dataset) -> Vec<By> {
    let mut possible = match dataset.station_column() {
        Some(_) => vec![By::Station, By::Type, By::Region, By::Participant],
        None => vec![By::Key, By::Participant],
    };
    possible.push(part(dataset));
    possible.push(By::Year);
    possible
}

/// The parts of its years.
fn part(dataset: &Dataset) -> By {
    match dataset.periods {
        PeriodKinds::MonthAndYear => By::Month,
        PeriodKinds::QuarterAndYear | PeriodKinds::None => By::Quarter,
    }
}

impl Question {
    /// # Errors
    /// Usage: bounds that the dataset does not have, or that do not go with the parts.
    pub(super) fn of(args: &ReportArgs, dataset: &Dataset) -> Result<Self, Trouble> {
        let by = if args.by.is_empty() { vec![By::Year] } else { args.by.clone() };
        let range = Range::of_periods(args.from, args.to)?;
        let mut within_years = true;
        for bound in [args.from, args.to].into_iter().flatten() {
            let Bound::Period(period) = bound else { continue };
            if !dataset.periods.takes(period) {
                let examples = dataset.periods.examples();
                return Err(Trouble::usage(format!("{} has no {period}; its periods are as {examples}", dataset.name)));
            }
            within_years &= matches!(period, Period::Year(_));
        }
        let part = part(dataset);
        let (by_year, by_part) = (by.contains(&By::Year), by.contains(&part));
        if by_year && by_part {
            let part = part.as_str();
            return Err(Trouble::usage(format!("a {part} says its year already: --by year or --by {part}, not both")));
        }
        if by_year && !within_years {
            return Err(Trouble::usage(format!(
                "--by year takes years as bounds, as --from 2025 --to 2026; for parts of a year take --by {}",
                part.as_str()
            )));
        }
        let grain = if by_part || !within_years { Grain::Part } else { Grain::Year };
        Ok(Self { by, range, grain, participant: args.participant.clone() })
    }

    fn takes(&self, period: Period) -> bool {
        let is_year = matches!(period, Period::Year(_));
        is_year == (self.grain == Grain::Year) && self.range.has(period)
    }

    fn has_time(&self) -> bool {
        self.by.iter().any(|by| matches!(by, By::Month | By::Quarter | By::Year))
    }
}

/// Sums of one row.
#[derive(Default)]
struct Sums {
    values: Vec<Option<i128>>,
    keys: BTreeSet<String>,
}

impl Sums {
    fn take(&mut self, record: &Counted) -> Option<()> {
        self.values.resize(record.values.len(), None);
        for (sum, value) in self.values.iter_mut().zip(&record.values) {
            if let Some(value) = value {
                *sum = Some(sum.unwrap_or(0).checked_add(i128::from(value.scaled()))?);
            }
        }
        self.keys.extend(record.key.clone());
        Some(())
    }
}

/// Sums them up.
///
/// # Errors
/// Broken: sums that are too large to be.
pub(super) fn sheet(
    question: &Question,
    dataset: &Dataset,
    counted: Vec<Counted>,
    world: &World,
    language: Language,
) -> Result<Sheet, Trouble> {
    let too_large = || Trouble::broken("the sums are too large to be");
    let theirs = |record: &Counted| question.participant.as_ref().is_none_or(|slug| *slug == record.participant);
    let all: Vec<Counted> = counted.into_iter().filter(theirs).collect();
    let mut remarks = Vec::new();
    let mut taken: Vec<&Counted> = all.iter().filter(|record| question.takes(record.period)).collect();
    let is_stock = dataset.year == YearRule::Last;
    if is_stock && !question.has_time() {
        let last = taken.iter().map(|record| record.period).max();
        taken.retain(|record| Some(record.period) == last);
        if let Some(last) = last {
            let told = said(language, "Göstəricilər bu dövrə aiddir", "The figures are those of");
            remarks.push(format!("{told}: {last}."));
        }
    }
    if question.grain == Grain::Part {
        remarks.extend(annual_alone(question, &all, language));
    }
    let groups = Groups { question, dataset, world, language };
    let (mut rows, mut whole) = (BTreeMap::<Vec<Label>, Sums>::new(), Sums::default());
    for record in taken {
        rows.entry(groups.labels(record)).or_default().take(record).ok_or_else(too_large)?;
        whole.take(record).ok_or_else(too_large)?;
    }
    let cells = |labels: Vec<Cell>, sums: &Sums| {
        let figures = dataset.decimals().zip(sums.values.iter().chain(std::iter::repeat(&None)));
        let figures = figures.map(|((_, _, places), sum)| sum.map_or(Cell::Empty, |sum| figure(sum, places)));
        let count = groups.counts_keys().then_some(Cell::Count(sums.keys.len() as u64));
        labels.into_iter().chain(figures).chain(count).collect::<Vec<_>>()
    };
    let heads = groups.columns();
    let adds_up = !is_stock || !question.has_time();
    let total = (adds_up && !rows.is_empty()).then(|| cells(vec![Cell::Empty; heads.len()], &whole));
    let rows = rows.iter().map(|(labels, sums)| cells(groups.cells(labels), sums)).collect();
    Ok(Sheet {
        title: said(language, &dataset.title_az, &dataset.title_en).to_owned(),
        facts: vec![Fact::silent("dataset", json!(dataset.name))],
        columns: heads.into_iter().chain(groups.figures()).collect(),
        rows,
        total,
        remarks,
    })
}

/// Whole numbers of the last place as a decimal.
fn figure(scaled: i128, places: u8) -> Cell {
    let digits = format!("{:0width$}", scaled.unsigned_abs(), width = usize::from(places) + 1);
    let (whole, rest) = digits.split_at(digits.len() - usize::from(places));
    let sign = if scaled < 0 { "-" } else { "" };
    Cell::Figure(if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") })
}

/// A year that was stated whole and not by its parts has nothing between two quarters; who reads must know.
fn annual_alone(question: &Question, all: &[Counted], language: Language) -> Vec<String> {
    let parts: BTreeSet<(Option<i16>, &ParticipantName, &Option<String>)> = all
        .iter()
        .filter(|record| !matches!(record.period, Period::Year(_)))
        .map(|record| (record.period.year(), &record.participant, &record.key))
        .collect();
    let mut alone: BTreeMap<(i16, &ParticipantName), usize> = BTreeMap::new();
    for record in all.iter().filter(|record| record.annual) {
        let Period::Year(year) = record.period else { continue };
        let is_touched = (1..=12).any(|month| question.range.has(Period::Month(year, month)));
        if is_touched && !parts.contains(&(Some(year), &record.participant, &record.key)) {
            *alone.entry((year, &record.participant)).or_default() += 1;
        }
    }
    let told = |((year, slug), count): ((i16, &ParticipantName), usize)| match language {
        Language::Az => format!(
            "{slug}, {year}: {count} yazı yalnız illik hesabatdadır və ilin hissələri üzrə göstəricilərə daxil deyil."
        ),
        Language::En => format!(
            "{slug}, {year}: {count} records stand in the annual statement alone and are not among the figures of its \
             parts."
        ),
    };
    alone.into_iter().map(told).collect()
}

/// What a row is of, as rows are sorted; none where it is not known.
type Label = Option<String>;

struct Groups<'a> {
    question: &'a Question,
    dataset: &'a Dataset,
    world: &'a World,
    language: Language,
}

impl Groups<'_> {
    fn station(&self, key: Option<&str>) -> Option<&Station> {
        self.world.stations.by_code.get(&key?.parse::<StationCode>().ok()?)
    }

    fn labels(&self, record: &Counted) -> Vec<Label> {
        let station = || self.station(record.key.as_deref());
        let label = |by: &By| match by {
            By::Station | By::Key => record.key.clone(),
            By::Type => station().map(|station| station.kind.as_str().to_owned()),
            By::Region => station().map(|station| station.region.clone()),
            By::Participant => Some(record.participant.to_string()),
            By::Month | By::Quarter | By::Year => Some(record.period.to_string()),
            By::Dataset | By::Decision | By::Period => None, // never possible here
        };
        self.question.by.iter().map(label).collect()
    }

    /// The cells of a row's labels: a code has its name beside it.
    fn cells(&self, labels: &[Label]) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (by, label) in self.question.by.iter().zip(labels) {
            match by {
                By::Station => {
                    cells.push(Cell::text(label.as_ref()));
                    cells.push(Cell::text(self.station(label.as_deref()).map(|station| &station.name)));
                }
                By::Participant => {
                    let slug = label.as_ref().and_then(|slug| slug.parse::<ParticipantName>().ok());
                    let named = slug.and_then(|slug| self.world.registry.participants.get(&slug));
                    cells.push(Cell::text(label.as_ref()));
                    cells.push(Cell::text(named.map(|participant| &participant.name)));
                }
                By::Type => {
                    let known = KINDS.iter().find(|kind| label.as_deref() == Some(kind.as_str()));
                    cells.push(known.map_or(Cell::Empty, |kind| kind_word(*kind, self.language)));
                }
                _ => cells.push(Cell::text(label.as_ref())),
            }
        }
        cells
    }

    fn columns(&self) -> Vec<Column> {
        let said = |az, en| said(self.language, az, en);
        let mut columns = Vec::new();
        for by in &self.question.by {
            let title = match by {
                By::Station => said("Stansiya", "Station"),
                By::Key => self.dataset.key_column().and_then(|at| self.dataset.columns.get(at)).map_or("", |column| {
                    crate::commands::sheet::said(self.language, &column.title_az, &column.title_en)
                }),
                By::Type => said("Növü", "Type"),
                By::Region => said("Rayon", "Region"),
                By::Participant => said("İştirakçı", "Participant"),
                By::Month => said("Ay", "Month"),
                By::Quarter => said("Rüb", "Quarter"),
                _ => said("İl", "Year"),
            };
            columns.push(Column::words(by.as_str(), title));
            match by {
                By::Station => columns.push(Column::words("station_name", said("Adı", "Name"))),
                By::Participant => columns.push(Column::words("participant_name", said("Adı", "Name"))),
                _ => {}
            }
        }
        columns
    }

    fn figures(&self) -> Vec<Column> {
        let title = |column: &crate::schema::Column| {
            let title = said(self.language, &column.title_az, &column.title_en);
            let unit = column.unit.as_deref().map(|unit| format!(", {unit}")).unwrap_or_default();
            format!("{title}{unit}")
        };
        let figures = self.dataset.decimals().map(|(_, column, _)| Column::numbers(&column.name, title(column)));
        let is_of_stations = self.dataset.columns.iter().any(|column| column.kind == ColumnKind::Station);
        let count = match is_of_stations {
            true => Column::numbers("stations", said(self.language, "Stansiyaların sayı", "Stations")),
            false => Column::numbers("keys", said(self.language, "Sayı", "Keys")),
        };
        figures.chain(self.counts_keys().then_some(count)).collect()
    }

    /// A row that is of one station has no number of them.
    fn counts_keys(&self) -> bool {
        !self.question.by.iter().any(|by| matches!(by, By::Station | By::Key))
    }
}

const KINDS: [StationKind; 7] = [
    StationKind::Solar,
    StationKind::Wind,
    StationKind::Hydro,
    StationKind::SmallHydro,
    StationKind::Waste,
    StationKind::Bio,
    StationKind::Hybrid,
];

fn kind_word(kind: StationKind, language: Language) -> Cell {
    let (az, en) = match kind {
        StationKind::Solar => ("günəş", "solar"),
        StationKind::Wind => ("külək", "wind"),
        StationKind::Hydro => ("su", "hydro"),
        StationKind::SmallHydro => ("kiçik su", "small hydro"),
        StationKind::Waste => ("tullantı", "waste"),
        StationKind::Bio => ("bioenerji", "bio"),
        StationKind::Hybrid => ("hibrid", "hybrid"),
    };
    Cell::Word(kind.as_str(), said(language, az, en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_printed_as_the_decimals_that_they_are() {
        for (scaled, places, shown) in [(0, 3, "0.000"), (5, 3, "0.005"), (1_234_567, 3, "1234.567"), (7, 0, "7")] {
            assert_eq!(figure(scaled, places), Cell::Figure(shown.to_owned()));
        }
        assert_eq!(figure(i128::from(i64::MAX) * 10, 2), Cell::Figure("922337203685477580.70".to_owned()));
    }
}
