//! Our verdict on form is that of foreign validators, on documents good and bad: `xmllint --schema`
//! by the published XSD, and a reading of the published table schema in Python.

use super::*;
use crate::schema::{Text, TextForm, publish};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::path::Path;
use std::process::Command;

/// Documents in one run: enough that each fault of the pools occurs many times, in about 1 s.
const DOCUMENTS: usize = 1000;

/// Mostly one of the good, now and then one of the bad.
fn mostly(good: &'static [&'static str], bad: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![90 => select(good), 1 => select(bad)].prop_map(str::to_owned).boxed()
}

const NUMBERS: [&[&str]; 2] = [
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
const STATIONS: [&[&str]; 2] = [
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
const PERIODS: [&[&str]; 2] = [
    &["2026-Q3", "2026", "1900", "9990-Q4", "9899"],
    &[
        "", "1899", "9991", "2026-Q5", "2026-Q0", "2026Q3", "2026-q3", " 2026", "2026 ", "26", "02026", "2026-Q33",
        "2026-10",
    ],
];
const REVISIONS: [&[&str]; 2] = [&["1", "12", "9999"], &["", "0", "01", "10000", " 1", "1 ", "+1", "1.0", "１"]];
const SENDERS: [&[&str]; 2] =
    [&["9990000631", "0000000000"], &["", "999000063", "99900006311", " 9990000631", "99900006٣1", "999000063A"]];
const TOS: [&[&str]; 2] = [&["trial", "A.b_c-9"], &["", "a b", " a", "ə", "a/b"]];
const IDS: [&[&str]; 2] =
    [&["S-1", "_", "Ərizə", "a\u{b7}b", "x.y-z_0", "ʕ"], &["", "1", "-a", "a b", " a", "a ", "a:b", "·a", "a×b", "a÷"]];

const REPLACED: [&[&str]; 2] = [
    &["1", "9999", "0193a1b2-0000-7000-8000-00000000abcd"],
    &["", "0", "01", "10000", " 1", "1,2", "0193A1B2-0000-7000-8000-00000000ABCD", "0193a1b2000070008000000000000abc"],
];
const REASONS: [&[&str]; 2] = [&["measurement", "late-data", "other"], &["", "Other", "other ", "because"]];
const NOTES: [&[&str]; 2] =
    [&["Sayğac dəyişdirilib: №2.", " ", "a\u{a0}b"], &["", "a&#10;b", "a&#9;b", "\u{85}", "\u{2028}"]];

/// One that most documents do without.
fn rare(name: &'static str, pools: [&'static [&'static str]; 2]) -> BoxedStrategy<String> {
    let there = mostly(pools[0], pools[1]).prop_map(move |value| format!(" {name}=\"{value}\""));
    prop_oneof![1 => there, 3 => Just(String::new())].boxed()
}

fn attribute(name: &'static str, pools: [&'static [&'static str]; 2]) -> BoxedStrategy<String> {
    let there = mostly(pools[0], pools[1]).prop_map(move |value| format!(" {name}=\"{value}\""));
    prop_oneof![120 => there, 1 => Just(String::new())].boxed()
}

fn between() -> BoxedStrategy<String> {
    mostly(&["", "\n", " \t\r\n", "<!-- c -->", "<?p i?>"], &["x", ".", "\u{a0}", "<![CDATA[x]]>", "&amp;"])
}

/// Elements of a group: in order and whole, or not.
fn group(
    name: &'static str,
    elements: Vec<(&'static str, [&'static [&'static str]; 2], bool)>,
) -> BoxedStrategy<String> {
    let mut parts: Vec<BoxedStrategy<String>> = Vec::new();
    for &(element, pools, required) in &elements {
        let plain = mostly(pools[0], pools[1]).prop_map(move |value| format!("<{element}>{value}</{element}>"));
        let odd =
            mostly(pools[0], pools[1]).prop_map(move |value| format!("<{element} xml:lang=\"az\">{value}</{element}>"));
        let twice = Just(format!("<{element}>1</{element}><{element}>1</{element}>"));
        let absent = if required { 1 } else { 60 };
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

struct Form {
    dataset: Dataset,
    /// Element, good and bad values, whether it must stand.
    columns: Vec<(&'static str, [&'static [&'static str]; 2], bool)>,
    datasets: [&'static [&'static str]; 2],
    periods: [&'static [&'static str]; 2],
}

const METERS: [&[&str]; 2] = [
    &["BK-000001", "AZ-999999"],
    &["", "B-000001", "bk-000001", "BK-00001", "BK-0000001", "BK-000001 ", "ВК-000001", "BK-00000١", "TOTAL"],
];
const QUALITIES: [&[&str]; 2] = [&["read", "estimated"], &["Read", "read ", "guessed", "reаd"]];
const MONTHS: [&[&str]; 2] = [
    &["2026-M09", "2026", "2026-M10", "9990-M12"],
    &["", "2026-Q3", "2026-M9", "2026-M00", "2026-M13", "2026-m09", "2026-09", "2026-M090", " 2026-M09"],
];

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

fn forms() -> [Form; 5] {
    [
        Form {
            dataset: across::gas(),
            columns: vec![("Station", STATIONS, true), ("GasThousandM3", NUMBERS, true)],
            datasets: [&["gas-savings"], &["", "gas_savings", "generation"]],
            periods: PERIODS,
        },
        Form {
            dataset: across::revenue(),
            columns: vec![("Station", STATIONS, false), ("RevenueAZN", NUMBERS, true), ("SoldTCO2e", NUMBERS, false)],
            datasets: [&["carbon-revenue"], &["", "carbon"]],
            periods: PERIODS,
        },
        Form {
            dataset: meters(),
            columns: vec![("Meter", METERS, true), ("WaterM3", NUMBERS, true), ("Quality", QUALITIES, false)],
            datasets: [&["meters"], &["", "generation"]],
            periods: MONTHS,
        },
        Form {
            dataset: generation(),
            columns: vec![("Station", STATIONS, true), ("EnergyMWh", NUMBERS, true)],
            datasets: [&["generation"], &["", "capacity", "Generation", " generation", "generation "]],
            periods: PERIODS,
        },
        Form {
            dataset: water(),
            columns: vec![("Intake", STATIONS, true), ("WaterM3", NUMBERS, true), ("LossM3", NUMBERS, false)],
            datasets: [&["water-use"], &["", "water"]],
            periods: PERIODS,
        },
    ]
}

fn documents(form: &Form) -> BoxedStrategy<String> {
    let attributes = vec![
        attribute("id", IDS),
        attribute("to", TOS),
        attribute("dataset", form.datasets),
        attribute("period", form.periods),
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
    let record = group("Record", form.columns.clone());
    let is_decimal = |element: &str| form.dataset.columns.iter().any(|c| c.element == element && c.is_decimal());
    let figures = form.columns.iter().filter(|(element, ..)| is_decimal(element)).copied().collect();
    let total = group("Total", figures);
    let wrong_total = group("Total", form.columns.clone());
    let signature =
        Just("<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>x<ds:Any y='1'/></ds:Signature>".to_owned());
    let other = Just("<Other><Record/></Other>".to_owned());
    let child = prop_oneof![60 => record.clone(), 8 => signature.clone(), 1 => other];
    let last = prop_oneof![20 => total.clone(), 6 => Just(String::new()), 1 => wrong_total, 1 => (total, record).prop_map(|(a, b)| a + &b)];
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
    for form in forms() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("schema.xsd"), published(&form.dataset, ".xsd")).unwrap();
        let documents = sampled(&documents(&form));
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
        agree(&documents, |text| errors(&read_xml(text, &form.dataset).faults.finish()), &theirs);
    }
}

/// Reads a table schema's constraints, no more of it than these schemas use.
const TABLE_SCHEMA: &str = r#"
import csv, json, re, sys
fields = {f["name"]: f["constraints"] for f in json.load(open("schema.json", encoding="utf-8"))["fields"]}
def fits(constraints, value):
    if value == "":
        return not constraints["required"]
    return (re.fullmatch(constraints.get("pattern", ".*"), value, re.ASCII) is not None
        and value in constraints.get("enum", [value]) and len(value) <= constraints.get("maxLength", 1000))
def judge(name):
    text = open(name, encoding="utf-8-sig", newline="").read()
    delimiter = ";" if ";" in text.split("\n")[0] else ","
    try:
        header, *rows = csv.reader(text.splitlines(), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return False
    while rows and not any(rows[-1]):
        rows.pop()
    complete = all(name in header for name, c in fields.items() if c["required"])
    return (complete and len(set(header)) == len(header) and set(header) <= set(fields) and bool(rows)
        and all(len(row) == len(header) and all(fits(fields[n], v) for n, v in zip(header, row)) for row in rows))
for name in sys.argv[1:]:
    print("yes" if judge(name) else "no")
"#;

/// A table: its dataset, the pools of its columns, and whether it ends with a total always.
struct Table {
    dataset: Dataset,
    columns: Vec<(&'static str, [&'static [&'static str]; 2])>,
    periods: [&'static [&'static str]; 2],
    has_total: bool,
}

const FIGURES: [&[&str]; 2] = [
    &["0", "7", "98765.43", "999999999999.9", "\"5\""],
    &[
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "01",
        "1e5",
        "1,5",
        ".5",
        "5.",
        "1.2345",
        "12345678901234",
        "NaN",
        "١",
        "\"1\"2",
        "1\"2",
        "\"1",
    ],
];

fn table_forms() -> [Table; 4] {
    let stations = [STATIONS[0], &STATIONS[1][..11]];
    [
        Table {
            dataset: generation(),
            columns: vec![("station", stations), ("energy_mwh", FIGURES)],
            periods: PERIODS,
            has_total: false,
        },
        Table {
            dataset: across::gas(),
            columns: vec![("station", stations), ("gas_thousand_m3", FIGURES)],
            periods: PERIODS,
            has_total: false,
        },
        // a table schema cannot say that a row must stand: so the total does
        Table {
            dataset: across::revenue(),
            columns: vec![("station", stations), ("revenue_azn", FIGURES), ("sold_tco2e", FIGURES)],
            periods: PERIODS,
            has_total: true,
        },
        Table {
            dataset: meters(),
            columns: vec![("meter", [METERS[0], &METERS[1][..8]]), ("water_m3", FIGURES), ("quality", QUALITIES)],
            periods: MONTHS,
            has_total: false,
        },
    ]
}

fn tables(table: &Table) -> BoxedStrategy<String> {
    let name = table.dataset.name.to_string();
    let frame = (
        prop_oneof![90 => Just(name.clone()), 1 => select(&["", "other"][..]).prop_map(str::to_owned)],
        mostly(table.periods[0], table.periods[1]),
        mostly(REVISIONS[0], REVISIONS[1]),
        mostly(SENDERS[0], SENDERS[1]),
        mostly(TOS[0], TOS[1]),
    );
    let values: Vec<BoxedStrategy<String>> =
        table.columns.iter().map(|(_, pools)| mostly(pools[0], pools[1])).collect();
    let decimals: Vec<bool> = table.columns.iter().map(|(name, _)| table.dataset.decimal(name).is_some()).collect();
    let row = (values.clone(), mostly(&[""], &["SEPARATOR1", "SEPARATOR", "CUT"]));
    let dialect = (select(&[",", ";"][..]), select(&["\n", "\r\n"][..]), select(&["", "\u{feff}"][..]), 0..30usize);
    let total = (values, 0..2usize);
    let width = 5 + table.columns.len();
    let turn = proptest::collection::vec(0..width, width);
    let names: Vec<&'static str> = table.columns.iter().map(|(name, _)| *name).collect();
    let has_total = table.has_total;
    (frame, proptest::collection::vec(row, 0..6), total, turn, dialect)
        .prop_map(move |(frame, rows, (mut total, stands), turn, (delimiter, end, mark, fault))| {
            let frame = [frame.0, frame.1, frame.2, frame.3, frame.4];
            let mut header = vec!["dataset", "period", "revision", "sender", "to"];
            header.extend(&names);
            for (at, is_decimal) in decimals.iter().enumerate() {
                match (at, is_decimal) {
                    (0, _) => total[0] = "TOTAL".to_owned(),
                    (_, false) => total[at] = String::new(),
                    _ => {}
                }
            }
            let total = (has_total || stands == 1).then(|| (total, String::new()));
            let mut rows: Vec<(Vec<String>, String)> = rows
                .into_iter()
                .chain(total)
                .map(|(values, odd)| {
                    let values = values.into_iter().map(|v| if v.contains(delimiter) { "x".to_owned() } else { v });
                    (frame.iter().cloned().chain(values).collect(), odd)
                })
                .collect();
            match fault {
                0 => header[2] = "colour",
                1 => header[2] = header[3],
                2 => header[5] = "Station",
                _ => {}
            }
            for (at, &other) in turn.iter().enumerate() {
                header.swap(at, other);
                rows.iter_mut().for_each(|(row, _)| row.swap(at, other));
            }
            match fault {
                3..=8 => {
                    let column = if fault < 6 { "to" } else { "sender" };
                    let at = header.iter().position(|name| *name == column).unwrap();
                    header.remove(at);
                    rows.iter_mut().for_each(|(row, _)| drop(row.remove(at)));
                }
                9 => {
                    let at = header.iter().position(|name| *name == "dataset").unwrap();
                    header.remove(at);
                    rows.iter_mut().for_each(|(row, _)| drop(row.remove(at)));
                }
                _ => {}
            }
            let mut text = format!("{mark}{}{end}", header.join(delimiter));
            for (row, odd) in rows {
                let row = match odd.as_str() {
                    "CUT" => row[1..].join(delimiter),
                    odd => row.join(delimiter) + &odd.replace("SEPARATOR", delimiter),
                };
                text.push_str(&format!("{row}{end}"));
            }
            text + ["", end, "\n\n"][fault % 3]
        })
        .boxed()
}

#[test]
fn the_table_schema_gives_our_verdict() {
    for table in table_forms() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("schema.json"), published(&table.dataset, ".schema.json")).unwrap();
        let documents = sampled(&tables(&table));
        let names = write(folder.path(), "csv", &documents);
        let python = ["-c", TABLE_SCHEMA];
        let output = Command::new("python3").args(python).args(&names).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let theirs: Vec<bool> = String::from_utf8(output.stdout).unwrap().lines().map(|line| line == "yes").collect();
        agree(&documents, |text| errors(&read_csv(text, &table.dataset).faults.finish()), &theirs);
    }
}
