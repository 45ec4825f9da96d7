//! The refresher: revocation lists that are fetched on a schedule, outside of every judgement.
//!
//! Owns when they are fetched, and that only a list takes the place of a list: what cannot be fetched, is
//! none, is older, or is not signed by the authority that it names, leaves the one before it, and is told.
//! What is fetched, the configuration says, and never a document. Judges nothing: the lists are read, as
//! those that lie there as files, by the reload that follows a change.

use crate::config::{Settings, World};
use crate::fetch::{self, Bounds};
use crate::trust::RevocationList;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until};

/// After a failure the next try comes no later than this.
const AGAIN: Duration = Duration::from_secs(300);

/// What one round came to.
#[derive(Debug)]
pub struct Round {
    /// A list took the place of another.
    pub changed: bool,
    /// What failed, with its address.
    pub failed: Vec<String>,
}

/// The schedule of one running window.
#[derive(Debug)]
pub struct Refresher {
    lists: Vec<(String, PathBuf)>,
    every: Duration,
    bounds: Bounds,
    next: Instant,
    is_running: bool,
    teller: Sender<Round>,
    told: Receiver<Round>,
}

impl Refresher {
    /// The first round is at once.
    pub fn new(settings: &Settings) -> Self {
        let (teller, told) = channel(1);
        let (every, bounds) = (settings.trust.refresh, bounds(settings));
        Self { lists: lists(settings), every, bounds, next: Instant::now(), is_running: false, teller, told }
    }

    /// Waits for the next round's end; for ever where nothing is fetched. May be dropped while it waits.
    pub async fn round(&mut self, world: &Arc<World>) -> Round {
        if self.lists.is_empty() {
            return std::future::pending().await;
        }
        loop {
            if self.is_running
                && let Some(round) = self.told.recv().await
            {
                self.is_running = false;
                let pause = if round.failed.is_empty() { self.every } else { self.every.min(AGAIN) };
                self.next = Instant::now() + pause;
                return round;
            }
            sleep_until(self.next).await;
            let (lists, bounds, world, teller) =
                (self.lists.clone(), self.bounds, Arc::clone(world), self.teller.clone());
            let fetching = move || {
                let _ = teller.blocking_send(fetch_all(&lists, bounds, &world)); // the window may have closed
            };
            match std::thread::Builder::new().name("refresh".to_owned()).spawn(fetching) {
                Ok(_) => self.is_running = true,
                Err(_) => self.next = Instant::now() + AGAIN,
            }
        }
    }
}

/// Fetches what was not fetched since the last round should have been, for a window that does not stay:
/// none where all is there.
pub fn catch_up(settings: &Settings, world: &World) -> Option<Round> {
    let is_old = |file: &Path| {
        let fetched = std::fs::metadata(file).and_then(|metadata| metadata.modified());
        let age = fetched.ok().and_then(|fetched| SystemTime::now().duration_since(fetched).ok());
        age.is_none_or(|age| age >= settings.trust.refresh)
    };
    let mut lists = lists(settings);
    lists.retain(|(_, file)| is_old(file));
    (!lists.is_empty()).then(|| fetch_all(&lists, bounds(settings), world))
}

fn lists(settings: &Settings) -> Vec<(String, PathBuf)> {
    let state = &settings.window.paths.state;
    let urls = settings.trust.crl_urls.iter().map(|url| &url.value);
    urls.map(|url| (url.clone(), settings.trust.fetched(state, url))).collect()
}

fn bounds(settings: &Settings) -> Bounds {
    Bounds { time: settings.trust.fetch_timeout, octets: settings.trust.fetch_size }
}

fn fetch_all(lists: &[(String, PathBuf)], bounds: Bounds, world: &World) -> Round {
    let mut round = Round { changed: false, failed: Vec::new() };
    for (url, file) in lists {
        match fetch_one(url, file, bounds, world) {
            Ok(changed) => round.changed |= changed,
            Err(why) => round.failed.push(format!("{url}: {why}")),
        }
    }
    round
}

/// Whether it changed.
fn fetch_one(url: &str, file: &Path, bounds: Bounds, world: &World) -> Result<bool, String> {
    let octets = fetch::get(url, bounds).map_err(|fault| fault.to_string())?;
    let fresh = RevocationList::from_file(&octets)?;
    // whoever stands between us and the server could put any list in the place of a good one
    if let Some(strange) = fresh.iter().find(|list| !world.trust.knows_maker_of(list)) {
        let made = strange.this_update();
        return Err(format!(
            "the list made {made} is signed by none of the anchors and intermediates named in [trust]"
        ));
    }
    let newest = |lists: &[RevocationList]| lists.iter().map(RevocationList::this_update).max();
    if let Ok(before) = std::fs::read(file) {
        if before == octets {
            let now =
                std::fs::File::options().write(true).open(file).and_then(|file| file.set_modified(SystemTime::now()));
            return now.map(|()| false).map_err(|error| error.to_string());
        }
        if RevocationList::from_file(&before).is_ok_and(|before| newest(&fresh) < newest(&before)) {
            return Err("it is older than the one fetched before".to_owned());
        }
    }
    keep(file, &octets).map(|()| true).map_err(|error| format!("cannot be kept as {}: {error}", file.display()))
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
