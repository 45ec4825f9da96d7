//! The line to a server: private, to the server of that name, or not at all.
//!
//! Owns TLS and the commands that `async-imap` has in parts.

use crate::host::Disk;
use crate::line::{Peer, Security, authorities};
use async_imap::error::Result;
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use native_tls::{Certificate, Protocol, TlsConnector};
use tokio::net::TcpStream;
use tokio_native_tls::TlsStream;

/// A private line.
pub(super) type Line = TlsStream<TcpStream>;

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
            let mut client = Client::new(private(plain).await?);
            greeting(client.read_response().await.map_err(|error| error.to_string())?.is_some())?;
            Ok(client)
        }
        Security::StartTls => {
            let mut client = Client::new(plain);
            greeting(client.read_response().await.map_err(|error| error.to_string())?.is_some())?;
            let begun = client.run_command_and_check_ok("STARTTLS", None).await;
            begun.map_err(|error| format!("STARTTLS: {error}"))?;
            // whatever came in the open behind the answer is thrown away with the old line
            Ok(Client::new(private(client.into_inner()).await?))
        }
    }
}

fn greeting(came: bool) -> std::result::Result<(), String> {
    if came { Ok(()) } else { Err("the server hung up without a greeting".to_owned()) }
}

/// A piece of a message; none where there is no such message.
pub(super) async fn piece(session: &mut Session<Line>, uid: u32, query: &str) -> Result<Option<Vec<u8>>> {
    let mut answers = session.uid_fetch(uid.to_string(), query).await?;
    let mut piece = None;
    while let Some(answer) = answers.try_next().await? {
        // news of other messages may come in between
        if answer.uid == Some(uid)
            && let Some(body) = answer.body()
        {
            piece = Some(body.to_vec());
        }
    }
    Ok(piece)
}

/// What MOVE does, where the server cannot: a crash in between leaves a copy there, and the message here.
pub(super) async fn put_away(session: &mut Session<Line>, uid: u32, folder: &str) -> Result<()> {
    let uid = uid.to_string();
    session.uid_copy(&uid, folder).await?;
    {
        let stored = session.uid_store(&uid, "+FLAGS.SILENT (\\Deleted)").await?;
        stored.try_collect::<Vec<_>>().await?;
    }
    let gone = session.uid_expunge(&uid).await?;
    gone.try_collect::<Vec<_>>().await.map(drop)
}
