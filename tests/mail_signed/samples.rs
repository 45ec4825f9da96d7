//! The samples of signed mails: how each was made, and what it must come to where policy has the mails of azerenerji
//! file.
//!
//! Made once, by `openssl cms` with the sample PKI, and never made anew: a signature is another each time.

use super::message::base64;
use super::trial::{capacity, generation, voen};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One mail.
pub struct Sample {
    pub name: &'static str,
    pub note: &'static str,
    /// What must be said of it: of a submission, or why there is none.
    pub says: &'static [&'static str],
    mail: Mail,
}

/// How a mail is made of what is signed.
enum Mail {
    /// Parts that can be read, and their signature behind them.
    Clear(&'static str, String),
    /// All of it within the signature.
    Opaque(&'static str, String),
    /// Something else, of a mail in parts that are signed.
    Of(String, fn(&str) -> String),
}

use Mail::{Clear, Of, Opaque};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples")
}

pub fn folder() -> PathBuf {
    root().join("signed-mail")
}

impl Sample {
    pub fn path(&self) -> PathBuf {
        folder().join(format!("{}.eml", self.name))
    }

    /// Makes the mail, as it is on the wire.
    pub fn make(&self) -> Vec<u8> {
        let mail = match &self.mail {
            Clear(signer, part) => clear(signer, part),
            Opaque(signer, part) => by_openssl(signer, part, &["-nodetach"]),
            Of(part, change) => change(&clear("azerenerji", part)),
        };
        let head = format!(
            "From: Office <office@agency.example>\nTo: window@boemis.example\nSubject: hesabat\n\
             Message-ID: <{}@agency.example>\n",
            self.name
        );
        crlf(&(head + &mail)).into_bytes()
    }
}

fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

fn clear(signer: &str, part: &str) -> String {
    by_openssl(signer, part, &[])
}

/// What `openssl cms` makes of the part, with lines that end with LF.
fn by_openssl(signer: &str, part: &str, more: &[&str]) -> String {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("part"), crlf(part)).unwrap();
    let pki = |ending: &str| root().join("pki").join(format!("{signer}.{ending}"));
    let mut command = Command::new("openssl");
    command.args(["cms", "-sign", "-cades", "-in", "part", "-signer"]).arg(pki("crt")).arg("-inkey").arg(pki("key"));
    let output = command.args(more).current_dir(scratch.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

const TO: &str = "From: office@agency.example\nTo: BOEMIS <window@boemis.example>\nSubject: hesabat\n";

/// A table of its own for each period.
fn table(period: &str) -> String {
    capacity(voen("azerenerji"), period, 1, "SU-0001", "424")
}

fn attached(name: &str, octets: &str) -> String {
    let coded = base64(octets.as_bytes());
    format!(
        "Content-Type: application/octet-stream; name=\"{name}\"\n\
         Content-Disposition: attachment; filename=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{coded}"
    )
}

fn csv(period: &str) -> String {
    attached("c.csv", &table(period))
}

/// A table that must file.
fn control(period: &str) -> String {
    attached("control.csv", &table(period))
}

/// Parts beside a covering text, below these fields.
fn mixed(fields: &str, hp: &str, parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--=-in\n{part}")).collect();
    format!(
        "{fields}Content-Type: multipart/mixed; boundary=\"=-in\"{hp}\n\n--=-in\n\
         Content-Type: text/plain; charset=utf-8\n\nSalam\n{parts}--=-in--\n"
    )
}

/// With a header that is protected as RFC 9788 has it.
fn protected(fields: &str, parts: &[String]) -> String {
    mixed(fields, "; hp=\"clear\"", parts)
}

const NOTHING: &str = "nothing in it is a signed document";
/// What shows that the mail's signature holds, where the rest of it files nothing.
const CONTROL: &[&str] = &["control.csv: accepted azerenerji"];
const ACCEPTED: &[&str] = &["c.csv: accepted azerenerji"];
const UNPROTECTED: &[&str] = &["c.csv: rejected azerenerji signature.mail-header-unprotected"];
const ELSEWHERE: &[&str] = &["c.csv: rejected azerenerji signature.mail-not-to-this-window"];

/// All of them.
pub fn all() -> Vec<Sample> {
    let mut all = filed();
    all.extend(addressed());
    all.extend(outside());
    all.extend(by_others());
    all
}

fn sample(name: &'static str, note: &'static str, says: &'static [&'static str], mail: Mail) -> Sample {
    Sample { name, note, says, mail }
}

/// What files.
fn filed() -> Vec<Sample> {
    let statement = generation(voen("azerenerji"), "2002-Q3", 1, "SU-0001", "1000.5");
    let text = format!("{TO}Content-Type: text/csv; name=\"c.csv\"; hp=\"clear\"\n\n{}", table("2001-Q3"));
    let wrapped = format!("Content-Type: message/rfc822; forwarded=no\n\n{}", mixed(TO, "", &[csv("2001-Q4")]));
    let two = [
        attached("logo.png", "\u{89}PNG"),
        csv("2002-Q1"),
        attached("qeyd.csv", "ad;dəyər\na;1\n"),
        attached("s.xml", &statement),
    ];
    vec![
        sample("clear", "A table in a mail whose parts can be read.", ACCEPTED, {
            Clear("azerenerji", protected(TO, &[csv("2001-Q1")]))
        }),
        sample("opaque", "The same within the signature.", ACCEPTED, {
            Opaque("azerenerji", protected(TO, &[csv("2001-Q2")]))
        }),
        sample("text", "The table is all that is signed, as text: its line ends are the mail's.", ACCEPTED, {
            Clear("azerenerji", text)
        }),
        sample(
            "wrapped",
            "The message is wrapped, as RFC 8551 3.1 has it, and says that nobody forwards it.",
            ACCEPTED,
            Clear("azerenerji", wrapped),
        ),
        sample(
            "two-statements",
            "Two statements, and two files that are none: a picture, and a table of something else.",
            &["c.csv: accepted azerenerji", "s.xml: accepted azerenerji"],
            Clear("azerenerji", protected(TO, &two)),
        ),
        sample(
            "prefix-boundary",
            "The outer boundary begins as the inner one does; what is kept has another.",
            ACCEPTED,
            Of(protected(TO, &[csv("2007-Q1")]), |mail| {
                let begin = mail.find("boundary=\"").unwrap() + 10;
                let boundary = mail[begin..].split('"').next().unwrap().to_owned();
                mail.replace(&boundary, "=-i")
            }),
        ),
        sample(
            "long-header-opaque",
            "Within the signature stand 5,000 octets of other fields before it is said what it is.",
            ACCEPTED,
            {
                let fields: String = (0..80).map(|nth| format!("X-Filter-{nth:02}: {}\n", "x".repeat(50))).collect();
                Opaque("azerenerji", protected(&format!("{TO}{fields}"), &[csv("2007-Q2")]))
            },
        ),
        sample("empty-copy", "A field for copies that holds nothing is no copy.", ACCEPTED, {
            Clear("azerenerji", protected(&format!("{TO}Cc:\n"), &[csv("2007-Q3")]))
        }),
        sample("clear-again", "The table of the first sample, signed once more.", &["c.csv: duplicate azerenerji"], {
            Clear("azerenerji", protected(TO, &[csv("2001-Q1")]))
        }),
    ]
}

/// To whom the mail is, inside its signature.
fn addressed() -> Vec<Sample> {
    let to = |to: &str, period: &str| Clear("azerenerji", protected(to, &[csv(period)]));
    let other = "To: window@another.example\n";
    vec![
        sample("to-another-window", "The mail was for another window; somebody sent it here.", ELSEWHERE, {
            to(other, "2003-Q1")
        }),
        sample("to-two", "To this window, and to somebody else.", ELSEWHERE, {
            to("To: window@boemis.example, colleague@agency.example\n", "2003-Q1")
        }),
        sample("two-to", "Two fields say to whom it is.", ELSEWHERE, {
            to(&format!("To: window@boemis.example\n{other}"), "2003-Q1")
        }),
        sample("copied", "With a copy to somebody.", ELSEWHERE, {
            to(&format!("{TO}Cc: colleague@agency.example\n"), "2003-Q1")
        }),
        sample("unprotected", "As most programs sign: the header is outside of the signature.", UNPROTECTED, {
            Clear("azerenerji", mixed("", "", &[csv("2003-Q1")]))
        }),
        sample("unprotected-opaque", "The same within the signature.", UNPROTECTED, {
            Opaque("azerenerji", mixed("", "", &[csv("2003-Q1")]))
        }),
        sample(
            "fields-without-a-word",
            "Fields stand there, and nothing says that they are the message's.",
            UNPROTECTED,
            Clear("azerenerji", mixed(TO, "", &[csv("2003-Q1")])),
        ),
    ]
}

/// What is not in the signed part, or not as what its sender files.
fn outside() -> Vec<Sample> {
    let within = |kind: &str, head: &str| {
        let part = csv("2004-Q1");
        protected(TO, &[control("2006-Q1"), format!("Content-Type: {kind}{head}\n\n{part}")])
    };
    let wrapper = format!("Content-Type: message/rfc822; forwarded=no\n\n{}", mixed(TO, "", &[csv("2004-Q1")]));
    let own = |period: &str, more: &[String]| {
        let parts = [&[csv(period), signature_file(&detached(&table(period)))], more].concat();
        format!("Content-Type: message/rfc822; forwarded=no\n\n{}", mixed(TO, "", &parts))
    };
    let of_another = format!("To: window@boemis.example\n{}", csv("2004-Q1"));
    let alternative = format!(
        "Content-Type: multipart/alternative; boundary=\"=-a\"\n\n--=-a\nContent-Type: text/plain\n\nx\n\
         --=-a\n{}--=-a--\n",
        csv("2004-Q1")
    );
    vec![
        sample("added-around", "A relay, or somebody, put the signed mail and a table side by side.", &[NOTHING], {
            Of(protected(TO, &[]), |mail| {
                let (head, body) = mail.split_once("\n\n").unwrap();
                let kind = head.split_once('\n').unwrap().1;
                let part = csv("2004-Q1");
                format!(
                    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=-o\"\n\n--=-o\n{kind}\n\n{body}\n\
                     --=-o\n{part}--=-o--\n"
                )
            })
        }),
        sample("added-behind", "A table stands as a third part behind part and signature.", &[NOTHING], {
            Of(protected(TO, &[csv("2004-Q2")]), |mail| {
                let end = mail.trim_end().rfind('\n').unwrap() + 1;
                let close = mail[end..].trim_end();
                let delimiter = close.strip_suffix("--").unwrap();
                format!("{}{delimiter}\n{}{close}\n", &mail[..end], csv("2004-Q1"))
            })
        }),
        sample("forwarded-beside", "A message with a table is attached to a signed mail beside a table.", CONTROL, {
            Clear("azerenerji", within("message/rfc822", ""))
        }),
        sample("forwarded-as-own", "The same, which says of itself that nobody forwards it.", CONTROL, {
            Clear(
                "azerenerji",
                within("message/rfc822", "; forwarded=no").replace(&control("2006-Q1"), &control("2006-Q2")),
            )
        }),
        sample(
            "signed-within-junk",
            "A signed mail within the signature, whose own signature is none: the wrapper in it is not this one's.",
            &[NOTHING],
            {
                let head = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; \
                            micalg=\"sha-256\"; boundary=\"=-s\"";
                let signature = "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\n\
                                 Content-Transfer-Encoding: base64\n\nMAMCAQc=\n";
                Opaque("azerenerji", format!("{head}\n\n--=-s\n{wrapper}\n--=-s\n{signature}--=-s--\n"))
            },
        ),
        sample(
            "signed-within-of-another",
            "Another person's signed mail within the signature: who passes it on did not write it.",
            &[NOTHING],
            Opaque("azerenerji", clear("azerisiq", &wrapper)),
        ),
        sample(
            "wrapped-own-of-a-stranger",
            "A stranger wrapped a table and its signature file: nothing of a message within a message counts.",
            &[NOTHING],
            Clear("stranger", own("2004-Q1", &[])),
        ),
        sample(
            "wrapped-own",
            "Of what is wrapped, only what the mail alone signs: the table with a signature of its own stays.",
            CONTROL,
            Clear("azerenerji", own("2004-Q1", &[control("2006-Q3")])),
        ),
        sample(
            "forwarded-whole",
            "A message to the window is all that is signed: who forwards it did not write it.",
            &[NOTHING],
            Clear("azerenerji", format!("Content-Type: message/rfc822\n\n{of_another}")),
        ),
        sample(
            "forwarded-signed",
            "A signed mail that would file is attached to one that nobody signed.",
            &[NOTHING],
            {
                Of(protected(TO, &[csv("2004-Q1")]), |mail| {
                    let part = format!("--=-o\nContent-Type: message/rfc822\n\n{mail}\n--=-o--\n");
                    format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=-o\"\n\n{part}")
                })
            },
        ),
        sample(
            "alternative",
            "A table is another form of the text, which one reader shows and another does not; one stands beside it.",
            CONTROL,
            Clear("azerenerji", protected(TO, &[control("2006-Q4"), alternative])),
        ),
        sample("unclosed", "The signed part does not say where it ends; only the mail around it does.", &[NOTHING], {
            Clear("azerenerji", protected(TO, &[csv("2004-Q1")]).replace("--=-in--\n", ""))
        }),
        sample("altered", "A figure was changed on the way.", &[NOTHING], {
            Of(protected(TO, &[format!("Content-Type: text/csv; name=c.csv\n\n{}", table("2004-Q1"))]), |mail| {
                assert!(mail.contains(",424"));
                mail.replacen(",424", ",425", 1)
            })
        }),
        sample(
            "another-signature-beside",
            "A signature file stands beside the table, and is of another.",
            &["nobody registered signed anything in it that is whole"],
            {
                let signature = detached(&table("2004-Q3"));
                let beside = signature_file(&signature);
                Clear("azerenerji", protected(TO, &[csv("2004-Q1"), beside]))
            },
        ),
        sample(
            "signed-by-itself",
            "The table has its own signature beside it, and the mail one that protects nothing.",
            &["c.csv: accepted azerenerji"],
            {
                let signature = detached(&table("2004-Q4"));
                let beside = signature_file(&signature);
                Clear("azerisiq", mixed("", "", &[csv("2004-Q4"), beside]))
            },
        ),
    ]
}

fn signature_file(octets: &[u8]) -> String {
    let head = "Content-Type: application/pkcs7-signature; name=\"c.csv.p7s\"\nContent-Transfer-Encoding: base64";
    format!("{head}\n\n{}", base64(octets))
}

/// A signature file of azerenerji's person.
fn detached(table: &str) -> Vec<u8> {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("t"), table).unwrap();
    let pki = |ending: &str| root().join("pki").join(format!("azerenerji.{ending}"));
    let mut command = Command::new("openssl");
    command.args(["cms", "-sign", "-cades", "-binary", "-in", "t", "-outform", "DER", "-signer"]).arg(pki("crt"));
    let output = command.arg("-inkey").arg(pki("key")).current_dir(scratch.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Whose mails file nothing, and what they may not file.
fn by_others() -> Vec<Sample> {
    let by = |signer: &'static str| Clear(signer, protected(TO, &[csv("2005-Q1")]));
    let other = capacity(voen("azerisiq"), "2005-Q2", 1, "SU-0001", "424");
    let approval = "<Approval xmlns=\"urn:boemis:approval:1\" id=\"A-1\" to=\"trial\" stage=\"approved\" \
                    submission=\"01900000-0000-7000-8000-000000000000\" sender=\"9990000631\"/>\n";
    vec![
        sample("of-a-stranger", "Signed by somebody whom nobody registered.", &[NOTHING], by("stranger")),
        sample(
            "of-a-body-without-it",
            "Signed by a registered person of a body that has it not agreed.",
            &[NOTHING],
            by("azerisiq"),
        ),
        sample(
            "of-another-body",
            "The table is another body's: the signer decides whose mail it is.",
            &["c.csv: rejected azerenerji authority.sender-differs"],
            Clear("azerenerji", protected(TO, &[attached("c.csv", &other)])),
        ),
        sample(
            "expired",
            "Signed with a certificate that has ended, and that nobody registered.",
            &[NOTHING],
            by("expired"),
        ),
        sample("approval", "An approval without a signature of its own: no mail approves anything.", &[NOTHING], {
            Clear("azerenerji", protected(TO, &[attached("a.xml", approval)]))
        }),
    ]
}
