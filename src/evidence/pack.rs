//! The form of a pack: a header line, then entries, each a line that says what follows.

use super::EvidenceError;
use crate::document::Digest;
use std::io::{BufRead, Read};
use std::path::Path;

/// First line of a pack; the number is the format's version.
pub(super) const HEADER: &[u8] = b"pencere-pack 1\n";

/// Longest line before an entry: checksum, digest, a length of at most 20 digits, two spaces, LF.
const LINE_MAX: usize = 8 + 1 + 64 + 1 + 20 + 1;

/// One entry of a pack, as a walk finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackEntry {
    /// Where it begins, in octets from the start of the pack.
    pub offset: u64,
    /// The digest of its octets.
    pub sha256: Digest,
    /// How many.
    pub size: u64,
}

/// Writes an entry's line, its octets and a closing LF.
pub(super) fn frame(pack: &mut Vec<u8>, sha256: Digest, octets: &[u8]) {
    let rest = format!("{sha256} {}", octets.len());
    pack.reserve(LINE_MAX + octets.len() + 1);
    pack.extend_from_slice(format!("{:08x} {rest}\n", crc32fast::hash(rest.as_bytes())).as_bytes());
    pack.extend_from_slice(octets);
    pack.push(b'\n');
}

/// Reads the line of the entry at `offset`; none at the end of the pack.
pub(super) fn entry(
    pack: &mut impl BufRead,
    path: &Path,
    offset: u64,
) -> Result<Option<(PackEntry, usize)>, EvidenceError> {
    let damaged = |what| EvidenceError::Damaged { path: path.to_owned(), offset, what };
    let mut line = Vec::new();
    pack.by_ref().take(LINE_MAX as u64).read_until(b'\n', &mut line).map_err(EvidenceError::disk("read", path))?;
    if line.is_empty() {
        return Ok(None);
    }
    let Some(text) = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok()) else {
        return Err(damaged("an entry begins here, but not with a whole line"));
    };
    let (checksum, rest) = text.split_once(' ').ok_or_else(|| damaged("the entry's line has no checksum"))?;
    if checksum != format!("{:08x}", crc32fast::hash(rest.as_bytes())) {
        return Err(damaged("the entry's line was changed: its checksum differs"));
    }
    let fields = rest.split_once(' ').and_then(|(sha256, size)| Some((sha256.parse().ok()?, size.parse().ok()?)));
    let (sha256, size) = fields.ok_or_else(|| damaged("the entry's line is not of this format"))?;
    Ok(Some((PackEntry { offset, sha256, size }, line.len())))
}
