//! The nodes of the tree on disk, one after the other in the order in which they are completed.
//!
//! Leaf `n` is followed by the nodes that it completes, from the lowest up, so a node's place in the file follows from
//! its level and its place there. Never believed for its own sake: the file tells up to which size it was durable, the
//! journal's peaks tell whether it is theirs, and no proof leaves that was not verified.

use super::LogFault;
use crate::document::Digest;
use crate::forms::merkle::{Nodes, Peaks, Tree, is_consistent, is_included};
use crate::host::{Disk, DiskFile};
use std::io;
use std::path::Path;

/// Octets of a node.
const NODE: u64 = 32;
/// The first 32 octets: the format, and up to which size all nodes are durable, in 16 decimal digits.
const FORMAT: &str = "pencere-nodes 1 ";
/// So many leaves at most are written without a sync: what a loss of power may cost to be read again.
const UNSYNCED_MAX: u64 = 4096;

/// The file of nodes.
#[derive(Debug)]
pub(super) struct Kept {
    disk: Disk,
    file: DiskFile,
    synced: u64,
}

impl Kept {
    /// Opens the file; none when it does not durably hold the tree with these peaks.
    pub(super) fn open(disk: &Disk, path: &Path, peaks: &Peaks) -> Result<Option<Self>, LogFault> {
        let file = disk.open_or_create(path).map_err(at(path))?;
        let len = file.len().map_err(at(path))?;
        if len < NODE {
            return Ok(None);
        }
        let header = file.read_at(0, NODE).map_err(at(path))?;
        let Some(synced) = told(&header).filter(|&synced| synced >= peaks.size() && len >= end_of(peaks.size())) else {
            return Ok(None);
        };
        let kept = Self { disk: disk.clone(), file, synced };
        let (mut begin, mut is_theirs) = (0, true);
        for (level, hash) in levels(peaks.size()).zip(peaks.hashes()) {
            is_theirs &= kept.node(level, begin >> level)? == *hash;
            begin += 1 << level;
        }
        Ok(is_theirs.then_some(kept))
    }

    /// The size and root of the tree that the file durably holds, where it is one that grew from the tree with these
    /// peaks, and is larger: the journal of these peaks then lost its end. Nothing where the file's own nodes do not
    /// prove that.
    pub(super) fn ahead(disk: &Disk, path: &Path, peaks: &Peaks) -> Result<Option<(u64, Digest)>, LogFault> {
        let file = disk.open_or_create(path).map_err(at(path))?;
        let len = file.len().map_err(at(path))?;
        if len < NODE {
            return Ok(None);
        }
        let header = file.read_at(0, NODE).map_err(at(path))?;
        let is_held = |synced: &u64| *synced > peaks.size() && *synced <= len / NODE && end_of(*synced) <= len;
        let Some(synced) = told(&header).filter(is_held) else { return Ok(None) };
        let kept = Self { disk: disk.clone(), file, synced };
        let tree = Tree::new(&kept, synced);
        let root = tree.root()?;
        let is_theirs = match peaks.size() {
            0 => is_included(kept.node(0, 0)?, 0, synced, &tree.inclusion(0)?, root),
            size => is_consistent((size, peaks.root()), (synced, root), &tree.consistency(size)?),
        };
        Ok(is_theirs.then_some((synced, root)))
    }

    /// Begins an empty file.
    pub(super) fn fresh(disk: &Disk, path: &Path) -> Result<Self, LogFault> {
        let file = disk.open_or_create(path).map_err(at(path))?;
        file.truncate(0).map_err(at(path))?;
        let kept = Self { disk: disk.clone(), file, synced: 0 };
        kept.write_header(0)?;
        Ok(kept)
    }

    /// Writes the nodes that were completed while the tree grew from `begin` to `end` leaves.
    pub(super) fn append(&mut self, begin: u64, completed: &[Digest], end: u64) -> Result<(), LogFault> {
        if completed.is_empty() {
            return Ok(());
        }
        let octets: Vec<u8> = completed.iter().flat_map(Digest::as_bytes).copied().collect();
        self.file.write_at(&octets, end_of(begin)).map_err(at(self.file.path()))?;
        match end.saturating_sub(self.synced) > UNSYNCED_MAX {
            true => self.sync(end),
            false => Ok(()),
        }
    }

    /// Makes all nodes up to this size durable.
    pub(super) fn sync(&mut self, size: u64) -> Result<(), LogFault> {
        if size == self.synced {
            return Ok(());
        }
        self.file.sync().map_err(at(self.file.path()))?;
        self.write_header(size)?; // durable with the next sync: it never tells more than there is
        self.synced = size;
        Ok(())
    }

    fn write_header(&self, synced: u64) -> Result<(), LogFault> {
        let header = format!("{FORMAT}{synced:016}");
        self.file.write_at(header.as_bytes(), 0).map_err(at(self.file.path()))
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Throws the file away.
    pub(super) fn discard(&self) {
        let _ = self.disk.unlink(self.file.path()); // else its peaks tell at the next start
    }
}

impl Nodes for Kept {
    type Fault = LogFault;

    fn node(&self, level: u32, place: u64) -> Result<Digest, LogFault> {
        // the last leaf beneath it, and the nodes that this leaf completed before it
        let last = ((place + 1) << level) - 1;
        let begin = end_of(last) + u64::from(level) * NODE;
        let octets = self.file.read_at(begin, begin + NODE).map_err(at(self.file.path()))?;
        let octets = octets.try_into().map_err(|_| at(self.file.path())(io::ErrorKind::UnexpectedEof.into()))?;
        Ok(Digest::from_bytes(octets))
    }
}

/// Up to which size all nodes are durable, as the header tells it.
fn told(header: &[u8]) -> Option<u64> {
    std::str::from_utf8(header).ok()?.strip_prefix(FORMAT)?.parse().ok()
}

/// Where the nodes of a tree of this size end: it has two for each leaf, less one for each peak.
fn end_of(size: u64) -> u64 {
    NODE + (2 * size - u64::from(size.count_ones())) * NODE
}

/// The levels of the peaks of a tree of this size, the highest first.
fn levels(size: u64) -> impl Iterator<Item = u32> {
    (0..u64::BITS).rev().filter(move |level| size >> level & 1 == 1)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> LogFault + '_ {
    move |source| LogFault::Disk { path: path.to_owned(), source }
}
