//! Datasets are data (S 3.1.3): one description each, the source of validator, XSD, table schema and guide.

use super::pattern::Pattern;
use crate::authority::StationKind;
use crate::document::{DatasetName, ParticipantName, Period, Quantity};
use crate::geometry::{AREAS, Kind, LINES, LINES_AND_SITES, SITES};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A station's code; the key of a record.
    Station,
    /// A plain decimal with at most so many places.
    Decimal {
        /// Decimal places.
        places: u8,
    },
    /// A word of some form.
    Text(Text),
    /// A shape on the map: an element with GML in XML, in CSV a cell of WKT and one named [`EPSG`] beside it.
    Geometry(Shapes),
}

/// The CSV column that names the coordinate system of a shape, and what it is called in BOEMİS.
pub const EPSG: &str = "epsg";

/// Which shapes a column takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shapes {
    /// Areas alone.
    Areas,
    /// Lines alone.
    Lines,
    /// Places, or the areas that they stand on.
    Sites,
    /// Lines and places.
    LinesAndSites,
}

impl Shapes {
    /// The words of the description.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("areas", Self::Areas),
        ("lines", Self::Lines),
        ("sites", Self::Sites),
        ("lines-and-sites", Self::LinesAndSites),
    ];

    /// The kinds of geometry that these are.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Areas => AREAS,
            Self::Lines => LINES,
            Self::Sites => SITES,
            Self::LinesAndSites => LINES_AND_SITES,
        }
    }
}

/// The form of a text column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What may stand there.
    pub form: TextForm,
    /// Whether it is the key of a record: it stands once in a statement, and figures are compared by it.
    pub key: bool,
}

/// What may stand in a text column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextForm {
    /// One of these.
    Codes(Vec<String>),
    /// What fits, of at most so many characters.
    Pattern(Pattern, usize),
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

impl Column {
    /// The columns of a CSV that it is.
    pub fn in_csv(&self) -> impl Iterator<Item = &str> {
        let beside = matches!(self.kind, ColumnKind::Geometry(_)).then_some(EPSG);
        beside.into_iter().chain(std::iter::once(self.name.as_str()))
    }

    /// Whether it says what a record is of.
    pub fn is_key(&self) -> bool {
        matches!(&self.kind, ColumnKind::Station | ColumnKind::Text(Text { key: true, .. }))
    }

    /// Whether a total has it.
    pub fn is_decimal(&self) -> bool {
        matches!(self.kind, ColumnKind::Decimal { .. })
    }
}

/// Which periods a dataset has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodKinds {
    /// Quarters and years.
    QuarterAndYear,
    /// Months and years.
    MonthAndYear,
    /// None.
    None,
}

impl PeriodKinds {
    /// Whether a statement may speak of this period.
    pub fn takes(self, period: Period) -> bool {
        match (self, period) {
            (Self::None, Period::None) | (Self::QuarterAndYear | Self::MonthAndYear, Period::Year(_)) => true,
            (Self::QuarterAndYear, Period::Quarter(..)) | (Self::MonthAndYear, Period::Month(..)) => true,
            (Self::None | Self::QuarterAndYear | Self::MonthAndYear, _) => false,
        }
    }

    /// The parts of a year, in their order.
    pub fn parts(self, year: i16) -> Vec<Period> {
        match self {
            Self::None => Vec::new(),
            Self::QuarterAndYear => (1..=4).map(|quarter| Period::Quarter(year, quarter)).collect(),
            Self::MonthAndYear => (1..=12).map(|month| Period::Month(year, month)).collect(),
        }
    }

    /// The year and its parts; where there are no periods, the one that is none.
    pub fn of_year(self, year: Option<i16>) -> Vec<Period> {
        match year {
            Some(year) => std::iter::once(Period::Year(year)).chain(self.parts(year)).collect(),
            None => vec![Period::None],
        }
    }

    /// How a period is written, for people.
    pub fn examples(self) -> &'static str {
        match self {
            Self::QuarterAndYear => "2026-Q3, 2026",
            Self::MonthAndYear => "2026-M09, 2026",
            Self::None => "",
        }
    }
}

/// The rule for the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotalRule {
    /// May stand; then it is the exact sum.
    Optional,
    /// Must stand.
    Required,
    /// Has no place: what is stated has no sum.
    None,
}

/// How a year follows from its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearRule {
    /// A flow: the year is the sum (energy).
    Sum,
    /// A stock: the year is its last part (capacity).
    Last,
}

/// The class of protection (S 8.1.4 item 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// For everybody: it may stand in a public export.
    Open,
    /// For those entitled alone.
    Restricted,
}

impl Class {
    /// The word of the description.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Restricted => "restricted",
        }
    }
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
    /// Who may see it.
    pub class: Class,
    /// To whom it falls by default. The registry decides (R 4.5.2).
    pub competence: Vec<ParticipantName>,
    /// Who approves what is filed, before it holds; none: it holds when it is accepted.
    pub approval: Option<Approval>,
    /// Its periods.
    pub periods: PeriodKinds,
    /// Its total.
    pub total: TotalRule,
    /// How years follow from their parts.
    pub year: YearRule,
    /// Its columns, in the order of the XML record.
    pub columns: Vec<Column>,
    /// The rules that it has beside those of every dataset, with their parameters.
    pub rules: Vec<Rule>,
}

/// How what is filed comes to hold (S 4.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Whose responsible persons approve and refuse.
    pub by: Vec<Approver>,
    /// Whether it goes to checking before, by a signed document of its own.
    pub checking: bool,
}

/// A body that approves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approver {
    /// The owner of BOEMİS, whoever that is (S 2.1.3).
    Owner,
    /// This one.
    Body(ParticipantName),
}

impl Approver {
    /// Whether it is this body.
    pub fn is(&self, body: &ParticipantName, owner: bool) -> bool {
        match self {
            Self::Owner => owner,
            Self::Body(name) => name == body,
        }
    }
}

/// A rule with its parameters, and the days on which they are in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The rule.
    pub check: Check,
    /// The first day; none: since ever.
    pub from: Option<Date>,
    /// The last day; none: until changed.
    pub to: Option<Date>,
}

impl Rule {
    /// Whether it is in force on that day.
    pub fn in_force(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| to >= day)
    }
}

/// Kinds of periods that a parameter tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Span {
    Month,
    Quarter,
    Year,
}

impl Span {
    /// That of a period; none without one.
    pub fn of(period: Period) -> Option<Self> {
        match period {
            Period::None => None,
            Period::Month(..) => Some(Self::Month),
            Period::Quarter(..) => Some(Self::Quarter),
            Period::Year(_) => Some(Self::Year),
        }
    }
}

/// What is checked. Columns are places in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// At most the station's capacity in the register × hours of the period.
    CapacityHours {
        /// Whose figure.
        column: usize,
    },
    /// The station's capacity in the register.
    AsRegistered {
        /// Whose figure.
        column: usize,
    },
    /// A part of capacity × hours that is seldom passed, by kind of station and period.
    Utilisation {
        /// Whose figure.
        column: usize,
        /// The parts.
        most: BTreeMap<(Span, StationKind), Quantity>,
    },
    /// Nothing at all from a station that was in service all the time.
    Zero {
        /// Whose figure.
        column: usize,
    },
    /// Another figure than the year before by more than so much of a hundred.
    Change {
        /// Whose figure.
        column: usize,
        /// Of a hundred.
        percent: u32,
    },
    /// Hectares as they are drawn, but for so many of a hundred.
    Area {
        /// Whose figure.
        column: usize,
        /// Of a hundred.
        percent: u32,
    },
    /// Areas of one statement do not overlap.
    Overlaps,
    /// What a word says is drawn as a line, or as a site.
    DrawnAs {
        /// The column of the word.
        column: usize,
        /// Words of what is a line.
        lines: Vec<String>,
        /// Words of what is a site.
        sites: Vec<String>,
    },
    /// The ends of a line meet sites of the statement.
    EndsMeet {
        /// Only of what has one of these words in this column.
        column: usize,
        /// The words.
        of: Vec<String>,
        /// How far off a site may be.
        metres: u32,
    },
    /// One of these, and seldom another.
    OneOf {
        /// Whose figure.
        column: usize,
        /// The usual ones, at least one.
        values: Vec<Quantity>,
    },
    /// A VÖEN by its check digit.
    Voen {
        /// The column of the word.
        column: usize,
    },
    /// In proportion to a figure of another dataset.
    Ratio(Ratio),
    /// Days after the end of a period by which it is to be filed.
    Deadline {
        /// By kind of period.
        days: BTreeMap<Span, u32>,
    },
}

/// A proportion: figure ÷ (the other figure × factor × hours).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Whose figure.
    pub column: usize,
    /// The dataset of the other figure.
    pub dataset: DatasetName,
    /// Its column there.
    pub base: String,
    /// What the other figure is multiplied by.
    pub factor: Quantity,
    /// Whether it is multiplied by the hours of the period.
    pub hours: bool,
    /// Whether the figure presupposes the other: then it cannot be without it.
    pub needs: bool,
    /// Below it the figure is wrong.
    pub reject_below: Option<Quantity>,
    /// Below it the figure is unusual.
    pub warn_below: Option<Quantity>,
    /// Above it the figure is unusual.
    pub warn_above: Option<Quantity>,
    /// Above it the figure is wrong.
    pub reject_above: Option<Quantity>,
}

impl Dataset {
    /// Where the station stands in a record, if records are of stations.
    pub fn station_column(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.kind == ColumnKind::Station)
    }

    /// Where the key stands in a record, be it a station or a word; if records have one.
    pub fn key_column(&self) -> Option<usize> {
        self.columns.iter().position(Column::is_key)
    }

    /// Where the shape stands in a record, if records have one.
    pub fn geometry_column(&self) -> Option<usize> {
        self.columns.iter().position(|column| matches!(column.kind, ColumnKind::Geometry(_)))
    }

    /// Whether a statement may be its total alone: then the total is its one record.
    pub fn takes_total_alone(&self) -> bool {
        self.total != TotalRule::None
            && self.key_column().and_then(|at| self.columns.get(at)).is_some_and(|key| !key.required)
            && self.columns.iter().all(|column| column.is_key() || column.is_decimal())
    }

    /// The decimal columns: where each stands in a record, and its places.
    pub fn decimals(&self) -> impl Iterator<Item = (usize, &Column, u8)> {
        self.columns.iter().enumerate().filter_map(|(at, column)| match column.kind {
            ColumnKind::Decimal { places } => Some((at, column, places)),
            ColumnKind::Station | ColumnKind::Text(_) | ColumnKind::Geometry(_) => None,
        })
    }

    /// Where the column of this name stands in a record.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Where the decimal column of this name stands among the decimal ones.
    pub fn decimal(&self, name: &str) -> Option<usize> {
        self.decimals().position(|(_, column, _)| column.name == name)
    }

    /// The proportions in which its figures stand to other datasets', whenever in force.
    pub fn ratios(&self) -> impl Iterator<Item = (&Rule, &Ratio)> {
        self.rules.iter().filter_map(|rule| match &rule.check {
            Check::Ratio(ratio) => Some((rule, ratio)),
            _ => None,
        })
    }
}

/// All datasets of the window.
#[derive(Clone, Debug, Default)]
pub struct Datasets {
    /// By slug.
    pub by_name: BTreeMap<DatasetName, Dataset>,
}

/// Statements of other datasets, or of another year, that a dataset's rules look at: whoever's they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// Their dataset.
    pub dataset: DatasetName,
    /// Whether of the year before.
    pub year_ago: bool,
}

impl Look {
    /// Of which period, for a statement of this one.
    pub fn period(&self, period: Period) -> Option<Period> {
        if self.year_ago { period.year_ago() } else { Some(period) }
    }
}

impl Datasets {
    /// What the rules of this dataset look at besides its own statements of the year: the figures to which its own
    /// stand in proportion, those that stand in proportion to its own, and its own of the year before.
    pub fn looks(&self, name: &DatasetName) -> Vec<Look> {
        let Some(dataset) = self.by_name.get(name) else { return Vec::new() };
        let here = |dataset: &DatasetName| Look { dataset: dataset.clone(), year_ago: false };
        let bases = dataset.ratios().map(|(_, ratio)| here(&ratio.dataset));
        let leans = |other: &&Dataset| other.ratios().any(|(_, ratio)| ratio.dataset == *name);
        let leaning = self.by_name.values().filter(leans).map(|other| here(&other.name));
        let changes = dataset.rules.iter().any(|rule| matches!(rule.check, Check::Change { .. }));
        let ago = changes.then(|| Look { dataset: name.clone(), year_ago: true });
        let mut looks: Vec<Look> = bases.chain(leaning).chain(ago).collect();
        looks.sort();
        looks.dedup();
        looks.retain(|look| self.by_name.contains_key(&look.dataset));
        looks
    }
}
