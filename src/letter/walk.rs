//! The walk through a message: from boundary to boundary (RFC 2046 5.1), never back.
//!
//! Owns the nesting. A boundary of an outer part ends all within it; a line that looks like one and stands in no
//! part that announced it is text.

use super::body::Body;
use super::head::{BOUNDARY_MAX, Head};
use super::lines::{Lines, Shape};
use super::report::{self, DeliveryReport};
use super::signed::Keeping;
use super::{Attachment, Fault, Letter, Limits, Nature};
use std::io::{self, Read, Write};

/// Octets of a report, or of a returned header, that are read: a report on one receiver has a thousand.
const REPORT_MAX: usize = 64 << 10;

/// A multipart that was entered.
struct Level {
    boundary: Vec<u8>,
    kind: Kind,
    parts: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `multipart/signed`: its second part is the signature of the mail.
    Signed,
    /// `multipart/mixed`: parts that stand beside each other, each for itself.
    Mixed,
    /// `multipart/report`.
    Report,
    Other,
}

/// Where a part ended.
#[derive(Clone, Copy)]
enum End {
    /// At a boundary of this level; whether it closes it.
    Boundary { level: usize, closes: bool },
    /// At the end of the message.
    Message,
}

struct Walk<'a, R, S> {
    lines: Lines<R>,
    limits: &'a Limits,
    open: &'a mut dyn FnMut() -> io::Result<S>,
    levels: Vec<Level>,
    parts: usize,
    attachments: Vec<Attachment<S>>,
    report: Option<DeliveryReport>,
    signed: Keeping<S>,
    wrapped: Option<u64>,
    piece: Vec<u8>,
}

pub(super) fn walk<S: Write>(
    source: impl Read,
    limits: &Limits,
    open: &mut dyn FnMut() -> io::Result<S>,
) -> Result<Letter<S>, Fault> {
    let lines = Lines::new(source, limits.size);
    let (levels, attachments, piece) = (Vec::new(), Vec::new(), Vec::new());
    let (signed, wrapped) = (Keeping::default(), None);
    let mut walk = Walk { lines, limits, open, levels, parts: 0, attachments, report: None, signed, wrapped, piece };
    let (head, ended) = walk.head()?;
    let is_report = head.media == ("multipart".to_owned(), "report".to_owned());
    let is_delivery = is_report && head.report_type.as_deref().is_none_or(|kind| kind == "delivery-status");
    let mut end = match ended {
        Some(end) => end,
        None => walk.part(&head)?,
    };
    loop {
        end = match end {
            End::Message if walk.levels.is_empty() => break,
            End::Message => return Err(Fault::Malformed("it ends within a part")),
            End::Boundary { level, closes: true } => {
                if level == 0 {
                    walk.signed.end(walk.levels.first().map_or(0, |level| level.parts))?;
                }
                walk.levels.truncate(level);
                walk.skip()?
            }
            End::Boundary { level, closes: false } => {
                walk.levels.truncate(level + 1);
                if let Some(level) = walk.levels.last_mut() {
                    level.parts += 1;
                }
                walk.parts += 1;
                if walk.parts > limits.parts {
                    return Err(limit("parts", "mail.parts_max", limits.parts));
                }
                if level == 0 {
                    walk.signed.begin(&mut *walk.open)?;
                }
                match walk.head()? {
                    (_, Some(end)) => end,
                    (head, None) => walk.part(&head)?,
                }
            }
        };
    }
    let nature = match (head.nature, is_delivery) {
        (_, true) => Nature::Bounce,
        (Some(nature), false) => nature,
        (None, false) => Nature::Person,
    };
    let (size, digest) = walk.lines.finish();
    let is_signed = head.media == ("multipart".to_owned(), "signed".to_owned());
    let Head { message_id, references, from, subject, receivers, is_protected, .. } = head;
    let (attachments, report) = (walk.attachments, walk.report);
    let (signed, wrapped) = (walk.signed.finish(), walk.wrapped);
    Ok(Letter {
        message_id,
        references,
        from,
        subject,
        nature,
        report,
        attachments,
        receivers,
        is_protected,
        is_signed,
        signed,
        wrapped,
        digest,
        size,
    })
}

fn limit(what: &'static str, key: &'static str, most: usize) -> Fault {
    Fault::Limit { what, key, most: most as u64 }
}

impl<R: Read, S: Write> Walk<'_, R, S> {
    /// A header, up to its empty line, or to a boundary that comes before that.
    fn head(&mut self) -> Result<(Head, Option<End>), Fault> {
        let (mut octets, mut lines, mut ended) = (Vec::new(), 0, None);
        loop {
            let Some(shape) = self.next()? else {
                ended = Some(End::Message);
                break;
            };
            if let Some(end) = self.boundary(shape) {
                ended = Some(end);
                break;
            }
            lines += usize::from(shape.begins);
            if lines > self.limits.header_lines {
                return Err(limit("header lines", "mail.header_lines_max", self.limits.header_lines));
            }
            octets.extend_from_slice(&self.piece);
            if octets.len() > self.limits.header {
                return Err(limit("octets in a header", "mail.header_max", self.limits.header));
            }
            if shape.begins && shape.ends && self.piece.trim_ascii().is_empty() {
                break;
            }
        }
        Ok((Head::read(&octets)?, ended))
    }

    /// What stands behind a header.
    fn part(&mut self, head: &Head) -> Result<End, Fault> {
        if head.is_multipart() {
            return self.enter(head);
        }
        let level = self.levels.last();
        let within = level.map_or(Kind::Other, |level| level.kind);
        let (first, second) = (head.media.0.as_str(), head.media.1.as_str());
        if within == Kind::Report
            && first == "message"
            && ["delivery-status", "global-delivery-status"].contains(&second)
        {
            let (text, end) = self.gather()?;
            self.report.get_or_insert_default().deliveries = report::deliveries(&text);
            return Ok(end);
        }
        if within == Kind::Report && ["rfc822", "rfc822-headers", "global"].contains(&second) {
            let (text, end) = self.gather()?;
            self.report.get_or_insert_default().original_message_id = report::returned_id(&text);
            return Ok(end);
        }
        let is_whole = match &self.levels[..] {
            [] => true,
            [level] => level.kind == Kind::Signed && level.parts == 1,
            _ => false,
        };
        if is_whole && head.is_wrapper() {
            self.wrapped = Some(self.lines.size());
            return self.skip();
        }
        // the signature of the mail is nobody's document, and signs none; what was forwarded is not the sender's
        let is_of_mail = within == Kind::Signed && level.is_some_and(|level| level.parts > 1) && head.is_signature();
        if is_of_mail && self.levels.len() == 1 && head.is_cms() {
            self.signed.signature();
        }
        if is_of_mail || first == "message" || head.is_text() {
            return self.skip();
        }
        self.attachment(head)
    }

    fn enter(&mut self, head: &Head) -> Result<End, Fault> {
        let boundary = head.boundary.as_deref().map(str::trim_end).unwrap_or_default().as_bytes().to_vec();
        if boundary.is_empty() || boundary.len() > BOUNDARY_MAX {
            return Err(Fault::Malformed("parts without a boundary that can be read"));
        }
        // RFC 2045 6.4: only the parts within are encoded
        if head
            .coding
            .as_deref()
            .is_some_and(|name| !["7bit", "8bit", "binary"].contains(&name.trim().to_ascii_lowercase().as_str()))
        {
            return Err(Fault::Malformed("parts that are encoded together"));
        }
        if self.levels.iter().any(|level| level.boundary == boundary) {
            return Err(Fault::Malformed("two parts, one within the other, with the same boundary"));
        }
        if self.levels.len() >= self.limits.depth {
            return Err(limit("parts within parts", "mail.depth_max", self.limits.depth));
        }
        let kind = match head.media.1.as_str() {
            "signed" => Kind::Signed,
            "mixed" => Kind::Mixed,
            "report" => Kind::Report,
            _ => Kind::Other,
        };
        if let (true, Some(boundary)) = (self.levels.is_empty(), head.boundary_of_signed()) {
            self.signed.expect(boundary);
        }
        self.levels.push(Level { boundary, kind, parts: 0 });
        self.skip()
    }

    fn attachment(&mut self, head: &Head) -> Result<End, Fault> {
        if self.attachments.len() >= self.limits.attachments {
            return Err(limit("attachments", "mail.attachments_max", self.limits.attachments));
        }
        let mut body = Body::new(head.coding.as_deref(), (self.open)()?);
        let end = self.each(&mut |octets| body.take(octets))?;
        let (octets, size, sha256, is_broken) = body.finish()?;
        self.attachments.push(Attachment {
            part: u32::try_from(self.parts.max(1)).unwrap_or(u32::MAX),
            name: head.name.clone(),
            media: format!("{}/{}", head.media.0, head.media.1),
            is_layer: self.levels.is_empty() && head.is_signed_message(),
            is_beside: self.is_beside(),
            octets,
            size,
            sha256,
            is_broken,
        });
        Ok(end)
    }

    /// Whether the part stands in nothing but `multipart/mixed`, below a signature of the whole.
    fn is_beside(&self) -> bool {
        let around = match &self.levels[..] {
            [first, rest @ ..] if first.kind == Kind::Signed => rest,
            all => all,
        };
        around.iter().all(|level| level.kind == Kind::Mixed)
    }

    /// The beginning of a part.
    fn gather(&mut self) -> Result<(Vec<u8>, End), Fault> {
        let mut text = Vec::new();
        let end = self.each(&mut |octets| {
            let room = REPORT_MAX.saturating_sub(text.len()).min(octets.len());
            text.extend_from_slice(&octets[..room]);
            Ok(())
        })?;
        Ok((text, end))
    }

    fn skip(&mut self) -> Result<End, Fault> {
        self.each(&mut |_| Ok(()))
    }

    /// Gives the octets up to the next boundary. The end of the line before it belongs to the boundary.
    fn each(&mut self, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<End, Fault> {
        let mut ending: &[u8] = b"";
        loop {
            let Some(shape) = self.next()? else {
                take(ending)?;
                return Ok(End::Message);
            };
            if let Some(end) = self.boundary(shape) {
                return Ok(end);
            }
            take(ending)?;
            let (octets, next): (&[u8], &[u8]) = match &self.piece[..] {
                [octets @ .., b'\r', b'\n'] => (octets, b"\r\n"),
                [octets @ .., b'\n'] => (octets, b"\n"),
                octets => (octets, b""),
            };
            take(octets)?;
            ending = next;
        }
    }

    fn next(&mut self) -> Result<Option<Shape>, Fault> {
        let shape = self.lines.next(&mut self.piece)?;
        self.signed.take(&self.piece)?;
        Ok(shape)
    }

    /// Whether the piece is a boundary, the innermost first.
    fn boundary(&self, shape: Shape) -> Option<End> {
        let rest = self.piece.strip_prefix(b"--").filter(|_| shape.begins)?;
        let rest = rest.trim_ascii_end();
        self.levels.iter().enumerate().rev().find_map(|(level, one)| {
            let rest = rest.strip_prefix(&one.boundary[..])?;
            match rest {
                b"" => Some(End::Boundary { level, closes: false }),
                b"--" => Some(End::Boundary { level, closes: true }),
                _ => None,
            }
        })
    }
}
