//! The time: the system's, or one that a test sets; and the state of the clock that tells it.

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Tells the time. Cheap to clone; clones of a set clock show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

/// What was known of the clock when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    /// Whether it has been set by a time server since the system started; none where nobody can tell.
    pub synchronised: Option<bool>,
    /// The time less that since the system started, in microseconds: it stays the same until somebody sets the
    /// clock. None for a clock that a test sets.
    pub offset: Option<i64>,
}

/// The folder of systemd-timesyncd, which knows whether the clock was set, and the file that it touches then
/// (systemd-timesyncd.service(8)). The kernel's own word needs a call that a hardened unit is refused
/// (`ProtectClock=`).
const TIMESYNC: &str = "/run/systemd/timesync";
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at this time until it is advanced.
    pub fn fixed(at: Timestamp) -> Self {
        Self(Some(Arc::new(Mutex::new(at))))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(set) => *set.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// What can be told of it.
    pub fn state(&self) -> ClockState {
        if self.0.is_some() {
            return ClockState { synchronised: None, offset: None };
        }
        let known = Path::new(SYNCHRONISED).exists();
        let synchronised = (known || Path::new(TIMESYNC).exists()).then_some(known);
        let since_start = i64::try_from(since_start().as_micros()).unwrap_or(i64::MAX);
        let offset = Some(self.now().as_microsecond().saturating_sub(since_start));
        ClockState { synchronised, offset }
    }

    /// Moves a fixed clock on, or back; the system's clock is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(set) = &self.0 {
            let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
            *set = set.saturating_add(by).unwrap_or(*set);
        }
    }
}

/// How long ago the system started, its sleep included: nobody sets this clock.
pub fn since_start() -> Duration {
    let since = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(since.tv_sec).unwrap_or(0), u32::try_from(since.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed("2026-10-01T00:00:00Z".parse().unwrap());
        let twin = clock.clone();
        assert_eq!(clock.now(), twin.now());
        twin.advance(SignedDuration::from_secs(60));
        assert_eq!(clock.now().to_string(), "2026-10-01T00:01:00Z");
    }
}
