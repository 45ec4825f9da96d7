//! Octets become checked UTF-8: encoding found, UTF-16 rewritten, characters XML lacks refused.

use super::characters;
use super::{Fault, Wrong};
use crate::host::{Octets, OctetsReader};
use std::io::{ErrorKind, Read};

/// A feed of checked UTF-8.
pub struct Source<R> {
    octets: R,
    coding: Coding,
    /// Octets read that are not yet a whole character.
    rest: Vec<u8>,
    ended: bool,
    chunk: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Unknown,
    Utf8,
    Utf16 { big: bool },
}

impl<R: Read> Source<R> {
    /// Octets asked of the disk at once, at most: large enough that calls do not count, small
    /// enough to stay in the processor's cache.
    const CHUNK: usize = 64 * 1024;

    /// A source of `octets`, about `size` of them; a wrong guess costs time alone.
    pub fn new(octets: R, size: u64) -> Self {
        let chunk = size.saturating_add(1).min(Self::CHUNK as u64) as usize;
        Self { octets, coding: Coding::Unknown, rest: Vec::new(), ended: false, chunk }
    }

    /// Whether the document came as UTF-16.
    pub fn is_utf16(&self) -> bool {
        matches!(self.coding, Coding::Utf16 { .. })
    }

    /// Appends the next checked octets to `text`; false at the end. `offset` is that of the
    /// end of `text`, for faults.
    pub fn feed(&mut self, text: &mut Vec<u8>, offset: u64) -> Result<bool, Fault> {
        if self.ended {
            return Ok(false);
        }
        let start = text.len();
        match self.coding {
            Coding::Utf16 { big } => self.feed_utf16(text, big, offset)?,
            _ => self.feed_utf8(text, offset)?,
        }
        if let Some(at) = characters::first_forbidden(&text[start..]) {
            let wrong = Wrong::NotWellformed("a character that XML does not allow (a control character)");
            return Err(Fault { offset: offset + at as u64, wrong });
        }
        Ok(!self.ended || text.len() > start)
    }

    fn fill(&mut self, into: &mut Vec<u8>, offset: u64) -> Result<usize, Fault> {
        let start = into.len();
        into.resize(start + self.chunk, 0);
        let count = loop {
            match self.octets.read(&mut into[start..]) {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault { offset, wrong: Wrong::Io(error) }),
            }
        };
        into.truncate(start + count);
        self.ended = count == 0;
        Ok(count)
    }

    fn feed_utf8(&mut self, text: &mut Vec<u8>, offset: u64) -> Result<(), Fault> {
        let start = text.len();
        text.append(&mut self.rest);
        self.fill(text, offset)?;
        if self.coding == Coding::Unknown {
            while text.len() - start < 4 && !self.ended {
                self.fill(text, offset)?; // a reader may give one octet at a time
            }
            match &text[start..] {
                [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
                    self.coding = Coding::Utf16 { big: text[start] == 0xFE };
                    self.rest = text.split_off(start + 2);
                    text.truncate(start);
                    let ended = std::mem::take(&mut self.ended);
                    self.feed_utf16(text, self.coding == Coding::Utf16 { big: true }, offset)?;
                    self.ended |= ended && self.rest.is_empty();
                    return Ok(());
                }
                // Without a mark, UTF-16 and UTF-32 begin with a zero octet in their first four.
                [0, ..] | [_, 0, ..] | [_, _, 0, ..] => {
                    let wrong = Wrong::Encoding("UTF-16 without its byte order mark, or another encoding".into());
                    return Err(Fault { offset, wrong });
                }
                _ => self.coding = Coding::Utf8,
            }
        }
        match std::str::from_utf8(&text[start..]) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() && !self.ended => {
                self.rest = text.split_off(start + error.valid_up_to());
                Ok(())
            }
            Err(error) => {
                let offset = offset + error.valid_up_to() as u64;
                Err(Fault { offset, wrong: Wrong::Encoding("octets that are not UTF-8".into()) })
            }
        }
    }

    fn feed_utf16(&mut self, text: &mut Vec<u8>, big: bool, offset: u64) -> Result<(), Fault> {
        let mut octets = std::mem::take(&mut self.rest);
        self.fill(&mut octets, offset)?;
        let mut units = octets.chunks_exact(2).map(|pair| match big {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        });
        let bad = |text: &Vec<u8>, start: usize| Fault {
            offset: offset + (text.len() - start) as u64,
            wrong: Wrong::Encoding("octets that are not UTF-16".into()),
        };
        let start = text.len();
        let mut taken = 0;
        let mut scratch = [0; 4];
        while let Some(unit) = units.next() {
            let c = match unit {
                0xD800..=0xDBFF => match units.next() {
                    Some(low @ 0xDC00..=0xDFFF) => {
                        taken += 2;
                        char::from_u32(0x10000 + ((u32::from(unit) - 0xD800) << 10) + (u32::from(low) - 0xDC00))
                    }
                    None if !self.ended => break, // its other half comes with the next octets
                    _ => None,
                },
                _ => char::from_u32(u32::from(unit)),
            };
            let c = c.ok_or_else(|| bad(text, start))?;
            text.extend_from_slice(c.encode_utf8(&mut scratch).as_bytes());
            taken += 2;
        }
        self.rest = octets.split_off(taken);
        match self.ended && !self.rest.is_empty() {
            true => Err(bad(text, start)),
            false => Ok(()),
        }
    }
}

/// Reads a document as UTF-8, whatever of the two encodings it came in, from an offset of its
/// UTF-8 form on: to read one part of it again.
pub struct Decoded<'a> {
    source: Option<Source<OctetsReader<'a>>>,
    plain: OctetsReader<'a>,
    ready: Vec<u8>,
    given: usize,
    passed: u64,
}

impl<'a> Decoded<'a> {
    /// From this offset on.
    pub fn new(octets: &'a Octets, from: u64) -> std::io::Result<Self> {
        let utf16 = matches!(octets.head(2)?[..], [0xFF, 0xFE] | [0xFE, 0xFF]);
        let mut decoded = Self {
            source: utf16.then(|| Source::new(octets.reader(), octets.len())),
            plain: octets.reader_at(from),
            ready: Vec::new(),
            given: 0,
            passed: 0,
        };
        if utf16 {
            std::io::copy(&mut Read::take(&mut decoded, from), &mut std::io::sink())?;
        }
        Ok(decoded)
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(source) = &mut self.source else { return self.plain.read(buffer) };
        while self.given == self.ready.len() {
            self.passed += self.ready.len() as u64;
            self.ready.clear();
            self.given = 0;
            let more = source.feed(&mut self.ready, self.passed);
            if !more.map_err(|_| std::io::Error::from(ErrorKind::InvalidData))? {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.ready.len() - self.given);
        buffer[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
