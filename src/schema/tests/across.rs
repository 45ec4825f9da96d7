//! Rules with parameters, passing and failing: beside the register, a year ago, and between datasets.

use super::*;
use crate::authority::StationKind;
use crate::document::Period;
use crate::schema::{Ratio, Span, Topic};

fn limit(text: &str) -> Quantity {
    Quantity::parse(text, 4, '.').unwrap()
}

fn ratio(column: usize, dataset: &str, base: &str) -> Ratio {
    Ratio {
        column,
        dataset: dataset.parse().unwrap(),
        base: base.to_owned(),
        factor: limit("1"),
        hours: false,
        needs: true,
        reject_below: None,
        warn_below: None,
        warn_above: None,
        reject_above: None,
    }
}

pub fn gas() -> Dataset {
    let limits = Ratio {
        reject_below: Some(limit("0.1")),
        warn_below: Some(limit("0.2")),
        warn_above: Some(limit("0.26")),
        reject_above: Some(limit("0.4")),
        ..ratio(1, "generation", "energy_mwh")
    };
    let column = Column {
        name: "gas_thousand_m3".to_owned(),
        element: "GasThousandM3".to_owned(),
        unit: Some("10³ m³".to_owned()),
        ..generation().columns.remove(1)
    };
    Dataset {
        name: "gas-savings".parse().unwrap(),
        columns: vec![station(), column],
        rules: vec![always(Check::Ratio(limits))],
        ..generation()
    }
}

pub fn revenue() -> Dataset {
    let price =
        Ratio { factor: limit("2"), warn_above: Some(limit("200")), ..ratio(1, "gas-savings", "gas_thousand_m3") };
    let titles = ["Gəlir", "Revenue"];
    let key = Column { required: false, ..station() };
    Dataset {
        name: "carbon-revenue".parse().unwrap(),
        total: TotalRule::Required,
        columns: vec![
            key,
            column("revenue_azn", "RevenueAZN", ColumnKind::Decimal { places: 2 }, Some("AZN"), true, titles),
            column("sold_tco2e", "SoldTCO2e", ColumnKind::Decimal { places: 3 }, Some("tCO2e"), false, titles),
        ],
        rules: vec![always(Check::Ratio(price))],
        ..generation()
    }
}

/// Beside this statement of that dataset, by azerenerji.
fn beside(dataset: &str, period: &str, figures: &[(&str, &str)]) -> Standing {
    let topic = Topic { dataset: dataset.parse().unwrap(), period: period.parse().unwrap() };
    let senders = [("azerenerji".parse().unwrap(), stood(1, figures))].into();
    Standing { others: [(topic, senders)].into(), ..Standing::default() }
}

fn of_gas(figures: &[(&str, &str)]) -> String {
    document("2026-Q3", "1", figures, "")
        .replace("EnergyMWh", "GasThousandM3")
        .replace("\"generation\"", "\"gas-savings\"")
}

fn saved(standing: Standing, figures: &[(&str, &str)]) -> Vec<Finding> {
    Judge { standing, others: vec![generation()], ..Judge::of(gas()) }.xml(&of_gas(figures))
}

#[test]
fn gas_saved_is_in_proportion_to_what_was_generated() {
    let of = |gas: &str| {
        let standing = beside("generation", "2026-Q3", &[("GUN-0001", "1000"), ("SU-0001", "0")]);
        saved(standing, &[("GUN-0001", gas), ("SU-0001", "0")])
    };
    let unusual = ["rule.ratio-unusual /Submission/Record[1]/GasThousandM3"];
    let impossible = ["rule.ratio-impossible /Submission/Record[1]/GasThousandM3"];
    for (gas, wanted) in
        [("220", &[""; 0][..]), ("200", &[]), ("260", &[]), ("199.999", &unusual), ("260.001", &unusual)]
    {
        assert_eq!(
            (said(&of(gas)), errors(&of(gas)).len()),
            (wanted.iter().map(|s| s.to_string()).collect(), 0),
            "{gas}"
        );
    }
    for gas in ["99.999", "400.001", "0"] {
        assert_eq!(errors(&of(gas)), impossible, "{gas}");
    }
    assert_eq!((errors(&of("100")).len(), errors(&of("400")).len()), (0, 0));
    let finding = of("260.001").remove(0);
    assert_eq!(finding.found.as_deref(), Some("0.260001 (260.001 10³ m³ / 1000.000 MWh)"));
    assert_eq!(finding.wanted.as_deref(), Some("0.2–0.26"));
}

#[test]
fn no_gas_is_saved_without_generation_and_nothing_is_refused_for_what_may_still_come() {
    let both = [("GUN-0001", "220"), ("SU-0001", "5")];
    let zero = beside("generation", "2026-Q3", &[("GUN-0001", "1000"), ("SU-0001", "0")]);
    let findings = saved(zero, &both);
    assert_eq!(errors(&findings), ["rule.without-ground /Submission/Record[2]/GasThousandM3"]);
    // of one of them nothing is stated, and of all of them: the second is told once
    let one = saved(beside("generation", "2026-Q3", &[("GUN-0001", "1000")]), &both);
    assert_eq!(said(&one), ["rule.ground-not-stated /Submission/Record[2]/GasThousandM3"]);
    let none = saved(Standing::default(), &both);
    assert_eq!((said(&none), errors(&none).len()), (vec!["rule.ground-not-stated GasThousandM3".to_owned()], 0));
    assert_eq!(none[0].found.as_deref(), Some("generation 2026-Q3"));
    // another period says nothing of this one
    let other = saved(beside("generation", "2026-Q2", &[("GUN-0001", "1"), ("SU-0001", "1")]), &both);
    assert_eq!(said(&other), ["rule.ground-not-stated GasThousandM3"]);
    assert_eq!(said(&saved(Standing::default(), &[("GUN-0001", "0"), ("SU-0001", "0")])), [""; 0]);
}

#[test]
fn what_others_rest_on_is_never_refused_for_them() {
    let judge = |energy: &str| {
        let standing = beside("gas-savings", "2026-Q3", &[("GUN-0001", "220"), ("SU-0001", "0")]);
        let judge = Judge { standing, others: vec![gas()], ..Judge::of(generation()) };
        judge.xml(&document("2026-Q3", "1", &[("GUN-0001", energy), ("SU-0001", "0")], ""))
    };
    assert_eq!(said(&judge("1000")), [""; 0]);
    for energy in ["0", "100", "800"] {
        let findings = judge(energy);
        assert_eq!(said(&findings), ["rule.dependent-differs /Submission/Record[1]/EnergyMWh"], "{energy}");
        assert_eq!(errors(&findings), [""; 0]);
        assert_eq!(findings[0].wanted.as_deref(), Some("gas-savings GUN-0001: 220.000 10³ m³"));
        assert!(findings[0].hint.as_ref().unwrap().en.contains("azerenerji, revision 1"));
    }
}

fn sold(standing: Standing, participant: &'static str, body: &str) -> Vec<Finding> {
    let judge = Judge { standing, participant, others: vec![gas(), generation()], ..Judge::of(revenue()) };
    let text = document("2026-Q3", "1", &[], body).replace("\"generation\"", "\"carbon-revenue\"");
    judge.xml(&text)
}

#[test]
fn revenue_may_be_a_total_alone_and_rests_on_what_was_saved() {
    let alone = |azn: &str| format!("<Total><RevenueAZN>{azn}</RevenueAZN></Total>");
    let saved = || beside("gas-savings", "2026-Q3", &[("GUN-0001", "100"), ("SU-0001", "50.5")]);
    // 150.5 thousand m³ × 2 t × 200 AZN
    assert_eq!(said(&sold(saved(), "ekologiya", &alone("60200"))), [""; 0]);
    let dear = sold(saved(), "ekologiya", &alone("60200.01"));
    assert_eq!(
        (said(&dear), errors(&dear).len()),
        (vec!["rule.ratio-unusual /Submission/Total/RevenueAZN".to_owned()], 0)
    );
    let none = beside("gas-savings", "2026-Q3", &[("GUN-0001", "0")]);
    assert_eq!(errors(&sold(none, "ekologiya", &alone("1"))), ["rule.without-ground /Submission/Total/RevenueAZN"]);
    assert_eq!(said(&sold(Standing::default(), "ekologiya", &alone("1"))), ["rule.ground-not-stated RevenueAZN"]);
    assert_eq!(said(&sold(Standing::default(), "ekologiya", &alone("0"))), [""; 0]);
    assert_eq!(errors(&sold(saved(), "ekologiya", "")), ["schema.missing /Submission", "schema.missing /Submission"]);

    // beside stations, one record of none
    let record = "<Record><Station>GUN-0001</Station><RevenueAZN>10.50</RevenueAZN></Record>\
        <Record><RevenueAZN>5</RevenueAZN><SoldTCO2e>1.5</SoldTCO2e></Record>";
    let whole = |total: &str| format!("{record}<Total><RevenueAZN>{total}</RevenueAZN></Total>");
    assert_eq!(errors(&sold(saved(), "azerenerji", &whole("15.50"))), [""; 0]);
    let wrong = sold(saved(), "azerenerji", &whole("15.51"));
    assert_eq!(errors(&wrong), ["rule.total-differs /Submission/Total/RevenueAZN"]);
}

#[test]
fn a_total_alone_is_one_record_in_csv_too() {
    let text = "dataset,period,revision,station,revenue_azn\ncarbon-revenue,2026-Q3,1,TOTAL,91332.50\n";
    let reading = read_csv(text, &revenue());
    assert_eq!((reading.records.len(), reading.faults.any_errors()), (1, false));
    assert_eq!(reading.records.near().unwrap()[0].values[0], crate::schema::Value::Absent);
    reading.records.each(&mut |row| row.offsets.len() == 3 || panic!("{row:?}")).unwrap();
    let judge = Judge { others: vec![gas(), generation()], ..Judge::of(revenue()) };
    assert_eq!(errors(&judge.csv(text)), [""; 0]);
    // where every record has a station, a total alone states nothing
    let text = "dataset,period,revision,station,energy_mwh\ngeneration,2026-Q3,1,TOTAL,5\n";
    assert_eq!(errors(&Judge::of(generation()).csv(text)), ["rule.total-differs 2:energy_mwh"]);
}

#[test]
fn a_year_without_stations_is_compared_by_its_sums() {
    let year = |figure: &str| {
        let mut same_year: std::collections::BTreeMap<Period, Stood> = (1..=4)
            .map(|quarter| (Period::Quarter(2025, quarter), stood(1, &[("GUN-0001", "10"), ("SU-0001", "1")])))
            .collect();
        same_year.insert(Period::Quarter(2025, 2), stood(1, &[("", "11")]));
        let standing = Standing { same_year, ..Standing::default() };
        let body = format!("<Total><RevenueAZN>{figure}</RevenueAZN></Total>");
        let text = document("2025", "1", &[], &body).replace("\"generation\"", "\"carbon-revenue\"");
        let dataset = Dataset { rules: Vec::new(), ..revenue() };
        errors(&Judge { standing, ..Judge::of(dataset) }.xml(&text))
    };
    assert_eq!(year("44"), [""; 0]);
    assert_eq!(year("44.01"), ["rule.year-differs RevenueAZN"]);
}

#[test]
fn a_late_correction_of_a_quarter_is_explained() {
    let quarters = (1..=4).map(|quarter| (Period::Quarter(2025, quarter), stood(1, &[("GUN-0001", "10")])));
    let same_year = quarters.chain([(Period::Year(2025), stood(3, &[("GUN-0001", "40")]))]).collect();
    let judge = |current| {
        let standing =
            Standing { same_year: std::collections::BTreeMap::clone(&same_year), current, ..Standing::default() };
        let judge = Judge { standing, ..Judge::of(generation()) };
        judge.xml(&document("2025-Q2", "2", &[("GUN-0001", "11")], "")).remove(0)
    };
    let corrected = judge(Some(stood(1, &[("GUN-0001", "10")])));
    assert_eq!(corrected.code.slug(), "rule.year-differs");
    let hint = corrected.hint.unwrap();
    assert!(hint.en.contains("corrects 2025-Q2 after the annual statement of 2025 (revision 3)"), "{}", hint.en);
    assert!(hint.az.contains("2025-Q2 dövrünü 2025 ilinin illik məlumatı (redaksiya 3)"), "{}", hint.az);
    let annual = stood(3, &[]).submission.to_string();
    for text in [&hint.az, &hint.en] {
        assert!(text.contains(&annual) && text.contains("withdrawn"), "whose it is, withdraws it himself: {text}");
    }
    assert_eq!(judge(None).hint.unwrap().en, "The station is GUN-0001.");
}

fn with(check: Check) -> Judge {
    let mut dataset = generation();
    dataset.rules.push(always(check));
    Judge::of(dataset)
}

#[test]
fn output_is_seldom_above_what_is_usual_for_the_kind() {
    let most = [((Span::Quarter, StationKind::Solar), limit("0.38")), ((Span::Year, StationKind::Solar), limit("0.3"))];
    let judge = |period: &str, figure: &str| {
        let judge = with(Check::Utilisation { column: 1, most: most.into() });
        let findings = judge.xml(&document(period, "1", &[("GUN-0001", figure), ("SU-0001", "900000")], ""));
        let high = findings.into_iter().filter(|finding| finding.code.slug() == "rule.output-high");
        high.map(|finding| (finding.found.unwrap(), finding.wanted.unwrap())).collect::<Vec<_>>()
    };
    // 230 MW × 2208 h × 0.38; hydro has no limit here
    assert_eq!(judge("2026-Q3", "192979.2"), []);
    assert_eq!(judge("2026-Q3", "192979.201"), [("0.38".to_owned(), "≤ 0.38 (solar)".to_owned())]);
    assert_eq!(judge("2025", "604443"), [("0.300001".to_owned(), "≤ 0.3 (solar)".to_owned())]);
    // what is impossible is told once
    assert_eq!(judge("2026-Q3", "507841"), []);
}

#[test]
fn nothing_at_all_warns_where_a_station_served_throughout() {
    let judge = |period: &str| {
        let findings = with(Check::Zero { column: 1 }).xml(&document(period, "1", &[("GUN-0001", "0")], ""));
        findings.iter().filter(|finding| finding.code.slug() == "rule.output-zero").count()
    };
    // in service from 2023-10-26
    assert_eq!((judge("2026-Q3"), judge("2023-Q4"), judge("2024-Q1"), judge("2023")), (1, 0, 1, 0));
}

#[test]
fn a_figure_is_held_against_that_of_a_year_ago() {
    let judge = |period: &str, ago: &str, figure: &str| {
        let standing = beside("generation", ago, &[("GUN-0001", "100"), ("SU-0001", "0")]);
        let judge = Judge { standing, ..with(Check::Change { column: 1, percent: 50 }) };
        said(&judge.xml(&document(period, "1", &[("GUN-0001", figure), ("SU-0001", "9")], "")))
    };
    let changed = ["rule.changed-much /Submission/Record[1]/EnergyMWh"];
    for (figure, wanted) in [("150", 0), ("50", 0), ("150.001", 1), ("49.999", 1)] {
        assert_eq!(judge("2026-Q3", "2025-Q3", figure), changed[..wanted], "{figure}");
    }
    assert_eq!(judge("2026-Q3", "2025-Q2", "500"), [""; 0], "another quarter");
    // it came into service within the period of a year ago
    assert!(!judge("2024-Q4", "2023-Q4", "500").contains(&changed[0].to_owned()));
}

#[test]
fn a_first_statement_may_be_late_and_a_correction_never_is() {
    let judge = |received, current| {
        let standing = Standing { current, ..Standing::default() };
        let days = [(Span::Quarter, 30), (Span::Year, 60)].into();
        let judge = Judge { received, standing, ..with(Check::Deadline { days }) };
        judge.xml(&document("2026-Q3", "2", &[("GUN-0001", "1"), ("SU-0001", "0")], ""))
    };
    // the thirtieth day ends at midnight in Baku
    assert_eq!(said(&judge("2026-10-30T19:59:59Z", None)), [""; 0]);
    let late = judge("2026-10-30T20:00:00Z", None);
    assert_eq!((said(&late), errors(&late).len()), (vec!["rule.late".to_owned()], 0));
    assert_eq!((late[0].found.as_deref(), late[0].wanted.as_deref()), (Some("2026-10-31"), Some("2026-10-30")));
    assert_eq!(said(&judge("2026-12-30T20:00:00Z", Some(stood(1, &[])))), ["rule.correction-ungrounded"]);
}

// S 8.1.8
#[test]
fn the_parameter_of_the_periods_end_decides() {
    let mut dataset = generation();
    let days = |from: Option<&str>, to: Option<&str>, count| Rule {
        check: Check::Deadline { days: [(Span::Quarter, count)].into() },
        from: from.map(|day| day.parse().unwrap()),
        to: to.map(|day| day.parse().unwrap()),
    };
    dataset.rules = vec![days(None, Some("2026-09-29"), 30), days(Some("2026-09-30"), None, 5)];
    let judge = Judge { received: "2026-10-20T08:00:00Z", ..Judge::of(dataset) };
    let of = |period: &str| {
        let findings = judge.xml(&document(period, "1", &[("GUN-0001", "1"), ("SU-0001", "0")], ""));
        findings.into_iter().find(|finding| finding.code.slug() == "rule.late").and_then(|finding| finding.wanted)
    };
    assert_eq!(of("2026-Q3").as_deref(), Some("2026-10-05"), "in force on the last day of September");
    assert_eq!(of("2026-Q2").as_deref(), Some("2026-07-30"), "the one before");
}

#[test]
fn stated_capacity_bounds_what_is_generated_with_a_warning() {
    let mut dataset = generation();
    let stated =
        Ratio { hours: true, needs: false, warn_above: Some(limit("1")), ..ratio(1, "capacity", "capacity_mw") };
    dataset.rules.push(always(Check::Ratio(stated)));
    let judge = |standing, figure: &str| {
        let judge = Judge { standing, others: vec![capacity()], ..Judge::of(dataset.clone()) };
        said(&judge.xml(&document("2026-Q3", "1", &[("GUN-0001", figure), ("SU-0001", "0")], "")))
    };
    let stands = || beside("capacity", "2026-Q3", &[("GUN-0001", "100"), ("SU-0001", "424")]);
    assert_eq!(judge(stands(), "220800"), [""; 0]);
    assert_eq!(judge(stands(), "220800.001"), ["rule.ratio-unusual /Submission/Record[1]/EnergyMWh"]);
    assert_eq!(judge(Standing::default(), "220800.001"), [""; 0]);
}

/// What a dossier keeps of what stood is enough to judge by: nothing that the rules ask for is cut away.
#[test]
fn what_is_kept_of_what_stood_gives_the_same_verdict() {
    use crate::schema::{Datasets, Key, Statement};
    let datasets = Datasets { by_name: [gas(), generation(), revenue()].map(named).into() };
    let figures = [("GUN-0001", "1000"), ("SU-0001", "0"), ("KUL-0001", "77")];
    for (dataset, base, text) in [
        (gas(), "generation", of_gas(&[("GUN-0001", "500"), ("SU-0001", "1")])),
        (
            revenue(),
            "gas-savings",
            document("2026-Q3", "1", &[], "<Total><RevenueAZN>999999</RevenueAZN></Total>")
                .replace("\"generation\"", "\"carbon-revenue\""),
        ),
    ] {
        let whole = beside(base, "2026-Q3", &figures);
        let reading = read_xml(&text, &dataset);
        let key = Key {
            participant: "azerenerji".parse().unwrap(),
            dataset: dataset.name.clone(),
            period: "2026-Q3".parse().unwrap(),
        };
        let statement = Statement { key, revision: "1".parse().unwrap(), records: reading.records.clone() };
        let kept = whole.beside(&statement, &datasets);
        let judge = |standing| {
            Judge { standing, others: vec![gas(), generation(), revenue()], ..Judge::of(dataset.clone()) }.xml(&text)
        };
        assert_eq!(judge(whole.clone()), judge(kept.clone()));
        assert!(!judge(kept).is_empty());
    }
}
