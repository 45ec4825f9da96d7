//! SHA-256 digests: the names by which octets are known in journal, evidence and receipts.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

/// A SHA-256 digest, printed as 64 lower-case hexadecimal digits.
///
/// ```
/// use pencere::document::Digest;
/// let empty = Digest::of(b"");
/// assert!(empty.to_string().starts_with("e3b0c442"));
/// assert_eq!(empty.to_string().parse(), Ok(empty));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these octets.
    pub fn of(octets: &[u8]) -> Self {
        // Not the one-shot call: that looks the algorithm up by name each time, which costs more
        // than the digest of a small document.
        let mut digester = Digester::new();
        digester.update(octets);
        digester.finish()
    }

    /// The digest of all that this reader gives, read in pieces.
    ///
    /// # Errors
    /// What the reader says.
    pub fn of_reader(mut octets: impl Read) -> io::Result<Self> {
        let (mut digester, mut piece) = (Digester::new(), [0; 16 * 1024]);
        loop {
            match octets.read(&mut piece) {
                Ok(0) => return Ok(digester.finish()),
                Ok(count) => digester.update(&piece[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The 32 octets themselves.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A digest that was computed elsewhere, as its 32 octets.
    pub fn from_bytes(octets: [u8; 32]) -> Self {
        Self(octets)
    }
}

/// A digest under way, for octets that arrive in pieces.
pub struct Digester(openssl::sha::Sha256);

impl Digester {
    /// Starts over nothing.
    #[allow(clippy::new_without_default)] // a digest of nothing is no sensible default
    pub fn new() -> Self {
        Self(openssl::sha::Sha256::new())
    }

    /// Takes the next octets.
    pub fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The digest of all that was taken.
    pub fn finish(self) -> Digest {
        Digest(self.0.finish())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0u8; 64];
        for (pair, octet) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(octet >> 4)];
            pair[1] = HEX[usize::from(octet & 15)];
        }
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 digest is 64 hexadecimal digits")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(NotADigest);
        }
        let mut octets = [0u8; 32];
        for (octet, pair) in octets.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |c: u8| (c as char).to_digit(16).ok_or(NotADigest);
            *octet = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Ok(Self(octets))
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
