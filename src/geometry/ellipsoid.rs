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
    let sum: f64 = runs.iter().map(|run| Polygon::new(line(run), Vec::new()).geodesic_area_signed()).sum();
    (sum * 100.0).round().max(0.0) as u64
}

/// Millimetres along all lines.
pub(super) fn length(runs: &[Run]) -> u64 {
    let place = |p: &Point| Place::new(degrees(p.x), degrees(p.y));
    let step = |pair: &[Point]| Geodesic.distance(place(&pair[0]), place(&pair[1]));
    let sum: f64 = runs.iter().flat_map(|run| run.points.windows(2)).map(step).sum();
    (sum * 1000.0).round() as u64
}

/// Square metres that two areas have in common, to about one in a hundred.
pub(super) fn shared(one: &[Run], other: &[Run], origin: Point) -> u64 {
    // small enough to be flat: a metre is a metre everywhere in the country, to its share of a hundredth
    let north = 111_000.0;
    let east = 111_320.0 * degrees(origin.y).to_radians().cos();
    let flat = |run: &Run| {
        let place = |p: &Point| Coord { x: degrees(p.x - origin.x) * east, y: degrees(p.y - origin.y) * north };
        LineString::new(run.points.iter().map(place).collect())
    };
    let areas = |runs: &[Run]| {
        let polygon = |part: &[Run]| {
            let mut rings = part.iter().map(flat);
            Polygon::new(rings.next().unwrap_or_else(|| LineString::new(Vec::new())), rings.collect())
        };
        MultiPolygon::new(runs.chunk_by(|a, b| a.part == b.part).map(polygon).collect())
    };
    let common = areas(one).intersection(&areas(other));
    geo::Area::unsigned_area(&common).round() as u64
}
