//! Shapes in both forms: where they are read, what is told of them, and exactly where.

use super::*;
use crate::schema::{Shapes, Text, TextForm, Value};

const ROOT: &str = "<Submission xmlns=\"urn:boemis:submission:1\" xmlns:gml=\"http://www.opengis.net/gml/3.2\" \
    id=\"S-1\" to=\"trial\" dataset=\"plots\" revision=\"1\" sender=\"9990000631\">";
const HEADER: &str = "dataset,revision,code,area_ha,epsg,shape\n";
/// 94.26 ha.
pub const SQUARE_OF_DEGREES: &str = "49.80 40.40,49.81 40.40,49.81 40.41,49.80 40.41,49.80 40.40";
const SQUARE: &str = "400000 4480000,401000 4480000,401000 4481000,400000 4481000,400000 4480000";

pub fn plots() -> Dataset {
    let code = Text { form: TextForm::Pattern("[A-Z0-9-]+".parse().unwrap(), 20), key: true };
    Dataset {
        name: "plots".parse().unwrap(),
        periods: PeriodKinds::None,
        total: TotalRule::None,
        columns: vec![
            column("code", "Code", ColumnKind::Text(code), None, true, ["Kod", "Code"]),
            column("area_ha", "AreaHa", ColumnKind::Decimal { places: 2 }, Some("ha"), true, ["Sahə", "Area"]),
            column("shape", "Shape", ColumnKind::Geometry(Shapes::Areas), None, false, ["Yer", "Place"]),
        ],
        rules: vec![always(Check::Area { column: 1, percent: 1 }), always(Check::Overlaps)],
        ..generation()
    }
}

fn gml(list: &str) -> String {
    format!(
        "<gml:Polygon srsName=\"EPSG:32639\"><gml:exterior><gml:LinearRing><gml:posList>{}</gml:posList>\
         </gml:LinearRing></gml:exterior></gml:Polygon>",
        list.replace(',', " ")
    )
}

pub fn xml(records: &[(&str, &str, &str)]) -> String {
    let record = |(code, area, shape): &(&str, &str, &str)| {
        format!("\n<Record><Code>{code}</Code><AreaHa>{area}</AreaHa>{shape}</Record>")
    };
    format!("{ROOT}{}\n</Submission>", records.iter().map(record).collect::<String>())
}

pub fn table(rows: &[(&str, &str, &str, &str)]) -> String {
    let row = |(code, area, epsg, shape): &(&str, &str, &str, &str)| format!("plots,1,{code},{area},{epsg},{shape}\n");
    HEADER.to_owned() + &rows.iter().map(row).collect::<String>()
}

/// Findings with their offsets, as the text that stands there.
fn told<'t>(text: &'t str, findings: &[Finding]) -> Vec<(String, &'t str)> {
    let at = |finding: &Finding| &text[finding.place.offset.unwrap() as usize..][..7];
    said(findings).into_iter().zip(findings.iter().map(at)).collect()
}

#[test]
fn both_forms_give_the_same_shape() {
    let element = format!("<Shape>\n  {}\n</Shape>", gml(SQUARE));
    let of_xml = read_xml(&xml(&[("A-1", "100", &element), ("A-2", "7", "")]), &plots());
    let wkt = format!("\"POLYGON(({SQUARE}))\"");
    let of_csv = read_csv(table(&[("A-1", "100", "32639", &wkt), ("A-2", "7", "", "")]), &plots());
    for reading in [of_xml, of_csv] {
        let Value::Geometry(shape) = &reading.records.near().unwrap()[0].values[2] else { panic!("no shape") };
        assert_eq!(shape.sent(), format!("POLYGON(({SQUARE}))"));
        assert_eq!(reading.records.near().unwrap()[1].values[2], Value::Absent);
        assert_eq!(said(&Judge::of(plots()).judge(reading)), [""; 0]);
    }
}

#[test]
fn a_fault_of_gml_is_told_at_its_very_place() {
    let judged = |shape: &str| {
        let text = xml(&[("A-1", "100", shape)]);
        let findings = Judge::of(plots()).xml(&text);
        told(&text, &findings).into_iter().map(|(said, at)| (said, at.to_owned())).collect::<Vec<_>>()
    };
    let path = "/Submission/Record[1]/Shape";
    for (shape, slug, at) in [
        ("<Shape></Shape>".to_owned(), "schema.geometry", "<Shape>"),
        (format!("<Shape>{}x</Shape>", gml(SQUARE)), "schema.geometry", "x</Shap"),
        (format!("<Shape>{}<gml:Point/></Shape>", gml(SQUARE)), "schema.geometry", "<gml:Po"),
        ("<Shape><gml:Sphere/></Shape>".to_owned(), "schema.geometry", "<gml:Sp"),
        (format!("<Shape>{}</Shape>", gml("400000 4480000,401000 4480000,401000 4481000")), "rule.ring", "400000 "),
        (
            format!("<Shape>{}</Shape>", gml(SQUARE)).replace("EPSG:32639", "EPSG:28409"),
            "schema.coordinate-system",
            "<gml:Po",
        ),
    ] {
        assert_eq!(judged(&shape), [(format!("{slug} {path}"), at.to_owned())], "{shape}");
    }
    // what follows is read on
    let broken = xml(&[("A-1", "100", "<Shape><gml:Point><gml:pos>x</gml:pos></gml:Point></Shape>"), ("a", "1", "")]);
    assert_eq!(
        said(&Judge::of(plots()).xml(&broken)),
        [format!("schema.coordinate-system {path}"), "schema.invalid /Submission/Record[2]/Code".to_owned()]
    );
}

#[test]
fn a_fault_of_wkt_is_told_at_its_very_place() {
    let judged = |epsg: &str, shape: &str| {
        let text = table(&[("A-0", "1", "", ""), ("A-1", "100", epsg, shape)]);
        let findings = Judge::of(plots()).csv(&text);
        told(&text, &findings).into_iter().map(|(said, at)| (said, at.to_owned())).collect::<Vec<_>>()
    };
    let wkt = format!("\"POLYGON(({SQUARE}))\"");
    let pair = |said: &str, at: &str| [(said.to_owned(), at.to_owned())];
    assert_eq!(judged("32639", &wkt.replace("POLYGON", "BALLOON")), pair("schema.geometry 3:shape", "BALLOON"));
    assert_eq!(judged("32639", &wkt.replace("400000 4481000,", "4OOOOO 4481000,"))[0].0, "schema.geometry 3:shape");
    assert_eq!(judged("32639", "POINT(400000 4480000)"), pair("schema.geometry-kind 3:shape", "400000 "));
    assert_eq!(judged("28409", &wkt), pair("schema.coordinate-system 3:epsg", "28409,\""));
    assert_eq!(judged("", &wkt), pair("schema.coordinate-system 3:epsg", ",\"POLYG"));
    assert_eq!(judged("+32639", &wkt), pair("schema.coordinate-system 3:epsg", "+32639,"));
    let crossed = "\"POLYGON((400000 4480000,401000 4481000,401000 4480000,400000 4481000,400000 4480000))\"";
    assert_eq!(judged("32639", crossed)[0].0, "rule.self-intersection 3:shape");
}

#[test]
fn a_column_of_shapes_has_its_system_beside_it() {
    let text = table(&[("A-1", "100", "32639", "")]);
    let renamed = text.replace(",epsg,", ",srid,");
    let without = "dataset,revision,code,area_ha,shape\nplots,1,A-1,1,POINT(49.8 40.4)\nplots,1,A-2,1,\n";
    assert_eq!(said(&Judge::of(plots()).csv(without)), ["schema.missing 1:epsg"]);
    assert_eq!(said(&Judge::of(plots()).csv("dataset,revision,code,area_ha\nplots,1,A-1,1\n")), [""; 0]);
    let mut must = plots();
    must.columns[2].required = true;
    assert_eq!(said(&Judge::of(must.clone()).csv(renamed)), ["schema.invalid 1:srid"]);
    assert_eq!(said(&Judge::of(must).csv("dataset,revision,code,area_ha\nplots,1,A-1,1\n")).len(), 2);
    assert_eq!(said(&Judge::of(generation()).csv(text.replace("area_ha", "energy_mwh")))[0], "schema.invalid 1:code");
}

#[test]
fn stated_hectares_are_the_drawn_ones_within_a_hundredth() {
    let wkt = format!("\"POLYGON(({SQUARE}))\"");
    for (stated, wanted) in [("100", None), ("99.2", None), ("100.9", None), ("98.9", Some(())), ("1000", Some(()))] {
        let findings = Judge::of(plots()).csv(table(&[("A-1", stated, "32639", &wkt)]));
        let expected: &[&str] = if wanted.is_some() { &["rule.area-differs 2:area_ha"] } else { &[] };
        assert_eq!(said(&findings), expected, "{stated}");
    }
}

#[test]
fn areas_that_overlap_are_named_to_each_other() {
    let moved = SQUARE.replace("400000", "400900").replace("401000", "401900");
    let (one, other) = (format!("\"POLYGON(({SQUARE}))\""), format!("\"POLYGON(({moved}))\""));
    let rows = [("A-1", "100", "32639", one.as_str()), ("A-2", "100", "32639", other.as_str())];
    let findings = Judge::of(plots()).csv(table(&rows));
    assert_eq!(said(&findings), ["rule.areas-overlap 3:shape"]);
    assert_eq!(findings[0].found.as_deref(), Some("A-2, A-1"));
    let mut quiet = plots();
    quiet.rules.pop();
    assert_eq!(said(&Judge::of(quiet).csv(table(&rows))), [""; 0]);
}

#[test]
fn a_long_shape_makes_a_long_row_and_not_any_row() {
    let long = |count: usize| {
        let points: Vec<String> = (0..count).map(|at| format!("{} 4480000.000000", 400_000 + at)).collect();
        format!("\"POLYGON(({},400000 4481000,400000 4480000.000000))\"", points.join(","))
    };
    let text = |count| table(&[("A-1", "1", "32639", &long(count))]);
    assert!(text(5000).len() > Limits::default().row_max);
    assert_eq!(said(&Judge::of(plots()).csv(text(5000))), ["rule.area-differs 2:area_ha"]);
    let limits = Limits { geometry_points_max: 4000, ..Limits::default() };
    let reading = csv::inspect(text(5000).as_bytes(), &plots(), &limits, &Scratch::of_system()).unwrap();
    assert_eq!(errors(&reading.faults.finish()), ["schema.limit 2:shape"]);
}

#[test]
fn lines_are_drawn_as_lines_and_end_at_sites() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let kind = Text { form: TextForm::Codes(words(&["line", "tap", "site"])), key: false };
    let mut wires = plots();
    wires.columns[1] = column("kind", "Kind", ColumnKind::Text(kind), None, true, ["Növ", "Kind"]);
    wires.columns[2].kind = ColumnKind::Geometry(Shapes::LinesAndSites);
    let drawn_as = Check::DrawnAs { column: 1, lines: words(&["line", "tap"]), sites: words(&["site"]) };
    wires.rules = vec![always(drawn_as), always(Check::EndsMeet { column: 1, of: words(&["line"]), metres: 200 })];
    let judged = |rows: &[(&str, &str, &str)]| {
        let row = |(code, kind, shape): &(&str, &str, &str)| format!("plots,1,{code},{kind},32639,\"{shape}\"\n");
        let table = "dataset,revision,code,kind,epsg,shape\n".to_owned() + &rows.iter().map(row).collect::<String>();
        Judge::of(wires.clone()).csv(table)
    };
    let line = ("L-1", "line", "LINESTRING(400000 4480000,410000 4480000)");
    let [west, east] = [("S-1", "site", "POINT(400150 4480150)"), ("S-2", "site", "POINT(410000 4480000)")];
    assert_eq!(said(&judged(&[line, west, east])), [""; 0]);
    // behind it, before it, or as the extent of an area
    let area = ("S-2", "site", "POLYGON((410100 4479000,411000 4479000,411000 4481000,410100 4479000))");
    assert_eq!(said(&judged(&[area, line, west])), [""; 0]);
    let far = ("S-1", "site", "POINT(399700 4480000)");
    let findings = judged(&[line, far, east]);
    assert_eq!(said(&findings), ["rule.end-meets-nothing 2:shape"]);
    let (found, wanted) = (findings[0].found.as_deref().unwrap(), findings[0].wanted.as_deref().unwrap());
    assert!(found.starts_with("L-1, 1/1:1 (49.8") && wanted == "\u{2264} 200 m", "{found} {wanted}");
    assert_eq!(said(&judged(&[line])), ["rule.end-meets-nothing 2:shape", "rule.end-meets-nothing 2:shape"]);
    // where pieces of one line join, nothing ends; what need not end at a site is not asked
    let joined = ("L-1", "line", "MULTILINESTRING((400000 4480000,405000 4480000),(405000 4480000,410000 4480000))");
    assert_eq!(said(&judged(&[joined, west, east])), [""; 0]);
    assert_eq!(said(&judged(&[("L-1", "tap", line.2)])), [""; 0]);

    let findings = judged(&[("L-1", "line", east.2), ("S-9", "site", line.2), west]);
    assert_eq!(said(&findings), ["rule.drawn-otherwise 2:shape", "rule.drawn-otherwise 3:shape"]);
    assert_eq!(
        (findings[0].found.as_deref(), findings[0].wanted.as_deref()),
        (Some("POINT: line"), Some("LINESTRING, MULTILINESTRING"))
    );
    assert_eq!(findings[1].wanted.as_deref(), Some("POINT, POLYGON"));
}

#[test]
fn more_keys_that_stand_twice_than_are_remembered_are_rejected() {
    let row = |n: usize| format!("plots,1,A-{n:06},1\n");
    let rows: String = (0..40_000).map(row).collect();
    let findings = Judge::of(plots()).csv(format!("dataset,revision,code,area_ha\n{rows}{rows}"));
    let told = said(&findings);
    assert!(told[0].starts_with("rule.key-doubled 40002:code"), "{:?}", &told[..2]);
    assert_eq!(told.last().map(String::as_str), Some("schema.too-many-faults"), "{told:?}");
}
