//! The moment of a copy: where journal and act log are cut, so that they fit the copied BOEMİS.

use super::Fault;
use super::backup::Holdings;
use crate::boemis::{self, Copy};
use crate::document::{Decision, SubmissionId};
use crate::host::Disk;
use crate::journal::{Event, Position, Reader};
use crate::seal::{ActsReader, whole_length};
use std::collections::HashSet;
use std::path::Path;

/// Where the records of a copy end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The journal, behind its last line.
    pub(super) journal: Position,
    /// The act log, in octets.
    pub(super) acts: u64,
    /// Whether a database was copied.
    pub(super) has_database: bool,
    /// How many loads the database held that a server keeps.
    pub(super) loads_elsewhere: Option<u64>,
}

impl Moment {
    /// What a backup says of a database that is not in it.
    pub(super) fn held_elsewhere(&self) -> Option<String> {
        let loads = self.loads_elsewhere?;
        Some(format!(
            "at this moment BOEMİS held {loads} loads: a copy of the server's database that is made after this backup \
             holds them all; into an older one, or none, they are loaded again from evidence"
        ))
    }
}

/// Copies BOEMİS to the new file `to`, and finds the moment that belongs to it.
pub(super) async fn choose(disk: &Disk, holdings: &Holdings, to: &Path) -> Result<Moment, Fault> {
    // in this order: what the journal knows of here, the act log has
    let noted = Reader::end(disk, &holdings.state)?;
    let acts = whole_length(&holdings.acts).map_err(Fault::disk("read", &holdings.acts))?;
    let mut copy = match Copy::take(&holdings.location, &holdings.boemis, to).await {
        Ok(copy) => Some(copy),
        Err(boemis::Fault::Missing { .. }) => None,
        Err(fault) => return Err(fault.into()),
    };
    let (journal, answered) = cut(disk, holdings, noted, copy.as_mut()).await?;
    let has_database = copy.as_ref().is_some_and(Copy::is_file);
    let loads_elsewhere = copy.as_ref().and_then(Copy::loads);
    if let Some(copy) = copy {
        copy.close().await?;
    }
    Ok(Moment { journal, acts: known_acts(&holdings.acts, acts, &answered)?, has_database, loads_elsewhere })
}

/// An answer: of which submission, and which one.
pub(super) type AnswerKey = (SubmissionId, u32);

/// Behind `noted`, the journal before the first answer whose load the copy does not hold; and the answers between.
async fn cut(
    disk: &Disk,
    holdings: &Holdings,
    noted: Position,
    mut copy: Option<&mut Copy>,
) -> Result<(Position, HashSet<AnswerKey>), Fault> {
    let mut journal = Reader::after(disk, &holdings.state, noted)?;
    let (mut end, mut answered) = (noted, HashSet::new());
    while let Some((entry, behind)) = journal.next()? {
        if let Event::Answered(answer) = &entry.event {
            let is_there = match (answer.decision, copy.as_deref_mut()) {
                // what an approval did, and the answer that this let another submission have, come with the act
                (Decision::Accepted | Decision::Contested, Some(copy)) if answer.acted.is_some() => {
                    answer.acted.as_ref().is_some_and(|acted| copy.has_act(acted.on, answer.id))
                }
                (Decision::Accepted | Decision::Pending, Some(copy)) => copy.holds(answer.id).await?,
                (Decision::Contested, Some(copy)) => copy.is_contested(answer.id),
                (Decision::Accepted | Decision::Pending | Decision::Contested, None) => false,
                _ => true,
            };
            if !is_there {
                break;
            }
            answered.insert((answer.id, answer.answer));
        }
        end = behind;
    }
    Ok((end, answered))
}

/// Behind `from`, the act log up to the last act that one of these answers made.
pub(super) fn known_acts(path: &Path, from: u64, answered: &HashSet<AnswerKey>) -> Result<u64, Fault> {
    let mut acts = ActsReader::after(path, from).map_err(Fault::disk("read", path))?;
    let mut end = from;
    while let Some(act) = acts.next()? {
        if answered.contains(&(act.id, act.answer)) {
            end = act.end;
        }
    }
    Ok(end)
}
