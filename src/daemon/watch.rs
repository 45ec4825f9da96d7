//! The loop: signals of the folders, of the manager and of the clock, one at a time.
//!
//! Owns when something is done; what is done is [`Window`]'s. Never sleeps while something waits,
//! never polls faster than the rescan, and says "alive" from this very loop.

use super::alerting::alerter;
use super::archivist::Archivist;
use super::following::follower;
use super::metrics::TURN;
use super::notify;
use super::posting::poster;
use super::refresh::{self, Refresher, Round};
use super::reverifying::reverifier;
use super::stalls::Stalls;
use super::window::{Halt, Window};
use super::witnessing::witness;
use crate::advice::Advice;
use crate::document::ParticipantName;
use crate::intake::folder::{Signal, Watch};
use crate::intake::{Group, GroupLimits, Key, Queue, Waiting};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// With nothing to do for so long, what can wait is written and the stores rest. 300 ms: no
/// document that follows closely waits for it.
const IDLE: Duration = Duration::from_millis(300);

/// Watches until told to stop. `ready` is called once, when everything that is dropped from now on
/// is seen.
///
/// # Errors
/// [`Halt`]: we are wrong or our own disk fails.
pub async fn run(mut window: Window, ready: impl FnOnce()) -> Result<(), Halt> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Halt::broken)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Halt::broken)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Halt::broken)?;
    let mut watch = Watch::start(window.queue().folders());
    let mut rescan = interval(window.settings().intake.rescan);
    rescan.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut refresher = Refresher::new(window.settings());
    let (mut follower, mut reverifier) = (follower(&window), reverifier(&window));
    let mut witness = witness(&window);
    let (mut poster, mut alerter) = (poster(&window), alerter(&window));
    let mut archivist = Archivist::new();
    let (ours, host) = (window.settings().clone(), window.host());
    let mut alive = notify::alive_every().map(interval);
    let mut turn = window.metrics.is_served().then(|| interval(TURN));
    if let Some(turn) = &mut turn {
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    // Set when something was done; a tick in between must not put the rest off for ever.
    let mut idle = None;
    let mut trouble = None;
    scan(&mut window, &mut watch)?;
    let mut sign = interval(window.settings().downtime.every);
    sign.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut left = window.watches()?;
    window.start_mailboxes();
    let mut stalls = Stalls::watch(window.settings().downtime.every, host.clock.clone());
    let sights = window.sights();
    window.metrics.is_busy(); // from here on it is alive
    ready();
    notify::ready(&status(&window));
    tracing::info!(
        advice = %Advice::WindowOpen,
        participants = window.queue().folders().len(),
        unwatched = watch.unwatched().len(),
        "the window is open"
    );
    let result = loop {
        let now = window.now();
        let ahead = (window.ahead() > 0).then_some(now);
        let later = window.next_later(now);
        let scan_goes_on = window.queue().is_scanning().then_some(now);
        let (post, letters) = (window.next_post(now), window.has_letters().then_some(now));
        let words = [window.next_word(), window.next_digest()].into_iter().flatten().min();
        let due = [window.queue().due(now), window.next_try(), ahead, later, scan_goes_on, post, letters, words];
        let due = due.into_iter().flatten().min();
        let wake = due.map(|due| Instant::now() + pause(now, due));
        if window.tally.troubles() != trouble {
            trouble = window.tally.troubles();
            window.hints.trouble(trouble.as_deref());
            notify::status(&status(&window));
        }
        window.metrics.turned(&window.tally);
        let mut looked = Ok(());
        let (world, reach, laid) = (window.world(), window.reach(), window.laid());
        let told = std::sync::Arc::clone(&window.told);
        // Whatever came meanwhile is seen now, also when there was nothing that the loop waited for.
        tokio::task::yield_now().await;
        // In this order: what the manager wants comes before the next document, however many wait.
        tokio::select! {
            biased;
            _ = terminate.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
            _ = hangup.recv() => {
                notify::reloading();
                if let Err(halt) = window.reload().await {
                    break Err(halt);
                }
                looked = scan(&mut window, &mut watch);
                notify::ready(&status(&window));
            }
            () = tick(&mut alive) => notify::alive(),
            () = tick(&mut turn) => {} // that it turned is all
            // before the next sign: until then the last one is that of before it stood still
            stall = stalls.next() => looked = window.stalled(stall),
            _ = sign.tick() => left.sign(window.now()),
            _ = rescan.tick() => {
                looked = scan(&mut window, &mut watch).and_then(|()| window.publish_left());
                looked = looked.and_then(|()| window.take_notes());
                looked = looked.and_then(|()| window.lay_checkpoint());
                window.remember_mailboxes();
            }
            round = archivist.round(&ours, &world.datasets, &host) => {
                if let Err(halt) = window.archived(round).await {
                    break Err(halt);
                }
            }
            round = refresher.round(&world) => {
                if let Err(halt) = window.refreshed(round).await {
                    break Err(halt);
                }
            }
            round = follower.round(&reach) => window.followed(round),
            round = witness.round(&laid) => window.witnessed(round),
            round = poster.round(&world) => looked = window.posted(round),
            round = alerter.round(&world) => looked = window.alerted(round),
            round = reverifier.round(&reach) => looked = window.reverified(round),
            () = watch.ready() => looked = heed(&mut window, &mut watch),
            () = told.notified() => {}
            () = at(wake) => {}
            () = at(idle) => {
                idle = None;
                if let Err(halt) = window.rest().await {
                    break Err(halt);
                }
                notify::status(&status(&window));
                continue;
            }
        }
        if let Err(halt) = looked {
            break Err(halt);
        }
        match work(&mut window).await {
            Ok(true) => idle = Some(Instant::now() + IDLE),
            Ok(false) => {}
            Err(halt) => break Err(halt),
        }
    };
    drop(watch);
    drop(sights); // and what they have open
    notify::stopping();
    match result {
        Ok(()) => {
            tracing::info!(advice = %Advice::WindowClosed, "the window closes");
            window.close().await?;
            left.end();
            Ok(())
        }
        Err(halt) => {
            tracing::error!(advice = %Advice::Halted,
                %halt, "the window stops: nothing more is taken, nothing is lost");
            // what cannot be journalled, the sign that stays tells at the next start
            if window.halt(&halt) {
                left.end();
            }
            Err(halt)
        }
    }
}

/// Does everything that waits now, in folders and then in mailboxes, then ends. `progress` hears how many documents
/// came and how many have their answer; what is left waiting for its other half is given back.
///
/// # Errors
/// [`Halt`].
pub async fn once(mut window: Window, progress: impl FnMut(Progress)) -> Result<(Vec<Waiting>, Window), Halt> {
    match all(&mut window, progress).await {
        Ok(()) => Ok((window.queue().waiting(), window)),
        Err(halt) => {
            window.halt(&halt);
            Err(halt)
        }
    }
}

async fn all(window: &mut Window, mut progress: impl FnMut(Progress)) -> Result<(), Halt> {
    window.catch_up().await?;
    while window.go_on_later(window.now()).await? {} // what BOEMİS is away for waits for the next run
    // What a crash left taken goes back where a newer file of its name lay, once that one is answered.
    while found_all(window, &mut progress).await? && window.queue().give_back_stranded() {}
    window.start_mailboxes();
    window.all_letters(&mut progress).await?;
    window.publish_left()?;
    window.say_digests();
    window.post_once()?;
    window.rest().await
}

/// Does what lies in the folders now; whether it came to its end.
async fn found_all(window: &mut Window, progress: &mut impl FnMut(Progress)) -> Result<bool, Halt> {
    let begin = window.now();
    window.scan()?;
    while window.scan_slices(begin) {}
    // What a scan finds must have lain still for a while: waited for once, for the whole batch.
    if let Some(settled) = window.queue().settled_at() {
        let now = window.now();
        tokio::time::sleep(pause(now, settled)).await;
    }
    window.try_all_now();
    let (mut stuck, mut found) = (0, 0);
    loop {
        let now = window.now();
        window.retry(now).await?;
        window.bound_holds(now);
        if window.ahead() == 0 && window.queue().due(now).is_none_or(|due| due > now) {
            if window.has_aside() {
                window.finish_aside().await?;
                continue;
            }
            return Ok(true);
        }
        window.take_ahead(now)?;
        progress(Progress::Found(window.ahead().saturating_sub(found) as u64));
        let ready = window.ready(now);
        let done = window.carry_next(now).await?;
        progress(Progress::Done(done as u64));
        found = window.ahead();
        if found > 0 {
            progress(Progress::Found(found as u64));
        }
        // A group that cannot be kept comes back; `once` does not try for ever.
        // (A group may be empty because all that was looked at waits for its other half: that is less to look at.)
        let got_on = done > 0 || window.ready(now) < ready;
        stuck = if !got_on || window.tally.trouble.is_some() || window.tally.away { stuck + 1 } else { 0 };
        if stuck > 3 {
            window.finish_ahead().await?;
            window.finish_aside().await?;
            return Ok(false);
        }
    }
}

/// Who knows what stays in its folder and has its answer.
type Answered<'a> = &'a dyn Fn(&ParticipantName, &Key) -> bool;

/// How [`once`] gets on.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// So many more documents.
    Found(u64),
    /// So many more answers.
    Done(u64),
}

/// Takes one group and tries again what is due; whether there was anything.
async fn work(window: &mut Window) -> Result<bool, Halt> {
    let now = window.now();
    let mut worked = window.next_try().is_some_and(|next| next <= now);
    window.scan_slices(now);
    worked |= window.take_up_aside().await?;
    worked |= window.go_on_later(now).await?;
    let now = window.now(); // what was held just now is not due by a moment before that
    window.retry(now).await?;
    window.bound_holds(now);
    if window.ahead() > 0 || window.queue().due(now).is_some_and(|due| due <= now) {
        worked |= window.carry_next(now).await? > 0;
    }
    worked |= window.carry_letters().await? > 0;
    window.say_arrived();
    window.say_digests();
    Ok(worked)
}

/// Asks for a scan of all folders; those that were opened for it are watched from then on.
fn scan(window: &mut Window, watch: &mut Watch) -> Result<(), Halt> {
    window.scan()?;
    follow(window, watch)
}

/// Watches what was opened since.
fn follow(window: &mut Window, watch: &mut Watch) -> Result<(), Halt> {
    watch.follow(window.queue().folders()).iter().try_for_each(|participant| window.scan_one(participant))
}

/// Takes a slice of what each folder's watch has to say.
fn heed(window: &mut Window, watch: &mut Watch) -> Result<(), Halt> {
    let now = window.now();
    let mut lost = BTreeSet::new();
    watch.read(&mut |signal| match signal {
        Signal::Name(participant, name) => window.queue().on_name(&participant, &name, now),
        Signal::Rescan(participant) => drop(lost.insert(participant)),
    });
    lost.iter().try_for_each(|participant| window.scan_one(participant))?;
    match lost.is_empty() {
        true => Ok(()),
        false => follow(window, watch),
    }
}

impl Window {
    /// Takes up what the refresher fetched, and says what it could not.
    ///
    /// # Errors
    /// As [`Window::reload`].
    pub async fn refreshed(&mut self, round: Round) -> Result<(), Halt> {
        round.remember(self.settings());
        self.metrics.refreshed(round.broken.is_some() || !round.failed.is_empty());
        if let Some(why) = &round.broken {
            tracing::error!(advice = %Advice::RefreshFailed,
                why, "the refresher did not come to the end of its round; it is started again");
        }
        for why in &round.failed {
            tracing::error!(advice = %Advice::RefreshFailed,
                why, "revocation data could not be fetched; what is there counts until it is stale");
        }
        let broken = round.broken.as_ref().map(|why| format!("the refresher of revocation data fails: {why}"));
        let first = round.failed.first().map(|first| format!("revocation data cannot be fetched: {first}"));
        self.tally.refreshing = broken.or(first);
        match round.changed {
            true => self.reload().await,
            false => Ok(()),
        }
    }

    /// Fetches what a round should have fetched by now, where nobody else does.
    ///
    /// # Errors
    /// As [`Window::reload`].
    pub async fn catch_up(&mut self) -> Result<(), Halt> {
        let world = self.world();
        match refresh::catch_up(self.settings(), &world) {
            Some(round) => self.refreshed(round).await,
            None => Ok(()),
        }
    }

    /// The next group, past what has been answered in its folder already.
    pub fn take_group(&mut self, now: Timestamp) -> Group {
        self.take_of(|queue, limits, answered| queue.take_group(now, limits, answered))
    }

    /// A group of those who have only a few waiting, and are none of these.
    pub(super) fn take_few(&mut self, now: Timestamp, others: &BTreeSet<ParticipantName>) -> Group {
        self.take_of(|queue, limits, answered| queue.take_few(now, limits, others, answered))
    }

    fn take_of(&mut self, take: impl FnOnce(&mut Queue, GroupLimits, Answered<'_>) -> Group) -> Group {
        let limits = self.settings().group;
        let Self { queue, ledger, refusing, .. } = self;
        let answered = |participant: &ParticipantName, key: &Key| {
            let key = key.to_string();
            // A ledger that cannot answer must not make us answer twice.
            ledger.find_refused(participant, &key).map_or(true, |found| found.is_some())
                || refusing.contains(&(participant.clone(), key))
        };
        take(queue, limits, &answered)
    }

    /// When the next held submission is to be tried.
    fn next_try(&self) -> Option<Timestamp> {
        let (pause, now) = (self.settings().hold.retry_last, self.now());
        let mut tried = self.waits.iter().filter(|(id, _)| !self.behind.contains(id));
        tried.by_ref().map(|(_, waits)| waits.due(pause, now)).min()
    }

    fn try_all_now(&mut self) {
        let now = self.now();
        self.waits.values_mut().for_each(|waits| waits.next = now);
    }
}

fn status(window: &Window) -> String {
    let answers: u64 = window.tally.answers.values().sum();
    let held = window.held().len();
    let left_alone: Vec<String> = window.left_alone().iter().map(ToString::to_string).collect();
    let shut: Vec<String> = window.shut().map(|(participant, _)| participant.to_string()).collect();
    match window.tally.troubles() {
        None if !shut.is_empty() => {
            format!("the folder of {} cannot be used; {answers} answers, {held} held", shut.join(", "))
        }
        Some(trouble) => format!("{trouble}; {answers} answers, {held} held"),
        None if !left_alone.is_empty() => {
            format!("too much is held for {}; {answers} answers, {held} held", left_alone.join(", "))
        }
        None => format!("watching; {answers} answers, {held} held"),
    }
}

fn pause(now: Timestamp, until: Timestamp) -> Duration {
    until.duration_since(now).try_into().unwrap_or(Duration::ZERO)
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}

async fn tick(alive: &mut Option<tokio::time::Interval>) {
    match alive {
        Some(alive) => {
            alive.tick().await;
        }
        None => std::future::pending().await,
    }
}
