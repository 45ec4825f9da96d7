//! Our verdict on form is that of foreign validators, on documents good and bad, of every shipped dataset and of two
//! of other trades: `xmllint --schema` by the published XSD, and by the published table schema Frictionless and a
//! small reader of our own (`agreement/tables.rs`).
//!
//! A shape is judged by others as far as their schemas state it: one element of GML, a cell that is not empty. What
//! is drawn in it is the window's own to say, and is good wherever it stands here.

mod tables;

use super::*;
use crate::schema::{EPSG, Shapes, Text, TextForm, publish};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::path::Path;
use std::process::Command;

/// Documents in one run: enough that each fault of the pools occurs many times, in about 1 s.
const DOCUMENTS: usize = 1000;

/// Values that are good, and values that are bad.
type Pools = [&'static [&'static str]; 2];

/// Mostly one of the good, now and then one of the bad.
fn mostly(good: &'static [&'static str], bad: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![90 => select(good), 1 => select(bad)].prop_map(str::to_owned).boxed()
}

const NUMBERS: Pools = [
    &["0", "7", "98765", "999999999999", "1<!-- c -->2", "<![CDATA[5]]>"],
    &[
        "",
        " 1",
        "1 ",
        "\n1",
        "+1",
        "-1",
        "01",
        "00",
        "1e5",
        "1,5",
        ".5",
        "5.",
        "1.2.3",
        "1.2345",
        "1234567890123456",
        "NaN",
        "INF",
        "١",
        "1 2",
        "0x1",
        "<b>1</b>",
        "1<b/>",
        "<b/>",
    ],
];
const STATIONS: Pools = [
    &["GUN-0001", "SU-0001", "KUL-12345", "GUN-0000000000000000000000000001"],
    &[
        "",
        "G-0001",
        "GUNN-0001",
        "GUN-001",
        "GUN0001",
        "gun-0001",
        "GUN-0001 ",
        " GUN-0001",
        "GÜN-0001",
        "GUN-000A",
        "GUN-00000000000000000000000000001",
        "TOTAL",
        "GUN-٠٠٠١",
    ],
];
const PERIODS: Pools = [
    &["2026-Q3", "2026", "1900", "9990-Q4", "9899"],
    &[
        "", "1899", "9991", "2026-Q5", "2026-Q0", "2026Q3", "2026-q3", " 2026", "2026 ", "26", "02026", "2026-Q33",
        "2026-10",
    ],
];
const REVISIONS: Pools = [&["1", "12", "9999"], &["", "0", "01", "10000", " 1", "1 ", "+1", "1.0", "１"]];
const SENDERS: Pools =
    [&["9990000631", "0000000000"], &["", "999000063", "99900006311", " 9990000631", "99900006٣1", "999000063A"]];
const TOS: Pools = [&["trial", "A.b_c-9"], &["", "a b", " a", "ə", "a/b"]];
const IDS: Pools =
    [&["S-1", "_", "Ərizə", "a\u{b7}b", "x.y-z_0", "ʕ"], &["", "1", "-a", "a b", " a", "a ", "a:b", "·a", "a×b", "a÷"]];

const REPLACED: Pools = [
    &["1", "9999", "0193a1b2-0000-7000-8000-00000000abcd"],
    &["", "0", "01", "10000", " 1", "1,2", "0193A1B2-0000-7000-8000-00000000ABCD", "0193a1b2000070008000000000000abc"],
];
const REASONS: Pools = [&["measurement", "late-data", "other"], &["", "Other", "other ", "because"]];
const NOTES: Pools = [&["Sayğac dəyişdirilib: №2.", " ", "a\u{a0}b"], &["", "a&#10;b", "a&#9;b", "\u{85}", "\u{2028}"]];

/// One that most documents do without.
fn rare(name: &'static str, pools: Pools) -> BoxedStrategy<String> {
    let there = mostly(pools[0], pools[1]).prop_map(move |value| format!(" {name}=\"{value}\""));
    prop_oneof![1 => there, 3 => Just(String::new())].boxed()
}

fn attribute(name: &'static str, pools: Pools) -> BoxedStrategy<String> {
    let there = mostly(pools[0], pools[1]).prop_map(move |value| format!(" {name}=\"{value}\""));
    prop_oneof![120 => there, 1 => Just(String::new())].boxed()
}

fn between() -> BoxedStrategy<String> {
    mostly(&["", "\n", " \t\r\n", "<!-- c -->", "<?p i?>"], &["x", ".", "\u{a0}", "<![CDATA[x]]>", "&amp;"])
}

/// Elements of a group: in order and whole, or not.
fn group(name: &'static str, columns: &[Column]) -> BoxedStrategy<String> {
    let mut parts: Vec<BoxedStrategy<String>> = Vec::new();
    for column in columns {
        let [good, bad] = in_xml(column);
        let value = || mostly(good, bad);
        let [plain_of, odd_of] = [column.element.clone(), column.element.clone()];
        let plain = value().prop_map(move |value| format!("<{plain_of}>{value}</{plain_of}>"));
        let odd = value().prop_map(move |value| format!("<{odd_of} xml:lang=\"az\">{value}</{odd_of}>"));
        let twice = Just(format!("<{0}>1</{0}><{0}>1</{0}>", column.element));
        let absent = if column.required { 1 } else { 60 };
        parts.push(prop_oneof![160 => plain, 1 => odd, 1 => twice, absent => Just(String::new())].boxed());
    }
    let more = mostly(&[""], &["<Other/>", "<Note xmlns=''>1</Note>", "text"]);
    (parts, between(), more, 0..90usize)
        .prop_map(move |(mut parts, between, more, turn)| {
            if turn == 0 {
                parts.reverse();
            }
            format!("<{name}>{}{between}{more}</{name}>", parts.join(&between))
        })
        .boxed()
}

const METERS: Pools = [
    &["BK-000001", "AZ-999999"],
    &["", "B-000001", "bk-000001", "BK-00001", "BK-0000001", "BK-000001 ", "ВК-000001", "BK-00000١", "TOTAL"],
];
const QUALITIES: Pools = [&["read", "estimated"], &["Read", "read ", "guessed", "reаd"]];
const MONTHS: Pools = [
    &["2026-M09", "2026", "2026-M10", "9990-M12"],
    &["", "2026-Q3", "2026-M9", "2026-M00", "2026-M13", "2026-m09", "2026-09", "2026-M090", " 2026-M09"],
];

const CODES: Pools = [
    &["QBA-17/1", "Ə.1", "1", "TOTAL", "ğıİşÇÖü-0", "1234567890123456789012345678901234567890123456789012345678901234"],
    &[
        "",
        "QBA 17",
        "QBA_17",
        "А-1",
        " QBA",
        "QBA\u{a0}",
        "Â",
        "12345678901234567890123456789012345678901234567890123456789012345",
    ],
];
const KINDS: Pools = [&["land", "water", "forest", "other"], &["", "Land", "land ", "meşə", "lаnd"]];
const REGIONS: Pools = [&["AZ-BA", "AZ-QBA", "AZ-ZAR"], &["", "BA", "az-ba", "AZ-XX", "AZ–BA"]];
const SOURCES: Pools = [&["solar", "wind", "hydro", "bio", "geothermal"], &["", "Solar", "sun", "hуdro"]];
const ELEMENTS: Pools = [&["line", "substation"], &["", "Line", "xətt", "line\u{a0}"]];
const LEVELS: Pools = [&["transmission", "distribution"], &["", "both", "Transmission"]];
/// Of each system and order of axes one; of the bad all that a schema can see.
const AREAS: Pools = [
    &[
        "<gml:Polygon xmlns:gml=\"http://www.opengis.net/gml/3.2\" srsName=\"EPSG:32639\"><gml:exterior>\
         <gml:LinearRing><gml:posList>400000 4480000 401000 4480000 401000 4481000 400000 4480000</gml:posList>\
         </gml:LinearRing></gml:exterior></gml:Polygon>",
        "\n <g:Polygon xmlns:g='http://www.opengis.net/gml/3.2' srsName='urn:ogc:def:crs:EPSG::4326'><g:exterior>\
         <g:LinearRing><g:posList>40.3 49.8 40.3 49.81 40.31 49.81 40.3 49.8</g:posList></g:LinearRing>\
         </g:exterior></g:Polygon><!-- c -->\n",
    ],
    &[
        "",
        " ",
        "49.8 40.3",
        "<Polygon/>",
        "<g:Polygon xmlns:g='http://www.opengis.net/gml'/>",
        "POLYGON((49.80 40.30,49.81 40.30,49.81 40.31,49.80 40.30))",
    ],
];
const PLACES: Pools = [
    &["<g:Point xmlns:g='http://www.opengis.net/gml/3.2' srsName='EPSG:32639'><g:pos>400000 4480000</g:pos></g:Point>"],
    &[
        "",
        "x<g:Point xmlns:g='http://www.opengis.net/gml/3.2' srsName='EPSG:32639'><g:pos>400000 4480000</g:pos></g:Point>",
        "<g:Point xmlns:g='http://www.opengis.net/gml/3.2' srsName='EPSG:32639'><g:pos>400000 4480000</g:pos></g:Point>\
         <g:Point xmlns:g='http://www.opengis.net/gml/3.2' srsName='EPSG:32639'><g:pos>400000 4480000</g:pos></g:Point>",
    ],
];

/// What stands in an element of this column.
fn in_xml(column: &Column) -> Pools {
    match (&column.kind, column.name.as_str()) {
        (ColumnKind::Geometry(Shapes::Areas), _) => AREAS,
        (ColumnKind::Geometry(_), _) => PLACES,
        (ColumnKind::Station, _) => STATIONS,
        (ColumnKind::Decimal { .. }, _) => NUMBERS,
        (ColumnKind::Text(_), name) => words(name),
    }
}

/// The words of a column in words.
fn words(name: &str) -> Pools {
    match name {
        "code" => CODES,
        "kind" => KINDS,
        "region" => REGIONS,
        "source" => SOURCES,
        "element" => ELEMENTS,
        "level" => LEVELS,
        "owner" => SENDERS,
        "meter" => METERS,
        "quality" => QUALITIES,
        name => panic!("no values are known for {name}"),
    }
}

/// Periods, where there are any.
fn periods(dataset: &Dataset) -> Option<Pools> {
    match dataset.periods {
        PeriodKinds::QuarterAndYear => Some(PERIODS),
        PeriodKinds::MonthAndYear => Some(MONTHS),
        PeriodKinds::None => None,
    }
}

/// The six that are shipped, as they are shipped, and two of other trades.
fn datasets() -> Vec<Dataset> {
    let shipped = crate::config::Config::shipped_datasets().by_name;
    assert_eq!(shipped.len(), 6);
    shipped.into_values().chain([meters(), water()]).collect()
}

/// A dataset of another trade: a key in words, a word that may be left out, months.
fn meters() -> Dataset {
    let pattern = "[A-Z]{2}-[0-9]{6}".parse().unwrap();
    let key = ColumnKind::Text(Text { form: TextForm::Pattern(pattern, 9), key: true });
    let codes = TextForm::Codes(vec!["read".to_owned(), "estimated".to_owned()]);
    Dataset {
        name: "meters".parse().unwrap(),
        periods: PeriodKinds::MonthAndYear,
        columns: vec![
            column("meter", "Meter", key, None, true, ["Sayğac", "Meter"]),
            column("water_m3", "WaterM3", ColumnKind::Decimal { places: 3 }, Some("m³"), true, ["Su", "Water"]),
            column("quality", "Quality", ColumnKind::Text(Text { form: codes, key: false }), None, false, ["Q", "Q"]),
        ],
        rules: Vec::new(),
        ..generation()
    }
}

fn documents(dataset: &Dataset) -> BoxedStrategy<String> {
    let name = dataset.name.to_string();
    let names = prop_oneof![
        90 => Just(name.clone()),
        1 => select(&["", "other"][..]).prop_map(str::to_owned),
        1 => Just(format!(" {name}")),
        1 => Just(name.to_uppercase()),
    ];
    let named = prop_oneof![120 => names.prop_map(|name| format!(" dataset=\"{name}\"")), 1 => Just(String::new())];
    let attributes = vec![
        attribute("id", IDS),
        attribute("to", TOS),
        named.boxed(),
        match periods(dataset) {
            Some(pools) => attribute("period", pools),
            None => mostly(&[""], &[" period=\"2026\"", " period=\"\""]),
        },
        attribute("revision", REVISIONS),
        attribute("sender", SENDERS),
        rare("replaces", REPLACED),
        rare("reason", REASONS),
        rare("note", NOTES),
        mostly(
            &["", " xsi:schemaLocation=\"urn:boemis:submission:1 elsewhere.xsd\""],
            &[" foo=\"1\"", " xml:lang=\"az\"", " xsi:nil=\"false\"", " s:id=\"x\""],
        ),
    ];
    let record = group("Record", &dataset.columns);
    let figures: Vec<Column> = dataset.columns.iter().filter(|column| column.is_decimal()).cloned().collect();
    let total = group("Total", &figures);
    let wrong_total = group("Total", &dataset.columns);
    let signature =
        Just("<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>x<ds:Any y='1'/></ds:Signature>".to_owned());
    let other = Just("<Other><Record/></Other>".to_owned());
    let child = prop_oneof![60 => record.clone(), 8 => signature.clone(), 1 => other];
    let last = match dataset.total {
        TotalRule::None => prop_oneof![30 => Just(String::new()), 1 => total].boxed(),
        TotalRule::Optional | TotalRule::Required => prop_oneof![
            20 => total.clone(),
            6 => Just(String::new()),
            1 => wrong_total,
            1 => (total, record).prop_map(|(a, b)| a + &b),
        ]
        .boxed(),
    };
    let root = mostly(&["Submission"], &["Record", "submission", "Total"]);
    (attributes, proptest::collection::vec((child, between()), 0..4), last, between(), signature, root, 0..2)
        .prop_map(|(attributes, children, last, between, signature, root, signed)| {
            let children: String = children.into_iter().map(|(child, between)| child + &between).collect();
            let signature = if signed == 1 { signature } else { String::new() };
            format!(
                "<{root} xmlns=\"urn:boemis:submission:1\" xmlns:s=\"urn:boemis:submission:1\" \
                 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{}>{children}{last}{between}{signature}</{root}>",
                attributes.concat(),
            )
        })
        .boxed()
}

fn sampled(strategy: &BoxedStrategy<String>) -> Vec<String> {
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[27; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    (0..DOCUMENTS).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn write(folder: &Path, ending: &str, documents: &[String]) -> Vec<String> {
    let name = |at: usize| format!("{at:04}.{ending}");
    for (at, document) in documents.iter().enumerate() {
        std::fs::write(folder.join(name(at)), document).unwrap();
    }
    (0..documents.len()).map(name).collect()
}

fn published(dataset: &Dataset, ending: &str) -> String {
    publish::files(dataset).into_iter().find(|(name, _)| name.ends_with(ending)).unwrap().1
}

/// How many were good, having held every verdict against the other.
fn agree(documents: &[String], ours: impl Fn(&str) -> Vec<String>, theirs: &[bool]) {
    assert_eq!(documents.len(), theirs.len());
    let mut good = 0;
    for (document, &theirs) in documents.iter().zip(theirs) {
        let ours = ours(document);
        assert_eq!(ours.is_empty(), theirs, "we say {ours:?}, they say {theirs} of\n{document}");
        good += usize::from(theirs);
    }
    let share = good * 100 / documents.len();
    assert!((15..=85).contains(&share), "{share} in a hundred are good: the test says little");
}

#[test]
fn xmllint_gives_our_verdict() {
    for dataset in datasets() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("schema.xsd"), published(&dataset, ".xsd")).unwrap();
        let documents = sampled(&documents(&dataset));
        let names = write(folder.path(), "xml", &documents);
        let output = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema", "schema.xsd"])
            .args(&names)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let verdicts: std::collections::BTreeMap<&str, bool> = said
            .lines()
            .filter_map(|line| {
                let invalid = line.strip_suffix(" fails to validate").map(|name| (name, false));
                invalid.or_else(|| line.strip_suffix(" validates").map(|name| (name, true)))
            })
            .collect();
        let theirs: Vec<bool> = names
            .iter()
            .map(|name| *verdicts.get(name.as_str()).unwrap_or_else(|| panic!("no verdict on {name}: {said}")))
            .collect();
        agree(&documents, |text| errors(&read_xml(text, &dataset).faults.finish()), &theirs);
    }
}
