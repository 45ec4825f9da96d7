//! From metres of UTM to longitude and latitude, and areas and lengths on the ellipsoid of WGS 84.
//!
//! The one file with floating point: these are the questions that whole numbers do not answer. What comes
//! out is rounded to whole billionths of a degree, square decimetres and millimetres.

use super::exact::Point;
use super::{Crs, Run};
use geo::{BooleanOps, Coord, GeodesicArea, LineString, MultiPolygon, Polygon};
use geo::{Distance, Geodesic, Point as Place};
use proj4rs::Proj;

/// Billionths of a degree in one.
const NANO: f64 = 1e9;

thread_local! {
    /// Longitude and latitude, UTM 38 north, UTM 39 north.
    static SYSTEMS: Option<[Proj; 3]> = systems();
}

fn systems() -> Option<[Proj; 3]> {
    let system = |text| Proj::from_proj_string(text).ok();
    Some([
        system("+proj=longlat +datum=WGS84 +no_defs")?,
        system("+proj=utm +zone=38 +datum=WGS84 +units=m +no_defs")?,
        system("+proj=utm +zone=39 +datum=WGS84 +units=m +no_defs")?,
    ])
}

/// Longitude and latitude in billionths of a degree; nothing for what no projection maps back.
pub(super) fn lonlat(crs: Crs, point: Point) -> Option<Point> {
    let zone = match crs {
        Crs::Wgs84 => return Some(Point { x: rounded(point.x), y: rounded(point.y) }),
        Crs::Utm38 => 1,
        Crs::Utm39 => 2,
    };
    // a micrometre is the tick of metres
    let mut at = (point.x as f64 / 1e6, point.y as f64 / 1e6);
    SYSTEMS.with(|systems| {
        let systems = systems.as_ref()?;
        let (from, to) = (systems.get(zone)?, systems.first()?);
        proj4rs::transform::transform(from, to, &mut at).ok()
    })?;
    let nano = |radians: f64| {
        let value = (radians.to_degrees() * NANO).round();
        (value.abs() <= 360.0 * NANO).then_some(value as i64)
    };
    Some(Point { x: nano(at.0)?, y: nano(at.1)? })
}

/// Billionths from hundred-billionths of a degree, halves away from zero.
fn rounded(ticks: i64) -> i64 {
    ticks.saturating_add(50 * ticks.signum()) / 100
}

/// A coordinate of WKB: the nearest floating point number, its octets little-endian.
pub(super) fn octets(nano: i64) -> [u8; 8] {
    degrees(nano).to_le_bytes()
}

/// Both numbers are exact, so the quotient is the nearest to the decimal.
fn degrees(nano: i64) -> f64 {
    nano as f64 / NANO
}

fn line(run: &Run) -> LineString<f64> {
    LineString::new(run.points.iter().map(|p| Coord { x: degrees(p.x), y: degrees(p.y) }).collect())
}

/// Square decimetres between the outer rings, which go anticlockwise, and their holes, which go clockwise.
pub(super) fn area(runs: &[Run]) -> u64 {
    let geodesic = |run: &Run| Polygon::new(line(run), Vec::new()).geodesic_area_signed();
    let sum: f64 = runs.iter().map(|run| short_steps(&run.points).unwrap_or_else(|| geodesic(run))).sum();
    (sum * 100.0).round().max(0.0) as u64
}

/// The longest step of a boundary that is short, in billionths of a degree: about a kilometre.
const SHORT: i64 = 10_000_000;
/// The ellipsoid of WGS 84: half its longest axis in metres, and the square of its first eccentricity.
const HALF_AXIS: f64 = 6_378_137.0;
const ECCENTRICITY_2: f64 = 0.006_694_379_990_141_316;

/// Square metres within a ring all of whose steps are short, none where one is not: of a surveyed boundary every one
/// is, and a geodesic over each of its steps costs twenty times as much.
///
/// By Green's theorem it is the sum over all steps of the ellipsoid's surface south of them, whose integral has a
/// closed form in latitude. A step is taken as straight in longitude and latitude (Simpson's rule), and to that comes
/// what the geodesic, which bends towards the pole, encloses besides: by the equations of a geodesic, to the third
/// power of its length. What is left out is under a thousandth of a square decimetre.
fn short_steps(points: &[Point]) -> Option<f64> {
    const TO_RADIANS: f64 = std::f64::consts::PI / 180.0 / NANO;
    let first = points.first()?;
    let eccentricity = ECCENTRICITY_2.sqrt();
    let half_square = HALF_AXIS * HALF_AXIS * (1.0 - ECCENTRICITY_2) / 2.0;
    // of the surface between the equator and a latitude, a radian wide
    let south_of = |sine: f64| {
        half_square * (sine / (1.0 - ECCENTRICITY_2 * sine * sine) + (eccentricity * sine).atanh() / eccentricity)
    };
    let at = |latitude: f64| south_of(latitude.sin());
    let base = at(first.y as f64 * TO_RADIANS);
    let (mut sum, mut last) = (0.0, 0.0);
    for pair in points.windows(2) {
        let &[from, to] = pair else { continue };
        let (east, north) = (to.x.saturating_sub(from.x), to.y.saturating_sub(from.y));
        if east.abs() > SHORT || north.abs() > SHORT {
            return None;
        }
        let middle = (from.y as f64 + to.y as f64) / 2.0 * TO_RADIANS;
        let (sine, cosine) = middle.sin_cos();
        let (east, north) = (east as f64 * TO_RADIANS, north as f64 * TO_RADIANS);
        let next = at(to.y as f64 * TO_RADIANS) - base;
        let straight = (last + 4.0 * (south_of(sine) - base) + next) / 6.0;
        let narrowing = 1.0 - ECCENTRICITY_2 * sine * sine;
        let across = HALF_AXIS / narrowing.sqrt(); // radius of curvature across the meridian
        let along = across * (1.0 - ECCENTRICITY_2) / narrowing; // and along it
        let growing = 3.0 * ECCENTRICITY_2 * sine * cosine / narrowing; // the latter's, by itself
        let bends = across / along * sine * cosine * east * east
            + (2.0 * along / across * sine / cosine + growing) * north * north;
        sum -= east * (straight + along * across * cosine * bends / 12.0);
        last = next;
    }
    Some(sum)
}

/// Millimetres along all lines.
pub(super) fn length(runs: &[Run]) -> u64 {
    let place = |p: &Point| Place::new(degrees(p.x), degrees(p.y));
    let step = |pair: &[Point]| Geodesic.distance(place(&pair[0]), place(&pair[1]));
    let sum: f64 = runs.iter().flat_map(|run| run.points.windows(2)).map(step).sum();
    (sum * 1000.0).round() as u64
}

/// Square metres that two areas have in common, to about one in a hundred; or nothing, where that is under `slack`.
pub(super) fn shared(one: &[Run], other: &[Run], origin: Point, slack: u64) -> u64 {
    // small enough to be flat: a metre is a metre everywhere in the country, to its share of a hundredth
    let north = 111_000.0;
    let east = 111_320.0 * degrees(origin.y).to_radians().cos();
    let place = |p: &Point| Coord { x: degrees(p.x - origin.x) * east, y: degrees(p.y - origin.y) * north };
    // of both what lies in the box of the other: of neighbours that is the strip along their boundary
    let (within_one, within_other) = (Extent::of(one), Extent::of(other));
    let areas = |runs: &[Run], within: &Extent| {
        let (low, high) = (place(&within.low), place(&within.high));
        let ring = |run: &Run| LineString::new(cut(run.points.iter().map(place).collect(), low, high));
        let polygon = |part: &[Run]| {
            let mut rings = part.iter().map(ring);
            let outer = rings.next().filter(|ring| ring.0.len() > 3)?;
            Some(Polygon::new(outer, rings.filter(|ring| ring.0.len() > 3).collect()))
        };
        MultiPolygon::new(runs.chunk_by(|a, b| a.part == b.part).filter_map(polygon).collect())
    };
    let (one, other) = (areas(one, &within_other), areas(other, &within_one));
    // no more is in common than each has: of neighbours at a corner that is next to nothing
    let most = geo::Area::unsigned_area(&one).min(geo::Area::unsigned_area(&other));
    if one.0.is_empty() || other.0.is_empty() || most < slack as f64 {
        return 0;
    }
    geo::Area::unsigned_area(&one.intersection(&other)).round() as u64
}

/// The box around an area.
struct Extent {
    low: Point,
    high: Point,
}

impl Extent {
    fn of(runs: &[Run]) -> Self {
        let mut extent = Self { low: Point { x: i64::MAX, y: i64::MAX }, high: Point { x: i64::MIN, y: i64::MIN } };
        for point in runs.iter().flat_map(|run| &run.points) {
            extent.low = Point { x: extent.low.x.min(point.x), y: extent.low.y.min(point.y) };
            extent.high = Point { x: extent.high.x.max(point.x), y: extent.high.y.max(point.y) };
        }
        extent
    }
}

/// What of a closed ring lies in a box, side by side of the box (Sutherland and Hodgman, 1974). Where a ring comes into
/// the box more than once, its pieces hang together along the box's edge, which encloses nothing.
fn cut(ring: Vec<Coord>, low: Coord, high: Coord) -> Vec<Coord> {
    // of each side how far a point lies within
    let sides: [&dyn Fn(&Coord) -> f64; 4] = [&|p| p.x - low.x, &|p| high.x - p.x, &|p| p.y - low.y, &|p| high.y - p.y];
    let mut kept = ring;
    for side in sides {
        if kept.iter().all(|point| side(point) >= 0.0) {
            continue;
        }
        let mut within: Vec<Coord> = Vec::with_capacity(kept.len() + 4);
        for pair in kept.windows(2) {
            let &[from, to] = pair else { continue };
            let (before, after) = (side(&from), side(&to));
            if before >= 0.0 {
                within.push(from);
            }
            if (before < 0.0) != (after < 0.0) {
                within.push(from + (to - from) * (before / (before - after)));
            }
        }
        let first = within.first().copied();
        within.extend(first); // closed again
        kept = within;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A ring around a place: so many corners, each at its own share of a radius in billionths of a degree.
    fn ring(at: Point, radius: i64, shares: &[f64]) -> Run {
        let corner = |(number, share): (usize, &f64)| {
            let turn = std::f64::consts::TAU * number as f64 / shares.len() as f64;
            let step = |part: f64| (part * share * radius as f64) as i64;
            Point { x: at.x + step(turn.cos()), y: at.y + step(turn.sin()) }
        };
        let mut points: Vec<Point> = shares.iter().enumerate().map(corner).collect();
        points.extend(points.first().copied());
        Run { part: 0, points }
    }

    fn anywhere() -> impl Strategy<Value = Point> {
        (44_700_000_000i64..51_700_000_000, 37_900_000_000i64..42_500_000_000).prop_map(|(x, y)| Point { x, y })
    }

    proptest! {
        /// What is summed over short steps is what geodesics over them enclose.
        #[test]
        fn an_area_of_short_steps_is_that_of_geodesics(
            at in anywhere(),
            radius in 1_000i64..9_000_000,
            shares in proptest::collection::vec(0.3..1.0, 3..60),
        ) {
            let ring = ring(at, radius, &shares);
            prop_assume!(ring.points.windows(2).all(|p| (p[1].x - p[0].x).abs().max((p[1].y - p[0].y).abs()) < SHORT));
            let short = short_steps(&ring.points).unwrap();
            let geodesic = Polygon::new(line(&ring), Vec::new()).geodesic_area_signed();
            // a tenth of a square decimetre is the noise of the longer way
            prop_assert!((short - geodesic).abs() < 1e-3 + geodesic.abs() * 1e-9, "{short} {geodesic}");
        }

        /// Cut to their boxes, two areas have in common what they have whole.
        #[test]
        fn what_is_cut_away_is_not_common(
            at in anywhere(),
            step in -2_000_000i64..2_000_000,
            one in proptest::collection::vec(0.2..1.0, 3..40),
            other in proptest::collection::vec(0.2..1.0, 3..40),
        ) {
            let one = ring(at, 1_000_000, &one);
            let other = ring(Point { x: at.x + step, y: at.y - step / 3 }, 1_000_000, &other);
            let east = 111_320.0 * degrees(at.y).to_radians().cos();
            let flat = |run: &Run| {
                let place = |p: &Point| Coord { x: degrees(p.x - at.x) * east, y: degrees(p.y - at.y) * 111_000.0 };
                Polygon::new(LineString::new(run.points.iter().map(place).collect()), Vec::new())
            };
            let whole = geo::Area::unsigned_area(&flat(&one).intersection(&flat(&other)));
            let cut = shared(std::slice::from_ref(&one), std::slice::from_ref(&other), at, 0);
            prop_assert!((whole - cut as f64).abs() < 1.0, "{whole} {cut}");
        }
    }

    #[test]
    fn a_long_step_is_left_to_geodesics() {
        let at = Point { x: 49_000_000_000, y: 40_000_000_000 };
        assert_eq!(short_steps(&ring(at, 20_000_000, &[1.0; 4]).points), None);
    }
}
