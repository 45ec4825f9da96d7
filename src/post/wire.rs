//! The wire to the server: private before anything of worth goes over it, or not at all.
//!
//! Owns STARTTLS (RFC 3207), and hands over a line that is private already. The library that speaks SMTP has a STARTTLS
//! of its own, but keeps what it read in the open behind the server's word and takes it for answers that came in
//! private: anybody on the way could say in the server's name that a mail was stored. Here octets behind an answer in
//! the open end the conversation, and nothing read in the open outlives it. Never sees a password or a mail.

use crate::line::{Peer, Security};
use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_native_tls::{TlsConnector, TlsStream};

/// The longest answer in the open, octets: a greeting, or what a server can do, in some dozen lines of 512 (RFC 5321
/// 4.5.3.1.5).
const ANSWER_MAX: usize = 16 << 10;
/// What stands for the greeting after STARTTLS, where the server has given its own in the open and gives none again.
const GREETED: &[u8] = b"220 greeted in the open\r\n";

/// A private line.
#[derive(Debug)]
pub(super) struct Line {
    /// What is read before anything of the server is.
    ahead: &'static [u8],
    private: TlsStream<TcpStream>,
}

/// Makes a line to the server; the certificate must bear its name. Whoever asks sees to the time.
///
/// # Errors
/// In words: no server there, none of that name, or one that cannot or will not be spoken to in private.
pub(super) async fn private(peer: &Peer, connector: &TlsConnector, hello: &str) -> Result<Line, String> {
    let Peer { host, port, security, .. } = peer;
    let mut open =
        TcpStream::connect((host.as_str(), *port)).await.map_err(|error| format!("{host}:{port}: {error}"))?;
    let _ = open.set_nodelay(true); // slower without, and no worse
    let ahead = match security {
        Security::Tls => &[],
        Security::StartTls => {
            begin_tls(&mut open, hello).await?;
            GREETED
        }
    };
    let private = connector.connect(host, open).await.map_err(|error| format!("TLS to {host}: {error}"))?;
    Ok(Line { ahead, private })
}

/// Asks for TLS; the next octet in either direction is of its handshake.
async fn begin_tls(line: &mut (impl AsyncRead + AsyncWrite + Unpin), hello: &str) -> Result<(), String> {
    answer(line, "greeting", "220").await?;
    say(line, &format!("EHLO {hello}\r\n")).await?;
    let able = answer(line, "EHLO", "250").await?;
    if !able.lines().any(|line| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"))) {
        return Err("the server offers no STARTTLS, and nothing is said to it in the open".to_owned());
    }
    say(line, "STARTTLS\r\n").await?;
    answer(line, "STARTTLS", "220").await.map(drop)
}

async fn say(line: &mut (impl AsyncWrite + Unpin), text: &str) -> Result<(), String> {
    line.write_all(text.as_bytes()).await.map_err(|error| format!("the line in the open: {error}"))
}

/// One answer in the open, and nothing behind it.
async fn answer(line: &mut (impl AsyncRead + Unpin), what: &str, wanted: &str) -> Result<String, String> {
    let (mut got, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let count = line.read(&mut piece).await.map_err(|error| format!("{what}: {error}"))?;
        if count == 0 {
            return Err(format!("{what}: the server hung up"));
        }
        got.extend_from_slice(piece.get(..count).unwrap_or_default());
        match end(&got) {
            None if got.len() <= ANSWER_MAX => {}
            None => return Err(format!("{what}: an answer of more than {ANSWER_MAX} octets")),
            // it did not wait for us: whoever sent it wants to be heard as if in private (RFC 3207 6)
            Some(end) if end < got.len() => {
                return Err(format!(
                    "{what}: there are {} octets behind the server's answer in the open; nothing is believed of it",
                    got.len() - end
                ));
            }
            Some(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&got).into_owned();
    let is_wanted = text.lines().last().is_some_and(|line| line.starts_with(wanted));
    if is_wanted { Ok(text) } else { Err(format!("{what}: the server said {}", text.trim_end())) }
}

/// Where an answer ends: behind its first line that says by itself that none follows (RFC 5321 4.2.1).
fn end(octets: &[u8]) -> Option<usize> {
    let mut end = 0;
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        end += line.len();
        if line.ends_with(b"\n") && line.get(3) != Some(&b'-') {
            return Some(end);
        }
    }
    None
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.private.get_ref().get_ref().get_ref().peer_addr()
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return Pin::new(&mut self.private).poll_read(context, to);
        }
        let (now, rest) = self.ahead.split_at(self.ahead.len().min(to.remaining()));
        to.put_slice(now);
        self.ahead = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.private).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.private).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.private).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a server that says this, each piece in one write.
    async fn asked(said: &[&'static str]) -> Result<(), String> {
        let (mut here, mut there) = tokio::io::duplex(1 << 20);
        let said = said.to_vec();
        let server = tokio::spawn(async move {
            for piece in said {
                there.write_all(piece.as_bytes()).await.unwrap();
                let _ = there.read(&mut [0; 512]).await;
            }
        });
        let begun = begin_tls(&mut here, "boemis.test").await;
        server.abort();
        begun
    }

    #[tokio::test]
    async fn octets_behind_an_answer_in_the_open_end_the_conversation() {
        let (greeting, able) = ("220-smtp.test\r\n220 ESMTP\r\n", "250-smtp.test\r\n250-SIZE 9\r\n250 starttls\r\n");
        assert_eq!(asked(&[greeting, able, "220 go\r\n"]).await, Ok(()));
        for injected in [
            [greeting, able, "220 go\r\n250 stored by nobody\r\n"],
            [greeting, able, "220 go\r\n2"],
            [greeting, "250-smtp.test\r\n250 STARTTLS\r\n220 go\r\n", ""],
            ["220 smtp.test\r\n250 STARTTLS\r\n", able, "220 go\r\n"],
        ] {
            let why = asked(&injected).await.unwrap_err();
            assert!(why.contains("octets behind"), "{why}");
        }
        for (said, why) in [
            ([greeting, "250 smtp.test\r\n", "220 go\r\n"], "offers no STARTTLS"),
            ([greeting, able, "454 not now\r\n"], "454 not now"),
            (["554 go away\r\n", able, "220 go\r\n"], "554 go away"),
        ] {
            let told = asked(&said).await.unwrap_err();
            assert!(told.contains(why), "{told}");
        }
        let long: &'static str = Box::leak("250-x\r\n".repeat(ANSWER_MAX).into_boxed_str());
        assert!(asked(&[greeting, long]).await.unwrap_err().contains("more than"));
    }
}
