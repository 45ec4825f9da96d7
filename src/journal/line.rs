//! The form of a line: `<crc32> <place> <chain> <JSON>`.
//!
//! *crc32* (8 hexadecimal digits) is over the rest of the line and says whether the octets rotted.
//! *place* says how many lines of the same sync stand before this one; a line of place 0 proves
//! that everything before it was durable when it was written. *chain* is the SHA-256 over the
//! previous line's chain and this line's JSON, and says whether a line before was changed, left
//! out or put in. Read them by eye with `cut -d' ' -f4- 00000001.log | jq`.

use super::event::Entry;
use crate::document::{Digest, Digester};
use crate::forms::merkle::Peaks;
use serde::{Deserialize, Serialize};

/// The version of the journal's format.
const VERSION: u32 = 2;

/// The version before the transparency log: its headers do not tell the tree.
const WITHOUT_TREE: u32 = 1;

/// Longest line in octets. The largest event is an answer with all its findings' slugs, a few
/// kilobytes; a limit keeps a reader of a damaged file from taking it into memory whole.
pub(super) const LINE_MAX: usize = 256 * 1024;

/// First line of a segment.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// The format's version.
    journal: u32,
    /// The segment's number.
    segment: u32,
    /// The chain at the end of the segment before; zeros in the first.
    previous: Digest,
    /// The transparency log before this segment: how many leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leaves: Option<u64>,
    /// And the roots of the full subtrees that make it up, the largest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peaks: Option<Vec<Digest>>,
}

/// Why a line is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineFault {
    /// The octets are not those that were written.
    Rotten,
    /// The octets are, but they do not follow upon what stands before.
    Unchained,
    /// Written by another version, or by no pencere.
    Unknown,
    /// The header tells another tree than the lines before it make.
    OtherTree,
}

/// The chain before the first line of all.
pub(super) fn origin() -> Digest {
    Digest::from_bytes([0; 32])
}

/// Writes one line and gives the new chain.
pub(super) fn write(into: &mut Vec<u8>, place: usize, previous: Digest, json: &[u8]) -> Digest {
    let chain = chain(previous, json);
    let mut rest = format!("{place} {chain} ").into_bytes();
    rest.extend_from_slice(json);
    into.extend_from_slice(format!("{:08x} ", crc32fast::hash(&rest)).as_bytes());
    into.append(&mut rest);
    into.push(b'\n');
    chain
}

/// Writes the first line of a segment; `peaks` are those of the tree before it.
pub(super) fn write_header(
    into: &mut Vec<u8>,
    segment: u32,
    previous: Digest,
    peaks: &Peaks,
) -> Result<Digest, serde_json::Error> {
    let (leaves, peaks) = (Some(peaks.size()), Some(peaks.hashes().to_vec()));
    let json = serde_json::to_vec(&Header { journal: VERSION, segment, previous, leaves, peaks })?;
    Ok(write(into, 0, previous, &json))
}

/// The line without its LF, when its octets are whole: its place, chain and JSON.
pub(super) fn split(line: &[u8]) -> Option<(usize, Digest, &[u8])> {
    let (checksum, rest) = line.split_at_checked(9)?;
    if checksum != format!("{:08x} ", crc32fast::hash(rest)).as_bytes() {
        return None;
    }
    let space = memchr::memchr(b' ', rest)?;
    let (place, rest) = rest.split_at_checked(space)?;
    let (chain, json) = rest.get(1..)?.split_at_checked(65)?;
    let chain = std::str::from_utf8(chain).ok()?.strip_suffix(' ')?;
    Some((std::str::from_utf8(place).ok()?.parse().ok()?, chain.parse().ok()?, json))
}

/// Reads one line that must follow upon `previous`; gives its place and the new chain too.
pub(super) fn read(line: &[u8], previous: Digest) -> Result<(usize, Digest, Entry, &[u8]), LineFault> {
    let (place, chain, json) = follow(line, previous)?;
    serde_json::from_slice(json).map(|entry| (place, chain, entry, json)).map_err(|_| LineFault::Unknown)
}

/// Reads the first line of a segment, which must follow upon `previous`; gives the new chain, and the tree before the
/// segment where the line tells it.
pub(super) fn read_header(line: &[u8], segment: u32, previous: Digest) -> Result<(Digest, Option<Peaks>), LineFault> {
    let (place, chain, json) = follow(line, previous)?;
    let header: Header = serde_json::from_slice(json).map_err(|_| LineFault::Unknown)?;
    if (place, header.segment, header.previous) != (0, segment, previous) {
        return Err(LineFault::Unknown);
    }
    match (header.journal, header.leaves, header.peaks) {
        (VERSION, Some(leaves), Some(peaks)) => Ok((chain, Some(Peaks::new(leaves, peaks).ok_or(LineFault::Unknown)?))),
        (WITHOUT_TREE, None, None) => Ok((chain, None)),
        _ => Err(LineFault::Unknown),
    }
}

/// How many leaves the transparency log had before a segment, as its first line says; none outside where that is no
/// header of a known format, none inside where the format had no log.
pub(super) fn leaves(line: &[u8]) -> Option<Option<u64>> {
    let (0, _, json) = split(line)? else { return None };
    let header: Header = serde_json::from_slice(json).ok()?;
    [VERSION, WITHOUT_TREE].contains(&header.journal).then_some(header.leaves)
}

fn follow(line: &[u8], previous: Digest) -> Result<(usize, Digest, &[u8]), LineFault> {
    let (place, written, json) = split(line).ok_or(LineFault::Rotten)?;
    let chain = chain(previous, json);
    match chain == written {
        true => Ok((place, chain, json)),
        false => Err(LineFault::Unchained),
    }
}

fn chain(previous: Digest, json: &[u8]) -> Digest {
    let mut digester = Digester::new();
    digester.update(previous.as_bytes());
    digester.update(json);
    digester.finish()
}
