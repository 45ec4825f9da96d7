//! Time-stamps on receipts, as far as the seal has to do with them: it asks for them, puts them behind its
//! signature, and keeps them with its acts, so that the same receipt can be written again.
//!
//! Whom to ask, how long to wait and whom to believe is for whoever gives it a [`Stamper`]. A stamp is signed by
//! nobody here: it proves a moment, and a receipt without one says the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer, Serializer};

/// Who has the time stamped.
pub trait Stamper: Send + Sync {
    /// A token (RFC 3161, DER) over each of these, in their order, and already verified; none where none is to be
    /// had soon. A group of receipts is asked for at once, and all of it waits for the answer.
    fn stamp(&self, over: &[String]) -> Vec<Option<Vec<u8>>>;
}

/// A token in an act: Base64.
pub(super) fn serialize<S: Serializer>(token: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match token {
        Some(token) => serializer.serialize_some(&BASE64.encode(token)),
        None => serializer.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| BASE64.decode(text).map_err(serde::de::Error::custom)).transpose()
}
