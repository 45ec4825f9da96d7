//! CSV by the published table schema: what Frictionless says of it, and a small reader of our own.
//!
//! Frictionless (the Python library of those who write the standard) comes from the network, as in docs/dependencies.md;
//! where there is none, the small reader is the only other opinion, and the test says so. Where both would differ from
//! us by intention, `agreement/table_schema.py` says why, and does not ask Frictionless.

use super::*;
use std::path::PathBuf;

/// Documents of a dataset that Frictionless is asked about, which takes it some 8 ms for each.
const ASKED: usize = 250;

const FIGURES: Pools = [
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
/// Cells of a shape, of which a table schema says only that they are not empty, in two systems.
const CELLS: Pools = [&["\"POLYGON((49.80 40.30,49.81 40.30,49.81 40.31,49.80 40.30))\"", IN_UTM], &[""]];
const IN_UTM: &str = "\"MULTIPOLYGON(((400000 4480000,401000 4480000,401000 4481000,400000 4480000)))\"";
const SITES: Pools = [&["POINT(49.8 40.3)", "\"LINESTRING(49.80 40.30,49.81 40.30)\""], &[""]];
const SYSTEMS: Pools = [&["4326"], &["", "28409", "EPSG:4326", "04326", "4326 ", "+4326", "3857", "WGS84"]];

/// A column of the file.
#[derive(Clone)]
struct Cells {
    name: String,
    pools: Pools,
    is_decimal: bool,
}

fn cells(dataset: &Dataset) -> Vec<Cells> {
    let of = |column: &Column, name: &str| match (&column.kind, name) {
        (ColumnKind::Geometry(_), EPSG) => SYSTEMS,
        (ColumnKind::Geometry(Shapes::Areas), _) => CELLS,
        (ColumnKind::Geometry(_), _) => SITES,
        // without the word of the total, which may stand once
        (ColumnKind::Station, _) => [STATIONS[0], &STATIONS[1][..11]],
        (ColumnKind::Text(_), "meter") => [METERS[0], &METERS[1][..8]],
        (ColumnKind::Text(_), name) => words(name),
        (ColumnKind::Decimal { .. }, _) => FIGURES,
    };
    let cells = |column: &Column| {
        let names: Vec<String> = column.in_csv().map(str::to_owned).collect();
        let cell = |name: String| Cells { pools: of(column, &name), is_decimal: column.is_decimal(), name };
        names.into_iter().map(cell).collect::<Vec<_>>()
    };
    dataset.columns.iter().flat_map(cells).collect()
}

/// A shape in metres has its zone beside it.
fn in_its_system(columns: &[Cells], values: &mut [String]) {
    let at = |name: &str| columns.iter().position(|column| column.name == name);
    if let (Some(shape), Some(system)) = (at("geometry"), at(EPSG))
        && values[shape] == IN_UTM
        && values[system] == "4326"
    {
        values[system] = "32639".to_owned();
    }
}

fn tables(dataset: &Dataset) -> BoxedStrategy<String> {
    let name = dataset.name.to_string();
    let mut frame = vec![
        prop_oneof![90 => Just(name), 1 => select(&["", "other"][..]).prop_map(str::to_owned)].boxed(),
        mostly(REVISIONS[0], REVISIONS[1]),
        mostly(SENDERS[0], SENDERS[1]),
        mostly(TOS[0], TOS[1]),
    ];
    let mut framed = vec!["dataset", "revision", "sender", "to"];
    if let Some([good, bad]) = periods(dataset) {
        frame.insert(1, mostly(good, bad));
        framed.insert(1, "period");
    }
    let (columns, rule) = (cells(dataset), dataset.total);
    let values: Vec<BoxedStrategy<String>> =
        columns.iter().map(|column| mostly(column.pools[0], column.pools[1])).collect();
    let row = (values.clone(), mostly(&[""], &["SEPARATOR1", "SEPARATOR", "CUT"]));
    let dialect = (select(&[",", ";"][..]), select(&["\n", "\r\n"][..]), select(&["", "\u{feff}"][..]), 0..30usize);
    let total = (values, 0..2usize);
    let width = framed.len() + columns.len();
    let turn = proptest::collection::vec(0..width, width);
    (frame, proptest::collection::vec(row, 0..6), total, turn, dialect)
        .prop_map(move |(frame, rows, (mut total, stands), turn, (delimiter, end, mark, fault))| {
            let mut header: Vec<String> = framed.iter().map(|name| (*name).to_owned()).collect();
            header.extend(columns.iter().map(|column| column.name.clone()));
            for (at, column) in columns.iter().enumerate() {
                match (at, column.is_decimal) {
                    (0, _) => total[0] = "TOTAL".to_owned(),
                    (_, false) => total[at] = String::new(),
                    _ => {}
                }
            }
            let stands = match rule {
                TotalRule::Required => true, // a table schema cannot say that a row must stand
                TotalRule::Optional => stands == 1,
                TotalRule::None => false,
            };
            let total = stands.then(|| (total, String::new()));
            let mut rows: Vec<(Vec<String>, String)> = rows
                .into_iter()
                .chain(total)
                .map(|(mut values, odd)| {
                    in_its_system(&columns, &mut values);
                    let values = values.into_iter().map(|value| match value.as_str() {
                        "1,5" => "x".to_owned(), // a decimal comma has a test of its own
                        value if value.contains(delimiter) && !value.starts_with('"') => "x".to_owned(),
                        _ => value,
                    });
                    (frame.iter().cloned().chain(values).collect(), odd)
                })
                .collect();
            match fault {
                0 => header[2] = "colour".to_owned(),
                1 => header[2] = header[3].clone(),
                2 => header[5] = "Station".to_owned(),
                _ => {}
            }
            for (at, &other) in turn.iter().enumerate() {
                header.swap(at, other);
                rows.iter_mut().for_each(|(row, _)| row.swap(at, other));
            }
            match fault {
                3..=8 => {
                    let column = if fault < 6 { "to" } else { "sender" };
                    let at = header.iter().position(|name| name == column).unwrap();
                    header.remove(at);
                    rows.iter_mut().for_each(|(row, _)| drop(row.remove(at)));
                }
                9 => {
                    let at = header.iter().position(|name| name == "dataset").unwrap();
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

/// What the script says of these documents.
fn asked(python: &Path, mode: &str, folder: &Path, names: &[String]) -> Vec<bool> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema/tests/agreement/table_schema.py");
    let output = Command::new(python).arg(script).arg(mode).args(names).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line == "yes").collect()
}

/// A Python with Frictionless, in a folder of its own below `target`; none where the network has none.
fn with_frictionless() -> Option<PathBuf> {
    // of target/release/deps/pencere-… the first
    let home = std::env::current_exe().ok()?.ancestors().nth(3)?.join("tmp/frictionless-5.21.0");
    let python = home.join("bin/python");
    let works =
        || Command::new(&python).args(["-c", "import frictionless"]).output().is_ok_and(|out| out.status.success());
    if works() {
        return Some(python);
    }
    let _ = Command::new("python3").args(["-m", "venv"]).arg(&home).output();
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "-q", "--retries", "0", "--timeout", "10", "frictionless==5.21.0"]);
    let _ = pip.output();
    works().then_some(python)
}

#[test]
fn the_table_schema_gives_our_verdict() {
    let frictionless = with_frictionless();
    if frictionless.is_none() {
        println!("SKIPPED: frictionless cannot be had from the network, so it was asked nothing");
    }
    for dataset in datasets() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("schema.json"), published(&dataset, ".schema.json")).unwrap();
        let documents = sampled(&tables(&dataset));
        let names = write(folder.path(), "csv", &documents);
        let ours = |text: &str| errors(&read_csv(text, &dataset).faults.finish());
        agree(&documents, ours, &asked(Path::new("python3"), "plainly", folder.path(), &names));
        if let Some(python) = &frictionless {
            agree(&documents[..ASKED], ours, &asked(python, "frictionless", folder.path(), &names[..ASKED]));
        }
    }
}

/// The schema's patterns are those of the decimal point: a decimal comma, which a file with `;` may have (CONTRACT 3),
/// no pattern can tell from a slip, since it is right only where all of the file have it. So the schema says so in words.
#[test]
fn a_decimal_comma_is_told_in_the_schemas_words_alone() {
    let folder = tempfile::tempdir().unwrap();
    let schema = published(&generation(), ".schema.json");
    assert!(schema.contains("with ; a decimal comma may stand for the point"), "{schema}");
    std::fs::write(folder.path().join("schema.json"), schema).unwrap();
    let table = "dataset;period;revision;station;energy_mwh\ngeneration;2026-Q3;1;GUN-0001;1,5\n".to_owned();
    assert_eq!(errors(&read_csv(&table, &generation()).faults.finish()), [""; 0]);
    let names = write(folder.path(), "csv", &[table]);
    assert_eq!(asked(Path::new("python3"), "plainly", folder.path(), &names), [false]);
}
