//! The registry: participants and their responsible persons (R 3.2).

use crate::document::{DatasetName, Digest, Fin, MailAddress, ParticipantName, Voen};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Sign and file submissions.
    File,
    /// Approve what needs approval.
    Approve,
    /// Propose corrections to other bodies' data (R 3.13); who may file may do this as well.
    Propose,
}

/// A responsible person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Full name.
    pub name: String,
    /// Personal number.
    pub fin: Fin,
    /// Fingerprints of the registered certificates.
    pub certificates: Vec<Digest>,
    /// Datasets the person may file.
    pub datasets: BTreeSet<DatasetName>,
    /// Rights.
    pub rights: BTreeSet<Right>,
    /// First day.
    pub from: Date,
    /// Last day, if any.
    pub to: Option<Date>,
}

/// By which ways a body is answered; never by none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// In its folder.
    pub folder: bool,
    /// By mail, to the address that stands beside.
    pub mail: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self { folder: true, mail: false }
    }
}

/// A body that files.
#[derive(Clone, Debug)]
pub struct Participant {
    /// Its slug.
    pub slug: ParticipantName,
    /// Its name for people.
    pub name: String,
    /// Its tax number.
    pub voen: Voen,
    /// Whether it is the owner (S 2.1.3).
    pub owner: bool,
    /// Its competence.
    pub datasets: BTreeSet<DatasetName>,
    /// Whether its access is suspended (S 10.4).
    pub suspended: bool,
    /// Where its answers go by mail, if they do.
    pub mail: Option<MailAddress>,
    /// By which ways it is answered.
    pub answers: Answers,
    /// Whether the signature of a mail files the statements in it for this body (`mail_signature = "files"`).
    pub mail_signature: bool,
    /// Its responsible persons.
    pub persons: Vec<Person>,
}

/// All participants.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// By slug.
    pub participants: BTreeMap<ParticipantName, Participant>,
}

impl Registry {
    /// Whose certificate it is, and for which body he is registered with it.
    pub fn holder(&self, certificate: &Digest) -> Option<(&Participant, &Person)> {
        let all = self.participants.values().flat_map(|one| one.persons.iter().map(move |person| (one, person)));
        all.into_iter().find(|(_, person)| person.certificates.contains(certificate))
    }
}
