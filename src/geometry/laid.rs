//! A judged geometry as the octets of a spool, and back: of what was judged once, nothing is judged again.
//!
//! Owns that form. Never takes octets for a geometry that did not come from one: whoever keeps them says so.

use super::exact::Point;
use super::{Crs, Geometry, Kind, Run};
use crate::host::{Coded, put_number, put_signed, put_text};

const KINDS: [Kind; 5] = [Kind::Point, Kind::LineString, Kind::MultiLineString, Kind::Polygon, Kind::MultiPolygon];

impl Geometry {
    /// Adds it to the octets.
    pub fn lay(&self, octets: &mut Vec<u8>) {
        let Self { kind, crs, sent, runs, area, length } = self;
        octets.push(KINDS.iter().position(|one| one == kind).unwrap_or_default() as u8);
        put_number(octets, u64::from(crs.epsg()));
        put_text(octets, sent);
        put_number(octets, *area);
        put_number(octets, *length);
        put_number(octets, runs.len() as u64);
        let mut last = Point { x: 0, y: 0 };
        for run in runs {
            put_number(octets, run.part as u64);
            put_number(octets, run.points.len() as u64);
            for point in &run.points {
                put_signed(octets, point.x.wrapping_sub(last.x));
                put_signed(octets, point.y.wrapping_sub(last.y));
                last = *point;
            }
        }
    }

    /// Takes it back; none where no geometry was laid.
    pub fn taken(octets: &mut Coded<'_>) -> Option<Self> {
        let kind = *KINDS.get(usize::from(octets.octet()?))?;
        let crs = Crs::from_epsg(u32::try_from(octets.number()?).ok()?).ok()?;
        let sent = octets.text()?.to_owned();
        let (area, length) = (octets.number()?, octets.number()?);
        let count = octets.count(2)?;
        let mut runs = Vec::with_capacity(count);
        let mut last = Point { x: 0, y: 0 };
        for _ in 0..count {
            let part = usize::try_from(octets.number()?).ok()?;
            let count = octets.count(2)?;
            let mut points = Vec::with_capacity(count);
            for _ in 0..count {
                last = Point { x: last.x.wrapping_add(octets.signed()?), y: last.y.wrapping_add(octets.signed()?) };
                points.push(last);
            }
            runs.push(Run { part, points });
        }
        Some(Self { kind, crs, sent, runs, area, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{AREAS, LINES_AND_SITES, Limits, wkt};

    #[test]
    fn what_is_laid_away_is_taken_back_the_same() {
        for (text, crs, kinds) in [
            (
                "POLYGON((49.8 40.4,49.9 40.4,49.9 40.5,49.8 40.4),(49.87 40.41,49.89 40.41,49.89 40.43,49.87 40.41))",
                Crs::Wgs84,
                AREAS,
            ),
            (
                "MULTIPOLYGON(((400000 4480000,401000 4480000,401000 4481000,400000 4480000)),((400000 4460000,\
                401000 4460000,401000.125 4461000,400000 4460000)))",
                Crs::Utm39,
                AREAS,
            ),
            ("LINESTRING(49.61 40.52,49.7 40.50)", Crs::Wgs84, LINES_AND_SITES),
            ("POINT(49.61 40.52)", Crs::Wgs84, LINES_AND_SITES),
        ] {
            let judged = wkt::read(text, 0, crs, &Limits::default()).unwrap().judge(kinds).unwrap().geometry;
            let mut octets = Vec::new();
            judged.lay(&mut octets);
            let mut coded = Coded(&octets);
            assert_eq!((Geometry::taken(&mut coded), coded.is_empty()), (Some(judged), true), "{text}");
            for end in 0..octets.len() {
                assert_eq!(Geometry::taken(&mut Coded(&octets[..end])), None, "{text} cut off at {end}");
            }
        }
    }
}
