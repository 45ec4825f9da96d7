//! The XML Schema of a dataset: takes what the reader takes, and nothing else.
//!
//! All simple types restrict `xs:string`, whose `whiteSpace` is `preserve`: `xs:decimal` and
//! `xs:NCName` would trim blanks that the reader refuses. Only the root is a global element.

use crate::schema::form::{self, Frame};
use crate::schema::template::escaped;
use crate::schema::{Column, ColumnKind, Dataset, NAMESPACE, TotalRule};

/// The schema's text.
pub(super) fn schema(dataset: &Dataset) -> String {
    let attributes: String = Frame::attributes(dataset).map(|frame| attribute(frame, dataset)).collect();
    let record: String = dataset.columns.iter().map(|column| element(column, column.required)).collect();
    let total: String = dataset.decimals().map(|(_, column, _)| element(column, column.required)).collect();
    let at_least = match dataset.total {
        TotalRule::Required => 1,
        TotalRule::Optional => 0,
    };
    let mut places: Vec<u8> = dataset.decimals().map(|(_, _, places)| places).collect();
    places.sort_unstable();
    places.dedup();
    let mut types = String::new();
    for frame in Frame::attributes(dataset) {
        types.push_str(&match frame {
            Frame::Id => simple_type("Id", &form::ncname_pattern(), Some(form::ID_MAX)),
            Frame::To => simple_type("To", form::TO, None),
            Frame::Dataset => String::new(),
            Frame::Period => simple_type("Period", form::PERIOD, None),
            Frame::Revision => simple_type("Revision", form::REVISION, None),
            Frame::Sender => simple_type("Sender", form::SENDER, None),
        });
    }
    if dataset.station_column().is_some() {
        types.push_str(&simple_type("Station", form::STATION, Some(form::STATION_MAX)));
    }
    for places in places {
        types.push_str(&simple_type(&format!("Decimal{places}"), &form::decimal_pattern(places), None));
    }
    format!(
        r##"<?xml version="1.0" encoding="UTF-8"?>
<!-- Generated from dataset.toml; do not edit. -->
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}" elementFormDefault="qualified" attributeFormDefault="unqualified">
  <xs:annotation>
    <xs:documentation xml:lang="az">{az} ({clause})</xs:documentation>
    <xs:documentation xml:lang="en">{en} ({clause})</xs:documentation>
  </xs:annotation>
  <xs:element name="Submission">
    <xs:complexType>
      <xs:sequence>
        {SIGNATURES}
        <xs:sequence maxOccurs="unbounded">
          <xs:element name="Record">
            <xs:complexType>
              <xs:sequence>
{record}              </xs:sequence>
            </xs:complexType>
          </xs:element>
          {SIGNATURES}
        </xs:sequence>
        <xs:sequence minOccurs="{at_least}">
          <xs:element name="Total">
            <xs:complexType>
              <xs:sequence>
{total}              </xs:sequence>
            </xs:complexType>
          </xs:element>
          {SIGNATURES}
        </xs:sequence>
      </xs:sequence>
{attributes}    </xs:complexType>
  </xs:element>
{types}</xs:schema>
"##,
        az = escaped(&dataset.title_az),
        en = escaped(&dataset.title_en),
        clause = escaped(&dataset.clause),
    )
}

/// Signatures may stand anywhere among the root's children; of that namespace the reader takes
/// `ds:Signature` alone.
const SIGNATURES: &str = concat!(
    r#"<xs:any namespace="http://www.w3.org/2000/09/xmldsig#" processContents="skip""#,
    r#" minOccurs="0" maxOccurs="unbounded"/>"#
);

fn attribute(frame: Frame, dataset: &Dataset) -> String {
    let uses = if frame.required_in_xml() { "required" } else { "optional" };
    let kind = match frame {
        Frame::Id => "type=\"Id\"".to_owned(),
        Frame::To => "type=\"To\"".to_owned(),
        Frame::Dataset => format!("type=\"xs:string\" fixed=\"{}\"", dataset.name),
        Frame::Period => "type=\"Period\"".to_owned(),
        Frame::Revision => "type=\"Revision\"".to_owned(),
        Frame::Sender => "type=\"Sender\"".to_owned(),
    };
    format!("      <xs:attribute name=\"{}\" {kind} use=\"{uses}\"/>\n", frame.name())
}

fn element(column: &Column, required: bool) -> String {
    let kind = match column.kind {
        ColumnKind::Station => "Station".to_owned(),
        ColumnKind::Decimal { places } => format!("Decimal{places}"),
    };
    let least = if required { "" } else { " minOccurs=\"0\"" };
    let unit = column.unit.as_deref().map_or_else(String::new, |unit| format!(", {}", escaped(unit)));
    format!(
        "                <xs:element name=\"{}\" type=\"{kind}\"{least}>\n                  <xs:annotation>\n                    <xs:documentation xml:lang=\"az\">{}{unit}</xs:documentation>\n                    <xs:documentation xml:lang=\"en\">{}{unit}</xs:documentation>\n                  </xs:annotation>\n                </xs:element>\n",
        column.element,
        escaped(&column.title_az),
        escaped(&column.title_en),
    )
}

fn simple_type(name: &str, pattern: &str, longest: Option<usize>) -> String {
    let longest = longest.map_or_else(String::new, |max| format!("      <xs:maxLength value=\"{max}\"/>\n"));
    format!(
        "  <xs:simpleType name=\"{name}\">\n    <xs:restriction base=\"xs:string\">\n      <xs:pattern value=\"{pattern}\"/>\n{longest}    </xs:restriction>\n  </xs:simpleType>\n"
    )
}
