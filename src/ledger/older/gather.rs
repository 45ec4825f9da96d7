//! What an index says of a stretch of the journal, gathered entry by entry.
//!
//! Owns what is taken from each line. The same is done for a segment that gets its index file, and in memory
//! for the end of the journal, which has none yet. Memory grows with the stretch, not with the journal: of
//! submissions, only those with which something is left to do are kept whole.

use super::run::{self, Accepted, Content};
use super::{Fold, Kind, Older};
use crate::document::{Content as ContentDigest, Decision, Digest, ParticipantName, SubmissionId};
use crate::host::Disk;
use crate::journal::{Entry, Event, Lines, Position, Reader};
use crate::ledger::apply::{Changes, told};
use crate::ledger::{Arrived, LedgerError, Submission, keys};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

/// A line's place: its segment and the octet at which it begins.
pub(in crate::ledger) type LinePlace = (u32, u32);

/// A stretch under way.
#[derive(Debug)]
pub(in crate::ledger) struct Gather {
    older: Arc<Older>,
    lines: Lines,
    changes: Changes,
    fold: Fold,
    /// By hash of a key, where its lines begin.
    places: Vec<(u64, LinePlace)>,
    /// By submission, where its lines begin.
    of: HashMap<SubmissionId, Vec<LinePlace>>,
    accepted: BTreeMap<SubmissionId, Accepted>,
    settled: BTreeMap<SubmissionId, ()>,
    /// Submissions that arrived here, in order.
    arrivals: Vec<(SubmissionId, LinePlace)>,
    /// Where lines begin that tell of signers' paths or of files of the configuration.
    notes: Vec<u32>,
    end: Position,
}

impl Gather {
    /// Begins where the indexes end.
    pub(in crate::ledger) fn new(disk: &Disk, state: &Path, older: Arc<Older>) -> Result<Self, LedgerError> {
        let (fold, end) = (older.fold()?, older.end());
        Ok(Self {
            lines: Lines::new(disk, state),
            changes: Changes::new(None, Arc::clone(&older)),
            older,
            fold,
            places: Vec::new(),
            of: HashMap::new(),
            accepted: BTreeMap::new(),
            settled: BTreeMap::new(),
            arrivals: Vec::new(),
            notes: Vec::new(),
            end,
        })
    }

    /// Takes what a reader gives, up to the end of a segment, or of all.
    pub(in crate::ledger) fn read(&mut self, reader: &mut Reader, last: Option<Position>) -> Result<(), LedgerError> {
        while last != Some(self.end)
            && let Some((entry, behind)) = reader.next()?
        {
            self.take(&entry, reader.as_written().0, behind)?;
        }
        Ok(())
    }

    /// Takes one entry, whose line begins at this octet of its segment.
    pub(super) fn take(&mut self, entry: &Entry, begin: u64, behind: Position) -> Result<(), LedgerError> {
        let begin = u32::try_from(begin)
            .map_err(|_| LedgerError::Record(format!("segment {} is too long for an index", behind.segment)))?;
        let place = (behind.segment, begin);
        let id = entry.event.id();
        if let Some(id) = id
            && self.changes.changed(id).is_none()
            && let Some(known) = self.of.get(&id).map(|_| self.known(id)).transpose()?.flatten()
        {
            self.changes.recall(known);
        }
        let became = self.changes.take(&entry.event, behind)?;
        let after = id.and_then(|id| self.changes.changed(id));
        let became = became.zip(after);
        let moved = became.as_ref().map(|(became, after)| {
            let before = became.before.as_ref().map(Kind::of);
            (before, *after, became.order.as_slice())
        });
        self.fold.take(entry, moved);
        let is_closed = became.as_ref().is_some_and(|(_, after)| !after.is_open());
        let was_accepted = became.as_ref().map(|(became, _)| {
            became.before.as_ref().is_some_and(|before| before.decision() == Some(Decision::Accepted))
        });
        let is_new = became.as_ref().is_some_and(|(became, _)| became.before.is_none());
        if let Some(was_accepted) = was_accepted {
            self.note_acceptance(entry, begin, was_accepted);
        }
        if let Some(id) = id {
            if is_new {
                self.arrivals.push((id, place));
            }
            self.of.entry(id).or_default().push(place);
            if is_closed {
                self.changes.let_go(id);
            }
        }
        if matches!(entry.event, Event::Path(_)) || !entry.event.files_kept().is_empty() {
            self.notes.push(begin);
        }
        texts(&entry.event, |key| self.places.push((run::hash(&key), place)));
        self.end = behind;
        Ok(())
    }

    /// Which acceptances are to be looked at again, and which not any more.
    fn note_acceptance(&mut self, entry: &Entry, begin: u32, was_accepted: bool) {
        let Some(id) = entry.event.id() else { return };
        match &entry.event {
            Event::Answered(answered) if answered.decision == Decision::Accepted => {
                let held = self.changes.changed(id).filter(|one| matches!(one.arrival, Arrived::Held(_)));
                if was_accepted {
                    self.settled.insert(id, ()); // in a segment before
                }
                if let Some(received) = held.map(Submission::received) {
                    self.accepted.insert(id, Accepted { id, received, begin });
                }
            }
            Event::Answered(_) | Event::Settled { .. } | Event::Contested(_) if was_accepted => {
                self.accepted.remove(&id);
                self.settled.insert(id, ());
            }
            _ => {}
        }
    }

    /// A submission, with its order and the segment of its last change.
    pub(in crate::ledger) fn known(&self, id: SubmissionId) -> Result<Option<(Vec<u8>, u32, Submission)>, LedgerError> {
        told(&self.entries(id)?)
    }

    /// All entries of a submission, in order.
    pub(in crate::ledger) fn entries(&self, id: SubmissionId) -> Result<Vec<(Entry, Position)>, LedgerError> {
        let mut entries = self.older.entries(id)?;
        for &(segment, begin) in self.of.get(&id).into_iter().flatten() {
            entries.push(self.lines.read(segment, u64::from(begin))?);
        }
        Ok(entries)
    }

    /// Submissions that have a line with one of these keys, or seem to; whoever asks looks at each.
    pub(in crate::ledger) fn meant(&self, keys: &[Vec<u8>]) -> Result<Vec<SubmissionId>, LedgerError> {
        let mut ids = self.older.meant(keys)?;
        for hash in keys.iter().map(|key| run::hash(key)) {
            for (_, (segment, begin)) in self.places.iter().filter(|(of, _)| *of == hash) {
                ids.extend(self.lines.read(*segment, u64::from(*begin))?.0.event.id());
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// By which submission this content stands.
    pub(in crate::ledger) fn by_content(
        &self,
        of: &ParticipantName,
        content: ContentDigest,
    ) -> Result<Option<SubmissionId>, LedgerError> {
        self.changes.stands_by(&keys::content(of, content))
    }

    /// By which submission these octets stand.
    pub(in crate::ledger) fn by_octets(
        &self,
        of: Option<&ParticipantName>,
        document: Digest,
        detached: Option<Digest>,
    ) -> Result<Option<SubmissionId>, LedgerError> {
        self.changes.stands_by(&keys::octets(of, document, detached))
    }

    /// What was left in a folder by this name and inode.
    pub(in crate::ledger) fn by_left(
        &self,
        of: &str,
        name: &str,
        inode: u64,
    ) -> Result<Option<SubmissionId>, LedgerError> {
        self.changes.stands_by(&keys::left(of, name, inode))
    }

    /// Visits all submissions from the last to the first, until the visitor has enough (`false`).
    pub(in crate::ledger) fn backwards<E: From<LedgerError>>(
        &self,
        mut visit: impl FnMut(SubmissionId) -> Result<bool, E>,
    ) -> Result<(), E> {
        for (id, _) in self.arrivals.iter().rev() {
            if !visit(*id)? {
                return Ok(());
            }
        }
        self.older.backwards(visit)
    }

    /// How everything stands at the end of it.
    pub(in crate::ledger) fn fold(&self) -> &Fold {
        &self.fold
    }

    /// The octets of an index file of it: a whole segment.
    pub(super) fn finish(self) -> Result<(Position, Vec<u8>), LedgerError> {
        let Self { changes, fold, places, of, accepted, settled, arrivals, notes, end, .. } = self;
        let mut lines: Vec<(u64, u32)> = places.into_iter().map(|(hash, (_, begin))| (hash, begin)).collect();
        let ids = of.keys().min().copied().zip(of.keys().max().copied());
        for (id, places) in of {
            let hash = run::hash(&keys::id(id));
            lines.extend(places.into_iter().map(|(_, begin)| (hash, begin)));
        }
        let standing = changes.standing().map(|(key, id)| (run::whole(key), id)).collect();
        let (accepted, settled) = (accepted.into_values().collect(), settled.into_keys().collect());
        let arrivals = arrivals.into_iter().map(|(_, (_, begin))| begin).collect();
        let content = Content { fold, lines, standing, accepted, arrivals, settled, notes, ids };
        let octets = run::Run::octets(end, content);
        Ok((end, octets.map_err(|error| LedgerError::Record(error.to_string()))?))
    }
}

/// By which people may ask for the submission that this event speaks of.
fn texts(event: &Event, mut has: impl FnMut(Vec<u8>)) {
    match event {
        Event::Held(held) => {
            for file in std::iter::once(&held.document).chain(&held.detached) {
                has(keys::text(&file.name.shown()));
                has(keys::sha256(file.sha256));
            }
        }
        Event::RefusedInPlace(refused) => has(keys::text(&refused.name.shown())),
        Event::Answered(answered) => {
            has(keys::text(&answered.receipt.number));
            has(keys::text(&answered.receipt.file_name));
            has(keys::sha256(answered.receipt.sha256));
            answered.replaces.into_iter().for_each(|replaced| has(keys::replaced(replaced)));
        }
        _ => {}
    }
}
