//! The time-stamping authority, asked over HTTP (RFC 3161 3.4). Sends a digest and nothing of the
//! document; whether the authority is believed is for whoever verifies.

use crate::commands::Trouble;
use crate::fetch::{self, Bounds};
use crate::forms::tsp::{QUERY, REPLY, Request};
use std::path::Path;
use std::time::Duration;

/// Octets of one answer: a token with its certificates has some 8 000, and goes into the signature whole.
const ANSWER_MAX: u64 = 256 * 1024;

/// Where time-stamps are asked for.
pub(super) struct Authority {
    url: String,
    bounds: Bounds,
}

impl Authority {
    /// The authority at this address, which has so much time for each answer.
    ///
    /// # Errors
    /// Usage: it is no address.
    pub(super) fn at(url: &str, time: Duration) -> Result<Self, Trouble> {
        match fetch::is_address(url) {
            true => Ok(Self { url: url.to_owned(), bounds: Bounds { time, octets: ANSWER_MAX } }),
            false => Err(Trouble::usage(format!("--tsa {url}: {}", fetch::FetchFault::Address))),
        }
    }

    /// A token over these octets, which are the signature of this file.
    ///
    /// # Errors
    /// Broken: there is none to be had.
    pub(super) fn stamp(&self, octets: &[u8], file: &Path) -> Result<Vec<u8>, Trouble> {
        let none = |why: String| {
            let file = file.display();
            Trouble::broken(format!(
                "{file} is not signed, since there is no time-stamp from {}: {why}. Try again later, name another \
                 authority with --tsa, or sign without",
                self.url
            ))
        };
        let request = Request::over(octets).map_err(|error| Trouble::broken(error.to_string()))?;
        let answer = fetch::post(&self.url, QUERY, &request.to_der(), REPLY, self.bounds);
        let answer = answer.map_err(|fault| none(fault.to_string()))?;
        request.token(&answer).map_err(|fault| none(fault.to_string()))
    }
}
