//! Grounds: all that a verdict rests on besides the document and what stood before it, in evidence, so that the
//! verdict can be repeated by it (S 7.1.10).
//!
//! Owns the list of them ([`Grounds`]), whose digest names them, and the keeping: each file of the configuration
//! goes into evidence once, by its digest, before anything is judged by it. Judges nothing.

use super::window::{Halt, Window};
use crate::config::{Config, FileRead, Part, World};
use crate::document::Digest;
use crate::evidence::Kept;
use crate::journal::{Event, InForce, KeptFile};
use crate::signature::Suite;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The version of the list's form.
const FORM: u32 = 1;

/// All that is judged by, each by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// The list's form.
    pub grounds: u32,
    /// The rules: which checks run is code. The program's version.
    pub version: String,
    /// The digest of the trust snapshot, of all that decides in it.
    pub trust: Digest,
    /// The cryptographic policy.
    pub policy: PolicyNamed,
    /// Every file of the configuration, in the order of part, path and digest.
    pub files: Vec<GroundsFile>,
}

/// A cryptographic policy by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyNamed {
    /// Its name; the built-in one has no file.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroundsFile {
    /// What for.
    pub part: Part,
    /// Where it was read from.
    pub path: PathBuf,
    /// Its digest.
    pub sha256: Digest,
    /// Its size in octets.
    pub size: u64,
}

/// Why grounds cannot be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The list is not one that is known here.
    #[error("the list of the grounds is none that this program knows: {0}")]
    Unknown(String),
    /// What they name is not a whole configuration any more, or not to this program.
    #[error("the grounds {grounds} cannot be read as a configuration: {why}")]
    Unread {
        /// Which.
        grounds: Digest,
        /// The first mistake.
        why: String,
    },
}

impl Grounds {
    /// Of a window with this configuration and world.
    fn of(config: &Config, world: &World) -> Self {
        let Suite { name, version, .. } = &*world.policy.suite;
        let files: BTreeSet<GroundsFile> = config.files().iter().chain(&world.files).map(GroundsFile::of).collect();
        Self {
            grounds: FORM,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            trust: world.trust.digest(),
            policy: PolicyNamed { name: name.clone(), version: version.clone() },
            files: files.into_iter().collect(),
        }
    }

    /// The list as it is kept: its digest is that of the grounds.
    fn octets(&self) -> Result<Vec<u8>, Halt> {
        serde_json::to_vec(self).map_err(Halt::broken)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// [`Lost::Unknown`].
    pub fn read(octets: &[u8]) -> Result<Self, Lost> {
        let read: Self = serde_json::from_slice(octets).map_err(|error| Lost::Unknown(error.to_string()))?;
        match read.grounds {
            FORM => Ok(read),
            other => Err(Lost::Unknown(format!("form {other}"))),
        }
    }

    /// The settings and the world that these files made. `octets` has each by its digest.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn world(
        &self,
        digest: Digest,
        octets: &BTreeMap<Digest, Arc<[u8]>>,
        now: Timestamp,
    ) -> Result<(Arc<crate::config::Settings>, World), Lost> {
        let lost = |why: String| Lost::Unread { grounds: digest, why };
        let path = self.files.iter().find(|file| file.part == Part::Window).map(|file| file.path.clone());
        let path = path.ok_or_else(|| lost("no pencere.toml is among them".to_owned()))?;
        let file = |file: &GroundsFile| Some((file.path.clone(), Arc::clone(octets.get(&file.sha256)?)));
        let files = self.files.iter().filter_map(file).collect();
        let (settings, world) = Config::of_kept(&path, files, now).map_err(|mistakes| {
            lost(mistakes.first().map_or_else(|| "nobody can say why".to_owned(), ToString::to_string))
        })?;
        match world.trust.digest() == self.trust {
            true => Ok((settings, world)),
            false => Err(lost("they make another trust snapshot than the one judged by".to_owned())),
        }
    }
}

impl GroundsFile {
    fn of(file: &FileRead) -> Self {
        Self { part: file.part, path: plain(&file.path), sha256: file.digest, size: file.octets.len() as u64 }
    }
}

/// The path as text can have it: the list is one.
fn plain(path: &Path) -> PathBuf {
    PathBuf::from(path.to_string_lossy().into_owned())
}

impl Window {
    /// Keeps what this world was made from, unless it is kept, and says that it is judged by from here on. The
    /// journal hears of it with the next sync, and evidence is synced here: before anything is judged so.
    ///
    /// # Errors
    /// What the disk says; nothing comes into force then.
    pub(super) fn keep_grounds(&mut self, world: &World) -> Result<(), Halt> {
        let grounds = Grounds::of(&self.config, world);
        let list = grounds.octets()?;
        let digest = Digest::of(&list);
        let files = self.config.files().iter().chain(&world.files);
        let all: BTreeMap<Digest, &[u8]> =
            files.map(|file| (file.digest, &file.octets[..])).chain([(digest, &list[..])]).collect();
        let mut fresh: Vec<KeptFile> = Vec::new();
        for (sha256, octets) in all {
            if self.ledger.kept_file(sha256)?.is_none() {
                let kept: Kept = self.evidence.keep_apart(octets).map_err(Halt::broken)?;
                fresh.push(kept.into());
            }
        }
        if !fresh.is_empty()
            && let Err(error) = self.evidence.sync()
        {
            self.evidence.forget();
            return Err(Halt::broken(error));
        }
        let now = self.host.clock.now();
        for event in Event::keeping(&fresh) {
            self.journal.append(now, event)?;
        }
        let in_force = InForce { grounds: digest, taken: world.trust.taken_at(), version: grounds.version };
        self.journal.append(now, Event::in_force(&in_force))?;
        self.grounds = Some(digest);
        Ok(())
    }
}
