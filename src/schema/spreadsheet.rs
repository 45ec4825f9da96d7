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

/// A value that is a text and stays one: what a spreadsheet would take for a date, a time or a number has the sign
/// before it that means text there, as what begins like a formula has.
pub fn as_text(value: &str) -> String {
    if becomes_another(value) { format!("'{value}") } else { value.to_owned() }
}

/// Whether a spreadsheet that opens it shows another value: `17/1` a date, `00123` the number 123, `12E5` a large one.
/// Rather one too many than one too few.
fn becomes_another(value: &str) -> bool {
    /// Digits that are shown as they are.
    const DIGITS: usize = 11;
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let value = value.trim();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
    if is_number(value) {
        return value.len() > DIGITS || (value.len() > 1 && value.starts_with('0'));
    }
    let is_month = |part: &str| {
        let part = part.to_ascii_lowercase();
        MONTHS.iter().any(|month| part.starts_with(month)) && part.bytes().all(|octet| octet.is_ascii_alphabetic())
    };
    let parts: Vec<&str> = value.split(['/', '-', '.', ':', ' ', 'E', 'e']).collect();
    if (2..=4).contains(&parts.len()) && parts.iter().all(|part| is_number(part)) {
        return true;
    }
    let parts: Vec<&str> = value.split(['/', '-', '.', ' ']).collect();
    (2..=3).contains(&parts.len())
        && parts.iter().any(|part| is_month(part))
        && parts.iter().all(|part| is_number(part) || is_month(part))
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
    fn a_code_is_no_date_and_no_number() {
        for value in
            ["17/1", "00123", "1-2", "01.02.2024", "12:30", "12E5", "1234567890123", "MAR-12", "3 sep 2026", "1.5"]
        {
            assert_eq!(as_text(value), format!("'{value}"), "{value}");
        }
        for value in ["123", "GUN-0001", "A17/1", "17/A", "SU-0001", "0", "", "9990000631", "AZ-MI", "Mart-x"] {
            assert_eq!(as_text(value), value, "{value}");
        }
    }

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
