//! What the seal gives back: a receipt, and what it is.

use crate::document::{Decision, Digest, SubmissionId};
use jiff::Timestamp;
use std::sync::Arc;

/// A receipt that was sealed.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub(super) id: SubmissionId,
    pub(super) answer: u32,
    pub(super) decision: Decision,
    pub(super) number: String,
    pub(super) issued: Timestamp,
    pub(super) octets: Arc<[u8]>,
    pub(super) sha256: Digest,
    pub(super) lacks_stamp: bool,
    pub(super) content: Digest,
    pub(super) log_size: Option<u64>,
}

impl Sealed {
    /// The submission it answers.
    pub fn id(&self) -> SubmissionId {
        self.id
    }
    /// Which of its answers this is, from 1.
    pub fn answer(&self) -> u32 {
        self.answer
    }
    /// The word.
    pub fn decision(&self) -> Decision {
        self.decision
    }
    /// Its number in the register of incoming documents, `trial-2026-000123`.
    pub fn number(&self) -> &str {
        &self.number
    }
    /// When it was sealed first.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }
    /// The sealed XML, whole.
    pub fn octets(&self) -> &Arc<[u8]> {
        &self.octets
    }
    /// The digest of those octets.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }
    /// Whether a time-stamp was wanted on it and not to be had.
    pub fn lacks_stamp(&self) -> bool {
        self.lacks_stamp
    }
    /// The digest that the seal signs: of the whole document without the seal, canonical.
    pub fn content(&self) -> Digest {
        self.content
    }
    /// The size of the transparency log in its checkpoint; none of what was sealed before there was one.
    pub fn log_size(&self) -> Option<u64> {
        self.log_size
    }
}
