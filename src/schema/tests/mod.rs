//! The room from outside: whole documents in, findings out. Documents are believed
//! without a look and read as verified ones are; what stands and the register are made here.

mod across;
mod agreement;
mod drawn;
mod forms;
mod geojson;
mod published;
mod rules;
mod spooled;

use super::reading::Reading;
use super::{
    Check, Class, Column, ColumnKind, Dataset, Datasets, Limits, PeriodKinds, Rule, Standing, Stood, TotalRule,
    YearRule, csv, rules as judged, xml,
};
use crate::authority::{Authorised, Station, StationKind, Stations};
use crate::document::{Content, Digest, ParticipantName, Quantity, SubmissionId};
use crate::finding::{Finding, Severity};
use crate::host::Scratch;

pub fn column(
    name: &str,
    element: &str,
    kind: ColumnKind,
    unit: Option<&str>,
    required: bool,
    titles: [&str; 2],
) -> Column {
    Column {
        name: name.to_owned(),
        element: element.to_owned(),
        kind,
        unit: unit.map(str::to_owned),
        required,
        title_az: titles[0].to_owned(),
        title_en: titles[1].to_owned(),
    }
}

fn station() -> Column {
    column("station", "Station", ColumnKind::Station, None, true, ["Stansiya", "Station"])
}

/// A rule that is always in force.
pub fn always(check: Check) -> Rule {
    Rule { check, from: None, to: None }
}

/// Descriptions as those that are shipped, with the rules of physics alone: the tests of a rule add it.
pub fn generation() -> Dataset {
    let titles = ["İstehsal olunmuş elektrik enerjisi", "Electricity generated"];
    Dataset {
        name: "generation".parse().unwrap(),
        title_az: "Elektrik enerjisi istehsalı".to_owned(),
        title_en: "Electricity generation".to_owned(),
        clause: "S 6.1.4".to_owned(),
        periods: PeriodKinds::QuarterAndYear,
        total: TotalRule::Optional,
        year: YearRule::Sum,
        columns: vec![
            station(),
            column("energy_mwh", "EnergyMWh", ColumnKind::Decimal { places: 3 }, Some("MWh"), true, titles),
        ],
        class: Class::Open,
        competence: Vec::new(),
        approval: None,
        rules: vec![always(Check::CapacityHours { column: 1 })],
    }
}

pub fn capacity() -> Dataset {
    let titles = ["Layihə gücü", "Design capacity"];
    Dataset {
        name: "capacity".parse().unwrap(),
        title_az: titles[0].to_owned(),
        title_en: titles[1].to_owned(),
        clause: "S 6.1.3".to_owned(),
        year: YearRule::Last,
        columns: vec![
            station(),
            column("capacity_mw", "CapacityMW", ColumnKind::Decimal { places: 3 }, Some("MW"), true, titles),
        ],
        rules: vec![always(Check::AsRegistered { column: 1 })],
        ..generation()
    }
}

/// A dataset of another trade: two figures, one of them optional, a total that must stand.
pub fn water() -> Dataset {
    Dataset {
        name: "water-use".parse().unwrap(),
        title_az: "Su sərfi".to_owned(),
        title_en: "Water used".to_owned(),
        clause: "S 1.3".to_owned(),
        periods: PeriodKinds::QuarterAndYear,
        total: TotalRule::Required,
        year: YearRule::Sum,
        columns: vec![
            column("intake", "Intake", ColumnKind::Station, None, true, ["Suqəbuledici", "Intake"]),
            column("water_m3", "WaterM3", ColumnKind::Decimal { places: 0 }, Some("m³"), true, ["Su", "Water"]),
            column("loss_m3", "LossM3", ColumnKind::Decimal { places: 2 }, Some("m³"), false, ["İtki", "Loss"]),
        ],
        class: Class::Restricted,
        competence: Vec::new(),
        approval: None,
        rules: Vec::new(),
    }
}

pub fn stations() -> Stations {
    let rows = [
        ("GUN-0001", "Qaradağ GES", StationKind::Solar, "230", "azerenerji", Some("2023-10-26"), None),
        ("SU-0001", "Mingəçevir SES", StationKind::Hydro, "424", "azerenerji", Some("1954-01-01"), None),
        ("SU-0009", "Köhnə SES", StationKind::Hydro, "10", "azerenerji", Some("1950-01-01"), Some("2026-06-30")),
        ("GUN-0900", "Biləsuvar GES", StationKind::Solar, "445", "azerenerji", None, None),
        ("KUL-0001", "Yeni Yaşma KES", StationKind::Wind, "50", "azerisiq", Some("2018-01-01"), None),
    ];
    let stations = rows.map(|(code, name, kind, mw, operator, from, to)| Station {
        code: code.parse().unwrap(),
        name: name.to_owned(),
        kind,
        mw: Quantity::parse(mw, 3, '.').unwrap(),
        region: "AZ-BA".to_owned(),
        operator: operator.parse().unwrap(),
        capacities: Vec::new(),
        from: from.map(|day: &str| day.parse().unwrap()),
        to: to.map(|day: &str| day.parse().unwrap()),
    });
    Stations { by_code: stations.into_iter().map(|station| (station.code.clone(), station)).collect() }
}

/// Limits that lay every record away.
pub const NO_MEMORY: Limits = Limits {
    findings_max: 100,
    returned_rows_max: 10_000,
    returned_size_max: 16 << 20,
    records_max: 100_000,
    memory_max: 0,
    row_max: 64 << 10,
    geometry_points_max: 100_000,
    geometry_text_max: 6 << 20,
};

/// Reads an XML document by its covered events.
pub fn read_xml(text: &str, dataset: &Dataset) -> Reading {
    read_xml_within(text, dataset, &Limits::default())
}

pub fn read_xml_within(text: &str, dataset: &Dataset, limits: &Limits) -> Reading {
    let mut inspector = xml::XmlInspector::new(dataset, limits, &Scratch::of_system());
    let document = authorised(text, true, dataset);
    document.verified().covered().read_xml(&mut |event| inspector.feed(event)).unwrap();
    inspector.finish()
}

/// A document of azerenerji, believed without a look.
pub fn authorised(text: &str, xml: bool, dataset: &Dataset) -> Authorised {
    Authorised::unseen_document(text.into(), xml, "azerenerji".parse().unwrap(), dataset.name.clone())
}

pub fn read_csv(text: impl AsRef<[u8]>, dataset: &Dataset) -> Reading {
    csv::inspect(text.as_ref(), dataset, &Limits::default(), &Scratch::of_system()).unwrap()
}

/// Who files, when, and what stands: the frame of a judgement, azerenerji on 5 October 2026.
pub struct Judge {
    pub dataset: Dataset,
    /// The other datasets of the window.
    pub others: Vec<Dataset>,
    pub participant: &'static str,
    pub owner: bool,
    pub received: &'static str,
    pub standing: Standing,
    /// The register.
    pub stations: Stations,
    /// Whether another document came with it.
    pub grounded: bool,
    pub id: SubmissionId,
    pub content: Content,
}

impl Judge {
    pub fn of(dataset: Dataset) -> Self {
        Self {
            dataset,
            others: Vec::new(),
            participant: "azerenerji",
            owner: false,
            received: "2026-10-05T08:00:00Z",
            standing: Standing::default(),
            stations: stations(),
            grounded: false,
            id: id(1),
            content: content("this"),
        }
    }

    pub fn judge(&self, reading: Reading) -> Vec<Finding> {
        let Reading { period, revision, correction, records, tally, lost: _, total, broken, mut faults } = reading;
        let participant: ParticipantName = self.participant.parse().unwrap();
        let own = (self.dataset.name.clone(), self.dataset.clone());
        let datasets = Datasets { by_name: self.others.iter().cloned().map(named).chain([own]).collect() };
        let case = judged::Case {
            dataset: &self.dataset,
            datasets: &datasets,
            id: self.id,
            content: self.content,
            participant: &participant,
            owner: self.owner,
            proposer: None,
            proposer_is_owner: false,
            received: self.received.parse().unwrap(),
            period,
            revision,
            correction: &correction,
            grounded: self.grounded,
            records: &records,
            tally: &tally,
            total: total.as_ref(),
            broken: &broken,
            standing: &self.standing,
            stations: &self.stations,
            lost: judged::Lost::default(),
        };
        judged::judge(&case, &mut faults);
        faults.finish()
    }

    /// What is found, whether the records lie in memory or were laid away.
    pub fn xml(&self, text: &str) -> Vec<Finding> {
        let findings = self.judge(read_xml(text, &self.dataset));
        assert_eq!(self.judge(read_xml_within(text, &self.dataset, &NO_MEMORY)), findings);
        findings
    }

    /// The same.
    pub fn csv(&self, text: impl AsRef<[u8]>) -> Vec<Finding> {
        let findings = self.judge(read_csv(text.as_ref(), &self.dataset));
        let laid_away = csv::inspect(text.as_ref(), &self.dataset, &NO_MEMORY, &Scratch::of_system()).unwrap();
        assert!(laid_away.records.is_empty() || laid_away.records.near().is_none());
        assert_eq!(self.judge(laid_away), findings);
        findings
    }
}

fn named(dataset: Dataset) -> (crate::document::DatasetName, Dataset) {
    (dataset.name.clone(), dataset)
}

pub fn id(number: i64) -> SubmissionId {
    format!("018bcfe6-f288-7000-8000-{number:012}").parse().unwrap()
}

pub fn content(text: &str) -> Content {
    Content(Digest::of(text.as_bytes()))
}

/// A statement that stands, its figures in the first decimal column.
pub fn stood(revision: u16, figures: &[(&str, &str)]) -> Stood {
    Stood {
        submission: id(100 + i64::from(revision)),
        revision,
        content: content("stood"),
        values: figures
            .iter()
            .map(|(code, value)| ((*code).to_owned(), vec![Some(Quantity::parse(value, 3, '.').unwrap())]))
            .collect(),
    }
}

/// What a finding says, in short: slug and where.
pub fn said(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| match (finding.place.row, &finding.place.path) {
            (Some(row), Some(path)) => format!("{} {row}:{path}", finding.code.slug()),
            (Some(row), None) => format!("{} {row}", finding.code.slug()),
            (None, Some(path)) => format!("{} {path}", finding.code.slug()),
            (None, None) => finding.code.slug().to_owned(),
        })
        .collect()
}

/// The errors alone.
pub fn errors(findings: &[Finding]) -> Vec<String> {
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity() == Severity::Error).cloned().collect();
    said(&errors)
}

/// A statement of `generation` with these records and whatever follows them.
pub fn document(period: &str, revision: &str, records: &[(&str, &str)], rest: &str) -> String {
    let records: String = records
        .iter()
        .map(|(code, value)| format!("  <Record><Station>{code}</Station><EnergyMWh>{value}</EnergyMWh></Record>\n"))
        .collect();
    format!(
        "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"generation\" \
         period=\"{period}\" revision=\"{revision}\" sender=\"9990000631\">\n{records}{rest}</Submission>"
    )
}
