//! Letters that are taken for others: names and codes are written in ASCII, and people type what looks the same.
//!
//! Owns which sign of a text has no place there, by name and place, and which known words may be meant. Never decides
//! whether a text is right: whoever asks has found it wrong, and nothing is ever read as what it looks like.

use crate::finding::Hint;

/// Characters of a word that are held against known ones: every code and name is shorter; what is longer is no slip.
const WORD_MAX: usize = 64;
/// Words that are offered at once: of more nobody can tell which is meant.
const OFFERED_MAX: usize = 3;

/// The first sign of a text that no name and no code has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Which it is, from 1.
    nth: usize,
    sign: char,
}

/// The first sign of a text that no name and no code has; none where all are ASCII.
pub fn stranger(text: &str) -> Option<Stranger> {
    let (at, sign) = text.chars().enumerate().find(|(_, c)| !c.is_ascii() || c.is_ascii_control())?;
    Some(Stranger { nth: at + 1, sign })
}

impl Stranger {
    /// What it is and where it stands, for people.
    pub fn told(self) -> Hint {
        let Self { nth, sign } = self;
        let (az, en, is_seen) = kind(sign);
        let number = u32::from(sign);
        let (az_sign, en_sign) = match is_seen {
            true => (format!(" «{sign}»"), format!(", “{sign}”")),
            false => (String::new(), String::new()),
        };
        Hint {
            az: format!(
                "{nth}-{} işarə{az_sign} (U+{number:04X}, {az}) burada ola bilməz; onu latın klaviaturası ilə yenidən \
                 yazın və ya silin.",
                ordinal(nth)
            )
            .into(),
            en: format!(
                "Character {nth}{en_sign} (U+{number:04X}, {en}) has no place here; type it again with a Latin \
                 keyboard, or remove it."
            )
            .into(),
        }
    }
}

/// What kind of sign it is in both languages, and whether it can be seen.
fn kind(sign: char) -> (&'static str, &'static str, bool) {
    match sign {
        'İ' | 'ı' | 'Ə' | 'ə' | 'Ğ' | 'ğ' | 'Ö' | 'ö' | 'Ü' | 'ü' | 'Ş' | 'ş' | 'Ç' | 'ç' => (
            "Azərbaycan hərfi, burada isə yalnız A–Z yazılır",
            "an Azerbaijani letter, while only A–Z stand here",
            true,
        ),
        '\u{400}'..='\u{52f}' => ("kiril hərfi", "a Cyrillic letter", true),
        '\u{370}'..='\u{3ff}' => ("yunan hərfi", "a Greek letter", true),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => ("tire, defis «-» deyil", "a dash, not a hyphen “-”", true),
        '\u{2018}'..='\u{201f}' | '«' | '»' => ("dırnaq işarəsi", "a quotation mark", true),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => {
            ("boşluğa oxşayan işarə", "a sign that looks like a blank", false)
        }
        '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => ("görünməyən işarə", "an invisible sign", false),
        '\u{600}'..='\u{6ff}' => ("ərəb yazısı", "Arabic script", true),
        '\u{ff01}'..='\u{ff5e}' => ("tam enli işarə", "a full-width sign", true),
        c if c.is_control() => ("idarəedici işarə", "a control character", false),
        '\u{c0}'..='\u{24f}' => ("üzərində əlavə işarə olan hərf", "a letter with a mark", true),
        _ => ("latın hərfi və ya rəqəm deyil", "neither a Latin letter nor a digit", true),
    }
}

/// What an Azerbaijani ordinal ends in.
fn ordinal(number: usize) -> &'static str {
    match (number % 10, number % 100) {
        (0, 10 | 30) => "cu",
        (0, 40 | 60 | 90) => "cı",
        (0, 0) => "cü",
        (3 | 4, _) => "cü",
        (6, _) => "cı",
        (9, _) => "cu",
        _ => "ci",
    }
}

/// The text in small ASCII letters, as it looks: what is taken for a Latin letter is that, what is not seen is left
/// out. To find what is meant, and for nothing else.
pub fn folded(text: &str) -> String {
    const ALIKE: &[(&str, &str)] = &[
        ("аеорсухіјѕһқԛԝв", "aeopcyxijshkqwb"),
        ("кмнтз", "kmht3"),
        ("αβεικμνορτυχζη", "abeikmnoptuxzh"),
        ("əğöüşçı", "egousci"),
    ];
    let of = |c: char| match c {
        'İ' => Some('i'),
        'Υ' => Some('y'), // of Greek, whose small letter looks otherwise
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xff01 + 0x21).map(|plain| plain.to_ascii_lowercase()),
        c if !kind(c).2 && !c.is_ascii() => None,
        c => {
            let small = c.to_lowercase().next().unwrap_or(c);
            let found = ALIKE.iter().find_map(|(alike, latin)| {
                let at = alike.chars().position(|other| other == small)?;
                latin.chars().nth(at)
            });
            Some(found.unwrap_or(small))
        }
    };
    text.trim().chars().filter_map(of).collect::<String>().trim().to_owned()
}

/// The known words that a wrong one looks like, or else those that are the fewest slips away; none where that says
/// nothing.
pub fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    if word.is_empty() || word.chars().count() > WORD_MAX {
        return Vec::new();
    }
    let folded = folded(word);
    let mut best: (usize, Vec<&str>) = (usize::MAX, Vec::new());
    for other in known {
        let length = other.chars().count();
        if length.abs_diff(folded.chars().count()) > 2 {
            continue;
        }
        let away = distance(&folded, &other.to_lowercase());
        if away * 3 > length.max(3) || away > best.0 {
            continue;
        }
        if away < best.0 {
            best = (away, Vec::new());
        }
        best.1.push(other);
    }
    if best.1.len() > OFFERED_MAX { Vec::new() } else { best.1 }
}

/// What is strange in a text, and which words may be meant; none where neither can be told.
pub fn hint(text: &str, near: &[&str]) -> Option<Hint> {
    let meant = (!near.is_empty()).then(|| {
        let list = |open: &str, close: &str| -> Vec<String> {
            near.iter().map(|word| format!("{open}{word}{close}")).collect()
        };
        Hint {
            az: format!("Bəlkə bu nəzərdə tutulub: {}.", list("«", "»").join(", ")).into(),
            en: format!("Perhaps this is meant: {}.", list("“", "”").join(", ")).into(),
        }
    });
    match (stranger(text).map(Stranger::told), meant) {
        (Some(strange), Some(meant)) => Some(Hint {
            az: format!("{} {}", strange.az, meant.az).into(),
            en: format!("{} {}", strange.en, meant.en).into(),
        }),
        (strange, meant) => strange.or(meant),
    }
}

/// Edits (insert, delete, replace) from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, c) in from.chars().enumerate() {
        let mut next = vec![above + 1];
        for (column, &d) in to.iter().enumerate() {
            let replaced = row[column] + usize::from(c != d);
            next.push(replaced.min(row[column + 1] + 1).min(next[column] + 1));
        }
        row = next;
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strange_sign_is_told_by_its_place_and_kind() {
        for (text, az, en) in [
            ("GУN-0001", "2-ci işarə «У» (U+0423, kiril hərfi)", "Character 2, “У” (U+0423, a Cyrillic letter)"),
            ("GUΝ-0001", "3-cü işarə «Ν» (U+039D, yunan hərfi)", "Greek"),
            ("GÜN-0001", "2-ci işarə «Ü» (U+00DC, Azərbaycan hərfi", "an Azerbaijani letter"),
            ("GUN–0001", "4-cü işarə «–» (U+2013, tire", "a dash"),
            ("GUN-0001\u{200b}", "9-cu işarə (U+200B, görünməyən işarə)", "Character 9 (U+200B, an invisible sign)"),
        ] {
            let told = stranger(text).unwrap().told();
            assert!(told.az.starts_with(az) && told.en.contains(en), "{text}: {told:?}");
        }
        assert_eq!(stranger("GUN-0001 x"), None);
    }

    #[test]
    fn what_looks_the_same_is_found_whatever_its_letters() {
        let codes = ["AZ-IMI", "AZ-QBA", "AZ-QBI", "line", "substation", "generation"];
        for (word, meant) in [
            ("AZ-İMİ", "AZ-IMI"),
            ("az-ımı", "AZ-IMI"),
            ("SUBSTATİON", "substation"),
            ("substatıon", "substation"),
            ("generаtion", "generation"),
            ("GENERATİON\u{a0}", "generation"),
            ("ｌｉｎｅ", "line"),
            ("lime", "line"),
        ] {
            assert_eq!(near(word, codes.into_iter()), [meant], "{word}");
        }
        assert_eq!(near("AZ-QB", codes.into_iter()), ["AZ-QBA", "AZ-QBI"]);
        assert!(near("torpaq", codes.into_iter()).is_empty() && near("", codes.into_iter()).is_empty());
        assert!(near(&"x".repeat(1_000_000), codes.into_iter()).is_empty());
    }

    #[test]
    fn an_ordinal_ends_as_its_word_does() {
        let ends: Vec<_> = [1, 3, 6, 9, 10, 20, 40, 52, 84, 100].into_iter().map(ordinal).collect();
        assert_eq!(ends, ["ci", "cü", "cı", "cu", "cu", "ci", "cı", "ci", "cü", "cü"]);
    }
}
