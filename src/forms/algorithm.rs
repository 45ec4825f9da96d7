//! Algorithms by their names: XML Signature's URIs and CMS's object identifiers.
//!
//! Knows every algorithm that may stand in a signature, the weak ones too, so that they can be
//! told by name. Whether one is still good enough is policy, not form.

use super::der::{self, DerFault, Element, Reader, tag};
use crate::document::Digest;
use openssl::hash::{Hasher, MessageDigest};
use openssl::md::{Md, MdRef};
use std::fmt;
use std::sync::{LazyLock, OnceLock};

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
    /// EdDSA on Curve25519, over the octets themselves.
    Ed25519,
    /// EdDSA on Curve448, over the octets themselves.
    Ed448,
}

use DigestAlgorithm::*;

/// One row a digest: algorithm, name, octets, URI (RFC 9231 2.1), OID.
const DIGESTS: [(DigestAlgorithm, &str, usize, &str, &str); 11] = [
    (Md5, "MD5", 16, "http://www.w3.org/2001/04/xmldsig-more#md5", "1.2.840.113549.2.5"),
    (Sha1, "SHA-1", 20, "http://www.w3.org/2000/09/xmldsig#sha1", "1.3.14.3.2.26"),
    (Sha224, "SHA-224", 28, "http://www.w3.org/2001/04/xmldsig-more#sha224", "2.16.840.1.101.3.4.2.4"),
    (Sha256, "SHA-256", 32, "http://www.w3.org/2001/04/xmlenc#sha256", "2.16.840.1.101.3.4.2.1"),
    (Sha384, "SHA-384", 48, "http://www.w3.org/2001/04/xmldsig-more#sha384", "2.16.840.1.101.3.4.2.2"),
    (Sha512, "SHA-512", 64, "http://www.w3.org/2001/04/xmlenc#sha512", "2.16.840.1.101.3.4.2.3"),
    (Sha3_224, "SHA3-224", 28, "http://www.w3.org/2007/05/xmldsig-more#sha3-224", "2.16.840.1.101.3.4.2.7"),
    (Sha3_256, "SHA3-256", 32, "http://www.w3.org/2007/05/xmldsig-more#sha3-256", "2.16.840.1.101.3.4.2.8"),
    (Sha3_384, "SHA3-384", 48, "http://www.w3.org/2007/05/xmldsig-more#sha3-384", "2.16.840.1.101.3.4.2.9"),
    (Sha3_512, "SHA3-512", 64, "http://www.w3.org/2007/05/xmldsig-more#sha3-512", "2.16.840.1.101.3.4.2.10"),
    (Ripemd160, "RIPEMD-160", 20, "http://www.w3.org/2001/04/xmlenc#ripemd160", "1.3.36.3.2.1"),
];

impl DigestAlgorithm {
    fn row(self) -> &'static (Self, &'static str, usize, &'static str, &'static str) {
        // the table has a row for every variant, in their order (held by a test)
        &DIGESTS[self as usize]
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Whether two contents with one digest can be made, or soon (MD5, SHA-1, RIPEMD-160): good for old
    /// files alone.
    pub fn is_broken(self) -> bool {
        matches!(self, Self::Md5 | Self::Sha1 | Self::Ripemd160)
    }

    /// Length of its digests in octets.
    pub fn size(self) -> usize {
        self.row().2
    }

    /// Its URI in XML Signature.
    pub fn uri(self) -> &'static str {
        self.row().3
    }

    /// Its dotted object identifier.
    pub fn oid(self) -> &'static str {
        self.row().4
    }

    /// The algorithm of this URI.
    pub fn from_uri(uri: &str) -> Option<Self> {
        DIGESTS.iter().find(|row| row.3 == uri).map(|row| row.0)
    }

    /// The algorithm of this dotted object identifier.
    pub fn from_oid(oid: &str) -> Option<Self> {
        DIGESTS.iter().find(|row| row.4 == oid).map(|row| row.0)
    }

    /// A digest under way; none when the OpenSSL at hand lacks the algorithm.
    pub fn hasher(self) -> Option<Hasher> {
        Hasher::new(self.message_digest()).ok()
    }

    /// The digest of these octets; none when the OpenSSL at hand lacks the algorithm.
    pub fn digest(self, octets: &[u8]) -> Option<Vec<u8>> {
        if self == Sha256 {
            return Some(Digest::of(octets).as_bytes().to_vec()); // the usual one, without a look-up
        }
        let mut hasher = self.hasher()?;
        hasher.update(octets).ok()?;
        hasher.finish().ok().map(|digest| digest.to_vec())
    }

    /// OpenSSL's name for it, whether or not it can be used.
    pub fn message_digest(self) -> MessageDigest {
        match self {
            Md5 => MessageDigest::md5(),
            Sha1 => MessageDigest::sha1(),
            Sha224 => MessageDigest::sha224(),
            Sha256 => MessageDigest::sha256(),
            Sha384 => MessageDigest::sha384(),
            Sha512 => MessageDigest::sha512(),
            Sha3_224 => MessageDigest::sha3_224(),
            Sha3_256 => MessageDigest::sha3_256(),
            Sha3_384 => MessageDigest::sha3_384(),
            Sha3_512 => MessageDigest::sha3_512(),
            Ripemd160 => MessageDigest::ripemd160(),
        }
    }

    /// The same, as key contexts want it.
    pub(crate) fn md(self) -> Option<&'static MdRef> {
        // One that was fetched once is not looked up again at every signature.
        static FETCHED: OnceLock<Option<Md>> = OnceLock::new();
        if self == Sha256
            && let Some(md) = FETCHED.get_or_init(|| Md::fetch(None, "SHA2-256", None).ok())
        {
            return Some(md);
        }
        Md::from_nid(self.message_digest().type_())
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const DSIG11: &str = "http://www.w3.org/2009/xmldsig11#";
const MORE2001: &str = "http://www.w3.org/2001/04/xmldsig-more#";
const MORE2007: &str = "http://www.w3.org/2007/05/xmldsig-more#";
const MORE2021: &str = "http://www.w3.org/2021/04/xmldsig-more#";

/// RSASSA-PSS with its parameters beside it (RFC 9231 2.3.9): the caller reads `RSAPSSParams`.
pub const RSA_PSS_URI: &str = "http://www.w3.org/2007/05/xmldsig-more#rsa-pss";

/// Every signature algorithm that has a URI without parameters.
static URIS: LazyLock<Vec<(SignatureAlgorithm, String)>> = LazyLock::new(|| SignatureAlgorithm::with_uri().collect());

impl SignatureAlgorithm {
    /// RSASSA-PSS as it is meant when nothing else is said: one digest, a salt of its length.
    pub fn pss(digest: DigestAlgorithm) -> Self {
        Self::RsaPss { digest, mask: digest, salt: digest.size() as u32 }
    }

    /// All that have a URI without parameters (XML Signature 1.1 section 6.4, RFC 9231 2.3).
    fn with_uri() -> impl Iterator<Item = (Self, String)> {
        let slug = |digest: DigestAlgorithm| match digest {
            Ripemd160 => "ripemd160".to_owned(),
            Sha3_224 | Sha3_256 | Sha3_384 | Sha3_512 => digest.name().to_lowercase(),
            _ => digest.name().to_lowercase().replace('-', ""),
        };
        let each = DIGESTS.iter().flat_map(move |row| {
            let (digest, slug) = (row.0, slug(row.0));
            let sha3 = matches!(digest, Sha3_224 | Sha3_256 | Sha3_384 | Sha3_512);
            let mut all = vec![(Self::pss(digest), format!("{MORE2007}{slug}-rsa-MGF1"))];
            if !sha3 {
                let rsa = if digest == Sha1 { DSIG } else { MORE2001 };
                all.push((Self::RsaPkcs1(digest), format!("{rsa}rsa-{slug}")));
            }
            match digest {
                Md5 => {}
                Ripemd160 => all.push((Self::Ecdsa(digest), format!("{MORE2007}ecdsa-{slug}"))),
                _ if sha3 => all.push((Self::Ecdsa(digest), format!("{MORE2021}ecdsa-{slug}"))),
                _ => all.push((Self::Ecdsa(digest), format!("{MORE2001}ecdsa-{slug}"))),
            }
            all
        });
        each.chain([
            (Self::Dsa(Sha1), format!("{DSIG}dsa-sha1")),
            (Self::Dsa(Sha256), format!("{DSIG11}dsa-sha256")),
            (Self::Ed25519, format!("{MORE2021}eddsa-ed25519")),
            (Self::Ed448, format!("{MORE2021}eddsa-ed448")),
        ])
    }

    /// The algorithm of this URI; none for what is unknown and for [`RSA_PSS_URI`], whose
    /// parameters stand beside it.
    pub fn from_uri(uri: &str) -> Option<Self> {
        URIS.iter().find(|(_, known)| known == uri).map(|(algorithm, _)| *algorithm)
    }

    /// Its URI; [`RSA_PSS_URI`] when it needs parameters, none when XML Signature has no name for it.
    pub fn uri(self) -> Option<String> {
        let known = URIS.iter().find(|(algorithm, _)| *algorithm == self).map(|(_, uri)| uri.clone());
        known.or_else(|| matches!(self, Self::RsaPss { .. }).then(|| RSA_PSS_URI.to_owned()))
    }

    /// The digest it is used with; none where it takes the octets themselves.
    pub fn digest(self) -> Option<DigestAlgorithm> {
        match self {
            Self::RsaPkcs1(digest) | Self::RsaPss { digest, .. } | Self::Ecdsa(digest) | Self::Dsa(digest) => {
                Some(digest)
            }
            Self::Ed25519 | Self::Ed448 => None,
        }
    }

    /// The algorithm of a CMS AlgorithmIdentifier (its OID and parameters); `digest` is that of the
    /// SignerInfo, for the OIDs that name the key alone (RFC 3370 3.2). None when it is unknown.
    ///
    /// # Errors
    /// Parameters that do not belong to the algorithm.
    pub fn from_cms(
        oid: &str,
        parameters: Option<Element<'_>>,
        digest: DigestAlgorithm,
    ) -> Result<Option<Self>, DerFault> {
        let found = match oid {
            "1.2.840.113549.1.1.10" => return pss_parameters(parameters).map(Some), // RFC 4056
            "1.2.840.113549.1.1.1" => Self::RsaPkcs1(digest),
            "1.2.840.10045.2.1" => Self::Ecdsa(digest),
            "1.2.840.10040.4.1" => Self::Dsa(digest),
            "1.3.14.3.2.29" => Self::RsaPkcs1(Sha1),
            _ => match CMS.iter().find(|row| row.1 == oid) {
                Some(row) => row.0,
                None => return Ok(None),
            },
        };
        // RFC 3370 3.2: NULL with RSA; absent with the others (RFC 5754 3.3, RFC 8419 2.1). OpenSSL
        // and others mix them up, and neither form can carry anything.
        let null = parameters.is_none_or(|element| element.tag == tag::NULL && element.content.is_empty());
        let curve = oid == "1.2.840.10045.2.1" && parameters.is_some_and(|element| element.tag == tag::OID);
        if null || curve { Ok(Some(found)) } else { Err(DerFault("the signature algorithm has odd parameters")) }
    }

    /// Its CMS AlgorithmIdentifier in DER; none when CMS has no name for it.
    pub fn to_cms(self) -> Option<Vec<u8>> {
        let identifier =
            |oid: &str, parameters: &[u8]| Some(der::element(tag::SEQUENCE, &[&der::oid(oid)?, parameters]));
        const NULL: [u8; 2] = [tag::NULL, 0];
        if let Self::RsaPss { digest, mask, salt } = self {
            let hash = identifier(digest.oid(), &NULL)?;
            let mask = identifier("1.2.840.113549.1.1.8", &identifier(mask.oid(), &NULL)?)?;
            let octets = salt.to_be_bytes();
            let salt = [&[0], octets.as_slice()].concat();
            let zeros = salt.windows(2).take_while(|pair| pair[0] == 0 && pair[1] & 0x80 == 0).count();
            let salt = der::element(tag::INTEGER, &[&salt[zeros..]]);
            let parameters = [
                der::element(tag::context(0), &[&hash]),
                der::element(tag::context(1), &[&mask]),
                der::element(tag::context(2), &[&salt]),
            ];
            return identifier("1.2.840.113549.1.1.10", &der::element(tag::SEQUENCE, &[&parameters.concat()]));
        }
        let row = CMS.iter().find(|row| row.0 == self)?;
        identifier(row.1, if matches!(self, Self::RsaPkcs1(_)) { &NULL } else { &[] })
    }
}

/// Signature algorithms whose OID names the digest too (RFC 3370, 5754, 8419, 8692, 9688).
const CMS: [(SignatureAlgorithm, &str); 26] = [
    (SignatureAlgorithm::RsaPkcs1(Md5), "1.2.840.113549.1.1.4"),
    (SignatureAlgorithm::RsaPkcs1(Sha1), "1.2.840.113549.1.1.5"),
    (SignatureAlgorithm::RsaPkcs1(Sha224), "1.2.840.113549.1.1.14"),
    (SignatureAlgorithm::RsaPkcs1(Sha256), "1.2.840.113549.1.1.11"),
    (SignatureAlgorithm::RsaPkcs1(Sha384), "1.2.840.113549.1.1.12"),
    (SignatureAlgorithm::RsaPkcs1(Sha512), "1.2.840.113549.1.1.13"),
    (SignatureAlgorithm::RsaPkcs1(Sha3_224), "2.16.840.1.101.3.4.3.13"),
    (SignatureAlgorithm::RsaPkcs1(Sha3_256), "2.16.840.1.101.3.4.3.14"),
    (SignatureAlgorithm::RsaPkcs1(Sha3_384), "2.16.840.1.101.3.4.3.15"),
    (SignatureAlgorithm::RsaPkcs1(Sha3_512), "2.16.840.1.101.3.4.3.16"),
    (SignatureAlgorithm::RsaPkcs1(Ripemd160), "1.3.36.3.3.1.2"),
    (SignatureAlgorithm::Ecdsa(Sha1), "1.2.840.10045.4.1"),
    (SignatureAlgorithm::Ecdsa(Sha224), "1.2.840.10045.4.3.1"),
    (SignatureAlgorithm::Ecdsa(Sha256), "1.2.840.10045.4.3.2"),
    (SignatureAlgorithm::Ecdsa(Sha384), "1.2.840.10045.4.3.3"),
    (SignatureAlgorithm::Ecdsa(Sha512), "1.2.840.10045.4.3.4"),
    (SignatureAlgorithm::Ecdsa(Sha3_224), "2.16.840.1.101.3.4.3.9"),
    (SignatureAlgorithm::Ecdsa(Sha3_256), "2.16.840.1.101.3.4.3.10"),
    (SignatureAlgorithm::Ecdsa(Sha3_384), "2.16.840.1.101.3.4.3.11"),
    (SignatureAlgorithm::Ecdsa(Sha3_512), "2.16.840.1.101.3.4.3.12"),
    (SignatureAlgorithm::Dsa(Sha1), "1.2.840.10040.4.3"),
    (SignatureAlgorithm::Dsa(Sha224), "2.16.840.1.101.3.4.3.1"),
    (SignatureAlgorithm::Dsa(Sha256), "2.16.840.1.101.3.4.3.2"),
    (SignatureAlgorithm::Dsa(Sha384), "2.16.840.1.101.3.4.3.3"),
    (SignatureAlgorithm::Ed25519, "1.3.101.112"),
    (SignatureAlgorithm::Ed448, "1.3.101.113"),
];

/// RSASSA-PSS-params (RFC 4055 3.1), with its defaults from the time of SHA-1.
fn pss_parameters(parameters: Option<Element<'_>>) -> Result<SignatureAlgorithm, DerFault> {
    const ODD: DerFault = DerFault("the RSASSA-PSS parameters are malformed");
    let element = parameters.filter(|element| element.tag == tag::SEQUENCE).ok_or(ODD)?;
    let mut fields = element.reader();
    let (mut digest, mut mask, mut salt) = (Sha1, Sha1, 20);
    if let Some(field) = fields.optional(tag::context(0))? {
        digest = digest_identifier(Reader::only(field.content)?)?.ok_or(ODD)?;
    }
    if let Some(field) = fields.optional(tag::context(1))? {
        let mut generator = sequence(Reader::only(field.content)?, ODD)?;
        if generator.any()?.oid()? != "1.2.840.113549.1.1.8" {
            return Err(ODD);
        }
        mask = digest_identifier(generator.any()?)?.ok_or(ODD)?;
        generator.finish()?;
    }
    if let Some(field) = fields.optional(tag::context(2))? {
        salt = Reader::only(field.content)?.small()?;
    }
    if let Some(field) = fields.optional(tag::context(3))? {
        (Reader::only(field.content)?.small()? == 1).then_some(()).ok_or(ODD)?; // trailerFieldBC is the only one
    }
    fields.finish()?;
    Ok(SignatureAlgorithm::RsaPss { digest, mask, salt })
}

fn sequence(element: Element<'_>, fault: DerFault) -> Result<Reader<'_>, DerFault> {
    if element.tag == tag::SEQUENCE { Ok(element.reader()) } else { Err(fault) }
}

/// A digest AlgorithmIdentifier: parameters absent or NULL (RFC 5754 2). None when it is unknown.
///
/// # Errors
/// What is no such identifier.
pub fn digest_identifier(element: Element<'_>) -> Result<Option<DigestAlgorithm>, DerFault> {
    const ODD: DerFault = DerFault("a digest algorithm is malformed");
    let mut fields = sequence(element, ODD)?;
    let oid = fields.any()?.oid()?;
    if let Some(null) = fields.optional(tag::NULL)? {
        null.content.is_empty().then_some(()).ok_or(ODD)?;
    }
    let known = DigestAlgorithm::from_oid(&oid);
    if known.is_some() {
        fields.finish()?;
    }
    Ok(known)
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPkcs1(digest) => write!(f, "RSA with {digest}"),
            Self::RsaPss { digest, .. } => write!(f, "RSASSA-PSS with {digest}"),
            Self::Ecdsa(digest) => write!(f, "ECDSA with {digest}"),
            Self::Dsa(digest) => write!(f, "DSA with {digest}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_every_digest() {
        for (index, row) in DIGESTS.iter().enumerate() {
            assert_eq!(row.0 as usize, index);
            assert_eq!(DigestAlgorithm::from_uri(row.3), Some(row.0));
            assert_eq!(DigestAlgorithm::from_oid(row.4), Some(row.0));
            if let Some(digest) = row.0.digest(b"") {
                assert_eq!(digest.len(), row.2, "{}", row.1);
            }
        }
    }

    #[test]
    fn names_of_the_standards_are_read() {
        use SignatureAlgorithm::*;
        for (uri, algorithm) in [
            ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", RsaPkcs1(Sha1)),
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", RsaPkcs1(Sha512)),
            ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", Ecdsa(Sha256)),
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160", RsaPkcs1(Ripemd160)),
            ("http://www.w3.org/2007/05/xmldsig-more#ecdsa-ripemd160", Ecdsa(Ripemd160)),
            ("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", SignatureAlgorithm::pss(Sha256)),
            ("http://www.w3.org/2007/05/xmldsig-more#sha3-512-rsa-MGF1", SignatureAlgorithm::pss(Sha3_512)),
            ("http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-256", Ecdsa(Sha3_256)),
            ("http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", Ed25519),
            ("http://www.w3.org/2009/xmldsig11#dsa-sha256", Dsa(Sha256)),
        ] {
            assert_eq!(SignatureAlgorithm::from_uri(uri), Some(algorithm), "{uri}");
            assert_eq!(algorithm.uri().as_deref(), Some(uri));
        }
        assert_eq!(SignatureAlgorithm::from_uri(RSA_PSS_URI), None);
    }

    #[test]
    fn cms_identifiers_come_back_as_they_went() {
        let pss = SignatureAlgorithm::RsaPss { digest: Sha384, mask: Sha256, salt: 200 };
        for algorithm in CMS.iter().map(|row| row.0).chain([pss, SignatureAlgorithm::pss(Sha256)]) {
            let der = algorithm.to_cms().unwrap();
            let mut fields = Reader::only(&der).unwrap().reader();
            let oid = fields.any().unwrap().oid().unwrap();
            let parameters = (!fields.is_empty()).then(|| fields.any().unwrap());
            assert_eq!(SignatureAlgorithm::from_cms(&oid, parameters, Md5), Ok(Some(algorithm)));
        }
    }
}
