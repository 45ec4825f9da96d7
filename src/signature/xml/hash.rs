//! Digests under way: of canonical octets as they come, and of whole files.
//!
//! Never says whether a digest is the right one.

use crate::forms::algorithm::DigestAlgorithm;
use crate::xml::{Canonicaliser, Event, Limits, Method, Reader, Sink, Step, Wrong};
use std::io::{self, Read};

/// A digest as a sink of canonical octets.
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

    /// Of all octets there are; none when the algorithm is not at hand.
    ///
    /// # Errors
    /// What the reader says.
    pub fn of(mut contents: impl Read, algorithm: DigestAlgorithm) -> io::Result<Option<Vec<u8>>> {
        let (mut hash, mut buffer) = (Self::new(algorithm), vec![0; 64 * 1024]);
        loop {
            match contents.read(&mut buffer)? {
                0 => return Ok(hash.finish()),
                count => hash.take(&buffer[..count]),
            }
        }
    }

    /// Of `size` octets that are an XML document, in a canonical form of it.
    ///
    /// # Errors
    /// What is wrong with it as XML, or what the reader says.
    pub fn of_canonical(
        contents: impl Read,
        size: u64,
        form: &Method,
        algorithm: DigestAlgorithm,
        limits: &Limits,
    ) -> Result<Option<Vec<u8>>, Wrong> {
        let mut reader = Reader::new(contents, size, limits);
        let mut canonical = Canonicaliser::document(form.clone(), Self::new(algorithm));
        loop {
            match reader.step(b"").map_err(|fault| fault.wrong)? {
                Step::Run(run) => canonical.take_run(&run),
                Step::Event(Event::Done) => return Ok(canonical.finish().finish()),
                Step::Event(event) => canonical.take(&event)?,
            }
        }
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
