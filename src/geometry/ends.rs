//! Where lines end: whether each loose end of a line meets a site.
//!
//! A site is a place, or the extent of the area that it stands on; some twenty octets of each are kept. An end that is
//! another end of the same geometry is loose no more. Distances are asked north and east by themselves: whoever asks
//! whether a line reaches a substation asks for metres, and not for their tenths. Knows nothing of what a line or a
//! site is of.

use super::boxes::Boxes;
use super::exact::Point;
use super::fault::{Fault, Spot, What};
use super::{Bounds, Geometry, LINES, number};
use std::collections::BTreeMap;

/// Billionths of a degree in a metre northward, rounded up; and eastward in the north of the country, where a degree of
/// longitude is shortest: an end may lie there by a part in ten further off in the south.
const NORTH: i64 = 8_994;
const EAST: i64 = 12_220;

/// The sites of a submission.
#[derive(Debug)]
pub struct Sites {
    boxes: Boxes,
    metres: u32,
}

impl Sites {
    /// Of which an end may lie so far.
    pub fn within(metres: u32) -> Self {
        Self { boxes: Boxes::default(), metres }
    }

    /// Adds a shape, unless it is a line.
    pub fn add(&mut self, geometry: &Geometry) {
        if !LINES.contains(&geometry.kind()) {
            self.boxes.add(geometry.bounds());
        }
    }

    /// The loose ends of a line that meet none, at most `max`.
    pub fn missed(&self, line: &Geometry, max: usize) -> Vec<Fault> {
        let lines = line.runs.iter().filter(|_| LINES.contains(&line.kind()));
        let ends = lines.flat_map(|run| {
            let last = run.points.len().checked_sub(1);
            let ends = last.map(|last| [(run.part, 0), (run.part, last)]).into_iter().flatten();
            ends.filter_map(|(part, at)| Some((*run.points.get(at)?, part, at)))
        });
        let mut loose: BTreeMap<(usize, usize), Point> = BTreeMap::new();
        let mut met: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        for (point, part, at) in ends {
            *met.entry((point.x, point.y)).or_default() += 1;
            loose.insert((part, at), point);
        }
        let is_loose = |point: &Point| met.get(&(point.x, point.y)) == Some(&1);
        let missed = loose.into_iter().filter(|(_, point)| is_loose(point) && !self.is_near(*point));
        missed.take(max).map(|((part, at), point)| self.fault(part, at, point)).collect()
    }

    fn is_near(&self, point: Point) -> bool {
        let (north, east) = (i64::from(self.metres) * NORTH, i64::from(self.metres) * EAST);
        let around = Bounds {
            west: point.x.saturating_sub(east),
            south: point.y.saturating_sub(north),
            east: point.x.saturating_add(east),
            north: point.y.saturating_add(north),
        };
        let mut is_near = false;
        self.boxes.meeting(around, |_| {
            is_near = true;
            false
        });
        is_near
    }

    fn fault(&self, part: usize, at: usize, point: Point) -> Fault {
        let coordinates = format!("{} {}", number::shown(point.x, 9), number::shown(point.y, 9));
        let spot = Spot { part: part + 1, ring: 1, point: at + 1, coordinates, to: None };
        Fault { spots: vec![spot], ..Fault::new(What::EndMeetsNothing(self.metres)) }
    }
}
