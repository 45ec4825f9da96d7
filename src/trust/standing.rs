//! OCSP answers: read once, and asked about every certificate of a path (RFC 6960 4.2.2).

use super::revocation::Said;
use crate::document::Digest;
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::certificate::Certificate;
use crate::forms::ocsp::{Answer, Response, Standing};
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// The purpose of a certificate whose holder may answer for the authority that issued it (4.2.2.2).
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// An OCSP response, parsed once; whose it is shows when an issuer is known.
#[derive(Clone)]
pub struct OcspResponse {
    response: Response,
    responders: Vec<Certificate>,
    sha256: Digest,
}

impl OcspResponse {
    /// Parses DER. Errors: not an OCSP response that answers something, in words.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let response = Response::read(der).map_err(|fault| format!("not an OCSP response: {fault}"))?;
        let responders = response.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
        Ok(Self { response, responders, sha256: Digest::of(der) })
    }

    /// SHA-256 over the DER.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// What it says of a certificate of this issuer at `at`; none when it says nothing, is not fresh, or
    /// was not made by whoever may answer for the issuer.
    pub(super) fn about(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        at: Timestamp,
        grace: SignedDuration,
    ) -> Option<Said> {
        let about = |answer: &&Answer| answer.is_about(certificate, issuer);
        let answer = self.response.answers.iter().find(about)?;
        // without nextUpdate newer information was always there (4.2.2.1): then it counts for what was before it
        let until = answer.next_update.unwrap_or(answer.this_update);
        let until = until.checked_add(grace).unwrap_or(Timestamp::MAX);
        if at > until || !self.is_by_whom_may_answer(issuer) {
            return None;
        }
        let revoked = match answer.standing {
            Standing::Good => None,
            Standing::Revoked(moment) => Some(moment),
            Standing::Unknown => return None,
        };
        Some(Said { since: answer.this_update, until, revoked })
    }

    /// The issuer itself, or somebody whom the issuer gave a certificate for this purpose alone (4.2.2.2).
    fn is_by_whom_may_answer(&self, issuer: &Certificate) -> bool {
        let broken = self.response.digest().is_some_and(DigestAlgorithm::is_broken);
        !broken
            && (self.response.is_signed_by(issuer.public_key())
                || self.responders.iter().any(|responder| {
                    let at = self.response.produced_at;
                    responder.issuer_der() == issuer.subject_der()
                        && responder.extended_key_usage().is_some_and(|all| all.iter().any(|one| one == OCSP_SIGNING))
                        && (responder.not_before()..=responder.not_after()).contains(&at)
                        && responder.x509().to_owned().verify(issuer.public_key()).unwrap_or(false)
                        && self.response.is_signed_by(responder.public_key())
                }))
    }
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({}, {})", self.sha256, self.response.produced_at)
    }
}
