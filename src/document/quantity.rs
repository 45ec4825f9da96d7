//! Exact decimal quantities: scaled integers, no floating point anywhere (R 3.5.1).

use crate::host::put_digits;
use std::fmt;

/// A non-negative decimal of a fixed number of places: 98765.432 is 98 765 432 thousandths.
///
/// ```
/// use pencere::document::Quantity;
/// let tenth = Quantity::parse("0.1", 3, '.').unwrap();
/// let sum = tenth.plus(Quantity::parse("0.2", 3, '.').unwrap()).unwrap();
/// assert_eq!(sum.to_string(), "0.300");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quantity {
    scaled: i64,
    places: u8,
}

/// What is wrong with the text of a number, so that the sender is told in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantityFault {
    /// Nothing stands there.
    Empty,
    /// A plus or minus sign; `-` where the amount cannot be negative.
    Sign,
    /// An exponent, `1e5`.
    Exponent,
    /// A comma where a point is meant, or the reverse, or a thousands separator.
    Separator,
    /// More decimal places than the column has.
    Places,
    /// More digits than any station could produce (the scaled number passes 18 digits).
    TooLarge,
    /// A point without a digit before or after it.
    BarePoint,
    /// Leading zeros, blanks, letters or signs of another script.
    Form,
}

impl Quantity {
    /// Digits of the scaled number at most; 10^18 thousandths fit an `i64` with room to sum nine.
    const DIGITS_MAX: usize = 15;

    /// Reads a plain decimal with at most `places` places and this decimal mark.
    pub fn parse(text: &str, places: u8, mark: char) -> Result<Self, QuantityFault> {
        if text.is_empty() {
            return Err(QuantityFault::Empty);
        }
        if text.starts_with(['-', '+', '−']) {
            return Err(QuantityFault::Sign);
        }
        if let Some(odd) = text.chars().find(|&c| !c.is_ascii_digit() && c != mark) {
            return Err(match odd {
                'e' | 'E' if text.starts_with(|c: char| c.is_ascii_digit()) => QuantityFault::Exponent,
                ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' if text.trim().len() == text.len() => {
                    QuantityFault::Separator
                }
                _ => QuantityFault::Form,
            });
        }
        let (whole, fraction) = text.split_once(mark).unwrap_or((text, ""));
        if fraction.contains(mark) {
            return Err(QuantityFault::Separator);
        }
        if whole.is_empty() || (fraction.is_empty() && text.ends_with(mark)) {
            return Err(QuantityFault::BarePoint);
        }
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(QuantityFault::Form);
        }
        if fraction.len() > usize::from(places) {
            return Err(QuantityFault::Places);
        }
        if whole.len() > Self::DIGITS_MAX - usize::from(places) {
            return Err(QuantityFault::TooLarge);
        }
        let missing = usize::from(places) - fraction.len();
        let digits = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', missing));
        let scaled = digits.fold(0i64, |scaled, digit| scaled * 10 + i64::from(digit - b'0'));
        Ok(Self { scaled, places })
    }

    /// A quantity kept as its scaled integer, as BOEMİS stores it.
    pub fn from_scaled(scaled: i64, places: u8) -> Self {
        Self { scaled, places }
    }

    /// Nothing, with so many places.
    pub fn zero(places: u8) -> Self {
        Self { scaled: 0, places }
    }

    /// The number times 10 to the power of its places.
    pub fn scaled(self) -> i64 {
        self.scaled
    }

    /// Its decimal places.
    pub fn places(self) -> u8 {
        self.places
    }

    /// The exact sum; none when it no longer fits, or the places differ.
    pub fn plus(self, other: Self) -> Option<Self> {
        (self.places == other.places).then_some(())?;
        Some(Self { scaled: self.scaled.checked_add(other.scaled)?, places: self.places })
    }

    /// The exact product with a whole number (hours).
    pub fn times(self, factor: i64) -> Option<Self> {
        Some(Self { scaled: self.scaled.checked_mul(factor)?, places: self.places })
    }
}

impl Quantity {
    /// Adds it to a text, as it is printed.
    pub fn print(self, text: &mut String) {
        if self.scaled < 0 {
            text.push('-');
        }
        let scale = 10u64.saturating_pow(u32::from(self.places));
        let size = self.scaled.unsigned_abs();
        put_digits(text, size / scale, 1);
        if self.places > 0 {
            text.push('.');
            put_digits(text, size % scale, usize::from(self.places));
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(24);
        self.print(&mut text);
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_number_is_told_apart() {
        use QuantityFault::*;
        let cases = [
            ("", Empty),
            ("-1", Sign),
            ("+1", Sign),
            ("1e5", Exponent),
            ("1,5", Separator),
            ("1 234", Separator),
            ("1.2.3", Separator),
            ("1.2345", Places),
            ("1234567890123", TooLarge),
            (".5", BarePoint),
            ("5.", BarePoint),
            ("01", Form),
            (" 1", Form),
            ("NaN", Form),
            ("١", Form),
        ];
        for (text, fault) in cases {
            assert_eq!(Quantity::parse(text, 3, '.'), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn numbers_print_as_they_are_kept() {
        for (text, shown) in
            [("0", "0.000"), ("98765.432", "98765.432"), ("7.5", "7.500"), ("999999999999", "999999999999.000")]
        {
            assert_eq!(Quantity::parse(text, 3, '.').unwrap().to_string(), shown);
        }
        assert_eq!(Quantity::parse("1,5", 3, ',').unwrap().scaled(), 1500);
    }
}
