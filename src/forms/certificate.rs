//! X.509 certificates as a form: subject, attributes, validity, usages, key.

use crate::document::Digest;
use jiff::Timestamp;
use openssl::pkey::{PKey, Public};

/// The certificate policy that marks a PKI made for trials, whose private keys anybody may hold.
/// An OID of the project's own, from the UUID arc (ITU-T X.667): a272de70-51f0-4631-8a55-c85f454a1667.
pub const TRIAL_POLICY_OID: &str = "2.25.215931368752874313500257962830988973671";

/// A certificate, parsed once; its DER is kept as it came.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
}

impl Certificate {
    /// Parses DER. Errors: not a certificate.
    pub fn from_der(_der: &[u8]) -> Result<Self, String> {
        todo!()
    }
    /// All certificates of a PEM text, at least one.
    pub fn from_pem(_pem: &[u8]) -> Result<Vec<Self>, String> {
        todo!()
    }
    /// The octets as they came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// SHA-256 over the DER: the fingerprint.
    pub fn sha256(&self) -> Digest {
        Digest::of(&self.der)
    }
    /// The subject as RFC 4514 text.
    pub fn subject(&self) -> String {
        todo!()
    }
    /// The issuer as RFC 4514 text.
    pub fn issuer(&self) -> String {
        todo!()
    }
    /// The serial number in decimal.
    pub fn serial(&self) -> String {
        todo!()
    }
    /// Values of the subject attribute with this dotted OID, in order.
    pub fn subject_attribute(&self, _oid: &str) -> Vec<String> {
        todo!()
    }
    /// Start of validity.
    pub fn not_before(&self) -> Timestamp {
        todo!()
    }
    /// End of validity.
    pub fn not_after(&self) -> Timestamp {
        todo!()
    }
    /// The public key.
    pub fn public_key(&self) -> &PKey<Public> {
        todo!()
    }
}
