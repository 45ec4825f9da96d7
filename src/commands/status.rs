//! `pencere status`: whether the window is healthy, and what waits.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use clap::Args;

/// Says what waits, the oldest that is unanswered, what failed, the last activity and the last reload, for
/// each participant. Works beside a running daemon.
///
/// Exit code 0: healthy. 1: not; the text says why.
#[derive(Debug, Args)]
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
