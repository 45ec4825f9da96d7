//! `pencere list`: submissions and where they stand (R 3.9).

use super::archive::{self, Found};
use super::records::{self, Known, Other, Submission, Succession};
use super::table::Side;
use super::{Exit, Outcome, OutputArgs, Screen, Table, WindowArgs, times};
use crate::document::{DatasetName, Digest, ParticipantName, Revision, SubmissionId};
use crate::journal::Phase;
use crate::ledger::State;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

/// List submissions and where they stand, the newest last
///
/// With those of archive units that were taken in from other windows. Works beside a running
/// daemon.
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
    /// Only what lies in an archive unit, as it stands now
    #[arg(long)]
    pub archived: bool,
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
    /// Accepted, and put in doubt later, or withdrawn
    Contested,
    /// Took another submission through a stage
    Approval,
}

impl From<State> for ListState {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Accepted => Self::Accepted,
            State::Rejected => Self::Rejected,
            State::Duplicate => Self::Duplicate,
            State::Pending => Self::Pending,
            State::Held => Self::Held,
            State::Contested => Self::Contested,
            State::Approval => Self::Approval,
        }
    }
}

impl ListState {
    /// The word, as `--state` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Contested => "contested",
            Self::Approval => "approval",
        }
    }
}

/// Lists them.
///
/// # Errors
/// Usage: the configuration. Broken: a journal that cannot be read.
pub fn run(args: &ListArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let known = Known::read(&settings.window.paths.state)?;
    let wanted = |submission: &Submission| {
        args.state.is_none_or(|state| submission.state() == state)
            && (submission.archived.is_some() || !args.archived)
            && args.participant.as_ref().is_none_or(|slug| submission.participant() == Some(slug))
            && args.dataset.as_ref().is_none_or(|dataset| submission.dataset() == Some(dataset))
    };
    let is_of = |name: Option<&str>, value: &Option<String>| name.is_none_or(|name| value.as_deref() == Some(name));
    let is_whose = |participant: &Option<String>, dataset: &Option<String>| {
        is_of(args.participant.as_ref().map(ParticipantName::as_str), participant)
            && is_of(args.dataset.as_ref().map(DatasetName::as_str), dataset)
    };
    let own = known.fold().count(|kind| {
        args.state.is_none_or(|state| ListState::from(kind.state) == state)
            && (kind.archived || !args.archived)
            && is_whose(&kind.participant, &kind.dataset)
    });
    let own = usize::try_from(own).unwrap_or(usize::MAX);
    // no more than there are, so that nobody reads on for what is not there
    let count = args.limit.min(own);
    let shown = match args.state {
        // they are known without a search, and are few
        Some(ListState::Open | ListState::Held) => {
            let mut open = known.open()?;
            open.retain(wanted);
            open.split_off(open.len().saturating_sub(count))
        }
        _ => known.last(count, wanted)?,
    };
    // what other windows archived is older than what happens here
    let others = archive::taken_in(&settings)?;
    others.unread.iter().for_each(|why| screen.note(format!("left out: {why}")));
    let of_other = |row: &Row| {
        args.state.is_none_or(|state| row.state == state.as_str()) && is_whose(&row.participant, &row.dataset)
    };
    let mut rows: Vec<Row> = others.found.iter().filter_map(Row::of_unit).filter(of_other).collect();
    let left_out = rows.len().saturating_add(own).saturating_sub(args.limit);
    rows.drain(..left_out.min(rows.len()));
    for submission in &shown {
        rows.push(Row::of(submission).beside(known.succession(submission)?));
    }
    let text = (!rows.is_empty()).then(|| rows_table(&rows));
    screen.json(&List { left_out, submissions: rows });
    match text {
        None => screen.say("no submissions"),
        Some(table) => screen.table(&table),
    }
    if left_out > 0 {
        screen.say(format!("{left_out} older ones are left out; --limit shows more"));
    }
    Ok(Exit::Done)
}

/// Submissions as a table for people; by what they are replaced only where one is.
pub fn rows_table(rows: &[Row]) -> Table {
    let replaced = rows.iter().any(|row| row.replaced_by.is_some());
    let heads = ["received (Baku)", "state", "participant", "dataset", "period", "rev", "file", "id"];
    let heads = heads.into_iter().chain(replaced.then_some("replaced by"));
    let mut table = Table::new(heads.map(|head| (head, Side::Left)));
    for row in rows {
        let cells = [
            times::baku(row.received),
            row.state.to_owned(),
            row.participant.clone().unwrap_or_default(),
            row.dataset.clone().unwrap_or_default(),
            row.period.clone().unwrap_or_default(),
            row.revision.map(|revision| revision.to_string()).unwrap_or_default(),
            row.name.clone(),
            row.id.to_string(),
        ];
        let by = replaced.then(|| row.replaced_by.as_ref().map(|by| by.id.to_string()).unwrap_or_default());
        table.row(cells.into_iter().chain(by));
    }
    table
}

/// The answer for programs.
#[derive(Serialize)]
struct List {
    /// How many that fit are not shown, because of `--limit`; they are older.
    left_out: usize,
    /// The newest last.
    submissions: Vec<Row>,
}

/// One submission in an answer for programs; `list`, `show` and `status` share it.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its id.
    pub id: SubmissionId,
    /// Where it stands, as `--state` takes it.
    pub state: &'static str,
    /// UTC.
    pub received: Timestamp,
    /// The document's name, percent-encoded when it is odd.
    pub name: String,
    /// The document's digest; null for what was never read.
    pub sha256: Option<Digest>,
    /// Whose it is, as far as that is known.
    pub participant: Option<String>,
    /// The dataset, once read.
    pub dataset: Option<String>,
    /// The period, once read.
    pub period: Option<String>,
    /// The revision, once read.
    pub revision: Option<u16>,
    /// How many records were read.
    pub records: Option<u64>,
    /// The slugs of what was found, or of what holds it.
    pub findings: Vec<String>,
    /// The number of its last receipt.
    pub receipt: Option<String>,
    /// Of a duplicate: what it repeats.
    pub original: Option<SubmissionId>,
    /// What it took the place of, with its receipt.
    pub replaces: Option<Other>,
    /// What holds in its stead, with its receipt.
    pub replaced_by: Option<Other>,
    /// Of a proposal, the body that it is about.
    pub about: Option<String>,
    /// What others propose to put in its stead and nobody has judged yet, each with its receipt.
    pub proposals: Vec<Other>,
    /// Of a held one: when it is tried again.
    pub next_try: Option<Timestamp>,
    /// The archive unit in which it lies, as it stands now.
    pub archived: Option<String>,
}

impl Row {
    /// The submission for an answer.
    pub fn of(submission: &Submission) -> Self {
        let last = submission.last.as_ref();
        let (findings, next_try) = match &submission.phase {
            Phase::Deferred { finding, next, .. } => (vec![finding.clone()], *next),
            _ => (last.map(|answered| answered.findings.clone()).unwrap_or_default(), None),
        };
        Self {
            id: submission.id(),
            state: submission.state().as_str(),
            received: submission.received(),
            name: submission.name(),
            sha256: submission.sha256(),
            participant: submission.participant().map(ToString::to_string),
            dataset: submission.dataset().map(ToString::to_string),
            period: last.and_then(|answered| answered.period).map(|period| period.to_string()),
            revision: last.and_then(|answered| answered.revision).map(Revision::get),
            records: last.and_then(|answered| answered.records),
            findings,
            receipt: last.map(|answered| answered.receipt.number.clone()),
            original: last.and_then(|answered| answered.original),
            replaces: None,
            replaced_by: None,
            about: last.and_then(|answered| answered.about.as_ref()).map(ToString::to_string),
            proposals: Vec::new(),
            next_try,
            archived: submission.archived.clone(),
        }
    }

    /// The same, beside what it replaced and was replaced by.
    pub fn beside(self, Succession { replaces, replaced_by, proposals }: Succession) -> Self {
        Self { replaces, replaced_by, proposals, ..self }
    }

    /// A submission of another window, from the unit that was taken in; none when its row is odd.
    pub fn of_unit(found: &Found) -> Option<Self> {
        let row = &found.row;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Some(Self {
            id: row.id.parse().ok()?,
            state: ListState::value_variants().iter().find(|state| state.as_str() == row.decision)?.as_str(),
            received: row.received.parse().ok()?,
            name: row.name.clone(),
            sha256: row.sha256.parse().ok(),
            participant: some(&row.body),
            dataset: some(&row.dataset),
            period: some(&row.period),
            revision: row.revision.parse().ok(),
            records: None,
            findings: Vec::new(),
            receipt: some(&row.number),
            original: None,
            replaces: None,
            replaced_by: None,
            about: None,
            proposals: Vec::new(),
            next_try: None,
            archived: Some(found.unit.clone()),
        })
    }
}
