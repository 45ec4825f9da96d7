//! `pencere config`: looks over the configuration.

pub mod diff;

use super::{Exit, Outcome, OutputArgs, Screen, WindowArgs};
use crate::config::{Config, Mistake};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    Check(ConfigCheckArgs),
    Diff(diff::ConfigDiffArgs),
}

/// Name every mistake of the configuration at once, each with file, line and key
///
/// Exit code 0: no mistake. 2: mistakes.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ConfigCheckArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Names every mistake; warnings too.
///
/// # Errors
/// None: a configuration full of mistakes is an answer, with exit code 2.
pub fn check(args: &ConfigCheckArgs, screen: &mut Screen) -> Outcome {
    let path = args.window.path();
    let (mistakes, warnings) = match Config::load(&path, Timestamp::now()) {
        Ok(config) => (Vec::new(), config.warnings().to_vec()),
        Err(mistakes) => (mistakes, Vec::new()),
    };
    screen.json(&Checked { file: &path, mistakes: &mistakes, warnings: &warnings });
    for mistake in &mistakes {
        screen.say(mistake.to_string());
    }
    for warning in &warnings {
        screen.say(format!("warning: {warning}"));
    }
    screen.say(match (mistakes.len(), warnings.len()) {
        (0, 0) => format!("{}: no mistake", path.display()),
        (0, count) => format!("{}: no mistake; warnings: {count}", path.display()),
        (count, _) => format!("{}: mistakes: {count}", path.display()),
    });
    Ok(match mistakes.is_empty() {
        true => Exit::Done,
        false => Exit::Usage,
    })
}

/// The answer for programs. A mistake and a warning each have `file`, `line` (from 1; null when the
/// whole file is meant), `key` (dotted; empty likewise) and `message`.
#[derive(Serialize)]
struct Checked<'a> {
    /// `pencere.toml` as it was named.
    file: &'a Path,
    /// What keeps the window from opening, in order of file and line.
    mistakes: &'a [Mistake],
    /// What is odd and keeps nothing from anything. Found only where there is no mistake.
    warnings: &'a [Mistake],
}
