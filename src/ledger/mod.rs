//! The ledger: an index of the journal, for questions that must be answered at once.
//!
//! Owns `state/ledger`, a sled database. It may be thrown away at any time: it remembers up to
//! which place of the journal it has read, and [`Ledger::open`] reads on from there, or from the
//! first line when the place is not in this journal, or sled cannot open; both are logged. It
//! learns only from what is durable ([`Written`]), and never decides anything.
//!
//! One tree, so that what an event changes and the place behind it move together or not at all:
//!
//! | Key | Value |
//! |---|---|
//! | `p` | format and place in the journal |
//! | `s` order | the submission, as JSON |
//! | `o` order | nothing; it is open |
//! | `i` id | order |
//! | `c` participant, NUL, content digest | order of the submission by which this content stands |
//! | `d` participant, NUL, digests of document and detached signature | the same for octets |
//! | `r` receipt number | order |
//! | `x` participant, NUL, intake's key | order of what was refused in place |
//! | `u` order | accepted, and looked at again when revocation data is issued later, as JSON |
//! | `a` order | the id of what is accepted and not contested, as JSON |
//! | `n` | how many these are |
//! | `l` participant | number of its last receipt, and the receipt's place in the transparency log, as JSON |
//! | `k` fingerprint of a signer's certificate | where its path lies in evidence, as JSON |
//! | `f` digest of a file of the configuration | where it lies in evidence, as JSON |
//!
//! *Order* is the place of a submission's first line in the journal: its order of arrival.

mod accepted;
mod apply;
mod keys;
mod last;
mod unsettled;
#[cfg(test)]
mod tests;

pub use unsettled::{Place, Unsettled};

use crate::document::{Content, Decision, Digest, GivenName, ParticipantName, SubmissionId};
use crate::host::Disk;
use crate::journal::{
    Answered, Event, Held, Impossible, Journal, JournalError, KeptFile, Logged, Phase, Position, Reader,
    RefusedInPlace, Written,
};
use apply::Changes;
use last::Last;
use serde::{Deserialize, Serialize};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

/// A submission as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Where it stands.
    pub phase: Phase,
    /// How it came.
    pub arrival: Arrived,
    /// Answers given until now, held ones too.
    pub answers: u32,
    /// The last answer.
    pub last: Option<Answered>,
}

/// How a submission came into the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrived {
    /// It is in evidence.
    Held(Box<Held>),
    /// It was left where it lay.
    RefusedInPlace(Box<RefusedInPlace>),
}

impl Submission {
    /// Its id.
    pub fn id(&self) -> SubmissionId {
        match &self.arrival {
            Arrived::Held(held) => held.id,
            Arrived::RefusedInPlace(refused) => refused.id,
        }
    }

    /// The participant: as settled, else the one whose channel it came by.
    pub fn participant(&self) -> Option<&ParticipantName> {
        let settled = self.last.as_ref().and_then(|answered| answered.participant.as_ref());
        settled.or(match &self.arrival {
            Arrived::Held(held) => held.participant.as_ref(),
            Arrived::RefusedInPlace(refused) => Some(&refused.participant),
        })
    }

    /// The name of its document.
    pub fn name(&self) -> &GivenName {
        match &self.arrival {
            Arrived::Held(held) => &held.document.name,
            Arrived::RefusedInPlace(refused) => &refused.name,
        }
    }

    /// The last word on it.
    pub fn decision(&self) -> Option<Decision> {
        self.last.as_ref().map(|answered| answered.decision)
    }

    /// Whether something is left to do.
    pub fn is_open(&self) -> bool {
        self.phase != Phase::Closed
    }
}

/// What the ledger takes of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `ledger.cache_max`, octets of sled's page cache. 2 MiB: some thousand submissions; what is
    /// older is read from disk in well under a millisecond.
    pub cache_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_max: 2 * 1024 * 1024 }
    }
}

/// Why the ledger cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The journal could not be read, or is damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal tells what cannot be.
    #[error("ledger: {0}")]
    Impossible(#[from] Impossible),
    /// sled failed.
    #[error("ledger: {0}")]
    Sled(#[from] sled::Error),
    /// A record cannot be read back.
    #[error("ledger: a record is not of this format: {0}")]
    Record(String),
    /// The disk said no.
    #[error("ledger: {step} {}: {source}", path.display())]
    Disk {
        /// What was tried.
        step: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// The index. Give it every [`Written`], in order.
#[derive(Debug)]
pub struct Ledger {
    db: sled::Db,
    /// Goes after `db`.
    _last: Last,
    /// Up to where it has read, or the thread that reads on.
    reading: Mutex<Reading>,
}

#[derive(Debug)]
enum Reading {
    Stands(Position),
    On(JoinHandle<Result<Position, LedgerError>>),
    /// The thread failed, and whoever asked first was told why.
    Failed,
}

/// How [`Ledger::open`] came to the end of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was there already, or read on from where it stood: so many entries.
    CaughtUp(u64),
    /// It was made anew from the first line: so many entries.
    Rebuilt(u64),
}

impl Ledger {
    /// Opens the ledger beside its journal, and brings it to the journal's end. The journal's lock
    /// guards both.
    ///
    /// # Errors
    /// A damaged or impossible journal (the window halts); a disk on which no new ledger can be
    /// made. Never a ledger that is torn, behind or of another journal: that is mended here.
    pub fn open(
        disk: &Disk,
        state: &Path,
        journal: &Journal,
        settings: Settings,
    ) -> Result<(Self, Opened), LedgerError> {
        let folder = state.join("ledger");
        if !was_closed(disk, state)? && folder.exists() {
            // A loss of power may have kept of sled's writes the later ones and not the earlier, which sled does not
            // always see.
            tracing::info!("the last process did not end in order: the ledger is made anew from the journal");
            set_aside(&folder)?;
        }
        let attempt = || Self::catch_up(disk, state, journal, settings);
        let mut tries = 0;
        let why = loop {
            // sled is known to panic on some torn files at open (its issue 1387).
            match catch_unwind(AssertUnwindSafe(attempt)) {
                Ok(Ok(opened)) => return Ok(opened),
                // Nobody else may have it, since the journal's lock is ours; but sled's own threads
                // let go of it a little after its handle is dropped.
                Ok(Err(LedgerError::Sled(sled::Error::Io(error)))) if is_lock(&error) => {
                    tries += 1;
                    if tries == LOCK_TRIES_MAX {
                        return Err(LedgerError::Disk { step: "lock", path: folder, source: error });
                    }
                    std::thread::sleep(LOCK_PAUSE);
                }
                Ok(Err(error)) => break error.to_string(),
                Err(_) => break "sled panicked".to_owned(),
            }
        };
        set_aside(&folder)?;
        let (ledger, opened) = Self::catch_up(disk, state, journal, settings)?;
        let (Opened::CaughtUp(entries) | Opened::Rebuilt(entries)) = opened;
        tracing::warn!(why, entries, "the ledger could not be used and was made anew from the journal");
        Ok((ledger, Opened::Rebuilt(entries)))
    }

    fn catch_up(
        disk: &Disk,
        state: &Path,
        journal: &Journal,
        settings: Settings,
    ) -> Result<(Self, Opened), LedgerError> {
        let db = sled::Config::new()
            .path(state.join("ledger"))
            .cache_capacity(settings.cache_max)
            .flush_every_ms(None) // the journal is the truth; we flush when idle
            .open()?;
        let begin = keys::place(&db)?;
        let end = journal.end();
        if (begin.segment, begin.offset) > (end.segment, end.offset)
            || ((begin.segment, begin.offset) == (end.segment, end.offset) && begin.chain != end.chain)
        {
            return Err(LedgerError::Record("it has read what is not in this journal".to_owned()));
        }
        let mut reader = Reader::after(disk, state, begin)?;
        let entries = read_on(&db, &mut reader)?;
        db.flush()?;
        let opened = if begin.segment == 0 { Opened::Rebuilt(entries) } else { Opened::CaughtUp(entries) };
        Ok((Self::at(db, reader.position()), opened))
    }

    /// An index made from the first line on, kept nowhere: for a command that asks while another
    /// process may hold the journal. It knows what stood there when it was made.
    ///
    /// # Errors
    /// A damaged or impossible journal; what disk and sled say.
    pub fn glance(disk: &Disk, state: &Path, settings: Settings) -> Result<Self, LedgerError> {
        let db = sled::Config::new().temporary(true).cache_capacity(settings.cache_max).flush_every_ms(None).open()?;
        let mut reader = Reader::open(disk, state)?;
        read_on(&db, &mut reader)?;
        Ok(Self::at(db, reader.position()))
    }

    fn at(db: sled::Db, position: Position) -> Self {
        Self { _last: Last::of(&db), db, reading: Mutex::new(Reading::Stands(position)) }
    }

    /// Learns what has become durable.
    ///
    /// # Errors
    /// [`Impossible`], or sled's; the window halts, and the next start mends the ledger.
    pub fn apply(&mut self, written: &Written) -> Result<(), LedgerError> {
        self.apply_all([written])
    }

    /// The same, of several in their order: what changes twice is changed once.
    ///
    /// # Errors
    /// As [`Ledger::apply`].
    pub fn apply_all<'w>(&mut self, written: impl IntoIterator<Item = &'w Written>) -> Result<(), LedgerError> {
        let position = read_all(&self.db, self.position()?, written)?;
        self.reading = Mutex::new(Reading::Stands(position));
        Ok(())
    }

    /// The same, in a thread of its own where there is much to learn; the next question waits for it,
    /// and is told what went wrong.
    ///
    /// # Errors
    /// As [`Ledger::apply`].
    pub fn apply_aside(&mut self, written: Vec<Written>) -> Result<(), LedgerError> {
        /// Up to so many entries, a thread costs more than it gains.
        const AT_ONCE: usize = 16;
        if written.iter().map(|written| written.entries().len()).sum::<usize>() <= AT_ONCE {
            return self.apply_all(&written);
        }
        let (db, position) = (self.db.clone(), self.position()?);
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        let thread = thread.spawn(move || read_all(&db, position, &written));
        let disk = |source| LedgerError::Disk { step: "learn in a thread beside", path: PathBuf::new(), source };
        self.reading = Mutex::new(Reading::On(thread.map_err(disk)?));
        Ok(())
    }

    /// Whether these events may follow, in this order, upon what is known. Ask before they are
    /// written: what stands in the journal cannot be taken back, and a journal that tells what
    /// cannot be halts the window at every start.
    ///
    /// # Errors
    /// [`Impossible`], or sled's.
    pub fn check<'e>(&self, events: impl IntoIterator<Item = &'e Event>) -> Result<(), LedgerError> {
        let mut changes = Changes::new(&self.db); // dropped without a commit
        let mut position = self.position()?;
        for event in events {
            position.offset += 1; // only to tell them apart
            changes.take(event, position)?;
        }
        Ok(())
    }

    /// Writes to disk what it has learned; when idle, or at the end. A crash before costs only
    /// the time to read it again.
    ///
    /// # Errors
    /// sled's.
    pub fn flush(&self) -> Result<(), LedgerError> {
        self.position()?;
        self.db.flush()?;
        Ok(())
    }

    /// Closes it in order: only then is it believed at the next start.
    ///
    /// # Errors
    /// sled's, or the disk's; the next start makes it anew then.
    pub fn close(self, disk: &Disk, state: &Path) -> Result<(), LedgerError> {
        self.flush()?;
        drop(self);
        let path = closed(state);
        let made = disk.create(&path).and_then(|file| file.sync()).and_then(|()| disk.sync_folder(state));
        made.map_err(|source| LedgerError::Disk { step: "create", path, source })
    }

    /// The submission of this id.
    ///
    /// # Errors
    /// sled's, as for all that follow.
    pub fn state(&self, id: SubmissionId) -> Result<Option<Submission>, LedgerError> {
        self.by(keys::id(id))
    }

    /// The participant's submission by which this content stands: accepted, pending or held.
    pub fn find_content(&self, of: &ParticipantName, content: Content) -> Result<Option<Submission>, LedgerError> {
        self.by(keys::content(of, content))
    }

    /// The participant's submission of these very octets that was not rejected. It may be under
    /// way still, or a duplicate itself: look at its decision.
    pub fn find_octets(
        &self,
        of: Option<&ParticipantName>,
        document: Digest,
        detached: Option<Digest>,
    ) -> Result<Option<Submission>, LedgerError> {
        self.by(keys::octets(of, document, detached))
    }

    /// The submission to which this receipt was given.
    pub fn find_receipt(&self, number: &str) -> Result<Option<Submission>, LedgerError> {
        self.by(keys::receipt(number))
    }

    /// The last receipt of a participant that has a place in the transparency log: its number, and the place.
    pub fn last_receipt(&self, of: &ParticipantName) -> Result<Option<(String, Logged)>, LedgerError> {
        self.position()?;
        self.db.get(keys::last_receipt(of))?.map(|record| keys::read(&record)).transpose()
    }

    /// What was refused in this participant's folder under intake's key, and is not to be answered
    /// a second time.
    pub fn find_refused(&self, of: &ParticipantName, key: &str) -> Result<Option<Submission>, LedgerError> {
        self.by(keys::refused(of, key))
    }

    /// Everything with which something is left to do, in order of arrival: what a start begins with.
    pub fn open_submissions(&self) -> Result<Vec<Submission>, LedgerError> {
        self.position()?;
        let orders = self.db.scan_prefix([keys::OPEN]).keys();
        orders.filter_map(|order| self.record(order.map(|key| key[1..].to_vec())).transpose()).collect()
    }

    /// The last `n` submissions, the latest first.
    pub fn recent(&self, n: usize) -> Result<Vec<Submission>, LedgerError> {
        self.position()?;
        let records = self.db.scan_prefix([keys::SUBMISSION]).values().rev().take(n);
        records.map(|record| keys::read(&record?)).collect()
    }

    /// Where a file of the configuration lies in evidence, by its digest; none when it was never kept.
    pub fn kept_file(&self, sha256: Digest) -> Result<Option<KeptFile>, LedgerError> {
        self.position()?;
        self.db.get(keys::kept(sha256))?.map(|kept| keys::read(&kept)).transpose()
    }

    /// Up to where it has read the journal, once it has learned all that it was given.
    ///
    /// # Errors
    /// As [`Ledger::apply`], of what was learned aside.
    pub fn position(&self) -> Result<Position, LedgerError> {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Reading::Stands(position) = *reading {
            return Ok(position);
        }
        let position = match std::mem::replace(&mut *reading, Reading::Failed) {
            Reading::On(thread) => thread.join().unwrap_or_else(|_| Err(failed()))?,
            Reading::Stands(_) | Reading::Failed => return Err(failed()),
        };
        *reading = Reading::Stands(position);
        Ok(position)
    }

    fn by(&self, key: Vec<u8>) -> Result<Option<Submission>, LedgerError> {
        self.position()?;
        match self.db.get(key)? {
            Some(order) => self.record(Ok(order.to_vec())),
            None => Ok(None),
        }
    }

    fn record(&self, order: Result<Vec<u8>, sled::Error>) -> Result<Option<Submission>, LedgerError> {
        self.db.get(keys::submission(&order?))?.map(|record| keys::read(&record)).transpose()
    }
}

/// Takes what has become durable; up to where that is.
fn read_all<'w>(
    db: &sled::Db,
    mut position: Position,
    written: impl IntoIterator<Item = &'w Written>,
) -> Result<Position, LedgerError> {
    let mut changes = Changes::new(db);
    for (entry, behind) in written.into_iter().flat_map(Written::entries) {
        changes.take(&entry.event, *behind)?;
        position = *behind;
    }
    changes.commit()?;
    Ok(position)
}

fn failed() -> LedgerError {
    LedgerError::Record("it could not learn what was journalled".to_owned())
}

/// Takes every entry that the reader gives; counts them.
fn read_on(db: &sled::Db, reader: &mut Reader) -> Result<u64, LedgerError> {
    /// Entries whose changes are gathered before sled takes them together: a megabyte or so.
    const GATHER: u64 = 512;
    let mut changes = Changes::new(db);
    let mut entries = 0;
    while let Some((entry, position)) = reader.next()? {
        changes.take(&entry.event, position)?;
        entries += 1;
        if entries % GATHER == 0 {
            changes.commit()?;
        }
    }
    changes.commit()?;
    Ok(entries)
}

/// How often sled's lock is asked for, and the pause between: two seconds in all.
const LOCK_TRIES_MAX: u32 = 100;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// sled's word for a folder that another process has open.
fn is_lock(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.to_string().contains("could not acquire lock")
}

/// Where it is said that the ledger was closed in order.
fn closed(state: &Path) -> PathBuf {
    state.join("ledger.closed")
}

/// Whether it was closed in order; from here on that is not said any more.
fn was_closed(disk: &Disk, state: &Path) -> Result<bool, LedgerError> {
    let path = closed(state);
    match disk.unlink(&path).and_then(|()| disk.sync_folder(state)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(LedgerError::Disk { step: "delete", path, source }),
    }
}

/// Moves a ledger that cannot be used out of the way, in place of the one moved before: a person
/// may want to see what happened to it.
fn set_aside(folder: &Path) -> Result<(), LedgerError> {
    let aside = folder.with_extension("aside");
    let disk = |step, path: &Path, source| LedgerError::Disk { step, path: path.to_owned(), source };
    match std::fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(disk("delete", &aside, error)),
        _ => {}
    }
    match std::fs::rename(folder, &aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk("move aside", folder, error)),
        _ => Ok(()),
    }
}
