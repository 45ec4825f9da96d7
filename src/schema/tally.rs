//! What the records of a statement come to together, gathered while they are read one by one.
//!
//! Owns sums, and whether a key may stand twice. Of a key eight octets are remembered, whatever its length: two that
//! share these are suspected, and the rules look at the keys themselves. So a million records take eight megabytes, and
//! what decides is exact. Judges nothing.

use super::Dataset;
use super::statement::{Record, Value};
use crate::document::Quantity;
use std::hash::{DefaultHasher, Hasher};

/// A tally under way.
#[derive(Debug)]
pub(super) struct Tallying {
    key: Option<usize>,
    keys: Vec<u64>,
    tally: Tally,
}

/// What records come to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How many there are.
    pub records: u64,
    /// How many say what they are of.
    pub keyed: u64,
    /// Of each decimal column the exact sum, scaled by the column's places; none where no record has a figure.
    /// Some million figures of 15 digits stay far inside an `i128`.
    sums: Vec<(usize, Option<i128>)>,
    /// The hashes that more than one key has, sorted.
    suspects: Vec<u64>,
}

impl Tallying {
    pub fn new(dataset: &Dataset) -> Self {
        let sums = dataset.decimals().map(|(at, ..)| (at, None)).collect();
        Self { key: dataset.key_column(), keys: Vec::new(), tally: Tally { sums, ..Tally::default() } }
    }

    /// Takes one more.
    pub fn take(&mut self, record: &Record) {
        self.tally.records += 1;
        for (at, sum) in &mut self.tally.sums {
            if let Some(Value::Decimal(quantity)) = record.values.get(*at) {
                *sum = Some(sum.unwrap_or_default().saturating_add(i128::from(quantity.scaled())));
            }
        }
        let key = self.key.and_then(|at| record.values.get(at)).map_or("", Value::key);
        if !key.is_empty() {
            self.keys.push(hash(key));
        }
    }

    pub fn finish(self) -> Tally {
        let Self { mut keys, tally, .. } = self;
        keys.sort_unstable();
        let twice = keys.chunk_by(|one, next| one == next).filter(|same| same.len() > 1);
        let suspects = twice.filter_map(|same| same.first().copied()).collect();
        Tally { keyed: keys.len() as u64, suspects, ..tally }
    }
}

impl Tally {
    /// Of records that are there already.
    ///
    /// # Errors
    /// What the disk says.
    #[cfg(test)]
    pub fn of(dataset: &Dataset, records: &super::Records) -> std::io::Result<Self> {
        let mut tallying = Tallying::new(dataset);
        records.each(&mut |row| {
            tallying.take(row.record);
            true
        })?;
        Ok(tallying.finish())
    }

    /// The exact sum of a column, scaled by its places; none where no record has a figure there.
    pub fn sum(&self, column: usize) -> Option<i128> {
        self.sums.iter().find(|(at, _)| *at == column).and_then(|(_, sum)| *sum)
    }

    /// Whether this key may stand more than once.
    pub fn suspects(&self, key: &str) -> bool {
        !self.suspects.is_empty() && self.suspects.binary_search(&hash(key)).is_ok()
    }

    /// Whether some record does not say what it is of.
    pub fn has_keyless(&self) -> bool {
        self.keyed < self.records
    }
}

/// Who makes keys that share it gains that they are looked at twice.
fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key.as_bytes());
    hasher.finish()
}

/// A figure of a record; none where it was left out.
pub(super) fn decimal(record: &Record, column: usize) -> Option<Quantity> {
    match record.values.get(column) {
        Some(Value::Decimal(quantity)) => Some(*quantity),
        _ => None,
    }
}
