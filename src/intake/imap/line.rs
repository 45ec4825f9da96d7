//! The line to a server: private, to the server of that name, or not at all.
//!
//! Owns TLS, how much one answer may bring, and the commands that `async-imap` has in parts. Whatever a server says is
//! shown cut and without its control signs, and never what it says of a message.

use crate::host::{Disk, printable_line};
use crate::line::{Peer, Security};
use async_imap::error::Result;
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
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

/// A line on which an answer has an end, and on which nothing longer is announced: whoever gathers an answer makes room
/// for all that is announced.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    came: usize,
    place: Place,
}

/// Where in what the server says the line is.
#[derive(Debug)]
enum Place {
    /// In a line of its own, which ends so far with these signs.
    Line(Vec<u8>),
    /// In a literal (RFC 9051 4.3), with so many octets to come.
    Literal(u64),
}

/// The longest announcement of a literal, `{18446744073709551615}`, and its line end.
const ANNOUNCED_MAX: usize = 24;

impl Place {
    /// Goes on behind these octets; the literal that is announced in them and is too long, if one is.
    fn follow(&mut self, mut octets: &[u8]) -> Option<u64> {
        while let Some(&first) = octets.first() {
            match self {
                Self::Literal(left) => {
                    let taken = usize::try_from(*left).map_or(octets.len(), |left| left.min(octets.len()));
                    *left -= taken as u64;
                    octets = &octets[taken..];
                    if *left == 0 {
                        *self = Self::Line(Vec::new());
                    }
                }
                Self::Line(end) => {
                    if end.len() == ANNOUNCED_MAX {
                        end.remove(0);
                    }
                    end.push(first);
                    octets = &octets[1..];
                    if first == b'\n' {
                        let announced = announced(end);
                        end.clear();
                        match announced {
                            Some(long) if long > ANSWER_MAX as u64 => return Some(long),
                            Some(0) | None => {}
                            Some(length) => *self = Self::Literal(length),
                        }
                    }
                }
            }
        }
        None
    }
}

/// The literal that the end of a line announces.
fn announced(end: &[u8]) -> Option<u64> {
    let digits = end.strip_suffix(b"}\r\n")?;
    let begin = digits.iter().rposition(|&octet| octet == b'{')? + 1;
    std::str::from_utf8(digits.get(begin..)?).ok()?.trim_end_matches('+').parse().ok()
}

impl<S> Metered<S> {
    fn new(stream: S) -> Self {
        Self { stream, came: 0, place: Place::Line(Vec::new()) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<IoResult<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        let came = into.filled().get(before..).unwrap_or_default();
        self.came = self.came.saturating_add(came.len());
        let is_long = self.place.follow(came).is_some() || self.came > ANSWER_MAX;
        Poll::Ready(match is_long {
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

/// In place of an answer that could not be read.
const NO_ANSWER: &str = "what the server says is no answer (RFC 9051)";

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
            // the words of these hold what could not be read, which may be a message
            Self::Parse(_) => NO_ANSWER.to_owned(),
            Self::Io(error) if error.kind() == ErrorKind::Other => NO_ANSWER.to_owned(),
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
    let Peer { host, port, security, .. } = peer;
    let connector = peer.connector(&Disk::system())?;
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
    // read to their ends: a stream of answers would pass over that the server says no
    session.run_command_and_check_ok(format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)")).await?;
    session.run_command_and_check_ok(format!("UID EXPUNGE {uid}")).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_announced_at_the_end_of_a_line_and_nowhere_else() {
        let long = |pieces: &[&[u8]]| {
            let mut place = Place::Line(Vec::new());
            pieces.iter().find_map(|piece| place.follow(piece))
        };
        assert_eq!(long(&[b"* 1 FETCH (BODY[] {500000000}\r\n"]), Some(500_000_000));
        // in pieces, and with a plus as some write it
        assert_eq!(long(&[b"* 1 FETCH (BODY[] {5000", b"00000+}", b"\r", b"\n"]), Some(500_000_000));
        // a message may say what it wants
        assert_eq!(long(&[b"* 1 FETCH (BODY[] {18}\r\nx {999999999}\r\nab)\r\n"]), None);
        assert_eq!(long(&[b"* 1 FETCH (BODY[] {18}\r\nx {999999999}\r\nab) {99999999}\r\n"]), Some(99_999_999));
        assert_eq!(long(&[b"* OK {99999999} is no announcement\r\n* OK {0}\r\n* OK {9\r\n"]), None);
        assert_eq!(long(&[b"{99999999999999999999999999999}\r\n"]), None, "more than anybody can count: no number");
    }
}
