//! Times and spans for people: Baku's time first, because that is what the statute speaks of.

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
    fn times_are_bakus_and_spans_are_short() {
        let at: Timestamp = "2026-10-05T05:00:00.5Z".parse().unwrap();
        assert_eq!(both(at), "2026-10-05 09:00:00 Baku (2026-10-05T05:00:00Z)");
        for (seconds, text) in [(5, "5 s"), (61, "1 min 1 s"), (3_660, "1 h 1 min"), (90_000, "1 d 1 h"), (-3, "0 s")] {
            assert_eq!(span(SignedDuration::from_secs(seconds)), text);
        }
    }
}
