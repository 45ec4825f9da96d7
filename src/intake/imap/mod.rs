//! A mailbox on a server (RFC 3501, RFC 9051), read by `async-imap` over OpenSSL.
//!
//! Owns the connection and what is remembered between two of them: which messages are handed over, which have their
//! verdict and are still to be moved. A message is known by its UID as long as UIDVALIDITY stays; when that changes,
//! all is read anew, and the loop knows what of it is held. Each command has its time; who does not answer in it is
//! left, and called again after a pause that doubles. A message is read in pieces into a nameless file, never whole
//! into memory; one whose reading fails waits until the others were read. Nothing is sent before the line is private
//! and the server's name is proven.

mod line;

use super::mail::{Delivery, OPEN_MAX, Order, Place, Reader, Server, Ticket, Verdict, open};
use crate::advice::Advice;
use crate::host::{Disk, Octets};
use crate::letter::Fault;
use async_imap::Session;
use async_imap::types::UnsolicitedResponse;
use line::{Fetched, Line, Says, connect};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TryRecvError;

/// Octets of a message that are asked for at once.
const PIECE: u64 = 1 << 20;
/// First and longest pause before a server is called again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(300));

type Uid = u32;

/// Why a connection ends.
enum Lost {
    /// It is told to end.
    Ended,
    /// The server, or the line to it.
    Failed(String),
}

/// What outlives a connection.
struct Memory {
    reader: Reader,
    server: Server,
    validity: Option<u32>,
    /// Handed over, without a verdict.
    open: BTreeMap<Ticket, Uid>,
    /// To be moved.
    settled: BTreeMap<Uid, Verdict>,
    /// Not to be read before that moment.
    again: BTreeMap<Uid, Instant>,
    /// Copied to where they go, and not gone from here: where the server cannot MOVE.
    copied: BTreeSet<Uid>,
    /// What could not be moved, and was said to be so.
    unmoved: BTreeSet<Uid>,
    last_ticket: Ticket,
    /// Whether the server was of use since it was called.
    is_good: bool,
    ends: bool,
}

/// Whether the server lets us in, has the folder, and can put a message away: it is called, looked at (EXAMINE, which
/// changes nothing) and left.
///
/// # Errors
/// In words: where that ended.
pub async fn probe(server: &Server) -> Result<(), String> {
    let told = async {
        let patience = server.timeout;
        let client = timed("connect", patience, connect(&server.peer)).await?;
        let password = server.password.read(&Disk::system()).map_err(Lost::Failed)?;
        let login = async { client.login(&server.user, &password).await.map_err(|(error, _)| error) };
        let mut session = timed("login", patience, login).await?;
        let able = timed("capability", patience, session.capabilities()).await?;
        if !able.has_str("MOVE") && !able.has_str("UIDPLUS") {
            return Err(Lost::Failed(NO_WAY_AWAY.into()));
        }
        timed("examine", patience, session.examine(&server.folder)).await?;
        let _ = tokio::time::timeout(patience, session.logout()).await; // all was said
        Ok(())
    };
    told.await.map_err(|lost| match lost {
        Lost::Ended => "it ended".to_owned(),
        Lost::Failed(why) => why,
    })
}

/// What a server lacks that cannot put a message away.
const NO_WAY_AWAY: &str = "the server can neither MOVE nor UIDPLUS: a message could not be put away";

/// Reads until it is told to end.
pub(super) async fn read(reader: Reader) {
    let Place::Imap(server) = reader.settings.place.clone() else { return };
    let mut memory = Memory {
        reader,
        server: *server,
        validity: None,
        open: BTreeMap::new(),
        settled: BTreeMap::new(),
        again: BTreeMap::new(),
        copied: BTreeSet::new(),
        unmoved: BTreeSet::new(),
        last_ticket: 0,
        is_good: false,
        ends: false,
    };
    let mut pause = PAUSES.0;
    loop {
        memory.is_good = false;
        match memory.connected().await {
            Err(Lost::Ended) | Ok(()) => return,
            Err(Lost::Failed(why)) => memory.reader.fails(&why),
        }
        // `once` must not wait for a server that does not answer
        if memory.open.is_empty() && !memory.reader.hand_over(Delivery::Quiet).await {
            return;
        }
        pause = if memory.is_good { PAUSES.0 } else { (pause * 2).min(PAUSES.1) };
        let until = Instant::now() + pause;
        while !memory.ends && Instant::now() < until {
            let bell = Arc::clone(&memory.reader.bell);
            let _ = tokio::time::timeout(until.saturating_duration_since(Instant::now()), bell.notified()).await;
            memory.take_orders();
        }
        if memory.ends {
            return;
        }
    }
}

/// Waits for an answer, but not for ever.
async fn timed<T, E: Says>(
    what: &str,
    patience: Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, Lost> {
    match tokio::time::timeout(patience, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Lost::Failed(format!("{what}: {}", error.says()))),
        Err(_) => Err(Lost::Failed(format!("{what}: no answer within {patience:?}"))),
    }
}

impl Memory {
    /// One connection, from the call to its end.
    async fn connected(&mut self) -> Result<(), Lost> {
        let patience = self.server.timeout;
        let client = timed("connect", patience, connect(&self.server.peer)).await?;
        let password = self.server.password.read(&Disk::system()).map_err(Lost::Failed)?;
        let login = async { client.login(&self.server.user, &password).await.map_err(|(error, _)| error) };
        let mut session = timed("login", patience, login).await?;
        let able = timed("capability", patience, session.capabilities()).await?;
        let (can_idle, can_move) = (able.has_str("IDLE"), able.has_str("MOVE"));
        let can_expunge = able.has_str("UIDPLUS");
        if !can_move && !can_expunge {
            return Err(Lost::Failed(NO_WAY_AWAY.into()));
        }
        for folder in [&self.reader.settings.processed, &self.reader.settings.rejected] {
            // mostly it is there, and the server says so
            let _ = timed("create", patience, session.create(folder)).await;
        }
        let selected = timed("select", patience, session.select(&self.server.folder)).await?;
        if self.validity != selected.uid_validity {
            if self.validity.is_some() {
                tracing::warn!(
                    advice = %Advice::MailboxAnew,
                    mailbox = self.reader.settings.name,
                    "the server counts its messages anew (UIDVALIDITY): all are looked at again"
                );
            }
            self.validity = selected.uid_validity;
            self.open.clear();
            self.settled.clear();
            self.again.clear();
            self.copied.clear();
            self.unmoved.clear();
        }
        loop {
            self.move_settled(&mut session, can_move).await?;
            self.look(&mut session).await?;
            self.is_good = true;
            self.take_orders();
            self.move_settled(&mut session, can_move).await?;
            if self.ends {
                let _ = tokio::time::timeout(patience, session.logout()).await;
                return Err(Lost::Ended);
            }
            if self.open.is_empty() && !self.reader.hand_over(Delivery::Quiet).await {
                return Err(Lost::Ended);
            }
            session = self.wait(session, can_idle).await?;
            self.take_orders();
        }
    }

    /// Waits until the server tells of something, or somebody else does, or it is time to look.
    async fn wait(&mut self, mut session: Session<Line>, can_idle: bool) -> Result<Session<Line>, Lost> {
        let (patience, bell) = (self.server.timeout, Arc::clone(&self.reader.bell));
        // what the server told beside an answer it does not tell again
        let mut is_new = false;
        while let Ok(told) = session.unsolicited_responses.try_recv() {
            is_new |= matches!(told, UnsolicitedResponse::Exists(_));
        }
        if is_new {
            return Ok(session);
        }
        let span = match can_idle {
            true => self.server.idle.min(self.reader.settings.poll),
            false => self.reader.settings.poll,
        };
        if !can_idle {
            let _ = tokio::time::timeout(span, bell.notified()).await;
            timed("noop", patience, session.noop()).await?;
            return Ok(session);
        }
        let mut idle = session.idle();
        timed("idle", patience, idle.init()).await?;
        {
            let (told, _stop) = idle.wait_with_timeout(span);
            tokio::select! {
                told = told => drop(told.map_err(|error| Lost::Failed(format!("idle: {}", error.says())))?),
                () = bell.notified() => {}
                // a server that says "still here" must not keep us from looking
                () = tokio::time::sleep(span) => {}
            }
        }
        timed("done", patience, idle.done()).await
    }

    /// Hands over what lies there, in the order of its arrival, as far as there is room.
    async fn look(&mut self, session: &mut Session<Line>) -> Result<(), Lost> {
        let patience = self.server.timeout;
        let found = timed("search", patience, session.uid_search("UNDELETED")).await?;
        let found: BTreeSet<Uid> = found.into_iter().collect();
        self.settled.retain(|uid, _| found.contains(uid));
        self.again.retain(|uid, at| found.contains(uid) && *at > Instant::now());
        self.copied.retain(|uid| found.contains(uid));
        self.unmoved.retain(|uid| found.contains(uid));
        self.reader.looked(found.iter().filter(|uid| !self.settled.contains_key(uid)).count());
        let handed: BTreeSet<Uid> = self.open.values().chain(self.settled.keys()).copied().collect();
        for uid in found.difference(&handed) {
            if self.again.contains_key(uid) {
                continue;
            }
            if self.open.len() >= OPEN_MAX || self.ends {
                break;
            }
            // should it break the line, the others come first
            self.again.insert(*uid, Instant::now() + self.reader.settings.poll);
            let ticket = self.last_ticket + 1;
            let key = format!("uid:{}:{uid}", self.validity.unwrap_or_default());
            let delivery = match self.fetch(session, *uid).await? {
                None => continue, // gone meanwhile
                Some(Err(fault)) => Delivery::Refused(ticket, key, fault),
                Some(Ok(whole)) => {
                    let Reader { limits, size_max, scratch, .. } = &self.reader;
                    match open(whole.reader(), limits, *size_max, scratch) {
                        Ok(post) => Delivery::Post(ticket, Box::new(post)),
                        Err(Fault::Io(error)) => {
                            let mailbox = &self.reader.settings.name;
                            tracing::error!(advice = %Advice::MailboxUnreadable,
                                mailbox, uid, %error, "a message cannot be read; it is tried again");
                            continue;
                        }
                        Err(fault) => Delivery::Refused(ticket, key, fault),
                    }
                }
            };
            self.again.remove(uid);
            self.last_ticket = ticket;
            self.open.insert(ticket, *uid);
            if !self.reader.hand_over(delivery).await {
                return Err(Lost::Ended);
            }
            self.take_orders();
        }
        Ok(())
    }

    /// A message, in pieces, into a nameless file.
    async fn fetch(&self, session: &mut Session<Line>, uid: Uid) -> Result<Option<Result<Octets, Fault>>, Lost> {
        let (patience, most) = (self.server.timeout, self.reader.limits.size);
        let disk = |error: std::io::Error| Lost::Failed(format!("the window's own disk: {error}"));
        let mut file: File = self.reader.scratch.file().map_err(disk)?;
        let mut size = 0u64;
        loop {
            let query = format!("(UID RFC822.SIZE BODY.PEEK[]<{size}.{PIECE}>)");
            let Fetched { piece, whole } = timed("fetch", patience, line::piece(session, uid, &query)).await?;
            let Some(piece) = piece else {
                // one that begins and does not end was cut off, and is whole another time
                return match size {
                    0 => Ok(None),
                    _ => Err(Lost::Failed("fetch: the server gave a part of a message and no more".to_owned())),
                };
            };
            let length = piece.len() as u64;
            if length > PIECE {
                return Err(Lost::Failed("fetch: the server gives more than it was asked for".to_owned()));
            }
            file.write_all(&piece).map_err(disk)?;
            size += length;
            if size > most {
                return Ok(Some(Err(Fault::Limit { what: "octets", key: "mail.message_max", most })));
            }
            // It ends where the server said that it would; where that said otherwise (RFC822.SIZE is a guess with
            // some), at a piece with nothing in it. A short piece alone ends nothing.
            if length == 0 || (length < PIECE && whole == Some(size)) {
                return Ok(Some(Ok(at_rest(file, size))));
            }
        }
    }

    async fn move_settled(&mut self, session: &mut Session<Line>, can_move: bool) -> Result<(), Lost> {
        let patience = self.server.timeout;
        let mut unmoved = 0;
        for (uid, verdict) in std::mem::take(&mut self.settled) {
            let folder = match verdict {
                Verdict::Processed => self.reader.settings.processed.clone(),
                Verdict::Rejected | Verdict::Again => self.reader.settings.rejected.clone(),
            };
            let moved = match can_move {
                true => tokio::time::timeout(patience, session.uid_mv(uid.to_string(), &folder)).await,
                false => {
                    let away = line::put_away(session, uid, &folder, &mut self.copied);
                    tokio::time::timeout(patience, away).await
                }
            };
            match moved {
                Ok(Ok(())) => {}
                Ok(Err(async_imap::error::Error::No(why))) => {
                    unmoved += 1;
                    let (mailbox, why) = (&self.reader.settings.name, line::shown(&why));
                    if self.unmoved.insert(uid) {
                        tracing::warn!(
                            advice = %Advice::MailboxUnmoved,
                            mailbox,
                            uid,
                            why,
                            "a message cannot be moved; it is tried again, and answered no more"
                        );
                    }
                    self.settled.insert(uid, verdict);
                }
                lost => {
                    self.settled.insert(uid, verdict);
                    let why = match lost {
                        Ok(Err(error)) => error.says(),
                        Ok(Ok(())) => String::new(),
                        Err(_) => "no answer in time".to_owned(),
                    };
                    return Err(Lost::Failed(format!("move: {why}")));
                }
            }
        }
        self.reader.standing().unmoved = unmoved;
        Ok(())
    }

    fn take_orders(&mut self) {
        loop {
            match self.reader.orders.try_recv() {
                Ok(Order::Settle(ticket, verdict)) => match self.open.remove(&ticket) {
                    Some(uid) if verdict == Verdict::Again => {
                        self.again.insert(uid, Instant::now() + self.reader.settings.poll);
                    }
                    Some(uid) => drop(self.settled.insert(uid, verdict)),
                    None => {} // of a count that is no more
                },
                Ok(Order::End) | Err(TryRecvError::Disconnected) => {
                    self.ends = true;
                    break;
                }
                Err(TryRecvError::Empty) => break,
            }
        }
    }
}

fn at_rest(file: File, size: u64) -> Octets {
    Octets::File(Arc::new(file), size)
}
