//! What the ledger does not keep any more: the indexes of the journal's closed segments, for a fast search (S 3.1.4).
//!
//! Owns `state/journal/<segment>.index`, one beside each closed segment, from the first on without a gap. A
//! question that sled does not answer is answered here, from the newest segment back: by which submission a
//! content stands, which lines speak of a submission. Each file is made once, of its segment and of the files
//! before it, and never changed; it may be deleted at any time, and the next start makes it again.

mod fold;
mod fits;
mod gather;
mod run;
#[cfg(test)]
mod tests;

pub use fits::Indexes;
pub(super) use fold::unhex;
pub use fold::{Fold, Kind, Life, State};
pub(super) use gather::Gather;

use super::apply::told;
use super::{LedgerError, Submission, Unsettled, keys};
use crate::advice::Advice;
use crate::document::SubmissionId;
use crate::host::Disk;
use crate::journal::{self, Entry, Event, Lines, Position, Reader};
use run::{Accepted, Run, Unread};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Index files that are kept open: of a window with some million submissions all, and well below the 1024 that
/// a process may have. The others are opened for each question.
const OPEN_MAX: usize = 384;

/// The indexes of the first so many segments.
#[derive(Debug)]
pub(super) struct Older {
    disk: Disk,
    state: PathBuf,
    lines: Lines,
    runs: Vec<Slot>,
    /// The highest submission of which any of them tells.
    newest: Option<SubmissionId>,
    /// Whether files are written here, or only read.
    writes: bool,
}

/// One of them; what rotted is replaced.
type Slot = Arc<RwLock<Arc<Run>>>;

fn slot(run: Run) -> Slot {
    Arc::new(RwLock::new(Arc::new(run)))
}

fn run_in(slot: &Slot) -> Arc<Run> {
    Arc::clone(&slot.read().unwrap_or_else(PoisonError::into_inner))
}

impl Older {
    /// Opens those that are there and fit, up to the first that does not. Who does not hold the journal's lock
    /// does not write.
    pub(super) fn open(disk: &Disk, state: &Path, writes: bool) -> Result<Self, LedgerError> {
        let mut older = Self::none(disk, state, writes);
        for end in journal::ends(disk, state)? {
            match older.open_run(end) {
                Some(run) => older.runs.push(slot(run)),
                None => break,
            }
        }
        // a fold that cannot be read is no ground for the next segment
        while older.runs.last().is_some_and(|last| run_in(last).fold().is_err()) {
            older.runs.pop();
        }
        older.newest = older.fold()?.newest;
        Ok(older)
    }

    /// As if none were there.
    pub(super) fn none(disk: &Disk, state: &Path, writes: bool) -> Self {
        let lines = Lines::new(disk, state);
        Self { disk: disk.clone(), state: state.to_owned(), lines, runs: Vec::new(), newest: None, writes }
    }

    /// The index of the segment that ends there, if it can be read and is of it.
    fn open_run(&self, end: Position) -> Option<Run> {
        let path = journal::index_path(&self.state, end.segment);
        let run = Run::open(&self.disk, path.clone(), end, self.runs.len() < OPEN_MAX);
        run.unwrap_or_else(|error| {
            tracing::warn!(advice = %Advice::IndexAnew,
                path = %path.display(), %error, "this index cannot be read; it is made anew of its segment");
            None
        })
    }

    /// The last segment that has its index; 0 before the first.
    pub(super) fn covers(&self) -> u32 {
        self.end().segment
    }

    /// Where that ends.
    pub(super) fn end(&self) -> Position {
        self.runs.last().map_or_else(Position::origin, |last| run_in(last).end())
    }

    /// How everything stands there.
    pub(super) fn fold(&self) -> Result<Fold, LedgerError> {
        match self.runs.len().checked_sub(1) {
            Some(last) => self.ask(last, Run::fold),
            None => Ok(Fold::default()),
        }
    }

    /// The ends of all closed segments.
    pub(super) fn ends(&self) -> Result<Vec<Position>, LedgerError> {
        Ok(journal::ends(&self.disk, &self.state)?)
    }

    /// The same with the indexes of all these segments. Those that cannot be written it is without, and whoever asks it
    /// keeps what they would say.
    pub(super) fn all(mut self, ends: &[Position]) -> Result<Self, LedgerError> {
        loop {
            match self.next(ends, false) {
                Ok(Some(next)) => self = next,
                Ok(None) => return Ok(self),
                Err(error @ LedgerError::Disk { .. }) => {
                    tracing::warn!(advice = %Advice::StateUnwritable,
                        %error, "no index can be written; the ledger keeps what is in that segment");
                    return Ok(self);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The same with the index of the next of these segments, which is made and written; none behind the last. Where
    /// it cannot be written it is kept in memory, if it `must` be had.
    pub(super) fn next(&self, ends: &[Position], must: bool) -> Result<Option<Self>, LedgerError> {
        let Some(end) = ends.get(self.runs.len()) else { return Ok(None) };
        let path = || journal::index_path(&self.state, end.segment);
        let (newest, octets) = self.first(self.runs.len()).gather(*end)?;
        let run = match self.write(end.segment, &octets) {
            Ok(()) => self.open_run(*end),
            Err(error) if must => {
                tracing::warn!(advice = %Advice::StateUnwritable,
                    %error, "this index is kept in memory until the next start");
                None
            }
            Err(error) => return Err(error),
        };
        let run = run.or_else(|| Run::in_memory(octets)).ok_or_else(|| LedgerError::Rotten { path: path() })?;
        Ok(Some(self.with(run, newest)))
    }

    /// The same with one more, and the highest submission of which any tells then.
    fn with(&self, run: Run, newest: Option<SubmissionId>) -> Self {
        let mut next = self.first(self.runs.len());
        next.newest = newest;
        next.runs.push(slot(run));
        next
    }

    /// The first so many of them.
    fn first(&self, count: usize) -> Self {
        let runs = self.runs.iter().take(count).cloned().collect();
        Self { runs, newest: self.newest, ..Self::none(&self.disk, &self.state, self.writes) }
    }

    /// What the index of the segment behind these says, that ends there.
    fn gather(self, end: Position) -> Result<(Option<SubmissionId>, Vec<u8>), LedgerError> {
        let (disk, state) = (self.disk.clone(), self.state.clone());
        let mut reader = Reader::after(&disk, &state, self.end())?;
        let mut gather = Gather::new(&disk, &state, Arc::new(self))?;
        gather.read(&mut reader, Some(end))?;
        let newest = gather.fold().newest;
        let (found, octets) = gather.finish()?;
        match found == end {
            true => Ok((newest, octets)),
            false => Err(LedgerError::Record(format!("segment {} does not end where the next begins", end.segment))),
        }
    }

    fn write(&self, segment: u32, octets: &[u8]) -> Result<(), LedgerError> {
        let path = journal::index_path(&self.state, segment);
        Run::write(&self.disk, &path, octets).map_err(|source| LedgerError::Disk { step: "write", path, source })
    }

    /// Asks one of them; one that rotted or cannot be read is made anew of its segment.
    fn ask<T>(&self, at: usize, question: impl Fn(&Run) -> Result<T, Unread>) -> Result<T, LedgerError> {
        let Some(slot) = self.runs.get(at) else { return Err(LedgerError::Record("no such index".to_owned())) };
        let run = run_in(slot);
        let path = || journal::index_path(&self.state, run.segment());
        match question(&run) {
            Ok(answer) => return Ok(answer),
            Err(error) => {
                tracing::warn!(advice = %Advice::IndexAnew,
                    path = %path().display(), %error, "this index is made anew of its segment");
            }
        }
        let (_, octets) = self.first(at).gather(run.end())?;
        if self.writes
            && let Err(error) = self.write(run.segment(), &octets)
        {
            tracing::warn!(advice = %Advice::StateUnwritable,
                %error, "this index is kept in memory until the next start");
        }
        let again = Run::in_memory(octets).ok_or_else(|| LedgerError::Rotten { path: path() })?;
        let answer = question(&again).map_err(|_| LedgerError::Rotten { path: path() });
        *slot.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(again);
        answer
    }

    /// The highest submission of which any of them tells.
    pub(super) fn newest(&self) -> Option<SubmissionId> {
        self.newest
    }

    /// By which submission a key stands.
    pub(super) fn stands_by(&self, key: &[u8]) -> Result<Option<SubmissionId>, LedgerError> {
        if self.runs.is_empty() {
            return Ok(None);
        }
        let whole = run::whole(key);
        for at in (0..self.runs.len()).rev() {
            if let Some(found) = self.ask(at, |run| run.standing(whole))? {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// All entries of a submission, in order.
    pub(super) fn entries(&self, id: SubmissionId) -> Result<Vec<(Entry, Position)>, LedgerError> {
        let mut entries = Vec::new();
        if self.newest.is_none_or(|newest| newest < id) {
            return Ok(entries); // ids rise with arrival: it is new
        }
        let hash = run::hash(&keys::id(id));
        for (at, slot) in self.runs.iter().enumerate() {
            let run = run_in(slot);
            let begins = if run.may_tell_of(id) { self.ask(at, |run| run.lines(hash))? } else { Vec::new() };
            for begin in begins {
                let (entry, behind) = self.lines.read(run.segment(), u64::from(begin))?;
                if entry.event.id() == Some(id) {
                    entries.push((entry, behind));
                }
            }
        }
        Ok(entries)
    }

    /// A submission, with its order and the segment of its last change.
    pub(super) fn submission(&self, id: SubmissionId) -> Result<Option<(Vec<u8>, u32, Submission)>, LedgerError> {
        told(&self.entries(id)?)
    }

    /// Submissions that have a line with one of these keys, or seem to; whoever asks looks at each.
    pub(super) fn meant(&self, keys: &[Vec<u8>]) -> Result<Vec<SubmissionId>, LedgerError> {
        let mut ids = Vec::new();
        for hash in keys.iter().map(|key| run::hash(key)) {
            for (at, slot) in self.runs.iter().enumerate() {
                let segment = run_in(slot).segment();
                for begin in self.ask(at, |run| run.lines(hash))? {
                    ids.extend(self.lines.read(segment, u64::from(begin))?.0.event.id());
                }
            }
        }
        Ok(ids)
    }

    /// Visits all submissions from the last to the first, until the visitor has enough (`false`).
    fn backwards<E: From<LedgerError>>(&self, mut visit: impl FnMut(SubmissionId) -> Result<bool, E>) -> Result<(), E> {
        for at in (0..self.runs.len()).rev() {
            let segment = run_in(&self.runs[at]).segment();
            for begin in self.ask(at, Run::arrivals)?.into_iter().rev() {
                let (entry, _) = self.lines.read(segment, u64::from(begin)).map_err(LedgerError::from)?;
                if let Some(id) = entry.event.id()
                    && !visit(id)?
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Visits all submissions behind an order, from the first to the last, each with its order, until the visitor has
    /// enough (`false`).
    pub(super) fn arrived(
        &self,
        behind: &[u8],
        mut visit: impl FnMut(SubmissionId, Vec<u8>) -> Result<bool, LedgerError>,
    ) -> Result<(), LedgerError> {
        let (segment, offset) = keys::ordered(behind);
        for (at, slot) in self.runs.iter().enumerate() {
            let this = run_in(slot).segment();
            if this < segment {
                continue;
            }
            // an order is the place behind a line, so where the next one begins
            let begins = self.ask(at, Run::arrivals)?.into_iter().map(u64::from);
            for begin in begins.filter(|begin| this > segment || *begin >= offset) {
                let (entry, end) = self.lines.read(this, begin)?;
                if let Some(id) = entry.event.id()
                    && !visit(id, keys::order(end))?
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Visits the lines that tell of signers' paths or of files of the configuration, in order.
    pub(super) fn notes(&self, mut visit: impl FnMut(&Event) -> Result<(), LedgerError>) -> Result<(), LedgerError> {
        for (at, slot) in self.runs.iter().enumerate() {
            let segment = run_in(slot).segment();
            for begin in self.ask(at, Run::notes)? {
                visit(&self.lines.read(segment, u64::from(begin))?.0.event)?;
            }
        }
        Ok(())
    }

    /// Acceptances in a segment, by id, of which no later segment with an index says that they are settled.
    pub(super) fn unsettled(&self, segment: u32) -> Result<Vec<Acceptance>, LedgerError> {
        let Some(at) = self.runs.iter().position(|slot| run_in(slot).segment() == segment) else {
            return Ok(Vec::new());
        };
        let Some((low, high)) = run_in(&self.runs[at]).accepted_ids() else { return Ok(Vec::new()) };
        let mut ended = Vec::new();
        for later in at + 1..self.runs.len() {
            ended.extend(self.ask(later, |run| run.settled(low, high))?);
        }
        ended.sort_unstable();
        let accepted = self.ask(at, Run::accepted)?;
        let left = accepted.into_iter().filter(|one| ended.binary_search(&one.id).is_err());
        Ok(left.map(|one| Acceptance { segment, one }).collect())
    }

    /// What is looked at of an acceptance.
    pub(super) fn signers(&self, acceptance: &Acceptance) -> Result<Option<Unsettled>, LedgerError> {
        let Acceptance { segment, one: Accepted { id, received, begin } } = *acceptance;
        match self.lines.read(segment, u64::from(begin))?.0.event {
            Event::Answered(answered) if answered.id == id => Ok(Some(Unsettled::told(&answered, received))),
            _ => Ok(None),
        }
    }
}

/// An acceptance with the segment that tells of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acceptance {
    segment: u32,
    one: Accepted,
}

impl Acceptance {
    /// Which submission.
    pub(super) fn id(&self) -> SubmissionId {
        self.one.id
    }
}
