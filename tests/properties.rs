//! What a signer signs beside the document: each property as it should be, missing, or not as it should be, and
//! what the verdict says of it (EN 319 132-1 5.2, EN 319 122-1 5.2, EN 319 102-1 5.2.3, 5.2.4 and 5.2.8).
//!
//! The octets that are digested are made by `xmllint`, so that no canonicaliser of ours stands between.

mod authorities;

use authorities::{Bench, DS, EXCLUSIVE, SOON, XADES, children, join, with_signer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use pencere::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use pencere::forms::claims::SignaturePolicy;
use pencere::forms::der::{self, element, tag};
use pencere::forms::value::{self, Form};
use pencere::signature::{
    Answer, Check, Indication, Integrity, Policy, Property, Report, SignatureReport, SubIndication,
};

const DOCUMENT: &str = "<a>1</a>";
const ECDSA: SignatureAlgorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);
const TIME: &str = "<xades:SigningTime>2026-11-16T06:00:00Z</xades:SigningTime>";
const FORMAT: &str = "<xades:DataObjectFormat ObjectReference=\"#r\"><xades:MimeType>text/xml</xades:MimeType>\
                      </xades:DataObjectFormat>";

fn base64_of(octets: &[u8]) -> String {
    BASE64.encode(openssl::sha::sha256(octets))
}

/// A XAdES signature in `<a>1</a>` by the person of the bench, with these signed properties: of the signature, and
/// of the object.
fn signed(bench: &Bench, signature: &str, objects: &str) -> String {
    let properties = format!(
        "<xades:SignedProperties xmlns:xades=\"{XADES}\" xmlns:ds=\"{DS}\" Id=\"p\"><xades:SignedSignatureProperties>\
         {signature}</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>{objects}\
         </xades:SignedDataObjectProperties></xades:SignedProperties>"
    );
    let sha256 = "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
    let exclusive = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"/>");
    let info = format!(
        "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"/>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>\
         <ds:Reference Id=\"r\" URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{DS}enveloped-signature\"/>{exclusive}\
         </ds:Transforms>{sha256}<ds:DigestValue>{}</ds:DigestValue></ds:Reference>\
         <ds:Reference Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#p\"><ds:Transforms>{exclusive}\
         </ds:Transforms>{sha256}<ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
        base64_of(DOCUMENT.as_bytes()),
        base64_of(&bench.exclusive(&properties)),
    );
    let value = value::sign(&bench.key("person"), ECDSA, &bench.exclusive(&info), Form::Raw).unwrap();
    format!(
        "<a>1<ds:Signature xmlns:ds=\"{DS}\" Id=\"s\">{info}<ds:SignatureValue>{}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>\
         <xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#s\">{properties}</xades:QualifyingProperties>\
         </ds:Object></ds:Signature></a>",
        BASE64.encode(value),
        BASE64.encode(bench.certificate("person").der())
    )
}

/// A reference to the person's certificate, of the version whose local names end so; with more inside of it.
fn certificate(bench: &Bench, version: &str, digest: Option<&str>, more: &str) -> String {
    let own = base64_of(bench.certificate("person").der());
    format!(
        "<xades:SigningCertificate{version}><xades:Cert><xades:CertDigest>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>{}</ds:DigestValue>\
         </xades:CertDigest>{more}</xades:Cert></xades:SigningCertificate{version}>",
        digest.unwrap_or(&own)
    )
}

fn policy(id: &str, digest: bool) -> String {
    let hash = match digest {
        true => {
            "<xades:SigPolicyHash><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
                 <ds:DigestValue>AQID</ds:DigestValue></xades:SigPolicyHash>"
        }
        false => "",
    };
    format!(
        "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId><xades:Identifier>{id}\
         </xades:Identifier></xades:SigPolicyId>{hash}</xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>"
    )
}

/// What is asked of a verdict: indication, sub-indication, the first reason's code.
type Verdict = (Indication, Option<SubIndication>, Option<&'static str>);

const PASSED: Verdict = (Indication::TotalPassed, None, None);
const FORMAT_FAILURE: Verdict = (Indication::TotalFailed, Some(SubIndication::FormatFailure), Some("signature.format"));
const OTHER_CERTIFICATE: Verdict =
    (Indication::Indeterminate, Some(SubIndication::NoSigningCertificateFound), Some("signature.certificate-differs"));

fn constraint(code: &'static str) -> Verdict {
    (Indication::Indeterminate, Some(SubIndication::SigConstraintsFailure), Some(code))
}

fn verdict(report: &Report) -> Verdict {
    let one = &report.signatures[0];
    (one.indication, one.sub_indication, one.reasons.first().map(|reason| reason.code))
}

fn asked(report: &Report, check: Check) -> Answer {
    report.signatures[0].checks.answers.get(check)
}

#[test]
fn each_property_that_is_wrong_or_missing_has_its_verdict() {
    let bench = Bench::new();
    let strict = Policy { trial: true, ..Policy::strict() };
    let v2 = certificate(&bench, "V2", None, "");
    let good = format!("{TIME}{v2}");
    let with = |more: &str| format!("{good}{more}");
    let other = base64_of(b"another certificate");
    let serial = |number: &str| {
        format!(
            "<xades:IssuerSerial><ds:X509IssuerName>CN=whoever spells it</ds:X509IssuerName>\
             <ds:X509SerialNumber>{number}</ds:X509SerialNumber></xades:IssuerSerial>"
        )
    };
    let own = openssl::bn::BigNum::from_slice(bench.certificate("person").serial_octets()).unwrap();
    let own = serial(&own.to_dec_str().unwrap());
    let named = |issuer: &str| {
        let certificate = bench.certificate("person");
        let issuer = bench.certificate(issuer);
        let name = element(tag::SEQUENCE, &[&element(tag::context(4), &[issuer.subject_der()])]);
        let serial = element(tag::INTEGER, &[certificate.serial_octets()]);
        let both = BASE64.encode(element(tag::SEQUENCE, &[&name, &serial]));
        format!("<xades:IssuerSerialV2>{both}</xades:IssuerSerialV2>")
    };
    let broken = |version: &str, uri: &str, digest: openssl::hash::MessageDigest| {
        let digest = openssl::hash::hash(digest, bench.certificate("person").der()).unwrap();
        certificate(&bench, version, Some(&BASE64.encode(digest)), "")
            .replace("http://www.w3.org/2001/04/xmlenc#sha256", uri)
    };
    let md5 = "http://www.w3.org/2001/04/xmldsig-more#md5";
    let by_md5 = broken("V2", md5, openssl::hash::MessageDigest::md5());
    let by_sha1 = broken("", "http://www.w3.org/2000/09/xmldsig#sha1", openssl::hash::MessageDigest::sha1());
    let too_weak =
        (Indication::Indeterminate, Some(SubIndication::CryptoConstraintsFailure), Some("signature.weak-algorithm"));
    let stray = FORMAT.replace("#r", "#nobody");
    let unsaid = FORMAT.replace(" ObjectReference=\"#r\"", "");
    let differs = (OTHER_CERTIFICATE, Check::CertificateNamed, Answer::No);
    let malformed = (FORMAT_FAILURE, Check::Properties, Answer::No);
    let passes = (PASSED, Check::Properties, Answer::Yes);
    for (name, signature, objects, (wanted, check, answer)) in [
        ("all there", good.clone(), FORMAT, passes),
        ("no data object format", good.clone(), "", passes),
        (
            "no signing time",
            v2.clone(),
            FORMAT,
            (constraint("signature.property-missing"), Check::Required, Answer::No),
        ),
        (
            "no certificate",
            TIME.to_owned(),
            FORMAT,
            (constraint("signature.plain-refused"), Check::SignedCertificate, Answer::No),
        ),
        ("a time that is none", format!("<xades:SigningTime>today</xades:SigningTime>{v2}"), FORMAT, malformed),
        ("another certificate", format!("{TIME}{}", certificate(&bench, "V2", Some(&other), "")), FORMAT, differs),
        ("its number", format!("{TIME}{}", certificate(&bench, "", None, &own)), FORMAT, passes),
        ("another number", format!("{TIME}{}", certificate(&bench, "", None, &serial("7"))), FORMAT, differs),
        ("a number that is none", format!("{TIME}{}", certificate(&bench, "", None, &serial("x"))), FORMAT, malformed),
        ("its issuer", format!("{TIME}{}", certificate(&bench, "V2", None, &named("ca"))), FORMAT, passes),
        ("another issuer", format!("{TIME}{}", certificate(&bench, "V2", None, &named("clocks"))), FORMAT, differs),
        ("both versions", with(&certificate(&bench, "", None, &own)), FORMAT, passes),
        ("one twice", with(&v2), FORMAT, malformed),
        ("a second that names another", with(&certificate(&bench, "V2", Some(&other), "")), FORMAT, malformed),
        ("two times", with(TIME), FORMAT, malformed),
        ("a broken digest alone", format!("{TIME}{by_md5}"), FORMAT, (too_weak, Check::Algorithms, Answer::No)),
        ("a broken digest beside a good one", with(&by_sha1), FORMAT, passes),
        ("two that differ", with(&certificate(&bench, "", Some(&other), "")), FORMAT, differs),
        (
            "names nobody",
            format!("{TIME}<xades:SigningCertificateV2/>"),
            FORMAT,
            (
                (OTHER_CERTIFICATE.0, OTHER_CERTIFICATE.1, Some("signature.no-certificate")),
                Check::CertificateFound,
                Answer::No,
            ),
        ),
        ("of nothing that is signed", good.clone(), &stray, malformed),
        ("of nothing at all", good.clone(), &unsaid, malformed),
        ("a policy", with(&policy("urn:oid:1.2.3", true)), FORMAT, (PASSED, Check::SignaturePolicy, Answer::Yes)),
        ("a policy without its digest", with(&policy("urn:oid:1.2.3", false)), FORMAT, malformed),
        (
            "a policy without a name",
            with("<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId/></xades:SignaturePolicyIdentifier>"),
            FORMAT,
            malformed,
        ),
    ] {
        let document = signed(&bench, &signature, objects);
        let report = bench.verify_by(&strict, document.as_bytes(), None, &[], SOON);
        assert_eq!(verdict(&report), wanted, "{name}: {report:?}");
        assert_eq!(asked(&report, check), answer, "{name}");
        if wanted.2 != Some("signature.no-certificate") {
            assert_eq!(report.signatures[0].integrity, Integrity::Intact, "{name}");
        }
    }
    // where the policy asks for none, none is missed, and the level says what is there
    for (signature, level) in [(good.clone(), "XAdES-B-B"), (v2, "XAdES"), (TIME.to_owned(), "XAdES")] {
        let report = bench.verify(signed(&bench, &signature, FORMAT).as_bytes(), None, &[], SOON);
        assert_eq!((verdict(&report), report.signatures[0].format.as_str()), (PASSED, level));
        assert_eq!(asked(&report, Check::Required), Answer::NotAsked);
    }
}

/// EN 319 102-1 5.2.4: which policies a signer may name is the window's to say.
#[test]
fn a_signature_policy_is_one_that_is_taken_here() {
    let bench = Bench::new();
    let good = format!("{TIME}{}", certificate(&bench, "V2", None, ""));
    let only = |id: &str| Policy { signature_policies: Some(vec![id.to_owned()]), ..Policy::trial() };
    let unknown =
        (Indication::Indeterminate, Some(SubIndication::SignaturePolicyNotAvailable), Some("signature.policy-unknown"));
    let implied = "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/></xades:SignaturePolicyIdentifier>";
    for (more, taken, wanted, answer) in [
        (policy("urn:oid:1.2.3", true), Policy::trial(), PASSED, Answer::Yes),
        (policy("urn:oid:1.2.3", true), only("1.2.3"), PASSED, Answer::Yes),
        (policy("urn:oid:1.2.3", true), only("1.2.4"), unknown, Answer::No),
        (policy("https://example.az/p", true), only("https://example.az/p"), PASSED, Answer::Yes),
        (implied.to_owned(), only("1.2.4"), PASSED, Answer::Yes),
        (String::new(), only("1.2.4"), PASSED, Answer::NotAsked),
    ] {
        let document = signed(&bench, &format!("{good}{more}"), FORMAT);
        let report = bench.verify_by(&taken, document.as_bytes(), None, &[], SOON);
        assert_eq!((verdict(&report), asked(&report, Check::SignaturePolicy)), (wanted, answer), "{more}");
    }
}

const SAID: &str = "<xades:SignatureProductionPlaceV2><xades:City>Bakı</xades:City>\
    <xades:CountryName>AZ</xades:CountryName></xades:SignatureProductionPlaceV2><xades:SignerRoleV2>\
    <xades:ClaimedRoles><xades:ClaimedRole>Sədr</xades:ClaimedRole></xades:ClaimedRoles></xades:SignerRoleV2>";
const COMMITTED: &str = "<xades:CommitmentTypeIndication><xades:CommitmentTypeId>\
    <xades:Identifier>http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin</xades:Identifier></xades:CommitmentTypeId>\
    <xades:AllSignedDataObjects/></xades:CommitmentTypeIndication>";

fn json(report: &Report) -> serde_json::Value {
    serde_json::to_value(&report.signatures[0]).unwrap()
}

#[test]
fn what_a_signer_says_is_told_as_it_stands_there() {
    let bench = Bench::new();
    let good = format!("{TIME}{}{}{SAID}", certificate(&bench, "V2", None, ""), policy("urn:oid:1.2.3", true));
    let document = signed(&bench, &good, &format!("{FORMAT}{COMMITTED}"));
    let report = bench.verify(document.as_bytes(), None, &[], SOON);
    let wanted = serde_json::json!({
        "policy": {"id": "urn:oid:1.2.3", "implied": false, "digest_algorithm": "SHA-256", "digest": "010203"},
        "data_object_formats": [
            {"reference": "#r", "media_type": "text/xml", "description": null, "identifier": null}],
        "claimed_roles": ["Sədr"], "attested_roles": 0,
        "commitments": ["http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"], "place": ["Bakı", "AZ"]});
    assert_eq!(json(&report)["properties"], wanted, "{report:?}");
    // a policy may ask for each of them
    let all = Property::NAMES.map(|(_, property)| property).to_vec();
    let strict = Policy { required: all, ..Policy::trial() };
    assert_eq!(verdict(&bench.verify_by(&strict, document.as_bytes(), None, &[], SOON)), PASSED);
    for gone in
        [TIME, FORMAT, COMMITTED, &policy("urn:oid:1.2.3", true), &SAID[SAID.find("<xades:SignerRole").unwrap()..]]
    {
        let document = signed(&bench, &good.replace(gone, ""), &format!("{FORMAT}{COMMITTED}").replace(gone, ""));
        let report = bench.verify_by(&strict, document.as_bytes(), None, &[], SOON);
        assert_eq!(verdict(&report), constraint("signature.property-missing"), "{gone}");
    }
    // what nobody signed is nobody's word
    let changed = document.replace("Sədr", "Müavin");
    let report = bench.verify(changed.as_bytes(), None, &[], SOON);
    assert_eq!((report.signatures[0].integrity, asked(&report, Check::References)), (Integrity::Broken, Answer::No));
    let moved = document.replace("#properties\" URI=\"#p\"", "").replacen("Id=\"p\"", "Id=\"q\"", 1);
    let report = bench.verify(moved.as_bytes(), None, &[], SOON);
    assert_eq!(json(&report)["properties"], serde_json::Value::Null);
}

/// A CMS signature by `openssl` with these signed attributes more, signed anew.
fn cades(bench: &Bench, more: &[Vec<u8>]) -> Vec<u8> {
    bench.put("data", b"a,b\n1,2\n");
    bench.openssl("cms -sign -binary -cades -in data -signer person.crt -inkey person.key -outform DER -out data.p7s");
    with_signer(&bench.get("data.p7s"), |signer| {
        let mut attributes = children(&signer[3]);
        attributes.extend(more.iter().cloned());
        attributes.sort();
        signer[3] = join(tag::context(0), &attributes);
        let value = value::sign(&bench.key("person"), ECDSA, &join(tag::SET, &attributes), Form::Der).unwrap();
        signer[5] = element(tag::OCTET_STRING, &[&value]);
    })
}

#[test]
fn so_it_is_in_cades() {
    let bench = Bench::new();
    let oid = |dotted: &str| der::oid(dotted).unwrap();
    let sequence = |parts: &[&[u8]]| element(tag::SEQUENCE, parts);
    let text = |text: &str| element(tag::UTF8_STRING, &[text.as_bytes()]);
    let sha256 = sequence(&[&oid("2.16.840.1.101.3.4.2.1")]);
    let hash = sequence(&[&sha256, &element(tag::OCTET_STRING, &[&[1, 2, 3]])]);
    let named = authorities::attribute("1.2.840.113549.1.9.16.2.15", &sequence(&[&oid("1.2.3"), &hash]));
    let role = sequence(&[&oid("2.5.4.72"), &element(tag::SET, &[&text("Sədr")])]);
    let more = [
        named.clone(),
        authorities::attribute("1.2.840.113549.1.9.16.2.16", &sequence(&[&oid("1.2.840.113549.1.9.16.6.1")])),
        authorities::attribute(
            "1.2.840.113549.1.9.16.2.17",
            &sequence(&[&element(tag::context(0), &[&text("AZ")]), &element(tag::context(1), &[&text("Bakı")])]),
        ),
        authorities::attribute("0.4.0.19122.1.1", &sequence(&[&element(tag::context(0), &[&sequence(&[&role])])])),
        authorities::attribute(
            "1.2.840.113549.1.9.16.2.4",
            &sequence(&[&text("cədvəl"), &oid("1.2.840.113549.1.7.1")]),
        ),
        authorities::attribute("0.4.0.1733.2.1", &text("text/csv")),
    ];
    let verify = |cms: &[u8], policy: &Policy| bench.verify_by(policy, cms, Some(b"a,b\n1,2\n"), &[], SOON);
    let report = verify(&cades(&bench, &more), &Policy::trial());
    assert_eq!(verdict(&report), PASSED, "{report:?}");
    let wanted = serde_json::json!({
        "policy": {"id": "1.2.3", "implied": false, "digest_algorithm": "SHA-256", "digest": "010203"},
        "data_object_formats": [{"reference": null, "media_type": "text/csv", "description": "cədvəl",
            "identifier": "1.2.840.113549.1.7.1"}],
        "claimed_roles": ["Sədr"], "attested_roles": 0, "commitments": ["1.2.840.113549.1.9.16.6.1"],
        "place": ["Bakı", "AZ"]});
    assert_eq!(json(&report)["properties"], wanted);
    let only = Policy { signature_policies: Some(vec!["urn:oid:1.2.4".to_owned()]), ..Policy::trial() };
    let report = verify(&cades(&bench, &[named]), &only);
    assert_eq!(report.sub_indication, Some(SubIndication::SignaturePolicyNotAvailable));
    let implied = authorities::attribute("1.2.840.113549.1.9.16.2.15", &[tag::NULL, 0]);
    let report = verify(&cades(&bench, &[implied]), &only);
    assert_eq!(verdict(&report), PASSED);
    let claims = report.signatures[0].properties.as_ref().unwrap();
    assert_eq!(claims.policy, Some(SignaturePolicy::Implied));
    // one that is not as it should be: the signature holds all the same, and has not the form
    for odd in [
        authorities::attribute("1.2.840.113549.1.9.16.2.15", &text("a policy")),
        authorities::attribute("1.2.840.113549.1.9.16.2.18", &text("a role")),
        authorities::attribute("0.4.0.1733.2.1", &oid("1.2.3")),
    ] {
        let report = verify(&cades(&bench, &[odd]), &Policy::trial());
        assert_eq!((verdict(&report), report.signatures[0].integrity), (FORMAT_FAILURE, Integrity::Intact));
    }
    // RFC 5652 11.1: without the type of the content there are no signed attributes
    let bare = with_signer(&cades(&bench, &[]), |signer| {
        let kept = children(&signer[3]).into_iter().filter(|one| children(one)[0] != oid("1.2.840.113549.1.9.3"));
        signer[3] = join(tag::context(0), &kept.collect::<Vec<_>>());
    });
    assert_eq!(verdict(&verify(&bare, &Policy::trial())), FORMAT_FAILURE);
}

/// The answers are those by which the verdict was made: a signature that passes was asked everything that must be
/// asked, and one that does not has an answer that is not yes.
#[test]
fn the_answers_are_those_of_the_verdict() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples");
    let anchors = vec![
        pencere::forms::certificate::Certificate::from_file(&std::fs::read(folder.join("pki/ca.crt")).unwrap())
            .unwrap()
            .remove(0),
    ];
    let at = "2026-11-16T07:00:00Z".parse().unwrap();
    let trust = pencere::trust::Snapshot::new(anchors, Vec::new(), None, jiff::SignedDuration::ZERO, at);
    let (policy, profile) = (Policy::trial(), pencere::trust::IdentityProfile::standard());
    let time_source = pencere::signature::TimeSource::Now;
    let context = pencere::signature::Context { trust: &trust, policy: &policy, profile: &profile, at, time_source };
    let (mut passed, mut others) = (0, 0);
    for path in files(&folder) {
        let octets = pencere::host::Octets::from(std::fs::read(&path).unwrap());
        let Ok((report, _)) = pencere::signature::examine(&octets, None, &context, &Default::default()) else {
            continue;
        };
        for one in &report.signatures {
            let answers = |wanted: fn(Answer) -> bool| one.checks.rows().filter(|row| wanted(row.answer)).count();
            match one.indication {
                Indication::TotalPassed => {
                    passed += 1;
                    for must in [Check::Format, Check::References, Check::Value, Check::Chain, Check::Algorithms] {
                        assert_eq!(one.checks.answers.get(must), Answer::Yes, "{}", path.display());
                    }
                    assert_eq!(blocking(one), Vec::<&str>::new(), "{}", path.display());
                }
                _ => {
                    others += 1;
                    assert_ne!(blocking(one), Vec::<&str>::new(), "{}: {one:?}", path.display());
                    assert!(answers(|answer| answer != Answer::Yes) > 0);
                }
            }
            let rows = serde_json::to_value(&one.checks).unwrap();
            assert_eq!(rows.as_array().unwrap().len(), Check::ALL.len() + one.checks.references.len());
            assert_eq!(rows[0]["check"], "format");
        }
    }
    assert!(passed > 10 && others > 30, "{passed} {others}");
}

/// The questions that were answered with no or with unknown, and speak against a signature: not those about proofs
/// of time or about what it covers, which may be so in a good one.
fn blocking(one: &SignatureReport) -> Vec<&'static str> {
    let told = [Check::TimeStamp, Check::ArchiveTimeStamp, Check::Coverage, Check::Hidden];
    let is_no = |answer| matches!(answer, Answer::No | Answer::Unknown);
    let rows = one.checks.rows().filter(|row| is_no(row.answer) && !told.contains(&row.check));
    rows.map(|row| row.slug()).collect()
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}
