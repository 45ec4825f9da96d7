//! Archive units that nobody was promised: a crash came between a unit's name and the journal's word of it.
//!
//! Owns what becomes of them. One that is, octet for octet, what would be made of its submissions now is taken as made.
//! Another goes, with what lies beside it, where all that is in it can be read without it; whatever else bears the name
//! of a unit of this window stays, is told in the log, and its number is left out. Never touches a unit that the
//! journal knows, nor one of another window.

use super::archiving::{self, Archive, Made};
use crate::advice::Advice;
use crate::archive::check::{Unfit, Unit};
use crate::archive::gather::Standing;
use crate::archive::name::UnitName;
use crate::archive::unit::{self, MakeFault};
use crate::document::{Digest, SubmissionId};
use crate::evidence;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

impl Archive {
    /// Looks for what a crash left; the first unit that is taken as made, to be journalled like any other.
    ///
    /// # Errors
    /// [`MakeFault`]: the disk.
    pub(super) fn adopt(&self, standing: &Standing, now: Timestamp) -> Result<Option<Made>, MakeFault> {
        let evidence = evidence::Reader::new(&self.disk, &self.settings.window.paths.state);
        let known: BTreeSet<&str> = standing.units.iter().map(|unit| unit.name.as_str()).collect();
        for name in self.named(&evidence)?.iter().filter(|name| !known.contains(name.as_str())) {
            let path = archiving::path(&self.settings.archive.to, name.as_str());
            if path.symlink_metadata().is_err() {
                self.clear(name, &evidence)?;
                tracing::warn!(advice = %Advice::UnitRecovered,
                    unit = %name, "what lay beside a unit that was never made is taken away");
                continue;
            }
            match self.orphan(standing, name, &path) {
                Ok((unit, sha256, ids)) => {
                    let made = self.made_again(standing, (name, &path), (&unit, sha256), ids, &evidence, now)?;
                    if made.is_some() {
                        return Ok(made);
                    }
                }
                Err(why) => tracing::warn!(
                    advice = %Advice::ArchivingFails,
                    unit = %name, path = %path.display(), %why,
                    "a file bears the name of a unit that the journal does not know; it is left, and its number is \
                     not used. Take it away, or take it in by archive import"
                ),
            }
        }
        Ok(None)
    }

    /// Units of this window that something in the archive's folders, or an annex, is named after.
    fn named(&self, evidence: &evidence::Reader) -> Result<BTreeSet<UnitName>, MakeFault> {
        let to = &self.settings.archive.to;
        let list = |folder: &Path| match self.disk.list(folder) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Vec::new()),
            other => other,
        };
        let (units, notices) = (list(to)?, list(&to.join("notices"))?);
        let files = units.iter().chain(&notices).filter_map(|name| name.to_str());
        let endings = [".zip", ".index.csv", ".txt", ".json"];
        let stems = files.filter_map(|name| endings.iter().find_map(|ending| name.strip_suffix(ending)));
        let annexes = evidence.annex_names()?;
        let names = stems.chain(annexes.iter().map(String::as_str)).filter_map(|stem| stem.parse::<UnitName>().ok());
        let window = self.settings.window.window.id.as_str();
        Ok(names.filter(|name| name.window() == window).collect())
    }

    /// Reads one whole; only of submissions that are still to be archived it is one of ours.
    fn orphan(
        &self,
        standing: &Standing,
        name: &UnitName,
        path: &Path,
    ) -> Result<(Unit, Digest, Vec<SubmissionId>), Unfit> {
        let (octets, unit) = archiving::open(&self.disk, path)?;
        let wrong = |what: &str| Unfit::Wrong(what.to_owned());
        if unit.note().unit != name.as_str() || unit.note().window.id != name.window() {
            return Err(wrong("it is another unit, or of another window"));
        }
        unit.verify(None, &[], &archiving::engine)?;
        let id = |row: &crate::archive::index::Row| row.id.parse().ok().filter(|id| standing.is_active_and_closed(*id));
        let ids = unit.rows().iter().map(id).collect::<Option<Vec<_>>>();
        let ids =
            ids.ok_or_else(|| wrong("it holds submissions that are archived already, active, or unknown here"))?;
        Ok((unit, unit::digest(&octets)?, ids))
    }

    /// Makes the same once more: what is equal is taken as made, what is not goes.
    fn made_again(
        &self,
        standing: &Standing,
        (name, path): (&UnitName, &Path),
        (unit, sha256): (&Unit, Digest),
        ids: Vec<SubmissionId>,
        evidence: &evidence::Reader,
        now: Timestamp,
    ) -> Result<Option<Made>, MakeFault> {
        // without it: what is read now is read from elsewhere
        evidence.unannex(name.as_str())?;
        let packed = self.packed(standing, name.as_str(), &ids);
        if packed.as_ref().map_or(true, |packed| packed.ids != ids) {
            // perhaps it holds alone what is in it
            evidence.annex(name.as_str(), path, unit.places())?;
            let why = packed?.left_out.into_values().next().unwrap_or_default();
            tracing::warn!(
                advice = %Advice::ArchivingFails,
                unit = %name, path = %path.display(), why,
                "a unit that the journal does not know cannot be made again; it is left, and its number is not used"
            );
            return Ok(None);
        }
        let passing = self.passing();
        let again = unit::digest(&archiving::lying(&self.disk, &passing)?)?;
        self.disk.unlink(&passing)?;
        let note = unit.note().clone();
        if again == sha256 {
            self.lay(&note, unit, evidence)?;
            let due = self.notice(&note, sha256, now)?;
            tracing::warn!(advice = %Advice::UnitRecovered,
                unit = %name, %sha256, "a unit that a crash left behind is whole, and is taken as made");
            return Ok(Some(Made { note, sha256, ids, due }));
        }
        self.gone(path)?;
        self.clear(name, evidence)?;
        tracing::warn!(
            advice = %Advice::UnitRecovered,
            unit = %name, %sha256,
            "a unit that a crash left behind is taken away: all that is in it lies in the active store, and is made \
             into another"
        );
        Ok(None)
    }

    /// Takes away what lies beside a unit.
    fn clear(&self, name: &UnitName, evidence: &evidence::Reader) -> Result<(), MakeFault> {
        let to = &self.settings.archive.to;
        let notice = |ending: &str| to.join("notices").join(format!("{name}.{ending}"));
        let beside: [PathBuf; 3] = [archiving::index(to, name.as_str()), notice("txt"), notice("json")];
        evidence.unannex(name.as_str())?;
        beside.iter().try_for_each(|path| self.gone(path))?;
        Ok(())
    }

    fn gone(&self, path: &Path) -> io::Result<()> {
        match self.disk.unlink(path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::IsADirectory => {
                tracing::warn!(advice = %Advice::ArchivingFails,
                    path = %path.display(), "a folder bears the name of what belongs to a unit; it is left");
                return Ok(());
            }
            other => other.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?,
        }
        path.parent().map_or(Ok(()), |folder| self.disk.sync_folder(folder))
    }
}
