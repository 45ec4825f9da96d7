//! Answering: from a word on a document to its sealed receipt in the sender's folder.
//!
//! Owns the order: the seal's act and the receipt in evidence are durable before anybody can see it;
//! then it is laid into its folder, and the journal told. Where a crash comes between these two, the
//! act is there: what an earlier process sealed is the decided word, taken up and never sealed anew
//! with another. What cannot be published stays open and is tried again. Decides nothing about a
//! document.

use super::approving::Taken;
use super::carry::{Case, Verdict, Word};
use super::dossier::{At, Beside, Dossier, SignatureFacts};
use super::judgement::Matter;
use super::later::proven;
use super::metrics::Stage;
use super::pages::Order;
use super::returned::Original;
use super::window::{Halt, Waits, Window};
use crate::advice::Advice;
use crate::boemis::Stands;
use crate::document::{Content, DatasetName, Decision, Digest, ParticipantName, Period, Revision, SubmissionId};
use crate::finding::{Code, Finding};
use crate::forms::key::KeyFault;
use crate::intake::Refusal;
use crate::intake::folder::{Outlet, Published};
use crate::journal::{Acted, Answered, Event, Logged, Phase, RefusedInPlace, SealedReceipt};
use crate::ledger::{Arrived, Submission};
use crate::receipt::{Answer, Known, Receipt, Turn};
use crate::schema::{Key, Standing};
use crate::seal::{LogFault, OutcomeRecord, Refused, Sealed};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Submissions whose answers and pages lie in their folders and are not closed yet, at most; then they
/// are closed without waiting for an idle moment. A start after a crash publishes so many again, and
/// those whose pages were not made yet ([`Pages`](super::pages::Pages) bounds them).
const LAID_MAX: usize = 4096;

/// A receipt on its way: with what the journal says of it, and whose folder it goes to.
pub(super) type Ready = (Receipt, Answered, Option<ParticipantName>);

/// A receipt that was to be laid into its folder, and what came of it; nothing where there is none.
pub(super) struct Laid {
    ready: Ready,
    outlet: Option<Outlet>,
    published: Option<io::Result<Published>>,
}

/// Lays receipts into their folders, in their order.
fn lay(group: Vec<(Ready, Option<Outlet>)>) -> Vec<Laid> {
    let publish = |(ready, outlet): (Ready, Option<Outlet>)| {
        let published = outlet.as_ref().map(|outlet| outlet.publish(&ready.1.receipt.file_name, ready.0.octets()));
        Laid { ready, outlet, published }
    };
    group.into_iter().map(publish).collect()
}

/// A token that does not answer is no impossible state: it may do so at the next start.
pub(super) fn unsealed(refused: Refused) -> Halt {
    match refused {
        // as a disk that was full
        Refused::Key(KeyFault::Away(_)) | Refused::Log(LogFault::Disk(_)) => Halt::broken(refused),
        // the seal's process may be there again
        Refused::Line { .. } | Refused::Apart { may_pass: true, .. } => Halt::broken(refused),
        refused => Halt::wrong(refused),
    }
}

/// What the journal says of a submission beside its receipt.
pub(super) struct Facts {
    participant: Option<ParticipantName>,
    dataset: Option<DatasetName>,
    period: Option<Period>,
    revision: Option<Revision>,
    records: Option<u64>,
    content: Option<Content>,
    signers: Vec<Digest>,
    proven: BTreeMap<Digest, Timestamp>,
    original: Option<SubmissionId>,
    rows: Option<Digest>,
    acted: Option<Acted>,
    replaces: Option<SubmissionId>,
    about: Option<ParticipantName>,
    /// For the dossier: what each signature came to, and what it was judged beside.
    look: (Option<Vec<SignatureFacts>>, Beside),
}

impl Facts {
    fn of(matter: Matter, original: Option<SubmissionId>, rows: Option<Digest>, beside: Beside) -> Self {
        let look = (SignatureFacts::of_matter(&matter), beside);
        let Matter { known, content, signers, report, .. } = matter;
        let Known { participant, dataset, period, revision, records, .. } = known;
        let proven = report.as_ref().map(proven).unwrap_or_default();
        Self {
            participant,
            dataset,
            period,
            revision,
            records,
            content,
            signers,
            proven,
            original,
            rows,
            acted: None,
            replaces: None,
            about: None,
            look,
        }
    }

    /// Of what was accepted, for a later answer.
    pub(super) fn accepted(answered: Answered) -> Self {
        Self::before(answered, Beside::Doubt)
    }

    /// Of what a signed document ruled on, for a later answer.
    pub(super) fn ruled(answered: Answered, by: SubmissionId) -> Self {
        Self::before(answered, Beside::Ruling(by))
    }

    fn before(answered: Answered, beside: Beside) -> Self {
        let Answered { participant, dataset, period, revision, records, content, signers, .. } = answered;
        let Answered { proven, rows, acted, replaces, about, .. } = answered;
        Self {
            participant,
            dataset,
            period,
            revision,
            records,
            content,
            signers,
            proven,
            original: None,
            rows,
            acted,
            replaces,
            about,
            look: (None, beside),
        }
    }

    /// Of what was sealed before, and of the load that stands for it. The content of what was not
    /// loaded is not known: it is found again by its octets.
    fn sealed(record: &OutcomeRecord, stands: Option<&Stands>, beside: Beside) -> Self {
        fn read<T: std::str::FromStr>(text: &Option<String>) -> Option<T> {
            text.as_deref().and_then(|text| text.parse().ok())
        }
        let mark = stands.map(Stands::mark);
        Self {
            participant: read(&record.participant),
            dataset: read(&record.dataset),
            period: mark.map(|mark| mark.key.period).or_else(|| read(&record.period)),
            revision: read(&record.revision.map(|revision| revision.to_string())),
            records: record.records,
            content: mark.map(|mark| mark.content),
            signers: record.signers.iter().filter_map(|signer| signer.certificate_sha256).collect(),
            proven: BTreeMap::new(),
            original: record.original.as_ref().map(|original| original.id),
            rows: mark.map(|mark| mark.rows),
            acted: None,
            replaces: mark.and_then(|mark| mark.replacing.submission),
            about: mark.and_then(|mark| mark.about().cloned()),
            look: (None, beside),
        }
    }
}

impl Window {
    /// Seals the answers, makes them durable, publishes them.
    pub(super) fn answer(&mut self, verdicts: Vec<Verdict>) -> Result<(), Halt> {
        let (mut answers, mut events, mut rulings) = (Vec::new(), Vec::new(), Vec::new());
        for verdict in verdicts {
            let id = verdict.matter.id();
            let Verdict { mut matter, channel, turn, attempt, word, beside } = verdict;
            let (mut original, mut rows, mut acted) = (None, None, None);
            let (mut replaces, mut about) = (None, None);
            let answer = match word {
                Word::Taken(taken) => {
                    rulings.extend(self.ruling(&taken)?);
                    let enacted = &taken.enacted;
                    acted = Some(Acted { on: enacted.subject(), stage: enacted.stage() });
                    Answer::taken(enacted, matter.known.clone(), turn)
                }
                Word::Accepted(loaded) => {
                    rows = Some(loaded.mark().rows);
                    replaces = loaded.mark().replacing.submission;
                    about = loaded.mark().about().cloned();
                    Answer::accepted(&loaded, turn)
                }
                Word::Stands(stands) => {
                    let mark = stands.mark();
                    rows = Some(mark.rows);
                    replaces = mark.replacing.submission;
                    about = mark.about().cloned();
                    matter.known.participant = Some(mark.sender().clone());
                    matter.known.dataset = Some(mark.key.dataset.clone());
                    matter.known.period = Some(mark.key.period);
                    matter.known.revision = Some(mark.revision);
                    matter.known.records = Some(mark.records);
                    matter.content = Some(mark.content);
                    matter.signers.clone_from(&mark.signers);
                    Answer::accepted_before(&stands, matter.known.clone(), turn)
                }
                Word::Rejected(findings) => Answer::rejected(matter.known.clone(), turn, findings),
                Word::Duplicate(earlier) => {
                    original = Some(earlier.id);
                    let told = (earlier.id, earlier.number.as_str(), earlier.decision);
                    Answer::duplicate(matter.known.clone(), turn, told)
                }
                Word::Held(finding) => {
                    let slug = finding.code.slug();
                    events.push(self.defer(&matter, channel.as_ref(), attempt, slug));
                    if turn.answer > 1 {
                        tracing::info!(submission = %id, attempt, finding = slug, "still held");
                        continue;
                    }
                    Answer::held(matter.known.clone(), finding)
                }
            };
            let more = (original, rows, acted, (replaces, about));
            answers.push((answer, channel, (matter, more, beside)));
        }
        let records: Vec<&OutcomeRecord> = answers.iter().map(|(answer, ..)| answer.record()).collect();
        let sealed = self.seal_logged(&records)?;
        self.tally.stamping = self.stamps.as_ref().and_then(|stamps| stamps.trouble());
        let mut receipts = Vec::with_capacity(sealed.len());
        for ((answer, channel, (matter, more, beside)), sealed) in answers.into_iter().zip(sealed) {
            let (original, rows, acted, (replaces, about)) = more;
            if let (Decision::Accepted | Decision::Pending, Some(report)) = (answer.record().decision, &matter.report) {
                events.extend(self.keep_paths(report)?);
            }
            let facts = Facts { acted, replaces, about, ..Facts::of(matter, original, rows, beside) };
            let (receipt, answered) = self.keep(answer, sealed, facts)?;
            receipts.push((receipt, answered, channel));
        }
        // before the approvals' own answers: with these all is said of them
        let now = self.host.clock.now();
        for ruling in rulings {
            self.journal.append(now, ruling)?;
        }
        self.give(receipts, events)
    }

    /// Logs what is to be said, then seals it. (Its acts are synced with its receipt's octets.)
    pub(super) fn seal_logged(&mut self, records: &[&OutcomeRecord]) -> Result<Vec<Sealed>, Halt> {
        let commitments = self.commit(records)?;
        let seal = || self.seal.seal_unsynced(records.iter().copied().zip(commitments));
        let sealed = self.metrics.timed(Stage::Seal, seal).map_err(unsealed)?;
        self.remember(records, &sealed);
        Ok(sealed)
    }

    /// Lets a submission wait for its next try; what the journal is to say of that.
    fn defer(&mut self, matter: &Matter, channel: Option<&ParticipantName>, attempt: u32, slug: &str) -> Event {
        let (id, known, attempt) = (matter.id(), &matter.known, attempt.saturating_add(1));
        let now = self.host.clock.now();
        let next = now.saturating_add(self.pause(attempt)).unwrap_or(now);
        let waits = Waits {
            next,
            attempt,
            finding: slug.to_owned(),
            key: matter.key.clone(),
            names: matter.names.clone(),
            participant: channel.or(known.participant.as_ref()).cloned(),
            size: known.size_with_signature(),
            received: known.received,
        };
        self.waits.insert(id, waits);
        Event::Deferred { id, finding: slug.to_owned(), attempt, next: Some(next) }
    }

    /// How long to wait before the next try: doubling, bounded.
    pub(super) fn pause(&self, attempt: u32) -> SignedDuration {
        let hold = &self.settings().hold;
        let factor = 1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let pause = hold.retry_first.saturating_mul(factor).min(hold.retry_last);
        SignedDuration::try_from(pause).unwrap_or(SignedDuration::from_mins(10))
    }

    /// A sealed answer into evidence, and what the journal is to say of it.
    pub(super) fn keep(&mut self, answer: Answer, sealed: Sealed, facts: Facts) -> Result<(Receipt, Answered), Halt> {
        let record = answer.record();
        let findings: Vec<String> = record.findings.iter().map(|finding| finding.code.slug().to_owned()).collect();
        let (number_of_answer, decision) = (record.answer, record.decision);
        let logged = sealed.log_size().map(|size| Logged { content: sealed.content(), size });
        let Facts {
            participant,
            dataset,
            period,
            revision,
            records,
            content,
            signers,
            proven,
            original,
            rows,
            acted,
            replaces,
            about,
            look,
        } = facts;
        let (grounds, clock, now) = (self.grounds, self.host.clock.state(), self.host.clock.now());
        let taken = self.world.trust.taken_at();
        let dossier = Dossier::of(record, look, At { grounds, taken, clock, now });
        let dossier = serde_json::to_vec(&dossier).map_err(Halt::broken)?;
        let receipt = Receipt::new(answer, sealed).map_err(Halt::wrong)?;
        let kept = self.evidence.append(receipt.octets()).map_err(Halt::broken)?;
        let dossier = self.evidence.append(&dossier).map_err(Halt::broken)?;
        let answered = Answered {
            id: receipt.id(),
            answer: number_of_answer,
            decision,
            participant,
            dataset,
            period,
            revision,
            records,
            content,
            signers,
            proven: match decision {
                Decision::Accepted | Decision::Pending => proven,
                _ => BTreeMap::new(),
            },
            findings,
            original,
            rows,
            acted: acted.filter(|_| matches!(decision, Decision::Accepted | Decision::Contested)),
            replaces,
            about,
            receipt: SealedReceipt {
                number: receipt.number().to_owned(),
                file_name: receipt.file_name(),
                sha256: receipt.sha256(),
                size: receipt.octets().len() as u64,
                location: kept.location,
                lacks_stamp: receipt.lacks_stamp(),
                logged,
            },
            grounds,
            dossier: Some(dossier.into()),
            by_mail: Vec::new(), // whoever gives it knows whose it is
        };
        Ok((receipt, answered))
    }

    /// Takes up what an earlier process sealed and had no time to write down: that is the decided
    /// word, whatever a judgement would say today. Gives back what is still to be judged.
    pub(super) async fn take_up(&mut self, cases: Vec<Case>) -> Result<Vec<Case>, Halt> {
        let (mut receipts, mut events, mut open) = (Vec::new(), Vec::new(), Vec::with_capacity(cases.len()));
        for mut case in cases {
            let about = case.staged.about();
            let (id, channel) = (about.id, about.participant.clone());
            let before = match case.is_fresh {
                true => None,
                false => self.sealed_before(id, case.turn.answer)?,
            };
            let Some((record, sealed)) = before else {
                open.push(case);
                continue;
            };
            let matter = Matter::new(about);
            let mut stands = None;
            let is_yes = matches!(record.decision, Decision::Accepted | Decision::Pending);
            if is_yes && record.records.is_none() {
                match self.taken_before(id).await? {
                    Some(Some(taken)) => {
                        let (receipt, answered) = self.take_up_taken(record, sealed, &taken, &matter, case.turn)?;
                        receipts.push((receipt, answered, channel));
                    }
                    // BOEMİS lost what it did: it is judged again, and does it again
                    Some(None) => open.push(case),
                    None => {
                        let slug = Code::LoadDatabaseAway.slug();
                        events.push(self.defer(&matter, channel.as_ref(), case.attempt, slug));
                    }
                }
                continue;
            }
            if is_yes {
                match self.load_of(id).await? {
                    Some(load) => stands = load,
                    None => {
                        // Sealed as accepted; but only a load that is seen lets us say so.
                        let slug = Code::LoadDatabaseAway.slug();
                        events.push(self.defer(&matter, channel.as_ref(), case.attempt, slug));
                        continue;
                    }
                }
            }
            if is_yes && stands.is_none() {
                // loading it again was tried (`restored.rs`), and `status` lists it: all others go on
                let number = sealed.number();
                tracing::error!(advice = %Advice::BoemisLacks, submission = %id, number,
                    "it was sealed as accepted, and BOEMİS holds no load of it: it waits until it can be loaded again");
                events.push(self.defer(&matter, channel.as_ref(), case.attempt, Code::LoadDatabaseAway.slug()));
                continue;
            }
            let (decision, number) = (record.decision, sealed.number().to_owned());
            let standing = self.standing_of(&record, stands.as_ref()).await;
            let facts = Facts::sealed(&record, stands.as_ref(), Beside::sealed(&record, standing.as_ref()));
            let slug = record.findings.first().map_or("", |finding| finding.code.slug());
            if decision == Decision::Held {
                events.push(self.defer(&matter, channel.as_ref(), case.attempt, slug));
            }
            let answer = Answer::sealed_before(record, &matter.known.name, case.turn, stands.as_ref());
            // of what was accepted the load was seen above
            let answer = answer.ok_or_else(|| Halt::wrong(format!("{number} is an acceptance without its load")))?;
            tracing::warn!(advice = %Advice::AnsweredLate,
                submission = %id, number, %decision, "sealed before the last stop, and answered now");
            let (receipt, answered) = self.keep(answer, sealed, facts)?;
            receipts.push((receipt, answered, channel));
            if decision == Decision::Held {
                case.turn = Turn { answer: case.turn.answer + 1, held_before: true };
                case.attempt = case.attempt.saturating_add(1);
                open.push(case);
            }
        }
        self.give(receipts, events)?;
        Ok(open)
    }

    /// The answer to an approval that an earlier process sealed, and whose act stands.
    fn take_up_taken(
        &mut self,
        record: OutcomeRecord,
        sealed: Sealed,
        taken: &Taken,
        matter: &Matter,
        turn: Turn,
    ) -> Result<(Receipt, Answered), Halt> {
        let (id, number) = (record.id, sealed.number().to_owned());
        tracing::warn!(advice = %Advice::AnsweredLate,
            submission = %id, number, "an approval, sealed before the last stop and answered now");
        let enacted = &taken.enacted;
        let acted = Some(Acted { on: enacted.subject(), stage: enacted.stage() });
        let facts = Facts { acted, content: matter.content, ..Facts::sealed(&record, None, Beside::Mark) };
        let answer = Answer::taken_before(record, enacted, &matter.known.name, turn);
        let answer = answer.ok_or_else(|| Halt::wrong(format!("{number} is of another document")))?;
        if let Some(ruling) = self.ruling(taken)? {
            self.journal.append(self.host.clock.now(), ruling)?; // before the approval's own answer
        }
        self.keep(answer, sealed, facts)
    }

    /// What stood beside what an earlier process judged and sealed: BOEMİS knows it of what was loaded, by its
    /// order, and of what was not as it stands now.
    async fn standing_of(&mut self, record: &OutcomeRecord, stands: Option<&Stands>) -> Option<Standing> {
        let key = Key {
            participant: match stands.and_then(|stands| stands.mark().about()) {
                Some(about) => about.clone(),
                None => record.participant.as_ref()?.parse().ok()?,
            },
            dataset: record.dataset.as_ref()?.parse().ok()?,
            period: record.period.as_ref().map_or(Ok(Period::None), |period| period.parse()).ok()?,
        };
        self.boemis.as_mut()?.standing(&key, record.id).await.ok()
    }

    /// What an earlier process sealed as this answer. Its receipt may lie with the sender already: where
    /// the seal would word it differently today, the octets of that time are in evidence.
    pub(super) fn sealed_before(
        &mut self,
        id: SubmissionId,
        answer: u32,
    ) -> Result<Option<(OutcomeRecord, Sealed)>, Halt> {
        let mut failed = None;
        let evidence = self.evidence.reader();
        let kept = |sha256| match evidence.find(sha256) {
            // a long receipt lies in a file of its own
            Ok(Some(octets)) => match octets.whole() {
                Ok(octets) => Some(Arc::from(octets)),
                Err(error) => {
                    failed = Some(Halt::broken(error));
                    None
                }
            },
            Ok(None) => None,
            Err(error) => {
                failed = Some(Halt::broken(error));
                None
            }
        };
        let sealed = self.seal.sealed(id, answer, kept).map_err(unsealed)?;
        if let Some(halt) = failed {
            return Err(halt);
        }
        Ok(match sealed {
            None => None,
            Some((record, Some(sealed))) => Some((record, sealed)),
            // nobody has its octets any more: the same word, logged and sealed anew under its number
            Some((record, None)) => self.seal_logged(&[&record])?.pop().map(|sealed| (record, sealed)),
        })
    }

    /// The load that stands of a submission, if there is one; `None` while BOEMİS is away.
    pub(super) async fn load_of(&mut self, id: SubmissionId) -> Result<Option<Option<Stands>>, Halt> {
        let Some(boemis) = &mut self.boemis else { return Ok(None) };
        match boemis.stands(id).await {
            Ok(stands) => Ok(Some(stands)),
            Err(fault) if fault.is_away() => {
                tracing::error!(advice = %Advice::BoemisAway, %fault, "documents are held until BOEMİS is back");
                self.boemis = None;
                Ok(None)
            }
            Err(fault) => Err(Halt::wrong(fault)),
        }
    }

    /// Makes acts and receipts durable, lays the receipts into their folders, and tells the journal of
    /// the answers and of these events; the ledger learns what is new.
    pub(super) fn give(&mut self, mut receipts: Vec<Ready>, events: Vec<Event>) -> Result<(), Halt> {
        if receipts.is_empty() && events.is_empty() {
            return Ok(()); // and no group that is being laid is waited for
        }
        if !receipts.is_empty() {
            // Two files, at the same time: neither speaks of the other.
            let unsynced = self.evidence.unsynced();
            let kept = self.beside.begin(|| unsynced.sync());
            let acts = self.seal.sync();
            kept.wait().map_err(Halt::wrong)?.map_err(Halt::broken)?;
            acts.map_err(Halt::broken)?;
        }
        let now = self.host.clock.now();
        for (_, answered, channel) in &mut receipts {
            answered.by_mail = self.mailed_to(answered, channel.as_ref());
            self.journal.append(now, Event::Answered(Box::new(answered.clone())))?;
        }
        for event in events {
            self.journal.append(now, event)?;
        }
        self.lay_all(receipts)?;
        self.settle()?;
        let done = self.pages.done();
        self.laid.extend(done);
        match self.laid.len() > LAID_MAX {
            true => self.close_laid(),
            false => Ok(()),
        }
    }

    /// Lays the receipts of a group into their folders, and orders their pages. The next group does
    /// not wait until a larger one lies there: a thread lays it. What cannot be published is said,
    /// stays open, and is tried again at the next scan.
    fn lay_all(&mut self, receipts: Vec<Ready>) -> Result<(), Halt> {
        /// Up to so many, a thread costs more than it gains.
        const ALONE: usize = 8;
        self.finish_laying()?; // one group after the other, in their order
        if self.letters_are_open() {
            self.learn()?; // how each came
        }
        let outlet = |(receipt, answered, channel): Ready| {
            // what came by mail is answered to whom its signature is of, and to nobody else
            let channel = channel.or_else(|| answered.participant.clone());
            let ready = (receipt, answered, channel);
            let channel = ready.2.as_ref().filter(|channel| self.lays(channel, ready.1.id));
            let outlet = channel.and_then(|channel| self.outlet(channel));
            (ready, outlet)
        };
        let group: Vec<(Ready, Option<Outlet>)> = receipts.into_iter().map(outlet).collect();
        for ((receipt, answered, channel), _) in &group {
            if answered.decision != Decision::Held {
                self.waits.remove(&answered.id);
            }
            self.under_way.done(answered.id);
            self.owe(answered, channel.as_ref());
            // of what nobody of the registry stands behind, nobody is suspected
            if answered.decision == Decision::Rejected && answered.participant.is_some() {
                self.refused_signer(answered.signers.first(), answered.participant.as_ref());
            }
            for other in self.also_to(answered, channel.as_ref()) {
                self.copy_to(&other, answered, receipt.octets());
            }
            *self.tally.answers.entry(answered.decision).or_default() += 1;
        }
        if group.len() <= ALONE {
            let laid = lay(group);
            std::thread::yield_now(); // whoever waited for it goes first
            laid.iter().for_each(|laid| self.say(&laid.ready.1));
            self.account(laid);
        } else {
            group.iter().for_each(|((_, answered, _), _)| self.say(answered));
            self.laying = Some(std::thread::spawn(move || lay(group)));
        }
        Ok(())
    }

    /// Lays a copy of an answer into the folder of somebody else. The submission is not closed before it
    /// lies there.
    fn copy_to(&mut self, other: &ParticipantName, answered: &Answered, octets: &Arc<[u8]>) {
        let (id, file_name) = (answered.id, answered.receipt.file_name.clone());
        self.owe(answered, Some(other));
        if !self.answers_of(other).folder {
            return;
        }
        let Some(outlet) = self.outlet(other) else {
            self.left.insert(id);
            return;
        };
        match outlet.publish(&file_name, octets) {
            Ok(_) => {
                self.laid_into.insert(other.clone(), outlet.clone());
                let (octets, original) = (Arc::clone(octets), self.original_of(answered));
                self.pages.order(Order { id, closes: false, octets, file_name, outlet, original });
            }
            Err(error) => self.unpublished(id, other, &file_name, &error),
        }
    }

    /// Waits until the last group lies in its folders, and orders its pages.
    pub(super) fn finish_laying(&mut self) -> Result<(), Halt> {
        if let Some(laying) = self.laying.take() {
            let laid = laying.join().map_err(|_| Halt::wrong("the publishing of receipts panicked"))?;
            self.account(laid);
        }
        Ok(())
    }

    /// Begins the pages of what was answered: nobody waits for an answer now.
    pub(super) fn begin_pages(&mut self) -> Result<(), Halt> {
        self.finish_laying()?;
        self.pages.begin();
        Ok(())
    }

    /// What the faulty rows of a rejected document are read from: of one that got as far as its rows.
    fn original_of(&mut self, answered: &Answered) -> Option<Box<Original>> {
        if answered.decision != Decision::Rejected || answered.dataset.is_none() {
            return None;
        }
        self.learn().ok()?; // of a group that is answered just now the ledger may not have heard yet
        let Arrived::Held(held) = self.ledger.state(answered.id).ok()??.arrival else { return None };
        let (judge, evidence) = (self.judge_of_today(), self.evidence.reader().clone());
        Some(Box::new(Original { held: *held, judge, evidence }))
    }

    /// What lies there gets its page; what does not is tried again.
    fn account(&mut self, laid: Vec<Laid>) {
        for Laid { ready: (receipt, answered, channel), outlet, published } in laid {
            let id = answered.id;
            let closes = answered.decision != Decision::Held && !self.left.contains(&id);
            match (published, outlet, channel) {
                (Some(Ok(_)), Some(outlet), Some(channel)) => {
                    let (octets, file_name) = (Arc::clone(receipt.octets()), answered.receipt.file_name.clone());
                    self.laid_into.insert(channel, outlet.clone());
                    let original = self.original_of(&answered);
                    self.pages.order(Order { id, closes, octets, file_name, outlet, original });
                }
                (Some(Err(error)), _, Some(channel)) => {
                    self.unpublished(id, &channel, &answered.receipt.file_name, &error);
                }
                // what is in the outbox alone is durable before it is closed, as what lies in a folder
                (_, _, Some(channel)) if !self.lays(&channel, id) => self.laid.extend(closes.then_some(id)),
                (_, _, Some(channel)) => self.leave_for(&channel, id),
                // nobody's: its receipt is kept, and no one gets it
                (_, _, None) => self.laid.extend(closes.then_some(id)),
            }
        }
    }

    /// Closes the submissions whose answers lie in their folders, once that is durable. When it
    /// cannot be made so, they stay open, and the next idle moment tries again.
    pub(super) fn close_laid(&mut self) -> Result<(), Halt> {
        self.finish_laying()?;
        let done = self.pages.wait();
        self.laid.extend(done);
        let mut devices = BTreeMap::new();
        let mut sync = || {
            for outlet in self.laid_into.values() {
                devices.entry(outlet.device()?).or_insert(outlet);
            }
            devices.values().try_for_each(|outlet| outlet.sync())
        };
        if let Err(error) = sync() {
            tracing::error!(advice = %Advice::ReceiptUnpublished,
                %error, "receipts lie in their folders, and could not be made durable there");
            self.tally.publishing = Some(format!("receipts cannot be made durable: {error}"));
            return Ok(());
        }
        if let Some(Err(error)) = self.outbox().map(|outbox| outbox.sync()) {
            tracing::error!(advice = %Advice::OutboxUnwritable,
                %error, "answers lie in the outbox, and could not be made durable there");
            self.tally.publishing = Some(format!("answers in the outbox cannot be made durable: {error}"));
            return Ok(());
        }
        self.laid_into.clear();
        if self.laid.is_empty() {
            return Ok(());
        }
        let now = self.host.clock.now();
        for id in std::mem::take(&mut self.laid) {
            self.journal.append(now, Event::Closed { id })?;
        }
        self.settle()
    }

    /// Answers what stays in its folder: one receipt each, for ever. The journal has it before the
    /// seal does, so that it is answered under this id also after a crash.
    pub(super) fn refuse_in_place(&mut self, refusals: Vec<Refusal>) -> Result<(), Halt> {
        let now = self.host.clock.now();
        let mut refused = Vec::with_capacity(refusals.len());
        for refusal in refusals {
            let Refusal { id, participant, name, key, finding, .. } = refusal;
            let (key, slug) = (key.to_string(), finding.code.slug().to_owned());
            let event =
                RefusedInPlace { id, participant, name, key, received: now, finding: slug, whole: Some(finding) };
            self.journal.append(now, Event::RefusedInPlace(Box::new(event.clone())))?;
            refused.push(event);
        }
        if refused.is_empty() {
            return Ok(());
        }
        self.settle()?;
        for event in &refused {
            self.refusing.remove(&(event.participant.clone(), event.key.clone()));
        }
        self.answer_refused(refused)
    }

    /// Answers what the journal says is refused: as it was sealed, if it was.
    pub(super) fn answer_refused(&mut self, refused: Vec<RefusedInPlace>) -> Result<(), Halt> {
        let (mut verdicts, mut receipts) = (Vec::with_capacity(refused.len()), Vec::new());
        for refused in refused {
            let RefusedInPlace { id, participant, name, received, finding: slug, whole, .. } = refused;
            if let Some((record, sealed)) = self.sealed_before(id, 1)? {
                let facts = Facts::sealed(&record, None, Beside::Intake);
                let answer = Answer::sealed_before(record, &name, Turn::FIRST, None)
                    .ok_or_else(|| Halt::wrong(format!("submission {id} was refused, and sealed as accepted")))?;
                let (receipt, answered) = self.keep(answer, sealed, facts)?;
                receipts.push((receipt, answered, Some(participant)));
                continue;
            }
            let of_slug = || Code::ALL.iter().find(|code| code.slug() == slug).map(|code| Finding::new(*code));
            let finding =
                whole.or_else(of_slug).ok_or_else(|| Halt::wrong(format!("the journal names no finding: {slug}")))?;
            let mut known = Known::arrival(id, received, name, None, None);
            known.participant = Some(participant.clone());
            let (matter, word) = (Matter::of_known(known), Word::Rejected(vec![finding]));
            let (channel, turn, beside) = (Some(participant), Turn::FIRST, Beside::Intake);
            verdicts.push(Verdict { matter, channel, turn, attempt: 0, word, beside });
        }
        self.give(receipts, Vec::new())?;
        self.answer(verdicts)
    }

    /// Publishes the last receipt that a submission was given, in case its folder does not have it.
    pub(super) fn publish_again(&mut self, submission: &Submission) -> Result<(), Halt> {
        let Some(answered) = &submission.last else { return Ok(()) };
        let Some(octets) = self.octets_of(answered)? else { return Ok(()) };
        let channel = match &submission.arrival {
            Arrived::Held(held) => held.participant.clone().or_else(|| answered.participant.clone()),
            Arrived::RefusedInPlace(refused) => Some(refused.participant.clone()),
        };
        if channel.is_none() && submission.phase == Phase::Answered {
            self.laid.push(submission.id());
        }
        if let Some(channel) = channel {
            self.owe(answered, Some(&channel));
            for other in self.also_to(answered, Some(&channel)) {
                self.copy_to(&other, answered, &octets);
            }
            let id = submission.id();
            let closes = submission.phase == Phase::Answered && !self.left.contains(&id);
            if !self.lays(&channel, id) {
                self.laid.extend(closes.then_some(id));
                return Ok(());
            }
            let file_name = answered.receipt.file_name.clone();
            let Some(outlet) = self.outlet(&channel) else {
                self.leave_for(&channel, id);
                return Ok(());
            };
            match outlet.publish(&file_name, &octets) {
                Ok(_) => {
                    self.laid_into.insert(channel, outlet.clone());
                    let original = self.original_of(answered);
                    self.pages.order(Order { id, closes, octets, file_name, outlet, original });
                }
                Err(error) => self.unpublished(id, &channel, &file_name, &error),
            }
        }
        Ok(())
    }

    /// Tries again to publish what could not be published.
    ///
    /// # Errors
    /// Ledger or evidence.
    pub(super) fn publish_left(&mut self) -> Result<(), Halt> {
        self.finish_laying()?;
        let left = std::mem::take(&mut self.left);
        let was = self.tally.publishing.take();
        for id in &left {
            if let Some(submission) = self.ledger.state(*id)? {
                self.publish_again(&submission)?;
            }
        }
        if was.is_some() && self.tally.publishing.is_none() {
            self.close_laid()?; // says so again if that was the trouble
        }
        if was.is_some() && self.tally.publishing.is_none() {
            tracing::info!(receipts = left.len(), "receipts can be published again");
        }
        self.look_at_postponed();
        Ok(())
    }

    /// The way into a participant's `receipts/`; none, and a word in the log, when he has no folder.
    fn outlet(&self, channel: &ParticipantName) -> Option<Outlet> {
        let folder = self.queue.folders().iter().find(|folder| folder.participant() == channel);
        if folder.is_none() && !self.shut.contains_key(channel) {
            tracing::warn!(advice = %Advice::ReceiptUnpublished,
                participant = %channel, "the participant has no folder any more for its receipt");
        }
        folder.map(|folder| folder.outlet())
    }

    /// Leaves a receipt until the folder that it belongs to can be used: no later answer goes before it. Somebody who
    /// has no folder at all is waited for by nobody.
    fn leave_for(&mut self, channel: &ParticipantName, id: SubmissionId) {
        if self.shut.contains_key(channel) {
            self.left.insert(id);
        }
    }

    /// Says that a receipt could not be published; it is tried again at every scan.
    fn unpublished(&mut self, id: SubmissionId, channel: &ParticipantName, file_name: &str, error: &std::io::Error) {
        tracing::error!(advice = %Advice::ReceiptUnpublished,
            participant = %channel, file_name, %error, "a receipt could not be published");
        self.tally.publishing = Some(format!("receipts of {channel} cannot be published: {error}"));
        self.left.insert(id);
    }

    /// One line for each change of state.
    fn say(&self, answered: &Answered) {
        let Answered { id, decision, findings, receipt, .. } = answered;
        let text = |value: Option<String>| value.unwrap_or_default();
        tracing::info!(
            advice = %Advice::Answered,
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
