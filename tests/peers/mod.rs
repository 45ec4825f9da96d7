//! The tools of others, asked for their verdict: `xmlsec1`, the JDK, `openssl cms`, libxml2.
//!
//! Each believes the authority of the sample PKI and nobody else, and judges as its own manual shows it
//! to a beginner: no option makes it stricter than that. Knows nothing of the program under test.

#![allow(dead_code)] // each test asks some of them

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A file of the sample PKI.
pub fn pki(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples/pki").join(name)
}

/// The Ids that references use, as `xmlsec1` must be told them.
const IDS: &[(&str, &str)] = &[
    ("Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"),
    ("Id", "http://www.w3.org/2000/09/xmldsig#:Object"),
    ("Id", "http://www.w3.org/2000/09/xmldsig#:Manifest"),
    ("id", "urn:boemis:submission:1:Submission"),
    ("Id", "urn:boemis:submission:1:Total"),
    ("Id", "urn:boemis:submission:1:Record"),
];

fn run(command: &mut Command) -> Output {
    let program = command.get_program().to_owned();
    command.output().unwrap_or_else(|error| panic!("{}: {error}; make test installs it", program.display()))
}

/// `xmlsec1 --verify` on the first signature of a document: `valid`, `refused`, or nothing for so long
/// that nobody would wait.
pub fn xmlsec1_says(document: &[u8]) -> &'static str {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document.xml");
    fs::write(&path, document).unwrap();
    let mut xmlsec = Command::new("timeout"); // of coreutils
    xmlsec.args(["10", "xmlsec1", "--verify", "--trusted-pem"]).arg(pki("ca.crt"));
    for (attribute, element) in IDS {
        xmlsec.args([&format!("--id-attr:{attribute}"), *element]);
    }
    match run(xmlsec.arg(&path)).status.code() {
        Some(0) => "valid",
        Some(124) => "no answer in 10 s",
        Some(127) => panic!("xmlsec1 is installed by make test"),
        _ => "refused",
    }
}

/// Whether it says yes.
pub fn xmlsec1(document: &[u8]) -> bool {
    xmlsec1_says(document) == "valid"
}

/// `openssl cms -verify` on every signer of a signature file, over this content.
pub fn openssl(file: &[u8], content: &[u8]) -> bool {
    openssl_cms(file, &["-inform", "DER"], content)
}

/// The same with these further arguments.
pub fn openssl_cms(file: &[u8], arguments: &[&str], content: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), file).unwrap();
    fs::write(at("content"), content).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["cms", "-verify", "-binary", "-purpose", "any", "-in"]).arg(at("file")).args(arguments);
    openssl.arg("-content").arg(at("content")).arg("-CAfile").arg(pki("ca.crt")).arg("-out").arg(at("out"));
    run(&mut openssl).status.success()
}

/// A canonical form with comments by libxml2, where it takes the document at all.
pub fn xmllint(option: &str, document: &[u8]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document.xml");
    fs::write(&path, document).unwrap();
    let output = run(Command::new("xmllint").args([option, "--nonet"]).arg(&path));
    output.status.success().then_some(output.stdout)
}

/// The JDK with its small program: the arguments are the program's.
fn java(arguments: &[&Path]) -> Output {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/Jdk.java");
    let output = run(Command::new("java").arg("-Xshare:auto").arg(program).args(arguments));
    assert!(output.status.success(), "java: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The JDK's verdict on the first signature of each file: `valid`, `intact, untrusted`,
/// `by a bare key`, `broken`, `unsigned`, `refused (why)`.
pub fn jdk(files: &[PathBuf]) -> Vec<String> {
    let anchor = pki("ca.crt");
    let arguments = [Path::new("verify"), &anchor].into_iter().chain(files.iter().map(PathBuf::as_path));
    let output = java(&arguments.collect::<Vec<_>>());
    let text = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<String> = text.lines().map(|line| line.split_once('\t').unwrap().0.to_owned()).collect();
    assert_eq!(verdicts.len(), files.len(), "{text}");
    verdicts
}

/// Has the JDK sign `document.xml` of a folder in every way it has, with the stores that lie there.
pub fn jdk_signs(folder: &Path) -> Vec<PathBuf> {
    java(&[Path::new("sign"), folder]);
    let mut signed: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    signed.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("jdk-"));
    signed.sort();
    signed
}

/// `openssl cms -verify` on a file with its content inside.
pub fn openssl_attached(file: &[u8], form: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, file).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["cms", "-verify", "-binary", "-purpose", "any", "-inform", form, "-in"]).arg(&path);
    run(openssl.arg("-CAfile").arg(pki("ca.crt")).arg("-out").arg(folder.path().join("out"))).status.success()
}

/// Which of them are here, as far as verdicts depend on it.
pub fn versions() -> String {
    let first = |program: &str, argument: &str| {
        let output = run(Command::new(program).arg(argument));
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap().lines().next().unwrap_or("").to_owned()
    };
    let part = |text: &str, nth: usize| text.split([' ', '"', '.']).nth(nth).unwrap_or_default().to_owned();
    let xmlsec1 = first("xmlsec1", "--version").split(' ').nth(1).unwrap_or_default().to_owned();
    let openssl = first("openssl", "version");
    let java = first("java", "-version");
    let java = java.split('"').nth(1).unwrap_or_default().to_owned();
    format!("xmlsec1 {xmlsec1}, JDK {}, OpenSSL {}.{}.", part(&java, 0), part(&openssl, 1), part(&openssl, 2))
}
