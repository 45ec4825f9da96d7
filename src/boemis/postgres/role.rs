//! What the window's role may do beyond reading and inserting: whoever reaches the window reaches its role, and what is
//! loaded is safe from the window only while that role cannot change it.
//!
//! Owns the question, which needs no right but to read the catalogue, and what a person is told. Which rights the role
//! gets is `prepare`'s. Never takes a right away.

use super::super::Fault;
use super::link::{Link, cell};

/// What is being done meanwhile.
pub(in crate::boemis) const LOOKING: &str = "looking at the rights of the window's role";

/// What the role may do too much, in words; null where that is nothing. It is asked of every role that this one may
/// become, since to become it is a statement; of a superuser no more need be said.
pub(in crate::boemis) const BEYOND: &str = "\
    WITH me AS (SELECT oid, rolsuper FROM pg_roles WHERE rolname = session_user), \
    able AS (SELECT r.oid, r.rolname, r.rolcreaterole FROM pg_roles r CROSS JOIN me \
    WHERE NOT me.rolsuper AND (r.oid = me.oid OR pg_has_role(me.oid, r.oid, 'MEMBER'))), \
    things AS (SELECT c.oid, c.relname::text AS name, c.relkind, \
    c.relowner IN (SELECT oid FROM able) AS is_owned FROM pg_class c \
    WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')), \
    rights (rank, right_of) AS (VALUES (1, 'UPDATE'), (2, 'DELETE'), (3, 'TRUNCATE'), (4, 'TRIGGER'), (5, 'INSERT')), \
    found (rank, what, names) AS ( \
    SELECT 0, 'it is a superuser', NULL FROM me WHERE rolsuper \
    UNION ALL SELECT 1, 'it may create roles', NULL FROM able WHERE rolcreaterole \
    UNION ALL SELECT 2, 'it may act as ', rolname::text FROM able WHERE rolname IN ('pg_write_all_data', \
    'pg_write_server_files', 'pg_execute_server_program') \
    UNION ALL SELECT 3, 'it owns ', name FROM things WHERE is_owned \
    UNION ALL SELECT 3, 'it owns the function ', p.proname::text FROM pg_proc p \
    WHERE p.pronamespace = to_regnamespace(quote_ident(current_schema())) AND p.proowner IN (SELECT oid FROM able) \
    UNION ALL SELECT 4, 'it has CREATE in the schema ', current_schema()::text WHERE EXISTS (SELECT FROM able \
    WHERE has_schema_privilege(able.oid, to_regnamespace(quote_ident(current_schema())), 'CREATE')) \
    UNION ALL SELECT 5, 'it has CREATE in the database ', current_database()::text WHERE EXISTS (SELECT FROM able \
    WHERE has_database_privilege(able.oid, current_database(), 'CREATE')) \
    UNION ALL SELECT 5 + rank, 'it has ' || right_of || ' on ', name FROM things CROSS JOIN rights \
    WHERE NOT is_owned AND (right_of <> 'INSERT' OR relkind <> 'r' OR name IN ('dataset_column', '_sqlx_migrations')) \
    AND EXISTS (SELECT FROM able WHERE CASE WHEN right_of IN ('UPDATE', 'INSERT') \
    THEN has_any_column_privilege(able.oid, things.oid, right_of) \
    ELSE has_table_privilege(able.oid, things.oid, right_of) END)), \
    told AS (SELECT rank, what || coalesce(min(names), '') || CASE WHEN count(*) > 1 AND min(names) IS NOT NULL \
    THEN ' and ' || count(*) - 1 || ' more' ELSE '' END AS text FROM found GROUP BY rank, what) \
    SELECT string_agg(text, ', ' ORDER BY rank, text) FROM told";

/// What to do about it.
pub(in crate::boemis) const MEND: &str = "\
    Let the window come as a role of its own that owns nothing (CREATE ROLE … LOGIN; [boemis] url names it), and let \
    the owner of the database run `pencere boemis prepare`, which gives that role its rights and takes all others on \
    BOEMİS's tables";

/// Whether the role may read and insert and no more.
///
/// # Errors
/// [`Fault::Role`] where it may.
pub(super) async fn loads_alone(link: &mut Link<'_>) -> Result<(), Fault> {
    let beyond: Option<String> = cell(LOOKING, &link.one(LOOKING, sqlx::query(BEYOND)).await?, 0)?;
    beyond.map_or(Ok(()), |beyond| Err(Fault::Role(beyond)))
}
