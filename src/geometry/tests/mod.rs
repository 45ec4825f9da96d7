//! Geometries through the room's public face: what is taken, what is refused and where, in three formats.

mod faults;
mod formats;
mod properties;
mod store;

use super::*;
use crate::xml::{self, Event};

/// All kinds.
const ANY: &[Kind] = &[Kind::Point, Kind::LineString, Kind::MultiLineString, Kind::Polygon, Kind::MultiPolygon];

/// Reads WKT and judges it as anything.
fn judge(text: &str, crs: Crs) -> Result<Judged, Vec<Fault>> {
    wkt::read(text, 0, crs, &Limits::default()).map_err(|fault| vec![fault])?.judge(ANY)
}

/// The same drawing near Baku: thousandths of a degree from 49° E, 40° N.
fn near(drawing: &str) -> String {
    let mut out = String::new();
    for word in drawing.split_inclusive([' ', ',', '(', ')']) {
        let end = word.trim_end_matches([' ', ',', '(', ')']).len();
        let (number, sign) = word.split_at(end);
        match number.parse::<f64>() {
            Ok(value) if sign == " " => out += &format!("{:.6}", 49.0 + value / 1000.0),
            Ok(value) => out += &format!("{:.6}", 40.0 + value / 1000.0),
            Err(_) => out += number,
        }
        out += sign;
    }
    out
}

/// Feeds XML to the reader of GML, as whoever reads the document around does.
fn gml(xml: &str) -> Result<Sketch, Fault> {
    gml_within(xml, &Limits::default())
}

fn gml_within(inner: &str, limits: &Limits) -> Result<Sketch, Fault> {
    let whole = format!("<G xmlns:gml=\"{GML_NAMESPACE}\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">{inner}</G>");
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    let mut events = xml::Reader::new(whole.as_bytes(), whole.len() as u64, &xml::Limits::default());
    let mut reader = GmlReader::new(0, limits);
    let mut around = true;
    loop {
        match events.next().unwrap() {
            Event::Start(_) if std::mem::take(&mut around) => {}
            Event::Start(tag) => {
                let attributes: Vec<_> = tag
                    .attributes()
                    .map(|a| (text(tag.namespaces.uri_text(a.uri)), text(a.local), text(a.value)))
                    .collect();
                let attributes = attributes.iter().map(|(ns, local, value)| (&**ns, &**local, &**value));
                reader.start(&text(tag.namespaces.uri_text(tag.uri)), &text(tag.local()), attributes, tag.offset);
            }
            Event::Text { octets, offset, .. } => reader.text(&text(octets), offset),
            Event::End { offset, .. } if reader.is_open() => reader.end(offset),
            Event::End { .. } => return reader.finish(),
            Event::Done => panic!("the element around never ended: {inner}"),
            _ => {}
        }
    }
}
