//! A window made from the reserve alone.
//!
//! Takes what `reserve.json` tells of, and no more: what was put after it belongs to a round that did not come to its
//! end. Small files and BOEMİS's copy are verified by their digests, objects by their names; journal, packs and act
//! log carry their own checksums, and the whole is looked over by whoever asked for it.

use super::follow::{Database, RESERVE, Standing, database_name, file_name};
use super::lay::{CONFIGURATION, Laid, laid_as, open};
use super::manifest::{About, FORMAT, Unsound};
use super::store::{Address, Store, name_of};
use super::{Fault, parts};
use crate::document::{Decision, Digest, Digester, SubmissionId};
use crate::evidence;
use crate::host::Disk;
use crate::journal::{Event, Position, Reader};
use std::collections::BTreeSet;
use std::path::Path;

/// Whether a reserve is there.
pub fn is_reserve(address: &Address) -> bool {
    let Address::Folder(folder) = address;
    folder.join(RESERVE).is_file()
}

/// Makes a window in a folder that is new or empty.
///
/// # Errors
/// [`Fault`]: the folder holds no window then. A reserve that does not have what it tells of is an answer.
pub fn fetch(
    disk: &Disk,
    from: &Address,
    into: &Path,
    told: &(dyn Fn(u64) + Sync),
) -> Result<Result<Laid, Unsound>, Fault> {
    match (Fetching { disk, store: Store::open(from, false)?, into, told, files: 0, octets: 0 }).all() {
        Ok(laid) => Ok(Ok(laid)),
        Err(Fault::Unsound(what)) => Ok(Err(Unsound(vec![what]))),
        Err(fault) => Err(fault),
    }
}

struct Fetching<'a> {
    disk: &'a Disk,
    store: Store,
    into: &'a Path,
    told: &'a (dyn Fn(u64) + Sync),
    files: u64,
    octets: u64,
}

impl Fetching<'_> {
    fn all(mut self) -> Result<Laid, Fault> {
        let standing = Standing::read(&self.store)?;
        let standing =
            standing.ok_or_else(|| Fault::Unsound(format!("there is no {RESERVE} at {}", self.store.address())))?;
        let state = self.into.join(&standing.state);
        for (_, place, len) in standing.journal.segments() {
            self.grown(&name_of(&place), &state.join(&place), len)?;
        }
        self.evidence(&state)?;
        let acts = Path::new("seal/acts.log");
        if standing.acts > 0 {
            self.grown(&name_of(acts), &state.join(acts), Some(standing.acts))?;
        }
        // the newest whose loads the journal knows of, each and every one
        let is_known = |one: &&Database| !standing.journal.is_before(one.before);
        let database = standing.databases.iter().rev().find(is_known);
        if let Some(Database { sha256, size, .. }) = database {
            self.whole(&database_name(*sha256), &self.into.join(&standing.database), (*sha256, Some(*size)))?;
        }
        let (last, first): (Vec<_>, Vec<_>) =
            standing.files.iter().partition(|(place, _)| **place == Path::new(CONFIGURATION));
        if last.is_empty() {
            return Err(Fault::Unsound(format!("{RESERVE} tells of no {CONFIGURATION}")));
        }
        for (place, sha256) in first.into_iter().chain(last) {
            self.whole(&file_name(*sha256), &self.into.join(laid_as(place)), (*sha256, None))?;
        }
        let unloaded = self.unloaded(&state, database.map_or_else(Position::origin, |one| one.after))?;
        open(self.disk, self.into)?;
        let about = About {
            format: FORMAT,
            pencere: standing.pencere,
            window: standing.window,
            environment: standing.environment,
            made: standing.at,
            journal: standing.journal,
            acts: standing.acts,
            state: standing.state,
            database: database.map(|_| standing.database),
            moved: standing.moved,
            left_out: standing.left_out,
        };
        Ok(Laid { about, files: self.files, octets: self.octets, unloaded: unloaded.len() as u64 })
    }

    /// What may be missing in the copied BOEMİS: accepted after the journal's place before that was taken.
    fn unloaded(&self, state: &Path, after: Position) -> Result<BTreeSet<SubmissionId>, Fault> {
        let mut journal = Reader::after(self.disk, state, after)?;
        let mut unloaded = BTreeSet::new();
        while let Some((entry, _)) = journal.next()? {
            match entry.event {
                Event::Answered(answered)
                    if matches!(answered.decision, Decision::Accepted | Decision::Pending)
                        && answered.acted.is_none() =>
                {
                    unloaded.insert(answered.id);
                }
                // refused, withdrawn or contested since
                Event::Answered(answered) => drop(unloaded.remove(&answered.id)),
                _ => {}
            }
        }
        Ok(unloaded)
    }

    fn evidence(&mut self, state: &Path) -> Result<(), Fault> {
        for pack in self.store.list("evidence/packs")?.folders {
            let name = format!("evidence/packs/{pack}");
            self.grown(&name, &state.join(&name), None)?;
        }
        for first in self.store.list("evidence/objects")?.folders {
            for (rest, size) in self.store.list(&format!("evidence/objects/{first}"))?.objects {
                let Ok(sha256) = format!("{first}{rest}").parse::<Digest>() else { continue };
                let place = evidence::Reader::object_place(sha256);
                self.whole(&name_of(&place), &state.join(&place), (sha256, Some(size)))?;
            }
        }
        Ok(())
    }

    fn made(&self, path: &Path) -> Result<(), Fault> {
        let folder = path.parent().unwrap_or(self.into);
        self.disk.make_folder(folder).map_err(Fault::disk("make the folder", folder))
    }

    /// A file that grows by parts.
    fn grown(&mut self, name: &str, to: &Path, end: Option<u64>) -> Result<(), Fault> {
        self.made(to)?;
        let octets = parts::fetch(&self.store, self.disk, name, to, end)?;
        self.done(to, octets)
    }

    /// A file that was put whole.
    fn whole(&mut self, name: &str, to: &Path, (sha256, size): (Digest, Option<u64>)) -> Result<(), Fault> {
        self.made(to)?;
        let octets = whole(&self.store, self.disk, name, to, (sha256, size))?;
        self.done(to, octets)
    }

    fn done(&mut self, path: &Path, octets: u64) -> Result<(), Fault> {
        self.files += 1;
        self.octets += octets;
        (self.told)(octets);
        let folder = path.parent().unwrap_or(self.into);
        self.disk.sync_folder(folder).map_err(Fault::disk("make durable", folder))
    }
}

/// Writes an object to a new file; its digest must be this one.
pub(super) fn whole(
    store: &Store,
    disk: &Disk,
    name: &str,
    to: &Path,
    (sha256, size): (Digest, Option<u64>),
) -> Result<u64, Fault> {
    let missing =
        || Fault::Unsound(format!("the reserve at {} does not have {name}, which it tells of", store.address()));
    let there = store.size(name)?.ok_or_else(missing)?;
    let new = disk.create(to).map_err(Fault::disk("make", to))?;
    let (mut digester, mut at) = (Digester::new(), 0);
    let mut take = |octets: &[u8]| {
        digester.update(octets);
        new.write_at(octets, at).map_err(Fault::disk("write", to))?;
        at += octets.len() as u64;
        Ok(())
    };
    store.read(name, size.map_or(there, |size| size.min(there)), &mut take)?;
    new.sync().map_err(Fault::disk("make durable", to))?;
    match digester.finish() == sha256 {
        true => Ok(at),
        false => Err(Fault::Unsound(format!("{name} in the reserve is not what was put there: its digest differs"))),
    }
}
