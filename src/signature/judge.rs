//! The verdict on one signature, from the facts that its form gave (EN 319 102-1 5.3).
//!
//! Shared by XML and CMS. Takes what was computed over the octets, asks the trust snapshot and the
//! policy, and answers with the report and the one finding that decides. Reads no octets itself.

use super::policy::Policy;
use super::suite::Weakness;
use super::time::{self, StampReport};
use super::{Indication, Integrity, Reason, SignatureReport, SignerReport, SubIndication, TimeSource};
use crate::finding::{Code, Finding, Hint, Language};
use crate::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::forms::certificate::Certificate;
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

/// One thing that keeps a signature from passing.
struct Fault(Indication, SubIndication, Finding);

/// Judges: form, signing certificate, digests and value, commitment, the form's own rules, path,
/// policy. The first that fails decides; what else is known is among the reasons.
///
/// The certificate is judged at the earliest moment at which the signature is proven to have been there, of
/// a time-stamp that counts, and at that of the context; it need pass at one of them (5.5.4). Where it
/// passes at none, that it was revoked before the proven moment weighs most.
pub fn judge(facts: Facts, context: &Context<'_>) -> Judged {
    let (when, mut path) = (context.when(), Vec::new());
    let proven = time::earliest(&facts.timestamps).filter(|proven| *proven < when.at);
    let at_proof = proven.map(|at| faults(&facts, context, When { at, ..when }, &mut path));
    let (faults, time_source) = match at_proof {
        Some(none) if none.is_empty() => (none, TimeSource::Timestamp),
        at_proof => {
            let at_once = faults(&facts, context, when, &mut path);
            let is_revoked = |faults: &Vec<Fault>| {
                faults.first().is_some_and(|fault| fault.2.code == Code::SignatureCertificateRevoked)
            };
            match at_proof.filter(is_revoked).filter(|_| !at_once.is_empty()) {
                Some(revoked) => (revoked, TimeSource::Timestamp),
                None => (at_once, context.time_source),
            }
        }
    };
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
        Some(&Fault(indication, sub_indication, _)) => (indication, Some(sub_indication)),
        None => (Indication::TotalPassed, None),
    };
    let reasons = faults
        .iter()
        .map(|Fault(_, _, finding)| Reason { code: finding.code.slug(), message: finding.message(Language::En) });
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
        timestamps: facts.timestamps,
        counter_signatures: facts.counter_signatures,
        covers_whole_document: facts.covers_whole_document,
        reasons: reasons.collect(),
    };
    let finding = faults.into_iter().next().map(|Fault(_, _, finding)| finding);
    Judged { report, finding, signer: facts.signer }
}

/// What keeps it from passing; `path` is where its certificate is believed.
fn faults(facts: &Facts, context: &Context<'_>, when: When, path: &mut Vec<Certificate>) -> Vec<Fault> {
    use Indication::{Indeterminate, TotalFailed};
    let mut faults = Vec::new();
    // 5.2.2 format checking, and what we do not process
    match &facts.outcome {
        Outcome::Malformed { what } => {
            return vec![Fault(
                TotalFailed,
                SubIndication::FormatFailure,
                Finding::new(Code::SignatureFormat).found(what),
            )];
        }
        Outcome::Unsupported { what } => {
            return vec![Fault(
                Indeterminate,
                SubIndication::Generic,
                Finding::new(Code::SignatureUnsupported).found(what),
            )];
        }
        Outcome::Limit { found, wanted } => {
            let finding = Finding::new(Code::SignatureLimit).found(found).wanted(wanted);
            return vec![Fault(Indeterminate, SubIndication::Generic, finding)];
        }
        // 5.2.7 cryptographic verification, the digests first
        Outcome::DigestDiffers { what } => {
            let mut finding = Finding::new(Code::SignatureDigestDiffers);
            if let Some(what) = what {
                finding = finding.hint(Hint { az: format!("({what})").into(), en: format!("({what})").into() });
            }
            faults.push(Fault(TotalFailed, SubIndication::HashFailure, finding));
        }
        Outcome::TextMode => {
            faults.push(Fault(TotalFailed, SubIndication::HashFailure, Finding::new(Code::SignatureTextMode)));
        }
        Outcome::ValueWrong => {
            faults.push(Fault(TotalFailed, SubIndication::SigCryptoFailure, Finding::new(Code::SignatureValueWrong)));
        }
        Outcome::NoKey | Outcome::Intact => {}
    }
    // 5.2.3 identification of the signing certificate
    let Some(signer) = facts.signer.as_ref().filter(|_| facts.outcome != Outcome::NoKey) else {
        let missing = Finding::new(Code::SignatureNoCertificate);
        let missing = Fault(Indeterminate, SubIndication::NoSigningCertificateFound, missing);
        match facts.outcome {
            // by a bare key, which is nobody's: what it says comes after (5.3.4, the order of the steps)
            Outcome::ValueWrong => faults.insert(0, missing),
            _ => faults.push(missing),
        }
        faults.extend(facts.faults.iter().map(own_rule));
        return faults;
    };
    if facts.commitment == Commitment::Differs {
        let differs = Finding::new(Code::SignatureCertificateDiffers);
        faults.push(Fault(Indeterminate, SubIndication::NoSigningCertificateFound, differs));
    }
    faults.extend(facts.faults.iter().map(own_rule));
    if facts.outcome != Outcome::Intact {
        return faults; // whose certificate it is no longer matters
    }
    // 5.2.6 X.509 certificate validation
    let mut weak_path = None;
    match context.trust.judge(signer, &facts.data, when) {
        Ok(chain) => {
            weak_path = context.policy.weakness_of_path(&chain.certificates, when.at);
            if !context.policy.trial && chain.certificates.iter().any(Certificate::is_trial) {
                let trial = Finding::new(Code::SignatureTrialPki);
                faults.push(Fault(Indeterminate, SubIndication::ChainConstraintsFailure, trial));
            }
            *path = chain.certificates;
        }
        Err(distrust) => {
            let finding = Finding::new(distrust.code).found(&distrust.fact);
            faults.push(Fault(Indeterminate, distrust.verdict.into(), finding));
        }
    }
    // 5.2.8 signature acceptance: policy
    if facts.commitment == Commitment::Absent && !context.policy.plain {
        let plain = Finding::new(Code::SignaturePlainRefused);
        faults.push(Fault(Indeterminate, SubIndication::SigConstraintsFailure, plain));
    }
    let weak = context.policy.weakness(&facts.digests, facts.algorithm, signer, when.at);
    faults.extend(weak.or(weak_path).map(too_weak));
    // TRY_LATER is only for a document against which nothing else speaks (EN 319 102-1 5.3.4)
    faults.sort_by_key(|Fault(_, sub_indication, _)| *sub_indication == SubIndication::TryLater);
    faults
}

/// What the policy does not take. Of what it once took nobody has proven here that it was made in
/// that time (EN 319 102-1 5.2.8).
fn too_weak(weak: Weakness) -> Fault {
    let finding = Finding::new(Code::SignatureWeakAlgorithm).found(weak.what);
    match weak.until {
        None => Fault(Indication::Indeterminate, SubIndication::CryptoConstraintsFailure, finding),
        Some(day) => {
            let hint = Hint {
                az: format!("({day} tarixinə qədər kifayət edirdi.)").into(),
                en: format!("(It was good enough until {day}.)").into(),
            };
            Fault(Indication::Indeterminate, SubIndication::CryptoConstraintsFailureNoPoe, finding.hint(hint))
        }
    }
}

/// A finding of the form's own rules, in the words of EN 319 102-1.
fn own_rule(finding: &Finding) -> Fault {
    let (indication, sub_indication) = match finding.code {
        Code::SignatureFormat
        | Code::SignatureDoubledId
        | Code::SignatureContainer
        | Code::SignatureDoubledReference => (Indication::TotalFailed, SubIndication::FormatFailure),
        Code::SignatureReferenceUnresolved => (Indication::Indeterminate, SubIndication::SignedDataNotFound),
        Code::SignatureUnsupported | Code::SignatureLimit => (Indication::Indeterminate, SubIndication::Generic),
        _ => (Indication::Indeterminate, SubIndication::SigConstraintsFailure),
    };
    Fault(indication, sub_indication, finding.clone())
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
mod tests {
    use super::*;
    use crate::trust::trial::Pki;
    use jiff::SignedDuration;

    fn facts(signer: Certificate) -> Facts {
        Facts {
            format: "XAdES-B-B".to_owned(),
            outcome: Outcome::Intact,
            digests: vec![DigestAlgorithm::Sha256],
            algorithm: Some(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)),
            signer: Some(signer),
            data: ValidationData::default(),
            timestamps: Vec::new(),
            counter_signatures: 0,
            commitment: Commitment::Signed,
            signing_time: None,
            covers_whole_document: true,
            faults: Vec::new(),
        }
    }

    fn sub(judged: &Judged) -> Option<SubIndication> {
        judged.report.sub_indication
    }

    #[test]
    fn the_first_step_that_fails_decides_and_waiting_comes_last() {
        let pki = Pki::new();
        let signer = pki.person("signer", "ec:P-256");
        let anchors = vec![pki.certificate("ca")];
        let waiting = Snapshot::new(anchors, Vec::new(), Some(Vec::new()), SignedDuration::ZERO, Timestamp::now());
        let (policy, profile) = (Policy::strict(), IdentityProfile::standard());
        let context = |trust| Context {
            trust,
            policy: &policy,
            profile: &profile,
            at: Timestamp::now(),
            time_source: TimeSource::Reception,
        };
        let trusting = pki.snapshot();
        let good = facts(signer);
        assert!(judge(good.clone(), &context(&trusting)).passed());
        let judged = judge(good.clone(), &context(&waiting));
        assert!(judged.may_be_held() && !judged.passed());
        // anything else that is wrong is wrong now, and nothing is held for it
        for wrong in [
            Facts { digests: vec![DigestAlgorithm::Sha1], ..good.clone() },
            Facts { algorithm: Some(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Md5)), ..good.clone() },
            Facts { commitment: Commitment::Absent, ..good.clone() },
            Facts { commitment: Commitment::Differs, ..good.clone() },
            Facts { faults: vec![Finding::new(Code::SignatureHiddenContent)], ..good.clone() },
            Facts { outcome: Outcome::ValueWrong, ..good.clone() },
            Facts { outcome: Outcome::NoKey, ..good.clone() },
            Facts { outcome: Outcome::limit("17 signatures", 16), ..good.clone() },
            Facts { signer: None, ..good.clone() },
        ] {
            for trust in [&waiting, &trusting] {
                let judged = judge(wrong.clone(), &context(trust));
                assert!(!judged.passed() && !judged.may_be_held(), "{wrong:?}");
                assert_eq!(
                    judged.finding.as_ref().map(|finding| finding.code.slug()),
                    Some(judged.report.reasons[0].code)
                );
            }
        }
        let nobody = Snapshot::default();
        let broken = Facts { outcome: Outcome::DigestDiffers { what: None }, ..good.clone() };
        assert_eq!(sub(&judge(broken, &context(&nobody))), Some(SubIndication::HashFailure));
        let doubled = Facts { faults: vec![Finding::new(Code::SignatureDoubledId)], ..good.clone() };
        assert_eq!(sub(&judge(doubled, &context(&nobody))), Some(SubIndication::FormatFailure));
        let foreign = judge(Facts { digests: vec![DigestAlgorithm::Sha1], ..good }, &context(&nobody));
        assert_eq!(sub(&foreign), Some(SubIndication::NoCertificateChainFound));
        assert_eq!((foreign.report.integrity, foreign.report.reasons.len()), (Integrity::Intact, 2));
    }
}
