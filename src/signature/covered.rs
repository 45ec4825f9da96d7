//! What the signatures cover: the only bytes of a document that any later room can see.

use crate::finding::{Place, Stop};
use crate::host::Octets;

/// A reader of the covered octets alone.
#[derive(Debug)]
pub struct Covered {
    octets: Octets,
    xml: bool,
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

/// One covered event, as canonicalisation saw it: entities resolved, CDATA merged, comments and
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
    /// Whether the document is XML; else it is octets (CSV).
    pub fn is_xml(&self) -> bool {
        self.xml
    }

    /// Reads the covered events in order. `visit` answers whether to go on; `false` ends the
    /// reading early without a digest check (for looking at the root alone).
    ///
    /// # Errors
    /// [`Stop::Halt`] when a second reading does not give the digests of the first, or the disk fails.
    pub fn read_xml(&self, _visit: &mut dyn FnMut(CoveredEvent<'_>) -> bool) -> Result<(), Stop> {
        todo!()
    }

    /// The covered octets of a document that is not XML.
    pub fn octets(&self) -> &Octets {
        &self.octets
    }

    /// Fills line and column, in characters from 1, of places known by their offset.
    pub fn locate(&self, _places: &mut [&mut Place]) {
        todo!()
    }
}

#[cfg(test)]
impl Covered {
    /// A document without a covered octet, for tests of the rooms that never look at them.
    pub(crate) fn nothing() -> Self {
        Self { octets: Octets::from(Vec::new()), xml: false }
    }

    /// A document that is no XML, covered whole.
    pub(crate) fn table(octets: &str) -> Self {
        Self { octets: Octets::from(octets.as_bytes().to_vec()), xml: false }
    }
}
