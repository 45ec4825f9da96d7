//! `pencere status`: whether the window is healthy, and what waits.

mod copies;
pub(super) mod folders;
mod loads;
mod mailboxes;
mod numbers;
pub(super) mod lock;
mod past;
mod post;

use super::list::Row;
use super::opening;
use super::records::{self, Came, Known, Submission};
use super::table::Side;
use super::{Exit, ListState, Outcome, OutputArgs, Screen, Table, Trouble, WindowArgs, times};
use crate::archive::gather::NOTICE_SENT;
use crate::boemis::Fault;
use crate::config::{Config, Settings};
use crate::daemon::archiving_fails::ArchivingFails;
use crate::daemon::enclosure;
use crate::daemon::metrics::Sight;
use crate::daemon::refresh::{self, Failure};
use crate::daemon::witnessing::Failing;
use crate::document::BAKU;
use crate::document::ParticipantName;
use crate::finding::Code;
use crate::host::Disk;
use crate::intake::folder::is_upload;
use crate::journal::{Note, Phase};
use crate::ledger::{Fold, State};
use crate::staging::room;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

/// Say whether the window is healthy, and what waits
///
/// For each participant: what waits, the oldest that is unanswered, what failed, the last
/// activity. Works beside a running daemon.
///
/// Exit code 0: healthy. 1: not, and the text says why.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct StatusArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Says how the window is.
///
/// # Errors
/// Usage: the configuration. Broken: a journal or a drop folder that cannot be read.
pub fn run(args: &StatusArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let status = Status::look(&settings, &args.window.path())?;
    screen.json(&status);
    tell(&status, screen);
    Ok(Exit::answer(status.healthy))
}

/// What is wrong with the window of this configuration, each with its code: for whoever tells people of it.
///
/// # Errors
/// In words: what `status` could not read.
pub(super) fn problems(path: &Path) -> Result<Vec<(&'static str, String)>, String> {
    let settings = records::settings_at(path).map_err(|trouble| trouble.to_string())?;
    let status = Status::look(&settings, path).map_err(|trouble| trouble.to_string())?;
    Ok(status.problems.into_iter().map(|problem| (problem.code, problem.message)).collect())
}

/// The same window, in numbers: for whoever gives them to a machine.
///
/// # Errors
/// In words: what `status` could not read.
pub(super) fn sight(path: &Path) -> Result<Sight, String> {
    let settings = records::settings_at(path).map_err(|trouble| trouble.to_string())?;
    Ok(numbers::of(Status::look(&settings, path).map_err(|trouble| trouble.to_string())?))
}

/// The answer for programs. Times are UTC, ages are in seconds.
#[derive(Debug, Serialize)]
pub struct Status {
    /// Whether nobody needs to do anything.
    pub healthy: bool,
    /// What is wrong, each with what to do; empty when healthy.
    pub problems: Vec<Problem>,
    /// The window's id.
    pub window: String,
    /// `test` or `production`.
    pub environment: &'static str,
    /// The process that has the window open; null when none is seen.
    pub daemon: Option<u32>,
    /// The last start that the journal tells of.
    pub started: Option<Timestamp>,
    /// The last end in good order since then.
    pub stopped: Option<Timestamp>,
    /// The last event of any kind.
    pub last_activity: Option<Timestamp>,
    /// When registry, stations, datasets and trust were last read again.
    pub last_reload: Option<Reload>,
    /// Files dropped and not yet safe in the window or answered, uploads under way left out.
    pub waiting: u64,
    /// Age of the oldest that has no answer, in a folder or in the window.
    pub oldest_unanswered_seconds: Option<i64>,
    /// Submissions that nobody can judge yet.
    pub held: Held,
    /// Answered, but the receipt is not known to lie where its receiver finds it.
    pub unclosed: u64,
    /// Contested, or ruled on by a signed document, and the window has not come to the end of that.
    pub contesting: u64,
    /// The reserve, and what is not in it; null where there is none.
    pub reserve: Option<copies::Reserve>,
    /// When all evidence was verified again, and what was found; null before the window ran.
    pub reverified: Option<copies::Reverification>,
    /// What is owed by mail, and what was given up or came back; null where no mail goes out.
    pub mail: Option<super::post::Post>,
    /// Notices of archive units that are to be sent to the coordinating body (R 5.10).
    pub notices: Vec<NoticeDue>,
    /// The mailboxes of the configuration, as a running window saw them last.
    pub mailboxes: Vec<mailboxes::Row>,
    /// What the window's role in BOEMİS may do beyond reading and inserting, which only a trial bears; null where that
    /// is nothing, or BOEMİS is a file.
    pub role_beyond: Option<String>,
    /// How well the window's process was shut in at its last start; null before it ran.
    pub sandbox: Option<enclosure::Told>,
    /// Each participant that has a folder or ever sent anything.
    pub participants: Vec<ParticipantRow>,
}

/// A notice that was not sent yet.
#[derive(Debug, Serialize)]
pub struct NoticeDue {
    /// The unit that it is about.
    pub unit: String,
    /// The last day on which it is in time, in Baku.
    pub due: jiff::civil::Date,
}

/// Something that is wrong.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// A fixed slug: `halted`, `held-too-long`, `held-too-many`, `unanswered-too-long`,
    /// `reload-refused`, `refresh-failed`, `receipts-unstamped`, `contested-unfinished`, `not-loaded`,
    /// `folder-unusable`, `folder-unregistered`, `not-judged`, `configuration-wrong`, `not-running`,
    /// `reserve-behind`, `evidence-damaged`, `notice-overdue`, `archiving-fails`,
    /// `mail-away`, `mail-failed`, `mail-late`, `mail-paused`, `mail-unreadable`, `checkpoints-kept-back`,
    /// `boemis-damaged`, `loaded-by-others`, `journal-behind`, `acts-behind`, `mailbox-unreadable`,
    /// `mailbox-unmoved`, `disk-nearly-full`, `boemis-role`, `not-shut-in`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// The last reload.
#[derive(Debug, Serialize)]
pub struct Reload {
    /// When.
    pub at: Timestamp,
    /// Why the old configuration stayed in force; null when the new one is.
    pub refused: Option<String>,
}

/// What is held.
#[derive(Debug, Default, Serialize)]
pub struct Held {
    /// How many.
    pub count: u64,
    /// The one that has been held longest.
    pub oldest: Option<Row>,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// One participant.
#[derive(Debug, Default, Serialize)]
pub struct ParticipantRow {
    /// Its slug.
    pub participant: String,
    /// Its files dropped and not yet safe in the window or answered.
    pub waiting: u64,
    /// Age of the oldest of its that has no answer.
    pub oldest_unanswered_seconds: Option<i64>,
    /// That one.
    pub oldest_unanswered: Option<Unanswered>,
    /// Uploads under way, by their names: they get no answer before they are renamed.
    pub uploads: u64,
    /// Age of the oldest of these.
    pub oldest_upload_seconds: Option<i64>,
    /// In the window, not answered.
    pub open: u64,
    /// Held.
    pub held: u64,
    /// Size of what is held, in octets.
    pub held_octets: u64,
    /// Age of the oldest of its that is held, from its reception.
    pub oldest_held_seconds: Option<i64>,
    /// Answered so, last: accepted.
    pub accepted: u64,
    /// Rejected.
    pub rejected: u64,
    /// All other answers: duplicate, pending, contested.
    pub other: u64,
    /// Of these contested: accepted, and out of what holds since a revocation became known.
    pub contested: u64,
    /// When its last submission was received.
    pub last_received: Option<Timestamp>,
}

/// Something that has no answer.
#[derive(Clone, Debug, Serialize)]
pub struct Unanswered {
    /// Its name.
    pub name: String,
    /// Its age.
    pub seconds: i64,
    /// Where it is.
    pub whence: Whence,
}

/// Where something is that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Whence {
    /// It lies in its folder.
    Dropped,
    /// The same, and it was written to just now, long after it was made.
    Growing,
    /// It is out of its sender's reach, and not safe yet.
    Taken,
    /// It is safe, and being judged.
    Open,
}

impl Whence {
    fn told(self) -> &'static str {
        match self {
            Self::Dropped => "it lies in its folder. See that the folder can be read, and look at the window's log",
            Self::Growing => "it is still being written to, and is taken once it lies still. Ask its sender",
            Self::Taken => "it was taken and is not safe. Look at the window's log; restarting it is safe",
            Self::Open => "it is safe, and not judged. Look at the window's log; restarting it is safe",
        }
    }
}

impl ParticipantRow {
    /// Notes something without an answer, if it is the oldest so far.
    fn note(&mut self, name: &str, seconds: i64, whence: Whence) {
        if self.oldest_unanswered_seconds.is_none_or(|oldest| seconds > oldest) {
            self.oldest_unanswered_seconds = Some(seconds);
            self.oldest_unanswered = Some(Unanswered { name: name.to_owned(), seconds, whence });
        }
    }
}

impl Status {
    fn look(settings: &Settings, path: &Path) -> Result<Self, Trouble> {
        let state = &settings.window.paths.state;
        let daemon = lock::holder(&state.join("journal"));
        let promised = past::promised(settings);
        let known = Known::read(state)?;
        let now = Timestamp::now();
        let mut status = Status::of(settings, &known, daemon, &Footing::of(path, now), now)?;
        status.problems.extend(past::journal(settings, promised)?);
        status.problems.extend(past::acts(settings, &known));
        // where journal or act log lost its end, what BOEMİS holds beyond it is nobody else's
        let lost_its_end = |problem: &Problem| matches!(problem.code, "journal-behind" | "acts-behind");
        let is_lost = status.problems.iter().any(lost_its_end);
        let (unloaded, beyond) = unloaded(settings, &known, daemon.is_some())?;
        status.problems.extend(unloaded.filter(|problem| !(is_lost && problem.code == "loaded-by-others")));
        let is_trial = settings.boemis.any_role;
        status.problems.extend(beyond.as_deref().filter(|_| !is_trial).map(too_much));
        status.role_beyond = beyond;
        status.healthy = status.problems.is_empty();
        Ok(status)
    }

    fn of(
        settings: &Settings,
        known: &Known,
        daemon: Option<u32>,
        footing: &Footing,
        now: Timestamp,
    ) -> Result<Self, Trouble> {
        let age = |since: Timestamp| now.duration_since(since).as_secs().max(0);
        let (fold, open) = (known.fold(), known.open()?);
        let mut rows = rows(fold, &open, age);
        for (slug, home) in folders::homes(&settings.window.paths.drop).unwrap_or_default() {
            let row = row(&mut rows, &slug);
            for one in folders::names(&home.join("in")).unwrap_or_default() {
                let grows = one.grows(now, settings.intake.settle);
                let seconds = age(grows.unwrap_or(one.since));
                if is_upload(&one.name) {
                    // our own folder lies there where in/ is a file system of its own
                    row.uploads += u64::from(one.name != folders::TAKEN);
                    row.oldest_upload_seconds = row.oldest_upload_seconds.max(Some(seconds));
                } else if !known.is_answered_in_place(&slug, &one.shown(), one.inode)? {
                    row.waiting += 1;
                    row.note(&one.shown(), seconds, if grows.is_some() { Whence::Growing } else { Whence::Dropped });
                }
            }
            // what is not the window's yet: taken this moment, or left so by a crash until the next start
            for one in folders::names(&home.join(folders::TAKEN)).unwrap_or_default() {
                if one.taken_as().map(|id| known.get(id)).transpose()?.flatten().is_some() {
                    continue;
                }
                row.waiting += 1;
                row.note(&one.shown(), age(one.since), Whence::Taken);
            }
        }
        let life = &fold.life;
        let mut status = Self {
            healthy: true,
            problems: Vec::new(),
            window: settings.window.window.id.to_string(),
            environment: settings.window.window.environment.as_str(),
            daemon,
            started: life.started,
            stopped: life.stopped,
            last_activity: life.last,
            last_reload: life.reloaded.clone().map(|(at, refused)| Reload { at, refused }),
            waiting: rows.values().map(|row| row.waiting).sum(),
            oldest_unanswered_seconds: rows.values().filter_map(|row| row.oldest_unanswered_seconds).max(),
            held: held(&open),
            contesting: open.iter().filter(|one| matches!(one.phase, Phase::Contested(_) | Phase::Ruled(_))).count()
                as u64,
            unclosed: open.iter().filter(|one| is_unclosed(one)).count() as u64,
            reserve: copies::Reserve::of(settings, now),
            reverified: copies::Reverification::of(settings),
            mail: super::post::Post::of(settings),
            notices: Vec::new(),
            mailboxes: mailboxes::rows(settings),
            role_beyond: None,
            sandbox: enclosure::Told::read(&Disk::system(), &settings.window.paths.state),
            participants: rows.into_values().collect(),
        };
        status.problems = status.problems(settings, life.halted.as_ref(), now);
        status.problems.extend(unjudged(&open));
        status.problems.extend(unstamped(settings, fold));
        status.problems.extend(status.reserve.iter().filter_map(|reserve| reserve.problem(settings)));
        status.problems.extend(status.mail.iter().flat_map(|mail| post::problems(mail, settings, now)));
        status.problems.extend(witnesses(settings));
        status.problems.extend(status.reverified.iter().filter_map(copies::Reverification::problem));
        status.notices = notices(settings, fold);
        status.problems.extend(overdue(&status.notices, now));
        status.problems.extend(unarchived(settings));
        status.problems.extend(status.sandbox.as_ref().and_then(open_to_all));
        status.problems.extend(status.mailboxes.iter().filter_map(|row| row.problem(now)));
        let left = open.iter().filter(|one| one.phase == Phase::Held || is_unclosed(one)).count();
        status.problems.extend(status.unfounded(&settings.window.paths.drop, footing, left));
        status.healthy = status.problems.is_empty();
        Ok(status)
    }

    fn problems(&self, settings: &Settings, halted: Option<&(Timestamp, String)>, now: Timestamp) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut problem = |code, message| problems.push(Problem { code, message });
        if let Some((at, why)) = halted {
            let message = format!("The window halted at {}: {why}. Mend that and start it again.", times::both(*at));
            problem("halted", message);
        }
        if let Some(Reload { at, refused: Some(why) }) = &self.last_reload {
            let when = times::both(*at);
            let message = format!(
                "The reload at {when} was refused, the old configuration stays: {why}. \
                 pencere config check names every mistake; then send SIGHUP again."
            );
            problem("reload-refused", message);
        }
        if let Err(why) = room(settings.written_to(), settings.intake.free_min, 0) {
            let message = format!("Nothing is taken from the folders, the files stay there: {why}. Make room.");
            problem("disk-nearly-full", message);
        }
        for message in unfetched(settings, now) {
            problem("refresh-failed", message);
        }
        let held = self.held.since.map(|since| now.duration_since(since));
        if let (Some(span), Some(oldest)) = (held, &self.held.oldest)
            && span > signed(settings.hold.max)
        {
            let message = format!(
                "{} has been held for {} ({}). Mend what holds it: pencere show {}",
                oldest.name,
                times::span(span),
                oldest.findings.join(", "),
                oldest.id
            );
            problem("held-too-long", message);
        }
        if self.contesting > 0 {
            let message = format!(
                "{} accepted documents were found to be signed with a certificate that was revoked before, and their \
                 figures hold in BOEMİS, or their receipts are missing, until the window comes to it: see that it \
                 runs, that nothing locks BOEMİS, and that the receipts folders can be written.",
                self.contesting
            );
            problem("contested-unfinished", message);
        }
        let full = self.participants.iter().filter(|row| settings.hold.is_full(row.held, row.held_octets));
        for ParticipantRow { participant, held, .. } in full {
            let message = format!(
                "{held} documents of {participant} are held, which is the most: nothing more is taken from its \
                 folder until some are decided. Mend what holds them: pencere list --state held"
            );
            problem("held-too-many", message);
        }
        let is_late =
            |oldest: &Unanswered| SignedDuration::from_secs(oldest.seconds) > signed(settings.intake.unanswered_max);
        let rows = self.participants.iter().filter(|_| self.daemon.is_some());
        for (row, oldest) in
            rows.filter_map(|row| Some((row, row.oldest_unanswered.as_ref().filter(|one| is_late(one))?)))
        {
            let Unanswered { name, seconds, whence } = oldest;
            let (participant, span) = (&row.participant, times::span(SignedDuration::from_secs(*seconds)));
            let message = format!(
                "“{name}” of {participant} has had no answer for {span}, though the window is open: {}.",
                whence.told()
            );
            problem("unanswered-too-long", message);
        }
        problems
    }
}

/// Documents that a fault of ours keeps from being judged.
fn unjudged(open: &[Submission]) -> Option<Problem> {
    let held = open.iter().filter(|one| one.state() == ListState::Held);
    let rows: Vec<Row> =
        held.map(Row::of).filter(|row| row.findings.iter().any(|slug| *slug == Code::LoadNotJudged.slug())).collect();
    let first = rows.first()?;
    let message = format!(
        "The window could not judge {} documents, by a fault of its own; they are held, the first is {} ({}). What \
         went wrong stands in the log: send that, without the document, to whoever maintains pencere.",
        rows.len(),
        first.name,
        first.id
    );
    Some(Problem { code: "not-judged", message })
}

/// Receipts that went without the time-stamp that the configuration wants.
fn unstamped(settings: &Settings, fold: &Fold) -> Option<Problem> {
    let (Some(stamps), Some((since, count))) = (&settings.stamps, fold.unstamped) else { return None };
    let message = format!(
        "{count} receipts since {} went without a time-stamp, for want of one from {}: its log says why. They hold \
         all the same, and prove no moment by themselves.",
        times::both(since),
        stamps.url
    );
    Some(Problem { code: "receipts-unstamped", message })
}

/// What was accepted and is not in BOEMİS. (While that is away the window says so, and documents are held.)
/// With it what the window's role may do there too much.
fn unloaded(settings: &Settings, known: &Known, is_open: bool) -> Result<(Option<Problem>, Option<String>), Trouble> {
    let loads::Difference { lacking, strange, beyond } =
        match opening::runtime()?.block_on(loads::difference(settings, known, is_open))? {
            Ok(difference) => difference,
            Err(fault) if fault.is_away() => return Ok((None, None)),
            Err(fault) => {
                let message = damaged(&fault, settings.location.file().is_some());
                return Ok((Some(Problem { code: "boemis-damaged", message }), None));
            }
        };
    // what a running window loaded since the journal was read is none of these; it tells of them itself
    if strange > 0 && !is_open {
        let message = format!(
            "BOEMİS holds {strange} loads that this window did not accept; `pencere audit verify` names the first. \
             Put the database of this window in its place: what it lacks is loaded again."
        );
        return Ok((Some(Problem { code: "loaded-by-others", message }), beyond));
    }
    let Some(first) = lacking.first() else { return Ok((None, beyond)) };
    let message = format!(
        "{} accepted submissions are not in BOEMİS, as after an older copy of it was put in place; the first: {first}. \
         A window loads them again when it starts, and when it is told to reload; its log says what it cannot load \
         and why.",
        lacking.len()
    );
    Ok((Some(Problem { code: "not-loaded", message }), beyond))
}

/// The window's role could change what is loaded.
fn too_much(beyond: &str) -> Problem {
    Problem { code: "boemis-role", message: format!("{}.", Fault::Role(beyond.to_owned())) }
}

fn damaged(fault: &Fault, is_file: bool) -> String {
    if !is_file {
        return format!(
            "{fault}. Let whoever keeps the server see what it reports, and put back a copy of the database if need \
             be, while the window is stopped: at its start it loads again what is missing."
        );
    }
    format!(
        "{fault}. Stop the window, move the database and what lies beside it (-wal, -shm) away, put a backup in its \
         place or none, and start the window: it loads again what is missing."
    )
}

/// Checkpoints that do not go where others keep them.
fn witnesses(settings: &Settings) -> Option<Problem> {
    let failing = Failing::read(&Disk::system(), &settings.window.paths.state)?;
    let mailed = settings.post.as_ref().is_some_and(|post| !post.checkpoints.is_empty());
    let Failing { since, why } = (settings.witnesses.to.is_some() || mailed).then_some(failing)?;
    Some(Problem { code: "checkpoints-kept-back", message: format!("since {}: {why}", times::both(since)) })
}

/// A process that was to be shut in, and is not.
fn open_to_all(told: &enclosure::Told) -> Option<Problem> {
    let shut = told.shut.as_ref().filter(|shut| !shut.holds())?;
    let message = format!(
        "The window's process is {shut}: whoever takes it over comes to all that its user may. Start it on a kernel \
         that can, or say [sandbox] enabled = false where something else keeps it in (docs/hardening.md)."
    );
    Some(Problem { code: "not-shut-in", message })
}

/// Notices that wait to be sent; of what a running window was told and has not journalled yet, none does.
fn notices(settings: &Settings, fold: &Fold) -> Vec<NoticeDue> {
    let left = Note::left(&Disk::system(), &settings.window.paths.state);
    let sent = |unit: &str| {
        left.iter().any(|(_, note)| note.act == NOTICE_SENT && note.facts.get("unit").is_some_and(|one| one == unit))
    };
    let waits = fold.notices.iter().filter(|(unit, _)| !sent(unit));
    waits.map(|(unit, due)| NoticeDue { unit: unit.clone(), due: *due }).collect()
}

/// Notices that are late.
fn overdue(notices: &[NoticeDue], now: Timestamp) -> Option<Problem> {
    let today = BAKU.to_datetime(now).date();
    let late: Vec<&NoticeDue> = notices.iter().filter(|notice| notice.due < today).collect();
    let first = late.iter().min_by_key(|notice| notice.due)?;
    let message = format!(
        "{} notices of archive units are overdue; that of {} was due on {}. Send it to the coordinating body (it lies \
         in the archive's notices/), then: pencere archive notice sent {}",
        late.len(),
        first.unit,
        first.due,
        first.unit
    );
    Some(Problem { code: "notice-overdue", message })
}

/// What is past its active time and cannot be archived.
fn unarchived(settings: &Settings) -> Option<Problem> {
    let fails = ArchivingFails::read(&Disk::system(), &settings.window.paths.state)?;
    let message = format!(
        "Since {}, {}. It is tried again at the next round, or by `pencere archive make`.",
        times::both(fails.since),
        fails.told()
    );
    Some(Problem { code: "archiving-fails", message })
}

/// What a window stands on besides its records.
#[derive(Debug, Default)]
struct Footing {
    /// Who is to have a folder.
    participants: Vec<String>,
    /// The first mistake of the configuration, and how many there are.
    mistakes: Option<(String, usize)>,
}

impl Footing {
    fn of(path: &Path, now: Timestamp) -> Self {
        match Config::load(path, now) {
            Ok(config) => {
                let participants = config.world().registry.participants.keys();
                Self { participants: participants.map(ToString::to_string).collect(), mistakes: None }
            }
            Err(mistakes) => {
                let first = mistakes.first().map(|first| (first.to_string(), mistakes.len()));
                Self { participants: Vec::new(), mistakes: first }
            }
        }
    }
}

impl Status {
    /// Folders that cannot be used, a configuration with which nothing starts, and files and submissions (so many
    /// are `left` without an answer in its folder) for which nobody is there.
    fn unfounded(&self, drop: &Path, footing: &Footing, left: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut problem = |code, message| problems.push(Problem { code, message });
        for participant in &footing.participants {
            if let Some(why) = folders::fault(&drop.join(participant)) {
                let message = format!(
                    "The folder of {participant} cannot be used: {why}. Nothing of it is taken or answered; mend \
                     its name, owner or mode. A running window opens it at its next rescan."
                );
                problem("folder-unusable", message);
            }
        }
        let is_stranger = |row: &&ParticipantRow| row.waiting > 0 && !footing.participants.contains(&row.participant);
        let strangers = self.participants.iter().filter(|_| !footing.participants.is_empty()).filter(is_stranger);
        for ParticipantRow { participant, waiting, .. } in strangers {
            let message = format!(
                "{waiting} files lie in the folder of {participant}, whom the registry does not know: a window that \
                 starts does not look there. Register it again, or have the files taken away."
            );
            problem("folder-unregistered", message);
        }
        if let Some((first, count)) = &footing.mistakes {
            let all = match count {
                1 => "a mistake".to_owned(),
                count => format!("{count} mistakes"),
            };
            let message = format!(
                "The configuration has {all}, and no window starts with it; run `pencere config check`. \
                 The first: {first}"
            );
            problem("configuration-wrong", message);
        }
        if self.daemon.is_none() && self.waiting > 0 {
            let files = if self.waiting == 1 { "1 file waits" } else { &format!("{} files wait", self.waiting) };
            let message = format!("{files} and no window is open to take them: start it, or run `pencere once`.");
            problem("not-running", message);
        } else if self.daemon.is_none() && left > 0 {
            let left = if left == 1 { "1 submission is" } else { &format!("{left} submissions are") };
            let message = format!(
                "{left} safe in the window and not answered, and no window is open to do it: start it, or run \
                 `pencere once`."
            );
            problem("not-running", message);
        }
        problems
    }
}

/// What of revocation data cannot be fetched, once for each address that is still named.
fn unfetched(settings: &Settings, now: Timestamp) -> Vec<String> {
    let trust = &settings.trust;
    let lists = trust.crl_urls.iter().map(|url| url.value.as_str());
    let named: HashSet<&str> = lists.chain(trust.ocsp.iter().map(|responder| responder.url.as_str())).collect();
    if named.is_empty() {
        return Vec::new();
    }
    let mut failures = refresh::failures(&settings.window.paths.state);
    failures.dedup_by(|one, other| one.address == other.address);
    let is_named = |one: &Failure| named.contains(one.address.as_str()) || !one.address.contains("://");
    let told = |one: Failure| {
        let Failure { address, since, tries, why, .. } = one;
        let (span, tries) =
            (times::span(now.duration_since(since)), if tries == 1 { "once" } else { "again and again" });
        format!(
            "Revocation data is not kept current: {address} fails {tries}, for {span}: {why}. What was fetched before \
             counts until it is stale; then documents are held."
        )
    };
    failures.into_iter().filter(is_named).map(told).collect()
}

fn signed(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}

/// What the journal tells of each participant.
fn rows(fold: &Fold, open: &[Submission], age: impl Fn(Timestamp) -> i64) -> BTreeMap<String, ParticipantRow> {
    let mut rows = BTreeMap::new();
    for (kind, &count) in &fold.counts {
        let slug = kind.participant.as_deref().unwrap_or("-");
        let row = row(&mut rows, slug);
        row.last_received = fold.last_received.get(slug).copied();
        match kind.state {
            State::Open => row.open += count,
            State::Held => row.held += count,
            State::Accepted | State::Approval => row.accepted += count,
            State::Rejected => row.rejected += count,
            State::Duplicate | State::Pending => row.other += count,
            State::Contested => {
                row.other += count;
                row.contested += count;
            }
        }
    }
    for submission in open {
        let slug = submission.participant().map_or("-", ParticipantName::as_str);
        let row = row(&mut rows, slug);
        row.last_received = row.last_received.max(Some(submission.received()));
        if submission.state() == ListState::Open {
            row.note(&Row::of(submission).name, age(submission.received()), Whence::Open);
        }
        if submission.state() == ListState::Held {
            row.oldest_held_seconds = row.oldest_held_seconds.max(Some(age(submission.received())));
        }
        if let (ListState::Held, Came::Held(held)) = (submission.state(), &submission.came) {
            row.held_octets = row.held_octets.saturating_add(held.size());
        }
    }
    rows
}

fn is_unclosed(submission: &Submission) -> bool {
    matches!(submission.phase, Phase::Answered | Phase::Contested(_) | Phase::Ruled(_))
}

fn row<'a>(rows: &'a mut BTreeMap<String, ParticipantRow>, slug: &str) -> &'a mut ParticipantRow {
    rows.entry(slug.to_owned())
        .or_insert_with(|| ParticipantRow { participant: slug.to_owned(), ..ParticipantRow::default() })
}

fn held(open: &[Submission]) -> Held {
    let held: Vec<_> = open.iter().filter(|one| one.state() == ListState::Held).collect();
    let since = |one: &Submission| one.put_off.unwrap_or(one.received());
    let oldest = held.iter().min_by_key(|one| since(one));
    Held { count: held.len() as u64, oldest: oldest.map(|one| Row::of(one)), since: oldest.map(|one| since(one)) }
}

fn tell(status: &Status, screen: &mut Screen) {
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), times::both);
    screen.say(if status.healthy { "healthy" } else { "unhealthy" });
    for problem in &status.problems {
        screen.say(format!("  {}", problem.message));
    }
    let mut fact = |label: &str, value: String| screen.say(format!("  {label:<16}{value}"));
    fact("window", format!("{} ({})", status.window, status.environment));
    fact(
        "daemon",
        match (status.daemon, status.started, status.stopped) {
            (Some(process), ..) => format!("running, process {process}"),
            (None, None, _) => "not running; it never ran".to_owned(),
            (None, Some(_), Some(at)) => format!("not running; it ended at {}", times::both(at)),
            (None, Some(at), None) => {
                format!("not running; it started at {} and did not end in order", times::both(at))
            }
        },
    );
    fact("last activity", moment(status.last_activity));
    fact(
        "last reload",
        match &status.last_reload {
            Some(Reload { at, refused: None }) => times::both(*at),
            Some(Reload { at, refused: Some(_) }) => format!("{}, refused", times::both(*at)),
            None => "none since the last start".to_owned(),
        },
    );
    let old = |seconds: Option<i64>| seconds.map(|seconds| times::span(SignedDuration::from_secs(seconds)));
    let oldest = old(status.oldest_unanswered_seconds).map(|span| format!(", oldest unanswered {span}"));
    fact("waiting", format!("{}{}", status.waiting, oldest.unwrap_or_default()));
    let held = &status.held;
    fact("held", held.count.to_string());
    if let (Some(oldest), Some(since)) = (&held.oldest, held.since) {
        fact("", format!("{} since {}: {}", oldest.name, times::both(since), oldest.findings.join(", ")));
        fact("", format!("next try {}", oldest.next_try.map_or_else(|| "waits for a person".to_owned(), times::both)));
    }
    for mailbox in &status.mailboxes {
        fact("mailbox", mailbox.told());
    }
    let uploads: u64 = status.participants.iter().map(|row| row.uploads).sum();
    if uploads > 0 {
        let oldest = old(status.participants.iter().filter_map(|row| row.oldest_upload_seconds).max());
        fact("uploads", format!("{uploads} under way by their names, the oldest {}", oldest.unwrap_or_default()));
    }
    if let Some(beyond) = status.role_beyond.as_ref().filter(|_| status.environment == "test") {
        fact(
            "boemis",
            format!("the window's role may do more than read and insert: {beyond}; only a trial bears that"),
        );
    }
    if let Some(reserve) = &status.reserve {
        fact("reserve", reserve.told());
    }
    if let Some(reverified) = &status.reverified {
        fact("evidence", reverified.told());
    }
    if let Some(mail) = &status.mail {
        fact("mail", post::told(mail));
    }
    if let Some(told) = &status.sandbox {
        fact("sandbox", told.shut.as_ref().map_or("off by [sandbox] enabled".to_owned(), ToString::to_string));
    }
    for NoticeDue { unit, due } in &status.notices {
        fact("notice", format!("of {unit}, to be sent until {due}"));
    }
    if status.unclosed > 0 {
        fact("receipts", format!("{} sealed, not known to lie in their folders", status.unclosed));
    }
    let heads = ["participant", "waiting", "oldest", "open", "held", "accepted", "rejected", "other", "last received"];
    let sides = heads.iter().map(|head| match *head {
        "participant" | "last received" => (*head, Side::Left),
        _ => (*head, Side::Right),
    });
    let mut table = Table::new(sides);
    for row in &status.participants {
        table.row([
            row.participant.clone(),
            row.waiting.to_string(),
            old(row.oldest_unanswered_seconds).unwrap_or_default(),
            row.open.to_string(),
            row.held.to_string(),
            row.accepted.to_string(),
            row.rejected.to_string(),
            row.other.to_string(),
            row.last_received.map(times::baku).unwrap_or_default(),
        ]);
    }
    screen.say("");
    screen.table(&table);
}

#[cfg(test)]
mod tests;
