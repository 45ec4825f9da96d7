//! What is archived leaves the active store, after its unit verified again, and never before.
//!
//! Owns the order: what could go is found by the journal, which names nothing in it of what is not archived; then each
//! of its octets is read back by evidence itself from a unit, which before its first octet counts is read whole and
//! held against the digest that the journal has. Of a unit of another window nothing counts. What many submissions
//! share, grounds and paths, stays in the active store whatever becomes of the pack. A unit that is needed and does
//! not verify lets nothing more go; one that nothing would go for is not read.

use super::archiving::{self, Archive};
use crate::archive::gather::{KnownUnit, Needed, PRUNED, Standing};
use crate::archive::unit::MakeFault;
use crate::document::Digest;
use crate::evidence::{self, EvidenceError, Released};
use crate::journal::Event;
use std::collections::BTreeMap;
use std::time::Duration;

/// Objects that were put there less than so long ago stay, beside a running window: one may be on its way in at this
/// moment, and the journal not know of it yet.
pub const BESIDE: Duration = Duration::from_secs(3600);

/// The units that are relied upon in one round: each is verified once, when it is first needed.
struct Units<'a> {
    archive: &'a Archive,
    /// Those of this window, by name.
    ours: BTreeMap<&'a str, &'a KnownUnit>,
    verified: BTreeMap<String, bool>,
    /// Why the first that does not verify does not.
    unfit: Option<MakeFault>,
}

impl<'a> Units<'a> {
    fn of(archive: &'a Archive, standing: &'a Standing) -> Self {
        let ours = standing.units.iter().filter(|unit| unit.from.is_none());
        let ours = ours.map(|unit| (unit.name.as_str(), unit)).collect();
        Self { archive, ours, verified: BTreeMap::new(), unfit: None }
    }

    fn is_relied_upon(&mut self, name: &str) -> bool {
        let Some(known) = self.ours.get(name) else { return false };
        if let Some(verified) = self.verified.get(name) {
            return *verified;
        }
        let verified = self.archive.verified(known);
        let is_whole = verified.is_ok();
        self.unfit = self.unfit.take().or(verified.err());
        self.verified.insert(name.to_owned(), is_whole);
        is_whole
    }

    /// Adds what went; a unit that did not verify ends it, where none other had the octets.
    fn add(&mut self, all: &mut Released, one: Result<Option<Released>, EvidenceError>) -> Result<(), MakeFault> {
        match (one, self.unfit.take()) {
            (Ok(Some(one)), unfit) => {
                self.unfit = unfit;
                add(all, one);
                Ok(())
            }
            (_, Some(unfit)) => Err(unfit),
            (one, None) => one.map(drop).map_err(MakeFault::from),
        }
    }
}

impl Archive {
    /// Lets go what is archived. `age` is how long an object must have lain there: [`BESIDE`] a running window.
    ///
    /// # Errors
    /// [`MakeFault`]: a unit that does not verify, or the disk. What had gone before it is in units that verified.
    pub fn prune(&self, age: Duration) -> Result<Released, MakeFault> {
        let state = &self.settings.window.paths.state;
        let odd = |error: &dyn std::fmt::Display| MakeFault::Odd(error.to_string());
        let standing = Standing::read(&self.disk, state).map_err(|error| odd(&error))?;
        let mut units = Units::of(self, &standing);
        let mut all = Released::default();
        if units.ours.is_empty() {
            return Ok(all);
        }
        let needed = Needed::read(&self.disk, state, &standing).map_err(|error| odd(&error))?;
        let evidence = evidence::Reader::new(&self.disk, state);
        let packs = evidence.packs()?.into_iter().filter(|number| !needed.packs.contains(number));
        for number in packs {
            let one = evidence.release_pack(number, &needed.shared, &mut |name| units.is_relied_upon(name));
            units.add(&mut all, one)?;
        }
        let is_needed = |sha256: &Digest| needed.objects.contains(sha256) || needed.shared.contains(sha256);
        for sha256 in evidence.objects()?.into_iter().filter(|sha256| !is_needed(sha256)) {
            let one = evidence.release_object(sha256, age, &mut |name| units.is_relied_upon(name));
            units.add(&mut all, one)?;
        }
        Ok(all)
    }

    /// Reads a unit whole, and holds it against the journal.
    fn verified(&self, known: &KnownUnit) -> Result<(), MakeFault> {
        let path = archiving::path(&self.settings.archive.to, &known.name);
        let bad = |why: &dyn std::fmt::Display| {
            MakeFault::Odd(format!("{}: {why}; nothing leaves the active store", path.display()))
        };
        let (_, unit) = archiving::open_known(&self.disk, &path, known.sha256).map_err(|unfit| bad(&unfit))?;
        unit.verify(None, &[], &archiving::engine).map(drop).map_err(|unfit| bad(&unfit))
    }
}

fn add(all: &mut Released, one: Released) {
    all.files += one.files;
    all.octets = all.octets.saturating_add(one.octets);
}

/// What the journal is to say of it; nothing when nothing went.
pub fn event(released: Released, by: &str) -> Option<Event> {
    let facts = [("files", released.files.to_string()), ("octets", released.octets.to_string())];
    (released.files > 0).then(|| archiving::act(PRUNED, by, None, facts))
}
