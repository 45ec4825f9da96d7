//! A window made from a backup: verified before anything is laid out, and no window before everything is.

use super::Fault;
use super::copy::{self, Copied, From};
use super::manifest::{self, ABOUT, About, Unsound};
use crate::document::BAKU;
use crate::host::Disk;
use crate::seal::{ActsReader, Skips};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Without this file there is no window: it is laid last.
pub(super) const CONFIGURATION: &str = "pencere.toml";
/// What it is called until everything is laid.
const PASSING: &str = "pencere.toml.part";

/// Under which name a file is laid: the configuration under a passing one.
pub(super) fn laid_as(place: &Path) -> PathBuf {
    match place == Path::new(CONFIGURATION) {
        true => PathBuf::from(PASSING),
        false => place.to_owned(),
    }
}

/// Gives the configuration its name: from here on there is a window.
pub(super) fn open(disk: &Disk, into: &Path) -> Result<(), Fault> {
    let (passing, path) = (into.join(PASSING), into.join(CONFIGURATION));
    disk.rename(&passing, &path).map_err(Fault::disk("rename", &passing))?;
    disk.sync_folder(into).map_err(Fault::disk("make durable", into))
}

/// A window that was laid out.
#[derive(Debug)]
pub struct Laid {
    /// What it was made from.
    pub about: About,
    /// Its files.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
    /// Answered as accepted after BOEMİS was copied: the window loads them again from evidence.
    pub unloaded: u64,
}

/// Makes a window in a folder that is new or empty from the backup in another.
///
/// # Errors
/// [`Fault`]: the folder holds no window then. What is no whole backup is an answer, and nothing is laid out.
pub fn lay(disk: &Disk, from: &Path, into: &Path, told: &(dyn Fn(u64) + Sync)) -> Result<Result<Laid, Unsound>, Fault> {
    let (about, files) = match manifest::verified(disk, from)? {
        Ok(sound) => sound,
        Err(unsound) => return Ok(Err(unsound)),
    };
    let listed: BTreeMap<PathBuf, Copied> =
        files.into_iter().filter(|one| one.place != Path::new(ABOUT)).map(|one| (one.place.clone(), one)).collect();
    let (last, first): (Vec<_>, Vec<_>) = listed.values().partition(|one| one.place == Path::new(CONFIGURATION));
    if last.is_empty() {
        return Ok(Err(Unsound(vec![format!("there is no {CONFIGURATION} in it")])));
    }
    let mut octets = 0;
    for part in [first, last] {
        let all = part.into_iter().map(|one| (laid_as(&one.place), From::File(from.join(&one.place), None))).collect();
        for copied in copy::copy_all(disk, into, all, told)? {
            octets += copied.size;
            let place = if copied.place == Path::new(PASSING) { Path::new(CONFIGURATION) } else { &copied.place };
            if listed.get(place).map(|one| (one.sha256, one.size)) != Some((copied.sha256, copied.size)) {
                return Ok(Err(Unsound(vec![format!("{} changed while it was read", copied.place.display())])));
            }
        }
    }
    disk.make_folder(&into.join(&about.state)).map_err(Fault::disk("make the folder", into))?;
    open(disk, into)?;
    Ok(Ok(Laid { files: listed.len() as u64, octets, unloaded: 0, about }))
}

/// Has a restored window leave out so many receipt numbers: the old one may have given them since the copy was
/// made. In every year from then until now; gives year, last number, next number of each.
///
/// # Errors
/// The act log is damaged, or the disk's.
pub fn skip_numbers(
    disk: &Disk,
    state: &Path,
    made: Timestamp,
    now: Timestamp,
    by: u64,
) -> Result<Vec<(i16, u64, u64)>, Fault> {
    let acts = state.join("seal/acts.log");
    let mut last: BTreeMap<i16, u64> = BTreeMap::new();
    let mut reader = ActsReader::after(&acts, 0).map_err(Fault::disk("read", &acts))?;
    while let Some(act) = reader.next()? {
        let highest = last.entry(act.year).or_default();
        *highest = act.ordinal.max(*highest);
    }
    if by == 0 {
        return Ok(Vec::new());
    }
    let year = |at: Timestamp| BAKU.to_datetime(at).year();
    let mut skips = Skips::read(disk, &acts)?;
    let mut gaps = Vec::new();
    for year in year(made)..=year(now).max(year(made)) {
        let last = last.get(&year).copied().unwrap_or(0);
        let next = skips.next(year, last).saturating_add(by);
        skips.add(year, last, next);
        gaps.push((year, last, next));
    }
    let path = Skips::path(&acts);
    let (part, folder) = (path.with_extension("part"), path.parent().unwrap_or(state));
    disk.make_folder(folder).map_err(Fault::disk("make the folder", folder))?;
    let file = disk.create(&part).map_err(Fault::disk("make", &part))?;
    file.write_at(skips.text().as_bytes(), 0).and_then(|()| file.sync()).map_err(Fault::disk("write", &part))?;
    disk.rename(&part, &path).map_err(Fault::disk("rename", &part))?;
    disk.sync_folder(folder).map_err(Fault::disk("make durable", folder))?;
    Ok(gaps)
}
