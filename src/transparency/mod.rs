//! The transparency log: what the window said, as a tree that can only grow (RFC 6962).
//!
//! Its leaves are lines of the journal: what was decided, and the receipt that says so ([`Event::is_leaf`]). Owns the
//! tree's nodes on disk, which are made of the journal and may be thrown away, and the log's key, which signs
//! checkpoints and nothing else. A checkpoint is signed only over lines that are durable, so no two checkpoints of one
//! window ever contradict each other, whatever crashes.
//!
//! [`Event::is_leaf`]: crate::journal::Event::is_leaf
//!
//! ```text
//! transparency/nodes         32 octets a node, in the order in which nodes are completed; made anew when missing
//! transparency/log.key       the log's key, where the configuration names none: made at the first start
//! transparency/log.crt       and its certificate, to be published beside the seal's
//! transparency/checkpoint    the last checkpoint at an idle moment
//! ```

mod key;
mod nodes;
#[cfg(test)]
mod tests;

pub use key::{KeyFault, KeyPlace};

use crate::advice::Advice;
use crate::document::Digest;
use crate::forms::merkle::{Peaks, Tree, is_consistent, is_included};
use crate::forms::note::{Checkpoint, LogKey, LogSigner, NOTE_MAX};
use crate::host::{Disk, Host};
use crate::journal::{Journal, JournalError, Leaf, Reader};
use nodes::Kept;
use openssl::error::ErrorStack;
use std::io;
use std::path::{Path, PathBuf};

/// What the transparency log needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name in checkpoints (`transparency.origin`).
    pub origin: String,
    /// Its key and certificate (`transparency.key`, `transparency.certificate`).
    pub key: KeyPlace,
}

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The disk said no.
    #[error("transparency log: {}: {source}", path.display())]
    Disk {
        /// On which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The journal that it is made of.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its nodes do not make the journal's tree. They were thrown away: the next start makes them anew.
    #[error("transparency log: its nodes are not those of the journal; they are made anew at the next start")]
    Damaged,
    /// The journal is no continuation of what was promised of it.
    #[error(
        "the journal makes a transparency log of {has} leaves, and that does not go on from {what}, of {size}: the \
         journal lost its end, or another past lies there. Nothing was written, or the log would fork. Put back \
         the first segment of state/journal that is missing or shorter, and all behind it, over what lies there, from \
         the reserve or a backup; where none has them, restore the window from its last copy (pencere restore)"
    )]
    Other {
        /// What promised it.
        what: String,
        /// The leaves that it speaks of.
        size: u64,
        /// The leaves that the journal has.
        has: u64,
    },
    /// A checkpoint could not be signed.
    #[error("transparency log: a checkpoint cannot be signed: {0}")]
    Signing(#[from] ErrorStack),
}

/// The window's transparency log. Give it every leaf, in order.
#[derive(Debug)]
pub struct Log {
    nodes: Kept,
    peaks: Peaks,
    signer: LogSigner,
    /// The size in the checkpoint that lies beside it, as far as this process knows.
    published: Option<u64>,
}

/// The log at one size, signed.
pub struct Head<'l> {
    tree: Tree<'l, Kept>,
    /// How many leaves it has.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The checkpoint: a signed note.
    pub note: String,
}

/// The beginning of a log, with the proof that it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// How many leaves it had.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The proof of consistency; empty where nothing has come since.
    pub proof: Vec<Digest>,
}

/// Where the last checkpoint lies.
pub fn checkpoint_in(state: &Path) -> PathBuf {
    state.join("transparency").join("checkpoint")
}

/// The checkpoint that lies there; inside, why it is none. Nothing where there is none, or what is no plain file.
///
/// # Errors
/// The disk.
pub fn laid(disk: &Disk, state: &Path) -> Result<Option<Result<Checkpoint, String>>, LogFault> {
    let read = |note: String| Checkpoint::read(&note).map_err(|fault| fault.to_string());
    Ok(laid_note(disk, state)?.map(|note| note.and_then(read)))
}

fn laid_note(disk: &Disk, state: &Path) -> Result<Option<Result<String, String>>, LogFault> {
    let path = checkpoint_in(state);
    if !std::fs::metadata(&path).is_ok_and(|about| about.is_file()) {
        return Ok(None);
    }
    let octets = match disk.read(&path, NOTE_MAX as u64) {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Ok(Some(Err(error.to_string()))),
        other => other.map_err(|source| LogFault::Disk { path, source })?,
    };
    Ok(Some(String::from_utf8(octets).map_err(|error| error.to_string())))
}

impl Log {
    /// Opens the log beside its journal, and brings it to the journal's end.
    ///
    /// # Errors
    /// [`LogFault`].
    pub fn open(host: &Host, state: &Path, journal: &mut Journal, settings: &Settings) -> Result<Self, LogFault> {
        let disk = &host.disk;
        let signer = settings.key.open(disk, &settings.origin, host.clock.now())?;
        let folder = state.join("transparency");
        let make = |source| LogFault::Disk { path: folder.clone(), source };
        disk.make_folder(&folder).map_err(make)?;
        let path = folder.join("nodes");
        if let Some((size, _)) = Kept::ahead(disk, &path, journal.peaks())? {
            let (what, has) = (path.display().to_string(), journal.peaks().size());
            return Err(LogFault::Other { what, size, has });
        }
        let opened = journal.take_opened();
        let mut log = match Kept::open(disk, &path, &opened.before)? {
            Some(nodes) => Self { nodes, peaks: opened.before, signer, published: None },
            None => {
                let nodes = Kept::fresh(disk, &path)?;
                let mut log = Self { nodes, peaks: Peaks::default(), signer, published: None };
                log.read(&mut Reader::open(disk, state)?)?;
                if log.peaks.size() > 0 {
                    tracing::info!(leaves = log.peaks.size(), "the transparency log was made anew from the journal");
                }
                log
            }
        };
        let behind = log.peaks.size() < journal.peaks().size();
        if behind {
            log.push(&opened.leaves)?;
        }
        if log.peaks != *journal.peaks() {
            return Err(log.damaged());
        }
        log.sync()?;
        log.hold_laid(disk, state)?;
        Ok(log)
    }

    /// Holds the log against what was promised of it: a tree of this size with this root must be its beginning. Nodes
    /// that say otherwise are made anew of the journal before they are believed.
    ///
    /// # Errors
    /// [`LogFault::Other`]: it is not; or journal and disk.
    pub fn hold(&mut self, disk: &Disk, state: &Path, what: &str, (size, root): (u64, Digest)) -> Result<(), LogFault> {
        if self.goes_on_from(size, root)? {
            return Ok(());
        }
        if size < self.size() {
            let (nodes, peaks) = (Kept::fresh(disk, self.nodes.path())?, self.peaks.clone());
            (self.nodes, self.peaks) = (nodes, Peaks::default());
            self.read(&mut Reader::open(disk, state)?)?;
            if self.peaks != peaks {
                return Err(self.damaged());
            }
            self.sync()?;
            if self.goes_on_from(size, root)? {
                tracing::warn!(advice = %Advice::IndexAnew,
                    "the nodes of the transparency log had rotted; they were made anew from the journal");
                return Ok(());
            }
        }
        Err(LogFault::Other { what: what.to_owned(), size, has: self.size() })
    }

    fn goes_on_from(&self, size: u64, root: Digest) -> Result<bool, LogFault> {
        let (has, own) = (self.peaks.size(), self.peaks.root());
        if size >= has || size == 0 {
            return Ok(size == 0 || (size, root) == (has, own));
        }
        Ok(is_consistent((size, root), (has, own), &Tree::new(&self.nodes, has).consistency(size)?))
    }

    /// Holds the log against the checkpoint that lies beside it. What this log's key did not sign promised nothing.
    fn hold_laid(&mut self, disk: &Disk, state: &Path) -> Result<(), LogFault> {
        let path = checkpoint_in(state);
        let signed = |note: String| self.key().verify(&note).map_err(|fault| fault.to_string());
        match laid_note(disk, state)?.map(|note| note.and_then(signed)) {
            Some(Ok(Checkpoint { size, root, .. })) => {
                self.hold(disk, state, &path.display().to_string(), (size, root))
            }
            Some(Err(why)) => {
                tracing::warn!(advice = %Advice::CheckpointKeptBack,
                    why, path = %path.display(), "this is no checkpoint; the next one takes its place");
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn read(&mut self, journal: &mut Reader) -> Result<(), LogFault> {
        /// Leaves that are written at once; 4096 make some hundred KiB.
        const PIECE: usize = 4096;
        let mut piece = Vec::with_capacity(PIECE);
        while journal.next()?.is_some() {
            piece.extend(journal.leaf().map(|(_, hash)| hash));
            if piece.len() == PIECE {
                self.push(&piece)?;
                piece.clear();
            }
        }
        self.push(&piece)
    }

    /// Its public key.
    pub fn key(&self) -> &LogKey {
        self.signer.key()
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.peaks.size()
    }

    /// Takes what has become durable in the journal.
    ///
    /// # Errors
    /// The disk; or leaves that do not follow.
    pub fn extend(&mut self, leaves: &[Leaf]) -> Result<(), LogFault> {
        match leaves.first() {
            None => Ok(()),
            Some(first) if first.index == self.peaks.size() => {
                self.push(&leaves.iter().map(|leaf| leaf.hash).collect::<Vec<_>>())
            }
            Some(_) => Err(self.damaged()),
        }
    }

    fn push(&mut self, leaves: &[Digest]) -> Result<(), LogFault> {
        let (begin, mut completed) = (self.peaks.size(), Vec::with_capacity(leaves.len() * 2));
        let mut peaks = self.peaks.clone();
        leaves.iter().for_each(|leaf| peaks.push(*leaf, |_, _, node| completed.push(node)));
        self.nodes.append(begin, &completed, peaks.size())?;
        self.peaks = peaks;
        Ok(())
    }

    /// The log as it stands, with a checkpoint over all of it.
    ///
    /// # Errors
    /// [`LogFault::Signing`].
    pub fn head(&self) -> Result<Head<'_>, LogFault> {
        let (size, root) = (self.peaks.size(), self.peaks.root());
        Ok(Head { tree: Tree::new(&self.nodes, size), size, root, note: self.signer.sign(size, root)? })
    }

    /// The size in the checkpoint that lies beside it; none before this process laid one.
    pub fn published(&self) -> Option<u64> {
        self.published
    }

    /// Lays the checkpoint over all of it where [`checkpoint_in`] says, unless it lies there. One that it does not go
    /// on from is not written over.
    ///
    /// # Errors
    /// The disk, or the key; [`LogFault::Other`].
    pub fn publish(&mut self, disk: &Disk, state: &Path) -> Result<(), LogFault> {
        if self.published == Some(self.size()) || self.size() == 0 {
            return Ok(());
        }
        self.hold_laid(disk, state)?;
        let (path, note) = (checkpoint_in(state), self.head()?.note);
        let new = path.with_extension("new");
        let put = || {
            let file = disk.open_or_create(&new)?;
            file.truncate(0)?;
            file.write_at(note.as_bytes(), 0)?;
            file.sync()?;
            disk.rename(&new, &path)
        };
        put().map_err(|source| LogFault::Disk { path: path.clone(), source })?;
        self.published = Some(self.size());
        Ok(())
    }

    /// Makes its nodes durable, so that they need not be made anew after a loss of power.
    ///
    /// # Errors
    /// The disk.
    pub fn sync(&mut self) -> Result<(), LogFault> {
        self.nodes.sync(self.peaks.size())
    }

    /// The nodes are thrown away, since they are not what the journal makes.
    pub fn damaged(&self) -> LogFault {
        self.nodes.discard();
        LogFault::Damaged
    }
}

impl Head<'_> {
    /// The proof that a leaf is in the log.
    ///
    /// # Errors
    /// The disk, or [`LogFault::Damaged`]: no proof leaves that does not hold.
    pub fn inclusion(&self, leaf: &Leaf) -> Result<Vec<Digest>, LogFault> {
        let path = self.tree.inclusion(leaf.index)?;
        match is_included(leaf.hash, leaf.index, self.size, &path, self.root) {
            true => Ok(path),
            false => Err(LogFault::Damaged),
        }
    }

    /// The proof that the log of the first `size` leaves is a beginning of this one; none of no leaves, and of more
    /// than there are.
    ///
    /// # Errors
    /// As [`Head::inclusion`].
    pub fn since(&self, size: u64) -> Result<Option<Since>, LogFault> {
        if size == 0 || size > self.size {
            return Ok(None);
        }
        let (root, proof) = (self.tree.root_of(size)?, self.tree.consistency(size)?);
        match is_consistent((size, root), (self.size, self.root), &proof) {
            true => Ok(Some(Since { size, root, proof })),
            false => Err(LogFault::Damaged),
        }
    }
}
