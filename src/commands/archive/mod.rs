//! `pencere archive`: units of what is past its active time, made, verified, searched, taken in (R 3.4.6, R 5.7).
//!
//! Owns the arguments. Those commands that write ask for the journal's lock, as `once` does: beside a running daemon
//! they end with 3, for that one archives by itself. The notice alone can be told to a running window.

mod find;
mod import;
mod make;
mod notice;
mod verify;

use super::{Exit, Format, Outcome, OutputArgs, Screen, Trouble, WindowArgs, files, records, who};
use crate::archive::check::{Unfit, Unit};
use crate::archive::gather::Standing;
use crate::config::Settings;
use crate::daemon::archiving;
use crate::document::Digest;
use crate::evidence::{Kept, Location, Place};
use crate::forms::certificate::Certificate;
use crate::host::Disk;
use crate::journal::{Entry, Event, InForce, Journal, JournalError};
use clap::Subcommand;
use jiff::Timestamp;
use std::path::PathBuf;

pub use find::{ArchiveGetArgs, ArchiveListArgs, ArchiveSearchArgs, Found, Rows};
pub use import::ArchiveImportArgs;
pub use make::{ArchiveMakeArgs, ArchivePruneArgs};
pub use notice::NoticeCommand;
pub use verify::ArchiveVerifyArgs;

/// Octets of one submission's lines that are read: a line has some kilobytes, and no submission has thousands.
const LINES_MAX: usize = 64 << 20;

/// What to do with the archive.
#[derive(Debug, Subcommand)]
pub enum ArchiveCommand {
    Make(ArchiveMakeArgs),
    Verify(ArchiveVerifyArgs),
    List(ArchiveListArgs),
    Search(ArchiveSearchArgs),
    Get(ArchiveGetArgs),
    Import(ArchiveImportArgs),
    Prune(ArchivePruneArgs),
    /// The notice of a unit for the coordinating body (R 5.10)
    #[command(subcommand)]
    Notice(NoticeCommand),
}

impl ArchiveCommand {
    /// In which form it answers.
    pub fn format(&self) -> Format {
        match self {
            Self::Make(args) => args.output.format,
            Self::Verify(args) => args.output.format,
            Self::List(args) => args.output.format,
            Self::Search(args) => args.output.format,
            Self::Get(args) => args.output.format,
            Self::Import(args) => args.output.format,
            Self::Prune(args) => args.output.format,
            Self::Notice(NoticeCommand::Sent(args)) => args.output.format,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// Each its own.
    pub fn run(&self, screen: &mut Screen) -> Outcome {
        match self {
            Self::Make(args) => make::run(args, screen),
            Self::Verify(args) => verify::run(args, screen),
            Self::List(args) => find::list(args, screen),
            Self::Search(args) => find::search(args, screen),
            Self::Get(args) => find::get(args, screen),
            Self::Import(args) => import::run(args, screen),
            Self::Prune(args) => make::prune(args, screen),
            Self::Notice(NoticeCommand::Sent(args)) => notice::sent(args, screen),
        }
    }
}

/// What the journal knows of the archive.
fn standing(settings: &Settings) -> Result<Standing, Trouble> {
    Ok(Standing::read(&Disk::system(), &settings.window.paths.state)?)
}

/// The journal, locked for writing.
fn locked(settings: &Settings) -> Result<Journal, Trouble> {
    match Journal::open(&Disk::system(), &settings.window.paths.state, settings.journal) {
        Err(JournalError::InUse { .. }) => Err(Trouble::broken(
            "this window is open in another process. A running window archives by itself, by [archive] after; stop it \
             to do it by hand",
        )),
        other => Ok(other?),
    }
}

fn tell(journal: &mut Journal, events: impl IntoIterator<Item = Event>) -> Result<(), Trouble> {
    for event in events {
        journal.append(Timestamp::now(), event)?;
    }
    journal.sync()?;
    Ok(())
}

/// The certificates by which receipts are to be sealed.
fn seals(paths: &[PathBuf]) -> Result<Vec<Certificate>, Trouble> {
    paths.iter().map(|path| files::certificate(path)).collect()
}

/// Where a unit of this name, or at this path, lies.
fn unit_path(settings: Option<&Settings>, named: &str) -> Result<PathBuf, Trouble> {
    let given = PathBuf::from(named);
    if given.is_file() {
        return Ok(given);
    }
    let ours = settings.map(|settings| archiving::path(&settings.archive.to, named.trim_end_matches(".zip")));
    let missing = || Trouble::usage(format!("there is no unit {named}, neither as a file nor in the archive's folder"));
    ours.filter(|path| path.is_file() && !named.contains('/')).ok_or_else(missing)
}

/// The submissions of units that were taken in from other windows; nothing where none was.
///
/// # Errors
/// Broken: the journal.
pub fn taken_in(settings: &Settings) -> Result<Rows, Trouble> {
    // most windows never took one in, and need no second reading of the journal
    if !settings.archive.to.is_dir() {
        return Ok(Rows::default());
    }
    let standing = standing(settings)?;
    Ok(Rows::of(settings, standing.units.iter().filter(|unit| unit.from.is_some())))
}

/// What a unit has of a submission of another window: verified, and found in evidence by its digest.
pub struct Told {
    id: String,
    unit: Unit,
    path: PathBuf,
    /// Its lines of that window's journal, as an export has them.
    pub lines: Vec<u8>,
}

impl Told {
    /// From the unit in which it was found, which must be the very file that the journal knows.
    ///
    /// # Errors
    /// Broken: a unit that is another, not whole, or not there.
    pub fn read(settings: &Settings, found: &Found) -> Result<Self, Trouble> {
        let path = archiving::path(&settings.archive.to, &found.unit);
        let broken = |unfit: Unfit| Trouble::broken(format!("{}: {unfit}", path.display()));
        let (_, unit) = archiving::open_known(&Disk::system(), &path, found.sha256).map_err(broken)?;
        let only = std::iter::once(found.row.id.clone()).collect();
        unit.verify(Some(&only), &[], &archiving::engine).map_err(broken)?;
        let mut told = Self { id: found.row.id.clone(), unit, path, lines: Vec::new() };
        told.lines = told.file("journal.jsonl")?;
        Ok(told)
    }

    fn file(&self, name: &str) -> Result<Vec<u8>, Trouble> {
        let name = format!("submissions/{}/{name}", self.id);
        let octets = self.unit.octets(&name).and_then(|octets| Ok(octets.head(LINES_MAX)?));
        octets.map_err(|unfit| Trouble::broken(format!("{}: {unfit}", self.path.display())))
    }

    /// What that window's journal says of it. Its files are named by their digests alone: where they lay in that
    /// window's evidence says nothing here.
    ///
    /// # Errors
    /// Broken: lines that cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, Trouble> {
        let mut entries = told_in(&self.lines).map_err(|error| self.odd("journal.jsonl", &error))?;
        for Entry { event, .. } in &mut entries {
            event.lies_anywhere();
        }
        Ok(entries)
    }

    /// By which grounds it was contested; none where it was not.
    ///
    /// # Errors
    /// Broken: what cannot be read.
    pub fn doubted_by(&self) -> Result<Option<InForce>, Trouble> {
        let name = "judgement/doubt.json";
        if !self.unit.of(&self.id).any(|file| file.ends_with(name)) {
            return Ok(None);
        }
        serde_json::from_slice(&self.file(name)?).map(Some).map_err(|error| self.odd(name, &error))
    }

    /// Every file of the unit, as evidence finds it.
    pub fn kept(&self) -> impl Iterator<Item = Kept> {
        let kept = |Place { sha256, size, .. }| Kept { sha256, size, location: Location::Object };
        self.unit.places().into_iter().map(kept)
    }

    /// The paths by which signers were believed.
    pub fn paths(&self) -> Vec<(Digest, Kept)> {
        let named = self.unit.paths();
        named
            .into_iter()
            .filter_map(|(signer, path)| Some((signer, self.kept().find(|kept| kept.sha256 == path)?)))
            .collect()
    }

    fn odd(&self, name: &str, error: &dyn std::fmt::Display) -> Trouble {
        Trouble::broken(format!("{}: submissions/{}/{name}: {error}", self.path.display(), self.id))
    }
}

fn told_in(lines: &[u8]) -> Result<Vec<Entry>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Line {
        entry: Entry,
    }
    let lines = serde_json::Deserializer::from_slice(lines).into_iter::<Line>();
    lines.map(|line| line.map(|line| line.entry)).collect()
}

/// What the journal of the window that archived it says of a submission, from its unit.
///
/// # Errors
/// Broken: a unit that is not whole, or not there.
pub fn told(settings: &Settings, found: &Found) -> Result<Vec<Entry>, Trouble> {
    let told = Told::read(settings, found)?;
    told_in(&told.lines).map_err(|error| told.odd("journal.jsonl", &error))
}
