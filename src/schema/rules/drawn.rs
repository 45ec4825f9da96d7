//! The rules of shapes beside what is stated of them, and beside each other. Whether a shape is sound is asked when it
//! is read.

use super::{Case, Check, Row, decimal};
use crate::finding::{Finding, Place};
use crate::geometry::{Geometry, Overlaps};
use crate::schema::Value;
use crate::schema::faults::Faults;

/// Overlaps that are told of one area: who sees these will look at the others too.
const TOLD_MAX: usize = 4;

/// S 6.1.1: the hectares that are stated are those that are drawn, but for so many of a hundred.
pub(super) fn area_as_drawn(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    let Some(geometry) = shape(case, row) else { return };
    for check in case.checks() {
        let Check::Area { column, percent } = check else { continue };
        let Some(stated) = decimal(row.record, *column) else { continue };
        // thousandths, whatever the places: a description has at most so many (`config`)
        let stated = super::scaled_to(stated, 3);
        let Ok(stated) = u64::try_from(stated) else { continue };
        if let Err(fault) = geometry.agrees(stated, u64::from(*percent) * 10) {
            faults.push(fault.finding(case.place(row, *column)));
        }
    }
}

/// S 6.1.1, a warning: areas of one statement do not overlap; two surveys of one boundary may, by little.
pub(super) fn areas_apart(case: &Case<'_>, faults: &mut Faults) {
    let Some(column) = case.dataset.geometry_column() else { return };
    if !case.checks().any(|check| *check == Check::Overlaps) {
        return;
    }
    let mut overlaps = Overlaps::of_about(case.records.len());
    case.each(|row| {
        let Some(geometry) = shape(case, row) else { return };
        let Ok(number) = u32::try_from(row.nth + 1) else { return };
        let mut asked = |number: u32| shape_of(case, number);
        for fault in overlaps.add(number, geometry, TOLD_MAX, &mut asked) {
            faults.push(named(case, fault.finding(case.place(row, column)), row));
        }
    });
    if let Some(fault) = overlaps.finish() {
        faults.push(fault.finding(Place::whole()));
    }
}

/// The finding, with what the other record is of in place of its number, where that can be told.
fn named(case: &Case<'_>, finding: Finding, row: &Row<'_>) -> Finding {
    let own = case.key(row);
    let number = finding.found.as_deref().and_then(|found| found.strip_prefix("№ ")?.parse::<u64>().ok());
    let other = number.and_then(|number| case.lost.note(case.records.nth(number.checked_sub(1)?)));
    let key = other.as_deref().zip(case.dataset.key_column()).and_then(|(other, at)| other.values.get(at));
    match key.map(Value::key) {
        Some(other) if !own.is_empty() && !other.is_empty() => {
            Finding { found: Some(format!("{own}, {other}")), ..finding }
        }
        _ => finding,
    }
}

/// The shape of the record with this number, read once more.
fn shape_of(case: &Case<'_>, number: u32) -> Option<Geometry> {
    let record = case.lost.note(case.records.nth(u64::from(number).checked_sub(1)?))?;
    match record.values.get(case.dataset.geometry_column()?)? {
        Value::Geometry(geometry) => Some((**geometry).clone()),
        _ => None,
    }
}

/// The shape of a record.
fn shape<'r>(case: &Case<'_>, row: &Row<'r>) -> Option<&'r Geometry> {
    match row.record.values.get(case.dataset.geometry_column()?) {
        Some(Value::Geometry(geometry)) => Some(geometry),
        _ => None,
    }
}
