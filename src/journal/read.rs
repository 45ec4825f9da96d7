//! Reading the journal: needs no lock and no daemon, and works beside a running one.

use super::event::Entry;
use super::line::{self, LINE_MAX, LineFault};
use super::{JournalError, Position};
use crate::document::Digest;
use crate::forms::merkle::{self, Peaks};
use crate::host::{Disk, has_hole};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Gives the journal's entries in order, each checked. Beside a running daemon it sees whole lines
/// only; the last of them may not be durable yet.
#[derive(Debug)]
pub struct Reader {
    disk: Disk,
    folder: PathBuf,
    segments: Vec<u32>,
    /// The segment being read, and where the next line begins.
    open: Option<BufReader<File>>,
    position: Position,
    /// Where the last write of the segment begins, as far as it was read.
    last_write: u64,
    torn: bool,
    line: Vec<u8>,
    /// The transparency log up to here; none where it is not known: behind a place in the middle of a segment.
    peaks: Option<Peaks>,
    /// The same before the segment that is read, as its header tells it.
    header: Option<Peaks>,
    /// The last entry's leaf, if it is one.
    leaf: Option<(u64, Digest)>,
    /// The chain before it.
    before: Digest,
}

impl Reader {
    /// Reads from the first line of all.
    ///
    /// # Errors
    /// What the disk says, or a journal whose first segments are missing.
    pub fn open(disk: &Disk, state: &Path) -> Result<Self, JournalError> {
        let folder = state.join("journal");
        let segments = segments(disk, &folder)?;
        let position = Position { segment: 0, offset: 0, chain: line::origin() };
        if let Some(&first) = segments.first().filter(|&&first| first != 1) {
            return Err(JournalError::Missing { path: path(&folder, 1), next: path(&folder, first) });
        }
        let (disk, line, peaks, before) = (disk.clone(), Vec::new(), Some(Peaks::default()), position.chain);
        let (open, last_write, torn, header, leaf) = (None, 0, false, None, None);
        Ok(Self { disk, folder, segments, open, position, last_write, torn, line, peaks, header, leaf, before })
    }

    /// Reads what follows upon a position: the first line after it must continue its chain.
    ///
    /// # Errors
    /// What the disk says, or that the position is not in this journal.
    pub fn after(disk: &Disk, state: &Path, position: Position) -> Result<Self, JournalError> {
        let mut reader = Self::open(disk, state)?;
        if position.segment == 0 {
            return Ok(reader);
        }
        let path = path(&reader.folder, position.segment);
        let mut file = disk.open(&path).map_err(JournalError::disk("open", &path))?;
        let len = file.metadata().map_err(JournalError::disk("read", &path))?.len();
        if len < position.offset {
            return Err(JournalError::Behind { path, offset: position.offset });
        }
        file.seek(SeekFrom::Start(position.offset)).map_err(JournalError::disk("read", &path))?;
        reader.open = Some(BufReader::new(file));
        (reader.position, reader.peaks) = (position, None);
        Ok(reader)
    }

    /// Reads the last segment alone, its header taken on trust from the segment before; for the
    /// writer, which has no need of the whole history.
    pub(super) fn last_segment(disk: &Disk, state: &Path) -> Result<Self, JournalError> {
        let mut reader = Self::open(disk, state)?;
        for (&segment, number) in reader.segments.iter().zip(1..) {
            if segment != number {
                let (path, next) = (path(&reader.folder, number), path(&reader.folder, segment));
                return Err(JournalError::Missing { path, next });
            }
        }
        if let Some(before) = reader.segments.len().checked_sub(2) {
            let segment = reader.segments[before];
            reader.position = Position { segment, ..reader.position };
            reader.position.chain = reader.last_chain(segment)?;
            reader.peaks = None; // its header tells
        }
        Ok(reader)
    }

    /// Reads from the beginning of the last segment before which the transparency log had no more than so many leaves;
    /// of the first where none tells. The header of that segment is taken on trust, by its checksum.
    ///
    /// # Errors
    /// What the disk says; segments that are missing, or do not begin or end with a whole line.
    pub fn from_leaf(disk: &Disk, state: &Path, leaves: u64) -> Result<Self, JournalError> {
        let mut reader = Self::open(disk, state)?;
        for before in (0..reader.segments.len().saturating_sub(1)).rev() {
            let (segment, next) = (reader.segments[before], reader.segments[before + 1]);
            if reader.leaves_before(next)?.is_some_and(|known| known <= leaves) {
                reader.position = Position { segment, offset: 0, chain: reader.last_chain(segment)? };
                reader.peaks = None; // its header tells
                break;
            }
        }
        Ok(reader)
    }

    /// The same, where the transparency log is known at the place from which it reads: what follows is held against it.
    pub fn knowing(self, peaks: Peaks) -> Self {
        Self { peaks: Some(peaks), ..self }
    }

    /// What the header of a segment says of the leaves before it; none in the format that had no log.
    fn leaves_before(&self, segment: u32) -> Result<Option<u64>, JournalError> {
        let path = path(&self.folder, segment);
        let mut line = Vec::new();
        let file = self.disk.open(&path).map_err(JournalError::disk("open", &path))?;
        let read = BufReader::new(file).take(LINE_MAX as u64).read_until(b'\n', &mut line);
        read.map_err(JournalError::disk("read", &path))?;
        match line.strip_suffix(b"\n").and_then(line::leaves) {
            Some(leaves) => Ok(leaves),
            None => Err(JournalError::Damaged { path, offset: 0, what: "the segment does not begin with its header" }),
        }
    }

    /// The next entry and the position after it; none at the end.
    ///
    /// # Errors
    /// What the disk says, or the first damage, by segment and octet. Nothing more is to be read.
    #[allow(clippy::should_implement_trait)] // an error ends it, which no iterator's caller expects
    pub fn next(&mut self) -> Result<Option<(Entry, Position)>, JournalError> {
        loop {
            if self.open.is_none() && !self.open_next()? {
                return Ok(None);
            }
            let begin = self.position.offset;
            let Some(len) = self.read_line()? else {
                // A torn rest is in the last segment alone, so behind one there is no other.
                match self.segments.iter().any(|&segment| segment > self.position.segment) {
                    true => self.open = None,
                    false => return Ok(None),
                }
                continue;
            };
            let previous = self.position.chain;
            self.leaf = None;
            let followed = match begin {
                0 => line::read_header(&self.line, self.position.segment, previous)
                    .and_then(|(chain, told)| follow_tree(&mut self.peaks, told.as_ref()).map(|()| (chain, told)))
                    .map(|(chain, told)| {
                        self.header = told;
                        (0, chain, None)
                    }),
                _ => line::read(&self.line, previous).map(|(place, chain, entry, json)| {
                    if let Some(peaks) = self.peaks.as_mut().filter(|_| entry.event.is_leaf()) {
                        self.leaf = Some((peaks.size(), merkle::leaf(json)));
                        peaks.push(merkle::leaf(json), |_, _, _| {});
                    }
                    (place, chain, Some(entry))
                }),
            };
            let (place, chain, entry) = match followed {
                Ok(good) => good,
                Err(LineFault::Rotten) if self.is_torn_from(begin)? => {
                    self.torn = true;
                    self.open = Some(self.nothing()?);
                    return Ok(None);
                }
                Err(fault) => return Err(self.damaged(fault)),
            };
            if place == 0 {
                self.last_write = begin;
            }
            self.before = previous;
            self.position = Position { offset: begin + len, chain, ..self.position };
            if let Some(entry) = entry {
                return Ok(Some((entry, self.position)));
            }
        }
    }

    /// The octets of the line that was read last, without its end: for whoever hands it on as it stands.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The chain before that line.
    pub fn before(&self) -> Digest {
        self.before
    }

    /// Where the last good line ends.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Where the line of the entry that [`Reader::next`] gave last begins, in octets from the start of its segment,
    /// and the entry's JSON as it stands there.
    pub fn as_written(&self) -> (u64, &[u8]) {
        let begin = self.position.offset.saturating_sub(self.line.len() as u64 + 1);
        (begin, line::split(&self.line).map_or(&[], |(_, _, json)| json))
    }

    /// Whether something stands after it that a loss of power, or a write under way, left there.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// The transparency log after the last entry; none where this reader began within a segment, or in one of the
    /// format before there was such a log.
    pub fn peaks(&self) -> Option<&Peaks> {
        self.peaks.as_ref()
    }

    /// The transparency log before the segment that is read, as its header tells it.
    pub(super) fn take_header(&mut self) -> Option<Peaks> {
        self.header.take()
    }

    /// Of the last entry, where it is a leaf of the transparency log: its place there and its hash.
    pub fn leaf(&self) -> Option<(u64, Digest)> {
        self.leaf
    }

    /// Where the last write begins, in octets from the start of the segment: all before it is
    /// durable, for it was synced before this was written.
    pub(super) fn last_write(&self) -> u64 {
        self.last_write
    }

    fn open_next(&mut self) -> Result<bool, JournalError> {
        let Some(&segment) = self.segments.iter().find(|&&segment| segment > self.position.segment) else {
            return Ok(false);
        };
        if segment != self.position.segment + 1 {
            let missing = path(&self.folder, self.position.segment + 1);
            return Err(JournalError::Missing { path: missing, next: path(&self.folder, segment) });
        }
        let path = path(&self.folder, segment);
        self.open = Some(BufReader::new(self.disk.open(&path).map_err(JournalError::disk("open", &path))?));
        self.position = Position { segment, offset: 0, ..self.position };
        self.last_write = 0;
        Ok(true)
    }

    /// The next whole line, without its LF, into `self.line`; its length with the LF.
    fn read_line(&mut self) -> Result<Option<u64>, JournalError> {
        self.line.clear();
        let Some(open) = &mut self.open else { return Ok(None) };
        let path = path(&self.folder, self.position.segment);
        let disk = JournalError::disk("read", &path);
        open.take(LINE_MAX as u64).read_until(b'\n', &mut self.line).map_err(disk)?;
        match self.line.pop() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(self.line.len() as u64 + 1)),
            Some(other) => {
                self.line.push(other);
                let begin = self.position.offset;
                if self.line.len() == LINE_MAX || !self.is_torn_from(begin)? {
                    return Err(self.damaged(LineFault::Rotten));
                }
                self.torn = true;
                Ok(None)
            }
        }
    }

    /// Whether what stands from `begin` to the end of this segment can be what a loss of power
    /// left of one unsynced write, and nothing else. Such a rest is in the last segment, holds no
    /// line of a later write (place 0 behind another), and either breaks off within a line or has
    /// sectors that were never written. Anything else was durable once, and is damage.
    fn is_torn_from(&self, begin: u64) -> Result<bool, JournalError> {
        let segment = self.position.segment;
        let path = path(&self.folder, segment);
        if self.segments.iter().any(|&other| other > segment) {
            return Ok(false);
        }
        let mut file = self.disk.open(&path).map_err(JournalError::disk("open", &path))?;
        let mut rest = Vec::new();
        file.seek(SeekFrom::Start(begin)).map_err(JournalError::disk("read", &path))?;
        file.read_to_end(&mut rest).map_err(JournalError::disk("read", &path))?;
        let mut lines = rest.split(|&octet| octet == b'\n');
        if rest.contains(&b'\n') && lines.clone().next().and_then(line::split).is_some() {
            return Ok(true); // a writer beside us has finished this line since we read it
        }
        let broken_off = lines.next_back().unwrap_or_default();
        let whole_lines = lines.clone().count();
        let later_write = lines.skip(1).filter_map(line::split).any(|(place, ..)| place == 0);
        // A whole line whose very LF was changed was not torn: its checksum still fits.
        let lost_its_end = broken_off.split_last().is_some_and(|(_, line)| line::split(line).is_some());
        let torn_line = whole_lines == 0 && !broken_off.contains(&0) && !lost_its_end;
        Ok(!later_write && (torn_line || has_hole(&rest, begin)))
    }

    fn nothing(&self) -> Result<BufReader<File>, JournalError> {
        let path = path(&self.folder, self.position.segment);
        let mut file = self.disk.open(&path).map_err(JournalError::disk("open", &path))?;
        file.seek(SeekFrom::End(0)).map_err(JournalError::disk("read", &path))?;
        Ok(BufReader::new(file))
    }

    fn last_chain(&self, segment: u32) -> Result<Digest, JournalError> {
        let path = path(&self.folder, segment);
        let mut file = self.disk.open(&path).map_err(JournalError::disk("open", &path))?;
        let len = file.metadata().map_err(JournalError::disk("read", &path))?.len();
        let begin = len.saturating_sub(LINE_MAX as u64);
        let mut end = Vec::new();
        file.seek(SeekFrom::Start(begin)).map_err(JournalError::disk("read", &path))?;
        file.read_to_end(&mut end).map_err(JournalError::disk("read", &path))?;
        let line = end.strip_suffix(b"\n").and_then(|end| end.rsplit(|&octet| octet == b'\n').next());
        match line.and_then(line::split) {
            Some((_, chain, _)) => Ok(chain),
            None => {
                Err(JournalError::Damaged { path, offset: len, what: "the segment does not end with a whole line" })
            }
        }
    }

    fn damaged(&self, fault: LineFault) -> JournalError {
        let what = match fault {
            LineFault::Rotten => "the line was changed: its checksum differs",
            LineFault::Unchained => "a line before this one was changed, left out or put in: the chain breaks",
            LineFault::Unknown => "the line is not of this format",
            LineFault::OtherTree => "the header tells another transparency log than the lines before it make",
        };
        let path = path(&self.folder, self.position.segment);
        JournalError::Damaged { path, offset: self.position.offset, what }
    }
}

/// The tree goes on from segment to segment: what a header tells is what the lines before it made.
fn follow_tree(known: &mut Option<Peaks>, told: Option<&Peaks>) -> Result<(), LineFault> {
    match (&known, told) {
        (Some(known), Some(told)) if known != told => return Err(LineFault::OtherTree),
        (None, told) => *known = told.cloned(),
        _ => {}
    }
    Ok(())
}

/// The numbers of the segments, ascending.
pub(super) fn segments(disk: &Disk, folder: &Path) -> Result<Vec<u32>, JournalError> {
    let names = match disk.list(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(JournalError::disk("list", folder))?,
    };
    // nothing else is a segment, whatever number somebody's own file bears
    let number = |name: &std::ffi::OsString| {
        let number = name.to_str()?.strip_suffix(".log")?.parse().ok()?;
        (path(folder, number).file_name() == Some(name)).then_some(number)
    };
    let mut numbers: Vec<u32> = names.iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Where a segment lies.
pub(super) fn path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("{segment:08}.log"))
}
