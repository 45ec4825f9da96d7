//! Makes a database ready, or finds that it is: migrations for what is fixed, and for each dataset its table and
//! views.
//!
//! Owns how that is done in PostgreSQL, and which rights the window's role gets: to insert and to read, and no other.
//! What is to be done is said by `steps`. A role that may make nothing only looks, and says what is to be run where
//! something is missing. Never drops a table or a column.

use super::super::location::Server;
use super::super::steps::{self, Present};
use super::super::views::{self, Engine};
use super::super::{Fault, Settings, layout::Layout};
use super::link::{self, Driver, Link, cell, fault};
use super::read::Plans;
use super::role;
use crate::schema::Datasets;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::time::Duration;

const MIGRATING: &str = "migrating the database";
const PREPARING: &str = "preparing the datasets";

/// What a person who may not is told.
const RUN: &str = "let the owner of the database run `pencere boemis prepare`";

/// The code of a right that is missing.
const FORBIDDEN: &str = "42501";

/// What was done to make a database ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The migrations that were missing.
    pub migrations: u64,
    /// What tables, views and triggers were made or made anew.
    pub steps: Vec<String>,
    /// The rights that were given, as the statements that gave them.
    pub grants: Vec<String>,
}

/// The fixed tables' forms, in order, under the numbers and names that they have in SQLite.
fn migrations() -> Vec<Migration> {
    let texts = [
        ("submission", include_str!("migrations/0001_submission.sql")),
        ("contested", include_str!("migrations/0002_contested.sql")),
        ("acts", include_str!("migrations/0003_acts.sql")),
        ("approval", include_str!("migrations/0004_approval.sql")),
        ("correction", include_str!("migrations/0005_correction.sql")),
        ("proposal", include_str!("migrations/0006_proposal.sql")),
    ];
    let one = |(number, (name, text)): (i64, (&'static str, &'static str))| {
        Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    (1..).zip(texts).map(one).collect()
}

/// How many migrations the database has; none when there is nothing of ours in it.
async fn migrated(link: &mut Link<'_>) -> Result<Option<usize>, Fault> {
    const THERE: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let is_there: bool = cell(MIGRATING, &link.one(MIGRATING, sqlx::query(THERE)).await?, 0)?;
    if !is_there {
        return Ok(None);
    }
    const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version";
    let rows = link.all(MIGRATING, sqlx::query(APPLIED)).await?;
    let known = migrations();
    for (at, row) in rows.iter().enumerate() {
        let (version, checksum): (i64, Vec<u8>) = (cell(MIGRATING, row, 0)?, cell(MIGRATING, row, 1)?);
        let is_ours = known.get(at).is_some_and(|ours| ours.version == version && *ours.checksum == *checksum);
        if !is_ours {
            return Err(Fault::Wrong(format!(
                "{MIGRATING}: migration {version} in the database is none of this version's: it comes from a newer one"
            )));
        }
    }
    Ok(Some(rows.len()))
}

async fn migrate(link: &mut Link<'_>) -> Result<u64, Fault> {
    let all = migrations();
    let lacking = all.len() - migrated(link).await?.unwrap_or(0);
    if lacking > 0 {
        let migrator = Migrator::with_migrations(all);
        let run = migrator.run_direct(None, &mut *link.connection, false);
        let done = link.driver.within(link.patience.saturating_mul(2), run).await;
        done.unwrap_or(Err(MigrateError::Execute(sqlx::Error::WorkerCrashed))).map_err(|error| match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => fault(MIGRATING, error),
            error => Fault::Wrong(format!("{MIGRATING}: {error}")),
        })?;
    }
    Ok(lacking as u64)
}

/// What the database has of the datasets.
async fn present(link: &mut Link<'_>) -> Result<Present, Fault> {
    const RELATIONS: &str = "SELECT c.relname::text, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c \
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v', 'p', 'i') \
        UNION ALL SELECT t.tgname::text, '' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
        WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal AND t.tgenabled = 'O'";
    const COLUMNS: &str = "SELECT dataset, name, kind, places FROM dataset_column";
    let (mut relations, mut columns) = (Vec::new(), Vec::new());
    for row in link.all(PREPARING, sqlx::query(RELATIONS)).await? {
        relations.push((cell(PREPARING, &row, 0)?, cell(PREPARING, &row, 1)?));
    }
    for row in link.all(PREPARING, sqlx::query(COLUMNS)).await? {
        let one = (cell(PREPARING, &row, 0)?, cell(PREPARING, &row, 1)?);
        columns.push((one.0, one.1, cell(PREPARING, &row, 2)?, cell(PREPARING, &row, 3)?));
    }
    Ok(Present::of(relations, columns))
}

/// The same, and where PostGIS is: for whoever may make what it gives.
async fn present_with_postgis(link: &mut Link<'_>) -> Result<Present, Fault> {
    const POSTGIS: &str = "SELECT quote_ident(n.nspname) FROM pg_extension e \
        JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis' \
        AND has_schema_privilege(n.oid, 'USAGE')";
    let postgis = match link.all(PREPARING, sqlx::query(POSTGIS)).await?.first() {
        Some(row) => Some(cell(PREPARING, row, 0)?),
        None => None,
    };
    Ok(Present { postgis, ..present(link).await? })
}

/// Which of the datasets a reader finds; none when nothing was ever made ready.
pub(super) async fn look(link: &mut Link<'_>, datasets: &Datasets) -> Result<Option<Plans>, Fault> {
    if migrated(link).await?.is_none_or(|count| count < migrations().len()) {
        return Ok(None);
    }
    Ok(Some(Plans::of(steps::found(datasets, &present(link).await?)?)))
}

/// Makes all follow the descriptions, in one transaction, or leaves it as it is. A role that may make nothing finds
/// that all is there. One that may do more than insert is refused before anything is made, unless any role will do.
pub(super) async fn prepare(link: &mut Link<'_>, datasets: &Datasets, any_role: bool) -> Result<Plans, Fault> {
    if !any_role {
        role::loads_alone(link).await?;
    }
    const MAY: &str = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)";
    let may_make: bool = cell(PREPARING, &link.one(PREPARING, sqlx::query(MAY)).await?, 0)?;
    let layouts = steps::layouts(datasets)?;
    if may_make {
        return match make(link, &layouts).await {
            Ok(_) => Ok(Plans::of(layouts)),
            // it may make tables, and does not own those that there are
            Err(Fault::Wrong(why)) if why.contains(FORBIDDEN) => Err(Fault::Wrong(format!("{why}: {RUN}"))),
            Err(fault) => Err(fault),
        };
    }
    match migrated(link).await? {
        Some(count) if count == migrations().len() => {}
        Some(_) => return Err(Fault::Wrong(format!("BOEMİS's tables are an earlier version's: {RUN}"))),
        None => {
            let what = "there are no tables of BOEMİS in the database, and the window's role may make none";
            return Err(Fault::Wrong(format!("{what}: {RUN}")));
        }
    }
    let steps = steps::steps(Engine::Postgres, &layouts, &present(link).await?)?;
    if let Some(first) = steps.first() {
        let what = "the datasets are not in BOEMİS as they are described, and the window's role may make nothing";
        let first: String = first.chars().take(80).collect();
        let count = steps.len();
        return Err(Fault::Wrong(format!("{what}: {RUN}. It lacks {count} steps, of which the first: {first}…")));
    }
    may_load(link, &layouts).await?;
    Ok(Plans::of(layouts))
}

/// Whether the role has the rights that it needs.
async fn may_load(link: &mut Link<'_>, layouts: &[Layout]) -> Result<(), Fault> {
    const MAY: &str = "SELECT has_column_privilege('submission', 'id', 'INSERT') \
        AND has_column_privilege('submission_act', 'submission', 'INSERT') AND has_table_privilege('submission', \
        'SELECT') AND (SELECT coalesce(bool_and(has_table_privilege(quote_ident(name), 'INSERT') \
        AND has_table_privilege(quote_ident(name), 'SELECT')), true) FROM unnest($1::text[]) AS asked (name))";
    let tables: Vec<String> = layouts.iter().map(Layout::table).collect();
    let may: bool = cell(PREPARING, &link.one(PREPARING, sqlx::query(MAY).bind(tables)).await?, 0)?;
    match may {
        true => Ok(()),
        false => Err(Fault::Wrong(format!("the window's role may not insert into BOEMİS's tables: {RUN}"))),
    }
}

/// How long making tables, indexes and views may take: an hour, some hundred million records.
const MAKING: Duration = Duration::from_secs(3600);

async fn make(link: &mut Link<'_>, layouts: &[Layout]) -> Result<(u64, Vec<String>), Fault> {
    let migrations = migrate(link).await?;
    let steps = steps::steps(Engine::Postgres, layouts, &present_with_postgis(link).await?)?;
    if !steps.is_empty() {
        // several statements in one message are one transaction; an index over all records is made once, however long
        // that takes, and broken off it would be begun anew for ever
        let patience = std::mem::replace(&mut link.patience, MAKING);
        let made =
            link.raw(PREPARING, AssertSqlSafe(format!("SET LOCAL statement_timeout = 0;\n{}", steps.join(";\n"))));
        let made = made.await;
        link.patience = patience;
        made?;
    }
    Ok((migrations, steps))
}

/// As the owner: makes all that is needed, and gives these roles the rights to load (and read), or to read alone.
pub(in crate::boemis) async fn prepare_as_owner(
    server: &Server,
    settings: &Settings,
    datasets: &Datasets,
    loaders: &[String],
    readers: &[String],
) -> Result<Prepared, Fault> {
    let driver = Driver::new()?;
    let mut connection = link::connect(&driver, server, settings, true, PREPARING).await?;
    let mut link = Link { connection: &mut connection, driver: &driver, patience: link::patience(settings) };
    for role in loaders.iter().chain(readers) {
        const KNOWN: &str = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)";
        let row = link.one(PREPARING, sqlx::query(KNOWN).bind(role.clone())).await?;
        let is_there: bool = cell(PREPARING, &row, 0)?;
        if !is_there {
            let name = quoted(role);
            return Err(Fault::Wrong(format!(
                "there is no role {name} on the server. Make it first: CREATE ROLE {name} LOGIN; and give it a \
                 password or a certificate"
            )));
        }
    }
    let layouts = steps::layouts(datasets)?;
    let (migrations, steps) = make(&mut link, &layouts).await?;
    let postgis = present_with_postgis(&mut link).await?.postgis;
    const HERE: &str = "SELECT current_schema()::text, current_user::text, current_database()::text";
    let row = link.one(PREPARING, sqlx::query(HERE)).await?;
    let here: [String; 3] = [cell(PREPARING, &row, 0)?, cell(PREPARING, &row, 1)?, cell(PREPARING, &row, 2)?];
    let mut grants = Vec::new();
    for role in loaders.iter().filter(|role| **role != here[1]) {
        grants.extend(rights(&layouts, postgis.as_deref(), &here, role, true));
    }
    for role in readers.iter().filter(|role| **role != here[1]) {
        grants.extend(rights(&layouts, postgis.as_deref(), &here, role, false));
    }
    if !grants.is_empty() {
        link.raw(PREPARING, AssertSqlSafe(grants.join(";\n"))).await?;
    }
    Ok(Prepared { migrations, steps, grants })
}

/// The statements that give a role its rights and take all others.
fn rights(
    layouts: &[Layout],
    postgis: Option<&str>,
    [schema, _, database]: &[String; 3],
    role: &str,
    loads: bool,
) -> Vec<String> {
    let (schema, role, database) = (quoted(schema), quoted(role), quoted(database));
    let fixed = ["submission", "submission_act", "dataset_column", "_sqlx_migrations"].map(quoted);
    let tables: Vec<String> = layouts.iter().map(|layout| quoted(&layout.table())).collect();
    let maps = |layout| postgis.and_then(|postgis| views::map(layout, postgis));
    let views =
        layouts.iter().flat_map(|layout| views::views(Engine::Postgres, layout).into_iter().chain(maps(layout)));
    let views: Vec<String> = views.map(|view| quoted(&view.name)).collect();
    let all: Vec<String> = fixed.into_iter().chain(tables.iter().cloned()).chain(views).collect();
    let all: Vec<String> = all.iter().map(|name| format!("{schema}.{name}")).collect();
    let all = all.join(", ");
    let mut rights = vec![
        format!("GRANT CONNECT ON DATABASE {database} TO {role}"),
        // whoever may make a table may make one that is found before ours
        format!("REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM {role}, PUBLIC"),
        format!("GRANT USAGE ON SCHEMA {schema} TO {role}"),
        format!("REVOKE CREATE ON SCHEMA {schema} FROM {role}, PUBLIC"),
        format!("REVOKE ALL ON {all} FROM {role}"),
        format!("GRANT SELECT ON {all} TO {role}"),
        // of views that are made anew when a description grows
        format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role}"),
    ];
    if loads {
        rights.push(format!(
            "GRANT INSERT (id, participant, dataset, period, revision, content, rows, records, received_at, \
             loaded_at, signers, approved_at, replaces, reason, note, proposed_by) ON {schema}.submission TO {role}"
        ));
        rights.push(format!("GRANT INSERT (submission, act, at, by_submission) ON {schema}.submission_act TO {role}"));
        rights.extend(tables.iter().map(|table| format!("GRANT INSERT ON {schema}.{table} TO {role}")));
    }
    rights
}

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
