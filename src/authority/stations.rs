//! The station register: code, kind, capacity, operator, in service from and to.

use crate::document::{ParticipantName, Period, Quantity, StationCode};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Kinds of renewable stations (R 3.5.3: no other kind belongs here).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum StationKind {
    Solar,
    Wind,
    Hydro,
    SmallHydro,
    Waste,
    Bio,
    Hybrid,
}

impl StationKind {
    /// The register's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Solar => "solar",
            Self::Wind => "wind",
            Self::Hydro => "hydro",
            Self::SmallHydro => "small-hydro",
            Self::Waste => "waste",
            Self::Bio => "bio",
            Self::Hybrid => "hybrid",
        }
    }
}

/// One station.
#[derive(Clone, Debug)]
pub struct Station {
    /// Its code.
    pub code: StationCode,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: StationKind,
    /// Design capacity in MW, three places.
    pub mw: Quantity,
    /// ISO 3166-2:AZ code of the region.
    pub region: String,
    /// Who operates it.
    pub operator: ParticipantName,
    /// In service from; none: planned.
    pub from: Option<Date>,
    /// Last day of service.
    pub to: Option<Date>,
}

impl Station {
    /// Whether it is in service on some day of the period.
    pub fn in_service(&self, period: Period) -> bool {
        match (self.from, period.first_day(), period.day_after()) {
            (Some(from), Some(first), Some(after)) => from < after && self.to.is_none_or(|to| to >= first),
            (Some(_), _, _) => true,
            (None, _, _) => false,
        }
    }
}

/// The register.
#[derive(Clone, Debug, Default)]
pub struct Stations {
    /// By code.
    pub by_code: BTreeMap<StationCode, Station>,
}
