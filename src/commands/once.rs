//! `pencere once`: everything that waits now, and then the end.

use super::progress::Progress as Bar;
use super::{Exit, Format, Outcome, OutputArgs, Screen, WindowArgs, opening, times};
use crate::daemon::watch::{self, Progress};
use crate::daemon::window::Window;
use crate::document::Decision;
use crate::host::Host;
use crate::intake::Missing;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Process everything that waits now, write the receipts, and end
///
/// Ends with 0 whatever was decided, and names what it left, such as a file whose signature
/// has not come yet. Not beside a running daemon (exit 3): that one processes everything
/// already.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct OnceArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What `once` did: its JSON answer.
#[derive(Debug, Serialize)]
pub struct Done {
    /// Answers given, by decision.
    pub answers: BTreeMap<Decision, u64>,
    /// Submissions that are held.
    pub held: usize,
    /// Files left for their other half.
    pub waiting: Vec<Left>,
    /// Drop folders that could not be used: whose, and why.
    pub unopened: BTreeMap<String, String>,
}

/// A file that was left.
#[derive(Debug, Serialize)]
pub struct Left {
    /// In whose folder.
    pub participant: String,
    /// Its name.
    pub name: String,
    /// The name it waits for: of the other half, or of a file that is empty.
    pub missing: String,
    /// Whether that file is there, and empty.
    pub empty: bool,
    /// Until when it is waited for.
    pub until: Timestamp,
}

/// Runs the command.
///
/// # Errors
/// A wrong configuration, a running daemon, a disk or database that fails.
pub fn run(args: &OnceArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let bar = Bar::new(screen, 0);
    let (done, trouble) = opening::runtime()?.block_on(async {
        let window = Window::open(config, Host::system()).await.map_err(opening::halted)?;
        let (waiting, mut window) = watch::once(window, |progress| match progress {
            Progress::Found(count) => bar.found(count),
            Progress::Done(count) => (0..count).for_each(|_| bar.done()),
        })
        .await
        .map_err(opening::halted)?;
        let waiting = waiting.into_iter().map(|left| {
            let (missing, empty) = match left.what {
                Missing::Half(name) => (name, false),
                Missing::Content(name) => (name, true),
            };
            let (participant, name) = (left.participant.to_string(), left.name.shown());
            Left { participant, name, missing: missing.shown(), empty, until: left.until }
        });
        let done = Done {
            answers: window.tally.answers.clone(),
            held: window.held().len(),
            waiting: waiting.collect(),
            unopened: window.shut().map(|(whose, why)| (whose.to_string(), why.to_owned())).collect(),
        };
        // what was answered without a time-stamp is answered; the log says so
        window.tally.stamping = None;
        // so is what is owed by mail: it is durable, and tried again
        window.tally.posting = None;
        // and held documents are answered; what could not even be kept is not
        window.tally.away &= done.held == 0;
        let trouble = window.tally.troubles();
        window.close().await.map_err(opening::halted)?;
        Ok::<_, super::Trouble>((done, trouble))
    })?;
    drop(bar);
    match screen.format() {
        Format::Json => screen.json(&done),
        Format::Text => tell(&done, screen),
    }
    match trouble {
        Some(trouble) => Err(super::Trouble::broken(trouble)),
        None => Ok(Exit::Done),
    }
}

fn tell(done: &Done, screen: &mut Screen) {
    let total: u64 = done.answers.values().sum();
    let words: Vec<String> = done.answers.iter().map(|(decision, count)| format!("{count} {decision}")).collect();
    match total {
        0 => screen.say("Nothing was waiting."),
        _ => screen.say(format!("{total} answered: {}.", words.join(", "))),
    }
    if done.held > 0 {
        screen.say(format!("{} held; they are tried again by the daemon, or by the next `pencere once`.", done.held));
    }
    for (participant, why) in &done.unopened {
        screen.say(format!("The folder of {participant} cannot be used and was left out: {why}"));
    }
    for left in &done.waiting {
        let Left { participant, name, missing, empty, until } = left;
        let until = times::baku(*until);
        screen.say(match empty {
            true => {
                format!("{participant}/in/{missing} is empty (still being copied?); it is waited for until {until}.")
            }
            false => format!("{participant}/in/{name} waits for {missing} until {until}."),
        });
    }
}
