//! Something large on its way in: written under a passing name while it is digested.

use super::{EvidenceError, Kept, Location, Reader};
use crate::document::{Digest, Digester};
use crate::host::{Disk, DiskFile, Octets};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file under `staging/incoming`. Dropped without [`super::Evidence::keep`], it is deleted.
#[derive(Debug)]
pub struct IncomingFile {
    disk: Disk,
    file: DiskFile,
    digester: Option<Digester>,
    size: u64,
    settled: bool,
}

impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digester")
    }
}

impl IncomingFile {
    pub(super) fn create(disk: &Disk, path: PathBuf) -> Result<Self, EvidenceError> {
        let file = disk.create(&path).map_err(EvidenceError::disk("create", &path))?;
        Ok(Self { disk: disk.clone(), file, digester: Some(Digester::new()), size: 0, settled: false })
    }

    /// Adds octets.
    ///
    /// # Errors
    /// What the disk says; the file is of no use then.
    pub fn write(&mut self, octets: &[u8]) -> Result<(), EvidenceError> {
        let path = self.file.path();
        self.file.write_at(octets, self.size).map_err(EvidenceError::disk("write", path))?;
        self.size += octets.len() as u64;
        if let Some(digester) = &mut self.digester {
            digester.update(octets);
        }
        Ok(())
    }

    /// Syncs it and gives it its lasting name; the folder of that name is given back for syncing.
    pub(super) fn settle(mut self, reader: &Reader) -> Result<(Kept, Octets, PathBuf), EvidenceError> {
        let sha256 = self.digester.take().map_or_else(|| Digest::of(b""), Digester::finish);
        let path = reader.object_path(sha256);
        let folder = path.parent().map_or_else(|| reader.objects_folder(), Path::to_owned);
        self.file.sync().map_err(EvidenceError::disk("sync", self.file.path()))?;
        self.disk.make_folder(&folder).map_err(EvidenceError::disk("make folder", &folder))?;
        // The same octets may lie there already; replacing them by themselves heals a damaged copy.
        self.disk.rename(self.file.path(), &path).map_err(EvidenceError::disk("rename", self.file.path()))?;
        self.settled = true;
        let file = self.file.handle().map_err(EvidenceError::disk("open", &path))?;
        let octets = Octets::File(Arc::new(file), self.size);
        Ok((Kept { sha256, size: self.size, location: Location::Object }, octets, folder))
    }
}

impl Drop for IncomingFile {
    fn drop(&mut self) {
        if !self.settled {
            let _ = self.disk.unlink(self.file.path()); // else deleted at the next start
        }
    }
}
