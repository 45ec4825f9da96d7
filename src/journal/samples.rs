//! Events for the tests of journal, ledger and staging.

use super::{
    Answered, Contested, Decided, Event, Held, HeldFile, Journal, JournalError, KeptPath, RefusedInPlace,
    SealedReceipt, Settings,
};
use crate::document::{Content, Decision, Digest, GivenName, SubmissionId};
use crate::evidence::Location;
use crate::host::Disk;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Opens the journal as a window does, but waits out a lock that was let go a moment ago: a child
/// that another test's thread forks holds a copy of every descriptor until it has its own image.
pub(crate) fn opened(disk: &Disk, state: &Path, settings: Settings) -> Result<Journal, JournalError> {
    for _ in 0..50 {
        match Journal::open(disk, state, settings) {
            Err(JournalError::InUse { .. }) => std::thread::sleep(Duration::from_millis(10)),
            result => return result,
        }
    }
    Journal::open(disk, state, settings)
}

/// A moment in October 2026, so many seconds in.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_812_800 + second).unwrap()
}

pub(crate) fn id(n: i64) -> SubmissionId {
    format!("0199a000-0000-7000-8000-{n:012x}").parse().unwrap()
}

pub(crate) fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

pub(crate) fn held(n: i64, octets: &str) -> Event {
    let document = HeldFile {
        name: GivenName::new(format!("hesabat-{n}.xml")),
        sha256: digest(octets),
        size: octets.len() as u64,
        location: Location::Pack { number: 1, offset: 15 },
        source: None,
    };
    let participant = Some("azerenerji".parse().unwrap());
    let (channel, received) = ("folder".to_owned(), at(n));
    let (detached, mail_signed, thread) = (None, false, None);
    Event::Held(Box::new(Held { id: id(n), participant, channel, received, document, detached, mail_signed, thread }))
}

pub(crate) fn answered(n: i64, answer: u32, decision: Decision, content: &str) -> Event {
    let receipt = SealedReceipt {
        number: format!("trial/2026/{n}-{answer}"),
        file_name: format!("hesabat-{n}.xml.{}.receipt.xml", id(n)),
        sha256: digest("receipt"),
        size: 7,
        location: Location::Object,
        lacks_stamp: false,
        logged: None,
    };
    Event::Answered(Box::new(Answered {
        id: id(n),
        answer,
        decision,
        participant: Some("azerenerji".parse().unwrap()),
        dataset: Some("generation".parse().unwrap()),
        period: Some("2026-Q3".parse().unwrap()),
        revision: Some("1".parse().unwrap()),
        records: Some(12),
        content: Some(Content(digest(content))),
        signers: vec![digest("certificate")],
        proven: BTreeMap::new(),
        findings: vec!["rule.station-missing".to_owned()],
        original: None,
        rows: None,
        acted: None,
        replaces: None,
        about: None,
        receipt,
        grounds: None,
        dossier: None,
        by_mail: Vec::new(),
    }))
}

pub(crate) fn decided(n: i64, answer: u32, decision: Decision) -> Event {
    Event::Decided(Decided { id: id(n), answer, decision, said: digest("said") })
}

pub(crate) fn deferred(n: i64, attempt: u32) -> Event {
    Event::Deferred { id: id(n), finding: "load.database-away".to_owned(), attempt, next: Some(at(60)) }
}

pub(crate) fn refused(n: i64, key: &str) -> Event {
    Event::RefusedInPlace(Box::new(RefusedInPlace {
        id: id(n),
        participant: "azerisiq".parse().unwrap(),
        name: GivenName::new("keçid"),
        key: key.to_owned(),
        received: at(n),
        finding: "intake.link".to_owned(),
        whole: None,
    }))
}

pub(crate) fn closed(n: i64) -> Event {
    Event::Closed { id: id(n) }
}

pub(crate) fn settled(n: i64) -> Event {
    Event::Settled { id: id(n), issued: at(n + 3600) }
}

pub(crate) fn contested(n: i64) -> Event {
    let (signer, serial) = (digest("certificate"), "4711".to_owned());
    Event::Contested(Box::new(Contested {
        id: id(n),
        signer,
        authority: false,
        serial,
        revoked: at(n - 60),
        moment: at(n),
    }))
}

pub(crate) fn path(signer: &str) -> Event {
    let (sha256, location) = (digest("path"), Location::Pack { number: 1, offset: 15 });
    Event::Path(Box::new(KeptPath { signer: digest(signer), sha256, size: 4, location }))
}
