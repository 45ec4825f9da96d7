//! Looking: what each document tells by itself, by signature, authority and form.
//!
//! Needs the document, the registry and the rules, and nothing that other documents change: so a
//! group is looked at side by side, and the next group while this one is being loaded. What a long statement takes
//! besides is done here, too, as foresight ([`Forerunner`]). Whoever's document
//! takes long is waited for no longer than `intake.patience`: others go on without it, and it comes behind
//! them ([`aside`](super::aside)). Decides nothing: what a look comes to beside all others is
//! [`carry`](super::carry)'s.

use super::carry::Case;
use super::forerun::Forerunner;
use super::judgement::{Judge, Matter};
use crate::authority::Form;
use crate::document::{Content, Digest, ParticipantName, SubmissionId};
use crate::finding::{Finding, Stop};
use crate::host::Panicked;
use crate::receipt::Turn;
use crate::schema::{Inspected, InspectedApproval};
use crate::staging::Staged;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A case that was looked at.
pub(super) struct Look {
    pub(super) matter: Matter,
    pub(super) octets: Octets,
    pub(super) turn: Turn,
    pub(super) attempt: u32,
    pub(super) is_fresh: bool,
    pub(super) seen: Seen,
}

/// Whose channel, and the digests of document and detached signature.
pub(super) type Octets = (Option<ParticipantName>, Digest, Option<Digest>);

/// What was seen.
pub(super) enum Seen {
    /// Verified and authorised; and whether it has the form of its dataset.
    Filed { participant: ParticipantName, content: Content, inspected: Box<Result<Inspected, Stop>> },
    /// Verified and authorised, and it takes another submission through a stage; and whether it has the form for that.
    Approving { participant: ParticipantName, content: Content, inspected: Box<Result<InspectedApproval, Stop>> },
    /// Signature or authority stop it.
    Stopped(Stop),
    /// Intake's own finding stops it: nothing was looked at.
    Refused(Box<Staged>, Finding),
}

impl Look {
    /// Its id.
    pub(super) fn id(&self) -> SubmissionId {
        self.matter.id()
    }

    /// Whether its records are too many for memory.
    pub(super) fn is_long(&self) -> bool {
        matches!(&self.seen, Seen::Filed { inspected, .. } if inspected.as_ref().as_ref().is_ok_and(Inspected::is_long))
    }
}

/// Documents by their order of arrival: that of their ids.
pub(super) type Looks = BTreeMap<SubmissionId, Look>;

/// A group that is being looked at.
pub(super) struct Looking {
    done: Looks,
    lane: Option<Lane>,
}

/// Documents that threads look at.
pub(super) struct Lane {
    work: Wanted,
    /// Of which there is no result yet, and by whose channel they came.
    missing: BTreeMap<SubmissionId, Option<ParticipantName>>,
}

/// Looking that somebody waits for, or comes back for: without him its threads begin nothing more.
struct Wanted(Arc<Work>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.desk().cases.clear();
    }
}

struct Work {
    desk: Mutex<Desk>,
    /// A thread has ended: with the last one all is done that will be done. (Told for each document, whoever waits
    /// would take the processor from those who look.)
    ended: Condvar,
    judge: Judge,
    told: Arc<Notify>,
}

/// What the threads of a lane share.
struct Desk {
    /// What no thread has begun.
    cases: VecDeque<Case>,
    /// What nobody has taken yet.
    looks: Vec<Look>,
    /// Since when each thread looks at what it has; none of a thread that has ended.
    since: Vec<Option<Instant>>,
    /// Whether whoever began it does something else meanwhile, and wants to be told.
    is_aside: bool,
}

/// Threads that look, at most: a group has little for more, and the service's `TasksMax` has room for
/// several such works at once.
const THREADS_MAX: usize = 8;

/// Up to so many octets are looked at in a millisecond or two.
pub(super) const SMALL: u64 = 256 << 10;

/// A group is waited for so many times as long as one document, at most: a group of 256 usual ones takes as long as
/// one that is slow.
const GROUP_PATIENCE: u32 = 4;

impl Looking {
    /// Looks at one or a few small ones at once; at more, and at what is large, in threads. `told` hears of
    /// what comes when nobody waits for it any more.
    pub(super) fn begin(cases: Vec<Case>, judge: Judge, told: &Arc<Notify>) -> Self {
        /// Up to so many, a thread costs more than it gains.
        const AT_ONCE: usize = 4;
        let size = cases.iter().map(|case| case.staged.about().size()).fold(0, u64::saturating_add);
        if cases.len() <= AT_ONCE && size <= SMALL {
            let done = cases.into_iter().map(|case| look(case, &judge)).map(|look| (look.id(), look)).collect();
            return Self { done, lane: None };
        }
        Self { done: Looks::new(), lane: Some(Lane::begin(cases.into(), judge, Arc::clone(told), false)) }
    }

    /// Waits until all are looked at.
    ///
    /// # Errors
    /// [`Panicked`].
    pub(super) fn end(self) -> Result<Looks, Panicked> {
        let Self { mut done, lane } = self;
        if let Some(mut lane) = lane {
            lane.wait(None, &mut done)?;
        }
        Ok(done)
    }

    /// Waits until some document takes longer than this: what is looked at by then, and the lanes of those that are
    /// not done.
    ///
    /// # Errors
    /// [`Panicked`].
    pub(super) fn end_within(self, patience: Duration) -> Result<(Looks, Vec<Lane>), Panicked> {
        let Self { mut done, lane } = self;
        let (mut slow, mut next) = (Vec::new(), lane);
        while let Some(mut lane) = next.take() {
            lane.wait(Some(patience), &mut done)?;
            if !lane.missing.is_empty() {
                next = lane.part(&mut done);
                slow.push(lane);
            }
        }
        slow.retain(|lane| !lane.missing.is_empty());
        Ok((done, slow))
    }
}

impl Lane {
    /// Looks at these while whoever began it does something else, and is told.
    pub(super) fn aside(cases: Vec<Case>, judge: Judge, told: &Arc<Notify>) -> Self {
        Self::begin(cases.into(), judge, Arc::clone(told), true)
    }

    fn begin(cases: VecDeque<Case>, judge: Judge, told: Arc<Notify>, is_aside: bool) -> Self {
        let of = |case: &Case| (case.staged.about().id, case.staged.about().participant.clone());
        let missing: BTreeMap<_, _> = cases.iter().map(of).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX).min(cases.len());
        let desk = Desk { cases, looks: Vec::new(), since: vec![Some(Instant::now()); threads], is_aside };
        let work = Arc::new(Work { desk: Mutex::new(desk), ended: Condvar::new(), judge, told });
        let mut begun = 0;
        for at in 0..threads {
            let seat = Seat { work: Arc::clone(&work), at };
            let thread = std::thread::Builder::new().name("look".to_owned());
            begun += usize::from(thread.spawn(move || seat.look_at_all()).is_ok());
        }
        if begun == 0 {
            Seat { work: Arc::clone(&work), at: 0 }.look_at_all(); // where no thread can be had
        }
        Self { work: Wanted(work), missing }
    }

    /// What is not done, in its order, and whose it is.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&ParticipantName, SubmissionId)> {
        self.missing.iter().filter_map(|(id, whose)| Some((whose.as_ref()?, *id)))
    }

    /// Whether all are looked at.
    pub(super) fn is_done(&self) -> bool {
        self.missing.is_empty()
    }

    /// Takes what is there.
    ///
    /// # Errors
    /// [`Panicked`].
    pub(super) fn take(&mut self, done: &mut Looks) -> Result<(), Panicked> {
        self.wait(Some(Duration::ZERO), done)
    }

    /// Waits for all, until one of them takes longer than this.
    ///
    /// # Errors
    /// [`Panicked`].
    pub(super) fn wait(&mut self, patience: Option<Duration>, done: &mut Looks) -> Result<(), Panicked> {
        let begun = Instant::now();
        let Self { work: Wanted(work), missing } = self;
        let mut desk = work.desk();
        loop {
            for look in desk.looks.drain(..) {
                missing.remove(&look.id());
                done.insert(look.id(), look);
            }
            if missing.is_empty() {
                return Ok(());
            }
            let Some(oldest) = desk.since.iter().flatten().min() else { return Err(Panicked) };
            desk = match patience {
                None => work.ended.wait(desk).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let until = (*oldest + patience).min(begun + patience * GROUP_PATIENCE);
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Ok(());
                    }
                    work.ended.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Its threads are busy with what takes long: what they have not begun and is of others gets threads of
    /// its own. What the same body sent behind that stays, and keeps its place.
    fn part(&mut self, done: &mut Looks) -> Option<Self> {
        let mut desk = self.work.0.desk();
        desk.is_aside = true;
        // what came since nobody waits any more
        for look in desk.looks.drain(..) {
            self.missing.remove(&look.id());
            done.insert(look.id(), look);
        }
        let waits: BTreeSet<SubmissionId> = desk.cases.iter().map(|case| case.staged.about().id).collect();
        let is_begun = |(id, _): &(&SubmissionId, &Option<ParticipantName>)| !waits.contains(id);
        let stuck: BTreeSet<_> = self.missing.iter().filter(is_begun).map(|(_, whose)| whose.clone()).collect();
        let (mine, others) =
            desk.cases.drain(..).partition(|case: &Case| stuck.contains(&case.staged.about().participant));
        desk.cases = mine;
        drop(desk);
        let others: VecDeque<Case> = others;
        for case in &others {
            self.missing.remove(&case.staged.about().id);
        }
        let Work { judge, told, .. } = &*self.work.0;
        (!others.is_empty()).then(|| Self::begin(others, judge.clone(), Arc::clone(told), false))
    }
}

impl Work {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one thread among those that look; whoever leaves it, by a panic too, says so.
struct Seat {
    work: Arc<Work>,
    at: usize,
}

impl Seat {
    /// Looks at one after the other until none is left.
    fn look_at_all(self) {
        let mut seen = None;
        while let Some(case) = self.next(seen.take()) {
            seen = Some(look(case, &self.work.judge));
        }
    }

    /// Lays down what was seen and takes what is next.
    fn next(&self, seen: Option<Look>) -> Option<Case> {
        let mut desk = self.work.desk();
        let is_new = seen.is_some();
        desk.looks.extend(seen);
        let next = desk.cases.pop_front();
        if let Some(since) = desk.since.get_mut(self.at) {
            *since = Some(Instant::now());
        }
        let is_told = is_new && desk.is_aside;
        drop(desk);
        if is_told {
            self.work.told.notify_one();
        }
        next
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut desk = self.work.desk();
        if let Some(since) = desk.since.get_mut(self.at) {
            *since = None;
        }
        let is_aside = desk.is_aside;
        drop(desk);
        self.work.ended.notify_all();
        if is_aside {
            self.work.told.notify_one();
        }
    }
}

/// Signature, authority, form: in that order, each given up to the next.
pub(super) fn look(case: Case, judge: &Judge) -> Look {
    let Case { staged, turn, attempt, refused, is_fresh } = case;
    let about = staged.about();
    let detached = about.detached.as_ref().map(|given| given.sha256);
    let octets = (about.participant.clone(), about.document.sha256, detached);
    let mut matter = Matter::new(about);
    let seen = match refused {
        Some(finding) => Seen::Refused(Box::new(staged), finding),
        None => see(staged, turn == Turn::FIRST, judge, &mut matter),
    };
    // what came by no participant's channel is its signer's, whatever stops it
    if octets.0.is_none() && matter.known.participant.is_none() {
        matter.known.participant = judge.sender_of(&matter);
    }
    Look { matter, octets, turn, attempt, is_fresh, seen }
}

fn see(staged: Staged, is_first: bool, judge: &Judge, matter: &mut Matter) -> Seen {
    let verified = judge.verify(staged, matter);
    if verified.is_ok() && is_first {
        judge.note_under_way(matter);
    }
    match verified.and_then(|verified| judge.authorise(verified, matter)) {
        Ok(authorised) if authorised.form() == Form::Approval => Seen::Approving {
            participant: authorised.participant().clone(),
            content: authorised.verified().content(),
            inspected: Box::new(judge.inspect_approval(authorised, matter)),
        },
        Ok(authorised) => {
            let (participant, content) = (authorised.participant().clone(), authorised.verified().content());
            let inspected = match judge.ahead() {
                Some(ahead) => {
                    let forerunner = Forerunner::of(judge, ahead, &authorised);
                    let mut inspected = judge.inspect_followed(authorised, matter, forerunner.following());
                    forerunner.finish(judge, inspected.as_mut().ok());
                    inspected
                }
                None => judge.inspect(authorised, matter),
            };
            Seen::Filed { participant, content, inspected: Box::new(inspected) }
        }
        Err(stop) => Seen::Stopped(stop),
    }
}
