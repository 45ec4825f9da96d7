//! What was taken and is not yet called safe: `.taken/`, out of the sender's reach.
//!
//! Owns the renames in and out; each is one instant, and every state between them is in the table
//! of the folder's opening. Never unlinks anything in `in/`, and never replaces anything there.

use super::beneath::Beneath;
use crate::advice::Advice;
use crate::document::{GivenName, SubmissionId};
use crate::intake::Facts;
use rustix::io::Errno;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::AddAssign;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Longest file name, in octets, that Linux file systems take.
const NAME_MAX: usize = 255;
/// Length of an id in its text form.
const ID_LEN: usize = 36;

/// What [`Queue::recover`](crate::intake::Queue::recover) found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Files that were safe already and are gone now.
    pub released: usize,
    /// Files that lie under their own names again.
    pub given_back: usize,
    /// Files whose own name is taken by a newer one; given back once it is free.
    pub stranded: usize,
}

#[derive(Debug)]
pub(super) struct Custody {
    taken: Beneath,
    held: HashMap<SubmissionId, Vec<OsString>>,
    /// To be given back once their names are free.
    stranded: Vec<(SubmissionId, OsString)>,
    /// Names we gave back and whose event is still to come: our own doing.
    returned: HashSet<OsString>,
}

/// Why a file was not taken.
pub(super) enum Missed {
    /// Something else stands under the name now; it is where it was, to be looked at again.
    Another,
    /// What the system says.
    Disk(Errno),
}

impl Custody {
    pub(super) fn open(home: &Beneath, inward: &Beneath) -> Result<Self, Errno> {
        // renames do not cross file systems; then the sender's own folder holds it
        let (parent, place) = match home.mount()? == inward.mount()? {
            true => (home, "beside in/"),
            false => (inward, "within in/"),
        };
        tracing::debug!(place, "folder for what is taken");
        let taken = parent.make_own_folder(".taken")?;
        Ok(Self { taken, held: HashMap::new(), stranded: Vec::new(), returned: HashSet::new() })
    }

    /// Renames `in/NAME` out of reach and proves that this is the file that was opened.
    pub(super) fn take(
        &mut self,
        inward: &Beneath,
        id: SubmissionId,
        name: &OsStr,
        opened: &Facts,
    ) -> Result<(), Missed> {
        let slot = Slot::of(&self.taken, id, name).map_err(Missed::Disk)?;
        match inward.rename_to_fresh(name, slot.folder(&self.taken), &slot.name) {
            Ok(()) => {}
            Err(errno) => {
                slot.close(&self.taken, id);
                return Err(match errno {
                    Errno::NOENT => Missed::Another,
                    errno => Missed::Disk(errno),
                });
            }
        }
        // from here on the file is ours to release or give back
        self.held.entry(id).or_default().push(name.to_owned());
        let renamed = slot.folder(&self.taken).stat(&slot.name).map_err(|error| Missed::Disk(errno(&error)))?;
        let renamed_is_opened = (renamed.st_dev, renamed.st_ino) == (opened.dev, opened.ino);
        match renamed_is_opened {
            true => Ok(()),
            false => Err(Missed::Another),
        }
    }

    pub(super) fn release(&mut self, id: SubmissionId) -> io::Result<()> {
        let Some(names) = self.held.get(&id) else { return Ok(()) };
        for name in names {
            Slot::of(&self.taken, id, name)?.unlink(&self.taken, id)?;
        }
        self.held.remove(&id);
        Ok(())
    }

    pub(super) fn give_back(&mut self, id: SubmissionId, inward: &Beneath) -> io::Result<bool> {
        let mut all = Ok(true);
        for name in self.held.remove(&id).unwrap_or_default() {
            match self.put_back(id, &name, inward) {
                Ok(true) => {}
                Ok(false) => {
                    self.stranded.push((id, name));
                    all = Ok(false);
                }
                Err(error) => {
                    self.stranded.push((id, name));
                    all = Err(error);
                }
            }
        }
        all
    }

    /// Tries once more what could not be given back; whether any of it was.
    pub(super) fn retry(&mut self, inward: &Beneath) -> bool {
        let mut any = false;
        for (id, name) in std::mem::take(&mut self.stranded) {
            match self.put_back(id, &name, inward) {
                Ok(true) => {
                    tracing::info!(%id, name = %GivenName::new(&name), "given back");
                    any = true;
                }
                Ok(false) => self.stranded.push((id, name)),
                Err(error) => {
                    tracing::warn!(advice = %Advice::FileLeft,
                        %id, name = %GivenName::new(&name), %error, "cannot be given back yet");
                    self.stranded.push((id, name));
                }
            }
        }
        any
    }

    pub(super) fn recover(&mut self, inward: &Beneath, known: &dyn Fn(SubmissionId) -> bool) -> io::Result<Recovered> {
        let mut found = Recovered::default();
        for (id, name) in self.list()? {
            if known(id) {
                Slot::of(&self.taken, id, &name)?.unlink(&self.taken, id)?;
                found.released += 1;
            } else if self.put_back(id, &name, inward)? {
                found.given_back += 1;
            } else {
                self.stranded.push((id, name));
                found.stranded += 1;
            }
        }
        // whatever comes next is seen by a scan or told by somebody else
        self.returned.clear();
        Ok(found)
    }

    /// Whether the event of this name is our own giving back; asked once.
    pub(super) fn was_returned(&mut self, name: &OsStr) -> bool {
        self.returned.remove(name)
    }

    /// `true` when it lies under its own name again, `false` when that is taken.
    fn put_back(&mut self, id: SubmissionId, name: &OsStr, inward: &Beneath) -> io::Result<bool> {
        let slot = Slot::of(&self.taken, id, name)?;
        let folder = slot.folder(&self.taken);
        let ours = match folder.stat(&slot.name) {
            Ok(ours) => ours,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                slot.close(&self.taken, id);
                return Ok(true);
            }
            Err(error) => return Err(error),
        };
        self.returned.insert(name.to_owned());
        match folder.rename_to_free(&slot.name, inward, name) {
            Ok(()) => {}
            Err(Errno::EXIST) => {
                self.returned.remove(name);
                let there = inward.stat(name)?;
                if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino) {
                    return Ok(false);
                }
                // linked back, and a crash before the old name went
                folder.unlink(&slot.name)?;
            }
            Err(errno) => {
                self.returned.remove(name);
                return Err(errno.into());
            }
        }
        slot.close(&self.taken, id);
        Ok(true)
    }

    fn list(&self) -> io::Result<Vec<(SubmissionId, OsString)>> {
        let mut found = Vec::new();
        let mut folders = Vec::new();
        self.taken.each_name(&mut |name| match split(name) {
            Some((id, rest)) if rest.is_empty() => folders.push(id),
            Some((id, rest)) => found.push((id, rest.to_owned())),
            None => tracing::warn!(advice = %Advice::FileLeft,
                name = %GivenName::new(name), "lies in .taken/ and is not ours; left alone"),
        })?;
        for id in folders {
            self.taken.folder(folder_name(id))?.each_name(&mut |name| found.push((id, name.to_owned())))?;
            // it goes by itself when it is empty
            let _ = self.taken.remove_folder(OsStr::new(&folder_name(id)));
        }
        // the documents of one name in the order they came
        found.sort();
        Ok(found)
    }
}

impl AddAssign for Recovered {
    fn add_assign(&mut self, other: Self) {
        self.released += other.released;
        self.given_back += other.given_back;
        self.stranded += other.stranded;
    }
}

/// Where a file lies while it is taken.
struct Slot {
    own: Option<Beneath>,
    name: OsString,
}

impl Slot {
    fn of(taken: &Beneath, id: SubmissionId, name: &OsStr) -> Result<Self, Errno> {
        let mut short = folder_name(id).into_bytes();
        if short.len() + name.len() <= NAME_MAX {
            short.extend_from_slice(name.as_bytes());
            return Ok(Self { own: None, name: OsString::from_vec(short) });
        }
        Ok(Self { own: Some(taken.make_folder(folder_name(id))?), name: name.to_owned() })
    }

    fn folder<'a>(&'a self, taken: &'a Beneath) -> &'a Beneath {
        self.own.as_ref().unwrap_or(taken)
    }

    fn unlink(&self, taken: &Beneath, id: SubmissionId) -> io::Result<()> {
        self.folder(taken).unlink(&self.name)?;
        self.close(taken, id);
        Ok(())
    }

    /// Removes the small folder when nothing is left in it.
    fn close(&self, taken: &Beneath, id: SubmissionId) {
        if self.own.is_some() {
            // the other half of a pair may still lie in it
            let _ = taken.remove_folder(OsStr::new(&folder_name(id)));
        }
    }
}

fn folder_name(id: SubmissionId) -> String {
    format!("{id}~")
}

fn split(name: &OsStr) -> Option<(SubmissionId, &OsStr)> {
    let (id, rest) = name.as_bytes().split_at_checked(ID_LEN)?;
    let rest = rest.strip_prefix(b"~")?;
    Some((std::str::from_utf8(id).ok()?.parse().ok()?, OsStr::from_bytes(rest)))
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_was_renamed_is_what_was_opened_or_goes_back() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        let home = Beneath::open(root.path()).unwrap();
        let inward = home.folder("in").unwrap();
        let mut custody = Custody::open(&home, &inward).unwrap();
        let (name, path) = (OsStr::new("a.xml"), root.path().join("in/a.xml"));
        for swap in [true, false] {
            fs::write(&path, b"one").unwrap();
            let opened = inward.read(name).unwrap();
            if swap {
                fs::write(root.path().join("other"), b"two").unwrap();
                fs::rename(root.path().join("other"), &path).unwrap();
            }
            let id = SubmissionId::new(jiff::Timestamp::now());
            let taken = custody.take(&inward, id, name, &Facts::of(&opened).unwrap());
            match swap {
                true => {
                    assert!(matches!(taken, Err(Missed::Another)));
                    assert!(custody.give_back(id, &inward).unwrap());
                    assert_eq!(fs::read(&path).unwrap(), b"two");
                }
                false => assert!(taken.is_ok() && !path.exists()),
            }
        }
    }

    #[test]
    fn across_file_systems_the_senders_own_folder_holds_what_is_taken() {
        let home = tempfile::tempdir().unwrap();
        let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
        let beside = Beneath::open(home.path()).unwrap();
        let inward = Beneath::open(other.path()).unwrap();
        if beside.mount().unwrap() == inward.mount().unwrap() {
            return;
        }
        Custody::open(&beside, &inward).unwrap();
        assert!(other.path().join(".taken").is_dir() && !home.path().join(".taken").exists());
    }
}
