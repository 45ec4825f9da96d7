//! The signature policy: what is good enough, as data.
//!
//! Which checks run is code; this holds their numbers and the two permissions of CONTRACT 3.
//! Knows nothing of documents.

use super::CmsLimits;
use crate::container;
use crate::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::forms::certificate::Certificate;
use crate::forms::value;
use openssl::nid::Nid;
use openssl::pkey::Id;

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
    /// Shortest RSA modulus in bits. 2048 is the least of ETSI TS 119 312 still in use.
    pub rsa_bits_min: u32,
    /// How large a signature file may be.
    pub cms: CmsLimits,
    /// Time-stamps of one signature that are looked at (`[limits] timestamps`): each costs a public key
    /// operation and a path. 8 by default; one is usual.
    pub timestamps: usize,
    /// How much a container may hold.
    pub container: container::Limits,
}

impl Policy {
    /// Default of `rsa_bits_min`.
    pub const RSA_BITS_MIN: u32 = 2048;

    /// Default of `timestamps`.
    pub const TIMESTAMPS: usize = 8;

    /// The policy of a trial window: plain signatures and trial certificates are taken.
    pub fn trial() -> Self {
        Self { name: "trial".to_owned(), plain: true, trial: true, ..Self::strict() }
    }

    /// The policy of a real window.
    pub fn strict() -> Self {
        let (cms, container) = (CmsLimits::default(), container::Limits::default());
        let rsa_bits_min = Self::RSA_BITS_MIN;
        Self {
            name: "strict".to_owned(),
            plain: false,
            trial: false,
            rsa_bits_min,
            cms,
            timestamps: Self::TIMESTAMPS,
            container,
        }
    }

    /// What is too weak in a signature made with these digests, this algorithm and this key; none
    /// when all is good enough (ETSI TS 119 312; EN 319 102-1 5.2.8).
    pub fn weakness(
        &self,
        digests: &[DigestAlgorithm],
        algorithm: Option<SignatureAlgorithm>,
        signer: &Certificate,
    ) -> Option<String> {
        let mask = match algorithm {
            Some(SignatureAlgorithm::Dsa(_)) => return Some("DSA".to_owned()),
            Some(SignatureAlgorithm::RsaPss { mask, .. }) => Some(mask),
            _ => None,
        };
        let signed_with = algorithm.and_then(SignatureAlgorithm::digest);
        if let Some(weak) = digests.iter().copied().chain(signed_with).chain(mask).find(|&digest| is_weak(digest)) {
            return Some(weak.name().to_owned());
        }
        let key = signer.public_key();
        match key.id() {
            Id::RSA | Id::RSA_PSS if key.bits() < self.rsa_bits_min => Some(format!("RSA {}", key.bits())),
            Id::RSA | Id::RSA_PSS | Id::ED25519 | Id::ED448 => None,
            Id::EC => match value::curve(key) {
                Some(Nid::X9_62_PRIME256V1 | Nid::SECP384R1 | Nid::SECP521R1) => None,
                Some(other) => Some(other.short_name().unwrap_or("EC").to_owned()),
                None => Some("an unnamed elliptic curve".to_owned()),
            },
            Id::DSA => Some("DSA".to_owned()),
            _ => Some("a key of an unknown kind".to_owned()),
        }
    }
}

/// Broken (MD5, SHA-1), or too short and out of use (RIPEMD-160, the 224-bit digests: TS 119 312 5).
fn is_weak(digest: DigestAlgorithm) -> bool {
    use DigestAlgorithm::*;
    match digest {
        Md5 | Sha1 | Ripemd160 | Sha224 | Sha3_224 => true,
        Sha256 | Sha384 | Sha512 | Sha3_256 | Sha3_384 | Sha3_512 => false,
    }
}
