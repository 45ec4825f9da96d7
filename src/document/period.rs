//! Periods of a statement: a month, a quarter, a year, or none (S 1.3), in Baku's time.

use jiff::civil::{Date, date};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::str::FromStr;

/// Asia/Baku: UTC+4 all the year; there is no daylight saving since 2016.
pub const BAKU: Offset = Offset::constant(4);

/// What a statement speaks of: `2026-Q3`, `2026`, `2026-M09`, or no period at all (cadastre, grid).
///
/// A month is written with an `M`, not as `2026-09`: that is how ISO 8601 writes a month too, but beside
/// `2026` and `2026-Q3` a plain number is taken for a slip of either by whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// The dataset has no period.
    None,
    /// A calendar year.
    Year(i16),
    /// A quarter, 1 to 4, of a year.
    Quarter(i16, u8),
    /// A month, 1 to 12, of a year.
    Month(i16, u8),
}

/// Why a text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is a year as 2026, a quarter as 2026-Q3 or a month as 2026-M09, not before 1900")]
pub struct PeriodFault;

impl Period {
    /// The first day; none for a dataset without periods.
    pub fn first_day(self) -> Option<Date> {
        match self {
            Self::None => None,
            Self::Year(year) => Some(date(year, 1, 1)),
            Self::Quarter(year, quarter) => Some(date(year, quarter as i8 * 3 - 2, 1)),
            Self::Month(year, month) => Some(date(year, month as i8, 1)),
        }
    }

    /// The first day after it.
    pub fn day_after(self) -> Option<Date> {
        match self {
            Self::None => None,
            Self::Year(year) | Self::Quarter(year, 4) | Self::Month(year, 12) => Some(date(year + 1, 1, 1)),
            Self::Quarter(year, quarter) => Some(date(year, quarter as i8 * 3 + 1, 1)),
            Self::Month(year, month) => Some(date(year, month as i8 + 1, 1)),
        }
    }

    /// Whether it has ended at this moment, judged in Baku: `2026-Q3` from 2026-10-01T00:00+04:00.
    pub fn has_ended(self, at: Timestamp) -> bool {
        self.day_after().is_none_or(|day| BAKU.to_datetime(at).date() >= day)
    }

    /// Its length in hours, leap days counted; 0 for no period.
    pub fn hours(self) -> i64 {
        match (self.first_day(), self.day_after()) {
            (Some(first), Some(after)) => {
                first.duration_until(after).as_secs() / SignedDuration::from_hours(1).as_secs()
            }
            _ => 0,
        }
    }

    /// The year it lies in.
    pub fn year(self) -> Option<i16> {
        match self {
            Self::None => None,
            Self::Year(year) | Self::Quarter(year, _) | Self::Month(year, _) => Some(year),
        }
    }

    /// The last day; none for a dataset without periods.
    pub fn last_day(self) -> Option<Date> {
        self.day_after()?.yesterday().ok()
    }

    /// The same part of the year before; none without a period, or before 1900.
    pub fn year_ago(self) -> Option<Self> {
        match self {
            Self::None => None,
            Self::Year(year) => Some(Self::Year(year - 1)),
            Self::Quarter(year, quarter) => Some(Self::Quarter(year - 1, quarter)),
            Self::Month(year, month) => Some(Self::Month(year - 1, month)),
        }
        .filter(|ago| ago.year() >= Some(1900))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.pad(""),
            Self::Year(year) => f.pad(&format!("{year:04}")),
            Self::Quarter(year, quarter) => f.pad(&format!("{year:04}-Q{quarter}")),
            Self::Month(year, month) => f.pad(&format!("{year:04}-M{month:02}")),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodFault;

    fn from_str(text: &str) -> Result<Self, PeriodFault> {
        let (year, part) = match text.split_once('-') {
            Some((year, part)) => (year, Some(part)),
            None => (text, None),
        };
        if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PeriodFault);
        }
        let year: i16 = year.parse().map_err(|_| PeriodFault)?;
        if !(1900..=9990).contains(&year) {
            return Err(PeriodFault);
        }
        match part.map(str::as_bytes) {
            None => Ok(Self::Year(year)),
            Some(&[b'Q', quarter @ b'1'..=b'4']) => Ok(Self::Quarter(year, quarter - b'0')),
            Some(&[b'M', b'0', month @ b'1'..=b'9']) => Ok(Self::Month(year, month - b'0')),
            Some(&[b'M', b'1', month @ b'0'..=b'2']) => Ok(Self::Month(year, 10 + month - b'0')),
            Some(_) => Err(PeriodFault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_ends_at_midnight_in_baku() {
        let third: Period = "2026-Q3".parse().unwrap();
        assert!(!third.has_ended("2026-09-30T19:59:59Z".parse().unwrap()));
        assert!(third.has_ended("2026-09-30T20:00:00Z".parse().unwrap()));
    }

    #[test]
    fn hours_follow_the_calendar() {
        let hours = |text: &str| text.parse::<Period>().unwrap().hours();
        assert_eq!((hours("2025-Q1"), hours("2024-Q1"), hours("2025-Q2"), hours("2025-Q3")), (2160, 2184, 2184, 2208));
        assert_eq!((hours("2025"), hours("2024")), (8760, 8784));
    }

    #[test]
    fn a_month_has_its_own_days_and_the_year_before() {
        let february: Period = "2024-M02".parse().unwrap();
        assert_eq!((february.hours(), february.last_day().unwrap().to_string().as_str()), (696, "2024-02-29"));
        assert_eq!(february.year_ago().unwrap().to_string(), "2023-M02");
        assert_eq!("2024-M12".parse::<Period>().unwrap().day_after(), Some(date(2025, 1, 1)));
        assert_eq!("1900-Q1".parse::<Period>().unwrap().year_ago(), None);
    }

    #[test]
    fn only_the_three_forms_are_periods() {
        let bad = ["", "26", "2026Q3", "2026-Q5", "2026-q3", "2026-Q03", "2026-10", "0000", " 2026", "2026 "];
        for bad in bad.into_iter().chain(["2026-", "2026-M9", "2026-M00", "2026-M13", "2026-M010", "2026-m09"]) {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
        for good in ["2026", "2026-Q3", "2026-M09", "2026-M10", "2026-M12", "1900-M01"] {
            assert_eq!(good.parse::<Period>().unwrap().to_string(), good);
        }
    }
}
