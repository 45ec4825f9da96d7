//! Keeping the ledger small: closed segments get their indexes, and what these say goes from sled.
//!
//! Owns when that is done: an index is made in a thread beside, when the window rests or two segments wait for
//! theirs; sled is swept a piece at a time. Neither changes an answer: what stands behind a key with a segment
//! that has its index is what that index says.

use super::older::{Older, unhex};
use super::{Ledger, LedgerError, Submission, keys};
use crate::advice::Advice;
use crate::journal::Event;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Keys looked at in one go: a few milliseconds.
const PIECE: usize = 2048;

/// Closed segments without an index, at most, while the window has no rest.
const WAIT_MAX: u32 = 1;

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Tending {
    /// An index that is being made.
    making: Option<JoinHandle<Result<Option<Older>, LedgerError>>>,
    /// It could not be made: not tried again by this process.
    failed: bool,
    /// The key behind which the sweep goes on; none when all was looked at.
    sweep: Option<Vec<u8>>,
}

impl Drop for Tending {
    /// Who opens the ledger after this finds no one else at its files.
    fn drop(&mut self) {
        if let Some(thread) = self.making.take() {
            let _ = thread.join(); // whatever came of it, the next start looks
        }
    }
}

impl Ledger {
    /// For idle moments: begins an index where one is missing, or takes it when it is made, and sweeps a piece;
    /// whether there is more to do.
    ///
    /// # Errors
    /// sled's. An index that cannot be made is told in the log: without it everything is answered still.
    pub fn tend(&mut self) -> Result<bool, LedgerError> {
        let position = self.settle()?;
        if self.tending.making.as_ref().is_some_and(JoinHandle::is_finished) {
            self.take_made()?;
        }
        if self.tending.making.is_none() && !self.tending.failed && position.segment > self.older.covers() + 1 {
            let older = Arc::clone(&self.older);
            let thread = std::thread::Builder::new().name("index".to_owned());
            let disk = |source| LedgerError::Disk { step: "make an index in a thread beside", path: "".into(), source };
            self.tending.making = Some(thread.spawn(move || older.next(&older.ends()?, false)).map_err(disk)?);
        }
        self.sweep()?;
        Ok(self.tending.making.is_some() || self.tending.sweep.is_some())
    }

    /// The same, where the window has no rest.
    pub(super) fn tend_if_full(&mut self) -> Result<(), LedgerError> {
        let is_full = self.position()?.segment > self.older.covers() + 1 + WAIT_MAX;
        if is_full || self.tending.making.is_some() || self.tending.sweep.is_some() {
            self.tend()?;
        }
        Ok(())
    }

    fn take_made(&mut self) -> Result<(), LedgerError> {
        let Some(thread) = self.tending.making.take() else { return Ok(()) };
        let made = thread.join().unwrap_or_else(|_| Err(LedgerError::Record("the thread panicked".to_owned())));
        match made {
            Ok(Some(older)) => {
                self.older = Arc::new(older);
                self.learned(|learned| {
                    learned.changes.behind(&self.older);
                    Ok(())
                })?;
                // Known before anything goes: without these indexes sled would not know enough.
                let (key, value) = keys::swept_entry(self.older.covers())?;
                self.db.insert(key, value)?;
                self.tending.sweep = Some(Vec::new());
            }
            Ok(None) => {}
            Err(error) => {
                self.tending.failed = true;
                tracing::error!(advice = %Advice::StateUnwritable,
                    %error, "a closed segment gets no index; the ledger keeps what is in it");
            }
        }
        Ok(())
    }

    /// Looks at the next keys, and lets go what the indexes say.
    fn sweep(&mut self) -> Result<(), LedgerError> {
        let Some(begin) = self.tending.sweep.take() else { return Ok(()) };
        let covers = self.older.covers();
        let recent = self.db.scan_prefix([keys::SUBMISSION]).keys().rev().nth(self.settings.recent.saturating_sub(1));
        let recent = recent.transpose()?.map_or_else(Vec::new, |key| key.to_vec());
        let mut batch = sled::Batch::default();
        let (mut seen, mut last) = (0, None);
        for pair in self.db.range(begin..).take(PIECE) {
            let (key, value) = pair?;
            if self.goes(&key, &value, covers, &recent)? {
                batch.remove(&key);
            }
            seen += 1;
            last = Some([&key[..], &[0]].concat());
        }
        self.db.apply_batch(batch)?;
        self.tending.sweep = last.filter(|_| seen == PIECE);
        Ok(())
    }

    fn goes(&self, key: &[u8], value: &[u8], covers: u32, recent: &[u8]) -> Result<bool, LedgerError> {
        let is_covered = || Ok::<_, LedgerError>(keys::unstamped(value)?.0 <= covers);
        if keys::is_swept(key) {
            return is_covered();
        }
        match key.first() {
            Some(&keys::SUBMISSION) if key < recent && is_covered()? => {
                let submission: Submission = keys::read(keys::unstamped(value)?.1)?;
                Ok(!submission.is_open())
            }
            // its submission goes first or later: an id without one is as good as none
            Some(&keys::ID) if is_covered()? => {
                let order = keys::submission(keys::unstamped(value)?.1);
                Ok(order.as_slice() < recent && !self.db.contains_key(keys::open(&order[1..]))?)
            }
            _ => Ok(false),
        }
    }
}

/// Begins sled anew with what the indexes say is left to do, was contested, or is known of signers, of the
/// configuration and of each body's last receipt.
pub(super) fn begin_anew(db: &sled::Db, older: &Arc<Older>) -> Result<(), LedgerError> {
    db.clear()?;
    let fold = older.fold()?;
    let mut batch = sled::Batch::default();
    for id in fold.open() {
        let Some((order, segment, submission)) = older.submission(id)? else { continue };
        batch.insert(keys::submission(&order), keys::stamped(segment, &keys::write(&submission)?));
        batch.insert(keys::id(id), keys::stamped(segment, &order));
        batch.insert(keys::open(&order), Vec::new());
    }
    for (order, id) in &fold.contested {
        let order = unhex(order).ok_or_else(|| LedgerError::Record("an order that is none".to_owned()))?;
        batch.insert(keys::contested(&order), keys::write(id)?);
    }
    for (order, id) in &fold.acted {
        let order = unhex(order).ok_or_else(|| LedgerError::Record("an order that is none".to_owned()))?;
        batch.insert(keys::acted(&order), keys::write(id)?);
    }
    for (body, last) in &fold.last_receipts {
        batch.insert(keys::last_receipt(body), keys::write(last)?);
    }
    older.notes(|event| {
        if let Event::Path(path) = event {
            batch.insert(keys::path(path.signer), keys::write(path)?);
        }
        for kept in event.files_kept() {
            batch.insert(keys::kept(kept.sha256), keys::write(&kept)?);
        }
        Ok(())
    })?;
    let accepted = fold.count(|kind| kind.state.is_loaded());
    batch.insert(keys::ACCEPTANCES, keys::write(&accepted)?);
    let (key, value) = keys::swept_entry(older.covers())?;
    batch.insert(key, value);
    let (key, value) = keys::place_entry(older.end())?;
    batch.insert(key, value);
    db.apply_batch(batch)?;
    Ok(())
}
