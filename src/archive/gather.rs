//! Which submissions are past their active time, and all that the journal knows of them.
//!
//! Reads the journal, which needs no lock, so it works beside a running daemon. A submission is past it when it is
//! closed and nothing has happened to it for so long; archived is what an act of the journal says so after that. One
//! that is contested later gets another answer, and is archived once more, whole. Never writes.

use super::name::UnitName;
use crate::document::{Decision, Digest, SubmissionId};
use crate::evidence::Location;
use crate::host::Disk;
use crate::journal::{
    Answered, Contested, Entry, Event, Held, InForce, JournalError, KeptFile, KeptPath, Position, Reader,
    RefusedInPlace,
};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

pub use crate::journal::{ARCHIVED, NOTICE_SENT};

/// The act by which units of another window were taken in.
pub const IMPORTED: &str = "imported";
/// The act by which packs and objects left the active store.
pub const PRUNED: &str = "pruned";

/// Where every submission stands with regard to the archive. Some 100 octets each.
#[derive(Debug, Default)]
pub struct Standing {
    /// How far the journal was read; none before its first line.
    end: Option<Position>,
    /// What was judged by there.
    in_force: Option<InForce>,
    /// Of each segment the place before it, and what was judged by there.
    segments: Vec<(Position, Option<InForce>)>,
    /// In the order of their arrival.
    submissions: Vec<State>,
    places: HashMap<SubmissionId, usize>,
    /// The paths by which signers were believed.
    paths: HashMap<Digest, KeptPath>,
    /// When the trust snapshot of grounds was taken first.
    taken: HashMap<Digest, Timestamp>,
    /// The files of the configuration that were judged by.
    files: HashMap<Digest, KeptFile>,
    /// The units that the journal knows.
    pub units: Vec<KnownUnit>,
    /// Notices that were sent, by unit.
    pub sent: BTreeSet<String>,
}

#[derive(Debug)]
struct State {
    id: SubmissionId,
    /// When something happened to it last.
    last: Timestamp,
    closed: bool,
    /// It waits for an approval: that may come at any time.
    waits: bool,
    archived: bool,
    /// The segments of its first line and of its last.
    lies: (u32, u32),
}

/// A unit as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownUnit {
    /// Its name, `trial-000001`.
    pub name: String,
    /// The digest of its file.
    pub sha256: Digest,
    /// The digest of its index; none where the act tells none.
    pub index: Option<Digest>,
    /// How many submissions it holds.
    pub submissions: u64,
    /// When it was archived or taken in.
    pub at: Timestamp,
    /// When the notice is due; none for one that another window made.
    pub due: Option<jiff::civil::Date>,
    /// The window that made it, when that is another.
    pub from: Option<String>,
}

impl Standing {
    /// Reads the whole journal.
    ///
    /// # Errors
    /// The journal's.
    pub fn read(disk: &Disk, state: &Path) -> Result<Self, JournalError> {
        let mut standing = Self::default();
        standing.catch_up(disk, state)?;
        Ok(standing)
    }

    /// Reads what the journal says since then.
    ///
    /// # Errors
    /// The journal's.
    pub fn catch_up(&mut self, disk: &Disk, state: &Path) -> Result<(), JournalError> {
        let mut journal = match self.end {
            Some(end) => Reader::after(disk, state, end)?,
            None => Reader::open(disk, state)?,
        };
        let mut before = journal.position();
        while let Some((entry, behind)) = journal.next()? {
            while self.segments.len() < behind.segment as usize {
                self.segments.push((before, self.in_force.clone()));
            }
            if let Some(now) = entry.event.comes_into_force() {
                self.taken.entry(now.grounds).or_insert(now.taken);
                self.in_force = Some(now);
            }
            self.take(&entry, behind.segment);
            before = behind;
            self.end = Some(behind);
        }
        Ok(())
    }

    fn take(&mut self, entry: &Entry, segment: u32) {
        let Entry { time, event } = entry;
        if let Some(state) = event.id().and_then(|id| self.state(id)) {
            state.lies.1 = segment;
        }
        self.files.extend(event.files_kept().into_iter().map(|kept| (kept.sha256, kept)));
        match event {
            Event::Path(path) => drop(self.paths.insert(path.signer, (**path).clone())),
            Event::Held(_) | Event::RefusedInPlace(_) => {
                let Some(id) = event.id() else { return };
                self.places.insert(id, self.submissions.len());
                let lies = (segment, segment);
                self.submissions.push(State { id, last: *time, closed: false, waits: false, archived: false, lies });
            }
            Event::Act { act, id: Some(id), .. } if act == ARCHIVED => {
                if let Some(state) = self.state(*id) {
                    state.archived = true;
                }
            }
            Event::Act { act, id: None, facts, .. } if act == ARCHIVED || act == IMPORTED => {
                let fact = |name: &str| facts.get(name).map(String::as_str);
                let sha256 = fact("sha256").and_then(|text| text.parse().ok());
                // what has no unit's name names no file, annex or notice either
                let name = fact("unit").and_then(|text| text.parse::<UnitName>().ok());
                if let (Some(name), Some(sha256)) = (name, sha256) {
                    self.units.push(KnownUnit {
                        name: name.to_string(),
                        sha256,
                        index: fact("index").and_then(|text| text.parse().ok()),
                        submissions: fact("submissions").and_then(|text| text.parse().ok()).unwrap_or(0),
                        at: *time,
                        due: fact("due").and_then(|text| text.parse().ok()),
                        from: fact("window").map(str::to_owned),
                    });
                }
            }
            Event::Act { act, facts, .. } if act == NOTICE_SENT => self.sent.extend(facts.get("unit").cloned()),
            // a later look that finds nothing changes nothing
            Event::Act { .. } | Event::Settled { .. } => {}
            other => {
                if let Some(state) = other.id().and_then(|id| self.state(id)) {
                    state.last = *time;
                    state.archived = false;
                    if let Event::Answered(answered) = other {
                        state.waits = answered.decision == Decision::Pending;
                    }
                    state.closed = matches!(other, Event::Closed { .. }) && !state.waits;
                }
            }
        }
    }

    fn state(&mut self, id: SubmissionId) -> Option<&mut State> {
        self.places.get(&id).and_then(|&at| self.submissions.get_mut(at))
    }

    /// What is closed, not archived, and unchanged since before this moment, in the order of arrival.
    pub fn due(&self, before: Timestamp) -> impl Iterator<Item = SubmissionId> {
        self.submissions.iter().filter(move |one| one.closed && !one.archived && one.last < before).map(|one| one.id)
    }

    /// When something happened last to what is closed and not archived, of the one that has lain longest.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.submissions.iter().filter(|one| one.closed && !one.archived).map(|one| one.last).min()
    }

    /// Whether it is closed and not archived as it stands now.
    pub fn is_active_and_closed(&self, id: SubmissionId) -> bool {
        let state = self.places.get(&id).and_then(|&at| self.submissions.get(at));
        state.is_some_and(|one| one.closed && !one.archived)
    }

    /// Where the lines of these lie: the place before them, what was judged by there, and the last segment.
    fn stretch(&self, ids: &[SubmissionId]) -> Option<(Position, Option<InForce>, u32)> {
        let states = ids.iter().filter_map(|id| self.submissions.get(*self.places.get(id)?));
        let (first, last) = states.map(|one| one.lies).reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))?;
        let (before, in_force) = self.segments.get((first as usize).checked_sub(1)?)?.clone();
        Some((before, in_force, last))
    }

    /// Whether it is archived as it stands now.
    pub fn is_archived(&self, id: SubmissionId) -> bool {
        self.places.get(&id).and_then(|&at| self.submissions.get(at)).is_some_and(|one| one.archived)
    }

    /// Of a signer's certificate, the path by which it was believed.
    pub fn path(&self, signer: Digest) -> Option<&KeptPath> {
        self.paths.get(&signer)
    }

    /// When the trust snapshot of these grounds was taken.
    pub fn taken(&self, grounds: Digest) -> Option<Timestamp> {
        self.taken.get(&grounds).copied()
    }

    /// A file of the configuration that was judged by, or the list of such files, by its digest.
    pub fn file(&self, sha256: Digest) -> Option<&KeptFile> {
        self.files.get(&sha256)
    }
}

/// All that the journal knows of one submission.
#[derive(Debug)]
pub struct Member {
    /// Its id.
    pub id: SubmissionId,
    /// How it came: taken in, or left where it lay.
    pub came: Came,
    /// Its answers, in order.
    pub answers: Vec<Answered>,
    /// When it was contested, and by what.
    pub contested: Option<Contested>,
    /// By which grounds it was contested.
    pub doubted_by: Option<InForce>,
    /// When something happened last.
    pub last: Timestamp,
    /// Its lines, as an export of the journal has them.
    pub lines: String,
}

/// How it came.
#[derive(Debug)]
pub enum Came {
    /// Taken into the window.
    Held(Box<Held>),
    /// Left where it lay.
    InPlace(Box<RefusedInPlace>),
}

impl Member {
    /// When it was received.
    pub fn received(&self) -> Timestamp {
        match &self.came {
            Came::Held(held) => held.received,
            Came::InPlace(refused) => refused.received,
        }
    }

    /// The last word on it.
    pub fn answer(&self) -> Option<&Answered> {
        self.answers.last()
    }

    /// Octets of its own in evidence.
    pub fn octets(&self) -> u64 {
        let held = match &self.came {
            Came::Held(held) => held.size(),
            Came::InPlace(_) => 0,
        };
        let own = |one: &Answered| one.receipt.size.saturating_add(one.dossier.as_ref().map_or(0, |kept| kept.size));
        self.answers.iter().fold(held, |sum, one| sum.saturating_add(own(one)))
    }

    /// The lists of the grounds by which it was judged.
    pub fn grounds(&self) -> impl Iterator<Item = Digest> {
        let doubt = self.doubted_by.iter().map(|in_force| in_force.grounds);
        self.answers.iter().filter_map(|answered| answered.grounds).chain(doubt)
    }
}

/// Everything that the journal says of these, in their order. A second reading, from the segment of the first of their
/// lines to that of the last; memory grows with these alone, some kilobytes each.
///
/// # Errors
/// The journal's.
pub fn members(
    disk: &Disk,
    state: &Path,
    standing: &Standing,
    ids: &[SubmissionId],
) -> Result<Vec<Member>, JournalError> {
    let Some((before, mut in_force, last)) = standing.stretch(ids) else { return Ok(Vec::new()) };
    let wanted: HashSet<SubmissionId> = ids.iter().copied().collect();
    let mut found: HashMap<SubmissionId, Member> = HashMap::new();
    let mut journal = Reader::after(disk, state, before)?;
    while let Some((entry, behind)) = journal.next()? {
        if behind.segment > last {
            break;
        }
        in_force = entry.event.comes_into_force().or(in_force);
        let Some(id) = entry.event.id().filter(|id| wanted.contains(id)) else { continue };
        let (offset, json) = journal.as_written();
        let text = String::from_utf8_lossy(json);
        let (segment, chain) = (behind.segment, behind.chain);
        let line = format!("{{\"segment\":{segment},\"offset\":{offset},\"chain\":\"{chain}\",\"entry\":{text}}}\n");
        let came = match &entry.event {
            Event::Held(held) => Some(Came::Held(held.clone())),
            Event::RefusedInPlace(refused) => Some(Came::InPlace(refused.clone())),
            _ => None,
        };
        if let Some(came) = came {
            let (answers, lines, last) = (Vec::new(), String::new(), entry.time);
            found.insert(id, Member { id, came, answers, contested: None, doubted_by: None, last, lines });
        }
        let Some(member) = found.get_mut(&id) else { continue };
        match entry.event {
            Event::Act { ref act, .. } if act == ARCHIVED => continue, // of an earlier unit
            Event::Act { .. } | Event::Settled { .. } => {}
            Event::Answered(answered) => {
                member.answers.push(*answered);
                member.last = entry.time;
            }
            Event::Contested(contested) => {
                member.contested = Some(*contested);
                member.doubted_by.clone_from(&in_force);
                member.last = entry.time;
            }
            _ => member.last = entry.time,
        }
        member.lines.push_str(&line);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// What in evidence must stay: where it lies, what the journal names of submissions that are not archived; and in the
/// active store at least, what many of them share, grounds and paths.
#[derive(Debug, Default)]
pub struct Needed {
    /// Packs that hold something of it.
    pub packs: BTreeSet<u32>,
    /// Objects.
    pub objects: HashSet<Digest>,
    /// What belongs to no one submission.
    pub shared: HashSet<Digest>,
}

impl Needed {
    /// Reads the journal.
    ///
    /// # Errors
    /// The journal's.
    pub fn read(disk: &Disk, state: &Path, standing: &Standing) -> Result<Self, JournalError> {
        let mut needed = Self::default();
        let mut journal = Reader::open(disk, state)?;
        while let Some((entry, _)) = journal.next()? {
            if entry.event.id().is_some_and(|id| standing.is_archived(id)) {
                continue;
            }
            for kept in entry.event.kept() {
                match (entry.event.id(), kept.location) {
                    (None, _) => drop(needed.shared.insert(kept.sha256)),
                    (_, Location::Pack { number, .. }) => drop(needed.packs.insert(number)),
                    (_, Location::Object) => drop(needed.objects.insert(kept.sha256)),
                }
            }
        }
        Ok(needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test_folder;
    use crate::journal::samples::{answered, at, closed, held, id};
    use crate::journal::{Journal, Settings};

    fn told(state: &Path, numbers: std::ops::Range<i64>) {
        let settings = Settings { segment_max: 4096 };
        let mut journal = Journal::open(&Disk::system(), state, settings).unwrap();
        for n in numbers {
            for event in [held(n, "x"), answered(n, 1, crate::document::Decision::Rejected, "r"), closed(n)] {
                journal.append(at(n), event).unwrap();
            }
            journal.sync().unwrap();
        }
    }

    #[test]
    fn members_are_read_from_their_first_segment_to_their_last() {
        let folder = test_folder();
        let (disk, state) = (Disk::system(), folder.path());
        told(state, 1..40);
        let mut standing = Standing::read(&disk, state).unwrap();
        let all: Vec<SubmissionId> = standing.due(Timestamp::MAX).collect();
        let whole = members(&disk, state, &standing, &all).unwrap();
        assert_eq!(whole.len(), 39);
        told(state, 40..42);
        standing.catch_up(&disk, state).unwrap();
        let all: Vec<SubmissionId> = standing.due(Timestamp::MAX).collect();
        assert_eq!(all.len(), 41, "and nothing twice");
        // neither the first segment nor the last is needed for what lies between
        let (first, last) = (standing.segments.first().unwrap().0, standing.end.unwrap());
        assert!(first.segment == 0 && last.segment > 4, "{last:?}");
        for segment in [1, last.segment] {
            let path = state.join(format!("journal/{segment:08}.log"));
            let mut octets = std::fs::read(&path).unwrap();
            let middle = octets.len() / 2;
            octets[middle] ^= 1;
            std::fs::write(&path, octets).unwrap();
        }
        assert!(Standing::read(&disk, state).is_err());
        let some = &all[18..20];
        let found = members(&disk, state, &standing, some).unwrap();
        let lines: Vec<&str> = found.iter().map(|member| member.lines.as_str()).collect();
        assert_eq!(lines, whole[18..20].iter().map(|member| member.lines.as_str()).collect::<Vec<_>>());
        assert!(members(&disk, state, &standing, &all).is_err());
        assert!(members(&disk, state, &standing, &[id(1000)]).unwrap().is_empty(), "nobody knows it");
    }
}
