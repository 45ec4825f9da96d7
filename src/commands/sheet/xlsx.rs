//! A sheet as a workbook: Office Open XML (ECMA-376, ISO/IEC 29500 transitional), in the fewest parts that it needs.
//!
//! The first sheet has the header in its first row, held in sight and ready to be filtered, and figures as numbers with
//! all their places; the second says what the first is. Digits are written as they are, so no number passes through
//! floating point here. Texts are inline strings, and no cell has a formula. The parts lie in the archive unpacked, and
//! the same sheet at the same moment gives the same octets. Never reads a workbook.

use super::{Cell, Column, Sheet, said, totals};
use crate::commands::table::columns as wide;
use crate::container::write::{WriteFault, Writer};
use crate::finding::Language;
use jiff::Timestamp;
use std::fmt::Write as _;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const MADE_OF: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Most places that a figure has (a description allows 9).
const PLACES_MAX: usize = 9;
/// The first number that a format of one's own may have (18.8.30).
const FORMATS_FROM: usize = 164;
/// The style of a header.
const HEADER: usize = 1;
/// The style of a row of totals' words.
const TOTAL: usize = 2;
/// The first style of figures: of those without places; then with one, and so on.
const FIGURES: usize = 3;
/// The first style of totals of figures.
const SUMS: usize = FIGURES + PLACES_MAX + 1;
/// Widest that a column begins with, in characters.
const WIDEST: usize = 60;
/// The longest text of a cell, in characters (Excel's own limit).
const TEXT_MAX: usize = 32_767;

pub(super) fn workbook(sheet: &Sheet, language: Language, at: Timestamp) -> Result<Vec<u8>, WriteFault> {
    let mut archive = Writer::new(Vec::new(), at);
    let parts = [
        ("[Content_Types].xml", content_types()),
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
        ("xl/workbook.xml", book(sheet, language)),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[
                ("worksheet", "worksheets/sheet1.xml"),
                ("worksheet", "worksheets/sheet2.xml"),
                ("styles", "styles.xml"),
            ]),
        ),
        ("xl/styles.xml", styles()),
        ("xl/worksheets/sheet1.xml", rows(sheet, language)),
        ("xl/worksheets/sheet2.xml", about(sheet)),
    ];
    for (name, text) in parts {
        archive.add(name, text.as_bytes())?;
    }
    archive.finish()
}

fn content_types() -> String {
    let part = |name: &str, kind: &str| {
        format!("<Override PartName=\"/xl/{name}.xml\" ContentType=\"{MADE_OF}.{kind}+xml\"/>")
    };
    let parts = [
        part("workbook", "sheet.main"),
        part("worksheets/sheet1", "worksheet"),
        part("worksheets/sheet2", "worksheet"),
        part("styles", "styles"),
    ];
    format!(
        "{DECLARATION}<Types xmlns=\"{TYPES}\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{}</Types>",
        parts.concat()
    )
}

fn relations(of: &[(&str, &str)]) -> String {
    let mut text = format!("{DECLARATION}<Relationships xmlns=\"{RELATIONS}\">");
    for (number, (kind, target)) in (1..).zip(of) {
        let _ = write!(text, "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>");
    }
    text + "</Relationships>"
}

fn book(sheet: &Sheet, language: Language) -> String {
    let names = [said(language, "Hesabat", "Report"), said(language, "Haqqında", "About")];
    let [first, second] = names;
    format!(
        "{DECLARATION}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>\
         <sheet name=\"{first}\" sheetId=\"1\" r:id=\"rId1\"/><sheet name=\"{second}\" sheetId=\"2\" r:id=\"rId2\"/>\
         </sheets><definedNames><definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"0\" hidden=\"1\">\
         '{first}'!{range}</definedName></definedNames></workbook>",
        range = range(sheet, "$"),
    )
}

/// The cells with header and rows, without the totals.
fn range(sheet: &Sheet, mark: &str) -> String {
    let last = letters(sheet.columns.len().saturating_sub(1));
    format!("{mark}A{mark}1:{mark}{last}{mark}{}", sheet.rows.len() + 1)
}

/// Words, a header, totals, and figures of 0 to [`PLACES_MAX`] places, plain and as totals.
fn styles() -> String {
    let format = |places: usize| match places {
        0 => "#,##0".to_owned(),
        places => format!("#,##0.{}", "0".repeat(places)),
    };
    let formats: Vec<String> = (0..=PLACES_MAX)
        .map(|places| format!("<numFmt numFmtId=\"{}\" formatCode=\"{}\"/>", FORMATS_FROM + places, format(places)))
        .collect();
    let figures = |font: usize, border: usize| {
        let one = |places: usize| {
            format!(
                "<xf numFmtId=\"{}\" fontId=\"{font}\" fillId=\"0\" borderId=\"{border}\" xfId=\"0\" \
                 applyNumberFormat=\"1\"/>",
                FORMATS_FROM + places
            )
        };
        (0..=PLACES_MAX).map(one).collect::<String>()
    };
    let font = |bold: &str| format!("<font>{bold}<sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>");
    let words = |font: usize, border: usize| {
        format!("<xf numFmtId=\"0\" fontId=\"{font}\" fillId=\"0\" borderId=\"{border}\" xfId=\"0\"/>")
    };
    let border = |top: &str| format!("<border><left/><right/>{top}<bottom/><diagonal/></border>");
    format!(
        "{DECLARATION}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"{formats_count}\">{formats}</numFmts>\
         <fonts count=\"2\">{plain}{bold}</fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>\
         <fill><patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"2\">{none}{line}</borders>\
         <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
         <cellXfs count=\"{styles_count}\">{plain_words}{header}{total}{figures}{sums}</cellXfs>\
         <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>",
        formats_count = PLACES_MAX + 1,
        formats = formats.concat(),
        plain = font(""),
        bold = font("<b/>"),
        none = border("<top/>"),
        line = border("<top style=\"thin\"><color auto=\"1\"/></top>"),
        styles_count = SUMS + PLACES_MAX + 1,
        plain_words = words(0, 0),
        header = words(1, 0),
        total = words(1, 1),
        figures = figures(0, 0),
        sums = figures(1, 1),
    )
}

fn rows(sheet: &Sheet, language: Language) -> String {
    let sums = totals(sheet, language);
    let mut text = format!(
        "{DECLARATION}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\">\
         <pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>"
    );
    let widths = sheet.columns.iter().enumerate().map(|(at, column)| width(sheet, at, column));
    columns(&mut text, widths);
    text.push_str("<sheetData>");
    let heads = sheet.columns.iter().map(|column| Cell::Text(column.title.clone()));
    row(&mut text, 1, &heads.collect::<Vec<_>>(), HEADER, FIGURES);
    for (number, cells) in (2..).zip(&sheet.rows) {
        row(&mut text, number, cells, 0, FIGURES);
    }
    if let Some(sums) = sums {
        row(&mut text, sheet.rows.len() + 2, &sums, TOTAL, SUMS);
    }
    let _ = write!(text, "</sheetData><autoFilter ref=\"{}\"/></worksheet>", range(sheet, ""));
    text
}

fn about(sheet: &Sheet) -> String {
    let mut text = format!("{DECLARATION}<worksheet xmlns=\"{MAIN}\">");
    columns(&mut text, [24, WIDEST].into_iter());
    text.push_str("<sheetData>");
    row(&mut text, 1, &[Cell::Text(sheet.title.clone())], HEADER, FIGURES);
    let told = sheet.facts.iter().filter_map(|fact| Some([fact.title.to_owned(), fact.shown()?]));
    let remarks = sheet.remarks.iter().map(|remark| [String::new(), remark.clone()]);
    for (number, cells) in (2..).zip(told.chain(remarks)) {
        row(&mut text, number, &cells.map(Cell::Text), 0, FIGURES);
    }
    text + "</sheetData></worksheet>"
}

fn columns(text: &mut String, widths: impl Iterator<Item = usize>) {
    text.push_str("<cols>");
    for (number, width) in (1..).zip(widths) {
        let _ = write!(text, "<col min=\"{number}\" max=\"{number}\" width=\"{width}\" customWidth=\"1\"/>");
    }
    text.push_str("</cols>");
}

/// What its longest cell takes, with room for the marks between thousands and the button of the filter.
fn width(sheet: &Sheet, at: usize, column: &Column) -> usize {
    let cells = sheet.rows.iter().chain(&sheet.total).filter_map(|row| row.get(at));
    let longest = cells.map(|cell| match cell {
        Cell::Figure(figure) => figure.len() + figure.len() / 3,
        other => wide(&other.shown()),
    });
    longest.chain([wide(&column.title) + 2]).max().unwrap_or(0).clamp(8, WIDEST) + 2
}

fn row(text: &mut String, number: usize, cells: &[Cell], words: usize, figures: usize) {
    let _ = write!(text, "<row r=\"{number}\">");
    for (at, cell) in cells.iter().enumerate() {
        let place = format!("{}{number}", letters(at));
        let _ = match cell {
            Cell::Empty if words == 0 => Ok(()),
            Cell::Empty => write!(text, "<c r=\"{place}\" s=\"{words}\"/>"),
            Cell::Count(count) => write!(text, "<c r=\"{place}\" s=\"{figures}\"><v>{count}</v></c>"),
            Cell::Figure(figure) => {
                let places = figure.split_once('.').map_or(0, |(_, places)| places.len()).min(PLACES_MAX);
                write!(text, "<c r=\"{place}\" s=\"{}\"><v>{figure}</v></c>", figures + places)
            }
            Cell::Text(_) | Cell::Word(..) => {
                let shown = escaped(&cell.shown());
                write!(
                    text,
                    "<c r=\"{place}\" s=\"{words}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{shown}</t></is></c>"
                )
            }
        };
    }
    text.push_str("</row>");
}

/// The letters of a column, the first being A.
fn letters(at: usize) -> String {
    let (mut rest, mut letters) = (at + 1, Vec::new());
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// A text as XML 1.0 takes it (2.2): what it cannot hold is shown as U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(TEXT_MAX) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_spreadsheets_count_them() {
        for (at, wanted) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(at), wanted);
        }
    }

    #[test]
    fn what_xml_cannot_hold_is_seen() {
        assert_eq!(escaped("a<b>&\u{1}\u{ffff}ə"), "a&lt;b&gt;&amp;\u{fffd}\u{fffd}ə");
    }
}
