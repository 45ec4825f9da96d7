//! Values by themselves: figures that are of a list, numbers with a check digit.

use super::{Case, Row, decimal, scaled_to, trimmed};
use crate::document::{IdentityFault, Quantity, Voen};
use crate::finding::{Code, Finding};
use crate::schema::faults::Faults;
use crate::schema::{Check, Value};

/// R 3.5.1, a warning: a figure is one of those that there are. A grid has few voltages, and another one may be new.
pub(super) fn one_of(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    for check in case.checks() {
        let Check::OneOf { column, values } = check else { continue };
        let Some(stated) = decimal(row.record, *column) else { continue };
        let is = |value: &Quantity| {
            let places = stated.places().max(value.places());
            scaled_to(stated, places) == scaled_to(*value, places)
        };
        if !values.iter().any(is) {
            let wanted: Vec<String> = values.iter().map(|value| trimmed(&value.to_string())).collect();
            let unit = case.unit(*column);
            let finding = Finding::new(Code::RuleValueUnusual).at(case.place(row, *column));
            let found = format!("{} {unit}", trimmed(&stated.to_string()));
            faults.push(finding.found(found.trim_end()).wanted(format!("{} {unit}", wanted.join(", ")).trim_end()));
        }
    }
}

/// R 4.6: a VÖEN is one by its check digit, of a body or of a natural person, who may own what is stated too.
pub(super) fn voen(case: &Case<'_>, row: &Row<'_>, faults: &mut Faults) {
    for check in case.checks() {
        let &Check::Voen { column } = check else { continue };
        let Some(Value::Text(text)) = row.record.values.get(column) else { continue };
        if !matches!(text.parse::<Voen>(), Ok(_) | Err(IdentityFault::NotABody)) {
            faults.push(Finding::new(Code::RuleVoenInvalid).at(case.place(row, column)).found(text));
        }
    }
}
