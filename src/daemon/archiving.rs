//! Archive units are made: of what is past its active time, verified, and only then journalled (R 3.4.6, R 5.7).
//!
//! Owns the order: the file is written under a passing name and synced; it is read back and verified whole, receipts
//! and all; it gets its name; its index, its notice and evidence's annex are laid beside; then the journal says
//! *archived*. What a crash leaves before that was promised to nobody: the next unit takes another number. Needs no
//! lock but the journal's for the last step, so a running window makes units in a thread beside its loop.

use super::grounds::Grounds;
use crate::archive::check::{Unfit, Unit};
use crate::archive::gather::{self, ARCHIVED, KnownUnit, Member, Standing};
use crate::archive::note::{Note, OfWindow};
use crate::archive::texts;
use crate::archive::unit::{self, MakeFault, Making, Open, Origin};
use crate::boemis;
use crate::config::Settings;
use crate::document::{BAKU, Digest, SubmissionId};
use crate::evidence;
use crate::finding::Finding;
use crate::forms::certificate::Certificate;
use crate::host::{Disk, Octets};
use crate::journal::{Event, KeptFile};
use crate::schema::{Datasets, publish};
use crate::{signature, xml};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Working days within which the coordinating body is told (R 5.10).
const NOTICE_DAYS: u32 = 3;
/// Submissions whose journal lines are read together: some kilobytes each.
const AT_ONCE: usize = 4096;
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

/// What a look for work came to.
#[derive(Debug, Default)]
pub struct Looked {
    /// A unit.
    pub made: Option<Made>,
    /// Whether more is due than went into it.
    pub more: bool,
    /// When something happened last to what is closed and not archived, of the one that has lain longest.
    pub oldest: Option<Timestamp>,
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

/// Lists of grounds that were read: the files that each names.
type Lists = BTreeMap<Digest, Vec<Digest>>;

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
    /// Makes one unit of what is unchanged since before this moment; none when nothing is.
    ///
    /// # Errors
    /// [`MakeFault`]: nothing is archived then.
    pub fn make(&self, before: Timestamp, now: Timestamp) -> Result<Looked, MakeFault> {
        let state = &self.settings.window.paths.state;
        let odd = |error: &dyn std::fmt::Display| MakeFault::Odd(error.to_string());
        let standing = Standing::read(&self.disk, state).map_err(|error| odd(&error))?;
        let mut due = standing.due(before).peekable();
        if due.peek().is_none() {
            return Ok(Looked { oldest: standing.oldest(), ..Looked::default() });
        }
        let to = &self.settings.archive.to;
        self.disk.make_folder(to)?;
        let name = self.next_name(&standing.units)?;
        let evidence = evidence::Reader::new(&self.disk, state);
        let (parts, passing) = (to.join(".making.parts"), to.join(".making.zip"));
        let mut making = Making::new(self.origin(&name)?, &evidence, unit::fresh(&self.disk, &parts)?);
        let (mut ids, mut boemis, mut lists) = (Vec::new(), None, Lists::new());
        'full: while due.peek().is_some() {
            let some: Vec<SubmissionId> = due.by_ref().take(AT_ONCE).collect();
            for member in gather::members(&self.disk, state, &some).map_err(|error| odd(&error))? {
                let has = making.octets() > 0;
                let judged_by = self.judged_by(&member, &standing, (&making, &evidence), &mut lists)?;
                let new = judged_by.iter().map(|file| file.size).fold(member.octets(), u64::saturating_add);
                let grown = making.octets().saturating_add(new);
                if making.is_full() || has && grown > self.settings.archive.unit_max {
                    break 'full;
                }
                let open = match unit::was_loaded(&member) {
                    true => Some(self.opened(member.id, &mut boemis)?),
                    false => None,
                };
                making.add(&member, open.as_ref())?;
                judged_by.iter().try_for_each(|file| making.grounds(file))?;
                ids.push(member.id);
            }
        }
        for signer in making.signers().clone() {
            if let Some(path) = standing.path(signer) {
                making.path(path)?;
            }
        }
        let note = making.write(unit::fresh(&self.disk, &passing)?)?;
        self.disk.unlink(&parts)?;
        let sha256 = self.settle(&note, &passing, &evidence)?;
        let due_on = self.notice(&note, sha256, now)?;
        let more = standing.due(before).count() > ids.len();
        Ok(Looked { made: Some(Made { note, sha256, ids, due: due_on }), more, oldest: standing.oldest() })
    }

    /// What a submission was judged by, as far as the unit does not have it yet: the lists, and every file of them.
    fn judged_by(
        &self,
        member: &Member,
        standing: &Standing,
        (making, evidence): (&Making<'_>, &evidence::Reader),
        lists: &mut Lists,
    ) -> Result<Vec<KeptFile>, MakeFault> {
        let mut found = Vec::new();
        for grounds in member.grounds().filter(|grounds| !making.has_grounds(*grounds)).collect::<BTreeSet<_>>() {
            let odd = |why: String| MakeFault::Odd(format!("what submission {} was judged by: {why}", member.id));
            let file = |sha256| {
                let missing = || odd(format!("{sha256} is not in evidence"));
                standing.file(sha256).cloned().ok_or_else(missing)
            };
            let list = file(grounds)?;
            if let Entry::Vacant(free) = lists.entry(grounds) {
                let octets = evidence.read(&list.kept())?;
                let octets = octets.head(usize::try_from(list.size).unwrap_or(usize::MAX))?;
                let named = Grounds::read(&octets).map_err(|lost| odd(lost.to_string()))?;
                free.insert(named.files.iter().map(|named| named.sha256).collect());
            }
            let files = lists.get(&grounds).into_iter().flatten().copied();
            let files = files.map(file).collect::<Result<Vec<_>, _>>()?;
            found.extend(std::iter::once(list).chain(files).filter(|file| !making.has_grounds(file.sha256)));
        }
        found.sort_by_key(|file| file.sha256);
        found.dedup_by_key(|file| file.sha256);
        Ok(found)
    }

    /// Verifies what was written, and gives it its name, with its index and its places beside.
    fn settle(&self, note: &Note, passing: &Path, evidence: &evidence::Reader) -> Result<Digest, MakeFault> {
        let to = &self.settings.archive.to;
        let (octets, unit) = open(&self.disk, passing).map_err(unfit)?;
        unit.verify(None, &[], &engine).map_err(unfit)?;
        let sha256 = unit::digest(&octets)?;
        let lasting = path(to, &note.unit);
        std::fs::set_permissions(passing, std::fs::Permissions::from_mode(MODE))?;
        self.disk.rename(passing, &lasting)?;
        lay_beside(&self.disk, to, &note.unit, &unit).map_err(unfit)?;
        evidence.annex(&note.unit, &lasting, unit.places())?;
        Ok(sha256)
    }

    /// The notice, and when it is due.
    fn notice(&self, note: &Note, sha256: Digest, now: Timestamp) -> Result<Date, MakeFault> {
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

    /// The open form of what was loaded for a submission, from BOEMİS.
    fn opened(&self, id: SubmissionId, boemis: &mut Option<Records>) -> Result<Open, MakeFault> {
        let records = match boemis {
            Some(records) => records,
            None => boemis.insert(Records::open(&self.settings, &self.datasets)?),
        };
        records.of(id)
    }

    fn origin(&self, unit: &str) -> Result<Origin, MakeFault> {
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

    /// The number after the highest that the journal or the folder knows: no unit is ever written over.
    fn next_name(&self, known: &[KnownUnit]) -> Result<String, MakeFault> {
        let start = format!("{}-", self.settings.window.window.id);
        let number = |name: &str| name.strip_prefix(&start)?.parse::<u64>().ok();
        let in_folder = self.disk.list(&self.settings.archive.to)?;
        let in_folder = in_folder.iter().filter_map(|name| number(name.to_str()?.strip_suffix(".zip")?));
        let highest = known.iter().filter_map(|unit| number(&unit.name)).chain(in_folder).max().unwrap_or(0);
        Ok(format!("{start}{:06}", highest.saturating_add(1)))
    }
}

/// BOEMİS, read for the open form.
struct Records {
    runtime: tokio::runtime::Runtime,
    reader: boemis::Reader,
}

impl Records {
    fn open(settings: &Settings, datasets: &Datasets) -> Result<Self, MakeFault> {
        let odd = |error: &dyn std::fmt::Display| MakeFault::Odd(format!("the records in BOEMİS: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| odd(&error))?;
        let opening = boemis::Reader::open(&settings.location, &settings.boemis, datasets);
        let reader = runtime.block_on(opening).map_err(|fault| odd(&fault))?;
        Ok(Self { runtime, reader })
    }

    fn of(&mut self, id: SubmissionId) -> Result<Open, MakeFault> {
        let Self { runtime, reader } = self;
        let odd = |error: &dyn std::fmt::Display| MakeFault::Odd(format!("the records of {id} in BOEMİS: {error}"));
        runtime.block_on(async {
            let mark = reader.mark(id).await.map_err(|fault| odd(&fault))?;
            let mark = mark.ok_or_else(|| odd(&"it was accepted, and was never loaded there"))?;
            // what somebody changed behind the window's back is not what was validated
            if reader.stored_rows(&mark).await.map_err(|fault| odd(&fault))? != mark.rows {
                return Err(odd(&"they are not those that were loaded"));
            }
            let records = reader.records(&mark).await.map_err(|fault| odd(&fault))?;
            Ok(Open { columns: records.columns, rows: records.rows })
        })
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

fn unfit(unfit: Unfit) -> MakeFault {
    match unfit {
        Unfit::Wrong(what) => MakeFault::Odd(format!("what was written does not verify: {what}")),
        Unfit::Disk(error) => MakeFault::Disk(error),
    }
}
