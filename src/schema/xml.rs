//! The form of an XML submission, read from covered events one by one.
//!
//! A state machine that is fed: it holds the open elements and hands on the records, one by one. It
//! goes on after a fault, so that one answer names them all, and its verdict is that of the published
//! XSD (a property test holds both against each other). Two things it refuses which a schema processor
//! takes by itself: `xsi:type`, and elements of the XMLDSig namespace that are no `Signature`.

use super::faults::name_shown;
use super::form::{self, Frame};
use super::limits;
use super::reading::{Reading, Taking, Total};
use super::records::Laying;
use super::statement::Spot;
use super::{ColumnKind, Dataset, Limits, PeriodKinds, Record, Shapes, TotalRule, Value, shape};
use crate::authority::{CoveredAttribute, CoveredEvent};
use crate::document::{Period, SUBMISSION_NAMESPACE as NAMESPACE};
use crate::finding::{Code, Finding, Hint, Place};
use crate::geometry::GmlReader;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Characters of a value that are kept, more than any right value has: what is longer is wrong
/// whatever follows.
const VALUE_MAX: usize = 160;

/// Reads the form of one document.
pub(super) struct XmlInspector<'a> {
    dataset: &'a Dataset,
    limits: &'a Limits,
    reading: Reading,
    taken: Taking,
    root: Root,
    group: Option<Group>,
    field: Option<Field>,
    /// An open column that holds a shape.
    drawn: Option<Drawn>,
    /// How deep inside an element that has no place here.
    skipping: u64,
}

/// The root's state.
#[derive(Default)]
struct Root {
    open: bool,
    records: u64,
    total: bool,
    record_after_total: bool,
    stray: bool,
    strangers: usize,
}

/// An open `Record` or `Total`.
struct Group {
    total: bool,
    number: u64,
    offset: u64,
    values: Vec<Value>,
    offsets: Vec<u64>,
    seen: Vec<bool>,
    last: usize,
    stray: bool,
    strangers: usize,
}

/// An open column with a shape in it.
struct Drawn {
    column: usize,
    shapes: Shapes,
    reader: GmlReader,
    offset: u64,
}

/// An open column.
struct Field {
    column: usize,
    text: String,
    offset: u64,
    text_offset: Option<u64>,
    /// Whether a fault was told already, so that its value is not judged too.
    spoilt: bool,
}

impl Group {
    fn path(&self) -> String {
        if self.total { "/Submission/Total".to_owned() } else { format!("/Submission/Record[{}]", self.number) }
    }

    /// Whether this column has a place here, and whether it must stand.
    fn takes(&self, dataset: &Dataset, column: usize) -> (bool, bool) {
        match dataset.columns.get(column) {
            Some(column) if self.total && !column.is_decimal() => (false, false),
            Some(column) => (true, column.required),
            None => (false, false),
        }
    }
}

impl<'a> XmlInspector<'a> {
    /// Begins a document of this dataset.
    pub fn new<'s>(dataset: &'a Dataset, limits: &'a Limits, laying: impl Into<Laying<'s>>) -> Self {
        Self {
            dataset,
            limits,
            reading: Reading::new(dataset, limits.findings_max),
            taken: Taking::new(dataset, limits, laying),
            root: Root::default(),
            group: None,
            field: None,
            drawn: None,
            skipping: 0,
        }
    }

    /// Takes the next event; `false` when nothing more is to be read.
    pub fn feed(&mut self, event: CoveredEvent<'_>) -> bool {
        match event {
            CoveredEvent::Start { namespace, local, attributes, offset } => {
                self.start(namespace, local, attributes, offset)
            }
            CoveredEvent::Text { text, offset } => {
                self.text(text, offset);
                true
            }
            CoveredEvent::End { offset } => {
                self.end(offset);
                !self.taken.is_lost()
            }
        }
    }

    /// What was read.
    pub fn finish(self) -> Reading {
        self.reading.with(self.taken)
    }

    fn fault(&mut self, code: Code, place: Place, found: Option<&str>, wanted: &str, hint: Option<Hint>) {
        let mut finding = Finding::new(code).at(place);
        if wanted != NOTHING {
            finding = finding.wanted(wanted);
        }
        if let Some(found) = found {
            finding = finding.found(found);
        }
        finding.hint = hint;
        self.reading.faults.push(finding);
    }

    fn start(&mut self, namespace: &str, local: &str, attributes: &[CoveredAttribute<'_>], offset: u64) -> bool {
        if self.skipping > 0 {
            self.skipping += 1;
            return true;
        }
        if self.field.is_some() {
            self.inside_a_value(local, offset);
            return true;
        }
        if let Some(drawn) = &mut self.drawn {
            let attributes = attributes.iter().map(|one| (one.namespace, one.local, one.value));
            drawn.reader.start(namespace, local, attributes, offset);
            return true;
        }
        if self.group.is_some() {
            self.column(namespace, local, attributes, offset);
            return true;
        }
        if self.root.open {
            return self.group(namespace, local, attributes, offset);
        }
        self.begin(namespace, local, attributes, offset)
    }

    /// The root and its attributes: who states what, and when (R 3.5.1).
    fn begin(&mut self, namespace: &str, local: &str, attributes: &[CoveredAttribute<'_>], offset: u64) -> bool {
        if namespace != NAMESPACE || local != "Submission" {
            let found = format!("{{{namespace}}}{local}");
            let wanted = format!("{{{NAMESPACE}}}Submission");
            let hint = Hint::fixed(
                "Kök elementin adını və xmlns ad sahəsini yoxlayın.",
                "Check the name of the root element and its namespace (xmlns).",
            );
            self.fault(Code::SchemaInvalid, Place::at(offset).path("/"), Some(&found), &wanted, Some(hint));
            return false; // nothing inside would be what it seems
        }
        self.root.open = true;
        if self.dataset.periods == PeriodKinds::None {
            self.reading.period = Some(Period::None);
        }
        let mut seen = Vec::new();
        for attribute in attributes {
            let known = Frame::attributes(self.dataset)
                .find(|frame| attribute.namespace.is_empty() && frame.name() == attribute.local);
            let Some(frame) = known else {
                self.odd_attribute("/Submission", attribute, offset);
                continue;
            };
            seen.push(frame);
            let path = format!("/Submission/@{}", frame.name());
            if let Err(wrong) = frame.judge(attribute.value, self.dataset) {
                let place = Place::at(offset).path(path);
                self.fault(Code::SchemaInvalid, place, Some(attribute.value), &wrong.wanted, wrong.hint);
                continue;
            }
            match frame {
                Frame::Period => self.reading.period = attribute.value.parse().ok(),
                Frame::Revision => self.reading.revision = attribute.value.parse().ok(),
                Frame::Id | Frame::To | Frame::Dataset | Frame::Sender => {}
                Frame::Replaces | Frame::Reason | Frame::Note | Frame::About => {
                    self.reading.correction.take(frame, attribute.value, Place::at(offset).path(path));
                }
            }
        }
        for frame in Frame::attributes(self.dataset) {
            if frame.required_in_xml() && !seen.contains(&frame) {
                let place = Place::at(offset).path(format!("/Submission/@{}", frame.name()));
                self.fault(Code::SchemaMissing, place, None, frame.name(), None);
            }
        }
        true
    }

    /// An attribute with no place here. Where the schema lies (`xsi:schemaLocation`) may be said
    /// anywhere, and nobody looks there.
    fn odd_attribute(&mut self, path: &str, attribute: &CoveredAttribute<'_>, offset: u64) {
        if attribute.namespace == XSI && matches!(attribute.local, "schemaLocation" | "noNamespaceSchemaLocation") {
            return;
        }
        let place = Place::at(offset).path(format!("{path}/@{}", name_shown(attribute.local)));
        let hint =
            Hint::fixed("Bu atribut burada olmamalıdır; onu silin.", "This attribute has no place here; remove it.");
        self.fault(Code::SchemaInvalid, place, Some(attribute.value), NOTHING, Some(hint));
    }

    /// A child of the root: `Record` or `Total`.
    fn group(&mut self, namespace: &str, local: &str, attributes: &[CoveredAttribute<'_>], offset: u64) -> bool {
        let total = match local {
            "Record" if namespace == NAMESPACE => false,
            "Total" if namespace == NAMESPACE && self.dataset.total != TotalRule::None => true,
            _ => {
                let wanted = if self.dataset.total == TotalRule::None { "<Record>" } else { "<Record>, <Total>" };
                let hint = (namespace != NAMESPACE).then_some(WRONG_NAMESPACE);
                let place = Place::at(offset).path(format!("/Submission/{}", name_shown(local)));
                self.fault(Code::SchemaInvalid, place, Some(&format!("<{local}>")), wanted, hint);
                self.root.strangers += 1;
                self.skipping = 1;
                return true;
            }
        };
        if total && self.root.total {
            let place = Place::at(offset).path("/Submission/Total");
            self.fault(Code::SchemaInvalid, place, Some("<Total>"), "1 × <Total>", Some(DOUBLED));
            self.skipping = 1;
            return true;
        }
        if total {
            self.root.total = true;
        } else {
            self.root.records += 1;
            if self.root.records > self.limits.records_max {
                let place = Place::at(offset).path(format!("/Submission/Record[{}]", self.root.records));
                let found = format!("{} × <Record>", self.root.records);
                let wanted = format!("{} × <Record>", self.limits.records_max);
                self.fault(Code::SchemaLimit, place, Some(&found), &wanted, Some(limits::RECORDS));
                self.reading.breaks_all();
                return false;
            }
            if self.root.total && !self.root.record_after_total {
                self.root.record_after_total = true; // once is enough
                let place = Place::at(offset).path(format!("/Submission/Record[{}]", self.root.records));
                let hint =
                    Hint::fixed("«Total» bütün «Record»-lardan sonra dayanır.", "“Total” stands after every “Record”.");
                self.fault(Code::SchemaInvalid, place, Some("<Record>"), "</Submission>", Some(hint));
            }
        }
        let columns = self.dataset.columns.len();
        let group = Group {
            total,
            number: self.root.records,
            offset,
            values: vec![Value::Absent; columns],
            offsets: vec![offset; columns],
            seen: vec![false; columns],
            last: 0,
            stray: false,
            strangers: 0,
        };
        if !attributes.is_empty() {
            let path = group.path();
            for attribute in attributes {
                self.odd_attribute(&path, attribute, offset);
            }
        }
        self.group = Some(group);
        true
    }

    /// A child of `Record` or `Total`: one column.
    fn column(&mut self, namespace: &str, local: &str, attributes: &[CoveredAttribute<'_>], offset: u64) {
        let dataset = self.dataset;
        let Some(group) = self.group.as_mut() else { return };
        let column = dataset
            .columns
            .iter()
            .position(|column| namespace == NAMESPACE && column.element == local)
            .filter(|&column| group.takes(dataset, column).0);
        let Some(column) = column else {
            group.strangers += 1;
            let place = Place::at(offset).path(format!("{}/{}", group.path(), name_shown(local)));
            let wanted: Vec<_> = (0..dataset.columns.len())
                .filter(|&column| group.takes(dataset, column).0 && !group.seen.get(column).is_some_and(|&seen| seen))
                .filter_map(|column| dataset.columns.get(column))
                .map(|column| format!("<{}>", column.element))
                .collect();
            let hint = if namespace == NAMESPACE { UNKNOWN_ELEMENT } else { WRONG_NAMESPACE };
            let wanted = if wanted.is_empty() { NOTHING.to_owned() } else { wanted.join(", ") };
            self.fault(Code::SchemaInvalid, place, Some(&format!("<{local}>")), &wanted, Some(hint));
            self.skipping = 1;
            return;
        };
        // made only for a fault, or where an attribute may be one: most columns have neither
        let path = |group: &Group| format!("{}/{local}", group.path());
        let doubled = group.seen.get(column).is_some_and(|&seen| seen);
        let out_of_order = !doubled && column < group.last;
        group.last = group.last.max(column);
        if let Some(seen) = group.seen.get_mut(column) {
            *seen = true;
        }
        if doubled {
            let wanted = format!("1 × <{local}>");
            let place = Place::at(offset).path(path(group));
            self.fault(Code::SchemaInvalid, place, Some(&format!("<{local}>")), &wanted, Some(DOUBLED));
            self.reading.breaks(column);
            self.skipping = 1;
            return;
        }
        if out_of_order {
            let order: Vec<_> = dataset.columns.iter().map(|column| format!("<{}>", column.element)).collect();
            let hint = Hint::fixed("Elementlərin sırası pozulub.", "The elements stand in another order.");
            let place = Place::at(offset).path(path(group));
            self.fault(Code::SchemaInvalid, place, Some(&format!("<{local}>")), &order.join(" "), Some(hint));
        }
        if !attributes.is_empty() {
            let path = self.group.as_ref().map_or_else(String::new, path);
            for attribute in attributes {
                self.odd_attribute(&path, attribute, offset);
            }
        }
        match dataset.columns.get(column).map(|column| &column.kind) {
            Some(&ColumnKind::Geometry(shapes)) => {
                let reader = GmlReader::new(offset, &self.limits.geometry());
                self.drawn = Some(Drawn { column, shapes, reader, offset });
            }
            _ => self.field = Some(Field { column, text: String::new(), offset, text_offset: None, spoilt: false }),
        }
    }

    /// An element where only characters may stand.
    fn inside_a_value(&mut self, local: &str, offset: u64) {
        self.skipping = 1;
        let (Some(field), Some(group)) = (self.field.as_mut(), self.group.as_ref()) else { return };
        if std::mem::replace(&mut field.spoilt, true) {
            return;
        }
        let column = field.column;
        let element = self.dataset.columns.get(column).map_or("", |column| &column.element);
        let place = Place::at(offset).path(format!("{}/{element}/{}", group.path(), name_shown(local)));
        let hint = Hint::fixed("Dəyərin içində element ola bilməz.", "No element may stand inside a value.");
        self.fault(Code::SchemaInvalid, place, Some(&format!("<{local}>")), &format!("</{element}>"), Some(hint));
    }

    fn text(&mut self, text: &str, offset: u64) {
        if self.skipping > 0 {
            return;
        }
        if let Some(field) = &mut self.field {
            field.text_offset.get_or_insert(offset);
            let room = (VALUE_MAX + 1).saturating_sub(field.text.chars().count());
            field.text.extend(text.chars().take(room));
            return;
        }
        if let Some(drawn) = &mut self.drawn {
            drawn.reader.text(text, offset);
            return;
        }
        // XML 1.0 production 3: what may stand between elements
        let blank = text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        let stray = match &mut self.group {
            Some(group) => &mut group.stray,
            None => &mut self.root.stray,
        };
        if blank || std::mem::replace(stray, true) {
            return; // one finding for one parent: the rest is the same slip
        }
        let path = self.group.as_ref().map_or_else(|| "/Submission".to_owned(), Group::path);
        let before = text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let hint = Hint::fixed("Elementlərin arasında mətn ola bilməz.", "No text may stand between the elements.");
        let place = Place::at(offset.saturating_add(before as u64)).path(path);
        self.fault(Code::SchemaInvalid, place, Some(text.trim()), NOTHING, Some(hint));
    }

    fn end(&mut self, offset: u64) {
        if self.skipping > 0 {
            self.skipping -= 1;
        } else if let Some(drawn) = self.drawn.as_mut().filter(|drawn| drawn.reader.is_open()) {
            drawn.reader.end(offset);
        } else if let Some(drawn) = self.drawn.take() {
            self.end_of_shape(drawn);
        } else if let Some(field) = self.field.take() {
            self.end_of_value(field);
        } else if let Some(group) = self.group.take() {
            self.end_of_group(group);
        } else if self.root.open {
            self.end_of_root();
        }
    }

    fn end_of_value(&mut self, field: Field) {
        let dataset = self.dataset;
        let (Some(group), Some(column)) = (self.group.as_mut(), dataset.columns.get(field.column)) else { return };
        let total = group.total;
        let offset = field.text_offset.unwrap_or(field.offset);
        if let Some(at) = group.offsets.get_mut(field.column) {
            *at = offset;
        }
        let read = if field.spoilt { None } else { Some(form::value(&column.kind, &field.text, '.')) };
        match read {
            Some(Ok(value)) => {
                if let Some(place) = group.values.get_mut(field.column) {
                    *place = value;
                }
                return;
            }
            Some(Err(wrong)) => {
                let place = Place::at(offset).path(format!("{}/{}", group.path(), column.element));
                self.fault(Code::SchemaInvalid, place, Some(&field.text), &wrong.wanted, wrong.hint);
            }
            None => {}
        }
        if !total {
            self.reading.breaks(field.column);
        }
    }

    /// The end of the element around a shape: what was drawn is judged, and all that is wrong with it told.
    fn end_of_shape(&mut self, drawn: Drawn) {
        let (Some(group), Some(column)) = (self.group.as_mut(), self.dataset.columns.get(drawn.column)) else { return };
        if let Some(at) = group.offsets.get_mut(drawn.column) {
            *at = drawn.offset;
        }
        let place = Place::at(drawn.offset).path(format!("{}/{}", group.path(), column.element));
        let value = shape::judged(drawn.reader.finish(), drawn.shapes, &place, &mut self.reading.faults);
        match (value, group.values.get_mut(drawn.column)) {
            (Some(value), Some(place)) => *place = value,
            _ => self.reading.breaks(drawn.column),
        }
    }

    fn end_of_group(&mut self, group: Group) {
        let dataset = self.dataset;
        // An element of another name most often is one that is missing here: named once, not twice.
        let mut told = group.strangers;
        for (at, column) in dataset.columns.iter().enumerate() {
            let (_, required) = group.takes(dataset, at);
            if !required || group.seen.get(at).is_some_and(|&seen| seen) {
                continue;
            }
            if !group.total {
                self.reading.breaks(at);
            }
            if told > 0 {
                told -= 1;
                continue;
            }
            let place = Place::at(group.offset).path(group.path());
            self.fault(Code::SchemaMissing, place, None, &column.element, None);
        }
        if group.total {
            let spot = Spot::Total(group.offset);
            self.reading.total = Some(Total { values: group.values, offsets: group.offsets, spot });
        } else {
            let spot = Spot::Element(group.number, group.offset);
            self.taken.heed(&self.reading.faults);
            self.taken.push(Record { values: group.values, spot }, &group.offsets);
        }
    }

    fn end_of_root(&mut self) {
        self.root.open = false;
        let mut told = self.root.strangers;
        let wanting = [
            (self.root.records == 0 && !(self.root.total && self.dataset.takes_total_alone()), "Record"),
            (self.dataset.total == TotalRule::Required && !self.root.total, "Total"),
        ];
        for (missing, element) in wanting {
            if missing && told > 0 {
                told -= 1;
            } else if missing {
                self.fault(Code::SchemaMissing, Place::whole().path("/Submission"), None, element, None);
            }
        }
        if self.root.records == 0 {
            self.reading.take_total_alone(self.dataset, &mut self.taken);
        }
    }
}

/// Wanted where nothing should stand.
const NOTHING: &str = "";
const DOUBLED: Hint =
    Hint::fixed("Bu element artıq yazılıb; ikincisini silin.", "This element stands already; remove the second.");
const UNKNOWN_ELEMENT: Hint = Hint::fixed(
    "Bu element burada tanınmır; adını (böyük və kiçik hərfləri də) yoxlayın.",
    "This element is not known here; check its name, capital and small letters too.",
);
const WRONG_NAMESPACE: Hint = Hint::fixed(
    "Elementin ad sahəsi (xmlns) başqadır; sənədin hər yerində urn:boemis:submission:1 olmalıdır.",
    "The element is of another namespace (xmlns); it must be urn:boemis:submission:1 throughout.",
);
