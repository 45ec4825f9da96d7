//! Time-stamps on receipts: who is asked for them, how long that may take, and what is believed.
//!
//! Owns the bound: a group of receipts waits once, for as long as is configured, and whatever has no token by then
//! goes without. An authority that gave nothing is left alone for a while, so that a window does not crawl while
//! it is away. A token is verified before the seal gets it, by the very judgement that verifiers make of it: its
//! digest, nonce and signature, the purpose of its certificate, and the path to an authority that `[trust]
//! timestamping` names. Sends a digest and nothing of a receipt.

use crate::advice::Advice;
use crate::config::World;
use crate::fetch::{self, Bounds, FetchFault};
use crate::forms::tsp::{QUERY, REPLY, Request};
use crate::host::Clock;
use crate::seal::Stamper;
use crate::signature::{self, Context, TimeSource};
use crate::trust::IdentityProfile;
use jiff::SignedDuration;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// `[seal] tsa` and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The authority's address.
    pub url: String,
    /// How long a group of receipts waits for its stamps.
    pub timeout: Duration,
    /// How long an authority that gave none is left alone.
    pub retry: Duration,
}

impl Settings {
    /// Most authorities answer within one second; a receipt waits no longer than somebody who watches the folder
    /// would.
    pub const TIMEOUT: Duration = Duration::from_secs(5);
    /// Whoever stops the service waits for a group that is on its way, and the service has 15 s to stop.
    pub const TIMEOUT_MAX: Duration = Duration::from_secs(10);
    /// One minute: of a window's time, one twelfth is waited away while the authority is silent.
    pub const RETRY: Duration = Duration::from_secs(60);
}

/// Octets of one answer: a token with its certificates has some 8 000, and goes into the receipt and the seal's
/// record whole.
pub(super) const ANSWER_MAX: u64 = 64 * 1024;

/// Requests under way at one time: an authority serves others as well, and the service's `TasksMax` has room.
const AT_ONCE: usize = 8;

/// Failures after which the rest of a group is not asked for: one may be a chance.
const FAILURES_MAX: usize = 3;

/// How far an authority's clock may be from ours. More is no difference of clocks, and a moment before the receipt
/// was issued would prove that one of them is wrong.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// The authority that stamps a window's receipts.
pub(super) struct Stamps {
    settings: Settings,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    /// Whom is believed about time.
    world: Arc<World>,
    /// Set while the authority is left alone.
    silent: Option<Silent>,
}

/// Asks an authority for a token over this, as a window would, and throws it away.
///
/// # Errors
/// Why there is none, in words.
pub fn probe(settings: &Settings, world: Arc<World>, over: &str) -> Result<(), String> {
    Stamps::new(settings.clone(), Clock::system(), world).token(over).map(drop)
}

/// An authority that gave nothing.
struct Silent {
    until: Instant,
    why: String,
    /// Receipts that went without a stamp meanwhile.
    without: u64,
}

impl Stamps {
    pub(super) fn new(settings: Settings, clock: Clock, world: Arc<World>) -> Self {
        Self { settings, clock, state: Mutex::new(State { world, silent: None }) }
    }

    /// Another world is in force.
    pub(super) fn renew(&self, world: Arc<World>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).world = world;
    }

    /// What stands in the way of stamps right now; none when all is well.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = state.silent.as_ref()?;
        Some(format!("{} receipts went without a time-stamp: {}", silent.without, silent.why))
    }

    /// A verified token over these octets.
    fn one(&self, over: &str, until: Instant, world: &World) -> Result<Vec<u8>, String> {
        let url = &self.settings.url;
        let late = || format!("{url} did not answer within {:?}", self.settings.timeout);
        let time = until.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return Err(late());
        }
        let request = Request::over(over.as_bytes()).map_err(|error| error.to_string())?;
        let answer = fetch::post(url, QUERY, &request.to_der(), REPLY, Bounds { time, octets: ANSWER_MAX });
        let answer = answer.map_err(|fault| match fault {
            FetchFault::Late(_) => late(),
            fault => format!("{url}: {fault}"),
        })?;
        let token = request.token(&answer).map_err(|fault| format!("{url}: {fault}"))?;
        let now = self.clock.now();
        let context = Context {
            trust: &world.trust,
            policy: &world.policy,
            profile: &IdentityProfile::standard(),
            at: now.saturating_add(APART).unwrap_or(now),
            time_source: TimeSource::Now,
        };
        let report = signature::stamp_over(&token, over.as_bytes(), &context);
        match (report.counts, report.time) {
            (true, Some(time)) if time.duration_since(now).abs() <= APART => Ok(token),
            (true, Some(time)) => Err(format!("{url}: its clock says {time}, ours {now}")),
            _ => {
                let why = report.reason.map_or_else(|| "its token does not count".to_owned(), |reason| reason.message);
                Err(format!("{url}: {why}"))
            }
        }
    }

    /// A verified token over this alone, asked for at once: whoever asks waits by itself after a failure.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) fn token(&self, over: &str) -> Result<Vec<u8>, String> {
        let world = Arc::clone(&self.state.lock().unwrap_or_else(PoisonError::into_inner).world);
        self.one(over, Instant::now() + self.settings.timeout, &world)
    }

    /// Asks for all, several at one time; the tokens in their order, and the first reason why one is missing.
    fn all(&self, over: &[String], world: &World) -> (Vec<Option<Vec<u8>>>, Option<String>) {
        let until = Instant::now() + self.settings.timeout;
        let (next, failures) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            let mut answers = Vec::new();
            while failures.load(Ordering::Relaxed) < FAILURES_MAX {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(one) = over.get(at) else { break };
                let answer = self.one(one, until, world);
                if answer.is_err() {
                    failures.fetch_add(1, Ordering::Relaxed);
                }
                answers.push((at, answer));
            }
            answers
        };
        let answers = std::thread::scope(|scope| {
            let spawn = |_| std::thread::Builder::new().name("stamp".to_owned()).spawn_scoped(scope, work);
            let others: Vec<_> = (1..over.len().min(AT_ONCE)).map_while(|nth| spawn(nth).ok()).collect();
            let mut answers = work();
            for other in others {
                answers.extend(other.join().unwrap_or_default()); // one that panicked has stamped nothing
            }
            answers
        });
        let (mut tokens, mut why) = (vec![None; over.len()], None);
        for (at, answer) in answers {
            match answer {
                Ok(token) => tokens[at] = Some(token),
                Err(fault) => why = why.or(Some(fault)),
            }
        }
        let is_whole = tokens.iter().all(Option::is_some);
        (tokens, why.filter(|_| !is_whole))
    }
}

impl Stamper for Stamps {
    fn stamp(&self, over: &[String]) -> Vec<Option<Vec<u8>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(silent) = &mut state.silent
            && Instant::now() < silent.until
        {
            silent.without += over.len() as u64;
            return vec![None; over.len()];
        }
        let (tokens, why) = self.all(over, &state.world);
        let without = tokens.iter().filter(|token| token.is_none()).count() as u64;
        let before = state.silent.take().map_or(0, |silent| silent.without);
        match why {
            None if before > 0 => tracing::info!(without = before, "receipts are time-stamped again"),
            None => {}
            Some(why) => {
                tracing::error!(advice = %Advice::ReceiptsUnstamped,
                    why, without, "receipts go without a time-stamp; they hold, and prove no moment");
                // one that gives some is asked for the next group at once
                let pause = if without == over.len() as u64 { self.settings.retry } else { Duration::ZERO };
                state.silent = Some(Silent { until: Instant::now() + pause, why, without: before + without });
            }
        }
        tokens
    }
}
