//! A BOEMİS that is older than the journal: what was accepted since is loaded again from evidence.
//!
//! Owns what a database that was opened lacks of the journal's acceptances (docs/architecture.md: what a crash
//! leaves). Each is loaded under the id and the time of reception that it had, in the order of arrival, and gets
//! no new receipt: the one that it has stays true. What is contested is not loaded. The judgement is asked once
//! more, since nothing else makes what may be loaded; not of what stands beside the statement, for that was
//! asked when it was accepted. What today's registry or trust does not let through is told and stays missing:
//! never silently, and the next start or reload tries again. Doing it twice is doing it once: the load mark is
//! unique.
//!
//! What was sealed as accepted and not answered yet when the window stopped is loaded again as well: only a load that
//! is seen lets the window say what it sealed. What cannot be loaded waits, and all others go on.

use super::carry::Case;
use super::judgement::Judge;
use super::look::{Look, Seen};
use super::window::{Halt, Window};
use crate::boemis::Fault;
use crate::document::{Content, Decision, SubmissionId};
use crate::finding::Stop;
use crate::journal::{Answered, Event, Phase};
use crate::ledger::{Place, Submission};
use crate::receipt::Turn;
use crate::schema::{Standing, Validated};
use crate::seal::OutcomeRecord;
use std::collections::{BTreeMap, HashSet};

/// The act that says so, before any is loaded.
pub const LOADING_AGAIN: &str = "loading-again";
/// Acceptances asked about together; as many are loaded in one transaction.
const AT_ONCE: usize = 256;

/// What was said when it was accepted.
struct Accepted {
    /// Not told by the seal: that speaks of the very octets.
    content: Option<Content>,
    revision: Option<u64>,
    records: Option<u64>,
}

impl Accepted {
    fn of(answered: &Answered) -> Self {
        let revision = answered.revision.map(|revision| u64::from(revision.get()));
        Self { content: answered.content, revision, records: answered.records }
    }

    fn of_act(record: &OutcomeRecord) -> Self {
        Self { content: None, revision: record.revision.map(u64::from), records: record.records }
    }
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    /// The journal says that something is loaded again.
    is_told: bool,
    loaded: usize,
    /// How many cannot be loaded, and the first with its reason.
    left: usize,
    first: Option<(SubmissionId, String)>,
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
        match self.compare().await? {
            Ok(outcome) => {
                self.is_uncompared = false;
                self.tally.unloaded = outcome.first.map(|(id, why)| {
                    let left = outcome.left;
                    format!("{left} accepted submissions are not in BOEMİS and cannot be loaded again; {id}: {why}")
                });
                if outcome.loaded > 0 {
                    tracing::warn!(loaded = outcome.loaded, "BOEMİS was older than the journal: it is not any more");
                }
            }
            Err(fault) if fault.is_away() => {
                tracing::error!(%fault, "what BOEMİS lacks waits until it is back");
                (self.boemis, self.tally.away) = (None, true);
            }
            Err(fault) => return Err(Halt::wrong(fault)),
        }
        Ok(())
    }

    async fn compare(&mut self) -> Result<Result<Outcome, Fault>, Halt> {
        let mut outcome = Outcome::default();
        // Loaded by a window that was stopped before it answered: of these the journal does not count.
        let is_unanswered = |one: &Submission| matches!(one.phase, Phase::Held | Phase::Deferred { .. });
        let open = self.ledger.open_submissions()?;
        let unanswered: Vec<SubmissionId> = open.iter().filter(|one| is_unanswered(one)).map(Submission::id).collect();
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
            if let Err(fault) = self.load_missing(some.to_vec(), &mut outcome).await? {
                return Ok(Err(fault));
            }
        }
        if there == accepted {
            return Ok(Ok(outcome));
        }
        let mut place = Some(Place::default());
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
            self.tell_loading(accepted, there, &mut outcome)?;
            if let Err(fault) = self.load_missing(missing, &mut outcome).await? {
                return Ok(Err(fault));
            }
        }
        Ok(Ok(outcome))
    }

    /// Says once that something is loaded again.
    fn tell_loading(&mut self, accepted: u64, there: u64, outcome: &mut Outcome) -> Result<(), Halt> {
        if std::mem::replace(&mut outcome.is_told, true) {
            return Ok(());
        }
        tracing::error!(accepted, there, "BOEMİS lacks what was accepted: an older copy of it was put in place");
        let facts = [("accepted", accepted), ("there", there)];
        let facts = facts.map(|(name, count)| (name.to_owned(), count.to_string()));
        self.tell([act(LOADING_AGAIN, None, facts.into())])
    }

    /// Of what is open and not in BOEMİS, that which was sealed as accepted by a window that was stopped before it
    /// answered.
    fn sealed_as_accepted(&self, open: &[Submission], unloaded: Vec<SubmissionId>) -> Result<Vec<SubmissionId>, Halt> {
        let unloaded: HashSet<SubmissionId> = unloaded.into_iter().collect();
        let mut sealed = Vec::new();
        for one in open.iter().filter(|one| unloaded.contains(&one.id())) {
            let outcome = self.seal.outcome(one.id(), one.answers.saturating_add(1)).map_err(Halt::wrong)?;
            sealed.extend(outcome.filter(|outcome| outcome.decision == Decision::Accepted).map(|outcome| outcome.id));
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
            let sealed = match submission.phase {
                Phase::Held | Phase::Deferred { .. } => {
                    self.seal.outcome(id, submission.answers.saturating_add(1)).map_err(Halt::wrong)?
                }
                _ => None,
            };
            let accepted = sealed.map(|record| Accepted::of_act(&record));
            answers.extend(accepted.or_else(|| submission.last.as_ref().map(Accepted::of)).map(|one| (id, one)));
        }
        let judge = self.judge_of_today();
        let looks = self.look_at_all(cases)?;
        let mut statements = Vec::with_capacity(looks.len());
        for look in looks {
            let id = look.id();
            match answers.get(&id).map_or(Err(unknown()), |accepted| again(look, accepted, &judge)) {
                Ok(validated) => statements.push((id, validated)),
                Err(why) => outcome.leave(id, why),
            }
        }
        let now = self.host.clock.now();
        let Some(boemis) = &mut self.boemis else { return Ok(Ok(())) };
        let mut batch = match boemis.begin(now).await {
            Ok(batch) => batch,
            Err(fault) => return Ok(Err(fault)),
        };
        let (ids, statements): (Vec<_>, Vec<_>) = statements.into_iter().unzip();
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
                tracing::warn!(submission = %id, dataset = %mark.key.dataset, period = %mark.key.period,
                    revision = %mark.revision, "loaded again: BOEMİS had lost it");
                act("loaded-again", Some(id), BTreeMap::new())
            })
            .collect();
        self.tell(acts)?;
        Ok(Ok(()))
    }
}

impl Outcome {
    fn leave(&mut self, id: SubmissionId, why: String) {
        tracing::error!(submission = %id, why, "accepted, not in BOEMİS, and cannot be loaded again");
        self.left += 1;
        self.first.get_or_insert((id, why));
    }
}

fn act(act: &str, id: Option<SubmissionId>, facts: BTreeMap<String, String>) -> Event {
    Event::Act { act: act.to_owned(), by: "pencere".to_owned(), id, facts }
}

fn unknown() -> String {
    "the journal has no answer to it".to_owned()
}

/// What was accepted, as it may be loaded; or why not.
fn again(look: Look, accepted: &Accepted, judge: &Judge) -> Result<Validated, String> {
    let inspected = match look.seen {
        Seen::Filed { inspected, .. } => (*inspected).map_err(|stop| told(&stop))?,
        Seen::Stopped(stop) => return Err(told(&stop)),
        Seen::Refused(_, finding) => return Err(told(&finding.into())),
    };
    let validated = judge.validate(inspected, &Standing::default()).map_err(|stop| told(&stop))?;
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
            format!("today it would be rejected: {}", slugs.join(", "))
        }
        Stop::Hold(finding) => format!("today it would be held: {}", finding.code.slug()),
        Stop::Halt(why) => why.clone(),
    }
}
