//! What proves itself beside a CMS signature: time-stamps over it, and revocation data (EN 319 122-1 5.3 to 5.5).
//!
//! Owns what each kind of time-stamp is over. Whether it is believed is [`time`]'s.

use super::super::judge::{Context, Facts, Outcome};
use super::super::time::{self, Imprint, Kind, StampReport};
use super::Digests;
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::cms::{SignedData, SignerInfo};
use crate::forms::timestamp::Token;
use crate::forms::unsigned::{StampKind, Stamped};
use crate::host::Octets;
use std::cell::RefCell;

/// What a signer signed, for the time-stamps over it.
#[derive(Clone, Copy)]
pub(super) struct Signing<'a> {
    pub(super) signed: &'a SignedData<'a>,
    pub(super) content: &'a Octets,
    pub(super) digests: &'a Digests,
    /// Those that only time-stamps ask for, each computed once for all signers.
    pub(super) more: &'a RefCell<Digests>,
    /// What the time-stamps came to that are over the whole file.
    pub(super) outside: &'a [StampReport],
}

impl Signing<'_> {
    /// Judges what stands beside a signature. Nothing of it is looked at where the signature itself does not hold.
    pub(super) fn proofs(&self, signer: &SignerInfo<'_>, facts: &mut Facts, context: &Context<'_>) {
        if facts.outcome != Outcome::Intact {
            return;
        }
        let unsigned = &signer.unsigned;
        let most = context.policy.cms.certificates;
        let more = unsigned.certificates.iter().take(most).filter_map(|der| context.trust.certificate(der).ok());
        facts.data.certificates.extend(more);
        let lists = self.signed.revocation_lists.iter().chain(&unsigned.revocation_lists).copied();
        let responses = self.signed.responses.iter().chain(&unsigned.responses).copied();
        (facts.data.lists, facts.data.responses) = time::revocation(lists, responses);
        let stamp = |stamp| self.stamp(signer, stamp);
        let stamps: Vec<time::Stamp<'_>> = unsigned.stamps.iter().map(stamp).collect();
        facts.timestamps = time::judge(&stamps, &facts.data, context, time::earliest(self.outside));
        facts.timestamps.extend(self.outside.iter().cloned());
        if facts.format == "CAdES-B-B" {
            facts.format = format!("CAdES-{}", time::level(&facts.timestamps, &facts.data));
        }
    }

    fn stamp<'s>(&'s self, signer: &'s SignerInfo<'s>, stamp: &'s Stamped<'s>) -> time::Stamp<'s> {
        let over = move |algorithm, token: &Token<'_>| self.imprint(signer, stamp, algorithm, token);
        time::Stamp { kind: kind(stamp), token: stamp.token, over: Box::new(over) }
    }

    /// What a time-stamp should be over.
    fn imprint(
        &self,
        signer: &SignerInfo<'_>,
        stamp: &Stamped<'_>,
        algorithm: DigestAlgorithm,
        token: &Token<'_>,
    ) -> Result<Imprint, Finding> {
        let unsupported = |what: &str| Finding::new(Code::SignatureUnsupported).found(what);
        match stamp.kind {
            // EN 319 122-1 5.3: over the contents octets of the value
            StampKind::Signature => {
                let digest = algorithm.digest(signer.signature).ok_or_else(|| unsupported(algorithm.name()))?;
                Ok(Imprint { digest, keeps: Vec::new(), digests: Vec::new() })
            }
            StampKind::References => Err(unsupported("CAdES-C-timestamp")),
            StampKind::OldArchive => Err(unsupported("archive-time-stamp, archive-time-stamp-v2")),
            StampKind::ArchiveV3 => self.archive(signer, algorithm, token),
        }
    }

    /// 5.5.3: the type of the content, its digest, the signer's fields, and the hash index; which in turn must
    /// list nothing that is not there (5.5.2).
    fn archive(
        &self,
        signer: &SignerInfo<'_>,
        algorithm: DigestAlgorithm,
        token: &Token<'_>,
    ) -> Result<Imprint, Finding> {
        let unsupported = |what: &str| Finding::new(Code::SignatureUnsupported).found(what);
        let own = token.signed.signers.first().map(|signer| &signer.unsigned);
        let Some(index) = own.and_then(|own| own.hash_index.as_ref()) else {
            return Err(unsupported("an archive-time-stamp-v3 without a hash index of a known version"));
        };
        let hash = *index.algorithm.as_ref().map_err(|oid| unsupported(oid))?;
        let of = |octets: &[&[u8]]| hash.digest(&octets.concat());
        let is_there = |hashes: &[&[u8]], parts: &[&[u8]]| {
            let parts: Vec<_> = parts.iter().map(|part| of(&[part])).collect();
            hashes.iter().all(|hash| parts.iter().any(|part| part.as_deref() == Some(*hash)))
        };
        let attributes: Vec<Vec<u8>> = match index.by_value {
            false => signer.unsigned.all.iter().filter_map(|one| of(&[one.raw])).collect(),
            true => {
                let of_one = |value: &&[u8], kind| of(&[kind, value]);
                let all = signer.unsigned.all.iter();
                all.flat_map(|one| one.values.iter().filter_map(move |value| of_one(value, one.kind))).collect()
            }
        };
        let differs = || Finding::new(Code::SignatureDigestDiffers);
        if !is_there(&index.certificates, &self.signed.certificate_choices)
            || !is_there(&index.revocation, &self.signed.revocation_choices)
            || !index.attributes.iter().all(|hash| attributes.iter().any(|part| part == hash))
        {
            return Err(differs());
        }
        let content = match self.digests.get(algorithm) {
            Some(digest) => digest.to_vec(),
            None => {
                let mut more = self.more.borrow_mut();
                if more.get(algorithm).is_none()
                    && let Ok(digests) = Digests::of(self.content, [algorithm].into_iter())
                {
                    more.0.extend(digests.0);
                }
                more.get(algorithm).map(<[u8]>::to_vec).ok_or_else(|| unsupported(algorithm.name()))?
            }
        };
        let whole = [self.signed.content_type_der, &content, signer.signed_fields, index.raw].concat();
        let digest = algorithm.digest(&whole).ok_or_else(|| unsupported(algorithm.name()))?;
        // which time-stamps it keeps: those whose attribute, or whose value of one, is listed
        let is_listed = |token: &[u8]| {
            signer.unsigned.all.iter().filter(|one| one.values.contains(&token)).any(|one| {
                let hash = if index.by_value { of(&[one.kind, token]) } else { of(&[one.raw]) };
                index.attributes.iter().any(|listed| Some(*listed) == hash.as_deref())
            })
        };
        let stamps = signer.unsigned.stamps.iter().enumerate();
        let keeps = stamps.filter(|(_, stamp)| is_listed(stamp.token)).map(|(place, _)| place).collect();
        Ok(Imprint { digest, keeps, digests: vec![hash] })
    }
}

fn kind(stamp: &Stamped<'_>) -> Kind {
    match stamp.kind {
        StampKind::Signature => Kind::Signature,
        StampKind::References => Kind::References,
        StampKind::ArchiveV3 | StampKind::OldArchive => Kind::Archive,
    }
}
