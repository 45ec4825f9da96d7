//! The queue over all folders: which submissions go on together, fair between participants.
//!
//! Owns the round: one submission of each participant in turn, each participant's own in its own
//! order. Pure: it is driven by names, scans and the time it is given.

use super::folder::{DropFolder, Recovered, Step};
use super::{Arrival, GroupLimits, Key, Refusal};
use crate::document::{GivenName, ParticipantName, SubmissionId};
use jiff::{SignedDuration, Timestamp};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io;

/// All drop folders of the window.
///
/// At start: open the folders, [`Queue::recover`], start the [`Watch`](super::folder::Watch), then
/// [`Queue::scan_all`]; what happens in between is seen by watch or scan.
#[derive(Debug)]
pub struct Queue {
    folders: Vec<DropFolder>,
    places: HashMap<ParticipantName, usize>,
    next: usize,
    /// Whose folders nothing is taken from for now.
    paused: BTreeSet<ParticipantName>,
    /// Set while the process has no handle left.
    rest: Option<Timestamp>,
}

/// What goes on together.
#[derive(Debug, Default)]
pub struct Group {
    /// Submissions; each participant's in its order.
    pub arrivals: Vec<Arrival>,
    /// What is answered without going on.
    pub refusals: Vec<Refusal>,
}

/// A file that waits for its other half (or, empty, for its content).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// In whose folder.
    pub participant: ParticipantName,
    /// Its name.
    pub name: GivenName,
    /// What it waits for.
    pub what: Missing,
    /// Until when; then it goes on as it is.
    pub until: Timestamp,
}

/// What a file waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The other half, under this name.
    Half(GivenName),
    /// The content of this file, which is empty: itself, or its other half.
    Content(GivenName),
}

impl Group {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty() && self.refusals.is_empty()
    }
}

impl Queue {
    /// How long nothing is tried after the process ran out of handles; others must be closed first.
    const REST: SignedDuration = SignedDuration::from_millis(100);

    /// A queue over these folders, at most one for each participant.
    pub fn new(folders: Vec<DropFolder>) -> Self {
        let mut queue =
            Self { folders: Vec::new(), places: HashMap::new(), next: 0, paused: BTreeSet::new(), rest: None };
        folders.into_iter().for_each(|folder| queue.add(folder));
        queue
    }

    /// Adds the folder of a participant that was registered while the window runs. Where there is
    /// one already, that one stays: what was taken from it is known to it alone.
    pub fn add(&mut self, folder: DropFolder) {
        if let Entry::Vacant(place) = self.places.entry(folder.participant().clone()) {
            place.insert(self.folders.len());
            self.folders.push(folder);
        }
    }

    /// Adds a folder, or puts it in the place of the one that its name led to before. What was
    /// taken from that one must be released or recovered by now.
    pub fn put(&mut self, folder: DropFolder) {
        match self.folder(&folder.participant().clone()) {
            Some(before) => *before = folder,
            None => self.add(folder),
        }
    }

    /// The folders.
    pub fn folders(&self) -> &[DropFolder] {
        &self.folders
    }

    /// The folder of this participant.
    pub fn folder(&mut self, participant: &ParticipantName) -> Option<&mut DropFolder> {
        self.places.get(participant).and_then(|&at| self.folders.get_mut(at))
    }

    /// Cleans up after a crash: of what lies taken, that whose id is known to be safe is removed,
    /// all else is given back.
    ///
    /// # Errors
    /// When a folder cannot be read; then nothing may be taken.
    pub fn recover(&mut self, known: &dyn Fn(SubmissionId) -> bool) -> io::Result<Recovered> {
        let mut sum = Recovered::default();
        for folder in &mut self.folders {
            sum += folder.recover(known)?;
        }
        Ok(sum)
    }

    /// An event told of this name.
    pub fn on_name(&mut self, participant: &ParticipantName, name: &OsStr, now: Timestamp) {
        if let Some(folder) = self.folder(participant) {
            folder.on_name(name, now);
        }
    }

    /// Reads every folder whole.
    ///
    /// # Errors
    /// What the disk said of the first folder that could not be read; the others were read.
    pub fn scan_all(&mut self, now: Timestamp) -> io::Result<()> {
        let mut result = Ok(());
        for folder in &mut self.folders {
            let scanned = folder.scan(now);
            if result.is_ok() {
                result = scanned;
            }
        }
        result
    }

    /// From now on nothing is taken from these participants' folders; from all others again. What
    /// lies there stays, is looked at as ever, and keeps its order.
    pub fn pause(&mut self, participants: BTreeSet<ParticipantName>) {
        self.paused = participants;
    }

    /// When to call [`Queue::take_group`] next: `now` when something is ready, none when nothing is
    /// known that would become ready by itself.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let open = self.folders.iter().filter(|folder| !self.paused.contains(folder.participant()));
        let due = open.filter_map(|folder| folder.due(now)).min()?;
        Some(self.rest.map_or(due, |rest| due.max(rest)))
    }

    /// When all that was found by now is settled: `once` waits for that, one time for the batch.
    pub fn settled_at(&self) -> Option<Timestamp> {
        self.folders.iter().filter_map(DropFolder::settled_at).max()
    }

    /// What waits for its other half, by participant and name.
    pub fn waiting(&self) -> Vec<Waiting> {
        self.folders.iter().flat_map(DropFolder::waiting).collect()
    }

    /// As if enough time had passed since there was no handle left.
    #[cfg(test)]
    pub(super) fn rest_over(&mut self) {
        self.rest = None;
    }

    /// Takes the next group out of its senders' reach. `answered` tells what stays in its folder
    /// and has its answer already.
    pub fn take_group(
        &mut self,
        now: Timestamp,
        limits: GroupLimits,
        answered: &dyn Fn(&ParticipantName, &Key) -> bool,
    ) -> Group {
        let mut group = Group::default();
        let mut octets: u64 = 0;
        if self.rest.is_some_and(|rest| now < rest) {
            return group;
        }
        self.rest = None;
        // how many folders in a row had nothing more; all of them: done
        let mut quiet = 0;
        while quiet < self.folders.len() && group.arrivals.len() + group.refusals.len() < limits.documents.max(1) {
            let at = self.next % self.folders.len();
            let Some(folder) = self.folders.get_mut(at) else { break };
            if self.paused.contains(folder.participant()) {
                quiet += 1;
                self.next = at + 1;
                continue;
            }
            let left = (!group.is_empty()).then(|| limits.octets.saturating_sub(octets));
            let size = match folder.take_next(now, left, answered) {
                Step::Arrival(arrival) => {
                    let size = arrival.size();
                    group.arrivals.push(*arrival);
                    size
                }
                Step::Refusal(refusal) => {
                    let size = refusal.arrival.as_ref().map_or(0, Arrival::size);
                    group.refusals.push(*refusal);
                    size
                }
                Step::Nothing => {
                    quiet += 1;
                    self.next = at + 1;
                    continue;
                }
                // its turn comes first in the next group
                Step::TooMuch => break,
                Step::NoHandles => {
                    if group.is_empty() {
                        tracing::warn!("no file handle left to open a document with; trying again shortly");
                        self.rest = Some(now.saturating_add(Self::REST).unwrap_or(now));
                    }
                    break;
                }
            };
            quiet = 0;
            self.next = at + 1;
            octets = octets.saturating_add(size);
        }
        group
    }
}
