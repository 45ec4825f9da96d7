//! A file that only grows, in a store that cannot append: parts, each named by the octets that it holds.
//!
//! ```text
//! journal/00000001.log/000000000000-000001048801
//! journal/00000001.log/000001048801-000001049377
//! ```
//!
//! The last part is put anew with what has come, until it is large; so a file has a part for each mebibyte at
//! most, however often it is followed. What was put is never read from the window again: if that rots, the
//! reserve does not follow it. A crash between two steps leaves two parts that begin alike, and the longer counts.

use super::Fault;
use super::store::Store;
use crate::host::Disk;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// A part that has grown to this is left alone: 1 MiB, which is put anew in an instant.
const PART_FULL: u64 = 1 << 20;
/// The largest part, in octets: what is put at once lies in memory.
const PART_MAX: u64 = 8 << 20;

/// The parts of a file that lead on from its start, in order.
fn parts(store: &Store, file: &str) -> Result<Vec<(u64, u64)>, Fault> {
    let objects = store.list(file)?.objects;
    let range = |(name, size): &(String, u64)| {
        let (from, to) = name.split_once('-')?;
        let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
        (to.checked_sub(from) == Some(*size) && *size > 0).then_some((from, to))
    };
    let mut all: Vec<(u64, u64)> = objects.iter().filter_map(range).collect();
    all.sort_by_key(|&(from, to)| (from, std::cmp::Reverse(to)));
    let (mut leading, mut end) = (Vec::new(), 0);
    for (from, to) in all {
        if from == end {
            leading.push((from, to));
            end = to;
        }
    }
    Ok(leading)
}

fn name(file: &str, (from, to): (u64, u64)) -> String {
    format!("{file}/{from:012}-{to:012}")
}

/// Has the store hold the first `end` octets of a file; gives how many are new.
pub(super) fn follow(store: &Store, disk: &Disk, path: &Path, file: &str, end: u64) -> Result<u64, Fault> {
    let parts = parts(store, file)?;
    let last = parts.last().copied().unwrap_or((0, 0));
    if last.1 >= end {
        return Ok(0);
    }
    let mut source = disk.open(path).map_err(Fault::disk("open", path))?;
    source.seek(SeekFrom::Start(last.1)).map_err(Fault::disk("read", path))?;
    let mut at = last.1;
    let mut before = (last.1 > last.0 && last.1 - last.0 < PART_FULL).then_some(last);
    while at < end {
        let mut octets = match before {
            Some(part) => store.get(&name(file, part))?.unwrap_or_default(),
            None => Vec::new(),
        };
        let from = before.map_or(at, |part| part.0);
        if octets.len() as u64 != at - from {
            return Err(Fault::Store(format!("the reserve at {}: a part of {file} went away", store.address())));
        }
        let to = end.min(from + PART_MAX);
        (&source).take(to - at).read_to_end(&mut octets).map_err(Fault::disk("read", path))?;
        if octets.len() as u64 != to - from {
            return Err(Fault::Unsound(format!("{} ends before octet {to}, which is relied on", path.display())));
        }
        store.put(&name(file, (from, to)), octets)?;
        if let Some(part) = before.take() {
            store.delete(&name(file, part))?;
        }
        at = to;
    }
    Ok(end - last.1)
}

/// Writes the first `end` octets of a file, or all that there are, to a new file.
pub(super) fn fetch(store: &Store, disk: &Disk, file: &str, to: &Path, end: Option<u64>) -> Result<u64, Fault> {
    let new = disk.create(to).map_err(Fault::disk("make", to))?;
    let mut at = 0;
    let end_at = end.unwrap_or(u64::MAX);
    for part in parts(store, file)? {
        store.read(&name(file, part), part.1 - part.0, |octets| {
            let len = usize::try_from(end_at.saturating_sub(at)).unwrap_or(usize::MAX).min(octets.len());
            new.write_at(octets.get(..len).unwrap_or_default(), at).map_err(Fault::disk("write", to))?;
            at += len as u64;
            Ok(())
        })?;
    }
    new.sync().map_err(Fault::disk("make durable", to))?;
    match end {
        Some(end) if at < end => {
            Err(Fault::Unsound(format!("the reserve has {at} octets of {file} where it tells of {end}")))
        }
        _ => Ok(at),
    }
}
