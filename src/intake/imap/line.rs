//! The line to a server: private, to the server of that name, or not at all.
//!
//! Owns TLS, how much one answer may bring, and the commands that `async-imap` has in parts. Whatever a server says is
//! shown cut and without its control signs, and never what it says of a message.

use crate::host::{Disk, printable_line};
use crate::line::{Peer, Security, authorities};
use async_imap::error::Result;
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use native_tls::{Certificate, Protocol, TlsConnector};
use std::collections::BTreeSet;
use std::io::{Error as IoError, ErrorKind, Result as IoResult};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_native_tls::TlsStream;

/// Octets that a server may send before it is spoken to again: a search that finds a million messages has eight times a
/// million, and a piece of a message one. `async-imap` gathers an answer in memory, and would gather half a gibibyte.
const ANSWER_MAX: usize = 16 << 20;
/// Longest text of a server's own that is shown, in characters.
const SHOWN_MAX: usize = 200;

/// A private line.
pub(super) type Line = Metered<TlsStream<TcpStream>>;

/// A line on which an answer has an end.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    came: usize,
}

impl<S> Metered<S> {
    fn new(stream: S) -> Self {
        Self { stream, came: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<IoResult<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        self.came = self.came.saturating_add(into.filled().len().saturating_sub(before));
        Poll::Ready(match self.came > ANSWER_MAX {
            true => Err(IoError::new(ErrorKind::InvalidData, "the server's answer does not end")),
            false => Ok(()),
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<IoResult<usize>> {
        self.came = 0; // what comes from now on answers this
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What went wrong, in words for a log.
pub(super) trait Says {
    fn says(&self) -> String;
}

impl Says for String {
    fn says(&self) -> String {
        shown(self)
    }
}

impl Says for async_imap::error::Error {
    fn says(&self) -> String {
        match self {
            // its own words hold what it could not read, which may be a message
            Self::Parse(_) => "what the server says is no answer (RFC 9051)".to_owned(),
            other => shown(&other.to_string()),
        }
    }
}

/// A server's own words, on one line and cut.
pub(super) fn shown(text: &str) -> String {
    printable_line(&text.chars().take(SHOWN_MAX).collect::<String>())
}

/// Calls the server; the certificate must bear its name.
pub(super) async fn connect(peer: &Peer) -> std::result::Result<Client<Line>, String> {
    let Peer { host, port, security, ca } = peer;
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(Protocol::Tlsv12));
    if let Some(ca) = ca {
        builder.disable_built_in_roots(true);
        for one in authorities(&Disk::system(), ca)? {
            builder.add_root_certificate(Certificate::from_der(&one).map_err(|error| error.to_string())?);
        }
    }
    let connector = tokio_native_tls::TlsConnector::from(builder.build().map_err(|error| error.to_string())?);
    let plain = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| format!("{host}:{port}: {error}"))?;
    let _ = plain.set_nodelay(true); // slower without, and no worse
    let private = async |plain| connector.connect(host, plain).await.map_err(|error| format!("TLS to {host}: {error}"));
    match security {
        Security::Tls => {
            let mut client = Client::new(Metered::new(private(plain).await?));
            greeting(client.read_response().await.map_err(|error| error.to_string())?.is_some())?;
            Ok(client)
        }
        Security::StartTls => {
            let mut client = Client::new(Metered::new(plain));
            greeting(client.read_response().await.map_err(|error| error.to_string())?.is_some())?;
            let begun = client.run_command_and_check_ok("STARTTLS", None).await;
            begun.map_err(|error| format!("STARTTLS: {}", error.says()))?;
            // whatever came in the open behind the answer is thrown away with the old line
            Ok(Client::new(Metered::new(private(client.into_inner().stream).await?)))
        }
    }
}

fn greeting(came: bool) -> std::result::Result<(), String> {
    if came { Ok(()) } else { Err("the server hung up without a greeting".to_owned()) }
}

/// What a server gives of a message.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    /// The piece; none where there is no such message.
    pub piece: Option<Vec<u8>>,
    /// How long the whole of it is, as the server says.
    pub whole: Option<u64>,
}

/// A piece of a message.
pub(super) async fn piece(session: &mut Session<Line>, uid: u32, query: &str) -> Result<Fetched> {
    let mut answers = session.uid_fetch(uid.to_string(), query).await?;
    let mut fetched = Fetched::default();
    while let Some(answer) = answers.try_next().await? {
        // news of other messages may come in between
        if answer.uid == Some(uid)
            && let Some(body) = answer.body()
        {
            fetched = Fetched { piece: Some(body.to_vec()), whole: answer.size.map(u64::from) };
        }
    }
    Ok(fetched)
}

/// What MOVE does, where the server cannot: a crash in between leaves a copy there, and the message here. What was
/// `copied` is not copied once more.
pub(super) async fn put_away(
    session: &mut Session<Line>,
    uid: u32,
    folder: &str,
    copied: &mut BTreeSet<u32>,
) -> Result<()> {
    let number = uid;
    let uid = uid.to_string();
    if !copied.contains(&number) {
        session.uid_copy(&uid, folder).await?;
        copied.insert(number);
    }
    {
        let stored = session.uid_store(&uid, "+FLAGS.SILENT (\\Deleted)").await?;
        stored.try_collect::<Vec<_>>().await?;
    }
    let gone = session.uid_expunge(&uid).await?;
    gone.try_collect::<Vec<_>>().await.map(drop)
}
