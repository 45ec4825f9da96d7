//! A year and its parts, and a period beside the same one a year ago.

use super::figures::{Stated, Values};
use super::register::served_throughout;
use super::{Case, plus, scaled_to, shown, summed};
use crate::document::{Period, Quantity};
use crate::finding::{Code, Finding, Hint, Place};
use crate::schema::faults::Faults;
use crate::schema::{Check, Figures, PeriodKinds, Spot, Topic, YearRule};
use std::collections::{BTreeMap, BTreeSet};

/// S 1.3: the year and its parts (quarters, months) agree when all of them stand, whichever came last; what is at
/// hand takes the place of what stands for its own period. Station by station: their total is then exact too, being
/// their sum. Where one of them states a figure of no station, the sums are compared alone.
pub(super) fn agrees(stated: &Stated<'_, '_>, faults: &mut Faults) {
    let case = stated.case;
    let Some(year) = case.period.and_then(Period::year) else { return };
    if case.dataset.key_column().is_none_or(|column| !case.is_whole(column)) {
        return; // of what a figure is cannot be told
    }
    let Some(sides) = Sides::of(case, year) else { return };
    if sides.have_keyless(case) {
        if stated.doubled.is_empty() {
            let sums = if sides.is_here() { sums(stated) } else { Vec::new() };
            let sum = |side: Side<'_>, nth: usize| match side {
                Side::Here => sums.get(nth).copied().flatten(),
                Side::Stood(figures) => summed(figures, nth),
            };
            compare(case, &sides, &sum, (None, &|column| case.within(Spot::Whole, None, column)), faults);
        }
        return;
    }
    let mut others = sides.keys();
    let figure = |side: Side<'_>, key: &str, here: &Values, nth: usize| match side {
        Side::Here => here.get(nth).copied().flatten(),
        Side::Stood(figures) => figures.get(key).and_then(|values| values.get(nth).copied()?),
    };
    if sides.is_here() {
        stated.each(|key, row, here| {
            others.remove(key);
            let pick = |side: Side<'_>, nth: usize| figure(side, key, here, nth);
            compare(case, &sides, &pick, (Some(key), &|column| case.place(row, column)), faults);
        });
    }
    // stated twice: that is told, and which of the two is meant nobody knows
    for key in others.into_iter().filter(|key| !stated.is_doubled(key)) {
        let pick = |side: Side<'_>, nth: usize| figure(side, key, &[], nth);
        compare(case, &sides, &pick, (Some(key), &|column| case.within(Spot::Whole, None, column)), faults);
    }
}

/// One of the statements of a year.
#[derive(Clone, Copy)]
enum Side<'a> {
    /// What is at hand.
    Here,
    /// What stands.
    Stood(&'a Figures),
}

/// What is to agree.
struct Sides<'a> {
    annual: Side<'a>,
    parts: Vec<Side<'a>>,
}

impl<'a> Sides<'a> {
    /// The year and the parts that count, when all stand.
    fn of(case: &Case<'a>, year: i16) -> Option<Self> {
        let of = |period: Period| match case.period == Some(period) {
            true => Some(Side::Here),
            false => case.standing.same_year.get(&period).map(|stood| Side::Stood(&stood.values)),
        };
        let mut parts: Vec<Side<'_>> = case.dataset.periods.parts(year).into_iter().map(of).collect::<Option<_>>()?;
        if case.dataset.year == YearRule::Last {
            parts.drain(..parts.len().saturating_sub(1));
        }
        Some(Self { annual: of(Period::Year(year))?, parts })
    }

    fn all(&self) -> impl Iterator<Item = Side<'a>> {
        self.parts.iter().copied().chain([self.annual])
    }

    fn is_here(&self) -> bool {
        self.all().any(|side| matches!(side, Side::Here))
    }

    /// The keys of what stands.
    fn keys(&self) -> BTreeSet<&'a str> {
        let keys = |side| match side {
            Side::Here => None,
            Side::Stood(figures) => Some(figures.keys().map(String::as_str)),
        };
        self.all().filter_map(keys).flatten().collect()
    }

    /// Whether one of them states a figure of no key.
    fn have_keyless(&self, case: &Case<'_>) -> bool {
        self.all().any(|side| match side {
            Side::Here => case.tally.has_keyless(),
            Side::Stood(figures) => figures.contains_key(""),
        })
    }
}

/// The sums of what is at hand.
fn sums(stated: &Stated<'_, '_>) -> Vec<Option<Quantity>> {
    let mut sums = vec![None; stated.case.dataset.decimals().count()];
    stated.each(|_, _, values| sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = plus(*sum, *value)));
    sums
}

/// A figure of a statement, by its place among the decimal columns.
type Pick<'p> = &'p dyn Fn(Side<'_>, usize) -> Option<Quantity>;

/// Compares the figures of one key, or the sums of all.
fn compare(
    case: &Case<'_>,
    Sides { annual, parts }: &Sides<'_>,
    pick: Pick<'_>,
    (key, place): (Option<&str>, &dyn Fn(usize) -> Place),
    faults: &mut Faults,
) {
    for (figure, (column, _, places)) in case.dataset.decimals().enumerate() {
        if !case.is_whole(column) {
            continue;
        }
        // Kept under an older description a figure may have other places than the column now.
        let all = parts.iter().chain([annual]).filter_map(|side| pick(*side, figure));
        let places = all.map(Quantity::places).max().unwrap_or(places);
        let scaled = |side| pick(side, figure).map_or(0, |quantity| scaled_to(quantity, places));
        let partly: i128 = parts.iter().map(|side| scaled(*side)).sum();
        let annually = scaled(*annual);
        if partly == annually {
            continue;
        }
        faults.push(
            Finding::new(Code::RuleYearDiffers)
                .at(place(column))
                .found(shown(partly, places))
                .wanted(shown(annually, places))
                .hint(explained(case, key)),
        );
    }
}

/// Of what the figures are; and where a part is corrected after the year was stated, what that takes.
fn explained(case: &Case<'_>, key: Option<&str>) -> Hint {
    let of = match (key, case.dataset.station_column()) {
        (None, _) => ("Bütövlükdə götürülən cəm müqayisə olunub.".to_owned(), "The sums are compared.".to_owned()),
        (Some(key), Some(_)) => (format!("Stansiya: {key}."), format!("The station is {key}.")),
        (Some(key), None) => (format!("Sətir: {key}."), format!("The row is {key}.")),
    };
    let year = case.period.and_then(Period::year).map(Period::Year);
    let annual =
        year.filter(|_| case.period != year).and_then(|year| Some((year, case.standing.same_year.get(&year)?)));
    let (Some((year, stood)), Some(_), Some(period)) = (annual, &case.standing.current, case.period) else {
        return Hint { az: of.0.into(), en: of.1.into() };
    };
    let part = match case.dataset.periods {
        PeriodKinds::MonthAndYear => ("ay", "month"),
        PeriodKinds::QuarterAndYear | PeriodKinds::None => ("rüb", "quarter"),
    };
    Hint {
        az: format!(
            "{} Bu sənəd {period} dövrünü {year} ilinin illik məlumatı (redaksiya {}) verildikdən sonra düzəldir, \
             həmin məlumat isə əvvəlki rəqəmlərə əsaslanır. Düzgün olan {} məlumatıdırsa, əvvəlcə illik məlumatı \
             (təqdimat {}) özünüz geri götürün (imzalı «Approval» sənədi, mərhələ: withdrawn), sonra bu sənədi və yeni \
             illik məlumatı göndərin.",
            of.0, stood.revision, part.0, stood.submission
        )
        .into(),
        en: format!(
            "{} This document corrects {period} after the annual statement of {year} (revision {}) was given, which \
             rests on the earlier figures. If it is the {} that is right, first withdraw the annual statement \
             yourself (submission {}; a signed “Approval” of the stage withdrawn), then send this document and the \
             year anew.",
            of.1, stood.revision, part.1, stood.submission
        )
        .into(),
    }
}

/// R 3.5.1, a warning: a figure is seldom far from that of the same period a year ago, whoever stated that.
pub(super) fn changed_little(stated: &Stated<'_, '_>, faults: &mut Faults) {
    let case = stated.case;
    let Some(ago) = case.period.and_then(Period::year_ago).filter(|_| case.keys_are_whole()) else { return };
    let topic = Topic { dataset: case.dataset.name.clone(), period: ago };
    let Some(before) = case.standing.others.get(&topic) else { return };
    let mut old: BTreeMap<&str, &Vec<Option<Quantity>>> = BTreeMap::new();
    for stood in before.values() {
        old.extend(stood.values.iter().filter(|(key, _)| !key.is_empty()).map(|(key, values)| (key.as_str(), values)));
    }
    for check in case.checks() {
        let &Check::Change { column, percent } = check else { continue };
        let Some(figure) = case.nth_decimal(column) else { continue };
        stated.each(|key, row, values| {
            let station = key.parse().ok().and_then(|code| case.stations.by_code.get(&code));
            // half a period in service, then or now, is no change
            let period = case.period.unwrap_or(ago);
            let throughout = |period| station.is_none_or(|station| served_throughout(station, period));
            let is_whole = case.dataset.station_column().is_none() || (throughout(ago) && throughout(period));
            let (Some(Some(new)), Some(Some(old))) =
                (values.get(figure), old.get(key).and_then(|values| values.get(figure)))
            else {
                return;
            };
            let places = new.places().max(old.places());
            let (new_scaled, old_scaled) = (scaled_to(*new, places), scaled_to(*old, places));
            let change = (new_scaled - old_scaled).saturating_abs().saturating_mul(100);
            if is_whole && old_scaled > 0 && change > old_scaled.saturating_mul(i128::from(percent)) {
                let unit = case.unit(column);
                faults.push(
                    Finding::new(Code::RuleChangedMuch)
                        .at(case.place(row, column))
                        .found(format!("{new} {unit}"))
                        .wanted(format!("{old} {unit} ({ago}) ± {percent} %")),
                );
            }
        });
    }
}
