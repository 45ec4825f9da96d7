//! Evidence as files, for whoever copies or mends it: where they lie, and how an entry lies in its pack.
//!
//! Never looks at what is inside.

use super::{EvidenceError, Kept, Location, Reader, pack};
use crate::document::Digest;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// A file of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its place below the state folder.
    pub place: PathBuf,
    /// Its length in octets when it was looked at; it may have grown since.
    pub len: u64,
}

impl Reader {
    /// Every pack and object, packs first.
    ///
    /// # Errors
    /// What the disk says.
    pub fn files(&self) -> Result<Vec<EvidenceFile>, EvidenceError> {
        let mut places: Vec<PathBuf> = self.packs()?.into_iter().map(Self::pack_place).collect();
        let objects = self.objects_folder();
        for first in self.names(&objects)? {
            let folder = objects.join(&first);
            places.extend(self.names(&folder)?.into_iter().map(|rest| object_place(&first, &rest)));
        }
        let mut files = Vec::with_capacity(places.len());
        for place in places {
            let path = self.lying(&place);
            let metadata = match std::fs::metadata(&path) {
                // what is archived may be let go at any moment
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other.map_err(EvidenceError::disk("look at", &path))?,
            };
            // one under a passing name is on its way in
            if metadata.is_file() && path.extension().is_none_or(|ending| ending != "part") {
                files.push(EvidenceFile { place, len: metadata.len() });
            }
        }
        Ok(files)
    }

    /// Where the pack of this number lies, below the state folder.
    pub fn pack_place(number: u32) -> PathBuf {
        Path::new("evidence").join("packs").join(format!("{number:08}.pack"))
    }

    /// Where an object of this digest lies, below the state folder.
    pub fn object_place(sha256: Digest) -> PathBuf {
        let name = sha256.to_string();
        let (first, rest) = name.split_at(2);
        object_place(first, rest)
    }

    /// Where a place below the state folder is.
    fn lying(&self, place: &Path) -> PathBuf {
        self.folder().parent().unwrap_or(Path::new("")).join(place)
    }

    fn names(&self, folder: &Path) -> Result<Vec<OsString>, EvidenceError> {
        match self.disk().list(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
            other => other.map_err(EvidenceError::disk("list", folder)),
        }
    }
}

impl Kept {
    /// The octets of its pack that are its own, from begin to end; none of an object.
    pub fn range(&self) -> Option<(u32, u64, u64)> {
        let Location::Pack { number, offset } = self.location else { return None };
        // as it is framed: its line, its octets, an LF
        let line = 8 + 1 + 64 + 1 + self.size.checked_ilog10().unwrap_or(0) as u64 + 1 + 1;
        Some((number, offset, offset.saturating_add(line).saturating_add(self.size).saturating_add(1)))
    }

    /// Its file's place below the state folder.
    pub fn place(&self) -> PathBuf {
        match self.location {
            Location::Pack { number, .. } => Reader::pack_place(number),
            Location::Object => Reader::object_place(self.sha256),
        }
    }
}

/// An entry as it lies in its pack: the very octets that were written there.
pub fn framed(octets: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    pack::frame(&mut frame, Digest::of(octets), octets);
    frame
}

/// How every pack begins.
pub const PACK_BEGINS: &[u8] = pack::HEADER;

fn object_place(first: impl AsRef<Path>, rest: impl AsRef<Path>) -> PathBuf {
    Path::new("evidence").join("objects").join(first).join(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Evidence, Settings};
    use crate::host::{Disk, test_folder};

    #[test]
    fn an_entry_is_where_its_range_says() {
        let state = test_folder();
        let mut evidence = Evidence::open(&Disk::system(), state.path(), Settings::default()).unwrap();
        let things: Vec<Vec<u8>> = [0, 1, 9, 10, 99, 100, 1000, 12_345].iter().map(|&len| vec![b'x'; len]).collect();
        let kept: Vec<Kept> = things.iter().map(|thing| evidence.append(thing).unwrap()).collect();
        evidence.append(&vec![1; 300_000]).unwrap();
        evidence.sync().unwrap();
        let pack = std::fs::read(state.path().join(Reader::pack_place(1))).unwrap();
        assert!(pack.starts_with(PACK_BEGINS));
        for (kept, thing) in kept.iter().zip(&things) {
            let (number, begin, end) = kept.range().unwrap();
            assert_eq!((number, &pack[begin as usize..end as usize]), (1, framed(thing).as_slice()));
        }
        let files = evidence.reader().files().unwrap();
        assert_eq!(files.iter().map(|file| file.len).collect::<Vec<_>>(), [pack.len() as u64, 300_000]);
    }
}
