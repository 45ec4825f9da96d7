//! Datasets are data: one description each, the source of validator, XSD, table schema and guide.

use crate::document::DatasetName;
use std::collections::BTreeMap;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A station's code; the key of a record.
    Station,
    /// A plain decimal with at most so many places.
    Decimal {
        /// Decimal places.
        places: u8,
    },
}

/// One column of a record.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in CSV and in BOEMİS: `energy_mwh`.
    pub name: String,
    /// Its element in XML: `EnergyMWh`.
    pub element: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Its unit, `MWh`.
    pub unit: Option<String>,
    /// Whether every record has it.
    pub required: bool,
    /// Its title for people.
    pub title_az: String,
    /// The same in English.
    pub title_en: String,
}

/// Which periods a dataset has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodKinds {
    /// Quarters and years.
    QuarterAndYear,
    /// None.
    None,
}

/// The rule for the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotalRule {
    /// May stand; then it is the exact sum.
    Optional,
    /// Must stand.
    Required,
}

/// How a year follows from its quarters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearRule {
    /// A flow: the year is the sum (energy).
    Sum,
    /// A stock: the year is its last quarter (capacity).
    Last,
}

/// One dataset.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its slug.
    pub name: DatasetName,
    /// Its title for people.
    pub title_az: String,
    /// The same in English.
    pub title_en: String,
    /// The clause that demands it, `S 6.1.4`.
    pub clause: String,
    /// Its periods.
    pub periods: PeriodKinds,
    /// Its total.
    pub total: TotalRule,
    /// How years follow from quarters.
    pub year: YearRule,
    /// Its columns, in the order of the XML record.
    pub columns: Vec<Column>,
    /// The column that may not pass MW × hours of the period, if any.
    pub energy_column: Option<String>,
    /// The column that is compared with the register's MW, if any.
    pub capacity_column: Option<String>,
}

impl Dataset {
    /// Where the station stands in a record, if records are of stations.
    pub fn station_column(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.kind == ColumnKind::Station)
    }

    /// The decimal columns: where each stands in a record, and its places.
    pub fn decimals(&self) -> impl Iterator<Item = (usize, &Column, u8)> {
        self.columns.iter().enumerate().filter_map(|(at, column)| match column.kind {
            ColumnKind::Decimal { places } => Some((at, column, places)),
            ColumnKind::Station => None,
        })
    }

    /// Where the column of this name stands in a record.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// All datasets of the window.
#[derive(Clone, Debug, Default)]
pub struct Datasets {
    /// By slug.
    pub by_name: BTreeMap<DatasetName, Dataset>,
}
