//! The hostile messages: how each was made, and what it must come to.
//!
//! Most hold, or hide, a document that a registered person signed: the accepted sample `xades-generation`. Who reads it
//! out of a place where the sender did not attach it, or not out of one where he did, is told by that.

use super::message::base64;
use super::server::ADDRESS;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Processed,
    Rejected,
}

use Outcome::{Processed, Rejected};

/// One message.
pub struct Hostile {
    pub name: &'static str,
    pub note: &'static str,
    pub outcome: Outcome,
    /// Part of the reason, or of what is said of its submissions.
    pub says: &'static str,
    pub octets: Vec<u8>,
    is_ours: bool,
}

/// Larger ones are made each time.
const KEPT_MAX: usize = 48 << 10;

impl Hostile {
    /// Whether it lies in the repository: no larger than a seed for fuzzing, and the same in each run.
    pub fn is_kept(&self) -> bool {
        self.octets.len() <= KEPT_MAX && !self.is_ours
    }
}

pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples")
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(samples().join(name)).unwrap()
}

fn document() -> Vec<u8> {
    sample("accepted/xades-generation/istehsal-2026-Q3.xml")
}

const NAME: &str = "name=\"a.xml\"";

/// The document as a part, encoded.
fn part_of(head: &str, octets: &[u8]) -> String {
    format!("{head}Content-Transfer-Encoding: base64\n\n{}", base64(octets))
}

fn part(head: &str) -> String {
    part_of(head, &document())
}

fn usual() -> String {
    part(&format!("Content-Type: application/xml; {NAME}\nContent-Disposition: attachment; filename=\"a.xml\"\n"))
}

/// The fields of every message.
fn head(name: &str) -> String {
    format!(
        "From: Office <office@agency.example>\nTo: window@boemis.example\nMessage-ID: <{name}@agency.example>\n\
         MIME-Version: 1.0\n"
    )
}

const MIXED: &str = "Content-Type: multipart/mixed; boundary=\"=-b\"\n\n";

/// A message of parts, each with its own header.
fn mixed(name: &str, fields: &str, parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--=-b\n{part}")).collect();
    format!("{}{fields}{MIXED}{parts}--=-b--\n", head(name))
}

/// The message of which all the others are abuses.
pub fn good() -> Vec<u8> {
    let part = part("Content-Type: application/xml; name=\"istehsal-2026-Q3.xml\"\n");
    mixed("good", "", &[part]).into_bytes()
}

/// All of them; `answer` is a mail that the window sent.
pub fn all(answer: &[u8]) -> Vec<Hostile> {
    let mut all = boundaries();
    all.extend(sizes());
    all.extend(names());
    all.extend(kinds());
    all.extend(senders(answer));
    all
}

type Row = (&'static str, &'static str, Outcome, &'static str, String);

fn rows(rows: Vec<Row>) -> Vec<Hostile> {
    let one = |(name, note, outcome, says, text): Row| {
        // as on the wire
        let octets = text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes();
        Hostile { name, note, outcome, says, octets, is_ours: false }
    };
    rows.into_iter().map(one).collect()
}

/// Two readers see different parts.
fn boundaries() -> Vec<Hostile> {
    let nested = |inner: &str| {
        format!("Content-Type: multipart/mixed; boundary=\"{inner}\"\n\n--{inner}\n{}--{inner}--\n", usual())
    };
    let plain = "Content-Type: text/plain\n\nhello\n".to_owned();
    rows(vec![
        (
            "boundary-doubled",
            "A part within a part has the boundary of the outer one: which of the two does a line end?",
            Rejected,
            "with the same boundary",
            mixed("boundary-doubled", "", &[nested("=-b")]),
        ),
        (
            "boundary-that-begins-another",
            "The inner boundary begins like the outer one; a line is the boundary only when all of it is.",
            Processed,
            "a.xml: duplicate azerenerji",
            mixed("boundary-that-begins-another", "", &[plain.clone(), nested("=-b-inner")]),
        ),
        (
            "boundary-too-long",
            "A boundary of 71 characters, one more than RFC 2046 5.1.1 allows.",
            Rejected,
            "without a boundary that can be read",
            format!(
                "{}Content-Type: multipart/mixed; boundary={b}\n\n--{b}\n{}--{b}--\n",
                head("boundary-too-long"),
                usual(),
                b = "b".repeat(71)
            ),
        ),
        (
            "unterminated",
            "The last boundary is missing: what else there was, nobody knows.",
            Rejected,
            "ends within a part",
            format!("{}{MIXED}--=-b\n{}", head("unterminated"), usual()),
        ),
        (
            "behind-the-end",
            "The document stands behind the closing boundary, where some readers go on.",
            Rejected,
            "nothing in it is a signed document",
            format!("{}--=-b\n{}--=-b--\n", mixed("behind-the-end", "", std::slice::from_ref(&plain)), usual()),
        ),
        (
            "before-the-beginning",
            "The document stands in the preamble, with the boundary of nothing above it.",
            Rejected,
            "nothing in it is a signed document",
            format!("{}{MIXED}--other\n{}--other--\n--=-b\n{plain}--=-b--\n", head("before-the-beginning"), usual()),
        ),
        (
            "parts-encoded-together",
            "The parts are encoded in base64 as one (RFC 2045 6.4 forbids it): who decodes first sees the document.",
            Rejected,
            "encoded together",
            format!(
                "{}Content-Transfer-Encoding: base64\n{MIXED}{}",
                head("parts-encoded-together"),
                base64(format!("--=-b\n{}--=-b--\n", usual()).as_bytes())
            ),
        ),
        (
            "two-content-types",
            "Two fields say what the message is: text, and parts with the document.",
            Rejected,
            "stands there twice",
            mixed("two-content-types", "Content-Type: text/plain\n", &[usual()]),
        ),
        (
            "two-encodings",
            "Two fields say how the document is encoded.",
            Rejected,
            "stands there twice",
            mixed(
                "two-encodings",
                "",
                &[part(&format!(
                    "Content-Type: application/xml; {NAME}\n\
                Content-Transfer-Encoding: 7bit\n"
                ))],
            ),
        ),
        (
            "base64-with-something-between",
            "Characters that are no base64 between its lines: lenient decoders pass over them, others stop.",
            Rejected,
            "nothing in it is a signed document",
            mixed("base64-with-something-between", "", &[usual().replacen("base64\n\n", "base64\n\n*!*\n", 1)]),
        ),
        (
            "base64-with-a-second-end",
            "Padding in the middle, and more behind it: some decoders end there, others go on.",
            Rejected,
            "nothing in it is a signed document",
            mixed("base64-with-a-second-end", "", &[usual().replacen("base64\n\n", "base64\n\nUEs=\n", 1)]),
        ),
        (
            "header-without-an-end",
            "A part whose header goes on to the boundary.",
            Rejected,
            "nothing in it is a signed document",
            mixed("header-without-an-end", "", &["Content-Type: application/xml; name=a.xml\n".to_owned()]),
        ),
    ])
}

/// Too much of something.
fn sizes() -> Vec<Hostile> {
    let down: String =
        (0..50).map(|n| format!("Content-Type: multipart/mixed; boundary=level{n}x\n\n--level{n}x\n")).collect();
    let up: String = (0..50).rev().map(|n| format!("--level{n}x--\n")).collect();
    let words = |count: usize| "=?utf-8?Q?=C9=99?= ".repeat(count);
    let bomb = sample("hostile/container-ratio-bomb/istehsal-2026-Q3.asice");
    rows(vec![
        (
            "nested-50-deep",
            "Parts within parts, fifty deep, the document in the innermost.",
            Rejected,
            "mail.depth_max",
            format!("{}{down}{}{up}", head("nested-50-deep"), usual()),
        ),
        (
            "ten-thousand-parts",
            "Ten thousand empty parts before the document.",
            Rejected,
            "mail.parts_max",
            format!(
                "{}{MIXED}{}--=-b\n{}--=-b--\n",
                head("ten-thousand-parts"),
                "--=-b\n\nx\n".repeat(10_000),
                usual()
            ),
        ),
        (
            "a-hundred-thousand-header-lines",
            "A header of a hundred thousand lines.",
            Rejected,
            "mail.header",
            mixed("a-hundred-thousand-header-lines", &"X: y\n".repeat(100_000), &[usual()]),
        ),
        (
            "one-long-field",
            "One field of a megabyte, folded over no line.",
            Rejected,
            "mail.header_max",
            mixed("one-long-field", &format!("X: {}\n", "y".repeat(1 << 20)), &[usual()]),
        ),
        (
            "forty-one-attachments",
            "The document forty-one times; a message may have forty attachments.",
            Rejected,
            "mail.attachments_max",
            mixed("forty-one-attachments", "", &vec![usual(); 41]),
        ),
        (
            "encoded-words-in-the-subject",
            "A subject of five thousand encoded words, each of which a reader that joins them copies once more.",
            Processed,
            "a.xml: duplicate azerenerji",
            mixed("encoded-words-in-the-subject", &format!("Subject: {}\n", words(5_000)), &[usual()]),
        ),
        (
            "encoded-words-in-a-name",
            "A file name of five thousand encoded words.",
            Processed,
            "duplicate azerenerji",
            mixed(
                "encoded-words-in-a-name",
                "",
                &[part(&format!("Content-Type: application/xml; name=\"{}\"\n", words(5_000)))],
            ),
        ),
        (
            "name-in-five-thousand-pieces",
            "A file name in five thousand pieces (RFC 2231 3), the last first.",
            Processed,
            "duplicate azerenerji",
            mixed(
                "name-in-five-thousand-pieces",
                "",
                &[part(&format!(
                    "Content-Type: application/xml\nContent-Disposition: attachment{}\n",
                    (0..5_000).rev().map(|n| format!("; filename*{n}=x")).collect::<String>()
                ))],
            ),
        ),
        (
            "container-bomb",
            "A container whose file unpacks to a thousand times its size, signed by a registered person.",
            Rejected,
            "nobody registered signed",
            mixed(
                "container-bomb",
                "",
                &[part_of("Content-Type: application/vnd.etsi.asic-e+zip; name=\"a.asice\"\n", &bomb)],
            ),
        ),
    ])
}

/// Names and identifiers that want to be something else.
fn names() -> Vec<Hostile> {
    let named = |head: &str| part(&format!("Content-Type: application/xml\n{head}"));
    let word = |text: &str| format!("=?utf-8?B?{}?=", base64(text.as_bytes()).replace('\n', ""));
    let injected = "a.xml\r\nBcc: victim@elsewhere.example\r\nX-Injected: yes\r\n\r\n<script>";
    let duplicate = "duplicate azerenerji";
    rows(vec![
        (
            "name-with-line-ends",
            "A file name that, decoded, has line ends and fields of a header in it.",
            Processed,
            duplicate,
            mixed(
                "name-with-line-ends",
                "",
                &[named(&format!("Content-Disposition: attachment; filename=\"{}\"\n", word(injected)))],
            ),
        ),
        (
            "name-with-line-ends-in-percent",
            "The same by RFC 2231.",
            Processed,
            duplicate,
            mixed(
                "name-with-line-ends-in-percent",
                "",
                &[named(
                    "Content-Disposition: attachment; filename*=utf-8''a.xml%0D%0ABcc:%20victim@other.example%0D%0A\n",
                )],
            ),
        ),
        (
            "name-that-reads-backwards",
            "A file name with marks that turn the direction of reading, and a NUL.",
            Processed,
            duplicate,
            mixed(
                "name-that-reads-backwards",
                "",
                &[named("Content-Disposition: attachment; filename*=utf-8''%E2%80%AElmx.exe%00.xml\n")],
            ),
        ),
        (
            "name-leads-out",
            "A file name that is a path out of every folder.",
            Processed,
            "passwd: duplicate azerenerji",
            mixed(
                "name-leads-out",
                "",
                &[named("Content-Disposition: attachment; filename=\"../../../../../../tmp/../etc/passwd\"\n")],
            ),
        ),
        (
            "name-leads-out-backwards",
            "The same with the other slash, and a drive.",
            Processed,
            duplicate,
            mixed(
                "name-leads-out-backwards",
                "",
                &[named("Content-Disposition: attachment; filename=\"C:\\\\..\\\\..\\\\pencere.toml\"\n")],
            ),
        ),
        (
            "name-of-dots",
            "A file that is called like the folder above.",
            Processed,
            duplicate,
            mixed("name-of-dots", "", &[named("Content-Disposition: attachment; filename=\"..\"\n")]),
        ),
        (
            "name-that-hides",
            "A name that begins with a dot, as no file in a drop folder may have: its receipt is seen all the same.",
            Processed,
            ".a.xml: duplicate azerenerji",
            mixed("name-that-hides", "", &[named("Content-Disposition: attachment; filename=\".a.xml\"\n")]),
        ),
        (
            "two-names",
            "One name in each of two fields; neither says what the file is.",
            Processed,
            duplicate,
            mixed(
                "two-names",
                "",
                &[part(
                    "Content-Type: image/png; name=\"picture.png\"\n\
                 Content-Disposition: attachment; filename=\"statement.exe\"\n",
                )],
            ),
        ),
        (
            "message-id-with-a-field",
            "A Message-ID with a folded line that wants to be a field of the answer.",
            Processed,
            duplicate,
            format!(
                "From: office@agency.example\nMessage-ID: <a@x>\n Bcc: victim@other.example\n{MIXED}--=-b\n{}--=-b--\n",
                usual()
            ),
        ),
        (
            "references-with-fields",
            "References in which addresses, line ends and endless ids stand.",
            Processed,
            duplicate,
            mixed(
                "references-with-fields",
                &format!(
                    "References: <a@x>\n Bcc: victim@other.example <{}> <b@x\n\t> =?utf-8?Q?=0D=0AX-Injected:_y?=\n",
                    "r".repeat(900)
                ),
                &[usual()],
            ),
        ),
        (
            "two-message-ids",
            "Two fields say by what the message is known; then it is known by its octets.",
            Processed,
            duplicate,
            mixed("two-message-ids", "Message-ID: <another@agency.example>\n", &[usual()]),
        ),
        (
            "subject-with-line-ends",
            "A subject that, decoded, has a field in it.",
            Processed,
            duplicate,
            mixed(
                "subject-with-line-ends",
                &format!("Subject: {}\n", word("hi\r\nBcc: victim@elsewhere.example\r\n")),
                &[usual()],
            ),
        ),
    ])
}

/// Forms that carry something and are no attachment.
fn kinds() -> Vec<Hostile> {
    let nothing = "nothing in it is a signed document";
    let uuencoded = |octets: &[u8]| {
        let mut text = String::from("begin 644 a.xml\n");
        for line in octets.chunks(45) {
            let six = |bits: u32| char::from(if bits & 63 == 0 { b'`' } else { 32 + (bits & 63) as u8 });
            text.push(six(line.len() as u32));
            for three in line.chunks(3) {
                let of = |nth: usize| u32::from(three.get(nth).copied().unwrap_or(0));
                let bits = of(0) << 16 | of(1) << 8 | of(2);
                [18, 12, 6, 0].into_iter().for_each(|shift| text.push(six(bits >> shift)));
            }
            text.push('\n');
        }
        text + "`\nend\n"
    };
    let mut all = rows(vec![
        (
            "message-partial",
            "The first of two pieces of a message (RFC 2046 5.2.2), with the whole document in it.",
            Rejected,
            nothing,
            format!(
                "{}Content-Type: message/partial; id=\"p@x\"; number=1; total=2\n\n{}",
                head("message-partial"),
                mixed("within", "", &[usual()])
            ),
        ),
        (
            "message-external-body",
            "The document is to be fetched from an address (RFC 2046 5.2.3).",
            Rejected,
            nothing,
            mixed(
                "message-external-body",
                "",
                &["Content-Type: message/external-body; access-type=URL;\n \
                URL=\"http://127.0.0.1:9/a.xml\"\n\nContent-Type: application/xml; name=\"a.xml\"\n\
                Content-ID: <a@x>\n\n"
                    .to_owned()],
            ),
        ),
        (
            "forwarded",
            "The document was sent to somebody else, who forwards it: that files nothing.",
            Rejected,
            nothing,
            mixed(
                "forwarded",
                "",
                &[format!(
                    "Content-Type: message/rfc822\n\n{}",
                    mixed("within", "", &[usual()]).replace("=-b", "=-inner")
                )],
            ),
        ),
        (
            "in-the-text",
            "The document is the text of the mail.",
            Rejected,
            nothing,
            mixed("in-the-text", "", &[part("Content-Type: text/plain; charset=utf-8\n")]),
        ),
        (
            "uuencoded",
            "The document stands in the text as uuencode wrote it.",
            Rejected,
            nothing,
            mixed("uuencoded", "", &[format!("Content-Type: text/plain\n\n{}", uuencoded(&document()))]),
        ),
        (
            "uuencoded-part",
            "The document in a part whose encoding no standard of mail names.",
            Rejected,
            nothing,
            mixed(
                "uuencoded-part",
                "",
                &[format!(
                    "Content-Type: application/xml; {NAME}\nContent-Transfer-Encoding: x-uuencode\n\n{}",
                    uuencoded(&document())
                )],
            ),
        ),
        (
            "enveloped",
            "A mail that is encrypted: nobody here can open it.",
            Rejected,
            nothing,
            format!(
                "{}{}",
                head("enveloped"),
                part_of(
                    "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"\n",
                    b"\x30\x20\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x13\x30\x11\x02\x01\x00",
                )
            ),
        ),
    ]);
    let raw = |name, note, outcome, says, octets| Hostile { name, note, outcome, says, octets, is_ours: false };
    // TNEF: signature, key, then one attribute at the level of an attachment that holds the document
    let document = document();
    let mut tnef = [0x78, 0x9F, 0x3E, 0x22, 1, 0, 2, 0x0F, 0x80, 0x06, 0].to_vec();
    tnef.extend(u32::try_from(document.len()).unwrap().to_le_bytes());
    tnef.extend(&document);
    tnef.extend(document.iter().fold(0u16, |sum, octet| sum.wrapping_add(u16::from(*octet))).to_le_bytes());
    let tnef = part_of("Content-Type: application/ms-tnef; name=\"winmail.dat\"\n", &tnef);
    let crlf = |text: String| text.replace('\n', "\r\n").into_bytes();
    all.push(raw(
        "winmail-dat",
        "The document in the packet in which some programs put all attachments.",
        Rejected,
        nothing,
        crlf(mixed("winmail-dat", "", &[tnef])),
    ));
    let mut numbers = 0x9E37_79B9_7F4A_7C15u64;
    let garbage = std::iter::repeat_with(|| {
        numbers ^= numbers << 13;
        numbers ^= numbers >> 7;
        numbers ^= numbers << 17;
        (numbers >> 32) as u8 | 0x80
    });
    let garbage: Vec<u8> = garbage.take(8192).collect();
    all.push(raw("garbage", "Octets above 127, and nothing else.", Rejected, nothing, garbage.clone()));
    let mut fields = crlf(head("garbage-in-fields"));
    fields.extend([b"Subject: ", &garbage[..300], b"\r\nContent-Type: ", &garbage[..300], b"\r\n\r\n"].concat());
    fields.extend(&garbage);
    all.push(raw("garbage-in-fields", "The same in the fields that count.", Rejected, nothing, fields));
    let nul = mixed("nul", "", &[usual()]).replace("--=-b--", "--=-b\0--");
    all.push(raw("nul-in-a-boundary", "A NUL in the last boundary.", Rejected, "ends within a part", crlf(nul)));
    let bare = mixed("bare-cr", "", &[usual()]).replace('\n', "\r").into_bytes();
    all.push(raw("bare-cr", "Every line ends in CR alone: it is one line.", Rejected, nothing, bare));
    all.push(raw("empty", "No octet at all.", Rejected, nothing, Vec::new()));
    all
}

/// Who pretends to be somebody.
fn senders(answer: &[u8]) -> Vec<Hostile> {
    let nothing = "nothing in it is a signed document";
    let report = |id: &str, more: &str| {
        format!(
            "Return-Path: <>\n{}Content-Type: multipart/report; report-type=delivery-status; boundary=\"=-b\"\n\n\
             --=-b\nContent-Type: text/plain\n\nIt failed.\n--=-b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; {ADDRESS}\nAction: failed\nStatus: 5.1.1\n\n--=-b\n\
             Content-Type: message/rfc822\n\nMessage-ID: <{id}>\n\nx\n{more}--=-b--\n",
            head("report")
        )
    };
    let mut all = rows(vec![
        (
            "report-on-nothing-of-ours",
            "A report that a mail which the window never sent could not be delivered.",
            Processed,
            "",
            report("never-sent@boemis.test", ""),
        ),
        (
            "report-with-a-document",
            "The same with a document in it: what comes back is filed by nobody.",
            Processed,
            "",
            report("never-sent-either@boemis.test", &format!("--=-b\n{}", usual())),
        ),
        (
            "null-return-path",
            "A document in a mail with the return path of mail systems.",
            Rejected,
            nothing,
            mixed("null-return-path", "Return-Path: <>\n", &[usual()]),
        ),
        (
            "receipt-as-a-document",
            "A receipt of the window's own form, signed by an official, sent as a document.",
            Processed,
            "rejected azerisiq schema.invalid",
            mixed(
                "receipt-as-a-document",
                "",
                &[part_of(
                    &format!("Content-Type: application/xml; {NAME}\n"),
                    &sample("hostile/forged-receipt/istehsal.xml"),
                )],
            ),
        ),
        (
            "from-a-registered-address",
            "The From is the address of a registered body, and nothing is signed.",
            Rejected,
            nothing,
            mixed("from-a-registered-address", "", &["Content-Type: text/csv; name=\"a.csv\"\n\na,b\n".to_owned()])
                .replace("office@agency.example", ADDRESS),
        ),
        (
            "from-ten-addresses",
            "Ten addresses in From, one of which is registered.",
            Rejected,
            nothing,
            format!(
                "From: {}{ADDRESS}\nMessage-ID: <ten@x>\n\nhello\n",
                (0..9).map(|n| format!("victim{n}@elsewhere.example, ")).collect::<String>()
            ),
        ),
    ]);
    let ours = |name, note, octets| Hostile { name, note, outcome: Rejected, says: "", octets, is_ours: true };
    all.push(ours("our-own-answer", "The window's own answer, sent back to it as it is.", answer.to_vec()));
    // as a person would send it back: the fields that say who wrote it are gone
    let text = String::from_utf8(answer.to_vec()).unwrap();
    let text =
        text.replacen("Auto-Submitted: auto-replied\r\n", "", 1).replacen("Message-ID: <", "Message-ID: <back.", 1);
    all.push(ours("our-own-answer-as-a-persons", "The same, as if a person had written it.", text.into_bytes()));
    all
}
