//! A sheet as one JSON value: its facts, `columns`, `rows` by the names of the columns, `total`, `remarks`.
//!
//! Figures are exact decimals in text, counts are numbers, what is not known is null.

use super::{Cell, Sheet};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// All of it.
pub(super) struct Whole<'a>(pub(super) &'a Sheet);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(sheet) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("title", &sheet.title)?;
        for fact in &sheet.facts {
            map.serialize_entry(fact.name, &fact.value)?;
        }
        map.serialize_entry("columns", &Columns(sheet))?;
        map.serialize_entry("rows", &Rows(sheet))?;
        map.serialize_entry("total", &sheet.total.as_ref().map(|row| Row(sheet, row)))?;
        map.serialize_entry("remarks", &sheet.remarks)?;
        map.end()
    }
}

struct Columns<'a>(&'a Sheet);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.0.columns.iter().map(|column| serde_json::json!({"name": column.name, "title": column.title}));
        serializer.collect_seq(all)
    }
}

struct Rows<'a>(&'a Sheet);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(sheet) = self;
        let mut seq = serializer.serialize_seq(Some(sheet.rows.len()))?;
        for row in &sheet.rows {
            seq.serialize_element(&Row(sheet, row))?;
        }
        seq.end()
    }
}

struct Row<'a>(&'a Sheet, &'a [Cell]);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(sheet, row) = self;
        let mut map = serializer.serialize_map(Some(row.len()))?;
        for (column, cell) in sheet.columns.iter().zip(*row) {
            match cell {
                Cell::Empty => map.serialize_entry(&column.name, &())?,
                Cell::Count(count) => map.serialize_entry(&column.name, count)?,
                Cell::Word(word, _) => map.serialize_entry(&column.name, word)?,
                Cell::Text(text) | Cell::Figure(text) => map.serialize_entry(&column.name, text)?,
            }
        }
        map.end()
    }
}
