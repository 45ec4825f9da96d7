//! Holds are bounded: what is held for one participant, and for how long nobody is told (S 9.1.5).
//!
//! Owns the bound (`[hold] documents_max, size_max`): a participant that reaches it is not taken from
//! until some of its submissions are decided; what it drops waits in its folder, nothing is refused.
//! Groups are taken whole, and one ahead, so the bound may be passed by what two bring. Owns the alarm
//! (`hold.max`), too. Never decides a submission.

use super::window::{Waits, Window};
use crate::advice::Advice;
use crate::config::HoldSettings;
use crate::document::{ParticipantName, SubmissionId};
use crate::schema::Key;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was told already, so that each thing is told once.
#[derive(Debug, Default)]
pub struct Holds {
    full: BTreeSet<ParticipantName>,
    overdue: BTreeSet<SubmissionId>,
}

impl Window {
    /// Looks at what is held: pauses the folders of those that hold too much, and tells once of
    /// each and of what has been held too long.
    pub(super) fn bound_holds(&mut self, now: Timestamp) {
        let settings = self.settings().hold;
        let full = full(&self.waits, &settings);
        if full != self.holds.full {
            for participant in full.difference(&self.holds.full) {
                tracing::error!(advice = %Advice::HeldTooMany, %participant,
                    "so much is held for this participant that its folder is left alone; mend what holds it");
            }
            for participant in self.holds.full.difference(&full) {
                tracing::info!(%participant, "less is held again: its folder is taken from");
            }
            self.holds.full = full;
            self.leave_alone();
        }
        let overdue = overdue(&self.waits, &settings, now);
        for id in overdue.difference(&self.holds.overdue) {
            let finding = self.waits.get(id).map_or("", |waits| waits.finding.as_str());
            tracing::error!(advice = %Advice::HeldTooLong,
                submission = %id, finding, "held longer than hold.max: a matter for a person");
        }
        self.holds.overdue = overdue;
    }

    /// Looks which of the large ones that are held stand behind another of the same statement: to look at one takes
    /// long, and comes to nothing before the other is decided. And which are of a body that has something looked at
    /// beside the groups: what is held of it keeps its later ones waiting, and would not, were it taken up and put
    /// behind them. One that stands behind nothing any more is tried at once.
    pub(super) fn look_who_stands_behind(&mut self, now: Timestamp) {
        let mut behind = behind(&self.waits);
        let is_aside = |waits: &Waits| waits.participant.as_ref().is_some_and(|whose| self.has_aside_of(whose));
        behind.extend(self.waits.iter().filter(|(_, waits)| is_aside(waits)).map(|(id, _)| *id));
        for id in self.behind.difference(&behind) {
            if let Some(waits) = self.waits.get_mut(id) {
                waits.next = now;
            }
        }
        self.behind = behind;
    }

    /// Whose folders are left alone because too much is held for them.
    pub(super) fn left_alone(&self) -> &BTreeSet<ParticipantName> {
        &self.holds.full
    }
}

/// The large ones before which another of the same statement waits.
fn behind(waits: &BTreeMap<SubmissionId, Waits>) -> BTreeSet<SubmissionId> {
    if !waits.values().any(Waits::is_large) {
        return BTreeSet::new();
    }
    let mut first: HashMap<&Key, SubmissionId> = HashMap::new();
    for (id, waits) in waits {
        waits.key.as_ref().map(|key| first.entry(key).or_insert(*id));
    }
    let is_behind = |(id, waits): &(&SubmissionId, &Waits)| {
        let first = waits.key.as_ref().and_then(|key| first.get(key));
        waits.is_large() && first.is_some_and(|first| first < *id)
    };
    waits.iter().filter(is_behind).map(|(id, _)| *id).collect()
}

/// Who has reached the bound in count or octets.
fn full(waits: &BTreeMap<SubmissionId, Waits>, settings: &HoldSettings) -> BTreeSet<ParticipantName> {
    let mut sums: BTreeMap<&ParticipantName, (u64, u64)> = BTreeMap::new();
    for waits in waits.values() {
        if let Some(participant) = &waits.participant {
            let (count, size) = sums.entry(participant).or_default();
            *count += 1;
            *size = size.saturating_add(waits.size);
        }
    }
    let full = sums.into_iter().filter(|(_, (count, size))| settings.is_full(*count, *size));
    full.map(|(participant, _)| participant.clone()).collect()
}

/// What has been held too long; or nobody knows how long, since it was received when the clock was ahead.
fn overdue(waits: &BTreeMap<SubmissionId, Waits>, settings: &HoldSettings, now: Timestamp) -> BTreeSet<SubmissionId> {
    let max = SignedDuration::try_from(settings.max).unwrap_or(SignedDuration::MAX);
    let ahead = SignedDuration::try_from(settings.retry_last).unwrap_or(SignedDuration::MAX);
    let is_overdue = |waits: &Waits| {
        let held = now.duration_since(waits.received);
        held > max || held < -ahead
    };
    waits.iter().filter(|(_, waits)| is_overdue(waits)).map(|(id, _)| *id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(all: &[(&str, u64, i64)]) -> BTreeMap<SubmissionId, Waits> {
        let one = |(n, (participant, size, received)): (usize, &(&str, u64, i64))| {
            let received = Timestamp::from_second(*received).unwrap();
            let waits = Waits {
                next: received,
                attempt: 1,
                finding: "load.database-away".to_owned(),
                key: None,
                names: None,
                participant: Some(participant.parse().unwrap()),
                size: *size,
                received,
            };
            (format!("0199a000-0000-7000-8000-{n:012x}").parse().unwrap(), waits)
        };
        all.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_participant_is_full_by_count_or_by_octets_and_no_other_with_it() {
        let settings = HoldSettings { documents_max: 2, size_max: 100, ..HoldSettings::default() };
        let names =
            |all: &[(&str, u64, i64)]| full(&held(all), &settings).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(names(&[]).is_empty());
        assert!(names(&[("azerenerji", 99, 0), ("azerisiq", 99, 0)]).is_empty());
        assert_eq!(names(&[("azerenerji", 1, 0), ("azerisiq", 1, 0), ("azerenerji", 1, 0)]), ["azerenerji"]);
        assert_eq!(names(&[("azerenerji", 1, 0), ("azerisiq", 100, 0)]), ["azerisiq"]);
    }

    #[test]
    fn what_is_held_longer_than_the_bound_is_overdue() {
        let settings = HoldSettings::default();
        let day = 86_400;
        let all = held(&[("azerenerji", 1, 0), ("azerenerji", 1, 10)]);
        let at = |second| overdue(&all, &settings, Timestamp::from_second(second).unwrap()).len();
        assert_eq!([at(day), at(day + 1), at(day + 11)], [0, 1, 2]);
        // received before the clock was set back: how long it is held nobody knows
        assert_eq!([at(-500), at(-595), at(-day)], [0, 1, 2]);
    }

    #[test]
    fn a_try_that_lies_further_ahead_than_the_longest_pause_is_due_now() {
        let (all, at) = (held(&[("azerenerji", 1, 10_000)]), |second| Timestamp::from_second(second).unwrap());
        let due = |now| all.values().next().unwrap().due(HoldSettings::default().retry_last, at(now));
        assert_eq!([due(9_400), due(9_399), due(20_000)], [at(10_000), at(9_399), at(10_000)]);
    }
}
