//! The watch: the kernel's events become signals. The only threads of intake.
//!
//! Owns the watcher and the bounded channel behind it. Decides nothing: an event only names what to
//! look at, and whatever goes wrong here becomes a rescan.

use super::{DropFolder, is_upload};
use crate::document::ParticipantName;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};

/// Most signals that wait to be read; past it a rescan stands for all of them. 16,384: as many as
/// the kernel keeps (`fs.inotify.max_queued_events`), about 2 MiB of names.
const SIGNALS_MAX: usize = 16_384;

/// What the watch has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// This name was closed after writing, or moved in.
    Name(ParticipantName, OsString),
    /// Events of this folder may be missing: scan it.
    Rescan(ParticipantName),
    /// Events may be missing anywhere: scan all.
    RescanAll,
}

/// Watches while it lives.
#[derive(Debug)]
pub struct Watch {
    /// None where this system has no inotify to give.
    watcher: Option<RecommendedWatcher>,
    paths: Paths,
    unwatched: BTreeMap<PathBuf, ParticipantName>,
}

/// Whose folder an event's path is.
type Paths = Arc<Mutex<HashMap<PathBuf, ParticipantName>>>;

/// The receiving end.
#[derive(Debug)]
pub struct Signals {
    receiver: Receiver<Signal>,
    lost: Arc<AtomicBool>,
    /// Kept so that a watch that never was is silent, not closed.
    _sender: Sender<Signal>,
}

impl Watch {
    /// Watches the very folders that were opened, whatever their names lead to by now. What cannot
    /// be watched is left to rescans, and said in the log.
    pub fn start(folders: &[DropFolder]) -> (Self, Signals) {
        let (sender, receiver) = channel(SIGNALS_MAX);
        let lost = Arc::new(AtomicBool::new(false));
        let signals = Signals { receiver, lost: lost.clone(), _sender: sender.clone() };
        let paths = Paths::default();
        let teller = Teller { sender, lost, paths: Arc::clone(&paths) };
        let watcher = notify::recommended_watcher(move |event| teller.tell(event))
            .inspect_err(|error| tracing::warn!(%error, "no file events on this system; folders are only rescanned"))
            .ok();
        let mut watch = Self { watcher, paths, unwatched: BTreeMap::new() };
        watch.follow(folders);
        (watch, signals)
    }

    /// Watches what was opened since, and no longer what was closed. Whether there was any of the
    /// first: such a folder is to be scanned once more, for what came before it was watched.
    pub fn follow(&mut self, folders: &[DropFolder]) -> bool {
        let open: HashMap<PathBuf, ParticipantName> =
            folders.iter().map(|folder| (folder.inward.own_path(), folder.participant.clone())).collect();
        let before = self.paths().clone();
        let before = before.iter().chain(&self.unwatched).map(|(path, whose)| (path.clone(), whose.clone()));
        let before: HashMap<PathBuf, ParticipantName> = before.collect();
        for (path, _) in before.iter().filter(|(path, whose)| open.get(*path) != Some(whose)) {
            self.unwatched.remove(path);
            if self.paths().remove(path).is_some()
                && let Some(watcher) = &mut self.watcher
            {
                // a folder that is gone is watched no longer by itself
                let _ = watcher.unwatch(path);
            }
        }
        let mut has_new = false;
        for (path, participant) in open.into_iter().filter(|(path, whose)| before.get(path) != Some(whose)) {
            has_new = true;
            self.paths().insert(path.clone(), participant.clone());
            let watched = match &mut self.watcher {
                Some(watcher) => watcher.watch(&path, RecursiveMode::NonRecursive).inspect_err(|error| {
                    tracing::warn!(%participant, %error, "the folder cannot be watched and is only rescanned");
                }),
                None => Err(notify::Error::generic("no file events on this system")),
            };
            if watched.is_err() {
                self.paths().remove(&path);
                self.unwatched.insert(path, participant);
            }
        }
        has_new
    }

    /// Whose folders are only rescanned.
    pub fn unwatched(&self) -> Vec<&ParticipantName> {
        let mut unwatched: Vec<_> = self.unwatched.values().collect();
        unwatched.sort();
        unwatched
    }

    fn paths(&self) -> MutexGuard<'_, HashMap<PathBuf, ParticipantName>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signals {
    /// The next signal. Waits for ever where nothing can be watched.
    pub async fn recv(&mut self) -> Signal {
        loop {
            if let Some(signal) = self.lost() {
                return signal;
            }
            if let Some(signal) = self.receiver.recv().await {
                return signal;
            }
        }
    }

    /// The next signal, if one is there.
    pub fn try_recv(&mut self) -> Option<Signal> {
        self.lost().or_else(|| self.receiver.try_recv().ok())
    }

    fn lost(&self) -> Option<Signal> {
        self.lost.swap(false, Ordering::AcqRel).then_some(Signal::RescanAll)
    }
}

/// Runs on the watcher's own thread.
struct Teller {
    sender: Sender<Signal>,
    lost: Arc<AtomicBool>,
    paths: Paths,
}

impl Teller {
    fn tell(&self, event: notify::Result<Event>) {
        let event = match event {
            Ok(event) if event.need_rescan() => return self.send(Signal::RescanAll),
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "file events may be missing; all folders are read");
                return self.send(Signal::RescanAll);
            }
        };
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {}
            // the folder itself was moved or removed: the scan says so
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
                for participant in event.paths.iter().filter_map(|path| self.whose(path)) {
                    self.send(Signal::Rescan(participant));
                }
                return;
            }
            _ => return,
        }
        for path in &event.paths {
            let participant = path.parent().and_then(|parent| self.whose(parent));
            // nobody is woken for an upload under way
            if let (Some(participant), Some(name)) = (participant, path.file_name().filter(|name| !is_upload(name))) {
                self.send(Signal::Name(participant, name.to_owned()));
            }
        }
    }

    fn whose(&self, folder: &Path) -> Option<ParticipantName> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).get(folder).cloned()
    }

    fn send(&self, signal: Signal) {
        if let Err(TrySendError::Full(_)) = self.sender.try_send(signal) {
            self.lost.store(true, Ordering::Release);
            // should all have been read in this moment, this wakes the reader
            let _ = self.sender.try_send(Signal::RescanAll);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{AccessKind, Flag};

    fn teller() -> (Teller, Signals) {
        let (sender, receiver) = channel(SIGNALS_MAX);
        let lost = Arc::new(AtomicBool::new(false));
        let paths = HashMap::from([(PathBuf::from("/proc/self/fd/9"), "azerenerji".parse().unwrap())]);
        let paths = Arc::new(Mutex::new(paths));
        let signals = Signals { receiver, lost: lost.clone(), _sender: sender.clone() };
        (Teller { sender, lost, paths }, signals)
    }

    fn closed(name: &str) -> notify::Result<Event> {
        let kind = EventKind::Access(AccessKind::Close(AccessMode::Write));
        Ok(Event::new(kind).add_path(PathBuf::from("/proc/self/fd/9").join(name)))
    }

    #[test]
    fn what_the_kernel_or_the_channel_loses_is_a_rescan() {
        let (teller, mut signals) = teller();
        teller.tell(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        teller.tell(Err(notify::Error::generic("gone")));
        assert_eq!([signals.try_recv(), signals.try_recv()], [Some(Signal::RescanAll), Some(Signal::RescanAll)]);
        for at in 0..=SIGNALS_MAX {
            teller.tell(closed(&format!("{at}.xml")));
        }
        assert_eq!(signals.try_recv(), Some(Signal::RescanAll), "first of all");
        let mut names = 0;
        while let Some(signal) = signals.try_recv() {
            assert!(matches!(signal, Signal::Name(..)), "{signal:?}");
            names += 1;
        }
        assert_eq!(names, SIGNALS_MAX);
    }

    #[test]
    fn only_what_is_complete_wakes_anybody() {
        let (teller, mut signals) = teller();
        for name in ["a.part", ".a"] {
            teller.tell(closed(name));
        }
        teller.tell(Ok(
            Event::new(EventKind::Access(AccessKind::Open(AccessMode::Any))).add_path("/proc/self/fd/9/a".into())
        ));
        assert_eq!(signals.try_recv(), None);
        teller.tell(closed("a"));
        assert_eq!(signals.try_recv(), Some(Signal::Name("azerenerji".parse().unwrap(), "a".into())));
        teller.tell(Ok(
            Event::new(EventKind::Modify(ModifyKind::Name(RenameMode::From))).add_path("/proc/self/fd/9".into())
        ));
        assert_eq!(signals.try_recv(), Some(Signal::Rescan("azerenerji".parse().unwrap())));
    }
}
