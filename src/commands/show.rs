//! `pencere show`: all that happened to one submission (S 3.1.6).

use super::archive;
use super::list::{self, Row};
use super::records::{self, Known};
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, times};
use crate::config::Settings;
use crate::journal::{Entry, Event};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

/// Show everything that happened to one submission, from its arrival to its receipts
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ShowArgs {
    /// Its id, a receipt's number, the file's name, or the file's SHA-256
    #[arg(value_name = "WHAT")]
    pub what: String,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Shows it; several that are meant are listed.
///
/// # Errors
/// Usage: nothing is known by that, or the configuration. Broken: a journal that cannot be read.
pub fn run(args: &ShowArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let what = args.what.trim();
    let known = Known::read(&settings.window.paths.state)?;
    let meant = known.meant(what)?;
    match meant.as_slice() {
        [] => of_other(&settings, what, screen),
        [one] => {
            let events = known.get(one.id())?.map(|(_, events)| events).unwrap_or_default();
            let happened: Vec<_> =
                events.iter().map(|entry| Happened { time: entry.time, event: &entry.event }).collect();
            let row = || Ok::<_, Trouble>(Row::of(one).beside(known.succession(one)?));
            screen.json(&Shown { submissions: vec![row()?], events: happened });
            tell(row()?, &events, screen);
            Ok(Exit::Done)
        }
        several => {
            let row = |one| Ok(Row::of(one).beside(known.succession(one)?));
            let submissions = several.iter().map(row).collect::<Result<Vec<_>, Trouble>>()?;
            screen.table(&list::rows_table(&submissions));
            screen.json(&Shown { submissions, events: Vec::new() });
            screen.say(format!("{} submissions are meant by that; show one by its id", several.len()));
            Ok(Exit::Done)
        }
    }
}

/// The answer for programs.
#[derive(Serialize)]
struct Shown<'a> {
    /// Those that are meant, as `list` has them; events only when it is one.
    submissions: Vec<Row>,
    /// All that happened to it, in order; each as the journal has it, with `time` and `event`.
    events: Vec<Happened<'a>>,
}

/// One event as the journal has it.
#[derive(Serialize)]
struct Happened<'a> {
    time: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
}

/// A submission of another window, from the unit that was taken in; the latest that is meant.
fn of_other(settings: &Settings, what: &str, screen: &mut Screen) -> Outcome {
    let others = archive::taken_in(settings)?;
    let found = others.last(|found| found.is_meant(what)).and_then(|found| Some((found, Row::of_unit(found)?)));
    let Some((found, row)) = found else {
        return Err(others.missing(format!(
            "nothing is known here by {what:?}: neither an id, nor a receipt's number, a file's name or a SHA-256"
        )));
    };
    let events = archive::told(settings, found)?;
    let happened = events.iter().map(|entry| Happened { time: entry.time, event: &entry.event }).collect();
    let submissions = Row::of_unit(found).into_iter().collect();
    screen.json(&Shown { submissions, events: happened });
    tell(row, &events, screen);
    Ok(Exit::Done)
}

fn tell(row: Row, events: &[Entry], screen: &mut Screen) {
    screen.say(format!("{}  {}", row.state, row.name));
    let mut fact = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            screen.say(format!("  {label:<12}{value}"));
        }
    };
    fact("id", Some(row.id.to_string()));
    fact("participant", row.participant);
    fact("about", row.about);
    fact("received", Some(times::both(row.received)));
    fact("sha-256", row.sha256.map(|sha256| sha256.to_string()));
    fact("dataset", row.dataset);
    fact("period", row.period);
    fact("revision", row.revision.map(|revision| revision.to_string()));
    fact("records", row.records.map(|records| records.to_string()));
    fact("archived", row.archived);
    fact("replaces", row.replaces.map(|other| other.to_string()));
    fact("replaced by", row.replaced_by.map(|other| other.to_string()));
    row.proposals.iter().for_each(|other| fact("proposed", Some(other.to_string())));
    fact("repeats", row.original.map(|original| original.to_string()));
    screen.say("");
    for Entry { time, event } in events {
        let mut lines = told(event).into_iter();
        screen.say(format!("{}  {}", times::both(*time), lines.next().unwrap_or_default()));
        for line in lines {
            screen.say(format!("    {line}"));
        }
    }
}

/// An event in words: what happened, then its facts.
fn told(event: &Event) -> Vec<String> {
    match event {
        Event::Held(held) => {
            let mut lines = vec![format!("held safely, by {}", held.channel)];
            for file in std::iter::once(&held.document).chain(&held.detached) {
                lines.push(format!("{}, {} octets, SHA-256 {}", file.name.shown(), file.size, file.sha256));
            }
            lines
        }
        Event::RefusedInPlace(refused) => vec![format!("left in its folder: {}", refused.finding)],
        Event::Answered(answered) => {
            let receipt = &answered.receipt;
            let mut lines = vec![format!("answered: {}", answered.decision)];
            lines.push(format!("receipt {}, {}", receipt.number, receipt.file_name));
            lines.push(format!("SHA-256 {}", receipt.sha256));
            lines.extend(answered.findings.iter().map(|finding| format!("finding {finding}")));
            lines.extend(answered.original.map(|original| format!("repeats {original}")));
            lines.extend(answered.signers.iter().map(|signer| format!("signer's certificate {signer}")));
            lines
        }
        Event::Decided(decided) => {
            vec![format!("decided: {}, and written into the transparency log", decided.decision)]
        }
        Event::Deferred { finding, attempt, next, .. } => {
            let next =
                next.map_or_else(|| "waits for a person".to_owned(), |next| format!("again at {}", times::both(next)));
            vec![format!("put off: {finding} (attempt {attempt})"), next]
        }
        Event::Closed { .. } => vec!["closed: the receipt lies where its receiver finds it".to_owned()],
        Event::Settled { issued, .. } => {
            vec![format!("settled: revocation data issued at {} takes nothing from it", times::both(*issued))]
        }
        Event::Contested(contested) => {
            let whose = if contested.authority { "an authority's certificate" } else { "the signer's certificate" };
            vec![
                format!("contested: {whose} was revoked at {}", times::both(contested.revoked)),
                format!("serial number {}", contested.serial),
                format!("the signature was believed at {}", times::both(contested.moment)),
                format!("signer's certificate {}", contested.signer),
            ]
        }
        Event::Ruled(ruled) => {
            let reason = ruled.reason.iter().map(|reason| format!("reason: {reason}"));
            let ruled = format!("{} by {}, by the document {}", ruled.stage, ruled.body, ruled.by);
            std::iter::once(ruled).chain(reason).collect()
        }
        Event::Act { act, by, facts, .. } => {
            let facts = facts.iter().map(|(name, value)| format!("{name}: {value}"));
            std::iter::once(format!("{act}, by {by}")).chain(facts).collect()
        }
        // these are of the window, not of a submission
        Event::Started { .. } | Event::Stopped {} | Event::Reloaded { .. } => Vec::new(),
        Event::Halted { .. } | Event::Path(_) => Vec::new(),
    }
}
