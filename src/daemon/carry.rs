//! Carry: a group of documents through every room of the path; all branching is here.
//!
//! A group shares one sync of evidence and journal, one transaction and one sealing; a lone document
//! never waits for company. Each step leaves what [`Window::open`](super::window::Window::open) knows how
//! to finish. Owns the order of the steps; what each room decides is the room's.

use super::approving;
use super::decide::{Draft, Due, Here, Judged, LoadsBefore, word};
use super::dossier::Beside;
use super::judgement::{Judge, Matter};
use super::load::{self, Candidate, Tried, load};
use super::look::{Look, Looking};
use super::metrics::Stage;
use super::notify;
use super::window::{Halt, Waits, Window};
use crate::advice::Advice;
use crate::boemis::{Boemis, Loaded, Stands};
use crate::document::{Decision, ParticipantName, SubmissionId};
use crate::finding::{Code, Finding, Stop};
use crate::host::Begun;
use crate::intake::{Arrival, Group, Refusal};
use crate::receipt::Turn;
use crate::seal::OriginalRecord;
use crate::staging::{Holding, NotHeld, Staged, Staging, Synced, Unsafe, Why, room};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// Sources of safe documents that wait for an idle moment to be removed, at most: their names are
/// remembered, and a start after a crash removes them all.
const SOURCES_MAX: usize = 4096;
/// And their octets together: 64 MiB of disk that is used twice.
const SOURCES_OCTETS_MAX: u64 = 64 << 20;

/// One held submission on its way through the judgement.
pub struct Case {
    /// The document, safe.
    pub staged: Staged,
    /// Which answer comes next.
    pub turn: Turn,
    /// How often it was tried before.
    pub attempt: u32,
    /// Intake's own finding: it is kept and answered, and goes no further.
    pub refused: Option<Finding>,
    /// Taken just now: nobody can have loaded or answered it before.
    pub is_fresh: bool,
}

/// A case after the judgement, before its answer is sealed.
pub(super) struct Verdict {
    pub(super) matter: Matter,
    pub(super) channel: Option<ParticipantName>,
    pub(super) turn: Turn,
    pub(super) attempt: u32,
    pub(super) word: Word,
    /// What it was judged beside.
    pub(super) beside: Beside,
}

/// What is to be said of a document. There is no other word.
pub(super) enum Word {
    Accepted(Box<Loaded>),
    /// Accepted by a load that a window committed which was stopped before it answered.
    Stands(Box<Stands>),
    /// An approval, and what it did.
    Taken(Box<approving::Taken>),
    Rejected(Vec<Finding>),
    Duplicate(Original),
    Held(Finding),
}

/// The earlier submission that a duplicate repeats.
pub(super) struct Original {
    pub(super) id: SubmissionId,
    pub(super) number: String,
    pub(super) decision: Decision,
}

impl Original {
    /// What a duplicate is judged beside.
    pub(super) fn beside(&self) -> Beside {
        Beside::Original(OriginalRecord { id: self.id, number: self.number.clone(), decision: self.decision })
    }
}

/// A group that is being made safe and looked at.
pub(super) struct Taken {
    looking: Looking,
    /// Until it is safe.
    saving: Option<Saving>,
    /// Documents and refusals.
    count: usize,
    /// What is to leave its source once the group is answered.
    pub(super) sources: Vec<(ParticipantName, SubmissionId)>,
    octets: u64,
    /// What is answered where it lies.
    in_place: Vec<Refusal>,
}

impl Taken {
    /// Whose it is.
    fn whose(&self) -> BTreeSet<ParticipantName> {
        let safe = self.sources.iter().map(|(participant, _)| participant);
        safe.chain(self.in_place.iter().map(|refusal| &refusal.participant)).cloned().collect()
    }
}

/// A group on its way to evidence and journal.
pub(super) struct Saving {
    promised: Unsafe,
    syncing: Begun<Result<Synced, Why>>,
}

/// Why a group was not decided.
pub(super) enum Unfinished {
    /// Our own disk does not let us keep it: it went back, and that was said.
    NotSafe,
    Halted(Halt),
}

/// By whose channel it came, for the log.
fn whose(arrival: &Arrival) -> &str {
    arrival.participant().map_or(arrival.channel(), ParticipantName::as_str)
}

impl From<Halt> for Unfinished {
    fn from(halt: Halt) -> Self {
        Self::Halted(halt)
    }
}

impl Window {
    /// Takes the next group from intake to its receipts; how many documents and refusals that were.
    /// When more waits behind it, that is made safe and looked at meanwhile, and is the next group.
    ///
    /// # Errors
    /// [`Halt`]: we are wrong or our own disk fails; nothing more is taken.
    pub async fn carry_next(&mut self, now: Timestamp) -> Result<usize, Halt> {
        let few = self.carry_few(now).await?;
        self.take_ahead(now)?;
        let done = few
            + match self.ahead.take() {
                Some(taken) => self.finish(taken, true).await?,
                None => 0,
            };
        if self.ahead.is_none() && self.queue.due(now).is_none_or(|due| due > now) {
            self.begin_pages()?;
        }
        Ok(done)
    }

    /// Before a group that was taken ahead: those who have only a few waiting and none in it.
    async fn carry_few(&mut self, now: Timestamp) -> Result<usize, Halt> {
        let ahead = self.ahead.take();
        self.ahead = self.safe_ahead(ahead)?; // what is promised beside it must not share its fate
        let Some(ahead) = &self.ahead else { return Ok(0) };
        let group = self.take_few(now, &ahead.whose());
        if group.is_empty() {
            return Ok(0);
        }
        match self.make_safe(group)? {
            Some(taken) => self.finish(taken, false).await,
            None => Ok(0),
        }
    }

    /// Takes the next group without finishing it, unless one is there already; carry it before anything
    /// else is done.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn take_ahead(&mut self, now: Timestamp) -> Result<(), Halt> {
        if self.ahead.is_none() {
            self.ahead = self.take(now)?;
        }
        Ok(())
    }

    /// How many documents and refusals were taken ahead and are still to be finished.
    pub fn ahead(&self) -> usize {
        self.ahead.as_ref().map_or(0, |taken| taken.count)
    }

    /// Finishes the group that was taken ahead, if there is one: the world may change after it.
    ///
    /// # Errors
    /// [`Halt`].
    pub async fn finish_ahead(&mut self) -> Result<usize, Halt> {
        match self.ahead.take() {
            Some(taken) => self.finish(taken, false).await,
            None => Ok(0),
        }
    }

    /// Takes a group from intake to its receipts.
    ///
    /// # Errors
    /// [`Halt`]: we are wrong or our own disk fails; nothing more is taken.
    pub async fn carry(&mut self, group: Group) -> Result<(), Halt> {
        match self.make_safe(group)? {
            Some(taken) => self.finish(taken, false).await.map(drop),
            None => Ok(()),
        }
    }

    /// A group that is safe, since others are answered before it.
    pub(super) fn safe_ahead(&mut self, taken: Option<Taken>) -> Result<Option<Taken>, Halt> {
        let Some(mut taken) = taken else { return Ok(None) };
        match self.saved(&mut taken.saving) {
            Ok(()) => Ok(Some(taken)),
            Err(Unfinished::NotSafe) => {
                self.unrefused.append(&mut taken.in_place);
                Ok(None)
            }
            Err(Unfinished::Halted(halt)) => Err(halt),
        }
    }

    fn take(&mut self, now: Timestamp) -> Result<Option<Taken>, Halt> {
        let group = self.take_group(now);
        if group.is_empty() { Ok(None) } else { self.make_safe(group) }
    }

    /// Begins to make a group safe and to look at it; none when nothing can be kept.
    pub(super) fn make_safe(&mut self, group: Group) -> Result<Option<Taken>, Halt> {
        let mut arrivals = group.arrivals;
        let (mut refused, mut in_place) = (HashMap::new(), Vec::new());
        for mut refusal in group.refusals {
            match refusal.arrival.take() {
                Some(arrival) => {
                    refused.insert(arrival.id(), refusal.finding);
                    arrivals.push(arrival);
                }
                None => in_place.push(refusal),
            }
        }
        for refusal in &in_place {
            self.refusing.insert((refusal.participant.clone(), refusal.key.to_string()));
        }
        let (mut cases, mut saving) = (Vec::with_capacity(arrivals.len()), None);
        if let Err(why) = self.room_for(&arrivals) {
            self.unrefused.append(&mut in_place);
            return self.not_held(NotHeld { group: arrivals, why }).map(|()| None);
        }
        if !arrivals.is_empty() {
            let staging = Staging::new(&self.host.clock, &mut self.evidence, &mut self.journal).begin(arrivals);
            let (holdings, promised, unsynced) = match staging {
                Ok(begun) => begun,
                Err(not_held) => {
                    // A refusal in place could not be answered either.
                    self.unrefused.append(&mut in_place);
                    return self.not_held(not_held).map(|()| None);
                }
            };
            saving = Some(Saving { promised, syncing: self.beside.begin(|| unsynced.sync()) });
            for holding in holdings {
                if let Some(staged) = self.staged(holding) {
                    let refused = refused.remove(&staged.about().id);
                    cases.push(Case { staged, turn: Turn::FIRST, attempt: 0, refused, is_fresh: true });
                }
            }
        }
        in_place.append(&mut self.unrefused);
        let mut sources = Vec::with_capacity(cases.len());
        let mut octets = 0u64;
        for about in cases.iter().map(|case| case.staged.about()) {
            sources.extend(about.participant.clone().map(|participant| (participant, about.id)));
            octets += about.document.size + about.detached.as_ref().map_or(0, |given| given.size);
        }
        let count = cases.len() + in_place.len();
        let looking = self.look(cases);
        Ok(Some(Taken { looking, saving, count, sources, octets, in_place }))
    }

    /// Whether what is taken can also be answered.
    fn room_for(&self, group: &[Arrival]) -> Result<(), Why> {
        let settings = self.settings();
        let octets = group.iter().map(Arrival::size).fold(0, u64::saturating_add);
        room(settings.written_to(), settings.intake.free_min, octets)
    }

    /// From what was seen of a group to its receipts; meanwhile the next one is taken, if that is wanted.
    pub(super) async fn finish(&mut self, taken: Taken, goes_on: bool) -> Result<usize, Halt> {
        let Taken { looking, mut saving, count, mut sources, octets, mut in_place } = taken;
        let looked = looking.end_within(self.settings().intake.patience).map_err(Halt::wrong);
        let free =
            looked.map_err(Unfinished::from).and_then(|(looks, lanes)| self.put_aside(looks, lanes, &mut saving));
        let decided = match free {
            Ok(looks) => self.decide(looks, goes_on, &mut saving).await,
            Err(unfinished) => Err(unfinished),
        };
        // Also of a group in which there was nothing to decide; and whoever halts writes that down.
        let saved = self.saved(&mut saving);
        match decided.and(saved) {
            Ok(()) => {}
            Err(Unfinished::NotSafe) => {
                self.unrefused.append(&mut in_place);
                return Ok(0);
            }
            Err(Unfinished::Halted(halt)) => return Err(halt),
        }
        // What is safe leaves its source, whatever became of it. (A halt leaves that to the next start.)
        self.sources.append(&mut sources);
        self.sources_octets = self.sources_octets.saturating_add(octets);
        if self.sources.len() > SOURCES_MAX || self.sources_octets > SOURCES_OCTETS_MAX {
            self.release_sources();
        }
        self.refuse_in_place(in_place)?;
        Ok(count)
    }

    fn look(&self, cases: Vec<Case>) -> Looking {
        Looking::begin(cases, self.judge_of_today(), &self.told)
    }

    /// Looks at these; what takes long is put aside, and what stands behind that with it.
    fn look_patiently(&mut self, cases: Vec<Case>) -> Result<Vec<Look>, Unfinished> {
        let looked = self.look(cases).end_within(self.settings().intake.patience);
        let (looks, lanes) = looked.map_err(Halt::wrong)?;
        self.put_aside(looks, lanes, &mut None)
    }

    /// Looks at all of these, however long it takes, and does nothing ahead for them.
    pub(super) fn look_at_all(&self, cases: Vec<Case>) -> Result<Vec<Look>, Halt> {
        let looking = Looking::begin(cases, self.judge_alone(), &self.told);
        Ok(looking.end().map_err(Halt::wrong)?.into_values().collect())
    }

    pub(super) fn judge_of_today(&self) -> Judge {
        let under_way = self.poster.is_some().then(|| self.under_way.clone());
        let judge = self.judge_alone().with_ahead(self.written_ahead.clone()).with_metrics(&self.metrics);
        match under_way {
            Some(under_way) => judge.with_under_way(under_way),
            None => judge,
        }
    }

    pub(super) fn judge_alone(&self) -> Judge {
        Judge::new(&self.config, &self.world).with_scratch(self.evidence.scratch())
    }

    /// Waits until a group is safe.
    pub(super) fn saved(&mut self, saving: &mut Option<Saving>) -> Result<(), Unfinished> {
        let Some(Saving { promised, syncing }) = saving.take() else { return Ok(()) };
        let synced = syncing.wait().map_err(Halt::wrong)?;
        let mut staging = Staging::new(&self.host.clock, &mut self.evidence, &mut self.journal);
        match staging.finish(promised, synced) {
            Ok(written) => {
                self.took(written)?;
                self.tally.trouble = None;
                Ok(())
            }
            Err(not_held) => {
                self.not_held(not_held)?;
                Err(Unfinished::NotSafe)
            }
        }
    }

    /// Our own disk does not let us keep a group: it goes back.
    fn not_held(&mut self, not_held: NotHeld) -> Result<(), Halt> {
        if self.journal.is_broken() {
            // Perhaps the journal has them, perhaps not: they stay taken, and the next start, which
            // reads what the journal has, releases or gives back each.
            return Err(Halt::broken(not_held.why));
        }
        // The disk is full or fails: the files go back where they were, and wait (S 8.1.4 item 4).
        tracing::error!(advice = %Advice::NothingKept, why = %not_held.why, documents = not_held.group.len(),
            "nothing can be kept: the files stay in their folders; free space or mend the disk");
        self.tally.trouble = Some(format!("nothing can be kept: {}", not_held.why));
        for arrival in not_held.group {
            self.give_back(&arrival);
        }
        Ok(())
    }

    /// What was copied; what changed meanwhile goes back and is a new arrival.
    fn staged(&mut self, holding: Holding) -> Option<Staged> {
        match holding {
            Holding::Staged(staged) => Some(staged),
            Holding::Changed(arrival) => {
                tracing::info!(participant = whose(&arrival), name = %arrival.document().name(),
                    "changed while it was copied; it is looked at again");
                self.give_back(&arrival);
                None
            }
            Holding::Unreadable(arrival, error) => {
                tracing::warn!(advice = %Advice::FileLeft,
                    participant = whose(&arrival), name = %arrival.document().name(), %error,
                    "cannot be read; it stays where it is");
                let (participant, id) = (arrival.participant(), arrival.id());
                if let Some(participant) = participant
                    && let Some(folder) = self.queue.folder(participant)
                    && let Err(error) = folder.give_back_unreadable(id, arrival.document().name().as_os_str())
                {
                    tracing::warn!(advice = %Advice::FileLeft, %participant, submission = %id, %error,
                        "a file could not be given back; it is at the next scan");
                }
                None
            }
        }
    }

    /// What came by mail has only left its message as a copy: that is looked at again.
    fn give_back(&mut self, arrival: &Arrival) {
        let id = arrival.id();
        if let Some(participant) = arrival.participant()
            && let Some(folder) = self.queue.folder(participant)
            && let Err(error) = folder.give_back(id)
        {
            tracing::warn!(advice = %Advice::FileLeft, %participant, submission = %id, %error,
                "a file could not be given back; it is at the next scan");
        }
    }

    /// Judges submissions that were held before, loads what is accepted, answers all.
    ///
    /// # Errors
    /// [`Halt`].
    pub async fn judge(&mut self, cases: Vec<Case>) -> Result<(), Halt> {
        if cases.is_empty() {
            return Ok(());
        }
        self.reach_boemis().await?;
        self.load_again().await?;
        let open = self.take_up(cases).await?;
        let decided = match self.look_patiently(open) {
            Ok(looks) => self.decide(looks, false, &mut None).await,
            Err(unfinished) => Err(unfinished),
        };
        match decided {
            Ok(()) | Err(Unfinished::NotSafe) => Ok(()), // nothing was to be saved
            Err(Unfinished::Halted(halt)) => Err(halt),
        }
    }

    /// From what was seen of each to an answer for all; those that wait for a twin's answer come after it.
    pub(super) async fn decide(
        &mut self,
        mut looks: Vec<Look>,
        goes_on: bool,
        saving: &mut Option<Saving>,
    ) -> Result<(), Unfinished> {
        // one that waits for its twin is no older for that: of what was taken just now no load can stand
        let fresh: HashSet<SubmissionId> = looks.iter().filter(|look| look.is_fresh).map(Look::id).collect();
        while !looks.is_empty() {
            self.reach_boemis().await?;
            if self.is_uncompared || !self.later.doubts.is_empty() {
                self.saved(saving)?;
                self.contest_first().await?;
                self.load_again().await?;
            }
            let (verdicts, postponed) = self.judge_group(looks, goes_on, saving).await?;
            self.saved(saving)?;
            self.answer(verdicts)?;
            self.learn()?;
            self.answer_ruled().await?;
            let mut cases = Vec::with_capacity(postponed.len());
            for id in postponed {
                if let Some(submission) = self.ledger.state(id).map_err(Halt::from)? {
                    let case = self.case(&submission)?;
                    cases.extend(case.map(|case| Case { is_fresh: fresh.contains(&id), ..case }));
                }
            }
            let open = self.take_up(cases).await?;
            looks = self.look_patiently(open)?;
        }
        Ok(())
    }

    async fn judge_group(
        &mut self,
        looks: Vec<Look>,
        goes_on: bool,
        saving: &mut Option<Saving>,
    ) -> Result<(Vec<Verdict>, Vec<SubmissionId>), Unfinished> {
        let before = self.loads_before(&looks).await?;
        // those that get their answer only now, and those that are ruled on in this group
        let mut together: HashSet<SubmissionId> = looks.iter().map(Look::id).collect();
        let judge = self.judge_of_today();
        // Taken out for the group, and put back unless it turns out to be away.
        let boemis = self.boemis.take();
        let mut here = Here::new(&judge, &self.ledger, &self.waits, &self.lacking, &looks);
        let mut drafts: Vec<Draft> = Vec::with_capacity(looks.len());
        let (mut candidates, mut approvals) = (Vec::new(), Vec::new());
        for look in looks {
            let (mut draft, due) = here.decide(look, boemis.is_some())?;
            match due {
                Some(Due::Load(inspected)) => {
                    // by whose place it is to stand in, as that bears on others
                    let key = inspected.statement().map(|statement| statement.key.clone());
                    let id = draft.matter.id();
                    candidates.push(Candidate { at: drafts.len(), id, key, inspected: *inspected });
                }
                Some(Due::Approve(approval)) => approvals.push((drafts.len(), *approval)),
                None => {
                    let judged = std::mem::replace(&mut draft.judged, Judged::Postponed);
                    draft.outweigh(judged, &before, &mut here.held)?;
                }
            }
            drafts.push(draft);
        }
        let mut held = here.held;
        let mut group = match boemis {
            Some(boemis) => self.load_meanwhile(boemis, candidates, judge.clone(), goes_on, saving).await?,
            None => load::Group::unloaded(None, Vec::new()),
        };
        if group.is_unsafe {
            self.boemis = group.boemis;
            return Err(Unfinished::NotSafe);
        }
        for (at, tried) in group.tried {
            let Some(draft) = drafts.get_mut(at) else { continue };
            draft.beside = group.beside.remove(&at).unwrap_or(Beside::Away);
            let judged = match tried {
                Tried::Loading => Judged::Loading,
                // Rejected beside rows that were not committed after all: perhaps it is good without them.
                Tried::Stopped { leans, .. } if leans && group.is_lost => {
                    draft.beside = Beside::Away;
                    held.hold(&draft.matter, Finding::new(Code::LoadDatabaseAway))
                }
                Tried::Stopped { stop: Stop::Hold(finding), .. } => held.hold(&draft.matter, finding),
                Tried::Stopped { stop, .. } => word(stop)?,
                Tried::Away => {
                    draft.beside = Beside::Away;
                    held.hold(&draft.matter, Finding::new(Code::LoadDatabaseAway))
                }
                // It is judged anew beside what stands now, and nobody waits for that.
                Tried::Stale => Judged::Postponed,
                // Other rows than those that stand: that load counts, and nothing else.
                Tried::Refused(_) if before.stand.contains_key(&draft.matter.id()) => Judged::Postponed,
                Tried::Refused(fault) => return Err(Halt::wrong(fault).into()),
            };
            draft.outweigh(judged, &before, &mut held)?;
        }
        self.boemis = group.boemis;
        self.tally.away = self.boemis.is_none();
        let is_held = |judged: &Judged| matches!(judged, Judged::Word(Word::Held(_)));
        let of_draft = |draft: &Draft| Some((draft.matter.id(), draft.matter.names.clone()?));
        let mut waiting: Vec<_> = drafts.iter().filter(|draft| is_held(&draft.judged)).filter_map(of_draft).collect();
        for (at, approval) in approvals {
            self.saved(saving)?; // nothing is done for a document that may be lost
            let (judged, beside) = self.approve(approval, &judge, &mut together, &waiting).await?;
            if let Some(draft) = drafts.get_mut(at) {
                (draft.judged, draft.beside) = (judged, beside);
                waiting.extend(of_draft(draft).filter(|_| is_held(&draft.judged)));
            }
        }
        let mut loaded: BTreeMap<SubmissionId, Loaded> = group.loaded.into_iter().map(|one| (one.id(), one)).collect();
        let (mut verdicts, mut postponed) = (Vec::with_capacity(drafts.len()), Vec::new());
        let mut taken = before.taken;
        for draft in drafts {
            let Draft { matter, channel, turn, attempt, mut judged, mut beside } = draft;
            if let Some(taken) = taken.remove(&matter.id()) {
                (judged, beside) = (Judged::Word(Word::Taken(Box::new(taken))), Beside::Mark);
            }
            let word = match judged {
                Judged::Postponed => {
                    postponed.push(matter.id());
                    continue;
                }
                Judged::Word(word) => word,
                Judged::Loading => match loaded.remove(&matter.id()) {
                    Some(loaded) => Word::Accepted(Box::new(loaded)),
                    None => {
                        beside = Beside::Away;
                        Word::Held(Finding::new(Code::LoadDatabaseAway))
                    }
                },
            };
            verdicts.push(Verdict { matter, channel, turn, attempt, word, beside });
        }
        Ok((verdicts, postponed))
    }

    /// Loads a group; where it is large, in a thread of its own, while the next group is taken, made
    /// safe, and looked at. While what is long is loaded, the service manager hears that we live: the patience that
    /// PostgreSQL is given bounds each step of it, and not the manager's; SQLite waits as long as its disk does.
    async fn load_meanwhile(
        &mut self,
        boemis: Boemis,
        candidates: Vec<Candidate>,
        judge: Judge,
        goes_on: bool,
        saving: &mut Option<Saving>,
    ) -> Result<load::Group, Unfinished> {
        /// Up to so many, a thread costs more than it gains.
        const AT_ONCE: usize = 8;
        /// Between two signs of life.
        const SIGNS: Duration = Duration::from_secs(5);
        let now = self.host.clock.now();
        let is_due = self.queue.due(now).is_some_and(|due| due <= now);
        let takes_next = goes_on && self.ahead.is_none() && is_due && candidates.len() > AT_ONCE;
        if !takes_next && !candidates.iter().any(|candidate| candidate.inspected.is_long()) {
            let (begun, metrics) = (Instant::now(), Arc::clone(&self.metrics));
            let counts = !candidates.is_empty();
            let group = load(boemis, now, candidates, judge, &mut || self.saved(saving)).await?;
            if counts {
                metrics.took(Stage::Load, begun.elapsed());
            }
            return Ok(group);
        }
        match self.saved(saving) {
            Ok(()) => {}
            Err(Unfinished::NotSafe) => {
                return Ok(load::Group { is_unsafe: true, ..load::Group::unloaded(Some(boemis), Vec::new()) });
            }
            halted => halted?,
        }
        let (runtime, metrics) = (tokio::runtime::Handle::current(), Arc::clone(&self.metrics));
        let loading = std::thread::Builder::new().name("load".to_owned());
        let (ending, ended) = std::sync::mpsc::channel::<()>();
        let loading = loading.spawn(move || {
            let _ending = ending; // goes with the thread, however that ends
            let begun = Instant::now();
            let group = runtime.block_on(load(boemis, now, candidates, judge, &mut || Ok(())));
            metrics.took(Stage::Load, begun.elapsed());
            group
        });
        let loading = loading.map_err(|error| Halt::broken(format!("no thread for loading: {error}")))?;
        let ahead = match takes_next {
            true => self.take(now).and_then(|taken| self.safe_ahead(taken)),
            false => Ok(self.ahead.take()),
        };
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(SIGNS) {
            notify::alive();
            self.metrics.is_busy();
        }
        let group = loading.join().map_err(|_| Halt::wrong("the loading of a group panicked"))??;
        self.ahead = ahead?;
        Ok(group)
    }

    /// The loads that stand of those that were not taken just now.
    async fn loads_before(&mut self, looks: &[Look]) -> Result<LoadsBefore, Halt> {
        let mut before = LoadsBefore { stand: HashMap::new(), taken: HashMap::new(), unseen: HashSet::new() };
        for id in looks.iter().filter(|look| !look.is_fresh).map(Look::id) {
            match self.load_of(id).await? {
                Some(Some(stands)) => drop(before.stand.insert(id, stands)),
                Some(None) => match self.taken_before(id).await? {
                    Some(taken) => before.taken.extend(taken.map(|taken| (id, taken))),
                    None => drop(before.unseen.insert(id)),
                },
                None => drop(before.unseen.insert(id)),
            }
        }
        Ok(before)
    }

    /// Tries again what is due. When one waits behind another, both are tried together, in the
    /// order of their arrival; but a large one only once the other is decided.
    ///
    /// # Errors
    /// [`Halt`].
    pub async fn retry(&mut self, now: Timestamp) -> Result<(), Halt> {
        self.answer_ruled().await?; // what waited for BOEMİS, or for a folder
        self.look_who_stands_behind(now);
        let pause = self.settings().hold.retry_last;
        let is_due = |waits: &Waits| waits.due(pause, now) <= now;
        let free = |behind: &BTreeSet<SubmissionId>, id: &SubmissionId| !behind.contains(id);
        if !self.waits.iter().any(|(id, waits)| free(&self.behind, id) && is_due(waits)) {
            return Ok(());
        }
        let stage = |slug: &str| slug.starts_with("load.");
        let is_tried = |(id, waits): (&SubmissionId, &Waits)| free(&self.behind, id) && is_due(waits);
        let load_is_due = self.waits.iter().any(|one| is_tried(one) && stage(&one.1.finding));
        if load_is_due && self.waits.values().any(Waits::is_large) {
            self.reach_boemis().await?;
        }
        let is_away = self.boemis.is_none();
        let due: Vec<SubmissionId> = self
            .waits
            .iter()
            .filter(|(id, waits)| free(&self.behind, id) && (is_due(waits) || (load_is_due && stage(&waits.finding))))
            .map(|(&id, _)| id)
            .take(self.settings().group.documents.max(1))
            .collect();
        let (mut cases, mut in_vain) = (Vec::with_capacity(due.len()), Vec::new());
        for id in due {
            if let Some(waits) = self.waits.get(&id)
                && is_away
                && waits.is_large()
                && waits.finding == Code::LoadDatabaseAway.slug()
            {
                // to look at it takes long, and comes to nothing
                in_vain.push(id);
                continue;
            }
            self.waits.remove(&id);
            // nobody is owed a second answer
            if let Some(submission) = self.ledger.state(id)?.filter(|one| one.phase.is_to_be_judged()) {
                cases.extend(self.case(&submission)?);
            }
        }
        for id in in_vain {
            let attempt = self.waits.get(&id).map_or(1, |waits| waits.attempt.saturating_add(1));
            let next = now.saturating_add(self.pause(attempt)).unwrap_or(now);
            if let Some(waits) = self.waits.get_mut(&id) {
                (waits.attempt, waits.next) = (attempt, next);
            }
        }
        self.judge(cases).await?;
        self.look_who_stands_behind(now);
        Ok(())
    }
}
