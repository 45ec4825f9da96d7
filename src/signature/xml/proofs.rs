//! What proves itself beside one signature: time-stamps over it, and revocation data (EN 319 132-1 5.3 to 5.5).
//!
//! Owns what each kind of time-stamp is over. Whether it is believed is [`time`]'s.

use super::super::judge::{Context, Facts, Outcome};
use super::super::time::{self, Imprint, Kind};
use super::content;
use super::draft::{Draft, Resolved, meaning};
use super::hash::Hash;
use super::walk::{self, Want};
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::qualifying::{StampKind, Stamped};
use crate::forms::timestamp::Token;
use crate::forms::xmldsig::{Rendering, Signature};
use crate::host::Octets;
use crate::xml::{Fault, Limits, Method, Wrong};
use std::cell::{Cell, RefCell};

/// The document that a signature stands in.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) octets: &'a Octets,
    /// What its references mean outside of it.
    pub(super) wants: &'a [Want],
    pub(super) limits: &'a Limits,
    /// How often the document was read again for archive time-stamps, of all its signatures.
    pub(super) readings: &'a Cell<usize>,
    /// How many parts of its signatures were digested for them.
    pub(super) parts: &'a Cell<usize>,
}

/// Times that a document is read again for the archive time-stamps of all its signatures: once for each reference
/// and each digest algorithm and canonicalisation of theirs, which are few.
const READINGS_MAX: usize = 8;

/// Parts of signatures, as properties, that are digested for all archive time-stamps of a document: each may cost as
/// much as all namespaces that are in scope. 32 signatures with a dozen properties and eight time-stamps fit.
const PARTS_MAX: usize = 4096;

/// What all archive time-stamps of one signature begin with, digested.
#[derive(Default)]
struct Begun {
    known: Vec<(DigestAlgorithm, Method, Option<Hash>)>,
    /// What went wrong with the document.
    fault: Option<Fault>,
}

impl Draft<'_> {
    /// What proves itself beside the signature. Nothing of it is looked at where the signature itself does not
    /// hold.
    pub(super) fn proofs(
        &self,
        signature: &Signature,
        facts: &mut Facts,
        context: &Context<'_>,
        source: Source<'_>,
    ) -> Result<(), Fault> {
        let Some(unsigned) = signature.properties.as_ref().map(|properties| &properties.unsigned) else {
            return Ok(());
        };
        facts.counter_signatures = unsigned.countersignatures;
        if facts.outcome != Outcome::Intact {
            return Ok(());
        }
        let most = context.policy.cms.certificates;
        let more = unsigned.certificates.iter().take(most).filter_map(|der| context.trust.certificate(der).ok());
        facts.data.certificates.extend(more);
        let lists = unsigned.revocation_lists.iter().map(Vec::as_slice);
        let responses = unsigned.responses.iter().map(Vec::as_slice);
        (facts.data.lists, facts.data.responses) = time::revocation(lists, responses);
        let begun = RefCell::new(Begun::default());
        // every token, with the property that it stands in
        let tokens = || unsigned.stamps.iter().flat_map(|stamp| stamp.tokens.iter().map(move |token| (stamp, token)));
        let stamps: Vec<time::Stamp<'_>> = tokens()
            .map(|(stamp, token)| {
                // those that stand before it
                let keeps = move || tokens().enumerate().filter(|(_, (other, _))| other.at < stamp.at);
                let begun = &begun;
                let over = move |algorithm, _: &Token<'_>| {
                    let digest = self.imprint(signature, stamp, algorithm, source, begun)?;
                    let is_archive = matches!(stamp.kind, StampKind::Archive { .. });
                    let keeps = keeps().filter(|_| is_archive).map(|(place, _)| place).collect();
                    Ok(Imprint { digest, keeps, digests: Vec::new() })
                };
                time::Stamp { kind: kind(stamp), token, over: Box::new(over) }
            })
            .collect();
        let outside = self.objects.map(super::Objects::stamps).unwrap_or_default();
        facts.timestamps = time::judge(&stamps, &facts.data, context, time::earliest(&outside));
        facts.timestamps.extend(outside);
        if facts.format == "XAdES-B-B" {
            facts.format = format!("XAdES-{}", time::level(&facts.timestamps, &facts.data));
        }
        drop(stamps);
        match begun.into_inner().fault {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    /// What a time-stamp should be over.
    fn imprint(
        &self,
        signature: &Signature,
        stamp: &Stamped,
        algorithm: DigestAlgorithm,
        source: Source<'_>,
        begun: &RefCell<Begun>,
    ) -> Result<Vec<u8>, Finding> {
        let unsupported = |what: &str| Finding::new(Code::SignatureUnsupported).found(what);
        let method = stamp.canonicalisation.as_ref().map_err(|what| unsupported(&what.0))?;
        if stamp.is_scattered {
            return Err(unsupported("a time-stamp over pieces that it names itself"));
        }
        let hash = match stamp.kind {
            // EN 319 132-1 5.3: over the canonical form of ds:SignatureValue
            StampKind::Signature => {
                let how = Rendering::Canonical(method.clone());
                self.feed(&signature.parts[1..2], &how, Hash::new(algorithm), source.limits)
            }
            StampKind::References => return Err(unsupported("SigAndRefsTimeStamp, RefsOnlyTimeStamp")),
            StampKind::Archive { referenced } => {
                let unsigned = signature.properties.iter().flat_map(|properties| &properties.unsigned.at);
                let before = unsigned.copied().filter(|at| *at < stamp.at);
                let parts: Vec<u64> = signature.parts.iter().copied().chain(before).collect();
                source.parts.set(source.parts.get() + parts.len());
                if source.parts.get() > PARTS_MAX {
                    return Err(unsupported("more properties under archive time-stamps than are looked at"));
                }
                let is_digested = |at: &u64| {
                    self.resolved.iter().any(|one| matches!(one, Resolved::Inside(inside) if inside.at == *at))
                };
                let objects = signature.other_objects.iter().map(|(at, _)| *at);
                let objects: Vec<u64> = objects.filter(|at| referenced || !is_digested(at)).collect();
                self.begin(signature, method, algorithm, source, &mut begun.borrow_mut()).and_then(|hash| {
                    let how = Rendering::Canonical(method.clone());
                    let Some(hash) = hash else { return Ok(None) };
                    let Some(hash) = self.feed(&parts, &how, hash, source.limits)? else { return Ok(None) };
                    self.feed(&objects, &how, hash, source.limits)
                })
            }
        };
        match hash {
            Ok(hash) => hash.and_then(Hash::finish).ok_or_else(|| unsupported(algorithm.name())),
            Err(fault) => {
                let what = format!("{:?}", fault.wrong);
                begun.borrow_mut().fault = Some(fault);
                Err(unsupported(&what))
            }
        }
    }

    /// What every archive time-stamp begins with (5.5.2.2): the octets of all references, in their order, as they
    /// were digested; nodes that no transform of the reference made octets of, by the method of the time-stamp.
    fn begin(
        &self,
        signature: &Signature,
        method: &Method,
        algorithm: DigestAlgorithm,
        source: Source<'_>,
        begun: &mut Begun,
    ) -> Result<Option<Hash>, Fault> {
        let is_it = |known: &&(DigestAlgorithm, Method, Option<Hash>)| known.0 == algorithm && known.1 == *method;
        if let Some((.., hash)) = begun.known.iter().find(is_it) {
            return Ok(hash.clone());
        }
        let mut hash = Some(Hash::new(algorithm));
        for (reference, resolved) in signature.references.iter().zip(&self.resolved) {
            let (Some(taken), Ok(transforms)) = (hash, &reference.transforms) else {
                hash = None;
                break;
            };
            let uri = reference.uri.as_deref().unwrap_or_default();
            let rendering = match (&transforms.rendering, transforms.is_named) {
                (rendering, true) => rendering.clone(),
                (_, false) => match meaning(uri) {
                    Some((_, true)) => Rendering::Canonical(method.clone()),
                    _ => Rendering::Canonical(method.without_comments()),
                },
            };
            let want = match resolved {
                Resolved::Content(exclude) => Some(Want { exclude: *exclude, ..content() }),
                Resolved::Wanted(index) => source.wants.get(*index).cloned(),
                _ => None,
            };
            hash = match (want, resolved) {
                (Some(want), _) => {
                    source.readings.set(source.readings.get() + 1);
                    // `Want` holds comments out already where the reference does
                    let rendering = if transforms.is_named { want.rendering.clone() } else { rendering };
                    let want = Want { rendering, ..want };
                    match source.readings.get() <= READINGS_MAX {
                        true => walk::feed(source.octets, source.limits, &want, taken)?,
                        false => None,
                    }
                }
                (None, Resolved::Inside(inside)) => {
                    let rendering = match rendering {
                        Rendering::Canonical(own) if !matches!(meaning(uri), Some((_, true))) => {
                            Rendering::Canonical(own.without_comments())
                        }
                        other => other,
                    };
                    self.feed(&[inside.at], &rendering, taken, source.limits)?
                }
                (None, Resolved::Beside(..)) => {
                    let form = match &rendering {
                        Rendering::Canonical(form) if !reference.is_bare => Some(form),
                        _ => None,
                    };
                    let objects = self.objects.map(|objects| objects.feed(uri, form, taken)).transpose();
                    let placed = |error| self.placed(Fault { offset: 0, wrong: Wrong::Io(error) });
                    objects.map_err(placed)?.flatten()
                }
                (None, _) => None,
            };
        }
        begun.known.push((algorithm, method.clone(), hash.clone()));
        Ok(hash)
    }
}

fn kind(stamp: &Stamped) -> Kind {
    match stamp.kind {
        StampKind::Signature => Kind::Signature,
        StampKind::References => Kind::References,
        StampKind::Archive { .. } => Kind::Archive,
    }
}
