//! The time: the system's, or one that a test sets.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// Tells the time. Cheap to clone; clones of a set clock show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

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

    /// Moves a fixed clock on, or back; the system's clock is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(set) = &self.0 {
            let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
            *set = set.saturating_add(by).unwrap_or(*set);
        }
    }
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
