//! The disk: each method is one step that can fail by itself.
//!
//! A step either happens or does not; what is written is durable only after [`DiskFile::sync`],
//! and a name only after [`Disk::sync_folder`] on the folder it stands in. Files are made for the
//! window's own user alone (mode 0600, folders 0700), but for what its group reads as well: the journal, which a seal
//! apart follows.

use super::faults::Faults;
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A handle on the disk. Cheap to clone; clones share the plan of faults, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    faults: Option<Arc<Faults>>,
}

/// A file of ours, open for writing.
#[derive(Debug)]
pub struct DiskFile {
    disk: Disk,
    file: File,
    path: PathBuf,
}

/// A folder locked for this process, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] File); // held, never read

impl Disk {
    /// The real disk.
    pub fn system() -> Self {
        Self::default()
    }

    /// The faulty twin: the real disk, with the faults of this plan.
    pub fn faulty(faults: Arc<Faults>) -> Self {
        Self { faults: Some(faults) }
    }

    fn step(&self) -> io::Result<()> {
        self.faults.as_ref().map_or(Ok(()), |faults| faults.step())
    }

    /// Makes a new file; one that exists already is an error.
    pub fn create(&self, path: &Path) -> io::Result<DiskFile> {
        self.open_for_writing(path, OpenOptions::new().create_new(true).mode(0o600))
    }

    /// Opens a file for writing, making it when it is not there. Nothing in it is changed.
    pub fn open_or_create(&self, path: &Path) -> io::Result<DiskFile> {
        self.open_for_writing(path, OpenOptions::new().create(true).truncate(false).mode(0o600))
    }

    /// The same; the window's group can read what is made (mode 0640, in a folder of [`Disk::make_group_folder`]).
    pub fn open_or_create_for_group(&self, path: &Path) -> io::Result<DiskFile> {
        self.open_for_writing(path, OpenOptions::new().create(true).truncate(false).mode(0o640))
    }

    fn open_for_writing(&self, path: &Path, options: &mut OpenOptions) -> io::Result<DiskFile> {
        self.step()?;
        let file = options.read(true).write(true).open(path)?;
        if let Some(faults) = &self.faults {
            faults.opened(path, file.metadata()?.len());
        }
        Ok(DiskFile { disk: self.clone(), file, path: path.to_owned() })
    }

    /// Opens a file for reading.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        self.step()?;
        File::open(path)
    }

    /// Reads a small file whole; one longer than `max` octets is an error.
    pub fn read(&self, path: &Path, max: u64) -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        self.open(path)?.take(max.saturating_add(1)).read_to_end(&mut octets)?;
        match octets.len() as u64 > max {
            true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {max} octets"))),
            false => Ok(octets),
        }
    }

    /// Writes a small file whole, or not at all; what stood there is replaced. `durable`: that holds also when the
    /// power goes; else the old one may be there again, or nothing.
    pub fn replace(&self, path: &Path, octets: &[u8], durable: bool) -> io::Result<()> {
        let part = path.with_extension("part");
        let file = self.open_or_create(&part)?;
        file.truncate(0)?;
        file.write_at(octets, 0)?;
        if durable {
            file.sync()?;
        }
        self.rename(&part, path)?;
        match path.parent() {
            Some(folder) if durable => self.sync_folder(folder),
            _ => Ok(()),
        }
    }

    /// The names in a folder, sorted.
    pub fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        self.step()?;
        let mut names =
            std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    /// Makes a folder, and those above it that are missing. Its name is durable afterwards, also
    /// when it stood there already: who made it may have died before he synced it.
    pub fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.make(path, 0o700)
    }

    /// The same; the window's group can look into the last of them (mode 0750).
    pub fn make_group_folder(&self, path: &Path) -> io::Result<()> {
        self.make(path, 0o750)
    }

    fn make(&self, path: &Path, mode: u32) -> io::Result<()> {
        let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let stood = path.is_dir();
        if !stood {
            if !above.is_dir() {
                self.make_folder(above)?;
            }
            self.step()?;
            DirBuilder::new().mode(mode).create(path)?;
            if let Some(faults) = &self.faults {
                faults.made_folder(path);
            }
        }
        match self.sync_folder(above) {
            // who may not look into the folder above did not make this one: its name is its maker's affair
            Err(error) if stood && error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            synced => synced,
        }
    }

    /// Renames; what stood at `to` is replaced.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        std::fs::rename(from, to)?;
        if let Some(faults) = &self.faults {
            faults.renamed(from, to);
        }
        Ok(())
    }

    /// Renames; what stands at `to` stays, and is an error ([`io::ErrorKind::AlreadyExists`]).
    pub fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // a file system that cannot tell: a second name of a file does not replace either, nor does a folder files
            Err(Errno::INVAL | Errno::NOSYS) if from.is_dir() => match to.symlink_metadata() {
                Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => std::fs::rename(from, to)?,
            },
            Err(Errno::INVAL | Errno::NOSYS) => {
                std::fs::hard_link(from, to)?;
                std::fs::remove_file(from)?;
            }
            other => other?,
        }
        if let Some(faults) = &self.faults {
            faults.renamed(from, to);
        }
        Ok(())
    }

    /// Takes a name away.
    pub fn unlink(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        std::fs::remove_file(path)?;
        if let Some(faults) = &self.faults {
            faults.unlinked(path);
        }
        Ok(())
    }

    /// Makes the names in a folder durable.
    pub fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        File::open(folder)?.sync_all()?;
        if let Some(faults) = &self.faults {
            faults.synced_folder(folder);
        }
        Ok(())
    }

    /// How many octets this process may still write to the file system of this path. No step: it changes nothing
    /// and fails as reading does.
    ///
    /// # Errors
    /// What the system says.
    pub fn free(path: &Path) -> io::Result<u64> {
        let told = rustix::fs::statvfs(path)?;
        Ok(told.f_bavail.saturating_mul(told.f_frsize))
    }

    /// Locks a folder for this process alone; none when another process, or another handle of this
    /// one, has it. A process that was just started elsewhere in this program keeps a lock that was
    /// let go until it has its own image, so a fifth of a second is waited.
    pub fn lock(&self, folder: &Path) -> io::Result<Option<Lock>> {
        const ATTEMPTS: u32 = 20;
        const PAUSE: Duration = Duration::from_millis(10);
        self.step()?;
        let file = File::open(folder)?;
        for attempt in 1.. {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Some(Lock(file))),
                Err(rustix::io::Errno::WOULDBLOCK) if attempt < ATTEMPTS => std::thread::sleep(PAUSE),
                Err(rustix::io::Errno::WOULDBLOCK) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

impl DiskFile {
    /// The file itself: what is written to it from now on fails on no twin.
    pub(super) fn into_file(self) -> File {
        self.file
    }

    /// Its length in octets.
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Writes all these octets at an offset.
    pub fn write_at(&self, octets: &[u8], offset: u64) -> io::Result<()> {
        match self.disk.step() {
            Ok(()) => self.file.write_all_at(octets, offset),
            Err(error) => {
                // Only the twin fails here. A write that fails may have written a part: it leaves half.
                self.file.write_all_at(&octets[..octets.len() / 2], offset)?;
                Err(error)
            }
        }
    }

    /// Reads the octets from `begin` to `end`.
    pub fn read_at(&self, begin: u64, end: u64) -> io::Result<Vec<u8>> {
        self.disk.step()?;
        let mut octets = vec![0; usize::try_from(end.saturating_sub(begin)).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut octets, begin)?;
        Ok(octets)
    }

    /// Makes its octets durable (fdatasync).
    pub fn sync(&self) -> io::Result<()> {
        self.disk.step()?;
        self.file.sync_data()?;
        if let Some(faults) = &self.disk.faults {
            faults.synced(&self.path, self.len()?);
        }
        Ok(())
    }

    /// Cuts it to a length.
    pub fn truncate(&self, len: u64) -> io::Result<()> {
        self.disk.step()?;
        self.file.set_len(len)
    }

    /// A handle for reading what was written.
    pub fn handle(&self) -> io::Result<File> {
        self.disk.step()?;
        self.file.try_clone()
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
