//! What evidence has of the configuration of other times, by its digest, and who judged by it.
//!
//! Knows of a file once the journal told of it. Never writes.

use crate::commands::Trouble;
use crate::config::{Settings, World};
use crate::daemon::grounds::{Grounds, Lost};
use crate::daemon::judgement::Judge;
use crate::document::Digest;
use crate::evidence::{Kept, Reader};
use crate::host::Disk;
use crate::journal::{Event, KeptFile};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Files of the configuration in evidence.
pub(in crate::commands) struct Shelf {
    files: HashMap<Digest, KeptFile>,
    evidence: Reader,
    /// Grounds that were read, by their digest and the moment of their trust.
    judges: HashMap<(Digest, Timestamp), Arc<(Grounds, Judge)>>,
}

impl Shelf {
    /// Of a window; empty.
    pub fn new(settings: &Settings) -> Self {
        let evidence = Reader::new(&Disk::system(), &settings.window.paths.state);
        Self { files: HashMap::new(), evidence, judges: HashMap::new() }
    }

    /// What the journal tells of being kept here.
    pub fn note(&mut self, event: &Event) {
        self.files.extend(event.files_kept().into_iter().map(|kept| (kept.sha256, kept)));
    }

    /// One more.
    pub fn put(&mut self, kept: KeptFile) {
        self.files.insert(kept.sha256, kept);
    }

    /// All of them.
    pub fn files(&self) -> impl Iterator<Item = &KeptFile> {
        self.files.values()
    }

    /// Reads evidence.
    pub fn evidence(&self) -> &Reader {
        &self.evidence
    }

    /// Something small that is kept.
    ///
    /// # Errors
    /// Broken: it is missing or damaged; `what` says what it is.
    pub fn octets(&self, what: &str, kept: &Kept) -> Result<Arc<[u8]>, Trouble> {
        let octets = self.evidence.read(kept).map_err(|error| Trouble::broken(format!("{what}: {error}")))?;
        let mut all = Vec::new();
        std::io::copy(&mut octets.reader(), &mut all).map_err(|error| Trouble::broken(format!("{what}: {error}")))?;
        Ok(all.into())
    }

    /// A file of the configuration, by its digest.
    ///
    /// # Errors
    /// As [`Shelf::octets`].
    pub fn file(&self, what: &str, sha256: Digest) -> Result<Arc<[u8]>, Trouble> {
        let kept = self.files.get(&sha256).map(KeptFile::kept);
        let kept = kept.ok_or_else(|| Trouble::broken(format!("{what} is not in evidence (SHA-256 {sha256})")))?;
        self.octets(what, &kept)
    }

    /// The list of these grounds.
    ///
    /// # Errors
    /// Broken: it is missing or damaged.
    pub fn list(&self, grounds: Digest) -> Result<Grounds, Trouble> {
        Grounds::read(&self.file("the list of the grounds", grounds)?).map_err(lost)
    }

    /// What these grounds were, and what they made.
    ///
    /// # Errors
    /// Broken: a file of theirs is missing or damaged, or they make no configuration for this program.
    pub fn world(&self, grounds: Digest, taken: Timestamp) -> Result<(Grounds, Arc<Settings>, World), Trouble> {
        let list = self.list(grounds)?;
        let mut octets: BTreeMap<Digest, Arc<[u8]>> = BTreeMap::new();
        for file in &list.files {
            let what = format!("{} of that time", file.path.display());
            octets.insert(file.sha256, self.file(&what, file.sha256)?);
        }
        let (settings, world) = list.world(grounds, &octets, taken).map_err(lost)?;
        Ok((list, settings, world))
    }

    /// Who judged by these grounds, and what they were.
    ///
    /// # Errors
    /// As [`Shelf::world`].
    pub fn judge(&mut self, grounds: Digest, taken: Timestamp) -> Result<Arc<(Grounds, Judge)>, Trouble> {
        if let Some(known) = self.judges.get(&(grounds, taken)) {
            return Ok(Arc::clone(known));
        }
        let (list, settings, world) = self.world(grounds, taken)?;
        let judge = Arc::new((list, Judge::of(settings, Arc::new(world))));
        self.judges.insert((grounds, taken), Arc::clone(&judge));
        Ok(judge)
    }
}

fn lost(why: Lost) -> Trouble {
    Trouble::broken(why.to_string())
}
