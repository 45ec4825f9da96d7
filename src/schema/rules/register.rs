//! Figures beside the station register: physics, which rejects, and plausibility, which warns.

use super::proportion::{Proportion, band};
use super::{Case, Row, decimal, scaled_to, shown};
use crate::authority::Station;
use crate::document::{Period, Quantity};
use crate::finding::{Code, Finding};
use crate::schema::faults::Faults;
use crate::schema::{Check, Span};

/// R 3.5.1: no station gives more than its capacity in every hour of the period. Physics, so no
/// tolerance: the register's capacity is the highest there is.
pub(super) fn within_capacity(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    let Some(period) = case.period.filter(|period| period.hours() > 0) else { return };
    for check in case.checks() {
        let &Check::CapacityHours { column } = check else { continue };
        let (Some(station), Some(energy)) = (case.registered(row), decimal(row.record, column)) else { continue };
        let places = energy.places().max(station.mw.places());
        let most = scaled_to(station.mw, places).saturating_mul(i128::from(period.hours()));
        if scaled_to(energy, places) > most {
            let unit = case.unit(column);
            let wanted = format!("{} {unit} ({} MW × {} h)", shown(most, places), station.mw, period.hours());
            let finding = Finding::new(Code::RuleExceedsCapacity).at(case.place(row, column));
            faults.push(finding.found(format!("{energy} {unit}")).wanted(wanted));
        }
    }
}

/// S 6.1.3, a warning: the design capacity is that of the register.
pub(super) fn capacity_as_registered(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    for check in case.checks() {
        let &Check::AsRegistered { column } = check else { continue };
        let (Some(station), Some(stated)) = (case.registered(row), decimal(row.record, column)) else { continue };
        let places = stated.places().max(station.mw.places());
        if scaled_to(stated, places) != scaled_to(station.mw, places) {
            let place = case.place(row, column);
            faults.push(Finding::new(Code::RuleCapacityDiffers).at(place).found(stated).wanted(station.mw));
        }
    }
}

/// R 3.5.1, a warning: stations of a kind seldom give more than some part of what their capacity allows.
pub(super) fn output_not_high(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    let Some(period) = case.period else { return };
    for check in case.checks() {
        let Check::Utilisation { column, most } = check else { continue };
        let Some(station) = case.registered(row) else { continue };
        let limit = Span::of(period).and_then(|span| most.get(&(span, station.kind)));
        let (Some(&limit), Some(value)) = (limit, decimal(row.record, *column)) else { continue };
        let factor = Quantity::from_scaled(1, 0);
        let part = Proportion { value, base: station.mw, factor, hours: period.hours() };
        // what no station can give is told by physics already
        let possible = part.against(factor).is_le();
        if possible && part.against(limit).is_gt() {
            let place = case.place(row, *column);
            let wanted = format!("{} ({})", band(None, Some(limit)), station.kind.as_str());
            faults.push(Finding::new(Code::RuleOutputHigh).at(place).found(part.shown()).wanted(wanted));
        }
    }
}

/// R 3.5.1, a warning: a station that was in service all the time gave something.
pub(super) fn output_not_zero(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    let Some(period) = case.period else { return };
    for check in case.checks() {
        let &Check::Zero { column } = check else { continue };
        let Some(station) = case.registered(row) else { continue };
        let is_zero = decimal(row.record, column).is_some_and(|figure| figure.scaled() == 0);
        if is_zero && served_throughout(station, period) {
            faults.push(Finding::new(Code::RuleOutputZero).at(case.place(row, column)).found(&station.code));
        }
    }
}

/// Whether the station was in service on every day of the period.
pub(super) fn served_throughout(station: &Station, period: Period) -> bool {
    match (station.from, period.first_day(), period.last_day()) {
        (Some(from), Some(first), Some(last)) => from <= first && station.to.is_none_or(|to| to >= last),
        _ => false,
    }
}
