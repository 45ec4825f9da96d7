//! `pencere archive`: units of what is past its active time, made, verified, searched, taken in (R 3.4.6, R 5.7).
//!
//! Owns the arguments. Those commands that write ask for the journal's lock, as `once` does: beside a running daemon
//! they end with 3, for that one archives by itself. The notice alone can be told to a running window.

mod find;
mod import;
mod make;
mod notice;
mod verify;

use super::{Exit, Format, Outcome, OutputArgs, Screen, Trouble, WindowArgs, records, who};
use crate::archive::gather::Standing;
use crate::config::Settings;
use crate::daemon::archiving;
use crate::host::Disk;
use crate::journal::{Entry, Event, Journal, JournalError};
use clap::Subcommand;
use jiff::Timestamp;
use std::path::PathBuf;

pub use find::{ArchiveGetArgs, ArchiveListArgs, ArchiveSearchArgs, Found};
pub use import::ArchiveImportArgs;
pub use make::{ArchiveMakeArgs, ArchivePruneArgs};
pub use notice::NoticeCommand;
pub use verify::ArchiveVerifyArgs;

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
/// Broken: the journal or an index.
pub fn taken_in(settings: &Settings) -> Result<Vec<Found>, Trouble> {
    // most windows never took one in, and need no second reading of the journal
    if !settings.archive.to.is_dir() {
        return Ok(Vec::new());
    }
    let standing = standing(settings)?;
    find::rows(settings, standing.units.iter().filter(|unit| unit.from.is_some()))
}

/// What the journal of the window that archived it says of a submission, from its unit.
///
/// # Errors
/// Broken: a unit that is not whole, or not there.
pub fn told(settings: &Settings, found: &Found) -> Result<Vec<Entry>, Trouble> {
    #[derive(serde::Deserialize)]
    struct Line {
        entry: Entry,
    }
    let path = archiving::path(&settings.archive.to, &found.unit);
    let broken = |why: String| Trouble::broken(format!("{}: {why}", path.display()));
    let (_, unit) = archiving::open(&Disk::system(), &path).map_err(|unfit| broken(unfit.to_string()))?;
    let only = std::iter::once(found.row.id.clone()).collect();
    unit.verify(Some(&only), &archiving::engine).map_err(|unfit| broken(unfit.to_string()))?;
    let name = format!("submissions/{}/journal.jsonl", found.row.id);
    let octets = unit.octets(&name).map_err(|unfit| broken(unfit.to_string()))?;
    let lines = serde_json::Deserializer::from_reader(octets.reader()).into_iter::<Line>();
    let entries = lines.map(|line| line.map(|line| line.entry).map_err(|error| broken(format!("{name}: {error}"))));
    entries.collect()
}
