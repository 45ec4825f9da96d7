//! What is signed of a message as a whole (S/MIME, RFC 8551 3.5): kept as it was signed, and taken apart again.
//!
//! Owns the one form of `multipart/signed` that is kept: two parts, the second of them detached CMS, lines ending with
//! CR and LF (3.1.1), a header that says no more than how the parts are told apart, and nothing before or behind them.
//! What relays did to line ends on the way is undone by that, and the same message gives the same octets however it
//! came. Takes it apart by the boundary that the header names, and by nothing else. Verifies nothing: which octets are
//! signed is told here, and whether they are, elsewhere.

use super::body::Body;
use super::head::Head;
use super::lines::{Lines, Shape};
use super::{Fault, Letter, Limits, read};
use crate::document::{Digest, Digester};
use crate::host::Octets;
use std::io::{self, Read, Write};

/// A message's `multipart/signed`, kept in the form of this file.
#[derive(Debug)]
pub struct Signed<S> {
    /// Where its octets went.
    pub octets: S,
    /// Their number.
    pub size: u64,
    /// Their digest.
    pub sha256: Digest,
}

/// The keeping of one, while the message is walked through.
#[derive(Default)]
pub(super) enum Keeping<S> {
    /// There is none.
    #[default]
    None,
    /// Its parts may follow, told apart by this boundary.
    Expected(String),
    /// Its parts go by.
    Under(Box<Under<S>>),
    /// It came to its end in order.
    Done(Signed<S>),
}

/// What is kept so far.
pub(super) struct Under<S> {
    sink: S,
    digest: Digester,
    size: u64,
    /// The last octet.
    last: u8,
    /// Whether the second part is a signature.
    has_signature: bool,
}

impl<S: Write> Under<S> {
    fn put(&mut self, octets: &[u8]) -> io::Result<()> {
        self.sink.write_all(octets)?;
        self.digest.update(octets);
        self.size += octets.len() as u64;
        self.last = octets.last().copied().unwrap_or(self.last);
        Ok(())
    }

    /// A line, or a piece of one, whose end is CR and LF from now on.
    fn line(&mut self, piece: &[u8]) -> io::Result<()> {
        let Some(text) = piece.strip_suffix(b"\n") else { return self.put(piece) };
        let last = text.last().copied().unwrap_or(self.last);
        self.put(text)?;
        self.put(if last == b'\r' { b"\n" } else { b"\r\n" })
    }
}

impl<S: Write> Keeping<S> {
    /// A multipart is entered whose parts are signed together.
    pub(super) fn expect(&mut self, boundary: &str) {
        *self = Self::Expected(boundary.to_owned());
    }

    /// A part of the whole begins.
    pub(super) fn begin(&mut self, open: &mut dyn FnMut() -> io::Result<S>) -> io::Result<()> {
        let Self::Expected(boundary) = self else { return Ok(()) };
        let head = format!(
            "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n boundary=\"{boundary}\"\r\n\
             \r\n--{boundary}\r\n"
        );
        let mut under = Under { sink: open()?, digest: Digester::new(), size: 0, last: 0, has_signature: false };
        under.put(head.as_bytes())?;
        *self = Self::Under(Box::new(under));
        Ok(())
    }

    /// Octets go by, a line or a piece of one.
    pub(super) fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::Under(under) => under.line(piece),
            _ => Ok(()),
        }
    }

    /// The signature stands there, as a part of the whole behind the first.
    pub(super) fn signature(&mut self) {
        if let Self::Under(under) = self {
            under.has_signature = true;
        }
    }

    /// The whole ends, after so many parts.
    pub(super) fn end(&mut self, parts: usize) -> io::Result<()> {
        *self = match std::mem::take(self) {
            // what stands beside the two is signed by nobody, and some show it as if it were
            Self::Under(mut under) if parts == 2 && under.has_signature => {
                if under.last != b'\n' {
                    under.put(b"\r\n")?;
                }
                let Under { mut sink, digest, size, .. } = *under;
                sink.flush()?;
                Self::Done(Signed { octets: sink, size, sha256: digest.finish() })
            }
            Self::Done(signed) => Self::Done(signed),
            Self::None | Self::Expected(_) | Self::Under(_) => Self::None,
        };
        Ok(())
    }

    pub(super) fn finish(self) -> Option<Signed<S>> {
        match self {
            Self::Done(signed) => Some(signed),
            _ => None,
        }
    }
}

/// Takes apart what was kept: the part that is signed, octet for octet, and the CMS, which may have so many octets.
///
/// # Errors
/// [`Fault`]: it is not of the form of this file.
pub fn split(signed: &Octets, limits: &Limits, most: u64) -> Result<(Octets, Vec<u8>), Fault> {
    let mut pieces = Pieces { lines: Lines::new(signed.reader(), signed.len()), piece: Vec::new(), before: [0; 2] };
    let head = pieces.head(limits)?;
    let boundary = head.boundary_of_signed().ok_or(Fault::Malformed("it is no message that CMS signs"))?;
    let (delimiter, close) = (format!("--{boundary}"), format!("--{boundary}--"));
    let is =
        |piece: &Pieces<_>, shape: Shape, mark: &str| shape.begins && piece.piece.trim_ascii_end() == mark.as_bytes();
    let first = pieces.next()?;
    if !is(&pieces, first, &delimiter) {
        return Err(Fault::Malformed("something stands before its parts"));
    }
    let begin = pieces.lines.size();
    let end = loop {
        let (at, before) = (pieces.lines.size(), pieces.before);
        let shape = pieces.next()?;
        if is(&pieces, shape, &close) {
            return Err(Fault::Malformed("it has no signature"));
        }
        if is(&pieces, shape, &delimiter) {
            // the end of the line before belongs to the boundary (RFC 2046 5.1.1)
            let end = at.checked_sub(2).filter(|end| *end > begin && before == *b"\r\n");
            break end.ok_or(Fault::Malformed("nothing in it is signed"))?;
        }
    };
    let head = pieces.head(limits)?;
    let is_base64 = head.coding.as_deref().is_some_and(|name| name.trim().eq_ignore_ascii_case("base64"));
    if !head.is_cms() || !is_base64 {
        return Err(Fault::Malformed("its second part is no CMS in base64"));
    }
    let mut body = Body::new(head.coding.as_deref(), Vec::new());
    let begin_of_cms = pieces.lines.size();
    loop {
        let shape = pieces.next()?;
        if is(&pieces, shape, &close) {
            break;
        }
        if is(&pieces, shape, &delimiter) {
            return Err(Fault::Malformed("it has more parts than two"));
        }
        // base64 takes four octets for three, and line ends
        if pieces.lines.size() - begin_of_cms > most.saturating_mul(2) {
            return Err(Fault::Limit { what: "octets in its signature", key: "limits.cms_size", most });
        }
        body.take(&pieces.piece)?;
    }
    if pieces.lines.next(&mut pieces.piece)?.is_some() {
        return Err(Fault::Malformed("something stands behind its parts"));
    }
    let (cms, _, _, is_broken) = body.finish()?;
    match is_broken {
        true => Err(Fault::Malformed("the base64 of its signature is broken")),
        false => Ok((signed.pieces([(begin, end - begin)]), cms)),
    }
}

/// Reads the part that is signed as the message that it is: the one wrapped in it, where its sender says so, and itself
/// else, whose header counts only where it is protected. Only where the part is the wrapper: one that is signed once
/// more within is somebody else's signature's, and is not opened.
///
/// # Errors
/// [`Fault`]; then nothing of it counts.
pub fn inside<S: Write>(
    part: &Octets,
    limits: &Limits,
    open: &mut dyn FnMut() -> io::Result<S>,
) -> Result<Letter<S>, Fault> {
    // the whole was bounded when it came, and has longer line ends since
    let letter = read(part.reader(), &Limits { size: part.len(), ..*limits }, open)?;
    let Some(at) = letter.wrapped.filter(|_| !letter.is_signed) else { return Ok(Letter { wrapped: None, ..letter }) };
    let size = part.len().saturating_sub(at);
    let wrapped = read(part.pieces([(at, size)]).reader(), &Limits { size, ..*limits }, open)?;
    Ok(Letter { is_protected: true, wrapped: Some(at), ..wrapped })
}

/// The lines of what is taken apart, with the two octets before each.
struct Pieces<R> {
    lines: Lines<R>,
    piece: Vec<u8>,
    before: [u8; 2],
}

impl<R: Read> Pieces<R> {
    fn next(&mut self) -> Result<Shape, Fault> {
        let shape = self.lines.next(&mut self.piece)?.ok_or(Fault::Malformed("it ends within a part"))?;
        self.before = match self.piece[..] {
            [.., one, other] => [one, other],
            [one] => [self.before[1], one],
            [] => self.before,
        };
        Ok(shape)
    }

    fn head(&mut self, limits: &Limits) -> Result<Head, Fault> {
        let mut octets = Vec::new();
        loop {
            let shape = self.next()?;
            octets.extend_from_slice(&self.piece);
            if octets.len() > limits.header {
                let most = limits.header as u64;
                return Err(Fault::Limit { what: "octets in a header", key: "mail.header_max", most });
            }
            if shape.begins && shape.ends && self.piece.trim_ascii().is_empty() {
                return Head::read(&octets);
            }
        }
    }
}
