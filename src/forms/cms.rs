//! CMS SignedData as a form (RFC 5652): read strictly, and written as a detached CAdES-B-B or B-T signature.
//!
//! Finds every part and checks what the standard says of its form. Never decides whether a digest,
//! a value or a certificate is right; that is `signature`'s and `trust`'s.

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm, digest_identifier};
use super::certificate::Certificate;
use super::claims::Claims;
use super::der::{self, DerFault, Element, Reader, tag};
use super::key::{KeyFault, SigningKey};
use super::unsigned::UnsignedAttributes;
use super::value::{self, Form, ValueFault};
use crate::host::Octets;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io::Read as _;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
/// Content that is octets and nothing more.
pub const DATA: &str = "1.2.840.113549.1.7.1";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// signature-time-stamp-token (RFC 3161 annex A; ETSI EN 319 122-1 5.3).
pub(super) const SIGNATURE_TIME_STAMP: &str = "1.2.840.113549.1.9.16.2.14";
/// id-ri-ocsp-response (RFC 5940 2.1).
const OCSP_RESPONSE: &str = "1.3.6.1.5.5.7.16.2";

/// SignedData (RFC 5652 5.1), over the octets that [`der::definite`] gave.
#[derive(Debug)]
pub struct SignedData<'a> {
    /// The type of the content, dotted.
    pub content_type: String,
    /// The same in DER.
    pub content_type_der: &'a [u8],
    /// Everything among the certificates, whatever its kind, as it stands there.
    pub certificate_choices: Vec<&'a [u8]>,
    /// Everything among the revocation data, likewise.
    pub revocation_choices: Vec<&'a [u8]>,
    /// The content, when it came along.
    pub content: Option<&'a [u8]>,
    /// The X.509 certificates that came along, as DER.
    pub certificates: Vec<&'a [u8]>,
    /// Revocation lists that came along, as DER.
    pub revocation_lists: Vec<&'a [u8]>,
    /// OCSP responses that came along, as DER (RFC 5940 2.1).
    pub responses: Vec<&'a [u8]>,
    /// The signers, in their order.
    pub signers: Vec<SignerInfo<'a>>,
}

/// Which certificate is a signer's (RFC 5652 5.3).
#[derive(Debug)]
pub enum SignerIdentifier<'a> {
    /// The issuer's name in DER, and the contents octets of the serial number.
    IssuerAndSerial(&'a [u8], &'a [u8]),
    /// The subject key identifier.
    KeyIdentifier(&'a [u8]),
}

impl SignerIdentifier<'_> {
    /// Whether it means this certificate.
    pub fn means(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial(issuer, serial) => {
                certificate.issuer_der() == *issuer && certificate.serial_octets() == *serial
            }
            Self::KeyIdentifier(identifier) => certificate.subject_key_identifier() == Some(*identifier),
        }
    }
}

/// SignerInfo (RFC 5652 5.3). Nobody signed its unsigned attributes: of them only what proves itself is
/// kept, time-stamps and revocation data.
#[derive(Debug)]
pub struct SignerInfo<'a> {
    /// Whose certificate.
    pub identifier: SignerIdentifier<'a>,
    /// The digest algorithm; the dotted OID when it is unknown.
    pub digest: Result<DigestAlgorithm, String>,
    /// The signature algorithm; the dotted OID when it is unknown.
    pub algorithm: Result<SignatureAlgorithm, String>,
    /// What is signed beside the content.
    pub attributes: Option<SignedAttributes<'a>>,
    /// The signature value.
    pub signature: &'a [u8],
    /// All its fields but the unsigned attributes, one behind the other as they stand there.
    pub signed_fields: &'a [u8],
    /// What stands beside the signature.
    pub unsigned: UnsignedAttributes<'a>,
}

/// The signed attributes, each at most once and with one value (RFC 5652 11).
#[derive(Debug)]
pub struct SignedAttributes<'a> {
    /// content-type, dotted.
    pub content_type: String,
    /// message-digest.
    pub message_digest: &'a [u8],
    /// signing-time.
    pub signing_time: Option<Timestamp>,
    /// signing-certificate of RFC 2634 (SHA-1).
    pub signing_certificate: Option<CertificateReference<'a>>,
    /// signing-certificate-v2 of RFC 5035.
    pub signing_certificate_v2: Option<CertificateReference<'a>>,
    /// What else the signer says.
    pub claims: Claims,
    set: Vec<&'a [u8]>,
}

impl SignedAttributes<'_> {
    /// The octets that the value was made over: DER of `SET OF` (RFC 5652 5.4). Some programs sign
    /// the attributes in the order in which they send them; both say the same.
    pub fn signed_octets(&self) -> Vec<Vec<u8>> {
        let mut sorted = self.set.clone();
        sorted.sort_unstable();
        let mut forms = vec![der::element(tag::SET, &sorted)];
        if sorted != self.set {
            forms.push(der::element(tag::SET, &self.set));
        }
        forms
    }
}

/// ESSCertID and ESSCertIDv2: the certificate that the signature commits to.
#[derive(Debug)]
pub struct CertificateReference<'a> {
    digest: Result<DigestAlgorithm, String>,
    hash: &'a [u8],
    issuer_serial: Option<(&'a [u8], &'a [u8])>,
}

impl CertificateReference<'_> {
    /// Its digest algorithm; the dotted OID when it is unknown.
    pub fn digest(&self) -> Result<DigestAlgorithm, &str> {
        self.digest.as_ref().copied().map_err(String::as_str)
    }

    /// Whether it means this certificate.
    pub fn means(&self, certificate: &Certificate) -> bool {
        let hash = self.digest.as_ref().ok().and_then(|digest| digest.digest(certificate.der()));
        let named = self
            .issuer_serial
            .is_none_or(|(issuer, serial)| issuer == certificate.issuer_der() && serial == certificate.serial_octets());
        named && hash.is_some_and(|hash| hash == self.hash)
    }
}

/// Digest algorithms that one SignedData announces: no more are in use.
const ANNOUNCED_MAX: usize = 16;
/// Signers of one SignedData that are read: as many as may be configured at most.
const SIGNERS_MAX: usize = 1024;
/// Signed attributes of one signer: CAdES knows about twenty.
pub(super) const ATTRIBUTES_MAX: usize = 64;

impl<'a> SignedData<'a> {
    /// Reads ContentInfo with SignedData in it.
    ///
    /// # Errors
    /// What is not of this form.
    pub fn read(der: &'a [u8]) -> Result<Self, DerFault> {
        let mut info = sequence(Reader::only(der)?, "this is no CMS ContentInfo")?;
        if info.any()?.oid()? != SIGNED_DATA {
            return Err(DerFault("this CMS is not SignedData"));
        }
        let outer = info.take(tag::context(0), "the SignedData is missing")?;
        info.finish()?;
        let mut fields = sequence(Reader::only(outer.content)?, "the SignedData is malformed")?;
        let version = fields.take(tag::INTEGER, "the version is missing")?.small()?;
        let mut digests = fields.take(tag::SET, "the digest algorithms are missing")?.reader();
        let mut announced = Vec::new();
        while !digests.is_empty() {
            if announced.len() == ANNOUNCED_MAX {
                return Err(DerFault("more digest algorithms than there are"));
            }
            announced.push(algorithm(digests.any()?)?.0);
        }
        let mut content = fields.take(tag::SEQUENCE, "the content info is missing")?.reader();
        let content_type = content.any()?;
        let (content_type_der, content_type) = (content_type.raw, content_type.oid()?);
        let octets = match content.optional(tag::context(0))? {
            Some(outer) => Some(octet_string(Reader::only(outer.content)?, "the content is no octet string")?),
            None => None,
        };
        content.finish()?;
        let (mut certificates, mut certificate_choices, mut oldest) = (Vec::new(), Vec::new(), 1);
        if let Some(set) = fields.optional(tag::context(0))? {
            let mut set = set.reader();
            while !set.is_empty() {
                let certificate = set.any()?;
                certificate_choices.push(certificate.raw);
                match certificate.tag {
                    tag::SEQUENCE => certificates.push(certificate.raw),
                    tag if tag == tag::context(1) => oldest = oldest.max(3),
                    tag if tag == tag::context(2) => oldest = oldest.max(4),
                    tag if tag == tag::context(3) => oldest = oldest.max(5),
                    _ => return Err(DerFault("a certificate is of no known kind")),
                }
            }
        }
        let (mut revocation_lists, mut responses, mut revocation_choices) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(set) = fields.optional(tag::context(1))? {
            let mut set = set.reader();
            while !set.is_empty() {
                let information = set.any()?;
                revocation_choices.push(information.raw);
                if information.tag == tag::SEQUENCE {
                    revocation_lists.push(information.raw);
                    continue;
                }
                oldest = oldest.max(5);
                let mut other = information.reader();
                if information.tag == tag::context(1) && other.any()?.oid()? == OCSP_RESPONSE {
                    responses.push(other.any()?.raw);
                }
            }
        }
        let mut infos = fields.take(tag::SET, "the signer infos are missing")?.reader();
        fields.finish()?;
        let mut signers = Vec::new();
        while !infos.is_empty() {
            if signers.len() == SIGNERS_MAX {
                return Err(DerFault("more signers than are read"));
            }
            let signer = SignerInfo::read(infos.any()?)?;
            if matches!(signer.identifier, SignerIdentifier::KeyIdentifier(_)) {
                oldest = oldest.max(3);
            }
            // RFC 5652 5.1: the set may be short of an algorithm, and a verifier may then refuse
            let oid = signer.digest.as_ref().map_or_else(String::as_str, |digest| digest.oid());
            if !announced.iter().any(|known| known == oid) {
                return Err(DerFault("a signer's digest algorithm is not among those announced"));
            }
            signers.push(signer);
        }
        if content_type != DATA {
            oldest = oldest.max(3);
        }
        // RFC 5652 5.1
        if version != oldest {
            return Err(DerFault("the version is not the one for these parts"));
        }
        Ok(Self {
            content_type,
            content_type_der,
            certificate_choices,
            revocation_choices,
            content: octets,
            certificates,
            revocation_lists,
            responses,
            signers,
        })
    }
}

impl<'a> SignerInfo<'a> {
    fn read(info: Element<'a>) -> Result<Self, DerFault> {
        let mut fields = sequence(info, "a signer info is malformed")?;
        let version = fields.take(tag::INTEGER, "a signer info has no version")?.small()?;
        let identifier = fields.any()?;
        let identifier = match identifier.tag {
            tag::SEQUENCE => {
                let (issuer, serial) = issuer_and_serial(identifier.reader())?;
                SignerIdentifier::IssuerAndSerial(issuer, serial)
            }
            tag if tag == tag::context_primitive(0) => SignerIdentifier::KeyIdentifier(identifier.content),
            _ => return Err(DerFault("a signer identifier is malformed")),
        };
        // RFC 5652 5.3
        if version != if matches!(identifier, SignerIdentifier::KeyIdentifier(_)) { 3 } else { 1 } {
            return Err(DerFault("the version of a signer info is not the one for its identifier"));
        }
        let digest_element = fields.take(tag::SEQUENCE, "a digest algorithm is missing")?;
        let digest = known_digest(digest_element)?;
        let attributes = fields.optional(tag::context(0))?.map(SignedAttributes::read).transpose()?;
        let (oid, parameters) = algorithm(fields.take(tag::SEQUENCE, "a signature algorithm is missing")?)?;
        // without a known digest the algorithm is only asked whether it is known by itself
        let over = digest.as_ref().copied().unwrap_or(DigestAlgorithm::Sha256);
        let algorithm = SignatureAlgorithm::from_cms(&oid, parameters, over)?.ok_or(oid);
        if let (Ok(digest), Ok(Some(signed))) = (&digest, algorithm.as_ref().map(|algorithm| algorithm.digest()))
            && *digest != signed
        {
            return Err(DerFault("the digest algorithm is not that of the signature algorithm"));
        }
        let signature = octet_string(fields.any()?, "a signature value is missing")?;
        let signed_fields = &info.content[..info.content.len() - fields.remaining()];
        let unsigned = fields.optional(tag::context(1))?.map(UnsignedAttributes::read).unwrap_or_default();
        fields.finish()?;
        Ok(Self { identifier, digest, algorithm, attributes, signature, signed_fields, unsigned })
    }
}

impl<'a> SignedAttributes<'a> {
    fn read(set: Element<'a>) -> Result<Self, DerFault> {
        let (mut elements, mut content_type, mut message_digest) = (Vec::new(), None, None);
        let (mut signing_time, mut signing_certificate, mut signing_certificate_v2) = (None, None, None);
        let (mut attributes, mut seen, mut claims) = (set.reader(), Vec::new(), Claims::default());
        while !attributes.is_empty() {
            let attribute = attributes.take(tag::SEQUENCE, "a signed attribute is malformed")?;
            elements.push(attribute.raw);
            let mut fields = attribute.reader();
            let oid = fields.any()?.oid()?;
            let values = fields.take(tag::SET, "a signed attribute has no values")?;
            fields.finish()?;
            if seen.contains(&oid) {
                return Err(DerFault("a signed attribute stands twice"));
            }
            if seen.len() == ATTRIBUTES_MAX {
                return Err(DerFault("too many signed attributes"));
            }
            let one = || Reader::only(values.content);
            match oid.as_str() {
                CONTENT_TYPE => content_type = Some(one()?.oid()?),
                MESSAGE_DIGEST => message_digest = Some(octet_string(one()?, "the message digest is malformed")?),
                SIGNING_TIME => signing_time = Some(one()?.time()?),
                SIGNING_CERTIFICATE => signing_certificate = Some(reference(one()?, false)?),
                SIGNING_CERTIFICATE_V2 => signing_certificate_v2 = Some(reference(one()?, true)?),
                other => claims.attribute(other, values),
            }
            seen.push(oid);
        }
        Ok(Self {
            content_type: content_type.ok_or(DerFault("the content type is not among the signed attributes"))?,
            message_digest: message_digest.ok_or(DerFault("the message digest is not among the signed attributes"))?,
            signing_time,
            signing_certificate,
            signing_certificate_v2,
            claims,
            set: elements,
        })
    }
}

/// SigningCertificate and SigningCertificateV2: the first certificate named is the signer's
/// (RFC 5035 3 and 5.4).
fn reference(value: Element<'_>, v2: bool) -> Result<CertificateReference<'_>, DerFault> {
    const ODD: &str = "the signing certificate attribute is malformed";
    let mut fields = sequence(value, ODD)?;
    let mut identifiers = fields.take(tag::SEQUENCE, ODD)?.reader();
    let mut first = identifiers.take(tag::SEQUENCE, ODD)?.reader();
    let digest = match first.peek() {
        Some(tag::SEQUENCE) if v2 => known_digest(first.any()?)?,
        _ if v2 => Ok(DigestAlgorithm::Sha256),
        _ => Ok(DigestAlgorithm::Sha1),
    };
    let hash = octet_string(first.any()?, ODD)?;
    let issuer_serial = first.optional(tag::SEQUENCE)?.map(issuer_serial).transpose()?;
    first.finish()?;
    Ok(CertificateReference { digest, hash, issuer_serial })
}

/// IssuerSerial (RFC 5035 5.4): the issuer's name in DER, and the contents octets of the serial number.
pub(super) fn issuer_serial(element: Element<'_>) -> Result<(&[u8], &[u8]), DerFault> {
    const ODD: &str = "an issuer and serial number are malformed";
    let mut fields = sequence(element, ODD)?;
    // GeneralNames with one directoryName [4]
    let name = Reader::only(fields.take(tag::SEQUENCE, ODD)?.content)?;
    if name.tag != tag::context(4) {
        return Err(DerFault(ODD));
    }
    let serial = fields.take(tag::INTEGER, ODD)?.content;
    fields.finish()?;
    Ok((name.content, serial))
}

pub(super) fn sequence<'a>(element: Element<'a>, what: &'static str) -> Result<Reader<'a>, DerFault> {
    if element.tag == tag::SEQUENCE { Ok(element.reader()) } else { Err(DerFault(what)) }
}

fn octet_string<'a>(element: Element<'a>, what: &'static str) -> Result<&'a [u8], DerFault> {
    if element.tag == tag::OCTET_STRING { Ok(element.content) } else { Err(DerFault(what)) }
}

fn issuer_and_serial(mut fields: Reader<'_>) -> Result<(&[u8], &[u8]), DerFault> {
    let issuer = fields.take(tag::SEQUENCE, "a signer identifier has no issuer")?.raw;
    let serial = fields.take(tag::INTEGER, "a signer identifier has no serial number")?.content;
    fields.finish()?;
    Ok((issuer, serial))
}

/// AlgorithmIdentifier (RFC 5280 4.1.1.2).
fn algorithm(element: Element<'_>) -> Result<(String, Option<Element<'_>>), DerFault> {
    let mut fields = sequence(element, "an algorithm is malformed")?;
    let oid = fields.any()?.oid()?;
    let parameters = if fields.is_empty() { None } else { Some(fields.any()?) };
    fields.finish()?;
    Ok((oid, parameters))
}

fn known_digest(element: Element<'_>) -> Result<Result<DigestAlgorithm, String>, DerFault> {
    match digest_identifier(element)? {
        Some(known) => Ok(Ok(known)),
        None => Ok(Err(algorithm(element)?.0)),
    }
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignFault {
    /// The key is not the certificate's.
    #[error("the key does not belong to the certificate")]
    KeyDiffers,
    /// The key or the library fails.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The signing time has no place in UTCTime or GeneralizedTime.
    #[error("the signing time cannot be written")]
    Time,
    /// The content cannot be read.
    #[error("the content cannot be read: {0}")]
    Read(#[from] std::io::Error),
}

/// Signs octets as detached CMS in DER, CAdES-B-B (ETSI EN 319 122-1 6.3): content-type,
/// signing-time, message-digest and signing-certificate-v2 are signed; the certificate comes along.
///
/// # Errors
/// A key that is not the certificate's or cannot sign, or content that cannot be read.
pub fn sign_detached(
    content: &Octets,
    key: &dyn SigningKey,
    certificate: &Certificate,
    signing_time: Timestamp,
) -> Result<Vec<u8>, SignFault> {
    Ok(Detached::sign(content, key, certificate, signing_time)?.to_der(&[], None))
}

/// A detached signature that is made, and not yet written.
pub struct Detached {
    /// The certificate that goes with it.
    certificate: Vec<u8>,
    digest_algorithm: Vec<u8>,
    /// The fields of its SignerInfo up to the signature value.
    signed: Vec<u8>,
    value: Vec<u8>,
}

impl Detached {
    /// Signs as [`sign_detached`] does.
    ///
    /// # Errors
    /// The same.
    pub fn sign(
        content: &Octets,
        key: &dyn SigningKey,
        certificate: &Certificate,
        signing_time: Timestamp,
    ) -> Result<Self, SignFault> {
        if !key.belongs_to(certificate.public_key()) {
            return Err(SignFault::KeyDiffers);
        }
        let algorithm = value::algorithm_for(certificate.public_key()).map_err(KeyFault::from)?;
        let unavailable = || SignFault::from(KeyFault::from(ValueFault::Unavailable(algorithm)));
        // RFC 8419 3.1: Ed25519 goes with SHA-512
        let over = algorithm.digest().unwrap_or(DigestAlgorithm::Sha512);
        let mut hasher = over.hasher().ok_or_else(unavailable)?;
        let (mut reader, mut buffer) = (content.reader(), vec![0; 64 * 1024]);
        loop {
            match reader.read(&mut buffer)? {
                0 => break,
                count => hasher.update(&buffer[..count]).map_err(|_| unavailable())?,
            }
        }
        let digest = hasher.finish().map_err(|_| unavailable())?;
        // SHA-256 is the default (RFC 5035 4)
        let hash = der::element(tag::OCTET_STRING, &[certificate.sha256().as_bytes()]);
        let reference = (0..3).fold(hash, |inner, _| der::element(tag::SEQUENCE, &[&inner]));
        let mut attributes = [
            attribute(CONTENT_TYPE, &oid(DATA)),
            attribute(SIGNING_TIME, &time(signing_time)?),
            attribute(MESSAGE_DIGEST, &der::element(tag::OCTET_STRING, &[&digest])),
            attribute(SIGNING_CERTIFICATE_V2, &reference),
        ];
        attributes.sort_unstable(); // X.690 11.6
        let attributes = attributes.concat();
        let value = key.sign(algorithm, &der::element(tag::SET, &[&attributes]), Form::Der)?;
        let digest_algorithm = der::element(tag::SEQUENCE, &[&oid(over.oid())]); // RFC 5754 2: without parameters
        let serial = der::element(tag::INTEGER, &[certificate.serial_octets()]);
        let signed = [
            &[tag::INTEGER, 1, 1][..],
            &der::element(tag::SEQUENCE, &[certificate.issuer_der(), &serial]),
            &digest_algorithm,
            &der::element(tag::context(0), &[&attributes]),
            &algorithm.to_cms().ok_or_else(unavailable)?,
        ];
        Ok(Self { certificate: certificate.der().to_vec(), signed: signed.concat(), digest_algorithm, value })
    }

    /// The signature value: what a time-stamp of it is over, octet for octet (EN 319 122-1 5.3).
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Writes it, with the certificates that lead from the signer's to an anchor, and with a time-stamp
    /// token (DER) over [`Detached::value`]: then it is CAdES-B-T.
    pub fn to_der(&self, path: &[Certificate], token: Option<&[u8]>) -> Vec<u8> {
        let mut certificates: Vec<&[u8]> = path.iter().map(Certificate::der).chain([&self.certificate[..]]).collect();
        certificates.sort_unstable(); // X.690 11.6
        let unsigned = token.map(|token| der::element(tag::context(1), &[&attribute(SIGNATURE_TIME_STAMP, token)]));
        let value = der::element(tag::OCTET_STRING, &[&self.value]);
        let signer = der::element(tag::SEQUENCE, &[&self.signed, &value, &unsigned.unwrap_or_default()]);
        let signed_data = der::element(
            tag::SEQUENCE,
            &[
                &[tag::INTEGER, 1, 1],
                &der::element(tag::SET, &[&self.digest_algorithm]),
                &der::element(tag::SEQUENCE, &[&oid(DATA)]),
                &der::element(tag::context(0), &certificates),
                &der::element(tag::SET, &[&signer]),
            ],
        );
        der::element(tag::SEQUENCE, &[&oid(SIGNED_DATA), &der::element(tag::context(0), &[&signed_data])])
    }
}

fn oid(dotted: &str) -> Vec<u8> {
    der::oid(dotted).expect("the constants above are object identifiers")
}

/// An attribute with one value (RFC 5652 5.3).
fn attribute(name: &str, value: &[u8]) -> Vec<u8> {
    der::element(tag::SEQUENCE, &[&oid(name), &der::element(tag::SET, &[value])])
}

/// RFC 5652 11.3: UTCTime from 1950 to 2049, GeneralizedTime otherwise.
fn time(moment: Timestamp) -> Result<Vec<u8>, SignFault> {
    let at = TimeZone::UTC.to_datetime(moment);
    let (kind, year) = match at.year() {
        year @ 1950..=2049 => (tag::UTC_TIME, format!("{:02}", year % 100)),
        year @ 0..=9999 => (tag::GENERALIZED_TIME, format!("{year:04}")),
        _ => return Err(SignFault::Time),
    };
    let text = format!("{year}{:02}{:02}{:02}{:02}{:02}Z", at.month(), at.day(), at.hour(), at.minute(), at.second());
    Ok(der::element(kind, &[text.as_bytes()]))
}
