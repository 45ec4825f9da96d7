//! Formats of signatures and certificates: how they are written, for verifier and seal alike.
//!
//! Owns XMLDSig, XAdES, ASiC, CMS, time-stamps, OCSP, DER, PEM, X.509, Merkle trees and checkpoints as *forms*. Never
//! decides whether to believe one: that is `signature`'s and `trust`'s.

pub mod address;
pub mod algorithm;
pub mod asic;
mod attributes;
pub mod certificate;
pub mod claims;
pub mod cms;
pub mod der;
pub mod issue;
pub mod key;
pub mod keyvalue;
pub mod merkle;
pub mod note;
pub mod ocsp;
pub mod outline;
pub mod pem;
pub mod qualifying;
pub mod timestamp;
pub mod tsp;
pub mod unsigned;
pub mod value;
pub mod xades;
pub mod xmldsig;
