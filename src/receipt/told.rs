//! What a receipt says, read from its XML and from nothing else.
//!
//! Read by the same reader as its signature, so that what is shown is what was proven: no DTD, no
//! entity but the five of XML. What it returns is proven by nothing; `prove` proves it.

use crate::finding::{Code, Finding};
use crate::forms::der;
use crate::forms::timestamp::Token;
use crate::forms::xmldsig::{DS, XADES};
use crate::host::Octets;
use crate::xml::{Element, Event, Limits, Reader};
use base64::Engine;
use std::io::Read;

/// Largest receipt, in octets: 200 findings with the longest texts stay below it.
const OCTETS_MAX: u64 = 8 << 20;
/// Deepest element; a receipt with its signature needs eight.
const DEPTH_MAX: usize = 16;
const RECEIPT: &str = "urn:boemis:receipt:1";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A receipt as it reads. Nothing in it is proven.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the contract's names
pub struct Told {
    pub id: String,
    pub number: String,
    pub window: String,
    pub environment: String,
    pub issued: String,
    /// The window's name for people.
    pub issued_by: String,
    pub received: String,
    pub decision: String,
    pub document: ToldFile,
    pub signature: Option<ToldFile>,
    pub original: Option<ToldOriginal>,
    pub voen: Option<String>,
    pub participant: Option<String>,
    pub dataset: Option<String>,
    pub period: Option<String>,
    pub revision: Option<String>,
    pub records: Option<String>,
    pub signers: Vec<ToldSigner>,
    pub understood: Vec<ToldTotal>,
    pub findings: Vec<ToldFinding>,
    /// Its place in the transparency log; none of a receipt from before there was one.
    pub log: Option<ToldLog>,
    /// The moment that a time-stamp over the seal states, the first of several. Nobody has looked whether it is one.
    pub stamped: Option<String>,
    /// The certificates in the `KeyInfo` of each `ds:Signature` child of the root, DER.
    pub(super) seals: Vec<Vec<Vec<u8>>>,
    /// How many `ds:Signature` elements there are in all.
    pub(super) signature_count: usize,
}

impl Told {
    /// The certificates that its signatures say they were made with, DER. Nothing is proven by that.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.seals.iter().flatten().map(Vec::as_slice)
    }
}

/// A file that a receipt names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ToldFile {
    pub name: String,
    pub sha256: Option<String>,
    pub size: Option<String>,
}

/// The earlier submission of a duplicate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ToldOriginal {
    pub id: String,
    pub number: String,
    pub decision: String,
}

/// The verdict on one signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ToldSigner {
    pub subject: Option<String>,
    pub certificate_sha256: Option<String>,
    pub indication: String,
    pub sub_indication: Option<String>,
}

/// A total that the window read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ToldTotal {
    pub title_az: String,
    pub title_en: String,
    pub value: String,
    pub unit: String,
}

/// A finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ToldFinding {
    pub code: String,
    pub severity: String,
    pub stage: String,
    pub line: Option<String>,
    pub column: Option<String>,
    pub row: Option<String>,
    pub path: Option<String>,
    pub clause: String,
    pub reason: String,
    pub message_az: String,
    pub message_en: String,
}

/// The place in the transparency log, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ToldLog {
    pub key: String,
    pub checkpoint: String,
    pub index: String,
    pub entry: String,
    pub inclusion: String,
    pub since: Option<ToldSince>,
    /// Number, digest and size of the log of the receipt before.
    pub previous: Option<(String, String, String)>,
}

/// An earlier checkpoint, and the proof that the one in the receipt continues it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ToldSince {
    pub size: String,
    pub root: String,
    pub proof: String,
}

impl Told {
    /// The certificate that its one seal names, DER.
    pub fn sealed_by(&self) -> Option<&[u8]> {
        match self.seals.as_slice() {
            [certificates] => certificates.first().map(Vec::as_slice),
            _ => None,
        }
    }

    /// Reads a receipt.
    ///
    /// # Errors
    /// [`Code::ReceiptNotAReceipt`], also for what cannot be read from disk.
    pub fn read(octets: &Octets) -> Result<Self, Finding> {
        Self::read_from(octets.reader(), octets.len())
    }

    /// As [`Told::read`], from memory.
    ///
    /// # Errors
    /// [`Code::ReceiptNotAReceipt`].
    pub fn read_octets(octets: &[u8]) -> Result<Self, Finding> {
        Self::read_from(octets, octets.len() as u64)
    }

    fn read_from(octets: impl Read, length: u64) -> Result<Self, Finding> {
        if length > OCTETS_MAX {
            return Err(not_a_receipt(format_args!("{length} > {OCTETS_MAX}")));
        }
        let mut reader = Reader::new(octets, length, &Limits { depth: DEPTH_MAX, ..Limits::default() });
        let fault = |fault: crate::xml::Fault| fault.finding().map_or_else(|| not_a_receipt("—"), not_a_receipt_by);
        let root = Element::read(&mut reader).map_err(fault)?;
        // whatever stands behind the root must be well-formed too
        while !matches!(reader.next().map_err(fault)?, Event::Done) {}
        if !root.is(RECEIPT, "Receipt") {
            return Err(not_a_receipt(format_args!("<{}>", root.local)));
        }
        Ok(Self::of(&root))
    }

    fn of(root: &Element) -> Self {
        let one = |name: &'static str| root.child(RECEIPT, name);
        let text = |name: &'static str| one(name).map(|element| element.text.clone()).unwrap_or_default();
        let attribute = |element: &'static str, name: &str| one(element).and_then(|element| get(element, name));
        let file = |element: &Element| ToldFile {
            name: must(element, "name"),
            sha256: get(element, "sha256"),
            size: get(element, "size"),
        };
        Self {
            id: must(root, "id"),
            number: must(root, "number"),
            window: must(root, "window"),
            environment: must(root, "environment"),
            issued: text("Issued"),
            issued_by: attribute("Issued", "by").unwrap_or_default(),
            received: text("Received"),
            decision: text("Decision"),
            document: one("Document").map(file).unwrap_or_default(),
            signature: one("Signature").map(file),
            original: one("Original").map(|original| ToldOriginal {
                id: must(original, "id"),
                number: must(original, "number"),
                decision: must(original, "decision"),
            }),
            voen: attribute("Sender", "voen"),
            participant: attribute("Sender", "participant"),
            dataset: attribute("Submission", "dataset"),
            period: attribute("Submission", "period"),
            revision: attribute("Submission", "revision"),
            records: attribute("Submission", "records"),
            signers: root
                .all(RECEIPT, "Signer")
                .map(|signer| ToldSigner {
                    subject: get(signer, "subject"),
                    certificate_sha256: get(signer, "certificate-sha256"),
                    indication: must(signer, "indication"),
                    sub_indication: get(signer, "sub-indication"),
                })
                .collect(),
            understood: root
                .all(RECEIPT, "Understood")
                .flat_map(|understood| understood.all(RECEIPT, "Total"))
                .map(|total| ToldTotal {
                    title_az: in_language(total, "Title", "az"),
                    title_en: in_language(total, "Title", "en"),
                    value: total.all(RECEIPT, "Value").map(|value| value.text.clone()).collect(),
                    unit: must(total, "unit"),
                })
                .collect(),
            findings: root.all(RECEIPT, "Finding").map(told_finding).collect(),
            log: one("Log").map(told_log),
            stamped: root.all(DS, "Signature").find_map(stamped),
            seals: root.all(DS, "Signature").map(certificates).collect(),
            signature_count: count(root, DS, "Signature"),
        }
    }
}

fn told_finding(finding: &Element) -> ToldFinding {
    ToldFinding {
        code: must(finding, "code"),
        severity: must(finding, "severity"),
        stage: must(finding, "stage"),
        line: get(finding, "line"),
        column: get(finding, "column"),
        row: get(finding, "row"),
        path: get(finding, "path"),
        clause: must(finding, "clause"),
        reason: must(finding, "reason"),
        message_az: in_language(finding, "Message", "az"),
        message_en: in_language(finding, "Message", "en"),
    }
}

fn told_log(log: &Element) -> ToldLog {
    let one = |name: &'static str| log.child(RECEIPT, name);
    let text = |name| one(name).map(|element| element.text.clone()).unwrap_or_default();
    let attribute = |element, name: &str| one(element).map(|element| must(element, name)).unwrap_or_default();
    ToldLog {
        key: attribute("Checkpoint", "key"),
        checkpoint: text("Checkpoint"),
        index: attribute("Entry", "index"),
        entry: text("Entry"),
        inclusion: text("Inclusion"),
        since: one("Consistency").map(|since| ToldSince {
            size: must(since, "from"),
            root: must(since, "root"),
            proof: since.text.clone(),
        }),
        previous: one("Previous")
            .map(|previous| (must(previous, "number"), must(previous, "content-sha256"), must(previous, "size"))),
    }
}

/// The moment of the first time-stamp behind a signature that can be read.
fn stamped(signature: &Element) -> Option<String> {
    let properties = signature.all(DS, "Object").flat_map(|object| object.all(XADES, "QualifyingProperties"));
    let unsigned = properties.flat_map(|all| all.all(XADES, "UnsignedProperties"));
    let unsigned = unsigned.flat_map(|all| all.all(XADES, "UnsignedSignatureProperties"));
    let stamps = unsigned.flat_map(|all| all.all(XADES, "SignatureTimeStamp"));
    stamps.flat_map(|stamp| stamp.all(XADES, "EncapsulatedTimeStamp")).find_map(|token| {
        let token = der::definite(&decoded(token)).ok()?;
        Some(Token::read(&token).ok()?.time.to_string())
    })
}

fn decoded(element: &Element) -> Vec<u8> {
    let base64: String = element.text.split_ascii_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default()
}

/// The certificates in a signature's own `KeyInfo`; one that is no Base64 is an empty one.
fn certificates(signature: &Element) -> Vec<Vec<u8>> {
    signature
        .all(DS, "KeyInfo")
        .flat_map(|info| info.all(DS, "X509Data"))
        .flat_map(|data| data.all(DS, "X509Certificate"))
        .map(decoded)
        .collect()
}

fn not_a_receipt(what: impl std::fmt::Display) -> Finding {
    Finding::new(Code::ReceiptNotAReceipt).found(what)
}

fn not_a_receipt_by(fault: Finding) -> Finding {
    not_a_receipt(fault.found.unwrap_or_else(|| fault.code.slug().to_owned()))
}

fn get(element: &Element, name: &str) -> Option<String> {
    element.attribute(name).map(str::to_owned)
}

fn must(element: &Element, name: &str) -> String {
    get(element, name).unwrap_or_default()
}

fn in_language(element: &Element, name: &str, language: &str) -> String {
    let speaks = |child: &&Element| {
        child.attributes.iter().any(|(ns, local, value)| ns == XML && local == "lang" && value == language)
    };
    element.all(RECEIPT, name).find(speaks).map(|child| child.text.clone()).unwrap_or_default()
}

/// How many such elements stand below it; the recursion is bounded by [`DEPTH_MAX`].
fn count(element: &Element, namespace: &str, local: &str) -> usize {
    let below = |child: &Element| usize::from(child.is(namespace, local)) + count(child, namespace, local);
    element.children.iter().map(below).sum()
}
