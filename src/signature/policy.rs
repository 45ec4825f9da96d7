//! The signature policy: what is good enough, as data.
//!
//! Which checks run is code; this holds the cryptographic suite, the limits and the two permissions of
//! CONTRACT 3. Knows nothing of documents.

use super::CmsLimits;
use super::suite::{Suite, Weakness};
use crate::container;
use crate::document::MailAddress;
use crate::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::forms::certificate::Certificate;
use crate::forms::claims::SignaturePolicy;
use crate::letter;
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
    /// Signature policies (EPES) that a signer may name, by their identifiers; none for any of them. Whatever
    /// the signer names, it is this policy that he is judged by (EN 319 102-1 5.2.4: the one that the verifier
    /// brings along), so that another one can only take more upon the signer, and nothing off him.
    pub signature_policies: Option<Vec<String>>,
    /// Properties that a signature must sign, beyond its certificate.
    pub required: Vec<Property>,
    /// Which algorithms are good enough, and until when.
    pub suite: Arc<Suite>,
    /// How large a signature file may be.
    pub cms: CmsLimits,
    /// Time-stamps of one signature that are looked at (`[limits] timestamps`): each costs a public key
    /// operation and a path. 8 by default; one is usual.
    pub timestamps: usize,
    /// How much a container may hold.
    pub container: container::Limits,
    /// What a mail must say that is signed as a whole.
    pub mail: MailPolicy,
}

/// What is asked of a signed mail, beyond its signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailPolicy {
    /// This window's own addresses (`[mail] addresses`): inside its signature a mail must be to one of them, and to
    /// nobody else. Without any, no mail is to this window.
    pub addresses: Vec<MailAddress>,
    /// How much of a message is looked at.
    pub limits: letter::Limits,
}

/// A property that may be asked of every signature, beside its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Property {
    SigningTime,
    ObjectFormat,
    SignaturePolicy,
    Role,
    Commitment,
    Place,
}

impl Property {
    /// Each as a configuration names it.
    pub const NAMES: [(&str, Self); 6] = [
        ("signing-time", Self::SigningTime),
        ("data-object-format", Self::ObjectFormat),
        ("signature-policy", Self::SignaturePolicy),
        ("claimed-role", Self::Role),
        ("commitment-type", Self::Commitment),
        ("place", Self::Place),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, property)| *property == self).map_or("", |(name, _)| *name)
    }
}

impl Policy {
    /// Default of `timestamps`.
    pub const TIMESTAMPS: usize = 8;

    /// The policy of a trial window: plain signatures and trial certificates are taken.
    pub fn trial() -> Self {
        Self { name: "trial".to_owned(), plain: true, trial: true, required: Vec::new(), ..Self::strict() }
    }

    /// The policy of a real window. A time is signed in every baseline signature (EN 319 132-1 6.3 and
    /// EN 319 122-1 6.3).
    pub fn strict() -> Self {
        Self {
            name: "strict".to_owned(),
            plain: false,
            trial: false,
            signature_policies: None,
            required: vec![Property::SigningTime],
            suite: Suite::built_in(),
            cms: CmsLimits::default(),
            timestamps: Self::TIMESTAMPS,
            container: container::Limits::default(),
            mail: MailPolicy::default(),
        }
    }

    /// Whether a signer may name this signature policy.
    ///
    /// # Errors
    /// What is named.
    pub fn takes(&self, policy: &SignaturePolicy) -> Result<(), String> {
        match (&self.signature_policies, policy) {
            (None, _) | (_, SignaturePolicy::Implied) => Ok(()),
            (Some(taken), SignaturePolicy::Named { id, .. }) => {
                let named = SignaturePolicy::identifier(id);
                let is_taken = taken.iter().any(|taken| SignaturePolicy::identifier(taken) == named);
                if is_taken { Ok(()) } else { Err(id.clone()) }
            }
        }
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
