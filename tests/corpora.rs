//! Signatures that others made: our verdict on each beside that of the JDK 17 (`corpora/xmldsig`).
//!
//! Where both know, they agree or the file stands in a list with the reason; a row that is no longer
//! true fails as a file without one does.

use pencere::finding::Code;
use pencere::host::Octets;
use pencere::signature::{self, Context, Indication, Integrity, Policy, Report, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot};
use pencere::xml::Limits;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Files on which we say less than the JDK does, and why. On none do we say the contrary.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("merlin-c14n-three/signature.xml", "XPath of every kind; only the idiom of EU DSS is processed"),
    ("merlin-xpath-filter2-three/sign-spec.xml", "XPath Filter 2.0 with intersect and union, not the idiom of EU DSS"),
    ("merlin-xpath-filter2-three/sign-xfdl.xml", "XPath Filter 2.0 by attribute values, not the idiom of EU DSS"),
    ("phaos-xmldsig-three/signature-big.xml", "references to files and XSLT"),
    (
        "phaos-xmldsig-three/signature-rsa-xpath-transform-enveloped.xml",
        "an XPath with here(), not the idiom of EU DSS",
    ),
    ("xmldsig2ed-tests/defCan-2.xml", "HMAC: whoever can check it can make it; and XSLT over a file"),
    ("xmldsig2ed-tests/defCan-3.xml", "HMAC: whoever can check it can make it; and XSLT over a file"),
];

/// Files that are not read as XML at all, and why: there is no signature to speak of.
const REFUSED: &[(&str, Code, &str)] = &[
    ("aleksey-xmldsig-01/xpointer-hmac.xml", Code::SchemaForbidden, "a DTD"),
    ("merlin-xmldsig-twenty-three/signature.xml", Code::SchemaForbidden, "a DTD"),
];

/// Signatures that hold and whose algorithm no policy takes, with a certificate: intact, and why not.
const WEAK: &[(&str, &str)] = &[
    ("aleksey-xmldsig-01/enveloping-md5-rsa-md5.xml", "MD5"),
    ("aleksey-xmldsig-01/enveloping-ripemd160-rsa-ripemd160.xml", "RIPEMD-160"),
    ("aleksey-xmldsig-01/enveloping-sha1-rsa-sha1.xml", "SHA-1"),
    ("aleksey-xmldsig-01/enveloping-sha1-ecdsa-sha1.xml", "SHA-1"),
    ("aleksey-xmldsig-01/enveloping-rsa-pss-sha1.xml", "SHA-1"),
    ("aleksey-xmldsig-01/enveloping-sha224-rsa-sha224.xml", "SHA-224"),
    ("aleksey-xmldsig-01/enveloping-rsa-pss-sha224.xml", "SHA-224"),
    ("aleksey-xmldsig-01/enveloping-rsa-pss-sha3_224.xml", "SHA3-224"),
    ("aleksey-xmldsig-01/enveloping-sha256-dsa2048-sha256.xml", "DSA"),
];

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/xmldsig")
}

/// The verdict on a file of the corpus by the most lenient policy there is, believing nobody.
fn examine(name: &str) -> (Report, Option<Code>) {
    let at = "2026-11-16T07:00:00Z".parse().unwrap();
    let (trust, policy, profile) = (Snapshot::default(), Policy::trial(), IdentityProfile::standard());
    let time_source = TimeSource::Reception;
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source };
    let octets = Octets::from(std::fs::read(corpus().join(name)).unwrap());
    let (report, finding) = signature::examine(&octets, None, &context, &Limits::default()).unwrap();
    (report, finding.map(|finding| finding.code))
}

/// What the JDK says of each signature of each file: `intact`, `broken`, `undecided`.
fn oracle() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(corpus().join("oracle.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let words = |row: &serde_json::Value| {
        let verdicts = row["verdicts"].as_array().unwrap();
        verdicts.iter().map(|verdict| verdict.as_str().unwrap().to_owned()).collect()
    };
    json.as_object().unwrap().iter().map(|(name, row)| (name.clone(), words(row))).collect()
}

fn word(integrity: Integrity) -> &'static str {
    match integrity {
        Integrity::Intact => "intact",
        Integrity::Broken => "broken",
        Integrity::Unsupported => "unsupported",
    }
}

#[test]
fn no_verdict_on_a_foreign_signature_is_wrong() {
    let (mut wrong, mut less) = (Vec::new(), BTreeSet::new());
    let mut counts = BTreeMap::<(String, &str), usize>::new();
    for (name, theirs) in oracle() {
        let (report, refused) = examine(&name);
        let told = REFUSED.iter().find(|(file, ..)| *file == name).map(|(_, code, _)| *code);
        if refused != told {
            wrong.push(format!("{name}: refused for {refused:?}, and the list says {told:?}"));
        }
        if refused.is_none() && report.signatures.len() != theirs.len() {
            wrong.push(format!("{name}: {} signatures where there are {}", report.signatures.len(), theirs.len()));
        }
        for (theirs, ours) in theirs.iter().zip(&report.signatures) {
            let integrity = word(ours.integrity);
            *counts.entry((theirs.clone(), integrity)).or_default() += 1;
            match (theirs.as_str(), integrity) {
                ("undecided", _) => {}
                (_, "unsupported") => drop(less.insert(name.clone())),
                (theirs, ours) if theirs == ours => {}
                (theirs, ours) => wrong.push(format!("{name}: {ours}, and the JDK says {theirs}")),
            }
        }
        // Nobody is believed here, so that nothing may pass, whatever it brings along.
        assert_ne!(report.indication, Indication::TotalPassed, "{name}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}\n{counts:#?}");
    let told: BTreeSet<_> = UNSUPPORTED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let missing: Vec<_> = less.difference(&told).collect();
    let stale: Vec<_> = told.difference(&less).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "not in the list: {missing:#?}\nno longer true: {stale:#?}\n{counts:#?}"
    );
}

#[test]
fn what_policy_refuses_is_judged_all_the_same() {
    for (name, weak) in WEAK {
        let (report, _) = examine(name);
        let [one] = &report.signatures[..] else { panic!("{name}") };
        assert_eq!((one.integrity, one.indication), (Integrity::Intact, Indication::Indeterminate), "{name}");
        let reason = one.reasons.iter().find(|reason| reason.code == Code::SignatureWeakAlgorithm.slug());
        assert!(reason.is_some_and(|reason| reason.message.contains(weak)), "{name}: {:?}", one.reasons);
    }
}

/// XMLDSig 1.1 6.4.3 wants r and s each as long as the order of the curve. In the first file, made by an
/// old Java, they have 65 octets where P-521 wants 66, and the JDK and xmlsec1 take them; in the second,
/// 33 where P-256 wants 32. The numbers are the signers', so that both are intact; neither has the form.
#[test]
fn ecdsa_values_of_another_length_are_intact_and_refused() {
    for (name, octets) in [("enveloped-ecdsa-java-bug.xml", "65"), ("enveloping-sha256-ecdsa-sha256_padded.xml", "33")]
    {
        let (report, _) = examine(&format!("aleksey-xmldsig-01/{name}"));
        let [one] = &report.signatures[..] else { panic!("{name}") };
        assert_eq!((one.integrity, one.indication), (Integrity::Intact, Indication::TotalFailed), "{name}");
        let reason = one.reasons.iter().find(|reason| reason.code == Code::SignatureFormat.slug());
        assert!(reason.is_some_and(|reason| reason.message.contains(octets)), "{name}: {:?}", one.reasons);
    }
}
