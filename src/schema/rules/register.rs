//! Figures beside the station register: physics, which rejects, and plausibility, which warns.
//!
//! Both go by the capacity of the days that a figure is of, which need not be that of today.

use super::proportion::{Proportion, band};
use super::{Case, Row, decimal, scaled_to, shown};
use crate::authority::Station;
use crate::document::{Period, Quantity};
use crate::finding::{Code, Finding};
use crate::schema::faults::Faults;
use crate::schema::{Check, Span};
use jiff::civil::Date;

/// R 3.5.1: no station gives more than its capacity in every hour of the period. Physics, so no
/// tolerance: the register's capacity is the highest there is. All hours of the period count, also those before the
/// first day of service: a station on trial runs gives energy that is stated with that of the quarter.
pub(super) fn within_capacity(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    let Some(period) = case.period.filter(|period| period.hours() > 0) else { return };
    for check in case.checks() {
        let &Check::CapacityHours { column } = check else { continue };
        let (Some(station), Some(energy)) = (case.registered(row), decimal(row.record, column)) else { continue };
        let (Some(first), Some(last)) = (period.first_day(), period.last_day()) else { continue };
        let hours = station.capacity_hours(first, last);
        let places = hours.iter().fold(energy.places(), |places, (mw, _)| places.max(mw.places()));
        let most = at_most(&hours, places);
        if scaled_to(energy, places) > most {
            let unit = case.unit(column);
            let hours: Vec<String> = hours.iter().map(|(mw, hours)| format!("{mw} MW × {hours} h")).collect();
            let wanted = format!("{} {unit} ({})", shown(most, places), hours.join(" + "));
            let finding = Finding::new(Code::RuleExceedsCapacity).at(case.place(row, column));
            faults.push(finding.found(format!("{energy} {unit}")).wanted(wanted));
        }
    }
}

/// What these capacities give in their hours, scaled as with so many places.
fn at_most(hours: &[(Quantity, i64)], places: u8) -> i128 {
    let of = |(mw, hours): &(Quantity, i64)| scaled_to(*mw, places).saturating_mul(i128::from(*hours));
    hours.iter().map(of).fold(0, i128::saturating_add)
}

/// S 6.1.3, a warning: the design capacity is that of the register, at the end of the period.
pub(super) fn capacity_as_registered(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    for check in case.checks() {
        let &Check::AsRegistered { column } = check else { continue };
        let (Some(station), Some(stated)) = (case.registered(row), decimal(row.record, column)) else { continue };
        let mw = station.mw_on(case.day());
        let places = stated.places().max(mw.places());
        if scaled_to(stated, places) != scaled_to(mw, places) {
            let place = case.place(row, column);
            faults.push(Finding::new(Code::RuleCapacityDiffers).at(place).found(stated).wanted(mw));
        }
    }
}

/// R 3.5.1, a warning: stations of a kind seldom give more than some part of what their capacity allows. Only the hours
/// of service count here: of what a station gave on trial runs before, its sender knows, and is asked.
pub(super) fn output_not_high(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    let Some(period) = case.period else { return };
    for check in case.checks() {
        let Check::Utilisation { column, most } = check else { continue };
        let Some(station) = case.registered(row) else { continue };
        let limit = Span::of(period).and_then(|span| most.get(&(span, station.kind)));
        let (Some(&limit), Some(value)) = (limit, decimal(row.record, *column)) else { continue };
        let factor = Quantity::from_scaled(1, 0);
        let part_of = |(first, last): (Date, Date)| {
            let hours = station.capacity_hours(first, last);
            let places = hours.iter().map(|(mw, _)| mw.places()).max().unwrap_or_default();
            let base = Quantity::from_scaled(i64::try_from(at_most(&hours, places)).ok()?, places);
            Some(Proportion { value, base, factor, hours: 1 })
        };
        let (Some(whole), Some(part)) =
            (period.first_day().zip(period.last_day()).and_then(part_of), station.served(period).and_then(part_of))
        else {
            continue;
        };
        // what no station can give is told by physics already
        let possible = whole.against(factor).is_le();
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
