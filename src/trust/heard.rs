//! What was heard of a path: which lists and answers speak of its certificates, for whoever explains a verdict.
//!
//! Asks the very question that the judgement asks, and decides nothing.

use super::revocation::{Said, Speaks};
use super::{Snapshot, When};
use crate::document::Digest;
use crate::forms::certificate::Certificate;
use jiff::Timestamp;

/// What one list or answer says of one certificate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Heard {
    /// The certificate's place in the path; 0 is the signer's own.
    pub depth: usize,
    /// `crl` or `ocsp`.
    pub kind: &'static str,
    /// The SHA-256 of the list or answer, DER.
    pub sha256: Digest,
    /// When it was said.
    pub since: Timestamp,
    /// Since when the certificate is revoked, if it is.
    pub revoked: Option<Timestamp>,
}

impl Snapshot {
    /// All that the snapshot's lists and answers say of a path, the signer's certificate first. What came along with
    /// a document is not among it.
    pub fn heard(&self, path: &[Certificate], when: When) -> Vec<Heard> {
        let lists = self.revocation.iter().flatten().map(|list| ("crl", list.sha256(), list as &dyn Speaks));
        let answers = self.answers.iter().map(|answer| ("ocsp", answer.sha256(), answer as &dyn Speaks));
        let all: Vec<(&'static str, Digest, &dyn Speaks)> = lists.chain(answers).collect();
        let mut heard = Vec::new();
        for (depth, pair) in path.windows(2).enumerate() {
            let [certificate, issuer] = pair else { continue };
            for (kind, sha256, word) in &all {
                if let Some(Said { since, revoked, .. }) = word.about(certificate, issuer, when, self.grace) {
                    heard.push(Heard { depth, kind, sha256: *sha256, since, revoked });
                }
            }
        }
        heard
    }
}
