//! GeoJSON: the same statement in all three forms, and what is told of one that has faults.

use super::drawn::{SQUARE_OF_DEGREES, plots};
use super::*;
use crate::json;
use crate::schema::{Records, Value, geojson};
use proptest::prelude::*;

const GEOMETRY: &str =
    "{\"type\": \"Polygon\", \"coordinates\": [[[49.80, 40.30], [49.81, 40.30], [49.81, 40.31], [49.80, 40.30]]]}";

fn read(text: &str) -> Reading {
    geojson::inspect(text.as_bytes(), &plots(), &Limits::default(), &Scratch::of_system()).unwrap()
}

/// A collection of these features, each with its properties and geometry.
fn collection(features: &[(&str, &str)]) -> String {
    let feature = |(properties, geometry): &(&str, &str)| {
        format!("\n{{\"type\": \"Feature\", \"properties\": {{{properties}}}, \"geometry\": {geometry}}}")
    };
    let features: Vec<String> = features.iter().map(feature).collect();
    format!(
        "{{\"type\": \"FeatureCollection\",\n\"submission\": {{\"id\": \"S-1\", \"to\": \"trial\", \"dataset\": \"plots\", \
         \"revision\": 1, \"sender\": \"9990000631\"}},\n\"features\": [{}]}}\n",
        features.join(",")
    )
}

fn one() -> String {
    collection(&[("\"code\": \"A-1\", \"area_ha\": 47.2", GEOMETRY)])
}

/// What is told of the one feature, changed so.
fn told(old: &str, new: &str) -> Vec<String> {
    let text = one();
    assert_eq!(text.matches(old).count(), 1, "{old}");
    let text = text.replace(old, new);
    let findings = read(&text).faults.finish();
    for finding in findings.iter().filter(|finding| finding.place.path.is_some()) {
        assert!((finding.place.offset.unwrap() as usize) < text.len(), "{finding:?}");
    }
    said(&findings)
}

fn values(records: &Records) -> Vec<Vec<Value>> {
    records.near().unwrap().iter().map(|record| record.values.clone()).collect()
}

#[test]
fn all_three_forms_give_the_same_rows_and_sums() {
    let corners: Vec<&str> = SQUARE_OF_DEGREES.split(',').collect();
    let gml = format!(
        "<Shape><gml:Polygon srsName=\"urn:ogc:def:crs:OGC:1.3:CRS84\"><gml:exterior><gml:LinearRing><gml:posList>{}\
         </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></Shape>",
        corners.join(" ")
    );
    let xml = drawn::xml(&[("A-1", "94.26", &gml), ("A-2", "7.5", "")]);
    let csv = drawn::table(&[
        ("A-1", "94.26", "4326", &format!("\"POLYGON(({SQUARE_OF_DEGREES}))\"")),
        ("A-2", "7.5", "", ""),
    ]);
    let positions: Vec<String> = corners.iter().map(|corner| format!("[{}]", corner.replace(' ', ","))).collect();
    let drawn = format!("{{\"coordinates\":[[{}]],\"type\":\"Polygon\"}}", positions.join(", "));
    let geojson = collection(&[
        ("\"code\": \"A-1\", \"area_ha\": 94.26", &drawn),
        ("\"area_ha\": \"7.5\", \"code\": \"\\u0041-2\"", "null"),
    ]);
    let [of_xml, of_csv, of_geojson] = [read_xml(&xml, &plots()), read_csv(&csv, &plots()), read(&geojson)];
    assert_eq!(values(&of_geojson.records), values(&of_csv.records));
    assert_eq!(values(&of_geojson.records), values(&of_xml.records));
    let Value::Geometry(shape) = &values(&of_geojson.records)[0][2] else { panic!("no shape") };
    assert_eq!(shape.sent(), format!("POLYGON(({SQUARE_OF_DEGREES}))"), "each digit as it was sent");
    for other in [&of_xml, &of_csv] {
        assert_eq!((of_geojson.period, of_geojson.revision), (other.period, other.revision));
        assert_eq!(of_geojson.tally.sum(1), other.tally.sum(1));
        assert_eq!(of_geojson.tally.sum(1), Some(10_176));
    }
    for reading in [of_xml, of_csv, of_geojson] {
        assert_eq!(said(&Judge::of(plots()).judge(reading)), [""; 0]);
    }
}

#[test]
fn a_fault_of_a_rule_has_the_place_of_the_value_in_the_collection() {
    let text = collection(&[
        ("\"code\": \"A-1\", \"area_ha\": 47.2", GEOMETRY),
        ("\"code\": \"A-1\", \"area_ha\": 99", GEOMETRY),
    ]);
    let findings = Judge::of(plots()).judge(read(&text));
    let told: Vec<(String, &str)> = said(&findings)
        .into_iter()
        .zip(findings.iter().map(|one| &text[one.place.offset.unwrap() as usize..][..2]))
        .collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(said, at)| (said.as_str(), *at)).collect();
    let expected = [
        ("rule.key-doubled /features[2]/properties/code", "\"A"),
        ("rule.area-differs /features[2]/properties/area_ha", "99"),
        ("rule.areas-overlap /features[2]/geometry", "{\""),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_number_is_taken_as_it_is_written() {
    assert_eq!(told("47.2", "47.20"), [""; 0]);
    assert_eq!(told("47.2", "\"47.2\""), [""; 0]);
    for wrong in ["47.200", "4.72e1", "-47.2", "\"47,2\"", "47.2000000000000000001", "true", "[47.2]", "{}", "\"\""] {
        assert_eq!(told("47.2", wrong), ["schema.invalid /features[1]/properties/area_ha"], "{wrong}");
    }
    assert_eq!(told("47.2", "null"), ["schema.missing /features[1]/properties/area_ha"]);
    // what is no number of JSON ends the reading
    for broken in ["047.2", "+47.2", "47.", ".2", "NaN", "0x1"] {
        assert_eq!(told("47.2", broken)[0], "schema.not-wellformed", "{broken}");
    }
}

#[test]
fn what_is_not_known_or_stands_twice_is_told_at_its_place() {
    for (old, new, wanted) in [
        ("\"area_ha\": 47.2", "\"area\": 47.2", "schema.invalid /features[1]/properties/area"),
        ("\"area_ha\": 47.2", "\"area_ha\": 47.2, \"area_ha\": 1", "schema.invalid /features[1]/properties/area_ha"),
        (
            "\"area_ha\": 47.2",
            "\"area_ha\": 47.2, \"are\\u0061_ha\": 1",
            "schema.invalid /features[1]/properties/area_ha",
        ),
        ("\"area_ha\": 47.2", "\"area_ha\": 47.2, \"epsg\": 4326", "schema.invalid /features[1]/properties/epsg"),
        ("\"area_ha\": 47.2", "\"area_ha\": 47.2, \"shape\": {}", "schema.invalid /features[1]/properties/shape"),
        (", \"area_ha\": 47.2", "", "schema.missing /features[1]/properties"),
        ("\"code\": \"A-1\"", "\"code\": 1", "schema.invalid /features[1]/properties/code"),
        ("\"code\": \"A-1\"", "\"code\": \"a 1\"", "schema.invalid /features[1]/properties/code"),
        ("\"Feature\"", "\"feature\"", "schema.invalid /features[1]/type"),
        ("\"type\": \"Feature\"", "\"type\": \"Feature\", \"id\": {}", "schema.invalid /features[1]/id"),
        ("\"type\": \"Feature\"", "\"type\": \"Feature\", \"id\": null", "schema.invalid /features[1]/id"),
        ("\"type\": \"Feature\"", "\"id\": 1, \"id\": 1, \"type\": \"Feature\"", "schema.invalid /features[1]/id"),
        ("\"type\": \"Feature\"", "\"type\": \"Feature\", \"when\": 7", "schema.invalid /features[1]/when"),
        ("\"type\": \"Feature\", ", "", "schema.missing /features[1]"),
        ("\"FeatureCollection\"", "\"Feature\"", "schema.invalid /type"),
        ("\"FeatureCollection\"", "7", "schema.invalid /type"),
        ("\"revision\": 1", "\"revision\": 1.0", "schema.invalid /submission/revision"),
        ("\"revision\": 1, ", "", "schema.missing /submission/revision"),
        ("\"revision\": 1", "\"revision\": 1, \"revision\": 2", "schema.invalid /submission/revision"),
        ("\"sender\": \"9990000631\"", "\"sender\": 9990000631", "schema.invalid /submission/sender"),
        ("\"id\": \"S-1\"", "\"period\": \"2026-Q3\"", "schema.invalid /submission/period"),
        ("\"id\": \"S-1\"", "\"remark\": \"…\"", "schema.invalid /submission/remark"),
        ("\"features\"", "\"submission\": {}, \"features\"", "schema.invalid /submission"),
        ("\"features\"", "\"crs\": {\"type\": \"name\"}, \"features\"", "schema.geometry /crs"),
        ("\"features\"", "\"remark\": [1], \"features\"", "schema.invalid /remark"),
    ] {
        assert_eq!(told(old, new), [wanted], "{old} → {new}");
    }
    for (old, new) in [
        ("\"id\": \"S-1\", \"to\": \"trial\", ", ""),
        ("\"revision\": 1", "\"revision\": \"1\""),
        ("\"features\"", "\"name\": \"x\", \"bbox\": [49, 40, 50, 41], \"features\""),
        (
            "\"features\"",
            "\"crs\": {\"type\": \"name\", \"properties\": {\"name\": \"urn:ogc:def:crs:OGC:1.3:CRS84\"}}, \"features\"",
        ),
        ("\"type\": \"Feature\"", "\"bbox\": [], \"type\": \"Feature\""),
        ("\"type\": \"Feature\"", "\"type\": \"Feature\", \"id\": 7"),
        ("\"type\": \"Feature\"", "\"id\": \"plots.7\", \"type\": \"Feature\""),
    ] {
        assert_eq!(told(old, new), [""; 0], "{old} → {new}");
    }
}

#[test]
fn the_shape_of_a_feature_is_judged_as_any_other() {
    for (old, new, wanted) in [
        (GEOMETRY, "{\"type\": \"Point\", \"coordinates\": [49.8, 40.4]}", "schema.geometry-kind"),
        (GEOMETRY, "[49.8, 40.4]", "schema.geometry"),
        (GEOMETRY, "\"POINT(49.8 40.4)\"", "schema.geometry"),
        ("[49.80, 40.30]]]", "[49.80, 40.29]]]", "rule.ring"),
        ("\"coordinates\"", "\"coord\\u0069nates\"", "schema.geometry"),
        ("[49.81, 40.30], [49.81, 40.31]", "[49.81, 40.31], [49.81, 40.30]", "rule.ring-sense"),
        ("[[[49.80, 40.30]", "[[[49.80, 40.30, 7]", "schema.geometry"),
    ] {
        assert_eq!(told(old, new), [format!("{wanted} /features[1]/geometry")], "{old} → {new}");
    }
    let text = one();
    let within = |limits: &Limits| {
        let reading = geojson::inspect(text.as_bytes(), &plots(), limits, &Scratch::of_system()).unwrap();
        said(&reading.faults.finish())
    };
    let limit = ["schema.limit /features[1]/geometry"];
    assert_eq!(within(&Limits { geometry_text_max: 50, ..Limits::default() }), limit);
    assert_eq!(within(&Limits { geometry_points_max: 3, ..Limits::default() }), limit);
}

#[test]
fn what_is_no_collection_is_told_once() {
    for (text, wanted) in [
        ("", "schema.not-wellformed"),
        ("{", "schema.not-wellformed"),
        ("[]", "schema.invalid /"),
        (one().trim_end().strip_suffix('}').unwrap(), "schema.not-wellformed"),
        (&(one() + "{}"), "schema.not-wellformed"),
    ] {
        assert_eq!(said(&read(text).faults.finish()), [wanted], "{text}");
    }
    let three = ["schema.missing /type", "schema.missing /submission", "schema.missing /features"];
    assert_eq!(said(&read("{}").faults.finish()), three);
    assert_eq!(said(&read(&collection(&[])).faults.finish()), ["schema.missing /features"]);
    let behind = one().replace("\"submission\"", "\"name\"").replace("]}\n", "], \"submission\": {}}\n");
    assert_eq!(said(&read(&behind).faults.finish())[0], "schema.invalid /submission");
    let text = one();
    let elsewhere =
        geojson::inspect(text.as_bytes(), &generation(), &Limits::default(), &Scratch::of_system()).unwrap();
    assert_eq!(said(&elsewhere.faults.finish()), ["schema.invalid /"], "a dataset without shapes");
    let mut octets = one().into_bytes();
    let at = octets.windows(3).position(|three| three == b"A-1").unwrap();
    octets[at] = 0xE9;
    let reading = geojson::inspect(&octets[..], &plots(), &Limits::default(), &Scratch::of_system()).unwrap();
    let findings = reading.faults.finish();
    assert_eq!((said(&findings), findings[0].place.offset), (vec!["schema.encoding".to_owned()], Some(at as u64)));
}

#[test]
fn many_features_are_laid_away_and_counted() {
    let codes: Vec<String> = (0..2000).map(|at| format!("\"code\": \"A-{at}\", \"area_ha\": 1.5")).collect();
    let features: Vec<(&str, &str)> = codes.iter().map(|code| (code.as_str(), "null")).collect();
    let text = collection(&features);
    let far = geojson::inspect(text.as_bytes(), &plots(), &NO_MEMORY, &Scratch::of_system()).unwrap();
    assert!(far.records.near().is_none() && far.records.len() == 2000);
    assert_eq!((far.tally.sum(1), far.faults.any_errors()), (Some(300_000), false));
    assert_eq!(far.records.nth(1999).unwrap().unwrap().spot.place().path.as_deref(), Some("/features[2000]"));
    let few = Limits { records_max: 3, ..Limits::default() };
    let reading = geojson::inspect(text.as_bytes(), &plots(), &few, &Scratch::of_system()).unwrap();
    assert_eq!(reading.records.len(), 3);
    assert_eq!(said(&reading.faults.finish()), ["schema.limit /features[4]"]);
}

#[test]
fn templates_are_refused_where_they_are_empty_and_are_else_of_the_form() {
    for dataset in crate::config::Config::shipped_datasets().by_name.into_values() {
        if dataset.geometry_column().is_none() {
            continue;
        }
        let voen = "9990000631".parse().unwrap();
        let form = crate::schema::template(
            &dataset,
            &[],
            crate::document::Period::None,
            "trial",
            &voen,
            crate::schema::Format::GeoJson,
        );
        let reading = geojson::inspect(form.as_bytes(), &dataset, &Limits::default(), &Scratch::of_system()).unwrap();
        assert!(reading.revision.is_some());
        let told = said(&reading.faults.finish());
        assert_eq!(told.len(), dataset.columns.iter().filter(|column| column.required).count(), "{told:?}");
        assert!(told.iter().all(|one| one.starts_with("schema.missing /features[1]/")), "{told:?}");
        // and what the guide shows is right as it stands there
        let guide =
            crate::schema::publish::files(&dataset).into_iter().find(|(name, _)| name == "guide.en.md").unwrap().1;
        let shown = guide.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
        let reading = geojson::inspect(shown.as_bytes(), &dataset, &Limits::default(), &Scratch::of_system()).unwrap();
        // a lone line ends where nothing is, and that is a warning
        assert_eq!(errors(&Judge { others: Vec::new(), ..Judge::of(dataset) }.judge(reading)), [""; 0], "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Cut, doubled and overwritten, it is answered, and the same in whatever pieces it comes; and whoever reads JSON
    /// otherwise than we do is not told that a broken text is sound.
    #[test]
    fn any_change_is_answered(
        at in 0..1000usize,
        to in 0..1000usize,
        with in prop_oneof![Just(Vec::new()), prop::collection::vec(any::<u8>(), 1..4), Just(b"\"\\u00".to_vec())],
    ) {
        let mut octets = collection(&[
            ("\"code\": \"A-1\", \"area_ha\": 47.2", GEOMETRY),
            ("\"code\": \"A-\u{259}\", \"area_ha\": \"1\"", "null"),
        ])
        .into_bytes();
        let (at, to) = (at % octets.len(), to % octets.len());
        octets.splice(at.min(to)..at.max(to).min(at.min(to) + 9), with);
        let of = |octets: &[u8]| geojson::inspect(octets, &plots(), &Limits::default(), &Scratch::of_system()).unwrap();
        let reading = of(&octets);
        let mut reader = json::Reader::new(&octets[..]);
        let is_json = reader.skip().and_then(|()| reader.end()).is_ok();
        prop_assert_eq!(is_json, serde_json::from_slice::<serde_json::Value>(&octets).is_ok());
        prop_assert!(is_json || reading.faults.any_errors());
    }
}
