//! A letter: one mail message, read as a stream into its facts and its attachments (RFC 5322, 2045-2049).
//!
//! Owns the form: where its parts begin and end, how their octets are encoded, what its header says. The octets of
//! each attachment go into a sink as they are decoded, so memory does not grow with the message. Everything is
//! bounded ([`Limits`]), and what can be read in two ways is refused ([`Fault`]): a part that one reader sees and
//! another does not is a way past whoever looks. The values of header fields are read by `mail-parser`, one bounded
//! header at a time. Never judges who sent it or what an attachment is, and opens no message within the message:
//! what was forwarded is nobody's attachment here.
//!
//! ```
//! let mail = b"Message-ID: <1@agency.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
//!     Content-Type: text/csv; name=\"a.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCg==\r\n--b--\r\n";
//! let limits = pencere::letter::Limits::default();
//! let letter = pencere::letter::read(&mail[..], &limits, &mut || Ok(Vec::new())).unwrap();
//! assert_eq!(letter.message_id.as_deref(), Some("1@agency.example"));
//! let attachment = &letter.attachments[0];
//! assert_eq!((attachment.name.as_deref(), attachment.octets.as_slice()), (Some("a.csv"), &b"a,b\n"[..]));
//! ```

mod body;
mod head;
mod kept;
mod lines;
mod report;
mod signed;
mod walk;

#[cfg(test)]
mod tests;

pub use kept::join;
pub use report::{Action, Delivery, DeliveryReport};
pub use signed::{Signed, inside, split};

use crate::document::Digest;
use std::io::{self, Read, Write};

/// How much of a message is looked at (`[mail]`). A message beyond one of them is refused whole: what was cut off
/// could be what matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `mail.message_max`: largest message, in octets. 96 MiB: the largest document (`intake.size_max`) in base64,
    /// which is a third longer, and room for a covering letter.
    pub size: u64,
    /// `mail.header_max`: largest header of a message or a part, in octets, which must lie in memory whole. 256 KiB:
    /// twenty times what relays and filters add to a usual message.
    pub header: usize,
    /// `mail.header_lines_max`: most lines of one header. 2,000: ten times a message that passed many relays.
    pub header_lines: usize,
    /// `mail.depth_max`: how deep parts may nest. 16: a signed, alternative, related, mixed message needs 4.
    pub depth: usize,
    /// `mail.parts_max`: most parts of one message, of every kind. 200: a newsletter with its pictures.
    pub parts: usize,
    /// `mail.attachments_max`: most attachments of one message. 40: twenty documents with their signatures; each
    /// holds an open file while it waits.
    pub attachments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 96 << 20, header: 256 << 10, header_lines: 2000, depth: 16, parts: 200, attachments: 40 }
    }
}

/// Longest Message-ID or address that is kept, in octets: RFC 5322 2.1.1 allows a line of 998, RFC 5321 4.5.3.1 an
/// address of 256. A longer one counts as absent. Not configurable: it bounds what the journal takes.
const ID_MAX: usize = 250;
/// Longest file name that is kept, in octets: what Linux file systems take, and receipts are made for. A longer one
/// counts as absent: a part of it would be another name, and perhaps another file's.
const NAME_MAX: usize = 255;
/// Most references that are kept, the newest: RFC 5322 3.6.4 lets a client cut them so.
const REFERENCES_MAX: usize = 10;
/// Longest subject that is kept, in characters: what a person reads of it at a glance.
const SUBJECT_MAX: usize = 200;

/// Longest text of fields that say to whom a message is, in characters: what a person reads of it at a glance.
const RECEIVERS_MAX: usize = 200;

/// A message, read.
#[derive(Debug)]
pub struct Letter<S> {
    /// Its Message-ID without the angle brackets; none where it has none, several, or one that is too long.
    pub message_id: Option<String>,
    /// What it refers to, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// The address in its From, in lower case; none where there is none or several. It proves nothing.
    pub from: Option<String>,
    /// Its subject, cut; whatever its sender wrote.
    pub subject: Option<String>,
    /// Who wrote it.
    pub nature: Nature,
    /// What it reports, where it is a report on deliveries that can be read (RFC 3464).
    pub report: Option<DeliveryReport>,
    /// Its attachments in their order.
    pub attachments: Vec<Attachment<S>>,
    /// To whom its header says that it goes.
    pub receivers: Receivers,
    /// Whether the part says that its header is the message's own (RFC 9788): of a part that is signed.
    pub is_protected: bool,
    /// Whether all of it is `multipart/signed`, by whatever signature.
    pub is_signed: bool,
    /// Where that signature is CMS, and stands behind one part alone: the whole as it was signed.
    pub signed: Option<Signed<S>>,
    /// Where in it the message begins that its sender wrapped, as all of it or all that is signed of it; of the latter
    /// counted as it came. Of what was read [`inside`] a signed part, where the message begins that this is.
    pub wrapped: Option<u64>,
    /// The digest of its octets.
    pub digest: Digest,
    /// Their number.
    pub size: u64,
}

impl<S> Letter<S> {
    /// By what it is known again: its Message-ID, or the digest of its octets.
    pub fn key(&self) -> String {
        self.message_id.clone().unwrap_or_else(|| format!("sha256:{}", self.digest))
    }
}

/// To whom a message goes, as far as its header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Receivers {
    /// It does not say.
    #[default]
    Nobody,
    /// To this address, in lower case, and with no copy to anybody.
    One(String),
    /// To several, to one that cannot be read, or with copies: these fields, `To`, `Cc`, `Bcc` and `Resent-`, as they
    /// stand there, cut.
    Others(String),
}

/// Who wrote a message, as far as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A person, or a program that says nothing of itself.
    Person,
    /// A program (`Auto-Submitted`, RFC 3834 5).
    Automatic,
    /// A program, because its owner is away.
    Vacation,
    /// A list (`List-*`, `Precedence`).
    List,
    /// A mail system, about a message that it could not deliver (RFC 3464; RFC 5321 4.5.5: the null return path).
    Bounce,
}

impl Nature {
    /// Whether no mail may answer it (RFC 3834 2).
    pub fn is_silent(self) -> bool {
        self != Self::Person
    }
}

/// One attachment: a part that is not the text of the message.
#[derive(Debug)]
pub struct Attachment<S> {
    /// Its place among all parts, from 1.
    pub part: u32,
    /// Its file name as given; none where it has none.
    pub name: Option<String>,
    /// Its media type, in lower case: `text/csv`.
    pub media: String,
    /// Whether the media type says that it holds a signed message (RFC 8551 3.5.2), and nothing stands around it.
    pub is_layer: bool,
    /// Whether it stands in nothing but `multipart/mixed`, below the signature of the whole: what each reader shows.
    pub is_beside: bool,
    /// Where its octets went.
    pub octets: S,
    /// Their number.
    pub size: u64,
    /// Their digest.
    pub sha256: Digest,
    /// Whether its encoding is faulty: then its octets are not what was sent.
    pub is_broken: bool,
}

/// Why a message is not read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The disk, or whoever gives its octets.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is beyond a limit.
    #[error("it has more {what} than {key} = {most} allows")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The configuration key.
        key: &'static str,
        /// The limit.
        most: u64,
    },
    /// Two readers could read it differently, or it ends too early.
    #[error("it is malformed: {0}")]
    Malformed(&'static str),
}

/// Reads a message from its first octet to its last. `open` makes a sink for each attachment.
///
/// # Errors
/// [`Fault`]; then nothing of it counts.
pub fn read<S: Write>(
    source: impl Read,
    limits: &Limits,
    open: &mut dyn FnMut() -> io::Result<S>,
) -> Result<Letter<S>, Fault> {
    walk::walk(source, limits, open)
}
