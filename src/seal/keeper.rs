//! The keeper of a seal apart: who may ask it, and what is looked at before it is done.
//!
//! Owns the seal while it serves. The caller reads hostile octets and may be anybody by now: it is known by the user it
//! runs as, it is asked to show that what is to be said stands in the window's journal, which the keeper reads for
//! itself, and it can have nothing sealed that contradicts what was sealed before. Serves one caller after the other:
//! a window has one process. Never opens a document, a drop folder or a network.

use super::call::{self, Ask, Hello, Numbers, Refusal, Reply, VERSION, Welcome};
use super::commitment::Commitment;
use super::fault::{OpenFault, Refused};
use super::followed::{FollowFault, Followed};
use super::{LogFault, Now, OutcomeRecord, Seal, Settings, Stamper, Window};
use crate::advice::Advice;
use crate::document::Digest;
use crate::forms::key::KeyFault;
use crate::host::Disk;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::convert::Infallible;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long the rest of what was begun may take, and the stamping of time in between: above what a window waits for an
/// authority.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a seal apart does not serve any longer.
#[derive(Debug, thiserror::Error)]
pub enum KeeperFault {
    /// It does not open.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// The act log could not be written or synced as it should: it is read again at the next start.
    #[error("{0}; the act log is read again at the next start")]
    Broken(Refused),
    /// The window's folder cannot be looked at.
    #[error("{}: {fault}", path.display())]
    State {
        /// Which.
        path: PathBuf,
        /// Why.
        fault: io::Error,
    },
    /// Nobody can call.
    #[error("the socket: {0}")]
    Socket(io::Error),
}

/// A seal, and the window's journal.
pub struct Keeper {
    seal: Seal,
    window: Window,
    disk: Disk,
    /// The window's state folder.
    state: PathBuf,
    certificate: Digest,
    /// None until the journal was looked at, and behind a fault of it.
    followed: Option<Followed>,
}

impl Keeper {
    /// Opens the seal for the window whose state lies in this folder.
    ///
    /// # Errors
    /// As [`Seal::open`].
    pub fn open(settings: &Settings, window: Window, now: Now, disk: &Disk, state: &Path) -> Result<Self, OpenFault> {
        let certificate = Digest::of(super::certificate_of(settings)?.der());
        let seal = Seal::open(settings, window.clone(), now)?;
        Ok(Self { seal, window, disk: disk.clone(), state: state.to_owned(), certificate, followed: None })
    }

    /// Serves whoever runs as the user who owns the window's state folder, one after the other, until the seal breaks.
    ///
    /// # Errors
    /// [`KeeperFault`].
    pub fn serve(mut self, listener: &UnixListener) -> Result<Infallible, KeeperFault> {
        loop {
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(KeeperFault::Socket(error)),
            };
            let state = &self.state;
            let owner =
                std::fs::metadata(state).map_err(|fault| KeeperFault::State { path: state.clone(), fault })?.uid();
            let peer =
                rustix::net::sockopt::socket_peercred(&stream).map_err(|error| KeeperFault::Socket(error.into()))?;
            if peer.uid.as_raw() != owner {
                let (uid, pid) = (peer.uid.as_raw(), peer.pid.as_raw_nonzero().get());
                tracing::error!(
                    advice = %Advice::SealStranger,
                    uid,
                    pid,
                    wanted = owner,
                    "somebody who is not the window called the seal, and was sent \
                    away; see who runs as that user"
                );
                continue;
            }
            let stream = Arc::new(stream);
            let ended = self.serve_one(&stream);
            self.seal.stamper = None;
            match ended {
                Ok(()) => tracing::info!("the window has gone"),
                Err(Ended::Line(fault)) => tracing::error!(advice = %Advice::SealLine,
                    %fault, "the line to the window broke"),
                Err(Ended::Broken(refused)) => return Err(KeeperFault::Broken(refused)),
            }
        }
    }

    fn serve_one(&mut self, stream: &Arc<UnixStream>) -> Result<(), Ended> {
        // how long it may be silent between two frames is the window's own affair
        let bounded = stream.set_write_timeout(Some(PATIENCE));
        bounded.map_err(Ended::Line)?;
        let mut is_known = false;
        loop {
            let ask: Ask<OutcomeRecord, Commitment> = match call::receive(&**stream).map_err(Ended::Line)? {
                Some(ask) => ask,
                None => return Ok(()),
            };
            let done = match ask {
                Ask::Hello(hello) if !is_known => self.hello(&hello, stream).inspect(|_| is_known = true),
                _ if !is_known => Err(refused("it did not say who it is")),
                ask => self.act(ask),
            };
            let broken = match done {
                Ok(reply) => call::send(&**stream, &reply).map(|()| None),
                Err(refusal) => {
                    tracing::error!(advice = %Advice::SealLine, why = refusal.to_string(), "nothing was sealed");
                    let (told, may_pass) = (refusal.to_string(), refusal.may_pass());
                    call::send(&**stream, &Reply::Refused(Refusal { told, may_pass })).map(|()| Some(refusal))
                }
            };
            match broken.map_err(Ended::Line)? {
                Some(Denied::Seal(refused)) if self.seal.broken => return Err(Ended::Broken(refused)),
                _ => {}
            }
        }
    }

    fn hello(&mut self, hello: &Hello, stream: &Arc<UnixStream>) -> Result<Reply, Denied> {
        let Window { id, name, environment } = self.window.clone();
        let own = Hello { version: VERSION, id, name, environment, stamps: hello.stamps };
        if *hello != own {
            let said =
                |hello: &Hello| format!("{} “{}” ({}, {})", hello.id, hello.name, hello.environment, hello.version);
            return Err(refused(format!("this seal is of {}, and {} called", said(&own), said(hello))));
        }
        self.seal.stamper = hello.stamps.then(|| Arc::new(Calling::new(Arc::clone(stream))) as Arc<dyn Stamper>);
        self.follow()?;
        let last = self.seal.last_commitment()?;
        let mut years: Vec<i16> = self.seal.years().collect();
        years.sort_unstable();
        tracing::info!(window = hello.id, "the window called");
        Ok(Reply::Welcome(Box::new(Welcome { certificate: self.certificate, years, last })))
    }

    /// Looks at the journal from the last act on, whatever was known of it.
    fn follow(&mut self) -> Result<&mut Followed, Denied> {
        if self.followed.is_none() {
            let last = self.seal.last_commitment()?;
            self.followed = Some(Followed::open(&self.disk, &self.state, last.as_ref())?);
        }
        self.followed.as_mut().ok_or_else(|| refused("the journal is not followed"))
    }

    fn act(&mut self, ask: Ask<OutcomeRecord, Commitment>) -> Result<Reply, Denied> {
        Ok(match ask {
            Ask::Hello(_) | Ask::Tokens(_) => return Err(refused("it was not asked for that")),
            Ask::Seal(group) => {
                for (record, commitment) in &group {
                    let held = self.follow()?.holds(commitment);
                    match held {
                        Ok(true) => {}
                        Ok(false) => {
                            return Err(Denied::NotJournalled(format!("{}: answer {}", record.id, record.answer)));
                        }
                        Err(fault) => {
                            self.followed = None;
                            return Err(fault.into());
                        }
                    }
                }
                let asked = group.iter().map(|(record, commitment)| (record, commitment.clone()));
                Reply::Sealed(self.seal.seal_unsynced(asked)?)
            }
            Ask::Sync => {
                self.seal.sync()?;
                Reply::Synced
            }
            Ask::Again(id, answer) => Reply::Again(self.seal.again(id, answer)?.map(Box::new)),
            Ask::Outcome(id, answer) => Reply::Outcome(self.seal.outcome(id, answer)?.map(Box::new)),
            Ask::Numbers(year) => {
                Reply::Numbers(Numbers { last: self.seal.last_ordinal(year), next: self.seal.next_number(year) })
            }
        })
    }
}

/// How a call ended.
enum Ended {
    Line(io::Error),
    /// The seal seals nothing more until it is opened again.
    Broken(Refused),
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
enum Denied {
    #[error(transparent)]
    Seal(#[from] Refused),
    #[error(transparent)]
    Follow(#[from] FollowFault),
    #[error("submission {0} does not stand in the journal")]
    NotJournalled(String),
    #[error("{0}")]
    Said(String),
}

fn refused(why: impl Into<String>) -> Denied {
    Denied::Said(why.into())
}

impl Denied {
    fn may_pass(&self) -> bool {
        match self {
            Self::Seal(refused) => {
                matches!(refused, Refused::Key(KeyFault::Away(_)) | Refused::Log(LogFault::Disk(_)) | Refused::Broken)
            }
            Self::Follow(FollowFault::Journal(crate::journal::JournalError::Disk { .. })) => true,
            Self::Follow(_) | Self::NotJournalled(_) | Self::Said(_) => false,
        }
    }
}

/// Has time stamped by whoever called: a network is theirs.
struct Calling(Mutex<Arc<UnixStream>>);

impl Calling {
    fn new(stream: Arc<UnixStream>) -> Self {
        Self(Mutex::new(stream))
    }

    fn ask(&self, over: &[String]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream.set_read_timeout(Some(PATIENCE))?;
        call::send(&**stream, &Reply::Stamp(over.to_vec()))?;
        let told = call::receive::<Ask<OutcomeRecord, Commitment>>(&**stream);
        stream.set_read_timeout(None)?;
        let Some(Ask::Tokens(tokens)) = told? else { return Err(io::ErrorKind::InvalidData.into()) };
        let token = |token: Option<String>| token.and_then(|token| BASE64.decode(token).ok());
        Ok(tokens.into_iter().map(token).collect())
    }
}

impl Stamper for Calling {
    /// Without a stamp a receipt says the same; a line that broke is told by the next frame.
    fn stamp(&self, over: &[String]) -> Vec<Option<Vec<u8>>> {
        let mut tokens = self.ask(over).unwrap_or_else(|error| {
            tracing::error!(advice = %Advice::ReceiptsUnstamped,
                %error, "no time was stamped: the window did not hand over what it was asked for");
            Vec::new()
        });
        tokens.resize(over.len(), None);
        tokens
    }
}

#[cfg(test)]
mod tests;
