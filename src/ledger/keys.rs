//! The keys of the one tree, and the form of its values.

use super::{LedgerError, Submission};
use crate::document::{Content, Digest, ParticipantName, SubmissionId};
use crate::journal::Position;
use serde::{Deserialize, Serialize};

pub(super) const SUBMISSION: u8 = b's';
pub(super) const OPEN: u8 = b'o';
pub(super) const UNSETTLED: u8 = b'u';
pub(super) const CONTESTED: u8 = b'z';
pub(super) const ACTED: u8 = b'a';
pub(super) const ID: u8 = b'i';
pub(super) const ACCEPTANCES: &[u8] = b"n";
const PLACE: &[u8] = b"p";
const SWEPT: &[u8] = b"q";

/// Octets of the segment that stands before a value.
const STAMP: usize = 4;

/// The version of the ledger's format; another one is rebuilt.
const VERSION: u32 = 6;

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

/// Up to which segment the ledger has given to the indexes what it knew; 0 before the first.
pub(super) fn swept(db: &sled::Db) -> Result<u32, LedgerError> {
    db.get(SWEPT)?.map_or(Ok(0), |segment| read(&segment))
}

pub(super) fn swept_entry(segment: u32) -> Result<(&'static [u8], Vec<u8>), LedgerError> {
    Ok((SWEPT, write(&segment)?))
}

/// A value, and before it the segment by which it came about: once that has an index, the value stands there.
pub(super) fn stamped(segment: u32, value: &[u8]) -> Vec<u8> {
    [&segment.to_be_bytes()[..], value].concat()
}

/// The segment and the value.
pub(super) fn unstamped(value: &[u8]) -> Result<(u32, &[u8]), LedgerError> {
    let (stamp, value) = value
        .split_first_chunk::<STAMP>()
        .ok_or_else(|| LedgerError::Record("a value without its segment".to_owned()))?;
    Ok((u32::from_be_bytes(*stamp), value))
}

/// Whether the key says by which submission something stands.
pub(super) fn is_standing(key: &[u8]) -> bool {
    matches!(key.first(), Some(b'c' | b'd' | b'x' | b'y'))
}

/// Whether the value behind the key goes once the segment of its last change has an index, whatever it is.
pub(super) fn is_swept(key: &[u8]) -> bool {
    is_standing(key) || matches!(key.first(), Some(&(b'r' | UNSETTLED | b'v')))
}

/// By which submission a key with this value stands; none where it fell.
pub(super) fn stands_by(value: &[u8]) -> Option<SubmissionId> {
    let id = value.get(STAMP..)?.first_chunk::<16>()?;
    Some(SubmissionId::from_octets(*id))
}

/// A submission that sled has, with its order and the segment of its last change.
pub(super) fn known(db: &sled::Db, of: SubmissionId) -> Result<Option<(Vec<u8>, u32, Submission)>, LedgerError> {
    let Some(value) = db.get(id(of))? else { return Ok(None) };
    let (_, order) = unstamped(&value)?;
    let Some(record) = db.get(submission(order))? else { return Ok(None) };
    let (segment, record) = unstamped(&record)?;
    Ok(Some((order.to_vec(), segment, read(record)?)))
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

/// Above every order within a segment and those before it, below all others.
pub(super) fn order_behind(segment: u32) -> Vec<u8> {
    [&segment.to_be_bytes()[..], &u64::MAX.to_be_bytes()].concat()
}

/// The segment and the offset of which an order was made; the very beginning of what is none.
pub(super) fn ordered(order: &[u8]) -> (u32, u64) {
    let parts = order.split_first_chunk::<4>().and_then(|(segment, rest)| Some((*segment, *rest.first_chunk::<8>()?)));
    parts.map_or((0, 0), |(segment, offset)| (u32::from_be_bytes(segment), u64::from_be_bytes(offset)))
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

pub(super) fn acted(order: &[u8]) -> Vec<u8> {
    key(ACTED, &[order])
}

pub(super) fn contested(order: &[u8]) -> Vec<u8> {
    key(CONTESTED, &[order])
}

pub(super) fn path(signer: Digest) -> Vec<u8> {
    key(b'k', &[signer.as_bytes()])
}

pub(super) fn kept(file: Digest) -> Vec<u8> {
    key(b'f', &[file.as_bytes()])
}

pub(super) fn id(id: SubmissionId) -> Vec<u8> {
    key(ID, &[&id.octets()])
}

pub(super) fn settled(id: SubmissionId) -> Vec<u8> {
    key(b'v', &[&id.octets()])
}

/// By which people ask for a submission: the name of a file, the number of a receipt.
pub(super) fn text(text: &str) -> Vec<u8> {
    key(b't', &[text.as_bytes()])
}

/// By what a submission is found that took the place of this one; indexes alone have it.
pub(super) fn replaced(id: SubmissionId) -> Vec<u8> {
    key(b'e', &[&id.octets()])
}

pub(super) fn sha256(sha256: Digest) -> Vec<u8> {
    key(b'h', &[sha256.as_bytes()])
}

pub(super) fn content(of: &ParticipantName, content: Content) -> Vec<u8> {
    key(b'c', &[of.as_str().as_bytes(), b"\0", content.0.as_bytes()])
}

pub(super) fn octets(of: Option<&ParticipantName>, document: Digest, detached: Option<Digest>) -> Vec<u8> {
    let of = of.map_or("", ParticipantName::as_str);
    let detached = detached.as_ref().map_or(&[][..], |digest| digest.as_bytes());
    key(b'd', &[of.as_bytes(), b"\0", document.as_bytes(), detached])
}

/// A submission by the message that it came in: no participant's name begins so.
pub(super) fn letter(message_id: &str, document: Digest, detached: Option<Digest>) -> Vec<u8> {
    let detached = detached.as_ref().map_or(&[][..], |digest| digest.as_bytes());
    key(b'd', &[b"@", message_id.as_bytes(), b"\0", document.as_bytes(), detached])
}

pub(super) fn receipt(number: &str) -> Vec<u8> {
    key(b'r', &[number.as_bytes()])
}

pub(super) fn last_receipt(of: &str) -> Vec<u8> {
    key(b'l', &[of.as_bytes()])
}

pub(super) fn refused(of: &ParticipantName, thing: &str) -> Vec<u8> {
    key(b'x', &[of.as_str().as_bytes(), b"\0", thing.as_bytes()])
}

/// By what `status` knows that something lies in a folder with its answer; indexes alone have it.
pub(super) fn left(of: &str, name: &str, inode: u64) -> Vec<u8> {
    key(b'y', &[of.as_bytes(), b"\0", &inode.to_be_bytes(), name.as_bytes()])
}

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}
