//! Makes a file ready: migrations for what is fixed, and for each dataset its table and views.
//!
//! Owns how that is done in SQLite; what is to be done is said by `steps`. Never drops a table or a column.

use super::fault;
use super::read::Plans;
use crate::boemis::Fault;
use crate::boemis::steps::{self, Present};
use crate::boemis::views::Engine;
use crate::schema::Datasets;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

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
    let acts = include_str!("migrations/0003_acts.sql").into_sql_str();
    let approval = include_str!("migrations/0004_approval.sql").into_sql_str();
    let correction = include_str!("migrations/0005_correction.sql").into_sql_str();
    let proposal = include_str!("migrations/0006_proposal.sql").into_sql_str();
    let all = vec![
        Migration::new(1, "submission".into(), MigrationType::Simple, submission, false),
        Migration::new(2, "contested".into(), MigrationType::Simple, contested, true),
        Migration::new(3, "acts".into(), MigrationType::Simple, acts, false),
        Migration::new(4, "approval".into(), MigrationType::Simple, approval, false),
        Migration::new(5, "correction".into(), MigrationType::Simple, correction, false),
        Migration::new(6, "proposal".into(), MigrationType::Simple, proposal, false),
    ];
    Migrator::with_migrations(all).run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => fault(MIGRATING, error),
        // among these: a file made by a newer version, which this one must not touch
        error => Fault::Wrong(format!("{MIGRATING}: {error}")),
    })
}

/// What the file has of the datasets.
async fn present(connection: &mut SqliteConnection) -> Result<Present, Fault> {
    let relations: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view', 'index', 'trigger') \
         ORDER BY name",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(|e| fault(PREPARING, e))?;
    let columns: Vec<(String, String, String, i64)> =
        sqlx::query_as("SELECT dataset, name, kind, places FROM dataset_column")
            .fetch_all(connection)
            .await
            .map_err(|e| fault(PREPARING, e))?;
    Ok(Present::of(relations, columns))
}

/// Makes tables and views follow the descriptions, in one transaction, or leaves all as it is.
pub(super) async fn prepare(connection: &mut SqliteConnection, datasets: &Datasets) -> Result<Plans, Fault> {
    let layouts = steps::layouts(datasets)?;
    let steps = steps::steps(Engine::Sqlite, &layouts, &present(connection).await?)?;
    if !steps.is_empty() {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|e| fault(PREPARING, e))?;
        let sql = AssertSqlSafe(steps.join(";\n"));
        sqlx::raw_sql(sql).execute(&mut *transaction).await.map_err(|e| fault(PREPARING, e))?;
        transaction.commit().await.map_err(|e| fault(PREPARING, e))?;
    }
    Ok(Plans::of(layouts))
}

/// Which of the datasets a reader finds.
pub(super) async fn look(connection: &mut SqliteConnection, datasets: &Datasets) -> Result<Plans, Fault> {
    Ok(Plans::of(steps::found(datasets, &present(connection).await?)?))
}
