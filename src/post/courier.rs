//! The courier: hands a mail to the server, and says what became of it.
//!
//! Owns the connection, which is kept between mails, and the ways in which it can fail. The line is private before it
//! is spoken on (`wire.rs`) and the server's name always checked; each step ends after `mail.smtp.timeout`, however
//! slowly its answer drips. Never decides what is done then.

use super::Server;
use super::wire;
use crate::document::MailAddress;
use crate::host::{Disk, printable_line};
use crate::line::Peer;
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio_native_tls::TlsConnector;

/// How long a connection is kept for the next mail: shorter than servers are willing to wait (RFC 5321 4.5.3.2.7).
const IDLE: Duration = Duration::from_secs(60);
/// Codes that speak of us or of the whole server, and not of one mail: 421, 454 and of authentication (RFC 4954 6).
const OF_THE_SERVER: [u16; 7] = [421, 432, 454, 530, 534, 535, 538];
/// The slowest line that a mail is handed over on, octets a second: a quarter of a megabit.
const PACE_MIN: u64 = 32 << 10;

/// Why a mail was not taken. There is no default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Not now (4xx): this mail waits.
    Later(String),
    /// The line was lost over this mail, or the server spoke of itself: whether others are taken is not known.
    Lost(String),
    /// Never (5xx): a person must look.
    Refused(String),
}

/// A connection to the server, made when it is needed and kept.
pub struct Courier {
    /// What the connection runs on; there until the end.
    runtime: Option<Runtime>,
    open: Option<AsyncSmtpConnection>,
    used: Instant,
    call: Call,
}

/// How the server is called.
struct Call {
    peer: Peer,
    connector: TlsConnector,
    account: Option<Credentials>,
    hello: ClientId,
    from: Address,
    timeout: Duration,
}

/// Why a step did not come to its end.
enum Broken {
    /// In so long there was no whole answer.
    Late(&'static str, Duration),
    /// The line, or what the server said.
    Said(Error),
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Courier(from {})", self.call.from)
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.open = None;
        // whoever drops it may be within another runtime, where none may be waited for
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Courier {
    /// The longest time in which a mail is handed over that has as many octets as one may have.
    pub const UPLOAD_MAX: Duration = Duration::from_secs(15 * 60);

    /// Ready to connect; password and authority are read now.
    ///
    /// # Errors
    /// In words: a file that cannot be used.
    pub fn new(disk: &Disk, server: &Server, from: &MailAddress) -> Result<Self, String> {
        let from: Address = from.as_str().parse().map_err(|error| format!("{from}: {error}"))?;
        let account = match &server.account {
            Some((user, secret)) => Some(Credentials::new(user.clone(), secret.read(disk)?)),
            None => None,
        };
        let call = Call {
            peer: server.peer.clone(),
            connector: server.peer.connector(disk)?,
            account,
            hello: ClientId::Domain(from.domain().to_owned()),
            from,
            timeout: server.timeout,
        };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        Ok(Self { runtime: Some(runtime), open: None, used: Instant::now(), call })
    }

    /// Whether the server listens to us: name, line and password are right. Calls it where no line is open.
    ///
    /// # Errors
    /// In words: no server that would listen, so that every mail waits.
    pub fn knock(&mut self) -> Result<(), String> {
        let Some(runtime) = &self.runtime else { return Err("it has ended".to_owned()) };
        let known = self.open.take().filter(|_| self.used.elapsed() < IDLE);
        let call = &self.call;
        let open = runtime.block_on(async {
            if let Some(mut known) = known
                && call.step("NOOP", known.command(Noop)).await.is_ok()
            {
                return Ok(known);
            }
            call.connect().await
        });
        self.open = Some(open.map_err(|why| printable_line(&why))?);
        self.used = Instant::now();
        Ok(())
    }

    /// Whether a line is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Hands a mail over; what the server said.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send(&mut self, to: &[MailAddress], octets: &[u8]) -> Result<String, Failure> {
        let to: Result<Vec<Address>, _> = to.iter().map(|one| one.as_str().parse::<Address>()).collect();
        let to = to.map_err(|error| Failure::Refused(format!("no address: {error}")))?;
        let (Some(runtime), Some(mut open)) = (&self.runtime, self.open.take()) else {
            return Err(Failure::Lost("no line is open".to_owned()));
        };
        let call = &self.call;
        let (done, open) = runtime.block_on(async {
            match call.hand_over(&mut open, to, octets).await {
                Ok(response) => (Ok(response.message().collect::<Vec<_>>().join(" ")), Some(open)),
                Err(broken) => {
                    let failure = failure(&broken);
                    // it answered in order: the next mail may go over the same line
                    let is_good =
                        !matches!(failure, Failure::Lost(_)) && call.step("RSET", open.command(Rset)).await.is_ok();
                    (Err(failure), is_good.then_some(open))
                }
            }
        });
        (self.open, self.used) = (open, Instant::now());
        done
    }
}

impl Call {
    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        let hello = self.hello.to_string();
        let Peer { host, port, .. } = &self.peer;
        // the steps before a line is private: call, greeting, name, STARTTLS and TLS
        let line =
            tokio::time::timeout(self.timeout.saturating_mul(5), wire::private(&self.peer, &self.connector, &hello));
        let line = line.await.map_err(|_| format!("{host}:{port}: no private line in time"))??;
        let open = AsyncSmtpConnection::connect_with_transport(Box::new(line), &self.hello);
        let mut open = self.step("EHLO", open).await.map_err(|broken| broken.told())?;
        if let Some(account) = &self.account {
            let proven = self.step("AUTH", open.auth(DEFAULT_MECHANISMS, account)).await;
            proven.map_err(|broken| broken.told())?;
        }
        Ok(open)
    }

    async fn hand_over(
        &self,
        open: &mut AsyncSmtpConnection,
        to: Vec<Address>,
        octets: &[u8],
    ) -> Result<Response, Broken> {
        self.step("MAIL", open.command(Mail::new(Some(self.from.clone()), Vec::new()))).await?;
        for one in to {
            self.step("RCPT", open.command(Rcpt::new(one, Vec::new()))).await?;
        }
        self.step("DATA", open.command(Data)).await?;
        let upload = Duration::from_secs(octets.len() as u64 / PACE_MIN).min(Courier::UPLOAD_MAX);
        in_time("the mail", self.timeout.saturating_add(upload), open.message(octets)).await
    }

    async fn step<T>(&self, what: &'static str, step: impl Future<Output = Result<T, Error>>) -> Result<T, Broken> {
        in_time(what, self.timeout, step).await
    }
}

async fn in_time<T>(
    what: &'static str,
    patience: Duration,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<T, Broken> {
    match tokio::time::timeout(patience, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Broken::Said(error)),
        Err(_) => Err(Broken::Late(what, patience)),
    }
}

fn failure(broken: &Broken) -> Failure {
    let code = match broken {
        Broken::Said(error) => error.status().map(u16::from),
        Broken::Late(..) => None,
    };
    let why = broken.told();
    match code {
        Some(code) if OF_THE_SERVER.contains(&code) => Failure::Lost(why),
        Some(400..=499) => Failure::Later(why),
        Some(500..=599) => Failure::Refused(why),
        _ => Failure::Lost(why),
    }
}

impl Broken {
    /// In words: the error with what it comes from.
    fn told(&self) -> String {
        let error = match self {
            Self::Late(what, patience) => return format!("no answer to {what} within {} s", patience.as_secs_f32()),
            Self::Said(error) => error,
        };
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        text
    }
}
