//! Mail: what a message brings, however its mailbox is read.
//!
//! Owns what of a message is a submission ([`open`]), and the way of a message between whoever reads the mailbox and
//! the loop ([`Mailbox`]): a reader in a thread of its own hands messages over, a few at a time, and moves each only
//! when the loop has said what became of it. So a flood in one mailbox fills its own queue, and a server that does not
//! answer keeps nobody waiting. Never judges: who signed says whose a submission is, and a From says nothing.
//!
//! ```text
//! INBOX ──read──▶ Post ──(loop: every submission held safely and answered)──▶ Processed
//!                      ──(nothing in it by a registered person's signature)──▶ Rejected
//!                      ──(nothing could be kept)─────────────────────────────▶ stays, is read again
//! ```

mod choose;
mod mailbox;
mod settings;

pub(super) use mailbox::OPEN_MAX;

pub use choose::open;
pub use mailbox::{Delivery, Mailbox, Order, Reader, Standing, Ticket, Verdict};
pub use settings::{MailSettings, MailboxSettings, Place, Server};

use super::{Arrival, Channel, Incoming, Origin};
use crate::document::{Digest, GivenName, SubmissionId, Thread};
use crate::letter::{DeliveryReport, Nature};
use jiff::Timestamp;
use std::fs::File;
use std::io;

/// A message, read to its end.
#[derive(Debug)]
pub struct Post {
    /// By what it is known again: its Message-ID, or `sha256:` and the digest of its octets.
    pub key: String,
    /// What it refers to.
    pub references: Vec<String>,
    /// The address in its From: for the log alone.
    pub from: Option<String>,
    /// Its subject: for people alone.
    pub subject: Option<String>,
    /// Who wrote it.
    pub nature: Nature,
    /// What it reports on mail of ours.
    pub report: Option<DeliveryReport>,
    /// Its size in octets.
    pub size: u64,
    /// Digests of statements that the mail's signature covers, and that are not filed by it.
    pub unagreed: Vec<Digest>,
    /// Its submissions, in the order of their parts.
    pub parcels: Vec<Parcel>,
    /// Attachments that are none, with the reason.
    pub left: Vec<(String, Left)>,
}

/// One submission of a message.
#[derive(Debug)]
pub struct Parcel {
    /// The place of the document among the message's parts.
    pub part: u32,
    /// The document.
    pub document: Piece,
    /// The detached signature beside it.
    pub detached: Option<Piece>,
    /// Whether that is the whole mail as it was signed: it files only for whom policy allows it.
    pub mail_signed: bool,
}

/// An attachment, decoded.
#[derive(Debug)]
pub struct Piece {
    /// Its name as given.
    pub name: GivenName,
    /// Its octets.
    pub file: File,
    /// Their digest.
    pub sha256: Digest,
}

/// Why an attachment is no submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Its encoding is faulty.
    Broken,
    /// It has no octets.
    Empty,
    /// It is larger than `intake.size_max`.
    TooLarge,
    /// It bears no signature, and none stands beside it.
    Unsigned,
    /// It is a signature, and its document is not in the message.
    Orphan,
    /// Several attachments have its name: which signature belongs to which cannot be told.
    Ambiguous,
    /// It is a statement that the mail's signature covers, and that files nothing for whoever made it.
    MailSigned,
    /// It bears a signature of its own, and stands in a message that is wrapped to be signed.
    Wrapped,
    /// The mail's signature covers more statements than `mail.signed_statements_max`.
    TooMany,
}

impl Left {
    /// The word for it in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "its encoding is faulty",
            Self::Empty => "it is empty",
            Self::TooLarge => "it is too large",
            Self::Unsigned => "it bears no signature",
            Self::Orphan => "its document is not in the message",
            Self::Ambiguous => "several attachments have its name",
            Self::MailSigned => "the mail's signature files nothing for who made it",
            Self::Wrapped => "it has a signature of its own, in a message within the message",
            Self::TooMany => "the mail's signature covers more statements than mail.signed_statements_max",
        }
    }
}

impl Post {
    /// What the journal is to keep of the message for one of its parts.
    pub fn thread(&self, mailbox: &str, part: u32) -> Thread {
        Thread {
            message_id: self.key.clone(),
            references: self.references.clone(),
            mailbox: mailbox.to_owned(),
            part,
            silent: self.nature.is_silent(),
        }
    }
}

impl Parcel {
    /// The digests of document and signature.
    pub fn octets(&self) -> (Digest, Option<Digest>) {
        (self.document.sha256, self.detached.as_ref().map(|piece| piece.sha256))
    }

    /// As an arrival: the message stays where it is until the loop says otherwise, so nothing is to be released.
    ///
    /// # Errors
    /// What the disk says.
    pub fn arrive(self, id: SubmissionId, now: Timestamp, channel: Channel, thread: Thread) -> io::Result<Arrival> {
        let incoming = |piece: Piece| Incoming::new(piece.name, piece.file);
        let (document, detached) = (incoming(self.document)?, self.detached.map(incoming).transpose()?);
        let arrival = Arrival::new(id, now, Origin::Mail(channel, thread), document, detached);
        Ok(arrival.signed_by_mail(self.mail_signed))
    }
}
