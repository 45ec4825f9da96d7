//! A unit as it is found: read strictly, and every file of it verified (R 5.7.2).
//!
//! Owns what makes a unit whole: the container as our own reader takes it, entries stored and sorted, a digest for
//! every file and a file for every digest, a note whose numbers are those of a recount, receipts that a seal proves,
//! that speak of the original beside them, and that say what index, lines and records say. Never writes, and never
//! believes a unit by its name.

use super::index::{self, Row};
use super::name::UnitName;
use super::note::{FORMAT, Note, Statistics};
use super::sealed::{self, Answer};
use crate::container::{Container, Fault, Limits};
use crate::document::Digest;
use crate::evidence::Place;
use crate::finding::{Finding, Language};
use crate::forms::certificate::Certificate;
use crate::forms::note::LogKey;
use crate::host::Octets;
use crate::receipt::{self, Told, Unproven};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader};

/// Octets of a file at the top of a unit that is read whole: an index of 60,000 rows has 20 MB.
const TOP_MAX: u64 = 256 << 20;

/// Why a unit is not whole.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// What is wrong, and where.
    #[error("{0}")]
    Wrong(String),
    /// It cannot be read.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Unfit {
    fn wrong(what: impl Into<String>) -> Self {
        Self::Wrong(what.into())
    }
}

/// Proves a seal: the signature engine, as [`receipt::prove`] takes it.
pub type Engine<'a> = &'a dyn Fn(&Octets, &Certificate) -> Result<(), Finding>;

/// A unit whose structure, note and index are whole.
#[derive(Debug)]
pub struct Unit {
    container: Container,
    /// Every file: where it stands among the entries, and its digest.
    files: BTreeMap<String, (usize, Digest)>,
    note: Note,
    rows: Vec<Row>,
    seals: Vec<Certificate>,
    logs: Vec<Certificate>,
}

/// What was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// Submissions.
    pub submissions: u64,
    /// Files whose digest is the one that is written.
    pub files: u64,
    /// Octets in them.
    pub octets: u64,
    /// Receipts that were proven.
    pub receipts: u64,
    /// Of these, those whose place in the transparency log is proven by the certificate of its key in the unit.
    pub logged: u64,
}

impl Unit {
    /// Opens a unit. Every entry is read once for its checksum, and the files at the top are verified.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn open(octets: &Octets) -> Result<Self, Unfit> {
        let container = Container::open(octets, &limits()).map_err(|fault| match fault {
            Fault::Malformed(what) => Unfit::wrong(format!("this is no such ZIP file: {what}")),
            Fault::Limit(found, most) => Unfit::wrong(format!("{found}, where a unit has at most {most}")),
            Fault::Io(error) => Unfit::Disk(error),
        })?;
        let names: Vec<&str> = container.entries().iter().map(|entry| entry.name.as_str()).collect();
        if !names.is_sorted() || container.entries().iter().any(|entry| entry.is_packed || entry.is_folder()) {
            return Err(Unfit::wrong("its entries are not stored one by one in the order of their names"));
        }
        let places: BTreeMap<&str, usize> = names.iter().copied().zip(0..).collect();
        let text = |name: &str| -> Result<String, Unfit> {
            let at = places.get(name).ok_or_else(|| Unfit::wrong(format!("{name} is missing")))?;
            let entry = container.entries().get(*at).filter(|entry| entry.size <= TOP_MAX);
            let entry = entry.ok_or_else(|| Unfit::wrong(format!("{name} is too large")))?;
            let mut octets = Vec::new();
            io::Read::read_to_end(&mut container.read(entry), &mut octets)?;
            String::from_utf8(octets).map_err(|_| Unfit::wrong(format!("{name} is no text")))
        };
        let sums = sums(&text("SHA256SUMS")?)?;
        let unsummed = places.keys().find(|name| **name != "SHA256SUMS" && !sums.contains_key(**name));
        if let Some(name) = unsummed {
            return Err(Unfit::wrong(format!("{name} does not stand in SHA256SUMS")));
        }
        let (of_note, of_index) = (text("NOTE.json")?, text("index.csv")?);
        let note: Note = serde_json::from_str(&of_note).map_err(|error| Unfit::wrong(format!("NOTE.json: {error}")))?;
        note.unit.parse::<UnitName>().map_err(|error| Unfit::wrong(format!("NOTE.json: {error}")))?;
        let rows = index::read(&of_index).ok_or_else(|| Unfit::wrong("index.csv is of another form"))?;
        let mut files = BTreeMap::new();
        for (name, sha256) in sums {
            let at = places.get(name.as_str());
            let at = *at.ok_or_else(|| Unfit::wrong(format!("{name} stands in SHA256SUMS and is missing")))?;
            files.insert(name, (at, sha256));
        }
        drop(places);
        let mut unit = Self { container, files, note, rows, seals: Vec::new(), logs: Vec::new() };
        for name in unit.files.keys().filter(|name| !name.starts_with("submissions/")) {
            unit.hold(name)?;
        }
        unit.recount()?;
        let read = |unit: &Self, name: &String| {
            let octets = unit.octets(name)?.head(1 << 20)?;
            let found = Certificate::from_file(&octets).map_err(|error| Unfit::wrong(format!("{name}: {error}")))?;
            found.into_iter().next().ok_or_else(|| Unfit::wrong(format!("{name} holds no certificate")))
        };
        let named = |start: &str| -> Result<Vec<Certificate>, Unfit> {
            let names = unit.files.keys().filter(|name| name.starts_with(start));
            names.map(|name| read(&unit, name)).collect()
        };
        let (seals, logs) = (named("certificates/seal-")?, named("certificates/log-")?);
        (unit.seals, unit.logs) = (seals, logs);
        Ok(unit)
    }

    /// What it says of itself; the numbers are those of a recount.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Its index.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The certificates by which its receipts are sealed.
    pub fn seals(&self) -> &[Certificate] {
        &self.seals
    }

    /// Verifies the files of these submissions, or of all: digests, receipts, what they speak of, and that index, lines
    /// and records say the same. Receipts are proven by one of these seals; where none is named, by one in the unit.
    ///
    /// # Errors
    /// [`Unfit`], by the file's name.
    pub fn verify(
        &self,
        only: Option<&BTreeSet<String>>,
        seals: &[Certificate],
        engine: Engine<'_>,
    ) -> Result<Verified, Unfit> {
        let mut verified = Verified::default();
        for row in self.rows.iter().filter(|row| only.is_none_or(|only| only.contains(&row.id))) {
            let mut document = None;
            for name in self.of(&row.id) {
                verified.octets += self.hold(name)?;
                verified.files += 1;
                let digest = self.files.get(name).map(|(_, digest)| digest.to_string());
                if name.contains("/original/") && digest.as_deref() == Some(row.sha256.as_str()) {
                    document = Some(self.octets(name)?);
                }
            }
            if document.is_none() && !row.sha256.is_empty() {
                return Err(Unfit::wrong(format!("submissions/{}: the original of the index is missing", row.id)));
            }
            let is_receipt = |name: &&str| name.contains("/receipts/") && name.ends_with(".xml");
            let mut answers = Vec::new();
            for name in self.of(&row.id).filter(is_receipt) {
                let (answer, is_logged) = self.prove(name, row, document.as_ref(), seals, engine)?;
                answers.push(answer);
                verified.logged += u64::from(is_logged);
                verified.receipts += 1;
            }
            self.agree(row, &answers)?;
            verified.submissions += 1;
        }
        Ok(verified)
    }

    /// That all that is told of a submission is what its receipts say.
    fn agree(&self, row: &Row, answers: &[Answer]) -> Result<(), Unfit> {
        let folder = format!("submissions/{}", row.id);
        let differs = |what: String| Unfit::wrong(format!("{folder}: {what}"));
        let text = |name: &str| {
            let octets = self.octets(&format!("{folder}/{name}"))?;
            match octets.len() <= TOP_MAX {
                true => String::from_utf8(octets.head(usize::try_from(octets.len()).unwrap_or(usize::MAX))?)
                    .map_err(|_| Unfit::wrong(format!("{folder}/{name} is no text"))),
                false => Err(Unfit::wrong(format!("{folder}/{name} is too large"))),
            }
        };
        sealed::row(row, answers).map_err(differs)?;
        sealed::lines(row, &text("journal.jsonl")?, answers).map_err(differs)?;
        // a detached signature is sealed as the document is
        for signature in answers.iter().filter_map(|answer| answer.told.signature.as_ref()?.sha256.as_ref()) {
            let is_it = |name: &str| self.files.get(name).is_some_and(|(_, sha256)| sha256.to_string() == *signature);
            if !self.of(&row.id).any(|name| name.contains("/original/") && is_it(name)) {
                return Err(differs(format!("the signature file {signature} of its receipt is missing")));
            }
        }
        let is_accepted = answers.iter().any(sealed::is_loaded);
        let has_records = self.of(&row.id).any(|name| name.contains("/records."));
        if !is_accepted && !has_records {
            return Ok(());
        }
        let (csv, json) =
            (self.octets(&format!("{folder}/records.csv"))?, self.octets(&format!("{folder}/records.json"))?);
        let (csv, json) = (BufReader::new(csv.reader()), BufReader::new(json.reader()));
        sealed::records(row, csv, json, answers).map_err(|unfit| match unfit {
            Unfit::Wrong(what) => differs(what),
            unfit => unfit,
        })
    }

    /// Proves a receipt; whether its place in the log is proven by a certificate in the unit.
    fn prove(
        &self,
        name: &str,
        row: &Row,
        document: Option<&Octets>,
        seals: &[Certificate],
        engine: Engine<'_>,
    ) -> Result<(Answer, bool), Unfit> {
        let octets = self.octets(name)?;
        let unproven = |finding: &Finding| Unfit::wrong(format!("{name}: {}", finding.message(Language::En)));
        let told = Told::read(&octets).map_err(|finding| unproven(&finding))?;
        let is_named = |seal: &&Certificate| told.certificates().any(|der| der == seal.der());
        let seal = match seals {
            [] => self.seals.iter().find(is_named).ok_or("its seal is not among the certificates"),
            named => named.iter().find(is_named).ok_or("it was sealed by another than was named"),
        };
        let seal = seal.map_err(|what| Unfit::wrong(format!("{name}: {what}")))?;
        match receipt::prove(&octets, seal, document, engine) {
            Ok(proven) if proven.told().id == row.id => {
                let place = receipt::place(&octets, &proven, None).map_err(|finding| unproven(&finding))?;
                let is_of = |place: &receipt::Place, log: &Certificate| {
                    let key = log.x509().public_key().ok();
                    key.and_then(|key| LogKey::new(place.key.name(), &key)).is_some_and(|key| key == place.key)
                };
                let is_logged = place.is_some_and(|place| self.logs.iter().any(|log| is_of(&place, log)));
                Ok((Answer { sha256: Digest::of_reader(octets.reader())?, told }, is_logged))
            }
            Ok(_) => Err(Unfit::wrong(format!("{name}: it answers another submission"))),
            Err(Unproven::No(finding)) => Err(unproven(&finding)),
            Err(Unproven::Disk(error)) => Err(error.into()),
        }
    }

    /// The names of a submission's files, in order.
    pub fn of(&self, id: &str) -> impl Iterator<Item = &str> {
        let folder = format!("submissions/{id}/");
        let from = self.files.range(folder.clone()..).map(|(name, _)| name.as_str());
        from.take_while(move |name| name.starts_with(&folder))
    }

    /// The octets of a file, as they lie in the unit.
    ///
    /// # Errors
    /// [`Unfit::Wrong`] when it has no such file.
    pub fn octets(&self, name: &str) -> Result<Octets, Unfit> {
        let entry = self.files.get(name).and_then(|(at, _)| self.container.entries().get(*at));
        let entry = entry.ok_or_else(|| Unfit::wrong(format!("{name} is missing")))?;
        Ok(self.container.octets(entry)?)
    }

    /// Where each file lies in the unit, for evidence.
    pub fn places(&self) -> Vec<Place> {
        let place = |(at, sha256): &(usize, Digest)| {
            let (offset, size) = self.container.entries().get(*at)?.place()?;
            Some(Place { sha256: *sha256, offset, size })
        };
        self.files.values().filter_map(place).collect()
    }

    /// The paths by which signers were believed: of a signer's certificate, the digest of the file.
    pub fn paths(&self) -> Vec<(Digest, Digest)> {
        let signer = |name: &str| name.strip_prefix("certificates/signer-")?.strip_suffix(".pem")?.parse().ok();
        self.files.iter().filter_map(|(name, (_, sha256))| Some((signer(name)?, *sha256))).collect()
    }

    /// Holds a file against its digest; its size.
    fn hold(&self, name: &str) -> Result<u64, Unfit> {
        let octets = self.octets(name)?;
        let wanted = self.files.get(name).map(|(_, digest)| *digest);
        match Some(Digest::of_reader(octets.reader())?) == wanted {
            true => Ok(octets.len()),
            false => Err(Unfit::wrong(format!("{name}: its octets are not those of SHA256SUMS"))),
        }
    }

    /// Holds the note against what is there.
    fn recount(&self) -> Result<(), Unfit> {
        let differs = |what: &str| Err(Unfit::wrong(format!("NOTE.json: {what} are not those of a recount")));
        if self.note.format != FORMAT {
            return Err(Unfit::wrong(format!("NOTE.json: {:?} is no form that is known here", self.note.format)));
        }
        let size = |name: &str| {
            let entry = self.files.get(name).and_then(|(at, _)| self.container.entries().get(*at));
            entry.map_or(0, |entry| entry.size)
        };
        let mut folders: BTreeSet<&str> = BTreeSet::new();
        let (mut files, mut octets, mut sums) = (0u64, 0u64, String::new());
        for (name, (_, sha256)) in &self.files {
            let Some(rest) = name.strip_prefix("submissions/") else { continue };
            folders.extend(rest.split('/').next());
            files += 1;
            octets += size(name);
            sums.push_str(&format!("{sha256}  {name}\n"));
        }
        let mut statistics = Statistics::default();
        for row in &self.rows {
            statistics.count(row, self.of(&row.id).map(size).sum());
        }
        let ids: BTreeSet<&str> = self.rows.iter().map(|row| row.id.as_str()).collect();
        if ids != folders || ids.len() != self.rows.len() {
            return Err(Unfit::wrong("index.csv does not name the very submissions that are there"));
        }
        let note = &self.note;
        if (note.submissions, note.files, note.octets) != (self.rows.len() as u64, files, octets) {
            return differs("the counts");
        }
        if note.statistics != statistics {
            return differs("the statistics");
        }
        let index = self.files.get("index.csv").map(|(_, digest)| *digest);
        match note.submissions_sha256 == Digest::of(sums.as_bytes()) && Some(note.index_sha256) == index {
            true => Ok(()),
            false => differs("the digests"),
        }
    }
}

/// `SHA256SUMS`, as sha256sum writes it.
fn sums(text: &str) -> Result<BTreeMap<String, Digest>, Unfit> {
    let mut sums = BTreeMap::new();
    for line in text.lines() {
        let read = line.split_once("  ").and_then(|(digest, name)| Some((digest.parse::<Digest>().ok()?, name)));
        let (digest, name) = read.ok_or_else(|| Unfit::wrong("SHA256SUMS is not of its form"))?;
        if sums.insert(name.to_owned(), digest).is_some() {
            return Err(Unfit::wrong(format!("SHA256SUMS names {name} twice")));
        }
    }
    Ok(sums)
}

/// A unit is ours: as large as a ZIP file without ZIP64 gets.
fn limits() -> Limits {
    Limits { entries: 65_534, entry: 1 << 32, total: 1 << 33, ..Limits::default() }
}
