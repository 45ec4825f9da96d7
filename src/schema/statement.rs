//! What a submission states, and what already stands.

use super::{Column, ColumnKind, Datasets, Records};
use crate::document::{Content, DatasetName, ParticipantName, Period, Quantity, Revision, StationCode, SubmissionId};
use crate::finding::Place;
use crate::geometry::Geometry;
use crate::host::{Coded, put_number};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// Something that two statements may share. See [`Datasets::bearings`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bearing {
    /// One sender's statements on a dataset in one year, or without a year.
    Year(DatasetName, ParticipantName, Option<i16>),
    /// All senders' statements on a dataset and period.
    Period(DatasetName, Period),
}

impl Datasets {
    /// By what a statement bears on others: what stands beside one ([`Standing`]) is changed only by
    /// those with which it shares one of these.
    pub fn bearings(&self, key: &Key) -> Vec<Bearing> {
        let looks = self.looks(&key.dataset).into_iter();
        let others = looks.filter_map(|look| Some(Bearing::Period(look.dataset.clone(), look.period(key.period)?)));
        let own = [
            Bearing::Year(key.dataset.clone(), key.participant.clone(), key.period.year()),
            Bearing::Period(key.dataset.clone(), key.period),
        ];
        own.into_iter().chain(others).collect()
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
    /// A word.
    Text(String),
    /// A shape, judged.
    Geometry(Arc<Geometry>),
}

impl Value {
    /// What a record is of, when this is the value of its key; empty where it was left out.
    pub fn key(&self) -> &str {
        match self {
            Self::Station(code) => code.as_str(),
            Self::Text(text) => text,
            Self::Absent | Self::Decimal(_) | Self::Geometry(_) => "",
        }
    }
}

/// One record, its values in the order of the dataset's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The values.
    pub values: Vec<Value>,
    /// Where it stands in the file.
    pub spot: Spot,
}

/// Where a record stands: what a [`Place`] is made of, should one be needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spot {
    /// Somewhere.
    #[default]
    Whole,
    /// The element of this number among the records of an XML document, and its offset.
    Element(u64, u64),
    /// The total of an XML document, and its offset.
    Total(u64),
    /// The row of this number of a CSV file, and its offset.
    Row(u64, u64),
    /// The feature of this number of a GeoJSON collection, and its offset.
    Feature(u64, u64),
}

impl Spot {
    /// Its place, for a finding.
    pub fn place(self) -> Place {
        match self {
            Self::Whole => Place::whole(),
            Self::Element(number, offset) => Place::at(offset).path(format!("/Submission/Record[{number}]")),
            Self::Total(offset) => Place::at(offset).path("/Submission/Total"),
            Self::Row(number, offset) => Place::at(offset).row(number),
            Self::Feature(number, offset) => Place::at(offset).path(format!("/features[{number}]")),
        }
    }

    /// The place of one of its values, which begins at this offset.
    pub(super) fn place_of(self, column: &Column, offset: Option<u64>) -> Place {
        let at = self.place();
        let within = at.path.as_deref().unwrap_or_default();
        let path = match self {
            Self::Whole => column.element.clone(),
            Self::Element(..) | Self::Total(_) => format!("{within}/{}", column.element),
            Self::Row(..) => column.name.clone(),
            Self::Feature(..) if matches!(column.kind, ColumnKind::Geometry(_)) => format!("{within}/geometry"),
            Self::Feature(..) => format!("{within}/properties/{}", column.name),
        };
        Place { offset: offset.or(at.offset), ..at.path(path) }
    }

    /// Where it begins, in octets from the start of the file.
    pub fn offset(self) -> Option<u64> {
        match self {
            Self::Whole => None,
            Self::Element(_, offset) | Self::Total(offset) | Self::Row(_, offset) | Self::Feature(_, offset) => {
                Some(offset)
            }
        }
    }

    /// Adds it to the octets of a spool.
    pub(super) fn lay(self, octets: &mut Vec<u8>) {
        let (sign, number, offset) = match self {
            Self::Whole => (0, 0, 0),
            Self::Element(number, offset) => (1, number, offset),
            Self::Total(offset) => (2, 0, offset),
            Self::Row(number, offset) => (3, number, offset),
            Self::Feature(number, offset) => (4, number, offset),
        };
        octets.push(sign);
        put_number(octets, number);
        put_number(octets, offset);
    }

    /// Takes it back; none where none was laid.
    pub(super) fn taken(octets: &mut Coded<'_>) -> Option<Self> {
        let (sign, number, offset) = (octets.octet()?, octets.number()?, octets.number()?);
        match sign {
            0 => Some(Self::Whole),
            1 => Some(Self::Element(number, offset)),
            2 => Some(Self::Total(offset)),
            3 => Some(Self::Row(number, offset)),
            4 => Some(Self::Feature(number, offset)),
            _ => None,
        }
    }
}

/// A whole statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Whose, on what.
    pub key: Key,
    /// Which version of it.
    pub revision: Revision,
    /// Its records.
    pub records: Records,
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
    /// By the key of a record (a station's code), the dataset's decimal columns in order. What has no key stands
    /// summed under the empty one.
    pub values: Figures,
}

/// Figures by the key of their record.
pub type Figures = BTreeMap<String, Vec<Option<Quantity>>>;

/// A dataset and a period, of which statements stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    /// The dataset.
    pub dataset: DatasetName,
    /// The period.
    pub period: Period,
}

/// All that BOEMİS holds that bears on one statement; made by `boemis`, judged here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The current statement of the same key.
    pub current: Option<Stood>,
    /// Keys (stations) whose current statement of this dataset and period comes from another body.
    pub elsewhere: BTreeMap<String, ParticipantName>,
    /// The current statements of the same sender, dataset and year: the year and its parts.
    pub same_year: BTreeMap<Period, Stood>,
    /// The current statements that the rules look at besides ([`Datasets::looks`]), by their sender.
    pub others: BTreeMap<Topic, BTreeMap<ParticipantName, Stood>>,
    /// Whether nobody asked BOEMİS: that nothing stands here, says nothing.
    pub is_unknown: bool,
}

impl Standing {
    /// While nobody can tell what stands.
    pub fn unknown() -> Self {
        Self { is_unknown: true, ..Self::default() }
    }

    /// What of it the rules ask for when this statement is judged beside it: all that is needed to judge it so
    /// again. Figures of the year stay only where all its statements stand, for only then are they compared; those
    /// of others for what the statement states.
    pub fn beside(&self, statement: &Statement, datasets: &Datasets) -> Self {
        let dataset = datasets.by_name.get(&statement.key.dataset);
        let key = dataset.and_then(|dataset| dataset.key_column());
        let stated = self.stated(statement, key);
        let elsewhere = self.elsewhere.iter().filter(|(key, _)| stated.contains(key.as_str()));
        let whole = dataset.zip(statement.key.period.year()).is_some_and(|(dataset, year)| {
            let mut all = dataset.periods.of_year(Some(year)).into_iter();
            all.all(|period| period == statement.key.period || self.same_year.contains_key(&period))
        });
        // a figure without a key is compared with the sum of all
        let is_whole = stated.contains("");
        let of = |figures: &Figures| -> Figures {
            let figures = figures.iter().filter(|(key, _)| is_whole || stated.contains(key.as_str()) || key.is_empty());
            figures.map(|(key, values)| (key.clone(), values.clone())).collect()
        };
        let stood = |stood: &Stood| Stood { values: of(&stood.values), ..stood.clone() };
        let senders = |senders: &BTreeMap<ParticipantName, Stood>| {
            senders.iter().map(|(whose, its)| (whose.clone(), stood(its))).collect()
        };
        Self {
            current: self.current.as_ref().map(|stood| Stood { values: BTreeMap::new(), ..stood.clone() }),
            elsewhere: elsewhere.map(|(key, whose)| (key.clone(), whose.clone())).collect(),
            same_year: if whole { self.same_year.clone() } else { BTreeMap::new() },
            others: self.others.iter().map(|(topic, its)| (topic.clone(), senders(its))).collect(),
            is_unknown: self.is_unknown,
        }
    }

    /// Keys of what stands that the statement states too; the empty one where it states what is of none. All of what
    /// stands, where the statement cannot be read again: then it cannot be judged either, and who judges it says so.
    fn stated(&self, statement: &Statement, column: Option<usize>) -> BTreeSet<&str> {
        let of_others = self.others.values().flat_map(|senders| senders.values()).flat_map(|stood| stood.values.keys());
        let all: BTreeSet<&str> = self.elsewhere.keys().chain(of_others).map(String::as_str).collect();
        if all.is_empty() {
            return all;
        }
        let mut stated = BTreeSet::new();
        let read = statement.records.each(&mut |row| {
            let key = column.and_then(|at| row.record.values.get(at)).map_or("", Value::key);
            stated.extend(if key.is_empty() { Some("") } else { all.get(key).copied() });
            true
        });
        match read {
            Ok(()) => stated,
            Err(_) => all.into_iter().chain([""]).collect(),
        }
    }

    /// The submission whose current statement has this very content: then the one at hand repeats
    /// it, is a duplicate, and is not judged by the rules (CONTRACT 3).
    pub fn repeats(&self, content: Content) -> Option<SubmissionId> {
        self.current.as_ref().filter(|stood| stood.content == content).map(|stood| stood.submission)
    }
}
