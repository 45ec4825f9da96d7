//! What BOEMİS has a load of that has not fallen: how many, and which, in the order of arrival.
//!
//! Owns the count by which a BOEMİS that was opened is held against the journal without reading it, and the walk
//! where they differ: through the indexes of closed segments, then through what the ledger keeps. Never decides what
//! is done about a difference.

use super::{Ledger, LedgerError, Place, Submission, keys};
use crate::document::SubmissionId;

impl Ledger {
    /// How many submissions are accepted, or wait for an approval, and have not fallen.
    ///
    /// # Errors
    /// sled's.
    pub fn acceptances(&self) -> Result<u64, LedgerError> {
        self.get(keys::ACCEPTANCES)?.map_or(Ok(0), |count| keys::read(&count))
    }

    /// These behind a place, at most so many, in the order of their arrival; and the place behind them, none
    /// when there are no more.
    ///
    /// # Errors
    /// sled's; an index or a line of the journal that cannot be read.
    pub fn accepted(&self, behind: &Place, count: usize) -> Result<(Vec<SubmissionId>, Option<Place>), LedgerError> {
        self.settle()?;
        let behind = match behind {
            Place::Kept(order) => order.clone(),
            Place::Start | Place::Older(..) => Vec::new(),
        };
        let (mut found, mut place) = (Vec::new(), None);
        self.older.arrived(&behind, |id, order| {
            if self.state(id)?.is_some_and(|one| one.is_loaded()) {
                found.push(id);
            }
            place = Some(Place::Kept(order));
            Ok(found.len() < count)
        })?;
        if found.len() >= count {
            return Ok((found, place));
        }
        // what has an index was visited there, whether it is still kept here or not
        let covered = keys::order_behind(self.older.covers());
        let begin = [keys::submission(behind.max(covered).as_slice()), vec![0]].concat();
        for pair in self.db.range(begin..vec![keys::SUBMISSION + 1]) {
            let (key, value) = pair?;
            let submission: Submission = keys::read(keys::unstamped(&value)?.1)?;
            if submission.is_loaded() {
                found.push(submission.id());
            }
            if found.len() >= count {
                return Ok((found, Some(Place::Kept(key[1..].to_vec()))));
            }
        }
        Ok((found, None))
    }
}
