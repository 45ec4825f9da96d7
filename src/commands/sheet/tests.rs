//! Sheets in their forms, as readers of each meet them.

use super::*;
use crate::container::{Container, Limits};
use serde_json::{Value, json};
use std::io::Read;

fn sheet() -> Sheet {
    Sheet {
        title: "İstehsal".to_owned(),
        facts: vec![
            Fact::silent("report", json!("generation")),
            Fact::new("from", "From", json!("2024")),
            Fact::new("to", "To", Value::Null),
        ],
        columns: vec![Column::words("station", "Stansiya"), Column::numbers("mwh", "MWh"), Column::numbers("n", "n")],
        rows: vec![
            vec![Cell::Text("=1+1".to_owned()), Cell::Figure("98765.432".to_owned()), Cell::Count(2)],
            vec![Cell::Text("a;\"b\"\u{1}".to_owned()), Cell::Figure("9007199254740993.001".to_owned()), Cell::Empty],
            vec![Cell::Word("solar", "günəş"), Cell::Empty, Cell::Count(0)],
        ],
        total: Some(vec![Cell::Empty, Cell::Figure("9007199254839758.433".to_owned()), Cell::Count(2)]),
        remarks: vec!["<remark>".to_owned()],
    }
}

#[test]
fn a_terminal_shows_columns_totals_and_remarks() {
    let wanted = "İstehsal\nFrom: 2024\n\n\
                  Stansiya                     MWh  n\n\
                  =1+1                   98765.432  2\n\
                  a;\"b\"\\u{1}  9007199254740993.001\n\
                  günəş                             0\n\
                  Total       9007199254839758.433  2\n\n<remark>";
    assert_eq!(in_terminal(&sheet(), Language::En), wanted);
    let nothing = Sheet { rows: Vec::new(), total: None, ..sheet() };
    assert!(in_terminal(&nothing, Language::Az).contains("\nHeç nə yoxdur.\n"));
}

#[test]
fn a_spreadsheet_gets_commas_and_no_formula() {
    let wanted = "\u{feff}Stansiya;MWh;n\r\n\"'=1+1\";\"98765,432\";2\r\n\
                  \"a;\"\"b\"\" \";\"9007199254740993,001\";\r\ngünəş;;0\r\nCəmi;\"9007199254839758,433\";2\r\n";
    assert_eq!(csv::text(&sheet(), Language::Az), wanted);
}

#[test]
fn programs_get_exact_text_and_null() {
    let value: Value =
        serde_json::from_slice(&octets(&sheet(), Form::Json, Language::En, Timestamp::UNIX_EPOCH).unwrap()).unwrap();
    assert_eq!((&value["report"], &value["to"]), (&json!("generation"), &Value::Null));
    assert_eq!(value["rows"][0], json!({"station": "=1+1", "mwh": "98765.432", "n": 2}));
    assert_eq!(value["rows"][1]["n"], Value::Null);
    assert_eq!(value["rows"][2]["station"], "solar");
    assert_eq!(value["total"]["mwh"], "9007199254839758.433");
}

#[test]
fn a_workbook_is_a_sound_archive_with_every_digit_and_the_same_octets() {
    let at = "2026-11-27T20:00:00Z".parse().unwrap();
    let octets = xlsx::workbook(&sheet(), Language::En, at).unwrap();
    assert_eq!(octets, xlsx::workbook(&sheet(), Language::En, at).unwrap());
    let container = Container::open(&octets.into(), &Limits::default()).unwrap();
    let entry = container.entries().iter().find(|entry| entry.name == "xl/worksheets/sheet1.xml").unwrap();
    let mut text = String::new();
    container.read(entry).read_to_string(&mut text).unwrap();
    for part in [
        "<c r=\"B3\" s=\"6\"><v>9007199254740993.001</v></c>",
        "<t xml:space=\"preserve\">=1+1</t>",
        "<t xml:space=\"preserve\">Total</t>",
        "<autoFilter ref=\"A1:C4\"/>",
        "a;\"b\"\u{fffd}",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("<f>"));
}
