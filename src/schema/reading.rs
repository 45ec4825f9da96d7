//! What a reader, of XML or CSV, hands on: everything it could read, and every fault of form.

use super::faults::Faults;
use super::{Dataset, Record, Value};
use crate::document::{Period, Revision};
use crate::finding::Place;

/// A total as it was stated: the values of the record's columns, the station absent.
#[derive(Debug)]
pub(super) struct Total {
    /// In the order of the dataset's columns.
    pub values: Vec<Value>,
    /// Where each of them begins, or would.
    pub offsets: Vec<u64>,
    /// Where it stands.
    pub place: Place,
}

/// A document as read. Broken parts are left out, and the faults say so; what could be read is
/// judged by the rules all the same, so that a sender hears everything in one round.
#[derive(Debug)]
pub(super) struct Reading {
    /// Its period, when it has its form.
    pub period: Option<Period>,
    /// Its revision, when it has its form.
    pub revision: Option<Revision>,
    /// Its records. A value that could not be read is absent.
    pub records: Vec<Record>,
    /// Where each value of each record begins, record after record: kept apart, so that a record
    /// that is loaded carries no more than it means.
    pub offsets: Vec<u64>,
    /// Its total, if one stands.
    pub total: Option<Total>,
    /// Columns, of which some value could not be read: their sum says nothing.
    pub broken: Vec<bool>,
    /// What is wrong.
    pub faults: Faults,
}

impl Reading {
    /// Nothing read yet.
    pub fn new(dataset: &Dataset, findings_max: usize) -> Self {
        Self {
            period: None,
            revision: None,
            records: Vec::new(),
            offsets: Vec::new(),
            total: None,
            broken: vec![false; dataset.columns.len()],
            faults: Faults::new(findings_max),
        }
    }

    /// Where a dataset takes a total alone, and nothing else stands: the total is its one record (S 6.1.6: revenue may
    /// be stated without its stations), for what is stated must also be loaded.
    pub fn take_total_alone(&mut self, dataset: &Dataset) {
        if let (Some(total), true, true) = (&self.total, self.records.is_empty(), dataset.takes_total_alone()) {
            self.offsets.extend(&total.offsets);
            self.records.push(Record { values: total.values.clone(), place: total.place.clone() });
        }
    }

    /// Some value of this column could not be read.
    pub fn breaks(&mut self, column: usize) {
        if let Some(broken) = self.broken.get_mut(column) {
            *broken = true;
        }
    }

    /// A whole record could not be read.
    pub fn breaks_all(&mut self) {
        self.broken.fill(true);
    }
}
