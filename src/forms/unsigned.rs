//! The unsigned attributes of CMS (RFC 5652 5.3), as written: time-stamps, validation data, and the hash index of
//! an archive time-stamp (EN 319 122-1 5.3 to 5.5).
//!
//! Nobody signed them, so nothing here can be wrong: what cannot be read is as good as not there. Never decides
//! whether to believe any of it.

use super::algorithm::{DigestAlgorithm, digest_identifier};
use super::cms::{ATTRIBUTES_MAX, SIGNATURE_TIME_STAMP, sequence};
use super::der::{DerFault, Element, Reader, tag};

/// archive-time-stamp-v3 (EN 319 122-1 5.5.3).
const ARCHIVE_TIME_STAMP_V3: &str = "0.4.0.1733.2.4";
/// The older forms of it (TS 101 733 6.4.1).
const OLD_ARCHIVE_TIME_STAMPS: [&str; 2] = ["1.2.840.113549.1.9.16.2.48", "1.2.840.113549.1.9.16.2.27"];
/// CAdES-C-timestamp and time-stamped-certs-crls-references (EN 319 122-1 A.1.5).
const REFERENCE_TIME_STAMPS: [&str; 2] = ["1.2.840.113549.1.9.16.2.25", "1.2.840.113549.1.9.16.2.26"];
/// ats-hash-index of TS 101 733, and ats-hash-index-v3 (EN 319 122-1 5.5.2).
const HASH_INDEX: &str = "0.4.0.1733.2.5";
const HASH_INDEX_V3: &str = "0.4.0.19122.1.5";
/// countersignature (RFC 5652 11.4).
const COUNTER_SIGNATURE: &str = "1.2.840.113549.1.9.6";
/// certificate-values and revocation-values (TS 101 733 6.3.3 and 6.3.4).
const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";
const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";

/// Values of one unsigned attribute, and items of validation data, that are kept: a few are usual.
const VALUES_MAX: usize = 32;
/// Hashes in one hash index: more than a signature has parts.
const HASHES_MAX: usize = 512;

/// What unsigned attributes bring along.
#[derive(Debug, Default)]
pub struct UnsignedAttributes<'a> {
    /// Time-stamp tokens, in their order.
    pub stamps: Vec<Stamped<'a>>,
    /// Every attribute.
    pub all: Vec<Attribute<'a>>,
    /// Certificates, as DER.
    pub certificates: Vec<&'a [u8]>,
    /// Revocation lists, as DER.
    pub revocation_lists: Vec<&'a [u8]>,
    /// Basic OCSP responses, as DER.
    pub responses: Vec<&'a [u8]>,
    /// Of an archive time-stamp's own signer: what that is over.
    pub hash_index: Option<HashIndex<'a>>,
    /// How many counter-signatures there are (RFC 5652 11.4).
    pub countersignatures: usize,
}

/// A time-stamp among the unsigned attributes.
#[derive(Clone, Copy, Debug)]
pub struct Stamped<'a> {
    /// What it is over.
    pub kind: StampKind,
    /// The token, as DER.
    pub token: &'a [u8],
}

/// What a time-stamp among the unsigned attributes is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampKind {
    /// The signature value.
    Signature,
    /// The signature and references to validation data, or those alone.
    References,
    /// What its hash index lists.
    ArchiveV3,
    /// All that there is, in one of the forms of old.
    OldArchive,
}

/// One unsigned attribute.
#[derive(Debug)]
pub struct Attribute<'a> {
    /// All of it.
    pub raw: &'a [u8],
    /// Its OID, as DER.
    pub kind: &'a [u8],
    /// Its values.
    pub values: Vec<&'a [u8]>,
}

/// ATSHashIndex and ATSHashIndexV3: digests of all that an archive time-stamp is over beside the signature.
#[derive(Debug)]
pub struct HashIndex<'a> {
    /// All of it, as DER: the time-stamp is over it.
    pub raw: &'a [u8],
    /// Whether an attribute is hashed value by value, as in version 3, or whole.
    pub by_value: bool,
    /// The algorithm; the dotted OID of one that is unknown.
    pub algorithm: Result<DigestAlgorithm, String>,
    /// Of certificates.
    pub certificates: Vec<&'a [u8]>,
    /// Of revocation data.
    pub revocation: Vec<&'a [u8]>,
    /// Of unsigned attributes.
    pub attributes: Vec<&'a [u8]>,
}

impl<'a> UnsignedAttributes<'a> {
    /// Reads what is understood.
    pub(super) fn read(set: Element<'a>) -> Self {
        let (mut found, mut attributes) = (Self::default(), set.reader());
        for _ in 0..ATTRIBUTES_MAX {
            let Ok(attribute) = attributes.take(tag::SEQUENCE, "") else { break };
            let mut fields = attribute.reader();
            let Some((kind, set)) = fields.any().ok().zip(fields.take(tag::SET, "").ok()) else { continue };
            let Ok(oid) = kind.oid() else { continue };
            let (mut values, mut reader) = (Vec::new(), set.reader());
            for _ in 0..VALUES_MAX {
                let Ok(value) = reader.any() else { break };
                values.push(value.raw);
                found.value(&oid, value);
            }
            found.all.push(Attribute { raw: attribute.raw, kind: kind.raw, values });
        }
        found
    }

    fn value(&mut self, oid: &str, value: Element<'a>) {
        let kind = match oid {
            SIGNATURE_TIME_STAMP => StampKind::Signature,
            ARCHIVE_TIME_STAMP_V3 => StampKind::ArchiveV3,
            oid if OLD_ARCHIVE_TIME_STAMPS.contains(&oid) => StampKind::OldArchive,
            oid if REFERENCE_TIME_STAMPS.contains(&oid) => StampKind::References,
            CERTIFICATE_VALUES => return self.certificate_values(value).unwrap_or_default(),
            REVOCATION_VALUES => return self.revocation_values(value).unwrap_or_default(),
            HASH_INDEX => return self.hash_index = HashIndex::read(value, false).ok(),
            HASH_INDEX_V3 => return self.hash_index = HashIndex::read(value, true).ok(),
            COUNTER_SIGNATURE => return self.countersignatures += 1,
            _ => return,
        };
        self.stamps.push(Stamped { kind, token: value.raw });
    }

    /// CertificateValues: a sequence of certificates.
    fn certificate_values(&mut self, value: Element<'a>) -> Result<(), DerFault> {
        let mut list = sequence(value, "certificate values are malformed")?;
        for _ in 0..VALUES_MAX {
            if list.is_empty() {
                break;
            }
            self.certificates.push(list.any()?.raw);
        }
        Ok(())
    }

    /// RevocationValues: revocation lists in [0], basic OCSP responses in [1].
    fn revocation_values(&mut self, value: Element<'a>) -> Result<(), DerFault> {
        let mut fields = value.reader();
        for (number, found) in [(0, &mut self.revocation_lists), (1, &mut self.responses)] {
            if let Some(list) = fields.optional(tag::context(number))? {
                let mut list = sequence(Reader::only(list.content)?, "revocation values are malformed")?;
                for _ in 0..VALUES_MAX {
                    if list.is_empty() {
                        break;
                    }
                    found.push(list.any()?.raw);
                }
            }
        }
        Ok(())
    }
}

impl<'a> HashIndex<'a> {
    fn read(value: Element<'a>, by_value: bool) -> Result<Self, DerFault> {
        const ODD: &str = "a hash index is malformed";
        let mut fields = sequence(value, ODD)?;
        // an algorithm begins with its OID, a list of hashes with a hash; in version 3 the algorithm is always there
        let mut ahead = fields.clone();
        let is_named = by_value || ahead.any()?.reader().peek() == Some(tag::OID);
        let algorithm = match is_named {
            true => {
                let named = fields.take(tag::SEQUENCE, ODD)?;
                match digest_identifier(named)? {
                    Some(known) => Ok(known),
                    None => Err(named.reader().any()?.oid()?),
                }
            }
            false => Ok(DigestAlgorithm::Sha256),
        };
        let mut lists = [Vec::new(), Vec::new(), Vec::new()];
        for list in &mut lists {
            let mut hashes = fields.take(tag::SEQUENCE, ODD)?.reader();
            while !hashes.is_empty() {
                if list.len() == HASHES_MAX {
                    return Err(DerFault(ODD));
                }
                list.push(hashes.take(tag::OCTET_STRING, ODD)?.content);
            }
        }
        fields.finish()?;
        let [certificates, revocation, attributes] = lists;
        Ok(Self { raw: value.raw, by_value, algorithm, certificates, revocation, attributes })
    }
}
