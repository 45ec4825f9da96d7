//! Where a submission stands, and which event may follow: the state table as code.

use super::event::{Contested, Event, Ruled};
use crate::document::{Decision, SubmissionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a submission stands (the table of docs/architecture.md, told in the journal's own page above).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Safe, and to be judged.
    Held,
    /// Safe, and to be judged again later.
    Deferred {
        /// The slug of the finding that holds it.
        finding: String,
        /// Attempts that failed.
        attempt: u32,
        /// When it is tried again; none when it waits for a person.
        next: Option<Timestamp>,
    },
    /// Left in its folder, and to be answered.
    Refused,
    /// Answered; the receipt may not have reached its folder.
    Answered,
    /// Nothing is left to do.
    Closed,
    /// Accepted and put in doubt: to be taken out of what holds, and to be answered so.
    Contested(Box<Contested>),
    /// A signed document ended its waiting or its holding, in BOEMİS too: to be answered so.
    Ruled(Box<Ruled>),
}

/// An event that cannot follow upon what the journal says: we are wrong, and halt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("submission {id}: `{event}` cannot follow: {why}")]
pub struct Impossible {
    /// Of which submission.
    pub id: SubmissionId,
    /// Which event.
    pub event: &'static str,
    /// Why not.
    pub why: &'static str,
}

impl Phase {
    /// Whether it is safe and waits to be judged, or judged again.
    pub fn is_to_be_judged(&self) -> bool {
        matches!(self, Self::Held | Self::Deferred { .. })
    }

    /// The phase after this event; `before` and the number of answers given are those until now.
    /// `None` for an event that moves nothing.
    ///
    /// # Errors
    /// [`Impossible`].
    pub fn after(before: Option<(&Self, u32)>, event: &Event) -> Result<Option<Self>, Impossible> {
        let Some(id) = event.id() else { return Ok(None) };
        let no = |event, why| Err(Impossible { id, event, why });
        let phase = match (event, before) {
            (Event::Held(_), None) => Self::Held,
            (Event::Held(_), Some(_)) => return no("held", "it is known already"),
            (Event::RefusedInPlace(_), None) => Self::Refused,
            (Event::RefusedInPlace(_), Some(_)) => return no("refused-in-place", "it is known already"),
            (Event::Decided(_), None) => return no("decided", "it was never held"),
            (Event::Decided(decided), Some((phase, answers))) => match decided.answer == answers + 1 {
                true => phase.clone(), // the word stands, and is not yet said
                false => return no("decided", "it is not the next answer"),
            },
            (Event::Answered(_), None) => return no("answered", "it was never held"),
            (Event::Answered(answered), Some((_, answers))) if answered.answer != answers + 1 => {
                return no("answered", "it is not the next answer");
            }
            (Event::Answered(answered), Some((phase @ (Self::Held | Self::Deferred { .. }), _)))
                if answered.decision == Decision::Held =>
            {
                phase.clone() // an interim answer; it still has to be judged
            }
            (Event::Answered(_), Some(_)) => Self::Answered,
            (Event::Deferred { .. }, None) => return no("deferred", "it was never held"),
            (Event::Deferred { finding, attempt, next, .. }, Some((Self::Held | Self::Deferred { .. }, _))) => {
                Self::Deferred { finding: finding.clone(), attempt: *attempt, next: *next }
            }
            (Event::Deferred { .. }, Some(_)) => return no("deferred", "it is answered already"),
            (Event::Closed { .. }, Some((Self::Answered | Self::Closed, _))) => Self::Closed,
            // the answer before: another one is due
            (Event::Closed { .. }, Some((phase @ Self::Ruled(_), _))) => phase.clone(),
            (Event::Closed { .. }, _) => return no("closed", "it has no answer"),
            (Event::Settled { .. }, Some((phase @ (Self::Answered | Self::Closed), _))) => phase.clone(),
            (Event::Settled { .. }, _) => return no("settled", "it has no answer, or is contested"),
            (Event::Contested(contested), Some((Self::Answered | Self::Closed, _))) => {
                Self::Contested(contested.clone())
            }
            (Event::Contested(_), _) => return no("contested", "it has no answer, or is contested already"),
            (Event::Ruled(ruled), Some((Self::Answered | Self::Closed, _))) => Self::Ruled(ruled.clone()),
            (Event::Ruled(_), _) => return no("ruled", "it has no answer, or another one is due"),
            (Event::Started { .. } | Event::Stopped {} | Event::Reloaded { .. }, _)
            | (Event::Halted { .. } | Event::Act { .. } | Event::Path(_), _) => return Ok(None),
        };
        Ok(Some(phase))
    }
}
