//! Sights: what is seen of queues, disk, database, mailboxes and mail by looking, from time to time, beside the loop.
//!
//! Owns the thread that looks, how often, and the numbers that come of it; what `status` would say it is handed as a
//! function by whoever starts the daemon. A look takes at most a twentieth of the time: where it takes long, the next
//! one comes later, and how old the last one is stands beside the rest. Looks at the disk and asks the database;
//! changes nothing, and keeps the loop from nothing.

use super::Metrics;
use super::health::Dependency;
use crate::advice::Advice;
use crate::boemis::Reader;
use crate::config::Settings;
use crate::daemon::refresh;
use crate::daemon::window::{Tally, Window};
use crate::forms::certificate::Certificate;
use crate::host::Host;
use crate::schema::Datasets;
use crate::seal::KeyPlace;
use crate::staging::room;
use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;
use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A look may take so much of the time: one part of twenty.
const SHARE: u32 = 20;
/// What was seen longer ago than so many looks is not believed.
const STALE: u32 = 4;
/// What asking the database may take at most, before it counts as away.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the end waits for a look under way: a window ends within 5 s.
const END: Duration = Duration::from_secs(2);
/// The largest certificate file, octets.
const CERTIFICATE_MAX: u64 = 1 << 20;

/// What `status` sees, in numbers.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// Every code that there is, and how many problems of it there are.
    pub problems: Vec<(&'static str, u64)>,
    /// By participant.
    pub participants: Vec<Body>,
    /// Answered, and the receipt is not known to lie where its receiver finds it.
    pub unclosed: u64,
    /// Contested or ruled on, and not answered so yet.
    pub contesting: u64,
    /// What is owed by mail; none where no mail goes out.
    pub outbox: Option<Outbox>,
    /// The mailboxes that are read.
    pub mailboxes: Vec<MailboxSight>,
}

/// One participant, in numbers. Ages are in seconds.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // as `status` has them
pub struct Body {
    pub name: String,
    pub waiting: u64,
    pub oldest_unanswered: i64,
    pub uploads: u64,
    pub open: u64,
    pub held: u64,
    pub held_octets: u64,
    pub oldest_held: i64,
}

/// What is owed by mail.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // as `post list` has them
pub struct Outbox {
    pub waiting: u64,
    pub owed: u64,
    pub failed: u64,
    pub unreadable: u64,
    pub oldest: Option<Timestamp>,
    pub is_away: bool,
}

/// A mailbox that is read.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // as `status` has them
pub struct MailboxSight {
    pub name: String,
    pub connected: bool,
    pub last_look: Option<Timestamp>,
    pub waiting: u64,
}

/// Who says what `status` sees of the window of a configuration; or why it cannot.
pub type Looks = fn(&Path) -> Result<Sight, String>;

/// What the loop says by itself, and what was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    heard: Mutex<Heard>,
    sight: Mutex<Option<Arc<Taken>>>,
}

#[derive(Debug, Default)]
struct Heard {
    away: bool,
    trouble: Option<String>,
    refreshing: Option<String>,
}

/// A look, when it was, and how long it took.
#[derive(Debug, Default)]
struct Taken {
    sight: Sight,
    at: Option<Timestamp>,
    lasted: Duration,
    /// Why `status` could not be told.
    failed: bool,
    ground: Ground,
}

/// What is looked at each time, since it costs little.
#[derive(Clone, Debug, Default)]
struct Ground {
    dependencies: Vec<Dependency>,
    /// When this was, and how long it may be believed.
    at: Option<Instant>,
    believed: Duration,
    /// Free octets by place.
    free: Vec<(&'static str, u64)>,
    /// Octets and segments of the journal.
    journal: (u64, u64),
    /// When each list of revocations was fetched last.
    fetched: Vec<(String, i64)>,
    /// What cannot be fetched.
    failing: BTreeMap<String, bool>,
    /// When each of the window's own certificates ends.
    ends: Vec<(&'static str, i64)>,
}

impl Seen {
    /// What the loop has to say of itself.
    pub(super) fn hear(&self, tally: &Tally) {
        let mut heard = held(&self.heard);
        heard.away = tally.away;
        if heard.trouble != tally.trouble {
            heard.trouble.clone_from(&tally.trouble);
        }
        if heard.refreshing != tally.refreshing {
            heard.refreshing.clone_from(&tally.refreshing);
        }
    }

    /// What the window stands on, as far as it is known: what the loop met counts at once.
    pub(super) fn dependencies(&self) -> Vec<Dependency> {
        let Some(taken) = held(&self.sight).clone() else { return Vec::new() };
        let Ground { dependencies, at, believed, .. } = &taken.ground;
        let old = at.map_or(Duration::MAX, |at| at.elapsed());
        if old > *believed {
            return vec![Dependency::bad("look", format!("nobody has looked for {} s", old.as_secs()))];
        }
        let heard = held(&self.heard);
        let met = |dependency: &Dependency| {
            let why = match dependency.name {
                "database" if heard.away => Some("the window found it away; documents are held until it is back"),
                "journal" => heard.trouble.as_deref(),
                "refresher" => heard.refreshing.as_deref(),
                _ => None,
            };
            why.filter(|_| dependency.is_good).map(|why| Dependency::bad(dependency.name, why))
        };
        dependencies.iter().map(|one| met(one).unwrap_or_else(|| one.clone())).collect()
    }
}

fn held<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that looks; it ends with this.
pub struct Sights {
    ends: Option<mpsc::Sender<()>>,
    ended: mpsc::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Sights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sights")
    }
}

impl Drop for Sights {
    /// What it has open of BOEMİS is closed before the window closes that itself, unless it takes long.
    fn drop(&mut self) {
        drop(self.ends.take());
        if matches!(self.ended.recv_timeout(END), Err(RecvTimeoutError::Disconnected))
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join(); // it has ended; what it panicked with stands on stderr
        }
    }
}

impl Window {
    /// Has the numbers tell what is seen so, too.
    pub fn seen_by(mut self, looks: Looks) -> Self {
        self.looks = Some(looks);
        self
    }

    /// Looks from now on, where anybody can ask for it.
    pub(in crate::daemon) fn sights(&self) -> Option<Sights> {
        let metrics = Arc::clone(&self.metrics);
        if !metrics.is_served() {
            return None;
        }
        let (ends, heard) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        let (config, settings) = (self.config.path().to_owned(), self.settings().clone());
        let look = Look { metrics, config, settings, host: self.host(), looks: self.looks };
        let work = move || {
            let _ending = ending; // goes with the thread, however that ends
            look.look_until(&heard);
        };
        let thread = std::thread::Builder::new().name("sights".to_owned()).spawn(work);
        let thread = thread.inspect_err(|error| {
            tracing::warn!(advice = %Advice::NumbersNotGiven,
                %error, "nobody looks for the window's numbers; the next start does")
        });
        Some(Sights { ends: Some(ends), ended, thread: Some(thread.ok()?) })
    }
}

struct Look {
    metrics: Arc<Metrics>,
    config: PathBuf,
    settings: Settings,
    host: Host,
    looks: Option<Looks>,
}

impl Look {
    fn look_until(&self, ended: &mpsc::Receiver<()>) {
        let every = self.settings.metrics.every;
        let mut next: Option<Instant> = None; // when `status` is looked at again
        loop {
            let begun = Instant::now();
            let mut ground = self.ground();
            ground.believed = every.saturating_mul(STALE).saturating_add(PATIENCE);
            let before = held(&self.metrics.seen.sight).clone();
            let is_due = next.is_none_or(|next| next <= begun);
            let taken = match (is_due, before) {
                (false, Some(before)) => {
                    let Taken { sight, at, lasted, failed, .. } = &*before;
                    Taken { sight: sight.clone(), at: *at, lasted: *lasted, failed: *failed, ground }
                }
                _ => {
                    // the dependencies first: a long look keeps nobody from them
                    let early = Taken { ground: ground.clone(), ..Taken::default() };
                    held(&self.metrics.seen.sight).get_or_insert_with(|| Arc::new(early));
                    let looked = Instant::now();
                    let told = self.looks.map_or_else(|| Ok(Sight::default()), |looks| looks(&self.config));
                    let failed = told.is_err();
                    if let Err(why) = &told {
                        tracing::warn!(advice = %Advice::NumbersNotGiven,
                            why, "what `pencere status` says cannot be told as numbers; run it by hand");
                    }
                    let lasted = looked.elapsed();
                    next = Some(Instant::now() + every.max(lasted.saturating_mul(SHARE)));
                    Taken { sight: told.unwrap_or_default(), at: Some(self.host.clock.now()), lasted, failed, ground }
                }
            };
            *held(&self.metrics.seen.sight) = Some(Arc::new(taken));
            let pause = every.max(begun.elapsed());
            if ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    fn ground(&self) -> Ground {
        let state = &self.settings.window.paths.state;
        let failures = refresh::failures(state);
        let trust = &self.settings.trust;
        let lists = trust.crl_urls.iter().map(|url| url.value.clone());
        let named: Vec<String> = lists.clone().chain(trust.ocsp.iter().map(|one| one.url.clone())).collect();
        let mut failing: BTreeMap<String, bool> = named.into_iter().map(|source| (source, false)).collect();
        for failure in &failures {
            if let Some(fails) = failing.get_mut(&failure.address) {
                *fails = true;
            }
        }
        let fetched = lists.filter_map(|url| {
            let at = modified(&trust.fetched(state, &url))?;
            Some((url, at))
        });
        let database = self.settings.location.file().and_then(Path::parent);
        let drop = self.settings.window.paths.drop.as_path();
        let places = [("state", Some(state.as_path())), ("drop", Some(drop)), ("boemis", database)];
        let free = |(name, place): (&'static str, Option<&Path>)| Some((name, crate::host::Disk::free(place?).ok()?));
        Ground {
            dependencies: vec![self.database(), self.seal(), self.journal(), self.disk(), refresher(&failing)],
            at: Some(Instant::now()),
            believed: Duration::ZERO,
            free: places.into_iter().filter_map(free).collect(),
            journal: size_of(&state.join("journal")),
            fetched: fetched.collect(),
            failing,
            ends: self.certificates(),
        }
    }

    /// A server is asked; of a file it is seen that it is there (`status` reads it).
    fn database(&self) -> Dependency {
        const NAME: &str = "database";
        if let Some(file) = self.settings.location.file() {
            return match std::fs::metadata(file) {
                Ok(found) if found.is_file() && found.len() > 0 => Dependency::good(NAME, "its file is there"),
                Ok(_) => Dependency::bad(NAME, "its file is empty or no file; see `pencere status`"),
                Err(error) => Dependency::bad(NAME, format!("its file: {error}; see `pencere status`")),
            };
        }
        let asked = async {
            let (location, boemis) = (&self.settings.location, &self.settings.boemis);
            let opened = tokio::time::timeout(PATIENCE, Reader::open(location, boemis, &Datasets::default())).await;
            match opened {
                Ok(Ok(reader)) => {
                    let _ = reader.close().await; // it only looked
                    Dependency::good(NAME, "its server answers")
                }
                Ok(Err(fault)) => {
                    Dependency::bad(NAME, format!("{fault}; documents are held until it is back: see `pencere status`"))
                }
                Err(_) => Dependency::bad(NAME, format!("its server did not answer within {} s", PATIENCE.as_secs())),
            }
        };
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(asked),
            Err(error) => Dependency::bad(NAME, format!("it cannot be asked: {error}")),
        }
    }

    /// A seal that fails halts the window; so one that runs has it, while its certificate is in force.
    fn seal(&self) -> Dependency {
        const NAME: &str = "seal";
        let now = self.host.clock.now();
        let Some(end) = self.end_of(&self.settings.seal.certificate) else {
            return Dependency::bad(NAME, "its certificate cannot be read; see `pencere config check`");
        };
        if end <= now {
            return Dependency::bad(NAME, format!("its certificate ended on {end}; put a new one in place"));
        }
        if let KeyPlace::Apart(path) = &self.settings.seal.key {
            let is_there = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
            return match is_there {
                true => Dependency::good(NAME, "the window holds its line, and its socket is there"),
                false => Dependency::bad(NAME, "its socket is gone: `systemctl start pencere-seal.socket`"),
            };
        }
        Dependency::good(NAME, "the window holds its key, and its certificate is in force")
    }

    fn journal(&self) -> Dependency {
        const NAME: &str = "journal";
        match std::fs::read_dir(self.settings.window.paths.state.join("journal")) {
            Ok(_) => Dependency::good(NAME, "its folder is there, and its last write is durable"),
            Err(error) => Dependency::bad(NAME, format!("its folder: {error}")),
        }
    }

    fn disk(&self) -> Dependency {
        const NAME: &str = "disk";
        match room(self.settings.written_to(), self.settings.intake.free_min, 0) {
            Ok(()) => Dependency::good(NAME, "there is room"),
            Err(why) => Dependency::bad(NAME, format!("{why}; files stay in their folders: make room")),
        }
    }

    fn certificates(&self) -> Vec<(&'static str, i64)> {
        let own = [
            Some(("seal", &self.settings.seal.certificate)),
            self.settings.post.as_ref().map(|post| ("mail", &post.sign.certificate)),
            Some(("log", &self.settings.transparency.key.certificate)),
        ];
        let end = |(name, path): (&'static str, &PathBuf)| Some((name, self.end_of(path)?.as_second()));
        own.into_iter().flatten().filter_map(end).collect()
    }

    fn end_of(&self, certificate: &Path) -> Option<Timestamp> {
        let octets = self.host.disk.read(certificate, CERTIFICATE_MAX).ok()?;
        Some(Certificate::from_file(&octets).ok()?.into_iter().next()?.not_after())
    }
}

fn refresher(failing: &BTreeMap<String, bool>) -> Dependency {
    const NAME: &str = "refresher";
    match failing.iter().find(|(_, fails)| **fails) {
        None if failing.is_empty() => Dependency::good(NAME, "nothing is to be fetched"),
        None => Dependency::good(NAME, "what is fetched is current"),
        Some((source, _)) => {
            Dependency::bad(NAME, format!("{source} cannot be fetched; what is there counts until it is stale"))
        }
    }
}

fn modified(path: &Path) -> Option<i64> {
    let modified = std::fs::metadata(path).and_then(|found| found.modified()).ok()?;
    Timestamp::try_from(modified).ok().map(Timestamp::as_second)
}

/// Octets and number of the journal's segments.
fn size_of(journal: &Path) -> (u64, u64) {
    let entries = std::fs::read_dir(journal).into_iter().flatten().flatten();
    let segments = entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "log"));
    let sizes = segments.filter_map(|entry| Some(entry.metadata().ok()?.len()));
    sizes.fold((0, 0), |(octets, count), size| (octets.saturating_add(size), count + 1))
}

/// One name with its values, each with its labels; the heading stands there also without any.
type Values = Vec<(Vec<(&'static str, String)>, i64)>;

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, values: Values) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, &format!("{help}."), None, MetricType::Gauge)?;
    for (labels, value) in &values {
        match labels.is_empty() {
            true => metric.encode_gauge(value)?,
            false => metric.encode_family(labels)?.encode_gauge(value)?,
        }
    }
    Ok(())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn one(value: Option<i64>) -> Values {
    value.map(|value| (Vec::new(), value)).into_iter().collect()
}

fn labelled<'a>(label: &'static str, values: impl Iterator<Item = (&'a str, i64)>) -> Values {
    values.map(|(name, value)| (vec![(label, name.to_owned())], value)).collect()
}

impl Collector for Seen {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let taken = held(&self.sight).clone().unwrap_or_default();
        let (sight, ground, e) = (&taken.sight, &taken.ground, &mut encoder);
        let ready = self.dependencies();
        let ready = ready.iter().map(|one| (one.name, i64::from(one.is_good)));
        gauge(e, "pencere_dependency_ready", "1 while it is there, as /readyz says", labelled("dependency", ready))?;
        let problems = sight.problems.iter().map(|(code, count)| (*code, whole(*count)));
        gauge(e, "pencere_problems", "Problems that `pencere status` tells of", labelled("code", problems))?;
        self.encode_bodies(e, &sight.participants)?;
        gauge(
            e,
            "pencere_unclosed_submissions",
            "Answered, and the receipt is not known to lie where its receiver finds it",
            one(taken.at.map(|_| whole(sight.unclosed))),
        )?;
        gauge(
            e,
            "pencere_contesting_submissions",
            "Contested or ruled on, and not answered so yet",
            one(taken.at.map(|_| whole(sight.contesting))),
        )?;
        encode_outbox(e, sight.outbox.as_ref())?;
        encode_mailboxes(e, &sight.mailboxes)?;
        let free = ground.free.iter().map(|(place, octets)| (*place, whole(*octets)));
        gauge(e, "pencere_disk_free_bytes", "Free octets of the disk with this folder", labelled("place", free))?;
        let journal = ground.at.map(|_| ground.journal);
        gauge(e, "pencere_journal_size_bytes", "Octets of the journal", one(journal.map(|(size, _)| whole(size))))?;
        gauge(e, "pencere_journal_segments", "Segments of the journal", one(journal.map(|(_, count)| whole(count))))?;
        gauge(
            e,
            "pencere_refresh_last_success_timestamp_seconds",
            "When this list of revocations was fetched last",
            labelled("source", ground.fetched.iter().map(|(source, at)| (source.as_str(), *at))),
        )?;
        let failing = ground.failing.iter().map(|(source, fails)| (source.as_str(), i64::from(*fails)));
        gauge(e, "pencere_refresh_failing", "1 while this cannot be fetched", labelled("source", failing))?;
        gauge(
            e,
            "pencere_certificate_not_after_timestamp_seconds",
            "When this certificate of the window's own ends",
            labelled("certificate", ground.ends.iter().copied()),
        )?;
        let at = taken.at.map(Timestamp::as_second);
        gauge(e, "pencere_look_timestamp_seconds", "When `status` was looked at last", one(at))?;
        e.encode_descriptor("pencere_look_duration_seconds", "How long that took.", None, MetricType::Gauge)?
            .encode_gauge(&taken.lasted.as_secs_f64())?;
        let failed = taken.at.map(|_| i64::from(taken.failed));
        gauge(e, "pencere_look_failed", "1 while `status` cannot be told", one(failed))
    }
}

impl Seen {
    fn encode_bodies(&self, e: &mut DescriptorEncoder<'_>, bodies: &[Body]) -> fmt::Result {
        type Of = fn(&Body) -> i64;
        let all: [(&str, &str, Of); 7] = [
            ("pencere_waiting_files", "Files in its folder that are not safe or answered yet", |one| {
                whole(one.waiting)
            }),
            ("pencere_oldest_unanswered_seconds", "Age of its oldest without an answer; 0: none", |one| {
                one.oldest_unanswered
            }),
            ("pencere_uploads", "Uploads under way, by their names", |one| whole(one.uploads)),
            ("pencere_open_submissions", "Safe in the window and not answered", |one| whole(one.open)),
            ("pencere_held_submissions", "Held: nobody can tell yet", |one| whole(one.held)),
            ("pencere_held_bytes", "Octets of what is held", |one| whole(one.held_octets)),
            ("pencere_oldest_held_seconds", "Age of its oldest that is held; 0: none", |one| one.oldest_held),
        ];
        for (name, help, of) in all {
            gauge(e, name, help, labelled("participant", bodies.iter().map(|one| (one.name.as_str(), of(one)))))?;
        }
        Ok(())
    }
}

fn encode_outbox(e: &mut DescriptorEncoder<'_>, outbox: Option<&Outbox>) -> fmt::Result {
    let states = outbox.map_or_else(Vec::new, |outbox| {
        let Outbox { waiting, owed, failed, unreadable, .. } = *outbox;
        vec![("waiting", waiting), ("owed", owed), ("failed", failed), ("unreadable", unreadable)]
    });
    let states = states.into_iter().map(|(state, count)| (state, whole(count)));
    gauge(e, "pencere_outbox_mails", "What is owed by mail, and what was given up", labelled("state", states))?;
    let oldest = outbox.and_then(|outbox| outbox.oldest).map(Timestamp::as_second);
    gauge(e, "pencere_outbox_oldest_timestamp_seconds", "Since when the oldest mail is owed", one(oldest))?;
    let away = outbox.map(|outbox| i64::from(outbox.is_away));
    gauge(e, "pencere_outbox_away", "1 while no mail server takes anything", one(away))
}

fn encode_mailboxes(e: &mut DescriptorEncoder<'_>, mailboxes: &[MailboxSight]) -> fmt::Result {
    let of = |value: fn(&MailboxSight) -> Option<i64>| {
        labelled("mailbox", mailboxes.iter().filter_map(|one| Some((one.name.as_str(), value(one)?))))
    };
    let connected = of(|one| Some(i64::from(one.connected)));
    gauge(e, "pencere_mailbox_connected", "1 while this mailbox can be read", connected)?;
    let last = of(|one| one.last_look.map(Timestamp::as_second));
    gauge(e, "pencere_mailbox_last_look_timestamp_seconds", "When this mailbox was looked at last", last)?;
    gauge(e, "pencere_mailbox_waiting_messages", "Messages that wait in it", of(|one| Some(whole(one.waiting))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_no_label_and_no_line() {
        let metrics = Metrics::new();
        let mailbox = MailboxSight { name: "a\"} 7\nb\\c".to_owned(), connected: true, ..MailboxSight::default() };
        let sight = Sight { mailboxes: vec![mailbox], ..Sight::default() };
        let taken = Taken { sight, at: Some(Timestamp::UNIX_EPOCH), ..Taken::default() };
        *held(&metrics.seen.sight) = Some(Arc::new(taken));
        let text = metrics.text(false).unwrap();
        let line = "pencere_mailbox_connected{mailbox=\"a\\\"} 7\\nb\\\\c\"} 1";
        assert!(text.lines().any(|one| one == line), "{text}");
    }

    #[test]
    fn what_was_seen_long_ago_is_not_believed_and_what_the_loop_meets_counts_at_once() {
        let metrics = Metrics::new();
        metrics.is_busy();
        let see = |believed: Duration| {
            let dependencies =
                vec![Dependency::good("database", "it answers"), Dependency::good("journal", "it is there")];
            let ground = Ground { dependencies, at: Some(Instant::now()), believed, ..Ground::default() };
            *held(&metrics.seen.sight) = Some(Arc::new(Taken { ground, ..Taken::default() }));
        };
        see(Duration::from_secs(3600));
        assert!(metrics.ready().is_good);
        metrics.turned(&Tally { away: true, trouble: Some("the disk\nis full".to_owned()), ..Tally::default() });
        let ready = metrics.ready();
        assert!(!ready.is_good && ready.words.contains("\ndatabase: not well, "), "{}", ready.words);
        assert!(ready.words.contains("journal: not well, the disk\\u{a}is full\n"), "{}", ready.words);
        metrics.turned(&Tally::default());
        assert!(metrics.ready().is_good);
        see(Duration::ZERO);
        assert!(metrics.ready().words.contains("look: not well, nobody has looked"), "{}", metrics.ready().words);
    }
}
