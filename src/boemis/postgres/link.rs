//! The line to the server: how it is made, how long is waited for an answer, and what its faults mean.
//!
//! Owns the table of error codes that mean *away*. Never asks anything of the data.

use super::super::location::Server;
use super::super::{Fault, Settings};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgCopyIn, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Postgres, Row, SqlSafeStr, SqlStr};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Timeout, timeout};

/// What a server must be, at least.
const VERSION: i32 = 15;

/// Statements that are kept prepared: as in SQLite.
const STATEMENTS_MAX: usize = 48;

/// The wakers and clocks of the connection, on a thread of their own: a group may be loaded by a thread while the
/// program's own does other work, and nobody would hear the server then.
#[derive(Debug)]
pub(super) struct Driver(Option<Runtime>);

impl Driver {
    pub(super) fn new() -> Result<Self, Fault> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("postgres").enable_all().build();
        let away = |error: std::io::Error| Fault::Away { doing: "opening the database", cause: error.to_string() };
        Ok(Self(Some(runtime.map_err(away)?)))
    }

    /// The answer, or that it did not come in this time.
    pub(super) fn within<F: Future>(&self, time: Duration, answer: F) -> Timeout<F> {
        let _clock = self.0.as_ref().map(Runtime::enter);
        timeout(time, answer)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background(); // nobody may wait for it here, and nothing is left to do
        }
    }
}

/// Makes a connection and sets it up.
pub(super) async fn connect(
    driver: &Driver,
    server: &Server,
    settings: &Settings,
    writes: bool,
    doing: &'static str,
) -> Result<PgConnection, Fault> {
    let away = |cause: String| Fault::Away { doing, cause };
    let options = options(server)?;
    let Some(runtime) = &driver.0 else { return Err(away("the program is ending".to_owned())) };
    let connecting = runtime.spawn(async move { options.connect().await });
    let stop = connecting.abort_handle();
    let mut connection = match driver.within(settings.connect_timeout, connecting).await {
        Ok(Ok(Ok(connection))) => connection,
        Ok(Ok(Err(error))) => return Err(fault(doing, error)),
        Ok(Err(error)) => return Err(away(error.to_string())),
        Err(_) => {
            stop.abort();
            return Err(away(format!("no connection within {:?}", settings.connect_timeout)));
        }
    };
    let mut link = Link { connection: &mut connection, driver, patience: patience(settings) };
    let milliseconds = |time: Duration| time.as_millis().max(1); // 0 means without end
    // a lock is waited for as in SQLite; a load mark is believed after a power cut, so a commit is on the server's disk
    link.raw(
        doing,
        AssertSqlSafe(format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET default_transaction_isolation = 'read committed'; \
             SET client_min_messages = warning;{} \
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
            milliseconds(settings.statement_timeout),
            milliseconds(settings.busy_timeout),
            // whoever keeps the database may have said the same for all
            if writes { "" } else { " SET default_transaction_read_only = on;" },
        )),
    )
    .await?;
    const LOOK: &str = "SELECT current_setting('server_version_num')::int4 / 10000, pg_is_in_recovery(), \
        current_setting('server_encoding')";
    let row = link.one(doing, sqlx::query(LOOK)).await?;
    let (version, is_standby, encoding): (i32, bool, String) =
        (cell(doing, &row, 0)?, cell(doing, &row, 1)?, cell(doing, &row, 2)?);
    if version < VERSION {
        return Err(Fault::Wrong(format!("{server} is PostgreSQL {version}; {VERSION} or later is needed")));
    }
    if encoding != "UTF8" {
        return Err(Fault::Wrong(format!("{server} keeps its texts in {encoding}; UTF8 is needed")));
    }
    if writes && is_standby {
        return Err(away(format!("{server} is a standby, which takes nothing")));
    }
    Ok(connection)
}

/// As the address says; with the password of the file, which may be another one each time.
fn options(server: &Server) -> Result<PgConnectOptions, Fault> {
    let options: PgConnectOptions =
        server.url().parse().map_err(|_| Fault::Wrong(format!("{server} is no address of a database")))?;
    let options = options.statement_cache_capacity(STATEMENTS_MAX).disable_statement_logging();
    let options = match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("pencere"),
    };
    match server.password_file() {
        None => Ok(options),
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => Ok(options.password(text.trim_end_matches(['\n', '\r']))),
            Err(error) => {
                let cause = format!("{} ([boemis] password_file): {error}", path.display());
                Err(Fault::Away { doing: "reading the database's password", cause })
            }
        },
    }
}

/// How long an answer is waited for: the server breaks a statement off by itself before that, unless the line is dead.
pub(super) fn patience(settings: &Settings) -> Duration {
    settings.statement_timeout.saturating_add(settings.connect_timeout)
}

/// A connection under way.
pub(super) struct Link<'c> {
    pub(super) connection: &'c mut PgConnection,
    pub(super) driver: &'c Driver,
    pub(super) patience: Duration,
}

impl Link<'_> {
    /// Statements without values, in one round trip.
    pub(super) async fn raw(&mut self, doing: &'static str, sql: impl SqlSafeStr) -> Result<(), Fault> {
        let done = sqlx::raw_sql(sql).execute(&mut *self.connection);
        self.driver.within(self.patience, done).await.map_err(|_| silent(doing))?.map_err(|e| fault(doing, e)).map(drop)
    }

    /// All rows of an answer.
    pub(super) async fn all(
        &mut self,
        doing: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, Fault> {
        let answer = query.fetch_all(&mut *self.connection);
        self.driver.within(self.patience, answer).await.map_err(|_| silent(doing))?.map_err(|e| fault(doing, e))
    }

    /// The one row of an answer.
    pub(super) async fn one(
        &mut self,
        doing: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<PgRow, Fault> {
        let row = self.all(doing, query).await?.pop();
        row.ok_or_else(|| Fault::Wrong(format!("{doing}: no answer to a question that has one")))
    }

    /// Begins to send rows that are written as [`COPY`](https://www.postgresql.org/docs/15/sql-copy.html) reads them.
    pub(super) async fn copy(&mut self, doing: &'static str, sql: &SqlStr) -> Result<Copying<'_>, Fault> {
        let Self { connection, driver, patience } = self;
        let begun = driver.within(*patience, connection.copy_in_raw(sql.as_str())).await;
        let copy = begun.map_err(|_| silent(doing))?.map_err(|e| fault(doing, e))?;
        Ok(Copying { copy, driver, patience: *patience, doing })
    }
}

/// Rows on their way. Dropped before their end they come in no part.
pub(super) struct Copying<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    driver: &'c Driver,
    patience: Duration,
    doing: &'static str,
}

impl Copying<'_> {
    /// Some more of them.
    pub(super) async fn send(&mut self, rows: &[u8]) -> Result<(), Fault> {
        let Self { copy, driver, patience, doing } = self;
        let sent = driver.within(*patience, copy.send(rows)).await;
        sent.map_err(|_| silent(doing))?.map_err(|e| fault(doing, e)).map(drop)
    }

    /// How many came in.
    pub(super) async fn finish(self) -> Result<u64, Fault> {
        let Self { copy, driver, patience, doing } = self;
        driver.within(patience, copy.finish()).await.map_err(|_| silent(doing))?.map_err(|e| fault(doing, e))
    }
}

/// A column of an answer.
pub(super) fn cell<'r, T>(doing: &'static str, row: &'r PgRow, at: usize) -> Result<T, Fault>
where
    T: sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
{
    row.try_get(at).map_err(|e| fault(doing, e))
}

fn silent(doing: &'static str) -> Fault {
    Fault::Away { doing, cause: "the server does not answer".to_owned() }
}

/// What a lock that another holds is called in a fault.
const LOCKED: &str = "55P03";

/// Whether this is only a lock that another holds.
pub(super) fn is_lock(fault: &Fault) -> bool {
    matches!(fault, Fault::Away { cause, .. } if cause.starts_with(LOCKED))
}

/// Sorts what the server says into away (whatever may be over by itself) and wrong (everything else).
pub(super) fn fault(doing: &'static str, error: sqlx::Error) -> Fault {
    match &error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
            Fault::Away { doing, cause: error.to_string() }
        }
        // a message that is cut off in its middle
        sqlx::Error::Protocol(_) => Fault::Away { doing, cause: error.to_string() },
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            match is_away(&code) {
                true => Fault::Away { doing, cause: format!("{code} {}", database.message()) },
                false => Fault::Wrong(format!("{doing}: {code} {}", database.message())),
            }
        }
        _ => Fault::Wrong(format!("{doing}: {error}")),
    }
}

/// The codes of <https://www.postgresql.org/docs/15/errcodes-appendix.html> that a person or the server itself ends
/// without us: what was loaded is untouched, and a document waits.
fn is_away(code: &str) -> bool {
    let class = [
        "08", // the connection
        "28", // a password that is being changed
        "40", // a serialization failure, a deadlock, a commit whose end is unknown
        "53", // disk full, out of memory, too many connections
        "57", // broken off by a person or by a timeout; shutdown, crash, starting up
        "58", // the server's disk
    ];
    let one = [
        "25006", // read only: a standby, or a disk that is nearly full
        "25P03", // idle in a transaction for too long
        "25P04", // the same of a whole transaction
        "3D000", // no such database: it is being put back
        "55000", // not now
        "55006", // in use
        LOCKED,
    ];
    code.get(..2).is_some_and(|start| class.contains(&start)) || one.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_by_itself_is_away_and_nothing_else() {
        let away = ["08006", "08003", "53100", "53300", "57P01", "57P03", "57014", "25006", "55P03", "40001", "40P01"];
        assert!(away.into_iter().all(is_away));
        for wrong in ["23505", "23514", "42501", "42P01", "22003", "25P02", "XX001", "XX002", "", "0"] {
            assert!(!is_away(wrong), "{wrong}");
        }
    }
}
