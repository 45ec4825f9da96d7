//! Asking others over HTTP: one question, one answer, bounded in time and octets. No other system of the state is among
//! them (S 8.1.2): only who issues certificates, or stamps the time.
//!
//! Goes to the very address that it was given: no redirect is followed, nothing is asked twice, and
//! nothing is kept open. TLS is OpenSSL's, with the system's anchors (`SSL_CERT_FILE` and `SSL_CERT_DIR`
//! name others). A proxy that the environment names is used. Never understands what it carries.

use std::io;
use std::time::Duration;
use ureq::http::{Response, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Error};

/// How much one exchange may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From looking up the name to the last octet.
    pub time: Duration,
    /// Octets of the answer.
    pub octets: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchFault {
    /// The address is none.
    #[error("it is no address of the form http://HOST/PATH or https://HOST/PATH")]
    Address,
    /// Nobody is reached there.
    #[error("it cannot be reached ({0}); check the address, the network, and any proxy that HTTPS_PROXY names")]
    Unreachable(String),
    /// TLS fails: mostly a certificate that is not believed.
    #[error(
        "no safe connection is made ({0}); where its certificate comes from an authority that this system does \
             not know, name that in a file by SSL_CERT_FILE"
    )]
    Tls(String),
    /// It took too long.
    #[error("there is no answer within {0} s")]
    Late(u64),
    /// It sends us elsewhere.
    #[error("it sends to another address ({0}); name that one, if it is the right one")]
    Redirect(String),
    /// It answers that it will not.
    #[error("it answers with HTTP status {0}")]
    Status(u16),
    /// It answers with something else.
    #[error("it answers with {found} where {wanted} belongs; the address may be another service's")]
    Kind {
        /// The media type of the answer.
        found: String,
        /// That of an answer as it should be.
        wanted: &'static str,
    },
    /// The answer is too large.
    #[error("its answer is larger than {0} octets")]
    Large(u64),
}

/// Whether this is an address that can be asked at all.
pub fn is_address(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    // a name and password in it would be passed over in silence
    let is_plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    matches!(url.scheme_str(), Some("http" | "https")) && is_plain && url.host().is_some_and(|host| !host.is_empty())
}

/// Sends `body` by POST and gives the body of the answer, which must be of the type `wanted`.
///
/// # Errors
/// Why there is none.
pub fn post(
    url: &str,
    kind: &'static str,
    body: &[u8],
    wanted: &'static str,
    bounds: Bounds,
) -> Result<Vec<u8>, FetchFault> {
    if !is_address(url) {
        return Err(FetchFault::Address);
    }
    let fault = |error| fault(error, bounds);
    let request = agent(bounds).post(url).header("Content-Type", kind).header("Accept", wanted);
    let mut answer = request.send(body).map_err(fault)?;
    check(&answer)?;
    let found = answer.body().mime_type().unwrap_or("no media type").to_owned();
    if !found.eq_ignore_ascii_case(wanted) {
        return Err(FetchFault::Kind { found, wanted });
    }
    answer.body_mut().with_config().limit(bounds.octets).read_to_vec().map_err(fault)
}

/// Gives what lies at an address, of whatever type: many servers know none for a revocation list.
///
/// # Errors
/// Why there is nothing.
pub fn get(url: &str, bounds: Bounds) -> Result<Vec<u8>, FetchFault> {
    if !is_address(url) {
        return Err(FetchFault::Address);
    }
    let fault = |error| fault(error, bounds);
    let mut answer = agent(bounds).get(url).call().map_err(fault)?;
    check(&answer)?;
    answer.body_mut().with_config().limit(bounds.octets).read_to_vec().map_err(fault)
}

fn check(answer: &Response<Body>) -> Result<(), FetchFault> {
    let status = answer.status();
    if status.is_redirection() {
        let location = answer.headers().get("Location").and_then(|location| location.to_str().ok());
        return Err(FetchFault::Redirect(location.unwrap_or("it does not say which").to_owned()));
    }
    match status.as_u16() {
        200 => Ok(()),
        other => Err(FetchFault::Status(other)),
    }
}

/// Octets of the headers of an answer: a dozen of them have some hundred each.
const HEADERS_MAX: usize = 16 * 1024;

fn agent(bounds: Bounds) -> Agent {
    let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(bounds.time))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_response_header_size(HEADERS_MAX)
        .user_agent("pencere")
        .build()
        .new_agent()
}

fn fault(error: Error, bounds: Bounds) -> FetchFault {
    match error {
        Error::Timeout(_) => FetchFault::Late(bounds.time.as_secs()),
        Error::BodyExceedsLimit(_) => FetchFault::Large(bounds.octets),
        Error::BadUri(_) | Error::Http(_) => FetchFault::Address,
        Error::HostNotFound => FetchFault::Unreachable("its name is not known".to_owned()),
        Error::NativeTls(error) => FetchFault::Tls(error.to_string()),
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => FetchFault::Late(bounds.time.as_secs()),
        Error::Io(error) => FetchFault::Unreachable(error.to_string()),
        other => FetchFault::Unreachable(other.to_string()),
    }
}
