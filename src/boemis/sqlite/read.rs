//! What SQLite is asked: marks, what stands, totals.
//!
//! Owns the reading statements, for the loader inside its transaction and for readers beside it
//! alike. A round trip to the connection's thread asks one question, or [`PIECE`] of a kind. Never
//! writes.

use super::fault;
use crate::boemis::acts::{self, Deed, Done, Situation};
use crate::boemis::asked::{self, PAGE};
use crate::boemis::layout::Layout;
use crate::boemis::mark::{Mark, RawMark, period};
use crate::boemis::rows::{self, Rows};
use crate::boemis::standing::{Pieces, Question, elsewhere, gather, odd};
use crate::boemis::store::Asked;
use crate::boemis::views::{self, Engine, gave_no_way};
use crate::boemis::{Counted, Fault, Filed, Records, Total};
use crate::document::{DatasetName, Digest, Quantity, Revision, SubmissionId};
use crate::schema::{ColumnKind, Key, Look, PeriodKinds, Standing, Value};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row, SqlSafeStr, SqlStr};
use std::collections::BTreeMap;

/// For each dataset its layout and the statements made from it.
#[derive(Debug, Default)]
pub(in crate::boemis) struct Plans(BTreeMap<String, Plan>);

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    /// What its rules look at besides, with the layouts of these.
    looks: Vec<(Look, Layout)>,
    /// Made when first needed.
    pub(super) inserts: BTreeMap<super::write::Shape, SqlStr>,
    standing: StandingSql,
    elsewhere: Option<ElsewhereSql>,
    totals: Option<SqlStr>,
}

/// The question what stands, in the three forms in which it is asked.
#[derive(Debug)]
struct StandingSql {
    one: SqlStr,
    /// Behind the begin of a transaction: a lone document's first round trip.
    first: SqlStr,
    /// [`PIECE`] at once.
    piece: SqlStr,
}

/// The question who of the others stated a key, where it is asked by itself.
#[derive(Debug)]
struct ElsewhereSql {
    /// One of these.
    stated: SqlStr,
    any: SqlStr,
}

impl ElsewhereSql {
    fn of(layout: &Layout) -> Option<Self> {
        let sql = |keys: Option<&str>| {
            let pairs = asked::elsewhere(layout, keys);
            let text = format!("SELECT json_group_array(json_array(e.key, e.participant)) FROM ({pairs}) e");
            AssertSqlSafe(text).into_sql_str()
        };
        layout.asks_by_key().then(|| Self { stated: sql(Some("json_each($5) k")), any: sql(None) })
    }
}

impl Plans {
    pub(super) fn of(layouts: Vec<Layout>) -> Self {
        let plan = |layout: &Layout| {
            let looks = asked::looks(layout, &layouts);
            let one = standing_sql(layout, &looks, 0);
            let piece: Vec<String> = (0..PIECE).map(|at| standing_sql(layout, &looks, at)).collect();
            let standing = StandingSql {
                first: AssertSqlSafe(format!("{BEGIN}; {one}")).into_sql_str(),
                one: AssertSqlSafe(one).into_sql_str(),
                piece: AssertSqlSafe(piece.join("; ")).into_sql_str(),
            };
            let totals = layout.year.map(|_| AssertSqlSafe(asked::totals(layout)).into_sql_str());
            let (layout, inserts, elsewhere) = (layout.clone(), BTreeMap::new(), ElsewhereSql::of(layout));
            (layout.slug.clone(), Plan { layout, looks, inserts, standing, elsewhere, totals })
        };
        Self(layouts.iter().map(plan).collect())
    }

    pub(super) fn layouts(&self) -> Vec<Layout> {
        self.0.values().map(|plan| plan.layout.clone()).collect()
    }

    pub(super) fn get(&self, dataset: &DatasetName) -> Option<&Plan> {
        self.0.get(dataset.as_str())
    }

    pub(super) fn get_mut(&mut self, dataset: &DatasetName) -> Option<&mut Plan> {
        self.0.get_mut(dataset.as_str())
    }
}

/// IMMEDIATE: what is read in a group cannot change before it is written.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Questions, or documents, of one round trip. Eight: the thread's wake-up is then a small part of
/// the work, and the statements kept prepared stay under 100 KiB.
pub(super) const PIECE: usize = 8;

/// Values that one question what stands takes: id, dataset, sender, period and the one a year ago, and then the
/// periods of the year.
fn values(layout: &Layout) -> usize {
    5 + layout.periods.of_year(Some(2000).filter(|_| layout.periods != PeriodKinds::None)).len()
}

/// The question what stands, the `at`th of its text. Its answer is one row, since each row of an answer wakes whoever
/// waits for it: a text of the sender's year and of the period, and one of each look ([`gather`]).
fn standing_sql(layout: &Layout, looks: &[(Look, Layout)], at: usize) -> String {
    let value = |number: usize| format!("${}", at * values(layout) + number);
    let periods: Vec<String> = (6..=values(layout)).map(value).collect();
    let horizon = asked::horizon(&value(1));
    let of = |layout: &Layout, which: String, joined: &str, own: Option<&str>| {
        let standing = asked::standing_before(layout, &horizon, own);
        let key = layout.key().map_or("NULL".to_owned(), |c| format!("r.\"{}\"", c.name));
        let decimals: Vec<String> = layout.decimals().map(|(c, _)| format!("r.\"{}\"", c.name)).collect();
        format!(
            "(SELECT json_group_array(json_array(s.participant, s.period, s.revision, s.id, hex(s.content), {key}, \
             json_array({decimals}))) FROM submission s \
             LEFT JOIN \"{table}\" r ON r.submission = s.number{joined}{gave_no_way} WHERE {which} AND {standing})",
            decimals = decimals.join(", "),
            gave_no_way = gave_no_way(layout),
            table = layout.table(),
        )
    };
    let whose = asked::whose(layout, &value(3), &value(4));
    let own = format!("s.dataset = {} AND s.period IN ({}) AND {whose}", value(2), periods.join(", "));
    let others = looks.iter().map(|(look, layout)| {
        let period = value(if look.year_ago { 5 } else { 4 });
        of(layout, format!("s.dataset = '{}' AND s.period = {period}", layout.slug), "", None)
    });
    let answers: Vec<String> =
        std::iter::once(of(layout, own, asked::joined(layout), Some(&value(3)))).chain(others).collect();
    format!("SELECT {}", answers.join(", "))
}

const READING: &str = "reading what stands";

/// All that bears on a statement of this key by the submission `id`.
pub(super) async fn standing(
    connection: &mut SqliteConnection,
    plans: &Plans,
    asked: Asked<'_>,
) -> Result<Standing, Fault> {
    // no table: nothing was ever loaded for the dataset
    let Some(plan) = plans.get(&asked.0.dataset) else { return Ok(Standing::default()) };
    Ok(ask(connection, plan, &plan.standing.one, &[asked]).await?.remove(0))
}

/// The same, in the round trip in which the transaction begins; `None` where that is not possible.
pub(super) async fn first_standing(
    connection: &mut SqliteConnection,
    plans: &Plans,
    asked: Asked<'_>,
) -> Result<Option<Standing>, Fault> {
    let Some(plan) = plans.get(&asked.0.dataset) else { return Ok(None) };
    Ok(ask(connection, plan, &plan.standing.first, &[asked]).await?.pop())
}

/// The same of many, in their order: none sees another.
pub(super) async fn standing_all(
    connection: &mut SqliteConnection,
    plans: &Plans,
    asked: &[Asked<'_>],
) -> Result<Vec<Standing>, Fault> {
    let mut all = Vec::with_capacity(asked.len());
    for of_dataset in asked.chunk_by(|one, next| one.0.dataset == next.0.dataset) {
        for piece in of_dataset.chunks(PIECE) {
            match plans.get(&piece[0].0.dataset) {
                Some(plan) if piece.len() == PIECE => {
                    all.extend(ask(connection, plan, &plan.standing.piece, piece).await?);
                }
                _ => {
                    for &one in piece {
                        all.push(standing(connection, plans, one).await?);
                    }
                }
            }
        }
    }
    Ok(all)
}

/// Adds which of the keys that it states another body stated, where that is asked by itself.
pub(super) async fn add_elsewhere(
    connection: &mut SqliteConnection,
    plans: &Plans,
    question: Question<'_>,
    standing: &mut Standing,
) -> Result<(), Fault> {
    let Some(plan) = plans.get(&question.key.dataset) else { return Ok(()) };
    let Some(sql) = &plan.elsewhere else { return Ok(()) };
    let sender = question.key.participant.as_str();
    let others = sqlx::query_scalar(asked::OTHERS).bind(plan.layout.slug.clone()).bind(sender.to_owned());
    let others: i64 = others.fetch_one(&mut *connection).await.map_err(|e| fault(READING, e))?;
    if others == 0 {
        return Ok(());
    }
    let ask = |sql: &SqlStr| {
        let query = sqlx::query_scalar(sql.clone()).bind(question.id.to_string()).bind(plan.layout.slug.clone());
        query.bind(sender.to_owned()).bind(question.key.period.to_string())
    };
    match question.pieces(&plan.layout)? {
        Pieces::All => {
            let answer: String = ask(&sql.any).fetch_one(connection).await.map_err(|e| fault(READING, e))?;
            elsewhere(standing, &answer)
        }
        Pieces::Of(pieces) => {
            for keys in *pieces {
                let keys = serde_json::Value::from(keys?).to_string();
                let query = ask(&sql.stated).bind(keys);
                let answer: String = query.fetch_one(&mut *connection).await.map_err(|e| fault(READING, e))?;
                elsewhere(standing, &answer)?;
            }
            Ok(())
        }
    }
}

/// As many answers as questions, in their order.
async fn ask(
    connection: &mut SqliteConnection,
    plan: &Plan,
    sql: &SqlStr,
    asked: &[Asked<'_>],
) -> Result<Vec<Standing>, Fault> {
    let mut query = sqlx::query(sql.clone());
    for (key, id) in asked {
        query = query.bind(id.to_string()).bind(key.dataset.as_str().to_owned());
        query = query.bind(key.participant.as_str().to_owned()).bind(key.period.to_string());
        query = query.bind(asked::year_ago(key));
        for period in asked::periods_of(&plan.layout, key) {
            query = query.bind(period.to_string());
        }
    }
    let rows = query.fetch_all(connection).await.map_err(|e| fault(READING, e))?;
    if rows.len() != asked.len() {
        return Err(Fault::Wrong(format!("{READING}: {} answers to {} questions", rows.len(), asked.len())));
    }
    let answer = |(row, (key, _)): (&SqliteRow, &Asked<'_>)| {
        gather(&plan.layout, &plan.looks, key, |at| row.try_get(at).map_err(|e| fault(READING, e)))
    };
    rows.iter().zip(asked).map(answer).collect()
}

/// The mark of this submission, if it was loaded.
pub(super) async fn mark(connection: &mut SqliteConnection, id: SubmissionId) -> Result<Option<Mark>, Fault> {
    const DOING: &str = "looking for a mark";
    let query = sqlx::query(asked::MARK).bind(id.to_string());
    let row = query.fetch_optional(connection).await.map_err(|e| fault(DOING, e))?;
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
            approved: row.try_get(11)?,
            replaces: row.try_get(12)?,
            reason: row.try_get(13)?,
            note: row.try_get(14)?,
            proposed_by: row.try_get(15)?,
        })
    };
    raw().map_err(|e| fault(DOING, e))?.read().map(Some).map_err(|column| odd("submission", column))
}

/// The loads that wait for an approval.
pub(super) async fn waiting(connection: &mut SqliteConnection) -> Result<Vec<SubmissionId>, Fault> {
    ids(connection, asked::WAITING).await
}

/// What a document did, if it did anything.
pub(super) async fn deed(connection: &mut SqliteConnection, by: SubmissionId) -> Result<Option<Done>, Fault> {
    let query = sqlx::query_as::<_, (String, String)>(asked::DEED).bind(by.to_string());
    let row = query.fetch_optional(connection).await.map_err(|e| fault(READING, e))?;
    row.map(acts::done).transpose()
}

/// The revision of this statement that holds; none when there is none.
pub(super) async fn holds(connection: &mut SqliteConnection, key: &Key) -> Result<Option<Revision>, Fault> {
    revision(connection, asked::HOLDS, key).await
}

/// A load, and what was done to it.
pub(super) async fn situation(connection: &mut SqliteConnection, id: SubmissionId) -> Result<Option<Situation>, Fault> {
    let Some(mark) = mark(connection, id).await? else { return Ok(None) };
    let query = sqlx::query_as::<_, (String, Option<String>)>(asked::ACTS).bind(id.to_string());
    let acts = query.fetch_all(&mut *connection).await.map_err(|e| fault(READING, e))?;
    let is_fallen = acts.iter().any(|(act, _)| !matches!(act.as_str(), "checking" | "approved"));
    let key = &mark.key;
    let query = sqlx::query_as::<_, (i64, String)>(asked::NEWEST)
        .bind(key.dataset.as_str().to_owned())
        .bind(key.period.to_string())
        .bind(key.participant.as_str().to_owned());
    let newest = query.fetch_optional(connection).await.map_err(|e| fault(READING, e))?;
    let newest = newest.map(acts::newest).transpose()?;
    Ok(Some(Situation { is_fallen, passed: acts::passed(acts)?, newest, mark }))
}

/// What documents did: to which load, by which document.
pub(super) async fn acts(connection: &mut SqliteConnection) -> Result<Vec<Deed>, Fault> {
    let query = sqlx::query_as::<_, (String, String, String)>(asked::DEEDS);
    let rows = query.fetch_all(connection).await.map_err(|e| fault(READING, e))?;
    rows.into_iter().map(acts::deed).collect()
}

async fn revision(connection: &mut SqliteConnection, sql: &'static str, key: &Key) -> Result<Option<Revision>, Fault> {
    let query = sqlx::query_scalar::<_, Option<i64>>(sql)
        .bind(key.dataset.as_str().to_owned())
        .bind(key.period.to_string())
        .bind(key.participant.as_str().to_owned());
    let revision = query.fetch_one(connection).await.map_err(|e| fault(READING, e))?;
    let read = |number: i64| number.to_string().parse().map_err(|_| odd("submission", "revision"));
    revision.map(read).transpose()
}

/// All that is contested, in no order.
pub(super) async fn contested(connection: &mut SqliteConnection) -> Result<Vec<SubmissionId>, Fault> {
    ids(connection, asked::CONTESTED).await
}

/// All that was ever loaded, in its order.
pub(super) async fn loads(connection: &mut SqliteConnection) -> Result<Vec<SubmissionId>, Fault> {
    ids(connection, asked::LOADS).await
}

async fn ids(connection: &mut SqliteConnection, sql: &'static str) -> Result<Vec<SubmissionId>, Fault> {
    const DOING: &str = "reading what is loaded";
    let ids = sqlx::query_scalar::<_, String>(sql).fetch_all(connection).await.map_err(|e| fault(DOING, e))?;
    ids.iter().map(|id| id.parse().map_err(|_| odd("submission", "id"))).collect()
}

/// How many loads there are that are not contested.
pub(super) async fn uncontested(connection: &mut SqliteConnection) -> Result<u64, Fault> {
    let query = sqlx::query_scalar::<_, i64>(asked::UNCONTESTED);
    let count = query.fetch_one(connection).await.map_err(|e| fault("counting loads", e))?;
    u64::try_from(count).map_err(|_| odd("submission", "count"))
}

/// Which of these have no load mark, in their order.
pub(super) async fn missing(
    connection: &mut SqliteConnection,
    ids: &[SubmissionId],
) -> Result<Vec<SubmissionId>, Fault> {
    const DOING: &str = "looking for marks";
    const SQL: &str = "SELECT asked.value FROM json_each(?1) AS asked \
        WHERE NOT EXISTS (SELECT 1 FROM submission s WHERE s.id = asked.value) ORDER BY asked.key";
    let asked: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let asked = serde_json::to_string(&asked).map_err(|error| Fault::Wrong(format!("{DOING}: {error}")))?;
    let query = sqlx::query_scalar::<_, String>(SQL).bind(asked);
    let ids = query.fetch_all(connection).await.map_err(|e| fault(DOING, e))?;
    ids.iter().map(|id| id.parse().map_err(|_| odd("submission", "id"))).collect()
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
    let mut rows = Rows::new(&laid_out(plans, mark)?.layout);
    each_record(connection, plans, mark, |values| rows.add(&values)).await?;
    Ok(rows.finish())
}

/// Gives each record that stands for this mark now, as text; and the digest of all of them, as [`stored_rows`].
pub(super) async fn texts(
    connection: &mut SqliteConnection,
    plans: &Plans,
    mark: &Mark,
    take: &mut dyn FnMut(Vec<String>) -> Result<(), Fault>,
) -> Result<Digest, Fault> {
    let mut digest = Rows::new(&laid_out(plans, mark)?.layout);
    each_record(connection, plans, mark, |values| {
        digest.add(&values)?;
        take(values.iter().map(rows::text).collect())
    })
    .await?;
    Ok(digest.finish())
}

/// The columns of these, in their order.
pub(super) fn columns(plans: &Plans, mark: &Mark) -> Result<Vec<String>, Fault> {
    Ok(laid_out(plans, mark)?.layout.columns.iter().map(|column| column.name.clone()).collect())
}

/// What `<dataset>_current` showed at a moment; nothing when there is no table yet.
pub(super) async fn as_of(
    connection: &mut SqliteConnection,
    plans: &Plans,
    dataset: &DatasetName,
    at: Option<Timestamp>,
) -> Result<Records, Fault> {
    const DOING: &str = "reading what held at a moment";
    let Some(plan) = plans.get(dataset) else { return Ok(Records { columns: Vec::new(), rows: Vec::new() }) };
    let columns = views::shown(&plan.layout);
    let sql = AssertSqlSafe(views::as_of(Engine::Sqlite, &plan.layout, at.is_some())).into_sql_str();
    let query = bound(sqlx::query(sql), at);
    let found = query.fetch_all(connection).await.map_err(|e| fault(DOING, e))?;
    let cell = |row: &SqliteRow, at| Ok(row.try_get::<Option<String>, _>(at)?.unwrap_or_default());
    let line = |row: &SqliteRow| (0..columns.len()).map(|at| cell(row, at)).collect::<Result<_, sqlx::Error>>();
    let rows = found.iter().map(line).collect::<Result<_, _>>().map_err(|e| fault(DOING, e))?;
    Ok(Records { columns, rows })
}

/// The question with its moment, where it is about one.
fn bound(
    query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    at: Option<Timestamp>,
) -> sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
    match at {
        Some(at) => query.bind(asked::moment(at)),
        None => query,
    }
}

/// The records of which the dataset's totals are sums; none when it has none, or no table yet.
pub(super) async fn counted(
    connection: &mut SqliteConnection,
    plans: &Plans,
    dataset: &DatasetName,
    at: Option<Timestamp>,
) -> Result<Vec<Counted>, Fault> {
    const DOING: &str = "reading what counts";
    let Some(layout) = plans.get(dataset).map(|plan| &plan.layout) else { return Ok(Vec::new()) };
    let Some(sql) = views::counted(Engine::Sqlite, layout, at.is_some()) else { return Ok(Vec::new()) };
    let query = bound(sqlx::query(AssertSqlSafe(sql).into_sql_str()), at);
    let rows = query.fetch_all(connection).await.map_err(|e| fault(DOING, e))?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let text = |at: usize| row.try_get::<Option<&str>, _>(at).map_err(|e| fault(DOING, e));
        let word = |at: usize| text(at).map(Option::unwrap_or_default);
        let scaled = (4..4 + layout.decimals().count()).map(|at| row.try_get(at).map_err(|e| fault(DOING, e)));
        let scaled = scaled.collect::<Result<_, _>>()?;
        all.push(Counted::read(layout, word(0)?, word(1)?, word(2)?, text(3)?.map(str::to_owned), scaled)?);
    }
    Ok(all)
}

/// What was filed for the dataset by then.
pub(super) async fn filed(
    connection: &mut SqliteConnection,
    dataset: &DatasetName,
    at: Timestamp,
) -> Result<Vec<Filed>, Fault> {
    const DOING: &str = "reading what was filed";
    let sql = AssertSqlSafe(asked::filed()).into_sql_str();
    let query = sqlx::query_as::<_, (String, String, String)>(sql).bind(asked::moment(at));
    let rows = query.bind(dataset.as_str().to_owned()).fetch_all(connection).await.map_err(|e| fault(DOING, e))?;
    rows.iter().map(|(participant, period, received)| Filed::read(participant, period, received)).collect()
}

fn laid_out<'a>(plans: &'a Plans, mark: &Mark) -> Result<&'a Plan, Fault> {
    let none = || Fault::no_table(&mark.key.dataset);
    plans.get(&mark.key.dataset).ok_or_else(none)
}

async fn each_record(
    connection: &mut SqliteConnection,
    plans: &Plans,
    mark: &Mark,
    mut take: impl FnMut(Vec<Value>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    const DOING: &str = "reading records back";
    let layout = &laid_out(plans, mark)?.layout;
    let sql = AssertSqlSafe(asked::rows(layout)).into_sql_str();
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
            let (mut at, mut values) = (1, Vec::with_capacity(layout.columns.len()));
            for column in &layout.columns {
                values.push(value(layout, row, at, &column.kind)?);
                at += column.stored().len();
            }
            take(values)?;
        }
        if page.len() < PAGE {
            return Ok(());
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
        ColumnKind::Geometry(shapes) => {
            let epsg = row.try_get(at).map_err(|e| fault(DOING, e))?;
            let text = |at: usize| row.try_get::<Option<String>, _>(at).map_err(|e| fault(DOING, e));
            rows::shape(*shapes, epsg, text(at + 1)?, text(at + 2)?)
        }
        ColumnKind::Text(_) => match row.try_get::<Option<String>, _>(at).map_err(|e| fault(DOING, e))? {
            Some(text) => Value::Text(text),
            None => Value::Absent,
        },
        ColumnKind::Decimal { places } => match row.try_get::<Option<i64>, _>(at).map_err(|e| fault(DOING, e))? {
            Some(scaled) => Value::Decimal(Quantity::from_scaled(scaled, *places)),
            None => Value::Absent,
        },
    })
}
