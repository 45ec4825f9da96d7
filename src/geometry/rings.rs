//! Whether the rings of an area bound it: no ring meets itself, none crosses another, holes lie inside,
//! parts lie apart (OGC 06-103r4 6.1.11.1 and 6.1.13).
//!
//! Takes rings that are closed, have three corners and more, and repeat no point. Rings may touch one
//! another at points, as long as the area stays in one piece. Everything is `n log n`.

use super::exact::{Meeting, Point, by_angle, crossing, difference, doubled_area, meeting};
use super::fault::What;
use super::sweep::{Seen, Segment, sweep};
use std::collections::BTreeMap;

/// Troubles that are told of one geometry.
const TROUBLES_MAX: usize = 8;

/// A ring as it was sent.
#[derive(Debug)]
pub(super) struct Ring {
    /// Which polygon, from 0.
    pub part: usize,
    /// Which of its rings, from 0: the first is the outer one.
    pub ring: usize,
    /// Its corners; the last is the first.
    pub points: Vec<Point>,
}

/// A corner of a ring, or the segment that begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub ring: usize,
    pub corner: usize,
    pub segment: bool,
}

/// What is wrong with rings, and where.
#[derive(Debug)]
pub(super) struct Trouble {
    pub what: What,
    pub marks: Vec<Mark>,
    pub meets: Option<Point>,
}

/// A way through a point: a corner, or a segment.
struct Pass {
    mark: Mark,
    ways: [(i128, i128); 2],
}

/// What is wrong; nothing when the rings bound an area.
pub(super) fn examine(rings: &[Ring]) -> Vec<Trouble> {
    match rings {
        [alone] if is_plainly_simple(&alone.points) => Vec::new(),
        _ => examine_all(rings),
    }
}

/// Whether a lone ring of few corners meets itself nowhere: each two of its sides whose boxes meet are asked, which for
/// a parcel are its neighbours and some more. Where not, or where that would be many, the sweep tells what is wrong.
fn is_plainly_simple(points: &[Point]) -> bool {
    /// Sides at most: of twice as many a sweep is done sooner.
    const SIDES: usize = 96;
    if points.len() > SIDES + 1 {
        return false;
    }
    let mut sides: Vec<(Point, Point)> =
        points.windows(2).map(|pair| (pair[0].min(pair[1]), pair[0].max(pair[1]))).collect();
    sides.sort_unstable();
    let mut corners: Vec<Point> = points.iter().skip(1).copied().collect();
    corners.sort_unstable();
    let is_apart = |at: usize, one: (Point, Point)| {
        let (low, high) = (one.0.y.min(one.1.y), one.0.y.max(one.1.y));
        let behind = sides.iter().skip(at + 1).take_while(|other| other.0.x <= one.1.x);
        behind
            .filter(|other| other.0.y.min(other.1.y) <= high && low <= other.0.y.max(other.1.y))
            .all(|other| meeting(one, *other) == Meeting::Apart)
    };
    corners.windows(2).all(|pair| pair[0] != pair[1]) && sides.iter().enumerate().all(|(at, one)| is_apart(at, *one))
}

fn examine_all(rings: &[Ring]) -> Vec<Trouble> {
    let (segments, westmost) = segments(rings);
    let seen = sweep(&segments, &westmost);
    let mut troubles = crossings(rings, &segments, &seen);
    // a spike is among the crossings, too: what lies in what is asked of rings that bound something
    let apart = seen.crossings.is_empty();
    touches(rings, &segments, &seen, &mut troubles);
    if apart && troubles.iter().all(|trouble| trouble.what == What::Disconnected) {
        nesting(rings, &segments, &seen, &mut troubles);
    }
    troubles.truncate(TROUBLES_MAX);
    troubles
}

type Westmost = Vec<(Point, [usize; 2])>;

fn segments(rings: &[Ring]) -> (Vec<Segment>, Westmost) {
    let (mut segments, mut westmost) = (Vec::new(), Vec::new());
    for (run, ring) in rings.iter().enumerate() {
        let base = segments.len();
        for (number, pair) in ring.points.windows(2).enumerate() {
            let (from, to) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
            segments.push(Segment { from, to, run, number, forward: pair[0] < pair[1] });
        }
        let count = segments.len() - base;
        let least = ring.points.iter().take(count).enumerate().min_by_key(|(_, point)| **point);
        let (corner, point) = least.map_or((0, Point { x: 0, y: 0 }), |(corner, point)| (corner, *point));
        let before = if corner == 0 { count.saturating_sub(1) } else { corner - 1 };
        westmost.push((point, [base + before, base + corner]));
    }
    (segments, westmost)
}

fn mark_of(segment: &Segment) -> Mark {
    Mark { ring: segment.run, corner: segment.number, segment: true }
}

/// Segments that cross or lie upon each other.
fn crossings(rings: &[Ring], segments: &[Segment], seen: &Seen) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for &(first, second, along) in &seen.crossings {
        let (Some(a), Some(b)) = (segments.get(first), segments.get(second)) else { continue };
        let (Some(ring), Some(other)) = (rings.get(a.run), rings.get(b.run)) else { continue };
        let last = ring.points.len().saturating_sub(2);
        let neighbours = a.run == b.run && (b.number - a.number == 1 || (a.number, b.number) == (0, last));
        if neighbours {
            continue; // a spike, which is told as such
        }
        let what = match along {
            None if a.run == b.run => What::SelfCrossing,
            None if ring.part == other.part => What::RingsCross,
            None => What::PartsOverlap,
            Some(_) if a.run == b.run => What::SelfOverlap,
            Some(_) if ring.part == other.part => What::RingsShare,
            Some(_) => What::PartsShare,
        };
        let meets = along.unwrap_or_else(|| crossing((a.from, a.to), (b.from, b.to)));
        troubles.push(Trouble { what, marks: vec![mark_of(a), mark_of(b)], meets: Some(meets) });
    }
    troubles
}

/// Points that more than one way goes through.
fn touches(rings: &[Ring], segments: &[Segment], seen: &Seen, troubles: &mut Vec<Trouble>) {
    let mut corners: Vec<(Point, usize, usize)> = Vec::with_capacity(segments.len());
    for (at, ring) in rings.iter().enumerate() {
        let count = ring.points.len().saturating_sub(1);
        corners.extend(ring.points.iter().take(count).enumerate().map(|(corner, point)| (*point, at, corner)));
    }
    corners.sort_unstable();
    let mut held: BTreeMap<Point, Vec<usize>> = BTreeMap::new();
    for &(point, id) in &seen.touches {
        let ids = held.entry(point).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut pieces = Pieces::new(rings.len());
    for here in corners.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(point, ..)) = here.first() else { continue };
        let across = held.get(&point).map_or(&[][..], Vec::as_slice);
        if here.len() + across.len() < 2 {
            continue;
        }
        let mut passes: Vec<Pass> = Vec::with_capacity(here.len() + across.len());
        for &(_, ring, corner) in here {
            let Some(points) = rings.get(ring).map(|ring| &ring.points) else { continue };
            let before = if corner == 0 { points.len().saturating_sub(2) } else { corner - 1 };
            let (Some(&before), Some(&after)) = (points.get(before), points.get(corner + 1)) else { continue };
            let ways = [difference(point, before), difference(point, after)];
            passes.push(Pass { mark: Mark { ring, corner, segment: false }, ways });
        }
        for segment in across.iter().filter_map(|&id| segments.get(id)) {
            let ways = [difference(point, segment.from), difference(point, segment.to)];
            passes.push(Pass { mark: mark_of(segment), ways });
        }
        let ways = ways(&passes);
        if ways.windows(2).any(|pair| by_angle(pair[0].1, pair[1].1).is_eq()) {
            continue; // they lie upon each other, as at a spike: that is told, and pieces are not asked about
        }
        if let Some(trouble) = at_a_point(rings, point, &passes, ways) {
            troubles.push(trouble);
        } else if let Some(ring) = pieces.join(rings, &passes) {
            let marks = passes.iter().map(|pass| pass.mark).filter(|mark| mark.ring == ring).take(1).collect();
            troubles.push(Trouble { what: What::Disconnected, marks, meets: Some(point) });
        }
        if troubles.len() >= TROUBLES_MAX {
            return;
        }
    }
}

/// A direction in which a pass leaves a point, and which pass.
type Way = (usize, (i128, i128));

/// All of them around the point.
fn ways(passes: &[Pass]) -> Vec<Way> {
    let mut ways: Vec<Way> = passes.iter().enumerate().flat_map(|(at, pass)| pass.ways.map(|way| (at, way))).collect();
    ways.sort_by(|a, b| by_angle(a.1, b.1));
    ways
}

/// Ways through one point that cross there, or belong to one ring.
fn at_a_point(rings: &[Ring], point: Point, passes: &[Pass], ways: Vec<Way>) -> Option<Trouble> {
    let part = |mark: Mark| rings.get(mark.ring).map(|ring| ring.part);
    let order = |mark: &Mark| (mark.ring, mark.corner);
    let tell = |what: What, a: Mark, b: Mark| {
        let mut marks = vec![a, b];
        marks.sort_unstable_by_key(order);
        Some(Trouble { what, marks, meets: Some(point) })
    };
    // around the point ways that do not cross open and close like brackets
    let (mut open, mut opened) = (Vec::new(), vec![false; passes.len()]);
    for (at, _) in ways {
        if open.last() == Some(&at) {
            open.pop();
            continue;
        }
        let again = opened.get_mut(at).is_some_and(|opened| std::mem::replace(opened, true));
        if !again {
            open.push(at);
            continue;
        }
        let top = open.last().and_then(|&top| passes.get(top));
        let (Some(a), Some(b)) = (top, passes.get(at)) else { continue };
        let (a, b) = (a.mark, b.mark);
        return match (a.ring == b.ring, part(a) == part(b)) {
            (true, _) => tell(What::SelfCrossing, a, b),
            (_, true) => tell(What::RingsCross, a, b),
            _ => tell(What::PartsOverlap, a, b),
        };
    }
    let mut marks: Vec<Mark> = passes.iter().map(|pass| pass.mark).collect();
    marks.sort_unstable_by_key(order);
    let twice = marks.windows(2).find(|pair| pair[0].ring == pair[1].ring)?;
    tell(What::SelfTouch, twice[0], twice[1])
}

/// Rings that hang together by the points at which they touch.
struct Pieces {
    above: Vec<usize>,
}

impl Pieces {
    fn new(rings: usize) -> Self {
        Self { above: (0..rings).collect() }
    }

    fn top(&mut self, mut node: usize) -> usize {
        while let Some(&above) = self.above.get(node) {
            if above == node {
                break;
            }
            let next = self.above.get(above).copied().unwrap_or(above);
            if let Some(place) = self.above.get_mut(node) {
                *place = next;
            }
            node = above;
        }
        node
    }

    /// Joins the rings of each part that touch here; gives a ring that hung together with another already:
    /// both together then cut the area in two.
    fn join(&mut self, rings: &[Ring], passes: &[Pass]) -> Option<usize> {
        let mut here: Vec<(usize, usize)> =
            passes.iter().filter_map(|pass| Some((rings.get(pass.mark.ring)?.part, pass.mark.ring))).collect();
        here.sort_unstable();
        let mut closes = None;
        for same in here.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            let node = self.above.len();
            self.above.push(node);
            for &(_, ring) in same {
                let (top, ring_top) = (self.top(node), self.top(ring));
                if top == ring_top {
                    closes = Some(ring);
                } else if let Some(place) = self.above.get_mut(ring_top) {
                    *place = top;
                }
            }
        }
        closes
    }
}

/// Which ring each lies in directly, and whether it may.
fn nesting(rings: &[Ring], segments: &[Segment], seen: &Seen, troubles: &mut Vec<Trouble>) {
    let left: Vec<bool> = rings.iter().map(|ring| doubled_area(&ring.points) > 0).collect();
    // below the ring lies the inner of the first, or what the second lies in
    let step = |ring: usize| -> Option<(usize, bool)> {
        let segment = segments.get((*seen.below.get(ring)?)?)?;
        Some((segment.run, left.get(segment.run) == Some(&segment.forward)))
    };
    let mut parents: Vec<Option<Option<usize>>> = vec![None; rings.len()];
    for ring in 0..rings.len() {
        let (mut chain, mut now) = (Vec::new(), ring);
        let parent = loop {
            if let Some(Some(known)) = parents.get(now) {
                break *known;
            }
            chain.push(now);
            match step(now) {
                Some((other, true)) => break Some(other),
                Some((other, false)) if chain.len() <= rings.len() => now = other,
                _ => break None,
            }
        };
        for link in chain {
            if let Some(place) = parents.get_mut(link) {
                *place = Some(parent);
            }
        }
    }
    for (at, ring) in rings.iter().enumerate() {
        let parent = parents.get(at).copied().flatten().flatten();
        let around = parent.and_then(|parent| rings.get(parent));
        let what = match (ring.ring, around) {
            (0, None) => continue,
            (0, Some(around)) if around.ring > 0 && around.part != ring.part => continue,
            (0, Some(around)) if around.part == ring.part => What::HoleOutside,
            (0, Some(_)) => What::PartsOverlap,
            (_, Some(around)) if around.part == ring.part && around.ring == 0 => continue,
            (_, Some(around)) if around.part == ring.part => What::HoleInHole,
            _ => What::HoleOutside,
        };
        let mark = |ring| Mark { ring, corner: 0, segment: false };
        let marks = std::iter::once(at).chain(parent).map(mark).collect();
        troubles.push(Trouble { what, marks, meets: None });
        if troubles.len() >= TROUBLES_MAX {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Where asking each two sides of a lone ring finds nothing, the sweep finds nothing: on a small grid, where
        /// rings meet themselves in every way.
        #[test]
        fn the_sweep_finds_nothing_in_a_ring_that_is_plainly_simple(
            corners in proptest::collection::vec((0_i64..7, 0_i64..7), 3..14), far in 0_i64..1 << 42,
        ) {
            let mut points: Vec<Point> = corners.iter().map(|&(x, y)| Point { x: far + x, y: far / 3 + y }).collect();
            points.push(points[0]);
            prop_assume!(points.windows(2).all(|pair| pair[0] != pair[1]));
            let ring = [Ring { part: 0, ring: 0, points }];
            let simple = is_plainly_simple(&ring[0].points);
            prop_assert!(!simple || examine_all(&ring).is_empty(), "{:?}", ring);
        }

        /// Of stars, most of which are simple, both say the same.
        #[test]
        fn a_star_is_plainly_simple_where_the_sweep_finds_nothing(
            radii in proptest::collection::vec(1_000_i64..1_000_000, 3..90), swapped in 0_usize..200,
        ) {
            let corner = |(at, radius): (usize, &i64)| {
                let (sine, cosine) = (at as f64 / radii.len() as f64 * std::f64::consts::TAU).sin_cos();
                let place = |share: f64| (*radius as f64 * share).round() as i64;
                Point { x: place(cosine), y: place(sine) }
            };
            let mut points: Vec<Point> = radii.iter().enumerate().map(corner).collect();
            if swapped + 1 < points.len() {
                points.swap(swapped, swapped + 1);
            }
            points.push(points[0]);
            let ring = [Ring { part: 0, ring: 0, points }];
            prop_assert_eq!(is_plainly_simple(&ring[0].points), examine_all(&ring).is_empty(), "{:?}", ring);
        }
    }
}
