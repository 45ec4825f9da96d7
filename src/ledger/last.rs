//! The last handle of sled's database, and what goes wrong when it is let go.
//!
//! sled syncs its file once more when its last handle goes, and panics where the disk refuses (0.34.7, its file
//! `pagecache/logger.rs`). By then all that counts is in the journal: it is told, and is the end of nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Let go after every other handle: a struct that holds one has this as a later field.
#[derive(Debug)]
pub(super) struct Last(Option<sled::Db>);

impl Last {
    pub(super) fn of(db: &sled::Db) -> Self {
        Self(Some(db.clone()))
    }
}

impl Drop for Last {
    fn drop(&mut self) {
        let Some(db) = self.0.take() else { return };
        if catch_unwind(AssertUnwindSafe(|| drop(db))).is_err() {
            tracing::error!("sled could not write the ledger to its end; it is made anew at the next start");
        }
    }
}
