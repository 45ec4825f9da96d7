//! What an audit asks of the seal's act log: that it has every answer that the journal knows, as it was sealed, and
//! gave each number once.

use super::super::records::Records;
use crate::document::{Decision, Digest, SubmissionId};
use crate::host::Disk;
use crate::journal::{Answered, Decided};
use crate::seal::{ActsReader, LogFault, Skips, whole_length};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// What an answer is known by.
struct Said {
    number: String,
    decision: Decision,
    /// Of the sealed octets.
    sha256: Digest,
    /// Of all that the journal decided to say, where it did.
    said: Option<Digest>,
    /// Of the same without the words that the table of findings had then, as the receipt has it, where it has any.
    plain: Option<Digest>,
}

/// Answers that the journal knows, to be found in the act log.
pub(super) struct Acts {
    path: PathBuf,
    /// Its length before the journal was read: all submissions of these acts are in the journal.
    before: u64,
    answered: HashMap<(SubmissionId, u32), Said>,
    /// What was decided to be said, until it is.
    decided: HashMap<(SubmissionId, u32), Digest>,
    /// What of the log's index does not fit.
    index: Option<String>,
}

impl Acts {
    /// Before the journal is read.
    pub(super) fn before(path: &Path) -> io::Result<Self> {
        let (answered, decided) = (HashMap::new(), HashMap::new());
        Ok(Self { path: path.to_owned(), before: whole_length(path)?, answered, decided, index: None })
    }

    pub(super) fn decided(&mut self, decided: &Decided) {
        self.decided.insert((decided.id, decided.answer), decided.said);
    }

    /// An answer, with what its receipt says but for the table's words.
    pub(super) fn answered(&mut self, answered: &Answered, plain: Option<Digest>) {
        let key = (answered.id, answered.answer);
        let said = self.decided.remove(&key).filter(|_| answered.receipt.logged.is_some());
        let (number, decision, sha256) = (answered.receipt.number.clone(), answered.decision, answered.receipt.sha256);
        self.answered.insert(key, Said { number, decision, sha256, said, plain });
    }

    /// The first that does not fit. (An act without its answer is what a stop between the two leaves.)
    pub(super) fn unfit(mut self, records: &Records) -> Option<String> {
        let found = self.walk(records);
        let unfit = found.unwrap_or_else(|fault| Some(fault.to_string())).or_else(|| self.lacking());
        unfit.or(self.index)
    }

    fn lacking(&self) -> Option<String> {
        let first = self.answered.values().map(|said| &said.number).min()?;
        Some(format!(
            "the seal's act log {} lacks the receipt {first}, which the journal says was given",
            self.path.display()
        ))
    }

    fn walk(&mut self, records: &Records) -> Result<Option<String>, LogFault> {
        let skips = Skips::read(&Disk::system(), &self.path)?;
        let (mut last, mut given) = (HashMap::<i16, u64>::new(), HashMap::new());
        let mut acts = ActsReader::with_index(&self.path)?;
        while let Some(act) = acts.next()? {
            let unfit = |what: &str| Ok(Some(format!("the seal's act log: receipt {}: {what}", act.number)));
            let key = (act.id, act.answer);
            let highest = last.entry(act.year).or_default();
            if act.ordinal > *highest {
                if act.ordinal != skips.next(act.year, *highest) {
                    return unfit("numbers before it are missing");
                }
                *highest = act.ordinal;
            }
            if *given.entry((act.year, act.ordinal)).or_insert(key) != key {
                return unfit("its number was given twice");
            }
            if act.end <= self.before && records.get(act.id).is_none() {
                return unfit("the journal does not know the submission that it speaks of");
            }
            if let Some(answer) = self.answered.get(&key) {
                let is_it = answer.sha256 == act.sealed;
                // a later version has other words for the same finding, and the seal signed those of its time
                let says_it = answer.said == act.said || (act.plain.is_some() && answer.plain == act.plain);
                if is_it && answer.said.is_some() && !says_it {
                    return unfit("the record in it says something else than was decided");
                }
                if (&answer.number, answer.decision) != (&act.number, act.decision) {
                    return unfit("the journal says another answer");
                }
                if is_it {
                    self.answered.remove(&key);
                }
            }
        }
        self.index = acts.index_unfit();
        Ok(None)
    }
}
