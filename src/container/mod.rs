//! Containers: a ZIP archive as it must be, read strictly and written plainly (APPNOTE 6.3.3,
//! EN 319 162-1 annex A).
//!
//! A container is exactly the entries of its central directory: they lie one behind the other from
//! the first octet on, each local header says what the directory says, and nothing else is in the
//! file. So two readers cannot see two containers in one file. What is opened was unpacked once:
//! sizes and checksums hold. An entry is a stream and is never held whole here. Nothing is unpacked
//! beyond [`Limits`], nothing is ever written to a disk, and a name is data, never a path.

mod contents;
mod directory;
mod name;
pub mod write;

pub use contents::Contents;

use crate::finding::{Code, Finding};
use crate::host::Octets;
use std::io::{self, Read as _};

/// How much a container may hold. Each is a configuration key under `[limits]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries, `container_entries`: each costs a look at its header. A submission needs four; 1000
    /// leave room for an archive with all its attachments.
    pub entries: usize,
    /// Octets of one entry unpacked, `container_entry_size`: as large as a document may be by itself.
    pub entry: u64,
    /// Octets of all entries unpacked, `container_size`: each is unpacked for every verdict.
    pub total: u64,
    /// How many times larger an entry may get by unpacking, `container_ratio`. Text of figures
    /// shrinks ten to fifty times, deflate itself could do a thousand.
    pub ratio: u64,
    /// Octets of one name, `container_name`: file systems end at 255 for one part of it.
    pub name: usize,
    /// Octets of one signatures file, `container_signatures_size`: it is held in memory whole.
    pub signatures_file: u64,
    /// Signatures in all files together, `container_signatures`: each costs a public key operation.
    pub signatures: usize,
}

impl Limits {
    /// What unpacks to less than this many octets is no bomb, whatever its ratio.
    pub const RATIO_FROM: u64 = 1 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 1000,
            entry: 64 << 20,
            total: 256 << 20,
            ratio: 100,
            name: 512,
            signatures_file: 8 << 20,
            signatures: 32,
        }
    }
}

/// Why a file is no container.
#[derive(Debug)]
pub enum Fault {
    /// It breaks a rule: which, and at which entry.
    Malformed(String),
    /// More than is looked at: what was found, and how much is allowed.
    Limit(String, u64),
    /// The disk failed.
    Io(io::Error),
}

impl Fault {
    fn malformed(what: &str, name: &str) -> Self {
        Self::Malformed(format!("{what}: {name}"))
    }

    /// The fault as a finding for the sender; none when it is not the container's.
    pub fn finding(&self) -> Option<Finding> {
        match self {
            Self::Malformed(what) => Some(Finding::new(Code::SignatureContainer).found(what)),
            Self::Limit(found, most) => Some(Finding::new(Code::SignatureContainerLimit).found(found).wanted(most)),
            Self::Io(_) => None,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// One entry: a file, or a folder (its name ends in a slash and it holds nothing).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, relative to the container's root.
    pub name: String,
    /// Octets unpacked.
    pub size: u64,
    /// Whether it is packed (deflate), else it lies there as it is.
    pub is_packed: bool,
    /// Checksum of what is unpacked (CRC-32).
    crc: u32,
    /// Octets as they lie in the file.
    packed_size: u64,
    /// Where they begin.
    at: u64,
}

impl Entry {
    /// Where its octets lie in the file, and how many; none of what is packed.
    pub fn place(&self) -> Option<(u64, u64)> {
        (!self.is_packed).then_some((self.at, self.size))
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// A container whose every entry was unpacked once and found as its directory says.
#[derive(Debug)]
pub struct Container {
    octets: Octets,
    entries: Vec<Entry>,
}

impl Container {
    /// Opens a container and unpacks every entry once, to hold sizes and checksums.
    ///
    /// # Errors
    /// The first rule that it breaks, a limit, or the disk.
    pub fn open(octets: &Octets, limits: &Limits) -> Result<Self, Fault> {
        let entries = directory::read(octets, limits)?;
        let container = Self { octets: octets.clone(), entries };
        for entry in &container.entries {
            io::copy(&mut container.read(entry), &mut io::sink()).map_err(|error| contents::fault(error, entry))?;
        }
        Ok(container)
    }

    /// Its entries, in the order in which they lie in the file; no name stands twice.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The octets of one of its entries at rest: what is not packed stays where it lies, what is packed is unpacked
    /// into memory.
    ///
    /// # Errors
    /// The disk.
    pub fn octets(&self, entry: &Entry) -> io::Result<Octets> {
        if !entry.is_packed {
            return Ok(self.octets.pieces([(entry.at, entry.packed_size)]));
        }
        let mut octets = Vec::new();
        self.read(entry).read_to_end(&mut octets)?;
        Ok(octets.into())
    }

    /// The octets of one of its entries, as a stream.
    pub fn read<'a>(&'a self, entry: &'a Entry) -> Contents<'a> {
        Contents::new(&self.octets, entry)
    }
}

#[cfg(test)]
mod tests;
