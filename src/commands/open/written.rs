//! Open data as text: CSV (RFC 4180) and GeoJSON (RFC 7946).
//!
//! Owns which columns leave: the dataset's own, then the period, who stated it, in which revision, and the submission
//! that it leads back to. Of a shape WGS 84 alone leaves. Rows are in the order of their texts, so that the same data
//! gives the same octets on either engine. Never writes a cell that acts as a formula.

use crate::boemis::Records;
use crate::geometry;
use crate::schema::{ColumnKind, Dataset, PeriodKinds, spreadsheet};
use serde_json::Value;

/// A column of the export.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: FieldKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    Text,
    Number,
    Whole,
    Shape,
}

/// The columns that leave, in their order.
pub(super) fn fields(dataset: &Dataset) -> Vec<Field> {
    let own = dataset.columns.iter().map(|column| Field {
        name: column.name.clone(),
        kind: match column.kind {
            ColumnKind::Decimal { .. } => FieldKind::Number,
            ColumnKind::Geometry(_) => FieldKind::Shape,
            ColumnKind::Station | ColumnKind::Text(_) => FieldKind::Text,
        },
    });
    let has_periods = dataset.periods != PeriodKinds::None;
    let beside = [("period", FieldKind::Text), ("participant", FieldKind::Text), ("revision", FieldKind::Whole)];
    let beside = beside.into_iter().chain([("submission", FieldKind::Text)]);
    let beside = beside.filter(|(name, _)| has_periods || *name != "period");
    own.chain(beside.map(|(name, kind)| Field { name: name.to_owned(), kind })).collect()
}

/// The values of the columns that leave, sorted.
fn picked(fields: &[Field], records: Records) -> Vec<Vec<String>> {
    let Records { columns, rows } = records;
    let places: Vec<Option<usize>> =
        fields.iter().map(|field| columns.iter().position(|column| *column == field.name)).collect();
    let value = |row: &mut Vec<String>, at: Option<usize>| {
        at.and_then(|at| row.get_mut(at)).map(std::mem::take).unwrap_or_default()
    };
    let mut picked: Vec<Vec<String>> =
        rows.into_iter().map(|mut row| places.iter().map(|at| value(&mut row, *at)).collect()).collect();
    let period = fields.iter().position(|field| field.name == "period");
    picked.sort_by(|one, other| {
        let of = |row: &[String]| period.and_then(|at| row.get(at).cloned());
        of(one).cmp(&of(other)).then_with(|| one.cmp(other))
    });
    picked
}

/// A header, and a row a record; lines end with CRLF.
pub(super) fn csv(dataset: &Dataset, records: Records) -> String {
    let fields = fields(dataset);
    let mut text = String::new();
    let mut row = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    };
    row(&mut fields.iter().map(|field| field.name.clone()));
    for values in picked(&fields, records) {
        row(&mut values.iter().map(|value| spreadsheet::cell_of(value)));
    }
    text
}

/// A collection of features, each on a line of its own, its id being the record's key.
///
/// # Errors
/// A shape in BOEMİS that no load has written, in words.
pub(super) fn geojson(dataset: &Dataset, records: Records) -> Result<String, String> {
    let fields = fields(dataset);
    let key = dataset.key_column().and_then(|at| dataset.columns.get(at)).map(|column| column.name.as_str());
    let mut text = String::from("{\"type\":\"FeatureCollection\",\"features\":[");
    for (at, values) in picked(&fields, records).into_iter().enumerate() {
        text.push_str(if at > 0 { ",\n" } else { "\n" });
        feature(&mut text, &fields, key, &values)
            .ok_or_else(|| format!("`{}` has a value that no load has written", dataset.name))?;
    }
    text.push_str("\n]}\n");
    Ok(text)
}

fn feature(text: &mut String, fields: &[Field], key: Option<&str>, values: &[String]) -> Option<()> {
    text.push_str("{\"type\":\"Feature\"");
    let (mut shape, mut properties) = ("null".to_owned(), String::new());
    for (field, value) in fields.iter().zip(values) {
        if Some(field.name.as_str()) == key {
            text.push_str(&format!(",\"id\":{}", quoted(value)));
        }
        let written = match field.kind {
            FieldKind::Shape if value.is_empty() => continue,
            FieldKind::Shape => {
                shape = geometry::geojson_of(value)?;
                continue;
            }
            _ if value.is_empty() => "null".to_owned(),
            // digits and a point are a number of JSON as they are: no floating point on the way
            FieldKind::Number | FieldKind::Whole => is_plain(value).then(|| value.clone())?,
            FieldKind::Text => quoted(value),
        };
        let comma = if properties.is_empty() { "" } else { "," };
        properties.push_str(&format!("{comma}{}:{written}", quoted(&field.name)));
    }
    text.push_str(&format!(",\"geometry\":{shape},\"properties\":{{{properties}}}}}"));
    Some(())
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Digits, with a point among them or without.
fn is_plain(value: &str) -> bool {
    let (whole, rest) = value.split_once('.').unwrap_or((value, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
    digits(whole) && digits(rest) && (whole.len() == 1 || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn only_what_is_a_number_of_json_goes_out_as_one() {
        for (value, plain) in [
            ("0.500", true),
            ("98765.432", true),
            ("7", true),
            ("007", false),
            ("1e5", false),
            ("-1", false),
            ("1.", false),
        ] {
            assert_eq!(is_plain(value), plain, "{value}");
        }
    }
}
