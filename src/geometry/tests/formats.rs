//! The three formats: they say the same of the same geometry, and each refuses what is not its own.

use super::*;

const URN: &str = "urn:ogc:def:crs:EPSG::4326";

fn posted(points: &str) -> String {
    format!("<gml:LinearRing><gml:posList>{points}</gml:posList></gml:LinearRing>")
}

#[test]
fn the_three_formats_make_the_same_geometry() {
    let one = |sketch: Result<Sketch, Fault>| sketch.unwrap().judge(ANY).unwrap().geometry;
    let limits = Limits::default();
    for (text, xml, json) in [
        (
            "POINT (49.5 40.25)",
            format!("<gml:Point srsName='{URN}' gml:id='a'><gml:pos>40.25 49.5</gml:pos></gml:Point>"),
            r#"{"type":"Point","coordinates":[49.5,40.25]}"#,
        ),
        (
            "LINESTRING(49.5 40.25,49.6 40.3,49.7 40.3)",
            format!(
                "<gml:Curve srsName='{URN}'><gml:segments><gml:LineStringSegment><gml:posList>40.25 49.5 40.3 49.6\
                 </gml:posList></gml:LineStringSegment><gml:LineStringSegment interpolation='linear'>\
                 <gml:pos>40.3 49.6</gml:pos><gml:pos>40.3 49.7</gml:pos></gml:LineStringSegment>\
                 </gml:segments></gml:Curve>"
            ),
            r#"{"coordinates":[[49.5,40.25],[49.6,40.3],[49.7,40.3]],"type":"LineString","bbox":[1,2,3,4]}"#,
        ),
        (
            "MULTILINESTRING((49.5 40.25,49.6 40.3),(50 40,50 41))",
            format!(
                "<gml:MultiCurve srsName='{URN}'><gml:curveMember><gml:LineString>\
                 <gml:posList srsDimension='2' count='2'>\
                 40.25 49.5\n 40.3\t49.6 </gml:posList></gml:LineString></gml:curveMember>\
                 <gml:curveMember><gml:LineString>\
                 <gml:pos>40 50</gml:pos><gml:pos>41 50</gml:pos></gml:LineString></gml:curveMember></gml:MultiCurve>"
            ),
            r#"{"type":"MultiLineString","coordinates":[[[49.5,40.25],[49.6,40.3]],[[50,40],[50,41]]]}"#,
        ),
        (
            "polygon((49 40,50 40,50 41,49 40),(49.5 40.1,49.6 40.2,49.6 40.1,49.5 40.1))",
            format!(
                "<gml:Polygon srsName='{URN}'><gml:exterior>{}</gml:exterior>\
                 <gml:interior>{}</gml:interior></gml:Polygon>",
                posted("40 49 40 50 41 50 40 49"),
                posted("40.1 49.5 40.2 49.6 40.1 49.6 40.1 49.5")
            ),
            r#"{"type":"Polygon","coordinates":[[[49,40],[50,40],[50,41],[49,40]],
                [[49.5,40.1],[49.6,40.2],[49.6,40.1],[49.5,40.1]]]}"#,
        ),
        (
            "MULTIPOLYGON(((49 40,50 40,50 41,49 40)),((47 40,48 40,48 41,47 40)))",
            format!(
                "<gml:MultiSurface srsName='{URN}'><gml:surfaceMember><gml:Polygon>\
                 <gml:exterior>{}</gml:exterior></gml:Polygon>\
                 </gml:surfaceMember><gml:surfaceMember><gml:Surface srsName='{URN}'><gml:patches><gml:PolygonPatch>\
                 <gml:exterior>{}</gml:exterior></gml:PolygonPatch></gml:patches></gml:Surface></gml:surfaceMember>\
                 </gml:MultiSurface>",
                posted("40 49 40 50 41 50 40 49"),
                posted("40 47 40 48 41 48 40 47")
            ),
            r#"{"type":"MultiPolygon","coordinates":[[[[49,40],[50,40],[50,41],[49,40]]],
                [[[47,40],[48,40],[48,41],[47,40]]]]}"#,
        ),
    ] {
        let from_text = one(wkt::read(text, 0, Crs::Wgs84, &limits));
        assert_eq!(one(gml(&xml)), from_text, "{text}");
        assert_eq!(one(geojson::read(json, 0, &limits)), from_text, "{text}");
        assert_eq!(one(geojson::read(&from_text.geojson(), 0, &limits)).wkb(), from_text.wkb());
        assert_eq!(one(wkt::read(&from_text.wkt(), 0, Crs::Wgs84, &limits)).wkb(), from_text.wkb());
        assert_eq!(geojson_of(&from_text.wkt()), Some(from_text.geojson()));
    }
    for other in ["", "POINT", "CIRCLE(1 2)", "POINT(1 2", "LINESTRING(1 2,a b)", "POLYGON((1 2,3)", "POINT(1 2 3)"] {
        assert_eq!(geojson_of(other), None, "{other}");
    }
}

#[test]
fn wkt_that_is_none_is_refused_at_its_place() {
    for (text, form, at) in [
        ("", Form::Missing, 0),
        ("  ", Form::Missing, 2),
        ("(49 40)", Form::Unknown, 0),
        ("BOX(1 2,3 4)", Form::Unknown, 0),
        ("POLYGON EMPTY", Form::Empty, 0),
        ("POLYGON(EMPTY)", Form::Empty, 8),
        ("POLYGON((49 40,50 40", Form::Unfinished, 20),
        ("POLYGON((49 40,50 ", Form::Unfinished, 18),
        ("POLYGON(49 40,50 40)", Form::Unexpected, 8),
        ("POLYGON 49 40", Form::Unexpected, 8),
        ("POINT(49 40) x", Form::Trailing, 13),
        ("POINT(49 40))", Form::Trailing, 12),
        ("POINT(49 40 1)", Form::ThreeDimensional, 6),
        ("POINT Z(49 40 1)", Form::ThreeDimensional, 0),
        ("POINTZ(49 40 1)", Form::ThreeDimensional, 0),
        ("POLYGON ZM((1 2 3 4))", Form::ThreeDimensional, 0),
        ("POINT(49,8 40,4)", Form::OneCoordinate, 6),
        ("LINESTRING(49 40,50)", Form::OneCoordinate, 17),
        ("POINT(49 40,50 41)", Form::Unexpected, 11),
        ("SRID=32639;POINT(49 40)", Form::SridDiffers, 0),
        ("SRID=É;POINT(49 40)", Form::SridDiffers, 0),
    ] {
        let fault = wkt::read(text, 100, Crs::Wgs84, &Limits::default()).unwrap_err();
        assert_eq!((fault.what, fault.offset), (What::Form(form), Some(100 + at)), "{text}");
    }
    let read = |text| wkt::read(text, 0, Crs::Wgs84, &Limits::default());
    assert!(read(" SRID=4326; Point\n( 49\t40 ) ").is_ok());
    assert_eq!(read("MULTIPOINT((49 40))").unwrap_err().what, What::Unsupported("MULTIPOINT".to_owned()));
    assert_eq!(read("CurvePolygon(())").unwrap_err().what, What::Unsupported("CURVEPOLYGON".to_owned()));
    assert_eq!(read("POINT(49 nan)").unwrap_err().what, What::Number(NumberFault::NotFinite, "nan".to_owned()));
}

#[test]
fn gml_that_is_none_is_refused() {
    let point = |inner: &str| format!("<gml:Point srsName='{URN}'>{inner}</gml:Point>");
    let line = |inner: &str| format!("<gml:LineString srsName='{URN}'>{inner}</gml:LineString>");
    let surface =
        |inner: &str| format!("<gml:Surface srsName='{URN}'><gml:patches>{inner}</gml:patches></gml:Surface>");
    let patch =
        format!("<gml:PolygonPatch><gml:exterior>{}</gml:exterior></gml:PolygonPatch>", posted("1 2 3 4 5 6 1 2"));
    let segment =
        |points: &str| format!("<gml:LineStringSegment><gml:posList>{points}</gml:posList></gml:LineStringSegment>");
    for (xml, form) in [
        (String::new(), Form::Missing),
        (point(""), Form::Empty),
        (point("<gml:pos/>"), Form::Empty),
        (point("<gml:pos>1</gml:pos>"), Form::OneCoordinate),
        (point("<gml:pos>1 2 3</gml:pos>"), Form::ThreeDimensional),
        (point("<gml:pos>1 2 3 4</gml:pos>"), Form::ThreeDimensional),
        (point("<gml:pos>1 2</gml:pos><gml:pos>1 2</gml:pos>"), Form::Element),
        (point("<gml:coordinates>1,2</gml:coordinates>"), Form::OldCoordinates),
        (point("1 2"), Form::StrayText),
        (point("<gml:pos>1 2</gml:pos>").repeat(2), Form::Second),
        (point("<gml:pos srsDimension='3'>1 2 3</gml:pos>"), Form::ThreeDimensional),
        (line("<gml:posList>1 2 3</gml:posList>"), Form::OneCoordinate),
        (line("<gml:posList count='3'>1 2 3 4</gml:posList>"), Form::Count),
        (line("<gml:posList wrong='3'>1 2 3 4</gml:posList>"), Form::Element),
        ("<gml:posList>1 2</gml:posList>".to_owned(), Form::Element),
        ("<Point>1 2</Point>".to_owned(), Form::Element),
        ("<Point xmlns='http://www.opengis.net/gml'/>".to_owned(), Form::OldNamespace),
        (format!("<gml:MultiCurve srsName='{URN}'><gml:curveMember xlink:href='#a'/></gml:MultiCurve>"), Form::Link),
        (surface(&patch.repeat(2)), Form::Patches),
        (
            surface(&patch.replace("Patch>", "Patch interpolation='conic'>"))
                .replace("</gml:PolygonPatch i", "</gml:PolygonPatch>"),
            Form::NotLinear,
        ),
        (
            format!(
                "<gml:Curve srsName='{URN}'><gml:segments>{}{}</gml:segments></gml:Curve>",
                segment("1 2 3 4"),
                segment("3 5 6 7")
            ),
            Form::Gap,
        ),
        (
            format!(
                "<gml:Polygon srsName='{URN}'><gml:interior>{}</gml:interior></gml:Polygon>",
                posted("1 2 3 4 5 6 1 2")
            ),
            Form::Element,
        ),
    ] {
        let xml = xml.replace("</gml:PolygonPatch interpolation='conic'>", "</gml:PolygonPatch>");
        assert_eq!(gml(&xml).map(|sketch| sketch.kind()).unwrap_err().what, What::Form(form), "{xml}");
    }
    for name in ["Arc", "Circle", "MultiPoint", "MultiPolygon", "Tin", "Envelope"] {
        let fault = gml(&format!("<gml:{name}><gml:pos>1 2</gml:pos></gml:{name}>")).unwrap_err();
        assert_eq!(fault.what, What::Unsupported(format!("gml:{name}")));
    }
}

#[test]
fn the_system_of_gml_is_said_once_and_inherited() {
    let ring = posted("40 49 40 50 41 50 40 49");
    let polygon =
        |attribute: &str| format!("<gml:Polygon {attribute}><gml:exterior>{ring}</gml:exterior></gml:Polygon>");
    let surface = |outer: &str, inner: &[&str]| {
        let members: Vec<_> =
            inner.iter().map(|inner| format!("<gml:surfaceMember>{}</gml:surfaceMember>", polygon(inner))).collect();
        format!("<gml:MultiSurface {outer}>{}</gml:MultiSurface>", members.concat())
    };
    let urn = format!("srsName='{URN}'");
    let other = "srsName='urn:ogc:def:crs:OGC:1.3:CRS84'";
    assert!(gml(&surface(&urn, &[""])).is_ok() && gml(&surface("", &[&urn])).is_ok());
    let what = |xml: String| gml(&xml).unwrap_err().what;
    assert_eq!(what(polygon("")), What::System(CrsFault::Missing));
    assert!(matches!(what(surface(&urn, &[other])), What::System(CrsFault::Contradicts(_))));
    assert!(matches!(what(surface("", &[&urn, other])), What::System(CrsFault::Contradicts(_))));
    assert_eq!(what(surface("", &[&urn, ""])), What::System(CrsFault::Missing));
    assert_eq!(what(polygon("srsName='EPSG:4326'")), What::System(CrsFault::Ambiguous("EPSG:4326".to_owned())));
    assert_eq!(what(polygon("srsName='EPSG:28408'")), What::System(CrsFault::Pulkovo(28408)));
    // longitude first where the name says latitude first is recognised, and shown in the order sent
    let turned = format!("<gml:Point {urn}><gml:pos>49.5 40.25</gml:pos></gml:Point>");
    let faults = gml(&turned).unwrap().judge(ANY).unwrap_err();
    assert_eq!((faults[0].what.clone(), &*faults[0].spots[0].coordinates), (What::Swapped, "49.5 40.25"));
}

#[test]
fn a_text_in_pieces_is_the_same_text() {
    let whole = "40.25 49.5 40.3 49.6";
    for cut in 0..=whole.len() {
        let mut reader = GmlReader::new(0, &Limits::default());
        reader.start(GML_NAMESPACE, "LineString", [("", "srsName", URN)], 0);
        reader.start(GML_NAMESPACE, "posList", [], 10);
        reader.text(&whole[..cut], 20);
        reader.text(&whole[cut..], 20 + cut as u64);
        reader.end(50);
        reader.end(60);
        assert!(!reader.is_open());
        let sketch = reader.finish().unwrap();
        assert_eq!(sketch.offsets, [20, 31], "cut at {cut}");
        assert_eq!(sketch.judge(LINES).unwrap().geometry.sent(), "LINESTRING(49.5 40.25,49.6 40.3)");
    }
}

#[test]
fn geojson_that_is_none_is_refused() {
    for (text, form) in [
        ("", Form::Missing),
        ("[]", Form::Json),
        ("{}", Form::Unknown),
        (r#"{"type":"Point"}"#, Form::Empty),
        (r#"{"type":"Point","coordinates":[]}"#, Form::Empty),
        (r#"{"type":"Point","coordinates":[49]}"#, Form::OneCoordinate),
        (r#"{"type":"Point","coordinates":[49,40,1]}"#, Form::ThreeDimensional),
        (r#"{"type":"Point","coordinates":[[49,40]]}"#, Form::Unexpected),
        (r#"{"type":"Point","coordinates":["49",40]}"#, Form::Unexpected),
        (r#"{"type":"Point","coordinates":[049,40]}"#, Form::Json),
        (r#"{"type":"Point","coordinates":[49,NaN]}"#, Form::Json),
        (r#"{"type":"Point","coordinates":[49,40],}"#, Form::Json),
        (r#"{"type":"Point","coordinates":[49,40]} x"#, Form::Trailing),
        (r#"{"type":"Point","type":"Point","coordinates":[49,40]}"#, Form::Doubled),
        (r#"{"type":"point","coordinates":[49,40]}"#, Form::Unknown),
        (r#"{"type":"Feature","geometry":null}"#, Form::Feature),
        (r#"{"type":"Polygon","coordinates":[[49,40],[50,40]]}"#, Form::Unexpected),
        (
            r#"{"type":"Point","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32639"}},
                "coordinates":[1,2]}"#,
            Form::JsonCrs,
        ),
        (r#"{"type":"Point","crs":{"type":"link"},"coordinates":[1,2]}"#, Form::JsonCrs),
    ] {
        let fault = geojson::read(text, 0, &Limits::default()).unwrap_err();
        assert_eq!(fault.what, What::Form(form), "{text}");
    }
    for crs in [r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}"#, "null"] {
        let text = format!(r#"{{"type":"Point","coordinates":[49,40],"crs":{crs}}}"#);
        assert!(geojson::read(&text, 0, &Limits::default()).is_ok(), "{text}");
    }
}

#[test]
fn rings_of_geojson_the_wrong_way_round_are_warned_of_and_turned() {
    let read = |ring: &str| {
        let text = format!(r#"{{"type":"Polygon","coordinates":[[{ring}]]}}"#);
        geojson::read(&text, 0, &Limits::default()).unwrap().judge(AREAS).unwrap()
    };
    let (right, wrong) = (read("[49,40],[50,40],[50,41],[49,40]"), read("[49,40],[50,41],[50,40],[49,40]"));
    assert!(right.warnings.is_empty());
    assert_eq!(wrong.warnings.iter().map(|fault| fault.what.clone()).collect::<Vec<_>>(), [What::Orientation]);
    assert_eq!(wrong.geometry.wkb(), right.geometry.wkb());
    assert_eq!(wrong.geometry.sent(), "POLYGON((49 40,50 41,50 40,49 40))");
}

#[test]
fn a_limit_stops_the_reading_where_it_is_passed() {
    let limits = Limits { points: 3, text: 60 };
    let four = "LINESTRING(49 40,49 41,50 40,50 41)";
    let fault = wkt::read(four, 0, Crs::Wgs84, &limits).unwrap_err();
    assert_eq!((fault.what, fault.offset), (What::Limit(Bound::Points, 3), Some(29)));
    let xml = format!("<gml:LineString srsName='{URN}'><gml:posList>1 2 3 4 5 6 7 8</gml:posList></gml:LineString>");
    assert_eq!(gml_within(&xml, &limits).unwrap_err().what, What::Limit(Bound::Points, 3));
    let long = format!("POINT(49 40){}", " ".repeat(60));
    assert_eq!(wkt::read(&long, 0, Crs::Wgs84, &limits).unwrap_err().what, What::Limit(Bound::Text, 60));
    assert_eq!(geojson::read(&long, 0, &limits).unwrap_err().what, What::Limit(Bound::Text, 60));
}
