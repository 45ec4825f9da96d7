//! Forerunning: what a long statement takes is done while it is looked at, beside the groups.
//!
//! Its rows go to BOEMİS ahead of their mark while it is still being read, on a thread of their own. Then it asks what
//! stands, and judges beside that. All of it is foresight: the group asks again what stands, and where that is another
//! thing, or anything here did not come to its end, the group does the whole. What was written of a document that does
//! not hold is left to be swept. Decides nothing.

use super::judgement::Judge;
use crate::authority::Authorised;
use crate::boemis::{Ahead, Entered, Fault, Location, Reader};
use crate::document::{Content, DatasetName, SubmissionId};
use crate::schema::{Following, Inspected, Record, Standing};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use tokio::runtime::Builder;

/// Pieces of records on their way from whoever reads to whoever writes: a quarter of a megabyte each.
const PIECES: usize = 4;

/// What is done ahead for one document; a document is no worse off when nothing can.
pub(super) struct Forerunner {
    ahead: Ahead,
    id: SubmissionId,
    content: Content,
    following: Following,
    /// The writing, once the document turned out to be long.
    begun: Arc<Mutex<Option<Begun>>>,
}

/// Rows on their way.
struct Begun {
    /// Who writes them has entered, and is gone at once when the window closes.
    entered: Weak<Entered>,
    thread: JoinHandle<()>,
}

impl Forerunner {
    /// Of this document.
    pub(super) fn of(judge: &Judge, ahead: &Ahead, authorised: &Authorised) -> Self {
        let (id, content) = (authorised.verified().about().id, authorised.verified().content());
        let begun = Arc::new(Mutex::new(None));
        let (place, dataset) = (Arc::clone(&begun), authorised.dataset().clone());
        let (judge, whose) = (judge.clone(), ahead.clone());
        let following = Following::new(move || {
            let (sender, one) = begin(&judge, &whose, (dataset.clone(), id, content))?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(one);
            Some(sender)
        });
        Self { ahead: ahead.clone(), id, content, following, begun }
    }

    /// Whoever reads it asks this.
    pub(super) fn following(&self) -> &Following {
        &self.following
    }

    /// Judges what was read ahead, if it is long; what was written of anything else is of no use.
    pub(super) fn finish(self, judge: &Judge, inspected: Option<&mut Inspected>) {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        let was_begun = begun.is_some();
        let mut holds = false;
        match inspected.filter(|inspected| inspected.is_long()) {
            // who looks may be the loop itself, whose thread waits for no other database
            Some(inspected) => std::thread::scope(|scope| {
                let thread = std::thread::Builder::new().name("forerun".to_owned());
                let running = thread.spawn_scoped(scope, || self.run(judge, begun, inspected));
                // a panic left it as it was, and was told
                holds = running.is_ok_and(|running| running.join().unwrap_or(false));
            }),
            None => begun.into_iter().for_each(Begun::end),
        }
        if was_begun && !holds {
            self.ahead.discard(self.id);
        }
    }

    /// Whether it holds, as far as that was foreseen.
    fn run(&self, judge: &Judge, begun: Option<Begun>, inspected: &mut Inspected) -> bool {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
            begun.into_iter().for_each(Begun::end);
            return false;
        };
        let foreseen = runtime.block_on(self.foresee(judge, begun.as_ref(), inspected));
        begun.into_iter().for_each(Begun::end);
        let holds = *foreseen.as_ref().unwrap_or(&false);
        let done = foreseen.and_then(|holds| match inspected.statement().filter(|_| holds) {
            Some(statement) if !self.ahead.is_written(self.id, self.content, statement.records.len()) => {
                let (settings, datasets) = (judge.settings(), &judge.world().datasets);
                let location = (&settings.location, &settings.boemis);
                runtime.block_on(self.ahead.write(location, datasets, (self.id, self.content), statement))
            }
            _ => Ok(()),
        });
        if let Err(fault) = done {
            tracing::debug!(submission = %self.id, %fault, "its rows are not written ahead; its group writes them");
        }
        holds
    }

    async fn foresee(&self, judge: &Judge, begun: Option<&Begun>, inspected: &mut Inspected) -> Result<bool, Fault> {
        let Some(statement) = inspected.statement() else { return Ok(false) };
        let (settings, datasets) = (judge.settings(), &judge.world().datasets);
        // while its own rows are being written, that is its right, too
        let entered = match begun.and_then(|begun| begun.entered.upgrade()) {
            Some(entered) => entered,
            None => Arc::new(self.ahead.enter().await?),
        };
        let standing = match Reader::open(&settings.location, &settings.boemis, datasets).await {
            Ok(mut reader) => {
                let standing = reader.standing_beside(statement, self.id).await;
                reader.close().await.and(standing)
            }
            Err(Fault::Missing { .. }) => Ok(Standing::default()),
            Err(fault) => Err(fault),
        };
        drop(entered);
        match standing {
            Ok(standing) => Ok(judge.foresee(inspected, standing)),
            Err(fault) => {
                // it will be held, unless it is wrong whatever stands: that is asked beside nothing (`Judge::hold`)
                judge.foresee(inspected, Standing::unknown());
                Err(fault)
            }
        }
    }
}

impl Begun {
    /// Waits until all is written that came.
    fn end(self) {
        let _ = self.thread.join(); // a panic was told, and has written nothing that counts
    }
}

/// Begins to write what comes, where nobody else writes ahead.
fn begin(
    judge: &Judge,
    ahead: &Ahead,
    (dataset, id, content): (DatasetName, SubmissionId, Content),
) -> Option<(SyncSender<Vec<Record>>, Begun)> {
    // a digest alone asks the database nothing, and nobody waits for it
    let entered = match &judge.settings().location {
        Location::Sqlite(_) => Some(Arc::new(ahead.enter_at_once()?)),
        Location::Postgres(_) => None,
    };
    let right = entered.as_ref().map(Arc::downgrade).unwrap_or_default();
    let (sender, records) = sync_channel(PIECES);
    let (judge, ahead) = (judge.clone(), ahead.clone());
    let write = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        let (settings, datasets) = (judge.settings(), &judge.world().datasets);
        let location = (&settings.location, &settings.boemis);
        let done = runtime.block_on(ahead.follow(location, datasets, (&dataset, id, content), records));
        if let Err(fault) = done {
            tracing::debug!(submission = %id, %fault, "its rows are not written while it is read");
        }
        drop(entered);
    };
    let thread = std::thread::Builder::new().name("follow".to_owned()).spawn(write).ok()?;
    Some((sender, Begun { entered: right, thread }))
}
