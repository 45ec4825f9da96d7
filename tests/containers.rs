//! Containers made by others: the verdict on each against what another implementation says of the
//! signatures in it (`tests/corpora/asic`), and containers that are put together here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use openssl::pkey::{PKey, Private};
use pencere::container;
use pencere::document::Digest;
use pencere::finding::Code;
use pencere::forms::certificate::Certificate;
use pencere::forms::cms;
use pencere::forms::value::{self, Form};
use pencere::forms::xmldsig::DS;
use pencere::signature::{self, Context, Indication, Integrity, Policy, Report, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot};
use pencere::xml::Limits;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Containers of which the other implementation speaks and we do not, or of which we say less: name, why.
const LESS: &[(&str, &str)] = &[
    ("invalid/KS-10_manifest_topelt_bdoc21_TM.bdoc", "refused: META-INF/manifest.xml stands in it twice"),
    ("invalid/KS-19_IB-3721_bdoc21-TM-2fil-samename-1sig3.bdoc", "refused: readme.txt stands in it twice"),
];

/// CAdES in the corpus, of which the other implementation says nothing: name, what OpenSSL says of the
/// value over the only document or what stands in the way.
const CADES: &[(&str, &str)] = &[
    ("invalid/CAdES-baseline-lt-for-ASiC-E.asics", "unsupported"), // an ASiC-S with a manifest
    ("invalid/CAdES-baseline-lt.asics", "intact"),
    ("invalid/CAdES-baseline-lta-for-ASiC-E.asics", "unsupported"), // likewise
    ("invalid/CAdES-baseline-lta.asics", "intact"),
];

/// Containers whose signatures are judged for their integrity, and which fail all the same, since their
/// `mimetype` is not as EN 319 162-1 A.1 wants it: name, how.
const MIMETYPE: &[(&str, &str)] = &[
    ("invalid/KS-18_lisatudfilemanifest.4.asice", "a line end behind the value"),
    ("invalid/TS-06_23634_TS_missing_OCSP_adjusted.asice", "not the first entry"),
    ("invalid/filename_mismatch_second_signature.asice", "not the first entry"),
    ("invalid/invalid-data-file.bdoc", "not the first entry"),
    ("invalid/invalid_container.bdoc", "not the first entry"),
    ("invalid/manifest_validation_error.asice", "not the first entry"),
    ("invalid/multiple_signed_properties.asice", "not the first entry"),
    ("invalid/ocsp_cert_is_not_in_tsl.bdoc", "a line end behind the value"),
    ("invalid/zip-bomb-package-zip.asics", "not the first entry"),
    ("invalid/zip-bomb.asice", "not the first entry"),
    ("invalid/zip_misses_file_which_is_in_manifest.asice", "not the first entry"),
    ("valid/23147_weak-warning-sha1.bdoc", "packed"),
    ("valid/SP-06_bdoc21-no-uri.bdoc", "packed"),
    ("valid/asics_with_one_signature.bdoc", "not the first entry"),
    ("valid/bdoc-with-tm-and-ts-signature.bdoc", "packed"),
    ("valid/signature_xml_contains_trailing_content.bdoc", "not the first entry"),
];

fn verify(octets: Vec<u8>) -> (Report, Option<Code>) {
    verify_trusting(octets, &Snapshot::default())
}

fn verify_trusting(octets: Vec<u8>, trust: &Snapshot) -> (Report, Option<Code>) {
    verify_by(octets, trust, &Policy::trial())
}

fn verify_by(octets: Vec<u8>, trust: &Snapshot, policy: &Policy) -> (Report, Option<Code>) {
    let profile = IdentityProfile::standard();
    let at = "2026-11-16T07:00:00Z".parse().unwrap();
    let context = Context { trust, policy, profile: &profile, at, time_source: TimeSource::Now };
    let (report, finding) = signature::examine(&octets.into(), None, &context, &Limits::default()).unwrap();
    (report, finding.map(|finding| finding.code))
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/asic")
}

fn oracle() -> BTreeMap<String, Value> {
    serde_json::from_slice(&fs::read(corpus().join("oracle.json")).unwrap()).unwrap()
}

fn word(integrity: Integrity) -> String {
    serde_json::to_value(integrity).unwrap().as_str().unwrap().to_owned()
}

fn says(report: &Report, code: Code) -> bool {
    report.signatures.iter().flat_map(|one| &one.reasons).any(|reason| reason.code == code.slug())
}

#[test]
fn no_verdict_differs_from_that_of_another_implementation() {
    let (mut wrong, mut less, mut counts) = (Vec::new(), Vec::new(), BTreeMap::<String, usize>::new());
    for (name, known) in oracle() {
        let (report, code) = verify(fs::read(corpus().join(&name)).unwrap());
        // both in the order of the files' names, then of the document
        let files: BTreeMap<String, Vec<String>> = serde_json::from_value(known["signatures"].clone()).unwrap();
        let theirs: Vec<String> = files.into_values().flatten().collect();
        let ours: Vec<String> = report.signatures.iter().map(|one| word(one.integrity)).collect();
        if theirs.is_empty() {
            // nobody signed, or somebody stamped and nobody signed, or it is CAdES
            let beside: Vec<String> = serde_json::from_value(known["p7s"].clone()).unwrap();
            let only_stamped = !beside.is_empty() && beside.iter().all(|name| name.ends_with(".tst"));
            let cades = CADES.iter().find(|(cades, _)| *cades == name).map(|(_, says)| *says);
            let kind: Vec<&str> = cades.into_iter().collect();
            let told = match code {
                Some(Code::SignatureContainer) => true, // no ZIP that is read at all
                Some(Code::SignatureStampOnly) => only_stamped && ours.is_empty() && !report.timestamps.is_empty(),
                Some(_) => false,
                None => !only_stamped && ours == kind,
            };
            if !told {
                wrong.push(format!("{name}: nothing known of it, and {ours:?} {code:?}"));
            }
            continue;
        }
        let is_less = |(theirs, ours): (&String, &String)| theirs != "undecided" && ours == "unsupported";
        if ours.is_empty() || theirs.iter().zip(&ours).any(is_less) {
            less.push(name.clone());
        }
        if !ours.is_empty() && ours.len() != theirs.len() {
            wrong.push(format!("{name}: {theirs:?}, and {ours:?}"));
        }
        for (at, theirs) in theirs.iter().enumerate() {
            let ours = ours.get(at).map_or("refused", String::as_str);
            *counts.entry(format!("{theirs} -> {ours}")).or_default() += 1;
            if matches!((theirs.as_str(), ours), ("intact", "broken") | ("broken" | "undecided", "intact")) {
                wrong.push(format!("{name}: {theirs}, and {ours}"));
            }
        }
        assert_ne!(report.indication, Indication::TotalPassed, "{name}: nobody is trusted here");
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(less, LESS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn only_these_cannot_pass_for_their_mimetype() {
    let mut found = Vec::new();
    for name in oracle().into_keys() {
        let (report, _) = verify(fs::read(corpus().join(&name)).unwrap());
        if says(&report, Code::SignatureContainer) {
            assert_eq!(report.indication, Indication::TotalFailed, "{name}");
            found.push(name);
        }
    }
    assert_eq!(found, MIMETYPE.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn what_is_over_a_limit_is_not_looked_at() {
    let limits = container::Limits::default();
    for limits in [
        container::Limits { signatures_file: 1024, ..limits.clone() },
        container::Limits { signatures: 1, ..limits.clone() },
        container::Limits { total: 4096, ..limits.clone() },
    ] {
        let octets = fs::read(corpus().join("invalid/two_signatures.bdoc")).unwrap();
        let policy = Policy { container: limits, ..Policy::trial() };
        let (report, code) = verify_by(octets, &Snapshot::default(), &policy);
        assert_eq!((report.signatures.len(), code), (0, Some(Code::SignatureContainerLimit)));
    }
}

#[test]
fn a_file_that_no_reference_names_is_not_covered() {
    for (name, whole) in [
        ("valid/valid-asice.asice", true),
        ("valid/signed-container-with-empty-datafiles.asice", true),
        ("valid/space-in-datafile-name-percent-encoded-in-signature.asice", true),
        ("invalid/KS-18_lisatudfail.4.asice", false),
        ("invalid/manifest_validation_error.asice", false),
        ("invalid/3863_bdoc21_TM_no_datafile.bdoc", false),
    ] {
        let (report, _) = verify(fs::read(corpus().join(name)).unwrap());
        let covers: Vec<bool> = report.signatures.iter().map(|one| one.covers_whole_document).collect();
        assert_eq!(covers, [whole], "{name}");
    }
}

fn sender() -> (PKey<Private>, Certificate) {
    let pki = Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples/pki");
    let key = PKey::private_key_from_pem(&fs::read(pki.join("azerenerji.key")).unwrap()).unwrap();
    (key, Certificate::from_pem(&fs::read(pki.join("azerenerji.crt")).unwrap()).unwrap().remove(0))
}

/// Signs these references as XMLDSig with the key of a sample's sender; `SignedInfo` is written in
/// canonical form.
fn signatures_file(references: &str) -> String {
    let (key, certificate) = sender();
    let algorithm = value::algorithm_for(&key).unwrap();
    let info = format!(
        "<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>{references}</ds:SignedInfo>",
        algorithm.uri().unwrap()
    );
    let canonical = format!("<ds:SignedInfo xmlns:ds=\"{DS}\">{info}");
    let signature = value::sign(&key, algorithm, canonical.as_bytes(), Form::Raw).unwrap();
    format!(
        "<asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\">\
         <ds:Signature xmlns:ds=\"{DS}\"><ds:SignedInfo>{info}<ds:SignatureValue>{}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
         </ds:Signature></asic:XAdESSignatures>",
        BASE64.encode(signature),
        BASE64.encode(certificate.der())
    )
}

fn reference(uri: &str, transforms: &str, digested: &str) -> String {
    format!(
        "<ds:Reference URI=\"{uri}\">{transforms}\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
         <ds:DigestValue>{}</ds:DigestValue></ds:Reference>",
        BASE64.encode(Digest::of(digested.as_bytes()).as_bytes())
    )
}

/// The manifest of an ASiC-E, and a CAdES signature over it, Base64 as Python wants it.
fn manifest(signature: &str, objects: &[(&str, &str)]) -> (String, String) {
    let object = |(uri, digested): &(&str, &str)| {
        let reference = reference(uri, "", digested);
        reference.replace("ds:Reference URI", "asic:DataObjectReference URI").replace("/ds:Ref", "/asic:DataObjectRef")
    };
    let objects: String = objects.iter().map(object).collect();
    let manifest = format!(
        "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"{DS}\">\
         <asic:SigReference URI=\"{signature}\"/>{objects}</asic:ASiCManifest>"
    );
    let (key, certificate) = sender();
    let octets = manifest.clone().into_bytes().into();
    let signed = cms::sign_detached(&octets, &key, &certificate, "2026-11-16T07:00:00Z".parse().unwrap()).unwrap();
    (manifest, BASE64.encode(signed))
}

/// A container of these files as Python's `zipfile` makes it, `mimetype` stored and the others packed.
fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made.asice");
    let script = "import base64, sys, zipfile\n\
        with zipfile.ZipFile(sys.argv[1], 'w') as z:\n\
        \x20for name, text in zip(sys.argv[2::2], sys.argv[3::2]):\n\
        \x20\x20octets = base64.b64decode(text) if name.endswith('.p7s') else text\n\
        \x20\x20z.writestr(name, octets, 0 if name == 'mimetype' else 8)\n";
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(&file).args(files.iter().flat_map(|(name, text)| [name, text]));
    assert!(python.status().unwrap().success());
    fs::read(file).unwrap()
}

#[test]
fn a_container_around_a_signature_of_ours() {
    let anchors = Certificate::from_pem(include_bytes!("../inbox-samples/pki/ca.crt")).unwrap();
    let at = "2026-11-16T07:00:00Z".parse().unwrap();
    let trust = Snapshot::new(anchors, Vec::new(), None, jiff::SignedDuration::ZERO, at);
    let verdict = |files: &[(&str, &str)]| {
        let (report, _) = verify_trusting(zipped(files), &trust);
        let [one] = &report.signatures[..] else { panic!("{report:?}") };
        let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.code).collect();
        (one.indication.as_str(), word(one.integrity), one.covers_whole_document, reasons.join(" "))
    };
    let told = |indication, integrity: &str, whole, reasons: &str| {
        (indication, integrity.to_owned(), whole, reasons.to_owned())
    };
    let mimetype = ("mimetype", "application/vnd.etsi.asic-e+zip");
    let (csv, xml) = (("il ə.csv", "a,b\n"), ("d/x.xml", "<a  b = '1'/>"));
    let canonical = format!("<ds:Transforms><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>");
    let (first, second) =
        (reference("il%20%C9%99.csv", "", csv.1), reference("d/x.xml", &canonical, "<a b=\"1\"></a>"));
    let signed = signatures_file(&format!("{first}{second}"));
    let signatures = ("META-INF/signatures.xml", signed.as_str());

    assert_eq!(verdict(&[mimetype, csv, xml, signatures]), told("TOTAL-PASSED", "intact", true, ""));
    assert_eq!(verdict(&[csv, xml, signatures]), told("TOTAL-PASSED", "intact", true, "")); // it may be left out
    let about = ("META-INF/manifest.xml", "<a/>");
    assert_eq!(verdict(&[mimetype, csv, xml, about, signatures]), told("TOTAL-PASSED", "intact", true, ""));
    let more = ("more.txt", "");
    assert_eq!(verdict(&[mimetype, csv, xml, more, signatures]), told("TOTAL-PASSED", "intact", false, ""));

    let broken = told("TOTAL-FAILED", "broken", true, "signature.digest-differs");
    assert_eq!(verdict(&[mimetype, (csv.0, "a;b\n"), xml, signatures]), broken);
    assert_eq!(verdict(&[mimetype, csv, (xml.0, "<a b='2'/>"), signatures]), broken);
    let format = told("TOTAL-FAILED", "intact", true, "signature.container");
    assert_eq!(verdict(&[csv, mimetype, xml, signatures]), format);
    assert_eq!(verdict(&[("mimetype", "application/zip"), csv, xml, signatures]), format);

    let absent = told("INDETERMINATE", "unsupported", false, "signature.reference-unresolved");
    assert_eq!(verdict(&[mimetype, xml, ("il+ə.csv", csv.1), signatures]), absent);
    let twice = signatures_file(&format!("{first}{second}{}", reference("d/x%2Exml", &canonical, "<a b=\"1\"></a>")));
    let doubled = told("TOTAL-FAILED", "intact", true, "signature.doubled-reference");
    assert_eq!(verdict(&[mimetype, csv, xml, (signatures.0, &twice)]), doubled);
    let none = told("INDETERMINATE", "unsupported", false, "signature.unsupported");
    for uri in ["http://example.org/a", "file:///etc/passwd", "/il.csv", "../il.csv", "d/x.xml#a"] {
        let outside = signatures_file(&reference(uri, "", csv.1));
        assert_eq!(verdict(&[mimetype, csv, (signatures.0, &outside)]), none, "{uri}");
    }
    // a signature over its own file alone covers none of the others
    let own = signatures_file(&reference("META-INF/manifest.xml", "", about.1));
    assert_eq!(verdict(&[mimetype, csv, about, (signatures.0, &own)]), told("TOTAL-PASSED", "intact", false, ""));
}

#[test]
fn a_container_around_cades_of_ours() {
    let mimetype = ("mimetype", "application/vnd.etsi.asic-e+zip");
    let (a, b) = (("il.csv", "a,b\n"), ("d/x y.xml", "<a/>"));
    let place = "META-INF/signature001.p7s";
    let verdict = |files: &[(&str, &str)]| {
        let (report, _) = verify(zipped(files));
        let [one] = &report.signatures[..] else { panic!("{report:?}") };
        (one.format.clone(), word(one.integrity), one.covers_whole_document, one.reasons[0].code)
    };
    let told = |integrity: &str, whole, code: Code| ("CAdES-B-B".to_owned(), integrity.to_owned(), whole, code.slug());
    let (text, signed) = manifest(place, &[(a.0, a.1), ("d/x%20y.xml", b.1)]);
    let (about, signature) = (("META-INF/ASiCManifest001.xml", text.as_str()), (place, signed.as_str()));
    let untrusted = Code::SignatureUntrusted;
    assert_eq!(verdict(&[mimetype, a, b, about, signature]), told("intact", true, untrusted));
    assert_eq!(verdict(&[mimetype, a, b, ("c", ""), about, signature]), told("intact", false, untrusted));
    let differs = Code::SignatureDigestDiffers;
    assert_eq!(verdict(&[mimetype, a, (b.0, "<b/>"), about, signature]), told("broken", true, differs));
    let unresolved = Code::SignatureReferenceUnresolved;
    assert_eq!(verdict(&[mimetype, a, about, signature]), told("unsupported", true, unresolved));
    let changed = text.replace(a.0, "il.txt");
    let renamed = [mimetype, ("il.txt", a.1), b, (about.0, changed.as_str()), signature];
    assert_eq!(verdict(&renamed), told("broken", true, differs));
    // over the only document, without a manifest
    let (key, certificate) = sender();
    let at = "2026-11-16T07:00:00Z".parse().unwrap();
    let alone = cms::sign_detached(&a.1.as_bytes().to_vec().into(), &key, &certificate, at).unwrap();
    let (alone, simple) = (BASE64.encode(alone), ("mimetype", "application/vnd.etsi.asic-s+zip"));
    let alone = ("META-INF/signature.p7s", alone.as_str());
    assert_eq!(verdict(&[simple, a, alone]), told("intact", true, untrusted));
    assert_eq!(verdict(&[simple, (a.0, "a"), alone]), told("broken", true, differs));
    let (format, integrity, _, code) = verdict(&[simple, a, b, alone]);
    assert_eq!((&format[..], &integrity[..], code), ("CAdES", "unsupported", Code::SignatureUnsupported.slug()));
}
