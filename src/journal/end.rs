//! Where the journal ends, for whoever copies it beside its writer.

use super::{JournalError, Position, Reader, read};
use crate::forms::merkle::Peaks;
use crate::host::Disk;
use std::path::{Path, PathBuf};

impl Reader {
    /// The end of the last whole line. The last segment alone is read, and verified.
    ///
    /// # Errors
    /// What the disk says, or damage.
    pub fn end(disk: &Disk, state: &Path) -> Result<Position, JournalError> {
        let mut reader = Self::last_segment(disk, state)?;
        while reader.next()?.is_some() {}
        Ok(reader.position())
    }

    /// The transparency log at that end; none before there was one.
    ///
    /// # Errors
    /// As [`Reader::end`].
    pub fn tree(disk: &Disk, state: &Path) -> Result<Option<Peaks>, JournalError> {
        let mut reader = Self::last_segment(disk, state)?;
        while reader.next()?.is_some() {}
        Ok(reader.peaks().cloned())
    }
}

impl Position {
    /// Before the first line of all.
    pub fn origin() -> Self {
        Self { segment: 0, offset: 0, chain: super::line::origin() }
    }

    /// The segments up to here, by their places below the state folder: each with the octets of it that lie
    /// before this position, or none where that is all of it.
    pub fn segments(self) -> impl Iterator<Item = (u32, PathBuf, Option<u64>)> {
        let reaches = move |number: &u32| *number < self.segment || self.offset > 0;
        (1..=self.segment).filter(reaches).map(move |number| {
            let len = (number == self.segment).then_some(self.offset);
            (number, read::path(Path::new("journal"), number), len)
        })
    }

    /// Whether the other lies behind it.
    pub fn is_before(self, other: Self) -> bool {
        (self.segment, self.offset) < (other.segment, other.offset)
    }
}
