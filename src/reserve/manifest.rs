//! What says that a backup is whole: `SHA256SUMS`, made last and by rename, and `backup.json`, which tells what
//! it is a copy of.
//!
//! `sha256sum -c SHA256SUMS` verifies a backup without pencere. A folder without that file is no backup: its
//! making did not come to its end.

use super::Fault;
use super::copy::{self, Copied};
use crate::document::Digest;
use crate::host::{Disk, side_by_side};
use crate::journal::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Component, Path, PathBuf};

/// The list of digests, which makes a folder a backup.
pub const MANIFEST: &str = "SHA256SUMS";
/// What the backup is.
pub(super) const ABOUT: &str = "backup.json";
/// The version of the layout.
pub(super) const FORMAT: u32 = 1;

/// The largest list, in octets: some millions of files.
const MANIFEST_MAX: u64 = 1 << 30;
/// The largest `backup.json`, in octets.
const ABOUT_MAX: u64 = 1 << 20;
/// So many faults are named; of more it is said that there are more.
const NAMED_MAX: usize = 10;

/// What a copy of a window is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The version of the layout.
    pub format: u32,
    /// The version of pencere that made it.
    pub pencere: String,
    /// The window's id.
    pub window: String,
    /// `test` or `production`.
    pub environment: String,
    /// When the copy was begun.
    pub made: Timestamp,
    /// Where its journal ends.
    pub journal: Position,
    /// Where its act log ends, in octets.
    pub acts: u64,
    /// Its state folder, below the copy.
    pub state: PathBuf,
    /// Its database, below the copy; none when there was none yet.
    pub database: Option<PathBuf>,
    /// What was changed in the texts of its configuration.
    pub moved: Vec<Moved>,
    /// What is not in it and must be kept elsewhere.
    pub left_out: Vec<String>,
}

/// A word of a configuration that is another in the copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// In which file, by its place in the copy.
    pub file: String,
    /// At which key.
    pub key: String,
    /// What stood there.
    pub was: String,
    /// What stands there.
    pub is: String,
}

/// A folder that is no whole backup, and why: the first faults in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsound(pub Vec<String>);

/// Writes down that a backup is whole.
pub(super) fn finish(disk: &Disk, folder: &Path, about: &About, mut files: Vec<Copied>) -> Result<(), Fault> {
    let json = serde_json::to_vec_pretty(about).map_err(|error| Fault::Unsound(error.to_string()))?;
    let json = vec![(PathBuf::from(ABOUT), copy::From::Octets(json.into()))];
    files.extend(copy::copy_all(disk, folder, json, &|_| {})?);
    files.sort_by(|one, other| one.place.cmp(&other.place));
    let mut text = String::new();
    for Copied { place, sha256, .. } in &files {
        let name = place.to_str().filter(|name| is_plain(name)).ok_or_else(|| {
            Fault::Unsound(format!("{} cannot stand in a list of digests: give it a plain name", place.display()))
        })?;
        text.push_str(&format!("{sha256}  {name}\n"));
    }
    let (part, manifest) = (folder.join("SHA256SUMS.part"), folder.join(MANIFEST));
    let file = disk.create(&part).map_err(Fault::disk("make", &part))?;
    file.write_at(text.as_bytes(), 0).and_then(|()| file.sync()).map_err(Fault::disk("write", &part))?;
    // what the list tells of is durable before the list is there
    disk.sync_folder(folder).map_err(Fault::disk("make durable", folder))?;
    disk.rename(&part, &manifest).map_err(Fault::disk("rename", &part))?;
    disk.sync_folder(folder).map_err(Fault::disk("make durable", folder))
}

/// Whether a place leads into a copy's own folder, wherever that is: what a copy says of itself may have been written
/// by anybody.
pub(super) fn is_beneath(place: &Path) -> bool {
    place.components().next().is_some() && place.components().all(|part| matches!(part, Component::Normal(_)))
}

/// A name that `sha256sum` writes as it is.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['\\', '\n', '\r'])
}

/// What a backup is, and its files, each of whose octets was just verified.
pub(super) fn verified(disk: &Disk, folder: &Path) -> Result<Result<(About, Vec<Copied>), Unsound>, Fault> {
    let path = folder.join(MANIFEST);
    let text = disk.read(&path, MANIFEST_MAX).map_err(Fault::disk("read", &path))?;
    let Some(listed) = std::str::from_utf8(&text).ok().and_then(read) else {
        return Ok(Err(Unsound(vec![format!("{}: this is no list of digests", path.display())])));
    };
    let looked = side_by_side(listed, |(sha256, place)| {
        let path = folder.join(&place);
        match copy::digest(disk, &path) {
            Ok((found, size)) if found == sha256 => Ok(Copied { place, sha256, size }),
            Ok(_) => Err(format!("{} is not what was copied: its digest differs", place.display())),
            Err(fault) => Err(fault.to_string()),
        }
    });
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for one in looked.map_err(|_| Fault::Panicked)? {
        match one {
            Ok(copied) => files.push(copied),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.len() > NAMED_MAX {
        let more = faults.len() - NAMED_MAX;
        faults.truncate(NAMED_MAX);
        faults.push(format!("and {more} more"));
    }
    if !faults.is_empty() {
        return Ok(Err(Unsound(faults)));
    }
    let is_about = |one: &&Copied| one.place == Path::new(ABOUT);
    let about = folder.join(ABOUT);
    let json = match files.iter().any(|one| is_about(&one)) {
        true => disk.read(&about, ABOUT_MAX).map_err(Fault::disk("read", &about))?,
        false => return Ok(Err(Unsound(vec![format!("{MANIFEST} does not list {ABOUT}")]))),
    };
    match serde_json::from_slice::<About>(&json) {
        Ok(about) if !std::iter::once(&about.state).chain(&about.database).all(|place| is_beneath(place)) => {
            Ok(Err(Unsound(vec![format!("{ABOUT} names a place outside of the copy")])))
        }
        Ok(about) if about.format == FORMAT => Ok(Ok((about, files))),
        Ok(about) => Ok(Err(Unsound(vec![format!("{ABOUT} is of format {}, not {FORMAT}", about.format)]))),
        Err(error) => Ok(Err(Unsound(vec![format!("{ABOUT} is not as written: {error}")]))),
    }
}

/// The state folder of a backup that was made whole, for taking single things from it; nothing of it is verified.
///
/// # Errors
/// What the disk says, or that it is no backup.
pub fn state_of(disk: &Disk, folder: &Path) -> Result<PathBuf, Fault> {
    let path = folder.join(ABOUT);
    let json = disk.read(&path, ABOUT_MAX).map_err(Fault::disk("read", &path))?;
    let about: About = serde_json::from_slice(&json)
        .map_err(|error| Fault::Unsound(format!("{} is not as written: {error}", path.display())))?;
    match is_beneath(&about.state) {
        true => Ok(folder.join(about.state)),
        false => Err(Fault::Unsound(format!("{}: its state folder lies elsewhere", path.display()))),
    }
}

/// Where in a backup a file of this digest lies; none where it has none.
pub(super) fn find(disk: &Disk, folder: &Path, sha256: Digest) -> Result<Option<PathBuf>, Fault> {
    let path = folder.join(MANIFEST);
    let text = disk.read(&path, MANIFEST_MAX).map_err(Fault::disk("read", &path))?;
    let listed = read(&String::from_utf8_lossy(&text));
    let listed = listed.ok_or_else(|| Fault::Unsound(format!("{} is not as written", path.display())))?;
    Ok(listed.into_iter().find(|(listed, _)| *listed == sha256).map(|(_, place)| place))
}

/// Digest and place of each line; none when one of them is not as it is written here.
fn read(text: &str) -> Option<Vec<(Digest, PathBuf)>> {
    let mut listed = Vec::new();
    for line in text.lines() {
        let (sha256, name) = line.split_once("  ")?;
        let place = PathBuf::from(name);
        if !is_beneath(&place) || !is_plain(name) {
            return None;
        }
        listed.push((sha256.parse().ok()?, place));
    }
    (!listed.is_empty()).then_some(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_leads_out_of_its_folder_is_none() {
        let digest = Digest::of(b"");
        assert_eq!(read(&format!("{digest}  a/b\n")), Some(vec![(digest, PathBuf::from("a/b"))]));
        for bad in ["", "x  a\n", &format!("{digest}  ../a\n"), &format!("{digest}  /a\n"), &format!("{digest} a\n")] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
