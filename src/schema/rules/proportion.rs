//! A proportion of two figures, held exactly: nothing is divided but to be shown.

use super::{Quantity, shown};
use std::cmp::Ordering;

/// Figure ÷ (other figure × factor × hours).
#[derive(Clone, Copy)]
pub(super) struct Proportion {
    pub value: Quantity,
    pub base: Quantity,
    pub factor: Quantity,
    pub hours: i64,
}

/// Places in which a proportion is shown.
const SHOWN: u8 = 6;

fn tens(power: u8) -> i128 {
    10i128.saturating_pow(u32::from(power))
}

impl Proportion {
    /// Below the line; what is above it has no places of the factor.
    fn under(&self) -> i128 {
        let base = i128::from(self.base.scaled()).saturating_mul(i128::from(self.factor.scaled()));
        base.saturating_mul(i128::from(self.hours))
    }

    /// How it compares with a limit. What passes an `i128` is no figure of any station, and counts as within.
    pub fn against(&self, limit: Quantity) -> Ordering {
        let places = self.base.places() + self.factor.places() + limit.places();
        // both sides times the same power of ten, so that neither has places left
        let (more, less) = (places.saturating_sub(self.value.places()), self.value.places().saturating_sub(places));
        let left = i128::from(self.value.scaled()).saturating_mul(tens(more));
        let right = self.under().saturating_mul(i128::from(limit.scaled())).saturating_mul(tens(less));
        left.cmp(&right)
    }

    /// It as a decimal, rounded to the nearest; a dash where there is nothing to divide by.
    pub fn shown(&self) -> String {
        let places = self.base.places() + self.factor.places() + SHOWN;
        let (more, less) = (places.saturating_sub(self.value.places()), self.value.places().saturating_sub(places));
        let under = self.under().saturating_mul(tens(less));
        if under == 0 {
            return "—".to_owned();
        }
        let over = i128::from(self.value.scaled()).saturating_mul(tens(more));
        trimmed(&shown(over.saturating_add(under / 2) / under, SHOWN))
    }
}

/// A decimal without the zeros that say nothing.
pub(in crate::schema) fn trimmed(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

/// What lies between two limits, for people.
pub(super) fn band(least: Option<Quantity>, most: Option<Quantity>) -> String {
    let limit = |limit: Quantity| trimmed(&limit.to_string());
    match (least, most) {
        (Some(least), Some(most)) => format!("{}–{}", limit(least), limit(most)),
        (Some(least), None) => format!("≥ {}", limit(least)),
        (None, Some(most)) => format!("≤ {}", limit(most)),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proportion_is_exact_to_the_last_place() {
        let of = |value: &str, base: &str| Proportion {
            value: Quantity::parse(value, 3, '.').unwrap(),
            base: Quantity::parse(base, 3, '.').unwrap(),
            factor: Quantity::from_scaled(1, 0),
            hours: 1,
        };
        let limit = Quantity::parse("0.26", 4, '.').unwrap();
        assert_eq!(of("26", "100").against(limit), Ordering::Equal);
        assert_eq!(of("26.001", "100").against(limit), Ordering::Greater);
        assert_eq!(of("25.999", "100").against(limit), Ordering::Less);
        assert_eq!((of("26.001", "100").shown(), of("1", "0").shown()), ("0.26001".to_owned(), "—".to_owned()));
        assert_eq!(of("999999999999.999", "999999999999.999").shown(), "1");
    }
}
