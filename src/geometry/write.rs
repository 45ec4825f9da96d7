//! Geometries written: WKB for databases, GeoJSON for exports, WKT for people.
//!
//! All three give longitude before latitude, in WGS 84, and the same numbers: what is printed in
//! decimals is what the binary form is nearest to.

use super::ellipsoid;
use super::number;
use super::{Geometry, Kind};
use std::ops::Range;

/// Decimal places of a degree that are kept.
const PLACES: u32 = 9;

/// Writes the brackets of WKT; `point` writes the point with this number.
pub(super) fn wkt(
    text: &mut String,
    kind: Kind,
    runs: impl Iterator<Item = (usize, Range<usize>)>,
    point: impl Fn(usize, &mut String),
) {
    text.push_str(kind.name());
    let (outer, inner) = match kind {
        Kind::Point | Kind::LineString => ("", ""),
        Kind::MultiLineString | Kind::Polygon => ("(", ")"),
        Kind::MultiPolygon => ("((", "))"),
    };
    text.push_str(outer);
    let mut before = None;
    for (part, points) in runs {
        match before {
            Some(before) if before != part && kind == Kind::MultiPolygon => text.push_str("),("),
            Some(_) => text.push(','),
            None => {}
        }
        before = Some(part);
        text.push('(');
        for (at, number) in points.enumerate() {
            if at > 0 {
                text.push(',');
            }
            point(number, text);
        }
        text.push(')');
    }
    text.push_str(inner);
}

impl Geometry {
    /// Well-known binary (OGC 06-103r4 8.2), little-endian, longitude before latitude: what
    /// `ST_GeomFromWKB(…, 4326)` takes.
    pub fn wkb(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(64 + 16 * self.points());
        match self.kind {
            Kind::Point => {
                head(&mut octets, 1);
                self.numbers(&mut octets, 0..self.runs.len().min(1));
            }
            Kind::LineString => self.line(&mut octets, 0),
            Kind::MultiLineString => {
                head(&mut octets, 5);
                count(&mut octets, self.runs.len());
                (0..self.runs.len()).for_each(|run| self.line(&mut octets, run));
            }
            Kind::Polygon => self.polygon(&mut octets, 0..self.runs.len()),
            Kind::MultiPolygon => {
                head(&mut octets, 6);
                let parts: Vec<_> = self.runs.chunk_by(|a, b| a.part == b.part).map(<[_]>::len).collect();
                count(&mut octets, parts.len());
                let mut start = 0;
                for part in parts {
                    self.polygon(&mut octets, start..start + part);
                    start += part;
                }
            }
        }
        octets
    }

    fn line(&self, octets: &mut Vec<u8>, run: usize) {
        head(octets, 2);
        count(octets, self.runs.get(run).map_or(0, |run| run.points.len()));
        self.numbers(octets, run..run + 1);
    }

    fn polygon(&self, octets: &mut Vec<u8>, runs: Range<usize>) {
        head(octets, 3);
        count(octets, runs.len());
        for run in runs {
            count(octets, self.runs.get(run).map_or(0, |run| run.points.len()));
            self.numbers(octets, run..run + 1);
        }
    }

    fn numbers(&self, octets: &mut Vec<u8>, runs: Range<usize>) {
        for point in self.runs.get(runs).into_iter().flatten().flat_map(|run| &run.points) {
            octets.extend(ellipsoid::octets(point.x));
            octets.extend(ellipsoid::octets(point.y));
        }
    }

    /// WKT, longitude before latitude.
    pub fn wkt(&self) -> String {
        let mut text = String::with_capacity(40 + 28 * self.points());
        let points: Vec<_> = self.runs.iter().flat_map(|run| &run.points).collect();
        let mut start = 0;
        let runs = self.runs.iter().map(|run| {
            let range = start..start + run.points.len();
            start = range.end;
            (run.part, range)
        });
        wkt(&mut text, self.kind, runs, |at, text| {
            if let Some(point) = points.get(at) {
                number::show(text, point.x, PLACES);
                text.push(' ');
                number::show(text, point.y, PLACES);
            }
        });
        text
    }

    /// A geometry object of GeoJSON (RFC 7946 3.1), outer rings anticlockwise.
    pub fn geojson(&self) -> String {
        let (outer, inner) = match self.kind {
            Kind::Point => ("", ""),
            Kind::LineString => ("[", "]"),
            Kind::MultiLineString | Kind::Polygon => ("[[", "]]"),
            Kind::MultiPolygon => ("[[[", "]]]"),
        };
        let mut text = format!("{{\"type\":\"{}\",\"coordinates\":{outer}", self.kind.in_geojson());
        let mut before = None;
        for run in &self.runs {
            match before {
                Some(before) if before != run.part && self.kind == Kind::MultiPolygon => text.push_str("]],[["),
                Some(_) => text.push_str("],["),
                None => {}
            }
            before = Some(run.part);
            for (at, point) in run.points.iter().enumerate() {
                text.push_str(if at > 0 { ",[" } else { "[" });
                number::show(&mut text, point.x, PLACES);
                text.push(',');
                number::show(&mut text, point.y, PLACES);
                text.push(']');
            }
        }
        text.push_str(inner);
        text.push('}');
        text
    }
}

/// WKT of a shape that is kept, as [`Geometry::wkt`] writes it, as a geometry object of GeoJSON: its numbers as they
/// stand there. None where it is anything else.
pub fn geojson_of(wkt: &str) -> Option<String> {
    let (word, body) = wkt.split_at(wkt.find('(')?);
    let kinds = [Kind::Point, Kind::LineString, Kind::MultiLineString, Kind::Polygon, Kind::MultiPolygon];
    let kind = kinds.into_iter().find(|kind| kind.name() == word)?;
    // a lone point stands in brackets of its own, which are those of its position
    let body = if kind == Kind::Point { body.strip_prefix('(')?.strip_suffix(')')? } else { body };
    let (mut text, mut depth) = (String::with_capacity(body.len() + body.len() / 8 + 48), 0i32);
    text.push_str(&format!("{{\"type\":\"{}\",\"coordinates\":", kind.in_geojson()));
    let mut rest = body;
    while let Some(sign) = rest.chars().next() {
        let taken = match sign {
            '(' => {
                text.push('[');
                depth += 1;
                1
            }
            ')' => {
                text.push(']');
                depth -= 1;
                1
            }
            ',' => {
                text.push(',');
                1
            }
            _ => {
                let end = rest.find([',', ')']).unwrap_or(rest.len());
                let (x, y) = rest.get(..end)?.split_once(' ')?;
                let is_number = |part: &str| {
                    !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit() || matches!(octet, b'-' | b'.'))
                };
                if !is_number(x) || !is_number(y) {
                    return None;
                }
                text.push_str(&format!("[{x},{y}]"));
                end
            }
        };
        rest = rest.get(taken..)?;
    }
    text.push('}');
    (depth == 0).then_some(text)
}

/// Little-endian, and the type.
fn head(octets: &mut Vec<u8>, kind: u32) {
    octets.push(1);
    octets.extend(kind.to_le_bytes());
}

fn count(octets: &mut Vec<u8>, count: usize) {
    // never more than the limit of points
    octets.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}
