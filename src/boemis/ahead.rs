//! Ahead: the rows of a long statement, written beside the groups and before their mark.
//!
//! A row without a mark is seen by nobody: views join the marks. So a long statement's rows are written in short
//! transactions between those of the groups, by a connection of their own, and its group writes the mark alone: what
//! is loaded is still decided by one transaction, and nobody waits for another's million rows. What a crash leaves
//! without a mark is swept before the next rows are written so. Owns who may write when, and what was written ahead.
//! Never writes a mark, and never decides what may be loaded.
//!
//! Where nobody else does, that begins while the document is still being read: what it comes to is not known then, and
//! what is rejected is swept as what a crash left.
//!
//! In SQLite alone. PostgreSQL takes rows in one COPY behind their mark, at some hundred thousand a second; of them
//! only the digest is made ahead.

use super::{Fault, Location, Settings, rows, sqlite};
use crate::document::{Content, DatasetName, Digest, SubmissionId};
use crate::schema::{Datasets, Record, Records, Statement};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// What whoever writes ahead shares with the loader. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Ahead(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    turns: Mutex<Turns>,
    ended: Condvar,
    written: Mutex<HashMap<SubmissionId, Written>>,
    /// Numbers of rows that no mark will be written for.
    useless: Mutex<Vec<i64>>,
    /// Whether all that earlier processes left was swept.
    is_swept: AtomicBool,
    /// One statement at a time.
    alone: Arc<tokio::sync::Mutex<()>>,
}

/// The right to ask the database something beside the loader, or to write ahead, until it is dropped.
#[derive(Debug)]
pub struct Entered {
    _alone: OwnedMutexGuard<()>,
}

#[derive(Debug, Default)]
struct Turns {
    is_taken: bool,
    /// Whether nothing more is to be written ahead.
    is_ended: bool,
    /// Groups that wait for their turn.
    waiting: usize,
}

/// Rows that stand without a mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// Of what.
    pub(super) content: Content,
    /// Under which number their mark is to stand; none where they were only digested.
    pub(super) number: Option<i64>,
    /// Their digest.
    pub(super) rows: Digest,
    /// How many they are.
    pub(super) records: u64,
}

/// The records of a long statement.
pub(super) enum Source {
    /// As they lie.
    Lying(Records),
    /// As they are read.
    Coming(Box<dyn Iterator<Item = io::Result<Cow<'static, [Record]>>> + Send>),
}

impl Source {
    /// Gives them piece by piece, until `take` fails.
    pub(super) fn each(self, mut take: impl FnMut(Cow<'_, [Record]>) -> Result<(), Fault>) -> Result<(), Fault> {
        match self {
            Self::Lying(records) => records.pieces().try_for_each(|piece| take(piece.map_err(rows::gone)?)),
            Self::Coming(mut pieces) => pieces.try_for_each(|piece| take(piece.map_err(rows::gone)?)),
        }
    }
}

/// What is swept before rows are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep<'a> {
    /// Numbers of rows that wait for their marks.
    pub(super) spared: &'a [i64],
    /// Numbers of rows that are of no use any more.
    pub(super) useless: &'a [i64],
    /// Whether any rows without a mark are, but for those that are spared.
    pub(super) sweeps_all: bool,
}

/// Statements that may wait for their marks: of more the oldest are of no use, since a mark is written as the last of
/// all or not behind its rows.
const WAITING: usize = 4;

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Shared>);

impl Ahead {
    /// Writes the rows of a statement that was foreseen to hold. Whoever loads it under this id and with this content
    /// finds them; where they cannot be written, it is loaded as any other.
    ///
    /// # Errors
    /// The database is away or damaged, or the records do not fit their dataset.
    pub async fn write(
        &self,
        (location, settings): (&Location, &Settings),
        datasets: &Datasets,
        (id, content): (SubmissionId, Content),
        statement: &Statement,
    ) -> Result<(), Fault> {
        let Location::Sqlite(path) = location else { return Ok(()) };
        let entered = self.enter().await?;
        let about = (&statement.key.dataset, id, content);
        let source = Source::Lying(statement.records.clone());
        let written = self.write_rows((path, settings), datasets, about, source).await;
        drop(entered);
        written
    }

    /// The same while the statement is still being read: of the records that come, up to the empty piece which says
    /// that they are all. Where only the digest can be made ahead, that is made. Whoever has rows written so has
    /// entered ([`Ahead::enter_at_once`]).
    ///
    /// # Errors
    /// As [`Ahead::write`]; and when they come to no end, or all that is written ahead is to.
    pub async fn follow(
        &self,
        (location, settings): (&Location, &Settings),
        datasets: &Datasets,
        (dataset, id, content): (&DatasetName, SubmissionId, Content),
        records: Receiver<Vec<Record>>,
    ) -> Result<(), Fault> {
        let broken_off = |why: &str| Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, why.to_owned())));
        let ahead = self.clone();
        let pieces = std::iter::from_fn(move || match records.recv() {
            Ok(_) if ahead.turns().is_ended => broken_off("the window closes"),
            Ok(piece) if piece.is_empty() => None,
            Ok(piece) => Some(Ok(Cow::Owned(piece))),
            Err(_) => broken_off("the document has a fault"),
        });
        match location {
            Location::Sqlite(path) => {
                let source = Source::Coming(Box::new(pieces));
                self.write_rows((path, settings), datasets, (dataset, id, content), source).await
            }
            Location::Postgres(_) => {
                self.make_room(id);
                let (rows, records) = rows::digest_ahead(datasets, dataset, pieces)?;
                self.written().insert(id, Written { content, number: None, rows, records });
                Ok(())
            }
        }
    }

    async fn write_rows(
        &self,
        location: (&std::path::Path, &Settings),
        datasets: &Datasets,
        (dataset, id, content): (&DatasetName, SubmissionId, Content),
        source: Source,
    ) -> Result<(), Fault> {
        self.make_room(id);
        let spared: Vec<i64> = self.written().values().filter_map(|written| written.number).collect();
        let useless = self.useless().clone();
        // the first time also what stands below a mark: the last process stopped before it swept that
        let sweeps_all = !self.0.is_swept.load(Ordering::Relaxed);
        let sweep = Sweep { spared: &spared, useless: &useless, sweeps_all };
        // what fails in the middle leaves rows that nobody remembers
        self.0.is_swept.store(false, Ordering::Relaxed);
        let (number, rows, records) = sqlite::write_ahead(location, datasets, (dataset, source), self, sweep).await?;
        self.0.is_swept.store(true, Ordering::Relaxed);
        self.useless().retain(|number| !useless.contains(number));
        self.written().insert(id, Written { content, number: Some(number), rows, records });
        Ok(())
    }

    /// Whether all rows of this submission are written, or as much of them as can be.
    pub fn is_written(&self, id: SubmissionId, content: Content, records: usize) -> bool {
        self.of(id, content).is_some_and(|written| written.records == records as u64)
    }

    /// Takes away the rows that an earlier process left above all marks: a mark that came to their number would meet
    /// them. Does nothing once this process writes ahead by itself.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn sweep(&self, location: &Location, settings: &Settings, datasets: &Datasets) -> Result<(), Fault> {
        let Location::Sqlite(path) = location else { return Ok(()) };
        let entered = self.enter().await?;
        if !self.0.is_swept.load(Ordering::Relaxed) && self.written().is_empty() {
            sqlite::sweep((path, settings), datasets, self).await?;
        }
        drop(entered);
        Ok(())
    }

    /// What was written for this submission, if it is of this content.
    pub(super) fn of(&self, id: SubmissionId, content: Content) -> Option<Written> {
        self.written().get(&id).filter(|written| written.content == content).copied()
    }

    /// Their mark stands.
    pub(super) fn marked(&self, id: SubmissionId) {
        self.written().remove(&id);
    }

    /// Their mark will not be written behind them: they are swept before rows are written ahead the next time.
    pub fn discard(&self, id: SubmissionId) {
        let written = self.written().remove(&id);
        self.useless().extend(written.and_then(|written| written.number));
    }

    /// All rows were written by descriptions that hold no more.
    pub fn discard_all(&self) {
        let all: Vec<Written> = self.written().drain().map(|(_, written)| written).collect();
        self.useless().extend(all.into_iter().filter_map(|written| written.number));
    }

    /// For what is written of this submission, now and not before.
    fn make_room(&self, id: SubmissionId) {
        self.discard(id);
        while let Some(oldest) = self.one_too_many() {
            self.discard(oldest);
        }
    }

    fn one_too_many(&self) -> Option<SubmissionId> {
        let written = self.written();
        let oldest = written.iter().min_by_key(|(_, written)| written.number).map(|(id, _)| *id);
        oldest.filter(|_| written.len() >= WAITING)
    }

    /// The turn of a group: it comes before all that is written ahead, and waits for no more than one step of it.
    pub(super) fn turn(&self) -> Turn {
        let mut turns = self.turns();
        turns.waiting += 1;
        while turns.is_taken {
            turns = self.0.ended.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        turns.waiting -= 1;
        turns.is_taken = true;
        Turn(Arc::clone(&self.0))
    }

    /// The turn of a step of what is written ahead, when no group wants it; none once all of that is to end.
    pub(super) fn step(&self) -> Result<Turn, Fault> {
        let mut turns = self.turns();
        while !turns.is_ended && (turns.is_taken || turns.waiting > 0) {
            turns = self.0.ended.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        if turns.is_ended {
            return Err(ended());
        }
        turns.is_taken = true;
        Ok(Turn(Arc::clone(&self.0)))
    }

    /// Whether a group waits for its turn.
    pub(super) fn is_wanted(&self) -> bool {
        self.turns().waiting > 0
    }

    /// The right to ask the database something beside the loader, or to write ahead.
    ///
    /// # Errors
    /// Nobody is to use the database any more.
    pub async fn enter(&self) -> Result<Entered, Fault> {
        let alone = Arc::clone(&self.0.alone).lock_owned().await;
        if self.turns().is_ended {
            return Err(ended());
        }
        Ok(Entered { _alone: alone })
    }

    /// The same where it is to be had at once.
    pub fn enter_at_once(&self) -> Option<Entered> {
        let alone = Arc::clone(&self.0.alone).try_lock_owned().ok()?;
        (!self.turns().is_ended).then(|| Entered { _alone: alone })
    }

    /// Waits until nobody uses the database beside the loader, and lets nobody begin.
    pub(super) async fn end(&self) {
        self.turns().is_ended = true;
        self.0.ended.notify_all();
        drop(self.0.alone.lock().await);
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn useless(&self) -> MutexGuard<'_, Vec<i64>> {
        self.0.useless.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn written(&self) -> MutexGuard<'_, HashMap<SubmissionId, Written>> {
        self.0.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ended() -> Fault {
    Fault::Away { doing: "writing rows ahead of their mark", cause: "the window closes".to_owned() }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).is_taken = false;
        self.0.ended.notify_all();
    }
}
