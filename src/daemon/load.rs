//! Loading: what was read goes beside what stands, into one transaction.
//!
//! Owns the order within a group. Statements that do not bear on each other are asked about, judged
//! and written together; those that do keep the order of their arrival, each judged beside the rows
//! of those before it. Commits nothing: the group's end does.

use super::judgement::Judge;
use super::window::Halt;
use crate::boemis::Batch;
use crate::document::SubmissionId;
use crate::finding::Stop;
use crate::host::side_by_side;
use crate::schema::{Bearing, Inspected, Key, Standing, Validated};
use std::collections::HashMap;

/// A document that may be loaded, by its place in the group.
pub(super) struct Candidate {
    pub(super) at: usize,
    pub(super) id: SubmissionId,
    pub(super) key: Option<Key>,
    pub(super) inspected: Inspected,
}

/// What loading came to.
pub(super) enum Tried {
    /// In the transaction; the commit decides.
    Loading,
    /// Form or content stop it. `leans`: perhaps because of rows that the group has not committed.
    Stopped { stop: Stop, leans: bool },
    /// BOEMİS is away, and the group with it.
    Away,
    /// BOEMİS does not take these rows.
    Refused(crate::boemis::Fault),
}

/// Tries all, and says what came of each by its place in the group.
///
/// # Errors
/// [`Halt`]: BOEMİS is not as it must be.
pub(super) async fn load_all(
    candidates: Vec<Candidate>,
    judge: &Judge,
    batch: &mut Batch<'_>,
) -> Result<Vec<(usize, Tried)>, Halt> {
    let mut tried = Vec::with_capacity(candidates.len());
    let is_alone = candidates.len() == 1;
    let mut waves = waves(candidates).into_iter().enumerate();
    while let Some((number, wave)) = waves.next() {
        let Some(standings) = ask(&wave, batch).await? else {
            let rest = wave.into_iter().chain(waves.flat_map(|(_, wave)| wave));
            tried.extend(rest.map(|candidate| (candidate.at, Tried::Away)));
            break;
        };
        let pairs: Vec<(Candidate, Standing)> = wave.into_iter().zip(standings).collect();
        let validate = |(candidate, standing): (Candidate, Standing)| {
            (candidate.at, judge.validate(candidate.inspected, &standing))
        };
        let (mut places, mut statements) = (Vec::new(), Vec::new());
        for (at, validated) in side_by_side(pairs, validate).map_err(Halt::wrong)? {
            match validated {
                Ok(validated) => {
                    places.push(at);
                    statements.push(validated);
                }
                Err(stop) => tried.push((at, Tried::Stopped { stop, leans: number > 0 })),
            }
        }
        for (at, result) in places.into_iter().zip(write(statements, is_alone, batch).await) {
            let came_of_it = match result {
                Ok(_pending) => Tried::Loading,
                Err(unloaded) if unloaded.fault.is_away() => Tried::Away,
                Err(unloaded) => Tried::Refused(unloaded.fault),
            };
            tried.push((at, came_of_it));
        }
    }
    Ok(tried)
}

/// What stands beside each of a wave; none while BOEMİS is away.
async fn ask(wave: &[Candidate], batch: &mut Batch<'_>) -> Result<Option<Vec<Standing>>, Halt> {
    let asked: Vec<(&Key, SubmissionId)> =
        wave.iter().filter_map(|candidate| Some((candidate.key.as_ref()?, candidate.id))).collect();
    if asked.is_empty() {
        return Ok(Some(vec![Standing::default(); wave.len()]));
    }
    match batch.standing_all(&asked).await {
        Ok(standings) => {
            let mut standings = standings.into_iter();
            let of = |candidate: &Candidate| candidate.key.as_ref().and_then(|_| standings.next()).unwrap_or_default();
            Ok(Some(wave.iter().map(of).collect()))
        }
        Err(fault) if fault.is_away() => Ok(None),
        Err(fault) => Err(Halt::wrong(fault)),
    }
}

async fn write(
    mut statements: Vec<Validated>,
    is_alone: bool,
    batch: &mut Batch<'_>,
) -> Vec<Result<crate::boemis::Pending, crate::boemis::Unloaded>> {
    match (is_alone, statements.pop()) {
        (_, None) => Vec::new(),
        (true, Some(alone)) => vec![batch.load_alone(alone).await],
        (false, Some(last)) => {
            statements.push(last);
            batch.load_all(statements).await
        }
    }
}

/// Each goes into the first wave behind all those before it that bear on it.
fn waves(candidates: Vec<Candidate>) -> Vec<Vec<Candidate>> {
    let mut waves: Vec<Vec<Candidate>> = Vec::new();
    let mut next: HashMap<Bearing, usize> = HashMap::new();
    for candidate in candidates {
        let bearings = candidate.key.as_ref().map(Key::bearings).into_iter().flatten();
        let mine = bearings.clone().filter_map(|bearing| next.get(&bearing).copied()).max().unwrap_or(0);
        for bearing in bearings {
            next.insert(bearing, mine + 1);
        }
        if waves.len() <= mine {
            waves.resize_with(mine + 1, Vec::new);
        }
        waves[mine].push(candidate);
    }
    waves
}
