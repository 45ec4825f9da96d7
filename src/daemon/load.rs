//! Loading: what was read goes beside what stands, in one transaction.
//!
//! Owns the transaction of a group and the order within it. Statements that do not bear on each other
//! are asked about, judged and written together; those that do keep the order of their arrival, each
//! judged beside the rows of those before it. Never says what a document comes to.

use super::carry::Unfinished;
use super::dossier::Beside;
use super::judgement::Judge;
use super::window::Halt;
use crate::advice::Advice;
use crate::boemis::{Batch, Boemis, Fault, Loaded, Pending, Question, Unloaded};
use crate::document::SubmissionId;
use crate::finding::{Code, Finding, Stop};
use crate::host::side_by_side;
use crate::schema::{Bearing, Datasets, Inspected, Key, Standing, Validated};
use jiff::Timestamp;
use std::collections::HashMap;

/// A document that may be loaded, by its place in the group.
pub(super) struct Candidate {
    pub(super) at: usize,
    pub(super) id: SubmissionId,
    pub(super) key: Option<Key>,
    pub(super) inspected: Inspected,
}

/// What came of one.
pub(super) enum Tried {
    /// It was in the transaction; the commit decides.
    Loading,
    /// Form or content stop it. `leans`: perhaps because of rows that the group did not commit.
    Stopped { stop: Stop, leans: bool },
    /// BOEMİS went away, and the group with it.
    Away,
    /// Long, alone in its group, and judged ahead beside what stands no more: to judge it here would keep all waiting.
    Stale,
    /// BOEMİS does not take these rows. Others of the group are loaded all the same: their marks are
    /// believed at the next start.
    Refused(Fault),
}

/// What came of a group.
pub(super) struct Group {
    /// None when it turned out to be away.
    pub(super) boemis: Option<Boemis>,
    /// By place in the group.
    pub(super) tried: Vec<(usize, Tried)>,
    /// What each was judged beside, by place in the group; none where nothing was asked.
    pub(super) beside: HashMap<usize, Beside>,
    /// What stands now.
    pub(super) loaded: Vec<Loaded>,
    /// The group's transaction failed at its end: what was judged beside its rows must not count.
    pub(super) is_lost: bool,
    /// The group could not be made safe: nothing of it was loaded, and nothing may be said of it.
    pub(super) is_unsafe: bool,
}

impl Group {
    /// Of which nothing was loaded.
    pub(super) fn unloaded(boemis: Option<Boemis>, tried: Vec<(usize, Tried)>) -> Self {
        Self { boemis, tried, beside: HashMap::new(), loaded: Vec::new(), is_lost: false, is_unsafe: false }
    }
}

/// Loads what may be loaded of a group. `safe` is asked before anything is written, and may wait.
///
/// # Errors
/// [`Halt`]: BOEMİS is not as it must be.
pub(super) async fn load(
    mut boemis: Boemis,
    now: Timestamp,
    candidates: Vec<Candidate>,
    judge: Judge,
    safe: &mut dyn FnMut() -> Result<(), Unfinished>,
) -> Result<Group, Halt> {
    if candidates.is_empty() {
        return Ok(Group::unloaded(Some(boemis), Vec::new()));
    }
    let mut batch = match boemis.begin(now).await {
        Ok(batch) => batch,
        Err(fault) if fault.is_away() => {
            tracing::error!(advice = %Advice::BoemisAway, %fault, "documents are held until BOEMİS is back");
            return Ok(Group::unloaded(None, candidates.into_iter().map(|one| away(one, &judge)).collect()));
        }
        Err(fault) => return Err(Halt::wrong(fault)),
    };
    let mut beside = HashMap::with_capacity(candidates.len());
    let tried = match try_all(candidates, &judge, &mut batch, &mut beside, safe).await {
        Ok(tried) => tried,
        Err(Unfinished::NotSafe) => {
            let abandoned = batch.abandon().await;
            let boemis = abandoned.is_ok().then_some(boemis);
            return Ok(Group { is_unsafe: true, ..Group::unloaded(boemis, Vec::new()) });
        }
        Err(Unfinished::Halted(halt)) => return Err(halt),
    };
    match batch.commit().await {
        Ok(loaded) => Ok(Group { loaded, beside, ..Group::unloaded(Some(boemis), tried) }),
        Err(why) if why.fault.is_away() => {
            tracing::error!(advice = %Advice::BoemisAway,
                fault = %why.fault, "nothing of the group was loaded; it is held until BOEMİS is back");
            Ok(Group { is_lost: true, beside, ..Group::unloaded(None, tried) })
        }
        Err(why) => Err(Halt::wrong(why.fault)),
    }
}

/// A document that cannot be loaded now: held, unless it is wrong whatever stands.
fn away(candidate: Candidate, judge: &Judge) -> (usize, Tried) {
    let stop = judge.hold(candidate.inspected, Finding::new(Code::LoadDatabaseAway));
    (candidate.at, Tried::Stopped { stop, leans: false })
}

/// Tries all, and says what came of each by its place in the group.
async fn try_all(
    candidates: Vec<Candidate>,
    judge: &Judge,
    batch: &mut Batch<'_>,
    beside: &mut HashMap<usize, Beside>,
    safe: &mut dyn FnMut() -> Result<(), Unfinished>,
) -> Result<Vec<(usize, Tried)>, Unfinished> {
    let mut tried = Vec::with_capacity(candidates.len());
    let is_alone = candidates.len() == 1;
    let datasets = &judge.world().datasets;
    let mut waves = waves(candidates, datasets).into_iter().enumerate();
    while let Some((number, wave)) = waves.next() {
        let Some(standings) = ask(&wave, batch).await? else {
            let rest = wave.into_iter().chain(waves.flat_map(|(_, wave)| wave));
            tried.extend(rest.map(|candidate| away(candidate, judge)));
            break;
        };
        let mut pairs: Vec<(Candidate, Standing)> = wave.into_iter().zip(standings).collect();
        if is_alone {
            let is_stale =
                |pair: &mut (Candidate, Standing)| pair.0.inspected.was_foreseen_otherwise(&pair.1, datasets);
            tried.extend(pairs.extract_if(.., is_stale).map(|(candidate, _)| (candidate.at, Tried::Stale)));
        }
        let validate = |(candidate, standing): (Candidate, Standing)| {
            let asked = candidate.inspected.statement().map(|statement| standing.beside(statement, datasets));
            let beside = Beside::standing(&asked.unwrap_or_default());
            (candidate.at, beside, judge.validate(candidate.inspected, &standing))
        };
        let (mut places, mut statements) = (Vec::new(), Vec::new());
        for (at, stood, validated) in side_by_side(pairs, validate).map_err(Halt::wrong)? {
            beside.insert(at, stood);
            match validated {
                Ok(validated) => {
                    places.push(at);
                    statements.push(validated);
                }
                Err(stop) => tried.push((at, Tried::Stopped { stop, leans: number > 0 })),
            }
        }
        safe()?;
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
    let stated = wave.iter().filter_map(|one| Some((one.inspected.statement()?, one.id)));
    let asked: Vec<Question<'_>> = stated.map(|(statement, id)| Question::of(statement, id)).collect();
    if asked.is_empty() {
        return Ok(Some(vec![Standing::default(); wave.len()]));
    }
    match batch.standing_all(&asked).await {
        Ok(standings) => {
            let mut standings = standings.into_iter();
            let of = |one: &Candidate| one.inspected.statement().and_then(|_| standings.next()).unwrap_or_default();
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
) -> Vec<Result<Pending, Unloaded>> {
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
fn waves(candidates: Vec<Candidate>, datasets: &Datasets) -> Vec<Vec<Candidate>> {
    let mut waves: Vec<Vec<Candidate>> = Vec::new();
    let mut next: HashMap<Bearing, usize> = HashMap::new();
    for candidate in candidates {
        let bearings = candidate.key.as_ref().map(|key| datasets.bearings(key)).unwrap_or_default();
        let mine = bearings.iter().filter_map(|bearing| next.get(bearing).copied()).max().unwrap_or(0);
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
