//! The watch: the kernel's events become signals, each folder's from a queue of its own.
//!
//! Owns one inotify queue for each folder. The kernel keeps them apart, so that one body's flood fills its
//! own queue and delays nobody else's event; when it runs over, that one folder is scanned. Only what is
//! complete is asked for: our own opening, taking and removing makes no event. Decides nothing: an event
//! only names what to look at, and whatever goes wrong here becomes a scan.

use super::{DropFolder, is_upload};
use crate::document::ParticipantName;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::future::poll_fn;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::task::Poll;
use tokio::net::unix::pipe::Receiver;

/// Octets read at once from one folder's queue: about a hundred events, so that a flood is taken in
/// slices. No less than the longest event (280 octets).
const SLICE: usize = 4096;

/// What is asked for: a writer closed it, it was moved in; and that the folder itself goes.
const ASKED: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);

/// What the watch has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// This name was closed after writing, or moved in.
    Name(ParticipantName, OsString),
    /// Events of this folder may be missing, or it is another one now: scan it.
    Rescan(ParticipantName),
}

/// Watches while it lives. Made and used within the runtime.
#[derive(Debug, Default)]
pub struct Watch {
    watched: BTreeMap<PathBuf, Watched>,
    unwatched: BTreeMap<PathBuf, ParticipantName>,
}

#[derive(Debug)]
struct Watched {
    participant: ParticipantName,
    events: Receiver,
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
            match Watched::begin(participant, &path) {
                Ok(watched) => drop(self.watched.insert(path, watched)),
                Err(error) => {
                    tracing::warn!(%participant, %error, "the folder cannot be watched and is only rescanned");
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
        let any = |watched: &Watched, context: &mut std::task::Context<'_>| {
            matches!(watched.events.poll_read_ready(context), Poll::Ready(Ok(_)))
        };
        poll_fn(|context| {
            // all of them are asked, so that each of them wakes us
            let ready = self.watched.values().filter(|watched| any(watched, context)).count();
            if ready > 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Reads one slice from the queue of each folder, whatever waits behind it: none has another's turn.
    pub fn read(&self, heard: &mut dyn FnMut(Signal)) {
        self.watched.values().for_each(|watched| watched.read(heard));
    }
}

impl Watched {
    fn begin(participant: &ParticipantName, path: &PathBuf) -> io::Result<Self> {
        let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        inotify::add_watch(&queue, path, ASKED)?;
        // it is read and waited for like a pipe
        Ok(Self { participant: participant.clone(), events: Receiver::from_owned_fd_unchecked(queue)? })
    }

    fn read(&self, heard: &mut dyn FnMut(Signal)) {
        let mut slice = [0; SLICE];
        let mut is_lost = false;
        match self.events.try_read(&mut slice) {
            Ok(count) => {
                for (mask, name) in events(slice.get(..count).unwrap_or_default()) {
                    // without a name: the queue ran over, or the folder itself was moved, removed or unmounted
                    is_lost |= name.is_empty();
                    // nobody is told of an upload under way, nor of a folder
                    if !name.is_empty() && !is_upload(name) && !mask.contains(ReadFlags::ISDIR) {
                        heard(Signal::Name(self.participant.clone(), name.to_owned()));
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                tracing::warn!(participant = %self.participant, %error, "file events may be missing");
                is_lost = true;
            }
        }
        if is_lost {
            heard(Signal::Rescan(self.participant.clone()));
        }
    }
}

/// The events in a slice, each with the name it speaks of, if any: inotify(7), `struct inotify_event`.
fn events(mut slice: &[u8]) -> impl Iterator<Item = (ReadFlags, &OsStr)> {
    let number = |octets: &[u8; 4]| u32::from_ne_bytes(*octets);
    std::iter::from_fn(move || {
        let (_watch, rest) = slice.split_first_chunk::<4>()?;
        let (mask, rest) = rest.split_first_chunk::<4>()?;
        let (_cookie, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (name, rest) = rest.split_at_checked(number(length) as usize)?;
        slice = rest;
        let name = name.split(|octet| *octet == 0).next().unwrap_or_default();
        Some((ReadFlags::from_bits_retain(number(mask)), OsStr::from_bytes(name)))
    })
}
