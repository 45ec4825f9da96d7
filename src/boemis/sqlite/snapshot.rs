//! A copy of the whole database as it is at one moment, taken beside its one writer.
//!
//! SQLite's own `VACUUM INTO`: one read transaction, which stops no writer, and a file without a log beside
//! it. Owns the copy's file until it is whole; its durability is the caller's, who digests it anyway.

use super::super::acts::Deed;
use super::super::mark::Mark;
use super::super::{Fault, Settings};
use super::{closed, fault, options, read};
use crate::document::SubmissionId;
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions, Connection};
use std::path::Path;

const DOING: &str = "copying the database";

/// Page cache of the copying connection in KiB (16 MiB): it lives for the copy alone.
const CACHE_KIB: u32 = 16 << 10;

/// A database that was copied.
#[derive(Debug)]
pub(in crate::boemis) struct Snapshot {
    connection: Option<SqliteConnection>,
}

impl Snapshot {
    /// Copies the database at `from` into the new file `to`.
    pub(in crate::boemis) async fn take(from: &Path, settings: &Settings, to: &Path) -> Result<Self, Fault> {
        if !from.exists() {
            return Err(Fault::Missing { path: from.display().to_string() });
        }
        let Some(name) = to.to_str() else {
            return Err(Fault::Wrong(format!("{DOING}: SQLite takes no path that is not UTF-8: {}", to.display())));
        };
        let settings = Settings { cache_kib: CACHE_KIB, ..settings.clone() };
        let mut source = options(from, &settings).read_only(true).connect().await.map_err(|e| fault(DOING, e))?;
        let copied = sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut source).await.map_err(|e| fault(DOING, e));
        let closed = source.close().await.map_err(|e| fault(DOING, e));
        copied?;
        closed?;
        let copy = options(to, &settings).read_only(true).pragma("query_only", "ON").connect().await;
        Ok(Self { connection: Some(copy.map_err(|e| fault(DOING, e))?) })
    }

    /// The mark of a submission as the copy has it.
    pub(in crate::boemis) async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        read::mark(self.connection.as_mut().ok_or_else(closed)?, id).await
    }

    /// What is contested in the copy.
    pub(in crate::boemis) async fn contested(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        read::contested(self.connection.as_mut().ok_or_else(closed)?).await
    }

    /// What documents did in the copy.
    pub(in crate::boemis) async fn acts(&mut self) -> Result<Vec<Deed>, Fault> {
        read::acts(self.connection.as_mut().ok_or_else(closed)?).await
    }

    /// Lets the file go.
    pub(in crate::boemis) async fn close(mut self) -> Result<(), Fault> {
        match self.connection.take() {
            Some(connection) => connection.close().await.map_err(|e| fault(DOING, e)),
            None => Ok(()),
        }
    }
}
