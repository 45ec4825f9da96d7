//! `pencere verify`: the signatures alone, of any signed file, with no window.

use super::{Outcome, OutputArgs, Screen, Trouble};
use clap::Args;
use jiff::Timestamp;
use std::path::PathBuf;

/// Check the signatures of any signed file; needs no window
///
/// The file may be XML, CMS (.p7s, .p7m) or a container. Without --trust, it can be said
/// whether a signature is intact, but not whose word it is.
///
/// Exit code 0: every signature passed (TOTAL-PASSED). 1: one failed, or cannot be judged.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct VerifyArgs {
    /// The signed file, or the detached signature
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The file that a detached signature speaks of
    #[arg(long, value_name = "FILE")]
    pub content: Option<PathBuf>,
    /// A trusted certificate (PEM), or a folder of them; may be given several times
    #[arg(long, value_name = "PATH")]
    pub trust: Vec<PathBuf>,
    /// Judge as of this moment, as 2026-10-05T09:00:00+04:00 [default: now]
    #[arg(long, value_name = "RFC3339")]
    pub at: Option<Timestamp>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &VerifyArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
