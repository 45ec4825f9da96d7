//! Owing again: what the journal says was owed by mail, and that a server never took.
//!
//! The outbox is in no copy of a window: it changes with every mail, and what of it is true at the moment that a copy
//! tells of, the journal knows. `answered` says who is answered by mail, `answer-mailed` that a server took it. So an
//! outbox that was never filled from the journal (of a window made from a copy, or whose folder was lost) is filled
//! from it: each answer that nobody was told of is owed once more, as the same mail. What the old window sent after the
//! copy was made goes out once more; nothing is left out.

use super::posting::MAILED;
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::document::{Decision, ParticipantName, SubmissionId};
use crate::journal::{Answered, Event, Reader};
use std::collections::BTreeMap;

/// Answers by submission and number, and who is still to be told of each.
type Unmailed = BTreeMap<(SubmissionId, u32), (Answered, Vec<ParticipantName>)>;

impl Window {
    /// Who is answered by mail, for the journal: whoever this answer is owed to.
    pub(super) fn mailed_to(&mut self, answered: &Answered, channel: Option<&ParticipantName>) -> Vec<ParticipantName> {
        if self.outbox().is_none() {
            return Vec::new();
        }
        let channel = channel.or(answered.participant.as_ref());
        let other = self.also_to(answered, channel);
        let all = channel.cloned().into_iter().chain(other);
        let all: Vec<ParticipantName> = all.filter(|one| self.answers_of(one).mail).collect();
        let mut is_silent =
            || self.arrived(answered.id).and_then(|held| held.thread).is_some_and(|thread| thread.silent);
        if all.is_empty() || is_silent() { Vec::new() } else { all }
    }

    /// Fills an outbox from the journal that never was: once for each outbox.
    ///
    /// # Errors
    /// A journal that cannot be read. An outbox that cannot be written is filled by the next start.
    pub(super) fn owe_again(&mut self) -> Result<(), Halt> {
        let Some(outbox) = self.outbox().cloned() else { return Ok(()) };
        if outbox.is_filled() {
            return Ok(());
        }
        let unmailed = self.unmailed()?;
        let mut count = 0;
        let mut owed = Ok(());
        for (answered, whose) in unmailed.values() {
            for one in whose {
                owed = owed.and_then(|()| self.put_in_outbox(answered, Some(one), None));
                count += 1;
            }
        }
        match owed.and_then(|()| outbox.sync()).and_then(|()| outbox.filled()) {
            Ok(()) if count > 0 => {
                tracing::warn!(advice = %Advice::MailRetried,
                    answers = count, "answers are owed by mail that no server took before");
            }
            Ok(()) => {}
            Err(error) => {
                tracing::error!(advice = %Advice::OutboxUnwritable,
                    %error, "what was owed by mail cannot be put in the outbox; the next start does it");
                self.tally.publishing = Some(format!("what was owed by mail before cannot be owed again: {error}"));
            }
        }
        Ok(())
    }

    /// What is owed by mail by the journal's word.
    fn unmailed(&self) -> Result<Unmailed, Halt> {
        let mut unmailed = Unmailed::new();
        let mut reader = Reader::open(&self.host.disk, &self.settings().window.paths.state)?;
        while let Some((entry, _)) = reader.next()? {
            match entry.event {
                Event::Answered(answered) => {
                    // a word on arrival that nobody has had is overtaken by what follows it
                    let before = (answered.id, 0)..(answered.id, answered.answer);
                    let overtaken: Vec<_> = unmailed
                        .range(before)
                        .filter(|(_, (answered, _))| answered.decision == Decision::Held)
                        .map(|(key, _)| *key)
                        .collect();
                    overtaken.iter().for_each(|key| drop(unmailed.remove(key)));
                    let whose = answered.by_mail.clone();
                    if !whose.is_empty() {
                        unmailed.insert((answered.id, answered.answer), (*answered, whose));
                    }
                }
                Event::Act { act, id: Some(id), facts, .. } if act == MAILED => {
                    let nth = facts.get("answer").and_then(|nth| nth.parse().ok());
                    let Some(key) = nth.map(|nth: u32| (id, nth)) else { continue };
                    let whom = facts.get("participant");
                    let is_done = unmailed.get_mut(&key).is_some_and(|(_, whose)| {
                        whose.retain(|one| whom.is_some_and(|whom| whom != one.as_str()));
                        whose.is_empty()
                    });
                    if is_done {
                        unmailed.remove(&key);
                    }
                }
                _ => {}
            }
        }
        Ok(unmailed)
    }
}
