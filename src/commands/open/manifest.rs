//! The data package beside open data (Frictionless, Data Package 1): what each file is, as of when, on which terms.
//!
//! Owns its form, and the reading of an earlier one's files. Terms are those that the configuration names; where it
//! names none, none are given. Never decides what is open.

use super::Exported;
use super::written::{FieldKind, fields};
use crate::config::{ExportSettings, WindowSettings};
use crate::schema::Dataset;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A file, and the columns in it.
pub(super) fn resource(dataset: &Dataset, exported: &Exported) -> Value {
    let is_drawn = dataset.geometry_column().is_some();
    let (format, media) = if is_drawn { ("geojson", "application/geo+json") } else { ("csv", "text/csv") };
    let columns = fields(dataset).into_iter().map(|field| {
        let column = dataset.columns.iter().find(|column| column.name == field.name);
        let kind = match field.kind {
            FieldKind::Text => "string",
            FieldKind::Number => "number",
            FieldKind::Whole => "integer",
            FieldKind::Shape => "geojson",
        };
        let mut described = json!({"name": field.name, "type": kind});
        if let (Some(column), Some(described)) = (column, described.as_object_mut()) {
            described.insert("title".to_owned(), json!(column.title_en));
            described.insert("description".to_owned(), json!(column.title_az));
            if let Some(unit) = &column.unit {
                described.insert("unit".to_owned(), json!(unit));
            }
        }
        described
    });
    let columns: Vec<Value> = columns.collect();
    json!({
        "name": dataset.name,
        "path": exported.file,
        "title": dataset.title_en,
        "description": format!("{} ({})", dataset.title_az, dataset.clause),
        "format": format,
        "mediatype": media,
        "encoding": "utf-8",
        "bytes": exported.octets,
        "hash": format!("sha256:{}", exported.sha256),
        "records": exported.records,
        "schema": {"fields": columns},
    })
}

/// The package.
pub(super) fn package(
    window: &WindowSettings,
    settings: &ExportSettings,
    as_of: Timestamp,
    resources: Vec<Value>,
) -> String {
    let mut package = json!({
        "profile": "data-package",
        "name": format!("boemis-{}", window.window.id),
        "title": format!("BOEMİS: {}", window.name),
        "created": as_of.to_string(),
        "environment": window.window.environment.as_str(),
        "resources": resources,
    });
    let licence = settings.licence.as_ref().map(|name| match &settings.licence_url {
        Some(url) => json!([{"name": name, "path": url}]),
        None => json!([{"name": name}]),
    });
    if let (Some(licence), Some(package)) = (licence, package.as_object_mut()) {
        package.insert("licenses".to_owned(), licence);
    }
    format!("{package:#}\n")
}

/// The data files that a package names, as far as an export can have made them; none where it is no package of ours.
pub(super) fn files(octets: &[u8]) -> Option<Vec<String>> {
    let package: Value = serde_json::from_slice(octets).ok()?;
    package.get("name")?.as_str().filter(|name| name.starts_with("boemis-"))?;
    let paths = package.get("resources")?.as_array()?.iter().filter_map(|resource| resource.get("path")?.as_str());
    let ours = |path: &&str| {
        let name = path.strip_suffix(".csv").or_else(|| path.strip_suffix(".geojson"));
        name.is_some_and(|name| name.parse::<crate::document::DatasetName>().is_ok())
    };
    Some(paths.filter(ours).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_export_can_have_made_is_taken_for_its_own() {
        let paths = ["generation.csv", "../x.csv", "/etc/passwd", "cadastre.geojson", "A.csv", "a/b.csv", "notes.txt"];
        let resources: Vec<Value> = paths.iter().map(|path| json!({"path": path})).collect();
        let package = |name: &str| json!({"name": name, "resources": resources}).to_string();
        let found = files(package("boemis-trial").as_bytes()).unwrap();
        assert_eq!(found, ["generation.csv", "cadastre.geojson"]);
        assert_eq!(files(package("another").as_bytes()), None);
        assert_eq!(files(b"{"), None);
    }
}
