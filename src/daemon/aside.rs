//! Aside: a document that takes long to look at keeps nobody else waiting.
//!
//! Owns what is looked at beside the groups. Its sender's folder is left alone until it is done, and what the
//! same body sent behind it comes after it: one participant's effects keep their order (CONTRACT 3). Only
//! what is safe is put aside. Of two that were put aside of one body the later waits for the earlier. What was looked
//! at by a world that is in force no more, is looked at again by the one that is. Decides nothing about a document.

use super::carry::{Case, Saving, Unfinished};
use super::look::{Lane, Look, Looks, Seen};
use super::window::{Halt, Window};
use crate::config::World;
use crate::document::{ParticipantName, SubmissionId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A lane of slow documents, and what waits behind them.
pub(super) struct Aside {
    lane: Lane,
    done: Looks,
    /// Of whom, with the first of each.
    whose: BTreeMap<ParticipantName, SubmissionId>,
    /// By what its documents are looked at.
    world: Arc<World>,
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
            let world = Arc::clone(&self.world);
            self.aside.push(Aside { lane, done: Looks::new(), whose, world });
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

    /// Whether something of this body is looked at beside the groups.
    pub(super) fn has_aside_of(&self, participant: &ParticipantName) -> bool {
        self.aside.iter().any(|aside| aside.whose.contains_key(participant))
    }

    /// Decides what was put aside and is looked at by now; whether there was any.
    pub(super) async fn take_up_aside(&mut self) -> Result<bool, Halt> {
        for aside in &mut self.aside {
            aside.lane.take(&mut aside.done).map_err(Halt::wrong)?;
        }
        let mut worked = false;
        while let Some(at) = self.first_done() {
            worked = true;
            // a reload makes another world also of the same files
            let looked_by = &self.aside[at].world;
            if !Arc::ptr_eq(looked_by, &self.world) && !looked_by.digests().eq(self.world.digests()) {
                self.look_again(at)?;
                continue;
            }
            let (aside, others) = (self.aside.remove(at), self.aside.len());
            self.leave_alone();
            let decided = self.decide_in_pieces(aside.done).await;
            // what is looked at once more keeps its place
            let again = self.aside.len() - others;
            self.aside[at..].rotate_right(again);
            match decided {
                Ok(()) | Err(Unfinished::NotSafe) => {} // all of it is safe
                Err(Unfinished::Halted(halt)) => return Err(halt),
            }
        }
        Ok(worked)
    }

    /// A long one by itself: where it has to be looked at again, what came behind it stays behind it.
    async fn decide_in_pieces(&mut self, mut rest: Looks) -> Result<(), Unfinished> {
        while !rest.is_empty() {
            let long = rest.iter().find(|(_, look)| look.is_long()).map(|(id, _)| *id);
            let behind = match long {
                Some(first) if rest.first_key_value().is_some_and(|(id, _)| *id == first) => {
                    rest.keys().nth(1).copied()
                }
                long => long,
            };
            let behind = behind.map(|behind| rest.split_off(&behind));
            let piece = std::mem::replace(&mut rest, behind.unwrap_or_default());
            let free = self.put_aside(piece, Vec::new(), &mut None)?;
            self.decide(free, false, &mut None).await?;
        }
        Ok(())
    }

    /// Begins to look again at what was looked at by a world of before.
    fn look_again(&mut self, at: usize) -> Result<(), Halt> {
        let mut cases = Vec::new();
        let (mut kept, all) = (Looks::new(), std::mem::take(&mut self.aside[at].done));
        for (id, look) in all {
            if let Seen::Refused(..) = look.seen {
                kept.insert(id, look); // the world has no part in it
                continue;
            }
            tracing::info!(submission = %id, "what it was looked at by has changed meanwhile; it is looked at again");
            self.written_ahead.discard(id);
            if let Some(submission) = self.ledger.state(id)? {
                let case = self.case(&submission)?;
                cases.extend(case.map(|case| Case { is_fresh: look.is_fresh, turn: look.turn, ..case }));
            }
        }
        let lane = Lane::aside(cases, self.judge_of_today(), &self.told);
        let world = Arc::clone(&self.world);
        let aside = &mut self.aside[at];
        (aside.lane, aside.done, aside.world) = (lane, kept, world);
        Ok(())
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
        while self.has_aside() {
            for aside in &mut self.aside {
                aside.lane.wait(None, &mut aside.done).map_err(Halt::wrong)?;
            }
            self.take_up_aside().await?;
        }
        Ok(())
    }

    /// Lets go what is looked at: it is safe, and the next start looks at it.
    pub(super) fn drop_aside(&mut self) {
        let unfinished: usize = self.aside.drain(..).map(|aside| aside.lane.missing().count() + aside.done.len()).sum();
        if unfinished > 0 {
            tracing::info!(documents = unfinished, "what takes long is finished by the next start");
        }
    }

    /// Leaves alone the folders of those who have something aside, and of those for whom too much is held.
    pub(super) fn leave_alone(&mut self) {
        let slow = self.aside.iter().flat_map(|aside| aside.whose.keys());
        let all: BTreeSet<ParticipantName> = slow.chain(self.left_alone()).cloned().collect();
        self.queue.pause(all);
    }
}
