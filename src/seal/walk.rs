//! Reading the act log beside the seal that writes it: for copies of the window.
//!
//! Sees whole lines only, each with its checksum; a line under way at the end is as if it were not there.
//! Needs no lock and writes nothing.

use super::acts::{Head, LINE_MAX, LogFault, checked, parse};
use crate::document::{Decision, SubmissionId};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// An act as a copy needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where its line ends, in octets from the start of the log.
    pub end: u64,
    /// On which submission.
    pub id: SubmissionId,
    /// Which answer to it.
    pub answer: u32,
    /// What was said.
    pub decision: Decision,
    /// The year of its number, in Baku.
    pub year: i16,
    /// The number within the year.
    pub ordinal: u64,
}

/// Reads acts in their order.
#[derive(Debug)]
pub struct ActsReader {
    log: Option<BufReader<File>>,
    offset: u64,
    line: Vec<u8>,
}

impl ActsReader {
    /// Reads from this place on, which is the end of a line, or 0. A log that is not there has no acts.
    ///
    /// # Errors
    /// What the disk says.
    pub fn after(path: &Path, offset: u64) -> io::Result<Self> {
        let log = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            other => {
                let mut log = BufReader::with_capacity(1 << 16, other?);
                log.seek(SeekFrom::Start(offset))?;
                Some(log)
            }
        };
        Ok(Self { log, offset, line: Vec::new() })
    }

    /// The next act; none at the end of what is whole.
    ///
    /// # Errors
    /// A line that is damaged, or of another format.
    #[allow(clippy::should_implement_trait)] // an error ends it
    pub fn next(&mut self) -> Result<Option<Told>, LogFault> {
        let Some(log) = &mut self.log else { return Ok(None) };
        self.line.clear();
        let read = log.take(LINE_MAX).read_until(b'\n', &mut self.line)? as u64;
        if !self.line.ends_with(b"\n") && read < LINE_MAX {
            self.log = None;
            return Ok(None);
        }
        let damaged = |what| LogFault::Damaged { offset: self.offset, what };
        let Head { year, ordinal, id, answer, decision, .. } = checked(&self.line).and_then(parse).map_err(damaged)?;
        self.offset += read;
        Ok(Some(Told { end: self.offset, id, answer, decision, year, ordinal }))
    }
}

/// How many octets of the log are whole lines.
///
/// # Errors
/// What the disk says.
pub fn whole_length(path: &Path) -> io::Result<u64> {
    const PIECE: u64 = 64 << 10;
    let mut log = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other?,
    };
    let mut end = log.metadata()?.len();
    let mut piece = Vec::new();
    while end > 0 {
        let begin = end.saturating_sub(PIECE);
        piece.clear();
        log.seek(SeekFrom::Start(begin))?;
        (&log).take(end - begin).read_to_end(&mut piece)?;
        if let Some(at) = memchr::memrchr(b'\n', &piece) {
            return Ok(begin + at as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}
