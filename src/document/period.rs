//! Periods of a statement: a quarter, a year, or none (S 1.3), in Baku's time.

use jiff::civil::{Date, date};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::str::FromStr;

/// Asia/Baku: UTC+4 all the year; there is no daylight saving since 2016.
pub const BAKU: Offset = Offset::constant(4);

/// What a statement speaks of: `2026-Q3`, `2026`, or no period at all (cadastre, grid).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// The dataset has no period.
    None,
    /// A calendar year.
    Year(i16),
    /// A quarter, 1 to 4, of a year.
    Quarter(i16, u8),
}

/// Why a text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is a year as 2026 or a quarter as 2026-Q3, not before 1900")]
pub struct PeriodFault;

impl Period {
    /// The first day; none for a dataset without periods.
    pub fn first_day(self) -> Option<Date> {
        match self {
            Self::None => None,
            Self::Year(year) => Some(date(year, 1, 1)),
            Self::Quarter(year, quarter) => Some(date(year, quarter as i8 * 3 - 2, 1)),
        }
    }

    /// The first day after it.
    pub fn day_after(self) -> Option<Date> {
        match self {
            Self::None => None,
            Self::Year(year) | Self::Quarter(year, 4) => Some(date(year + 1, 1, 1)),
            Self::Quarter(year, quarter) => Some(date(year, quarter as i8 * 3 + 1, 1)),
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
            Self::Year(year) | Self::Quarter(year, _) => Some(year),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.pad(""),
            Self::Year(year) => f.pad(&format!("{year:04}")),
            Self::Quarter(year, quarter) => f.pad(&format!("{year:04}-Q{quarter}")),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodFault;

    fn from_str(text: &str) -> Result<Self, PeriodFault> {
        let (year, quarter) = match text.split_once("-Q") {
            Some((year, quarter)) => (year, Some(quarter)),
            None => (text, None),
        };
        if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PeriodFault);
        }
        let year: i16 = year.parse().map_err(|_| PeriodFault)?;
        match quarter {
            _ if !(1900..=9990).contains(&year) => Err(PeriodFault),
            None => Ok(Self::Year(year)),
            Some("1") => Ok(Self::Quarter(year, 1)),
            Some("2") => Ok(Self::Quarter(year, 2)),
            Some("3") => Ok(Self::Quarter(year, 3)),
            Some("4") => Ok(Self::Quarter(year, 4)),
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
    fn only_the_two_forms_are_periods() {
        for bad in ["", "26", "2026Q3", "2026-Q5", "2026-q3", "2026-Q03", "2026-10", "0000", " 2026", "2026 "] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
        assert_eq!("2026-Q3".parse::<Period>().unwrap().to_string(), "2026-Q3");
    }
}
