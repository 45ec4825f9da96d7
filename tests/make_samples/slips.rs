//! Tables as hurried people and their programs leave them: each is refused, and told what it is.
//!
//! Nobody means harm here, so the answer is what the sample is about: the cause by its name, at its place, with what to
//! do.

use super::accepted::AZERISIQ;
use super::containers::zip_of;
use super::rejected::statement;
use super::signers::Signers;
use super::statement::Statement;
use super::{Made, Sample, sample};

const NAME: &str = "istehsal.csv";

/// A table of generation with its signature beside it; the finding that it is refused with.
fn slip(name: &str, expect: &'static str, note: &'static str, change: fn(String) -> Vec<u8>) -> Sample {
    sample(format!("slips/{name}"), note, move |signers: &Signers| {
        let table = change(statement().csv());
        let signature = signers.p7s(&table, "azerisiq");
        let made = Made::document(NAME, table).and(&format!("{NAME}.p7s"), signature);
        made.case(AZERISIQ).case(&format!("expect = \"{expect}\""))
    })
}

/// The table with a text replaced where it stands first.
fn with(csv: &str, old: &str, new: &str) -> Vec<u8> {
    assert!(csv.contains(old), "{old}");
    csv.replacen(old, new, 1).into_bytes()
}

fn rows(csv: &str) -> String {
    csv.split_once('\n').unwrap().1.to_owned()
}

fn header(csv: &str) -> String {
    csv.split_once('\n').unwrap().0.to_owned() + "\n"
}

fn utf_16(csv: &str) -> Vec<u8> {
    csv.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub fn table() -> Vec<Sample> {
    let mut table = headings();
    table.extend(signs());
    table.extend(values());
    table.extend(shapes());
    table.extend([workbook(), late_correction()]);
    table
}

fn headings() -> Vec<Sample> {
    vec![
        slip("header-alone", "schema.missing", "The names of the columns, and no row.\n", |csv| {
            header(&csv).into_bytes()
        }),
        slip("header-and-blank-rows", "schema.missing", "The names of the columns, and rows of nothing.\n", |csv| {
            format!("{}\n,,,,,,\n", header(&csv)).into_bytes()
        }),
        slip("no-header", "schema.invalid", "It begins with the first row of data.\n", |csv| rows(&csv).into_bytes()),
        slip("header-in-azerbaijani", "schema.invalid", "The names of the columns were translated.\n", |csv| {
            let names = "məlumat toplusu,dövr,redaksiya,göndərən,pəncərə,stansiya,istehsal\n";
            format!("{names}{}", rows(&csv)).into_bytes()
        }),
        slip(
            "header-in-capitals",
            "schema.invalid",
            "A program that knows the İ of Azerbaijani made capitals.\n",
            |csv| {
                let names = "DATASET,PERİOD,REVİSİON,SENDER,TO,STATİON,ENERGY_MWH\n";
                format!("{names}{}", rows(&csv)).into_bytes()
            },
        ),
        slip(
            "header-with-letters-of-another-alphabet",
            "schema.invalid",
            "A dotless ı in one name, a Cyrillic с in another, blanks around a third.\n",
            |csv| {
                let names = "dataset,period,revision,sender, to ,statıon,energy_mwh".replace("period", "период");
                format!("{}\n{}", names.replace("revision", "reviсion"), rows(&csv)).into_bytes()
            },
        ),
        slip("column-missing", "schema.missing", "The column of the figures was left out.\n", |csv| {
            csv.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n").collect::<String>().into_bytes()
        }),
        slip("column-too-many", "schema.invalid", "A column of remarks that the dataset does not have.\n", |csv| {
            let mut lines = csv.lines();
            let first = format!("{},qeyd\n", lines.next().unwrap());
            lines.fold(first, |table, line| table + line + ",yoxlanılıb\n").into_bytes()
        }),
        slip(
            "rows-too-short-and-too-long",
            "schema.invalid",
            "A value too few in one row, one too many in another.\n",
            |csv| {
                let short = csv.replacen(",KSU-0024,", ",KSU-0024", 1);
                with(&short, ",KSU-0026,", ",KSU-0026,,")
            },
        ),
        slip("utf-16", "schema.encoding", "Saved as “Unicode text”: UTF-16 with its mark.\n", |csv| {
            utf_16(&format!("\u{feff}{csv}"))
        }),
        slip("utf-16-without-mark", "schema.encoding", "UTF-16 without its mark.\n", |csv| utf_16(&csv)),
    ]
}

fn signs() -> Vec<Sample> {
    vec![
        slip("tabs", "schema.invalid", "Columns parted by tabs.\n", |csv| csv.replace(',', "\t").into_bytes()),
        slip("bars", "schema.invalid", "Columns parted by bars.\n", |csv| csv.replace(',', "|").into_bytes()),
        slip("sep-line", "schema.invalid", "Excel's own line before the header.\n", |csv| {
            format!("sep=;\r\n{}", csv.replace(',', ";").replace('\n', "\r\n")).into_bytes()
        }),
        slip("carriage-returns", "schema.invalid", "Rows that end as on an old Macintosh.\n", |csv| {
            csv.replace('\n', "\r").into_bytes()
        }),
        slip("rows-parted-otherwise", "schema.invalid", "A header with commas over rows with semicolons.\n", |csv| {
            format!("{}{}", header(&csv), rows(&csv).replace(',', ";").replace('.', ",")).into_bytes()
        }),
        slip(
            "one-row-parted-otherwise",
            "schema.invalid",
            "One row was pasted from a file with semicolons.\n",
            |csv| {
                let row = csv.lines().nth(3).unwrap();
                with(&csv, row, &row.replace(',', ";"))
            },
        ),
        slip("header-parted-by-two-signs", "schema.invalid", "A comma among the semicolons of the header.\n", |csv| {
            with(&csv.replace(',', ";"), "station;", "station,")
        }),
        slip("quoted-line-break", "schema.invalid", "A line break inside a quoted code.\n", |csv| {
            with(&csv, "KSU-0024", "\"KSU-\n0024\"")
        }),
    ]
}

fn values() -> Vec<Sample> {
    vec![
        slip(
            "thousands-parted",
            "schema.invalid",
            "Thousands parted by a comma, a blank, an apostrophe and a point.\n",
            |csv| {
                let csv = csv.replacen("1453.860", "\"1,453.860\"", 1).replacen("3271.485", "3 271.485", 1);
                with(&csv.replacen("1362.977", "1'362.977", 1), "17171.812", "17.171.812")
            },
        ),
        slip("units-dates-and-errors", "schema.invalid", "A unit, a date and an error where figures stand.\n", |csv| {
            let csv = csv.replacen("1453.860", "1453 MWh", 1).replacen("3271.485", "05.янв", 1);
            with(&csv, "1362.977", "#DIV/0!")
        }),
        slip(
            "codes-in-other-letters",
            "schema.invalid",
            "Codes with a Cyrillic, an Azerbaijani and a small letter, a dash, a sign that is not seen; a name, and a \
             word for the total.\n",
            |csv| {
                let csv = csv.replacen("GUN-0003", "GУN-0003", 1).replacen("KSU-0024", "KSÜ-0024", 1);
                let csv = csv.replacen("KSU-0025", "ksu-0025", 1).replacen("KSU-0026", "KSU–0026", 1);
                let csv = csv.replacen("KSU-0027", "KSU-0027\u{200b}", 1).replacen("KUL-0001", "Yeni Yaşma KES", 1);
                with(&csv, "TOTAL", "CƏMİ")
            },
        ),
        slip("station-of-a-near-code", "rule.unknown-station", "A digit of a code is wrong.\n", |csv| {
            with(&csv, "GUN-0003", "GUN-0033")
        }),
        slip(
            "dataset-with-a-cyrillic-letter",
            "schema.unknown-dataset",
            "The name of the dataset looks right to every eye.\n",
            |csv| csv.replace("generation", "generаtion").into_bytes(),
        ),
    ]
}

/// Rows of the cadastre or the grid, of people of Ekologiya and of Azerenerji.
fn drawn(
    name: &str,
    expect: &'static str,
    note: &'static str,
    person: &'static str,
    text: impl Fn() -> String + 'static,
) -> Sample {
    sample(format!("slips/{name}"), note, move |signers: &Signers| {
        let table = text();
        let signature = signers.p7s(&table, person);
        let made = Made::document("xerite.csv", table).and("xerite.csv.p7s", signature);
        made.case(&format!("participant = \"{person}\"")).case(&format!("expect = \"{expect}\""))
    })
}

fn shapes() -> Vec<Sample> {
    const AREAS: &str = "dataset,revision,sender,to,code,kind,region,area_ha,source,potential_mw,epsg,geometry\n";
    const SHAPE: &str = "\"POLYGON((49.80 40.40,49.81 40.40,49.81 40.41,49.80 40.41,49.80 40.40))\"";
    fn area(nth: usize, kind: &str, region: &str, epsg: &str, shape: &str) -> String {
        format!("cadastre,1,9990000481,trial,QBA-17/{nth},{kind},{region},94.261,wind,4.5,{epsg},{shape}\n")
    }
    vec![
        drawn(
            "words-in-other-letters",
            "schema.invalid",
            "The İ and ı of Azerbaijani in codes of regions and words; capitals; a slip; a word of another language.\n",
            "ekologiya",
            || {
                let rows = [
                    area(1, "land", "AZ-İMİ", "4326", SHAPE),
                    area(2, "lаnd", "AZ-QB", "4326", SHAPE),
                    area(3, "LAND", "az-ımı", "4326", SHAPE),
                    area(4, "torpaq", "AZ-QBA", "4326", SHAPE),
                ];
                AREAS.to_owned() + &rows.concat()
            },
        ),
        drawn(
            "elements-in-other-letters",
            "schema.invalid",
            "SUBSTATİON and substatıon, as two programs write capitals and small letters.\n",
            "azerenerji",
            || {
                let row = |code: &str, element: &str| {
                    format!(
                        "grid,1,9990000631,trial,{code},{element},transmission,110,9990000631,4326,POINT(49.8 40.4)\n"
                    )
                };
                let names = "dataset,revision,sender,to,code,element,level,voltage_kv,owner,epsg,geometry\n";
                names.to_owned() + &row("S-1", "SUBSTATİON") + &row("S-2", "substatıon")
            },
        ),
        drawn(
            "systems-named-otherwise",
            "schema.coordinate-system",
            "The system with letters, with decimals, by its long name, not at all, and one that is not taken.\n",
            "ekologiya",
            || {
                let systems = ["EPSG:4326", "4326.0", "urn:ogc:def:crs:EPSG::32639", "", "WGS84", "3857"];
                let rows = systems.iter().zip(1..).map(|(epsg, nth)| area(nth, "land", "AZ-QBA", epsg, SHAPE));
                AREAS.to_owned() + &rows.collect::<String>()
            },
        ),
        drawn(
            "spike",
            "rule.self-intersection",
            "A boundary that goes out to a point and back: that, and nothing else, is wrong with it.\n",
            "ekologiya",
            || {
                let shape = "\"POLYGON((49.80 40.40,49.81 40.40,49.83 40.40,49.81 40.40,49.81 40.41,49.80 40.41,\
                             49.80 40.40))\"";
                AREAS.to_owned() + &area(1, "land", "AZ-QBA", "4326", shape)
            },
        ),
        sample(
            "slips/geojson-in-metres",
            "UTM in GeoJSON, which has no place for the name of a system.\n",
            |signers: &Signers| {
                let text = "{\"type\": \"FeatureCollection\", \"submission\": {\"dataset\": \"cadastre\", \
                            \"revision\": 1, \
                            \"sender\": \"9990000481\", \"to\": \"trial\"}, \"features\": [{\"type\": \"Feature\", \
                            \"properties\": {\"code\": \"QBA-17/1\", \"kind\": \"land\", \"region\": \"AZ-QBA\", \
                            \"area_ha\": \"100\", \"source\": \"wind\", \"potential_mw\": \"4.5\"}, \"geometry\": \
                            {\"type\": \"Polygon\", \"coordinates\": [[[400000, 4480000], [401000, 4480000], \
                            [401000, 4481000], [400000, 4481000], [400000, 4480000]]]}}]}\n";
                let signature = signers.p7s(text, "ekologiya");
                let made = Made::document("kadastr.geojson", text).and("kadastr.geojson.p7s", signature);
                made.case("participant = \"ekologiya\"").case("expect = \"rule.coordinates-of-other-system\"")
            },
        ),
    ]
}

/// A quarter that is corrected when the year stands already.
fn late_correction() -> Sample {
    sample(
        "slips/correction-of-a-quarter-after-the-year",
        "A quarter corrected after the annual statement: its sender is told to withdraw that first, and which it is.\n",
        |signers: &Signers| {
            let corrected = Statement::generation("azerisiq", "2025-Q2").with(|statement| {
                statement.revision = "2".to_owned();
                statement.rows[0].1 += 1_000;
            });
            let signed = |statement: &Statement| signers.xades(&statement.xml(), "azerisiq");
            let mut made = Made::document("duzelis.xml", signed(&corrected));
            for period in ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2025"] {
                made = made.before(&format!("{period}.xml"), signed(&Statement::generation("azerisiq", period)));
            }
            made.case(AZERISIQ).case("expect = \"rule.year-differs\"")
        },
    )
}

/// What Excel writes when nobody asks it for CSV.
fn workbook() -> Sample {
    sample("slips/workbook", "The workbook itself, signed and sent instead of a CSV.\n", |signers: &Signers| {
        let files = [
            (
                "[Content_Types].xml",
                b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_vec(),
            ),
            ("xl/workbook.xml", b"<workbook/>".to_vec()),
            ("xl/worksheets/sheet1.xml", b"<worksheet/>".to_vec()),
        ];
        let octets = zip_of(None, &files);
        let signature = signers.p7s(&octets, "azerisiq");
        let made = Made::document("istehsal.xlsx", octets).and("istehsal.xlsx.p7s", signature);
        made.case(AZERISIQ).case("expect = \"signature.workbook\"")
    })
}
