//! Each rule, passing and failing.

use super::*;
use crate::document::Period;
use crate::schema::rules::understood;
use crate::schema::tally::Tally;
use crate::schema::{Record, Spot, Value};
use proptest::prelude::*;

fn generation_of(records: &[(&str, &str)]) -> Vec<String> {
    said(&Judge::of(generation()).xml(&document("2026-Q3", "1", records, "")))
}

const BOTH: [(&str, &str); 2] = [("GUN-0001", "98765.432"), ("SU-0001", "0")];

fn both_stand(revision: u16) -> Stood {
    stood(revision, &[("GUN-0001", "100"), ("SU-0001", "0")])
}

#[test]
fn a_sound_statement_has_no_finding() {
    assert_eq!(generation_of(&BOTH), [""; 0]);
    let total = "<Total><EnergyMWh>98765.432</EnergyMWh></Total>";
    assert_eq!(said(&Judge::of(generation()).xml(&document("2026-Q3", "7", &BOTH, total))), [""; 0]);
}

#[test]
fn stations_are_known_once_ones_own_and_in_service() {
    let mut records = BOTH.to_vec();
    records.extend([("SU-7777", "1"), ("SU-0001", "1"), ("KUL-0001", "1"), ("GUN-0900", "1"), ("SU-0009", "1")]);
    assert_eq!(
        generation_of(&records),
        [
            "rule.unknown-station /Submission/Record[3]/Station",
            "rule.station-doubled /Submission/Record[4]/Station",
            "authority.not-your-station /Submission/Record[5]/Station",
            "rule.not-in-service /Submission/Record[6]/Station",
            "rule.not-in-service /Submission/Record[7]/Station",
        ]
    );
    let owner = Judge { owner: true, participant: "energetika", ..Judge::of(generation()) };
    assert_eq!(said(&owner.xml(&document("2026-Q3", "1", &[("KUL-0001", "1")], ""))), [""; 0]);
    // the last day of service belongs to the second quarter, so that one may be stated
    let closed = document("2026-Q2", "1", &[BOTH[0], BOTH[1], ("SU-0009", "1")], "");
    assert_eq!(said(&Judge::of(generation()).xml(&closed)), [""; 0]);
}

#[test]
fn the_total_is_exact_to_the_last_place() {
    for (total, fits) in [("98765.432", true), ("98765.4320", false), ("98765.431", false), ("98765.433", false)] {
        let text = document("2026-Q3", "1", &BOTH, &format!("<Total><EnergyMWh>{total}</EnergyMWh></Total>"));
        assert_eq!(Judge::of(generation()).xml(&text).is_empty(), fits, "{total}");
    }
    let text = document("2026-Q3", "1", &BOTH, "<Total><EnergyMWh>5</EnergyMWh></Total>");
    let finding = Judge::of(generation()).xml(&text).remove(0);
    assert_eq!(finding.code.slug(), "rule.total-differs");
    assert_eq!((finding.found.as_deref(), finding.wanted.as_deref()), (Some("5.000"), Some("98765.432")));
    assert_eq!(finding.place.path.as_deref(), Some("/Submission/Total/EnergyMWh"));
}

#[test]
fn a_broken_figure_is_not_also_a_wrong_total() {
    let text =
        document("2026-Q3", "1", &[("GUN-0001", "1,5"), ("SU-0001", "2")], "<Total><EnergyMWh>3.5</EnergyMWh></Total>");
    assert_eq!(said(&Judge::of(generation()).xml(&text)), ["schema.invalid /Submission/Record[1]/EnergyMWh"]);
}

/// Qaradağ with 100 MW until the end of July 2026, and 230 since; and a station that came into service on the tenth
/// of July.
fn grown() -> Stations {
    let mw = |text: &str| Quantity::parse(text, 3, '.').unwrap();
    let mut all = stations();
    let station = all.by_code.get_mut(&"GUN-0001".parse().unwrap()).unwrap();
    station.capacities = vec![("2023-10-26".parse().unwrap(), mw("100")), ("2026-08-01".parse().unwrap(), mw("230"))];
    let new = all.by_code.get_mut(&"SU-0001".parse().unwrap()).unwrap();
    new.from = Some("2026-07-10".parse().unwrap());
    all
}

#[test]
fn the_capacity_of_the_days_of_a_period_judges_it() {
    let judge = |period: &str, figure: &str| {
        let judge = Judge { stations: grown(), ..Judge::of(generation()) };
        judge.xml(&document(period, "1", &[("GUN-0001", figure), ("SU-0001", "0")], ""))
    };
    // 100 MW × 31 d, then 230 MW × 61 d; before, 100 MW throughout, which a later correction is judged by too
    for (period, most) in [("2026-Q3", 411_120), ("2026-Q2", 218_400), ("2024", 878_400), ("2025-Q3", 220_800)] {
        for (figure, count) in [(format!("{most}.000"), 0), (format!("{most}.001"), 1)] {
            let findings = judge(period, &figure);
            let over = findings.iter().filter(|finding| finding.code.slug() == "rule.exceeds-capacity").count();
            assert_eq!(over, count, "{period} {figure}: {findings:?}");
        }
    }
    let finding = judge("2026-Q3", "411120.001").remove(0);
    assert_eq!(finding.wanted.as_deref(), Some("411120.000 MWh (100.000 MW × 744 h + 230.000 MW × 1464 h)"));
    // the design capacity is that of the period's end
    let stated = |period: &str, mw: &str| {
        let judge = Judge { stations: grown(), ..Judge::of(capacity()) };
        let text = document(period, "1", &[("GUN-0001", mw), ("SU-0001", "424")], "")
            .replace("\"generation\"", "\"capacity\"")
            .replace("EnergyMWh", "CapacityMW");
        judge.xml(&text).iter().filter(|finding| finding.code.slug() == "rule.capacity-differs").count()
    };
    let counts = [("2026-Q2", "100"), ("2026-Q2", "230"), ("2026-Q3", "230"), ("2026-Q3", "100"), ("2025", "100")];
    assert_eq!(counts.map(|(period, mw)| stated(period, mw)), [0, 1, 0, 1, 0]);
}

#[test]
fn what_is_usual_goes_by_the_hours_of_service_and_what_is_possible_by_those_of_the_period() {
    use crate::schema::Span;
    let part = Quantity::parse("0.65", 4, '.').unwrap();
    let usual = Check::Utilisation { column: 1, most: [((Span::Quarter, StationKind::Hydro), part)].into() };
    let judge = |figure: &str| {
        let dataset =
            Dataset { rules: vec![always(Check::CapacityHours { column: 1 }), always(usual.clone())], ..generation() };
        let judge = Judge { stations: grown(), ..Judge::of(dataset) };
        let findings = judge.xml(&document("2026-Q3", "1", &[("GUN-0001", "1"), ("SU-0001", figure)], ""));
        findings.iter().map(|finding| finding.code.slug()).collect::<Vec<_>>()
    };
    // 424 MW × 83 d × 24 h × 0.65, and with the days of its trial runs 424 MW × 92 d × 24 h
    assert_eq!(judge("548995.2"), [""; 0]);
    assert_eq!(judge("548995.201"), ["rule.output-high"]);
    assert_eq!(judge("936192"), ["rule.output-high"]);
    assert_eq!(judge("936192.001"), ["rule.exceeds-capacity"]);
}

#[test]
fn the_shipped_grid_knows_its_voltages_and_a_voen_by_its_check_digit() {
    let grid = crate::config::Config::shipped_datasets().by_name.remove(&"grid".parse().unwrap()).unwrap();
    let judge = |voltage: &str, owner: &str| {
        let text = format!(
            "dataset,revision,code,element,level,voltage_kv,owner,epsg,geometry\n\
             grid,1,YS-1,substation,distribution,{voltage},{owner},4326,POINT(49.93 40.49)\n"
        );
        said(&Judge::of(grid.clone()).csv(text))
    };
    for voltage in ["0.4", "0.400", "6", "10", "20", "35", "110", "220", "330", "500"] {
        assert_eq!(judge(voltage, "9990000631"), [""; 0], "{voltage}");
    }
    for voltage in ["0", "111", "500000", "110.5"] {
        assert_eq!(judge(voltage, "9990000631"), ["rule.value-unusual 2:voltage_kv"], "{voltage}");
    }
    assert_eq!(judge("110", "9990000632"), [""; 0], "a natural person may own it");
    for owner in ["0000000000", "9990000641", "9990000633", "1525855852"] {
        assert_eq!(judge("110", owner), ["rule.voen-invalid 2:owner"], "{owner}");
    }
}

#[test]
fn energy_is_at_most_capacity_times_the_hours_of_that_period() {
    // 230 MW: 2208 h in a third quarter, 2184 h in the first of a leap year, 2160 h in another
    for (period, most) in [("2026-Q3", 507_840), ("2024-Q1", 502_320), ("2025-Q1", 496_800), ("2024", 2_020_320)] {
        for (figure, fits) in [(format!("{most}.000"), true), (format!("{most}.001"), false)] {
            let findings = Judge::of(generation()).xml(&document(period, "1", &[("GUN-0001", &figure)], ""));
            assert_eq!(errors(&findings).is_empty(), fits, "{period} {figure}");
        }
    }
    let finding =
        Judge::of(generation()).xml(&document("2026-Q3", "1", &[("GUN-0001", "507840.001"), BOTH[1]], "")).remove(0);
    assert_eq!(finding.wanted.as_deref(), Some("507840.000 MWh (230.000 MW × 2208 h)"));
    assert_eq!(finding.place.path.as_deref(), Some("/Submission/Record[1]/EnergyMWh"));
}

#[test]
fn a_period_has_ended_in_baku() {
    let at = |received| {
        let judge = Judge { received, ..Judge::of(generation()) };
        said(&judge.xml(&document("2026-Q3", "1", &BOTH, "")))
    };
    assert_eq!(at("2026-09-30T19:59:59Z"), ["rule.period-not-ended"]);
    assert_eq!(at("2026-09-30T20:00:00Z"), [""; 0]);
}

#[test]
fn revisions_go_up() {
    let with = |current: Option<Stood>, revision: &str| {
        let judge = Judge { standing: Standing { current, ..Standing::default() }, ..Judge::of(generation()) };
        judge.xml(&document("2026-Q3", revision, &BOTH, ""))
    };
    assert_eq!(said(&with(None, "9999")), [""; 0], "the first may be any");
    assert_eq!(said(&with(Some(both_stand(4)), "5")), ["rule.correction-ungrounded"]);
    assert_eq!(said(&with(Some(both_stand(4)), "3")), ["rule.revision-stale"]);
    assert_eq!(said(&with(Some(both_stand(4)), "4")), ["rule.revision-conflict"]);
    let jump = with(Some(both_stand(4)), "7");
    assert_eq!(said(&jump), ["rule.revision-jump", "rule.correction-ungrounded"]);
    assert_eq!(errors(&jump), [""; 0]);
    assert_eq!((jump[0].found.as_deref(), jump[0].wanted.as_deref()), (Some("7"), Some("5")));
    // after a crash the very same submission may be judged beside itself
    let itself = Stood { submission: id(1), content: content("this"), ..both_stand(4) };
    assert_eq!(said(&with(Some(itself), "4")), [""; 0]);
}

#[test]
fn a_correction_names_what_stands_its_reason_and_its_ground() {
    let with = |current: Option<Stood>, grounded: bool, said: &str| {
        let standing = Standing { current, ..Standing::default() };
        let judge = Judge { standing, grounded, ..Judge::of(generation()) };
        let text = document("2026-Q3", "5", &BOTH, "");
        judge.xml(&text.replacen(" revision=", &format!(" {said} revision="), 1))
    };
    let stands = || Some(both_stand(4));
    let by_id = format!("replaces=\"{}\" reason=\"arithmetic\"", both_stand(4).submission);
    assert_eq!(said(&with(stands(), true, "replaces=\"4\" reason=\"other\" note=\"Akt 12\"")), [""; 0]);
    assert_eq!(said(&with(stands(), true, &by_id)), [""; 0]);
    for (grounded, frame, lacking) in [
        (false, by_id.as_str(), "əsas sənəd (basis document)"),
        (true, "replaces=\"4\"", "reason"),
        (true, "reason=\"other\"", "replaces"),
        (false, "", "replaces, reason, əsas sənəd (basis document)"),
    ] {
        let found = with(stands(), grounded, frame);
        assert_eq!((said(&found), errors(&found).len()), (vec!["rule.correction-ungrounded".to_owned()], 0), "{frame}");
        assert_eq!(found[0].wanted.as_deref(), Some(lacking));
    }
    let other = format!("replaces=\"{}\" reason=\"other\"", id(77));
    for (current, frame) in [(stands(), "replaces=\"3\" reason=\"other\""), (stands(), other.as_str())] {
        assert_eq!(said(&with(current, true, frame)), ["rule.replaces-other /Submission/@replaces"], "{frame}");
    }
    // so is nobody refused while BOEMİS is away
    let nothing = with(None, true, "replaces=\"4\" reason=\"other\"");
    assert_eq!(
        (said(&nothing), errors(&nothing)),
        (vec!["rule.replaces-nothing /Submission/@replaces".to_owned()], vec![])
    );
    let csv = "dataset,period,revision,replaces,reason,note,station,energy_mwh\n\
               generation,2026-Q3,5,3,other,,GUN-0001,1\ngeneration,2026-Q3,5,3,other,,SU-0001,1\n";
    let standing = Standing { current: stands(), ..Standing::default() };
    let found = Judge { standing, grounded: true, ..Judge::of(generation()) }.csv(csv);
    assert!(said(&found).contains(&"rule.replaces-other 2:replaces".to_owned()), "{found:?}");
}

#[test]
fn a_repeated_content_is_known() {
    let standing = Standing { current: Some(both_stand(1)), ..Standing::default() };
    assert_eq!(standing.repeats(content("stood")), Some(id(101)));
    assert_eq!(standing.repeats(content("other")), None);
}

#[test]
fn a_station_has_one_sender() {
    let elsewhere = [("SU-0001".parse().unwrap(), "energetika".parse().unwrap())].into();
    let judge = Judge { standing: Standing { elsewhere, ..Standing::default() }, ..Judge::of(generation()) };
    let findings = judge.xml(&document("2026-Q3", "1", &BOTH, ""));
    assert_eq!(said(&findings), ["rule.other-sender /Submission/Record[2]/Station"]);
    assert_eq!(findings[0].wanted.as_deref(), Some("energetika"));
}

/// The year 2025 with these first figures of GUN-0001, quarter by quarter and for the year.
fn year_of(figures: [Option<&str>; 5]) -> Standing {
    let periods = ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2025"];
    let same_year = periods.iter().zip(figures).filter_map(|(period, figure)| {
        Some((period.parse::<Period>().unwrap(), stood(1, &[("GUN-0001", figure?), ("SU-0001", "10")])))
    });
    Standing { same_year: same_year.collect(), ..Standing::default() }
}

#[test]
fn a_year_is_the_sum_of_its_quarters_whichever_comes_last() {
    let judge = |standing, period: &str, figure: &str, other: &str| {
        let judge = Judge { standing, ..Judge::of(generation()) };
        judge.xml(&document(period, "1", &[("GUN-0001", figure), ("SU-0001", other)], ""))
    };
    let quarters = || year_of([Some("1"), Some("2"), Some("3"), Some("4.5"), None]);
    assert_eq!(errors(&judge(quarters(), "2025", "10.5", "40")), [""; 0]);
    let wrong = judge(quarters(), "2025", "10", "41");
    assert_eq!(
        errors(&wrong),
        ["rule.year-differs /Submission/Record[1]/EnergyMWh", "rule.year-differs /Submission/Record[2]/EnergyMWh"]
    );
    assert_eq!((wrong[0].found.as_deref(), wrong[0].wanted.as_deref()), (Some("10.500"), Some("10.000")));
    // the other order, and a correction of a quarter that stands already
    let all = || year_of([Some("1"), Some("2"), Some("3"), Some("99"), Some("10.5")]);
    let year = |mut standing: Standing| {
        standing.same_year.insert(Period::Year(2025), stood(1, &[("GUN-0001", "10.5"), ("SU-0001", "40")]));
        standing
    };
    assert_eq!(errors(&judge(year(all()), "2025-Q4", "4.5", "10")), [""; 0]);
    assert_eq!(errors(&judge(year(all()), "2025-Q4", "4.6", "10")).len(), 1);
    // four of five say nothing
    assert_eq!(errors(&judge(year_of([Some("1"), None, Some("3"), Some("4"), None]), "2025", "500", "0")), [""; 0]);
}

#[test]
fn a_station_that_only_some_quarters_have_counts_as_nothing_in_the_others() {
    let mut standing = year_of([Some("1"), Some("2"), Some("3"), Some("4"), None]);
    standing.same_year.insert(Period::Quarter(2025, 1), stood(1, &[("SU-0001", "10")]));
    let judge = Judge { standing, ..Judge::of(generation()) };
    assert_eq!(errors(&judge.xml(&document("2025", "1", &[("GUN-0001", "9"), ("SU-0001", "40")], ""))), [""; 0]);
    let left_out = judge.xml(&document("2025", "1", &[("SU-0001", "40")], ""));
    assert_eq!(errors(&left_out), ["rule.year-differs EnergyMWh"]);
    assert!(left_out[0].hint.as_ref().unwrap().en.contains("GUN-0001"));
}

fn capacity_document(period: &str, figures: [&str; 2]) -> String {
    document(period, "1", &[("GUN-0001", figures[0]), ("SU-0001", figures[1])], "")
        .replace("EnergyMWh", "CapacityMW")
        .replace("\"generation\"", "\"capacity\"")
}

#[test]
fn a_stock_is_in_the_year_what_it_is_in_the_last_quarter() {
    let judge = |figure| {
        let standing = year_of([Some("1"), Some("2"), Some("3"), Some("230"), None]);
        let findings = Judge { standing, ..Judge::of(capacity()) }.xml(&capacity_document("2025", [figure, "10"]));
        errors(&findings)
    };
    assert_eq!(judge("230"), [""; 0]);
    assert_eq!(judge("229"), ["rule.year-differs /Submission/Record[1]/CapacityMW"]);
}

#[test]
fn a_capacity_unlike_the_registers_only_warns() {
    let findings = Judge::of(capacity()).xml(&capacity_document("2026-Q3", ["230.000", "402"]));
    assert_eq!(said(&findings), ["rule.capacity-differs /Submission/Record[2]/CapacityMW"]);
    assert_eq!((findings[0].found.as_deref(), findings[0].wanted.as_deref()), (Some("402.000"), Some("424.000")));
    assert_eq!(errors(&findings), [""; 0]);
}

// R 4.9, S 7.1.4
#[test]
fn a_station_left_out_only_warns_and_never_the_owner() {
    let findings = Judge::of(generation()).xml(&document("2026-Q3", "1", &BOTH[1..], ""));
    assert_eq!((said(&findings), errors(&findings)), (vec!["rule.station-missing".to_owned()], vec![]));
    assert_eq!(findings[0].found.as_deref(), Some("GUN-0001"));
}

// S 3.1.1
#[test]
fn seven_faults_are_seven_findings() {
    let text = "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"generation\" revision=\"0\" sender=\"9990000631\">
  <Record><Station>GUN-0001</Station><EnergyMWh>98765,432</EnergyMWh></Record>
  <Record><Station>su-0001</Station><EnergyMWh>1</EnergyMWh></Record>
  <Record><Station>SU-7777</Station><EnergyMWh>1</EnergyMWh></Record>
  <Record><Station>KUL-0001</Station></Record>
</Submission>";
    assert_eq!(
        said(&Judge::of(generation()).xml(text)),
        [
            "schema.invalid /Submission/@revision",
            "schema.missing /Submission/@period",
            "schema.invalid /Submission/Record[1]/EnergyMWh",
            "schema.invalid /Submission/Record[2]/Station",
            "rule.unknown-station /Submission/Record[3]/Station",
            "schema.missing /Submission/Record[4]",
            "authority.not-your-station /Submission/Record[4]/Station",
        ]
    );
    let csv = "dataset,period,revision,sender,to,station,energy_mwh
generation,2026-Q3,1,9990000631,trial,GUN-0001,-5
generation,2026-Q3,1,9990000631,trial,SU-0001,1e5
generation,2026-Q3,2,9990000631,trial,SU-0009,1
generation,2026-Q3,1,9990000631,trial,KUL-0001,1.0000
generation,2026-Q3,1,9990000631,trial,KUL-9999,0,5
generation,2026-Q3,1,9990000631,trial,KUL-0001,110401
generation,2026-Q3,1,9990000631,trial,TOTAL,01
";
    assert_eq!(
        said(&Judge { owner: true, ..Judge::of(generation()) }.csv(csv)),
        [
            "schema.invalid 2:energy_mwh",
            "schema.invalid 3:energy_mwh",
            "schema.invalid 4:revision",
            "rule.not-in-service 4:station",
            "schema.invalid 5:energy_mwh",
            "schema.invalid 6",
            "rule.station-doubled 7:station",
            "rule.exceeds-capacity 7:energy_mwh",
            "schema.invalid 8:energy_mwh",
        ]
    );
}

#[test]
fn what_was_understood_is_told_with_units() {
    let reading = read_xml(&document("2026-Q3", "1", &[BOTH[0], ("SU-0001", "0.568")], ""), &generation());
    let told: Vec<_> =
        understood(&generation(), &reading.tally).into_iter().map(|u| (u.title_en, u.value, u.unit)).collect();
    let expected = [("Records", "2", ""), ("Stations", "2", ""), ("Electricity generated, total", "98766.000", "MWh")];
    assert_eq!(told, expected.map(|(title, value, unit)| (title.to_owned(), value.to_owned(), unit.to_owned())));
}

#[test]
fn sums_pass_what_one_number_bears() {
    let most = Value::Decimal(Quantity::parse("999999999999.999", 3, '.').unwrap());
    let record = Record { values: vec![Value::Absent, most], spot: Spot::Whole };
    let records = vec![record; 20_000].into_iter().collect();
    let told = understood(&generation(), &Tally::of(&generation(), &records).unwrap());
    assert_eq!(told[2].value, "19999999999999980.000");
}

// S 3.1.3
#[test]
fn no_dataset_is_named_in_the_code() {
    let text = "<Submission xmlns=\"urn:boemis:submission:1\" id=\"w\" dataset=\"water-use\" period=\"2025\" revision=\"1\" sender=\"9990000631\">
        <Record><Intake>GUN-0001</Intake><WaterM3>12000</WaterM3><LossM3>1.25</LossM3></Record>
        <Record><Intake>SU-0001</Intake><WaterM3>30</WaterM3></Record>
        <Total><WaterM3>12030</WaterM3><LossM3>1.25</LossM3></Total></Submission>";
    let judge = Judge { standing: Standing::default(), ..Judge::of(water()) };
    let missing = ["rule.station-missing"]; // SU-0009 served until June 2026
    assert_eq!(said(&judge.xml(text)), missing);
    assert_eq!(
        said(&judge.xml(&text.replace("<WaterM3>12030", "<WaterM3>12031"))),
        ["rule.total-differs /Submission/Total/WaterM3", missing[0]]
    );
    assert_eq!(
        errors(&judge.xml(&text.replace("<WaterM3>30", "<WaterM3>30.5"))),
        ["schema.invalid /Submission/Record[2]/WaterM3"]
    );
    let csv =
        "intake;water_m3;dataset;period;revision\nGUN-0001;12000;water-use;2025;1\nTOTAL;12000;water-use;2025;1\n";
    assert_eq!(errors(&judge.csv(csv)), [""; 0]);
    assert_eq!(errors(&judge.csv(&csv[..csv.find("TOTAL").unwrap()])), ["schema.missing"]);
}

proptest! {
    /// The order of the records never changes the verdict, and a total that is off by the smallest
    /// amount is always found.
    #[test]
    fn the_total_holds_in_any_order(
        figures in proptest::collection::vec(0i64..1_000_000_000, 1..12),
        off in -1i64..=1,
        turn in 0usize..12,
    ) {
        let shown = |scaled| Quantity::from_scaled(scaled, 3).to_string();
        let total = figures.iter().sum::<i64>() + off;
        prop_assume!(total >= 0);
        let mut rows: Vec<String> = figures
            .iter()
            .enumerate()
            .map(|(at, &figure)| format!("generation,2026-Q3,1,SU-{at:04},{}\n", shown(figure)))
            .chain([format!("generation,2026-Q3,1,TOTAL,{}\n", shown(total))])
            .collect();
        let turn = turn % rows.len();
        rows.rotate_left(turn);
        let text = format!("dataset,period,revision,station,energy_mwh\n{}", rows.concat());
        let findings = Judge { owner: true, ..Judge::of(generation()) }.csv(text);
        let differs = findings.iter().any(|finding| finding.code.slug() == "rule.total-differs");
        prop_assert_eq!(differs, off != 0);
    }
}
