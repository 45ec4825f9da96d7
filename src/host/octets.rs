//! Octets at rest: a small document in memory, a large one as an open file. Reading never moves
//! a shared position, so one document may be read by several rooms, and twice.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// The octets of one document, immutable for as long as anybody judges them.
#[derive(Clone, Debug)]
pub enum Octets {
    /// Small: held in memory, so a second reading yields the very same octets by construction.
    Memory(Arc<[u8]>),
    /// Large: a file in evidence; what is read twice is digested twice.
    File(Arc<File>, u64),
}

impl Octets {
    /// How many.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(octets) => octets.len() as u64,
            Self::File(_, len) => *len,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A reader from the start; any number may be under way at once.
    pub fn reader(&self) -> OctetsReader<'_> {
        self.reader_at(0)
    }

    /// A reader from this position.
    pub fn reader_at(&self, position: u64) -> OctetsReader<'_> {
        OctetsReader { octets: self, position }
    }

    /// The octets as one slice when they lie in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match self {
            Self::Memory(octets) => Some(octets),
            Self::File(..) => None,
        }
    }

    /// The first `count` octets, fewer when there are fewer.
    ///
    /// # Errors
    /// What the disk says.
    pub fn head(&self, count: usize) -> io::Result<Vec<u8>> {
        let mut head = Vec::with_capacity(count);
        self.reader().take(count as u64).read_to_end(&mut head)?;
        Ok(head)
    }
}

impl From<Vec<u8>> for Octets {
    fn from(octets: Vec<u8>) -> Self {
        Self::Memory(octets.into())
    }
}

/// Reads [`Octets`] from start to end.
pub struct OctetsReader<'a> {
    octets: &'a Octets,
    position: u64,
}

impl Read for OctetsReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.octets {
            Octets::Memory(octets) => {
                let rest = &octets[(self.position as usize).min(octets.len())..];
                let count = rest.len().min(buffer.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                count
            }
            Octets::File(file, len) => {
                let rest = len.saturating_sub(self.position).min(buffer.len() as u64) as usize;
                file.read_at(&mut buffer[..rest], self.position)?
            }
        };
        self.position += count as u64;
        Ok(count)
    }
}
