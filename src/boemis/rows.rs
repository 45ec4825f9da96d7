//! The digest of a statement's rows: what was loaded, in one number that anybody can recompute.
//!
//! Owns the canonical text. It is UTF-8, each line ended by one line feed: the line
//! `boemis-rows-1`, the dataset's slug, and then one line a record in the order of the document:
//! `name=value` for each column that has a value, sorted by the column's name, joined by one tab.
//! A decimal is printed with all places of its column (`98765.432`, `7.500`), a shape as it was
//! sent, with its system before it (`SRID=32639;POLYGON((…))`): WGS 84 follows from that. No value
//! holds a tab or a line feed. Columns without a value are left out, so that a column added to a dataset
//! later changes no digest made before.

use super::{Fault, layout::Layout};
use crate::document::{DatasetName, Digest, Digester};
use crate::geometry::{self, Crs};
use crate::schema::{ColumnKind, Datasets, Record, Shapes, Statement, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// The digest of a statement that is about to be loaded; also the check that its records have
/// the form of their dataset.
pub(crate) fn digest(layout: &Layout, statement: &Statement) -> Result<Digest, Fault> {
    let mut rows = Rows::new(layout);
    for piece in statement.records.pieces() {
        for record in piece.map_err(gone)?.iter() {
            rows.take(record)?;
        }
    }
    Ok(rows.finish())
}

/// The same of records that come piece by piece, and how many they were.
pub(super) fn digest_ahead<'r>(
    datasets: &Datasets,
    dataset: &DatasetName,
    pieces: impl Iterator<Item = std::io::Result<Cow<'r, [Record]>>>,
) -> Result<(Digest, u64), Fault> {
    let layouts = Layout::all(datasets)?;
    let layout = layouts.iter().find(|layout| layout.slug == dataset.as_str());
    let mut rows = Rows::new(layout.ok_or_else(|| Fault::no_table(dataset))?);
    let mut count = 0;
    for piece in pieces {
        for record in piece.map_err(gone)?.iter() {
            rows.take(record)?;
            count += 1;
        }
    }
    Ok((rows.finish(), count))
}

/// Records that were laid away and cannot be read back: the document waits, and is read anew.
pub(super) fn gone(error: std::io::Error) -> Fault {
    Fault::Away { doing: "reading records that were laid away", cause: error.to_string() }
}

/// A digest under way, for rows that come in pieces.
pub(crate) struct Rows<'l> {
    layout: &'l Layout,
    /// Positions of the columns, sorted by name.
    order: Vec<usize>,
    line: String,
    digester: Digester,
}

impl<'l> Rows<'l> {
    pub(crate) fn new(layout: &'l Layout) -> Self {
        let name = |at: usize| layout.columns.get(at).map(|column| &column.name);
        let mut order: Vec<usize> = (0..layout.columns.len()).collect();
        order.sort_by(|&a, &b| name(a).cmp(&name(b)));
        let mut digester = Digester::new();
        digester.update(b"boemis-rows-1\n");
        digester.update(layout.slug.as_bytes());
        digester.update(b"\n");
        Self { layout, order, line: String::new(), digester }
    }

    /// Takes the next record, which has all that its dataset requires.
    pub(crate) fn take(&mut self, record: &Record) -> Result<(), Fault> {
        for (column, value) in self.layout.columns.iter().zip(&record.values) {
            if column.required && *value == Value::Absent {
                return Err(unlike(self.layout, &column.name));
            }
        }
        self.add(&record.values)
    }

    /// Takes the next record, its values in the order of the layout.
    pub(crate) fn add(&mut self, values: &[Value]) -> Result<(), Fault> {
        let Self { layout, order, line, digester } = self;
        if values.len() != layout.columns.len() {
            return Err(unlike(layout, "the number of values"));
        }
        line.clear();
        for &at in order.iter() {
            let (Some(column), Some(value)) = (layout.columns.get(at), values.get(at)) else {
                return Err(unlike(layout, "the number of values"));
            };
            let sign = match value {
                Value::Absent => continue,
                // read back, and not what was loaded (`shape`): the digest is another one then
                Value::Text(_) if matches!(column.kind, ColumnKind::Geometry(_)) => '!',
                _ => '=',
            };
            if !line.is_empty() {
                line.push('\t');
            }
            line.push_str(&column.name);
            line.push(sign);
            match (value, &column.kind) {
                (Value::Station(code), ColumnKind::Station) => line.push_str(code.as_str()),
                (Value::Text(odd), ColumnKind::Geometry(_)) => line.push_str(odd),
                // a word has no tab and no line feed: no pattern of a description takes one
                (Value::Text(text), ColumnKind::Text(_))
                    if !text.bytes().any(|octet| matches!(octet, b'\t' | b'\n')) =>
                {
                    line.push_str(text);
                }
                (Value::Geometry(geometry), ColumnKind::Geometry(_)) => geometry.tag(line),
                (Value::Decimal(quantity), ColumnKind::Decimal { places })
                    if quantity.places() == *places && quantity.scaled() >= 0 =>
                {
                    quantity.print(line);
                }
                _ => return Err(unlike(layout, &column.name)),
            }
        }
        line.push('\n');
        digester.update(line.as_bytes());
        Ok(())
    }

    pub(crate) fn finish(self) -> Digest {
        self.digester.finish()
    }
}

/// A value as text, exact; empty where an optional one was left out.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Absent => String::new(),
        Value::Station(code) => code.to_string(),
        Value::Decimal(quantity) => quantity.to_string(),
        Value::Text(text) => text.clone(),
        Value::Geometry(geometry) => geometry.tagged(),
    }
}

/// A shape of the table, read back: what was sent is judged again, and must give the WGS 84 that lies beside it. What
/// does not is no shape but a word, which no digest of a load has.
pub(super) fn shape(shapes: Shapes, epsg: Option<i64>, whole: Option<String>, sent: Option<String>) -> Value {
    let limits = geometry::Limits { points: usize::MAX, text: usize::MAX };
    let (epsg, whole, sent) = match (epsg, whole, sent) {
        (None, None, None) => return Value::Absent,
        (Some(epsg), Some(whole), Some(sent)) => (epsg, whole, sent),
        (epsg, whole, sent) => return Value::Text(format!("{epsg:?} {whole:?} {sent:?}")),
    };
    let crs = u32::try_from(epsg).ok().and_then(|code| Crs::from_epsg(code).ok());
    let judged = crs.and_then(|crs| geometry::wkt::read(&sent, 0, crs, &limits).ok()?.judge(shapes.kinds()).ok());
    match judged {
        Some(judged) if judged.geometry.wkt() == whole => Value::Geometry(Arc::new(judged.geometry)),
        _ => Value::Text(format!("{epsg} {whole} {sent}")),
    }
}

/// A validated record that does not have its dataset's form: our own mistake, never the sender's.
fn unlike(layout: &Layout, what: &str) -> Fault {
    Fault::Wrong(format!("a record of `{}` is unlike its description: {what}", layout.slug))
}
