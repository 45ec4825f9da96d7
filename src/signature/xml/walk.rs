//! One pass over a document: signatures found, digests computed, in memory bounded by depth.
//!
//! Owns what is digested for a reference: the whole document less a signature, or one element.
//! Never decides whether a digest is the right one.

use super::hash::Hash;
use super::render::Render;
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::xmldsig::{DS, Rendering, XADES};
use crate::host::Octets;
use crate::xml::{Attribute, Event, Fault, Limits, Namespaces, Reader, Run, Step, Tag, Wrong, XmlAttribute};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Signatures of one document: parallel signing by a board fits, a flood does not.
pub const SIGNATURES_MAX: usize = 32;

/// What is to be digested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Of what.
    pub target: Target,
    /// Less what.
    pub exclude: Exclude,
    /// In which form.
    pub rendering: Rendering,
    /// With which algorithm.
    pub algorithm: DigestAlgorithm,
}

/// What a reference means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The whole document.
    Document,
    /// The element with this Id.
    Element(String),
}

/// What is left out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclude {
    /// Nothing.
    Nothing,
    /// The signature that begins at this offset (enveloped-signature).
    Signature(u64),
    /// Every `ds:Signature` that is a child of the root: what remains is the content.
    RootSignatures,
    /// Every `ds:Signature` wherever it stands.
    EverySignature,
}

/// A digest that was wanted.
#[derive(Debug, Default)]
pub struct Digested {
    /// The digest of what was found first; none when nothing was.
    pub digest: Option<Vec<u8>>,
    /// How many elements bear the Id.
    pub times: usize,
    /// Whether the element is the root.
    pub is_root: bool,
}

/// A `ds:Signature` that lies in no other.
#[derive(Debug)]
pub struct Found {
    /// Offset of its start tag.
    pub offset: u64,
    /// Offset behind its end tag.
    pub end: u64,
    /// Namespace bindings where it stands.
    pub scope: Vec<(Vec<u8>, Vec<u8>)>,
    /// `xml:` attributes that it inherits.
    pub inherited: Vec<XmlAttribute>,
    /// Its depth: 1 is the root itself, 2 a child of the root.
    pub depth: usize,
}

/// What one pass saw.
#[derive(Debug)]
pub struct Walked {
    /// Signatures in document order.
    pub signatures: Vec<Found>,
    /// The digests, in the order wanted.
    pub digests: Vec<Digested>,
    /// Values of Id attributes outside signatures.
    pub ids: Ids,
}

/// Which Ids a document has outside its signatures, hashed; bounded.
#[derive(Debug)]
pub struct Ids {
    hasher: RandomState,
    seen: HashMap<u64, ()>,
    overflowed: bool,
}

impl Ids {
    /// Ids remembered. Beyond that nobody can tell from memory, and the document is read again.
    const MAX: usize = 65_536;

    fn note(&mut self, id: &[u8]) {
        if self.seen.len() >= Self::MAX {
            self.overflowed = true;
        } else {
            self.seen.insert(self.hasher.hash_one(id), ());
        }
    }

    /// Whether the Id may stand outside the signatures; a wrong yes is as rare as a hash collision.
    pub fn may_have(&self, id: &str) -> bool {
        self.overflowed || self.seen.contains_key(&self.hasher.hash_one(id.as_bytes()))
    }
}

/// The element's Ids: `Id` alone in the namespaces of signatures, `Id`, `ID`, `id` and `xml:id` in
/// others, since documents use them all. An element may bear several; each counts.
pub fn ids_of<'a>(tag: &Tag<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let strict = [DS, XADES].iter().any(|namespace| tag.namespaces.is(tag.uri, namespace));
    let names = move |attribute: &Attribute<'_>| match attribute.uri {
        0 if strict => attribute.local == b"Id",
        0 => matches!(attribute.local, b"Id" | b"ID" | b"id"),
        _ => attribute.prefix == Namespaces::XML && attribute.local == b"id",
    };
    tag.attributes().filter(names).map(|attribute| attribute.value)
}

struct Stream<'a> {
    want: &'a Want,
    /// What takes the octets, before they begin and after they end.
    hash: Option<Hash>,
    render: Option<Render<Hash>>,
    /// Depth of the element it follows; 0 for the document.
    depth: usize,
    found: Digested,
}

/// Reads the whole document once.
///
/// # Errors
/// What is wrong with the document, or its disk.
pub fn walk(octets: &Octets, limits: &Limits, wants: &[Want]) -> Result<Walked, Fault> {
    let mut streams: Vec<Stream<'_>> = wants.iter().map(|want| Stream::new(want, Hash::new(want.algorithm))).collect();
    let mut walked = pass(octets, limits, &mut streams)?;
    walked.digests = streams.into_iter().map(Stream::finish).collect();
    Ok(walked)
}

/// Reads the whole document once more, and feeds one thing of it into a digest that goes on behind it; none
/// when it stands there not exactly once.
///
/// # Errors
/// What is wrong with the document, or its disk.
pub fn feed(octets: &Octets, limits: &Limits, want: &Want, hash: Hash) -> Result<Option<Hash>, Fault> {
    let mut streams = [Stream::new(want, hash)];
    pass(octets, limits, &mut streams)?;
    let [mut stream] = streams;
    let is_one = want.target == Target::Document || stream.found.times == 1;
    Ok(stream.end().filter(|_| is_one))
}

fn pass(octets: &Octets, limits: &Limits, streams: &mut [Stream<'_>]) -> Result<Walked, Fault> {
    let mut reader = Reader::new(octets.reader(), octets.len(), limits);
    let mut walked = Walked {
        signatures: Vec::new(),
        digests: Vec::new(),
        ids: Ids { hasher: RandomState::new(), seen: HashMap::new(), overflowed: false },
    };
    let mut inherited: Vec<(usize, XmlAttribute)> = Vec::new();
    let mut depth = 0;
    let mut signature: Option<usize> = None; // depth of the one we are in
    loop {
        let offset = reader.offset();
        let event = match signature.is_none() && streams.iter().all(Stream::takes_runs) {
            true => match reader.step(b"Signature")? {
                Step::Run(run) => {
                    streams.iter_mut().for_each(|stream| stream.take_run(&run));
                    depth += run.opened;
                    continue;
                }
                Step::Event(event) => event,
            },
            false => reader.next()?,
        };
        let mut ends_signature = false;
        match &event {
            Event::Start(tag) => {
                depth += 1;
                if signature.is_none() && tag.local() == b"Signature" && tag.is(DS, "Signature") {
                    signature = Some(depth);
                    // Held here and not at the end: what is kept of each is small, of thousands it is not.
                    if walked.signatures.len() == SIGNATURES_MAX {
                        return Err(Fault { offset, wrong: Wrong::Limit("signatures", SIGNATURES_MAX) });
                    }
                    walked.signatures.push(Found {
                        offset: tag.offset,
                        end: 0,
                        scope: tag.namespaces.in_scope(),
                        inherited: nearest(&inherited),
                        depth,
                    });
                }
                if tag.attributes().len() > 0 {
                    if signature.is_none() {
                        ids_of(tag).for_each(|id| walked.ids.note(id));
                    }
                    for stream in &mut *streams {
                        stream.open(tag, depth, &inherited);
                    }
                    for attribute in tag.attributes().filter(|a| a.prefix == Namespaces::XML) {
                        let (local, value) = (attribute.local.to_vec(), attribute.value.to_vec());
                        inherited.push((depth, XmlAttribute { local, value }));
                    }
                }
            }
            Event::End { .. } => ends_signature = signature == Some(depth),
            Event::Done => break,
            _ => {}
        }
        let inside = signature.and_then(|at| walked.signatures.last().map(|found| (at, found.offset)));
        for stream in &mut *streams {
            stream.take(&event, inside, depth).map_err(|wrong| Fault { offset, wrong })?;
        }
        if let Event::End { .. } = event {
            if !inherited.is_empty() {
                inherited.retain(|(at, _)| *at < depth);
            }
            depth -= 1;
        }
        if ends_signature {
            signature = None;
            if let Some(found) = walked.signatures.last_mut() {
                found.end = reader.offset();
            }
        }
    }
    Ok(walked)
}

/// Of the `xml:` attributes of all open elements, the nearest of each name.
fn nearest(inherited: &[(usize, XmlAttribute)]) -> Vec<XmlAttribute> {
    let mut nearest: Vec<XmlAttribute> = Vec::new();
    for (_, attribute) in inherited.iter().rev() {
        if !nearest.iter().any(|near| near.local == attribute.local) {
            nearest.push(attribute.clone());
        }
    }
    nearest
}

impl<'a> Stream<'a> {
    fn new(want: &'a Want, hash: Hash) -> Self {
        let mut stream = Self { want, hash: Some(hash), render: None, depth: 0, found: Digested::default() };
        if want.target == Target::Document {
            stream.render = stream.hash.take().map(|hash| Render::document(want.rendering.clone(), hash));
        }
        stream
    }

    /// Begins at the element that the reference means.
    fn open(&mut self, tag: &Tag<'_>, depth: usize, inherited: &[(usize, XmlAttribute)]) {
        let Target::Element(wanted) = &self.want.target else { return };
        if !ids_of(tag).any(|id| id == wanted.as_bytes()) {
            return;
        }
        self.found.times += 1;
        if self.found.times == 1 {
            let begin = |hash| Render::element(self.want.rendering.clone(), nearest(inherited), hash);
            self.render = self.hash.take().map(begin);
            self.depth = depth;
            self.found.is_root = depth == 1;
        }
    }

    /// Whether what it renders can be taken in runs.
    fn takes_runs(&self) -> bool {
        self.render.as_ref().is_none_or(Render::takes_runs)
    }

    fn take_run(&mut self, run: &Run<'_>) {
        if let Some(render) = &mut self.render {
            render.take_run(run);
        }
    }

    fn take(&mut self, event: &Event<'_>, inside: Option<(usize, u64)>, depth: usize) -> Result<(), Wrong> {
        let Some(render) = &mut self.render else { return Ok(()) };
        let excluded = match (self.want.exclude, inside) {
            (Exclude::Signature(offset), Some((_, at))) => offset == at,
            (Exclude::RootSignatures, Some((at, _))) => at == 2,
            (Exclude::EverySignature, inside) => inside.is_some(),
            _ => false,
        };
        if excluded {
            return Ok(());
        }
        render.take(event)?;
        if self.depth > 0 && self.depth == depth && matches!(event, Event::End { .. }) {
            self.hash = self.render.take().and_then(Render::finish);
        }
        Ok(())
    }

    /// Gives back what took the octets, all of them; none when there were none, or they were no base64.
    fn end(&mut self) -> Option<Hash> {
        let ended = self.render.take().map(Render::finish);
        let is_found = self.want.target == Target::Document || self.found.times > 0;
        ended.unwrap_or_else(|| self.hash.take()).filter(|_| is_found)
    }

    fn finish(mut self) -> Digested {
        self.found.digest = self.end().and_then(Hash::finish);
        self.found
    }
}
