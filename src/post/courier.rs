//! The courier: hands a mail to the server, and says what became of it.
//!
//! Owns the connection, which is kept between mails, and the three ways in which it can fail. The line is always
//! private and the server's name always checked; each step ends after `mail.smtp.timeout`. Never decides what
//! is done then.

use super::{Secret, Security, Server};
use crate::document::MailAddress;
use crate::host::Disk;
use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters, TlsVersion};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, SmtpTransport, Transport};
use std::path::PathBuf;
use std::time::Duration;

/// The largest file of a password or of an authority, octets.
const FILE_MAX: u64 = 1 << 20;
/// How long a connection is kept for the next mail: shorter than servers are willing to wait (RFC 5321 4.5.3.2.7).
const IDLE: Duration = Duration::from_secs(60);
/// Codes that speak of us or of the whole server, and not of one mail: 421, 454 and of authentication (RFC 4954 6).
const OF_THE_SERVER: [u16; 7] = [421, 432, 454, 530, 534, 535, 538];
/// Where systemd lays a service's credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

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
        let mut tls = TlsParameters::builder(server.host.clone()).set_min_tls_version(TlsVersion::Tlsv12);
        if let Some(path) = &server.ca {
            let named = |what: String| format!("{}: {what}", path.display());
            let octets = disk.read(path, FILE_MAX).map_err(|error| named(error.to_string()))?;
            let found = openssl::x509::X509::stack_from_pem(&octets).map_err(|error| named(error.to_string()))?;
            if found.is_empty() {
                return Err(named("holds no certificate in PEM".to_owned()));
            }
            tls = tls.certificate_store(CertificateStore::None);
            for one in found {
                let der = one.to_der().map_err(|error| named(error.to_string()))?;
                tls = tls.add_root_certificate(Certificate::from_der(der).map_err(|error| named(error.to_string()))?);
            }
        }
        let tls = tls.build().map_err(|error| error.to_string())?;
        let tls = match server.security {
            Security::StartTls => Tls::Required(tls),
            Security::Tls => Tls::Wrapper(tls),
        };
        let from: Address = from.as_str().parse().map_err(|error| format!("{from}: {error}"))?;
        let mut transport = SmtpTransport::builder_dangerous(&server.host) // the name is not; it is checked by `tls`
            .port(server.port)
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

impl Secret {
    /// Where it lies now; none outside of a service that was given it.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.clone()),
            Self::Credential(name) => std::env::var_os(CREDENTIALS).map(|folder| PathBuf::from(folder).join(name)),
        }
    }

    fn read(&self, disk: &Disk) -> Result<String, String> {
        let Some(path) = self.path() else {
            return Err("the password is a credential of the service, and this process was given none".to_owned());
        };
        let octets = disk.read(&path, FILE_MAX).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = String::from_utf8(octets).map_err(|_| format!("{} is no text", path.display()))?;
        Ok(text.trim_end_matches(['\n', '\r']).to_owned())
    }
}
