//! The empty form of a dataset, to be filled in and signed. A figure that is not filled in is
//! refused with a finding at its place; nothing is prefilled that only the sender knows.

use super::form::{Frame, TOTAL};
use super::{ColumnKind, Dataset, NAMESPACE, PeriodKinds, TextForm, TotalRule};
use crate::authority::Station;
use crate::document::{Period, Voen};
use crate::finding::Language;

/// The format of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XML.
    Xml,
    /// CSV, with `,` between the columns and a decimal point.
    Csv,
    /// GeoJSON, for a dataset with a shape.
    GeoJson,
}

/// The empty form with those of the participant's `stations` that were in service in the period;
/// `to` is the window's id. CSV and GeoJSON bear no comments; in GeoJSON `null` stands where a value is to be
/// filled in.
pub fn template(
    dataset: &Dataset,
    stations: &[&Station],
    period: Period,
    to: &str,
    sender: &Voen,
    format: Format,
) -> String {
    let lines: Vec<Line> = stations
        .iter()
        .filter(|station| station.in_service(period) && dataset.station_column().is_some())
        .map(|station| Line {
            code: station.code.to_string(),
            comment: Some(format!("{}, {} MW", station.name, station.mw)),
        })
        .collect();
    let lines = if dataset.station_column().is_some() { lines } else { vec![Line::empty()] };
    let blank = Blank { period: &period.to_string(), to, sender: sender.as_str(), lines };
    written(dataset, &blank, format)
}

fn written(dataset: &Dataset, blank: &Blank<'_>, format: Format) -> String {
    match format {
        Format::Xml => xml(dataset, blank),
        Format::Csv => csv(dataset, blank),
        Format::GeoJson => geojson(dataset, blank),
    }
}

/// The form that is published: no station, no sender, no period.
pub(super) fn published(dataset: &Dataset, format: Format) -> String {
    let lines = vec![Line::empty()];
    let blank = Blank { period: "", to: "", sender: "", lines };
    written(dataset, &blank, format)
}

struct Line {
    code: String,
    comment: Option<String>,
}

impl Line {
    /// To be filled in wholly.
    fn empty() -> Self {
        Self { code: String::new(), comment: None }
    }
}

struct Blank<'a> {
    period: &'a str,
    to: &'a str,
    sender: &'a str,
    lines: Vec<Line>,
}

impl Blank<'_> {
    fn frame(&self, frame: Frame, dataset: &Dataset) -> String {
        match frame {
            Frame::Id => "S-1".to_owned(),
            Frame::To => self.to.to_owned(),
            Frame::Dataset => dataset.name.to_string(),
            Frame::Period => self.period.to_owned(),
            Frame::Revision => "1".to_owned(),
            Frame::Sender => self.sender.to_owned(),
            Frame::Replaces | Frame::Reason | Frame::Note | Frame::About => String::new(), // not in a blank form
        }
    }
}

fn xml(dataset: &Dataset, blank: &Blank<'_>) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!--\n");
    for language in [Language::Az, Language::En] {
        for line in instructions(dataset, language) {
            text.push_str(&format!("  {}\n", comment(&line)));
        }
    }
    text.push_str(&format!("-->\n<Submission xmlns=\"{NAMESPACE}\""));
    for frame in Frame::attributes(dataset).filter(|frame| !frame.is_of_correction()) {
        text.push_str(&format!(" {}=\"{}\"", frame.name(), escaped(&blank.frame(frame, dataset))));
    }
    text.push_str(">\n");
    for line in &blank.lines {
        if let Some(about) = &line.comment {
            text.push_str(&format!("  <!-- {} -->\n", comment(about)));
        }
        text.push_str("  <Record>");
        for column in &dataset.columns {
            match column.kind {
                ColumnKind::Station => {
                    text.push_str(&format!("<{0}>{1}</{0}>", column.element, escaped(&line.code)));
                }
                ColumnKind::Decimal { .. } | ColumnKind::Text(_) | ColumnKind::Geometry(_) if column.required => {
                    text.push_str(&format!("<{0}></{0}>", column.element));
                }
                ColumnKind::Decimal { .. } | ColumnKind::Text(_) | ColumnKind::Geometry(_) => {
                    text.push_str(&format!("<!-- <{0}></{0}> -->", column.element))
                }
            }
        }
        text.push_str("</Record>\n");
    }
    let total: String = dataset
        .decimals()
        .filter(|(_, column, _)| column.required)
        .map(|(_, c, _)| format!("<{0}></{0}>", c.element))
        .collect();
    match dataset.total {
        TotalRule::Required => text.push_str(&format!("  <Total>{total}</Total>\n")),
        TotalRule::Optional => text.push_str(&format!("  <!-- <Total>{total}</Total> -->\n")),
        TotalRule::None => {}
    }
    text.push_str("</Submission>\n");
    text
}

fn csv(dataset: &Dataset, blank: &Blank<'_>) -> String {
    let frames: Vec<Frame> = Frame::columns(dataset).filter(|frame| !frame.is_of_correction()).collect();
    let names =
        frames.iter().map(|frame| frame.name()).chain(dataset.columns.iter().flat_map(|column| column.in_csv()));
    let mut text = names.collect::<Vec<_>>().join(",");
    text.push('\n');
    let total = (dataset.total == TotalRule::Required && dataset.key_column().is_some())
        .then(|| Line { code: TOTAL.to_owned(), comment: None });
    for line in blank.lines.iter().chain(&total) {
        let values =
            frames.iter().map(|&frame| blank.frame(frame, dataset)).chain(dataset.columns.iter().flat_map(|column| {
                let value = if column.is_key() { line.code.as_str() } else { "" };
                column.in_csv().map(move |_| value.to_owned())
            }));
        text.push_str(&values.collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text
}

fn geojson(dataset: &Dataset, blank: &Blank<'_>) -> String {
    let members: Vec<String> = Frame::attributes(dataset)
        .filter(|frame| !frame.is_of_correction())
        .map(|frame| member(frame, &blank.frame(frame, dataset)))
        .collect();
    let features: Vec<String> = blank
        .lines
        .iter()
        .map(|line| {
            let properties = dataset.columns.iter().filter(|column| !matches!(column.kind, ColumnKind::Geometry(_)));
            let properties: Vec<String> = properties
                .map(|column| match line.code.as_str() {
                    code if column.is_key() && !code.is_empty() => {
                        format!("{}: {}", quoted(&column.name), quoted(code))
                    }
                    _ => format!("{}: null", quoted(&column.name)),
                })
                .collect();
            feature(&properties, "null")
        })
        .collect();
    collection(&members, &features)
}

/// A member of `submission`.
pub(super) fn member(frame: Frame, value: &str) -> String {
    match frame {
        Frame::Revision => format!("{}: {value}", quoted(frame.name())),
        _ => format!("{}: {}", quoted(frame.name()), quoted(value)),
    }
}

/// A feature with these properties and this geometry.
pub(super) fn feature(properties: &[String], geometry: &str) -> String {
    let properties = properties.join(",\n        ");
    format!(
        "    {{\n      \"type\": \"Feature\",\n      \"properties\": {{\n        {properties}\n      }},\n      \
         \"geometry\": {geometry}\n    }}"
    )
}

/// A collection with these members of `submission` and these features.
pub(super) fn collection(members: &[String], features: &[String]) -> String {
    format!(
        "{{\n  \"type\": \"FeatureCollection\",\n  \"submission\": {{\n    {}\n  }},\n  \"features\": [\n{}\n  ]\n}}\n",
        members.join(",\n    "),
        features.join(",\n"),
    )
}

/// A string of JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What stands at the head of the XML form.
fn instructions(dataset: &Dataset, language: Language) -> Vec<String> {
    let units: Vec<_> = dataset
        .decimals()
        .map(|(_, column, places)| {
            let unit = column.unit.as_deref().unwrap_or("—");
            match language {
                Language::Az => {
                    format!("{}: {}, {unit}, nöqtədən sonra ən çoxu {places} rəqəm", column.element, column.title_az)
                }
                Language::En => {
                    format!("{}: {}, {unit}, at most {places} digits after the point", column.element, column.title_en)
                }
            }
        })
        .collect();
    let periodic = dataset.periods != PeriodKinds::None;
    let mut lines = match language {
        Language::Az => vec![
            format!("{} ({}). Boş dəyərləri doldurun və sənədi imzalayın.", dataset.title_az, dataset.clause),
            "Ədəd: 98765.432 kimi; işarəsiz, minliklər ayrılmadan. Göstərici yoxdursa, 0.".to_owned(),
            "Düzəliş üçün «revision» bir vahid artırılır, «replaces» və «reason» yazılır.".to_owned(),
        ],
        Language::En => vec![
            format!("{} ({}). Fill in the empty values and sign the document.", dataset.title_en, dataset.clause),
            "A number: as 98765.432; no sign, no thousands separator. Where there was none, 0.".to_owned(),
            "For a correction raise “revision” by one, and add “replaces” and “reason”.".to_owned(),
        ],
    };
    if periodic {
        lines.push(match language {
            Language::Az if dataset.periods == PeriodKinds::MonthAndYear => {
                "Dövr: ay 2026-M09, il 2026 kimi.".to_owned()
            }
            Language::En if dataset.periods == PeriodKinds::MonthAndYear => {
                "The period: a month as 2026-M09, a year as 2026.".to_owned()
            }
            Language::Az => "Dövr: rüb 2026-Q3, il 2026 kimi.".to_owned(),
            Language::En => "The period: a quarter as 2026-Q3, a year as 2026.".to_owned(),
        });
    }
    lines.extend(units);
    for column in &dataset.columns {
        let form = match &column.kind {
            ColumnKind::Text(of) => form_of(&of.form),
            ColumnKind::Geometry(_) => "GML 3.2".to_owned(),
            ColumnKind::Station | ColumnKind::Decimal { .. } => continue,
        };
        let title = if language == Language::Az { &column.title_az } else { &column.title_en };
        lines.push(format!("{}: {title}, {form}", column.element));
    }
    lines
}

/// The form of a word, for people of both languages.
pub(super) fn form_of(form: &TextForm) -> String {
    match form {
        TextForm::Codes(codes) => codes.join(" / "),
        TextForm::Pattern(pattern, longest) => format!("{} (≤ {longest})", pattern.as_str()),
    }
}

/// Text that may stand in an XML comment: no two hyphens in a row (XML 1.0 production 15).
fn comment(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '-' if safe.ends_with('-') => safe.push_str(" -"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
