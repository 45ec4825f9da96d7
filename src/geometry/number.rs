//! Coordinates are decimals, kept as whole ticks: never rounded by a computer's floating point.
//!
//! A tick is about a micrometre (`crs.rs`), far below what any instrument tells. So what the sender wrote
//! is compared and judged exactly, on every machine alike.

use crate::host::put_digits;

/// Characters of one number that are looked at; programs write at most 25.
pub(super) const NUMBER_MAX: usize = 64;
/// Ticks at most: metres by the billion, and degrees by the million, because metres that stand where degrees
/// should are to be recognised as such.
const TICKS_MAX: i128 = 1_000_000_000_000_000_000;
/// Digits that can move a tick; what is behind them is below it.
const DIGITS_MAX: u32 = 30;

/// Why a text is no coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// `NaN`, `Inf` and the like.
    NotFinite,
    /// Farther than anything on Earth.
    TooLarge,
    /// A comma where the decimal point is meant.
    Comma,
    /// No number.
    Form,
}

/// The number in ticks of `10^-places`, halves away from zero.
pub(super) fn ticks(text: &str, places: u32) -> Result<i64, NumberFault> {
    plain(text, places).map_or_else(|| any_ticks(text, places), Ok)
}

/// The same of a number as surveys write it: few digits, none below a tick, no exponent. None of any other.
fn plain(text: &str, places: u32) -> Option<i64> {
    /// Digits and a point: fifteen digits are below all that could overflow.
    const SIGNS_MAX: usize = 16;
    let (is_negative, signs) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    if signs.len() > SIGNS_MAX {
        return None;
    }
    let (mut value, mut digits, mut behind, mut has_point) = (0_i64, 0, 0, false);
    for &sign in signs {
        match sign {
            b'0'..=b'9' => {
                value = value * 10 + i64::from(sign - b'0');
                digits += 1;
                behind += u32::from(has_point);
            }
            b'.' if !has_point => has_point = true,
            _ => return None,
        }
    }
    let scaled = value.checked_mul(10_i64.checked_pow(places.checked_sub(behind)?)?)?;
    let is_whole = digits > 0 && i128::from(scaled) <= TICKS_MAX;
    is_whole.then_some(if is_negative { -scaled } else { scaled })
}

fn any_ticks(text: &str, places: u32) -> Result<i64, NumberFault> {
    let fault = |()| whats_wrong(text);
    if text.len() > NUMBER_MAX {
        return Err(NumberFault::Form);
    }
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent).ok_or(()).map_err(fault)?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return Err(whats_wrong(text));
    }
    let (mut value, mut kept, mut power) = (0_i128, 0, exponent + i64::from(places));
    for (at, digit) in whole.bytes().chain(fraction.bytes()).enumerate() {
        let behind_the_point = at >= whole.len();
        if kept < DIGITS_MAX {
            value = value * 10 + i128::from(digit - b'0');
            kept += u32::from(value > 0);
            power -= i64::from(behind_the_point);
        } else {
            power += i64::from(!behind_the_point);
        }
    }
    let scaled = scale(value, power).filter(|&ticks| ticks <= TICKS_MAX).ok_or(NumberFault::TooLarge)?;
    let scaled = i64::try_from(scaled).map_err(|_| NumberFault::TooLarge)?;
    Ok(if negative { -scaled } else { scaled })
}

/// `value * 10^power`, rounded; nothing when it is past all measure.
fn scale(value: i128, power: i64) -> Option<i128> {
    if value == 0 {
        return Some(0);
    }
    let ten = |power: i64| u32::try_from(power.unsigned_abs()).ok().and_then(|power| 10_i128.checked_pow(power));
    if power >= 0 {
        return value.checked_mul(ten(power)?);
    }
    // a divisor that fits no i128 leaves nothing of at most 30 digits
    Some(ten(power).map_or(0, |divisor| (value + divisor / 2) / divisor))
}

fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let fits = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn whats_wrong(text: &str) -> NumberFault {
    let lower = text.trim_start_matches(['-', '+']).to_ascii_lowercase();
    if ["nan", "inf", "1.#"].iter().any(|start| lower.starts_with(start)) {
        NumberFault::NotFinite
    } else if text.contains(',') {
        NumberFault::Comma
    } else {
        NumberFault::Form
    }
}

/// The shortest decimal that is this many ticks.
pub(super) fn shown(ticks: i64, places: u32) -> String {
    let mut text = String::with_capacity(24);
    show(&mut text, ticks, places);
    text
}

/// Adds the shortest decimal that is this many ticks.
pub(super) fn show(text: &mut String, ticks: i64, places: u32) {
    let unit = 10_u64.saturating_pow(places);
    let size = ticks.unsigned_abs();
    if ticks < 0 {
        text.push('-');
    }
    put_digits(text, size / unit, 1);
    let (mut fraction, mut width) = (size % unit, places as usize);
    if fraction == 0 {
        return;
    }
    while fraction % 10 == 0 {
        fraction /= 10;
        width -= 1;
    }
    text.push('.');
    put_digits(text, fraction, width);
}

/// Thousandths with their three places, as quantities are written.
pub(super) fn thousandths(value: u64) -> String {
    format!("{}.{:03}", value / 1000, value % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, ticks_of) in [
            ("49.8", 49_800_000_000_000),
            ("-0.000000000001", -1),
            ("0.0000000000005", 1),
            ("0.00000000000049999", 0),
            ("+.5", 500_000_000_000),
            ("5.", 5_000_000_000_000),
            ("4.98e1", 49_800_000_000_000),
            ("498E-1", 49_800_000_000_000),
            ("49.80000000000000000000000000000000000000000000000000001", 49_800_000_000_000),
            ("0e999", 0),
            ("1e-999", 0),
        ] {
            assert_eq!(ticks(text, 12), Ok(ticks_of), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_apart() {
        for (text, fault) in [
            ("NaN", NumberFault::NotFinite),
            ("-inf", NumberFault::NotFinite),
            ("1.#IND", NumberFault::NotFinite),
            ("49,8", NumberFault::Comma),
            ("1e30", NumberFault::TooLarge),
            ("9e999", NumberFault::TooLarge),
            ("99999999999999999999999999999999999999999999", NumberFault::TooLarge),
            ("", NumberFault::Form),
            (".", NumberFault::Form),
            ("1e", NumberFault::Form),
            ("1e+", NumberFault::Form),
            ("--1", NumberFault::Form),
            ("0x10", NumberFault::Form),
            ("٤٩", NumberFault::Form),
        ] {
            assert_eq!(ticks(text, 12), Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(value in -1_000_000_000_000_000_i64..=1_000_000_000_000_000, places in 0_u32..13) {
            prop_assert_eq!(ticks(&shown(value, places), places), Ok(value));
        }

        /// What is read the short way is what it is read the long way.
        #[test]
        fn short_and_long_reading_agree(text in "[-+]?[0-9.]{0,18}([.]?[0-9]{0,3})?", places in 0_u32..13) {
            if let Some(short) = plain(&text, places) {
                prop_assert_eq!(any_ticks(&text, places), Ok(short), "{}", text);
            }
        }

        #[test]
        fn digits_are_those_that_are_printed(value in proptest::num::i64::ANY, places in 0_u32..19) {
            let (unit, size) = (10_u64.pow(places), value.unsigned_abs());
            let sign = if value < 0 { "-" } else { "" };
            let whole = format!("{sign}{}.{:0width$}", size / unit, size % unit, width = places as usize);
            let shortest = whole.trim_end_matches('0').trim_end_matches('.');
            let wanted = if places == 0 { format!("{sign}{size}") } else { shortest.to_owned() };
            prop_assert_eq!(shown(value, places), wanted);
        }

        #[test]
        fn any_text_is_answered(text in "[-+0-9.eE,a]{0,70}") {
            let _ = ticks(&text, 12);
        }
    }
}
