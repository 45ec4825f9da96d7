//! Composing: a mail as octets, signed whole.
//!
//! Owns the form: plain ASCII on the line, every part in base64, so that no server on the way has a reason to change an
//! octet that is signed (RFC 8551 3.1). Nothing of a document gets into a header; what of it gets into the body is cut,
//! shown without control characters, and never a link. The same mail composed twice has the same headers.

use super::MailKey;
use crate::document::{Digest, MailAddress, Thread};
use crate::finding::Code;
use crate::host::printable;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::fmt::Write;

/// The longest message id, octets, that is named again.
const MESSAGE_ID_MAX: usize = 250;
/// So many message ids of a thread are named, the first and the last ones (RFC 5322 3.6.4 lets a thread be cut).
const REFERENCES_MAX: usize = 20;
/// The longest body, octets: what a person reads; the receipt says all.
const BODY_MAX: usize = 256 << 10;
/// Octets of a line of base64 before it is coded.
const LINE: usize = 54;
/// Endings of the files that bodies file; a name with one of them is none that a mail program makes a link of.
const FILES: [&str; 19] = [
    "xml", "csv", "p7s", "p7m", "asice", "asics", "sce", "scs", "bdoc", "edoc", "adoc", "xlsx", "pdf", "json",
    "geojson", "gml", "txt", "crt", "toml",
];

/// Why a mail goes out, as RFC 3834 names it: no program answers either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auto {
    /// In answer to a document.
    Replied,
    /// By itself.
    Generated,
}

/// A mail that is to be composed.
#[derive(Debug)]
pub struct Draft<'a> {
    /// Whom it is from.
    pub from: &'a MailAddress,
    /// Whom it goes to.
    pub to: &'a [MailAddress],
    /// Its subject, of our own words.
    pub subject: &'a str,
    /// When it was owed first: the same whenever it is tried.
    pub date: Timestamp,
    /// Its own message id, without brackets: the same whenever it is tried.
    pub message_id: &'a str,
    /// What it answers.
    pub thread: Option<&'a Thread>,
    /// Why it goes out.
    pub auto: Auto,
    /// What a person reads.
    pub text: &'a str,
    /// What lies in it.
    pub attachments: &'a [Attachment],
}

/// Octets that are attached as they are.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The name it bears.
    pub name: String,
    /// A name in plain letters for programs that read no other.
    pub plain_name: String,
    /// Its media type.
    pub media: &'static str,
    /// Its octets.
    pub octets: std::sync::Arc<[u8]>,
}

impl Draft<'_> {
    /// The mail, headers and all, signed.
    ///
    /// # Errors
    /// A key that cannot sign.
    pub fn compose(&self, key: &MailKey) -> Result<Vec<u8>, String> {
        let inner = self.inner();
        let signature = key.sign(inner.as_bytes())?;
        let boundary = self.boundary('s');
        let mut mail = self.head();
        let _ = write!(
            mail,
            "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=\"sha-256\"; \
             boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n{inner}\r\n--{boundary}\r\n\
             Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
             Content-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n"
        );
        in_lines(&mut mail, &signature);
        let _ = write!(mail, "--{boundary}--\r\n");
        Ok(mail.into_bytes())
    }

    fn head(&self) -> String {
        let mut head = String::with_capacity(2048);
        let to: Vec<&str> = self.to.iter().map(MailAddress::as_str).collect();
        let _ = write!(head, "From: <{}>\r\nTo: <{}>\r\n", self.from, to.join(">,\r\n <"));
        let _ = write!(head, "Subject: {}\r\n", encoded(self.subject));
        let _ = write!(head, "Date: {}\r\n", self.date.strftime("%a, %d %b %Y %H:%M:%S +0000"));
        let _ = write!(head, "Message-ID: <{}>\r\n", self.message_id);
        if let Some(answered) = self.thread.and_then(|thread| message_id(thread.replies_to()?)) {
            let _ = write!(head, "In-Reply-To: <{answered}>\r\nReferences:");
            let before = self.thread.map(|thread| thread.references.as_slice()).unwrap_or_default();
            let before: Vec<&str> =
                before.iter().filter_map(|one| message_id(one)).filter(|one| *one != answered).collect();
            let late = before.len().saturating_sub(REFERENCES_MAX - 2).max(1);
            let kept = before.iter().take(1).chain(before.iter().skip(late));
            for one in kept.chain([&answered]) {
                let _ = write!(head, " <{one}>\r\n");
            }
        }
        let auto = match self.auto {
            Auto::Replied => "auto-replied",
            Auto::Generated => "auto-generated",
        };
        let _ = write!(head, "Auto-Submitted: {auto}\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n");
        head
    }

    /// What is signed: every line ends in CR and LF, the last in nothing.
    fn inner(&self) -> String {
        let boundary = self.boundary('m');
        let coded: usize = self.attachments.iter().map(|one| one.octets.len() / 2 * 3).sum();
        let mut inner = String::with_capacity(coded + self.text.len() * 2 + 4096);
        let _ = write!(
            inner,
            "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        );
        in_lines(&mut inner, body(self.text).as_bytes());
        for one in self.attachments {
            let Attachment { name, plain_name, media, octets } = one;
            // a name in other letters has a parameter of its own; programs that read none take the plain one
            let plain_name = plain(plain_name);
            let _ = write!(
                inner,
                "--{boundary}\r\nContent-Type: {media};\r\n name=\"{plain_name}\"\r\n\
                 Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment"
            );
            continued(&mut inner, &percent(name));
            inner.push_str("\r\n\r\n");
            in_lines(&mut inner, octets);
        }
        let _ = write!(inner, "--{boundary}--");
        inner
    }

    /// No line of base64 begins like this.
    fn boundary(&self, of: char) -> String {
        let digest = Digest::of(self.message_id.as_bytes()).to_string();
        format!("=_{of}_{}", digest.get(..32).unwrap_or_default())
    }
}

/// A message id without its brackets; none where it is nothing that a header may hold.
pub fn message_id(text: &str) -> Option<&str> {
    let text = text.trim();
    let bare = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
    let fits = |b: u8| b.is_ascii_graphic() && b != b'<' && b != b'>';
    (bare.contains('@') && bare.len() <= MESSAGE_ID_MAX && bare.bytes().all(fits)).then_some(bare)
}

/// What a person reads, in CR and LF: bounded, without what moves a cursor, and without links.
fn body(text: &str) -> String {
    let text = printable(text);
    let cut = match text.char_indices().nth(BODY_MAX) {
        Some((at, _)) => format!("{}\n[…]\n", &text[..at]),
        None => text,
    };
    let mut lines = String::with_capacity(cut.len() + 1024);
    for line in cut.lines() {
        for piece in line.split_inclusive(char::is_whitespace) {
            lines.push_str(&unlinked(piece));
        }
        lines.push_str("\r\n");
    }
    lines
}

/// A word that no mail program makes a link of.
fn unlinked(word: &str) -> String {
    let word = word.replace("://", "[:]//").replace('@', "[at]").replace("mailto:", "mailto[:]");
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let ending = bare.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    if !word.contains('.') {
        return word;
    }
    // a name that only begins as a finding does may be anybody's
    let is_ours = Code::ALL.iter().any(|code| code.slug() == bare)
        || ending.is_some_and(|ending| FILES.contains(&ending.as_str()) || ending.bytes().all(|b| b.is_ascii_digit()));
    let is_path = word.contains('/') || bare.to_ascii_lowercase().starts_with("www.");
    if is_ours && !is_path {
        return word;
    }
    let (mut safe, mut before) = (String::with_capacity(word.len() + 8), None);
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        let joins = before.is_some_and(char::is_alphanumeric) && rest.peek().is_some_and(|next| next.is_alphabetic());
        match c {
            '.' if joins => safe.push_str("[.]"),
            c => safe.push(c),
        }
        before = Some(c);
    }
    safe
}

/// A header's text: as it is where it is plain ASCII, else in words of base64 (RFC 2047), none longer than 75.
fn encoded(text: &str) -> String {
    if text.len() <= 60 && text.bytes().all(|b| (b' '..=b'~').contains(&b)) && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words: Vec<String> = vec![String::new()];
    for c in text.chars().filter(|c| !c.is_control()) {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= 42 => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    let coded: Vec<String> = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    coded.join("\r\n ")
}

/// A name in plain letters.
fn plain(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let plain: String = name.chars().filter(|c| fits(*c)).take(100).collect();
    if plain.is_empty() { "attachment".to_owned() } else { plain }
}

/// A parameter's value by RFC 8187.
fn percent(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for octet in name.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => text.push(octet as char),
            _ => {
                let _ = write!(text, "%{octet:02X}");
            }
        }
    }
    text
}

/// A file's name as an extended parameter, in pieces that fit a line (RFC 2231 3).
fn continued(to: &mut String, name: &str) {
    let mut rest = name;
    let mut nth = 0;
    while !rest.is_empty() {
        // no piece ends within an escape
        let mut end = rest.len().min(50);
        while end < rest.len() && rest[end.saturating_sub(2)..end].contains('%') {
            end -= 1;
        }
        let (piece, after) = rest.split_at(end);
        let whose = if nth == 0 { "utf-8''" } else { "" };
        let _ = write!(to, ";\r\n filename*{nth}*={whose}{piece}");
        (rest, nth) = (after, nth + 1);
    }
}

/// Base64 in lines.
fn in_lines(to: &mut String, octets: &[u8]) {
    for line in octets.chunks(LINE) {
        STANDARD.encode_string(line, to);
        to.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::unlinked;

    #[test]
    fn a_word_that_only_begins_like_a_finding_is_no_link() {
        for (word, safe) in [
            ("«load.evil.com»", "«load[.]evil[.]com»"),
            ("rule.evil.com", "rule[.]evil[.]com"),
            ("rule.total-differs.com", "rule[.]total-differs[.]com"),
            ("signature.example", "signature[.]example"),
            ("www.rule.total-differs", "www[.]rule[.]total-differs"),
        ] {
            assert_eq!(unlinked(word), safe);
        }
        for word in ["(rule.total-differs)", "signature.missing:", "hesabat.xml", "1.234", "8.1.4", "son."] {
            assert_eq!(unlinked(word), word);
        }
    }
}
