//! Documents made to deceive or to exhaust: each must be refused, and nothing of it loaded.

use super::accepted::AZERISIQ;
use super::rejected::statement;
use super::signers::{
    DSS_FILTER, DSS_XPATH, ENVELOPED, EXCLUSIVE, PROPERTIES_ID, SHA256, SUBMISSION_ID, Signers, Template,
    dss_reference, inside, properties_reference, reference, reference_of,
};
use super::statement::Statement;
use super::{Made, Sample, sample};

/// The name under which the document is dropped.
const NAME: &str = "istehsal.xml";

/// A hostile sample: its fault, the finding it must be refused with, and its document.
fn fault(name: &str, expect: &'static str, note: &'static str, make: impl Fn(&Signers) -> Made + 'static) -> Sample {
    sample(format!("hostile/{name}"), note, move |signers| {
        make(signers).case(AZERISIQ).case(&format!("expect = \"{expect}\""))
    })
}

fn xml(text: impl Into<Vec<u8>>) -> Made {
    Made::document(NAME, text)
}

fn signed(signers: &Signers) -> String {
    signers.xades(&statement().xml(), "azerisiq")
}

/// What an attacker would have loaded: ten times as much.
fn forged() -> Statement {
    statement().with(|statement| {
        for (_, figure) in &mut statement.rows {
            *figure = *figure / 10 + 1;
        }
    })
}

/// The `ds:Signature` of a signed document, and the document without it.
fn apart(signed: &str) -> (String, String) {
    let start = signed.find("<ds:Signature ").unwrap();
    let end = signed.rfind("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    (signed[start..end].to_owned(), format!("{}{}", &signed[..start], &signed[end..]))
}

/// A genuine document signed by the reference `#S-1`, as attackers like it.
fn signed_by_id(signers: &Signers) -> String {
    let template = Template { references: vec![reference("#S-1", &[ENVELOPED, EXCLUSIVE])], ..Template::default() };
    let signed =
        signers.xmlsec(&inside(&statement().xml(), &template.xml("signature-1")), "azerisiq", &[SUBMISSION_ID]);
    signed[signed.find("<Submission").unwrap()..].to_owned() // a declaration stands at the beginning alone
}

/// A signed document with something else where its certificate stands.
fn key_info(signed: &str, instead: &str) -> String {
    let start = signed.find("<ds:X509Data>").unwrap();
    let end = signed.find("</ds:X509Data>").unwrap() + "</ds:X509Data>".len();
    format!("{}{instead}{}", &signed[..start], &signed[end..])
}

/// A fill for `case.toml`: `@FILL@` in the document becomes the text so many times.
fn fill(mark: &str, text: &str, times: u64) -> String {
    format!("[[fill]]\nfile = \"{NAME}\"\nmark = \"{mark}\"\ntext = '{text}'\ntimes = {times}")
}

pub fn table() -> Vec<Sample> {
    let mut table = wrapping();
    table.extend(properties());
    table.extend(references());
    table.extend(exhaustion());
    table.extend(octets());
    table.extend(detached());
    table
}

fn wrapping() -> Vec<Sample> {
    vec![
        fault(
            "wrapped-inside-another",
            "signature.digest-differs",
            "A genuine signed document moved whole inside a forged one.\n",
            |signers| xml(inside(&forged().xml().replace("S-1", "S-2"), &format!("<Note>{}</Note>", signed(signers)))),
        ),
        fault(
            "wrapped-by-id",
            "signature.not-covering",
            "The signature moved to a forged root; its reference names the genuine document, kept as a child.\n",
            |signers| {
                let (signature, genuine) = apart(&signed_by_id(signers));
                xml(inside(&forged().xml().replace("S-1", "S-2"), &format!("{genuine}{signature}")))
            },
        ),
        fault(
            "wrapped-in-an-object",
            "signature.hidden-content",
            "The genuine document put into an Object of its own signature, a forged one around it.\n",
            |signers| {
                let (signature, genuine) = apart(&signed_by_id(signers));
                let signature = inside(&signature, &format!("<ds:Object>{}</ds:Object>", genuine.trim_end()));
                xml(inside(&forged().xml().replace("S-1", "S-2"), &signature))
            },
        ),
        fault(
            "records-in-a-second-signature",
            "signature.format",
            "A second Signature, which no digest covers, holds an Object with records.\n",
            |signers| {
                let records = forged().xml();
                xml(inside(
                    &signed(signers),
                    &format!(
                        "<ds:Signature \
                            xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
                             <ds:Object>{records}</ds:Object></ds:Signature>"
                    ),
                ))
            },
        ),
        fault(
            "copied-second-signature-with-object",
            "signature.hidden-content",
            "The genuine signature again, with an Object of records added.\n",
            |signers| {
                let signed = signers.plain(&statement().xml(), "azerisiq", &Template::default());
                let (signature, document) = apart(&signed);
                let with_object = inside(&signature, &format!("<ds:Object>{}</ds:Object>", forged().xml()));
                xml(inside(&document, &with_object))
            },
        ),
        fault(
            "dss-signature-inside-a-record",
            "signature.not-covering",
            "The signature leaves every signature out, and a copy of it stands inside a record.\n",
            |signers| {
                let template = Template { references: vec![dss_reference(DSS_XPATH)], ..Template::default() };
                let signed = signers.plain(&statement().xml(), "azerisiq", &template);
                let (signature, _) = apart(&signed);
                xml(signed.replacen("</Record>", &format!("{signature}</Record>"), 1))
            },
        ),
        fault(
            "dss-object-in-a-second-signature",
            "signature.hidden-content",
            "The signature leaves every signature out, and a copy of it brings an Object of records along.\n",
            |signers| {
                let template = Template { references: vec![dss_reference(DSS_FILTER)], ..Template::default() };
                let signed = signers.plain(&statement().xml(), "azerisiq", &template);
                let (signature, _) = apart(&signed);
                let with_object = inside(&signature, &format!("<ds:Object>{}</ds:Object>", forged().xml()));
                xml(inside(&signed, &with_object))
            },
        ),
        fault(
            "doubled-id",
            "signature.doubled-id",
            "The genuine document twice under one Id inside a forged one: which is signed?\n",
            |signers| {
                let (signature, genuine) = apart(&signed_by_id(signers));
                xml(inside(&forged().xml().replace("S-1", "S-2"), &format!("{genuine}{genuine}{signature}")))
            },
        ),
        fault(
            "signed-empty-element",
            "signature.not-covering",
            "A good signature over an empty element with an Id; the records are anybody's.\n",
            |signers| {
                let document = inside(&forged().xml(), "<Total Id=\"empty\"/>");
                let template = Template { references: vec![reference("#empty", &[EXCLUSIVE])], ..Template::default() };
                let document = inside(&document, &template.xml("signature-1"));
                xml(signers.xmlsec(&document, "azerisiq", &["Id=urn:boemis:submission:1:Total"]))
            },
        ),
        fault(
            "forged-receipt",
            "schema.invalid",
            "A receipt of the window's own form, signed by an official, dropped as a document.\n",
            |signers| xml(signers.xades(RECEIPT, "azerisiq")),
        ),
        fault(
            "signature-as-root",
            "signature.not-covering",
            "An enveloping signature: the submission lies in its Object, signed by a reference.\n",
            |signers| {
                let submission = statement().xml();
                let template = Template {
                    references: vec![reference("#object", &[EXCLUSIVE])],
                    objects: format!("<ds:Object Id=\"object\">{submission}</ds:Object>"),
                    ..Template::default()
                };
                let id = "Id=http://www.w3.org/2000/09/xmldsig#:Object";
                xml(signers.xmlsec(&template.xml("signature-1"), "azerisiq", &[id]))
            },
        ),
    ]
}

fn properties() -> Vec<Sample> {
    vec![
        fault(
            "value-of-zeros",
            "signature.value-wrong",
            "An ECDSA value in which both numbers are zero; careless verifiers take it for any document.\n",
            |signers| {
                let signed = signers.plain(&forged().xml(), "azerisiq", &Template::default());
                let start = signed.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
                let end = signed.find("</ds:SignatureValue>").unwrap();
                let zeros = format!("{}==", "A".repeat(86));
                xml(format!("{}{zeros}{}", &signed[..start], &signed[end..]))
            },
        ),
        fault(
            "signature-inside-a-record",
            "signature.not-covering",
            "A good signature of the whole document that stands inside a record and not at its end.\n",
            |signers| {
                let document = statement().xml();
                let end = document.find("</Record>").unwrap();
                let signature = Template::default().xml("signature-1");
                let document = format!("{}{signature}{}", &document[..end], &document[end..]);
                xml(signers.xmlsec(&document, "azerisiq", &[]))
            },
        ),
        fault(
            "second-signer-of-another-body",
            "authority.other-participant",
            "The sender's signature inside, and one of another body's person beside it.\n",
            |signers| {
                let signed = signed(signers);
                let signature = signers.p7s(&signed, "azerenerji");
                xml(signed).and(&format!("{NAME}.p7s"), signature)
            },
        ),
        fault(
            "second-signature-untrusted",
            "signature.untrusted",
            "The sender's signature inside, and one that nobody trusts beside it: every one must hold.\n",
            |signers| {
                let signed = signed(signers);
                let signature = signers.p7s(&signed, "other");
                xml(signed).and(&format!("{NAME}.p7s"), signature)
            },
        ),
        fault(
            "unreferenced-signed-properties",
            "signature.properties-uncovered",
            "Somebody else's properties put into a plain signature.\n",
            |signers| {
                let signed = signers.plain(&statement().xml(), "azerisiq", &Template::default());
                let properties = signers.properties("azerisiq", "signature-1", "properties-1");
                xml(signed.replace("</ds:Signature>", &format!("{properties}</ds:Signature>")))
            },
        ),
        fault(
            "properties-of-another-signature",
            "signature.reference-unresolved",
            "The reference of properties leads into another signature's: only its own count.\n",
            |signers| {
                let other = Template {
                    references: vec![properties_reference("#properties-2")],
                    objects: signers.properties("azerisiq", "signature-2", "properties-2"),
                    ..Template::default()
                };
                let document = statement().xml();
                let other = signers.xmlsec(&inside(&document, &other.xml("signature-2")), "azerisiq", &[PROPERTIES_ID]);
                let template = Template {
                    references: vec![reference("", &[ENVELOPED, EXCLUSIVE]), properties_reference("#properties-2")],
                    ..Template::default()
                };
                let (other, document) = apart(&other);
                let both = inside(&document, &(template.xml("signature-1") + &other));
                xml(signers.xmlsec(&both, "azerisiq", &[PROPERTIES_ID]))
            },
        ),
        fault(
            "properties-outside-their-place",
            "signature.properties-uncovered",
            "The signed properties stand in the document; the signature's own are others.\n",
            |signers| {
                let own = signers.properties("azerisiq", "signature-1", "properties-1");
                let outside = signers
                    .properties("azerisiq", "signature-1", "properties-2")
                    .replace("<ds:Object>", "")
                    .replace("</ds:Object>", "")
                    .replace(
                        "<xades:QualifyingProperties",
                        "<xades:QualifyingProperties xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"",
                    );
                let template = Template {
                    references: vec![reference("", &[ENVELOPED, EXCLUSIVE]), properties_reference("#properties-2")],
                    objects: own,
                    ..Template::default()
                };
                let document = inside(&inside(&statement().xml(), &outside), &template.xml("signature-1"));
                xml(signers.xmlsec(&document, "azerisiq", &[PROPERTIES_ID]))
            },
        ),
        fault(
            "key-value-alone",
            "signature.no-certificate",
            "A bare public key in KeyInfo: whose, it says itself.\n",
            |signers| {
                use base64::Engine;
                use openssl::bn::BigNumContext;
                use openssl::ec::PointConversionForm;
                let key = signers.certificate("azerisiq").public_key().ec_key().unwrap();
                let mut numbers = BigNumContext::new().unwrap();
                let point =
                    key.public_key().to_bytes(key.group(), PointConversionForm::UNCOMPRESSED, &mut numbers).unwrap();
                let point = base64::engine::general_purpose::STANDARD.encode(point);
                xml(key_info(
                    &signers.plain(&statement().xml(), "azerisiq", &Template::default()),
                    &format!(
                        "<ds:KeyValue><e:ECKeyValue \
                            xmlns:e=\"http://www.w3.org/2009/xmldsig11#\"><e:NamedCurve \
                                URI=\"urn:oid:1.2.840.10045.3.1.7\"/>\
                 <e:PublicKey>{point}</e:PublicKey></e:ECKeyValue></ds:KeyValue>"
                    ),
                ))
            },
        ),
        fault(
            "retrieval-method",
            "signature.no-certificate",
            "The certificate is to be fetched from an address.\n",
            |signers| {
                let method = "<ds:RetrievalMethod URI=\"http://127.0.0.1:1/certificate\" \
                    Type=\"http://www.w3.org/2000/09/xmldsig#rawX509Certificate\"/>";
                xml(key_info(&signers.plain(&statement().xml(), "azerisiq", &Template::default()), method))
            },
        ),
    ]
}

fn references() -> Vec<Sample> {
    /// The document under one reference of these attributes and transforms, whose digest nobody filled in.
    fn referring(attributes: &'static str, transforms: &'static str) -> impl Fn(&Signers) -> Made {
        move |signers| {
            let signed = signers.plain(&statement().xml(), "azerisiq", &Template::default());
            let start = signed.find("<ds:Reference").unwrap();
            let end = signed.find("</ds:Transforms>").unwrap() + "</ds:Transforms>".len();
            let transforms = match transforms {
                "" => String::new(),
                some => format!("<ds:Transforms>{some}</ds:Transforms>"),
            };
            xml(format!("{}<ds:Reference {attributes}>{transforms}{}", &signed[..start], &signed[end..]))
        }
    }
    vec![
        fault(
            "reference-to-an-address",
            "signature.unsupported",
            "A reference to an address on the network: nothing is fetched.\n",
            referring("URI=\"http://127.0.0.1:1/document.xml\"", ""),
        ),
        fault(
            "reference-to-a-file",
            "signature.unsupported",
            "A reference to a file of the machine: nothing is opened.\n",
            referring("URI=\"file:///etc/hostname\"", ""),
        ),
        fault(
            "xslt",
            "signature.unsupported",
            "An XSLT transform, which could do anything.\n",
            referring(
                "URI=\"\"",
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet \
                    version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:template \
                        match=\"/\"><x/></xsl:template></xsl:stylesheet></ds:Transform>",
            ),
        ),
        fault(
            "xpath",
            "signature.unsupported",
            "An XPath transform under which the signature covers one element of the document; made by \
                xmlsec1, and good.\n",
            |signers| {
                let transforms = "<ds:Transform \
                    Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
                    <ds:XPath>self::nowhere</ds:XPath></ds:Transform>";
                let template =
                    Template { references: vec![reference_of("URI=\"\"", transforms, SHA256)], ..Template::default() };
                xml(signers.plain(&forged().xml(), "azerisiq", &template))
            },
        ),
        fault(
            "manifest",
            "signature.hidden-content",
            "The signature covers a Manifest, and the Manifest names the document: nobody checks the second step.\n",
            |signers| {
                let manifest = format!(
                    "<ds:Object><ds:Manifest Id=\"manifest\">{}</ds:Manifest></ds:Object>",
                    reference("", &[ENVELOPED, EXCLUSIVE])
                        .replace("<ds:DigestValue></ds:DigestValue>", "<ds:DigestValue>AAAA</ds:DigestValue>")
                );
                let references = vec![reference_of(
                    "URI=\"#manifest\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"",
                    &format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"/>"),
                    SHA256,
                )];
                let template = Template { references, objects: manifest, ..Template::default() };
                let document = inside(&forged().xml(), &template.xml("signature-1"));
                xml(signers.xmlsec(&document, "azerisiq", &["Id=http://www.w3.org/2000/09/xmldsig#:Manifest"]))
            },
        ),
        fault(
            "xpointer-range",
            "signature.unsupported",
            "An XPointer beyond the two that a signature may use.\n",
            referring("URI=\"#xpointer(//Total)\"", ""),
        ),
    ]
}

fn exhaustion() -> Vec<Sample> {
    vec![
        fault(
            "dtd",
            "schema.forbidden",
            "A document type declaration that names a file of the machine.\n",
            |signers| {
                xml(format!(
                    "<?xml version=\"1.0\"?>\n<!DOCTYPE Submission [<!ENTITY file SYSTEM \
                        \"file:///etc/hostname\">]>\n{}",
                    signed(signers)
                ))
            },
        ),
        fault("entity-bomb", "schema.forbidden", "A billion laughs.\n", |signers| {
            let mut dtd = "<!DOCTYPE Submission [\n<!ENTITY a0 \"ha\">\n".to_owned();
            for level in 1..10 {
                dtd += &format!("<!ENTITY a{level} \"{}\">\n", format!("&a{};", level - 1).repeat(10));
            }
            xml(format!("{dtd}]>\n{}", signed(signers).replacen("</Station>", "&a9;</Station>", 1)))
        }),
        fault("depth-bomb", "schema.limit", "A hundred thousand open elements.\n", |signers| {
            let document = signed(signers).replacen("  <Record>", "@OPEN@@CLOSE@  <Record>", 1);
            xml(document).case(&fill("@OPEN@", "<x>", 100_000)).case(&fill("@CLOSE@", "</x>", 100_000))
        }),
        fault("attribute-of-10-mb", "schema.limit", "An attribute of ten million letters.\n", |signers| {
            let document = signed(signers).replacen("<Record>", "<Record note=\"@FILL@\">", 1);
            xml(document).case(&fill("@FILL@", "ə", 5_000_000))
        }),
        fault("many-attributes", "schema.limit", "Three thousand attributes on one element.\n", |signers| {
            let attributes: String = (0..3_000).map(|nth| format!(" a{nth}=\"\"")).collect();
            xml(signed(signers).replacen("<Record>", &format!("<Record{attributes}>"), 1))
        }),
        fault(
            "namespaces-that-explode",
            "schema.limit",
            "A long namespace name that canonicalisation must repeat on each of twenty thousand small elements.\n",
            |signers| {
                let document = signed(signers).replacen(" id=", " xmlns:p=\"urn:@NAME@\" id=", 1);
                let document = document.replacen("  <Record>", "@FILL@  <Record>", 1);
                xml(document).case(&fill("@NAME@", "x", 20_000)).case(&fill("@FILL@", "<p:x/>", 20_000))
            },
        ),
        fault(
            "comment-of-2-mb",
            "schema.limit",
            "A comment of two million letters, which would have to lie in memory whole.\n",
            |signers| {
                let document = signed(signers).replacen("  <Record>", "<!-- @FILL@ -->  <Record>", 1);
                xml(document).case(&fill("@FILL@", "-x", 1_000_000))
            },
        ),
        fault("many-signatures", "schema.limit", "The same signature fifty times.\n", |signers| {
            let (signature, document) = apart(&signed(signers));
            xml(inside(&document, &format!("{signature}@FILL@"))).case(&fill(
                "@FILL@",
                "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>",
                50,
            ))
        }),
    ]
}

fn octets() -> Vec<Sample> {
    vec![
        fault("nul-octets", "schema.not-wellformed", "NUL octets inside a figure.\n", |signers| {
            xml(signed(signers).replacen("</EnergyMWh>", "\0\0</EnergyMWh>", 1))
        }),
        fault(
            "nul-octets-in-csv",
            "schema.invalid",
            "NUL octets inside a figure of a well signed table.\n",
            |signers| {
                let csv = statement().csv().replacen(".", "\0.", 1);
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
            },
        ),
        fault("wrong-encoding", "schema.encoding", "Declared as UTF-8, written in Windows-1254.\n", |signers| {
            let document = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- @ -->{}", signed(signers));
            let mut octets = document.into_bytes();
            let at = octets.iter().position(|&octet| octet == b'@').unwrap();
            octets[at] = 0xFE;
            xml(octets)
        }),
        fault(
            "declared-encoding-differs",
            "schema.encoding",
            "Written in UTF-8, declared as ISO-8859-9: another reader would read other letters.\n",
            |signers| xml(format!("<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n{}", signed(signers))),
        ),
        fault("half-written", "schema.not-wellformed", "A copy that broke off inside the signature.\n", |signers| {
            let signed = signed(signers);
            xml(&signed.as_bytes()[..signed.len() - 700])
        }),
        fault(
            "two-documents-in-one",
            "schema.not-wellformed",
            "A second document behind the first one's end.\n",
            |signers| xml(format!("{}{}", signed(signers), forged().xml())),
        ),
        fault("pdf", "signature.pdf", "A PDF whose text holds a whole signed submission.\n", |signers| {
            Made::document("istehsal.pdf", format!("%PDF-1.7\n{}\n%%EOF\n", signed(signers)))
        }),
        fault("zip", "signature.container", "A ZIP file that says it is a container.\n", |_| {
            let mut zip = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0mimetype".to_vec();
            zip.extend(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            Made::document("istehsal.asice", zip)
        }),
        fault(
            "xinclude",
            "schema.invalid",
            "A well signed document that asks for a file of the machine to be included.\n",
            |signers| {
                let include = "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" \
                    href=\"file:///etc/hostname\" parse=\"text\"/>";
                xml(signers.xades(&inside(&statement().xml(), include), "azerisiq"))
            },
        ),
        fault(
            "number-in-other-digits",
            "schema.invalid",
            "Figures in full-width digits, and one with an exponent.\n",
            |signers| {
                let document = statement().xml();
                let start = document.find("<EnergyMWh>").unwrap() + "<EnergyMWh>".len();
                let document = format!("{}１２３<!---->{}", &document[..start], &document[start..]);
                xml(signers.xades(
                    &document.replacen("</EnergyMWh></Record>\n</", "e9</EnergyMWh></Record>\n</", 1),
                    "azerisiq",
                ))
            },
        ),
    ]
}

/// A table and its signature.
fn table_of(signers: &Signers, csv: String) -> Made {
    let signature = signers.p7s(&csv, "azerisiq");
    Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
}

fn detached() -> Vec<Sample> {
    fn table(change: impl Fn(Vec<u8>, &Signers) -> Vec<u8>, signers: &Signers) -> Made {
        let csv = statement().csv();
        let signature = change(signers.p7s(&csv, "azerisiq"), signers);
        Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
    }
    vec![
        fault(
            "characters-for-a-terminal",
            "schema.invalid",
            "Escapes, a reversal of direction and characters that XML lacks, where a receipt repeats what it found.\n",
            |signers| {
                let csv = statement().csv().replacen(".", "\u{1b}[2J\u{202e}\u{fffe}\u{7}<&.", 1);
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
            },
        ),
        fault("csv-open-quote", "schema.invalid", "A quotation mark that is never closed.\n", |signers| {
            let csv = statement().csv().replacen("GUN-0003", "\"GUN-0003", 1);
            let signature = signers.p7s(&csv, "azerisiq");
            Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
        }),
        fault("figure-of-forty-digits", "schema.invalid", "A figure that overflows any counter.\n", |signers| {
            let csv = statement().csv().replacen("GUN-0003,", &format!("GUN-0003,{}", "9".repeat(40)), 1);
            let signature = signers.p7s(&csv, "azerisiq");
            Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
        }),
        fault(
            "csv-two-senders",
            "schema.invalid",
            "The first row, which authority looks at, is the sender's own; the others are filed for another body.\n",
            |signers| {
                let csv = statement().csv();
                let end = csv.match_indices('\n').nth(1).unwrap().0;
                let csv = format!("{}{}", &csv[..end], csv[end..].replace("9990000761", "9990000631"));
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
            },
        ),
        fault(
            "csv-doubled-column",
            "schema.invalid",
            "Two columns of figures under one name: which one is loaded?\n",
            |signers| {
                let csv: String = statement()
                    .csv()
                    .lines()
                    .map(|line| {
                        let last = line.rsplit(',').next().unwrap();
                        format!("{line},{}\n", if last == "energy_mwh" { last } else { "1.000" })
                    })
                    .collect();
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
            },
        ),
        fault(
            "csv-no-break-space-in-a-figure",
            "schema.invalid",
            "Thousands parted by a no-break space, which no eye tells from a blank.\n",
            |signers| {
                let csv = statement().csv();
                let at = csv.find('.').unwrap() - 3;
                table_of(signers, format!("{}\u{a0}{}", &csv[..at], &csv[at..]))
            },
        ),
        fault(
            "csv-no-break-space-in-a-code",
            "schema.invalid",
            "A station's code with a no-break space behind it, and one with a narrow one inside.\n",
            |signers| {
                let csv = statement().csv().replacen("GUN-0003", "GUN-0003\u{a0}", 1);
                table_of(signers, csv.replacen("KUL-0001", "KUL\u{202f}-0001", 1))
            },
        ),
        fault(
            "csv-formulas",
            "schema.invalid",
            "Formulas in place of figures and of a code: a spreadsheet would reckon, or run, what nobody wrote.\n",
            |signers| {
                let mut figures =
                    ["=1+1", "@SUM(G2:G3)", "+2*3", "\"=HYPERLINK(\"\"http://a.example\"\")\""].into_iter();
                let (plain, mut csv) = (statement().csv(), String::new());
                for line in plain.lines() {
                    let (start, last) = line.rsplit_once(',').unwrap();
                    let figure = if last == "energy_mwh" { last } else { figures.next().unwrap_or(last) };
                    csv += &format!("{start},{figure}\n");
                }
                table_of(signers, csv.replacen("KUL-0001", "=KUL-0001", 1))
            },
        ),
        fault(
            "csv-two-separators",
            "schema.invalid",
            "A header that two readers could cut at different signs.\n",
            |signers| {
                let csv = statement()
                    .csv()
                    .replacen("dataset,", "a;dataset;to;sender,dataset,", 1)
                    .replace("\ngeneration,", "\nx,generation,");
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
            },
        ),
        fault(
            "p7s-of-another-file",
            "signature.digest-differs",
            "A genuine signature file of another document.\n",
            |signers| {
                let csv = forged().csv();
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signers.p7s(statement().csv(), "azerisiq"))
            },
        ),
        fault(
            "cms-content-type",
            "signature.unsupported",
            "CMS over content of another type, by `openssl cms -econtent_type`.\n",
            |signers| {
                let csv = statement().csv();
                let arguments = ["-binary", "-cades", "-econtent_type", "1.2.840.113549.1.9.16.1.4"];
                let signature = signers.cms(csv.as_bytes(), "azerisiq", &arguments);
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
            },
        ),
        fault(
            "cms-signed-content-type-differs",
            "signature.format",
            "The signed content type was changed in the signature file.\n",
            |signers| {
                table(
                    |mut cms, _| {
                        // content-type: the attribute's value, behind the attribute's own name
                        let name = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03];
                        let at = cms.windows(name.len()).position(|window| window == name).unwrap() + name.len();
                        let value = cms[at..].windows(2).position(|window| window == [0x07, 0x01]).unwrap() + at;
                        cms[value + 1] = 0x05;
                        cms
                    },
                    signers,
                )
            },
        ),
        fault(
            "cms-doubled-attribute",
            "signature.format",
            "The signed attributes hold a second message digest: which one counts?\n",
            |signers| table(|cms, _| super::der::doubled_digest(&cms), signers),
        ),
        fault(
            "cms-content-inside-differs",
            "signature.format",
            "The signature file brings content of its own, which is not the document that it signs.\n",
            |signers| {
                let csv = statement().csv();
                let mut signature = signers.cms(csv.as_bytes(), "azerisiq", &["-binary", "-cades", "-nodetach"]);
                let figure = csv.as_bytes()[csv.find("GUN-0003,").unwrap()..][..16].to_vec();
                let at = signature.windows(figure.len()).position(|window| window == figure).unwrap() + 9;
                signature[at] = b'9';
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
            },
        ),
        fault(
            "signature-file-is-the-document",
            "intake.document-missing",
            "A signature file with its content inside, dropped alone under a signature's name.\n",
            |signers| {
                let signature =
                    signers.cms(statement().csv().as_bytes(), "azerisiq", &["-binary", "-cades", "-nodetach"]);
                Made::document("istehsal.csv.p7s", signature)
            },
        ),
    ]
}

const RECEIPT: &str = "\
<Receipt xmlns=\"urn:boemis:receipt:1\" environment=\"test\" id=\"019dd000-0000-7000-8000-000000000000\" \
    number=\"2026/000001\" \
        window=\"trial\"><Issued>2026-11-16T07:00:00Z</Issued><Received>2026-11-16T07:00:00Z</Received>\
<Decision>accepted</Decision>\
<Document name=\"istehsal.xml\" \
sha256=\"0000000000000000000000000000000000000000000000000000000000000000\" size=\"1\"></Document>\
<Sender participant=\"azerisiq\" voen=\"9990000761\"></Sender></Receipt>
";
