//! What sled does to its file, and how long it is waited for.
//!
//! Owns its syncs, and letting its last handle go. sled 0.34.7 may never come back from either: where a write of its
//! own fails, the thread that waits for it may not be woken (its file `pagecache/iobuf.rs`, `make_stable`). By then
//! all that counts is in the journal, so nobody waits for it longer than [`Settings::sync_max`](super::Settings): the
//! thread that hangs is left to the end of the process, and the next start makes the ledger anew.

use super::LedgerError;
use crate::advice::Advice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Syncs what the database has taken.
///
/// # Errors
/// sled's, or that it does not answer.
pub(super) fn flush(db: &sled::Db, patience: Duration) -> Result<(), LedgerError> {
    let db = db.clone();
    within(patience, move || db.flush())??;
    Ok(())
}

/// Let go after every other handle: a struct that holds one has this as a later field.
#[derive(Debug)]
pub(super) struct Last {
    db: Option<sled::Db>,
    patience: Duration,
}

impl Last {
    pub(super) fn of(db: &sled::Db, patience: Duration) -> Self {
        Self { db: Some(db.clone()), patience }
    }
}

impl Drop for Last {
    fn drop(&mut self) {
        let Some(db) = self.db.take() else { return };
        // sled syncs its file once more when its last handle goes, and panics where the disk refuses.
        let went = within(self.patience, move || catch_unwind(AssertUnwindSafe(|| drop(db))).is_ok());
        if !matches!(went, Ok(true)) {
            tracing::error!(advice = %Advice::IndexAnew,
                "sled could not write the ledger to its end; it is made anew at the next start");
        }
    }
}

/// What the work comes to, where it comes to an end in time; else it goes on alone.
fn within<T: Send + 'static>(patience: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, LedgerError> {
    let (told, hear) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("ledger-sync".to_owned());
    let thread = thread.spawn(move || drop(told.send(work()))); // nobody may listen any more
    thread.map_err(|source| LedgerError::Disk { step: "sync in a thread beside", path: "ledger".into(), source })?;
    hear.recv_timeout(patience).map_err(|_| LedgerError::NoAnswer { patience })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_sync_that_never_ends_is_waited_for_so_long() {
        let begin = Instant::now();
        let answer = within(Duration::from_millis(20), || {
            loop {
                thread::park()
            }
        });
        let answer: Result<(), _> = answer;
        assert!(matches!(answer, Err(LedgerError::NoAnswer { .. })), "after {:?}", begin.elapsed());
        assert_eq!(within(Duration::from_secs(60), || 7).unwrap(), 7);
    }
}
