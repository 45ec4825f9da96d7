//! Documents that others make, and ours in their hands: signed and judged in this very run by
//! `xmlsec1`, the JDK, `openssl cms`, `openssl ts` and Python's `signxml`.
//!
//! `signxml` is had from the network into a folder of its own below `target`; where that cannot be, its
//! test says so and passes.

mod authority;
#[path = "make_samples/der.rs"]
#[allow(dead_code)]
mod der;
mod peers;
#[path = "make_samples/signers.rs"]
#[allow(dead_code)]
mod signers;

use authority::Authority;
use peers::{jdk, jdk_signs, openssl_cms, pki, xmlsec1};
use pencere::finding::Code;
use pencere::forms::certificate::Certificate;
use pencere::signature::{self, Context, Indication, Integrity, Policy, Report, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot};
use pencere::xml::Limits;
use signers::{ENVELOPED, EXCLUSIVE, PROPERTIES_ID, Signers, Template, inside, properties_reference, reference};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DOCUMENT: &str = "<Submission xmlns=\"urn:boemis:submission:1\" xmlns:q=\"urn:q\" id=\"S-1\" q:a='1'>\n\
    <!-- a comment --><q:Record b=\"&lt;&#9;\">Əsas &amp; ğ 🙂&#13;</q:Record><?mark it?>\r\n</Submission>\n";
const CONTENT: &[u8] = b"dataset,period\ngeneration,2026-Q3\n\xc9\x99\n";
/// Key kinds of the sample PKI, by their person.
const PERSONS: &[&str] = &["azerisiq", "azerenerji-rsa", "azerenerji-p384", "azerenerji-p521"];

fn signers() -> Signers {
    Signers::new(&pki(""))
}

fn examine(file: &[u8], content: Option<&[u8]>) -> Report {
    let at = "2026-11-16T07:00:00Z".parse().unwrap();
    let anchors = Certificate::from_pem(&fs::read(pki("ca.crt")).unwrap()).unwrap();
    let trust = Snapshot::new(anchors, Vec::new(), None, jiff::SignedDuration::ZERO, at);
    let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source: TimeSource::Reception };
    let content = content.map(|octets| octets.to_vec().into());
    signature::examine(&file.to_vec().into(), content.as_ref(), &context, &Limits::default()).unwrap().0
}

fn passes(report: &Report) -> bool {
    report.indication == Indication::TotalPassed && report.signatures.iter().all(|one| one.covers_whole_document)
}

/// What decided, of the first signature.
fn reason(report: &Report) -> &'static str {
    report.signatures[0].reasons.first().map_or("", |reason| reason.code)
}

/// Runs the program itself; whether it said yes.
fn pencere(arguments: &[&str]) -> bool {
    let output = Command::new(env!("CARGO_BIN_EXE_pencere")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "pencere {arguments:?}: {said}");
    output.status.success()
}

/// The document signed by `pencere sign` with each kind of key.
fn ours(folder: &Path) -> Vec<PathBuf> {
    let document = folder.join("document.xml");
    fs::write(&document, DOCUMENT).unwrap();
    let signed = PERSONS.iter().map(|person| {
        let out = folder.join(format!("ours-{person}.xml"));
        let (key, certificate) = (pki(&format!("{person}.key")), pki(&format!("{person}.crt")));
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let (key, certificate) = (path(&key), path(&certificate));
        let (document, written) = (path(&document), path(&out));
        assert!(pencere(&["sign", &document, "--key", &key, "--cert", &certificate, "-o", &written]), "{person}");
        out
    });
    signed.collect()
}

/// The same with a letter of the content changed.
fn altered(path: &Path) -> PathBuf {
    let text = fs::read_to_string(path).unwrap();
    let changed = text.replacen("Əsas", "Esas", 1).replacen("&#399;sas", "Esas", 1);
    assert_ne!(text, changed, "{}", path.display());
    let altered = path.with_extension("altered.xml");
    fs::write(&altered, changed).unwrap();
    altered
}

#[test]
fn the_jdk_takes_ours_and_we_take_the_jdks() {
    let folder = tempfile::tempdir().unwrap();
    let ours = ours(folder.path());
    let all: Vec<PathBuf> = ours.iter().cloned().chain(ours.iter().map(|path| altered(path))).collect();
    let verdicts = jdk(&all);
    let (good, bad) = verdicts.split_at(ours.len());
    assert!(good.iter().all(|verdict| verdict == "valid"), "{verdicts:?}");
    assert!(bad.iter().all(|verdict| verdict == "broken"), "{verdicts:?}");

    for (store, person) in ["ec", "rsa", "p384", "p521"].iter().zip(PERSONS) {
        let mut openssl = Command::new("openssl");
        openssl.args(["pkcs12", "-export", "-passout", "pass:test", "-inkey"]).arg(pki(&format!("{person}.key")));
        openssl.arg("-in").arg(pki(&format!("{person}.crt")));
        let made = openssl.arg("-out").arg(folder.path().join(format!("{store}.p12"))).status().unwrap();
        assert!(made.success());
    }
    let signed = jdk_signs(folder.path());
    assert_eq!(signed.len(), 12, "{signed:?}");
    for path in signed {
        let octets = fs::read(&path).unwrap();
        let report = examine(&octets, None);
        assert!(passes(&report), "{}: {report:#?}", path.display());
        let report = examine(&fs::read(altered(&path)).unwrap(), None);
        assert_eq!(report.signatures[0].integrity, Integrity::Broken, "{}", path.display());
    }
}

#[test]
fn xmlsec1_takes_ours_with_every_kind_of_key() {
    let folder = tempfile::tempdir().unwrap();
    for path in ours(folder.path()) {
        assert!(xmlsec1(&fs::read(&path).unwrap()), "{}", path.display());
        assert!(!xmlsec1(&fs::read(altered(&path)).unwrap()), "{}", path.display());
    }
}

#[test]
fn we_take_what_xmlsec1_signs() {
    const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more#";
    let signers = signers();
    for (algorithm, person) in [
        ("rsa-sha256", "azerenerji-rsa"),
        ("rsa-sha384", "azerenerji-rsa"),
        ("rsa-sha512", "azerenerji-rsa"),
        ("ecdsa-sha256", "azerisiq"),
        ("ecdsa-sha384", "azerisiq"),
        ("ecdsa-sha512", "azerenerji-p384"),
        ("ecdsa-sha512", "azerenerji-p521"),
    ] {
        for digest in ["http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2001/04/xmldsig-more#sha384"] {
            let method: &'static str = Box::leak(format!("{MORE}{algorithm}").into_boxed_str());
            let reference = reference("", &[ENVELOPED, EXCLUSIVE]).replace(signers::SHA256, digest);
            let template = Template { algorithm: method, references: vec![reference], ..Template::default() };
            let signed = signers.plain(DOCUMENT, person, &template);
            assert!(passes(&examine(signed.as_bytes(), None)), "{algorithm} {person} {digest}");
        }
    }
    // by the ways that a whole document can be named
    for uri in ["", "#S-1", "#xpointer(/)", "#xpointer(id('S-1'))"] {
        let template = Template { references: vec![reference(uri, &[ENVELOPED, EXCLUSIVE])], ..Template::default() };
        let document = inside(DOCUMENT, &template.xml("signature-1"));
        let signed = signers.xmlsec(&document, "azerisiq", &[signers::SUBMISSION_ID]);
        assert!(passes(&examine(signed.as_bytes(), None)), "{uri}");
    }
    // XAdES put together by hand
    let template = Template {
        references: vec![reference("", &[ENVELOPED, EXCLUSIVE]), properties_reference("#properties-1")],
        objects: signers.properties("azerisiq", "signature-1", "properties-1"),
        ..Template::default()
    };
    let document = inside(DOCUMENT, &template.xml("signature-1"));
    let report = examine(signers.xmlsec(&document, "azerisiq", &[PROPERTIES_ID]).as_bytes(), None);
    assert!(passes(&report) && report.signatures[0].format.starts_with("XAdES"), "{report:#?}");
}

/// `openssl cms -sign` over a file, in whatever form the arguments ask for.
fn cms(person: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("content");
    fs::write(&path, CONTENT).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["cms", "-sign", "-in"]).arg(&path).arg("-signer").arg(pki(&format!("{person}.crt")));
    let output = openssl.arg("-inkey").arg(pki(&format!("{person}.key"))).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Ed25519 and SHA-3 are beyond `openssl cms` 3.0, which knows no digest for the one and no name for the other.
#[test]
fn we_take_what_openssl_signs_in_its_many_shapes() {
    let second = [pki("ekologiya.crt"), pki("ekologiya.key")].map(|path| path.to_str().unwrap().to_owned());
    let ca = pki("ca.crt").to_str().unwrap().to_owned();
    let pss = ["-binary", "-cades", "-outform", "DER", "-keyopt", "rsa_padding_mode:pss"];
    let shapes: &[(&str, &str, Vec<&str>)] = &[
        ("DER", "azerisiq", vec!["-binary", "-outform", "DER"]),
        ("CAdES", "azerisiq", vec!["-binary", "-cades", "-outform", "DER"]),
        ("PEM", "azerisiq", vec!["-binary", "-cades", "-outform", "PEM"]),
        ("S/MIME, detached", "azerisiq", vec!["-binary", "-cades", "-outform", "SMIME"]),
        ("S/MIME, attached", "azerisiq", vec!["-binary", "-cades", "-nodetach", "-outform", "SMIME"]),
        ("attached", "azerisiq", vec!["-binary", "-cades", "-nodetach", "-outform", "DER"]),
        ("attached, streamed", "azerisiq", vec!["-binary", "-cades", "-nodetach", "-stream", "-outform", "DER"]),
        ("RSA", "azerenerji-rsa", vec!["-binary", "-cades", "-outform", "DER"]),
        ("RSA, SHA-512", "azerenerji-rsa", vec!["-binary", "-cades", "-md", "sha512", "-outform", "DER"]),
        ("PSS", "azerenerji-rsa", pss.to_vec()),
        ("PSS, salt of 20", "azerenerji-rsa", [&pss[..], &["-keyopt", "rsa_pss_saltlen:20"]].concat()),
        ("PSS, SHA-512", "azerenerji-rsa", [&pss[..], &["-md", "sha512"]].concat()),
        ("P-384", "azerenerji-p384", vec!["-binary", "-cades", "-md", "sha384", "-outform", "DER"]),
        ("P-521", "azerenerji-p521", vec!["-binary", "-cades", "-md", "sha512", "-outform", "DER"]),
        ("key identifier", "azerisiq", vec!["-binary", "-cades", "-keyid", "-outform", "DER"]),
        ("with its authority", "azerisiq", vec!["-binary", "-cades", "-certfile", &ca, "-outform", "DER"]),
        ("no S/MIME capabilities", "azerisiq", vec!["-binary", "-nosmimecap", "-outform", "DER"]),
        (
            "two signers",
            "azerisiq",
            vec!["-binary", "-cades", "-outform", "DER", "-signer", &second[0], "-inkey", &second[1]],
        ),
    ];
    for (name, person, arguments) in shapes {
        let file = cms(person, arguments);
        let report = examine(&file, Some(CONTENT));
        assert!(passes(&report), "{name}: {report:#?}");
        assert_eq!(report.signatures.len(), 1 + usize::from(*name == "two signers"), "{name}");
        let changed = [CONTENT, b"\n"].concat();
        let report = examine(&file, Some(&changed));
        assert!(report.signatures.iter().all(|one| one.integrity == Integrity::Broken), "{name}: {report:#?}");
    }
    // what is no fault of the sender's tool and not good enough all the same, each with its own finding
    for (name, arguments, integrity, code) in [
        ("text mode", vec!["-outform", "DER"], Integrity::Broken, Code::SignatureTextMode),
        ("text header", vec!["-text", "-outform", "DER"], Integrity::Broken, Code::SignatureTextMode),
        (
            "no attributes",
            vec!["-binary", "-noattr", "-outform", "DER"],
            Integrity::Intact,
            Code::SignatureNoSignedAttributes,
        ),
        (
            "no certificate",
            vec!["-binary", "-nocerts", "-outform", "DER"],
            Integrity::Unsupported,
            Code::SignatureNoCertificate,
        ),
        ("SHA-1", vec!["-binary", "-md", "sha1", "-outform", "DER"], Integrity::Intact, Code::SignatureWeakAlgorithm),
    ] {
        let report = examine(&cms("azerisiq", &arguments), Some(CONTENT));
        assert_eq!((report.signatures[0].integrity, reason(&report)), (integrity, code.slug()), "{name}: {report:#?}");
    }
}

/// The program finds by itself what a file speaks of: what lies in it, or what lies beside it.
#[test]
fn the_program_verifies_signature_files_with_and_without_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let ca = pki("ca.crt").to_str().unwrap().to_owned();
    let put = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let attached = cms("azerisiq", &["-binary", "-cades", "-nodetach", "-outform", "DER"]);
    let verify = |path: &str| pencere(&["verify", path, "--trust", &ca, "--at", "2026-11-16T07:00:00Z"]);
    assert!(verify(&put("il.csv.p7m", &attached)));
    let at = attached.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    let mut changed = attached.clone();
    changed[at] ^= 1;
    assert!(!verify(&put("changed.csv.p7m", &changed)));
    put("il.csv", CONTENT);
    let detached = cms("azerisiq", &["-binary", "-cades", "-outform", "PEM"]);
    assert!(verify(&put("il.csv.p7s", &detached)));
    put("other.csv", b"other");
    assert!(!verify(&put("other.csv.p7s", &detached)));
}

#[test]
fn openssl_takes_our_signature_files_with_every_kind_of_key() {
    let folder = tempfile::tempdir().unwrap();
    let content = folder.path().join("il.csv");
    fs::write(&content, CONTENT).unwrap();
    for person in PERSONS {
        let out = folder.path().join(format!("{person}.p7s"));
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let (key, certificate) = (path(&pki(&format!("{person}.key"))), path(&pki(&format!("{person}.crt"))));
        let (file, written) = (path(&content), path(&out));
        assert!(pencere(&["sign", &file, "--key", &key, "--cert", &certificate, "-o", &written]), "{person}");
        let file = fs::read(&out).unwrap();
        for arguments in [vec!["-inform", "DER"], vec!["-inform", "DER", "-cades"]] {
            assert!(openssl_cms(&file, &arguments, CONTENT), "{person} {arguments:?}");
            assert!(!openssl_cms(&file, &arguments, b"other"), "{person} {arguments:?}");
        }
        assert!(passes(&examine(&file, Some(CONTENT))), "{person}");
    }
}

/// An unsigned attribute can add a claim, and none can take anything away or put anything right.
#[test]
fn time_stamps_by_openssl_spoil_nothing_and_save_nothing() {
    let authority = Authority::new();
    let file = cms("azerisiq", &["-binary", "-cades", "-outform", "DER"]);
    // RFC 3161 appendix A
    let with_token = |token| der::with_unsigned(&file, &[der::attribute("1.2.840.113549.1.9.16.2.14", &[token])]);
    let before = examine(&file, Some(CONTENT));
    let value = der::signer(&file)[der::VALUE].clone();
    let value = pencere::forms::der::Reader::only(&value).unwrap().content;
    for (name, over) in [("right", value), ("of something else", b"something else".as_slice())] {
        let stamped = with_token(authority.stamp(over));
        assert!(openssl_cms(&stamped, &["-inform", "DER"], CONTENT), "{name}");
        let report = examine(&stamped, Some(CONTENT));
        assert!(passes(&report), "{name}: {report:#?}");
        let (one, other) = (&before.signatures[0], &report.signatures[0]);
        assert_eq!((&one.signer, one.signing_time), (&other.signer, other.signing_time), "{name}");
        let report = examine(&stamped, Some(b"other"));
        assert_eq!(report.signatures[0].integrity, Integrity::Broken, "{name}");
    }
    let unsigned = with_token(vec![0x30, 0x00]);
    assert!(passes(&examine(&unsigned, Some(CONTENT))), "no token at all");
}

/// A Python with `signxml`, from an earlier run or made now; none where it cannot be had.
fn signxml() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("signxml-5.2.0");
    let python = home.join("bin/python");
    let works = || Command::new(&python).args(["-c", "import signxml"]).output().is_ok_and(|out| out.status.success());
    if works() {
        return Some(python);
    }
    let _ = Command::new("python3").args(["-m", "venv"]).arg(&home).output();
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "-q", "--retries", "0", "--timeout", "10", "signxml==5.2.0"]);
    let _ = pip.output();
    works().then_some(python)
}

#[test]
fn signxml_takes_ours_and_we_take_its() {
    let Some(python) = signxml() else {
        println!("SKIPPED: signxml cannot be had from the network, so nothing was held against it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let ours = ours(folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/others/with_signxml.py");
    let run = |mode: &str, files: &[PathBuf]| {
        let mut command = Command::new(&python);
        let output = command.arg(&script).arg(mode).arg(pki("")).arg(folder.path()).args(files).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let altered: Vec<PathBuf> = ours.iter().map(|path| altered(path)).collect();
    let verdicts = run("verify", &[&ours[..], &altered[..]].concat());
    let verdicts: Vec<&str> = verdicts.lines().collect();
    let (good, bad) = verdicts.split_at(ours.len());
    assert!(good.iter().all(|verdict| *verdict == "valid"), "{verdicts:?}");
    assert!(bad.len() == ours.len() && bad.iter().all(|verdict| verdict.starts_with("refused")), "{verdicts:?}");

    let signed = run("sign", &[]);
    assert_eq!(signed.lines().count(), 7, "{signed}");
    for name in signed.lines() {
        let path = folder.path().join(name);
        let report = examine(&fs::read(&path).unwrap(), None);
        assert!(passes(&report), "{name}: {report:#?}");
        assert_eq!(report.signatures[0].format.starts_with("XAdES"), name.contains("xades"), "{name}");
        let report = examine(&fs::read(self::altered(&path)).unwrap(), None);
        assert_eq!(report.signatures[0].integrity, Integrity::Broken, "{name}");
    }
}
