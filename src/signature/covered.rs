//! What the signatures cover: the only part of a document that any later room can see.
//!
//! Owns the covered reader. Never gives an octet that no signature covers, and never reads a
//! document differently from the way in which it was digested.

use super::xml::Hash;
use crate::document::Content;
use crate::finding::{Place, Stop};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::xmldsig::DS;
use crate::host::Octets;
use crate::xml::{Canonicaliser, Decoded, Event, Limits, Method, Reader};
use std::io::Read;

/// A reader of the covered octets alone.
#[derive(Debug)]
pub struct Covered {
    octets: Octets,
    content: Content,
    xml: Option<Limits>,
}

/// In which form a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// XML.
    Xml,
    /// A table of rows, CSV: what is none of the others.
    Table,
    /// JSON, which for us is a feature collection (RFC 7946).
    GeoJson,
}

/// One attribute of a covered element.
#[derive(Debug)]
pub struct CoveredAttribute<'a> {
    /// Namespace URI; empty for none. Namespace declarations are not attributes here.
    pub namespace: &'a str,
    /// Local name.
    pub local: &'a str,
    /// Normalised value.
    pub value: &'a str,
}

/// One covered event, as canonicalisation saw it: references resolved, CDATA merged, comments and
/// processing instructions gone, root-level `ds:Signature` elements gone.
#[derive(Debug)]
pub enum CoveredEvent<'a> {
    /// A start tag.
    Start {
        /// Namespace URI; empty for none.
        namespace: &'a str,
        /// Local name.
        local: &'a str,
        /// Its attributes, as written in the file.
        attributes: &'a [CoveredAttribute<'a>],
        /// Offset of its `<` in the file.
        offset: u64,
    },
    /// Character data; one text may arrive in several pieces.
    Text {
        /// The characters.
        text: &'a str,
        /// Offset of the first of them in the file.
        offset: u64,
    },
    /// The end of the innermost open element.
    End {
        /// Offset of the end tag.
        offset: u64,
    },
}

impl Covered {
    pub(super) fn xml(octets: Octets, content: Content, limits: Limits) -> Self {
        Self { octets, content, xml: Some(limits) }
    }

    pub(super) fn plain(octets: Octets, content: Content) -> Self {
        Self { octets, content, xml: None }
    }

    /// In which form it is written: by what its octets begin with, never by a name.
    ///
    /// # Errors
    /// [`Stop::Halt`] when the disk fails.
    pub fn written(&self) -> Result<Written, Stop> {
        /// Octets in which the first sign must stand: nobody sends more blanks before it.
        const HEAD: usize = 512;
        if self.xml.is_some() {
            return Ok(Written::Xml);
        }
        let head = self.octets.head(HEAD);
        let head = head.map_err(|error| Stop::Halt(format!("a verified document can no longer be read: {error}")))?;
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
        // no header of a table begins so: no column has such a name
        Ok(if text.starts_with(b"{") { Written::GeoJson } else { Written::Table })
    }

    /// Reads the covered events in order. `visit` answers whether to go on; `false` ends the
    /// reading early without a digest check (for looking at the root alone).
    ///
    /// # Errors
    /// [`Stop::Halt`] when this reading does not give the digest of the one that was verified, or
    /// the disk fails.
    pub fn read_xml(&self, visit: &mut dyn FnMut(CoveredEvent<'_>) -> bool) -> Result<(), Stop> {
        let Some(limits) = &self.xml else { return Err(Stop::Halt("a document that is not XML read as XML".into())) };
        let halt = |what: &str| Stop::Halt(format!("a verified document read differently the second time: {what}"));
        let mut reader = Reader::new(self.octets.reader(), self.octets.len(), limits);
        // What lies in memory cannot change; a file is digested again.
        let mut again = self.octets.in_memory().is_none().then(|| {
            let method = Method::Exclusive { comments: false, inclusive: Vec::new() };
            Canonicaliser::document(method, Hash::new(DigestAlgorithm::Sha256))
        });
        let (mut depth, mut signature) = (0usize, false);
        loop {
            let event = reader.next().map_err(|fault| halt(&format!("{fault:?}")))?;
            match &event {
                Event::Start(tag) => {
                    depth += 1;
                    signature |= depth == 2 && tag.local() == b"Signature" && tag.is(DS, "Signature");
                }
                Event::Done => break,
                _ => {}
            }
            if !signature {
                if let Some(again) = &mut again {
                    again.take(&event).map_err(|_| halt("longer"))?;
                }
                let go_on = match give(&event, visit) {
                    Some(go_on) => go_on,
                    None => return Err(halt("not UTF-8")),
                };
                if !go_on {
                    return Ok(());
                }
            }
            if let Event::End { .. } = event {
                signature &= depth != 2;
                depth -= 1;
            }
        }
        match again.map(|again| again.finish().finish()) {
            None => Ok(()),
            Some(Some(digest)) if digest == self.content.0.as_bytes() => Ok(()),
            Some(_) => Err(halt("another digest")),
        }
    }

    /// The covered octets of a document that is not XML.
    pub fn octets(&self) -> &Octets {
        &self.octets
    }

    /// Fills line and column, in characters from 1, of places known by their offset.
    pub fn locate(&self, places: &mut [&mut Place]) {
        locate(&self.octets, places);
    }
}

/// One event of the reader as a covered one; none if it is not UTF-8, which the reader excludes.
fn give(event: &Event<'_>, visit: &mut dyn FnMut(CoveredEvent<'_>) -> bool) -> Option<bool> {
    let text = |octets| std::str::from_utf8(octets).ok();
    Some(match event {
        Event::Start(tag) => {
            let mut attributes = Vec::with_capacity(tag.attributes().len());
            for attribute in tag.attributes() {
                attributes.push(CoveredAttribute {
                    namespace: text(tag.namespaces.uri_text(attribute.uri))?,
                    local: text(attribute.local)?,
                    value: text(attribute.value)?,
                });
            }
            visit(CoveredEvent::Start {
                namespace: text(tag.namespaces.uri_text(tag.uri))?,
                local: text(tag.local())?,
                attributes: &attributes,
                offset: tag.offset,
            })
        }
        Event::Text { octets, offset, .. } => visit(CoveredEvent::Text { text: text(octets)?, offset: *offset }),
        Event::End { offset, .. } => visit(CoveredEvent::End { offset: *offset }),
        Event::Comment(_) | Event::Instruction { .. } | Event::Done => true,
    })
}

/// Fills line and column of places known by their offset, reading the document once more. A
/// document that can no longer be read leaves them empty.
pub(super) fn locate(octets: &Octets, places: &mut [&mut Place]) {
    places.sort_by_key(|place| place.offset);
    let mut wanted = places.iter_mut().filter(|place| place.offset.is_some() && place.line.is_none()).peekable();
    let Ok(mut decoded) = Decoded::new(octets, 0) else { return };
    let mut buffer = [0; 16 * 1024];
    let (mut offset, mut line, mut column, mut after_return) = (0u64, 1u64, 1u64, false);
    while wanted.peek().is_some() {
        let count = match decoded.read(&mut buffer) {
            Ok(0) | Err(_) => 0,
            Ok(count) => count,
        };
        for &octet in &buffer[..count] {
            let here = |place: &&mut &mut Place| place.offset.is_some_and(|at| at <= offset);
            while let Some(place) = wanted.next_if(here) {
                (place.line, place.column) = (Some(line), Some(column));
            }
            match octet {
                b'\n' if after_return => {}
                b'\n' | b'\r' => (line, column) = (line + 1, 1),
                // The byte order mark is no character of the text; continuation octets are none.
                0xBB | 0xBF if offset < 3 && line == 1 => {}
                0xEF if offset == 0 => {}
                0x80..=0xBF => {}
                _ => column += 1,
            }
            after_return = octet == b'\r';
            offset += 1;
        }
        if count == 0 {
            for place in wanted {
                (place.line, place.column) = (Some(line), Some(column)); // the end of the file
            }
            return;
        }
    }
}

#[cfg(test)]
impl Covered {
    /// A document without a covered octet, for tests of the rooms that never look at them.
    pub(crate) fn nothing() -> Self {
        Self { octets: Octets::from(Vec::new()), content: Content(crate::document::Digest::of(b"")), xml: None }
    }

    /// A document that is no XML, covered whole.
    pub(crate) fn table(octets: &str) -> Self {
        let content = Content(crate::document::Digest::of(octets.as_bytes()));
        Self { octets: Octets::from(octets.as_bytes().to_vec()), content, xml: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_every_line_end() {
        let text = "\u{feff}ə=1\r\nsöz;2\rx\nend";
        let octets = Octets::from(text.as_bytes().to_vec());
        let at = |needle: &str| text.find(needle).unwrap() as u64;
        let mut places =
            [Place::at(at("end")), Place::at(at("2")), Place::at(at("=")), Place::at(at("x")), Place::whole()];
        locate(&octets, &mut places.iter_mut().collect::<Vec<_>>());
        let found: Vec<_> = places.iter().map(|place| (place.line, place.column)).collect();
        let some = |line, column| (Some(line), Some(column));
        assert_eq!(found, [some(4, 1), some(2, 5), some(1, 2), some(3, 1), (None, None)]);
    }

    #[test]
    fn a_place_at_the_end_or_in_utf_16_is_found() {
        let octets: Vec<u8> = [0xFEFF].into_iter().chain("a\nbc".encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let mut place = Place::at(3);
        locate(&octets.into(), &mut [&mut place]);
        assert_eq!((place.line, place.column), (Some(2), Some(2)));
        let mut end = Place::at(99);
        locate(&b"ab".to_vec().into(), &mut [&mut end]);
        assert_eq!((end.line, end.column), (Some(1), Some(3)));
    }
}
