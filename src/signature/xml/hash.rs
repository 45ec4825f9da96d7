//! Digests under way: of canonical octets as they come, and of whole files.
//!
//! Never says whether a digest is the right one.

use crate::forms::algorithm::DigestAlgorithm;
use crate::xml::{Canonicaliser, Limits, Method, Reader, Sink, Wrong};
use std::io::{self, Read};

/// A digest as a sink of canonical octets.
#[derive(Clone)]
pub enum Hash {
    /// The usual one, without the cost of looking it up.
    Sha256(openssl::sha::Sha256),
    /// Any other.
    Other(openssl::hash::Hasher),
    /// One that is not at hand.
    Missing,
}

impl Hash {
    /// Begins.
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        match algorithm {
            DigestAlgorithm::Sha256 => Self::Sha256(openssl::sha::Sha256::new()),
            other => other.hasher().map_or(Self::Missing, Self::Other),
        }
    }

    /// Ends; none when the algorithm is not at hand.
    pub fn finish(self) -> Option<Vec<u8>> {
        match self {
            Self::Sha256(hash) => Some(hash.finish().to_vec()),
            Self::Other(mut hash) => hash.finish().ok().map(|digest| digest.to_vec()),
            Self::Missing => None,
        }
    }

    /// Takes all octets there are.
    ///
    /// # Errors
    /// What the reader says.
    pub fn over(mut self, mut contents: impl Read) -> io::Result<Self> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match contents.read(&mut buffer)? {
                0 => return Ok(self),
                count => self.take(&buffer[..count]),
            }
        }
    }

    /// Takes `size` octets that are an XML document, in a canonical form of it.
    ///
    /// # Errors
    /// What is wrong with it as XML, or what the reader says.
    pub fn over_canonical(self, contents: impl Read, size: u64, form: &Method, limits: &Limits) -> Result<Self, Wrong> {
        let mut reader = Reader::new(contents, size, limits);
        let canonical = Canonicaliser::document(form.clone(), self);
        canonical.whole(&mut reader).map_err(|fault| fault.wrong)
    }
}

impl Sink for Hash {
    #[inline] // called for every run of canonical octets, from another unit of compilation
    fn take(&mut self, octets: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(octets),
            Self::Other(hash) => {
                if hash.update(octets).is_err() {
                    *self = Self::Missing; // no digest rather than a wrong one
                }
            }
            Self::Missing => {}
        }
    }
}
