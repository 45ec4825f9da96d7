//! The files a configuration consists of: each is read once, and what was read is what counts,
//! for the checks, for the digests in the journal and for the copies in evidence alike. They come
//! from the disk, or from such copies ([`Shelf`]): a verdict is repeated by what was read then.
//!
//! Never writes, and never follows what a file says to somewhere else.

use super::mistake::Mistake;
use super::reader::{At, Source, Spot};
use crate::document::Digest;
use crate::host::sandbox;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest file of a configuration, in octets: a register of a hundred thousand stations
/// stays below; more is some other file named by mistake. Not configurable, for it guards the
/// configuration itself.
const SIZE_MAX: u64 = 64 << 20;

/// What a file of the configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// `pencere.toml`.
    Window,
    /// `registry.toml`, and the certificates it names.
    Registry,
    /// `stations.toml`.
    Stations,
    /// The dataset descriptions.
    Datasets,
    /// Anchors, intermediates and revocation lists, and the cryptographic policy.
    Trust,
    /// The seal's certificate; never its key.
    Seal,
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct FileRead {
    /// What for.
    pub part: Part,
    /// Where from.
    pub path: PathBuf,
    /// Digest of its octets: journalled at every start and reload.
    pub digest: Digest,
    /// Its octets: kept in evidence, so that a verdict can be explained later.
    pub octets: Arc<[u8]>,
}

/// Where the files come from.
#[derive(Debug, Default)]
pub(super) enum Shelf {
    /// The disk, as it is now.
    #[default]
    Disk,
    /// Copies, each by the path it was read from: nothing else is there.
    Kept(BTreeMap<PathBuf, Arc<[u8]>>),
}

impl Shelf {
    /// The whole file, within the limit.
    fn octets(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        match self {
            Self::Disk => octets(path).map(Arc::from),
            Self::Kept(files) => files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }

    /// Whether a file is there.
    pub fn has(&self, path: &Path) -> bool {
        match self {
            Self::Disk => path.is_file(),
            Self::Kept(files) => files.contains_key(path),
        }
    }

    /// The regular files of a folder, in order of name, hidden ones left out; none when it is no folder.
    /// Of copies, what is no file counts as a folder: an empty one has left no copy.
    fn listing(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        match self {
            Self::Disk => folder.is_dir().then(|| listing(folder)),
            Self::Kept(files) => {
                let within = || files.keys().filter(|path| path.parent() == Some(folder)).cloned().collect();
                (!files.contains_key(folder)).then(|| Ok(within()))
            }
        }
    }

    /// The folders in a folder, in order of name.
    pub fn folders(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let found: BTreeSet<PathBuf> = match self {
            Self::Disk => {
                fs::read_dir(folder)?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
            }
            Self::Kept(files) => {
                let parents = files.keys().filter_map(|path| path.parent());
                parents.filter(|parent| parent.parent() == Some(folder)).map(Path::to_owned).collect()
            }
        };
        Ok(found.into_iter().collect())
    }

    /// Whether it is the disk, where there is more to look at than what is read.
    pub fn is_disk(&self) -> bool {
        matches!(self, Self::Disk)
    }
}

/// Everything that one reading of a configuration gathers.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub shelf: Shelf,
    pub files: Vec<FileRead>,
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<Mistake>,
}

impl Gathered {
    /// Reads a TOML file with `read`; none when it cannot be read at all.
    pub fn toml<T>(
        &mut self,
        path: &Path,
        part: Part,
        read: impl FnOnce(&mut Self, &Source<'_>, super::reader::Table<'_, '_>) -> T,
    ) -> Option<T> {
        let octets = match self.shelf.octets(path) {
            Ok(octets) => octets,
            Err(error) => {
                let advice = sandbox::advice(&error);
                self.mistakes.push(Mistake::of_file(path, format!("cannot be read: {error}{advice}")));
                return None;
            }
        };
        let octets = self.keep(path, part, octets);
        let text = match std::str::from_utf8(&octets) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => {
                let line = octets[..error.valid_up_to()].iter().filter(|&&octet| octet == b'\n').count() + 1;
                let mut mistake = Mistake::of_file(path, "is not UTF-8 here; save the file as UTF-8");
                mistake.line = Some(line);
                self.mistakes.push(mistake);
                return None;
            }
        };
        let (source, table) = Source::parse(path, text);
        let value = read(self, &source, source.top(table));
        let (mistakes, warnings, _) = source.finish();
        self.mistakes.extend(mistakes);
        self.warnings.extend(warnings);
        Some(value)
    }

    /// Reads a file that a key names; a failure is a mistake at that key.
    pub fn named(&mut self, source: &Source<'_>, spot: &Spot, path: &Path, part: Part) -> Option<Arc<[u8]>> {
        match self.shelf.octets(path) {
            Ok(octets) => Some(self.keep(path, part, octets)),
            Err(error) => {
                let advice = sandbox::advice(&error);
                source.mistake(spot, format!("{} cannot be read: {error}{advice}", path.display()));
                None
            }
        }
    }

    /// The files that these keys name: a folder stands for the files in it, in order of name.
    pub fn spread(&mut self, source: &Source<'_>, paths: &[At<PathBuf>]) -> Vec<At<PathBuf>> {
        let mut files = Vec::new();
        for path in paths {
            let Some(found) = self.shelf.listing(&path.value) else {
                files.push(path.clone());
                continue;
            };
            match found {
                Ok(found) => files.extend(found.into_iter().map(|value| At { value, spot: path.spot.clone() })),
                Err(error) => {
                    let advice = sandbox::advice(&error);
                    source.mistake(&path.spot, format!("{} cannot be listed: {error}{advice}", path.value.display()));
                }
            }
        }
        files
    }

    fn keep(&mut self, path: &Path, part: Part, octets: Arc<[u8]>) -> Arc<[u8]> {
        let file = FileRead { part, path: path.to_owned(), digest: Digest::of(&octets), octets: octets.clone() };
        self.files.push(file);
        octets
    }
}

/// The whole file, within the limit. A folder or a device is an error.
pub(super) fn octets(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file")); // before opening: a FIFO would wait
    }
    let mut octets = Vec::new();
    fs::File::open(path)?.take(SIZE_MAX + 1).read_to_end(&mut octets)?;
    match octets.len() as u64 > SIZE_MAX {
        true => Err(io::Error::other(format!("it is larger than {SIZE_MAX} octets"))),
        false => Ok(octets),
    }
}

/// The regular files of a folder, in order of name, hidden ones left out.
pub(super) fn listing(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}
