//! The rules of shapes beside what is stated of them, and beside each other. Whether a shape is sound is asked when it
//! is read.

use super::{Case, Check};
use crate::finding::{Finding, Place};
use crate::geometry::{Geometry, Overlaps};
use crate::schema::Value;
use crate::schema::faults::Faults;

/// Overlaps that are told of one area: who sees these will look at the others too.
const TOLD_MAX: usize = 4;

/// S 6.1.1: the hectares that are stated are those that are drawn, but for so many of a hundred.
pub(super) fn area_as_drawn(case: &Case<'_>, faults: &mut Faults) {
    for check in case.checks() {
        let Check::Area { column, percent } = check else { continue };
        for (nth, geometry) in shapes(case) {
            let Some(stated) = case.figure(nth, *column) else { continue };
            // thousandths, whatever the places: a description has at most so many (`config`)
            let stated = super::scaled_to(stated, 3);
            let Ok(stated) = u64::try_from(stated) else { continue };
            if let Err(fault) = geometry.agrees(stated, u64::from(*percent) * 10) {
                faults.push(fault.finding(case.place(nth, *column)));
            }
        }
    }
}

/// S 6.1.1, a warning: areas of one statement do not overlap; two surveys of one boundary may, by little.
pub(super) fn areas_apart(case: &Case<'_>, faults: &mut Faults) {
    let Some(column) = case.dataset.geometry_column() else { return };
    if !case.checks().any(|check| *check == Check::Overlaps) {
        return;
    }
    let mut overlaps = Overlaps::default();
    for (nth, geometry) in shapes(case) {
        for fault in overlaps.add(nth as u64 + 1, geometry, TOLD_MAX) {
            faults.push(named(case, fault.finding(case.place(nth, column)), nth));
        }
    }
    if let Some(fault) = overlaps.finish() {
        faults.push(fault.finding(Place::whole()));
    }
}

/// The finding, with what the other record is of in place of its number, where that can be told.
fn named(case: &Case<'_>, finding: Finding, nth: usize) -> Finding {
    let own = key(case, nth);
    let other = finding.found.as_deref().and_then(|found| found.strip_prefix("№ ")?.parse::<usize>().ok());
    match (own, other.and_then(|other| key(case, other.checked_sub(1)?))) {
        (Some(own), Some(other)) => Finding { found: Some(format!("{own}, {other}")), ..finding },
        _ => finding,
    }
}

fn key<'a>(case: &Case<'a>, nth: usize) -> Option<&'a str> {
    let value = case.records.get(nth)?.values.get(case.dataset.key_column()?)?;
    Some(value.key()).filter(|key| !key.is_empty())
}

/// The records that have a shape.
fn shapes<'a>(case: &Case<'a>) -> impl Iterator<Item = (usize, &'a Geometry)> {
    let column = case.dataset.geometry_column();
    case.records.iter().enumerate().filter_map(move |(nth, record)| match record.values.get(column?) {
        Some(Value::Geometry(geometry)) => Some((nth, &**geometry)),
        _ => None,
    })
}
