//! The heading of a table: how its rows are cut, and what is wrong with them before anybody knows the dataset.
//!
//! Owns which sign parts the columns, and the faults that every table may have whatever it is of: another encoding,
//! another sign, two of them, names that are no names. Said here once, for authority, which asks a table whose it is,
//! and for schema, which reads it. Never knows the columns of a dataset, and never reads past the row that it is given.

use crate::document::{Period, letters};
use crate::finding::{Code, Finding, Hint, Place};

/// What parts the fields of a file with this header: the sign that it has more of, `,` or `;`.
pub fn delimiter(header: &[u8]) -> u8 {
    let count = |sign| header.iter().filter(|&&octet| octet == sign).count();
    if count(b';') > count(b',') { b';' } else { b',' }
}

/// The sign that does not part the fields.
fn other(delimiter: u8) -> u8 {
    if delimiter == b';' { b',' } else { b';' }
}

/// Why a first row is none that can be cut, whatever its columns are.
pub fn unreadable(header: &[u8]) -> Option<Finding> {
    let place = || Place::at(0).row(1);
    let wrong = |found: &str, wanted: &str, hint: Hint| {
        Finding::new(Code::SchemaInvalid).at(place()).found(found).wanted(wanted).hint(hint)
    };
    if is_utf_16(header) {
        return Some(Finding::new(Code::SchemaEncoding).at(place()).found("UTF-16").wanted("UTF-8").hint(UTF_16));
    }
    let start = header.trim_ascii_start().strip_prefix(b"\"").unwrap_or(header.trim_ascii_start());
    if start.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep=")) {
        return Some(wrong(&String::from_utf8_lossy(header), "dataset, …", SIGN_LINE));
    }
    // a carriage return at the end belongs to the line feed behind it
    let inside = header.strip_suffix(b"\r").unwrap_or(header);
    if inside.contains(&b'\r') {
        return Some(wrong("CR", "LF, CRLF", LINE_ENDS));
    }
    let count = |sign: u8| header.iter().filter(|&&octet| octet == sign).count();
    let signs = [(b'\t', "TAB"), (b'|', "|")].into_iter();
    let (_, name) = signs.into_iter().find(|&(sign, _)| count(sign) >= 2 && count(sign) > count(b',') + count(b';'))?;
    Some(wrong(name, ", ;", OTHER_SIGN))
}

/// By its mark; without one, of ASCII every second octet is zero.
fn is_utf_16(header: &[u8]) -> bool {
    let start = header.get(..16).unwrap_or_default();
    let zeros = |from: usize| start.iter().skip(from).step_by(2).all(|&octet| octet == 0);
    header.starts_with(b"\xff\xfe") || header.starts_with(b"\xfe\xff") || zeros(0) != zeros(1)
}

/// The name of a column that holds the other sign: the header is cut at two.
pub fn joined(name: &str, delimiter: u8, place: Place) -> Option<Finding> {
    let (own, other) = (char::from(delimiter), char::from(other(delimiter)));
    let wanted = name.replace(other, &own.to_string());
    name.contains(other).then(|| Finding::new(Code::SchemaInvalid).at(place).found(name).wanted(wanted).hint(TWO_SIGNS))
}

/// Why a row of another number of fields than there are columns is so, where it is cut at the other sign.
pub fn cut_otherwise(row: &[u8], delimiter: u8, columns: usize, place: Place) -> Option<Finding> {
    let (own, other) = (delimiter, other(delimiter));
    let (by_own, by_other) = (fields(row, own), fields(row, other));
    let is_cut_there = match own {
        // commas stand in figures and shapes, too
        b';' => by_own == 1 && by_other >= columns,
        _ => by_other == columns,
    };
    let (found, wanted) = (char::from(other), char::from(own));
    (columns > 1 && by_own != columns && is_cut_there)
        .then(|| Finding::new(Code::SchemaInvalid).at(place).found(found).wanted(wanted).hint(TWO_SIGNS))
}

/// How many fields a row has, when this sign parts them; in quotes it parts nothing.
fn fields(row: &[u8], sign: u8) -> usize {
    let mut is_quoted = false;
    let parts = row.iter().filter(|&&octet| {
        is_quoted ^= octet == b'"';
        octet == sign && !is_quoted
    });
    parts.count() + 1
}

/// Whether a quotation mark stays open at the end of the row.
pub fn is_torn(row: &[u8]) -> bool {
    row.iter().filter(|&&octet| octet == b'"').count() % 2 == 1
}

/// A row whose quotation mark stays open.
pub fn torn(row: &[u8], place: Place) -> Finding {
    let found = String::from_utf8_lossy(row);
    Finding::new(Code::SchemaInvalid).at(place).found(found).wanted("\"…\"").hint(LINE_BREAK)
}

/// A first row in which no name is one that is wanted.
pub fn nameless<'a>(row: &[u8], mut names: impl Iterator<Item = &'a str>, wanted: &str, place: Place) -> Finding {
    let is_figure = |name: &str| {
        name.parse::<Period>().is_ok_and(|period| period != Period::None)
            || (name.len() == 10 && name.bytes().all(|octet| octet.is_ascii_digit()))
    };
    let hint = if names.any(is_figure) { NO_HEADER } else { OTHER_NAMES };
    Finding::new(Code::SchemaInvalid).at(place).found(String::from_utf8_lossy(row)).wanted(wanted).hint(hint)
}

/// What is wrong with a name that looks like this one and is not.
pub fn misnamed(name: &str, wanted: &str) -> Option<Hint> {
    if name == wanted || letters::folded(name) != wanted {
        return None;
    }
    Some(match letters::stranger(name) {
        Some(strange) => strange.told(),
        None if name.trim() != name => BLANKS,
        None => SMALL_LETTERS,
    })
}

/// A table of a header alone.
pub fn no_rows(path: &str) -> Finding {
    Finding::new(Code::SchemaMissing).at(Place::whole().row(2).path(path)).hint(NO_ROWS)
}

const UTF_16: Hint = Hint::fixed(
    "Fayl Unicode (UTF-16) kimi saxlanılıb: saxlayarkən «CSV UTF-8» seçin.",
    "It is saved as Unicode (UTF-16): choose “CSV UTF-8” when saving it.",
);
const SIGN_LINE: Hint = Hint::fixed(
    "«sep=» sətrini silin: birinci sətir sütunların adlarıdır, ayırıcı işarə onlardan bilinir.",
    "Remove the line “sep=”: the first row holds the names of the columns, and they show which sign parts them.",
);
const LINE_ENDS: Hint = Hint::fixed(
    "Sətirlər köhnə Macintosh qaydası ilə (yalnız CR ilə) bitir. Faylı «CSV UTF-8» kimi saxlayın.",
    "The rows end as on an old Macintosh (in CR alone). Save the file as “CSV UTF-8”.",
);
const OTHER_SIGN: Hint = Hint::fixed(
    "Sütunlar bu işarə ilə ayrılıb; onları «,» və ya «;» ilə ayırın (Excel: «CSV UTF-8» kimi saxlayın).",
    "The columns are parted by this sign; part them by “,” or “;” (Excel: save as “CSV UTF-8”).",
);
const TWO_SIGNS: Hint = Hint::fixed(
    "Sütunlar iki cür işarə ilə ayrılıb: həm «,», həm «;». Başlıqda və bütün sətirlərdə eyni işarəni yazın.",
    "The columns are parted by two signs, “,” and “;”. Use the same one in the header and in every row.",
);
const LINE_BREAK: Hint = Hint::fixed(
    "Dırnaq bu sətirdə bağlanmır: dəyərin içində sətir keçidi (Excel-də Alt+Enter) və ya artıq dırnaq var. Onu silin.",
    "A quotation mark does not close in this row: the value holds a line break (Alt+Enter in Excel), or the mark is \
     one too many. Remove it.",
);
const NO_HEADER: Hint = Hint::fixed(
    "Faylın birinci sətri sütunların adlarıdır, bu fayl isə məlumat sətri ilə başlayır. Adlar olan sətri əlavə edin.",
    "The first row of a file holds the names of the columns; this one begins with a row of data. Add the row of \
     names.",
);
const OTHER_NAMES: Hint = Hint::fixed(
    "Faylın birinci sətri sütunların adlarıdır; burada onların heç biri tanınmır. Adları toplunun blankında olduğu \
     kimi yazın, tərcümə etmədən.",
    "The first row of the file holds the names of the columns, and none of these is known. Write them as they stand in \
     the dataset's form, without translating them.",
);
const BLANKS: Hint =
    Hint::fixed("Adın əvvəlində və sonunda boşluq olmamalıdır.", "No blank may stand before or after the name.");
const SMALL_LETTERS: Hint = Hint::fixed("Ad kiçik hərflərlə yazılır.", "The name is written in small letters.");
const NO_ROWS: Hint = Hint::fixed(
    "Başlıqdan sonra heç bir sətir yoxdur. Məlumat sətirlərini əlavə edin.",
    "No row follows the header. Add the rows with the data.",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_row_that_no_reader_may_cut_is_told_apart() {
        let utf_16: Vec<u8> = "dataset,period".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (row, found) in [
            (&b"\xff\xfed\0a\0"[..], "UTF-16"),
            (&utf_16, "UTF-16"),
            (b"sep=;\r", "sep=; "),
            (b"\"SEP=,\"", "\"SEP=,\""),
            (b"dataset,period\rgeneration,2026\r", "CR"),
            (b"dataset\tperiod\tstation,x", "TAB"),
            (b"dataset|period|station", "|"),
        ] {
            assert_eq!(unreadable(row).and_then(|finding| finding.found).as_deref(), Some(found), "{row:?}");
        }
        for row in [&b"dataset,period\r"[..], b"", b"dataset", b"a;b;c", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"] {
            assert_eq!(unreadable(row), None, "{row:?}");
        }
    }

    #[test]
    fn a_row_is_cut_otherwise_only_where_the_other_sign_makes_it_whole() {
        let cut = |row: &str, sign, columns| cut_otherwise(row.as_bytes(), sign, columns, Place::whole()).is_some();
        assert!(cut("a;b;c", b',', 3) && cut("a;b;1,5", b',', 3) && cut("a,b,c", b';', 3) && cut("a,b,1,5", b';', 3));
        assert!(!cut("a,b", b',', 3) && !cut("a,b,c;d", b',', 3) && !cut("\"a;b;c\"", b',', 3) && !cut("a", b',', 1));
        // a shape has commas, and a row too short is too short
        assert!(!cut("a;LINESTRING(1 2,3 4,5 6,7 8)", b';', 3));
    }
}
