//! Refused rows come back: beside the receipt of a rejected table lie its faulty rows, for a spreadsheet.

#[path = "window/trial.rs"]
mod trial;

use std::fs;
use trial::{Trial, eventually, said, voen};

/// Header and rows of a table of the trial's generation; `;` and a decimal comma, as a spreadsheet there writes it.
fn table(rows: &[&str]) -> String {
    let mut text = String::from("dataset;period;revision;sender;to;station;energy_mwh\r\n");
    for row in rows {
        text.push_str(&format!("generation;2024-Q1;1;{};trial;{row}\r\n", voen("azerenerji")));
    }
    text
}

fn rows_files(trial: &Trial) -> Vec<String> {
    let names = trial.names("azerenerji", "receipts").into_iter().filter_map(|name| name.into_string().ok());
    names.filter(|name| name.ends_with(".rows.csv")).collect()
}

/// What a spreadsheet would read: rows of cells. The byte order mark must stand, and each row end in CRLF.
fn cells(octets: &[u8]) -> Vec<Vec<String>> {
    let text = octets.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
    assert!(text.ends_with(b"\r\n"));
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').has_headers(false).flexible(true).from_reader(text);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Files a table with its detached signature and gives the exit code of `once`.
fn file(trial: &Trial, name: &str, table: &str) {
    let signature = trial.signed(name, table, "azerenerji");
    trial.put("azerenerji", format!("{name}.p7s"), signature);
    trial.put("azerenerji", name, table);
    let output = trial.pencere(&["once"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn the_faulty_rows_of_a_rejected_table_come_back_with_their_faults() {
    let trial = Trial::new();
    // row 2 is right, 3 has a figure that acts as a formula, 4 no station of the register, 5 too few cells, 6 is right
    let rows = ["SU-0001;100,5", "SU-0002;=1+1", "SU-9999;7,5", "SU-0003", "SU-0003;12,250"];
    file(&trial, "a.csv", &table(&rows));
    let (receipt, text) = trial.answer("azerenerji", "a.csv");
    assert!(text.contains("<Decision>rejected</Decision>"), "{text}");
    let stem = receipt.strip_suffix(".receipt.xml").unwrap();
    assert_eq!(rows_files(&trial), [format!("{stem}.rows.csv")]);
    let octets = fs::read(trial.side("azerenerji", "receipts").join(format!("{stem}.rows.csv"))).unwrap();
    let cells = cells(&octets);
    assert_eq!(cells[0][..2], ["sətir", "səbəb və nə etməli"]);
    assert_eq!(cells[0][2..], ["dataset", "period", "revision", "sender", "to", "station", "energy_mwh"]);
    assert!(cells[1][8].contains("MWh"), "{:?}", cells[1]);
    let numbers: Vec<&str> = cells[2..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(numbers, ["3", "4", "5"], "the faulty ones and no other");
    assert_eq!(cells[2][7..], ["SU-0002", "'=1+1"], "it is text");
    assert!(cells[2][1].starts_with("energy_mwh: «"), "once: {}", cells[2][1]);
    assert_eq!(cells[3][7..], ["SU-9999", "7,5"]);
    assert!(cells[3][1].starts_with("station: "), "{}", cells[3][1]);
    // and it says what the receipt says
    let told =
        trial.pencere(&["receipt", "show", trial.side("azerenerji", "receipts").join(&receipt).to_str().unwrap()]);
    assert!(said(&told).contains("SU-9999"), "{}", said(&told));
}

#[test]
fn what_has_no_faulty_row_brings_none_back() {
    let trial = Trial::new();
    file(&trial, "good.csv", &table(&["SU-0001;100,5"]));
    file(&trial, "names.csv", &table(&["SU-0001;100,5"]).replace("energy_mwh", "energy"));
    let broken = table(&["SU-0001;x"]);
    let signature = trial.signed("broken.csv", &broken, "azerenerji");
    trial.put("azerenerji", "broken.csv.p7s", signature);
    trial.put("azerenerji", "broken.csv", broken.replace(";x", ";y"));
    trial.done(&["once"]);
    assert_eq!(trial.answers("azerenerji").len(), 3);
    assert!(rows_files(&trial).is_empty(), "{:?}", rows_files(&trial));
}

#[test]
fn rows_with_decimal_points_come_back_with_commas_and_from_a_container_too() {
    let trial = Trial::new();
    let table = table(&["SU-0001;1000000.5"]).replace(';', ",");
    fs::write(trial.at("t.csv"), &table).unwrap();
    let (key, cert) = ("w/pki/azerenerji.key", "w/pki/azerenerji.crt");
    trial.done(&["sign", "t.csv", "--format", "asice", "--key", key, "--cert", cert, "-o", "t.asice"]);
    trial.put("azerenerji", "t.asice", fs::read(trial.at("t.asice")).unwrap());
    let daemon = trial.run();
    eventually("the rows", || rows_files(&trial).len() == 1);
    daemon.end();
    let octets = fs::read(trial.side("azerenerji", "receipts").join(&rows_files(&trial)[0])).unwrap();
    let cells = cells(&octets);
    assert_eq!((cells[2][0].as_str(), &cells[2][7..]), ("2", &["SU-0001".to_owned(), "1000000,5".to_owned()][..]));
    assert!(cells[2][1].contains("MWh"), "more than its capacity gives: {}", cells[2][1]);
    // made again after it was lost, it is the same: a start publishes what is open, and this is closed
    assert!(trial.pencere(&["audit", "verify"]).status.success());
}
