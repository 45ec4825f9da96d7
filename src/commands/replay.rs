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
use crate::daemon::again::{self, NotJudged, Unrepeated, Wanted};
use crate::daemon::dossier::Beside;
use crate::daemon::judgement::Judge;
use crate::document::{DatasetName, Decision, Digest, ParticipantName, SubmissionId};
use crate::finding::{Finding, Language};
use crate::journal::{Answered, Entry, Event, Held};
use crate::receipt;
use crate::schema::Datasets;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
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
    let until = args.until.unwrap_or(Timestamp::MAX);
    if args.since > Timestamp::now() || until <= args.since {
        return Err(Trouble::usage(
            "nothing can have been received in that time: --since lies ahead, or --until before it",
        ));
    }
    let settings = records::settings(&args.window)?;
    let by = args.by.clone().unwrap_or_else(|| args.window.path());
    let by = opening::config_at(&by, screen)?;
    let mut replay = Replay::new(Shelf::new(&settings), by, args.registry);
    let mut journal = records::journal(&settings.window.paths.state)?;
    while let Some((Entry { event, .. }, _)) = journal.next()? {
        let is_asked = |at: Timestamp| at >= args.since && at < until;
        match replay.take(event, is_asked) {
            Ok(Some(change)) => {
                told(&change).into_iter().for_each(|line| screen.say(line));
                replay.told.add(change);
            }
            Ok(None) => {}
            Err(problem) => {
                screen.note(&problem);
                replay.told.add_problem(problem);
            }
        }
    }
    replay.told.unanswered = replay.open.len();
    let told = &replay.told;
    sum(told).into_iter().for_each(|line| screen.say(line));
    screen.json(told);
    Ok(match told.not_repeated {
        0 => Exit::answer(told.changed == 0),
        _ => Exit::Broken,
    })
}

/// The answer, for programs.
#[derive(Debug, Default, Serialize)]
struct Told {
    /// Answers that were judged again.
    judged: usize,
    /// Those that would be the same.
    same: usize,
    /// Those that would not.
    changed: usize,
    /// How many of them by what was decided and what would be.
    ways: BTreeMap<String, usize>,
    /// Of them the oldest, no more than [`LISTED_MAX`].
    changes: Vec<Change>,
    /// Duplicates: they are answered as what they repeat.
    duplicates: usize,
    /// What was never judged: intake refused it, or a load of it stood.
    not_judged: usize,
    /// Documents without a last answer.
    unanswered: usize,
    /// Answers that could not be judged again.
    not_repeated: usize,
    /// Why, of the first [`LISTED_MAX`].
    problems: Vec<String>,
}

/// What is listed for programs, and findings of each: a person mends no more, and memory has an end.
const LISTED_MAX: usize = 5_000;
const FINDINGS_MAX: usize = 10;

impl Told {
    fn add(&mut self, change: Change) {
        self.changed += 1;
        *self.ways.entry(change.way()).or_default() += 1;
        if self.changes.len() < LISTED_MAX {
            self.changes.push(change);
        }
    }

    fn add_problem(&mut self, problem: String) {
        self.not_repeated += 1;
        if self.problems.len() < LISTED_MAX {
            self.problems.push(problem);
        }
    }
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
    /// What it would come to; null where nobody can tell, because what it would be judged beside is not recorded.
    would_be: Option<Decision>,
    /// In what the answers differ, in words.
    differs: Vec<String>,
    /// Findings that the answer would have and has not, the first ten.
    #[serde(serialize_with = "as_answers")]
    new_findings: Vec<Finding>,
    /// How many those are in all.
    new_findings_count: usize,
    /// The codes of findings that it has and would not have.
    gone_findings: BTreeSet<String>,
}

fn as_answers<S: serde::Serializer>(findings: &[Finding], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(findings.iter().map(FindingAnswer::of))
}

impl Change {
    /// What was decided, and what would be.
    fn way(&self) -> String {
        match self.would_be {
            Some(same) if same == self.recorded => format!("{same}, in other words"),
            Some(other) => format!("{} -> {other}", self.recorded),
            None => format!("{} -> nobody can tell", self.recorded),
        }
    }
}

/// The journal, read once from its beginning.
struct Replay {
    shelf: Shelf,
    config: Config,
    registry: Whose,
    /// Documents that were asked for and have no last answer yet.
    open: HashMap<SubmissionId, Held>,
    /// Who judged last, and by which grounds and trust: most answers follow one that was judged by the same.
    last: Option<((Digest, Timestamp), Rc<By>)>,
    told: Told,
}

impl Replay {
    fn new(shelf: Shelf, config: Config, registry: Whose) -> Self {
        Self { shelf, config, registry, open: HashMap::new(), last: None, told: Told::default() }
    }

    /// The next of the journal; an answer that would be another one.
    fn take(&mut self, event: Event, is_asked: impl Fn(Timestamp) -> bool) -> Result<Option<Change>, String> {
        self.shelf.note(&event);
        match event {
            Event::Held(held) if is_asked(held.received) => drop(self.open.insert(held.id, *held)),
            // what is held is answered once more; that answer counts
            Event::Answered(answered) if answered.decision != Decision::Held => {
                if let Some(held) = self.open.remove(&answered.id) {
                    return self.again(&held, &answered);
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn again(&mut self, held: &Held, answered: &Answered) -> Result<Option<Change>, String> {
        if answered.original.is_some() {
            self.told.duplicates += 1;
            return Ok(None);
        }
        let Recorded { dossier, receipt, grounds } =
            Recorded::of(&self.shelf, answered).map_err(|trouble| trouble.to_string())?;
        let by = self.by(grounds, dossier.taken).map_err(|trouble| trouble.to_string())?;
        let which = judged::which(answered);
        let staged = again::staged(held, self.shelf.evidence());
        let staged = staged.map_err(|error| format!("the document of {which}: {error}"))?;
        let wanted = Wanted { held, answered, dossier: &dossier, original: None };
        let change = |would_be, differs| Change {
            id: held.id,
            file: held.document.name.shown(),
            received: held.received,
            participant: answered.participant.clone(),
            dataset: answered.dataset.clone(),
            recorded: answered.decision,
            would_be,
            differs,
            new_findings: Vec::new(),
            new_findings_count: 0,
            gone_findings: BTreeSet::new(),
        };
        let untold = |why: &str| Some(change(None, vec![why.to_owned()]));
        let changed = match again::repeat(&wanted, staged, &by.judge) {
            Ok(Err(NotJudged::Intake | NotJudged::Mark | NotJudged::Ruling(_))) => {
                self.told.not_judged += 1;
                return Ok(None);
            }
            // it was not held: it would go on to what stood beside it
            Ok(Ok(again)) if again.decision == Decision::Held => untold(UNRECORDED),
            Ok(Ok(again)) if again.decision != Decision::Rejected && by.asks_more(answered, &dossier.beside) => {
                untold("a changed rule asks for other statements than were looked at then, which are not recorded")
            }
            Ok(Ok(again)) => {
                let differs = again.differs(&wanted, &receipt);
                (!differs.is_empty()).then(|| {
                    let (new, gone) = compared(again.findings, &receipt);
                    let mut change = change(Some(again.decision), differs);
                    change.new_findings_count = new.len();
                    change.new_findings = new.into_iter().take(FINDINGS_MAX).collect();
                    change.gone_findings = gone;
                    change
                })
            }
            Err(Unrepeated::Unrecorded) => untold(UNRECORDED),
            Err(Unrepeated::Broken(why)) => return Err(format!("{which} cannot be judged again: {why}")),
        };
        self.told.judged += 1;
        self.told.same += usize::from(changed.is_none());
        Ok(changed)
    }

    /// Who judges as was judged then, but by the rules that are to be.
    fn by(&mut self, grounds: Digest, taken: Timestamp) -> Result<Rc<By>, Trouble> {
        if let Some((_, by)) = self.last.as_ref().filter(|(of, _)| *of == (grounds, taken)) {
            return Ok(Rc::clone(by));
        }
        let (_, of_then, then) = self.shelf.world(grounds, taken)?;
        let now = self.config.world();
        let (registry, stations) = match self.registry {
            Whose::Then => (then.registry, then.stations),
            Whose::Now => (now.registry.clone(), now.stations.clone()),
        };
        let world = World { registry, stations, trust: then.trust, ..(**now).clone() };
        // rules are tried in a window of another name as well, and the documents are addressed to this one
        let mut settings = self.config.settings().clone();
        settings.window.window = of_then.window.window.clone();
        let judge = Judge::of(Arc::new(settings), Arc::new(world));
        let by = Rc::new(By { judge, then: then.datasets });
        self.last = Some(((grounds, taken), Rc::clone(&by)));
        Ok(by)
    }
}

const UNRECORDED: &str = "it would pass what stopped it; what stood beside it then is not recorded";

/// Who judges, and by what descriptions was judged then.
struct By {
    judge: Judge,
    then: Datasets,
}

impl By {
    /// Whether the rules look at statements which those of then did not look at.
    fn asks_more(&self, answered: &Answered, beside: &Beside) -> bool {
        let Some(dataset) = answered.dataset.as_ref().filter(|_| matches!(beside, Beside::Standing(_))) else {
            return false;
        };
        let then = self.then.looks(dataset);
        self.judge.world().datasets.looks(dataset).iter().any(|look| !then.contains(look))
    }
}

/// What the answer would find and does not, and which codes it has and would not have.
fn compared(again: Vec<Finding>, receipt: &receipt::Told) -> (Vec<Finding>, BTreeSet<String>) {
    let codes: BTreeSet<&str> = again.iter().map(|one| one.code.slug()).collect();
    let gone = receipt.findings.iter().filter(|one| !codes.contains(&*one.code)).map(|one| one.code.to_string());
    let gone = gone.collect();
    let is_new = |one: &Finding| {
        let row = one.place.row.map(|row| row.to_string());
        !receipt.findings.iter().any(|old| *old.code == *one.code.slug() && old.row == row)
    };
    (again.into_iter().filter(is_new).collect(), gone)
}

/// A change, for people.
fn told(change: &Change) -> Vec<String> {
    let Change { id, file, received, participant, dataset, differs, new_findings, .. } = change;
    let whose = participant.as_ref().map(|one| format!("  {one}")).unwrap_or_default();
    let of = dataset.as_ref().map(|one| format!("  {one}")).unwrap_or_default();
    let mut lines = vec![
        format!("{id}  {file}{whose}{of}"),
        format!("  received {}", times::both(*received)),
        format!("  {}", change.way()),
    ];
    let listed = !new_findings.is_empty() || !change.gone_findings.is_empty();
    // the findings are told one by one below
    lines.extend(
        differs.iter().filter(|what| !listed || !what.starts_with("findings:")).map(|what| format!("  {what}")),
    );
    lines.extend(new_findings.iter().map(|one| {
        let row = one.place.row.map(|row| format!(", row {row}")).unwrap_or_default();
        format!("  + {}{row}: {}", one.code.slug(), one.message(Language::En))
    }));
    let more = change.new_findings_count - new_findings.len();
    lines.extend((more > 0).then(|| format!("  + {more} more")));
    lines.extend(change.gone_findings.iter().map(|code| format!("  - {code}")));
    lines.push(String::new());
    lines
}

/// What it comes to.
fn sum(told: &Told) -> Vec<String> {
    let Told { judged, same, changed, ways, duplicates, not_judged, unanswered, not_repeated, .. } = told;
    let mut lines = vec![format!("{judged} answers judged again: {same} the same, {changed} not")];
    lines.extend(ways.iter().map(|(way, count)| format!("  {count}  {way}")));
    let left = [
        (*duplicates, "duplicates, which are answered as what they repeat"),
        (*not_judged, "never judged"),
        (*unanswered, "without a last answer yet"),
        (*not_repeated, "that cannot be judged again, named above"),
    ];
    let left = left.into_iter().filter(|(count, _)| *count > 0);
    lines.extend(left.map(|(count, what)| format!("  left out: {count} {what}")));
    lines
}
