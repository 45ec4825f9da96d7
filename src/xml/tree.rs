//! A small element as a tree: for signatures and receipts, never for a whole submission.

use super::{Event, Fault, Reader, Wrong};
use std::io::Read;

/// An element with all that is in it. Bounded by `nodes` at building.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Namespace name; empty for none.
    pub namespace: String,
    /// Local name.
    pub local: String,
    /// Attributes: namespace name, local name, value.
    pub attributes: Vec<(String, String, String)>,
    /// Prefixes and the namespace names bound to them on this very element; on the one that was read
    /// as the root, all that are in scope there.
    pub declared: Vec<(String, String)>,
    /// Child elements.
    pub children: Vec<Element>,
    /// All character data directly inside, joined.
    pub text: String,
    /// Offset of its start tag in what was read.
    pub offset: u64,
}

impl Element {
    /// Elements of one tree: far more than any signature with its chains and timestamps has.
    pub const NODES_MAX: usize = 4096;
    /// Octets of text in one tree.
    pub const TEXT_MAX: usize = 8 * 1024 * 1024;

    /// Reads the reader's root element.
    ///
    /// # Errors
    /// What is wrong with the document, or a tree over the limits.
    pub fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, Fault> {
        let (mut open, mut nodes, mut octets) = (Vec::<Element>::new(), 0, 0);
        loop {
            let offset = reader.offset();
            let limit = |what, most| Err(Fault { offset, wrong: Wrong::Limit(what, most) });
            match reader.next()? {
                Event::Start(tag) => {
                    nodes += 1;
                    if nodes > Self::NODES_MAX {
                        return limit("elements in one signature", Self::NODES_MAX);
                    }
                    let attributes = tag
                        .attributes()
                        .map(|a| (text(tag.namespaces.uri_text(a.uri)), text(a.local), text(a.value)))
                        .collect();
                    let binding = |prefix| {
                        let uri = tag.namespaces.bound(prefix);
                        (text(tag.namespaces.prefix_text(prefix)), text(tag.namespaces.uri_text(uri)))
                    };
                    let declared = match open.is_empty() {
                        true => tag.namespaces.in_scope().iter().map(|(p, uri)| (text(p), text(uri))).collect(),
                        false => tag.declared().iter().copied().map(binding).collect(),
                    };
                    open.push(Element {
                        declared,
                        namespace: text(tag.namespaces.uri_text(tag.uri)),
                        local: text(tag.local()),
                        attributes,
                        children: Vec::new(),
                        text: String::new(),
                        offset: tag.offset,
                    });
                }
                Event::Text { octets: piece, .. } => {
                    octets += piece.len();
                    if octets > Self::TEXT_MAX {
                        return limit("octets of text in one signature", Self::TEXT_MAX);
                    }
                    if let Some(element) = open.last_mut() {
                        match element.text.is_empty() {
                            true => element.text = text(piece),
                            false => element.text.push_str(&text(piece)),
                        }
                    }
                }
                Event::End { .. } => {
                    // A start tag came before every end tag: the reader sees to it.
                    let Some(ended) = open.pop() else { continue };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(ended),
                        None => return Ok(ended),
                    }
                }
                Event::Comment(_) | Event::Instruction { .. } => {}
                Event::Done => return Err(Fault { offset, wrong: Wrong::NotWellformed("there is no root element") }),
            }
        }
    }

    /// The namespace name that a prefix is bound to inside the element that begins at this offset
    /// somewhere in this tree, for names that stand in values and text (XPath 1.0, 2.3).
    pub fn bound(&self, prefix: &str, offset: u64) -> Option<&str> {
        let (mut element, mut found) = (self, None);
        loop {
            let own = element.declared.iter().find(|(declared, _)| declared == prefix);
            found = own.map(|(_, uri)| uri.as_str()).or(found);
            if element.offset == offset {
                return found;
            }
            element = element.children.iter().rev().find(|child| child.offset <= offset)?;
        }
    }

    /// Whether this is that element.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespace == namespace
    }

    /// The first child of that name.
    pub fn child(&self, namespace: &str, local: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(namespace, local))
    }

    /// All children of that name.
    pub fn all<'a>(&'a self, namespace: &'a str, local: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.is(namespace, local))
    }

    /// An attribute without a namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|(ns, name, _)| ns.is_empty() && name == local).map(|(_, _, value)| value.as_str())
    }
}

/// The reader gives UTF-8; to look at it as if it might not be would take longer.
fn text(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(octets).into_owned(),
    }
}
