//! Why BOEMİS could not do what was asked, told apart by what the caller does next.
//!
//! Owns the line between *away* (hold the documents, try again) and *wrong* (stop, tell a person).
//! Never decides about a document.

use crate::finding::{Code, Finding, Stop};

/// Why BOEMİS could not do what was asked. There is no third arm for a document's own faults:
/// those were found before a statement came here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The database is locked, full, gone for a while, or its disk fails: documents are held and tried again.
    #[error("BOEMİS is away while {doing}: {cause}")]
    Away {
        /// What was being done.
        doing: &'static str,
        /// What the database said; for the log, never for a receipt.
        cause: String,
    },
    /// There is no database yet, and a reader makes none.
    #[error(
        "there is no BOEMİS database at {path} yet; `pencere init`, `once` or `run` makes it, or its owner by \
         `pencere boemis prepare`"
    )]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// The window's role may do more than read and insert, which only a trial bears.
    #[error("the window's role in BOEMİS may do more than read and insert: {0}. {mend}", mend = super::ROLE_MEND)]
    Role(String),
    /// An impossible state: a damaged file, a mark that says something else, a description that
    /// changes what stored numbers mean. Nothing is loaded until a person has looked.
    #[error("BOEMİS is not as it must be: {0}")]
    Wrong(String),
}

impl Fault {
    /// A statement of a dataset that this database has no table of: nothing leads there.
    pub(super) fn no_table(dataset: impl std::fmt::Display) -> Self {
        Self::Wrong(format!("there is no table for the dataset `{dataset}`"))
    }

    /// Whether trying again later may help.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away { .. })
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Away { .. } => Stop::Hold(Finding::new(Code::LoadDatabaseAway)),
            // a reader's answer; a loader that meets it has lost its database
            Fault::Missing { .. } | Fault::Role(_) | Fault::Wrong(_) => Stop::Halt(fault.to_string()),
        }
    }
}
