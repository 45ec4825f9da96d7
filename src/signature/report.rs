//! The verdict as data: CONTRACT 4's answer of `verify`, in the words of EN 319 102-1.

use super::time::StampReport;
use crate::document::Digest;
use crate::forms::certificate::Certificate;
use jiff::Timestamp;

/// The main indication; worse ones sort later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[allow(missing_docs)]
pub enum Indication {
    #[serde(rename = "TOTAL-PASSED")]
    TotalPassed,
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    #[serde(rename = "TOTAL-FAILED")]
    TotalFailed,
}

/// The sub-indication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum SubIndication {
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    Revoked,
    NotYetValid,
    Expired,
    SigConstraintsFailure,
    ChainConstraintsFailure,
    CertificateChainGeneralFailure,
    CryptoConstraintsFailure,
    PolicyProcessingError,
    SignaturePolicyNotAvailable,
    TimestampOrderFailure,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    RevokedNoPoe,
    RevokedCaNoPoe,
    OutOfBoundsNotRevoked,
    OutOfBoundsNoPoe,
    CryptoConstraintsFailureNoPoe,
    NoPoe,
    TryLater,
    SignedDataNotFound,
    Generic,
}

/// Whether digests and signature value hold, apart from all trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Integrity {
    Intact,
    Broken,
    Unsupported,
}

/// Where the moment comes from at which the certificate was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum TimeSource {
    Timestamp,
    Reception,
    Asserted,
    Now,
}

/// Why, as a finding's slug and an English sentence.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reason {
    /// The finding's slug.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

/// Who signed, read from the certificate that the signature commits to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SignerReport {
    /// Subject, RFC 4514.
    pub subject: String,
    /// FİN by the identity profile, unmasked: the answer goes to whoever holds the file.
    pub fin: Option<String>,
    /// VÖEN by the identity profile.
    pub voen: Option<String>,
    /// Fingerprint.
    pub certificate_sha256: Digest,
    /// The certificate itself, for whoever asks on; no part of the answer.
    #[serde(skip)]
    pub certificate: Certificate,
    /// The path by which it was believed, the anchor last; empty where it was not. No part of the answer.
    #[serde(skip)]
    pub path: Vec<Certificate>,
}

/// One signature's verdict.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SignatureReport {
    /// `XAdES-B-B`, `XMLDSig`, `CAdES-B-B`, `CMS`.
    pub format: String,
    /// Digests and value alone.
    pub integrity: Integrity,
    /// Main indication.
    pub indication: Indication,
    /// Sub-indication, none when passed.
    pub sub_indication: Option<SubIndication>,
    /// Who signed, when that can be told.
    pub signer: Option<SignerReport>,
    /// The claimed signing time.
    pub signing_time: Option<Timestamp>,
    /// Whose time the judgement used.
    pub time_source: TimeSource,
    /// The time-stamps over it, in their order.
    pub timestamps: Vec<StampReport>,
    /// Counter-signatures on it (EN 319 132-1 5.2.7, RFC 5652 11.4): told, not judged, and nobody who made
    /// one is taken for a signer of the document.
    pub counter_signatures: usize,
    /// Nothing is left out but `ds:Signature` children of the root, each judged itself.
    pub covers_whole_document: bool,
    /// Why not, when not.
    pub reasons: Vec<Reason>,
}

/// The verdict on a file.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    /// Of several signatures the worst.
    pub indication: Indication,
    /// Of that one.
    pub sub_indication: Option<SubIndication>,
    /// In document order.
    pub signatures: Vec<SignatureReport>,
}

impl Report {
    /// The report on these signatures; the worst decides. None at all is TOTAL-FAILED.
    pub fn of<'a>(signatures: impl Iterator<Item = &'a SignatureReport>) -> Self {
        let signatures: Vec<SignatureReport> = signatures.cloned().collect();
        match signatures.iter().max_by_key(|one| one.indication) {
            Some(worst) => {
                let (indication, sub_indication) = (worst.indication, worst.sub_indication);
                Self { indication, sub_indication, signatures }
            }
            None => Self::none(),
        }
    }

    /// The report on a file without a signature (CONTRACT 4).
    pub fn none() -> Self {
        let (indication, sub_indication) = (Indication::TotalFailed, Some(SubIndication::FormatFailure));
        Self { indication, sub_indication, signatures: Vec::new() }
    }
}

impl SignatureReport {
    /// The moment that a time-stamp proves, where the signature was judged at it.
    pub fn proven(&self) -> Option<Timestamp> {
        let counting = self.timestamps.iter().filter(|stamp| stamp.counts);
        counting.filter_map(|stamp| stamp.time).min().filter(|_| self.time_source == TimeSource::Timestamp)
    }
}

impl Indication {
    /// The words of EN 319 102-1.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::TotalFailed => "TOTAL-FAILED",
        }
    }
}
