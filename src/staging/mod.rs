//! Staging: what arrived becomes safe, and only then leaves its source (S 3.1.2).
//!
//! Owns the step from *copying* to *held safely* ([`Staging::hold`]): octets into evidence, their
//! digests into the journal, each made durable once for a whole group, evidence first. A
//! [`Staged`] is in custody only after both, and only then may intake release the source.
//! Never judges, never reads what the octets say.

mod copy;
mod hold;
mod room;
#[cfg(test)]
mod tests;

pub use hold::{HeldGroup, Holding, NotHeld, Staging, Synced, Unsafe, Unsynced, Why};
pub use room::room;

use crate::document::{Digest, GivenName, ParticipantName, SubmissionId};
use crate::host::Octets;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A submission that is safe in the window, or about to be ([`About::is_held`] tells). Its octets are
/// not readable as such: only `signature` takes it apart.
#[derive(Debug)]
pub struct Staged {
    about: About,
    document: Octets,
    detached: Option<Octets>,
}

/// What may be known of a submission before anybody believed it: facts of its arrival.
#[derive(Clone, Debug)]
pub struct About {
    /// Its id.
    pub id: SubmissionId,
    /// When it was received; every judgement is made at this time.
    pub received: Timestamp,
    /// The participant whose channel it came by; none where the signer says it (`check`).
    pub participant: Option<ParticipantName>,
    /// The document.
    pub document: Given,
    /// The detached signature that came beside it.
    pub detached: Option<Given>,
    /// Whether that is the signed mail which the document came in: it signs the mail, and so what is in it.
    pub mail_signed: bool,
    /// Whether it is durable in evidence, or only looked at (`check`).
    pub custody: Custody,
}

/// A file as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name: data, never a path.
    pub name: GivenName,
    /// Its size in octets.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

/// Who answers for the octets.
#[derive(Clone, Debug)]
pub enum Custody {
    /// Durable in evidence and journal.
    Held,
    /// On their way there: held when [`Staging`] says so, and only looked at until then.
    Promised(Promise),
    /// Looked at where it lies; can be judged, never loaded.
    Glance,
}

/// Whether a promise is kept. Only staging keeps one.
#[derive(Clone, Debug, Default)]
pub struct Promise(Arc<AtomicBool>);

impl Promise {
    fn keep(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl About {
    /// Size of document and detached signature together, in octets.
    pub fn size(&self) -> u64 {
        self.document.size.saturating_add(self.detached.as_ref().map_or(0, |given| given.size))
    }

    /// Whether its octets are durable in the window; nothing else is ever loaded.
    pub fn is_held(&self) -> bool {
        match &self.custody {
            Custody::Held => true,
            Custody::Promised(Promise(kept)) => kept.load(Ordering::Acquire),
            Custody::Glance => false,
        }
    }
}

impl Staged {
    /// What is known of it.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Takes it apart. For `signature` alone (held by `tests/rooms.rs`).
    pub(crate) fn into_octets(self) -> (About, Octets, Option<Octets>) {
        (self.about, self.document, self.detached)
    }

    /// A submission that is only looked at.
    pub fn glance(about: About, document: Octets, detached: Option<Octets>) -> Self {
        Self { about: About { custody: Custody::Glance, ..about }, document, detached }
    }
}

#[cfg(test)]
impl About {
    /// An arrival that nobody saw, for tests of later rooms.
    pub(crate) fn unseen(id: SubmissionId, held: bool) -> Self {
        Self {
            id,
            received: "2026-10-05T06:00:00Z".parse().expect("a moment"),
            participant: None,
            document: Given { name: GivenName::new("unseen.xml"), size: 1, sha256: Digest::of(b"unseen") },
            detached: None,
            mail_signed: false,
            custody: if held { Custody::Held } else { Custody::Glance },
        }
    }
}
