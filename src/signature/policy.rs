//! The signature policy: what is good enough, as data.
//!
//! Which checks run is code; this holds the cryptographic suite, the limits and the two permissions of
//! CONTRACT 3. Knows nothing of documents.

use super::CmsLimits;
use super::suite::{Suite, Weakness};
use crate::container;
use crate::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::forms::certificate::Certificate;
use jiff::Timestamp;
use std::sync::Arc;

/// What a window accepts. There is no default: each window says whether it is a trial one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name, for reports and the journal.
    pub name: String,
    /// Whether signatures that do not sign their certificate are accepted: plain XMLDSig with the
    /// certificate in its KeyInfo, CMS without a signed certificate reference (CONTRACT 3).
    pub plain: bool,
    /// Whether certificates of a trial PKI are accepted.
    pub trial: bool,
    /// Which algorithms are good enough, and until when.
    pub suite: Arc<Suite>,
    /// How large a signature file may be.
    pub cms: CmsLimits,
    /// Time-stamps of one signature that are looked at (`[limits] timestamps`): each costs a public key
    /// operation and a path. 8 by default; one is usual.
    pub timestamps: usize,
    /// How much a container may hold.
    pub container: container::Limits,
}

impl Policy {
    /// Default of `timestamps`.
    pub const TIMESTAMPS: usize = 8;

    /// The policy of a trial window: plain signatures and trial certificates are taken.
    pub fn trial() -> Self {
        Self { name: "trial".to_owned(), plain: true, trial: true, ..Self::strict() }
    }

    /// The policy of a real window.
    pub fn strict() -> Self {
        let (cms, container) = (CmsLimits::default(), container::Limits::default());
        let (suite, timestamps) = (Suite::built_in(), Self::TIMESTAMPS);
        Self { name: "strict".to_owned(), plain: false, trial: false, suite, cms, timestamps, container }
    }

    /// What is too weak at this moment in a signature made with these digests, this algorithm and the
    /// signer's key; none when all is good enough (ETSI TS 119 312; EN 319 102-1 5.2.8).
    pub fn weakness(
        &self,
        digests: &[DigestAlgorithm],
        algorithm: Option<SignatureAlgorithm>,
        signer: &Certificate,
        at: Timestamp,
    ) -> Option<Weakness> {
        self.suite.weakness(digests, algorithm, signer.public_key(), at)
    }

    /// The same of the certificates on the way to the anchor, which by itself is believed for no
    /// signature's sake: each one's signature by the key of the next (EN 319 102-1 5.2.6). Told with
    /// the name of the authority that made it.
    pub fn weakness_of_path(&self, path: &[Certificate], at: Timestamp) -> Option<Weakness> {
        path.windows(2).find_map(|pair| {
            let algorithm = pair[0].signature_algorithm();
            let weak = match algorithm {
                Some(_) => self.suite.weakness(&[], algorithm, pair[1].public_key(), at)?,
                None => Weakness { what: "a signature algorithm without a name".to_owned(), until: None },
            };
            Some(Weakness { what: format!("{}, {}", weak.what, pair[0].authority()), ..weak })
        })
    }
}
