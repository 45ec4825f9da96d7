//! `pencere archive make` and `prune`: by hand what a running window does by itself.

use super::super::opening;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, locked, tell, who};
use crate::archive::unit::MakeFault;
use crate::daemon::archiving::{self, Archive};
use crate::daemon::{archiving_fails, pruning};
use crate::document::SubmissionId;
use crate::host::Disk;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Pack what is past its active time into archive units
///
/// Each unit is written, synced, read back and verified whole before the journal says
/// “archived”; the notice of it lies in notices/ then, with its due date. What cannot be packed
/// is left out and named, with what to do. Not beside a running daemon (exit 3): that one does
/// it by itself.
///
/// Exit code 0: all that was due is archived. 1: something was left out.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ArchiveMakeArgs {
    /// Whatever is unchanged since before this moment (a day in Baku, or RFC 3339) [default: [archive] after]
    #[arg(long, value_name = "DAY", value_parser = super::super::times::moment)]
    pub before: Option<Timestamp>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Let what is archived leave the active store
///
/// A pack goes when nothing in it is still active and each of its octets was read back from a
/// unit of this window, which was verified whole before; one that is needed and does not verify
/// lets nothing more go. What
/// went is found in its unit from then on, by every command. Not beside a running daemon.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ArchivePruneArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer {
    units: Vec<UnitAnswer>,
    /// What could not be packed, each with the reason and what to do.
    left_out: BTreeMap<SubmissionId, String>,
}

#[derive(Serialize)]
struct UnitAnswer {
    unit: String,
    sha256: String,
    submissions: u64,
    files: u64,
    octets: u64,
    /// When the notice is due.
    due: jiff::civil::Date,
}

/// Makes them.
///
/// # Errors
/// Usage: the configuration, or no active time. Broken: a running daemon, the disk, or what is to be archived.
pub fn run(args: &ArchiveMakeArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let settings = config.settings().clone();
    let now = Timestamp::now();
    let by_configuration = || {
        let after = SignedDuration::try_from(settings.archive.after?).ok()?;
        now.checked_sub(after).ok()
    };
    let Some(before) = args.before.or_else(by_configuration) else {
        return Err(Trouble::usage(
            "no active time is set: say --before DAY, or set [archive] after in the configuration",
        ));
    };
    let mut journal = locked(&settings)?;
    let datasets = config.world().datasets.clone();
    let archive = Archive { settings, datasets, disk: Disk::system() };
    let mut answer = Answer { units: Vec::new(), left_out: BTreeMap::new() };
    let failed = |fault: MakeFault| {
        let why = fault.to_string();
        archiving_fails::remember(&archive.disk, &archive.settings.window.paths.state, Err(&why), Timestamp::now());
        Trouble::broken(why)
    };
    let mut round = archive.round().map_err(failed)?;
    loop {
        let looked = archive.make(&mut round, before, Timestamp::now()).map_err(failed)?;
        answer.left_out = looked.left_out;
        let Some(made) = looked.made else {
            // what is left of it may be due as well
            if looked.more {
                continue;
            }
            break;
        };
        tell(&mut journal, archiving::events(&made, &who::who()))?;
        let note = &made.note;
        screen.say(format!(
            "{}: {} submissions, {} files, {} octets\n  SHA-256 {}\n  verified; the notice of it is due on {}",
            note.unit, note.submissions, note.files, note.octets, made.sha256, made.due
        ));
        answer.units.push(UnitAnswer {
            unit: note.unit.clone(),
            sha256: made.sha256.to_string(),
            submissions: note.submissions,
            files: note.files,
            octets: note.octets,
            due: made.due,
        });
        if !looked.more {
            break;
        }
    }
    let state = &archive.settings.window.paths.state;
    archiving_fails::remember(&archive.disk, state, Ok(&answer.left_out), Timestamp::now());
    if answer.units.is_empty() && answer.left_out.is_empty() {
        screen.say("Nothing is past its active time.");
    }
    for (id, why) in &answer.left_out {
        screen.say(format!("LEFT OUT: {id}: {why}"));
    }
    screen.json(&answer);
    Ok(Exit::answer(answer.left_out.is_empty()))
}

/// Lets it go.
///
/// # Errors
/// Usage: the configuration. Broken: a running daemon, a unit that does not verify, the disk.
pub fn prune(args: &ArchivePruneArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let settings = config.settings().clone();
    let mut journal = locked(&settings)?;
    let archive = Archive { settings, datasets: config.world().datasets.clone(), disk: Disk::system() };
    let released = archive.prune(Duration::ZERO).map_err(|fault| Trouble::broken(fault.to_string()))?;
    tell(&mut journal, pruning::event(released, &who::who()))?;
    screen.json(&serde_json::json!({"files": released.files, "octets": released.octets}));
    screen.say(match released.files {
        0 => "Nothing can leave the active store: there is no unit, or something active lies beside all of it.".into(),
        files => format!("{files} packs and objects left the active store, {} octets.", released.octets),
    });
    Ok(Exit::Done)
}
