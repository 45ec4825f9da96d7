//! What is kept: longitude and latitude beside published ones, well-known binary beside that of GEOS, areas and
//! lengths beside those of PROJ.

use super::*;

fn geometry(text: &str, crs: Crs) -> Geometry {
    judge(text, crs).unwrap().geometry
}

#[test]
fn utm_becomes_longitude_and_latitude_to_the_tenth_of_a_millimetre() {
    // PROJ 9.5.1, EPSG:32638 and 32639 to EPSG:4326, in billionths of a degree
    for (crs, easting, northing, longitude, latitude) in [
        (Crs::Utm38, "500000", "4400000", 45_000_000_000_i64, 39_749_907_519_i64),
        (Crs::Utm38, "764999.999", "4719999.5", 48_229_502_655, 42_586_903_127),
        (Crs::Utm38, "612345.678", "4444444.321", 46_318_876_477, 40_142_834_360),
        (Crs::Utm39, "400821.52", "4473455.13", 49_831_175_819, 40_405_806_523),
        (Crs::Utm39, "310000.5", "4601234.567", 48_722_205_431, 41_540_219_287),
    ] {
        let bounds = geometry(&format!("POINT({easting} {northing})"), crs).bounds();
        let off = (bounds.west - longitude).abs().max((bounds.south - latitude).abs());
        assert!(off <= 1, "{easting} {northing}: {bounds:?}");
    }
}

#[test]
fn well_known_binary_is_that_of_geos() {
    for (text, hex) in [
        ("POINT (49.8671 40.4093)", "0101000000492EFF21FDEE48405C2041F163344440"),
        (
            "MULTIPOLYGON (((49.8 40.4,49.9 40.4,49.9 40.5,49.8 40.4),\
             (49.87 40.43,49.89 40.45,49.89 40.43,49.87 40.43)),\
             ((49 40,49.1 40,49.1 40.1,49 40)))",
            "010600000002000000010300000002000000040000006666666666E6484033333333333344403333333333F34840333333333333\
             44403333333333F3484000000000004044406666666666E648403333333333334440040000008FC2F5285CEF4840D7A3703D0A\
             37444052B81E85EBF148409A9999999939444052B81E85EBF14840D7A3703D0A3744408FC2F5285CEF4840D7A3703D0A374440\
             0103000000010000000400000000000000008048400000000000004440CDCCCCCCCC8C48400000000000004440CDCCCCCCCC8C48\
             40CDCCCCCCCC0C444000000000008048400000000000004440",
        ),
        (
            "MULTILINESTRING ((49 40,49.5 40.25),(49 41,49.125 41))",
            "010500000002000000010200000002000000000000000080484000000000000044400000000000C048400000000000204440\
             0102000000020000000000000000804840000000000080444000000000009048400000000000804440",
        ),
    ] {
        let octets = geometry(text, Crs::Wgs84).wkb();
        let written: String = octets.iter().map(|octet| format!("{octet:02X}")).collect();
        assert_eq!(written, hex.replace(' ', ""), "{text}");
    }
}

#[test]
fn areas_and_lengths_are_those_of_the_ellipsoid() {
    // PROJ 9.5.1, Geod(ellps='WGS84'): 82450038.353 and 942332.522 square metres, 283500.830 metres
    let field = "(49.8 40.4,49.9 40.4,49.95 40.45,49.85 40.5,49.8 40.4)";
    assert_eq!(geometry(&format!("POLYGON({field})"), Crs::Wgs84).area(), 8_245_003_835);
    let hole = "(49.85 40.42,49.86 40.42,49.86 40.43,49.85 40.43,49.85 40.42)";
    assert_eq!(geometry(&format!("POLYGON({field},{hole})"), Crs::Wgs84).area(), 8_245_003_835 - 94_233_252);
    let line = geometry("LINESTRING(49.8 40.4,50.1 40.2,47.2 39.9)", Crs::Wgs84);
    assert_eq!((line.length(), line.area()), (283_500_830, 0));
}

#[test]
fn a_geometry_is_kept_as_it_was_sent_and_as_wgs_84() {
    let kept = geometry("linestring( 400821.520 4473455.13 , 4.1e5 4473455 )", Crs::Utm39);
    assert_eq!((kept.kind(), kept.crs().epsg()), (Kind::LineString, 32639));
    assert_eq!(kept.sent(), "LINESTRING(400821.520 4473455.13,4.1e5 4473455)");
    assert_eq!(kept.wkt().split(',').next(), Some("LINESTRING(49.831175819 40.405806523"));
    assert!(kept.geojson().starts_with(r#"{"type":"LineString","coordinates":[[49.831175819,40.405806523],"#));
}
