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
