//! The files that the command line names, and those that a command makes.
//!
//! Reads small ones into memory and large ones as they lie, so that no command's memory grows with
//! a document. Writes by a passing name and one rename: what appears is complete. Never replaces
//! anything unless it is told to.

use super::Trouble;
use crate::forms::certificate::Certificate;
use crate::forms::note::LogKey;
use crate::forms::xades;
use crate::host::Octets;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Up to so many octets, a document is held in memory: a second reading of it is the same by
/// construction, and a statement of the usual size is read once.
const MEMORY_MAX: u64 = 1 << 20;
/// Longest file that must be read whole, in octets: a certificate, a key, a bundle of anchors.
const SMALL_MAX: u64 = 16 << 20;

/// The octets of a document of any size.
///
/// # Errors
/// Usage: it is missing, cannot be read, or is no regular file.
pub fn octets(path: &Path) -> Result<Octets, Trouble> {
    let (file, size) = open(path)?;
    match size <= MEMORY_MAX {
        true => whole(file, path, size).map(Octets::from),
        false => Ok(Octets::File(Arc::new(file), size)),
    }
}

/// A small file whole.
///
/// # Errors
/// Usage, as [`octets`]; also when it is larger than 16 MiB.
pub fn small(path: &Path) -> Result<Vec<u8>, Trouble> {
    let (file, size) = open(path)?;
    if size > SMALL_MAX {
        return Err(Trouble::usage(format!("{} is too large: {size} octets where {SMALL_MAX} do", path.display())));
    }
    whole(file, path, size)
}

/// The one certificate of a file, PEM or DER; of several the first.
///
/// # Errors
/// Usage: there is none in it.
pub fn certificate(path: &Path) -> Result<Certificate, Trouble> {
    certificates(path).map(|mut found| found.swap_remove(0))
}

/// The key of the log of this name in a certificate; none where it holds no key that a log can have.
pub fn log_key(certificate: &Certificate, origin: &str) -> Option<LogKey> {
    LogKey::new(origin, &certificate.x509().public_key().ok()?)
}

/// All certificates of a file, PEM or DER; never empty.
///
/// # Errors
/// Usage: there is none in it.
pub fn certificates(path: &Path) -> Result<Vec<Certificate>, Trouble> {
    match Certificate::from_file(&small(path)?) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(Trouble::usage(format!("{} holds no certificate", path.display()))),
        Err(fault) => Err(Trouble::usage(format!("{} holds no certificate: {fault}", path.display()))),
    }
}

fn open(path: &Path) -> Result<(File, u64), Trouble> {
    let reading = |error: io::Error| Trouble::reading(path, &error);
    // looked at before it is opened: opening a pipe would wait for its writer
    let metadata = fs::metadata(path).map_err(reading)?;
    if !metadata.is_file() {
        return Err(Trouble::usage(format!("{} is not a regular file", path.display())));
    }
    let file = File::open(path).map_err(reading)?;
    let size = file.metadata().map_err(reading)?.len();
    Ok((file, size))
}

fn whole(file: File, path: &Path, size: u64) -> Result<Vec<u8>, Trouble> {
    let mut octets = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // what grows meanwhile is read as it was found
    file.take(size).read_to_end(&mut octets).map_err(|error| Trouble::reading(path, &error))?;
    Ok(octets)
}

/// A file on its way: written under a passing name beside its own, and gone again unless
/// [`Making::finish`] gives it that.
pub struct Making {
    file: File,
    passing: PathBuf,
    path: PathBuf,
    replace: bool,
    finished: bool,
}

impl Making {
    /// Begins to make the file at `path`; `replace` says whether one that stands there may go.
    ///
    /// # Errors
    /// Usage: it stands there already, or nothing can be written there.
    pub fn begin(path: &Path, replace: bool) -> Result<Self, Trouble> {
        if !replace && path.symlink_metadata().is_ok() {
            return Err(stands(path));
        }
        if path.is_dir() || path.file_name().is_none() {
            return Err(Trouble::usage(format!("{} is a folder", path.display())));
        }
        // in a drop folder, such a name says that the upload is under way
        let suffix = xades::fresh_suffix().map_err(|error| Trouble::broken(error.to_string()))?;
        let passing = path.with_file_name(format!(".{suffix}.part"));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&passing);
        let file =
            file.map_err(|error| Trouble::usage(format!("nothing can be written at {}: {error}", path.display())))?;
        Ok(Self { file, passing, path: path.to_owned(), replace, finished: false })
    }

    /// What was written so far, for reading.
    ///
    /// # Errors
    /// The disk's.
    pub fn octets(&self) -> io::Result<Octets> {
        Ok(Octets::File(Arc::new(self.file.try_clone()?), self.file.metadata()?.len()))
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// Usage: somebody put another file there meanwhile. Broken: the disk's.
    pub fn finish(mut self) -> Result<(), Trouble> {
        let broken = |error: io::Error| Trouble::broken(format!("{} cannot be written: {error}", self.path.display()));
        self.file.sync_all().map_err(broken)?;
        if self.replace {
            fs::rename(&self.passing, &self.path).map_err(broken)?;
        } else {
            match renameat_with(CWD, &self.passing, CWD, &self.path, RenameFlags::NOREPLACE) {
                Ok(()) => {}
                Err(Errno::EXIST) => return Err(stands(&self.path)),
                // a file system that cannot tell: looked at before, and the moment between is short
                Err(Errno::INVAL | Errno::NOSYS) if self.path.symlink_metadata().is_err() => {
                    fs::rename(&self.passing, &self.path).map_err(broken)?;
                }
                Err(Errno::INVAL | Errno::NOSYS) => return Err(stands(&self.path)),
                Err(error) => return Err(broken(error.into())),
            }
        }
        self.finished = true;
        Ok(())
    }
}

impl Write for Making {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.passing); // else it stays, hidden and named as a part
        }
    }
}

fn stands(path: &Path) -> Trouble {
    Trouble::usage(format!("{} stands there already; use -o or --out-dir to replace it", path.display()))
}
