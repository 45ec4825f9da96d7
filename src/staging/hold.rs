//! Holding: the one instant at which the window answers for a submission.

use super::copy::{Copied, NotCopied, SourceFault, copy};
use super::{About, Custody, Given, Staged};
use crate::evidence::{Evidence, EvidenceError, Kept};
use crate::host::{Clock, Octets};
use crate::intake::{Arrival, Incoming};
use crate::journal::{Event, Held, HeldFile, Journal, JournalError, Source, Written};
use std::io;

/// Makes arrivals safe. Borrows the two things that make them so.
#[derive(Debug)]
pub struct Staging<'a> {
    clock: &'a Clock,
    evidence: &'a mut Evidence,
    journal: &'a mut Journal,
}

/// What became of each arrival of a group, in its order, and what the ledger is to learn.
#[derive(Debug)]
pub struct HeldGroup {
    /// One for each arrival.
    pub holdings: Vec<Holding>,
    /// The journal's new entries: give them to the ledger.
    pub written: Written,
}

/// What became of one arrival.
#[derive(Debug)]
pub enum Holding {
    /// It is safe: its source may be released.
    Staged(Staged),
    /// It changed while it was copied: give it back, the change is a new arrival.
    Changed(Arrival),
    /// Its source cannot be read: give it back, and say why.
    Unreadable(Arrival, io::Error),
}

/// Our own disk failed: nothing of the group is held, no source may be released, and the group can
/// be tried again.
#[derive(Debug)]
pub struct NotHeld {
    /// All arrivals of the group.
    pub group: Vec<Arrival>,
    /// Why.
    pub why: Why,
}

/// What failed.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// Evidence.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Why {
    /// Whether the disk is full, so that waiting for room may help.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Evidence(error) => error.is_full(),
            Self::Journal(error) => error.is_full(),
        }
    }
}

/// A file that evidence promised to keep.
type Promised = (Kept, Octets);

/// What evidence promised of one arrival, or what is wrong with its source.
type Outcome = Result<(Promised, Option<Promised>), SourceFault>;

impl<'a> Staging<'a> {
    /// Staging into this evidence and journal. Let nothing else be promised there meanwhile: what
    /// is shares the group's fate.
    pub fn new(clock: &'a Clock, evidence: &'a mut Evidence, journal: &'a mut Journal) -> Self {
        Self { clock, evidence, journal }
    }

    /// Makes a group of arrivals safe: copies each, then one sync of evidence and one of the
    /// journal for all. A lone small document costs two fdatasyncs.
    ///
    /// Evidence goes first, so that a journal entry never speaks of what is not there. A crash
    /// between the two leaves octets in a pack that nobody speaks of, and the source where it was.
    ///
    /// # Errors
    /// [`NotHeld`] when our own disk fails: full, or broken.
    pub fn hold(&mut self, group: Vec<Arrival>) -> Result<HeldGroup, NotHeld> {
        let mut promised = Vec::with_capacity(group.len());
        for arrival in &group {
            match self.promise(arrival) {
                Ok(both) => promised.push(Ok(both)),
                Err(NotCopied::Source(fault)) => promised.push(Err(fault)),
                Err(NotCopied::Evidence(error)) => {
                    self.evidence.forget();
                    return Err(NotHeld { group, why: error.into() });
                }
            }
        }
        match self.make_durable(&group, &promised) {
            Ok(written) => {
                let holdings = group.into_iter().zip(promised).map(|(arrival, outcome)| holding(arrival, outcome));
                Ok(HeldGroup { holdings: holdings.collect(), written })
            }
            Err(why) => {
                self.evidence.forget();
                self.journal.forget();
                Err(NotHeld { group, why })
            }
        }
    }

    /// A submission that was held before, to be judged again: after a crash, or when its time has
    /// come. Its reception time is the recorded one.
    ///
    /// # Errors
    /// When evidence cannot be read, or is not what was kept (the window halts).
    pub fn again(&self, held: &Held) -> Result<Staged, EvidenceError> {
        let read = |file: &HeldFile| Ok((given(file), self.evidence.reader().read(&file.kept())?));
        let (document, octets) = read(&held.document)?;
        let (detached, detached_octets) = held.detached.as_ref().map(read).transpose()?.unzip();
        let about = About {
            id: held.id,
            received: held.received,
            participant: held.participant.clone(),
            document,
            detached,
            custody: Custody::Held,
        };
        Ok(Staged { about, document: octets, detached: detached_octets })
    }

    /// Both files are copied before evidence hears of either.
    fn promise(&mut self, arrival: &Arrival) -> Result<(Promised, Option<Promised>), NotCopied> {
        let document = copy(arrival.document(), self.evidence)?;
        let detached = arrival.detached().map(|file| copy(file, self.evidence)).transpose()?;
        let mut keep = |copied: Copied| copied.keep(self.evidence).map_err(NotCopied::Evidence);
        Ok((keep(document)?, detached.map(keep).transpose()?))
    }

    fn make_durable(&mut self, group: &[Arrival], promised: &[Outcome]) -> Result<Written, Why> {
        self.evidence.sync()?;
        let now = self.clock.now();
        for (arrival, outcome) in group.iter().zip(promised) {
            if let Ok((document, detached)) = outcome {
                let held = Held {
                    id: arrival.id(),
                    participant: Some(arrival.participant().clone()),
                    channel: "folder".to_owned(),
                    received: arrival.taken(),
                    document: file(arrival.document(), document),
                    detached: arrival.detached().zip(detached.as_ref()).map(|(source, kept)| file(source, kept)),
                };
                self.journal.append(now, Event::Held(Box::new(held)))?;
            }
        }
        Ok(self.journal.sync()?)
    }
}

fn holding(arrival: Arrival, outcome: Outcome) -> Holding {
    let (document, detached) = match outcome {
        Ok(promised) => promised,
        Err(SourceFault::Unreadable(error)) => return Holding::Unreadable(arrival, error),
        Err(SourceFault::Changed) => return Holding::Changed(arrival),
    };
    let given =
        |source: &Incoming, kept: &Kept| Given { name: source.name().clone(), size: kept.size, sha256: kept.sha256 };
    let about = About {
        id: arrival.id(),
        received: arrival.taken(),
        participant: Some(arrival.participant().clone()),
        document: given(arrival.document(), &document.0),
        detached: arrival.detached().zip(detached.as_ref()).map(|(source, (kept, _))| given(source, kept)),
        custody: Custody::Held,
    };
    Holding::Staged(Staged { about, document: document.1, detached: detached.map(|(_, octets)| octets) })
}

fn given(file: &HeldFile) -> Given {
    Given { name: file.name.clone(), size: file.size, sha256: file.sha256 }
}

fn file(source: &Incoming, (kept, _): &Promised) -> HeldFile {
    let facts = source.facts();
    let nanos = |(seconds, nanos): (i64, u32)| seconds.saturating_mul(1_000_000_000).saturating_add(nanos.into());
    HeldFile {
        name: source.name().clone(),
        sha256: kept.sha256,
        size: kept.size,
        location: kept.location,
        source: Some(Source {
            device: facts.dev,
            inode: facts.ino,
            size: facts.size,
            modified: nanos(facts.modified),
            changed: nanos(facts.changed),
        }),
    }
}
