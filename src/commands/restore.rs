//! `pencere restore`: a window made from a copy, and nothing at all from one that is not whole (S 8.1.10).

use super::backup::{empty, note};
use super::init::quoted;
use super::progress::Progress as Bar;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, audit, records, times};
use crate::config::NAME;
use crate::host::Disk;
use crate::reserve::{self, Address, Laid, MANIFEST, Moved, RESERVE, Unsound};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Component, Path, PathBuf};

/// Make a window from a backup or from the reserve
///
/// Every file of the copy is verified first, and nothing is laid out when one is missing or
/// changed. Then the window is made in DIR, and looked over as `audit verify` does it. It
/// begins with `pencere once --config DIR/pencere.toml`, or `run`.
///
/// Receipt numbers are left out on purpose: the old window may have given some since the copy
/// was made.
///
/// Exit code 0: the window stands and verifies. 1: the copy is not whole, or what it holds
/// does not verify. 2: there is no copy, or DIR is not empty.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct RestoreArgs {
    /// The backup's folder; or the reserve, its folder or its address (file:///…)
    #[arg(value_name = "SRC")]
    pub from: String,
    /// The folder to make the window in: new, or empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// How many receipt numbers to leave out, as the old window may have given them since; 0
    /// when it surely gave none
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    pub skip_numbers: u64,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    /// Whether the window stands and verifies.
    fits: bool,
    /// What is wrong with the copy, or the first thing that does not fit; null when all is well.
    first_unfit: Option<&'a str>,
    /// The window's configuration.
    config: PathBuf,
    /// The window's id.
    window: &'a str,
    /// The moment of the copy.
    made: Timestamp,
    /// Journal entries.
    entries: u64,
    /// Submissions.
    submissions: u64,
    /// Files, and their octets.
    files: u64,
    octets: u64,
    /// Accepted after BOEMİS was copied: loaded again at the start.
    unloaded: u64,
    /// Left out of the receipts' numbers, by year: the last one given, and the next.
    skipped: Vec<Skipped>,
    /// What must be put in its place before the window can start.
    left_out: &'a [String],
    /// What is other in its configuration.
    moved: &'a [Moved],
}

#[derive(Debug, Serialize)]
struct Skipped {
    year: i16,
    last: u64,
    next: u64,
}

/// Runs the command.
///
/// # Errors
/// Usage: no copy, or a folder that holds something. Broken: the disk's.
pub fn run(args: &RestoreArgs, screen: &mut Screen) -> Outcome {
    let (disk, now) = (Disk::system(), Timestamp::now());
    let from = Copy::named(&args.from)?;
    empty(&args.folder)?;
    let bar = Bar::octets(screen);
    let told = |octets| bar.more(octets);
    let laid = match &from {
        Copy::Backup(from) => reserve::lay(&disk, from, &args.folder, &told),
        Copy::Reserve(from) => reserve::fetch(&disk, from, &args.folder, &told),
    };
    drop(bar);
    let laid = laid.map_err(|fault| Trouble::broken(format!("no window was made: {fault}")))?;
    match laid {
        Ok(laid) => stands(args, &laid, (&disk, now), screen),
        Err(Unsound(faults)) => {
            let all = faults.join("; ");
            screen.json(&serde_json::json!({"fits": false, "first_unfit": all}));
            screen.say("This is no whole copy, and nothing was made from it:");
            faults.iter().for_each(|fault| screen.say(format!("  {fault}")));
            Ok(Exit::No)
        }
    }
}

/// Where a copy is.
pub(super) enum Copy {
    /// A backup's folder.
    Backup(PathBuf),
    /// A reserve.
    Reserve(Address),
}

impl Copy {
    /// The copy that a command line names, by a folder or an address.
    pub(super) fn named(text: &str) -> Result<Self, Trouble> {
        let path = PathBuf::from(text);
        if path.join(MANIFEST).is_file() {
            return Ok(Self::Backup(path));
        }
        let address = match text.contains("://") {
            true => text.parse().map_err(|fault| Trouble::usage(format!("{text}: {fault}")))?,
            false => Address::Folder(path),
        };
        match reserve::is_reserve(&address) {
            true => Ok(Self::Reserve(address)),
            false => Err(Trouble::usage(format!(
                "{text} is no backup and no reserve: there is no {MANIFEST} in it, which is written when a backup is \
                 whole, and no {RESERVE}"
            ))),
        }
    }
}

/// Whether a path leads beneath a folder, by its words alone.
fn lies_in(path: &Path, folder: &Path) -> bool {
    path.strip_prefix(folder).is_ok_and(|rest| !rest.components().any(|part| matches!(part, Component::ParentDir)))
}

fn stands(args: &RestoreArgs, laid: &Laid, (disk, now): (&Disk, Timestamp), screen: &mut Screen) -> Outcome {
    let config = args.folder.join(NAME);
    let settings = records::settings_at(&config)?;
    let (state, about) = (&settings.window.paths.state, &laid.about);
    // a copy's configuration may have been written by anybody, and must not lead into another window
    let paths = &settings.window.paths;
    let Some(database) = settings.location.file() else {
        return Err(Trouble::broken(format!(
            "{} names a database of a server, where others may work: this copy's configuration is not as a backup \
             writes it; nothing was done there",
            config.display()
        )));
    };
    if let Some(outside) = [state.as_path(), &paths.drop, database, &settings.seal.acts]
        .into_iter()
        .find(|path| !lies_in(path, &args.folder))
    {
        return Err(Trouble::broken(format!(
            "{} leads out of the restored window, to {}: this copy's configuration is not as a backup writes it; \
             nothing was done there",
            config.display(),
            outside.display()
        )));
    }
    let gaps = reserve::skip_numbers(disk, state, about.made, now, args.skip_numbers);
    let gaps =
        gaps.map_err(|fault| Trouble::broken(format!("the window in {} cannot be used: {fault}", config.display())))?;
    // the participants' own folders are made by the window at its start, as everywhere
    let drop = &settings.window.paths.drop;
    std::fs::create_dir_all(drop)
        .map_err(|error| Trouble::broken(format!("cannot make {}: {error}", drop.display())))?;
    let audit = audit::look(&settings, &[], audit::Boemis::Older)?;
    let told = |(year, last, next): &(i16, u64, u64)| format!("{year}: {next} follows {last}");
    let skipped = gaps.iter().map(told).collect::<Vec<_>>().join(", ");
    let facts = [
        ("from", args.from.clone()),
        ("made", about.made.to_string()),
        ("journal", format!("{}:{}", about.journal.segment, about.journal.offset)),
        ("numbers", skipped.clone()),
        ("fits", audit.fits.to_string()),
    ];
    note(disk, &settings, "restored", facts, screen);
    screen.json(&Answer {
        fits: audit.fits,
        first_unfit: audit.first_unfit.as_deref(),
        config: config.clone(),
        window: &about.window,
        made: about.made,
        entries: audit.entries,
        submissions: audit.submissions,
        files: laid.files,
        octets: laid.octets,
        unloaded: laid.unloaded,
        skipped: gaps.iter().map(|&(year, last, next)| Skipped { year, last, next }).collect(),
        left_out: &about.left_out,
        moved: &about.moved,
    });
    let Laid { files, octets, unloaded, .. } = laid;
    let (entries, submissions) = (audit.entries, audit.submissions);
    screen.say(format!(
        "The window “{}” as of {} stands in {}: {files} files, {octets} octets, {entries} journal entries, \
         {submissions} submissions.",
        about.window,
        times::both(about.made),
        args.folder.display()
    ));
    if let Some(what) = &audit.first_unfit {
        screen.say(format!("It does not verify: use another copy. The first that does not fit: {what}"));
        return Ok(Exit::No);
    }
    screen.say("It verifies.");
    for Moved { file, key, was, is } in &about.moved {
        screen.say(format!("{file}: {key} is now {is:?}, where the old window had {was:?}."));
    }
    for what in &about.left_out {
        screen.say(format!("Was not copied, put it in its place: {what}"));
    }
    screen.say("Before it takes the old window's place:");
    screen.say("  1. See that the old window does not run, and never runs again: two would answer to one name.");
    screen.say(match gaps.is_empty() {
        true => "  2. No receipt number is left out: if the old one gave any since the copy, they are given twice."
            .to_owned(),
        false => format!(
            "  2. Receipt numbers go on behind a gap ({skipped}). If the old window gave more than {} since the copy, \
             restore anew with a larger --skip-numbers.",
            args.skip_numbers
        ),
    });
    screen.say(
        "  3. What the old one accepted since the copy is not here: its senders have receipts and must file again. \
         What they hold of its transparency log since then is of another past than this one's, and `audit compare` \
         will say so: the act `restored` in the journal tells where the two part.",
    );
    if *unloaded > 0 {
        screen.say(format!(
            "     {unloaded} accepted statements are newer than BOEMİS's copy; the start loads them from evidence."
        ));
    }
    screen.say(format!("  4. pencere once --config {}", quoted(&config)));
    Ok(Exit::Done)
}
