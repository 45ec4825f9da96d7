//! Drop folders: where an agency drops, and where its answers appear, without any network (S 5.1.2).
//!
//! Owns `in/`, `receipts/` and `.taken/` of one participant, held by handle since it was opened. What lies
//! on disk, and what a crash leaves ([`DropFolder::recover`]):
//!
//! | lies there | is | after a crash |
//! |---|---|---|
//! | `in/NAME` | the sender's | looked at again |
//! | `.taken/<id>~NAME` | taken, its id not known to the journal | given back as `in/NAME` |
//! | `.taken/<id>~NAME` | taken, its id known: safe | unlinked |
//! | `receipts/.<random>.part` | an answer being written | removed |
//!
//! Where `<id>~NAME` would be too long for the file system, it is `<id>~/NAME`.

pub(super) mod beneath;
mod custody;
mod entries;
pub(super) mod look;
mod outlet;
pub(super) mod sniff;
mod watch;

pub use custody::Recovered;
pub use look::signature_names;
pub use outlet::{Outlet, Published};
pub use sniff::carries_signature;
pub use watch::{Signal, Watch};

use super::{Arrival, Key, Refusal, Settings, Waiting};
use crate::advice::Advice;
use crate::document::{GivenName, ParticipantName, SubmissionId};
use crate::host::sandbox;
use beneath::{Beneath, Listing};
use custody::Custody;
use entries::{Entries, State};
use jiff::Timestamp;
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// One participant's drop folder.
#[derive(Debug)]
pub struct DropFolder {
    participant: ParticipantName,
    settings: Settings,
    path: PathBuf,
    home: Beneath,
    inward: Beneath,
    receipts: Outlet,
    custody: Custody,
    entries: Entries,
    scanning: Option<Scanning>,
    /// Whether a scan came to its end since it was opened or events were lost. Before, something older may lie there
    /// than what an event told of: nothing is taken until the scan under way has ended.
    is_known: bool,
    /// Names of files whose octets the disk does not give.
    unreadable: BTreeSet<OsString>,
}

/// A scan under way.
#[derive(Debug, Default)]
struct Scanning {
    /// None before the first slice.
    listing: Option<Listing>,
    /// It began before events were lost, or the folder was followed: what it has passed may lie there unseen, so
    /// another one is to follow, and only that one makes the folder known.
    again: bool,
}

/// What [`DropFolder::take_next`] came to.
pub(super) enum Step {
    /// A submission.
    Arrival(Box<Arrival>),
    /// An answer.
    Refusal(Box<Refusal>),
    /// Nothing is ready, or enough was looked at for one group.
    Nothing,
    /// The next one is larger than what is left of the group.
    TooMuch,
    /// The process can open no more files.
    NoHandles,
}

impl DropFolder {
    /// Opens the folder at `home`, which holds `in/` and `receipts/`; makes `.taken/` (mode 0700).
    ///
    /// # Errors
    /// When one of them is missing, is a link, or cannot be opened; the text names it.
    pub fn open(participant: ParticipantName, home: &Path, settings: Settings) -> io::Result<Self> {
        let named = |name: &str| {
            let path = home.join(name);
            move |errno: Errno| {
                let error = sandbox::told(io::Error::from(errno));
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            }
        };
        let path = home.to_owned();
        let home = Beneath::open(home).map_err(named(""))?;
        let inward = home.folder("in").map_err(named("in"))?;
        let receipts = home.folder("receipts").map_err(named("receipts"))?;
        let custody = Custody::open(&home, &inward).map_err(named(".taken"))?;
        let receipts = Outlet::new(receipts)?;
        Ok(Self {
            participant,
            settings,
            path,
            home,
            inward,
            receipts,
            custody,
            entries: Entries::default(),
            scanning: None,
            is_known: false,
            unreadable: BTreeSet::new(),
        })
    }

    /// Makes what is missing of the folder at `home`: itself, `in/` and `receipts/`, mode 0755 less
    /// the process's mask. The folder of all of them must be there. Whether anything was made.
    ///
    /// # Errors
    /// What the disk says; the text names the folder.
    pub fn make(home: &Path) -> io::Result<bool> {
        let mut made = false;
        for folder in [home.to_owned(), home.join("in"), home.join("receipts")] {
            match fs::DirBuilder::new().mode(0o755).create(&folder) {
                Ok(()) => made = true,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(io::Error::new(error.kind(), format!("{}: {error}", folder.display())));
                }
            }
        }
        Ok(made)
    }

    /// Whether the names lead to other folders than the ones that are held, or to none.
    pub fn is_replaced(&self) -> bool {
        !(self.home.is_at(&self.path)
            && self.home.still_holds("in", &self.inward)
            && self.receipts.still_stands(&self.home, "receipts"))
    }

    /// Whose folder it is.
    pub fn participant(&self) -> &ParticipantName {
        &self.participant
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// An event told that this name was closed after writing or moved in: it is taken at once.
    pub fn on_name(&mut self, name: &OsStr, now: Timestamp) {
        if is_upload(name) {
            tracing::debug!(participant = %self.participant, name = %GivenName::new(name), "upload under way");
            return;
        }
        match self.inward.stat(name) {
            Ok(stat) => {
                // our own giving back shows as moved in; that settles as if a scan had found it
                let told = !self.custody.was_returned(name);
                self.entries.note(name, &stat, now, told, &self.settings);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.entries.forget(name),
            Err(error) => self.complain(name, &error),
        }
    }

    /// Asks for a scan: the folder is read whole, a slice at a time by [`DropFolder::scan_slice`]. Nothing is taken
    /// before it has ended: it finds names in no order, and what it found first may settle before it finds an older
    /// one. One that is under way is enough, however long it takes.
    pub fn ask_scan(&mut self) {
        if self.scanning.is_none() {
            self.is_known = false;
            self.scanning = Some(Scanning::default());
        }
    }

    /// The same, where events may be missing: one that is under way may have passed what they would have told of, so
    /// another follows upon it, and ends first.
    pub fn ask_scan_first(&mut self) {
        self.is_known = false;
        let scanning = self.scanning.get_or_insert_default();
        scanning.again = scanning.listing.is_some();
    }

    /// Whether what lies there first is still to be found.
    pub(crate) fn is_to_be_known(&self) -> bool {
        !self.is_known && self.scanning.is_some()
    }

    /// Whether a scan is under way or asked for.
    pub fn is_scanning(&self) -> bool {
        self.scanning.is_some()
    }

    /// Goes on with the scan that was asked for: what no event told of is found, and at its end what is
    /// gone is forgotten. Whether it goes on still.
    ///
    /// # Errors
    /// When the folder cannot be read; the scan is over then.
    pub fn scan_slice(&mut self, now: Timestamp) -> io::Result<bool> {
        let Some(mut scanning) = self.scanning.take() else { return Ok(false) };
        let mut listing = match scanning.listing.take() {
            Some(listing) => listing,
            None => {
                self.custody.retry(&self.inward);
                self.entries.begin_scan();
                self.inward.listing()?
            }
        };
        let (entries, inward, settings) = (&mut self.entries, &self.inward, &self.settings);
        let participant = &self.participant;
        let mut unseen = None;
        let goes_on = listing.slice(&mut |name| {
            if is_upload(name) {
                tracing::debug!(%participant, name = %GivenName::new(name), "upload under way");
                return;
            }
            match inward.stat(name) {
                Ok(stat) => entries.note(name, &stat, now, false, settings),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    entries.keep(name);
                    tracing::warn!(advice = %Advice::FileLeft,
                        %participant, name = %GivenName::new(name), %error, "cannot be looked at");
                    unseen = unseen.take().or(Some(error));
                }
            }
        })?;
        if let Some(error) = unseen {
            return Err(error); // what cannot be seen is never answered: that must not pass for a folder in order
        }
        match goes_on {
            true => self.scanning = Some(Scanning { listing: Some(listing), ..scanning }),
            false => {
                self.entries.end_scan();
                self.is_known |= !scanning.again;
                self.scanning = scanning.again.then(Scanning::default);
            }
        }
        Ok(self.scanning.is_some())
    }

    /// Reads the folder whole at once.
    ///
    /// # Errors
    /// As [`DropFolder::scan_slice`].
    pub fn scan(&mut self, now: Timestamp) -> io::Result<()> {
        self.scanning = Some(Scanning::default());
        while self.scan_slice(now)? {}
        Ok(())
    }

    /// `now` when something is ready, else when the next thing becomes ready by itself.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        if self.is_to_be_known() { None } else { self.entries.due(now) }
    }

    /// When all that was found by now is settled.
    pub fn settled_at(&self) -> Option<Timestamp> {
        self.entries.settled_at()
    }

    /// What waits for its other half, by name.
    pub fn waiting(&self) -> Vec<Waiting> {
        let mut waiting: Vec<Waiting> = self
            .entries
            .iter()
            .filter_map(|(name, entry)| match entry.state {
                State::Waiting(until) => {
                    let (participant, what) = (self.participant.clone(), self.entries.missing(name, entry));
                    Some(Waiting { participant, name: GivenName::new(name), what, until })
                }
                _ => None,
            })
            .collect();
        waiting.sort_by(|a, b| a.name.cmp(&b.name));
        waiting
    }

    /// The submission is held safely: its source goes. Nothing in `in/` is touched, so a newer
    /// file of the same name stays. Doing it again does nothing.
    ///
    /// # Errors
    /// What the disk says; the files go at the next start then.
    pub fn release(&mut self, id: SubmissionId) -> io::Result<()> {
        self.custody.release(id)
    }

    /// The submission is not held (it changed while it was copied, or could not be kept): its
    /// files lie under their own names again. Where a name is taken by a newer file meanwhile, the
    /// older is given back once the name is free; `false` says so.
    ///
    /// # Errors
    /// What the disk says; the next scan tries again.
    pub fn give_back(&mut self, id: SubmissionId) -> io::Result<bool> {
        self.custody.give_back(id, &self.inward)
    }

    /// Gives back what could not be until now, where its name is free meanwhile; whether there was any. It is found by
    /// the next scan, before which each tries the same.
    pub fn give_back_stranded(&mut self) -> bool {
        self.custody.retry(&self.inward)
    }

    /// The disk does not give the octets of what was taken: it is given back, and answered where it lies.
    ///
    /// # Errors
    /// As [`DropFolder::give_back`].
    pub fn give_back_unreadable(&mut self, id: SubmissionId, name: &OsStr) -> io::Result<bool> {
        self.unreadable.insert(name.to_owned());
        self.give_back(id)
    }

    /// See [`Queue::recover`](super::Queue::recover).
    ///
    /// # Errors
    /// When `.taken/` cannot be read.
    pub fn recover(&mut self, known: &dyn Fn(SubmissionId) -> bool) -> io::Result<Recovered> {
        self.custody.recover(&self.inward, known)
    }

    /// An answer could not be given after all: what stays in the folder is to be answered again.
    pub fn unanswered(&mut self, refusal: &Refusal) {
        self.entries.set(refusal.name.as_os_str(), State::Ready);
    }

    /// Makes an answer appear in `receipts/`: complete when visible, never over another one, not
    /// synced. Publishing the same again is no error.
    ///
    /// # Errors
    /// What the disk says; `AlreadyExists` when other octets stand under this name;
    /// `InvalidInput` when `file_name` is no plain file name.
    pub fn publish(&self, file_name: &str, octets: &[u8]) -> io::Result<Published> {
        self.receipts.publish(file_name, octets)
    }

    /// A handle by which answers appear there, for other threads.
    pub fn outlet(&self) -> Outlet {
        self.receipts.clone()
    }

    /// Makes ready what has waited long enough; how much is ready now.
    pub(super) fn wake(&mut self, now: Timestamp) -> usize {
        if self.is_to_be_known() { 0 } else { self.entries.wake(now) }
    }

    /// Takes what is next in order, if it fits into `left` octets. `looks`: at so many more names it may
    /// look in vain for this group.
    pub(super) fn take_next(
        &mut self,
        now: Timestamp,
        left: Option<u64>,
        looks: &mut usize,
        answered: &dyn Fn(&ParticipantName, &Key) -> bool,
    ) -> Step {
        while *looks > 0
            && !self.is_to_be_known()
            && let Some(name) = self.entries.first_ready()
        {
            if let Some(step) = self.consider(&name, now, left, answered) {
                return step;
            }
            *looks -= 1;
        }
        Step::Nothing
    }

    fn complain(&self, name: &OsStr, error: &io::Error) {
        tracing::warn!(advice = %Advice::FileLeft,
            participant = %self.participant, name = %GivenName::new(name), %error, "cannot be looked at");
    }
}

/// Whether the name says that its upload is under way (CONTRACT 3).
pub fn is_upload(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") || [&b".part"[..], b".tmp", b".filepart"].iter().any(|ending| name.ends_with(ending))
}
