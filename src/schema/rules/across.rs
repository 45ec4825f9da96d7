//! Figures of one dataset beside those of another for the same period.
//!
//! What rests on another figure is judged by it: outside what physics allows it is rejected, outside what is usual
//! the sender is warned. Nothing is rejected for what may still come: while the other figure is not stated, a warning
//! says so. The other way round nothing is ever rejected: a figure on which others rest is not wrong because one of
//! them came first and does not fit; its sender is told which one does not, so that the two can be settled, in either
//! order and without one standing in the way of the other.

use super::figures::Stated;
use super::proportion::{Proportion, band, trimmed};
use super::summed;
use crate::document::{ParticipantName, Quantity};
use crate::finding::{Code, Finding, Hint, Place};
use crate::schema::faults::Faults;
use crate::schema::{Check, Ratio, Spot, Stood, Topic};
use std::collections::BTreeMap;

/// Statements on a topic, by sender.
type Senders = BTreeMap<ParticipantName, Stood>;

/// What is known of the figure on which another rests.
enum Ground {
    /// Nobody has stated it.
    Unstated,
    /// It stands within a sum, or cannot be told.
    Unknown,
    Is(Quantity),
}

/// How a proportion lies to its limits.
#[derive(PartialEq, Eq)]
enum Lies {
    Usual,
    Unusual,
    Impossible,
    /// There is a figure, and that on which it rests is zero.
    WithoutGround,
}

/// S 4.2.3 and R 3.5.1: figures fit those of other datasets on which they rest.
pub(super) fn in_proportion(stated: &Stated<'_, '_>, faults: &mut Faults) {
    let case = stated.case;
    let Some(period) = case.period.filter(|_| case.keys_are_whole()) else { return };
    for check in case.checks() {
        let Check::Ratio(ratio) = check else { continue };
        let topic = Topic { dataset: ratio.dataset.clone(), period };
        let Some(figure) = case.nth_decimal(ratio.column) else { continue };
        let (Some(base), true) = (case.datasets.by_name.get(&ratio.dataset), case.is_whole(ratio.column)) else {
            continue;
        };
        let Some(of_base) = base.decimal(&ratio.base) else { continue };
        let base_unit = base.column(&ratio.base).and_then(|at| base.columns.get(at)?.unit.as_deref()).unwrap_or("");
        let none = Senders::new();
        let senders = case.standing.others.get(&topic).unwrap_or(&none);
        let mut is_told = false;
        stated.each(|key, row, values| {
            let Some(Some(value)) = values.get(figure).copied() else { return };
            let place = case.place(row, ratio.column);
            match ground(senders, case.participant, key, of_base) {
                Ground::Unknown => {}
                Ground::Unstated if case.standing.is_unknown => {} // asked when it is known
                Ground::Unstated if !ratio.needs || value.scaled() == 0 => {}
                Ground::Unstated if senders.is_empty() => {
                    // once: it is the same for all of them
                    if !std::mem::replace(&mut is_told, true) {
                        let of_all = case.within(Spot::Whole, None, ratio.column);
                        // a table has names of its own for its columns
                        let place = if place.row.is_some() { place } else { of_all };
                        let found = format!("{} {period}", ratio.dataset);
                        faults.push(Finding::new(Code::RuleGroundNotStated).at(place).found(found));
                    }
                }
                Ground::Unstated => {
                    let found = format!("{} {period}, {key}", ratio.dataset);
                    faults.push(Finding::new(Code::RuleGroundNotStated).at(place).found(found));
                }
                Ground::Is(base) => {
                    let part = proportion(ratio, value, base, period.hours());
                    let figures = (case.unit(ratio.column), base_unit);
                    faults_of(ratio, part, place, figures).into_iter().for_each(|finding| faults.push(finding));
                }
            }
        });
    }
}

/// R 3.5.1, a warning: figures that rest on those at hand, and came first, fit them.
pub(super) fn dependents_agree(stated: &Stated<'_, '_>, faults: &mut Faults) {
    let case = stated.case;
    let Some(period) = case.period.filter(|_| case.keys_are_whole()) else { return };
    for other in case.datasets.by_name.values() {
        for (rule, ratio) in other.ratios() {
            if ratio.dataset != case.dataset.name || !rule.in_force(case.day()) {
                continue;
            }
            let topic = Topic { dataset: other.name.clone(), period };
            let column = case.dataset.column(&ratio.base);
            let of_base = case.dataset.decimal(&ratio.base);
            let leaning = other.columns.get(ratio.column);
            let (Some(senders), Some(column), Some(of_base), Some(leaning)) =
                (case.standing.others.get(&topic), column, of_base, leaning)
            else {
                continue;
            };
            let Some(of_leaning) = other.decimal(&leaning.name) else { continue };
            stated.each(|key, row, values| {
                let Some(Some(base)) = values.get(of_base).copied() else { return };
                for (whose, stood) in senders.iter().filter(|_| !key.is_empty()) {
                    let value = stood.values.get(key).and_then(|values| values.get(of_leaning).copied()?);
                    let Some(value) = value else { continue };
                    let part = proportion(ratio, value, base, period.hours());
                    if lies(ratio, &part) == Lies::Usual {
                        continue;
                    }
                    let unit = leaning.unit.as_deref().unwrap_or_default();
                    faults.push(
                        Finding::new(Code::RuleDependentDiffers)
                            .at(case.place(row, column))
                            .found(format!("{base} {}", case.unit(column)))
                            .wanted(format!("{} {key}: {value} {unit}", other.name))
                            .hint(whose_it_is(whose, stood, &other.title_az, &other.title_en)),
                    );
                }
            });
        }
    }
}

fn whose_it_is(whose: &ParticipantName, stood: &Stood, title_az: &str, title_en: &str) -> Hint {
    let revision = stood.revision;
    Hint {
        az: format!("Həmin məlumat: {title_az}, {whose}, redaksiya {revision}.").into(),
        en: format!("That statement: {title_en}, {whose}, revision {revision}.").into(),
    }
}

/// The figure of that key on which another rests: of whoever stated it, and for a figure without a key the sum of
/// the sender's own, or where it has none of everybody's.
fn ground(senders: &Senders, own: &ParticipantName, key: &str, nth: usize) -> Ground {
    if key.is_empty() {
        let sum = match senders.get(own) {
            Some(stood) => summed(&stood.values, nth),
            None => senders
                .values()
                .filter_map(|stood| summed(&stood.values, nth))
                .fold(None, |sum, value| super::plus(sum, Some(value))),
        };
        return sum.map_or(Ground::Unstated, Ground::Is);
    }
    let stated = senders.values().filter_map(|stood| stood.values.get(key)?.get(nth).copied()?);
    match stated.fold(None, |sum, value| super::plus(sum, Some(value))) {
        Some(value) => Ground::Is(value),
        None if senders.values().any(|stood| stood.values.contains_key("")) => Ground::Unknown,
        None => Ground::Unstated,
    }
}

fn proportion(ratio: &Ratio, value: Quantity, base: Quantity, hours: i64) -> Proportion {
    Proportion { value, base, factor: ratio.factor, hours: if ratio.hours { hours } else { 1 } }
}

fn lies(ratio: &Ratio, part: &Proportion) -> Lies {
    if part.base.scaled() == 0 {
        return match (part.value.scaled(), ratio.needs) {
            (0, _) => Lies::Usual,
            (_, true) => Lies::WithoutGround,
            (_, false) if ratio.reject_above.is_some() => Lies::Impossible,
            (_, false) if ratio.warn_above.is_some() => Lies::Unusual,
            (_, false) => Lies::Usual,
        };
    }
    let below = |limit: Option<Quantity>| limit.is_some_and(|limit| part.against(limit).is_lt());
    let above = |limit: Option<Quantity>| limit.is_some_and(|limit| part.against(limit).is_gt());
    if below(ratio.reject_below) || above(ratio.reject_above) {
        Lies::Impossible
    } else if below(ratio.warn_below) || above(ratio.warn_above) {
        Lies::Unusual
    } else {
        Lies::Usual
    }
}

fn faults_of(ratio: &Ratio, part: Proportion, place: Place, (unit, base_unit): (&str, &str)) -> Option<Finding> {
    let factor = match trimmed(&part.factor.to_string()).as_str() {
        "1" => String::new(),
        factor => format!(" × {factor}"),
    };
    let hours = if ratio.hours { format!(" × {} h", part.hours) } else { String::new() };
    let figures = format!("{} {unit} / {} {base_unit}{factor}{hours}", part.value, part.base);
    let (code, wanted) = match lies(ratio, &part) {
        Lies::Usual => return None,
        Lies::Unusual => (Code::RuleRatioUnusual, band(ratio.warn_below, ratio.warn_above)),
        Lies::Impossible => (Code::RuleRatioImpossible, band(ratio.reject_below, ratio.reject_above)),
        Lies::WithoutGround => {
            let wanted = format!("{}: 0 {base_unit}", ratio.dataset);
            return Some(
                Finding::new(Code::RuleWithoutGround).at(place).found(format!("{} {unit}", part.value)).wanted(wanted),
            );
        }
    };
    Some(Finding::new(code).at(place).found(format!("{} ({figures})", part.shown())).wanted(wanted))
}
