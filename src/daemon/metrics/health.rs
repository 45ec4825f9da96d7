//! Health: whether the loop turns (`/healthz`), and whether all that the window stands on is there (`/readyz`)
//! (S 8.1.5).
//!
//! Owns the two answers and their words. Not alive before the loop turned once, and not ready before everything was
//! looked at once: nothing is well because nobody looked. A window that is not ready loses nothing (it holds what it
//! cannot judge, and leaves in the folders what it cannot keep); it says that somebody should come.

use super::Metrics;
use crate::host::printable_line;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often the loop turns at least, while its numbers are given.
pub(in crate::daemon) const TURN: Duration = Duration::from_secs(5);
/// Without a turn for so long the loop hangs. 60 s, as the service manager's watchdog in the shipped unit: what takes
/// longer (a large load) says in between that it gets on.
const STILL_MAX: Duration = Duration::from_secs(60);
/// Longest sentence of a dependency, characters: what failed may quote a server.
const WORDS_MAX: usize = 300;

/// An answer.
pub(super) struct Health {
    pub(super) is_good: bool,
    pub(super) words: String,
}

/// Something that the window stands on, as it was seen last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) name: &'static str,
    pub(super) is_good: bool,
    pub(super) words: String,
}

impl Dependency {
    pub(super) fn good(name: &'static str, words: impl Into<String>) -> Self {
        Self { name, is_good: true, words: words.into() }
    }

    pub(super) fn bad(name: &'static str, words: impl Into<String>) -> Self {
        Self { name, is_good: false, words: words.into() }
    }
}

/// When the loop turned last.
#[derive(Debug)]
pub(super) struct Pulse {
    begun: Instant,
    /// Milliseconds after that, and one; 0 before the first turn.
    last: AtomicU64,
    served: AtomicBool,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { begun: Instant::now(), last: AtomicU64::new(0), served: AtomicBool::new(false) }
    }
}

impl Pulse {
    pub(super) fn beat(&self) {
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(since.saturating_add(1), Ordering::Relaxed);
    }

    pub(super) fn is_to_be_served(&self) {
        self.served.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_served(&self) -> bool {
        self.served.load(Ordering::Relaxed)
    }

    /// For how long it has not turned; none before it did.
    fn still(&self) -> Option<Duration> {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed).checked_sub(1)?);
        Some(self.begun.elapsed().saturating_sub(last))
    }
}

impl Metrics {
    pub(super) fn alive(&self) -> Health {
        let (is_good, words) = match self.pulse.still() {
            None => (false, "not alive: the window opens, and its loop does not turn yet".to_owned()),
            Some(still) if still <= STILL_MAX => (true, format!("alive: the loop turned {} s ago", still.as_secs())),
            Some(still) => (
                false,
                format!(
                    "not alive: the loop has not turned for {} s; see what it does with `journalctl -u pencere`, and \
                     restart it: that loses nothing",
                    still.as_secs()
                ),
            ),
        };
        Health { is_good, words: words + "\n" }
    }

    pub(super) fn ready(&self) -> Health {
        let alive = self.alive();
        let dependencies = self.seen.dependencies();
        let is_good = alive.is_good && !dependencies.is_empty() && dependencies.iter().all(|one| one.is_good);
        let mut words = if is_good { "ready\n" } else { "not ready\n" }.to_owned();
        words.push_str(&format!("loop: {}", alive.words));
        if dependencies.is_empty() {
            words.push_str("dependencies: not looked at yet\n");
        }
        for Dependency { name, is_good, words: said } in dependencies {
            let said = printable_line(&said.chars().take(WORDS_MAX).collect::<String>());
            words.push_str(&format!("{name}: {}, {said}\n", if is_good { "well" } else { "not well" }));
        }
        Health { is_good, words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_well_before_anybody_looked() {
        let metrics = Metrics::new();
        let (alive, ready) = (metrics.alive(), metrics.ready());
        assert!(!alive.is_good && alive.words.contains("does not turn yet"), "{}", alive.words);
        assert!(!ready.is_good && ready.words.contains("not looked at yet"), "{}", ready.words);
        metrics.is_busy();
        assert!(metrics.alive().is_good);
        assert!(!metrics.ready().is_good);
    }
}
