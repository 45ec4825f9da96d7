//! XML signatures: what each one refers to, whether the digests and the value hold.
//!
//! Two looks at most: the first pass finds the signatures and digests the content; a second one
//! digests what the signatures ask for beyond that. The signatures themselves, being small, are
//! read again on their own. Only what a signature digests counts for it; nothing is fetched.

mod draft;
mod hash;
mod part;
mod proofs;
mod render;
mod value;
mod walk;

use super::judge::{Context, Judged};
use super::time::StampReport;
use crate::document::{Content, Digest};
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::xmldsig::Rendering;
use crate::host::Octets;
use crate::xml::{Fault, Limits, Method, Wrong};
use draft::Draft;
pub use hash::Hash;
use proofs::Source;
use std::cell::Cell;
use walk::{Exclude, Target, Walked, Want, walk};

/// Octets of one `ds:Signature` that is read as a tree: chains, timestamps and revocation lists
/// of the higher levels fit.
const SIGNATURE_MAX: u64 = 8 * 1024 * 1024;
/// Different canonical forms that the signatures of one document may ask for beyond the content:
/// each costs a canonicalisation of the whole.
const WANTS_MAX: usize = 8;

/// What a document's signatures came to.
#[derive(Debug)]
pub struct Examined {
    /// In document order.
    pub signatures: Vec<OneSignature>,
    /// The canonical octets without the root's signatures, digested.
    pub content: Content,
}

/// One of them.
#[derive(Debug)]
pub struct OneSignature {
    /// The verdict.
    pub judged: Judged,
    /// Something in the signature that no digest covers and that has no business there.
    pub hidden: Option<String>,
}

impl OneSignature {
    /// What of a submission it leaves open: something hidden in it, or something that it does not cover.
    pub fn uncovered(&self) -> Option<Finding> {
        match &self.hidden {
            Some(hidden) => Some(Finding::new(Code::SignatureHiddenContent).found(hidden)),
            None if self.judged.report.covers_whole_document => None,
            None => Some(Finding::new(Code::SignatureNotCovering).found("ds:Reference")),
        }
    }
}

/// What a signature file lies among, for references that name a thing beside it: the data objects
/// of a container (EN 319 162-1). Without it such a reference means something outside.
pub trait Objects {
    /// Digests the object that a URI names: its octets as they are, or canonicalised as XML.
    ///
    /// # Errors
    /// The disk.
    fn digest(&self, uri: &str, form: Option<&Method>, algorithm: DigestAlgorithm) -> std::io::Result<Named>;

    /// Feeds the object that a URI names into a digest that goes on behind it, for an archive time-stamp; none
    /// when that cannot be.
    ///
    /// # Errors
    /// The disk.
    fn feed(&self, uri: &str, form: Option<&Method>, hash: Hash) -> std::io::Result<Option<Hash>>;

    /// What the time-stamps came to that are over all of this file from outside.
    fn stamps(&self) -> Vec<StampReport> {
        Vec::new()
    }

    /// Whether a signature that digests these objects leaves none out.
    fn is_whole(&self, named: &[usize]) -> bool;

    /// What speaks against every signature here, or against one that digests these objects.
    fn faults(&self, named: &[usize]) -> Vec<Finding>;
}

/// What a URI names among [`Objects`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// This object, with this digest; none when the algorithm is not at hand.
    Object(usize, Option<Vec<u8>>),
    /// Nothing that is there.
    Nowhere,
    /// Something that is not processed.
    Unsupported(String),
}

/// The content: exclusive canonical form, without comments and without the root's signatures.
fn content() -> Want {
    Want {
        target: Target::Document,
        exclude: Exclude::RootSignatures,
        rendering: Rendering::Canonical(Method::Exclusive { comments: false, inclusive: Vec::new() }),
        algorithm: DigestAlgorithm::Sha256,
    }
}

/// The digest of a document's content alone.
///
/// # Errors
/// What is wrong with the document.
pub fn content_of(octets: &Octets, limits: &Limits) -> Result<Content, Fault> {
    walk(octets, limits, &[content()]).map(|walked| content_digest(&walked))
}

fn content_digest(walked: &Walked) -> Content {
    let digest = walked.digests.first().and_then(|digested| digested.digest.as_deref());
    // SHA-256 is always at hand and gives 32 octets; another answer matches no content there is.
    Content(Digest::from_bytes(digest.and_then(|digest| digest.try_into().ok()).unwrap_or([0; 32])))
}

/// Judges every signature of an XML document.
///
/// # Errors
/// What is wrong with the document as XML, or its disk.
pub fn examine(octets: &Octets, context: &Context<'_>, limits: &Limits) -> Result<Examined, Fault> {
    examine_among(octets, None, context, limits)
}

/// The same, of a document that lies among others.
///
/// # Errors
/// The same.
pub fn examine_among(
    octets: &Octets,
    objects: Option<&dyn Objects>,
    context: &Context<'_>,
    limits: &Limits,
) -> Result<Examined, Fault> {
    let walked = walk(octets, limits, &[content()])?;
    let content = content_digest(&walked);
    let mut drafts = Vec::with_capacity(walked.signatures.len());
    for found in &walked.signatures {
        drafts.push(Draft::read(octets, found, objects, limits)?);
    }
    // What the first pass did not digest.
    let mut wants: Vec<Want> = Vec::new();
    for draft in &mut drafts {
        draft.resolve(&walked, &mut wants, limits)?;
        if wants.len() > WANTS_MAX {
            let wrong = Wrong::Limit("different canonical forms of one document", WANTS_MAX);
            return Err(Fault { offset: draft.found.offset, wrong });
        }
    }
    let digests = match wants.is_empty() {
        true => Vec::new(),
        false => {
            wants.push(self::content());
            let mut again = walk(octets, limits, &wants)?;
            let same = again.digests.pop().and_then(|digested| digested.digest);
            if same.as_deref() != Some(&content.0.as_bytes()[..]) {
                let error = std::io::Error::other("the document changed between two readings");
                return Err(Fault { offset: 0, wrong: Wrong::Io(error) });
            }
            again.digests
        }
    };
    let (readings, parts) = (Cell::new(0), Cell::new(0));
    let source = Source { octets, wants: &wants, limits, readings: &readings, parts: &parts };
    let signatures = drafts.into_iter().map(|draft| draft.judge(content, &digests, context, source));
    Ok(Examined { signatures: signatures.collect::<Result<_, _>>()?, content })
}

#[cfg(test)]
mod tests;
