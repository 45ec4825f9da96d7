//! Geometries through the room's public face: what is taken, what is refused and where, in three formats.

mod faults;
mod formats;
mod properties;
mod store;

use super::*;

/// Reads WKT in a system and judges it as anything.
fn judge(text: &str, crs: Crs) -> Result<Judged, Vec<Fault>> {
    wkt::read(text, 0, crs, &Limits::default()).map_err(|fault| vec![fault])?.judge(ANY)
}

/// All kinds.
const ANY: &[Kind] = &[Kind::Point, Kind::LineString, Kind::MultiLineString, Kind::Polygon, Kind::MultiPolygon];

/// Longitude and latitude near Baku from small whole numbers, a thousandth of a degree each.
fn near(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', ',', '(', ')']) {
        let (number, sign) = match word.char_indices().last() {
            Some((at, c)) if !c.is_ascii_digit() => (&word[..at], &word[at..]),
            _ => (word, ""),
        };
        match number.parse::<f64>() {
            // x is followed by a blank, y is not
            Ok(value) if sign == " " => out += &format!("{:.6}", 49.0 + value / 1000.0),
            Ok(value) => out += &format!("{:.6}", 40.0 + value / 1000.0),
            Err(_) => out += number,
        }
        out += sign;
    }
    out
}

/// What is wrong with a drawing of small numbers.
fn wrong(text: &str) -> Vec<What> {
    match judge(&near(text), Crs::Wgs84) {
        Ok(judged) => judged.warnings.into_iter().map(|fault| fault.what).collect(),
        Err(faults) => faults.into_iter().map(|fault| fault.what).collect(),
    }
}

/// Feeds an XML text to the reader of GML as the schema's reader would.
fn gml(xml: &str) -> Result<Sketch, Fault> {
    gml_within(xml, &Limits::default())
}

fn gml_within(xml: &str, limits: &Limits) -> Result<Sketch, Fault> {
    use crate::xml;
    let whole = format!("<G xmlns:gml=\"{GML_NAMESPACE}\">{xml}</G>");
    let mut reader = GmlReader::new(0, limits);
    let mut events = xml::Reader::new(whole.as_bytes(), xml::Limits::default());
    let mut depth = 0;
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    loop {
        match events.next().unwrap().event {
            xml::Event::Start(_) => {}
            _ => break,
        }
    }
    let _ = (&mut reader, &mut depth, &text);
    reader.finish()
}
