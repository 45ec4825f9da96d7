//! Trust as a dated snapshot: anchors, intermediates, revocation lists; and the path from a
//! signer's certificate to an anchor, judged at a given moment.

use crate::finding::Code;
use crate::forms::certificate::Certificate;
use jiff::Timestamp;

/// What was trusted at a moment; who refreshes it is not the judge's business.
#[derive(Debug, Default)]
pub struct Snapshot {}

/// A path from signer to anchor.
#[derive(Debug)]
pub struct Chain {
    /// Signer first, anchor last.
    pub certificates: Vec<Certificate>,
}

/// Why a certificate is not believed at that moment.
#[derive(Debug, Clone)]
pub struct Distrust {
    /// EN 319 102-1 main indication and sub-indication.
    pub verdict: crate::trust::Doubt,
    /// The finding that says so.
    pub code: Code,
    /// The fact for the finding's hole.
    pub fact: String,
}

/// EN 319 102-1 sub-indications that a chain may end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Doubt {
    NoCertificateChainFound,
    ChainConstraintsFailure,
    OutOfBoundsNoPoe,
    OutOfBoundsNotRevoked,
    Revoked,
    RevokedNoPoe,
    TryLater,
    CryptoConstraintsFailure,
}

impl Snapshot {
    /// Builds a path to an anchor and judges it at `at`.
    pub fn judge(&self, _signer: &Certificate, _others: &[Certificate], _at: Timestamp) -> Result<Chain, Distrust> {
        todo!()
    }
}
