//! `pencere audit`: looks over the window's records.

use super::loads;
use super::opening;
use super::records::{self, Records, Submission};
use super::{Exit, ListState, Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use crate::boemis::{Fault, Reader};
use crate::config::Settings;
use crate::document::SubmissionId;
use crate::evidence::{self, EvidenceError};
use crate::host::Disk;
use crate::journal::{self, Event, HeldFile, JournalError, Phase};
use crate::schema::Datasets;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

/// What to look over.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    Verify(AuditVerifyArgs),
}

/// Walk the window's records and name the first thing that does not fit
///
/// Looks at the journal, line by line, and at every document and receipt in evidence that it
/// names; whether what is contested in BOEMİS is what the journal says, and whether all that is
/// accepted was loaded there. Works beside a running daemon.
///
/// Exit code 0: everything fits. 1: something does not.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct AuditVerifyArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Walks the journal, and all evidence that it names.
///
/// # Errors
/// Usage: the configuration. Broken: the disk's; damage is an answer.
pub fn verify(args: &AuditVerifyArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let mut audit = Audit::default();
    let runtime = opening::runtime()?;
    // the journal speaks before BOEMİS does and answers after it, and both may go on meanwhile
    let before = runtime.block_on(contested(&settings))?;
    let unfit = match audit.walk(&settings.window.paths.state)? {
        Some(unfit) => Some(unfit),
        None => audit.contested(&before, &runtime.block_on(contested(&settings))?),
    };
    let unfit = match unfit {
        Some(unfit) => Some(unfit),
        None => runtime.block_on(unloaded(&settings, &audit.records))?,
    };
    audit.answer.fits = unfit.is_none();
    audit.answer.first_unfit = unfit;
    screen.json(&audit.answer);
    let Answer { entries, submissions, files, torn, first_unfit, .. } = &audit.answer;
    screen.say(format!("journal entries {entries}, submissions {submissions}, files in evidence {files}"));
    if *torn {
        screen.say("The journal ends in a write under way, or in one that a loss of power left unfinished.");
    }
    screen.say(match first_unfit {
        None => "Everything fits.".to_owned(),
        Some(what) => format!("The first that does not fit: {what}"),
    });
    Ok(Exit::answer(audit.answer.fits))
}

/// The answer for programs.
#[derive(Debug, Default, Serialize)]
struct Answer {
    /// Whether everything fits.
    fits: bool,
    /// The first thing that does not, in words; null when everything fits.
    first_unfit: Option<String>,
    /// Journal entries that were looked at.
    entries: u64,
    /// Submissions that they speak of.
    submissions: u64,
    /// Documents, signatures and receipts in evidence whose every octet was verified.
    files: u64,
    /// Whether an unfinished write stands at the journal's end: no damage, nobody was promised it.
    torn: bool,
}

/// An audit under way.
#[derive(Debug, Default)]
struct Audit {
    answer: Answer,
    records: Records,
}

/// What BOEMİS holds as contested; nothing where there is none yet.
async fn contested(settings: &Settings) -> Result<BTreeSet<SubmissionId>, Trouble> {
    let mut reader = match Reader::open(&settings.location, &settings.boemis, &Datasets::default()).await {
        Ok(reader) => reader,
        Err(Fault::Missing { .. }) => return Ok(BTreeSet::new()),
        Err(fault) => return Err(Trouble::broken(fault.to_string())),
    };
    let found = reader.contested().await.map_err(|fault| Trouble::broken(fault.to_string()))?;
    let _ = reader.close().await; // it only looked
    Ok(found.into_iter().collect())
}

/// The first acceptance that BOEMİS has no load of.
async fn unloaded(settings: &Settings, records: &Records) -> Result<Option<String>, Trouble> {
    let lacking = loads::lacking(settings, records).await.map_err(|fault| Trouble::broken(fault.to_string()))?;
    Ok(lacking.first().map(|id| format!("it is accepted, and BOEMİS has no load of it (submission {id})")))
}

impl Audit {
    /// What does not fit, if anything.
    fn walk(&mut self, state: &Path) -> Result<Option<String>, Trouble> {
        let disk = Disk::system();
        let evidence = evidence::Reader::new(&disk, state);
        let mut journal = match journal::Reader::open(&disk, state) {
            Ok(journal) => journal,
            Err(error) => return unfit_or_broken(error),
        };
        loop {
            let (entry, behind) = match journal.next() {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(error) => return unfit_or_broken(error),
            };
            self.answer.entries += 1;
            if let Some(what) = self.files(&entry.event, &evidence)? {
                let id = entry.event.id().map(|id| format!(" (submission {id})")).unwrap_or_default();
                return Ok(Some(format!("{what}{id}")));
            }
            if let Err(unfit) = self.records.take(entry, behind) {
                return Ok(Some(unfit.to_string()));
            }
            self.answer.submissions = self.records.submissions().len() as u64;
        }
        self.answer.torn = journal.is_torn();
        let packs = evidence.packs().map_err(|error| Trouble::broken(error.to_string()))?;
        Ok((self.answer.entries == 0 && !packs.is_empty())
            .then(|| "the journal is gone, though evidence is there".into()))
    }

    /// The first submission that is contested in the journal or in BOEMİS alone. One that the journal put in
    /// doubt and has no answer to yet may be either.
    fn contested(&self, before: &BTreeSet<SubmissionId>, after: &BTreeSet<SubmissionId>) -> Option<String> {
        let is_contested = |one: &&Submission| one.state() == ListState::Contested;
        let mut doubted = self.records.submissions().iter().filter(is_contested);
        let unknown = |id: &&SubmissionId| self.records.get(**id).is_none_or(|one| !is_contested(&one));
        if let Some(id) = before.iter().find(unknown) {
            return Some(format!("BOEMİS holds a load as contested, and the journal does not (submission {id})"));
        }
        let answered = |one: &&Submission| !matches!(one.phase, Phase::Contested(_));
        let holds = doubted.find(|one| answered(one) && !after.contains(&one.id()))?;
        Some(format!("it is contested, and in BOEMİS it is not (submission {})", holds.id()))
    }

    /// Reads every file that an event names.
    fn files(&mut self, event: &Event, evidence: &evidence::Reader) -> Result<Option<String>, Trouble> {
        let named = match event {
            Event::Held(held) => std::iter::once(&held.document).chain(&held.detached).map(HeldFile::kept).collect(),
            Event::Answered(answered) => vec![answered.receipt.kept()],
            Event::Path(path) => vec![path.kept()],
            _ => Vec::new(),
        };
        for kept in named {
            match evidence.read(&kept) {
                Ok(_) => self.answer.files += 1,
                Err(error @ EvidenceError::Damaged { .. }) => return Ok(Some(error.to_string())),
                Err(EvidenceError::Disk { path, source, .. }) if source.kind() == ErrorKind::NotFound => {
                    return Ok(Some(format!("evidence: {} is missing", path.display())));
                }
                Err(error) => return Err(Trouble::broken(error.to_string())),
            }
        }
        Ok(None)
    }
}

fn unfit_or_broken(error: JournalError) -> Result<Option<String>, Trouble> {
    match error.is_damage() {
        true => Ok(Some(error.to_string())),
        false => Err(Trouble::broken(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Decision, GivenName};
    use crate::evidence::Evidence;
    use crate::host::test_folder;
    use crate::journal::samples::{answered, at, closed, held};
    use crate::journal::{Journal, Position};

    /// A state folder with one submission, its document and receipt in evidence.
    fn state() -> tempfile::TempDir {
        let folder = test_folder();
        let disk = Disk::system();
        let mut journal = Journal::open(&disk, folder.path(), journal::Settings::default()).unwrap();
        let mut evidence = Evidence::open(&disk, folder.path(), evidence::Settings::default()).unwrap();
        let mut keep = |octets: &[u8]| evidence.append(octets).unwrap();
        let (document, receipt) = (keep(b"document"), keep(b"receipt"));
        evidence.sync().unwrap();
        let mut events = vec![held(1, "document"), answered(1, 1, Decision::Accepted, "c"), closed(1)];
        match &mut events[..] {
            [Event::Held(held), Event::Answered(answered), _] => {
                held.document.location = document.location;
                held.document.name = GivenName::new("a.xml");
                answered.receipt.location = receipt.location;
            }
            other => panic!("{other:?}"),
        }
        for event in events {
            journal.append(at(0), event).unwrap();
        }
        journal.sync().unwrap();
        folder
    }

    fn audit(state: &Path) -> (Option<String>, Answer) {
        let mut audit = Audit::default();
        (audit.walk(state).unwrap(), audit.answer)
    }

    #[test]
    fn what_fits_is_counted() {
        let (unfit, answer) = audit(state().path());
        assert_eq!((unfit, answer.entries, answer.submissions, answer.files), (None, 3, 1, 2));
    }

    #[test]
    fn the_first_that_does_not_fit_is_named() {
        let damage = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
            let folder = state();
            let path = folder.path().join(name);
            let mut octets = std::fs::read(&path).unwrap();
            change(&mut octets);
            std::fs::write(&path, octets).unwrap();
            audit(folder.path()).0.unwrap()
        };
        let pack = "evidence/packs/00000001.pack";
        let flipped = damage(pack, &|octets| {
            let at = memchr::memmem::find(octets, b"\nreceipt\n").unwrap();
            octets[at + 1] ^= 1;
        });
        assert!(flipped.contains(pack) && flipped.contains("not those that were kept"), "{flipped}");
        assert!(flipped.contains("submission 0199a000"), "{flipped}");
        let cut = damage(pack, &|octets| octets.truncate(20));
        assert!(cut.contains(pack), "{cut}");
        let log = "journal/00000001.log";
        let changed = damage(log, &|octets| {
            let at = memchr::memmem::find(octets, b"accepted").unwrap();
            octets[at..at + 8].copy_from_slice(b"rejected");
        });
        assert!(changed.contains(log) && changed.contains("checksum"), "{changed}");
    }

    #[test]
    fn what_is_gone_is_missed() {
        let folder = state();
        std::fs::remove_file(folder.path().join("evidence/packs/00000001.pack")).unwrap();
        assert!(audit(folder.path()).0.unwrap().contains("missing"));
        let folder = state();
        std::fs::remove_file(folder.path().join("journal/00000001.log")).unwrap();
        assert!(audit(folder.path()).0.unwrap().contains("the journal is gone"));
    }

    #[test]
    fn events_that_cannot_follow_are_named() {
        let folder = test_folder();
        let mut journal = Journal::open(&Disk::system(), folder.path(), journal::Settings::default()).unwrap();
        journal.append(at(0), closed(7)).unwrap();
        let written = journal.sync().unwrap();
        let [(_, Position { offset, .. })] = written.entries() else { panic!("one entry") };
        let unfit = audit(folder.path()).0.unwrap();
        assert!(unfit.contains("it has no answer") && unfit.contains(&offset.to_string()), "{unfit}");
    }
}
