//! Carry: a group of documents through every room of the path; all branching is here.
//!
//! A group shares one sync of evidence and journal, one transaction and one sealing; a lone document
//! never waits for company. Each step leaves what [`Window::open`](super::window::Window::open) knows how
//! to finish. Owns the order of the steps; what each room decides is the room's.

use super::judgement::{Judge, Matter, Recalled};
use super::pages::Order;
use super::window::{Halt, Waits, Window};
use crate::archive::Closed;
use crate::boemis::{Batch, Loaded};
use crate::document::{Content, Decision, Digest, ParticipantName, SubmissionId};
use crate::finding::{Code, Finding, Stop};
use crate::host::side_by_side;
use crate::intake::{Group, Refusal};
use crate::journal::{Answered, Event, RefusedInPlace, SealedReceipt};
use crate::ledger::{Ledger, Submission};
use crate::receipt::{Answer, Known, Receipt, Turn};
use crate::schema::{Inspected, Key, Standing};
use crate::signature::Verified;
use crate::staging::{Holding, Staged, Staging};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

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
}

/// A case after the judgement, before its answer is sealed.
struct Verdict {
    matter: Matter,
    channel: Option<ParticipantName>,
    turn: Turn,
    attempt: u32,
    word: Word,
}

/// What is to be said of a document. There is no other word.
enum Word {
    Accepted(Box<Loaded>),
    Rejected(Vec<Finding>),
    Duplicate(Original),
    Held(Finding),
}

/// The earlier submission that a duplicate repeats.
struct Original {
    id: SubmissionId,
    number: String,
    decision: Decision,
}

/// What the judgement of one case came to, while its group is still uncommitted.
enum Judged {
    Word(Word),
    /// In the transaction; the commit decides.
    Loading,
    /// Its twin is in this very group: it is judged when that one has its answer.
    Postponed,
}

impl Window {
    /// Takes a group from intake to its receipts.
    ///
    /// # Errors
    /// [`Halt`]: we are wrong or our own disk fails; nothing more is taken.
    pub async fn carry(&mut self, group: Group) -> Result<(), Halt> {
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
        let cases = self.hold(arrivals, refused)?;
        let mut sources = Vec::with_capacity(cases.len());
        let mut octets = 0u64;
        for about in cases.iter().map(|case| case.staged.about()) {
            sources.extend(about.participant.clone().map(|participant| (participant, about.id)));
            octets += about.document.size + about.detached.as_ref().map_or(0, |given| given.size);
        }
        let answered = self.judge(cases).await;
        // What is safe leaves its source, whatever became of it. (A halt leaves that to the next start.)
        answered?;
        self.sources.append(&mut sources);
        self.sources_octets = self.sources_octets.saturating_add(octets);
        if self.sources.len() > SOURCES_MAX || self.sources_octets > SOURCES_OCTETS_MAX {
            self.release_sources();
        }
        self.refuse_in_place(in_place)
    }

    /// Makes arrivals safe. What changed while it was copied goes back and is a new arrival.
    fn hold(
        &mut self,
        arrivals: Vec<crate::intake::Arrival>,
        mut refused: HashMap<SubmissionId, Finding>,
    ) -> Result<Vec<Case>, Halt> {
        if arrivals.is_empty() {
            return Ok(Vec::new());
        }
        let held = Staging::new(&self.host.clock, &mut self.evidence, &mut self.journal).hold(arrivals);
        let group = match held {
            Ok(group) => group,
            // Perhaps the journal has them, perhaps not: they stay taken, and the next start, which
            // reads what the journal has, releases or gives back each.
            Err(not_held) if self.journal.is_broken() => return Err(Halt::broken(not_held.why)),
            Err(not_held) => {
                // The disk is full or fails: the files go back where they were, and wait (S 8.1.4 item 4).
                tracing::error!(why = %not_held.why, documents = not_held.group.len(),
                    "nothing can be kept: the files stay in their folders; free space or mend the disk");
                self.tally.trouble = Some(format!("nothing can be kept: {}", not_held.why));
                for arrival in not_held.group {
                    self.give_back(arrival.participant().clone(), arrival.id());
                }
                return Ok(Vec::new());
            }
        };
        self.unlearned.push(group.written);
        self.unsettled = false;
        let mut cases = Vec::with_capacity(group.holdings.len());
        for holding in group.holdings {
            match holding {
                Holding::Staged(staged) => {
                    let refused = refused.remove(&staged.about().id);
                    cases.push(Case { staged, turn: Turn::FIRST, attempt: 0, refused });
                }
                Holding::Changed(arrival) => {
                    tracing::info!(participant = %arrival.participant(), name = %arrival.document().name(),
                        "changed while it was copied; it is looked at again");
                    self.give_back(arrival.participant().clone(), arrival.id());
                }
                Holding::Unreadable(arrival, error) => {
                    tracing::warn!(participant = %arrival.participant(), name = %arrival.document().name(), %error,
                        "cannot be read; it stays in its folder");
                    self.give_back(arrival.participant().clone(), arrival.id());
                }
            }
        }
        Ok(cases)
    }

    fn give_back(&mut self, participant: ParticipantName, id: SubmissionId) {
        if let Some(folder) = self.queue.folder(&participant)
            && let Err(error) = folder.give_back(id)
        {
            tracing::warn!(%participant, submission = %id, %error,
                "a file could not be given back; it is at the next scan");
        }
    }

    /// Judges held submissions, loads what is accepted, answers all.
    ///
    /// # Errors
    /// [`Halt`].
    pub async fn judge(&mut self, mut cases: Vec<Case>) -> Result<(), Halt> {
        while !cases.is_empty() {
            self.reach_boemis().await?;
            let (verdicts, postponed) = self.judge_group(cases).await?;
            self.answer(verdicts)?;
            cases = Vec::with_capacity(postponed.len());
            for id in postponed {
                if let Some(submission) = self.ledger.state(id)? {
                    cases.extend(self.case(&submission)?);
                }
            }
        }
        Ok(())
    }

    async fn judge_group(&mut self, cases: Vec<Case>) -> Result<(Vec<Verdict>, Vec<SubmissionId>), Halt> {
        let now = self.host.clock.now();
        let world = Arc::clone(&self.world);
        let judge = Judge { world: &world, settings: self.config.settings() };
        let ledger = &self.ledger;
        let ids: Vec<SubmissionId> = cases.iter().map(|case| case.staged.about().id).collect();

        // Signatures first, side by side: they need nothing but the document.
        let looked = verify_all(cases, &judge, ledger, &ids)?;

        // Taken out for the group, and put back unless it turned out to be away.
        let mut boemis = self.boemis.take();
        let mut away = boemis.is_none();
        let mut batch = match &mut boemis {
            Some(boemis) => match boemis.begin(now).await {
                Ok(batch) => Some(batch),
                Err(fault) if fault.is_away() => {
                    tracing::error!(%fault, "documents are held until BOEMİS is back");
                    away = true;
                    None
                }
                Err(fault) => return Err(Halt::wrong(fault)),
            },
            None => None,
        };
        let mut here = Here { judge, ledger, waits: &self.waits, contents: HashMap::new(), keys: HashMap::new() };
        let (mut drafts, mut postponed) = (Vec::with_capacity(looked.len()), Vec::new());
        for look in looked {
            let Look { mut matter, channel, turn, attempt, result } = look;
            let judged = match result {
                Looked::Stop(stop) => word(stop)?,
                Looked::Duplicate(original) => Judged::Word(Word::Duplicate(original)),
                Looked::Postponed => Judged::Postponed,
                Looked::Verified(verified) => here.judge(*verified, &mut matter, batch.as_mut()).await?,
            };
            match judged {
                Judged::Postponed => postponed.push(matter.id()),
                judged => drafts.push((matter, channel, turn, attempt, judged)),
            }
        }
        let mut loaded = BTreeMap::new();
        if let Some(batch) = batch.take() {
            match batch.commit().await {
                Ok(all) => loaded.extend(all.into_iter().map(|one| (one.id(), one))),
                Err(uncommitted) if uncommitted.fault.is_away() => {
                    tracing::error!(fault = %uncommitted.fault, "nothing of the group was loaded; it is held");
                    away = true;
                }
                Err(uncommitted) => return Err(Halt::wrong(uncommitted.fault)),
            }
        }
        self.tally.trouble = away.then(|| "BOEMİS is away; documents are held".to_owned());
        let verdicts = drafts.into_iter().map(|(matter, channel, turn, attempt, judged)| {
            let word = match judged {
                Judged::Word(word) => word,
                Judged::Loading | Judged::Postponed => match loaded.remove(&matter.id()) {
                    Some(loaded) => Word::Accepted(Box::new(loaded)),
                    None => Word::Held(Finding::new(Code::LoadDatabaseAway)),
                },
            };
            Verdict { matter, channel, turn, attempt, word }
        });
        let verdicts = verdicts.collect();
        drop(batch);
        if !away {
            self.boemis = boemis;
        }
        Ok((verdicts, postponed))
    }

    /// Seals the answers, makes them durable, publishes them.
    fn answer(&mut self, verdicts: Vec<Verdict>) -> Result<(), Halt> {
        let now = self.host.clock.now();
        let (mut answers, mut events) = (Vec::new(), Vec::new());
        for verdict in verdicts {
            let id = verdict.matter.id();
            let Verdict { matter, channel, turn, attempt, word } = verdict;
            let mut original = None;
            let answer = match word {
                Word::Accepted(loaded) => Answer::accepted(&loaded, turn),
                Word::Rejected(findings) => Answer::rejected(matter.known.clone(), turn, findings),
                Word::Duplicate(earlier) => {
                    original = Some(earlier.id);
                    let told = (earlier.id, earlier.number.as_str(), earlier.decision);
                    Answer::duplicate(matter.known.clone(), turn, told)
                }
                Word::Held(finding) => {
                    let (attempt, first) = (attempt.saturating_add(1), turn.answer == 1);
                    let next = now.saturating_add(self.pause(attempt)).unwrap_or(now);
                    let slug = finding.code.slug().to_owned();
                    events.push(Event::Deferred { id, finding: slug.clone(), attempt, next: Some(next) });
                    let known = &matter.known;
                    let waits = Waits {
                        next,
                        attempt,
                        finding: slug.clone(),
                        key: matter.key.clone(),
                        participant: channel.clone().or_else(|| known.participant.clone()),
                        size: known.size_with_signature(),
                        received: known.received,
                    };
                    self.waits.insert(id, waits);
                    if !first {
                        tracing::info!(submission = %id, attempt, finding = slug, %next, "still held");
                        continue;
                    }
                    Answer::held(matter.known.clone(), finding)
                }
            };
            answers.push((answer, matter, channel, original));
        }
        let records = answers.iter().map(|(answer, ..)| answer.record());
        let sealed = self.seal.seal_unsynced(records).map_err(Halt::wrong)?;
        let mut receipts = Vec::with_capacity(sealed.len());
        for ((answer, matter, channel, original), sealed) in answers.into_iter().zip(sealed) {
            let record = answer.record();
            let findings: Vec<String> = record.findings.iter().map(|finding| finding.code.slug().to_owned()).collect();
            let (number_of_answer, decision) = (record.answer, record.decision);
            let receipt = Receipt::new(answer, sealed).map_err(Halt::wrong)?;
            let kept = self.evidence.append(receipt.octets()).map_err(Halt::broken)?;
            let answered = Answered {
                id: receipt.id(),
                answer: number_of_answer,
                decision,
                participant: matter.known.participant.clone(),
                dataset: matter.known.dataset.clone(),
                period: matter.known.period,
                revision: matter.known.revision,
                records: matter.known.records,
                content: matter.content,
                signers: matter.signers,
                findings,
                original,
                receipt: SealedReceipt {
                    number: receipt.number().to_owned(),
                    file_name: receipt.file_name(),
                    sha256: receipt.sha256(),
                    size: receipt.octets().len() as u64,
                    location: kept.location,
                },
            };
            receipts.push((receipt, answered, channel));
        }
        self.make_durable(&receipts, events)?;
        self.publish_all(&receipts)
    }

    /// Lays the receipts of a group into their folders, and orders their pages. What cannot be
    /// published is said, stays open, and is tried again at the next start. The ledger learns of
    /// the answers meanwhile, or, where there are few, after.
    fn publish_all(&mut self, receipts: &[(Receipt, Answered, Option<ParticipantName>)]) -> Result<(), Halt> {
        /// Below this many, a thread costs more than it gains.
        const ALONE: usize = 8;
        let outlets: Vec<_> = receipts.iter().map(|(_, _, channel)| self.outlet(channel.as_ref()?)).collect();
        let lay = || -> Vec<_> {
            let both = outlets.iter().zip(receipts);
            let laid = both.map(|(outlet, (receipt, answered, _))| {
                Some(outlet.as_ref()?.publish(&answered.receipt.file_name, receipt.octets()))
            });
            laid.collect()
        };
        let (laid, learned) = if receipts.len() <= ALONE {
            (lay(), Ok(()))
        } else {
            std::thread::scope(|scope| {
                let laying = scope.spawn(lay);
                let learned = self.learn();
                let laid = laying.join().map_err(|_| Halt::wrong("the publishing of receipts panicked"));
                laid.map(|laid| (laid, learned))
            })?
        };
        learned?;
        for ((laid, outlet), (receipt, answered, channel)) in laid.into_iter().zip(outlets).zip(receipts) {
            let closes = answered.decision != Decision::Held;
            match (laid, outlet, channel) {
                (Some(Ok(_)), Some(outlet), _) => {
                    let (octets, file_name) = (Arc::clone(receipt.octets()), answered.receipt.file_name.clone());
                    self.pages.order(Order { id: answered.id, closes, octets, file_name, outlet });
                }
                (Some(Err(error)), _, Some(channel)) => self.unpublished(channel, &answered.receipt.file_name, &error),
                _ => {}
            }
            self.say(answered);
            if closes {
                self.waits.remove(&answered.id);
            }
            *self.tally.answers.entry(answered.decision).or_default() += 1;
        }
        self.learn()
    }

    /// Acts of the seal, receipts and answers: durable before anybody can see them. The journal goes
    /// last, so that it never speaks of a receipt that is not in evidence.
    fn make_durable(
        &mut self,
        receipts: &[(Receipt, Answered, Option<ParticipantName>)],
        events: Vec<Event>,
    ) -> Result<(), Halt> {
        if receipts.is_empty() && events.is_empty() {
            return Ok(());
        }
        self.seal.sync().map_err(Halt::broken)?;
        self.evidence.sync().map_err(Halt::broken)?;
        let closed = self.pages.done();
        self.close_all(closed)?;
        let now = self.host.clock.now();
        for (_, answered, _) in receipts {
            self.journal.append(now, Event::Answered(Box::new(answered.clone())))?;
        }
        for event in events {
            self.journal.append(now, event)?;
        }
        self.sync_journal()?;
        for closed in self.unlearned.last().into_iter().flat_map(Closed::from_journal) {
            tracing::debug!(submission = %closed.id(), "closed");
        }
        Ok(())
    }

    /// Answers what stays in its folder: one receipt each, for ever.
    fn refuse_in_place(&mut self, refusals: Vec<Refusal>) -> Result<(), Halt> {
        let now = self.host.clock.now();
        let mut verdicts = Vec::with_capacity(refusals.len());
        for refusal in refusals {
            let Refusal { id, participant, name, key, finding, .. } = refusal;
            let event = RefusedInPlace {
                id,
                participant: participant.clone(),
                name: name.clone(),
                key: key.to_string(),
                received: now,
                finding: finding.code.slug().to_owned(),
            };
            self.journal.append(now, Event::RefusedInPlace(Box::new(event)))?;
            let mut known = Known::arrival(id, now, name, None, None);
            known.participant = Some(participant.clone());
            let matter = Matter::of_known(known);
            let word = Word::Rejected(vec![finding]);
            verdicts.push(Verdict { matter, channel: Some(participant), turn: Turn::FIRST, attempt: 0, word });
        }
        self.answer(verdicts)
    }

    /// Tries again what is due. When one waits behind another, both are tried together, in the
    /// order of their arrival.
    ///
    /// # Errors
    /// [`Halt`].
    pub async fn retry(&mut self, now: Timestamp) -> Result<(), Halt> {
        if self.waits.values().all(|waits| waits.next > now) {
            return Ok(());
        }
        let stage = |slug: &str| slug.starts_with("load.");
        let load_is_due = self.waits.values().any(|waits| waits.next <= now && stage(&waits.finding));
        let due: Vec<SubmissionId> = self
            .waits
            .iter()
            .filter(|(_, waits)| waits.next <= now || (load_is_due && stage(&waits.finding)))
            .map(|(&id, _)| id)
            .take(self.settings().group.documents.max(1))
            .collect();
        let mut cases = Vec::with_capacity(due.len());
        for id in due {
            self.waits.remove(&id);
            if let Some(submission) = self.ledger.state(id)? {
                cases.extend(self.case(&submission)?);
            }
        }
        self.judge(cases).await
    }

    /// How long to wait before the next try: doubling, bounded.
    fn pause(&self, attempt: u32) -> SignedDuration {
        let hold = &self.settings().hold;
        let factor = 1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let pause = hold.retry_first.saturating_mul(factor).min(hold.retry_last);
        SignedDuration::try_from(pause).unwrap_or(SignedDuration::from_mins(10))
    }

    /// One line for each change of state.
    fn say(&self, answered: &Answered) {
        let Answered { id, decision, findings, receipt, .. } = answered;
        let text = |value: Option<String>| value.unwrap_or_default();
        tracing::info!(
            submission = %id,
            decision = %decision,
            participant = text(answered.participant.as_ref().map(ToString::to_string)),
            dataset = text(answered.dataset.as_ref().map(ToString::to_string)),
            period = text(answered.period.map(|period| period.to_string())),
            revision = text(answered.revision.map(|revision| revision.to_string())),
            findings = counted(findings),
            receipt = receipt.number,
            "answered"
        );
    }
}

/// Slugs in their order, each once: `rule.station-missing×16`.
fn counted(findings: &[String]) -> String {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for slug in findings {
        match counts.iter_mut().find(|(known, _)| known == slug) {
            Some((_, count)) => *count += 1,
            None => counts.push((slug, 1)),
        }
    }
    let shown = counts.into_iter().map(|(slug, count)| match count {
        1 => slug.to_owned(),
        count => format!("{slug}×{count}"),
    });
    shown.collect::<Vec<_>>().join(",")
}

/// What the judgement of one group looks at besides the document.
struct Here<'a> {
    judge: Judge<'a>,
    ledger: &'a Ledger,
    waits: &'a BTreeMap<SubmissionId, Waits>,
    /// Contents that this group is loading.
    contents: HashMap<(ParticipantName, Content), SubmissionId>,
    /// Keys of which a document of this group is held.
    keys: HashMap<Key, SubmissionId>,
}

impl Here<'_> {
    /// Authority, form, content, load: in that order, each given up to the next.
    async fn judge(
        &mut self,
        verified: Verified,
        matter: &mut Matter,
        batch: Option<&mut Batch<'_>>,
    ) -> Result<Judged, Halt> {
        let id = matter.id();
        let authorised = match self.judge.authorise(verified, matter) {
            Ok(authorised) => authorised,
            Err(Stop::Hold(finding)) => return Ok(self.hold(matter, finding)),
            Err(stop) => return word(stop),
        };
        let content = authorised.verified().content();
        let participant = authorised.participant().clone();
        let inspected = self.judge.inspect(authorised, matter);
        if let Some(earlier) = self.ledger.find_content(&participant, content)?
            && earlier.id() != id
            && let Some(original) = original(&earlier)
        {
            return Ok(Judged::Word(Word::Duplicate(original)));
        }
        let inspected = match inspected {
            Ok(inspected) => inspected,
            Err(stop) => return word(stop),
        };
        if let Some(key) = &matter.key {
            // One body's documents on one thing keep their order: behind a held one they wait.
            let earlier = self.waits.iter().find(|(other, waits)| **other < id && waits.key.as_ref() == Some(key));
            let earlier = earlier.map(|(other, _)| *other).or_else(|| self.keys.get(key).copied());
            if let Some(earlier) = earlier {
                let waits = Finding::new(Code::LoadWaitsForEarlier).found(earlier);
                return self.hold_unless_wrong(matter, inspected, waits);
            }
        }
        if self.contents.contains_key(&(participant.clone(), content)) {
            return Ok(Judged::Postponed); // its twin is in this transaction and has no number yet
        }
        let Some(batch) = batch else {
            return self.hold_unless_wrong(matter, inspected, Finding::new(Code::LoadDatabaseAway));
        };
        let standing = match &matter.key {
            Some(key) => match batch.standing(key, id).await {
                Ok(standing) => standing,
                Err(fault) => return self.lost(matter, fault),
            },
            None => Standing::default(),
        };
        let validated = match self.judge.validate(inspected, &standing) {
            Ok(validated) => validated,
            Err(stop) => return word(stop),
        };
        match batch.load(validated).await {
            Ok(_pending) => {
                self.contents.insert((participant, content), id);
                Ok(Judged::Loading)
            }
            Err(unloaded) => self.lost(matter, unloaded.fault),
        }
    }

    fn hold_unless_wrong(&mut self, matter: &Matter, inspected: Inspected, finding: Finding) -> Result<Judged, Halt> {
        match self.judge.hold(inspected, finding) {
            Stop::Hold(finding) => Ok(self.hold(matter, finding)),
            stop => word(stop),
        }
    }

    fn lost(&mut self, matter: &Matter, fault: crate::boemis::Fault) -> Result<Judged, Halt> {
        match fault.is_away() {
            true => Ok(self.hold(matter, Finding::new(Code::LoadDatabaseAway))),
            false => Err(Halt::wrong(fault)),
        }
    }

    fn hold(&mut self, matter: &Matter, finding: Finding) -> Judged {
        if let Some(key) = &matter.key {
            self.keys.entry(key.clone()).or_insert(matter.id());
        }
        Judged::Word(Word::Held(finding))
    }
}

/// A case after the first look: were these very octets answered before, and who signed them?
struct Look {
    matter: Matter,
    channel: Option<ParticipantName>,
    turn: Turn,
    attempt: u32,
    result: Looked,
}

enum Looked {
    Verified(Box<Verified>),
    Stop(Stop),
    Duplicate(Original),
    Postponed,
}

/// Looks at every case; from some on in several threads, in the end in the order given.
fn verify_all(cases: Vec<Case>, judge: &Judge<'_>, ledger: &Ledger, group: &[SubmissionId]) -> Result<Vec<Look>, Halt> {
    let mut looks = Vec::with_capacity(cases.len());
    let mut met = HashSet::with_capacity(cases.len());
    for case in cases {
        looks.push(before(case, ledger, group, &mut met)?);
    }
    side_by_side(looks, |look| verify(look, judge)).map_err(Halt::wrong)
}

/// Octets that a group holds: whose, and the digests of document and detached signature.
type Octets = (Option<ParticipantName>, Digest, Option<Digest>);

/// A case that is still to be looked into: alone, or with the answer that these very octets have.
type Unverified = (Case, Option<(Original, Recalled)>);

/// A case to be looked into, or one that waits for its twin. What the group holds itself stands in
/// `met`: the ledger may not have learned of it yet.
fn before(
    case: Case,
    ledger: &Ledger,
    group: &[SubmissionId],
    met: &mut HashSet<Octets>,
) -> Result<Result<Unverified, Look>, Halt> {
    let about = case.staged.about();
    let detached = about.detached.as_ref().map(|given| given.sha256);
    let earlier = ledger.find_octets(about.participant.as_ref(), about.document.sha256, detached)?;
    let earlier = earlier.filter(|earlier| earlier.id() != about.id);
    let has_twin = !met.insert((about.participant.clone(), about.document.sha256, detached));
    if let Some(earlier) = &earlier
        && let (Some(original), Some(answered)) = (original(earlier), &earlier.last)
    {
        return Ok(Ok((case, Some((original, Recalled::of(answered))))));
    }
    let is_twin =
        |earlier: &Submission| earlier.id() < about.id && group.contains(&earlier.id()) && earlier.last.is_none();
    if !has_twin && !earlier.as_ref().is_some_and(is_twin) {
        return Ok(Ok((case, None)));
    }
    let result = Looked::Postponed;
    let (matter, channel) = (Matter::new(about), about.participant.clone());
    Ok(Err(Look { matter, channel, turn: case.turn, attempt: case.attempt, result }))
}

fn verify(case: Result<Unverified, Look>, judge: &Judge<'_>) -> Look {
    let (case, repeats) = match case {
        Ok(case) => case,
        Err(look) => return look,
    };
    let Case { staged, turn, attempt, refused } = case;
    let mut matter = Matter::new(staged.about());
    let channel = staged.about().participant.clone();
    let result = match (repeats, refused) {
        (Some((original, recalled)), _) => {
            // decided already, whatever became of the certificate since; only the signers are told
            let _ = judge.verify(staged, &mut matter);
            judge.recall(&recalled, &mut matter);
            Looked::Duplicate(original)
        }
        (None, Some(finding)) => Looked::Stop(finding.into()),
        (None, None) => match judge.verify(staged, &mut matter) {
            Ok(verified) => Looked::Verified(Box::new(verified)),
            Err(stop) => Looked::Stop(stop),
        },
    };
    Look { matter, channel, turn, attempt, result }
}

/// The submission by which a content stands, when it stands: accepted, pending or held. Of a
/// duplicate, what it repeats.
fn original(earlier: &Submission) -> Option<Original> {
    let answered = earlier.last.as_ref()?;
    match answered.decision {
        Decision::Accepted | Decision::Pending | Decision::Held => {
            Some(Original { id: earlier.id(), number: answered.receipt.number.clone(), decision: answered.decision })
        }
        // The original's own lookup by content answers for these; by octets they are judged afresh.
        Decision::Duplicate | Decision::Rejected | Decision::Contested => None,
    }
}

fn word(stop: Stop) -> Result<Judged, Halt> {
    match stop {
        Stop::Reject(findings) => Ok(Judged::Word(Word::Rejected(findings))),
        Stop::Hold(finding) => Ok(Judged::Word(Word::Held(finding))),
        Stop::Halt(why) => Err(Halt::Wrong(why)),
    }
}
