//! `seal.toml`: a seal that is a process of its own.
//!
//! Reads that file, and looks at what it names. It is no part of a window's configuration, is kept nowhere, and the
//! window cannot read it: it says where the key lies.

use super::files::{Gathered, Part};
use super::mistake::Mistake;
use super::reader::{At, Source, Table};
use super::settings::{SealAt, key_place, named, of_receipts};
use super::{keeping, trust};
use crate::daemon::enclosure;
use crate::seal::{KeyPlace, Settings, Window};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// What a seal apart needs.
#[derive(Clone, Debug)]
pub struct SealApart {
    /// Certificate, key and act log.
    pub seal: Settings,
    /// Whose receipts it seals.
    pub window: Window,
    /// The window's state folder, in which its journal lies.
    pub state: PathBuf,
    /// What its process is kept from.
    pub sandbox: enclosure::Settings,
}

impl SealApart {
    /// Reads `seal.toml`. `now` decides whether the seal is in force. Beside it what is odd and stops nothing.
    ///
    /// # Errors
    /// Every mistake that was found; never empty.
    pub fn load(path: &Path, now: Timestamp) -> Result<(Self, Vec<Mistake>), Vec<Mistake>> {
        let mut gathered = Gathered::default();
        let base = path.parent().unwrap_or(Path::new(""));
        let read = gathered.toml(path, Part::Seal, |gathered, source, top| read(gathered, (base, source, now), top));
        match (read.flatten(), gathered.mistakes.is_empty()) {
            (Some(apart), true) => Ok((apart, gathered.warnings)),
            (None, true) => Err(vec![Mistake::of_file(path, "cannot be understood")]),
            (_, false) => Err(gathered.into_mistakes()),
        }
    }
}

fn read(
    gathered: &mut Gathered,
    (base, source, now): (&Path, &Source<'_>, Timestamp),
    mut top: Table<'_, '_>,
) -> Option<SealApart> {
    top.need(&["window", "seal"]);
    let window = top.table("window").and_then(|mut table| {
        let (_, named) = named(&mut table);
        table.need(&["state"]);
        let state = table.string("state");
        table.finish();
        Some((named?, base.join(state?.value)))
    });
    let seal = top.table("seal").and_then(|mut table| {
        table.need(&["certificate", "key", "acts"]);
        let (certificate, key, acts) = (table.string("certificate"), table.string("key"), table.string("acts"));
        table.finish();
        let key = key.and_then(|key| own_key(base, source, key));
        let certificate = certificate.map(|certificate| certificate.map(|path| base.join(path)));
        Some((SealAt { certificate: certificate?, key: key?, stamps: None }, base.join(acts?.value)))
    });
    let sandbox = top.table("sandbox").map(|table| keeping::sandbox(base, table)).unwrap_or_default();
    top.finish();
    let (((window, name), state), (at, acts)) = (window?, seal?);
    trust::seal(gathered, source, &at, Some(window.environment), now);
    let seal = Settings { certificate: at.certificate.value, key: at.key.value, acts };
    Some(SealApart { seal, window: of_receipts(&window, &name), state, sandbox })
}

/// This is the process that has the key.
fn own_key(base: &Path, source: &Source<'_>, key: At<String>) -> Option<At<KeyPlace>> {
    let place = key_place(base, source, key)?;
    if let KeyPlace::Apart(_) = place.value {
        source.mistake(&place.spot, "is another seal's socket; name the file of the key, or a key in a token");
        return None;
    }
    Some(place)
}
