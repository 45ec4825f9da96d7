//! How a dataset's description becomes names of tables, views and columns.
//!
//! Owns the check that a name may stand in SQL: everything that is ever written into a statement
//! comes through here. The same layout serves every engine, so the names are the same in each
//! (CONTRACT 6). Never touches a database.

use super::Fault;
use crate::schema::{ColumnKind, Dataset, Datasets, EPSG, Look, PeriodKinds, YearRule};

/// Columns that tables and views have beside the dataset's own.
const OWN: [&str; 18] = [
    "submission",
    "record",
    "participant",
    "revision",
    "period",
    "received_at",
    "loaded_at",
    "contested_at",
    "approved_at",
    "stations",
    "keys",
    "replaces",
    "reason",
    "note",
    "proposed_by",
    "year",
    "annual",
    MAPPED,
];

/// The column that a shape is for a GIS, where there is PostGIS.
pub(crate) const MAPPED: &str = "geom";

/// Most columns of one dataset: a record is for people to fill in, and a multi-row insert of
/// them stays far below the 32 766 variables a SQLite statement may have.
pub(crate) const COLUMNS_MAX: usize = 64;

/// The names of one dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Its slug, as the load marks have it.
    pub(crate) slug: String,
    /// The slug as an identifier: `gas-savings` is `gas_savings`. Every relation of the dataset
    /// is this and an ending, so none can be called like a fixed table or like another dataset's.
    pub(crate) stem: String,
    /// Its columns in the order of the description.
    pub(crate) columns: Vec<LaidColumn>,
    /// How a year follows from its parts; none when there is no total to show.
    pub(crate) year: Option<YearRule>,
    /// Its periods.
    pub(crate) periods: PeriodKinds,
    /// Whether what is loaded waits for an approval.
    pub(crate) awaits: bool,
    /// What its rules look at besides.
    pub(crate) looks: Vec<Look>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LaidColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    pub(crate) required: bool,
    /// Whether it says what a record is of.
    pub(crate) key: bool,
}

/// What of a value a column of the table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it; of a shape, longitude and latitude in WGS 84 as WKT.
    Whole,
    /// The EPSG code of the system that a shape was sent in.
    Epsg,
    /// A shape as it was sent.
    Sent,
}

impl LaidColumn {
    /// The columns of the table that it is: one, and of a shape three.
    pub(crate) fn stored(&self) -> Vec<(String, Part)> {
        let whole = (self.name.clone(), Part::Whole);
        match self.kind {
            ColumnKind::Geometry(_) => {
                vec![(EPSG.to_owned(), Part::Epsg), whole, (format!("{}_sent", self.name), Part::Sent)]
            }
            ColumnKind::Station | ColumnKind::Decimal { .. } | ColumnKind::Text(_) => vec![whole],
        }
    }
}

impl Layout {
    /// All of them, in the order of their names.
    pub(crate) fn all(datasets: &Datasets) -> Result<Vec<Self>, Fault> {
        let laid = |dataset: &Dataset| Ok(Self { looks: datasets.looks(&dataset.name), ..Self::of(dataset)? });
        datasets.by_name.values().map(laid).collect()
    }

    pub(crate) fn of(dataset: &Dataset) -> Result<Self, Fault> {
        let slug = dataset.name.as_str().to_owned();
        let stem = slug.replace('-', "_");
        // SQLite keeps names that begin so for itself; PostgreSQL those that begin with pg_
        if !is_identifier(&stem) || stem.starts_with("sqlite_") || stem.starts_with("pg_") {
            return Err(Fault::Wrong(format!("the dataset `{slug}` cannot be the name of a table")));
        }
        let columns: Vec<LaidColumn> = dataset
            .columns
            .iter()
            .map(|c| LaidColumn { name: c.name.clone(), kind: c.kind.clone(), required: c.required, key: c.is_key() })
            .collect();
        if columns.is_empty() || columns.len() > COLUMNS_MAX {
            return Err(Fault::Wrong(format!("the dataset `{slug}` needs 1 to {COLUMNS_MAX} columns")));
        }
        let mut names: Vec<String> = Vec::new();
        for column in &columns {
            let places_fit = !matches!(column.kind, ColumnKind::Decimal { places } if places > 9);
            for (name, _) in column.stored() {
                if !is_identifier(&name) || OWN.contains(&name.as_str()) || names.contains(&name) || !places_fit {
                    return Err(Fault::Wrong(format!("the dataset `{slug}` cannot have the column `{name}`")));
                }
                names.push(name);
            }
        }
        let keyed = columns.iter().any(|column| column.key);
        let year = (dataset.periods != PeriodKinds::None && keyed).then_some(dataset.year);
        Ok(Self {
            slug,
            stem,
            columns,
            year,
            periods: dataset.periods,
            awaits: dataset.approval.is_some(),
            looks: Vec::new(),
        })
    }

    /// Whether others are asked for the keys alone that a statement states: where there are no periods, all that was
    /// ever stated stands side by side.
    pub(crate) fn asks_by_key(&self) -> bool {
        self.periods == PeriodKinds::None && self.key().is_some()
    }

    /// The index by which it is asked for keys.
    pub(crate) fn key_index(&self) -> String {
        format!("{}_record_key", self.stem)
    }

    /// The table of its records.
    pub(crate) fn table(&self) -> String {
        format!("{}_record", self.stem)
    }

    /// The columns of its table, each with the one of the description that it is of.
    pub(crate) fn stored(&self) -> impl Iterator<Item = (String, Part, &LaidColumn)> {
        self.columns.iter().flat_map(|column| column.stored().into_iter().map(move |(name, part)| (name, part, column)))
    }

    /// The column that says what a record is of, if it has one: a station's code, or a word.
    pub(crate) fn key(&self) -> Option<&LaidColumn> {
        self.columns.iter().find(|column| column.key)
    }

    /// What the totals view calls the number of keys (CONTRACT 6: `stations`).
    pub(crate) fn keys_counted(&self) -> &'static str {
        match self.key() {
            Some(LaidColumn { kind: ColumnKind::Station, .. }) => "stations",
            _ => "keys",
        }
    }

    /// Its decimal columns in order, each with its places.
    pub(crate) fn decimals(&self) -> impl Iterator<Item = (&LaidColumn, u8)> {
        self.columns.iter().filter_map(|c| match c.kind {
            ColumnKind::Decimal { places } => Some((c, places)),
            _ => None,
        })
    }
}

/// A letter, then letters, digits and `_`, at most 63 in all (PostgreSQL cuts longer names).
/// With no other character possible, quoting in SQL cannot be left.
fn is_identifier(name: &str) -> bool {
    const ENDING: usize = "_record_stays".len();
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && name.len() <= 63 - ENDING
}
