//! Coordinates are decimals, kept as whole ticks: never rounded by a computer's floating point.
//!
//! A tick is about a micrometre (`crs.rs`), far below what any instrument tells. So what the sender wrote
//! is compared and judged exactly, on every machine alike.

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
    let unit = 10_u64.saturating_pow(places);
    let size = ticks.unsigned_abs();
    let sign = if ticks < 0 { "-" } else { "" };
    let fraction = format!("{:0width$}", size % unit, width = usize::try_from(places).unwrap_or(0));
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{}", size / unit),
        fraction => format!("{sign}{}.{fraction}", size / unit),
    }
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

        #[test]
        fn any_text_is_answered(text in "[-+0-9.eE,a]{0,70}") {
            let _ = ticks(&text, 12);
        }
    }
}
