//! The lines of a message, in pieces of bounded size.
//!
//! Owns the count and the digest of all octets. A line that is longer than a piece comes in several; only the first
//! of them begins a line, and only there may a boundary stand.

use super::Fault;
use crate::document::{Digest, Digester};
use std::io::{BufRead, BufReader, Read};

/// Octets of one piece, at most.
const PIECE: usize = 64 << 10;

pub(super) struct Lines<R> {
    source: BufReader<R>,
    digest: Digester,
    size: u64,
    most: u64,
    begins: bool,
}

/// How a piece stands in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) begins: bool,
    pub(super) ends: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(source: R, most: u64) -> Self {
        Self { source: BufReader::with_capacity(PIECE, source), digest: Digester::new(), size: 0, most, begins: true }
    }

    /// The next piece, into `piece`; none at the end.
    pub(super) fn next(&mut self, piece: &mut Vec<u8>) -> Result<Option<Shape>, Fault> {
        piece.clear();
        let begins = self.begins;
        while piece.len() < PIECE {
            let buffer = match self.source.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if buffer.is_empty() {
                break;
            }
            let room = PIECE - piece.len();
            let end = memchr::memchr(b'\n', buffer).map(|at| at + 1);
            let taken = end.unwrap_or(buffer.len()).min(room);
            piece.extend_from_slice(&buffer[..taken]);
            self.source.consume(taken);
            if piece.last() == Some(&b'\n') {
                break;
            }
        }
        if piece.is_empty() {
            return Ok(None);
        }
        self.size += piece.len() as u64;
        if self.size > self.most {
            return Err(Fault::Limit { what: "octets", key: "mail.message_max", most: self.most });
        }
        self.digest.update(piece);
        let ends = piece.last() == Some(&b'\n');
        self.begins = ends;
        Ok(Some(Shape { begins, ends }))
    }

    /// The number of octets that were read so far.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The number of octets that were read, and their digest.
    pub(super) fn finish(self) -> (u64, Digest) {
        (self.size, self.digest.finish())
    }
}
