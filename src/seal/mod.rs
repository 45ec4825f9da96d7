//! The seal: builds, numbers and signs receipts from bounded outcome records.

use crate::document::{Decision, Digest, SubmissionId};
use crate::finding::Finding;
use jiff::Timestamp;

/// A file as a receipt speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// Its name as shown (percent-encoded when odd).
    pub name: String,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its size in octets.
    pub size: u64,
}

/// The earlier submission that a duplicate repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalRecord {
    /// Its id.
    pub id: SubmissionId,
    /// Its receipt's number.
    pub number: String,
    /// What was decided on it.
    pub decision: Decision,
}

/// Who signed, as a receipt says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerRecord {
    /// Subject of the certificate.
    pub subject: String,
    /// Its fingerprint.
    pub certificate_sha256: Digest,
    /// Main indication.
    pub indication: String,
    /// Sub-indication, empty for none.
    pub sub_indication: String,
}

/// A total that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalRecord {
    /// Title in Azerbaijani.
    pub title_az: String,
    /// Title in English.
    pub title_en: String,
    /// Exact value.
    pub value: String,
    /// Unit, empty for a count.
    pub unit: String,
}

/// Everything a receipt may say, bounded. The seal takes this and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeRecord {
    /// The submission.
    pub id: SubmissionId,
    /// 1 for the first answer of a submission, 2 for the next, and so on; held answers count too.
    pub answer: u32,
    /// The word.
    pub decision: Decision,
    /// When it was received.
    pub received: Timestamp,
    /// The document.
    pub document: FileRecord,
    /// Its detached signature.
    pub signature: Option<FileRecord>,
    /// For a duplicate.
    pub original: Option<OriginalRecord>,
    /// VÖEN and slug of the sender, when settled; the folder's slug alone before.
    pub voen: Option<String>,
    /// See `voen`.
    pub participant: Option<String>,
    /// Dataset, period, revision, when read.
    pub dataset: Option<String>,
    /// See `dataset`.
    pub period: Option<String>,
    /// See `dataset`.
    pub revision: Option<u16>,
    /// Records read.
    pub records: Option<u64>,
    /// Signers.
    pub signers: Vec<SignerRecord>,
    /// Totals read.
    pub understood: Vec<TotalRecord>,
    /// Findings, errors first.
    pub findings: Vec<Finding>,
}
