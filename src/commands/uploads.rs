//! `pencere uploads`: what agencies upload is made readable for the window.
//!
//! A client of SFTP says with which mode its file is made, and a file of mode 0600 is its owner's alone whatever access
//! list its folder hands down: the bits of the group are that list's mask (acl(5)). The window, which has no
//! privilege, could not read it. This process has one, to set the mode of others' files (CAP_FOWNER), and does nothing
//! else: it opens no file, reads no octet, and touches only what lies in an `in/`, is a regular file of that folder's
//! own owner, and has one name. So it gives nobody what its owner could not have given.

use super::status::folders::homes;
use super::{Exit, Outcome, Screen, Trouble, WindowArgs, records};
use crate::advice::Advice;
use crate::daemon::log::{self, Voice};
use crate::daemon::notify as manager;
use crate::document::GivenName;
use clap::Args;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Make what agencies upload readable for the window (a service)
///
/// For folders that another account owns, as with SFTP: a file of mode 0600 is closed to the
/// window, whatever access list its folder has. This sets the group's bit for reading, which is
/// that list's mask. It wants the privilege to set others' modes (CAP_FOWNER), and no other.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct UploadsArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    /// Do it for what lies there now, and end
    #[arg(long)]
    once: bool,
}

/// Every folder is looked at so often, whatever its events say.
const RESCAN: Duration = Duration::from_secs(10);
/// Names that wait to be looked at, at most: what is beyond is found by the next scan.
const QUEUE: usize = 16_384;

/// A name, and the `in/` that it lies in.
type Told = (PathBuf, OsString);

/// Runs the command.
///
/// # Errors
/// Usage: the configuration. Broken: the drop folder cannot be read.
pub fn run(args: &UploadsArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let drop = &settings.window.paths.drop;
    if args.once {
        let opened: usize = homes(drop)?.iter().map(|(_, home)| all(&home.join("in"))).sum();
        screen.say(format!("made readable: {opened}"));
        return Ok(Exit::Done);
    }
    log::start(settings.log, Voice::Daemon)?;
    let (tell, told) = sync_channel(QUEUE);
    let mut ears = BTreeMap::new();
    scan(drop, &mut ears, &tell)?;
    screen.say("ready: uploads are made readable for the window");
    manager::ready("uploads are made readable for the window");
    let mut scanned = Instant::now();
    loop {
        match told.recv_timeout(RESCAN.saturating_sub(scanned.elapsed())) {
            Ok((inward, name)) => {
                if let Some(folder) = Folder::open(&inward) {
                    folder.open_up(&name);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Trouble::broken("nobody tells of events any more")),
        }
        if scanned.elapsed() >= RESCAN {
            scan(drop, &mut ears, &tell)?;
            scanned = Instant::now();
        }
    }
}

/// Listens to folders that came new, and looks at all that lies in any.
fn scan(drop: &Path, ears: &mut BTreeMap<PathBuf, RecommendedWatcher>, tell: &SyncSender<Told>) -> Result<(), Trouble> {
    let folders: Vec<PathBuf> = homes(drop)?.into_iter().map(|(_, home)| home.join("in")).collect();
    ears.retain(|folder, _| folders.contains(folder));
    for folder in folders {
        if !ears.contains_key(&folder) {
            match listen(&folder, tell) {
                Ok(ear) => std::mem::drop(ears.insert(folder.clone(), ear)),
                Err(error) => {
                    let folder = folder.display();
                    tracing::warn!(advice = %Advice::FolderUnusable, %folder, %error, "cannot be watched, is scanned");
                }
            }
        }
        all(&folder);
    }
    Ok(())
}

fn listen(folder: &Path, tell: &SyncSender<Told>) -> notify::Result<RecommendedWatcher> {
    let (tell, inward) = (tell.clone(), folder.to_owned());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // that somebody reads is no news; what is lost here is scanned
        let Some(event) = event.ok().filter(|event| !event.kind.is_remove()) else { return };
        for name in event.paths.iter().filter_map(|path| path.file_name()) {
            let _ = tell.try_send((inward.clone(), name.to_owned()));
        }
    })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

/// All that lies in a folder; how many were closed before.
fn all(inward: &Path) -> usize {
    let Some(folder) = Folder::open(inward) else { return 0 };
    let names = fs::Dir::read_from(&folder.handle).into_iter().flatten().flatten();
    names.filter(|entry| folder.open_up(OsStr::from_bytes(entry.file_name().to_bytes()))).count()
}

/// An `in/`, by handle.
struct Folder {
    handle: OwnedFd,
    path: PathBuf,
    owner: u32,
}

impl Folder {
    fn open(path: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = fs::openat(CWD, path, flags, Mode::empty());
        let opened = opened.and_then(|handle| fs::fstat(&handle).map(|stat| (handle, stat.st_uid)));
        match opened {
            Ok((handle, owner)) => Some(Self { handle, path: path.to_owned(), owner }),
            Err(error) => {
                tracing::warn!(advice = %Advice::FolderUnusable, folder = %path.display(), %error, "cannot be opened");
                None
            }
        }
    }

    /// Whether this name was closed to the window, and is no longer.
    fn open_up(&self, name: &OsStr) -> bool {
        match self.opened_up(name) {
            Ok(done) => done,
            Err(Errno::NOENT) => false, // taken, or renamed
            Err(error) => {
                let name = GivenName::new(name);
                let folder = self.path.display();
                tracing::error!(advice = %Advice::FolderUnusable, %folder, %name, %error, "cannot be made readable");
                false
            }
        }
    }

    fn opened_up(&self, name: &OsStr) -> Result<bool, Errno> {
        if !self.is_closed(&fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?) {
            return Ok(false);
        }
        // held without being opened, and asked once more: another file may have taken the name
        let held = fs::openat(&self.handle, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        let stat = fs::fstat(&held)?;
        if !self.is_closed(&stat) {
            return Ok(false);
        }
        let mode = Mode::from_raw_mode(stat.st_mode) | Mode::RGRP;
        fs::chmod(format!("/proc/self/fd/{}", held.as_raw_fd()), mode)?;
        tracing::debug!(folder = %self.path.display(), name = %GivenName::new(name), "made readable");
        Ok(true)
    }

    /// A file of the folder's owner that its access list is shut off from.
    fn is_closed(&self, stat: &Stat) -> bool {
        let is_own = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && stat.st_uid == self.owner
            && stat.st_nlink == 1;
        is_own && !Mode::from_raw_mode(stat.st_mode).contains(Mode::RGRP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn only_what_is_a_file_of_the_owner_under_one_name_is_opened() {
        let folder = crate::host::test_folder();
        let inward = folder.path().join("in");
        std::fs::create_dir(&inward).unwrap();
        let put = |path: &Path, mode: u32| {
            std::fs::write(path, "x").unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        put(&inward.join("closed"), 0o600);
        put(&inward.join("open"), 0o644);
        put(&inward.join("twice"), 0o600);
        std::fs::hard_link(inward.join("twice"), folder.path().join("other-name")).unwrap();
        put(&folder.path().join("outside"), 0o600);
        symlink(folder.path().join("outside"), inward.join("link")).unwrap();
        std::fs::create_dir(inward.join("folder")).unwrap();
        std::fs::set_permissions(inward.join("folder"), std::fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(all(&inward), 1);
        assert_eq!(mode(&inward.join("closed")), 0o640);
        for (name, before) in [("in/open", 0o644), ("in/twice", 0o600), ("outside", 0o600), ("in/folder", 0o700)] {
            assert_eq!(mode(&folder.path().join(name)), before, "{name}");
        }
        assert_eq!(all(&inward), 0);
        let stranger = Folder { owner: 4_000_000, ..Folder::open(&inward).unwrap() };
        put(&inward.join("another's"), 0o600);
        assert!(!stranger.open_up(OsStr::new("another's")));
    }
}
