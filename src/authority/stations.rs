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
    /// Design capacity in MW, three places: the one of today.
    pub mw: Quantity,
    /// Where it was another before: each capacity and its first day, in their order; the last of them is `mw`. Empty
    /// where it was ever the same.
    pub capacities: Vec<(Date, Quantity)>,
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
    /// The capacity of that day. Before the first that is dated it was that one.
    pub fn mw_on(&self, day: Date) -> Quantity {
        let since = self.capacities.iter().rev().find(|(from, _)| *from <= day).or(self.capacities.first());
        since.map_or(self.mw, |(_, mw)| *mw)
    }

    /// The capacities that it had from the first of these days to the last, each with its hours, in their order: a day
    /// has 24 hours, for there is no daylight saving in Asia/Baku.
    pub fn capacity_hours(&self, first: Date, last: Date) -> Vec<(Quantity, i64)> {
        let changes = self.capacities.iter().map(|(from, _)| *from).filter(|from| first < *from && *from <= last);
        let starts: Vec<Date> = std::iter::once(first).chain(changes).collect();
        let ends = starts.iter().skip(1).filter_map(|next| next.yesterday().ok()).chain(std::iter::once(last));
        let days = |from: Date, to: Date| i64::from(from.until(to).map_or(0, |span| span.get_days())) + 1;
        starts.iter().zip(ends).map(|(from, to)| (self.mw_on(*from), days(*from, to) * 24)).collect()
    }

    /// The days of the period on which it was in service, first and last; none where there were none.
    pub fn served(&self, period: Period) -> Option<(Date, Date)> {
        let first = period.first_day()?.max(self.from?);
        let last = self.to.map_or(period.last_day()?, |to| period.last_day().map_or(to, |last| last.min(to)));
        (first <= last).then_some((first, last))
    }

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
