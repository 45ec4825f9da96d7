//! What the window takes: the forms that agencies really send, and odd ones that mean the same.

use super::signers::{
    DSS_FILTER, DSS_XPATH, ECDSA, ENVELOPED, EXCLUSIVE, INCLUSIVE, INCLUSIVE_11, RSA, SHA256, Template, dss_reference,
    reference, reference_of,
};
use super::statement::Statement;
use super::{Made, Sample, sample};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

pub fn table() -> Vec<Sample> {
    vec![
        sample("accepted/xades-generation", GENERATION, |signers| {
            let document = Statement::generation("azerenerji", "2026-Q3").xml();
            Made::document("istehsal-2026-Q3.xml", signers.xades(&(DECLARATION.to_owned() + &document), "azerenerji"))
        }),
        sample("accepted/xades-capacity-year", CAPACITY, |signers| {
            let document = Statement::capacity("azerisiq", "2025").xml();
            Made::document("guc-2025.xml", signers.xades(&document, "azerisiq")).case(AZERISIQ)
        }),
        sample("accepted/national-2024", NATIONAL, |signers| {
            let document = Statement::national_2024().xml();
            Made::document("istehsal-2024.xml", signers.xades(&(DECLARATION.to_owned() + &document), "energetika"))
                .case("participant = \"energetika\"")
        }),
        sample("accepted/xades-rsa", "XAdES with an RSA key of 2048 bits.\n", |signers| {
            let document = Statement::capacity("azerenerji", "2026-Q2").xml();
            Made::document("guc-2026-Q2.xml", signers.xades(&document, "azerenerji-rsa"))
        }),
        sample("accepted/xades-p384", "XAdES with a P-384 key, SHA-384.\n", |signers| {
            let document = Statement::generation("azerenerji", "2026-Q2").xml();
            Made::document("istehsal-2026-Q2.xml", signers.xades(&document, "azerenerji-p384"))
        }),
        sample("accepted/xades-p521", "XAdES with a P-521 key, SHA-512.\n", |signers| {
            let document = Statement::capacity("azerenerji", "2025").xml();
            Made::document("guc-2025.xml", signers.xades(&document, "azerenerji-p521"))
        }),
        sample("accepted/xmlsec1-inclusive-rsa", XMLSEC, |signers| {
            let document = Statement::generation("azerenerji", "2025-Q4").xml();
            let template = Template {
                canonicalisation: INCLUSIVE,
                algorithm: RSA,
                references: vec![reference("", &[ENVELOPED])],
                ..Template::default()
            };
            Made::document("istehsal-2025-Q4.xml", signers.plain(&document, "azerenerji-rsa", &template))
        }),
        sample("accepted/xmlsec1-inclusive-11", "Canonical XML 1.1, through xmlsec1.\n", |signers| {
            let document = Statement::generation("azerisiq", "2025-Q4").xml();
            let template = Template {
                canonicalisation: INCLUSIVE_11,
                references: vec![reference("", &[ENVELOPED, INCLUSIVE_11])],
                ..Template::default()
            };
            Made::document("istehsal-2025-Q4.xml", signers.plain(&document, "azerisiq", &template)).case(AZERISIQ)
        }),
        sample("accepted/xmlsec1-inclusive-namespaces", PREFIXES, |signers| {
            let document = Statement::generation("azerisiq", "2026-Q2").xml().replace(
                "<Submission \
                xmlns=\"urn:boemis:submission:1\"",
                "<Submission xmlns=\"urn:boemis:submission:1\" \
                    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:b=\"urn:example:unused\"",
            );
            let transforms = format!(
                "<ds:Transform Algorithm=\"{ENVELOPED}\"/><ds:Transform Algorithm=\"{EXCLUSIVE}\">\
                 <ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" PrefixList=\"b #default\"/></ds:Transform>"
            );
            let references = vec![reference_of("URI=\"\"", &transforms, SHA256)];
            let template = Template { references, ..Template::default() };
            Made::document("istehsal-2026-Q2.xml", signers.plain(&document, "azerisiq", &template)).case(AZERISIQ)
        }),
        sample(
            "accepted/xmlsec1-by-id",
            "The reference names the root by its id, as many signers write it.\n",
            |signers| {
                let document = Statement::generation("azerisiq", "2026-Q1").xml();
                let references = vec![reference("#S-1", &[ENVELOPED, EXCLUSIVE])];
                let template = Template { references, ..Template::default() };
                let document = super::signers::inside(&document, &template.xml("signature-1"));
                let signed = signers.xmlsec(&document, "azerisiq", &[super::signers::SUBMISSION_ID]);
                Made::document("istehsal-2026-Q1.xml", signed).case(AZERISIQ)
            },
        ),
        sample("accepted/xmlsec1-sha512", "SHA-512 for the document, ECDSA over SHA-256.\n", |signers| {
            let document = Statement::capacity("azerisiq", "2026-Q1").xml();
            let transforms =
                format!("<ds:Transform Algorithm=\"{ENVELOPED}\"/><ds:Transform Algorithm=\"{EXCLUSIVE}\"/>");
            let references = vec![reference_of("URI=\"\"", &transforms, "http://www.w3.org/2001/04/xmlenc#sha512")];
            let template = Template { algorithm: ECDSA, references, ..Template::default() };
            Made::document("guc-2026-Q1.xml", signers.plain(&document, "azerisiq", &template)).case(AZERISIQ)
        }),
        sample(
            "accepted/dss-xpath",
            "The signature leaves all signatures out by XPath, as EU DSS writes it.\n",
            |signers| {
                let document = Statement::generation("azerisiq", "2026-Q3").xml();
                let template = Template { references: vec![dss_reference(DSS_XPATH)], ..Template::default() };
                Made::document("istehsal-2026-Q3.xml", signers.plain(&document, "azerisiq", &template)).case(AZERISIQ)
            },
        ),
        sample("accepted/dss-filter", "The same by XPath Filter 2.0.\n", |signers| {
            let document = Statement::generation("azerisiq", "2026-Q3").xml();
            let template = Template { references: vec![dss_reference(DSS_FILTER)], ..Template::default() };
            Made::document("istehsal-2026-Q3.xml", signers.plain(&document, "azerisiq", &template)).case(AZERISIQ)
        }),
        sample("accepted/csv-openssl-cades", CADES, |signers| {
            let csv = Statement::generation("azerenerji", "2026-Q1").csv();
            let signature = signers.p7s(&csv, "azerenerji");
            Made::document("istehsal-2026-Q1.csv", csv).and("istehsal-2026-Q1.csv.p7s", signature)
        }),
        sample("accepted/csv-excel", EXCEL, |signers| {
            let csv = Statement::generation("azerisiq", "2026-Q3").csv();
            let csv =
                format!("\u{feff}{}", csv.replace('.', "|").replace(',', ";").replace('|', ",").replace('\n', "\r\n"));
            let signature = signers.p7s(&csv, "azerisiq");
            Made::document("İstehsal 3-cü rüb.csv", csv).and("İstehsal 3-cü rüb.csv.p7s", signature).case(AZERISIQ)
        }),
        sample(
            "accepted/thousands-or-decimals",
            "Every figure has three digits behind a point, and may be meant as thousands: a warning.\n",
            |signers| {
                let row = |code: &str, figure: &str| format!("generation;2026-Q3;1;9990000761;trial;{code};{figure}\n");
                let rows = [row("KSU-0024", "1.453"), row("KSU-0025", "3.271"), row("KSU-0026", "900")];
                let csv = format!("dataset;period;revision;sender;to;station;energy_mwh\n{}", rows.concat());
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature).case(AZERISIQ)
            },
        ),
        sample("accepted/csv-pss", "A detached CMS signature with RSASSA-PSS, as openssl makes it.\n", |signers| {
            let csv = Statement::capacity("azerenerji", "2026-Q3").csv();
            let pss = ["-binary", "-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"];
            let signature = signers.cms(csv.as_bytes(), "azerenerji-rsa", &pss);
            Made::document("guc-2026-Q3.csv", csv).and("guc-2026-Q3.csv.p7s", signature)
        }),
        sample("accepted/csv-pem-p384", "The signature file in PEM, made with a P-384 key and SHA-384.\n", |signers| {
            let csv = Statement::generation("azerenerji", "2025-Q3").csv();
            let pem = ["-binary", "-cades", "-md", "sha384", "-outform", "PEM"];
            let signature = signers.cms(csv.as_bytes(), "azerenerji-p384", &pem);
            Made::document("istehsal-2025-Q3.csv", csv).and("istehsal-2025-Q3.csv.p7s", signature)
        }),
        sample(
            "accepted/csv-columns-in-another-order",
            "Columns in another order; without sender and address, which a trial window allows.\n",
            |signers| {
                let rows = Statement::capacity("azerisiq", "2026-Q3").rows;
                let mut csv = "capacity_mw,station,period,dataset,revision\n".to_owned();
                for (code, figure) in &rows {
                    csv += &format!("{},{code},2026-Q3,capacity,7\n", super::statement::shown(*figure, '.'));
                }
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("g.csv", csv).and("g.csv.p7s", signature).case(AZERISIQ)
            },
        ),
        sample("accepted/xml-with-p7s", "XML without a signature inside, with one beside it.\n", |signers| {
            let xml = Statement::capacity("azerisiq", "2026-Q2").xml();
            let signature = signers.p7s(&xml, "azerisiq");
            Made::document("guc.xml", xml).and("guc.xml.P7S", signature).case(AZERISIQ)
        }),
        sample("accepted/utf-16", UTF_16, |signers| {
            // the declaration and the mark are no part of what is signed
            let signed = signers.xades(&Statement::generation("azerisiq", "2026-Q3").xml(), "azerisiq");
            let signed = format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<!-- rəqəmlər -->\n{signed}");
            let octets: Vec<u8> =
                [0xFEFF].into_iter().chain(signed.encode_utf16()).flat_map(u16::to_le_bytes).collect();
            Made::document("istehsal-2026-Q3.xml", octets).case(AZERISIQ)
        }),
        sample("accepted/messy", MESSY, |signers| {
            let signed = signers.xades(&messy(), "azerisiq");
            Made::document("QEYD.XML", signed).case(AZERISIQ)
        }),
        sample("accepted/comment-in-a-figure", COMMENT, |signers| {
            let document = Statement::generation("azerisiq", "2026-Q3").xml();
            let signed = signers.xades(&document, "azerisiq");
            let at = signed.find("<EnergyMWh>").unwrap() + "<EnergyMWh>".len() + 1;
            Made::document("istehsal-2026-Q3.xml", format!("{}<!-- -->{}", &signed[..at], &signed[at..])).case(AZERISIQ)
        }),
        sample("accepted/two-signers", TWO, |signers| {
            let signed = signers.xades(&Statement::capacity("azerenerji", "2026-Q1").xml(), "azerenerji");
            let signature = signers.p7s(&signed, "azerenerji-rsa");
            Made::document("guc-2026-Q1.xml", signed).and("guc-2026-Q1.xml.p7s", signature)
        }),
        sample("accepted/correction", CORRECTION, |signers| {
            let first = Statement::generation("azerenerji", "2026-Q3");
            let second = first.clone().corrected("2", -1_250_000);
            Made::document("istehsal-2026-Q3-duzelis.xml", signers.xades(&second.xml(), "azerenerji"))
                .before("istehsal-2026-Q3.xml", signers.xades(&first.xml(), "azerenerji"))
        }),
        sample(
            "accepted/replaces-nothing",
            "It says that it replaces revision 1, and nothing stands. A warning: perhaps that was never accepted.\n",
            |signers| {
                let corrected = Statement::generation("azerisiq", "2026-Q3").corrected("2", -5).replacing("1");
                Made::document("duzelis.xml", signers.xades(&corrected.xml(), "azerisiq")).case(AZERISIQ)
            },
        ),
        sample("accepted/correction-table", CORRECTION_TABLE, |signers| {
            let first = Statement::generation("azerisiq", "2026-Q2");
            let second = first.clone().corrected("2", -1_250).replacing("1");
            let (csv, corrected) = (first.csv(), second.csv());
            let (signature, corrected_signature) = (signers.p7s(&csv, "azerisiq"), signers.p7s(&corrected, "azerisiq"));
            Made::document("istehsal-2026-Q2-2.csv", corrected)
                .and("istehsal-2026-Q2-2.csv.p7s", corrected_signature)
                .before("istehsal-2026-Q2.csv", csv)
                .before("istehsal-2026-Q2.csv.p7s", signature)
                .case(AZERISIQ)
        }),
        sample("accepted/year-and-its-quarters", YEAR, |signers| {
            let year = Statement::generation("azerisiq", "2025");
            let mut made = Made::document("istehsal-2025.xml", signers.xades(&year.xml(), "azerisiq")).case(AZERISIQ);
            for quarter in ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"] {
                let csv = Statement::generation("azerisiq", quarter).csv();
                let signature = signers.p7s(&csv, "azerisiq");
                made = made.before(&format!("{quarter}.csv"), csv).before(&format!("{quarter}.csv.p7s"), signature);
            }
            made
        }),
        sample(
            "accepted/owner-for-any-station",
            "The owner files what it obtained for stations of others; it is asked for no completeness.\n",
            |signers| {
                let statement = Statement::generation("azerenerji", "2026-Q1").with(|statement| {
                    statement.sender = super::statement::ENERGETIKA.to_owned();
                    statement.rows.truncate(3);
                });
                Made::document("nazirlik.xml", signers.xades(&statement.xml(), "energetika"))
                    .case("participant = \"energetika\"")
            },
        ),
        sample(
            "accepted/station-missing",
            "A station in service was left out: a warning, and the statement stands.\n",
            |signers| {
                let statement = Statement::generation("azerisiq", "2026-Q3").with(|statement| {
                    statement.rows.retain(|(code, _)| code != "KUL-0001");
                });
                Made::document("istehsal.xml", signers.xades(&statement.xml(), "azerisiq")).case(AZERISIQ)
            },
        ),
        sample(
            "accepted/capacity-differs",
            "Yeni Yaşma stated with 52.5 MW where the register has 50: a warning.\n",
            |signers| {
                let statement = Statement::capacity("azerisiq", "2026-Q3").with(|statement| {
                    statement.rows.iter_mut().find(|(code, _)| code == "KUL-0001").unwrap().1 = 52_500;
                });
                Made::document("guc.xml", signers.xades(&statement.xml(), "azerisiq")).case(AZERISIQ)
            },
        ),
        sample("accepted/revision-jump", "From revision 1 to 4: a warning.\n", |signers| {
            let first = Statement::generation("azerisiq", "2026-Q3");
            let second = first.clone().corrected("4", -5);
            Made::document("r4.xml", signers.xades(&second.xml(), "azerisiq"))
                .before("r1.xml", signers.xades(&first.xml(), "azerisiq"))
                .case(AZERISIQ)
        }),
        sample(
            "accepted/more-warnings",
            "Four stations left out, in a window that shows three findings an answer.\n",
            |signers| {
                let statement =
                    Statement::generation("azerisiq", "2026-Q3").with(|statement| statement.rows.truncate(3));
                Made::document("istehsal.xml", signers.xades(&statement.xml(), "azerisiq"))
                    .case(AZERISIQ)
                    .case(THREE_FINDINGS)
            },
        ),
        sample(
            "accepted/name-that-moves-a-cursor",
            "The name holds a line break and an escape; it is data, and the receipt's own name leaves it out.\n",
            |signers| {
                let document = Statement::capacity("azerisiq", "2026-Q3").xml();
                Made::document("document.xml", signers.xades(&document, "azerisiq"))
                    .case(AZERISIQ)
                    .case("rename = { \"document.xml\" = \"a\\n\\u001b[2Jb.xml\" }")
            },
        ),
    ]
}

pub const AZERISIQ: &str = "participant = \"azerisiq\"";
/// A window whose answers show three findings.
pub const THREE_FINDINGS: &str =
    "[[change]]\nfile = \"pencere.toml\"\nold = \"findings_max = 100\"\nnew = \"findings_max = 3\"";

/// A submission spelt oddly that says what a plain one says.
fn messy() -> String {
    let statement = Statement::generation("azerisiq", "2026-Q3");
    let mut records = String::new();
    for (nth, (code, figure)) in statement.rows.iter().enumerate() {
        let figure = super::statement::shown(*figure, '.');
        records += &match nth % 4 {
            0 => format!(
                "<b:Record \
                    ><b:Station><![CDATA[{code}]]></b:Station><b:EnergyMWh>{figure}</b:EnergyMWh>\t</b:Record>\r\n"
            ),
            1 => format!(
                "<!-- <Record/> \
                    --><b:Record><b:Station>{}</b:Station><b:EnergyMWh\n>{figure}</b:EnergyMWh></b:Record>",
                code.replace('0', "&#48;")
            ),
            2 => format!(
                "<Record xmlns='urn:boemis:submission:1'><Station>{code}</Station><?nothing to \
                    do?><EnergyMWh>{figure}</EnergyMWh></Record>\n\n"
            ),
            _ => format!(
                "<x:Record xmlns:x = \
                    \"urn:boemis:submission:1\"><x:Station>{code}</x:Station><x:EnergyMWh>{}</x:EnergyMWh></x:Record>",
                figure.replace('.', "&#x2E;")
            ),
        };
    }
    format!(
        "\u{feff}<?xml version='1.0' encoding='utf-8' standalone='yes'?>\r\n<!-- əvvəl -->\r\n<?audit none?>\r\n\
         <b:Submission  revision = '1'\r\n\tperiod='2026-Q3' sender='{}'\n dataset=\"generation\" to='tri&#97;l'\n\
         xmlns:b='urn:boemis:submission:1' id='S-1'>{records}</b:Submission  >\r\n<!-- sonra -->\n",
        statement.sender
    )
}

const GENERATION: &str = "Electricity of all of Azerenerji's stations, third quarter of 2026, signed by pencere.\n";
const NATIONAL: &str = "\
The published national figures of 2024 as an annual statement of the owner, station by station: hydro 3 011.0 GWh, wind
51.1, solar 556.3, waste 232.5, together 3 850.9. What was published of a station is its own; the rest is shared out so
that each kind comes to its published sum. The statistics have no row for hybrid stations, so none is stated.
";
const CAPACITY: &str = "Design capacity of a year.\n";
const XMLSEC: &str = "Plain XMLDSig by the real xmlsec1: inclusive canonicalisation, RSA, certificate in KeyInfo.\n";
const PREFIXES: &str = "Exclusive canonicalisation with an InclusiveNamespaces list, by xmlsec1.\n";
const CADES: &str = "CSV with a detached signature by `openssl cms -sign -binary -cades`.\n";
const EXCEL: &str =
    "CSV as a table program of this country writes it: byte order mark, semicolons, decimal commas, CRLF.\n";
const UTF_16: &str = "XML in UTF-16 with its byte order mark; places in it count characters.\n";
const MESSY: &str = "Prefixes, references, CDATA, comments, odd spacing: equal in meaning to a plain document.\n";
const COMMENT: &str = "\
A comment put into a figure after signing. Canonicalisation leaves comments out, so the signature holds; a reader
that took the text up to the comment would load another figure. The receipt shows that the whole figure was read.
";
const TWO: &str = "A signature inside and one beside: every one counts, and both pass.\n";
const CORRECTION: &str = "A second revision corrects a figure of the first, which stays readable.\n";
const CORRECTION_TABLE: &str =
    "A corrected table says what it replaces and why; a basis document does not come with it: a warning.\n";
const YEAR: &str = "The year after its four quarters, equal to their sum.\n";
