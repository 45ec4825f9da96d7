//! Proofs of time: the time-stamps over a signature value, and which moment they prove (EN 319 102-1 5.4).
//!
//! A token counts when its own signature is good, it stamps this very value, and the snapshot believes its
//! authority about time. One that does not count takes nothing from the signature: nobody signed it.
//! Archive time-stamps are seen and not judged, so a token whose authority's certificate has ended proves
//! nothing here any more.

use super::cms;
use super::judge::{Commitment, Context, Outcome};
use crate::finding::{Code, Finding, Language};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::certificate::Certificate;
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
    /// Whether it is over this very value and its own signature is good, apart from all trust.
    pub intact: bool,
    /// Whether the moment is proven.
    pub counts: bool,
    /// Why not, when not: a finding's slug, and a sentence.
    pub reason: Option<super::Reason>,
}

/// Judges the time-stamps over one signature value: so many as the policy looks at, each token once.
pub fn judge<'a>(
    stamps: impl Iterator<Item = Stamp<'a>>,
    data: &ValidationData,
    context: &Context<'_>,
) -> Vec<StampReport> {
    let (mut seen, mut reports) = (Vec::new(), Vec::new());
    for stamp in stamps {
        if reports.len() == context.policy.timestamps {
            break;
        }
        if seen.contains(&stamp.token) {
            continue;
        }
        seen.push(stamp.token);
        let mut report = StampReport { time: None, intact: false, counts: false, reason: None };
        match examine(&stamp, data, context, &mut report) {
            Ok(()) => report.counts = true,
            Err(finding) => {
                let message = finding.message(Language::En);
                report.reason = Some(super::Reason { code: finding.code.slug(), message });
            }
        }
        reports.push(report);
    }
    reports
}

fn examine(
    stamp: &Stamp<'_>,
    data: &ValidationData,
    context: &Context<'_>,
    report: &mut StampReport,
) -> Result<(), Finding> {
    let malformed = |what: &dyn std::fmt::Display| Finding::new(Code::SignatureFormat).found(what);
    let der = der::definite(stamp.token).map_err(|fault| malformed(&fault))?;
    let token = Token::read(&der).map_err(|fault| malformed(&fault))?;
    report.time = Some(token.time);
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
    report.intact = true;
    // RFC 3161 2.4.1: the token says whose certificate it is made with, in the first form or the second
    let attributes = token.signed.signers.first().and_then(|signer| signer.attributes.as_ref());
    let named = attributes.is_some_and(|a| a.signing_certificate.is_some() || a.signing_certificate_v2.is_some());
    let Some(clock) = facts.signer.filter(|_| named && facts.commitment != Commitment::Differs) else {
        return Err(Finding::new(Code::SignatureCertificateDiffers));
    };
    let weak = |what: String| Finding::new(Code::SignatureWeakAlgorithm).found(what);
    let mut digests = facts.digests;
    digests.push(algorithm);
    if let Some(found) = context.policy.weakness(&digests, facts.algorithm, &clock, context.at) {
        return Err(weak(found.what));
    }
    // a moment that has not come, or before its authority could state any, is no proof
    if token.time > context.at || token.time < clock.not_before() {
        return Err(Finding::new(Code::SignatureUntrusted).found(token.time));
    }
    let mut data = data.clone();
    data.certificates.extend(facts.data.certificates);
    let chain = context.trust.judge_clock(&clock, &data, context.when());
    let chain = chain.map_err(|distrust| Finding::new(distrust.code).found(&distrust.fact))?;
    if !context.policy.trial && chain.certificates.iter().any(Certificate::is_trial) {
        return Err(Finding::new(Code::SignatureTrialPki));
    }
    match context.policy.weakness_of_path(&chain.certificates, context.at) {
        Some(found) => Err(weak(found.what)),
        None => Ok(()),
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
    const ITEMS_MAX: usize = 16;
    (
        lists.take(ITEMS_MAX).filter_map(|der| RevocationList::from_der(der).ok()).collect(),
        responses.take(ITEMS_MAX).filter_map(|der| OcspResponse::from_der(der).ok()).collect(),
    )
}

/// The level of a baseline signature by what it bears and can be read (EN 319 132-1 6, EN 319 122-1 6).
pub fn level(stamps: &[StampReport], data: &ValidationData, is_archived: bool) -> &'static str {
    let has_stamp = stamps.iter().any(|stamp| stamp.intact);
    let has_revocation = !data.lists.is_empty() || !data.responses.is_empty();
    match (has_stamp, has_revocation, is_archived) {
        (false, ..) => "B-B",
        (true, false, _) => "B-T",
        (true, true, false) => "B-LT",
        (true, true, true) => "B-LTA",
    }
}
