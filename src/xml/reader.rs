//! The reader: checked UTF-8 becomes events, strictly.
//!
//! Pull: [`Reader::next`] gives one event that borrows from the reader. A tag lies whole in
//! memory, text comes in pieces. What is not well-formed (XML 1.0, fifth edition; Namespaces in
//! XML 1.0) or forbidden here ends the reading with a [`Fault`].

use super::characters::{self, is_space};
use super::literal::{check_declaration, is_absolute, normalise_value, reference};
use super::namespaces::{Namespaces, PrefixId, UriId};
use super::run::{Plain, Taken};
use super::source::Source;
use super::{Fault, Limits, Wrong, XML_NAMESPACE};
use memchr::{memchr, memmem};
use std::io::Read;
use std::ops::Range;

const XMLNS_NAMESPACE: &[u8] = b"http://www.w3.org/2000/xmlns/";

/// One event.
#[derive(Debug)]
pub enum Event<'a> {
    /// A start tag; an empty element gives its end next.
    Start(Tag<'a>),
    /// An end tag.
    End {
        /// The element's name as written, prefix and all.
        name: &'a [u8],
        /// Offset of the tag; of the start tag's end for an empty element.
        offset: u64,
    },
    /// Character data, references resolved, line ends as XML wants them. A text may come in pieces.
    Text {
        /// The characters.
        octets: &'a [u8],
        /// Canonical as it stands: no `&`, `<`, `>` or carriage return in it.
        plain: bool,
        /// Offset of the piece.
        offset: u64,
    },
    /// A comment's content.
    Comment(&'a [u8]),
    /// A processing instruction.
    Instruction {
        /// Its target.
        target: &'a [u8],
        /// What follows, without the white space before it.
        data: &'a [u8],
    },
    /// The end of a well-formed document.
    Done,
}

/// What [`Reader::step`] gives.
#[derive(Debug)]
pub enum Step<'a> {
    /// One event.
    Event(Event<'a>),
    /// Many at once.
    Run(Run<'a>),
}

/// A stretch of elements without attributes and of text, in the canonical form that every
/// [`Method`](super::Method) gives it.
#[derive(Debug)]
pub struct Run<'a> {
    /// The canonical form.
    pub canonical: &'a [u8],
    /// How many elements it leaves open. It ends none but its own.
    pub opened: usize,
    /// Offset behind it.
    pub end: u64,
}

/// A start tag.
#[derive(Debug)]
pub struct Tag<'a> {
    /// The name as written.
    pub name: &'a [u8],
    /// Where the local name begins in it.
    pub local_at: usize,
    /// The prefix.
    pub prefix: PrefixId,
    /// The namespace.
    pub uri: UriId,
    /// Bindings in scope inside this element.
    pub namespaces: &'a Namespaces,
    /// Offset of its `<`.
    pub offset: u64,
    /// Offset behind its `>`.
    pub end: u64,
    parts: &'a Parts,
}

/// What a tag is made of. An event is moved often, so it holds the place of this and not its pieces.
#[derive(Debug, Default)]
struct Parts {
    buffer: Vec<u8>,
    attributes: Vec<RawAttribute>,
    declared: Vec<PrefixId>,
    values: Vec<u8>,
}

/// An attribute; namespace declarations are none.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// The name as written.
    pub name: &'a [u8],
    /// The local name.
    pub local: &'a [u8],
    /// The prefix.
    pub prefix: PrefixId,
    /// The namespace; 0 without a prefix.
    pub uri: UriId,
    /// The normalised value.
    pub value: &'a [u8],
}

#[derive(Clone, Debug)]
struct RawAttribute {
    name: Range<usize>,
    local_at: usize,
    prefix: PrefixId,
    uri: UriId,
    value: Range<usize>,
    /// Whether the value lies in `values`, rewritten, instead of in the buffer.
    rewritten: bool,
}

impl<'a> Tag<'a> {
    /// The local name.
    pub fn local(&self) -> &'a [u8] {
        &self.name[self.local_at..]
    }

    /// Whether this is that element.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local() == local.as_bytes() && self.namespaces.is(self.uri, namespace)
    }

    /// Its attributes in document order.
    pub fn attributes(&self) -> impl ExactSizeIterator<Item = Attribute<'a>> + use<'a> {
        let parts = self.parts;
        parts.attributes.iter().map(move |raw| raw.resolve(&parts.buffer, &parts.values))
    }

    /// Prefixes declared on this very element, in document order.
    pub fn declared(&self) -> &'a [PrefixId] {
        &self.parts.declared
    }

    /// The value of an attribute without a namespace.
    pub fn attribute(&self, local: &str) -> Option<&'a [u8]> {
        self.attributes().find(|a| a.uri == 0 && a.local == local.as_bytes()).map(|a| a.value)
    }
}

impl RawAttribute {
    fn resolve<'a>(&self, buffer: &'a [u8], values: &'a [u8]) -> Attribute<'a> {
        Attribute {
            name: &buffer[self.name.clone()],
            local: &buffer[self.name.start + self.local_at..self.name.end],
            prefix: self.prefix,
            uri: self.uri,
            value: if self.rewritten { &values[self.value.clone()] } else { &buffer[self.value.clone()] },
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Start,
    Prolog,
    Content,
    Cdata,
    Epilog,
}

struct Open {
    name_at: usize,
    namespaces: usize,
}

/// Reads one document.
pub struct Reader<R> {
    source: Source<R>,
    limits: Limits,
    parts: Parts,
    at: usize,
    /// Offset of the buffer in the document.
    base: u64,
    ended: bool,
    part: Part,
    open: Vec<Open>,
    /// Names of the open elements, one after the other.
    names: Vec<u8>,
    /// The innermost element has ended, its name and bindings go with the next event.
    closing: bool,
    /// An empty element's tag was given; its end comes next.
    empty: bool,
    /// Closing brackets at the end of the last text piece, for `]]>` across pieces.
    brackets: u8,
    namespaces: Namespaces,
    character: [u8; 4],
    run: Taken,
}

/// What a tag parser needs more octets for, or what is wrong with it.
pub(super) enum Halt {
    More,
    Wrong(usize, Wrong),
}

pub(super) fn wrong<T>(at: usize, what: &'static str) -> Result<T, Halt> {
    Err(Halt::Wrong(at, Wrong::NotWellformed(what)))
}

impl<R: Read> Reader<R> {
    /// A reader of a whole document of about `size` octets (a wrong guess costs time alone).
    pub fn new(octets: R, size: u64, limits: &Limits) -> Self {
        Self {
            source: Source::new(octets, size),
            limits: limits.clone(),
            parts: Parts::default(),
            at: 0,
            base: 0,
            ended: false,
            part: Part::Start,
            open: Vec::new(),
            names: Vec::new(),
            closing: false,
            empty: false,
            brackets: 0,
            namespaces: Namespaces::new(limits.namespaces),
            character: [0; 4],
            run: Taken::default(),
        }
    }

    /// A reader of one element cut out of a larger document, in whose place these bindings hold.
    ///
    /// # Errors
    /// More bindings than the limits allow.
    pub fn inside(octets: R, size: u64, limits: &Limits, scope: &[(Vec<u8>, Vec<u8>)]) -> Result<Self, Fault> {
        let mut reader = Self::new(octets, size, limits);
        for (prefix, uri) in scope {
            let bound = reader.namespaces.prefix(prefix).and_then(|prefix| reader.namespaces.bind(prefix, uri));
            bound.map_err(|wrong| Fault { offset: 0, wrong })?;
        }
        reader.part = Part::Prolog;
        Ok(reader)
    }

    /// How many elements are open: 1 inside the root, and in its own start and end event.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Offset of what comes next.
    pub fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Bindings in scope.
    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// The next event.
    ///
    /// # Errors
    /// What is wrong with the document, or its disk; after that the reader is of no use.
    #[allow(clippy::should_implement_trait)] // an event borrows from the reader
    pub fn next(&mut self) -> Result<Event<'_>, Fault> {
        if self.closing {
            self.close();
        }
        if self.empty {
            self.empty = false;
            return Ok(self.end(self.offset()));
        }
        loop {
            let step = match self.part {
                Part::Start => self.declaration().map(|()| None),
                Part::Content => self.content(),
                Part::Cdata => self.cdata(),
                Part::Prolog | Part::Epilog => self.outside(),
            };
            match step {
                Ok(Some(found)) => return self.give(found),
                Ok(None) => {}
                Err(Halt::More) if self.ended => return Err(self.truncated()),
                Err(Halt::More) => self.more()?,
                Err(Halt::Wrong(at, wrong)) => return Err(Fault { offset: self.base + at as u64, wrong }),
            }
        }
    }

    /// The next event, or a run where much can be taken at once. A run has no element with the local name `never`.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn step(&mut self, never: &[u8]) -> Result<Step<'_>, Fault> {
        if self.closing {
            self.close();
        }
        if self.part == Part::Content && !self.empty && self.run(never) {
            let Self { parts, at, base, run, .. } = self;
            let canonical = if run.verbatim { &parts.buffer[run.range.clone()] } else { &run.written[..] };
            return Ok(Step::Run(Run { canonical, opened: run.open.len(), end: *base + *at as u64 }));
        }
        self.next().map(Step::Event)
    }

    // ---- octets ---------------------------------------------------------------------------

    /// Makes more octets visible behind `at`, or learns that there are none.
    fn more(&mut self) -> Result<(), Fault> {
        if self.at > 0 {
            self.parts.buffer.drain(..self.at);
            self.base += self.at as u64;
            self.at = 0;
        }
        if self.parts.buffer.len() > self.limits.token {
            return Err(Fault { offset: self.base, wrong: Wrong::Limit("octets in one tag", self.limits.token) });
        }
        let offset = self.base + self.parts.buffer.len() as u64;
        self.ended = !self.source.feed(&mut self.parts.buffer, offset)?;
        Ok(())
    }

    fn truncated(&self) -> Fault {
        let what = match self.part {
            Part::Start | Part::Prolog if self.at >= self.parts.buffer.len() && self.base == 0 && self.at == 0 => {
                "there is nothing in it"
            }
            Part::Prolog => "there is no root element",
            _ => "the document ends in the middle",
        };
        Fault { offset: self.base + self.parts.buffer.len() as u64, wrong: Wrong::NotWellformed(what) }
    }

    fn rest(&self) -> &[u8] {
        &self.parts.buffer[self.at..]
    }

    // ---- the parts of a document --------------------------------------------------------------

    /// Byte order mark and XML declaration (production 23).
    fn declaration(&mut self) -> Result<(), Halt> {
        if self.parts.buffer.len() < 9 && !self.ended {
            return Err(Halt::More);
        }
        if self.rest().starts_with(b"\xEF\xBB\xBF") {
            self.at += 3;
        }
        if self.rest().starts_with(b"<?xml") && self.rest().get(5).is_none_or(|&b| is_space(b)) {
            let Some(length) = memmem::find(self.rest(), b"?>") else { return Err(Halt::More) };
            let utf16 = self.source.is_utf16();
            check_declaration(&self.rest()[5..length], utf16).map_err(|wrong| Halt::Wrong(self.at, wrong))?;
            self.at += length + 2;
        }
        self.part = Part::Prolog;
        Ok(())
    }

    /// Before and after the root: white space, comments, instructions.
    fn outside(&mut self) -> Result<Option<Found>, Halt> {
        let blank = self.rest().iter().take_while(|&&b| is_space(b)).count();
        self.at += blank;
        match self.rest() {
            [] if self.ended && self.part == Part::Epilog => Ok(Some(Found::Done)),
            [] => Err(Halt::More),
            [b'<'] => Err(Halt::More),
            [b'<', b'!' | b'?', ..] => self.markup(),
            [b'<', b'/', ..] => wrong(self.at, "an end tag without its start tag"),
            [b'<', ..] if self.part == Part::Prolog => self.start_tag(),
            [b'<', ..] => wrong(self.at, "a second root element"),
            _ => wrong(self.at, "text outside the root element"),
        }
    }

    /// Inside the root.
    fn content(&mut self) -> Result<Option<Found>, Halt> {
        match self.rest() {
            [] => Err(Halt::More),
            [b'<', b'/', ..] => self.end_tag(),
            [b'<', b'!' | b'?', ..] => self.markup(),
            [b'<'] => Err(Halt::More),
            [b'<', ..] => self.start_tag(),
            [b'&', ..] => {
                let (c, length) = reference(self.rest(), self.at)?;
                self.brackets = 0;
                let text = c.encode_utf8(&mut self.character).len();
                let offset = self.offset();
                self.at += length;
                Ok(Some(Found::Character { length: text, offset }))
            }
            [b'\r', rest @ ..] => match rest {
                [b'\n', ..] => {
                    self.at += 1; // XML 1.0 2.11: both become one line feed, which stands there already
                    self.brackets = 0;
                    Ok(None)
                }
                [] if !self.ended => Err(Halt::More),
                _ => {
                    self.character[0] = b'\n';
                    self.brackets = 0;
                    let offset = self.offset();
                    self.at += 1;
                    Ok(Some(Found::Character { length: 1, offset }))
                }
            },
            _ => self.text(),
        }
    }

    /// Takes what is plain from here on; whether that was anything.
    fn run(&mut self, never: &[u8]) -> bool {
        let Some(around) = self.open.last() else { return false };
        let around = &self.names[around.name_at..];
        let prefix = memchr(b':', around).map_or(&b""[..], |colon| &around[..=colon]);
        let depth = self.limits.depth.saturating_sub(self.open.len());
        Plain { buffer: &self.parts.buffer, prefix, never, depth }.take(self.at, &mut self.run);
        if self.run.range.is_empty() {
            return false;
        }
        for name in &self.run.open {
            self.open.push(Open { name_at: self.names.len(), namespaces: self.namespaces.mark() });
            self.names.extend_from_slice(&self.parts.buffer[name.clone()]);
        }
        self.at = self.run.range.end;
        self.brackets = 0;
        true
    }

    fn text(&mut self) -> Result<Option<Found>, Halt> {
        let text = &self.parts.buffer[self.at..];
        let mut plain = true;
        let mut length = 0;
        let mut brackets = self.brackets;
        // Most texts are a few digits: octet by octet, with one look in a table each.
        while let Some(&octet) = text.get(length) {
            match characters::TEXT[octet as usize] {
                0 => brackets = 0,
                1 => break,
                2 => brackets = (brackets + 1).min(2),
                _ => {
                    if brackets == 2 {
                        return wrong(self.at + length, "“]]>” in text");
                    }
                    brackets = 0;
                    plain = false;
                }
            }
            length += 1;
        }
        self.brackets = match text.get(length) {
            Some(_) => 0,
            None => brackets, // the text may go on behind the buffer
        };
        let start = self.at;
        self.at += length;
        Ok(Some(Found::Text { range: start..self.at, plain }))
    }

    fn cdata(&mut self) -> Result<Option<Found>, Halt> {
        let rest = &self.parts.buffer[self.at..];
        let stop = memmem::find(rest, b"]]>");
        if stop == Some(0) {
            self.at += 3;
            self.part = Part::Content;
            return Ok(None);
        }
        // Keep what may be the beginning of the end.
        let length = stop.unwrap_or(rest.len().saturating_sub(2));
        let Some(length) = std::num::NonZero::new(length) else { return Err(Halt::More) };
        match memchr(b'\r', &rest[..length.get()]) {
            Some(0) => match rest.get(1) {
                Some(b'\n') => {
                    self.at += 1;
                    Ok(None)
                }
                None => Err(Halt::More),
                Some(_) => {
                    self.character[0] = b'\n';
                    let offset = self.offset();
                    self.at += 1;
                    Ok(Some(Found::Character { length: 1, offset }))
                }
            },
            stop => {
                let length = stop.unwrap_or(length.get());
                let start = self.at;
                self.at += length;
                Ok(Some(Found::Text { range: start..self.at, plain: false }))
            }
        }
    }

    /// `<!` and `<?`.
    fn markup(&mut self) -> Result<Option<Found>, Halt> {
        self.brackets = 0;
        let rest = &self.parts.buffer[self.at..];
        if rest.starts_with(b"<!--") {
            let Some(length) = memmem::find(&rest[4..], b"--") else { return Err(Halt::More) };
            match rest.get(4 + length + 2) {
                None => return Err(Halt::More),
                Some(b'>') => {}
                Some(_) => return wrong(self.at + 4 + length, "“--” in a comment"),
            }
            let start = self.at + 4;
            self.at += length + 7;
            return Ok(Some(Found::Comment(self.normalised(start..start + length))));
        }
        if rest.starts_with(b"<?") {
            let Some(length) = memmem::find(&rest[2..], b"?>") else { return Err(Halt::More) };
            let body = &rest[2..2 + length];
            let name = body.iter().take_while(|&&b| characters::NAME[b as usize]).count();
            let (target, data) = body.split_at(name);
            if target.eq_ignore_ascii_case(b"xml") {
                return wrong(self.at, "an XML declaration that is not at the very beginning");
            }
            if !characters::check_name(target) || data.first().is_some_and(|&b| !is_space(b)) {
                return wrong(self.at, "a processing instruction without a proper target");
            }
            let blank = data.iter().take_while(|&&b| is_space(b)).count();
            let start = self.at + 2;
            self.at += length + 4;
            let data = self.normalised(start + name + blank..start + length);
            return Ok(Some(Found::Instruction { target: start..start + name, data }));
        }
        if rest.starts_with(b"<![CDATA[") {
            if self.part != Part::Content {
                return wrong(self.at, "a CDATA section outside the root element");
            }
            self.at += 9;
            self.part = Part::Cdata;
            return Ok(None);
        }
        if rest.starts_with(b"<!DOCTYPE") {
            return Err(Halt::Wrong(self.at, Wrong::Forbidden("a document type declaration (DTD)")));
        }
        match [&b"<!--"[..], b"<![CDATA[", b"<!DOCTYPE"].iter().any(|known| known.starts_with(rest)) {
            true => Err(Halt::More),
            false => wrong(self.at, "“<!” that begins nothing"),
        }
    }

    /// Line ends of a comment or instruction as XML wants them; rewritten into `values` if need be.
    fn normalised(&mut self, range: Range<usize>) -> Piece {
        if memchr(b'\r', &self.parts.buffer[range.clone()]).is_none() {
            return Piece { range, rewritten: false };
        }
        self.parts.values.clear();
        let mut octets = self.parts.buffer[range].iter().peekable();
        while let Some(&octet) = octets.next() {
            match octet {
                b'\r' if octets.peek() == Some(&&b'\n') => {}
                b'\r' => self.parts.values.push(b'\n'),
                octet => self.parts.values.push(octet),
            }
        }
        Piece { range: 0..self.parts.values.len(), rewritten: true }
    }

    // ---- tags -----------------------------------------------------------------------------------

    fn end_tag(&mut self) -> Result<Option<Found>, Halt> {
        let Some(open) = self.open.last() else { return wrong(self.at, "an end tag without its start tag") };
        let name = &self.names[open.name_at..];
        let rest = &self.parts.buffer[self.at + 2..];
        if rest.len() <= name.len() {
            return Err(Halt::More);
        }
        let after = &rest[name.len()..];
        let blank = after.iter().take_while(|&&b| is_space(b)).count();
        if &rest[..name.len()] != name {
            return wrong(self.at, "an end tag that is not that of the innermost open element");
        }
        match after.get(blank) {
            Some(b'>') => {
                let offset = self.offset();
                self.at += 2 + name.len() + blank + 1;
                self.brackets = 0;
                Ok(Some(Found::End { offset }))
            }
            None => Err(Halt::More),
            Some(_) => wrong(self.at, "an end tag that is not that of the innermost open element"),
        }
    }

    fn start_tag(&mut self) -> Result<Option<Found>, Halt> {
        let start = self.at;
        let mut at = start + 1;
        let name = self.name(&mut at)?;
        self.parts.attributes.clear();
        self.parts.declared.clear();
        self.parts.values.clear();
        let empty = loop {
            let blank = self.parts.buffer[at..].iter().take_while(|&&b| is_space(b)).count();
            at += blank;
            match self.parts.buffer.get(at) {
                None => return Err(Halt::More),
                Some(b'>') => {
                    at += 1;
                    break false;
                }
                Some(b'/') => match self.parts.buffer.get(at + 1) {
                    None => return Err(Halt::More),
                    Some(b'>') => {
                        at += 2;
                        break true;
                    }
                    Some(_) => return wrong(at, "“/” in a tag"),
                },
                Some(_) if blank == 0 => return wrong(at, "a tag without white space between its parts"),
                Some(_) => self.attribute(&mut at)?,
            }
        };
        if self.open.len() >= self.limits.depth {
            return Err(Halt::Wrong(start, Wrong::Limit("elements inside each other", self.limits.depth)));
        }
        self.open.push(Open { name_at: self.names.len(), namespaces: self.namespaces.mark() });
        self.names.extend_from_slice(&self.parts.buffer[name.range.clone()]);
        let (prefix, uri) = self.resolve(start, &name)?;
        if self.parts.attributes.len() > self.limits.attributes {
            return Err(Halt::Wrong(start, Wrong::Limit("attributes of one element", self.limits.attributes)));
        }
        self.at = at;
        self.brackets = 0;
        self.part = Part::Content;
        self.empty = empty;
        Ok(Some(Found::Start {
            name: name.range,
            local_at: name.local_at,
            prefix,
            uri,
            offset: self.base + start as u64,
        }))
    }

    fn name(&self, at: &mut usize) -> Result<Name, Halt> {
        let start = *at;
        let mut end = start;
        let mut colon = None;
        let mut ascii = true;
        loop {
            match self.parts.buffer.get(end) {
                None => return Err(Halt::More),
                Some(b':') if colon.is_none() => colon = Some(end - start),
                Some(b':') => return wrong(end, "a name with two colons"),
                Some(&b) if characters::NAME[b as usize] => ascii &= b < 0x80,
                Some(_) => break,
            }
            end += 1;
        }
        let octets = &self.parts.buffer[start..end];
        let local_at = colon.map_or(0, |colon| colon + 1);
        let begins = |octets: &[u8]| octets.first().is_some_and(|&b| b.is_ascii_alphabetic() || b == b'_');
        let good = match (ascii, colon) {
            (true, None) => begins(octets),
            (true, Some(colon)) => begins(&octets[..colon]) && begins(&octets[colon + 1..]),
            (false, None) => characters::check_name(octets),
            (false, Some(colon)) => {
                characters::check_name(&octets[..colon]) && characters::check_name(&octets[colon + 1..])
            }
        };
        if !good {
            return wrong(start, "a name that XML does not allow, or a stray “<” or attribute");
        }
        *at = end;
        Ok(Name { range: start..end, local_at })
    }

    fn attribute(&mut self, at: &mut usize) -> Result<(), Halt> {
        let name = self.name(at)?;
        let skip = |buffer: &[u8], at: &mut usize| {
            *at += buffer[*at..].iter().take_while(|&&b| is_space(b)).count();
            buffer.get(*at).copied().ok_or(Halt::More)
        };
        if skip(&self.parts.buffer, at)? != b'=' {
            return wrong(*at, "an attribute without a value");
        }
        *at += 1;
        let quote = skip(&self.parts.buffer, at)?;
        if quote != b'"' && quote != b'\'' {
            return wrong(*at, "an attribute value without quotes");
        }
        let start = *at + 1;
        let Some(length) = memchr(quote, &self.parts.buffer[start..]) else { return Err(Halt::More) };
        let raw = &self.parts.buffer[start..start + length];
        *at = start + length + 1;
        if let Some(stray) = memchr(b'<', raw) {
            return wrong(start + stray, "“<” in an attribute value");
        }
        let plain = !raw.iter().any(|&b| matches!(b, b'&' | b'\t' | b'\n' | b'\r'));
        let value = if plain {
            start..start + length
        } else {
            let from = self.parts.values.len();
            normalise_value(raw, start, &mut self.parts.values)?;
            from..self.parts.values.len()
        };
        let raw =
            RawAttribute { name: name.range, local_at: name.local_at, prefix: 0, uri: 0, value, rewritten: !plain };
        self.parts.attributes.push(raw);
        // The real limit is held when the tag is whole; this one keeps a tag from growing without end.
        match self.parts.attributes.len() > self.limits.attributes + self.limits.namespaces {
            true => Err(Halt::Wrong(start, Wrong::Limit("attributes of one element", self.limits.attributes))),
            false => Ok(()),
        }
    }

    /// Binds the declarations of the tag at hand, then resolves its name and its attributes'.
    fn resolve(&mut self, start: usize, name: &Name) -> Result<(PrefixId, UriId), Halt> {
        if !self.parts.attributes.is_empty() {
            self.declare(start)?;
        }
        let mut prefix = Namespaces::DEFAULT;
        if name.local_at > 0 {
            prefix = self.prefix_of(name.range.start, name.local_at)?;
        }
        let uri = self.namespaces.bound(prefix);
        if uri == Namespaces::UNBOUND {
            return wrong(start, "an element with a prefix that is not bound to a namespace");
        }
        for index in 0..self.parts.attributes.len() {
            let (at, local_at) = (self.parts.attributes[index].name.start, self.parts.attributes[index].local_at);
            if local_at > 0 {
                let prefix = self.prefix_of(at, local_at)?;
                let uri = self.namespaces.bound(prefix);
                if uri == Namespaces::UNBOUND {
                    return wrong(at, "an attribute with a prefix that is not bound to a namespace");
                }
                self.parts.attributes[index].prefix = prefix;
                self.parts.attributes[index].uri = uri;
            }
        }
        if self.parts.attributes.len() > 1 && self.doubled() {
            return wrong(start, "the same attribute twice");
        }
        Ok((prefix, uri))
    }

    fn prefix_of(&mut self, at: usize, local_at: usize) -> Result<PrefixId, Halt> {
        let prefix = &self.parts.buffer[at..at + local_at - 1];
        self.namespaces.prefix(prefix).map_err(|wrong| Halt::Wrong(at, wrong))
    }

    /// Takes the namespace declarations out of the attributes (Namespaces in XML 1.0, 3).
    fn declare(&mut self, start: usize) -> Result<(), Halt> {
        let mut kept = 0;
        for index in 0..self.parts.attributes.len() {
            let raw = self.parts.attributes[index].clone();
            let attribute = raw.resolve(&self.parts.buffer, &self.parts.values);
            let prefix: &[u8] = match attribute.name {
                b"xmlns" => b"",
                name if name.starts_with(b"xmlns:") => attribute.local,
                _ => {
                    self.parts.attributes.swap(kept, index);
                    kept += 1;
                    continue;
                }
            };
            let uri = attribute.value;
            let at = raw.name.start;
            let bound_to_xml = uri == XML_NAMESPACE.as_bytes();
            if prefix == b"xmlns" || uri == XMLNS_NAMESPACE || (prefix == b"xml") != bound_to_xml {
                return wrong(at, "a declaration of the prefix “xml” or “xmlns”");
            }
            if uri.is_empty() && !prefix.is_empty() {
                return wrong(at, "a prefix bound to nothing");
            }
            // Canonical XML 1.0, 1.3: a relative namespace name has no canonical form.
            if !uri.is_empty() && !is_absolute(uri) {
                return wrong(at, "a namespace name that is not an absolute URI");
            }
            let number = self.namespaces.prefix(prefix).map_err(|wrong| Halt::Wrong(at, wrong))?;
            if self.parts.declared.contains(&number) {
                return wrong(start, "the same attribute twice");
            }
            self.parts.declared.push(number);
            if number != Namespaces::XML {
                self.namespaces.bind(number, uri).map_err(|wrong| Halt::Wrong(at, wrong))?;
            }
        }
        self.parts.attributes.truncate(kept);
        Ok(())
    }

    /// Whether two attributes have the same name, as written or as resolved.
    fn doubled(&self) -> bool {
        let key = |raw: &RawAttribute| (raw.uri, &self.parts.buffer[raw.name.start + raw.local_at..raw.name.end]);
        if self.parts.attributes.len() <= 16 {
            return self
                .parts
                .attributes
                .iter()
                .enumerate()
                .any(|(index, one)| self.parts.attributes[..index].iter().any(|other| key(one) == key(other)));
        }
        let mut keys: Vec<_> = self.parts.attributes.iter().map(key).collect();
        keys.sort_unstable();
        keys.windows(2).any(|pair| pair[0] == pair[1])
    }

    // ---- giving -----------------------------------------------------------------------------------

    fn close(&mut self) {
        self.closing = false;
        if let Some(open) = self.open.pop() {
            self.names.truncate(open.name_at);
            self.namespaces.restore(open.namespaces);
        }
        if self.open.is_empty() {
            self.part = Part::Epilog;
        }
    }

    fn end(&mut self, offset: u64) -> Event<'_> {
        self.closing = true;
        let name_at = self.open.last().map_or(0, |open| open.name_at);
        Event::End { name: &self.names[name_at..], offset }
    }

    fn give(&mut self, found: Found) -> Result<Event<'_>, Fault> {
        Ok(match found {
            Found::Start { name, local_at, prefix, uri, offset } => Event::Start(Tag {
                name: &self.parts.buffer[name],
                local_at,
                prefix,
                uri,
                namespaces: &self.namespaces,
                offset,
                end: self.base + self.at as u64,
                parts: &self.parts,
            }),
            Found::End { offset } => self.end(offset),
            Found::Text { range, plain } => {
                let offset = self.base + range.start as u64;
                Event::Text { octets: &self.parts.buffer[range], plain, offset }
            }
            Found::Character { length, offset } => {
                Event::Text { octets: &self.character[..length], plain: false, offset }
            }
            Found::Comment(piece) => Event::Comment(self.piece(piece)),
            Found::Instruction { target, data } => {
                Event::Instruction { target: &self.parts.buffer[target], data: self.piece(data) }
            }
            Found::Done => Event::Done,
        })
    }

    fn piece(&self, piece: Piece) -> &[u8] {
        match piece.rewritten {
            true => &self.parts.values[piece.range],
            false => &self.parts.buffer[piece.range],
        }
    }
}

/// What was found, as places in the reader.
enum Found {
    Start { name: Range<usize>, local_at: usize, prefix: PrefixId, uri: UriId, offset: u64 },
    End { offset: u64 },
    Text { range: Range<usize>, plain: bool },
    Character { length: usize, offset: u64 },
    Comment(Piece),
    Instruction { target: Range<usize>, data: Piece },
    Done,
}

struct Piece {
    range: Range<usize>,
    rewritten: bool,
}

struct Name {
    range: Range<usize>,
    local_at: usize,
}
