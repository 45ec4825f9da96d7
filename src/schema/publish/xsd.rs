//! The XML Schema of a dataset: takes what the reader takes, and nothing else.
//!
//! All simple types restrict `xs:string`, whose `whiteSpace` is `preserve`: `xs:decimal` and
//! `xs:NCName` would trim blanks that the reader refuses. Only the root is a global element.
//! A shape is any one element of GML: what stands in it the reader judges more closely than the schema of GML does.
//! Written through `quick_xml`, so that it is well-formed whatever a description says.

use crate::geometry::GML_NAMESPACE;
use crate::schema::form::{self, Frame};
use crate::schema::{Column, ColumnKind, Dataset, NAMESPACE, TextForm, TotalRule};
use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::name::QName;
use std::io;

/// An XML document that grows in memory.
type Out = Writer<Vec<u8>>;

/// The schema's text.
pub(super) fn schema(dataset: &Dataset) -> String {
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    // memory takes everything, and what is written into it is text
    document(&mut out, dataset).expect("writing into memory cannot fail");
    let text = String::from_utf8(out.into_inner()).expect("only text was written");
    text + "\n"
}

fn document(out: &mut Out, dataset: &Dataset) -> io::Result<()> {
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    out.write_event(Event::Comment(BytesText::new(" Generated from dataset.toml; do not edit. ")))?;
    let schema = out.create_element("xs:schema").with_attributes([
        ("xmlns:xs", "http://www.w3.org/2001/XMLSchema"),
        ("xmlns", NAMESPACE),
        ("targetNamespace", NAMESPACE),
        ("elementFormDefault", "qualified"),
        ("attributeFormDefault", "unqualified"),
    ]);
    schema.write_inner_content(|out| {
        let clause = &dataset.clause;
        documentation(out, [&dataset.title_az, &dataset.title_en].map(|title| format!("{title} ({clause})")))?;
        root(out, dataset)?;
        simple_types(out, dataset)
    })?;
    Ok(())
}

/// The one global element.
fn root(out: &mut Out, dataset: &Dataset) -> io::Result<()> {
    let at_least = match dataset.total {
        TotalRule::Required => "1",
        TotalRule::Optional | TotalRule::None => "0",
    };
    let records_at_least = if dataset.takes_total_alone() { "0" } else { "1" };
    structure(out, "Submission", |out| {
        within(out, "xs:sequence", &[], |out| {
            signatures(out)?;
            let records = [("minOccurs", records_at_least), ("maxOccurs", "unbounded")];
            within(out, "xs:sequence", if records_at_least == "1" { &records[1..] } else { &records }, |out| {
                columns(out, "Record", dataset.columns.iter())?;
                signatures(out)
            })?;
            if dataset.total == TotalRule::None {
                return Ok(());
            }
            within(out, "xs:sequence", &[("minOccurs", at_least)], |out| {
                columns(out, "Total", dataset.decimals().map(|(_, column, _)| column))?;
                signatures(out)
            })
        })?;
        Frame::attributes(dataset).try_for_each(|frame| attribute(out, frame, dataset))
    })
}

/// Signatures may stand anywhere among the root's children; of that namespace the reader takes
/// `ds:Signature` alone.
fn signatures(out: &mut Out) -> io::Result<()> {
    out.create_element("xs:any")
        .with_attributes([
            ("namespace", "http://www.w3.org/2000/09/xmldsig#"),
            ("processContents", "skip"),
            ("minOccurs", "0"),
            ("maxOccurs", "unbounded"),
        ])
        .write_empty()?;
    Ok(())
}

/// A record, or the total: its columns in their order.
fn columns<'d>(out: &mut Out, name: &str, columns: impl Iterator<Item = &'d Column>) -> io::Result<()> {
    structure(out, name, |out| {
        within(out, "xs:sequence", &[], |out| {
            for column in columns {
                let kind = match column.kind {
                    ColumnKind::Station => Some("Station".to_owned()),
                    ColumnKind::Decimal { places } => Some(decimal(places)),
                    ColumnKind::Text(_) => Some(word(column)),
                    ColumnKind::Geometry(_) => None,
                };
                let mut attributes = vec![("name", column.element.as_str())];
                attributes.extend(kind.as_ref().map(|kind| ("type", kind.as_str())));
                attributes.extend((!column.required).then_some(("minOccurs", "0")));
                let unit = column.unit.as_deref().map_or_else(String::new, |unit| format!(", {unit}"));
                let titles = [&column.title_az, &column.title_en].map(|title| format!("{title}{unit}"));
                within(out, "xs:element", &attributes, |out| {
                    documentation(out, titles)?;
                    if kind.is_none() { gml(out) } else { Ok(()) }
                })?;
            }
            Ok(())
        })
    })
}

/// One element of GML.
fn gml(out: &mut Out) -> io::Result<()> {
    within(out, "xs:complexType", &[], |out| {
        within(out, "xs:sequence", &[], |out| {
            let any = [("namespace", GML_NAMESPACE), ("processContents", "skip")];
            out.create_element("xs:any").with_attributes(any).write_empty().map(drop)
        })
    })
}

fn attribute(out: &mut Out, frame: Frame, dataset: &Dataset) -> io::Result<()> {
    let kind = match frame {
        Frame::Id => "Id",
        Frame::To => "To",
        Frame::Dataset => "xs:string",
        Frame::Period => "Period",
        Frame::Revision => "Revision",
        Frame::Sender | Frame::About => "Sender",
        Frame::Replaces => "Replaces",
        Frame::Reason => "Reason",
        Frame::Note => "Note",
    };
    let mut attributes = vec![("name", frame.name()), ("type", kind)];
    attributes.extend((frame == Frame::Dataset).then_some(("fixed", dataset.name.as_str())));
    attributes.push(("use", if frame.required_in_xml() { "required" } else { "optional" }));
    out.create_element("xs:attribute").with_attributes(attributes).write_empty()?;
    Ok(())
}

fn simple_types(out: &mut Out, dataset: &Dataset) -> io::Result<()> {
    for frame in Frame::attributes(dataset) {
        match frame {
            Frame::Id => simple_type(out, "Id", &form::ncname_pattern(), Some(form::ID_MAX))?,
            Frame::To => simple_type(out, "To", form::TO, None)?,
            Frame::Dataset | Frame::About => {} // of which the latter is of the sender's form
            Frame::Period => simple_type(out, "Period", &form::period_pattern(dataset.periods), None)?,
            Frame::Revision => simple_type(out, "Revision", form::REVISION, None)?,
            Frame::Sender => simple_type(out, "Sender", form::SENDER, None)?,
            Frame::Replaces => simple_type(out, "Replaces", form::REPLACES, None)?,
            Frame::Reason => one_of(out, "Reason", &form::REASONS)?,
            Frame::Note => simple_type(out, "Note", form::NOTE_XSD, Some(form::NOTE_MAX))?,
        }
    }
    if dataset.station_column().is_some() {
        simple_type(out, "Station", form::STATION, Some(form::STATION_MAX))?;
    }
    for column in &dataset.columns {
        match &column.kind {
            ColumnKind::Text(of) => match &of.form {
                TextForm::Codes(codes) => one_of(out, &word(column), codes)?,
                TextForm::Pattern(pattern, longest) => {
                    simple_type(out, &word(column), pattern.as_str(), Some(*longest))?
                }
            },
            ColumnKind::Station | ColumnKind::Decimal { .. } | ColumnKind::Geometry(_) => {}
        }
    }
    let mut places: Vec<u8> = dataset.decimals().map(|(_, _, places)| places).collect();
    places.sort_unstable();
    places.dedup();
    places.into_iter().try_for_each(|places| simple_type(out, &decimal(places), &form::decimal_pattern(places), None))
}

fn simple_type(out: &mut Out, name: &str, pattern: &str, longest: Option<usize>) -> io::Result<()> {
    within(out, "xs:simpleType", &[("name", name)], |out| {
        within(out, "xs:restriction", &[("base", "xs:string")], |out| {
            // the patterns are ours and write characters beyond ASCII as references already
            let value = Attribute { key: QName("value"), value: pattern.into() };
            out.create_element("xs:pattern").with_attribute(value).write_empty()?;
            if let Some(longest) = longest {
                let longest = longest.to_string();
                out.create_element("xs:maxLength").with_attribute(("value", longest.as_str())).write_empty()?;
            }
            Ok(())
        })
    })
}

/// One of these words.
fn one_of(out: &mut Out, name: &str, codes: &[impl AsRef<str>]) -> io::Result<()> {
    within(out, "xs:simpleType", &[("name", name)], |out| {
        within(out, "xs:restriction", &[("base", "xs:string")], |out| {
            codes.iter().try_for_each(|code| {
                out.create_element("xs:enumeration").with_attribute(("value", code.as_ref())).write_empty().map(drop)
            })
        })
    })
}

/// The type of a text column, which is its own.
fn word(column: &Column) -> String {
    format!("Text.{}", column.element)
}

fn decimal(places: u8) -> String {
    format!("Decimal{places}")
}

/// An element of this name with a type of its own.
fn structure(out: &mut Out, name: &str, inside: impl FnOnce(&mut Out) -> io::Result<()>) -> io::Result<()> {
    within(out, "xs:element", &[("name", name)], |out| within(out, "xs:complexType", &[], inside))
}

/// The same text in Azerbaijani and in English.
fn documentation(out: &mut Out, [az, en]: [String; 2]) -> io::Result<()> {
    within(out, "xs:annotation", &[], |out| {
        for (language, text) in [("az", az), ("en", en)] {
            let element = out.create_element("xs:documentation").with_attribute(("xml:lang", language));
            element.write_text_content(BytesText::new(&text))?;
        }
        Ok(())
    })
}

fn within(
    out: &mut Out,
    name: &str,
    attributes: &[(&str, &str)],
    inside: impl FnOnce(&mut Out) -> io::Result<()>,
) -> io::Result<()> {
    out.create_element(name).with_attributes(attributes.iter().copied()).write_inner_content(inside)?;
    Ok(())
}
