//! The text of a dataset's table and views, for either engine.
//!
//! Owns the SQL that CONTRACT 6 promises (R 2.1.6): `<dataset>_current`, `<dataset>_history`,
//! `<dataset>_total`. Names come from [`Layout`], which has checked every character of them; no
//! value of a document is ever written into SQL. What the engines write in another way is asked of
//! [`Engine`]; all else is one text. Never talks to a database.

use super::layout::{LaidColumn, Layout, MAPPED, Part};
use crate::schema::{ColumnKind, YearRule};

/// Which database reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// A scaled whole number printed as the decimal it stands for: no floating point on the way. PostgreSQL has a
    /// type for that, whose text has all places; in SQLite it is text.
    fn printed(self, value: &str, places: u8) -> String {
        let scale = 10i64.pow(u32::from(places));
        match (self, places) {
            (Self::Sqlite, 0) => format!("CAST({value} AS TEXT)"),
            (Self::Sqlite, _) => format!(
                "CASE WHEN {value} IS NOT NULL THEN printf('%d.%0{places}d', {value} / {scale}, {value} % {scale}) END"
            ),
            (Self::Postgres, 0) => format!("CAST({value} AS numeric)"),
            (Self::Postgres, _) => {
                format!("CAST({value} AS numeric) * 0.{}1", "0".repeat(usize::from(places).saturating_sub(1)))
            }
        }
    }

    /// The table of submissions, where a part of a question has its name.
    fn submissions(self) -> &'static str {
        match self {
            Self::Sqlite => "main.submission",
            Self::Postgres => "submission", // what WITH names is not seen in its own text
        }
    }
}

/// A view: its name and the statement that makes it.
pub(super) struct View {
    pub(super) name: String,
    pub(super) sql: String,
}

impl View {
    /// What it shows: its statement behind the words that make it.
    pub(super) fn select(&self) -> &str {
        self.sql.split_once(" AS ").map_or("", |(_, select)| select)
    }
}

/// The statement that makes the table of records.
pub(super) fn table(engine: Engine, layout: &Layout) -> String {
    let columns: Vec<String> = layout.stored().map(|(name, part, of)| column(engine, &name, part, of)).collect();
    let (table, columns) = (layout.table(), columns.join(", "));
    match engine {
        Engine::Sqlite => format!(
            "CREATE TABLE \"{table}\" (\"submission\" INTEGER NOT NULL REFERENCES submission (number), \
             \"record\" INTEGER NOT NULL, {columns}, PRIMARY KEY (\"submission\", \"record\")) STRICT, WITHOUT ROWID"
        ),
        // that each belongs to a load is asked once a statement, by `record_fits`, and not once a row
        Engine::Postgres => format!(
            "CREATE TABLE \"{table}\" (\"submission\" bigint NOT NULL, \
             \"record\" bigint NOT NULL CHECK (\"record\" > 0), {columns}, PRIMARY KEY (\"submission\", \"record\"))"
        ),
    }
}

/// The statement that makes the index by which others' records are asked for; none where they are not asked for so.
pub(super) fn key_index(layout: &Layout) -> Option<String> {
    let key = layout.key().filter(|_| layout.asks_by_key())?;
    Some(format!("CREATE INDEX \"{}\" ON \"{}\" (\"{}\")", layout.key_index(), layout.table(), key.name))
}

/// The statements that give the table one more column of the description; records from before have no value in it.
pub(super) fn added(engine: Engine, layout: &Layout, new: &LaidColumn) -> Vec<String> {
    let added = |(name, part): (String, Part)| {
        format!("ALTER TABLE \"{}\" ADD COLUMN {}", layout.table(), column(engine, &name, part, new))
    };
    new.stored().into_iter().map(added).collect()
}

fn column(engine: Engine, name: &str, part: Part, of: &LaidColumn) -> String {
    let number = match (&of.kind, part) {
        (ColumnKind::Decimal { .. }, _) | (ColumnKind::Geometry(_), Part::Epsg) => true,
        (ColumnKind::Station | ColumnKind::Text(_) | ColumnKind::Geometry(_), _) => false,
    };
    match (number, engine) {
        (false, Engine::Sqlite) => format!("\"{name}\" TEXT"),
        // compared and sorted by octets, as in SQLite
        (false, Engine::Postgres) => format!("\"{name}\" text COLLATE \"C\""),
        (true, Engine::Sqlite) => format!("\"{name}\" INTEGER CHECK (\"{name}\" >= 0)"),
        (true, Engine::Postgres) => format!("\"{name}\" bigint CHECK (\"{name}\" >= 0)"),
    }
}

/// The triggers by which the table's records stay what they are, each with its name.
pub(super) fn triggers(engine: Engine, layout: &Layout) -> Vec<(String, String)> {
    let table = layout.table();
    let named = |ending: &str| format!("{table}_{ending}");
    let (stays, goes, fits) = (named("stays"), named("goes"), named("fits"));
    match engine {
        Engine::Sqlite => vec![
            (stays.clone(), format!("CREATE TRIGGER \"{stays}\" BEFORE UPDATE ON \"{table}\" BEGIN {REFUSED}; END")),
            (goes.clone(), format!("CREATE TRIGGER \"{goes}\" BEFORE DELETE ON \"{table}\" BEGIN {REFUSED}; END")),
        ],
        Engine::Postgres => vec![
            (
                stays.clone(),
                format!(
                    "CREATE TRIGGER \"{stays}\" BEFORE UPDATE OR DELETE OR TRUNCATE ON \"{table}\" \
                     FOR EACH STATEMENT EXECUTE FUNCTION loaded_stays()"
                ),
            ),
            (
                fits.clone(),
                format!(
                    "CREATE TRIGGER \"{fits}\" AFTER INSERT ON \"{table}\" REFERENCING NEW TABLE AS fresh \
                     FOR EACH STATEMENT EXECUTE FUNCTION record_fits()"
                ),
            ),
        ],
    }
}

/// As the migrations say it in PostgreSQL.
const REFUSED: &str = "SELECT RAISE(ABORT, 'what was loaded is never changed')";

/// All views of the dataset.
pub(super) fn views(engine: Engine, layout: &Layout) -> Vec<View> {
    let mut views = vec![view(layout, "current", &records(engine, layout, true))];
    views.push(view(layout, "history", &records(engine, layout, false)));
    if let (Some(year), Some(station)) = (layout.year, layout.key()) {
        views.push(view(layout, "total", &total(engine, layout, &station.name, year)));
    }
    views
}

/// What a dataset with shapes shows besides where PostGIS is, in this schema: `<dataset>_current`, and each shape as a
/// geometry in WGS 84, for a GIS to open. None where there are no shapes.
pub(super) fn map(layout: &Layout, postgis: &str) -> Option<View> {
    let shape = layout.columns.iter().find(|column| matches!(column.kind, ColumnKind::Geometry(_)))?;
    // the same text again, and not of that view: which is dropped when it is made anew
    let current = records(Engine::Postgres, layout, true);
    let select = format!(
        "SELECT held.*, {postgis}.ST_GeomFromText(held.\"{shape}\", {WGS84})::{postgis}.geometry(Geometry, {WGS84}) \
         AS \"{MAPPED}\" FROM ({current}) AS held",
        shape = shape.name,
    );
    Some(view(layout, "map", &select))
}

/// The code of WGS 84 in a GIS.
const WGS84: u16 = 4326;

fn view(layout: &Layout, ending: &str, select: &str) -> View {
    let name = format!("{}_{ending}", layout.stem);
    View { sql: format!("CREATE VIEW \"{name}\" AS {select}"), name }
}

/// What `<dataset>_current` showed at the moment `$1`, which is written as [`moment`] has it: each column as text, the
/// view's columns in their order. What was loaded later is not there, and what was contested later is not contested.
///
/// Without `at_moment` as it shows it now, which asks for far less: the indexes of the table know what holds now.
pub(super) fn as_of(engine: Engine, layout: &Layout, at_moment: bool) -> String {
    let names: Vec<String> = shown(layout).iter().map(|name| format!("CAST(held.\"{name}\" AS text)")).collect();
    let sorted: Vec<String> = (1..=names.len()).map(|at| at.to_string()).collect();
    format!(
        "{known}SELECT {names} FROM ({records}) AS held ORDER BY {sorted}",
        known = if at_moment { format!("WITH {} ", known(engine)) } else { String::new() },
        names = names.join(", "),
        records = records(engine, layout, true),
        sorted = sorted.join(", "),
    )
}

/// The table of submissions as it was known at the moment `$1`, under its own name: what was loaded later is not there,
/// what was contested later is not contested, and what was approved later waits.
fn known(engine: Engine) -> String {
    format!(
        "submission AS (SELECT number, id, participant, dataset, period, revision, \
         CASE WHEN {contested} <= $1 THEN contested_at END AS contested_at, \
         CASE WHEN {approved} <= $1 THEN approved_at END AS approved_at FROM {submissions} WHERE {loaded} <= $1)",
        contested = moment("contested_at"),
        approved = moment("approved_at"),
        submissions = engine.submissions(),
        loaded = moment("loaded_at"),
    )
}

/// The records of which `<dataset>_total` is the sum, each in every period in which it counts: period, `y` where the
/// statement is of just that year and `n` where the year follows from its parts, sender, key, and the decimals as they
/// are stored. With `at_moment` as they were known at `$1`. None where there is no total.
pub(super) fn counted(engine: Engine, layout: &Layout, at_moment: bool) -> Option<String> {
    let (year, key) = (layout.year?, layout.key()?);
    let decimals: Vec<String> = layout.decimals().map(|(c, _)| format!(", c.\"{}\"", c.name)).collect();
    let known = if at_moment { known(engine) + ", " } else { String::new() };
    Some(format!(
        "WITH {known}{parts} SELECT c.period, CASE WHEN c.annual THEN 'y' ELSE 'n' END, c.participant, c.station{} \
         FROM counted c",
        decimals.concat(),
        parts = counting(layout, &key.name, year, ", d.participant, d.annual"),
    ))
}

/// The columns of `<dataset>_current`.
pub(super) fn shown(layout: &Layout) -> Vec<String> {
    let own = ["period", "submission", "participant", "revision"].map(str::to_owned);
    layout.stored().map(|(name, ..)| name).chain(own).collect()
}

/// A stored moment with nine places of the second, so that moments compare as their texts: stored, they have as many
/// places as they need.
pub(super) fn moment(column: &str) -> String {
    format!("substr({column}, 1, 19) || '.' || substr(rtrim(substr({column}, 21), 'Z') || '000000000', 1, 9)")
}

/// The condition that a submission `s` is the highest revision of its statement that is approved and not contested:
/// what a contested one superseded holds again, for a signature without force struck nothing out.
pub(super) const STANDS: &str = "s.contested_at IS NULL AND s.approved_at IS NOT NULL AND s.revision = \
    (SELECT max(x.revision) FROM submission x WHERE x.dataset = s.dataset AND x.period = s.period \
    AND x.participant = s.participant AND x.contested_at IS NULL AND x.approved_at IS NOT NULL)";

/// The condition that a row `r` of a standing submission `s` counts, to be put behind others: a revision that holds
/// again, because the one that superseded it is contested, gives way for each station that another participant filed
/// meanwhile (R 3.5.4: one figure a station and period). Nothing where records have no key.
pub(super) fn gave_no_way(layout: &Layout) -> String {
    let Some(station) = layout.key() else { return String::new() };
    format!(
        " AND NOT (EXISTS (SELECT 1 FROM submission z WHERE z.dataset = s.dataset AND z.period = s.period \
         AND z.participant = s.participant AND z.revision > s.revision AND z.contested_at IS NOT NULL \
         AND z.approved_at IS NOT NULL) \
         AND EXISTS (SELECT 1 FROM submission o JOIN \"{table}\" q ON q.submission = o.number \
         WHERE o.dataset = s.dataset AND o.period = s.period AND o.participant <> s.participant \
         AND o.number > s.number AND q.\"{station}\" = r.\"{station}\" AND o.contested_at IS NULL \
         AND o.approved_at IS NOT NULL \
         AND o.revision = (SELECT max(x.revision) FROM submission x WHERE x.dataset = o.dataset \
         AND x.period = o.period AND x.participant = o.participant AND x.contested_at IS NULL \
         AND x.approved_at IS NOT NULL)))",
        table = layout.table(),
        station = station.name,
    )
}

fn records(engine: Engine, layout: &Layout, only_current: bool) -> String {
    let columns: Vec<String> = layout
        .stored()
        .map(|(name, _, of)| match of.kind {
            ColumnKind::Decimal { places } => {
                format!("{} AS \"{name}\"", engine.printed(&format!("r.\"{name}\""), places))
            }
            ColumnKind::Station | ColumnKind::Text(_) | ColumnKind::Geometry(_) => {
                format!("r.\"{name}\" AS \"{name}\"")
            }
        })
        .collect();
    let (beside, stands) = match only_current {
        true => ("", format!(" AND {STANDS}{}", gave_no_way(layout))),
        false => {
            let times = ", s.received_at AS received_at, s.loaded_at AS loaded_at, s.approved_at AS approved_at, \
                s.contested_at AS contested_at, s.replaces AS replaces, s.reason AS reason, s.note AS note, \
                s.proposed_by AS proposed_by";
            (times, String::new())
        }
    };
    format!(
        "SELECT {columns}, s.period AS period, s.id AS submission, \
         s.participant AS participant, s.revision AS revision{beside} \
         FROM submission s JOIN \"{table}\" r ON r.submission = s.number WHERE s.dataset = '{slug}'{stands}",
        columns = columns.join(", "),
        table = layout.table(),
        slug = layout.slug,
    )
}

/// A row a quarter, and a row a year: of each participant the annual statement where it stands,
/// else its quarters (their sum for a flow, the latest for a stock). A station that stands in
/// anybody's annual statement is counted from there alone: the owner may file the year where
/// the operator filed the quarters, and no kilowatt-hour is counted twice.
fn total(engine: Engine, layout: &Layout, station: &str, year: YearRule) -> String {
    let sums: Vec<String> = layout
        .decimals()
        .map(|(c, places)| format!("{} AS \"{}\", ", engine.printed(&format!("sum(c.\"{}\")", c.name), places), c.name))
        .collect();
    format!(
        "WITH {parts} SELECT c.period AS period, {sums}count(DISTINCT c.station) AS {counted} \
         FROM counted c GROUP BY c.period",
        parts = counting(layout, station, year, ""),
        counted = layout.keys_counted(),
        sums = sums.concat(),
    )
}

/// What stands behind WITH, of which the last, `counted`, has the records that count; `more` of its columns besides
/// period, key and figures, with a comma before each.
fn counting(layout: &Layout, station: &str, year: YearRule, more: &str) -> String {
    let names: Vec<String> = layout.decimals().map(|(c, _)| format!(", d.\"{}\"", c.name)).collect();
    let picked = names.concat() + more;
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
        "statement AS (SELECT s.number AS number, s.participant AS participant, s.period AS period, \
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
         WHERE NOT d.annual AND a.year IS NULL AND n.year IS NULL{last})",
        slug = layout.slug,
        table = layout.table(),
        from_records = from_records.concat(),
        gave_no_way = gave_no_way(layout),
    )
}
