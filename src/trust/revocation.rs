//! Revocation: what lists (RFC 5280 section 5) and OCSP answers say of every certificate of a path.
//!
//! A list is read once, here; an answer in [`standing`](super::standing).

use super::{Distrust, Doubt, OcspResponse};
use crate::document::Digest;
use crate::finding::Code;
use crate::forms::certificate::Certificate;
use crate::forms::der::{DerFault, Element, Reader, tag};
use crate::forms::pem;
use jiff::{SignedDuration, Timestamp};
use openssl::x509::{CrlStatus, X509Crl};
use std::fmt;
use std::sync::Arc;

/// A revocation list, parsed once; its signature is verified when an issuer is known.
#[derive(Clone)]
pub struct RevocationList {
    crl: Arc<X509Crl>,
    sha256: Digest,
    issuer_der: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    scope: Scope,
}

/// Which certificates a list speaks of (issuingDistributionPoint, RFC 5280 5.2.5).
#[derive(Clone, Debug, Default)]
struct Scope {
    users_only: bool,
    authorities_only: bool,
    /// Encoded URIs of the distribution point, when the list is one of several.
    points: Vec<Vec<u8>>,
    /// Delta lists, lists of some reasons, indirect lists, unknown critical extensions.
    unusable: bool,
}

impl RevocationList {
    /// Parses DER. Errors: not a revocation list, in words.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let crl = X509Crl::from_der(der).map_err(|_| "not a revocation list".to_owned())?;
        let read = read(der).map_err(|fault| format!("not a revocation list: {fault}"))?;
        let (issuer_der, this_update, next_update, scope) = read;
        Ok(Self { crl: Arc::new(crl), sha256: Digest::of(der), issuer_der, this_update, next_update, scope })
    }

    /// All lists of a file that is DER (one) or PEM (one or more). Errors: none in it, or one is malformed.
    pub fn from_file(octets: &[u8]) -> Result<Vec<Self>, String> {
        pem::der_or_blocks(octets, pem::CRL)?.iter().map(|der| Self::from_der(der)).collect()
    }

    /// SHA-256 over the DER.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next one is due.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// Whether it speaks of this certificate, by name and scope and in time.
    fn concerns(&self, certificate: &Certificate, at: Timestamp, grace: SignedDuration) -> bool {
        let point = self.scope.points.is_empty()
            || self
                .scope
                .points
                .iter()
                .any(|uri| memchr::memmem::find(certificate.distribution_points(), uri).is_some());
        !self.scope.unusable
            && self.issuer_der == certificate.issuer_der()
            && point
            && !(self.scope.users_only && certificate.is_ca())
            && (!self.scope.authorities_only || certificate.is_ca())
            && self.fresh_until(grace).is_some_and(|until| at <= until)
            // RFC 5280 3.3: an entry may go once the certificate has ended
            && self.this_update <= certificate.not_after()
    }

    fn fresh_until(&self, grace: SignedDuration) -> Option<Timestamp> {
        // RFC 5280 5.1.2.5 demands nextUpdate; a list without one never proves anything
        self.next_update.map(|next| next.checked_add(grace).unwrap_or(Timestamp::MAX))
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationList({}, {})", self.sha256, self.this_update)
    }
}

/// What was said of one certificate.
pub(super) struct Said {
    /// Since when it is known to be right.
    pub(super) since: Timestamp,
    /// Until when it counts.
    pub(super) until: Timestamp,
    /// Since when the certificate is revoked, if it is.
    pub(super) revoked: Option<Timestamp>,
}

/// All that is known about revocation.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) lists: &'a [&'a RevocationList],
    pub(super) responses: &'a [&'a OcspResponse],
    /// Whether the standing of every certificate must be known; else only what is known counts.
    pub(super) must_know: bool,
}

impl Known<'_> {
    /// The newest that was said of a certificate of this issuer, by whoever may say it.
    fn about(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        at: Timestamp,
        grace: SignedDuration,
    ) -> Option<Said> {
        let may_sign = issuer.key_usage().is_none_or(|usage| usage.crl_sign());
        let genuine = |list: &&&RevocationList| may_sign && list.crl.verify(issuer.public_key()).unwrap_or(false);
        let concerned = self.lists.iter().filter(|list| list.concerns(certificate, at, grace)).filter(genuine);
        let lists = concerned.max_by_key(|list| list.this_update).map(|list| Said {
            since: list.this_update,
            until: list.fresh_until(grace).unwrap_or(at),
            revoked: match list.crl.get_by_cert(&certificate.x509().to_owned()) {
                CrlStatus::Revoked(entry) => Some(entry_moment(entry).unwrap_or(Timestamp::MIN)),
                CrlStatus::NotRevoked | CrlStatus::RemoveFromCrl(_) => None,
            },
        });
        let answers = self.responses.iter().filter_map(|response| response.about(certificate, issuer, at, grace));
        answers.chain(lists).max_by_key(|said| said.since)
    }
}

/// Asks about every certificate of a path below its anchor; answers from when to when that holds.
pub(super) fn check(
    known: Known<'_>,
    path: &[Certificate],
    at: Timestamp,
    grace: SignedDuration,
) -> Result<(Timestamp, Timestamp), Distrust> {
    let (from, mut until) = (Timestamp::MIN, Timestamp::MAX);
    let mut unknown = None;
    for (depth, pair) in path.windows(2).enumerate() {
        let [certificate, issuer] = pair else { continue };
        let Some(said) = known.about(certificate, issuer, at, grace) else {
            // a revocation further up weighs more than a list that is missing
            unknown.get_or_insert_with(|| certificate.authority().to_owned());
            continue;
        };
        until = until.min(said.until);
        if let Some(moment) = said.revoked {
            if moment <= at {
                let verdict = if depth == 0 { Doubt::RevokedNoPoe } else { Doubt::RevokedCaNoPoe };
                return Err(Distrust::new(verdict, Code::SignatureCertificateRevoked, moment.to_string()));
            }
            until = until.min(moment.checked_sub(SignedDuration::from_secs(1)).unwrap_or(moment));
        }
    }
    match unknown.filter(|_| known.must_know) {
        Some(issuer) => Err(Distrust::new(Doubt::TryLater, Code::SignatureRevocationUnknown, issuer)),
        None => Ok((from, until)),
    }
}

fn entry_moment(entry: &openssl::x509::X509RevokedRef) -> Option<Timestamp> {
    let der = entry.to_der().ok()?;
    let mut fields = Reader::only(&der).ok()?.reader();
    fields.any().ok()?;
    fields.any().ok()?.time().ok()
}

type Read = (Vec<u8>, Timestamp, Option<Timestamp>, Scope);

/// CertificateList (RFC 5280 5.1).
fn read(der: &[u8]) -> Result<Read, DerFault> {
    let mut fields = Reader::only(der)?.reader().take(tag::SEQUENCE, "no TBSCertList")?.reader();
    fields.optional(tag::INTEGER)?;
    fields.take(tag::SEQUENCE, "no signature algorithm")?;
    let issuer = fields.take(tag::SEQUENCE, "no issuer")?.raw.to_vec();
    let this_update = fields.any()?.time()?;
    let next_update = match fields.peek() {
        Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(fields.any()?.time()?),
        _ => None,
    };
    fields.optional(tag::SEQUENCE)?; // the entries are OpenSSL's
    let scope = match fields.optional(tag::context(0))? {
        Some(list) => scope(Reader::only(list.content)?)?,
        None => Scope::default(),
    };
    fields.finish()?;
    Ok((issuer, this_update, next_update, scope))
}

fn scope(list: Element<'_>) -> Result<Scope, DerFault> {
    let mut scope = Scope::default();
    let mut list = list.reader();
    while !list.is_empty() {
        let mut extension = list.take(tag::SEQUENCE, "an extension is malformed")?.reader();
        let oid = extension.any()?.oid()?;
        let critical = extension.optional(tag::BOOLEAN)?.map_or(Ok(false), Element::boolean)?;
        let value = extension.take(tag::OCTET_STRING, "an extension has no value")?.content;
        match oid.as_str() {
            "2.5.29.28" => distribution_point(Reader::only(value)?, &mut scope)?,
            "2.5.29.20" | "2.5.29.35" => {} // number, authority key identifier
            "2.5.29.27" => scope.unusable = true,
            _ => scope.unusable |= critical,
        }
    }
    Ok(scope)
}

fn distribution_point(point: Element<'_>, scope: &mut Scope) -> Result<(), DerFault> {
    let mut fields = point.reader();
    while !fields.is_empty() {
        let field = fields.any()?;
        let is_set = field.content != [0];
        match field.tag & 0x1f {
            // distributionPoint [0], fullName [0], uniformResourceIdentifier [6]
            0 => {
                let name = Reader::only(field.content)?;
                let mut names = name.reader();
                while name.tag == tag::context(0) && !names.is_empty() {
                    let uri = names.any()?;
                    if uri.tag == tag::context_primitive(6) {
                        scope.points.push(uri.raw.to_vec());
                    }
                }
                scope.unusable |= scope.points.is_empty();
            }
            1 => scope.users_only = is_set,
            2 => scope.authorities_only = is_set,
            _ => scope.unusable |= is_set, // some reasons, indirect, attribute certificates
        }
    }
    Ok(())
}
