//! `pencere audit`: looks over the window's records.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use clap::{Args, Subcommand};

/// What to look over.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    Verify(AuditVerifyArgs),
}

/// Walk the window's records and name the first thing that does not fit
///
/// Exit code 0: everything fits. 1: something does not.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct AuditVerifyArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn verify(_args: &AuditVerifyArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
