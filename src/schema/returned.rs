//! Refused rows, given back: the faulty rows of a rejected table, each with its faults, for a spreadsheet.
//!
//! Owns the form of that file: UTF-8 with a byte order mark, `;` between the columns and CRLF behind each row, as
//! Excel opens it where the decimal mark is a comma. Row by row the number that it has in the file, what is wrong and
//! what to do, then the row itself under the names of its own columns; below the names a row says what each column
//! holds. Nothing in it acts as a formula, and no code in it becomes a date or a number. A courtesy that nobody signs
//! and that is no receipt: it never rejects what the receipt beside it does not, and has its words where that has the
//! fault; of a table with more faulty rows than a receipt lists it has the others too, which are found once more.

use super::rows::{Next, Row, Rows, delimiter};
use super::spreadsheet::{self, MARK};
use super::{ColumnKind, Dataset, Datasets, Limits, faults_of_rows};
use crate::authority::{Authorised, Stations, Written};
use crate::document::Quantity;
use crate::finding::{Code, Finding, Language, Severity, Stop};
use crate::host::Scratch;
use std::collections::BTreeMap;
use std::io::{self, BufReader};

/// A fault of one row, as the receipt has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The row, the header being 1.
    pub row: u64,
    /// The column's name, where one is at fault.
    pub column: Option<String>,
    /// What is wrong and what to do, in Azerbaijani.
    pub message: String,
}

/// The columns that stand before those of the file.
const OWN: [&str; 2] = ["sətir", "səbəb və nə etməli"];
/// What they hold.
const OWN_NOTES: [&str; 2] =
    ["sizin fayldakı sətrin nömrəsi", "öz faylınızda bu sətirləri düzəldin, faylı yenidən imzalayıb göndərin"];

/// By what a table is looked at once more.
#[derive(Clone, Copy, Debug)]
pub struct Again<'a> {
    /// The descriptions.
    pub datasets: &'a Datasets,
    /// The register.
    pub stations: &'a Stations,
    /// How much is given back.
    pub limits: &'a Limits,
    /// Where records are laid away meanwhile.
    pub scratch: &'a Scratch,
}

/// The faulty rows of a document that is a table; none where it is none, or none of its rows is at fault. `more` says
/// that the receipt, which told of these, does not list all faults: then the rows are looked at once more.
///
/// # Errors
/// What the disk says, in words.
pub fn returned(
    authorised: Authorised,
    told: Vec<RowFault>,
    more: bool,
    again: &Again<'_>,
) -> Result<Option<String>, String> {
    let Again { datasets, stations, limits, scratch } = again;
    let is_table = matches!(authorised.verified().covered().written(), Ok(Written::Table));
    if !is_table || !datasets.by_name.contains_key(authorised.dataset()) {
        return Ok(None);
    }
    let (authorised, told, more) = match more {
        false => (authorised, told, false),
        true => {
            let looked = faults_of_rows(authorised, (datasets, stations), limits, scratch);
            let (authorised, findings) = looked.map_err(|stop| match stop {
                Stop::Halt(why) => why,
                Stop::Hold(_) | Stop::Reject(_) => "the rows could not be read once more".to_owned(),
            })?;
            let (told, more) = with_others(told, findings);
            (authorised, told, more)
        }
    };
    written(&authorised, &told, more, again).map_err(|error| error.to_string())
}

/// What the receipt told, and what it has no room for; and whether there is more even so.
fn with_others(mut told: Vec<RowFault>, findings: Vec<Finding>) -> (Vec<RowFault>, bool) {
    let more = findings.iter().any(|finding| finding.code == Code::SchemaTooManyFaults);
    let known: BTreeMap<(u64, Option<String>, String), ()> =
        told.iter().map(|fault| ((fault.row, fault.column.clone(), fault.message.clone()), ())).collect();
    let errors = findings.into_iter().filter(|finding| finding.severity() == Severity::Error);
    told.extend(errors.filter_map(|finding| {
        let message = finding.message(Language::Az);
        let fault = RowFault { row: finding.place.row?, column: finding.place.path, message };
        let key = (fault.row, fault.column.clone(), fault.message.clone());
        (!known.contains_key(&key)).then_some(fault)
    }));
    (told, more)
}

fn written(
    authorised: &Authorised,
    faults: &[RowFault],
    mut more: bool,
    Again { datasets, limits, .. }: &Again<'_>,
) -> io::Result<Option<String>> {
    let covered = authorised.verified().covered();
    let Some(dataset) = datasets.by_name.get(authorised.dataset()) else { return Ok(None) };
    let mut by_row: BTreeMap<u64, Vec<&RowFault>> = BTreeMap::new();
    // what is wrong with the names themselves leaves no row to mend
    for fault in faults.iter().filter(|fault| fault.row > 1) {
        by_row.entry(fault.row).or_default().push(fault);
    }
    let mut rows = Rows::new(BufReader::new(covered.octets().reader()), limits.row_of(dataset));
    let (mut text, mut sign, mut names) = (MARK.to_owned(), b',', Vec::new());
    while let Some(last) = by_row.last_key_value().map(|(row, _)| *row) {
        let Next::Row(row) = rows.next()? else { break };
        if row.number == 1 {
            sign = delimiter(row.octets());
            names = cells(&row, sign);
            spreadsheet::row(&mut text, OWN.iter().map(|name| (*name).to_owned()).chain(names.iter().cloned()));
            let notes = names.iter().map(|name| note(dataset, name));
            spreadsheet::row(&mut text, OWN_NOTES.iter().map(|note| (*note).to_owned()).chain(notes));
        } else if let Some(faults) = by_row.get(&row.number) {
            if text.len() >= limits.returned_size_max {
                more = true;
                break;
            }
            let mut why: Vec<String> = faults.iter().map(|fault| worded(fault)).collect();
            let mut values = Vec::new();
            for (at, value) in cells(&row, sign).into_iter().enumerate() {
                let name = names.get(at);
                let column = name.and_then(|name| dataset.column(name)).and_then(|at| dataset.columns.get(at));
                values.push(match (column.map(|column| &column.kind), shortened(&value)) {
                    (Some(ColumnKind::Decimal { places }), None) => with_comma(&value, *places),
                    (Some(ColumnKind::Text(_) | ColumnKind::Station), None) => spreadsheet::as_text(&value),
                    (_, None) => value,
                    (_, Some(short)) => {
                        why.push(format!("{}: {CUT}", name.map_or("", String::as_str)));
                        short
                    }
                });
            }
            let why = why.join(" | ");
            let why = shortened(&why).unwrap_or(why);
            spreadsheet::row(&mut text, [row.number.to_string(), why].into_iter().chain(values));
        }
        if row.number >= last {
            break;
        }
    }
    if names.is_empty() {
        return Ok(None);
    }
    if more {
        spreadsheet::row(&mut text, [String::new(), MORE.to_owned()].into_iter());
    }
    Ok(Some(text))
}

/// Characters of a cell at most: Excel takes 32 767 and cuts the rest off without a word. Fixed, as Excel's is.
const CELL_MAX: usize = 32_000;
const CUT: &str = "dəyər bir xanaya sığmır və burada qısaldılıb («…»); onu öz faylınızda düzəldin";

/// As much of a value as a cell takes; none where it takes all.
fn shortened(value: &str) -> Option<String> {
    let (at, _) = value.char_indices().nth(CELL_MAX)?;
    Some(format!("{}…", value.get(..at).unwrap_or_default()))
}

const MORE: &str = "Başqa səhvlər də var: bunları düzəldib yenidən göndərin, qalanlar onda göstəriləcək.";

/// The fields of a row; where it cannot be taken apart, all of it as one.
fn cells(row: &Row<'_>, delimiter: u8) -> Vec<String> {
    match row.fields(delimiter) {
        Ok(fields) => fields.into_iter().map(|field| field.text.into_owned()).collect(),
        Err(_) => vec![String::from_utf8_lossy(row.octets()).into_owned()],
    }
}

fn worded(fault: &RowFault) -> String {
    match &fault.column {
        // some messages name it themselves
        Some(column) if !fault.message.starts_with(&format!("{column}:")) => format!("{column}: {}", fault.message),
        _ => fault.message.clone(),
    }
}

/// What a column holds, in Azerbaijani.
fn note(dataset: &Dataset, name: &str) -> String {
    let Some(column) = dataset.column(name).and_then(|at| dataset.columns.get(at)) else { return String::new() };
    let unit = column.unit.as_deref().map(|unit| format!(", {unit}")).unwrap_or_default();
    let form = match &column.kind {
        ColumnKind::Decimal { places } => format!(", vergüldən sonra ən çoxu {places} rəqəm"),
        ColumnKind::Geometry(_) => ", WKT".to_owned(),
        ColumnKind::Text(_) => ", mətn (əvvəlindəki ' işarəsi Excel üçündür, dəyərə aid deyil)".to_owned(),
        ColumnKind::Station => String::new(),
    };
    format!("{}{unit}{form}", column.title_az)
}

/// A decimal with the mark that a spreadsheet there expects, or it would make a date of it. What is no decimal stays as
/// it is: that is what is to be mended.
fn with_comma(value: &str, places: u8) -> String {
    match Quantity::parse(value, places, '.') {
        Ok(_) => value.replace('.', ","),
        Err(_) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_comma_where_it_parts_a_decimal() {
        assert_eq!(with_comma("98765.432", 3), "98765,432");
        for wrong in ["98,765.43", "1.2345", "-1.5", "1.5.2026", ""] {
            assert_eq!(with_comma(wrong, 3), wrong);
        }
    }

    #[test]
    fn a_cell_is_no_longer_than_a_spreadsheet_takes() {
        let long = "ə".repeat(CELL_MAX);
        assert_eq!(shortened(&long), None);
        let short = shortened(&format!("{long}ə")).unwrap();
        assert!(short.chars().count() < 32_767 && short.ends_with("ə…"));
    }
}
