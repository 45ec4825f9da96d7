//! A view of all that the journal tells, for commands that ask beside a running window or without one.
//!
//! Made of the indexes of closed segments and of the lines behind them, which are read and kept as an index in
//! memory; where no index is, all of them. Needs no lock and writes nothing; it knows what stood there when it
//! was made.

use super::older::{Gather, Older};
use super::{Fold, LedgerError, Submission, keys};
use crate::document::{Content, Digest, ParticipantName, SubmissionId};
use crate::host::Disk;
use crate::journal::{Entry, Event, Position, Reader};
use std::path::Path;
use std::sync::Arc;

/// What the journal tells, to be asked.
#[derive(Debug)]
pub struct View {
    gather: Gather,
}

impl View {
    /// Of the journal in the window's state folder, up to its end.
    ///
    /// # Errors
    /// A journal that cannot be read, is damaged, or tells what cannot be.
    pub fn open(disk: &Disk, state: &Path) -> Result<Self, LedgerError> {
        let older = Arc::new(Older::open(disk, state, false)?);
        let mut reader = Reader::after(disk, state, older.end())?;
        let mut gather = Gather::new(disk, state, older)?;
        gather.read(&mut reader, None)?;
        Ok(Self { gather })
    }

    /// How everything stands.
    pub fn fold(&self) -> &Fold {
        self.gather.fold()
    }

    /// Everything with which something is left to do, in order of arrival.
    ///
    /// # Errors
    /// A journal or an index that cannot be read, as for all that follow.
    pub fn open_submissions(&self) -> Result<Vec<Submission>, LedgerError> {
        self.fold().open().filter_map(|id| self.submission(Some(id)).transpose()).collect()
    }

    /// All entries of a submission, in order; none when it is not known.
    ///
    /// # Errors
    /// A journal or an index that cannot be read, as for all that follow.
    pub fn entries(&self, id: SubmissionId) -> Result<Vec<(Entry, Position)>, LedgerError> {
        self.gather.entries(id)
    }

    /// Submissions that somebody may mean: by id, receipt number, name of a file, or SHA-256 of the document, its
    /// detached signature or a receipt. There may be others among them: look at each.
    pub fn meant(&self, what: &str) -> Result<Vec<SubmissionId>, LedgerError> {
        let digest = what.parse().ok().map(keys::sha256);
        let mut ids = self.gather.meant(&[Some(keys::text(what)), digest].into_iter().flatten().collect::<Vec<_>>())?;
        ids.extend(what.parse::<SubmissionId>().ok().filter(|id| !ids.contains(id)));
        ids.sort_unstable();
        Ok(ids)
    }

    /// The submission to which this receipt was given.
    ///
    /// # Errors
    /// As above.
    pub fn find_receipt(&self, number: &str) -> Result<Option<Submission>, LedgerError> {
        let is_it = |event: &Event| matches!(event, Event::Answered(answered) if answered.receipt.number == number);
        for id in self.meant(number)? {
            if self.entries(id)?.iter().any(|(entry, _)| is_it(&entry.event)) {
                return self.submission(Some(id));
            }
        }
        Ok(None)
    }

    /// Submissions that took the place of this one when they were loaded, in order of arrival. That of one is free
    /// again once it has fallen, so there may be several.
    ///
    /// # Errors
    /// As above.
    pub fn replacing(&self, replaced: SubmissionId) -> Result<Vec<Submission>, LedgerError> {
        let seem = self.gather.meant(&[keys::replaced(replaced)])?;
        let mut all = Vec::with_capacity(seem.len());
        for id in seem {
            let is_it = |one: &Submission| one.last.as_ref().is_some_and(|last| last.replaces == Some(replaced));
            all.extend(self.submission(Some(id))?.filter(is_it));
        }
        Ok(all)
    }

    /// The participant's submission by which this content stands: accepted, pending or held.
    ///
    /// # Errors
    /// As above.
    pub fn find_content(&self, of: &ParticipantName, content: Content) -> Result<Option<Submission>, LedgerError> {
        self.submission(self.gather.by_content(of, content)?)
    }

    /// The participant's submission of these very octets that was not rejected.
    ///
    /// # Errors
    /// As above.
    pub fn find_octets(
        &self,
        of: Option<&ParticipantName>,
        document: Digest,
        detached: Option<Digest>,
    ) -> Result<Option<Submission>, LedgerError> {
        self.submission(self.gather.by_octets(of, document, detached)?)
    }

    /// What lies in a participant's folder by this name and inode, and was left there.
    ///
    /// # Errors
    /// As above.
    pub fn find_left(&self, of: &str, name: &str, inode: u64) -> Result<Option<Submission>, LedgerError> {
        self.submission(self.gather.by_left(of, name, inode)?)
    }

    /// Visits all submissions from the last to the first, until the visitor has enough (`false`). Of the journal
    /// only what is asked for is read.
    ///
    /// # Errors
    /// As above, and the visitor's.
    pub fn backwards<E: From<LedgerError>>(&self, visit: impl FnMut(SubmissionId) -> Result<bool, E>) -> Result<(), E> {
        self.gather.backwards(visit)
    }

    /// One submission.
    ///
    /// # Errors
    /// As above.
    pub fn submission(&self, id: Option<SubmissionId>) -> Result<Option<Submission>, LedgerError> {
        let known = id.map_or(Ok(None), |id| self.gather.known(id))?;
        Ok(known.map(|(.., submission)| submission))
    }
}
