//! `pencere downtime`: the register of stoppages, made from the journal (R 3.4.3).
//!
//! Owns what counts as one. A window is *up* while a daemon watches: from the journal's `watching` to `stopped`, to a
//! halt, or to a crash. What only `once` works is never up by this measure and never down. Never writes anything.

use super::status::lock;
use super::table::Side;
use super::{Exit, Outcome, OutputArgs, Screen, Table, Trouble, WindowArgs, records, times};
use crate::daemon::alive;
use crate::daemon::stalls::STALLED;
use crate::document::{Decision, ParticipantName, SubmissionId};
use crate::finding::Code;
use crate::host::Disk;
use crate::journal::{Entry, Event};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// List when the window was not up: planned stops, crashes, halts, from when to when, and why
///
/// Made from the journal alone. A crash is known between two moments: the last sign of the
/// daemon, and the one that was missed. A daemon that was frozen, or whose machine slept, for
/// longer than that stood still, and says so when it goes on. Where the clock was set back over
/// a crash, its moments are in doubt and said to be. A window that is only worked by `pencere once` has no
/// downtime: nothing was promised to be up.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DowntimeArgs {
    /// Only what lasted beyond this moment (a day in Baku, or RFC 3339)
    #[arg(long, value_name = "DAY", value_parser = times::moment)]
    pub from: Option<Timestamp>,
    /// Only what began before this moment
    #[arg(long, value_name = "DAY", value_parser = times::moment)]
    pub to: Option<Timestamp>,
    /// Also each document that was held, from when to when
    #[arg(long)]
    pub holds: bool,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Lists them.
///
/// # Errors
/// Usage: the configuration. Broken: a journal that cannot be read.
pub fn run(args: &DowntimeArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let state = &settings.window.paths.state;
    let daemon = lock::holder(&state.join("journal"));
    let left = alive::found(&Disk::system(), state);
    let mut register = Register { with_holds: args.holds, ..Register::default() };
    let mut journal = records::journal(state)?;
    while let Some((entry, _)) = journal.next()? {
        register.take(entry);
    }
    let now = Timestamp::now();
    // a process in another namespace is not seen, but its sign is fresh
    let is_up = daemon.is_some() || left.is_some_and(|left| left.is_fresh(now));
    let rows = register.finish(left.filter(|_| !is_up), is_up, now);
    let (from, to) = (args.from.unwrap_or(Timestamp::MIN), args.to.unwrap_or(Timestamp::MAX));
    let shown = rows.into_iter().filter(|row| row.begins() < to && row.ends().is_none_or(|end| end > from));
    let downtime: Vec<Shown> = shown.map(|row| Shown::of(row, now)).collect();
    let total = downtime.iter().filter(|row| row.kind.is_down()).map(|row| row.seconds).sum();
    let answer = Answer { from: args.from, to: args.to, down_seconds: total, downtime };
    screen.json(&answer);
    tell(&answer, screen)?;
    Ok(Exit::Done)
}

/// What kind of stoppage it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The daemon was ended in order.
    Stop,
    /// It went without a word.
    Crash,
    /// It stopped by itself, because something was wrong.
    Halt,
    /// It was frozen, or the machine slept, and it went on.
    Stall,
    /// It was up, and BOEMİS was away: documents were kept and not loaded.
    Database,
    /// It was up, and one document was held.
    Hold,
}

impl Kind {
    fn is_down(self) -> bool {
        matches!(self, Self::Stop | Self::Crash | Self::Halt | Self::Stall)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Stop => "planned stop",
            Self::Crash => "crash",
            Self::Halt => "halt",
            Self::Stall => "stood still",
            Self::Database => "database away",
            Self::Hold => "hold",
        }
    }
}

/// The answer for programs. Times are UTC.
#[derive(Debug, Serialize)]
struct Answer {
    /// The bounds that were asked for.
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// How long the stops, crashes, halts and stalls in it lasted together, each whole, a crash from its earliest
    /// moment.
    down_seconds: i64,
    /// The oldest first.
    downtime: Vec<Shown>,
}

/// One stoppage as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    kind: Kind,
    /// When it began; of a crash the earliest moment.
    from: Timestamp,
    /// Of a crash the latest moment at which it can have begun; null where that is not known better than by its end.
    not_after: Option<Timestamp>,
    /// When it ended; null while it lasts.
    to: Option<Timestamp>,
    /// How long it lasted, or has lasted until now.
    seconds: i64,
    /// Whether the clock was set back meanwhile: its moments are those of two clocks, and nobody knows how long.
    in_doubt: bool,
    /// Why.
    cause: String,
    /// How often `pencere once` did the window's work meanwhile.
    once: u64,
    /// Of a hold: whose document.
    participant: Option<ParticipantName>,
    /// Of a hold: which.
    submission: Option<SubmissionId>,
}

impl Shown {
    fn of(row: Row, now: Timestamp) -> Self {
        let Row { kind, from, not_after, to, in_doubt, cause, once, participant, submission } = row;
        let seconds = to.unwrap_or(now).duration_since(from).as_secs().max(0);
        Self { kind, from, not_after, to, seconds, in_doubt, cause, once, participant, submission }
    }
}

/// One stoppage.
#[derive(Debug)]
struct Row {
    kind: Kind,
    from: Timestamp,
    not_after: Option<Timestamp>,
    to: Option<Timestamp>,
    in_doubt: bool,
    cause: String,
    once: u64,
    participant: Option<ParticipantName>,
    submission: Option<SubmissionId>,
}

impl Row {
    fn new(kind: Kind, from: Timestamp, cause: impl Into<String>) -> Self {
        let (not_after, to, in_doubt, once, participant, submission) = (None, None, false, 0, None, None);
        Self { kind, from, not_after, to, in_doubt, cause: cause.into(), once, participant, submission }
    }

    /// It lasts no more. By a clock that was set back it may seem to have ended before it began.
    fn end(&mut self, at: Timestamp) {
        self.to = Some(at);
        if at < self.from {
            self.doubt();
        }
    }

    fn doubt(&mut self) {
        self.in_doubt = true;
        if !self.cause.ends_with(alive::SET_BACK) {
            self.cause = format!("{}; {}", self.cause, alive::SET_BACK);
        }
    }

    /// The earlier of its two moments.
    fn begins(&self) -> Timestamp {
        self.to.map_or(self.from, |to| to.min(self.from))
    }

    /// The later one.
    fn ends(&self) -> Option<Timestamp> {
        self.to.map(|to| to.max(self.from))
    }
}

/// The journal, read for stoppages. Memory grows with them, and with what is held at one time.
#[derive(Debug, Default)]
struct Register {
    with_holds: bool,
    rows: Vec<Row>,
    /// A daemon watches.
    watching: bool,
    /// The stoppage that lasts, by its place among the rows.
    down: Option<usize>,
    /// That of the database.
    away: Option<usize>,
    /// What waits for it.
    waits: BTreeSet<SubmissionId>,
    /// Whose the documents are that are not answered yet.
    owners: HashMap<SubmissionId, Option<ParticipantName>>,
    /// Those that are held, by their place among the rows.
    held: HashMap<SubmissionId, usize>,
    /// When the last line was written.
    last: Option<Timestamp>,
}

impl Register {
    fn take(&mut self, entry: Entry) {
        let Entry { time, event } = entry;
        let before = self.last.replace(time).unwrap_or(time);
        match event {
            Event::Started { .. } if self.watching => self.goes_down(Row::new(Kind::Crash, before, "not known")),
            Event::Stopped {} if self.watching => self.goes_down(Row::new(Kind::Stop, time, "ended in order")),
            Event::Halted { why } if self.watching => self.goes_down(Row::new(Kind::Halt, time, why)),
            Event::Stopped {} => self.worked_once(),
            Event::Act { act, facts, .. } if act == "was-down" => {
                // a start that came to nothing tells of it too
                if self.watching {
                    self.goes_down(Row::new(Kind::Crash, before, "not known"));
                }
                let fact = |name: &str| facts.get(name);
                let moment = |name: &str| fact(name).and_then(|text| text.parse().ok());
                self.bound_crash(moment("not-before"), moment("not-after"), fact("cause"));
            }
            Event::Act { act, .. } if act == "watching" => {
                self.watching = true;
                if let Some(row) = self.down.take().and_then(|at| self.rows.get_mut(at)) {
                    row.end(time);
                }
            }
            Event::Act { act, facts, .. } if act == STALLED => {
                let moment = |name: &str| facts.get(name).and_then(|text| text.parse().ok());
                let mut row = Row::new(Kind::Stall, moment("from").unwrap_or(time), STOOD_STILL);
                row.end(moment("to").unwrap_or(time));
                self.rows.push(row);
            }
            Event::Held(held) => drop(self.owners.insert(held.id, held.participant)),
            Event::Deferred { id, finding, .. } => self.waits(id, finding, time),
            Event::Answered(answered) if answered.decision != Decision::Held => {
                self.owners.remove(&answered.id);
                self.database(answered.id, false, time);
                if let Some(row) = self.held.remove(&answered.id).and_then(|at| self.rows.get_mut(at)) {
                    row.end(time);
                    row.participant = answered.participant.or(row.participant.take());
                }
            }
            _ => {}
        }
    }

    fn goes_down(&mut self, row: Row) {
        self.watching = false;
        self.down = Some(self.rows.len());
        self.rows.push(row);
    }

    fn worked_once(&mut self) {
        if let Some(row) = self.down.and_then(|at| self.rows.get_mut(at)) {
            row.once += 1;
        }
    }

    /// What the start after a crash found of it. Found twice, after a second crash, it is told once.
    fn bound_crash(&mut self, earliest: Option<Timestamp>, latest: Option<Timestamp>, cause: Option<&String>) {
        let row = self.down.and_then(|at| self.rows.get_mut(at));
        if let Some(row) = row.filter(|row| row.kind == Kind::Crash && row.not_after.is_none()) {
            row.from = earliest.map_or(row.from, |earliest| earliest.max(row.from));
            row.not_after = latest.map(|latest| latest.max(row.from));
            row.cause = cause.cloned().unwrap_or_else(|| row.cause.clone());
            if row.cause.ends_with(alive::SET_BACK) {
                row.doubt();
            }
        }
    }

    fn waits(&mut self, id: SubmissionId, finding: String, time: Timestamp) {
        self.database(id, finding == Code::LoadDatabaseAway.slug(), time);
        if !self.with_holds {
            return;
        }
        match self.held.get(&id).and_then(|&at| self.rows.get_mut(at)) {
            Some(row) if row.cause != finding => row.cause = format!("{}, {finding}", row.cause),
            Some(_) => {}
            None => {
                let participant = self.owners.get(&id).cloned().flatten();
                let row = Row::new(Kind::Hold, time, finding);
                self.held.insert(id, self.rows.len());
                self.rows.push(Row { participant, submission: Some(id), ..row });
            }
        }
    }

    /// BOEMİS is away from the first document that waits for it until none does.
    fn database(&mut self, id: SubmissionId, waits: bool, time: Timestamp) {
        let waited = !self.waits.is_empty();
        match waits {
            true => drop(self.waits.insert(id)),
            false => drop(self.waits.remove(&id)),
        }
        match (waited, self.waits.is_empty()) {
            (false, false) => {
                self.away = Some(self.rows.len());
                self.rows.push(Row::new(Kind::Database, time, Code::LoadDatabaseAway.slug()));
            }
            (true, true) => {
                if let Some(row) = self.away.take().and_then(|at| self.rows.get_mut(at)) {
                    row.end(time);
                }
            }
            _ => {}
        }
    }

    /// All of them, the oldest first. `left` is the sign of a daemon that is gone and was not started since.
    fn finish(mut self, left: Option<alive::Found>, is_up: bool, now: Timestamp) -> Vec<Row> {
        if self.watching && !is_up {
            let last = self.last.unwrap_or(Timestamp::MIN);
            self.goes_down(Row::new(Kind::Crash, last, "not known"));
            if let Some(left) = left {
                self.bound_crash(Some(left.at), Some(left.until), Some(&left.cause(now)));
            }
        }
        self.rows.sort_by_key(|row| row.from);
        self.rows
    }
}

/// Why a daemon that goes on served nobody.
const STOOD_STILL: &str = "the process was frozen, or the machine slept";

fn tell(answer: &Answer, screen: &mut Screen) -> Result<(), Trouble> {
    if answer.downtime.is_empty() {
        screen.say("no downtime");
        return Ok(());
    }
    let heads = ["kind", "from (Baku)", "at the latest", "to (Baku)", "lasted", "once", "of", "cause"];
    let sides = heads.map(|head| (head, if matches!(head, "lasted" | "once") { Side::Right } else { Side::Left }));
    let mut table = Table::new(sides);
    for row in &answer.downtime {
        let once = if row.once > 0 { row.once.to_string() } else { String::new() };
        let whose = row.participant.iter().map(ToString::to_string);
        let whose: Vec<String> = whose.chain(row.submission.map(|id| id.to_string())).collect();
        table.row([
            row.kind.word().to_owned(),
            times::baku(row.from),
            row.not_after.map(times::baku).unwrap_or_default(),
            row.to.map_or_else(|| "lasts".to_owned(), times::baku),
            times::span(jiff::SignedDuration::from_secs(row.seconds)),
            once,
            whose.join(" "),
            row.cause.clone(),
        ]);
    }
    screen.table(&table);
    let span = times::span(jiff::SignedDuration::from_secs(answer.down_seconds));
    screen.say(format!("\nDown by stops, crashes, halts and standing still: {span}."));
    Ok(())
}

#[cfg(test)]
mod tests;
