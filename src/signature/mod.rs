//! Signature: who signed what, judged by ETSI EN 319 102-1.
//!
//! Takes a [`Staged`] document apart and gives a [`Verified`] one: every signature in it is
//! TOTAL-PASSED, together they cover it whole, and what is read from it from here on is only what
//! they cover. No clock, disk or network: trust, policy and the time are arguments.

mod asic;
mod checks;
mod cms;
mod covered;
mod judge;
mod mail;
mod packaging;
mod policy;
mod report;
mod suite;
mod time;
mod xml;

pub use checks::{Answer, Check, Checks};
pub use cms::Limits as CmsLimits;
pub use covered::{Covered, CoveredAttribute, CoveredEvent, Written};
pub use judge::Context;
pub use packaging::{CmsKind, cms_kind};
pub use policy::{MailPolicy, Policy, Property};
pub use report::{Indication, Integrity, Reason, Report, SignatureReport, SignerReport, SubIndication, TimeSource};
pub use suite::{CURVES, DIGESTS, RSA_BITS_MIN, SCHEMES, Scheme, Suite, Term, Weakness};
pub use time::{Kind as StampKind, StampReport};

use crate::document::{Content, Digest, GivenName};
use crate::finding::{Code, Finding, Stop};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::certificate::Certificate;
use crate::forms::timestamp::Token;
use crate::host::Octets;
use crate::staging::{About, Staged};
use crate::trust::{IdentityProfile, Snapshot, ValidationData};
use crate::xml::Limits;
use judge::Judged;
use packaging::describe;

/// What every verdict of a window rests on.
#[derive(Clone, Copy, Debug)]
pub struct Grounds<'a> {
    /// Whom it believes.
    pub trust: &'a Snapshot,
    /// What is good enough.
    pub policy: &'a Policy,
    /// Where FİN and VÖEN stand in a certificate.
    pub profile: &'a IdentityProfile,
    /// How large and deep XML may be.
    pub limits: &'a Limits,
}

/// A document whose every signature is TOTAL-PASSED and which they cover whole, with a reader of
/// only what they cover.
#[derive(Debug)]
pub struct Verified {
    about: About,
    signers: Vec<Certificate>,
    report: Report,
    covered: Covered,
    content: Content,
    enclosed: Vec<Enclosed>,
}

/// A document that came with the statement in one container, covered by the same signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosed {
    /// Its name there.
    pub name: GivenName,
    /// Its digest.
    pub sha256: Digest,
}

/// A document that is not, with what is known of it for the answer.
#[derive(Debug)]
pub struct Unverified {
    /// What was known of it at arrival.
    pub about: About,
    /// The verdict, as far as it went.
    pub report: Report,
    /// Certificates of its signers, believed or not.
    pub signers: Vec<Certificate>,
    /// How it stops.
    pub stop: Stop,
}

impl Verified {
    /// What was known of it at arrival.
    pub fn about(&self) -> &About {
        &self.about
    }
    /// The certificates of its signers, in document order; never empty.
    pub fn signers(&self) -> &[Certificate] {
        &self.signers
    }
    /// The verdict in full.
    pub fn report(&self) -> &Report {
        &self.report
    }
    /// What the signatures cover.
    pub fn covered(&self) -> &Covered {
        &self.covered
    }
    /// What came with it in its container.
    pub fn enclosed(&self) -> &[Enclosed] {
        &self.enclosed
    }
    /// The content's digest, whatever the packaging.
    pub fn content(&self) -> Content {
        self.content
    }
}

/// Verifies a staged document at its reception time.
///
/// # Errors
/// How it stops: rejected for the first thing that is wrong, held when revocation cannot be told
/// yet, halted when we are wrong.
pub fn verify(staged: Staged, grounds: Grounds<'_>) -> Result<Verified, Box<Unverified>> {
    let (about, document, detached) = staged.into_octets();
    let context = Context {
        trust: grounds.trust,
        policy: grounds.policy,
        profile: grounds.profile,
        at: about.received,
        time_source: TimeSource::Reception,
    };
    let examined = match about.mail_signed {
        true => mail::examine(&document, detached.as_ref(), &context, grounds.limits),
        false => packaging::examine_document(&document, detached.as_ref(), &context, grounds.limits),
    };
    let report = Report::of(examined.judged.iter().map(|judged| &judged.report)).stamped(examined.stamps.clone());
    let signers = examined.judged.iter().filter_map(|judged| judged.signer.clone()).collect();
    let stop = examined.stop();
    let document = examined.document.unwrap_or(document);
    let stop = match stop {
        None => {
            let content = examined.content.filter(|_| !examined.judged.is_empty());
            match content {
                Some(content) => {
                    let covered = match examined.xml {
                        true => Covered::xml(document, content, grounds.limits.clone()),
                        false => Covered::plain(document, content),
                    };
                    return Ok(Verified { about, signers, report, covered, content, enclosed: examined.enclosed });
                }
                None => Stop::Halt("a document passed without content or signature".into()),
            }
        }
        Some(mut stop) => {
            if let Stop::Reject(findings) = &mut stop {
                let mut places: Vec<_> = findings.iter_mut().map(|finding| &mut finding.place).collect();
                covered::locate(&document, &mut places);
            }
            stop
        }
    };
    Err(Box::new(Unverified { about, report, signers, stop }))
}

/// Judges the signatures of any file, or of a detached signature over `content`: what
/// `pencere verify` answers. The finding says why there is no signature to speak of.
///
/// # Errors
/// The disk.
pub fn examine(
    file: &Octets,
    content: Option<&Octets>,
    context: &Context<'_>,
    limits: &Limits,
) -> std::io::Result<(Report, Option<Finding>)> {
    let examined = match content {
        Some(content) => packaging::examine_over(file, content, context, limits),
        None => packaging::examine_alone(file, context, limits),
    };
    match examined.refused {
        Some(Stop::Halt(why)) => Err(std::io::Error::other(why)),
        Some(Stop::Reject(findings)) => Ok((Report::none().stamped(examined.stamps), findings.into_iter().next())),
        Some(Stop::Hold(finding)) => Ok((Report::none(), Some(finding))),
        None => {
            let report = Report::of(examined.judged.iter().map(|judged| &judged.report));
            Ok((report.stamped(examined.stamps), None))
        }
    }
}

/// Proves that an XML document bears exactly one signature, that it covers the whole document,
/// and that it was made with this very certificate's key. Trust in the certificate is the caller's:
/// a receipt is proven by the published seal certificate, not by an authority (CONTRACT 5).
///
/// # Errors
/// The finding that says why not; receipts' own codes.
pub fn prove(file: &Octets, seal: &Certificate, limits: &Limits) -> Result<(), Finding> {
    let altered = |what: String| Finding::new(Code::ReceiptAltered).found(what);
    let trust = Snapshot::default();
    let (policy, profile) = (Policy::strict(), IdentityProfile::standard());
    let at = seal.not_before(); // the verdict on the chain is not asked for
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source: TimeSource::Asserted };
    let examined = xml::examine(file, &context, limits).map_err(|fault| altered(describe(&fault)))?;
    let [one] = &examined.signatures[..] else {
        let count = examined.signatures.len();
        return Err(Finding::new(Code::ReceiptNotTheSeal).found(format!("{count} signatures")));
    };
    let judged = &one.judged;
    match judged.signer.as_ref().map(Certificate::sha256) {
        Some(signer) if signer == seal.sha256() => {}
        _ => return Err(Finding::new(Code::ReceiptNotTheSeal)),
    }
    if judged.report.integrity != Integrity::Intact {
        let why = judged.report.reasons.first().map_or_else(String::new, |reason| reason.code.to_owned());
        return Err(altered(why));
    }
    if !judged.report.covers_whole_document || one.hidden.is_some() {
        return Err(altered("the signature does not cover all of it".into()));
    }
    // Whatever keeps the signature from passing but the missing chain is a fault of its own.
    let chain = [Code::SignatureUntrusted, Code::SignatureTrialPki].map(Code::slug);
    match judged.report.reasons.iter().find(|reason| !chain.contains(&reason.code)) {
        None => Ok(()),
        Some(reason) => Err(altered(reason.code.to_owned())),
    }
}

/// Judges one time-stamp token (DER) over these octets, by the trust and the policy of the context: whether it
/// would count, for whoever is about to put it into a signature.
pub fn stamp_over(token: &[u8], octets: &[u8], context: &Context<'_>) -> StampReport {
    let over = |algorithm: DigestAlgorithm, _: &Token<'_>| match algorithm.digest(octets) {
        Some(digest) => Ok(time::Imprint { digest, keeps: Vec::new(), digests: Vec::new() }),
        None => Err(Finding::new(Code::SignatureUnsupported).found(algorithm)),
    };
    let kind = StampKind::Signature;
    let stamp = time::Stamp { kind, token, over: Box::new(over) };
    let reports = time::judge(&[stamp], &ValidationData::default(), context, None);
    // where a policy looks at none
    let none = StampReport::new(kind);
    reports.into_iter().next().unwrap_or(none)
}

/// The content's digest of an XML document by itself, for making signatures.
///
/// # Errors
/// What is wrong with the document, as a finding.
pub fn content_of_xml(octets: &Octets, limits: &Limits) -> Result<Content, Finding> {
    xml::content_of(octets, limits).map_err(|fault| {
        fault.finding().unwrap_or_else(|| Finding::new(Code::IntakeUnreadable).found(describe(&fault)))
    })
}

/// What all signatures of a document came to.
struct Examined {
    judged: Vec<Judged>,
    content: Option<Content>,
    xml: bool,
    /// A signature does not cover the document, or hides something: what, for a submission.
    uncovered: Option<Finding>,
    /// There is nothing to judge, and why.
    refused: Option<Stop>,
    /// The document without its packaging, when it was inside one.
    document: Option<Octets>,
    /// Time-stamps over files of the container that it came in.
    stamps: Vec<StampReport>,
    /// Documents beside it in that container.
    enclosed: Vec<Enclosed>,
}

impl Examined {
    fn refused(stop: impl Into<Stop>) -> Self {
        Self { refused: Some(stop.into()), ..Self::of(Vec::new()) }
    }

    /// Signatures, before anything is known of what they are over.
    fn of(judged: Vec<Judged>) -> Self {
        Self {
            judged,
            content: None,
            xml: false,
            uncovered: None,
            refused: None,
            document: None,
            stamps: Vec::new(),
            enclosed: Vec::new(),
        }
    }

    /// These signatures, and those inside of what they are over.
    fn with(mut self, inside: Self) -> Self {
        if self.refused.is_some() {
            return self;
        }
        if inside.refused.is_some() {
            return inside;
        }
        self.judged.splice(0..0, inside.judged);
        let uncovered = self.uncovered.or(inside.uncovered);
        Self { judged: self.judged, uncovered, stamps: self.stamps, enclosed: self.enclosed, ..inside }
    }

    /// How the document stops, if it does: the worst signature speaks first.
    fn stop(&self) -> Option<Stop> {
        match &self.refused {
            Some(Stop::Reject(findings)) => return Some(Stop::Reject(findings.clone())),
            Some(Stop::Hold(finding)) => return Some(Stop::Hold(finding.clone())),
            Some(Stop::Halt(why)) => return Some(Stop::Halt(why.clone())),
            None => {}
        }
        if self.judged.is_empty() {
            return Some(Finding::new(Code::SignatureMissing).into());
        }
        let worst = self.judged.iter().filter(|judged| !judged.passed()).max_by_key(|judged| {
            (judged.report.indication, !judged.may_be_held()) // a hold only when nothing rejects
        });
        match worst {
            Some(judged) => Some(match &judged.finding {
                Some(finding) if judged.may_be_held() => Stop::Hold(finding.clone()),
                Some(finding) => finding.clone().into(),
                None => Stop::Halt("a signature that did not pass says nothing".into()),
            }),
            None => self.uncovered.clone().map(Stop::from),
        }
    }
}

#[cfg(test)]
impl Verified {
    /// A document believed without a look, for tests of later rooms.
    pub(crate) fn unseen(about: About, content: Content) -> Self {
        let report = Report { indication: Indication::TotalPassed, sub_indication: None, ..Report::none() };
        Self { about, signers: Vec::new(), report, covered: Covered::nothing(), content, enclosed: Vec::new() }
    }

    /// A document that is no XML, believed to be signed by these without a look.
    pub(crate) fn unseen_table(about: About, signers: Vec<Certificate>, octets: &str) -> Self {
        let content = Content(crate::document::Digest::of(octets.as_bytes()));
        Self { signers, covered: Covered::table(octets), ..Self::unseen(about, content) }
    }

    /// The same, of an arrival that nobody saw either.
    pub(crate) fn unseen_arrival(id: crate::document::SubmissionId, held: bool, content: Content) -> Self {
        Self::unseen(About::unseen(id, held), content)
    }

    /// The same, with octets that are taken as covered.
    pub(crate) fn unseen_document(octets: Vec<u8>, xml: bool) -> Self {
        let content = Content(crate::document::Digest::of(&octets));
        let id = crate::document::SubmissionId::new(jiff::Timestamp::UNIX_EPOCH);
        let covered = match xml {
            true => Covered::xml(octets.into(), content, Limits::default()),
            false => Covered::plain(octets.into(), content),
        };
        Self { covered, ..Self::unseen_arrival(id, true, content) }
    }
}
