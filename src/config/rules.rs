//! Reads `[[rules]]` of a dataset's description: which rules it has beside those of every dataset, with parameters
//! and the days on which these are in force (S 8.1.8).
//!
//! Of one rule the entries follow each other without overlap and without gap: else on some day two parameters would
//! hold, or none, and nobody would have meant it. Never judges a document.

use super::reader::{At, Source, Spot, Table};
use crate::authority::StationKind;
use crate::document::{DatasetName, Quantity};
use crate::schema::{Check, Column, ColumnKind, Dataset, PeriodKinds, Ratio, Rule, Span, Text, TextForm};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Places of a limit, and of a factor: with six digits before the point a product of both and of any figure stays
/// inside an `i128`.
const PLACES: u8 = 4;
/// Digits before the point.
const WHOLE_MAX: i64 = 1_000_000;

/// What a rule names in another description, to be looked up when all are read.
pub(super) struct Reference {
    /// The dataset.
    pub dataset: At<DatasetName>,
    /// Its column.
    pub base: At<String>,
}

impl Reference {
    /// What is wrong with it, and where: `of` is the dataset that has the rule, `named` the one that it names.
    pub fn fault(&self, of: &Dataset, named: Option<&Dataset>) -> Option<(&Spot, String)> {
        let Some(named) = named else {
            return Some((&self.dataset.spot, format!("there is no dataset {}", self.dataset.value)));
        };
        if named.name == of.name {
            return Some((&self.dataset.spot, "a figure stands in proportion to that of another dataset".to_owned()));
        }
        if named.periods != of.periods {
            return Some((&self.dataset.spot, format!("{} has other periods", named.name)));
        }
        if named.decimal(&self.base.value).is_none() {
            return Some((&self.base.spot, format!("{:?} is no decimal column of {}", self.base.value, named.name)));
        }
        None
    }
}

/// A rule with the spot of its dates.
struct Entry {
    rule: Rule,
    from: Spot,
    to: Spot,
}

/// All rules of a description, and what they name in others.
pub(super) fn read(
    source: &Source<'_>,
    columns: &[(Column, Spot)],
    periods: PeriodKinds,
    tables: Vec<Table<'_, '_>>,
) -> (Vec<Rule>, Vec<Reference>) {
    let (mut entries, mut references) = (Vec::new(), Vec::new());
    for mut table in tables {
        let (from, to) = (table.day("from"), table.day("to"));
        if let (Some(from), Some(to)) = (&from, &to)
            && to.value < from.value
        {
            source.mistake(&to.spot, "lies before `from`");
        }
        let spot = |day: &Option<At<Date>>, table: &Table<'_, '_>| {
            day.as_ref().map_or_else(|| table.spot().clone(), |day| day.spot.clone())
        };
        let (from_spot, to_spot) = (spot(&from, &table), spot(&to, &table));
        let check = check(source, columns, periods, &mut table, &mut references);
        // of a rule that is broken nobody knows which keys are its own
        if let Some(check) = check {
            table.finish();
            let rule = Rule { check, from: from.map(|day| day.value), to: to.map(|day| day.value) };
            entries.push(Entry { rule, from: from_spot, to: to_spot });
        }
    }
    follow_each_other(source, &mut entries);
    (entries.into_iter().map(|entry| entry.rule).collect(), references)
}

/// The rules of a description whose columns are broken: nothing can be said of them.
pub(super) fn skip(tables: Vec<Table<'_, '_>>) -> (Vec<Rule>, Vec<Reference>) {
    drop(tables);
    (Vec::new(), Vec::new())
}

/// What makes entries entries of one rule.
fn same(one: &Check, other: &Check) -> bool {
    match (one, other) {
        (Check::Ratio(one), Check::Ratio(other)) => {
            (one.column, &one.dataset, &one.base) == (other.column, &other.dataset, &other.base)
        }
        _ => std::mem::discriminant(one) == std::mem::discriminant(other) && column_of(one) == column_of(other),
    }
}

fn column_of(check: &Check) -> Option<usize> {
    match check {
        Check::CapacityHours { column }
        | Check::AsRegistered { column }
        | Check::Utilisation { column, .. }
        | Check::Zero { column }
        | Check::Area { column, .. }
        | Check::Change { column, .. } => Some(*column),
        Check::DrawnAs { column, .. } | Check::EndsMeet { column, .. } => Some(*column),
        Check::OneOf { column, .. } | Check::Voen { column } => Some(*column),
        Check::Ratio(ratio) => Some(ratio.column),
        Check::Deadline { .. } | Check::Overlaps => None,
    }
}

fn follow_each_other(source: &Source<'_>, entries: &mut [Entry]) {
    entries.sort_by_key(|entry| entry.rule.from);
    for (at, entry) in entries.iter().enumerate() {
        let before = entries.iter().take(at).rev().find(|before| same(&before.rule.check, &entry.rule.check));
        let Some(before) = before else { continue };
        let Some(from) = entry.rule.from else {
            source.mistake(&entry.from, "the same rule stands twice; entries of one rule have `from` and `to`");
            continue;
        };
        match before.rule.to {
            None => source.mistake(&before.to, format!("the same rule begins anew on {from}; this entry needs `to`")),
            Some(to) if to >= from => source.mistake(&entry.from, format!("overlaps the entry that ends on {to}")),
            Some(to) if to.tomorrow().ok() != Some(from) => {
                source.mistake(&entry.from, format!("leaves a gap after {to}, when the entry before it ends"));
            }
            Some(_) => {}
        }
    }
}

/// The rules by their words.
#[derive(Clone, Copy)]
enum Word {
    CapacityHours,
    AsRegistered,
    Utilisation,
    Zero,
    Change,
    Area,
    Overlaps,
    DrawnAs,
    EndsMeet,
    OneOf,
    Voen,
    Ratio,
    Deadline,
}

fn check(
    source: &Source<'_>,
    columns: &[(Column, Spot)],
    periods: PeriodKinds,
    table: &mut Table<'_, '_>,
    references: &mut Vec<Reference>,
) -> Option<Check> {
    table.need(&["rule"]);
    let word = table.word(
        "rule",
        &[
            ("capacity-hours", Word::CapacityHours),
            ("as-registered", Word::AsRegistered),
            ("utilisation", Word::Utilisation),
            ("zero", Word::Zero),
            ("change", Word::Change),
            ("area", Word::Area),
            ("overlaps", Word::Overlaps),
            ("drawn-as", Word::DrawnAs),
            ("ends-meet", Word::EndsMeet),
            ("one-of", Word::OneOf),
            ("voen", Word::Voen),
            ("ratio", Word::Ratio),
            ("deadline", Word::Deadline),
        ],
    )?;
    if let Word::Deadline = word.value {
        table.need(&["days"]);
        if periods == PeriodKinds::None {
            source.mistake(&word.spot, "is a rule of periods, of which this dataset has none");
        }
        let mut days = table.table("days")?;
        // a kind of period without a deadline would never be late, and nobody would have said so
        let of_dataset = spans(periods);
        days.need(&of_dataset.iter().map(|(key, _)| *key).collect::<Vec<_>>());
        let mut read = BTreeMap::new();
        for (key, span) in of_dataset {
            // ten years: a longer one is none
            read.extend(days.integer(key, 0..=3650).map(|days| (span, days.value as u32)));
        }
        days.finish();
        return Some(Check::Deadline { days: read });
    }
    let is_drawn = columns.iter().any(|(column, _)| matches!(column.kind, ColumnKind::Geometry(_)));
    if matches!(word.value, Word::Area | Word::Overlaps | Word::DrawnAs | Word::EndsMeet) && !is_drawn {
        source.mistake(&word.spot, "is a rule of shapes; this dataset has no column of the kind geometry");
    }
    if let Word::Overlaps = word.value {
        return Some(Check::Overlaps);
    }
    if let Word::DrawnAs | Word::EndsMeet = word.value {
        return of_lines(source, columns, table, word.value);
    }
    table.need(&["column"]);
    let name = table.string("column")?;
    if let Word::Voen = word.value {
        let is_word =
            |(column, _): &(Column, Spot)| column.name == name.value && matches!(column.kind, ColumnKind::Text(_));
        let column = columns.iter().position(is_word);
        if column.is_none() {
            source.mistake(&name.spot, format!("{:?} is no column of words of this dataset", name.value));
        }
        return Some(Check::Voen { column: column? });
    }
    let column = columns
        .iter()
        .position(|(column, _)| column.name == name.value && matches!(column.kind, ColumnKind::Decimal { .. }));
    let Some(column) = column else {
        source.mistake(&name.spot, format!("{:?} is no decimal column of this dataset", name.value));
        return None;
    };
    let of_stations = columns.iter().any(|(column, _)| column.kind == ColumnKind::Station);
    let needs_register =
        matches!(word.value, Word::CapacityHours | Word::AsRegistered | Word::Utilisation | Word::Zero);
    if needs_register && !of_stations {
        source.mistake(&word.spot, "is a rule beside the station register; this dataset has no column of stations");
    }
    match word.value {
        Word::CapacityHours => Some(Check::CapacityHours { column }),
        Word::AsRegistered => Some(Check::AsRegistered { column }),
        Word::Zero => Some(Check::Zero { column }),
        Word::Change => {
            table.need(&["percent"]);
            Some(Check::Change { column, percent: table.integer("percent", 1..=10_000)?.value as u32 })
        }
        Word::Area => {
            if matches!(columns.get(column), Some((Column { kind: ColumnKind::Decimal { places: 4.. }, .. }, _))) {
                source.mistake(&name.spot, "has more than 3 places; areas are held against thousandths of a hectare");
            }
            table.need(&["percent"]);
            Some(Check::Area { column, percent: table.integer("percent", 1..=100)?.value as u32 })
        }
        Word::Utilisation => {
            table.need(&["most"]);
            let mut spans = table.table("most")?;
            let mut most = BTreeMap::new();
            for (key, span) in self::spans(periods) {
                let Some(mut kinds) = spans.table(key) else { continue };
                for (key, kind) in KINDS {
                    most.extend(part(source, &mut kinds, key).map(|limit| ((span, kind), limit)));
                }
                kinds.finish();
            }
            spans.finish();
            Some(Check::Utilisation { column, most })
        }
        Word::OneOf => {
            table.need(&["values"]);
            let values: Vec<Quantity> =
                table.strings("values")?.iter().filter_map(|text| decimal(source, text)).collect();
            if values.is_empty() {
                table.mistake("`values` names nothing: every figure would be unusual");
            }
            Some(Check::OneOf { column, values })
        }
        Word::Ratio => ratio(source, column, table, references),
        Word::Deadline | Word::Overlaps | Word::DrawnAs | Word::EndsMeet | Word::Voen => None,
    }
}

/// The rules of lines and sites, which go by the words of a column.
fn of_lines(source: &Source<'_>, columns: &[(Column, Spot)], table: &mut Table<'_, '_>, word: Word) -> Option<Check> {
    table.need(&["column"]);
    let name = table.string("column")?;
    let found = columns.iter().enumerate().find(|(_, (column, _))| column.name == name.value);
    let Some((column, ColumnKind::Text(Text { form: TextForm::Codes(codes), .. }))) =
        found.map(|(at, (column, _))| (at, &column.kind))
    else {
        source.mistake(&name.spot, format!("{:?} is no column of this dataset that has `codes`", name.value));
        return None;
    };
    let mut words = |key: &'static str| -> Option<Vec<String>> {
        let words = table.strings(key)?;
        for word in words.iter().filter(|word| !codes.contains(&word.value)) {
            source.mistake(&word.spot, format!("{:?} is none of the codes of {:?}", word.value, name.value));
        }
        Some(words.into_iter().map(|word| word.value).collect())
    };
    match word {
        Word::DrawnAs => {
            let (lines, sites) = (words("lines"), words("sites"));
            Some(Check::DrawnAs { column, lines: lines.unwrap_or_default(), sites: sites.unwrap_or_default() })
        }
        _ => {
            let of = words("of");
            table.need(&["of", "metres"]);
            // ten kilometres: what is further off is met by nothing
            Some(Check::EndsMeet { column, of: of?, metres: table.integer("metres", 1..=10_000)?.value as u32 })
        }
    }
}

/// The kinds of period that a dataset has, by the keys of their parameters: any other is an unknown key.
fn spans(periods: PeriodKinds) -> Vec<(&'static str, Span)> {
    let year = ("year", Span::Year);
    match periods {
        PeriodKinds::MonthAndYear => vec![("month", Span::Month), year],
        PeriodKinds::QuarterAndYear => vec![("quarter", Span::Quarter), year],
        PeriodKinds::None => Vec::new(),
    }
}

const KINDS: [(&str, StationKind); 7] = [
    ("solar", StationKind::Solar),
    ("wind", StationKind::Wind),
    ("hydro", StationKind::Hydro),
    ("small-hydro", StationKind::SmallHydro),
    ("waste", StationKind::Waste),
    ("bio", StationKind::Bio),
    ("hybrid", StationKind::Hybrid),
];

fn ratio(
    source: &Source<'_>,
    column: usize,
    table: &mut Table<'_, '_>,
    references: &mut Vec<Reference>,
) -> Option<Check> {
    table.need(&["dataset", "base"]);
    let dataset = table.parsed::<DatasetName>("dataset");
    let base = table.string("base");
    let factor = limit(source, table, "factor").unwrap_or(Quantity::from_scaled(1, 0));
    let hours = table.boolean("hours").is_some_and(|hours| hours.value);
    let needs = table.boolean("needs").is_some_and(|needs| needs.value);
    let limits = ["reject_below", "warn_below", "warn_above", "reject_above"].map(|key| limit(source, table, key));
    // each lies at or above the one before it: a warning outside the limits of rejection would never be given
    let mut so_far: Option<Quantity> = None;
    for limit in limits.iter().flatten() {
        if so_far.is_some_and(|before| before.scaled() > limit.scaled()) {
            table.mistake("reject_below, warn_below, warn_above and reject_above rise in this order");
            break;
        }
        so_far = Some(*limit);
    }
    let (dataset, base) = (dataset?, base?);
    let [reject_below, warn_below, warn_above, reject_above] = limits;
    let (name, of) = (dataset.value.clone(), base.value.clone());
    references.push(Reference { dataset, base });
    Some(Check::Ratio(Ratio {
        column,
        dataset: name,
        base: of,
        factor,
        hours,
        needs,
        reject_below,
        warn_below,
        warn_above,
        reject_above,
    }))
}

/// A part of a whole, above 0 and at most 1: a percentage would never be passed, and 0 always.
fn part(source: &Source<'_>, table: &mut Table<'_, '_>, key: &'static str) -> Option<Quantity> {
    let At { value: part, spot } = limit_at(source, table, key)?;
    let whole = 10i64.pow(u32::from(part.places()));
    if !(1..=whole).contains(&part.scaled()) {
        let message = format!("{part} is no part of a whole: wanted is a decimal above 0 and at most 1, as \"0.38\"");
        source.mistake(&spot, message);
        return None;
    }
    Some(part)
}

/// An exact decimal in quotation marks.
fn limit(source: &Source<'_>, table: &mut Table<'_, '_>, key: &'static str) -> Option<Quantity> {
    limit_at(source, table, key).map(|limit| limit.value)
}

/// The same, and where it stands.
fn limit_at(source: &Source<'_>, table: &mut Table<'_, '_>, key: &'static str) -> Option<At<Quantity>> {
    let text = table.string(key)?;
    Some(At { value: decimal(source, &text)?, spot: text.spot })
}

fn decimal(source: &Source<'_>, text: &At<String>) -> Option<Quantity> {
    match Quantity::parse(&text.value, PLACES, '.') {
        Ok(limit) if limit.scaled() <= WHOLE_MAX * 10i64.pow(u32::from(PLACES)) => Some(limit),
        _ => {
            let message =
                format!("{:?} is no limit: wanted is a decimal as \"0.26\", at most {PLACES} places", text.value);
            source.mistake(&text.spot, message);
            None
        }
    }
}
