//! The journal: what happened, in order, and nothing else is the truth.
//!
//! Owns `state/journal`, append-only segments of checked and chained lines (the form is told in
//! `line.rs`). It holds digests and names, never content and never a FİN, so that content can be
//! destroyed lawfully (R 5.13) while the record stays whole.
//!
//! ```text
//! journal/00000001.log     9ae0daaf 0 ab12… {"journal":2,"segment":1,"previous":"0000…","leaves":0,"peaks":[]}
//!                          66b3a0c1 1 77fe… {"time":"2026-10-02T06:00:00Z","event":"held",…}
//! ```
//!
//! [`Journal::append`] only remembers; [`Journal::sync`] writes all that is remembered with one
//! write and one fdatasync, and gives back what has become durable as [`Written`]. Only from that
//! may the ledger learn, and only then may a source be released. Files are not grown ahead of
//! time: on ext4 a sync that also records a new length was measured as fast as one that does not.
//!
//! Two kinds of lines are leaves of the transparency log: what was decided, and the receipt that says so
//! ([`Event::is_leaf`]). Each header tells that tree as it stood before its segment.
//!
//! # What a crash leaves
//! A loss of power may tear the last, unsynced write. [`Journal::open`] cuts such a rest off, and
//! logs it; a break anywhere else is [`JournalError::Damaged`], and the window halts. How the two
//! are told apart stands at `Reader::is_torn_from`.
//!
//! # From each last line, what is done at start
//! | Last line of a submission | State | Done at start |
//! |---|---|---|
//! | none | the channel has the only copy | look at the channel again |
//! | `held` | [`Phase::Held`] | release the source (intake took it under this id), judge again at the recorded time |
//! | `deferred` | [`Phase::Deferred`] | the same, when its time comes |
//! | `answered` held | as before it | the same, and publish its receipt again from evidence |
//! | `refused-in-place` | [`Phase::Refused`] | answer it under this id |
//! | `decided` | as before it | as before it |
//! | `answered` | [`Phase::Answered`] | publish the receipt again from evidence; then `closed` |
//! | `closed` | [`Phase::Closed`] | nothing |
//! | `settled` | as before it | as before it |
//! | `contested` | [`Phase::Contested`] | take it out of what holds in BOEMİS, answer it so |
//! | `ruled` | [`Phase::Ruled`] | BOEMİS has it already: answer it so |
//!
//! Before anything is judged again the seal is asked: what it sealed as the next answer is that answer.
//! Beside it BOEMİS may hold a load mark: it is believed, whatever the last line says.

mod acts;
mod end;
mod event;
mod grounds;
mod kept;
mod line;
mod lines;
mod note;
mod phase;
mod read;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use acts::{ARCHIVED, NOTICE_SENT};
pub use event::{
    Acted, Answered, Contested, Decided, Entry, Event, Held, HeldFile, KeptFile, KeptPath, Logged, RefusedInPlace,
    Ruled, SealedReceipt, Source,
};
pub use grounds::InForce;
pub use lines::{Lines, ends, index_path};
pub use note::{Note, Noted};
pub use phase::{Impossible, Phase};
pub use read::Reader;

use crate::advice::Advice;
use crate::document::Digest;
use crate::forms::merkle::{self, Peaks};
use crate::host::{Appendix, Disk, Lock};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A place in the journal: behind a line, with the chain there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The segment; 0 before the first.
    pub segment: u32,
    /// Octets from its start.
    pub offset: u64,
    /// The chain of the line that ends here.
    pub chain: Digest,
}

/// How the journal is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `journal.segment_max`, octets: a segment that has grown past it is followed by a new one.
    /// 4 MiB, about 3,000 submissions: the last segment is verified at every start and read by every
    /// command that asks, in some hundredths of a second; the others have an index each.
    pub segment_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { segment_max: 4 * 1024 * 1024 }
    }
}

/// Why the journal could not be written or read. The text names the segment.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk said no; `step` says to what.
    #[error("journal: {step} {}: {source}", path.display())]
    Disk {
        /// What was tried.
        step: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// What stands there is not what was written. The window halts.
    #[error("journal: {} at octet {offset}: {what}", path.display())]
    Damaged {
        /// In which segment.
        path: PathBuf,
        /// Where the bad line begins.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A segment is gone. The window halts.
    #[error("journal: {} is missing, though {} is there", path.display(), next.display())]
    Missing {
        /// The one that is gone.
        path: PathBuf,
        /// The first after it.
        next: PathBuf,
    },
    /// Somebody relies on a place that this journal does not reach.
    #[error("journal: {} ends before octet {offset}", path.display())]
    Behind {
        /// The segment.
        path: PathBuf,
        /// The place.
        offset: u64,
    },
    /// Another process writes it.
    #[error("journal: {} is in use by another process", path.display())]
    InUse {
        /// The locked folder.
        path: PathBuf,
    },
    /// An event that cannot be written down: too long, or no JSON.
    #[error("journal: an event cannot be written: {0}")]
    Unwritable(String),
}

impl JournalError {
    fn disk<'a>(step: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Disk { step, path: path.to_owned(), source }
    }

    /// Whether the disk is full, as against broken.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Disk { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }

    /// Whether the record itself is wrong, so that the window must halt.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Missing { .. } | Self::Behind { .. })
    }
}

/// Entries that have become durable. Made only by [`Journal::sync`] and [`Journal::synced`].
#[derive(Debug)]
pub struct Written {
    entries: Vec<(Entry, Position)>,
    leaves: Vec<Leaf>,
    lasted: Option<Duration>,
}

/// A durable line that is a leaf of the transparency log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its place there, from 0.
    pub index: u64,
    /// Its hash.
    pub hash: Digest,
    /// What was hashed: the line's JSON.
    pub json: String,
}

impl Written {
    /// The entries, in order, each with the position behind it.
    pub fn entries(&self) -> &[(Entry, Position)] {
        &self.entries
    }

    /// Those of them that are leaves of the transparency log, in order.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// How long their write and its sync took; none where nothing was written.
    pub fn lasted(&self) -> Option<Duration> {
        self.lasted
    }
}

/// The only writer of the journal; it holds the lock by which a window has one process.
#[derive(Debug)]
pub struct Journal {
    disk: Disk,
    folder: PathBuf,
    settings: Settings,
    _lock: Lock,
    /// The segment being written; none before the first line of all.
    segment: Option<Arc<Mutex<Appendix>>>,
    end: Position,
    /// The transparency log up to there.
    peaks: Peaks,
    /// What of it the last segment had when it was opened, until somebody takes it.
    opened: Opened,
    pending: Vec<(Entry, Vec<u8>)>,
    /// Lines are on their way to the disk: where it ends is not known before they are there.
    is_syncing: bool,
}

/// The transparency log as a journal was opened with it: the tree at the beginning of the part that was read, and the
/// hashes of the leaves since.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// Up to the part that was read.
    pub before: Peaks,
    /// The leaves from there on, in order.
    pub leaves: Vec<Digest>,
    /// Why a window halted, where that is the very last line.
    pub last_halt: Option<String>,
}

/// Lines on their way to the disk.
#[derive(Debug)]
#[must_use = "nothing is journalled before it is synced"]
pub struct Unsynced {
    segment: Arc<Mutex<Appendix>>,
    path: PathBuf,
    lines: Vec<u8>,
    entries: Vec<(Entry, Position)>,
    leaves: Vec<Leaf>,
    peaks: Peaks,
    end: Position,
}

/// Lines that are durable; the journal is to hear of it ([`Journal::synced`]).
#[derive(Debug)]
pub struct Synced {
    entries: Vec<(Entry, Position)>,
    leaves: Vec<Leaf>,
    peaks: Peaks,
    end: Position,
    lasted: Duration,
}

impl Unsynced {
    /// One write, one fdatasync.
    ///
    /// # Errors
    /// As [`Journal::sync`].
    pub fn sync(self) -> Result<Synced, JournalError> {
        let Self { segment, path, lines, entries, leaves, peaks, end } = self;
        let begun = Instant::now();
        locked(&segment).commit(&lines).map_err(JournalError::disk("append to", &path))?;
        Ok(Synced { entries, leaves, peaks, end, lasted: begun.elapsed() })
    }
}

impl Opened {
    /// Reads to the end.
    fn of(reader: &mut Reader) -> Result<Self, JournalError> {
        let (known, mut leaves, mut last_halt) = (reader.peaks().cloned(), Vec::new(), None);
        while let Some((entry, _)) = reader.next()? {
            last_halt = match entry.event {
                Event::Halted { why } => Some(why),
                _ => None,
            };
            leaves.extend(reader.leaf().map(|(_, hash)| hash));
        }
        let before = known.or_else(|| reader.take_header()).unwrap_or_default();
        Ok(Self { before, leaves, last_halt })
    }
}

/// A segment has one owner at a time: its writer, or who syncs it.
fn locked(segment: &Mutex<Appendix>) -> MutexGuard<'_, Appendix> {
    segment.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// Locks and opens the journal in the window's state folder, verifies its last segment, and
    /// cuts off what a loss of power left of an unsynced write.
    ///
    /// # Errors
    /// [`JournalError::InUse`] beside another process; damage; what the disk says.
    pub fn open(disk: &Disk, state: &Path, settings: Settings) -> Result<Self, JournalError> {
        let folder = state.join("journal");
        disk.make_group_folder(&folder).map_err(JournalError::disk("make folder", &folder))?;
        let lock = disk.lock(&folder).map_err(JournalError::disk("lock", &folder))?;
        let lock = lock.ok_or_else(|| JournalError::InUse { path: folder.clone() })?;
        let mut reader = Reader::last_segment(disk, state)?;
        let mut opened = Opened::of(&mut reader)?;
        if reader.peaks().is_none() {
            // a segment of the format before there was a transparency log: all lines make the tree
            reader = Reader::open(disk, state)?;
            opened = Opened::of(&mut reader)?;
        }
        let peaks = reader.peaks().cloned().unwrap_or_default();
        let end = reader.position();
        let segment = match end.segment {
            0 => None,
            number => {
                let path = read::path(&folder, number);
                // The name may be younger than the last sync of the folder.
                disk.sync_folder(&folder).map_err(JournalError::disk("sync folder", &folder))?;
                let file = disk.open_or_create_for_group(&path).map_err(JournalError::disk("open", &path))?;
                let torn = file.len().map_err(JournalError::disk("read", &path))?.saturating_sub(end.offset);
                if torn > 0 {
                    tracing::warn!(
                        advice = %Advice::TornWrite,
                        segment = number,
                        offset = end.offset,
                        octets = torn,
                        "the journal ends in a write that was never finished; it is cut off"
                    );
                }
                let segment = Appendix::new(file, end.offset, reader.last_write());
                Some(Arc::new(Mutex::new(segment.map_err(JournalError::disk("cut", &path))?)))
            }
        };
        Ok(Self {
            disk: disk.clone(),
            folder,
            settings,
            _lock: lock,
            segment,
            end,
            peaks,
            opened,
            pending: Vec::new(),
            is_syncing: false,
        })
    }

    /// Remembers an event, to be written by the next [`Journal::sync`].
    ///
    /// # Errors
    /// [`JournalError::Unwritable`] when it makes a line too long; it is not remembered then.
    pub fn append(&mut self, time: Timestamp, event: Event) -> Result<(), JournalError> {
        let entry = Entry { time, event };
        let json = serde_json::to_vec(&entry).map_err(|error| JournalError::Unwritable(error.to_string()))?;
        if json.len() > line::LINE_MAX / 2 {
            return Err(JournalError::Unwritable(format!("{} octets are too many", json.len())));
        }
        self.pending.push((entry, json));
        Ok(())
    }

    /// Whether a write failed and could not be taken back: what of it a later process reads, nobody
    /// knows now. Nothing more is written by this handle.
    pub fn is_broken(&self) -> bool {
        self.segment.as_ref().is_some_and(|segment| locked(segment).is_broken())
    }

    /// Makes all that is remembered durable: one write, one fdatasync, and for a new segment one
    /// sync of the folder. Writes nothing when nothing is remembered.
    ///
    /// # Errors
    /// What the disk says. All that was remembered is forgotten then, and not in the journal; if
    /// even that could not be brought about, every later sync fails too, and what a next start
    /// finds is a whole journal that may have these events.
    pub fn sync(&mut self) -> Result<Written, JournalError> {
        match self.unsynced()? {
            Some(unsynced) => {
                let synced = unsynced.sync().inspect_err(|_| self.not_synced())?;
                Ok(self.synced(synced))
            }
            None => Ok(Written { entries: Vec::new(), leaves: Vec::new(), lasted: None }),
        }
    }

    /// All that is remembered, to be synced in another thread; none when nothing is. Then
    /// [`Journal::synced`] or [`Journal::not_synced`] must be told, and nothing is synced before that.
    ///
    /// # Errors
    /// As [`Journal::sync`].
    pub fn unsynced(&mut self) -> Result<Option<Unsynced>, JournalError> {
        if self.is_syncing {
            return Err(JournalError::Unwritable("the lines before it are not on the disk yet".to_owned()));
        }
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(None);
        }
        let (segment, number) = match &mut self.segment {
            Some(segment) if locked(segment).len() < self.settings.segment_max => (segment, self.end.segment),
            old => {
                // Not earlier: an empty segment is made only for a line that is about to be written.
                let number = self.end.segment + 1;
                let path = read::path(&self.folder, number);
                let file = self.disk.open_or_create_for_group(&path).map_err(JournalError::disk("create", &path))?;
                self.disk.sync_folder(&self.folder).map_err(JournalError::disk("sync folder", &self.folder))?;
                let segment = Appendix::new(file, 0, 0).map_err(JournalError::disk("create", &path))?;
                self.end = Position { segment: number, offset: 0, ..self.end };
                (old.insert(Arc::new(Mutex::new(segment))), number)
            }
        };
        let mut position = self.end;
        let mut lines = Vec::new();
        let mut place = 0;
        if position.offset == 0 {
            position.chain = line::write_header(&mut lines, number, position.chain, &self.peaks)
                .map_err(|error| JournalError::Unwritable(error.to_string()))?;
            place = 1;
        }
        let (mut entries, mut leaves, mut peaks) = (Vec::with_capacity(pending.len()), Vec::new(), self.peaks.clone());
        for (place, (entry, json)) in (place..).zip(pending) {
            position.chain = line::write(&mut lines, place, position.chain, &json);
            position.offset = self.end.offset + lines.len() as u64;
            if entry.event.is_leaf() {
                let (index, hash) = (peaks.size(), merkle::leaf(&json));
                peaks.push(hash, |_, _, _| {});
                let json = String::from_utf8(json).map_err(|error| JournalError::Unwritable(error.to_string()))?;
                leaves.push(Leaf { index, hash, json });
            }
            entries.push((entry, position));
        }
        self.is_syncing = true;
        let path = read::path(&self.folder, number);
        Ok(Some(Unsynced { segment: Arc::clone(segment), path, lines, entries, leaves, peaks, end: position }))
    }

    /// Hears that what [`Journal::unsynced`] gave away is durable.
    pub fn synced(&mut self, synced: Synced) -> Written {
        self.is_syncing = false;
        (self.end, self.peaks) = (synced.end, synced.peaks);
        Written { entries: synced.entries, leaves: synced.leaves, lasted: Some(synced.lasted) }
    }

    /// Hears that it is not, and will not be.
    pub fn not_synced(&mut self) {
        self.is_syncing = false;
    }

    /// Forgets what is remembered and not yet written.
    pub fn forget(&mut self) {
        self.pending.clear();
    }

    /// The transparency log over all that is durable.
    pub fn peaks(&self) -> &Peaks {
        &self.peaks
    }

    /// What opening read of the transparency log; the second time, nothing.
    pub fn take_opened(&mut self) -> Opened {
        std::mem::take(&mut self.opened)
    }

    /// Where the journal ends; all before it is durable.
    pub fn end(&self) -> Position {
        self.end
    }
}
