//! `pencere check`: the daemon's exact verdict, nothing loaded or changed.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use crate::document::ParticipantName;
use clap::Args;
use std::path::PathBuf;

/// Say what the window would answer to a file; nothing is loaded or changed
///
/// Names every fault with its place. A signature beside the file (FILE.p7s) is found by
/// itself.
///
/// Exit code 0: it would be accepted, wait for approval, or repeat an accepted one.
/// 1: it would be rejected or held.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct CheckArgs {
    /// The files to check
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Judge it as dropped by this participant [default: whoever signed it]
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &CheckArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
