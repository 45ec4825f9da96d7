//! Acceptances that are looked at again when revocation data is issued later, the paths by which their signers
//! were believed, and what was contested.
//!
//! Owns the index of these: what the look needs stands in it, so that thousands are looked at without
//! reading a submission. Never decides.

use super::{Arrived, Ledger, LedgerError, Submission, keys};
use crate::document::{Decision, Digest, SubmissionId};
use crate::journal::KeptPath;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// An acceptance that is not settled: revocation data that was issued after its reception was not seen
/// of all of its signers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsettled {
    /// Which submission.
    pub id: SubmissionId,
    /// When it was received.
    pub received: Timestamp,
    /// Each signer's fingerprint with the moment at which the signature was believed.
    pub signers: Vec<(Digest, Timestamp)>,
}

/// A place in the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(Vec<u8>);

impl Unsettled {
    /// Of a submission after its last answer; none when that is no acceptance.
    pub(super) fn of(submission: &Submission) -> Option<Self> {
        let (Arrived::Held(held), Some(last)) = (&submission.arrival, &submission.last) else { return None };
        if last.decision != Decision::Accepted {
            return None;
        }
        let moment = |signer: &Digest| (*signer, last.proven.get(signer).copied().unwrap_or(held.received));
        Some(Self { id: held.id, received: held.received, signers: last.signers.iter().map(moment).collect() })
    }
}

impl Ledger {
    /// Unsettled acceptances behind a place, at most so many, in the order of their arrival; and the place
    /// behind them, none when there are no more.
    ///
    /// # Errors
    /// sled's.
    pub fn unsettled(&self, behind: &Place, count: usize) -> Result<(Vec<Unsettled>, Option<Place>), LedgerError> {
        self.behind(keys::UNSETTLED, behind, count)
    }

    /// The values of one kind of key behind a place, at most so many.
    pub(super) fn behind<T: DeserializeOwned>(
        &self,
        kind: u8,
        behind: &Place,
        count: usize,
    ) -> Result<(Vec<T>, Option<Place>), LedgerError> {
        self.position()?;
        let Place(begin) = behind;
        let begin = if begin.is_empty() { vec![kind] } else { [&begin[..], &[0]].concat() };
        let (mut found, mut place) = (Vec::new(), None);
        for pair in self.db.range(begin..vec![kind + 1]).take(count) {
            let (key, value) = pair?;
            found.push(keys::read(&value)?);
            place = Some(Place(key.to_vec()));
        }
        Ok(if found.len() < count { (found, None) } else { (found, place) })
    }

    /// All that was ever contested, in the order of arrival.
    ///
    /// # Errors
    /// sled's.
    pub fn contested(&self) -> Result<Vec<SubmissionId>, LedgerError> {
        self.position()?;
        self.db.scan_prefix([keys::CONTESTED]).map(|pair| keys::read(&pair?.1)).collect()
    }

    /// Where the path lies by which this signer's certificate was believed first.
    ///
    /// # Errors
    /// sled's.
    pub fn path(&self, signer: Digest) -> Result<Option<KeptPath>, LedgerError> {
        self.position()?;
        self.db.get(keys::path(signer))?.map(|value| keys::read(&value)).transpose()
    }
}
