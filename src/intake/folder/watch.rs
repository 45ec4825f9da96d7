//! The watch: the kernel's events become signals, each folder's from a watcher of its own.
//!
//! Owns one watcher for each folder, which is one inotify queue and the thread that empties it, and a bounded mailbox
//! behind it. They are kept apart, so that one body's flood fills its own and delays nobody else's event; when either
//! runs over, that one folder is scanned. Decides nothing: an event only names what to look at, and whatever goes
//! wrong here becomes a scan.

use super::{DropFolder, is_upload};
use crate::advice::Advice;
use crate::document::ParticipantName;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Names read at once from one folder's mailbox, so that a flood is taken in slices.
const SLICE: usize = 100;
/// Most names that wait in a mailbox; past it a scan stands for all of them. 16,384: as many events as the kernel
/// keeps (`fs.inotify.max_queued_events`), about 2 MiB of names.
const NAMES_MAX: usize = 16_384;

/// What the watch has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// This name was closed after writing, or moved in.
    Name(ParticipantName, OsString),
    /// Events of this folder may be missing, or it is another one now: scan it.
    Rescan(ParticipantName),
}

/// Watches while it lives.
#[derive(Debug, Default)]
pub struct Watch {
    watched: BTreeMap<PathBuf, Watched>,
    unwatched: BTreeMap<PathBuf, ParticipantName>,
    /// Told of every signal.
    bell: Arc<Notify>,
}

#[derive(Debug)]
struct Watched {
    participant: ParticipantName,
    mailbox: Arc<Mailbox>,
    /// Watches until it is dropped.
    _watcher: RecommendedWatcher,
}

/// What a watcher's thread has told, and nobody has read.
#[derive(Debug, Default)]
struct Mailbox {
    told: Mutex<Told>,
    bell: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Told {
    names: VecDeque<OsString>,
    /// Whether something is missing.
    is_lost: bool,
}

impl Watch {
    /// Watches the very folders that were opened, whatever their names lead to by now. What cannot
    /// be watched is left to rescans, and said in the log.
    pub fn start(folders: &[DropFolder]) -> Self {
        let mut watch = Self::default();
        watch.follow(folders);
        watch
    }

    /// Watches what was opened since, and no longer what was closed; whose folders came new: such a one is
    /// to be scanned once more, for what came before it was watched.
    pub fn follow(&mut self, folders: &[DropFolder]) -> Vec<ParticipantName> {
        let open: BTreeMap<PathBuf, &ParticipantName> =
            folders.iter().map(|folder| (folder.inward.own_path(), &folder.participant)).collect();
        self.watched.retain(|path, watched| open.get(path) == Some(&&watched.participant));
        self.unwatched.retain(|path, participant| open.get(path) == Some(&&*participant));
        let mut new = Vec::new();
        for (path, participant) in open {
            if self.watched.contains_key(&path) || self.unwatched.contains_key(&path) {
                continue;
            }
            new.push(participant.clone());
            match Watched::begin(participant, &path, &self.bell) {
                Ok(watched) => drop(self.watched.insert(path, watched)),
                Err(error) => {
                    tracing::warn!(advice = %Advice::FolderRescanned,
                        %participant, %error, "the folder cannot be watched and is only rescanned");
                    self.unwatched.insert(path, participant.clone());
                }
            }
        }
        new
    }

    /// Whose folders are only rescanned.
    pub fn unwatched(&self) -> Vec<&ParticipantName> {
        let mut unwatched: Vec<_> = self.unwatched.values().collect();
        unwatched.sort();
        unwatched
    }

    /// Waits until there is something to read. For ever where nothing can be watched.
    pub async fn ready(&self) {
        while self.watched.values().all(|watched| watched.mailbox.told().is_empty()) {
            self.bell.notified().await;
        }
    }

    /// Reads one slice from the mailbox of each folder, whatever waits behind it: none has another's turn.
    pub fn read(&self, heard: &mut dyn FnMut(Signal)) {
        for Watched { participant, mailbox, .. } in self.watched.values() {
            let (names, is_lost) = mailbox.told().slice();
            names.into_iter().for_each(|name| heard(Signal::Name(participant.clone(), name)));
            if is_lost {
                heard(Signal::Rescan(participant.clone()));
            }
        }
    }
}

impl Watched {
    fn begin(participant: &ParticipantName, path: &Path, bell: &Arc<Notify>) -> notify::Result<Self> {
        let mailbox = Arc::new(Mailbox { told: Mutex::default(), bell: Arc::clone(bell) });
        let (to, folder) = (Arc::clone(&mailbox), path.to_owned());
        let mut watcher = notify::recommended_watcher(move |event| to.take(event, &folder))?;
        watcher.watch(path, RecursiveMode::NonRecursive)?;
        Ok(Self { participant: participant.clone(), mailbox, _watcher: watcher })
    }
}

impl Mailbox {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs on the watcher's own thread.
    fn take(&self, event: notify::Result<Event>, folder: &Path) {
        let is_told = match event {
            Ok(event) => self.told().take(event, folder),
            Err(error) => {
                tracing::warn!(advice = %Advice::FolderRescanned,
                    %error, "file events may be missing; the folder is scanned");
                self.told().lose()
            }
        };
        if is_told {
            self.bell.notify_one();
        }
    }
}

impl Told {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.is_lost
    }

    /// The names of one slice, and whether something is missing.
    fn slice(&mut self) -> (Vec<OsString>, bool) {
        let count = self.names.len().min(SLICE);
        (self.names.drain(..count).collect(), std::mem::take(&mut self.is_lost))
    }

    fn lose(&mut self) -> bool {
        self.is_lost = true;
        true
    }

    /// Whether there is something new to read.
    fn take(&mut self, event: Event, folder: &Path) -> bool {
        if event.need_rescan() {
            return self.lose();
        }
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {}
            // the folder itself was moved or removed: the scan says so
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
                return event.paths.iter().any(|path| path == folder) && self.lose();
            }
            // our own opening, taking and removing, and what is not complete
            _ => return false,
        }
        let names = event.paths.iter().filter(|path| path.parent() == Some(folder)).filter_map(|path| path.file_name());
        let before = self.names.len();
        // nobody is told of an upload under way
        for name in names.filter(|name| !is_upload(name)) {
            if self.names.len() >= NAMES_MAX {
                return self.lose();
            }
            self.names.push_back(name.to_owned());
        }
        self.names.len() > before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::Flag;

    const FOLDER: &str = "/proc/self/fd/9";

    fn closed(name: &str) -> notify::Result<Event> {
        let kind = EventKind::Access(AccessKind::Close(AccessMode::Write));
        Ok(Event::new(kind).add_path(Path::new(FOLDER).join(name)))
    }

    fn told(mailbox: &Mailbox) -> (Vec<OsString>, bool) {
        let (mut all, mut is_lost) = (Vec::new(), false);
        while !mailbox.told().is_empty() {
            let (names, lost) = mailbox.told().slice();
            assert!(names.len() <= SLICE);
            all.extend(names);
            is_lost |= lost;
        }
        (all, is_lost)
    }

    #[test]
    fn what_the_kernel_or_the_mailbox_loses_is_a_scan() {
        let (mailbox, folder) = (Mailbox::default(), Path::new(FOLDER));
        mailbox.take(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)), folder);
        assert_eq!(told(&mailbox), (vec![], true));
        mailbox.take(Err(notify::Error::generic("gone")), folder);
        assert_eq!(told(&mailbox), (vec![], true));
        (0..=NAMES_MAX).for_each(|at| mailbox.take(closed(&format!("{at}.xml")), folder));
        let (names, is_lost) = told(&mailbox);
        assert!(names.len() == NAMES_MAX && is_lost);
    }

    #[test]
    fn only_what_is_complete_wakes_anybody() {
        let (mailbox, folder) = (Mailbox::default(), Path::new(FOLDER));
        ["a.part", ".a"].into_iter().for_each(|name| mailbox.take(closed(name), folder));
        let opened = EventKind::Access(AccessKind::Open(AccessMode::Any));
        mailbox.take(Ok(Event::new(opened).add_path(folder.join("a"))), folder);
        let removed = EventKind::Remove(notify::event::RemoveKind::File);
        mailbox.take(Ok(Event::new(removed).add_path(folder.join("a"))), folder);
        assert_eq!(told(&mailbox), (vec![], false));
        mailbox.take(closed("a"), folder);
        assert_eq!(told(&mailbox), (vec!["a".into()], false));
        let moved = EventKind::Modify(ModifyKind::Name(RenameMode::From));
        mailbox.take(Ok(Event::new(moved).add_path(folder.to_owned())), folder);
        assert_eq!(told(&mailbox), (vec![], true));
    }
}
