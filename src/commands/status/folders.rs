//! What lies in the drop folders, by a look from outside: no handle is kept, nothing is changed.

use crate::commands::Trouble;
use crate::document::{GivenName, SubmissionId};
use jiff::{SignedDuration, Timestamp};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What keeps the window from using a participant's folder, as far as it shows from outside.
pub(super) fn fault(home: &Path) -> Option<String> {
    ["in", "receipts"].into_iter().find_map(|side| {
        let folder = home.join(side);
        let told = |error: io::Error| format!("{}: {error}", folder.display());
        match fs::symlink_metadata(&folder) {
            // what lies in it must be seen, too
            Ok(metadata) if metadata.is_dir() => {
                fs::read_dir(&folder).err().or_else(|| fs::symlink_metadata(folder.join(".")).err()).map(told)
            }
            Ok(_) => Some(format!("{}: it is no folder", folder.display())),
            Err(error) => Some(told(error)),
        }
    })
}

/// The participants' folders: slug and path, of those that have an `in/`.
///
/// # Errors
/// Broken: the folder of them all cannot be read.
pub(in crate::commands) fn homes(drop: &Path) -> Result<Vec<(String, PathBuf)>, Trouble> {
    let mut folders = Vec::new();
    let unread = |error: io::Error| Trouble::broken(format!("cannot read {}: {error}", drop.display()));
    for entry in fs::read_dir(drop).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let is_home = entry.path().join("in").is_dir();
        if let Some(slug) = entry.file_name().to_str().filter(|slug| is_home && !slug.starts_with('.')) {
            folders.push((slug.to_owned(), entry.path()));
        }
    }
    folders.sort();
    Ok(folders)
}

/// Where intake keeps what it has taken and the window has not yet.
pub(super) const TAKEN: &str = ".taken";

/// Something that lies in a folder.
pub(super) struct Lying {
    pub(super) name: OsString,
    pub(super) inode: u64,
    /// Change time: moving a file in sets it, and nobody can set it back.
    pub(super) since: Timestamp,
    modified: Timestamp,
    /// None where the file system does not tell.
    born: Option<Timestamp>,
}

impl Lying {
    /// Its name as the journal tells it.
    pub(super) fn shown(&self) -> String {
        GivenName::new(self.name.clone()).shown()
    }

    /// Since when it grows, if it was written to just now: what never lies still must not look new for ever.
    /// What is moved in was written before that.
    pub(super) fn grows(&self, now: Timestamp, settle: Duration) -> Option<Timestamp> {
        // as long as a slow writer pauses, at the least
        let still = SignedDuration::try_from(settle.max(Duration::from_secs(10))).ok()?;
        let is_new = now.duration_since(self.modified) < still && self.since.duration_since(self.modified) < still;
        self.born.filter(|born| is_new && self.modified.duration_since(*born) > still)
    }

    /// The id that it was taken under: `<id>~NAME`, or `<id>~`.
    pub(super) fn taken_as(&self) -> Option<SubmissionId> {
        self.name.to_str()?.split_once('~')?.0.parse().ok()
    }
}

/// What lies in a folder.
///
/// # Errors
/// Broken: it cannot be read.
pub(super) fn names(folder: &Path) -> Result<Vec<Lying>, Trouble> {
    let unread = |error: io::Error| Trouble::broken(format!("cannot read {}: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        // what is gone by now was taken meanwhile
        let Ok(metadata) = entry.path().symlink_metadata() else { continue };
        let since = Timestamp::from_second(metadata.ctime()).unwrap_or(Timestamp::UNIX_EPOCH);
        let modified = Timestamp::from_second(metadata.mtime()).unwrap_or(since);
        let born = metadata.created().ok().and_then(|born| Timestamp::try_from(born).ok());
        names.push(Lying { name: entry.file_name(), inode: metadata.ino(), since, modified, born });
    }
    Ok(names)
}
