//! Shared names: what every room calls the same thing by the same word.
//!
//! Owns the identifiers, periods, quantities and digests of the field, each with its form and
//! its check. Parse, do not validate: a value of one of these types has already the right form.
//! Never reads a clock, a disk or a network, and knows nothing of any room.

mod approval;
mod digest;
mod identity;
pub mod letters;
mod mail;
mod name;
mod period;
mod quantity;
mod statement;
mod submission;
mod thread;

pub use approval::{APPROVAL_NAMESPACE, ApprovalStage};
pub use digest::{Digest, Digester};
pub use identity::{Fin, IdentityFault, Voen};
pub use name::{DatasetName, GivenName, MailAddress, ParticipantName, StationCode};
pub use period::{BAKU, Period, PeriodFault};
pub use quantity::{Quantity, QuantityFault};
pub use statement::is_statement;
pub use submission::{Content, Decision, Revision, SUBMISSION_NAMESPACE, SubmissionId};
pub use thread::Thread;
