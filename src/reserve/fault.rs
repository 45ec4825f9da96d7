//! Why a copy could not be made, or used.

use crate::boemis;
use crate::evidence::EvidenceError;
use crate::journal::JournalError;
use crate::seal::LogFault;
use std::io;
use std::path::{Path, PathBuf};

/// Why a copy could not be made, or used. The text names the file.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The disk said no; `step` says to what.
    #[error("cannot {step} {}: {source}", path.display())]
    Disk {
        /// What was tried.
        step: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The window's journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The window's evidence.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// BOEMİS.
    #[error(transparent)]
    Boemis(#[from] boemis::Fault),
    /// The seal's act log.
    #[error(transparent)]
    Acts(#[from] LogFault),
    /// The store that the reserve is in.
    #[error("{0}")]
    Store(String),
    /// What lies there is not what was copied; nothing is made from it.
    #[error("{0}")]
    Unsound(String),
    /// The work ended without a word.
    #[error("a thread of the copying panicked")]
    Panicked,
}

impl Fault {
    /// The disk's word on a file.
    pub(super) fn disk<'a>(step: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Disk { step, path: path.to_owned(), source }
    }
}
