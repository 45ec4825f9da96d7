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
