//! The load mark: the row that says a submission was loaded.
//!
//! Owns what recovery and audit may know of a load. Recovery believes a mark, whatever the
//! journal's last line says.

use crate::document::{Content, DatasetName, Digest, ParticipantName, Period, Revision, SubmissionId};
use crate::schema::{Key, Replacing, Understood, proposed_to};
use jiff::Timestamp;

/// What BOEMİS says of one loaded submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The submission.
    pub id: SubmissionId,
    /// Whose statement, on what.
    pub key: Key,
    /// Which version of it.
    pub revision: Revision,
    /// The digest of its content.
    pub content: Content,
    /// The digest of its rows.
    pub rows: Digest,
    /// How many records it has.
    pub records: u64,
    /// When it was received.
    pub received: Timestamp,
    /// When it was loaded.
    pub loaded: Timestamp,
    /// Since when it is approved: its loading, where it needs no approval; none while it waits.
    pub approved: Option<Timestamp>,
    /// Fingerprints of its signers' certificates, in document order.
    pub signers: Vec<Digest>,
    /// What it takes the place of, and why (R 3.4.5).
    pub replacing: Replacing,
    /// Who proposed it, where that is another body than its statement's (R 3.13).
    pub proposed_by: Option<ParticipantName>,
}

impl Mark {
    /// Whether another mark speaks of the same load: everything but what a second attempt
    /// cannot repeat: the moments of loading and approval, and what stood before it.
    pub fn is_same_load(&self, other: &Self) -> bool {
        let Self { id, key, revision, content, rows, records, proposed_by, .. } = self;
        (id, key, revision, content, rows, records, proposed_by)
            == (&other.id, &other.key, &other.revision, &other.content, &other.rows, &other.records, &other.proposed_by)
    }

    /// Whose document it is: of a proposal, who made it.
    pub fn sender(&self) -> &ParticipantName {
        self.proposed_by.as_ref().unwrap_or(&self.key.participant)
    }

    /// What it takes the place of and whose data it is to correct, in words, for the receipt.
    pub fn understood(&self) -> Vec<Understood> {
        let mut all: Vec<Understood> = self.about().into_iter().map(|body| proposed_to(body.as_str())).collect();
        all.extend(self.replacing.understood(None));
        all
    }

    /// Of a proposal, the body in whose place its data are to stand.
    pub fn about(&self) -> Option<&ParticipantName> {
        self.proposed_by.as_ref().map(|_| &self.key.participant)
    }
}

/// A load whose committed mark was read back: what an accepted answer can be made from when the
/// window that loaded it was stopped before it answered.
///
/// Nobody else can make one:
///
/// ```compile_fail,E0451
/// fn forge(mark: pencere::boemis::Mark) -> pencere::boemis::Stands {
///     pencere::boemis::Stands { mark }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stands {
    mark: Mark,
}

impl Stands {
    /// Of a mark that was read outside of any transaction of ours.
    pub(super) fn read(mark: Mark) -> Self {
        Self { mark }
    }

    /// The mark.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }
}

/// A mark's columns as text and numbers, before they are believed.
pub(crate) struct RawMark {
    pub(crate) id: String,
    pub(crate) participant: String,
    pub(crate) dataset: String,
    pub(crate) period: String,
    pub(crate) revision: i64,
    pub(crate) content: Vec<u8>,
    pub(crate) rows: Vec<u8>,
    pub(crate) records: i64,
    pub(crate) received: String,
    pub(crate) loaded: String,
    pub(crate) approved: Option<String>,
    pub(crate) signers: String,
    pub(crate) replaces: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) proposed_by: Option<String>,
}

impl RawMark {
    /// The mark, or the name of the column that does not hold what it must.
    pub(crate) fn read(self) -> Result<Mark, &'static str> {
        Ok(Mark {
            id: self.id.parse().map_err(|_| "id")?,
            key: Key {
                participant: self.participant.parse::<ParticipantName>().map_err(|_| "participant")?,
                dataset: self.dataset.parse::<DatasetName>().map_err(|_| "dataset")?,
                period: period(&self.period).ok_or("period")?,
            },
            revision: self.revision.to_string().parse().map_err(|_| "revision")?,
            content: Content(digest(&self.content).ok_or("content")?),
            rows: digest(&self.rows).ok_or("rows")?,
            records: self.records.try_into().map_err(|_| "records")?,
            received: self.received.parse().map_err(|_| "received_at")?,
            loaded: self.loaded.parse().map_err(|_| "loaded_at")?,
            approved: self.approved.map(|at| at.parse()).transpose().map_err(|_| "approved_at")?,
            signers: self
                .signers
                .split(' ')
                .filter(|s| !s.is_empty())
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|_| "signers")?,
            replacing: Replacing {
                submission: self.replaces.map(|id| id.parse()).transpose().map_err(|_| "replaces")?,
                reason: self.reason,
                note: self.note,
            },
            proposed_by: self.proposed_by.map(|body| body.parse()).transpose().map_err(|_| "proposed_by")?,
        })
    }
}

/// A period as BOEMİS has it: empty where the dataset has none.
pub(crate) fn period(text: &str) -> Option<Period> {
    match text {
        "" => Some(Period::None),
        _ => text.parse().ok(),
    }
}

/// A digest as BOEMİS has it: 32 octets.
pub(crate) fn digest(octets: &[u8]) -> Option<Digest> {
    Some(Digest::from_bytes(octets.try_into().ok()?))
}
