//! The archivist of a running window: a thread beside the loop that makes units when something is due.
//!
//! Owns when: at the start, and from then on when the one that has lain longest is past its active time, though never
//! more often than `[archive] every`. It looks only; what it made is journalled by the loop, which is the journal's one
//! writer.

use super::archiving::{self, Archive, Looked, Round as Units};
use super::archiving_fails::{self, ArchivingFails};
use super::pruning;
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::config::Settings;
use crate::document::SubmissionId;
use crate::evidence::Released;
use crate::host::Host;
use crate::schema::Datasets;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

/// As long as anything is waited for at once: clocks cannot be added to without end.
const FAR: Duration = Duration::from_secs(365 * 86_400);

/// What one look came to: what was made, what left the active store, or why not.
pub type Round = Result<(Looked, Released), String>;

/// The same, and what the next look of the same round goes on with.
type Seen = Result<(Looked, Released, Units), String>;

/// The schedule of one running window.
#[derive(Debug)]
pub struct Archivist {
    next: Instant,
    running: Option<oneshot::Receiver<Seen>>,
    /// What was read for the round that is under way: some 100 octets a submission, and gone after it.
    units: Option<Units>,
}

impl Archivist {
    /// The first look is at once.
    #[allow(clippy::new_without_default)] // it is due at the moment of its making, which no default is
    pub fn new() -> Self {
        Self { next: Instant::now(), running: None, units: None }
    }

    /// Waits for the next look's end; for ever where nothing is archived by itself. May be dropped while it waits.
    pub async fn round(&mut self, settings: &Settings, datasets: &Datasets, host: &Host) -> Round {
        let Some(after) = settings.archive.after else { return std::future::pending().await };
        let every = settings.archive.every;
        if self.running.is_none() {
            sleep_until(self.next).await;
            let (tell, told) = oneshot::channel();
            let (settings, datasets, disk) = (settings.clone(), datasets.clone(), host.disk.clone());
            let archive = Archive { settings, datasets, disk };
            let now = host.clock.now();
            let units = self.units.take();
            let work = move || drop(tell.send(look(&archive, units, now, after))); // the window may have closed
            if let Err(error) = std::thread::Builder::new().name("archive".to_owned()).spawn(work) {
                return self.end(every, Err(format!("there is no thread for it: {error}")));
            }
            self.running = Some(told);
        }
        let round = match &mut self.running {
            Some(running) => running.await.unwrap_or_else(|_| Err("it panicked".to_owned())),
            None => Err("it was lost".to_owned()),
        };
        let round = round.map(|(looked, released, units)| {
            self.units = looked.more.then_some(units);
            (looked, released)
        });
        let now = host.clock.now();
        let pause = match &round {
            Ok((looked, _)) if looked.more => Duration::ZERO,
            Ok((looked, _)) => {
                // what closes from now on is due no sooner than `after`
                let due = looked.oldest.filter(|_| looked.made.is_none()).unwrap_or(now);
                let wait = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
                let due = due.checked_add(wait).unwrap_or(Timestamp::MAX);
                let pause: Duration = due.duration_since(now).try_into().unwrap_or(Duration::ZERO);
                pause.max(every)
            }
            Err(_) => every,
        };
        self.end(pause, round)
    }

    fn end(&mut self, pause: Duration, round: Round) -> Round {
        self.running = None;
        self.next = Instant::now().checked_add(pause).unwrap_or_else(|| Instant::now() + FAR);
        round
    }
}

fn look(archive: &Archive, units: Option<Units>, now: Timestamp, after: Duration) -> Seen {
    let before = SignedDuration::try_from(after).ok().and_then(|after| now.checked_sub(after).ok());
    let mut units = units.map_or_else(|| archive.round(), Ok).map_err(|fault| fault.to_string())?;
    let looked = archive.make(&mut units, before.unwrap_or(Timestamp::MIN), now).map_err(|fault| fault.to_string())?;
    // what was made just now is not in the journal yet, and goes another time
    let released = match archive.settings.archive.prune && looked.made.is_none() {
        true => archive.prune(pruning::BESIDE).map_err(|fault| fault.to_string())?,
        false => Released::default(),
    };
    Ok((looked, released, units))
}

impl Window {
    /// Journals what the archivist made, and says what it could not.
    ///
    /// # Errors
    /// The journal.
    pub async fn archived(&mut self, round: Round) -> Result<(), Halt> {
        let (looked, released) = match round {
            Ok(done) => done,
            Err(why) => {
                tracing::error!(advice = %Advice::ArchivingFails,
                    why, "no archive unit could be made, or nothing could leave the active store");
                self.tally.archiving = Some(format!("archiving fails: {why}"));
                self.archiving_came_to(Err(&why));
                return Ok(());
            }
        };
        self.archiving_came_to(Ok(&looked.left_out));
        let mut events: Vec<_> = pruning::event(released, "window").into_iter().collect();
        if let Some(made) = &looked.made {
            let (unit, submissions, sha256) = (&made.note.unit, made.note.submissions, made.sha256);
            tracing::info!(unit, submissions, %sha256, due = %made.due, "archived; the notice of it is to be sent");
            events.extend(archiving::events(made, "window"));
        }
        if events.is_empty() {
            return Ok(());
        }
        self.finish_ahead().await?; // its lines may be on their way to the disk
        self.tell(events)
    }

    /// Says what cannot be packed, and remembers it for `status`.
    fn archiving_came_to(&mut self, round: Result<&BTreeMap<SubmissionId, String>, &str>) {
        let (disk, state) = (&self.host.disk, &self.settings().window.paths.state);
        let before = ArchivingFails::read(disk, state);
        archiving_fails::remember(disk, state, round, self.host.clock.now());
        let Ok(left_out) = round else { return };
        // each once, and not at every look
        let known = |id: &SubmissionId| before.as_ref().is_some_and(|before| before.left_out.contains_key(id));
        for (id, why) in left_out.iter().filter(|(id, _)| !known(id)) {
            tracing::error!(advice = %Advice::ArchivingFails,
                %id, why, "it cannot be packed into an archive unit and stays active; others are archived");
        }
        let count = left_out.len();
        self.tally.archiving = (count > 0).then(|| format!("{count} submissions cannot be archived"));
    }
}
