//! A spool: octets that are too many for memory, laid away while they are made and read back as often as wanted
//! (R 2.1.8).
//!
//! Owns a file without a name: its maker alone can read it, and nothing of it is left when he is gone, however he
//! went. It is never synced, since whatever is in it can be made again. Knows nothing of what is in it.

use super::disk::{Disk, DiskFile};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where spools are made.
#[derive(Clone, Debug)]
pub struct Scratch {
    disk: Disk,
    folder: PathBuf,
}

/// One spool.
#[derive(Debug)]
pub struct Spool {
    file: DiskFile,
    len: u64,
}

/// Spools that this program has made: each has a name of its own for the moment in which it has one.
static MADE: AtomicU64 = AtomicU64::new(0);

impl Scratch {
    /// In this folder, which is there.
    pub fn new(disk: &Disk, folder: &Path) -> Self {
        Self { disk: disk.clone(), folder: folder.to_owned() }
    }

    /// Where the system keeps what is of no moment: for commands, which have no folder of their own.
    pub fn of_system() -> Self {
        Self::new(&Disk::system(), &std::env::temp_dir())
    }

    /// A new one. Its name is taken away at once; where a crash comes before that, the name is left, and whoever
    /// owns the folder clears it.
    ///
    /// # Errors
    /// What the disk says.
    pub fn spool(&self) -> io::Result<Spool> {
        Ok(Spool { file: self.nameless()?, len: 0 })
    }

    /// The same as a plain file, for what other rooms read as one.
    ///
    /// # Errors
    /// What the disk says.
    pub fn file(&self) -> io::Result<File> {
        Ok(self.nameless()?.into_file())
    }

    fn nameless(&self) -> io::Result<DiskFile> {
        /// Names that a crashed program of the same number may have left.
        const ATTEMPTS: u32 = 100;
        let mut attempt = 0;
        loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join(format!("pencere-spool-{}-{number}", std::process::id()));
            match self.disk.create(&path) {
                Ok(file) => {
                    self.disk.unlink(&path)?;
                    return Ok(file);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Spool {
    /// Adds octets; where they begin.
    ///
    /// # Errors
    /// What the disk says; the spool is of no use then.
    pub fn append(&mut self, octets: &[u8]) -> io::Result<u64> {
        let begin = self.len;
        self.file.write_at(octets, begin)?;
        self.len += octets.len() as u64;
        Ok(begin)
    }

    /// The octets from `begin` to `end`.
    ///
    /// # Errors
    /// What the disk says.
    pub fn read(&self, begin: u64, end: u64) -> io::Result<Vec<u8>> {
        self.file.read_at(begin, end)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Fault, Faults, test_folder};

    #[test]
    fn what_is_laid_away_is_read_back_and_no_name_is_left() {
        let folder = test_folder();
        let scratch = Scratch::new(&Disk::system(), folder.path());
        let (mut one, mut other) = (scratch.spool().unwrap(), scratch.spool().unwrap());
        assert_eq!(one.append(b"one").unwrap(), 0);
        assert_eq!(other.append(b"other").unwrap(), 0);
        assert_eq!(one.append(b"more").unwrap(), 3);
        assert_eq!((one.read(2, 5).unwrap(), one.len()), (b"emo".to_vec(), 7));
        assert_eq!(other.read(0, 5).unwrap(), b"other");
        assert!(one.read(3, 8).is_err(), "never more than there is");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_disk_that_fails_says_so() {
        const FULL: i32 = 28;
        let folder = test_folder();
        for step in 1..=3 {
            let disk = Disk::faulty(Faults::at(step, Fault::Error(FULL)));
            let spooled = Scratch::new(&disk, folder.path()).spool().and_then(|mut spool| spool.append(b"octets"));
            assert_eq!(spooled.unwrap_err().raw_os_error(), Some(FULL), "step {step}");
        }
    }
}
