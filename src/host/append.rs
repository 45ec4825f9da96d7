//! A file that only grows, by whole durable pieces: the ground of journal and packs.

use super::disk::DiskFile;
use std::io;

/// A file at whose end pieces are added, each durable before it counts.
///
/// After an error the file is what it was before the piece, or is never written again by this
/// handle ([`Appendix::is_broken`]): after a failed sync the kernel may have dropped the pages, so
/// nothing may be believed but what a later sync of the shortened file confirms.
#[derive(Debug)]
pub struct Appendix {
    file: DiskFile,
    durable: u64,
    broken: bool,
}

impl Appendix {
    /// Takes a file whose first `durable` octets are good, of which those from `doubtful` on may
    /// never have been synced, and cuts off what follows them.
    ///
    /// The doubtful ones are written once more: where a sync failed before us, the kernel may
    /// call pages clean that never reached the disk, and a sync alone would believe it.
    ///
    /// # Errors
    /// What the disk says.
    pub fn new(file: DiskFile, durable: u64, doubtful: u64) -> io::Result<Self> {
        if file.len()? > durable {
            file.truncate(durable)?;
        }
        let rest = file.read_at(doubtful.min(durable), durable)?;
        file.write_at(&rest, doubtful.min(durable))?;
        file.sync()?;
        Ok(Self { file, durable, broken: false })
    }

    /// Takes a file that was made just now and holds nothing.
    pub fn fresh(file: DiskFile) -> Self {
        Self { file, durable: 0, broken: false }
    }

    /// The length in octets, all durable; the next piece begins here.
    pub fn len(&self) -> u64 {
        self.durable
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.durable == 0
    }

    /// Whether a piece failed and could not be taken back. Open it anew, or leave it.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Adds a piece and makes it durable: one write, one fdatasync.
    ///
    /// # Errors
    /// What the disk says; the piece is not in the file then, unless the handle is broken.
    pub fn commit(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write to this file failed and could not be taken back"));
        }
        match self.file.write_at(piece, self.durable).and_then(|()| self.file.sync()) {
            Ok(()) => {
                self.durable += piece.len() as u64;
                Ok(())
            }
            Err(error) => {
                let cut = self.file.truncate(self.durable).and_then(|()| self.file.sync());
                self.broken = cut.is_err();
                Err(error)
            }
        }
    }
}
