//! A private key that signs, wherever it lies: in this program's memory, or in a token that never gives it
//! away.
//!
//! Owns what whoever signs may ask of a key, and nothing of where it comes from.

use super::algorithm::SignatureAlgorithm;
use super::value::{self, Form, ValueFault};
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use std::sync::Arc;

/// Why a key did not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It cannot: another kind of key, or an algorithm that is not at hand.
    #[error(transparent)]
    Value(#[from] ValueFault),
    /// What holds the key does not answer, or answers wrongly; in words.
    #[error("{0}")]
    Away(String),
}

/// A private key that signs.
pub trait SigningKey: Send + Sync {
    /// Whether this is its public half.
    fn belongs_to(&self, public: &PKeyRef<Public>) -> bool;

    /// Signs a digest that was computed before; EdDSA takes none.
    ///
    /// # Errors
    /// [`KeyFault`].
    fn sign_digest(&self, algorithm: SignatureAlgorithm, digest: &[u8], form: Form) -> Result<Vec<u8>, KeyFault>;

    /// Signs octets by an algorithm that takes no digest.
    ///
    /// # Errors
    /// [`KeyFault`].
    fn sign_octets(&self, algorithm: SignatureAlgorithm, octets: &[u8], form: Form) -> Result<Vec<u8>, KeyFault>;

    /// Signs these octets, by way of their digest where the algorithm has one.
    ///
    /// # Errors
    /// [`KeyFault`].
    fn sign(&self, algorithm: SignatureAlgorithm, octets: &[u8], form: Form) -> Result<Vec<u8>, KeyFault> {
        match algorithm.digest() {
            Some(digest) => {
                let digest = digest.digest(octets).ok_or(ValueFault::Unavailable(algorithm))?;
                self.sign_digest(algorithm, &digest, form)
            }
            None => self.sign_octets(algorithm, octets, form),
        }
    }
}

impl SigningKey for PKey<Private> {
    fn belongs_to(&self, public: &PKeyRef<Public>) -> bool {
        public.public_eq(self)
    }

    fn sign_digest(&self, algorithm: SignatureAlgorithm, digest: &[u8], form: Form) -> Result<Vec<u8>, KeyFault> {
        Ok(value::sign_digest(self, algorithm, digest, form)?)
    }

    fn sign_octets(&self, algorithm: SignatureAlgorithm, octets: &[u8], form: Form) -> Result<Vec<u8>, KeyFault> {
        Ok(value::sign(self, algorithm, octets, form)?)
    }
}

impl<K: SigningKey + ?Sized> SigningKey for Arc<K> {
    fn belongs_to(&self, public: &PKeyRef<Public>) -> bool {
        (**self).belongs_to(public)
    }

    fn sign_digest(&self, algorithm: SignatureAlgorithm, digest: &[u8], form: Form) -> Result<Vec<u8>, KeyFault> {
        (**self).sign_digest(algorithm, digest, form)
    }

    fn sign_octets(&self, algorithm: SignatureAlgorithm, octets: &[u8], form: Form) -> Result<Vec<u8>, KeyFault> {
        (**self).sign_octets(algorithm, octets, form)
    }
}
