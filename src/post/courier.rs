//! The courier: hands a mail to the server, and says what became of it.
//!
//! Owns the connection, which is kept between mails, and the three ways in which it can fail. The line is always
//! private and the server's name always checked; each step ends after `mail.smtp.timeout`. Never decides what
//! is done then.

use super::Server;
use crate::document::MailAddress;
use crate::host::Disk;
use crate::line::{Peer, Security, authorities};
use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters, TlsVersion};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, SmtpTransport, Transport};
use std::time::Duration;

/// How long a connection is kept for the next mail: shorter than servers are willing to wait (RFC 5321 4.5.3.2.7).
const IDLE: Duration = Duration::from_secs(60);
/// Codes that speak of us or of the whole server, and not of one mail: 421, 454 and of authentication (RFC 4954 6).
const OF_THE_SERVER: [u16; 7] = [421, 432, 454, 530, 534, 535, 538];

/// Why a mail was not taken. There is no default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No server that would listen: every mail waits.
    Away(String),
    /// Not now (4xx): this mail waits.
    Later(String),
    /// Never (5xx): a person must look.
    Refused(String),
}

/// A connection to the server, made when it is needed and kept.
pub struct Courier {
    transport: SmtpTransport,
    from: Address,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Courier(from {})", self.from)
    }
}

impl Courier {
    /// Ready to connect; password and authority are read now.
    ///
    /// # Errors
    /// In words: a file that cannot be used.
    pub fn new(disk: &Disk, server: &Server, from: &MailAddress) -> Result<Self, String> {
        let Peer { host, port, security, ca } = &server.peer;
        let mut tls = TlsParameters::builder(host.clone()).set_min_tls_version(TlsVersion::Tlsv12);
        if let Some(path) = ca {
            tls = tls.certificate_store(CertificateStore::None);
            for one in authorities(disk, path)? {
                let one = Certificate::from_der(one).map_err(|error| format!("{}: {error}", path.display()))?;
                tls = tls.add_root_certificate(one);
            }
        }
        let tls = tls.build().map_err(|error| error.to_string())?;
        let tls = match security {
            Security::StartTls => Tls::Required(tls),
            Security::Tls => Tls::Wrapper(tls),
        };
        let from: Address = from.as_str().parse().map_err(|error| format!("{from}: {error}"))?;
        let mut transport = SmtpTransport::builder_dangerous(host) // the name is not; it is checked by `tls`
            .port(*port)
            .tls(tls)
            .hello_name(ClientId::Domain(from.domain().to_owned()))
            .timeout(Some(server.timeout))
            .pool_config(PoolConfig::new().max_size(1).idle_timeout(IDLE));
        if let Some((user, secret)) = &server.account {
            transport = transport.credentials(Credentials::new(user.clone(), secret.read(disk)?));
        }
        Ok(Self { transport: transport.build(), from })
    }

    /// Whether the server listens to us: name, line and password are right.
    ///
    /// # Errors
    /// [`Failure::Away`].
    pub fn knock(&self) -> Result<(), Failure> {
        match self.transport.test_connection() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::Away("the server does not answer in order".to_owned())),
            Err(error) => Err(Failure::Away(told(&error))),
        }
    }

    /// Hands a mail over; what the server said.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send(&self, to: &[MailAddress], octets: &[u8]) -> Result<String, Failure> {
        let to: Result<Vec<Address>, _> = to.iter().map(|one| one.as_str().parse::<Address>()).collect();
        let to = to.map_err(|error| Failure::Refused(format!("no address: {error}")))?;
        let envelope =
            Envelope::new(Some(self.from.clone()), to).map_err(|error| Failure::Refused(error.to_string()))?;
        match self.transport.send_raw(&envelope, octets) {
            Ok(response) => Ok(response.message().collect::<Vec<_>>().join(" ")),
            Err(error) => Err(failure(&error)),
        }
    }
}

fn failure(error: &lettre::transport::smtp::Error) -> Failure {
    let code = error.status().map(u16::from);
    match code {
        Some(code) if OF_THE_SERVER.contains(&code) => Failure::Away(told(error)),
        Some(400..=499) => Failure::Later(told(error)),
        Some(500..=599) => Failure::Refused(told(error)),
        _ => Failure::Away(told(error)),
    }
}

/// The error with what it comes from.
fn told(error: &lettre::transport::smtp::Error) -> String {
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
