//! What lies in a container of evidence: each piece by its name, from evidence and from the judgement repeated.
//!
//! Owns the names, and the list of digests over all pieces. What it was judged by, [`grounds`](super::grounds) chooses.

use super::grounds::Grounds;
use super::paths::Paths;
use super::readme::{Log, Original, Readme, Receipt, Signed};
use crate::commands::Trouble;
use crate::commands::explain::judged::Explained;
use crate::commands::explain::past::Past;
use crate::commands::explain::{answer, told};
use crate::container::write::{self, Measure};
use crate::document::{Digest, Digester};
use crate::forms::certificate::Certificate;
use crate::forms::note::LogKey;
use crate::host::Octets;
use crate::journal::{HeldFile, KeptFile};
use serde::Serialize;
use std::collections::BTreeMap;

/// One file of the container.
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) sha256: Digest,
    pub(super) measure: Measure,
    pub(super) octets: Octets,
}

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";
const OTHER: &str = "application/octet-stream";
/// The digests of all other pieces, as `sha256sum` reads them.
const SUMS: &str = "SHA256SUMS";

impl Piece {
    fn of(name: impl Into<String>, media_type: &'static str, octets: impl Into<Octets>) -> Result<Self, Trouble> {
        let (name, octets, mut digester) = (name.into(), octets.into(), Digester::new());
        let measure = write::measure(&octets, |piece| digester.update(piece));
        let measure = measure.map_err(|error| Trouble::broken(format!("{name}: {error}")))?;
        Ok(Self { sha256: digester.finish(), name, media_type, measure, octets })
    }
}

/// All of them, the README first.
pub(super) fn all(past: &Past, all: &[Explained]) -> Result<Vec<Piece>, Trouble> {
    let mut readme = Readme::of(past);
    let mut pieces = originals(past, all, &mut readme)?;
    let paths = Paths::of(past, all)?;
    let mut grounds = Grounds::of(past, all, &paths)?;
    let mut logs = Logs::default();
    for one in all {
        let number = one.answered.answer;
        let octets = past.shelf().octets("a receipt", &one.answered.receipt.kept())?;
        let (name, log) = (format!("receipts/{number}.receipt.xml"), logs.of(past, one)?);
        readme.receipts.push(Receipt { name: name.clone(), seal: grounds.seal(one)?, log });
        pieces.push(Piece::of(name, "text/xml", octets.to_vec())?);
        if let Some(kept) = one.answered.dossier.as_ref().map(KeptFile::kept) {
            let dossier = past.shelf().octets("a dossier", &kept)?;
            pieces.push(Piece::of(format!("judgement/{number}.dossier.json"), JSON, dossier.to_vec())?);
        }
    }
    let text = told::lines(past, all).join("\n") + "\n";
    pieces.push(Piece::of("judgement/explanation.txt", TEXT, text.into_bytes())?);
    pieces.push(Piece::of("judgement/explanation.json", JSON, json(&answer(past, all))?)?);
    pieces.push(match &past.exported {
        None => Piece::of("journal/lines.txt", TEXT, lines(past))?,
        Some(lines) => Piece::of("journal/lines.jsonl", JSON, lines.clone())?,
    });
    for (folder, paths) in [("signers", &paths.signers), ("clocks", &paths.clocks)] {
        for (first, path) in paths {
            pieces.push(Piece::of(format!("{folder}/{first}.pem"), OTHER, pem(path)?)?);
        }
    }
    for (name, octets) in logs.files.into_iter().chain(grounds.files) {
        pieces.push(Piece::of(name, OTHER, octets)?);
    }
    pieces.insert(0, Piece::of("README.txt", TEXT, readme.text().into_bytes())?);
    let sums: String = pieces.iter().map(|piece| format!("{}  {}\n", piece.sha256, piece.name)).collect();
    pieces.insert(1, Piece::of(SUMS, TEXT, sums.into_bytes())?);
    Ok(pieces)
}

/// What was dropped.
fn originals(past: &Past, all: &[Explained], readme: &mut Readme) -> Result<Vec<Piece>, Trouble> {
    let mut pieces = Vec::new();
    let mut file = |file: &HeldFile, others: &[&str]| {
        let octets = past.shelf().evidence().read(&file.kept());
        let broken = |error: &dyn std::fmt::Display| Trouble::broken(format!("the document: {error}"));
        let octets = octets.map_err(|error| broken(&error))?;
        let head = octets.head(HEAD).map_err(|error| broken(&error))?;
        // no two files of a container have one name, however the sender named his
        let taken = |name: &str| readme.originals.iter().any(|one| one.name == format!("original/{name}"));
        let name = plain(file).into_iter().chain(others.iter().map(|&other| other.to_owned()));
        let name = name.into_iter().find(|name| !taken(name)).ok_or_else(|| broken(&"two files of one name"))?;
        let name = format!("original/{name}");
        readme.originals.push(Original { name: name.clone(), dropped: file.name.shown() });
        pieces.push(Piece::of(name, OTHER, octets)?);
        Ok::<_, Trouble>(head)
    };
    if let Some(held) = &past.held {
        let document = file(&held.document, &["document"])?;
        let others =
            if held.mail_signed { ["signed-mail.eml", "mail-around-it"] } else { ["document.p7s", "signature"] };
        let detached = held.detached.as_ref().map(|detached| file(detached, &others)).transpose()?;
        let detached = detached.as_deref().map(|detached| (detached, held.mail_signed));
        readme.signed = Signed::of(&document, detached, all);
    }
    Ok(pieces)
}

/// Octets that tell what form a file has.
const HEAD: usize = 64;

/// The certificates of the log's keys, by their names in the container: one, unless the window lost its log's key.
#[derive(Default)]
struct Logs {
    files: BTreeMap<String, Vec<u8>>,
    known: Vec<(LogKey, String)>,
}

impl Logs {
    /// By which one a receipt's place in the log is proven.
    fn of(&mut self, past: &Past, one: &Explained) -> Result<Log, Trouble> {
        let Some(log) = &one.receipt.log else { return Ok(Log::None) };
        let Ok(key) = log.key.parse::<LogKey>() else { return Ok(Log::Unknown) };
        if let Some((_, name)) = self.known.iter().find(|(known, _)| *known == key) {
            return Ok(Log::By(name.clone()));
        }
        let Some(certificate) = past.log(&key) else { return Ok(Log::Unknown) };
        let name = match self.known.len() {
            0 => "log.crt".to_owned(),
            count => format!("log-{}.crt", count + 1),
        };
        self.files.insert(name.clone(), pem(&[certificate])?);
        self.known.push((key, name.clone()));
        Ok(Log::By(name))
    }
}

/// The name that the file was dropped under, where it can stand in a container.
fn plain(file: &HeldFile) -> Option<String> {
    let shown = file.name.shown();
    (file.name.is_plain() && !shown.contains('/') && write::wrong_name(&shown).is_none()).then_some(shown)
}

pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, Trouble> {
    serde_json::to_vec_pretty(value).map_err(|error| Trouble::broken(error.to_string()))
}

/// The journal's lines on the submission, each behind the chain before it.
fn lines(past: &Past) -> Vec<u8> {
    let mut text = Vec::new();
    for (before, line) in &past.lines {
        text.extend(format!("before {before}\n").bytes());
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}

/// Certificates as one file.
pub(super) fn pem(path: &[Certificate]) -> Result<Vec<u8>, Trouble> {
    let mut all = Vec::new();
    for certificate in path {
        all.extend(certificate.x509().to_pem().map_err(|error| Trouble::broken(error.to_string()))?);
    }
    Ok(all)
}
