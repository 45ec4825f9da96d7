//! The verdict from facts: what decides, and that nothing passes by omission.

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
        claims: None,
        answers: answered(),
        references: Vec::new(),
        signing_time: Some(Timestamp::UNIX_EPOCH),
        covers_whole_document: true,
        faults: Vec::new(),
    }
}

/// What a form answers of a signature that holds.
fn answered() -> Answers {
    let mut answers = Answers::default();
    [Check::Format, Check::References, Check::Value].iter().for_each(|check| answers.yes(*check));
    answers
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
            assert_eq!(judged.finding.as_ref().map(|finding| finding.code.slug()), Some(judged.report.reasons[0].code));
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

/// No success by omission: where the form did not answer what it must, nothing passes.
#[test]
fn what_was_not_asked_does_not_pass() {
    let pki = Pki::new();
    let (trust, policy, profile) = (pki.snapshot(), Policy::strict(), IdentityProfile::standard());
    let good = facts(pki.person("signer", "ec:P-256"));
    // behind the certificate, which is valid from its second on
    let (at, time_source) = (Timestamp::now(), TimeSource::Reception);
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source };
    assert!(judge(good.clone(), &context).passed());
    for left in [Check::Format, Check::References, Check::Value] {
        let mut answers = Answers::default();
        for check in [Check::Format, Check::References, Check::Value].iter().filter(|check| **check != left) {
            answers.yes(*check);
        }
        let judged = judge(Facts { answers, ..good.clone() }, &context);
        assert_eq!(sub(&judged), Some(SubIndication::Generic), "{left:?}");
    }
}
