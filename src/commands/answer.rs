//! Findings as programs read them (CONTRACT 4), the same in every command's answer.

use crate::finding::{Finding, Language, Severity};
use serde::Serialize;

/// One finding.
#[derive(Debug, Serialize)]
#[allow(missing_docs)] // the contract's names
pub struct FindingAnswer<'a> {
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The room that asked: `intake`, `signature`, … as in the code.
    pub stage: String,
    /// From 1, in the file as dropped.
    pub line: Option<u64>,
    /// From 1, in characters.
    pub column: Option<u64>,
    /// The element's path, or the CSV column's name.
    pub path: Option<&'a str>,
    /// Of CSV; the header is 1.
    pub row: Option<u64>,
    pub found: Option<&'a str>,
    pub wanted: Option<&'a str>,
    pub clause: &'static str,
    pub message: Message,
}

/// The sentence in both languages.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Message {
    pub az: String,
    pub en: String,
}

impl<'a> FindingAnswer<'a> {
    /// The finding for an answer.
    pub fn of(finding: &'a Finding) -> Self {
        let place = &finding.place;
        Self {
            code: finding.code.slug(),
            severity: match finding.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            stage: format!("{:?}", finding.code.stage()).to_lowercase(),
            line: place.line,
            column: place.column,
            path: place.path.as_deref(),
            row: place.row,
            found: finding.found.as_deref(),
            wanted: finding.wanted.as_deref(),
            clause: finding.code.clause(),
            message: Message { az: finding.message(Language::Az), en: finding.message(Language::En) },
        }
    }
}
