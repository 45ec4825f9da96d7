//! The text of a dataset's table and views in SQLite.
//!
//! Owns the SQL that CONTRACT 6 promises: `<dataset>_current`, `<dataset>_history`,
//! `<dataset>_total`. Names come from [`Layout`], which has checked every character of them; no
//! value of a document is ever written into SQL. Never talks to a database.

use crate::boemis::layout::{LaidColumn, Layout};
use crate::schema::{ColumnKind, YearRule};

/// A view: its name and the statement that makes it.
pub(super) struct View {
    pub(super) name: String,
    pub(super) sql: String,
}

/// The statement that makes the table of records.
pub(super) fn table(layout: &Layout) -> String {
    let columns: Vec<String> = layout.columns.iter().map(column).collect();
    format!(
        "CREATE TABLE \"{}\" (\"submission\" INTEGER NOT NULL REFERENCES submission (number), \
         \"record\" INTEGER NOT NULL, {}, PRIMARY KEY (\"submission\", \"record\")) STRICT, WITHOUT ROWID",
        layout.table(),
        columns.join(", ")
    )
}

/// The statement that gives the table one more column; records from before have no value in it.
pub(super) fn added(layout: &Layout, new: &LaidColumn) -> String {
    format!("ALTER TABLE \"{}\" ADD COLUMN {}", layout.table(), column(new))
}

fn column(column: &LaidColumn) -> String {
    match column.kind {
        ColumnKind::Station | ColumnKind::Text(_) => format!("\"{}\" TEXT", column.name),
        ColumnKind::Decimal { .. } => format!("\"{0}\" INTEGER CHECK (\"{0}\" >= 0)", column.name),
    }
}

/// All views of the dataset.
pub(super) fn views(layout: &Layout) -> Vec<View> {
    let mut views = vec![
        View { name: format!("{}_current", layout.stem), sql: records(layout, "current", true) },
        View { name: format!("{}_history", layout.stem), sql: records(layout, "history", false) },
    ];
    if let (Some(year), Some(station)) = (layout.year, layout.key()) {
        views.push(View { name: format!("{}_total", layout.stem), sql: total(layout, &station.name, year) });
    }
    views
}

/// The condition that a submission `s` is the highest revision of its statement that is not contested: what a
/// contested one superseded holds again, for a signature without force struck nothing out.
pub(super) const STANDS: &str = "s.contested_at IS NULL AND s.revision = (SELECT max(x.revision) FROM submission x \
    WHERE x.dataset = s.dataset AND x.period = s.period AND x.participant = s.participant \
    AND x.contested_at IS NULL)";

/// The condition that a row `r` of a standing submission `s` counts, to be put behind others: a revision that holds
/// again, because the one that superseded it is contested, gives way for each station that another participant filed
/// meanwhile (R 3.5.4: one figure a station and period). Nothing where records have no key.
pub(super) fn gave_no_way(layout: &Layout) -> String {
    let Some(station) = layout.key() else { return String::new() };
    format!(
        " AND NOT (EXISTS (SELECT 1 FROM submission z WHERE z.dataset = s.dataset AND z.period = s.period \
         AND z.participant = s.participant AND z.revision > s.revision AND z.contested_at IS NOT NULL) \
         AND EXISTS (SELECT 1 FROM submission o JOIN \"{table}\" q ON q.submission = o.number \
         WHERE o.dataset = s.dataset AND o.period = s.period AND o.participant <> s.participant \
         AND o.number > s.number AND q.\"{station}\" = r.\"{station}\" AND o.contested_at IS NULL \
         AND o.revision = (SELECT max(x.revision) FROM submission x WHERE x.dataset = o.dataset \
         AND x.period = o.period AND x.participant = o.participant AND x.contested_at IS NULL)))",
        table = layout.table(),
        station = station.name,
    )
}

/// A scaled whole number printed as the decimal it stands for: no floating point on the way.
fn printed(value: &str, places: u8) -> String {
    match places {
        0 => format!("CAST({value} AS TEXT)"),
        _ => {
            let scale = 10i64.pow(u32::from(places));
            format!(
                "CASE WHEN {value} IS NOT NULL THEN printf('%d.%0{places}d', {value} / {scale}, {value} % {scale}) END"
            )
        }
    }
}

fn records(layout: &Layout, ending: &str, only_current: bool) -> String {
    let columns: Vec<String> = layout
        .columns
        .iter()
        .map(|c| match c.kind {
            ColumnKind::Decimal { places } => {
                format!("{} AS \"{}\"", printed(&format!("r.\"{}\"", c.name), places), c.name)
            }
            ColumnKind::Station | ColumnKind::Text(_) => format!("r.\"{0}\" AS \"{0}\"", c.name),
        })
        .collect();
    let (beside, stands) = match only_current {
        true => ("", format!(" AND {STANDS}{}", gave_no_way(layout))),
        false => {
            let times = ", s.received_at AS received_at, s.loaded_at AS loaded_at, s.contested_at AS contested_at";
            (times, String::new())
        }
    };
    format!(
        "CREATE VIEW \"{stem}_{ending}\" AS SELECT {columns}, s.period AS period, s.id AS submission, \
         s.participant AS participant, s.revision AS revision{beside} \
         FROM submission s JOIN \"{table}\" r ON r.submission = s.number WHERE s.dataset = '{slug}'{stands}",
        stem = layout.stem,
        columns = columns.join(", "),
        table = layout.table(),
        slug = layout.slug,
    )
}

/// A row a quarter, and a row a year: of each participant the annual statement where it stands,
/// else its quarters (their sum for a flow, the latest for a stock). A station that stands in
/// anybody's annual statement is counted from there alone: the owner may file the year where
/// the operator filed the quarters, and no kilowatt-hour is counted twice.
fn total(layout: &Layout, station: &str, year: YearRule) -> String {
    let names: Vec<String> = layout.decimals().map(|(c, _)| format!(", d.\"{}\"", c.name)).collect();
    let picked = names.concat();
    let sums: Vec<String> = layout
        .decimals()
        .map(|(c, places)| format!("{} AS \"{}\", ", printed(&format!("sum(c.\"{}\")", c.name), places), c.name))
        .collect();
    let from_records: Vec<String> = layout.decimals().map(|(c, _)| format!(", r.\"{}\"", c.name)).collect();
    let quarters = match year {
        YearRule::Sum => String::new(),
        YearRule::Last => " JOIN latest ON latest.participant = d.participant AND latest.year = d.year \
             AND latest.period = d.period \
             LEFT JOIN latest_station l ON l.year = d.year AND l.station = d.station"
            .to_owned(),
    };
    let last = match year {
        YearRule::Sum => "",
        YearRule::Last => " AND (d.station IS NULL OR l.period = d.period)",
    };
    let latest = match year {
        YearRule::Sum => String::new(),
        YearRule::Last => "latest AS (SELECT participant, year, max(period) AS period FROM statement \
             WHERE NOT annual GROUP BY participant, year), \
             latest_station AS (SELECT d.year AS year, d.station AS station, max(d.period) AS period \
             FROM stands d JOIN latest ON latest.participant = d.participant AND latest.period = d.period \
             WHERE d.station IS NOT NULL GROUP BY d.year, d.station), "
            .to_owned(),
    };
    format!(
        "CREATE VIEW \"{stem}_total\" AS WITH \
         statement AS (SELECT s.number AS number, s.participant AS participant, s.period AS period, \
         substr(s.period, 1, 4) AS year, length(s.period) = 4 AS annual \
         FROM submission s WHERE s.dataset = '{slug}' AND {STANDS}), \
         stands AS (SELECT t.participant AS participant, t.period AS period, t.year AS year, t.annual AS annual, \
         r.\"{station}\" AS station{from_records} FROM statement t JOIN submission s ON s.number = t.number \
         JOIN \"{table}\" r ON r.submission = s.number{gave_no_way}), \
         annual AS (SELECT DISTINCT participant, year FROM statement WHERE annual), \
         annual_station AS (SELECT DISTINCT year, station FROM stands WHERE annual AND station IS NOT NULL), \
         {latest}\
         counted AS (SELECT d.period AS period, d.station AS station{picked} FROM stands d \
         UNION ALL SELECT d.year, d.station{picked} FROM stands d{quarters} \
         LEFT JOIN annual a ON a.participant = d.participant AND a.year = d.year \
         LEFT JOIN annual_station n ON n.year = d.year AND n.station = d.station \
         WHERE NOT d.annual AND a.year IS NULL AND n.year IS NULL{last}) \
         SELECT c.period AS period, {sums}count(DISTINCT c.station) AS {counted} \
         FROM counted c GROUP BY c.period",
        stem = layout.stem,
        slug = layout.slug,
        counted = layout.keys_counted(),
        table = layout.table(),
        from_records = from_records.concat(),
        gave_no_way = gave_no_way(layout),
        sums = sums.concat(),
    )
}
