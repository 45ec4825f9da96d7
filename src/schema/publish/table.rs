//! The table schema of a dataset (Frictionless, Data Package 2.0) for its CSV form.
//!
//! Figures are strings with a pattern, not numbers: a reader of `number` would take `1e5`, `NaN` and
//! signs. The patterns are those of the decimal point; the decimal comma of a `;` file is told in
//! the description.

use crate::schema::form::{self, Frame, TOTAL};
use crate::schema::{ColumnKind, Dataset, EPSG, PeriodKinds, TextForm, TotalRule};
use serde_json::{Value, json};

/// The schema's text.
pub(super) fn schema(dataset: &Dataset) -> String {
    let frames = Frame::columns(dataset).map(|frame| {
        let required = frame.required_in_csv();
        let constraints = match frame {
            Frame::Dataset => json!({"required": required, "enum": [dataset.name.as_str()]}),
            Frame::Period => json!({"required": required, "pattern": whole(&form::period_pattern(dataset.periods))}),
            Frame::Revision => json!({"required": required, "pattern": whole(form::REVISION)}),
            Frame::Replaces => json!({"required": required, "pattern": whole(form::REPLACES)}),
            Frame::Reason => json!({"required": required, "enum": form::REASONS}),
            Frame::Note => json!({"required": required, "maxLength": form::NOTE_MAX, "pattern": whole(form::NOTE)}),
            Frame::Sender | Frame::About => json!({"required": required, "pattern": whole(form::SENDER)}),
            Frame::To | Frame::Id => json!({"required": required, "pattern": whole(form::TO)}),
        };
        json!({"name": frame.name(), "type": "string", "constraints": constraints})
    });
    let has_total = dataset.total != TotalRule::None;
    let or_total = |pattern: &str| if has_total { format!("{TOTAL}|{pattern}") } else { pattern.to_owned() };
    let key = dataset.key_column().and_then(|at| dataset.columns.get(at)).filter(|_| has_total);
    let total = key.map_or_else(String::new, |key| format!("; a row whose {} is {TOTAL} is the total", key.name));
    let period = if dataset.periods == PeriodKinds::None { "" } else { " period," };
    let columns = dataset.columns.iter().flat_map(|column| {
        let constraints = match column.kind {
            ColumnKind::Station => json!({
                "required": column.required,
                "maxLength": form::STATION_MAX,
                "pattern": whole(&or_total(form::STATION)),
            }),
            ColumnKind::Text(ref of) => match &of.form {
                TextForm::Codes(codes) => {
                    let total = (column.is_key() && has_total).then_some(TOTAL);
                    let codes: Vec<&str> = codes.iter().map(String::as_str).chain(total).collect();
                    json!({"required": column.required, "enum": codes})
                }
                TextForm::Pattern(pattern, longest) => {
                    let pattern = pattern.as_str();
                    let pattern = if column.is_key() { or_total(pattern) } else { pattern.to_owned() };
                    json!({"required": column.required, "maxLength": longest, "pattern": whole(&pattern)})
                }
            },
            ColumnKind::Decimal { places } => {
                json!({"required": column.required, "pattern": whole(&form::decimal_pattern(places))})
            }
            // a cell holds no line break; what else is WKT, no pattern can say
            ColumnKind::Geometry(_) => json!({"required": column.required, "pattern": whole("[^\\r\\n]+")}),
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
        let system = matches!(column.kind, ColumnKind::Geometry(_)).then(|| {
            json!({
                "name": EPSG,
                "type": "string",
                "title": "Coordinate system of the WKT (EPSG)",
                "description": "WKT-nin koordinat sistemi (EPSG)",
                "constraints": {"required": column.required, "enum": ["4326", "32638", "32639"]},
            })
        });
        system.into_iter().chain(std::iter::once(field))
    });
    let schema = json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": dataset.name.as_str(),
        "title": dataset.title_en,
        "description": format!(
            "{} ({}). UTF-8; columns separated by , or ; and in any order; with ; a decimal comma may stand for the \
             point. dataset,{period} revision, sender, to, replaces, reason, note and about have one value \
             throughout{total}. Fields with required: false may be left out. Class of protection: {}.",
            dataset.title_az, dataset.clause, dataset.class.as_str(),
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
