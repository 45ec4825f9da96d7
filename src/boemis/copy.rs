//! A copy of BOEMİS as it is at one moment, for backups and the reserve (S 5.4): taken beside the one loader,
//! which waits for nothing.
//!
//! Answers of the copy which loads it holds, so that the journal can be cut at the same moment. A server's database
//! is not copied: those who keep it do that, and only what it held is read. Never writes into the database that it
//! copies.

use super::{Fault, Location, Settings, postgres, sqlite};
use crate::document::SubmissionId;
use std::collections::HashSet;
use std::path::Path;

/// A copy, just taken.
#[derive(Debug)]
pub struct Copy {
    snapshot: Snapshot,
    contested: HashSet<SubmissionId>,
    /// What documents did: to which load, by which document.
    acts: HashSet<(SubmissionId, SubmissionId)>,
}

#[derive(Debug)]
enum Snapshot {
    /// The copy's file, open.
    File(sqlite::Snapshot),
    /// What a server's database held.
    Held(postgres::Snapshot),
}

impl Copy {
    /// Copies the database into a new file; of a server's database there is none ([`Copy::is_file`]).
    ///
    /// # Errors
    /// [`Fault::Missing`] when there is none yet; [`Fault::Away`] when it is locked or a disk refuses.
    pub async fn take(location: &Location, settings: &Settings, to: &Path) -> Result<Self, Fault> {
        match location {
            Location::Sqlite(from) => {
                let mut snapshot = sqlite::Snapshot::take(from, settings, to).await?;
                let contested = snapshot.contested().await?.into_iter().collect();
                let acts = snapshot.acts().await?.into_iter().map(|(on, by, _)| (on, by)).collect();
                Ok(Self { snapshot: Snapshot::File(snapshot), contested, acts })
            }
            Location::Postgres(server) => {
                let snapshot = postgres::Snapshot::take(server, settings).await?;
                let contested = snapshot.contested().iter().copied().collect();
                let acts = snapshot.acts().iter().map(|(on, by, _)| (*on, *by)).collect();
                Ok(Self { snapshot: Snapshot::Held(snapshot), contested, acts })
            }
        }
    }

    /// Whether the copy is a file, or only the knowledge of what a server's database held.
    pub fn is_file(&self) -> bool {
        matches!(self.snapshot, Snapshot::File(_))
    }

    /// How many loads a server's database held.
    pub fn loads(&self) -> Option<u64> {
        match &self.snapshot {
            Snapshot::File(_) => None,
            Snapshot::Held(held) => Some(held.count()),
        }
    }

    /// Whether the copy holds the load of this submission.
    ///
    /// # Errors
    /// The copy cannot be read.
    pub async fn holds(&mut self, id: SubmissionId) -> Result<bool, Fault> {
        match &mut self.snapshot {
            Snapshot::File(file) => Ok(file.mark(id).await?.is_some()),
            Snapshot::Held(held) => Ok(held.holds(id)),
        }
    }

    /// Whether that load is contested in the copy.
    pub fn is_contested(&self, id: SubmissionId) -> bool {
        self.contested.contains(&id)
    }

    /// Whether this document's act on that load is in the copy.
    pub fn has_act(&self, on: SubmissionId, by: SubmissionId) -> bool {
        self.acts.contains(&(on, by))
    }

    /// Lets the copy's file go.
    ///
    /// # Errors
    /// As [`Copy::holds`].
    pub async fn close(self) -> Result<(), Fault> {
        match self.snapshot {
            Snapshot::File(file) => file.close().await,
            Snapshot::Held(_) => Ok(()),
        }
    }
}
