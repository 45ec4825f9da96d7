//! Behaviour of the room through its public face, with certificates that the `openssl` tool made.

use super::trial::{AUTHORITY, PERSON, Pki, SUBJECT};
use super::{Doubt, IdentityProfile, RevocationList, Snapshot};
use crate::finding::Code;
use crate::forms::certificate::{Certificate, TRIAL_POLICY_OID};
use jiff::{SignedDuration, Timestamp};

const DAY: i64 = 24 * 3600;

fn after(days: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(days * DAY)
}

fn answer(snapshot: &Snapshot, signer: &Certificate, at: Timestamp) -> Result<usize, (Doubt, Code)> {
    let judged = snapshot.judge(signer, &[], at);
    judged.map(|chain| chain.certificates.len()).map_err(|distrust| (distrust.verdict, distrust.code))
}

fn with_lists(pki: &Pki, anchors: &[&str], lists: Option<Vec<RevocationList>>) -> Snapshot {
    let anchors = anchors.iter().map(|name| pki.certificate(name)).collect();
    Snapshot::new(anchors, Vec::new(), lists, SignedDuration::from_hours(1), Timestamp::now())
}

#[test]
fn a_certificate_is_read_as_it_is_written() {
    let pki = Pki::new();
    let policy = format!("{PERSON}\ncertificatePolicies={TRIAL_POLICY_OID}\nextendedKeyUsage=emailProtection");
    let subject = r#"/C=AZ/O=#a, "b" \+ c/CN= Əli\\;x /serialNumber=5VBK5VR+title=T"#;
    let signer = pki.issue("odd", "ec:P-256", "ca", subject, &policy);
    assert_eq!(signer.subject(), r#"title=T+serialNumber=5VBK5VR,CN=\ Əli\\\;x\ ,O=\#a\, \"b\" \+ c,C=AZ"#);
    assert_eq!(signer.issuer(), "CN=Test CA ca");
    assert!(signer.is_trial() && !signer.is_ca() && !pki.certificate("ca").is_trial());
    assert!(
        signer
            .key_usage()
            .is_some_and(|usage| usage.digital_signature() && usage.non_repudiation() && !usage.crl_sign())
    );
    assert_eq!(signer.extended_key_usage(), Some(["1.3.6.1.5.5.7.3.4".to_owned()].as_slice()));
    assert!(signer.serial().bytes().all(|digit| digit.is_ascii_digit()) && signer.serial().len() > 20);
    assert_eq!(signer.not_after().as_second() - signer.not_before().as_second(), 30 * DAY);
    assert_eq!(Certificate::from_der(signer.der()).unwrap(), signer);
    assert!(!format!("{signer:?}").contains("5VBK5VR"), "a FİN is never shown");
    for cut in [0, 1, 100, signer.der().len() - 1] {
        assert!(Certificate::from_der(&signer.der()[..cut]).is_err());
    }
}

#[test]
fn the_identity_stands_where_the_profile_says() {
    let pki = Pki::new();
    let profile = IdentityProfile::standard();
    for (subject, fin, voen) in [
        (SUBJECT, Some("5VBK5VR"), Some("9990000221")),
        ("/CN=x/serialNumber=PNOAZ-5VBK5VR/2.5.4.97=NTRAZ-9990000351", Some("5VBK5VR"), Some("9990000351")),
        ("/CN=x/OU=Şöbə/OU=9990000221/serialNumber=5VBK5VI", None, Some("9990000221")),
        ("/CN=x/serialNumber=PNOTR-5VBK5VR/2.5.4.97=VATAZ-9990000222", None, None),
        ("/CN=x/OU=9990000231", None, None),
    ] {
        let signer = pki.issue("who", "ec:P-256", "ca", subject, PERSON);
        assert_eq!(profile.fin(&signer).as_ref().map(|fin| fin.reveal()), fin, "{subject}");
        assert_eq!(profile.voen(&signer).as_ref().map(|voen| voen.as_str()), voen, "{subject}");
    }
    assert!(IdentityProfile::new(&[("2.5.4.5", "no hole")], &[]).is_err());
    assert!(IdentityProfile::new(&[("2.5.x", "{}")], &[]).is_err());
}

#[test]
fn a_path_is_good_within_its_validity_alone() {
    let pki = Pki::new();
    let signer = pki.person("signer", "ec:P-256");
    let snapshot = pki.snapshot();
    assert_eq!(answer(&snapshot, &signer, after(0)), Ok(2));
    assert_eq!(answer(&snapshot, &signer, after(1)), Ok(2), "by the path that is remembered");
    assert_eq!(
        answer(&snapshot, &signer, after(31)),
        Err((Doubt::OutOfBoundsNoPoe, Code::SignatureCertificateExpired))
    );
    assert_eq!(
        answer(&snapshot, &signer, after(-1)),
        Err((Doubt::OutOfBoundsNoPoe, Code::SignatureCertificateNotYetValid))
    );
    assert_eq!(answer(&snapshot, &signer, after(0)), Ok(2));
    pki.openssl("x509 -req -in signer.csr -signkey signer.key -days 30 -out self.crt");
    let fact = snapshot.judge(&pki.certificate("self"), &[], after(0)).unwrap_err().fact;
    assert_eq!(fact, "self-signed", "a FİN is never shown");
    let fact = snapshot.judge(&signer, &[], after(31)).unwrap_err().fact;
    assert_eq!(fact, signer.not_after().to_string());
    pki.root("other", "ec:P-256");
    let stranger = pki.issue("stranger", "ec:P-256", "other", SUBJECT, PERSON);
    assert_eq!(answer(&snapshot, &stranger, after(0)), Err((Doubt::NoCertificateChainFound, Code::SignatureUntrusted)));
    assert_eq!(
        answer(&Snapshot::default(), &signer, after(0)),
        Err((Doubt::NoCertificateChainFound, Code::SignatureUntrusted))
    );
}

#[test]
fn a_false_ca_of_the_same_name_helps_nobody() {
    let (real, forged) = (Pki::new(), Pki::new());
    let signer = forged.person("signer", "ec:P-256");
    let others = [forged.certificate("ca")];
    let distrust = real.snapshot().judge(&signer, &others, after(0)).unwrap_err();
    assert_eq!(distrust.code, Code::SignatureUntrusted);
}

#[test]
fn intermediates_are_stones_and_may_be_anchors() {
    let pki = Pki::new();
    let middle = pki.issue("middle", "rsa:2048", "ca", "/CN=Middle", AUTHORITY);
    let signer = pki.issue("signer", "ec:P-384", "middle", SUBJECT, PERSON);
    let snapshot = pki.snapshot();
    assert!(snapshot.judge(&signer, &[], after(0)).is_err(), "the middle is missing");
    let chain = snapshot.judge(&signer, std::slice::from_ref(&middle), after(0)).unwrap();
    assert_eq!(chain.certificates, [signer.clone(), middle.clone(), pki.certificate("ca")]);
    assert_eq!(answer(&with_lists(&pki, &["middle"], None), &signer, after(0)), Ok(2), "a partial path");
    // a person who issues is no CA
    let person = pki.person("person", "ec:P-256");
    let below = pki.issue("below", "ec:P-256", "person", SUBJECT, PERSON);
    let distrust = snapshot.judge(&below, &[person], after(0)).unwrap_err();
    assert!(
        matches!(distrust.verdict, Doubt::ChainConstraintsFailure | Doubt::NoCertificateChainFound),
        "{distrust:?}"
    );
    // path length 0 allows no CA below
    let last = pki.issue("last", "ec:P-256", "ca", "/CN=Last", &AUTHORITY.replace("CA:TRUE", "CA:TRUE,pathlen:0"));
    let beyond = pki.issue("beyond", "ec:P-256", "last", "/CN=Beyond", AUTHORITY);
    let end = pki.issue("end", "ec:P-256", "beyond", SUBJECT, PERSON);
    assert_eq!(snapshot.judge(&end, &[last, beyond], after(0)).unwrap_err().verdict, Doubt::ChainConstraintsFailure);
}

#[test]
fn keys_that_are_not_for_signing_or_too_short_are_refused() {
    let pki = Pki::new();
    let snapshot = pki.snapshot();
    let usage = Err((Doubt::ChainConstraintsFailure, Code::SignatureKeyUsage));
    let cipher = pki.issue("cipher", "ec:P-256", "ca", SUBJECT, "keyUsage=critical,keyAgreement");
    assert_eq!(answer(&snapshot, &cipher, after(0)), usage);
    let middle = pki.issue("middle", "ec:P-256", "ca", "/CN=Middle", AUTHORITY);
    assert_eq!(answer(&snapshot, &middle, after(0)), usage);
    let bare = pki.issue("bare", "ec:P-256", "ca", SUBJECT, "subjectKeyIdentifier=hash");
    assert_eq!(answer(&snapshot, &bare, after(0)), Ok(2), "key usage is not demanded");
    let short = pki.issue("short", "rsa:1024", "ca", SUBJECT, PERSON);
    assert_eq!(
        answer(&snapshot, &short, after(0)),
        Err((Doubt::CryptoConstraintsFailure, Code::SignatureWeakAlgorithm))
    );
}

#[test]
fn revocation_is_asked_when_the_window_has_lists() {
    let pki = Pki::new();
    let (good, bad) = (pki.person("good", "ec:P-256"), pki.person("bad", "ec:P-256"));
    let later = Err((Doubt::TryLater, Code::SignatureRevocationUnknown));
    assert_eq!(answer(&with_lists(&pki, &["ca"], Some(Vec::new())), &good, after(0)), later);
    let list = pki.revocation_list("ca", &["bad"], 24);
    let snapshot = with_lists(&pki, &["ca"], Some(vec![list.clone()]));
    let soon = Timestamp::now() + SignedDuration::from_secs(2);
    assert_eq!(answer(&snapshot, &good, soon), Ok(2));
    assert_eq!(answer(&snapshot, &bad, soon), Err((Doubt::RevokedNoPoe, Code::SignatureCertificateRevoked)));
    assert_eq!(answer(&snapshot, &good, soon + SignedDuration::from_mins(24 * 60 + 30)), Ok(2), "within the grace");
    assert_eq!(answer(&snapshot, &good, after(2)), later, "stale, though the path is remembered");
    // a list signed by another key of the same name says nothing
    let forged = Pki::new().revocation_list("ca", &[], 24);
    assert_eq!(answer(&with_lists(&pki, &["ca"], Some(vec![forged])), &good, soon), later);
    assert_ne!(snapshot.digest(), with_lists(&pki, &["ca"], None).digest());
    assert_eq!(snapshot.digest(), with_lists(&pki, &["ca"], Some(vec![list])).digest());
}

#[test]
fn before_its_revocation_a_certificate_was_good() {
    let pki = Pki::new();
    let bad = pki.person("bad", "ec:P-256");
    let before = bad.not_before();
    std::thread::sleep(std::time::Duration::from_millis(1100)); // revocation times count in seconds
    let snapshot = with_lists(&pki, &["ca"], Some(vec![pki.revocation_list("ca", &["bad"], 24)]));
    assert_eq!(answer(&snapshot, &bad, before), Ok(2));
    assert_eq!(answer(&snapshot, &bad, after(0)), Err((Doubt::RevokedNoPoe, Code::SignatureCertificateRevoked)));
}

#[test]
fn a_list_counts_for_its_own_part_alone() {
    let pki = Pki::new();
    let point = |name: &str| format!("{PERSON}\ncrlDistributionPoints=URI:http://crl.test/{name}.crl");
    let first = pki.issue("first", "ec:P-256", "ca", SUBJECT, &point("1"));
    let second = pki.issue("second", "ec:P-256", "ca", SUBJECT, &point("2"));
    let soon = Timestamp::now() + SignedDuration::from_secs(2);
    let later = Err((Doubt::TryLater, Code::SignatureRevocationUnknown));
    let ask = |extensions: &str, signer: &Certificate| {
        let list = pki.revocation_list_with("ca", &[], 24, extensions);
        answer(&with_lists(&pki, &["ca"], Some(vec![list])), signer, soon)
    };
    let scope = "issuingDistributionPoint=critical,@p\n[p]\n";
    assert_eq!(ask(&format!("{scope}fullname=URI:http://crl.test/1.crl\nonlyuser=TRUE"), &first), Ok(2));
    assert_eq!(ask(&format!("{scope}fullname=URI:http://crl.test/1.crl"), &second), later, "another point's list");
    assert_eq!(ask(&format!("{scope}onlyCA=TRUE"), &first), later);
    assert_eq!(ask(&format!("{scope}onlysomereasons=keyCompromise"), &first), later);
    assert_eq!(ask(&format!("{scope}indirectCRL=TRUE"), &first), later);
    assert_eq!(ask("2.5.29.27=critical,DER:020101", &first), later, "a delta list");
    assert_eq!(ask("1.2.3.4=critical,DER:0500", &first), later, "nobody knows what it limits");
    assert_eq!(ask("1.2.3.4=DER:0500", &first), Ok(2));
}

#[test]
fn each_shipped_profile_reads_its_own_shape_and_the_default_all() {
    let pki = Pki::new();
    let subjects = [
        ("bare", "/CN=Əli/serialNumber=5VBK5VR/2.5.4.97=VATAZ-9990000221"),
        ("etsi", "/CN=Əli/serialNumber=PNOAZ-5VBK5VR/2.5.4.97=VATAZ-9990000221"),
        ("unit", "/CN=Əli/serialNumber=5VBK5VR/OU=Şöbə/OU=9990000221"),
    ];
    for (shape, subject) in subjects {
        let signer = pki.issue("who", "ec:P-256", "ca", subject, PERSON);
        for name in IdentityProfile::NAMES {
            let profile = IdentityProfile::shipped(name).unwrap();
            let reads = profile.fin(&signer).is_some() && profile.voen(&signer).is_some();
            assert_eq!(reads, name == shape || name == "standard", "{name} of {subject}");
        }
    }
    assert_eq!(IdentityProfile::shipped("standard"), Some(IdentityProfile::standard()));
    assert_eq!(IdentityProfile::shipped("none"), None);
}

#[test]
fn a_place_that_holds_two_says_nothing() {
    let pki = Pki::new();
    let profile = IdentityProfile::standard();
    for (subject, voen) in [
        ("/OU=9990000221/OU=9990000351", None),
        ("/OU=9990000221+OU=9990000351", None),
        ("/OU=9990000221/OU=9990000221", Some("9990000221")),
        ("/OU=9990000221/OU=9990000231", Some("9990000221")), // the other is none
        ("/OU=9990000221/OU=9990000351/2.5.4.97=VATAZ-9990000481", Some("9990000481")),
    ] {
        let signer = pki.issue("who", "ec:P-256", "ca", subject, PERSON);
        assert_eq!(profile.voen(&signer).as_ref().map(|voen| voen.as_str()), voen, "{subject}");
    }
}
