//! The mail key: it signs whole mails (S/MIME, RFC 8551), and nothing else. It is not the seal.
//!
//! Owns what a certificate must be for that, and the detached signature. Never makes a key.

use super::Sign;
use crate::forms::certificate::Certificate;
use crate::host::Disk;
use jiff::Timestamp;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::pkey::{Id, PKey, Private};
use openssl::stack::Stack;
use openssl::x509::X509;

/// The largest file of a certificate or a key: a chain of a dozen.
const FILE_MAX: u64 = 64 << 10;
/// The shortest RSA key, bits.
const RSA_MIN: u32 = 2048;
/// What a certificate is for that signs mail (RFC 5280 4.2.1.12).
const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";

/// A key with its certificate, ready to sign.
pub struct MailKey {
    certificate: Certificate,
    above: Stack<X509>,
    key: PKey<Private>,
}

impl std::fmt::Debug for MailKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailKey({})", self.certificate.sha256())
    }
}

/// Why a mail key cannot be used: at its certificate, or at its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The certificate.
    #[error("{0}")]
    Certificate(String),
    /// The key.
    #[error("{0}")]
    Key(String),
}

impl MailKey {
    /// Reads both, and checks that they fit each other and this use.
    ///
    /// # Errors
    /// In words for an administrator.
    pub fn open(disk: &Disk, sign: &Sign, now: Timestamp) -> Result<Self, KeyFault> {
        let path = sign.certificate.display();
        let wrong = |what: String| KeyFault::Certificate(format!("{path} {what}"));
        let octets =
            disk.read(&sign.certificate, FILE_MAX).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let found = Certificate::from_file(&octets).map_err(|fault| wrong(format!("holds no certificate: {fault}")))?;
        let mut found = found.into_iter();
        let certificate = found.next().ok_or_else(|| wrong("holds no certificate".to_owned()))?;
        let mut above = Stack::new().map_err(|error| wrong(error.to_string()))?;
        for one in found {
            above.push(one.x509().to_owned()).map_err(|error| wrong(error.to_string()))?;
        }
        if certificate.not_after() < now {
            return Err(wrong(format!("ended on {}", certificate.not_after())));
        }
        if certificate.not_before() > now {
            return Err(wrong(format!("is in force from {} only", certificate.not_before())));
        }
        if certificate.key_usage().is_some_and(|usage| !usage.digital_signature()) {
            return Err(wrong("may not sign: its key usage lacks digitalSignature".to_owned()));
        }
        if certificate.extended_key_usage().is_some_and(|uses| !uses.iter().any(|one| one == EMAIL_PROTECTION)) {
            return Err(wrong("may not sign mail: its extended key usage lacks emailProtection".to_owned()));
        }
        let path = sign.key.display();
        let wrong = |what: String| KeyFault::Key(format!("{path} {what}"));
        let octets = disk.read(&sign.key, FILE_MAX).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let key = PKey::private_key_from_pem_callback(&octets, |_| Ok(0))
            .map_err(|_| wrong("holds no private key in PEM, or an encrypted one".to_owned()))?;
        if !certificate.public_key().public_eq(&key) {
            return Err(wrong("is not the key of the mail certificate".to_owned()));
        }
        match key.id() {
            Id::EC => {}
            Id::RSA if key.bits() >= RSA_MIN => {}
            _ => return Err(wrong(format!("is neither an elliptic curve key nor RSA of {RSA_MIN} bits or more"))),
        }
        Ok(Self { certificate, above, key })
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The detached signature (DER) over these octets, every line of which ends in CR and LF already.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, String> {
        let flags = CMSOptions::DETACHED | CMSOptions::BINARY;
        let x509 = self.certificate.x509();
        let signed = CmsContentInfo::sign(Some(x509), Some(&self.key), Some(&self.above), Some(octets), flags);
        signed.and_then(|signed| signed.to_der()).map_err(|error| format!("the mail could not be signed: {error}"))
    }
}
