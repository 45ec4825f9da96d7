//! What a receipt says, read from its XML and from nothing else.
//!
//! Owns a small, bounded reader for receipts: UTF-8 alone, no DTD, no entity but the five of XML.
//! What it returns is proven by nothing; `prove` proves it.

use crate::finding::{Code, Finding};
use crate::host::Octets;
use base64::Engine;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// Largest receipt, in octets: 200 findings with the longest texts stay below it.
const OCTETS_MAX: u64 = 8 << 20;
/// Deepest element; a receipt with its signature needs eight.
const DEPTH_MAX: usize = 16;
/// Most elements; 200 findings need 600.
const ELEMENTS_MAX: usize = 4096;

const RECEIPT: &str = "urn:boemis:receipt:1";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
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
    /// The certificates in the `KeyInfo` of each `ds:Signature` child of the root, DER.
    pub(super) seals: Vec<Vec<Vec<u8>>>,
    /// How many `ds:Signature` elements there are in all.
    pub(super) signature_count: usize,
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

impl Told {
    /// Reads a receipt.
    ///
    /// # Errors
    /// [`Code::ReceiptNotAReceipt`], also for what cannot be read from disk.
    pub fn read(octets: &Octets) -> Result<Self, Finding> {
        let limit = usize::try_from(OCTETS_MAX).unwrap_or(usize::MAX);
        if octets.len() > OCTETS_MAX {
            return Err(not_a_receipt(format_args!("{} > {OCTETS_MAX}", octets.len())));
        }
        match octets.in_memory() {
            Some(octets) => Self::read_octets(octets),
            None => Self::read_octets(&octets.head(limit).map_err(not_a_receipt)?),
        }
    }

    /// As [`Told::read`], from memory.
    ///
    /// # Errors
    /// [`Code::ReceiptNotAReceipt`].
    pub fn read_octets(octets: &[u8]) -> Result<Self, Finding> {
        if octets.len() as u64 > OCTETS_MAX {
            return Err(not_a_receipt(format_args!("{} > {OCTETS_MAX}", octets.len())));
        }
        let text = std::str::from_utf8(octets).map_err(|_| not_a_receipt("UTF-8?"))?;
        let root = tree(text.strip_prefix('\u{feff}').unwrap_or(text))?;
        if !root.is(RECEIPT, "Receipt") {
            return Err(not_a_receipt(format_args!("<{}>", root.local)));
        }
        Ok(Self::of(&root))
    }

    fn of(root: &Element) -> Self {
        let one = |name: &'static str| root.children(RECEIPT, name).next();
        let text = |name: &'static str| one(name).map(|element| element.text.clone()).unwrap_or_default();
        let attribute = |element: &'static str, name: &str| one(element).and_then(|element| element.get(name));
        let file = |element: &Element| ToldFile {
            name: element.must(NAME),
            sha256: element.get("sha256"),
            size: element.get("size"),
        };
        Self {
            id: root.must("id"),
            number: root.must("number"),
            window: root.must("window"),
            environment: root.must("environment"),
            issued: text("Issued"),
            issued_by: attribute("Issued", "by").unwrap_or_default(),
            received: text("Received"),
            decision: text("Decision"),
            document: one("Document").map(file).unwrap_or_default(),
            signature: one("Signature").map(file),
            original: one("Original").map(|original| ToldOriginal {
                id: original.must("id"),
                number: original.must("number"),
                decision: original.must("decision"),
            }),
            voen: attribute("Sender", "voen"),
            participant: attribute("Sender", "participant"),
            dataset: attribute("Submission", "dataset"),
            period: attribute("Submission", "period"),
            revision: attribute("Submission", "revision"),
            records: attribute("Submission", "records"),
            signers: root
                .children(RECEIPT, "Signer")
                .map(|signer| ToldSigner {
                    subject: signer.get("subject"),
                    certificate_sha256: signer.get("certificate-sha256"),
                    indication: signer.must("indication"),
                    sub_indication: signer.get("sub-indication"),
                })
                .collect(),
            understood: root
                .children(RECEIPT, "Understood")
                .flat_map(|understood| understood.children(RECEIPT, "Total"))
                .map(|total| ToldTotal {
                    title_az: total.in_language("Title", "az"),
                    title_en: total.in_language("Title", "en"),
                    value: total.children(RECEIPT, "Value").map(|value| value.text.clone()).collect(),
                    unit: total.must("unit"),
                })
                .collect(),
            findings: root.children(RECEIPT, "Finding").map(told_finding).collect(),
            seals: root.children(DS, "Signature").map(certificates).collect(),
            signature_count: root.count(DS, "Signature"),
        }
    }
}

const NAME: &str = "name";

fn told_finding(finding: &Element) -> ToldFinding {
    ToldFinding {
        code: finding.must("code"),
        severity: finding.must("severity"),
        stage: finding.must("stage"),
        line: finding.get("line"),
        column: finding.get("column"),
        row: finding.get("row"),
        path: finding.get("path"),
        clause: finding.must("clause"),
        reason: finding.must("reason"),
        message_az: finding.in_language("Message", "az"),
        message_en: finding.in_language("Message", "en"),
    }
}

/// The certificates in a signature's own `KeyInfo`; one that is no Base64 is an empty one.
fn certificates(signature: &Element) -> Vec<Vec<u8>> {
    signature
        .children(DS, "KeyInfo")
        .flat_map(|info| info.children(DS, "X509Data"))
        .flat_map(|data| data.children(DS, "X509Certificate"))
        .map(|certificate| {
            let base64: String = certificate.text.split_ascii_whitespace().collect();
            base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default()
        })
        .collect()
}

fn not_a_receipt(what: impl std::fmt::Display) -> Finding {
    Finding::new(Code::ReceiptNotAReceipt).found(what)
}

/// An element with what a receipt has of it: text is that directly inside.
#[derive(Default)]
struct Element {
    namespace: String,
    local: String,
    /// Namespace, local name, value.
    attributes: Vec<(String, String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    fn is(&self, namespace: &str, local: &str) -> bool {
        self.namespace == namespace && self.local == local
    }

    fn children<'a>(&'a self, namespace: &'a str, local: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.is(namespace, local))
    }

    fn get(&self, name: &str) -> Option<String> {
        self.attributes
            .iter()
            .find(|(namespace, local, _)| namespace.is_empty() && local == name)
            .map(|(_, _, value)| value.clone())
    }

    fn must(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }

    fn in_language(&self, name: &str, language: &str) -> String {
        let speaks = |child: &&Element| {
            child.attributes.iter().any(|(ns, local, value)| ns == XML && local == "lang" && value == language)
        };
        self.children(RECEIPT, name).find(speaks).map(|child| child.text.clone()).unwrap_or_default()
    }

    /// How many such elements stand below it.
    fn count(&self, namespace: &str, local: &str) -> usize {
        let below = |child: &Element| usize::from(child.is(namespace, local)) + child.count(namespace, local);
        self.children.iter().map(below).sum()
    }
}

/// Reads a small document whole; recursion over the result is bounded by [`DEPTH_MAX`].
fn tree(text: &str) -> Result<Element, Finding> {
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        let event = reader.read_event().map_err(not_a_receipt)?;
        let (start, empty) = match event {
            Event::Eof if open.is_empty() => return root.ok_or_else(|| not_a_receipt("—")),
            Event::Eof | Event::DocType(_) => return Err(not_a_receipt("…")),
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                close(&mut open, &mut root)?;
                continue;
            }
            other => {
                content(other, open.last_mut())?;
                continue;
            }
        };
        elements += 1;
        if elements > ELEMENTS_MAX || open.len() == DEPTH_MAX || root.is_some() {
            return Err(not_a_receipt(format_args!("<{}>", start.name().0)));
        }
        open.push(element(&reader, &start)?);
        if empty {
            close(&mut open, &mut root)?;
        }
    }
}

fn close(open: &mut Vec<Element>, root: &mut Option<Element>) -> Result<(), Finding> {
    let closed = open.pop().ok_or_else(|| not_a_receipt("</"))?;
    match open.last_mut() {
        Some(parent) => parent.children.push(closed),
        None => *root = Some(closed),
    }
    Ok(())
}

fn content(event: Event<'_>, inside: Option<&mut Element>) -> Result<(), Finding> {
    let piece = match event {
        Event::Text(text) => text.xml10_content().into_owned(),
        Event::CData(text) => text.xml10_content().into_owned(),
        Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(not_a_receipt)? {
            Some(c) => c.to_string(),
            None => quick_xml::escape::resolve_predefined_entity(&reference)
                .ok_or_else(|| not_a_receipt(format_args!("&{};", &*reference)))?
                .to_owned(),
        },
        _ => return Ok(()), // comments and processing instructions say nothing
    };
    match inside {
        Some(element) => element.text.push_str(&piece),
        None if piece.trim().is_empty() => {}
        None => return Err(not_a_receipt(piece)),
    }
    Ok(())
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, Finding> {
    let namespace = |resolved: ResolveResult<'_>| match resolved {
        ResolveResult::Bound(namespace) => Ok(namespace.0.to_owned()),
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => Err(not_a_receipt(format_args!("{prefix}:"))),
    };
    let (resolved, local) = reader.resolver().resolve_element(start.name());
    let mut element =
        Element { namespace: namespace(resolved)?, local: local.into_inner().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(not_a_receipt)?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (resolved, local) = reader.resolver().resolve_attribute(attribute.key);
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(not_a_receipt)?;
        element.attributes.push((namespace(resolved)?, local.into_inner().to_owned(), value.into_owned()));
    }
    Ok(element)
}
