//! The statements in the samples: the stations of the shipped register with plausible figures.
//!
//! A figure is capacity × hours × a published (or for its kind usual) utilisation, shaped over the
//! year, with last digits of its own; exact, never above what physics allows.

use std::fmt::Write;

pub const AZERENERJI: &str = "9990000631";
pub const AZERISIQ: &str = "9990000761";
pub const ENERGETIKA: &str = "9990000221";
const STATIONS: &str = include_str!("../../config/stations.toml");

/// MWh of each station in 2024: published, or the rest of its kind's published sum by capacity.
const NATIONAL_2024: [(&str, i64); 36] = [
    ("GUN-0001", 523400),
    ("GUN-0002", 31500),
    ("GUN-0003", 1400),
    ("KSU-0001", 6708),
    ("KSU-0002", 4192),
    ("KSU-0003", 10822),
    ("KSU-0004", 31770),
    ("KSU-0005", 13730),
    ("KSU-0006", 15569),
    ("KSU-0007", 21000),
    ("KSU-0008", 8362),
    ("KSU-0009", 19200),
    ("KSU-0010", 12800),
    ("KSU-0011", 35048),
    ("KSU-0015", 18938),
    ("KSU-0016", 7379),
    ("KSU-0017", 12298),
    ("KSU-0018", 9838),
    ("KSU-0019", 7625),
    ("KSU-0022", 5544),
    ("KSU-0023", 5544),
    ("KSU-0024", 3935),
    ("KSU-0025", 8854),
    ("KSU-0026", 3689),
    ("KSU-0027", 738),
    ("KSU-0028", 2500),
    ("KUL-0001", 51100),
    ("SU-0001", 1233900),
    ("SU-0002", 1105842),
    ("SU-0003", 251800),
    ("SU-0004", 45400),
    ("SU-0005", 30500),
    ("SU-0006", 25825),
    ("SU-0007", 25825),
    ("SU-0008", 25825),
    ("TUL-0001", 232500),
];

/// A row: the station's code and its figure in thousandths.
pub type Row = (String, i64);

/// The stations of a participant in service in that period, with their capacity in thousandths of MW.
fn stations(operator: &str, period: &str) -> Vec<(String, String, i64)> {
    let register: toml::Table = STATIONS.parse().unwrap();
    let after = last_day(period);
    let mut found = Vec::new();
    for (code, station) in register["stations"].as_table().unwrap() {
        let text = |key: &str| station.get(key).map(|value| value.as_str().unwrap());
        if text("operator") == Some(operator) && text("from").is_some_and(|from| from <= after.as_str()) {
            found.push((code.clone(), text("type").unwrap().to_owned(), thousandths(text("mw").unwrap())));
        }
    }
    found
}

fn last_day(period: &str) -> String {
    match period.split_once("-Q") {
        Some((year, "1")) => format!("{year}-03-31"),
        Some((year, "2")) => format!("{year}-06-30"),
        Some((year, "3")) => format!("{year}-09-30"),
        Some((year, _)) => format!("{year}-12-31"),
        None => format!("{period}-12-31"),
    }
}

fn thousandths(decimal: &str) -> i64 {
    let (whole, rest) = decimal.split_once('.').unwrap_or((decimal, ""));
    whole.parse::<i64>().unwrap() * 1000 + format!("{rest:0<3}").parse::<i64>().unwrap()
}

/// A figure as it is written, with this decimal mark.
pub fn shown(figure: i64, mark: char) -> String {
    format!("{}{mark}{:03}", figure / 1000, figure % 1000)
}

/// Utilisation over a year, in ten-thousandths: published where it is known, else usual for the kind.
fn utilisation(code: &str, kind: &str) -> i64 {
    match (code, kind) {
        ("SU-0001", _) => 2510,
        ("SU-0002", _) => 2050,
        ("SU-0003", _) => 1920,
        ("SU-0004", _) => 2530,
        ("GUN-0001", _) => 2480,
        ("GUN-0003", _) => 1400,
        ("KUL-0001", _) => 1830,
        ("KUL-0002", _) => 3900,
        ("KSU-0001" | "KSU-0002", _) => 1600,
        ("KSU-0004" | "KSU-0005", _) => 4350,
        ("KSU-0007", _) => 4520,
        ("KSU-0009", _) => 2660,
        ("KSU-0010", _) => 2440,
        ("KSU-0012" | "KSU-0013", _) => 3400,
        ("KSU-0028", _) => 6500,
        (_, "solar") => 1600,
        (_, "wind") => 3000,
        (_, "waste") => 7100,
        (_, "hybrid") => 1500,
        _ => 2800,
    }
}

/// A quarter's part against the year's mean, in hundredths.
fn shape(kind: &str, quarter: usize) -> i64 {
    let parts = match kind {
        "solar" => [65, 125, 130, 80],
        "wind" => [110, 95, 85, 110],
        "hydro" | "small-hydro" => [60, 136, 147, 57],
        _ => [100, 100, 100, 100],
    };
    parts[quarter - 1]
}

/// Electricity of each station of a participant: of a quarter, or of a year as its quarters' sum.
pub fn energy(operator: &str, period: &str) -> Vec<Row> {
    let quarters = match period.split_once("-Q") {
        Some((_, quarter)) => vec![(period.to_owned(), quarter.parse::<usize>().unwrap())],
        None => (1..=4).map(|quarter| (format!("{period}-Q{quarter}"), quarter)).collect(),
    };
    let mut rows: Vec<Row> = Vec::new();
    for (period, quarter) in quarters {
        let hours = [2160, 2184, 2208, 2208][quarter - 1];
        for (code, kind, mw) in stations(operator, &period) {
            let figure = mw * hours * utilisation(&code, &kind) / 10_000 * shape(&kind, quarter) / 100;
            let digits = code.bytes().fold(quarter as i64 * 7, |sum, octet| sum * 31 + i64::from(octet));
            let figure = figure - digits % 997;
            match rows.iter_mut().find(|(known, _)| *known == code) {
                Some((_, sum)) => *sum += figure,
                None => rows.push((code, figure)),
            }
        }
    }
    rows
}

/// Design capacity of each station of a participant, as registered.
pub fn capacity(operator: &str, period: &str) -> Vec<Row> {
    stations(operator, period).into_iter().map(|(code, _, mw)| (code, mw)).collect()
}

/// A statement, before it is written in a form.
#[derive(Clone)]
pub struct Statement {
    pub dataset: &'static str,
    pub period: String,
    pub revision: String,
    pub sender: String,
    pub to: String,
    /// What a correction says of itself, by name.
    pub said: Vec<(&'static str, String)>,
    pub rows: Vec<Row>,
    /// Whether the total is stated; it is then the sum and this.
    pub total: Option<i64>,
}

impl Statement {
    /// Electricity of a participant.
    pub fn generation(operator: &str, period: &str) -> Self {
        Self::new("generation", operator, period, energy(operator, period))
    }

    /// The country's electricity of 2024, stated by the owner.
    pub fn national_2024() -> Self {
        let rows = NATIONAL_2024.map(|(code, mwh)| (code.to_owned(), mwh * 1000));
        Self::new("generation", "energetika", "2024", rows.to_vec())
    }

    /// Capacity of a participant.
    pub fn capacity(operator: &str, period: &str) -> Self {
        Self::new("capacity", operator, period, capacity(operator, period))
    }

    /// Gas that a participant saved: 0.22 thousand m³ for each MWh.
    pub fn gas(operator: &str, period: &str) -> Self {
        let rows = energy(operator, period).into_iter().map(|(code, figure)| (code, figure * 22 / 100));
        Self::new("gas-savings", operator, period, rows.collect())
    }

    fn new(dataset: &'static str, operator: &str, period: &str, rows: Vec<Row>) -> Self {
        let sender = match operator {
            "azerenerji" => AZERENERJI,
            "azerisiq" => AZERISIQ,
            _ => ENERGETIKA,
        };
        Self {
            dataset,
            period: period.to_owned(),
            revision: "1".to_owned(),
            sender: sender.to_owned(),
            to: "trial".to_owned(),
            said: Vec::new(),
            rows,
            total: Some(0),
        }
    }

    /// The same, changed.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The same as a later revision in which one figure was corrected by so many thousandths.
    pub fn corrected(self, revision: &str, by: i64) -> Self {
        self.with(|statement| {
            statement.revision = revision.to_owned();
            statement.rows[0].1 += by;
        })
    }

    /// The same, which says what it replaces and why.
    pub fn replacing(self, revision: &str) -> Self {
        self.with(|statement| {
            let note = "Sayğacın göstəricisi yenidən oxunub; əlavədə akt var.";
            statement.said = [("replaces", revision), ("reason", "measurement"), ("note", note)]
                .map(|(name, value)| (name, value.to_owned()))
                .to_vec();
        })
    }

    fn element(&self) -> (&'static str, &'static str) {
        match self.dataset {
            "capacity" => ("CapacityMW", "capacity_mw"),
            "gas-savings" => ("GasThousandM3", "gas_thousand_m3"),
            _ => ("EnergyMWh", "energy_mwh"),
        }
    }

    fn sum(&self, more: i64) -> i64 {
        self.rows.iter().map(|(_, figure)| figure).sum::<i64>() + more
    }

    /// As XML without a declaration.
    pub fn xml(&self) -> String {
        let (element, _) = self.element();
        let mut xml = format!(
            "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"{}\" dataset=\"{}\" period=\"{}\" \
             revision=\"{}\" sender=\"{}\">\n",
            self.to, self.dataset, self.period, self.revision, self.sender
        );
        let said: String = self.said.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
        xml.insert_str(xml.len() - ">\n".len(), &said);
        for (code, figure) in &self.rows {
            let figure = shown(*figure, '.');
            writeln!(xml, "  <Record><Station>{code}</Station><{element}>{figure}</{element}></Record>").unwrap();
        }
        if let Some(more) = self.total {
            writeln!(xml, "  <Total><{element}>{}</{element}></Total>", shown(self.sum(more), '.')).unwrap();
        }
        xml + "</Submission>\n"
    }

    /// As CSV with `,` and LF.
    pub fn csv(&self) -> String {
        let (_, column) = self.element();
        let names: String = self.said.iter().map(|(name, _)| format!(",{name}")).collect();
        let said: String = self.said.iter().map(|(_, value)| format!(",{value}")).collect();
        let mut csv = format!("dataset,period,revision,sender,to,station,{column}{names}\n");
        let mut row = |station: &str, figure: i64| {
            let Self { dataset, period, revision, sender, to, .. } = self;
            writeln!(csv, "{dataset},{period},{revision},{sender},{to},{station},{}{said}", shown(figure, '.'))
                .unwrap();
        };
        for (code, figure) in &self.rows {
            row(code, *figure);
        }
        if let Some(more) = self.total {
            row("TOTAL", self.sum(more));
        }
        csv
    }
}
