//! Aside: a document that takes long to look at keeps nobody else waiting.
//!
//! Owns what is looked at beside the groups. Its sender's folder is left alone until it is done, and what the
//! same body sent behind it comes after it: one participant's effects keep their order (CONTRACT 3). Only
//! what is safe is put aside. Of two that were put aside of one body the later waits for the earlier. Decides nothing
//! about a document.

use super::carry::{Saving, Unfinished};
use super::look::{Lane, Look, Looks};
use super::window::{Halt, Window};
use crate::document::{ParticipantName, SubmissionId};
use std::collections::{BTreeMap, BTreeSet};

/// A lane of slow documents, and what waits behind them.
pub(super) struct Aside {
    lane: Lane,
    done: Looks,
    /// Of whom, with the first of each.
    whose: BTreeMap<ParticipantName, SubmissionId>,
}

impl Window {
    /// Parts a group: what may be decided now is given back, the rest is put aside.
    pub(super) fn put_aside(
        &mut self,
        looks: Looks,
        lanes: Vec<Lane>,
        saving: &mut Option<Saving>,
    ) -> Result<Vec<Look>, Unfinished> {
        if lanes.is_empty() && self.aside.is_empty() {
            return Ok(looks.into_values().collect());
        }
        self.saved(saving)?;
        for lane in lanes {
            let mut whose = BTreeMap::new();
            for (participant, id) in lane.missing() {
                whose.entry(participant.clone()).or_insert(id);
                tracing::info!(%participant, submission = %id, "it takes long; others go on meanwhile");
            }
            self.aside.push(Aside { lane, done: Looks::new(), whose });
        }
        self.leave_alone();
        let mut free = Vec::with_capacity(looks.len());
        for (id, look) in looks {
            let is_behind = |aside: &&mut Aside| {
                let first = look.octets.0.as_ref().and_then(|whose| aside.whose.get(whose));
                first.is_some_and(|first| *first < id)
            };
            // the last of these: what it waits for waits for those before it
            match self.aside.iter_mut().rev().find(is_behind) {
                Some(aside) => drop(aside.done.insert(id, look)),
                None => free.push(look),
            }
        }
        Ok(free)
    }

    /// Whether something is looked at beside the groups.
    pub(super) fn has_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    /// Decides what was put aside and is looked at by now; whether there was any.
    pub(super) async fn take_up_aside(&mut self) -> Result<bool, Halt> {
        for aside in &mut self.aside {
            aside.lane.take(&mut aside.done).map_err(Halt::wrong)?;
        }
        let mut worked = false;
        while let Some(at) = self.first_done() {
            let aside = self.aside.remove(at);
            worked = true;
            self.leave_alone();
            match self.decide(aside.done.into_values().collect(), false, &mut None).await {
                Ok(()) | Err(Unfinished::NotSafe) => {} // all of it is safe
                Err(Unfinished::Halted(halt)) => return Err(halt),
            }
        }
        Ok(worked)
    }

    /// The first that is looked at and stands behind nothing of the same bodies.
    fn first_done(&self) -> Option<usize> {
        let is_free = |at: usize, aside: &Aside| {
            let before = self.aside.iter().take(at);
            !before.flat_map(|one| one.whose.keys()).any(|body| aside.whose.contains_key(body))
        };
        let mut done = self.aside.iter().enumerate().filter(|(_, aside)| aside.lane.is_done());
        done.find(|(at, aside)| is_free(*at, aside)).map(|(at, _)| at)
    }

    /// The same, once all of it is looked at.
    pub(super) async fn finish_aside(&mut self) -> Result<(), Halt> {
        for aside in &mut self.aside {
            aside.lane.wait(None, &mut aside.done).map_err(Halt::wrong)?;
        }
        self.take_up_aside().await.map(drop)
    }

    /// Leaves alone the folders of those who have something aside, and of those for whom too much is held.
    pub(super) fn leave_alone(&mut self) {
        let slow = self.aside.iter().flat_map(|aside| aside.whose.keys());
        let all: BTreeSet<ParticipantName> = slow.chain(self.left_alone()).cloned().collect();
        self.queue.pause(all);
    }
}
