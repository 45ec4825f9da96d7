//! Authority: may this person file this dataset for this body, here and now?
//!
//! Owns the registry, the station register and every question between a believed signature and
//! the content: who signed, for whom, with which right, in which competence, for which window.
//! Judged at reception time (R 3.2). Stops at the first finding. Never reads a record, a clock, a
//! disk or a network; and until the signer is known, a refusal says nothing of the registry.

mod claims;
mod decide;
pub mod heading;
mod registry;
mod stations;
#[cfg(test)]
mod tests;
mod window;

/// What a signature covers, as schema reads it: it sees a document only through this room.
pub use crate::signature::{CoveredAttribute, CoveredEvent, Enclosed, Written};
pub use registry::{Answers, Participant, Person, Registry, Right};
pub use stations::{Station, StationKind, Stations};
pub use window::{Environment, Window, WindowId};

use crate::document::{DatasetName, ParticipantName, Period, Voen};
use crate::finding::Stop;
use crate::signature::Verified;
use crate::trust::IdentityProfile;
use claims::Claims;
use decide::{Signer, Signers};

/// What kind of document is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A statement on a dataset.
    Submission,
    /// What takes a submission through a stage (S 4.2.1).
    Approval,
}

/// A document whose signers may file it.
#[derive(Debug)]
pub struct Authorised {
    verified: Verified,
    form: Form,
    participant: ParticipantName,
    owner: bool,
    voen: Voen,
    dataset: DatasetName,
    about: Option<About>,
}

/// The body that a proposal is about.
#[derive(Clone, Debug)]
struct About {
    participant: ParticipantName,
    owner: bool,
    voen: Voen,
}

/// A document whose signers may not, or not yet.
#[derive(Debug)]
pub struct Unauthorised {
    /// How it stops.
    pub stop: Stop,
    /// Of a held document: the dataset and period that it says it is of. It is believed for one thing
    /// alone: later documents of the same body on the same keep their place behind it.
    pub claimed: Option<(DatasetName, Period)>,
    /// Of a held approval: the submission that it says it speaks of. It is believed for the same thing alone.
    pub names: Option<String>,
}

/// Whom a document names as its sender, as it says it: believed by nobody who authorises.
pub fn sender(verified: &Verified) -> Option<String> {
    Some(Claims::read(verified.covered()).ok()?.sender?.text)
}

/// Asks every question of authority of a verified document, at the time it was received.
///
/// # Errors
/// [`Stop::Reject`] with the first finding; [`Stop::Hold`] when everything is in order but a
/// certificate of a known person is not registered yet; [`Stop::Halt`] when the document cannot
/// be read.
pub fn authorise(
    verified: Verified,
    registry: &Registry,
    window: &Window,
    profile: &IdentityProfile,
) -> Result<Authorised, Unauthorised> {
    let about = verified.about();
    let (mut claimed, mut names) = (None, None);
    let signers: Vec<Signer> = verified.signers().iter().map(|certificate| Signer::of(certificate, profile)).collect();
    let granted = Signers::known(registry, &signers, about.participant.as_ref())
        .and_then(|signers| signers.agreed(about.mail_signed))
        .and_then(|signers| signers.entitled(about.received))
        .and_then(|entitled| {
            let claims = Claims::read(verified.covered())?;
            claimed = claims.of();
            names = claims.names();
            claims.by(about.mail_signed)?;
            entitled.may_file(registry, window, &claims)
        });
    match granted {
        Ok(granted) => Ok(Authorised {
            participant: granted.participant.slug.clone(),
            owner: granted.participant.owner,
            voen: granted.participant.voen.clone(),
            dataset: granted.dataset,
            form: granted.form,
            about: granted.about.map(|body| About {
                participant: body.slug.clone(),
                owner: body.owner,
                voen: body.voen.clone(),
            }),
            verified,
        }),
        Err(mut stop) => {
            if let Stop::Reject(findings) = &mut stop {
                let mut places: Vec<_> = findings.iter_mut().map(|finding| &mut finding.place).collect();
                // only a place that is known by its offset has a line to find
                places.retain(|place| place.offset.is_some());
                if !places.is_empty() {
                    verified.covered().locate(&mut places);
                }
            }
            let is_held = matches!(stop, Stop::Hold(_));
            Err(Unauthorised { claimed: claimed.filter(|_| is_held), names: names.filter(|_| is_held), stop })
        }
    }
}

impl Authorised {
    /// The verified document.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }
    /// What kind of document it is.
    pub fn form(&self) -> Form {
        self.form
    }
    /// Whose document it is.
    pub fn participant(&self) -> &ParticipantName {
        &self.participant
    }
    /// In whose place its data are to stand: its sender's, or of a proposal the body's that it is about (R 3.13).
    pub fn stated_for(&self) -> &ParticipantName {
        self.about.as_ref().map_or(&self.participant, |about| &about.participant)
    }
    /// Whether that body is the owner of BOEMİS.
    pub fn is_stated_for_owner(&self) -> bool {
        self.about.as_ref().map_or(self.owner, |about| about.owner)
    }
    /// Of a proposal, who makes it.
    pub fn proposer(&self) -> Option<&ParticipantName> {
        self.about.as_ref().map(|_| &self.participant)
    }
    /// Of a proposal, the VÖEN of the body that it is about.
    pub fn about(&self) -> Option<&Voen> {
        self.about.as_ref().map(|about| &about.voen)
    }
    /// Whether that is the owner of BOEMİS, who may file for any station (S 7.1.4).
    pub fn is_owner(&self) -> bool {
        self.owner
    }
    /// The participant's VÖEN, equal to the document's `sender`.
    pub fn voen(&self) -> &Voen {
        &self.voen
    }
    /// The dataset it claims, within the participant's and the persons' competence.
    pub fn dataset(&self) -> &DatasetName {
        &self.dataset
    }
}

#[cfg(test)]
impl Authorised {
    /// A document allowed without a look, for tests of later rooms.
    pub(crate) fn unseen(verified: Verified, participant: ParticipantName, dataset: DatasetName) -> Self {
        let voen = "9900003611".parse().expect("a VÖEN with a right check digit");
        Self { verified, form: Form::Submission, participant, owner: false, voen, dataset, about: None }
    }

    /// The same, as a proposal of somebody else's.
    pub(crate) fn proposed_by(self, proposer: ParticipantName) -> Self {
        let voen = "9990000221".parse().expect("a VÖEN with a right check digit");
        let about = About { participant: self.participant, owner: false, voen };
        Self { participant: proposer, about: Some(about), ..self }
    }

    /// The same, of an arrival that nobody saw either.
    pub(crate) fn unseen_arrival(
        id: crate::document::SubmissionId,
        held: bool,
        content: crate::document::Content,
        participant: ParticipantName,
        dataset: DatasetName,
    ) -> Self {
        Self::unseen(Verified::unseen_arrival(id, held, content), participant, dataset)
    }

    /// The same, with octets that are taken as covered.
    pub(crate) fn unseen_document(
        octets: Vec<u8>,
        xml: bool,
        participant: ParticipantName,
        dataset: DatasetName,
    ) -> Self {
        Self::unseen(Verified::unseen_document(octets, xml), participant, dataset)
    }
}
