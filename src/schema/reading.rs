//! What a reader, of XML or CSV, hands on: everything it could read, and every fault of form.

use super::correction::Correction;
use super::faults::Faults;
use super::records::{Gathering, Laying};
use super::statement::Spot;
use super::tally::{Tally, Tallying};
use super::{Dataset, Limits, Record, Records, Value};
use crate::document::{Period, Revision};
use std::io;

/// A total as it was stated: the values of the record's columns, the station absent.
#[derive(Debug)]
pub(super) struct Total {
    /// In the order of the dataset's columns.
    pub values: Vec<Value>,
    /// Where each of them begins, or would.
    pub offsets: Vec<u64>,
    /// Where it stands.
    pub spot: Spot,
}

/// A document as read. Broken parts are left out, and the faults say so; what could be read is
/// judged by the rules all the same, so that a sender hears everything in one round.
#[derive(Debug)]
pub(super) struct Reading {
    /// Its period, when it has its form.
    pub period: Option<Period>,
    /// Its revision, when it has its form.
    pub revision: Option<Revision>,
    /// What it says of itself as a correction.
    pub correction: Correction,
    /// Its records. A value that could not be read is absent.
    pub records: Records,
    /// What they come to together.
    pub tally: Tally,
    /// Why there are none: the disk did not let them be laid away.
    pub lost: Option<io::Error>,
    /// Its total, if one stands.
    pub total: Option<Total>,
    /// Columns, of which some value could not be read: their sum says nothing.
    pub broken: Vec<bool>,
    /// What is wrong.
    pub faults: Faults,
}

/// Records on their way from a reader.
#[derive(Debug)]
pub(super) struct Taking {
    gathering: Gathering,
    tallying: Tallying,
}

impl Taking {
    /// None yet.
    pub fn new<'s>(dataset: &Dataset, limits: &Limits, laying: impl Into<Laying<'s>>) -> Self {
        Self { gathering: Gathering::new(limits, laying), tallying: Tallying::new(dataset) }
    }

    /// Takes one more, and where its values begin.
    pub fn push(&mut self, record: Record, offsets: &[u64]) {
        self.tallying.take(&record);
        self.gathering.push(record, offsets);
    }

    /// Whoever follows gets none of them any more, where there is a fault already: it will be rejected.
    pub fn heed(&mut self, faults: &Faults) {
        if faults.any_errors() {
            self.gathering.forsake();
        }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.gathering.len()
    }

    /// Whether the disk failed, and reading on is in vain.
    pub fn is_lost(&self) -> bool {
        self.gathering.is_lost()
    }
}

impl Reading {
    /// Nothing read yet.
    pub fn new(dataset: &Dataset, findings_max: usize) -> Self {
        Self {
            period: None,
            revision: None,
            correction: Correction::default(),
            records: Records::default(),
            tally: Tally::default(),
            lost: None,
            total: None,
            broken: vec![false; dataset.columns.len()],
            faults: Faults::new(findings_max),
        }
    }

    /// The same with the records that were read.
    pub fn with(self, mut taken: Taking) -> Self {
        taken.heed(&self.faults);
        let Taking { gathering, tallying } = taken;
        match gathering.finish() {
            Ok(records) => Self { records, tally: tallying.finish(), ..self },
            Err(error) => Self { lost: Some(error), ..self },
        }
    }

    /// Where a dataset takes a total alone, and nothing else stands: the total is its one record (S 6.1.6: revenue may
    /// be stated without its stations), for what is stated must also be loaded.
    pub fn take_total_alone(&mut self, dataset: &Dataset, taken: &mut Taking) {
        if let (Some(total), 0, true) = (&self.total, taken.len(), dataset.takes_total_alone()) {
            taken.push(Record { values: total.values.clone(), spot: total.spot }, &total.offsets);
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
