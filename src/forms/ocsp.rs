//! Answers about one certificate's standing (OCSP, RFC 6960 4.2) as a form.
//!
//! Reads a response strictly, with what is needed to verify it, and writes the question. Never decides whether
//! the responder may answer, or whether the answer is fresh: that is `trust`'s.

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm, digest_identifier};
use super::certificate::Certificate;
use super::der::{DerFault, Element, Reader, tag};
use super::value::{self, Form};
use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspRequest};
use openssl::pkey::{PKey, Public};

/// The type of the one kind of response in use.
const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
/// Single answers, and certificates, of one response: one and a path are usual.
const PARTS_MAX: usize = 64;

/// A response that carries answers.
#[derive(Clone, Debug)]
pub struct Response {
    signed: Vec<u8>,
    algorithm: Result<SignatureAlgorithm, String>,
    signature: Vec<u8>,
    /// When it was made.
    pub produced_at: Timestamp,
    /// What it says, one certificate each.
    pub answers: Vec<Answer>,
    /// Certificates that came along, as DER; the responder's among them, or none.
    pub certificates: Vec<Vec<u8>>,
}

/// What a response says of one certificate.
#[derive(Clone, Debug)]
pub struct Answer {
    digest: Option<DigestAlgorithm>,
    issuer_name: Vec<u8>,
    issuer_key: Vec<u8>,
    serial: Vec<u8>,
    /// Its standing.
    pub standing: Standing,
    /// Since when that is known to be right.
    pub this_update: Timestamp,
    /// Until when newer information will be there.
    pub next_update: Option<Timestamp>,
}

/// The standing of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not revoked.
    Good,
    /// Revoked, since then.
    Revoked(Timestamp),
    /// On hold, since then: that may be lifted (certificateHold, RFC 5280 5.3.1).
    OnHold(Timestamp),
    /// The responder does not know it.
    Unknown,
}

/// The question for the standing of this certificate, issued by that one, as DER: one certificate, its issuer by
/// SHA-1, which names it and proves nothing, and no nonce, so that the answer may be one made before (RFC 5019
/// 2.1.1).
///
/// # Errors
/// OpenSSL's.
pub fn question(certificate: &Certificate, issuer: &Certificate) -> Result<Vec<u8>, ErrorStack> {
    let mut request = OcspRequest::new()?;
    request.add_id(OcspCertId::from_cert(MessageDigest::sha1(), certificate.x509(), issuer.x509())?)?;
    request.to_der()
}

impl Response {
    /// Reads an OCSPResponse, or a BasicOCSPResponse alone, as CAdES keeps it.
    ///
    /// # Errors
    /// What is not of this form, or an answer that the responder did not give.
    pub fn read(der: &[u8]) -> Result<Self, DerFault> {
        let outer = sequence(Reader::only(der)?, "the OCSP response is malformed")?;
        if outer.peek() == Some(tag::SEQUENCE) {
            return Self::basic(der);
        }
        let mut fields = outer;
        let status = fields.any()?;
        if (status.tag, status.content) != (0x0a, &[0][..]) {
            return Err(DerFault("the OCSP responder gave no answer"));
        }
        let octets = fields.take(tag::context(0), "the OCSP response holds nothing")?;
        fields.finish()?;
        let mut octets = sequence(Reader::only(octets.content)?, "the OCSP response is malformed")?;
        if octets.any()?.oid()? != BASIC {
            return Err(DerFault("the OCSP response is of an unknown kind"));
        }
        let basic = octets.take(tag::OCTET_STRING, "the OCSP response holds nothing")?.content;
        octets.finish()?;
        Self::basic(basic)
    }

    /// BasicOCSPResponse (4.2.1).
    fn basic(der: &[u8]) -> Result<Self, DerFault> {
        const ODD: &str = "the basic OCSP response is malformed";
        let mut fields = sequence(Reader::only(der)?, ODD)?;
        let data = fields.take(tag::SEQUENCE, ODD)?;
        let algorithm = fields.take(tag::SEQUENCE, ODD)?;
        let signature = fields.take(tag::BIT_STRING, ODD)?;
        let certificates = match fields.optional(tag::context(0))? {
            Some(list) => {
                let (mut list, mut found) = (sequence(Reader::only(list.content)?, ODD)?, Vec::new());
                while !list.is_empty() {
                    found.push(list.take(tag::SEQUENCE, ODD)?.raw.to_vec());
                    bounded(found.len())?;
                }
                found
            }
            None => Vec::new(),
        };
        fields.finish()?;
        let [0, value @ ..] = signature.content else { return Err(DerFault(ODD)) };
        let (oid, parameters) = {
            let mut fields = algorithm.reader();
            let oid = fields.any()?.oid()?;
            let parameters = if fields.is_empty() { None } else { Some(fields.any()?) };
            fields.finish()?;
            (oid, parameters)
        };
        let algorithm = SignatureAlgorithm::from_cms(&oid, parameters, DigestAlgorithm::Sha256)?.ok_or(oid);
        let signed = data.raw.to_vec();
        let mut fields = data.reader();
        fields.optional(tag::context(0))?; // version
        match fields.any()?.tag {
            // who answers; whose key it is shows when it is used
            tag if tag == tag::context(1) || tag == tag::context(2) => {}
            _ => return Err(DerFault(ODD)),
        }
        let produced_at = fields.take(tag::GENERALIZED_TIME, ODD)?.time()?;
        let (mut list, mut answers) = (fields.take(tag::SEQUENCE, ODD)?.reader(), Vec::new());
        while !list.is_empty() {
            answers.push(Answer::read(list.take(tag::SEQUENCE, ODD)?)?);
            bounded(answers.len())?;
        }
        if let Some(list) = fields.optional(tag::context(1))? {
            no_critical(list)?;
        }
        fields.finish()?;
        Ok(Self { signed, algorithm, signature: value.to_vec(), produced_at, answers, certificates })
    }

    /// Whether it was signed with the private key that belongs to this one.
    pub fn is_signed_by(&self, key: &PKey<Public>) -> bool {
        let Ok(algorithm) = self.algorithm else { return false };
        value::verify(key, algorithm, &self.signed, &self.signature, Form::Der).unwrap_or(false)
    }

    /// The digest algorithm of its signature; none when that is unknown or goes without one.
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        self.algorithm.as_ref().ok()?.digest()
    }
}

impl Answer {
    /// SingleResponse (4.2.1).
    fn read(answer: Element<'_>) -> Result<Self, DerFault> {
        const ODD: &str = "an answer of the OCSP response is malformed";
        let mut fields = answer.reader();
        let mut id = fields.take(tag::SEQUENCE, ODD)?.reader();
        let digest = digest_identifier(id.take(tag::SEQUENCE, ODD)?)?;
        let issuer_name = id.take(tag::OCTET_STRING, ODD)?.content.to_vec();
        let issuer_key = id.take(tag::OCTET_STRING, ODD)?.content.to_vec();
        let serial = id.any()?.integer()?.to_vec();
        id.finish()?;
        let standing = fields.any()?;
        let standing = match standing.tag {
            tag if tag == tag::context_primitive(0) => Standing::Good,
            tag if tag == tag::context(1) => revoked(standing)?,
            tag if tag == tag::context_primitive(2) => Standing::Unknown,
            _ => return Err(DerFault(ODD)),
        };
        let this_update = fields.take(tag::GENERALIZED_TIME, ODD)?.time()?;
        let next_update = match fields.optional(tag::context(0))? {
            Some(next) => Some(Reader::only(next.content)?.time()?),
            None => None,
        };
        if let Some(list) = fields.optional(tag::context(1))? {
            no_critical(list)?;
        }
        fields.finish()?;
        Ok(Self { digest, issuer_name, issuer_key, serial, standing, this_update, next_update })
    }

    /// Whether it speaks of this certificate, issued by that one (4.1.1).
    pub fn is_about(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let digest = |octets: &[u8]| self.digest.and_then(|algorithm| algorithm.digest(octets));
        self.serial == certificate.serial_octets()
            && certificate.issuer_der() == issuer.subject_der()
            && digest(issuer.subject_der()).as_ref() == Some(&self.issuer_name)
            && digest(issuer.key_octets()).as_ref() == Some(&self.issuer_key)
    }
}

/// RevokedInfo: since when, and why.
fn revoked(standing: Element<'_>) -> Result<Standing, DerFault> {
    /// CRLReason certificateHold.
    const HOLD: &[u8] = &[6];
    let mut fields = standing.reader();
    let moment = fields.any()?.time()?;
    let reason = fields.optional(tag::context(0))?.map(|reason| Reader::only(reason.content)).transpose()?;
    fields.finish()?;
    match reason {
        Some(reason) if reason.content == HOLD => Ok(Standing::OnHold(moment)),
        _ => Ok(Standing::Revoked(moment)),
    }
}

/// Extensions whose meaning we do not know change nothing, unless they must be known (RFC 5280 4.2).
fn no_critical(list: Element<'_>) -> Result<(), DerFault> {
    let mut list = sequence(Reader::only(list.content)?, "the OCSP extensions are malformed")?;
    while !list.is_empty() {
        let mut extension = list.take(tag::SEQUENCE, "an OCSP extension is malformed")?.reader();
        extension.any()?.oid()?;
        if extension.optional(tag::BOOLEAN)?.map_or(Ok(false), Element::boolean)? {
            return Err(DerFault("a critical OCSP extension is unknown"));
        }
    }
    Ok(())
}

fn sequence<'a>(element: Element<'a>, what: &'static str) -> Result<Reader<'a>, DerFault> {
    if element.tag == tag::SEQUENCE { Ok(element.reader()) } else { Err(DerFault(what)) }
}

fn bounded(count: usize) -> Result<(), DerFault> {
    if count <= PARTS_MAX { Ok(()) } else { Err(DerFault("the OCSP response has more parts than are looked at")) }
}
