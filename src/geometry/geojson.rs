//! A geometry object of GeoJSON (RFC 7946 3.1).
//!
//! Longitude before latitude in WGS 84, and nothing else (RFC 7946 4): a `crs` member, of the format before the
//! RFC, is taken only when it says just that. Other members say nothing (RFC 7946 6.1). The wrong sense of
//! a ring is a warning, because readers should not refuse it (RFC 7946 3.1.6).

use super::fault::{Bound, Fault, Form, What};
use super::json::{NotJson, Scanner};
use super::sketch::{Drawing, Sketch};
use super::{Axes, Crs, Kind, Limits};

/// Reads a text whose first octet lies at `offset` of the file.
///
/// # Errors
/// The first thing that is no geometry object of a kind that is taken.
pub fn read(text: &str, offset: u64, limits: &Limits) -> Result<Sketch, Fault> {
    if text.len() > limits.text {
        return Err(Fault::at(What::Limit(Bound::Text, limits.text), offset));
    }
    let reader = Reader { offset };
    let (kind, mut coordinates) = reader.members(&mut Scanner::new(text))?;
    let mut drawing = Drawing::new(Crs::Wgs84, Axes::EastNorth, limits);
    match kind {
        Kind::Point => {
            drawing.begin_part();
            drawing.begin_run();
            reader.position(&mut coordinates, &mut drawing)?;
        }
        Kind::LineString => {
            drawing.begin_part();
            reader.positions(&mut coordinates, &mut drawing)?;
        }
        Kind::MultiLineString => reader.list(&mut coordinates, |scanner| {
            drawing.begin_part();
            reader.positions(scanner, &mut drawing)
        })?,
        Kind::Polygon => reader.polygon(&mut coordinates, &mut drawing)?,
        Kind::MultiPolygon => reader.list(&mut coordinates, |scanner| reader.polygon(scanner, &mut drawing))?,
    }
    let mut sketch = drawing.finish(kind, offset)?;
    sketch.sense = true;
    Ok(sketch)
}

/// Whether a `crs` member whose value begins at `offset` says what holds anyway.
///
/// # Errors
/// It names another system, or none.
pub fn crs(text: &str, offset: u64) -> Result<(), Fault> {
    Reader { offset }.crs(Scanner::new(text), 0)
}

struct Reader {
    offset: u64,
}

impl Reader {
    fn fault(&self, form: Form, at: usize) -> Fault {
        Fault::at(What::Form(form), self.offset + at as u64)
    }

    fn json(&self, fault: NotJson) -> Fault {
        self.fault(Form::Json, fault.0)
    }

    /// The object's members: what it is, and where its coordinates begin.
    fn members<'a>(&self, scanner: &mut Scanner<'a>) -> Result<(Kind, Scanner<'a>), Fault> {
        if scanner.is_at_end() {
            return Err(self.fault(Form::Missing, 0));
        }
        scanner.expect('{').map_err(|fault| self.json(fault))?;
        let (mut kind, mut coordinates) = (None, None);
        let mut told_crs = false;
        if !scanner.takes('}') {
            loop {
                let start = scanner.place();
                let name = scanner.string().map_err(|fault| self.json(fault))?;
                if name.contains('\\') {
                    // another reader would resolve it, and find a member that this one has passed over
                    return Err(self.fault(Form::Unexpected, start));
                }
                scanner.expect(':').map_err(|fault| self.json(fault))?;
                let at = scanner.place();
                let value = scanner.clone();
                scanner.skip().map_err(|fault| self.json(fault))?;
                let doubled = match name {
                    "type" => kind.replace((self.kind(value, at), at)).is_some(),
                    "coordinates" => coordinates.replace(value).is_some(),
                    "crs" => {
                        self.crs(value, at)?;
                        std::mem::replace(&mut told_crs, true)
                    }
                    _ => false,
                };
                if doubled {
                    return Err(self.fault(Form::Doubled, start));
                }
                if !scanner.takes(',') {
                    scanner.expect('}').map_err(|fault| self.json(fault))?;
                    break;
                }
            }
        }
        let end = scanner.place();
        if !scanner.is_at_end() {
            return Err(self.fault(Form::Trailing, end));
        }
        let (kind, _) = kind.ok_or_else(|| self.fault(Form::Unknown, 0))?;
        Ok((kind?, coordinates.ok_or_else(|| self.fault(Form::Empty, 0))?))
    }

    fn kind(&self, mut value: Scanner<'_>, at: usize) -> Result<Kind, Fault> {
        let name = value.string().map_err(|_| self.fault(Form::Unknown, at))?;
        match name {
            "Point" => Ok(Kind::Point),
            "LineString" => Ok(Kind::LineString),
            "MultiLineString" => Ok(Kind::MultiLineString),
            "Polygon" => Ok(Kind::Polygon),
            "MultiPolygon" => Ok(Kind::MultiPolygon),
            "MultiPoint" | "GeometryCollection" => {
                Err(Fault::at(What::Unsupported(name.to_owned()), self.offset + at as u64))
            }
            "Feature" | "FeatureCollection" => Err(self.fault(Form::Feature, at)),
            _ => Err(self.fault(Form::Unknown, at)),
        }
    }

    /// `{"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}`, or null. With the
    /// authority's name of EPSG:4326 programs of that time meant longitude first, too.
    fn crs(&self, mut value: Scanner<'_>, at: usize) -> Result<(), Fault> {
        if !value.next_is('{') {
            return match value.next_is('n') {
                true => Ok(()),
                false => Err(self.fault(Form::JsonCrs, at)),
            };
        }
        let name = member(&mut value, "properties").and_then(|mut inner| member(&mut inner, "name"));
        let name = name.and_then(|mut name| name.string().ok()).unwrap_or_default();
        let is_wgs84 = name == "EPSG:4326" || Crs::from_srs_name(name).is_ok_and(|(crs, _)| crs == Crs::Wgs84);
        if is_wgs84 { Ok(()) } else { Err(self.fault(Form::JsonCrs, at)) }
    }

    fn polygon(&self, scanner: &mut Scanner<'_>, drawing: &mut Drawing) -> Result<(), Fault> {
        drawing.begin_part();
        self.list(scanner, |scanner| self.positions(scanner, drawing))
    }

    fn positions(&self, scanner: &mut Scanner<'_>, drawing: &mut Drawing) -> Result<(), Fault> {
        drawing.begin_run();
        self.list(scanner, |scanner| self.position(scanner, drawing))
    }

    /// An array that is not empty.
    fn list(
        &self,
        scanner: &mut Scanner<'_>,
        mut item: impl FnMut(&mut Scanner<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let start = scanner.place();
        if !scanner.takes('[') {
            return Err(self.fault(Form::Unexpected, start));
        }
        if scanner.next_is(']') {
            return Err(self.fault(Form::Empty, start));
        }
        loop {
            item(scanner)?;
            if !scanner.takes(',') {
                return scanner.expect(']').map_err(|fault| self.fault(Form::Unexpected, fault.0));
            }
        }
    }

    fn position(&self, scanner: &mut Scanner<'_>, drawing: &mut Drawing) -> Result<(), Fault> {
        let start = scanner.place();
        let mut numbers = Vec::with_capacity(2);
        self.list(scanner, |scanner| {
            let place = scanner.place();
            let number = scanner.number().map_err(|_| self.fault(Form::Unexpected, place))?;
            numbers.push(number.to_owned());
            if numbers.len() > 2 { Err(self.fault(Form::ThreeDimensional, start)) } else { Ok(()) }
        })?;
        match numbers.as_slice() {
            [longitude, latitude] => drawing.point(longitude, latitude, self.offset + start as u64),
            _ => Err(self.fault(Form::OneCoordinate, start)),
        }
    }
}

/// The value of a member of an object that was stepped over before.
fn member<'a>(scanner: &mut Scanner<'a>, wanted: &str) -> Option<Scanner<'a>> {
    scanner.expect('{').ok()?;
    loop {
        let name = scanner.string().ok()?;
        scanner.expect(':').ok()?;
        scanner.place();
        if name == wanted {
            return Some(scanner.clone());
        }
        scanner.skip().ok()?;
        if !scanner.takes(',') {
            return None;
        }
    }
}
