//! Archive units are made: of what is past its active time, verified, and only then journalled (R 3.4.6, R 5.7).
//!
//! Owns the order: the file is written under a passing name and synced; it is read back and verified whole, receipts
//! and all; it gets its name, which replaces nothing; its index, its notice and evidence's annex are laid beside; then
//! the journal says *archived*. What a crash leaves before that was promised to nobody (`daemon/orphans.rs`). What
//! cannot be packed is left out and named (`daemon/packing.rs`). Needs no lock but the journal's for the last step, so
//! a running window makes units in a thread beside its loop.

use crate::archive::check::{Unfit, Unit};
use crate::archive::gather::{ARCHIVED, KnownUnit, Standing};
use crate::archive::name::UnitName;
use crate::archive::note::{Note, OfWindow};
use crate::archive::texts;
use crate::archive::unit::{self, MakeFault, Origin};
use crate::config::Settings;
use crate::document::{BAKU, Digest, SubmissionId};
use crate::evidence;
use crate::finding::Finding;
use crate::forms::certificate::Certificate;
use crate::host::{Disk, Octets, sandbox};
use crate::journal::Event;
use crate::schema::{Datasets, publish};
use crate::{signature, xml};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Working days within which the coordinating body is told (R 5.10).
const NOTICE_DAYS: u32 = 3;
/// Octets of a certificate's file, at most.
const CERTIFICATE_MAX: u64 = 64 * 1024;
/// What an archived file may be used for: to be read (R 1.2.7).
const MODE: u32 = 0o440;

/// A unit that was made and verified.
#[derive(Debug)]
pub struct Made {
    /// What it says of itself.
    pub note: Note,
    /// The digest of its file.
    pub sha256: Digest,
    /// Its submissions.
    pub ids: Vec<SubmissionId>,
    /// When the notice of it is due.
    pub due: Date,
}

/// What is read once for all units that are made one after another.
#[derive(Debug)]
pub struct Round {
    standing: Standing,
    /// What cannot be packed, and why: not tried again in this round.
    left_out: BTreeMap<SubmissionId, String>,
    /// Whether what a crash left was looked for.
    orphans_are_gone: bool,
}

/// What a look for work came to.
#[derive(Debug, Default)]
pub struct Looked {
    /// A unit.
    pub made: Option<Made>,
    /// Whether more is due than went into it.
    pub more: bool,
    /// When something happened last to what is closed and not archived, of the one that has lain longest.
    pub oldest: Option<Timestamp>,
    /// What cannot be packed, and why and what to do, of the whole round so far.
    pub left_out: BTreeMap<SubmissionId, String>,
}

/// A notice, for programs (R 5.10).
#[derive(Debug, Serialize, Deserialize)]
pub struct Notice {
    /// The unit.
    pub unit: String,
    /// The digest of its file.
    pub sha256: Digest,
    /// The day on which it was archived, in Baku.
    pub archived: Date,
    /// The last day on which the notice is in time.
    pub due: Date,
    /// What the unit says of itself.
    pub note: Note,
}

/// Where a window's units are made.
#[derive(Debug)]
pub struct Archive {
    /// What `pencere.toml` sets.
    pub settings: Settings,
    /// The datasets as they are described now.
    pub datasets: Datasets,
    /// The disk.
    pub disk: Disk,
}

impl Archive {
    /// Begins a round: the journal is read once for all its units.
    ///
    /// # Errors
    /// The journal's.
    pub fn round(&self) -> Result<Round, MakeFault> {
        let standing = Standing::read(&self.disk, &self.settings.window.paths.state);
        let standing = standing.map_err(|error| MakeFault::Odd(error.to_string()))?;
        Ok(Round { standing, left_out: BTreeMap::new(), orphans_are_gone: false })
    }

    /// Makes one unit of what is unchanged since before this moment; none when nothing is. What the units of this round
    /// were before it stands in the journal by now.
    ///
    /// # Errors
    /// [`MakeFault`]: nothing is archived then.
    pub fn make(&self, round: &mut Round, before: Timestamp, now: Timestamp) -> Result<Looked, MakeFault> {
        let state = &self.settings.window.paths.state;
        let caught_up = round.standing.catch_up(&self.disk, state);
        caught_up.map_err(|error| MakeFault::Odd(error.to_string()))?;
        if !round.orphans_are_gone {
            let adopted = self.adopt(&round.standing, now)?;
            if adopted.is_some() {
                let (oldest, left_out) = (round.standing.oldest(), BTreeMap::new());
                return Ok(Looked { made: adopted, more: true, oldest, left_out });
            }
            round.orphans_are_gone = true;
        }
        let due: Vec<SubmissionId> = round.standing.due(before).filter(|id| !round.left_out.contains_key(id)).collect();
        let looked = |made, more, round: &Round| Looked {
            made,
            more,
            oldest: round.standing.oldest(),
            left_out: round.left_out.clone(),
        };
        if due.is_empty() {
            return Ok(looked(None, false, round));
        }
        self.disk.make_folder(&self.settings.archive.to).map_err(sandbox::told)?;
        let name = self.next_name(&round.standing.units)?;
        let packed = self.packed(&round.standing, &name, &due)?;
        let more = due.len() > packed.ids.len() + packed.left_out.len();
        round.left_out.extend(packed.left_out);
        let Some(note) = packed.note else { return Ok(looked(None, more, round)) };
        let evidence = evidence::Reader::new(&self.disk, state);
        let sha256 = self.settle(&note, &evidence)?;
        let due_on = self.notice(&note, sha256, now)?;
        Ok(looked(Some(Made { note, sha256, ids: packed.ids, due: due_on }), more, round))
    }

    /// The file in which a unit is made.
    pub(super) fn passing(&self) -> PathBuf {
        self.settings.archive.to.join(".making.zip")
    }

    /// Verifies what was written, and gives it its name, with its index and its places beside.
    fn settle(&self, note: &Note, evidence: &evidence::Reader) -> Result<Digest, MakeFault> {
        let (to, passing) = (&self.settings.archive.to, self.passing());
        let (octets, unit) = open(&self.disk, &passing).map_err(unfit)?;
        unit.verify(None, &[], &engine).map_err(unfit)?;
        let sha256 = unit::digest(&octets)?;
        std::fs::set_permissions(&passing, std::fs::Permissions::from_mode(MODE))?;
        self.disk.rename_new(&passing, &path(to, &note.unit))?;
        self.lay(note, &unit, evidence)?;
        Ok(sha256)
    }

    /// Lays the index and the places of a unit that has its name beside it.
    pub(super) fn lay(&self, note: &Note, unit: &Unit, evidence: &evidence::Reader) -> Result<(), MakeFault> {
        let to = &self.settings.archive.to;
        lay_beside(&self.disk, to, &note.unit, unit).map_err(unfit)?;
        Ok(evidence.annex(&note.unit, &path(to, &note.unit), unit.places())?)
    }

    /// The notice, and when it is due.
    pub(super) fn notice(&self, note: &Note, sha256: Digest, now: Timestamp) -> Result<Date, MakeFault> {
        let due = self.settings.calendar.due(now, NOTICE_DAYS);
        let archived = BAKU.to_datetime(now).date();
        let folder = self.settings.archive.to.join("notices");
        self.disk.make_folder(&folder)?;
        let text = texts::notice(note, &sha256.to_string(), archived, due);
        let notice = Notice { unit: note.unit.clone(), sha256, archived, due, note: note.clone() };
        let mut json = serde_json::to_vec_pretty(&notice).map_err(|error| MakeFault::Odd(error.to_string()))?;
        json.push(b'\n');
        write(&self.disk, &folder.join(format!("{}.txt", note.unit)), text.as_bytes())?;
        write(&self.disk, &folder.join(format!("{}.json", note.unit)), &json)?;
        Ok(due)
    }

    pub(super) fn origin(&self, unit: &str) -> Result<Origin, MakeFault> {
        let window = self.settings.window_of_receipts();
        let window = OfWindow { id: window.id, name: window.name, environment: window.environment };
        let mut schemas = vec![
            ("receipt.xsd".to_owned(), include_str!("../../config/receipt.xsd").to_owned()),
            ("xml.xsd".to_owned(), include_str!("../../config/xml.xsd").to_owned()),
        ];
        for dataset in self.datasets.by_name.values() {
            let files = publish::files(dataset).into_iter().filter(|(name, _)| !name.starts_with("template"));
            schemas.extend(files.map(|(name, text)| (format!("{}/{name}", dataset.name), text)));
        }
        let maker = format!("pencere {}", env!("CARGO_PKG_VERSION"));
        Ok(Origin { unit: unit.to_owned(), window, maker, schemas, log: self.log()? })
    }

    /// The certificate of the log's key, by which the receipts' places in it are verified; none before the first start.
    fn log(&self) -> Result<Option<Vec<u8>>, MakeFault> {
        let path = &self.settings.transparency.key.certificate;
        let octets = match self.disk.read(path, CERTIFICATE_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let found = Certificate::from_file(&octets).map_err(|fault| fault.to_string());
        let odd = |why: String| MakeFault::Odd(format!("{}: {why}", path.display()));
        Ok(found.map_err(odd)?.first().map(|certificate| certificate.der().to_vec()))
    }

    /// The first name after this window's own last unit that neither the journal nor the folder knows: no unit is ever
    /// written over, and no strange file of a high number ends the numbers.
    fn next_name(&self, known: &[KnownUnit]) -> Result<String, MakeFault> {
        let window = self.settings.window.window.id.as_str();
        let number = |unit: &KnownUnit| {
            let name: UnitName = unit.name.parse().ok()?;
            (unit.from.is_none() && name.window() == window).then(|| name.number())
        };
        let ended = || MakeFault::Odd(format!("after this window's last unit there is no number left for {window}-…"));
        let taken: BTreeSet<&str> = known.iter().map(|unit| unit.name.as_str()).collect();
        let mut last = known.iter().filter_map(number).max().unwrap_or(0);
        loop {
            last = last.checked_add(1).ok_or_else(ended)?;
            let name = UnitName::new(window, last).ok_or_else(ended)?;
            let is_free = path(&self.settings.archive.to, name.as_str()).symlink_metadata().is_err();
            if is_free && !taken.contains(name.as_str()) {
                return Ok(name.as_str().to_owned());
            }
        }
    }
}

/// What the journal is to say of a unit: one act of the unit, and one of each submission.
pub fn events(made: &Made, by: &str) -> Vec<Event> {
    let note = &made.note;
    let facts = [
        ("unit", note.unit.clone()),
        ("sha256", made.sha256.to_string()),
        ("index", note.index_sha256.to_string()),
        ("submissions", note.submissions.to_string()),
        ("files", note.files.to_string()),
        ("octets", note.octets.to_string()),
        ("due", made.due.to_string()),
    ];
    let unit = act(ARCHIVED, by, None, facts);
    let each = made.ids.iter().map(|id| act(ARCHIVED, by, Some(*id), [("unit", note.unit.clone())]));
    std::iter::once(unit).chain(each).collect()
}

/// An act beside the path.
pub fn act<const N: usize>(act: &str, by: &str, id: Option<SubmissionId>, facts: [(&str, String); N]) -> Event {
    let facts: BTreeMap<String, String> = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Event::Act { act: act.to_owned(), by: by.to_owned(), id, facts }
}

/// Where a unit lies.
pub fn path(to: &Path, unit: &str) -> PathBuf {
    to.join(format!("{unit}.zip"))
}

/// Where a unit's index lies beside it.
pub fn index(to: &Path, unit: &str) -> PathBuf {
    to.join(format!("{unit}.index.csv"))
}

/// A file as it lies.
///
/// # Errors
/// What the disk says.
pub fn lying(disk: &Disk, path: &Path) -> io::Result<Octets> {
    let file = disk.open(path)?;
    let len = file.metadata()?.len();
    Ok(Octets::File(Arc::new(file), len))
}

/// Opens a unit; its octets beside.
///
/// # Errors
/// [`Unfit`].
pub fn open(disk: &Disk, path: &Path) -> Result<(Octets, Unit), Unfit> {
    let octets = lying(disk, path)?;
    let unit = Unit::open(&octets)?;
    Ok((octets, unit))
}

/// Opens a unit that the journal knows: one that is not the very file of that digest is not looked into.
///
/// # Errors
/// [`Unfit`].
pub fn open_known(disk: &Disk, path: &Path, sha256: Digest) -> Result<(Octets, Unit), Unfit> {
    let octets = lying(disk, path)?;
    match unit::digest(&octets)? == sha256 {
        true => Unit::open(&octets).map(|unit| (octets, unit)),
        false => Err(Unfit::Wrong(
            "it is not the file that the journal knows; `pencere repair` or `archive import` puts that one back"
                .to_owned(),
        )),
    }
}

/// Proves a seal, as every receipt is proven.
///
/// # Errors
/// The finding.
pub fn engine(octets: &Octets, seal: &Certificate) -> Result<(), Finding> {
    signature::prove(octets, seal, &xml::Limits::default())
}

/// Lays a unit's index beside it, octet for octet, for the search; durable afterwards.
///
/// # Errors
/// [`Unfit`].
pub fn lay_beside(disk: &Disk, to: &Path, name: &str, unit: &Unit) -> Result<(), Unfit> {
    let octets = unit.octets("index.csv")?;
    let octets = octets.head(usize::try_from(octets.len()).unwrap_or(usize::MAX))?;
    Ok(write(disk, &index(to, name), &octets)?)
}

/// Writes a small file whole, or not at all; durable afterwards.
///
/// # Errors
/// What the disk says.
pub fn write(disk: &Disk, path: &Path, octets: &[u8]) -> io::Result<()> {
    let passing = path.with_extension("part");
    let file = unit::fresh(disk, &passing)?;
    file.write_at(octets, 0)?;
    file.sync()?;
    disk.rename(&passing, path)?;
    match path.parent() {
        Some(folder) => disk.sync_folder(folder),
        None => Ok(()),
    }
}

pub(super) fn unfit(unfit: Unfit) -> MakeFault {
    match unfit {
        Unfit::Wrong(what) => MakeFault::Odd(format!("what was written does not verify: {what}")),
        Unfit::Disk(error) => MakeFault::Disk(error),
    }
}
