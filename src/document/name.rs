//! Names: of participants, datasets and stations (ours), and of files (the sender's, only data).

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

macro_rules! plain_name {
    ($(#[$doc:meta])* $name:ident, $max:literal, $fits:expr, $form:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, &'static str> {
                let fits: fn(&str) -> bool = $fits;
                match (1..=$max).contains(&text.len()) && fits(text) {
                    true => Ok(Self(text.into())),
                    false => Err($form),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

fn slug(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

plain_name!(
    /// A participant's slug in the registry, `azerenerji`; also the name of its drop folder.
    ParticipantName, 64, slug, "a participant's name is 1 to 64 of a-z, 0-9 and -, beginning with a letter"
);
plain_name!(
    /// An address that mail goes to, or comes from.
    MailAddress,
    254,
    super::mail::is_address,
    "an address is name@domain in plain letters, digits and signs, without quotes, at most 254 octets"
);
plain_name!(
    /// A dataset's slug, `generation` (S 6.1).
    DatasetName, 64, slug, "a dataset's name is 1 to 64 of a-z, 0-9 and -, beginning with a letter"
);
plain_name!(
    /// A station's code in the register, `GUN-0001` (R 4.6, third case: a code internal to the system).
    StationCode,
    32,
    |text| text.split_once('-').is_some_and(|(kind, number)| {
        (2..=3).contains(&kind.len())
            && kind.bytes().all(|b| b.is_ascii_uppercase())
            && number.len() >= 4
            && number.bytes().all(|b| b.is_ascii_digit())
    }),
    "a station's code is two or three capital letters, a hyphen and at least four digits, as GUN-0001"
);

/// A file's name as its sender gave it: any octets but `/` and NUL. It is data; no path is built
/// from it but the receipt's, by [`GivenName::for_receipt`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GivenName(OsString);

impl GivenName {
    /// Longest name, in octets, that a receipt's file name repeats (CONTRACT 5): with the
    /// submission's id and the ending it stays below the 255 octets that file systems allow.
    pub const FOR_RECEIPT_MAX: usize = 150;

    /// Takes the name as a folder listing or a mail gave it.
    pub fn new(name: impl Into<OsString>) -> Self {
        Self(name.into())
    }

    /// The name as the system has it.
    pub fn as_os_str(&self) -> &OsStr {
        &self.0
    }

    /// What stands before the dot and id in the receipt's file name. A name that begins with a dot, which a file in a
    /// mail may have, would hide the receipt, and no outlet lays such a one.
    pub fn for_receipt(&self) -> &str {
        match self.0.to_str() {
            Some(name) if self.is_plain() && !name.starts_with('.') => name,
            _ => "unnamed",
        }
    }

    /// Whether the name can be repeated as it is: short, UTF-8, nothing that moves a cursor.
    pub fn is_plain(&self) -> bool {
        self.0.len() <= Self::FOR_RECEIPT_MAX
            && self.0.to_str().is_some_and(|name| {
                !name.is_empty()
                    && name != "."
                    && name != ".."
                    && !name.contains('/')
                    && !name.chars().any(char::is_control)
            })
    }

    /// The name for people, journal and receipt: as it is when plain, else percent-encoded.
    pub fn shown(&self) -> String {
        if self.is_plain() {
            return self.0.to_string_lossy().into_owned();
        }
        let mut shown = String::new();
        for &octet in self.0.as_bytes() {
            match octet {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => shown.push(octet as char),
                _ => shown.push_str(&format!("%{octet:02X}")),
            }
        }
        shown
    }

    /// Whether the name ends so, letters of either case (`.p7s`).
    pub fn ends_with(&self, ending: &str) -> bool {
        let name = self.0.as_bytes();
        name.len() > ending.len() && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
    }

    /// The name without its last `count` octets: of `a.csv.p7s` the document `a.csv`.
    pub fn without_last(&self, count: usize) -> Self {
        let name = self.0.as_bytes();
        Self(OsStr::from_bytes(&name[..name.len().saturating_sub(count)]).to_owned())
    }
}

impl fmt::Display for GivenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown())
    }
}

impl fmt::Debug for GivenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_name_stands_in_a_receipts_name() {
        assert_eq!(GivenName::new("Rüb-3.xml").for_receipt(), "Rüb-3.xml");
        for odd in ["a\nb", "a\u{7}", "..", ".a.xml", &"x".repeat(151)] {
            assert_eq!(GivenName::new(odd).for_receipt(), "unnamed", "{odd:?}");
        }
        let raw = GivenName::new(OsStr::from_bytes(b"\xff/x"));
        assert_eq!((raw.for_receipt(), raw.shown().as_str()), ("unnamed", "%FF%2Fx"));
        assert!(GivenName::new("a.csv.P7S").ends_with(".p7s") && !GivenName::new(".p7s").ends_with(".p7s"));
    }
}
