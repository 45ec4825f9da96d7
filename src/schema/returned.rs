//! Refused rows, given back: the faulty rows of a rejected table, each with its faults, for a spreadsheet.
//!
//! Owns the form of that file: UTF-8 with a byte order mark, `;` between the columns and CRLF behind each row, as
//! Excel opens it where the decimal mark is a comma. Row by row the number that it has in the file, what is wrong and
//! what to do, then the row itself under the names of its own columns; below the names a row says what each column
//! holds. Nothing in it acts as a formula. A courtesy that nobody signs and that is no receipt: it never judges, and
//! never says more than the receipt beside it.

use super::rows::{Next, Row, Rows, delimiter};
use super::spreadsheet::{self, MARK};
use super::{ColumnKind, Dataset, Datasets, Limits};
use crate::authority::{Authorised, Written};
use crate::document::Quantity;
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

/// The faulty rows of a document that is a table; none where it is none, or none of its rows is at fault. `more` says
/// that the receipt does not list all faults.
///
/// # Errors
/// What the disk says.
pub fn returned(
    authorised: &Authorised,
    faults: &[RowFault],
    more: bool,
    datasets: &Datasets,
    limits: &Limits,
) -> io::Result<Option<String>> {
    let covered = authorised.verified().covered();
    let dataset = datasets.by_name.get(authorised.dataset());
    let (Ok(Written::Table), Some(dataset)) = (covered.written(), dataset) else { return Ok(None) };
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
            let why: Vec<String> = faults.iter().map(|fault| worded(fault)).collect();
            let values = cells(&row, sign).into_iter().enumerate().map(|(at, value)| {
                let column = names.get(at).and_then(|name| dataset.column(name)).and_then(|at| dataset.columns.get(at));
                match column.map(|column| &column.kind) {
                    Some(ColumnKind::Decimal { places }) => with_comma(&value, *places),
                    _ => value,
                }
            });
            spreadsheet::row(&mut text, [row.number.to_string(), why.join(" | ")].into_iter().chain(values));
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
        ColumnKind::Station | ColumnKind::Text(_) => String::new(),
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
}
