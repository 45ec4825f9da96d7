//! What of a message is a submission: attachments by their content, a detached signature by the name beside it.
//!
//! Owns the choice (docs/mail.md). A guess by content, as in a folder: `signature` decides what a file is. Opens the
//! one layer that may stand around a whole message, its S/MIME signature (RFC 8551 3.5), as if it were not there. A
//! statement in it that nothing else signs is a submission with the whole signed mail beside it: whether that files
//! anything is asked of the registry, and what the signature covers by `signature`.

use super::{Left, Parcel, Piece, Post};
use crate::document::{Digest, GivenName, is_statement};
use crate::forms::outline::outline;
use crate::host::{Octets, Scratch};
use crate::intake::folder::{look, sniff};
use crate::letter::{self, Attachment, Fault, Letter, Limits, Nature, Signed};
use crate::xml;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// Octets of a CMS file besides its content that are looked at: as `limits.cms_size` allows by default.
const CMS_MAX: u64 = 1 << 20;

/// A mail that is signed as a whole.
struct Whole {
    /// What is kept of it beside a document: the signature with what it is over.
    file: File,
    sha256: Digest,
    name: &'static str,
    /// What is signed.
    part: Octets,
}

/// Reads a message and chooses. Attachments are decoded into nameless files of `scratch`.
///
/// # Errors
/// [`Fault`]; then nothing of it counts.
pub fn open(source: impl Read, limits: &Limits, size_max: u64, scratch: &Scratch) -> Result<Post, Fault> {
    let mut sink = || scratch.file();
    let mut letter = letter::read(source, limits, &mut sink)?;
    let whole = whole(&mut letter, limits, &mut sink)?;
    // the signature around the message
    if let Some(whole) = whole.as_ref().filter(|_| !letter.is_signed) {
        letter.attachments = letter::read(whole.part.reader(), limits, &mut sink)?.attachments;
    }
    let (mut parcels, mut left) = (Vec::new(), Vec::new());
    // what a mail system gives back is nobody's submission
    if letter.nature != Nature::Bounce {
        let attachments = std::mem::take(&mut letter.attachments);
        let count = attachments.len();
        let mut unsigned = choose(attachments, size_max, &mut parcels, &mut left)?;
        if let Some(whole) = whole.filter(|_| !unsigned.is_empty() || count == 0) {
            // from the octets that are signed: on the way here their line ends may have become others
            match letter::inside(&whole.part, limits, &mut sink) {
                Ok(inside) if inside.wrapped.is_some() && !inside.is_signed => {
                    wrapped(&whole, inside, size_max, (limits, &mut sink), &mut parcels, &mut left)?;
                }
                Ok(inside) if inside.attachments.len() == count && !inside.is_signed => {
                    by_mail(&whole, inside.attachments, size_max, &mut unsigned, &mut parcels)?;
                }
                Err(Fault::Io(error)) => return Err(error.into()),
                // by itself it cannot be read, or reads otherwise: nothing is filed by its signature
                Ok(_) | Err(_) => {}
            }
        }
        left.extend(unsigned.into_values().map(|(name, _)| (name, Left::Unsigned)));
        parcels.sort_by_key(|parcel| parcel.part);
    }
    let key = letter.key();
    let Letter { references, from, subject, nature, report, size, .. } = letter;
    Ok(Post { key, references, from, subject, nature, report, size, unagreed: Vec::new(), parcels, left })
}

/// The signature of the whole message, in parts to be read or around it, where there is one.
fn whole(
    letter: &mut Letter<File>,
    limits: &Limits,
    sink: &mut dyn FnMut() -> io::Result<File>,
) -> Result<Option<Whole>, Fault> {
    if let Some(Signed { octets: file, size, .. }) = letter.signed.take() {
        let came = Octets::File(Arc::new(file), size);
        let (part, cms) = match letter::split(&came, limits, CMS_MAX) {
            Ok(apart) => apart,
            Err(Fault::Io(error)) => return Err(error.into()),
            // it signs nothing; what is in it may bear signatures of its own
            Err(_) => return Ok(None),
        };
        // what no other program would find signed in it proves nothing, and files nothing
        let kept = letter::join(&part, &cms, sink)?;
        return Ok(kept.map(|Signed { octets: file, sha256, .. }| Whole {
            file,
            sha256,
            name: "signed-mail.eml",
            part,
        }));
    }
    let Some(part) = layer(letter, limits)? else { return Ok(None) };
    let only = letter.attachments.pop();
    Ok(only.map(|only| Whole { file: only.octets, sha256: only.sha256, name: "signed-mail.p7m", part }))
}

/// The message within the signature of the whole one, where it is such a message.
fn layer(letter: &Letter<File>, limits: &Limits) -> Result<Option<Octets>, Fault> {
    let [Attachment { is_layer: true, is_broken: false, octets, size, .. }] = &letter.attachments[..] else {
        return Ok(None);
    };
    let whole = Octets::File(Arc::new(octets.try_clone()?), *size);
    let Ok(outline) = outline(&whole, CMS_MAX) else { return Ok(None) };
    let Some(content) = outline.content else { return Ok(None) };
    // a signed document alone in a mail is none: that begins as XML or a table does
    let head = content.head(limits.header)?;
    let first = head.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let name = first.split(|octet| *octet == b':').next().filter(|name| name.len() < first.len());
    let is_field = name.is_some_and(|name| name.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-'));
    Ok((is_field && has_field(&head, b"content-type:")).then_some(content))
}

/// Takes what only the mail's signature signs in the message that its sender wrapped. What bears a signature of its own
/// is none there, as in any message within a message.
fn wrapped(
    whole: &Whole,
    inside: Letter<File>,
    size_max: u64,
    (limits, sink): (&Limits, &mut dyn FnMut() -> io::Result<File>),
    parcels: &mut Vec<Parcel>,
    left: &mut Vec<(String, Left)>,
) -> Result<(), Fault> {
    let mut own = Vec::new();
    let mut unsigned = choose(inside.attachments, size_max, &mut own, left)?;
    left.extend(own.into_iter().map(|parcel| (parcel.document.name.shown(), Left::Wrapped)));
    if !unsigned.is_empty() {
        // once more: the choice has taken the files
        let again = letter::inside(&whole.part, limits, sink)?;
        by_mail(whole, again.attachments, size_max, &mut unsigned, parcels)?;
    }
    left.extend(unsigned.into_values().map(|(name, _)| (name, Left::Unsigned)));
    Ok(())
}

/// What only the mail's signature signs, and says of itself that it is a statement.
fn by_mail(
    whole: &Whole,
    attachments: Vec<Attachment<File>>,
    size_max: u64,
    unsigned: &mut BTreeMap<usize, (String, u32)>,
    parcels: &mut Vec<Parcel>,
) -> io::Result<()> {
    for (at, attachment) in attachments.into_iter().enumerate() {
        let is_plain = attachment.is_beside && !attachment.is_broken;
        let Some((name, part)) = unsigned.get(&at).filter(|_| is_plain) else { continue };
        let octets = Octets::File(Arc::new(attachment.octets.try_clone()?), attachment.size);
        if attachment.size > size_max || !is_statement(&octets, &xml::Limits::default())? {
            continue;
        }
        let beside = Piece { name: GivenName::new(whole.name), file: whole.file.try_clone()?, sha256: whole.sha256 };
        let (part, document) = (*part, piece(name, attachment));
        parcels.push(Parcel { part, document, detached: Some(beside), mail_signed: true });
        unsigned.remove(&at);
    }
    Ok(())
}

fn has_field(head: &[u8], field: &[u8]) -> bool {
    let mut lines = head.split(|octet| *octet == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    lines.any(|line| line.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field)))
}

/// Takes what bears a signature of its own; what bears none is given back, by its place among the attachments: its name
/// and its part.
fn choose(
    attachments: Vec<Attachment<File>>,
    size_max: u64,
    parcels: &mut Vec<Parcel>,
    left: &mut Vec<(String, Left)>,
) -> io::Result<BTreeMap<usize, (String, u32)>> {
    let (mut whole, mut unsigned) = (Vec::with_capacity(attachments.len()), BTreeMap::new());
    // a name counts, whatever became of the file that bears it: a signature must not find another document
    let (mut documents, mut signatures) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    for (at, attachment) in attachments.into_iter().enumerate() {
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
            None => whole.push((at, name, attachment)),
        }
    }
    let (beside, alone): (Vec<_>, Vec<_>) = whole.into_iter().partition(|(_, name, _)| signed_name(name).is_some());
    let mut beside: BTreeMap<String, (String, Attachment<File>)> =
        beside.into_iter().filter_map(|(_, name, one)| Some((signed_name(&name)?, (name, one)))).collect();
    for (at, name, document) in alone {
        let (twins, theirs) = (documents.get(&name).copied(), signatures.get(&name).copied().unwrap_or(0));
        if theirs > 0 {
            match beside.remove(&name) {
                Some((its_name, signature)) if twins == Some(1) && theirs == 1 => parcels.push(Parcel {
                    part: document.part,
                    document: piece(&name, document),
                    detached: Some(piece(&its_name, signature)),
                    mail_signed: false,
                }),
                // its signature is broken, or which is whose cannot be told
                _ => left.push((name, Left::Ambiguous)),
            }
        } else if is_signed(&name, &document.octets, document.size)? {
            let part = document.part;
            parcels.push(Parcel { part, document: piece(&name, document), detached: None, mail_signed: false });
        } else {
            unsigned.insert(at, (name, document.part));
        }
    }
    left.extend(beside.into_values().map(|(name, _)| (name, Left::Orphan)));
    Ok(unsigned)
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
