//! Accepted, and in BOEMİS?
//!
//! Owns the question; asks the journal first and BOEMİS after it, so that what a running window accepts
//! meanwhile is never missed. Counts first, and names them only where the counts differ. Changes nothing: the window
//! loads again what BOEMİS lacks.

use super::super::records::{Known, Submission};
use super::Trouble;
use crate::boemis::{Fault, Reader};
use crate::config::Settings;
use crate::document::{Decision, SubmissionId};
use crate::finding::Code;
use crate::journal::Phase;
use crate::schema::Datasets;
use crate::seal::ActsReader;
use std::collections::{HashMap, HashSet};

/// Submissions asked about in one question.
const AT_ONCE: usize = 4096;

/// What does not fit between these records and BOEMİS.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Accepted, and BOEMİS has no load of it, in the order of arrival.
    pub(super) lacking: Vec<SubmissionId>,
    /// Loads beyond what is accepted.
    pub(super) strange: u64,
    /// What the window's role may do there too much, in words.
    pub(super) beyond: Option<String>,
}

/// Holds BOEMİS against these records; inside, that it is away or damaged.
///
/// # Errors
/// Broken: records that cannot be read.
pub(super) async fn difference(
    settings: &Settings,
    known: &Known,
    is_open: bool,
) -> Result<Result<Difference, Fault>, Trouble> {
    let count = known.fold().count(|kind| kind.state.is_loaded());
    let sealed = sealed(settings, known, is_open)?;
    let mut reader = match Reader::open(&settings.location, &settings.boemis, &Datasets::default()).await {
        Ok(reader) => reader,
        Err(Fault::Missing { .. }) if count == 0 && sealed.is_empty() => return Ok(Ok(Difference::default())),
        Err(Fault::Missing { .. }) => {
            let lacking = [known.accepted()?, sealed].concat();
            return Ok(Ok(Difference { lacking, ..Difference::default() }));
        }
        Err(fault) => return Ok(Err(fault)),
    };
    let difference = match loaded(&mut reader, known).await? {
        Ok(loaded) if loaded == count => Ok(Difference::default()),
        Ok(loaded) => {
            let lacking = missing(&mut reader, &known.accepted()?).await;
            let strange = |lacking: &[SubmissionId]| (loaded + lacking.len() as u64).saturating_sub(count);
            lacking.map(|lacking| Difference { strange: strange(&lacking), lacking, beyond: None })
        }
        Err(fault) => Err(fault),
    };
    let beyond = reader.beyond().await;
    let difference = match (difference, undone(&mut reader, &sealed).await) {
        (Ok(mut difference), Ok(sealed)) => {
            difference.lacking.extend(sealed);
            beyond.map(|beyond| Difference { beyond, ..difference })
        }
        (Err(fault), _) | (_, Err(fault)) => Err(fault),
    };
    let _ = reader.close().await; // it only looked
    Ok(difference)
}

/// What was sealed as accepted by a window that was stopped before it answered. While one is open, what is on its way
/// is not asked about, but what waits for its load.
fn sealed(settings: &Settings, known: &Known, is_open: bool) -> Result<Vec<SubmissionId>, Trouble> {
    let waits = |one: &Submission| match &one.phase {
        Phase::Held => !is_open,
        Phase::Deferred { finding, .. } => finding == Code::LoadDatabaseAway.slug(),
        _ => false,
    };
    let asked: HashMap<SubmissionId, u32> =
        known.open()?.iter().filter(|one| waits(one)).map(|one| (one.id(), one.answers.saturating_add(1))).collect();
    let mut sealed = Vec::new();
    if asked.is_empty() {
        return Ok(sealed);
    }
    let mut acts =
        ActsReader::after(&settings.seal.acts, 0).map_err(|error| Trouble::broken(format!("the act log: {error}")))?;
    // a damaged act log is told for itself
    while let Ok(Some(act)) = acts.next() {
        if act.decision == Decision::Accepted && asked.get(&act.id) == Some(&act.answer) {
            sealed.push(act.id);
        }
    }
    Ok(sealed)
}

/// How many loads there are of what is answered. Of a document that is loaded and not answered yet the records say
/// nothing.
async fn loaded(reader: &mut Reader, known: &Known) -> Result<Result<u64, Fault>, Trouble> {
    let open = known.open()?;
    let open: Vec<SubmissionId> = open.iter().filter(|one| one.phase.is_to_be_judged()).map(Submission::id).collect();
    Ok(match (missing(reader, &open).await, reader.uncontested().await) {
        (Ok(unloaded), Ok(all)) => Ok(all.saturating_sub((open.len() - unloaded.len()) as u64)),
        (Err(fault), _) | (_, Err(fault)) => Err(fault),
    })
}

/// Which of these neither were loaded nor did anything: nothing is loaded of an approval.
async fn undone(reader: &mut Reader, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
    let mut undone = missing(reader, ids).await?;
    if !undone.is_empty() {
        let acted: HashSet<SubmissionId> = reader.acts().await?.into_iter().map(|(_, by, _)| by).collect();
        undone.retain(|id| !acted.contains(id));
    }
    Ok(undone)
}

async fn missing(reader: &mut Reader, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
    let mut missing = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        missing.extend(reader.missing(some).await?);
    }
    Ok(missing)
}
