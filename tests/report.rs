//! Reports, what held at a moment, and open data, from outside: real windows on both engines, and the answers in the
//! hands of other programs.

#[path = "window/trial.rs"]
mod trial;

use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use trial::servers::Server;
use trial::{Locked, Trial, generation, said, voen};

/// The stations of Azerishig in the shipped register, in service for long.
const AZERISIQ: [&str; 7] = ["GUN-0003", "KSU-0024", "KSU-0025", "KSU-0026", "KSU-0027", "KSU-0028", "KUL-0001"];

fn on_both(check: impl Fn(&Trial)) {
    check(&Trial::new());
    check(&Trial::on(Server::shared().database()));
}

fn statement(dataset: &str, element: &str, sender: &str, period: &str, rows: &[(&str, &str)]) -> String {
    let row = |(code, figure): &(&str, &str)| {
        format!("<Record><Station>{code}</Station><{element}>{figure}</{element}></Record>")
    };
    format!(
        "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"{dataset}\" \
         period=\"{period}\" revision=\"1\" sender=\"{sender}\">{}</Submission>",
        rows.iter().map(row).collect::<String>()
    )
}

fn put(trial: &Trial, participant: &str, name: &str, text: &str) {
    trial.put(participant, name, trial.signed("document.xml", text, participant));
}

fn energy(participant: &str, period: &str, rows: &[(&str, &str)]) -> String {
    statement("generation", "EnergyMWh", voen(participant), period, rows)
}

fn refused(trial: &Trial, arguments: &[&str]) -> String {
    let output = trial.pencere(arguments);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stderr).unwrap()
}

// R 3.2
#[test]
fn the_registers_are_listed_as_of_a_day() {
    let trial = Trial::new();
    let list = |args: &[&str]| {
        let (code, answer) = trial.json(args);
        assert_eq!(code, Some(0), "{args:?}: {answer:#}");
        answer["rows"].as_array().unwrap().clone()
    };
    let bodies = list(&["participants", "list"]);
    let body = bodies.iter().find(|one| one["participant"] == "azerenerji").unwrap();
    assert_eq!((body["voen"].as_str(), body["suspended"].as_str()), (Some(voen("azerenerji")), Some("no")), "{body:#}");
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let ended = registry.replacen("from = \"2020-01-01\"", "from = \"2020-01-01\"\nto = \"2020-12-31\"", 1);
    fs::write(trial.at("w/registry.toml"), ended).unwrap();
    let active = |day: &str| {
        let of = ["persons", "list", "--participant", "energetika", "--at", day];
        let [person] = &list(&of)[..] else { panic!("one person signs for it") };
        assert_eq!(person["fin"], "1S*****");
        assert!(person["certificate_ends"].as_str().unwrap() > "2040", "{person:#}");
        person["active"].as_str().unwrap().to_owned()
    };
    let days = ["2019-12-31", "2020-01-01", "2020-12-31", "2021-01-01"];
    assert_eq!(days.map(active), ["no", "yes", "yes", "no"]);
    let stations = list(&["stations", "list", "--type", "hydro", "--participant", "azerenerji"]);
    assert!(stations.len() > 2 && stations.iter().all(|one| one["type"] == "hydro"), "{stations:#?}");
    let before = list(&["stations", "list", "--at", "1900-01-01"]);
    assert!(before.len() > stations.len() && before.iter().all(|one| one["in_service"] == "no"));
    assert!(refused(&trial, &["stations", "list", "--type", "coal"]).contains("hydro"));
    assert!(refused(&trial, &["persons", "list", "--participant", "nobody"]).contains("azerenerji"));
    let csv = trial.pencere(&["stations", "list", "--format", "csv", "--lang", "en"]).stdout;
    assert!(csv.starts_with("\u{feff}".as_bytes()) && String::from_utf8(csv).unwrap().contains("Capacity, MW"));
}

// S 4.2.4, 8.1.13
#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let trial = Trial::new();
    trial.done(&["once"]);
    for (arguments, told) in [
        (&["report", "weather"][..], "capacity, carbon-revenue, gas-savings, generation, completeness and submissions"),
        (&["report", "grid"], "there is no report grid"),
        (&["report", "generation", "--by", "decision"], "station, type, region, participant, quarter, year"),
        (&["report", "generation", "--by", "month"], "cannot be by month"),
        (&["report", "generation", "--by", "moon"], "possible values"),
        (&["report", "generation", "--by", "station,station"], "station twice"),
        (&["report", "generation", "--by", "year,quarter"], "not both"),
        (&["report", "generation", "--by", "year", "--from", "2025-Q1"], "--by quarter"),
        (&["report", "generation", "--from", "2025-M01"], "2026-Q3, 2026"),
        (&["report", "generation", "--from", "2025-01-01"], "not the day 2025-01-01"),
        (&["report", "generation", "--from", "2026", "--to", "2025"], "lies before"),
        (&["report", "generation", "--dataset", "capacity"], "--dataset cannot be"),
        (&["report", "completeness", "--by", "station"], "participant, dataset, period, quarter, year"),
        (&["report", "completeness", "--participant", "nobody"], "there are azerenerji, azerisiq"),
        (&["report", "submissions", "--by", "region"], "decision, participant, dataset, period, month, quarter, year"),
        (&["report", "submissions", "--known-at", "2026-01-01"], "--known-at cannot be"),
        (&["report", "completeness", "--known-at", "2999-01-01"], "lies ahead"),
        (&["as-of", "generation", "--known-at", "2999-01-01"], "lies ahead"),
        (&["export", "open", "-o", "open", "--known-at", "2999-01-01"], "lies ahead"),
        (&["as-of", "weather"], "there are cadastre, capacity"),
        (&["as-of", "generation", "--period", "2025-M01"], "2026-Q3, 2026"),
        (&["as-of", "cadastre", "--period", "2025"], "has no periods"),
        (&["export", "open", "-o", "open", "--dataset", "grid"], "its class is restricted"),
    ] {
        let why = refused(&trial, arguments);
        assert!(why.contains(told), "{arguments:?}: {why}");
    }
    let (code, answer) = trial.json(&["report", "weather"]);
    assert_eq!((code, &answer["error"]["exit"]), (Some(2), &2.into()), "{answer}");
    // nothing was filed yet: that is an answer
    for what in ["generation", "capacity", "savings", "revenue", "submissions"] {
        let (code, report) = trial.json(&["report", what]);
        assert_eq!((code, report["rows"].as_array().unwrap().len()), (Some(0), 0), "{report}");
    }
    assert!(!trial.at("open").exists());
}

/// Rows of a report, the cells of these columns joined by blanks.
fn rows(report: &Value, columns: &[&str]) -> Vec<String> {
    let cell = |row: &Value, column: &str| match &row[column] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let line = |row: &Value| columns.iter().map(|column| cell(row, column)).collect::<Vec<_>>().join(" ");
    report["rows"].as_array().unwrap().iter().map(line).collect()
}

// S item 3, S 7.1.5, 9.1.4
#[test]
fn who_owes_what_is_told_with_its_days() {
    on_both(|trial| {
        // generation may come for ten years, so what came is in time whenever this runs
        let deadline = ("days = { quarter = 30, year = 60 }", "days = { quarter = 3650, year = 3650 }");
        trial.change("datasets/generation/dataset.toml", deadline.0, deadline.1);
        let year = jiff::tz::Offset::constant(4).to_datetime(Timestamp::now()).year() - 1;
        let figures: Vec<(&str, &str)> = AZERISIQ.iter().map(|code| (*code, "1.000")).collect();
        let quarter = |number: u8| format!("{year}-Q{number}");
        put(trial, "azerisiq", "g1.xml", &energy("azerisiq", &quarter(1), &figures[6..]));
        put(trial, "energetika", "g2.xml", &energy("energetika", &quarter(2), &figures));
        for number in 1..=4 {
            let text = statement("capacity", "CapacityMW", voen("azerisiq"), &quarter(number), &figures);
            put(trial, "azerisiq", &format!("c{number}.xml"), &text);
        }
        trial.done(&["once"]);
        let locked = Locked::new(trial);
        put(trial, "azerisiq", "g3.xml", &energy("azerisiq", &quarter(3), &figures));
        trial.pencere(&["once"]);
        drop(locked);
        let of_year = year.to_string();
        let asked = ["report", "completeness", "--from", &of_year, "--to", &of_year];
        let (code, report) = trial.json(&asked);
        assert_eq!(code, Some(0));
        let all = rows(&report, &["participant", "dataset", "period", "status", "stations", "stations_owed", "due"]);
        let has = |line: String| assert!(all.contains(&line), "{line}: {all:#?}");
        let (day, ten_years) = (|month, day| jiff::civil::date(year, month, day), 3650.days());
        has(format!("azerisiq generation {year}-Q1 in-time 1 7 {}", day(3, 31) + ten_years));
        has(format!("azerisiq generation {year}-Q2 by-others 7 7 {}", day(6, 30) + ten_years));
        has(format!("azerisiq generation {year}-Q3 waiting 0 7 {}", day(9, 30) + ten_years));
        has(format!("azerisiq generation {year}-Q4 not-due 0 7 {}", day(12, 31) + ten_years));
        has(format!("azerisiq capacity {year}-Q1 late 7 7 {year}-04-30"));
        has(format!("azerisiq capacity {year} in-parts 0 7 {}", day(12, 31) + 60.days()));
        has(format!("energetika capacity {year}-Q1 missing 0 4 {year}-04-30"));
        has(format!("energetika generation {year}-Q2 in-time 0 4 {}", day(6, 30) + ten_years));
        has("ekologiya cadastre null missing null null null".to_owned());
        assert!(!all.iter().any(|line| line.starts_with("ekologiya carbon-revenue")), "it operates no station");
        let today = jiff::tz::Offset::constant(4).to_datetime(Timestamp::now()).date();
        let late = today.since(day(4, 30)).unwrap().get_days();
        let of = |slug: &str| {
            let rows = report["rows"].as_array().unwrap().iter();
            rows.clone().find(|row| row["participant"] == slug && row["dataset"] == "capacity").unwrap()
        };
        // the report may have been made on the day before
        for slug in ["azerisiq", "energetika"] {
            let days = of(slug)["days"].as_i64().unwrap();
            assert!((i64::from(late) - 1..=i64::from(late)).contains(&days), "{days} {late}");
        }

        // by what was known before anything came, all is missing or has time yet
        let (_, before) =
            trial.json(&[&asked[..], &["--known-at", &day(12, 31).to_string(), "--by", "participant"]].concat());
        for row in before["rows"].as_array().unwrap() {
            let count = |name: &str| row[name].as_u64().unwrap();
            assert_eq!(count("owed"), count("missing") + count("not-due"), "{row}");
        }
        let (_, by) = trial.json(&[&asked[..], &["--by", "participant"]].concat());
        let owed: u64 = by["rows"].as_array().unwrap().iter().map(|row| row["owed"].as_u64().unwrap()).sum();
        assert_eq!((owed, by["total"]["owed"].as_u64()), (all.len() as u64, Some(owed)));

        // whose access is suspended can file nothing; it owes all the same
        let competence = "voen = \"9990000761\"\ndatasets = [\"grid\", \"capacity\", \"generation\", \"gas-savings\", \
                          \"carbon-revenue\"]\nsuspended = ";
        trial.change("registry.toml", &format!("{competence}false"), &format!("{competence}true"));
        let (_, report) = trial.json(&[&asked[..], &["--participant", "azerisiq"]].concat());
        let hindered = rows(&report, &["dataset", "period", "status", "hindered"]);
        assert!(hindered.contains(&format!("gas-savings {year}-Q1 missing suspended")), "{hindered:#?}");
        assert!(hindered.contains(&format!("capacity {year}-Q1 late null")), "{hindered:#?}");
    });
}

// R 3.17, 7.1.8
#[test]
fn submissions_are_counted_beside_a_running_daemon() {
    let trial = Trial::new();
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    let signed = trial.signed("a.xml", &text, "azerenerji");
    trial.put("azerenerji", "a.xml", &signed);
    trial.done(&["once"]);
    trial.put("azerenerji", "again.xml", &signed);
    put(&trial, "azerenerji", "b.xml", &generation(voen("azerenerji"), "2024-Q2", 1, "SU-0002", "1.500"));
    put(&trial, "azerisiq", "c.xml", &generation(voen("azerisiq"), "2024-Q2", 1, "SU-0002", "2.000"));
    trial.done(&["once"]);
    let _daemon = trial.run();
    let count = |arguments: &[&str], columns: &[&str]| {
        let (code, report) = trial.json(&[&["report", "submissions"], arguments].concat());
        assert_eq!(code, Some(0), "{report}");
        rows(&report, columns)
    };
    assert_eq!(count(&[], &["decision", "count"]), ["accepted 2", "duplicate 1", "rejected 1"]);
    let columns = ["participant", "accepted", "rejected", "duplicate", "count"];
    let by_participant = ["azerenerji 2 0 1 3", "azerisiq 0 1 0 1"];
    assert_eq!(count(&["--by", "participant"], &columns), by_participant);
    let year = Timestamp::now().strftime("%Y").to_string();
    // the same from each submission as from the counts that are kept
    assert_eq!(count(&["--by", "participant", "--from", "2020-01-01"], &columns), by_participant);
    assert_eq!(count(&["--by", "period"], &["period", "count"]), ["2024-Q1 2", "2024-Q2 2"]);
    assert_eq!(count(&["--by", "dataset", "--participant", "azerisiq"], &["dataset", "count"]), ["generation 1"]);
    assert!(count(&["--to", "2020"], &["decision"]).is_empty());
    let (_, by_year) = trial.json(&["report", "submissions", "--by", "year"]);
    // at new year the window and this test may be of two years
    assert!(by_year["total"]["count"] == 4 && by_year["rows"][0]["year"].as_str().unwrap() <= year.as_str());
    let table = trial.pencere(&["report", "submissions", "--by", "participant"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.starts_with("Göndərişlər\n") && table.contains("\nCəmi "), "{table}");
}

/// The statement of two stations, corrected once, and the moments between.
fn corrected(trial: &Trial) -> [String; 3] {
    let moment = || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        Timestamp::now().to_string()
    };
    let before = moment();
    put(trial, "azerenerji", "a.xml", &generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000"));
    put(trial, "azerenerji", "b.xml", &generation(voen("azerenerji"), "2024-Q2", 1, "SU-0001", "7.125"));
    trial.done(&["once"]);
    let between = moment();
    put(trial, "azerenerji", "a2.xml", &generation(voen("azerenerji"), "2024-Q1", 2, "SU-0001", "90.500"));
    trial.done(&["once"]);
    [before, between, moment()]
}

#[test]
fn what_was_true_and_what_was_known_stand_apart() {
    on_both(|trial| {
        let [before, between, after] = corrected(trial);
        let as_of = |arguments: &[&str]| {
            let (code, answer) = trial.json(&[&["as-of", "generation"], arguments].concat());
            assert_eq!(code, Some(0), "{answer}");
            rows(&answer, &["period", "station", "energy_mwh", "participant", "revision"])
        };
        let (first, second) = ("2024-Q1 SU-0001 100.000 azerenerji 1", "2024-Q1 SU-0001 90.500 azerenerji 2");
        let other = "2024-Q2 SU-0001 7.125 azerenerji 1";
        assert!(as_of(&["--known-at", &before]).is_empty());
        assert_eq!(as_of(&["--known-at", &between]), [first, other]);
        assert_eq!(as_of(&["--known-at", &between, "--period", "2024-Q1"]), [first]);
        assert_eq!(as_of(&["--known-at", &after]), [second, other]);
        assert_eq!(as_of(&[]), [second, other]);
        assert_eq!(as_of(&["--period", "2024-Q2"]), [other]);
        assert!(as_of(&["--participant", "azerisiq"]).is_empty());
        // the very rows that the view shows now
        let sql = "SELECT period, station, energy_mwh, participant, revision FROM generation_current ORDER BY 1";
        assert_eq!(trial.sql(sql).replace('|', " ").lines().collect::<Vec<_>>(), as_of(&[]));
        let csv = trial.pencere(&["as-of", "generation", "--period", "2024-Q1", "--format", "csv"]);
        let csv = String::from_utf8(csv.stdout).unwrap();
        let (head, row) = csv.split_once("\r\n").unwrap();
        assert_eq!(head, "\u{feff}station;energy_mwh;period;submission;participant;revision");
        assert!(row.starts_with("SU-0001;\"90,500\";2024-Q1;") && row.ends_with(";azerenerji;2\r\n"), "{csv}");

        // reports are made by what was known then, too
        let total = |arguments: &[&str]| {
            let (_, report) = trial.json(&[&["report", "generation", "--by", "year"], arguments].concat());
            rows(&report, &["year", "energy_mwh", "stations"])
        };
        assert!(total(&["--known-at", &before]).is_empty());
        assert_eq!(total(&["--known-at", &between]), ["2024 107.125 1"]);
        assert_eq!(total(&["--known-at", &after]), ["2024 97.625 1"]);
        assert_eq!(total(&[]), ["2024 97.625 1"]);
    });
}

#[test]
fn a_year_that_was_stated_alone_is_told_where_its_parts_are_asked_for() {
    let trial = Trial::new();
    let rows_of = [("SU-0001", "1000.000"), ("SU-0002", "500.000")];
    put(&trial, "azerenerji", "y.xml", &energy("azerenerji", "2024", &rows_of));
    put(&trial, "azerisiq", "q.xml", &energy("azerisiq", "2024-Q2", &[("KUL-0001", "10.250")]));
    trial.done(&["once"]);
    let (_, years) = trial.json(&["report", "generation"]);
    assert_eq!(rows(&years, &["year", "energy_mwh", "stations"]), ["2024 1510.250 3"]);
    assert!(years["remarks"].as_array().unwrap().is_empty());
    let (_, quarters) = trial.json(&["report", "generation", "--by", "quarter", "--lang", "en"]);
    assert_eq!(rows(&quarters, &["quarter", "energy_mwh"]), ["2024-Q2 10.250"]);
    let told = quarters["remarks"][0].as_str().unwrap();
    assert!(told.starts_with("azerenerji, 2024: 2 records stand in the annual statement alone"), "{told}");
    let (_, elsewhere) = trial.json(&["report", "generation", "--by", "quarter", "--from", "2023", "--to", "2023-Q4"]);
    assert!(elsewhere["remarks"].as_array().unwrap().is_empty());
}

/// A Python that has openpyxl, in a folder of its own below `target`; none where the network has none.
fn with_openpyxl() -> Option<PathBuf> {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("openpyxl");
    let python = home.join("bin/python");
    let works = || Command::new(&python).args(["-c", "import openpyxl"]).output().is_ok_and(|out| out.status.success());
    if works() {
        return Some(python);
    }
    let _ = Command::new("python3").args(["-m", "venv"]).arg(&home).output();
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "-q", "--retries", "0", "--timeout", "10", "openpyxl==3.1.5"]);
    let _ = pip.output();
    works().then_some(python)
}

/// What a reader that knows nothing of us makes of a workbook: Python's own archive and XML alone.
const READ_PLAINLY: &str = r#"
import sys, zipfile, xml.etree.ElementTree as tree
m = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
book = zipfile.ZipFile(sys.argv[1])
assert book.testzip() is None
for name in book.namelist(): tree.fromstring(book.read(name))
types = tree.fromstring(book.read('[Content_Types].xml'))
parts = [p.get('PartName')[1:] for p in types if p.get('PartName')]
assert set(parts) <= set(book.namelist()), parts
for row in tree.fromstring(book.read('xl/worksheets/sheet1.xml')).iter(m + 'row'):
    print('|'.join((c.findtext(m + 'v') or c.findtext(m + 'is/' + m + 't') or '') for c in row))
"#;

/// The same through openpyxl, with each number's format.
const READ_BY_OPENPYXL: &str = r#"
import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
first, about = book.worksheets
assert first.freeze_panes == 'A2' and first.auto_filter.ref == 'A1:D3', (first.freeze_panes, first.auto_filter.ref)
assert all(c.data_type in 'sn' or c.value is None for row in first for c in row)
print(book.sheetnames, about['A1'].value)
for row in first.iter_rows(min_row=2):
    print('|'.join(f'{c.value}:{c.number_format}' if isinstance(c.value, (int, float)) else str(c.value) for c in row))
"#;

#[test]
fn others_open_the_workbook_and_find_numbers_in_it() {
    let trial = Trial::new();
    put(&trial, "azerenerji", "a.xml", &energy("azerenerji", "2024-Q1", &[("SU-0001", "98765.432")]));
    put(&trial, "azerisiq", "b.xml", &energy("azerisiq", "2024-Q1", &[("KUL-0001", "0.001")]));
    trial.done(&["once"]);
    let asked = ["report", "generation", "--by", "participant", "--format", "xlsx", "--lang", "en", "-o", "r.xlsx"];
    trial.done(&asked);
    let plain = trial.succeeds("python3", &["-c", READ_PLAINLY, "r.xlsx"]);
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert_eq!(
        plain,
        "Participant|Name|Electricity generated, MWh|Stations\nazerenerji|«Azərenerji» ASC|98765.432|1\n\
         azerisiq|«Azərişıq» ASC|0.001|1\nTotal||98765.433|2\n"
    );
    // redirected, it is the same
    let piped = trial.pencere(&asked[..8]);
    assert_eq!(piped.status.code(), Some(0));
    assert!(piped.stdout.starts_with(b"PK\x03\x04"));
    let Some(python) = with_openpyxl() else {
        println!("SKIPPED: openpyxl cannot be had from the network, so it has not opened the workbook");
        return;
    };
    let read = trial.succeeds(python.to_str().unwrap(), &["-c", READ_BY_OPENPYXL, "r.xlsx"]);
    assert_eq!(
        String::from_utf8(read.stdout).unwrap(),
        "['Report', 'About'] Electricity generation\nazerenerji|«Azərenerji» ASC|98765.432:#,##0.000|1:#,##0\n\
         azerisiq|«Azərişıq» ASC|0.001:#,##0.000|1:#,##0\nTotal|None|98765.433:#,##0.000|2:#,##0\n"
    );
}

/// A dataset with shapes that everybody may see.
const PARKS: &str = r#"
title.az = "Parklar"
title.en = "Parks"
clause = "S 6.1.1"
class = "open"
competence = ["ekologiya"]
periods = "none"
total = "none"

[[columns]]
name = "code"
element = "Code"
kind = "text"
key = true
pattern = "[A-Z0-9-]+"
longest = 20
required = true
title.az = "Kod"
title.en = "Code"

[[columns]]
name = "area_ha"
element = "AreaHa"
kind = "decimal"
places = 3
unit = "ha"
required = false
title.az = "Sahə"
title.en = "Area"

[[columns]]
name = "geometry"
element = "Geometry"
kind = "geometry"
shapes = "areas"
required = true
title.az = "Sərhəd"
title.en = "Boundary"
"#;

/// A restricted one, which says where things lie.
fn secret() -> String {
    PARKS.replace("class = \"open\"", "class = \"restricted\"").replace("Parks", "Pipes")
}

fn drawn(dataset: &str, code: &str) -> String {
    format!(
        "dataset;revision;sender;to;code;area_ha;epsg;geometry\n\
         {dataset};1;9990000481;trial;{code};;32639;POLYGON((400000 4480000,400000 4481000,401000 4481000,\
         401000 4480000,400000 4480000))\n"
    )
}

/// Reads the package as a program does that only knows the standards.
const READ_PACKAGE: &str = r#"
import csv, hashlib, json, os, sys
folder = sys.argv[1]
package = json.load(open(f'{folder}/datapackage.json', encoding='utf-8'))
assert sorted(os.listdir(folder)) == sorted(['datapackage.json'] + [r['path'] for r in package['resources']])
for r in package['resources']:
    octets = open(f"{folder}/{r['path']}", 'rb').read()
    assert r['hash'] == 'sha256:' + hashlib.sha256(octets).hexdigest() and r['bytes'] == len(octets)
    names = [f['name'] for f in r['schema']['fields']]
    if r['format'] == 'csv':
        rows = list(csv.DictReader(octets.decode('utf-8').splitlines()))
        assert len(rows) == r['records'] and all(list(row) == names for row in rows)
        for row in rows: print(r['name'], *[row[n] for n in names if n != 'submission'])
    else:
        found = json.loads(octets, parse_float=str)
        assert found['type'] == 'FeatureCollection' and len(found['features']) == r['records']
        assert set(found) == {'type', 'features'}
        for f in found['features']:
            ring = [(float(x), float(y)) for x, y in f['geometry']['coordinates'][0]]
            assert ring[0] == ring[-1] and all(49 < x < 51 and 40 < y < 41 for x, y in ring)
            area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))
            assert area > 0, 'the outer ring goes anticlockwise (RFC 7946 3.1.6)'
            p = f['properties']
            print(r['name'], f['id'], f['geometry']['type'], p['area_ha'], p['participant'], p['revision'])
"#;

// S 8.1.4 item 6, 10.3
#[test]
fn open_data_leaves_and_nothing_else() {
    on_both(|trial| {
        for (name, text) in [("parks", PARKS.to_owned()), ("pipes", secret())] {
            fs::create_dir(trial.at("w/datasets").join(name)).unwrap();
            fs::write(trial.at("w/datasets").join(name).join("dataset.toml"), text).unwrap();
        }
        let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
        let old = "datasets = [\"cadastre\", \"carbon-revenue\"]";
        let new = "datasets = [\"cadastre\", \"carbon-revenue\", \"parks\", \"pipes\"]";
        fs::write(trial.at("w/registry.toml"), registry.replace(old, new)).unwrap();
        for (dataset, code) in [("parks", "P-1"), ("pipes", "SECRET-1")] {
            let (name, text) = (format!("{dataset}.csv"), drawn(dataset, code));
            trial.put("ekologiya", format!("{name}.p7s"), trial.signed(&name, &text, "ekologiya"));
            trial.put("ekologiya", &name, text);
        }
        put(trial, "azerenerji", "a.xml", &energy("azerenerji", "2024-Q1", &[("SU-0001", "98765.432")]));
        trial.done(&["once"]);
        for name in ["parks.csv", "pipes.csv"] {
            let (_, answer) = trial.answer("ekologiya", name);
            assert!(answer.contains(">accepted</"), "{answer}");
        }
        let _daemon = trial.run(); // beside it
        let at = Timestamp::now().to_string();
        let (code, made) = trial.json(&["export", "open", "-o", "open", "--known-at", &at]);
        assert_eq!((code, &made["left_out"]), (Some(0), &serde_json::json!(["grid", "pipes"])), "{made}");
        let read = trial.succeeds("python3", &["-c", READ_PACKAGE, "open"]);
        assert_eq!(
            String::from_utf8(read.stdout).unwrap(),
            "generation SU-0001 98765.432 2024-Q1 azerenerji 1\nparks P-1 Polygon None ekologiya 1\n"
        );
        let package = fs::read_to_string(trial.at("open/datapackage.json")).unwrap();
        assert!(!package.contains("licenses") && package.contains(&format!("\"created\": \"{at}\"")), "{package}");
        let fins: Vec<&str> = registry.lines().filter_map(|line| line.strip_prefix("fin = ")).collect();
        assert!(fins.len() >= 6);
        for entry in fs::read_dir(trial.at("open")).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!fins.iter().any(|fin| text.contains(fin.trim_matches('"'))), "a person");
            for closed in ["SECRET-1", "pipes", "\"grid\"", "4480000"] {
                assert!(!text.contains(closed), "{closed}: {text}");
            }
        }

        // the same data, the same octets; and on named terms
        trial.set("licence", "\"CC-BY-4.0\"");
        trial.set("licence_url", "\"https://creativecommons.org/licenses/by/4.0/\"");
        trial.done(&["export", "open", "-o", "again", "--known-at", &at]);
        for file in ["generation.csv", "parks.geojson"] {
            assert_eq!(fs::read(trial.at("again").join(file)).unwrap(), fs::read(trial.at("open").join(file)).unwrap());
        }
        let package = fs::read_to_string(trial.at("again/datapackage.json")).unwrap();
        assert!(package.contains("CC-BY-4.0") && package.contains("creativecommons.org"), "{package}");

        // what is open no more leaves the folder
        trial.change("datasets/parks/dataset.toml", "class = \"open\"", "class = \"restricted\"");
        let (_, made) = trial.json(&["export", "open", "-o", "open"]);
        assert_eq!(made["removed"], serde_json::json!(["parks.geojson"]), "{made}");
        assert!(!trial.at("open/parks.geojson").exists());
        trial.succeeds("python3", &["-c", READ_PACKAGE, "open"]);
        // and what is not ours is never touched
        fs::write(trial.at("open/notes.txt"), "mine").unwrap();
        assert!(refused(trial, &["export", "open", "-o", "open"]).contains("notes.txt"));
        assert_eq!(fs::read_to_string(trial.at("open/notes.txt")).unwrap(), "mine");
    });
}
