//! X.509 certificates as a form: subject, attributes, validity, usages, key.
//!
//! Reads a certificate once (RFC 5280) and keeps what was read beside its octets. Never decides
//! whether to believe it; that is `trust`'s.

mod policies;

pub use policies::{ANY_POLICY, Policies};

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::der::{DerFault, Element, Reader, tag};
use super::pem;
use crate::document::Digest;
use jiff::Timestamp;
use openssl::pkey::{PKey, Public};
use openssl::x509::{X509, X509Ref};
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// The certificate policy that marks a PKI made for trials, whose private keys anybody may hold.
/// An OID of the project's own, from the UUID arc (ITU-T X.667): a272de70-51f0-4631-8a55-c85f454a1667.
pub const TRIAL_POLICY_OID: &str = "2.25.215931368752874313500257962830988973671";

/// A certificate, parsed once; its DER is kept as it came. Copies share one parse.
#[derive(Clone)]
pub struct Certificate(Arc<Parsed>);

struct Parsed {
    der: Vec<u8>,
    sha256: Digest,
    x509: X509,
    key: PKey<Public>,
    serial: Vec<u8>,
    serial_decimal: String,
    issuer_der: Vec<u8>,
    subject_der: Vec<u8>,
    key_octets: Vec<u8>,
    issuer: String,
    subject: String,
    authority: String,
    attributes: Vec<(String, Option<String>)>,
    not_before: Timestamp,
    not_after: Timestamp,
    extensions: Extensions,
}

#[derive(Default)]
struct Extensions {
    basic_constraints: Option<(bool, Option<u32>)>,
    key_usage: Option<KeyUsage>,
    extended_key_usage: Option<Vec<String>>,
    extended_key_usage_critical: bool,
    is_unchecked: bool,
    policies: Policies,
    subject_key_identifier: Option<Vec<u8>>,
    distribution_points: Vec<u8>,
}

/// The bits of the key usage extension (RFC 5280 4.2.1.3), bit 0 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    fn bit(self, bit: u8) -> bool {
        self.0 >> bit & 1 == 1
    }
    /// Bit 0.
    pub fn digital_signature(self) -> bool {
        self.bit(0)
    }
    /// Bit 1, also called content commitment.
    pub fn non_repudiation(self) -> bool {
        self.bit(1)
    }
    /// Bit 5.
    pub fn key_cert_sign(self) -> bool {
        self.bit(5)
    }
    /// Bit 6.
    pub fn crl_sign(self) -> bool {
        self.bit(6)
    }

    /// The names of the bits that are set (RFC 5280 4.2.1.3).
    pub fn names(self) -> Vec<&'static str> {
        const NAMES: [&str; 9] = [
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "cRLSign",
            "encipherOnly",
            "decipherOnly",
        ];
        (0..).zip(NAMES).filter(|(bit, _)| self.bit(*bit)).map(|(_, name)| name).collect()
    }
}

impl Certificate {
    /// Parses DER. Errors: not a certificate, in words.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let not_one = |fault: DerFault| format!("not a certificate: {fault}");
        let x509 = X509::from_der(der).map_err(|_| "not a certificate".to_owned())?;
        let key = x509.public_key().map_err(|_| "the certificate has a key of an unknown kind".to_owned())?;
        let serial_decimal = x509.serial_number().to_bn().and_then(|number| number.to_dec_str());
        let serial_decimal = serial_decimal.map_err(|_| "the serial number is malformed".to_owned())?.to_string();
        let tbs = Reader::only(der).and_then(|whole| whole.reader().take(tag::SEQUENCE, "no TBSCertificate"));
        let parsed = read(tbs.map_err(not_one)?).map_err(not_one)?;
        let (subject, attributes) = name(parsed.subject, &[]).map_err(not_one)?;
        let (issuer, _) = name(parsed.issuer, &[]).map_err(not_one)?;
        let (authority, _) = name(parsed.issuer, &PERSONAL).map_err(not_one)?;
        Ok(Self(Arc::new(Parsed {
            der: der.to_vec(),
            sha256: Digest::of(der),
            x509,
            key,
            serial: parsed.serial.to_vec(),
            serial_decimal,
            issuer_der: parsed.issuer.raw.to_vec(),
            subject_der: parsed.subject.raw.to_vec(),
            key_octets: parsed.key_octets.to_vec(),
            issuer,
            subject,
            authority,
            attributes,
            not_before: parsed.not_before,
            not_after: parsed.not_after,
            extensions: parsed.extensions,
        })))
    }

    /// All certificates of a PEM text, at least one. Errors: none in it, or one is malformed.
    pub fn from_pem(text: &[u8]) -> Result<Vec<Self>, String> {
        match pem::blocks(text, pem::CERTIFICATE)? {
            none if none.is_empty() => Err("there is no CERTIFICATE in it".to_owned()),
            blocks => blocks.iter().map(|der| Self::from_der(der)).collect(),
        }
    }

    /// All certificates of a file that is DER (one) or PEM (one or more). Errors: as above.
    pub fn from_file(octets: &[u8]) -> Result<Vec<Self>, String> {
        pem::der_or_blocks(octets, pem::CERTIFICATE)?.iter().map(|der| Self::from_der(der)).collect()
    }

    /// The octets as they came.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 over the DER: the fingerprint.
    pub fn sha256(&self) -> Digest {
        self.0.sha256
    }

    /// The subject as RFC 4514 text.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The issuer as RFC 4514 text.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The issuer for logs and findings: RFC 4514 text without attributes that hold a person's
    /// number, and none at all of a certificate that issued itself, which may be a person's.
    pub fn authority(&self) -> &str {
        if self.is_self_issued() && !self.is_ca() { "self-signed" } else { &self.0.authority }
    }

    /// The subject name's DER, for comparing.
    pub fn subject_der(&self) -> &[u8] {
        &self.0.subject_der
    }

    /// The public key's octets, without what says of which kind it is: what OCSP digests.
    pub fn key_octets(&self) -> &[u8] {
        &self.0.key_octets
    }

    /// The issuer name's DER, for comparing.
    pub fn issuer_der(&self) -> &[u8] {
        &self.0.issuer_der
    }

    /// The serial number in decimal.
    pub fn serial(&self) -> &str {
        &self.0.serial_decimal
    }

    /// The serial number's contents octets.
    pub fn serial_octets(&self) -> &[u8] {
        &self.0.serial
    }

    /// Values of the subject attribute with this dotted OID, in order. Values of no character type
    /// are left out.
    pub fn subject_attribute(&self, oid: &str) -> Vec<String> {
        let values = self.0.attributes.iter().filter(|(known, _)| known == oid);
        values.filter_map(|(_, value)| value.clone()).collect()
    }

    /// Every attribute of the subject in encoded order: dotted OID, and the value as text where it is
    /// of a character type.
    pub fn subject_attributes(&self) -> &[(String, Option<String>)] {
        &self.0.attributes
    }

    /// The algorithm that it is signed with; none when it has no name here.
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        let mut whole = Reader::only(&self.0.der).ok()?.reader();
        whole.take(tag::SEQUENCE, "no TBSCertificate").ok()?;
        let mut fields = whole.take(tag::SEQUENCE, "no signature algorithm").ok()?.reader();
        let oid = fields.any().ok()?.oid().ok()?;
        let parameters = if fields.is_empty() { None } else { Some(fields.any().ok()?) };
        // the digest is for identifiers that name the key alone, which no certificate has
        SignatureAlgorithm::from_cms(&oid, parameters, DigestAlgorithm::Md5).ok().flatten()
    }

    /// Start of validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// End of validity.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// The public key.
    pub fn public_key(&self) -> &PKey<Public> {
        &self.0.key
    }

    /// Whether basic constraints make it a CA (RFC 5280 4.2.1.9).
    pub fn is_ca(&self) -> bool {
        self.0.extensions.basic_constraints.is_some_and(|(ca, _)| ca)
    }

    /// The path length constraint of a CA.
    pub fn path_length(&self) -> Option<u32> {
        self.0.extensions.basic_constraints.and_then(|(_, length)| length)
    }

    /// Whether issuer and subject are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.0.issuer_der == self.0.subject_der
    }

    /// Key usage; none when the extension is absent.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.extensions.key_usage
    }

    /// Extended key usage as dotted OIDs; none when the extension is absent.
    pub fn extended_key_usage(&self) -> Option<&[String]> {
        self.0.extensions.extended_key_usage.as_deref()
    }

    /// Whether it is for this purpose and no other, and whoever reads it must heed that (RFC 3161 2.3).
    pub fn is_only_for(&self, purpose: &str) -> bool {
        let usages = self.extended_key_usage();
        self.0.extensions.extended_key_usage_critical
            && usages.is_some_and(|usages| matches!(usages, [one] if one == purpose))
    }

    /// Whether its authority vouches for it as long as it lasts, so that nobody needs to ask whether it was
    /// revoked (id-pkix-ocsp-nocheck, RFC 6960 4.2.2.2.1).
    pub fn is_unchecked(&self) -> bool {
        self.0.extensions.is_unchecked
    }

    /// What it says of certificate policies.
    pub fn policies(&self) -> &Policies {
        &self.0.extensions.policies
    }

    /// Subject key identifier.
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_identifier.as_deref()
    }

    /// The contents of the CRL distribution points extension; empty when absent.
    pub fn distribution_points(&self) -> &[u8] {
        &self.0.extensions.distribution_points
    }

    /// Whether it belongs to a PKI made for trials ([`TRIAL_POLICY_OID`]).
    pub fn is_trial(&self) -> bool {
        self.policies().own.iter().any(|policy| policy == TRIAL_POLICY_OID)
    }

    /// The same for OpenSSL.
    pub fn x509(&self) -> &X509Ref {
        &self.0.x509
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    // the subject holds a FİN (R 2.1.4): a certificate is known by its fingerprint alone
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.0.sha256)
    }
}

struct Tbs<'a> {
    serial: &'a [u8],
    issuer: Element<'a>,
    subject: Element<'a>,
    key_octets: &'a [u8],
    not_before: Timestamp,
    not_after: Timestamp,
    extensions: Extensions,
}

/// TBSCertificate (RFC 5280 4.1).
fn read(tbs: Element<'_>) -> Result<Tbs<'_>, DerFault> {
    let mut fields = tbs.reader();
    fields.optional(tag::context(0))?; // version
    let serial = fields.take(tag::INTEGER, "no serial number")?.content;
    fields.take(tag::SEQUENCE, "no signature algorithm")?;
    let issuer = fields.take(tag::SEQUENCE, "no issuer")?;
    let mut validity = fields.take(tag::SEQUENCE, "no validity")?.reader();
    let (not_before, not_after) = (validity.any()?.time()?, validity.any()?.time()?);
    validity.finish()?;
    let subject = fields.take(tag::SEQUENCE, "no subject")?;
    let mut key = fields.take(tag::SEQUENCE, "no public key")?.reader();
    key.any()?; // its algorithm, which OpenSSL reads
    let key_octets = match key.take(tag::BIT_STRING, "no public key")?.content {
        [0, octets @ ..] => octets,
        _ => return Err(DerFault("the public key is malformed")),
    };
    fields.optional(tag::context_primitive(1))?; // unique identifiers, used by nobody
    fields.optional(tag::context_primitive(2))?;
    let extensions = match fields.optional(tag::context(3))? {
        Some(list) => extensions(Reader::only(list.content)?)?,
        None => Extensions::default(),
    };
    fields.finish()?;
    Ok(Tbs { serial, issuer, subject, key_octets, not_before, not_after, extensions })
}

fn extensions(list: Element<'_>) -> Result<Extensions, DerFault> {
    let mut found = Extensions::default();
    let mut seen: Vec<String> = Vec::new();
    let mut list = list.reader();
    while !list.is_empty() {
        let mut extension = list.take(tag::SEQUENCE, "an extension is malformed")?.reader();
        let oid = extension.any()?.oid()?;
        let critical = extension.optional(tag::BOOLEAN)?.map_or(Ok(false), Element::boolean)?;
        let value = extension.take(tag::OCTET_STRING, "an extension has no value")?.content;
        extension.finish()?;
        if seen.contains(&oid) {
            return Err(DerFault("an extension stands twice")); // RFC 5280 4.2
        }
        match oid.as_str() {
            "2.5.29.14" => {
                let identifier = Reader::only(value)?;
                found.subject_key_identifier =
                    (identifier.tag == tag::OCTET_STRING).then(|| identifier.content.to_vec());
            }
            "2.5.29.15" => found.key_usage = Some(key_usage(Reader::only(value)?)?),
            "2.5.29.19" => {
                let mut fields = Reader::only(value)?.reader();
                let ca = fields.optional(tag::BOOLEAN)?.map_or(Ok(false), Element::boolean)?;
                let length = fields.optional(tag::INTEGER)?.map(Element::small).transpose()?;
                fields.finish()?;
                found.basic_constraints = Some((ca, length));
            }
            "2.5.29.31" => found.distribution_points = value.to_vec(),
            "2.5.29.37" => {
                let (mut purposes, mut usages) = (Reader::only(value)?.reader(), Vec::new());
                while !purposes.is_empty() {
                    usages.push(purposes.any()?.oid()?);
                }
                found.extended_key_usage = Some(usages);
                found.extended_key_usage_critical = critical;
            }
            "1.3.6.1.5.5.7.48.1.5" => found.is_unchecked = true,
            other => found.policies.take(other, value)?,
        }
        seen.push(oid);
    }
    Ok(found)
}

fn key_usage(bits: Element<'_>) -> Result<KeyUsage, DerFault> {
    match (bits.tag, bits.content) {
        (tag::BIT_STRING, [unused @ 0..=7, octets @ ..])
            if octets.len() <= 2 && (*unused == 0 || !octets.is_empty()) =>
        {
            let bit = |index: usize| octets.get(index / 8).is_some_and(|octet| octet >> (7 - index % 8) & 1 == 1);
            Ok(KeyUsage((0..9).filter(|&index| bit(index)).map(|index| 1 << index).sum()))
        }
        _ => Err(DerFault("the key usage is malformed")),
    }
}

/// Short names that are registered for attribute types (RFC 4519, X.520).
const SHORT_NAMES: [(&str, &str); 21] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.42", "givenName"),
    ("2.5.4.43", "initials"),
    ("2.5.4.44", "generationQualifier"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.65", "pseudonym"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// The short name of an attribute type; none for one that has none here.
pub fn short_name(oid: &str) -> Option<&'static str> {
    SHORT_NAMES.iter().find(|row| row.0 == oid).map(|row| row.1)
}

type Attributes = Vec<(String, Option<String>)>;

/// Attributes that hold a person's number: serialNumber, UID (R 2.1.4).
const PERSONAL: [&str; 2] = ["2.5.4.5", "0.9.2342.19200300.100.1.1"];

/// A Name as RFC 4514 text (the last RDN first), without attributes of the types left out, and all
/// attributes in encoded order.
fn name(name: Element<'_>, left_out: &[&str]) -> Result<(String, Attributes), DerFault> {
    let (mut parts, mut attributes) = (Vec::new(), Vec::new());
    let mut names = name.reader();
    while !names.is_empty() {
        let mut set = names.take(tag::SET, "a name is malformed")?.reader();
        let mut part = String::new();
        while !set.is_empty() {
            let mut fields = set.take(tag::SEQUENCE, "a name is malformed")?.reader();
            let (oid, value) = (fields.any()?.oid()?, fields.any()?);
            fields.finish()?;
            let text = value.text();
            if left_out.contains(&oid.as_str()) {
                attributes.push((oid, text));
                continue;
            }
            if !part.is_empty() {
                part.push('+');
            }
            match (SHORT_NAMES.iter().find(|row| row.0 == oid), &text) {
                (Some((_, short)), Some(text)) => {
                    part.push_str(short);
                    part.push('=');
                    escape(text, &mut part);
                }
                // RFC 4514 2.4: the value of a type without a name is written as its encoding
                (known, _) => {
                    part.push_str(known.map_or(oid.as_str(), |(_, short)| short));
                    part.push_str("=#");
                    value
                        .raw
                        .iter()
                        .try_for_each(|octet| write!(part, "{octet:02x}"))
                        .map_err(|_| DerFault("a name is malformed"))?;
                }
            }
            attributes.push((oid, text));
        }
        if !part.is_empty() {
            parts.push(part);
        }
    }
    parts.reverse();
    Ok((parts.join(","), attributes))
}

/// RFC 4514 2.4. Control characters are written as hexadecimal pairs too, which it allows.
fn escape(text: &str, out: &mut String) {
    let last = text.chars().count().saturating_sub(1);
    for (index, c) in text.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            ' ' if index == 0 || index == last => out.push_str("\\ "),
            '#' if index == 0 => out.push_str("\\#"),
            c if c.is_control() => {
                let mut octets = [0; 4];
                for octet in c.encode_utf8(&mut octets).bytes() {
                    out.push('\\');
                    out.extend(
                        [octet >> 4, octet & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])),
                    );
                }
            }
            c => out.push(c),
        }
    }
}
