//! Acceptances that are looked at again when revocation data is issued later, the paths by which their signers
//! were believed, what was contested, and what approved it.
//!
//! Owns the index of these: what the look needs stands in it, so that thousands are looked at without
//! reading a submission. Never decides.

use super::{Arrived, Ledger, LedgerError, Submission, keys};
use crate::document::{Decision, Digest, SubmissionId};
use crate::journal::{Answered, KeptPath};
use jiff::Timestamp;
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
pub enum Place {
    /// Before the first of all.
    #[default]
    Start,
    /// Behind this submission of a segment with an index; before its first.
    Older(u32, Option<SubmissionId>),
    /// Behind this key of what the ledger keeps.
    Kept(Vec<u8>),
}

impl Unsettled {
    /// Of a submission after its last answer; none when that is no acceptance.
    pub(super) fn of(submission: &Submission) -> Option<Self> {
        let (Arrived::Held(held), Some(last)) = (&submission.arrival, &submission.last) else { return None };
        if last.decision != Decision::Accepted {
            return None;
        }
        Some(Self::told(last, held.received))
    }

    /// Of an acceptance and the time of its reception.
    pub(super) fn told(accepted: &Answered, received: Timestamp) -> Self {
        let moment = |signer: &Digest| (*signer, accepted.proven.get(signer).copied().unwrap_or(received));
        Self { id: accepted.id, received, signers: accepted.signers.iter().map(moment).collect() }
    }
}

impl Ledger {
    /// Unsettled acceptances behind a place, at most so many: those of segments with an index first, then those
    /// that the ledger keeps, in the order of their arrival; and the place behind them, none when there are no
    /// more. There may be fewer, or none, before the end.
    ///
    /// # Errors
    /// sled's; an index or a line of the journal that cannot be read.
    pub fn unsettled(&self, behind: &Place, count: usize) -> Result<(Vec<Unsettled>, Option<Place>), LedgerError> {
        self.settle()?;
        match behind {
            Place::Start => self.older_unsettled(1, None, count),
            Place::Older(segment, last) => self.older_unsettled(*segment, *last, count),
            Place::Kept(key) => self.kept_unsettled([&key[..], &[0]].concat(), count),
        }
    }

    fn older_unsettled(
        &self,
        segment: u32,
        last: Option<SubmissionId>,
        count: usize,
    ) -> Result<(Vec<Unsettled>, Option<Place>), LedgerError> {
        /// Segments in which nothing is left to look at, passed over in one go: some milliseconds.
        const PASSED_MAX: u32 = 16;
        let mut found = Vec::new();
        for at in segment..=self.older.covers() {
            let behind = last.filter(|_| at == segment);
            for one in self.older.unsettled(at)?.iter().filter(|one| Some(one.id()) > behind) {
                if found.len() == count {
                    let place = found.last().map(|last: &Unsettled| Place::Older(at, Some(last.id)));
                    return Ok((found, place));
                }
                if !self.is_settled_since(one.id())? {
                    found.extend(self.older.signers(one)?);
                }
            }
            if !found.is_empty() || at - segment == PASSED_MAX {
                return Ok((found, Some(Place::Older(at + 1, None))));
            }
        }
        self.kept_unsettled(vec![keys::UNSETTLED], count)
    }

    /// Whether a line that has no index yet settled it.
    fn is_settled_since(&self, id: SubmissionId) -> Result<bool, LedgerError> {
        let settled = self.db.get(keys::settled(id))?;
        let segment = settled.map(|value| keys::unstamped(&value).map(|(segment, _)| segment)).transpose()?;
        Ok(segment.is_some_and(|segment| segment > self.older.covers()))
    }

    fn kept_unsettled(&self, begin: Vec<u8>, count: usize) -> Result<(Vec<Unsettled>, Option<Place>), LedgerError> {
        let (mut found, mut place) = (Vec::new(), None);
        let mut pairs = self.db.range(begin..vec![keys::UNSETTLED + 1]);
        for pair in pairs.by_ref().take(count) {
            let (key, value) = pair?;
            let (segment, value) = keys::unstamped(&value)?;
            if segment > self.older.covers() {
                found.push(keys::read(value)?);
            }
            place = Some(Place::Kept(key.to_vec()));
        }
        let is_last = pairs.next().transpose()?.is_none();
        Ok((found, place.filter(|_| !is_last)))
    }

    /// All that was ever contested, in the order of arrival.
    ///
    /// # Errors
    /// sled's.
    pub fn contested(&self) -> Result<Vec<SubmissionId>, LedgerError> {
        self.settle()?;
        self.db.scan_prefix([keys::CONTESTED]).map(|pair| keys::read(&pair?.1)).collect()
    }

    /// All approvals that were taken, in the order of arrival.
    ///
    /// # Errors
    /// sled's.
    pub fn approvals(&self) -> Result<Vec<SubmissionId>, LedgerError> {
        self.settle()?;
        self.db.scan_prefix([keys::ACTED]).map(|pair| keys::read(&pair?.1)).collect()
    }

    /// Where the path lies by which this signer's certificate was believed first.
    ///
    /// # Errors
    /// sled's.
    pub fn path(&self, signer: Digest) -> Result<Option<KeptPath>, LedgerError> {
        self.get(&keys::path(signer))?.map(|value| keys::read(&value)).transpose()
    }
}
