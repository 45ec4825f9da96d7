//! Metrics: what the window counts of itself, for whoever watches machines (docs/observability.md).
//!
//! Owns every name that stands in `/metrics`, and the numbers behind them. What is counted of documents is counted
//! from lines of the journal once they are durable, so that both always agree; how long something took is observed
//! where it is done. Counting is a few instructions, fails never, and waits for nobody: who reads the numbers
//! ([`serve`]) has a thread of his own. No label is a sender's text: participants and datasets are those of the
//! configuration in force, all others are the one value `-`; codes, decisions and stages are the program's own.

mod door;
mod health;
mod serve;
mod sights;
mod text;

pub use door::{Door, DoorFault, Listen, NotLoopback};
pub(super) use health::TURN;
pub use serve::serve;
pub use sights::{Body, Looks, MailboxSight, Outbox, Sight, Sights};

use super::window::Tally;
use crate::config::World;
use crate::document::{DatasetName, ParticipantName};
use crate::finding::Code;
use crate::journal::{Answered, Event, Written};
use health::Pulse;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use sights::Seen;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `[metrics]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `listen`: where the numbers are given; none: nowhere. What opens a door is an administrator's decision.
    pub listen: Option<Listen>,
    /// `every`: how often queues, disk, database and mailboxes are looked at for them. 30 s: two scrapes of a usual
    /// Prometheus, and alerts wait for minutes. A look that takes long is taken less often.
    pub every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: None, every: Duration::from_secs(30) }
    }
}

/// The value of a label where it is nobody's and nothing of the configuration: one value, so that no sender can make
/// another series.
const NONE: &str = "-";

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Who signed a document, and whether that holds.
    Verify,
    /// Whether they may file it.
    Authorise,
    /// Whether it has the form of its dataset.
    Inspect,
    /// Whether its content holds, beside what stands.
    Validate,
    /// A group's transaction in BOEMİS.
    Load,
    /// The seals of a group.
    Seal,
}

impl Stage {
    const ALL: [Self; 6] = [Self::Inspect, Self::Verify, Self::Authorise, Self::Validate, Self::Load, Self::Seal];

    fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Authorise => "authorise",
            Self::Inspect => "inspect",
            Self::Validate => "validate",
            Self::Load => "load",
            Self::Seal => "seal",
        }
    }
}

type Fixed<const N: usize> = [(&'static str, &'static str); N];
type Labels<const N: usize> = [(&'static str, String); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;

/// The numbers of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    received: Counters<1>,
    received_octets: Counters<1>,
    submissions: Counters<3>,
    findings: Counters<3>,
    reloads: Counters<1>,
    rounds: Counters<1>,
    stages: Vec<Histogram>,
    syncs: Histogram,
    turns: Counter,
    pulse: Pulse,
    seen: Arc<Seen>,
}

impl Metrics {
    /// Nothing is counted yet.
    pub fn new() -> Arc<Self> {
        let mut registry = Registry::default();
        let seen = Arc::new(Seen::default());
        let stages: Family<Fixed<1>, Histogram, fn() -> Histogram> = Family::new_with_constructor(seconds);
        let own = Self {
            received: Counters::default(),
            received_octets: Counters::default(),
            submissions: Counters::default(),
            findings: Counters::default(),
            reloads: Counters::default(),
            rounds: Counters::default(),
            stages: Stage::ALL.map(|stage| stages.get_or_create_owned(&[("stage", stage.as_str())])).into(),
            syncs: seconds(),
            turns: Counter::default(),
            pulse: Pulse::default(),
            seen: Arc::clone(&seen),
            registry: Registry::default(),
        };
        for result in ["taken", "refused"] {
            drop(own.reloads.get_or_create(&[("result", result.to_owned())]));
        }
        for result in ["done", "failed"] {
            drop(own.rounds.get_or_create(&[("result", result.to_owned())]));
        }
        let mut of = |name: &str, help: &str, metric: &Counters<1>| registry.register(name, help, metric.clone());
        of(
            "pencere_received",
            "Submissions that became safe in the window, by the channel's participant",
            &own.received,
        );
        of("pencere_received_bytes", "Their octets, signatures included", &own.received_octets);
        of("pencere_reloads", "Reloads of registry, stations, datasets and trust", &own.reloads);
        of("pencere_refresher_rounds", "Rounds of the refresher of revocation data", &own.rounds);
        registry.register(
            "pencere_submissions",
            "Answers that were journalled; a submission that was held counts as held, and as what became of it",
            own.submissions.clone(),
        );
        registry.register(
            "pencere_findings",
            "Answers with this finding, each once however often it stands there",
            own.findings.clone(),
        );
        registry.register(
            "pencere_stage_duration_seconds",
            "How long a stage took: of one document, of load and seal for a group",
            stages,
        );
        let syncs = "How long the journal's writes took to become durable";
        registry.register("pencere_journal_sync_duration_seconds", syncs, own.syncs.clone());
        registry.register("pencere_loop_turns", "Turns of the window's loop", own.turns.clone());
        let begun: Gauge = Gauge::default();
        begun.set(jiff::Timestamp::now().as_second());
        registry.register("pencere_start_timestamp_seconds", "When this process began to count", begun);
        let build: Family<Fixed<3>, Gauge> = Family::default();
        build
            .get_or_create(&[
                ("version", env!("CARGO_PKG_VERSION")),
                ("features", FEATURES),
                ("openssl", openssl::version::version()),
            ])
            .set(1);
        registry.register("pencere_build_info", "Always 1: what runs here", build);
        registry.register_collector(Box::new(seen));
        Arc::new(Self { registry, ..own })
    }

    /// Counts what has become durable in the journal.
    pub(super) fn journalled(&self, written: &Written, world: &World) {
        if let Some(lasted) = written.lasted() {
            self.syncs.observe(lasted.as_secs_f64());
        }
        for (entry, _) in written.entries() {
            match &entry.event {
                Event::Held(held) => {
                    let whose = [("participant", participant(held.participant.as_ref(), world))];
                    self.received.get_or_create(&whose).inc();
                    self.received_octets.get_or_create(&whose).inc_by(held.size());
                }
                Event::Answered(answered) => self.answered(answered, world),
                Event::Reloaded { refused, .. } => {
                    let result = if refused.is_none() { "taken" } else { "refused" };
                    self.reloads.get_or_create(&[("result", result.to_owned())]).inc();
                }
                _ => {}
            }
        }
    }

    fn answered(&self, answered: &Answered, world: &World) {
        let whose = ("participant", participant(answered.participant.as_ref(), world));
        let of = ("dataset", dataset(answered.dataset.as_ref(), world));
        let decision = ("decision", answered.decision.to_string());
        self.submissions.get_or_create(&[whose.clone(), of.clone(), decision]).inc();
        let codes: BTreeSet<&str> = answered.findings.iter().map(String::as_str).collect();
        for code in codes {
            // what an older program journalled may be no finding of this one
            let code = if Code::ALL.iter().any(|known| known.slug() == code) { code } else { NONE };
            self.findings.get_or_create(&[whose.clone(), of.clone(), ("code", code.to_owned())]).inc();
        }
    }

    /// Does this, and observes how long it took.
    pub(super) fn timed<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.took(stage, begun.elapsed());
        done
    }

    /// So long took this stage.
    pub(super) fn took(&self, stage: Stage, lasted: Duration) {
        let at = Stage::ALL.iter().position(|one| *one == stage);
        if let Some(histogram) = at.and_then(|at| self.stages.get(at)) {
            histogram.observe(lasted.as_secs_f64());
        }
    }

    /// The loop turns.
    pub(super) fn turned(&self, tally: &Tally) {
        self.turns.inc();
        self.pulse.beat();
        self.seen.hear(tally);
    }

    /// The loop is busy with something long, and gets on with it.
    pub(super) fn is_busy(&self) {
        self.pulse.beat();
    }

    /// A round of the refresher ended.
    pub(super) fn refreshed(&self, failed: bool) {
        let result = if failed { "failed" } else { "done" };
        self.rounds.get_or_create(&[("result", result.to_owned())]).inc();
    }

    /// Whether anybody can ask for the numbers.
    pub(super) fn is_served(&self) -> bool {
        self.pulse.is_served()
    }
}

/// What a build of pencere always has: there is one kind of it.
const FEATURES: &str = "sqlite,postgres,pkcs11,imap,smtp,journald";

/// From a signature of a small document (below a millisecond) to a million rows (minutes).
fn seconds() -> Histogram {
    Histogram::new([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0])
}

fn participant(name: Option<&ParticipantName>, world: &World) -> String {
    let known = name.filter(|name| world.registry.participants.contains_key(*name));
    known.map_or(NONE, ParticipantName::as_str).to_owned()
}

/// Approvals have a dataset's place, and no description.
fn dataset(name: Option<&DatasetName>, world: &World) -> String {
    let known = name.filter(|name| world.datasets.by_name.contains_key(*name));
    known.map_or(NONE, DatasetName::as_str).to_owned()
}
