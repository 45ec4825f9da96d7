//! A BOEMİS that is older than the journal: what was accepted since is loaded again from evidence.
//!
//! Owns what a database that was opened lacks of the journal's acceptances (docs/architecture.md: what a crash
//! leaves). Each is loaded under the id and the time of reception that it had, in the order of arrival, and gets
//! no new receipt: the one that it has stays true. What is contested is not loaded. The judgement is asked once
//! more, since nothing else makes what may be loaded; not of what stands beside the statement, for that was
//! asked when it was accepted. What today's registry or trust does not let through is asked about by those of then,
//! which evidence keeps: a signer may have left since. What these do not let through either is told and stays
//! missing: never silently, and the next start or reload tries again. Doing it twice is doing it once: the load mark
//! is unique.
//!
//! What was sealed as accepted and not answered yet when the window stopped is loaded again as well: only a load that
//! is seen lets the window say what it sealed. What cannot be loaded waits, and all others go on.

use super::answering::unsealed;
use super::carry::Case;
use super::dossier::Dossier;
use super::grounds::Grounds;
use super::judgement::Judge;
use super::look::{Look, Seen, look};
use super::notify;
use super::window::{Halt, Window, key_of};
use crate::advice::Advice;
use crate::boemis::{Before, Fault};
use crate::document::{Content, Decision, Digest, SubmissionId};
use crate::evidence::Kept;
use crate::finding::Stop;
use crate::journal::{Answered, Event};
use crate::ledger::{Arrived, Place, Submission};
use crate::receipt::Turn;
use crate::schema::{Standing, Validated};
use crate::seal::OutcomeRecord;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;

/// The act that says so, before any is loaded.
pub const LOADING_AGAIN: &str = "loading-again";
/// Acceptances asked about together; as many are loaded in one transaction.
const AT_ONCE: usize = 256;
/// And their octets together: what was read of them is held until all are loaded.
const OCTETS_AT_ONCE: u64 = 16 << 20;

/// What was said when it was accepted.
struct Accepted {
    /// Whether it was said to wait for an approval.
    waits: bool,
    /// What it took the place of. Not told by the seal, which says so in words alone.
    replaces: Option<SubmissionId>,
    /// Not told by the seal: that speaks of the very octets.
    content: Option<Content>,
    revision: Option<u64>,
    records: Option<u64>,
    /// By what it was judged, and where its dossier lies; none of what was not answered.
    then: Option<(Digest, Kept)>,
}

impl Accepted {
    fn of(answered: &Answered) -> Self {
        let revision = answered.revision.map(|revision| u64::from(revision.get()));
        let then = answered.grounds.zip(answered.dossier.as_ref().map(|dossier| dossier.kept()));
        let waits = answered.decision == Decision::Pending;
        let replaces = answered.replaces;
        Self { waits, replaces, content: answered.content, revision, records: answered.records, then }
    }

    fn of_act(record: &OutcomeRecord) -> Self {
        let waits = record.decision == Decision::Pending;
        let revision = record.revision.map(u64::from);
        Self { waits, replaces: None, content: None, revision, records: record.records, then: None }
    }
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    /// The journal says that something is loaded again.
    is_told: bool,
    loaded: usize,
    /// What cannot be loaded, and the first with its reason.
    left: Vec<SubmissionId>,
    first: Option<(SubmissionId, String)>,
    /// How many loads there are at least that this window did not accept.
    strange: u64,
}

impl Window {
    /// Holds a BOEMİS that was opened against the journal, and loads again what it lacks.
    ///
    /// # Errors
    /// [`Halt`]: journal, ledger or evidence. A database that goes away meanwhile is tried again when it is back.
    pub(super) async fn load_again(&mut self) -> Result<(), Halt> {
        if !self.is_uncompared || self.boemis.is_none() {
            return Ok(());
        }
        self.settle()?;
        // before, so that what fell is not counted; and after, for what is loaded again only now
        let compared = match self.enact_again().await? {
            Ok(()) => match self.compare().await? {
                Ok(outcome) => self.enact_again().await?.map(|()| outcome),
                Err(fault) => Err(fault),
            },
            Err(fault) => Err(fault),
        };
        match compared {
            Ok(outcome) => {
                self.is_uncompared = false;
                self.lacking.clear();
                for id in &outcome.left {
                    if let Some(key) = self.ledger.state(*id)?.as_ref().and_then(key_of) {
                        let first = self.lacking.entry(key).or_insert(*id);
                        *first = (*id).min(*first);
                    }
                }
                self.tally.unloaded = outcome.first.map(|(id, why)| {
                    let left = outcome.left.len();
                    format!("{left} accepted submissions are not in BOEMİS and cannot be loaded again; {id}: {why}")
                });
                let strange = outcome.strange;
                let told = || format!("BOEMİS holds {strange} loads that this window did not accept");
                if strange > 0 {
                    tracing::error!(
                        advice = %Advice::BoemisStrange,
                        strange,
                        "BOEMİS holds loads that this window did not accept: `pencere audit verify` names the first; \
                         is it the database that this window loads into?"
                    );
                }
                self.tally.unloaded = self.tally.unloaded.take().or_else(|| (strange > 0).then(told));
                if outcome.loaded > 0 {
                    tracing::warn!(advice = %Advice::BoemisCaughtUp,
                        loaded = outcome.loaded, "BOEMİS was older than the journal: it is not any more");
                }
            }
            Err(fault) if fault.is_away() => {
                tracing::error!(advice = %Advice::BoemisAway, %fault, "what BOEMİS lacks waits until it is back");
                (self.boemis, self.tally.away) = (None, true);
            }
            Err(fault) => return Err(Halt::wrong(fault)),
        }
        Ok(())
    }

    async fn compare(&mut self) -> Result<Result<Outcome, Fault>, Halt> {
        let mut outcome = Outcome::default();
        // Loaded by a window that was stopped before it answered: of these the journal does not count.
        let open = self.ledger.open_submissions()?;
        let unanswered: Vec<SubmissionId> =
            open.iter().filter(|one| one.phase.is_to_be_judged()).map(Submission::id).collect();
        let Some(boemis) = &mut self.boemis else { return Ok(Ok(outcome)) };
        let unloaded = match boemis.missing(&unanswered).await {
            Ok(unloaded) => unloaded,
            Err(fault) => return Ok(Err(fault)),
        };
        let there = match boemis.uncontested().await {
            Ok(all) => all.saturating_sub((unanswered.len() - unloaded.len()) as u64),
            Err(fault) => return Ok(Err(fault)),
        };
        let accepted = self.ledger.acceptances()?;
        let sealed = self.sealed_as_accepted(&open, unloaded)?;
        if !sealed.is_empty() {
            self.tell_loading(accepted, there, &mut outcome)?;
        }
        for some in sealed.chunks(AT_ONCE) {
            for some in self.in_memory(some.to_vec())? {
                notify::alive(); // each piece is done for good
                self.metrics.is_busy();
                if let Err(fault) = self.load_missing(some, &mut outcome).await? {
                    return Ok(Err(fault));
                }
            }
        }
        let Some(boemis) = &mut self.boemis else { return Ok(Ok(outcome)) };
        // the same number may be of others, as in the database of a window that was once a copy of this one
        let last = self.ledger.recent(AT_ONCE)?;
        let last: Vec<SubmissionId> = last.iter().filter(|one| one.is_loaded()).map(Submission::id).collect();
        let lacks = match boemis.missing(&last).await {
            Ok(missing) => !missing.is_empty(),
            Err(fault) => return Ok(Err(fault)),
        };
        outcome.strange = there.saturating_sub(accepted);
        if there >= accepted && !lacks {
            return Ok(Ok(outcome));
        }
        let (mut place, mut lacked) = (Some(Place::default()), 0);
        while let Some(behind) = place {
            let (ids, next) = self.ledger.accepted(&behind, AT_ONCE)?;
            place = next;
            let Some(boemis) = &mut self.boemis else { return Ok(Ok(outcome)) };
            let missing = match boemis.missing(&ids).await {
                Ok(missing) => missing,
                Err(fault) => return Ok(Err(fault)),
            };
            if missing.is_empty() {
                continue;
            }
            lacked += missing.len() as u64;
            outcome.strange = (there + lacked).saturating_sub(accepted);
            self.tell_loading(accepted, there, &mut outcome)?;
            for some in self.in_memory(missing)? {
                notify::alive(); // each piece is done for good
                self.metrics.is_busy();
                if let Err(fault) = self.load_missing(some, &mut outcome).await? {
                    return Ok(Err(fault));
                }
            }
        }
        Ok(Ok(outcome))
    }

    /// As many at a time, in their order, as may be held in memory together.
    fn in_memory(&self, missing: Vec<SubmissionId>) -> Result<Vec<Vec<SubmissionId>>, Halt> {
        let (mut all, mut octets) = (vec![Vec::<SubmissionId>::new()], 0u64);
        for id in missing {
            let state = self.ledger.state(id)?;
            let size = match state.map(|one| one.arrival) {
                Some(Arrived::Held(held)) => held.size(),
                Some(Arrived::RefusedInPlace(_)) | None => 0,
            };
            octets = octets.saturating_add(size);
            if octets > OCTETS_AT_ONCE {
                all.push(Vec::new());
                octets = size;
            }
            if let Some(some) = all.last_mut() {
                some.push(id);
            }
        }
        all.retain(|some| !some.is_empty());
        Ok(all)
    }

    /// Says once that something is loaded again.
    fn tell_loading(&mut self, accepted: u64, there: u64, outcome: &mut Outcome) -> Result<(), Halt> {
        if std::mem::replace(&mut outcome.is_told, true) {
            return Ok(());
        }
        tracing::error!(advice = %Advice::BoemisLacks,
            accepted, there, "BOEMİS lacks what was accepted: an older copy of it was put in place");
        let facts = [("accepted", accepted), ("there", there)];
        let facts = facts.map(|(name, count)| (name.to_owned(), count.to_string()));
        self.tell([Event::of_window(LOADING_AGAIN, None, facts.into())])
    }

    /// Of what is open and not in BOEMİS, that which was sealed as accepted by a window that was stopped before it
    /// answered.
    fn sealed_as_accepted(&self, open: &[Submission], unloaded: Vec<SubmissionId>) -> Result<Vec<SubmissionId>, Halt> {
        let unloaded: HashSet<SubmissionId> = unloaded.into_iter().collect();
        let mut sealed = Vec::new();
        for one in open.iter().filter(|one| unloaded.contains(&one.id())) {
            let outcome = self.seal.outcome(one.id(), one.answers.saturating_add(1)).map_err(unsealed)?;
            // nothing is loaded of an approval, which has no records
            let is_load = |outcome: &OutcomeRecord| {
                matches!(outcome.decision, Decision::Accepted | Decision::Pending) && outcome.records.is_some()
            };
            sealed.extend(outcome.filter(is_load).map(|outcome| outcome.id));
        }
        Ok(sealed)
    }

    async fn load_missing(
        &mut self,
        missing: Vec<SubmissionId>,
        outcome: &mut Outcome,
    ) -> Result<Result<(), Fault>, Halt> {
        let (mut cases, mut answers) = (Vec::with_capacity(missing.len()), BTreeMap::new());
        for id in missing {
            let Some(submission) = self.ledger.state(id)? else { continue };
            let Some(case) = self.case(&submission)? else {
                outcome.leave(id, "its document cannot be read from evidence".to_owned());
                continue;
            };
            cases.push(Case { turn: Turn::FIRST, ..case });
            let sealed = match submission.phase.is_to_be_judged() {
                true => self.seal.outcome(id, submission.answers.saturating_add(1)).map_err(unsealed)?,
                false => None,
            };
            let accepted = sealed.map(|record| Accepted::of_act(&record));
            answers.extend(accepted.or_else(|| submission.last.as_ref().map(Accepted::of)).map(|one| (id, one)));
        }
        let judge = self.judge_of_today();
        let looks = self.look_at_all(cases)?;
        let (mut statements, mut judges) = (Vec::with_capacity(looks.len()), Judges::new());
        for look in looks {
            let id = look.id();
            let Some(accepted) = answers.get(&id) else {
                outcome.leave(id, "the journal has no answer to it".to_owned());
                continue;
            };
            match again(look, accepted, &judge) {
                Ok(validated) => statements.push((id, validated)),
                Err(today) => match self.by_then(id, accepted, &mut judges)? {
                    Ok(validated) => {
                        tracing::warn!(advice = %Advice::BoemisCaughtUp,
                            submission = %id, today, "loaded by what it was judged by when it was accepted");
                        statements.push((id, validated));
                    }
                    Err(then) => outcome.leave(id, format!("today {today}; by what it was judged by then, {then}")),
                },
            }
        }
        let now = self.host.clock.now();
        let Some(boemis) = &mut self.boemis else { return Ok(Ok(())) };
        let mut batch = match boemis.begin(now).await {
            Ok(batch) => batch,
            Err(fault) => return Ok(Err(fault)),
        };
        let (ids, statements): (Vec<_>, Vec<_>) = statements.into_iter().unzip();
        for id in &ids {
            let accepted = answers.get(id);
            let waits = accepted.is_some_and(|accepted| accepted.waits);
            batch.loaded_before(*id, Before { waits, replaces: accepted.and_then(|accepted| accepted.replaces) });
        }
        for (id, result) in ids.into_iter().zip(batch.load_all(statements).await) {
            match result {
                Ok(_pending) => {} // the commit decides
                Err(unloaded) if unloaded.fault.is_away() => return Ok(Err(unloaded.fault)),
                Err(unloaded) => outcome.leave(id, unloaded.fault.to_string()),
            }
        }
        let loaded = match batch.commit().await {
            Ok(loaded) => loaded,
            Err(uncommitted) => return Ok(Err(uncommitted.fault)),
        };
        outcome.loaded += loaded.len();
        let acts: Vec<Event> = loaded
            .iter()
            .map(|loaded| {
                let (id, mark) = (loaded.id(), loaded.mark());
                tracing::warn!(advice = %Advice::BoemisCaughtUp,
                    submission = %id, dataset = %mark.key.dataset, period = %mark.key.period,
                    revision = %mark.revision, "loaded again: BOEMİS had lost it");
                Event::of_window("loaded-again", Some(id), BTreeMap::new())
            })
            .collect();
        self.tell(acts)?;
        Ok(Ok(()))
    }
}

/// Those of other times that were asked, by their grounds and the moment of their trust.
type Judges = HashMap<(Digest, Timestamp), Arc<Judge>>;

/// Worlds of other times that are held at once: each has a registry and a station register of its own.
const JUDGES_MAX: usize = 4;

impl Window {
    /// What was accepted, by the grounds of then; or why not.
    fn by_then(
        &mut self,
        id: SubmissionId,
        accepted: &Accepted,
        judges: &mut Judges,
    ) -> Result<Result<Validated, String>, Halt> {
        let judge = match self.judge_of_then(accepted, judges)? {
            Ok(judge) => judge,
            Err(why) => return Ok(Err(why)),
        };
        let Some(submission) = self.ledger.state(id)? else { return Ok(Err("it is not known".to_owned())) };
        let Some(case) = self.case(&submission)? else { return Ok(Err("it was never held".to_owned())) };
        Ok(again(look(Case { turn: Turn::FIRST, ..case }, &judge), accepted, &judge))
    }

    /// Who judged it; or what is missing of that. The ledger alone can halt the window: what is kept of the past is
    /// wanted here where today does not do, and else as missing as before.
    fn judge_of_then(&mut self, accepted: &Accepted, judges: &mut Judges) -> Result<Result<Arc<Judge>, String>, Halt> {
        let Some((grounds, dossier)) = &accepted.then else {
            return Ok(Err("nothing was kept".to_owned()));
        };
        let grounds = *grounds;
        let dossier = self.small(dossier).and_then(|octets| Dossier::read(&octets));
        let taken = match dossier {
            Ok(dossier) => dossier.taken,
            Err(why) => return Ok(Err(format!("its dossier cannot be read: {why}"))),
        };
        if let Some(known) = judges.get(&(grounds, taken)) {
            return Ok(Ok(Arc::clone(known)));
        }
        let list = match self.of_grounds(grounds)?.map(|octets| Grounds::read(&octets)) {
            Ok(Ok(list)) => list,
            Ok(Err(lost)) => return Ok(Err(lost.to_string())),
            Err(why) => return Ok(Err(why)),
        };
        let mut octets = BTreeMap::new();
        for file in &list.files {
            match self.of_grounds(file.sha256)? {
                Ok(found) => drop(octets.insert(file.sha256, Arc::from(found))),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(list.world(grounds, &octets, taken).map_err(|lost| lost.to_string()).map(|(settings, world)| {
            if judges.len() >= JUDGES_MAX {
                judges.clear();
            }
            let judge = Arc::new(Judge::of(settings, Arc::new(world)).with_scratch(self.evidence.scratch()));
            judges.insert((grounds, taken), Arc::clone(&judge));
            judge
        }))
    }

    /// A file of the configuration, or a list of such files, as it is kept.
    fn of_grounds(&mut self, sha256: Digest) -> Result<Result<Vec<u8>, String>, Halt> {
        let kept = self.ledger.kept_file(sha256)?;
        Ok(kept.ok_or_else(|| format!("{sha256} is not in evidence")).and_then(|kept| self.small(&kept.kept())))
    }

    fn small(&self, kept: &Kept) -> Result<Vec<u8>, String> {
        let octets = self.evidence.reader().read(kept).map_err(|error| error.to_string())?;
        let mut all = Vec::new();
        octets.reader().read_to_end(&mut all).map_err(|error| error.to_string())?;
        Ok(all)
    }
}

impl Outcome {
    fn leave(&mut self, id: SubmissionId, why: String) {
        tracing::error!(advice = %Advice::BoemisLacks,
            submission = %id, why, "accepted, not in BOEMİS, and cannot be loaded again");
        self.left.push(id);
        self.first.get_or_insert((id, why));
    }
}

/// What was accepted, as it may be loaded; or why not.
fn again(look: Look, accepted: &Accepted, judge: &Judge) -> Result<Validated, String> {
    let inspected = match look.seen {
        Seen::Filed { inspected, .. } => (*inspected).map_err(|stop| told(&stop))?,
        Seen::Approving { .. } => return Err("it is an approval, of which nothing is loaded".to_owned()),
        Seen::Stopped(stop) => return Err(told(&stop)),
        Seen::Refused(_, finding) => return Err(told(&finding.into())),
    };
    let validated = judge.validate(inspected, &Standing::unknown()).map_err(|stop| told(&stop))?;
    let content = validated.authorised().verified().content();
    let statement = validated.statement();
    let is_same = accepted.content.is_none_or(|known| known == content)
        && accepted.revision == Some(u64::from(statement.revision.get()))
        && accepted.records == Some(statement.records.len() as u64);
    is_same.then_some(validated).ok_or_else(|| "it reads otherwise than when it was accepted".to_owned())
}

fn told(stop: &Stop) -> String {
    match stop {
        Stop::Reject(findings) => {
            let slugs: Vec<&str> = findings.iter().map(|finding| finding.code.slug()).collect();
            format!("it would be rejected: {}", slugs.join(", "))
        }
        Stop::Hold(finding) => format!("it would be held: {}", finding.code.slug()),
        Stop::Halt(why) => why.clone(),
    }
}
