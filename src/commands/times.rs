//! Times and spans for people: Baku's time first, because that is what the statute speaks of.

use super::Trouble;
use crate::document::BAKU;
use jiff::{SignedDuration, Timestamp};

/// A moment in Baku's time and in UTC, to the second.
pub fn both(at: Timestamp) -> String {
    let utc = Timestamp::from_second(at.as_second()).unwrap_or(at);
    format!("{} Baku ({utc})", baku(at))
}

/// A moment in Baku's time, to the second.
pub fn baku(at: Timestamp) -> String {
    BAKU.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A moment as somebody types it: a day, which begins at midnight in Baku, or RFC 3339.
///
/// # Errors
/// What is neither, in words.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let day = |text: &str| -> Option<Timestamp> {
        let day: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
        BAKU.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()
    };
    let moment = day(text).or_else(|| text.parse().ok());
    moment.ok_or_else(|| "is neither a day as 2026-09-30 nor a moment as 2026-09-30T08:00:00Z".to_owned())
}

/// A moment by which something is asked: what will be known then, nobody can tell now.
///
/// # Errors
/// Usage: it lies ahead.
pub fn known_by(at: Option<Timestamp>, now: Timestamp) -> Result<(), Trouble> {
    match at.filter(|at| *at > now) {
        Some(at) => Err(Trouble::usage(format!("--known-at {at} lies ahead: what will be known then cannot be told"))),
        None => Ok(()),
    }
}

/// A span in its two largest units.
pub fn span(of: SignedDuration) -> String {
    let seconds = of.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_in_baku() {
        assert_eq!(moment("2026-10-01").unwrap(), "2026-09-30T20:00:00Z".parse().unwrap());
        assert_eq!(moment("2026-10-01T00:00:00Z").unwrap(), "2026-10-01T00:00:00Z".parse().unwrap());
        assert!(["", "2026-13-01", "2026-10", "tomorrow"].iter().all(|text| moment(text).is_err()));
    }

    #[test]
    fn times_are_bakus_and_spans_are_short() {
        let at: Timestamp = "2026-10-05T05:00:00.5Z".parse().unwrap();
        assert_eq!(both(at), "2026-10-05 09:00:00 Baku (2026-10-05T05:00:00Z)");
        for (seconds, text) in [(5, "5 s"), (61, "1 min 1 s"), (3_660, "1 h 1 min"), (90_000, "1 d 1 h"), (-3, "0 s")] {
            assert_eq!(span(SignedDuration::from_secs(seconds)), text);
        }
    }
}
