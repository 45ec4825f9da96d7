//! `pencere backup`: a copy of the window that stands alone and verifies, made while the window goes on.

use super::progress::Progress as Bar;
use super::status::lock;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, audit, opening, records, times};
use crate::config::{NAME, Settings};
use crate::daemon::holdings;
use crate::host::Disk;
use crate::journal::{Journal, JournalError, Note};
use crate::reserve::{self, Fault, MANIFEST, Moved};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Copy the whole window into a folder, while it goes on
///
/// Journal, evidence, BOEMİS, the seal's act log and the configuration, as they were at one
/// moment; then the copy is verified as `audit verify` does it, and SHA256SUMS is written,
/// without which the folder is no backup. Not in it: what waits in the drop folders, and the
/// private keys of a real window; the answer names what must be kept elsewhere.
///
/// Exit code 0: the copy is whole and verifies. 1: it is whole and does not verify, because
/// the window itself does not. 2: the folder is not empty.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct BackupArgs {
    /// The folder to copy into: new, or empty
    #[arg(value_name = "DEST")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    /// Whether the copy verifies.
    fits: bool,
    /// The first thing in it that does not fit; null when everything does.
    first_unfit: Option<&'a str>,
    /// The window's id.
    window: &'a str,
    /// The moment of the copy.
    made: Timestamp,
    /// Where it lies.
    folder: &'a Path,
    /// Its files.
    files: u64,
    /// Their octets.
    octets: u64,
    /// Journal entries in it.
    entries: u64,
    /// Submissions in it.
    submissions: u64,
    /// How long copying and verifying took, in milliseconds.
    milliseconds: u64,
    /// Octets copied and verified in a second.
    octets_per_second: u64,
    /// Journal entries copied and verified in a second.
    entries_per_second: u64,
    /// What is not in it and must be kept elsewhere.
    left_out: &'a [String],
    /// What is other in its configuration.
    moved: &'a [Moved],
}

/// Runs the command.
///
/// # Errors
/// Usage: the configuration, or a folder that holds something. Broken: the disk's or the database's.
pub fn run(args: &BackupArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let (disk, now, begun) = (Disk::system(), Timestamp::now(), Instant::now());
    apart(&args.folder, config.settings())?;
    empty(&args.folder)?;
    let holdings = holdings(&config, config.world())
        .map_err(|error| Trouble::broken(format!("the configuration cannot be copied: {error}")))?;
    let bar = Bar::octets(screen);
    let told = |octets| bar.more(octets);
    let runtime = opening::runtime()?;
    let made = runtime.block_on(reserve::take(&disk, &holdings, &args.folder, now, &told)).map_err(unfinished)?;
    drop(bar);
    // a server's database is in no copy: whoever keeps it has its own
    let whole = match config.settings().location.file() {
        Some(_) => audit::Boemis::Whole,
        None => audit::Boemis::Older,
    };
    let audit = audit::look(&records::settings_at(&args.folder.join(NAME))?, &[], whole)?;
    let about = made.about().clone();
    let (files, octets) = made.size();
    made.finish(&disk).map_err(unfinished)?;
    let took = begun.elapsed();
    let per_second = |count: u64| {
        let rate = u128::from(count) * 1_000_000 / took.as_micros().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    };
    let (entries, submissions) = (audit.entries, audit.submissions);
    let facts = [
        ("to", args.folder.display().to_string()),
        ("made", now.to_string()),
        ("files", files.to_string()),
        ("octets", octets.to_string()),
        ("fits", audit.fits.to_string()),
    ];
    note(&disk, config.settings(), "backed-up", facts, screen);
    screen.json(&Answer {
        fits: audit.fits,
        first_unfit: audit.first_unfit.as_deref(),
        window: &about.window,
        made: now,
        folder: &args.folder,
        files,
        octets,
        entries,
        submissions,
        milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        octets_per_second: per_second(octets),
        entries_per_second: per_second(entries),
        left_out: &about.left_out,
        moved: &about.moved,
    });
    screen.say(format!("The window “{}” as of {} is in {}.", about.window, times::both(now), args.folder.display()));
    screen.say(format!(
        "{files} files, {octets} octets, {entries} journal entries, {submissions} submissions, in {}.{:03} s: {} \
         octets/s, {} entries/s",
        took.as_secs(),
        took.subsec_millis(),
        per_second(octets),
        per_second(entries)
    ));
    for Moved { file, key, was, is } in &about.moved {
        screen.say(format!("In the copy {file} says {key} = {is:?} where the window's own says {was:?}."));
    }
    screen.say("Not in it: what waits in the drop folders. Receipts are in it, as evidence.");
    for what in &about.left_out {
        screen.say(format!("Not in it, keep it elsewhere: {what}"));
    }
    screen.say(match &audit.first_unfit {
        None => format!("It verifies; `sha256sum -c {MANIFEST}` there says whether it still is what was copied."),
        Some(what) => {
            format!("It is a true copy of a window that does not verify. The first that does not fit: {what}")
        }
    });
    Ok(Exit::answer(audit.fits))
}

/// Refuses a folder within what is copied: each backup would hold all earlier ones.
fn apart(folder: &Path, settings: &Settings) -> Result<(), Trouble> {
    let absolute = |path: &Path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        // what is there by its real name, what is not beneath it
        let there =
            path.ancestors().find_map(|above| Some((above.canonicalize().ok()?, path.strip_prefix(above).ok()?)));
        there.map_or_else(|| path.clone(), |(above, rest)| above.join(rest))
    };
    let paths = &settings.window.paths;
    let folder = absolute(folder);
    let copied = [&paths.state, &paths.drop, &paths.datasets, &settings.archive.to];
    match copied.into_iter().find(|one| folder.starts_with(absolute(one))) {
        None => Ok(()),
        Some(one) => {
            Err(Trouble::usage(format!("{} lies in {}, which is copied itself", folder.display(), one.display())))
        }
    }
}

/// A folder that is new or empty; it is made, and nobody else may look into it.
pub(super) fn empty(folder: &Path) -> Result<(), Trouble> {
    let unusable = |error: std::io::Error| Trouble::usage(format!("{} cannot be used: {error}", folder.display()));
    if !folder.exists() {
        return Disk::system().make_folder(folder).map_err(|error| match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Trouble::broken(error.to_string()),
            _ => unusable(error),
        });
    }
    match std::fs::read_dir(folder).map_err(unusable)?.next() {
        None => Ok(()),
        Some(_) => Err(Trouble::usage(format!("{} is not empty: name a new folder", folder.display()))),
    }
}

/// Has an act journalled: by the process that has the window open, or where there is none, at once. What cannot be
/// brought about is told.
pub(super) fn note<const N: usize>(
    disk: &Disk,
    settings: &Settings,
    act: &str,
    facts: [(&str, String); N],
    screen: &mut Screen,
) {
    let state = &settings.window.paths.state;
    let facts: BTreeMap<String, String> = facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
    let by = format!("uid {}", rustix::process::getuid().as_raw());
    let note = Note { time: Timestamp::now(), act: act.to_owned(), by, facts };
    if let Err(error) = note.leave(disk, state) {
        return screen.note(format!("pencere: the journal will not tell of this ({act}): {error}"));
    }
    // what another than the window's own user writes there, the window could not go on with
    if lock::holder(&state.join("journal")).is_some() || !is_ours(state) {
        return;
    }
    let settled = Journal::open(disk, state, settings.journal).and_then(|mut journal| {
        let noted = journal.append_notes(disk, state, Timestamp::now())?;
        journal.sync()?;
        noted.into_iter().for_each(|noted| noted.done(disk));
        Ok(())
    });
    match settled {
        // whoever opened it meanwhile journals it
        Ok(()) | Err(JournalError::InUse { .. }) => {}
        Err(error) => screen.note(format!("pencere: the next start journals this ({act}): {error}")),
    }
}

/// Whether the state folder belongs to who runs this.
pub(super) fn is_ours(state: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    state.metadata().is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

fn unfinished(fault: Fault) -> Trouble {
    Trouble::broken(format!("the copy was not finished, and what is there is no backup: {fault}"))
}
