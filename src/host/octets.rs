//! Octets at rest: a small document in memory, a large one as an open file, one inside another as the pieces of
//! that. Reading never moves a shared position, so one document may be read by several rooms, and twice.

use std::borrow::Cow;
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
    /// Pieces of another one, which lie there one behind the other or apart: nothing is copied.
    Pieces(Arc<Pieces>),
}

/// Some of the octets of others, in their order.
#[derive(Debug)]
pub struct Pieces {
    of: Octets,
    /// Where each piece begins in the whole that they make, and where it lies; none is empty.
    pieces: Vec<(u64, u64)>,
    len: u64,
}

impl Octets {
    /// How many.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(octets) => octets.len() as u64,
            Self::File(_, len) => *len,
            Self::Pieces(pieces) => pieces.len,
        }
    }

    /// What these places of it make, each by where it begins and how long it is, one behind the other.
    pub fn pieces(&self, places: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut whole = Pieces { of: self.clone(), pieces: Vec::new(), len: 0 };
        for (at, len) in places.into_iter().filter(|(_, len)| *len > 0) {
            whole.pieces.push((whole.len, at));
            whole.len += len;
        }
        Self::Pieces(Arc::new(whole))
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
            Self::Pieces(pieces) => match pieces.pieces[..] {
                [] => Some(&[]),
                [(_, at)] => pieces.of.in_memory()?.get(at as usize..(at + pieces.len) as usize),
                _ => None,
            },
        }
    }

    /// All of them, in memory afterwards: for what is small by its nature, wherever it lies.
    ///
    /// # Errors
    /// What the disk says.
    pub fn whole(&self) -> io::Result<Cow<'_, [u8]>> {
        match self.in_memory() {
            Some(octets) => Ok(Cow::Borrowed(octets)),
            None => {
                let mut octets = Vec::new();
                self.reader().read_to_end(&mut octets)?;
                Ok(Cow::Owned(octets))
            }
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
            Octets::Pieces(pieces) => pieces.read_at(buffer, self.position)?,
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Pieces {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let behind = self.pieces.partition_point(|(begin, _)| *begin <= position);
        let Some((begin, at)) = behind.checked_sub(1).map(|piece| self.pieces[piece]) else { return Ok(0) };
        let end = self.pieces.get(behind).map_or(self.len, |(next, _)| *next);
        let rest = end.saturating_sub(position).min(buffer.len() as u64) as usize;
        self.of.reader_at(at + (position - begin)).read(&mut buffer[..rest])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_read_as_one() {
        let whole = Octets::from((0..100).collect::<Vec<u8>>());
        let some = whole.pieces([(10, 5), (50, 0), (3, 2), (90, 10)]);
        let wanted: Vec<u8> = (10..15).chain(3..5).chain(90..100).collect();
        assert_eq!((some.len(), some.head(1000).unwrap()), (17, wanted.clone()));
        assert_eq!(some.in_memory(), None);
        for at in 0..17 {
            let mut rest = Vec::new();
            some.reader_at(at).read_to_end(&mut rest).unwrap();
            assert_eq!(rest, wanted[at as usize..]);
        }
        assert_eq!(whole.pieces([(2, 3)]).in_memory(), Some(&[2, 3, 4][..]));
        assert_eq!(whole.pieces([]).head(9).unwrap(), b"");
        assert_eq!(some.pieces([(4, 4)]).head(9).unwrap(), [14, 3, 4, 90], "pieces of pieces");
        assert_eq!(whole.pieces([(99, 9)]).head(9).unwrap(), [99], "never more than there is");
    }
}
