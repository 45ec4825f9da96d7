//! `pencere template`: an empty, commented form.

use super::{Outcome, Screen, Trouble, WindowArgs};
use crate::document::{DatasetName, ParticipantName, Period};
use clap::{Args, ValueEnum};

/// Print an empty, commented form to fill in
///
/// It goes to stdout, with the participant's own stations already in it. Fill in the
/// figures, sign it, drop it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct TemplateArgs {
    /// The dataset, for instance generation or capacity
    #[arg(value_name = "DATASET")]
    pub dataset: DatasetName,
    /// XML, or CSV for a spreadsheet
    #[arg(long, value_enum, default_value_t = TemplateForm::Xml)]
    pub format: TemplateForm,
    /// Whose stations to put in, for instance azerenerji
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    /// The quarter or year, as 2026-Q3 or 2026
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// The form of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TemplateForm {
    /// An XML document
    Xml,
    /// A table for a spreadsheet
    Csv,
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(_args: &TemplateArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
