//! Unread: what evidence does not give, or gives otherwise than it was kept.
//!
//! Owns what is done then. A receipt's octets are asked of the seal, which makes the very same again; what nobody has
//! stays open and is tried again, and no other submission waits for it. That it is so stands where `status` and
//! `pencere repair` look (`reserve/reverify.rs`). Mends nothing.

use super::answering::unsealed;
use super::window::{Halt, Waits, Window};
use crate::advice::Advice;
use crate::evidence::{EvidenceError, Kept};
use crate::finding::Code;
use crate::journal::{Answered, Held, Phase};
use crate::ledger::Submission;
use crate::reserve::Reverified;
use jiff::SignedDuration;
use std::sync::Arc;

impl Window {
    /// The octets of a receipt that was given; none, and it is tried again at the next scan, where nobody has them.
    pub(super) fn octets_of(&mut self, answered: &Answered) -> Result<Option<Arc<[u8]>>, Halt> {
        let (id, kept) = (answered.id, answered.receipt.kept());
        let read = self.evidence.reader().read(&kept).and_then(|octets| {
            // a long receipt lies in a file of its own
            octets.whole().map(|octets| octets.into_owned()).map_err(|source| unread(&kept, source))
        });
        let error = match read {
            Ok(octets) => return Ok(Some(octets.into())),
            Err(error) => error,
        };
        self.note_damage(&kept, &error);
        let sealed = self.seal.sealed(id, answered.answer, |_| None).map_err(unsealed)?;
        let again = sealed.and_then(|(_, sealed)| sealed).filter(|sealed| sealed.sha256() == answered.receipt.sha256);
        match again {
            Some(sealed) => {
                tracing::error!(advice = %Advice::EvidenceDamaged,
                    submission = %id, %error, "a receipt is damaged in evidence; the seal made the same \
                    octets again, and they were laid. `pencere repair` puts evidence right");
                Ok(Some(Arc::clone(sealed.octets())))
            }
            None => {
                let number = &answered.receipt.number;
                tracing::error!(advice = %Advice::EvidenceDamaged,
                    submission = %id, number, %error, "a receipt cannot be read from evidence and stays \
                    unpublished; `pencere repair` puts it back");
                self.tally.publishing = Some(format!("receipt {number} cannot be read: pencere repair puts it back"));
                self.left.insert(id);
                Ok(None)
            }
        }
    }

    /// A held document that cannot be read waits, and is tried again. One that has its answer waits for nothing: it was
    /// to be loaded again, and is at the next start or reload behind `pencere repair`.
    pub(super) fn unreadable(&mut self, submission: &Submission, held: &Held, error: &EvidenceError) {
        let (id, now) = (held.id, self.host.clock.now());
        let is_open = submission.phase.is_to_be_judged();
        match is_open {
            true => tracing::error!(advice = %Advice::EvidenceDamaged, submission = %id, %error,
                "a held document cannot be read from evidence and is not judged; `pencere repair` puts it back"),
            false => tracing::error!(advice = %Advice::EvidenceDamaged, submission = %id, %error,
                "an accepted document cannot be read from evidence and is not loaded again; `pencere repair` puts it \
                 back, and a reload (SIGHUP) or the next start loads it"),
        }
        let files = [Some(&held.document), held.detached.as_ref()];
        for kept in files.into_iter().flatten().map(|file| file.kept()) {
            if let Err(error) = self.evidence.reader().read(&kept) {
                self.note_damage(&kept, &error);
            }
        }
        if !is_open {
            return;
        }
        let pause = SignedDuration::try_from(self.settings().hold.retry_last).unwrap_or(SignedDuration::from_mins(10));
        let (finding, attempt) = match &submission.phase {
            Phase::Deferred { finding, attempt, .. } => (finding.clone(), *attempt),
            _ => (Code::LoadNotJudged.slug().to_owned(), 0),
        };
        let waits = Waits {
            next: now.saturating_add(pause).unwrap_or(now),
            attempt,
            finding,
            key: super::window::key_of(submission),
            names: None,
            participant: held.participant.clone(),
            size: held.size(),
            received: held.received,
        };
        self.waits.insert(id, waits);
    }

    fn note_damage(&self, kept: &Kept, error: &EvidenceError) {
        let (state, now) = (&self.settings().window.paths.state, self.host.clock.now());
        if let Err(error) = Reverified::met(&self.host.disk, state, kept, error.to_string(), now) {
            tracing::warn!(advice = %Advice::StateUnwritable,
                %error, "what is damaged in evidence cannot be remembered for `status`");
        }
    }
}

fn unread(kept: &Kept, source: std::io::Error) -> EvidenceError {
    EvidenceError::Disk { step: "read", path: kept.place(), source }
}
