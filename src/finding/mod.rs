//! Findings: a reason is data before it is a sentence.
//!
//! Owns the one table of what can be wrong ([`Code`]), with slug, severity, stage, clause, ENTSO-E
//! reason and both texts; the journal entry, the receipt, the log line and `docs/findings.md` are
//! made from it. Owns [`Stop`], the three ways in which a document may stop. Never decides
//! anything, and never holds an unmasked FİN: what is found in a document is cut and cleaned here.

mod grouped;
mod page;
mod table;

pub use grouped::grouped;
pub use page::page;
pub use table::Code;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Whether a finding stops the submission or is only shown to its sender (R 4.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Rejects the whole submission.
    Error,
    /// Plausibility: shown, never a reason to refuse.
    Warning,
}

/// The room whose question was answered with no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the rooms explain themselves
pub enum Stage {
    Intake,
    Signature,
    Authority,
    Schema,
    Rule,
    Load,
    Receipt,
}

/// The language of a text for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Azerbaijani, the language of the answer.
    Az,
    /// English, beside it.
    En,
}

/// Where in the dropped file something was found. Everything is optional: a missing signature
/// has no place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Place {
    /// Octets from the start of the file (of its UTF-8 form when it came as UTF-16).
    pub offset: Option<u64>,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column in characters, from 1.
    pub column: Option<u64>,
    /// Element path as `/Submission/Record[2]/EnergyMWh`, or the name of a CSV column.
    pub path: Option<String>,
    /// CSV row, the header being row 1.
    pub row: Option<u64>,
}

impl Place {
    /// The whole document.
    pub fn whole() -> Self {
        Self::default()
    }

    /// A place known by its offset; line and column are found later, by whoever holds the octets.
    pub fn at(offset: u64) -> Self {
        Self { offset: Some(offset), ..Self::default() }
    }

    /// The same place with an element path or column name.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same place with a CSV row.
    pub fn row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }
}

/// What makes this case of a finding clear, in both languages; appended to the finding's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// In Azerbaijani.
    pub az: Cow<'static, str>,
    /// In English.
    pub en: Cow<'static, str>,
}

impl Hint {
    /// A hint whose two texts are fixed.
    pub const fn fixed(az: &'static str, en: &'static str) -> Self {
        Self { az: Cow::Borrowed(az), en: Cow::Borrowed(en) }
    }
}

/// One thing that is wrong or odd, where, and what was wanted instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Which of the known kinds.
    pub code: Code,
    /// Where in the file as dropped.
    pub place: Place,
    /// What stands there, cleaned and cut.
    pub found: Option<String>,
    /// What should stand there.
    pub wanted: Option<String>,
    /// What makes this case clear.
    pub hint: Option<Hint>,
}

impl Finding {
    /// Longest repeated value, in characters: enough to recognise it, too short to carry anything.
    pub const VALUE_MAX: usize = 120;

    /// A finding about the whole document.
    pub fn new(code: Code) -> Self {
        Self { code, place: Place::whole(), found: None, wanted: None, hint: None }
    }

    /// The same at a place.
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// The same with what was found: hostile text, cut and cleaned here.
    pub fn found(mut self, value: impl fmt::Display) -> Self {
        self.found = Some(clean(&value.to_string()));
        self
    }

    /// The same with what was wanted.
    pub fn wanted(mut self, value: impl fmt::Display) -> Self {
        self.wanted = Some(clean(&value.to_string()));
        self
    }

    /// The same with a hint.
    pub fn hint(mut self, hint: Hint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Whether it rejects.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The sentence for people: what is wrong, and what to do.
    pub fn message(&self, language: Language) -> String {
        let dash = "—";
        let (path, row) = (self.place.path.as_deref(), self.place.row);
        let mut template = match self.is_unwanted() {
            true => unwanted(language),
            false => self.code.text(language),
        };
        let mut text = String::new();
        // what is wrong with a row, or with all, has no path to begin with
        if let (None, Some(rest)) = (path, template.strip_prefix("{path}: ")) {
            template = rest;
            if let Some(row) = row {
                text = match language {
                    Language::Az => format!("Cədvəl sətri {row}: "),
                    Language::En => format!("Row {row}: "),
                };
            }
        }
        text += &template
            .replace("{path}", path.unwrap_or(dash))
            .replace("{found}", self.found.as_deref().unwrap_or(dash))
            .replace("{wanted}", self.wanted.as_deref().unwrap_or(dash));
        if let Some(hint) = &self.hint {
            match self.speaks_of_nothing() {
                true => text.clear(),
                false => text.push(' '),
            }
            text.push_str(match language {
                Language::Az => &hint.az,
                Language::En => &hint.en,
            });
        }
        text
    }
}

/// The sentence of what stands where nothing should.
fn unwanted(language: Language) -> &'static str {
    match language {
        Language::Az => "{path}: «{found}» burada olmamalıdır.",
        Language::En => "{path}: “{found}” has no place here.",
    }
}

impl Finding {
    /// Whether something stands where nothing should.
    fn is_unwanted(&self) -> bool {
        let is_empty = |value: &Option<String>| value.as_deref().unwrap_or_default().is_empty();
        self.code == Code::SchemaInvalid && is_empty(&self.wanted) && !is_empty(&self.found)
    }

    /// Whether the code's own sentence would quote a value where there is none to quote, as of a
    /// blank row: then the hint says all.
    fn speaks_of_nothing(&self) -> bool {
        let is_empty = |value: &Option<String>| value.as_deref().unwrap_or_default().is_empty();
        matches!(self.code, Code::SchemaInvalid | Code::SchemaMissing)
            && is_empty(&self.found)
            && is_empty(&self.wanted)
    }
}

/// Takes what moves a cursor or breaks a line out of a hostile value, and cuts it.
fn clean(value: &str) -> String {
    let mut cleaned = String::new();
    for (count, c) in value.chars().enumerate() {
        if count == Finding::VALUE_MAX {
            cleaned.push('…');
            break;
        }
        match c {
            '\n' | '\r' | '\t' => cleaned.push(' '),
            // controls, bidirectional overrides, non-characters: never repeated to a terminal
            c if c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c) => {
                cleaned.push('\u{fffd}')
            }
            '\u{fffe}' | '\u{ffff}' => cleaned.push('\u{fffd}'),
            c => cleaned.push(c),
        }
    }
    cleaned
}

/// A code is written down by its slug, which never changes.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = <Cow<'de, str>>::deserialize(deserializer)?;
        let code = Self::ALL.iter().find(|code| code.slug() == slug);
        code.copied().ok_or_else(|| serde::de::Error::custom(format!("no finding is called {slug}")))
    }
}

/// How a document stops. There are these three ways and no other, and none is the default.
#[derive(Debug)]
pub enum Stop {
    /// The sender can mend it. Final; gets a receipt. Never empty of errors; warnings may stand too.
    Reject(Vec<Finding>),
    /// Nobody can tell yet. Kept safe, answered with a held receipt, tried again.
    Hold(Finding),
    /// We are wrong: intake stops and the admin is told. The text is for the log alone.
    Halt(String),
}

impl Stop {
    /// Rejects for this one finding.
    pub fn reject(finding: Finding) -> Self {
        Self::Reject(vec![finding])
    }
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::reject(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_texts_clause_and_a_slug_of_its_own() {
        let mut slugs = std::collections::BTreeSet::new();
        for &code in Code::ALL {
            assert!(slugs.insert(code.slug()), "{} stands twice", code.slug());
            assert!(!code.clause().is_empty() && !code.reason().is_empty());
            for language in [Language::Az, Language::En] {
                let text = code.text(language);
                assert!(text.ends_with('.') && text.len() > 20, "{}: {text}", code.slug());
                for hole in text.split('{').skip(1) {
                    assert!(["found}", "wanted}", "path}"].iter().any(|known| hole.starts_with(known)), "{text}");
                }
            }
            let stage = format!("{:?}", code.stage()).to_lowercase();
            assert!(
                code.slug().split_once('.').is_some_and(|(room, _)| room == stage),
                "{} is of stage {stage}",
                code.slug()
            );
        }
    }

    #[test]
    fn a_sentence_begins_with_a_place_that_there_is_and_wants_nothing_that_there_is_not() {
        let invalid = || Finding::new(Code::SchemaInvalid).found("6");
        let said = |finding: Finding| finding.message(Language::Az);
        let row = said(invalid().wanted(7).at(Place::at(3).row(4)));
        assert_eq!(row, "Cədvəl sətri 4: «6» gözlənilən formada deyil; olmalıdır: 7.");
        assert_eq!(said(invalid().wanted(7)), "«6» gözlənilən formada deyil; olmalıdır: 7.");
        assert_eq!(said(invalid().at(Place::whole().path("qeyd"))), "qeyd: «6» burada olmamalıdır.");
    }

    #[test]
    fn a_hostile_value_is_cut_and_cleaned() {
        let finding = Finding::new(Code::SchemaInvalid).found(format!("a\nb\u{1b}[31m\u{202e}{}", "x".repeat(500)));
        let found = finding.found.unwrap();
        assert!(found.chars().count() <= Finding::VALUE_MAX + 1 && !found.chars().any(char::is_control), "{found}");
    }
}
