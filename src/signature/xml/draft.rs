//! One signature under examination: its references resolved, its digests and value held against
//! what was found, its properties read.
//!
//! A signature is small and is read again on its own, in the namespaces of its place. Never looks at
//! the document around it: what lies there is digested by [`walk`](super::walk).

use super::super::judge::{Commitment, Context, Facts, Outcome, judge};
use super::super::time;
use super::hash::Hash;
use super::render::Render;
use super::walk::{self, Digested, Exclude, Found, Target, Walked, Want};
use super::{Named, Objects, OneSignature, SIGNATURE_MAX, content};
use crate::document::Content;
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::certificate::Certificate;
use crate::forms::value::{self, Form};
use crate::forms::xmldsig::{
    DS, Malformed, Properties, Reference, Rendering, SIGNED_PROPERTIES, Signature, Transforms, Without, XADES,
};
use crate::host::Octets;
use crate::xml::{Decoded, Element, Event, Fault, Limits, Method, Namespaces, Reader, Sink, Wrong, XmlAttribute};
use openssl::pkey::{PKeyRef, Public};
use std::io::Read;

/// A signature under examination.
pub(super) struct Draft<'a> {
    pub(super) found: &'a Found,
    /// What lies beside it in a container.
    objects: Option<&'a dyn Objects>,
    octets: Vec<u8>,
    parsed: Result<Signature, Malformed>,
    /// One for each reference.
    resolved: Vec<Resolved>,
    /// Every signature of the document is a child of its root.
    all_at_root: bool,
}

/// Where the octets that a reference means were found.
enum Resolved {
    /// The document less this signature, which is the content already digested.
    Content,
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
struct Inside {
    digest: Option<Vec<u8>>,
    /// Names from the signature down to the element.
    path: Vec<String>,
    /// Offset of its start tag.
    at: u64,
    /// The digest is over all of the element, not over its text alone.
    whole: bool,
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

    fn reader(&self, limits: &Limits) -> Result<Reader<&[u8]>, Fault> {
        let size = self.octets.len() as u64;
        Reader::inside(&self.octets[..], size, limits, &self.found.scope).map_err(|fault| self.placed(fault))
    }

    fn placed(&self, fault: Fault) -> Fault {
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
            return Ok(Resolved::Content);
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

    /// Digests one element inside this signature; how often it stands there, and its digest.
    fn inside(
        &self,
        select: Select<'_>,
        rendering: &Rendering,
        algorithm: DigestAlgorithm,
        limits: &Limits,
    ) -> Result<(usize, Inside), Fault> {
        let mut hash = Some(Hash::new(algorithm));
        let (mut place, mut digest) = ((Vec::new(), 0), None);
        let times = self.render(select, rendering, limits, &mut place, &mut || hash.take(), &mut |hash| {
            digest = hash.finish();
        })?;
        let (path, at) = place;
        Ok((times, Inside { digest, path, at, whole: matches!(rendering, Rendering::Canonical(_)) }))
    }

    fn render<S: Sink>(
        &self,
        select: Select<'_>,
        rendering: &Rendering,
        limits: &Limits,
        place: &mut (Vec<String>, u64),
        begin: &mut dyn FnMut() -> Option<S>,
        end: &mut dyn FnMut(S),
    ) -> Result<usize, Fault> {
        let mut reader = self.reader(limits)?;
        let mut open: Vec<(String, Vec<XmlAttribute>)> = Vec::new();
        let mut render: Option<(usize, Render<S>)> = None;
        let mut times = 0;
        loop {
            let offset = reader.offset();
            let event = reader.next().map_err(|fault| self.placed(fault))?;
            let mut ended = false;
            match &event {
                Event::Start(tag) => {
                    let own = tag
                        .attributes()
                        .filter(|a| a.prefix == Namespaces::XML)
                        .map(|a| XmlAttribute { local: a.local.to_vec(), value: a.value.to_vec() });
                    let namespace = match tag.namespaces.uri_text(tag.uri) {
                        uri if uri == XADES.as_bytes() => "xades:",
                        uri if uri == DS.as_bytes() => "",
                        _ => "?:",
                    };
                    open.push(([namespace, &String::from_utf8_lossy(tag.local())].concat(), own.collect()));
                    let selected = match select {
                        Select::Id(id) => walk::ids_of(tag).any(|own| own == id.as_bytes()),
                        Select::SignedInfo => open.len() == 2 && tag.is(DS, "SignedInfo"),
                        Select::Value => open.len() == 2 && tag.is(DS, "SignatureValue"),
                    };
                    if selected {
                        times += 1;
                        if let Some(sink) = begin() {
                            let (_, above) = open.split_last().unwrap_or((&open[0], &[]));
                            let inherited = self.inherited(above);
                            render = Some((open.len(), Render::element(rendering.clone(), inherited, sink)));
                            *place = (open.iter().map(|(name, _)| name.clone()).collect(), tag.offset);
                        }
                    }
                }
                Event::End { .. } => ended = true,
                Event::Done => return Ok(times),
                _ => {}
            }
            if let Some((_, render)) = &mut render {
                render.take(&event).map_err(|wrong| self.placed(Fault { offset, wrong }))?;
            }
            if ended {
                if let Some((_, done)) = render.take_if(|(depth, _)| *depth == open.len())
                    && let Some(sink) = done.finish()
                {
                    end(sink);
                }
                open.pop();
            }
        }
    }

    /// `xml:` attributes that an element under these inherits, the nearest of each name.
    fn inherited(&self, above: &[(String, Vec<XmlAttribute>)]) -> Vec<XmlAttribute> {
        let mut nearest: Vec<XmlAttribute> = Vec::new();
        let own = above.iter().rev().flat_map(|(_, attributes)| attributes);
        for attribute in own.chain(&self.found.inherited) {
            if !nearest.iter().any(|near| near.local == attribute.local) {
                nearest.push(attribute.clone());
            }
        }
        nearest
    }

    pub(super) fn judge(
        self,
        content: Content,
        digests: &[Digested],
        context: &Context<'_>,
        limits: &Limits,
    ) -> Result<OneSignature, Fault> {
        let mut facts = Facts::of("XMLDSig", Outcome::Intact);
        let signature = match &self.parsed {
            Ok(signature) => signature,
            Err(Malformed(what)) => {
                facts.outcome = Outcome::Malformed { what: what.clone() };
                return Ok(OneSignature { judged: judge(facts, context), hidden: None });
            }
        };
        facts.algorithm = signature.algorithm.as_ref().ok().copied();
        facts.digests = signature.references.iter().filter_map(|r| r.algorithm.as_ref().ok().copied()).collect();
        self.references(signature, content, digests, &mut facts);
        if let Some(objects) = self.objects {
            let beside = |one: &Resolved| if let Resolved::Beside(index, _) = one { Some(*index) } else { None };
            let named: Vec<usize> = self.resolved.iter().filter_map(beside).collect();
            facts.covers_whole_document = objects.is_whole(&named);
            facts.faults.splice(0..0, objects.faults(&named)); // the worst first
        }
        let committed = self.properties(signature, &mut facts);
        self.value(signature, committed, &mut facts, context, limits)?;
        self.proofs(signature, &mut facts, context, limits)?;
        // An Object counts as covered only when a reference digested that very element.
        let digested =
            |at: u64| self.resolved.iter().any(|one| matches!(one, Resolved::Inside(own) if own.whole && own.at == at));
        let hidden = signature.other_objects.iter().find(|(at, _)| !digested(*at));
        let hidden = hidden.map(|(_, id)| format!("ds:Object {}", id.as_deref().unwrap_or_default()).trim().to_owned());
        Ok(OneSignature { judged: judge(facts, context), hidden })
    }

    /// Holds each digest against what was found (XML Signature 1.1, 3.2.1).
    fn references(&self, signature: &Signature, content: Content, digests: &[Digested], facts: &mut Facts) {
        let worse = |facts: &mut Facts, outcome: Outcome| match (&facts.outcome, &outcome) {
            (Outcome::Intact, _) => facts.outcome = outcome,
            // A digest that surely differs says more than one that could not be computed.
            (Outcome::Unsupported { .. }, Outcome::DigestDiffers { .. }) => facts.outcome = outcome,
            _ => {}
        };
        for (reference, resolved) in signature.references.iter().zip(&self.resolved) {
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
                Resolved::Content => {
                    facts.covers_whole_document = true;
                    (Some(&content.0.as_bytes()[..]), None)
                }
                Resolved::Wanted(index) => {
                    let Some(found) = digests.get(*index) else { continue };
                    let by_id = reference.uri.as_deref().is_some_and(|uri| !matches!(uri, "" | "#xpointer(/)"));
                    match found.times {
                        0 if by_id => {
                            facts.faults.push(nowhere(reference));
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
                    continue;
                }
                Resolved::Doubled(id) => {
                    facts.faults.push(Finding::new(Code::SignatureDoubledId).found(id));
                    continue;
                }
                Resolved::Unsupported(what) => {
                    worse(facts, Outcome::Unsupported { what: what.clone() });
                    continue;
                }
            };
            match digest {
                Some(digest) if digest == reference.digest => {}
                Some(_) => worse(facts, Outcome::DigestDiffers { what }),
                None if decoded => worse(facts, Outcome::Unsupported { what: "base64 that is none".into() }),
                None => worse(facts, Outcome::Unsupported { what: "a digest algorithm that is not at hand".into() }),
            }
        }
    }

    /// Reads the XAdES properties, when this signature digests them. Only the SignedProperties inside
    /// this signature's own QualifyingProperties, digested by a reference of its type, count
    /// (EN 319 132-1, 4.4). Gives the digests of certificates that they commit to.
    fn properties<'s>(&self, signature: &'s Signature, facts: &mut Facts) -> Option<&'s Properties> {
        let typed = |reference: &&(&Reference, &Resolved)| reference.0.kind.as_deref() == Some(SIGNED_PROPERTIES);
        let references: Vec<(&Reference, &Resolved)> = signature.references.iter().zip(&self.resolved).collect();
        let mut typed = references.iter().filter(typed);
        let (first, second) = (typed.next(), typed.next());
        let uncovered = || Finding::new(Code::SignaturePropertiesUncovered);
        let Some(properties) = &signature.properties else {
            if first.is_some() {
                facts.faults.push(uncovered());
            }
            return None;
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
            return None;
        }
        if let Some(time) = &properties.signing_time {
            facts.signing_time = time.parse().ok();
        }
        if properties.names_certificate {
            facts.format = "XAdES-B-B".to_owned();
            return Some(properties);
        }
        facts.format = "XAdES".to_owned();
        None
    }

    /// What proves itself beside the signature: time-stamps over its value, and revocation data. Nothing of
    /// it is looked at where the signature itself does not hold.
    fn proofs(
        &self,
        signature: &Signature,
        facts: &mut Facts,
        context: &Context<'_>,
        limits: &Limits,
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
        // EN 319 132-1 5.3: over the canonical form of ds:SignatureValue
        let looked_at = || unsigned.timestamps.iter().take(context.policy.timestamps);
        let mut stamped = Vec::new();
        for stamp in looked_at() {
            stamped.push(match &stamp.canonicalisation {
                Ok(method) => Some(self.canonical_value(method, limits)?),
                Err(_) => None,
            });
        }
        let over: Vec<_> = stamped
            .iter()
            .map(|octets| move |algorithm: DigestAlgorithm| algorithm.digest(octets.as_deref()?))
            .collect();
        let stamps = looked_at()
            .zip(&over)
            .flat_map(|(stamp, over)| stamp.tokens.iter().map(move |token| time::Stamp { token, over }));
        facts.timestamps = time::judge(stamps, &facts.data, context);
        if facts.format == "XAdES-B-B" {
            facts.format = format!("XAdES-{}", time::level(&facts.timestamps, &facts.data, unsigned.is_archived));
        }
        Ok(())
    }

    /// The canonical octets of `ds:SignatureValue`.
    fn canonical_value(&self, method: &Method, limits: &Limits) -> Result<Vec<u8>, Fault> {
        let (mut octets, mut place) = (Vec::new(), (Vec::new(), 0));
        let mut sink = Some(|piece: &[u8]| octets.extend_from_slice(piece));
        let how = Rendering::Canonical(method.clone());
        self.render(Select::Value, &how, limits, &mut place, &mut || sink.take(), &mut drop)?;
        Ok(octets)
    }

    /// Finds the signer's certificate and checks the value over the canonical SignedInfo.
    fn value(
        &self,
        signature: &Signature,
        committed: Option<&Properties>,
        facts: &mut Facts,
        context: &Context<'_>,
        limits: &Limits,
    ) -> Result<(), Fault> {
        let unsupported = |what: &str| Outcome::Unsupported { what: what.to_owned() };
        let (method, algorithm) = match (&signature.canonicalisation, &signature.algorithm) {
            (Ok(method), Ok(algorithm)) => (method, *algorithm),
            (Err(what), _) | (_, Err(what)) => {
                facts.outcome = unsupported(&what.0);
                return Ok(());
            }
        };
        let mut info = Vec::new();
        let mut sink = Some(|octets: &[u8]| info.extend_from_slice(octets));
        let how = Rendering::Canonical(method.clone());
        self.render(Select::SignedInfo, &how, limits, &mut (Vec::new(), 0), &mut || sink.take(), &mut drop)?;
        let mut certificates = Vec::new();
        for der in &signature.certificates {
            match context.trust.certificate(der) {
                Ok(certificate) => certificates.push(certificate),
                Err(_) => {
                    facts.outcome = Outcome::Malformed { what: "an X509Certificate that is none".into() };
                    return Ok(());
                }
            }
        }
        let mut fits = |key: &PKeyRef<Public>| {
            let check = |value: &[u8]| value::verify(key, algorithm, &info, value, Form::Raw);
            let answer = check(&signature.value);
            let Some(raw) = value::respelled(key, &signature.value).filter(|_| answer == Ok(false)) else {
                return answer;
            };
            let answer = check(&raw);
            if answer == Ok(true) {
                // XMLDSig 1.1 6.4.3: each as long as the order. The numbers hold, their form does not.
                let what = format!("r and s of {} octets where {} belong", signature.value.len() / 2, raw.len() / 2);
                facts.faults.push(Finding::new(Code::SignatureFormat).found(what));
            }
            answer
        };
        let signer = match committed {
            // EN 319 132-1, 5.2.2: the first digest is the signing certificate's.
            Some(properties) => {
                let Some((digest, wanted)) = properties.signing_certificates.first() else {
                    facts.commitment = Commitment::Differs;
                    return Ok(());
                };
                let Ok(digest) = digest else {
                    facts.outcome = unsupported("a digest algorithm in SigningCertificate");
                    return Ok(());
                };
                let named = certificates.iter().position(|c| digest.digest(c.der()).as_ref() == Some(wanted));
                facts.commitment = if named.is_some() { Commitment::Signed } else { Commitment::Differs };
                named.or_else(|| leaf(&certificates))
            }
            None => leaf(&certificates),
        };
        let Some(signer) = signer else {
            // A bare key tells whether the value is intact, and never whose it is (XMLDSig 1.1 4.5).
            let key = signature.key.as_deref().filter(|_| certificates.is_empty());
            let answer = key.map(fits);
            match (answer, &facts.outcome) {
                (Some(Ok(true)), _) => {}
                (Some(Ok(false)), Outcome::Intact) => facts.outcome = Outcome::ValueWrong,
                (_, Outcome::Intact) => facts.outcome = Outcome::NoKey,
                _ => {}
            }
            return Ok(());
        };
        let signer = certificates.remove(signer);
        match fits(signer.public_key()) {
            Ok(true) => {}
            Ok(false) if matches!(facts.outcome, Outcome::Intact) => facts.outcome = Outcome::ValueWrong,
            Ok(false) => {}
            Err(fault) if matches!(facts.outcome, Outcome::Intact) => facts.outcome = unsupported(&fault.to_string()),
            Err(_) => {}
        }
        facts.signer = Some(signer);
        facts.data.certificates = certificates;
        Ok(())
    }
}

/// Which element inside a signature.
#[derive(Clone, Copy)]
enum Select<'a> {
    SignedInfo,
    Value,
    Id(&'a str),
}

/// Whether a URI names a thing other than the document that it stands in (RFC 3986 4.4).
fn names_a_thing(uri: &str) -> bool {
    !uri.is_empty() && !uri.starts_with('#')
}

fn nowhere(reference: &Reference) -> Finding {
    Finding::new(Code::SignatureReferenceUnresolved).found(reference.uri.as_deref().unwrap_or_default())
}

/// Of the certificates in a KeyInfo, the one that issued none of the others.
fn leaf(certificates: &[Certificate]) -> Option<usize> {
    let issues = |one: &Certificate| {
        certificates.iter().any(|other| other.der() != one.der() && other.issuer_der() == one.subject_der())
    };
    certificates.iter().position(|certificate| !issues(certificate)).or(if certificates.is_empty() {
        None
    } else {
        Some(0)
    })
}

/// What a URI means inside the same document, and whether comments count (XMLDSig 4.4.3.3).
fn meaning(uri: &str) -> Option<(Target, bool)> {
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
