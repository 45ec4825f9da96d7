//! The stages that a submission passes after it was entered, each by a signed document of its own (S 4.2.1, R 3.3).

use std::fmt;
use std::str::FromStr;

/// The namespace of a document that takes a submission through a stage.
pub const APPROVAL_NAMESPACE: &str = "urn:boemis:approval:1";

/// What such a document does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalStage {
    /// The submission goes to checking.
    Checking,
    /// It is approved, and holds.
    Approved,
    /// It is refused.
    Refused,
    /// What was filed, or holds already, holds no more.
    Withdrawn,
}

impl ApprovalStage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Checking, Self::Approved, Self::Refused, Self::Withdrawn];

    /// The word that documents, journal and BOEMİS have for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for ApprovalStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ApprovalStage {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|stage| stage.as_str() == text);
        found.ok_or("a stage is checking, approved, refused or withdrawn")
    }
}
