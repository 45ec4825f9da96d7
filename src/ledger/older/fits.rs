//! Whether the indexes say what their segments say: for an audit, and for a ledger that is begun anew of them.
//!
//! Owns the comparison. An index is made again in memory, of its segment and of the ones before it, and held against
//! the file; so memory grows with one segment. Checksums prove nothing here: whoever writes an index anew makes them
//! fit. Writes nothing and mends nothing.

use super::{Gather, Kind, Older, State, run, run_in};
use crate::advice::Advice;
use crate::host::Disk;
use crate::journal::{self, Entry, Position};
use crate::ledger::LedgerError;
use run::Run;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The indexes beside a journal, held against it while somebody reads it from its first line. An index that does not
/// fit is the last that is looked at, and so is the one before a missing one: nobody uses any behind it, and the next
/// start makes them.
#[derive(Debug)]
pub struct Indexes {
    disk: Disk,
    state: PathBuf,
    /// Those that fit, up to the segment that is read.
    older: Arc<Older>,
    /// What is gathered of that segment; none once no more are looked at.
    gather: Option<Gather>,
    segment: u32,
    missing: u64,
    unfit: Option<String>,
}

impl Indexes {
    /// Before the first line is read.
    ///
    /// # Errors
    /// None that the disk says; it is opened as every other.
    pub fn new(disk: &Disk, state: &Path) -> Result<Self, LedgerError> {
        let older = Arc::new(Older::none(disk, state, false));
        let gather = Some(Gather::new(disk, state, Arc::clone(&older))?);
        let (disk, state) = (disk.clone(), state.to_owned());
        Ok(Self { disk, state, older, gather, segment: 0, missing: 0, unfit: None })
    }

    /// Takes the next entry, whose line begins at this octet of its segment.
    ///
    /// # Errors
    /// What the disk says; a journal that tells what cannot be.
    pub fn take(&mut self, entry: &Entry, begin: u64, behind: Position) -> Result<(), LedgerError> {
        if self.segment != 0 && behind.segment > self.segment {
            self.close()?;
        }
        self.segment = behind.segment;
        self.gather.as_mut().map_or(Ok(()), |gather| gather.take(entry, begin, behind))
    }

    /// How many fit.
    pub fn fit(&self) -> u64 {
        self.older.runs.len() as u64
    }

    /// How many closed segments have none, or have one behind a segment without.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// The first that does not fit, in words.
    pub fn unfit(&self) -> Option<&str> {
        self.unfit.as_deref()
    }

    /// The segment that was read is closed: another follows upon it.
    fn close(&mut self) -> Result<(), LedgerError> {
        let Some(gather) = self.gather.take() else {
            self.missing += u64::from(self.unfit.is_none());
            return Ok(());
        };
        let newest = gather.fold().newest;
        let (end, made) = gather.finish()?;
        let path = journal::index_path(&self.state, end.segment);
        let differs = match read(&self.disk, &path, &made)? {
            None => {
                self.missing += 1;
                return Ok(());
            }
            Some(found) => run::differs(&found, &made),
        };
        if let Some(part) = differs {
            self.unfit = Some(format!(
                "the index {} does not fit its segment of the journal, in {part}. Stop the window, delete this file \
                 and the folder {}, and start it: both are made anew of the journal",
                path.display(),
                self.state.join("ledger").display()
            ));
            return Ok(());
        }
        let run = self.older.open_run(end).or_else(|| Run::in_memory(made));
        let run = run.ok_or_else(|| LedgerError::Rotten { path })?;
        self.older = Arc::new(self.older.with(run, newest));
        self.gather = Some(Gather::new(&self.disk, &self.state, Arc::clone(&self.older))?);
        Ok(())
    }
}

impl Older {
    /// Why these are no ground for a new ledger, if they are none: the last one is made again of its segment and the
    /// ones before it, and what it counts is held against what all say arrived, and against what is open.
    pub(in crate::ledger) fn unfit(&self) -> Result<Option<String>, LedgerError> {
        let Some(last) = self.runs.last().map(run_in) else { return Ok(None) };
        let path = journal::index_path(&self.state, last.segment());
        match self.first(self.runs.len() - 1).gather(last.end()) {
            Ok((_, made)) => {
                if let Some(found) = read(&self.disk, &path, &made)?
                    && let Some(part) = run::differs(&found, &made)
                {
                    return Ok(Some(format!("{} says another thing than its segment, in {part}", path.display())));
                }
            }
            // a segment that cannot be read is no word against its index
            Err(error @ (LedgerError::Journal(_) | LedgerError::Disk { .. })) => {
                tracing::warn!(advice = %Advice::IndexAnew,
                    path = %path.display(), %error, "this index could not be held against its segment");
            }
            Err(error) => return Ok(Some(error.to_string())),
        }
        self.miscounted()
    }

    fn miscounted(&self) -> Result<Option<String>, LedgerError> {
        let fold = self.fold()?;
        let arrived: u64 = self.runs.iter().map(|slot| run_in(slot).arrived()).sum();
        let counted = fold.count(|_| true);
        if counted != arrived {
            return Ok(Some(format!("they count {counted} submissions, and {arrived} arrived")));
        }
        let mut open = BTreeMap::<Kind, u64>::new();
        for id in fold.open() {
            match self.submission(id) {
                Ok(Some((.., submission))) if submission.is_open() => {
                    *open.entry(Kind::of(&submission)).or_default() += 1
                }
                Ok(_) | Err(LedgerError::Impossible(_)) => {
                    return Ok(Some(format!("they call {id} open, and the journal does not")));
                }
                Err(error) => return Err(error),
            }
        }
        let of_kind = |kind: &Kind| open.get(kind).copied().unwrap_or_default();
        // what has no last word is open
        let is_open = |kind: &Kind| matches!(kind.state, State::Open | State::Held);
        let lacks = fold.counts.iter().any(|(kind, count)| is_open(kind) && of_kind(kind) != *count);
        let exceeds = open.iter().any(|(kind, count)| fold.counts.get(kind).is_none_or(|all| all < count));
        Ok((lacks || exceeds).then(|| "what they call open is not what they count as open".to_owned()))
    }
}

/// An index file, as far as it can be the one that was made anew; none where there is none.
fn read(disk: &Disk, path: &Path, made: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
    use std::os::unix::fs::FileExt;
    let octets = disk.open(path).and_then(|file| {
        // one that is much longer differs by what was read of it
        let len = file.metadata()?.len().min(made.len() as u64 * 2 + 4096);
        let mut octets = vec![0; usize::try_from(len).unwrap_or(made.len())];
        file.read_exact_at(&mut octets, 0).map(|()| octets)
    });
    match octets {
        Ok(octets) => Ok(Some(octets)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LedgerError::Disk { step: "read", path: path.to_owned(), source }),
    }
}
