//! The reserve: a copy that follows the window, some seconds behind it (S 5.4).
//!
//! Led by the journal, up to where it is durable: what an entry names of evidence is put first, then the acts of its
//! answers, then its line, and last `reserve.json`, which says how far all this reaches. So whatever moment the window
//! is lost at, what `reserve.json` tells of is whole. BOEMİS is copied whole now and then; what the journal has beyond
//! that copy is loaded again from evidence. Never changes the window.

use super::backup::{Holdings, archived, others, private};
use super::followed::Followed;
use super::manifest::{Moved, is_beneath};
use super::moment::known_acts;
use super::store::{Address, Store, name_of};
use super::{Fault, copy, parts};
use crate::boemis::{self, Copy};
use crate::document::Digest;
use crate::evidence::{self, Kept, Location};
use crate::host::Disk;
use crate::journal::{Event, Position, Reader};
use crate::seal::Skips;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What says how far a reserve reaches.
pub const RESERVE: &str = "reserve.json";
/// The version of the layout.
const FORMAT: u32 = 1;
/// Entries that are followed at once: after so many `reserve.json` is written, and the next round goes on. 20,000
/// entries are some hundred megabytes at most.
const ENTRIES_MAX: u32 = 20_000;

/// `[reserve]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `to`: where; none where there is no reserve.
    pub to: Option<Address>,
    /// `interval`: how often the reserve is brought up to the window, while something is new. 1 s: what is lost
    /// with the window is a second's work.
    pub interval: Duration,
    /// `database_every`: how often BOEMİS is copied whole, while it changes. 1 h: what is newer is loaded again
    /// from evidence, in seconds.
    pub database_every: Duration,
    /// `lag_max`: the age of the oldest entry not in the reserve at which `status` is unhealthy. 5 min.
    pub lag_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            to: None,
            interval: Duration::from_secs(1),
            database_every: Duration::from_secs(3600),
            lag_max: Duration::from_secs(300),
        }
    }
}

/// How far a reserve reaches.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The version of the layout.
    pub format: u32,
    /// The version of pencere that wrote it.
    pub pencere: String,
    /// The window's id.
    pub window: String,
    /// `test` or `production`.
    pub environment: String,
    /// When it was written.
    pub at: Timestamp,
    /// Where its journal ends.
    pub journal: Position,
    /// Where its act log ends, in octets.
    pub acts: u64,
    /// Its configuration and other small files: digests by place.
    pub files: BTreeMap<PathBuf, Digest>,
    /// Where the state folder lies in a window made from it.
    pub state: PathBuf,
    /// Where the database lies in it.
    pub database: PathBuf,
    /// Copies of BOEMİS, the newest last.
    pub databases: Vec<Database>,
    /// What is other in the configuration.
    pub moved: Vec<Moved>,
    /// What is not in it.
    pub left_out: Vec<String>,
}

/// A copy of BOEMİS in the reserve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// When it was taken.
    pub at: Timestamp,
    /// Its digest, by which it is named.
    pub sha256: Digest,
    /// Its size in octets.
    pub size: u64,
    /// Where the journal ended before it was taken: it holds every load that was answered before.
    pub after: Position,
    /// Where the journal ended after it was taken: every load in it was journalled as held before.
    pub before: Position,
}

impl Standing {
    fn new(holdings: &Holdings, now: Timestamp) -> Self {
        Self {
            format: FORMAT,
            pencere: env!("CARGO_PKG_VERSION").to_owned(),
            window: holdings.window.clone(),
            environment: holdings.environment.clone(),
            at: now,
            journal: Position::origin(),
            acts: 0,
            files: BTreeMap::new(),
            state: holdings.state_place.clone(),
            database: holdings.database_place.clone(),
            databases: Vec::new(),
            moved: holdings.moved.clone(),
            left_out: holdings.left_out.clone(),
        }
    }

    /// What a reserve says of itself; none where there is no reserve yet.
    pub(super) fn read(store: &Store) -> Result<Option<Self>, Fault> {
        let Some(json) = store.get(RESERVE)? else { return Ok(None) };
        let standing: Self = serde_json::from_slice(&json).map_err(|error| {
            Fault::Unsound(format!("{} at {} is not as written: {error}", RESERVE, store.address()))
        })?;
        let mut places = [&standing.state, &standing.database].into_iter().chain(standing.files.keys());
        if let Some(place) = places.find(|place| !is_beneath(place)) {
            let place = place.display();
            return Err(Fault::Unsound(format!(
                "{RESERVE} at {} names a place outside of it: {place}",
                store.address()
            )));
        }
        drop(places);
        match standing.format {
            FORMAT => Ok(Some(standing)),
            other => {
                Err(Fault::Unsound(format!("the reserve at {} is of format {other}, not {FORMAT}", store.address())))
            }
        }
    }

    fn write(&self, store: &Store) -> Result<(), Fault> {
        let json = serde_json::to_vec_pretty(self).map_err(|error| Fault::Unsound(error.to_string()))?;
        store.put(RESERVE, json)
    }

    /// Whether BOEMİS is to be copied: what it holds may have changed, and the last copy is old enough.
    pub fn wants_database(&self, end: Position, every: Duration, now: Timestamp) -> bool {
        let Some(last) = self.databases.last() else { return end.segment > 0 };
        // a copy from the future tells of a clock that was set back, and of nothing else
        let is_due = Duration::try_from(now.duration_since(last.at)).map_or(true, |age| age >= every);
        last.after != end && is_due
    }
}

/// Brings the reserve up to `end`, which is durable in the window's journal, or a good piece nearer; how far it
/// reaches then.
///
/// # Errors
/// [`Fault`]: what `reserve.json` told of before holds still.
pub fn follow(
    disk: &Disk,
    holdings: &Holdings,
    settings: &Settings,
    end: Position,
    now: Timestamp,
) -> Result<Option<Standing>, Fault> {
    let Some(to) = &settings.to else { return Ok(None) };
    let was_reached = Followed::read(disk, &holdings.state).is_some_and(|last| last.to == to.to_string());
    let store = Store::open(to, !was_reached)?;
    let before = Standing::read(&store)?;
    if before.is_none() && was_reached {
        return Err(Fault::Unsound(format!(
            "the reserve that was at {to} is not there any more (is its disk mounted?); to begin another in its place, \
             take {} away",
            Followed::path(&holdings.state).display()
        )));
    }
    let mut standing = match before {
        Some(standing) if standing.window == holdings.window => standing,
        Some(other) => {
            return Err(Fault::Unsound(format!(
                "the reserve at {to} is of the window “{}”: name another place",
                other.window
            )));
        }
        None => Standing::new(holdings, now),
    };
    let is_there = (end.segment, end.offset) == (standing.journal.segment, standing.journal.offset);
    if end.is_before(standing.journal) || (is_there && end.chain != standing.journal.chain) {
        return Err(foreign(to));
    }
    let Holdings { state, acts, .. } = holdings;
    let step = gather(disk, state, standing.journal, end).map_err(|fault| match fault {
        // where the lines do not follow upon what the reserve has, they are another window's
        Fault::Journal(error) if error.is_damage() && standing.journal.segment > 0 => {
            Fault::Unsound(format!("{}: {error}", foreign(to)))
        }
        fault => fault,
    })?;
    if step.reached == standing.journal && step.reached != end {
        return Err(foreign(to));
    }
    let evidence = evidence::Reader::new(disk, state);
    for (place, (end, entries)) in &step.packs {
        match parts::follow(&store, disk, &state.join(place), &name_of(place), *end) {
            // it was let go, archived, before the reserve came by: each entry is an object there
            Err(Fault::Disk { source, .. }) if source.kind() == ErrorKind::NotFound => {
                entries.iter().try_for_each(|kept| put_kept(&store, &evidence, kept))?;
            }
            other => drop(other?),
        }
    }
    step.objects.iter().try_for_each(|kept| put_kept(&store, &evidence, kept))?;
    let acts_end = known_acts(acts, standing.acts, &step.answered)?;
    parts::follow(&store, disk, acts, "seal/acts.log", acts_end)?;
    for (number, place, len) in step.reached.segments().filter(|(number, ..)| *number >= standing.journal.segment) {
        let path = state.join(&place);
        let len = match len {
            Some(len) => len,
            None => std::fs::metadata(&path).map_err(Fault::disk("look at", &path))?.len(),
        };
        tracing::trace!(segment = number, octets = len, "the reserve follows");
        parts::follow(&store, disk, &path, &name_of(&place), len)?;
    }
    let files = small_files(holdings)?;
    for (place, octets) in &files {
        if standing.files.get(place) != Some(&Digest::of(octets)) {
            store.put(&file_name(Digest::of(octets)), octets.to_vec())?;
        }
    }
    let kept_back: BTreeMap<PathBuf, Digest> = standing
        .files
        .iter()
        .filter(|(place, _)| place.starts_with(&standing.state) || place.starts_with(&holdings.archive_place))
        .map(|(p, d)| (p.clone(), *d))
        .collect();
    standing.files = kept_back;
    standing.files.extend(files.iter().map(|(place, octets)| (place.clone(), Digest::of(octets))));
    let Holdings { moved, left_out, state_place, database_place, environment, .. } = holdings.clone();
    let (journal, acts) = (step.reached, acts_end);
    let is_due = match holdings.location.file() {
        Some(_) => None,
        // those who keep the server copy its database; what else lies in the state folder goes at the same pace
        None => Some(is_passed(standing.at, now, settings.database_every)),
    };
    standing = Standing {
        at: now,
        journal,
        acts,
        moved,
        left_out,
        environment,
        state: state_place,
        database: database_place,
        ..standing
    };
    standing.write(&store)?;
    if step.reached == end && is_due.unwrap_or(standing.wants_database(end, settings.database_every, now)) {
        if holdings.location.file().is_some() {
            database(disk, holdings, &store, &mut standing, now)?;
        }
        standing.write(&store)?;
        for (place, path) in others(holdings)? {
            let (sha256, _) = copy::digest(disk, &path)?;
            if standing.files.get(&place) != Some(&sha256) {
                let mut file = disk.open(&path).map_err(Fault::disk("open", &path))?;
                store.put_all(&file_name(sha256), &mut file, sha256)?;
                standing.files.insert(place, sha256);
            }
        }
        archive(disk, holdings, &store, &mut standing)?;
        standing.write(&store)?;
    }
    Ok(Some(standing))
}

/// Puts something kept as an object, from wherever evidence has it.
fn put_kept(store: &Store, evidence: &evidence::Reader, kept: &Kept) -> Result<(), Fault> {
    let name = name_of(&evidence::Reader::object_place(kept.sha256));
    if store.size(&name)? == Some(kept.size) {
        return Ok(());
    }
    store.put_all(&name, &mut evidence.read(kept)?.reader(), kept.sha256)
}

/// Puts the archive's units, and what lies beside them. A unit never changes, so one that is there is not read again.
fn archive(disk: &Disk, holdings: &Holdings, store: &Store, standing: &mut Standing) -> Result<(), Fault> {
    for (place, from) in archived(disk, holdings)? {
        let is_unit = place.extension().is_some_and(|ending| ending == "zip");
        if is_unit && standing.files.contains_key(&place) {
            continue;
        }
        match from {
            copy::From::Octets(octets) => {
                let sha256 = Digest::of(&octets);
                if standing.files.insert(place, sha256) != Some(sha256) {
                    store.put(&file_name(sha256), octets.to_vec())?;
                }
            }
            copy::From::File(path, _) | copy::From::Leaving(path, _) => {
                let (sha256, _) = copy::digest(disk, &path)?;
                if standing.files.insert(place, sha256) != Some(sha256) {
                    let mut file = disk.open(&path).map_err(Fault::disk("open", &path))?;
                    store.put_all(&file_name(sha256), &mut file, sha256)?;
                }
            }
        }
    }
    Ok(())
}

fn foreign(to: &Address) -> Fault {
    Fault::Unsound(format!(
        "the reserve at {to} tells of more than this window, or of another past: this window was restored from an \
         older copy, or is not the one that was followed; name another place for its reserve"
    ))
}

/// What a stretch of the journal names.
struct Step {
    reached: Position,
    /// How far each is relied on, and for what.
    packs: BTreeMap<PathBuf, (u64, Vec<Kept>)>,
    objects: Vec<Kept>,
    answered: HashSet<super::moment::AnswerKey>,
}

fn gather(disk: &Disk, state: &Path, from: Position, end: Position) -> Result<Step, Fault> {
    let mut step = Step { reached: from, packs: BTreeMap::new(), objects: Vec::new(), answered: HashSet::new() };
    let mut journal = Reader::after(disk, state, from)?;
    for _ in 0..ENTRIES_MAX {
        if step.reached == end {
            break;
        }
        let Some((entry, behind)) = journal.next()? else { break };
        for kept in entry.event.kept() {
            match (kept.location, kept.range()) {
                (Location::Pack { .. }, Some((_, _, last))) => {
                    let (reaches, entries) = step.packs.entry(kept.place()).or_default();
                    *reaches = last.max(*reaches);
                    entries.push(kept);
                }
                _ => step.objects.push(kept),
            }
        }
        if let Event::Answered(answered) = &entry.event {
            step.answered.insert((answered.id, answered.answer));
        }
        step.reached = behind;
    }
    Ok(step)
}

/// The configuration, and what of the seal's is small.
fn small_files(holdings: &Holdings) -> Result<BTreeMap<PathBuf, std::sync::Arc<[u8]>>, Fault> {
    let mut files = holdings.files.clone();
    let skips = Skips::path(&holdings.acts);
    if skips.exists() {
        let octets = std::fs::read(&skips).map_err(Fault::disk("read", &skips))?;
        files.insert(Skips::path(&holdings.state_place.join("seal/acts.log")), octets.into());
    }
    Ok(files)
}

/// How a small file is called.
pub(super) fn file_name(sha256: Digest) -> String {
    format!("files/{sha256}")
}

/// Whether a multiple of this time lies between two moments.
fn is_passed(before: Timestamp, now: Timestamp, every: Duration) -> bool {
    let every = i64::try_from(every.as_secs()).unwrap_or(i64::MAX).max(1);
    before.as_second().div_euclid(every) < now.as_second().div_euclid(every)
}

/// How a copy of BOEMİS is called.
pub(super) fn database_name(sha256: Digest) -> String {
    format!("boemis/{sha256}.sqlite")
}

/// Copies BOEMİS into the reserve, by way of a file beside it; the two newest copies stay.
fn database(
    disk: &Disk,
    holdings: &Holdings,
    store: &Store,
    standing: &mut Standing,
    now: Timestamp,
) -> Result<(), Fault> {
    let folder = holdings.state.join("reserve");
    disk.make_folder(&folder).map_err(Fault::disk("make the folder", &folder))?;
    let part = folder.join("boemis.part");
    let _ = std::fs::remove_file(&part); // of a process that died
    let after = standing.journal;
    match store.wait(Copy::take(&holdings.location, &holdings.boemis, &part)) {
        Ok(copy) => store.wait(copy.close())?,
        Err(boemis::Fault::Missing { .. }) => return Ok(()),
        Err(fault) => return Err(fault.into()),
    }
    private(&part)?;
    let before = Reader::end(disk, &holdings.state)?;
    let (sha256, size) = copy::digest(disk, &part)?;
    let mut file = disk.open(&part).map_err(Fault::disk("open", &part))?;
    let put = store.put_all(&database_name(sha256), &mut file, sha256);
    let _ = std::fs::remove_file(&part); // else before the next one
    put?;
    standing.databases.push(Database { at: now, sha256, size, after, before });
    let surplus = standing.databases.len().saturating_sub(2);
    for old in standing.databases.drain(..surplus).collect::<Vec<_>>() {
        if standing.databases.iter().all(|one| one.sha256 != old.sha256) {
            store.delete(&database_name(old.sha256))?;
        }
    }
    Ok(())
}
