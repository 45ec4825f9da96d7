//! `pencere audit`: looks over the window's records.

mod acts;
mod compare;
mod loads;
mod receipts;
mod tree;

pub use compare::{AuditCompareArgs, compare};

use super::export::AuditExportArgs;
use super::opening;
use super::records::{self, Records, Submission};
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, files};
use crate::boemis::Fault;
use crate::config::Settings;
use crate::document::{Decision, SubmissionId};
use crate::evidence::{self, EvidenceError};
use crate::forms::certificate::Certificate;
use crate::forms::note::LogKey;
use crate::host::{Disk, Octets};
use crate::journal::{self, Event, JournalError, Phase};
use crate::ledger::Indexes;
use crate::receipt;
use crate::schema::Datasets;
use crate::transparency;
use acts::Acts;
use clap::{Args, Subcommand};
use loads::Loads;
use receipts::Receipts;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tree::Grown;

/// What to look over.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    Verify(AuditVerifyArgs),
    Compare(AuditCompareArgs),
    Export(AuditExportArgs),
}

/// Walk the window's records and name the first thing that does not fit
///
/// Looks at the journal, line by line; at the transparency log that its lines make; at every
/// document and receipt in evidence that it names; whether each receipt is sealed, says what the
/// journal says, has its place in the log, and continues the one before; whether BOEMİS holds
/// what was accepted, row for row, and nothing else, and its views show it; whether the seal's
/// act log has every answer and gave each number once; at last whether the indexes of journal and
/// act log say what these say. Works beside a running daemon.
///
/// A window whose whole record was written anew fits itself: what others keep shows it. Give
/// with --checkpoint what somebody kept, a checkpoint or a receipt, and it must be of this log.
///
/// Exit code 0: everything fits. 1: something does not.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct AuditVerifyArgs {
    /// A checkpoint or receipt of this window that somebody kept; may be given several times
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
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
    let answer = look(&settings, &args.checkpoint, Boemis::Whole)?;
    screen.json(&answer);
    let Answer { entries, submissions, files, leaves, root, receipts, earlier, loads, torn, first_unfit, .. } = &answer;
    screen.say(format!("journal entries {entries}, submissions {submissions}, files in evidence {files}"));
    screen.say(format!("transparency log: {leaves} leaves, root {root}"));
    screen.say(format!("receipts proven {receipts}, loads in BOEMİS {loads}"));
    screen.say(format!("indexes of closed segments of the journal {}", answer.indexes));
    if answer.indexes_missing > 0 {
        screen.say(format!("Closed segments that have no index yet, which is no fault: {}", answer.indexes_missing));
    }
    for (dataset, loads) in &answer.undescribed {
        screen.say(format!(
            "Loads of the dataset {dataset} whose marks fit, and whose rows were not read, since no description tells \
             of it any more: {loads}. Put its description back to have them read"
        ));
    }
    if answer.unmarked > 0 {
        screen.say(format!("Rows of no load in BOEMİS, seen by nobody, which are swept away: {}", answer.unmarked));
    }
    if let Some(beyond) = answer.role_beyond.as_ref().filter(|_| settings.boemis.any_role) {
        screen.say(format!("The window's role in BOEMİS may do more than read and insert: {beyond}"));
    }
    if answer.checkpoints > 0 {
        screen.say(format!("checkpoints that others keep, held against it {}", answer.checkpoints));
    }
    if *earlier > 0 {
        screen.say(format!("Sealed with an earlier certificate, and looked at without the seal: {earlier}"));
    }
    if let Some(why) = &answer.log_key_unread {
        screen.say(format!("The log's certificate was not read, so its key is the one that receipts name: {why}"));
    }
    if *torn {
        screen.say("The journal ends in a write under way, or in one that a loss of power left unfinished.");
    }
    screen.say(match first_unfit {
        None => "Everything fits.".to_owned(),
        Some(what) => format!("The first that does not fit: {what}"),
    });
    Ok(Exit::answer(answer.fits))
}

/// Looks over the records of the window with these settings, beside the checkpoints and receipts in these files.
///
/// # Errors
/// Usage: a checkpoint's file, the seal's certificate, the descriptions of the datasets. Broken: the disk's; damage is
/// an answer.
pub(super) fn look(settings: &Settings, checkpoints: &[PathBuf], boemis: Boemis) -> Result<Answer, Trouble> {
    let kept = checkpoints.iter().map(|path| compare::notes_of(path)).collect::<Result<Vec<_>, _>>()?.concat();
    let state = &settings.window.paths.state;
    let datasets = records::datasets(settings)?;
    let seal = files::certificate(&settings.seal.certificate)?;
    let log = &settings.transparency;
    let key = files::certificate(&log.key.certificate).map(|one| files::log_key(&one, &log.origin));
    let unnamed = key.as_ref().err().map(|trouble| trouble.to_string());
    let acts = Acts::before(&settings.seal.acts).map_err(|error| Trouble::broken(format!("the act log: {error}")))?;
    let indexes = Indexes::new(&Disk::system(), state).map_err(|error| Trouble::broken(error.to_string()))?;
    let mut audit = Audit::new(seal, key.ok().flatten(), acts, indexes);
    audit.answer.checkpoints = kept.len() as u64;
    let runtime = opening::runtime()?;
    // what a running window says it has is asked before its journal is read, which has it then
    let own = own_checkpoint(state);
    // the journal speaks before BOEMİS does and answers after it, and both may go on meanwhile
    let before = runtime.block_on(Loads::read(settings, &datasets));
    let mut unfit = audit.walk(state)?;
    audit.count();
    if unfit.is_none() {
        unfit = audit.receipts.untied();
    }
    if unfit.is_none() {
        unfit = audit.kept(&kept, own);
    }
    if unfit.is_none() {
        unfit = audit.acts.take().and_then(|acts| acts.unfit(&audit.records));
    }
    if unfit.is_none() {
        let held = before.map(|before| runtime.block_on(audit.loads(before, settings, &datasets, boemis)));
        unfit = held.flatten().or_else(|fault| loads::unfit(fault).map(Some))?;
    }
    // last: all else is the record, and these are made of it
    let unfit = unfit.or_else(|| audit.indexes.unfit().map(str::to_owned));
    audit.answer.fits = unfit.is_none();
    audit.answer.first_unfit = unfit;
    audit.answer.log_key_unread = unnamed.filter(|_| audit.answer.receipts > 0);
    Ok(audit.answer)
}

/// What BOEMİS may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boemis {
    /// Nothing that was accepted.
    Whole,
    /// It is an older copy: what it lacks is loaded again when the window starts.
    Older,
}

/// The answer for programs.
#[derive(Debug, Default, Serialize)]
pub(super) struct Answer {
    /// Whether everything fits.
    pub(super) fits: bool,
    /// The first thing that does not, in words; null when everything fits.
    pub(super) first_unfit: Option<String>,
    /// Journal entries that were looked at.
    pub(super) entries: u64,
    /// Submissions that they speak of.
    pub(super) submissions: u64,
    /// Documents, signatures and receipts in evidence whose every octet was verified.
    files: u64,
    /// Leaves of the transparency log.
    leaves: u64,
    /// The root over them.
    root: String,
    /// Receipts whose seal, content and place in the log were proven.
    receipts: u64,
    /// Of the other receipts, those sealed with another certificate than the seal's of today.
    earlier: u64,
    /// Why the log's certificate was not read, in words: receipts were then proven by the log's key that they
    /// name themselves. Null when it was, or when there is no receipt.
    log_key_unread: Option<String>,
    /// Checkpoints that others keep, and were held against the log.
    checkpoints: u64,
    /// Loads in BOEMİS whose every row was read back.
    loads: u64,
    /// By dataset without a description, loads of which the mark alone was read.
    undescribed: BTreeMap<String, u64>,
    /// Rows in BOEMİS of no load, which no view shows: a crash left them, or they wait for their load mark.
    unmarked: u64,
    /// What the window's role in BOEMİS may do beyond reading and inserting, which fits a trial alone; null where that
    /// is nothing, or BOEMİS is a file.
    role_beyond: Option<String>,
    /// Indexes of closed segments of the journal that say what their segments say.
    indexes: u64,
    /// Closed segments without one, or behind one without: the next start makes them.
    indexes_missing: u64,
    /// Whether an unfinished write stands at the journal's end: no damage, nobody was promised it.
    torn: bool,
}

/// An audit under way.
struct Audit {
    answer: Answer,
    records: Records,
    tree: Grown,
    receipts: Receipts,
    acts: Option<Acts>,
    indexes: Indexes,
}

impl Audit {
    fn new(seal: Certificate, log: Option<LogKey>, acts: Acts, indexes: Indexes) -> Self {
        let (receipts, acts) = (Receipts::new(seal, log), Some(acts));
        Self { answer: Answer::default(), records: Records::default(), tree: Grown::default(), receipts, acts, indexes }
    }

    fn count(&mut self) {
        (self.answer.leaves, self.answer.root) = (self.tree.size(), self.tree.root().to_string());
        (self.answer.receipts, self.answer.earlier) = self.receipts.counted();
        (self.answer.indexes, self.answer.indexes_missing) = (self.indexes.fit(), self.indexes.missing());
    }

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
            if let Some((_, leaf)) = journal.leaf() {
                self.tree.push(leaf);
            }
            if let Some(what) = self.look(&entry.event, &evidence)? {
                let id = entry.event.id().map(|id| format!(" (submission {id})")).unwrap_or_default();
                return Ok(Some(format!("{what}{id}")));
            }
            let indexed = self.indexes.take(&entry, journal.as_written().0, behind);
            if let Err(unfit) = self.records.take(entry, behind) {
                return Ok(Some(unfit.to_string()));
            }
            indexed.map_err(|error| Trouble::broken(error.to_string()))?;
            self.answer.submissions = self.records.submissions().len() as u64;
        }
        self.answer.torn = journal.is_torn();
        let packs = evidence.packs().map_err(|error| Trouble::broken(error.to_string()))?;
        Ok((self.answer.entries == 0 && !packs.is_empty())
            .then(|| "the journal is gone, though evidence is there".into()))
    }

    /// The first checkpoint that is not one of this log: those that somebody kept, and the window's own last one.
    fn kept(&self, kept: &[compare::Noted], own: Option<Result<compare::Noted, String>>) -> Option<String> {
        for noted in kept.iter().cloned().map(Ok).chain(own) {
            let unfit = match &noted {
                Ok(noted) => {
                    self.receipts.is_of_this_log(noted, &self.tree).map(|why| format!("{}: {why}", noted.from))
                }
                Err(why) => Some(why.clone()),
            };
            if unfit.is_some() {
                return unfit;
            }
        }
        None
    }

    /// What does not fit in BOEMİS, if anything.
    async fn loads(
        &mut self,
        before: Loads,
        settings: &Settings,
        datasets: &Datasets,
        boemis: Boemis,
    ) -> Result<Option<String>, Fault> {
        if let Some(id) = before.known.iter().find(|id| self.records.get(**id).is_none()) {
            return Ok(Some(format!("BOEMİS holds a load that the journal does not know (submission {id})")));
        }
        let after = Loads::read(settings, datasets).await?;
        if let Some(unfit) = self.contested(&before, &after, boemis) {
            return Ok(Some(unfit));
        }
        let loads::Fit { count, undescribed, unmarked, beyond, unfit } =
            after.fit(&self.records, settings, datasets, boemis).await?;
        (self.answer.loads, self.answer.undescribed) = (count, undescribed);
        (self.answer.unmarked, self.answer.role_beyond) = (unmarked, beyond);
        Ok(unfit)
    }

    /// The first submission that has fallen, or an approval that did something, in the journal or in BOEMİS alone. One
    /// that the journal put in doubt and has no answer to yet may be either, as what an approval did that has no answer
    /// yet; one that an older copy of BOEMİS lost is not loaded again.
    fn contested(&self, before: &Loads, after: &Loads, boemis: Boemis) -> Option<String> {
        let is_contested = |one: &&Submission| one.has_fallen();
        let mut doubted = self.records.submissions().iter().filter(is_contested);
        let is_on_its_way = |by: &SubmissionId| self.records.is_on_its_way(*by);
        let unknown = |id: &&SubmissionId| {
            self.records.get(**id).is_none_or(|one| !is_contested(&one))
                && !before.stages.keys().any(|(on, by)| on == *id && is_on_its_way(by))
        };
        if let Some(id) = before.contested.iter().find(unknown) {
            return Some(format!("BOEMİS holds a load as contested, and the journal does not (submission {id})"));
        }
        let acted = |by: &SubmissionId| self.records.get(*by).is_some_and(|one| one.acted().is_some());
        if let Some((on, by)) = before.stages.keys().find(|(_, by)| !acted(by) && !is_on_its_way(by)) {
            return Some(format!(
                "BOEMİS has an act on submission {on} by a document that did nothing (submission {by})"
            ));
        }
        // what waits by the journal, which was read later, waited in BOEMİS too; but for what was approved since
        let waits = |one: &&Submission| {
            let decision = one.last.as_ref().map(|last| last.decision);
            decision == Some(Decision::Pending) && !matches!(one.phase, Phase::Ruled(_))
        };
        let is_shown = |one: &&Submission| {
            let (id, mut acts) = (one.id(), before.stages.keys());
            before.known.contains(&id)
                && !before.waiting.contains(&id)
                && !before.contested.contains(&id)
                && !acts.any(|(on, by)| *on == id && is_on_its_way(by))
        };
        if let Some(shown) = self.records.submissions().iter().filter(waits).find(is_shown) {
            return Some(format!("it waits for an approval, and in BOEMİS it has one (submission {})", shown.id()));
        }
        let strays = |one: &&Submission| {
            one.acted().is_some_and(|acted| {
                let stage = after.stages.get(&(acted.on, one.id()));
                stage.is_some_and(|stage| stage != acted.stage.as_str())
            })
        };
        if let Some(other) = self.records.submissions().iter().find(strays) {
            return Some(format!(
                "it took another submission through a stage, and BOEMİS says another one (submission {})",
                other.id()
            ));
        }
        if boemis == Boemis::Older {
            return None; // what was done since is done again when the window opens
        }
        let done = |one: &&Submission| {
            one.acted().is_some_and(|acted| {
                after.known.contains(&acted.on) && !after.stages.contains_key(&(acted.on, one.id()))
            })
        };
        if let Some(lost) = self.records.submissions().iter().find(done) {
            return Some(format!(
                "it took another submission through a stage, and BOEMİS does not know (submission {})",
                lost.id()
            ));
        }
        let answered = |one: &&Submission| !matches!(one.phase, Phase::Contested(_) | Phase::Ruled(_));
        let holds = |id: SubmissionId| after.known.contains(&id) && !after.contested.contains(&id);
        let holds = doubted.find(|one| answered(one) && holds(one.id()))?;
        Some(format!("it is contested, and in BOEMİS it is not (submission {})", holds.id()))
    }

    /// Reads every file that an event names, and looks what a receipt says.
    fn look(&mut self, event: &Event, evidence: &evidence::Reader) -> Result<Option<String>, Trouble> {
        let octets = match self.files(event, evidence)? {
            Ok(octets) => octets,
            Err(unfit) => return Ok(Some(unfit)),
        };
        Ok(match event {
            Event::Decided(decided) => {
                self.receipts.decided(decided, self.tree.size().saturating_sub(1));
                self.acts.iter_mut().for_each(|acts| acts.decided(decided));
                None
            }
            Event::Answered(answered) => {
                let worded = octets.first().filter(|_| !answered.findings.is_empty());
                let plain = worded.and_then(receipt::plain);
                self.acts.iter_mut().for_each(|acts| acts.answered(answered, plain));
                let one = self.records.get(answered.id);
                octets.first().and_then(|octets| self.receipts.answered(answered, one, octets, &self.tree))
            }
            _ => None,
        })
    }

    /// Reads every file that an event names.
    fn files(&mut self, event: &Event, evidence: &evidence::Reader) -> Result<Result<Vec<Octets>, String>, Trouble> {
        let named = event.kept();
        let mut all = Vec::with_capacity(named.len());
        for kept in named {
            match evidence.read(&kept) {
                Ok(octets) => {
                    self.answer.files += 1;
                    all.push(octets);
                }
                Err(EvidenceError::Disk { path, source, .. }) if source.kind() == ErrorKind::NotFound => {
                    return Ok(Err(format!("evidence: {} is missing", path.display())));
                }
                // also what the disk does not give: it is the first that does not fit
                Err(error) => return Ok(Err(error.to_string())),
            }
        }
        Ok(Ok(all))
    }
}

/// The window's own last checkpoint, or what is wrong with it; none where there is none.
fn own_checkpoint(state: &Path) -> Option<Result<compare::Noted, String>> {
    let path = transparency::checkpoint_in(state);
    std::fs::read_to_string(&path).ok().map(|note| compare::Noted::of(&path, note))
}

fn unfit_or_broken(error: JournalError) -> Result<Option<String>, Trouble> {
    match error.is_damage() {
        true => Ok(Some(error.to_string())),
        false => Err(Trouble::broken(error.to_string())),
    }
}
