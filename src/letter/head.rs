//! The header of a message or a part, as values.
//!
//! Owns which fields decide anything, and that none of those may stand there twice: of two, one reader takes the
//! first and another the last. The values themselves are read by `mail-parser`.

use super::{Fault, ID_MAX, NAME_MAX, Nature, RECEIVERS_MAX, REFERENCES_MAX, Receivers, SUBJECT_MAX};
use mail_parser::{Address, HeaderName, HeaderValue, Message, MessageParser, MimeHeaders};

/// What is read of a header.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// `multipart`, `signed`; both in lower case, `text` and `plain` where nothing is said.
    pub(super) media: (String, String),
    pub(super) boundary: Option<String>,
    pub(super) smime_type: Option<String>,
    pub(super) report_type: Option<String>,
    /// Of `multipart/signed`: what its second part is.
    pub(super) protocol: Option<String>,
    /// Whether its fields are those that the sender wrote (RFC 9788 2.1.1: `hp="clear"`).
    pub(super) is_protected: bool,
    /// Whether it says of a message within that it is the sender's own (`forwarded=no`).
    pub(super) is_not_forwarded: bool,
    pub(super) receivers: Receivers,
    pub(super) coding: Option<String>,
    pub(super) name: Option<String>,
    /// `attachment`, `inline`, in lower case.
    pub(super) disposition: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) references: Vec<String>,
    pub(super) from: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) nature: Option<Nature>,
}

impl Head {
    /// Of these octets, up to and with the empty line.
    pub(super) fn read(octets: &[u8]) -> Result<Self, Fault> {
        let plain = || ("text".to_owned(), "plain".to_owned());
        let Some(message) = MessageParser::default().parse_headers(octets) else {
            return Ok(Self { media: plain(), ..Self::default() });
        };
        let once = [HeaderName::ContentType, HeaderName::ContentTransferEncoding, HeaderName::ContentDisposition];
        for name in once {
            if message.headers().iter().filter(|header| header.name == name).count() > 1 {
                return Err(Fault::Malformed("a field that says how a part is to be read stands there twice"));
            }
        }
        let kind = message.content_type();
        let media = kind.map_or_else(plain, |kind| {
            let subtype = kind.subtype().unwrap_or_default().trim().to_ascii_lowercase();
            (kind.ctype().trim().to_ascii_lowercase(), subtype)
        });
        let parameter = |name: &str| kind.and_then(|kind| kind.attribute(name)).map(str::to_owned);
        let says = |name: &str, word: &str| parameter(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
        let disposition = message.content_disposition();
        Ok(Self {
            media,
            boundary: parameter("boundary"),
            smime_type: parameter("smime-type").map(|value| value.to_ascii_lowercase()),
            report_type: parameter("report-type").map(|value| value.to_ascii_lowercase()),
            protocol: parameter("protocol").map(|value| value.to_ascii_lowercase()),
            is_protected: says("hp", "clear"),
            is_not_forwarded: says("forwarded", "no"),
            receivers: receivers(&message),
            coding: message.content_transfer_encoding().map(str::to_owned),
            name: message.attachment_name().map(file_name).filter(|name| (1..=NAME_MAX).contains(&name.len())),
            disposition: disposition.map(|one| one.ctype().trim().to_ascii_lowercase()),
            message_id: only_id(&message, HeaderName::MessageId),
            references: references(&message),
            from: from(&message),
            subject: message.subject().map(|subject| subject.chars().take(SUBJECT_MAX).collect()),
            nature: nature(&message),
        })
    }

    /// Whether it says nothing of what a part is.
    pub(super) fn is_multipart(&self) -> bool {
        self.media.0 == "multipart"
    }

    /// Whether the part is the message's own text: what is read and not kept.
    pub(super) fn is_text(&self) -> bool {
        let is_attached = self.disposition.as_deref() == Some("attachment") || self.name.is_some();
        self.media.0 == "text" && ["plain", "html", "enriched", "calendar"].contains(&&*self.media.1) && !is_attached
    }

    /// Whether the media type says that it is a detached signature.
    pub(super) fn is_signature(&self) -> bool {
        let kind = format!("{}/{}", self.media.0, self.media.1);
        ["application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"]
            .contains(&kind.as_str())
    }

    /// Whether the media type says that it is a detached CMS.
    pub(super) fn is_cms(&self) -> bool {
        self.media.0 == "application" && CMS.contains(&&*self.media.1)
    }

    /// Of a part and the CMS that signs it (RFC 8551 3.5.3), the boundary between them; none where it would have to be
    /// written otherwise than it is.
    pub(super) fn boundary_of_signed(&self) -> Option<&str> {
        let is_signed = self.media.0 == "multipart" && self.media.1 == "signed";
        let by_cms = self.protocol.as_deref().and_then(|it| it.strip_prefix("application/"));
        let boundary = self.boundary.as_deref().filter(|_| is_signed && by_cms.is_some_and(|it| CMS.contains(&it)))?;
        // RFC 2046 5.1.1
        let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&octet);
        let length = (1..=BOUNDARY_MAX).contains(&boundary.len());
        (length && boundary.bytes().all(fits) && !boundary.ends_with(' ')).then_some(boundary)
    }

    /// Whether the part is a whole message that its sender wrote and wrapped to sign its header (RFC 8551 3.1). Only
    /// where it says so: else a message within is one that somebody forwards.
    pub(super) fn is_wrapper(&self) -> bool {
        let coding = self.coding.as_deref().map(|name| name.trim().to_ascii_lowercase());
        let is_plain = coding.is_none_or(|name| ["7bit", "8bit", "binary"].contains(&&*name));
        self.media.0 == "message" && self.media.1 == "rfc822" && self.is_not_forwarded && is_plain
    }

    /// Whether the media type says that it holds a signed message.
    pub(super) fn is_signed_message(&self) -> bool {
        let kind = ["pkcs7-mime", "x-pkcs7-mime"].contains(&&*self.media.1);
        let is_signed = self.smime_type.as_deref().is_none_or(|kind| kind == "signed-data");
        self.media.0 == "application" && kind && is_signed
    }
}

/// What detached CMS is called.
const CMS: [&str; 2] = ["pkcs7-signature", "x-pkcs7-signature"];
/// Longest boundary (RFC 2046 5.1.1).
pub(super) const BOUNDARY_MAX: usize = 70;

/// To whom a header says that its message goes.
fn receivers(message: &Message<'_>) -> Receivers {
    let text = |header: &mail_parser::Header<'_>| {
        let (from, to) = (header.offset_start as usize, header.offset_end as usize);
        String::from_utf8_lossy(message.raw_message.get(from..to).unwrap_or_default()).into_owned()
    };
    let is_one = |header: &&mail_parser::Header<'_>| match &*header.name().to_ascii_lowercase() {
        "to" => true,
        // a field that holds nothing is no copy
        "cc" | "bcc" => !text(header).trim().is_empty(),
        name => name.starts_with("resent-"),
    };
    let fields: Vec<_> = message.headers().iter().filter(is_one).collect();
    let only = match &fields[..] {
        [] => return Receivers::Nobody,
        [field] if field.name().eq_ignore_ascii_case("to") => match &field.value {
            HeaderValue::Address(Address::List(list)) => match &list[..] {
                [one] => one.address.as_deref().and_then(clean_address),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let shown = |field: &&mail_parser::Header<'_>| {
        let text = text(field);
        format!("{}: {}", field.name(), text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    only.map_or_else(
        || {
            let all = fields.iter().map(shown).collect::<Vec<_>>().join("; ");
            Receivers::Others(match all.char_indices().nth(RECEIVERS_MAX) {
                Some((end, _)) => format!("{}…", all.get(..end).unwrap_or_default()),
                None => all,
            })
        },
        Receivers::One,
    )
}

/// The last component of what may be a path: data all the same, and no path is built from it.
fn file_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().trim().replace('\0', "")
}

/// The only id of the only field of this name.
fn only_id(message: &Message<'_>, name: HeaderName<'static>) -> Option<String> {
    let mut fields = message.headers().iter().filter(|header| header.name == name);
    let field = fields.next().filter(|_| fields.next().is_none())?;
    match &field.value {
        HeaderValue::Text(id) => clean_id(id),
        _ => None,
    }
}

/// An id that may be written into a header of ours.
pub(super) fn clean_id(id: &str) -> Option<String> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let fits = (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|octet| (0x21..=0x7E).contains(&octet));
    (fits && !id.contains(['<', '>', '"', ':'])).then(|| id.to_owned())
}

fn references(message: &Message<'_>) -> Vec<String> {
    let ids: Vec<String> = match message.references() {
        HeaderValue::Text(id) => clean_id(id).into_iter().collect(),
        HeaderValue::TextList(ids) => ids.iter().filter_map(|id| clean_id(id)).collect(),
        _ => Vec::new(),
    };
    ids[ids.len().saturating_sub(REFERENCES_MAX)..].to_vec()
}

fn from(message: &Message<'_>) -> Option<String> {
    let mut fields = message.headers().iter().filter(|header| header.name == HeaderName::From);
    let field = fields.next().filter(|_| fields.next().is_none())?;
    let HeaderValue::Address(Address::List(list)) = &field.value else { return None };
    match &list[..] {
        [one] => one.address.as_deref().and_then(clean_address),
        _ => None,
    }
}

/// An address without anything that could be read as something else.
pub(super) fn clean_address(address: &str) -> Option<String> {
    let address = address.trim().trim_start_matches('<').trim_end_matches('>').to_ascii_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let is_plain = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        !text.is_empty() && text.chars().all(fits)
    };
    (address.len() <= ID_MAX && is_plain(local) && is_plain(domain)).then_some(address)
}

/// RFC 3834 2 and 5, RFC 2369, RFC 5321 4.5.5, and what programs write that are older than these.
fn nature(message: &Message<'_>) -> Option<Nature> {
    let value = |name: &str| message.header_raw(name).map(|value| value.trim().to_ascii_lowercase());
    if value("Return-Path").is_some_and(|path| path == "<>") {
        return Some(Nature::Bounce);
    }
    let automatic = value("Auto-Submitted");
    let word = automatic.as_deref().map(|value| value.split([';', ' ', '(']).next().unwrap_or_default());
    match word {
        Some("auto-replied") => return Some(Nature::Vacation),
        None | Some("no") => {}
        Some(_) => return Some(Nature::Automatic),
    }
    let precedence = value("Precedence");
    if precedence.as_deref() == Some("auto_reply")
        || ["X-Autoreply", "X-Autorespond", "X-Autoresponse"].iter().any(|name| value(name).is_some())
    {
        return Some(Nature::Vacation);
    }
    let is_list = |header: &mail_parser::Header<'_>| header.name().to_ascii_lowercase().starts_with("list-");
    if precedence.is_some_and(|word| ["bulk", "list", "junk"].contains(&&*word))
        || message.headers().iter().any(is_list)
    {
        return Some(Nature::List);
    }
    None
}
