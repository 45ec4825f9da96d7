//! BOEMİS in one SQLite file.
//!
//! Owns the one writing connection, its settings, and the order in which a file is made ready:
//! pragmas, migrations, tables and views of the datasets. While it is open there are `-wal` and
//! `-shm` files beside it; [`Store::close`] folds them in, so that a stopped window's file can be
//! copied alone. A transaction that does not come to its end takes the connection with it: closing
//! it rolls back, and after a fault SQLite may have done so on its own. Never decides what may be
//! loaded.

mod ahead;
mod prepare;
mod read;
mod snapshot;
mod write;

pub(super) use ahead::{sweep, write_ahead};
pub(super) use read::Plans;
pub(super) use snapshot::Snapshot;
pub(super) use write::Transaction;

use super::acts::{Act, Deed, Done, Situation, other_did};
use super::layout::Layout;
use super::mark::Mark;
use super::{Counted, Fault, Filed, Records, Settings, Total, asked};
use crate::boemis::standing::Question;
use crate::document::{DatasetName, Digest, Revision, SubmissionId};
use crate::schema::{Datasets, Standing};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Sqlite};
use std::path::{Path, PathBuf};

/// An open database.
#[derive(Debug)]
pub(super) struct Store {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
    /// A transaction did not come to its end on this connection: it is not used again.
    broken: bool,
    plans: Plans,
    writes: bool,
}

impl Store {
    /// Opens the file for writing, making it when there is none.
    pub(super) async fn open(path: &Path, settings: &Settings, datasets: &Datasets) -> Result<Self, Fault> {
        let options = options(path, settings)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // the load mark is believed after a power cut, so each commit is synced
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .page_size(PAGE)
            .pragma("wal_autocheckpoint", log_pages(path, settings).to_string())
            .pragma("journal_size_limit", (u64::from(settings.checkpoint_pages) * 4096).to_string());
        let was_cut_off = path_of_log(path).metadata().is_ok_and(|log| log.len() > 0);
        let mut store = Self { options, connection: None, broken: false, plans: Plans::default(), writes: true };
        let connection = store.connected("opening the database").await?;
        if was_cut_off {
            prepare::check(connection).await?;
        }
        prepare::migrate(connection).await?;
        store.prepare(datasets).await?;
        Ok(store)
    }

    /// Opens an existing file for reading alone.
    pub(super) async fn open_read_only(path: &Path, settings: &Settings, datasets: &Datasets) -> Result<Self, Fault> {
        // an empty file is what a crash right after its making leaves: whoever writes makes the tables
        if !path.metadata().is_ok_and(|file| file.len() > 0) {
            return Err(Fault::Missing { path: path.display().to_string() });
        }
        let options = options(path, settings).read_only(true).pragma("query_only", "ON");
        let mut store = Self { options, connection: None, broken: false, plans: Plans::default(), writes: false };
        let connection = store.connected("opening the database for reading").await?;
        store.plans = prepare::look(connection, datasets).await?;
        Ok(store)
    }

    /// Makes tables and views follow the descriptions; does nothing when they do already.
    pub(super) async fn prepare(&mut self, datasets: &Datasets) -> Result<(), Fault> {
        let connection = self.connected("preparing the datasets").await?;
        self.plans = prepare::prepare(connection, datasets).await?;
        Ok(())
    }

    /// A transaction, which begins with its first question.
    pub(super) async fn begin(&mut self) -> Result<Transaction<'_>, Fault> {
        self.connected("starting a group").await?;
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        Ok(Transaction::new(connection, &mut self.plans, &mut self.broken))
    }

    pub(super) async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        read::mark(self.connected("looking for a mark").await?, id).await
    }

    pub(super) async fn standing(&mut self, question: Question<'_>) -> Result<Standing, Fault> {
        self.connected("reading what stands").await?;
        let Some(connection) = self.connection.as_mut() else { return Err(closed()) };
        let mut standing = read::standing(connection, &self.plans, (question.key, question.id)).await?;
        read::add_elsewhere(connection, &self.plans, question, &mut standing).await?;
        Ok(standing)
    }

    pub(super) async fn totals(&mut self, dataset: &DatasetName) -> Result<Vec<Total>, Fault> {
        self.connected("reading totals").await?;
        match self.connection.as_mut() {
            Some(connection) => read::totals(connection, &self.plans, dataset).await,
            None => Err(closed()),
        }
    }

    pub(super) async fn stored_rows(&mut self, mark: &Mark) -> Result<Digest, Fault> {
        self.connected("reading records back").await?;
        match self.connection.as_mut() {
            Some(connection) => read::stored_rows(connection, &self.plans, mark).await,
            None => Err(closed()),
        }
    }

    pub(super) async fn texts(
        &mut self,
        mark: &Mark,
        take: &mut dyn FnMut(Vec<String>) -> Result<(), Fault>,
    ) -> Result<Digest, Fault> {
        self.connected("reading records back").await?;
        match self.connection.as_mut() {
            Some(connection) => read::texts(connection, &self.plans, mark, take).await,
            None => Err(closed()),
        }
    }

    pub(super) fn columns(&self, mark: &Mark) -> Result<Vec<String>, Fault> {
        read::columns(&self.plans, mark)
    }

    pub(super) async fn as_of(&mut self, dataset: &DatasetName, at: Option<Timestamp>) -> Result<Records, Fault> {
        self.connected("reading what held at a moment").await?;
        match self.connection.as_mut() {
            Some(connection) => read::as_of(connection, &self.plans, dataset, at).await,
            None => Err(closed()),
        }
    }

    pub(super) async fn counted(
        &mut self,
        dataset: &DatasetName,
        at: Option<Timestamp>,
    ) -> Result<Vec<Counted>, Fault> {
        self.connected("reading what counts").await?;
        match self.connection.as_mut() {
            Some(connection) => read::counted(connection, &self.plans, dataset, at).await,
            None => Err(closed()),
        }
    }

    pub(super) async fn filed(&mut self, dataset: &DatasetName, at: Timestamp) -> Result<Vec<Filed>, Fault> {
        read::filed(self.connected("reading what was filed").await?, dataset, at).await
    }

    /// Marks loads as contested, in one transaction: the first moment stays. Of each the revision that holds
    /// then.
    pub(super) async fn contest(&mut self, marks: &[Mark], now: Timestamp) -> Result<Vec<Option<Revision>>, Fault> {
        const DOING: &str = "contesting loads";
        // the database itself takes it out of what holds
        const SQL: &str =
            "INSERT INTO submission_act (submission, act, at) VALUES (?1, 'contested', ?2) ON CONFLICT DO NOTHING";
        let connection = self.connected(DOING).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|e| fault(DOING, e))?;
        for mark in marks {
            let query = sqlx::query(SQL).bind(mark.id.to_string()).bind(now.to_string());
            query.execute(&mut *transaction).await.map_err(|e| fault(DOING, e))?;
        }
        let mut holds = Vec::with_capacity(marks.len());
        for mark in marks {
            holds.push(read::holds(&mut transaction, &mark.key).await?);
        }
        transaction.commit().await.map_err(|e| fault(DOING, e))?;
        Ok(holds)
    }

    pub(super) async fn situation(&mut self, id: SubmissionId) -> Result<Option<Situation>, Fault> {
        read::situation(self.connected("reading what was done to a load").await?, id).await
    }

    pub(super) async fn acts(&mut self) -> Result<Vec<Deed>, Fault> {
        read::acts(self.connected("reading what was done").await?).await
    }

    pub(super) async fn waiting(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        read::waiting(self.connected("reading what waits").await?).await
    }

    pub(super) async fn deed(&mut self, by: SubmissionId) -> Result<Option<Done>, Fault> {
        read::deed(self.connected("reading what was done").await?, by).await
    }

    /// Does one thing to a load, unless this document did it; whether it was to be done.
    pub(super) async fn act(&mut self, act: Act) -> Result<bool, Fault> {
        const DOING: &str = "doing what a document says";
        let (subject, stage, by) = (act.subject.to_string(), act.stage.as_str(), act.by.to_string());
        let connection = self.connected(DOING).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|e| fault(DOING, e))?;
        let query = sqlx::query(asked::ACT).bind(&subject).bind(stage).bind(act.at.to_string()).bind(&by);
        let done = query.execute(&mut *transaction).await.map_err(|e| fault(DOING, e))?.rows_affected();
        let query = sqlx::query_scalar::<_, i64>(asked::DONE).bind(&subject).bind(stage).bind(&by);
        let there = query.fetch_one(&mut *transaction).await.map_err(|e| fault(DOING, e))?;
        transaction.commit().await.map_err(|e| fault(DOING, e))?;
        match there {
            0 => Err(other_did(&act)),
            _ => Ok(done > 0),
        }
    }

    pub(super) fn layouts(&self) -> Vec<Layout> {
        self.plans.layouts()
    }

    pub(super) async fn count(&mut self, doing: &'static str, sql: String) -> Result<i64, Fault> {
        let query = sqlx::query_scalar::<Sqlite, i64>(AssertSqlSafe(sql)).persistent(false);
        query.fetch_one(self.connected(doing).await?).await.map_err(|e| fault(doing, e))
    }

    pub(super) async fn word(&mut self, doing: &'static str, sql: &'static str) -> Result<Option<String>, Fault> {
        let query = sqlx::query_scalar::<Sqlite, String>(sql).persistent(false);
        query.fetch_optional(self.connected(doing).await?).await.map_err(|e| fault(doing, e))
    }

    pub(super) async fn loads(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        read::loads(self.connected("reading what is loaded").await?).await
    }

    pub(super) async fn contested(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        read::contested(self.connected("reading what is contested").await?).await
    }

    pub(super) async fn uncontested(&mut self) -> Result<u64, Fault> {
        read::uncontested(self.connected("counting loads").await?).await
    }

    pub(super) async fn missing(&mut self, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
        read::missing(self.connected("looking for marks").await?, ids).await
    }

    /// Moves what was committed into the main file, as far as readers allow, so that a document
    /// that comes later does not wait for it.
    pub(super) async fn rest(&mut self) -> Result<(), Fault> {
        let connection = self.connected("resting").await?;
        sqlx::raw_sql("PRAGMA wal_checkpoint(PASSIVE)")
            .execute(connection)
            .await
            .map_err(|e| fault("resting", e))
            .map(drop)
    }

    /// Folds the log into the file and closes it.
    pub(super) async fn close(mut self) -> Result<(), Fault> {
        const DOING: &str = "closing the database";
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        // without a reader beside it, closing alone would do; with one, this leaves an empty log
        let folded = match self.writes {
            true => sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await.map(drop),
            false => Ok(()),
        };
        let closed = connection.close().await;
        folded.map_err(|e| fault(DOING, e))?;
        closed.map_err(|e| fault(DOING, e))
    }

    /// The connection, made anew when a transaction took the last one with it.
    async fn connected(&mut self, doing: &'static str) -> Result<&mut SqliteConnection, Fault> {
        if std::mem::take(&mut self.broken)
            && let Some(broken) = self.connection.take()
        {
            // its thread rolls back what is left; what it says of that changes nothing
            let _ = broken.close().await;
        }
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await.map_err(|e| fault(doing, e))?);
        }
        self.connection.as_mut().ok_or_else(closed)
    }

    /// Lets the file grow to so many pages and no further, on this connection alone: a full disk.
    #[cfg(test)]
    pub(super) async fn allow_pages(&mut self, count: u32) {
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {count}"));
        sqlx::raw_sql(sql).execute(self.connected("a test").await.unwrap()).await.unwrap();
    }
}

/// Where SQLite keeps what was written last, while the database is open.
fn path_of_log(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Octets of a page of a new database. A record lies on its page as a quarter of that at most, and what it has more on
/// a page of its own: a parcel of thirty points takes two kilobytes, so with the usual 4 KiB each would take six.
const PAGE: u32 = 16 << 10;

/// Pages of the log at which it is moved into the main file: `checkpoint_pages` of 4 KiB, however large they are.
fn log_pages(path: &Path, settings: &Settings) -> u32 {
    (settings.checkpoint_pages / (page_of(path).unwrap_or(PAGE) / 4096).max(1)).max(1)
}

/// Octets of a page of this file (sqlite.org/fileformat.html 1.3.2); none where it is not there, or empty.
fn page_of(path: &Path) -> Option<u32> {
    const AT: usize = 16;
    let mut head = [0; AT + 2];
    std::io::Read::read_exact(&mut std::fs::File::open(path).ok()?, &mut head).ok()?;
    match u16::from_be_bytes([head[AT], head[AT + 1]]) {
        1 => Some(64 << 10),
        size => Some(u32::from(size)),
    }
}

fn options(path: &Path, settings: &Settings) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(settings.busy_timeout)
        .statement_cache_capacity(STATEMENTS_MAX)
        .pragma("cache_size", format!("-{}", settings.cache_kib))
        // temporary b-trees of a totals view are small; nothing is written outside the window
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

/// Prepared statements kept: two datasets' worth of the usual record counts. A statement takes
/// a few KiB; the oldest goes first.
const STATEMENTS_MAX: usize = 48;

fn closed() -> Fault {
    Fault::Wrong("the connection is closed".to_owned())
}

/// Sorts what SQLite says into away (locked, full, failing) and wrong (everything else).
fn fault(doing: &'static str, error: sqlx::Error) -> Fault {
    let away = match &error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => {
            let code: Option<i32> = database.code().and_then(|code| code.parse().ok());
            // the lower octet is the primary result code (sqlite.org/rescode.html):
            // PERM 3, BUSY 5, LOCKED 6, NOMEM 7, READONLY 8, INTERRUPT 9, IOERR 10, FULL 13,
            // CANTOPEN 14, PROTOCOL 15
            matches!(code.map(|code| code & 0xff), Some(3 | 5..=10 | 13..=15))
        }
        _ => false,
    };
    match away {
        true => Fault::Away { doing, cause: error.to_string() },
        false => Fault::Wrong(format!("{doing}: {error}")),
    }
}
