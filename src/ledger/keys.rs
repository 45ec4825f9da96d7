//! The keys of the one tree, and the form of its values.

use super::LedgerError;
use crate::document::{Content, Digest, ParticipantName, SubmissionId};
use crate::journal::Position;
use serde::{Deserialize, Serialize};

pub(super) const SUBMISSION: u8 = b's';
pub(super) const OPEN: u8 = b'o';
pub(super) const UNSETTLED: u8 = b'u';
pub(super) const CONTESTED: u8 = b'z';
pub(super) const ACCEPTED: u8 = b'a';
pub(super) const ACCEPTANCES: &[u8] = b"n";
const PLACE: &[u8] = b"p";

/// The version of the ledger's format; another one is rebuilt.
const VERSION: u32 = 5;

#[derive(Serialize, Deserialize)]
struct Place {
    version: u32,
    position: Position,
}

/// Up to where the ledger has read; the very beginning when it is new.
pub(super) fn place(db: &sled::Db) -> Result<Position, LedgerError> {
    match db.get(PLACE)? {
        None if db.is_empty() => Ok(Position { segment: 0, offset: 0, chain: Digest::from_bytes([0; 32]) }),
        None => Err(LedgerError::Record("it does not know its place".to_owned())),
        Some(place) => match read::<Place>(&place)? {
            Place { version: VERSION, position } => Ok(position),
            Place { version, .. } => Err(LedgerError::Record(format!("version {version}"))),
        },
    }
}

pub(super) fn place_entry(position: Position) -> Result<(Vec<u8>, Vec<u8>), LedgerError> {
    Ok((PLACE.to_vec(), write(&Place { version: VERSION, position })?))
}

pub(super) fn read<T: for<'de> Deserialize<'de>>(record: &[u8]) -> Result<T, LedgerError> {
    serde_json::from_slice(record).map_err(|error| LedgerError::Record(error.to_string()))
}

pub(super) fn write<T: Serialize>(record: &T) -> Result<Vec<u8>, LedgerError> {
    serde_json::to_vec(record).map_err(|error| LedgerError::Record(error.to_string()))
}

/// The order of a submission: the place behind its first line, as octets that sort.
pub(super) fn order(position: Position) -> Vec<u8> {
    [&position.segment.to_be_bytes()[..], &position.offset.to_be_bytes()].concat()
}

pub(super) fn submission(order: &[u8]) -> Vec<u8> {
    key(SUBMISSION, &[order])
}

pub(super) fn open(order: &[u8]) -> Vec<u8> {
    key(OPEN, &[order])
}

pub(super) fn unsettled(order: &[u8]) -> Vec<u8> {
    key(UNSETTLED, &[order])
}

pub(super) fn contested(order: &[u8]) -> Vec<u8> {
    key(CONTESTED, &[order])
}

pub(super) fn accepted(order: &[u8]) -> Vec<u8> {
    key(ACCEPTED, &[order])
}

pub(super) fn path(signer: Digest) -> Vec<u8> {
    key(b'k', &[signer.as_bytes()])
}

pub(super) fn kept(file: Digest) -> Vec<u8> {
    key(b'f', &[file.as_bytes()])
}

pub(super) fn id(id: SubmissionId) -> Vec<u8> {
    key(b'i', &[id.to_string().as_bytes()])
}

pub(super) fn content(of: &ParticipantName, content: Content) -> Vec<u8> {
    key(b'c', &[of.as_str().as_bytes(), b"\0", content.0.as_bytes()])
}

pub(super) fn octets(of: Option<&ParticipantName>, document: Digest, detached: Option<Digest>) -> Vec<u8> {
    let of = of.map_or("", ParticipantName::as_str);
    let detached = detached.as_ref().map_or(&[][..], |digest| digest.as_bytes());
    key(b'd', &[of.as_bytes(), b"\0", document.as_bytes(), detached])
}

pub(super) fn receipt(number: &str) -> Vec<u8> {
    key(b'r', &[number.as_bytes()])
}

pub(super) fn last_receipt(of: &ParticipantName) -> Vec<u8> {
    key(b'l', &[of.as_str().as_bytes()])
}

pub(super) fn refused(of: &ParticipantName, thing: &str) -> Vec<u8> {
    key(b'x', &[of.as_str().as_bytes(), b"\0", thing.as_bytes()])
}

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}
