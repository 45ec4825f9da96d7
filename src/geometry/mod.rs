//! Geometry: areas, lines and places as they are sent, judged, and kept as WGS 84.
//!
//! Three readers ([`wkt`], [`GmlReader`], [`geojson`]) make a [`Sketch`]: points as sent, proven by nothing.
//! [`Sketch::judge`] makes a [`Geometry`] of it, or says with exact places what is wrong (S 6.1.1, 6.1.2).
//! Coordinates are whole ticks ([`Crs`]) and every question of shape is decided exactly (`exact.rs`); what
//! floating point decides are two things alone, the projection to longitude and latitude and areas on the ellipsoid
//! (`ellipsoid.rs`). Judges by its arguments: no clock, disk or network. Never decides what a dataset
//! wants, and never mends what was sent but for points that repeat and the sense in which rings go.
//!
//! ```
//! use pencere::geometry::{AREAS, Crs, Limits, wkt};
//! let sent = "POLYGON((49.80 40.40,49.90 40.40,49.90 40.50,49.80 40.40))";
//! let judged = wkt::read(sent, 0, Crs::Wgs84, &Limits::default()).unwrap().judge(AREAS).unwrap();
//! assert_eq!(judged.geometry.wkt(), "POLYGON((49.8 40.4,49.9 40.4,49.9 40.5,49.8 40.4))");
//! assert_eq!(judged.geometry.sent(), sent);
//! ```

mod boxes;
mod crs;
mod ellipsoid;
mod ends;
mod exact;
mod fault;
mod findings;
pub mod geojson;
mod gml;
mod json;
mod judge;
mod laid;
mod number;
mod overlaps;
mod rings;
mod sketch;
mod sweep;
#[cfg(test)]
mod tests;
pub mod wkt;
mod write;

pub use crs::{Axes, Crs, CrsFault};
pub use ends::Sites;
pub use fault::{Bound, Fault, Form, Guess, Spot, What};
pub use gml::{GmlReader, NAMESPACE as GML_NAMESPACE};
pub use judge::Judged;
pub use number::NumberFault;
pub use overlaps::Overlaps;
pub use sketch::Sketch;
pub use write::geojson_of;

use exact::Point;
use std::fmt;

/// What a geometry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are those of OGC 06-103r4
pub enum Kind {
    Point,
    LineString,
    MultiLineString,
    Polygon,
    MultiPolygon,
}

/// What an area may be: a parcel, a forest, a water body.
pub const AREAS: &[Kind] = &[Kind::Polygon, Kind::MultiPolygon];
/// What a line of the grid may be.
pub const LINES: &[Kind] = &[Kind::LineString, Kind::MultiLineString];
/// What a substation may be: a place, or the area that it stands on.
pub const SITES: &[Kind] = &[Kind::Point, Kind::Polygon];
/// What a thing of the grid may be, a line or a substation.
pub const LINES_AND_SITES: &[Kind] = &[Kind::Point, Kind::LineString, Kind::MultiLineString, Kind::Polygon];

/// How much one geometry may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Points of one geometry. The most detailed parcels have some thousands; a geometry is judged whole, in about
    /// 300 octets a point, so this is what bounds memory (30 MB).
    pub points: usize,
    /// Octets of one geometry's text, WKT or GeoJSON: what that many points take at 60 octets each.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { points: 100_000, text: 6 << 20 }
    }
}

/// A geometry that was judged: it is what it says, lies in the country, and its boundaries are sound.
///
/// Kept twice: as sent, digit by digit, and as longitude and latitude in WGS 84 (EPSG:4326) in whole
/// billionths of a degree, a tenth of a millimetre: finer than AzPOS or any survey, coarse enough that two
/// programs that print it print the same. Outer rings go anticlockwise and holes clockwise (RFC 7946 3.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    kind: Kind,
    crs: Crs,
    sent: String,
    /// Longitude and latitude in billionths of a degree; a ring ends with its first point.
    runs: Vec<Run>,
    area: u64,
    length: u64,
}

/// A ring, a line, or a lone point.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    part: usize,
    points: Vec<Point>,
}

/// The smallest and the greatest longitude and latitude, in billionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// West end.
    pub west: i64,
    /// South end.
    pub south: i64,
    /// East end.
    pub east: i64,
    /// North end.
    pub north: i64,
}

impl Geometry {
    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The system it was sent in.
    pub fn crs(&self) -> Crs {
        self.crs
    }

    /// As sent: WKT with x before y (longitude, easting first) whatever the format was, each number with
    /// its digits as they were.
    pub fn sent(&self) -> &str {
        &self.sent
    }

    /// As sent, with its system before it: `SRID=32639;POLYGON((…))`, as PostGIS writes it.
    pub fn tagged(&self) -> String {
        let mut text = String::with_capacity(self.sent.len() + 16);
        self.tag(&mut text);
        text
    }

    /// Adds the same to a text.
    pub fn tag(&self, text: &mut String) {
        text.push_str("SRID=");
        text.push_str(&self.crs.epsg().to_string());
        text.push(';');
        text.push_str(&self.sent);
    }

    /// How many points are kept.
    pub fn points(&self) -> usize {
        self.runs.iter().map(|run| run.points.len()).sum()
    }

    /// Its extent.
    pub fn bounds(&self) -> Bounds {
        let mut bounds = Bounds { west: i64::MAX, south: i64::MAX, east: i64::MIN, north: i64::MIN };
        for point in self.runs.iter().flat_map(|run| &run.points) {
            bounds.west = bounds.west.min(point.x);
            bounds.east = bounds.east.max(point.x);
            bounds.south = bounds.south.min(point.y);
            bounds.north = bounds.north.max(point.y);
        }
        bounds
    }

    /// Area on the ellipsoid of WGS 84, in square decimetres; 0 of lines and places.
    pub fn area(&self) -> u64 {
        self.area
    }

    /// The same in thousandths of a hectare, as areas are stated.
    pub fn area_ha_thousandths(&self) -> u64 {
        (self.area + 500) / 1000
    }

    /// Length on the ellipsoid, in millimetres; 0 of areas and places.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Whether the stated area, in thousandths of a hectare, is this one's: within so many thousandths of
    /// it (10 is one per cent), or within what is lost by stating whole thousandths.
    ///
    /// # Errors
    /// It differs by more.
    pub fn agrees(&self, stated: u64, tolerance: u64) -> Result<(), Fault> {
        // 1 thousandth of a hectare is 10 square metres, 1000 square decimetres
        let told = u128::from(stated) * 1000;
        let differs = u128::from(self.area).abs_diff(told);
        if differs <= 500 || differs * 1000 <= told * u128::from(tolerance) {
            return Ok(());
        }
        Err(Fault::new(What::AreaDiffers(stated, self.area_ha_thousandths())))
    }
}

impl Kind {
    /// Its name in WKT.
    pub fn name(self) -> &'static str {
        match self {
            Self::Point => "POINT",
            Self::LineString => "LINESTRING",
            Self::MultiLineString => "MULTILINESTRING",
            Self::Polygon => "POLYGON",
            Self::MultiPolygon => "MULTIPOLYGON",
        }
    }

    /// Its name in GeoJSON.
    fn in_geojson(self) -> &'static str {
        match self {
            Self::Point => "Point",
            Self::LineString => "LineString",
            Self::MultiLineString => "MultiLineString",
            Self::Polygon => "Polygon",
            Self::MultiPolygon => "MultiPolygon",
        }
    }

    fn is_area(self) -> bool {
        AREAS.contains(&self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
