//! The running window verifies its evidence again, a second's worth at a time (R 3.4.1): when it does, and what is
//! said of what it finds.

use super::following::Reach;
use super::refresh::{Refresher, Round};
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::journal::Event;
use crate::reserve::{Reverified, reverify};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often a piece is verified while a walk is under way; a piece has the octets of so long a time.
const PIECE_EVERY: Duration = Duration::from_secs(1);
/// How long a piece may take: the largest object on a slow disk.
const PATIENCE: Duration = Duration::from_secs(600);

/// The schedule of verifying again. A round has changed something when a walk came to its end.
pub(super) fn reverifier(window: &Window) -> Refresher<Reach> {
    let settings = window.settings().reverify;
    let (disk, state) = (window.host.disk.clone(), window.settings().window.paths.state.clone());
    let last = Arc::new(Mutex::new(Reverified::remembered(&disk, &state, window.now())));
    let known = Arc::clone(&last);
    let patience = move |reach: &Reach| {
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = reach.end.segment > 0 && known.is_due(settings.every, Timestamp::now());
        is_due.then_some(PATIENCE)
    };
    let fetch = move |reach: &Arc<Reach>| {
        let before = last.lock().unwrap_or_else(PoisonError::into_inner).all_damage().len();
        match reverify(&disk, &state, settings.rate, reach.end, Timestamp::now()) {
            Ok(walk) => {
                let found = walk.all_damage();
                let is_more = found.len() > before || walk.ended.is_some();
                let failed = if is_more { found } else { Vec::new() };
                let failed = failed.into_iter().map(|one| format!("{}: {}", one.what, one.why)).collect();
                let changed = walk.ended.is_some();
                *last.lock().unwrap_or_else(PoisonError::into_inner) = walk;
                Round { changed, failed, broken: None }
            }
            Err(fault) => Round { broken: Some(fault.to_string()), ..Round::default() },
        }
    };
    Refresher::of(PIECE_EVERY, Box::new(patience), Arc::new(fetch))
}

impl Window {
    /// Says what was found, and journals that a walk came to its end.
    ///
    /// # Errors
    /// The journal or the ledger.
    pub(super) fn reverified(&mut self, round: Round) -> Result<(), Halt> {
        for what in &round.failed {
            tracing::error!(advice = %Advice::EvidenceDamaged,
                what, "evidence is damaged; pencere repair puts it back from the reserve or a backup");
        }
        if let Some(why) = &round.broken {
            tracing::error!(advice = %Advice::EvidenceUnread,
                why, "evidence could not be verified again; it is tried again");
        }
        let state = &self.settings().window.paths.state;
        let Some(walk) = round.changed.then(|| Reverified::read(&self.host.disk, state)).flatten() else {
            return Ok(());
        };
        let mut facts = BTreeMap::from([
            ("began".to_owned(), walk.began.to_string()),
            ("files".to_owned(), walk.files.to_string()),
            ("octets".to_owned(), walk.octets.to_string()),
            ("damaged".to_owned(), walk.damaged.to_string()),
        ]);
        if let Some(first) = walk.damage.first() {
            facts.insert("first".to_owned(), first.what.clone());
        }
        tracing::info!(files = walk.files, octets = walk.octets, damaged = walk.damaged, "evidence was verified again");
        let by = self.settings().window.window.id.to_string();
        self.tell([Event::Act { act: "reverified".to_owned(), by, id: None, facts }])
    }
}
