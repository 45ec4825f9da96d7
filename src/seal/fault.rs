//! Why the seal does not open, and why it does not seal.

use super::LogFault;
use crate::document::{Decision, SubmissionId};
use crate::forms::key::KeyFault;
use crate::forms::xades::SignerFault;
use crate::host::Panicked;
use crate::token::TokenFault;
use std::path::PathBuf;

/// Why the seal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// A file cannot be read.
    #[error("{path}: {fault}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        fault: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: not the PEM of {what}")]
    NotPem {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// The token that holds its key.
    #[error("the seal's key: {0}")]
    Token(#[from] TokenFault),
    /// Key and certificate cannot seal.
    #[error("the seal: {0}")]
    Signer(#[from] SignerFault),
    /// The act log cannot be used.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The seal is a process of its own, and cannot be called, or is another.
    #[error("the seal behind {}: {told}. See that pencere-seal runs, for this window", path.display())]
    Apart {
        /// Its socket.
        path: PathBuf,
        /// What came of it.
        told: String,
    },
    /// The window's id cannot stand in a number.
    #[error("the window's id “{0}” is not 1 to 64 of a-z, A-Z, 0-9, - and _")]
    WindowId(String),
}

/// Why nothing was sealed. The caller halts, since a person must look; but what the disk says of the
/// act log ([`Refused::Log`]) may pass, and the same group may then be sealed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Another outcome was sealed for the same answer.
    #[error("submission {id}: answer {answer} was sealed as {number} with another outcome")]
    OtherOutcome {
        /// The submission.
        id: SubmissionId,
        /// Which answer.
        answer: u32,
        /// Its number.
        number: String,
    },
    /// The word cannot follow the one before.
    #[error("submission {id}: {after} cannot follow {before}")]
    CannotFollow {
        /// The submission.
        id: SubmissionId,
        /// What was said last.
        before: Decision,
        /// What was asked for.
        after: Decision,
    },
    /// Answers are counted without a gap.
    #[error("submission {id}: answer {asked} was asked for where {next} comes next")]
    OutOfTurn {
        /// The submission.
        id: SubmissionId,
        /// What was asked for.
        asked: u32,
        /// What comes next.
        next: u32,
    },
    /// The record passes a bound.
    #[error("submission {id}: {what} of the outcome record is longer than the seal takes")]
    Unbounded {
        /// The submission.
        id: SubmissionId,
        /// What.
        what: &'static str,
    },
    /// What is to be said does not stand in the transparency log, or the proof of that does not hold.
    #[error("submission {id}: answer {answer} does not stand in the transparency log")]
    NotLogged {
        /// The submission.
        id: SubmissionId,
        /// Which answer.
        answer: u32,
    },
    /// The key could not be used.
    #[error("the seal's key: {0}")]
    Key(#[from] KeyFault),
    /// The act log could not be used.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The making of a receipt panicked.
    #[error("the making of a receipt: {0}")]
    Panicked(#[from] Panicked),
    /// A seal apart says no, in its own words.
    #[error("the seal: {told}")]
    Apart {
        /// Why.
        told: String,
        /// Whether it may seal after a restart.
        may_pass: bool,
    },
    /// The line to a seal apart broke: what was asked last may be done or not.
    #[error("the seal behind {}: {fault}", path.display())]
    Line {
        /// Its socket.
        path: PathBuf,
        /// What happened.
        fault: std::io::Error,
    },
    /// An earlier fault left the act log unsure.
    #[error("the seal stopped after a fault of its act log; open it again")]
    Broken,
}
