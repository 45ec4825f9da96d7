//! What is accepted and not contested: how many, and which, in the order of arrival.
//!
//! Owns the index by which a BOEMİS that was opened is held against the journal without reading it. Never
//! decides what is done about a difference.

use super::{Ledger, LedgerError, Place, keys};
use crate::document::SubmissionId;

impl Ledger {
    /// How many submissions are accepted and not contested.
    ///
    /// # Errors
    /// sled's.
    pub fn acceptances(&self) -> Result<u64, LedgerError> {
        self.position()?;
        self.db.get(keys::ACCEPTANCES)?.map_or(Ok(0), |count| keys::read(&count))
    }

    /// These behind a place, at most so many, in the order of their arrival; and the place behind them, none
    /// when there are no more.
    ///
    /// # Errors
    /// sled's.
    pub fn accepted(&self, behind: &Place, count: usize) -> Result<(Vec<SubmissionId>, Option<Place>), LedgerError> {
        self.behind(keys::ACCEPTED, behind, count)
    }
}
