//! Signature: who signed what, judged by ETSI EN 319 102-1.

pub mod cms;
mod covered;
pub mod judge;
pub mod policy;
mod report;

pub use covered::{Covered, CoveredAttribute, CoveredEvent};
pub use report::{Indication, Integrity, Reason, Report, SignatureReport, SignerReport, SubIndication, TimeSource};

use crate::document::Content;
use crate::forms::certificate::Certificate;
use crate::staging::About;

/// A document whose every signature is TOTAL-PASSED and which they cover whole, with a reader of
/// only what they cover.
#[derive(Debug)]
pub struct Verified {
    about: About,
    signers: Vec<Certificate>,
    report: Report,
    covered: Covered,
    content: Content,
}

impl Verified {
    /// What was known of it at arrival.
    pub fn about(&self) -> &About {
        &self.about
    }
    /// The certificates of its signers, in document order; never empty.
    pub fn signers(&self) -> &[Certificate] {
        &self.signers
    }
    /// The verdict in full.
    pub fn report(&self) -> &Report {
        &self.report
    }
    /// What the signatures cover.
    pub fn covered(&self) -> &Covered {
        &self.covered
    }
    /// The content's digest, whatever the packaging.
    pub fn content(&self) -> Content {
        self.content
    }
}

#[cfg(test)]
impl Verified {
    /// A document believed without a look, for tests of later rooms.
    pub(crate) fn unseen(about: About, content: Content) -> Self {
        let report = Report { indication: Indication::TotalPassed, sub_indication: None, signatures: Vec::new() };
        Self { about, signers: Vec::new(), report, covered: Covered::nothing(), content }
    }

    /// A document that is no XML, believed to be signed by these without a look.
    pub(crate) fn unseen_table(about: About, signers: Vec<Certificate>, octets: &str) -> Self {
        let content = Content(crate::document::Digest::of(octets.as_bytes()));
        Self { signers, covered: Covered::table(octets), ..Self::unseen(about, content) }
    }

    /// The same, of an arrival that nobody saw either.
    pub(crate) fn unseen_arrival(id: crate::document::SubmissionId, held: bool, content: Content) -> Self {
        Self::unseen(About::unseen(id, held), content)
    }
}
