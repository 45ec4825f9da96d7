//! DER as a form: a strict reader of tag, length and value, and the one concession to BER.
//!
//! The reader takes definite, minimal lengths and low tag numbers alone (X.690 10.1). CMS may come
//! in BER (RFC 5652 section 2 leaves it to the sender; `openssl cms -stream` uses it), so
//! [`definite`] rewrites indefinite lengths and constructed octet strings first. Depth is bounded,
//! nothing here panics on any input, and nothing is decided about what was read.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// Deepest nesting that is read, in levels: a signature with a certificate needs 14, and each
/// level costs stack.
pub const DEPTH_MAX: usize = 32;

/// Identifier octets (X.690 8.1.2) of the universal types that signatures use.
pub mod tag {
    #![allow(missing_docs)] // named after their types
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const UTF8_STRING: u8 = 0x0c;
    pub const NUMERIC_STRING: u8 = 0x12;
    pub const PRINTABLE_STRING: u8 = 0x13;
    pub const T61_STRING: u8 = 0x14;
    pub const IA5_STRING: u8 = 0x16;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const VISIBLE_STRING: u8 = 0x1a;
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    pub const BMP_STRING: u8 = 0x1e;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;

    /// `[number]` around or instead of something constructed.
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }
    /// `[number]` instead of something primitive.
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// What is wrong with an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DerFault(pub &'static str);

type Read<T> = Result<T, DerFault>;

/// One element as it stands: identifier, contents, and the octets of both with the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// The contents octets.
    pub content: &'a [u8],
    /// The whole encoding.
    pub raw: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads what the contents consist of.
    pub fn reader(self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// An object identifier in dotted form. Arcs up to 128 bits, which UUID arcs fill (X.667).
    pub fn oid(self) -> Read<String> {
        if self.tag != tag::OID || self.content.is_empty() {
            return Err(DerFault("an object identifier is missing"));
        }
        let mut text = String::new();
        let (mut arc, mut begun) = (0u128, false);
        for &octet in self.content {
            if (!begun && octet == 0x80) || arc >> 121 != 0 {
                return Err(DerFault("an object identifier is malformed"));
            }
            arc = arc << 7 | u128::from(octet & 0x7f);
            begun = octet & 0x80 != 0;
            if !begun {
                let written = match (text.is_empty(), arc) {
                    (true, 0..80) => write!(text, "{}.{}", arc / 40, arc % 40),
                    (true, _) => write!(text, "2.{}", arc - 80),
                    (false, _) => write!(text, ".{arc}"),
                };
                written.map_err(|_| DerFault("an object identifier is malformed"))?;
                arc = 0;
            }
        }
        if begun { Err(DerFault("an object identifier is cut short")) } else { Ok(text) }
    }

    /// A non-negative integer that fits 32 bits.
    pub fn small(self) -> Read<u32> {
        self.integer()?;
        match self.content {
            [first, ..] if first & 0x80 != 0 => Err(DerFault("a number is negative")),
            octets if octets.len() <= 4 || (octets.len() == 5 && octets[0] == 0) => {
                Ok(octets.iter().fold(0, |sum, &octet| sum << 8 | u32::from(octet)))
            }
            _ => Err(DerFault("a number is too large")),
        }
    }

    /// The contents of an integer in its one minimal form (X.690 8.3.2).
    pub fn integer(self) -> Read<&'a [u8]> {
        match (self.tag, self.content) {
            (tag::INTEGER, [0, second, ..]) if second & 0x80 == 0 => Err(DerFault("a number has a needless zero")),
            (tag::INTEGER, [0xff, second, ..]) if second & 0x80 != 0 => Err(DerFault("a number has a needless octet")),
            (tag::INTEGER, [_, ..]) => Ok(self.content),
            _ => Err(DerFault("a number is missing")),
        }
    }

    /// A boolean (X.690 11.1: true is all ones).
    pub fn boolean(self) -> Read<bool> {
        match (self.tag, self.content) {
            (tag::BOOLEAN, [0]) => Ok(false),
            (tag::BOOLEAN, [0xff]) => Ok(true),
            _ => Err(DerFault("a truth value is malformed")),
        }
    }

    /// UTCTime or GeneralizedTime in the only forms of RFC 5280 4.1.2.5: seconds, no fraction, `Z`.
    /// The year 9999 that means "never" ends at the last moment this program can tell.
    pub fn time(self) -> Read<Timestamp> {
        const FAULT: DerFault = DerFault("a time is malformed");
        let text = self.content;
        let pair = |at: usize| -> Read<i16> {
            match text.get(at..at + 2) {
                Some(&[a, b]) if a.is_ascii_digit() && b.is_ascii_digit() => {
                    Ok(i16::from(a - b'0') * 10 + i16::from(b - b'0'))
                }
                _ => Err(FAULT),
            }
        };
        let (year, rest) = match (self.tag, text.len()) {
            // RFC 5280 4.1.2.5.1: 50 to 99 are of the last century
            (tag::UTC_TIME, 13) => (pair(0)? + if pair(0)? >= 50 { 1900 } else { 2000 }, 2),
            (tag::GENERALIZED_TIME, 15) => (pair(0)? * 100 + pair(2)?, 4),
            _ => return Err(FAULT),
        };
        if text.last() != Some(&b'Z') {
            return Err(FAULT);
        }
        let [month, day, hour, minute, second] =
            [pair(rest)?, pair(rest + 2)?, pair(rest + 4)?, pair(rest + 6)?, pair(rest + 8)?].map(|part| part as i8);
        let moment = DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| FAULT)?;
        Ok(TimeZone::UTC.to_timestamp(moment).unwrap_or(Timestamp::MAX))
    }

    /// A character string of any of the types that names use; none for other types and for octets
    /// that are not of the type.
    pub fn text(self) -> Option<String> {
        match self.tag {
            tag::UTF8_STRING => String::from_utf8(self.content.to_vec()).ok(),
            tag::NUMERIC_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING | tag::VISIBLE_STRING => {
                self.content.is_ascii().then(|| self.content.iter().copied().map(char::from).collect())
            }
            // T.61 proper is used by nobody: what stands there is Latin-1 (as OpenSSL reads it)
            tag::T61_STRING => Some(self.content.iter().copied().map(char::from).collect()),
            tag::BMP_STRING if self.content.len().is_multiple_of(2) => {
                let units = self.content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                char::decode_utf16(units).collect::<Result<_, _>>().ok()
            }
            tag::UNIVERSAL_STRING if self.content.len().is_multiple_of(4) => self
                .content
                .chunks_exact(4)
                .map(|four| char::from_u32(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
                .collect(),
            _ => None,
        }
    }
}

/// Reads elements one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Over these octets.
    pub fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    /// Exactly one element, and nothing behind it.
    pub fn only(octets: &'a [u8]) -> Read<Element<'a>> {
        let mut reader = Self::new(octets);
        let element = reader.any()?;
        reader.finish()?;
        Ok(element)
    }

    /// The identifier of what comes next.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Read<Element<'a>> {
        let head = head(self.rest)?;
        let (Some(length), true) = (head.length, head.minimal) else {
            return Err(DerFault("a length is not in its shortest form"));
        };
        let end = head.octets.checked_add(length).filter(|&end| end <= self.rest.len());
        let end = end.ok_or(DerFault("the encoding is cut short"))?;
        let (raw, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Element { tag: head.tag, content: &raw[head.octets..], raw })
    }

    /// The next element, which must be of this type; `what` is the fault when not.
    pub fn take(&mut self, tag: u8, what: &'static str) -> Read<Element<'a>> {
        if self.peek() != Some(tag) {
            return Err(DerFault(what));
        }
        self.any()
    }

    /// The next element when it is of this type.
    pub fn optional(&mut self, tag: u8) -> Read<Option<Element<'a>>> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Octets that are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Nothing may be left.
    pub fn finish(self) -> Read<()> {
        if self.is_empty() { Ok(()) } else { Err(DerFault("something stands behind the end")) }
    }
}

struct Head {
    tag: u8,
    octets: usize,
    length: Option<usize>,
    minimal: bool,
}

fn head(octets: &[u8]) -> Read<Head> {
    const CUT: DerFault = DerFault("the encoding is cut short");
    let (&tag, rest) = octets.split_first().ok_or(CUT)?;
    if tag & 0x1f == 0x1f {
        return Err(DerFault("a tag has a number that no signature uses"));
    }
    let (&first, rest) = rest.split_first().ok_or(CUT)?;
    match first {
        0..0x80 => Ok(Head { tag, octets: 2, length: Some(first.into()), minimal: true }),
        0x80 => Ok(Head { tag, octets: 2, length: None, minimal: false }),
        // X.690 8.1.3.5: 0xff is reserved; more than four octets of length is no signature of this world
        0x85.. => Err(DerFault("a length is too long")),
        _ => {
            let count = usize::from(first & 0x7f);
            let digits = rest.get(..count).ok_or(CUT)?;
            let length = digits.iter().fold(0usize, |sum, &digit| sum << 8 | usize::from(digit));
            let minimal = length >= 0x80 && digits.first() != Some(&0);
            Ok(Head { tag, octets: 2 + count, length: Some(length), minimal })
        }
    }
}

/// Rewrites BER into definite, minimal lengths, and constructed octet strings into primitive ones
/// (X.690 8.1.3.6, 8.7.3). What is DER already comes back octet for octet.
///
/// # Errors
/// What is not BER, is nested deeper than [`DEPTH_MAX`], or has something behind its end.
pub fn definite(ber: &[u8]) -> Read<Vec<u8>> {
    let mut out = Vec::with_capacity(ber.len());
    let used = rewrite(ber, DEPTH_MAX, &mut out)?;
    if used == ber.len() { Ok(out) } else { Err(DerFault("something stands behind the end")) }
}

/// Rewrites the one element that these octets begin with; how many octets of them it is.
///
/// # Errors
/// As [`definite`].
pub fn definite_first(ber: &[u8]) -> Read<(Vec<u8>, usize)> {
    let mut out = Vec::new();
    let used = rewrite(ber, DEPTH_MAX, &mut out)?;
    Ok((out, used))
}

/// The head of an element: its identifier, how many octets the head has, and how many the contents; none where
/// they go on until an end of their own (X.690 8.1.3.6).
///
/// # Errors
/// What is no head.
pub fn head_of(ber: &[u8]) -> Read<(u8, usize, Option<usize>)> {
    head(ber).map(|head| (head.tag, head.octets, head.length))
}

/// The bit of an identifier that says: made of other elements.
pub const CONSTRUCTED: u8 = 0x20;

fn rewrite(ber: &[u8], depth: usize, out: &mut Vec<u8>) -> Read<usize> {
    let depth = depth.checked_sub(1).ok_or(DerFault("the encoding is nested too deeply"))?;
    let head = head(ber)?;
    let body = &ber[head.octets..];
    let body = match head.length {
        Some(length) => body.get(..length).ok_or(DerFault("the encoding is cut short"))?,
        None if head.tag & CONSTRUCTED != 0 => body,
        None => return Err(DerFault("a primitive value has no length")),
    };
    if head.tag & CONSTRUCTED == 0 {
        write(out, head.tag, body);
        return Ok(head.octets + body.len());
    }
    let (mut parts, mut used) = (Vec::new(), 0);
    loop {
        match (&body[used..], head.length) {
            ([], Some(_)) => break,
            ([0, 0, ..], None) => {
                used += 2;
                break;
            }
            (rest, _) => used += rewrite(rest, depth, &mut parts)?,
        }
    }
    if head.tag == tag::OCTET_STRING | CONSTRUCTED {
        let (mut whole, mut pieces) = (Vec::new(), Reader::new(&parts));
        while !pieces.is_empty() {
            whole.extend_from_slice(pieces.take(tag::OCTET_STRING, "a piece of an octet string is none")?.content);
        }
        write(out, tag::OCTET_STRING, &whole);
    } else {
        write(out, head.tag, &parts);
    }
    Ok(head.octets + used)
}

/// Appends one element in DER.
pub fn write(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    let length = content.len().to_be_bytes();
    let digits = &length[length.iter().take_while(|&&digit| digit == 0).count()..];
    match digits {
        [] => out.push(0),
        [short @ 0..0x80] => out.push(*short),
        digits => {
            out.push(0x80 | digits.len() as u8);
            out.extend_from_slice(digits);
        }
    }
    out.extend_from_slice(content);
}

/// One element in DER around these parts.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = Vec::with_capacity(content.len() + 6);
    write(&mut out, tag, &content);
    out
}

/// An INTEGER with the value of these octets, first the highest.
pub fn unsigned(octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|&&octet| octet == 0).count();
    let value = &octets[zeros..];
    // X.690 8.3: at least one octet, and the highest bit is the sign
    let sign: &[u8] = if value.first().is_none_or(|&first| first >= 0x80) { &[0] } else { &[] };
    element(tag::INTEGER, &[sign, value])
}

/// An object identifier from its dotted form. Arcs up to 128 bits; none for what is no OID.
pub fn oid(dotted: &str) -> Option<Vec<u8>> {
    let arcs = dotted.split('.').map(|arc| arc.parse::<u128>().ok()).collect::<Option<Vec<_>>>()?;
    let (&[top, second], rest) = arcs.split_first_chunk()?;
    let fits = top < 2 && second < 40 || top == 2;
    let first = fits.then(|| top * 40)?.checked_add(second)?;
    let mut content = Vec::new();
    for arc in std::iter::once(first).chain(rest.iter().copied()) {
        let groups = (128 - arc.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let bits = (arc >> (7 * group) & 0x7f) as u8;
            content.push(if group == 0 { bits } else { bits | 0x80 });
        }
    }
    Some(element(tag::OID, &[&content]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indefinite_lengths_and_pieces_become_definite() {
        let ber = [0x30, 0x80, 0x24, 0x80, 0x04, 1, b'a', 0x24, 4, 0x04, 0x81, 1, b'b', 0, 0, 0x02, 1, 5, 0, 0];
        // the piece inside spells its length in the long form
        assert_eq!(definite(&ber).unwrap(), [0x30, 7, 0x04, 2, b'a', b'b', 0x02, 1, 5]);
        let deep = [[0x30u8, 0x80]; DEPTH_MAX + 1].concat();
        assert_eq!(definite(&deep), Err(DerFault("the encoding is nested too deeply")));
        assert!(definite(&[0x30, 0, 0]).is_err(), "something behind the end");
    }

    #[test]
    fn object_identifiers_of_uuids_have_room() {
        for dotted in ["2.25.340282366920938463463374607431768211455", "1.2.840.113549.1.7.2", "2.5.4.97", "0.9.2342"] {
            let der = oid(dotted).unwrap();
            assert_eq!(Reader::only(&der).unwrap().oid().as_deref(), Ok(dotted));
        }
        for bad in ["", "1", "3.1", "1.40", "340282366920938463463374607431768211455.1", "1.2.x", "1..2"] {
            assert_eq!(oid(bad), None, "{bad}");
        }
        assert!(Reader::only(&[6, 2, 0x80, 1]).unwrap().oid().is_err(), "a padded arc");
        assert!(Reader::only(&[6, 1, 0x88]).unwrap().oid().is_err(), "an arc without end");
    }

    #[test]
    fn times_have_one_form() {
        let read =
            |tag, text: &str| Reader::only(&element(tag, &[text.as_bytes()])).unwrap().time().map(|at| at.to_string());
        assert_eq!(read(tag::UTC_TIME, "491231235959Z").as_deref(), Ok("2049-12-31T23:59:59Z"));
        assert_eq!(read(tag::UTC_TIME, "500101000000Z").as_deref(), Ok("1950-01-01T00:00:00Z"));
        assert!(read(tag::GENERALIZED_TIME, "99991231235959Z").unwrap().starts_with("9999-12-30"));
        for bad in ["260101000000", "2601010000Z", "260101000000+", "261301000000Z", "2601010000 0Z"] {
            assert!(read(tag::UTC_TIME, bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(der) = definite(&octets) {
                prop_assert_eq!(definite(&der), Ok(der.clone()), "rewriting twice changes nothing");
                let element = Reader::only(&der).unwrap();
                let _ = (element.oid(), element.time(), element.text(), element.small(), element.boolean());
            }
        }
    }
}
