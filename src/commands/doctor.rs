//! `pencere doctor`: all that a window stands on, looked over, with what to do in each case.
//!
//! Owns the list of checks and the words of their answers. Asks by the very code that the window works by: its reading
//! of the configuration, its line to each server, `status` for what became of documents. Changes nothing, and keeps
//! nothing of what it is sent. As root it looks with the eyes of the window's own user, who is the owner of its state
//! folder: what root can read says nothing of what the window can.

mod asked;
mod clock;
mod keys;
mod places;
mod watches;

use super::{Exit, Outcome, OutputArgs, Screen, WindowArgs, records, status};
use crate::config::{Config, Settings};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Look over all that the window stands on, and say of each what is wrong and what to do
///
/// Configuration, keys and how long their certificates last, clock, room, database, mailboxes,
/// mail server, time-stamping, revocation lists, folders and who may use them, the seal, limits
/// of the system, and what `status` finds. Servers are called, and nothing is changed. Run it as
/// root or as the window's user.
///
/// Exit code 0: nothing is wrong; there may be warnings. 1: something is, and the text says what.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What came of one check. There is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Result {
    /// As it has to be.
    Well,
    /// It works, and somebody should see to it; or nobody can tell.
    Warning,
    /// The window cannot do something that it is to do.
    Fault,
}

/// One check.
#[derive(Debug, Serialize)]
struct Checked {
    /// A fixed slug, as `seal.certificate`; those of `status` are `status.<code>`.
    check: String,
    result: Result,
    /// What was found.
    message: String,
    /// What to do; null where nothing is.
    todo: Option<String>,
}

/// All of them, in the order in which they were made.
#[derive(Debug, Default)]
struct Report {
    checks: Vec<Checked>,
}

impl Report {
    fn well(&mut self, check: impl Into<String>, message: impl Into<String>) {
        self.add(check.into(), Result::Well, message.into(), None);
    }

    fn warning(&mut self, check: impl Into<String>, message: impl Into<String>, todo: impl Into<String>) {
        self.add(check.into(), Result::Warning, message.into(), Some(todo.into()));
    }

    fn fault(&mut self, check: impl Into<String>, message: impl Into<String>, todo: impl Into<String>) {
        self.add(check.into(), Result::Fault, message.into(), Some(todo.into()));
    }

    fn add(&mut self, check: String, result: Result, message: String, todo: Option<String>) {
        // texts of others end as they like
        let message = message.trim_end_matches('.').to_owned();
        self.checks.push(Checked { check, result, message, todo });
    }

    fn count(&self, result: Result) -> usize {
        self.checks.iter().filter(|one| one.result == result).count()
    }
}

/// What is looked over.
struct Patient<'a> {
    path: &'a Path,
    settings: &'a Settings,
    /// None where it has mistakes.
    config: Option<Arc<Config>>,
    now: Timestamp,
    /// The process that has the window open.
    daemon: Option<u32>,
}

/// Looks, and says what it found.
///
/// # Errors
/// Usage: a `pencere.toml` that cannot be read, without which nobody can tell what to look at.
pub fn run(args: &DoctorArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let mut report = Report::default();
    match by_the_window(&settings) {
        Eyes::Own => {}
        Eyes::Other(exit) => return Ok(exit),
        Eyes::Blind(why) => report.warning(
            "doctor",
            format!("this is root's look, and the window may be able to do less: {why}"),
            "run it as the window's user: runuser -u pencere -- pencere doctor",
        ),
    }
    let path = args.window.path();
    let now = Timestamp::now();
    let config = configuration(&path, now, &mut report);
    let daemon = status::lock::holder(&settings.window.paths.state.join("journal"));
    let patient = Patient { path: &path, settings: &settings, config, now, daemon };
    keys::look(&patient, &mut report);
    clock::look(&patient, &mut report);
    places::look(&patient, &mut report);
    watches::look(&patient, &mut report);
    asked::look(&patient, &mut report)?;
    window(&patient, &mut report);
    let healthy = report.count(Result::Fault) == 0;
    screen.json(&Answer { healthy, window: settings.window.window.id.to_string(), checks: &report.checks });
    tell(&report, screen);
    Ok(Exit::answer(healthy))
}

#[derive(Serialize)]
struct Answer<'a> {
    healthy: bool,
    window: String,
    checks: &'a [Checked],
}

/// With whose eyes it is looked.
enum Eyes {
    /// With those of the caller.
    Own,
    /// Another process did it, as the window's user, and said all.
    Other(Exit),
    /// With root's, for want of others.
    Blind(String),
}

/// As root, the same once more as the window's user. What the window is handed by systemd (credentials) is not at hand
/// here in either case.
fn by_the_window(settings: &Settings) -> Eyes {
    let state = &settings.window.paths.state;
    let Ok(owner) = state.metadata() else { return Eyes::Own };
    if !rustix::process::geteuid().is_root() || owner.uid() == 0 {
        return Eyes::Own;
    }
    let again = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(std::env::args_os().skip(1)).uid(owner.uid()).gid(owner.gid());
        command.status()
    };
    match again() {
        Ok(status) => match status.code() {
            Some(0) => Eyes::Other(Exit::Done),
            Some(1) => Eyes::Other(Exit::No),
            Some(2) => Eyes::Other(Exit::Usage),
            _ => Eyes::Other(Exit::Broken),
        },
        Err(error) => Eyes::Blind(error.to_string()),
    }
}

/// Mistakes and oddities told at most: the rest is `config check`'s.
const MISTAKES_MAX: usize = 10;

fn configuration(path: &Path, now: Timestamp, report: &mut Report) -> Option<Arc<Config>> {
    let check = "configuration";
    match Config::load(path, now) {
        Ok(config) => {
            let odd = config.warnings();
            for warning in odd.iter().take(MISTAKES_MAX) {
                report.warning(check, warning.to_string(), "pencere config check names all of them");
            }
            if odd.is_empty() {
                report.well(check, format!("{} has no mistake", path.display()));
            }
            Some(Arc::new(config))
        }
        Err(mistakes) => {
            for mistake in mistakes.iter().take(MISTAKES_MAX) {
                report.fault(check, mistake.to_string(), "mend it; pencere config check names every mistake");
            }
            None
        }
    }
}

/// What `status` says; of a configuration, folders and room it was told above.
fn window(patient: &Patient<'_>, report: &mut Report) {
    let told = ["configuration-wrong", "folder-unusable", "disk-nearly-full"];
    match status::problems(patient.path) {
        Ok(problems) => {
            let problems: Vec<_> = problems.into_iter().filter(|(code, _)| !told.contains(code)).collect();
            if problems.is_empty() {
                report.well("status", "nothing that was dropped is overdue, and the records are whole at their ends");
            }
            for (code, message) in problems {
                report.fault(format!("status.{code}"), message, "see pencere status, and the log");
            }
        }
        Err(why) => report.fault("status", why, "see that the window's user can read all of the state folder"),
    }
    match patient.daemon {
        Some(process) => report.well("daemon", format!("a window is open, process {process}")),
        None => report.warning("daemon", "no window is open", "systemctl start pencere"),
    }
}

fn tell(report: &Report, screen: &mut Screen) {
    for Checked { check, result, message, todo } in &report.checks {
        let word = match result {
            Result::Well => "well",
            Result::Warning => "WARNING",
            Result::Fault => "FAULT",
        };
        screen.say(format!("{word:<8}{check:<20} {message}"));
        if let Some(todo) = todo {
            screen.say(format!("{:<8}{:<20} → {todo}", "", ""));
        }
    }
    let (faults, warnings) = (report.count(Result::Fault), report.count(Result::Warning));
    screen.say(match (faults, warnings) {
        (0, 0) => "\nAll is well.".to_owned(),
        (0, _) => format!("\nNothing is wrong; warnings: {warnings}."),
        _ => format!("\nFaults: {faults}; warnings: {warnings}."),
    });
}
