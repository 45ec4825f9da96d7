//! What goes into an archive unit, one submission after another (R 3.4.6).
//!
//! Owns what is asked for each: its lines in the journal, what it was judged by, its records in BOEMİS. One that cannot
//! be packed is left out, with the reason and what to do, and holds up no other; only the disk to which the unit is
//! written, and a BOEMİS that is away, do. Gives no unit its name.

use super::archiving::Archive;
use super::grounds::Grounds;
use crate::archive::gather::{self, Member, Standing};
use crate::archive::note::Note;
use crate::archive::unit::{self, MakeFault, Making, Opened, Take};
use crate::boemis::{self, Mark};
use crate::document::{Digest, SubmissionId};
use crate::evidence;
use crate::journal::KeptFile;
use crate::schema::Datasets;
use jiff::Timestamp;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Submissions whose journal lines are read together: some kilobytes each.
const AT_ONCE: usize = 4096;

/// Lists of grounds that were read.
type Lists = BTreeMap<Digest, Grounds>;

/// What was packed.
#[derive(Debug)]
pub(super) struct Packed {
    /// What the unit says of itself; none where nothing could be packed, and then there is none.
    pub note: Option<Note>,
    /// Its submissions.
    pub ids: Vec<SubmissionId>,
    /// What could not be packed, and why and what to do.
    pub left_out: BTreeMap<SubmissionId, String>,
}

/// Why a submission is not in the unit.
enum Not {
    /// The unit is full.
    Full,
    /// It cannot be packed: why, and what to do.
    Packable(String),
    /// Nothing can.
    At(MakeFault),
}

impl From<MakeFault> for Not {
    fn from(fault: MakeFault) -> Self {
        match fault {
            MakeFault::Evidence(error) => {
                Self::Packable(format!("{error}; `pencere repair` puts it back from a backup or the reserve"))
            }
            MakeFault::Odd(why) => Self::Packable(why),
            fault => Self::At(fault),
        }
    }
}

/// A unit on its way.
struct Packing<'a> {
    archive: &'a Archive,
    standing: &'a Standing,
    evidence: &'a evidence::Reader,
    making: Making<'a>,
    lists: Lists,
    boemis: Option<Records>,
}

impl Archive {
    /// Packs as many of these as fit, in their order, into the passing file.
    ///
    /// # Errors
    /// [`MakeFault`], where nothing can be packed at all.
    pub(super) fn packed(&self, standing: &Standing, name: &str, due: &[SubmissionId]) -> Result<Packed, MakeFault> {
        let state = &self.settings.window.paths.state;
        let evidence = evidence::Reader::new(&self.disk, state);
        let parts = self.settings.archive.to.join(".making.parts");
        let making = Making::new(self.origin(name)?, &evidence, unit::fresh(&self.disk, &parts)?);
        let (lists, boemis) = (Lists::new(), None);
        let mut packing = Packing { archive: self, standing, evidence: &evidence, making, lists, boemis };
        let (mut ids, mut left_out) = (Vec::new(), BTreeMap::new());
        'full: for some in due.chunks(AT_ONCE) {
            let members = gather::members(&self.disk, state, standing, some);
            for member in members.map_err(|error| MakeFault::Odd(error.to_string()))? {
                match packing.add(&member) {
                    Ok(()) => ids.push(member.id),
                    Err(Not::Full) => break 'full,
                    Err(Not::Packable(why)) => drop(left_out.insert(member.id, why)),
                    Err(Not::At(fault)) => return Err(fault),
                }
            }
        }
        let note = match ids.is_empty() {
            true => None,
            false => Some(packing.written()?),
        };
        self.disk.unlink(&parts)?;
        Ok(Packed { note, ids, left_out })
    }
}

impl Packing<'_> {
    fn add(&mut self, member: &Member) -> Result<(), Not> {
        let judged_by = self.judged_by(member)?;
        let new = judged_by.iter().map(|file| file.size).fold(member.octets(), u64::saturating_add);
        let grown = self.making.octets().saturating_add(new);
        let has = self.making.octets() > 0;
        if self.making.is_full() || has && grown > self.archive.settings.archive.unit_max {
            return Err(Not::Full);
        }
        let mark = match unit::was_loaded(member) {
            true => Some(self.loaded(member)?),
            false => None,
        };
        // what it shares with others is read first: a unit holds nothing of what it does not hold
        for file in &judged_by {
            self.evidence.read(&file.kept()).map_err(MakeFault::from)?;
        }
        let mut open = match (mark, &mut self.boemis) {
            (Some(mark), Some(records)) => Some(records.of(mark)?),
            _ => None,
        };
        self.making.add(member, open.as_mut().map(|open| open as &mut dyn Opened))?;
        judged_by.iter().try_for_each(|file| self.making.grounds(file)).map_err(Not::At)
    }

    /// Writes it, with the paths of its signers.
    fn written(mut self) -> Result<Note, MakeFault> {
        for signer in self.making.signers().clone() {
            if let Some(path) = self.standing.path(signer) {
                self.making.path(path)?;
            }
        }
        self.making.write(unit::fresh(&self.archive.disk, &self.archive.passing())?)
    }

    /// What a submission was judged by, as far as the unit does not have it yet: the lists, and every file of them.
    fn judged_by(&mut self, member: &Member) -> Result<Vec<KeptFile>, MakeFault> {
        let mut found = Vec::new();
        let new = member.grounds().filter(|grounds| !self.making.has_grounds(*grounds)).collect::<BTreeSet<_>>();
        for grounds in new {
            let list = self.file(member, grounds)?;
            let files = self.list(member, grounds)?.files.iter().map(|named| named.sha256).collect::<Vec<_>>();
            let files = files.into_iter().map(|sha256| self.file(member, sha256)).collect::<Result<Vec<_>, _>>()?;
            found.extend(std::iter::once(list).chain(files).filter(|file| !self.making.has_grounds(file.sha256)));
        }
        found.sort_by_key(|file| file.sha256);
        found.dedup_by_key(|file| file.sha256);
        Ok(found)
    }

    fn file(&self, member: &Member, sha256: Digest) -> Result<KeptFile, MakeFault> {
        let missing = || odd(member.id, &format_args!("{sha256} is not in evidence"));
        self.standing.file(sha256).cloned().ok_or_else(missing)
    }

    fn list(&mut self, member: &Member, grounds: Digest) -> Result<&Grounds, MakeFault> {
        let list = self.file(member, grounds)?;
        match self.lists.entry(grounds) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                let octets = self.evidence.read(&list.kept())?;
                let octets = octets.head(usize::try_from(list.size).unwrap_or(usize::MAX))?;
                Ok(free.insert(Grounds::read(&octets).map_err(|lost| odd(member.id, &lost))?))
            }
        }
    }

    /// The mark of what was loaded for a submission, in a BOEMİS that can be asked for its records. A dataset that is
    /// described no more is read as it was described when the submission was judged.
    fn loaded(&mut self, member: &Member) -> Result<Mark, Not> {
        let accepted = member.answers.iter().find(|answered| answered.rows.is_some());
        let dataset = accepted.and_then(|answered| answered.dataset.as_ref());
        let known = self.boemis.as_ref().map_or(&self.archive.datasets, |records| &records.datasets);
        let is_known = dataset.is_none_or(|dataset| known.by_name.contains_key(dataset));
        if let (false, Some(dataset), Some(accepted)) = (is_known, dataset, accepted) {
            let mut datasets = known.clone();
            let retired = format!("the dataset `{dataset}` is described here no more");
            let why = |why: &dyn std::fmt::Display| {
                Not::Packable(format!(
                    "{retired}, and as it was described then it cannot be read: {why}; describe it again"
                ))
            };
            let grounds = accepted.grounds.ok_or_else(|| why(&"nobody kept that"))?;
            let described = self.datasets_of(member, grounds).map_err(|fault| why(&fault))?;
            let one = described.by_name.get(dataset).ok_or_else(|| why(&"it is not there"))?;
            datasets.by_name.insert(dataset.clone(), one.clone());
            match Records::open(self.archive, datasets) {
                Ok(records) => self.boemis = Some(records),
                Err(fault) if fault.is_away() => return Err(away(&fault)),
                Err(fault) => return Err(why(&fault)),
            }
        }
        let records = match &mut self.boemis {
            Some(records) => records,
            free => free.insert(Records::open(self.archive, self.archive.datasets.clone()).map_err(|f| away(&f))?),
        };
        records.mark(member.id)
    }

    /// The datasets as they were described in these grounds.
    fn datasets_of(&mut self, member: &Member, grounds: Digest) -> Result<Datasets, MakeFault> {
        let list = self.list(member, grounds)?.clone();
        let mut octets: BTreeMap<Digest, Arc<[u8]>> = BTreeMap::new();
        for file in &list.files {
            let kept = self.file(member, file.sha256)?;
            let read = self.evidence.read(&kept.kept())?;
            let read = read.head(usize::try_from(kept.size).unwrap_or(usize::MAX))?;
            octets.insert(file.sha256, read.into());
        }
        let taken = self.standing.taken(grounds).unwrap_or(Timestamp::UNIX_EPOCH);
        let (_, world) = list.world(grounds, &octets, taken).map_err(|lost| odd(member.id, &lost))?;
        Ok(world.datasets)
    }
}

fn odd(id: SubmissionId, why: &dyn std::fmt::Display) -> MakeFault {
    MakeFault::Odd(format!("what submission {id} was judged by: {why}"))
}

/// BOEMİS is away, for all that was ever loaded.
fn away(fault: &boemis::Fault) -> Not {
    Not::At(MakeFault::Away(fault.to_string()))
}

/// BOEMİS, read for the open form.
struct Records {
    runtime: tokio::runtime::Runtime,
    reader: boemis::Reader,
    datasets: Datasets,
}

impl Records {
    fn open(archive: &Archive, datasets: Datasets) -> Result<Self, boemis::Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let away = |error: std::io::Error| boemis::Fault::Away { doing: "opening it", cause: error.to_string() };
        let runtime = runtime.map_err(away)?;
        let settings = &archive.settings;
        let reader = runtime.block_on(boemis::Reader::open(&settings.location, &settings.boemis, &datasets))?;
        Ok(Self { runtime, reader, datasets })
    }

    fn mark(&mut self, id: SubmissionId) -> Result<Mark, Not> {
        let mark = self.runtime.block_on(self.reader.mark(id)).map_err(unread)?;
        mark.ok_or_else(|| {
            Not::Packable(
                "it was accepted, and is not in BOEMİS; a window loads it again when it starts, and its log says why \
                 where it cannot"
                    .to_owned(),
            )
        })
    }

    fn of(&mut self, mark: Mark) -> Result<OfMark<'_>, Not> {
        let columns = self.reader.columns(&mark).map_err(unread)?;
        Ok(OfMark { records: self, mark, columns })
    }
}

fn unread(fault: boemis::Fault) -> MakeFault {
    match fault.is_away() {
        true => MakeFault::Away(fault.to_string()),
        false => MakeFault::Odd(format!("its records in BOEMİS: {fault}")),
    }
}

/// The records of one load, as they stand in BOEMİS.
struct OfMark<'a> {
    records: &'a mut Records,
    mark: Mark,
    columns: Vec<String>,
}

impl Opened for OfMark<'_> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn each(&mut self, take: &mut Take<'_>) -> Result<(), MakeFault> {
        let Records { runtime, reader, .. } = &mut *self.records;
        let mut stopped = None;
        let mut give = |values: Vec<String>| {
            take(&values).map_err(|fault| {
                stopped = Some(fault);
                boemis::Fault::Wrong("whoever takes the records wants no more".to_owned())
            })
        };
        let rows = runtime.block_on(reader.each_record(&self.mark, &mut give));
        if let Some(fault) = stopped {
            return Err(fault);
        }
        // what somebody changed behind the window's back is not what was validated
        match rows.map_err(unread)? == self.mark.rows {
            true => Ok(()),
            false => Err(MakeFault::Odd(
                "its records in BOEMİS are not those that were loaded: somebody changed them there; put back what \
                 `pencere audit verify` names, from a backup of BOEMİS"
                    .to_owned(),
            )),
        }
    }
}
