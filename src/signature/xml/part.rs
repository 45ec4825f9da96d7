//! The parts of one signature as octets: an element found in it, canonicalised in the namespaces of its place.
//!
//! Owns how a part is found and rendered. Never says what a part is worth.

use super::draft::{Draft, Inside};
use super::hash::Hash;
use super::render::Render;
use super::walk;
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::xmldsig::{DS, Rendering, XADES};
use crate::xml::{Event, Fault, Limits, Namespaces, Sink, XmlAttribute};

/// Which element inside a signature.
#[derive(Clone, Copy)]
pub(super) enum Select<'a> {
    SignedInfo,
    /// The element with this Id.
    Id(&'a str),
    /// The elements whose start tags stand at these offsets; none lies in another.
    At(&'a [u64]),
}

impl Draft<'_> {
    /// Digests one element inside this signature; how often it stands there, and its digest.
    pub(super) fn inside(
        &self,
        select: Select<'_>,
        rendering: &Rendering,
        algorithm: DigestAlgorithm,
        limits: &Limits,
    ) -> Result<(usize, Inside), Fault> {
        let mut hash = Some(Hash::new(algorithm));
        let (mut place, mut digest) = ((Vec::new(), 0), None);
        let times = self.render(select, rendering, limits, &mut place, &mut || hash.take(), &mut |hash| {
            digest = hash.finish();
        })?;
        let (path, at) = place;
        Ok((times, Inside { digest, path, at, whole: matches!(rendering, Rendering::Canonical(_)) }))
    }

    /// Renders what is selected, each of it into what `begin` gives; how often it stands there.
    pub(super) fn render<S: Sink>(
        &self,
        select: Select<'_>,
        rendering: &Rendering,
        limits: &Limits,
        place: &mut (Vec<String>, u64),
        begin: &mut dyn FnMut() -> Option<S>,
        end: &mut dyn FnMut(S),
    ) -> Result<usize, Fault> {
        let mut reader = self.reader(limits)?;
        let mut open: Vec<(String, Vec<XmlAttribute>)> = Vec::new();
        let mut render: Option<(usize, Render<S>)> = None;
        let mut times = 0;
        loop {
            let offset = reader.offset();
            let event = reader.next().map_err(|fault| self.placed(fault))?;
            let mut ended = false;
            match &event {
                Event::Start(tag) => {
                    let own = tag
                        .attributes()
                        .filter(|a| a.prefix == Namespaces::XML)
                        .map(|a| XmlAttribute { local: a.local.to_vec(), value: a.value.to_vec() });
                    let namespace = match tag.namespaces.uri_text(tag.uri) {
                        uri if uri == XADES.as_bytes() => "xades:",
                        uri if uri == DS.as_bytes() => "",
                        _ => "?:",
                    };
                    open.push(([namespace, &String::from_utf8_lossy(tag.local())].concat(), own.collect()));
                    let selected = match select {
                        Select::Id(id) => walk::ids_of(tag).any(|own| own == id.as_bytes()),
                        Select::SignedInfo => open.len() == 2 && tag.is(DS, "SignedInfo"),
                        Select::At(offsets) => offsets.contains(&tag.offset),
                    };
                    if selected {
                        times += 1;
                        if let Some(sink) = begin() {
                            let (_, above) = open.split_last().unwrap_or((&open[0], &[]));
                            let inherited = self.inherited(above);
                            render = Some((open.len(), Render::element(rendering.clone(), inherited, sink)));
                            *place = (open.iter().map(|(name, _)| name.clone()).collect(), tag.offset);
                        }
                    }
                }
                Event::End { .. } => ended = true,
                Event::Done => return Ok(times),
                _ => {}
            }
            if let Some((_, render)) = &mut render {
                render.take(&event).map_err(|wrong| self.placed(Fault { offset, wrong }))?;
            }
            if ended {
                if let Some((_, done)) = render.take_if(|(depth, _)| *depth == open.len())
                    && let Some(sink) = done.finish()
                {
                    end(sink);
                }
                open.pop();
            }
        }
    }

    /// `xml:` attributes that an element under these inherits, the nearest of each name.
    fn inherited(&self, above: &[(String, Vec<XmlAttribute>)]) -> Vec<XmlAttribute> {
        let mut nearest: Vec<XmlAttribute> = Vec::new();
        let own = above.iter().rev().flat_map(|(_, attributes)| attributes);
        for attribute in own.chain(&self.found.inherited) {
            if !nearest.iter().any(|near| near.local == attribute.local) {
                nearest.push(attribute.clone());
            }
        }
        nearest
    }

    /// Feeds these elements, in the order in which they stand there, into one digest; none when the
    /// rendering cannot be had.
    pub(super) fn feed(
        &self,
        at: &[u64],
        rendering: &Rendering,
        hash: Hash,
        limits: &Limits,
    ) -> Result<Option<Hash>, Fault> {
        let held = std::cell::RefCell::new(Some(hash));
        let mut place = (Vec::new(), 0);
        let begin = &mut || held.borrow_mut().take();
        let times = self.render(Select::At(at), rendering, limits, &mut place, begin, &mut |hash| {
            held.replace(Some(hash));
        })?;
        Ok(held.into_inner().filter(|_| times == at.len()))
    }
}
