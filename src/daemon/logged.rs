//! Logging what is said: from an outcome to its place in the transparency log.
//!
//! Owns the order: the word is a durable line of the journal first, then a checkpoint is signed over it, and only then
//! its receipt is sealed, with the proofs in it. A stop in between leaves a line without a receipt, and the next start
//! writes another. Decides nothing about a document.

use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::document::ParticipantName;
use crate::journal::{Decided, Event, Leaf, Logged, Written};
use crate::seal::{Commitment, OutcomeRecord, PreviousRecord, Sealed, SinceRecord, said};
use crate::transparency::{LogFault, Since};
use std::collections::HashSet;

impl From<LogFault> for Halt {
    fn from(fault: LogFault) -> Self {
        match fault {
            LogFault::Journal(error) => error.into(),
            fault @ LogFault::Other { .. } => Self::Unfit(fault.to_string()),
            fault => Self::broken(fault),
        }
    }
}

impl Window {
    /// Writes down what is to be said, durably, and proves each to be in the log.
    pub(super) fn commit(&mut self, records: &[&OutcomeRecord]) -> Result<Vec<Commitment>, Halt> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.host.clock.now();
        for record in records {
            let OutcomeRecord { id, answer, decision, .. } = **record;
            self.journal.append(now, Event::Decided(Decided { id, answer, decision, said: said(record) }))?;
        }
        let written = self.journal.sync()?;
        // what else was remembered stands before them
        let leaves = written.leaves().to_vec().split_off(written.leaves().len().saturating_sub(records.len()));
        self.took(written)?;
        self.prove(records, &leaves).map_err(|fault| match fault {
            LogFault::Damaged => self.transparency.damaged().into(),
            fault => fault.into(),
        })
    }

    fn prove(&self, records: &[&OutcomeRecord], leaves: &[Leaf]) -> Result<Vec<Commitment>, LogFault> {
        let head = self.transparency.head()?;
        let key = self.transparency.key().to_string();
        let (mut commitments, mut bodies) = (Vec::with_capacity(records.len()), HashSet::new());
        for (record, leaf) in records.iter().zip(leaves) {
            let previous = record.participant.as_ref().and_then(|body| self.previous(body));
            // of the first of a body alone: the seal ties the next ones to it
            let is_first = record.participant.as_ref().is_some_and(|body| bodies.insert(body));
            let since = match &previous {
                Some(previous) if is_first && previous.size < head.size => head.since(previous.size)?,
                _ => None,
            };
            let since = since.map(|Since { size, root, proof }| SinceRecord { size, root, proof });
            commitments.push(Commitment {
                entry: leaf.json.clone(),
                index: leaf.index,
                inclusion: head.inclusion(leaf)?,
                size: head.size,
                checkpoint: head.note.clone(),
                key: key.clone(),
                since,
                previous,
            });
        }
        Ok(commitments)
    }

    /// Remembers what was sealed, in its order: the next receipt of each body is tied to it.
    pub(super) fn remember(&mut self, records: &[&OutcomeRecord], sealed: &[Sealed]) {
        for (record, sealed) in records.iter().zip(sealed) {
            if let (Some(body), Some(size)) = (&record.participant, sealed.log_size()) {
                let (number, content) = (sealed.number().to_owned(), sealed.content());
                self.last_receipts.insert(body.clone(), PreviousRecord { number, content, size });
            }
        }
    }

    /// The receipt before of a body: what was sealed since the start is remembered, what was before is indexed.
    fn previous(&self, body: &str) -> Option<PreviousRecord> {
        if let Some(previous) = self.last_receipts.get(body) {
            return Some(previous.clone());
        }
        let name: ParticipantName = body.parse().ok()?;
        match self.ledger.last_receipt(&name) {
            Ok(last) => last.map(|(number, Logged { content, size })| PreviousRecord { number, content, size }),
            Err(error) => {
                tracing::warn!(advice = %Advice::IndexAnew,
                    %error, body, "the receipt before is not known: this one is tied to none");
                None
            }
        }
    }

    /// For idle moments: the log's nodes durable, its checkpoint beside them.
    pub(super) fn rest_transparency(&mut self) -> Result<(), Halt> {
        self.transparency.sync()?;
        self.lay_checkpoint()
    }

    /// Lays the checkpoint over all that is in the log where others may fetch it, also while there is no idle moment.
    /// It is derived, and in every receipt as well: where the disk does not take it, that is told and tried again.
    pub(super) fn lay_checkpoint(&mut self) -> Result<(), Halt> {
        let Self { transparency, host, config, tally, .. } = self;
        match transparency.publish(&host.disk, &config.settings().window.paths.state) {
            Ok(()) => tally.laying = None,
            Err(fault @ LogFault::Disk { .. }) => {
                let why = fault.to_string();
                if tally.laying.as_ref() != Some(&why) {
                    tracing::error!(advice = %Advice::CheckpointKeptBack,
                        why, "the log's checkpoint cannot be laid; it is tried again and again");
                }
                tally.laying = Some(why);
            }
            Err(fault) => return Err(fault.into()),
        }
        Ok(())
    }

    /// Takes what has become durable in the journal: it is counted, the transparency log has it at
    /// once, the ledger by and by.
    pub(super) fn took(&mut self, written: Written) -> Result<(), Halt> {
        self.metrics.journalled(&written, &self.world);
        self.transparency.extend(written.leaves())?;
        self.unlearned.push(written);
        Ok(())
    }
}
