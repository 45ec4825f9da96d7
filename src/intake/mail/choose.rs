//! What of a message is a submission: attachments by their content, a detached signature by the name beside it.
//!
//! Owns the choice (docs/mail.md). A guess by content, as in a folder: `signature` decides what a file is. Opens the
//! one layer that may stand around a whole message, its S/MIME signature (RFC 8551 3.5), as if it were not there: it
//! signs the mail and files nothing.

use super::{Left, Parcel, Piece, Post};
use crate::document::GivenName;
use crate::forms::outline::outline;
use crate::forms::pem::begins_like_smime;
use crate::host::{Octets, Scratch};
use crate::intake::folder::{look, sniff};
use crate::letter::{self, Attachment, Fault, Letter, Limits, Nature};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// Octets of a CMS file besides its content that are looked at: as `limits.cms_size` allows by default.
const CMS_MAX: u64 = 1 << 20;

/// Reads a message and chooses. Attachments are decoded into nameless files of `scratch`.
///
/// # Errors
/// [`Fault`]; then nothing of it counts.
pub fn open(source: impl Read, limits: &Limits, size_max: u64, scratch: &Scratch) -> Result<Post, Fault> {
    let mut sink = || scratch.file();
    let mut letter = letter::read(source, limits, &mut sink)?;
    if let Some(within) = layer(&letter)? {
        let Letter { attachments, .. } = letter::read(within.reader(), limits, &mut sink)?;
        letter.attachments = attachments;
    }
    let (mut parcels, mut left) = (Vec::new(), Vec::new());
    // what a mail system gives back is nobody's submission
    if letter.nature != Nature::Bounce {
        choose(std::mem::take(&mut letter.attachments), size_max, &mut parcels, &mut left)?;
    }
    let key = letter.key();
    let Letter { references, from, subject, nature, report, size, .. } = letter;
    Ok(Post { key, references, from, subject, nature, report, size, parcels, left })
}

/// The message within the signature of the whole one, where it is such a message.
fn layer(letter: &Letter<File>) -> Result<Option<Octets>, Fault> {
    let [Attachment { is_layer: true, is_broken: false, octets, size, .. }] = &letter.attachments[..] else {
        return Ok(None);
    };
    let whole = Octets::File(Arc::new(octets.try_clone()?), *size);
    let Ok(outline) = outline(&whole, CMS_MAX) else { return Ok(None) };
    let Some(content) = outline.content else { return Ok(None) };
    // a signed document alone in a mail is none: that begins as XML or a table does
    let head = content.head(4096)?;
    let is_message = begins_like_smime(&head) && has_field(&head, b"content-type:");
    Ok(is_message.then_some(content))
}

fn has_field(head: &[u8], field: &[u8]) -> bool {
    let mut lines = head.split(|octet| *octet == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    lines.any(|line| line.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field)))
}

fn choose(
    attachments: Vec<Attachment<File>>,
    size_max: u64,
    parcels: &mut Vec<Parcel>,
    left: &mut Vec<(String, Left)>,
) -> io::Result<()> {
    let mut whole = Vec::with_capacity(attachments.len());
    // a name counts, whatever became of the file that bears it: a signature must not find another document
    let (mut documents, mut signatures) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    for attachment in attachments {
        let name = attachment.name.clone().unwrap_or_else(|| format!("part-{}", attachment.part));
        match signed_name(&name) {
            Some(document) => *signatures.entry(document).or_default() += 1,
            None => *documents.entry(name.clone()).or_default() += 1,
        }
        let fault = match attachment.size {
            _ if attachment.is_broken => Some(Left::Broken),
            0 => Some(Left::Empty),
            size if size > size_max => Some(Left::TooLarge),
            _ => None,
        };
        match fault {
            Some(fault) => left.push((name, fault)),
            None => whole.push((name, attachment)),
        }
    }
    let (beside, alone): (Vec<_>, Vec<_>) = whole.into_iter().partition(|(name, _)| signed_name(name).is_some());
    let mut beside: BTreeMap<String, (String, Attachment<File>)> =
        beside.into_iter().filter_map(|(name, one)| Some((signed_name(&name)?, (name, one)))).collect();
    for (name, document) in alone {
        let (twins, theirs) = (documents.get(&name).copied(), signatures.get(&name).copied().unwrap_or(0));
        if theirs > 0 {
            match beside.remove(&name) {
                Some((its_name, signature)) if twins == Some(1) && theirs == 1 => parcels.push(Parcel {
                    part: document.part,
                    document: piece(&name, document),
                    detached: Some(piece(&its_name, signature)),
                }),
                // its signature is broken, or which is whose cannot be told
                _ => left.push((name, Left::Ambiguous)),
            }
        } else if is_signed(&name, &document.octets, document.size)? {
            parcels.push(Parcel { part: document.part, document: piece(&name, document), detached: None });
        } else {
            left.push((name, Left::Unsigned));
        }
    }
    left.extend(beside.into_values().map(|(name, _)| (name, Left::Orphan)));
    Ok(())
}

/// The document's name, when this is the name of a detached signature.
fn signed_name(name: &str) -> Option<String> {
    look::document_of(name.as_ref()).and_then(|document| document.to_str()).map(str::to_owned)
}

fn piece(name: &str, attachment: Attachment<File>) -> Piece {
    Piece { name: GivenName::new(name), file: attachment.octets, sha256: attachment.sha256 }
}

/// Whether it carries its signature inside. A PDF may, and is no form that a dataset has: covering letters are PDF.
fn is_signed(name: &str, file: &File, size: u64) -> io::Result<bool> {
    /// The type of a CMS file that is signed (RFC 5652 5.1), and how far in it may stand.
    const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
    const WITHIN: usize = 32;
    let whole = Octets::File(Arc::new(file.try_clone()?), size);
    let head = whole.head(512)?;
    if head.starts_with(b"%PDF-") {
        return Ok(false);
    }
    if head.starts_with(b"PK\x03\x04") {
        // ETSI EN 319 162-1 A.1: the first entry, stored, says what it is; or its name does
        let says_so = memchr::memmem::find(&head, b"mimetypeapplication/vnd.etsi.asic").is_some();
        return Ok(says_so || sniff::look_inside(&GivenName::new(name), file, size)?);
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    let is_pem = text.starts_with(b"-----BEGIN CMS") || text.starts_with(b"-----BEGIN PKCS7");
    let is_der = head.first() == Some(&0x30) && head.windows(SIGNED_DATA.len()).take(WITHIN).any(|w| w == SIGNED_DATA);
    if is_der {
        // one whose content is another file is the signature of nothing here
        return Ok(outline(&whole, CMS_MAX).is_ok_and(|outline| outline.content.is_some()));
    }
    Ok(is_pem
        || (!name.to_ascii_lowercase().ends_with(".p7m") && sniff::look_inside(&GivenName::new(name), file, size)?))
}
