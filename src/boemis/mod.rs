//! BOEMİS: validated statements become rows, in one transaction with their load mark.

use crate::document::SubmissionId;
use crate::schema::{Understood, Validated};

/// A statement whose rows and mark are committed.
#[derive(Debug)]
pub struct Loaded {
    id: SubmissionId,
    validated: Validated,
}

impl Loaded {
    /// Its id.
    pub fn id(&self) -> SubmissionId {
        self.id
    }
    /// What was loaded.
    pub fn validated(&self) -> &Validated {
        &self.validated
    }
    /// What was read.
    pub fn understood(&self) -> &[Understood] {
        self.validated.understood()
    }
}
