//! The archive note of a unit: what it holds, in numbers and digests (R 3.4.6, R 5.7.3).
//!
//! Owns `NOTE.json`. Every number in it can be counted again from the unit alone. Never holds the moment of its
//! making: the same submissions give the same octets.

use super::index::Row;
use crate::document::{BAKU, Digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the form.
pub const FORMAT: &str = "pencere-archive-1";

/// `NOTE.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The form of the unit.
    pub format: String,
    /// The unit's name, `trial-000001`.
    pub unit: String,
    /// The window that it is of.
    pub window: OfWindow,
    /// The program that made it, with its version.
    pub maker: String,
    /// Why it was made.
    pub ground: String,
    /// When the first and the last of its submissions were received, UTC.
    pub received: [String; 2],
    /// When something happened last to any of them, UTC.
    pub last_event: String,
    /// How many submissions.
    pub submissions: u64,
    /// How many files they have, and how many octets in these, below `submissions/`.
    pub files: u64,
    /// Octets.
    pub octets: u64,
    /// SHA-256 over those lines of SHA256SUMS that name files below `submissions/`, each with its line end.
    pub submissions_sha256: Digest,
    /// SHA-256 of `index.csv`.
    pub index_sha256: Digest,
    /// The same in parts.
    pub statistics: Statistics,
}

/// The window, for people too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfWindow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `test` or `production`.
    pub environment: String,
}

/// Submissions and octets, counted in four ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// By dataset; `-` where none was read.
    pub by_dataset: BTreeMap<String, Count>,
    /// By body; `-` where nobody could tell.
    pub by_body: BTreeMap<String, Count>,
    /// By the year of reception, in Baku.
    pub by_year: BTreeMap<String, Count>,
    /// By the last word on them.
    pub by_decision: BTreeMap<String, Count>,
}

/// How many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Submissions.
    pub submissions: u64,
    /// Octets in all their files.
    pub octets: u64,
}

impl Statistics {
    /// Counts a submission with so many octets.
    pub fn count(&mut self, row: &Row, octets: u64) {
        let year = row.received.parse::<Timestamp>().map(|at| BAKU.to_datetime(at).year().to_string());
        let year = year.unwrap_or_default();
        let Self { by_dataset, by_body, by_year, by_decision } = self;
        let all = [(by_dataset, &row.dataset), (by_body, &row.body), (by_year, &year), (by_decision, &row.decision)];
        for (by, key) in all {
            let key = if key.is_empty() { "-" } else { key };
            let count = by.entry(key.to_owned()).or_default();
            count.submissions += 1;
            count.octets = count.octets.saturating_add(octets);
        }
    }
}
