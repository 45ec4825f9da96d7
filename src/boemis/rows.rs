//! The digest of a statement's rows: what was loaded, in one number that anybody can recompute.
//!
//! Owns the canonical text. It is UTF-8, each line ended by one line feed: the line
//! `boemis-rows-1`, the dataset's slug, and then one line a record in the order of the document:
//! `name=value` for each column that has a value, sorted by the column's name, joined by one tab.
//! A decimal is printed with all places of its column (`98765.432`, `7.500`); no value holds a tab
//! or a line feed. Columns without a value are left out, so that a column added to a dataset
//! later changes no digest made before.

use super::{Fault, layout::Layout};
use crate::document::{Digest, Digester};
use crate::schema::{ColumnKind, Statement, Value};
use std::fmt::Write;

/// The digest of these records under this layout.
pub(crate) fn digest(layout: &Layout, statement: &Statement) -> Result<Digest, Fault> {
    let mut order: Vec<usize> = (0..layout.columns.len()).collect();
    order.sort_by(|&a, &b| layout.columns.get(a).map(|c| &c.name).cmp(&layout.columns.get(b).map(|c| &c.name)));
    let mut digester = Digester::new();
    digester.update(b"boemis-rows-1\n");
    digester.update(layout.slug.as_bytes());
    digester.update(b"\n");
    let mut line = String::new();
    for record in &statement.records {
        line.clear();
        if record.values.len() != layout.columns.len() {
            return Err(unlike(layout, "number of values"));
        }
        for &at in &order {
            let (Some(column), Some(value)) = (layout.columns.get(at), record.values.get(at)) else {
                return Err(unlike(layout, "number of values"));
            };
            let tab = if line.is_empty() { "" } else { "\t" };
            let written = match (value, &column.kind) {
                (Value::Absent, _) if column.required => return Err(unlike(layout, &column.name)),
                (Value::Absent, _) => Ok(()),
                (Value::Station(code), ColumnKind::Station) => write!(line, "{tab}{}={code}", column.name),
                (Value::Decimal(quantity), ColumnKind::Decimal { places })
                    if quantity.places() == *places && quantity.scaled() >= 0 =>
                {
                    write!(line, "{tab}{}={quantity}", column.name)
                }
                _ => return Err(unlike(layout, &column.name)),
            };
            written.map_err(|_| unlike(layout, &column.name))?;
        }
        line.push('\n');
        digester.update(line.as_bytes());
    }
    Ok(digester.finish())
}

/// A validated record that does not have its dataset's form: our own mistake, never the sender's.
fn unlike(layout: &Layout, what: &str) -> Fault {
    Fault::Wrong(format!("a record of `{}` is unlike its description: {what}", layout.slug))
}
