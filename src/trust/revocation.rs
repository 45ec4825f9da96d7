//! Revocation: what lists (RFC 5280 section 5) and OCSP answers say of every certificate of a path.
//!
//! A list is read once, here; an answer in [`standing`](super::standing).

use super::{Distrust, Doubt, When};
use crate::document::Digest;
use crate::finding::Code;
use crate::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::forms::certificate::Certificate;
use crate::forms::der::{DerFault, Element, Reader, tag};
use crate::forms::pem;
use jiff::{SignedDuration, Timestamp};
use openssl::x509::{CrlStatus, X509Crl};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A revocation list, parsed once; its signature is verified when an issuer is known.
#[derive(Clone)]
pub struct RevocationList {
    crl: Arc<X509Crl>,
    sha256: Digest,
    issuer_der: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    scope: Scope,
    /// Whose key signed it, asked once of each.
    seen: Arc<Seen>,
}

/// Answers of public key operations, by whose key they were asked of: what is asked for every time-stamp of
/// a document is computed once.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<Digest, bool>>);

impl Seen {
    pub(super) fn once(&self, key: Digest, ask: impl FnOnce() -> bool) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.entry(key).or_insert_with(ask)
    }
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
        let (crl, sha256, seen) = (Arc::new(crl), Digest::of(der), Arc::default());
        Ok(Self { crl, sha256, issuer_der, this_update, next_update, scope, seen })
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

    /// Whether it names this authority as its maker.
    pub(super) fn names(&self, authority: &Certificate) -> bool {
        self.issuer_der == authority.subject_der()
    }

    /// Whether it was signed with this authority's key.
    pub(super) fn is_signed_by(&self, authority: &Certificate) -> bool {
        self.seen.once(authority.sha256(), || self.crl.verify(authority.public_key()).unwrap_or(false))
    }

    /// Whether it speaks of this certificate, by name and scope.
    fn concerns(&self, certificate: &Certificate) -> bool {
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
    }

    fn fresh_until(&self, grace: SignedDuration) -> Option<Timestamp> {
        // RFC 5280 5.1.2.5 demands nextUpdate; a list without one never proves anything
        self.next_update.map(|next| next.checked_add(grace).unwrap_or(Timestamp::MAX))
    }
}

impl Speaks for RevocationList {
    fn about(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        when: When,
        grace: SignedDuration,
    ) -> Option<Said> {
        let may_sign = issuer.key_usage().is_none_or(|usage| usage.crl_sign());
        if !may_sign || !self.concerns(certificate) || !when.has_come(self.this_update) || !self.is_signed_by(issuer) {
            return None;
        }
        let (revoked, is_lasting) = match self.crl.get_by_cert(&certificate.x509().to_owned()) {
            // a hold may be lifted (RFC 5280 5.3.1): then the newest word counts
            CrlStatus::Revoked(entry) => (Some(entry_moment(entry).unwrap_or(Timestamp::MIN)), !is_hold(entry)),
            CrlStatus::NotRevoked | CrlStatus::RemoveFromCrl(_) => (None, false),
        };
        let until = self.fresh_until(grace).unwrap_or(Timestamp::MIN);
        Some(Said { since: self.this_update, until, revoked, is_lasting })
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationList({}, {})", self.sha256, self.this_update)
    }
}

/// A list or an answer: what says whether certificates are revoked.
pub(super) trait Speaks {
    /// What it says of a certificate of this issuer; none when it says nothing, or was not made by whoever may
    /// speak for the issuer.
    fn about(&self, certificate: &Certificate, issuer: &Certificate, when: When, grace: SignedDuration)
    -> Option<Said>;
}

/// What was said of one certificate.
pub(super) struct Said {
    /// Since when it is known to be right.
    pub(super) since: Timestamp,
    /// Until when it is fresh.
    pub(super) until: Timestamp,
    /// Since when the certificate is revoked, if it is.
    pub(super) revoked: Option<Timestamp>,
    /// Whether that is for ever, whatever anybody says later.
    pub(super) is_lasting: bool,
}

/// All that is known about revocation.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) words: &'a [&'a dyn Speaks],
    /// Whether the standing of every certificate must be known; else only what is known counts.
    pub(super) must_know: bool,
}

/// The standing of one certificate.
enum Verdict {
    /// Nobody can tell.
    Unknown,
    /// Revoked, since then.
    Revoked(Timestamp),
    /// On hold, since then, by the newest word: it may be lifted.
    OnHold(Timestamp),
    /// Not revoked, and until when that may be relied on.
    Good(Timestamp),
}

impl Known<'_> {
    /// All that is said of a certificate of this issuer.
    fn said(&self, certificate: &Certificate, issuer: &Certificate, when: When, grace: SignedDuration) -> Vec<Said> {
        self.words.iter().filter_map(|word| word.about(certificate, issuer, when, grace)).collect()
    }
}

/// A revocation counts by its date, from whoever may say it, fresh or not: nothing newer takes it back. Of holds the
/// newest word counts, for it may have been lifted since. That there is none, only fresh information says, or what was
/// said after the moment that is asked about (EN 319 102-1 5.2.5), and while the certificate was in force: later it is
/// forgotten (RFC 5280 3.3, RFC 6960 4.4.4).
fn verdict(said: &[Said], certificate: &Certificate, when: When) -> Verdict {
    if let Some(moment) = said.iter().filter(|said| said.is_lasting).filter_map(|said| said.revoked).min() {
        return Verdict::Revoked(moment);
    }
    let newest = said.iter().max_by_key(|said| said.since);
    if let Some(moment) = newest.and_then(|newest| newest.revoked) {
        return Verdict::OnHold(moment);
    }
    let counts =
        |said: &&Said| (when.now <= said.until || said.since >= when.at) && said.since <= certificate.not_after();
    said.iter().filter(counts).map(|said| said.until).max().map_or(Verdict::Unknown, Verdict::Good)
}

/// What is said of a path below its anchor.
pub(super) struct Standing {
    /// Until when nothing of it changes by what is known.
    until: Timestamp,
    /// Whose authority says nothing, of the first such certificate.
    unknown: Option<String>,
    /// Whose certificate is on hold at the moment that is asked about, as `unknown`.
    on_hold: Option<String>,
    /// The first certificate that was revoked at the moment that is asked about: its depth, and since when.
    pub(super) revoked: Option<(usize, Timestamp)>,
    /// When the newest word on the signer's own certificate was said.
    pub(super) newest: Option<Timestamp>,
}

/// Asks about every certificate of a path below its anchor.
pub(super) fn ask(known: Known<'_>, path: &[Certificate], when: When, grace: SignedDuration) -> Standing {
    let mut standing = Standing { until: Timestamp::MAX, unknown: None, on_hold: None, revoked: None, newest: None };
    for (depth, pair) in path.windows(2).enumerate() {
        let [certificate, issuer] = pair else { continue };
        let said = known.said(certificate, issuer, when, grace);
        if depth == 0 {
            // what was said after its end says nothing of it (RFC 5280 3.3)
            let while_in_force = said.iter().filter(|said| said.since <= certificate.not_after());
            standing.newest = while_in_force.map(|said| said.since).max();
        }
        match verdict(&said, certificate, when) {
            // a revocation further up weighs more than a list that is missing
            Verdict::Unknown => drop(standing.unknown.get_or_insert_with(|| certificate.authority().to_owned())),
            Verdict::Good(last) => standing.until = standing.until.min(last),
            Verdict::Revoked(moment) if moment <= when.at => {
                standing.revoked = Some((depth, moment));
                break;
            }
            Verdict::OnHold(moment) if moment <= when.at => {
                let whose = format!("certificateHold {moment}, {}", certificate.authority());
                standing.on_hold.get_or_insert(whose);
                standing.newest = None; // whatever was said does not settle it
            }
            Verdict::Revoked(moment) | Verdict::OnHold(moment) => {
                let before = moment.checked_sub(SignedDuration::from_secs(1)).unwrap_or(moment);
                standing.until = standing.until.min(before);
            }
        }
    }
    standing
}

/// Asks about every certificate of a path below its anchor; answers until when that holds.
pub(super) fn check(
    known: Known<'_>,
    path: &[Certificate],
    when: When,
    grace: SignedDuration,
) -> Result<Timestamp, Distrust> {
    let Standing { until, unknown, on_hold, revoked, newest: _ } = ask(known, path, when, grace);
    if let Some((depth, moment)) = revoked {
        let verdict = if depth == 0 { Doubt::RevokedNoPoe } else { Doubt::RevokedCaNoPoe };
        return Err(Distrust::new(verdict, Code::SignatureCertificateRevoked, moment.to_string()));
    }
    // EN 319 102-1 5.2.6.4: what is on hold is asked about again later
    match on_hold.or(unknown.filter(|_| known.must_know)) {
        Some(why) => Err(Distrust::new(Doubt::TryLater, Code::SignatureRevocationUnknown, why)),
        None => Ok(until),
    }
}

/// Whether an entry says that the certificate is only on hold (certificateHold, RFC 5280 5.3.1).
fn is_hold(entry: &openssl::x509::X509RevokedRef) -> bool {
    let reason = entry.extension::<openssl::x509::ReasonCode>().ok().flatten();
    reason.is_some_and(|(_, reason)| reason.get_i64().is_ok_and(|reason| reason == 6))
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
    let mut algorithm = fields.take(tag::SEQUENCE, "no signature algorithm")?.reader();
    let oid = algorithm.any()?.oid()?;
    let parameters = if algorithm.is_empty() { None } else { Some(algorithm.any()?) };
    let digest = SignatureAlgorithm::from_cms(&oid, parameters, DigestAlgorithm::Md5)?.and_then(|known| known.digest());
    let issuer = fields.take(tag::SEQUENCE, "no issuer")?.raw.to_vec();
    let this_update = fields.any()?.time()?;
    let next_update = match fields.peek() {
        Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(fields.any()?.time()?),
        _ => None,
    };
    fields.optional(tag::SEQUENCE)?; // the entries are OpenSSL's
    let mut scope = match fields.optional(tag::context(0))? {
        Some(list) => scope(Reader::only(list.content)?)?,
        None => Scope::default(),
    };
    scope.unusable |= digest.is_some_and(DigestAlgorithm::is_broken);
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
