//! The window's journal, as a seal apart follows it: line by line, chain and tree, read by the seal itself.
//!
//! Owns the look whether an entry stands there before its receipt is sealed. What is not in the journal is not sealed,
//! whoever asks; a journal that was rewritten behind the place that was read is followed no more. Never writes, and
//! reads nothing of the window but its journal.

use super::commitment::Commitment;
use crate::document::Digest;
use crate::forms::merkle::{self, Peaks};
use crate::forms::note::Checkpoint;
use crate::host::Disk;
use crate::journal::{JournalError, Position, Reader};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Leaves that are remembered: those of a group, which were written just before it is to be sealed, many times over.
/// Some 80 octets each.
const REMEMBERED: usize = 16 * 1024;

/// Why the journal is followed no more.
#[derive(Debug, thiserror::Error)]
pub enum FollowFault {
    /// It cannot be read, or is damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It is not the one to which the last act commits.
    #[error("the journal is not the one to which receipt {0} commits: it is shorter, or another")]
    Other(String),
}

/// The journal up to a place.
#[derive(Debug)]
pub(super) struct Followed {
    disk: Disk,
    state: PathBuf,
    /// Before which leaf it began.
    begin: u64,
    /// How far it was read; none before the first entry.
    position: Option<Position>,
    /// The tree there; none where nothing tells it.
    peaks: Option<Peaks>,
    leaves: VecDeque<Leaf>,
}

#[derive(Clone, Copy, Debug)]
struct Leaf {
    index: u64,
    hash: Digest,
    /// The root over all leaves up to this one.
    root: Digest,
}

impl Followed {
    /// Begins at the place to which the last act commits, and looks whether this is that journal; at the beginning
    /// where nothing was sealed yet.
    pub(super) fn open(disk: &Disk, state: &Path, last: Option<&(String, Commitment)>) -> Result<Self, FollowFault> {
        let known =
            last.and_then(|(number, commitment)| Some((number, Checkpoint::read(&commitment.checkpoint).ok()?)));
        let begin = known.as_ref().map_or(0, |(_, checkpoint)| checkpoint.size.saturating_sub(1));
        let (disk, state, leaves) = (disk.clone(), state.to_owned(), VecDeque::new());
        let mut followed = Self { disk, state, begin, position: None, peaks: None, leaves };
        let reader = Reader::from_leaf(&followed.disk, &followed.state, begin)?;
        let mut is_held = known.is_none();
        let mut look = |peaks: &Peaks| {
            if let Some((number, checkpoint)) = &known
                && peaks.size() == checkpoint.size
            {
                is_held = peaks.root() == checkpoint.root;
                return is_held.then_some(()).ok_or_else(|| FollowFault::Other((*number).clone()));
            }
            Ok(())
        };
        followed.read(reader, &mut look)?;
        match (is_held, known) {
            (false, Some((number, _))) => Err(FollowFault::Other(number.clone())),
            _ => Ok(followed),
        }
    }

    /// Whether the entry stands in the journal at the place that the commitment says, and its checkpoint is of this
    /// very journal. Reads on first.
    pub(super) fn holds(&mut self, commitment: &Commitment) -> Result<bool, FollowFault> {
        let at = |leaves: &VecDeque<Leaf>, index: u64| {
            leaves.binary_search_by_key(&index, |leaf| leaf.index).ok().and_then(|at| leaves.get(at)).copied()
        };
        if at(&self.leaves, commitment.size.saturating_sub(1)).is_none() {
            self.read_on()?;
        }
        let Ok(checkpoint) = Checkpoint::read(&commitment.checkpoint) else { return Ok(false) };
        let entry = at(&self.leaves, commitment.index);
        let last = at(&self.leaves, checkpoint.size.saturating_sub(1));
        Ok(entry.is_some_and(|leaf| leaf.hash == merkle::leaf(commitment.entry.as_bytes()))
            && last.is_some_and(|leaf| leaf.root == checkpoint.root)
            && commitment.index < checkpoint.size)
    }

    fn read_on(&mut self) -> Result<(), FollowFault> {
        let reader = match (self.position, &self.peaks) {
            (None, _) => Reader::from_leaf(&self.disk, &self.state, self.begin)?,
            (Some(position), None) => Reader::after(&self.disk, &self.state, position)?,
            // in the middle of a segment nobody tells the tree but who stopped there
            (Some(position), Some(peaks)) => Reader::after(&self.disk, &self.state, position)?.knowing(peaks.clone()),
        };
        self.read(reader, &mut |_| Ok(()))
    }

    fn read(
        &mut self,
        mut reader: Reader,
        look: &mut dyn FnMut(&Peaks) -> Result<(), FollowFault>,
    ) -> Result<(), FollowFault> {
        while let Some((_, position)) = reader.next()? {
            self.position = Some(position);
            let (Some((index, hash)), Some(peaks)) = (reader.leaf(), reader.peaks()) else { continue };
            look(peaks)?;
            if self.leaves.len() == REMEMBERED {
                self.leaves.pop_front();
            }
            self.leaves.push_back(Leaf { index, hash, root: peaks.root() });
        }
        self.peaks = reader.peaks().cloned();
        Ok(())
    }
}
