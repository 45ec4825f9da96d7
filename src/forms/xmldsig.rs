//! XML Signature (XMLDSig 1.1), as written; its XAdES properties are [`qualifying`](super::qualifying)'s.
//!
//! Owns what the elements of one `ds:Signature` say. What this window does not process is read
//! as *unsupported* with its name, never guessed; what the schema does not allow is malformed.

use super::algorithm::{DigestAlgorithm, RSA_PSS_URI, SignatureAlgorithm};
use super::keyvalue;
use super::qualifying::Properties;
use crate::xml::{Element, Method};
use base64::Engine;
use openssl::pkey::{PKey, Public};

/// The namespace of XML Signature.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The namespace of XAdES 1.3.2.
pub const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// The namespace of XAdES 1.4.1.
pub(super) const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";
/// The type of a reference to signed properties (EN 319 132-1, 4.4).
pub const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
const FILTER2: &str = "http://www.w3.org/2002/06/xmldsig-filter2";
const PSS: &str = "http://www.w3.org/2007/05/xmldsig-more#";
const MGF1: &str = "http://www.w3.org/2007/05/xmldsig-more#MGF1";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Prefixes of one InclusiveNamespaces list: more than any vocabulary mix needs.
const PREFIXES_MAX: usize = 64;

/// Something in a signature that this window does not process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported(pub String);

/// Why an element is no proper signature, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

/// One `ds:Signature`.
#[derive(Debug)]
pub struct Signature {
    /// Its `Id`.
    pub id: Option<String>,
    /// How SignedInfo is canonicalised.
    pub canonicalisation: Result<Method, Unsupported>,
    /// How it is signed.
    pub algorithm: Result<SignatureAlgorithm, Unsupported>,
    /// What it refers to, in order; never empty.
    pub references: Vec<Reference>,
    /// Offsets of the start tags of SignedInfo, SignatureValue and, where there is one, KeyInfo.
    pub parts: Vec<u64>,
    /// The signature value.
    pub value: Vec<u8>,
    /// Certificates in KeyInfo, DER, in order.
    pub certificates: Vec<Vec<u8>>,
    /// A bare public key in KeyInfo: whose, it does not say.
    pub key: Option<PKey<Public>>,
    /// Objects that are not XAdES properties: offset of the start tag, and `Id`.
    pub other_objects: Vec<(u64, Option<String>)>,
    /// Ids of the references of manifests in its Objects: signed things that a property may speak of too.
    pub manifest_ids: Vec<String>,
    /// XAdES properties.
    pub properties: Option<Properties>,
}

/// One `ds:Reference`.
#[derive(Debug)]
pub struct Reference {
    /// Its `Id`.
    pub id: Option<String>,
    /// Its `URI`; none when left out.
    pub uri: Option<String>,
    /// Its `Type`.
    pub kind: Option<String>,
    /// What is done to what it refers to.
    pub transforms: Result<Transforms, Unsupported>,
    /// Whether nothing at all is done to it: octets are then digested as they are.
    pub is_bare: bool,
    /// The digest algorithm.
    pub algorithm: Result<DigestAlgorithm, Unsupported>,
    /// The digest.
    pub digest: Vec<u8>,
}

/// Transforms of a reference, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transforms {
    /// What is left out.
    pub without: Without,
    /// How the rest becomes octets.
    pub rendering: Rendering,
    /// Whether a transform says so itself.
    pub is_named: bool,
}

/// Which signatures a reference leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// None.
    Nothing,
    /// The one that holds the reference (XMLDSig 1.1 6.6.4).
    Own,
    /// Every `ds:Signature` wherever it stands, with all that is in it.
    Every,
}

/// How nodes become octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendering {
    /// By a canonicalisation; Canonical XML 1.0 where none is named (XMLDSig 1.1 4.4.3.2).
    Canonical(Method),
    /// Their text alone, decoded (XMLDSig 1.1 6.6.2).
    Base64,
}

impl Signature {
    /// References of one signature: a submission needs two; containers of many files need more.
    pub const REFERENCES_MAX: usize = 64;
    /// Certificates of one signature: a chain and a few more.
    pub const CERTIFICATES_MAX: usize = 32;

    /// Reads a `ds:Signature` element.
    ///
    /// # Errors
    /// What the schema of XML Signature does not allow, in words.
    pub fn read(element: &Element) -> Result<Self, Malformed> {
        let mut children = element.children.iter().peekable();
        let mut next = |local: &str| children.next_if(|child| child.is(DS, local));
        let info = next("SignedInfo").ok_or_else(|| missing("SignedInfo"))?;
        let value = next("SignatureValue").ok_or_else(|| missing("SignatureValue"))?;
        let key_info = next("KeyInfo");
        let mut objects = Vec::new();
        while let Some(object) = next("Object") {
            objects.push(object);
        }
        if let Some(odd) = children.next() {
            return Err(Malformed(format!("“{}” inside ds:Signature", odd.local)));
        }
        let mut signature = Self {
            id: element.attribute("Id").map(str::to_owned),
            canonicalisation: Err(Unsupported(String::new())),
            algorithm: Err(Unsupported(String::new())),
            references: Vec::new(),
            parts: [Some(info), Some(value), key_info].into_iter().flatten().map(|part| part.offset).collect(),
            value: base64(&value.text)?,
            certificates: Vec::new(),
            key: key_info.and_then(keyvalue::bare),
            other_objects: Vec::new(),
            manifest_ids: Vec::new(),
            properties: None,
        };
        signature.signed_info(info, element)?;
        for data in key_info.iter().flat_map(|info| info.all(DS, "X509Data")) {
            for certificate in data.all(DS, "X509Certificate") {
                signature.certificates.push(base64(&certificate.text)?);
            }
        }
        if signature.certificates.len() > Self::CERTIFICATES_MAX {
            return Err(Malformed(format!("more than {} certificates", Self::CERTIFICATES_MAX)));
        }
        for object in objects {
            signature.object(object)?;
        }
        Ok(signature)
    }

    fn signed_info(&mut self, info: &Element, root: &Element) -> Result<(), Malformed> {
        let mut children = info.children.iter();
        let mut next = |local: &str| match children.next() {
            Some(child) if child.is(DS, local) => Ok(child),
            _ => Err(missing(local)),
        };
        let method = next("CanonicalizationMethod")?;
        self.canonicalisation = canonicalisation(method);
        let algorithm = next("SignatureMethod")?;
        self.algorithm = signature_algorithm(algorithm);
        for child in children {
            if !child.is(DS, "Reference") {
                return Err(Malformed(format!("“{}” inside ds:SignedInfo", child.local)));
            }
            self.references.push(Reference::read(child, root)?);
        }
        match self.references.len() {
            0 => Err(missing("Reference")),
            count if count > Self::REFERENCES_MAX => {
                Err(Malformed(format!("more than {} references", Self::REFERENCES_MAX)))
            }
            _ => Ok(()),
        }
    }

    fn object(&mut self, object: &Element) -> Result<(), Malformed> {
        let properties = match &object.children[..] {
            [only] if only.is(XADES, "QualifyingProperties") && object.text.trim().is_empty() => only,
            _ => {
                let manifests = object.all(DS, "Manifest").flat_map(|manifest| manifest.all(DS, "Reference"));
                self.manifest_ids.extend(manifests.filter_map(|one| one.attribute("Id")).map(str::to_owned));
                self.other_objects.push((object.offset, object.attribute("Id").map(str::to_owned)));
                return Ok(());
            }
        };
        if self.properties.is_some() {
            // EN 319 132-1, 4.4.1: all properties of one signature in one place
            return Err(Malformed("a second QualifyingProperties".into()));
        }
        self.properties = Some(Properties::read(properties)?);
        Ok(())
    }
}

impl Reference {
    fn read(element: &Element, root: &Element) -> Result<Self, Malformed> {
        let (transforms, rest) = match &element.children[..] {
            [first, rest @ ..] if first.is(DS, "Transforms") => (Some(first), rest),
            rest => (None, rest),
        };
        let [method, value] = rest else { return Err(missing("DigestMethod or DigestValue")) };
        if !method.is(DS, "DigestMethod") || !value.is(DS, "DigestValue") {
            return Err(missing("DigestMethod or DigestValue"));
        }
        let algorithm = method.attribute("Algorithm").unwrap_or_default();
        Ok(Self {
            id: element.attribute("Id").map(str::to_owned),
            uri: element.attribute("URI").map(str::to_owned),
            kind: element.attribute("Type").map(str::to_owned),
            transforms: understand(transforms, root),
            is_bare: transforms.is_none_or(|transforms| transforms.children.is_empty()),
            algorithm: DigestAlgorithm::from_uri(algorithm).ok_or_else(|| Unsupported(algorithm.to_owned())),
            digest: base64(&value.text)?,
        })
    }
}

/// What leaves signatures out, then one canonicalisation or base64; either may be missing. Anything else
/// is unsupported. XML Signature allows more than is safe.
fn understand(transforms: Option<&Element>, root: &Element) -> Result<Transforms, Unsupported> {
    let default = Rendering::Canonical(Method::Inclusive { comments: false, eleven: false });
    let mut understood = Transforms { without: Without::Nothing, rendering: default, is_named: false };
    let (mut own, mut every, mut rendered) = (false, false, false);
    for transform in transforms.iter().flat_map(|transforms| &transforms.children) {
        let algorithm = transform.attribute("Algorithm").unwrap_or_default();
        if rendered || !transform.is(DS, "Transform") {
            return Err(Unsupported(format!("a transform after the last one that is understood: {algorithm}")));
        }
        let seen = match algorithm {
            ENVELOPED if transform.children.is_empty() => &mut own,
            XPATH | FILTER2 if is_every_signature(algorithm, transform, root) => &mut every,
            BASE64 if transform.children.is_empty() => {
                (understood.rendering, rendered) = (Rendering::Base64, true);
                continue;
            }
            _ => {
                (understood.rendering, rendered) = (Rendering::Canonical(canonicalisation(transform)?), true);
                continue;
            }
        };
        if std::mem::replace(seen, true) {
            return Err(Unsupported(format!("{algorithm} twice")));
        }
    }
    understood.without = match (own, every) {
        (_, true) => Without::Every, // its own is one of them
        (true, false) => Without::Own,
        (false, false) => Without::Nothing,
    };
    understood.is_named = rendered;
    Ok(understood)
}

/// Whether the transform is one of the two by which EU DSS leaves signatures out, to the token: XPath's
/// `not(ancestor-or-self::ds:Signature)`, or XPath Filter 2.0's one `subtract` of
/// `/descendant::ds:Signature`. Both leave out the same: every `ds:Signature`, with all that is in it.
fn is_every_signature(algorithm: &str, transform: &Element, root: &Element) -> bool {
    let [xpath] = &transform.children[..] else { return false };
    let attributes: Vec<_> = xpath.attributes.iter().map(|(ns, local, value)| [ns, local, value]).collect();
    let (namespace, before, after): (_, &[&str], &[&str]) = match (algorithm, &attributes[..]) {
        (XPATH, []) => (DS, &["not", "(", "ancestor-or-self", "::"], &[")"]),
        (FILTER2, [[ns, local, value]]) if ns.is_empty() && *local == "Filter" && *value == "subtract" => {
            (FILTER2, &["/", "descendant", "::"], &[])
        }
        _ => return false,
    };
    let plain = xpath.is(namespace, "XPath") && xpath.children.is_empty() && trim(&transform.text).is_empty();
    // XPath 1.0, 2.3: a name without a prefix is in no namespace, so it means no signature
    let name = between(&xpath.text, before, after).and_then(|name| name.split_once(':'));
    let Some((prefix, "Signature")) = name.filter(|(prefix, _)| !prefix.is_empty()) else { return false };
    plain && root.bound(prefix, xpath.offset) == Some(DS)
}

/// What stands between these tokens; white space may stand around each (XPath 1.0, 3.7).
fn between<'a>(text: &'a str, before: &[&str], after: &[&str]) -> Option<&'a str> {
    let text = before.iter().try_fold(trim(text), |rest, token| rest.strip_prefix(token).map(trim))?;
    after.iter().rev().try_fold(text, |rest, token| rest.strip_suffix(token).map(trim))
}

/// Without the white space around it that XML and XPath know.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// A signature algorithm by its element; RSASSA-PSS may bring parameters (RFC 9231 2.3.9).
fn signature_algorithm(element: &Element) -> Result<SignatureAlgorithm, Unsupported> {
    let uri = element.attribute("Algorithm").unwrap_or_default();
    let unsupported = || Unsupported(if uri.is_empty() { "a nameless algorithm".into() } else { uri.to_owned() });
    if uri != RSA_PSS_URI {
        return SignatureAlgorithm::from_uri(uri).ok_or_else(unsupported);
    }
    let digest_of = |element: &Element| {
        let method = element.child(DS, "DigestMethod")?.attribute("Algorithm")?;
        DigestAlgorithm::from_uri(method)
    };
    let Some(parameters) = element.child(PSS, "RSAPSSParams") else {
        return Ok(SignatureAlgorithm::pss(DigestAlgorithm::Sha256)); // the defaults of RFC 9231
    };
    let digest = match parameters.child(DS, "DigestMethod") {
        Some(_) => digest_of(parameters).ok_or_else(unsupported)?,
        None => DigestAlgorithm::Sha256,
    };
    let mask = match parameters.child(PSS, "MaskGenerationFunction") {
        Some(function) if function.attribute("Algorithm") == Some(MGF1) => match function.child(DS, "DigestMethod") {
            Some(_) => digest_of(function).ok_or_else(unsupported)?,
            None => DigestAlgorithm::Sha256,
        },
        Some(_) => return Err(unsupported()),
        None => digest,
    };
    let salt = match parameters.child(PSS, "SaltLength") {
        Some(salt) => salt.text.trim().parse().map_err(|_| unsupported())?,
        None => digest.size() as u32,
    };
    match parameters.child(PSS, "TrailerField").map(|trailer| trailer.text.trim()) {
        None | Some("1") => Ok(SignatureAlgorithm::RsaPss { digest, mask, salt }),
        Some(_) => Err(unsupported()),
    }
}

/// A canonicalisation by its element (Canonical XML 1.0 and 1.1, Exclusive 1.0).
pub(super) fn canonicalisation(element: &Element) -> Result<Method, Unsupported> {
    let uri = element.attribute("Algorithm").unwrap_or_default();
    let (name, comments) = match uri.strip_suffix("WithComments") {
        Some(name) => (name.strip_suffix('#').filter(|name| !name.ends_with("exc-c14n")).unwrap_or(name), true),
        None => (uri, false),
    };
    let mut method = match name {
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" => Method::Inclusive { comments, eleven: false },
        "http://www.w3.org/2006/12/xml-c14n11" => Method::Inclusive { comments, eleven: true },
        EXCLUSIVE => Method::Exclusive { comments, inclusive: Vec::new() },
        _ => return Err(Unsupported(if uri.is_empty() { "a nameless algorithm".into() } else { uri.to_owned() })),
    };
    match (&mut method, &element.children[..]) {
        (_, []) => {}
        (Method::Exclusive { inclusive, .. }, [list]) if list.is(EXCLUSIVE, "InclusiveNamespaces") => {
            let prefixes = list.attribute("PrefixList").unwrap_or_default().split_ascii_whitespace();
            inclusive.extend(prefixes.map(|prefix| if prefix == "#default" { "" } else { prefix }.to_owned()));
            if inclusive.len() > PREFIXES_MAX {
                return Err(Unsupported(format!("an InclusiveNamespaces list of more than {PREFIXES_MAX} prefixes")));
            }
        }
        _ => return Err(Unsupported(format!("parameters of {uri}"))),
    }
    Ok(method)
}

pub(super) fn missing(local: &str) -> Malformed {
    Malformed(format!("{local} is missing or out of place"))
}

/// Base64 as XML Schema has it: white space anywhere, padding whole.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, Malformed> {
    let mut packed = Vec::with_capacity(text.len());
    packed.extend(text.bytes().filter(|octet| !matches!(octet, b' ' | b'\t' | b'\n' | b'\r')));
    let malformed = |_| Malformed("base64 that is none".into());
    base64::engine::general_purpose::STANDARD.decode(packed).map_err(malformed)
}
