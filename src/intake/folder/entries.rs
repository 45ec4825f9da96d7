//! What is known of the names in one folder, in which order they are ready, and what they wait for.
//!
//! Owns names, facts and times. Never touches the disk and has no clock: both are arguments.

use crate::document::GivenName;
use crate::intake::{Facts, Missing, Settings};
use jiff::{SignedDuration, Timestamp};
use rustix::fs::{FileType, Stat};
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

/// Order within a participant: oldest first, by modification time, then by name (CONTRACT 3).
type Place = ((i64, u32), Arc<OsStr>);

#[derive(Debug, Default)]
pub(super) struct Entries {
    known: HashMap<Arc<OsStr>, Entry>,
    ready: BTreeSet<Place>,
    timers: BTreeSet<(Timestamp, Arc<OsStr>)>,
    /// Files that settle since they were found: they are ready next, and in this order.
    coming: BTreeSet<Place>,
    scan: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) facts: Facts,
    pub(super) kind: FileType,
    pub(super) links: u64,
    /// First sight of this inode under this name.
    pub(super) first_seen: Timestamp,
    /// First sight of these facts.
    pub(super) seen: Timestamp,
    /// Whether a signature stands inside, once that was looked up.
    pub(super) carries: Option<bool>,
    pub(super) state: State,
    scan: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// May still be written to; to be looked at then.
    Settling(Timestamp),
    /// To be looked at.
    Ready,
    /// Waits for its other half, or for content.
    Waiting(Timestamp),
    /// A signature whose document is there; whatever becomes of that decides.
    Companion,
    /// Stays where it is and has its answer.
    Answered,
}

impl Entry {
    /// Whether it is a file that can be taken, as far as the folder tells.
    pub(super) fn is_takeable(&self, size_max: u64) -> bool {
        self.kind.is_file() && self.links == 1 && self.facts.size <= size_max && self.state != State::Answered
    }

    /// Since when it waits: its modification time, or first sight when that lies ahead. What was
    /// seen by an earlier process, as by one `once` after the other, is remembered by the change
    /// time: no caller can set it.
    fn waits_from(&self) -> Timestamp {
        moment(self.facts.modified).min(moment(self.facts.changed)).min(self.first_seen)
    }

    /// From when on nothing changed about it.
    fn still_from(&self) -> Timestamp {
        moment(self.facts.changed).min(self.seen)
    }

    /// Until when it waits for its other half. Never less than settling: of two halves moved in
    /// with times long past, the first must not be refused before the second can arrive.
    pub(super) fn waits_until(&self, settings: &Settings) -> Timestamp {
        later(self.waits_from(), settings.pair_wait).max(later(self.still_from(), settings.settle))
    }
}

impl Entries {
    pub(super) fn get(&self, name: &OsStr) -> Option<&Entry> {
        self.known.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&OsStr, &Entry)> {
        self.known.iter().map(|(name, entry)| (name.as_ref(), entry))
    }

    /// Notes what stands under a name. `told`: an event says that its writer is done.
    pub(super) fn note(&mut self, name: &OsStr, stat: &Stat, now: Timestamp, told: bool, settings: &Settings) {
        let scan = self.scan;
        let facts = Facts::from(stat);
        let kind = FileType::from_raw_mode(stat.st_mode);
        // the types of these fields differ between architectures
        #[allow(clippy::unnecessary_cast)]
        let links = stat.st_nlink as u64;
        // what is no plain file is never urgent, and may be on its way to become one
        let told = told && kind.is_file() && links == 1;
        let mut first_seen = now;
        if let Some(before) = self.known.get_mut(name) {
            before.scan = scan;
            if (before.facts, before.links) == (facts, links) {
                if told && matches!(before.state, State::Settling(_)) {
                    self.set(name, State::Ready);
                }
                return;
            }
            if (before.facts.dev, before.facts.ino) == (facts.dev, facts.ino) {
                first_seen = before.first_seen;
            }
            self.leave(name);
        }
        let mut entry = Entry { facts, kind, links, first_seen, seen: now, carries: None, state: State::Ready, scan };
        let settled = later(entry.still_from(), settings.settle);
        if !told && settled > now {
            entry.state = State::Settling(settled);
        }
        let name: Arc<OsStr> = name.into();
        self.enter(&name, &entry);
        if matches!(entry.state, State::Settling(_)) && kind.is_file() && links == 1 {
            self.coming.insert((entry.facts.modified, name.clone()));
        }
        self.known.insert(name, entry);
    }

    /// Sees to it that the scan under way does not forget this name.
    pub(super) fn keep(&mut self, name: &OsStr) {
        if let Some(entry) = self.known.get_mut(name) {
            entry.scan = self.scan;
        }
    }

    pub(super) fn begin_scan(&mut self) {
        self.scan += 1;
    }

    /// Forgets what the scan did not find.
    pub(super) fn end_scan(&mut self) {
        let scan = self.scan;
        let gone: Vec<Arc<OsStr>> =
            self.known.iter().filter(|(_, entry)| entry.scan != scan).map(|(name, _)| name.clone()).collect();
        for name in gone {
            self.forget(&name);
        }
        // after a flood the room for it goes
        if self.known.capacity() > 1024 && self.known.len() < self.known.capacity() / 8 {
            self.known.shrink_to(1024);
        }
    }

    /// The name is gone.
    pub(super) fn forget(&mut self, name: &OsStr) {
        self.leave(name);
        self.known.remove(name);
        self.free_companions(name);
    }

    /// The signatures that waited on this name are looked at again.
    pub(super) fn free_companions(&mut self, name: &OsStr) {
        for signature in super::look::signature_names(name) {
            if self.known.get(signature.as_os_str()).is_some_and(|entry| entry.state == State::Companion) {
                self.set(&signature, State::Ready);
            }
        }
    }

    pub(super) fn set(&mut self, name: &OsStr, state: State) {
        self.leave(name);
        if let Some((name, entry)) = self.known.get_key_value(name) {
            let (name, mut entry) = (name.clone(), entry.clone());
            entry.state = state;
            self.enter(&name, &entry);
            self.known.insert(name, entry);
        }
    }

    pub(super) fn set_carries(&mut self, name: &OsStr, carries: bool) {
        if let Some(entry) = self.known.get_mut(name) {
            entry.carries = Some(carries);
        }
    }

    /// What a name that waits is waiting for.
    pub(super) fn missing(&self, name: &OsStr, entry: &Entry) -> Missing {
        if entry.facts.size == 0 {
            return Missing::Content(GivenName::new(name));
        }
        if let Some(document) = super::look::document_of(name) {
            return Missing::Half(GivenName::new(document));
        }
        let mut names = super::look::signature_names(name);
        match names.find(|name| self.get(name).is_some_and(|half| half.facts.size == 0)) {
            Some(half) => Missing::Content(GivenName::new(half)),
            None => Missing::Half(GivenName::new(super::look::signature_names(name).next().unwrap_or_default())),
        }
    }

    /// Makes ready whose time has come, all of it, since the oldest of all goes first; how much is ready.
    pub(super) fn wake(&mut self, now: Timestamp) -> usize {
        while self.timers.first().is_some_and(|(at, _)| *at <= now)
            && let Some((_, name)) = self.timers.pop_first()
        {
            if let Some(entry) = self.known.get_mut(&name) {
                entry.state = State::Ready;
                self.coming.remove(&(entry.facts.modified, name.clone()));
                self.ready.insert((entry.facts.modified, name));
            }
        }
        self.ready.len()
    }

    /// The oldest of all, if it is ready: what is settling still and comes before it in the folder's order is waited
    /// for, though an event said of this one that its writer is done.
    pub(super) fn first_ready(&self) -> Option<Arc<OsStr>> {
        let first = self.ready.first()?;
        self.coming.first().is_none_or(|coming| first < coming).then(|| first.1.clone())
    }

    pub(super) fn due(&self, now: Timestamp) -> Option<Timestamp> {
        match self.first_ready() {
            Some(_) => Some(now),
            None => self.timers.first().map(|(at, _)| *at),
        }
    }

    pub(super) fn settled_at(&self) -> Option<Timestamp> {
        let settling = self.known.values().filter_map(|entry| match entry.state {
            State::Settling(until) => Some(until),
            _ => None,
        });
        settling.max()
    }

    fn enter(&mut self, name: &Arc<OsStr>, entry: &Entry) {
        match entry.state {
            State::Ready => {
                self.ready.insert((entry.facts.modified, name.clone()));
            }
            State::Settling(at) | State::Waiting(at) => {
                self.timers.insert((at, name.clone()));
            }
            State::Companion | State::Answered => {}
        }
    }

    fn leave(&mut self, name: &OsStr) {
        let Some((name, entry)) = self.known.get_key_value(name) else { return };
        self.coming.remove(&(entry.facts.modified, name.clone()));
        match entry.state {
            State::Ready => self.ready.remove(&(entry.facts.modified, name.clone())),
            State::Settling(at) | State::Waiting(at) => self.timers.remove(&(at, name.clone())),
            State::Companion | State::Answered => false,
        };
    }
}

/// A file's time; what no calendar holds lies at its end.
fn moment((seconds, nanos): (i64, u32)) -> Timestamp {
    let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::new(seconds, i32::try_from(nanos).unwrap_or(0)).unwrap_or(end)
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    from.saturating_add(by).unwrap_or(Timestamp::MAX)
}
