//! The rules of shapes beside what is stated of them, and beside each other. Whether a shape is sound is asked when it
//! is read.

use super::{Case, Check, Row, decimal};
use crate::finding::{Code, Finding, Place};
use crate::geometry::{Geometry, LINES, Overlaps, SITES, Sites};
use crate::schema::faults::Faults;
use crate::schema::{Record, Value};

/// Overlaps that are told of one area, and ends of one line: who sees these will look at the others too.
const TOLD_MAX: usize = 4;

/// Areas that are compared at a time, on all processors: some ten milliseconds.
const AT_ONCE: usize = 256;
/// Points of their boundaries, at which it is enough: some megabytes with what was sent.
const POINTS_AT_ONCE: usize = 1 << 15;

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

/// S 6.1.2: what is called a line is drawn as one, and what is called a site is drawn as a place or an area.
pub(super) fn drawn_as_called(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    for check in case.checks() {
        let Check::DrawnAs { column, lines, sites } = check else { continue };
        let Some(geometry) = shape(case, row) else { return };
        let Some(word) = word(row, *column) else { continue };
        let is_called = |words: &[String]| words.iter().any(|one| one == word);
        let is_line = LINES.contains(&geometry.kind());
        let wanted = match (is_called(lines), is_called(sites)) {
            (true, false) if !is_line => LINES,
            (false, true) if is_line => SITES,
            _ => continue,
        };
        let wanted: Vec<&str> = wanted.iter().map(|kind| kind.name()).collect();
        let place = case.dataset.geometry_column().map(|at| case.place(row, at)).unwrap_or_default();
        let finding = Finding::new(Code::RuleDrawnOtherwise).at(place);
        faults.push(finding.found(format!("{}: {word}", geometry.kind())).wanted(wanted.join(", ")));
    }
}

/// S 6.1.2, a warning: a line ends where something is that it leads to; what another body states is not seen here.
pub(super) fn ends_meet(case: &Case<'_>, faults: &mut Faults) {
    let Some(geometry) = case.dataset.geometry_column() else { return };
    for check in case.checks() {
        let Check::EndsMeet { column, of, metres } = check else { continue };
        let mut sites = Sites::within(*metres);
        case.each(|row| {
            if let Some(shape) = shape(case, row) {
                sites.add(shape);
            }
        });
        case.each(|row| {
            let is_asked = word(row, *column).is_some_and(|word| of.iter().any(|one| one == word));
            let Some(line) = shape(case, row).filter(|_| is_asked) else { return };
            for fault in sites.missed(line, TOLD_MAX) {
                let finding = fault.finding(case.place(row, geometry));
                let key = case.key(row);
                let found = finding.found.as_deref().unwrap_or_default();
                faults.push(if key.is_empty() {
                    finding
                } else {
                    Finding { found: Some(format!("{key}, {found}")), ..finding }
                });
            }
        });
    }
}

/// The word of a column, where there is one.
fn word<'r>(row: &Row<'r>, column: usize) -> Option<&'r str> {
    match row.record.values.get(column) {
        Some(Value::Text(word)) => Some(word),
        _ => None,
    }
}

/// S 6.1.1, a warning: areas of one statement do not overlap; two surveys of one boundary may, by little.
pub(super) fn areas_apart(case: &Case<'_>, faults: &mut Faults) {
    let Some(column) = case.dataset.geometry_column() else { return };
    if !case.checks().any(|check| *check == Check::Overlaps) {
        return;
    }
    let mut overlaps = Overlaps::of_about(case.records.len());
    let (mut some, mut points) = (Vec::new(), 0);
    let mut take = |some: &mut Vec<(u64, Record, Vec<u64>)>| {
        let rows: Vec<Row<'_>> = some.iter().map(|(nth, record, offsets)| Row { nth: *nth, record, offsets }).collect();
        overlaps.foresee(&rows.iter().filter_map(|row| shape(case, row)).collect::<Vec<_>>());
        for row in &rows {
            let (Some(geometry), Ok(number)) = (shape(case, row), u32::try_from(row.nth + 1)) else { continue };
            let mut asked = |number: u32| shape_of(case, number);
            for fault in overlaps.add(number, geometry, TOLD_MAX, &mut asked) {
                let finding = fault.finding(case.place(row, column));
                // what the other is called is read for whoever is told
                let is_told = faults.tells_warnings();
                faults.push(if is_told { named(case, finding, row) } else { finding });
            }
        }
        some.clear();
    };
    case.each(|row| {
        let Some(geometry) = shape(case, row) else { return };
        points += geometry.points();
        some.push((row.nth, row.record.clone(), row.offsets.to_vec()));
        if some.len() >= AT_ONCE || points >= POINTS_AT_ONCE {
            take(&mut some);
            points = 0;
        }
    });
    take(&mut some);
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
