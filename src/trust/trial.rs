//! A PKI for the tests, made with the `openssl` tool in a folder that goes away with it.

use super::{RevocationList, Snapshot};
use crate::forms::certificate::Certificate;
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::{PKey, Private};
use std::path::PathBuf;
use std::process::Command;

/// A CA `ca` (P-256, ten years) and whoever it issues to.
pub(crate) struct Pki {
    folder: tempfile::TempDir,
}

/// Extensions of a person's certificate.
pub(crate) const PERSON: &str =
    "keyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash";
/// Extensions of a CA's certificate.
pub(crate) const AUTHORITY: &str =
    "keyUsage=critical,keyCertSign,cRLSign\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash";
/// A subject with the synthetic FİN 5VBK5VR and VÖEN 9990000221.
pub(crate) const SUBJECT: &str = "/C=AZ/O=Sınaq, ASC/2.5.4.97=VATAZ-9990000221/CN=Əli Məmmədov/serialNumber=5VBK5VR";

impl Pki {
    pub(crate) fn new() -> Self {
        let pki = Self { folder: tempfile::tempdir().unwrap() };
        pki.root("ca", "ec:P-256");
        pki
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `openssl` in the folder; the arguments are parted at blanks.
    pub(crate) fn openssl(&self, arguments: &str) {
        self.run(&arguments.split_whitespace().collect::<Vec<_>>());
    }

    pub(crate) fn run(&self, arguments: &[&str]) {
        let done = Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    pub(crate) fn write(&self, name: &str, octets: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), octets).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn key(&self, name: &str, kind: &str) {
        let file = format!("{name}.key");
        let more = match kind.split_once(':').unwrap_or((kind, "")) {
            ("ec", curve) => format!("EC -pkeyopt ec_paramgen_curve:{curve}"),
            ("rsa", bits) => format!("RSA -pkeyopt rsa_keygen_bits:{bits}"),
            (other, _) => other.to_owned(),
        };
        self.openssl(&format!("genpkey -out {file} -algorithm {more}"));
    }

    /// A self-signed CA.
    pub(crate) fn root(&self, name: &str, kind: &str) {
        self.key(name, kind);
        self.request(name, &format!("/CN=Test CA {name}"));
        self.write("ext", AUTHORITY);
        self.openssl(&format!("x509 -req -in {name}.csr -signkey {name}.key -days 3650 -extfile ext -out {name}.crt"));
    }

    fn request(&self, name: &str, subject: &str) {
        self.run(&[
            "req",
            "-new",
            "-utf8",
            "-key",
            &format!("{name}.key"),
            "-subj",
            subject,
            "-out",
            &format!("{name}.csr"),
        ]);
    }

    /// A certificate of 30 days for a new key of this kind (`ec:P-256`, `rsa:2048`, `ed25519`).
    pub(crate) fn issue(&self, name: &str, kind: &str, ca: &str, subject: &str, extensions: &str) -> Certificate {
        self.key(name, kind);
        self.request(name, subject);
        self.write("ext", extensions);
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA {ca}.crt -CAkey {ca}.key -CAcreateserial -days 30 \
             -extfile ext -out {name}.crt"
        ));
        self.certificate(name)
    }

    /// A person of `ca`.
    pub(crate) fn person(&self, name: &str, kind: &str) -> Certificate {
        self.issue(name, kind, "ca", SUBJECT, PERSON)
    }

    pub(crate) fn certificate(&self, name: &str) -> Certificate {
        Certificate::from_file(&self.read(&format!("{name}.crt"))).unwrap().remove(0)
    }

    pub(crate) fn private_key(&self, name: &str) -> PKey<Private> {
        PKey::private_key_from_pem(&self.read(&format!("{name}.key"))).unwrap()
    }

    /// A list of `ca`'s revoked certificates, fresh for so many hours.
    pub(crate) fn revocation_list(&self, ca: &str, revoked: &[&str], hours: u32) -> RevocationList {
        self.revocation_list_with(ca, revoked, hours, "authorityKeyIdentifier=keyid")
    }

    /// The same with these extensions.
    pub(crate) fn revocation_list_with(
        &self,
        ca: &str,
        revoked: &[&str],
        hours: u32,
        extensions: &str,
    ) -> RevocationList {
        let config = format!(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=crlnumber\ndefault_md=sha256\n\
             certificate={ca}.crt\nprivate_key={ca}.key\ncrl_extensions=e\n[e]\n{extensions}\n"
        );
        self.write("ca.cnf", config);
        self.write("index", "");
        self.write("index.attr", "unique_subject = no\n");
        self.write("crlnumber", "01\n");
        for name in revoked {
            self.openssl(&format!("ca -config ca.cnf -revoke {name}.crt -crl_reason keyCompromise"));
        }
        self.openssl(&format!("ca -config ca.cnf -gencrl -crlhours {hours} -out {ca}.crl"));
        RevocationList::from_file(&self.read(&format!("{ca}.crl"))).unwrap().remove(0)
    }

    /// A snapshot that trusts `ca` and checks no revocation.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::new(vec![self.certificate("ca")], Vec::new(), None, SignedDuration::ZERO, Timestamp::now())
    }
}
