//! From a sketch to a geometry: every question that makes it one, in this order.
//!
//! Kind; does it lie in the country, and if not, why; are its rings rings; do they bound an area; is there
//! anything in it. What is outside the country is asked nothing more: swapped or foreign coordinates would only
//! give faults that are not there. Judged as sent, in the sender's own system, because straight lines there
//! are what the sender drew.

use super::ellipsoid;
use super::exact::{Point, cross, difference, dot, doubled_area, is_plainly_blunt};
use super::fault::{Fault, Guess, Spot, What};
use super::rings::{Mark, Ring, Trouble, examine};
use super::sketch::Draft;
use super::{Axes, Crs, Geometry, Kind, Run, Sketch};
use std::mem::discriminant;

/// The box that the country lies in with its sector of the Caspian, in billionths of a degree: 44.7 to 51.73
/// east, 37.89 to 42.59 north.
const COUNTRY: [(i64, i64); 2] = [(44_700_000_000, 51_730_000_000), (37_890_000_000, 42_590_000_000)];
/// Faults of one kind that are told of one geometry.
const TOLD_MAX: usize = 4;
/// A corner is sharp when its angle is under half a degree: its sides part by less than one in 115.
const SHARP: i128 = 115;

/// A geometry, and what is odd about it.
#[derive(Debug)]
pub struct Judged {
    /// The geometry.
    pub geometry: Geometry,
    /// Warnings, in the order of the file.
    pub warnings: Vec<Fault>,
}

impl Sketch {
    /// Makes a geometry of one of these kinds.
    ///
    /// # Errors
    /// All that is wrong, up to some of each kind; warnings stand behind.
    pub fn judge(self, taken: &'static [Kind]) -> Result<Judged, Vec<Fault>> {
        if !taken.contains(&self.kind) {
            let what = What::Kind(self.kind, taken);
            return Err(vec![Fault { offset: self.offsets.first().copied(), ..Fault::new(what) }]);
        }
        let lonlat = self.in_the_country().map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        let kept: Vec<Vec<usize>> = self.runs.iter().map(|run| self.without_repeats(run, &mut faults)).collect();
        let runs = match self.kind.is_area() {
            true => self.areas(&kept, &lonlat, &mut faults),
            false => self.lines(&kept, &lonlat, &mut faults),
        };
        if faults.iter().any(|fault| !fault.is_warning()) {
            faults.sort_by_key(Fault::is_warning);
            return Err(faults);
        }
        let (area, length) = match self.kind {
            Kind::Point => (0, 0),
            Kind::LineString | Kind::MultiLineString => (0, ellipsoid::length(&runs)),
            Kind::Polygon | Kind::MultiPolygon => (ellipsoid::area(&runs), 0),
        };
        if self.kind != Kind::Point && area == 0 && length == 0 {
            return Err(vec![self.fault(What::NoExtent, &[0])]);
        }
        let sent = self.as_sent();
        let geometry = Geometry { kind: self.kind, crs: self.crs, sent, runs, area, length };
        Ok(Judged { geometry, warnings: faults })
    }

    /// Longitude and latitude of every point, all of them in the country.
    fn in_the_country(&self) -> Result<Vec<Point>, Fault> {
        let mut lonlat = Vec::with_capacity(self.points.len());
        for (at, &point) in self.points.iter().enumerate() {
            let place = plausible(self.crs, point).filter(|&place| is_inside(place));
            let Some(place) = place else { return Err(self.outside(at)) };
            lonlat.push(place);
        }
        Ok(lonlat)
    }

    /// Why the point is outside: whatever would explain every point.
    fn outside(&self, at: usize) -> Fault {
        let all = |fits: &dyn Fn(Point) -> bool| self.points.iter().all(|&point| fits(point));
        let swapped = |point: Point| Point { x: point.y, y: point.x };
        let as_of = |crs: Crs, point: Point| plausible(crs, between(self.crs, crs, point)).is_some_and(is_inside);
        let metres = |point: Point| between(self.crs, Crs::Utm38, point);
        let others = [Crs::Wgs84, Crs::Utm38, Crs::Utm39].into_iter().filter(|&crs| crs != self.crs);
        let fitting: Vec<Crs> = others.filter(|&crs| all(&|point| as_of(crs, point))).collect();
        let what = if all(&|point| as_of(self.crs, swapped(point))) {
            What::Swapped
        } else if fitting.len() > 1 {
            What::OtherSystem(Guess::Utm)
        } else if let Some(&crs) = fitting.first() {
            What::OtherSystem(Guess::System(crs))
        } else if all(&|point| is_gauss_krueger(metres(point)) || is_gauss_krueger(swapped(metres(point)))) {
            What::OtherSystem(Guess::GaussKrueger)
        } else if all(&|point| is_web_mercator(metres(point))) {
            What::OtherSystem(Guess::WebMercator)
        } else {
            What::Outside
        };
        self.fault(what, &[at])
    }

    /// The points of a run without those that only say the one before again.
    fn without_repeats(&self, run: &Draft, faults: &mut Vec<Fault>) -> Vec<usize> {
        let mut kept: Vec<usize> = Vec::with_capacity(run.end - run.start);
        let (mut repeats, mut first) = (0, None);
        for at in run.start..run.end {
            if kept.last().is_some_and(|&last| self.points.get(last) == self.points.get(at)) {
                repeats += 1;
                first.get_or_insert(at);
            } else {
                kept.push(at);
            }
        }
        // where nothing but one place is left, that is the fault
        if let Some(first) = first.filter(|_| kept.len() > 1) {
            self.tell(faults, What::Repeated(repeats), &[first]);
        }
        kept
    }

    fn lines(&self, kept: &[Vec<usize>], lonlat: &[Point], faults: &mut Vec<Fault>) -> Vec<Run> {
        let mut runs = Vec::new();
        for (run, kept) in self.runs.iter().zip(kept) {
            let points = rounded(kept, lonlat);
            if self.kind != Kind::Point && points.len() < 2 {
                self.tell(faults, What::NoExtent, &[run.start]);
            }
            runs.push(Run { part: run.part, points });
        }
        runs
    }

    fn areas(&self, kept: &[Vec<usize>], lonlat: &[Point], faults: &mut Vec<Fault>) -> Vec<Run> {
        let (mut rings, mut sharp) = (Vec::new(), Vec::new());
        for (run, kept) in self.runs.iter().zip(kept) {
            let points: Vec<Point> = kept.iter().filter_map(|&at| self.points.get(at).copied()).collect();
            if points.first() != points.last() {
                self.tell(faults, What::NotClosed, &[run.start, run.end - 1]);
            } else if points.len() == 1 {
                self.tell(faults, What::NoExtent, &[run.start]);
            } else if points.len() < 4 {
                self.tell(faults, What::TooFewPoints(points.len()), &[run.start]);
            } else {
                self.corners(kept, &points, faults, &mut sharp);
                rings.push(Ring { part: run.part, ring: run.ring, points });
            }
        }
        if rings.len() < self.runs.len() {
            return Vec::new(); // how rings lie to each other is asked of whole rings
        }
        let troubles = examine(&rings);
        faults.extend(troubles.iter().map(|trouble| self.told(trouble, kept)));
        if faults.iter().any(|fault| !fault.is_warning()) {
            return Vec::new();
        }
        faults.append(&mut sharp);
        let mut runs = Vec::with_capacity(rings.len());
        let mut wrong_way = None;
        for ((run, kept), ring) in self.runs.iter().zip(kept).zip(&rings) {
            let turned = (doubled_area(&ring.points) > 0) != (run.ring == 0);
            if turned {
                wrong_way.get_or_insert(run.start);
            }
            let mut points = rounded(kept, lonlat);
            if points.len() < 4 || doubled_area(&points) == 0 {
                self.tell(faults, What::NoExtent, &[run.start]);
            }
            if turned {
                points.reverse();
            }
            runs.push(Run { part: run.part, points });
        }
        if let Some(at) = wrong_way.filter(|_| self.sense) {
            faults.push(self.fault(What::Orientation, &[at]));
        }
        runs
    }

    /// The corners of a ring: where it turns back upon itself, or nearly so.
    fn corners(&self, kept: &[usize], points: &[Point], faults: &mut Vec<Fault>, sharp: &mut Vec<Fault>) {
        let count = points.len() - 1;
        for corner in 0..count {
            let before = if corner == 0 { count - 1 } else { corner - 1 };
            let (Some(&a), Some(&b), Some(&c)) = (points.get(before), points.get(corner), points.get(corner + 1))
            else {
                continue;
            };
            if is_plainly_blunt((a, b, c), SHARP) {
                continue;
            }
            let (back, on) = (difference(b, a), difference(b, c));
            let (opening, along) = (cross(back, on).abs(), dot(back, on));
            let Some(&at) = kept.get(corner) else { continue };
            if along <= 0 || opening.saturating_mul(SHARP) >= along {
                continue;
            }
            if opening == 0 {
                self.tell(faults, What::Spike, &[at]);
            } else {
                self.tell(sharp, What::Sharp, &[at]);
            }
        }
    }

    /// A trouble of rings with the points as they were sent.
    fn told(&self, trouble: &Trouble, kept: &[Vec<usize>]) -> Fault {
        let sent = |mark: &Mark, corner: usize| kept.get(mark.ring).and_then(|kept| kept.get(corner)).copied();
        let mut fault = Fault::new(trouble.what.clone());
        for mark in &trouble.marks {
            let Some(at) = sent(mark, mark.corner) else { continue };
            let mut spot = self.spot(at);
            let end = mark.segment.then(|| sent(mark, mark.corner + 1)).flatten();
            spot.to = end.map(|end| (self.spot(end).point, self.shown_point(end)));
            fault.offset = fault.offset.or(self.offsets.get(at).copied());
            fault.spots.push(spot);
        }
        fault.meets = trouble.meets.map(|point| self.shown(point));
        fault
    }

    /// Adds a fault, unless there are enough of its kind.
    fn tell(&self, faults: &mut Vec<Fault>, what: What, points: &[usize]) {
        let same = |fault: &&Fault| discriminant(&fault.what) == discriminant(&what);
        if faults.iter().filter(same).count() < TOLD_MAX {
            faults.push(self.fault(what, points));
        }
    }

    fn fault(&self, what: What, points: &[usize]) -> Fault {
        let offset = points.first().and_then(|&at| self.offsets.get(at)).copied();
        let spots = points.iter().map(|&at| self.spot(at)).collect();
        Fault { what, offset, spots, meets: None }
    }

    fn spot(&self, at: usize) -> Spot {
        let run = self.runs.iter().rfind(|run| run.start <= at);
        let (part, ring, start) = run.map_or((0, 0, 0), |run| (run.part, run.ring, run.start));
        Spot { part: part + 1, ring: ring + 1, point: at - start + 1, coordinates: self.shown_point(at), to: None }
    }

    fn shown_point(&self, at: usize) -> String {
        self.points.get(at).map_or_else(String::new, |&point| self.shown(point))
    }

    /// A point in the order in which it was sent.
    fn shown(&self, point: Point) -> String {
        let (x, y) = (self.crs.shown(point.x), self.crs.shown(point.y));
        match self.axes {
            Axes::EastNorth => format!("{x} {y}"),
            Axes::NorthEast => format!("{y} {x}"),
        }
    }
}

/// Longitude and latitude of what can be a point of this system at all.
fn plausible(crs: Crs, point: Point) -> Option<Point> {
    const MILLION: i64 = 1_000_000;
    match crs {
        Crs::Wgs84 => {}
        // beyond its zone and two neighbours a projection says nothing; ticks are micrometres
        _ if (100_000 * MILLION..=900_000 * MILLION).contains(&point.x)
            && (3_000_000 * MILLION..=6_000_000 * MILLION).contains(&point.y) => {}
        _ => return None,
    }
    ellipsoid::lonlat(crs, point)
}

fn is_inside(place: Point) -> bool {
    let [east, north] = COUNTRY;
    (east.0..=east.1).contains(&place.x) && (north.0..=north.1).contains(&place.y)
}

/// The same numbers in another system's ticks.
fn between(from: Crs, to: Crs, point: Point) -> Point {
    let scaled = |value: i64| match (from.places(), to.places()) {
        (11, 6) => value / 100_000,
        (6, 11) => value.saturating_mul(100_000),
        _ => value,
    };
    Point { x: scaled(point.x), y: scaled(point.y) }
}

/// Whether an easting bears the prefix of zone 8 or 9, and the northing fits; in micrometres.
fn is_gauss_krueger(point: Point) -> bool {
    const KILOMETRE: i64 = 1_000_000_000;
    (8_200 * KILOMETRE..=9_800 * KILOMETRE).contains(&point.x)
        && (4_100 * KILOMETRE..=4_800 * KILOMETRE).contains(&point.y)
}

/// Whether the metres are those of map pictures of the country; in micrometres.
fn is_web_mercator(point: Point) -> bool {
    const KILOMETRE: i64 = 1_000_000_000;
    (4_970 * KILOMETRE..=5_760 * KILOMETRE).contains(&point.x)
        && (4_560 * KILOMETRE..=5_260 * KILOMETRE).contains(&point.y)
}

/// The places that are kept, without those that fall together when rounded.
fn rounded(kept: &[usize], lonlat: &[Point]) -> Vec<Point> {
    let mut points: Vec<Point> = kept.iter().filter_map(|&at| lonlat.get(at).copied()).collect();
    points.dedup();
    points
}
