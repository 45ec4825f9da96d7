//! Reads `stations.toml`, the station register (R 4.6, third case). Never judges a document.

use super::files::{Gathered, Part};
use super::reader::{At, Source, Spot, Table};
use crate::authority::{Station, StationKind, Stations};
use crate::document::{ParticipantName, Quantity, QuantityFault};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::path::Path;

/// ISO 3166-2:AZ after `AZ-`: rayons, cities, and Nakhchivan with its own.
const REGIONS: &str = "ABS AGA AGC AGM AGS AGU AST BA BAB BAL BAR BEY BIL CAB CAL CUL DAS FUZ GA GAD GOR GOY GYG HAC \
    IMI ISM KAL KAN KUR LA LAC LAN LER MAS MI NA NEF NV NX OGU ORD QAB QAX QAZ QBA QBI QOB QUS SA SAB SAD SAH SAK SAL \
    SAR SAT SBN SIY SKR SM SMI SMX SR SUS TAR TOV UCA XA XAC XCI XIZ XVD YAR YE YEV ZAN ZAQ ZAR";

/// The register, as far as it can be read. Operators must be among the participants; where these
/// are not known (their own file is broken) they are not looked up.
pub(super) fn read(gathered: &mut Gathered, path: &Path, participants: Option<&BTreeSet<String>>) -> Option<Stations> {
    gathered.toml(path, Part::Stations, |_, source, mut top| {
        top.need(&["stations"]);
        let mut stations = Stations::default();
        for (code, table) in top.table("stations").map(Table::entries).unwrap_or_default() {
            if let Some(station) = station(source, &code, table, participants) {
                stations.by_code.insert(station.code.clone(), station);
            }
        }
        top.finish();
        stations
    })
}

fn station(
    source: &Source<'_>,
    code: &At<String>,
    mut table: Table<'_, '_>,
    participants: Option<&BTreeSet<String>>,
) -> Option<Station> {
    table.need(&["name", "type", "mw", "region", "operator"]);
    let name = table.string("name");
    let kinds = [
        ("solar", StationKind::Solar),
        ("wind", StationKind::Wind),
        ("hydro", StationKind::Hydro),
        ("small-hydro", StationKind::SmallHydro),
        ("waste", StationKind::Waste),
        ("bio", StationKind::Bio),
        ("hybrid", StationKind::Hybrid),
    ];
    let kind = table.word("type", &kinds);
    let mw = table.string("mw").and_then(|text| Some((capacity(source, &text)?, text.spot)));
    let capacities = capacities(source, table.tables("capacities"), mw.as_ref());
    let region = table.string("region");
    if let Some(region) = &region {
        let known = region.value.strip_prefix("AZ-").is_some_and(|code| REGIONS.split_whitespace().any(|r| r == code));
        if !known {
            source.mistake(&region.spot, format!("{:?} is no region of ISO 3166-2:AZ, as AZ-BA", region.value));
        }
    }
    let operator = table.parsed::<ParticipantName>("operator");
    if let (Some(operator), Some(participants)) = (&operator, participants)
        && !participants.contains(operator.value.as_str())
    {
        let known = participants.iter().map(String::as_str);
        let meant = super::reader::meant(operator.value.as_str(), known);
        source.mistake(&operator.spot, format!("\"{}\" is no participant of the registry{meant}", operator.value));
    }
    let (from, to) = (table.day("from"), table.day("to"));
    match (&from, &to) {
        (Some(from), Some(to)) if to.value < from.value => source.mistake(&to.spot, "lies before `from`"),
        (None, Some(to)) if !table.has("from") => {
            source.mistake(&to.spot, "has no `from` before it; a station that was never in service cannot leave it")
        }
        _ => {}
    }
    table.finish();
    let code = code.value.parse().map_err(|form: &str| source.mistake(&code.spot, form)).ok()?;
    Some(Station {
        code,
        name: name?.value,
        kind: kind?.value,
        mw: mw?.0,
        capacities,
        region: region?.value,
        operator: operator?.value,
        from: from.map(|day| day.value),
        to: to.map(|day| day.value),
    })
}

/// The capacities that a station had, each with its first day: they rise by these, and the last is that of today.
fn capacities(
    source: &Source<'_>,
    tables: Vec<Table<'_, '_>>,
    today: Option<&(Quantity, Spot)>,
) -> Vec<(Date, Quantity)> {
    let mut dated: Vec<(Date, Quantity)> = Vec::new();
    let is_dated = !tables.is_empty();
    for mut table in tables {
        table.need(&["from", "mw"]);
        let (from, mw) = (table.day("from"), table.string("mw").and_then(|text| capacity(source, &text)));
        table.finish();
        let (Some(from), Some(mw)) = (from, mw) else { return Vec::new() };
        if dated.last().is_some_and(|(before, _)| *before >= from.value) {
            source.mistake(&from.spot, "does not lie after the `from` before it");
        }
        dated.push((from.value, mw));
    }
    if let (true, Some((mw, spot))) = (is_dated, today)
        && dated.last().is_some_and(|(_, last)| last != mw)
    {
        source.mistake(spot, "is not the last of `capacities`, which holds today");
    }
    dated
}

fn capacity(source: &Source<'_>, text: &At<String>) -> Option<Quantity> {
    let fault = match Quantity::parse(&text.value, 3, '.') {
        Ok(mw) if mw.scaled() > 0 => return Some(mw),
        Ok(_) => "a station has some capacity",
        Err(QuantityFault::Separator) => "the decimal mark is a point, and thousands are not parted",
        Err(QuantityFault::Places) => "at most three decimal places",
        Err(QuantityFault::Sign) => "without a sign",
        Err(_) => "wanted is a plain decimal as \"8.33\"",
    };
    source.mistake(&text.spot, format!("{:?} is no capacity in MW: {fault}", text.value));
    None
}
