//! The dossier of one answer: what was looked at besides the document and the grounds, so that the verdict can be
//! repeated from evidence alone.
//!
//! Owns its form, a small JSON in evidence. It is made when the answer is kept and is durable with it. What is
//! large stays out: the grounds are named by their digest, certificates by theirs, and of what stood in BOEMİS only
//! what the rules ask for is written down. Judges nothing.

use super::judgement::Matter;
use crate::document::{Content, Digest, ParticipantName, Period, Quantity, SubmissionId};
use crate::finding::Code;
use crate::host::ClockState;
use crate::schema::{Standing, Stood, Subject, Topic};
use crate::seal::{OriginalRecord, OutcomeRecord};
use crate::signature::{Answer, Check, Report, SignatureReport, StampReport};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of its form.
const FORM: u32 = 1;

/// What an answer rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// Its form.
    pub dossier: u32,
    /// The submission.
    pub id: SubmissionId,
    /// Which of its answers.
    pub answer: u32,
    /// When the document was received: the moment at which it was judged.
    pub received: Timestamp,
    /// When the answer was made.
    pub decided: Timestamp,
    /// By which grounds, as the list of them is named.
    pub grounds: Option<Digest>,
    /// When the trust snapshot among them was taken: what was said of a certificate counts until then.
    pub taken: Timestamp,
    /// The state of the clock then.
    pub clock: ClockState,
    /// What each signature came to; none where they were not looked at for this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatures: Option<Vec<SignatureFacts>>,
    /// What stood beside the document.
    pub beside: Beside,
    /// The digest of all that the receipt says ([`OutcomeRecord::digest`]).
    pub outcome: Digest,
}

/// What one signature came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFacts {
    /// Its format.
    pub format: String,
    /// The main indication.
    pub indication: String,
    /// The sub-indication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_indication: Option<String>,
    /// The answer to each question, in the order of [`Check::ALL`]: `y`, `n`, `?`, or `-` where it was not asked.
    pub checks: String,
    /// The certificates by which it was believed, the signer's first and the anchor last; the signer's alone where
    /// it was not.
    pub path: Vec<Digest>,
    /// The moment that a time-stamp proves, where it was judged at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Timestamp>,
    /// The moments of the time-stamps over it, and whether each counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stamps: Vec<(Option<Timestamp>, bool)>,
}

/// What stood beside the document, and decided with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beside {
    /// Nothing was asked for: signature, authority or form decided.
    Nothing,
    /// Intake refused it: it was not judged.
    Intake,
    /// The same octets, or the same content, stood by this submission.
    Original(OriginalRecord),
    /// It waited behind this submission.
    Behind(SubmissionId),
    /// BOEMİS was away.
    Away,
    /// BOEMİS was away, and nobody could tell whether it had been loaded before.
    Unseen,
    /// What BOEMİS held.
    Standing(Box<StandingFacts>),
    /// A load of it that a window had committed which was stopped before it answered.
    Mark,
    /// Its acceptance, and a later revocation.
    Doubt,
    /// What an approval was about, as it stood; none where BOEMİS had no load of it.
    Subject(Option<Box<Subject>>),
    /// The answer before, and the document that ruled on it.
    Ruling(SubmissionId),
}

/// What BOEMİS held that the rules ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingFacts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<StoodFacts>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    elsewhere: BTreeMap<String, ParticipantName>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    same_year: BTreeMap<String, StoodFacts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<TopicFacts>,
}

/// Statements on another dataset, or of another year, by their sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TopicFacts {
    dataset: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    period: String,
    by: BTreeMap<ParticipantName, StoodFacts>,
}

/// A statement that stood; its figures as scaled numbers with their places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoodFacts {
    submission: SubmissionId,
    revision: u16,
    content: Content,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, Vec<Option<(i64, u8)>>>,
}

impl Dossier {
    /// Of an answer that is being made.
    pub(super) fn of(record: &OutcomeRecord, look: (Option<Vec<SignatureFacts>>, Beside), at: At) -> Self {
        let At { grounds, taken, clock, now } = at;
        Self {
            dossier: FORM,
            id: record.id,
            answer: record.answer,
            received: record.received,
            decided: now,
            grounds,
            taken,
            clock,
            signatures: look.0,
            beside: look.1,
            outcome: record.digest(),
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(octets: &[u8]) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(octets).map_err(|error| error.to_string())?;
        match read.dossier {
            FORM => Ok(read),
            other => Err(format!("its form {other} is none that this program knows")),
        }
    }
}

/// By what, and when.
pub(super) struct At {
    pub(super) grounds: Option<Digest>,
    pub(super) taken: Timestamp,
    pub(super) clock: ClockState,
    pub(super) now: Timestamp,
}

impl SignatureFacts {
    /// Of each signature of a document, as far as it was looked at.
    pub fn of_matter(matter: &Matter) -> Option<Vec<Self>> {
        let of = |report: &Report| report.signatures.iter().map(Self::of).collect();
        matter.report.as_ref().map(of)
    }

    fn of(report: &SignatureReport) -> Self {
        let signer = report.signer.as_ref();
        let path = match signer {
            Some(who) if who.path.is_empty() => vec![who.certificate_sha256],
            Some(who) => who.path.iter().map(|certificate| certificate.sha256()).collect(),
            None => Vec::new(),
        };
        let letter = |check: Check| match report.checks.answers.get(check) {
            Answer::Yes => 'y',
            Answer::No => 'n',
            Answer::Unknown => '?',
            Answer::NotAsked => '-',
        };
        Self {
            format: report.format.clone(),
            indication: report.indication.as_str().to_owned(),
            sub_indication: report.sub_indication.map(word),
            checks: Check::ALL.into_iter().map(letter).collect(),
            path,
            proven: report.proven(),
            stamps: report.timestamps.iter().map(|stamp: &StampReport| (stamp.time, stamp.counts)).collect(),
        }
    }
}

/// The word of EN 319 102-1, as it is serialised.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

impl Beside {
    /// What BOEMİS held, as far as the rules ask.
    pub fn standing(standing: &Standing) -> Self {
        let same_year = standing.same_year.iter().map(|(period, stood)| (period.to_string(), StoodFacts::of(stood)));
        Self::Standing(Box::new(StandingFacts {
            current: standing.current.as_ref().map(StoodFacts::of),
            elsewhere: standing.elsewhere.clone(),
            same_year: same_year.collect(),
            others: standing.others.iter().map(|(topic, senders)| TopicFacts::of(topic, senders)).collect(),
        }))
    }

    /// Of an answer that an earlier process sealed, as far as the answer itself tells; `standing` is what stood
    /// when that was loaded or judged.
    pub(super) fn sealed(record: &OutcomeRecord, standing: Option<&Standing>) -> Self {
        if let Some(original) = &record.original {
            return Self::Original(original.clone());
        }
        let first = record.findings.first();
        let behind = first.filter(|finding| finding.code == Code::LoadWaitsForEarlier);
        if let Some(id) = behind.and_then(|finding| finding.found.as_ref()?.parse().ok()) {
            return Self::Behind(id);
        }
        match standing {
            _ if first.is_some_and(|finding| finding.code == Code::LoadDatabaseAway) => Self::Away,
            Some(standing) => Self::standing(standing),
            None => Self::Nothing,
        }
    }
}

impl StandingFacts {
    /// The same as the rules ask it.
    pub fn standing(&self) -> Standing {
        let same_year = self.same_year.iter().filter_map(|(text, stood)| Some((period(text)?, stood.stood())));
        Standing {
            current: self.current.as_ref().map(StoodFacts::stood),
            elsewhere: self.elsewhere.clone(),
            same_year: same_year.collect(),
            others: self.others.iter().filter_map(TopicFacts::topic).collect(),
            is_unknown: false,
        }
    }

    /// The statements that the rules looked at besides: dataset, period, and how many bodies stated it.
    pub fn others(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.others.iter().map(|topic| (topic.dataset.as_str(), topic.period.as_str(), topic.by.len()))
    }

    /// The statement that it would supersede, if one stood: its submission and revision.
    pub fn current(&self) -> Option<(SubmissionId, u16)> {
        self.current.as_ref().map(|stood| (stood.submission, stood.revision))
    }

    /// The other statements of its year that stood, by period.
    pub fn of_year(&self) -> impl Iterator<Item = (&str, SubmissionId)> {
        self.same_year.iter().map(|(period, stood)| (period.as_str(), stood.submission))
    }

    /// How many of its stations stood by another body.
    pub fn elsewhere(&self) -> usize {
        self.elsewhere.len()
    }
}

/// A period as a dossier writes it.
fn period(text: &str) -> Option<Period> {
    if text.is_empty() { Some(Period::None) } else { text.parse().ok() }
}

impl TopicFacts {
    fn of(topic: &Topic, senders: &BTreeMap<ParticipantName, Stood>) -> Self {
        let by = senders.iter().map(|(whose, stood)| (whose.clone(), StoodFacts::of(stood)));
        Self { dataset: topic.dataset.to_string(), period: topic.period.to_string(), by: by.collect() }
    }

    fn topic(&self) -> Option<(Topic, BTreeMap<ParticipantName, Stood>)> {
        let topic = Topic { dataset: self.dataset.parse().ok()?, period: period(&self.period)? };
        Some((topic, self.by.iter().map(|(whose, stood)| (whose.clone(), stood.stood())).collect()))
    }
}

impl StoodFacts {
    fn of(stood: &Stood) -> Self {
        let figures = |values: &Vec<Option<Quantity>>| {
            values.iter().map(|value| value.map(|quantity| (quantity.scaled(), quantity.places()))).collect()
        };
        Self {
            submission: stood.submission,
            revision: stood.revision,
            content: stood.content,
            values: stood.values.iter().map(|(code, values)| (code.clone(), figures(values))).collect(),
        }
    }

    fn stood(&self) -> Stood {
        let figures = |values: &Vec<Option<(i64, u8)>>| {
            values.iter().map(|value| value.map(|(scaled, places)| Quantity::from_scaled(scaled, places))).collect()
        };
        Stood {
            submission: self.submission,
            revision: self.revision,
            content: self.content,
            values: self.values.iter().map(|(code, values)| (code.clone(), figures(values))).collect(),
        }
    }
}
