//! The cryptographic suite: which algorithms are good enough, and until when, as data.
//!
//! Named and versioned, so that an answer can say by which one it was given. Knows algorithms, sizes
//! and days; which checks run is code elsewhere. The one that is built in is `config/policy.toml`;
//! another is read by whoever may read files.

use crate::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::forms::value;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// What is good enough. What stands in no list never was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its name, for people.
    pub name: String,
    /// Its version: another one with every change.
    pub version: String,
    /// Digest algorithms.
    pub digests: Vec<Term<DigestAlgorithm>>,
    /// Signature schemes.
    pub schemes: Vec<Term<Scheme>>,
    /// RSA keys, by the least number of bits.
    pub rsa: Vec<Term<u32>>,
    /// Elliptic curves.
    pub curves: Vec<Term<Nid>>,
}

/// Something that is good enough, and the first day, in UTC, on which it no longer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term<T> {
    /// What.
    pub what: T,
    /// None: no such day is known yet.
    pub until: Option<Date>,
}

/// A signature scheme, apart from its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Scheme {
    RsaPkcs1,
    RsaPss,
    Ecdsa,
    Ed25519,
    Ed448,
}

/// Something that is not good enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    /// What, as `SHA-1` or `RSA 1024`.
    pub what: String,
    /// The day from which it is not; none when it never was.
    pub until: Option<Date>,
}

/// The digests as a policy names them.
pub const DIGESTS: [(&str, DigestAlgorithm); 11] = [
    ("SHA-256", DigestAlgorithm::Sha256),
    ("SHA-384", DigestAlgorithm::Sha384),
    ("SHA-512", DigestAlgorithm::Sha512),
    ("SHA3-256", DigestAlgorithm::Sha3_256),
    ("SHA3-384", DigestAlgorithm::Sha3_384),
    ("SHA3-512", DigestAlgorithm::Sha3_512),
    ("SHA-224", DigestAlgorithm::Sha224),
    ("SHA3-224", DigestAlgorithm::Sha3_224),
    ("SHA-1", DigestAlgorithm::Sha1),
    ("MD5", DigestAlgorithm::Md5),
    ("RIPEMD-160", DigestAlgorithm::Ripemd160),
];

/// The schemes as a policy names them (RFC 8017, FIPS 186-5, RFC 8032).
pub const SCHEMES: [(&str, Scheme); 5] = [
    ("RSASSA-PKCS1-v1_5", Scheme::RsaPkcs1),
    ("RSASSA-PSS", Scheme::RsaPss),
    ("ECDSA", Scheme::Ecdsa),
    ("Ed25519", Scheme::Ed25519),
    ("Ed448", Scheme::Ed448),
];

/// The curves as a policy names them. Those with a cofactor, or of fewer than 256 bits, have no name.
pub const CURVES: [(&str, Nid); 6] = [
    ("P-256", Nid::X9_62_PRIME256V1),
    ("P-384", Nid::SECP384R1),
    ("P-521", Nid::SECP521R1),
    ("brainpoolP256r1", Nid::BRAINPOOL_P256R1),
    ("brainpoolP384r1", Nid::BRAINPOOL_P384R1),
    ("brainpoolP512r1", Nid::BRAINPOOL_P512R1),
];

/// RSA keys of fewer bits may be named for old files alone, with a day of their end, as broken digests.
pub const RSA_BITS_MIN: u32 = 2048;

const BUILT_IN: &str = include_str!("../../config/policy.toml");

impl Suite {
    /// The one that counts where nobody names another: `config/policy.toml`.
    pub fn built_in() -> Arc<Self> {
        static SUITE: LazyLock<Arc<Suite>> = LazyLock::new(|| {
            let written: Option<Written> = toml::from_str(BUILT_IN).ok();
            Arc::new(written.and_then(Written::suite).expect("the shipped policy is read in a test"))
        });
        Arc::clone(&SUITE)
    }

    /// What is too weak at this moment in a signature made with these digests, this algorithm and
    /// this key: what never was good enough before what no longer is. None when all is good enough.
    pub fn weakness<T: HasPublic>(
        &self,
        digests: &[DigestAlgorithm],
        algorithm: Option<SignatureAlgorithm>,
        key: &PKeyRef<T>,
        at: Timestamp,
    ) -> Option<Weakness> {
        let mask = match algorithm {
            Some(SignatureAlgorithm::RsaPss { mask, .. }) => Some(mask),
            _ => None,
        };
        let signed_with = algorithm.and_then(SignatureAlgorithm::digest);
        let digests = digests.iter().copied().chain(signed_with).chain(mask);
        let digests = digests.map(|digest| (Cow::Borrowed(digest.name()), find(&self.digests, digest)));
        let scheme = algorithm.map(|algorithm| self.scheme(algorithm));
        let parts = scheme.into_iter().chain(digests).chain([self.key(key)]);
        let weak = parts.filter_map(|(what, term)| match term {
            None => Some(Weakness { what: what.into_owned(), until: None }),
            Some(Some(day)) if Offset::UTC.to_datetime(at).date() >= day => {
                Some(Weakness { what: what.into_owned(), until: Some(day) })
            }
            Some(_) => None,
        });
        weak.min_by_key(|weak| weak.until) // None sorts first, and of equals the first is taken
    }

    fn scheme(&self, algorithm: SignatureAlgorithm) -> Judged {
        let scheme = match algorithm {
            SignatureAlgorithm::RsaPkcs1(_) => Scheme::RsaPkcs1,
            SignatureAlgorithm::RsaPss { .. } => Scheme::RsaPss,
            SignatureAlgorithm::Ecdsa(_) => Scheme::Ecdsa,
            SignatureAlgorithm::Ed25519 => Scheme::Ed25519,
            SignatureAlgorithm::Ed448 => Scheme::Ed448,
            SignatureAlgorithm::Dsa(_) => return ("DSA".into(), None),
        };
        let name = SCHEMES.iter().find(|(_, known)| *known == scheme).map_or("?", |(name, _)| name);
        (name.into(), find(&self.schemes, scheme))
    }

    fn key<T: HasPublic>(&self, key: &PKeyRef<T>) -> Judged {
        match key.id() {
            Id::RSA | Id::RSA_PSS => {
                let fits = self.rsa.iter().filter(|term| term.what <= key.bits());
                let term = fits.max_by_key(|term| term.what).map(|term| term.until);
                (format!("RSA {}", key.bits()).into(), term)
            }
            Id::EC => match value::curve(key) {
                Some(curve) => {
                    let name = CURVES.iter().find(|(_, known)| *known == curve).map(|(name, _)| *name);
                    let name = name.or_else(|| curve.short_name().ok()).unwrap_or("EC");
                    (name.into(), find(&self.curves, curve))
                }
                None => ("an unnamed elliptic curve".into(), None),
            },
            // one size each: the scheme says it all
            Id::ED25519 => ("Ed25519".into(), find(&self.schemes, Scheme::Ed25519)),
            Id::ED448 => ("Ed448".into(), find(&self.schemes, Scheme::Ed448)),
            Id::DSA => ("DSA".into(), None),
            _ => ("a key of an unknown kind".into(), None),
        }
    }
}

/// A name for people, and until when it is good enough: none when it never was.
type Judged = (Cow<'static, str>, Option<Option<Date>>);

fn find<T: PartialEq>(terms: &[Term<T>], what: T) -> Option<Option<Date>> {
    terms.iter().find(|term| term.what == what).map(|term| term.until)
}

/// The built-in file as it is written; files of others are read with all their mistakes elsewhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    version: String,
    digests: Vec<Named>,
    signatures: Vec<Named>,
    rsa: Vec<OfSize>,
    curves: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    until: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfSize {
    bits: u32,
    until: Option<Date>,
}

impl Written {
    fn suite(self) -> Option<Suite> {
        Some(Suite {
            name: self.name,
            version: self.version,
            digests: terms(self.digests, &DIGESTS)?,
            schemes: terms(self.signatures, &SCHEMES)?,
            rsa: self.rsa.into_iter().map(|row| Term { what: row.bits, until: row.until }).collect(),
            curves: terms(self.curves, &CURVES)?,
        })
    }
}

fn terms<T: Copy>(rows: Vec<Named>, known: &[(&str, T)]) -> Option<Vec<Term<T>>> {
    let term = |row: Named| {
        let what = known.iter().find(|(name, _)| *name == row.name)?.1;
        Some(Term { what, until: row.until })
    };
    rows.into_iter().map(term).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::pkey::{PKey, Private};
    use openssl::rsa::Rsa;

    fn rsa(bits: u32) -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
    }

    fn ec(curve: Nid) -> PKey<Private> {
        PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
    }

    fn weak(algorithm: SignatureAlgorithm, key: &PKey<Private>, at: &str) -> Option<(String, Option<String>)> {
        let found = Suite::built_in().weakness(&[DigestAlgorithm::Sha256], Some(algorithm), key, at.parse().unwrap());
        found.map(|weak| (weak.what, weak.until.map(|day| day.to_string())))
    }

    #[test]
    fn every_algorithm_has_its_end_and_the_moment_decides() {
        use DigestAlgorithm::{Sha1, Sha3_512, Sha256};
        use SignatureAlgorithm::{Dsa, Ecdsa, Ed25519, RsaPkcs1};
        const BEFORE: &str = "2028-12-31T23:59:59Z";
        const AFTER: &str = "2029-01-01T00:00:00Z";
        let ended = |what: &str| Some((what.to_owned(), Some("2029-01-01".to_owned())));
        let never = |what: &str| Some((what.to_owned(), None));
        let (small, usual, large) = (rsa(1024), rsa(2048), rsa(3072));
        let (p256, edwards) = (ec(Nid::X9_62_PRIME256V1), PKey::generate_ed25519().unwrap());
        let pss = SignatureAlgorithm::pss(Sha256);
        for (algorithm, key, before, after) in [
            (Ecdsa(Sha256), &p256, None, None),
            (Ecdsa(Sha3_512), &p256, None, None),
            (pss, &large, None, None),
            (pss, &usual, None, ended("RSA 2048")),
            (RsaPkcs1(Sha256), &large, None, ended("RSASSA-PKCS1-v1_5")),
            (Ed25519, &edwards, None, ended("Ed25519")),
            (pss, &small, never("RSA 1024"), never("RSA 1024")),
            // what never was good enough is told before what no longer is
            (RsaPkcs1(Sha1), &usual, never("SHA-1"), never("SHA-1")),
            (
                SignatureAlgorithm::RsaPss { digest: Sha256, mask: Sha1, salt: 20 },
                &large,
                never("SHA-1"),
                never("SHA-1"),
            ),
            (Dsa(Sha256), &p256, never("DSA"), never("DSA")),
            (Ecdsa(Sha256), &ec(Nid::BRAINPOOL_P256R1), None, None),
            (Ecdsa(Sha256), &ec(Nid::SECP256K1), never("secp256k1"), never("secp256k1")),
        ] {
            assert_eq!(weak(algorithm, key, BEFORE), before, "{algorithm} before");
            assert_eq!(weak(algorithm, key, AFTER), after, "{algorithm} after");
        }
    }

    #[test]
    fn every_digest_has_the_name_that_findings_use() {
        for (name, digest) in DIGESTS {
            assert_eq!(digest.name(), name);
        }
    }
}
