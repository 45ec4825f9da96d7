//! Who seals for the window: a seal in its own process, or one apart, behind a socket.
//!
//! Owns which of them it is (`seal.key`), and nothing else: both do the same, and refuse the same.

use super::apart::Apart;
use super::commitment::Commitment;
use super::fault::{OpenFault, Refused};
use super::{Asked, KeyPlace, Now, OutcomeRecord, Seal, Sealed, Settings, Stamper, Window};
use crate::document::{Digest, SubmissionId};
use std::sync::Arc;

/// The window's seal, wherever it is.
pub enum Sealer {
    /// In this process, which holds its key.
    Here(Box<Seal>),
    /// In another, which alone can reach the key.
    Apart(Box<Apart>),
}

impl Sealer {
    /// Opens the seal, or calls it; time is stamped on its receipts where somebody is given who has that done.
    ///
    /// # Errors
    /// As [`Seal::open`]; and nobody answers, or another seal.
    pub fn open(
        settings: &Settings,
        window: Window,
        now: Now,
        stamper: Option<Arc<dyn Stamper>>,
    ) -> Result<Self, OpenFault> {
        if let KeyPlace::Apart(path) = &settings.key {
            let certificate = super::certificate_of(settings)?;
            return Apart::call(path, &certificate, &window, stamper).map(|apart| Self::Apart(Box::new(apart)));
        }
        let seal = Seal::open(settings, window, now)?;
        Ok(Self::Here(Box::new(match stamper {
            Some(stamper) => seal.stamped_by(stamper),
            None => seal,
        })))
    }

    /// As [`Seal::seal_unsynced`].
    ///
    /// # Errors
    /// As there; and the line to a seal apart.
    pub fn seal_unsynced<'a>(&mut self, asked: impl IntoIterator<Item = Asked<'a>>) -> Result<Vec<Sealed>, Refused> {
        match self {
            Self::Here(seal) => seal.seal_unsynced(asked),
            Self::Apart(apart) => apart.seal_unsynced(asked.into_iter()),
        }
    }

    /// As [`Seal::sync`].
    ///
    /// # Errors
    /// As there; and the line to a seal apart.
    pub fn sync(&mut self) -> Result<(), Refused> {
        match self {
            Self::Here(seal) => seal.sync(),
            Self::Apart(apart) => apart.sync(),
        }
    }

    /// What was sealed as this answer before, with its receipt, if the seal can make the same octets again or `kept`
    /// has them ([`Again::or_kept`](super::Again::or_kept)).
    ///
    /// # Errors
    /// As [`Seal::again`]; and the line to a seal apart.
    pub fn sealed(
        &self,
        id: SubmissionId,
        answer: u32,
        kept: impl FnOnce(Digest) -> Option<Arc<[u8]>>,
    ) -> Result<Option<(OutcomeRecord, Option<Sealed>)>, Refused> {
        let again = match self {
            Self::Here(seal) => seal.again(id, answer),
            Self::Apart(apart) => apart.again(id, answer),
        };
        Ok(again?.map(|again| again.or_kept(kept)))
    }

    /// As [`Seal::outcome`].
    ///
    /// # Errors
    /// As there; and the line to a seal apart.
    pub fn outcome(&self, id: SubmissionId, answer: u32) -> Result<Option<OutcomeRecord>, Refused> {
        match self {
            Self::Here(seal) => seal.outcome(id, answer),
            Self::Apart(apart) => apart.outcome(id, answer),
        }
    }

    /// The years in which it gave numbers before it was opened.
    pub fn years(&self) -> Vec<i16> {
        match self {
            Self::Here(seal) => seal.years().collect(),
            Self::Apart(apart) => apart.years().to_vec(),
        }
    }

    /// The last number that it gave in a year; what a restore leaves out comes behind it.
    ///
    /// # Errors
    /// The line to a seal apart.
    pub fn last_ordinal(&self, year: i16) -> Result<u64, Refused> {
        match self {
            Self::Here(seal) => Ok(seal.last_ordinal(year)),
            Self::Apart(apart) => apart.numbers(year).map(|numbers| numbers.last),
        }
    }

    /// The number that it gives next in a year: within the year, and whole.
    ///
    /// # Errors
    /// The line to a seal apart.
    pub fn next_number(&self, year: i16) -> Result<(u64, String), Refused> {
        match self {
            Self::Here(seal) => Ok(seal.next_number(year)),
            Self::Apart(apart) => apart.numbers(year).map(|numbers| numbers.next),
        }
    }

    /// The place in the transparency log that was given to the last act before it was opened, with its number.
    ///
    /// # Errors
    /// The act log.
    pub fn last_commitment(&self) -> Result<Option<(String, Commitment)>, Refused> {
        match self {
            Self::Here(seal) => seal.last_commitment(),
            Self::Apart(apart) => Ok(apart.last_commitment().cloned()),
        }
    }
}
