//! Standing still: a process that was frozen, or whose machine slept, served nobody meanwhile and knows nothing of it
//! when it goes on (R 3.4.3).
//!
//! Owns a thread that looks at the clock which nobody sets: time since the system started, its sleep included
//! (CLOCK_BOOTTIME, clock_gettime(2)). It does nothing else, so a loop that is busy with a large document does not look
//! frozen. It ends with whoever listens. A machine whose every clock was stopped and set right afterwards is not told
//! by this.

use super::alive::act;
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::host::{Clock, since_start};
use jiff::Timestamp;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The act that says so.
pub const STALLED: &str = "stalled";
/// What is shorter is no standing still, however often signs are left: a busy machine lets any process wait so long.
const AT_LEAST: Duration = Duration::from_secs(2);
/// How often is looked, at most.
const OFTEN: Duration = Duration::from_millis(50);

/// From when to when the process stood still, by the clock as it was afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    from: Timestamp,
    to: Timestamp,
}

/// Hears of it.
pub struct Stalls {
    heard: UnboundedReceiver<Stall>,
    /// The thread ends when this is gone.
    _listens: mpsc::Sender<()>,
}

impl Stalls {
    /// Looks from now on; `every` is how often a sign of life is left.
    pub fn watch(every: Duration, clock: Clock) -> Self {
        let ((tell, heard), (listens, ended)) = (unbounded_channel(), mpsc::channel());
        let begin = since_start(); // a process may be frozen before its threads have begun
        let work = move || look(begin, every, &clock, &ended, &tell);
        if let Err(error) = std::thread::Builder::new().name("stalls".to_owned()).spawn(work) {
            tracing::warn!(advice = %Advice::StateUnwritable, %error, "nobody looks whether this process stands still");
        }
        Self { heard, _listens: listens }
    }

    /// The next one.
    pub async fn next(&mut self) -> Stall {
        match self.heard.recv().await {
            Some(stall) => stall,
            None => std::future::pending().await,
        }
    }
}

fn look(
    mut before: Duration,
    every: Duration,
    clock: &Clock,
    ended: &mpsc::Receiver<()>,
    tell: &UnboundedSender<Stall>,
) {
    while ended.recv_timeout((every / 4).max(OFTEN)) == Err(RecvTimeoutError::Timeout) {
        let now = since_start();
        if let Some(lasted) = stood_still(now.saturating_sub(before), every) {
            let to = clock.now();
            let _ = tell.send(Stall { from: to.checked_sub(lasted).unwrap_or(to), to });
        }
        before = now;
    }
}

/// How long, where so much time between two looks is none that a process which goes on needs: as after a crash, the
/// second sign would have been missed.
fn stood_still(between: Duration, every: Duration) -> Option<Duration> {
    (between > every.saturating_mul(2).max(AT_LEAST)).then_some(between)
}

impl Window {
    /// Journals that this process stood still.
    pub(super) fn stalled(&mut self, stall: Stall) -> Result<(), Halt> {
        let Stall { from, to } = stall;
        tracing::warn!(advice = %Advice::WasDown,
            %from, %to, "this process stood still: it was frozen, or the machine slept");
        self.tell([act(STALLED, [("from", from.to_string()), ("to", to.to_string())])])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_long_as_two_signs_is_no_standing_still() {
        let (minute, second) = (Duration::from_secs(60), Duration::from_secs(1));
        assert_eq!(stood_still(minute * 2, minute), None);
        assert_eq!(stood_still(minute * 2 + second, minute), Some(minute * 2 + second));
        assert_eq!(stood_still(second, Duration::from_millis(100)), None, "a busy machine");
        assert_eq!(stood_still(second * 3, Duration::from_millis(100)), Some(second * 3));
    }
}
