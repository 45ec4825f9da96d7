//! Copying files: each is digested while it is copied, and durable when it is told of.

use super::Fault;
use crate::document::{Digest, Digester};
use crate::host::{Disk, side_by_side};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Octets that are read and written at once: a large file never lies in memory.
const PIECE: usize = 1 << 20;

/// What is to be copied.
#[derive(Clone, Debug)]
pub(super) enum From {
    /// So many octets of a file, or all that it has.
    File(PathBuf, Option<u64>),
    /// The same, of a file that may be gone by then; it is left out.
    Leaving(PathBuf, Option<u64>),
    /// These.
    Octets(Arc<[u8]>),
}

/// A file of a copy: its place in it, its digest and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) place: PathBuf,
    pub(super) sha256: Digest,
    pub(super) size: u64,
}

/// Copies all of these beneath a folder, side by side; each file and each name is durable at the end. `told`
/// hears of octets as they are copied.
pub(super) fn copy_all(
    disk: &Disk,
    into: &Path,
    all: Vec<(PathBuf, From)>,
    told: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Copied>, Fault> {
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for (place, _) in &all {
        folders.extend(into.join(place).parent().map(Path::to_owned));
    }
    for folder in &folders {
        disk.make_folder(folder).map_err(Fault::disk("make the folder", folder))?;
    }
    // threads take things in equal numbers: large and small ones are mixed
    let (even, odd): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(number, _)| number % 2 == 0);
    let mixed = even.into_iter().chain(odd).map(|(_, one)| one).collect();
    let copied =
        side_by_side(mixed, |(place, from)| copy(disk, into, place, from, told)).map_err(|_| Fault::Panicked)?;
    let copied = copied.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    for folder in &folders {
        disk.sync_folder(folder).map_err(Fault::disk("make durable", folder))?;
    }
    Ok(copied)
}

fn copy(
    disk: &Disk,
    into: &Path,
    place: PathBuf,
    from: From,
    told: &(dyn Fn(u64) + Sync),
) -> Result<Option<Copied>, Fault> {
    let source = match &from {
        From::Octets(_) => None,
        From::File(path, _) => Some(disk.open(path).map_err(Fault::disk("open", path))?),
        From::Leaving(path, _) => match disk.open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => Some(other.map_err(Fault::disk("open", path))?),
        },
    };
    let to = into.join(&place);
    let file = disk.create(&to).map_err(Fault::disk("make", &to))?;
    let (mut digester, mut size) = (Digester::new(), 0);
    let mut put = |octets: &[u8]| {
        digester.update(octets);
        file.write_at(octets, size).map_err(Fault::disk("write", &to))?;
        size += octets.len() as u64;
        told(octets.len() as u64);
        Ok::<_, Fault>(())
    };
    match &from {
        From::Octets(octets) => put(octets)?,
        From::File(path, len) | From::Leaving(path, len) => {
            let mut source = source.map(|source| source.take(len.unwrap_or(u64::MAX)));
            let mut piece = vec![0; PIECE];
            while let Some(source) = &mut source {
                let count = source.read(&mut piece).map_err(Fault::disk("read", path))?;
                match piece.get(..count) {
                    Some([]) | None => break,
                    Some(octets) => put(octets)?,
                }
            }
        }
    }
    if let From::File(path, Some(len)) | From::Leaving(path, Some(len)) = &from
        && size < *len
    {
        return Err(Fault::Unsound(format!("{} has {size} octets where {len} are relied on", path.display())));
    }
    file.sync().map_err(Fault::disk("make durable", &to))?;
    Ok(Some(Copied { place, sha256: digester.finish(), size }))
}

/// Copies one file to a new one; its digest must be this one.
pub(super) fn alone(disk: &Disk, from: &Path, to: &Path, sha256: Digest) -> Result<(), Fault> {
    let from = From::File(from.to_owned(), None);
    let copied = copy(disk, Path::new(""), to.to_owned(), from, &|_| {})?;
    match copied.is_some_and(|copied| copied.sha256 == sha256) {
        true => Ok(()),
        false => Err(Fault::Unsound(format!("{} in the copy is not what its list says", to.display()))),
    }
}

/// The digest and size of a file as it lies there.
pub(super) fn digest(disk: &Disk, path: &Path) -> Result<(Digest, u64), Fault> {
    let file = disk.open(path).map_err(Fault::disk("open", path))?;
    let size = file.metadata().map_err(Fault::disk("read", path))?.len();
    Ok((Digest::of_reader(file).map_err(Fault::disk("read", path))?, size))
}
