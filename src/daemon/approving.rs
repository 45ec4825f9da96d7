//! Approving: a signed document takes a submission through a stage, and the submission is answered so (S 4.2.1).
//!
//! Owns the order: what the document comes to is judged beside what BOEMİS says of the submission; then the act is
//! committed there, which ends the submission's waiting or holding in the same moment; then the journal has the ruling
//! and the document's own answer in one sync; then the submission gets its later answer. A stop anywhere in between is
//! taken up from what BOEMİS and the journal say, and doing it again changes nothing. The judgement itself is
//! `schema`'s.

use super::answering::{Facts, Ready, unsealed};
use super::carry::{Case, Word};
use super::decide::{Judged, word};
use super::dossier::Beside;
use super::judgement::Judge;
use super::look::{Seen, look};
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::authority::Registry;
use crate::boemis::{Enacted, Fault, Situation, Stands};
use crate::document::{ApprovalStage, Decision, Digest, ParticipantName, SubmissionId};
use crate::finding::{Code, Finding, Severity, Stop};
use crate::journal::{Event, Phase, Ruled};
use crate::ledger::{self, Arrived, Submission};
use crate::receipt::{Answer, Turn};
use crate::schema::{Inspected, InspectedApproval, Proposal, Standing, Subject, SubjectState};
use crate::staging::Staged;
use std::collections::{BTreeSet, HashSet};

/// Characters of a reason that a ruling repeats: what a finding has room for.
const REASON_MAX: usize = 300;

/// The act by which the journal says that a submission went to checking.
pub const CHECKING: &str = "checking";

/// An approval that was taken: what it did, and what is to be said of it.
pub(super) struct Taken {
    pub(super) enacted: Enacted,
    pub(super) body: ParticipantName,
    pub(super) reason: Option<String>,
}

/// A submission as an approval meets it.
pub(super) fn subject(situation: Situation, by: &[Digest], registry: &Registry) -> Subject {
    let Situation { mark, is_fallen, passed, newest } = situation;
    let proposal = mark.proposed_by.clone().map(|by| Proposal {
        by,
        replaces: mark.replacing.submission,
        stands: newest.map(|(_, id)| id),
        faults: None,
    });
    let person = |certificate: &Digest| registry.holder(certificate).map(|(_, person)| &person.fin);
    let mine: Vec<_> = by.iter().map(person).collect();
    // of whom the register knows no more, nobody can say that he is another
    let is_mine = |theirs: &Digest| {
        mine.contains(&None) || by.contains(theirs) || person(theirs).is_none_or(|fin| mine.contains(&Some(fin)))
    };
    Subject {
        id: mark.id,
        same_person: mark.signers.iter().any(is_mine),
        participant: mark.key.participant,
        dataset: mark.key.dataset,
        revision: mark.revision.get(),
        newest: newest.map_or(mark.revision, |(revision, _)| revision).get(),
        content: mark.content,
        state: match (is_fallen, mark.approved) {
            (true, _) => SubjectState::Fallen,
            (false, Some(_)) => SubjectState::Holds,
            (false, None) => SubjectState::Waits,
        },
        passed,
        proposal: proposal.map(Box::new),
    }
}

/// The certificates of an approval's signers.
pub(super) fn signers(approval: &InspectedApproval) -> Vec<Digest> {
    approval.authorised().verified().signers().iter().map(|signer| signer.sha256()).collect()
}

/// Whether this would let a proposal hold: then it is judged once more, beside what stands now.
pub(super) fn is_to_be_rejudged(approval: &InspectedApproval, subject: &Subject) -> bool {
    approval.stage() == ApprovalStage::Approved && subject.state == SubjectState::Waits && subject.proposal.is_some()
}

/// Reads a proposal once more; or what it would be stopped for today.
pub(super) fn read_again(staged: Staged, judge: &Judge) -> Result<Result<Inspected, String>, Halt> {
    let case = Case { staged, turn: Turn::FIRST, attempt: 0, refused: None, is_fresh: false };
    let stop = match look(case, judge).seen {
        Seen::Filed { inspected, .. } => match *inspected {
            Ok(inspected) => return Ok(Ok(inspected)),
            Err(stop) => stop,
        },
        Seen::Stopped(stop) => stop,
        Seen::Refused(_, finding) => finding.into(),
        Seen::Approving { .. } => return Err(Halt::wrong("a proposal that is loaded reads as an approval")),
    };
    told(stop).map(Err)
}

/// What a proposal would be rejected for beside what stands now, if it would be.
pub(super) fn faults_of(judge: &Judge, inspected: Inspected, standing: &Standing) -> Result<Option<String>, Halt> {
    match judge.validate(inspected, standing) {
        Ok(_) => Ok(None),
        Err(stop) => told(stop).map(Some),
    }
}

/// What came of that.
pub(super) fn rejudged(subject: &mut Subject, faults: Option<String>) {
    if let Some(proposal) = &mut subject.proposal {
        proposal.faults = faults;
    }
}

/// The slugs of what stops it, each once.
fn told(stop: Stop) -> Result<String, Halt> {
    let findings = match stop {
        Stop::Reject(findings) => findings,
        Stop::Hold(finding) => vec![finding],
        Stop::Halt(why) => return Err(Halt::Wrong(why)),
    };
    let errors = findings.iter().filter(|finding| finding.severity() == Severity::Error);
    let slugs: BTreeSet<&str> = errors.map(|finding| finding.code.slug()).collect();
    Ok(slugs.into_iter().collect::<Vec<_>>().join(", "))
}

impl Window {
    /// What an approval comes to. When it says that it was taken, the act is committed. One whose submission has not
    /// its answer yet, or is ruled on and not answered, comes after that: in this group (`together`), or later. And one
    /// that came behind another of the same submission which is held, waits for it: what is due depends on it.
    pub(super) async fn approve(
        &mut self,
        approval: InspectedApproval,
        judge: &Judge,
        together: &mut HashSet<SubmissionId>,
        held: &[(SubmissionId, String)],
    ) -> Result<(Judged, Beside), Halt> {
        let away = || Ok((Judged::Word(Word::Held(Finding::new(Code::LoadDatabaseAway))), Beside::Away));
        let named = self.named(approval.names())?;
        if let Some(id) = named {
            if let Some(earlier) = self.held_before(approval.authorised().verified().about().id, id, held)? {
                let waits = Finding::new(Code::LoadWaitsForEarlier).found(earlier);
                return Ok((Judged::Word(Word::Held(waits)), Beside::Behind(earlier)));
            }
            if together.contains(&id) {
                return Ok((Judged::Postponed, Beside::Nothing));
            }
            self.learn()?;
            let is_free = |one: &Submission| matches!(one.phase, Phase::Answered | Phase::Closed);
            if self.ledger.state(id)?.is_some_and(|one| !is_free(&one)) {
                let waits = Finding::new(Code::LoadWaitsForEarlier).found(id);
                return Ok((Judged::Word(Word::Held(waits)), Beside::Behind(id)));
            }
        }
        let mut subject = match (named, &mut self.boemis) {
            (_, None) => return away(),
            (None, Some(_)) => None,
            (Some(id), Some(boemis)) => match boemis.situation(id).await {
                Ok(situation) => situation.map(|one| subject(one, &signers(&approval), &judge.world().registry)),
                Err(fault) if fault.is_away() => return self.went_away(&fault),
                Err(fault) => return Err(Halt::wrong(fault)),
            },
        };
        if let Some(subject) = subject.as_mut().filter(|subject| is_to_be_rejudged(&approval, subject)) {
            match self.judge_proposal(subject.id, approval.authorised().verified().about().id).await? {
                Some(faults) => rejudged(subject, faults),
                None => return away(),
            }
        }
        let beside = Beside::Subject(subject.clone().map(Box::new));
        let validated = match judge.validate_approval(approval, subject.as_ref()) {
            Ok(validated) => validated,
            Err(stop) => return Ok((word(stop)?, beside)),
        };
        let now = self.host.clock.now();
        let Some(boemis) = &mut self.boemis else { return away() };
        match boemis.enact(&validated, now).await {
            Ok(enacted) => {
                together.insert(enacted.subject());
                let body = validated.authorised().participant().clone();
                let reason = validated.reason().map(|reason| reason.chars().take(REASON_MAX).collect());
                Ok((Judged::Word(Word::Taken(Box::new(Taken { enacted, body, reason }))), beside))
            }
            Err(fault) if fault.is_away() => self.went_away(&fault),
            Err(fault) => Err(Halt::wrong(fault)),
        }
    }

    /// Judges a proposal once more, beside what stands when this document is to let it hold: it was judged beside what
    /// stood when it came, and counted for nothing since, so nothing took it into account (R 3.13). None while BOEMİS
    /// is away.
    async fn judge_proposal(&mut self, id: SubmissionId, by: SubmissionId) -> Result<Option<Option<String>>, Halt> {
        let Some(submission) = self.ledger.state(id)? else { return Ok(Some(Some("—".to_owned()))) };
        let Some(case) = self.case(&submission)? else { return Ok(Some(Some("—".to_owned()))) };
        let judge = self.judge_alone();
        let inspected = match read_again(case.staged, &judge)? {
            Ok(inspected) => inspected,
            Err(faults) => return Ok(Some(Some(faults))),
        };
        let Some(boemis) = &mut self.boemis else { return Ok(None) };
        // asked for the document that approves it: of that nothing is loaded, so all that stands is told
        let standing = match inspected.statement() {
            Some(statement) => boemis.standing_beside(statement, by).await,
            None => Ok(Standing::default()),
        };
        match standing {
            Ok(standing) => faults_of(&judge, inspected, &standing).map(Some),
            Err(fault) if fault.is_away() => self.went_away(&fault).map(|_| None),
            Err(fault) => Err(Halt::wrong(fault)),
        }
    }

    fn went_away(&mut self, fault: &Fault) -> Result<(Judged, Beside), Halt> {
        tracing::error!(advice = %Advice::BoemisAway, %fault, "approvals are held until BOEMİS is back");
        (self.boemis, self.tally.away) = (None, true);
        Ok((Judged::Word(Word::Held(Finding::new(Code::LoadDatabaseAway))), Beside::Away))
    }

    fn named(&self, names: &str) -> Result<Option<SubmissionId>, Halt> {
        Ok(ledger::named(names, |number| self.ledger.find_receipt(number))?)
    }

    /// An approval of the same submission that came before this one and is held, in this group (`held`) or since
    /// longer.
    fn held_before(
        &self,
        me: SubmissionId,
        subject: SubmissionId,
        held: &[(SubmissionId, String)],
    ) -> Result<Option<SubmissionId>, Halt> {
        let longer = self.waits.iter().filter_map(|(id, waits)| Some((id, waits.names.as_ref()?)));
        let here = held.iter().map(|(id, names)| (id, names));
        for (&id, names) in longer.chain(here).filter(|(id, _)| **id < me) {
            if self.named(names)? == Some(subject) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// What the journal is to say of the submission that an approval was about, before it says that the approval was
    /// taken; nothing where it says so already.
    pub(super) fn ruling(&mut self, taken: &Taken) -> Result<Option<Event>, Halt> {
        let (id, stage, by) = (taken.enacted.subject(), taken.enacted.stage(), taken.enacted.by());
        self.learn()?;
        let Some(submission) = self.ledger.state(id)? else { return Ok(None) };
        if stage == ApprovalStage::Checking {
            let facts = [("by".to_owned(), by.to_string())].into();
            return Ok(Some(Event::Act { act: CHECKING.to_owned(), by: taken.body.to_string(), id: Some(id), facts }));
        }
        let is_answered = matches!(submission.phase, Phase::Answered | Phase::Closed);
        let is_due = match submission.decision() {
            Some(Decision::Pending) => true,
            Some(Decision::Accepted) => stage == ApprovalStage::Withdrawn,
            _ => false,
        };
        if !is_answered || !is_due {
            return Ok(None);
        }
        let ruled = Ruled { id, stage, by, body: taken.body.clone(), reason: taken.reason.clone() };
        let event = Event::Ruled(Box::new(ruled.clone()));
        self.ledger.check([&event])?; // what cannot follow must not stand in the journal
        self.ruled.insert(id, ruled);
        Ok(Some(event))
    }

    /// What an earlier process did for this document and did not answer: that is believed, whatever would be judged
    /// today. None while BOEMİS is away; inside, none where it did nothing.
    pub(super) async fn taken_before(&mut self, id: SubmissionId) -> Result<Option<Option<Taken>>, Halt> {
        let Some(boemis) = &mut self.boemis else { return Ok(None) };
        let enacted = match boemis.enacted(id).await {
            Ok(Some(enacted)) => enacted,
            Ok(None) => return Ok(Some(None)),
            Err(fault) if fault.is_away() => return self.went_away(&fault).map(|_| None),
            Err(fault) => return Err(Halt::wrong(fault)),
        };
        let Some(submission) = self.ledger.state(id)? else { return Ok(Some(None)) };
        let (mut body, mut reason) = (submission.participant().cloned(), None);
        // in its own words, as far as these can still be read
        if let Some(case) = self.case(&submission)?
            && let Seen::Approving { participant, inspected, .. } = look(case, &self.judge_of_today()).seen
        {
            body = Some(participant);
            reason = (*inspected).ok().and_then(|one| one.reason().map(|text| text.chars().take(REASON_MAX).collect()));
        }
        let body = body.ok_or_else(|| Halt::wrong(format!("submission {id} did something, and is nobody's")))?;
        Ok(Some(Some(Taken { enacted, body, reason })))
    }

    /// Answers what was ruled on, as far as that can be done now: an approval is told only while BOEMİS shows it.
    ///
    /// # Errors
    /// [`Halt`].
    pub(super) async fn answer_ruled(&mut self) -> Result<(), Halt> {
        if self.ruled.is_empty() {
            return Ok(());
        }
        self.learn()?;
        self.close_laid()?; // nothing of the answer before is closed after this one
        let mut receipts = Vec::new();
        for ruled in self.ruled.values().cloned().collect::<Vec<_>>() {
            // its answer before comes first
            if self.left.contains(&ruled.id) {
                continue;
            }
            let stands = match ruled.stage {
                ApprovalStage::Approved => match self.load_of(ruled.id).await? {
                    Some(Some(stands)) if stands.mark().approved.is_some() => {
                        self.look_later(); // nobody looked while it waited
                        Some(stands)
                    }
                    Some(_) => {
                        tracing::error!(advice = %Advice::BoemisLacks, submission = %ruled.id, by = %ruled.by,
                            "it was approved, and BOEMİS does not show it: its answer waits");
                        continue;
                    }
                    None => continue,
                },
                _ => None,
            };
            receipts.push(self.ruled_answer(&ruled, stands.as_ref())?);
            self.ruled.remove(&ruled.id);
        }
        self.give(receipts, Vec::new())
    }

    /// The sealed answer to one: as it was sealed, if it was.
    fn ruled_answer(&mut self, ruled: &Ruled, stands: Option<&Stands>) -> Result<Ready, Halt> {
        let id = ruled.id;
        let wrong = || Halt::wrong(format!("submission {id} was ruled on, and the seal knows of no answer to it"));
        let Some(Submission { arrival: Arrived::Held(held), answers, last: Some(before), .. }) =
            self.ledger.state(id)?
        else {
            return Err(wrong());
        };
        let turn = self.turn_after(id, answers)?;
        let name = &held.document.name;
        let facts = Facts::ruled(before, ruled.by);
        let (answer, sealed) = match self.sealed_before(id, turn.answer)? {
            Some((record, sealed)) => (Answer::sealed_before(record, name, turn, stands), sealed),
            None => {
                let record = self.seal.outcome(id, answers).map_err(unsealed)?.ok_or_else(wrong)?;
                let by = ruled.by.to_string();
                let answer = match (ruled.stage, stands) {
                    (ApprovalStage::Approved, Some(stands)) => Answer::approved(record, stands, name, turn, &by),
                    (ApprovalStage::Refused, _) => Answer::fallen(record, name, turn, said(Code::RuleRefused, ruled)),
                    _ => Answer::fallen(record, name, turn, said(Code::RuleWithdrawn, ruled)),
                };
                let answer = answer.ok_or_else(wrong)?;
                let sealed = self.seal_logged(&[answer.record()])?.pop();
                (Some(answer), sealed.ok_or_else(wrong)?)
            }
        };
        let (receipt, answered) = self.keep(answer.ok_or_else(wrong)?, sealed, facts)?;
        Ok((receipt, answered, held.participant.clone()))
    }

    /// The turn of a later answer: only the first may have been a held one.
    pub(super) fn turn_after(&self, id: SubmissionId, answers: u32) -> Result<Turn, Halt> {
        let first = self.seal.outcome(id, 1).map_err(unsealed)?;
        let held_before = first.is_some_and(|first| first.decision == Decision::Held);
        Ok(Turn { answer: answers + 1, held_before })
    }

    /// What the journal says was done to loads is done again in a database that was put back from an older copy.
    pub(super) async fn enact_again(&mut self) -> Result<Result<(), Fault>, Halt> {
        let approvals = self.ledger.approvals()?;
        let Some(boemis) = &mut self.boemis else { return Ok(Ok(())) };
        if approvals.is_empty() {
            return Ok(Ok(()));
        }
        let idle = match boemis.idle(&approvals).await {
            Ok(idle) => idle,
            Err(fault) => return Ok(Err(fault)),
        };
        for by in idle {
            let Some(approval) = self.ledger.state(by)? else { continue };
            let Some(acted) = approval.acted() else { continue };
            // not earlier than it came, and not long after
            match boemis.enact_again(acted.on, (acted.stage, by), approval.received()).await {
                Ok(true) => tracing::warn!(advice = %Advice::BoemisCaughtUp,
                    submission = %acted.on, stage = %acted.stage, %by,
                    "done again: BOEMİS had lost it"),
                Ok(false) => {}
                Err(fault) => return Ok(Err(fault)),
            }
        }
        Ok(Ok(()))
    }
}

fn said(code: Code, ruled: &Ruled) -> Finding {
    let reason = ruled.reason.as_deref().unwrap_or("—");
    Finding::new(code).found(format!("{reason} ({}, {})", ruled.body, ruled.by))
}
