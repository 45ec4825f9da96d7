//! What is fetched, and what is kept of it.
//!
//! Only a list takes the place of a list, and an answer of an answer: what cannot be fetched, is none, is
//! older, or is not made by whoever may speak for the authority, leaves the one before it, and is told. Never
//! understands what it keeps beyond that. Whoever only asks whether all can be fetched gets an answer, and nothing
//! is kept ([`probe_all`]).

use super::{Round, failures};
use crate::config::{Asked, Settings, World};
use crate::fetch::{self, Bounds};
use crate::forms::ocsp;
use crate::trust::{OcspResponse, RevocationList};
use jiff::Timestamp;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Something to be fetched, and where it is kept.
pub(super) struct Wanted {
    address: String,
    pub(super) file: PathBuf,
    /// The certificate that is asked about; none of a list.
    asked: Option<Asked>,
}

/// Why something was not kept.
enum Why {
    /// Nobody answers at the address, or not as he should.
    Unreached(String),
    /// What came is not kept.
    Refused(String),
}

impl From<String> for Why {
    fn from(why: String) -> Self {
        Self::Refused(why)
    }
}

/// All that is to be fetched for this window.
pub(super) fn wanted(settings: &Settings, world: &World) -> Vec<Wanted> {
    let state = &settings.window.paths.state;
    let lists = settings.trust.crl_urls.iter().map(|url| {
        let (address, file) = (url.value.clone(), settings.trust.fetched(state, &url.value));
        Wanted { address, file, asked: None }
    });
    let answers = world.asked.iter().map(|asked| {
        let (address, file) = (asked.url.clone(), asked.file.clone());
        Wanted { address, file, asked: Some(asked.clone()) }
    });
    lists.chain(answers).collect()
}

/// Fetches all of these, one after the other. An address at which nobody is reached is not asked again in the
/// same round.
pub(super) fn fetch_all(wanted: &[Wanted], bounds: Bounds, every: Duration, world: &World) -> Round {
    let mut round = Round::default();
    let mut unreached: Vec<&str> = Vec::new();
    for one in wanted {
        if unreached.contains(&one.address.as_str()) {
            failures::note(&one.file, &one.address, "nobody was reached there a moment before", every);
            continue;
        }
        let why = match one.fetch(bounds, world) {
            Ok(changed) => {
                failures::forget(&one.file);
                round.changed |= changed;
                continue;
            }
            Err(Why::Unreached(why)) => {
                unreached.push(&one.address);
                why
            }
            Err(Why::Refused(why)) => why,
        };
        failures::note(&one.file, &one.address, &why, every);
        round.failed.push(format!("{}: {why}", one.address));
    }
    round
}

impl Wanted {
    /// Whether it changed.
    fn fetch(&self, bounds: Bounds, world: &World) -> Result<bool, Why> {
        match &self.asked {
            None => fetch_list(&self.address, &self.file, bounds, world),
            Some(asked) => fetch_answer(asked, bounds),
        }
    }
}

/// Asks for all of these and keeps nothing; what came of each address, once.
pub(super) fn probe_all(wanted: &[Wanted], bounds: Bounds, world: &World) -> Vec<(String, Result<(), String>)> {
    let mut told: Vec<(String, Result<(), String>)> = Vec::new();
    for one in wanted {
        if told.iter().any(|(address, _)| *address == one.address) {
            continue;
        }
        let came = match &one.asked {
            None => list(&one.address, bounds, world).map(drop),
            Some(asked) => answer(asked, bounds).map(drop),
        };
        let came = came.map_err(|why| match why {
            Why::Unreached(why) | Why::Refused(why) => why,
        });
        told.push((one.address.clone(), came));
    }
    told
}

fn fetch_list(url: &str, file: &Path, bounds: Bounds, world: &World) -> Result<bool, Why> {
    let octets = list(url, bounds, world)?;
    let newest = |octets: &[u8]| {
        let lists = RevocationList::from_file(octets).ok()?;
        lists.iter().map(RevocationList::this_update).max()
    };
    Ok(replace(file, &octets, newest)?)
}

/// A list that may be kept.
fn list(url: &str, bounds: Bounds, world: &World) -> Result<Vec<u8>, Why> {
    let octets = fetch::get(url, bounds).map_err(|fault| Why::Unreached(fault.to_string()))?;
    let fresh = RevocationList::from_file(&octets)?;
    // whoever stands between us and the server could put any list in the place of a good one
    if let Some(strange) = fresh.iter().find(|list| !world.trust.knows_maker_of(list)) {
        let made = strange.this_update();
        return Err(Why::Refused(format!(
            "the list made {made} is signed by none of the anchors and intermediates named in [trust]"
        )));
    }
    if let Some(early) = fresh.iter().map(RevocationList::this_update).find(|made| *made > latest()) {
        return Err(Why::Refused(format!("the list says that it was made at {early}, which has not come yet")));
    }
    Ok(octets)
}

/// How far a maker's clock may be ahead of ours: what is later is not believed, and takes no list's place.
fn latest() -> Timestamp {
    Timestamp::now().saturating_add(jiff::SignedDuration::from_mins(5)).unwrap_or(Timestamp::MAX)
}

fn fetch_answer(asked: &Asked, bounds: Bounds) -> Result<bool, Why> {
    let octets = answer(asked, bounds)?;
    Ok(replace(&asked.file, &octets, |octets| said(asked, octets).ok())?)
}

/// An answer that may be kept.
fn answer(asked: &Asked, bounds: Bounds) -> Result<Vec<u8>, Why> {
    let Asked { url, certificate, issuer, .. } = asked;
    let question = ocsp::question(certificate, issuer).map_err(|error| error.to_string())?;
    let (kind, wanted) = ("application/ocsp-request", "application/ocsp-response");
    let octets =
        fetch::post(url, kind, &question, wanted, bounds).map_err(|fault| Why::Unreached(fault.to_string()))?;
    said(asked, &octets)?;
    Ok(octets)
}

/// Since when an answer speaks of the certificate.
fn said(asked: &Asked, octets: &[u8]) -> Result<Timestamp, String> {
    let Asked { certificate, issuer, .. } = asked;
    let since = OcspResponse::from_der(octets)?.speaks_of(certificate, issuer, Timestamp::now());
    since.ok_or_else(|| {
        let serial = certificate.serial();
        format!("the answer says nothing of the certificate {serial}, or not by whoever may answer for its issuer")
    })
}

/// Puts it in the place of what was there, unless that is newer; whether it changed.
fn replace(file: &Path, octets: &[u8], made: impl Fn(&[u8]) -> Option<Timestamp>) -> Result<bool, String> {
    if let Ok(before) = std::fs::read(file) {
        if before == octets {
            let now =
                std::fs::File::options().write(true).open(file).and_then(|file| file.set_modified(SystemTime::now()));
            return now.map(|()| false).map_err(|error| error.to_string());
        }
        if let Some(before) = made(&before)
            && made(octets) < Some(before)
        {
            return Err("it is older than the one fetched before".to_owned());
        }
    }
    keep(file, octets).map(|()| true).map_err(|error| format!("cannot be kept as {}: {error}", file.display()))
}

/// Whole, or what was there before.
fn keep(file: &Path, octets: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let part = file.with_extension("part");
    let mut new = std::fs::File::create(&part)?;
    new.write_all(octets)?;
    new.sync_all()?;
    std::fs::rename(&part, file)
}
