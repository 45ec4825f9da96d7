//! `pencere approval`: the document that takes a submission through a stage, to be signed.

use super::files::Making;
use super::records::{self, Known, Submission};
use super::{Exit, Outcome, Screen, Trouble, WindowArgs};
use crate::document::{ApprovalStage, ParticipantName};
use crate::schema::{Wish, approval_form};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// Write the document that takes a submission through a stage
///
/// What is filed in a dataset that asks for it waits (`pending`) until a second person approves it: it goes
/// to checking, and is approved or refused. What holds can be withdrawn. Each is a document of its own: this
/// writes it, with the content digest of the submission in it. Look at the submission before you sign:
///
///   pencere show WHAT
///   pencere approval WHAT --stage approved -o approval.xml
///   pencere sign approval.xml --key KEY --cert CERT
///
/// and drop the signed file into the folder of the body that signs.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ApprovalArgs {
    /// The submission: id, receipt number, file name or SHA-256
    #[arg(value_name = "WHAT")]
    pub what: String,
    /// What is done: checking, approved, refused or withdrawn
    #[arg(long, value_name = "STAGE")]
    pub stage: ApprovalStage,
    /// Why; needed where it is refused or withdrawn
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The body that signs; the owner where it is left out
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    /// Where to write it; replaces nothing. Else it goes to stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// Writes it.
///
/// # Errors
/// Usage: nothing or too much is meant, the submission was not loaded, a reason is missing, a file is there.
pub fn run(args: &ApprovalArgs, screen: &mut Screen) -> Outcome {
    let config = records::config(&args.window)?;
    let registry = &config.world().registry.participants;
    let body = match &args.participant {
        Some(slug) => registry.get(slug).ok_or_else(|| Trouble::usage(format!("there is no participant {slug}")))?,
        None => registry
            .values()
            .find(|one| one.owner)
            .ok_or_else(|| Trouble::usage("--participant says which body signs: the registry has no owner"))?,
    };
    if matches!(args.stage, ApprovalStage::Refused | ApprovalStage::Withdrawn) && args.reason.is_none() {
        return Err(Trouble::usage(format!("--reason says why it is {}; its sender is told", args.stage)));
    }
    let known = Known::read(&config.settings().window.paths.state)?;
    let submission = meant(&known, &args.what)?;
    let id = submission.id().to_string();
    let last = submission.last.as_ref().filter(|last| last.rows.is_some());
    let Some((dataset, content)) = last.and_then(|last| Some((last.dataset.as_ref()?, last.content?))) else {
        return Err(Trouble::usage(format!("submission {id} was not loaded into BOEMİS: there is nothing to approve")));
    };
    let text = approval_form(&Wish {
        to: config.settings().window.window.id.as_str(),
        sender: body.voen.as_str(),
        submission: &id,
        dataset,
        content,
        stage: args.stage,
        reason: args.reason.as_deref(),
    });
    match &args.output {
        Some(path) => {
            let mut file = Making::begin(path, false)?;
            let broken = |error| Trouble::broken(format!("{} cannot be written: {error}", path.display()));
            file.write_all(text.as_bytes()).map_err(broken)?;
            file.finish()?;
            screen.note(format!("wrote {}; sign it, and drop it into the folder of {}", path.display(), body.slug));
        }
        None => screen.raw(text.as_bytes()),
    }
    Ok(Exit::Done)
}

/// The one that is meant: of several, those that were loaded.
fn meant(known: &Known, what: &str) -> Result<Submission, Trouble> {
    let mut meant = known.meant(what)?;
    if meant.len() > 1 {
        meant.retain(|one| one.last.as_ref().is_some_and(|last| last.rows.is_some()));
    }
    match (meant.pop(), meant.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Trouble::usage(format!(
            "{what} means several submissions; `pencere show {what}` lists them: name one by its id"
        ))),
        (None, _) => Err(Trouble::usage(format!("nothing is known of {what}"))),
    }
}
