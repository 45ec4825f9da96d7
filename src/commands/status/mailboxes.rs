//! The mailboxes in `pencere status`: how each stood when a window wrote that down last.
//!
//! Reads one small file of the state folder; asks no server.

use super::Problem;
use crate::commands::times;
use crate::config::Settings;
use crate::daemon::standings;
use crate::intake::mail::Standing;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// For so long a mailbox may fail before it is a matter for a person: servers are restarted.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// One mailbox.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name in the configuration.
    pub name: String,
    /// Whether the configuration pauses it.
    pub paused: bool,
    /// How it stood; all null, false or nought before a window read it.
    #[serde(flatten)]
    pub standing: Standing,
}

/// Of the mailboxes that the configuration names.
pub(super) fn rows(settings: &Settings) -> Vec<Row> {
    let mut standings = standings(&settings.window.paths.state);
    let mut row = |name: &String, paused| {
        let standing = standings.remove(name).unwrap_or_default();
        Row { name: name.clone(), paused, standing }
    };
    settings.mail.mailboxes.iter().map(|mailbox| row(&mailbox.name, mailbox.paused)).collect()
}

impl Row {
    /// What a person has to see to.
    pub(super) fn problem(&self, now: Timestamp) -> Option<Problem> {
        let Standing { failing_since, last_error, unmoved, .. } = &self.standing;
        let since = failing_since.filter(|since| !self.paused && now.duration_since(*since) > PATIENCE);
        if let (Some(since), Some(why)) = (since, last_error) {
            let (name, since) = (&self.name, times::both(since));
            let message = format!("The mailbox {name} cannot be read since {since}: {why}. What lies there waits.");
            return Some(Problem { code: "mailbox-unreadable", message });
        }
        (*unmoved > 0).then(|| {
            let message = format!(
                "{unmoved} messages of the mailbox {} are done with and cannot be moved out of the way: see that its \
                 folders can be written.",
                self.name
            );
            Problem { code: "mailbox-unmoved", message }
        })
    }

    /// How it is, for people.
    pub(super) fn told(&self) -> String {
        let Standing { connected, last_look, last_error, waiting, .. } = &self.standing;
        let state = match (self.paused, connected) {
            (true, _) => "paused".to_owned(),
            (false, true) => format!("can be read; {waiting} messages wait"),
            (false, false) => match last_error {
                Some(why) => format!("cannot be read: {why}"),
                None => "not read yet".to_owned(),
            },
        };
        let look = last_look.map_or(String::new(), |at| format!("; looked at {}", times::both(at)));
        format!("{}: {state}{look}", self.name)
    }
}
