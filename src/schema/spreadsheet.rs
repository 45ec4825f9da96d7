//! Rows of a file that a spreadsheet opens by a double click.
//!
//! Owns the form: UTF-8 with a byte order mark, `;` between the columns and CRLF behind each row, as Excel opens it
//! where the decimal mark is a comma; and that no cell acts as a formula. Never knows what a cell means.

/// The byte order mark, which stands before the first row: without it Excel takes the octets for those of a code page.
pub const MARK: &str = "\u{feff}";

/// Appends a row.
pub fn row(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(';');
        }
        text.push_str(&cell_of(&cell));
    }
    text.push_str("\r\n");
}

/// A cell that is text whatever it begins with: spreadsheets take what begins with one of these signs, after blanks
/// too, for a formula, and run it when the file is opened.
pub fn cell_of(value: &str) -> String {
    let shown: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let begins = shown.trim_start().chars().next();
    let acts = begins.is_some_and(|first| matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    // the field separator of another locale would part the cell
    let is_quoted = acts || shown.contains(['"', ';', ',']) || shown.starts_with(' ') || shown.ends_with(' ');
    match is_quoted {
        true => format!("\"{}{}\"", if acts { "'" } else { "" }, shown.replace('"', "\"\"")),
        false => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_acts_as_a_formula() {
        for (value, cell) in [
            ("=1+1", "\"'=1+1\""),
            ("  -5", "\"'  -5\""),
            ("\u{a0}@x", "\"'\u{a0}@x\""),
            ("＝x", "\"'＝x\""),
            ("\t=x", "\"' =x\""),
            ("a\"b;c", "\"a\"\"b;c\""),
            ("98765,432", "\"98765,432\""),
            ("GUN-0001", "GUN-0001"),
            ("", ""),
        ] {
            assert_eq!(cell_of(value), cell, "{value:?}");
        }
    }
}
