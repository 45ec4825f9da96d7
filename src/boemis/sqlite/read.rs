//! What SQLite is asked: marks, what stands, equal contents, totals.
//!
//! Owns the reading statements, for the loader inside its transaction and for readers beside it
//! alike. Each question is one round trip to the connection's thread. Never writes.

use super::fault;
use crate::boemis::layout::Layout;
use crate::boemis::mark::{Mark, RawMark, digest, period};
use crate::boemis::rows::Rows;
use crate::boemis::{Fault, Total};
use crate::document::{Content, DatasetName, Digest, ParticipantName, Period, Quantity, Revision, SubmissionId};
use crate::schema::{ColumnKind, Key, Standing, Stood, Value};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row, SqlSafeStr, SqlStr};
use std::collections::BTreeMap;

/// For each dataset its layout and the statements made from it.
#[derive(Debug, Default)]
pub(in crate::boemis) struct Plans(BTreeMap<String, Plan>);

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    pub(super) inserts: BTreeMap<usize, SqlStr>,
    standing: SqlStr,
    totals: Option<SqlStr>,
}

impl Plans {
    pub(super) fn of(layouts: Vec<Layout>) -> Self {
        let plan = |layout: Layout| {
            let standing = AssertSqlSafe(standing_sql(&layout)).into_sql_str();
            let totals = layout.year.map(|_| AssertSqlSafe(totals_sql(&layout)).into_sql_str());
            (layout.slug.clone(), Plan { layout, inserts: BTreeMap::new(), standing, totals })
        };
        Self(layouts.into_iter().map(plan).collect())
    }

    pub(super) fn get(&self, dataset: &DatasetName) -> Option<&Plan> {
        self.0.get(dataset.as_str())
    }

    pub(super) fn get_mut(&mut self, dataset: &DatasetName) -> Option<&mut Plan> {
        self.0.get_mut(dataset.as_str())
    }
}

/// Only what was loaded before the submission `?1` itself: all, unless it was loaded already, and
/// then what stood when it was. So recovery judges it by what it was judged by the first time.
const HORIZON: &str = "coalesce((SELECT m.number FROM submission m WHERE m.id = ?1), 9223372036854775807)";

fn standing_sql(layout: &Layout) -> String {
    let station = layout.station().map_or("NULL".to_owned(), |c| format!("r.\"{}\"", c.name));
    let decimals: Vec<String> = layout.decimals().map(|(c, _)| format!(", r.\"{}\"", c.name)).collect();
    format!(
        "SELECT s.participant, s.period, s.revision, s.id, s.content, {station}{decimals} \
         FROM submission s LEFT JOIN \"{table}\" r ON r.submission = s.number \
         WHERE s.dataset = ?2 AND s.period IN (?3, ?4, ?5, ?6, ?7) AND (s.participant = ?8 OR s.period = ?9) \
         AND s.revision = (SELECT max(x.revision) FROM submission x WHERE x.dataset = s.dataset \
         AND x.period = s.period AND x.participant = s.participant AND x.number < {HORIZON}) \
         AND s.number < {HORIZON}",
        decimals = decimals.concat(),
        table = layout.table(),
    )
}

fn totals_sql(layout: &Layout) -> String {
    let decimals: Vec<String> = layout.decimals().map(|(c, _)| format!(", \"{}\"", c.name)).collect();
    format!("SELECT period, stations{} FROM \"{}_total\" ORDER BY period", decimals.concat(), layout.stem)
}

fn rows_sql(layout: &Layout) -> String {
    let columns: Vec<String> = layout.columns.iter().map(|c| format!(", r.\"{}\"", c.name)).collect();
    format!(
        "SELECT r.\"record\"{} FROM submission s JOIN \"{}\" r ON r.submission = s.number \
         WHERE s.id = ?1 AND r.\"record\" > ?2 ORDER BY r.\"record\" LIMIT {PAGE}",
        columns.concat(),
        layout.table()
    )
}

/// Records read at a time when all of a statement are wanted.
const PAGE: usize = 500;

const READING: &str = "reading what stands";

/// All that bears on a statement of this key by the submission `id`.
pub(super) async fn standing(
    connection: &mut SqliteConnection,
    plans: &Plans,
    key: &Key,
    id: SubmissionId,
) -> Result<Standing, Fault> {
    // no table: nothing was ever loaded for the dataset
    let Some(plan) = plans.get(&key.dataset) else { return Ok(Standing::default()) };
    let periods = match key.period.year() {
        Some(year) => [
            Period::Year(year),
            Period::Quarter(year, 1),
            Period::Quarter(year, 2),
            Period::Quarter(year, 3),
            Period::Quarter(year, 4),
        ],
        None => [Period::None; 5],
    };
    let mut query = sqlx::query(plan.standing.clone()).bind(id.to_string()).bind(key.dataset.as_str().to_owned());
    for period in periods {
        query = query.bind(period.to_string());
    }
    let rows = query
        .bind(key.participant.as_str().to_owned())
        .bind(key.period.to_string())
        .fetch_all(connection)
        .await
        .map_err(|e| fault(READING, e))?;
    gather(&plan.layout, key, &rows)
}

fn gather(layout: &Layout, key: &Key, rows: &[SqliteRow]) -> Result<Standing, Fault> {
    let mut standing = Standing::default();
    for row in rows {
        let text = |at: usize| row.try_get::<&str, _>(at).map_err(|e| fault(READING, e));
        let participant: ParticipantName = text(0)?.parse().map_err(|_| odd("submission", "participant"))?;
        let of_period = period(text(1)?).ok_or_else(|| odd("submission", "period"))?;
        let revision: i64 = row.try_get(2).map_err(|e| fault(READING, e))?;
        let station: Option<String> = row.try_get(5).map_err(|e| fault(READING, e))?;
        let station = match station.map(|code| code.parse()).transpose() {
            Ok(station) => station,
            Err(_) => return Err(odd(&layout.table(), "station")),
        };
        if participant != key.participant {
            if let (Some(station), true) = (station, of_period == key.period) {
                standing.elsewhere.insert(station, participant);
            }
            continue;
        }
        let stood = match standing.same_year.entry(of_period) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(Stood {
                submission: text(3)?.parse().map_err(|_| odd("submission", "id"))?,
                revision: u16::try_from(revision).map_err(|_| odd("submission", "revision"))?,
                content: Content(
                    digest(row.try_get(4).map_err(|e| fault(READING, e))?)
                        .ok_or_else(|| odd("submission", "content"))?,
                ),
                values: BTreeMap::new(),
            }),
        };
        if let Some(station) = station {
            let mut values = Vec::new();
            for (at, (_, places)) in layout.decimals().enumerate() {
                let scaled: Option<i64> = row.try_get(6 + at).map_err(|e| fault(READING, e))?;
                values.push(scaled.map(|scaled| Quantity::from_scaled(scaled, places)));
            }
            stood.values.insert(station, values);
        }
    }
    standing.current = standing.same_year.get(&key.period).cloned();
    Ok(standing)
}

/// The earlier submission of this statement and revision, when its content is the same.
pub(super) async fn find_content(
    connection: &mut SqliteConnection,
    key: &Key,
    revision: Revision,
    content: Content,
    id: SubmissionId,
) -> Result<Option<SubmissionId>, Fault> {
    const DOING: &str = "looking for the same content";
    const SQL: &str = "SELECT id FROM submission WHERE dataset = ?1 AND period = ?2 AND participant = ?3 \
        AND revision = ?4 AND content = ?5 AND id <> ?6";
    let found: Option<String> = sqlx::query_scalar(SQL)
        .bind(key.dataset.as_str().to_owned())
        .bind(key.period.to_string())
        .bind(key.participant.as_str().to_owned())
        .bind(i64::from(revision.get()))
        .bind(content.0.as_bytes().to_vec())
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(|e| fault(DOING, e))?;
    found.map(|id| id.parse().map_err(|_| odd("submission", "id"))).transpose()
}

/// The mark of this submission, if it was loaded.
pub(super) async fn mark(connection: &mut SqliteConnection, id: SubmissionId) -> Result<Option<Mark>, Fault> {
    const DOING: &str = "looking for a mark";
    const SQL: &str = "SELECT id, participant, dataset, period, revision, content, rows, records, received_at, \
        loaded_at, signers FROM submission WHERE id = ?1";
    let row = sqlx::query(SQL).bind(id.to_string()).fetch_optional(connection).await.map_err(|e| fault(DOING, e))?;
    let Some(row) = row else { return Ok(None) };
    let raw = || -> Result<RawMark, sqlx::Error> {
        Ok(RawMark {
            id: row.try_get(0)?,
            participant: row.try_get(1)?,
            dataset: row.try_get(2)?,
            period: row.try_get(3)?,
            revision: row.try_get(4)?,
            content: row.try_get(5)?,
            rows: row.try_get(6)?,
            records: row.try_get(7)?,
            received: row.try_get(8)?,
            loaded: row.try_get(9)?,
            signers: row.try_get(10)?,
        })
    };
    raw().map_err(|e| fault(DOING, e))?.read().map(Some).map_err(|column| odd("submission", column))
}

/// The rows of the dataset's `_total` view; none when it has no such view or no table yet.
pub(super) async fn totals(
    connection: &mut SqliteConnection,
    plans: &Plans,
    dataset: &DatasetName,
) -> Result<Vec<Total>, Fault> {
    const DOING: &str = "reading totals";
    let Some(plan) = plans.get(dataset) else { return Ok(Vec::new()) };
    let Some(sql) = &plan.totals else { return Ok(Vec::new()) };
    let rows = sqlx::query(sql.clone()).fetch_all(connection).await.map_err(|e| fault(DOING, e))?;
    rows.iter()
        .map(|row| {
            let of_period: String = row.try_get(0).map_err(|e| fault(DOING, e))?;
            let stations: i64 = row.try_get(1).map_err(|e| fault(DOING, e))?;
            let mut values = Vec::new();
            for (at, (column, _)) in plan.layout.decimals().enumerate() {
                values.push((column.name.clone(), row.try_get(2 + at).map_err(|e| fault(DOING, e))?));
            }
            Ok(Total {
                period: period(&of_period).ok_or_else(|| odd("submission", "period"))?,
                stations: u64::try_from(stations).map_err(|_| odd("submission", "stations"))?,
                values,
            })
        })
        .collect()
}

/// The digest of the records that stand for this mark now, read back from their table.
pub(super) async fn stored_rows(
    connection: &mut SqliteConnection,
    plans: &Plans,
    mark: &Mark,
) -> Result<Digest, Fault> {
    const DOING: &str = "reading records back";
    let Some(Plan { layout, .. }) = plans.get(&mark.key.dataset) else {
        return Err(Fault::Wrong(format!("there is no table for the dataset `{}`", mark.key.dataset)));
    };
    let sql = AssertSqlSafe(rows_sql(layout)).into_sql_str();
    let mut rows = Rows::new(layout);
    let mut last = 0i64;
    loop {
        let page = sqlx::query(sql.clone())
            .bind(mark.id.to_string())
            .bind(last)
            .fetch_all(&mut *connection)
            .await
            .map_err(|e| fault(DOING, e))?;
        for row in &page {
            last = row.try_get(0).map_err(|e| fault(DOING, e))?;
            let values = layout.columns.iter().enumerate().map(|(at, column)| value(layout, row, at + 1, &column.kind));
            rows.add(&values.collect::<Result<Vec<_>, _>>()?)?;
        }
        if page.len() < PAGE {
            return Ok(rows.finish());
        }
    }
}

fn value(layout: &Layout, row: &SqliteRow, at: usize, kind: &ColumnKind) -> Result<Value, Fault> {
    const DOING: &str = "reading records back";
    Ok(match kind {
        ColumnKind::Station => match row.try_get::<Option<&str>, _>(at).map_err(|e| fault(DOING, e))? {
            Some(code) => Value::Station(code.parse().map_err(|_| odd(&layout.table(), "station"))?),
            None => Value::Absent,
        },
        ColumnKind::Decimal { places } => match row.try_get::<Option<i64>, _>(at).map_err(|e| fault(DOING, e))? {
            Some(scaled) => Value::Decimal(Quantity::from_scaled(scaled, *places)),
            None => Value::Absent,
        },
    })
}

/// A stored value that no load could have written.
fn odd(table: &str, column: &str) -> Fault {
    Fault::Wrong(format!("`{table}` has a value in `{column}` that no load has written"))
}
