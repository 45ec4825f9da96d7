//! What the seal gives back: a receipt, and what it is.

use super::OutcomeRecord;
use crate::document::{Decision, Digest, SubmissionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A receipt that was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    pub(super) id: SubmissionId,
    pub(super) answer: u32,
    pub(super) decision: Decision,
    pub(super) number: String,
    pub(super) issued: Timestamp,
    #[serde(with = "as_text")]
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

/// What was sealed before as an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    pub(super) record: OutcomeRecord,
    /// The digest of the octets that were given then.
    pub(super) was: Digest,
    /// Its receipt as the seal would write it today.
    pub(super) today: Sealed,
}

impl Again {
    /// The outcome with its receipt: the same octets as then, as [`Seal::seal`](super::Seal::seal) gives them for the
    /// same outcome.
    ///
    /// Where the certificate or a wording was renewed since, `kept` is asked for the octets of that time: they may lie
    /// with the sender already. Only where nobody has them there is an outcome without a receipt, to be logged and
    /// sealed anew.
    pub fn or_kept(self, kept: impl FnOnce(Digest) -> Option<Arc<[u8]>>) -> (OutcomeRecord, Option<Sealed>) {
        let Self { record, was, today } = self;
        let sealed = match today.sha256 == was {
            true => Some(today),
            false => kept(was).filter(|octets| Digest::of(octets) == was).map(|octets| Sealed {
                sha256: was,
                octets,
                ..today
            }),
        };
        (record, sealed)
    }
}

/// A receipt is XML, and XML is text.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};
    use std::sync::Arc;

    pub fn serialize<S: Serializer>(octets: &Arc<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(octets).map_err(ser::Error::custom)?)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[u8]>, D::Error> {
        String::deserialize(deserializer).map(|text| text.into_bytes().into()).map_err(de::Error::custom)
    }
}
