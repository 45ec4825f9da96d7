//! Putting evidence back: what is damaged or gone in the window, from a copy that has it (S 8.1.4 item 5).
//!
//! Led by the journal, which says what must be where with which digest. Nothing is put back that was not verified,
//! and a pack is replaced whole by rename, with the same octets that it had when it was well: no position changes.
//! What is sound is never touched. Never mends the journal: that is what says what is right.

use super::fetch::whole;
use super::store::{Address, Store, name_of};
use super::{Fault, parts};
use crate::evidence::{EvidenceError, Kept, Location, PACK_BEGINS, Reader, framed};
use crate::host::{Disk, DiskFile};
use crate::journal;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Octets of a pack that are copied at once.
const PIECE: u64 = 1 << 20;

/// What evidence is put back from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The state folder of a backup, or of another copy of the window.
    State(PathBuf),
    /// The reserve.
    Reserve(Address),
}

/// What came of it. Each is named by its place below the state folder, an entry of a pack with its octet.
#[derive(Clone, Debug, Default)]
pub struct Mended {
    /// Put back, and verified where it lies.
    pub put_back: Vec<String>,
    /// Still damaged, and why.
    pub left: Vec<(String, String)>,
    /// What was looked at.
    pub files: u64,
}

/// Verifies all evidence that the journal names, and puts back what is damaged or gone. `is_open`: another process
/// has the window open, and may be writing to its last pack, which is then left alone.
///
/// # Errors
/// The journal is damaged, or a disk's; what was put back until then is.
pub fn mend(disk: &Disk, state: &Path, source: &Source, is_open: bool) -> Result<Mended, Fault> {
    let reader = Reader::new(disk, state);
    let mut mended = Mended::default();
    let mut damaged: BTreeMap<PathBuf, Vec<Kept>> = BTreeMap::new();
    let mut journal = journal::Reader::open(disk, state)?;
    while let Some((entry, _)) = journal.next()? {
        for kept in entry.event.kept() {
            mended.files += 1;
            if let Some(_why) = fault_of(&reader, &kept) {
                let entries = damaged.entry(kept.place()).or_default();
                if !entries.contains(&kept) {
                    entries.push(kept);
                }
            }
        }
    }
    let last = reader.packs()?.last().copied();
    let mending = Mending { disk, state, source };
    for (place, entries) in damaged {
        let is_written = is_open && entries.iter().filter_map(Kept::range).any(|(number, ..)| Some(number) == last);
        let why = match is_written {
            true => Some("the window is open and may be writing to this pack: stop it and say this again".to_owned()),
            false => match mending.put_back(&place, &entries) {
                Ok(()) => None,
                Err(Fault::Disk { step, path, source }) if is_of_window(&path, state) => {
                    return Err(Fault::Disk { step, path, source });
                }
                Err(fault) => Some(fault.to_string()),
            },
        };
        for kept in entries {
            match (fault_of(&reader, &kept), &why) {
                (None, _) => mended.put_back.push(named(&kept)),
                (Some(still), why) => mended.left.push((named(&kept), why.clone().unwrap_or(still))),
            }
        }
    }
    Ok(mended)
}

fn is_of_window(path: &Path, state: &Path) -> bool {
    path.starts_with(state)
}

/// A thing in evidence, for people.
pub(super) fn named(kept: &Kept) -> String {
    match kept.location {
        Location::Pack { offset, .. } => format!("{} at octet {offset}", kept.place().display()),
        Location::Object => kept.place().display().to_string(),
    }
}

/// What is wrong with something kept; nothing when it is sound.
pub(super) fn fault_of(reader: &Reader, kept: &Kept) -> Option<String> {
    match reader.read(kept) {
        Ok(_) => None,
        Err(EvidenceError::Disk { path, source, .. }) if source.kind() == ErrorKind::NotFound => {
            Some(format!("evidence: {} is missing", path.display()))
        }
        // what the disk does not give is as damaged as what it gives wrongly, and no reason to look at nothing else
        Err(error) => Some(error.to_string()),
    }
}

struct Mending<'a> {
    disk: &'a Disk,
    state: &'a Path,
    source: &'a Source,
}

impl Mending<'_> {
    /// Replaces one file of evidence by what it was.
    fn put_back(&self, place: &Path, entries: &[Kept]) -> Result<(), Fault> {
        let path = self.state.join(place);
        let folder = path.parent().unwrap_or(self.state);
        self.disk.make_folder(folder).map_err(Fault::disk("make the folder", folder))?;
        // a copy of the file that evidence can be read from, in a state folder of its own
        let aside = self.state.join("staging").join("mending");
        clear(&aside)?;
        let from = match self.source {
            Source::State(state) => state.clone(),
            Source::Reserve(address) => {
                let to = aside.join(place);
                let above = to.parent().unwrap_or(&aside);
                self.disk.make_folder(above).map_err(Fault::disk("make the folder", above))?;
                let store = Store::open(address, false)?;
                match entries.first().map(|kept| (kept.location, kept)) {
                    Some((Location::Object, kept)) => {
                        whole(&store, self.disk, &name_of(place), &to, (kept.sha256, Some(kept.size)))?;
                    }
                    _ => drop(parts::fetch(&store, self.disk, &name_of(place), &to, None)?),
                }
                aside.clone()
            }
        };
        // in the folder of the original, under a name that is no pack's or object's
        let new = path.with_extension("mend");
        let _ = std::fs::remove_file(&new); // of a process that died
        let made = self.disk.create(&new).map_err(Fault::disk("make", &new))?;
        let filled = match entries {
            [Kept { location: Location::Object, .. }, ..] => self.object(&made, &from, entries),
            _ => self.pack(&made, &path, (&from, place), entries),
        };
        let put = filled.and_then(|()| {
            made.sync().map_err(Fault::disk("make durable", &new))?;
            self.disk.rename(&new, &path).map_err(Fault::disk("rename", &new))?;
            self.disk.sync_folder(folder).map_err(Fault::disk("make durable", folder))
        });
        if put.is_err() {
            let _ = std::fs::remove_file(&new); // it is nothing yet
        }
        clear(&aside)?;
        put
    }

    /// An object's octets, verified.
    fn object(&self, made: &DiskFile, from: &Path, entries: &[Kept]) -> Result<(), Fault> {
        let Some(kept) = entries.first() else { return Ok(()) };
        let octets = Reader::new(self.disk, from).read(kept)?;
        let mut at = 0;
        copy(&mut octets.reader(), u64::MAX, |piece| write(made, piece, &mut at))
    }

    /// The pack as it lies here, what is missing at its end from the copy, and in their places the entries that
    /// were damaged, each verified.
    fn pack(&self, made: &DiskFile, path: &Path, (from, place): (&Path, &Path), entries: &[Kept]) -> Result<(), Fault> {
        let mut at = 0;
        if let Ok(mut here) = self.disk.open(path) {
            copy(&mut here, u64::MAX, |piece| write(made, piece, &mut at))?;
        }
        let end = entries.iter().filter_map(|kept| kept.range()).map(|range| range.2).max().unwrap_or(0);
        if at < end {
            let there = from.join(place);
            let mut rest = self.disk.open(&there).map_err(Fault::disk("open", &there))?;
            rest.seek(SeekFrom::Start(at)).map_err(Fault::disk("read", &there))?;
            copy(&mut rest, u64::MAX, |piece| write(made, piece, &mut at))?;
        }
        made.write_at(PACK_BEGINS, 0).map_err(Fault::disk("write", made.path()))?;
        let reader = Reader::new(self.disk, from);
        let mut fault = None;
        for kept in entries {
            let Some((_, offset, _)) = kept.range() else { continue };
            match reader.read(kept) {
                Ok(octets) => {
                    let octets = octets.in_memory().unwrap_or_default();
                    made.write_at(&framed(octets), offset).map_err(Fault::disk("write", made.path()))?;
                }
                // the others are put back all the same
                Err(error) => fault = Some(error),
            }
        }
        match fault {
            Some(fault) if entries.len() == 1 => Err(fault.into()),
            _ => Ok(()),
        }
    }
}

fn write(made: &DiskFile, piece: &[u8], at: &mut u64) -> Result<(), Fault> {
    made.write_at(piece, *at).map_err(Fault::disk("write", made.path()))?;
    *at += piece.len() as u64;
    Ok(())
}

fn copy(from: &mut impl Read, len: u64, mut put: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut rest = from.take(len);
    loop {
        let mut piece = Vec::new();
        let read = rest.by_ref().take(PIECE).read_to_end(&mut piece);
        match read.map_err(|error| Fault::Store(format!("the copy cannot be read: {error}")))? {
            0 => return Ok(()),
            _ => put(&piece)?,
        }
    }
}

/// Takes a folder of ours away with all that is in it.
fn clear(folder: &Path) -> Result<(), Fault> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Fault::disk("clear", folder)(error)),
        _ => Ok(()),
    }
}
