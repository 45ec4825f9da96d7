//! The transparency log as an audit makes it anew from the journal, in memory: 64 octets a leaf.

use crate::document::Digest;
use crate::forms::merkle::{Nodes, Peaks, Tree};

/// A log that grows while the journal is read.
#[derive(Default)]
pub(super) struct Grown {
    /// The nodes of each level.
    levels: Vec<Vec<Digest>>,
    peaks: Peaks,
}

impl Grown {
    pub(super) fn push(&mut self, leaf: Digest) {
        let levels = &mut self.levels;
        self.peaks.push(leaf, |level, _, hash| match levels.get_mut(level as usize) {
            Some(nodes) => nodes.push(hash),
            None => levels.push(vec![hash]),
        });
    }

    pub(super) fn size(&self) -> u64 {
        self.peaks.size()
    }

    pub(super) fn root(&self) -> Digest {
        self.peaks.root()
    }

    /// The root over the first `size` leaves; none of more than there are.
    pub(super) fn root_of(&self, size: u64) -> Option<Digest> {
        (size <= self.size()).then(|| Tree::new(self, size).root().ok()).flatten()
    }
}

/// A node that is not there, though the tree is large enough.
#[derive(Debug)]
pub(super) struct Missing;

impl Nodes for Grown {
    type Fault = Missing;

    fn node(&self, level: u32, at: u64) -> Result<Digest, Missing> {
        let at = usize::try_from(at).map_err(|_| Missing)?;
        self.levels.get(level as usize).and_then(|nodes| nodes.get(at)).copied().ok_or(Missing)
    }
}
