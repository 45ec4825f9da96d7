//! The packaging: how a document and its signatures come together, and what the document is without it.
//!
//! A signature stands inside an XML document, in a file beside the document, in a CMS file around it
//! (`.p7m`), or in a container around it (ASiC). Owns which of these a file is, by its octets alone;
//! and that every signature is looked at, whichever way it came. Judges no signature itself.

use super::judge::Context;
use super::xml::{Hash, Named, Objects};
use super::{CmsLimits, Examined, asic, cms, xml};
use crate::document::{Content, Digest};
use crate::finding::{Code, Finding, Stop};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::cms::SignedData;
use crate::forms::outline::{self, Outline, outline};
use crate::forms::{der, pem};
use crate::host::Octets;
use crate::xml::{Fault, Limits, Method, Wrong};
use std::cell::RefCell;
use std::io;

/// What kind of file this is, by its first octets; names decide nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Xml,
    Pdf,
    Container,
    Cms,
    Other,
}

fn kind(octets: &Octets) -> io::Result<Kind> {
    octets.head(512).map(|head| kind_of(&head))
}

/// Whether a file that begins so may bear a signature inside.
pub(super) fn may_be_signed(head: &[u8]) -> bool {
    matches!(kind_of(head), Kind::Xml | Kind::Container | Kind::Cms)
}

fn kind_of(head: &[u8]) -> Kind {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    match (head, text) {
        ([0xFF, 0xFE, b'<', 0, ..] | [0xFE, 0xFF, 0, b'<', ..], _) => Kind::Xml,
        (_, [b'<', ..]) => Kind::Xml,
        (_, [b'%', b'P', b'D', b'F', ..]) => Kind::Pdf,
        ([b'P', b'K', 3 | 5, 4 | 6, ..], _) => Kind::Container,
        // a DER or BER sequence that begins with the OID of signedData (RFC 5652 5.1)
        ([0x30, ..], _) if head.windows(11).take(16).any(|w| w == SIGNED_DATA) => Kind::Cms,
        (_, text) if text.starts_with(b"-----BEGIN CMS") || text.starts_with(b"-----BEGIN PKCS7") => Kind::Cms,
        (_, text) if pem::begins_like_smime(text) => Kind::Cms,
        _ => Kind::Other,
    }
}

const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];

/// What a CMS file is besides its signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmsKind {
    /// Its content is in it (`.p7m`).
    Attached,
    /// Its content is another file (`.p7s`).
    Detached,
}

/// Whether a file is CMS, and where its content is; none for any other file, and for CMS that cannot be
/// read or is larger than is looked at.
///
/// # Errors
/// The disk.
pub fn cms_kind(file: &Octets, limits: &CmsLimits) -> io::Result<Option<CmsKind>> {
    if kind(file)? != Kind::Cms || file.len() > limits.attached {
        return Ok(None);
    }
    let is_read = |outline: &Outline| SignedData::read(&outline.rest).is_ok();
    match apart(file, limits)? {
        Ok(outline) if is_read(&outline) => {
            return Ok(Some(if outline.content.is_some() { CmsKind::Attached } else { CmsKind::Detached }));
        }
        Ok(_) => return Ok(None),
        Err(_) => {}
    }
    // a message of several parts, whose signature part is over another one
    let whole = file.head(usize::try_from(file.len()).unwrap_or(usize::MAX))?;
    let Ok(ber) = pem::cms(&whole) else { return Ok(None) };
    let outline = outline(&ber.into(), limits.octets).ok().filter(is_read);
    Ok(outline.filter(|outline| outline.content.is_none()).map(|_| CmsKind::Detached))
}

/// A CMS file of any form taken apart; or what is wrong with it. Its content stays where it lies, in a file too:
/// only what is written as text is decoded into memory.
fn apart(file: &Octets, limits: &CmsLimits) -> io::Result<Result<Outline, Finding>> {
    let malformed = |what: String| Ok(Err(Finding::new(Code::SignatureFormat).found(what)));
    let decoded = match file.head(1)?.first() == Some(&der::tag::SEQUENCE) {
        true => file.clone(),
        false => match pem::attached(&file.head(usize::try_from(file.len()).unwrap_or(usize::MAX))?) {
            Ok(ber) => ber.into(),
            Err(what) => return malformed(what),
        },
    };
    match outline(&decoded, limits.octets) {
        Ok(outline) => Ok(Ok(outline)),
        Err(outline::Fault::Form(fault)) => malformed(fault.to_string()),
        Err(outline::Fault::Large(found)) => {
            let finding = Finding::new(Code::SignatureLimit).found(format!("{found} octets"));
            Ok(Err(finding.wanted(limits.octets)))
        }
        Err(outline::Fault::Io(error)) => Err(error),
    }
}

/// A file with its signatures inside, whatever else it holds: what `verify` looks at.
pub(super) fn examine_alone(file: &Octets, context: &Context<'_>, limits: &Limits) -> Examined {
    match kind(file) {
        Ok(Kind::Container) => asic::examine(file, context, limits),
        Ok(Kind::Cms) => unpack_cms(file, context).map_or_else(|refused| *refused, |(signatures, _)| signatures),
        Ok(kind) => examine_inside(file, kind, context, limits),
        Err(error) => Examined::refused(unreadable(&error)),
    }
}

/// Signatures in one file over another one: CMS, or XML signatures whose references name a file.
pub(super) fn examine_over(file: &Octets, content: &Octets, context: &Context<'_>, limits: &Limits) -> Examined {
    match kind(file) {
        Ok(Kind::Xml) => examine_xml(file, Some(&OneFile::new(content, limits)), context, limits),
        Ok(_) => examine_detached(file, content, context),
        Err(error) => Examined::refused(unreadable(&error)),
    }
}

/// A document as it was handed in, with the signature file beside it if there is one: every signature
/// counts, and what the document is without its packaging is given back.
pub(super) fn examine_document(
    document: &Octets,
    detached: Option<&Octets>,
    context: &Context<'_>,
    limits: &Limits,
) -> Examined {
    let kind = match kind(document) {
        Ok(kind) => kind,
        Err(error) => return Examined::refused(unreadable(&error)),
    };
    let Some(detached) = detached else { return examine_inside(document, kind, context, limits) };
    let beside = examine_detached(detached, document, context);
    if beside.refused.is_some() {
        return beside;
    }
    // The octets are covered whole by the signature beside; so is what is made of them.
    match kind {
        Kind::Other => over(beside, document, context, limits),
        Kind::Pdf => Examined::refused(Finding::new(Code::SignaturePdf)),
        Kind::Xml | Kind::Container | Kind::Cms => beside.with(examine_inside(document, kind, context, limits)),
    }
}

/// A file with its signature inside.
fn examine_inside(file: &Octets, kind: Kind, context: &Context<'_>, limits: &Limits) -> Examined {
    match kind {
        Kind::Xml => examine_xml(file, None, context, limits),
        Kind::Pdf => Examined::refused(Finding::new(Code::SignaturePdf)),
        Kind::Container | Kind::Cms => {
            let unpacked = match kind {
                Kind::Container => asic::unpack(file, context, limits),
                _ => unpack_cms(file, context),
            };
            match unpacked {
                Ok((signatures, document)) => over(signatures, &document, context, limits),
                Err(refused) => *refused,
            }
        }
        Kind::Other => Examined::refused(Finding::new(Code::SignatureMissing)),
    }
}

/// A CMS file with its content inside: the signatures over it, and the content.
fn unpack_cms(file: &Octets, context: &Context<'_>) -> Result<(Examined, Octets), Box<Examined>> {
    let refused = |finding: Finding| Box::new(Examined::refused(finding));
    let unread = |error: io::Error| Box::new(Examined::refused(unreadable(&error)));
    let most = context.policy.cms.attached;
    if file.len() > most {
        let found = format!("{} octets", file.len());
        return Err(refused(Finding::new(Code::SignatureLimit).found(found).wanted(most)));
    }
    let outline = apart(file, &context.policy.cms).map_err(unread)?.map_err(refused)?;
    let Some(content) = outline.content else {
        // what is wrong with it as a signature is said before what it is not over
        let malformed = |fault: der::DerFault| refused(Finding::new(Code::SignatureFormat).found(fault));
        SignedData::read(&outline.rest).map_err(malformed)?;
        return Err(refused(Finding::new(Code::SignatureReferenceUnresolved).found("eContent (CMS)")));
    };
    let judged = cms::examine(&outline.rest, &content, context, &context.policy.cms).map_err(unread)?;
    Ok((Examined::of(judged), content))
}

/// What was taken out of its packaging, which is covered whole by the signatures on that: with the
/// signatures inside it, if it has any.
pub(super) fn over(packaging: Examined, document: &Octets, context: &Context<'_>, limits: &Limits) -> Examined {
    let again = |what: &str| Examined::refused(Finding::new(Code::SignatureUnsupported).found(what));
    let inside = match kind(document) {
        Ok(Kind::Xml) => examine_xml(document, None, context, limits),
        Ok(Kind::Pdf) => Examined::refused(Finding::new(Code::SignaturePdf)),
        Ok(Kind::Container) => again("ASiC in ASiC/CMS"),
        Ok(Kind::Cms) => again("CMS in ASiC/CMS"),
        Ok(Kind::Other) => match Digest::of_reader(document.reader()) {
            Ok(digest) => Examined { content: Some(Content(digest)), ..Examined::of(Vec::new()) },
            Err(error) => Examined::refused(unreadable(&error)),
        },
        Err(error) => Examined::refused(unreadable(&error)),
    };
    Examined { document: Some(document.clone()), ..packaging.with(inside) }
}

fn examine_xml(file: &Octets, beside: Option<&dyn Objects>, context: &Context<'_>, limits: &Limits) -> Examined {
    let examined = match xml::examine_among(file, beside, context, limits) {
        Ok(examined) => examined,
        Err(fault) => return Examined::refused(broken(&fault)),
    };
    let uncovered = examined.signatures.iter().find_map(xml::OneSignature::uncovered);
    let judged = examined.signatures.into_iter().map(|one| one.judged).collect();
    Examined { content: Some(examined.content), xml: true, uncovered, ..Examined::of(judged) }
}

/// A signature file over a document.
fn examine_detached(signature: &Octets, document: &Octets, context: &Context<'_>) -> Examined {
    let limits = &context.policy.cms;
    // One octet more than the limit tells a signature file that is too large.
    let judged = signature
        .head(usize::try_from(limits.octets).unwrap_or(usize::MAX).saturating_add(1))
        .and_then(|signature| cms::examine(&signature, document, context, limits));
    match judged {
        Ok(judged) => Examined::of(judged),
        Err(error) => Examined::refused(unreadable(&error)),
    }
}

/// The one file that the references of a signature beside it name, whatever they call it: who asks says
/// which file it is, and nothing is fetched. Another name is another file, which is not there.
struct OneFile<'a> {
    content: &'a Octets,
    limits: &'a Limits,
    name: RefCell<Option<String>>,
}

impl<'a> OneFile<'a> {
    fn new(content: &'a Octets, limits: &'a Limits) -> Self {
        Self { content, limits, name: RefCell::default() }
    }
}

impl Objects for OneFile<'_> {
    fn digest(&self, uri: &str, form: Option<&Method>, algorithm: DigestAlgorithm) -> io::Result<Named> {
        // RFC 3986 4.2: a scheme leads away from here, and nothing is fetched
        if uri.split('/').next().unwrap_or_default().contains(':') {
            return Ok(Named::Unsupported(format!("a reference to something outside: {uri}")));
        }
        if *self.name.borrow_mut().get_or_insert_with(|| uri.to_owned()) != uri {
            return Ok(Named::Nowhere);
        }
        Ok(match self.feed(uri, form, Hash::new(algorithm))? {
            Some(hash) => Named::Object(0, hash.finish()),
            None => Named::Unsupported("canonicalisation of what is no XML".to_owned()),
        })
    }

    fn feed(&self, _: &str, form: Option<&Method>, hash: Hash) -> io::Result<Option<Hash>> {
        let contents = self.content.reader();
        match form {
            None => hash.over(contents).map(Some),
            Some(form) => match hash.over_canonical(contents, self.content.len(), form, self.limits) {
                Ok(hash) => Ok(Some(hash)),
                Err(Wrong::Io(error)) => Err(error),
                Err(_) => Ok(None),
            },
        }
    }

    fn is_whole(&self, named: &[usize]) -> bool {
        !named.is_empty()
    }

    fn faults(&self, named: &[usize]) -> Vec<Finding> {
        if named.is_empty() {
            return vec![Finding::new(Code::SignatureNotCovering).found("--content")];
        }
        let name = self.name.borrow();
        let doubled = (named.len() > 1).then(|| Finding::new(Code::SignatureDoubledReference));
        doubled.into_iter().map(|finding| finding.found(name.as_deref().unwrap_or_default())).collect()
    }
}

pub(super) fn unreadable(error: &io::Error) -> Stop {
    Stop::Halt(format!("a document cannot be read: {error}"))
}

/// A document that cannot be read as XML: the sender's fault, or our disk's.
fn broken(fault: &Fault) -> Stop {
    match fault.finding() {
        Some(finding) => finding.into(),
        None => Stop::Halt(format!("a document cannot be read: {}", describe(fault))),
    }
}

pub(super) fn describe(fault: &Fault) -> String {
    format!("{:?} at octet {}", fault.wrong, fault.offset)
}
