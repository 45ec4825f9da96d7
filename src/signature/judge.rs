//! The verdict on one signature, from the facts that its form gave (EN 319 102-1 5.3).
//!
//! Shared by XML and CMS. Takes what was computed over the octets, asks the trust snapshot and the
//! policy, and answers with the report and the one finding that decides. Reads no octets itself.

mod rules;

use super::checks::{Answer, Answers, Check, Checks, Referred};
use super::policy::Policy;
use super::time::{self, StampReport};
use super::{Indication, Integrity, Reason, SignatureReport, SignerReport, SubIndication, TimeSource};
use crate::finding::{Code, Finding, Hint, Language};
use crate::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::forms::certificate::Certificate;
use crate::forms::claims::Claims;
use crate::trust::{Doubt, IdentityProfile, Snapshot, ValidationData, When};
use jiff::Timestamp;

/// All that a verdict rests on besides the document.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Whom we believe.
    pub trust: &'a Snapshot,
    /// What is good enough.
    pub policy: &'a Policy,
    /// Where FİN and VÖEN stand in a certificate.
    pub profile: &'a IdentityProfile,
    /// The moment at which certificates are judged.
    pub at: Timestamp,
    /// Where that moment comes from.
    pub time_source: TimeSource,
}

impl Context<'_> {
    /// The two moments of this judgement. What was received before the snapshot was taken is judged at its
    /// reception by all that the snapshot knows: a document that is held for want of a list is decided by
    /// the list that is issued after it.
    pub(super) fn when(&self) -> When {
        match self.time_source {
            TimeSource::Reception => When { at: self.at, now: self.at.max(self.trust.taken_at()) },
            _ => When::at_once(self.at),
        }
    }
}

/// What the digests and the signature value came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every digest and the value hold.
    Intact,
    /// A digest differs; `what` says of which part, for the finding's hint.
    DigestDiffers {
        /// A name that needs no translation, as a reference's URI or `SignedProperties`; none for
        /// the document itself.
        what: Option<String>,
    },
    /// The digest is right for the content with other line ends.
    TextMode,
    /// The value is not the key's.
    ValueWrong,
    /// The digests hold as far as they go, and there is no key to check the value with.
    NoKey,
    /// A feature that is not processed.
    Unsupported {
        /// Which.
        what: String,
    },
    /// More parts than are looked at.
    Limit {
        /// How many of what.
        found: String,
        /// How many at most.
        wanted: String,
    },
    /// Not the form that the standard demands.
    Malformed {
        /// How.
        what: String,
    },
}

impl Outcome {
    /// More parts than are looked at: so many of what, and how many at most.
    pub fn limit(found: impl ToString, wanted: impl ToString) -> Self {
        Self::Limit { found: found.to_string(), wanted: wanted.to_string() }
    }
}

/// Whether the signature itself says whose certificate it is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commitment {
    /// A signed reference to the certificate stands there and fits it.
    Signed,
    /// None stands there: plain XMLDSig, or CMS without signing-certificate.
    Absent,
    /// One stands there and fits another certificate.
    Differs,
}

/// What a form found out about one signature.
#[derive(Clone, Debug)]
pub struct Facts {
    /// `XAdES-B-B`, `XMLDSig`, `CAdES-B-B`, `CMS`.
    pub format: String,
    /// Digests and value.
    pub outcome: Outcome,
    /// Digest algorithms used for what is covered (not the one inside the signature algorithm).
    pub digests: Vec<DigestAlgorithm>,
    /// The signature algorithm, when known.
    pub algorithm: Option<SignatureAlgorithm>,
    /// The certificate whose key checked the value.
    pub signer: Option<Certificate>,
    /// What else came along: only stones for a path, and what others signed.
    pub data: ValidationData,
    /// What the time-stamps over the value came to.
    pub timestamps: Vec<StampReport>,
    /// Counter-signatures that stand beside it: nobody's signature over the document.
    pub counter_signatures: usize,
    /// Whether it is the one the signature commits to.
    pub commitment: Commitment,
    /// What else the signer says, where the signature digests it.
    pub claims: Option<Box<Claims>>,
    /// What the form itself was asked, and answered.
    pub answers: Answers,
    /// Each reference, and whether what it means is there and unchanged.
    pub references: Vec<Referred>,
    /// The claimed signing time, from a signed property.
    pub signing_time: Option<Timestamp>,
    /// Nothing is left out but `ds:Signature` children of the root.
    pub covers_whole_document: bool,
    /// What else the form's own rules found wrong, worst first: coverage, hidden content, doubled
    /// ids, missing signed attributes, limits. Any of them keeps the signature from passing.
    pub faults: Vec<Finding>,
}

impl Facts {
    /// Facts where there is no signer to speak of yet.
    pub fn of(format: &str, outcome: Outcome) -> Self {
        Self {
            format: format.to_owned(),
            outcome,
            digests: Vec::new(),
            algorithm: None,
            signer: None,
            data: ValidationData::default(),
            timestamps: Vec::new(),
            counter_signatures: 0,
            commitment: Commitment::Absent,
            claims: None,
            answers: Answers::default(),
            references: Vec::new(),
            signing_time: None,
            covers_whole_document: false,
            faults: Vec::new(),
        }
    }
}

/// The verdict on one signature. `finding` is none exactly when it is TOTAL-PASSED.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The answer of `verify`.
    pub report: SignatureReport,
    /// What a refusal or a hold would carry.
    pub finding: Option<Finding>,
    /// The signer's certificate, when there is one; to be believed only when passed.
    pub signer: Option<Certificate>,
}

impl Judged {
    /// Whether nothing speaks against it.
    pub fn passed(&self) -> bool {
        self.finding.is_none()
    }

    /// Whether nobody can tell yet (EN 319 102-1: TRY_LATER): a hold, when authority agrees.
    pub fn may_be_held(&self) -> bool {
        self.report.sub_indication == Some(SubIndication::TryLater)
    }
}

/// One thing that keeps a signature from passing, and the question that it is the answer to.
struct Fault(Check, Indication, SubIndication, Finding);

/// What speaks against a signature, and how each question was answered on the way.
struct Verdict {
    faults: Vec<Fault>,
    answers: Answers,
    /// Where its certificate is believed.
    path: Vec<Certificate>,
}

impl Verdict {
    fn refuse(&mut self, check: Check, indication: Indication, sub: SubIndication, finding: Finding) {
        let nobody_knows = sub == SubIndication::TryLater || check == Check::Processed;
        self.answers.set(check, if nobody_knows { Answer::Unknown } else { Answer::No });
        self.faults.push(Fault(check, indication, sub, finding));
    }

    fn doubt(&mut self, check: Check, sub: SubIndication, finding: Finding) {
        self.refuse(check, Indication::Indeterminate, sub, finding);
    }
}

/// What every signature that passes was asked, and answered with yes, whoever judges it.
const ALWAYS: [Check; 10] = [
    Check::Format,
    Check::Processed,
    Check::CertificateFound,
    Check::References,
    Check::Value,
    Check::Chain,
    Check::Validity,
    Check::Usage,
    Check::Algorithms,
    Check::ChainAlgorithms,
];

/// Judges: form, signing certificate, digests and value, commitment, the form's own rules, path,
/// policy. The first that fails decides; what else is known is among the reasons.
///
/// The certificate is judged at the earliest moment at which the signature is proven to have been there, of
/// a time-stamp that counts, and at that of the context; it need pass at one of them (5.5.4). Where it
/// passes at none, that it was revoked before the proven moment weighs most.
pub fn judge(mut facts: Facts, context: &Context<'_>) -> Judged {
    let when = context.when();
    time::answer(&facts.timestamps, &mut facts.answers);
    if facts.outcome == Outcome::Intact {
        facts.answers.set(Check::Coverage, facts.covers_whole_document);
    }
    let proven = time::earliest(&facts.timestamps).filter(|proven| *proven < when.at);
    let at_proof = proven.map(|at| verdict(&facts, context, When { at, ..when }));
    let (verdict, time_source) = match at_proof {
        Some(verdict) if verdict.faults.is_empty() => (verdict, TimeSource::Timestamp),
        at_proof => {
            let at_once = verdict(&facts, context, when);
            let is_revoked = |verdict: &Verdict| {
                verdict.faults.first().is_some_and(|fault| fault.3.code == Code::SignatureCertificateRevoked)
            };
            match at_proof.filter(is_revoked).filter(|_| !at_once.faults.is_empty()) {
                Some(revoked) => (revoked, TimeSource::Timestamp),
                None => (at_once, context.time_source),
            }
        }
    };
    let Verdict { faults, answers, path } = verdict;
    let unresolved = facts.faults.iter().any(|fault| fault.code == Code::SignatureReferenceUnresolved);
    let integrity = match facts.outcome {
        Outcome::Intact if unresolved => Integrity::Unsupported, // a digest that was held against nothing
        Outcome::Intact => Integrity::Intact,
        Outcome::DigestDiffers { .. } | Outcome::TextMode | Outcome::ValueWrong | Outcome::Malformed { .. } => {
            Integrity::Broken
        }
        Outcome::NoKey | Outcome::Unsupported { .. } | Outcome::Limit { .. } => Integrity::Unsupported,
    };
    let (indication, sub_indication) = match faults.first() {
        Some(&Fault(_, indication, sub_indication, _)) => (indication, Some(sub_indication)),
        None => (Indication::TotalPassed, None),
    };
    let reasons = faults
        .iter()
        .map(|Fault(_, _, _, finding)| Reason { code: finding.code.slug(), message: finding.message(Language::En) });
    let found = |fault: &Fault| fault.3.found.clone().map(|found| (fault.0, found));
    let checks = Checks { answers, found: faults.iter().filter_map(found).collect(), references: facts.references };
    let report = SignatureReport {
        format: facts.format,
        integrity,
        indication,
        sub_indication,
        signer: facts.signer.as_ref().map(|certificate| SignerReport {
            subject: certificate.subject().to_owned(),
            fin: context.profile.fin(certificate).map(|fin| fin.reveal().to_owned()),
            voen: context.profile.voen(certificate).map(|voen| voen.to_string()),
            certificate_sha256: certificate.sha256(),
            certificate: certificate.clone(),
            path,
        }),
        signing_time: facts.signing_time,
        time_source,
        properties: facts.claims,
        timestamps: facts.timestamps,
        counter_signatures: facts.counter_signatures,
        covers_whole_document: facts.covers_whole_document,
        reasons: reasons.collect(),
        checks,
    };
    let finding = faults.into_iter().next().map(|Fault(_, _, _, finding)| finding);
    Judged { report, finding, signer: facts.signer }
}

fn verdict(facts: &Facts, context: &Context<'_>, when: When) -> Verdict {
    let mut verdict = Verdict { faults: Vec::new(), answers: facts.answers, path: Vec::new() };
    steps(facts, context, when, &mut verdict);
    // No success by omission: a question that must be asked and was not is as good as a no.
    if verdict.faults.is_empty() {
        let revocation = context.trust.checks_revocation().then_some(Check::Revocation);
        let certificate = (!context.policy.plain).then_some(Check::SignedCertificate);
        let also = [revocation, certificate].into_iter().flatten();
        let open = also.chain(ALWAYS).find(|check| verdict.answers.get(*check) != Answer::Yes);
        if let Some(open) = open {
            verdict.doubt(open, SubIndication::Generic, Finding::new(Code::SignatureUnsupported).found(open.slug()));
        }
    }
    // TRY_LATER is only for a document against which nothing else speaks (EN 319 102-1 5.3.4)
    verdict.faults.sort_by_key(|Fault(_, _, sub_indication, _)| *sub_indication == SubIndication::TryLater);
    verdict
}

fn steps(facts: &Facts, context: &Context<'_>, when: When, verdict: &mut Verdict) {
    use Indication::TotalFailed;
    // 5.2.2 format checking, and what we do not process
    match &facts.outcome {
        Outcome::Malformed { what } => {
            let finding = Finding::new(Code::SignatureFormat).found(what);
            return verdict.refuse(Check::Format, TotalFailed, SubIndication::FormatFailure, finding);
        }
        Outcome::Unsupported { what } => {
            let finding = Finding::new(Code::SignatureUnsupported).found(what);
            return verdict.doubt(Check::Processed, SubIndication::Generic, finding);
        }
        Outcome::Limit { found, wanted } => {
            let finding = Finding::new(Code::SignatureLimit).found(found).wanted(wanted);
            return verdict.doubt(Check::Processed, SubIndication::Generic, finding);
        }
        // 5.2.7 cryptographic verification, the digests first
        Outcome::DigestDiffers { what } => {
            let mut finding = Finding::new(Code::SignatureDigestDiffers);
            if let Some(what) = what {
                finding = finding.hint(Hint { az: format!("({what})").into(), en: format!("({what})").into() });
            }
            verdict.refuse(Check::References, TotalFailed, SubIndication::HashFailure, finding);
        }
        Outcome::TextMode => {
            let finding = Finding::new(Code::SignatureTextMode);
            verdict.refuse(Check::References, TotalFailed, SubIndication::HashFailure, finding);
        }
        Outcome::ValueWrong => {
            let finding = Finding::new(Code::SignatureValueWrong);
            verdict.refuse(Check::Value, TotalFailed, SubIndication::SigCryptoFailure, finding);
        }
        Outcome::NoKey | Outcome::Intact => {}
    }
    verdict.answers.yes(Check::Processed);
    // 5.2.3 identification of the signing certificate
    let Some(signer) = facts.signer.as_ref().filter(|_| facts.outcome != Outcome::NoKey) else {
        let missing = Finding::new(Code::SignatureNoCertificate);
        verdict.doubt(Check::CertificateFound, SubIndication::NoSigningCertificateFound, missing);
        if facts.outcome == Outcome::ValueWrong {
            // by a bare key, which is nobody's: what it says comes after (5.3.4, the order of the steps)
            verdict.faults.reverse();
        }
        facts.faults.iter().for_each(|finding| rules::own_rule(finding, verdict));
        return;
    };
    verdict.answers.yes(Check::CertificateFound);
    match facts.commitment {
        Commitment::Signed => verdict.answers.yes(Check::CertificateNamed),
        Commitment::Absent => {}
        Commitment::Differs => {
            let differs = Finding::new(Code::SignatureCertificateDiffers);
            verdict.doubt(Check::CertificateNamed, SubIndication::NoSigningCertificateFound, differs);
        }
    }
    facts.faults.iter().for_each(|finding| rules::own_rule(finding, verdict));
    if let Some(claims) = &facts.claims {
        rules::properties(claims, context, verdict);
    }
    if facts.outcome != Outcome::Intact {
        return; // whose certificate it is no longer matters
    }
    // 5.2.6 X.509 certificate validation
    let mut weak_path = None;
    match context.trust.judge(signer, &facts.data, when) {
        Ok(chain) => {
            for check in [Check::Chain, Check::Validity, Check::Usage] {
                verdict.answers.yes(check);
            }
            if context.trust.checks_revocation() {
                verdict.answers.yes(Check::Revocation);
            }
            weak_path = context.policy.weakness_of_path(&chain.certificates, when.at);
            verdict.answers.set(Check::ChainAlgorithms, weak_path.is_none());
            if !context.policy.trial {
                match chain.certificates.iter().any(Certificate::is_trial) {
                    false => verdict.answers.yes(Check::RealPki),
                    true => {
                        let trial = Finding::new(Code::SignatureTrialPki);
                        verdict.doubt(Check::RealPki, SubIndication::ChainConstraintsFailure, trial);
                    }
                }
            }
            verdict.path = chain.certificates;
        }
        Err(distrust) => rules::distrusted(&distrust, verdict),
    }
    // 5.2.8 signature acceptance: policy
    if !context.policy.plain {
        match facts.commitment {
            Commitment::Absent => {
                let plain = Finding::new(Code::SignaturePlainRefused);
                verdict.doubt(Check::SignedCertificate, SubIndication::SigConstraintsFailure, plain);
            }
            Commitment::Signed => verdict.answers.yes(Check::SignedCertificate),
            Commitment::Differs => {} // it was said what is wrong with it
        }
    }
    let missing = context.policy.required.iter().find(|property| !rules::has(facts, **property));
    match missing {
        // what signs no certificate is no AdES: whether it may be here was asked a moment ago
        _ if facts.commitment == Commitment::Absent || context.policy.required.is_empty() => {}
        None => verdict.answers.yes(Check::Required),
        Some(missing) => {
            let finding = Finding::new(Code::SignaturePropertyMissing).found(missing.name());
            verdict.doubt(Check::Required, SubIndication::SigConstraintsFailure, finding);
        }
    }
    let weak = context.policy.weakness(&facts.digests, facts.algorithm, signer, when.at);
    verdict.answers.set(Check::Algorithms, weak.is_none());
    let check = if weak.is_some() { Check::Algorithms } else { Check::ChainAlgorithms };
    if let Some(weak) = weak.or(weak_path) {
        let (sub, finding) = rules::too_weak(weak);
        verdict.doubt(check, sub, finding);
    }
}

impl From<Doubt> for SubIndication {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::NoCertificateChainFound => Self::NoCertificateChainFound,
            Doubt::ChainConstraintsFailure => Self::ChainConstraintsFailure,
            Doubt::OutOfBoundsNoPoe => Self::OutOfBoundsNoPoe,
            Doubt::RevokedNoPoe => Self::RevokedNoPoe,
            Doubt::RevokedCaNoPoe => Self::RevokedCaNoPoe,
            Doubt::TryLater => Self::TryLater,
            Doubt::CryptoConstraintsFailure => Self::CryptoConstraintsFailure,
        }
    }
}

#[cfg(test)]
mod tests;
