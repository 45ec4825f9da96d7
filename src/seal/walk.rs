//! Reading the act log beside the seal that writes it: for copies of the window.
//!
//! Sees whole lines only, each with its checksum; a line under way at the end is as if it were not there.
//! Needs no lock and writes nothing.

use super::acts::{Act, Against, Head, LINE_MAX, LogFault, checked, is_torn, last_line, parse};
use crate::document::{Decision, Digest, SubmissionId};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// An act as a copy needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The number, whole.
    pub number: String,
    /// Digest of the sealed octets.
    pub sealed: Digest,
    /// The digest of all that its receipt says, made of the record that it keeps; only where all of it is read.
    pub said: Option<Digest>,
    /// The same without the words of the table of findings ([`super::plain()`]), where it has any of them.
    pub plain: Option<Digest>,
}

impl Told {
    fn of(act: Head, end: u64) -> Self {
        let Head { year, ordinal, number, id, answer, decision, sealed, .. } = act;
        Self { end, id, answer, decision, year, ordinal, number, sealed, said: None, plain: None }
    }
}

/// Reads acts in their order.
#[derive(Debug)]
pub struct ActsReader {
    path: PathBuf,
    log: Option<BufReader<File>>,
    offset: u64,
    line: Vec<u8>,
    /// Its index, where that is looked at, too.
    index: Option<Against>,
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
        Ok(Self { path: path.to_owned(), log, offset, line: Vec::new(), index: None })
    }

    /// Reads all, and holds the log's index against it.
    ///
    /// # Errors
    /// What the disk says.
    pub fn with_index(path: &Path) -> io::Result<Self> {
        let index = Some(Against::new(path)); // it speaks of what stands in the log already
        Ok(Self { index, ..Self::after(path, 0)? })
    }

    /// What of the index does not fit, in words, once the last act was read.
    pub fn index_unfit(self) -> Option<String> {
        self.index.and_then(Against::unfit)
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
        let damaged = |what| LogFault::Damaged { path: self.path.clone(), offset: self.offset, what };
        let json = match checked(&self.line) {
            Ok(json) => json,
            // what the next start cuts off
            Err(_) if is_torn(log.get_ref(), self.offset)? => {
                self.log = None;
                return Ok(None);
            }
            Err(what) => return Err(damaged(what)),
        };
        let end = self.offset + read;
        let told = match &mut self.index {
            Some(index) => {
                let act: Act = parse(json).map_err(damaged)?;
                let head = Head::from(&act);
                index.note(&head, self.offset, &self.line);
                let (said, plain) = kept(&act).map_err(damaged)?;
                Told { said: Some(said), plain, ..Told::of(head, end) }
            }
            None => Told::of(parse(json).map_err(damaged)?, end),
        };
        self.offset = end;
        Ok(Some(told))
    }
}

/// What the record of an act says, with and without the table's words, if that is the record whose digest the act has.
fn kept(act: &Act) -> Result<(Digest, Option<Digest>), String> {
    if act.record.digest() != act.outcome {
        return Err("the record in it is another than was sealed".to_owned());
    }
    let text = super::said_text(&act.record);
    let (plain, worded) = super::plain(&text);
    Ok((Digest::of(text.as_bytes()), worded.then_some(plain)))
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

/// The act that stands last among the whole lines of the log; none where it has none.
///
/// # Errors
/// What the disk says; a line that is damaged.
pub fn last_act(path: &Path) -> Result<Option<Told>, LogFault> {
    let end = whole_length(path)?;
    if end == 0 {
        return Ok(None);
    }
    let begin = last_line(&File::open(path)?, end)?.unwrap_or(0);
    ActsReader::after(path, begin)?.next()
}
