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

/// Files a table with its detached signature.
fn file(trial: &Trial, name: &str, table: &str) {
    file_of("azerenerji", trial, name, table);
}

fn file_of(body: &str, trial: &Trial, name: &str, table: &str) {
    let signature = trial.signed(name, table, body);
    trial.put(body, format!("{name}.p7s"), signature);
    trial.put(body, name, table);
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

#[test]
fn a_large_table_comes_back_whole_in_one_round_and_its_receipt_stays_short() {
    let trial = Trial::new();
    // of form, beside the register, and what the register's stations cannot give; each tenth row is right
    let row = |n: usize| match n % 10 {
        0 => "SU-0001;1".to_owned(),
        1..=5 => format!("SU-0002;{n} MWh"),
        6..=8 => format!("SU-{};1", 10_000 + n),
        _ => "SU-0003;999999999".to_owned(),
    };
    let rows: Vec<String> = (0..1000).map(row).collect();
    let table = table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    file(&trial, "a.csv", &table);
    let (_, receipt) = trial.answer("azerenerji", "a.csv");
    let listed = receipt.matches("severity=\"error\"").count();
    assert_eq!(listed, 101, "a hundred, and the word that there are more");
    let cells = |name: &str| cells(&fs::read(trial.side("azerenerji", "receipts").join(name)).unwrap());
    let all = cells(&rows_files(&trial)[0]);
    let numbers: Vec<usize> = all[2..].iter().map(|row| row[0].parse().unwrap()).collect();
    // SU-0001 stands a hundred times: but for the first each is one too many
    let wanted: Vec<usize> = (1..1000).map(|n| n + 2).collect();
    assert_eq!(numbers, wanted);
    let of = |number: usize| &all[2..].iter().find(|row| row[0] == number.to_string()).unwrap()[1];
    assert!(of(1001).contains("MWh") && of(998).contains("SU-10996"), "{} {}", of(1001), of(998));
    let twice: Vec<&Vec<String>> = all[2..]
        .iter()
        .filter(|row| {
            let told: Vec<&str> = row[1].split(" | ").collect();
            told.iter().enumerate().any(|(at, one)| told[..at].contains(one))
        })
        .collect();
    assert!(twice.is_empty(), "what the receipt told is not told twice: {twice:?}");
    assert!(!all.last().unwrap()[1].contains("Başqa səhvlər"));
    // bounded, and it says so
    trial.set("returned_rows_max", "300");
    file(&trial, "b.csv", &table);
    let name = rows_files(&trial).into_iter().find(|name| name.starts_with("b.csv")).unwrap();
    let some = cells(&name);
    assert!((100..=401).contains(&(some.len() - 3)) && some.last().unwrap()[1].contains("Başqa səhvlər"));
    trial.set("returned_size_max", "\"4KiB\"");
    file(&trial, "c.csv", &table);
    let name = rows_files(&trial).into_iter().find(|name| name.starts_with("c.csv")).unwrap();
    let size = fs::metadata(trial.side("azerenerji", "receipts").join(&name)).unwrap().len();
    assert!(size < 8 << 10 && cells(&name).last().unwrap()[1].contains("Başqa səhvlər"), "{size}");
}

#[test]
fn what_a_spreadsheet_would_change_or_cut_comes_back_as_text_and_says_so() {
    let trial = Trial::new();
    // around a point, in steps of less than a metre
    let points: Vec<String> = (0..=2000)
        .map(|n| {
            let angle = f64::from(n % 2000) * std::f64::consts::TAU / 2000.0;
            format!("{:.10} {:.10}", 48.5 + angle.cos() / 100.0, 40.5 + angle.sin() / 100.0)
        })
        .collect();
    let shape = format!("POLYGON (({}))", points.join(", "));
    assert!(shape.len() > 40_000);
    let mut table = String::from("dataset;revision;to;code;kind;region;area_ha;source;potential_mw;epsg;geometry\r\n");
    for code in ["17/1", "00123", "X-1"] {
        table += &format!("cadastre;1;trial;{code};torpaq;AZ-KUR;1;solar;1;4326;\"{shape}\"\r\n");
    }
    file_of("iqtisadiyyat", &trial, "a.csv", &table);
    let name = trial.names("iqtisadiyyat", "receipts").into_iter().filter_map(|name| name.into_string().ok());
    let name = name.into_iter().find(|name| name.ends_with(".rows.csv")).unwrap();
    let cells = cells(&fs::read(trial.side("iqtisadiyyat", "receipts").join(name)).unwrap());
    let codes: Vec<&str> = cells[2..].iter().map(|row| row[5].as_str()).collect();
    assert_eq!(codes, ["'17/1", "'00123", "X-1"]);
    assert!(cells[1][5].contains("Excel"), "the note says what the sign is: {}", cells[1][5]);
    for row in &cells[2..] {
        assert!(row.iter().all(|cell| cell.chars().count() < 32_767));
        assert!(row[12].starts_with("POLYGON") && row[12].ends_with('…'));
        assert!(row[1].contains("kind: ") && row[1].contains("geometry: dəyər bir xanaya sığmır"), "{}", row[1]);
    }
}
