//! What is archived leaves the active store, after its unit verified again, and never before.
//!
//! Owns the order: every unit that is relied upon is read whole and held against the digest that the journal has; then
//! a pack goes only when the journal names nothing in it of what is not archived, and evidence itself reads each
//! of its octets back from a unit. What many submissions share, grounds and paths, stays in the active store whatever
//! becomes of the pack. What does not verify lets nothing go.

use super::archiving::{self, Archive};
use crate::archive::gather::{Needed, PRUNED, Standing};
use crate::archive::unit::{self, MakeFault};
use crate::document::Digest;
use crate::evidence::{self, Released};
use crate::journal::Event;
use std::time::Duration;

/// Objects that were put there less than so long ago stay, beside a running window: one may be on its way in at this
/// moment, and the journal not know of it yet.
pub const BESIDE: Duration = Duration::from_secs(3600);

impl Archive {
    /// Lets go what is archived. `age` is how long an object must have lain there: [`BESIDE`] a running window.
    ///
    /// # Errors
    /// [`MakeFault`]: a unit that does not verify, or the disk. What had gone before it is in units that verified.
    pub fn prune(&self, age: Duration) -> Result<Released, MakeFault> {
        let state = &self.settings.window.paths.state;
        let odd = |error: &dyn std::fmt::Display| MakeFault::Odd(error.to_string());
        let standing = Standing::read(&self.disk, state).map_err(|error| odd(&error))?;
        let ours = standing.units.iter().filter(|unit| unit.from.is_none());
        let mut verified = 0;
        for known in ours {
            let path = archiving::path(&self.settings.archive.to, &known.name);
            let bad = |why: &dyn std::fmt::Display| {
                MakeFault::Odd(format!("{}: {why}; nothing leaves the active store", path.display()))
            };
            let (octets, unit) = archiving::open(&self.disk, &path).map_err(|unfit| bad(&unfit))?;
            if unit::digest(&octets)? != known.sha256 {
                return Err(bad(&"it is not the file that the journal knows"));
            }
            unit.verify(None, &archiving::engine).map_err(|unfit| bad(&unfit))?;
            verified += 1;
        }
        let mut all = Released::default();
        if verified == 0 {
            return Ok(all);
        }
        let needed = Needed::read(&self.disk, state, &standing).map_err(|error| odd(&error))?;
        let evidence = evidence::Reader::new(&self.disk, state);
        let packs = evidence.packs()?.into_iter().filter(|number| !needed.packs.contains(number));
        for number in packs {
            add(&mut all, evidence.release_pack(number, &needed.shared)?);
        }
        let is_needed = |sha256: &Digest| needed.objects.contains(sha256) || needed.shared.contains(sha256);
        for sha256 in evidence.objects()?.into_iter().filter(|sha256| !is_needed(sha256)) {
            add(&mut all, evidence.release_object(sha256, age)?);
        }
        Ok(all)
    }
}

fn add(all: &mut Released, one: Option<Released>) {
    if let Some(one) = one {
        all.files += one.files;
        all.octets = all.octets.saturating_add(one.octets);
    }
}

/// What the journal is to say of it; nothing when nothing went.
pub fn event(released: Released, by: &str) -> Option<Event> {
    let facts = [("files", released.files.to_string()), ("octets", released.octets.to_string())];
    (released.files > 0).then(|| archiving::act(PRUNED, by, None, facts))
}
