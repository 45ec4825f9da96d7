//! The faulty twin of the disk: at the n-th step an error, a death, or a loss of power.
//!
//! The twin works on real files. It counts steps; at the chosen one it fails, once or from then
//! on. Beside that it remembers what was never synced, so that after a death
//! [`Faults::lose_power`] can take it away: unsynced octets at the end of a file are cut to any
//! length, and a file or folder whose name was never synced in the folder above vanishes. It knows
//! files that only grow; all of ours do. A name that replaced a durable one stays.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What happens at the chosen step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The step fails with this error number (EIO, ENOSPC, EMFILE); the next ones succeed.
    Error(i32),
    /// The step and all after it fail with this error number: the disk stays full or broken.
    Lasting(i32),
    /// The process dies: this step and all after it do nothing.
    Death,
}

/// A plan of faults, and the memory of what is durable.
#[derive(Debug)]
pub struct Faults {
    plan: Option<(u64, Fault)>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    steps: u64,
    syncs: u64,
    files: BTreeMap<PathBuf, Durable>,
}

#[derive(Debug)]
struct Durable {
    octets: u64,
    name: bool,
}

impl Faults {
    /// No fault: counts the steps.
    pub fn none() -> Arc<Self> {
        Arc::new(Self { plan: None, seen: Mutex::default() })
    }

    /// This fault at step `n`, counted from 1.
    pub fn at(n: u64, fault: Fault) -> Arc<Self> {
        Arc::new(Self { plan: Some((n, fault)), seen: Mutex::default() })
    }

    /// Steps until now, the failed ones too.
    pub fn steps(&self) -> u64 {
        self.seen().steps
    }

    /// Syncs until now that succeeded, of files and of folders: each is a wait for the disk.
    pub fn syncs(&self) -> u64 {
        self.seen().syncs
    }

    /// Takes away what was never synced: of each file's unsynced octets `keep(unsynced)` stay.
    ///
    /// # Errors
    /// What the disk says.
    pub fn lose_power(&self, mut keep: impl FnMut(u64) -> u64) -> io::Result<()> {
        for (path, durable) in &self.seen().files {
            match std::fs::OpenOptions::new().write(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) if path.is_dir() && durable.name => {}
                Err(_) if path.is_dir() => std::fs::remove_dir_all(path)?,
                Err(error) => return Err(error),
                Ok(_) if !durable.name => std::fs::remove_file(path)?,
                Ok(file) => {
                    let len = file.metadata()?.len();
                    let unsynced = len.saturating_sub(durable.octets);
                    file.set_len(len - unsynced + keep(unsynced).min(unsynced))?;
                }
            }
        }
        Ok(())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn step(&self) -> io::Result<()> {
        let mut seen = self.seen();
        seen.steps += 1;
        match self.plan {
            Some((n, Fault::Error(error))) if seen.steps == n => Err(io::Error::from_raw_os_error(error)),
            Some((n, Fault::Lasting(error))) if seen.steps >= n => Err(io::Error::from_raw_os_error(error)),
            Some((n, Fault::Death)) if seen.steps >= n => Err(io::Error::other("the process is dead")),
            _ => Ok(()),
        }
    }

    pub(super) fn opened(&self, path: &Path, len: u64) {
        // What stood there before the twin looked is taken for durable, its name too.
        let durable = Durable { octets: len, name: len > 0 };
        self.seen().files.entry(path.to_owned()).or_insert(durable);
    }

    pub(super) fn synced(&self, path: &Path, len: u64) {
        let mut seen = self.seen();
        seen.syncs += 1;
        if let Some(durable) = seen.files.get_mut(path) {
            durable.octets = len;
        }
    }

    pub(super) fn synced_folder(&self, folder: &Path) {
        let mut seen = self.seen();
        seen.syncs += 1;
        for (path, durable) in &mut seen.files {
            durable.name |= path.parent() == Some(folder);
        }
    }

    pub(super) fn renamed(&self, from: &Path, to: &Path) {
        let mut seen = self.seen();
        if let Some(durable) = seen.files.remove(from) {
            let name = seen.files.get(to).is_some_and(|replaced| replaced.name);
            seen.files.insert(to.to_owned(), Durable { name, ..durable });
        }
    }

    pub(super) fn made_folder(&self, path: &Path) {
        self.seen().files.insert(path.to_owned(), Durable { octets: 0, name: false });
    }

    pub(super) fn unlinked(&self, path: &Path) {
        self.seen().files.remove(path);
    }
}
