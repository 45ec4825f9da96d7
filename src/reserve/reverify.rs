//! Verifying again what is kept: all evidence against the journal, in small pieces, again and again (R 3.4.1).
//!
//! Owns `state/audit/reverified.json`: how far the walk under way has come, and what was found. Finds, and mends
//! nothing.

use super::Fault;
use super::mend::{fault_of, named};
use crate::advice::Advice;
use crate::evidence::{self, Kept};
use crate::host::Disk;
use crate::journal::{Position, Reader};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// So many faults are remembered; of more it is counted that there are more.
const NAMED_MAX: usize = 100;
/// The largest file of findings, in octets.
const SIZE_MAX: u64 = 1 << 20;
/// What a look at one thing costs beside its octets, told in octets: opening and seeking.
const LOOK: u64 = 4096;

/// `[audit]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reverify {
    /// `reverify_every`: how often all evidence is verified again. 7 d: well within the time that backups are kept.
    pub every: Duration,
    /// `reverify_rate`: octets a second, at most. 8 MiB: a fraction of what any disk gives, and a hundred gigabytes
    /// in four hours.
    pub rate: u64,
}

impl Default for Reverify {
    fn default() -> Self {
        Self { every: Duration::from_secs(7 * 86_400), rate: 8 << 20 }
    }
}

/// Something that is not as it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Its place below the state folder, in a pack with its octet.
    pub what: String,
    /// What is wrong with it.
    pub why: String,
}

/// A walk over all evidence: under way, or ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reverified {
    /// When it began.
    pub began: Timestamp,
    /// When it ended; none while it is under way.
    pub ended: Option<Timestamp>,
    /// The end of the walk before this one.
    pub before: Option<Timestamp>,
    /// How far in the journal it has come.
    pub at: Position,
    /// Things verified.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
    /// What it found, the first hundred.
    pub damage: Vec<Damage>,
    /// How many it found.
    pub damaged: u64,
    /// What the walk before found, until this one has ended.
    #[serde(default)]
    pub known: Vec<Damage>,
    /// Whether nothing was walked yet: the time until the first walk runs since it was begun.
    #[serde(default)]
    pub waits: bool,
}

impl Reverified {
    fn begin(now: Timestamp, last: Option<Self>) -> Self {
        let (before, known) = last.map_or((None, Vec::new()), |last| (last.ended, last.damage));
        Self {
            began: now,
            ended: None,
            before,
            at: Position::origin(),
            files: 0,
            octets: 0,
            damage: Vec::new(),
            damaged: 0,
            known,
            waits: false,
        }
    }

    /// What is remembered; where there is nothing, that the time until the first walk runs from now on.
    pub fn remembered(disk: &Disk, state: &Path, now: Timestamp) -> Self {
        Self::read(disk, state).unwrap_or_else(|| {
            let new = Self { waits: true, ..Self::begin(now, None) };
            if let Err(error) = new.write(disk, state) {
                tracing::warn!(advice = %Advice::StateUnwritable,
                    %error, "when evidence was verified last cannot be remembered");
            }
            new
        })
    }

    fn path(state: &Path) -> PathBuf {
        state.join("audit").join("reverified.json")
    }

    /// What is remembered; none before the first walk, or where it cannot be read.
    pub fn read(disk: &Disk, state: &Path) -> Option<Self> {
        serde_json::from_slice(&disk.read(&Self::path(state), SIZE_MAX).ok()?).ok()
    }

    /// All that is known to be damaged now.
    pub fn all_damage(&self) -> Vec<Damage> {
        let mut all = self.damage.clone();
        all.extend(self.known.iter().filter(|one| !self.damage.contains(one)).cloned());
        all
    }

    /// Remembers what somebody met who wanted to read it.
    ///
    /// # Errors
    /// What the disk says.
    pub fn met(disk: &Disk, state: &Path, kept: &Kept, why: String, now: Timestamp) -> io::Result<()> {
        let mut found = Self::remembered(disk, state, now);
        match found.all_damage().iter().any(|one| one.what == named(kept)) {
            true => Ok(()),
            false => {
                found.note(named(kept), why);
                found.write(disk, state)
            }
        }
    }

    /// Forgets what was put back.
    ///
    /// # Errors
    /// What the disk says.
    pub fn forget(disk: &Disk, state: &Path, put_back: &[String]) -> io::Result<()> {
        let Some(mut found) = Self::read(disk, state) else { return Ok(()) };
        found.damage.retain(|one| !put_back.contains(&one.what));
        found.known.retain(|one| !put_back.contains(&one.what));
        found.damaged = found.damaged.saturating_sub(put_back.len() as u64).max(found.damage.len() as u64);
        found.write(disk, state)
    }

    fn write(&self, disk: &Disk, state: &Path) -> io::Result<()> {
        let path = Self::path(state);
        let (part, folder) = (path.with_extension("part"), path.parent().unwrap_or(state));
        disk.make_folder(folder)?;
        let file = disk.open_or_create(&part)?;
        file.truncate(0)?;
        file.write_at(&serde_json::to_vec(self)?, 0)?;
        disk.rename(&part, &path)
    }

    /// Whether a walk is under way, or the next is due; one that ended in the future was told so by a clock that was
    /// set back since.
    pub fn is_due(&self, every: Duration, now: Timestamp) -> bool {
        let since = self.ended.or(self.waits.then_some(self.began));
        since.is_none_or(|since| Duration::try_from(now.duration_since(since)).map_or(true, |age| age >= every))
    }
}

/// Goes on with the walk under way, or begins the next one: so many octets at most, and no further than the durable
/// end of the journal. What it found, and whether it came to its end.
///
/// # Errors
/// The disk's. What is damaged is an answer, also in the journal: the walk ends there.
pub fn reverify(
    disk: &Disk,
    state: &Path,
    octets_max: u64,
    end: Position,
    now: Timestamp,
) -> Result<Reverified, Fault> {
    let mut walk = match Reverified::read(disk, state) {
        Some(walk) if walk.ended.is_none() && !walk.waits && !end.is_before(walk.at) => walk,
        last => Reverified::begin(now, last),
    };
    let reader = evidence::Reader::new(disk, state);
    let mut spent = 0;
    let mut is_over = false;
    match Reader::after(disk, state, walk.at) {
        Err(error) if error.is_damage() => is_over = walk.note("the journal".to_owned(), error.to_string()),
        Err(error) => return Err(error.into()),
        Ok(mut journal) => {
            while spent < octets_max && !is_over {
                let (entry, behind) = match journal.next() {
                    _ if walk.at == end => break,
                    Ok(Some(next)) => next,
                    Ok(None) => break,
                    Err(error) if error.is_damage() => {
                        is_over = walk.note("the journal".to_owned(), error.to_string());
                        break;
                    }
                    Err(error) => return Err(error.into()),
                };
                for kept in entry.event.kept() {
                    walk.files += 1;
                    walk.octets += kept.size;
                    spent += kept.size + LOOK;
                    if let Some(why) = fault_of(&reader, &kept) {
                        walk.note(named(&kept), why);
                    }
                }
                walk.at = behind;
            }
            is_over |= spent < octets_max;
        }
    }
    if is_over {
        (walk.ended, walk.known) = (Some(now), Vec::new());
    }
    let path = Reverified::path(state);
    walk.write(disk, state).map_err(Fault::disk("write", &path))?;
    Ok(walk)
}

impl Reverified {
    /// Notes a fault; always true, since whoever cannot go on ends.
    fn note(&mut self, what: String, why: String) -> bool {
        let one = Damage { what, why };
        if !self.damage.contains(&one) {
            self.damaged += 1;
            if self.damage.len() < NAMED_MAX {
                self.damage.push(one);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn a_walk_is_due_in_its_time_and_when_the_clock_was_set_back_over_the_last() {
        let ended: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let walk = Reverified { ended: Some(ended), ..Reverified::begin(ended, None) };
        let every = Duration::from_secs(3600);
        let due = [-1, 0, 3599, 3600].map(|seconds| walk.is_due(every, ended + SignedDuration::from_secs(seconds)));
        assert_eq!(due, [true, false, false, true]);
        assert!(Reverified { ended: None, ..walk }.is_due(every, ended), "it is under way");
    }
}
