//! Deciding: what a document comes to beside all others.
//!
//! Owns the questions that a look leaves open: did these octets or this content come before, does the
//! document wait behind a held one, does a load of it stand already? Loads nothing, answers nothing.

use super::approving::Taken;
use super::carry::{Original, Word};
use super::dossier::Beside;
use super::judgement::{Judge, Matter, Recalled};
use super::look::{Look, Octets, Seen};
use super::window::{Halt, Waits};
use crate::advice::Advice;
use crate::boemis::Stands;
use crate::document::{Content, Decision, ParticipantName, SubmissionId};
use crate::finding::{Code, Finding, Stop};
use crate::ledger::{Ledger, Submission};
use crate::receipt::Turn;
use crate::schema::{Inspected, InspectedApproval, Key};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the judgement of one case came to, while its group is still uncommitted.
pub(super) enum Judged {
    Word(Word),
    /// In the transaction; the commit decides.
    Loading,
    /// Its twin is in this very group: it is judged when that one has its answer.
    Postponed,
}

/// A case on its way to its verdict.
pub(super) struct Draft {
    pub(super) matter: Matter,
    pub(super) channel: Option<ParticipantName>,
    pub(super) turn: Turn,
    pub(super) attempt: u32,
    pub(super) judged: Judged,
    /// What it was judged beside.
    pub(super) beside: Beside,
}

impl Draft {
    /// What its judgement comes to beside a load that may stand of it already.
    pub(super) fn outweigh(&mut self, judged: Judged, before: &LoadsBefore, held: &mut HeldKeys) -> Result<(), Halt> {
        let (judged, beside) = before.outweigh(judged, held, &self.matter)?;
        self.judged = judged;
        self.beside = beside.unwrap_or_else(|| std::mem::replace(&mut self.beside, Beside::Nothing));
        Ok(())
    }
}

/// What BOEMİS is to take.
pub(super) enum Due {
    Load(Box<Inspected>),
    Approve(Box<InspectedApproval>),
}

/// Loads that an earlier try may have committed without an answer: a load mark is believed, whatever
/// is judged today (docs/architecture.md: what a crash leaves).
pub(super) struct LoadsBefore {
    pub(super) stand: HashMap<SubmissionId, Stands>,
    /// What approvals did.
    pub(super) taken: HashMap<SubmissionId, Taken>,
    /// Of which nobody can tell while BOEMİS is away.
    pub(super) unseen: HashSet<SubmissionId>,
}

impl LoadsBefore {
    /// What a judgement comes to beside the load; and that it was the load that decided, if it was.
    fn outweigh(&self, judged: Judged, held: &mut HeldKeys, matter: &Matter) -> Result<(Judged, Option<Beside>), Halt> {
        let id = matter.id();
        match (self.stand.get(&id), judged) {
            (Some(_), Judged::Loading) => Ok((Judged::Loading, None)),
            (Some(stands), judged) => {
                if matter.content.is_some_and(|content| content != stands.mark().content) {
                    return Err(Halt::wrong(format!("submission {id}: BOEMİS holds a load of another content")));
                }
                let today = judged.told();
                tracing::error!(advice = %Advice::BoemisCaughtUp, submission = %id, today,
                    "it was loaded before the last stop and is accepted; today it would be judged otherwise");
                held.0.retain(|_, holder| *holder != id);
                Ok((Judged::Word(Word::Stands(Box::new(stands.clone()))), Some(Beside::Mark)))
            }
            (None, judged @ Judged::Word(Word::Held(_))) => Ok((judged, None)),
            (None, Judged::Word(_)) if self.unseen.contains(&id) => {
                Ok((held.hold(matter, Finding::new(Code::LoadDatabaseAway)), Some(Beside::Unseen)))
            }
            (None, judged) => Ok((judged, None)),
        }
    }
}

impl Judged {
    /// For the log.
    fn told(&self) -> String {
        match self {
            Self::Word(Word::Rejected(findings)) => {
                let slugs: Vec<&str> = findings.iter().map(|finding| finding.code.slug()).collect();
                format!("rejected: {}", slugs.join(", "))
            }
            Self::Word(Word::Held(finding)) => format!("held: {}", finding.code.slug()),
            Self::Word(Word::Duplicate(original)) => format!("duplicate of {}", original.id),
            Self::Word(Word::Accepted(_) | Word::Stands(_) | Word::Taken(_)) | Self::Loading => "accepted".to_owned(),
            Self::Postponed => "loaded with other rows, or after its twin".to_owned(),
        }
    }
}

/// What the judgement of one group looks at besides the documents.
pub(super) struct Here<'a> {
    judge: &'a Judge,
    ledger: &'a Ledger,
    /// Of each key the first submission that is held, or was accepted and is not in BOEMİS.
    waits: HashMap<&'a Key, SubmissionId>,
    /// All of the group.
    ids: HashSet<SubmissionId>,
    /// Octets that the group holds: the ledger may not have learned of them yet.
    met: HashSet<Octets>,
    /// Keys of which a document is judged only after its twin: those behind it keep their order.
    later: HashSet<Key>,
    /// Contents that this group is loading.
    contents: HashSet<(ParticipantName, Content)>,
    pub(super) held: HeldKeys,
}

/// Keys of which a document of this group is held, each with the first.
#[derive(Default)]
pub(super) struct HeldKeys(HashMap<Key, SubmissionId>);

impl HeldKeys {
    pub(super) fn hold(&mut self, matter: &Matter, finding: Finding) -> Judged {
        if let Some(key) = &matter.key {
            self.0.entry(key.clone()).or_insert(matter.id());
        }
        Judged::Word(Word::Held(finding))
    }
}

impl<'a> Here<'a> {
    pub(super) fn new(
        judge: &'a Judge,
        ledger: &'a Ledger,
        waiting: &'a BTreeMap<SubmissionId, Waits>,
        lacking: &'a HashMap<Key, SubmissionId>,
        looks: &[Look],
    ) -> Self {
        let mut waits: HashMap<&Key, SubmissionId> = lacking.iter().map(|(key, id)| (key, *id)).collect();
        for (id, one) in waiting {
            if let Some(key) = &one.key {
                let first = waits.entry(key).or_insert(*id);
                *first = (*id).min(*first);
            }
        }
        let ids = looks.iter().map(Look::id).collect();
        let (met, later, contents) = (HashSet::new(), HashSet::new(), HashSet::new());
        Self { judge, ledger, waits, ids, met, later, contents, held: HeldKeys::default() }
    }

    /// What a look comes to; and what was read, when BOEMİS is to take it.
    pub(super) fn decide(&mut self, look: Look, can_load: bool) -> Result<(Draft, Option<Due>), Halt> {
        let Look { mut matter, octets, turn, attempt, seen, .. } = look;
        let channel = octets.0.clone();
        let mut beside = Beside::Nothing;
        let (judged, inspected) = match self.repeats(&octets, &matter)? {
            Some(Judged::Word(Word::Duplicate(original))) => {
                // Decided already, whatever became of the certificate since; only the signers are told.
                if let Seen::Refused(staged, _) = seen {
                    let _ = self.judge.verify(*staged, &mut matter);
                }
                if let Some(answered) = self.ledger.state(original.id)?.and_then(|earlier| earlier.last) {
                    self.judge.recall(&Recalled::of(&answered), &mut matter);
                }
                beside = original.beside();
                (Judged::Word(Word::Duplicate(original)), None)
            }
            Some(judged) => (judged, None),
            None => match seen {
                Seen::Refused(_, finding) => {
                    beside = Beside::Intake;
                    (word(finding.into())?, None)
                }
                Seen::Stopped(Stop::Hold(finding)) => (self.held.hold(&matter, finding), None),
                Seen::Stopped(stop) => (word(stop)?, None),
                Seen::Filed { participant, content, inspected } => {
                    let found = self.beside(&matter, (participant, content), *inspected, can_load)?;
                    beside = found.2;
                    (found.0, found.1.map(|inspected| Due::Load(Box::new(inspected))))
                }
                Seen::Approving { participant, content, inspected } => {
                    let found = self.approving(&matter, (participant, content), *inspected, can_load)?;
                    beside = found.2;
                    (found.0, found.1.map(|inspected| Due::Approve(Box::new(inspected))))
                }
            },
        };
        if let (Judged::Postponed, Some(key)) = (&judged, &matter.key) {
            self.later.insert(key.clone());
        }
        Ok((Draft { matter, channel, turn, attempt, judged, beside }, inspected))
    }

    /// What these very octets come to when they came before, or twice at once.
    fn repeats(&mut self, octets: &Octets, matter: &Matter) -> Result<Option<Judged>, Halt> {
        let (participant, document, detached) = octets;
        let id = matter.id();
        let earlier = self.ledger.find_octets(participant.as_ref(), *document, *detached)?;
        let earlier = earlier.filter(|earlier| earlier.id() != id);
        let has_twin = !self.met.insert(octets.clone());
        if let Some(original) = earlier.as_ref().and_then(original) {
            return Ok(Some(Judged::Word(Word::Duplicate(original))));
        }
        let is_twin =
            |earlier: &Submission| earlier.id() < id && self.ids.contains(&earlier.id()) && earlier.last.is_none();
        Ok((has_twin || earlier.as_ref().is_some_and(is_twin)).then_some(Judged::Postponed))
    }

    /// A document that may be filed, beside all others: those decided, those held, its twins here.
    fn beside(
        &mut self,
        matter: &Matter,
        content: (ParticipantName, Content),
        inspected: Result<Inspected, Stop>,
        can_load: bool,
    ) -> Result<(Judged, Option<Inspected>, Beside), Halt> {
        let id = matter.id();
        if let Some(original) = self.original_by_content(id, &content)? {
            let beside = original.beside();
            return Ok((Judged::Word(Word::Duplicate(original)), None, beside));
        }
        let inspected = match inspected {
            Ok(inspected) => inspected,
            Err(stop) => return Ok((word(stop)?, None, Beside::Nothing)),
        };
        if let Some(key) = &matter.key {
            // One body's documents on one thing keep their order: behind a held one they wait.
            let earlier = self.waits.get(key).copied().filter(|earlier| *earlier < id);
            if let Some(earlier) = earlier.or_else(|| self.held.0.get(key).copied()) {
                let waits = Finding::new(Code::LoadWaitsForEarlier).found(earlier);
                return Ok((self.hold_unless_wrong(matter, inspected, waits)?, None, Beside::Behind(earlier)));
            }
        }
        if matter.key.as_ref().is_some_and(|key| self.later.contains(key)) || !self.contents.insert(content) {
            return Ok((Judged::Postponed, None, Beside::Nothing)); // its twin is in this group and has no number yet
        }
        match can_load {
            true => Ok((Judged::Loading, Some(inspected), Beside::Nothing)),
            false => {
                let away = Finding::new(Code::LoadDatabaseAway);
                Ok((self.hold_unless_wrong(matter, inspected, away)?, None, Beside::Away))
            }
        }
    }

    /// An approval, beside all others: those decided, its twins here.
    fn approving(
        &mut self,
        matter: &Matter,
        content: (ParticipantName, Content),
        inspected: Result<InspectedApproval, Stop>,
        can_load: bool,
    ) -> Result<(Judged, Option<InspectedApproval>, Beside), Halt> {
        if let Some(original) = self.original_by_content(matter.id(), &content)? {
            let beside = original.beside();
            return Ok((Judged::Word(Word::Duplicate(original)), None, beside));
        }
        let inspected = match inspected {
            Ok(inspected) => inspected,
            Err(stop) => return Ok((word(stop)?, None, Beside::Nothing)),
        };
        if !self.contents.insert(content) {
            return Ok((Judged::Postponed, None, Beside::Nothing));
        }
        match can_load {
            true => Ok((Judged::Loading, Some(inspected), Beside::Nothing)),
            false => Ok((Judged::Word(Word::Held(Finding::new(Code::LoadDatabaseAway))), None, Beside::Away)),
        }
    }

    /// The earlier submission by which this content stands.
    fn original_by_content(
        &self,
        id: SubmissionId,
        content: &(ParticipantName, Content),
    ) -> Result<Option<Original>, Halt> {
        let earlier = self.ledger.find_content(&content.0, content.1)?;
        Ok(earlier.filter(|earlier| earlier.id() != id).as_ref().and_then(original))
    }

    fn hold_unless_wrong(&mut self, matter: &Matter, inspected: Inspected, finding: Finding) -> Result<Judged, Halt> {
        match self.judge.hold(inspected, finding) {
            Stop::Hold(finding) => Ok(self.held.hold(matter, finding)),
            stop => word(stop),
        }
    }
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

pub(super) fn word(stop: Stop) -> Result<Judged, Halt> {
    match stop {
        Stop::Reject(findings) => Ok(Judged::Word(Word::Rejected(findings))),
        Stop::Hold(finding) => Ok(Judged::Word(Word::Held(finding))),
        Stop::Halt(why) => Err(Halt::Wrong(why)),
    }
}
