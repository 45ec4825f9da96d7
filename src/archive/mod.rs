//! Archive: the last step of the path, and where what is past its active time goes (R 3.4.6, R 5.7).
//!
//! Owns [`Closed`], the end of a submission whose answer is where its receiver finds it, and the archive units: what
//! is due for one ([`gather`]), how one is named ([`name`]), made ([`mod@unit`]), read and verified ([`check`], by
//! what its receipts seal), its note, index and texts, and the calendar by which a notice is due. Never moves or
//! deletes evidence, and never changes a unit that was made.

pub mod calendar;
pub mod check;
pub mod gather;
pub mod index;
pub mod name;
pub mod note;
mod sealed;
pub mod texts;
pub mod unit;

use crate::document::SubmissionId;
use crate::journal::{Event, Written};
use std::path::PathBuf;
use std::time::Duration;

/// `[archive]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `after`: how long a closed submission stays active after the last thing that happened to it; none, and nothing
    /// is archived by itself. No default: the Rules give no number, so the owner has to.
    pub after: Option<Duration>,
    /// `every`: how often a running window looks for what is past it. A day: R 3.4.6 asks for a job, not for haste.
    pub every: Duration,
    /// `to`: the folder of the units.
    pub to: PathBuf,
    /// `unit_max`, octets: a unit that has grown past it is closed. 1 GiB: verified in seconds, copied in one piece,
    /// and far from the 4 GiB at which ZIP needs ZIP64.
    pub unit_max: u64,
    /// `prune`: whether packs and objects whose units verified leave the active store by themselves.
    pub prune: bool,
}

impl Settings {
    /// The defaults, with units in this folder.
    pub fn in_folder(to: PathBuf) -> Self {
        Self { after: None, every: Duration::from_secs(86_400), to, unit_max: 1 << 30, prune: false }
    }
}

/// A submission with which nothing is left to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    id: SubmissionId,
}

impl Closed {
    /// Every submission that this part of the journal closes. There is no other way to one.
    pub fn from_journal(written: &Written) -> Vec<Self> {
        let closed = |event: &Event| match event {
            Event::Closed { id } => Some(Self { id: *id }),
            _ => None,
        };
        written.entries().iter().filter_map(|(entry, _)| closed(&entry.event)).collect()
    }

    /// Its id.
    pub fn id(&self) -> SubmissionId {
        self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Disk, test_folder};
    use crate::journal::samples::{at, closed, deferred, id};
    use crate::journal::{Journal, Settings};

    #[test]
    fn only_what_is_durably_closed_is_closed() {
        let state = test_folder();
        let mut journal = Journal::open(&Disk::system(), state.path(), Settings::default()).unwrap();
        for event in [closed(1), deferred(2, 1), closed(3)] {
            journal.append(at(0), event).unwrap();
        }
        let written = journal.sync().unwrap();
        let ids: Vec<_> = Closed::from_journal(&written).iter().map(Closed::id).collect();
        assert_eq!(ids, [id(1), id(3)]);
    }
}
