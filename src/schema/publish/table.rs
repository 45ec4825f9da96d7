//! The table schema of a dataset (Frictionless, Data Package 2.0) for its CSV form.
//!
//! Figures are strings with a pattern, not numbers: a reader of `number` would take `1e5`, `NaN` and
//! signs. The patterns are those of the decimal point; the decimal comma of a `;` file is told in
//! the description.

use crate::schema::form::{self, Frame, TOTAL};
use crate::schema::{ColumnKind, Dataset};
use serde_json::{Value, json};

/// The schema's text.
pub(super) fn schema(dataset: &Dataset) -> String {
    let frames = Frame::columns(dataset).map(|frame| {
        let required = frame.required_in_csv();
        let constraints = match frame {
            Frame::Dataset => json!({"required": required, "enum": [dataset.name.as_str()]}),
            Frame::Period => json!({"required": required, "pattern": whole(form::PERIOD)}),
            Frame::Revision => json!({"required": required, "pattern": whole(form::REVISION)}),
            Frame::Sender => json!({"required": required, "pattern": whole(form::SENDER)}),
            Frame::To | Frame::Id => json!({"required": required, "pattern": whole(form::TO)}),
        };
        json!({"name": frame.name(), "type": "string", "constraints": constraints})
    });
    let columns = dataset.columns.iter().map(|column| {
        let constraints = match column.kind {
            ColumnKind::Station => json!({
                "required": column.required,
                "maxLength": form::STATION_MAX,
                "pattern": whole(&format!("{TOTAL}|{}", form::STATION)),
            }),
            ColumnKind::Decimal { places } => {
                json!({"required": column.required, "pattern": whole(&form::decimal_pattern(places))})
            }
        };
        let mut field = json!({
            "name": column.name,
            "type": "string",
            "title": column.title_en,
            "description": column.title_az,
            "constraints": constraints,
        });
        if let (Some(unit), Some(field)) = (&column.unit, field.as_object_mut()) {
            field.insert("unit".to_owned(), Value::from(unit.as_str()));
        }
        field
    });
    let schema = json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": dataset.name.as_str(),
        "title": dataset.title_en,
        "description": format!(
            "{} ({}). UTF-8; columns separated by , or ; and in any order; with ; a decimal comma may stand for the \
             point. dataset, period, revision, sender and to have one value throughout; a row whose station is \
             {TOTAL} is the total. Fields with required: false may be left out.",
            dataset.title_az, dataset.clause,
        ),
        "fieldsMatch": "superset",
        "fields": frames.chain(columns).collect::<Vec<_>>(),
    });
    format!("{schema:#}\n")
}

/// A pattern that speaks of the whole value, whether its reader anchors it or not.
fn whole(pattern: &str) -> String {
    format!("^({pattern})$")
}
