//! A year and its parts, and a period beside the same one a year ago.

use super::register::served_throughout;
use super::{Case, scaled_to, shown, summed};
use crate::document::{Period, Quantity};
use crate::finding::{Code, Finding, Hint, Place};
use crate::schema::faults::Faults;
use crate::schema::{Check, Figures, PeriodKinds, Stood, Topic, YearRule};
use std::collections::{BTreeMap, BTreeSet};

/// S 1.3: the year and its parts (quarters, months) agree when all of them stand, whichever came last; what is at
/// hand takes the place of what stands for its own period. Station by station: their total is then exact too, being
/// their sum. Where one of them states a figure of no station, the sums are compared alone.
pub(super) fn agrees(case: &Case<'_>, faults: &mut Faults) {
    let Some(year) = case.period.and_then(Period::year) else { return };
    if case.dataset.key_column().is_none_or(|column| !case.is_whole(column)) {
        return; // of what a figure is cannot be told
    }
    let stated = case.figures();
    let here: Figures = stated.iter().map(|(key, (_, values))| ((*key).to_owned(), values.clone())).collect();
    let of = |period: Period| -> Option<&Figures> {
        if case.period == Some(period) { Some(&here) } else { case.standing.same_year.get(&period).map(figures) }
    };
    let parts: Option<Vec<&Figures>> = case.dataset.periods.parts(year).into_iter().map(of).collect();
    let (Some(annual), Some(parts)) = (of(Period::Year(year)), parts) else { return };
    let counted = match case.dataset.year {
        YearRule::Sum => parts.clone(),
        YearRule::Last => parts.last().copied().into_iter().collect(),
    };
    let keys: BTreeSet<&String> = counted.iter().chain([&annual]).flat_map(|figures| figures.keys()).collect();
    let doubled = doubled(case);
    if keys.iter().any(|key| key.is_empty()) {
        if doubled.is_empty() {
            let sums = |figures: &Figures, nth: usize| summed(figures, nth);
            compare(case, (annual, &counted), (&sums, None), faults);
        }
        return;
    }
    for key in keys {
        if doubled.contains(key.as_str()) {
            continue; // stated twice: that is told, and which of the two is meant nobody knows
        }
        let nth = stated.get(key.as_str()).map(|(nth, _)| *nth);
        let figure = |figures: &Figures, nth: usize| figures.get(key).and_then(|values| values.get(nth).copied()?);
        compare(case, (annual, &counted), (&figure, Some((key, nth))), faults);
    }
}

fn figures(stood: &Stood) -> &Figures {
    &stood.values
}

fn doubled<'a>(case: &Case<'a>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    case.keyed().map(|(_, key)| key).filter(|key| !seen.insert(*key)).collect()
}

/// A figure among a statement's, by its place among the decimal columns.
type Pick<'p> = &'p dyn Fn(&Figures, usize) -> Option<Quantity>;

/// Compares the figures of one key, or the sums of all.
fn compare(
    case: &Case<'_>,
    (annual, parts): (&Figures, &[&Figures]),
    (pick, of): (Pick<'_>, Option<(&String, Option<usize>)>),
    faults: &mut Faults,
) {
    for (figure, (column, _, places)) in case.dataset.decimals().enumerate() {
        if !case.is_whole(column) {
            continue;
        }
        // Kept under an older description a figure may have other places than the column now.
        let all = parts.iter().chain([&annual]).filter_map(|figures| pick(figures, figure));
        let places = all.map(Quantity::places).max().unwrap_or(places);
        let scaled = |figures| pick(figures, figure).map_or(0, |quantity| scaled_to(quantity, places));
        let partly: i128 = parts.iter().map(|figures| scaled(figures)).sum();
        let annually = scaled(annual);
        if partly == annually {
            continue;
        }
        let place = match of.and_then(|(_, nth)| nth) {
            Some(nth) => case.place(nth, column),
            None => case.within(Place::whole(), None, column),
        };
        faults.push(
            Finding::new(Code::RuleYearDiffers)
                .at(place)
                .found(shown(partly, places))
                .wanted(shown(annually, places))
                .hint(explained(case, of.map(|(key, _)| key.as_str()))),
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
             həmin məlumat isə əvvəlki rəqəmlərə əsaslanır. Düzgün olan {} məlumatıdırsa, əvvəlcə illik məlumatın geri \
             götürülməsi üçün BOEMİS-in sahibinə müraciət edin, sonra bu sənədi və yeni illik məlumatı göndərin.",
            of.0, stood.revision, part.0
        )
        .into(),
        en: format!(
            "{} This document corrects {period} after the annual statement of {year} (revision {}) was given, which \
             rests on the earlier figures. If it is the {} that is right, ask the owner of BOEMİS to have the annual \
             statement withdrawn, then send this document and the year anew.",
            of.1, stood.revision, part.1
        )
        .into(),
    }
}

/// R 3.5.1, a warning: a figure is seldom far from that of the same period a year ago, whoever stated that.
pub(super) fn changed_little(case: &Case<'_>, faults: &mut Faults) {
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
        for (key, (nth, values)) in case.figures() {
            let station = key.parse().ok().and_then(|code| case.stations.by_code.get(&code));
            // half a period in service, then or now, is no change
            let period = case.period.unwrap_or(ago);
            let throughout = |period| station.is_none_or(|station| served_throughout(station, period));
            let is_whole = case.dataset.station_column().is_none() || (throughout(ago) && throughout(period));
            let (Some(Some(new)), Some(Some(old))) =
                (values.get(figure), old.get(key).and_then(|values| values.get(figure)))
            else {
                continue;
            };
            let places = new.places().max(old.places());
            let (new_scaled, old_scaled) = (scaled_to(*new, places), scaled_to(*old, places));
            let change = (new_scaled - old_scaled).saturating_abs().saturating_mul(100);
            if is_whole && old_scaled > 0 && change > old_scaled.saturating_mul(i128::from(percent)) {
                let unit = case.unit(column);
                faults.push(
                    Finding::new(Code::RuleChangedMuch)
                        .at(case.place(nth, column))
                        .found(format!("{new} {unit}"))
                        .wanted(format!("{old} {unit} ({ago}) ± {percent} %")),
                );
            }
        }
    }
}
