//! One JSON reader that streams (RFC 8259), for documents of any length.
//!
//! Owns the form of JSON: what it gives was well-formed as far as it was read, names and values with their escapes
//! resolved, numbers by the digits that stand there, each with its place in octets. Whoever reads asks for the next
//! value; nothing recurses, no more is held than one value that somebody asked for, and that has a bound. It never
//! makes a number of digits, and never decides what a member means.

/// What may be odd.
mod odd {
    use super::Said;

    pub(super) const ENDS: Said = Said("Fayl ortada bitir.", "The file ends in the middle.");
    pub(super) const NO_VALUE: Said = Said("Heç bir qiymət belə başlamır.", "No value begins so.");
    pub(super) const NO_COLON: Said = Said("İki nöqtə çatmır.", "A colon is missing.");
    pub(super) const NO_NAME: Said = Said("Dırnaq içində ad çatmır.", "A name in quotation marks is missing.");
    pub(super) const NO_COMMA_IN_OBJECT: Said = Said("Vergül və ya } çatmır.", "A comma or } is missing.");
    pub(super) const NO_COMMA_IN_ARRAY: Said = Said("Vergül və ya ] çatmır.", "A comma or ] is missing.");
    pub(super) const OTHER_SIGN: Said = Said("Burada başqa işarə olmalı idi.", "Another sign was to stand here.");
    pub(super) const BEHIND_THE_END: Said = Said("Sondan sonra nə isə gəlir.", "Something follows the end.");
    pub(super) const CONTROL: Said = Said("Mətndə idarəedici işarə var.", "A control character stands in a string.");
    pub(super) const HALF: Said = Said("İşarənin yarısı tək dayanır.", "Half a character stands alone.");
    pub(super) const NO_ESCAPE: Said = Said("Belə əvəzləmə (escape) yoxdur.", "There is no such escape.");
    pub(super) const NO_DIGITS: Said =
        Said("Orada dörd onaltılıq rəqəm olmalıdır.", "Four hexadecimal digits belong there.");
    pub(super) const NO_NUMBER: Said = Said("Bu, ədəd deyil.", "This is no number.");
    pub(super) const LONG_NUMBER: Said = Said("Bu qədər işarəli ədəd.", "A number of so many characters.");
    pub(super) const DEEP: Said =
        Said("Bir-birinin içində bu qədər massiv və obyekt.", "More arrays and objects in each other.");
}

#[cfg(test)]
mod tests;

use crate::finding::{Code, Finding, Hint, Place};
use std::io::{self, Read};

/// Arrays and objects that may be open at once in a value that is stepped over or kept as it stands: RFC 7946 asks
/// for no more than seven in a geometry.
pub const DEPTH_MAX: usize = 16;
/// Characters of one number: programs write at most 25.
pub const NUMBER_MAX: usize = 400;
/// Octets that are read from below at once.
const PIECE: usize = 16 << 10;

/// The byte order mark in UTF-8.
const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// What a value is, by its first sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are those of RFC 8259
pub enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

/// Where reading ended, and why.
#[derive(Debug)]
pub struct Fault {
    /// Octets from the start of the file.
    pub offset: u64,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is odd, in Azerbaijani and in English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said(&'static str, &'static str);

impl Said {
    fn hint(self) -> Hint {
        Hint::fixed(self.0, self.1)
    }
}

/// Why reading ended.
#[derive(Debug)]
pub enum Wrong {
    /// The disk.
    Io(io::Error),
    /// This octet is no UTF-8.
    Encoding(u8),
    /// It is no JSON.
    NotWellformed(Said),
    /// There is more of something than is read: what, and how many at most.
    Limit(Said, usize),
}

impl Fault {
    /// The finding; none where the disk is at fault.
    pub fn finding(&self) -> Option<Finding> {
        let at = |code| Finding::new(code).at(Place::at(self.offset));
        match self.wrong {
            Wrong::Io(_) => None,
            Wrong::Encoding(octet) => Some(at(Code::SchemaEncoding).found(format!("0x{octet:02X}")).wanted("UTF-8")),
            Wrong::NotWellformed(what) => Some(at(Code::SchemaNotWellformed).found("RFC 8259").hint(what.hint())),
            Wrong::Limit(what, most) => Some(at(Code::SchemaLimit).found("JSON").wanted(most).hint(what.hint())),
        }
    }
}

/// A text that is being read, piece by piece.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    piece: Vec<u8>,
    at: usize,
    end: usize,
    /// Octets before the piece.
    before: u64,
    /// What is kept of a value as it stands, and how much at most; none where nothing is.
    kept: Option<(Vec<u8>, usize)>,
}

impl<R: Read> Reader<R> {
    /// Begins; a byte order mark at the start is passed over (RFC 8259 8.1).
    pub fn new(input: R) -> Self {
        Self { input, piece: vec![0; PIECE], at: 0, end: 0, before: 0, kept: None }
    }

    fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    fn fault(&self, wrong: Wrong) -> Fault {
        Fault { offset: self.offset(), wrong }
    }

    fn odd<T>(&self, what: Said) -> Result<T, Fault> {
        Err(self.fault(Wrong::NotWellformed(what)))
    }

    /// The next octet, which stays where it is.
    fn peek(&mut self) -> Result<Option<u8>, Fault> {
        while self.at == self.end {
            self.before += self.end as u64;
            (self.at, self.end) = (0, 0);
            self.end = match self.input.read(&mut self.piece) {
                Ok(0) => return Ok(None),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Err(error) => return Err(self.fault(Wrong::Io(error))),
            };
        }
        Ok(self.piece.get(self.at).copied())
    }

    /// Passes the octet that was looked at.
    fn pass(&mut self, octet: u8) {
        self.at += 1;
        if let Some((kept, most)) = &mut self.kept
            && kept.len() <= *most
        {
            kept.push(octet);
        }
    }

    fn take(&mut self) -> Result<u8, Fault> {
        match self.peek()? {
            Some(octet) => {
                self.pass(octet);
                Ok(octet)
            }
            None => self.odd(odd::ENDS),
        }
    }

    /// Where the next value or sign begins, in octets from the start of the file.
    ///
    /// # Errors
    /// The disk.
    pub fn place(&mut self) -> Result<u64, Fault> {
        if self.offset() == 0 && self.peek()? == Some(MARK[0]) {
            for octet in MARK {
                if self.peek()? != Some(octet) {
                    return Err(Fault { offset: 0, wrong: Wrong::Encoding(MARK[0]) });
                }
                self.pass(octet);
            }
        }
        while let Some(blank @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek()? {
            self.pass(blank);
        }
        Ok(self.offset())
    }

    fn next(&mut self) -> Result<Option<u8>, Fault> {
        self.place()?;
        self.peek()
    }

    /// What the next value is.
    ///
    /// # Errors
    /// No value begins so.
    pub fn kind(&mut self) -> Result<Kind, Fault> {
        match self.next()? {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(_) => self.odd(odd::NO_VALUE),
            None => self.odd(odd::ENDS),
        }
    }

    /// Takes this sign when it comes next.
    ///
    /// # Errors
    /// The disk.
    pub fn takes(&mut self, sign: u8) -> Result<bool, Fault> {
        let is_next = self.next()? == Some(sign);
        if is_next {
            self.pass(sign);
        }
        Ok(is_next)
    }

    /// Takes this sign, which must come next.
    ///
    /// # Errors
    /// Another comes.
    pub fn expect(&mut self, sign: u8) -> Result<(), Fault> {
        if self.takes(sign)? {
            return Ok(());
        }
        match (self.peek()?, sign) {
            (None, _) => self.odd(odd::ENDS),
            (_, b':') => self.odd(odd::NO_COLON),
            (_, b'"') => self.odd(odd::NO_NAME),
            (_, b'}') => self.odd(odd::NO_COMMA_IN_OBJECT),
            (_, b']') => self.odd(odd::NO_COMMA_IN_ARRAY),
            _ => self.odd(odd::OTHER_SIGN),
        }
    }

    /// Nothing may follow but blanks.
    ///
    /// # Errors
    /// Something does.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.next()? {
            None => Ok(()),
            Some(_) => self.odd(odd::BEHIND_THE_END),
        }
    }

    /// The name of a member, with where it begins; the colon behind it is taken.
    ///
    /// # Errors
    /// None stands there.
    pub fn name(&mut self, most: usize) -> Result<(String, u64), Fault> {
        let at = self.place()?;
        let name = self.string(most)?;
        self.expect(b':')?;
        Ok((name, at))
    }

    /// A string, its escapes resolved; of what is longer the first so many characters and one more.
    ///
    /// # Errors
    /// None stands there, or it is not well-formed, or no UTF-8.
    pub fn string(&mut self, most: usize) -> Result<String, Fault> {
        self.expect(b'"')?;
        let (mut text, mut count) = (String::new(), 0);
        loop {
            let c = match self.take()? {
                b'"' => return Ok(text),
                b'\\' => self.escaped()?,
                octet @ 0x20..=0x7F => char::from(octet),
                0..0x20 => {
                    self.at -= 1; // the place is that of the sign itself
                    return self.odd(odd::CONTROL);
                }
                first => self.wide(first)?,
            };
            if count <= most {
                text.push(c);
                count += 1;
            }
        }
    }

    /// A character of several octets (RFC 3629 3).
    fn wide(&mut self, first: u8) -> Result<char, Fault> {
        let begin = self.offset() - 1;
        let length = match first {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return Err(Fault { offset: begin, wrong: Wrong::Encoding(first) }),
        };
        let mut octets = [first, 0, 0, 0];
        for octet in octets.iter_mut().take(length).skip(1) {
            *octet = match self.peek()? {
                Some(next @ 0x80..=0xBF) => next,
                _ => return Err(Fault { offset: begin, wrong: Wrong::Encoding(first) }),
            };
            self.pass(*octet);
        }
        let text = octets.get(..length).and_then(|octets| std::str::from_utf8(octets).ok());
        text.and_then(|text| text.chars().next()).ok_or(Fault { offset: begin, wrong: Wrong::Encoding(first) })
    }

    fn escaped(&mut self) -> Result<char, Fault> {
        Ok(match self.take()? {
            sign @ (b'"' | b'\\' | b'/') => char::from(sign),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hexadecimal()?;
                let code = match unit {
                    0xD800..0xDC00 => {
                        if (self.take()?, self.take()?) != (b'\\', b'u') {
                            return self.odd(odd::HALF);
                        }
                        match self.hexadecimal()? {
                            low @ 0xDC00..0xE000 => 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00),
                            _ => return self.odd(odd::HALF),
                        }
                    }
                    unit => unit,
                };
                match char::from_u32(code) {
                    Some(c) => c,
                    None => return self.odd(odd::HALF),
                }
            }
            _ => return self.odd(odd::NO_ESCAPE),
        })
    }

    fn hexadecimal(&mut self) -> Result<u32, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            match char::from(self.take()?).to_digit(16) {
                Some(digit) => unit = unit * 16 + digit,
                None => return self.odd(odd::NO_DIGITS),
            }
        }
        Ok(unit)
    }

    /// A number as it stands.
    ///
    /// # Errors
    /// None stands there, or one of more than [`NUMBER_MAX`] characters.
    pub fn number(&mut self) -> Result<String, Fault> {
        let begin = self.place()?;
        let mut text = String::new();
        while let Some(sign) = self.peek()?.filter(|&sign| sign.is_ascii_alphanumeric() || b"+-.".contains(&sign)) {
            if text.len() == NUMBER_MAX {
                return Err(self.fault(Wrong::Limit(odd::LONG_NUMBER, NUMBER_MAX)));
            }
            text.push(char::from(sign));
            self.pass(sign);
        }
        match is_number(&text) {
            true => Ok(text),
            false => Err(Fault { offset: begin, wrong: Wrong::NotWellformed(odd::NO_NUMBER) }),
        }
    }

    /// `true`, `false` or `null`.
    fn word(&mut self) -> Result<(), Fault> {
        let begin = self.place()?;
        let mut word = [0; 5];
        let mut length = 0;
        while let Some(sign) = self.peek()?.filter(u8::is_ascii_alphabetic) {
            if let Some(place) = word.get_mut(length) {
                *place = sign;
            }
            length += 1;
            self.pass(sign);
        }
        match word.get(..length) {
            Some(b"true" | b"false" | b"null") => Ok(()),
            _ => Err(Fault { offset: begin, wrong: Wrong::NotWellformed(odd::NO_VALUE) }),
        }
    }

    /// Steps over a value, whatever it is.
    ///
    /// # Errors
    /// It is not well-formed, or deeper than [`DEPTH_MAX`].
    pub fn skip(&mut self) -> Result<(), Fault> {
        let mut open = [0; DEPTH_MAX];
        let mut depth = 0;
        loop {
            let kind = self.kind()?;
            match kind {
                Kind::Object | Kind::Array => {
                    let begin = self.take()?;
                    let close = if begin == b'{' { b'}' } else { b']' };
                    if !self.takes(close)? {
                        let Some(place) = open.get_mut(depth) else {
                            return Err(self.fault(Wrong::Limit(odd::DEEP, DEPTH_MAX)));
                        };
                        *place = close;
                        depth += 1;
                        if kind == Kind::Object {
                            self.name(0)?;
                        }
                        continue;
                    }
                    if depth == DEPTH_MAX {
                        return Err(self.fault(Wrong::Limit(odd::DEEP, DEPTH_MAX)));
                    }
                }
                Kind::String => drop(self.string(0)?),
                Kind::Number => drop(self.number()?),
                Kind::Bool | Kind::Null => self.word()?,
            }
            loop {
                let Some(&close) = depth.checked_sub(1).and_then(|last| open.get(last)) else { return Ok(()) };
                if self.takes(b',')? {
                    if close == b'}' {
                        self.name(0)?;
                    }
                    break;
                }
                self.expect(close)?;
                depth -= 1;
            }
        }
    }

    /// A value as it stands, with where it begins; no text when it is longer than so many octets.
    ///
    /// # Errors
    /// As [`Reader::skip`].
    pub fn as_it_stands(&mut self, most: usize) -> Result<(Option<String>, u64), Fault> {
        let begin = self.place()?;
        self.kept = Some((Vec::new(), most));
        let skipped = self.skip();
        let kept = self.kept.take().map(|(kept, _)| kept).unwrap_or_default();
        skipped?;
        let text = if kept.len() > most { None } else { String::from_utf8(kept).ok() };
        Ok((text, begin))
    }
}

/// Whether a text is a number (RFC 8259 6).
pub fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)))
}
