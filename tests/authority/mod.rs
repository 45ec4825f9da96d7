//! A time-stamping authority that stands in for a real one, wherever a test needs one: tokens are made and verified
//! by `openssl ts`, with a key whose certificate leads to an anchor of its own.

#![allow(dead_code)] // each test program uses a part of it

pub mod server;

use openssl::pkey::{PKey, Private};
use pencere::forms::certificate::Certificate;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// The extensions of an authority of certificates.
pub const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// Those of a clock (RFC 3161 2.3).
pub const CLOCK: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";

const CONFIGURATION: &str = "[tsa]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\n\
    digests=sha256,sha512\ness_cert_id_alg=sha256\nclock_precision_digits=3\n";

/// Keys and certificates in a folder that goes away: `clocks` is the anchor, `clock` stamps.
pub struct Authority {
    folder: tempfile::TempDir,
    turn: Mutex<()>,
}

impl Authority {
    pub fn new() -> Arc<Self> {
        let authority = Self { folder: tempfile::tempdir().unwrap(), turn: Mutex::new(()) };
        fs::write(authority.at("cnf"), CONFIGURATION).unwrap();
        authority.issue("clocks", None, CA, 3650);
        authority.issue("clock", Some("clocks"), CLOCK, 3650);
        Arc::new(authority)
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A key and a certificate of this name, by another or by itself.
    pub fn issue(&self, name: &str, issuer: Option<&str>, extensions: &str, days: u32) {
        fs::write(self.at("ext"), extensions).unwrap();
        self.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        self.openssl(&format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
        let by = match issuer {
            None => format!("-signkey {name}.key"),
            Some(issuer) => format!("-CA {issuer}.crt -CAkey {issuer}.key -CAcreateserial"),
        };
        self.openssl(&format!("x509 -req -in {name}.csr {by} -days {days} -extfile ext -out {name}.crt"));
    }

    pub fn certificate(&self, name: &str) -> Certificate {
        Certificate::from_file(&fs::read(self.at(&format!("{name}.crt"))).unwrap()).unwrap().remove(0)
    }

    pub fn key(&self, name: &str) -> PKey<Private> {
        PKey::private_key_from_pem(&fs::read(self.at(&format!("{name}.key"))).unwrap()).unwrap()
    }

    fn run(&self, arguments: &str) -> Result<(), String> {
        let mut openssl = Command::new("openssl");
        let output = openssl.args(arguments.split(' ')).current_dir(self.folder.path()).output().unwrap();
        output.status.success().then_some(()).ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs `openssl` in the folder.
    pub fn openssl(&self, arguments: &str) {
        self.run(arguments).unwrap_or_else(|said| panic!("openssl {arguments}: {said}"));
    }

    /// The answer to a request, which may be a refusal.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        let _turn = self.turn.lock().unwrap();
        fs::write(self.at("query"), request).unwrap();
        let _ = self
            .run("ts -reply -config cnf -section tsa -queryfile query -signer clock.crt -inkey clock.key -out reply");
        fs::read(self.at("reply")).unwrap()
    }

    /// A token over these octets, asked for by `openssl ts` itself.
    pub fn stamp(&self, octets: &[u8]) -> Vec<u8> {
        self.stamp_by(octets, "clock")
    }

    /// The same by another key.
    pub fn stamp_by(&self, octets: &[u8], clock: &str) -> Vec<u8> {
        let _turn = self.turn.lock().unwrap();
        fs::write(self.at("stamped"), octets).unwrap();
        self.openssl("ts -query -data stamped -sha256 -cert -out query");
        let by = format!("-signer {clock}.crt -inkey {clock}.key -config cnf -section tsa");
        self.openssl(&format!("ts -reply -queryfile query {by} -token_out -out token"));
        fs::read(self.at("token")).unwrap()
    }

    /// Whether `openssl ts` takes the token for one over these octets.
    pub fn verifies(&self, data: &[u8], token: &[u8]) -> bool {
        let _turn = self.turn.lock().unwrap();
        fs::write(self.at("stamped"), data).unwrap();
        fs::write(self.at("token"), token).unwrap();
        self.run("ts -verify -data stamped -in token -token_in -CAfile clocks.crt").is_ok()
    }
}
