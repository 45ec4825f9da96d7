//! Working days: Monday to Friday, without the holidays that the configuration names (R 5.10).
//!
//! Days are those of Baku. Never reads a clock.

use crate::document::BAKU;
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeSet;

/// `[calendar]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// `holidays`: the days off that are no weekend, set each year by the Cabinet; none by default, and then a term
    /// ends earlier than it might, never later.
    pub holidays: BTreeSet<Date>,
}

impl Calendar {
    /// Whether it is a working day.
    pub fn is_working(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.holidays.contains(&day)
    }

    /// The last day of a term of so many working days. The day of the event itself does not count.
    pub fn due(&self, event: Timestamp, days: u32) -> Date {
        let mut day = BAKU.to_datetime(event).date();
        let mut left = days;
        // a calendar in which nobody ever works ends as well
        for _ in 0..days.saturating_mul(7).saturating_add(366) {
            if left == 0 {
                break;
            }
            day = day.saturating_add(1.day());
            left -= u32::from(self.is_working(day));
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    // R 5.10
    #[test]
    fn what_happens_on_a_thursday_is_due_on_tuesday_and_holidays_shift_it() {
        let mut calendar = Calendar::default();
        let thursday = at("2026-11-26T08:00:00Z");
        assert_eq!(calendar.due(thursday, 3), date(2026, 12, 1));
        calendar.holidays.insert(date(2026, 11, 30));
        assert_eq!(calendar.due(thursday, 3), date(2026, 12, 2));
        calendar.holidays.insert(date(2026, 11, 28)); // a Saturday is off anyway
        assert_eq!(calendar.due(thursday, 3), date(2026, 12, 2));
        assert_eq!(calendar.due(at("2026-11-28T08:00:00Z"), 1), date(2026, 12, 1), "a Saturday, before a day off");
    }

    #[test]
    fn the_day_is_bakus() {
        let calendar = Calendar::default();
        assert_eq!(calendar.due(at("2026-11-26T19:59:59Z"), 1), date(2026, 11, 27));
        assert_eq!(calendar.due(at("2026-11-26T20:00:00Z"), 1), date(2026, 11, 30), "Friday already");
    }

    #[test]
    fn a_calendar_without_working_days_ends() {
        let mut calendar = Calendar::default();
        let first = date(2026, 1, 1);
        calendar.holidays.extend((0..800).map(|day| first.saturating_add(day.days())));
        assert!(calendar.due(at("2026-01-01T08:00:00Z"), 3) > first);
    }
}
