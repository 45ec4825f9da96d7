//! Namespaces in scope: prefixes and names by number, bindings with an undo log.
//!
//! Numbers make "is this binding the one already rendered?" a comparison of integers. Bounded by
//! [`Limits::namespaces`](super::Limits); nothing here grows with the document.

use super::{Wrong, XML_NAMESPACE};
use std::collections::HashMap;

/// A prefix by number; 0 is the empty prefix, 1 is `xml`.
pub type PrefixId = u32;
/// A namespace name by number; 0 is no namespace.
pub type UriId = u32;

/// Prefixes, names, and what is bound to what at this point of the document.
#[derive(Debug)]
pub struct Namespaces {
    prefixes: Names,
    uris: Names,
    /// By prefix; [`Self::UNBOUND`] for a prefix without a binding here.
    bound: Vec<UriId>,
    /// What to put back when elements end.
    undo: Vec<(PrefixId, UriId)>,
    most: usize,
}

#[derive(Debug, Default)]
struct Names {
    list: Vec<Box<[u8]>>,
    /// Numbers by name, once there are [many](Names::FEW).
    index: HashMap<Box<[u8]>, u32>,
    last: u32,
}

impl Names {
    /// Names that are found by looking at each, which is sooner done than one digest for a table.
    const FEW: usize = 16;

    fn number(&mut self, name: &[u8], most: usize) -> Option<u32> {
        if let Some(last) = self.list.get(self.last as usize)
            && &**last == name
        {
            return Some(self.last);
        }
        self.last = match self.find(name) {
            Some(number) => number,
            None if self.list.len() > most => return None,
            None => self.add(name),
        };
        Some(self.last)
    }

    fn find(&self, name: &[u8]) -> Option<u32> {
        match self.list.len() <= Self::FEW {
            true => self.list.iter().position(|known| **known == *name).map(|at| at as u32),
            false => self.index.get(name).copied(),
        }
    }

    fn add(&mut self, name: &[u8]) -> u32 {
        let number = self.list.len() as u32;
        self.list.push(name.into());
        match self.list.len() {
            ..=Self::FEW => {}
            _ if self.index.is_empty() => self.index.extend(self.list.iter().cloned().zip(0..)),
            _ => drop(self.index.insert(name.into(), number)),
        }
        number
    }
}

impl Namespaces {
    /// No binding.
    pub const UNBOUND: UriId = UriId::MAX;
    /// The empty prefix.
    pub const DEFAULT: PrefixId = 0;
    /// The prefix `xml`.
    pub const XML: PrefixId = 1;

    pub(super) fn new(most: usize) -> Self {
        let mut namespaces =
            Self { prefixes: Names::default(), uris: Names::default(), bound: vec![0, 1], undo: Vec::new(), most };
        namespaces.prefixes.number(b"", most);
        namespaces.prefixes.number(b"xml", most);
        namespaces.uris.number(b"", most);
        namespaces.uris.number(XML_NAMESPACE.as_bytes(), most);
        namespaces
    }

    pub(super) fn prefix(&mut self, prefix: &[u8]) -> Result<PrefixId, Wrong> {
        let number = self.prefixes.number(prefix, self.most).ok_or(Wrong::Limit("namespace prefixes", self.most))?;
        if number as usize == self.bound.len() {
            self.bound.push(Self::UNBOUND);
        }
        Ok(number)
    }

    /// Binds for the element being opened. `uri` empty undoes the default namespace.
    pub(super) fn bind(&mut self, prefix: PrefixId, uri: &[u8]) -> Result<(), Wrong> {
        let uri = self.uris.number(uri, self.most).ok_or(Wrong::Limit("namespaces", self.most))?;
        let slot = &mut self.bound[prefix as usize];
        self.undo.push((prefix, *slot));
        *slot = uri;
        Ok(())
    }

    pub(super) fn mark(&self) -> usize {
        self.undo.len()
    }

    pub(super) fn restore(&mut self, mark: usize) {
        for (prefix, uri) in self.undo.drain(mark..).rev() {
            self.bound[prefix as usize] = uri;
        }
    }

    /// What the prefix is bound to here.
    pub fn bound(&self, prefix: PrefixId) -> UriId {
        self.bound.get(prefix as usize).copied().unwrap_or(Self::UNBOUND)
    }

    /// All prefixes that have a number, bound here or not.
    pub fn prefixes(&self) -> impl Iterator<Item = PrefixId> + use<> {
        0..self.bound.len() as u32
    }

    /// A prefix's text.
    pub fn prefix_text(&self, prefix: PrefixId) -> &[u8] {
        self.prefixes.list.get(prefix as usize).map_or(b"", |text| text)
    }

    /// A namespace name's text.
    pub fn uri_text(&self, uri: UriId) -> &[u8] {
        self.uris.list.get(uri as usize).map_or(b"", |text| text)
    }

    /// Whether the name is this one.
    pub fn is(&self, uri: UriId, name: &str) -> bool {
        self.uri_text(uri) == name.as_bytes()
    }

    /// The bindings here, for a reader that starts in the middle of this document.
    pub fn in_scope(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.prefixes()
            .filter(|&prefix| prefix != Self::XML && !matches!(self.bound(prefix), Self::UNBOUND | 0))
            .map(|prefix| (self.prefix_text(prefix).to_vec(), self.uri_text(self.bound(prefix)).to_vec()))
            .collect()
    }
}
