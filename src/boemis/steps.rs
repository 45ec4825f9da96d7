//! What a database must have of the datasets, and what it lacks of that.
//!
//! Owns the rule that a description may add columns and may never change what stored numbers
//! mean. Never drops a table or a column, and never talks to a database: each engine reads what is
//! there ([`Present`]) and takes the steps.

use super::Fault;
use super::layout::Layout;
use super::views::{self, Engine};
use crate::document::Digest;
use crate::schema::{ColumnKind, Datasets};
use std::collections::{BTreeMap, BTreeSet};

/// What a database has.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// Tables, views, indexes and triggers, each with what is known of its text.
    pub(super) relations: BTreeMap<String, String>,
    /// By dataset and column: kind and places.
    pub(super) columns: BTreeMap<(String, String), (String, i64)>,
    /// The schema in which PostGIS is, as it is quoted.
    pub(super) postgis: Option<String>,
}

impl Present {
    /// Of rows as both engines read them.
    pub(super) fn of(relations: Vec<(String, String)>, columns: Vec<(String, String, String, i64)>) -> Self {
        Self {
            relations: relations.into_iter().collect(),
            columns: columns
                .into_iter()
                .map(|(dataset, name, kind, places)| ((dataset, name), (kind, places)))
                .collect(),
            postgis: None,
        }
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
        ColumnKind::Geometry(_) => ("geometry", 0),
        ColumnKind::Decimal { places } => ("decimal", i64::from(*places)),
    }
}

/// The layouts of all datasets.
pub(super) fn layouts(datasets: &Datasets) -> Result<Vec<Layout>, Fault> {
    let layouts = Layout::all(datasets)?;
    let mut stems = BTreeSet::new();
    for layout in &layouts {
        if !stems.insert(layout.stem.clone()) {
            return Err(Fault::Wrong(format!("two datasets would have the tables `{}_…`", layout.stem)));
        }
    }
    Ok(layouts)
}

/// The statements that make tables, views and triggers follow these layouts; none where they do.
pub(super) fn steps(engine: Engine, layouts: &[Layout], present: &Present) -> Result<Vec<String>, Fault> {
    let mut steps = Vec::new();
    for layout in layouts {
        steps.extend(steps_for(engine, layout, present)?);
    }
    Ok(steps)
}

fn steps_for(engine: Engine, layout: &Layout, present: &Present) -> Result<Vec<String>, Fault> {
    let lacking = present.lacks(layout)?;
    let mut steps = Vec::new();
    let new_table = !present.relations.contains_key(&layout.table());
    if new_table {
        steps.push(views::table(engine, layout));
    }
    for column in lacking.iter().filter_map(|&at| layout.columns.get(at)) {
        if !new_table {
            steps.extend(views::added(engine, layout, column));
        }
        let (kind, places) = described(&column.kind);
        // every one of these four is of a fixed alphabet without quotes (Layout)
        steps.push(format!(
            "INSERT INTO dataset_column VALUES ('{}', '{}', '{kind}', {places})",
            layout.slug, column.name
        ));
    }
    if let Some(sql) = views::key_index(layout)
        && !present.relations.contains_key(&layout.key_index())
    {
        steps.push(sql);
    }
    for (name, sql) in views::triggers(engine, layout) {
        if !present.relations.contains_key(&name) {
            steps.push(sql);
        }
    }
    let map = present.postgis.as_ref().and_then(|postgis| views::map(layout, postgis));
    for view in views::views(engine, layout).into_iter().chain(map) {
        let known = known(engine, &view.sql);
        match present.relations.get(&view.name) {
            Some(text) if *text == known => continue,
            Some(_) => steps.push(format!("DROP VIEW \"{}\"", view.name)),
            None => {}
        }
        steps.push(view.sql);
        if engine == Engine::Postgres {
            steps.push(format!("COMMENT ON VIEW \"{}\" IS '{known}'", view.name));
        }
    }
    Ok(steps)
}

/// What a database tells of a view's text: SQLite all of it; PostgreSQL keeps what it understood, and the digest of
/// the text is the view's comment.
fn known(engine: Engine, sql: &str) -> String {
    match engine {
        Engine::Sqlite => sql.to_owned(),
        Engine::Postgres => format!("made by pencere from {}", Digest::of(sql.as_bytes())),
    }
}

/// Those of the datasets that a reader finds. One without a table has had nothing loaded yet.
pub(super) fn found(datasets: &Datasets, present: &Present) -> Result<Vec<Layout>, Fault> {
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
    Ok(found)
}
