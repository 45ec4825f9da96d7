//! Drop folders as agencies use and abuse them, on a real disk and with the real watcher.

use super::*;
use crate::document::{ParticipantName, SubmissionId};
use crate::intake::folder::{Published, Signal, Watch};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

mod complete;
mod custody;
mod odd;
mod order;
mod watching;

const SIGNED: &[u8] = b"<S><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/></S>";
const CSV: &[u8] = b"dataset,period\ngeneration,2026-Q3\n";

/// One or more drop folders in a temporary place.
struct Drop {
    root: TempDir,
    queue: Queue,
}

fn settings() -> Settings {
    Settings { settle: Duration::from_secs(10), pair_wait: Duration::from_secs(60), ..Settings::default() }
}

fn who(name: &str) -> ParticipantName {
    name.parse().unwrap()
}

fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

fn nothing_answered(_: &ParticipantName, _: &Key) -> bool {
    false
}

impl Drop {
    fn new(participants: &[&str], settings: Settings) -> Self {
        let root = tempfile::tempdir().unwrap();
        for participant in participants {
            fs::create_dir_all(root.path().join(participant).join("in")).unwrap();
            fs::create_dir_all(root.path().join(participant).join("receipts")).unwrap();
        }
        let queue = Self::open(root.path(), participants, settings);
        Self { root, queue }
    }

    fn one() -> Self {
        Self::new(&["azerenerji"], settings())
    }

    fn open(root: &std::path::Path, participants: &[&str], settings: Settings) -> Queue {
        let open = |name: &&str| DropFolder::open(who(name), &root.join(name), settings).unwrap();
        Queue::new(participants.iter().map(open).collect())
    }

    /// As if the process had been killed and started again.
    fn restart(&mut self, known: &dyn Fn(SubmissionId) -> bool) -> folder::Recovered {
        self.queue = Self::open(self.root.path(), &["azerenerji"], settings());
        self.queue.recover(known).unwrap()
    }

    fn at(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.root.path().join("azerenerji/in").join(name.as_ref())
    }

    fn put(&self, name: impl AsRef<OsStr>, octets: &[u8]) {
        fs::write(self.at(name), octets).unwrap();
    }

    /// Puts a file that was last written so many seconds ago.
    fn put_aged(&self, name: impl AsRef<OsStr>, octets: &[u8], age: u64) {
        self.put(name.as_ref(), octets);
        let file = File::options().write(true).open(self.at(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }

    fn tell(&mut self, name: impl AsRef<OsStr>) {
        self.queue.on_name(&who("azerenerji"), name.as_ref(), Timestamp::now());
    }

    /// All that is ready now, as its events left it.
    fn take(&mut self, now: Timestamp) -> Group {
        self.queue.take_group(now, GroupLimits::default(), &nothing_answered)
    }

    /// Scans and takes all that is ready at that time.
    fn find(&mut self, now: Timestamp) -> Group {
        self.queue.scan_all(now).unwrap();
        self.take(now)
    }

    fn release(&mut self, id: SubmissionId) {
        self.queue.folder(&who("azerenerji")).unwrap().release(id).unwrap();
    }

    fn give_back(&mut self, id: SubmissionId) -> bool {
        self.queue.folder(&who("azerenerji")).unwrap().give_back(id).unwrap()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let listed = fs::read_dir(self.root.path().join("azerenerji").join(folder)).unwrap();
        let mut names: Vec<String> =
            listed.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn names(group: &Group) -> Vec<String> {
    group.arrivals.iter().map(|arrival| arrival.document().name().shown()).collect()
}

fn octets(incoming: &Incoming) -> Vec<u8> {
    let mut octets = Vec::new();
    incoming.file().try_clone().unwrap().read_to_end(&mut octets).unwrap();
    octets
}

fn slugs(group: &Group) -> Vec<(String, &'static str, bool)> {
    let row = |refusal: &Refusal| (refusal.name.shown(), refusal.finding.code.slug(), refusal.arrival.is_some());
    group.refusals.iter().map(row).collect()
}
