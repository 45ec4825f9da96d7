//! Certificates and revocation lists in files, PEM or DER, as a configuration names them.

use crate::forms::certificate::{Certificate, TRIAL_POLICY_OID};

/// The certificates of a file, at least one.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn parse(octets: &[u8]) -> Result<Vec<Certificate>, String> {
    match is_pem(octets) {
        true => Certificate::from_pem(octets),
        false => Certificate::from_der(octets).map(|certificate| vec![certificate]),
    }
}

/// Whether a file is PEM: DER begins with a SEQUENCE and never reads so.
pub(super) fn is_pem(octets: &[u8]) -> bool {
    memchr::memmem::find(octets, b"-----BEGIN ").is_some()
}

/// Whether it carries the policy of a trial PKI.
pub(super) fn is_trial(certificate: &Certificate) -> bool {
    // the whole DER value of the OID, 20 octets of which 16 are random: nothing else reads so
    let Ok(oid) = openssl::asn1::Asn1Object::from_str(TRIAL_POLICY_OID) else { return true };
    memchr::memmem::find(certificate.der(), oid.as_slice()).is_some()
}
