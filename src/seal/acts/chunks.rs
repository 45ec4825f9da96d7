//! The act log's index: where in the log a submission may be told of, and which numbers were given up to there.
//!
//! Owns `acts.index` beside the log, one line for each four megabytes of it, in the log's own form. It lets the
//! log be opened without reading it whole, and an old act be found by reading one piece of it. Made of the log
//! alone: each line says what the log's last line was there, so an index of another log, or of one that lost its
//! end, is known and cut back; whoever deletes it costs the next start the reading of the whole log.

use super::{Act, At, Head, checked, parse};
use crate::advice::Advice;
use crate::document::{Digest, SubmissionId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The format of a line.
const FORMAT: u8 = 1;

/// Octets of the log that one line is for, about: searched in a few milliseconds, and at most so many are read
/// at a start.
pub(super) const CHUNK: u64 = 4 << 20;

/// A piece of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chunk {
    index: u8,
    pub(super) begin: u64,
    pub(super) end: u64,
    /// Where its last line begins, and the digest of that line.
    last: u64,
    sha256: Digest,
    /// Between these are all submissions whose first answers are here.
    low: Option<SubmissionId>,
    high: Option<SubmissionId>,
    /// Whose later answers are here.
    later: Vec<SubmissionId>,
    /// The last number of each year, up to its end.
    pub(super) counters: BTreeMap<i16, u64>,
    /// The highest id up to its end.
    pub(super) highest: Option<SubmissionId>,
}

impl Chunk {
    fn begin(begin: u64, counters: BTreeMap<i16, u64>, highest: Option<SubmissionId>) -> Self {
        let (sha256, later) = (Digest::from_bytes([0; 32]), Vec::new());
        Self { index: FORMAT, begin, end: begin, last: begin, sha256, low: None, high: None, later, counters, highest }
    }

    fn first() -> Self {
        Self::begin(0, BTreeMap::new(), None)
    }

    /// What follows upon it, empty still.
    fn next(&self) -> Self {
        Self::begin(self.end, self.counters.clone(), self.highest)
    }

    /// Takes an act, and where its line lies.
    fn take(&mut self, act: &Head, offset: u64, len: u64) {
        let counter = self.counters.entry(act.year).or_default();
        *counter = (*counter).max(act.ordinal);
        self.highest = self.highest.max(Some(act.id));
        match act.answer {
            1 => {
                self.low = Some(self.low.map_or(act.id, |low| low.min(act.id)));
                self.high = self.high.max(Some(act.id));
            }
            _ => self.later.push(act.id),
        }
        (self.last, self.end) = (offset, offset + len);
    }

    fn may_tell_of(&self, id: SubmissionId) -> bool {
        let is_within = self.low.is_some_and(|low| low <= id) && self.high.is_some_and(|high| id <= high);
        is_within || self.later.contains(&id)
    }

    /// Whether the log has its last line where this says, and that bears the last number of its year. (One that was
    /// given once more does not: that piece is then read again, which costs a start some milliseconds.)
    fn fits(&self, log: &File) -> bool {
        let Some(len) = self.end.checked_sub(self.last) else { return false };
        let mut line = Vec::new();
        let read = At { file: log, offset: self.last }.take(len).read_to_end(&mut line);
        let is_it = read.is_ok_and(|read| read as u64 == len) && Digest::of(&line) == self.sha256;
        let act = is_it.then(|| checked(&line).and_then(parse::<Head>).ok()).flatten();
        act.is_some_and(|act| self.counters.get(&act.year) == Some(&act.ordinal))
    }
}

/// The index, and the piece that has no line in it yet.
#[derive(Debug)]
pub(super) struct Chunks {
    path: PathBuf,
    /// [`CHUNK`], but in tests.
    chunk: u64,
    now: Chunk,
    /// Lines of the log that are not known to be durable are not told of.
    full: Vec<Chunk>,
}

impl Chunks {
    /// Opens the index beside this log, and cuts off what is not of it.
    pub(super) fn open(log: &Path, file: &File, chunk: u64) -> Self {
        let path = log.with_extension("index");
        let octets = read(&path);
        let (mut chunks, mut good, mut place) = (Vec::<Chunk>::new(), Vec::new(), 0);
        for line in octets.split_inclusive(|&octet| octet == b'\n') {
            let Some(piece) = checked(line).ok().and_then(|json| parse::<Chunk>(json).ok()) else { break };
            if piece.index != FORMAT || piece.begin != chunks.last().map_or(0, |last| last.end) {
                break;
            }
            place += line.len();
            chunks.push(piece);
            good.push(place);
        }
        while chunks.last().is_some_and(|last| !last.fits(file)) {
            chunks.pop();
            good.pop();
        }
        let keeps = good.last().copied().unwrap_or(0);
        if keeps < octets.len()
            && let Err(error) = OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(keeps as u64))
        {
            tracing::warn!(advice = %Advice::IndexAnew,
                %error, path = %path.display(), "the index of the seal's act log cannot be cut back");
        }
        let now = chunks.pop().map_or_else(Chunk::first, |last| last.next());
        Self { path, chunk, now, full: Vec::new() }
    }

    /// The index made anew, where the one that is there says what the log does not: as if there were none.
    pub(super) fn anew(log: &Path, chunk: u64) -> Self {
        let path = log.with_extension("index");
        if let Err(error) = OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(0)) {
            tracing::warn!(advice = %Advice::IndexAnew,
                %error, path = %path.display(), "the index of the seal's act log cannot be emptied");
        }
        Self { path, chunk, now: Chunk::first(), full: Vec::new() }
    }

    /// What is known where the index ends.
    pub(super) fn known(&self) -> &Chunk {
        &self.now
    }

    /// Learns of an act, and of its line in the log.
    pub(super) fn note(&mut self, act: &Head, offset: u64, line: &[u8]) {
        let now = &mut self.now;
        now.take(act, offset, line.len() as u64);
        if now.end - now.begin >= self.chunk {
            now.sha256 = Digest::of(line);
            let next = now.next();
            self.full.push(std::mem::replace(now, next));
        }
    }

    /// Writes down the pieces that are full: the log is durable now. Without the index the log serves as well,
    /// so an index that cannot be written is only told of.
    pub(super) fn write(&mut self) {
        if self.full.is_empty() {
            return;
        }
        if let Err(error) = self.append() {
            tracing::warn!(advice = %Advice::IndexAnew,
                %error, path = %self.path.display(), "the index of the seal's act log cannot be written");
        }
    }

    fn append(&mut self) -> io::Result<()> {
        let mut lines = Vec::new();
        for chunk in &self.full {
            let json = serde_json::to_vec(chunk)?;
            write!(lines, "{:08x} ", crc32fast::hash(&json))?;
            lines.extend_from_slice(&json);
            lines.push(b'\n');
        }
        let mut file = OpenOptions::new().append(true).create(true).mode(0o640).open(&self.path)?;
        let whole = file.metadata()?.len();
        if let Err(error) = file.write_all(&lines) {
            file.set_len(whole)?; // they stay, to be written behind the next
            return Err(error);
        }
        self.full.clear();
        Ok(())
    }

    /// The pieces of the log in which this submission may be told of, in order; the last one is open at its end.
    pub(super) fn pieces(&self, id: SubmissionId) -> Vec<(u64, Option<u64>)> {
        let octets = read(&self.path);
        let (mut pieces, mut end) = (Vec::new(), 0);
        for chunk in written(&octets).chain(self.full.iter().cloned()) {
            if chunk.begin != end {
                break; // a person's hand was in it: all behind is searched
            }
            end = chunk.end;
            if chunk.may_tell_of(id) {
                pieces.push((chunk.begin, Some(chunk.end)));
            }
        }
        pieces.push((end, None));
        pieces
    }
}

/// The index held against the log while somebody reads that from its first line: what it says of each piece is what
/// stands there. Checksums prove nothing: whoever writes it anew makes them fit.
#[derive(Debug)]
pub(in crate::seal) struct Against {
    path: PathBuf,
    /// What the index says that was not met yet, the next one last.
    said: Vec<Chunk>,
    now: Chunk,
    unfit: Option<String>,
}

impl Against {
    /// The index beside this log, before the log is read. What a crash left at its end is no part of it.
    pub(in crate::seal) fn new(log: &Path) -> Self {
        let path = log.with_extension("index");
        let octets = read(&path);
        let mut said: Vec<Chunk> = written(&octets).take_while(|chunk| chunk.index == FORMAT).collect();
        said.reverse();
        Self { path, said, now: Chunk::first(), unfit: None }
    }

    /// Takes the next act, and its line in the log.
    pub(in crate::seal) fn note(&mut self, act: &Head, offset: u64, line: &[u8]) {
        let Some(said) = self.said.last() else { return };
        self.now.take(act, offset, line.len() as u64);
        if self.now.end < said.end {
            return;
        }
        self.now.sha256 = Digest::of(line);
        if *said == self.now {
            self.now = self.now.next();
            self.said.pop();
        } else {
            self.end();
        }
    }

    /// What does not fit, in words, once the log was read to its end.
    pub(in crate::seal) fn unfit(mut self) -> Option<String> {
        self.end();
        self.unfit
    }

    /// What the index says next is not so.
    fn end(&mut self) {
        let Some(Chunk { begin, end, .. }) = self.said.pop() else { return };
        self.said.clear();
        self.unfit = Some(format!(
            "the index {} of the seal's act log does not fit the log, in what it says of the octets {begin} to {end}. \
             Stop the window, delete this file, and start it: it is made anew of the log",
            self.path.display()
        ));
    }
}

/// The pieces that stand in these octets of an index, up to the first line that is not whole.
fn written(octets: &[u8]) -> impl Iterator<Item = Chunk> {
    let lines = octets.split_inclusive(|&octet| octet == b'\n');
    lines.map_while(|line| checked(line).ok().and_then(|json| parse::<Chunk>(json).ok()))
}

/// The index, or nothing: the log serves as well without it.
fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::warn!(advice = %Advice::IndexAnew,
                %error, path = %path.display(), "the index of the seal's act log cannot be read");
        }
        Vec::new()
    })
}

impl From<&Act> for Head {
    fn from(act: &Act) -> Self {
        let Act { act, year, ordinal, number, id, answer, decision, sealed, .. } = act;
        let (number, decision, sealed) = (number.clone(), *decision, *sealed);
        Self { act: *act, year: *year, ordinal: *ordinal, number, id: *id, answer: *answer, decision, sealed }
    }
}
