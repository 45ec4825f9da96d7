//! `pencere status`: whether the window is healthy, and what waits.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use clap::Args;

/// Say whether the window is healthy, and what waits
///
/// For each participant: what waits, the oldest that is unanswered, what failed, the last
/// activity. Works beside a running daemon.
///
/// Exit code 0: healthy. 1: not, and the text says why.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct StatusArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &StatusArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
