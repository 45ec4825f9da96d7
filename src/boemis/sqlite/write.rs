//! One transaction of the loader: a group's statements, a savepoint and a mark each.
//!
//! Owns the writing statements. A document of up to [`HEAD_RECORDS`] records is one round trip to
//! the connection's thread: savepoint, mark, records and release are one statement text, prepared
//! once for each number of records. Never commits by itself.

use super::fault;
use super::read::{self, Plan, Plans};
use crate::boemis::Fault;
use crate::boemis::layout::Layout;
use crate::boemis::mark::Mark;
use crate::document::{Content, DatasetName, Revision, SubmissionId};
use crate::schema::{Key, Record, Standing, Value};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr, Sqlite};

/// Records that travel with the mark. Each number up to it may be prepared and kept once.
const HEAD_RECORDS: usize = 24;

/// Records of a later piece: with 64 columns and two of our own, half of the 32 766 variables
/// that a SQLite statement may have; memory stays flat whatever a document's size.
const PIECE_RECORDS: usize = 240;

/// What came of an insert.
pub(in crate::boemis) enum Insert {
    /// Mark and records are in the transaction.
    Done,
    /// Nothing was written: a mark of the same id, or of the same statement and revision, stands.
    Stands,
}

/// A transaction under way. Dropped without a commit, it leaves nothing.
pub(in crate::boemis) struct Transaction<'s> {
    inner: sqlx::Transaction<'s, Sqlite>,
    plans: &'s mut Plans,
    /// Set when it failed: SQLite may have rolled back on its own.
    broken: &'s mut bool,
}

impl<'s> Transaction<'s> {
    pub(super) async fn begin(
        connection: &'s mut SqliteConnection,
        plans: &'s mut Plans,
        broken: &'s mut bool,
    ) -> Result<Self, Fault> {
        // IMMEDIATE: what is read in a group cannot change before it is written
        let inner = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|e| fault("starting a group", e))?;
        Ok(Self { inner, plans, broken })
    }

    pub(in crate::boemis) fn layout(&self, dataset: &DatasetName) -> Option<&Layout> {
        self.plans.get(dataset).map(|plan| &plan.layout)
    }

    pub(in crate::boemis) async fn standing(&mut self, key: &Key, id: SubmissionId) -> Result<Standing, Fault> {
        let result = read::standing(&mut self.inner, self.plans, key, id).await;
        self.noting(result)
    }

    pub(in crate::boemis) async fn find_content(
        &mut self,
        key: &Key,
        revision: Revision,
        content: Content,
        id: SubmissionId,
    ) -> Result<Option<SubmissionId>, Fault> {
        let result = read::find_content(&mut self.inner, key, revision, content, id).await;
        self.noting(result)
    }

    pub(in crate::boemis) async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        let result = read::mark(&mut self.inner, id).await;
        self.noting(result)
    }

    /// Writes mark and records behind a savepoint.
    pub(in crate::boemis) async fn insert(&mut self, mark: &Mark, records: &[Record]) -> Result<Insert, Fault> {
        // whoever stops waiting half-way must not find the connection in use
        *self.broken = true;
        let Some(plan) = self.plans.get_mut(&mark.key.dataset) else {
            return Err(Fault::Wrong(format!("there is no table for the dataset `{}`", mark.key.dataset)));
        };
        match write(&mut self.inner, plan, mark, records).await {
            Ok(()) => {
                *self.broken = false;
                Ok(Insert::Done)
            }
            Err(error) => {
                let stands = error.as_database_error().is_some_and(|e| e.is_unique_violation());
                let error = fault(LOADING, error);
                if error.is_away() {
                    return Err(error);
                }
                let undo = sqlx::raw_sql("ROLLBACK TO document; RELEASE document");
                undo.execute(&mut *self.inner).await.map_err(|e| fault(LOADING, e))?;
                *self.broken = false;
                if stands { Ok(Insert::Stands) } else { Err(error) }
            }
        }
    }

    /// Makes the group durable.
    pub(in crate::boemis) async fn commit(self) -> Result<(), Fault> {
        *self.broken = true;
        self.inner.commit().await.map_err(|e| fault("committing a group", e))?;
        *self.broken = false;
        Ok(())
    }

    /// Leaves nothing of the group, and waits until that is so.
    pub(in crate::boemis) async fn abandon(self) -> Result<(), Fault> {
        *self.broken = true;
        self.inner.rollback().await.map_err(|e| fault("abandoning a group", e))?;
        *self.broken = false;
        Ok(())
    }

    fn noting<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        *self.broken |= result.as_ref().is_err_and(Fault::is_away);
        result
    }
}

const LOADING: &str = "loading a statement";

async fn write(
    connection: &mut SqliteConnection,
    plan: &mut Plan,
    mark: &Mark,
    records: &[Record],
) -> Result<(), sqlx::Error> {
    let (head, rest) = records.split_at(records.len().min(HEAD_RECORDS));
    // one text more than there are counts: the head of a longer document leaves the savepoint open
    let kind = if rest.is_empty() { head.len() } else { HEAD_RECORDS + 1 };
    let sql = match plan.inserts.get(&kind) {
        Some(sql) => sql.clone(),
        None => {
            let sql = AssertSqlSafe(head_sql(&plan.layout, head.len(), rest.is_empty())).into_sql_str();
            plan.inserts.insert(kind, sql.clone());
            sql
        }
    };
    let mut query = bind_mark(sqlx::query(sql), mark);
    for record in head {
        query = bind_values(query, record);
    }
    query.execute(&mut *connection).await?;
    if rest.is_empty() {
        return Ok(());
    }
    let mut number = HEAD_RECORDS as i64;
    let full = AssertSqlSafe(piece_sql(&plan.layout, PIECE_RECORDS)).into_sql_str();
    for piece in rest.chunks(PIECE_RECORDS) {
        let whole = piece.len() == PIECE_RECORDS;
        let sql = if whole { full.clone() } else { AssertSqlSafe(piece_sql(&plan.layout, piece.len())).into_sql_str() };
        let mut query = sqlx::query(sql).persistent(whole);
        for record in piece {
            number += 1;
            query = bind_values(query.bind(number), record);
        }
        query.execute(&mut *connection).await?;
    }
    sqlx::raw_sql("RELEASE document").execute(connection).await.map(drop)
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bind_mark<'q>(query: Statement<'q>, mark: &Mark) -> Statement<'q> {
    let signers: Vec<String> = mark.signers.iter().map(|signer| signer.to_string()).collect();
    query
        .bind(mark.id.to_string())
        .bind(mark.key.participant.as_str().to_owned())
        .bind(mark.key.dataset.as_str().to_owned())
        .bind(mark.key.period.to_string())
        .bind(i64::from(mark.revision.get()))
        .bind(mark.content.0.as_bytes().to_vec())
        .bind(mark.rows.as_bytes().to_vec())
        .bind(i64::try_from(mark.records).unwrap_or(-1)) // which the table refuses
        .bind(mark.received.to_string())
        .bind(mark.loaded.to_string())
        .bind(signers.join(" "))
}

fn bind_values<'q>(mut query: Statement<'q>, record: &Record) -> Statement<'q> {
    for value in &record.values {
        query = match value {
            Value::Absent => query.bind(None::<i64>),
            Value::Station(code) => query.bind(code.as_str().to_owned()),
            Value::Decimal(quantity) => query.bind(quantity.scaled()),
        };
    }
    query
}

const MARK: &str = "INSERT INTO submission (id, participant, dataset, period, revision, content, rows, records, \
    received_at, loaded_at, signers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

fn head_sql(layout: &Layout, count: usize, whole: bool) -> String {
    let mut sql = format!("SAVEPOINT document; {MARK}");
    if count > 0 {
        let records: Vec<String> = (1..=count).map(|number| one(layout, &number.to_string())).collect();
        sql.push_str(&format!("; {}{}", into(layout), records.join(", ")));
    }
    if whole {
        sql.push_str("; RELEASE document");
    }
    sql
}

fn piece_sql(layout: &Layout, count: usize) -> String {
    format!("{}{}", into(layout), vec![one(layout, "?"); count].join(", "))
}

fn into(layout: &Layout) -> String {
    let columns: Vec<String> = layout.columns.iter().map(|c| format!(", \"{}\"", c.name)).collect();
    format!("INSERT INTO \"{}\" (\"submission\", \"record\"{}) VALUES ", layout.table(), columns.concat())
}

/// One record's values. Records have no number of their own that SQLite would hand out, so the
/// last one handed out is the mark's.
fn one(layout: &Layout, number: &str) -> String {
    format!("(last_insert_rowid(), {number}{})", ", ?".repeat(layout.columns.len()))
}
