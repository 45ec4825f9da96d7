//! The sign of life: by it the next start knows when a window went that could say nothing any more (R 3.4.3).
//!
//! Owns `state/alive`: one line with the moment, how often it is written, and the machine's boot. The loop of a
//! daemon writes it over in place, once in a while and without a sync, so it costs nothing; an end in order and a
//! halt take it away. What is found at a start was left by a process that was killed, or by a machine that went
//! down. `once` and the other commands leave none: they are not up, and cannot be down. A sign that cannot be
//! written or read is told, and stops nobody.

use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::host::{Disk, DiskFile, Host};
use crate::journal::Event;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest line, in octets.
const LINE_MAX: u64 = 256;
/// The kernel's own name of this boot of the machine (random(4)).
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// `[downtime]`.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `alive`: how often a running window leaves its sign. 60 s: a crash is known to two minutes, for one small
    /// write a minute.
    pub every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { every: Duration::from_secs(60) }
    }
}

/// The sign as one daemon leaves it.
#[derive(Debug)]
pub struct Alive {
    disk: Disk,
    path: PathBuf,
    every: Duration,
    boot: String,
    file: Option<DiskFile>,
    /// Whether the last one could not be written: told once.
    fails: bool,
}

/// A sign that was left by a process which did not end in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// When it was written last.
    pub at: Timestamp,
    /// When the second sign after it was missed: the process was gone by then, or did nothing.
    pub until: Timestamp,
    /// How long after it the next one was due.
    pub every: Duration,
    /// Whether the machine was started since.
    pub rebooted: bool,
}

impl Alive {
    /// Begins to leave signs in this state folder.
    pub fn new(disk: &Disk, state: &Path, settings: Settings) -> Self {
        let (disk, path) = (disk.clone(), path(state));
        Self { disk, path, every: settings.every, boot: boot(), file: None, fails: false }
    }

    /// Leaves one.
    pub fn sign(&mut self, now: Timestamp) {
        match self.write(now) {
            Ok(()) => self.fails = false,
            Err(error) => {
                if !std::mem::replace(&mut self.fails, true) {
                    tracing::warn!(advice = %Advice::StateUnwritable,
                        %error, path = %self.path.display(), "no sign of life can be left");
                }
                self.file = None;
            }
        }
    }

    fn write(&mut self, now: Timestamp) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = self.disk.open_or_create(&self.path)?;
                file.truncate(0)?;
                file
            }
        };
        // always of one length, so that a line is written over whole
        let moment = TimeZone::UTC.to_datetime(now).strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        let line = format!("{moment} {:010} {}\n", self.every.as_millis(), self.boot);
        file.write_at(line.as_bytes(), 0)?;
        self.file = Some(file);
        Ok(())
    }

    /// Takes the sign away: the journal says how this process ended.
    pub fn end(self) {
        forget(&self.disk, &self.path);
    }
}

/// What a process left that did not end in order; none when the last one did.
pub fn found(disk: &Disk, state: &Path) -> Option<Found> {
    let path = path(state);
    match disk.read(&path, LINE_MAX) {
        Ok(line) => read(&line),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(advice = %Advice::StateUnwritable,
                %error, path = %path.display(), "a sign of life cannot be read");
            None
        }
    }
}

fn read(line: &[u8]) -> Option<Found> {
    let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let at: Timestamp = words.next()?.parse().ok()?;
    let every = Duration::from_millis(words.next()?.parse().ok()?);
    let until = at.checked_add(every.saturating_mul(2)).ok()?;
    Some(Found { at, until, every, rebooted: words.next()? != boot() })
}

impl Found {
    /// Whether the next sign may still come.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now <= self.until && !self.is_ahead(now)
    }

    /// Whether it is dated later than any sign can be: the clock was set back since.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        now.checked_add(self.every).is_ok_and(|latest| self.at > latest)
    }

    /// What became of the process that left it, in words.
    pub fn cause(&self, now: Timestamp) -> String {
        let cause = match self.rebooted {
            true => "the machine was started anew",
            false => "the process ended without a word",
        };
        match self.is_ahead(now) {
            true => format!("{cause}; {SET_BACK}"),
            false => cause.to_owned(),
        }
    }
}

/// What is said of moments that are those of two clocks.
pub const SET_BACK: &str = "the clock was set back since, so when and how long is in doubt";

/// What the last process left behind, for the journal.
pub(super) fn was_down(host: &Host, state: &Path) -> Option<Event> {
    let found = found(&host.disk, state)?;
    let now = host.clock.now();
    let cause = found.cause(now);
    let facts = [
        ("not-before", found.at.to_string()),
        ("not-after", found.until.min(now.max(found.at)).to_string()),
        ("cause", cause.clone()),
    ];
    tracing::warn!(advice = %Advice::WasDown, last_sign = %found.at, cause, "the window did not end in order");
    Some(act("was-down", facts))
}

impl Window {
    /// Forgets what the last process left, once the journal has it.
    pub(super) fn is_up_again(&self) {
        forget(&self.host.disk, &path(&self.settings().window.paths.state));
    }

    /// Journals that the window watches from now on, and begins to leave signs.
    pub(super) fn watches(&mut self) -> Result<Alive, Halt> {
        let mut alive = Alive::new(&self.host.disk, &self.settings().window.paths.state, self.settings().downtime);
        self.tell([act("watching", [])])?;
        alive.sign(self.now());
        Ok(alive)
    }
}

/// Something that the window itself did.
pub(super) fn act<const N: usize>(act: &str, facts: [(&str, String); N]) -> Event {
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Event::of_window(act, None, facts)
}

fn path(state: &Path) -> PathBuf {
    state.join("alive")
}

fn forget(disk: &Disk, path: &Path) {
    match disk.unlink(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(advice = %Advice::StateUnwritable,
                %error, path = %path.display(), "a sign of life cannot be taken away");
        }
        _ => {}
    }
}

/// Of a system that does not tell, every boot is the same.
fn boot() -> String {
    std::fs::read_to_string(BOOT).map_or_else(|_| "-".to_owned(), |boot| boot.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test_folder;

    #[test]
    fn a_sign_is_one_line_that_is_written_over() {
        let (folder, disk) = (test_folder(), Disk::system());
        let settings = Settings { every: Duration::from_secs(5) };
        assert_eq!(found(&disk, folder.path()), None);
        let mut alive = Alive::new(&disk, folder.path(), settings);
        let mut length = None;
        for moment in ["2026-11-27T08:14:07Z", "2026-11-27T08:15:07.123456Z"] {
            let now: Timestamp = moment.parse().unwrap();
            alive.sign(now);
            let seen = found(&disk, folder.path()).unwrap();
            assert!(seen.at <= now && now.duration_since(seen.at).as_millis() < 1, "{seen:?}");
            assert_eq!((seen.until.duration_since(seen.at).as_secs(), seen.rebooted), (10, false));
            let line = std::fs::read_to_string(path(folder.path())).unwrap();
            assert_eq!(line.lines().count(), 1);
            assert_eq!(*length.get_or_insert(line.len()), line.len());
        }
        let line = std::fs::read_to_string(path(folder.path())).unwrap().replace(&boot(), "another-boot");
        assert!(read(line.as_bytes()).unwrap().rebooted);
        assert_eq!(read(b"2026-11-27T08:14"), None, "what a crash tore says nothing");
        let seen = found(&disk, folder.path()).unwrap();
        let after = |seconds| seen.at + jiff::SignedDuration::from_secs(seconds);
        let fresh = [-6, -5, 0, 10, 11].map(|seconds| (seen.is_fresh(after(seconds)), seen.is_ahead(after(seconds))));
        assert_eq!(fresh, [(false, true), (true, false), (true, false), (true, false), (false, false)]);
        alive.end();
        assert_eq!(found(&disk, folder.path()), None);
    }
}
