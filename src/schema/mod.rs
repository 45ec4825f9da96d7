//! Schema: the form of a submission and the rules of its dataset.

mod description;
mod statement;

pub use description::{Column, ColumnKind, Dataset, Datasets, PeriodKinds, TotalRule, YearRule};
pub use statement::{Key, Record, Standing, Statement, Stood, Understood, Value};

use crate::authority::Authorised;
use crate::finding::Finding;

/// A document that was read: its form is known, its faults are gathered, nothing is judged yet.
#[derive(Debug)]
pub struct Inspected {
    authorised: Authorised,
    /// None when the form is too broken to say what is stated.
    statement: Option<Statement>,
    findings: Vec<Finding>,
}

impl Inspected {
    /// What it states, when that can be told.
    pub fn statement(&self) -> Option<&Statement> {
        self.statement.as_ref()
    }
    /// The authorised document.
    pub fn authorised(&self) -> &Authorised {
        &self.authorised
    }
}

/// A document whose form and content hold: typed records and warnings, ready to load.
#[derive(Debug)]
pub struct Validated {
    authorised: Authorised,
    statement: Statement,
    understood: Vec<Understood>,
    warnings: Vec<Finding>,
}

impl Validated {
    /// The authorised document it came from.
    pub fn authorised(&self) -> &Authorised {
        &self.authorised
    }
    /// Key, revision and records.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
    /// What was read, for the receipt.
    pub fn understood(&self) -> &[Understood] {
        &self.understood
    }
    /// Warnings shown to the sender.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }
}

/// The dataset files that ship with the program, path below `datasets/` and text: what
/// `pencere init` writes into a trial window.
pub const SHIPPED: &[(&str, &str)] = &[];
#[cfg(test)]
impl Validated {
    /// A statement believed without a look, of an arrival that nobody saw, for tests of later rooms.
    pub(crate) fn unseen_arrival(
        id: crate::document::SubmissionId,
        held: bool,
        content: crate::document::Content,
        statement: Statement,
    ) -> Self {
        let (participant, dataset) = (statement.key.participant.clone(), statement.key.dataset.clone());
        let authorised = Authorised::unseen_arrival(id, held, content, participant, dataset);
        Self { authorised, statement, understood: Vec::new(), warnings: Vec::new() }
    }
}
