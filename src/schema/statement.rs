//! What a submission states, and what already stands.

use crate::document::{Content, DatasetName, ParticipantName, Period, Quantity, Revision, StationCode, SubmissionId};
use crate::finding::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Whose statement on what: there is one current statement for each key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its sender.
    pub participant: ParticipantName,
    /// Its dataset.
    pub dataset: DatasetName,
    /// Its period.
    pub period: Period,
}

/// Something that two statements may share. See [`Key::bearings`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bearing {
    /// One sender's statements on a dataset in one year, or without a year.
    Year(DatasetName, ParticipantName, Option<i16>),
    /// All senders' statements on a dataset and period.
    Period(DatasetName, Period),
}

impl Key {
    /// By what a statement bears on others: what stands beside one ([`Standing`]) is changed only by
    /// those with which it shares one of these.
    pub fn bearings(&self) -> [Bearing; 2] {
        [
            Bearing::Year(self.dataset.clone(), self.participant.clone(), self.period.year()),
            Bearing::Period(self.dataset.clone(), self.period),
        ]
    }
}

/// The value of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An optional column left out.
    Absent,
    /// A station's code.
    Station(StationCode),
    /// An exact decimal.
    Decimal(Quantity),
}

/// One record, its values in the order of the dataset's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The values.
    pub values: Vec<Value>,
    /// Where it stands in the file.
    pub place: Place,
}

/// A whole statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Whose, on what.
    pub key: Key,
    /// Which version of it.
    pub revision: Revision,
    /// Its records.
    pub records: Vec<Record>,
}

/// A total that was read, for the receipt: so that an official sees that the window read what he
/// meant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Understood {
    /// Column title in Azerbaijani.
    pub title_az: String,
    /// The same in English.
    pub title_en: String,
    /// The exact value, as text.
    pub value: String,
    /// The unit, empty for a count.
    pub unit: String,
}

/// A statement that stands in BOEMİS already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stood {
    /// Its submission.
    pub submission: SubmissionId,
    /// Its revision.
    pub revision: u16,
    /// Its content.
    pub content: Content,
    /// Station by station, the dataset's decimal columns in order.
    pub values: BTreeMap<StationCode, Vec<Option<Quantity>>>,
}

/// All that BOEMİS holds that bears on one statement; made by `boemis`, judged here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The current statement of the same key.
    pub current: Option<Stood>,
    /// Stations whose current statement of this dataset and period comes from another body.
    pub elsewhere: BTreeMap<StationCode, ParticipantName>,
    /// The current statements of the same sender, dataset and year: its quarters and the year.
    pub same_year: BTreeMap<Period, Stood>,
}

impl Standing {
    /// What of it the rules ask for when this statement is judged beside it: all that is needed to judge it so
    /// again. Figures of the year stay only where all its statements stand, for only then are they compared.
    pub fn beside(&self, statement: &Statement) -> Self {
        let stated: BTreeSet<&StationCode> = statement
            .records
            .iter()
            .flat_map(|record| &record.values)
            .filter_map(|value| match value {
                Value::Station(code) => Some(code),
                Value::Absent | Value::Decimal(_) => None,
            })
            .collect();
        let elsewhere = self.elsewhere.iter().filter(|(code, _)| stated.contains(code));
        let whole = statement.key.period.year().is_some_and(|year| {
            let quarters = (1..=4).map(|quarter| Period::Quarter(year, quarter));
            let mut all = std::iter::once(Period::Year(year)).chain(quarters);
            all.all(|period| period == statement.key.period || self.same_year.contains_key(&period))
        });
        Self {
            current: self.current.as_ref().map(|stood| Stood { values: BTreeMap::new(), ..stood.clone() }),
            elsewhere: elsewhere.map(|(code, whose)| (code.clone(), whose.clone())).collect(),
            same_year: if whole { self.same_year.clone() } else { BTreeMap::new() },
        }
    }

    /// The submission whose current statement has this very content: then the one at hand repeats
    /// it, is a duplicate, and is not judged by the rules (CONTRACT 3).
    pub fn repeats(&self, content: Content) -> Option<SubmissionId> {
        self.current.as_ref().filter(|stood| stood.content == content).map(|stood| stood.submission)
    }
}
