//! What is wrong with a geometry, as data, with its exact place.
//!
//! Rings, parts and points count from 1, as people count; coordinates stand in the order in which they were
//! sent. The sentences are made elsewhere (`findings.rs`).

use super::crs::CrsFault;
use super::number::NumberFault;
use super::{Crs, Kind};
use std::fmt;

/// One thing that is wrong or odd, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub what: What,
    /// Where in the file as dropped, in octets from its start, as far as it can be told.
    pub offset: Option<u64>,
    /// The points or segments that it is about: none, one, or the two that meet.
    pub spots: Vec<Spot>,
    /// The coordinates at which it happens, where that is no point that was sent.
    pub meets: Option<String>,
}

/// A point that was sent, or the segment that begins there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Which polygon or line of several, from 1.
    pub part: usize,
    /// Which ring of the polygon, from 1: the first is its outer boundary.
    pub ring: usize,
    /// Which point, from 1.
    pub point: usize,
    /// The point's two coordinates.
    pub coordinates: String,
    /// The other end of the segment where one is meant: which point, and its coordinates.
    pub to: Option<(usize, String)>,
}

/// The kinds of fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Cannot be read.
    Form(Form),
    /// Written well, but of a kind that is not taken: its name as sent.
    Unsupported(String),
    /// More of something than allowed: what, and how many at most.
    Limit(Bound, usize),
    /// The coordinate system.
    System(CrsFault),
    /// A coordinate.
    Number(NumberFault, String),
    /// Of a kind that has no place here: which, and which are taken.
    Kind(Kind, &'static [Kind]),
    /// Outside the country, and nothing explains it.
    Outside,
    /// The two coordinates of each point are swapped: in the other order all lie in the country.
    Swapped,
    /// The coordinates are those of another system.
    OtherSystem(Guess),
    /// A ring does not end where it began.
    NotClosed,
    /// A ring with fewer than three corners.
    TooFewPoints(usize),
    /// An area of nothing, or a line of one place.
    NoExtent,
    /// A boundary goes out and back on itself.
    Spike,
    /// Two segments of one ring cross.
    SelfCrossing,
    /// One ring touches itself at a point.
    SelfTouch,
    /// Two segments of one ring lie upon each other.
    SelfOverlap,
    /// Two rings of one polygon cross.
    RingsCross,
    /// Two rings of one polygon share a piece of boundary.
    RingsShare,
    /// Rings touch so that the area falls into pieces.
    Disconnected,
    /// A hole is not inside its outer boundary.
    HoleOutside,
    /// A hole lies in another hole.
    HoleInHole,
    /// The areas of two polygons of one geometry overlap.
    PartsOverlap,
    /// Two polygons of one geometry share a piece of boundary.
    PartsShare,
    /// Warning: the same point several times running; how often there was one too many.
    Repeated(usize),
    /// Warning: a corner so sharp that it most likely is a slip.
    Sharp,
    /// Warning: a ring of GeoJSON goes the wrong way round (RFC 7946 3.1.6).
    Orientation,
    /// The area differs from what is stated: stated, and found, in thousandths of a hectare.
    AreaDiffers(u64, u64),
    /// Warning: overlaps another geometry of the submission: which, and by how many square metres.
    Overlaps(u64, u64),
    /// Warning: the end of a line, within so many metres of which there is no site.
    EndMeetsNothing(u32),
    /// Warning: overlaps with so many geometries were not looked for, because there was too much to hold.
    OverlapsUnchecked(u64),
}

/// What of the form is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing stands there.
    Missing,
    /// `EMPTY`, or a list without points.
    Empty,
    /// No geometry begins so.
    Unknown,
    /// The text ends too early.
    Unfinished,
    /// Something else was to stand here.
    Unexpected,
    /// Something follows the geometry.
    Trailing,
    /// A point with one coordinate.
    OneCoordinate,
    /// A point with three coordinates or more.
    ThreeDimensional,
    /// The SRID before the text contradicts the `epsg` column.
    SridDiffers,
    /// An element or attribute that has no place there.
    Element,
    /// Text between elements.
    StrayText,
    /// A link in place of a geometry: nothing is fetched.
    Link,
    /// `gml:coordinates`, of GML 2.
    OldCoordinates,
    /// GML of another version than 3.2.
    OldNamespace,
    /// A curve that is not made of straight segments.
    NotLinear,
    /// A surface of several patches.
    Patches,
    /// The segments of a curve do not join.
    Gap,
    /// A `count` that is not that of the points.
    Count,
    /// A second geometry.
    Second,
    /// Not JSON (RFC 8259).
    Json,
    /// A member of the object stands twice.
    Doubled,
    /// A feature and not a geometry.
    Feature,
    /// A `crs` member that names another system than WGS 84.
    JsonCrs,
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Points of one geometry.
    Points,
    /// Octets of its text.
    Text,
}

/// What coordinates outside the country seem to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// The other UTM zone, or degrees in place of metres.
    System(Crs),
    /// Metres of UTM in place of degrees, of either zone.
    Utm,
    /// Gauss–Krüger coordinates, by their zone prefix.
    GaussKrueger,
    /// Web Mercator.
    WebMercator,
}

impl Fault {
    /// A fault without a place.
    pub fn new(what: What) -> Self {
        Self { what, offset: None, spots: Vec::new(), meets: None }
    }

    /// A fault at an offset.
    pub fn at(what: What, offset: u64) -> Self {
        Self { offset: Some(offset), ..Self::new(what) }
    }

    /// Whether it is only shown, and never a reason to refuse (R 4.9).
    pub fn is_warning(&self) -> bool {
        matches!(
            self.what,
            What::Repeated(_)
                | What::Sharp
                | What::Orientation
                | What::Overlaps(..)
                | What::OverlapsUnchecked(_)
                | What::EndMeetsNothing(_)
        )
    }
}

/// `2/1:5 (49.8 40.4)`: polygon 2, ring 1, point 5; `2/1:5–6 (49.8 40.4)`: the segment from it to point 6.
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.part, self.ring, self.point)?;
        if let Some((to, _)) = &self.to {
            write!(f, "–{to}")?;
        }
        write!(f, " ({})", self.coordinates)
    }
}
