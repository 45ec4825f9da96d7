//! `pencere init`: a complete trial window in an empty or new folder.

use super::{Outcome, Screen, Trouble};
use clap::Args;
use std::path::PathBuf;

/// Make a complete trial window in an empty or new folder
///
/// It has a configuration, participants, stations, datasets, a CA with keys, and the drop
/// folders. CA and keys are for trying out: a real window refuses them.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct InitArgs {
    /// The folder to make it in: new, or empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &InitArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
