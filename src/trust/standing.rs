//! OCSP answers: read once, and asked about every certificate of a path (RFC 6960 4.2.2).

use super::When;
use super::revocation::{Said, Seen, Speaks};
use crate::document::Digest;
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::certificate::Certificate;
use crate::forms::ocsp::{Answer, Response, Standing};
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::sync::Arc;

/// The purpose of a certificate whose holder may answer for the authority that issued it (4.2.2.2).
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// Certificates of one response that are looked at: the responder's is the first of one or two.
const RESPONDERS_MAX: usize = 4;

/// An OCSP response, parsed once; whose it is shows when an issuer is known.
#[derive(Clone)]
pub struct OcspResponse {
    response: Response,
    responders: Vec<Certificate>,
    sha256: Digest,
    /// By which issuer's leave it was made, asked once of each.
    seen: Arc<Seen>,
}

impl OcspResponse {
    /// Parses DER. Errors: not an OCSP response that answers something, in words.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let response = Response::read(der).map_err(|fault| format!("not an OCSP response: {fault}"))?;
        let certificates = response.certificates.iter().take(RESPONDERS_MAX);
        let responders = certificates.filter_map(|der| Certificate::from_der(der).ok()).collect();
        Ok(Self { response, responders, sha256: Digest::of(der), seen: Arc::default() })
    }

    /// SHA-256 over the DER.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Whether it may be relied on about this certificate: since when what it says is known to be right; none
    /// when it says nothing, or was not made by whoever may answer for the issuer.
    pub fn speaks_of(&self, certificate: &Certificate, issuer: &Certificate, now: Timestamp) -> Option<Timestamp> {
        self.about(certificate, issuer, When::at_once(now), SignedDuration::ZERO).map(|said| said.since)
    }

    /// The issuer itself, or somebody to whom the issuer gave a certificate for this purpose (4.2.2.2): in
    /// force when we ask, since whoever has an old key can write any date, and vouched for as long.
    fn is_by_whom_may_answer(&self, issuer: &Certificate, when: When) -> bool {
        let broken = |digest: Option<DigestAlgorithm>| digest.is_some_and(DigestAlgorithm::is_broken);
        if broken(self.response.digest()) {
            return false;
        }
        let by_issuer = self.seen.once(issuer.sha256(), || self.response.is_signed_by(issuer.public_key()));
        by_issuer
            || self.responders.iter().any(|responder| {
                let may = || {
                    let is_for_it = |all: &[String]| all.iter().any(|one| one == OCSP_SIGNING);
                    let made_with = responder.signature_algorithm().map(|algorithm| algorithm.digest());
                    responder.issuer_der() == issuer.subject_der()
                        && responder.extended_key_usage().is_some_and(is_for_it)
                        && responder.is_unchecked()
                        && made_with.is_some_and(|digest| !broken(digest))
                        // its own key first: a certificate that did not sign this costs nothing more
                        && self.response.is_signed_by(responder.public_key())
                        && responder.x509().to_owned().verify(issuer.public_key()).unwrap_or(false)
                };
                let pair = Digest::of(&[*responder.sha256().as_bytes(), *issuer.sha256().as_bytes()].concat());
                (responder.not_before()..=responder.not_after()).contains(&when.now) && self.seen.once(pair, may)
            })
    }
}

impl Speaks for OcspResponse {
    fn about(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        when: When,
        grace: SignedDuration,
    ) -> Option<Said> {
        let about = |answer: &&Answer| answer.is_about(certificate, issuer);
        let answer = self.response.answers.iter().find(about)?;
        // 4.2.2.1: what was not yet said, or was said before it was known
        if !when.has_come(self.response.produced_at) || answer.this_update > self.response.produced_at {
            return None;
        }
        let (standing, is_lasting) = match answer.standing {
            Standing::Unknown => return None,
            Standing::Good => (None, false),
            Standing::Revoked(moment) => (Some(moment), true),
            Standing::OnHold(moment) => (Some(moment), false),
        };
        if !self.is_by_whom_may_answer(issuer, when) {
            return None;
        }
        // without nextUpdate newer information was always there (4.2.2.1)
        let until = answer.next_update.unwrap_or(answer.this_update);
        let until = until.checked_add(grace).unwrap_or(Timestamp::MAX);
        Some(Said { since: answer.this_update, until, revoked: standing, is_lasting })
    }
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({}, {})", self.sha256, self.response.produced_at)
    }
}
