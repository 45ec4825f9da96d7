//! Authority: may this person file this dataset for this body, here and now?

mod registry;
mod stations;

pub use registry::{Participant, Person, Registry, Right};
pub use stations::{Station, StationKind, Stations};

use crate::document::{DatasetName, ParticipantName, Voen};
use crate::signature::Verified;

/// A document whose signers may file it.
#[derive(Debug)]
pub struct Authorised {
    verified: Verified,
    participant: ParticipantName,
    owner: bool,
    voen: Voen,
    dataset: DatasetName,
}

impl Authorised {
    /// The verified document.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }
    /// Whose statement it is.
    pub fn participant(&self) -> &ParticipantName {
        &self.participant
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
