//! `pencere config`: looks over the configuration.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use clap::{Args, Subcommand};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    Check(ConfigCheckArgs),
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

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn check(_args: &ConfigCheckArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
