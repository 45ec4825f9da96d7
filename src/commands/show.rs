//! `pencere show`: all that happened to one submission.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use clap::Args;

/// Show everything that happened to one submission, from its arrival to its receipts
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ShowArgs {
    /// Its id, a receipt's number, the file's name, or the file's SHA-256
    #[arg(value_name = "WHAT")]
    pub what: String,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &ShowArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
