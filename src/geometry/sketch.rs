//! A geometry as it was read: points, lines and rings with their places, and nothing proven.
//!
//! The three readers draw here. Each number is kept twice, in ticks and by its digits.

use super::exact::Point;
use super::fault::{Bound, Fault, Form, What};
use super::number;
use super::{Axes, Crs, Kind, Limits};

/// What was sent, before it is judged.
#[derive(Debug)]
pub struct Sketch {
    pub(super) kind: Kind,
    pub(super) crs: Crs,
    pub(super) axes: Axes,
    /// Whether the sense of rings is part of the format (RFC 7946 3.1.6).
    pub(super) sense: bool,
    pub(super) runs: Vec<Draft>,
    pub(super) points: Vec<Point>,
    pub(super) offsets: Vec<u64>,
    digits: String,
    ends: Vec<usize>,
}

/// A ring, a line, or a lone point of a sketch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft {
    pub part: usize,
    pub ring: usize,
    pub start: usize,
    pub end: usize,
}

/// A sketch under way.
#[derive(Debug)]
pub(super) struct Drawing {
    sketch: Sketch,
    limit: usize,
    parts: usize,
    rings: usize,
}

impl Drawing {
    pub fn new(crs: Crs, axes: Axes, limits: &Limits) -> Self {
        let sketch = Sketch {
            kind: Kind::Point,
            crs,
            axes,
            sense: false,
            runs: Vec::new(),
            points: Vec::new(),
            offsets: Vec::new(),
            digits: String::new(),
            ends: Vec::new(),
        };
        Self { sketch, limit: limits.points, parts: 0, rings: 0 }
    }

    /// Makes room for what a text of so many octets draws, as surveys write.
    pub fn expect(&mut self, octets: usize) {
        const POINT: usize = 22; // 310000.000 4380000.000 and a comma
        let points = (octets / POINT).min(self.limit);
        let sketch = &mut self.sketch;
        sketch.points.reserve(points);
        sketch.offsets.reserve(points);
        sketch.ends.reserve(points);
        sketch.digits.reserve(octets);
    }

    /// Whether this is the system of all points; as long as there are none it becomes it.
    pub fn is_in(&mut self, crs: Crs, axes: Axes) -> bool {
        if self.sketch.points.is_empty() {
            (self.sketch.crs, self.sketch.axes) = (crs, axes);
        }
        (self.sketch.crs, self.sketch.axes) == (crs, axes)
    }

    /// A polygon, or one of several lines.
    pub fn begin_part(&mut self) {
        self.parts += 1;
        self.rings = 0;
    }

    /// A ring, a line, or a lone point.
    pub fn begin_run(&mut self) {
        let start = self.sketch.points.len();
        self.sketch.runs.push(Draft { part: self.parts.saturating_sub(1), ring: self.rings, start, end: start });
        self.rings += 1;
    }

    /// Points of the open run so far.
    pub fn count(&self) -> usize {
        self.sketch.runs.last().map_or(0, |run| run.end - run.start)
    }

    /// A point, its two numbers in the order in which they stand.
    pub fn point(&mut self, first: &str, second: &str, offset: u64) -> Result<(), Fault> {
        let sketch = &mut self.sketch;
        if sketch.points.len() >= self.limit {
            return Err(Fault::at(What::Limit(Bound::Points, self.limit), offset));
        }
        let (x, y) = match sketch.axes {
            Axes::EastNorth => (first, second),
            Axes::NorthEast => (second, first),
        };
        let ticks = |text: &str| {
            number::ticks(text, sketch.crs.places()).map_err(|fault| {
                Fault::at(What::Number(fault, text.chars().take(number::NUMBER_MAX).collect()), offset)
            })
        };
        let point = Point { x: ticks(x)?, y: ticks(y)? };
        sketch.points.push(point);
        sketch.offsets.push(offset);
        sketch.digits.push_str(x);
        sketch.digits.push(' ');
        sketch.digits.push_str(y);
        sketch.ends.push(sketch.digits.len());
        if let Some(run) = sketch.runs.last_mut() {
            run.end = sketch.points.len();
        }
        Ok(())
    }

    /// The end of a run, which must have a point.
    pub fn end_run(&mut self, offset: u64) -> Result<(), Fault> {
        if self.count() == 0 { Err(Fault::at(What::Form(Form::Empty), offset)) } else { Ok(()) }
    }

    /// Takes the last point out again, where a segment begins with the end of the one before.
    pub fn joins(&mut self, at: usize) -> bool {
        let sketch = &mut self.sketch;
        let Some(here) = sketch.runs.last().map(|run| run.start + at) else { return true };
        if here == 0 || sketch.points.get(here) != sketch.points.get(here - 1) {
            return false;
        }
        sketch.points.remove(here);
        sketch.offsets.remove(here);
        let from = sketch.ends.get(here - 1).copied().unwrap_or(0);
        let to = sketch.ends.remove(here);
        sketch.digits.replace_range(from..to, "");
        for end in sketch.ends.iter_mut().skip(here) {
            *end -= to - from;
        }
        if let Some(run) = sketch.runs.last_mut() {
            run.end -= 1;
        }
        true
    }

    /// The whole, which must have something in it.
    pub fn finish(mut self, kind: Kind, offset: u64) -> Result<Sketch, Fault> {
        if self.sketch.points.is_empty() {
            return Err(Fault::at(What::Form(Form::Empty), offset));
        }
        self.sketch.kind = kind;
        Ok(self.sketch)
    }
}

impl Sketch {
    /// What it says it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The system it says it is in.
    pub fn crs(&self) -> Crs {
        self.crs
    }

    /// The digits of a point, x before y.
    fn digits(&self, point: usize) -> &str {
        let end = self.ends.get(point).copied().unwrap_or(0);
        let start = point.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.digits.get(start..end).unwrap_or_default()
    }

    /// As WKT, with the digits as they were sent.
    pub(super) fn as_sent(&self) -> String {
        let mut text = String::with_capacity(self.digits.len() + 2 * self.points.len() + 40);
        let runs = self.runs.iter().map(|run| (run.part, run.start..run.end));
        super::write::wkt(&mut text, self.kind, runs, |point, text| text.push_str(self.digits(point)));
        text
    }
}
