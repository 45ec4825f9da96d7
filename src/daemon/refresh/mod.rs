//! The refresher: revocation lists and OCSP answers that are fetched on a schedule, outside of every
//! judgement.
//!
//! Owns when they are fetched, by a thread of its own that is watched: one that panics, or gives no sign for
//! longer than its fetches may take, is told and another takes its place. What is fetched, the configuration
//! says, and never a document. Judges nothing: what was kept is read, as the files beside it, by the reload
//! that follows a change.

mod failures;
mod fetching;

pub use failures::{Failure, failures};

use crate::config::{Settings, TrustSettings, World};
use crate::fetch::Bounds;
use fetching::{Wanted, fetch_all, wanted};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout_at};

/// After a failure the next try comes no later than this.
const AGAIN: Duration = Duration::from_secs(300);
/// What a round may take beside its fetches, for a disk or a name server that is slow.
const LENIENCE: Duration = Duration::from_secs(60);
/// By what the refresher itself is named among the failures.
const ITSELF: &str = "the refresher";

/// What one round came to.
#[derive(Debug, Default)]
pub struct Round {
    /// Something took the place of what was there before.
    pub changed: bool,
    /// What failed, with its address.
    pub failed: Vec<String>,
    /// What became of the refresher itself, when it did not come to the end of its round.
    pub broken: Option<String>,
}

/// How long a round may take at most; none where there is nothing to fetch.
pub(super) type Patience<T> = Box<dyn Fn(&T) -> Option<Duration> + Send>;
/// One round.
pub(super) type Fetch<T> = Arc<dyn Fn(&Arc<T>) -> Round + Send + Sync>;

/// The schedule of one running window.
pub struct Refresher<T = World> {
    patience: Patience<T>,
    fetch: Fetch<T>,
    every: Duration,
    next: Instant,
    running: Option<Running>,
}

/// A round under way.
struct Running {
    told: oneshot::Receiver<Round>,
    patience: Duration,
    until: Instant,
}

impl Refresher {
    /// The first round is at once.
    pub fn new(settings: &Settings) -> Self {
        let (lists, bounds) = (settings.trust.crl_urls.len(), bounds(settings));
        let patience = move |world: &World| {
            let count = u32::try_from(lists + world.asked.len()).unwrap_or(u32::MAX);
            (count > 0).then(|| bounds.time.saturating_mul(count).saturating_add(LENIENCE))
        };
        let ours = settings.clone();
        let fetch = move |world: &Arc<World>| {
            let wanted = wanted(&ours, world);
            forget_unwanted(&ours, &wanted);
            fetch_all(&wanted, bounds, ours.trust.refresh, world)
        };
        Self::of(settings.trust.refresh, Box::new(patience), Arc::new(fetch))
    }
}

impl<T: Send + Sync + 'static> Refresher<T> {
    /// Any schedule of rounds that are watched.
    pub(super) fn of(every: Duration, patience: Patience<T>, fetch: Fetch<T>) -> Self {
        Self { patience, fetch, every, next: Instant::now(), running: None }
    }

    /// Waits for the next round's end; for ever where nothing is fetched. May be dropped while it waits.
    pub async fn round(&mut self, world: &Arc<T>) -> Round {
        loop {
            if let Some(running) = &mut self.running {
                let ended = timeout_at(running.until, &mut running.told).await;
                let round = match ended {
                    Ok(Ok(round)) => round,
                    // the thread went without a word
                    Ok(Err(_)) => Round::broken("it panicked".to_owned()),
                    // the thread is left alone; whatever it keeps is whole, or is not kept
                    Err(_) => Round::broken(format!("it gave no sign for {} s", running.patience.as_secs())),
                };
                return self.end(round);
            }
            let Some(patience) = (self.patience)(world) else { return std::future::pending().await };
            sleep_until(self.next).await;
            let (tell, told) = oneshot::channel();
            let (fetch, world) = (Arc::clone(&self.fetch), Arc::clone(world));
            let work = move || drop(tell.send(fetch(&world))); // the window may have closed
            match std::thread::Builder::new().name("refresh".to_owned()).spawn(work) {
                Ok(_) => self.running = Some(Running { told, patience, until: Instant::now() + patience }),
                Err(error) => return self.end(Round::broken(format!("there is no thread for it: {error}"))),
            }
        }
    }

    fn end(&mut self, round: Round) -> Round {
        self.running = None;
        let failed = round.broken.is_some() || !round.failed.is_empty();
        self.next = Instant::now() + if failed { self.every.min(AGAIN) } else { self.every };
        round
    }
}

impl Round {
    fn broken(why: String) -> Self {
        Self { broken: Some(why), ..Self::default() }
    }

    /// Remembers whether the refresher itself is well, for `status`.
    pub fn remember(&self, settings: &Settings) {
        let file = TrustSettings::folder(&settings.window.paths.state).join("refresher");
        match &self.broken {
            Some(why) => failures::note(&file, ITSELF, why, settings.trust.refresh),
            None => failures::forget(&file),
        }
    }
}

impl<T> fmt::Debug for Refresher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refresher(every {:?}, running: {})", self.every, self.running.is_some())
    }
}

/// Fetches what was not fetched since the last round should have been, for a window that does not stay: none
/// where all is there, or failed so lately that it is not asked for again yet.
pub fn catch_up(settings: &Settings, world: &World) -> Option<Round> {
    let mut wanted = wanted(settings, world);
    forget_unwanted(settings, &wanted);
    wanted.retain(|one| is_old(&one.file, settings.trust.refresh) && failures::is_due(&one.file));
    (!wanted.is_empty()).then(|| fetch_all(&wanted, bounds(settings), settings.trust.refresh, world))
}

/// Asks for all that is fetched, and keeps nothing: what came of each address.
pub fn probe(settings: &Settings, world: &World) -> Vec<(String, Result<(), String>)> {
    fetching::probe_all(&wanted(settings, world), bounds(settings), world)
}

fn forget_unwanted(settings: &Settings, wanted: &[Wanted]) {
    let state = &settings.window.paths.state;
    let itself = TrustSettings::folder(state).join("refresher");
    failures::forget_unwanted(state, wanted.iter().map(|one| one.file.as_path()).chain([itself.as_path()]));
}

fn is_old(file: &Path, every: Duration) -> bool {
    let fetched = std::fs::metadata(file).and_then(|metadata| metadata.modified());
    let age = fetched.ok().and_then(|fetched| std::time::SystemTime::now().duration_since(fetched).ok());
    age.is_none_or(|age| age >= every)
}

fn bounds(settings: &Settings) -> Bounds {
    Bounds { time: settings.trust.fetch_timeout, octets: settings.trust.fetch_size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The world of these rounds is how long one of them may take: only the one that stalls has little.
    #[tokio::test]
    async fn a_refresher_that_panics_or_stalls_is_told_and_started_again() {
        let rounds = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&rounds);
        let fetch = move |_: &Arc<Duration>| match counted.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("of the test"),
            1 => {
                std::thread::sleep(Duration::from_secs(600));
                Round::default()
            }
            _ => Round { changed: true, ..Round::default() },
        };
        let patience = |world: &Duration| Some(*world);
        let mut refresher = Refresher::of(Duration::from_millis(1), Box::new(patience), Arc::new(fetch));
        let (long, short) = (Arc::new(Duration::from_secs(300)), Arc::new(Duration::from_millis(200)));
        let broken = refresher.round(&long).await.broken.unwrap();
        assert!(broken.contains("panicked"), "{broken}");
        let broken = refresher.round(&short).await.broken.unwrap();
        assert!(broken.contains("no sign"), "{broken}");
        while rounds.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await; // a thread that was given up may not have begun yet
        }
        // whoever waits may go away and come back
        assert!(tokio::time::timeout(Duration::ZERO, refresher.round(&long)).await.is_err());
        let round = refresher.round(&long).await;
        assert!(round.changed && round.broken.is_none());
        assert_eq!(rounds.load(Ordering::SeqCst), 3);
    }
}
