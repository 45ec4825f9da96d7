//! Behaviour of the room through its public face, with certificates that the `openssl` tool made.

use super::trial::{AUTHORITY, PERSON, Pki, SUBJECT};
use super::{Again, Doubt, IdentityProfile, OcspResponse, RevocationList, Snapshot, ValidationData, When};
use crate::finding::Code;
use crate::forms::certificate::{Certificate, TRIAL_POLICY_OID};
use jiff::{SignedDuration, Timestamp};

const DAY: i64 = 24 * 3600;

/// What comes along: these certificates.
fn with(certificates: &[Certificate]) -> ValidationData {
    ValidationData { certificates: certificates.to_vec(), ..ValidationData::default() }
}

fn after(days: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(days * DAY)
}

fn answer(snapshot: &Snapshot, signer: &Certificate, at: Timestamp) -> Result<usize, (Doubt, Code)> {
    let judged = snapshot.judge(signer, &ValidationData::default(), When::at_once(at));
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
    let fact =
        snapshot.judge(&pki.certificate("self"), &ValidationData::default(), When::at_once(after(0))).unwrap_err().fact;
    assert_eq!(fact, "self-signed", "a FİN is never shown");
    let fact = snapshot.judge(&signer, &ValidationData::default(), When::at_once(after(31))).unwrap_err().fact;
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
    let distrust = real.snapshot().judge(&signer, &with(&others), When::at_once(after(0))).unwrap_err();
    assert_eq!(distrust.code, Code::SignatureUntrusted);
}

#[test]
fn intermediates_are_stones_and_may_be_anchors() {
    let pki = Pki::new();
    let middle = pki.issue("middle", "rsa:2048", "ca", "/CN=Middle", AUTHORITY);
    let signer = pki.issue("signer", "ec:P-384", "middle", SUBJECT, PERSON);
    let snapshot = pki.snapshot();
    assert!(
        snapshot.judge(&signer, &ValidationData::default(), When::at_once(after(0))).is_err(),
        "the middle is missing"
    );
    let chain = snapshot.judge(&signer, &with(std::slice::from_ref(&middle)), When::at_once(after(0))).unwrap();
    assert_eq!(chain.certificates, [signer.clone(), middle.clone(), pki.certificate("ca")]);
    assert_eq!(answer(&with_lists(&pki, &["middle"], None), &signer, after(0)), Ok(2), "a partial path");
    // a person who issues is no CA
    let person = pki.person("person", "ec:P-256");
    let below = pki.issue("below", "ec:P-256", "person", SUBJECT, PERSON);
    let distrust = snapshot.judge(&below, &with(&[person]), When::at_once(after(0))).unwrap_err();
    assert!(
        matches!(distrust.verdict, Doubt::ChainConstraintsFailure | Doubt::NoCertificateChainFound),
        "{distrust:?}"
    );
    // path length 0 allows no CA below
    let last = pki.issue("last", "ec:P-256", "ca", "/CN=Last", &AUTHORITY.replace("CA:TRUE", "CA:TRUE,pathlen:0"));
    let beyond = pki.issue("beyond", "ec:P-256", "last", "/CN=Beyond", AUTHORITY);
    let end = pki.issue("end", "ec:P-256", "beyond", SUBJECT, PERSON);
    assert_eq!(
        snapshot.judge(&end, &with(&[last, beyond]), When::at_once(after(0))).unwrap_err().verdict,
        Doubt::ChainConstraintsFailure
    );
}

/// RFC 5280 6.1: a CA may bind those below it to names and to certificate policies.
#[test]
fn what_a_ca_demands_of_those_below_it_holds() {
    let pki = Pki::new();
    let snapshot = pki.snapshot();
    let below = |demand: &str, policies: &str| {
        pki.issue("middle", "ec:P-256", "ca", "/CN=Middle", &format!("{AUTHORITY}\n{demand}"));
        let signer = pki.issue("signer", "ec:P-256", "middle", SUBJECT, &format!("{PERSON}\n{policies}"));
        let along = with(&[pki.certificate("middle")]);
        let judged = snapshot.judge(&signer, &along, When::at_once(after(0)));
        judged.map(|chain| chain.certificates.len()).map_err(|distrust| (distrust.verdict, distrust.code))
    };
    let refused = Err((Doubt::ChainConstraintsFailure, Code::SignatureUntrusted));
    let policies = |oid: &str| format!("certificatePolicies={oid}");
    let demanding = "certificatePolicies=1.2.3.4\npolicyConstraints=critical,requireExplicitPolicy:0";
    assert_eq!(below(demanding, &policies("1.2.3.4")), Ok(3));
    assert_eq!(below(demanding, &policies("1.2.3.5")), refused, "another policy");
    assert_eq!(below(demanding, ""), refused, "no policy");
    assert_eq!(below("certificatePolicies=1.2.3.4", &policies("1.2.3.5")), Ok(3), "nothing is demanded");
    let any = |more: &str| format!("certificatePolicies=2.5.29.32.0\npolicyConstraints=critical,{more}");
    assert_eq!(below(&any("requireExplicitPolicy:0"), &policies("1.2.3.5")), Ok(3), "any will do, but one must");
    assert_eq!(below(&any("requireExplicitPolicy:0"), ""), refused, "any will do, and there is none");
    assert_eq!(below(&any("requireExplicitPolicy:1"), ""), refused, "from the next certificate on, the signer's");
    assert_eq!(below(&any("requireExplicitPolicy:2"), ""), Ok(3), "from one on that does not come");
    let map = |more: &str| format!("{}{more}\npolicyMappings=critical,1.2.3.4:1.2.3.9", demanding);
    assert_eq!(below(&map(""), &policies("1.2.3.9")), Ok(3), "the other domain's name");
    assert_eq!(below(&map(""), &policies("1.2.3.4")), refused, "the own domain's name below the border");
    assert_eq!(below(&map(",inhibitPolicyMapping:0"), &policies("1.2.3.9")), Ok(3), "from the next certificate on");
    let without_any = format!("{}\ninhibitAnyPolicy=critical,0", any("requireExplicitPolicy:0"));
    assert_eq!(below(&without_any, &policies("2.5.29.32.0")), refused, "any no longer stands for every one");
    assert_eq!(below(&any("requireExplicitPolicy:0"), &policies("2.5.29.32.0")), Ok(3));
    let names = |permitted: &str| format!("nameConstraints=critical,permitted;dirName:names\n[names]\n{permitted}");
    assert_eq!(below(&names("C=AZ"), ""), Ok(3));
    assert_eq!(below(&names("C=GE"), ""), refused, "another name");
    let unknown = format!("{PERSON}\n1.2.3.4.5=critical,ASN1:NULL");
    let signer = pki.issue("signer", "ec:P-256", "ca", SUBJECT, &unknown);
    assert_eq!(answer(&snapshot, &signer, after(0)), refused, "critical, and nobody knows what it means");
}

/// Paths with policies, mappings and constraints at random, beside `openssl verify` for which any policy will do.
#[test]
fn policies_hold_as_openssl_holds_them() {
    let pki = Pki::new();
    let snapshot = pki.snapshot();
    let mut seed = 2026u32;
    let mut below = |count: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % count
    };
    let cases = std::env::var("PENCERE_TORTURE").map_or(12, |times| 12 * times.parse::<u32>().unwrap());
    let mut passed = 0;
    for _ in 0..cases {
        let mut policies = |is_signer: bool| {
            let known = ["2.5.29.32.0", "1.2.3.4", "1.2.3.5"];
            let own: Vec<&str> = known.into_iter().filter(|_| below(3) > 0).collect();
            let mut said = String::new();
            if !own.is_empty() {
                said += &format!("\ncertificatePolicies={}", own.join(","));
            }
            if !is_signer {
                let mut demands = Vec::new();
                for name in ["requireExplicitPolicy", "inhibitPolicyMapping"] {
                    if below(2) == 0 {
                        demands.push(format!("{name}:{}", below(3)));
                    }
                }
                if !demands.is_empty() {
                    said += &format!("\npolicyConstraints=critical,{}", demands.join(","));
                }
                // openssl makes a policy that is mapped without being named out of any policy, inhibited or not
                let (from, to) = [("1.2.3.4", "1.2.3.5"), ("1.2.3.5", "1.2.3.4")][below(2) as usize];
                if below(2) == 0 && own.contains(&from) {
                    said += &format!("\npolicyMappings={from}:{to}");
                }
                if below(4) == 0 {
                    said += &format!("\ninhibitAnyPolicy=critical,{}", below(3));
                }
            }
            said
        };
        let said = [policies(false), policies(false), policies(true)];
        let upper = pki.issue("upper", "ec:P-256", "ca", "/CN=Upper", &(AUTHORITY.to_owned() + &said[0]));
        let middle = pki.issue("middle", "ec:P-256", "upper", "/CN=Middle", &(AUTHORITY.to_owned() + &said[1]));
        let signer = pki.issue("signer", "ec:P-256", "middle", SUBJECT, &(PERSON.to_owned() + &said[2]));
        let theirs = std::process::Command::new("openssl")
            .args(["verify", "-policy_check", "-policy", "2.5.29.32.0", "-CAfile"])
            .arg(pki.path("ca.crt"))
            .args(["middle.crt", "upper.crt"].iter().flat_map(|one| ["-untrusted".into(), pki.path(one)]))
            .arg(pki.path("signer.crt"))
            .output()
            .unwrap();
        let ours = snapshot.judge(&signer, &with(&[upper, middle]), When::at_once(after(0)));
        assert_eq!(ours.is_ok(), theirs.status.success(), "{said:#?} {ours:?} {theirs:?}");
        passed += u32::from(ours.is_ok());
    }
    assert!(passed > 0 && passed < cases, "{passed} of {cases}");
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

/// An answer of `openssl ocsp` about a certificate of `ca`, given by this responder.
fn ocsp(pki: &Pki, name: &str, responder: &str, status: &str, more: &str) -> OcspResponse {
    let serial = pki.certificate(name).serial_octets().iter().map(|octet| format!("{octet:02X}")).collect::<String>();
    let serial = serial.trim_start_matches("00");
    let revoked = if status == "R" { "260101000000Z" } else { "" };
    pki.write("ocsp.index", format!("{status}\t360101000000Z\t{revoked}\t{serial}\tunknown\t/CN=x\n"));
    pki.openssl(&format!(
        "ocsp -index ocsp.index -CA ca.crt -rsigner {responder}.crt -rkey {responder}.key -issuer ca.crt \
         -cert {name}.crt -respout ocsp.der {more}"
    ));
    OcspResponse::from_der(&pki.read("ocsp.der")).unwrap()
}

#[test]
fn an_answer_about_a_certificate_counts_by_whom_it_is_given_and_when() {
    let pki = Pki::new();
    let signer = pki.person("signer", "ec:P-256");
    let responder =
        "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\nbasicConstraints=CA:FALSE";
    pki.issue("ocsp", "ec:P-256", "ca", "/CN=OCSP", responder);
    pki.issue("server", "ec:P-256", "ca", "/CN=TLS", &responder.replace("OCSPSigning", "serverAuth"));
    pki.issue("checked", "ec:P-256", "ca", "/CN=OCSP", &responder.replace("noCheck=ignored\n", ""));
    pki.root("foreign", "ec:P-256");
    pki.issue("foreign-ocsp", "ec:P-256", "foreign", "/CN=OCSP", responder);
    let snapshot = Snapshot::new(vec![pki.certificate("ca")], vec![], Some(vec![]), SignedDuration::ZERO, after(0));
    let judge = |responses: Vec<OcspResponse>, when: When| {
        let data = ValidationData { responses, ..ValidationData::default() };
        snapshot.judge(&signer, &data, when).map(drop).map_err(|distrust| distrust.verdict)
    };
    let judged = |responses, now| judge(responses, When::at_once(now));
    let now = Timestamp::now();
    assert_eq!(judged(vec![], now), Err(Doubt::TryLater));
    for who in ["ca", "ocsp"] {
        let good = ocsp(&pki, "signer", who, "V", "-ndays 1");
        let now = Timestamp::now();
        assert_eq!(judged(vec![good.clone()], now), Ok(()), "{who}");
        assert_eq!(judged(vec![good], now + SignedDuration::from_hours(25)), Err(Doubt::TryLater), "stale: {who}");
        let revoked = ocsp(&pki, "signer", who, "R", "-ndays 1");
        assert_eq!(judged(vec![revoked], Timestamp::now()), Err(Doubt::RevokedNoPoe), "{who}");
    }
    // made after the moment that is asked about, it tells of that moment, with or without a next one
    let later = ocsp(&pki, "signer", "ocsp", "V", "");
    assert_eq!(
        judge(vec![later], When { at: Timestamp::from_second(now.as_second()).unwrap(), now: Timestamp::now() }),
        Ok(())
    );
    for who in ["server", "checked", "foreign", "foreign-ocsp", "signer"] {
        let strange = ocsp(&pki, "signer", who, "V", "-ndays 1");
        assert_eq!(judged(vec![strange], Timestamp::now()), Err(Doubt::TryLater), "{who}");
    }
    let other = pki.person("other", "ec:P-256");
    let of_another = ocsp(&pki, "other", "ocsp", "V", "-ndays 1");
    assert_eq!(judged(vec![of_another], Timestamp::now()), Err(Doubt::TryLater));
    assert_ne!(other.serial(), signer.serial());
    let unknown = ocsp(&pki, "signer", "ocsp", "V", "-ndays 1 -resp_no_certs");
    assert_eq!(judged(vec![unknown], Timestamp::now()), Err(Doubt::TryLater), "its maker is not told");
}

/// Nothing that a document brings along takes back what is known, and no date in it is believed for itself.
#[test]
fn a_revocation_that_is_known_is_not_taken_back_by_an_answer() {
    let pki = Pki::new();
    let signer = pki.person("signer", "ec:P-256");
    let responder = "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored";
    pki.issue("ocsp", "ec:P-256", "ca", "/CN=OCSP", responder);
    let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
    let good = ocsp(&pki, "signer", "ocsp", "V", "-ndays 7");
    let judged = |lists: Vec<RevocationList>, responses: &[OcspResponse], when: When| {
        let snapshot = Snapshot::new(vec![pki.certificate("ca")], vec![], Some(lists), SignedDuration::ZERO, now);
        let data = ValidationData { responses: responses.to_vec(), ..ValidationData::default() };
        snapshot.judge(&signer, &data, when).map(drop).map_err(|distrust| distrust.verdict)
    };
    let revoked = pki.revocation_list("ca", &["signer"], 1);
    let at = |hours: i64| When::at_once(Timestamp::now() + hour * hours as i32);
    let good_later = ocsp(&pki, "signer", "ocsp", "V", "-ndays 7");
    for answers in [&[][..], std::slice::from_ref(&good), &[good_later]] {
        assert_eq!(judged(vec![revoked.clone()], answers, at(0)), Err(Doubt::RevokedNoPoe), "the list is fresh");
        assert_eq!(judged(vec![revoked.clone()], answers, at(5)), Err(Doubt::RevokedNoPoe), "the list is stale");
    }
    // what is said for a later day is not said yet
    let early = When::at_once(now - hour);
    assert_eq!(
        judged(vec![], std::slice::from_ref(&good), early),
        Err(Doubt::OutOfBoundsNoPoe),
        "nor is the certificate"
    );
    // a proof of an earlier moment does not make stale information fresh
    let when = When { at: Timestamp::now(), now: Timestamp::now() + hour * 24 * 8 };
    let before = ocsp(&pki, "signer", "ocsp", "V", "-ndays 7");
    let later = When { at: when.at + hour, ..when };
    assert_eq!(judged(vec![], std::slice::from_ref(&before), later), Err(Doubt::TryLater));
    // but what was said after that moment tells of it for ever, while the responder's certificate lasts
    let earlier = When { at: Timestamp::from_second(now.as_second()).unwrap(), ..when };
    assert_eq!(judged(vec![], std::slice::from_ref(&before), earlier), Ok(()));
    let ended = When { now: now + hour * 24 * 40, ..earlier };
    assert_eq!(judged(vec![], &[before], ended), Err(Doubt::TryLater));
}

#[test]
fn where_nothing_must_be_known_a_revocation_that_is_known_counts() {
    let pki = Pki::new();
    let signer = pki.person("signer", "ec:P-256");
    let snapshot = pki.snapshot();
    let with = |responses| ValidationData { responses, ..ValidationData::default() };
    assert!(snapshot.judge(&signer, &with(vec![]), When::at_once(after(0))).is_ok());
    let revoked = ocsp(&pki, "signer", "ca", "R", "-ndays 1");
    let distrust = snapshot.judge(&signer, &with(vec![revoked]), When::at_once(Timestamp::now())).unwrap_err();
    assert_eq!(distrust.code, Code::SignatureCertificateRevoked);
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

#[test]
fn a_path_that_was_believed_is_looked_at_again_by_what_is_known_now() {
    let pki = Pki::new();
    let middle = pki.issue("middle", "ec:P-256", "ca", "/CN=Middle", AUTHORITY);
    let signer = pki.issue("signer", "ec:P-256", "middle", SUBJECT, PERSON);
    let path = [signer, middle.clone(), pki.certificate("ca")];
    let before = path[0].not_before();
    std::thread::sleep(std::time::Duration::from_millis(1100)); // revocation times count in seconds
    let now = Timestamp::now();
    let again = |lists: &[&RevocationList], at: Timestamp| {
        let lists = lists.iter().map(|list| (*list).clone()).collect();
        with_lists(&pki, &["ca"], Some(lists)).look_again(&path, When { at, now: now + SignedDuration::from_secs(2) })
    };
    let of_middle = pki.revocation_list("middle", &[], 1);
    let made = Some(of_middle.this_update());
    assert_eq!(again(&[], now), Again::Good { newest: None });
    // of the authority's own standing nothing need be known; of the signer it is told since when it is
    assert_eq!(again(&[&of_middle], now), Again::Good { newest: made });
    let of_root = pki.revocation_list("ca", &["middle"], 1);
    let Again::Revoked { depth: 1, moment } = again(&[&of_middle, &of_root], Timestamp::MAX) else { panic!() };
    assert!(moment > before);
    assert_eq!(again(&[&of_middle, &of_root], before), Again::Good { newest: made }, "it came later");
    let revoked = pki.revocation_list("middle", &["signer"], 1);
    assert!(matches!(again(&[&revoked], Timestamp::MAX), Again::Revoked { depth: 0, .. }));
    // and OCSP answers that were asked for count as lists do
    let person = pki.person("person", "ec:P-256");
    let path = [person, pki.certificate("ca")];
    let snapshot = with_lists(&pki, &["ca"], Some(vec![]));
    let digest = snapshot.digest();
    let snapshot = snapshot.with_answers(vec![ocsp(&pki, "person", "ca", "R", "-ndays 1")]);
    assert_ne!(snapshot.digest(), digest);
    let at = When::at_once(Timestamp::now());
    assert!(matches!(snapshot.look_again(&path, at), Again::Revoked { depth: 0, .. }));
    assert_eq!(snapshot.judge(&path[0], &ValidationData::default(), at).unwrap_err().verdict, Doubt::RevokedNoPoe);
}
