//! Where the rings of a geometry meet, by one sweep from west to east (Shamos and Hoey, 1976).
//!
//! The segments that the sweep line cuts stand in a tree, from below to above; only neighbours are
//! compared. Every comparison is exact, so the order cannot be wrong before the first crossing; of two
//! segments that cross, the later one is taken out at once, and the sweep goes on for more. That takes
//! `n log n` steps, whatever the sender drew: long slanting neighbours, whose boxes all overlap, too.

use super::exact::{Meeting, Point, meeting, side};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

/// Crossings that are told of one geometry: enough to see what is wrong with it.
const CROSSINGS_MAX: usize = 8;

/// A segment of a ring, given from its lesser to its greater end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub from: Point,
    pub to: Point,
    /// Which ring.
    pub run: usize,
    /// Which of its segments.
    pub number: usize,
    /// Whether the ring goes from `from` to `to`.
    pub forward: bool,
}

/// What the sweep saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Segments that cross, or lie upon each other from a point on.
    pub crossings: Vec<(usize, usize, Option<Point>)>,
    /// A point where a ring has a corner, and the segment whose inner it lies in.
    pub touches: Vec<(Point, usize)>,
    /// Of each ring the segment right below its westmost corner.
    pub below: Vec<Option<usize>>,
}

/// A segment in the tree.
#[derive(Clone, Copy)]
struct Active {
    from: Point,
    to: Point,
    id: usize,
}

impl Ord for Active {
    /// Which lies above the other, for two that a sweep line cuts and that do not cross before it.
    fn cmp(&self, other: &Self) -> Ordering {
        if self.id == other.id {
            return Ordering::Equal;
        }
        if self.from > other.from {
            return other.cmp(self).reverse();
        }
        let first = side(self.from, self.to, other.from);
        let lies = if first == 0 { side(self.from, self.to, other.to) } else { first };
        0.cmp(&lies).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Active {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Active {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Active {}

/// The sweep under way.
struct Sweep<'a> {
    segments: &'a [Segment],
    tree: BTreeSet<Active>,
    seen: Seen,
}

/// Sweeps over segments none of which is a mere point.
///
/// `westmost` has for each ring its least corner and the two segments that begin there.
pub(super) fn sweep(segments: &[Segment], westmost: &[(Point, [usize; 2])]) -> Seen {
    let mut sweep = Sweep { segments, tree: BTreeSet::new(), seen: Seen::default() };
    sweep.seen.below = vec![None; westmost.len()];
    let mut rings: Vec<usize> = (0..westmost.len()).collect();
    rings.sort_unstable_by_key(|&ring| westmost.get(ring).map(|(point, _)| *point));
    let mut rings = rings.into_iter().peekable();
    // ends come before beginnings at the same point
    let mut events: Vec<(Point, bool, usize)> = Vec::with_capacity(segments.len() * 2);
    for (id, segment) in segments.iter().enumerate() {
        events.push((segment.from, true, id));
        events.push((segment.to, false, id));
    }
    events.sort_unstable();
    for here in events.chunk_by(|a, b| a.0 == b.0) {
        for &(_, begins, id) in here {
            if sweep.seen.crossings.len() >= CROSSINGS_MAX {
                return sweep.seen;
            }
            if begins { sweep.begin(id) } else { sweep.end(id) }
        }
        let at = here.first().map(|event| event.0);
        while let Some(ring) = rings.next_if(|&ring| westmost.get(ring).map(|(point, _)| *point) == at) {
            let lower = westmost.get(ring).and_then(|(_, ids)| ids.iter().filter_map(|&id| sweep.active(id)).min());
            let below = lower.and_then(|lower| sweep.tree.range(..lower).next_back()).map(|active| active.id);
            if let Some(place) = sweep.seen.below.get_mut(ring) {
                *place = below;
            }
        }
    }
    sweep.seen
}

impl Sweep<'_> {
    fn active(&self, id: usize) -> Option<Active> {
        self.segments.get(id).map(|segment| Active { from: segment.from, to: segment.to, id })
    }

    fn neighbours(&self, active: Active) -> (Option<Active>, Option<Active>) {
        let below = self.tree.range(..active).next_back().copied();
        let above = self.tree.range((Excluded(active), Unbounded)).next().copied();
        (below, above)
    }

    fn begin(&mut self, id: usize) {
        let Some(active) = self.active(id) else { return };
        self.tree.insert(active);
        let (below, above) = self.neighbours(active);
        if let Some(below) = below {
            self.compare(below, active);
        }
        if let Some(above) = above.filter(|_| self.tree.contains(&active)) {
            self.compare(active, above);
        }
    }

    fn end(&mut self, id: usize) {
        let Some(active) = self.active(id) else { return };
        if self.tree.contains(&active) {
            self.take_out(active);
        }
    }

    /// Takes one out; those that become neighbours are compared.
    fn take_out(&mut self, active: Active) {
        let mut gone = Some(active);
        while let Some(active) = gone.take() {
            let (below, above) = self.neighbours(active);
            self.tree.remove(&active);
            if let (Some(below), Some(above)) = (below, above) {
                gone = self.judge(below, above);
            }
        }
    }

    fn compare(&mut self, below: Active, above: Active) {
        if let Some(gone) = self.judge(below, above) {
            self.take_out(gone);
        }
    }

    /// Notes how two neighbours meet; of two that cross, gives the one to be taken out.
    fn judge(&mut self, below: Active, above: Active) -> Option<Active> {
        let place = match meeting((below.from, below.to), (above.from, above.to)) {
            Meeting::Apart => return None,
            Meeting::FirstHolds(point) => {
                self.seen.touches.push((point, below.id));
                return None;
            }
            Meeting::SecondHolds(point) => {
                self.seen.touches.push((point, above.id));
                return None;
            }
            Meeting::Cross => None,
            Meeting::Along(from) => Some(from),
        };
        if self.seen.crossings.len() < CROSSINGS_MAX {
            self.seen.crossings.push((below.id.min(above.id), below.id.max(above.id), place));
        }
        Some(if below.from < above.from { above } else { below })
    }
}
