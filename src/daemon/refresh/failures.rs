//! What could not be fetched, remembered beside the place where it should lie.
//!
//! Owns the small file `<name>.failed` of each: who is told of a failure is told by it after a restart and from
//! another process, and a window that does not stay asks again only after a pause that doubles. What cannot
//! be remembered is asked for again: nothing is lost by that.

use crate::advice::Advice;
use crate::config::TrustSettings;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The first pause after a failure; each is twice the one before, up to `trust.refresh`.
const PAUSE: Duration = Duration::from_secs(10);

/// A failure that lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Of which address.
    pub address: String,
    /// Since when.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When it is asked for again at the earliest, by `pencere once`.
    pub next: Timestamp,
    /// What came of it the last time.
    pub why: String,
}

/// Notes that this could not be fetched.
pub(super) fn note(file: &Path, address: &str, why: &str, every: Duration) {
    let (path, now) = (beside(file), Timestamp::now());
    let before = read(&path);
    let (since, tries) = before.map_or((now, 0), |before| (before.since, before.tries));
    let pause = PAUSE.saturating_mul(1u32.checked_shl(tries).unwrap_or(u32::MAX)).min(every);
    let next = now.saturating_add(SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX)).unwrap_or(now);
    let (address, why, tries) = (address.to_owned(), why.to_owned(), tries.saturating_add(1));
    let failure = Failure { address, since, tries, next, why };
    let kept = serde_json::to_vec(&failure).map_err(std::io::Error::from).and_then(|json| {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(&path, json)
    });
    if let Err(error) = kept {
        tracing::warn!(advice = %Advice::StateUnwritable,
            path = %path.display(), %error, "a failure to fetch could not be remembered");
    }
}

/// It is there: what failed before is over.
pub(super) fn forget(file: &Path) {
    let _ = std::fs::remove_file(beside(file)); // mostly there is none
}

/// What failed and is no longer wanted by anybody, is over too.
pub(super) fn forget_unwanted<'a>(state: &Path, wanted: impl Iterator<Item = &'a Path>) {
    let wanted: HashSet<PathBuf> = wanted.map(beside).collect();
    let paths = failed(state).filter(|path| !wanted.contains(path));
    paths.for_each(|path| drop(std::fs::remove_file(path)));
}

/// Whether it is to be asked for again.
pub(super) fn is_due(file: &Path) -> bool {
    read(&beside(file)).is_none_or(|failure| failure.next <= Timestamp::now())
}

/// All that fails now, in a window with this state folder.
pub fn failures(state: &Path) -> Vec<Failure> {
    let mut all: Vec<Failure> = failed(state).filter_map(|path| read(&path)).collect();
    all.sort_by(|one, other| (&one.address, one.since).cmp(&(&other.address, other.since)));
    all
}

fn failed(state: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(TrustSettings::folder(state)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "failed"))
}

fn read(path: &Path) -> Option<Failure> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn beside(file: &Path) -> PathBuf {
    file.with_extension("failed")
}
