//! Archive: the last step of the path.
//!
//! Owns [`Closed`], the end of a submission whose answer is where its receiver finds it. Never
//! moves or deletes evidence.

use crate::document::SubmissionId;
use crate::journal::{Event, Written};

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
