//! `pencere post`: what is owed by mail, and what was given up or came back.
//!
//! Reads the outbox beside a running window. What is to be tried again is left as a note, which the window takes up: it
//! alone moves mail.

use super::table::Side;
use super::{Exit, Format, Outcome, OutputArgs, Screen, Table, Trouble, WindowArgs, records, times, who::who};
use crate::daemon::posting::AGAIN;
use crate::host::Disk;
use crate::journal::Note;
use crate::post::{Mail, Matter, Survey};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is asked of the outbox.
#[derive(Debug, Subcommand)]
pub enum PostCommand {
    /// What is owed by mail, and what was given up or came back
    ///
    /// Exit code 0: nothing needs a person. 1: some mail was given up or came back.
    #[command(verbatim_doc_comment)]
    List(ListArgs),
    /// Try again what was given up or came back
    ///
    /// The same mail goes out again, with the same receipt and message id. A running window takes this up at its
    /// next rescan, a stopped one at its next start.
    #[command(verbatim_doc_comment)]
    Retry(RetryArgs),
}

/// `post list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `post retry`.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// The mail's name, as `post list` shows it, or `all`
    #[arg(value_name = "MAIL")]
    what: String,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// The outbox, for programs.
#[derive(Debug, Serialize)]
pub struct Post {
    /// Answers that are in no mail yet.
    pub waiting: usize,
    /// Mails that are to be tried.
    pub owed: usize,
    /// Since when the oldest of them is owed.
    pub oldest: Option<Timestamp>,
    /// Why no server can be reached, and since when; null while one can.
    pub away: Option<AwayTold>,
    /// Whether what is owed only gathers (`[mail.smtp] server = "paused …"`).
    pub paused: bool,
    /// What was given up, or came back.
    pub failed: Vec<FailedMail>,
    /// Entries of `state/outbox` that cannot be read.
    pub unreadable: Vec<String>,
}

/// A server that cannot be reached.
#[derive(Debug, Serialize)]
pub struct AwayTold {
    /// Since when.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// Why.
    pub why: String,
}

/// A mail that needs a person.
#[derive(Debug, Serialize)]
pub struct FailedMail {
    /// Its name for `post retry`.
    pub mail: String,
    /// Its message id.
    pub message_id: String,
    /// Whose answers it has; null for a notice.
    pub participant: Option<String>,
    /// The numbers of the receipts in it.
    pub receipts: Vec<String>,
    /// Since when it is owed.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// Why it failed.
    pub why: String,
}

impl Post {
    /// Of the outbox as it lies there; none where no mail goes out and nothing is left of it.
    pub fn of(settings: &crate::config::Settings) -> Option<Self> {
        let survey = Survey::of(&Disk::system(), &settings.window.paths.state);
        let is_empty = survey.waiting == 0 && survey.owed == 0 && survey.failed.is_empty();
        let is_empty = is_empty && survey.unreadable.is_empty();
        let Some(post) = &settings.post else {
            return (!is_empty).then(|| Self::surveyed(survey, true));
        };
        Some(Self::surveyed(survey, post.server.paused))
    }

    fn surveyed(survey: Survey, paused: bool) -> Self {
        let Survey { waiting, owed, oldest, failed, away, unreadable } = survey;
        let away = away.map(|away| AwayTold { since: away.since, tries: away.tries, why: away.why });
        let failed = failed.into_iter().map(|(name, mail)| FailedMail::of(name, mail)).collect();
        Self { waiting, owed, oldest, away, paused, failed, unreadable }
    }
}

impl FailedMail {
    fn of(mail: String, one: Mail<Value>) -> Self {
        let answers = one.answers();
        let participant = answers.first().map(|answer| answer.participant.to_string());
        let receipts = match &one.matter {
            Matter::Answers { answers } => answers.iter().map(|answer| answer.number.clone()).collect(),
            Matter::Notice(_) => Vec::new(),
        };
        let (since, tries, why) = (one.since, one.tries, one.why.unwrap_or_default());
        Self { mail, message_id: one.message_id, participant, receipts, since, tries, why }
    }
}

impl PostCommand {
    /// In which form it answers.
    pub fn format(&self) -> Format {
        match self {
            Self::List(args) => args.output.format,
            Self::Retry(_) => Format::Text,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// Usage: the configuration, a mail that is not there. Broken: a note that cannot be left.
    pub fn run(&self, screen: &mut Screen) -> Outcome {
        match self {
            Self::List(args) => list(args, screen),
            Self::Retry(args) => retry(args, screen),
        }
    }
}

fn list(args: &ListArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let post = Post::of(&settings);
    screen.json(&post);
    let Some(post) = post else {
        screen.say("No mail goes out of this window: [mail.smtp] names no server.");
        return Ok(Exit::Done);
    };
    let oldest = post.oldest.map(|at| format!(", the oldest since {}", times::both(at))).unwrap_or_default();
    screen.say(format!("{} mails are owed{oldest}; {} answers are in no mail yet.", post.owed, post.waiting));
    if post.paused {
        screen.say("Nothing is sent: it only gathers.");
    }
    if let Some(AwayTold { since, tries, why }) = &post.away {
        screen.say(format!("No server can be reached since {}, tried {tries} times: {why}", times::both(*since)));
    }
    if !post.failed.is_empty() {
        screen.say(format!("{} were given up or came back:", post.failed.len()));
        let mut table = Table::new(["mail", "participant", "receipts", "tries", "why"].map(|head| match head {
            "tries" => (head, Side::Right),
            head => (head, Side::Left),
        }));
        for one in &post.failed {
            table.row([
                one.mail.clone(),
                one.participant.clone().unwrap_or_default(),
                one.receipts.join(" "),
                one.tries.to_string(),
                one.why.clone(),
            ]);
        }
        screen.table(&table);
        screen.say("Mend the cause, then: pencere post retry MAIL, or all");
    }
    if !post.unreadable.is_empty() {
        screen.say("These entries of state/outbox cannot be read, and what they hold goes to nobody:");
        post.unreadable.iter().for_each(|name| screen.say(name));
    }
    Ok(Exit::answer(post.failed.is_empty() && post.unreadable.is_empty()))
}

fn retry(args: &RetryArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let state = &settings.window.paths.state;
    let survey = Survey::of(&Disk::system(), state);
    let count = survey.failed.iter().filter(|(name, _)| args.what == "all" || *name == args.what).count();
    if count == 0 {
        return Err(Trouble::usage(format!("no mail {} was given up or came back: pencere post list", args.what)));
    }
    let facts = BTreeMap::from([("mail".to_owned(), args.what.clone())]);
    let note = Note { time: Timestamp::now(), act: AGAIN.to_owned(), by: who(), facts };
    note.leave(&Disk::system(), state).map_err(|error| Trouble::broken(format!("the note cannot be left: {error}")))?;
    screen.say(format!("{count} mails are tried again as soon as the window comes by."));
    Ok(Exit::Done)
}
