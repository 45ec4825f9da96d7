//! Copying one file of an arrival: into memory when it is small, into evidence when it is large.

use crate::evidence::{Evidence, EvidenceError, IncomingFile, Kept};
use crate::host::Octets;
use crate::intake::Incoming;
use std::io;
use std::os::unix::fs::FileExt;

/// Octets read at once of a large file: large enough that the system call costs nothing beside
/// the digest, small enough for an idle window's memory.
const PIECE: usize = 128 * 1024;

/// A copy, whole and unchanged, that evidence has not yet promised to keep.
pub(super) enum Copied {
    Small(Vec<u8>),
    Large(IncomingFile),
}

/// What is wrong with a source.
pub(super) enum SourceFault {
    /// Somebody wrote to it meanwhile.
    Changed,
    /// It cannot be read.
    Unreadable(io::Error),
}

/// Why there is no copy: the source's fault, or ours.
pub(super) enum NotCopied {
    Source(SourceFault),
    Evidence(EvidenceError),
}

impl NotCopied {
    fn unreadable(error: io::Error) -> Self {
        Self::Source(SourceFault::Unreadable(error))
    }

    fn changed() -> Self {
        Self::Source(SourceFault::Changed)
    }
}

/// Copies a file, and looks afterwards whether it is still the one that was taken.
pub(super) fn copy(source: &Incoming, evidence: &mut Evidence) -> Result<Copied, NotCopied> {
    let size = source.facts().size;
    let copied = match evidence.is_small(size) {
        true => Copied::Small(small(source, size)?),
        false => Copied::Large(large(source, size, evidence)?),
    };
    match source.has_changed() {
        Ok(false) => Ok(copied),
        Ok(true) => Err(NotCopied::changed()),
        Err(error) => Err(NotCopied::unreadable(error)),
    }
}

fn small(source: &Incoming, size: u64) -> Result<Vec<u8>, NotCopied> {
    let mut octets = vec![0; size as usize]; // small by the caller's word
    match source.file().read_exact_at(&mut octets, 0) {
        Ok(()) => Ok(octets),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(NotCopied::changed()),
        Err(error) => Err(NotCopied::unreadable(error)),
    }
}

fn large(source: &Incoming, size: u64, evidence: &mut Evidence) -> Result<IncomingFile, NotCopied> {
    let mut copy = evidence.incoming().map_err(NotCopied::Evidence)?;
    let mut piece = vec![0; PIECE];
    let mut offset = 0;
    while offset < size {
        let rest = (size - offset).min(PIECE as u64) as usize;
        let count = source.file().read_at(&mut piece[..rest], offset).map_err(NotCopied::unreadable)?;
        if count == 0 {
            return Err(NotCopied::changed());
        }
        copy.write(&piece[..count]).map_err(NotCopied::Evidence)?;
        offset += count as u64;
    }
    Ok(copy)
}

impl Copied {
    /// Has evidence promise to keep it.
    pub(super) fn keep(self, evidence: &mut Evidence) -> Result<(Kept, Octets), EvidenceError> {
        match self {
            Self::Small(octets) => Ok((evidence.append(&octets)?, Octets::from(octets))),
            Self::Large(file) => evidence.keep(file),
        }
    }
}
