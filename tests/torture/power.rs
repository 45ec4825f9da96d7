//! A folder as it lies there after the power was lost.
//!
//! Owns the model of the file system, which promises less than any that we know of:
//!
//! - **Octets.** A sync of a file keeps what was written to it before the sync was called. Of each later write
//!   (and change of length) anything may be true: it is there, it is not, or some of its sectors of 512 octets are
//!   there and the others are as they were, or zero where there was nothing. Later ones may be there without
//!   earlier ones. `sync_file_range` keeps nothing.
//! - **Names, in order** (ext4, xfs): the changes of names are a log. A sync of a folder, or of a file that was made
//!   or grew since its last sync, keeps all that stood in the log before it was called; of the rest a beginning of
//!   any length is there.
//! - **Names, loose** (no file system that journals is so bad): a change is kept only by a sync of a folder that it
//!   stands in. Of the others each is there or not by itself, whatever came before or after it.
//! - A rename is one change: never both names, never none. `syncfs` keeps only what lies in the drop folders.
//! - Shared memory of a database does not last.

use crate::crowd::Dice;
use crate::recorder::{FileId, Recording, Step, moved};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How names last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Ordered,
    Loose,
}

/// What becomes of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    Kept,
    Lost,
    /// Each write by itself is there or not.
    Reordered,
    /// Each write by itself is there, not there, or there in part.
    Torn,
}

/// Where the power is lost, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// So many steps were done.
    pub after: usize,
    pub names: Names,
    pub unsynced: Unsynced,
}

/// A folder with all that lies in it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Image {
    folders: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, (Vec<u8>, SystemTime)>,
}

impl Image {
    /// What the process, and everybody beside it, saw there at that step.
    pub fn seen(recording: &Recording, after: usize) -> Self {
        let loss = Loss { after, names: Names::Ordered, unsynced: Unsynced::Kept };
        Self::after(recording, loss, &mut Dice(1))
    }

    /// What is there when the power is back.
    pub fn after(recording: &Recording, loss: Loss, dice: &mut Dice) -> Self {
        let steps = &recording.steps[..loss.after];
        let (folders, names) = tree(recording, &kept_names(recording, steps, loss, dice));
        let octets = octets(recording, steps, loss.unsynced, dice);
        let file = |(name, file): (PathBuf, FileId)| {
            let modified = recording.files.get(file).map_or(SystemTime::UNIX_EPOCH, |(_, modified)| *modified);
            (name, (octets.get(&file).cloned().unwrap_or_default(), modified))
        };
        Self { folders, files: names.into_iter().map(file).collect() }
    }

    /// For telling images apart.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Files beneath it.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.files.iter().map(|(name, (octets, _))| (name.as_path(), octets.as_slice()))
    }

    /// Lays it into a folder that is not there yet.
    pub fn lay(&self, at: &Path) {
        for folder in &self.folders {
            fs::create_dir(at.join(folder)).unwrap();
        }
        for (name, (octets, modified)) in &self.files {
            let path = at.join(name);
            fs::write(&path, octets).unwrap();
            if *modified > SystemTime::UNIX_EPOCH {
                File::options().write(true).open(&path).unwrap().set_modified(*modified).unwrap();
            }
        }
    }
}

/// The folders whose names a step changes; none for one that changes no name.
fn changes(step: &Step) -> Option<Vec<&Path>> {
    match step {
        Step::Create { name, .. } | Step::MakeFolder { name } | Step::Unlink { name } | Step::RemoveFolder { name } => {
            Some(name.parent().into_iter().collect())
        }
        Step::Rename { from, to, .. } | Step::RenameFolder { from, to } => {
            Some(from.parent().into_iter().chain(to.parent()).collect())
        }
        Step::Write { .. } | Step::SetLength { .. } | Step::Sync { .. } => None,
    }
}

/// The changes of names that are there afterwards, in their order.
fn kept_names<'r>(recording: &Recording, steps: &'r [Step], loss: Loss, dice: &mut Dice) -> Vec<&'r Step> {
    let changing: Vec<usize> = (0..steps.len()).filter(|&at| changes(&steps[at]).is_some()).collect();
    let kept: Vec<usize> = match loss.names {
        Names::Ordered => {
            let synced = ordered(recording, steps);
            let least = changing.iter().filter(|&&at| at < synced).count();
            let count = match loss.unsynced {
                Unsynced::Kept => changing.len(),
                Unsynced::Lost => least,
                _ => least + dice.below((changing.len() - least + 1) as u64) as usize,
            };
            changing[..count].to_vec()
        }
        Names::Loose => {
            let mut last: HashMap<&Path, usize> = HashMap::new();
            for step in steps {
                if let Step::Sync { begun, folders, .. } = step {
                    for folder in folders {
                        let covered = last.entry(folder).or_default();
                        *covered = (*covered).max(*begun);
                    }
                }
            }
            let is_synced = |at: usize| {
                let folders = changes(&steps[at]).unwrap_or_default();
                folders.into_iter().any(|folder| last.get(folder).is_some_and(|covered| at < *covered))
            };
            let mut keeps = |at: &usize| {
                is_synced(*at)
                    || match loss.unsynced {
                        Unsynced::Kept => true,
                        Unsynced::Lost => false,
                        _ => dice.below(2) == 0,
                    }
            };
            changing.into_iter().filter(|at| keeps(at)).collect()
        }
    };
    kept.into_iter().map(|at| &steps[at]).collect()
}

/// The number of steps whose changes of names a log has surely kept.
fn ordered(recording: &Recording, steps: &[Step]) -> usize {
    let mut grown: HashSet<FileId> = HashSet::new();
    let mut lengths: HashMap<FileId, usize> =
        recording.files.iter().enumerate().map(|(file, (octets, _))| (file, octets.len())).collect();
    let mut kept = 0;
    for step in steps {
        match step {
            Step::Create { file, .. } => drop(grown.insert(*file)),
            Step::Write { file, offset, octets } => {
                let length = lengths.entry(*file).or_default();
                if offset + octets.len() > *length {
                    *length = offset + octets.len();
                    grown.insert(*file);
                }
            }
            Step::SetLength { file, length } => {
                lengths.insert(*file, *length);
                grown.insert(*file);
            }
            Step::Sync { begun, files, folders } => {
                let has_grown = files.iter().fold(false, |grew, file| grown.remove(file) | grew);
                if has_grown || !folders.is_empty() {
                    kept = kept.max(*begun);
                }
            }
            _ => {}
        }
    }
    kept
}

/// Folders and names once these changes were made; one that has lost its ground is not made.
fn tree(recording: &Recording, changes: &[&Step]) -> (BTreeSet<PathBuf>, BTreeMap<PathBuf, FileId>) {
    let mut folders: BTreeSet<PathBuf> = recording.folders.iter().cloned().collect();
    let mut names = recording.names.clone();
    for change in changes {
        let has_ground = |name: &PathBuf, folders: &BTreeSet<PathBuf>| folders.contains(name.parent().unwrap());
        match change {
            Step::Create { name, file } if has_ground(name, &folders) => drop(names.insert(name.clone(), *file)),
            Step::MakeFolder { name } if has_ground(name, &folders) => drop(folders.insert(name.clone())),
            Step::Rename { from, to, file } => {
                if names.get(from) == Some(file) {
                    names.remove(from);
                }
                if has_ground(to, &folders) {
                    names.insert(to.clone(), *file);
                }
            }
            Step::RenameFolder { from, to } if folders.contains(from) && !folders.contains(to) => {
                folders = folders.iter().map(|name| moved(name, from, to)).collect();
                names = names.iter().map(|(name, file)| (moved(name, from, to), *file)).collect();
            }
            Step::Unlink { name } => drop(names.remove(name)),
            Step::RemoveFolder { name } => drop(folders.remove(name)),
            _ => {}
        }
    }
    (folders, names)
}

/// What each file holds.
fn octets(recording: &Recording, steps: &[Step], unsynced: Unsynced, dice: &mut Dice) -> HashMap<FileId, Vec<u8>> {
    let mut covered: HashMap<FileId, usize> = HashMap::new();
    for step in steps {
        if let Step::Sync { begun, files, .. } = step {
            for file in files {
                let upto = covered.entry(*file).or_default();
                *upto = (*upto).max(*begun);
            }
        }
    }
    let mut all: HashMap<FileId, Vec<u8>> =
        recording.files.iter().enumerate().map(|(file, (octets, _))| (file, octets.clone())).collect();
    for (at, step) in steps.iter().enumerate() {
        let file = match step {
            Step::Write { file, .. } | Step::SetLength { file, .. } => *file,
            _ => continue,
        };
        let is_synced = covered.get(&file).is_some_and(|covered| at < *covered);
        let fate = match unsynced {
            _ if is_synced => Unsynced::Kept,
            Unsynced::Reordered => [Unsynced::Kept, Unsynced::Lost][dice.below(2) as usize],
            Unsynced::Torn => [Unsynced::Kept, Unsynced::Lost, Unsynced::Torn][dice.below(3) as usize],
            whole => whole,
        };
        if fate != Unsynced::Lost {
            apply(step, all.entry(file).or_default(), (fate == Unsynced::Torn).then_some(&mut *dice));
        }
    }
    all
}

/// A write as it is, or with some of its sectors.
fn apply(step: &Step, file: &mut Vec<u8>, torn: Option<&mut Dice>) {
    const SECTOR: usize = 512;
    match step {
        Step::SetLength { length, .. } => file.resize(*length, 0),
        Step::Write { offset, octets, .. } => {
            let end = offset + octets.len();
            if file.len() < end {
                file.resize(end, 0);
            }
            match torn {
                None => file[*offset..end].copy_from_slice(octets),
                Some(dice) => {
                    let mut at = *offset;
                    while at < end {
                        let next = ((at / SECTOR + 1) * SECTOR).min(end);
                        if dice.below(2) == 0 {
                            file[at..next].copy_from_slice(&octets[at - offset..next - offset]);
                        }
                        at = next;
                    }
                }
            }
        }
        _ => {}
    }
}
