//! `pencere explain`: repeats the judgement of a submission from journal and evidence alone, and tells it step by
//! step (R 2.1.1).

pub(super) mod judged;
pub(super) mod past;
pub(super) mod shelf;
pub(super) mod told;

use super::answer::FindingAnswer;
use super::records::Other;
use super::{Exit, Outcome, OutputArgs, Screen, WindowArgs};
use crate::daemon::again::NotJudged;
use crate::daemon::dossier::Dossier;
use crate::daemon::grounds::Grounds;
use crate::document::{Decision, Digest, SubmissionId};
use crate::signature::Report;
use crate::trust::Heard;
use clap::Args;
use jiff::Timestamp;
use judged::{Came, Explained};
use past::Past;
use serde::Serialize;

/// Repeat the judgement of a submission from evidence alone, and tell it step by step
///
/// Registry, stations, datasets, trust, policy and settings are those of that time, from evidence;
/// today's configuration says only where the records lie. Works beside a running daemon, or
/// without one.
///
/// Exit code 0: every verdict on it is the same again, or there is none to repeat (what intake
/// refused was never judged). 1: one is not; what differs is named. 3: something that is needed
/// is missing from evidence or damaged; it is named.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ExplainArgs {
    /// Its id, a receipt's number, the file's name, or the file's SHA-256
    #[arg(value_name = "WHAT")]
    pub what: String,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Explains it.
///
/// # Errors
/// Usage: nothing, or more than one submission is meant by that. Broken: evidence that is missing or damaged.
pub fn run(args: &ExplainArgs, screen: &mut Screen) -> Outcome {
    let mut past = Past::find(&args.what, &args.window)?;
    let all = judged::all(&mut past)?;
    screen.json(&answer(&past, &all));
    told::lines(&past, &all).iter().for_each(|line| screen.say(line));
    if all.is_empty() {
        screen.say("\nIt has no answer yet: there is no verdict to explain.");
    }
    Ok(Exit::answer(all.iter().all(|one| one.same() != Some(false))))
}

/// The answer for programs.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    id: SubmissionId,
    file: &'a str,
    sha256: Option<Digest>,
    received: Option<Timestamp>,
    /// What it took the place of.
    replaces: Option<&'a Other>,
    /// What holds in its stead.
    replaced_by: Option<&'a Other>,
    /// Whether every verdict that could be repeated is the same; null when there was none.
    same: Option<bool>,
    answers: Vec<AnswerExplained<'a>>,
}

#[derive(Serialize)]
struct AnswerExplained<'a> {
    answer: u32,
    decision: Decision,
    decided: Timestamp,
    receipt: &'a str,
    receipt_sha256: Digest,
    /// Null where there was nothing to repeat, for which `nothing` says why.
    same: Option<bool>,
    differs: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    nothing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeated: Option<RepeatedAnswer<'a>>,
    grounds_sha256: Digest,
    grounds: &'a Grounds,
    dossier: &'a Dossier,
}

/// The verdict as it came again.
#[derive(Serialize)]
struct RepeatedAnswer<'a> {
    decision: Decision,
    findings: Vec<FindingAnswer<'a>>,
    signature: Option<&'a Report>,
    /// Of each signature what was heard about the certificates of its path.
    revocation: Vec<Vec<Heard>>,
}

/// All verdicts, for programs.
pub(super) fn answer<'a>(past: &'a Past, all: &'a [Explained]) -> Answer<'a> {
    let known = all.iter().filter_map(Explained::same);
    Answer {
        id: past.id,
        file: &past.name,
        sha256: past.held.as_ref().map(|held| held.document.sha256),
        received: past.held.as_ref().map(|held| held.received),
        replaces: past.succession.replaces.as_ref(),
        replaced_by: past.succession.replaced_by.as_ref(),
        same: known.reduce(|one, other| one && other),
        answers: all.iter().map(of_one).collect(),
    }
}

fn of_one(one: &Explained) -> AnswerExplained<'_> {
    let (repeated, nothing) = match &one.came {
        Came::Repeated { again, .. } => {
            let answer = RepeatedAnswer {
                decision: again.decision,
                findings: again.findings.iter().map(FindingAnswer::of).collect(),
                signature: again.matter.report.as_ref(),
                revocation: told::heard(again, one, &one.by.1),
            };
            (Some(answer), None)
        }
        Came::Doubted(_) => (None, None),
        Came::NotJudged(NotJudged::Intake) => (None, Some("intake refused it; it was not judged")),
        Came::NotJudged(NotJudged::Mark) => (None, Some("a load of it stood, and decided")),
        Came::NotJudged(NotJudged::Ruling(_)) => (None, Some("another document ruled on it")),
    };
    AnswerExplained {
        answer: one.answered.answer,
        decision: one.answered.decision,
        decided: one.dossier.decided,
        receipt: &one.answered.receipt.number,
        receipt_sha256: one.answered.receipt.sha256,
        same: one.same(),
        differs: one.differs(),
        nothing,
        repeated,
        grounds_sha256: one.grounds,
        grounds: &one.by.0,
        dossier: &one.dossier,
    }
}
