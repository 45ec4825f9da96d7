//! XML as bytes become events, and events become canonical octets.
//!
//! One reader serves verifier and loader, so that what was digested is what is loaded. It takes
//! UTF-8 and UTF-16 alone, no DTD, no entities but the five, nothing from outside; whatever
//! libxml2 refuses, it refuses. It holds the open elements, never the document: memory is bounded
//! by depth and by [`Limits`]. Never decides what a document means.

mod canonical;
mod characters;
mod literal;
mod namespaces;
mod reader;
mod run;
mod source;
mod tree;

pub use canonical::{Canonicaliser, Method, Sink, XmlAttribute};
pub use namespaces::{Namespaces, PrefixId, UriId};
pub use reader::{Attribute, Event, Reader, Run, Step, Tag};
pub use source::Decoded;
pub use tree::Element;

use crate::finding::{Code, Finding, Place};

/// The namespace that the prefix `xml` is bound to.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// How much of a document may be open or large at once. Each is a configuration key under
/// `[limits]`; none depends on the size of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open elements, `xml_depth`. A submission needs 10; 256 is libxml2's own limit.
    pub depth: usize,
    /// Octets of one tag, comment or processing instruction, `xml_token`: it must lie in memory
    /// whole. A hundred namespaces of ordinary length fit 256 KiB many times over.
    pub token: usize,
    /// Attributes of one element, `xml_attributes`.
    pub attributes: usize,
    /// Different namespace prefixes and names in one document, `xml_namespaces`.
    pub namespaces: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 256, token: 256 * 1024, attributes: 256, namespaces: 256 }
    }
}

/// Why reading stopped.
#[derive(Debug)]
pub enum Wrong {
    /// Not well-formed, in words.
    NotWellformed(&'static str),
    /// A construct that is refused for safety.
    Forbidden(&'static str),
    /// Octets that are not the encoding they claim, or an encoding that is not read.
    Encoding(String),
    /// More of something than allowed: what, how many at most.
    Limit(&'static str, usize),
    /// The disk failed.
    Io(std::io::Error),
}

/// Where and why reading stopped.
#[derive(Debug)]
pub struct Fault {
    /// Octets from the start of the document's UTF-8 form.
    pub offset: u64,
    /// Why.
    pub wrong: Wrong,
}

impl Fault {
    /// The fault as a finding for the sender; none when it is not the document's.
    pub fn finding(&self) -> Option<Finding> {
        let finding = match &self.wrong {
            Wrong::NotWellformed(what) => Finding::new(Code::SchemaNotWellformed).found(what),
            Wrong::Forbidden(what) => Finding::new(Code::SchemaForbidden).found(what),
            Wrong::Encoding(what) => Finding::new(Code::SchemaEncoding).found(what),
            Wrong::Limit(what, most) => Finding::new(Code::SchemaLimit).found(what).wanted(most),
            Wrong::Io(_) => return None,
        };
        Some(finding.at(Place::at(self.offset)))
    }
}
