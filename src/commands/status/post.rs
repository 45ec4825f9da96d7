//! What `status` says of mail that goes out.

use super::Problem;
use crate::commands::post::{AwayTold, Post};
use crate::commands::times;
use crate::config::Settings;
use jiff::{SignedDuration, Timestamp};

/// A mail that is owed for so long is late: servers that grey-list take an hour.
const LATE: SignedDuration = SignedDuration::from_hours(4);

/// What is wrong with it, each with what to do.
pub(super) fn problems(post: &Post, settings: &Settings, now: Timestamp) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |code, message| problems.push(Problem { code, message });
    if let Some(AwayTold { since, tries, why }) = &post.away {
        let message = format!(
            "No mail goes out since {} ({tries} tries): {why}. What is owed waits and goes out by itself once the \
             server takes it.",
            times::both(*since)
        );
        problem("mail-away", message);
    }
    if let Some(first) = post.failed.first() {
        let message = format!(
            "{} mails were given up or came back; the first: {} ({}). Mend the cause (the address in the registry?), \
             then: pencere post retry all",
            post.failed.len(),
            first.participant.as_deref().unwrap_or("a notice"),
            first.why
        );
        problem("mail-failed", message);
    }
    if let Some(first) = post.unreadable.first() {
        let message = format!(
            "{} entries of state/outbox cannot be read, and what they hold goes to nobody; the first: {first}. Under \
             waiting/ the name says whose answer it is: send its receipt by hand (pencere show ID), then take the file \
             away. What the disk says of it stands in the log.",
            post.unreadable.len()
        );
        problem("mail-unreadable", message);
    }
    let gathered = post.owed + post.waiting;
    match post.oldest {
        _ if post.paused && gathered > 0 => {
            let why = match &settings.post {
                Some(_) => "[mail.smtp] server is paused: take that word away once this window is to answer",
                None => {
                    "[mail.smtp] names no server any more: name it again, or have the folder state/outbox taken away"
                }
            };
            problem("mail-paused", format!("{gathered} answers are owed by mail and nothing is sent. {why}."));
        }
        // far ahead: written by a clock that was wrong, so that its age says nothing
        Some(oldest) if post.away.is_none() && now.duration_since(oldest).abs() > LATE => {
            let message = format!(
                "A mail is owed since {} and was not taken: see `pencere post list`, and that a window is running.",
                times::both(oldest)
            );
            problem("mail-late", message);
        }
        _ => {}
    }
    problems
}

/// In a line.
pub(super) fn told(post: &Post) -> String {
    let mut told = format!("{} owed", post.owed + post.waiting);
    if !post.failed.is_empty() {
        told.push_str(&format!(", {} given up or came back", post.failed.len()));
    }
    if post.paused {
        told.push_str(", paused");
    }
    told
}
