//! Areas of one submission that overlap each other: a warning (Rules 4.9), because neighbours are surveyed apart.
//!
//! Boxes are kept for all, boundaries as long as there is room: the oldest go first, because
//! neighbours mostly stand near each other in a file. Whoever still has one that went is asked for it, as long as there
//! is work left for that. What was not compared is counted.

use super::boxes::Boxes;
use super::ellipsoid;
use super::exact::Point;
use super::fault::{Fault, What};
use super::{Bounds, Geometry, Run};
use crate::host::side_by_side;
use std::collections::{HashMap, VecDeque};

/// Points whose boundaries are kept: 4 MiB at 16 octets, some thousand parcels.
const KEPT_MAX: usize = 1 << 18;
/// Points that are compared in one submission: half a minute's work, which no honest submission needs.
const WORK_MAX: usize = 100_000_000;
/// What it costs to ask for a boundary that is not kept, in points: it is read with its neighbours.
const ASKED: usize = 2_000;
/// Comparisons of one area that are made ahead: of a parcel among its neighbours all. What is made in vain, because
/// enough was found before, is so little that it may be left out of the work.
const AHEAD_MAX: usize = 8;
/// Square metres in common that are no overlap: boundaries measured twice differ by centimetres.
const SLACK: u64 = 10;

/// Looks for overlaps among areas that come one by one.
#[derive(Debug)]
pub struct Overlaps {
    boxes: Boxes,
    /// Which record each was, in the order in which they came.
    records: Numbers,
    kept: VecDeque<Vec<Run>>,
    /// How many of the oldest are not kept any more.
    gone: usize,
    points: usize,
    room: usize,
    work: usize,
    unchecked: u64,
    /// What was compared ahead: by the places of both, the later first, their square metres in common.
    foreseen: HashMap<(usize, usize), u64>,
}

impl Default for Overlaps {
    fn default() -> Self {
        Self::within(KEPT_MAX, WORK_MAX)
    }
}

impl Overlaps {
    /// For about so many areas, whose boxes are given their room at once: to move them would take it twice.
    pub fn of_about(count: usize) -> Self {
        let mut overlaps = Self::default();
        overlaps.boxes.reserve(count);
        overlaps
    }

    /// With room for so many points of boundaries, and so many to compare in all.
    pub fn within(room: usize, work: usize) -> Self {
        Self {
            boxes: Boxes::default(),
            records: Numbers::default(),
            kept: VecDeque::new(),
            gone: 0,
            points: 0,
            room,
            work,
            unchecked: 0,
            foreseen: HashMap::new(),
        }
    }

    /// Compares areas that are added next, in this order, with earlier ones and with each other, on as many threads as
    /// there are processors. [`Overlaps::add`] finds what it would have found, and has less to do.
    pub fn foresee(&mut self, next: &[&Geometry]) {
        self.foreseen.clear();
        let next: Vec<(&Geometry, Bounds)> =
            next.iter().filter(|one| one.kind().is_area()).map(|one| (*one, one.bounds())).collect();
        let Self { boxes, kept, gone, work, records, .. } = self;
        let (before, mut cost) = (records.len(), 0);
        let mut pairs = Vec::new();
        for (nth, (geometry, bounds)) in next.iter().enumerate() {
            let mut others: Vec<(usize, &[Run])> = Vec::new();
            let mut earlier = next.iter().take(nth).enumerate().filter(|(_, (_, other))| meet(*bounds, *other));
            while let Some((at, (other, _))) = earlier.next_back().filter(|_| others.len() < AHEAD_MAX) {
                others.push((before + at, &other.runs));
            }
            boxes.meeting(*bounds, |at| {
                let kept = at.checked_sub(*gone).and_then(|at| kept.get(at));
                others.extend(kept.map(|runs| (at, &runs[..])));
                others.len() < AHEAD_MAX
            });
            for (at, runs) in others {
                cost += geometry.points() + points(runs);
                if cost <= *work {
                    pairs.push(((before + nth, at), &geometry.runs[..], runs, origin(*bounds)));
                }
            }
        }
        let shared = |(places, one, other, origin)| (places, ellipsoid::shared(one, other, origin, SLACK));
        // whatever panicked does so again in its turn, where that is heard
        self.foreseen.extend(side_by_side(pairs, shared).unwrap_or_default());
    }

    /// Takes the area of the record with this number; gives a warning for each earlier one that it overlaps, at
    /// most `max`. `asked` gives the area of an earlier record once more, if it can.
    pub fn add(
        &mut self,
        record: u32,
        geometry: &Geometry,
        max: usize,
        asked: &mut dyn FnMut(u32) -> Option<Geometry>,
    ) -> Vec<Fault> {
        if !geometry.kind().is_area() {
            return Vec::new();
        }
        let (found, unchecked) = self.compare(geometry, max, asked);
        self.unchecked += u64::from(unchecked);
        self.boxes.add(geometry.bounds());
        self.records.push(record);
        self.points += geometry.points();
        self.kept.push_back(geometry.runs.clone());
        while self.points > self.room {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.points -= points(&oldest);
            self.gone += 1;
        }
        found
    }

    /// The word that not all were compared; nothing when they were.
    pub fn finish(self) -> Option<Fault> {
        (self.unchecked > 0).then(|| Fault::new(What::OverlapsUnchecked(self.unchecked)))
    }

    /// The overlaps with earlier ones, and whether one was not looked at.
    fn compare(
        &mut self,
        geometry: &Geometry,
        max: usize,
        asked: &mut dyn FnMut(u32) -> Option<Geometry>,
    ) -> (Vec<Fault>, bool) {
        let (mut found, mut unchecked) = (Vec::new(), false);
        let bounds = geometry.bounds();
        let origin = origin(bounds);
        let Self { boxes, records, kept, gone, work, foreseen, .. } = self;
        let mine = records.len();
        boxes.meeting(bounds, |at| {
            let Some(record) = records.get(at) else { return true };
            let kept = at.checked_sub(*gone).and_then(|at| kept.get(at));
            let asked = match kept {
                None if *work > ASKED => {
                    *work -= ASKED;
                    asked(record)
                }
                _ => None,
            };
            let Some(other) = kept.or(asked.as_ref().map(|geometry| &geometry.runs)) else {
                unchecked = true;
                // as much as to look at a box: there may be as many as areas
                *work = work.saturating_sub(1);
                return *work > 0;
            };
            let cost = geometry.points() + points(other);
            if cost > *work {
                unchecked = true;
                return false;
            }
            *work -= cost;
            let area =
                foreseen.remove(&(mine, at)).unwrap_or_else(|| ellipsoid::shared(&geometry.runs, other, origin, SLACK));
            if area > SLACK {
                found.push(Fault::new(What::Overlaps(u64::from(record), area)));
            }
            found.len() < max
        });
        (found, unchecked)
    }
}

/// Numbers that come one by one, most of them one more than the last: a pair for each stretch.
#[derive(Debug, Default)]
struct Numbers {
    /// The place of the first of each stretch, and its number.
    stretches: Vec<(usize, u32)>,
    count: usize,
}

impl Numbers {
    fn len(&self) -> usize {
        self.count
    }

    fn push(&mut self, number: u32) {
        if self.next() != Some(number) {
            self.stretches.push((self.count, number));
        }
        self.count += 1;
    }

    fn get(&self, at: usize) -> Option<u32> {
        let behind = self.stretches.partition_point(|(first, _)| *first <= at);
        let (first, number) = self.stretches.get(behind.checked_sub(1)?).filter(|_| at < self.count)?;
        number.checked_add(u32::try_from(at - first).ok()?)
    }

    /// The number that would go on with the last stretch.
    fn next(&self) -> Option<u32> {
        self.get(self.count.checked_sub(1)?)?.checked_add(1)
    }
}

fn origin(bounds: Bounds) -> Point {
    Point { x: bounds.west, y: bounds.south }
}

fn meet(one: Bounds, other: Bounds) -> bool {
    one.west <= other.east && other.west <= one.east && one.south <= other.north && other.south <= one.north
}

fn points(runs: &[Run]) -> usize {
    runs.iter().map(|run| run.points.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_number_is_found_at_its_place(
            steps in proptest::collection::vec(prop_oneof![5 => Just(1u32), 1 => 0u32..4], 0..200),
        ) {
            let (mut numbers, mut all, mut number) = (Numbers::default(), Vec::new(), 0);
            for step in steps {
                number += step;
                numbers.push(number);
                all.push(number);
            }
            prop_assert_eq!((0..numbers.len()).filter_map(|at| numbers.get(at)).collect::<Vec<_>>(), all);
            prop_assert_eq!(numbers.get(numbers.len()), None);
        }
    }
}
