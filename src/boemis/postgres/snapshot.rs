//! Which loads the database has at one moment, for the backup that stands beside its owner's own.
//!
//! The database itself is copied by those who keep it (`pg_dump`, or the server's own means); a window's copy needs to
//! know what it held, so that the journal is cut to fit. Holds sixteen octets a load, and copies nothing.

use super::super::acts::Deed;
use super::super::location::Server;
use super::super::{Fault, Settings};
use super::link::{self, Driver, Link};
use super::{prepare, read};
use crate::document::SubmissionId;
use crate::schema::Datasets;
use std::collections::HashSet;

const DOING: &str = "reading what the database holds";

/// What it held.
#[derive(Debug)]
pub(in crate::boemis) struct Snapshot {
    loads: HashSet<SubmissionId>,
    contested: Vec<SubmissionId>,
    acts: Vec<Deed>,
}

impl Snapshot {
    /// Reads it, as it is at one moment.
    pub(in crate::boemis) async fn take(server: &Server, settings: &Settings) -> Result<Self, Fault> {
        let driver = Driver::new()?;
        let mut connection = link::connect(&driver, server, settings, false, DOING).await?;
        let mut link = Link { connection: &mut connection, driver: &driver, patience: link::patience(settings) };
        link.raw(DOING, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        if prepare::look(&mut link, &Datasets::default()).await?.is_none() {
            return Err(Fault::Missing { path: server.to_string() });
        }
        let loads = read::loads(&mut link).await?.into_iter().collect();
        let contested = read::contested(&mut link).await?;
        let acts = read::acts(&mut link).await?;
        Ok(Self { loads, contested, acts })
    }

    pub(in crate::boemis) fn holds(&self, id: SubmissionId) -> bool {
        self.loads.contains(&id)
    }

    pub(in crate::boemis) fn contested(&self) -> &[SubmissionId] {
        &self.contested
    }

    pub(in crate::boemis) fn acts(&self) -> &[Deed] {
        &self.acts
    }

    /// How many loads there are.
    pub(in crate::boemis) fn count(&self) -> u64 {
        self.loads.len() as u64
    }
}
