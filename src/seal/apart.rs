//! A seal in another process, as the window asks it.
//!
//! Owns the line to it. What it says is held against what was asked: a receipt must be of the certificate that the
//! window publishes. One fault of the line ends it, since nobody knows what was done; the window halts, and what a seal
//! did without being heard is found at the next start, as after a crash. Never holds a key.

use super::call::{self, Ask, Hello, Numbers, Reply, VERSION, Welcome};
use super::commitment::Commitment;
use super::fault::{OpenFault, Refused};
use super::{Again, Asked, OutcomeRecord, Sealed, Stamper, Window};
use crate::document::{Digest, SubmissionId};
use crate::forms::certificate::Certificate;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long an answer may take: as long as a full disk or a token in trouble takes to say so. A window that waits for
/// longer would be killed by its watchdog, which says less.
const PATIENCE: Duration = Duration::from_secs(30);

/// The line to the seal.
pub struct Apart {
    path: PathBuf,
    /// None behind a fault.
    stream: Mutex<Option<UnixStream>>,
    stamper: Option<Arc<dyn Stamper>>,
    years: Vec<i16>,
    last: Option<(String, Commitment)>,
}

impl Apart {
    /// Calls the seal behind this socket, which must seal by this certificate, for this window.
    ///
    /// # Errors
    /// Nobody is there, or another seal.
    pub(super) fn call(
        path: &Path,
        certificate: &Certificate,
        window: &Window,
        stamper: Option<Arc<dyn Stamper>>,
    ) -> Result<Self, OpenFault> {
        let apart = |told: String| OpenFault::Apart { path: path.to_owned(), told };
        let stream = UnixStream::connect(path).map_err(|error| apart(error.to_string()))?;
        let bounded = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
        bounded.map_err(|error| apart(error.to_string()))?;
        let stream = Mutex::new(Some(stream));
        let line = Self { path: path.to_owned(), stream, stamper, years: Vec::new(), last: None };
        let Window { id, name, environment } = window.clone();
        let hello = Hello { version: VERSION, id, name, environment, stamps: line.stamper.is_some() };
        match line.ask(&Ask::Hello(hello)).map_err(|refused| apart(refused.to_string()))? {
            Reply::Welcome(welcome) => {
                let Welcome { certificate: its, years, last } = *welcome;
                match its == Digest::of(certificate.der()) {
                    true => Ok(Self { years, last, ..line }),
                    false => Err(apart("it seals with another certificate than [seal] names".into())),
                }
            }
            _ => Err(apart(line.odd().to_string())),
        }
    }

    pub(super) fn seal_unsynced<'a>(&self, asked: impl Iterator<Item = Asked<'a>>) -> Result<Vec<Sealed>, Refused> {
        let asked: Vec<Asked<'a>> = asked.collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let group = asked.iter().map(|(record, commitment)| (*record, commitment)).collect();
        let Reply::Sealed(sealed) = self.ask(&Ask::Seal(group))? else { return Err(self.odd()) };
        let is_of = |(sealed, (record, _)): (&Sealed, &Asked<'_>)| {
            (sealed.id, sealed.answer, sealed.decision) == (record.id, record.answer, record.decision)
                && Digest::of(&sealed.octets) == sealed.sha256
        };
        match sealed.len() == asked.len() && sealed.iter().zip(&asked).all(is_of) {
            true => Ok(sealed),
            false => Err(self.odd()),
        }
    }

    pub(super) fn sync(&self) -> Result<(), Refused> {
        match self.ask(&Ask::Sync)? {
            Reply::Synced => Ok(()),
            _ => Err(self.odd()),
        }
    }

    pub(super) fn again(&self, id: SubmissionId, answer: u32) -> Result<Option<Again>, Refused> {
        let Reply::Again(again) = self.ask(&Ask::Again(id, answer))? else { return Err(self.odd()) };
        let is_of = |again: &Again| {
            (again.record.id, again.record.answer) == (id, answer)
                && Digest::of(&again.today.octets) == again.today.sha256
        };
        match again.map(|again| *again) {
            Some(again) if !is_of(&again) => Err(self.odd()),
            again => Ok(again),
        }
    }

    pub(super) fn outcome(&self, id: SubmissionId, answer: u32) -> Result<Option<OutcomeRecord>, Refused> {
        let Reply::Outcome(outcome) = self.ask(&Ask::Outcome(id, answer))? else { return Err(self.odd()) };
        match outcome.map(|outcome| *outcome) {
            Some(outcome) if (outcome.id, outcome.answer) != (id, answer) => Err(self.odd()),
            outcome => Ok(outcome),
        }
    }

    pub(super) fn numbers(&self, year: i16) -> Result<Numbers, Refused> {
        match self.ask(&Ask::Numbers(year))? {
            Reply::Numbers(numbers) => Ok(numbers),
            _ => Err(self.odd()),
        }
    }

    /// The years in which it had given numbers when it was called.
    pub(super) fn years(&self) -> &[i16] {
        &self.years
    }

    /// The place in the log of its last act when it was called.
    pub(super) fn last_commitment(&self) -> Option<&(String, Commitment)> {
        self.last.as_ref()
    }

    fn ask(&self, ask: &Ask<&OutcomeRecord, &Commitment>) -> Result<Reply, Refused> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = &*stream else { return Err(self.fault(io::ErrorKind::NotConnected.into())) };
        let told = call::send(open, ask).and_then(|()| self.hear(open));
        match told {
            Ok(Reply::Refused(refusal)) => Err(Refused::Apart { told: refusal.told, may_pass: refusal.may_pass }),
            Ok(reply) => Ok(reply),
            Err(fault) => {
                *stream = None;
                Err(self.fault(fault))
            }
        }
    }

    /// The reply; time that it wants stamped meanwhile is.
    fn hear(&self, open: &UnixStream) -> io::Result<Reply> {
        loop {
            match call::receive(open)? {
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
                Some(Reply::Stamp(over)) => {
                    let tokens = self.stamper.as_ref().map(|stamper| stamper.stamp(&over)).unwrap_or_default();
                    let tokens = tokens.into_iter().map(|token| token.map(|token| BASE64.encode(token))).collect();
                    call::send(open, &Ask::<&OutcomeRecord, &Commitment>::Tokens(tokens))?;
                }
                Some(reply) => return Ok(reply),
            }
        }
    }

    fn fault(&self, fault: io::Error) -> Refused {
        Refused::Line { path: self.path.clone(), fault }
    }

    /// What was told is no answer to what was asked.
    fn odd(&self) -> Refused {
        *self.stream.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.fault(io::Error::new(io::ErrorKind::InvalidData, "what it says is no answer to what was asked"))
    }
}
