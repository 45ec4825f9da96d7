//! The message that a submission came in, so that an answer by mail can refer to it.

use serde::{Deserialize, Serialize};

/// A mail message, and the place in it of one submission. Bounded by whoever reads letters (`letter`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Its Message-ID without the angle brackets; `sha256:` and the digest of its octets where it has none, and
    /// then there is nothing to refer to.
    pub message_id: String,
    /// What it refers to, oldest first, without angle brackets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// The mailbox that it lay in, as the configuration names it.
    pub mailbox: String,
    /// Which of its parts, from 1 in the order in which they stand.
    pub part: u32,
    /// Whether a machine sent it, or a list: then no mail answers it (RFC 3834).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
}

impl Thread {
    /// The Message-ID that an answer refers to.
    pub fn replies_to(&self) -> Option<&str> {
        (!self.message_id.starts_with("sha256:")).then_some(self.message_id.as_str())
    }
}
