//! Well-known text (OGC 06-103r4 7), as in the `geometry` column of a table.
//!
//! x stands before y, as PostGIS and every GIS write it: longitude before latitude with EPSG:4326, easting
//! before northing with UTM. The `epsg` column beside it says which.

use super::fault::{Bound, Fault, Form, What};
use super::number::NUMBER_MAX;
use super::sketch::{Drawing, Sketch};
use super::{Axes, Crs, Kind, Limits};

/// Kinds of WKT that are known and not taken.
const OTHERS: &[&str] = &[
    "MULTIPOINT",
    "GEOMETRYCOLLECTION",
    "CIRCULARSTRING",
    "COMPOUNDCURVE",
    "CURVEPOLYGON",
    "MULTICURVE",
    "MULTISURFACE",
    "CURVE",
    "SURFACE",
    "POLYHEDRALSURFACE",
    "TIN",
    "TRIANGLE",
];

/// Reads a text whose first octet lies at `offset` of the file.
///
/// # Errors
/// The first thing that is not well-known text of a kind that is taken.
pub fn read(text: &str, offset: u64, crs: Crs, limits: &Limits) -> Result<Sketch, Fault> {
    if text.len() > limits.text {
        return Err(Fault::at(What::Limit(Bound::Text, limits.text), offset));
    }
    let mut reader = Reader { text, at: 0, offset };
    reader.srid(crs)?;
    let kind = reader.kind()?;
    let mut drawing = Drawing::new(crs, Axes::EastNorth, limits);
    drawing.expect(text.len());
    reader.body(kind, &mut drawing)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.fault(Form::Trailing));
    }
    drawing.finish(kind, offset)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    offset: u64,
}

impl<'a> Reader<'a> {
    fn fault(&self, form: Form) -> Fault {
        let form = if self.rest().is_empty() && form == Form::Unexpected { Form::Unfinished } else { form };
        Fault::at(What::Form(form), self.place())
    }

    fn place(&self) -> u64 {
        self.offset + self.at as u64
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n')).count();
    }

    /// Takes a sign, with blanks before it.
    fn takes(&mut self, sign: char) -> bool {
        self.blanks();
        let takes = self.rest().starts_with(sign);
        self.at += usize::from(takes);
        takes
    }

    fn expect(&mut self, sign: char) -> Result<(), Fault> {
        if self.takes(sign) { Ok(()) } else { Err(self.fault(Form::Unexpected)) }
    }

    /// What may stand in a word or number.
    fn word(&mut self) -> &'a str {
        self.blanks();
        let rest = self.rest();
        let ends = |octet: u8| matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b',' | b';');
        let end = rest.bytes().position(ends).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// `SRID=4326;` as PostGIS writes: taken when it says what the column says.
    fn srid(&mut self, crs: Crs) -> Result<(), Fault> {
        self.blanks();
        let Some((prefix, rest)) = self.rest().split_once(';') else { return Ok(()) };
        let is_srid = prefix.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("SRID="));
        if !is_srid {
            return Ok(());
        }
        if prefix.get(5..).map(str::trim) != Some(crs.epsg().to_string().as_str()) {
            return Err(self.fault(Form::SridDiffers));
        }
        self.at = self.text.len() - rest.len();
        Ok(())
    }

    fn kind(&mut self) -> Result<Kind, Fault> {
        self.blanks();
        let start = self.place();
        let word = self.word();
        if word.is_empty() {
            let form = if self.rest().is_empty() { Form::Missing } else { Form::Unknown };
            return Err(Fault::at(What::Form(form), start));
        }
        let name: String = word.chars().take(30).collect::<String>().to_ascii_uppercase();
        let kinds = [Kind::Point, Kind::LineString, Kind::MultiLineString, Kind::Polygon, Kind::MultiPolygon];
        let unsupported = |name: String| Err(Fault::at(What::Unsupported(name), start));
        let flat = name.strip_suffix("ZM").or(name.strip_suffix(['Z', 'M'])).unwrap_or(&name);
        let Some(kind) = kinds.into_iter().find(|kind| kind.name() == flat) else {
            return match OTHERS.contains(&flat) {
                true => unsupported(name),
                false => Err(Fault::at(What::Form(Form::Unknown), start)),
            };
        };
        let before = self.at;
        let dimension = self.word().to_ascii_uppercase();
        match dimension.as_str() {
            _ if flat != name => Err(Fault::at(What::Form(Form::ThreeDimensional), start)),
            "Z" | "M" | "ZM" => Err(Fault::at(What::Form(Form::ThreeDimensional), start)),
            "EMPTY" => Err(Fault::at(What::Form(Form::Empty), start)),
            "" => Ok(kind),
            _ => {
                self.at = before;
                self.blanks();
                Err(self.fault(Form::Unexpected))
            }
        }
    }

    fn body(&mut self, kind: Kind, drawing: &mut Drawing) -> Result<(), Fault> {
        match kind {
            Kind::Point | Kind::LineString => {
                drawing.begin_part();
                self.run(kind == Kind::Point, drawing)
            }
            Kind::Polygon => self.polygon(drawing),
            Kind::MultiLineString => self.list(drawing, |reader, drawing| {
                drawing.begin_part();
                reader.run(false, drawing)
            }),
            Kind::MultiPolygon => self.list(drawing, Self::polygon),
        }
    }

    fn polygon(&mut self, drawing: &mut Drawing) -> Result<(), Fault> {
        drawing.begin_part();
        self.list(drawing, |reader, drawing| reader.run(false, drawing))
    }

    fn list(
        &mut self,
        drawing: &mut Drawing,
        item: impl Fn(&mut Self, &mut Drawing) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.not_empty()?;
        self.expect('(')?;
        loop {
            item(self, drawing)?;
            if !self.takes(',') {
                return self.expect(')');
            }
        }
    }

    /// A list of points, or one.
    fn run(&mut self, lone: bool, drawing: &mut Drawing) -> Result<(), Fault> {
        self.not_empty()?;
        self.expect('(')?;
        drawing.begin_run();
        loop {
            self.point(drawing)?;
            if lone || !self.takes(',') {
                return self.expect(')');
            }
        }
    }

    fn not_empty(&mut self) -> Result<(), Fault> {
        self.blanks();
        let empty = self.rest().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("EMPTY"));
        if empty { Err(self.fault(Form::Empty)) } else { Ok(()) }
    }

    fn point(&mut self, drawing: &mut Drawing) -> Result<(), Fault> {
        self.blanks();
        let start = self.place();
        let first = self.word();
        if first.is_empty() {
            return Err(self.fault(Form::Unexpected));
        }
        let second = self.word();
        if second.is_empty() {
            return Err(match self.rest().is_empty() {
                true => self.fault(Form::Unfinished),
                false => Fault::at(What::Form(Form::OneCoordinate), start),
            });
        }
        self.blanks();
        if !self.rest().starts_with([',', ')']) && !self.rest().is_empty() {
            let third = self.word();
            let number = !third.is_empty() && third.len() <= NUMBER_MAX && third.bytes().all(|b| b.is_ascii_graphic());
            let form = if number { Form::ThreeDimensional } else { Form::Unexpected };
            return Err(Fault::at(What::Form(form), start));
        }
        drawing.point(first, second, start)
    }
}
