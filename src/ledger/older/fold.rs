//! How everything stands at a place of the journal, in little: how many submissions of each kind there are,
//! which are open, and the window's own life.
//!
//! Owns what `status` and `list` say without reading the journal from its first line, and what a new ledger
//! begins with. Grows with participants, datasets and what is open or was contested, not with the number of
//! submissions.

use crate::document::{ApprovalStage, Decision, SubmissionId};
use crate::journal::{ARCHIVED, Entry, Event, Logged, NOTICE_SENT, Phase};
use crate::ledger::Submission;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a submission stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Received, not answered yet.
    Open,
    /// Loaded into BOEMİS.
    Accepted,
    /// Refused, with reasons.
    Rejected,
    /// The same content again.
    Duplicate,
    /// Waits for an approval.
    Pending,
    /// Kept safe until it can be judged.
    Held,
    /// Accepted, and put in doubt later, or withdrawn.
    Contested,
    /// It took another submission through a stage.
    Approval,
}

impl State {
    /// By the phase and the last word on it.
    pub fn of(phase: &Phase, last: Option<Decision>) -> Self {
        match (phase, last) {
            (Phase::Deferred { .. }, _) => Self::Held,
            (Phase::Contested(_), _) => Self::Contested,
            (Phase::Ruled(ruled), _) => match ruled.stage {
                ApprovalStage::Checking | ApprovalStage::Approved => Self::Accepted,
                ApprovalStage::Refused => Self::Rejected,
                ApprovalStage::Withdrawn => Self::Contested,
            },
            (_, None) => Self::Open,
            (_, Some(Decision::Accepted)) => Self::Accepted,
            (_, Some(Decision::Rejected)) => Self::Rejected,
            (_, Some(Decision::Duplicate)) => Self::Duplicate,
            (_, Some(Decision::Pending)) => Self::Pending,
            (_, Some(Decision::Held)) => Self::Held,
            (_, Some(Decision::Contested)) => Self::Contested,
        }
    }

    /// Whether BOEMİS has a load of it that has not fallen.
    pub fn is_loaded(self) -> bool {
        matches!(self, Self::Accepted | Self::Pending)
    }
}

/// What the journal tells of the window itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// The last start.
    pub started: Option<Timestamp>,
    /// The last end in good order.
    pub stopped: Option<Timestamp>,
    /// Why it halted, and when; none once it was started again.
    pub halted: Option<(Timestamp, String)>,
    /// When configuration was last read again, and why the old one stayed in force.
    pub reloaded: Option<(Timestamp, Option<String>)>,
    /// The last event of all.
    pub last: Option<Timestamp>,
}

impl Life {
    /// Takes one entry.
    pub fn take(&mut self, entry: &Entry) {
        let time = entry.time;
        self.last = Some(time);
        match &entry.event {
            Event::Started { .. } => {
                // a start reads the configuration whole, so what a reload said before is over
                *self = Self { started: Some(time), last: Some(time), ..Self::default() };
            }
            Event::Stopped {} => self.stopped = Some(time),
            Event::Halted { why } => self.halted = Some((time, why.clone())),
            Event::Reloaded { refused, .. } => self.reloaded = Some((time, refused.clone())),
            _ => {}
        }
    }
}

/// Submissions of one participant, dataset and state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Kind {
    /// Whose; none while nobody can say.
    pub participant: Option<String>,
    /// The dataset, once read.
    pub dataset: Option<String>,
    /// Where they stand.
    pub state: State,
    /// Whether they lie in archive units as they stand now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

impl Kind {
    /// A submission's.
    pub fn of(submission: &Submission) -> Self {
        let dataset = submission.last.as_ref().and_then(|last| last.dataset.as_ref());
        Self {
            participant: submission.participant().map(ToString::to_string),
            dataset: dataset.map(ToString::to_string),
            state: submission.state(),
            archived: submission.archived.is_some(),
        }
    }
}

/// How everything stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// The window itself.
    pub life: Life,
    /// Since when receipts went without the time-stamp that was wanted, and how many; none once one has it.
    pub unstamped: Option<(Timestamp, u64)>,
    /// How many submissions of each kind.
    #[serde(with = "counts")]
    pub counts: BTreeMap<Kind, u64>,
    /// By participant, when the last one that has an answer was received.
    pub last_received: BTreeMap<String, Timestamp>,
    /// With which something is left to do, by the octets of their order.
    pub(in crate::ledger) open: BTreeMap<String, SubmissionId>,
    /// What was ever contested, by the octets of their order.
    pub(in crate::ledger) contested: BTreeMap<String, SubmissionId>,
    /// Approvals that were taken, by the octets of their order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::ledger) acted: BTreeMap<String, SubmissionId>,
    /// Archive units whose notice was not sent, and when it is due (R 5.10).
    pub notices: BTreeMap<String, Date>,
    /// By participant, its last receipt in the transparency log.
    pub(in crate::ledger) last_receipts: BTreeMap<String, (String, Logged)>,
    /// The highest id of all.
    pub(in crate::ledger) newest: Option<SubmissionId>,
}

impl Fold {
    /// How many submissions fit.
    pub fn count(&self, fits: impl Fn(&Kind) -> bool) -> u64 {
        self.counts.iter().filter(|(kind, _)| fits(kind)).map(|(_, count)| count).sum()
    }

    /// With which something is left to do, in order of arrival.
    pub fn open(&self) -> impl Iterator<Item = SubmissionId> {
        self.open.values().copied()
    }

    /// The numbers of all bodies' last receipts.
    pub fn last_receipts(&self) -> impl Iterator<Item = &str> {
        self.last_receipts.values().map(|(number, _)| number.as_str())
    }

    /// Takes an entry that was found possible, and what became by it of the submission that it speaks of:
    /// before, after, and its order.
    pub(super) fn take(&mut self, entry: &Entry, became: Option<(Option<Kind>, &Submission, &[u8])>) {
        self.life.take(entry);
        if let Event::Act { act, facts, .. } = &entry.event {
            self.act(act, facts);
        }
        let Some((before, after, order)) = became else { return };
        if let Some(before) = before
            && let Some(count) = self.counts.get_mut(&before)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&before);
            }
        }
        *self.counts.entry(Kind::of(after)).or_default() += 1;
        self.newest = self.newest.max(Some(after.id()));
        let order = hex(order);
        if matches!(entry.event, Event::Contested(_)) {
            self.contested.insert(order.clone(), after.id());
        }
        if matches!(&entry.event, Event::Answered(answered) if answered.acted.is_some()) {
            self.acted.insert(order.clone(), after.id());
        }
        match after.is_open() {
            true => drop(self.open.insert(order, after.id())),
            false => drop(self.open.remove(&order)),
        }
        if let Event::Answered(answered) = &entry.event {
            self.unstamped = match answered.receipt.lacks_stamp {
                true => Some(self.unstamped.map_or((entry.time, 1), |(since, count)| (since, count + 1))),
                false => None,
            };
            if let (Some(body), Some(logged)) = (&answered.participant, answered.receipt.logged) {
                self.last_receipts.insert(body.to_string(), (answered.receipt.number.clone(), logged));
            }
            let slug = after.participant().map_or_else(|| "-".to_owned(), ToString::to_string);
            let last = self.last_received.entry(slug).or_insert(after.received());
            *last = after.received().max(*last);
        }
    }
}

impl Fold {
    fn act(&mut self, act: &str, facts: &BTreeMap<String, String>) {
        let Some(unit) = facts.get("unit") else { return };
        match (act, facts.get("due").and_then(|due| due.parse().ok())) {
            (ARCHIVED, Some(due)) => drop(self.notices.insert(unit.clone(), due)),
            (NOTICE_SENT, _) => drop(self.notices.remove(unit)),
            _ => {}
        }
    }
}

/// Octets as text that sorts as they do.
fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What [`hex`] was made of.
pub(in crate::ledger) fn unhex(text: &str) -> Option<Vec<u8>> {
    let octet = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(octet).collect()
}

/// A map whose keys are no texts, as a list.
mod counts {
    use super::Kind;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    pub fn serialize<S: Serializer>(counts: &BTreeMap<Kind, u64>, serializer: S) -> Result<S::Ok, S::Error> {
        counts.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Kind, u64>, D::Error> {
        Ok(Vec::<(Kind, u64)>::deserialize(deserializer)?.into_iter().collect())
    }
}
