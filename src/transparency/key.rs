//! The log's key: which file it is, and how it is made where the configuration leaves that to the window.
//!
//! It signs checkpoints and nothing else. Whoever has it can fork the log, and whoever compares checkpoints sees that;
//! it can neither seal a receipt nor load a row.

use crate::forms::certificate::Certificate;
use crate::forms::issue::{Issued, Validity};
use crate::forms::note::LogSigner;
use crate::host::Disk;
use jiff::{SignedDuration, Timestamp};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use std::io;
use std::path::{Path, PathBuf};

/// How long the certificate of a key that the window made itself is in force: twenty years, as long as its log.
const LIFETIME: SignedDuration = SignedDuration::from_hours(20 * 365 * 24);
/// Largest key or certificate file, in octets.
const FILE_MAX: u64 = 64 * 1024;

/// Where key and certificate lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPlace {
    /// The key, PKCS#8 in PEM.
    pub key: PathBuf,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
    /// Whether both are the window's own: made at the first start.
    pub is_own: bool,
}

/// Why the log has no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// A file cannot be read or written.
    #[error("transparency log: {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What lies there is no such key, or no certificate of it.
    #[error("transparency log: {}: {what}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        what: &'static str,
    },
    /// None could be made.
    #[error("transparency log: no key could be made: {0}")]
    Making(#[from] ErrorStack),
}

impl KeyPlace {
    /// The window's own.
    pub fn own(state: &Path) -> Self {
        let folder = state.join("transparency");
        Self { key: folder.join("log.key"), certificate: folder.join("log.crt"), is_own: true }
    }

    /// Reads them; where they are the window's own, makes both where neither is there, and the certificate alone where
    /// a stop came between the two. In force from `now`.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn open(&self, disk: &Disk, origin: &str, now: Timestamp) -> Result<LogSigner, KeyFault> {
        if self.is_own && !self.certificate.exists() {
            self.make(disk, origin, now)?;
        }
        let key = self.read_key(disk)?;
        let unusable = |path: &PathBuf, what| KeyFault::Unusable { path: path.clone(), what };
        let certificate = Certificate::from_file(&read(disk, &self.certificate)?).ok();
        let certificate = certificate.and_then(|certificates| certificates.into_iter().next());
        let certificate = certificate.ok_or_else(|| unusable(&self.certificate, "this is no certificate"))?;
        if !certificate.x509().public_key().is_ok_and(|public| public.public_eq(&key)) {
            return Err(unusable(&self.certificate, "the certificate is not that of the key"));
        }
        LogSigner::new(origin, key).ok_or_else(|| unusable(&self.key, "checkpoints are signed with Ed25519 keys only"))
    }

    fn read_key(&self, disk: &Disk) -> Result<PKey<Private>, KeyFault> {
        let what = "this is no private key in PEM";
        PKey::private_key_from_pem(&read(disk, &self.key)?)
            .map_err(|_| KeyFault::Unusable { path: self.key.clone(), what })
    }

    /// A key that is there stays: another one would fork the log.
    fn make(&self, disk: &Disk, origin: &str, now: Timestamp) -> Result<(), KeyFault> {
        let is_new = !self.key.exists();
        let key = if is_new { PKey::generate_ed25519()? } else { self.read_key(disk)? };
        let validity = Validity { from: now, to: now.saturating_add(LIFETIME).unwrap_or(now) };
        let issued = Issued::log(origin, key, validity)?;
        let put = |path: &PathBuf, octets: &[u8]| {
            let folder = path.parent().unwrap_or(Path::new("."));
            let new = path.with_extension("new");
            let put = || {
                disk.make_folder(folder)?;
                let file = disk.open_or_create(&new)?;
                file.truncate(0)?;
                file.write_at(octets, 0)?;
                file.sync()?;
                disk.rename(&new, path)?;
                disk.sync_folder(folder)
            };
            put().map_err(|source| KeyFault::File { path: path.clone(), source })
        };
        if is_new {
            put(&self.key, &issued.key_pem()?)?;
        }
        put(&self.certificate, &issued.certificate_pem()?)?;
        tracing::info!(key = %self.key.display(), is_new, "a certificate was made for the transparency log's key");
        Ok(())
    }
}

fn read(disk: &Disk, path: &Path) -> Result<Vec<u8>, KeyFault> {
    disk.read(path, FILE_MAX).map_err(|source| KeyFault::File { path: path.to_owned(), source })
}
