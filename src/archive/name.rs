//! The name of a unit: the window that made it, and a number.
//!
//! Owns its one form, `[a-z][a-z0-9-]{0,63}-[0-9]{6,12}`: what bears it names a file, an annex and a notice, stands
//! in lines and on screens, and can be nothing else there. Never touches a disk.

use std::fmt;
use std::str::FromStr;

/// Digits of the number, at least and at most.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=12;
/// Octets of the window's id, at most.
const WINDOW_MAX: usize = 64;
/// The last number of all: twelve digits.
const NUMBER_MAX: u64 = 999_999_999_999;

/// A unit's name, `trial-000001`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName {
    text: String,
    number: u64,
}

/// A text that is no unit's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a unit: a window's id, a hyphen and 6 to 12 digits, as trial-000001")]
pub struct NoName(String);

impl UnitName {
    /// The unit of this number; none where there is no such number, or no such window.
    pub fn new(window: &str, number: u64) -> Option<Self> {
        if number > NUMBER_MAX {
            return None;
        }
        format!("{window}-{number:06}").parse().ok()
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The id of the window that gave it.
    pub fn window(&self) -> &str {
        self.text.rsplit_once('-').map_or("", |(window, _)| window)
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for UnitName {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        let no = || NoName(text.chars().take(100).collect());
        let (window, digits) = text.rsplit_once('-').ok_or_else(no)?;
        let is_window = window.len() <= WINDOW_MAX
            && window.starts_with(|c: char| c.is_ascii_lowercase())
            && window.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let is_number = DIGITS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        match digits.parse() {
            Ok(number) if is_window && is_number => Ok(Self { text: text.to_owned(), number }),
            _ => Err(no()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_form() {
        let longest = format!("{}-000001", "a".repeat(64));
        for good in ["trial-000001", "a-999999999999", "a1-b--000002", longest.as_str()] {
            assert_eq!(good.parse::<UnitName>().unwrap().as_str(), good);
        }
        let too_long = format!("{}-000001", "a".repeat(65));
        for bad in [
            "",
            "trial",
            "trial-1",
            "-000001",
            "1a-000001",
            "Trial-000001",
            "trial-0000000000001",
            "trial-00000\u{661}",
            "trial-000001\n",
            "tri\nal-000001",
            "tri\u{1b}al-000001",
            "tri\\al-000001",
            "../a-000001",
            "a-+00001",
            "trial-18446744073709551615",
            &too_long,
        ] {
            assert!(bad.parse::<UnitName>().is_err(), "{bad:?}");
        }
        let name: UnitName = "a-b-000042".parse().unwrap();
        assert_eq!((name.window(), name.number()), ("a-b", 42));
    }

    #[test]
    fn numbers_end() {
        assert_eq!(UnitName::new("trial", 7).unwrap().as_str(), "trial-000007");
        assert_eq!(UnitName::new("trial", NUMBER_MAX).unwrap().as_str(), "trial-999999999999");
        assert_eq!(UnitName::new("trial", NUMBER_MAX + 1), None);
    }
}
