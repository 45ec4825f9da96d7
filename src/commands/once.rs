//! `pencere once`: everything that waits now, and then the end.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use clap::Args;

/// Process everything that waits now, write the receipts, and end
///
/// Ends with 0 whatever was decided, and names what it left, such as a file whose signature
/// has not come yet. Not beside a running daemon (exit 3): that one processes everything
/// already.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
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
