//! Carry: a group of documents through every room of the path; all branching is here.
//!
//! A group shares one sync of evidence and journal, one transaction and one sealing; a lone document
//! never waits for company. Each step leaves what [`Window::open`](super::window::Window::open) knows how
//! to finish. Owns the order of the steps; what each room decides is the room's.

use super::judgement::{Judge, Matter, Recalled};
use super::window::{Halt, Waits, Window};
use crate::boemis::{Batch, Loaded, Stands};
use crate::document::{Content, Decision, Digest, ParticipantName, SubmissionId};
use crate::finding::{Code, Finding, Stop};
use crate::host::side_by_side;
use crate::intake::Group;
use crate::ledger::{Ledger, Submission};
use crate::receipt::Turn;
use crate::schema::{Inspected, Key, Standing};
use crate::signature::Verified;
use crate::staging::{Holding, Staged, Staging};
use jiff::Timestamp;
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
}

/// What is to be said of a document. There is no other word.
pub(super) enum Word {
    Accepted(Box<Loaded>),
    /// Accepted by a load that a window committed which was stopped before it answered.
    Stands(Box<Stands>),
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
        let Some(cases) = self.hold(arrivals, refused)? else {
            // Nothing can be written; a refusal in place could not be answered either.
            self.unrefused.append(&mut in_place);
            return Ok(());
        };
        in_place.append(&mut self.unrefused);
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

    /// Makes arrivals safe; none when our own disk does not let us. What changed while it was copied
    /// goes back and is a new arrival.
    fn hold(
        &mut self,
        arrivals: Vec<crate::intake::Arrival>,
        mut refused: HashMap<SubmissionId, Finding>,
    ) -> Result<Option<Vec<Case>>, Halt> {
        if arrivals.is_empty() {
            return Ok(Some(Vec::new()));
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
                return Ok(None);
            }
        };
        self.unlearned.push(group.written);
        let mut cases = Vec::with_capacity(group.holdings.len());
        for holding in group.holdings {
            match holding {
                Holding::Staged(staged) => {
                    let refused = refused.remove(&staged.about().id);
                    cases.push(Case { staged, turn: Turn::FIRST, attempt: 0, refused, is_fresh: true });
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
        Ok(Some(cases))
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
            let open = self.take_up(cases).await?;
            let (verdicts, postponed) = self.judge_group(open).await?;
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
        let before = self.loads_before(&cases).await?;
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
        let (contents, keys) = (HashMap::new(), HashMap::new());
        let mut here = Here { judge, ledger, waits: &self.waits, before: &before.stand, contents, keys };
        let (mut drafts, mut postponed) = (Vec::with_capacity(looked.len()), Vec::new());
        for look in looked {
            let Look { mut matter, channel, turn, attempt, result } = look;
            let judged = match result {
                Looked::Stop(stop) => word(stop)?,
                Looked::Duplicate(original) => Judged::Word(Word::Duplicate(original)),
                Looked::Postponed => Judged::Postponed,
                Looked::Verified(verified) => here.judge(*verified, &mut matter, batch.as_mut()).await?,
            };
            match before.outweigh(judged, &mut here, &matter)? {
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

    /// The loads that stand of those that were not taken just now.
    async fn loads_before(&mut self, cases: &[Case]) -> Result<LoadsBefore, Halt> {
        let mut before = LoadsBefore { stand: HashMap::new(), unseen: HashSet::new() };
        for case in cases.iter().filter(|case| !case.is_fresh) {
            let id = case.staged.about().id;
            match self.load_of(id).await? {
                Some(stands) => before.stand.extend(stands.map(|stands| (id, stands))),
                None => drop(before.unseen.insert(id)),
            }
        }
        Ok(before)
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
}

/// Loads that an earlier try may have committed without an answer: a load mark is believed, whatever
/// is judged today (DESIGN 3).
struct LoadsBefore {
    stand: HashMap<SubmissionId, Stands>,
    /// Of which nobody can tell while BOEMİS is away.
    unseen: HashSet<SubmissionId>,
}

impl LoadsBefore {
    /// What a judgement comes to beside the load.
    fn outweigh(&self, judged: Judged, here: &mut Here<'_>, matter: &Matter) -> Result<Judged, Halt> {
        let id = matter.id();
        match (self.stand.get(&id), judged) {
            (Some(_), Judged::Loading) => Ok(Judged::Loading),
            (Some(stands), judged) => {
                if matter.content.is_some_and(|content| content != stands.mark().content) {
                    return Err(Halt::wrong(format!("submission {id}: BOEMİS holds a load of another content")));
                }
                let today = judged.told();
                tracing::error!(submission = %id, today,
                    "it was loaded before the last stop and is accepted; today it would be judged otherwise");
                here.keys.retain(|_, holder| *holder != id);
                Ok(Judged::Word(Word::Stands(Box::new(stands.clone()))))
            }
            (None, judged @ Judged::Word(Word::Held(_))) => Ok(judged),
            (None, Judged::Word(_)) if self.unseen.contains(&id) => {
                Ok(here.hold(matter, Finding::new(Code::LoadDatabaseAway)))
            }
            (None, judged) => Ok(judged),
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
            Self::Word(Word::Accepted(_) | Word::Stands(_)) | Self::Loading => "accepted".to_owned(),
            Self::Postponed => "loaded with other rows, or after its twin".to_owned(),
        }
    }
}

/// What the judgement of one group looks at besides the document.
struct Here<'a> {
    judge: Judge<'a>,
    ledger: &'a Ledger,
    waits: &'a BTreeMap<SubmissionId, Waits>,
    /// Loads of this group's submissions that stand already.
    before: &'a HashMap<SubmissionId, Stands>,
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
            // Other rows than those that stand: that load counts, and nothing else.
            Err(unloaded) if !unloaded.fault.is_away() && self.before.contains_key(&id) => Ok(Judged::Postponed),
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
    let Case { staged, turn, attempt, refused, is_fresh: _ } = case;
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
