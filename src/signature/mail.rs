//! A mail that is signed as a whole (S/MIME, RFC 8551), and a document that nothing else signs: whether the signature
//! makes that document somebody's statement to this window.
//!
//! The signature is detached CMS over the signed part, or CMS around it, and is judged as any other. Only once it holds
//! is the part looked into: inside it the mail must be to this window and to nobody else, where the header is protected
//! by the signature (RFC 9788, or wrapped in the way of RFC 8551), and the document must stand in it, octet for octet.
//! What stands outside of the signed part, in a message that was forwarded, or in a signed mail within, is not in it.
//! Whether a mail's signature files anything for a body is `authority`'s question.

use super::judge::Context;
use super::packaging::{over, unreadable};
use super::policy::MailPolicy;
use super::{Examined, cms};
use crate::document::{Digest, MailAddress};
use crate::finding::{Code, Finding, Hint};
use crate::forms::der;
use crate::forms::outline::{self, outline};
use crate::host::Octets;
use crate::letter::{self, Fault, Receivers};
use crate::xml::Limits;
use std::io;

/// Judges the signature of the mail, and what it makes of the document.
pub(super) fn examine(document: &Octets, mail: Option<&Octets>, context: &Context<'_>, limits: &Limits) -> Examined {
    let Some(mail) = mail else { return Examined::refused(Finding::new(Code::SignatureMissing)) };
    let judged = apart(mail, context).and_then(|apart| match apart {
        Ok((part, signature)) => {
            let judged = cms::examine(&signature, &part, context, &context.policy.cms)?;
            Ok(Ok((part, Examined::of(judged))))
        }
        Err(finding) => Ok(Err(finding)),
    });
    let (part, examined) = match judged {
        Ok(Ok(judged)) => judged,
        Ok(Err(finding)) => return Examined::refused(finding),
        Err(error) => return Examined::refused(unreadable(&error)),
    };
    // what nobody answers for is not looked into
    if examined.stop().is_some() {
        return examined;
    }
    match fault_inside(document, &part, &context.policy.mail) {
        Ok(None) => over(examined, document, context, limits),
        Ok(Some(finding)) => Examined { uncovered: Some(finding), ..examined },
        Err(error) => Examined::refused(unreadable(&error)),
    }
}

/// The part that is signed, and the CMS that signs it.
fn apart(mail: &Octets, context: &Context<'_>) -> io::Result<Result<(Octets, Vec<u8>), Finding>> {
    let most = context.policy.cms.octets;
    let malformed = |what: String| Ok(Err(Finding::new(Code::SignatureFormat).found(what)));
    let limit = |found: String, wanted: u64| Ok(Err(Finding::new(Code::SignatureLimit).found(found).wanted(wanted)));
    if mail.head(1)?.first() == Some(&der::tag::SEQUENCE) {
        return match outline(mail, most) {
            Ok(outline) => match outline.content {
                Some(part) => Ok(Ok((part, outline.rest))),
                None => malformed("eContent (S/MIME)".to_owned()),
            },
            Err(outline::Fault::Form(fault)) => malformed(fault.to_string()),
            Err(outline::Fault::Large(found)) => limit(format!("{found} octets"), most),
            Err(outline::Fault::Io(error)) => Err(error),
        };
    }
    match letter::split(mail, &context.policy.mail.limits, most) {
        Ok(apart) => Ok(Ok(apart)),
        Err(Fault::Io(error)) => Err(error),
        Err(Fault::Limit { what, most, .. }) => limit(what.to_owned(), most),
        Err(Fault::Malformed(what)) => malformed(what.to_owned()),
    }
}

/// What keeps the signed part from making the document a statement to this window.
fn fault_inside(document: &Octets, part: &Octets, policy: &MailPolicy) -> io::Result<Option<Finding>> {
    let letter = match letter::inside(part, &policy.limits, &mut || Ok(io::sink())) {
        Ok(letter) => letter,
        Err(Fault::Io(error)) => return Err(error),
        Err(fault) => return Ok(Some(Finding::new(Code::SignatureFormat).found(fault))),
    };
    let Some(receivers) = Some(&letter.receivers).filter(|_| letter.is_protected) else {
        return Ok(Some(Finding::new(Code::SignatureMailHeader)));
    };
    let found = match receivers {
        Receivers::One(to) if policy.addresses.iter().any(|own| own.as_str().eq_ignore_ascii_case(to)) => None,
        Receivers::One(to) => Some(to.clone()),
        Receivers::Others(fields) => Some(fields.clone()),
        // a header that is protected and says nothing leaves open what the one outside says
        Receivers::Nobody => return Ok(Some(Finding::new(Code::SignatureMailHeader))),
    };
    if let Some(found) = found {
        let own: Vec<&str> = policy.addresses.iter().map(MailAddress::as_str).collect();
        return Ok(Some(Finding::new(Code::SignatureMailReceiver).found(found).wanted(own.join(" / "))));
    }
    let (size, sha256) = (document.len(), Digest::of_reader(document.reader())?);
    let is_it = |one: &letter::Attachment<io::Sink>| {
        one.is_beside && !one.is_broken && (one.size, one.sha256) == (size, sha256)
    };
    let is_inside = !letter.is_signed && letter.attachments.iter().any(is_it);
    Ok((!is_inside).then(|| {
        Finding::new(Code::SignatureNotCovering).found("S/MIME").hint(Hint::fixed(
            "Fayl məktubun imzalanmış hissəsində deyil.",
            "The file is not in the signed part of the mail.",
        ))
    }))
}

#[cfg(test)]
mod tests;
