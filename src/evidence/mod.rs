//! Evidence: originals and receipts, octet for octet, for as long as the law asks (S 5.5, R 5.6).
//!
//! Owns `state/evidence`. Small things lie in append-only packs, large ones as files by digest:
//!
//! ```text
//! evidence/packs/00000001.pack      pencere-pack 1
//!                                   <crc32 of the rest of this line> <sha256> <length>
//!                                   <so many octets>
//!                                   <crc32 …
//! evidence/objects/e3/b0c44298…     the octets themselves, named by their SHA-256
//! evidence/annexes/<name>.annex     what lies in a file elsewhere, and where in it
//! staging/incoming/<number>         a large one on its way in; deleted at start
//! ```
//!
//! A pack is written by one process only: what a crash or a full disk left torn at its end is
//! never cut and never written behind, the next process begins a new pack. So a pack needs no
//! repair, and nothing here ever destroys an octet that somebody may rely on: a whole pack or object can be
//! let go, once a file elsewhere gives back each octet of it.
//!
//! What [`Evidence::append`] gives back is a promise; [`Evidence::sync`] keeps it. Reading
//! ([`Reader`]) verifies every octet against its digest and needs neither the journal nor a daemon.
//! Never knows what an octet means, nor to whom it belongs.

mod annex;
mod files;
mod incoming;
mod pack;
mod read;
#[cfg(test)]
mod tests;

pub use annex::{AnnexFile, Place, Released, Relied};
pub use files::{EvidenceFile, PACK_BEGINS, framed};
pub use incoming::IncomingFile;
pub use pack::PackEntry;
pub use read::Reader;

use crate::document::Digest;
use crate::host::{Appendix, Disk, Octets, Scratch};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that is kept: its digest, its size and where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its size in octets.
    pub size: u64,
    /// Where it lies.
    pub location: Location,
}

/// Where in evidence something lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// In a pack.
    Pack {
        /// The pack's number.
        number: u32,
        /// Where its entry begins, in octets from the start of the pack.
        offset: u64,
    },
    /// In a file of its own, named by its digest.
    Object,
}

/// How evidence is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `evidence.pack_entry_max`, octets: what is larger becomes a file of its own. 256 KiB: below
    /// it a file of its own costs more syncs (file, folder) than its octets cost to write; above
    /// it, copying through memory costs more than a sync, and a pack would hide a document that a
    /// person may want to find by its digest.
    pub pack_entry_max: u64,
    /// `evidence.pack_max`, octets: a pack that has grown past it is followed by a new one. 64 MiB:
    /// small enough to verify in a second and to copy away in one piece.
    pub pack_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { pack_entry_max: 256 * 1024, pack_max: 64 * 1024 * 1024 }
    }
}

/// Why evidence could not be kept or read. The text names the file.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The disk said no; `step` says to what.
    #[error("evidence: {step} {}: {source}", path.display())]
    Disk {
        /// What was tried.
        step: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// What lies there is not what was kept.
    #[error("evidence: {} at octet {offset}: {what}", path.display())]
    Damaged {
        /// In which file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
}

impl EvidenceError {
    fn disk<'a>(step: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Disk { step, path: path.to_owned(), source }
    }

    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Disk { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the pack ends before the entry: a copy of a pack that was let go while it was copied.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Damaged { what, .. } if *what == read::CUT)
    }

    /// Whether the disk is full, as against broken.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Disk { source, .. } if is_full(source))
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The only writer of evidence.
#[derive(Debug)]
pub struct Evidence {
    disk: Disk,
    reader: Reader,
    incoming: PathBuf,
    settings: Settings,
    /// The pack being written; none until something small comes.
    pack: Option<(u32, Arc<Mutex<Appendix>>)>,
    /// Entries promised and not yet written.
    pending: Vec<u8>,
    /// Folders of objects whose names are not yet durable.
    folders: BTreeSet<PathBuf>,
    /// The highest pack number that was ever used here.
    last_pack: u32,
    last_incoming: u64,
}

impl Evidence {
    /// Opens evidence in the window's state folder, and clears what was on its way in when the
    /// last process ended: nothing there was promised to anybody. The caller holds the journal's
    /// lock, so nobody else writes.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(disk: &Disk, state: &Path, settings: Settings) -> Result<Self, EvidenceError> {
        let reader = Reader::new(disk, state);
        let incoming = state.join("staging").join("incoming");
        for folder in [reader.packs_folder(), reader.objects_folder(), incoming.clone()] {
            disk.make_folder(&folder).map_err(EvidenceError::disk("make folder", &folder))?;
        }
        for name in disk.list(&incoming).map_err(EvidenceError::disk("list", &incoming))? {
            let left = incoming.join(name);
            disk.unlink(&left).map_err(EvidenceError::disk("delete", &left))?;
        }
        let last_pack = reader.packs()?.last().copied().unwrap_or(0);
        let (disk, pending, folders) = (disk.clone(), Vec::new(), BTreeSet::new());
        Ok(Self { disk, reader, incoming, settings, pack: None, pending, folders, last_pack, last_incoming: 0 })
    }

    /// A place beside what is on its way in, cleared like it at every start.
    pub fn scratch(&self) -> Scratch {
        Scratch::new(&self.disk, &self.incoming)
    }

    /// Whether something of this size goes into a pack.
    pub fn is_small(&self, size: u64) -> bool {
        size <= self.settings.pack_entry_max
    }

    /// Keeps octets, from [`Evidence::sync`] on. Large ones are written to a file of their own now.
    ///
    /// # Errors
    /// What the disk says; nothing is kept then.
    pub fn append(&mut self, octets: &[u8]) -> Result<Kept, EvidenceError> {
        if !self.is_small(octets.len() as u64) {
            return self.keep_apart(octets);
        }
        let (number, begin) = self.pack()?;
        if begin == 0 && self.pending.is_empty() {
            self.pending.extend_from_slice(pack::HEADER);
        }
        let offset = begin + self.pending.len() as u64;
        let sha256 = Digest::of(octets);
        pack::frame(&mut self.pending, sha256, octets);
        Ok(Kept { sha256, size: octets.len() as u64, location: Location::Pack { number, offset } })
    }

    /// Keeps octets in a file of their own, however few: for what must stay while the packs around it go.
    ///
    /// # Errors
    /// What the disk says; nothing is kept then.
    pub fn keep_apart(&mut self, octets: &[u8]) -> Result<Kept, EvidenceError> {
        let mut file = self.incoming()?;
        file.write(octets)?;
        Ok(self.keep(file)?.0)
    }

    /// A file in which something large can be written while it is digested.
    ///
    /// # Errors
    /// What the disk says.
    pub fn incoming(&mut self) -> Result<IncomingFile, EvidenceError> {
        self.last_incoming += 1; // unique: one process writes, and the folder was empty when it began
        IncomingFile::create(&self.disk, self.incoming.join(self.last_incoming.to_string()))
    }

    /// Keeps what was written to an incoming file, from [`Evidence::sync`] on; its
    /// octets are given back as the open file.
    ///
    /// # Errors
    /// What the disk says; nothing is kept then, and the incoming file is gone.
    pub fn keep(&mut self, file: IncomingFile) -> Result<(Kept, Octets), EvidenceError> {
        let (kept, octets, folder) = file.settle(&self.reader)?;
        self.folders.insert(folder);
        Ok((kept, octets))
    }

    /// Makes everything promised durable: one fdatasync for all that is small, and one of each
    /// folder into which something large came (its own octets are synced already).
    ///
    /// # Errors
    /// What the disk says; every promise since the last sync is void then.
    pub fn sync(&mut self) -> Result<(), EvidenceError> {
        self.unsynced().sync()
    }

    /// Everything promised and not yet durable, to be synced in another thread. Nothing is promised
    /// here before that is done.
    pub fn unsynced(&mut self) -> Unsynced {
        let piece = std::mem::take(&mut self.pending);
        let pack = match (&self.pack, piece.is_empty()) {
            (Some((number, pack)), false) => Some((self.reader.pack_path(*number), Arc::clone(pack))),
            _ => None,
        };
        Unsynced { disk: self.disk.clone(), folders: std::mem::take(&mut self.folders), piece, pack }
    }

    /// Takes back every promise since the last sync; what is large may stay as an object nobody
    /// knows.
    pub fn forget(&mut self) {
        self.pending.clear();
        self.folders.clear();
    }

    /// Reads what is kept.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The pack to write to, and its length; a new one when there is none, or it is full, or an
    /// error left it doubtful.
    fn pack(&mut self) -> Result<(u32, u64), EvidenceError> {
        if let Some((number, pack)) = &self.pack {
            let pack = locked(pack);
            if !pack.is_broken() && (pack.len() < self.settings.pack_max || !self.pending.is_empty()) {
                return Ok((*number, pack.len()));
            }
        }
        self.pack = None;
        let number = self.last_pack + 1;
        let path = self.reader.pack_path(number);
        let file = self.disk.create(&path).map_err(EvidenceError::disk("create", &path))?;
        self.last_pack = number; // also when the next step fails: the number is used up
        let folder = self.reader.packs_folder();
        self.disk.sync_folder(&folder).map_err(EvidenceError::disk("sync folder", &folder))?;
        self.pack = Some((number, Arc::new(Mutex::new(Appendix::fresh(file)))));
        Ok((number, 0))
    }
}

/// What was promised, on its way to the disk.
#[derive(Debug)]
#[must_use = "nothing is kept before it is synced"]
pub struct Unsynced {
    disk: Disk,
    folders: BTreeSet<PathBuf>,
    piece: Vec<u8>,
    pack: Option<(PathBuf, Arc<Mutex<Appendix>>)>,
}

impl Unsynced {
    /// As [`Evidence::sync`].
    ///
    /// # Errors
    /// As [`Evidence::sync`].
    pub fn sync(self) -> Result<(), EvidenceError> {
        for folder in self.folders {
            self.disk.sync_folder(&folder).map_err(EvidenceError::disk("sync folder", &folder))?;
        }
        match self.pack {
            Some((path, pack)) => locked(&pack).commit(&self.piece).map_err(EvidenceError::disk("append to", &path)),
            None => Ok(()),
        }
    }
}

/// A pack has one owner at a time: its writer, or who syncs it.
fn locked(pack: &Mutex<Appendix>) -> MutexGuard<'_, Appendix> {
    pack.lock().unwrap_or_else(PoisonError::into_inner)
}
