//! `pencere replay`: the documents of a time are judged once more by the rules as they are to be, and what would be
//! answered otherwise is listed (S 5.7).
//!
//! Rests on evidence alone, as `explain` does: each document with what stood beside it and what was known of its
//! certificates then. Touches nothing, and asks neither BOEMİS nor the network.

use super::answer::FindingAnswer;
use super::explain::judged::{self, Recorded};
use super::explain::shelf::Shelf;
use super::times;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, opening, records};
use crate::config::{Config, World};
use crate::daemon::again::{self, NotJudged, Repeated, Wanted};
use crate::daemon::dossier::Beside;
use crate::daemon::judgement::Judge;
use crate::document::{DatasetName, Decision, Digest, ParticipantName, SubmissionId};
use crate::journal::{Answered, Entry, Event, Held};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

/// Judge past documents by changed rules, and list what would be answered otherwise
///
/// Datasets, rules, policy and limits are those of the configuration that --by names: today's, or one that is to
/// come. Trust, and what stood beside each document, are those of its time; so are participants, persons and stations,
/// unless --registry says otherwise. Nothing is loaded, answered or changed. Works beside a running daemon.
///
/// Exit code 0: every answer would be the same. 1: some would not. 3: of some answers, what is needed is missing from
/// evidence or damaged; they are named.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ReplayArgs {
    /// Only what was received from then on: a day, which begins at midnight in Baku, or a moment
    #[arg(long, value_name = "DAY", value_parser = times::moment)]
    pub since: Timestamp,
    /// Only what was received before then
    #[arg(long, value_name = "DAY", value_parser = times::moment)]
    pub until: Option<Timestamp>,
    /// The configuration to judge by [default: the window's]
    #[arg(long, value_name = "FILE")]
    pub by: Option<PathBuf>,
    /// Whose participants, persons and stations
    #[arg(long, value_enum, default_value_t = Whose::Then)]
    pub registry: Whose,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Whose participants, persons and stations a document is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Whose {
    /// Those of its time
    Then,
    /// Those of the configuration to judge by
    Now,
}

/// Replays it.
///
/// # Errors
/// Usage: a configuration that is wrong. Broken: a journal that cannot be read.
pub fn run(args: &ReplayArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let by = args.by.clone().unwrap_or_else(|| args.window.path());
    let by = opening::config_at(&by, screen)?;
    let mut replay = Replay::new(Shelf::new(&settings), by, args.registry);
    let mut journal = records::journal(&settings.window.paths.state)?;
    while let Some((Entry { event, .. }, _)) = journal.next()? {
        let is_asked = |at: Timestamp| at >= args.since && args.until.is_none_or(|until| at < until);
        if let Some(change) = replay.take(event, is_asked) {
            told(&change).into_iter().for_each(|line| screen.say(line));
            replay.told.changes.push(change);
        }
    }
    replay.told.unanswered = replay.open.len();
    let told = &replay.told;
    for problem in &told.problems {
        screen.note(problem);
    }
    sum(told).into_iter().for_each(|line| screen.say(line));
    screen.json(told);
    Ok(match (told.problems.is_empty(), told.changes.is_empty()) {
        (false, _) => Exit::Broken,
        (true, same) => Exit::answer(same),
    })
}

/// The answer, for programs.
#[derive(Debug, Default, Serialize)]
struct Told {
    /// Answers that were judged again.
    judged: usize,
    /// Those that would be the same.
    same: usize,
    /// Those that would not, the oldest first.
    changes: Vec<Change>,
    /// Duplicates: they are answered as what they repeat.
    duplicates: usize,
    /// What was never judged: intake refused it, or a load of it stood.
    not_judged: usize,
    /// Documents without a last answer.
    unanswered: usize,
    /// Answers that could not be judged again, and why.
    problems: Vec<String>,
}

/// An answer that would be another one.
#[derive(Debug, Serialize)]
struct Change {
    id: SubmissionId,
    file: String,
    received: Timestamp,
    participant: Option<ParticipantName>,
    dataset: Option<DatasetName>,
    recorded: Decision,
    /// What it would come to; null where it would pass what stopped it, and what stood beside it is not recorded.
    would_be: Option<Decision>,
    /// In what the answers differ, in words.
    differs: Vec<String>,
    findings: Vec<Reported>,
}

/// A finding that the answer would have.
#[derive(Debug, Serialize)]
struct Reported {
    code: &'static str,
    row: Option<u64>,
    path: Option<String>,
    message_az: String,
    message_en: String,
}

/// The journal, read once from its beginning.
struct Replay {
    shelf: Shelf,
    by: Config,
    registry: Whose,
    /// Documents that were asked for and have no last answer yet.
    open: HashMap<SubmissionId, Held>,
    /// Who judged last, and by which grounds and trust: most answers follow one that was judged by the same.
    judge: Option<((Digest, Timestamp), Judge)>,
    told: Told,
}

impl Replay {
    fn new(shelf: Shelf, by: Config, registry: Whose) -> Self {
        Self { shelf, by, registry, open: HashMap::new(), judge: None, told: Told::default() }
    }

    /// The next of the journal; an answer that would be another one.
    fn take(&mut self, event: Event, is_asked: impl Fn(Timestamp) -> bool) -> Option<Change> {
        self.shelf.note(&event);
        match event {
            Event::Held(held) if is_asked(held.received) => drop(self.open.insert(held.id, *held)),
            // what is held is answered once more; that answer counts
            Event::Answered(answered) if answered.decision != Decision::Held => {
                let held = self.open.remove(&answered.id)?;
                return self.again(&held, &answered).unwrap_or_else(|problem| {
                    self.told.problems.push(problem);
                    None
                });
            }
            _ => {}
        }
        None
    }

    fn again(&mut self, held: &Held, answered: &Answered) -> Result<Option<Change>, String> {
        if answered.original.is_some() {
            self.told.duplicates += 1;
            return Ok(None);
        }
        let Recorded { dossier, receipt, grounds } =
            Recorded::of(&self.shelf, answered).map_err(|trouble| trouble.to_string())?;
        let judge = self.judge_of(grounds, dossier.taken).map_err(|trouble| trouble.to_string())?;
        let which = judged::which(answered);
        let staged = again::staged(held, self.shelf.evidence());
        let staged = staged.map_err(|error| format!("the document of {which}: {error}"))?;
        let wanted = Wanted { held, answered, dossier: &dossier, original: None };
        let change = |would_be, differs, findings| Change {
            id: held.id,
            file: held.document.name.shown(),
            received: held.received,
            participant: answered.participant.clone(),
            dataset: answered.dataset.clone(),
            recorded: answered.decision,
            would_be,
            differs,
            findings,
        };
        let changed = match again::repeat(&wanted, staged, &judge) {
            Ok(Err(NotJudged::Intake | NotJudged::Mark | NotJudged::Ruling(_))) => {
                self.told.not_judged += 1;
                return Ok(None);
            }
            Ok(Ok(again)) => {
                let differs = again.differs(&wanted, &receipt);
                (!differs.is_empty()).then(|| change(Some(again.decision), differs, reported(&again)))
            }
            // it would go further than it went, and what it would have met there nobody wrote down
            Err(_) if matches!(dossier.beside, Beside::Nothing) => {
                let why = "it would pass what stopped it; what stood beside it then is not recorded".to_owned();
                Some(change(None, vec![why], Vec::new()))
            }
            Err(why) => return Err(format!("{which} cannot be judged again: {why}")),
        };
        self.told.judged += 1;
        self.told.same += usize::from(changed.is_none());
        Ok(changed)
    }

    /// Who judges as was judged then, but by the rules that are to be.
    fn judge_of(&mut self, grounds: Digest, taken: Timestamp) -> Result<Judge, Trouble> {
        if let Some((_, judge)) = self.judge.as_ref().filter(|(of, _)| *of == (grounds, taken)) {
            return Ok(judge.clone());
        }
        let (_, _, then) = self.shelf.world(grounds, taken)?;
        let now = self.by.world();
        let (registry, stations) = match self.registry {
            Whose::Then => (then.registry, then.stations),
            Whose::Now => (now.registry.clone(), now.stations.clone()),
        };
        let world = World { registry, stations, trust: then.trust, ..(**now).clone() };
        let judge = Judge::of(Arc::clone(self.by.shared_settings()), Arc::new(world));
        self.judge = Some(((grounds, taken), judge.clone()));
        Ok(judge)
    }
}

fn reported(again: &Repeated) -> Vec<Reported> {
    let of = |answer: FindingAnswer<'_>| Reported {
        code: answer.code,
        row: answer.row,
        path: answer.path.map(str::to_owned),
        message_az: answer.message.az,
        message_en: answer.message.en,
    };
    again.findings.iter().map(FindingAnswer::of).map(of).collect()
}

/// A change, for people.
fn told(change: &Change) -> Vec<String> {
    let Change { id, file, received, participant, dataset, recorded, would_be, differs, findings } = change;
    let whose = participant.as_ref().map(|one| format!("  {one}")).unwrap_or_default();
    let of = dataset.as_ref().map(|one| format!("  {one}")).unwrap_or_default();
    let would_be = would_be.map_or_else(|| "goes on".to_owned(), |decision| decision.to_string());
    let mut lines = vec![
        format!("{id}  {file}{whose}{of}"),
        format!("  received {}", times::both(*received)),
        format!("  {recorded} -> {would_be}"),
    ];
    match findings.is_empty() {
        true => lines.extend(differs.iter().map(|what| format!("  {what}"))),
        false => lines.extend(findings.iter().map(|one| {
            let row = one.row.map(|row| format!(", row {row}")).unwrap_or_default();
            format!("  {}{row}: {}", one.code, one.message_en)
        })),
    }
    lines.push(String::new());
    lines
}

/// What it comes to.
fn sum(told: &Told) -> Vec<String> {
    let Told { judged, same, changes, duplicates, not_judged, unanswered, problems } = told;
    let mut lines = vec![format!("{judged} answers judged again: {same} the same, {} not", changes.len())];
    let mut ways: BTreeMap<String, usize> = BTreeMap::new();
    for Change { recorded, would_be, .. } in changes {
        let would_be = would_be.map_or_else(|| "goes on".to_owned(), |decision| decision.to_string());
        *ways.entry(format!("{recorded} -> {would_be}")).or_default() += 1;
    }
    lines.extend(ways.into_iter().map(|(way, count)| format!("  {count}  {way}")));
    let left = [
        (*duplicates, "duplicates, which are answered as what they repeat"),
        (*not_judged, "never judged"),
        (*unanswered, "without a last answer yet"),
        (problems.len(), "that cannot be judged again, named above"),
    ];
    lines.extend(
        left.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("  left out: {count} {what}")),
    );
    lines
}
