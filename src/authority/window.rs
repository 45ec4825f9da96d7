//! The window as its documents address it: id and environment.

use std::fmt;
use std::str::FromStr;

/// A window's id, what a document's `to` must say: 1 to 64 of a-z, 0-9 and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowId(String);

impl WindowId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WindowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for WindowId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let fits = (1..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        match fits {
            true => Ok(Self(text.to_owned())),
            false => Err("a window's id is 1 to 64 of a-z, 0-9 and -, beginning with a letter"),
        }
    }
}

/// Whether what is filed here counts. There is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// A trial: `to` may be left out, plain signatures may be taken, a trial PKI is believed.
    Test,
    /// The real thing.
    Production,
}

impl Environment {
    /// The word of the configuration and of the receipt.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

/// The window that a document must be addressed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its id.
    pub id: WindowId,
    /// Whether it is a trial one.
    pub environment: Environment,
}
