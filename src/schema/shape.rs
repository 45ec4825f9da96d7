//! The shape of a record, from any form: read by the geometry room, and here made a value with its findings.
//!
//! Owns what a cell `epsg` may say, and the shapes that stand in guides. Never decides what a sound shape is.

use super::faults::Faults;
use super::{Limits, Shapes, Value};
use crate::finding::{Finding, Hint, Place};
use crate::geometry::{Crs, CrsFault, Fault, Judged, Sketch, What, wkt};
use std::sync::Arc;

/// What a shape came to: a geometry, or all that is wrong with it.
pub(super) type Outcome = Result<Judged, Vec<Fault>>;

/// Judges what was read.
pub(super) fn outcome(read: Result<Sketch, Fault>, shapes: Shapes) -> Outcome {
    read.map_err(|fault| vec![fault]).and_then(|sketch| sketch.judge(shapes.kinds()))
}

/// Judges what was read, and tells what it came to.
pub(super) fn judged(read: Result<Sketch, Fault>, shapes: Shapes, place: &Place, faults: &mut Faults) -> Option<Value> {
    told(outcome(read, shapes), place, faults)
}

/// Everything that is wrong or odd with a shape is told at this place, which has no offset of its own where the fault
/// has one. None when there is no value.
pub(super) fn told(outcome: Outcome, place: &Place, faults: &mut Faults) -> Option<Value> {
    let (value, told) = match outcome {
        Ok(judged) => (Some(Value::Geometry(Arc::new(judged.geometry))), judged.warnings),
        Err(faults) => (None, faults),
    };
    for fault in told {
        faults.push(fault.finding(place.clone()));
    }
    value
}

/// Reads a cell of WKT, whose content begins at this offset, in the system that the cell beside it says.
pub(super) fn read_cell(text: &str, offset: u64, crs: Crs, limits: &Limits) -> Result<Sketch, Fault> {
    wkt::read(text, offset, crs, &limits.geometry())
}

/// The system of a cell `epsg`: a code and nothing else.
pub(super) fn system(text: &str, place: Place) -> Result<Crs, Finding> {
    let is_number = !text.is_empty() && text.len() < 10 && text.bytes().all(|octet| octet.is_ascii_digit());
    let is_code = is_number && !text.starts_with('0');
    let fault = match text.parse().ok().filter(|_| is_code).map(Crs::from_epsg) {
        Some(Ok(crs)) => return Ok(crs),
        Some(Err(fault)) => fault,
        None if text.is_empty() => CrsFault::Missing,
        None => CrsFault::Unknown(text.chars().take(80).collect()),
    };
    let hint = match &fault {
        CrsFault::Missing => Some(EPSG_EMPTY),
        CrsFault::Unknown(text) => Some(bare(text).map_or(EPSG_FORM, |code| Hint {
            az: format!("Yalnız ədədi yazın: {code}.").into(),
            en: format!("Write the number alone: {code}.").into(),
        })),
        _ => None,
    };
    let is_missing = fault == CrsFault::Missing;
    let mut finding = Fault::new(What::System(fault)).finding(place).wanted(TAKEN_IN_A_CELL);
    finding.hint = hint.or(finding.hint);
    finding.found = finding.found.filter(|_| !is_missing);
    Err(finding)
}

/// What a cell `epsg` may say.
const TAKEN_IN_A_CELL: &str = "4326, 32638, 32639";
const EPSG_EMPTY: Hint = Hint::fixed(
    "«epsg» xanası boşdur; həndəsənin koordinat sisteminin kodunu yazın: dərəcələr üçün 4326, UTM üçün 32638 və ya \
     32639.",
    "The cell “epsg” is empty; write the code of the shape's coordinate system: 4326 for degrees, 32638 or 32639 for \
     UTM.",
);
const EPSG_FORM: Hint = Hint::fixed(
    "CSV-də «epsg» sütununda yalnız kodun rəqəmləri yazılır, məsələn 4326.",
    "In CSV the column “epsg” holds the digits of the code alone, for instance 4326.",
);

/// The code that is taken in a name of a system, or in a number with decimals.
fn bare(text: &str) -> Option<u32> {
    let text = text.trim();
    let text =
        text.split_once('.').filter(|(_, rest)| rest.bytes().all(|octet| octet == b'0')).map_or(text, |(a, _)| a);
    let digits = text.rsplit(|c: char| !c.is_ascii_digit()).next()?;
    let code = digits.parse().ok()?;
    Crs::from_epsg(code).ok().map(|_| code)
}

/// A shape for guides: GML, and WKT in [`EXAMPLE_EPSG`]. The area is that of 230.5 ha, which guides state of a
/// column with three places.
pub(super) fn example(shapes: Shapes) -> (String, &'static str) {
    const AREA: &str = "49.8 40.4 49.82445 40.4 49.82445 40.41 49.8 40.41 49.8 40.4";
    const SYSTEM: &str = "xmlns:gml=\"http://www.opengis.net/gml/3.2\" \
        srsName=\"http://www.opengis.net/def/crs/OGC/1.3/CRS84\"";
    match shapes {
        Shapes::Areas => (
            format!(
                "<gml:Polygon {SYSTEM}><gml:exterior><gml:LinearRing><gml:posList>{AREA}</gml:posList>\
                 </gml:LinearRing></gml:exterior></gml:Polygon>"
            ),
            "POLYGON((49.8 40.4,49.82445 40.4,49.82445 40.41,49.8 40.41,49.8 40.4))",
        ),
        Shapes::Lines | Shapes::LinesAndSites => (
            format!("<gml:LineString {SYSTEM}><gml:posList>49.61 40.52 49.7 40.5</gml:posList></gml:LineString>"),
            "LINESTRING(49.61 40.52,49.7 40.5)",
        ),
        Shapes::Sites => {
            (format!("<gml:Point {SYSTEM}><gml:pos>49.61 40.52</gml:pos></gml:Point>"), "POINT(49.61 40.52)")
        }
    }
}

/// The same in GeoJSON.
pub(super) fn example_in_geojson(shapes: Shapes) -> &'static str {
    match shapes {
        Shapes::Areas => {
            "{\"type\": \"Polygon\", \"coordinates\": [[[49.8, 40.4], [49.82445, 40.4], [49.82445, 40.41], \
             [49.8, 40.41], [49.8, 40.4]]]}"
        }
        Shapes::Lines | Shapes::LinesAndSites => {
            "{\"type\": \"LineString\", \"coordinates\": [[49.61, 40.52], [49.7, 40.5]]}"
        }
        Shapes::Sites => "{\"type\": \"Point\", \"coordinates\": [49.61, 40.52]}",
    }
}

/// The system of [`example`].
pub(super) const EXAMPLE_EPSG: &str = "4326";
