//! Holding: the one instant at which the window answers for a submission.

use super::copy::{Copied, NotCopied, SourceFault, copy};
use super::{About, Custody, Given, Promise, Staged};
use crate::evidence::{self, Evidence, EvidenceError, Kept};
use crate::host::{Clock, Octets};
use crate::intake::{Arrival, Incoming};
use crate::journal::{self, Event, Held, HeldFile, Journal, JournalError, Source, Written};
use std::io;
use std::path::PathBuf;

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
    /// There would be too little room left to answer what is taken.
    #[error("{free} octets are free at {}, and intake.free_min with this group asks for {wanted}", place.display())]
    Room {
        /// What lies on that disk.
        place: PathBuf,
        /// How many octets are free there.
        free: u64,
        /// How many are asked for.
        wanted: u64,
    },
}

impl Why {
    /// Whether the disk is full, so that waiting for room may help.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Evidence(error) => error.is_full(),
            Self::Journal(error) => error.is_full(),
            Self::Room { .. } => true,
        }
    }
}

/// A group that was copied and is not yet safe.
#[derive(Debug)]
#[must_use = "nothing is held before staging hears that it was synced"]
pub struct Unsafe {
    group: Vec<Arrival>,
    promise: Promise,
}

/// What makes a group safe: to be done by any thread.
#[derive(Debug)]
#[must_use = "nothing is held before it is synced"]
pub struct Unsynced {
    evidence: evidence::Unsynced,
    journal: Option<journal::Unsynced>,
}

/// It was done.
#[derive(Debug)]
pub struct Synced(Option<journal::Synced>);

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
        let (holdings, promised, unsynced) = self.begin(group)?;
        match self.finish(promised, unsynced.sync()) {
            Ok(written) => Ok(HeldGroup { holdings, written }),
            Err(mut not_held) => {
                not_held.group.extend(holdings.into_iter().filter_map(|holding| match holding {
                    Holding::Changed(arrival) | Holding::Unreadable(arrival, _) => Some(arrival),
                    Holding::Staged(_) => None,
                }));
                not_held.group.sort_by_key(Arrival::id);
                Err(not_held)
            }
        }
    }

    /// The same without waiting for the disk: what is staged may be looked at, and is held only once
    /// [`Staging::finish`] has heard that all of it was synced.
    ///
    /// # Errors
    /// As [`Staging::hold`].
    pub fn begin(&mut self, group: Vec<Arrival>) -> Result<(Vec<Holding>, Unsafe, Unsynced), NotHeld> {
        let mut promised: Vec<Outcome> = Vec::with_capacity(group.len());
        let begun = group.iter().try_for_each(|arrival| match self.promise(arrival) {
            Ok(both) => {
                promised.push(Ok(both));
                Ok(())
            }
            Err(NotCopied::Source(fault)) => {
                promised.push(Err(fault));
                Ok(())
            }
            Err(NotCopied::Evidence(error)) => Err(Why::from(error)),
        });
        let journalled = begun.and_then(|()| self.journal(&group, &promised));
        let journal = match journalled {
            Ok(journal) => journal,
            Err(why) => {
                self.evidence.forget();
                self.journal.forget();
                return Err(NotHeld { group, why });
            }
        };
        let promise = Promise::default();
        let (mut holdings, mut arrivals) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
        for (arrival, outcome) in group.into_iter().zip(promised) {
            holdings.push(match outcome {
                Ok(both) => {
                    let staged = staged(&arrival, both, Custody::Promised(promise.clone()));
                    arrivals.push(arrival);
                    Holding::Staged(staged)
                }
                Err(SourceFault::Unreadable(error)) => Holding::Unreadable(arrival, error),
                Err(SourceFault::Changed) => Holding::Changed(arrival),
            });
        }
        let unsynced = Unsynced { evidence: self.evidence.unsynced(), journal };
        Ok((holdings, Unsafe { group: arrivals, promise }, unsynced))
    }

    /// Hears what came of the sync: from now on the group is held, or it is not.
    ///
    /// # Errors
    /// As [`Staging::hold`]; what was staged must not be used then.
    pub fn finish(&mut self, promised: Unsafe, synced: Result<Synced, Why>) -> Result<Written, NotHeld> {
        let Unsafe { group, promise } = promised;
        let written = match synced {
            Ok(Synced(Some(synced))) => Ok(self.journal.synced(synced)),
            Ok(Synced(None)) => self.journal.sync().map_err(Why::from), // nothing was to be written
            Err(why) => {
                self.journal.not_synced();
                Err(why)
            }
        };
        match written {
            Ok(written) => {
                promise.keep();
                Ok(written)
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
            mail_signed: held.mail_signed,
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

    fn journal(&mut self, group: &[Arrival], promised: &[Outcome]) -> Result<Option<journal::Unsynced>, Why> {
        let now = self.clock.now();
        for (arrival, outcome) in group.iter().zip(promised) {
            if let Ok((document, detached)) = outcome {
                let held = Held {
                    id: arrival.id(),
                    participant: arrival.participant().cloned(),
                    channel: arrival.channel().to_owned(),
                    received: arrival.taken(),
                    document: file(arrival.document(), document),
                    detached: arrival.detached().zip(detached.as_ref()).map(|(source, kept)| file(source, kept)),
                    mail_signed: arrival.is_mail_signed(),
                    thread: arrival.thread().cloned(),
                };
                self.journal.append(now, Event::Held(Box::new(held)))?;
            }
        }
        Ok(self.journal.unsynced()?)
    }
}

impl Unsynced {
    /// Evidence first, so that a journal entry never speaks of what is not there.
    ///
    /// # Errors
    /// What the disk says; nothing of the group is held then.
    pub fn sync(self) -> Result<Synced, Why> {
        self.evidence.sync()?;
        Ok(Synced(self.journal.map(journal::Unsynced::sync).transpose()?))
    }
}

fn staged(arrival: &Arrival, (document, detached): (Promised, Option<Promised>), custody: Custody) -> Staged {
    let given =
        |source: &Incoming, kept: &Kept| Given { name: source.name().clone(), size: kept.size, sha256: kept.sha256 };
    let about = About {
        id: arrival.id(),
        received: arrival.taken(),
        participant: arrival.participant().cloned(),
        document: given(arrival.document(), &document.0),
        detached: arrival.detached().zip(detached.as_ref()).map(|(source, (kept, _))| given(source, kept)),
        mail_signed: arrival.is_mail_signed(),
        custody,
    };
    Staged { about, document: document.1, detached: detached.map(|(_, octets)| octets) }
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
