//! The cadastre and the grid: shapes in GML, in WKT and in GeoJSON, and one sample for each thing that is
//! wrong or odd with one.
//!
//! Squares of UTM zone 39 have hectares that anybody can count: a kilometre by a kilometre is 100 of them, within a
//! thousandth. What is stated of degrees is that of a rectangle between two parallels on the ellipsoid of WGS 84.

use super::containers::{container, signatures};
use super::signers::Signers;
use super::{Made, Sample, sample};

const EKOLOGIYA: &str = "participant = \"ekologiya\"";
/// A square kilometre north-west of Bakı, in UTM zone 39.
const SQUARE: &str = "400000 4480000,401000 4480000,401000 4481000,400000 4481000,400000 4480000";
const GML: &str = "http://www.opengis.net/gml/3.2";

/// The root of a document, with these records.
fn document(dataset: &str, sender: &str, records: &str) -> String {
    format!(
        "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"{dataset}\" revision=\"1\" \
         sender=\"{sender}\">\n{records}</Submission>\n"
    )
}

/// A record of the cadastre with this GML.
fn area(code: &str, hectares: &str, gml: &str) -> String {
    format!(
        "  <Record><Code>{code}</Code><Kind>forest</Kind><Region>AZ-QBA</Region><AreaHa>{hectares}</AreaHa>\
         <Source>wind</Source><PotentialMW>4.5</PotentialMW>\n    <Geometry>{gml}</Geometry></Record>\n"
    )
}

fn cadastre(signers: &Signers, records: &str) -> Made {
    let document = document("cadastre", "9990000481", records);
    Made::document("kadastr.xml", signers.xades(&document, "ekologiya")).case(EKOLOGIYA)
}

/// Rows of the cadastre, each with its hectares, system and WKT.
fn table_of(rows: &[(&str, &str, &str, &str)]) -> String {
    let mut csv = "dataset,revision,sender,to,code,kind,region,area_ha,source,potential_mw,epsg,geometry\n".to_owned();
    for (code, hectares, epsg, wkt) in rows {
        csv += &format!("cadastre,1,9990000481,trial,{code},forest,AZ-QBA,{hectares},wind,4.5,{epsg},\"{wkt}\"\n");
    }
    csv
}

fn signed_table(signers: &Signers, csv: &str) -> Made {
    let signature = signers.p7s(csv, "ekologiya");
    Made::document("kadastr.csv", csv).and("kadastr.csv.p7s", signature).case(EKOLOGIYA)
}

/// A sound area and behind it this one, in UTM zone 39 and of 100 ha.
fn behind_a_sound_one(wkt: &'static str) -> impl Fn(&Signers) -> Made {
    one("32639", "100", wkt)
}

fn one(epsg: &'static str, hectares: &'static str, wkt: &'static str) -> impl Fn(&Signers) -> Made {
    let sound = format!("POLYGON(({}))", SQUARE.replace("448", "446"));
    move |signers| {
        let rows = [("QBA-17/1", "100", "32639", sound.as_str()), ("QBA-17/2", hectares, epsg, wkt)];
        signed_table(signers, &table_of(&rows))
    }
}

/// The grid: a line in UTM, and a substation at its end in longitude and latitude.
pub fn grid() -> String {
    let line = format!(
        "<gml:LineString xmlns:gml=\"{GML}\" srsName=\"urn:ogc:def:crs:EPSG::32639\"><gml:posList>\
         400000.25 4480000.5 405000 4481000 409321.125 4483000</gml:posList></gml:LineString>"
    );
    let point = format!(
        "<gml:Point xmlns:gml=\"{GML}\" srsName=\"urn:ogc:def:crs:EPSG::4326\"><gml:pos>40.4937 49.9301</gml:pos>\
         </gml:Point>"
    );
    let record = |code: &str, element: &str, gml: &str| {
        format!(
            "  <Record><Code>{code}</Code><Element>{element}</Element><Level>transmission</Level>\
             <VoltageKV>110</VoltageKV><Owner>9990000631</Owner><Geometry>{gml}</Geometry></Record>\n"
        )
    };
    let records = record("VL-110/7", "line", &line) + &record("YS-110/3", "substation", &point);
    document("grid", "9990000631", &records)
}

/// A feature collection with these members of `submission` and these features.
fn collection(dataset: &str, sender: &str, features: &[String]) -> String {
    format!(
        "{{\n  \"type\": \"FeatureCollection\",\n  \"submission\": {{\"id\": \"S-1\", \"to\": \"trial\", \
         \"dataset\": \"{dataset}\", \"revision\": 1, \"sender\": \"{sender}\"}},\n  \"features\": [\n    \
         {}\n  ]\n}}\n",
        features.join(",\n    ")
    )
}

fn feature(properties: &str, geometry: &str) -> String {
    format!("{{\"type\": \"Feature\", \"properties\": {{{properties}}},\n     \"geometry\": {geometry}}}")
}

/// An area of the cadastre with these hectares and this geometry.
fn drawn(code: &str, hectares: &str, geometry: &str) -> String {
    let properties = format!(
        "\"code\": \"{code}\", \"kind\": \"forest\", \"region\": \"AZ-QBA\", \"area_ha\": {hectares}, \"source\": \
         \"wind\", \"potential_mw\": 4.5"
    );
    feature(&properties, geometry)
}

/// Between two parallels and two meridians, anticlockwise: 94.261 ha.
const ANTICLOCKWISE: &str = "{\"type\": \"Polygon\", \"coordinates\": [[[49.80, 40.40], [49.81, 40.40], \
    [49.81, 40.41], [49.80, 40.41], [49.80, 40.40]]]}";
const CLOCKWISE: &str = "{\"type\": \"Polygon\", \"coordinates\": [[[49.80, 40.40], [49.80, 40.41], [49.81, 40.41], \
    [49.81, 40.40], [49.80, 40.40]]]}";

fn cadastre_collection(features: &[String]) -> String {
    collection("cadastre", "9990000481", features)
}

/// A collection alone in an ASiC container, put together by Python and signed by `xmlsec1`.
fn in_a_container(signers: &Signers, text: String) -> Made {
    let files = [("kadastr.geojson", text.into_bytes())];
    let signatures = signatures(signers, "ekologiya", &files);
    Made::document("kadastr.asice", container(&files, signatures)).case(EKOLOGIYA)
}

/// Collections that are accepted after approval, and such as two readers could read differently.
fn collections() -> Vec<Sample> {
    let hostile = |name: &str, expect: &'static str, note, text: fn() -> String| {
        sample(format!("hostile/{name}"), note, move |signers: &Signers| {
            in_a_container(signers, text()).case(&format!("expect = \"{expect}\""))
        })
    };
    vec![
        sample(
            "pending/cadastre-geojson",
            "Two areas as a feature collection, alone in an ASiC container: figures with quotes and without.\n",
            |signers| {
                let triangle = "{\"type\": \"MultiPolygon\", \"coordinates\": [[[[49.80, 40.30], [49.81, 40.30], \
                    [49.81, 40.31], [49.80, 40.30]]]]}";
                let features = [drawn("QBA-17/1", "94.261", ANTICLOCKWISE), drawn("QBA-17/2", "\"47.2\"", triangle)];
                in_a_container(signers, cadastre_collection(&features))
            },
        ),
        sample(
            "pending/grid-geojson",
            "A line and its substation, with the signature in a file beside.\n",
            |signers| {
                let properties = |code: &str, element: &str| {
                    format!(
                        "\"code\": \"{code}\", \"element\": \"{element}\", \"level\": \"transmission\", \
                     \"voltage_kv\": 110, \"owner\": \"9990000631\""
                    )
                };
                let line = "{\"type\": \"LineString\", \"coordinates\": [[49.8206, 40.4662], [49.9301, 40.4937]]}";
                let point = "{\"type\": \"Point\", \"coordinates\": [49.9301, 40.4937]}";
                let features = [
                    feature(&properties("VL-110/7", "line"), line),
                    feature(&properties("YS-110/3", "substation"), point),
                ];
                let text = collection("grid", "9990000631", &features);
                let signature = signers.p7s(&text, "azerenerji");
                Made::document("sebeke.geojson", text).and("sebeke.geojson.p7s", signature)
            },
        ),
        sample(
            "pending/ring-sense",
            "An outer ring that goes clockwise (RFC 7946 3.1.6), in CMS with the collection inside. A warning.\n",
            |signers| {
                let text = cadastre_collection(&[drawn("QBA-17/1", "94.261", CLOCKWISE)]);
                let signed = signers.cms(text.as_bytes(), "ekologiya", &["-binary", "-cades", "-nodetach"]);
                Made::document("kadastr.geojson.p7m", signed).case(EKOLOGIYA)
            },
        ),
        hostile(
            "geojson-faults",
            "schema.invalid",
            "Many faults of a collection at once: each has its place.\n",
            || {
                let one = drawn("QBA 17", "-1", ANTICLOCKWISE).replace("\"kind\": \"forest\"", "\"növ\": \"meşə\"");
                let other = drawn("QBA-17/2", "94.261", ANTICLOCKWISE)
                    .replace("\"wind\"", "7")
                    .replace("\"type\": \"Feature\"", "\"type\": \"Feature\", \"id\": 2")
                    .replace("94.261", "94.261, \"epsg\": 32639");
                let none = feature("\"code\": null", "null");
                cadastre_collection(&[one, other, none]).replacen("\"revision\": 1", "\"revision\": 0, \"qeyd\": []", 1)
            },
        ),
        hostile(
            "geojson-two-senders",
            "schema.invalid",
            "The member `submission` stands twice: readers of JSON believe the first, or the last.\n",
            || {
                let text = cadastre_collection(&[drawn("QBA-17/1", "94.261", ANTICLOCKWISE)]);
                let other = "\"submission\": {\"dataset\": \"grid\", \"sender\": \"9990000631\", \"revision\": 1},\n  ";
                text.replacen("\"features\"", &format!("{other}\"features\""), 1)
            },
        ),
        hostile(
            "geojson-escaped-name",
            "schema.geometry",
            "Two members `coordinates`, one with an escape in its name: whoever compares octets sees one of them.\n",
            || {
                let two = ANTICLOCKWISE.replacen(
                    "\"coordinates\"",
                    "\"coord\\u0069nates\": [[[49.0, 40.0], [49.1, 40.0], [49.1, 40.1], [49.0, 40.0]]], \
                     \"coordinates\"",
                    1,
                );
                cadastre_collection(&[drawn("QBA-17/1", "94.261", &two)])
            },
        ),
        hostile("geojson-cut-off", "schema.not-wellformed", "A collection that ends in the middle.\n", || {
            let text = cadastre_collection(&[drawn("QBA-17/1", "94.261", ANTICLOCKWISE)]);
            text[..text.len() - 20].to_owned()
        }),
    ]
}

pub fn table() -> Vec<Sample> {
    let mut table = pending();
    table.extend(collections());
    table.extend(rejected());
    table
}

fn pending() -> Vec<Sample> {
    vec![
        sample(
            "pending/cadastre",
            "Two areas in GML: one in latitude and longitude with a hole in it, one of two squares in UTM.\n",
            |signers| {
                // 94.261 ha without the hole's 3.770
                let holed = format!(
                    "<gml:Polygon xmlns:gml=\"{GML}\" gml:id=\"a\" srsName=\"urn:ogc:def:crs:EPSG::4326\">\
                     <gml:exterior><gml:LinearRing><gml:posList>40.40 49.80 40.40 49.81 40.41 49.81 40.41 49.80 \
                     40.40 49.80</gml:posList></gml:LinearRing></gml:exterior><gml:interior><gml:LinearRing>\
                     <gml:posList>40.403 49.803 40.405 49.803 40.405 49.805 40.403 49.805 40.403 49.803\
                     </gml:posList></gml:LinearRing></gml:interior></gml:Polygon>"
                );
                let square = |corners: &str| {
                    let list = corners.replace(',', " ");
                    format!(
                        "<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{list}\
                         </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>"
                    )
                };
                let two = format!(
                    "<gml:MultiSurface xmlns:gml=\"{GML}\" srsName=\"EPSG:32639\">{}{}</gml:MultiSurface>",
                    square(SQUARE),
                    square(&SQUARE.replace("448", "446")),
                );
                cadastre(signers, &(area("QBA-17/1", "90.490", &holed) + &area("QBA-17/2", "200", &two)))
            },
        ),
        sample(
            "pending/cadastre-table",
            "The same kind of areas in CSV, as WKT: the system stands in the column beside it.\n",
            |signers| {
                let square = format!("POLYGON(({SQUARE}))");
                let holed = "POLYGON((49.80 40.30,49.81 40.30,49.81 40.31,49.80 40.30))";
                let rows = [("QBA-17/1", "100", "32639", square.as_str()), ("QBA-17/2", "47.2", "4326", holed)];
                signed_table(signers, &table_of(&rows))
            },
        ),
        sample(
            "pending/grid",
            "A line in UTM and the substation at one of its ends in latitude and longitude; at the other there is \
             none, and that is a warning.\n",
            |signers| Made::document("sebeke.xml", signers.xades(&grid(), "azerenerji")),
        ),
        sample(
            "pending/grid-table",
            "A line of two pieces and a substation as the area it stands on, in CSV with ; and a decimal comma.\n",
            |signers| {
                let start = "grid;1;9990000631;trial";
                let csv = format!(
                    "dataset;revision;sender;to;code;element;level;voltage_kv;owner;geometry;epsg\r\n\
                     {start};VL-35/1;line;distribution;0,4;9990000631;MULTILINESTRING((49.1 40.1,49.2 40.1),\
                     (49.2 40.1,49.2 40.2));4326\r\n\
                     {start};YS-35/1;substation;distribution;35;9990000631;POLYGON(({SQUARE}));32639\r\n"
                );
                let signature = signers.p7s(&csv, "azerenerji");
                Made::document("sebeke.csv", csv).and("sebeke.csv.p7s", signature)
            },
        ),
        sample(
            "pending/points-repeated",
            "The same point twice running: the surplus is not kept. A warning.\n",
            behind_a_sound_one(
                "POLYGON((400000 4480000,401000 4480000,401000 4480000,401000 4481000,400000 4481000,400000 4480000))",
            ),
        ),
        sample(
            "pending/sharp-corner",
            "A corner of a third of a degree, as a misplaced point makes it. A warning.\n",
            one("32639", "0.250", "POLYGON((400000 4480000,401000 4480000,401000 4480005,400000 4480000))"),
        ),
        sample(
            "pending/voltage-that-is-none",
            "A line of 111 kV, which no grid has, and a substation in volts. A warning for each.\n",
            |signers| {
                let odd = grid().replacen("<VoltageKV>110<", "<VoltageKV>111<", 1);
                let odd = odd.replacen("<VoltageKV>110<", "<VoltageKV>110000<", 1);
                Made::document("sebeke.xml", signers.xades(&odd, "azerenerji"))
            },
        ),
        sample(
            "pending/areas-overlap",
            "Two areas of one statement with 10 ha in common: the surveys do not fit each other. A warning.\n",
            one(
                "32639",
                "100",
                "POLYGON((400900 4460000,401900 4460000,401900 4461000,400900 4461000,400900 4460000))",
            ),
        ),
    ]
}

fn rejected() -> Vec<Sample> {
    vec![
        sample(
            "rejected/rule.voen-invalid",
            "The owner of a line, by a number whose check digit does not fit: 9990000631 with a slip.\n",
            |signers| {
                let slipped = grid().replacen("<Owner>9990000631</Owner>", "<Owner>9990000641</Owner>", 1);
                Made::document("sebeke.xml", signers.xades(&slipped, "azerenerji"))
            },
        ),
        sample("rejected/rule.drawn-otherwise", "A substation that is drawn as a line.\n", |signers| {
            let called = grid().replace("<Element>line</Element>", "<Element>substation</Element>");
            Made::document("sebeke.xml", signers.xades(&called, "azerenerji"))
        }),
        sample("rejected/schema.geometry", "GML 2 in place of GML 3.2: coordinates with commas.\n", |signers| {
            let gml = format!(
                "<gml:Polygon xmlns:gml=\"{GML}\" srsName=\"EPSG:32639\"><gml:exterior><gml:LinearRing>\
                 <gml:coordinates>400000,4480000 401000,4480000 401000,4481000 400000,4480000</gml:coordinates>\
                 </gml:LinearRing></gml:exterior></gml:Polygon>"
            );
            cadastre(signers, &area("QBA-17/1", "50", &gml))
        }),
        sample(
            "rejected/schema.geometry-kind",
            "A point where an area is wanted.\n",
            behind_a_sound_one("POINT(400000 4480000)"),
        ),
        sample(
            "rejected/schema.coordinate-system",
            "Gauss–Krüger zone 9 of Pulkovo 1942: another datum, which the window does not convert.\n",
            one("28409", "100", "POLYGON((9400000 4480000,9401000 4480000,9401000 4481000,9400000 4480000))"),
        ),
        sample(
            "rejected/rule.coordinates-outside",
            "An area in another country, and nothing explains it.\n",
            one("4326", "94", "POLYGON((32.80 39.90,32.81 39.90,32.81 39.91,32.80 39.91,32.80 39.90))"),
        ),
        sample(
            "rejected/rule.coordinates-swapped",
            "Latitude before longitude in WKT.\n",
            one("4326", "94.261", "POLYGON((40.40 49.80,40.40 49.81,40.41 49.81,40.41 49.80,40.40 49.80))"),
        ),
        sample(
            "rejected/rule.coordinates-of-other-system",
            "UTM coordinates of zone 39 as if they were of zone 38.\n",
            one("32638", "100", "POLYGON((300000 4480000,301000 4480000,301000 4481000,300000 4480000))"),
        ),
        sample(
            "rejected/rule.ring",
            "A boundary that does not end where it began.\n",
            behind_a_sound_one("POLYGON((400000 4480000,401000 4480000,401000 4481000,400000 4481000))"),
        ),
        sample(
            "rejected/rule.self-intersection",
            "Two corners in the wrong order: the boundary crosses itself.\n",
            behind_a_sound_one("POLYGON((400000 4480000,401000 4481000,401000 4480000,400000 4481000,400000 4480000))"),
        ),
        sample(
            "rejected/rule.rings-cross",
            "A hole that crosses the boundary.\n",
            behind_a_sound_one(
                "POLYGON((400000 4480000,401000 4480000,401000 4481000,400000 4481000,400000 4480000),\
                 (400500 4480500,401500 4480500,401500 4480600,400500 4480600,400500 4480500))",
            ),
        ),
        sample(
            "rejected/rule.hole-outside",
            "A hole beside the area: most likely a second area.\n",
            behind_a_sound_one(
                "POLYGON((400000 4480000,401000 4480000,401000 4481000,400000 4481000,400000 4480000),\
                 (402000 4480000,403000 4480000,403000 4481000,402000 4480000))",
            ),
        ),
        sample(
            "rejected/rule.parts-overlap",
            "Two polygons of one area that overlap: counted twice.\n",
            behind_a_sound_one(
                "MULTIPOLYGON(((400000 4480000,401000 4480000,401000 4481000,400000 4481000,400000 4480000)),\
                 ((400500 4480500,401500 4480500,401500 4481500,400500 4481500,400500 4480500)))",
            ),
        ),
        sample(
            "rejected/rule.no-extent",
            "All corners at one place.\n",
            behind_a_sound_one("POLYGON((400000 4480000,400000 4480000,400000 4480000,400000 4480000))"),
        ),
        sample(
            "rejected/rule.area-differs",
            "Square metres in thousands where hectares are wanted: ten times as many.\n",
            one(
                "32639",
                "1000",
                "POLYGON((400000 4480000,401000 4480000,401000 4481000,400000 4481000,400000 4480000))",
            ),
        ),
        sample("rejected/rule.key-doubled", "One cadastral code for two areas.\n", |signers| {
            let (one, other) = (format!("POLYGON(({SQUARE}))"), format!("POLYGON(({}))", SQUARE.replace("448", "446")));
            let rows = [("QBA-17/1", "100", "32639", one.as_str()), ("QBA-17/1", "100", "32639", other.as_str())];
            signed_table(signers, &table_of(&rows))
        }),
    ]
}
