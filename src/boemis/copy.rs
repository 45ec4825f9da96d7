//! A copy of BOEMİS as it is at one moment, for backups and the reserve (S 5.4): taken beside the one loader,
//! which waits for nothing.
//!
//! Answers of the copy which loads it holds, so that the journal can be cut at the same moment. Never writes
//! into the database that it copies.

use super::sqlite::Snapshot;
use super::{Fault, Location, Settings};
use crate::document::SubmissionId;
use std::collections::HashSet;
use std::path::Path;

/// A copy, just taken.
#[derive(Debug)]
pub struct Copy {
    snapshot: Snapshot,
    contested: HashSet<SubmissionId>,
}

impl Copy {
    /// Copies the database into a new file.
    ///
    /// # Errors
    /// [`Fault::Missing`] when there is none yet; [`Fault::Away`] when it is locked or a disk refuses.
    pub async fn take(location: &Location, settings: &Settings, to: &Path) -> Result<Self, Fault> {
        let Location::Sqlite(from) = location;
        let mut snapshot = Snapshot::take(from, settings, to).await?;
        let contested = snapshot.contested().await?.into_iter().collect();
        Ok(Self { snapshot, contested })
    }

    /// Whether the copy holds the load of this submission.
    ///
    /// # Errors
    /// The copy cannot be read.
    pub async fn holds(&mut self, id: SubmissionId) -> Result<bool, Fault> {
        Ok(self.snapshot.mark(id).await?.is_some())
    }

    /// Whether that load is contested in the copy.
    pub fn is_contested(&self, id: SubmissionId) -> bool {
        self.contested.contains(&id)
    }

    /// Lets the copy's file go.
    ///
    /// # Errors
    /// As [`Copy::holds`].
    pub async fn close(self) -> Result<(), Fault> {
        self.snapshot.close().await
    }
}
