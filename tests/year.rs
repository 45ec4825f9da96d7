//! A year of all stations through a real window, XML and CSV, on both engines: the totals are those that were written
//! down beforehand, in the views and in every report; and the national figures of 2024.

#[path = "year/figures.rs"]
mod figures;
#[path = "window/trial.rs"]
mod trial;

use figures::*;
use std::fmt::Write as _;
use std::path::Path;
use trial::servers::Server;
use trial::{Trial, said, voen};

/// A station of the table.
struct Station {
    code: &'static str,
    participant: &'static str,
    /// Thousandths of MWh by quarter.
    energy: [Option<i64>; 4],
    /// Thousandths of MW.
    mw: i64,
}

fn thousandths(text: &str) -> i64 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    whole.parse::<i64>().unwrap() * 1000 + format!("{rest:0<3}").parse::<i64>().unwrap()
}

fn decimal(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

fn stations() -> Vec<Station> {
    let register: toml::Table = include_str!("../config/stations.toml").parse().unwrap();
    let read = |line: &'static str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let quarter = |at: usize| Some(words[4 + at]).filter(|word| *word != "-").map(thousandths);
        let mw = thousandths(register["stations"][words[0]]["mw"].as_str().unwrap());
        Station { code: words[0], participant: words[1], energy: [0, 1, 2, 3].map(quarter), mw }
    };
    STATIONS.lines().map(read).collect()
}

/// Of each dataset: its element and column, and a station's figure in a quarter.
type Figure = fn(&Station, usize) -> Option<i64>;
const DATASETS: [(&str, &str, &str, Figure); 3] = [
    ("capacity", "CapacityMW", "capacity_mw", |station, quarter| station.energy[quarter].map(|_| station.mw)),
    ("generation", "EnergyMWh", "energy_mwh", |station, quarter| station.energy[quarter]),
    ("gas-savings", "GasThousandM3", "gas_thousand_m3", |station, quarter| {
        station.energy[quarter].map(|energy| energy * 22 / 100)
    }),
];

fn xml(dataset: &str, period: &str, sender: &str, element: &str, rows: &[(&str, i64)]) -> String {
    let mut text = format!(
        "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"{dataset}\" \
         period=\"{period}\" revision=\"1\" sender=\"{sender}\">"
    );
    for (code, figure) in rows {
        let figure = decimal(*figure);
        write!(text, "<Record><Station>{code}</Station><{element}>{figure}</{element}></Record>").unwrap();
    }
    let total = decimal(rows.iter().map(|(_, figure)| figure).sum());
    text + &format!("<Total><{element}>{total}</{element}></Total></Submission>")
}

/// As a table program of this country writes it.
fn csv(dataset: &str, period: &str, sender: &str, column: &str, rows: &[(&str, i64)]) -> String {
    let mut text = format!("\u{feff}dataset;period;revision;sender;to;station;{column}\r\n");
    let total = ("TOTAL", rows.iter().map(|(_, figure)| figure).sum());
    for (code, figure) in rows.iter().copied().chain([total]) {
        let figure = decimal(figure).replace('.', ",");
        write!(text, "{dataset};{period};1;{sender};trial;{code};{figure}\r\n").unwrap();
    }
    text
}

/// Signs the participant's documents and drops them.
fn file(trial: &Trial, participant: &str, documents: &[(String, String)]) {
    for (name, text) in documents {
        std::fs::write(trial.at(name), text).unwrap();
    }
    let names: Vec<&str> = documents.iter().map(|(name, _)| name.as_str()).collect();
    let (key, cert) = (format!("w/pki/{participant}.key"), format!("w/pki/{participant}.crt"));
    let signed = format!("signed-{participant}");
    std::fs::create_dir_all(trial.at(&signed)).unwrap();
    trial.done(&[&["sign"][..], &names, &["--key", &key, "--cert", &cert, "--out-dir", &signed]].concat());
    for (name, text) in documents {
        let read = |name: &str| std::fs::read(trial.at(&signed).join(name)).unwrap();
        match name.strip_suffix(".xml") {
            Some(stem) => trial.put(participant, name, read(&format!("{stem}.signed.xml"))),
            None => {
                trial.put(participant, name, text);
                trial.put(participant, format!("{name}.p7s"), read(&format!("{name}.p7s")));
            }
        }
    }
}

/// Files the whole year: the odd quarters as XML, the even ones as CSV.
fn file_the_year(trial: &Trial) -> usize {
    let stations = stations();
    let mut count = 0;
    for participant in ["azerenerji", "azerisiq", "energetika"] {
        let mut documents = Vec::new();
        for (dataset, element, column, figure) in DATASETS {
            for quarter in 0..4 {
                let theirs = stations.iter().filter(|station| station.participant == participant);
                let rows: Vec<(&str, i64)> =
                    theirs.filter_map(|station| Some((station.code, figure(station, quarter)?))).collect();
                let (period, sender) = (format!("2025-Q{}", quarter + 1), voen(participant));
                documents.push(match quarter % 2 {
                    0 => (format!("{dataset}-{period}.xml"), xml(dataset, &period, sender, element, &rows)),
                    _ => (format!("{dataset}-{period}.csv"), csv(dataset, &period, sender, column, &rows)),
                });
            }
        }
        count += documents.len();
        file(trial, participant, &documents);
    }
    trial.done(&["once"]);
    count
}

/// The columns of a report's rows, a line a row.
fn report(trial: &Trial, arguments: &[&str], columns: &[&str]) -> String {
    let (code, report) = trial.json(&[&["report"], arguments].concat());
    assert_eq!(code, Some(0), "{report}");
    let line = |row: &serde_json::Value| {
        let cell = |column: &&str| match &row[column] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        columns.iter().map(cell).collect::<Vec<_>>().join(" ") + "\n"
    };
    report["rows"].as_array().unwrap().iter().map(line).collect()
}

/// What the view of totals says, as the reports say it.
fn view(trial: &Trial, dataset: &str, column: &str) -> String {
    let sql = format!("SELECT period, {column}, stations FROM {dataset}_total ORDER BY period");
    trial.sql(&sql).replace('|', " ")
}

fn of_generation(trial: &Trial) {
    let energy = |arguments: &[&str], by: &[&str]| {
        report(trial, &[&["generation"], arguments].concat(), &[by, &["energy_mwh", "stations"]].concat())
    };
    assert_eq!(energy(&["--by", "quarter"], &["quarter"]), BY_QUARTER);
    assert_eq!(energy(&[], &["year"]), OF_THE_YEAR);
    assert_eq!(energy(&["--by", "type"], &["type"]), BY_TYPE);
    assert_eq!(energy(&["--by", "region", "--from", "2025", "--to", "2025"], &["region"]), BY_REGION);
    assert_eq!(energy(&["--by", "participant"], &["participant"]), BY_PARTICIPANT);
    assert_eq!(energy(&["--by", "participant", "--from", "2025-Q1", "--to", "2025-Q2"], &["participant"]), FIRST_HALF);
    let by_two = energy(&["--by", "type,quarter"], &["type", "quarter"]);
    let some: String = by_two.lines().filter(|line| line.starts_with('w')).map(|line| format!("{line}\n")).collect();
    assert_eq!(some, WIND_AND_WASTE);
    let (_, by_station) = trial.json(&["report", "generation", "--by", "station"]);
    let rows = by_station["rows"].as_array().unwrap();
    let mut known = stations();
    known.sort_by_key(|station| station.code);
    assert_eq!(rows.len(), known.len());
    for (row, station) in rows.iter().zip(known) {
        let sum = decimal(station.energy.iter().flatten().sum());
        assert_eq!((row["station"].as_str(), row["energy_mwh"].as_str()), (Some(station.code), Some(sum.as_str())));
    }
    assert_eq!(by_station["total"]["energy_mwh"], "3176294.752");
}

fn the_year(trial: &Trial) {
    let count = file_the_year(trial);
    let (_, listed) = trial.json(&["list", "--limit", "100"]);
    let listed = listed["submissions"].as_array().unwrap();
    let not_accepted: Vec<_> = listed.iter().filter(|one| one["state"] != "accepted").collect();
    assert!(listed.len() == count && not_accepted.is_empty(), "{not_accepted:?}");

    let _daemon = trial.run(); // beside it
    assert_eq!(view(trial, "generation", "energy_mwh"), format!("{OF_THE_YEAR}{BY_QUARTER}"));
    assert_eq!(view(trial, "gas_savings", "gas_thousand_m3"), format!("{GAS_OF_THE_YEAR}{GAS_BY_QUARTER}"));
    assert_eq!(view(trial, "capacity", "capacity_mw"), format!("{CAPACITY_OF_THE_YEAR}{CAPACITY_BY_QUARTER}"));
    of_generation(trial);
    let gas = ["gas_thousand_m3", "stations"];
    let of = |what: &str, by: &str, figures: &[&str]| report(trial, &[what, "--by", by], &[&[by], figures].concat());
    assert_eq!(of("savings", "quarter", &gas), GAS_BY_QUARTER);
    assert_eq!(of("savings", "type", &gas), GAS_BY_TYPE);
    let capacity = ["capacity_mw", "stations"];
    assert_eq!(of("capacity", "quarter", &capacity), CAPACITY_BY_QUARTER);
    assert_eq!(of("capacity", "type", &capacity), CAPACITY_BY_TYPE);
    assert_eq!(of("capacity", "year", &capacity), CAPACITY_OF_THE_YEAR);
    // nothing is missing, and each year is told by its parts
    let (_, owed) = trial.json(&["report", "completeness", "--from", "2025", "--to", "2025", "--by", "dataset"]);
    for name in ["generation", "capacity", "gas-savings"] {
        let row = owed["rows"].as_array().unwrap().iter().find(|row| row["dataset"] == name).unwrap();
        assert_eq!((&row["owed"], &row["late"], &row["in-parts"]), (&15.into(), &12.into(), &3.into()), "{row}");
    }
}

/// The year itself is stated besides: it is counted from there, and nothing twice.
fn and_the_annual_statement(trial: &Trial) {
    let stations = stations();
    let owners = stations.iter().filter(|station| station.participant == "energetika");
    let rows: Vec<(&str, i64)> = owners.map(|station| (station.code, station.energy.iter().flatten().sum())).collect();
    let text = xml("generation", "2025", voen("energetika"), "EnergyMWh", &rows);
    file(trial, "energetika", &[("year.xml".to_owned(), text)]);
    trial.done(&["once"]);
    let (_, answer) = trial.answer("energetika", "year.xml");
    assert!(answer.contains(">accepted</"), "{answer}");
    assert_eq!(view(trial, "generation", "energy_mwh"), format!("{OF_THE_YEAR}{BY_QUARTER}"));
    of_generation(trial);
    let (_, owed) =
        trial.json(&["report", "completeness", "--from", "2025", "--to", "2025", "--dataset", "generation"]);
    let rows = owed["rows"].as_array().unwrap();
    let of_year =
        |slug: &str| &rows.iter().find(|row| row["period"] == "2025" && row["participant"] == slug).unwrap()["status"];
    assert_eq!((of_year("energetika"), of_year("azerisiq")), (&"late".into(), &"in-parts".into()));
}

// S 1.3, 4.2.4, R 2.1.6
#[test]
fn a_year_of_all_stations_comes_to_what_was_written_down() {
    let trial = Trial::new();
    the_year(&trial);
    and_the_annual_statement(&trial);
}

#[test]
fn and_to_the_same_in_postgresql() {
    let trial = Trial::on(Server::shared().database());
    the_year(&trial);
    and_the_annual_statement(&trial);
}

#[test]
fn the_national_figures_of_2024_are_those_that_were_published() {
    let trial = Trial::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples");
    pencere::commands::trial::register_sample_pki(&trial.at("w"), &samples.join("pki")).unwrap();
    let document = std::fs::read(samples.join("accepted/national-2024/istehsal-2024.xml")).unwrap();
    trial.put("energetika", "istehsal-2024.xml", document);
    trial.done(&["once"]);
    assert_eq!(view(&trial, "generation", "energy_mwh"), format!("2024 {NATIONAL_2024_TOTAL} 36\n"));
    let (_, report) = trial.json(&["report", "generation", "--by", "type", "--from", "2024", "--to", "2024"]);
    assert_eq!(report["total"]["energy_mwh"], NATIONAL_2024_TOTAL);
    let rows = report["rows"].as_array().unwrap();
    let of = |kind: &&str| rows.iter().find(|row| row["type"] == **kind).unwrap()["energy_mwh"].as_str().unwrap();
    for (kinds, published) in NATIONAL_2024 {
        let sum: i64 = kinds.iter().map(|kind| thousandths(of(kind))).sum();
        assert_eq!(decimal(sum), published, "{kinds:?}");
    }
    let shown = said(&trial.pencere(&["report", "generation", "--by", "type", "--lang", "en"]));
    assert!(shown.contains("3850900.000"), "{shown}");
}
