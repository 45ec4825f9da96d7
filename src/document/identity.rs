//! Who a person and a body are: FİN and VÖEN, by form and check digit (R 4.6).

use std::fmt;
use std::str::FromStr;

/// Why a text is no FİN or no VÖEN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// Another length or other characters than the identifier has.
    #[error("the form is wrong")]
    Form,
    /// The ninth digit of a VÖEN is not the one that the first eight give.
    #[error("the check digit is wrong")]
    CheckDigit,
    /// The VÖEN of a natural person (last digit 2) where a body is meant.
    #[error("this number belongs to a natural person, not to a body")]
    NotABody,
}

/// The tax number of a body (VÖEN): ten digits, the ninth a check digit, the tenth 1.
///
/// ```
/// use pencere::document::{IdentityFault, Voen};
/// assert!("9900003611".parse::<Voen>().is_ok());
/// assert_eq!("9900003621".parse::<Voen>(), Err(IdentityFault::CheckDigit));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Voen(String);

impl Voen {
    /// The ten digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Voen {
    type Err = IdentityFault;

    fn from_str(text: &str) -> Result<Self, IdentityFault> {
        const WEIGHTS: [u32; 8] = [4, 1, 8, 6, 2, 7, 5, 3];
        let digits: Vec<u32> = text.bytes().filter(u8::is_ascii_digit).map(|b| u32::from(b - b'0')).collect();
        if text.len() != 10 || digits.len() != 10 {
            return Err(IdentityFault::Form);
        }
        let check = WEIGHTS.iter().zip(&digits).map(|(w, d)| w * d).sum::<u32>() % 11;
        if check != digits[8] {
            return Err(IdentityFault::CheckDigit); // a remainder of 10 is never issued
        }
        match digits[9] {
            1 => Ok(Self(text.to_owned())),
            2 => Err(IdentityFault::NotABody),
            _ => Err(IdentityFault::Form),
        }
    }
}

impl fmt::Display for Voen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Voen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The personal number of a natural person (FİN): seven of `0-9A-HJ-NP-Z`, no check digit.
///
/// Personal data (R 2.1.4): `Display` and `Debug` mask it; [`Fin::reveal`] is for comparing,
/// and for the one place that must name the signer to himself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fin(String);

impl Fin {
    /// The seven characters. Never for a log, a metric or a file name.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Fin {
    type Err = IdentityFault;

    fn from_str(text: &str) -> Result<Self, IdentityFault> {
        let fits = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && b != b'I' && b != b'O');
        match text.len() == 7 && text.bytes().all(fits) {
            true => Ok(Self(text.to_owned())),
            false => Err(IdentityFault::Form),
        }
    }
}

impl fmt::Display for Fin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*****", &self.0[..2])
    }
}

impl fmt::Debug for Fin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_numbers_pass_and_altered_ones_do_not() {
        for good in ["9900003611", "9900003871", "9900001881", "1401555071", "1400057421", "9990000221"] {
            assert!(good.parse::<Voen>().is_ok(), "{good}");
        }
        assert_eq!("9990000222".parse::<Voen>(), Err(IdentityFault::NotABody));
        assert_eq!("1525855852".parse::<Voen>(), Err(IdentityFault::CheckDigit));
        for bad in ["", "990000361", "99000036111", "990000361A", "٩٩٠٠٠٠٣٦١١"] {
            assert_eq!(bad.parse::<Voen>(), Err(IdentityFault::Form), "{bad}");
        }
    }

    #[test]
    fn a_fin_has_no_look_alikes_and_is_masked() {
        let fin: Fin = "5VBK5VR".parse().unwrap();
        assert_eq!(fin.to_string(), "5V*****");
        assert_eq!(format!("{fin:?}"), "5V*****");
        for bad in ["5vbk5vr", "5VBK5VI", "5VBK5VO", "5VBK5V", "5VBK5VRR", "5VBK5VА"] {
            assert_eq!(bad.parse::<Fin>(), Err(IdentityFault::Form), "{bad}");
        }
    }
}
