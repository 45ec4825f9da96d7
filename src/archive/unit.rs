//! A unit as it is made: one ZIP file, in which the same submissions give the same octets (R 5.7.1).
//!
//! Owns the layout. Entries are stored as they are, sorted by name, all of one time; every file but `SHA256SUMS`
//! itself stands there. What is in evidence is read twice, once to be measured and once to be written, and is never
//! held; what is made here waits in a file beside. Takes all that it says as arguments: members, evidence, the
//! records. Never reads the journal, and knows no clock.

use super::gather::{Came, Member};
use super::index::{self, Row};
use super::note::{FORMAT, Note, OfWindow, Statistics};
use super::sealed::{self, Answer};
use super::texts;
use crate::container::write::{Measure, WriteFault, Writer, measure};
use crate::document::{Digest, Digester};
use crate::evidence::{EvidenceError, Kept, Reader};
use crate::finding::Language;
use crate::forms::certificate::Certificate;
use crate::host::{Disk, DiskFile, Octets};
use crate::journal::{KeptFile, KeptPath};
use crate::receipt::{self, Told};
use jiff::Timestamp;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

/// Entries of one unit, at most: a ZIP file without ZIP64 has fewer than 65,535.
pub const ENTRIES_MAX: usize = 60_000;

/// What a unit says of where it comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The unit's name, `trial-000001`.
    pub unit: String,
    /// The window.
    pub window: OfWindow,
    /// Program and version.
    pub maker: String,
    /// Files that describe the datasets: path below `schemas/`, text.
    pub schemas: Vec<(String, String)>,
    /// The certificate of the transparency log's key, DER.
    pub log: Option<Vec<u8>>,
}

/// What takes the values of one record, exact, as text, in the order of the columns.
pub type Take<'t> = dyn FnMut(&[String]) -> Result<(), MakeFault> + 't;

/// The open form of a submission's content, which may have as many records as a document has room for: they are never
/// held all at once.
pub trait Opened {
    /// The columns' names.
    fn columns(&self) -> &[String];
    /// Gives each record, each time the same ones.
    ///
    /// # Errors
    /// What the records or `take` say.
    fn each(&mut self, take: &mut Take<'_>) -> Result<(), MakeFault>;
}

/// Why a unit cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeFault {
    /// Something in evidence cannot be read.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The file cannot be written.
    #[error("archive: {0}")]
    Write(#[from] WriteFault),
    /// The disk.
    #[error("archive: {0}")]
    Disk(#[from] io::Error),
    /// The records cannot be read now, nobody's.
    #[error("archive: {0}")]
    Away(String),
    /// Something is not as it must be, in words.
    #[error("archive: {0}")]
    Odd(String),
}

/// Where the octets of an entry lie until they are written.
enum Lies {
    /// In evidence.
    Kept(Kept),
    /// In the file beside: where, and how many.
    Beside(u64, u64),
}

/// An entry, measured.
struct Entry {
    lies: Lies,
    measure: Measure,
    sha256: Digest,
    size: u64,
}

/// A unit in the making.
pub struct Making<'a> {
    origin: Origin,
    evidence: &'a Reader,
    /// The file beside, and its length.
    beside: (DiskFile, u64),
    entries: BTreeMap<String, Entry>,
    rows: Vec<Row>,
    statistics: Statistics,
    seals: BTreeMap<Digest, Vec<u8>>,
    signers: BTreeSet<Digest>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    last_event: Option<Timestamp>,
    octets: u64,
    /// Octets of what many submissions share.
    shared: u64,
}

impl<'a> Making<'a> {
    /// Begins a unit; what is made on the way waits in `beside`, which is empty.
    pub fn new(origin: Origin, evidence: &'a Reader, beside: DiskFile) -> Self {
        Self {
            origin,
            evidence,
            beside: (beside, 0),
            entries: BTreeMap::new(),
            rows: Vec::new(),
            statistics: Statistics::default(),
            seals: BTreeMap::new(),
            signers: BTreeSet::new(),
            first: None,
            last: None,
            last_event: None,
            octets: 0,
            shared: 0,
        }
    }

    /// How many octets it has so far: its submissions', and of what they share.
    pub fn octets(&self) -> u64 {
        self.octets.saturating_add(self.shared)
    }

    /// Whether no more submissions fit, for their number.
    pub fn is_full(&self) -> bool {
        // the fullest folder seen has a dozen files
        self.entries.len() + 500 > ENTRIES_MAX
    }

    /// The signers of its submissions, by the fingerprints of their certificates.
    pub fn signers(&self) -> &BTreeSet<Digest> {
        &self.signers
    }

    /// Adds a submission; `open` is the open form of what was loaded.
    ///
    /// # Errors
    /// [`MakeFault`]; nothing of it is in the unit then.
    pub fn add(&mut self, member: &Member, open: Option<&mut dyn Opened>) -> Result<(), MakeFault> {
        let (octets, beside) = (self.octets, self.beside.1);
        let added = self.take_in(member, open);
        if added.is_err() {
            let folder = format!("submissions/{}/", member.id);
            self.entries.retain(|name, _| !name.starts_with(&folder));
            (self.octets, self.beside.1) = (octets, beside);
        }
        added
    }

    fn take_in(&mut self, member: &Member, open: Option<&mut dyn Opened>) -> Result<(), MakeFault> {
        let folder = format!("submissions/{}", member.id);
        let (mut seals, mut signers, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
        let before = self.octets;
        if let Came::Held(held) = &member.came {
            let document = original(&held.document.name.shown(), "document");
            if let Some(detached) = &held.detached {
                let name = original(&detached.name.shown(), "signature");
                // no two files of a unit have one name, however the sender named his
                let other = if held.mail_signed { "mail-around-it" } else { "signature.p7s" };
                let name = if name == document { other.to_owned() } else { name };
                self.keep(format!("{folder}/original/{name}"), detached.kept())?;
            }
            self.keep(format!("{folder}/original/{document}"), held.document.kept())?;
        }
        for answered in &member.answers {
            let kept = answered.receipt.kept();
            let octets = self.evidence.read(&kept)?;
            let odd = |what: String| MakeFault::Odd(format!("receipt {}: {what}", answered.receipt.number));
            let told = Told::read(&octets).map_err(|finding| odd(finding.message(Language::En)))?;
            seals.extend(told.certificates().map(|der| (Digest::of(der), der.to_vec())));
            sealed.push(Answer { sha256: kept.sha256, told });
            let head = octets.head(usize::try_from(octets.len()).unwrap_or(usize::MAX))?;
            let page = receipt::page(&head, Language::Az).map_err(|finding| odd(finding.message(Language::En)))?;
            let name = format!("{folder}/receipts/{}", plain(&answered.receipt.number, "receipt"));
            self.keep(format!("{name}.xml"), kept)?;
            self.put(format!("{name}.txt"), page.as_bytes())?;
            signers.extend(&answered.signers);
            if let Some(dossier) = &answered.dossier {
                self.keep(format!("{folder}/judgement/{}.dossier.json", answered.answer), dossier.kept())?;
            }
        }
        if let Some(in_force) = &member.doubted_by {
            let json = serde_json::to_vec(in_force).map_err(|error| MakeFault::Odd(error.to_string()))?;
            self.put(format!("{folder}/judgement/doubt.json"), &json)?;
        }
        signers.extend(member.contested.iter().map(|contested| contested.signer));
        let row = Row::of(member);
        // a unit that tells another thing than its receipts does not verify: that holds up this one, and no other
        let differs = |what: String| MakeFault::Odd(format!("it is not what its receipts say: {what}"));
        sealed::row(&row, &sealed).and_then(|()| sealed::lines(&row, &member.lines, &sealed)).map_err(differs)?;
        if let Some(open) = open {
            let csv = self.put_with(format!("{folder}/records.csv"), |out| in_csv(&row, open, out))?;
            let json = self.put_with(format!("{folder}/records.json"), |out| in_json(&row, open, out))?;
            let whole = self.whole_beside()?;
            let (csv, json) = (whole.pieces([csv]), whole.pieces([json]));
            sealed::records(&row, BufReader::new(csv.reader()), BufReader::new(json.reader()), &sealed)
                .map_err(|unfit| differs(unfit.to_string()))?;
        }
        self.put(format!("{folder}/journal.jsonl"), member.lines.as_bytes())?;
        self.seals.extend(seals);
        self.signers.extend(signers);
        self.statistics.count(&row, self.octets - before);
        self.rows.push(row);
        let received = Some(member.received());
        self.first = self.first.min(received).or(received);
        self.last = self.last.max(received);
        self.last_event = self.last_event.max(Some(member.last));
        Ok(())
    }

    /// Whether it has this file of the configuration, or list of them.
    pub fn has_grounds(&self, sha256: Digest) -> bool {
        self.entries.contains_key(&grounds(sha256))
    }

    /// Adds a file of the configuration that was judged by, or the list of such files; each once.
    ///
    /// # Errors
    /// As [`Making::add`].
    pub fn grounds(&mut self, file: &KeptFile) -> Result<(), MakeFault> {
        if self.has_grounds(file.sha256) {
            return Ok(());
        }
        self.shared = self.shared.saturating_add(file.size);
        self.keep(grounds(file.sha256), file.kept())
    }

    /// Adds the path by which a signer was believed.
    ///
    /// # Errors
    /// As [`Making::add`].
    pub fn path(&mut self, path: &KeptPath) -> Result<(), MakeFault> {
        self.keep(format!("certificates/signer-{}.pem", path.signer), path.kept())
    }

    /// Writes it to `into`; what it says of itself is given back.
    ///
    /// # Errors
    /// As [`Making::add`]; and [`WriteFault::Large`] for 4 GiB and more.
    pub fn write(mut self, into: DiskFile) -> Result<Note, MakeFault> {
        let files = self.entries.keys().filter(|name| name.starts_with("submissions/")).count() as u64;
        for der in std::mem::take(&mut self.seals).into_values() {
            let odd = |error: String| MakeFault::Odd(format!("the certificate of a seal: {error}"));
            let seal = Certificate::from_der(&der).map_err(|error| odd(error.to_string()))?;
            let pem = seal.x509().to_pem().map_err(|error| odd(error.to_string()))?;
            self.put(format!("certificates/seal-{}.pem", Digest::of(&der)), &pem)?;
        }
        if let Some(der) = self.origin.log.take() {
            let odd = |error: String| MakeFault::Odd(format!("the certificate of the log's key: {error}"));
            let log = Certificate::from_der(&der).map_err(|error| odd(error.to_string()))?;
            let pem = log.x509().to_pem().map_err(|error| odd(error.to_string()))?;
            self.put(format!("certificates/log-{}.pem", Digest::of(&der)), &pem)?;
        }
        for (name, text) in std::mem::take(&mut self.origin.schemas) {
            self.put(format!("schemas/{name}"), text.as_bytes())?;
        }
        let index = index::write(&self.rows);
        self.put("index.csv".to_owned(), index.as_bytes())?;
        let moment = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let note = Note {
            format: FORMAT.to_owned(),
            unit: self.origin.unit.clone(),
            window: self.origin.window.clone(),
            maker: self.origin.maker.clone(),
            ground: "R 3.4.6".to_owned(),
            received: [moment(self.first), moment(self.last)],
            last_event: moment(self.last_event),
            submissions: self.rows.len() as u64,
            files,
            octets: self.octets,
            submissions_sha256: Digest::of(self.sums("submissions/").as_bytes()),
            index_sha256: Digest::of(index.as_bytes()),
            statistics: self.statistics.clone(),
        };
        let mut text = serde_json::to_string_pretty(&note).map_err(|error| MakeFault::Odd(error.to_string()))?;
        text.push('\n');
        self.put("NOTE.json".to_owned(), text.as_bytes())?;
        self.put("NOTE.txt".to_owned(), texts::note(&note).as_bytes())?;
        self.put("OXU.txt".to_owned(), texts::guide(&note).as_bytes())?;
        let sums = self.sums("");
        self.put("SHA256SUMS".to_owned(), sums.as_bytes())?;
        let out = BufWriter::with_capacity(256 * 1024, Appending { file: &into, at: 0 });
        // all of one time, 1980-01-01, so that the same submissions give the same octets
        let mut writer = Writer::new(out, Timestamp::UNIX_EPOCH);
        let whole = self.whole_beside()?;
        for (name, entry) in &self.entries {
            let octets = match &entry.lies {
                Lies::Kept(kept) => self.evidence.read(kept)?,
                Lies::Beside(at, size) => whole.pieces([(*at, *size)]),
            };
            writer.copy(name, &entry.measure, octets.reader())?;
        }
        let out = writer.finish()?;
        out.into_inner().map_err(|error| error.into_error())?;
        into.sync()?;
        Ok(note)
    }

    /// The lines of SHA256SUMS for the files below, as sha256sum writes them.
    fn sums(&self, below: &str) -> String {
        let files = self.entries.iter().filter(|(name, _)| name.starts_with(below));
        files.map(|(name, entry)| format!("{}  {name}\n", entry.sha256)).collect()
    }

    fn keep(&mut self, name: String, kept: Kept) -> Result<(), MakeFault> {
        let octets = self.evidence.read(&kept)?; // verified whole
        let measure = measure(&octets, |_| {})?;
        let (sha256, size) = (kept.sha256, kept.size);
        self.enter(name, Entry { lies: Lies::Kept(kept), measure, sha256, size })
    }

    fn put(&mut self, name: String, octets: &[u8]) -> Result<(), MakeFault> {
        self.put_with(name, |out| Ok(out.write_all(octets)?)).map(drop)
    }

    /// Lays into the file beside what is written, and tells where it stands there, and how many octets it has.
    fn put_with(
        &mut self,
        name: String,
        write: impl FnOnce(&mut dyn Write) -> Result<(), MakeFault>,
    ) -> Result<(u64, u64), MakeFault> {
        let (file, len) = &mut self.beside;
        let (measure, digester) = (Measure::default(), Digester::new());
        let laid = Laid { out: Appending { file, at: *len }, measure, digester };
        let mut out = BufWriter::with_capacity(64 * 1024, laid);
        write(&mut out)?;
        let Laid { out, measure, digester } = out.into_inner().map_err(|error| error.into_error())?;
        let (at, size) = (*len, out.at - *len);
        *len = out.at;
        let lies = Lies::Beside(at, size);
        self.enter(name, Entry { lies, measure, sha256: digester.finish(), size })?;
        Ok((at, size))
    }

    /// The file beside, as far as it reaches now.
    fn whole_beside(&self) -> io::Result<Octets> {
        Ok(Octets::File(std::sync::Arc::new(self.beside.0.handle()?), self.beside.1))
    }

    fn enter(&mut self, name: String, entry: Entry) -> Result<(), MakeFault> {
        if name.starts_with("submissions/") {
            self.octets = self.octets.saturating_add(entry.size);
        }
        match self.entries.insert(name.clone(), entry) {
            None => Ok(()),
            Some(_) => Err(MakeFault::Odd(format!("{name} would stand twice"))),
        }
    }
}

/// The name of what was judged by: its digest, which is what a dossier and a list name it by.
pub fn grounds(sha256: Digest) -> String {
    format!("grounds/{sha256}")
}

/// Whether the open form of a submission belongs into its folder: it was loaded once.
pub fn was_loaded(member: &Member) -> bool {
    member.answers.iter().any(|answered| answered.rows.is_some())
}

/// Records as CSV with a header.
fn in_csv(row: &Row, open: &mut dyn Opened, out: &mut dyn Write) -> Result<(), MakeFault> {
    let own = ["dataset", "period", "revision", "participant"];
    let ours = [&row.dataset, &row.period, &row.revision, &row.body].map(String::as_str);
    let head: Vec<&str> = own.into_iter().chain(open.columns().iter().map(String::as_str)).collect();
    out.write_all(index::line(&head).as_bytes())?;
    open.each(&mut |values| {
        let line: Vec<&str> = ours.into_iter().chain(values.iter().map(String::as_str)).collect();
        Ok(out.write_all(index::line(&line).as_bytes())?)
    })
}

/// Records as JSON: the octets that `serde_json` gives of the whole, names sorted and two spaces a step, written one
/// record after the other.
fn in_json(row: &Row, open: &mut dyn Opened, out: &mut dyn Write) -> Result<(), MakeFault> {
    let pair = |name: &str, value: &String| format!("  \"{name}\": {}", json!(value));
    let head = [("dataset", &row.dataset), ("participant", &row.body), ("period", &row.period)];
    let head = head.map(|(name, value)| pair(name, value)).join(",\n");
    write!(out, "{{\n{head},\n  \"records\": [")?;
    let columns = open.columns().to_vec();
    let mut none_yet = true;
    open.each(&mut |values| {
        let pairs = columns.iter().zip(values);
        // as text: no reader can round them
        let value = |value: &String| if value.is_empty() { json!(null) } else { json!(value) };
        let record: serde_json::Value = pairs.map(|(name, text)| (name.clone(), value(text))).collect();
        // no value has a line feed of its own: it is escaped
        let record = format!("{record:#}").replace('\n', "\n    ");
        write!(out, "{}\n    {record}", if none_yet { "" } else { "," })?;
        none_yet = false;
        Ok(())
    })?;
    let ended = if none_yet { "" } else { "\n  " };
    Ok(write!(out, "{ended}],\n{},\n{}\n}}\n", pair("revision", &row.revision), pair("submission", &row.id))?)
}

/// A name that every ZIP program, shell and `sha256sum` takes as it is; else another with the same ending.
fn original(given: &str, other: &str) -> String {
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if is_plain(given) && given.len() <= 100 && !given.starts_with(['.', '-']) && !given.is_empty() {
        return given.to_owned();
    }
    match given.rsplit_once('.') {
        Some((_, ending)) if (1..=8).contains(&ending.len()) && is_plain(ending) => format!("{other}.{ending}"),
        _ => other.to_owned(),
    }
}

/// A receipt's number as a name.
fn plain(number: &str, other: &str) -> String {
    let name: String =
        number.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '-' }).collect();
    if name.is_empty() { other.to_owned() } else { name }
}

/// Measures and digests what it writes.
struct Laid<'a> {
    out: Appending<'a>,
    measure: Measure,
    digester: Digester,
}

impl Write for Laid<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.out.write(octets)?;
        let octets = octets.get(..written).unwrap_or(octets);
        self.measure.take(octets);
        self.digester.update(octets);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A file of ours that grows.
struct Appending<'a> {
    file: &'a DiskFile,
    at: u64,
}

impl Write for Appending<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write_at(octets, self.at)?;
        self.at += octets.len() as u64;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file for this name, made anew whatever lies there: nothing of that name was ever promised.
///
/// # Errors
/// What the disk says.
pub fn fresh(disk: &Disk, path: &Path) -> io::Result<DiskFile> {
    match disk.unlink(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => disk.create(path),
    }
}

/// SHA-256 of a file.
///
/// # Errors
/// What the disk says.
pub fn digest(octets: &Octets) -> io::Result<Digest> {
    let mut digester = Digester::new();
    measure(octets, |piece| digester.update(piece))?;
    Ok(digester.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct InMemory(Vec<String>, Vec<Vec<String>>);

    impl Opened for InMemory {
        fn columns(&self) -> &[String] {
            &self.0
        }

        fn each(&mut self, take: &mut Take<'_>) -> Result<(), MakeFault> {
            self.1.iter().try_for_each(|values| take(values))
        }
    }

    /// Units that were made before hold these octets, and the same submission gives them again.
    #[test]
    fn records_are_written_as_the_whole_would_be() {
        let texts = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let row = Row {
            number: "trial-2026-000001".into(),
            id: "0199a000-0000-7000-8000-000000000000".into(),
            body: "azerenerji".into(),
            dataset: "generation".into(),
            period: "2026-Q3".into(),
            revision: "1".into(),
            decision: "accepted".into(),
            received: "2026-10-05T08:00:00Z".into(),
            name: "a.xml".into(),
            sha256: String::new(),
        };
        let rows = [texts(&["SU-0001", "98765.432", ""]), texts(&["a \"b\"\n,c", "", "Ə\\"])];
        for count in 0..=rows.len() {
            let columns = texts(&["station", "energy_mwh", "note"]);
            let mut open = InMemory(columns.clone(), rows[..count].to_vec());
            let (mut csv, mut json) = (Vec::new(), Vec::new());
            in_csv(&row, &mut open, &mut csv).unwrap();
            in_json(&row, &mut open, &mut json).unwrap();
            let record = |values: &Vec<String>| -> serde_json::Value {
                let value = |text: &String| if text.is_empty() { json!(null) } else { json!(text) };
                columns.iter().zip(values).map(|(name, text)| (name.clone(), value(text))).collect()
            };
            let records: Vec<_> = open.1.iter().map(record).collect();
            let whole = json!({
                "submission": row.id, "participant": row.body, "dataset": row.dataset, "period": row.period,
                "revision": row.revision, "records": records,
            });
            assert_eq!(String::from_utf8(json).unwrap(), format!("{whole:#}\n"));
            let lines = [
                "dataset,period,revision,participant,station,energy_mwh,note\n",
                "generation,2026-Q3,1,azerenerji,SU-0001,98765.432,\n",
                "generation,2026-Q3,1,azerenerji,\"a \"\"b\"\"\n,c\",,Ə\\\n",
            ];
            assert_eq!(String::from_utf8(csv).unwrap(), lines[..=count].concat());
        }
    }

    #[test]
    fn names_in_a_unit_are_plain() {
        for (given, name) in [
            ("2026-Q3.xml", "2026-Q3.xml"),
            ("hesabat ə.xml", "document.xml"),
            ("-rf", "document"),
            (".hidden.csv", "document.csv"),
            ("%FF%2Fx", "document"),
            ("a.longending1", "a.longending1"),
            ("ə.longending1", "document"),
        ] {
            assert_eq!(original(given, "document"), name, "{given}");
        }
        assert_eq!(
            (plain("trial-2026-000123", "r").as_str(), plain("a/b c", "r").as_str()),
            ("trial-2026-000123", "a-b-c")
        );
    }
}
