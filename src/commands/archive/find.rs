//! `pencere archive list`, `search` and `get`: what is archived, found by the units' indexes (R 5.7.5).

use super::super::table::Side;
use super::super::times;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, records, standing, unit_path};
use crate::archive::check::Unit;
use crate::archive::gather::KnownUnit;
use crate::archive::index::{self, Row};
use crate::commands::Table;
use crate::config::Settings;
use crate::daemon::archiving;
use crate::document::Digest;
use crate::forms::xades;
use crate::host::Disk;
use clap::Args;
use serde::Serialize;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Longest index that is read, in octets: 60,000 rows have 20 MB.
const INDEX_MAX: u64 = 256 << 20;

/// List the archive units that the journal knows
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ArchiveListArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Search the archive by the units' indexes
///
/// All that is asked for must fit. An index that is not the one that was archived is not
/// believed, and read from its unit. Works beside a running daemon.
///
/// Exit code 0: something was found. 1: nothing. 3: nothing, and some units could not be read.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ArchiveSearchArgs {
    /// A text in the number, the id, the name or the SHA-256
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
    /// Only of this body, by its slug
    #[arg(long, value_name = "BODY")]
    pub body: Option<String>,
    /// Only of this dataset
    #[arg(long, value_name = "DATASET")]
    pub dataset: Option<String>,
    /// Only of this period, as 2026-Q3
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<String>,
    /// Only with this decision
    #[arg(long, value_name = "DECISION")]
    pub decision: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Write the files of an archived submission into a folder, each verified
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ArchiveGetArgs {
    /// The submission's id
    #[arg(value_name = "ID")]
    pub id: String,
    /// The folder to make; it must not be there yet
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// From this unit, by its name or file [default: the latest that has it]
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A unit in an answer for programs.
#[derive(Serialize)]
struct UnitAnswer<'a> {
    unit: &'a str,
    sha256: String,
    submissions: u64,
    archived: jiff::Timestamp,
    /// The window that made it; null for this one.
    window: Option<&'a str>,
    /// Whether its file lies in the archive's folder.
    there: bool,
    /// When the notice is due; null for a unit of another window.
    due: Option<jiff::civil::Date>,
    /// Whether it was sent.
    notice_sent: bool,
}

/// Lists them.
///
/// # Errors
/// Usage: the configuration. Broken: a journal that cannot be read.
pub fn list(args: &ArchiveListArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let standing = standing(&settings)?;
    let answer: Vec<UnitAnswer> = standing
        .units
        .iter()
        .map(|unit| UnitAnswer {
            unit: &unit.name,
            sha256: unit.sha256.to_string(),
            submissions: unit.submissions,
            archived: unit.at,
            window: unit.from.as_deref(),
            there: archiving::path(&settings.archive.to, &unit.name).is_file(),
            due: unit.due,
            notice_sent: standing.sent.contains(&unit.name),
        })
        .collect();
    screen.json(&answer);
    if answer.is_empty() {
        screen.say("no archive units");
        return Ok(Exit::Done);
    }
    let heads = ["unit", "submissions", "archived (Baku)", "file", "notice", "SHA-256"];
    let mut table = Table::new(heads.map(|head| (head, if head == "submissions" { Side::Right } else { Side::Left })));
    for unit in &answer {
        let notice = match (unit.due, unit.notice_sent, unit.window) {
            (_, _, Some(window)) => format!("taken in from {window}"),
            (_, true, _) => "sent".to_owned(),
            (Some(due), false, _) => format!("due {due}"),
            (None, false, None) => String::new(),
        };
        let there = if unit.there { "there" } else { "MISSING" };
        let count = unit.submissions.to_string();
        let row = [unit.unit, count.as_str(), &times::baku(unit.archived), there, &notice, &unit.sha256];
        table.row(row);
    }
    screen.table(&table);
    Ok(Exit::Done)
}

/// A submission in an archive unit.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The unit.
    pub unit: String,
    /// The digest of its file, as the journal knows it.
    #[serde(skip)]
    pub sha256: Digest,
    /// Its row in the index.
    #[serde(flatten)]
    pub row: Row,
}

impl Found {
    /// Whether this is what somebody means: by id, receipt number, name, or SHA-256 of the document.
    pub fn is_meant(&self, what: &str) -> bool {
        let row = &self.row;
        [&row.id, &row.number, &row.name, &row.sha256].into_iter().any(|value| value == what)
    }
}

/// What the indexes of units tell.
#[derive(Debug, Default)]
pub struct Rows {
    /// Their rows, in the order of the units.
    pub found: Vec<Found>,
    /// Units of which nothing can be told, each with the reason.
    pub unread: Vec<String>,
}

impl Rows {
    /// Of these units. One that cannot be read hides its own submissions, and no others.
    pub fn of<'a>(settings: &Settings, units: impl Iterator<Item = &'a KnownUnit>) -> Self {
        let mut rows = Self::default();
        for unit in units {
            let found = |row| Found { unit: unit.name.clone(), sha256: unit.sha256, row };
            match of_unit(settings, unit) {
                Ok(of_unit) => rows.found.extend(of_unit.into_iter().map(found)),
                Err(why) => rows.unread.push(why),
            }
        }
        rows
    }

    /// The last that fits.
    pub fn last(&self, is_meant: impl Fn(&Found) -> bool) -> Option<&Found> {
        self.found.iter().rev().find(|found| is_meant(found))
    }

    /// That nothing was found, which is not known where something could not be read.
    pub fn missing(&self, what: String) -> Trouble {
        match self.unread.first() {
            None => Trouble::usage(what),
            Some(first) => Trouble::broken(format!(
                "{what}; but {} archive units cannot be read, the first: {first}",
                self.unread.len()
            )),
        }
    }
}

/// The rows of a unit: of the file beside it where that is the index that the journal knows, else of the unit itself.
fn of_unit(settings: &Settings, unit: &KnownUnit) -> Result<Vec<Row>, String> {
    let (disk, to) = (Disk::system(), &settings.archive.to);
    let beside = disk.read(&archiving::index(to, &unit.name), INDEX_MAX).ok();
    let beside = beside.filter(|octets| unit.index == Some(Digest::of(octets)));
    let rows = beside.and_then(|octets| String::from_utf8(octets).ok()).and_then(|text| index::read(&text));
    if let Some(rows) = rows {
        return Ok(rows);
    }
    let path = archiving::path(to, &unit.name);
    let opened = archiving::open_known(&disk, &path, unit.sha256);
    opened.map(|(_, unit)| unit.rows().to_vec()).map_err(|unfit| format!("{}: {unfit}", path.display()))
}

/// Searches.
///
/// # Errors
/// Usage: the configuration. Broken: the journal or an index.
pub fn search(args: &ArchiveSearchArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let standing = standing(&settings)?;
    let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
    let rows = Rows::of(&settings, standing.units.iter());
    rows.unread.iter().for_each(|why| screen.note(format!("left out: {why}")));
    let mut found = rows.found.clone();
    found.retain(|Found { row, .. }| {
        let text = args.text.as_deref().is_none_or(|text| {
            [&row.number, &row.id, &row.name, &row.sha256].into_iter().any(|value| value.contains(text))
        });
        text && is(&args.body, &row.body)
            && is(&args.dataset, &row.dataset)
            && is(&args.period, &row.period)
            && is(&args.decision, &row.decision)
    });
    let left_out = found.len().saturating_sub(args.limit);
    found.truncate(args.limit);
    if found.is_empty() && !rows.unread.is_empty() {
        return Err(rows.missing("nothing was found".to_owned()));
    }
    screen.json(&serde_json::json!({"left_out": left_out, "found": found, "unread": rows.unread}));
    if found.is_empty() {
        screen.say("nothing found");
        return Ok(Exit::No);
    }
    let heads = ["unit", "received", "decision", "body", "dataset", "period", "rev", "number", "name", "id"];
    let mut table = Table::new(heads.map(|head| (head, Side::Left)));
    for Found { unit, row, .. } in &found {
        let Row { number, id, body, dataset, period, revision, decision, received, name, .. } = row;
        table.row([unit, received, decision, body, dataset, period, revision, number, name, id]);
    }
    screen.table(&table);
    if left_out > 0 {
        screen.say(format!("{left_out} more are left out; --limit shows more"));
    }
    Ok(Exit::Done)
}

/// Writes them out.
///
/// # Errors
/// Usage: no such submission, or a folder that is there. Broken: a unit that does not verify, or the disk.
pub fn get(args: &ArchiveGetArgs, screen: &mut Screen) -> Outcome {
    if args.out.symlink_metadata().is_ok() {
        return Err(Trouble::usage(format!("{} stands there already", args.out.display())));
    }
    let (path, known) = asked(args)?;
    let unfit = |unfit: &dyn std::fmt::Display| Trouble::broken(format!("{}: {unfit}", path.display()));
    let opened = match known {
        Some(sha256) => archiving::open_known(&Disk::system(), &path, sha256),
        None => archiving::open(&Disk::system(), &path),
    };
    let (_, unit) = opened.map_err(|why| unfit(&why))?;
    let only = std::iter::once(args.id.clone()).collect();
    let verified = unit.verify(Some(&only), &[], &archiving::engine).map_err(|why| unfit(&why))?;
    if verified.submissions == 0 {
        return Err(Trouble::usage(format!("{} has no submission {}", path.display(), args.id)));
    }
    let folder = Coming::begin(&args.out)?;
    let files = folder.fill(&unit, &args.id)?;
    folder.finish()?;
    screen.json(&serde_json::json!({"unit": unit.note().unit, "id": args.id, "files": files}));
    screen.say(format!("{} files of {} from {}:", files.len(), args.id, unit.note().unit));
    files.iter().for_each(|file| screen.say(format!("  {}", args.out.join(file).display())));
    Ok(Exit::Done)
}

/// The unit that is asked for, and the digest that the journal knows it by, where it does.
fn asked(args: &ArchiveGetArgs) -> Result<(PathBuf, Option<Digest>), Trouble> {
    if let (Some(unit), None) = (&args.unit, args.window.named())
        && Path::new(unit).is_file()
    {
        return Ok((PathBuf::from(unit), None)); // no window is needed
    }
    let settings = records::settings(&args.window)?;
    let standing = standing(&settings)?;
    let Some(named) = &args.unit else {
        let rows = Rows::of(&settings, standing.units.iter());
        let found = rows.last(|found| found.row.id == args.id);
        let found = found.ok_or_else(|| rows.missing(format!("no archive unit has the submission {}", args.id)))?;
        return Ok((archiving::path(&settings.archive.to, &found.unit), Some(found.sha256)));
    };
    let path = unit_path(Some(&settings), named)?;
    let known = standing.units.iter().find(|known| archiving::path(&settings.archive.to, &known.name) == path);
    let sha256 = known.map(|known| known.sha256);
    Ok((path, sha256))
}

/// A folder on its way: filled under a passing name, and gone again unless it gets its own.
struct Coming<'a> {
    passing: PathBuf,
    out: &'a Path,
}

impl<'a> Coming<'a> {
    fn begin(out: &'a Path) -> Result<Self, Trouble> {
        let named = out.file_name().is_some();
        let suffix = xades::fresh_suffix().map_err(|error| Trouble::broken(error.to_string()))?;
        let passing = out.with_file_name(format!(".{suffix}.part"));
        let made = if named { fs::create_dir(&passing) } else { Err(io::ErrorKind::InvalidInput.into()) };
        made.map_err(|error| {
            let what = format!("no folder can be made at {}: {error}", out.display());
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::Other => {
                    Trouble::broken(what)
                }
                _ => Trouble::usage(what),
            }
        })?;
        Ok(Self { passing, out })
    }

    /// Writes the files of a submission into it, durable; their names.
    fn fill(&self, unit: &Unit, id: &str) -> Result<Vec<String>, Trouble> {
        let folder = format!("submissions/{id}/");
        let mut files = Vec::new();
        for name in unit.of(id) {
            // the names were made by a unit, and are plain; whoever made this one may have been somebody else
            let below = name.strip_prefix(&folder).filter(|name| is_plain(name));
            let below = below.ok_or_else(|| Trouble::broken(format!("{name:?} is no name of a file in a unit")))?;
            let to = self.passing.join(below);
            let broken = |error: io::Error| Trouble::broken(format!("{below} cannot be written: {error}"));
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).map_err(broken)?;
            }
            let octets = unit.octets(name).map_err(|unfit| Trouble::broken(unfit.to_string()))?;
            let mut file = File::create_new(&to).map_err(broken)?;
            io::copy(&mut octets.reader(), &mut file).map_err(broken)?;
            file.sync_all().map_err(broken)?;
            files.push(below.to_owned());
        }
        Ok(files)
    }

    fn finish(self) -> Result<(), Trouble> {
        match Disk::system().rename_new(&self.passing, self.out) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Trouble::usage(format!("{} stands there already", self.out.display())))
            }
            Err(error) => Err(Trouble::broken(format!("{} cannot be made: {error}", self.out.display()))),
        }
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.passing); // else it stays, hidden and named as a part
    }
}

/// Whether a path leads down and nowhere else.
fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    name.split('/').all(part)
}
