//! A sheet: rows of named columns, which a person reads in a terminal or a spreadsheet, and a program as JSON.
//!
//! Owns the value and the choice of its form; `sheet/csv.rs` and `sheet/xlsx.rs` write the two forms that are files.
//! Figures are exact decimals written with a point, and stay text until they are written: nothing here computes. Never
//! knows what a column means.

mod csv;
mod json;
mod xlsx;

use super::files::Making;
use super::table::{Side, Table};
use super::{Format, Screen, Trouble, times};
use crate::finding::Language;
use crate::host::printable;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// In which form a sheet is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For a terminal
    Table,
    /// For a spreadsheet: byte order mark, ; and decimal comma; no cell acts as a formula
    Csv,
    /// For programs: one value, figures as exact decimals in text
    Json,
    /// A workbook, with figures as numbers
    Xlsx,
}

/// In which form, and where to.
#[derive(Debug, Args)]
pub struct FormArgs {
    /// The form of the answer
    #[arg(long = "format", value_enum, default_value_t = Form::Table)]
    pub form: Form,
    /// Write into this file, and replace it [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl FormArgs {
    /// In which form a command that could not answer says so.
    pub fn format(&self) -> Format {
        match self.form {
            Form::Json => Format::Json,
            Form::Table | Form::Csv | Form::Xlsx => Format::Text,
        }
    }
}

/// Rows of columns, with what there is to say of them.
#[derive(Debug)]
pub struct Sheet {
    /// What it is.
    pub title: String,
    /// What it was asked for, and when.
    pub facts: Vec<Fact>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// A row of totals; none where there is nothing to sum.
    pub total: Option<Vec<Cell>>,
    /// What a reader has to know besides.
    pub remarks: Vec<String>,
}

/// Something about a sheet as a whole.
#[derive(Debug)]
pub struct Fact {
    /// For programs.
    pub name: &'static str,
    /// For people; a fact without one is for programs alone.
    pub title: &'static str,
    /// Null where it is not known or was not asked for.
    pub value: serde_json::Value,
    /// The same for people, where they read it in another form.
    pub worded: Option<String>,
}

impl Fact {
    /// One that people read as programs do.
    pub fn new(name: &'static str, title: &'static str, value: serde_json::Value) -> Self {
        Self { name, title, value, worded: None }
    }

    /// One for programs alone.
    pub fn silent(name: &'static str, value: serde_json::Value) -> Self {
        Self::new(name, "", value)
    }

    /// By what was known at which moment: in Baku's time for people.
    pub fn known_at(at: Timestamp, language: Language) -> Self {
        let title = said(language, "Bu tarixə məlum olan", "Known at");
        Self { worded: Some(times::both(at)), ..Self::new("known_at", title, at.to_string().into()) }
    }
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// For programs.
    pub name: String,
    /// For people, with its unit.
    pub title: String,
    /// Whether its cells are numbers.
    pub is_number: bool,
}

impl Column {
    /// One of words.
    pub fn words(name: &str, title: impl Into<String>) -> Self {
        Self { name: name.to_owned(), title: title.into(), is_number: false }
    }

    /// One of numbers.
    pub fn numbers(name: &str, title: impl Into<String>) -> Self {
        Self { name: name.to_owned(), title: title.into(), is_number: true }
    }
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing stands there.
    Empty,
    /// A text.
    Text(String),
    /// A word that programs know by another.
    Word(&'static str, &'static str),
    /// How many.
    Count(u64),
    /// An exact decimal with a point, as `98765.432`.
    Figure(String),
}

impl Cell {
    /// A text; nothing where there is none.
    pub fn text(text: Option<impl ToString>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.to_string()))
    }

    /// As people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Figure(text) => text.clone(),
            Self::Word(_, shown) => (*shown).to_owned(),
            Self::Count(count) => count.to_string(),
        }
    }
}

/// One of two texts.
pub fn said<'a>(language: Language, az: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Az => az,
        Language::En => en,
    }
}

impl Fact {
    /// Its value as people read it; none where there is nothing to say.
    fn shown(&self) -> Option<String> {
        match &self.value {
            _ if self.title.is_empty() => None,
            _ if self.worded.is_some() => self.worded.clone(),
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Array(many) if many.is_empty() => None,
            serde_json::Value::Array(many) => {
                let words = many.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
                Some(words.collect::<Vec<_>>().join(", "))
            }
            other => Some(other.to_string()),
        }
    }
}

/// Gives it out; `at` dates the parts of a workbook.
///
/// # Errors
/// Usage: a workbook that nobody would see, or a file that cannot be made. Broken: the disk's.
pub fn deliver(
    sheet: &Sheet,
    args: &FormArgs,
    language: Language,
    at: Timestamp,
    screen: &mut Screen,
) -> Result<(), Trouble> {
    match (&args.output, args.form) {
        (None, Form::Xlsx) if std::io::stdout().is_terminal() => {
            Err(Trouble::usage("a workbook is nothing for a terminal: name a file with -o, or redirect stdout"))
        }
        (None, Form::Table) => {
            screen.say(in_terminal(sheet, language));
            Ok(())
        }
        (None, Form::Json) => {
            screen.json(&json::Whole(sheet));
            Ok(())
        }
        (None, Form::Csv | Form::Xlsx) => {
            screen.raw(&octets(sheet, args.form, language, at)?);
            Ok(())
        }
        (Some(path), form) => {
            let mut file = Making::begin(path, true)?;
            file.write_all(&octets(sheet, form, language, at)?)
                .map_err(|error| Trouble::broken(format!("{}: {error}", path.display())))?;
            file.finish()?;
            // with `--format json` programs wait for a value
            let rows = sheet.rows.len();
            screen.json(&serde_json::json!({"file": path.display().to_string(), "rows": rows}));
            screen.note(format!("{}: {rows} rows", path.display()));
            Ok(())
        }
    }
}

fn octets(sheet: &Sheet, form: Form, language: Language, at: Timestamp) -> Result<Vec<u8>, Trouble> {
    let broken = |why: String| Trouble::broken(why);
    match form {
        Form::Table => Ok((printable(&in_terminal(sheet, language)) + "\n").into_bytes()),
        Form::Csv => Ok(csv::text(sheet, language).into_bytes()),
        Form::Xlsx => xlsx::workbook(sheet, language, at).map_err(|fault| broken(fault.to_string())),
        Form::Json => {
            let mut octets = serde_json::to_vec(&json::Whole(sheet)).map_err(|error| broken(error.to_string()))?;
            octets.push(b'\n');
            Ok(octets)
        }
    }
}

/// The word at the head of the row of totals.
fn total_word(language: Language) -> &'static str {
    said(language, "Cəmi", "Total")
}

/// The row of totals, with its word in the first column of words that has nothing else to say.
fn totals(sheet: &Sheet, language: Language) -> Option<Vec<Cell>> {
    let mut row = sheet.total.clone()?;
    let first = sheet.columns.iter().zip(&mut row).find(|(column, cell)| !column.is_number && **cell == Cell::Empty);
    if let Some((_, cell)) = first {
        *cell = Cell::Word("total", total_word(language));
    }
    Some(row)
}

fn in_terminal(sheet: &Sheet, language: Language) -> String {
    let mut lines = vec![sheet.title.clone()];
    lines.extend(sheet.facts.iter().filter_map(|fact| Some(format!("{}: {}", fact.title, fact.shown()?))));
    lines.push(String::new());
    let side = |column: &Column| if column.is_number { Side::Right } else { Side::Left };
    let mut table = Table::new(sheet.columns.iter().map(|column| (column.title.as_str(), side(column))));
    for row in sheet.rows.iter().chain(totals(sheet, language).as_ref()) {
        table.row(row.iter().map(Cell::shown));
    }
    lines.push(match sheet.rows.is_empty() {
        true => said(language, "Heç nə yoxdur.", "There is nothing.").to_owned(),
        false => table.to_string(),
    });
    if !sheet.remarks.is_empty() {
        lines.push(String::new());
        lines.extend(sheet.remarks.iter().cloned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
