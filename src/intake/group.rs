//! The queue over all folders: which submissions go on together, fair between participants.
//!
//! Owns the turns. Each participant has a queue of its own, in its own order. A group is made in a round,
//! one submission of each in turn; but who has only a few waiting does not share one with somebody's
//! backlog: the few have a group of their own, between two groups of the backlog. What is large goes alone.
//! Pure: it is driven by names, scans and the time it is given.

use super::folder::{DropFolder, Recovered, Step};
use super::{Arrival, GroupLimits, Key, Refusal};
use crate::advice::Advice;
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
    /// Whether the last group was of the few, so that a backlog has its turn now.
    backlog_is_next: bool,
    /// When something was taken of each folder while only a few waited there.
    few_at: Vec<Option<Timestamp>>,
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
    /// So many ready names or fewer are few: they cost a group of their own little.
    const FEW: usize = 8;
    /// So many names of one folder are looked at in vain for one group, at most: a look costs up to 20 µs,
    /// and most of a flood may only wait for its other half.
    const LOOKS: usize = 32;
    /// For so long somebody who dropped one or a few is taken to be about, and a backlog of another goes on
    /// in small steps ([`GroupLimits::beside`]). A minute: people and programs that file one by one.
    const ABOUT: SignedDuration = SignedDuration::from_mins(1);
    /// What is larger than this part of a group's octets goes alone.
    const LARGE_PART: u64 = 4;

    /// A queue over these folders, at most one for each participant.
    pub fn new(folders: Vec<DropFolder>) -> Self {
        let mut queue = Self {
            folders: Vec::new(),
            places: HashMap::new(),
            next: 0,
            paused: BTreeSet::new(),
            backlog_is_next: false,
            few_at: Vec::new(),
            rest: None,
        };
        folders.into_iter().for_each(|folder| queue.add(folder));
        queue
    }

    /// Adds the folder of a participant that was registered while the window runs. Where there is
    /// one already, that one stays: what was taken from it is known to it alone.
    pub fn add(&mut self, folder: DropFolder) {
        if let Entry::Vacant(place) = self.places.entry(folder.participant().clone()) {
            place.insert(self.folders.len());
            self.folders.push(folder);
            self.few_at.push(None);
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

    /// Gives back what could not be until now, where its name is free meanwhile; whether there was any.
    pub fn give_back_stranded(&mut self) -> bool {
        self.folders.iter_mut().fold(false, |any, folder| folder.give_back_stranded() | any)
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

    /// Goes on with the scans under way, one slice of each folder; whose came to an end, and how.
    pub fn scan_slices(&mut self, now: Timestamp) -> Vec<(ParticipantName, io::Result<()>)> {
        /// Of a folder of which nothing is taken before its scan has ended: some thousand names, a few milliseconds.
        const SLICES_FIRST: usize = 16;
        let mut ended = Vec::new();
        for folder in self.folders.iter_mut().filter(|folder| folder.is_scanning()) {
            let slices = if folder.is_to_be_known() { SLICES_FIRST } else { 1 };
            let mut last = Ok(true);
            for _ in 0..slices {
                last = folder.scan_slice(now);
                if !matches!(last, Ok(true)) {
                    break;
                }
            }
            match last {
                Ok(true) => {}
                Ok(false) => ended.push((folder.participant().clone(), Ok(()))),
                Err(error) => ended.push((folder.participant().clone(), Err(error))),
            }
        }
        ended
    }

    /// Whether any folder is being scanned.
    pub fn is_scanning(&self) -> bool {
        self.folders.iter().any(DropFolder::is_scanning)
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
        let ready = self.ready(now);
        let is_few = |count: &usize| (1..=Self::FEW).contains(count);
        let are_both = ready.iter().any(is_few) && ready.iter().any(|count| *count > Self::FEW);
        let of_few = !std::mem::take(&mut self.backlog_is_next);
        let takes_part = |at: usize| !are_both || ready.get(at).is_some_and(|count| is_few(count) == of_few);
        let is_about = |(at, since): (usize, &Option<Timestamp>)| {
            let is_backlog = ready.get(at).is_some_and(|count| *count > Self::FEW);
            !is_backlog && since.is_some_and(|since| now.duration_since(since) < Self::ABOUT)
        };
        let documents = match self.few_at.iter().enumerate().any(is_about) {
            true => limits.documents.min(limits.beside),
            false => limits.documents,
        };
        let group = self.take_of(now, GroupLimits { documents, ..limits }, answered, &takes_part);
        self.backlog_is_next = are_both && of_few;
        self.note_few(&ready, &group, now);
        group
    }

    /// Takes a group of those participants that have only a few waiting, beside one that was taken before
    /// of these `others`.
    pub fn take_few(
        &mut self,
        now: Timestamp,
        limits: GroupLimits,
        others: &BTreeSet<ParticipantName>,
        answered: &dyn Fn(&ParticipantName, &Key) -> bool,
    ) -> Group {
        let ready = self.ready(now);
        let is_few = |at: usize| ready.get(at).is_some_and(|count| (1..=Self::FEW).contains(count));
        let is_other: Vec<bool> = self.folders.iter().map(|folder| others.contains(folder.participant())).collect();
        let group = self.take_of(now, limits, answered, &|at| is_few(at) && is_other.get(at) == Some(&false));
        self.note_few(&ready, &group, now);
        group
    }

    /// Notes of whom only a few waited.
    fn note_few(&mut self, ready: &[usize], group: &Group, now: Timestamp) {
        let of_refusals = group.refusals.iter().map(|refusal| &refusal.participant);
        for participant in group.arrivals.iter().filter_map(Arrival::participant).chain(of_refusals) {
            if let Some(&at) = self.places.get(participant)
                && ready.get(at).is_some_and(|count| *count <= Self::FEW)
                && let Some(few_at) = self.few_at.get_mut(at)
            {
                *few_at = Some(now);
            }
        }
    }

    /// How much of each folder is ready; nothing of those that are left alone.
    pub fn ready(&mut self, now: Timestamp) -> Vec<usize> {
        let Self { folders, paused, .. } = self;
        let ready = |folder: &mut DropFolder| match paused.contains(folder.participant()) {
            true => 0,
            false => folder.wake(now),
        };
        folders.iter_mut().map(ready).collect()
    }

    fn take_of(
        &mut self,
        now: Timestamp,
        limits: GroupLimits,
        answered: &dyn Fn(&ParticipantName, &Key) -> bool,
        takes_part: &dyn Fn(usize) -> bool,
    ) -> Group {
        let mut group = Group::default();
        if self.rest.is_some_and(|rest| now < rest) {
            return group;
        }
        self.rest = None;
        let large = limits.octets / Self::LARGE_PART;
        let (mut octets, mut owed) = (0u64, None);
        // those in whose folders something may be left for this group, and at how much more is looked
        let is_open = |folder: &DropFolder| !self.paused.contains(folder.participant());
        let looks = |(at, folder): (usize, &DropFolder)| match takes_part(at) && is_open(folder) {
            true => Self::LOOKS,
            false => 0,
        };
        let mut looks: Vec<usize> = self.folders.iter().enumerate().map(looks).collect();
        while looks.iter().any(|looks| *looks > 0)
            && group.arrivals.len() + group.refusals.len() < limits.documents.max(1)
        {
            let at = self.next % self.folders.len();
            self.next = at + 1;
            let (Some(folder), Some(looks)) = (self.folders.get_mut(at), looks.get_mut(at)) else { break };
            if *looks == 0 {
                continue;
            }
            let left = (!group.is_empty()).then(|| limits.octets.saturating_sub(octets).min(large));
            let size = match folder.take_next(now, left, looks, answered) {
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
                    *looks = 0;
                    continue;
                }
                // the others go on; its turn comes first in the next group
                Step::TooMuch => {
                    *looks = 0;
                    owed = owed.or(Some(at));
                    continue;
                }
                Step::NoHandles => {
                    if group.is_empty() {
                        tracing::warn!(advice = %Advice::FileLeft,
                            "no file handle left to open a document with; trying again shortly");
                        self.rest = Some(now.saturating_add(Self::REST).unwrap_or(now));
                    }
                    break;
                }
            };
            octets = octets.saturating_add(size);
            if size > large {
                break;
            }
        }
        self.next = owed.unwrap_or(self.next);
        group
    }
}
