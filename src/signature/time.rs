//! Proofs of time: the time-stamps over a signature value, and which moment they prove (EN 319 102-1 5.4).
//!
//! A token counts when its own signature is good, it stamps this very value, and the snapshot believes its
//! authority about time. One that does not count takes nothing from the signature: nobody signed it.
//! Archive time-stamps are seen and not judged, so a token whose authority's certificate has ended proves
//! nothing here any more.

use super::cms;
use super::judge::{Context, Outcome};
use crate::finding::{Code, Finding, Language};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::der;
use crate::forms::timestamp::Token;
use crate::host::Octets;
use crate::trust::{OcspResponse, RevocationList, ValidationData};
use jiff::Timestamp;
use std::io;

/// One time-stamp as it was found: a token, and the digest of what it should be over.
pub struct Stamp<'a> {
    /// The token, as DER or BER.
    pub token: &'a [u8],
    /// The digest of the signature value in the form that is stamped; none when that cannot be told.
    pub over: &'a dyn Fn(DigestAlgorithm) -> Option<Vec<u8>>,
}

/// What a time-stamp came to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StampReport {
    /// The moment it states; none when it cannot be read.
    pub time: Option<Timestamp>,
    /// Whether the moment is proven.
    pub counts: bool,
    /// Why not, when not: a finding's slug, and a sentence.
    pub reason: Option<super::Reason>,
}

/// Judges a time-stamp.
pub fn judge(stamp: &Stamp<'_>, data: &ValidationData, context: &Context<'_>) -> StampReport {
    let mut time = None;
    let reason = match examine(stamp, data, context, &mut time) {
        Ok(()) => None,
        Err(finding) => Some(super::Reason { code: finding.code.slug(), message: finding.message(Language::En) }),
    };
    StampReport { time, counts: reason.is_none(), reason }
}

fn examine(
    stamp: &Stamp<'_>,
    data: &ValidationData,
    context: &Context<'_>,
    time: &mut Option<Timestamp>,
) -> Result<(), Finding> {
    let malformed = |what: &dyn std::fmt::Display| Finding::new(Code::SignatureFormat).found(what);
    let der = der::definite(stamp.token).map_err(|fault| malformed(&fault))?;
    let token = Token::read(&der).map_err(|fault| malformed(&fault))?;
    *time = Some(token.time);
    let (algorithm, digest) = &token.imprint;
    let unsupported = |what: &str| Finding::new(Code::SignatureUnsupported).found(what);
    let algorithm = *algorithm.as_ref().map_err(|oid| unsupported(oid))?;
    match (stamp.over)(algorithm) {
        Some(over) if over == *digest => {}
        Some(_) => return Err(Finding::new(Code::SignatureDigestDiffers)),
        None => return Err(unsupported(algorithm.name())),
    }
    let info = Octets::from(token.info.to_vec());
    let facts = cms::facts_of_token(&token.signed, &info, context).map_err(|error: io::Error| malformed(&error))?;
    match facts.outcome {
        Outcome::Intact => {}
        Outcome::ValueWrong => return Err(Finding::new(Code::SignatureValueWrong)),
        Outcome::NoKey => return Err(Finding::new(Code::SignatureNoCertificate)),
        Outcome::Malformed { what } => return Err(malformed(&what)),
        Outcome::Unsupported { what } => return Err(unsupported(&what)),
        _ => return Err(Finding::new(Code::SignatureDigestDiffers)),
    }
    if let Some(fault) = facts.faults.into_iter().next() {
        return Err(fault);
    }
    // RFC 3161 2.4.1: the token says whose certificate it is made with
    let Some(clock) = facts.signer.filter(|_| facts.commitment != super::judge::Commitment::Differs) else {
        return Err(Finding::new(Code::SignatureCertificateDiffers));
    };
    let mut digests = facts.digests;
    digests.push(algorithm);
    if let Some(weak) = context.policy.weakness(&digests, facts.algorithm, &clock, context.at) {
        return Err(Finding::new(Code::SignatureWeakAlgorithm).found(weak.what));
    }
    // who was asked after the moment of the judgement proves nothing before it
    if token.time > context.at {
        return Err(Finding::new(Code::SignatureUntrusted).found(token.time));
    }
    let mut data = data.clone();
    data.certificates.extend(facts.data.certificates);
    match context.trust.judge_clock(&clock, &data, context.at) {
        Ok(_) => Ok(()),
        Err(distrust) => Err(Finding::new(distrust.code).found(&distrust.fact)),
    }
}

/// The earliest moment that is proven.
pub fn earliest(stamps: &[StampReport]) -> Option<Timestamp> {
    stamps.iter().filter(|stamp| stamp.counts).filter_map(|stamp| stamp.time).min()
}

/// What of revocation data came along can be read; what cannot is as good as not there.
pub fn revocation<'a>(
    lists: impl Iterator<Item = &'a [u8]>,
    responses: impl Iterator<Item = &'a [u8]>,
) -> (Vec<RevocationList>, Vec<OcspResponse>) {
    /// Of each kind, at most: a path has three or four certificates, and each item is verified.
    const ITEMS_MAX: usize = 32;
    (
        lists.take(ITEMS_MAX).filter_map(|der| RevocationList::from_der(der).ok()).collect(),
        responses.take(ITEMS_MAX).filter_map(|der| OcspResponse::from_der(der).ok()).collect(),
    )
}

/// The level of a baseline signature by what it bears (EN 319 132-1 6, EN 319 122-1 6).
pub fn level(has_stamp: bool, has_revocation: bool, is_archived: bool) -> &'static str {
    match (has_stamp, has_revocation, is_archived) {
        (false, ..) => "B-B",
        (true, false, _) => "B-T",
        (true, true, false) => "B-LT",
        (true, true, true) => "B-LTA",
    }
}
