//! What is published follows from the descriptions.

use super::*;
use crate::document::{Period, Voen};
use crate::schema::{Format, SHIPPED, template};
use std::path::Path;

#[test]
fn everything_in_the_folder_is_shipped() {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/datasets");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(&datasets).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            found.push(path.strip_prefix(&datasets).unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
    assert_eq!(SHIPPED.iter().map(|(path, _)| *path).collect::<Vec<_>>(), found);
}

#[test]
fn an_unfilled_form_is_refused_where_it_is_empty() {
    let register = stations();
    let own: Vec<&Station> =
        register.by_code.values().filter(|station| station.operator.as_str() == "azerenerji").collect();
    let voen: Voen = "9990000631".parse().unwrap();
    let blank = |format| template(&generation(), &own, Period::Quarter(2026, 3), "trial", &voen, format);

    let xml = blank(Format::Xml);
    assert_eq!(
        said(&Judge::of(generation()).xml(&xml)),
        ["schema.invalid /Submission/Record[1]/EnergyMWh", "schema.invalid /Submission/Record[2]/EnergyMWh"],
        "{xml}"
    );
    assert!(xml.contains("<!-- Qaradağ GES, 230.000 MW -->") && !xml.contains("GUN-0900"), "{xml}");
    let filled = xml.replace("<EnergyMWh></EnergyMWh></Record>", "<EnergyMWh>1</EnergyMWh></Record>");
    assert_eq!(said(&Judge::of(generation()).xml(&filled)), [""; 0]);

    let csv = blank(Format::Csv);
    assert_eq!(
        said(&Judge::of(generation()).csv(&csv)),
        ["schema.invalid 2:energy_mwh", "schema.invalid 3:energy_mwh"],
        "{csv}"
    );
    assert_eq!(said(&Judge::of(generation()).csv(csv.replace(",\n", ",1\n"))), [""; 0]);
}

#[test]
fn a_name_cannot_end_the_comment_that_holds_it() {
    let mut register = stations();
    let code = "GUN-0001".parse().unwrap();
    register.by_code.get_mut(&code).unwrap().name = "A --> <Record/> ---".to_owned();
    let own = [&register.by_code[&code]];
    let voen: Voen = "9990000631".parse().unwrap();
    let xml = template(&generation(), &own, Period::Quarter(2026, 3), "trial", &voen, Format::Xml);
    assert_eq!(said(&Judge::of(generation()).xml(&xml)).len(), 2, "{xml}"); // the empty figure, and SU-0001 left out
}

/// The form that Data Package 2.0 gives a Table Schema, as far as these use it: what is no word of it would be
/// passed over by other tools in silence.
#[test]
fn each_table_schema_has_the_form_of_its_standard() {
    let schemas = SHIPPED.iter().filter(|(path, _)| path.ends_with(".schema.json"));
    let schemas: Vec<serde_json::Value> = schemas.map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(schemas.len(), 6);
    for schema in schemas {
        let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let all =
            |value: &serde_json::Value, known: &[&str]| keys(value).iter().all(|key| known.contains(&key.as_str()));
        assert!(all(&schema, &["$schema", "name", "title", "description", "fieldsMatch", "fields"]), "{schema}");
        assert_eq!(schema["$schema"], "https://datapackage.org/profiles/2.0/tableschema.json");
        assert_eq!(schema["fieldsMatch"], "superset");
        let mut names = std::collections::BTreeSet::new();
        for field in schema["fields"].as_array().unwrap() {
            // `unit` is ours: a field may bear properties of one's own
            assert!(all(field, &["name", "type", "title", "description", "constraints", "unit"]), "{field}");
            assert_eq!(field["type"], "string");
            assert!(names.insert(field["name"].as_str().unwrap().to_owned()), "{field}");
            let constraints = &field["constraints"];
            assert!(all(constraints, &["required", "enum", "pattern", "maxLength"]), "{field}");
            assert!(constraints["required"].is_boolean() && keys(constraints).len() > 1, "{field}");
            let pattern = constraints.get("pattern").map(|pattern| pattern.as_str().unwrap());
            assert!(pattern.is_none_or(|pattern| pattern.starts_with("^(") && pattern.ends_with(")$")), "{field}");
        }
    }
}
