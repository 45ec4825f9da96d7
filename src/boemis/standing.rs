//! What stands beside a statement, from the answers of either engine.
//!
//! Owns the form of these answers, JSON texts, and what is made of them: one of the sender's own, one of each look,
//! and, where a dataset has no periods, one for every some thousand keys that the statement states. There what other
//! bodies stated may be millions of parcels, of which a statement of three has to do with three. Never asks.

use super::Fault;
use super::layout::Layout;
use super::mark::period;
use super::rows::gone;
use crate::document::{Content, ParticipantName, Quantity, SubmissionId};
use crate::schema::{Key, Look, Record, Records, Standing, Statement, Stood, Topic};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;

/// A question what stands beside a statement.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub(super) key: &'a Key,
    pub(super) id: SubmissionId,
    /// What it states; none where that is not known.
    stated: Option<&'a Records>,
}

impl<'a> Question<'a> {
    /// About a statement of this submission: all of it that bears on what it states.
    pub fn of(statement: &'a Statement, id: SubmissionId) -> Self {
        Self { key: &statement.key, id, stated: Some(&statement.records) }
    }

    /// About any statement of this key by this submission: also what another body stated of anything.
    pub fn of_any(key: &'a Key, id: SubmissionId) -> Self {
        Self { key, id, stated: None }
    }

    /// The keys that others are asked for, some thousand at a time; none of all.
    pub(super) fn pieces(&self, layout: &Layout) -> Result<Pieces<'a>, Fault> {
        let Some(records) = self.stated else { return Ok(Pieces::All) };
        let column = layout.columns.iter().position(|column| column.key);
        let column = column.ok_or_else(|| odd(&layout.table(), "key"))?;
        Ok(Pieces::Of(Box::new(KeyPieces { records: Box::new(records.pieces()), column, keys: Vec::new() })))
    }
}

/// Keys to be asked for.
pub(super) enum Pieces<'a> {
    /// Whatever stands.
    All,
    Of(Box<KeyPieces<'a>>),
}

/// Some thousand keys at a time.
pub(super) struct KeyPieces<'a> {
    records: Box<dyn Iterator<Item = io::Result<Cow<'a, [Record]>>> + Send + 'a>,
    column: usize,
    keys: Vec<String>,
}

/// Keys of one question: some hundred kilobytes of text.
const KEYS: usize = 4096;

impl Iterator for KeyPieces<'_> {
    type Item = Result<Vec<String>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.keys.len() < KEYS {
            let Some(piece) = self.records.next() else { break };
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => return Some(Err(gone(error))),
            };
            let keys = piece.iter().filter_map(|record| record.values.get(self.column)).map(|value| value.key());
            self.keys.extend(keys.filter(|key| !key.is_empty()).map(str::to_owned));
        }
        let keys = std::mem::take(&mut self.keys);
        (!keys.is_empty()).then_some(Ok(keys))
    }
}

/// Adds to what stands elsewhere: a list of keys, each with the body that stated it.
pub(super) fn elsewhere(standing: &mut Standing, answer: &str) -> Result<(), Fault> {
    let pairs: Vec<(String, String)> = serde_json::from_str(answer).map_err(|_| odd("submission", "statement"))?;
    for (key, participant) in pairs {
        let participant = participant.parse().map_err(|_| odd("submission", "participant"))?;
        standing.elsewhere.insert(key, participant);
    }
    Ok(())
}

/// One record that stands: sender, period, revision, submission, content in hexadecimal, key, decimals.
type Line = (String, String, i64, String, String, Option<String>, Vec<Option<i64>>);

/// All of them.
type Answer = Vec<Line>;

/// What stands, as a statement of this key is judged beside it. `answer` gives the texts of one question's answer by
/// their places: first that of the sender's year and of the period, then one of each look.
pub(super) fn gather<'a>(
    layout: &Layout,
    looks: &[(Look, Layout)],
    key: &Key,
    answer: impl Fn(usize) -> Result<&'a str, Fault>,
) -> Result<Standing, Fault> {
    let read = |at: usize| -> Result<Answer, Fault> {
        serde_json::from_str(answer(at)?).map_err(|_| odd("submission", "statement"))
    };
    let mut standing = own(layout, key, read(0)?)?;
    for (at, (look, layout)) in (1..).zip(looks) {
        let Some(period) = look.period(key.period) else { continue };
        let senders = by_sender(layout, read(at)?)?;
        if !senders.is_empty() {
            standing.others.insert(Topic { dataset: look.dataset.clone(), period }, senders);
        }
    }
    Ok(standing)
}

fn own(layout: &Layout, key: &Key, answer: Answer) -> Result<Standing, Fault> {
    let mut standing = Standing::default();
    for record in answer {
        let participant: ParticipantName = record.0.parse().map_err(|_| odd("submission", "participant"))?;
        let of_period = period(&record.1).ok_or_else(|| odd("submission", "period"))?;
        if participant != key.participant {
            if let (Some(key_value), true) = (record.5, of_period == key.period) {
                standing.elsewhere.insert(key_value, participant);
            }
            continue;
        }
        take(layout, standing.same_year.entry(of_period), record)?;
    }
    standing.current = standing.same_year.get(&key.period).cloned();
    Ok(standing)
}

/// Statements of one dataset and period, by sender.
fn by_sender(layout: &Layout, answer: Answer) -> Result<BTreeMap<ParticipantName, Stood>, Fault> {
    let mut senders = BTreeMap::new();
    for record in answer {
        let participant: ParticipantName = record.0.parse().map_err(|_| odd("submission", "participant"))?;
        take(layout, senders.entry(participant), record)?;
    }
    Ok(senders)
}

/// One more record of a statement, which may be its first.
fn take<K: Ord>(layout: &Layout, entry: Entry<'_, K, Stood>, record: Line) -> Result<(), Fault> {
    let (_, _, revision, submission, content, key, decimals) = record;
    let stood = match entry {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => entry.insert(Stood {
            submission: submission.parse().map_err(|_| odd("submission", "id"))?,
            revision: u16::try_from(revision).map_err(|_| odd("submission", "revision"))?,
            content: content.to_ascii_lowercase().parse().map(Content).map_err(|_| odd("submission", "content"))?,
            values: BTreeMap::new(),
        }),
    };
    let values = decimals.into_iter().zip(layout.decimals().map(|(_, places)| places));
    let values = values.map(|(scaled, places)| scaled.map(|scaled| Quantity::from_scaled(scaled, places)));
    // a statement all of whose records gave way has one row without figures
    let values: Vec<Option<Quantity>> = values.collect();
    match (key, stood.values.get_mut("")) {
        (Some(key), _) => drop(stood.values.insert(key, values)),
        (None, _) if values.iter().all(Option::is_none) => {}
        (None, None) => drop(stood.values.insert(String::new(), values)),
        // what is of no station is summed
        (None, Some(sums)) => {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = match (*sum, value) {
                    (Some(one), Some(other)) => Some(one.plus(other).ok_or_else(|| odd(&layout.table(), "sum"))?),
                    (one, other) => one.or(other),
                };
            }
        }
    }
    Ok(())
}

/// A stored value that no load could have written.
pub(super) fn odd(table: &str, column: &str) -> Fault {
    Fault::Wrong(format!("`{table}` has a value in `{column}` that no load has written"))
}
