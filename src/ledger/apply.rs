//! What an event changes in the index.

use super::{Arrived, LedgerError, Submission, Unsettled, keys};
use crate::document::{Decision, SubmissionId};
use crate::journal::{Answered, Event, Phase, Position};
use std::collections::BTreeMap;

/// Changes gathered, seen by those that follow, and taken by sled together.
pub(super) struct Changes<'a> {
    db: &'a sled::Db,
    changed: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Submissions that changed, by order: written once, however often they changed.
    submissions: BTreeMap<Vec<u8>, Submission>,
    position: Option<Position>,
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

impl<'a> Changes<'a> {
    pub(super) fn new(db: &'a sled::Db) -> Self {
        Self { db, changed: BTreeMap::new(), submissions: BTreeMap::new(), position: None }
    }

    /// Takes one event and the position behind its line.
    pub(super) fn take(&mut self, event: &Event, position: Position) -> Result<(), LedgerError> {
        self.position = Some(position);
        if let Event::Path(path) = event {
            self.put(keys::path(path.signer), keys::write(path)?);
        }
        for kept in event.files_kept() {
            self.put(keys::kept(kept.sha256), keys::write(&kept)?);
        }
        let Some(id) = event.id() else { return Ok(()) };
        let order = self.get(&keys::id(id))?;
        let known = match &order {
            Some(order) => match self.submissions.get(order) {
                Some(submission) => Some(submission.clone()),
                None => self.db.get(keys::submission(order))?.map(|record| keys::read(&record)).transpose()?,
            },
            None => None,
        };
        let is_known = known.is_some();
        let before = known.as_ref().map(|submission: &Submission| (&submission.phase, submission.answers));
        let Some(phase) = Phase::after(before, event)? else { return Ok(()) };
        if matches!(event, Event::Decided(_)) {
            return Ok(()); // nothing is said yet
        }
        let order = order.unwrap_or_else(|| keys::order(position));
        let submission = match (event, known) {
            (Event::Held(held), None) => {
                let of = held.participant.as_ref();
                let detached = held.detached.as_ref();
                let octets = keys::octets(of, held.document.sha256, detached.map(|file| file.sha256));
                self.put_if_absent(octets, &order)?;
                let arrival = Arrived::Held(held.clone());
                Submission { phase, arrival, answers: 0, last: None }
            }
            (Event::RefusedInPlace(refused), None) => {
                self.put(keys::refused(&refused.participant, &refused.key), order.clone());
                let arrival = Arrived::RefusedInPlace(refused.clone());
                Submission { phase, arrival, answers: 0, last: None }
            }
            (Event::Answered(answered), Some(before)) => {
                self.put(keys::receipt(&answered.receipt.number), order.clone());
                if let (Some(body), Some(logged)) = (&answered.participant, answered.receipt.logged) {
                    self.put(keys::last_receipt(body), keys::write(&(&answered.receipt.number, logged))?);
                }
                let (answers, last) = (answered.answer, Some((**answered).clone()));
                let submission = Submission { phase, answers, last, ..before };
                self.stand(&submission, answered, &order)?;
                self.accept(id, &order, answered.decision == Decision::Accepted)?;
                match Unsettled::of(&submission) {
                    Some(unsettled) => self.put(keys::unsettled(&order), keys::write(&unsettled)?),
                    None => drop(self.changed.insert(keys::unsettled(&order), None)),
                }
                submission
            }
            (Event::Settled { .. }, Some(before)) => {
                self.changed.insert(keys::unsettled(&order), None);
                Submission { phase, ..before }
            }
            (Event::Contested(_), Some(before)) => {
                self.changed.insert(keys::unsettled(&order), None);
                self.put(keys::contested(&order), keys::write(&id)?);
                self.accept(id, &order, false)?;
                let submission = Submission { phase, ..before };
                if let Some(answered) = submission.last.clone() {
                    self.fall(&submission, &answered, &order)?; // at once: nothing more is its duplicate
                }
                submission
            }
            (_, Some(before)) => Submission { phase, ..before },
            // `Phase::after` gives a phase to what is unknown only when it arrives.
            (_, None) => return Ok(()),
        };
        if submission.phase == Phase::Closed {
            self.changed.insert(keys::open(&order), None);
        } else {
            self.put(keys::open(&order), Vec::new());
        }
        if !is_known {
            self.put(keys::id(id), order.clone());
        }
        self.submissions.insert(order, submission);
        Ok(())
    }

    /// By which submission content and octets stand, after an answer (CONTRACT 3, *Content*).
    fn stand(&mut self, submission: &Submission, answered: &Answered, order: &[u8]) -> Result<(), LedgerError> {
        match answered.decision {
            Decision::Accepted | Decision::Pending | Decision::Held => {
                stands(submission, answered).into_iter().try_for_each(|key| self.put_if_absent(key, order))
            }
            Decision::Rejected | Decision::Contested => self.fall(submission, answered, order),
            Decision::Duplicate => Ok(()),
        }
    }

    /// What stood by this submission stands no more.
    fn fall(&mut self, submission: &Submission, answered: &Answered, order: &[u8]) -> Result<(), LedgerError> {
        for key in stands(submission, answered) {
            if self.get(&key)?.as_deref() == Some(order) {
                self.changed.insert(key, None);
            }
        }
        Ok(())
    }

    /// Whether a submission's acceptance counts from now on.
    fn accept(&mut self, id: SubmissionId, order: &[u8], counts: bool) -> Result<(), LedgerError> {
        let key = keys::accepted(order);
        if self.get(&key)?.is_some() == counts {
            return Ok(());
        }
        let count = self.get(keys::ACCEPTANCES)?.map_or(Ok(0), |count| keys::read::<u64>(&count))?;
        let count = if counts { count.saturating_add(1) } else { count.saturating_sub(1) };
        self.put(keys::ACCEPTANCES.to_vec(), keys::write(&count)?);
        let value = if counts { Some(keys::write(&id)?) } else { None };
        self.changed.insert(key, value);
        Ok(())
    }

    /// Gives everything gathered to sled, in one batch with the place behind it.
    pub(super) fn commit(&mut self) -> Result<(), LedgerError> {
        let Some(position) = self.position.take() else { return Ok(()) };
        let (key, place) = keys::place_entry(position)?;
        self.put(key, place);
        let mut batch = sled::Batch::default();
        for (order, submission) in std::mem::take(&mut self.submissions) {
            batch.insert(keys::submission(&order), keys::write(&submission)?);
        }
        for (key, value) in std::mem::take(&mut self.changed) {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.db.apply_batch(batch)?;
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        match self.changed.get(key) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.db.get(key)?.map(|value| value.to_vec())),
        }
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changed.insert(key, Some(value));
    }

    fn put_if_absent(&mut self, key: Vec<u8>, order: &[u8]) -> Result<(), LedgerError> {
        if self.get(&key)?.is_none() {
            self.put(key, order.to_vec());
        }
        Ok(())
    }
}
