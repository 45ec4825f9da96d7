//! What an event changes in the index.

use super::older::Older;
use super::{Arrived, LedgerError, Submission, Unsettled, keys};
use crate::document::{ApprovalStage, Decision, SubmissionId};
use crate::journal::{ARCHIVED, Answered, Entry, Event, Phase, Position};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Changes gathered, seen by those that follow, and taken by sled together; or, where there is no sled, kept here.
#[derive(Debug)]
pub(super) struct Changes {
    db: Option<sled::Db>,
    older: Arc<Older>,
    /// By key, the value with the segment of its last change; none where the key goes.
    changed: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Submissions that changed, each with its order and the segment of its last change: written once, however
    /// often they changed.
    submissions: HashMap<SubmissionId, (Vec<u8>, u32, Submission)>,
    position: Option<Position>,
}

/// What an event made of a submission.
#[derive(Debug)]
pub(super) struct Became {
    pub(super) before: Option<Submission>,
    pub(super) order: Vec<u8>,
}

/// The keys by which a submission's content and octets are found.
fn stands(submission: &Submission, answered: &Answered) -> Vec<Vec<u8>> {
    let content = submission.participant().zip(answered.content);
    let content = content.map(|(of, content)| keys::content(of, content));
    let octets = match &submission.arrival {
        Arrived::Held(held) => {
            let detached = held.detached.as_ref().map(|file| file.sha256);
            Some(keys::octets(held.participant.as_ref(), held.document.sha256, detached))
        }
        Arrived::RefusedInPlace(_) => None,
    };
    [content, octets].into_iter().flatten().collect()
}

/// The submission after an event; none for an event that moves nothing.
fn step(known: Option<&Submission>, event: &Event) -> Result<Option<Submission>, LedgerError> {
    if let (Event::Act { act, facts, .. }, Some(before)) = (event, known)
        && act == ARCHIVED
    {
        return Ok(Some(Submission { archived: facts.get("unit").cloned(), ..before.clone() }));
    }
    let before = known.map(|submission| (&submission.phase, submission.answers));
    let Some(phase) = Phase::after(before, event)? else { return Ok(None) };
    let new = |arrival| Submission { phase: phase.clone(), arrival, answers: 0, last: None, archived: None };
    Ok(match (event, known) {
        (Event::Held(held), None) => Some(new(Arrived::Held(held.clone()))),
        (Event::RefusedInPlace(refused), None) => Some(new(Arrived::RefusedInPlace(refused.clone()))),
        (Event::Decided(_), Some(_)) => None, // nothing is said yet
        (Event::Answered(answered), Some(before)) => {
            let (answers, last) = (answered.answer, Some((**answered).clone()));
            Some(Submission { phase, answers, last, archived: None, ..before.clone() })
        }
        // a later look that finds nothing changes nothing
        (Event::Settled { .. }, Some(before)) => Some(Submission { phase, ..before.clone() }),
        // until it is archived as it stands now
        (_, Some(before)) => Some(Submission { phase, archived: None, ..before.clone() }),
        // `Phase::after` gives a phase to what is unknown only when it arrives.
        (_, None) => None,
    })
}

/// A submission as its own entries tell it, with its order and the segment of the last; none when they tell of none.
pub(super) fn told(entries: &[(Entry, Position)]) -> Result<Option<(Vec<u8>, u32, Submission)>, LedgerError> {
    let mut known: Option<(Vec<u8>, u32, Submission)> = None;
    for (entry, behind) in entries {
        if let Some(after) = step(known.as_ref().map(|(.., submission)| submission), &entry.event)? {
            let order = known.map_or_else(|| keys::order(*behind), |(order, ..)| order);
            known = Some((order, behind.segment, after));
        }
    }
    Ok(known)
}

impl Changes {
    pub(super) fn new(db: Option<sled::Db>, older: Arc<Older>) -> Self {
        Self { db, older, changed: BTreeMap::new(), submissions: HashMap::new(), position: None }
    }

    /// Takes one event and the position behind its line; what it moved, if anything.
    pub(super) fn take(&mut self, event: &Event, position: Position) -> Result<Option<Became>, LedgerError> {
        self.position = Some(position);
        if let Event::Path(path) = event {
            self.note(keys::path(path.signer), Some(keys::write(path)?));
        }
        for kept in event.files_kept() {
            self.note(keys::kept(kept.sha256), Some(keys::write(&kept)?));
        }
        let Some(id) = event.id() else { return Ok(None) };
        let known = self.known(id)?;
        let Some(submission) = step(known.as_ref().map(|(.., known)| known), event)? else { return Ok(None) };
        let (order, before) = match known {
            Some((order, _, before)) => (order, Some(before)),
            None => (keys::order(position), None),
        };
        match event {
            Event::Held(held) => {
                let (of, detached) = (held.participant.as_ref(), held.detached.as_ref());
                let octets = keys::octets(of, held.document.sha256, detached.map(|file| file.sha256));
                self.put_if_absent(octets, id)?;
                if let Some(thread) = &held.thread {
                    let (document, detached) = (held.document.sha256, detached.map(|file| file.sha256));
                    self.put(keys::letter(&thread.message_id, document, detached), id);
                }
            }
            Event::RefusedInPlace(refused) => {
                self.put(keys::refused(&refused.participant, &refused.key), id);
                if self.db.is_none()
                    && let Some(inode) = refused.inode()
                {
                    self.put(keys::left(refused.participant.as_str(), &refused.name.shown(), inode), id);
                }
            }
            Event::Answered(answered) => {
                self.put(keys::receipt(&answered.receipt.number), id);
                if let (Some(body), Some(logged)) = (&answered.participant, answered.receipt.logged) {
                    let last = keys::write(&(&answered.receipt.number, logged))?;
                    self.note(keys::last_receipt(body.as_str()), Some(last));
                }
                if answered.acted.is_some() {
                    self.note(keys::acted(&order), Some(keys::write(&id)?));
                }
                self.stand(&submission, answered, id)?;
                match Unsettled::of(&submission) {
                    Some(unsettled) => {
                        if before.as_ref().is_some_and(|before| Unsettled::of(before).is_some()) {
                            self.settle(&order, id); // the acceptance before is not looked at, this one is
                        }
                        self.note(keys::unsettled(&order), Some(self.stamped(&keys::write(&unsettled)?)));
                    }
                    None if before.as_ref().is_some_and(|before| Unsettled::of(before).is_some()) => {
                        self.settle(&order, id);
                    }
                    None => {}
                }
            }
            Event::Settled { .. } => self.settle(&order, id),
            Event::Contested(_) => {
                self.settle(&order, id);
                self.note(keys::contested(&order), Some(keys::write(&id)?));
                if let Some(answered) = submission.last.clone() {
                    self.fall(&submission, &answered, id)?; // at once: nothing more is its duplicate
                }
            }
            Event::Ruled(ruled) if ruled.stage != ApprovalStage::Approved => {
                if let Some(answered) = submission.last.clone() {
                    self.fall(&submission, &answered, id)?; // at once, as what is contested
                }
            }
            _ => {}
        }
        self.count(before.as_ref(), &submission)?;
        let open = (submission.phase != Phase::Closed).then(Vec::new);
        self.note(keys::open(&order), open);
        if self.db.is_some() {
            self.note(keys::id(id), Some(self.stamped(&order)));
        }
        self.submissions.insert(id, (order.clone(), position.segment, submission));
        Ok(Some(Became { before, order }))
    }

    /// A submission with its order and the segment of its last change.
    pub(super) fn known(&self, id: SubmissionId) -> Result<Option<(Vec<u8>, u32, Submission)>, LedgerError> {
        if let Some(known) = self.submissions.get(&id) {
            return Ok(Some(known.clone()));
        }
        if let Some(known) = self.db.as_ref().map(|db| keys::known(db, id)).transpose()?.flatten() {
            return Ok(Some(known));
        }
        self.older.submission(id)
    }

    /// Gives back a submission that was let go ([`Changes::let_go`]).
    pub(super) fn recall(&mut self, known: (Vec<u8>, u32, Submission)) {
        self.submissions.insert(known.2.id(), known);
    }

    /// Forgets a submission with which nothing is left to do: it can be told again from its lines.
    pub(super) fn let_go(&mut self, id: SubmissionId) {
        self.submissions.remove(&id);
    }

    /// How many submissions changed.
    pub(super) fn submissions(&self) -> usize {
        self.submissions.len()
    }

    /// From here on these indexes answer for what sled does not have.
    pub(super) fn behind(&mut self, older: &Arc<Older>) {
        self.older = Arc::clone(older);
    }

    /// The value of a key, changed or in sled.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        match (self.changed.get(key), &self.db) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(db)) => Ok(db.get(key)?.map(|value| value.to_vec())),
            (None, None) => Ok(None),
        }
    }

    /// A submission that changed.
    pub(super) fn changed(&self, id: SubmissionId) -> Option<&Submission> {
        self.submissions.get(&id).map(|(.., submission)| submission)
    }

    /// By key, by which submission it stands; none where it fell.
    pub(super) fn standing(&self) -> impl Iterator<Item = (&[u8], Option<SubmissionId>)> {
        self.changed.iter().map(|(key, value)| (&key[..], value.as_deref().and_then(keys::stands_by)))
    }

    /// By which submission content and octets stand, after an answer (CONTRACT 3, *Content*).
    fn stand(&mut self, submission: &Submission, answered: &Answered, id: SubmissionId) -> Result<(), LedgerError> {
        match answered.decision {
            Decision::Accepted | Decision::Pending | Decision::Held => {
                stands(submission, answered).into_iter().try_for_each(|key| self.put_if_absent(key, id))
            }
            Decision::Rejected | Decision::Contested => self.fall(submission, answered, id),
            Decision::Duplicate => Ok(()),
        }
    }

    /// What stood by this submission stands no more.
    fn fall(&mut self, submission: &Submission, answered: &Answered, id: SubmissionId) -> Result<(), LedgerError> {
        for key in stands(submission, answered) {
            if self.stands_by(&key)? == Some(id) {
                // said, not left out: what is older says that it stands
                let fallen = self.stamped(&[]);
                self.note(key, Some(fallen));
            }
        }
        Ok(())
    }

    /// Its acceptance is not looked at again.
    fn settle(&mut self, order: &[u8], id: SubmissionId) {
        self.note(keys::unsettled(order), None);
        if self.db.is_some() {
            self.note(keys::settled(id), Some(self.stamped(&[])));
        }
    }

    /// How many are loaded, and have not fallen.
    fn count(&mut self, before: Option<&Submission>, after: &Submission) -> Result<(), LedgerError> {
        let (was, is) = (before.is_some_and(Submission::is_loaded), after.is_loaded());
        if was == is || self.db.is_none() {
            return Ok(());
        }
        let count = self.get(keys::ACCEPTANCES)?.map_or(Ok(0), |count| keys::read::<u64>(&count))?;
        let count = if is { count.saturating_add(1) } else { count.saturating_sub(1) };
        self.note(keys::ACCEPTANCES.to_vec(), Some(keys::write(&count)?));
        Ok(())
    }

    /// Gives everything gathered to sled, and last the place behind it. (A stop in between leaves a ledger that was not
    /// closed in order, and so is not believed.)
    pub(super) fn commit(&mut self) -> Result<(), LedgerError> {
        /// Changes that sled takes together: it keeps every older state of what they change until the last of them is
        /// made, tens of kilobytes each.
        const TOGETHER: usize = 64;
        let (Some(position), Some(db)) = (self.position.take(), &self.db) else { return Ok(()) };
        let submissions = self.submissions.drain().map(|(_, (order, segment, submission))| {
            Ok((keys::submission(&order), Some(keys::stamped(segment, &keys::write(&submission)?))))
        });
        let mut changes: Vec<(Vec<u8>, Option<Vec<u8>>)> = submissions.collect::<Result<_, LedgerError>>()?;
        changes.sort_unstable(); // neighbours change together
        changes.extend(std::mem::take(&mut self.changed));
        let mut changes = changes.into_iter();
        while changes.len() > 0 {
            let mut batch = sled::Batch::default();
            for (key, value) in changes.by_ref().take(TOGETHER) {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            db.apply_batch(batch)?;
        }
        let (key, place) = keys::place_entry(position)?;
        db.insert(key, place)?;
        Ok(())
    }

    /// By which submission a key stands.
    pub(super) fn stands_by(&self, key: &[u8]) -> Result<Option<SubmissionId>, LedgerError> {
        if let Some(value) = self.changed.get(key) {
            return Ok(value.as_deref().and_then(keys::stands_by));
        }
        if let Some(value) = self.db.as_ref().map(|db| db.get(key)).transpose()?.flatten() {
            return Ok(keys::stands_by(&value));
        }
        self.older.stands_by(key)
    }

    /// Remembers a change; where there is no sled, only of what something stands by.
    fn note(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        if self.db.is_some() || keys::is_standing(&key) {
            self.changed.insert(key, value);
        }
    }

    fn put(&mut self, key: Vec<u8>, id: SubmissionId) {
        let value = self.stamped(&id.octets());
        self.note(key, Some(value));
    }

    fn put_if_absent(&mut self, key: Vec<u8>, id: SubmissionId) -> Result<(), LedgerError> {
        if self.stands_by(&key)?.is_none() {
            self.put(key, id);
        }
        Ok(())
    }

    fn stamped(&self, value: &[u8]) -> Vec<u8> {
        keys::stamped(self.position.map_or(0, |position| position.segment), value)
    }
}
