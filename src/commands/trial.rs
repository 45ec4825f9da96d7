//! A complete trial window, made from the shipped example and a PKI of its own; and the sample
//! PKI of the repository, made in the same way.
//!
//! Owns what lies in a new window. Never touches a folder that holds anything, and never writes a
//! private key that others could read. The registry's file decides who gets a certificate, so
//! that file and PKI cannot disagree.

use crate::authority::{Participant, Person, Registry};
use crate::config;
use crate::forms::issue::{Holder, Issued, Validity};
use jiff::{SignedDuration, Timestamp};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The files of a trial window that are the same in each.
pub(super) const PENCERE: &str = include_str!("../../config/pencere.toml");
pub(super) const REGISTRY: &str = include_str!("../../config/registry.toml");
pub(super) const STATIONS: &str = include_str!("../../config/stations.toml");

/// Who signs the stranger's certificate's requests: a person of nobody's registry, synthetic.
const STRANGER: Holder<'_> =
    Holder { name: "Tanınmayan Şəxs Sınaq oğlu", fin: "9YAD0X9", body: "Sınaq MMC", voen: "9990000891" };
const DAY: SignedDuration = SignedDuration::from_hours(24);
const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

/// What the samples' certificates of one person end in: P-256, and where they stand other kinds of keys.
const KINDS: [&str; 4] = ["", "-rsa", "-p384", "-p521"];

/// Why a trial window could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The folder holds something: wrong usage.
    #[error("{0} is not empty; a window is made in an empty or new folder only")]
    NotEmpty(PathBuf),
    /// The folder exists and is no folder, or cannot be made or written.
    #[error("{0}: {1}")]
    Disk(PathBuf, #[source] io::Error),
    /// No certificate could be made.
    #[error("a certificate could not be made: {0}")]
    Issue(#[from] ErrorStack),
    /// The window's files do not have the lines that are to be changed.
    #[error("{0} was changed: {1} does not stand there exactly once")]
    Changed(PathBuf, String),
    /// The shipped example is broken: a fault of the program.
    #[error("the shipped configuration is broken: {0}")]
    Shipped(String),
}

/// Makes a complete trial window in `folder` (CONTRACT 2), which is new or empty. Its PKI is in
/// force for 20 years from `now`.
///
/// # Errors
/// [`Trouble::NotEmpty`] when anything is there; otherwise what the disk or OpenSSL says.
pub fn make(folder: &Path, now: Timestamp) -> Result<(), Trouble> {
    DirBuilder::new().recursive(true).create(folder).map_err(|error| Trouble::Disk(folder.to_owned(), error))?;
    let mut entries = fs::read_dir(folder).map_err(|error| Trouble::Disk(folder.to_owned(), error))?;
    if entries.next().is_some() {
        return Err(Trouble::NotEmpty(folder.to_owned()));
    }
    let registry = shipped()?;
    let pki = folder.join("pki");
    folder_at(&pki, 0o755)?; // certificates are public, and each key is 0600
    let validity = Validity { from: now - DAY, to: now + 20 * YEAR };
    let expired = Validity { from: now - 2 * YEAR, to: now - DAY };
    issue_all(&pki, &registry, validity, expired)?;
    let seal = Issued::seal("pencere: sınaq pəncərəsinin möhürü", "Sınaq pəncərəsi", validity)?;
    write_pair(&pki, "seal", &seal)?;
    write_pair(&pki, "log", &Issued::log("pencere/trial", PKey::generate_ed25519()?, validity)?)?;

    write(&folder.join("pencere.toml"), PENCERE.as_bytes(), 0o644)?;
    write(&folder.join("registry.toml"), REGISTRY.as_bytes(), 0o644)?;
    write(&folder.join("stations.toml"), STATIONS.as_bytes(), 0o644)?;
    datasets(&folder.join("datasets"))?;
    for slug in registry.participants.keys() {
        for side in ["in", "receipts"] {
            folder_at(&folder.join("drop").join(slug.as_str()).join(side), 0o755)?;
        }
    }
    folder_at(&folder.join("state"), 0o700)
}

/// Makes the PKI of the repository's samples in `folder`: the same persons as a trial window's,
/// under an authority of its own, in force from 2024 to the end of 2046. Its keys are public.
///
/// # Errors
/// As [`make`].
pub fn sample_pki(folder: &Path) -> Result<(), Trouble> {
    // 2024-01-01, 2046-12-31T23:59:59 and 2022-01-01, all UTC
    let moment = |second| Timestamp::from_second(second).map_err(|error| Trouble::Shipped(error.to_string()));
    let (from, to, before) = (moment(1_704_067_200)?, moment(2_429_913_599)?, moment(1_640_995_200)?);
    folder_at(folder, 0o755)?;
    issue_all(folder, &shipped()?, Validity { from, to }, Validity { from: before, to: from })
}

/// Makes the samples' persons known in a trial window: their certificates stand beside those of
/// the same persons, and their authority becomes an anchor. The certificates are copied, so that
/// the window stays whole without the samples.
///
/// # Errors
/// [`Trouble::Changed`] when the window's files are no longer as [`make`] wrote them.
pub fn register_sample_pki(window: &Path, samples: &Path) -> Result<(), Trouble> {
    let registry = shipped()?;
    let mut changes = Vec::new();
    for slug in registry.participants.keys() {
        let own = format!("\"pki/{slug}.crt\"");
        let mut all = own.clone();
        for kind in KINDS {
            let sample = samples.join(format!("{slug}{kind}.crt"));
            if kind.is_empty() || sample.exists() {
                copy(&sample, &window.join(format!("pki/sample-{slug}{kind}.crt")))?;
                all.push_str(&format!(", \"pki/sample-{slug}{kind}.crt\""));
            }
        }
        changes.push((own, all));
    }
    copy(&samples.join("ca.crt"), &window.join("pki/sample-ca.crt"))?;
    change(&window.join("registry.toml"), &changes)?;
    let anchors = "anchors = [\"pki/ca.crt\"]".to_owned();
    let both = "anchors = [\"pki/ca.crt\", \"pki/sample-ca.crt\"]".to_owned();
    change(&window.join("pencere.toml"), &[(anchors, both)])
}

/// The PKI of a trial without seal and log: an authority and its persons, in force for 20 years from `now`.
///
/// # Errors
/// As [`make`].
pub(super) fn persons(pki: &Path, now: Timestamp) -> Result<(), Trouble> {
    let expired = Validity { from: now - 2 * YEAR, to: now - DAY };
    issue_all(pki, &shipped()?, Validity { from: now - DAY, to: now + 20 * YEAR }, expired)
}

/// The descriptions that are shipped, with what is published of them.
///
/// # Errors
/// The disk's.
pub(super) fn datasets(folder: &Path) -> Result<(), Trouble> {
    folder_at(folder, 0o755)?;
    for (path, text) in crate::schema::SHIPPED {
        let path = folder.join(path);
        folder_at(path.parent().unwrap_or(folder), 0o755)?;
        write(&path, text.as_bytes(), 0o644)?;
    }
    Ok(())
}

/// The shipped registry, without the certificates that do not exist yet.
fn shipped() -> Result<Registry, Trouble> {
    config::persons_of(REGISTRY)
        .map_err(|mistakes| Trouble::Shipped(mistakes.first().map_or_else(String::new, |mistake| mistake.to_string())))
}

/// CA, one certificate a participant, and the two that must be refused.
fn issue_all(folder: &Path, registry: &Registry, validity: Validity, expired: Validity) -> Result<(), Trouble> {
    // the authority is older than the certificate that has ended
    let lifetime = Validity { from: expired.from - DAY, to: validity.to };
    let authority = Issued::authority("pencere: sınaq sertifikat mərkəzi", "Sınaq pəncərəsi", lifetime)?;
    write_pair(folder, "ca", &authority)?;
    for (slug, participant) in &registry.participants {
        let person = first_person(participant)?;
        let issued = authority.person(holder(participant, person), validity)?;
        write_pair(folder, slug.as_str(), &issued)?;
        if slug.as_str() == "azerenerji" {
            write_pair(folder, "expired", &authority.person(holder(participant, person), expired)?)?;
        }
    }
    write_pair(folder, "stranger", &authority.person(STRANGER, validity)?)
}

fn first_person(participant: &Participant) -> Result<&Person, Trouble> {
    participant.persons.first().ok_or_else(|| Trouble::Shipped(format!("{} has no person", participant.slug)))
}

fn holder<'a>(participant: &'a Participant, person: &'a Person) -> Holder<'a> {
    // a certificate names its holder to the whole world: the one place where a FİN leaves bare
    let fin = person.fin.reveal();
    Holder { name: &person.name, fin, body: &participant.name, voen: participant.voen.as_str() }
}

fn write_pair(folder: &Path, name: &str, issued: &Issued) -> Result<(), Trouble> {
    write(&folder.join(format!("{name}.crt")), &issued.certificate_pem()?, 0o644)?;
    write(&folder.join(format!("{name}.key")), &issued.key_pem()?, 0o600)
}

/// Writes a new file; an old one is never replaced. Not synced: a trial window that a power cut
/// spoils is made again.
pub(super) fn write(path: &Path, octets: &[u8], mode: u32) -> Result<(), Trouble> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(octets));
    written.map_err(|error| Trouble::Disk(path.to_owned(), error))
}

pub(super) fn folder_at(path: &Path, mode: u32) -> Result<(), Trouble> {
    let made = DirBuilder::new().recursive(true).mode(mode).create(path);
    made.map_err(|error| Trouble::Disk(path.to_owned(), error))
}

fn copy(from: &Path, to: &Path) -> Result<(), Trouble> {
    let octets = fs::read(from).map_err(|error| Trouble::Disk(from.to_owned(), error))?;
    write(to, &octets, 0o644)
}

/// Replaces each text, which stands exactly once, by another; the file changes whole or not.
fn change(path: &Path, changes: &[(String, String)]) -> Result<(), Trouble> {
    let disk = |error| Trouble::Disk(path.to_owned(), error);
    let text = fs::read_to_string(path).map_err(disk)?;
    let text = replaced(text, changes).map_err(|old| Trouble::Changed(path.to_owned(), old))?;
    let beside = path.with_extension("toml.new");
    write(&beside, text.as_bytes(), 0o644)?;
    fs::rename(&beside, path).map_err(disk)
}

/// A text in which each of these, which stands there exactly once, is another.
///
/// # Errors
/// The one that does not.
pub(super) fn replaced(mut text: String, changes: &[(String, String)]) -> Result<String, String> {
    for (old, new) in changes {
        if text.matches(old.as_str()).count() != 1 {
            return Err(old.clone());
        }
        text = text.replace(old.as_str(), new);
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
