//! Canonicalisation: events become the octets that are digested.
//!
//! Canonical XML 1.0 and 1.1, Exclusive XML Canonicalization 1.0, each with and without comments,
//! for a whole document or for one element cut out of it. Holds what is rendered for the open
//! elements, and a small output buffer; output is at most [`Canonicaliser::GROWTH`] times the input.

use super::namespaces::{Namespaces, PrefixId, UriId};
use super::reader::{Attribute, Event, Reader, Run, Step, Tag};
use super::{Fault, Wrong, XML_NAMESPACE};
use std::io::Read;

/// Which canonicalisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Canonical XML 1.0 or 1.1: every namespace in scope.
    Inclusive {
        /// Whether comments stay.
        comments: bool,
        /// Whether it is version 1.1 (differs for `xml:id` and `xml:base` of a cut-out element).
        eleven: bool,
    },
    /// Exclusive Canonicalization: namespaces where they are used.
    Exclusive {
        /// Whether comments stay.
        comments: bool,
        /// The InclusiveNamespaces PrefixList; the empty prefix stands for `#default`.
        inclusive: Vec<String>,
    },
}

impl Method {
    /// Whether comments stay.
    pub fn comments(&self) -> bool {
        match self {
            Self::Inclusive { comments, .. } | Self::Exclusive { comments, .. } => *comments,
        }
    }

    /// The same method that leaves comments out: what a same-document reference without an
    /// XPointer means (XML Signature 1.1, 4.4.3.3).
    pub fn without_comments(&self) -> Self {
        let mut method = self.clone();
        match &mut method {
            Self::Inclusive { comments, .. } | Self::Exclusive { comments, .. } => *comments = false,
        }
        method
    }
}

/// An `xml:` attribute that an element cut out of its document inherits (Canonical XML 1.0, 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlAttribute {
    /// The local name: `lang`, `space`, `base`, `id`.
    pub local: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
}

/// Canonicalises one stream of events into `sink`.
pub struct Canonicaliser<S> {
    method: Method,
    sink: S,
    out: Vec<u8>,
    /// What the output's open elements have rendered, by prefix.
    rendered: Vec<UriId>,
    undo: Vec<(PrefixId, UriId)>,
    marks: Vec<usize>,
    /// For a cut-out element: what it inherits. None: a whole document.
    inherited: Option<Vec<XmlAttribute>>,
    root_done: bool,
    written: u64,
    taken: u64,
    render: Vec<PrefixId>,
    /// Prefixes of the InclusiveNamespaces list among the first `known` of the document's.
    listed: Vec<PrefixId>,
    known: PrefixId,
}

/// Takes canonical octets.
pub trait Sink {
    /// The next of them.
    fn take(&mut self, octets: &[u8]);
}

impl<F: FnMut(&[u8])> Sink for F {
    fn take(&mut self, octets: &[u8]) {
        self(octets);
    }
}

impl<S: Sink> Canonicaliser<S> {
    /// Canonical output may be at most so many times the input: a namespace name repeated on
    /// every element must not make a small document large.
    pub const GROWTH: u64 = 4;
    /// Output that every document may have beyond that, in octets: a cut-out element's namespaces.
    const ALLOWANCE: u64 = 64 * 1024;
    const BUFFER: usize = 16 * 1024;

    /// For a whole document.
    pub fn document(method: Method, sink: S) -> Self {
        Self::new(method, sink, None)
    }

    /// For one element, cut out of a document in which it inherits these attributes.
    pub fn element(method: Method, inherited: Vec<XmlAttribute>, sink: S) -> Self {
        Self::new(method, sink, Some(inherited))
    }

    fn new(method: Method, sink: S, inherited: Option<Vec<XmlAttribute>>) -> Self {
        Self {
            method,
            sink,
            out: Vec::with_capacity(1024),
            rendered: vec![0, Namespaces::UNBOUND],
            undo: Vec::new(),
            marks: Vec::new(),
            inherited,
            root_done: false,
            written: 0,
            taken: 0,
            render: Vec::new(),
            listed: Vec::new(),
            known: 0,
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// More output than the input so far allows.
    pub fn take(&mut self, event: &Event<'_>) -> Result<(), Wrong> {
        match event {
            Event::Start(tag) => {
                self.taken = tag.end;
                self.start(tag);
            }
            Event::End { name, .. } => self.end(name),
            Event::Text { octets, plain, offset } => {
                self.taken = offset + octets.len() as u64;
                match plain {
                    true => self.out.extend_from_slice(octets),
                    false => escape_text(octets, &mut self.out),
                }
            }
            Event::Comment(content) => {
                self.taken += content.len() as u64;
                if self.method.comments() {
                    self.outside(|out| {
                        out.extend_from_slice(b"<!--");
                        out.extend_from_slice(content);
                        out.extend_from_slice(b"-->");
                    });
                }
            }
            Event::Instruction { target, data } => {
                self.taken += data.len() as u64;
                self.outside(|out| {
                    out.extend_from_slice(b"<?");
                    out.extend_from_slice(target);
                    if !data.is_empty() {
                        out.push(b' ');
                        // A literal carriage return cannot stand here: line ends are normalised.
                        out.extend_from_slice(data);
                    }
                    out.extend_from_slice(b"?>");
                });
            }
            Event::Done => {}
        }
        if self.out.len() >= Self::BUFFER {
            self.flush();
            if self.written > self.taken.saturating_mul(Self::GROWTH).saturating_add(Self::ALLOWANCE) {
                return Err(Wrong::Limit("times its own size under canonicalisation", Self::GROWTH as usize));
            }
        }
        Ok(())
    }

    /// Takes a run, inside an element that is taken as well: with the prefix of that element and no declaration of
    /// its own, nothing is to be added to it by whichever method.
    pub fn take_run(&mut self, run: &Run<'_>) {
        self.taken = run.end;
        self.marks.resize(self.marks.len() + run.opened, self.undo.len());
        if self.out.len() + run.canonical.len() < Self::BUFFER {
            self.out.extend_from_slice(run.canonical);
        } else {
            self.flush();
            self.sink.take(run.canonical); // large as it is, it is not copied first
            self.written += run.canonical.len() as u64;
        }
    }

    /// Takes a whole document, in runs where it can, and gives the sink back.
    ///
    /// # Errors
    /// What is wrong with the document, or more output than it allows.
    pub fn whole<R: Read>(mut self, reader: &mut Reader<R>) -> Result<S, Fault> {
        loop {
            let offset = reader.offset();
            match reader.step(b"")? {
                Step::Run(run) => self.take_run(&run),
                Step::Event(Event::Done) => return Ok(self.finish()),
                Step::Event(event) => self.take(&event).map_err(|wrong| Fault { offset, wrong })?,
            }
        }
    }

    /// Gives the sink back, all octets taken.
    pub fn finish(mut self) -> S {
        self.flush();
        self.sink
    }

    fn flush(&mut self) {
        self.sink.take(&self.out);
        self.written += self.out.len() as u64;
        self.out.clear();
    }

    /// Comments and instructions outside the root stand on lines of their own (2.2, 2.3).
    fn outside(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.marks.is_empty() && self.inherited.is_some() {
            return; // a cut-out element has no outside
        }
        let (before, after) = (self.marks.is_empty() && self.root_done, self.marks.is_empty() && !self.root_done);
        if before {
            self.out.push(b'\n');
        }
        write(&mut self.out);
        if after {
            self.out.push(b'\n');
        }
    }

    fn end(&mut self, name: &[u8]) {
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(name);
        self.out.push(b'>');
        if let Some(mark) = self.marks.pop() {
            for (prefix, uri) in self.undo.drain(mark..).rev() {
                self.rendered[prefix as usize] = uri;
            }
        }
        self.root_done |= self.marks.is_empty();
    }

    fn rendered(&self, prefix: PrefixId) -> UriId {
        self.rendered.get(prefix as usize).copied().unwrap_or(Namespaces::UNBOUND)
    }

    /// Notes that the prefix has to be rendered here, unless the output's parent has it so.
    fn want(&mut self, prefix: PrefixId, namespaces: &Namespaces) {
        let uri = namespaces.bound(prefix);
        if prefix != Namespaces::XML
            && uri != Namespaces::UNBOUND
            && self.rendered(prefix) != uri
            && !self.render.contains(&prefix)
        {
            self.render.push(prefix);
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let apex = self.marks.is_empty();
        self.marks.push(self.undo.len());
        self.out.push(b'<');
        self.out.extend_from_slice(tag.name);
        let count = tag.attributes().len();
        self.render.clear();
        match &self.method {
            Method::Exclusive { inclusive, .. } if inclusive.is_empty() => {
                self.want(tag.prefix, tag.namespaces);
            }
            Method::Exclusive { inclusive, .. } => {
                // Each prefix is looked up in the list once, when the document first names it.
                for prefix in tag.namespaces.prefixes().skip(self.known as usize) {
                    let text = tag.namespaces.prefix_text(prefix);
                    if inclusive.iter().any(|listed| listed.as_bytes() == text) {
                        self.listed.push(prefix);
                    }
                    self.known = prefix + 1;
                }
                self.want(tag.prefix, tag.namespaces);
                let listed = std::mem::take(&mut self.listed);
                listed.iter().for_each(|&prefix| self.want(prefix, tag.namespaces));
                self.listed = listed;
            }
            Method::Inclusive { .. } if apex && self.inherited.is_some() => {
                for prefix in tag.namespaces.prefixes() {
                    self.want(prefix, tag.namespaces);
                }
            }
            Method::Inclusive { .. } => {
                for &prefix in tag.declared() {
                    self.want(prefix, tag.namespaces);
                }
            }
        }
        if count > 0 && matches!(self.method, Method::Exclusive { .. }) {
            for attribute in tag.attributes().filter(|attribute| attribute.uri != 0) {
                self.want(attribute.prefix, tag.namespaces);
            }
        }
        if !self.render.is_empty() {
            self.namespaces(tag.namespaces);
        }
        let inherits = apex && self.inherited.as_ref().is_some_and(|inherited| !inherited.is_empty());
        if count > 0 || inherits {
            self.attributes(tag, inherits);
        }
        self.out.push(b'>');
    }

    fn namespaces(&mut self, namespaces: &Namespaces) {
        self.render.sort_unstable_by(|&one, &other| namespaces.prefix_text(one).cmp(namespaces.prefix_text(other)));
        for &prefix in &self.render {
            let uri = namespaces.bound(prefix);
            if self.rendered.len() <= prefix as usize {
                self.rendered.resize(prefix as usize + 1, Namespaces::UNBOUND);
            }
            let slot = &mut self.rendered[prefix as usize];
            self.undo.push((prefix, *slot));
            *slot = uri;
            self.out.extend_from_slice(b" xmlns");
            if prefix != Namespaces::DEFAULT {
                self.out.push(b':');
                self.out.extend_from_slice(namespaces.prefix_text(prefix));
            }
            self.out.extend_from_slice(b"=\"");
            escape_attribute(namespaces.uri_text(uri), &mut self.out);
            self.out.push(b'"');
        }
    }

    /// Attributes by namespace name, then local name; those without a namespace first (2.2).
    fn attributes(&mut self, tag: &Tag<'_>, inherits: bool) {
        let mut single = None;
        let mut several = Vec::new();
        if tag.attributes().len() == 1 && !inherits {
            single = tag.attributes().next();
        } else {
            several.extend(tag.attributes());
        }
        let mut borrowed = Vec::new();
        if inherits {
            let eleven = matches!(self.method, Method::Inclusive { eleven: true, .. });
            let inclusive = matches!(self.method, Method::Inclusive { .. });
            for inherited in self.inherited.as_deref().unwrap_or_default() {
                let own = tag.attributes().any(|a| a.prefix == Namespaces::XML && a.local == inherited.local);
                // Canonical XML 1.1, 2.4: xml:id is not inherited.
                if inclusive && !own && !(eleven && inherited.local == b"id") {
                    borrowed.push(([b"xml:", &inherited.local[..]].concat(), &inherited.local, &inherited.value));
                }
            }
        }
        several.extend(borrowed.iter().map(|(name, local, value)| Attribute {
            name,
            local,
            prefix: Namespaces::XML,
            uri: 1, // the XML namespace's number in every document
            value,
        }));
        debug_assert!(tag.namespaces.is(1, XML_NAMESPACE));
        several.sort_unstable_by(|one, other| {
            (tag.namespaces.uri_text(one.uri), one.local).cmp(&(tag.namespaces.uri_text(other.uri), other.local))
        });
        for attribute in single.iter().chain(&several) {
            self.out.push(b' ');
            self.out.extend_from_slice(attribute.name);
            self.out.extend_from_slice(b"=\"");
            escape_attribute(attribute.value, &mut self.out);
            self.out.push(b'"');
        }
    }
}

/// Text as Canonical XML writes it (1.0, 2.3).
fn escape_text(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| matches!(b, b'&' | b'<' | b'>' | b'\r')) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            _ => b"&#xD;",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// An attribute's value as Canonical XML writes it (1.0, 2.3).
fn escape_attribute(value: &[u8], out: &mut Vec<u8>) {
    let mut rest = value;
    while let Some(at) = rest.iter().position(|b| matches!(b, b'&' | b'<' | b'"' | b'\t' | b'\n' | b'\r')) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'"' => b"&quot;",
            b'\t' => b"&#x9;",
            b'\n' => b"&#xA;",
            _ => b"&#xD;",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
