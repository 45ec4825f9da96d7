//! The form of documents: XML and the dialects of CSV.

use super::*;
use crate::authority::Written;
use crate::schema::{Datasets, inspect, validate};

const HEADER: &str = "dataset,period,revision,sender,to,station,energy_mwh\n";
const ROWS: &str =
    "generation,2026-Q3,1,9990000631,trial,GUN-0001,98765.432\ngeneration,2026-Q3,1,9990000631,trial,SU-0001,0\n";

fn csv(text: impl AsRef<[u8]>) -> Vec<String> {
    said(&Judge::of(generation()).csv(text))
}

#[test]
fn dialects_read_the_same() {
    let plain = format!("{HEADER}{ROWS}");
    let expected = read_csv(&plain, &generation());
    let semicolons = plain.replace(',', ";");
    for text in [
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        plain.trim_end().to_owned(),
        format!("{plain}\n\r\n,,,,,,\n"),
        plain.replace("GUN-0001", "\"GUN-0001\""),
        semicolons.clone(),
        semicolons.replace('.', ","),
        format!("{semicolons}\n;;;;;;\n"),
    ] {
        let read = read_csv(&text, &generation());
        assert_eq!(errors(&read.faults.finish()), [""; 0], "{text}");
        assert_eq!((read.period, read.revision), (expected.period, expected.revision));
        let values = |records: &super::super::Records| -> Vec<_> {
            records.near().unwrap().iter().map(|record| record.values.clone()).collect()
        };
        assert_eq!(values(&read.records), values(&expected.records), "{text}");
    }
    let turned = "energy_mwh,revision,station,dataset,period\n98765.432,1,GUN-0001,generation,2026-Q3\n0,1,SU-0001,generation,2026-Q3\n";
    assert_eq!(csv(turned), [""; 0], "any order; sender and to may be left out of the form");
}

#[test]
fn one_file_has_one_decimal_mark() {
    let text = format!("{HEADER}{ROWS}").replace(',', ";").replace("SU-0001;0", "SU-0001;1,5");
    assert_eq!(csv(&text), ["schema.invalid 3:energy_mwh"]);
    let comma = format!("{HEADER}{ROWS}").replace("SU-0001,0", "SU-0001,\"1,5\"");
    let findings = Judge::of(generation()).csv(&comma);
    assert_eq!(said(&findings), ["schema.invalid 3:energy_mwh"]);
    assert!(findings[0].hint.as_ref().unwrap().en.starts_with("No comma"));
}

#[test]
fn columns_are_known_complete_and_single() {
    let rows = ROWS;
    assert_eq!(csv(format!("{}{rows}", HEADER.replace("energy_mwh", "energy_kwh"))), ["schema.invalid 1:energy_kwh"]);
    assert_eq!(csv(format!("{}{rows}", HEADER.replace(",to,", ",dataset,"))), ["schema.invalid 1:dataset"]);
    let without: String =
        format!("{HEADER}{ROWS}").lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n").collect();
    assert_eq!(csv(without), ["schema.missing 1:energy_mwh"]);
    assert_eq!(csv(rows), ["schema.invalid 1"], "no header at all");
    assert_eq!(csv(""), ["schema.missing 1"]);
    assert_eq!(errors(&Judge::of(generation()).csv(HEADER)), ["schema.missing 2:station"]);
}

#[test]
fn rows_are_whole_and_agree() {
    let with = |row: &str| csv(format!("{HEADER}{ROWS}{row}\n"));
    let owner = "generation,2026-Q3,1,9990000631,trial";
    assert_eq!(with(&format!("{owner},SU-0009")), ["schema.invalid 4"]);
    assert_eq!(with(&format!("{owner},SU-0009,1,2")), ["schema.invalid 4"]);
    assert_eq!(with(&format!("{owner},TOTAL,98765.432")), [""; 0]);
    assert_eq!(with(&format!("{owner},TOTAL,98765.432\n{owner},TOTAL,98765.432")), ["schema.invalid 5"]);
    assert_eq!(with("generation,2026-Q2,1,9990000631,trial,TOTAL,98765.432"), ["schema.invalid 4:period"]);
    assert_eq!(with("generation,2026-Q3,1,9990000221,trial,TOTAL,98765.432"), ["schema.invalid 4:sender"]);
    assert_eq!(with(&format!("\n{owner},TOTAL,98765.432")), ["schema.invalid 4"], "a blank row between");
}

#[test]
fn another_encoding_is_named_with_its_row() {
    let mut text = format!("{HEADER}{ROWS}").into_bytes();
    let at = text.len() - 3;
    text[at] = 0xfe;
    let findings = Judge::of(generation()).csv(&text);
    assert_eq!(errors(&findings), ["schema.encoding 3"]);
    assert_eq!((findings[0].found.as_deref(), findings[0].place.offset), (Some("0xFE"), Some(at as u64)));
    assert_eq!(csv(b"\xff\xfed\0a\0"), ["schema.encoding 1"]);
}

#[test]
fn a_field_knows_its_offset() {
    let text = format!("\u{feff}{HEADER}{ROWS}").replace("98765.432", "98765.4321");
    let finding = Judge::of(generation()).csv(&text).remove(0);
    assert_eq!(finding.place.offset, Some(text.find("98765.4321").unwrap() as u64));
    let text = document("2026-Q3", "1", &[("GUN-0001", "9 8"), ("SU-0001", "1")], "");
    let finding = Judge::of(generation()).xml(&text).remove(0);
    assert_eq!(finding.place.offset, Some(text.find("9 8").unwrap() as u64));
    // the rules know it as well
    for rest in ["", "<Total><EnergyMWh>600001</EnergyMWh></Total>"] {
        let text = document("2026-Q3", "1", &[("SU-0001", "1"), ("GUN-0001", "600000")], rest);
        let finding = Judge::of(generation()).xml(&text).remove(0);
        assert_eq!(finding.place.offset, Some(text.find("600000").unwrap() as u64));
    }
    let text = format!("{HEADER}{ROWS}generation,2026-Q3,1,9990000631,trial,\"TOTAL\",\"7\"\n");
    let finding = Judge::of(generation()).csv(&text).remove(0);
    assert_eq!(
        (finding.code.slug(), finding.place.offset),
        ("rule.total-differs", text.find("\"7\"").map(|at| at as u64))
    );
}

#[test]
fn elements_are_known_in_order_and_single() {
    let xml = |from: &str, to: &str| {
        let text =
            document("2026-Q3", "1", &[("GUN-0001", "1"), ("SU-0001", "2")], "<Total><EnergyMWh>3</EnergyMWh></Total>");
        assert!(text.contains(from), "{from}");
        said(&Judge::of(generation()).xml(&text.replacen(from, to, 1)))
    };
    let first = "<Station>GUN-0001</Station><EnergyMWh>1</EnergyMWh>";
    assert_eq!(
        xml(first, "<EnergyMWh>1</EnergyMWh><Station>GUN-0001</Station>"),
        ["schema.invalid /Submission/Record[1]/Station"]
    );
    assert_eq!(xml(first, &format!("{first}<Note/>")), ["schema.invalid /Submission/Record[1]/Note"]);
    assert_eq!(
        xml(first, &format!("{first}<EnergyMWh>1</EnergyMWh>")),
        ["schema.invalid /Submission/Record[1]/EnergyMWh"]
    );
    assert_eq!(
        xml("<EnergyMWh>1</EnergyMWh>", "<EnergyMwh>1</EnergyMwh>"),
        ["schema.invalid /Submission/Record[1]/EnergyMwh"],
        "one slip, one finding"
    );
    assert_eq!(xml("<EnergyMWh>1<", "<EnergyMWh><b>1</b><"), ["schema.invalid /Submission/Record[1]/EnergyMWh/b"]);
    assert_eq!(xml("<Record>", "<Record>text"), ["schema.invalid /Submission/Record[1]"]);
    assert_eq!(xml("<Record>", "text<Record>"), ["schema.invalid /Submission"]);
    assert_eq!(xml("<Record>", "<Record kind='x'>"), ["schema.invalid /Submission/Record[1]/@kind"]);
    assert_eq!(xml("<Total>", "<Total xmlns=''>"), ["schema.invalid /Submission/Total"]);
    assert_eq!(xml("id=\"S-1\"", "id=\"1\""), ["schema.invalid /Submission/@id"]);
    assert_eq!(xml("revision=\"1\" ", ""), ["schema.missing /Submission/@revision"]);
    assert_eq!(xml("to=\"trial\"", "too=\"trial\""), ["schema.invalid /Submission/@too"]);
    assert_eq!(xml("xmlns=\"urn:boemis:submission:1\"", "xmlns=\"urn:boemis:submission:2\""), ["schema.invalid /"]);
    let xsi = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'";
    assert_eq!(xml("<Submission", &format!("<Submission {xsi} xsi:schemaLocation='a b'")), [""; 0]);
    assert_eq!(
        xml("<Submission", &format!("<Submission {xsi} xsi:type='Submission'")),
        ["schema.invalid /Submission/@type"]
    );
}

#[test]
fn each_wrong_number_gets_its_own_advice() {
    let advice = |number: &str| {
        let finding = Judge::of(generation())
            .xml(&document("2026-Q3", "1", &[("GUN-0001", number), ("SU-0001", "1")], ""))
            .remove(0);
        assert_eq!(finding.code.slug(), "schema.invalid");
        let hint = finding.hint.unwrap();
        assert_ne!(hint.az, hint.en);
        hint.en.into_owned()
    };
    let numbers =
        ["", "-1", "1e5", "1,5", "1 000", "1.2345", "1234567890123", ".5", " 1", "01", "NaN", "1\u{a0}000", "=1+1"];
    let all: std::collections::BTreeSet<_> = numbers.iter().map(|number| advice(number)).collect();
    assert_eq!(all.len(), numbers.len(), "{all:#?}");
}

#[test]
fn limits_are_told() {
    let limits = Limits { findings_max: 3, records_max: 5, row_max: 200, ..Limits::default() };
    let records: Vec<_> = (0..6).map(|_| ("x", "y")).collect();
    let faults = read_xml_within(&document("2026-Q3", "1", &records, ""), &generation(), &limits).faults.finish();
    assert_eq!(faults.len(), 4);
    assert_eq!((faults[3].code.slug(), faults[3].found.as_deref()), ("schema.too-many-faults", Some("3")));
    let good: Vec<_> = (0..6).map(|_| ("SU-0001", "1")).collect();
    let reading = read_xml_within(&document("2026-Q3", "1", &good, ""), &generation(), &limits);
    assert_eq!(
        (reading.records.len(), said(&reading.faults.finish())),
        (5, vec!["schema.limit /Submission/Record[6]".to_owned()])
    );
    let rows = format!("{HEADER}{}", ROWS.repeat(3));
    let reading = super::super::csv::inspect(rows.as_bytes(), &generation(), &limits, &Scratch::of_system()).unwrap();
    assert_eq!((reading.records.len(), said(&reading.faults.finish())), (5, vec!["schema.limit 7".to_owned()]));
    let long = format!("{HEADER}{}", "x".repeat(300));
    let reading = super::super::csv::inspect(long.as_bytes(), &generation(), &limits, &Scratch::of_system()).unwrap();
    assert_eq!(said(&reading.faults.finish()), ["schema.limit 2"]);
}

#[test]
fn hostile_names_are_not_repeated_as_they_are() {
    let name = format!("\u{1b}[31m{}", "x".repeat(500));
    let findings = Judge::of(generation()).csv(format!("{}\n{ROWS}", HEADER.trim_end().replace("energy_mwh", &name)));
    let message = findings[0].message(crate::finding::Language::En);
    assert!(message.chars().count() < 500 && !message.chars().any(char::is_control), "{message}");
    let text = document("2026-Q3", "1", &[("SU-0001", "1")], &format!("<{}/>", "x".repeat(5000)));
    assert!(Judge::of(generation()).xml(&text)[0].message(crate::finding::Language::Az).chars().count() < 500);
}

#[test]
fn a_dataset_without_periods_has_no_period() {
    let dataset = Dataset { periods: PeriodKinds::None, rules: Vec::new(), ..generation() };
    let text = document("2026-Q3", "1", &[("GUN-0001", "1"), ("SU-0001", "1")], "");
    assert_eq!(errors(&Judge::of(dataset.clone()).xml(&text)), ["schema.invalid /Submission/@period"]);
    let reading = read_xml(&text.replace(" period=\"2026-Q3\"", ""), &dataset);
    assert_eq!(reading.period, Some(crate::document::Period::None));
    assert_eq!(errors(&reading.faults.finish()), [""; 0]);
    let csv = "dataset,revision,station,energy_mwh\ngeneration,1,GUN-0001,1\n";
    assert_eq!(errors(&Judge::of(dataset.clone()).csv(csv)), [""; 0]);
    assert_eq!(errors(&Judge::of(dataset).csv(format!("{HEADER}{ROWS}"))), ["schema.invalid 1:period"]);
}

#[test]
fn warnings_past_the_limit_are_counted() {
    for (count, told) in [(5, "There are 3 more warnings."), (3, "There is 1 more warning.")] {
        let mut faults = super::super::faults::Faults::new(2);
        for _ in 0..count {
            faults.push(Finding::new(crate::finding::Code::RuleStationMissing));
        }
        let findings = faults.finish();
        assert_eq!(findings.len(), 2);
        assert_eq!(findings[1].hint.as_ref().unwrap().en, told);
    }
}

fn through(text: &str, xml: bool) -> Result<super::super::Validated, crate::finding::Stop> {
    let datasets = Datasets { by_name: [(generation().name, generation())].into() };
    let inspected =
        inspect(authorised(text, xml, &generation()), &datasets, &Limits::default(), &Scratch::of_system())?;
    validate(inspected, &Standing::default(), &datasets, &stations())
}

#[test]
fn a_document_goes_through_with_line_and_column() {
    let xml = document("2025-Q3", "1", &[("GUN-0001", "1.5"), ("SU-0001", "2"), ("SU-0009", "0")], "");
    let csv = format!("{HEADER}{ROWS}").replace("2026", "2025");
    for (text, is_xml) in [(&xml, true), (&csv, false)] {
        let validated = through(text, is_xml).unwrap();
        assert_eq!(validated.statement().revision.get(), 1);
        assert_eq!(validated.understood()[0].value, validated.statement().records.len().to_string());
        assert_eq!(validated.warnings().len(), usize::from(!is_xml), "SU-0009 is left out of the CSV");
    }
    for (text, is_xml, place) in [
        (xml.replace(">2<", ">ə<"), true, (Some(3), Some(48))),
        (csv.replace("98765.432", "-1"), false, (Some(2), Some(48))),
        (xml.replace("GUN-0001", "GUN-0002"), true, (Some(2), Some(20))),
    ] {
        let Err(crate::finding::Stop::Reject(findings)) = through(&text, is_xml) else { panic!("{text}") };
        assert_eq!((findings[0].place.line, findings[0].place.column), place, "{text}");
    }
}

#[test]
fn a_duplicate_never_passes_the_rules() {
    let text = document("2025-Q3", "1", &[("GUN-0001", "1")], "");
    let datasets = Datasets { by_name: [(generation().name, generation())].into() };
    let inspected =
        inspect(authorised(&text, true, &generation()), &datasets, &Limits::default(), &Scratch::of_system()).unwrap();
    let current = Stood { content: content(&text), ..stood(1, &[]) };
    let standing = Standing { current: Some(current), ..Standing::default() };
    let judged = validate(inspected, &standing, &datasets, &stations());
    assert!(matches!(judged, Err(crate::finding::Stop::Halt(_))));
    // and a dataset that was taken away in between is told, not guessed
    let gone = inspect(
        authorised(&text, true, &generation()),
        &Datasets::default(),
        &Limits::default(),
        &Scratch::of_system(),
    );
    assert!(
        matches!(gone, Err(crate::finding::Stop::Reject(findings)) if said(&findings) == ["schema.unknown-dataset"])
    );
}

#[test]
fn a_table_that_changed_after_it_was_verified_halts() {
    use std::io::Write;
    let text = format!("{HEADER}{ROWS}");
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let octets = crate::host::Octets::File(std::sync::Arc::new(file), text.len() as u64);
    let within = (&Limits::default(), &Scratch::of_system());
    let read = |said: &str| super::super::read_octets(&octets, content(said), &generation(), Written::Table, within);
    assert!(read(&text).is_ok());
    assert!(matches!(read("other"), Err(crate::finding::Stop::Halt(_))));
}
