//! One transaction of the loader: a group's statements, and a mark each.
//!
//! Owns the writing statements. Documents of one dataset share one statement, which takes their marks and records as
//! arrays; a mark that stands already keeps its records out by itself. A long document's records are copied in behind
//! its mark. A savepoint stands before each statement, so that a document that the tables refuse takes no other with
//! it. Never commits unasked.

use super::super::acts::{Act, other_did};
use super::super::asked;
use super::super::layout::{Layout, Part};
use super::super::mark::Mark;
use super::super::standing::Question;
use super::super::store::{Document, Insert};
use super::super::{Fault, rows};
use super::link::{Link, cell};
use super::read::{self, Plan, Plans};
use crate::document::{DatasetName, Revision, SubmissionId};
use crate::geometry::Geometry;
use crate::host::put_digits;
use crate::schema::{ColumnKind, Record, Records, Standing, Value};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::mpsc::sync_channel;

/// The lock of all loads is taken with the begin, for as long as the transaction: what is read in it cannot change
/// before it is written. Its number is the word BOEMIS in ASCII; the inserts' own locks would not keep readers apart,
/// and a lock of the table needs more rights than to insert.
pub(super) const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(72908232542547)";

/// Records that travel with their mark; what is longer is copied in.
const TOGETHER: usize = 1000;

/// Records of one statement: some hundred octets each, and an answer within milliseconds.
const PIECE_RECORDS: usize = 10_000;

/// Octets of rows that are sent at a time.
const PIECE_OCTETS: usize = 64 << 10;

/// Octets of rows of one statement: some seconds' work, so that no timeout of the server's breaks it off.
const COPY_OCTETS: usize = 64 << 20;

const LOADING: &str = "loading a statement";
const COMMITTING: &str = "committing a group";

/// A transaction under way. Dropped without a commit, its connection is used no more, and the server rolls back.
pub(in crate::boemis) struct Transaction<'s> {
    link: Link<'s>,
    plans: &'s Plans,
    /// Told that the connection is to be thrown away.
    broken: &'s mut bool,
    is_open: bool,
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        *self.broken |= self.is_open;
    }
}

impl<'s> Transaction<'s> {
    /// Of one that has begun.
    pub(super) fn new(link: Link<'s>, plans: &'s Plans, broken: &'s mut bool) -> Self {
        Self { link, plans, broken, is_open: true }
    }

    pub(in crate::boemis) fn layout(&self, dataset: &DatasetName) -> Option<&Layout> {
        self.plans.get(dataset).map(|plan| &plan.layout)
    }

    /// What stands beside each, none of which sees another.
    pub(in crate::boemis) async fn standing_all(&mut self, asked: &[Question<'_>]) -> Result<Vec<Standing>, Fault> {
        read::questions(&mut self.link, self.plans, asked).await
    }

    pub(in crate::boemis) async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        read::mark(&mut self.link, id).await
    }

    /// Writes marks and records: what came of each. After a fault that means *away* nothing more is tried.
    pub(in crate::boemis) async fn insert_all(&mut self, documents: &[Document<'_>]) -> Vec<Result<Insert, Fault>> {
        let mut done: Vec<Result<Insert, Fault>> = Vec::with_capacity(documents.len());
        for piece in pieces(documents) {
            match self.insert(piece, false).await {
                Ok(inserted) => done.extend(inserted.into_iter().map(Ok)),
                // alone, each tells what is the matter with it
                Err(fault) if !fault.is_away() && piece.len() > 1 => {
                    for document in piece {
                        done.push(self.insert(std::slice::from_ref(document), false).await.map(|all| first(&all)));
                        if done.last().is_some_and(is_away) {
                            break;
                        }
                    }
                }
                Err(fault) => done.push(Err(fault)),
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

    /// Writes the only document of the group and, when that goes well, commits.
    pub(in crate::boemis) async fn insert_and_commit(&mut self, document: Document<'_>) -> Result<Insert, Fault> {
        let inserted = first(&self.insert(&[document], true).await?);
        // a long one is committed when the caller says so, as in SQLite
        if inserted == Insert::Done && together(document.1).is_some() {
            self.committed().await?;
        }
        Ok(inserted)
    }

    /// Writes documents of one dataset behind one savepoint; where the tables refuse one of them, none is written. What
    /// is alone in its transaction needs no savepoint.
    async fn insert(&mut self, documents: &[Document<'_>], alone: bool) -> Result<Vec<Insert>, Fault> {
        let &[(mark, records), ..] = documents else { return Ok(Vec::new()) };
        let is_long = together(records).is_none();
        let Some(plan) = self.plans.get(&mark.key.dataset) else {
            return Err(Fault::no_table(&mark.key.dataset));
        };
        if !alone {
            self.link.raw(LOADING, "SAVEPOINT document").await?;
        }
        let inserted = match documents {
            [long] if is_long => copy(&mut self.link, plan, *long).await,
            all => write(&mut self.link, plan, all).await,
        };
        match inserted {
            Ok(inserted) if alone => Ok(inserted),
            Ok(inserted) => {
                self.link.raw(LOADING, "RELEASE document").await?;
                Ok(inserted)
            }
            Err(fault) if fault.is_away() => Err(fault),
            Err(fault) if alone => {
                // what is asked next begins anew
                self.link.raw(LOADING, "ROLLBACK").await?;
                self.link.raw(LOADING, BEGIN).await?;
                Err(fault)
            }
            Err(fault) => {
                self.link.raw(LOADING, "ROLLBACK TO document; RELEASE document").await?;
                Err(fault)
            }
        }
    }

    /// Makes the group durable, unless it is so already.
    pub(in crate::boemis) async fn commit(mut self) -> Result<(), Fault> {
        self.committed().await
    }

    async fn committed(&mut self) -> Result<(), Fault> {
        if self.is_open {
            // a transaction that failed would be rolled back by its COMMIT without a word; the question would fail
            self.link.raw(COMMITTING, "SELECT 1; COMMIT").await?;
            self.is_open = false;
        }
        Ok(())
    }

    /// Leaves nothing of the group, and waits until that is so.
    pub(in crate::boemis) async fn abandon(mut self) -> Result<(), Fault> {
        if self.is_open {
            self.link.raw("abandoning a group", "ROLLBACK").await?;
            self.is_open = false;
        }
        Ok(())
    }
}

fn is_away(result: &Result<Insert, Fault>) -> bool {
    result.as_ref().is_err_and(Fault::is_away)
}

/// The records that travel with their mark; none of a document whose records are copied in behind it.
fn together(records: &Records) -> Option<&[Record]> {
    records.near().filter(|near| near.len() <= TOGETHER)
}

fn first(inserted: &[Insert]) -> Insert {
    inserted.first().copied().unwrap_or(Insert::Stands)
}

/// Neighbours of one dataset that go into one statement.
fn pieces<'p, 'd>(documents: &'p [Document<'d>]) -> Vec<&'p [Document<'d>]> {
    let mut pieces = Vec::new();
    let mut rest = documents;
    while let Some((start, _)) = rest.split_first() {
        let mut records = 0;
        let fits = |(mark, all): &&Document<'_>| {
            records += all.len();
            mark.key.dataset == start.0.key.dataset && together(all).is_some() && records <= PIECE_RECORDS
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (piece, behind) = rest.split_at(count);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// The marks' columns, in the order in which they are bound.
const MARK_COLUMNS: &str = "id, participant, dataset, period, revision, content, rows, records, received_at, \
    loaded_at, signers, approved_at, replaces, reason, note, proposed_by";

/// Values that the marks take.
const MARK_VALUES: usize = 16;

/// `$1` to `$16` are the marks; then, a value a record, the place of its mark among them, its number, its columns.
/// The answer: which marks were written.
pub(super) fn insert_sql(layout: &Layout) -> String {
    let into: Vec<String> = layout.stored().map(|(name, ..)| format!(", \"{name}\"")).collect();
    let read: Vec<String> = (0..into.len()).map(|at| format!(", r.c{at}")).collect();
    let named: Vec<String> = (0..into.len()).map(|at| format!(", c{at}")).collect();
    let columns = layout.stored().enumerate().map(|(at, (_, part, column))| {
        let kind = match (&column.kind, part) {
            (ColumnKind::Decimal { .. }, _) | (ColumnKind::Geometry(_), Part::Epsg) => "bigint",
            (ColumnKind::Station | ColumnKind::Text(_) | ColumnKind::Geometry(_), _) => "text",
        };
        format!(", ${}::{kind}[]", MARK_VALUES + 3 + at)
    });
    format!(
        "WITH mark AS (INSERT INTO submission ({MARK_COLUMNS}) SELECT {MARK_COLUMNS} FROM unnest($1::text[], \
         $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bytea[], $7::bytea[], $8::bigint[], $9::text[], \
         $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[]) WITH ORDINALITY \
         AS m ({MARK_COLUMNS}, at) ORDER BY at ON CONFLICT DO NOTHING RETURNING number, id), \
         record AS (INSERT INTO \"{table}\" (\"submission\", \"record\"{into}) SELECT mark.number, r.record{read} \
         FROM unnest(${place}::bigint[], ${number}::bigint[]{columns}) AS r (place, record{named}) \
         JOIN mark ON mark.id = ($1::text[])[r.place]) \
         SELECT id FROM mark",
        table = layout.table(),
        into = into.concat(),
        read = read.concat(),
        named = named.concat(),
        place = MARK_VALUES + 1,
        number = MARK_VALUES + 2,
        columns = columns.collect::<String>(),
    )
}

/// Writes marks with the records that travel with them.
async fn write(link: &mut Link<'_>, plan: &Plan, documents: &[Document<'_>]) -> Result<Vec<Insert>, Fault> {
    let documents: Vec<(&Mark, &[Record])> =
        documents.iter().map(|(mark, records)| (*mark, together(records).unwrap_or_default())).collect();
    let texts = |of: &dyn Fn(&Mark) -> String| documents.iter().map(|(mark, _)| of(mark)).collect::<Vec<String>>();
    let maybe = |of: &dyn Fn(&Mark) -> Option<String>| documents.iter().map(|(mark, _)| of(mark)).collect::<Vec<_>>();
    let numbers = |of: &dyn Fn(&Mark) -> i64| documents.iter().map(|(mark, _)| of(mark)).collect::<Vec<i64>>();
    let octets = |of: &dyn Fn(&Mark) -> Vec<u8>| documents.iter().map(|(mark, _)| of(mark)).collect::<Vec<_>>();
    let mut query = sqlx::query(plan.insert.clone())
        .bind(texts(&|mark| mark.id.to_string()))
        .bind(texts(&|mark| mark.key.participant.as_str().to_owned()))
        .bind(texts(&|mark| mark.key.dataset.as_str().to_owned()))
        .bind(texts(&|mark| mark.key.period.to_string()))
        .bind(numbers(&|mark| i64::from(mark.revision.get())))
        .bind(octets(&|mark| mark.content.0.as_bytes().to_vec()))
        .bind(octets(&|mark| mark.rows.as_bytes().to_vec()))
        .bind(numbers(&|mark| i64::try_from(mark.records).unwrap_or(-1))) // which the table refuses
        .bind(texts(&|mark| mark.received.to_string()))
        .bind(texts(&|mark| mark.loaded.to_string()))
        .bind(texts(&signers))
        .bind(maybe(&|mark| mark.approved.map(|at| at.to_string())))
        .bind(maybe(&|mark| mark.replacing.submission.map(|id| id.to_string())))
        .bind(maybe(&|mark| mark.replacing.reason.clone()))
        .bind(maybe(&|mark| mark.replacing.note.clone()))
        .bind(maybe(&|mark| mark.proposed_by.as_ref().map(|body| body.to_string())));
    let (mut places, mut record_numbers) = (Vec::new(), Vec::new());
    for (place, (_, records)) in (1i64..).zip(&documents) {
        places.extend(records.iter().map(|_| place));
        record_numbers.extend((1i64..).take(records.len()));
    }
    query = query.bind(places).bind(record_numbers);
    let all = || documents.iter().flat_map(|(_, records)| records.iter());
    for (at, column) in plan.layout.columns.iter().enumerate() {
        query = match column.kind {
            ColumnKind::Station | ColumnKind::Text(_) => {
                query.bind(all().map(|record| word(record, at)).collect::<Vec<_>>())
            }
            ColumnKind::Decimal { .. } => query.bind(all().map(|record| scaled(record, at)).collect::<Vec<_>>()),
            ColumnKind::Geometry(_) => {
                let of = |record| drawn(record, at);
                let epsg = all().map(|record| of(record).map(|shape| i64::from(shape.crs().epsg())));
                let whole = all().map(|record| of(record).map(Geometry::wkt));
                let sent = all().map(|record| of(record).map(|shape| shape.sent().to_owned()));
                let query = query.bind(epsg.collect::<Vec<_>>());
                query.bind(whole.collect::<Vec<_>>()).bind(sent.collect::<Vec<_>>())
            }
        };
    }
    let mut written = HashSet::new();
    for row in &link.all(LOADING, query).await? {
        written.insert(cell::<String>(LOADING, row, 0)?);
    }
    // of two marks of one id, the second stands in the way of nothing but itself
    let came = |(mark, _): &(&Mark, &[Record])| match written.remove(&mark.id.to_string()) {
        true => Insert::Done,
        false => Insert::Stands,
    };
    Ok(documents.iter().map(came).collect())
}

fn signers(mark: &Mark) -> String {
    mark.signers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn word(record: &Record, at: usize) -> Option<String> {
    match record.values.get(at) {
        Some(Value::Station(code)) => Some(code.as_str().to_owned()),
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn scaled(record: &Record, at: usize) -> Option<i64> {
    match record.values.get(at) {
        Some(Value::Decimal(quantity)) => Some(quantity.scaled()),
        _ => None,
    }
}

fn drawn(record: &Record, at: usize) -> Option<&Geometry> {
    match record.values.get(at) {
        Some(Value::Geometry(geometry)) => Some(geometry),
        _ => None,
    }
}

pub(super) fn copy_sql(layout: &Layout) -> String {
    let columns: Vec<String> = layout.stored().map(|(name, ..)| format!(", \"{name}\"")).collect();
    format!("COPY \"{}\" (\"submission\", \"record\"{}) FROM STDIN", layout.table(), columns.concat())
}

/// A long document: its mark, then its records as lines of text, as they are read.
async fn copy(link: &mut Link<'_>, plan: &Plan, (mark, records): Document<'_>) -> Result<Vec<Insert>, Fault> {
    let inserted = write(link, plan, &[(mark, &Records::default())]).await?;
    if inserted != [Insert::Done] {
        return Ok(inserted);
    }
    const NUMBER: &str = "SELECT number FROM submission WHERE id = $1";
    let number: i64 = cell(LOADING, &link.one(LOADING, sqlx::query(NUMBER).bind(mark.id.to_string())).await?, 0)?;
    let (mut count, mut lines) = (0, lines_of(number, &plan.layout, records).peekable());
    while lines.peek().is_some() {
        let mut copying = link.copy(LOADING, &plan.copy).await?;
        let mut sent = 0;
        while sent < COPY_OCTETS
            && let Some(some) = lines.next()
        {
            let some = some?;
            sent += some.len();
            copying.send(some.as_bytes()).await?;
        }
        count += copying.finish().await?;
    }
    match count == mark.records {
        true => Ok(inserted),
        false => Err(Fault::Wrong(format!("{LOADING}: {count} of {} records came in", mark.records))),
    }
}

/// Records as lines, some at a time: made on a thread of its own, while the server works at those before.
fn lines_of(number: i64, layout: &Layout, records: &Records) -> impl Iterator<Item = Result<String, Fault>> {
    /// Pieces that wait to be sent.
    const WAITING: usize = 4;
    let (sender, receiver) = sync_channel(WAITING);
    let (layout, records) = (layout.clone(), records.clone());
    let make = move || {
        let (mut at, mut lines) = (0, String::with_capacity(PIECE_OCTETS + 1024));
        let number = number.to_string();
        for piece in records.pieces() {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => return drop(sender.send(Err(rows::gone(error)))),
            };
            for record in piece.iter() {
                at += 1;
                line(&mut lines, &layout, &number, at, record);
                if lines.len() >= PIECE_OCTETS {
                    let room = lines.capacity().min(2 * PIECE_OCTETS);
                    let full = std::mem::replace(&mut lines, String::with_capacity(room));
                    if sender.send(Ok(full)).is_err() {
                        return; // nobody wants them any more
                    }
                }
            }
        }
        if !lines.is_empty() {
            let _ = sender.send(Ok(lines)); // as above
        }
    };
    // without a thread there are no lines, and what came in is counted
    let _ = std::thread::Builder::new().name("lines".to_owned()).spawn(make);
    receiver.into_iter()
}

/// A record as COPY reads it: tabs between, `\N` where there is nothing.
fn line(piece: &mut String, layout: &Layout, number: &str, at: u64, record: &Record) {
    piece.push_str(number);
    piece.push('\t');
    put_digits(piece, at, 1);
    for (column, value) in layout.columns.iter().zip(&record.values) {
        piece.push('\t');
        match value {
            Value::Geometry(geometry) => {
                put_digits(piece, u64::from(geometry.crs().epsg()), 1);
                piece.push('\t');
                piece.push_str(&geometry.wkt());
                piece.push('\t');
                escaped(piece, geometry.sent());
            }
            Value::Absent if matches!(column.kind, ColumnKind::Geometry(_)) => piece.push_str("\\N\t\\N\t\\N"),
            Value::Absent => piece.push_str("\\N"),
            Value::Decimal(quantity) => {
                if quantity.scaled() < 0 {
                    piece.push('-');
                }
                put_digits(piece, quantity.scaled().unsigned_abs(), 1);
            }
            Value::Station(code) => escaped(piece, code.as_str()),
            Value::Text(text) => escaped(piece, text),
        }
    }
    piece.push('\n');
}

/// A text with what COPY would take for its own signs escaped.
fn escaped(piece: &mut String, text: &str) {
    if !text.bytes().any(|octet| matches!(octet, b'\\' | b'\t' | b'\n' | b'\r')) {
        return piece.push_str(text);
    }
    for c in text.chars() {
        match c {
            '\\' => piece.push_str("\\\\"),
            '\t' => piece.push_str("\\t"),
            '\n' => piece.push_str("\\n"),
            '\r' => piece.push_str("\\r"),
            c => piece.push(c),
        }
    }
}

/// Does one thing to a load, unless this document did it; whether it was to be done.
pub(super) async fn act(link: &mut Link<'_>, act: Act) -> Result<bool, Fault> {
    const DOING: &str = "doing what a document says";
    let (subject, stage, by) = (act.subject.to_string(), act.stage.as_str(), act.by.to_string());
    let asked = async |link: &mut Link<'_>| -> Result<bool, Fault> {
        let query = sqlx::query(asked::DONE).bind(subject.clone()).bind(stage).bind(by.clone());
        Ok(cell::<i64>(DOING, &link.one(DOING, query).await?, 0)? > 0)
    };
    link.raw(DOING, BEGIN).await?;
    let stood = asked(link).await?;
    let query = sqlx::query(asked::ACT).bind(subject.clone()).bind(stage).bind(act.at.to_string()).bind(by.clone());
    link.all(DOING, query).await?;
    let there = asked(link).await?;
    link.raw(DOING, "SELECT 1; COMMIT").await?;
    match there {
        true => Ok(!stood),
        false => Err(other_did(&act)),
    }
}

/// Contests loads, in one transaction.
pub(super) async fn contest(
    link: &mut Link<'_>,
    marks: &[Mark],
    now: Timestamp,
) -> Result<Vec<Option<Revision>>, Fault> {
    const DOING: &str = "contesting loads";
    // the database itself takes them out of what holds
    const SQL: &str = "INSERT INTO submission_act (submission, act, at) \
        SELECT asked.id, 'contested', $2 FROM unnest($1::text[]) AS asked (id) ON CONFLICT DO NOTHING";
    let ids: Vec<String> = marks.iter().map(|mark| mark.id.to_string()).collect();
    link.raw(DOING, BEGIN).await?;
    link.all(DOING, sqlx::query(SQL).bind(ids).bind(now.to_string())).await?;
    let mut holds = Vec::with_capacity(marks.len());
    for mark in marks {
        holds.push(read::holds(link, &mark.key).await?);
    }
    link.raw(DOING, "SELECT 1; COMMIT").await?;
    Ok(holds)
}
