//! `pencere archive list`, `search` and `get`: what is archived, found by the units' indexes (R 5.7.5).

use super::super::table::Side;
use super::super::times;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, records, standing, unit_path};
use crate::archive::gather::KnownUnit;
use crate::archive::index::{self, Row};
use crate::commands::Table;
use crate::config::Settings;
use crate::daemon::archiving;
use crate::host::Disk;
use clap::Args;
use serde::Serialize;
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
/// All that is asked for must fit. Works beside a running daemon.
///
/// Exit code 0: something was found. 1: nothing.
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

/// All rows of these units' indexes, in their order; a unit whose index is not there is left out.
///
/// # Errors
/// Broken: an index that cannot be read.
pub fn rows<'a>(settings: &Settings, units: impl Iterator<Item = &'a KnownUnit>) -> Result<Vec<Found>, Trouble> {
    let mut found = Vec::new();
    for unit in units {
        let path = archiving::index(&settings.archive.to, &unit.name);
        let text = match Disk::system().read(&path, INDEX_MAX) {
            Ok(octets) => String::from_utf8_lossy(&octets).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Trouble::broken(format!("{}: {error}", path.display()))),
        };
        let odd = || Trouble::broken(format!("{} is no index of an archive unit", path.display()));
        let rows = index::read(&text).ok_or_else(odd)?;
        found.extend(rows.into_iter().map(|row| Found { unit: unit.name.clone(), row }));
    }
    Ok(found)
}

/// Searches.
///
/// # Errors
/// Usage: the configuration. Broken: the journal or an index.
pub fn search(args: &ArchiveSearchArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let standing = standing(&settings)?;
    let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
    let mut found = rows(&settings, standing.units.iter())?;
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
    screen.json(&serde_json::json!({"left_out": left_out, "found": found}));
    if found.is_empty() {
        screen.say("nothing found");
        return Ok(Exit::No);
    }
    let heads = ["unit", "received", "decision", "body", "dataset", "period", "rev", "number", "name", "id"];
    let mut table = Table::new(heads.map(|head| (head, Side::Left)));
    for Found { unit, row } in &found {
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
    let named = match (&args.unit, args.window.named()) {
        (Some(unit), None) if Path::new(unit).is_file() => Some(unit.clone()), // no window is needed
        _ => None,
    };
    let path = match named {
        Some(path) => PathBuf::from(path),
        None => {
            let settings = records::settings(&args.window)?;
            let unit = match &args.unit {
                Some(unit) => unit.clone(),
                None => {
                    let standing = standing(&settings)?;
                    let found = rows(&settings, standing.units.iter())?;
                    let last = found.into_iter().rev().find(|found| found.row.id == args.id);
                    let missing = || Trouble::usage(format!("no archive unit has the submission {}", args.id));
                    last.ok_or_else(missing)?.unit
                }
            };
            unit_path(Some(&settings), &unit)?
        }
    };
    let (_, unit) = archiving::open(&Disk::system(), &path)
        .map_err(|unfit| Trouble::broken(format!("{}: {unfit}", path.display())))?;
    let only = std::iter::once(args.id.clone()).collect();
    let verified = unit.verify(Some(&only), &archiving::engine);
    let verified = verified.map_err(|unfit| Trouble::broken(format!("{}: {unfit}", path.display())))?;
    if verified.submissions == 0 {
        return Err(Trouble::usage(format!("{} has no submission {}", path.display(), args.id)));
    }
    let making = |error: io::Error| Trouble::usage(format!("{}: {error}", args.out.display()));
    std::fs::create_dir(&args.out).map_err(making)?;
    let folder = format!("submissions/{}/", args.id);
    let mut files = Vec::new();
    for name in unit.of(&args.id) {
        // the names were made by a unit, and are plain; whoever made this one may have been somebody else
        let below = name.strip_prefix(&folder).filter(|name| is_plain(name));
        let below = below.ok_or_else(|| Trouble::broken(format!("{name:?} is no name of a file in a unit")))?;
        let to = args.out.join(below);
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(making)?;
        }
        let octets = unit.octets(name).map_err(|unfit| Trouble::broken(unfit.to_string()))?;
        let mut file = std::fs::File::create_new(&to).map_err(making)?;
        io::copy(&mut octets.reader(), &mut file).map_err(making)?;
        files.push(below.to_owned());
    }
    screen.json(&serde_json::json!({"unit": unit.note().unit, "id": args.id, "files": files}));
    screen.say(format!("{} files of {} from {}:", files.len(), args.id, unit.note().unit));
    files.iter().for_each(|file| screen.say(format!("  {}", args.out.join(file).display())));
    Ok(Exit::Done)
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
