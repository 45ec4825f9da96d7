//! One sample for each finding that refuses a document or holds it; and what repeats another.

use super::accepted::{AZERISIQ, THREE_FINDINGS};
use super::signers::{
    ENVELOPED, EXCLUSIVE, SHA1, Signers, Template, inside, properties_reference, reference, reference_of,
};
use super::statement::{ENERGETIKA, Statement};
use super::{Made, Sample, sample};

/// The usual document of these samples: small, and right in everything.
pub fn statement() -> Statement {
    Statement::generation("azerisiq", "2026-Q3")
}

/// A document changed in one thing, signed well.
fn changed(change: impl Fn(&mut Statement) + 'static) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let document = statement().with(|statement| change(statement)).xml();
        Made::document("istehsal.xml", signers.xades(&document, "azerisiq")).case(AZERISIQ)
    }
}

/// The usual document, signed by this person in the folder of Azerenerji.
fn signed_by(person: &'static str) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let document = Statement::capacity("azerenerji", "2026-Q3").xml();
        Made::document("guc.xml", signers.xades(&document, person))
    }
}

/// The usual document, signed, and its text changed after that.
fn altered(from: &'static str, to: &'static str) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let signed = signers.xades(&statement().xml(), "azerisiq");
        assert!(signed.contains(from), "{from}");
        Made::document("istehsal.xml", signed.replacen(from, to, 1)).case(AZERISIQ)
    }
}

/// The usual document with its text changed before it was signed.
fn spelt(from: &'static str, to: &'static str) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let document = statement().xml();
        assert!(document.contains(from), "{from}");
        Made::document("istehsal.xml", signers.xades(&document.replacen(from, to, 1), "azerisiq")).case(AZERISIQ)
    }
}

/// The usual document under a signature template of xmlsec1.
fn under(template: impl Fn() -> Template + 'static) -> impl Fn(&Signers) -> Made {
    move |signers| {
        Made::document("istehsal.xml", signers.plain(&statement().xml(), "azerisiq", &template())).case(AZERISIQ)
    }
}

/// CSV with a signature file made so.
fn csv(arguments: &'static [&'static str]) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let csv = statement().csv();
        let signature = signers.cms(csv.as_bytes(), "azerisiq", arguments);
        Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature).case(AZERISIQ)
    }
}

fn good(signers: &Signers) -> Made {
    Made::document("istehsal.xml", signers.xades(&statement().xml(), "azerisiq")).case(AZERISIQ)
}

fn registry(old: &str, new: &str) -> String {
    format!("[[change]]\nfile = \"registry.toml\"\nold = '''\n{old}'''\nnew = '''\n{new}'''")
}

pub fn table() -> Vec<Sample> {
    let mut table = intake();
    table.extend(signature());
    table.extend(authority());
    table.extend(schema());
    table.extend(rule());
    table.extend(held());
    table.extend(duplicate());
    table
}

fn duplicate() -> Vec<Sample> {
    vec![
        sample("duplicate/same-file-again", "The very file once more, under another name.\n", |signers| {
            let signed = signers.xades(&statement().xml(), "azerisiq");
            Made::document("yeniden.xml", signed.clone()).before("istehsal.xml", signed).case(AZERISIQ)
        }),
        sample(
            "duplicate/signed-anew",
            "The same content, signed once more in another form, by another key.\n",
            |signers| {
                let document = Statement::capacity("azerenerji", "2026-Q3").xml();
                let signature = signers.p7s(&document, "azerenerji-rsa");
                Made::document("guc.xml", document.clone())
                    .and("guc.xml.p7s", signature)
                    .before("guc-2026-Q3.xml", signers.xades(&document, "azerenerji"))
            },
        ),
        sample("duplicate/of-a-held-one", "The very file once more while the first waits.\n", |signers| {
            let signed = signers.xades(&Statement::capacity("azerenerji", "2026-Q3").xml(), "renewed");
            Made::document("yeniden.xml", signed.clone()).before("guc.xml", signed)
        }),
    ]
}

fn intake() -> Vec<Sample> {
    vec![
        sample("rejected/intake.not-a-file", "A FIFO: never opened, so nobody waits at it.\n", |_| {
            Made::default().case("kinds = { \"istehsal.xml\" = \"fifo\" }")
        }),
        sample("rejected/intake.link", "A symbolic link to a file of the window.\n", |_| {
            Made::default().case("kinds = { \"istehsal.xml\" = \"symlink\" }")
        }),
        sample("rejected/intake.hard-link", "A file that has another name as well.\n", |signers| {
            good(signers).case("kinds = { \"istehsal.xml\" = \"hardlink\" }")
        }),
        sample("rejected/intake.empty", "A copy that never began.\n", |_| {
            Made::document("istehsal.xml", "").case(AZERISIQ)
        }),
        sample("rejected/intake.too-large", "A good document in a window that takes 2 KiB.\n", |signers| {
            good(signers).case("stays = [\"istehsal.xml\"]").case(
                "[[change]]\nfile = \"pencere.toml\"\nold = \"\\nsize_max = \\\"64MiB\\\"\"\nnew = \
                    \"\\nsize_max = \\\"2KiB\\\"\"",
            )
        }),
        sample("rejected/intake.document-missing", "A signature file whose document never came.\n", |signers| {
            Made::document("istehsal.csv.p7s", signers.p7s(statement().csv(), "azerisiq")).case(AZERISIQ)
        }),
    ]
}

fn signature() -> Vec<Sample> {
    vec![
        sample("rejected/signature.missing", "CSV, and no signature beside it after the wait.\n", |_| {
            Made::document("istehsal.csv", statement().csv()).case(AZERISIQ)
        }),
        sample(
            "rejected/signature.digest-differs",
            "A figure changed after signing.\n",
            altered("<Total><EnergyMWh>", "<Total><EnergyMWh>1"),
        ),
        sample(
            "rejected/signature.value-wrong",
            "Another person's certificate put into a plain signature.\n",
            |signers| {
                use base64::Engine;
                let signed = signers.plain(&statement().xml(), "azerisiq", &Template::default());
                let start = signed.find("<ds:X509Certificate>").unwrap() + "<ds:X509Certificate>".len();
                let end = signed.find("</ds:X509Certificate>").unwrap();
                let other = base64::engine::general_purpose::STANDARD.encode(signers.certificate("azerenerji").der());
                Made::document("istehsal.xml", format!("{}{other}{}", &signed[..start], &signed[end..])).case(AZERISIQ)
            },
        ),
        sample(
            "rejected/signature.text-mode",
            "`openssl cms -sign` without `-binary`: it signed other line ends.\n",
            csv(&["-cades"]),
        ),
        sample(
            "rejected/signature.no-signed-attributes",
            "`openssl cms -sign -noattr`.\n",
            csv(&["-binary", "-noattr"]),
        ),
        sample("rejected/signature.format", "A signature file that is cut short.\n", |signers| {
            let csv = statement().csv();
            let mut signature = signers.p7s(&csv, "azerisiq");
            signature.truncate(400);
            Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature).case(AZERISIQ)
        }),
        sample(
            "rejected/signature.unsupported",
            "A signature method that this window does not process: HMAC, a shared secret.\n",
            |signers| {
                let signed = signers.plain(&statement().xml(), "azerisiq", &Template::default());
                let signed =
                    signed.replace(super::signers::ECDSA, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256");
                Made::document("istehsal.xml", signed).case(AZERISIQ)
            },
        ),
        sample("rejected/signature.pdf", "Figures in a PDF, with a signature file beside it.\n", |signers| {
            let pdf = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";
            Made::document("hesabat.pdf", pdf).and("hesabat.pdf.p7s", signers.p7s(pdf, "azerisiq")).case(AZERISIQ)
        }),
        sample(
            "rejected/signature.weak-algorithm",
            "The document digested by SHA-1.\n",
            under(|| {
                let transforms =
                    format!("<ds:Transform Algorithm=\"{ENVELOPED}\"/><ds:Transform Algorithm=\"{EXCLUSIVE}\"/>");
                Template { references: vec![reference_of("URI=\"\"", &transforms, SHA1)], ..Template::default() }
            }),
        ),
        sample("rejected/signature.not-covering", "Only one record is signed.\n", |signers| {
            let document = statement().xml().replacen("<Record>", "<Record Id=\"R-1\">", 1);
            let template = Template { references: vec![reference("#R-1", &[EXCLUSIVE])], ..Template::default() };
            let document = inside(&document, &template.xml("signature-1"));
            let signed = signers.xmlsec(&document, "azerisiq", &["Id=urn:boemis:submission:1:Record"]);
            Made::document("istehsal.xml", signed).case(AZERISIQ)
        }),
        sample(
            "rejected/signature.hidden-content",
            "A ds:Object inside the signature that no reference covers.\n",
            |signers| {
                let signed = signers.plain(&statement().xml(), "azerisiq", &Template::default());
                let object = "<ds:Object><Record xmlns=\"urn:boemis:submission:1\"/></ds:Object></ds:Signature>";
                Made::document("istehsal.xml", signed.replace("</ds:Signature>", object)).case(AZERISIQ)
            },
        ),
        sample(
            "rejected/signature.reference-unresolved",
            "What the signature refers to was cut out of it.\n",
            |signers| {
                let object = "<ds:Object Id=\"object-1\">qeyd</ds:Object>";
                let template = Template {
                    references: vec![reference("", &[ENVELOPED, EXCLUSIVE]), reference("#object-1", &[EXCLUSIVE])],
                    objects: object.to_owned(),
                    ..Template::default()
                };
                let document = inside(&statement().xml(), &template.xml("signature-1"));
                let signed = signers.xmlsec(&document, "azerisiq", &["Id=http://www.w3.org/2000/09/xmldsig#:Object"]);
                assert!(signed.contains(object));
                Made::document("istehsal.xml", signed.replace(object, "")).case(AZERISIQ)
            },
        ),
        sample(
            "rejected/signature.doubled-id",
            "The Id of the signed properties stands in the document too.\n",
            |signers| {
                let template = Template {
                    references: vec![reference("", &[ENVELOPED, EXCLUSIVE]), properties_reference("#properties-1")],
                    objects: signers.properties("azerisiq", "signature-1", "properties-1"),
                    ..Template::default()
                };
                let document = statement().xml().replacen("<Record>", "<Record Id=\"properties-1\">", 1);
                let document = inside(&document, &template.xml("signature-1"));
                let signed = signers.xmlsec(&document, "azerisiq", &[super::signers::PROPERTIES_ID]);
                Made::document("istehsal.xml", signed).case(AZERISIQ)
            },
        ),
        sample(
            "rejected/signature.properties-uncovered",
            "Signed properties that the signature does not sign.\n",
            |signers| {
                let template = Template {
                    objects: signers.properties("azerisiq", "signature-1", "properties-1"),
                    ..Template::default()
                };
                Made::document("istehsal.xml", signers.plain(&statement().xml(), "azerisiq", &template)).case(AZERISIQ)
            },
        ),
        sample(
            "rejected/signature.plain-refused",
            "Plain XMLDSig in a window that wants the certificate signed.\n",
            |signers| {
                Made::document("istehsal.xml", signers.plain(&statement().xml(), "azerisiq", &Template::default()))
                    .case(AZERISIQ)
                    .case(
                        "[[change]]\nfile = \"pencere.toml\"\nold = \"\\nplain = true\"\nnew = \"\\nplain \
                        = false\"",
                    )
            },
        ),
        sample(
            "rejected/signature.no-certificate",
            "`openssl cms -sign -nocerts`.\n",
            csv(&["-binary", "-cades", "-nocerts"]),
        ),
        sample(
            "rejected/signature.certificate-differs",
            "The signed properties name another certificate.\n",
            |signers| {
                let template = Template {
                    references: vec![reference("", &[ENVELOPED, EXCLUSIVE]), properties_reference("#properties-1")],
                    objects: signers.properties("azerenerji", "signature-1", "properties-1"),
                    ..Template::default()
                };
                let document = inside(&statement().xml(), &template.xml("signature-1"));
                let signed = signers.xmlsec(&document, "azerisiq", &[super::signers::PROPERTIES_ID]);
                Made::document("istehsal.xml", signed).case(AZERISIQ)
            },
        ),
        sample(
            "rejected/signature.untrusted",
            "A certificate of the right person from an authority that nobody trusts.\n",
            signed_by("other"),
        ),
        sample(
            "rejected/signature.certificate-expired",
            "A certificate that ended on 2024-01-01.\n",
            signed_by("expired"),
        ),
        sample(
            "rejected/signature.certificate-not-yet-valid",
            "A certificate in force from 2040.\n",
            signed_by("future"),
        ),
        sample(
            "rejected/signature.certificate-revoked",
            "A revoked certificate in a window that reads the list.\n",
            |signers| signed_by("revoked")(signers).case("crls = [\"fresh.crl\"]"),
        ),
        sample("rejected/signature.key-usage", "A certificate for encipherment alone.\n", signed_by("encipherment")),
        sample(
            "rejected/signature.trial-pki",
            "A certificate marked as one for trials, in a window that is not one.\n",
            |signers| {
                signed_by("trial-of-centre")(signers).case("environment = \"production\"\nanchors = [\"centre.crt\"]")
            },
        ),
        sample("rejected/signature.limit", "One signer seventeen times in one signature file.\n", |signers| {
            let csv = statement().csv();
            let signature = super::der::repeated_signer(&signers.p7s(&csv, "azerisiq"), 17);
            Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature).case(AZERISIQ)
        }),
    ]
}

fn authority() -> Vec<Sample> {
    vec![
        sample(
            "rejected/authority.unknown-signer",
            "A certificate of the trusted authority, of a person in nobody's list.\n",
            signed_by("stranger"),
        ),
        sample("rejected/authority.not-active", "The person's period ended the day before.\n", |signers| {
            let line = "\"pki/sample-azerisiq.crt\"]\n";
            good(signers).case(&registry(line, &format!("{line}to = \"2026-11-15\"\n")))
        }),
        sample("rejected/authority.suspended", "A participant whose access is suspended.\n", |signers| {
            good(signers).case(&registry(
                "voen = \"9990000761\"\ndatasets = [\"grid\", \"capacity\", \"generation\", \
                    \"gas-savings\", \"carbon-revenue\"]\nsuspended = false\n",
                "voen = \"9990000761\"\ndatasets = [\"grid\", \"capacity\", \"generation\", \
                    \"gas-savings\", \"carbon-revenue\"]\nsuspended = true\n",
            ))
        }),
        sample("rejected/authority.other-participant", "Azerisiq's document in Azerenerji's folder.\n", |signers| {
            Made::document("istehsal.xml", signers.xades(&statement().xml(), "azerisiq"))
        }),
        sample("rejected/authority.no-right", "A person who may approve, and not file.\n", |signers| {
            let lines = |rights| {
                format!(
                    "\"pki/sample-azerisiq.crt\"]\ndatasets = [\"grid\", \"capacity\", \"generation\", \
                        \"gas-savings\", \"carbon-revenue\"]\nrights = {rights}\n"
                )
            };
            good(signers).case(&registry(&lines("[\"file\", \"approve\"]"), &lines("[\"approve\"]")))
        }),
        sample("rejected/authority.not-competent", "The Ministry of Economy files electricity.\n", |signers| {
            let document = statement().with(|statement| statement.sender = "9990000351".to_owned()).xml();
            Made::document("istehsal.xml", signers.xades(&document, "iqtisadiyyat"))
                .case("participant = \"iqtisadiyyat\"")
        }),
        sample(
            "rejected/authority.not-your-station",
            "Two stations of Azerenerji in a statement of Azerisiq.\n",
            changed(|statement| {
                statement.rows.push(("GUN-0001".to_owned(), 163_798_000));
                statement.rows.insert(1, ("SU-0003".to_owned(), 93_489_120));
            }),
        ),
        sample(
            "rejected/authority.other-window",
            "Addressed to another window.\n",
            changed(|statement| statement.to = "boemis".to_owned()),
        ),
        sample(
            "rejected/authority.sender-differs",
            "The sender's VÖEN is that of another body.\n",
            changed(|statement| statement.sender = ENERGETIKA.to_owned()),
        ),
        sample(
            "rejected/authority.sender-invalid",
            "The sender's VÖEN fails its check digit.\n",
            changed(|statement| statement.sender = "9990000771".to_owned()),
        ),
        sample(
            "rejected/authority.identity-missing",
            "A certificate of the trusted authority without a FİN.\n",
            signed_by("no-fin"),
        ),
        sample(
            "rejected/authority.identity-differs",
            "The registered person, in a certificate issued for another body.\n",
            signed_by("other-voen"),
        ),
    ]
}

fn schema() -> Vec<Sample> {
    vec![
        sample("rejected/schema.not-wellformed", "An end tag is missing.\n", altered("</Station>", "")),
        sample("rejected/schema.forbidden", "A document type declaration, though an empty one.\n", |signers| {
            let signed = signers.xades(&statement().xml(), "azerisiq");
            Made::document("istehsal.xml", format!("<!DOCTYPE Submission>\n{signed}")).case(AZERISIQ)
        }),
        sample(
            "rejected/schema.encoding",
            "A table saved in Windows-1254, well signed: its sender's note is not UTF-8.\n",
            |signers| {
                let mut csv = statement().csv().replacen("station", "stansiya_kodu_ə", 1).into_bytes();
                let at = csv.windows(2).position(|two| two == "ə".as_bytes()).unwrap();
                csv.splice(at..at + 2, [0xFE]);
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature).case(AZERISIQ)
            },
        ),
        sample("rejected/schema.limit", "A row of more than 64 KiB.\n", |signers| {
            let csv = statement().csv().replacen("KUL-0001,", &format!("KUL-0001{},", " ".repeat(66_000)), 1);
            let signature = signers.p7s(&csv, "azerisiq");
            Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature).case(AZERISIQ)
        }),
        sample(
            "rejected/schema.unknown-dataset",
            "A dataset that there is not.\n",
            spelt("dataset=\"generation\"", "dataset=\"istehsal\""),
        ),
        sample("rejected/schema.invalid", "Many faults of form at once: each has its place.\n", |signers| {
            let document = statement()
                .xml()
                .replacen("<Record><Station>", "<Record><Name>x</Name><Station>", 1)
                .replacen("GUN-0003", "gun-3", 1)
                .replacen("KSU-0025</Station><EnergyMWh>", "KSU-0025</Station><EnergyMWh>-1,", 1)
                .replacen("period=\"2026-Q3\"", "period=\"2026-Q5\"", 1)
                .replacen("revision=\"1\"", "revision=\"0\"", 1)
                .replacen("<Total>", "stray text <Total unit=\"GWh\">", 1);
            Made::document("istehsal.xml", signers.xades(&document, "azerisiq")).case(AZERISIQ)
        }),
        sample("rejected/schema.missing", "A record without its figure; no revision.\n", |signers| {
            let document = statement().xml();
            let start = document.find("<EnergyMWh>").unwrap();
            let end = document.find("</EnergyMWh>").unwrap() + "</EnergyMWh>".len();
            let document = format!("{}{}", &document[..start], &document[end..]).replacen(" revision=\"1\"", "", 1);
            Made::document("istehsal.xml", signers.xades(&document, "azerisiq")).case(AZERISIQ)
        }),
        sample(
            "rejected/schema.too-many-faults",
            "Seven decimal commas, in a window that shows three findings.\n",
            |signers| {
                let mut csv = String::new();
                for (nth, line) in statement().csv().lines().enumerate() {
                    csv += &if nth == 0 { line.to_owned() } else { line.replace('.', " 000.") };
                    csv.push('\n');
                }
                let signature = signers.p7s(&csv, "azerisiq");
                Made::document("istehsal.csv", csv)
                    .and("istehsal.csv.p7s", signature)
                    .case(AZERISIQ)
                    .case(THREE_FINDINGS)
            },
        ),
    ]
}

fn rule() -> Vec<Sample> {
    let corrected = |revision: &'static str, by| {
        move |signers: &Signers, first: Statement| {
            let second = first.clone().corrected(revision, by);
            Made::document("ikinci.xml", signers.xades(&second.xml(), "azerisiq"))
                .before("birinci.xml", signers.xades(&first.xml(), "azerisiq"))
                .case(AZERISIQ)
        }
    };
    let (conflict, stale) = (corrected("1", -1_000), corrected("2", -1_000));
    vec![
        sample(
            "rejected/rule.unknown-station",
            "A code that the register does not have.\n",
            changed(|statement| {
                statement.rows.push(("KSU-9999".to_owned(), 1_000));
            }),
        ),
        sample("rejected/rule.station-doubled", "A station twice, in CSV.\n", |signers| {
            let csv = statement().with(|statement| statement.rows.push(statement.rows[2].clone())).csv();
            let signature = signers.p7s(&csv, "azerisiq");
            Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature).case(AZERISIQ)
        }),
        sample(
            "rejected/rule.total-differs",
            "The total is a thousandth too high.\n",
            changed(|statement| statement.total = Some(1)),
        ),
        sample(
            "rejected/rule.exceeds-capacity",
            "Yeni Yaşma in kWh: more than 50 MW can give in 2208 hours.\n",
            changed(|statement| {
                let row = statement.rows.iter_mut().find(|(code, _)| code == "KUL-0001").unwrap();
                row.1 *= 1000;
            }),
        ),
        sample(
            "rejected/rule.period-not-ended",
            "The fourth quarter, filed in November.\n",
            changed(|statement| statement.period = "2026-Q4".to_owned()),
        ),
        sample("rejected/rule.not-in-service", "Biləsuvar, a planned station.\n", |signers| {
            let statement = Statement::generation("azerenerji", "2026-Q3").with(|statement| {
                statement.rows.truncate(2);
                statement.rows.push(("GUN-0900".to_owned(), 1_000));
            });
            let made = Made::document("istehsal.xml", signers.xades(&statement.xml(), "azerenerji"));
            made.case(THREE_FINDINGS)
        }),
        sample("rejected/rule.revision-conflict", "Revision 1 again, with other content.\n", move |signers| {
            conflict(signers, statement())
        }),
        sample("rejected/rule.revision-stale", "Revision 2 where 3 stands.\n", move |signers| {
            stale(signers, statement().with(|statement| statement.revision = "3".to_owned()))
        }),
        sample("rejected/rule.replaces-other", "It says that it replaces revision 2; 1 stands.\n", |signers| {
            let corrected = statement().corrected("3", -1_250).replacing("2");
            Made::document("duzelis.xml", signers.xades(&corrected.xml(), "azerisiq"))
                .before("birinci.xml", signers.xades(&statement().xml(), "azerisiq"))
                .case(AZERISIQ)
        }),
        sample("rejected/rule.other-sender", "The owner filed this period for the station already.\n", |signers| {
            let owners = statement().with(|statement| {
                statement.rows.retain(|(code, _)| code == "KUL-0001");
                statement.sender = ENERGETIKA.to_owned();
            });
            good(signers)
                .before("nazirlik.xml", signers.xades(&owners.xml(), "energetika"))
                .case("before_participant = \"energetika\"")
        }),
        sample("rejected/rule.year-differs", "The year says one MWh more than its quarters.\n", |signers| {
            let year = Statement::generation("azerisiq", "2025").with(|statement| statement.rows[0].1 += 1_000);
            let mut made = Made::document("il.xml", signers.xades(&year.xml(), "azerisiq")).case(AZERISIQ);
            for quarter in ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"] {
                let document = Statement::generation("azerisiq", quarter).xml();
                made = made.before(&format!("{quarter}.xml"), signers.xades(&document, "azerisiq"));
            }
            made
        }),
    ]
}

fn held() -> Vec<Sample> {
    vec![
        sample(
            "held/signature.revocation-unknown",
            "A good document in a window whose revocation list has ended.\n",
            |signers| signed_by("azerenerji")(signers).case("crls = [\"stale.crl\"]"),
        ),
        sample("held/authority.certificate-unconfirmed", "A known person's new certificate.\n", signed_by("renewed")),
        sample(
            "held/load.waits-for-earlier",
            "A good document behind a held one of the same dataset and period.\n",
            |signers| {
                let later = Statement::capacity("azerenerji", "2026-Q3").corrected("2", 0);
                Made::document("guc-2.xml", signers.xades(&later.xml(), "azerenerji"))
                    .before("guc-1.xml", signers.xades(&Statement::capacity("azerenerji", "2026-Q3").xml(), "renewed"))
            },
        ),
    ]
}
