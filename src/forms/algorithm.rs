//! Algorithms by their names: XML Signature's URIs and CMS's object identifiers.
//!
//! Knows every algorithm that may stand in a signature, the weak ones too, so that they can be
//! told by name. Whether one is still good enough is policy, not form.

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DigestAlgorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Ripemd160,
}

/// A signature algorithm, with the digest it is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS: digest, mask digest, salt length in octets.
    RsaPss {
        /// Digest of the message.
        digest: DigestAlgorithm,
        /// Digest inside MGF1.
        mask: DigestAlgorithm,
        /// Salt length in octets.
        salt: u32,
    },
    /// ECDSA on the named curve of the key.
    Ecdsa(DigestAlgorithm),
    /// DSA: recognised, never believed.
    Dsa(DigestAlgorithm),
    /// Ed25519 or Ed448.
    EdDsa,
}
