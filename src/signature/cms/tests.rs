//! Behaviour with what the `openssl` tool signs, and the tool's word on what we sign.

use super::{Limits, examine};
use crate::finding::Code;
use crate::forms::certificate::Certificate;
use crate::forms::cms::sign_detached;
use crate::forms::der::{Reader, element, tag};
use crate::host::Octets;
use crate::signature::judge::{Context, Judged};
use crate::signature::policy::Policy;
use crate::signature::{Indication, Integrity, SubIndication, TimeSource};
use crate::trust::trial::{PERSON, Pki, SUBJECT};
use crate::trust::{IdentityProfile, Snapshot};
use jiff::{SignedDuration, Timestamp};
use std::fs::File;
use std::sync::Arc;

const CONTENT: &str =
    "dataset,period,revision,sender,to,station,energy_mwh\ngeneration,2026-Q3,1,9990000221,trial,GUN-0001,98765.432\n";

struct Bench {
    pki: Pki,
    snapshot: Snapshot,
}

impl Bench {
    fn new() -> Self {
        let pki = Pki::new();
        let snapshot = pki.snapshot();
        pki.write("data.csv", CONTENT);
        Self { pki, snapshot }
    }

    /// Signs data.csv with the tool; `options` beside the usual ones.
    fn sign(&self, signer: &str, options: &str) -> Vec<u8> {
        self.pki.openssl(&format!(
            "cms -sign -in data.csv -signer {signer}.crt -inkey {signer}.key -out data.p7s {options}"
        ));
        self.pki.read("data.p7s")
    }

    fn judge(&self, cms: &[u8], content: &str, policy: &Policy, at: Timestamp) -> Vec<Judged> {
        let profile = IdentityProfile::standard();
        let context =
            Context { trust: &self.snapshot, policy, profile: &profile, at, time_source: TimeSource::Reception };
        examine(cms, &Octets::from(content.as_bytes().to_vec()), &context, &Limits::default()).unwrap()
    }

    fn one(&self, cms: &[u8]) -> Judged {
        let mut judged = self.judge(cms, CONTENT, &Policy::trial(), Timestamp::now());
        assert_eq!(judged.len(), 1);
        judged.remove(0)
    }
}

type Verdict = (Indication, Option<SubIndication>, Integrity, Option<Code>);

fn verdict(judged: &Judged) -> Verdict {
    let report = &judged.report;
    (report.indication, report.sub_indication, report.integrity, judged.finding.as_ref().map(|finding| finding.code))
}

const PASSED: Verdict = (Indication::TotalPassed, None, Integrity::Intact, None);

fn indeterminate(sub: SubIndication, integrity: Integrity, code: Code) -> Verdict {
    (Indication::Indeterminate, Some(sub), integrity, Some(code))
}

fn failed(sub: SubIndication, code: Code) -> Verdict {
    (Indication::TotalFailed, Some(sub), Integrity::Broken, Some(code))
}

#[test]
fn every_usual_key_and_form_passes() {
    let bench = Bench::new();
    let mut last = "";
    let pss = "-binary -outform DER -keyopt rsa_padding_mode:pss";
    for (kind, options) in [
        ("ec:P-384", "-binary -outform PEM"),
        ("ec:P-521", "-binary -outform SMIME"),
        ("ec:P-256", "-binary -outform DER"),
        ("ec:P-256", "-binary -outform DER -keyid"),
        ("ec:P-256", "-binary -outform DER -stream"),
        ("ec:P-256", "-binary -outform PEM -indef -stream"),
        ("ec:P-256", "-binary -outform DER -md sha512"),
        ("rsa:2048", "-binary -outform DER"),
        ("rsa:2048", pss),
        ("rsa:3072", &format!("{pss} -keyopt rsa_pss_saltlen:20 -keyopt rsa_mgf1_md:sha384 -md sha512")),
    ] {
        if kind != std::mem::replace(&mut last, kind) {
            bench.pki.person("signer", kind);
        }
        let judged = bench.one(&bench.sign("signer", options));
        assert_eq!(verdict(&judged), PASSED, "{kind} {options}: {:?}", judged.report.reasons);
        assert_eq!(judged.report.format, "CMS");
        let judged = bench.one(&bench.sign("signer", &format!("{options} -cades")));
        assert_eq!(verdict(&judged), PASSED, "{kind} {options} -cades: {:?}", judged.report.reasons);
        assert_eq!(judged.report.format, "CAdES-B-B");
        let signer = judged.report.signer.unwrap();
        assert_eq!((signer.fin.as_deref(), signer.voen.as_deref()), (Some("5VBK5VR"), Some("9990000221")));
        assert!(judged.report.signing_time.is_some());
    }
}

#[test]
fn what_we_sign_the_tool_verifies() {
    let bench = Bench::new();
    for kind in ["ec:P-256", "ec:P-384", "ec:P-521", "rsa:2048", "ed25519"] {
        let certificate = bench.pki.person("signer", kind);
        let (key, now) = (bench.pki.private_key("signer"), Timestamp::now());
        let cms = sign_detached(&Octets::from(CONTENT.as_bytes().to_vec()), &key, &certificate, now).unwrap();
        let judged = bench.judge(&cms, CONTENT, &Policy { trial: false, ..Policy::strict() }, now).remove(0);
        assert_eq!(verdict(&judged), PASSED, "{kind}: {:?}", judged.report.reasons);
        assert_eq!(judged.report.format, "CAdES-B-B");
        assert_eq!(judged.report.signing_time.map(Timestamp::as_second), Some(now.as_second()));
        if kind != "ed25519" {
            bench.pki.write("ours.p7s", &cms);
            bench.pki.openssl("cms -verify -cades -binary -inform DER -in ours.p7s -content data.csv -CAfile ca.crt -purpose any -out back");
        }
    }
    let (other, key) = (bench.pki.person("other", "ec:P-256"), bench.pki.private_key("signer"));
    assert!(
        sign_detached(&Octets::from(Vec::new()), &key, &other, Timestamp::now()).is_err(),
        "a key of somebody else"
    );
}

#[test]
fn a_large_document_streams() {
    let bench = Bench::new();
    let certificate = bench.pki.person("signer", "ec:P-256");
    let file = File::open(bench.pki.path("data.csv")).unwrap();
    let content = Octets::File(Arc::new(file), CONTENT.len() as u64);
    let cms = sign_detached(&content, &bench.pki.private_key("signer"), &certificate, Timestamp::now()).unwrap();
    assert_eq!(verdict(&bench.one(&cms)), PASSED);
}

#[test]
fn each_fault_is_told_apart() {
    let bench = Bench::new();
    bench.pki.person("signer", "ec:P-256");
    let usual = bench.sign("signer", "-binary -outform DER");
    let at = |content: &str| verdict(&bench.judge(&usual, content, &Policy::trial(), Timestamp::now())[0]);
    assert_eq!(at(&CONTENT.replace('9', "8")), failed(SubIndication::HashFailure, Code::SignatureDigestDiffers));
    let crlf = CONTENT.replace('\n', "\r\n");
    assert_eq!(
        at(&crlf),
        failed(SubIndication::HashFailure, Code::SignatureTextMode),
        "signed with LF, sent with CRLF"
    );
    let text = failed(SubIndication::HashFailure, Code::SignatureTextMode);
    assert_eq!(verdict(&bench.one(&bench.sign("signer", "-outform DER"))), text);
    assert_eq!(verdict(&bench.one(&bench.sign("signer", "-outform DER -text"))), text);
    assert_eq!(verdict(&bench.one(&bench.sign("signer", "-outform DER -noattr"))), text);
    let bare = bench.one(&bench.sign("signer", "-binary -outform DER -noattr"));
    let wanted =
        indeterminate(SubIndication::SigConstraintsFailure, Integrity::Intact, Code::SignatureNoSignedAttributes);
    assert_eq!(verdict(&bare), wanted);
    let attached = bench.sign("signer", "-binary -outform DER -nodetach");
    assert_eq!(verdict(&bench.one(&attached)), PASSED, "the document itself may stand inside");
    let mut changed = attached.clone();
    let inside = memchr::memmem::find(&attached, CONTENT.as_bytes()).unwrap();
    changed[inside] ^= 1;
    assert_eq!(verdict(&bench.one(&changed)), failed(SubIndication::FormatFailure, Code::SignatureFormat));
    let other = &bench.judge(&attached, &CONTENT.replace('9', "8"), &Policy::trial(), Timestamp::now())[0];
    assert_eq!(verdict(other), failed(SubIndication::HashFailure, Code::SignatureDigestDiffers));
    let anonymous = bench.one(&bench.sign("signer", "-binary -outform DER -nocerts"));
    let wanted = SubIndication::NoSigningCertificateFound;
    assert_eq!(verdict(&anonymous), indeterminate(wanted, Integrity::Unsupported, Code::SignatureNoCertificate));
    let weak = bench.one(&bench.sign("signer", "-binary -outform DER -md sha1"));
    let wanted = SubIndication::CryptoConstraintsFailure;
    assert_eq!(verdict(&weak), indeterminate(wanted, Integrity::Intact, Code::SignatureWeakAlgorithm));
    let strict = &bench.judge(&usual, CONTENT, &Policy::strict(), Timestamp::now())[0];
    let wanted = SubIndication::SigConstraintsFailure;
    assert_eq!(verdict(strict), indeterminate(wanted, Integrity::Intact, Code::SignaturePlainRefused));
    let later = Timestamp::now() + SignedDuration::from_hours(31 * 24);
    let expired = &bench.judge(&usual, CONTENT, &Policy::trial(), later)[0];
    let wanted = SubIndication::OutOfBoundsNoPoe;
    assert_eq!(verdict(expired), indeterminate(wanted, Integrity::Intact, Code::SignatureCertificateExpired));
    for junk in [
        b"".as_slice(),
        b"0",
        b"hello",
        b"-----BEGIN CMS-----",
        &usual[..usual.len() - 1],
        &[usual.as_slice(), b"\0"].concat(),
    ] {
        assert_eq!(verdict(&bench.one(junk)), failed(SubIndication::FormatFailure, Code::SignatureFormat));
    }
    let limits = Limits { octets: 10, ..Limits::default() };
    let profile = IdentityProfile::standard();
    let context = Context {
        trust: &bench.snapshot,
        policy: &Policy::trial(),
        profile: &profile,
        at: Timestamp::now(),
        time_source: TimeSource::Now,
    };
    let judged = examine(&usual, &Octets::from(Vec::new()), &context, &limits).unwrap().remove(0);
    assert_eq!(judged.finding.unwrap().code, Code::SignatureLimit);
}

#[test]
fn strangers_and_trial_certificates_are_intact_and_not_believed() {
    let bench = Bench::new();
    bench.pki.root("foreign", "rsa:2048");
    bench.pki.issue("stranger", "ec:P-256", "foreign", SUBJECT, PERSON);
    let judged = bench.one(&bench.sign("stranger", "-binary -outform DER -certfile foreign.crt"));
    let wanted = SubIndication::NoCertificateChainFound;
    assert_eq!(verdict(&judged), indeterminate(wanted, Integrity::Intact, Code::SignatureUntrusted));
    let policy = format!("{PERSON}\ncertificatePolicies={}", crate::forms::certificate::TRIAL_POLICY_OID);
    bench.pki.issue("sample", "ec:P-256", "ca", SUBJECT, &policy);
    let cms = bench.sign("sample", "-binary -outform DER -cades");
    assert_eq!(verdict(&bench.one(&cms)), PASSED);
    let strict = &bench.judge(&cms, CONTENT, &Policy::strict(), Timestamp::now())[0];
    let wanted = SubIndication::ChainConstraintsFailure;
    assert_eq!(verdict(strict), indeterminate(wanted, Integrity::Intact, Code::SignatureTrialPki));
}

#[test]
fn each_of_several_signers_is_judged() {
    let bench = Bench::new();
    bench.pki.person("first", "ec:P-256");
    bench.pki.root("foreign", "ec:P-256");
    bench.pki.issue("second", "rsa:2048", "foreign", SUBJECT, PERSON);
    let cms = bench.sign("first", "-binary -outform DER -cades -signer second.crt -inkey second.key");
    let judged = bench.judge(&cms, CONTENT, &Policy::strict(), Timestamp::now());
    let mut passed: Vec<bool> = judged.iter().map(Judged::passed).collect();
    passed.sort_unstable();
    assert_eq!(passed, [false, true]);
    assert!(judged.iter().all(|judged| judged.report.integrity == Integrity::Intact));
}

/// The same CMS with another certificate in it.
fn with_certificate(cms: &[u8], certificate: &Certificate) -> Vec<u8> {
    let mut info = Reader::only(cms).unwrap().reader();
    let oid = info.any().unwrap();
    let mut fields = Reader::only(info.any().unwrap().content).unwrap().reader();
    let mut parts = Vec::new();
    while !fields.is_empty() {
        let field = fields.any().unwrap();
        match field.tag == tag::context(0) {
            true => parts.extend(element(tag::context(0), &[certificate.der()])),
            false => parts.extend(field.raw),
        }
    }
    let signed = element(tag::SEQUENCE, &[&parts]);
    element(tag::SEQUENCE, &[oid.raw, &element(tag::context(0), &[&signed])])
}

#[test]
fn another_certificate_for_the_same_key_is_not_the_one_that_was_signed() {
    let bench = Bench::new();
    let signer = bench.pki.person("signer", "ec:P-256");
    let twin = format!(
        "x509 -req -in signer.csr -CA ca.crt -CAkey ca.key -set_serial {} -days 90 -out twin.crt",
        signer.serial()
    );
    bench.pki.openssl(&twin);
    let twin = bench.pki.certificate("twin");
    assert_ne!(twin, signer);
    let cades = bench.sign("signer", "-binary -outform DER -cades");
    assert_eq!(with_certificate(&cades, &signer), cades);
    let wanted = SubIndication::NoSigningCertificateFound;
    let differs = indeterminate(wanted, Integrity::Intact, Code::SignatureCertificateDiffers);
    assert_eq!(verdict(&bench.one(&with_certificate(&cades, &twin))), differs);
    let plain = bench.sign("signer", "-binary -outform DER");
    assert_eq!(verdict(&bench.one(&with_certificate(&plain, &twin))), PASSED, "plain CMS cannot tell");
    // the same issuer and serial number, another key
    bench.pki.person("other", "ec:P-256");
    let other = format!(
        "x509 -req -in other.csr -CA ca.crt -CAkey ca.key -set_serial {} -days 90 -out other.crt",
        signer.serial()
    );
    bench.pki.openssl(&other);
    let other = bench.pki.certificate("other");
    assert_eq!(
        verdict(&bench.one(&with_certificate(&cades, &other))),
        failed(SubIndication::SigCryptoFailure, Code::SignatureValueWrong)
    );
}

#[test]
fn no_flipped_bit_ever_passes() {
    let bench = Bench::new();
    let signer = bench.pki.person("signer", "ec:P-256");
    let content = Octets::from(CONTENT.as_bytes().to_vec());
    let ours = sign_detached(&content, &bench.pki.private_key("signer"), &signer, Timestamp::now()).unwrap();
    let plain = bench.sign("signer", "-binary -outform DER");
    for cms in [ours, plain] {
        assert!(bench.one(&cms).passed());
        // every fifth bit, so that each octet and each place in one has its turn
        for index in (0..cms.len() * 8).step_by(5) {
            let mut flipped = cms.clone();
            flipped[index / 8] ^= 1 << (index % 8);
            let judged = bench.judge(&flipped, CONTENT, &Policy::trial(), Timestamp::now());
            assert!(judged.iter().all(|judged| !judged.passed()), "bit {index}, octet {:#x}", index / 8);
        }
    }
}

#[test]
fn odd_curves_are_intact_and_too_weak() {
    let bench = Bench::new();
    for curve in ["secp256k1", "brainpoolP224r1", "P-224"] {
        bench.pki.person("signer", &format!("ec:{curve}"));
        let judged = bench.one(&bench.sign("signer", "-binary -outform DER -md sha256"));
        let wanted = SubIndication::CryptoConstraintsFailure;
        assert_eq!(verdict(&judged), indeterminate(wanted, Integrity::Intact, Code::SignatureWeakAlgorithm), "{curve}");
    }
}
