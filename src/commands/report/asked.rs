//! What a report is asked: by which parts, and from when to when.
//!
//! Owns the words of `--by` and what a bound may be. Never knows what a report is of.

use crate::commands::Trouble;
use crate::document::{BAKU, Period};
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;

/// By what a report has its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The station
    Station,
    /// What a record is of, where that is no station
    Key,
    /// The kind of station
    Type,
    /// The station's region
    Region,
    /// Who stated it
    Participant,
    /// The dataset
    Dataset,
    /// What was decided
    Decision,
    /// The statement's period
    Period,
    /// The month
    Month,
    /// The quarter
    Quarter,
    /// The year
    Year,
}

impl By {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Station => "station",
            Self::Key => "key",
            Self::Type => "type",
            Self::Region => "region",
            Self::Participant => "participant",
            Self::Dataset => "dataset",
            Self::Decision => "decision",
            Self::Period => "period",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

/// Where a range begins or ends: a year, a quarter, a month; of receptions a day, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A period.
    Period(Period),
    /// A day.
    Day(Date),
}

impl FromStr for Bound {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = || text.parse().ok().filter(|_| text.len() == 10).map(Self::Day);
        let period = text.parse().ok().map(Self::Period);
        period.or_else(day).ok_or("is no year as 2026, quarter as 2026-Q3, month as 2026-M09 or day as 2026-09-30")
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Period(period) => period.fmt(f),
            Self::Day(day) => day.fmt(f),
        }
    }
}

impl Bound {
    fn first_day(self) -> Date {
        match self {
            Self::Period(period) => period.first_day().unwrap_or(Date::MIN),
            Self::Day(day) => day,
        }
    }

    fn last_day(self) -> Date {
        match self {
            Self::Period(period) => period.last_day().unwrap_or(Date::MAX),
            Self::Day(day) => day,
        }
    }

    /// Its period.
    ///
    /// # Errors
    /// Usage: it is a day.
    fn period(self) -> Result<Period, Trouble> {
        match self {
            Self::Period(period) => Ok(period),
            Self::Day(day) => {
                let wanted = "statements are of periods: write a year as 2026 or a quarter as 2026-Q3";
                Err(Trouble::usage(format!("{wanted}, and not the day {day}")))
            }
        }
    }
}

/// From one day to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    from: Option<Date>,
    to: Option<Date>,
}

impl Range {
    /// Of two bounds.
    ///
    /// # Errors
    /// Usage: it ends before it begins.
    pub fn of(from: Option<Bound>, to: Option<Bound>) -> Result<Self, Trouble> {
        if let (Some(from), Some(to)) = (from, to)
            && to.last_day() < from.first_day()
        {
            return Err(Trouble::usage(format!("--to {to} lies before --from {from}")));
        }
        Ok(Self { from: from.map(Bound::first_day), to: to.map(Bound::last_day) })
    }

    /// The same where bounds are periods.
    ///
    /// # Errors
    /// Usage: as [`Range::of`], and where one is a day.
    pub fn of_periods(from: Option<Bound>, to: Option<Bound>) -> Result<Self, Trouble> {
        [from, to].into_iter().flatten().try_for_each(|bound| bound.period().map(drop))?;
        Self::of(from, to)
    }

    /// What has ended at this moment, in the year of the quarter that ended last, where nothing else was asked for.
    pub fn or_ended(self, at: Timestamp) -> Self {
        let today = BAKU.to_datetime(at).date();
        let yesterday = today.yesterday().unwrap_or(today);
        let quarter = |month: i8| (month - 1) / 3;
        // the quarter that ended last is of the year before until the first of April
        let year = if quarter(today.month()) == 0 { today.year() - 1 } else { today.year() };
        let year = self.to.map_or(year, |to| to.year().min(year));
        let from = self.from.or_else(|| Date::new(year, 1, 1).ok());
        Self { from, to: Some(self.to.map_or(yesterday, |to| to.min(yesterday))) }
    }

    /// Whether a period lies wholly in it.
    pub fn has(&self, period: Period) -> bool {
        let (Some(first), Some(last)) = (period.first_day(), period.last_day()) else { return true };
        self.from.is_none_or(|from| from <= first) && self.to.is_none_or(|to| last <= to)
    }

    /// Whether the moment lies in it, in Baku.
    pub fn has_moment(&self, at: Timestamp) -> bool {
        let day = BAKU.to_datetime(at).date();
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Whether it has no bounds.
    pub fn is_everything(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// The years that it touches; `None` where it has no beginning or end.
    pub fn years(&self) -> Option<std::ops::RangeInclusive<i16>> {
        Some(self.from?.year()..=self.to?.year())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> Option<Bound> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_range_has_the_periods_that_lie_wholly_in_it() {
        let range = Range::of_periods(bound("2025-Q2"), bound("2026")).unwrap();
        let has = |text: &str| range.has(text.parse().unwrap());
        assert!(has("2025-Q2") && has("2026") && has("2026-Q4") && has("2025-M04"));
        assert!(!has("2025-Q1") && !has("2025") && !has("2027-Q1") && !has("2025-M03"));
        assert!(Range::of(bound("2026"), bound("2025-Q4")).is_err());
        assert!(Range::of_periods(bound("2026-01-01"), None).is_err());
    }

    #[test]
    fn what_ended_last_is_of_the_year_before_in_its_first_quarter() {
        let at = |text: &str| Range::of(None, None).unwrap().or_ended(text.parse().unwrap());
        let autumn = at("2026-11-27T12:00:00Z");
        assert!(autumn.has(Period::Quarter(2026, 3)) && !autumn.has(Period::Quarter(2026, 4)));
        assert!(!autumn.has(Period::Quarter(2025, 4)));
        let winter = at("2027-02-01T12:00:00Z");
        assert!(winter.has(Period::Year(2026)) && winter.has(Period::Quarter(2026, 1)));
        assert!(!winter.has(Period::Quarter(2027, 1)));
        // midnight in Baku, not in Greenwich
        assert!(at("2026-12-31T19:59:59Z").has(Period::Quarter(2026, 3)));
        assert!(!at("2026-12-31T19:59:59Z").has(Period::Year(2026)));
        assert!(at("2026-12-31T20:00:00Z").has(Period::Year(2026)));
    }
}
