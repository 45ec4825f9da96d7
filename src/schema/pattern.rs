//! The pattern of a text column: so little of regular expressions that XSD, ECMAScript, Python and we read it alike.
//!
//! A row of pieces, each a character or a class in square brackets, perhaps with `?`, `*`, `+`, `{n}` or `{n,m}`
//! behind it. No groups, no alternatives, no classes of a library's own (`\d` is another set in each), nothing that
//! could take a control character: a value stands on one line of a CSV, of the digested rows and of a receipt.

use std::fmt;
use std::str::FromStr;

/// A pattern, as it is written and as it is matched.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Eq)]
struct Piece {
    ranges: Vec<(char, char)>,
    least: usize,
    most: usize,
}

/// Most repetitions, where none are said: no value is longer ([`super::form::TEXT_MAX`]).
const UNBOUNDED: usize = usize::MAX;

impl Pattern {
    /// Whether the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        let characters: Vec<char> = text.chars().collect();
        // the positions that the pieces so far can have reached: no backtracking, so no text takes long
        let (mut reached, mut next) = (vec![0usize], Vec::new());
        for piece in &self.pieces {
            for &from in &reached {
                let rest = characters.iter().skip(from);
                let run = rest.take(piece.most).take_while(|&&c| piece.takes(c)).count();
                next.extend((piece.least..=run).map(|count| from.saturating_add(count)));
            }
            next.sort_unstable();
            next.dedup();
            std::mem::swap(&mut reached, &mut next);
            next.clear();
        }
        reached.contains(&characters.len())
    }

    /// As it stands in the description, for schemas.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A text that fits, for examples.
    pub fn example(&self) -> String {
        let one = |piece: &Piece| {
            let first = piece.ranges.first().map_or('0', |&(first, _)| first);
            std::iter::repeat_n(first, piece.least.max(usize::from(piece.most > 0)))
        };
        self.pieces.iter().flat_map(one).collect()
    }
}

impl Piece {
    fn takes(&self, c: char) -> bool {
        self.ranges.iter().any(|&(first, last)| (first..=last).contains(&c))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What stands for itself outside a class.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | ':')
}

impl FromStr for Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "a row of letters, digits, - _ / : and classes as [A-Z0-9.], each perhaps with ? * + {n} \
            or {n,m} behind it";
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let behind = &rest[first.len_utf8()..];
            let (ranges, behind) = match first {
                '[' => {
                    let (inside, behind) = behind.split_once(']').ok_or(WANTED)?;
                    (class(inside).ok_or(WANTED)?, behind)
                }
                c if is_plain(c) => (vec![(c, c)], behind),
                _ => return Err(WANTED),
            };
            let (least, most, behind) = repeated(behind).ok_or(WANTED)?;
            pieces.push(Piece { ranges, least, most });
            rest = behind;
        }
        if pieces.is_empty() {
            return Err(WANTED);
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

/// What stands in the brackets: characters, and ranges between ASCII letters or digits; `-` stands last, unescaped.
fn class(inside: &str) -> Option<Vec<(char, char)>> {
    let characters: Vec<char> = inside.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(&first) = characters.get(at) {
        match (characters.get(at + 1), characters.get(at + 2)) {
            (Some('-'), Some(&last)) => {
                let fits = first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() && first <= last;
                ranges.push(fits.then_some((first, last))?);
                at += 3;
            }
            _ => {
                let ends_with_hyphen = first == '-' && at + 1 == characters.len() && at > 0;
                let fits = ends_with_hyphen || (first != '-' && (is_plain(first) || first == '.'));
                ranges.push(fits.then_some((first, first))?);
                at += 1;
            }
        }
    }
    (!ranges.is_empty()).then_some(ranges)
}

/// How often: least, most, and what follows.
fn repeated(text: &str) -> Option<(usize, usize, &str)> {
    match text.as_bytes().first() {
        Some(b'?') => Some((0, 1, &text[1..])),
        Some(b'*') => Some((0, UNBOUNDED, &text[1..])),
        Some(b'+') => Some((1, UNBOUNDED, &text[1..])),
        Some(b'{') => {
            let (inside, behind) = text[1..].split_once('}')?;
            let count = |text: &str| {
                let plain = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
                plain.then(|| text.parse().ok()).flatten()
            };
            let (least, most) = match inside.split_once(',') {
                Some((least, most)) => (count(least)?, count(most)?),
                None => (count(inside)?, count(inside)?),
            };
            (least <= most).then_some((least, most, behind))
        }
        _ => Some((1, 1, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_as_regular_expressions_do() {
        let cases: [(&str, &[&str], &[&str]); 4] = [
            ("[A-Z]{2}-[0-9]{4,6}", &["AB-1234", "AB-123456"], &["", "AB-123", "AB-1234567", "ab-1234", " AB-1234"]),
            ("a?b*c+", &["c", "abbc", "bccc"], &["", "ab", "aac"]),
            ("[a-z]*[a-z]x", &["ax", "xx", "abcx"], &["x", "ab"]),
            ("[0-9Əə/.-]{1,3}", &["Ə/.", "-"], &["", "é", "1234"]),
        ];
        for (pattern, good, bad) in cases {
            let pattern: Pattern = pattern.parse().unwrap();
            assert!(good.iter().all(|text| pattern.fits(text)), "{pattern:?}");
            assert!(!bad.iter().any(|text| pattern.fits(text)), "{pattern:?}");
            assert!(pattern.fits(&pattern.example()), "{pattern:?} {}", pattern.example());
        }
    }

    #[test]
    fn what_libraries_read_differently_is_refused() {
        for odd in ["", "(a)", "a|b", ".", "\\d", "[^a]", "[]", "[a", "a{2", "a{3,1}", "^a", "a$", "[z-a]", "[!-~]"] {
            assert!(odd.parse::<Pattern>().is_err(), "{odd}");
        }
    }
}
