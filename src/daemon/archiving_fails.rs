//! What stands in the way of archiving, for `status` of another process: why a round failed, and what was left out.
//!
//! Owns `archiving-fails.json` in the state folder, which is there as long as something does. Never decides anything.

use super::archiving;
use crate::advice::Advice;
use crate::document::SubmissionId;
use crate::host::Disk;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Submissions that are named; the rest is counted.
const NAMED_MAX: usize = 100;
/// Characters of a reason.
const WHY_MAX: usize = 1000;
/// Octets of the file, at most.
const OCTETS_MAX: u64 = 1 << 20;

/// A window that cannot archive all that is due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivingFails {
    /// Since when.
    pub since: Timestamp,
    /// Why the last round failed; null when it did not.
    pub why: Option<String>,
    /// How many submissions cannot be packed.
    pub count: u64,
    /// The first of them, each with the reason and what to do.
    pub left_out: BTreeMap<SubmissionId, String>,
}

impl ArchivingFails {
    /// What is remembered; none where all is well.
    pub fn read(disk: &Disk, state: &Path) -> Option<Self> {
        serde_json::from_slice(&disk.read(&path(state), OCTETS_MAX).ok()?).ok()
    }

    /// In words, for people: what is wrong and what to do.
    pub fn told(&self) -> String {
        let mut told = Vec::new();
        if let Some(why) = &self.why {
            told.push(format!("no archive unit could be made, or nothing could leave the active store: {why}"));
        }
        if let Some((id, why)) = self.left_out.first_key_value() {
            told.push(format!(
                "{} submissions cannot be packed into an archive unit and stay active, while the others are archived; \
                 the log names each. The first: {id}: {why}",
                self.count
            ));
        }
        told.join("; ")
    }
}

/// Remembers what a round came to, across processes. A failed round knows nothing of what was left out before it.
pub fn remember(disk: &Disk, state: &Path, round: Result<&BTreeMap<SubmissionId, String>, &str>, now: Timestamp) {
    let before = ArchivingFails::read(disk, state);
    let cut = |why: &str| why.chars().take(WHY_MAX).collect::<String>();
    let since = before.as_ref().map_or(now, |before| before.since);
    let fails = match round {
        Ok(left_out) if left_out.is_empty() => None,
        Ok(left_out) => Some(ArchivingFails {
            since,
            why: None,
            count: left_out.len() as u64,
            left_out: left_out.iter().take(NAMED_MAX).map(|(id, why)| (*id, cut(why))).collect(),
        }),
        Err(why) => Some(ArchivingFails { since, why: Some(cut(why)), ..before.clone().unwrap_or_default() }),
    };
    if fails == before {
        return;
    }
    let path = path(state);
    let remembered = match fails {
        None => disk.unlink(&path),
        Some(fails) => {
            let json = serde_json::to_vec(&fails).map_err(io::Error::from);
            json.and_then(|json| archiving::write(disk, &path, &json))
        }
    };
    match remembered {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(advice = %Advice::StateUnwritable,
                %error, path = %path.display(), "it could not be remembered");
        }
        _ => {}
    }
}

fn path(state: &Path) -> PathBuf {
    state.join("archiving-fails.json")
}
