//! Single lines of the journal by their place, and where its closed segments end.
//!
//! For those who keep an index of it: a line is read without the ones before it, so its checksum says that it
//! is whole, and the chain is not followed. Never writes.

use super::event::Entry;
use super::line::{self, LINE_MAX};
use super::read::{path, segments};
use super::{JournalError, Position};
use crate::document::Digest;
use crate::host::Disk;
use serde::Deserialize;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Octets that are read at first for one line; most have less.
const FIRST: usize = 2048;

/// The longest header of a segment, in octets: the transparency log before it has at most 64 subtrees, of 67 octets
/// each.
const HEADER_MAX: usize = 8 * 1024;

/// Reads lines by their places.
#[derive(Debug)]
pub struct Lines {
    disk: Disk,
    folder: PathBuf,
    /// The segment read last: lines that are asked for together lie together.
    last: Mutex<Option<(u32, File)>>,
}

impl Lines {
    /// Of the journal in the window's state folder.
    pub fn new(disk: &Disk, state: &Path) -> Self {
        Self { disk: disk.clone(), folder: state.join("journal"), last: Mutex::new(None) }
    }

    /// The entry whose line begins at this octet of a segment, and the position behind it.
    ///
    /// # Errors
    /// What the disk says; or damage, when no whole line stands there.
    pub fn read(&self, segment: u32, begin: u64) -> Result<(Entry, Position), JournalError> {
        let path = path(&self.folder, segment);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(number, _)| *number != segment) {
            *last = Some((segment, self.disk.open(&path).map_err(JournalError::disk("open", &path))?));
        }
        let damaged = |what| JournalError::Damaged { path: path.clone(), offset: begin, what };
        let Some((_, file)) = &*last else { return Err(damaged("the segment is not open")) };
        let mut octets = Vec::new();
        let end = loop {
            let known = octets.len();
            octets.resize(if known == 0 { FIRST } else { LINE_MAX }, 0);
            let count = fill(file, &mut octets[known..], begin + known as u64);
            octets.truncate(known + count.map_err(JournalError::disk("read", &path))?);
            match memchr::memchr(b'\n', &octets[known..]) {
                Some(end) => break known + end,
                None if known == 0 && octets.len() == FIRST => {}
                None => return Err(damaged("no line ends where one should")),
            }
        };
        let split = octets.get(..end).and_then(line::split);
        let (_, chain, json) = split.ok_or_else(|| damaged("no whole line begins here"))?;
        let entry = serde_json::from_slice(json).map_err(|_| damaged("the line is not of this format"))?;
        Ok((entry, Position { segment, offset: begin + end as u64 + 1, chain }))
    }
}

/// Reads until the piece is full or the file ends.
fn fill(file: &File, piece: &mut [u8], begin: u64) -> std::io::Result<usize> {
    let mut count = 0;
    while count < piece.len() {
        match file.read_at(&mut piece[count..], begin + count as u64) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// The ends of all closed segments, from the first on: its length, and the chain there as the segment after it
/// tells it. One behind which that cannot be read is not counted as closed.
///
/// # Errors
/// What the disk says.
pub fn ends(disk: &Disk, state: &Path) -> Result<Vec<Position>, JournalError> {
    /// The chain that a segment's first line begins with.
    #[derive(Deserialize)]
    struct Begins {
        previous: Digest,
    }
    let folder = state.join("journal");
    let numbers = segments(disk, &folder)?;
    let mut ends = Vec::new();
    for (&segment, number) in numbers.iter().zip(1..).take(numbers.len().saturating_sub(1)) {
        let (this, next) = (path(&folder, segment), path(&folder, segment + 1));
        if segment != number || numbers.get(segment as usize) != Some(&(segment + 1)) {
            break; // who reads on will say what is missing
        }
        let mut head = vec![0; HEADER_MAX];
        let file = disk.open(&next).map_err(JournalError::disk("open", &next))?;
        let count = fill(&file, &mut head, 0).map_err(JournalError::disk("read", &next))?;
        let first = head[..count].split(|&octet| octet == b'\n').next().and_then(line::split);
        let Some(Begins { previous }) = first.and_then(|(.., json)| serde_json::from_slice(json).ok()) else { break };
        let file = disk.open(&this).map_err(JournalError::disk("open", &this))?;
        let offset = file.metadata().map_err(JournalError::disk("read", &this))?.len();
        ends.push(Position { segment, offset, chain: previous });
    }
    Ok(ends)
}

/// Where the index of a closed segment lies: beside it. Whoever deletes it loses nothing.
pub fn index_path(state: &Path, segment: u32) -> PathBuf {
    path(&state.join("journal"), segment).with_extension("index")
}
