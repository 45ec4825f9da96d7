//! What the window remembers of its reserve, for `status`: how far it reached, and since when it fails.
//!
//! Owns `state/reserve/followed.json` and `failing.json`. What cannot be remembered is as if nothing were in the
//! reserve: `status` then says too much, never too little.

use super::follow::Standing;
use super::store::Address;
use crate::host::Disk;
use crate::journal::{JournalError, Position, Reader};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

const REACHED: &str = "followed.json";
const FAILING: &str = "failing.json";
/// The largest of the two, in octets.
const SIZE_MAX: u64 = 64 << 10;

/// How far the reserve reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Followed {
    /// When it reached that.
    pub at: Timestamp,
    /// Where the reserve is.
    pub to: String,
    /// In the journal.
    pub journal: Position,
    /// When BOEMİS was copied there last.
    pub database: Option<Timestamp>,
    /// Where the journal ended before that.
    pub database_after: Option<Position>,
}

/// A reserve that cannot follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: String,
}

/// What is not in the reserve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// Journal entries.
    pub entries: u64,
    /// Octets of evidence that they name; the largest part of what is to be copied.
    pub octets: u64,
    /// When the oldest of them was written; null when nothing is missing.
    pub oldest: Option<Timestamp>,
}

impl Followed {
    /// How far a round came.
    pub fn reached(standing: &Standing, to: &Address) -> Self {
        let last = standing.databases.last();
        let (database, database_after) = (last.map(|last| last.at), last.map(|last| last.after));
        Self { at: standing.at, to: to.to_string(), journal: standing.journal, database, database_after }
    }

    /// Where it is remembered.
    pub fn path(state: &Path) -> PathBuf {
        state.join("reserve").join(REACHED)
    }

    /// Remembers it; a failure before is over.
    ///
    /// # Errors
    /// What the disk says.
    pub fn remember(&self, disk: &Disk, state: &Path) -> io::Result<()> {
        let _ = std::fs::remove_file(state.join("reserve").join(FAILING)); // mostly there is none
        write(disk, state, REACHED, self)
    }

    /// Remembers that it does not follow.
    ///
    /// # Errors
    /// What the disk says.
    pub fn failed(disk: &Disk, state: &Path, why: &str, now: Timestamp) -> io::Result<()> {
        let since = Self::failing(disk, state).map_or(now, |failing| failing.since);
        write(disk, state, FAILING, &Failing { since, why: why.to_owned() })
    }

    /// What is remembered.
    pub fn read(disk: &Disk, state: &Path) -> Option<Self> {
        read(disk, state, REACHED)
    }

    /// Why it does not follow, if it does not.
    pub fn failing(disk: &Disk, state: &Path) -> Option<Failing> {
        read(disk, state, FAILING)
    }
}

impl Lag {
    /// What the window's journal has beyond what is remembered of the reserve. A journal that cannot be read
    /// from there has all of it missing.
    ///
    /// # Errors
    /// A journal that cannot be read: what is missing is not known then.
    pub fn of(disk: &Disk, state: &Path, followed: Option<&Followed>) -> Result<Self, JournalError> {
        let from = followed.map_or_else(Position::origin, |followed| followed.journal);
        let mut lag = Self::default();
        let journal = Reader::after(disk, state, from).or_else(|_| Reader::after(disk, state, Position::origin()));
        let mut journal = journal?;
        while let Some((entry, _)) = journal.next()? {
            lag.entries += 1;
            lag.octets += entry.event.kept().iter().map(|kept| kept.size).sum::<u64>();
            lag.oldest = lag.oldest.or(Some(entry.time));
        }
        Ok(lag)
    }
}

fn write<T: Serialize>(disk: &Disk, state: &Path, name: &str, value: &T) -> io::Result<()> {
    let folder = state.join("reserve");
    disk.make_folder(&folder)?;
    let (part, path) = (folder.join(format!("{name}.part")), folder.join(name));
    let file = disk.open_or_create(&part)?;
    file.truncate(0)?;
    file.write_at(&serde_json::to_vec(value)?, 0)?;
    disk.rename(&part, &path)
}

fn read<T: for<'de> Deserialize<'de>>(disk: &Disk, state: &Path, name: &str) -> Option<T> {
    serde_json::from_slice(&disk.read(&state.join("reserve").join(name), SIZE_MAX).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test_folder;

    #[test]
    fn what_is_missing_is_not_known_where_the_journal_cannot_be_read() {
        let (folder, disk) = (test_folder(), Disk::system());
        assert_eq!(Lag::of(&disk, folder.path(), None).unwrap(), Lag::default());
        let journal = folder.path().join("journal");
        std::fs::create_dir(&journal).unwrap();
        std::fs::write(journal.join("00000002.log"), "").unwrap(); // the first is gone
        assert!(Lag::of(&disk, folder.path(), None).is_err());
        std::fs::write(journal.join("00000001.log"), "no line\n").unwrap();
        assert!(Lag::of(&disk, folder.path(), None).is_err());
    }
}
