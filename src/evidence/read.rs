//! Reading evidence: nothing comes out that is not, octet for octet, what went in.

use super::pack::{self, PackEntry};
use super::{EvidenceError, Kept, Location};
use crate::document::{Digest, Digester};
use crate::host::{Disk, Octets};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wrong with a pack that ends before an entry.
pub(super) const CUT: &str = "the pack ends before";

/// Reads evidence; needs no lock, and works beside a running daemon.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) disk: Disk,
    pub(super) folder: PathBuf,
}

impl Reader {
    /// The evidence of the window with this state folder.
    pub fn new(disk: &Disk, state: &Path) -> Self {
        Self { disk: disk.clone(), folder: state.join("evidence") }
    }

    /// The octets of something kept, verified whole before any of them is given out: small ones
    /// in memory, large ones as the open file.
    ///
    /// # Errors
    /// What the disk says, or [`EvidenceError::Damaged`] when size or digest differ.
    pub fn read(&self, kept: &Kept) -> Result<Octets, EvidenceError> {
        let found = match kept.location {
            Location::Pack { number, offset } => self.read_entry(kept, number, offset),
            Location::Object => self.read_object(kept),
        };
        match found {
            Err(error) if error.is_missing() || error.is_cut() => match self.laid(kept)? {
                None => Err(error),
                Some(octets) => Ok(octets),
            },
            found => found,
        }
    }

    /// What lay in a pack that was let go: an object of its own since, or in an annex.
    fn laid(&self, kept: &Kept) -> Result<Option<Octets>, EvidenceError> {
        let is_of_pack = matches!(kept.location, Location::Pack { .. });
        match is_of_pack.then(|| self.read_object(kept)) {
            Some(Ok(octets)) => Ok(Some(octets)),
            Some(Err(error)) if !error.is_missing() => Err(error),
            _ => self.in_annex(kept),
        }
    }

    fn read_entry(&self, kept: &Kept, number: u32, offset: u64) -> Result<Octets, EvidenceError> {
        let path = self.pack_path(number);
        let disk = |step, error| EvidenceError::disk(step, &path)(error);
        let damaged = |what| EvidenceError::Damaged { path: path.clone(), offset, what };
        let mut file = BufReader::new(self.disk.open(&path).map_err(|error| disk("open", error))?);
        file.seek(SeekFrom::Start(offset)).map_err(|error| disk("read", error))?;
        let (found, _) = pack::entry(&mut file, &path, offset)?.ok_or_else(|| damaged(CUT))?;
        if (found.sha256, found.size) != (kept.sha256, kept.size) {
            return Err(damaged("another entry stands here than the one kept"));
        }
        let mut octets = Vec::new();
        file.take(kept.size).read_to_end(&mut octets).map_err(|error| disk("read", error))?;
        match octets.len() as u64 == kept.size && Digest::of(&octets) == kept.sha256 {
            true => Ok(Octets::from(octets)),
            false => Err(damaged("the octets are not those that were kept")),
        }
    }

    pub(super) fn read_object(&self, kept: &Kept) -> Result<Octets, EvidenceError> {
        let path = self.object_path(kept.sha256);
        let file = self.disk.open(&path).map_err(EvidenceError::disk("open", &path))?;
        let len = file.metadata().map_err(EvidenceError::disk("read", &path))?.len();
        let octets = Octets::File(Arc::new(file), kept.size);
        let (sha256, _) = digest(&mut octets.reader()).map_err(EvidenceError::disk("read", &path))?;
        match (sha256, len) == (kept.sha256, kept.size) {
            true => Ok(octets),
            false => Err(EvidenceError::Damaged { path, offset: 0, what: "the octets are not those that were kept" }),
        }
    }

    /// The numbers of the packs, ascending.
    ///
    /// # Errors
    /// What the disk says.
    pub fn packs(&self) -> Result<Vec<u32>, EvidenceError> {
        let folder = self.packs_folder();
        let names = match self.disk.list(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other.map_err(EvidenceError::disk("list", &folder))?,
        };
        let number = |name: &std::ffi::OsString| name.to_str()?.strip_suffix(".pack")?.parse().ok();
        let mut numbers: Vec<u32> = names.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Something small that is kept, by its digest alone: all packs are walked, the last one first, so
    /// this is for what is rarely asked. None when nothing has it: no pack, object or annex.
    ///
    /// # Errors
    /// What the disk says.
    pub fn find(&self, sha256: Digest) -> Result<Option<Octets>, EvidenceError> {
        for number in self.packs()?.into_iter().rev() {
            let (entries, _damage) = self.walk(number)?;
            if let Some(entry) = entries.into_iter().find(|entry| entry.sha256 == sha256) {
                let location = Location::Pack { number, offset: entry.offset };
                return self.read(&Kept { sha256, size: entry.size, location }).map(Some);
            }
        }
        let path = self.object_path(sha256);
        let size = match std::fs::metadata(&path) {
            Ok(about) => Some(about.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.size_in_annex(sha256)?,
            Err(error) => return Err(EvidenceError::disk("look at", &path)(error)),
        };
        size.map(|size| self.read(&Kept { sha256, size, location: Location::Object })).transpose()
    }

    /// Walks one pack and verifies each entry; what stands in it needs no journal to be read.
    /// The entries until the first damage, and the damage. At the end of the last pack of a
    /// process that crashed, damage is a torn entry which nobody was promised.
    ///
    /// # Errors
    /// What the disk says.
    pub fn walk(&self, number: u32) -> Result<(Vec<PackEntry>, Option<EvidenceError>), EvidenceError> {
        let path = self.pack_path(number);
        let file = self.disk.open(&path).map_err(EvidenceError::disk("open", &path))?;
        let mut pack = BufReader::with_capacity(64 * 1024, file);
        let mut entries = Vec::new();
        let mut offset = 0;
        loop {
            match self.walk_entry(&mut pack, &path, &mut offset) {
                Ok(Some(entry)) => entries.push(entry),
                Ok(None) => return Ok((entries, None)),
                Err(damaged @ EvidenceError::Damaged { .. }) => return Ok((entries, Some(damaged))),
                Err(error) => return Err(error),
            }
        }
    }

    fn walk_entry(
        &self,
        pack: &mut BufReader<std::fs::File>,
        path: &Path,
        offset: &mut u64,
    ) -> Result<Option<PackEntry>, EvidenceError> {
        let damaged = |offset, what| EvidenceError::Damaged { path: path.to_owned(), offset, what };
        if *offset == 0 {
            let mut header = Vec::new();
            pack.take(pack::HEADER.len() as u64).read_to_end(&mut header).map_err(EvidenceError::disk("read", path))?;
            match header.as_slice() {
                [] => return Ok(None),
                header if header == pack::HEADER => *offset = header.len() as u64,
                _ => return Err(damaged(0, "this is no pack of a format that is known here")),
            }
        }
        let Some((entry, line)) = pack::entry(pack, path, *offset)? else {
            return Ok(None);
        };
        let (sha256, size) = digest(&mut pack.take(entry.size)).map_err(EvidenceError::disk("read", path))?;
        if (sha256, size) != (entry.sha256, entry.size) {
            return Err(damaged(*offset, "the octets are not those that were kept"));
        }
        let mut end = [0];
        let closed = pack.read(&mut end).map_err(EvidenceError::disk("read", path))? == 1 && end == *b"\n";
        if !closed {
            return Err(damaged(*offset, "the entry is not closed"));
        }
        *offset += line as u64 + entry.size + 1;
        Ok(Some(entry))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    pub(super) fn packs_folder(&self) -> PathBuf {
        self.folder.join("packs")
    }

    pub(super) fn objects_folder(&self) -> PathBuf {
        self.folder.join("objects")
    }

    pub(super) fn pack_path(&self, number: u32) -> PathBuf {
        self.packs_folder().join(format!("{number:08}.pack"))
    }

    /// Where an object of this digest lies.
    pub fn object_path(&self, sha256: Digest) -> PathBuf {
        let name = sha256.to_string();
        let (first, rest) = name.split_at(2);
        self.objects_folder().join(first).join(rest)
    }
}

/// Digests what a reader gives, in pieces of 64 KiB.
fn digest(reader: &mut impl Read) -> io::Result<(Digest, u64)> {
    let mut digester = Digester::new();
    let mut piece = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        match reader.read(&mut piece)? {
            0 => return Ok((digester.finish(), size)),
            count => {
                digester.update(&piece[..count]);
                size += count as u64;
            }
        }
    }
}
