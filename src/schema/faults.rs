//! The faults of one document, gathered so that its sender mends them in one round (R 4.9), up to
//! a limit; what passes the limit is told, never silently dropped.

use crate::finding::{Code, Finding, Severity};

/// Findings under way.
#[derive(Debug)]
pub(super) struct Faults {
    max: usize,
    findings: Vec<Finding>,
    errors: usize,
    more: bool,
}

impl Faults {
    /// None yet; at most so many errors, and as many warnings.
    pub fn new(max: usize) -> Self {
        Self { max: max.max(1), findings: Vec::new(), errors: 0, more: false }
    }

    /// Takes one more.
    pub fn push(&mut self, finding: Finding) {
        let error = finding.severity() == Severity::Error;
        let so_far = if error { self.errors } else { self.findings.len() - self.errors };
        if so_far < self.max {
            self.errors += usize::from(error);
            self.findings.push(finding);
        } else {
            // A warning that passes the limit is let go: it never changes the verdict.
            self.more |= error;
        }
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
        errors.append(&mut warnings);
        errors
    }
}
