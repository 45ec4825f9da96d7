//! Proofs of time: the time-stamps over a signature, and which moment they prove (EN 319 102-1 5.4 and 5.6).
//!
//! A token counts when its own signature is good, it stamps what it should, and the snapshot believes its
//! authority about time: now, or at a moment at which another token that counts has proven it to have been
//! there. One that does not count takes nothing from the signature: nobody signed it.

use super::checks::{Answer, Answers, Check};
use super::cms;
use super::judge::{Commitment, Context, Facts, Outcome};
use crate::finding::{Code, Finding, Language};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::certificate::Certificate;
use crate::forms::der;
use crate::forms::timestamp::Token;
use crate::host::Octets;
use crate::trust::{OcspResponse, RevocationList, ValidationData, When};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::io;

/// What a time-stamp is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The signature value.
    Signature,
    /// The signature with references to its validation data, or those alone.
    References,
    /// The signature with all that it is over and all that proves it.
    Archive,
    /// Files of a container.
    Container,
}

/// What a time-stamp should be over.
pub struct Imprint {
    /// The digest of it.
    pub digest: Vec<u8>,
    /// Which of the other time-stamps, by their place among all, it proves to have been there.
    pub keeps: Vec<usize>,
    /// Digests that lie between the imprint and what it is over: of a hash index, of a manifest.
    pub digests: Vec<DigestAlgorithm>,
}

/// Gives what a token should be over, by the digest algorithm of the token; or why that cannot be told.
pub type Over<'a> = dyn Fn(DigestAlgorithm, &Token<'_>) -> Result<Imprint, Finding> + 'a;

/// One time-stamp as it was found: a token, and what it should be over.
pub struct Stamp<'a> {
    /// What kind it is.
    pub kind: Kind,
    /// The token, as DER or BER.
    pub token: &'a [u8],
    /// What it should be over.
    pub over: Box<Over<'a>>,
}

/// What a time-stamp came to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StampReport {
    /// What it is over.
    pub kind: Kind,
    /// The moment it states; none when it cannot be read.
    pub time: Option<Timestamp>,
    /// Whether it is over this very thing and its own signature is good, apart from all trust.
    pub intact: bool,
    /// Whether the moment is proven.
    pub counts: bool,
    /// Why not, when not: a finding's slug, and a sentence.
    pub reason: Option<super::Reason>,
    /// The path by which its authority was believed, the anchor last; empty where it was not. No part of the answer.
    #[serde(skip)]
    pub path: Vec<Certificate>,
}

impl StampReport {
    /// Of a time-stamp that nobody has looked at.
    pub fn new(kind: Kind) -> Self {
        Self { kind, time: None, intact: false, counts: false, reason: None, path: Vec::new() }
    }

    fn refuse(&mut self, finding: &Finding) {
        self.reason = Some(super::Reason { code: finding.code.slug(), message: finding.message(Language::En) });
    }
}

/// A token whose own signature is good, and which is over what it should.
struct Intact {
    place: usize,
    time: Timestamp,
    digests: Vec<DigestAlgorithm>,
    facts: Facts,
    keeps: Vec<usize>,
}

/// Judges time-stamps: so many as the policy looks at, each token once. `kept` is the earliest moment at which
/// somebody has proven all of them to have been there.
///
/// From the latest to the earliest (5.6.2.3 and 5.6.3.4): one that counts is a proof that those which it keeps
/// were there at its moment, so that an authority whose certificate has ended since is judged at that.
pub fn judge(
    stamps: &[Stamp<'_>],
    data: &ValidationData,
    context: &Context<'_>,
    kept: Option<Timestamp>,
) -> Vec<StampReport> {
    let mut reports: Vec<(usize, StampReport)> = Vec::new();
    let mut good: Vec<Intact> = Vec::new();
    for (place, stamp) in stamps.iter().enumerate() {
        if reports.len() == context.policy.timestamps {
            break;
        }
        if stamps[..place].iter().any(|earlier| earlier.token == stamp.token) {
            continue;
        }
        let mut report = StampReport::new(stamp.kind);
        match examine(place, stamp, context, &mut report) {
            Ok(intact) => {
                report.intact = true;
                good.push(intact);
            }
            Err(finding) => report.refuse(&finding),
        }
        reports.push((place, report));
    }
    // of those at the same second, the one that keeps more stands further out
    good.sort_by_key(|one| (Reverse(one.time), Reverse(one.keeps.len()), Reverse(one.place)));
    let times: Vec<(usize, Timestamp)> = good.iter().map(|one| (one.place, one.time)).collect();
    let mut proven: Vec<Option<Timestamp>> = vec![kept; stamps.len()];
    for one in good {
        let when = context.when();
        let at_once = believe(&one, data, context, when);
        let at_proof = || {
            let at = proven[one.place].filter(|at| *at < when.at && one.time <= *at)?;
            Some(believe(&one, data, context, When { at, ..when }))
        };
        let answer = at_once.or_else(|why| at_proof().unwrap_or(Err(why)));
        let Some((_, report)) = reports.iter_mut().find(|(place, _)| *place == one.place) else { continue };
        // what it is over is older than it is, or one of the two does not tell the truth (5.5.4, 4 b)
        if let Some((_, later)) = times.iter().find(|(place, time)| one.keeps.contains(place) && *time > one.time) {
            report.refuse(&Finding::new(Code::SignatureStampOrder).found(later).wanted(one.time));
            continue;
        }
        match answer {
            Ok(path) => {
                (report.counts, report.path) = (true, path);
                for place in one.keeps {
                    if let Some(proven) = proven.get_mut(place) {
                        *proven = Some(proven.map_or(one.time, |at| at.min(one.time)));
                    }
                }
            }
            Err(why) => report.refuse(&why),
        }
    }
    reports.into_iter().map(|(_, report)| report).collect()
}

/// Whether a token is over what it should be and its own signature is good, apart from all trust.
fn examine(
    place: usize,
    stamp: &Stamp<'_>,
    context: &Context<'_>,
    report: &mut StampReport,
) -> Result<Intact, Finding> {
    let malformed = |what: &dyn std::fmt::Display| Finding::new(Code::SignatureFormat).found(what);
    let der = der::definite(stamp.token).map_err(|fault| malformed(&fault))?;
    let token = Token::read(&der).map_err(|fault| malformed(&fault))?;
    report.time = Some(token.time);
    let (algorithm, digest) = &token.imprint;
    let unsupported = |what: &str| Finding::new(Code::SignatureUnsupported).found(what);
    let algorithm = *algorithm.as_ref().map_err(|oid| unsupported(oid))?;
    let imprint = (stamp.over)(algorithm, &token)?;
    if imprint.digest != *digest {
        return Err(Finding::new(Code::SignatureDigestDiffers));
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
    if let Some(fault) = facts.faults.first() {
        return Err(fault.clone());
    }
    // RFC 3161 2.4.1: the token says whose certificate it is made with, in the first form or the second
    let attributes = token.signed.signers.first().and_then(|signer| signer.attributes.as_ref());
    let named = attributes.is_some_and(|a| a.signing_certificate.is_some() || a.signing_certificate_v2.is_some());
    if !named || facts.commitment == Commitment::Differs {
        report.intact = true; // of whomever
        return Err(Finding::new(Code::SignatureCertificateDiffers));
    }
    let digests = [imprint.digests, vec![algorithm]].concat();
    Ok(Intact { place, time: token.time, digests, facts, keeps: imprint.keeps })
}

/// Whether the authority of a token is believed about time: asked about the one moment, at the other. By which path.
fn believe(
    token: &Intact,
    data: &ValidationData,
    context: &Context<'_>,
    when: When,
) -> Result<Vec<Certificate>, Finding> {
    let facts = &token.facts;
    let Some(clock) = &facts.signer else { return Err(Finding::new(Code::SignatureNoCertificate)) };
    let weak = |what: String| Finding::new(Code::SignatureWeakAlgorithm).found(what);
    let mut digests = facts.digests.clone();
    digests.extend(&token.digests);
    if let Some(found) = context.policy.weakness(&digests, facts.algorithm, clock, when.at) {
        return Err(weak(found.what));
    }
    // a moment that has not come, or before its authority could state any, is no proof
    if token.time > context.at || token.time < clock.not_before() {
        return Err(Finding::new(Code::SignatureUntrusted).found(token.time));
    }
    let mut data = data.clone();
    data.certificates.extend(facts.data.certificates.iter().cloned());
    let chain = context.trust.judge_clock(clock, &data, when);
    let chain = chain.map_err(|distrust| Finding::new(distrust.code).found(&distrust.fact))?;
    if !context.policy.trial && chain.certificates.iter().any(Certificate::is_trial) {
        return Err(Finding::new(Code::SignatureTrialPki));
    }
    match context.policy.weakness_of_path(&chain.certificates, when.at) {
        Some(found) => Err(weak(found.what)),
        None => Ok(chain.certificates),
    }
}

/// The earliest moment that is proven.
pub fn earliest(stamps: &[StampReport]) -> Option<Timestamp> {
    stamps.iter().filter(|stamp| stamp.counts).filter_map(|stamp| stamp.time).min()
}

/// What the time-stamps say to the questions about them.
pub fn answer(stamps: &[StampReport], answers: &mut Answers) {
    for (check, kinds) in
        [(Check::TimeStamp, &[Kind::Signature][..]), (Check::ArchiveTimeStamp, &[Kind::Archive, Kind::Container][..])]
    {
        let of = || stamps.iter().filter(|stamp| kinds.contains(&stamp.kind));
        // whichever counts proves that the signature was there
        let any_counts = stamps.iter().any(|stamp| stamp.counts);
        let counts = if check == Check::TimeStamp { any_counts } else { of().any(|stamp| stamp.counts) };
        let answer = match (of().count(), counts, of().all(is_unprocessed)) {
            (0, ..) => Answer::NotAsked,
            (_, true, _) => Answer::Yes,
            (_, false, true) => Answer::Unknown,
            (_, false, false) => Answer::No,
        };
        answers.set(check, answer);
    }
}

/// Whether nobody could tell what it should be over.
fn is_unprocessed(stamp: &StampReport) -> bool {
    !stamp.intact && stamp.reason.as_ref().is_some_and(|reason| reason.code == Code::SignatureUnsupported.slug())
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

/// The level of a baseline signature by what it bears and can be read (EN 319 132-1 6, EN 319 122-1 6). An
/// archive time-stamp of a kind that is not processed makes it one all the same, and proves nothing.
pub fn level(stamps: &[StampReport], data: &ValidationData) -> &'static str {
    let has_stamp = stamps.iter().any(|stamp| stamp.kind == Kind::Signature && stamp.intact);
    let has_revocation = !data.lists.is_empty() || !data.responses.is_empty();
    let is_archive = |stamp: &StampReport| {
        matches!(stamp.kind, Kind::Archive | Kind::Container)
            && (stamp.intact || is_unprocessed(stamp) && stamp.time.is_some())
    };
    match (has_stamp, has_revocation, stamps.iter().any(is_archive)) {
        (false, ..) => "B-B",
        (true, false, _) => "B-T",
        (true, true, false) => "B-LT",
        (true, true, true) => "B-LTA",
    }
}
