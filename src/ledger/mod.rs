//! The ledger: an index of the journal, for questions that must be answered at once.
//!
//! Owns `state/ledger`, a sled database, which keeps what is open or recent, and an index file beside each
//! closed segment of the journal (`ledger/older`), which answers for the rest. Both may be thrown away at any time:
//! sled remembers up to which place of the journal it has read, and [`Ledger::open`] reads on from there; when
//! the place is not in this journal, or sled cannot open, it begins anew with what the last index says is open;
//! an index that is missing is made of its segment. It learns only from what is durable ([`Written`]), and never
//! decides anything.
//!
//! What it learns it keeps in memory first, and gives it to sled when the window rests or there is much of it: until
//! then it mostly changes again. A ledger that was not closed in order is made anew, so nothing hangs on that.
//!
//! One tree. It is given what changed in small pieces and the place last, so a place is never ahead of what it stands
//! for:
//!
//! | Key | Value |
//! |---|---|
//! | `p` | format and place in the journal |
//! | `q` | up to which segment the indexes answer for what is not here |
//! | `s` order | the submission, as JSON |
//! | `o` order | nothing; it is open |
//! | `i` id | order |
//! | `c` participant, NUL, content digest | id of the submission by which this content stands; nothing: it fell |
//! | `d` participant, NUL, digests of document and detached signature | the same for octets |
//! | `r` receipt number | id |
//! | `x` participant, NUL, intake's key | id of what was refused in place |
//! | `u` order | accepted, and looked at again when revocation data is issued later, as JSON |
//! | `v` id | nothing; its acceptance is not looked at again, whatever an index says |
//! | `n` | how many are accepted or wait for an approval, and are not contested |
//! | `z` order | id of what was contested |
//! | `a` order | id of an approval that was taken |
//! | `l` participant | number of its last receipt, and the receipt's place in the transparency log, as JSON |
//! | `k` fingerprint of a signer's certificate | where its path lies in evidence, as JSON |
//! | `f` digest of a file of the configuration | where it lies in evidence, as JSON |
//!
//! *Order* is the place of a submission's first line in the journal: its order of arrival. Before the values of
//! `s i c d r x u v` stands the segment of their last change: once that has its index, they say what the index
//! says, and go (`ledger/tend.rs`); `s` and `i` only when nothing is left to do with the submission, and it is none of
//! the last [`Settings::recent`]. What is not here is asked of the indexes, from the newest back.

mod accepted;
mod apply;
mod keys;
mod last;
mod older;
mod tend;
mod unsettled;
mod view;
#[cfg(test)]
mod tests;

pub use older::{Fold, Indexes, Kind, Life, State};
pub use unsettled::{Place, Unsettled};
pub use view::View;

use crate::advice::Advice;
use crate::document::{Content, Decision, Digest, GivenName, ParticipantName, SubmissionId};
use crate::host::Disk;
use crate::journal::{
    Acted, Answered, Event, Held, Impossible, Journal, JournalError, KeptFile, Logged, Phase, Position, Reader,
    RefusedInPlace, Written,
};
use apply::Changes;
use jiff::Timestamp;
use last::Last;
use older::Older;
use serde::{Deserialize, Serialize};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tend::Tending;

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
    /// The archive unit in which it lies as it stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<String>,
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

impl Arrived {
    /// The submission's id.
    pub fn id(&self) -> SubmissionId {
        match self {
            Self::Held(held) => held.id,
            Self::RefusedInPlace(refused) => refused.id,
        }
    }
}

impl Submission {
    /// Its id.
    pub fn id(&self) -> SubmissionId {
        self.arrival.id()
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

    /// When it was received.
    pub fn received(&self) -> Timestamp {
        match &self.arrival {
            Arrived::Held(held) => held.received,
            Arrived::RefusedInPlace(refused) => refused.received,
        }
    }

    /// Where it stands, in one word.
    pub fn state(&self) -> State {
        match State::of(&self.phase, self.decision()) {
            State::Accepted if self.acted().is_some() => State::Approval,
            state => state,
        }
    }

    /// What it did, when it is an approval that was taken.
    pub fn acted(&self) -> Option<Acted> {
        self.last.as_ref().and_then(|last| last.acted)
    }

    /// Whether BOEMİS has a load of it that has not fallen: it is accepted, or waits for an approval.
    pub fn is_loaded(&self) -> bool {
        self.state().is_loaded()
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
    /// `ledger.recent`, a count: so many of the submissions that came last are kept in sled, though nothing is
    /// left to do with them. 1 000: people, and senders who repeat themselves, mostly speak of these; each takes
    /// about 3 KiB on disk.
    pub recent: usize,
    /// `ledger.sync_max`: a sync of sled that takes longer is given up, and the window stops to begin anew. 45 s: no
    /// disk that works takes so long for some MiB, and systemd's watchdog waits for 60.
    pub sync_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_max: 2 * 1024 * 1024, recent: 1000, sync_max: Duration::from_secs(45) }
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
    /// sled does not come back from a sync: a write of its own failed, and it waits for it.
    #[error(
        "ledger: sled has not written in {} s and is waited for no longer; the next start makes the ledger anew",
        patience.as_secs()
    )]
    NoAnswer {
        /// So long it was waited for.
        patience: Duration,
    },
    /// sled failed.
    #[error("ledger: {0}")]
    Sled(#[from] sled::Error),
    /// A record cannot be read back.
    #[error("ledger: a record is not of this format: {0}")]
    Record(String),
    /// An index file is not what was written, and made again it still is not.
    #[error("ledger: {} is not what was written", path.display())]
    Rotten {
        /// The file.
        path: PathBuf,
    },
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
    older: Arc<Older>,
    settings: Settings,
    tending: Tending,
    learning: Mutex<Learning>,
    /// Goes after all that has a handle of `db`.
    _last: Last,
}

/// What it has learned, or the thread that learns.
#[derive(Debug)]
enum Learning {
    Known(Box<Learned>),
    On(JoinHandle<Result<Box<Learned>, LedgerError>>),
    /// The thread failed, and whoever asked first was told why.
    Failed,
}

/// What sled does not have yet, and up to where that goes.
#[derive(Debug)]
struct Learned {
    changes: Changes,
    position: Position,
}

impl Learned {
    /// Takes what has become durable.
    fn take<'w>(&mut self, written: impl IntoIterator<Item = &'w Written>) -> Result<(), LedgerError> {
        /// Submissions that changed, kept in memory at most: 4 096, some ten megabytes.
        const CHANGED_MAX: usize = 4096;
        for (entry, behind) in written.into_iter().flat_map(Written::entries) {
            self.changes.take(&entry.event, *behind)?;
            self.position = *behind;
        }
        match self.changes.submissions() > CHANGED_MAX {
            true => self.changes.commit(),
            false => Ok(()),
        }
    }
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
        tracing::warn!(advice = %Advice::IndexAnew,
            why, entries, "the ledger could not be used and was made anew from the journal");
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
        // some damage sled tells only where it is read: all of it is, some MiB, before anything is believed
        for pair in db.iter() {
            pair?;
        }
        let mut begin = keys::place(&db)?;
        let end = journal.end();
        if (begin.segment, begin.offset) > (end.segment, end.offset)
            || ((begin.segment, begin.offset) == (end.segment, end.offset) && begin.chain != end.chain)
        {
            return Err(LedgerError::Record("it has read what is not in this journal".to_owned()));
        }
        let mut older = Older::open(disk, state, true)?;
        // What sled has given away is answered by the indexes alone; a new one begins where they end.
        let ends = older.ends()?;
        let is_behind = |end: Position| (begin.segment, begin.offset) < (end.segment, end.offset);
        // One that is far behind is begun anew, too: what lies between would fill it.
        let is_far = ends.last().is_some_and(|end| end.segment > begin.segment + FAR);
        let mut is_new = begin.segment == 0;
        if (is_new || is_far || is_behind(older.end()))
            && let Some(why) = older.unfit()?
        {
            tracing::warn!(advice = %Advice::IndexAnew,
                why, "the indexes of the journal do not fit it; all are made anew of its segments");
            older = Older::none(disk, state, true);
            is_new = true;
        }
        let needed = if begin.segment == 0 { 0 } else { keys::swept(&db)? };
        while older.covers() < needed
            && let Some(next) = older.next(&ends, true)?
        {
            older = next;
        }
        if older.covers() < needed {
            // who reads from the first line on will say what is missing
            return Err(LedgerError::Record("the journal's older segments are not what they were".to_owned()));
        }
        if is_new || is_far {
            older = older.all(&ends)?;
        }
        let older = Arc::new(older);
        let is_behind = is_behind(older.end());
        if is_behind {
            tend::begin_anew(&db, &older)?;
            begin = older.end();
        }
        let mut reader = Reader::after(disk, state, begin)?;
        let entries = read_on(&db, &older, &mut reader)?;
        last::flush(&db, settings.sync_max)?;
        let opened = if is_new || is_behind { Opened::Rebuilt(entries) } else { Opened::CaughtUp(entries) };
        let changes = Changes::new(Some(db.clone()), Arc::clone(&older));
        let learning = Learning::Known(Box::new(Learned { changes, position: reader.position() }));
        let (tending, learning) = (Tending::default(), Mutex::new(learning));
        Ok((Self { _last: Last::of(&db, settings.sync_max), db, older, settings, tending, learning }, opened))
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
        let mut learned = self.lend()?;
        learned.take(written)?;
        self.learning = Mutex::new(Learning::Known(learned));
        self.tend_if_full()
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
        self.tend_if_full()?;
        let mut learned = self.lend()?;
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        let thread = thread.spawn(move || learned.take(&written).map(|()| learned));
        let disk = |source| LedgerError::Disk { step: "learn in a thread beside", path: PathBuf::new(), source };
        self.learning = Mutex::new(Learning::On(thread.map_err(disk)?));
        Ok(())
    }

    /// Whether these events may follow, in this order, upon what is known. Ask before they are
    /// written: what stands in the journal cannot be taken back, and a journal that tells what
    /// cannot be halts the window at every start.
    ///
    /// # Errors
    /// [`Impossible`], or sled's.
    pub fn check<'e>(&self, events: impl IntoIterator<Item = &'e Event>) -> Result<(), LedgerError> {
        let mut position = self.settle()?;
        let mut changes = Changes::new(Some(self.db.clone()), Arc::clone(&self.older)); // dropped without a commit
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
        self.settle()?;
        last::flush(&self.db, self.settings.sync_max)
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
    /// sled's, or what keeps the journal's indexes from answering, as for all that follow.
    pub fn state(&self, id: SubmissionId) -> Result<Option<Submission>, LedgerError> {
        self.learned(|learned| Ok(learned.changes.known(id)?.map(|(.., submission)| submission)))
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

    /// The submission of these octets that came in this message.
    pub fn find_letter(
        &self,
        message_id: &str,
        document: Digest,
        detached: Option<Digest>,
    ) -> Result<Option<Submission>, LedgerError> {
        self.by(keys::letter(message_id, document, detached))
    }

    /// The submission to which this receipt was given.
    pub fn find_receipt(&self, number: &str) -> Result<Option<Submission>, LedgerError> {
        if let Some(id) = self.get(&keys::receipt(number))?.as_deref().and_then(keys::stands_by) {
            return self.state(id);
        }
        let is_it = |event: &Event| matches!(event, Event::Answered(answered) if answered.receipt.number == number);
        for id in self.older.meant(&[keys::text(number)])? {
            if self.older.entries(id)?.iter().any(|(entry, _)| is_it(&entry.event)) {
                return self.state(id);
            }
        }
        Ok(None)
    }

    /// The last receipt of a participant that has a place in the transparency log: its number, and the place.
    pub fn last_receipt(&self, of: &ParticipantName) -> Result<Option<(String, Logged)>, LedgerError> {
        self.get(&keys::last_receipt(of.as_str()))?.map(|record| keys::read(&record)).transpose()
    }

    /// The numbers of all participants' last receipts that have a place in the transparency log.
    pub fn last_receipts(&self) -> Result<Vec<String>, LedgerError> {
        self.position()?;
        let records = self.db.scan_prefix(keys::last_receipt("")).values();
        records.map(|record| Ok(keys::read::<(String, Logged)>(&record?)?.0)).collect()
    }

    /// What was refused in this participant's folder under intake's key, and is not to be answered
    /// a second time.
    pub fn find_refused(&self, of: &ParticipantName, key: &str) -> Result<Option<Submission>, LedgerError> {
        self.by(keys::refused(of, key))
    }

    /// The highest id that is known, of all submissions ever.
    pub fn newest(&self) -> Result<Option<SubmissionId>, LedgerError> {
        self.settle()?;
        let last = self.db.scan_prefix([keys::ID]).keys().next_back().transpose()?;
        let last = last.and_then(|key| key.get(1..)?.first_chunk::<16>().copied()).map(SubmissionId::from_octets);
        Ok(last.max(self.older.newest()))
    }

    /// Everything with which something is left to do, in order of arrival: what a start begins with.
    pub fn open_submissions(&self) -> Result<Vec<Submission>, LedgerError> {
        self.settle()?;
        let orders = self.db.scan_prefix([keys::OPEN]).keys();
        let submission = |order: Result<sled::IVec, sled::Error>| -> Result<Option<Submission>, LedgerError> {
            let record = self.db.get(keys::submission(&order?[1..]))?;
            record.map(|record| keys::read(keys::unstamped(&record)?.1)).transpose()
        };
        orders.filter_map(|order| submission(order).transpose()).collect()
    }

    /// The last `n` submissions, the latest first, as far as sled keeps them.
    pub fn recent(&self, n: usize) -> Result<Vec<Submission>, LedgerError> {
        self.settle()?;
        let records = self.db.scan_prefix([keys::SUBMISSION]).values().rev().take(n);
        records.map(|record| keys::read(keys::unstamped(&record?)?.1)).collect()
    }

    /// Where a file of the configuration lies in evidence, by its digest; none when it was never kept.
    pub fn kept_file(&self, sha256: Digest) -> Result<Option<KeptFile>, LedgerError> {
        self.get(&keys::kept(sha256))?.map(|kept| keys::read(&kept)).transpose()
    }

    /// Up to where it has read the journal, once it has learned all that it was given.
    ///
    /// # Errors
    /// As [`Ledger::apply`], of what was learned aside.
    pub fn position(&self) -> Result<Position, LedgerError> {
        self.learned(|learned| Ok(learned.position))
    }

    /// Gives sled all that was learned: whoever asks it for more than one key at a time, or lets something go, does so
    /// first. Up to where that is.
    fn settle(&self) -> Result<Position, LedgerError> {
        self.learned(|learned| learned.changes.commit().map(|()| learned.position))
    }

    /// The value of a key as it stands now.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        self.learned(|learned| learned.changes.get(key))
    }

    fn by(&self, key: Vec<u8>) -> Result<Option<Submission>, LedgerError> {
        self.learned(|learned| {
            let id = learned.changes.stands_by(&key)?;
            let known = id.map_or(Ok(None), |id| learned.changes.known(id))?;
            Ok(known.map(|(.., submission)| submission))
        })
    }

    fn learned<T>(&self, ask: impl FnOnce(&mut Learned) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        match &mut *self.known()? {
            Learning::Known(learned) => ask(learned),
            Learning::On(_) | Learning::Failed => Err(failed()),
        }
    }

    /// What it has learned, for who learns more: where that fails, it is not believed any more.
    fn lend(&mut self) -> Result<Box<Learned>, LedgerError> {
        match std::mem::replace(&mut *self.known()?, Learning::Failed) {
            Learning::Known(learned) => Ok(learned),
            Learning::On(_) | Learning::Failed => Err(failed()),
        }
    }

    /// Waits for what is being learned aside.
    fn known(&self) -> Result<MutexGuard<'_, Learning>, LedgerError> {
        let mut learning = self.learning.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*learning, Learning::Known(_)) {
            *learning = match std::mem::replace(&mut *learning, Learning::Failed) {
                Learning::On(thread) => Learning::Known(thread.join().unwrap_or_else(|_| Err(failed()))?),
                Learning::Known(_) | Learning::Failed => return Err(failed()),
            };
        }
        Ok(learning)
    }
}

/// The submission that people name so: by its id, or by the number of one of its receipts, which is looked up.
///
/// # Errors
/// What looking up says.
pub fn named(
    text: &str,
    of_receipt: impl FnOnce(&str) -> Result<Option<Submission>, LedgerError>,
) -> Result<Option<SubmissionId>, LedgerError> {
    match text.parse() {
        Ok(id) => Ok(Some(id)),
        Err(_) => Ok(of_receipt(text)?.map(|submission| submission.id())),
    }
}

fn failed() -> LedgerError {
    LedgerError::Record("it could not learn what was journalled".to_owned())
}

/// Takes every entry that the reader gives; counts them.
fn read_on(db: &sled::Db, older: &Arc<Older>, reader: &mut Reader) -> Result<u64, LedgerError> {
    /// Entries whose changes are gathered before sled takes them together: a megabyte or so.
    const GATHER: u64 = 512;
    let mut changes = Changes::new(Some(db.clone()), Arc::clone(older));
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

/// Closed segments that the ledger reads on from at a start, at most; before more it begins anew behind their indexes.
const FAR: u32 = 2;

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
