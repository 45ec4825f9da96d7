//! The place of a receipt in the transparency log, proven from the receipt alone.
//!
//! A receipt carries the journal's line that decided it, the proof that this line is in the log, the log's signed
//! checkpoint, and what ties it to the receipt before. Owns the proof that all these fit together and are of this
//! receipt. Whose checkpoint it is, the seal vouches for, and whoever has the log's key can ask for that very key.

use super::Proven;
use super::told::{Told, ToldLog, ToldSince};
use crate::document::Digest;
use crate::finding::{Code, Finding};
use crate::forms::merkle::{self, PROOF_MAX};
use crate::forms::note::{Checkpoint, LogKey};
use crate::host::Octets;
use crate::seal::{self, Entry, SAID_BEGINS, SAID_ENDS};
use crate::xml::{Canonicaliser, Limits, Method, Reader};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A proven place in a transparency log. Made by [`place`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The key that signed the checkpoint; its name is the log's.
    pub key: LogKey,
    /// The leaf that holds the word of this receipt.
    pub index: u64,
    /// The log with that leaf in it.
    pub checkpoint: Checkpoint,
    /// The checkpoint as it was signed.
    pub note: String,
    /// An earlier checkpoint, of which this one is proven to be a continuation.
    pub since: Option<(u64, Digest)>,
    /// The receipt before, of the same body.
    pub previous: Option<Tie>,
}

/// What a receipt says of the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Its number.
    pub number: String,
    /// The digest that its seal signs.
    pub content: Digest,
    /// The size of the log in its checkpoint.
    pub size: u64,
}

/// What does not fit; its word stands in the finding.
type Unfit = &'static str;

/// The place of a proven receipt; none of one from before there was a log. Where a key is given, the checkpoint must be
/// of that one.
///
/// # Errors
/// [`Code::ReceiptNotInLog`].
pub fn place(receipt: &Octets, proven: &Proven, key: Option<&LogKey>) -> Result<Option<Place>, Finding> {
    let told = proven.told();
    let Some(log) = &told.log else { return Ok(None) };
    let placed = said(receipt).and_then(|said| placed(told, log, said, key));
    placed.map(Some).map_err(|unfit| Finding::new(Code::ReceiptNotInLog).found(unfit))
}

/// Whether `before` is the receipt that this one names.
///
/// # Errors
/// [`Code::ReceiptNotInLog`].
pub fn follows(place: &Place, before: &Place, number: &str, content: Digest) -> Result<(), Finding> {
    let Checkpoint { size, root, .. } = before.checkpoint;
    let tie = Tie { number: number.to_owned(), content, size };
    let unfit = match &place.since {
        _ if place.key != before.key => Some("another log"),
        _ if place.previous.as_ref() != Some(&tie) => Some("another receipt before"),
        Some(since) if *since == (size, root) => None,
        None if (size, root) == (place.checkpoint.size, place.checkpoint.root) => None,
        _ => Some("another checkpoint before"),
    };
    unfit.map_or(Ok(()), |unfit| Err(Finding::new(Code::ReceiptNotInLog).found(unfit)))
}

/// The digest that the seal of this receipt signs: of the whole document without the seal, canonical.
///
/// # Errors
/// [`Code::ReceiptNotAReceipt`] where it is not well-formed.
pub fn content(receipt: &Octets) -> Result<Digest, Finding> {
    let octets = canonical(receipt)?;
    let seal = memchr::memmem::rfind(&octets, b"<ds:Signature ").unwrap_or(octets.len());
    let mut content = octets;
    content.truncate(seal);
    content.extend_from_slice(b"</Receipt>");
    Ok(Digest::of(&content))
}

/// The digest of what is said: canonical, so that nothing in between can be something else to another reader.
fn said(receipt: &Octets) -> Result<Digest, Unfit> {
    let octets = canonical(receipt).map_err(|_| "form")?;
    said_in(&octets).map(Digest::of).ok_or("form")
}

/// Where in a canonical receipt that which is said stands.
fn said_in(octets: &[u8]) -> Option<&[u8]> {
    let begin = memchr::memmem::find(octets, SAID_BEGINS.as_bytes())? + SAID_BEGINS.len();
    let end = memchr::memmem::find(octets, SAID_ENDS.as_bytes())?;
    octets.get(begin..end)
}

/// The digest of what is said without the words of the table of findings ([`seal::plain()`]); none of a receipt that
/// has none of them, or has no place in a log.
pub fn plain(receipt: &Octets) -> Option<Digest> {
    let octets = canonical(receipt).ok()?;
    let (plain, worded) = seal::plain(std::str::from_utf8(said_in(&octets)?).ok()?);
    worded.then_some(plain)
}

/// The octets over which a seal is made: the canonical form, which leaves comments out.
fn canonical(receipt: &Octets) -> Result<Vec<u8>, Finding> {
    let mut octets = Vec::with_capacity(16 * 1024);
    let mut reader = Reader::new(receipt.reader(), receipt.len(), &Limits::default());
    let sink = |piece: &[u8]| octets.extend_from_slice(piece);
    let method = Method::Inclusive { comments: false, eleven: false };
    match Canonicaliser::document(method, sink).whole(&mut reader) {
        Ok(_) => Ok(octets),
        Err(fault) => Err(fault.finding().unwrap_or_else(|| Finding::new(Code::ReceiptNotAReceipt).found("—"))),
    }
}

fn placed(told: &Told, log: &ToldLog, said: Digest, wanted: Option<&LogKey>) -> Result<Place, Unfit> {
    let key: LogKey = log.key.parse().map_err(|_| "key")?;
    if wanted.is_some_and(|wanted| *wanted != key) {
        return Err("another log's key");
    }
    let checkpoint = key.verify(&log.checkpoint).map_err(|_| "checkpoint")?;
    let entry = Entry::read(&log.entry).ok_or("entry")?;
    if (entry.id.to_string().as_str(), entry.decision.as_str()) != (told.id.as_str(), told.decision.as_str()) {
        return Err("entry");
    }
    if entry.said != said {
        return Err("entry of another content");
    }
    let index = log.index.parse().map_err(|_| "index")?;
    let path = hashes(&log.inclusion).ok_or("inclusion")?;
    let leaf = merkle::leaf(log.entry.as_bytes());
    if !merkle::is_included(leaf, index, checkpoint.size, &path, checkpoint.root) {
        return Err("inclusion");
    }
    let since = match &log.since {
        None => None,
        Some(since) => Some(since.proven(&checkpoint).ok_or("consistency")?),
    };
    let previous = match &log.previous {
        None => None,
        Some((number, content, size)) => Some(Tie {
            number: number.clone(),
            content: content.parse().map_err(|_| "receipt before")?,
            size: size.parse().map_err(|_| "receipt before")?,
        }),
    };
    // the receipt before is tied by a checkpoint that this one continues
    if previous.as_ref().is_some_and(|tie| tie.size != since.map_or(checkpoint.size, |(size, _)| size)) {
        return Err("consistency");
    }
    Ok(Place { key, index, checkpoint, note: log.checkpoint.clone(), since, previous })
}

impl ToldSince {
    /// Size and root of the earlier checkpoint, where the proof leads from it to this one.
    pub fn proven(&self, checkpoint: &Checkpoint) -> Option<(u64, Digest)> {
        let earlier = (self.size.parse().ok()?, hash(&self.root)?);
        let proof = hashes(&self.proof)?;
        merkle::is_consistent(earlier, (checkpoint.size, checkpoint.root), &proof).then_some(earlier)
    }
}

fn hash(text: &str) -> Option<Digest> {
    Some(Digest::from_bytes(BASE64.decode(text).ok()?.try_into().ok()?))
}

fn hashes(text: &str) -> Option<Vec<Digest>> {
    let hashes = text.split(' ').filter(|text| !text.is_empty());
    hashes.take(PROOF_MAX + 1).map(hash).collect()
}
