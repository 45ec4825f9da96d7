//! Configuration: `pencere.toml` and the files it names, read whole or refused whole.
//!
//! Owns the reading and every check that needs no document: types, bounds, unknown keys, files
//! that exist and parse, keys that fit their certificates. All mistakes come at once, each with
//! file, line and key. Never judges a submission, never writes, and gives nothing half-read away.
//! Rooms do not import it: it fills the settings types that they define.

mod apart;
mod dataset;
mod files;
mod incoming;
mod keeping;
mod line;
mod mistake;
mod policy;
mod portable;
mod post;
mod profile;
mod reader;
mod registry;
mod rules;
mod settings;
mod stations;
mod trust;
mod world;

#[cfg(test)]
mod tests;

pub use apart::SealApart;
pub use files::{FileRead, Part};
pub use mistake::Mistake;
pub use portable::{NAME, Portable};
pub use profile::ProfileFile;
pub use reader::At;
pub use settings::{ExportSettings, HoldSettings, Paths, Responder, Settings, TrustSettings, WindowSettings};
pub use trust::Asked;
pub use world::World;

use crate::authority::Registry;
use crate::host::Disk;
use crate::schema::Datasets;
use crate::signature::Suite;
use files::{Gathered, Shelf};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A configuration without a mistake.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    settings: Arc<Settings>,
    files: Vec<FileRead>,
    world: Arc<World>,
    warnings: Vec<Mistake>,
}

impl Config {
    /// Reads `pencere.toml` and all that it names. `now` decides whether the seal is in force.
    ///
    /// # Errors
    /// Every mistake that was found, in order of file and line; never empty.
    pub fn load(path: &Path, now: Timestamp) -> Result<Self, Vec<Mistake>> {
        let mut gathered = Gathered::default();
        let base = path.parent().unwrap_or(Path::new(""));
        // what pencere.toml names is read while it is open, so that a file that cannot be read is
        // told at the key that names it
        let read = gathered.toml(path, Part::Window, |gathered, source, top| {
            let outline = settings::read(base, top);
            if let Some(seal) = &outline.seal {
                trust::seal(gathered, source, seal, outline.environment, now);
            }
            if let Some(post) = outline.post.at() {
                post::check(source, post, now);
            }
            if let Some(At { value: log, spot }) = &outline.log
                && let Err(fault) = log.key.open(&Disk::system(), &log.origin, now)
            {
                source.mistake(spot, format!("the log's key or certificate cannot be used: {fault}"));
            }
            let world = world::read(gathered, path, &World::named_by(&outline), now);
            Some((outline.settings?, world?))
        });
        if !gathered.mistakes.is_empty() {
            return Err(gathered.into_mistakes());
        }
        let Some((settings, mut world)) = read.flatten() else {
            return Err(vec![Mistake::of_file(path, "cannot be understood")]);
        };
        let warnings = gathered.warnings;
        let (files, of_world) = gathered.files.into_iter().partition(|file| file.part.is_fixed());
        world.files = of_world;
        world.warnings = warnings.clone();
        let settings = Arc::new(settings);
        Ok(Self { path: path.to_owned(), settings, files, world: Arc::new(world), warnings })
    }

    /// What `pencere.toml` sets, without a look at the files that it names: a window's records stay
    /// readable while one of those is broken.
    ///
    /// # Errors
    /// Every mistake in that file; never empty.
    pub fn settings_of(path: &Path) -> Result<Settings, Vec<Mistake>> {
        let mut gathered = Gathered::default();
        let base = path.parent().unwrap_or(Path::new(""));
        let read = gathered.toml(path, Part::Window, |_, _, top| settings::read(base, top).settings);
        match (read.flatten(), gathered.mistakes.is_empty()) {
            (Some(settings), true) => Ok(settings),
            _ => Err(gathered.into_mistakes()),
        }
    }

    /// The descriptions of the datasets alone, as these settings name them.
    ///
    /// # Errors
    /// Every mistake in them; never empty.
    pub fn datasets_of(settings: &Settings) -> Result<Datasets, Vec<Mistake>> {
        let mut gathered = Gathered::default();
        let (datasets, _) = dataset::read(&mut gathered, &settings.window.paths.datasets);
        match gathered.mistakes.is_empty() {
            true => Ok(datasets),
            false => Err(gathered.into_mistakes()),
        }
    }

    /// The descriptions that are shipped, for tests of other rooms.
    #[cfg(test)]
    pub(crate) fn shipped_datasets() -> Datasets {
        let mut gathered = Gathered::default();
        dataset::read(&mut gathered, &Path::new(env!("CARGO_MANIFEST_DIR")).join("config/datasets")).0
    }

    /// What a window judged by whose configuration consisted of these files, each under the path that it was
    /// read from; `path` is that of `pencere.toml` among them. Nothing is read from the disk, the seal is left
    /// out. `now` dates the trust snapshot.
    ///
    /// # Errors
    /// Every mistake that was found, as of a file that is missing; never empty.
    pub fn of_kept(
        path: &Path,
        files: BTreeMap<PathBuf, Arc<[u8]>>,
        now: Timestamp,
    ) -> Result<(Arc<Settings>, World), Vec<Mistake>> {
        let mut gathered = Gathered { shelf: Shelf::Kept(files), ..Gathered::default() };
        let base = path.parent().unwrap_or(Path::new(""));
        let settings = gathered.toml(path, Part::Window, |_, _, top| settings::read(base, top).settings).flatten();
        let world =
            settings.as_ref().and_then(|settings| world::read(&mut gathered, path, &World::named_in(settings), now));
        match (settings, world, gathered.mistakes.is_empty()) {
            (Some(settings), Some(mut world), true) => {
                (world.files, world.warnings) = (gathered.files, gathered.warnings);
                Ok((Arc::new(settings), world))
            }
            _ => Err(gathered.into_mistakes()),
        }
    }

    /// Reads registry, stations, datasets and trust again, as the running window's settings name
    /// them: whole, or the old ones stay (S 3.1.5). `now` dates the trust snapshot.
    ///
    /// # Errors
    /// Every mistake that was found; never empty.
    pub fn reload_world(&self, now: Timestamp) -> Result<World, Vec<Mistake>> {
        let mut gathered = Gathered::default();
        let world = world::read(&mut gathered, &self.path, &World::named_in(&self.settings), now);
        match (world, gathered.mistakes.is_empty()) {
            (Some(mut world), true) => {
                world.files = gathered.files;
                world.warnings = gathered.warnings;
                Ok(world)
            }
            _ => Err(gathered.into_mistakes()),
        }
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What `pencere.toml` sets.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same, to be kept beside the configuration.
    pub fn shared_settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// Registry, stations, datasets and trust as they were at [`Config::load`].
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// `pencere.toml` and the seal's certificate as they were read.
    pub fn files(&self) -> &[FileRead] {
        &self.files
    }

    /// What is odd without stopping a window.
    pub fn warnings(&self) -> &[Mistake] {
        &self.warnings
    }
}

/// The participants and persons of a registry's text, its certificates left unread: for making
/// the PKI that the registry names.
///
/// # Errors
/// Every mistake in the text.
pub fn persons_of(text: &str) -> Result<Registry, Vec<Mistake>> {
    registry::persons_of(text)
}

/// A cryptographic policy by itself, without a window.
///
/// # Errors
/// Every mistake in the file; never empty.
pub fn suite_of(path: &Path) -> Result<Arc<Suite>, Vec<Mistake>> {
    let mut gathered = Gathered::default();
    match (policy::read(&mut gathered, path), gathered.mistakes.is_empty()) {
        (Some(suite), true) => Ok(suite),
        _ => Err(gathered.into_mistakes()),
    }
}

impl Gathered {
    fn into_mistakes(mut self) -> Vec<Mistake> {
        if self.mistakes.is_empty() {
            self.mistakes.push(Mistake::of_file(Path::new(""), "the configuration cannot be understood"));
        }
        self.mistakes.sort();
        self.mistakes.dedup();
        self.mistakes
    }
}

impl Part {
    /// Whether a reload leaves it alone.
    pub fn is_fixed(self) -> bool {
        matches!(self, Self::Window | Self::Seal)
    }
}
