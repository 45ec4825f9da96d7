//! The faults of one document, gathered so that its sender mends them in one round (R 4.9), up to
//! a limit; what passes the limit is told, never silently dropped.

use crate::finding::{Code, Finding, Hint, Severity};

/// Findings under way.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    max: usize,
    findings: Vec<Finding>,
    errors: usize,
    more: bool,
    more_warnings: u64,
}

impl Faults {
    /// None yet; at most so many errors, and as many warnings.
    pub fn new(max: usize) -> Self {
        Self { max: max.max(1), findings: Vec::new(), errors: 0, more: false, more_warnings: 0 }
    }

    /// Takes one more.
    pub fn push(&mut self, finding: Finding) {
        let error = finding.severity() == Severity::Error;
        let so_far = if error { self.errors } else { self.findings.len() - self.errors };
        if so_far < self.max {
            self.errors += usize::from(error);
            self.findings.push(finding);
        } else if error {
            self.more = true;
        } else {
            self.more_warnings += 1;
        }
    }

    /// Whether one more warning would be told, and not only counted.
    pub fn tells_warnings(&self) -> bool {
        self.findings.len() - self.errors < self.max
    }

    /// Whether anything rejects.
    pub fn any_errors(&self) -> bool {
        self.errors > 0
    }

    /// All of them: errors first, each kind by its place in the file; at the end of the errors the
    /// word that there are more.
    pub fn finish(self) -> Vec<Finding> {
        let (mut errors, mut warnings): (Vec<_>, Vec<_>) =
            self.findings.into_iter().partition(|finding| finding.severity() == Severity::Error);
        for kind in [&mut errors, &mut warnings] {
            kind.sort_by_key(|finding| (finding.place.row, finding.place.offset));
        }
        if self.more {
            errors.push(Finding::new(Code::SchemaTooManyFaults).found(self.max));
        }
        // No code of its own: a warning never changes the verdict, so neither does one too many.
        if let (1.., Some(last)) = (self.more_warnings, warnings.last_mut()) {
            let more = self.more_warnings;
            let hint = last.hint.take().unwrap_or(Hint::fixed("", ""));
            let there = if more == 1 {
                "There is 1 more warning.".to_owned()
            } else {
                format!("There are {more} more warnings.")
            };
            last.hint = Some(Hint {
                az: format!("{} Daha {more} xəbərdarlıq var.", hint.az).trim_start().to_owned().into(),
                en: format!("{} {there}", hint.en).trim_start().to_owned().into(),
            });
        }
        errors.append(&mut warnings);
        errors
    }
}

/// A name as the sender wrote it, fit for a path: hostile text, so letters, digits and the signs of
/// names alone, and no more of it than it takes to recognise it.
pub(super) fn name_shown(name: &str) -> String {
    const NAME_MAX: usize = 64;
    let mut shown: String = name
        .chars()
        .take(NAME_MAX)
        .map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ') { c } else { '\u{fffd}' })
        .collect();
    if name.chars().nth(NAME_MAX).is_some() {
        shown.push('…');
    }
    shown
}
