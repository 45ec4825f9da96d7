//! The verdict as data: CONTRACT 4's answer of `verify`, in the words of EN 319 102-1.

use super::checks::Checks;
use super::time::StampReport;
use crate::document::Digest;
use crate::forms::certificate::Certificate;
use crate::forms::claims::{Claims, ObjectFormat, SignaturePolicy};
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

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
    /// What else the signer says and signs; none where the signature digests no such properties.
    #[serde(serialize_with = "claims")]
    pub properties: Option<Box<Claims>>,
    /// The time-stamps over it, in their order.
    pub timestamps: Vec<StampReport>,
    /// Counter-signatures on it (EN 319 132-1 5.2.7, RFC 5652 11.4): told, not judged, and nobody who made
    /// one is taken for a signer of the document.
    pub counter_signatures: usize,
    /// Nothing is left out but `ds:Signature` children of the root, each judged itself.
    pub covers_whole_document: bool,
    /// Why not, when not.
    pub reasons: Vec<Reason>,
    /// What was asked, step by step, and how it was answered.
    pub checks: Checks,
}

/// What the signer says, member by member.
fn claims<S: Serializer>(claims: &Option<Box<Claims>>, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(claims) = claims else { return serializer.serialize_none() };
    let mut map = serializer.serialize_map(Some(6))?;
    map.serialize_entry("policy", &claims.policy.as_ref().map(Policy))?;
    map.serialize_entry("data_object_formats", &claims.formats.iter().map(Format).collect::<Vec<_>>())?;
    map.serialize_entry("claimed_roles", &claims.roles)?;
    map.serialize_entry("attested_roles", &claims.attested_roles)?;
    map.serialize_entry("commitments", &claims.commitments)?;
    map.serialize_entry("place", &claims.place)?;
    map.end()
}

struct Policy<'a>(&'a SignaturePolicy);

impl Serialize for Policy<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (id, digest) = match self.0 {
            SignaturePolicy::Implied => (None, None),
            SignaturePolicy::Named { id, digest } => (Some(id), digest.as_ref()),
        };
        let algorithm = digest.map(|(algorithm, _)| match algorithm {
            Ok(known) => known.name(),
            Err(unknown) => unknown,
        });
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("id", &id)?;
        map.serialize_entry("implied", &id.is_none())?;
        map.serialize_entry("digest_algorithm", &algorithm)?;
        map.serialize_entry("digest", &digest.map(|(_, octets)| hex(octets)))?;
        map.end()
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

struct Format<'a>(&'a ObjectFormat);

impl Serialize for Format<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("reference", &self.0.reference)?;
        map.serialize_entry("media_type", &self.0.media_type)?;
        map.serialize_entry("description", &self.0.description)?;
        map.serialize_entry("identifier", &self.0.identifier)?;
        map.end()
    }
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
    /// Of a container: the time-stamps over its files. They say when, and not who.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timestamps: Vec<StampReport>,
}

impl Report {
    /// The report on these signatures; the worst decides. None at all is TOTAL-FAILED.
    pub fn of<'a>(signatures: impl Iterator<Item = &'a SignatureReport>) -> Self {
        let signatures: Vec<SignatureReport> = signatures.cloned().collect();
        match signatures.iter().max_by_key(|one| one.indication) {
            Some(worst) => {
                let (indication, sub_indication) = (worst.indication, worst.sub_indication);
                Self { indication, sub_indication, signatures, timestamps: Vec::new() }
            }
            None => Self::none(),
        }
    }

    /// The same, with the time-stamps over files of its container.
    pub fn stamped(self, timestamps: Vec<StampReport>) -> Self {
        Self { timestamps, ..self }
    }

    /// The report on a file without a signature (CONTRACT 4).
    pub fn none() -> Self {
        let (indication, sub_indication) = (Indication::TotalFailed, Some(SubIndication::FormatFailure));
        Self { indication, sub_indication, signatures: Vec::new(), timestamps: Vec::new() }
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
