//! The form of a GeoJSON submission (RFC 7946): a feature collection whose member `submission` says who states it, and
//! whose features are the records.
//!
//! Of a feature the properties are the columns by the names that they have in CSV, the geometry is the shape, in WGS 84
//! and nothing else. Read as a stream, a feature at a time: so `submission` stands before `features`. It goes on after
//! a fault of a value, so that one answer names them all; where the text is no JSON it ends. A number is taken as it is
//! written and never passes through floating point. Nothing that is stated is passed over: a member that is not known
//! here is a fault, but for those by which programs describe the file itself.

use super::faults::name_shown;
use super::form::{self, Frame};
use super::limits;
use super::reading::{Reading, Taking};
use super::records::Laying;
use super::statement::Spot;
use super::{Column, ColumnKind, Dataset, EPSG, Limits, PeriodKinds, Record, Shapes, Value, shape};
use crate::document::Period;
use crate::finding::{Code, Finding, Hint, Place};
use crate::geometry::{Bound, Fault as Misdrawn, What, geojson};
use crate::json::{Fault, Kind, Reader, Wrong};
use std::io::{self, Read};

/// Characters of a name or value that are kept, more than any right one has: what is longer is wrong whatever follows.
const TEXT_MAX: usize = 160;
/// Octets of a `crs` member, of the format before the RFC: its names take some sixty.
const CRS_MAX: usize = 4096;
/// Members by which programs describe the file, and which state nothing (RFC 7946 5; the others ogr2ogr writes).
const ABOUT_THE_FILE: [&str; 3] = ["bbox", "name", "xy_coordinate_resolution"];

/// Reads the form of one document.
///
/// # Errors
/// What the disk says.
pub(super) fn inspect<'s>(
    input: impl Read,
    dataset: &Dataset,
    limits: &Limits,
    laying: impl Into<Laying<'s>>,
) -> io::Result<Reading> {
    let mut collection = Collection {
        json: Reader::new(input),
        dataset,
        limits,
        reading: Reading::new(dataset, limits.findings_max),
        taken: Taking::new(dataset, limits, laying),
        features: 0,
    };
    if dataset.periods == PeriodKinds::None {
        collection.reading.period = Some(Period::None);
    }
    match collection.read() {
        Ok(()) | Err(Ended::Enough) => {}
        Err(Ended::Fault(Fault { wrong: Wrong::Io(error), .. })) => return Err(error),
        Err(Ended::Fault(fault)) => {
            collection.reading.breaks_all();
            fault.finding().into_iter().for_each(|finding| collection.reading.faults.push(finding));
        }
    }
    Ok(collection.reading.with(collection.taken))
}

/// Why a reading ended before its end.
enum Ended {
    /// It is no JSON, or the disk failed.
    Fault(Fault),
    /// What follows does not count: a limit was passed, or the records could not be laid away.
    Enough,
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

struct Collection<'a, R> {
    json: Reader<R>,
    dataset: &'a Dataset,
    limits: &'a Limits,
    reading: Reading,
    taken: Taking,
    /// Features so far, broken ones too.
    features: u64,
}

/// Which members of those that an object may have stood; never a stranger, of which there may be any number.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    /// Whether this one stood before; now it did.
    fn again(&mut self, name: &str) -> bool {
        let again = self.has(name);
        if !again {
            self.0.push(name.to_owned());
        }
        again
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|seen| seen == name)
    }
}

/// A feature under way.
struct Feature {
    number: u64,
    offset: u64,
    values: Vec<Value>,
    offsets: Vec<u64>,
    /// Columns that stood, well or not.
    stood: Vec<bool>,
    /// Properties of a name that is not known.
    strangers: usize,
}

impl Feature {
    fn path(&self, rest: &str) -> String {
        format!("{}{rest}", Spot::Feature(self.number, self.offset).place().path.unwrap_or_default())
    }
}

impl<R: Read> Collection<'_, R> {
    fn fault(&mut self, code: Code, place: Place, found: &str, wanted: &str, hint: Option<Hint>) {
        let mut finding = Finding::new(code).at(place);
        if !found.is_empty() || code == Code::SchemaInvalid {
            finding = finding.found(found);
        }
        if wanted != NOTHING {
            finding = finding.wanted(wanted);
        }
        finding.hint = hint;
        self.reading.faults.push(finding);
    }

    fn invalid(&mut self, place: Place, found: &str, wanted: &str, hint: Option<Hint>) {
        self.fault(Code::SchemaInvalid, place, found, wanted, hint);
    }

    fn missing(&mut self, place: Place, wanted: &str, hint: Option<Hint>) {
        self.fault(Code::SchemaMissing, place, "", wanted, hint);
    }

    /// Each member of the object that comes next: its name, and where it begins. The taker takes the value.
    fn members(&mut self, mut take: impl FnMut(&mut Self, &str, u64) -> Result<(), Ended>) -> Result<(), Ended> {
        self.json.expect(b'{')?;
        if self.json.takes(b'}')? {
            return Ok(());
        }
        loop {
            let (name, at) = self.json.name(TEXT_MAX)?;
            take(self, &name, at)?;
            if !self.json.takes(b',')? {
                return Ok(self.json.expect(b'}')?);
            }
        }
    }

    /// Whether an object comes next; what else comes is told and passed.
    fn is_object(&mut self, path: &str) -> Result<bool, Ended> {
        if self.json.kind()? == Kind::Object {
            return Ok(true);
        }
        self.other_kind(path, "{…}")?;
        Ok(false)
    }

    /// A value of another kind than is wanted: told and passed.
    fn other_kind(&mut self, path: &str, wanted: &str) -> Result<(), Ended> {
        let (value, at) = self.json.as_it_stands(TEXT_MAX)?;
        self.invalid(Place::at(at).path(path), value.as_deref().unwrap_or("…"), wanted, Some(OTHER_KIND));
        Ok(())
    }

    /// A member that stands a second time: told and passed.
    fn doubled(&mut self, path: String, name: &str, at: u64) -> Result<(), Ended> {
        self.invalid(Place::at(at).path(path), name, &format!("1 × {}", name_shown(name)), Some(DOUBLED));
        Ok(self.json.skip()?)
    }

    /// A member with no place here: told and passed.
    fn stranger(&mut self, path: String, name: &str, at: u64, wanted: &str, hint: Hint) -> Result<(), Ended> {
        self.invalid(Place::at(at).path(path), name, wanted, Some(hint));
        Ok(self.json.skip()?)
    }

    fn read(&mut self) -> Result<(), Ended> {
        let begin = self.json.place()?;
        if self.dataset.geometry_column().is_none() {
            self.reading.breaks_all();
            self.invalid(Place::at(begin).path("/"), "GeoJSON", "XML, CSV", Some(NO_SHAPES));
            return Err(Ended::Enough);
        }
        if !self.is_object("/")? {
            return Err(Ended::Enough);
        }
        let mut seen = Seen::default();
        self.members(|it, name, at| {
            let path = format!("/{}", name_shown(name));
            let is_known = ["type", "submission", "features", "crs"].contains(&name) || ABOUT_THE_FILE.contains(&name);
            if is_known && seen.again(name) {
                return it.doubled(path, name, at);
            }
            match name {
                "type" => it.kind_of(|| path, "FeatureCollection"),
                "submission" if seen.has("features") => {
                    it.invalid(Place::at(at).path(path), name, NOTHING, Some(BEHIND));
                    it.frame()
                }
                "submission" => it.frame(),
                "features" => it.features(),
                "crs" => it.crs(&path),
                _ if ABOUT_THE_FILE.contains(&name) => Ok(it.json.skip()?),
                _ => it.stranger(path, name, at, "type, submission, features", UNKNOWN_MEMBER),
            }
        })?;
        self.json.end()?;
        for (name, hint) in [("type", None), ("submission", Some(NO_FRAME)), ("features", None)] {
            if !seen.has(name) {
                self.missing(Place::at(begin).path(format!("/{name}")), name, hint);
            }
        }
        if seen.has("features") && self.features == 0 {
            self.missing(Place::at(begin).path("/features"), "Feature", Some(NO_FEATURES));
        }
        Ok(())
    }

    /// The member `type`, which says this and nothing else.
    fn kind_of(&mut self, path: impl FnOnce() -> String, wanted: &str) -> Result<(), Ended> {
        if self.json.kind()? != Kind::String {
            return self.other_kind(&path(), wanted);
        }
        let at = self.json.place()?;
        let kind = self.json.string(TEXT_MAX)?;
        if kind != wanted {
            self.invalid(Place::at(at).path(path()), &kind, wanted, None);
        }
        Ok(())
    }

    /// A `crs` member, which may say what holds anyway.
    fn crs(&mut self, path: &str) -> Result<(), Ended> {
        let (text, at) = self.json.as_it_stands(CRS_MAX)?;
        if let Err(fault) = geojson::crs(text.as_deref().unwrap_or("…"), at) {
            self.reading.faults.push(fault.finding(Place::at(at).path(path)));
        }
        Ok(())
    }

    /// Who states what, and when (R 3.5.1).
    fn frame(&mut self) -> Result<(), Ended> {
        let begin = self.json.place()?;
        if !self.is_object("/submission")? {
            return Ok(());
        }
        let dataset = self.dataset;
        let mut seen = Seen::default();
        self.members(|it, name, at| {
            let path = format!("/submission/{}", name_shown(name));
            match Frame::attributes(dataset).find(|frame| frame.name() == name) {
                Some(_) if seen.again(name) => it.doubled(path, name, at),
                Some(frame) => it.framed(frame, &path),
                None => {
                    let known: Vec<_> = Frame::attributes(dataset).map(Frame::name).collect();
                    it.stranger(path, name, at, &known.join(", "), UNKNOWN_MEMBER)
                }
            }
        })?;
        for frame in Frame::attributes(dataset) {
            if frame.required_in_geojson() && !seen.has(frame.name()) {
                self.missing(Place::at(begin).path(format!("/submission/{}", frame.name())), frame.name(), None);
            }
        }
        Ok(())
    }

    fn framed(&mut self, frame: Frame, path: &str) -> Result<(), Ended> {
        let kind = self.json.kind()?;
        let at = self.json.place()?;
        let text = match (kind, frame) {
            (Kind::String, Frame::Note) => self.json.string(form::NOTE_MAX + 1)?,
            (Kind::String, _) => self.json.string(TEXT_MAX)?,
            // a revision is a number by its nature; what has zeros in front, as a VÖEN may, is none
            (Kind::Number, Frame::Revision) => self.json.number()?,
            _ => return self.other_kind(path, "\"…\""),
        };
        if let Err(wrong) = frame.judge(&text, self.dataset) {
            self.invalid(Place::at(at).path(path), &text, &wrong.wanted, wrong.hint);
            return Ok(());
        }
        match frame {
            Frame::Period => self.reading.period = text.parse().ok(),
            Frame::Revision => self.reading.revision = text.parse().ok(),
            Frame::Replaces | Frame::Reason | Frame::Note | Frame::About => {
                self.reading.correction.take(frame, &text, Place::at(at).path(path));
            }
            Frame::Id | Frame::To | Frame::Dataset | Frame::Sender => {}
        }
        Ok(())
    }

    /// The records.
    fn features(&mut self) -> Result<(), Ended> {
        if self.json.kind()? != Kind::Array {
            self.reading.breaks_all();
            return self.other_kind("/features", "[…]");
        }
        self.json.expect(b'[')?;
        if self.json.takes(b']')? {
            return Ok(());
        }
        loop {
            let offset = self.json.place()?;
            self.features += 1;
            let spot = Spot::Feature(self.features, offset);
            if self.features > self.limits.records_max {
                let most = self.limits.records_max;
                self.fault(
                    Code::SchemaLimit,
                    spot.place(),
                    &self.features.to_string(),
                    &most.to_string(),
                    Some(limits::RECORDS),
                );
                self.reading.breaks_all();
                return Err(Ended::Enough);
            }
            self.feature(spot, offset)?;
            if self.taken.is_lost() {
                return Err(Ended::Enough);
            }
            if !self.json.takes(b',')? {
                return Ok(self.json.expect(b']')?);
            }
        }
    }

    fn feature(&mut self, spot: Spot, offset: u64) -> Result<(), Ended> {
        let columns = self.dataset.columns.len();
        let mut feature = Feature {
            number: self.features,
            offset,
            values: vec![Value::Absent; columns],
            offsets: vec![offset; columns],
            stood: vec![false; columns],
            strangers: 0,
        };
        if !self.is_object(&feature.path(""))? {
            self.reading.breaks_all();
            return Ok(());
        }
        let mut seen = Seen::default();
        self.members(|it, name, at| {
            // made only for a fault: most members have none
            let path = |feature: &Feature| feature.path(&format!("/{}", name_shown(name)));
            if ["type", "properties", "geometry", "bbox", "id"].contains(&name) && seen.again(name) {
                return it.doubled(path(&feature), name, at);
            }
            match name {
                "type" => it.kind_of(|| path(&feature), "Feature"),
                "properties" => it.properties(&mut feature),
                "geometry" => it.geometry(&mut feature),
                "bbox" => Ok(it.json.skip()?),
                // it names the feature for the program that wrote it (RFC 7946 3.2)
                "id" if matches!(it.json.kind()?, Kind::String | Kind::Number) => Ok(it.json.skip()?),
                "id" => it.other_kind(&path(&feature), "\"…\", 1"),
                _ => it.stranger(path(&feature), name, at, "type, properties, geometry", UNKNOWN_MEMBER),
            }
        })?;
        for name in ["type", "properties", "geometry"] {
            if !seen.has(name) {
                self.missing(Place::at(offset).path(feature.path("")), name, None);
            }
        }
        self.complete(&feature, seen.has("properties"));
        self.taken.heed(&self.reading.faults);
        self.taken.push(Record { values: feature.values, spot }, &feature.offsets);
        Ok(())
    }

    /// The columns that must stand, and do not.
    fn complete(&mut self, feature: &Feature, has_properties: bool) {
        // A property of another name most often is one that is missing here: named once, not twice.
        let mut told = feature.strangers;
        for (at, column) in self.dataset.columns.iter().enumerate() {
            if !column.required || feature.stood.get(at) == Some(&true) {
                continue;
            }
            self.reading.breaks(at);
            if is_shape(column) || !has_properties {
                continue; // its member is missing, which was told
            }
            if told > 0 {
                told -= 1;
                continue;
            }
            self.missing(Place::at(feature.offset).path(feature.path("/properties")), &column.name, None);
        }
    }

    fn properties(&mut self, feature: &mut Feature) -> Result<(), Ended> {
        if self.json.kind()? == Kind::Null {
            return Ok(self.json.skip()?); // as RFC 7946 3.2 writes of a feature without any
        }
        if !self.is_object(&feature.path("/properties"))? {
            return Ok(());
        }
        let dataset = self.dataset;
        let mut seen = Seen::default();
        self.members(|it, name, at| {
            let path = |feature: &Feature| feature.path(&format!("/properties/{}", name_shown(name)));
            let known = dataset.columns.iter().position(|column| column.name == name && !is_shape(column));
            let Some((at_column, column)) = known.and_then(|at| Some((at, dataset.columns.get(at)?))) else {
                feature.strangers += 1;
                let of_shape = name == EPSG || dataset.column(name).is_some();
                let wanted: Vec<_> = dataset.columns.iter().filter(|column| !is_shape(column)).collect();
                let wanted: Vec<_> = wanted.iter().map(|column| column.name.as_str()).collect();
                let hint = if of_shape { SHAPE_ELSEWHERE } else { UNKNOWN_PROPERTY };
                let wanted = if of_shape { NOTHING.to_owned() } else { wanted.join(", ") };
                return it.stranger(path(feature), name, at, &wanted, hint);
            };
            if seen.again(name) {
                it.reading.breaks(at_column);
                return it.doubled(path(feature), name, at);
            }
            it.value(feature, at_column, column)
        })
    }

    fn value(&mut self, feature: &mut Feature, at: usize, column: &Column) -> Result<(), Ended> {
        let path = |feature: &Feature| feature.path(&format!("/properties/{}", column.name));
        if let Some(stood) = feature.stood.get_mut(at) {
            *stood = true;
        }
        let (kind, offset) = (self.json.kind()?, self.json.place()?);
        if let Some(place) = feature.offsets.get_mut(at) {
            *place = offset;
        }
        let text = match (kind, &column.kind) {
            (Kind::String, _) => self.json.string(TEXT_MAX)?,
            (Kind::Number, ColumnKind::Decimal { .. }) => self.json.number()?,
            // as programs write what is empty: it is left out
            (Kind::Null, _) => {
                self.json.skip()?;
                if column.required {
                    self.reading.breaks(at);
                    self.missing(Place::at(offset).path(path(feature)), &column.name, None);
                }
                return Ok(());
            }
            (_, ColumnKind::Decimal { .. }) => {
                self.reading.breaks(at);
                return self.other_kind(&path(feature), "98765.432");
            }
            _ => {
                self.reading.breaks(at);
                return self.other_kind(&path(feature), "\"…\"");
            }
        };
        match (form::value(&column.kind, &text, '.'), feature.values.get_mut(at)) {
            (Ok(value), Some(place)) => *place = value,
            (Ok(_), None) => {}
            (Err(wrong), _) => {
                self.reading.breaks(at);
                self.invalid(Place::at(offset).path(path(feature)), &text, &wrong.wanted, wrong.hint);
            }
        }
        Ok(())
    }

    /// The shape of a feature: kept as it stands, as far as one may be long, and judged whole.
    fn geometry(&mut self, feature: &mut Feature) -> Result<(), Ended> {
        let Some(at) = self.dataset.geometry_column() else { return Ok(self.json.skip()?) };
        let Some(column) = self.dataset.columns.get(at) else { return Ok(self.json.skip()?) };
        let ColumnKind::Geometry(shapes) = column.kind else { return Ok(self.json.skip()?) };
        if let Some(stood) = feature.stood.get_mut(at) {
            *stood = true;
        }
        let path = feature.path("/geometry");
        if self.json.kind()? == Kind::Null {
            let offset = self.json.place()?;
            self.json.skip()?;
            if column.required {
                self.reading.breaks(at);
                self.missing(Place::at(offset).path(path), &column.name, None);
            }
            return Ok(());
        }
        let (text, offset) = self.json.as_it_stands(self.limits.geometry_text_max)?;
        if let Some(place) = feature.offsets.get_mut(at) {
            *place = offset;
        }
        match (self.drawn(text.as_deref(), offset, shapes, &path), feature.values.get_mut(at)) {
            (Some(value), Some(place)) => *place = value,
            _ => self.reading.breaks(at),
        }
        Ok(())
    }

    fn drawn(&mut self, text: Option<&str>, offset: u64, shapes: Shapes, path: &str) -> Option<Value> {
        let read = match text {
            Some(text) => geojson::read(text, offset, &self.limits.geometry()),
            None => Err(Misdrawn::at(What::Limit(Bound::Text, self.limits.geometry_text_max), offset)),
        };
        shape::judged(read, shapes, &Place::at(offset).path(path), &mut self.reading.faults)
    }
}

fn is_shape(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Geometry(_))
}

/// Wanted where nothing should stand.
const NOTHING: &str = "";
const NO_SHAPES: Hint = Hint::fixed(
    "Bu topluda həndəsə yoxdur; GeoJSON yalnız həndəsəsi olan toplular üçündür.",
    "This dataset has no shapes; GeoJSON is for datasets that have.",
);
const NO_FRAME: Hint = Hint::fixed(
    "«features»-dən əvvəl «submission» obyekti dayanır: dataset, revision, sender, to.",
    "Before “features” stands an object “submission”: dataset, revision, sender, to.",
);
const BEHIND: Hint = Hint::fixed(
    "«submission» «features»-dən əvvəl dayanmalıdır: sənəd axınla oxunur.",
    "“submission” stands before “features”: the document is read as a stream.",
);
const NO_FEATURES: Hint = Hint::fixed(
    "Heç bir «Feature» yoxdur. Məlumatları əlavə edin.",
    "No feature stands there. Add those with the data.",
);
const DOUBLED: Hint =
    Hint::fixed("Bu ad artıq yazılıb; ikincisini silin.", "This name stands already; remove the second.");
const OTHER_KIND: Hint = Hint::fixed(
    "Dəyər başqa növdür: mətn dırnaqda, ədəd dırnaqda və ya dırnaqsız yazılır.",
    "The value is of another kind: a text stands in quotes, a figure with or without them.",
);
const UNKNOWN_MEMBER: Hint = Hint::fixed(
    "Bu ad burada tanınmır; onu silin və ya adını yoxlayın.",
    "This name is not known here; remove it, or check how it is written.",
);
const UNKNOWN_PROPERTY: Hint = Hint::fixed(
    "Bu xassə tanınmır; adlar CSV sütunlarındakı kimidir, kiçik hərflərlə.",
    "This property is not known; the names are those of the columns in CSV, in small letters.",
);
const SHAPE_ELSEWHERE: Hint = Hint::fixed(
    "Həndəsə «geometry»-də dayanır, koordinat sistemi isə həmişə WGS 84-dür; bu xassəni silin.",
    "The shape stands in “geometry”, and its system is WGS 84 always; remove this property.",
);
