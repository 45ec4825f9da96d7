//! How far the reserve follows, and what verifying again has found, as `status` tells it (S 7.1.5).

use super::Problem;
use crate::commands::times;
use crate::config::Settings;
use crate::host::Disk;
use crate::reserve::{Damage, Failing, Followed, Lag, Reverified};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// The reserve.
#[derive(Debug, Serialize)]
pub struct Reserve {
    /// Where it is.
    to: String,
    /// When it was brought up to the window last; null when it never was.
    reached: Option<Timestamp>,
    /// Journal entries that are not in it; null when that is not known.
    entries_behind: Option<u64>,
    /// Octets of evidence that they name; null when that is not known.
    octets_behind: Option<u64>,
    /// Why it is not known what is missing: the journal cannot be read. Null when it is.
    unknown: Option<String>,
    /// Age of the oldest of them; null when all is there, or when that is not known.
    oldest_seconds: Option<i64>,
    /// When BOEMİS was copied there last; null also where a server has it, which others copy.
    database: Option<Timestamp>,
    /// Whether that copy has every load that the journal tells of.
    database_is_current: bool,
    /// Why it does not follow; null when it does.
    failing: Option<String>,
    /// Whether a server has BOEMİS.
    #[serde(skip)]
    is_elsewhere: bool,
}

impl Reserve {
    /// The window's, if it has one.
    pub(super) fn of(settings: &Settings, now: Timestamp) -> Option<Self> {
        let to = settings.reserve.to.as_ref()?;
        let (disk, state) = (Disk::system(), &settings.window.paths.state);
        let followed = Followed::read(&disk, state);
        let (lag, unknown) = match Lag::of(&disk, state, followed.as_ref()) {
            Ok(lag) => (Some(lag), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let is_there = lag.as_ref().is_some_and(|lag| lag.entries == 0);
        let failing = Followed::failing(&disk, state)
            .map(|Failing { since, why }| format!("for {}: {why}", times::span(now.duration_since(since))));
        let after = followed.as_ref().and_then(|followed| followed.database_after);
        Some(Self {
            to: to.to_string(),
            reached: followed.as_ref().map(|followed| followed.at),
            entries_behind: lag.as_ref().map(|lag| lag.entries),
            octets_behind: lag.as_ref().map(|lag| lag.octets),
            unknown,
            oldest_seconds: lag.and_then(|lag| lag.oldest).map(|oldest| now.duration_since(oldest).as_secs().max(0)),
            database: followed.as_ref().and_then(|followed| followed.database),
            database_is_current: is_there && after == followed.as_ref().map(|followed| followed.journal),
            failing,
            is_elsewhere: settings.location.file().is_none(),
        })
    }

    /// What is wrong with it.
    pub(super) fn problem(&self, settings: &Settings) -> Option<Problem> {
        let lag_max = i64::try_from(settings.reserve.lag_max.as_secs()).unwrap_or(i64::MAX);
        let oldest = self.oldest_seconds.filter(|seconds| *seconds > lag_max);
        if oldest.is_none() && self.failing.is_none() && self.unknown.is_none() {
            return None;
        }
        let Self { to, .. } = self;
        let age = oldest.map(|seconds| format!(", the oldest {} old", times::span(SignedDuration::from_secs(seconds))));
        let why = self.failing.as_ref().map(|why| format!(" It fails {why}.")).unwrap_or_default();
        let missing = match (&self.unknown, self.entries_behind, self.octets_behind) {
            (None, Some(entries), Some(octets)) => {
                format!("{entries} journal entries with {octets} octets are not there{}", age.unwrap_or_default())
            }
            (error, ..) => format!("what is missing there is not known, {}", error.as_deref().unwrap_or_default()),
        };
        let message = format!(
            "The reserve at {to} does not follow the window: {missing}.{why} See that the window runs, and that the \
             place can be written and has room."
        );
        Some(Problem { code: "reserve-behind", message })
    }

    /// For people.
    pub(super) fn told(&self) -> String {
        let Self { to, .. } = self;
        let behind = match (self.entries_behind.zip(self.octets_behind), self.oldest_seconds) {
            (None, _) => "what is missing there is not known, since the journal cannot be read".to_owned(),
            (_, None) => "follows, nothing is missing there".to_owned(),
            (Some((entries, octets)), Some(seconds)) => {
                let age = times::span(SignedDuration::from_secs(seconds));
                format!("behind by {entries} entries, {octets} octets, {age}")
            }
        };
        let database = match self.database {
            _ if self.is_elsewhere => "BOEMİS is copied by whoever keeps its server".to_owned(),
            Some(at) => format!("BOEMİS as of {}", times::baku(at)),
            None => "BOEMİS not copied yet".to_owned(),
        };
        format!("{to}: {behind}; {database}")
    }
}

/// The last walk over all evidence.
#[derive(Debug, Serialize)]
pub struct Reverification {
    /// When the last whole walk ended.
    ended: Option<Timestamp>,
    /// Whether one is under way.
    under_way: bool,
    /// Things that it has verified.
    files: u64,
    /// What is known to be damaged: its place below the state folder, and why.
    damage: Vec<Damage>,
}

impl Reverification {
    /// What the window remembers.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        let found = Reverified::read(&Disk::system(), &settings.window.paths.state)?;
        let damage = found.all_damage();
        let under_way = found.ended.is_none() && !found.waits;
        Some(Self { ended: found.ended.or(found.before), under_way, files: found.files, damage })
    }

    /// What is damaged, and what to do.
    pub(super) fn problem(&self) -> Option<Problem> {
        let Damage { what, why } = self.damage.first()?;
        let count = self.damage.len();
        let message = format!(
            "Evidence is damaged in {count} places. The first: {what}: {why}. `pencere repair` puts it back from the \
             reserve, `pencere repair DIR` from a backup."
        );
        Some(Problem { code: "evidence-damaged", message })
    }

    /// For people.
    pub(super) fn told(&self) -> String {
        let when = self.ended.map_or_else(
            || "not verified again yet".to_owned(),
            |at| format!("verified again until {}", times::baku(at)),
        );
        let more = if self.under_way { ", and again now" } else { "" };
        match self.damage.len() {
            0 => format!("{when}{more}"),
            count => format!("{when}{more}; {count} damaged"),
        }
    }
}
