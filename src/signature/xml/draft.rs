//! One signature under examination: its references resolved, its digests and value held against
//! what was found, its properties read.
//!
//! A signature is small and is read again on its own, in the namespaces of its place. Never looks at
//! the document around it: what lies there is digested by [`walk`](super::walk).

use super::super::checks::{Answer, Check, Referred};
use super::super::judge::{Context, Facts, Outcome, judge};
use super::part::Select;
use super::proofs::Source;
use super::walk::{Digested, Exclude, Found, Target, Walked, Want};
use super::{Named, Objects, OneSignature, SIGNATURE_MAX, content};
use crate::document::Content;
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::qualifying::Properties;
use crate::forms::xmldsig::{Malformed, Reference, Rendering, SIGNED_PROPERTIES, Signature, Transforms, Without};
use crate::host::Octets;
use crate::xml::{Decoded, Element, Fault, Limits, Reader, Wrong};
use jiff::Timestamp;
use std::io::Read;

/// A signature under examination.
pub(super) struct Draft<'a> {
    pub(super) found: &'a Found,
    /// What lies beside it in a container.
    pub(super) objects: Option<&'a dyn Objects>,
    octets: Vec<u8>,
    parsed: Result<Signature, Malformed>,
    /// One for each reference.
    pub(super) resolved: Vec<Resolved>,
    /// Every signature of the document is a child of its root.
    all_at_root: bool,
}

/// Where the octets that a reference means were found.
pub(super) enum Resolved {
    /// The document less this signature, which is the content already digested.
    Content(Exclude),
    /// Digested in the second pass.
    Wanted(usize),
    /// Inside the signature itself.
    Inside(Inside),
    /// Beside the signature's file, in the same container.
    Beside(usize, Option<Vec<u8>>),
    /// Nowhere.
    Nowhere,
    /// In two places.
    Doubled(String),
    /// This window does not process it.
    Unsupported(String),
}

/// What a reference means inside its own signature.
pub(super) struct Inside {
    pub(super) digest: Option<Vec<u8>>,
    /// Names from the signature down to the element.
    pub(super) path: Vec<String>,
    /// Offset of its start tag.
    pub(super) at: u64,
    /// The digest is over all of the element, not over its text alone.
    pub(super) whole: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn read(
        octets: &Octets,
        found: &'a Found,
        objects: Option<&'a dyn Objects>,
        limits: &Limits,
    ) -> Result<Self, Fault> {
        let length = found.end - found.offset;
        if length > SIGNATURE_MAX {
            let wrong = Wrong::Limit("octets in one signature", SIGNATURE_MAX as usize);
            return Err(Fault { offset: found.offset, wrong });
        }
        let mut own = Vec::with_capacity(length as usize);
        let read = Decoded::new(octets, found.offset).and_then(|octets| octets.take(length).read_to_end(&mut own));
        read.map_err(|error| Fault { offset: found.offset, wrong: Wrong::Io(error) })?;
        let parsed = Err(Malformed(String::new()));
        let mut draft = Self { found, objects, octets: own, parsed, resolved: Vec::new(), all_at_root: false };
        let mut reader = draft.reader(limits)?;
        let element = Element::read(&mut reader).map_err(|fault| draft.placed(fault))?;
        draft.parsed = Signature::read(&element);
        Ok(draft)
    }

    pub(super) fn reader(&self, limits: &Limits) -> Result<Reader<&[u8]>, Fault> {
        let size = self.octets.len() as u64;
        Reader::inside(&self.octets[..], size, limits, &self.found.scope).map_err(|fault| self.placed(fault))
    }

    pub(super) fn placed(&self, fault: Fault) -> Fault {
        Fault { offset: self.found.offset + fault.offset, ..fault }
    }

    /// Finds what each reference means.
    pub(super) fn resolve(&mut self, walked: &Walked, wants: &mut Vec<Want>, limits: &Limits) -> Result<(), Fault> {
        self.all_at_root = walked.signatures.iter().all(|found| found.depth == 2);
        let Ok(signature) = &self.parsed else { return Ok(()) };
        let mut resolved = Vec::with_capacity(signature.references.len());
        for reference in &signature.references {
            resolved.push(self.resolve_one(reference, walked, wants, limits)?);
        }
        self.resolved = resolved;
        Ok(())
    }

    fn resolve_one(
        &self,
        reference: &Reference,
        walked: &Walked,
        wants: &mut Vec<Want>,
        limits: &Limits,
    ) -> Result<Resolved, Fault> {
        let (transforms, algorithm) = match (&reference.transforms, &reference.algorithm) {
            (Ok(transforms), Ok(algorithm)) => (transforms, *algorithm),
            (Err(unsupported), _) | (_, Err(unsupported)) => return Ok(Resolved::Unsupported(unsupported.0.clone())),
        };
        if let (Some(objects), Some(uri)) = (self.objects, reference.uri.as_deref().filter(|uri| names_a_thing(uri))) {
            return self.beside(objects, uri, reference, transforms, algorithm);
        }
        let exclude = match transforms.without {
            Without::Own => Exclude::Signature(self.found.offset),
            Without::Every => Exclude::EverySignature,
            Without::Nothing => Exclude::Nothing,
        };
        let (target, comments) = match reference.uri.as_deref() {
            Some(uri) => match meaning(uri) {
                Some(meaning) => meaning,
                None => return Ok(Resolved::Unsupported(format!("a reference to something outside: {uri}"))),
            },
            None => return Ok(Resolved::Unsupported("a reference without a URI".into())),
        };
        let rendering = match &transforms.rendering {
            Rendering::Canonical(method) if !comments => Rendering::Canonical(method.without_comments()),
            other => other.clone(),
        };
        if let Target::Element(id) = &target {
            let (times, inside) = self.inside(Select::Id(id), &rendering, algorithm, limits)?;
            let outside = walked.ids.may_have(id);
            if times > 1 || (times == 1 && outside) {
                return Ok(Resolved::Doubled(id.clone()));
            }
            if times == 1 && exclude == Exclude::EverySignature {
                // Nothing of it would be left, and the digest of nothing says nothing.
                let what = format!("a reference into a signature that leaves every signature out: {id}");
                return Ok(Resolved::Unsupported(what));
            }
            if times == 1 {
                return Ok(Resolved::Inside(inside));
            }
            if !outside {
                return Ok(Resolved::Nowhere);
            }
        }
        let want = Want { target, exclude, rendering, algorithm };
        let is_content = match transforms.without {
            Without::Own => walked.signatures.len() == 1 && self.all_at_root,
            Without::Every => self.all_at_root,
            Without::Nothing => false,
        };
        if is_content && want == (Want { exclude, ..content() }) {
            return Ok(Resolved::Content(exclude));
        }
        let index = wants.iter().position(|wanted| *wanted == want).unwrap_or_else(|| {
            wants.push(want);
            wants.len() - 1
        });
        Ok(Resolved::Wanted(index))
    }

    /// What a URI means that names a thing beside the signature's file.
    fn beside(
        &self,
        objects: &dyn Objects,
        uri: &str,
        reference: &Reference,
        transforms: &Transforms,
        algorithm: DigestAlgorithm,
    ) -> Result<Resolved, Fault> {
        // A canonicalisation alone makes sense of a file; nothing can be left out of it.
        let form = match (&transforms.rendering, transforms.without) {
            _ if reference.is_bare => None,
            (Rendering::Canonical(method), Without::Nothing) => Some(method),
            _ => return Ok(Resolved::Unsupported("a transform of a file beside the signature".into())),
        };
        let named = objects.digest(uri, form, algorithm);
        Ok(match named.map_err(|error| Fault { offset: self.found.offset, wrong: Wrong::Io(error) })? {
            Named::Object(index, digest) => Resolved::Beside(index, digest),
            Named::Nowhere => Resolved::Nowhere,
            Named::Unsupported(what) => Resolved::Unsupported(what),
        })
    }

    pub(super) fn judge(
        mut self,
        content: Content,
        digests: &[Digested],
        context: &Context<'_>,
        source: Source<'_>,
    ) -> Result<OneSignature, Fault> {
        let mut facts = Facts::of("XMLDSig", Outcome::Intact);
        let mut signature = match std::mem::replace(&mut self.parsed, Err(Malformed(String::new()))) {
            Ok(signature) => signature,
            Err(Malformed(what)) => {
                facts.outcome = Outcome::Malformed { what };
                return Ok(OneSignature { judged: judge(facts, context), hidden: None });
            }
        };
        facts.answers.yes(Check::Format);
        facts.algorithm = signature.algorithm.as_ref().ok().copied();
        facts.digests = signature.references.iter().filter_map(|r| r.algorithm.as_ref().ok().copied()).collect();
        let answers = self.references(&signature, content, digests, &mut facts);
        if let Some(objects) = self.objects {
            let beside = |one: &Resolved| if let Resolved::Beside(index, _) = one { Some(*index) } else { None };
            let named: Vec<usize> = self.resolved.iter().filter_map(beside).collect();
            facts.covers_whole_document = objects.is_whole(&named);
            facts.faults.splice(0..0, objects.faults(&named)); // the worst first
        }
        let is_covered = self.has_properties(&signature, &mut facts);
        if let Some(properties) = signature.properties.as_mut().filter(|_| is_covered) {
            let known = signature.references.iter().filter_map(|reference| reference.id.as_deref());
            let known: Vec<&str> = known.chain(signature.manifest_ids.iter().map(String::as_str)).collect();
            said(properties, &known, &mut facts);
        }
        let names = |properties: &&Properties| is_covered && !properties.signing_certificates.is_empty();
        let committed = signature.properties.as_ref().filter(names);
        self.value(&signature, committed, &mut facts, context, source.limits)?;
        self.proofs(&signature, &mut facts, context, source)?;
        let claims = signature.properties.take().filter(|_| is_covered);
        facts.claims = claims.map(|properties| Box::new(properties.claims));
        // An Object counts as covered only when a reference digested that very element.
        let digested =
            |at: u64| self.resolved.iter().any(|one| matches!(one, Resolved::Inside(own) if own.whole && own.at == at));
        let hidden = signature.other_objects.iter().find(|(at, _)| !digested(*at));
        facts.answers.set(Check::Hidden, hidden.is_none());
        let hidden = hidden.map(|(_, id)| format!("ds:Object {}", id.as_deref().unwrap_or_default()).trim().to_owned());
        let uris = signature.references.into_iter().map(|reference| reference.uri.unwrap_or_default());
        facts.references = uris.zip(answers).map(|(uri, answer)| Referred { uri, answer }).collect();
        Ok(OneSignature { judged: judge(facts, context), hidden })
    }

    /// Holds each digest against what was found (XML Signature 1.1, 3.2.1); an answer for each reference.
    fn references(
        &self,
        signature: &Signature,
        content: Content,
        digests: &[Digested],
        facts: &mut Facts,
    ) -> Vec<Answer> {
        let mut answers = vec![Answer::NotAsked; signature.references.len()];
        let worse = |facts: &mut Facts, outcome: Outcome| match (&facts.outcome, &outcome) {
            (Outcome::Intact, _) => facts.outcome = outcome,
            // A digest that surely differs says more than one that could not be computed.
            (Outcome::Unsupported { .. }, Outcome::DigestDiffers { .. }) => facts.outcome = outcome,
            _ => {}
        };
        for ((reference, resolved), answer) in signature.references.iter().zip(&self.resolved).zip(&mut answers) {
            let transforms = reference.transforms.as_ref().ok();
            let decoded = transforms.is_some_and(|transforms| transforms.rendering == Rendering::Base64);
            // Nothing may be left out but children of the root, and text alone is no document.
            let all = !decoded
                && match transforms.map_or(Without::Nothing, |transforms| transforms.without) {
                    Without::Own => self.found.depth == 2,
                    Without::Every => self.all_at_root,
                    Without::Nothing => false,
                };
            let (digest, what) = match resolved {
                Resolved::Content(_) => {
                    facts.covers_whole_document = true;
                    (Some(&content.0.as_bytes()[..]), None)
                }
                Resolved::Wanted(index) => {
                    let Some(found) = digests.get(*index) else { continue };
                    let by_id = reference.uri.as_deref().is_some_and(|uri| !matches!(uri, "" | "#xpointer(/)"));
                    match found.times {
                        0 if by_id => {
                            facts.faults.push(nowhere(reference));
                            *answer = Answer::No;
                            continue;
                        }
                        0 | 1 => {}
                        _ => {
                            let uri = reference.uri.as_deref().unwrap_or_default();
                            facts
                                .faults
                                .push(Finding::new(Code::SignatureDoubledId).found(uri.trim_start_matches('#')));
                        }
                    }
                    facts.covers_whole_document |= all && (!by_id || found.is_root);
                    (found.digest.as_deref(), None)
                }
                Resolved::Inside(inside) => (inside.digest.as_deref(), inside.path.last().cloned()),
                Resolved::Beside(_, digest) => (digest.as_deref(), reference.uri.clone()),
                Resolved::Nowhere => {
                    facts.faults.push(nowhere(reference));
                    *answer = Answer::No;
                    continue;
                }
                Resolved::Doubled(id) => {
                    facts.faults.push(Finding::new(Code::SignatureDoubledId).found(id));
                    *answer = Answer::Unknown;
                    continue;
                }
                Resolved::Unsupported(what) => {
                    worse(facts, Outcome::Unsupported { what: what.clone() });
                    *answer = Answer::Unknown;
                    continue;
                }
            };
            *answer = digest.map_or(Answer::Unknown, |digest| (digest == reference.digest).into());
            match digest {
                Some(digest) if digest == reference.digest => {}
                Some(_) => worse(facts, Outcome::DigestDiffers { what }),
                None if decoded => worse(facts, Outcome::Unsupported { what: "base64 that is none".into() }),
                None => worse(facts, Outcome::Unsupported { what: "a digest algorithm that is not at hand".into() }),
            }
        }
        if answers.iter().all(|answer| *answer == Answer::Yes) {
            facts.answers.yes(Check::References);
        }
        answers
    }

    /// Reads the XAdES properties, when this signature digests them. Only the SignedProperties inside
    /// this signature's own QualifyingProperties, digested by a reference of its type, count
    /// (EN 319 132-1, 4.4). Says whether it does.
    fn has_properties(&self, signature: &Signature, facts: &mut Facts) -> bool {
        let typed = |reference: &&(&Reference, &Resolved)| reference.0.kind.as_deref() == Some(SIGNED_PROPERTIES);
        let references: Vec<(&Reference, &Resolved)> = signature.references.iter().zip(&self.resolved).collect();
        let mut typed = references.iter().filter(typed);
        let (first, second) = (typed.next(), typed.next());
        let uncovered = || Finding::new(Code::SignaturePropertiesUncovered);
        let Some(properties) = &signature.properties else {
            if first.is_some() {
                facts.faults.push(uncovered());
            }
            return false;
        };
        let own_target = properties
            .target
            .as_deref()
            .is_none_or(|target| signature.id.as_deref().is_some_and(|id| target.strip_prefix('#') == Some(id)));
        let covered = match (first, second) {
            // The path, and the very element: another one may stand on the same path.
            (Some((_, Resolved::Inside(inside))), None) if inside.whole => {
                inside.path[..] == ["Signature", "Object", "xades:QualifyingProperties", "xades:SignedProperties"]
                    && properties.signed_at == Some(inside.at)
            }
            _ => false,
        };
        if !covered || !own_target {
            facts.faults.push(uncovered());
        }
        covered && own_target
    }
}

/// Reads what the properties say that this signature digests (EN 319 132-1 5.2).
fn said(properties: &mut Properties, references: &[&str], facts: &mut Facts) {
    let claims = &mut properties.claims;
    let mut has_time = false;
    if let Some(time) = &properties.signing_time {
        facts.signing_time = time.parse::<Timestamp>().ok();
        // XML Schema lets a moment be without its zone: then it says nothing that could be told
        has_time = facts.signing_time.is_some() || time.parse::<jiff::civil::DateTime>().is_ok();
        if !has_time {
            claims.malformed("SigningTime", "is no moment");
        }
    }
    // 5.2.4: of what nobody signs here, nothing can be said
    let is_one = |uri: &str| {
        let id = uri.strip_prefix('#').filter(|id| !id.is_empty());
        id.is_some_and(|id| references.contains(&id))
    };
    let stray = claims.formats.iter().any(|format| format.reference.as_deref().is_some_and(|uri| !is_one(uri)));
    if stray {
        claims.malformed("DataObjectFormat", "its ObjectReference is no Reference of this signature");
    }
    // 6.3: what baseline B demands
    let is_baseline = has_time && !properties.signing_certificates.is_empty();
    facts.format = if is_baseline { "XAdES-B-B" } else { "XAdES" }.to_owned();
}

/// Whether a URI names a thing other than the document that it stands in (RFC 3986 4.4).
fn names_a_thing(uri: &str) -> bool {
    !uri.is_empty() && !uri.starts_with('#')
}

fn nowhere(reference: &Reference) -> Finding {
    Finding::new(Code::SignatureReferenceUnresolved).found(reference.uri.as_deref().unwrap_or_default())
}

/// What a URI means inside the same document, and whether comments count (XMLDSig 4.4.3.3).
pub(super) fn meaning(uri: &str) -> Option<(Target, bool)> {
    match uri {
        "" => Some((Target::Document, false)),
        "#xpointer(/)" => Some((Target::Document, true)),
        _ => {
            let fragment = uri.strip_prefix('#')?;
            let quoted = fragment.strip_prefix("xpointer(id(").and_then(|rest| rest.strip_suffix("))"));
            let (id, comments) = match quoted {
                Some(quoted) => {
                    let quote = quoted.chars().next().filter(|&c| c == '\'' || c == '"')?;
                    (quoted[1..].strip_suffix(quote)?, true)
                }
                None => (fragment, false),
            };
            let name = !id.is_empty() && !id.contains(['(', ')', '\'', '"', '#', '/', ' ']);
            name.then(|| (Target::Element(id.to_owned()), comments))
        }
    }
}
