//! A dataset of another trade: a water utility's monthly meter readings. A description, a registry of its own and no
//! station register are all it takes; the program is the one that is shipped.

#[path = "window/trial.rs"]
mod trial;

use std::fs;
use trial::Trial;

const DESCRIPTION: &str = r#"
title.az = "Sayğac göstəriciləri"
title.en = "Meter readings"
clause = "SİQ 4.2"
class = "restricted"
competence = ["suidaresi"]
periods = "month-and-year"
total = "required"
year = "sum"

[[columns]]
name = "meter"
element = "Meter"
kind = "text"
key = true
pattern = "[A-Z]{2}-[0-9]{6}"
longest = 9
required = true
title.az = "Sayğac"
title.en = "Meter"

[[columns]]
name = "water_m3"
element = "WaterM3"
kind = "decimal"
places = 1
unit = "m³"
required = true
title.az = "Su sərfi"
title.en = "Water used"

[[columns]]
name = "quality"
element = "Quality"
kind = "text"
codes = ["read", "estimated"]
required = false
title.az = "Necə ölçülüb"
title.en = "How it was measured"

[[rules]]
rule = "change"
column = "water_m3"
percent = 50

[[rules]]
rule = "deadline"
days = { month = 3650, year = 3650 }
"#;

const REGISTRY: &str = r#"
[participants.suidaresi]
name = "Su idarəsi"
voen = "9990000631"
datasets = ["meter-readings"]
suspended = false

[[participants.suidaresi.persons]]
name = "Əliyev Rəşad Vaqif oğlu"
fin = "1SNQ0A5"
certificates = ["pki/azerenerji.crt"]
datasets = ["meter-readings"]
rights = ["file"]
from = "2020-01-01"
"#;

fn utility() -> Trial {
    let trial = Trial::new();
    fs::remove_dir_all(trial.at("w/datasets")).unwrap();
    fs::create_dir_all(trial.at("w/datasets/meter-readings")).unwrap();
    fs::write(trial.at("w/datasets/meter-readings/dataset.toml"), DESCRIPTION).unwrap();
    fs::write(trial.at("w/registry.toml"), REGISTRY).unwrap();
    fs::write(trial.at("w/stations.toml"), "[stations]\n").unwrap();
    fs::create_dir_all(trial.side("suidaresi", "in")).unwrap();
    fs::create_dir_all(trial.side("suidaresi", "receipts")).unwrap();
    trial
}

fn xml(period: &str, revision: u32, rows: &[(&str, &str)], total: &str) -> String {
    let row = |(meter, water): &(&str, &str)| {
        format!("<Record><Meter>{meter}</Meter><WaterM3>{water}</WaterM3><Quality>read</Quality></Record>\n")
    };
    format!(
        "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"meter-readings\" \
         period=\"{period}\" revision=\"{revision}\" sender=\"9990000631\">\n{}<Total>\
         <WaterM3>{total}</WaterM3></Total></Submission>\n",
        rows.iter().map(row).collect::<String>()
    )
}

const CSV: &str = "dataset;period;revision;meter;water_m3;quality\n\
    meter-readings;2026-M09;1;BK-000001;10,5;read\n\
    meter-readings;2026-M09;1;BK-000002;7;\n\
    meter-readings;2026-M09;1;TOTAL;17,5;\n";

// S 3.1.3
#[test]
fn a_foreign_dataset_takes_a_description_and_no_code() {
    let trial = utility();
    trial.done(&["config", "check"]);

    // what is published follows from the description, and other tools agree with it
    trial.done(&["publish"]);
    trial.done(&["publish", "--check"]);
    let datasets = trial.at("w/datasets/meter-readings");
    let template = fs::read_to_string(datasets.join("template.csv")).unwrap();
    assert!(template.starts_with("dataset,period,revision,sender,to,meter,water_m3,quality\n"), "{template}");
    let august = xml("2026-M08", 1, &[("BK-000001", "12"), ("BK-000002", "3.5")], "15.5");
    fs::write(trial.at("august.xml"), &august).unwrap();
    let schema = datasets.join("meter-readings.xsd");
    trial.succeeds("xmllint", &["--nonet", "--noout", "--schema", schema.to_str().unwrap(), "august.xml"]);
    let output = trial.pencere(&[
        "template",
        "meter-readings",
        "--format",
        "csv",
        "--participant",
        "suidaresi",
        "--period",
        "2026-M09",
    ]);
    let form = String::from_utf8(output.stdout).unwrap();
    assert!(form.contains("\nmeter-readings,2026-M09,1,9990000631,trial,,,\n") && form.contains(",TOTAL,,"), "{form}");
    let quarter = ["template", "meter-readings", "--participant", "suidaresi", "--period", "2026-Q3"];
    assert_eq!(trial.pencere(&quarter).status.code(), Some(2));

    trial.put("suidaresi", "august.xml", trial.signed("august.xml", &august, "azerenerji"));
    trial.put("suidaresi", "september.csv", CSV);
    trial.put("suidaresi", "september.csv.p7s", trial.signed("september.csv", CSV, "azerenerji"));
    let doubled = xml("2026-M07", 1, &[("BK-000001", "1"), ("BK-000001", "2"), ("bk-000003", "4")], "7");
    trial.put("suidaresi", "july.xml", trial.signed("july.xml", &doubled, "azerenerji"));
    let quarter = xml("2026-Q3", 1, &[("BK-000001", "1")], "1");
    trial.put("suidaresi", "quarter.xml", trial.signed("quarter.xml", &quarter, "azerenerji"));
    trial.done(&["once"]);

    let decision = |name: &str| {
        let (_, text) = trial.answer("suidaresi", name);
        let found = text.split_once("<Decision>").and_then(|(_, rest)| rest.split_once('<')).unwrap().0.to_owned();
        (found, text)
    };
    for (name, sum) in [("august.xml", "15.5 m³"), ("september.csv", "17.5 m³")] {
        let (word, text) = decision(name);
        assert_eq!(word, "accepted", "{text}");
        let (value, unit) = sum.split_once(' ').unwrap();
        assert!(text.contains(value) && text.contains(unit) && text.contains("Su sərfi, cəmi"), "{text}");
    }
    let (word, text) = decision("july.xml");
    assert_eq!(word, "rejected");
    for code in ["rule.key-doubled", "schema.invalid"] {
        assert!(text.contains(code), "{text}");
    }
    assert_eq!(decision("quarter.xml").0, "rejected");

    assert_eq!(
        trial.sql("SELECT period, meter, water_m3, quality FROM meter_readings_current ORDER BY period, meter"),
        "2026-M08|BK-000001|12.0|read\n2026-M08|BK-000002|3.5|read\n\
         2026-M09|BK-000001|10.5|read\n2026-M09|BK-000002|7.0|\n"
    );
    assert_eq!(
        trial.sql("SELECT period, water_m3, keys FROM meter_readings_total ORDER BY period"),
        "2026|33.0|2\n2026-M08|15.5|2\n2026-M09|17.5|2\n"
    );
    trial.done(&["audit", "verify"]);
}

#[test]
fn a_year_of_months_is_their_sum() {
    let trial = utility();
    for month in 1..=12 {
        let document = xml(&format!("2025-M{month:02}"), 1, &[("BK-000001", "1.5")], "1.5");
        let name = format!("{month:02}.xml");
        trial.put("suidaresi", &name, trial.signed(&name, document, "azerenerji"));
    }
    trial.done(&["once"]);
    let check = |figure: &str| {
        let octets = trial.signed("year.xml", xml("2025", 1, &[("BK-000001", figure)], figure), "azerenerji");
        fs::write(trial.at("checked.xml"), octets).unwrap();
        trial.json(&["check", "checked.xml"]).1
    };
    let wrong = check("18.1");
    assert_eq!(wrong["decision"], "rejected");
    assert_eq!(wrong["findings"][0]["code"], "rule.year-differs");
    assert_eq!((&wrong["findings"][0]["found"], &wrong["findings"][0]["wanted"]), (&"18.0".into(), &"18.1".into()));
    assert_eq!(check("18")["decision"], "accepted");
}
