//! `pencere repair`: evidence that is damaged or gone is put back from a copy that has it.

use super::backup::{is_ours, note};
use super::restore::Copy;
use super::status::lock;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, records};
use crate::archive::gather::Standing;
use crate::config::Settings;
use crate::daemon::archiving;
use crate::document::Digest;
use crate::host::Disk;
use crate::reserve::{self, Mended, Reverified, Source, Whole};
use clap::Args;
use serde::Serialize;
use std::io::ErrorKind;

/// Put back damaged or missing evidence from a backup or from the reserve
///
/// Verifies all evidence that the journal names. What is not as it was kept is taken from the
/// copy, when it is sound there, and put back whole: a pack gets the very octets that it had.
/// What was put back is journalled. What is sound is not touched. Works beside a running
/// daemon, but for the pack that it may be writing to.
///
/// Exit code 0: all evidence is sound now. 1: something is damaged still, and is named.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct RepairArgs {
    /// A backup's folder; or the reserve, its folder or its address (file:///…) [default: the
    /// window's own reserve]
    #[arg(value_name = "SRC")]
    pub from: Option<String>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    /// Whether all evidence is sound now.
    sound: bool,
    /// Things that were looked at.
    files: u64,
    /// What was put back, by places below the state folder.
    put_back: &'a [String],
    /// What is damaged still, and why.
    left: Vec<Left<'a>>,
}

#[derive(Debug, Serialize)]
struct Left<'a> {
    what: &'a str,
    why: &'a str,
}

/// So many things are named in the journal's entry; of more it counts.
const NAMED_MAX: usize = 100;

/// Runs the command.
///
/// # Errors
/// Usage: the configuration, or no copy. Broken: the disk's, or a damaged journal.
pub fn run(args: &RepairArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let state = &settings.window.paths.state;
    if !is_ours(state) {
        let state = state.display();
        return Err(Trouble::usage(format!("{state} belongs to another user: run this as that one, who must read it")));
    }
    let from = match (&args.from, &settings.reserve.to) {
        (Some(from), _) => Copy::named(from)?,
        (None, Some(reserve)) => Copy::Reserve(reserve.clone()),
        (None, None) => {
            return Err(Trouble::usage(
                "this window has no reserve: name the folder of a backup to take evidence from",
            ));
        }
    };
    let whole = match &from {
        Copy::Backup(folder) => Whole::Backup(folder.clone()),
        Copy::Reserve(address) => Whole::Reserve(address.clone()),
    };
    let (source, shown) = match from {
        Copy::Backup(folder) => {
            let state = reserve::state_of(&Disk::system(), &folder)
                .map_err(|fault| Trouble::usage(format!("{} cannot be used: {fault}", folder.display())))?;
            (Source::State(state), folder.display().to_string())
        }
        Copy::Reserve(address) => (Source::Reserve(address.clone()), address.to_string()),
    };
    let units = units_put_back(&settings, &whole)?;
    let is_open = lock::holder(&state.join("journal")).is_some();
    let disk = Disk::system();
    let mut mended =
        reserve::mend(&disk, state, &source, is_open).map_err(|fault| Trouble::broken(fault.to_string()))?;
    mended.put_back.splice(0..0, units.0);
    mended.left.splice(0..0, units.1);
    if !mended.put_back.is_empty() {
        if let Err(error) = Reverified::forget(&disk, state, &mended.put_back) {
            screen.note(format!("pencere: status still tells of what was put back: {error}"));
        }
        journalled(&disk, &settings, &mended, &shown, screen);
    }
    let Mended { put_back, left, files } = &mended;
    let told = left.iter().map(|(what, why)| Left { what, why }).collect();
    screen.json(&Answer { sound: left.is_empty(), files: *files, put_back, left: told });
    screen.say(format!("files in evidence {files}, put back {}, damaged still {}", put_back.len(), left.len()));
    put_back.iter().for_each(|what| screen.say(format!("  put back: {what}")));
    left.iter().for_each(|(what, why)| screen.say(format!("  damaged: {what}: {why}")));
    if left.is_empty() {
        screen.say("All evidence is sound.");
    }
    Ok(Exit::answer(left.is_empty()))
}

/// Names of things, and of such as are still damaged, with why.
type PutBack = (Vec<String>, Vec<(String, String)>);

/// Puts back archive units that are gone or are not what the journal knows: evidence may lie in them alone.
fn units_put_back(settings: &Settings, whole: &Whole) -> Result<PutBack, Trouble> {
    let disk = Disk::system();
    let standing = Standing::read(&disk, &settings.window.paths.state)?;
    let (mut put_back, mut left) = (Vec::new(), Vec::new());
    for known in &standing.units {
        let path = archiving::path(&settings.archive.to, &known.name);
        let broken = |error: std::io::Error| Trouble::broken(format!("{}: {error}", path.display()));
        let why = match disk.open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => "it is missing",
            Err(error) => return Err(broken(error)),
            Ok(file) if Digest::of_reader(&file).map_err(broken)? == known.sha256 => continue,
            Ok(_) => "it is not the file that the journal knows",
        };
        let name = path.display().to_string();
        match reserve::lay_again(&disk, whole, known.sha256, &path) {
            Ok(true) => put_back.push(name),
            Ok(false) => left.push((name, format!("{why}, and the copy does not have it"))),
            Err(fault) => left.push((name, format!("{why}: {fault}"))),
        }
    }
    Ok((put_back, left))
}

fn journalled(disk: &Disk, settings: &Settings, mended: &Mended, from: &str, screen: &mut Screen) {
    let mut named: Vec<&str> = mended.put_back.iter().take(NAMED_MAX).map(String::as_str).collect();
    if mended.put_back.len() > NAMED_MAX {
        named.push("and more");
    }
    let facts = [
        ("from", from.to_owned()),
        ("count", mended.put_back.len().to_string()),
        ("what", named.join(", ")),
        ("damaged-still", mended.left.len().to_string()),
    ];
    note(disk, settings, "evidence-put-back", facts, screen);
}
