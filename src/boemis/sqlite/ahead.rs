//! Rows before their mark, by a connection of their own.
//!
//! A row's number is that of its mark, and the mark is to be the last of all when it comes. So the rows stand
//! under a number far above all others, and what is loaded meanwhile gets those between: room for a million
//! loads. The link from a row to its mark is not asked for on this connection, since the mark comes last; that
//! it came, and that there are as many rows as it says, is looked at in its transaction (`write.rs`). What
//! has no mark and was written by nobody who is still there was left by a crash: it is swept first.
//! Never writes a mark.

use super::write::{PIECE_RECORDS, Statement as Query, bind_values, numbered_sql};
use super::{fault, log_pages, options};
use crate::boemis::ahead::{Ahead, Source, Sweep};
use crate::boemis::layout::Layout;
use crate::boemis::rows::{Rows, gone};
use crate::boemis::views::{Engine, triggers};
use crate::boemis::{Fault, Settings};
use crate::document::{DatasetName, Digest};
use crate::schema::{Datasets, Record, Value};
use sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqlSafeStr, SqlStr};
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

const DOING: &str = "writing rows ahead of their mark";

/// Loads that may come before the mark.
const ROOM: i64 = 1 << 20;

/// The log grows to so many times what a group lets it: each time it is moved, the disk is waited for twice.
const LOGGED: u32 = 4;

/// Rows that are swept at a time: some ten milliseconds.
const SWEPT: i64 = 2_000;

/// Statements of one transaction: a group waits for no more of them.
const AT_ONCE: usize = 4;

/// Statements that are made before they are wanted.
const WAITING: usize = 1;

/// Octets of texts and shapes after which a statement is full, however few its records: one of them may have megabytes.
const FULL: usize = 512 << 10;

/// Writes all rows; the number that their mark is to have, their digest, and how many they are.
pub(in crate::boemis) async fn write_ahead(
    (path, settings): (&Path, &Settings),
    datasets: &Datasets,
    (dataset, source): (&DatasetName, Source),
    ahead: &Ahead,
    sweep: Sweep<'_>,
) -> Result<(i64, Digest, u64), Fault> {
    let layouts = Layout::all(datasets)?;
    let layout = layouts.iter().find(|layout| layout.slug == dataset.as_str());
    let layout = layout.ok_or_else(|| Fault::no_table(dataset))?;
    let mut connection = connected(path, settings).await?;
    let written = async {
        for one in &layouts {
            let mut useless = sweep.useless.to_vec();
            if sweep.sweeps_all {
                useless.extend(left(&mut connection, one, sweep.spared).await?);
            }
            sweep_away(&mut connection, one, ahead, (sweep.spared, &useless)).await?;
        }
        let number = free_number(&mut connection, &layouts).await?;
        let (rows, records) = write(&mut connection, layout, number, source, ahead).await?;
        Ok((number, rows, records))
    };
    let written = written.await;
    // what it says of that changes nothing: an open transaction is rolled back
    let _ = connection.close().await;
    written
}

/// Takes away all rows that stand above all marks.
pub(in crate::boemis) async fn sweep(
    (path, settings): (&Path, &Settings),
    datasets: &Datasets,
    ahead: &Ahead,
) -> Result<(), Fault> {
    let layouts = Layout::all(datasets)?;
    let mut connection = connected(path, settings).await?;
    let swept = async {
        for layout in &layouts {
            sweep_away(&mut connection, layout, ahead, (&[], &[])).await?;
        }
        Ok(())
    };
    let swept = swept.await;
    let _ = connection.close().await;
    swept
}

async fn connected(path: &Path, settings: &Settings) -> Result<SqliteConnection, Fault> {
    options(path, settings)
        .journal_mode(SqliteJournalMode::Wal)
        // a crash may take these rows; the mark's own commit syncs the log that they stand in, or a checkpoint did
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(false)
        .pragma("wal_autocheckpoint", log_pages(path, settings).saturating_mul(LOGGED).to_string())
        .connect()
        .await
        .map_err(|e| fault(DOING, e))
}

/// A number above all that stand, with room before it.
async fn free_number(connection: &mut SqliteConnection, layouts: &[Layout]) -> Result<i64, Fault> {
    let mut highest = highest(connection, "submission", "number").await?;
    for layout in layouts {
        highest = highest.max(self::highest(connection, &layout.table(), "submission").await?);
    }
    highest.checked_add(ROOM).ok_or_else(|| Fault::Wrong(format!("{DOING}: no number is left")))
}

async fn highest(connection: &mut SqliteConnection, table: &str, column: &str) -> Result<i64, Fault> {
    let sql = AssertSqlSafe(format!("SELECT coalesce(max(\"{column}\"), 0) FROM \"{table}\""));
    sqlx::query_scalar(sql).fetch_one(connection).await.map_err(|e| fault(DOING, e))
}

async fn write(
    connection: &mut SqliteConnection,
    layout: &Layout,
    number: i64,
    source: Source,
    ahead: &Ahead,
) -> Result<(Digest, u64), Fault> {
    let made = statements_of(layout.clone(), number, source);
    // whoever makes them says what was wrong, if anything was
    let lost = || gone(io::Error::new(io::ErrorKind::UnexpectedEof, "they came to no end"));
    loop {
        // as long as none has come, nobody is kept from the database
        let mut next = match made.recv().map_err(|_| lost())?? {
            Made::All(rows, records) => return Ok((rows, records)),
            Made::Some(statement) => Some(statement),
        };
        let turn = ahead.step()?;
        begin(connection).await?;
        let (mut ended, mut done) = (None, 0);
        while let Some(statement) = next.take() {
            statement.execute(&mut *connection).await.map_err(|e| fault(DOING, e))?;
            done += 1;
            match (done < AT_ONCE && !ahead.is_wanted()).then(|| made.try_recv()) {
                Some(Ok(Ok(Made::Some(statement)))) => next = Some(statement),
                Some(Ok(Ok(Made::All(rows, records)))) => ended = Some(Ok((rows, records))),
                Some(Ok(Err(fault))) => ended = Some(Err(fault)),
                Some(Err(_)) | None => {}
            }
        }
        // what has no mark may as well stand; and no lock is left behind for the group that comes next
        commit(connection).await?;
        drop(turn);
        if let Some(ended) = ended {
            return ended;
        }
    }
}

/// What whoever makes statements has made.
enum Made {
    /// The next.
    Some(Query<'static>),
    /// The last was before this: the digest of all rows, and how many they are.
    All(Digest, u64),
}

/// Statements that write all records, and then what they came to: made on a thread of its own, while the database works
/// at those before.
fn statements_of(layout: Layout, number: i64, source: Source) -> Receiver<Result<Made, Fault>> {
    let (sender, receiver) = sync_channel(WAITING);
    let make = move || {
        let made = Making::new(&layout, number, &sender).all(source);
        let _ = sender.send(made.map(|(rows, records)| Made::All(rows, records))); // nobody may want it any more
    };
    // without a thread nothing is made, and whoever waits hears that
    let _ = std::thread::Builder::new().name("rows".to_owned()).spawn(make);
    receiver
}

/// The making of statements.
struct Making<'m> {
    layout: &'m Layout,
    number: i64,
    sender: &'m SyncSender<Result<Made, Fault>>,
    full: SqlStr,
    rows: Rows<'m>,
    record: i64,
}

impl<'m> Making<'m> {
    fn new(layout: &'m Layout, number: i64, sender: &'m SyncSender<Result<Made, Fault>>) -> Self {
        let full = AssertSqlSafe(numbered_sql(layout, number, PIECE_RECORDS)).into_sql_str();
        Self { layout, number, sender, full, rows: Rows::new(layout), record: 0 }
    }

    /// As many records a statement as it takes, or as are [`FULL`].
    fn all(mut self, source: Source) -> Result<(Digest, u64), Fault> {
        let (mut gathered, mut octets) = (Vec::new(), 0);
        source.each(|piece| {
            for record in piece.into_owned() {
                octets += size(&record);
                gathered.push(record);
                if gathered.len() >= PIECE_RECORDS || octets >= FULL {
                    self.send(&gathered)?;
                    gathered.clear();
                    octets = 0;
                }
            }
            Ok(())
        })?;
        if !gathered.is_empty() {
            self.send(&gathered)?;
        }
        Ok((self.rows.finish(), u64::try_from(self.record).unwrap_or_default()))
    }

    /// The statement that writes some rows, which are digested.
    fn send(&mut self, some: &[Record]) -> Result<(), Fault> {
        let whole = some.len() == PIECE_RECORDS;
        let sql = match whole {
            true => self.full.clone(),
            false => AssertSqlSafe(numbered_sql(self.layout, self.number, some.len())).into_sql_str(),
        };
        let mut query = sqlx::query(sql).persistent(whole);
        for one in some {
            self.rows.take(one)?;
            self.record += 1;
            query = bind_values(query.bind(self.record), self.layout, one);
        }
        let broken_off = |_| gone(io::Error::new(io::ErrorKind::BrokenPipe, "nobody writes them any more"));
        self.sender.send(Ok(Made::Some(query))).map_err(broken_off)
    }
}

/// About how many octets a statement takes for a record; of a shape, as it was sent and in WGS 84.
fn size(record: &Record) -> usize {
    let of = |value: &Value| match value {
        Value::Text(text) => text.len(),
        Value::Geometry(geometry) => 2 * geometry.sent().len(),
        Value::Absent | Value::Station(_) | Value::Decimal(_) => 8,
    };
    record.values.iter().map(of).sum()
}

/// The numbers of rows that have no mark, wherever they stand. Looked for from number to number, so that not all rows
/// are read; beside the groups, which go on.
async fn left(connection: &mut SqliteConnection, layout: &Layout, spared: &[i64]) -> Result<Vec<i64>, Fault> {
    let table = layout.table();
    let sql = AssertSqlSafe(format!(
        "WITH RECURSIVE met (number) AS (SELECT min(submission) FROM \"{table}\" UNION ALL \
         SELECT (SELECT min(r.submission) FROM \"{table}\" r WHERE r.submission > met.number) FROM met \
         WHERE met.number IS NOT NULL) SELECT number FROM met WHERE number IS NOT NULL \
         AND number NOT IN (SELECT number FROM submission)"
    ));
    let mut all: Vec<i64> = sqlx::query_scalar(sql).fetch_all(connection).await.map_err(|e| fault(DOING, e))?;
    all.retain(|number| !spared.contains(number));
    Ok(all)
}

/// Takes away what a crash left, the first record last: as long as any is there, no load can take their number and
/// these rows with it. That nothing of a load is ever deleted is held by a trigger, which steps aside for the
/// transaction that deletes what is of no load.
async fn sweep_away(
    connection: &mut SqliteConnection,
    layout: &Layout,
    ahead: &Ahead,
    (spared, useless): (&[i64], &[i64]),
) -> Result<(), Fault> {
    let (table, named) = (layout.table(), triggers(Engine::Sqlite, layout));
    let drops = named.iter().map(|(name, _)| format!("DROP TRIGGER IF EXISTS \"{name}\"; ")).collect::<String>();
    let makes = named.iter().map(|(_, sql)| format!("; {sql}")).collect::<String>();
    let list = |numbers: &[i64]| numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let (spared, useless) = (list(spared), list(useless));
    loop {
        let turn = ahead.step()?;
        let left: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT coalesce((SELECT max(r.submission) FROM \"{table}\" r WHERE r.submission > \
             (SELECT coalesce(max(number), 0) FROM submission) AND r.submission NOT IN ({spared})), \
             (SELECT max(r.submission) FROM \"{table}\" r WHERE r.submission IN ({useless}) \
             AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.number = r.submission)))"
        )))
        .fetch_one(&mut *connection)
        .await
        .map_err(|e| fault(DOING, e))?;
        let Some(left) = left else { return Ok(()) };
        begin(connection).await?;
        let sql = format!(
            "{drops}DELETE FROM \"{table}\" WHERE \"submission\" = {left} AND \"record\" >= \
             (SELECT max(\"record\") FROM \"{table}\" WHERE \"submission\" = {left}) - {SWEPT}{makes}"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await.map_err(|e| fault(DOING, e))?;
        commit(connection).await?;
        drop(turn);
    }
}

async fn begin(connection: &mut SqliteConnection) -> Result<(), Fault> {
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(connection).await.map_err(|e| fault(DOING, e)).map(drop)
}

async fn commit(connection: &mut SqliteConnection) -> Result<(), Fault> {
    sqlx::raw_sql("COMMIT").execute(connection).await.map_err(|e| fault(DOING, e)).map(drop)
}
