//! What an audit asks of the database beside its loads: whether views show what they are to show, moments are those of
//! the acts that made them, and no rows are of no load.
//!
//! Owns these questions, which need no right but to read. The triggers that keep all this as it is may be stepped
//! around by whoever owns the database; here that is seen. Whose moments the acts' are, the journal knows. Never mends
//! anything.

use super::layout::Layout;
use super::views::{self, Engine, View};
use super::{Fault, Reader};
use crate::document::SubmissionId;

const LOOKING: &str = "holding views against their texts";
const MOMENTS: &str = "holding moments against acts";
const UNMARKED: &str = "looking for rows of no load";

/// The first load whose moments are others than its acts': it fell by the first act that lets one fall, and was
/// approved by the act that says so, or where nobody had to say it, or it was loaded again since, when it was loaded.
const MOVED: &str = "SELECT s.id FROM submission s WHERE coalesce(s.contested_at, '') <> coalesce((SELECT a.at \
    FROM submission_act a WHERE a.submission = s.id AND a.act IN ('contested', 'refused', 'withdrawn') \
    ORDER BY a.number LIMIT 1), '') \
    OR (coalesce(s.approved_at, '') <> s.loaded_at AND coalesce(s.approved_at, '') <> coalesce((SELECT a.at \
    FROM submission_act a WHERE a.submission = s.id AND a.act = 'approved' ORDER BY a.number LIMIT 1), '')) \
    ORDER BY s.number LIMIT 1";

/// How many rows of the table no load has. The numbers are looked for one behind the other, so that not all rows are
/// read.
fn unmarked(layout: &Layout) -> String {
    let table = layout.table();
    format!(
        "WITH RECURSIVE met (number) AS (SELECT min(r.submission) FROM \"{table}\" r UNION ALL \
         SELECT (SELECT min(r.submission) FROM \"{table}\" r WHERE r.submission > met.number) FROM met \
         WHERE met.number IS NOT NULL), \
         stray (number) AS (SELECT met.number FROM met WHERE met.number IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.number = met.number)) \
         SELECT count(*) FROM stray CROSS JOIN \"{table}\" r WHERE r.submission = stray.number"
    )
}

/// How many rows a view shows otherwise than its own text: each side is made once.
fn otherwise(view: &View) -> String {
    format!(
        "WITH audit_shown AS MATERIALIZED (SELECT * FROM \"{name}\"), audit_meant AS MATERIALIZED ({text}) \
         SELECT (SELECT count(*) FROM (SELECT * FROM audit_shown EXCEPT SELECT * FROM audit_meant) AS one) \
         + (SELECT count(*) FROM (SELECT * FROM audit_meant EXCEPT SELECT * FROM audit_shown) AS one) \
         + abs((SELECT count(*) FROM audit_shown) - (SELECT count(*) FROM audit_meant))",
        name = view.name,
        text = view.select(),
    )
}

/// Whether a view of SQLite has this very text.
fn is_of_text(view: &View) -> String {
    let text = view.sql.replace('\'', "''");
    format!("SELECT count(*) FROM sqlite_master WHERE type = 'view' AND name = '{}' AND sql = '{text}'", view.name)
}

/// Rows of no load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmarked {
    /// How many.
    pub rows: u64,
    /// The first table that has some.
    pub table: Option<String>,
    /// Whether rows are written before their load mark here: a crash may then leave some, and whoever writes at this
    /// moment has some. Views show none of them, and they are swept away.
    pub may_be: bool,
}

impl Reader {
    /// The first view that shows something else than its text says, in words. In SQLite the text itself tells, and what
    /// an earlier version made with other words is held against what it shows, as every view of a server is.
    ///
    /// # Errors
    /// The database is away.
    pub async fn strange_view(&mut self) -> Result<Option<String>, Fault> {
        let engine = self.store.engine();
        for view in self.store.layouts().iter().flat_map(|layout| views::views(engine, layout)) {
            if engine == Engine::Sqlite && self.store.count(LOOKING, is_of_text(&view)).await? > 0 {
                continue;
            }
            match self.store.count(LOOKING, otherwise(&view)).await {
                Ok(0) => {}
                Ok(_) => return Ok(Some(format!("the view {} shows something else than what is loaded", view.name))),
                // it is not there, or has other columns
                Err(Fault::Wrong(why)) => return Ok(Some(format!("the view {}: {why}", view.name))),
                Err(fault) => return Err(fault),
            }
        }
        Ok(None)
    }

    /// What the window's role may do in a server beyond reading and inserting, in words; none where that is nothing, or
    /// where there are no roles.
    ///
    /// # Errors
    /// The database is away.
    pub async fn beyond(&mut self) -> Result<Option<String>, Fault> {
        self.store.beyond().await
    }

    /// The first load whose moments are not those of its acts.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn moved(&mut self) -> Result<Option<SubmissionId>, Fault> {
        let id = self.store.word(MOMENTS, MOVED).await?;
        let odd = |_| super::standing::odd("submission", "id");
        id.map(|id| id.parse().map_err(odd)).transpose()
    }

    /// Rows that no load has.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn unmarked(&mut self) -> Result<Unmarked, Fault> {
        let mut found = Unmarked { may_be: self.store.engine() == Engine::Sqlite, ..Unmarked::default() };
        for layout in self.store.layouts() {
            let rows = self.store.count(UNMARKED, unmarked(&layout)).await?;
            if rows > 0 {
                found.table.get_or_insert_with(|| layout.table());
            }
            found.rows = found.rows.saturating_add(rows);
        }
        Ok(found)
    }
}
