//! `pencere demo`: the whole way, on samples, before one's eyes.

use super::{Outcome, Screen, Trouble};
use clap::Args;
use std::path::PathBuf;

/// Show the whole way on sample files: trial window, documents, receipts, totals
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DemoArgs {
    /// The folder to make the trial window in: new, or empty [default: a new temporary folder]
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &DemoArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
