//! The figures of a statement by what they are of, for the rules that compare them with others.
//!
//! Owns how they are gone through: one by one, as the records come, so that none of them need lie in memory. Of what
//! stands twice nobody knows which is meant: it is left out. What is of no key is summed, and comes last under the
//! empty one.

use super::{Case, Row, decimal, plus};
use crate::document::{Digest, Quantity};
use crate::schema::Record;
use std::collections::HashSet;

/// A statement whose keys were looked at.
pub(super) struct Stated<'c, 'a> {
    pub case: &'c Case<'a>,
    /// Keys that stand twice.
    pub doubled: &'c HashSet<Digest>,
}

/// Figures in the order of the dataset's decimal columns.
pub(super) type Values = [Option<Quantity>];

/// The first record that is of no key, and what all such come to.
struct Keyless {
    nth: u64,
    record: Record,
    offsets: Vec<u64>,
    sums: Vec<Option<Quantity>>,
}

impl Keyless {
    fn of(row: &Row<'_>, values: &Values) -> Self {
        Self { nth: row.nth, record: row.record.clone(), offsets: row.offsets.to_vec(), sums: values.to_vec() }
    }
}

impl Stated<'_, '_> {
    /// Gives each key with its figures, and the record that they stand in; of the empty key the first.
    pub fn each(&self, mut take: impl FnMut(&str, &Row<'_>, &Values)) {
        let decimals: Vec<usize> = self.case.dataset.decimals().map(|(column, ..)| column).collect();
        let mut values: Vec<Option<Quantity>> = vec![None; decimals.len()];
        let mut keyless: Option<Keyless> = None;
        self.case.each(|row| {
            for (value, &column) in values.iter_mut().zip(&decimals) {
                *value = decimal(row.record, column);
            }
            match (self.case.key(row), &mut keyless) {
                ("", None) => keyless = Some(Keyless::of(row, &values)),
                ("", Some(keyless)) => {
                    keyless.sums.iter_mut().zip(&values).for_each(|(sum, value)| *sum = plus(*sum, *value));
                }
                (key, _) if self.is_doubled(key) => {}
                (key, _) => take(key, row, &values),
            }
        });
        if let Some(Keyless { nth, record, offsets, sums }) = keyless {
            take("", &Row { nth, record: &record, offsets: &offsets }, &sums);
        }
    }

    /// Whether this key stands twice.
    pub fn is_doubled(&self, key: &str) -> bool {
        !self.doubled.is_empty() && self.doubled.contains(&Digest::of(key.as_bytes()))
    }
}
