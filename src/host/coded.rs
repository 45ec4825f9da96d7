//! Numbers and texts as the octets of a spool, as few as they need.
//!
//! Owns that form, which no file with a name has: it may change with any version. What is taken back is looked at,
//! and never believed.

/// Adds a number, seven bits an octet, the lowest first.
pub fn put_number(octets: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        octets.push(number as u8 | 0x80);
        number >>= 7;
    }
    octets.push(number as u8);
}

/// Adds a number that may be below zero: small ones of either sign take little.
pub fn put_signed(octets: &mut Vec<u8>, number: i64) {
    put_number(octets, ((number << 1) ^ (number >> 63)) as u64);
}

/// Adds a text behind its length.
pub fn put_text(octets: &mut Vec<u8>, text: &str) {
    put_number(octets, text.len() as u64);
    octets.extend_from_slice(text.as_bytes());
}

/// Adds a whole number to a text, with at least so many digits: what `format!` does, without its detours.
pub fn put_digits(text: &mut String, mut number: u64, width: usize) {
    let mut signs = [b'0'; 20]; // as many as any such number has
    let mut used = 0;
    for sign in signs.iter_mut().rev() {
        *sign = b'0' + (number % 10) as u8;
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    let from = signs.len() - used.max(width.min(signs.len()));
    text.push_str(signs.get(from..).and_then(|signs| std::str::from_utf8(signs).ok()).unwrap_or_default());
}

/// What is still to be taken back.
#[derive(Clone, Copy, Debug)]
pub struct Coded<'a>(pub &'a [u8]);

impl<'a> Coded<'a> {
    /// Whether all was taken.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An octet; none where there is no more.
    pub fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number; none where there is none.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            let bits = u64::from(octet & 0x7F);
            if (bits << shift) >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if octet & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number of either sign.
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A number that counts what follows, each of at least so many octets: never more than there may be.
    pub fn count(&mut self, each: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count.checked_mul(each.max(1))? <= self.0.len()).then_some(count)
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a str> {
        let len = self.count(1)?;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_cut_off_is_not_read() {
        let mut octets = Vec::new();
        put_text(&mut octets, "mətn");
        put_number(&mut octets, u64::MAX);
        for end in 0..octets.len() {
            let mut coded = Coded(&octets[..end]);
            assert!(coded.text().and_then(|_| coded.number()).is_none(), "{end}");
        }
        assert_eq!(Coded(&[0xFF; 11]).number(), None, "no number has so many octets");
        assert_eq!(Coded(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]).number(), None);
        assert_eq!(Coded(&[0x7F, 1]).count(1), None, "no count passes what is there");
    }

    proptest! {
        #[test]
        fn what_is_put_is_taken_back(number: u64, signed: i64, text in ".{0,40}") {
            let mut octets = Vec::new();
            put_number(&mut octets, number);
            put_signed(&mut octets, signed);
            put_text(&mut octets, &text);
            let mut coded = Coded(&octets);
            prop_assert_eq!((coded.number(), coded.signed(), coded.text()), (Some(number), Some(signed), Some(&*text)));
            prop_assert!(coded.is_empty());
        }
    }
}
