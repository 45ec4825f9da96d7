//! The line to a server of mail: where it is, how it is made private, whom it is believed by, where its password lies.
//!
//! One meaning for mail that comes in and for mail that goes out: a server that is read and one that is written to are
//! named, proven and logged in to in the same way. Owns the words for that, the reading of the two files they may name,
//! and what of TLS is believed. Never connects: that is who speaks with the server.

mod secret;

pub use secret::Secret;

use crate::host::Disk;
use native_tls::{Certificate, Protocol, TlsConnector};
use openssl::x509::X509;
use std::path::{Path, PathBuf};

/// The largest file of authorities, octets: some hundred certificates.
const AUTHORITIES_MAX: u64 = 1 << 20;

/// Where a server is, and how it is known to be the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line is made private.
    pub security: Security,
    /// The only authority (PEM) that is believed about it; the system's where none is named.
    pub ca: Option<PathBuf>,
}

/// How the line to a server is made private; there is no third way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS, and nothing without it.
    StartTls,
    /// TLS from the first octet.
    Tls,
}

/// The certificates (DER) of the authorities in a file of PEM: one at least.
///
/// # Errors
/// In words, with the file: it cannot be read, or holds none.
pub fn authorities(disk: &Disk, path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let named = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let octets = disk.read(path, AUTHORITIES_MAX).map_err(|error| named(&error))?;
    let found = X509::stack_from_pem(&octets).map_err(|_| named(&"holds something else than certificates in PEM"))?;
    if found.is_empty() {
        return Err(named(&"holds no certificate in PEM"));
    }
    found.iter().map(|one| one.to_der().map_err(|error| named(&error))).collect()
}

impl Peer {
    /// Makes a line private: TLS 1.2 at least, believed by the authority that is named, or by the system's. Whoever
    /// connects hands it the name that the certificate must bear.
    ///
    /// # Errors
    /// In words: the authority cannot be used.
    pub fn connector(&self, disk: &Disk) -> Result<tokio_native_tls::TlsConnector, String> {
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(Protocol::Tlsv12));
        if let Some(path) = &self.ca {
            let named = |error: native_tls::Error| format!("{}: {error}", path.display());
            builder.disable_built_in_roots(true);
            for one in authorities(disk, path)? {
                builder.add_root_certificate(Certificate::from_der(&one).map_err(named)?);
            }
        }
        builder.build().map(Into::into).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test_folder;

    #[test]
    fn a_password_is_the_first_line_of_its_file_and_never_nothing() {
        let folder = test_folder();
        let path = folder.path().join("password");
        let read = |octets: &[u8]| {
            std::fs::write(&path, octets).unwrap();
            Secret::File(path.clone()).read(&Disk::system())
        };
        for octets in [&b"s3cret"[..], b"s3cret\n", b"s3cret\r\n", b"s3cret\nwhat else somebody wrote\n"] {
            assert_eq!(read(octets).unwrap(), "s3cret");
        }
        // a space belongs to it
        assert_eq!(read("  mənim sözüm \n".as_bytes()).unwrap(), "  mənim sözüm ");
        assert_eq!(read(&[b'a'; 1024]).unwrap().len(), 1024);
        for octets in [&b""[..], b"\n", b"\r\n", b"\nsecret", b"\xFF\xFE", &[b'a'; 1025], &[b'\n'; 1 << 20]] {
            let fault = read(octets).unwrap_err();
            assert!(fault.contains("password"), "{fault}");
        }
        assert!(Secret::File(folder.path().join("none")).read(&Disk::system()).is_err());
    }

    #[test]
    fn authorities_are_one_at_least() {
        let folder = test_folder();
        let path = folder.path().join("ca.pem");
        assert!(authorities(&Disk::system(), &path).is_err());
        std::fs::write(&path, "no certificate").unwrap();
        assert!(authorities(&Disk::system(), &path).unwrap_err().contains("no certificate in PEM"));
    }
}
