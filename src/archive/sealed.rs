//! What a unit tells of a submission, held against what its receipts say, which a seal signs.
//!
//! Owns what must agree: the row of the index, the journal's lines and the number of the records with the receipts'
//! own words, and each line of a decision with the leaf of the transparency log that its receipt carries. Of the
//! values in the records, and of the moments of lines that are no decision, no receipt speaks: those are bound to
//! `SHA256SUMS` alone. Never proves a seal, and never reads a file.

use super::check::Unfit;
use super::index::Row;
use crate::document::{Decision, Digest, SubmissionId};
use crate::journal::{Entry, Event};
use crate::receipt::Told;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use std::collections::HashSet;
use std::io::{BufRead, Read};

/// Octets of a line of `records.csv`, at most: a record has some hundred.
const LINE_MAX: u64 = 1 << 20;

/// A receipt of a unit, proven.
pub(super) struct Answer {
    /// The digest of its file.
    pub sha256: Digest,
    /// What it says.
    pub told: Told,
}

impl Answer {
    /// Which of the submission's answers it is, by its leaf; none where there was no log yet.
    fn turn(&self) -> Option<u32> {
        match serde_json::from_str::<Entry>(&self.told.log.as_ref()?.entry).ok()?.event {
            Event::Decided(decided) => Some(decided.answer),
            _ => None,
        }
    }
}

/// What differs, in words.
pub(super) type Differs = String;

/// Holds the row of the index against the receipts: the last of them has the last word.
pub(super) fn row(row: &Row, answers: &[Answer]) -> Result<(), Differs> {
    let one = answers.iter().find(|answer| answer.told.number == row.number);
    let one = one.ok_or_else(|| format!("index.csv: no receipt has the number {}", row.number))?;
    if answers.iter().any(|other| other.turn() > one.turn()) {
        return Err(format!("index.csv: {} is not its last receipt", row.number));
    }
    let told = &one.told;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let pairs = [
        ("decision", &row.decision, told.decision.clone()),
        // the channel's, where the receipt tells none
        ("body", &row.body, told.participant.clone().unwrap_or_else(|| row.body.clone())),
        ("dataset", &row.dataset, text(&told.dataset)),
        ("period", &row.period, text(&told.period)),
        ("revision", &row.revision, text(&told.revision)),
        ("sha256", &row.sha256, text(&told.document.sha256)),
        ("name", &in_xml(&row.name), told.document.name.clone()),
    ];
    for (what, ours, sealed) in &pairs {
        if **ours != *sealed {
            return Err(format!("index.csv: its {what} is {ours:?}, and its receipt says {sealed:?}"));
        }
    }
    let differs = answers.iter().find(|answer| !is_same_second(&row.received, &answer.told.received));
    match differs {
        None => Ok(()),
        Some(Answer { told, .. }) => Err(format!(
            "index.csv: it was received at {}, and its receipt {} says {}",
            row.received, told.number, told.received
        )),
    }
}

/// A name as XML can hold it, which is how a receipt has it.
fn in_xml(name: &str) -> String {
    name.replace('\u{fffe}', "%EF%BF%BE").replace('\u{ffff}', "%EF%BF%BF")
}

/// Receipts tell whole seconds.
fn is_same_second(one: &str, other: &str) -> bool {
    let second = |text: &str| text.parse::<Timestamp>().ok().map(Timestamp::as_second);
    second(one).is_some() && second(one) == second(other)
}

/// A line of `journal.jsonl`.
#[derive(serde::Deserialize)]
struct Line {
    segment: u32,
    offset: u64,
    entry: Entry,
}

/// Holds the journal's lines against the row, which is held against the receipts, and against these themselves.
pub(super) fn lines(row: &Row, text: &str, answers: &[Answer]) -> Result<(), Differs> {
    let odd = |number: usize, what: &str| format!("journal.jsonl, line {number}: {what}");
    let (mut place, mut came, mut leaves, mut answered) = (None, 0, HashSet::new(), Vec::new());
    for (line, number) in text.lines().zip(1..) {
        let Line { segment, offset, entry } =
            serde_json::from_str(line).map_err(|error| odd(number, &error.to_string()))?;
        if place >= Some((segment, offset)) {
            return Err(odd(number, "it stands before the one above it"));
        }
        place = Some((segment, offset));
        if entry.event.id().map(|id: SubmissionId| id.to_string()).as_deref() != Some(row.id.as_str()) {
            return Err(odd(number, "it is not of this submission"));
        }
        let (received, sha256) = match &entry.event {
            Event::Held(held) => (held.received, held.document.sha256.to_string()),
            Event::RefusedInPlace(refused) => (refused.received, String::new()),
            Event::Decided(_) => {
                let written = line.split_once("\"entry\":").and_then(|(_, rest)| rest.strip_suffix('}'));
                leaves.extend(written);
                continue;
            }
            Event::Answered(one) => {
                answered.push((one.receipt.number.clone(), one.receipt.sha256, one.answer, one.decision));
                let sealed = answers.iter().find(|answer| answer.sha256 == one.receipt.sha256);
                let sealed = sealed.ok_or_else(|| odd(number, "its receipt is not there"))?;
                if !is_answer(one.answer, one.decision, &one.receipt.number, sealed) {
                    return Err(odd(number, "it tells another answer than its receipt"));
                }
                continue;
            }
            _ => continue,
        };
        came += 1;
        if received.to_string() != row.received || sha256 != row.sha256 {
            return Err(odd(number, "it tells of another reception, or of another document, than the index"));
        }
    }
    let distinct: HashSet<Digest> = answered.iter().map(|(_, sha256, ..)| *sha256).collect();
    if came != 1 || distinct.len() != answers.len() || answered.len() != answers.len() {
        return Err("journal.jsonl: it does not tell one reception and the very receipts that are there".to_owned());
    }
    let unsaid =
        answers.iter().find(|answer| answer.told.log.as_ref().is_some_and(|log| !leaves.contains(log.entry.as_str())));
    match unsaid {
        None => Ok(()),
        Some(Answer { told, .. }) => {
            Err(format!("journal.jsonl: no line is the leaf of the transparency log in the receipt {}", told.number))
        }
    }
}

fn is_answer(turn: u32, decision: Decision, number: &str, sealed: &Answer) -> bool {
    sealed.told.number == number
        && sealed.told.decision == decision.as_str()
        && sealed.turn().is_none_or(|sealed| sealed == turn)
}

/// `records.json`, as far as it is asked: how many records, whatever stands in them.
#[derive(serde::Deserialize)]
struct InJson {
    records: Vec<IgnoredAny>,
}

/// Whether it tells of a load: accepted, or waiting for an approval. An approval, accepted too, has no records.
pub(super) fn is_loaded(answer: &Answer) -> bool {
    let words = [Decision::Accepted, Decision::Pending].map(Decision::as_str);
    words.contains(&answer.told.decision.as_str()) && answer.told.records.is_some()
}

/// Holds the records against the row and the number of them that the receipt of the acceptance tells. They may be as
/// many as a document has room for, so none is held in memory.
pub(super) fn records(row: &Row, mut csv: impl BufRead, json: impl Read, answers: &[Answer]) -> Result<(), Unfit> {
    let accepted = answers.iter().find(|answer| is_loaded(answer));
    let none = || Unfit::Wrong("records: there are some, and no receipt says accepted".to_owned());
    let told = &accepted.ok_or_else(none)?.told;
    let start = super::index::line(&[&row.dataset, &row.period, &row.revision, &row.body]);
    let start = format!("{},", start.trim_end());
    let (mut lines, mut line) = (0u64, Vec::new());
    while csv.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)? > 0 {
        // the first line is the header
        if lines > 0 && !line.starts_with(start.as_bytes()) || !line.ends_with(b"\n") {
            let line: String = String::from_utf8_lossy(&line).chars().take(100).collect();
            return Err(Unfit::Wrong(format!("records.csv: {line:?} is not of this statement")));
        }
        lines += 1;
        line.clear();
    }
    let in_csv = lines.saturating_sub(1);
    let in_json: InJson = serde_json::from_reader(json).map_err(|error| match error.is_io() {
        true => Unfit::Disk(error.into()),
        false => Unfit::Wrong(format!("records.json: {error}")),
    })?;
    let wanted = told.records.as_deref().and_then(|text| text.parse::<u64>().ok());
    match (Some(in_csv), Some(in_json.records.len() as u64)) == (wanted, wanted) {
        true => Ok(()),
        false => Err(Unfit::Wrong(format!(
            "records: {in_csv} stand in records.csv and {} in records.json, and the receipt {} says {}",
            in_json.records.len(),
            told.number,
            told.records.as_deref().unwrap_or("-")
        ))),
    }
}
