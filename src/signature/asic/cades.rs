//! CAdES in a container: over its only document (ASiC-S, EN 319 162-1 4.3), or over a manifest
//! that names documents with their digests (ASiC-E, 4.4.3.3).

use super::super::cms;
use super::super::judge::{Context, Facts, Judged, Outcome, judge};
use super::super::xml::{Named, Objects};
use super::objects::{Files, file_name};
use super::{META_INF, whole};
use crate::container::{self, Container, Entry};
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::xmldsig::DS;
use crate::host::Octets;
use crate::xml::{Element, Limits, Reader};
use base64::Engine;

/// The namespace of manifests (EN 319 162-1 A.4).
const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";

/// Documents that one manifest may name: as many as one XML signature may refer to.
const OBJECTS_MAX: usize = 64;

/// Judges the signers of one `META-INF/*signature*.p7s`.
pub fn examine(
    container: &Container,
    signature: &Entry,
    files: &Files<'_>,
    context: &Context<'_>,
    limits: &Limits,
) -> Result<Vec<Judged>, container::Fault> {
    let unsupported = |what: &str| {
        let outcome = Outcome::Unsupported { what: format!("{what}: {}", signature.name) };
        Ok(vec![judge(Facts::of("CAdES", outcome), context)])
    };
    let most = &context.policy.container;
    let cms = whole(container, signature, most.signatures_file)?;
    let mut speaking = Vec::new();
    for entry in container.entries().iter().filter(|entry| is_manifest(&entry.name)) {
        let octets = whole(container, entry, most.signatures_file)?;
        match Manifest::read(&octets, limits) {
            Some(manifest) if manifest.signature == signature.name => speaking.push((octets, manifest)),
            Some(_) => {}
            None => return unsupported(&format!("a manifest that is none ({})", entry.name)),
        }
    }
    let cms_limits = &context.policy.cms;
    let judged = match (speaking.pop(), speaking.is_empty()) {
        // 4.3.3.2 and 4.4.3.3 would have it sign two different things
        (Some(_), true) if files.is_simple() => return unsupported("a manifest in an ASiC-S container"),
        (Some((octets, manifest)), true) => {
            let content = Octets::from(octets);
            let held = manifest.hold(files)?;
            cms::examine_with(&cms, &content, context, cms_limits, &|facts| held.amend(facts, files))?
        }
        (None, _) => match files.only_document() {
            Some(index) => {
                let document = Octets::from(whole(container, &container.entries()[index], most.entry)?);
                let amend = |facts: &mut Facts| facts.faults.splice(0..0, files.faults(&[index])).for_each(drop);
                cms::examine_with(&cms, &document, context, cms_limits, &amend)?
            }
            None => return unsupported("several files, and no manifest says which is signed"),
        },
        (Some(_), false) => return unsupported("two manifests for one signature"),
    };
    match judged.is_empty() {
        true => unsupported("a signature file without signers"),
        false => Ok(judged),
    }
}

/// `META-INF/*signature*.p7s`, letters of either case (EN 319 162-1 4.3 and 4.4).
pub fn is_signature(name: &str) -> bool {
    let Some(file) = name.strip_prefix(META_INF) else { return false };
    let file = file.to_ascii_lowercase();
    !file.contains('/') && file.contains("signature") && file.ends_with(".p7s")
}

/// `META-INF/ASiCManifest*.xml` (4.4.3.3); one of an archive time-stamp has another name.
fn is_manifest(name: &str) -> bool {
    let Some(file) = name.strip_prefix(META_INF) else { return false };
    !file.contains('/') && file.starts_with("ASiCManifest") && file.ends_with(".xml")
}

/// What a manifest says: whose signature it is for, and which files it names.
struct Manifest {
    signature: String,
    objects: Vec<Object>,
}

struct Object {
    uri: String,
    algorithm: Result<DigestAlgorithm, String>,
    digest: Vec<u8>,
}

impl Manifest {
    /// Reads a manifest; none when it is not one.
    fn read(octets: &[u8], limits: &Limits) -> Option<Self> {
        let mut reader = Reader::new(octets, octets.len() as u64, limits);
        let root = Element::read(&mut reader).ok().filter(|root| root.is(ASIC, "ASiCManifest"))?;
        let signature = file_name(root.child(ASIC, "SigReference")?.attribute("URI")?).ok()?;
        let objects: Option<Vec<Object>> = root.all(ASIC, "DataObjectReference").map(Object::read).collect();
        objects.filter(|objects| objects.len() <= OBJECTS_MAX).map(|objects| Self { signature, objects })
    }

    /// Holds each digest against the file that it is of.
    fn hold(&self, files: &Files<'_>) -> std::io::Result<Held> {
        let mut held = Held { outcome: Outcome::Intact, named: Vec::new(), digests: Vec::new(), faults: Vec::new() };
        for object in &self.objects {
            let algorithm = match &object.algorithm {
                Ok(algorithm) => *algorithm,
                Err(uri) => {
                    held.worse(Outcome::Unsupported { what: uri.clone() });
                    continue;
                }
            };
            held.digests.push(algorithm);
            match files.digest(&object.uri, None, algorithm)? {
                Named::Object(index, digest) => {
                    held.named.push(index);
                    match digest {
                        Some(digest) if digest == object.digest => {}
                        Some(_) => held.worse(Outcome::DigestDiffers { what: Some(object.uri.clone()) }),
                        None => held.worse(Outcome::Unsupported { what: algorithm.name().to_owned() }),
                    }
                }
                Named::Nowhere => {
                    held.faults.push(Finding::new(Code::SignatureReferenceUnresolved).found(&object.uri));
                }
                Named::Unsupported(what) => held.worse(Outcome::Unsupported { what }),
            }
        }
        Ok(held)
    }
}

impl Object {
    fn read(element: &Element) -> Option<Self> {
        let algorithm = element.child(DS, "DigestMethod")?.attribute("Algorithm")?;
        let value: String = element.child(DS, "DigestValue")?.text.split_ascii_whitespace().collect();
        Some(Self {
            uri: element.attribute("URI")?.to_owned(),
            algorithm: DigestAlgorithm::from_uri(algorithm).ok_or_else(|| algorithm.to_owned()),
            digest: base64::engine::general_purpose::STANDARD.decode(value).ok()?,
        })
    }
}

/// What the files came to that a manifest names.
struct Held {
    outcome: Outcome,
    named: Vec<usize>,
    digests: Vec<DigestAlgorithm>,
    faults: Vec<Finding>,
}

impl Held {
    /// A digest that surely differs says more than one that could not be computed.
    fn worse(&mut self, outcome: Outcome) {
        match (&self.outcome, &outcome) {
            (Outcome::Intact, _) | (Outcome::Unsupported { .. }, Outcome::DigestDiffers { .. }) => {
                self.outcome = outcome;
            }
            _ => {}
        }
    }

    /// Adds it to what is known of a signer of the manifest.
    fn amend(&self, facts: &mut Facts, files: &Files<'_>) {
        if facts.outcome == Outcome::Intact {
            facts.outcome = self.outcome.clone();
        }
        facts.digests.extend(&self.digests);
        facts.covers_whole_document = files.is_whole(&self.named);
        let faults = files.faults(&self.named).into_iter().chain(self.faults.iter().cloned());
        facts.faults.splice(0..0, faults);
    }
}
