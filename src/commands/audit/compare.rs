//! `pencere audit compare`: holds what two parties keep of one log against each other.
//!
//! Each brings receipts, folders of them, or checkpoints. Two checkpoints of one size and different roots prove
//! that the log was rewritten; a chain of consistency proofs between the checkpoints proves that it was not. Needs
//! no window.

use super::super::{Exit, Outcome, OutputArgs, Screen, Trouble, files};
use crate::document::Digest;
use crate::finding::{Code, Finding, Language};
use crate::forms::note::{Checkpoint, LogKey};
use crate::host::Octets;
use crate::receipt::{Told, ToldSince};
use clap::Args;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Hold the receipts of two parties against each other
///
/// Each is a receipt, a checkpoint, or a folder of them. If the window showed both one history,
/// no two checkpoints contradict each other; where proofs of consistency lead from one to the
/// other, it is proven that it did. Needs neither the window nor its configuration; prove each
/// receipt by `receipt verify`.
///
/// Exit code 0: nothing contradicts. 1: the log was rewritten, or a proof does not hold.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct AuditCompareArgs {
    /// What one party keeps
    #[arg(value_name = "ONE")]
    pub one: PathBuf,
    /// What the other keeps
    #[arg(value_name = "OTHER")]
    pub other: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A checkpoint that somebody keeps.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    /// Where it stands.
    pub(super) from: String,
    /// The signed note.
    pub(super) note: String,
    /// The log's key, where the file names it.
    key: Option<String>,
    /// An earlier checkpoint that it continues, where the file names one.
    since: Option<ToldSince>,
}

impl Noted {
    pub(super) fn of(path: &Path, note: String) -> Result<Self, String> {
        let from = path.display().to_string();
        match Checkpoint::read(&note) {
            Ok(_) => Ok(Self { from, note, key: None, since: None }),
            Err(fault) => Err(format!("{from}: {fault}")),
        }
    }
}

/// The answer for programs.
#[derive(Debug, Default, Serialize)]
struct Answer {
    /// Whether nothing contradicts.
    fits: bool,
    /// What does, in words; null when nothing does.
    contradiction: Option<String>,
    /// Whether consistency proofs lead from what one keeps to what the other keeps, in each log.
    one_history: bool,
    /// Checkpoints of each party.
    checkpoints: [u64; 2],
    /// The logs that both know.
    logs: Vec<String>,
}

/// Compares.
///
/// # Errors
/// Usage: a file is missing, or nothing in it is a receipt or a checkpoint.
pub fn compare(args: &AuditCompareArgs, screen: &mut Screen) -> Outcome {
    let [one, other] = [notes_of(&args.one)?, notes_of(&args.other)?];
    let mut answer = Answer { checkpoints: [one.len() as u64, other.len() as u64], ..Answer::default() };
    let mut logs: BTreeMap<String, Log> = BTreeMap::new();
    for (side, noted) in one.iter().map(|noted| (0, noted)).chain(other.iter().map(|noted| (1, noted))) {
        let checkpoint =
            Checkpoint::read(&noted.note).map_err(|fault| Trouble::usage(format!("{}: {fault}", noted.from)))?;
        let log = logs.entry(checkpoint.origin.clone()).or_default();
        if let Some(what) = log.take(side, noted, &checkpoint) {
            answer.contradiction.get_or_insert(what);
        }
    }
    let common = |log: &&Log| log.sides.iter().all(|sizes| !sizes.is_empty());
    answer.logs = logs.iter().filter(|(_, log)| common(log)).map(|(origin, _)| origin.clone()).collect();
    answer.fits = answer.contradiction.is_none();
    answer.one_history = answer.fits && !answer.logs.is_empty() && logs.values().filter(common).all(Log::is_one);
    screen.json(&answer);
    screen.say(format!("checkpoints: {} and {}", answer.checkpoints[0], answer.checkpoints[1]));
    screen.say(match &answer {
        Answer { contradiction: Some(what), .. } => what.clone(),
        Answer { logs, .. } if logs.is_empty() => "They know no log in common.".to_owned(),
        Answer { one_history: true, .. } => {
            "They were shown one history: proofs of consistency lead from one to the other.".to_owned()
        }
        _ => {
            "Nothing contradicts; but no proofs lead from one to the other. `audit verify --checkpoint` at the window \
              tells whether both are of its log."
                .to_owned()
        }
    });
    Ok(Exit::answer(answer.fits))
}

/// What two parties know of one log.
#[derive(Default)]
struct Log {
    roots: BTreeMap<u64, (Digest, String)>,
    key: Option<(LogKey, String)>,
    /// The sizes that each party has checkpoints of.
    sides: [BTreeSet<u64>; 2],
    /// Sizes between which a proof leads.
    proven: Vec<(u64, u64)>,
}

impl Log {
    /// What the checkpoint contradicts, if anything.
    fn take(&mut self, side: usize, noted: &Noted, checkpoint: &Checkpoint) -> Option<String> {
        let wrong = |what: &str| Some(format!("{}: {what}", noted.from));
        if let Some(key) = &noted.key {
            let Ok(key) = key.parse::<LogKey>() else { return wrong("the log's key is none") };
            if let Err(fault) = key.verify(&noted.note) {
                return wrong(&fault.to_string());
            }
            match &self.key {
                Some((known, from)) if *known != key => return wrong(&format!("signed with another key than {from}")),
                Some(_) => {}
                None => self.key = Some((key, noted.from.clone())),
            }
        }
        if let Some(what) = self.know(checkpoint.size, checkpoint.root, &noted.from) {
            return Some(what);
        }
        if let Some(sizes) = self.sides.get_mut(side) {
            sizes.insert(checkpoint.size);
        }
        match noted.since.as_ref()?.proven(checkpoint) {
            None => wrong("its proof of consistency does not hold"),
            Some((from, root)) => {
                self.proven.push((from, checkpoint.size));
                self.know(from, root, &noted.from)
            }
        }
    }

    fn know(&mut self, size: u64, root: Digest, from: &str) -> Option<String> {
        match self.roots.get(&size) {
            Some((known, other)) if *known != root => {
                let finding = Finding::new(Code::ReceiptLogForked).found(from).wanted(other);
                Some(finding.message(Language::En))
            }
            Some(_) => None,
            None => {
                self.roots.insert(size, (root, from.to_owned()));
                None
            }
        }
    }

    /// Whether proofs lead from each checkpoint to each other one.
    fn is_one(&self) -> bool {
        let mut reached: BTreeSet<u64> = self.sides[0].iter().take(1).copied().collect();
        loop {
            let before = reached.len();
            for &(from, to) in &self.proven {
                if reached.contains(&from) || reached.contains(&to) {
                    reached.extend([from, to]);
                }
            }
            if reached.len() == before {
                return self.sides.iter().flatten().all(|size| reached.contains(size));
            }
        }
    }
}

/// The checkpoints in a file or a folder.
pub(super) fn notes_of(path: &Path) -> Result<Vec<Noted>, Trouble> {
    if !path.is_dir() {
        return note_of(path)?.map(|noted| vec![noted]).ok_or_else(|| {
            Trouble::usage(format!("{}: neither a receipt with its place in a log nor a checkpoint", path.display()))
        });
    }
    let disk = |error: std::io::Error| Trouble::usage(format!("{}: {error}", path.display()));
    let mut paths = std::fs::read_dir(path)
        .map_err(disk)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(disk)?;
    paths.retain(|path| path.is_file() || path.extension().is_some_and(|ending| ending == "checkpoint"));
    paths.sort();
    let mut notes = Vec::new();
    for path in paths {
        let noted = note_of(&path)?;
        if noted.is_none() && path.extension().is_some_and(|ending| ending == "checkpoint") {
            return Err(Trouble::usage(format!("{}: this is no checkpoint, whatever it is called", path.display())));
        }
        notes.extend(noted);
    }
    match notes.is_empty() {
        // who holds nothing against a log has proven nothing of it
        true => {
            Err(Trouble::usage(format!("{}: no receipt with its place in a log, and no checkpoint", path.display())))
        }
        false => Ok(notes),
    }
}

/// The checkpoint in one file; none where it is something else.
fn note_of(path: &Path) -> Result<Option<Noted>, Trouble> {
    let octets = files::small(path)?;
    let from = path.display().to_string();
    if let Some(note) = std::str::from_utf8(&octets).ok().filter(|text| Checkpoint::read(text).is_ok()) {
        return Ok(Some(Noted { from, note: note.to_owned(), key: None, since: None }));
    }
    let told = Told::read(&Octets::from(octets)).ok().and_then(|told| told.log);
    Ok(told.map(|log| Noted { from, note: log.checkpoint, key: Some(log.key), since: log.since }))
}
