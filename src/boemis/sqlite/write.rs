//! One transaction of the loader: a group's statements, a savepoint and a mark each.
//!
//! Owns the writing statements. A document of up to [`HEAD_RECORDS`] records is one round trip to
//! the connection's thread: savepoint, mark, records and release are one statement text, prepared
//! once for each [`Shape`]; [`PIECE`] documents of one shape share it. A longer one's records follow
//! its mark piece by piece, as they are read. The begin travels with the
//! first question and, where a document is alone, the commit with its load. Never commits unasked.

use super::fault;
use super::read::{self, BEGIN, PIECE, Plan, Plans};
use crate::boemis::Fault;
use crate::boemis::layout::Layout;
use crate::boemis::mark::Mark;
use crate::boemis::rows::gone;
use crate::boemis::standing::Question;
use crate::boemis::store::{Asked, Document, Insert};
use crate::document::{DatasetName, SubmissionId};
use crate::schema::{ColumnKind, Record, Records, Standing, Value};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr, Sqlite};

/// Records that travel with the mark, at most. Each number up to it may be prepared and kept once.
const HEAD_RECORDS: usize = 24;

/// Records of a later piece: with 64 columns and two of our own, half of the 32 766 variables
/// that a SQLite statement may have; memory stays flat whatever a document's size.
pub(super) const PIECE_RECORDS: usize = 240;

/// What a statement text writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// Of each document; none of those that are longer than [`HEAD_RECORDS`], and follow their mark.
    records: Option<usize>,
    documents: usize,
    /// Whether the transaction ends with it.
    commits: bool,
}

/// A transaction under way. Dropped without a commit, it leaves nothing, and its lock is free when
/// the store is used next.
pub(in crate::boemis) struct Transaction<'s> {
    connection: &'s mut SqliteConnection,
    plans: &'s mut Plans,
    /// Told that the connection is to be thrown away.
    broken: &'s mut bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was asked yet.
    Unbegun,
    /// Whoever stops waiting, or fails, leaves it so.
    Open,
    Committed,
    Abandoned,
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        *self.broken |= self.state == State::Open;
    }
}

const BEGINNING: &str = "starting a group";
const LOADING: &str = "loading a statement";
const COMMITTING: &str = "committing a group";

impl<'s> Transaction<'s> {
    pub(super) fn new(connection: &'s mut SqliteConnection, plans: &'s mut Plans, broken: &'s mut bool) -> Self {
        Self { connection, plans, broken, state: State::Unbegun }
    }

    pub(in crate::boemis) fn layout(&self, dataset: &DatasetName) -> Option<&Layout> {
        self.plans.get(dataset).map(|plan| &plan.layout)
    }

    /// What stands beside each, none of which sees another.
    pub(in crate::boemis) async fn standing_all(&mut self, asked: &[Question<'_>]) -> Result<Vec<Standing>, Fault> {
        let own: Vec<Asked<'_>> = asked.iter().map(|question| (question.key, question.id)).collect();
        let mut all = self.own_standing(&own).await?;
        for (question, standing) in asked.iter().zip(&mut all) {
            read::add_elsewhere(self.connection, self.plans, *question, standing).await?;
        }
        Ok(all)
    }

    async fn own_standing(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Standing>, Fault> {
        if let (State::Unbegun, &[alone]) = (self.state, asked) {
            self.state = State::Open;
            if let Some(standing) = read::first_standing(self.connection, self.plans, alone).await? {
                return Ok(vec![standing]);
            }
            self.state = State::Unbegun;
        }
        self.begin().await?;
        read::standing_all(self.connection, self.plans, asked).await
    }

    pub(in crate::boemis) async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        self.begin().await?;
        read::mark(self.connection, id).await
    }

    /// Writes marks and records, each document behind a savepoint: what came of each. After a fault
    /// that means *away* nothing more is tried.
    pub(in crate::boemis) async fn insert_all(&mut self, documents: &[Document<'_>]) -> Vec<Result<Insert, Fault>> {
        let mut done: Vec<Result<Insert, Fault>> = Vec::with_capacity(documents.len());
        let is_like = |one: &Document<'_>, next: &Document<'_>| {
            one.0.key.dataset == next.0.key.dataset && together(one).is_some_and(|head| Some(head) == together(next))
        };
        for piece in documents.chunk_by(is_like).flat_map(|like| like.chunks(PIECE)) {
            if piece.len() == PIECE {
                match self.insert(piece, false).await {
                    Ok(Insert::Done) => {
                        done.extend(piece.iter().map(|_| Ok(Insert::Done)));
                        continue;
                    }
                    Err(fault) if fault.is_away() => done.push(Err(fault)),
                    // Alone, each tells what is the matter with it.
                    Ok(Insert::Stands) | Err(_) => {}
                }
            }
            if !done.last().is_some_and(is_away) {
                for &document in piece {
                    done.push(self.insert(&[document], false).await);
                    if done.last().is_some_and(is_away) {
                        break;
                    }
                }
            }
            if let Some(Err(fault)) = done.last()
                && fault.is_away()
            {
                done.resize(documents.len(), Err(fault.clone()));
                break;
            }
        }
        done
    }

    /// Writes the only document of the group and, when that goes well, commits in the same round trip.
    pub(in crate::boemis) async fn insert_and_commit(&mut self, document: Document<'_>) -> Result<Insert, Fault> {
        self.insert(&[document], together(&document).is_some()).await
    }

    /// Writes the mark of rows that stand already under this number; nothing where they are not all there, or are not
    /// the last of all any more: then they must be written anew.
    pub(in crate::boemis) async fn insert_behind(&mut self, mark: &Mark, number: i64) -> Result<Option<Insert>, Fault> {
        self.begin().await?;
        let Some(plan) = self.plans.get(&mark.key.dataset) else { return Ok(None) };
        let there = AssertSqlSafe(format!(
            "SELECT (SELECT coalesce(max(number), 0) FROM submission) < ?1 AND \
             (SELECT coalesce(max(\"record\"), 0) FROM \"{table}\" WHERE \"submission\" = ?1) = ?2 AND \
             (SELECT coalesce(min(\"record\"), 1) FROM \"{table}\" WHERE \"submission\" = ?1) = 1",
            table = plan.layout.table()
        ));
        let there = sqlx::query_scalar::<_, bool>(there).bind(number).bind(i64::try_from(mark.records).unwrap_or(-1));
        if !there.fetch_one(&mut *self.connection).await.map_err(|e| fault(LOADING, e))? {
            return Ok(None);
        }
        sqlx::raw_sql("SAVEPOINT document").execute(&mut *self.connection).await.map_err(|e| fault(LOADING, e))?;
        let written = bind_mark(sqlx::query(NUMBERED).bind(number), mark).execute(&mut *self.connection).await;
        let (end, result) = match written {
            Ok(_) => ("RELEASE document", Ok(Insert::Done)),
            Err(error) => {
                let stands = error.as_database_error().is_some_and(|e| e.is_unique_violation());
                let error = fault(LOADING, error);
                if error.is_away() {
                    return Err(error);
                }
                ("ROLLBACK TO document; RELEASE document", if stands { Ok(Insert::Stands) } else { Err(error) })
            }
        };
        sqlx::raw_sql(end).execute(&mut *self.connection).await.map_err(|e| fault(LOADING, e))?;
        result.map(Some)
    }

    /// Writes documents of one shape behind one savepoint.
    async fn insert(&mut self, documents: &[Document<'_>], commits: bool) -> Result<Insert, Fault> {
        let Some((mark, _)) = documents.first() else { return Ok(Insert::Done) };
        self.begin().await?;
        let Some(plan) = self.plans.get_mut(&mark.key.dataset) else {
            return Err(Fault::no_table(&mark.key.dataset));
        };
        let shape = Shape { records: documents.first().and_then(together), documents: documents.len(), commits };
        match write(self.connection, plan, shape, documents).await {
            Ok(()) => {
                if commits {
                    self.state = State::Committed;
                }
                Ok(Insert::Done)
            }
            Err(error) => {
                let table = plan.layout.table();
                let (stands, error) = match error {
                    Unwritten::Database(error) => {
                        let violated = error.as_database_error().filter(|e| e.is_unique_violation());
                        match violated.map(|violated| violated.message().contains(&table)) {
                            // not the mark is there: records are, under the number that it was given
                            Some(true) => (false, unmarked(&table)),
                            violated => (violated.is_some(), fault(LOADING, error)),
                        }
                    }
                    Unwritten::Unread(error) => (false, gone(error)),
                };
                if error.is_away() {
                    return Err(error);
                }
                // alone, it is the whole transaction, and what is asked next begins another
                let undo = if commits { "ROLLBACK" } else { "ROLLBACK TO document; RELEASE document" };
                sqlx::raw_sql(undo).execute(&mut *self.connection).await.map_err(|e| fault(LOADING, e))?;
                if commits {
                    self.state = State::Unbegun;
                }
                if stands { Ok(Insert::Stands) } else { Err(error) }
            }
        }
    }

    /// Makes the group durable, unless it is so already.
    pub(in crate::boemis) async fn commit(mut self) -> Result<(), Fault> {
        if self.state == State::Open {
            sqlx::raw_sql("COMMIT").execute(&mut *self.connection).await.map_err(|e| fault(COMMITTING, e))?;
            self.state = State::Committed;
        }
        Ok(())
    }

    /// Leaves nothing of the group, and waits until that is so.
    pub(in crate::boemis) async fn abandon(mut self) -> Result<(), Fault> {
        if self.state == State::Open {
            sqlx::raw_sql("ROLLBACK")
                .execute(&mut *self.connection)
                .await
                .map_err(|e| fault("abandoning a group", e))?;
        }
        self.state = State::Abandoned;
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), Fault> {
        if self.state == State::Unbegun {
            self.state = State::Open;
            sqlx::raw_sql(BEGIN).execute(&mut *self.connection).await.map_err(|e| fault(BEGINNING, e))?;
        }
        Ok(())
    }
}

/// Records stand under a number that no load has.
fn unmarked(table: &str) -> Fault {
    Fault::Wrong(format!(
        "{table} has records above those of all loads, which no load wrote: somebody added them, or a crash left them; \
         they are seen by nobody, and taken away when the window starts"
    ))
}

/// How many records travel with the mark: all, or they follow it.
fn together((_, records): &Document<'_>) -> Option<usize> {
    records.near().map(<[Record]>::len).filter(|&len| len <= HEAD_RECORDS)
}

/// Why a document was not written.
enum Unwritten {
    Database(sqlx::Error),
    /// Its records could not be read back.
    Unread(std::io::Error),
}

impl From<sqlx::Error> for Unwritten {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

fn is_away(result: &Result<Insert, Fault>) -> bool {
    result.as_ref().is_err_and(Fault::is_away)
}

async fn write(
    connection: &mut SqliteConnection,
    plan: &mut Plan,
    shape: Shape,
    documents: &[Document<'_>],
) -> Result<(), Unwritten> {
    let sql = match plan.inserts.get(&shape) {
        Some(sql) => sql.clone(),
        None => {
            let sql = AssertSqlSafe(head_sql(&plan.layout, shape)).into_sql_str();
            plan.inserts.insert(shape, sql.clone());
            sql
        }
    };
    let mut query = sqlx::query(sql);
    for (mark, records) in documents {
        query = bind_mark(query, mark);
        for record in records.near().filter(|_| shape.records.is_some()).unwrap_or_default() {
            query = bind_values(query, &plan.layout, record);
        }
    }
    query.execute(&mut *connection).await?;
    match documents {
        [(_, records)] if shape.records.is_none() => write_rest(connection, &plan.layout, records).await,
        _ => Ok(()),
    }
}

/// The records that follow their mark, in pieces, and the release of the savepoint.
async fn write_rest(connection: &mut SqliteConnection, layout: &Layout, records: &Records) -> Result<(), Unwritten> {
    let mut number = 0i64;
    let full: SqlStr = AssertSqlSafe(piece_sql(layout, PIECE_RECORDS)).into_sql_str();
    for read in records.pieces() {
        for piece in read.map_err(Unwritten::Unread)?.chunks(PIECE_RECORDS) {
            let whole = piece.len() == PIECE_RECORDS;
            let sql = if whole { full.clone() } else { AssertSqlSafe(piece_sql(layout, piece.len())).into_sql_str() };
            let mut query = sqlx::query(sql).persistent(whole);
            for record in piece {
                number += 1;
                query = bind_values(query.bind(number), layout, record);
            }
            query.execute(&mut *connection).await?;
        }
    }
    sqlx::raw_sql("RELEASE document").execute(connection).await?;
    Ok(())
}

pub(super) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

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
        .bind(mark.approved.map(|at| at.to_string()))
        .bind(mark.replacing.submission.map(|id| id.to_string()))
        .bind(mark.replacing.reason.clone())
        .bind(mark.replacing.note.clone())
        .bind(mark.proposed_by.as_ref().map(|body| body.to_string()))
}

pub(super) fn bind_values<'q>(mut query: Statement<'q>, layout: &Layout, record: &Record) -> Statement<'q> {
    for (column, value) in layout.columns.iter().zip(&record.values) {
        query = match value {
            Value::Geometry(geometry) => {
                let epsg = query.bind(i64::from(geometry.crs().epsg()));
                epsg.bind(geometry.wkt()).bind(geometry.sent().to_owned())
            }
            Value::Absent if matches!(column.kind, ColumnKind::Geometry(_)) => {
                query.bind(None::<i64>).bind(None::<String>).bind(None::<String>)
            }
            Value::Absent => query.bind(None::<i64>),
            Value::Station(code) => query.bind(code.as_str().to_owned()),
            Value::Decimal(quantity) => query.bind(quantity.scaled()),
            Value::Text(text) => query.bind(text.clone()),
        };
    }
    query
}

const MARK: &str = "INSERT INTO submission (id, participant, dataset, period, revision, content, rows, records, \
    received_at, loaded_at, signers, approved_at, replaces, reason, note, proposed_by) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const NUMBERED: &str = "INSERT INTO submission (number, id, participant, dataset, period, revision, content, rows, \
    records, received_at, loaded_at, signers, approved_at, replaces, reason, note, proposed_by) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

fn head_sql(layout: &Layout, shape: Shape) -> String {
    let mut sql = vec![];
    if !shape.commits {
        sql.push("SAVEPOINT document".to_owned());
    }
    for _ in 0..shape.documents {
        sql.push(MARK.to_owned());
        if let Some(head) = shape.records.filter(|head| *head > 0) {
            let records: Vec<String> = (1..=head).map(|number| one(layout, &number.to_string())).collect();
            sql.push(format!("{}{}", into(layout), records.join(", ")));
        }
    }
    match shape.commits {
        true => sql.push("COMMIT".to_owned()),
        false if shape.records.is_some() => sql.push("RELEASE document".to_owned()),
        false => {}
    }
    sql.join("; ")
}

fn piece_sql(layout: &Layout, count: usize) -> String {
    format!("{}{}", into(layout), vec![one(layout, "?"); count].join(", "))
}

fn into(layout: &Layout) -> String {
    let columns: Vec<String> = layout.stored().map(|(name, ..)| format!(", \"{name}\"")).collect();
    format!("INSERT INTO \"{}\" (\"submission\", \"record\"{}) VALUES ", layout.table(), columns.concat())
}

/// Records of a mark that is to have this number.
pub(super) fn numbered_sql(layout: &Layout, number: i64, count: usize) -> String {
    let one = format!("({number}, ?{})", ", ?".repeat(layout.stored().count()));
    format!("{}{}", into(layout), vec![one; count].join(", "))
}

/// One record's values. Records have no number of their own that SQLite would hand out, so the
/// last one handed out is the mark's.
fn one(layout: &Layout, number: &str) -> String {
    format!("(last_insert_rowid(), {number}{})", ", ?".repeat(layout.stored().count()))
}
