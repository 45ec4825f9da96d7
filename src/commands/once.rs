//! `pencere once`: everything that waits now, and then the end.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use clap::Args;

/// Processes everything that waits in the drop folders now, writes the receipts, and ends with 0 whatever
/// was decided. Names what it left, such as a file whose signature has not come yet. Not beside a running
/// daemon (exit 3): that one processes everything already.
#[derive(Debug, Args)]
pub struct OnceArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &OnceArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
