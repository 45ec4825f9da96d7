//! Documents inside something: ASiC containers and `.p7m` files, put together by other tools
//! (`python3` with its `zipfile`, `openssl cms`, `xmlsec1`).

use super::accepted::AZERISIQ;
use super::signers::{ECDSA, EXCLUSIVE, SHA256, Signers, Template, reference_of};
use super::statement::Statement;
use super::{Made, Sample, sample};
use std::fs;
use std::process::Command;

const SIMPLE: &str = "application/vnd.etsi.asic-s+zip";
pub const EXTENDED: &str = "application/vnd.etsi.asic-e+zip";
pub const NAME: &str = "istehsal-2026-Q3.asice";

pub fn table() -> Vec<Sample> {
    vec![
        sample("accepted/asics-openssl-cades", "ASiC-S: one CSV, and CAdES over it by openssl.\n", |signers| {
            let csv = statement().csv();
            let signature = signers.p7s(&csv, "azerisiq");
            let files = [("istehsal.csv", csv.into_bytes()), ("META-INF/signature.p7s", signature)];
            Made::document("istehsal-2026-Q3.asics", zip(SIMPLE, &files)).case(AZERISIQ)
        }),
        sample("accepted/asice-openssl-cades", MANIFEST, |signers| {
            let csv = statement().csv();
            let (manifest, signature) = manifest(signers, &[("istehsal.csv", csv.as_bytes())]);
            let files = [
                ("istehsal.csv", csv.into_bytes()),
                ("META-INF/ASiCManifest.xml", manifest),
                ("META-INF/signature.p7s", signature),
            ];
            Made::document("istehsal-2026-Q3.sce", zip(EXTENDED, &files)).case(AZERISIQ)
        }),
        sample("accepted/asice-xmlsec1-with-attachment", ATTACHMENT, |signers| {
            let files = [("hesabat 3.xml", statement().xml().into_bytes()), ("qeyd.txt", b"Qeyd.\n".to_vec())];
            let signatures = signatures(signers, "azerisiq", &files);
            Made::document(NAME, container(&files, signatures)).case(AZERISIQ)
        }),
        sample("accepted/correction-with-basis", BASIS, |signers| {
            let corrected = statement().corrected("2", -1_250).replacing("1");
            let files = [("hesabat.xml", corrected.xml().into_bytes()), ("akt 12.txt", b"Akt 12.\n".to_vec())];
            let signatures = signatures(signers, "azerisiq", &files);
            Made::document(NAME, container(&files, signatures))
                .before("birinci.xml", signers.xades(&statement().xml(), "azerisiq"))
                .case(AZERISIQ)
        }),
        sample("accepted/p7m-openssl", "CMS with the CSV inside, as `openssl cms -nodetach` makes it.\n", |signers| {
            let arguments = ["-binary", "-cades", "-nodetach"];
            let signed = signers.cms(statement().csv().as_bytes(), "azerisiq", &arguments);
            Made::document("istehsal-2026-Q3.csv.p7m", signed).case(AZERISIQ)
        }),
        sample("accepted/p7m-smime-xml", SMIME, |signers| {
            let arguments = ["-binary", "-cades", "-nodetach", "-outform", "SMIME"];
            let signed = signers.cms(statement().xml().as_bytes(), "azerisiq", &arguments);
            Made::document("istehsal-2026-Q3.p7m", signed).case(AZERISIQ)
        }),
        sample("duplicate/same-content-in-a-container", SAME, |signers| {
            let csv = statement().csv();
            let signature = signers.p7s(&csv, "azerisiq");
            let files = [("a.csv", csv.clone().into_bytes()), ("META-INF/signature.p7s", signature.clone())];
            Made::document("istehsal-2026-Q3.asics", zip(SIMPLE, &files))
                .case(AZERISIQ)
                .before("istehsal.csv", csv)
                .before("istehsal.csv.p7s", signature)
        }),
        sample("rejected/signature.container", "Something stands behind the end of the archive.\n", |signers| {
            let mut archive = container_of(signers);
            archive.extend(b"one line more\n");
            Made::document(NAME, archive).case(AZERISIQ)
        }),
        sample(
            "rejected/signature.container-limit",
            "A window that opens containers of two entries, and one with three.\n",
            |signers| {
                let limit = "[[change]]\nfile = \"pencere.toml\"\nold = \"container_entries = 1000\"\n\
                         new = \"container_entries = 2\"";
                Made::document(NAME, container_of(signers)).case(AZERISIQ).case(limit)
            },
        ),
        sample("rejected/signature.container-documents", "Two statements in one container.\n", |signers| {
            let other = Statement::generation("azerisiq", "2026-Q2").xml();
            let files = [("a.xml", statement().xml().into_bytes()), ("b.xml", other.into_bytes())];
            let signatures = signatures(signers, "azerisiq", &files);
            Made::document(NAME, container(&files, signatures)).case(AZERISIQ)
        }),
        sample("rejected/signature.doubled-reference", "Two references to one file.\n", |signers| {
            let files = [("a.xml", statement().xml().into_bytes())];
            let twice = [files[0].clone(), files[0].clone()];
            let signatures = signatures(signers, "azerisiq", &twice);
            Made::document(NAME, container(&files, signatures)).case(AZERISIQ)
        }),
        hostile("container-file-not-covered", "signature.not-covering", UNCOVERED, |signers| {
            let files = [("a.xml", statement().xml().into_bytes())];
            let signatures = signatures(signers, "azerisiq", &files);
            let more = [files[0].clone(), ("b.txt", b"Nobody signed this.\n".to_vec())];
            Made::document(NAME, container(&more, signatures))
        }),
        hostile("container-statement-not-covered", "signature.not-covering", SWAPPED, |signers| {
            let files = [("a.txt", b"Signed.\n".to_vec()), ("b.xml", statement().xml().into_bytes())];
            let signatures = signatures(signers, "azerisiq", &files[..1]);
            Made::document(NAME, container(&files, signatures))
        }),
        hostile("container-second-signature-of-a-stranger", "signature.untrusted", STRANGER, |signers| {
            let files = [("a.xml", statement().xml().into_bytes())];
            let (ours, theirs) = (signatures(signers, "azerisiq", &files), signatures(signers, "other", &files));
            let all = [
                files[0].clone(),
                ("META-INF/signatures0.xml", ours.into_bytes()),
                ("META-INF/signatures1.xml", theirs.into_bytes()),
            ];
            Made::document(NAME, zip(EXTENDED, &all))
        }),
        hostile("container-in-a-container", "signature.unsupported", NESTED, |signers| {
            let files = [("a.asice", container_of(signers))];
            let signatures = signatures(signers, "azerisiq", &files);
            Made::document(NAME, container(&files, signatures))
        }),
        hostile("p7m-inner-signature-broken", "signature.digest-differs", INNER, |signers| {
            let broken = signers.xades(&statement().xml(), "azerisiq").replacen("revision=\"1\"", "revision=\"2\"", 1);
            let arguments = ["-binary", "-cades", "-nodetach"];
            Made::document("a.p7m", signers.cms(broken.as_bytes(), "azerisiq", &arguments))
        }),
    ]
}

pub fn hostile(
    name: &str,
    expect: &'static str,
    note: &'static str,
    make: impl Fn(&Signers) -> Made + 'static,
) -> Sample {
    sample(format!("hostile/{name}"), note, move |signers| {
        make(signers).case(AZERISIQ).case(&format!("expect = \"{expect}\""))
    })
}

pub fn statement() -> Statement {
    Statement::generation("azerisiq", "2026-Q3")
}

pub type File = (&'static str, Vec<u8>);

/// A good container with one statement.
pub fn container_of(signers: &Signers) -> Vec<u8> {
    let files = [("a.xml", statement().xml().into_bytes())];
    let signatures = signatures(signers, "azerisiq", &files);
    container(&files, signatures)
}

pub fn container(files: &[File], signatures: String) -> Vec<u8> {
    let mut files = files.to_vec();
    files.push(("META-INF/signatures0.xml", signatures.into_bytes()));
    zip(EXTENDED, &files)
}

/// An archive by Python's `zipfile`, `mimetype` first and not packed.
pub fn zip(media_type: &str, files: &[File]) -> Vec<u8> {
    zip_of(Some(media_type), files)
}

/// The same; without a media type it has no `mimetype`.
pub fn zip_of(media_type: Option<&str>, files: &[File]) -> Vec<u8> {
    const SCRIPT: &str = "\
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as archive:
    if sys.argv[2]:
        archive.writestr(zipfile.ZipInfo('mimetype'), sys.argv[2], zipfile.ZIP_STORED)
    for number, name in enumerate(sys.argv[3:]):
        archive.writestr(zipfile.ZipInfo(name), open(f'{sys.argv[1]}.{number}', 'rb').read(), zipfile.ZIP_DEFLATED)
";
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    for (number, (_, octets)) in files.iter().enumerate() {
        fs::write(folder.path().join(format!("archive.{number}")), octets).unwrap();
    }
    let mut python = Command::new("python3");
    python
        .args(["-c", SCRIPT])
        .arg(&archive)
        .arg(media_type.unwrap_or_default())
        .args(files.iter().map(|(name, _)| name));
    assert!(python.status().unwrap().success());
    fs::read(archive).unwrap()
}

/// A signatures file by `xmlsec1`: one XMLDSig signature that names these files, digested as they lie there.
pub fn signatures(signers: &Signers, person: &str, files: &[File]) -> String {
    let references = files.iter().map(|(name, _)| {
        let uri = name.replace(' ', "%20");
        reference_of(&format!("URI=\"{uri}\""), "", SHA256)
    });
    let template = Template { references: references.collect(), algorithm: ECDSA, ..Template::default() };
    assert_eq!(template.canonicalisation, EXCLUSIVE);
    let document = format!(
        "<asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\">{}</asic:XAdESSignatures>",
        template.xml("S0")
    );
    signers.xmlsec_beside(&document, person, files)
}

/// An ASiC manifest over these files, and CAdES over it by `openssl cms`.
pub fn manifest(signers: &Signers, files: &[(&str, &[u8])]) -> (Vec<u8>, Vec<u8>) {
    use base64::Engine;
    let mut objects = String::new();
    for (name, octets) in files {
        let digest = openssl::sha::sha256(octets);
        let digest = base64::engine::general_purpose::STANDARD.encode(digest);
        objects += &format!(
            "<asic:DataObjectReference URI=\"{name}\"><ds:DigestMethod Algorithm=\"{SHA256}\"/>\
             <ds:DigestValue>{digest}</ds:DigestValue></asic:DataObjectReference>"
        );
    }
    let manifest = format!(
        "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><asic:SigReference URI=\"META-INF/signature.p7s\" \
         MimeType=\"application/pkcs7-signature\"/>{objects}</asic:ASiCManifest>"
    );
    let signature = signers.p7s(&manifest, "azerisiq");
    (manifest.into_bytes(), signature)
}

const MANIFEST: &str = "ASiC-E: one CSV, a manifest with its digest, and CAdES over the manifest by openssl.\n";
const BASIS: &str = "\
A correction whole: it names the revision that it replaces and the reason, and brings its basis document, signed with
it. The receipt names what it replaced and the document with its digest; no warning.
";
const ATTACHMENT: &str = "\
ASiC-E: a statement and a note that goes with it, both named by one XML signature that xmlsec1 made. The statement is
found by its root; the note is evidence and nothing else.
";
const SMIME: &str = "XML inside an S/MIME message, as `openssl cms -outform SMIME` writes it.\n";
const SAME: &str = "What was handed in with a signature file beside it comes again in a container.\n";
const UNCOVERED: &str = "\
A file lies in the container that the signature does not name. Whoever opens the container takes it for signed.
";
const SWAPPED: &str = "The signature names a note, and not the statement that lies beside it.\n";
const STRANGER: &str = "A second signature, by somebody whom no anchor vouches for: every signature counts.\n";
const NESTED: &str = "A signed container inside a signed container: what is signed must be a statement.\n";
const INNER: &str = "The signature around the document is good, the one inside was broken before it was made.\n";
