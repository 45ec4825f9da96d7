//! Areas of one submission that overlap each other: a warning (Rules 4.9), because neighbours are surveyed apart.
//!
//! Boxes are kept for all, boundaries as long as there is room: the oldest go first, because
//! neighbours mostly stand near each other in a file. What was not compared for that is counted.

use super::ellipsoid;
use super::exact::Point;
use super::fault::{Fault, What};
use super::{Geometry, Run};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::VecDeque;

/// Points whose boundaries are kept: 16 MiB at 16 octets. The cadastre of a district fits.
const KEPT_MAX: usize = 1 << 20;
/// Points that are compared in one submission: half a minute's work, which no honest submission needs.
const WORK_MAX: usize = 100_000_000;
/// Square metres in common that are no overlap: boundaries measured twice differ by centimetres.
const SLACK: u64 = 10;

type Boxed = GeomWithData<Rectangle<[i64; 2]>, usize>;

/// Looks for overlaps among areas that come one by one.
#[derive(Debug)]
pub struct Overlaps {
    boxes: RTree<Boxed>,
    /// Which record each was, in the order in which they came.
    records: Vec<u64>,
    kept: VecDeque<Vec<Run>>,
    /// How many of the oldest are not kept any more.
    gone: usize,
    points: usize,
    room: usize,
    work: usize,
    unchecked: u64,
}

impl Default for Overlaps {
    fn default() -> Self {
        Self::within(KEPT_MAX, WORK_MAX)
    }
}

impl Overlaps {
    /// With room for so many points of boundaries, and so many to compare in all.
    pub fn within(room: usize, work: usize) -> Self {
        Self {
            boxes: RTree::new(),
            records: Vec::new(),
            kept: VecDeque::new(),
            gone: 0,
            points: 0,
            room,
            work,
            unchecked: 0,
        }
    }

    /// Takes the area of the record with this number; gives a warning for each earlier one that it overlaps, at
    /// most `max`.
    pub fn add(&mut self, record: u64, geometry: &Geometry, max: usize) -> Vec<Fault> {
        let bounds = geometry.bounds();
        if !geometry.kind().is_area() {
            return Vec::new();
        }
        let (west_south, east_north) = ([bounds.west, bounds.south], [bounds.east, bounds.north]);
        let (found, unchecked) = self.compare(geometry, &AABB::from_corners(west_south, east_north), max);
        self.unchecked += u64::from(unchecked);
        self.boxes.insert(Boxed::new(Rectangle::from_corners(west_south, east_north), self.records.len()));
        self.records.push(record);
        self.points += geometry.points();
        self.kept.push_back(geometry.runs.clone());
        while self.points > self.room {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.points -= oldest.iter().map(|run| run.points.len()).sum::<usize>();
            self.gone += 1;
        }
        found
    }

    /// The word that not all were compared; nothing when they were.
    pub fn finish(self) -> Option<Fault> {
        (self.unchecked > 0).then(|| Fault::new(What::OverlapsUnchecked(self.unchecked)))
    }

    /// The overlaps with earlier ones, and whether one was not looked at.
    fn compare(&mut self, geometry: &Geometry, around: &AABB<[i64; 2]>, max: usize) -> (Vec<Fault>, bool) {
        let (mut found, mut unchecked) = (Vec::new(), false);
        let origin = Point { x: around.lower()[0], y: around.lower()[1] };
        for candidate in self.boxes.locate_in_envelope_intersecting(around) {
            if found.len() >= max {
                break;
            }
            let other = candidate.data.checked_sub(self.gone).and_then(|at| self.kept.get(at));
            let Some(other) = other else {
                unchecked = true;
                // as much as to look at a box: there may be as many as areas
                self.work = self.work.saturating_sub(1);
                if self.work == 0 { break } else { continue }
            };
            let cost = geometry.points() + other.iter().map(|run| run.points.len()).sum::<usize>();
            if cost > self.work {
                unchecked = true;
                break;
            }
            self.work -= cost;
            let area = ellipsoid::shared(&geometry.runs, other, origin);
            if let Some(&record) = self.records.get(candidate.data).filter(|_| area > SLACK) {
                found.push(Fault::new(What::Overlaps(record, area)));
            }
        }
        (found, unchecked)
    }
}
