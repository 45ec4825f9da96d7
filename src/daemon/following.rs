//! The reserve follows the window: when it does, and what is said where it cannot.
//!
//! A round is done by a thread of its own that is watched, as the refresher's; what is copied, the room `reserve`
//! decides. The loop tells it how far the journal is durable. No document ever waits for the reserve.

use super::refresh::{Refresher, Round};
use super::window::Window;
use crate::advice::Advice;
use crate::config::{Config, Portable};
use crate::journal::Position;
use crate::reserve::{self, Followed, Holdings, Standing};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one round may take: a database of some gigabytes over a slow line.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What a round is given.
#[derive(Debug)]
pub(super) struct Reach {
    /// Where the journal is durable.
    pub(super) end: Position,
    /// What the window consists of.
    pub(super) holdings: Option<Arc<Holdings>>,
}

/// How far the reserve reached, and of what.
type Last = (Standing, Arc<Holdings>);

/// The schedule of the reserve; it waits for ever where there is none, or nothing new.
pub(super) fn follower(window: &Window) -> Refresher<Reach> {
    let settings = window.settings().reserve.clone();
    let last: Arc<Mutex<Option<Last>>> = Arc::default();
    let (every, known) = (settings.interval, Arc::clone(&last));
    let (database_every, is_wanted) = (settings.database_every, settings.to.is_some());
    let patience = move |reach: &Reach| {
        let holdings = reach.holdings.as_ref().filter(|_| is_wanted)?;
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = known.as_ref().is_none_or(|(standing, theirs)| {
            !Arc::ptr_eq(theirs, holdings)
                || standing.journal != reach.end
                || standing.wants_database(reach.end, database_every, Timestamp::now())
        });
        is_new.then_some(PATIENCE)
    };
    let disk = window.host.disk.clone();
    let fetch = move |reach: &Arc<Reach>| {
        let Some(holdings) = &reach.holdings else { return Round::default() };
        let Some(to) = &settings.to else { return Round::default() };
        match reserve::follow(&disk, holdings, &settings, reach.end, Timestamp::now()) {
            Ok(Some(standing)) => {
                let kept = Followed::reached(&standing, to).remember(&disk, &holdings.state);
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some((standing, Arc::clone(holdings)));
                Round { failed: kept.err().map(|error| error.to_string()).into_iter().collect(), ..Round::default() }
            }
            Ok(None) => Round::default(),
            Err(fault) => Round { failed: vec![fault.to_string()], ..Round::default() },
        }
    };
    Refresher::of(every, Box::new(patience), Arc::new(fetch))
}

impl Window {
    /// How far the reserve may follow now.
    pub(super) fn reach(&self) -> Arc<Reach> {
        Arc::new(Reach { end: self.journal.end(), holdings: self.holdings.clone() })
    }

    /// Reads anew what the window consists of, for its copies: at the start and after a reload.
    pub(super) fn look_at_holdings(&mut self) {
        if self.settings().reserve.to.is_none() {
            return;
        }
        match holdings(&self.config, &self.world) {
            Ok(holdings) => self.holdings = Some(Arc::new(holdings)),
            // what the reserve has of it stays
            Err(error) => tracing::error!(advice = %Advice::ReserveBehind,
                %error, "the configuration cannot be copied into the reserve"),
        }
    }

    /// Hears what came of a round.
    pub(super) fn followed(&mut self, round: Round) {
        let why = round.broken.or_else(|| round.failed.into_iter().next());
        if why == self.tally.reserving {
            return;
        }
        match &why {
            Some(why) => {
                tracing::error!(advice = %Advice::ReserveBehind,
                    why, "the reserve does not follow the window; it is tried again and again");
                let state = &self.config.settings().window.paths.state;
                if let Err(error) = Followed::failed(&self.host.disk, state, why, self.host.clock.now()) {
                    tracing::warn!(advice = %Advice::StateUnwritable,
                        %error, "a failure of the reserve could not be remembered");
                }
            }
            None => tracing::info!("the reserve follows the window again"),
        }
        self.tally.reserving = why;
    }
}

/// What this configuration's window consists of, with the world that is in force.
///
/// # Errors
/// A file that it names cannot be read.
pub fn holdings(config: &Config, world: &crate::config::World) -> std::io::Result<Holdings> {
    let settings = config.settings();
    let Portable { files, state, database, archive, moved, left_out } = Portable::of(config, world)?;
    Ok(Holdings {
        window: settings.window.window.id.to_string(),
        environment: settings.window.window.environment.as_str().to_owned(),
        state: settings.window.paths.state.clone(),
        acts: settings.seal.acts.clone(),
        location: settings.location.clone(),
        boemis: settings.boemis.clone(),
        files,
        state_place: state,
        database_place: database,
        archive: std::path::absolute(&settings.archive.to)?,
        archive_place: archive,
        moved,
        left_out,
    })
}
