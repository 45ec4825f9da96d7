//! A folder held by handle, and the only ways anything beneath it is reached (S 8.1.4 item 2).
//!
//! Owns the flags: nothing is followed, crossed or waited for. Never takes a path of more than one
//! component.

use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, RawDir, RenameFlags, ResolveFlags, Stat, StatxFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// `NONBLOCK`, so that a FIFO put in the place of a file does not hold us up; `NOCTTY` for a terminal.
const READ: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// The names of a folder, being read.
#[derive(Debug)]
pub(in crate::intake) struct Listing(OwnedFd);

/// A folder held since start.
#[derive(Debug)]
pub(in crate::intake) struct Beneath(OwnedFd);

impl Beneath {
    /// Opens the folder at a path of ours.
    pub(in crate::intake) fn open(path: &Path) -> Result<Self, Errno> {
        fs::openat(CWD, path, FOLDER, Mode::empty()).map(Self)
    }

    /// Opens a folder beneath, which must be no link.
    pub(in crate::intake) fn folder(&self, name: impl AsRef<OsStr>) -> Result<Self, Errno> {
        fs::openat(&self.0, name.as_ref(), FOLDER | OFlags::NOFOLLOW, Mode::empty()).map(Self)
    }

    /// Makes a folder, unless it is there, and opens it.
    pub(in crate::intake) fn make_folder(&self, name: impl AsRef<OsStr>) -> Result<Self, Errno> {
        match fs::mkdirat(&self.0, name.as_ref(), Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => self.folder(name),
            Err(errno) => Err(errno),
        }
    }

    /// The same for a folder that is to stay ours alone: one that somebody else made is refused. Its name is
    /// durable.
    pub(in crate::intake) fn make_own_folder(&self, name: impl AsRef<OsStr>) -> Result<Self, Errno> {
        let folder = self.make_folder(name)?;
        let stat = fs::fstat(&folder.0)?;
        if stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(Errno::PERM);
        }
        if Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO) {
            fs::fchmod(&folder.0, Mode::RWXU)?;
        }
        // what is moved into a folder whose own name is lost is lost with it
        fs::fsync(&self.0)?;
        Ok(folder)
    }

    /// What stands under this name, itself and not what it points to.
    pub(in crate::intake) fn stat(&self, name: &OsStr) -> io::Result<Stat> {
        Ok(fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// When what stands under this name was made, where the file system tells.
    pub(in crate::intake) fn born(&self, name: &OsStr) -> Option<(i64, u32)> {
        let statx = fs::statx(&self.0, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BTIME).ok()?;
        let told = statx.stx_mask & StatxFlags::BTIME.bits() != 0;
        told.then_some((statx.stx_btime.tv_sec, statx.stx_btime.tv_nsec))
    }

    /// Whether this name still leads to that folder.
    pub(in crate::intake) fn still_holds(&self, name: &str, folder: &Self) -> bool {
        match (self.stat(OsStr::new(name)), fs::fstat(&folder.0)) {
            (Ok(there), Ok(held)) => (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino),
            _ => false,
        }
    }

    /// Whether a path of ours leads to this folder.
    pub(in crate::intake) fn is_at(&self, path: &Path) -> bool {
        match (fs::stat(path), fs::fstat(&self.0)) {
            (Ok(there), Ok(held)) => (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino),
            _ => false,
        }
    }

    /// Opens what lies beneath for reading: no link, no crossing to another file system, no waiting.
    pub(in crate::intake) fn read(&self, name: &OsStr) -> Result<File, Errno> {
        static NO_OPENAT2: AtomicBool = AtomicBool::new(false);
        let narrow =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV;
        while !NO_OPENAT2.load(Ordering::Relaxed) {
            match fs::openat2(&self.0, name, READ, Mode::empty(), narrow) {
                Ok(file) => return Ok(file.into()),
                // renamed under our eyes: openat2(2) asks to try again
                Err(Errno::AGAIN | Errno::INTR) => {}
                // before Linux 5.6, or forbidden by a sandbox that does not know it
                Err(Errno::NOSYS) => NO_OPENAT2.store(true, Ordering::Relaxed),
                Err(errno) => return Err(errno),
            }
        }
        // one component and NOFOLLOW: the same but for the crossing, and what is mounted over a name
        // cannot be renamed
        fs::openat(&self.0, name, READ, Mode::empty()).map(File::from)
    }

    /// Makes a new file for writing.
    pub(in crate::intake) fn create(&self, name: &OsStr) -> Result<File, Errno> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        fs::openat(&self.0, name, flags, Mode::from_raw_mode(0o644)).map(File::from)
    }

    /// Calls `with` for each name, read anew from the folder's handle.
    pub(in crate::intake) fn each_name(&self, with: &mut dyn FnMut(&OsStr)) -> io::Result<()> {
        let mut listing = self.listing()?;
        while listing.slice(with)? {}
        Ok(())
    }

    /// The names, to be read anew in slices. A handle of its own, so that its position is its own.
    pub(in crate::intake) fn listing(&self) -> io::Result<Listing> {
        Ok(Listing(fs::openat(&self.0, ".", FOLDER, Mode::empty())?))
    }

    /// Renames to a name that must be free. Where the file system cannot say so by itself, a new
    /// link says it, and the old name goes after.
    pub(in crate::intake) fn rename_to_free(&self, name: &OsStr, to: &Self, new: &OsStr) -> Result<(), Errno> {
        match fs::renameat_with(&self.0, name, &to.0, new, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS) => {
                fs::linkat(&self.0, name, &to.0, new, AtFlags::empty())?;
                fs::unlinkat(&self.0, name, AtFlags::empty())
            }
            other => other,
        }
    }

    /// Renames to a name that nobody else can have, for it holds a fresh id.
    pub(in crate::intake) fn rename_to_fresh(&self, name: &OsStr, to: &Self, new: &OsStr) -> Result<(), Errno> {
        match fs::renameat_with(&self.0, name, &to.0, new, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS) => fs::renameat(&self.0, name, &to.0, new),
            other => other,
        }
    }

    /// Removes a file; that it is gone already is no error.
    pub(in crate::intake) fn unlink(&self, name: &OsStr) -> io::Result<()> {
        gone_is_fine(fs::unlinkat(&self.0, name, AtFlags::empty()))
    }

    /// Removes an empty folder; that it is gone already is no error.
    pub(in crate::intake) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        gone_is_fine(fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR))
    }

    /// On which mount it lies; renames do not go from one to another, even of one device.
    pub(in crate::intake) fn mount(&self) -> Result<(u64, Option<u64>), Errno> {
        let dev = fs::fstat(&self.0)?.st_dev;
        let mount = fs::statx(&self.0, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).ok();
        let known = mount.filter(|statx| statx.stx_mask & StatxFlags::MNT_ID.bits() != 0);
        Ok((dev, known.map(|statx| statx.stx_mnt_id)))
    }

    /// A path that leads to this very folder whatever its name is now, for inotify.
    pub(in crate::intake) fn own_path(&self) -> std::path::PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

impl Listing {
    /// Octets of names read at once: two to five hundred names, a look at each of which takes less than a
    /// millisecond.
    const SLICE: usize = 16 << 10;

    /// Calls `with` for the next names; whether there are more.
    pub(in crate::intake) fn slice(&mut self, with: &mut dyn FnMut(&OsStr)) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); Self::SLICE];
        let mut names = RawDir::new(&self.0, &mut buffer);
        while let Some(entry) = names.next() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                with(OsStr::from_bytes(name));
            }
            if names.is_buffer_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl AsFd for Beneath {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn gone_is_fine(result: Result<(), Errno>) -> io::Result<()> {
    match result {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
