//! GML 3.2 simple features (ISO 19136, OGC 10-100r3 level 0), from the events of the document that they stand in.
//!
//! A parser that is fed: open elements are at most nine deep, because only known ones open, and of text there is
//! never more than one number. Which order the coordinates stand in is the `srsName`'s to say: with
//! `urn:ogc:def:crs:EPSG::4326` latitude first, with UTM easting first ([`Crs::from_srs_name`]). Only
//! straight lines in two dimensions are taken; what is linked and not there is never fetched.

use super::crs::CrsFault;
use super::fault::{Fault, Form, What};
use super::number::NUMBER_MAX;
use super::sketch::{Drawing, Sketch};
use super::{Axes, Crs, Kind, Limits};

/// GML 3.2.
pub const NAMESPACE: &str = "http://www.opengis.net/gml/3.2";
/// GML 2 to 3.1.
const OLD_NAMESPACE: &str = "http://www.opengis.net/gml";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// Geometries and pieces of them that are known and not taken.
const OTHERS: &[&str] = &[
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "MultiGeometry",
    "MultiSolid",
    "Solid",
    "CompositeCurve",
    "CompositeSurface",
    "OrientableCurve",
    "OrientableSurface",
    "PolyhedralSurface",
    "TriangulatedSurface",
    "Tin",
    "Ring",
    "Rectangle",
    "Triangle",
    "Envelope",
    "Arc",
    "ArcString",
    "ArcByCenterPoint",
    "ArcByBulge",
    "ArcStringByBulge",
    "Circle",
    "CircleByCenterPoint",
    "Clothoid",
    "CubicSpline",
    "Bezier",
    "BSpline",
    "Geodesic",
    "GeodesicString",
    "OffsetCurve",
];

/// An element that may stand in a geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Point,
    LineString,
    Curve,
    Segments,
    LineStringSegment,
    MultiCurve,
    CurveMember,
    CurveMembers,
    Polygon,
    Surface,
    Patches,
    PolygonPatch,
    MultiSurface,
    SurfaceMember,
    SurfaceMembers,
    Exterior,
    Interior,
    LinearRing,
    Pos,
    PosList,
}

use Element as E;

impl Element {
    const ALL: [(&'static str, Element); 20] = [
        ("Point", E::Point),
        ("LineString", E::LineString),
        ("Curve", E::Curve),
        ("segments", E::Segments),
        ("LineStringSegment", E::LineStringSegment),
        ("MultiCurve", E::MultiCurve),
        ("curveMember", E::CurveMember),
        ("curveMembers", E::CurveMembers),
        ("Polygon", E::Polygon),
        ("Surface", E::Surface),
        ("patches", E::Patches),
        ("PolygonPatch", E::PolygonPatch),
        ("MultiSurface", E::MultiSurface),
        ("surfaceMember", E::SurfaceMember),
        ("surfaceMembers", E::SurfaceMembers),
        ("exterior", E::Exterior),
        ("interior", E::Interior),
        ("LinearRing", E::LinearRing),
        ("pos", E::Pos),
        ("posList", E::PosList),
    ];

    /// Whether it may stand right inside this one; outside all only a geometry may.
    fn stands_in(self, around: Option<Element>) -> bool {
        let Some(around) = around else {
            return matches!(
                self,
                E::Point | E::LineString | E::Curve | E::MultiCurve | E::Polygon | E::Surface | E::MultiSurface
            );
        };
        match around {
            E::Point => self == E::Pos,
            E::LineString | E::LineStringSegment | E::LinearRing => matches!(self, E::Pos | E::PosList),
            E::Curve => self == E::Segments,
            E::Segments => self == E::LineStringSegment,
            E::MultiCurve => matches!(self, E::CurveMember | E::CurveMembers),
            E::CurveMember | E::CurveMembers => matches!(self, E::LineString | E::Curve),
            E::Polygon | E::PolygonPatch => matches!(self, E::Exterior | E::Interior),
            E::Surface => self == E::Patches,
            E::Patches => self == E::PolygonPatch,
            E::MultiSurface => matches!(self, E::SurfaceMember | E::SurfaceMembers),
            E::SurfaceMember | E::SurfaceMembers => matches!(self, E::Polygon | E::Surface),
            E::Exterior | E::Interior => self == E::LinearRing,
            E::Pos | E::PosList => false,
        }
    }

    /// How many of what belongs in it must stand in it at least, and may at most.
    fn children(self) -> (usize, usize) {
        match self {
            E::Pos | E::PosList => (0, 0),
            E::Point
            | E::Curve
            | E::Surface
            | E::Patches
            | E::CurveMember
            | E::SurfaceMember
            | E::Exterior
            | E::Interior => (1, 1),
            _ => (1, usize::MAX),
        }
    }

    fn is_geometry(self) -> bool {
        self.stands_in(None)
    }
}

/// An open element.
#[derive(Debug)]
struct Open {
    element: Element,
    children: usize,
    /// The system that holds in it.
    crs: Option<(Crs, Axes)>,
    /// Points that a `count` promised (`posList`).
    count: Option<usize>,
    /// Points of the run before it began (`LineStringSegment`, `posList`).
    before: usize,
}

/// What attributes say: the system and the order of its axes, and how many points.
type Said = (Option<(Crs, Axes)>, Option<usize>);

/// Reads one geometry, event by event.
#[derive(Debug)]
pub struct GmlReader {
    limits: Limits,
    open: Vec<Open>,
    /// Elements that are open since the first fault.
    skipping: u64,
    kind: Option<Kind>,
    drawing: Option<Drawing>,
    number: String,
    number_offset: u64,
    pending: Option<(String, u64)>,
    fault: Option<Fault>,
    start: u64,
}

impl GmlReader {
    /// Begins in an element of the document whose one child is to be a geometry; it lies at this offset.
    pub fn new(offset: u64, limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            open: Vec::new(),
            skipping: 0,
            kind: None,
            drawing: None,
            number: String::new(),
            number_offset: 0,
            pending: None,
            fault: None,
            start: offset,
        }
    }

    /// Whether an element is open: the next end is its own and not that of the element around.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty() || self.skipping > 0
    }

    /// An element begins; attributes as namespace, local name and value.
    pub fn start<'a>(
        &mut self,
        namespace: &str,
        local: &str,
        attributes: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
        offset: u64,
    ) {
        let before = self.open.len();
        if self.fault.is_none()
            && let Err(fault) = self.begin(namespace, local, attributes, offset)
        {
            self.fault = Some(fault);
        }
        if self.open.len() == before {
            self.skipping += 1;
        }
    }

    /// Characters; one text may come in pieces.
    pub fn text(&mut self, text: &str, offset: u64) {
        if self.fault.is_none()
            && let Err(fault) = self.characters(text, offset)
        {
            self.fault = Some(fault);
        }
    }

    /// An element ends, at this offset.
    pub fn end(&mut self, offset: u64) {
        if self.skipping > 0 {
            self.skipping -= 1;
        } else if let Some(open) = self.open.pop()
            && self.fault.is_none()
            && let Err(fault) = self.close(&open, offset)
        {
            self.fault = Some(fault);
        }
    }

    /// What was read, at the end of the element around.
    ///
    /// # Errors
    /// The first thing that was wrong.
    pub fn finish(self) -> Result<Sketch, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let missing = || Fault::at(What::Form(Form::Missing), self.start);
        let kind = self.kind.ok_or_else(missing)?;
        self.drawing.ok_or_else(missing)?.finish(kind, self.start)
    }

    fn begin<'a>(
        &mut self,
        namespace: &str,
        local: &str,
        attributes: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
        offset: u64,
    ) -> Result<(), Fault> {
        let fault = |form| Err(Fault::at(What::Form(form), offset));
        match namespace {
            NAMESPACE => {}
            OLD_NAMESPACE => return fault(Form::OldNamespace),
            _ => return fault(Form::Element),
        }
        if local == "coordinates" || local == "coord" {
            return fault(Form::OldCoordinates);
        }
        if OTHERS.contains(&local) {
            return Err(Fault::at(What::Unsupported(format!("gml:{local}")), offset));
        }
        let around = self.open.last().map(|open| open.element);
        let known = Element::ALL.into_iter().find(|(name, _)| *name == local).map(|(_, element)| element);
        let Some(element) = known.filter(|element| element.stands_in(around)) else { return fault(Form::Element) };
        if around.is_none() && self.kind.is_some() {
            return fault(Form::Second);
        }
        if let Some(parent) = self.open.last_mut() {
            parent.children += 1;
            let late = element == E::Exterior && parent.children > 1;
            let early = element == E::Interior && parent.children == 1;
            if parent.children > parent.element.children().1 || late || early {
                return match parent.element {
                    E::Patches => fault(Form::Patches),
                    _ => fault(Form::Element),
                };
            }
        }
        let (crs, count) = self.attributes(element, attributes, offset)?;
        self.open.push(Open { element, children: 0, crs, count, before: 0 });
        self.draw(element, offset)
    }

    /// What its attributes say: the system that holds in it, and a count.
    fn attributes<'a>(
        &self,
        element: Element,
        attributes: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
        offset: u64,
    ) -> Result<Said, Fault> {
        let fault = |form| Err(Fault::at(What::Form(form), offset));
        let around = self.open.last().and_then(|open| open.crs);
        let (mut crs, mut count) = (around, None);
        let coordinates = matches!(element, E::Pos | E::PosList);
        for (namespace, local, value) in attributes {
            match (namespace, local) {
                (NAMESPACE, "id") if !coordinates => {}
                ("", "srsName") if element.is_geometry() || coordinates => {
                    let named = Crs::from_srs_name(value).map_err(|fault| Fault::at(What::System(fault), offset))?;
                    if around.is_some_and(|around| around != named) {
                        let told = value.chars().take(80).collect();
                        return Err(Fault::at(What::System(CrsFault::Contradicts(told)), offset));
                    }
                    crs = Some(named);
                }
                ("", "srsDimension") if element.is_geometry() || coordinates => {
                    if value.trim() != "2" {
                        return fault(Form::ThreeDimensional);
                    }
                }
                // they repeat what srsName says
                ("", "axisLabels" | "uomLabels") if element.is_geometry() || coordinates => {}
                ("", "count") if element == E::PosList => match value.trim().parse() {
                    Ok(told) => count = Some(told),
                    Err(_) => return fault(Form::Count),
                },
                ("", "interpolation") if matches!(element, E::LineStringSegment | E::PolygonPatch) => {
                    if !matches!((element, value), (E::LineStringSegment, "linear") | (E::PolygonPatch, "planar")) {
                        return fault(Form::NotLinear);
                    }
                }
                ("", "numDerivativesAtStart" | "numDerivativesAtEnd" | "numDerivativeInterior")
                    if element == E::LineStringSegment && value == "0" => {}
                (XLINK, "href") => return fault(Form::Link),
                (XLINK, "type") => {}
                _ => return fault(Form::Element),
            }
        }
        Ok((crs, count))
    }

    /// What an element means for the drawing.
    fn draw(&mut self, element: Element, offset: u64) -> Result<(), Fault> {
        if self.open.len() == 1 {
            self.kind = Some(match element {
                E::Point => Kind::Point,
                E::LineString | E::Curve => Kind::LineString,
                E::MultiCurve => Kind::MultiLineString,
                E::Polygon | E::Surface => Kind::Polygon,
                _ => Kind::MultiPolygon,
            });
        }
        let in_pos = matches!(element, E::Pos | E::PosList);
        let holds =
            matches!(element, E::Point | E::LineString | E::Curve | E::Polygon | E::PolygonPatch | E::LinearRing);
        if !in_pos && !holds && element != E::LineStringSegment {
            return Ok(());
        }
        let crs = self.open.last().and_then(|open| open.crs);
        if in_pos && crs.is_none() {
            return Err(Fault::at(What::System(CrsFault::Missing), offset));
        }
        let limits = &self.limits;
        // a system may be named as late as at the coordinates; until then any does
        let drawing = self.drawing.get_or_insert_with(|| Drawing::new(Crs::Wgs84, Axes::NorthEast, limits));
        if let Some((crs, axes)) = crs.filter(|&(crs, axes)| !drawing.is_in(crs, axes)) {
            let told = if axes == Axes::NorthEast { format!("{crs} (φ λ)") } else { format!("{crs} (x y)") };
            return Err(Fault::at(What::System(CrsFault::Contradicts(told)), offset));
        }
        match element {
            E::Point | E::LineString | E::Curve => {
                drawing.begin_part();
                drawing.begin_run();
            }
            E::Polygon | E::PolygonPatch => drawing.begin_part(),
            E::LinearRing => drawing.begin_run(),
            _ => {
                let before = drawing.count();
                if let Some(open) = self.open.last_mut() {
                    open.before = before;
                }
            }
        }
        Ok(())
    }

    fn characters(&mut self, text: &str, offset: u64) -> Result<(), Fault> {
        let inside = self.open.last().is_some_and(|open| matches!(open.element, E::Pos | E::PosList));
        for (at, c) in text.char_indices() {
            let here = offset.saturating_add(at as u64);
            if matches!(c, ' ' | '\t' | '\r' | '\n') {
                if !self.number.is_empty() {
                    self.number_ends()?;
                }
                continue;
            }
            if !inside {
                return Err(Fault::at(What::Form(Form::StrayText), here));
            }
            if self.number.is_empty() {
                self.number_offset = here;
            }
            // one octet too many makes it no number
            if self.number.len() <= NUMBER_MAX {
                self.number.push(c);
            }
        }
        Ok(())
    }

    fn number_ends(&mut self) -> Result<(), Fault> {
        let number = std::mem::take(&mut self.number);
        let Some((first, offset)) = self.pending.take() else {
            self.pending = Some((number, self.number_offset));
            return Ok(());
        };
        let is_pos = self.open.last().is_some_and(|open| open.element == E::Pos);
        let before = self.open.last().map_or(0, |open| open.before);
        let Some(drawing) = self.drawing.as_mut() else { return Ok(()) };
        if is_pos && drawing.count() > before {
            return Err(Fault::at(What::Form(Form::ThreeDimensional), offset));
        }
        drawing.point(&first, &number, offset)
    }

    fn close(&mut self, open: &Open, offset: u64) -> Result<(), Fault> {
        let fault = |form, offset| Err(Fault::at(What::Form(form), offset));
        if matches!(open.element, E::Pos | E::PosList) {
            // its own element is closed already, and the rules of its text are still wanted
            self.open.push(Open {
                element: open.element,
                children: 0,
                crs: open.crs,
                count: None,
                before: open.before,
            });
            let ended = if self.number.is_empty() { Ok(()) } else { self.number_ends() };
            self.open.pop();
            ended?;
            let points = self.drawing.as_ref().map_or(0, Drawing::count).saturating_sub(open.before);
            if let Some((_, at)) = self.pending.take() {
                // `pos` with three numbers, or a list that does not come out even
                let form = match (open.element, points) {
                    (E::Pos, 1) => Form::ThreeDimensional,
                    _ => Form::OneCoordinate,
                };
                return fault(form, at);
            }
            if points == 0 {
                return fault(Form::Empty, offset);
            }
            return match open.count {
                Some(count) if count != points => fault(Form::Count, offset),
                _ => Ok(()),
            };
        }
        if open.children < open.element.children().0 {
            return fault(Form::Empty, offset);
        }
        let Some(drawing) = self.drawing.as_mut() else { return Ok(()) };
        match open.element {
            E::LineStringSegment if open.before > 0 && !drawing.joins(open.before) => fault(Form::Gap, offset),
            E::Point | E::LineString | E::Curve | E::LinearRing => drawing.end_run(offset),
            _ => Ok(()),
        }
    }
}
