//! `pencere status` as numbers, for `/metrics`.
//!
//! Owns the list of all codes, so that each is told also while there is no problem of it: an alert that can never come
//! up looks the same as one that has no cause.

use super::{ParticipantRow, Status, mailboxes};
use crate::commands::post::Post;
use crate::daemon::metrics::{Body, MailboxSight, Outbox, Sight};

/// Every code of a problem; each has a section in docs/runbook.md.
pub(super) const CODES: [&str; 33] = [
    "acts-behind",
    "archiving-fails",
    "boemis-damaged",
    "boemis-role",
    "checkpoints-kept-back",
    "configuration-wrong",
    "contested-unfinished",
    "disk-nearly-full",
    "evidence-damaged",
    "folder-unregistered",
    "folder-unusable",
    "halted",
    "held-too-long",
    "held-too-many",
    "journal-behind",
    "loaded-by-others",
    "mail-away",
    "mail-failed",
    "mail-late",
    "mail-paused",
    "mail-unreadable",
    "mailbox-unmoved",
    "mailbox-unreadable",
    "not-judged",
    "not-loaded",
    "not-running",
    "not-shut-in",
    "notice-overdue",
    "receipts-unstamped",
    "refresh-failed",
    "reload-refused",
    "reserve-behind",
    "unanswered-too-long",
];

pub(super) fn of(status: Status) -> Sight {
    let of_code = |code: &str| status.problems.iter().filter(|problem| problem.code == code).count() as u64;
    Sight {
        problems: CODES.iter().map(|code| (*code, of_code(code))).collect(),
        participants: status.participants.iter().map(body).collect(),
        unclosed: status.unclosed,
        contesting: status.contesting,
        outbox: status.mail.as_ref().map(outbox),
        mailboxes: status.mailboxes.into_iter().map(mailbox).collect(),
    }
}

fn body(row: &ParticipantRow) -> Body {
    Body {
        name: row.participant.clone(),
        waiting: row.waiting,
        oldest_unanswered: row.oldest_unanswered_seconds.unwrap_or(0),
        uploads: row.uploads,
        open: row.open,
        held: row.held,
        held_octets: row.held_octets,
        oldest_held: row.oldest_held_seconds.unwrap_or(0),
    }
}

fn outbox(post: &Post) -> Outbox {
    Outbox {
        waiting: post.waiting as u64,
        owed: post.owed as u64,
        failed: post.failed.len() as u64,
        unreadable: post.unreadable.len() as u64,
        oldest: post.oldest,
        is_away: post.away.is_some(),
    }
}

fn mailbox(row: mailboxes::Row) -> MailboxSight {
    let standing = row.standing;
    MailboxSight {
        name: row.name,
        connected: standing.connected,
        last_look: standing.last_look,
        waiting: standing.waiting,
    }
}
