//! `pencere list`: submissions and where they stand.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use crate::document::{DatasetName, ParticipantName};
use clap::{Args, ValueEnum};

/// List submissions and where they stand, the newest last
///
/// Works beside a running daemon.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ListArgs {
    /// Only those in this state
    #[arg(long, value_enum)]
    pub state: Option<ListState>,
    /// Only this participant's
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    /// Only this dataset's
    #[arg(long, value_name = "DATASET")]
    pub dataset: Option<DatasetName>,
    /// At most the newest N
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Where a submission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListState {
    /// Received, not answered yet
    Open,
    /// Loaded into BOEMİS
    Accepted,
    /// Refused, with reasons
    Rejected,
    /// The same content again
    Duplicate,
    /// Waits for an approval
    Pending,
    /// Kept safe until it can be judged
    Held,
    /// Accepted, and put in doubt later
    Contested,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &ListArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
