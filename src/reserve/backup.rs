//! A backup: all of a window in one folder, as it was at one moment, while the window goes on.
//!
//! Not in it: what waits in the drop folders and what was laid there (receipts are in evidence), the ledger (it is
//! built again from the journal), private keys of a real window.
//!
//! The archive's units are in it: what was let go of evidence lies in them alone. A running window may let something
//! go while it is copied; by then its unit is there, and units are copied last.

use super::copy::{self, Copied, From};
use super::manifest::{self, About, FORMAT, Moved};
use super::{Fault, moment};
use crate::boemis;
use crate::evidence::{EvidenceFile, Reader};
use crate::host::Disk;
use crate::seal::Skips;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a window consists of: where its records lie, and the files of its configuration as they stand alone.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The window's id.
    pub window: String,
    /// `test` or `production`.
    pub environment: String,
    /// Its state folder.
    pub state: PathBuf,
    /// The seal's act log.
    pub acts: PathBuf,
    /// Its database.
    pub location: boemis::Location,
    /// How that is opened.
    pub boemis: boemis::Settings,
    /// Its configuration, by places in a copy.
    pub files: BTreeMap<PathBuf, Arc<[u8]>>,
    /// Where the state folder lies in a copy.
    pub state_place: PathBuf,
    /// Where the database lies in a copy.
    pub database_place: PathBuf,
    /// The folder of the archive's units.
    pub archive: PathBuf,
    /// Where it lies in a copy.
    pub archive_place: PathBuf,
    /// What is other in the copied configuration.
    pub moved: Vec<Moved>,
    /// What is not in a copy.
    pub left_out: Vec<String>,
}

/// A backup that was made, and is not yet called one.
#[derive(Debug)]
pub struct Made {
    folder: PathBuf,
    about: About,
    files: Vec<Copied>,
}

impl Made {
    /// What it is.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How many files it has, and how many octets.
    pub fn size(&self) -> (u64, u64) {
        (self.files.len() as u64, self.files.iter().map(|file| file.size).sum())
    }

    /// Calls it a backup: the list of its files appears.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(self, disk: &Disk) -> Result<(), Fault> {
        manifest::finish(disk, &self.folder, &self.about, self.files)
    }
}

/// What in a state folder has a way of its own into a copy, or none: the records that are cut, what is built
/// again, and what is of this machine and moment alone.
const APART: [&str; 14] = [
    "alive",
    "archiving-fails.json",
    "audit",
    "journal",
    "evidence",
    "staging",
    "seal",
    "notes",
    "outbox",
    "reserve",
    "sandbox.json",
    "transparency",
    "trust",
    "lost+found",
];

/// Copies a window into a folder that is new or empty; `told` hears of octets as they are copied. Until
/// [`Made::finish`] the folder is no backup.
///
/// # Errors
/// [`Fault`]: what is in the folder then is of no use.
pub async fn take(
    disk: &Disk,
    holdings: &Holdings,
    folder: &Path,
    now: Timestamp,
    told: &(dyn Fn(u64) + Sync),
) -> Result<Made, Fault> {
    let database = folder.join(&holdings.database_place);
    let above = database.parent().unwrap_or(folder);
    disk.make_folder(above).map_err(Fault::disk("make the folder", above))?;
    let moment = moment::choose(disk, holdings, &database).await?;
    let mut all = Vec::new();
    for (_, place, len) in moment.journal.segments() {
        all.push((holdings.state_place.join(&place), From::File(holdings.state.join(&place), len)));
    }
    // evidence grows, and what is archived may go: what the journal names was there before it
    let evidence = Reader::new(disk, &holdings.state);
    let as_copied = |file: EvidenceFile| {
        let from = From::Leaving(holdings.state.join(&file.place), Some(file.len));
        (holdings.state_place.join(&file.place), from)
    };
    let first = evidence.files()?;
    let known: HashSet<PathBuf> = first.iter().map(|file| file.place.clone()).collect();
    all.extend(first.into_iter().map(as_copied));
    let acts = Path::new("seal/acts.log");
    if moment.acts > 0 {
        all.push((holdings.state_place.join(acts), From::File(holdings.acts.clone(), Some(moment.acts))));
    }
    let skips = Skips::path(&holdings.acts);
    if skips.exists() {
        all.push((Skips::path(&holdings.state_place.join(acts)), From::File(skips, None)));
    }
    let others = others(holdings)?.into_iter().filter(|(place, _)| !holdings.files.contains_key(place));
    all.extend(others.map(|(place, path)| (place, From::File(path, None))));
    all.extend(holdings.files.iter().map(|(place, octets)| (place.clone(), From::Octets(Arc::clone(octets)))));
    let mut files = copy::copy_all(disk, folder, all, told)?;
    // what stays of a pack that went meanwhile became an object
    let new = evidence.files()?.into_iter().filter(|file| !known.contains(&file.place));
    let last = new.map(as_copied).chain(archived(disk, holdings)?).collect();
    files.extend(copy::copy_all(disk, folder, last, told)?);
    if moment.has_database {
        files.push(settled(disk, folder, &holdings.database_place, told)?);
    }
    let about = About {
        format: FORMAT,
        pencere: env!("CARGO_PKG_VERSION").to_owned(),
        window: holdings.window.clone(),
        environment: holdings.environment.clone(),
        made: now,
        journal: moment.journal,
        acts: moment.acts,
        state: holdings.state_place.clone(),
        database: moment.has_database.then(|| holdings.database_place.clone()),
        moved: holdings.moved.clone(),
        left_out: holdings.left_out.iter().cloned().chain(moment.held_elsewhere()).collect(),
    };
    Ok(Made { folder: folder.to_owned(), about, files })
}

/// The database's copy, which SQLite wrote: digested, and now durable.
fn settled(disk: &Disk, folder: &Path, place: &Path, told: &(dyn Fn(u64) + Sync)) -> Result<Copied, Fault> {
    let path = folder.join(place);
    let file = disk.open_or_create(&path).map_err(Fault::disk("open", &path))?;
    file.sync().map_err(Fault::disk("make durable", &path))?;
    // SQLite gives a new file the mode of the process
    private(&path)?;
    let (sha256, size) = copy::digest(disk, &path)?;
    told(size);
    let above = path.parent().unwrap_or(folder);
    disk.sync_folder(above).map_err(Fault::disk("make durable", above))?;
    Ok(Copied { place: place.to_owned(), sha256, size })
}

/// Takes a file from everybody else.
pub(super) fn private(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(Fault::disk("take from others", path))
}

/// The archive's units with what lies beside them, and evidence's annexes, which name the units where a copy has them.
pub(super) fn archived(disk: &Disk, holdings: &Holdings) -> Result<Vec<(PathBuf, From)>, Fault> {
    let Holdings { archive, archive_place, state, state_place, .. } = holdings;
    let mut found: BTreeMap<PathBuf, From> = BTreeMap::new();
    // within the state folder it is copied with that
    if !archive.starts_with(state) {
        for (below, path) in lying(archive, &|name, _| name.starts_with('.') || name.ends_with(".part"))? {
            found.insert(archive_place.join(below), From::File(path, None));
        }
    }
    let annexes = Path::new("evidence/annexes");
    for annex in Reader::new(disk, state).annex_files()? {
        let below = annex.file.strip_prefix(archive).unwrap_or(Path::new(annex.file.file_name().unwrap_or_default()));
        let unit = archive_place.join(below);
        let place = state_place.join(annexes).join(&annex.name);
        let octets = annex.naming(&state_place.join(annexes), &unit);
        if annex.file.is_file() {
            found.entry(unit).or_insert(From::File(annex.file, None));
        }
        found.insert(place, From::Octets(octets.into()));
    }
    Ok(found.into_iter().collect())
}

/// The regular files beneath a folder, but those that `is_apart` by name or place: the place below it, and the path.
fn lying(top: &Path, is_apart: &dyn Fn(&str, &Path) -> bool) -> Result<Vec<(PathBuf, PathBuf)>, Fault> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let folder = top.join(&below);
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => other.map_err(Fault::disk("list", &folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(Fault::disk("list", &folder))?;
            let (name, kind) = (entry.file_name(), entry.file_type().map_err(Fault::disk("look at", &folder))?);
            if is_apart(&name.to_string_lossy(), &below) {
                continue;
            }
            match (kind.is_dir(), kind.is_file()) {
                (true, _) => open.push(below.join(&name)),
                (_, true) => found.push((below.join(&name), entry.path())),
                _ => {} // a socket, a pipe: of the running process
            }
        }
    }
    Ok(found)
}

/// What else lies in the state folder: of rooms that keep files there which are whole when visible.
pub(super) fn others(holdings: &Holdings) -> Result<Vec<(PathBuf, PathBuf)>, Fault> {
    // with the files that SQLite keeps beside it
    let is_database = |path: &Path| {
        let Some(database) = holdings.location.file() else { return false };
        let beside = |(name, own): (&std::ffi::OsStr, &std::ffi::OsStr)| {
            name.as_encoded_bytes().starts_with(own.as_encoded_bytes())
        };
        path.parent() == database.parent() && path.file_name().zip(database.file_name()).is_some_and(beside)
    };
    let is_apart = |name: &str, below: &Path| {
        let is_top = below.as_os_str().is_empty() && (APART.contains(&name) || name.starts_with("ledger"));
        is_top || name.ends_with(".part") || is_database(&holdings.state.join(below).join(name))
    };
    let found = lying(&holdings.state, &is_apart)?;
    Ok(found.into_iter().map(|(below, path)| (holdings.state_place.join(below), path)).collect())
}
