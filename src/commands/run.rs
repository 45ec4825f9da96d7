//! `pencere run`: the daemon.

use super::{Outcome, Screen, Trouble, WindowArgs};
use clap::Args;

/// Open the window: watch the drop folders until told to stop (the daemon)
///
/// Ends at SIGTERM or SIGINT. Prints one line with `ready` on stdout as soon as it watches.
/// SIGHUP reads registry, stations, datasets and trust again: wholly, or not at all when
/// anything in them is wrong.
///
/// Logs go to stderr, under systemd to the journal. PENCERE_LOG sets what is logged, for
/// instance `debug` or `info,pencere::intake=debug`.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct RunArgs {
    #[command(flatten)]
    pub window: WindowArgs,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &RunArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
