//! Manifests of a container (EN 319 162-1 4.4.3.3 and A.4): which files one names, with their digests, for the
//! signature or the time-stamp over it.
//!
//! Owns whether the files are those that it names. Whose the signature over it is, others say.

use super::super::checks::{Answer, Referred};
use super::super::judge::{Facts, Outcome};
use super::super::xml::{Named, Objects};
use super::META_INF;
use super::objects::{Files, file_name};
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::xmldsig::DS;
use crate::xml::{Element, Limits, Reader};
use base64::Engine;

/// The namespace of manifests (EN 319 162-1 A.4).
const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";

/// Files that one manifest may name: as many as a container has by default (`container_entries`), since one manifest
/// names all that go with a signature.
const OBJECTS_MAX: usize = 1000;

/// `META-INF/ASiCManifest*.xml` (4.4.3.3); one of an archive time-stamp has another name.
pub fn is_manifest(name: &str) -> bool {
    has_name(name, "ASiCManifest")
}

/// `META-INF/ASiCManifest*.xml` or `META-INF/ASiCArchiveManifest*.xml`: what a time-stamp is over (4.4.4).
pub fn is_manifest_of_stamp(name: &str) -> bool {
    is_manifest(name) || has_name(name, "ASiCArchiveManifest")
}

fn has_name(name: &str, begin: &str) -> bool {
    let Some(file) = name.strip_prefix(META_INF) else { return false };
    !file.contains('/') && file.starts_with(begin) && file.ends_with(".xml")
}

/// What a manifest says: whose signature it is for, and which files it names.
pub struct Manifest {
    /// The file of the signature or time-stamp over it.
    pub signature: String,
    objects: Vec<Object>,
}

struct Object {
    uri: String,
    algorithm: Result<DigestAlgorithm, String>,
    digest: Vec<u8>,
}

impl Manifest {
    /// Reads a manifest; none when it is not one.
    pub fn read(octets: &[u8], limits: &Limits) -> Option<Self> {
        let mut reader = Reader::new(octets, octets.len() as u64, limits);
        let root = Element::read(&mut reader).ok().filter(|root| root.is(ASIC, "ASiCManifest"))?;
        let signature = file_name(root.child(ASIC, "SigReference")?.attribute("URI")?).ok()?;
        let objects: Option<Vec<Object>> = root.all(ASIC, "DataObjectReference").map(Object::read).collect();
        objects.filter(|objects| objects.len() <= OBJECTS_MAX).map(|objects| Self { signature, objects })
    }

    /// Holds each digest against the file that it is of.
    ///
    /// # Errors
    /// The disk.
    pub fn hold(&self, files: &Files<'_>) -> std::io::Result<Held> {
        let mut held = Held {
            outcome: Outcome::Intact,
            named: Vec::new(),
            digests: Vec::new(),
            faults: Vec::new(),
            references: Vec::new(),
        };
        for object in &self.objects {
            let algorithm = match &object.algorithm {
                Ok(algorithm) => *algorithm,
                Err(uri) => {
                    held.answer(object, Answer::Unknown);
                    held.worse(Outcome::Unsupported { what: uri.clone() });
                    continue;
                }
            };
            held.digests.push(algorithm);
            match files.digest(&object.uri, None, algorithm)? {
                Named::Object(index, digest) => {
                    held.named.push(index);
                    let is_same = digest.as_ref().map(|digest| *digest == object.digest);
                    held.answer(object, is_same.map_or(Answer::Unknown, Answer::from));
                    match digest {
                        Some(digest) if digest == object.digest => {}
                        Some(_) => held.worse(Outcome::DigestDiffers { what: Some(object.uri.clone()) }),
                        None => held.worse(Outcome::Unsupported { what: algorithm.name().to_owned() }),
                    }
                }
                Named::Nowhere => {
                    held.answer(object, Answer::No);
                    held.faults.push(Finding::new(Code::SignatureReferenceUnresolved).found(&object.uri));
                }
                Named::Unsupported(what) => {
                    held.answer(object, Answer::Unknown);
                    held.worse(Outcome::Unsupported { what });
                }
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
pub struct Held {
    outcome: Outcome,
    /// Their places in the container.
    pub named: Vec<usize>,
    /// The digest algorithms by which it names them.
    pub digests: Vec<DigestAlgorithm>,
    faults: Vec<Finding>,
    references: Vec<Referred>,
}

impl Held {
    /// Why not every file that is named is there and unchanged, if so.
    pub fn fault(&self) -> Option<Finding> {
        match &self.outcome {
            Outcome::Intact => self.faults.first().cloned(),
            Outcome::Unsupported { what } => Some(Finding::new(Code::SignatureUnsupported).found(what)),
            _ => Some(Finding::new(Code::SignatureDigestDiffers)),
        }
    }

    fn answer(&mut self, object: &Object, answer: Answer) {
        self.references.push(Referred { uri: object.uri.clone(), answer });
    }

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
    pub fn amend(&self, facts: &mut Facts, files: &Files<'_>) {
        if facts.outcome == Outcome::Intact {
            facts.outcome = self.outcome.clone();
        }
        facts.digests.extend(&self.digests);
        facts.references.extend(self.references.iter().cloned());
        facts.covers_whole_document = files.is_whole(&self.named);
        let faults = files.faults(&self.named).into_iter().chain(self.faults.iter().cloned());
        facts.faults.splice(0..0, faults);
    }
}
