//! A sheet as CSV for a spreadsheet: one header, the rows, and the row of totals.
//!
//! What else there is to say of it stands in the other forms: a spreadsheet would take it for rows. Never writes a cell
//! that acts as a formula.

use super::{Cell, Sheet, totals};
use crate::finding::Language;
use crate::schema::spreadsheet;

pub(super) fn text(sheet: &Sheet, language: Language) -> String {
    let mut text = spreadsheet::MARK.to_owned();
    spreadsheet::row(&mut text, sheet.columns.iter().map(|column| column.title.clone()));
    for row in sheet.rows.iter().chain(totals(sheet, language).as_ref()) {
        spreadsheet::row(&mut text, row.iter().map(cell));
    }
    text
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Figure(figure) => figure.replace('.', ","),
        other => other.shown(),
    }
}
