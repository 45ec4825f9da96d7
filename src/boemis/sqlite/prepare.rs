//! Makes a file ready: migrations for what is fixed, and for each dataset its table and views.
//!
//! Owns the rule that a description may add columns and may never change what stored numbers
//! mean. Never drops a table or a column.

use super::read::Plans;
use super::{fault, views};
use crate::boemis::Fault;
use crate::boemis::layout::Layout;
use crate::schema::{ColumnKind, Datasets};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};
use std::collections::{BTreeMap, BTreeSet};

const CHECKING: &str = "checking the database after an end without order";
const MIGRATING: &str = "migrating the database";
const PREPARING: &str = "preparing the datasets";

/// Looks whether the file holds together: a log of writes that was left beside another copy of the file ruins it.
///
/// Reads all of it, so it is asked after an end that was none alone.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), Fault> {
    let found: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(connection).await.map_err(|e| fault(CHECKING, e))?;
    match found.as_str() {
        "ok" => Ok(()),
        found => Err(Fault::Wrong(format!(
            "{CHECKING}: {found}. Move the file and what lies beside it (-wal, -shm) away, put a backup in its place \
             or none, and start again: what is missing is loaded again"
        ))),
    }
}

/// Brings the fixed tables to this version's form.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), Fault> {
    let submission = include_str!("migrations/0001_submission.sql").into_sql_str();
    let contested = include_str!("migrations/0002_contested.sql").into_sql_str();
    let all = vec![
        Migration::new(1, "submission".into(), MigrationType::Simple, submission, false),
        Migration::new(2, "contested".into(), MigrationType::Simple, contested, true),
    ];
    Migrator::with_migrations(all).run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => fault(MIGRATING, error),
        // among these: a file made by a newer version, which this one must not touch
        error => Fault::Wrong(format!("{MIGRATING}: {error}")),
    })
}

/// What the file has of a dataset.
#[derive(Default)]
struct Present {
    relations: BTreeMap<String, String>,
    /// By dataset and column: kind and places.
    columns: BTreeMap<(String, String), (String, i64)>,
}

impl Present {
    async fn read(connection: &mut SqliteConnection) -> Result<Self, Fault> {
        let relations: Vec<(String, String)> = sqlx::query_as(
            "SELECT name, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name",
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(|e| fault(PREPARING, e))?;
        let columns: Vec<(String, String, String, i64)> =
            sqlx::query_as("SELECT dataset, name, kind, places FROM dataset_column")
                .fetch_all(connection)
                .await
                .map_err(|e| fault(PREPARING, e))?;
        Ok(Self {
            relations: relations.into_iter().collect(),
            columns: columns
                .into_iter()
                .map(|(dataset, name, kind, places)| ((dataset, name), (kind, places)))
                .collect(),
        })
    }

    /// The columns of the description that the table does not have yet.
    fn lacks(&self, layout: &Layout) -> Result<Vec<usize>, Fault> {
        let mut lacking = Vec::new();
        for (at, column) in layout.columns.iter().enumerate() {
            match self.columns.get(&(layout.slug.clone(), column.name.clone())) {
                None => lacking.push(at),
                Some((kind, places)) if (kind.as_str(), *places) == described(&column.kind) => {}
                Some((kind, places)) => {
                    return Err(Fault::Wrong(format!(
                        "the dataset `{}` describes `{}` in another way than its stored numbers were written \
                         ({kind}, {places} places); give the column a new name instead",
                        layout.slug, column.name
                    )));
                }
            }
        }
        Ok(lacking)
    }
}

fn described(kind: &ColumnKind) -> (&'static str, i64) {
    match kind {
        ColumnKind::Station => ("station", 0),
        ColumnKind::Text(_) => ("text", 0),
        ColumnKind::Decimal { places } => ("decimal", i64::from(*places)),
    }
}

/// Makes tables and views follow the descriptions, in one transaction, or leaves all as it is.
pub(super) async fn prepare(connection: &mut SqliteConnection, datasets: &Datasets) -> Result<Plans, Fault> {
    let layouts = Layout::all(datasets)?;
    let mut stems = BTreeSet::new();
    for layout in &layouts {
        if !stems.insert(layout.stem.clone()) {
            return Err(Fault::Wrong(format!("two datasets would have the tables `{}_…`", layout.stem)));
        }
    }
    let present = Present::read(connection).await?;
    let mut steps = Vec::new();
    for layout in &layouts {
        steps.extend(steps_for(layout, &present)?);
    }
    if !steps.is_empty() {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|e| fault(PREPARING, e))?;
        let sql = AssertSqlSafe(steps.join(";\n"));
        sqlx::raw_sql(sql).execute(&mut *transaction).await.map_err(|e| fault(PREPARING, e))?;
        transaction.commit().await.map_err(|e| fault(PREPARING, e))?;
    }
    Ok(Plans::of(layouts))
}

fn steps_for(layout: &Layout, present: &Present) -> Result<Vec<String>, Fault> {
    let lacking = present.lacks(layout)?;
    let mut steps = Vec::new();
    let new_table = !present.relations.contains_key(&layout.table());
    if new_table {
        steps.push(views::table(layout));
    }
    for column in lacking.iter().filter_map(|&at| layout.columns.get(at)) {
        if !new_table {
            steps.push(views::added(layout, column));
        }
        let (kind, places) = described(&column.kind);
        // every one of these four is of a fixed alphabet without quotes (Layout)
        steps.push(format!(
            "INSERT INTO dataset_column VALUES ('{}', '{}', '{kind}', {places})",
            layout.slug, column.name
        ));
    }
    for view in views::views(layout) {
        match present.relations.get(&view.name) {
            Some(sql) if *sql == view.sql => {}
            Some(_) => steps.extend([format!("DROP VIEW \"{}\"", view.name), view.sql]),
            None => steps.push(view.sql),
        }
    }
    Ok(steps)
}

/// Which of the datasets a reader finds. One without a table has had nothing loaded yet.
pub(super) async fn look(connection: &mut SqliteConnection, datasets: &Datasets) -> Result<Plans, Fault> {
    let present = Present::read(connection).await?;
    let mut found = Vec::new();
    for layout in Layout::all(datasets)? {
        if !present.relations.contains_key(&layout.table()) {
            continue;
        }
        if let Some(column) = present.lacks(&layout)?.first().and_then(|&at| layout.columns.get(at)) {
            return Err(Fault::Wrong(format!(
                "the dataset `{}` describes `{}`, which BOEMİS does not have yet; reload the daemon or run `once`",
                layout.slug, column.name
            )));
        }
        found.push(layout);
    }
    Ok(Plans::of(found))
}
