//! The rows of a CSV file: RFC 4180 read strictly, each field with its offset.
//!
//! Ours and not a library's, for two reasons: a finding needs the place of the very field, and what
//! readers forgive in different ways (a quote inside a value, text after a closing quote, a quote
//! never closed) would let two of them read different figures from the same signed octets. A
//! quoted field holds no line break, so a row is a line and rows count as people see them.

pub(super) use crate::authority::heading::delimiter;

use std::borrow::Cow;
use std::io::{self, BufRead};

/// One field: its value without quotes, and where it begins.
pub(super) struct Field<'a> {
    pub text: Cow<'a, str>,
    pub offset: u64,
    /// Where its content begins: behind the quote, if one opens it.
    pub content: u64,
}

/// Why a row cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    /// Not UTF-8.
    Encoding,
    /// Quotes that do not close, or stand inside a value.
    Quote,
}

/// One row, not taken apart yet.
pub(super) struct Row<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Where it begins.
    pub offset: u64,
    octets: &'a [u8],
}

/// A row that is kept while others are read.
pub(super) struct Kept {
    number: u64,
    offset: u64,
    octets: Vec<u8>,
}

impl Kept {
    /// The row.
    pub fn row(&self) -> Row<'_> {
        Row { number: self.number, offset: self.offset, octets: &self.octets }
    }
}

/// Reads rows one by one.
pub(super) struct Rows<R> {
    input: R,
    max: usize,
    line: Vec<u8>,
    number: u64,
    next: u64,
}

/// What comes next in the file.
pub(super) enum Next<'a> {
    /// A row.
    Row(Row<'a>),
    /// A row longer than allowed begins here.
    TooLong { number: u64, offset: u64 },
    /// Nothing.
    End,
}

impl<R: BufRead> Rows<R> {
    /// Reads rows of at most so many octets.
    pub fn new(input: R, max: usize) -> Self {
        Self { input, max, line: Vec::new(), number: 0, next: 0 }
    }

    /// The next row.
    ///
    /// # Errors
    /// What the disk says.
    pub fn next(&mut self) -> io::Result<Next<'_>> {
        self.line.clear();
        let mut limited = io::Read::take(&mut self.input, self.max as u64 + 2);
        let count = limited.read_until(b'\n', &mut self.line)?;
        if count == 0 {
            return Ok(Next::End);
        }
        self.number += 1;
        let mut offset = self.next;
        self.next += count as u64;
        let mut octets = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        octets = octets.strip_suffix(b"\r").unwrap_or(octets);
        if octets.len() > self.max {
            return Ok(Next::TooLong { number: self.number, offset });
        }
        if self.number == 1
            && let Some(rest) = octets.strip_prefix(b"\xef\xbb\xbf")
        {
            octets = rest; // a byte order mark says nothing in UTF-8
            offset += 3;
        }
        Ok(Next::Row(Row { number: self.number, offset, octets }))
    }
}

impl<'a> Row<'a> {
    /// Its octets, without the line end.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// The same, to be kept.
    pub fn kept(&self) -> Kept {
        Kept { number: self.number, offset: self.offset, octets: self.octets.to_vec() }
    }

    /// Its fields.
    ///
    /// # Errors
    /// The fault, and the offset where it shows.
    pub fn fields(&self, delimiter: u8) -> Result<Vec<Field<'a>>, (RowFault, u64)> {
        let text = std::str::from_utf8(self.octets)
            .map_err(|error| (RowFault::Encoding, self.offset + error.valid_up_to() as u64))?;
        let mut fields = Vec::new();
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            let (field, taken) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (field, length) = unquote(quoted).ok_or((RowFault::Quote, self.offset + at as u64))?;
                    (field, length + 1)
                }
                None => {
                    let length = rest.bytes().position(|b| b == delimiter).unwrap_or(rest.len());
                    let field = rest.get(..length).unwrap_or_default();
                    if let Some(quote) = field.find('"') {
                        return Err((RowFault::Quote, self.offset + (at + quote) as u64));
                    }
                    (Cow::Borrowed(field), length)
                }
            };
            let offset = self.offset + at as u64;
            fields.push(Field { text: field, offset, content: offset + u64::from(rest.starts_with('"')) });
            match rest.as_bytes().get(taken) {
                None => return Ok(fields),
                Some(&next) if next == delimiter => at += taken + 1,
                Some(_) => return Err((RowFault::Quote, self.offset + (at + taken) as u64)),
            }
        }
    }
}

/// A quoted value after its opening quote: the value, and how many octets it took with the closing
/// one; none when it never closes.
fn unquote(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut value = Cow::Borrowed("");
    let mut from = 0;
    loop {
        let quote = from + text.get(from..)?.find('"')?;
        let piece = text.get(from..quote)?;
        if matches!(value, Cow::Borrowed("")) {
            value = Cow::Borrowed(piece)
        } else {
            value.to_mut().push_str(piece)
        }
        if text.as_bytes().get(quote + 1) != Some(&b'"') {
            return Some((value, quote + 1));
        }
        value.to_mut().push('"');
        from = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fields = Vec<(String, u64)>;

    fn read(text: &[u8]) -> Vec<Result<Fields, (RowFault, u64)>> {
        let mut rows = Rows::new(text, 1000);
        let mut all = Vec::new();
        while let Next::Row(row) = rows.next().unwrap() {
            all.push(
                row.fields(b',').map(|fields| fields.into_iter().map(|f| (f.text.into_owned(), f.offset)).collect()),
            );
        }
        all
    }

    #[test]
    fn fields_are_unquoted_and_know_their_place() {
        let rows = read(b"\xef\xbb\xbfa,\"b\"\"c,\",\r\n\"\",d");
        let expected = |fields: &[(&str, u64)]| Ok(fields.iter().map(|&(t, o)| (t.to_owned(), o)).collect::<Vec<_>>());
        assert_eq!(rows, [expected(&[("a", 3), ("b\"c,", 5), ("", 13)]), expected(&[("", 15), ("d", 18)])]);
    }

    #[test]
    fn what_other_readers_forgive_is_refused() {
        for (text, at) in [("a,b\"c", 3), ("\"a\"b,c", 3), ("a,\"b", 2), ("\"a\nb\"", 0)] {
            assert_eq!(read(text.as_bytes())[0], Err((RowFault::Quote, at)), "{text}");
        }
        assert_eq!(read(b"a,\xffb")[0], Err((RowFault::Encoding, 2)));
    }

    #[test]
    fn a_line_without_end_fills_no_memory() {
        let text = vec![b'x'; 10_000];
        let mut rows = Rows::new(&text[..], 100);
        assert!(matches!(rows.next().unwrap(), Next::TooLong { number: 1, offset: 0 }));
    }

    proptest::proptest! {
        /// What a CSV writer writes is read back as it was.
        #[test]
        fn written_rows_are_read_back(fields in proptest::collection::vec("[a-zəş0-9,;\"' .]{0,8}", 2..6)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&fields).unwrap();
            let text = writer.into_inner().unwrap();
            let row = read(&text).remove(0).unwrap();
            proptest::prop_assert_eq!(row.into_iter().map(|(text, _)| text).collect::<Vec<_>>(), fields);
        }

        /// What is taken here, a forgiving reader reads the same: no two readings of signed octets.
        #[test]
        fn what_is_taken_others_read_the_same(line in "[a1,\"]{1,12}") {
            if let Some(Ok(row)) = read(line.as_bytes()).into_iter().next() {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
                let record = reader.records().next().unwrap().unwrap();
                let ours: Vec<_> = row.iter().map(|(text, _)| text.as_str()).collect();
                proptest::prop_assert_eq!(ours, record.iter().collect::<Vec<_>>());
            }
        }
    }
}
