//! The octets of one entry as a stream, unpacked: never more than the directory says.

use super::{Entry, Fault};
use crate::host::{Octets, OctetsReader};
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, ErrorKind, Read, Take};

/// Octets of packed data that are held at once.
const INPUT: usize = 16 * 1024;

/// Reads one entry from start to end. Its end is only reached when size and checksum are those of
/// the directory; else the reading fails with [`ErrorKind::InvalidData`].
pub struct Contents<'a> {
    entry: &'a Entry,
    packed: Take<OctetsReader<'a>>,
    unpacking: Option<Unpacking>,
    crc: crc32fast::Hasher,
    given: u64,
}

impl<'a> Contents<'a> {
    pub(super) fn new(octets: &'a Octets, entry: &'a Entry) -> Self {
        Self {
            entry,
            packed: octets.reader_at(entry.at).take(entry.packed_size),
            unpacking: entry.is_packed.then(Unpacking::new),
            crc: crc32fast::Hasher::new(),
            given: 0,
        }
    }
}

impl Read for Contents<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = match &mut self.unpacking {
            Some(unpacking) => unpacking.read(&mut self.packed, buffer)?,
            None => self.packed.read(buffer)?,
        };
        self.given += count as u64;
        if self.given > self.entry.size {
            return Err(wrong("more octets than the directory says"));
        }
        self.crc.update(&buffer[..count]);
        if count == 0 && self.given < self.entry.size {
            return Err(wrong("fewer octets than the directory says"));
        }
        if count == 0 && self.crc.clone().finalize() != self.entry.crc {
            return Err(wrong("another checksum than the directory says"));
        }
        Ok(count)
    }
}

/// Deflate (RFC 1951) under way. Its last block must end with the last packed octet.
struct Unpacking {
    engine: Decompress,
    input: Box<[u8]>,
    /// What of `input` is not yet unpacked.
    from: usize,
    to: usize,
    ended: bool,
}

impl Unpacking {
    fn new() -> Self {
        let input = vec![0; INPUT].into_boxed_slice();
        Self { engine: Decompress::new(false), input, from: 0, to: 0, ended: false }
    }

    fn read(&mut self, packed: &mut Take<OctetsReader<'_>>, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended {
            if self.from == self.to {
                (self.from, self.to) = (0, packed.read(&mut self.input)?);
            }
            let before = (self.engine.total_in(), self.engine.total_out());
            let status = self.engine.decompress(&self.input[self.from..self.to], buffer, FlushDecompress::None);
            let status = status.map_err(|_| wrong("packed data that is no deflate"))?;
            // both are at most the lengths of the two slices
            let taken = (self.engine.total_in() - before.0) as usize;
            let count = (self.engine.total_out() - before.1) as usize;
            self.from += taken;
            self.ended = status == Status::StreamEnd;
            if self.ended && (self.from < self.to || packed.limit() > 0) {
                return Err(wrong("octets behind the end of the packed data"));
            }
            if count > 0 {
                return Ok(count);
            }
            if taken == 0 && !self.ended {
                return Err(wrong("packed data that breaks off"));
            }
        }
        Ok(0)
    }
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

/// What a failed reading says of the container.
pub(super) fn fault(error: io::Error, entry: &Entry) -> Fault {
    match error.kind() {
        ErrorKind::InvalidData => Fault::malformed(&error.to_string(), &entry.name),
        _ => Fault::Io(error),
    }
}
