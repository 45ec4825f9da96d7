//! Acts of commands, on their way into the journal.
//!
//! The journal has one writer. What a command does beside a running window (a backup, a repair) is left as a
//! small file in `state/notes`, whole when visible; the window journals it when it comes by, or the next start
//! does, and takes the file away. A crash between these two journals an act twice, with the same `note` among
//! its facts: an act told twice is better than one not told.

use super::{Event, Journal, JournalError};
use crate::advice::Advice;
use crate::host::Disk;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::{Path, PathBuf};

/// The largest note that is read, in octets: some facts of a line each. What is larger is none of ours.
const SIZE_MAX: u64 = 64 << 10;

/// Something that was done and is to be journalled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// When.
    pub time: Timestamp,
    /// A short slug.
    pub act: String,
    /// Who, as the system knows him.
    pub by: String,
    /// What else there is to say.
    pub facts: BTreeMap<String, String>,
}

impl Note {
    /// Leaves it for the journal's writer.
    ///
    /// # Errors
    /// What the disk says.
    pub fn leave(&self, disk: &Disk, state: &Path) -> io::Result<()> {
        let folder = folder(state);
        disk.make_folder(&folder)?;
        // whoever leaves a note may be root, and whoever owns the state folder may have laid a link there
        let is_ours = |meta: &std::fs::Metadata| {
            let me = rustix::process::geteuid().as_raw();
            meta.is_dir() && [me, state.metadata().map_or(me, |state| state.uid())].contains(&meta.uid())
        };
        if !is_ours(&folder.symlink_metadata()?) {
            let what = format!("{} is no folder of the window's own", folder.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        }
        // version 7: in order of time, and never twice
        let name = uuid::Uuid::now_v7().to_string();
        let part = folder.join(format!("{name}.part"));
        let file = disk.create(&part)?;
        for ours in [&folder, &part] {
            give(ours, state)?;
        }
        file.write_at(&serde_json::to_vec(self)?, 0)?;
        file.sync()?;
        disk.rename(&part, &folder.join(format!("{name}.json")))?;
        disk.sync_folder(&folder)
    }

    /// All that were left and are not journalled yet, each with its file's name.
    pub fn left(disk: &Disk, state: &Path) -> Vec<(String, Self)> {
        let folder = folder(state);
        let mut left = Vec::new();
        for name in disk.list(&folder).unwrap_or_default() {
            let Some(name) = name.to_str().filter(|name| name.ends_with(".json")) else { continue };
            let path = folder.join(name);
            match disk.read(&path, SIZE_MAX).and_then(|octets| Ok(serde_json::from_slice::<Self>(&octets)?)) {
                Ok(note) => left.push((name.to_owned(), note)),
                Err(error) => tracing::warn!(advice = %Advice::NoteUnread,
                    path = %path.display(), %error, "this is no note for the journal"),
            }
        }
        left
    }

    fn event(self, name: &str) -> Event {
        let Self { act, by, mut facts, time } = self;
        facts.insert("note".to_owned(), name.to_owned());
        facts.insert("done".to_owned(), time.to_string());
        Event::Act { act, by, id: None, facts }
    }
}

/// Notes that are remembered by a journal and taken away once they are durable there.
#[derive(Debug)]
#[must_use = "a note is taken away only by Noted::done"]
pub struct Noted(Vec<PathBuf>);

impl Noted {
    /// Takes the notes away; what stays is journalled once more at the next start.
    pub fn done(self, disk: &Disk) {
        for path in self.0 {
            if let Err(error) = disk.unlink(&path) {
                tracing::warn!(advice = %Advice::NoteUnread,
                    path = %path.display(), %error, "a note was journalled and cannot be taken away");
            }
        }
    }
}

impl Journal {
    /// Remembers what commands left to be journalled, for the next [`Journal::sync`]; none when nothing is
    /// there. What is no note is left and told.
    ///
    /// # Errors
    /// [`JournalError::Unwritable`].
    pub fn append_notes(&mut self, disk: &Disk, state: &Path, now: Timestamp) -> Result<Option<Noted>, JournalError> {
        let mut noted = Vec::new();
        for (name, note) in Note::left(disk, state) {
            self.append(now, note.event(name.trim_end_matches(".json")))?;
            noted.push(folder(state).join(name));
        }
        Ok((!noted.is_empty()).then_some(Noted(noted)))
    }
}

/// Gives a file to whom the state folder belongs: an administrator may be somebody else than the window.
fn give(file: &Path, state: &Path) -> io::Result<()> {
    let (owner, is) = (state.metadata()?, file.symlink_metadata()?);
    match (owner.uid(), owner.gid()) == (is.uid(), is.gid()) {
        true => Ok(()),
        // a link's own owner, never that of what it leads to
        false => lchown(file, Some(owner.uid()), Some(owner.gid())),
    }
}

fn folder(state: &Path) -> PathBuf {
    state.join("notes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test_folder;
    use crate::journal::{Reader, Settings};

    #[test]
    fn what_was_left_is_journalled_once_and_taken_away() {
        let (state, disk) = (test_folder(), Disk::system());
        let facts = BTreeMap::from([("to".to_owned(), "there".to_owned())]);
        let note = Note { time: Timestamp::UNIX_EPOCH, act: "backed-up".into(), by: "uid 7".into(), facts };
        note.leave(&disk, state.path()).unwrap();
        std::fs::write(state.path().join("notes/odd.json"), "{").unwrap();
        let mut journal = Journal::open(&disk, state.path(), Settings::default()).unwrap();
        let mut settle = || {
            let noted = journal.append_notes(&disk, state.path(), Timestamp::UNIX_EPOCH).unwrap();
            journal.sync().unwrap();
            let there = noted.is_some();
            noted.into_iter().for_each(|noted| noted.done(&disk));
            there
        };
        assert!(settle() && !settle());
        let (entry, _) = Reader::open(&disk, state.path()).unwrap().next().unwrap().unwrap();
        let Event::Act { act, by, facts, .. } = entry.event else { panic!() };
        assert_eq!((act.as_str(), by.as_str(), facts["to"].as_str()), ("backed-up", "uid 7", "there"));
        assert!(facts.contains_key("note"));
    }

    #[test]
    fn a_link_in_the_place_of_notes_is_not_followed() {
        let (state, elsewhere, disk) = (test_folder(), test_folder(), Disk::system());
        std::os::unix::fs::symlink(elsewhere.path(), state.path().join("notes")).unwrap();
        let note =
            Note { time: Timestamp::UNIX_EPOCH, act: "repaired".into(), by: "uid 0".into(), facts: BTreeMap::new() };
        let refused = note.leave(&disk, state.path()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(std::fs::read_dir(elsewhere.path()).unwrap().next().is_none(), "nothing is written there");
        // what is given away is the link itself; only root can give
        if rustix::process::geteuid().is_root() {
            let (link, theirs) = (state.path().join("link"), elsewhere.path().join("theirs"));
            std::fs::write(&theirs, "theirs").unwrap();
            std::os::unix::fs::symlink(&theirs, &link).unwrap();
            std::os::unix::fs::chown(state.path(), Some(12_345), Some(12_345)).unwrap();
            give(&link, state.path()).unwrap();
            assert_eq!((theirs.metadata().unwrap().uid(), link.symlink_metadata().unwrap().uid()), (0, 12_345));
        }
    }
}
