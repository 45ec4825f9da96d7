//! Detached CMS signatures over octets: digests, values and signed attributes, each signer judged.
//!
//! The content streams; only the signature file is held in memory. Unsigned attributes never
//! decide anything (RFC 5652 5.3). Content inside the signature file must be the document itself.

mod proofs;

use super::checks::{Answers, Check, Referred};
use super::judge::{Commitment, Context, Facts, Judged, Outcome, judge};
use super::time::StampReport;
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::certificate::Certificate;
use crate::forms::cms::{DATA, SignedAttributes, SignedData, SignerInfo};
use crate::forms::timestamp::TST_INFO;
use crate::forms::value::{self, Form, ValueFault};
use crate::forms::{der, pem};
use crate::host::Octets;
use crate::trust::ValidationData;
use openssl::hash::Hasher;
use proofs::Signing;
use std::cell::RefCell;
use std::io::{self, Read};

/// What a CMS signature file may hold at most (`[limits]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the file (`cms_size`). A signature with its path and timestamps needs some 20 000;
    /// it is held in memory whole. 1 MiB by default.
    pub octets: u64,
    /// Octets of a CMS file with its document inside (`cms_attached_size`): in PEM or S/MIME it is decoded into
    /// memory. 64 MiB by default, as large as a document in a container. All but the document is bounded as a
    /// signature file is.
    pub attached: u64,
    /// Signers (`cms_signers`). Each costs a public key operation. 16 by default: a board.
    pub signers: usize,
    /// Certificates (`cms_certificates`). Each is parsed. 32 by default: a path for each of them.
    pub certificates: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { octets: 1 << 20, attached: 64 << 20, signers: 16, certificates: 32 }
    }
}

/// Judges every signer of a CMS file (DER, PEM or S/MIME) over this content, in their order. No
/// signer at all gives an empty answer: nobody signed.
///
/// # Errors
/// The content cannot be read.
pub fn examine(cms: &[u8], content: &Octets, context: &Context<'_>, limits: &Limits) -> io::Result<Vec<Judged>> {
    examine_with(cms, content, context, limits, &[], &|_| {})
}

/// The same, where more is known of what the content speaks of: `amend` adds it to the facts on each
/// signer before they are judged. `outside` are the time-stamps over the whole file.
///
/// # Errors
/// The same.
pub fn examine_with(
    cms: &[u8],
    content: &Octets,
    context: &Context<'_>,
    limits: &Limits,
    outside: &[StampReport],
    amend: &dyn Fn(&mut Facts),
) -> io::Result<Vec<Judged>> {
    let alone = |outcome| Ok(vec![judge(Facts::of("CMS", outcome), context)]);
    let malformed = |what| alone(Outcome::Malformed { what });
    let unsupported = |what| alone(Outcome::Unsupported { what });
    if cms.len() as u64 > limits.octets {
        return alone(Outcome::limit(format!("{} octets", cms.len()), limits.octets));
    }
    let der = match pem::cms(cms).and_then(|ber| der::definite(&ber).map_err(|fault| fault.to_string())) {
        Ok(der) => der,
        Err(what) => return malformed(what),
    };
    let signed = match SignedData::read(&der) {
        Ok(signed) => signed,
        Err(fault) => return malformed(fault.to_string()),
    };
    if signed.signers.len() > limits.signers {
        return alone(Outcome::limit(format!("{} signers", signed.signers.len()), limits.signers));
    }
    if signed.certificates.len() > limits.certificates {
        return alone(Outcome::limit(format!("{} certificates", signed.certificates.len()), limits.certificates));
    }
    if signed.content_type != DATA {
        return unsupported(format!("CMS content type {}", signed.content_type));
    }
    // what OpenSSL cannot read is nobody's certificate here
    let certificates: Vec<_> =
        signed.certificates.iter().filter_map(|der| context.trust.certificate(der).ok()).collect();
    let digests = Digests::of_signers(content, &signed.signers)?;
    let more = RefCell::new(Digests(Vec::new()));
    let signing = Signing { signed: &signed, content, digests: &digests, more: &more, outside };
    // `openssl cms -stream` leaves the content in although nobody asked: it must be this document
    let foreign = match signed.content {
        Some(inside) => !is_same(inside, content)?,
        None => false,
    };
    let mut judged = Vec::new();
    for signer in &signed.signers {
        let mut facts = facts(signer, DATA, &certificates, &digests, content)?;
        signing.proofs(signer, &mut facts, context);
        if foreign && facts.outcome == Outcome::Intact {
            facts.outcome = Outcome::Malformed { what: "the content inside it is not the document".to_owned() };
        }
        amend(&mut facts);
        judged.push(judge(facts, context));
    }
    Ok(judged)
}

/// The facts on the one signer of a time-stamp token, whose content is no data but a statement about time.
///
/// # Errors
/// As [`examine`].
pub fn facts_of_token(signed: &SignedData<'_>, content: &Octets, context: &Context<'_>) -> io::Result<Facts> {
    let certificates: Vec<Certificate> = signed
        .certificates
        .iter()
        .take(context.policy.cms.certificates)
        .filter_map(|der| context.trust.certificate(der).ok())
        .collect();
    let digests = Digests::of_signers(content, &signed.signers)?;
    match signed.signers.first() {
        Some(signer) => facts(signer, TST_INFO, &certificates, &digests, content),
        None => Ok(Facts::of("CMS", Outcome::NoKey)),
    }
}

fn is_same(inside: &[u8], content: &Octets) -> io::Result<bool> {
    if inside.len() as u64 != content.len() {
        return Ok(false);
    }
    let mut rest = Some(inside);
    read(content, |piece| {
        rest = rest.and_then(|rest| rest.strip_prefix(piece));
        Ok(())
    })?;
    Ok(rest.is_some_and(<[u8]>::is_empty))
}

fn facts(
    signer: &SignerInfo<'_>,
    content_type: &str,
    certificates: &[Certificate],
    digests: &Digests,
    content: &Octets,
) -> io::Result<Facts> {
    let certificate = certificates.iter().find(|certificate| signer.identifier.means(certificate));
    let attributes = signer.attributes.as_ref();
    let others = certificates.iter().filter(|other| Some(*other) != certificate);
    let mut answers = Answers::default();
    answers.yes(Check::Format);
    let outcome = outcome(signer, content_type, certificate, digests, content, &mut answers)?;
    let mut facts = Facts {
        format: format(attributes).to_owned(),
        digests: signer.digest.iter().copied().collect(),
        algorithm: signer.algorithm.as_ref().ok().copied(),
        signer: certificate.cloned(),
        data: ValidationData { certificates: others.cloned().collect(), ..ValidationData::default() },
        counter_signatures: signer.unsigned.countersignatures,
        claims: attributes.map(|attributes| Box::new(attributes.claims.clone())),
        signing_time: attributes.and_then(|attributes| attributes.signing_time),
        covers_whole_document: true,
        ..Facts::of("", outcome)
    };
    let answer = answers.get(Check::References);
    facts.references.extend(attributes.map(|_| Referred { uri: "message-digest".to_owned(), answer }));
    facts.answers = answers;
    match attributes {
        None => facts.faults.push(Finding::new(Code::SignatureNoSignedAttributes)),
        Some(attributes) => {
            if let Some(certificate) = certificate {
                facts.commitment = commitment(attributes, certificate);
            }
            if let Some(Ok(digest)) = attributes.signing_certificate_v2.as_ref().map(|reference| reference.digest()) {
                facts.digests.push(digest);
            }
        }
    }
    Ok(facts)
}

/// ETSI EN 319 122-1 6.3: what baseline B demands of the signed attributes.
fn format(attributes: Option<&SignedAttributes<'_>>) -> &'static str {
    match attributes {
        Some(attributes) if attributes.signing_certificate_v2.is_some() && attributes.signing_time.is_some() => {
            "CAdES-B-B"
        }
        _ => "CMS",
    }
}

/// RFC 5035 5.4. The old reference by SHA-1 must fit where it stands, but commits to nothing.
fn commitment(attributes: &SignedAttributes<'_>, certificate: &Certificate) -> Commitment {
    match (&attributes.signing_certificate, &attributes.signing_certificate_v2) {
        (Some(old), _) if !old.means(certificate) => Commitment::Differs,
        (_, Some(reference)) if reference.means(certificate) => Commitment::Signed,
        (_, Some(_)) => Commitment::Differs,
        (_, None) => Commitment::Absent,
    }
}

fn outcome(
    signer: &SignerInfo<'_>,
    content_type: &str,
    certificate: Option<&Certificate>,
    digests: &Digests,
    content: &Octets,
    answers: &mut Answers,
) -> io::Result<Outcome> {
    let unsupported = |what: String| Ok(Outcome::Unsupported { what });
    let (digest, algorithm) = match (&signer.digest, &signer.algorithm) {
        (Err(oid), _) => return unsupported(format!("digest algorithm {oid}")),
        (_, Err(oid)) => return unsupported(format!("signature algorithm {oid}")),
        (Ok(digest), Ok(algorithm)) => (*digest, *algorithm),
    };
    let Some(over_content) = digests.get(digest) else {
        return unsupported(digest.name().to_owned());
    };
    let verified = |check: Result<bool, ValueFault>| match check {
        Ok(true) => Outcome::Intact,
        Ok(false) | Err(ValueFault::KeyDiffers(_)) => Outcome::ValueWrong,
        Err(fault) => Outcome::Unsupported { what: fault.to_string() },
    };
    let Some(attributes) = &signer.attributes else {
        // RFC 5652 5.4: the value is over the content itself
        let Some(certificate) = certificate else { return Ok(Outcome::NoKey) };
        let key = certificate.public_key();
        let check = |digest: &[u8]| value::verify_digest(key, algorithm, digest, signer.signature, Form::Der);
        if algorithm.digest().is_none() {
            return match content.in_memory() {
                Some(octets) => Ok(verified(value::verify(key, algorithm, octets, signer.signature, Form::Der))),
                None => unsupported(format!("{algorithm} without signed attributes over a large document")),
            };
        }
        return Ok(match verified(check(over_content)) {
            Outcome::ValueWrong if text_mode(content, digest)?.iter().any(|digest| check(digest) == Ok(true)) => {
                Outcome::TextMode
            }
            other => other,
        });
    };
    if attributes.content_type != content_type {
        // RFC 5652 11.1
        return Ok(Outcome::Malformed { what: "the signed content type is not that of the content".to_owned() });
    }
    answers.set(Check::References, attributes.message_digest == over_content);
    if attributes.message_digest != over_content {
        return Ok(match text_mode(content, digest)?.iter().any(|digest| digest == attributes.message_digest) {
            true => Outcome::TextMode,
            false => Outcome::DigestDiffers { what: None },
        });
    }
    let Some(certificate) = certificate else { return Ok(Outcome::NoKey) };
    let mut outcome = Outcome::ValueWrong;
    for octets in attributes.signed_octets() {
        outcome = verified(value::verify(certificate.public_key(), algorithm, &octets, signer.signature, Form::Der));
        if outcome != Outcome::ValueWrong {
            break;
        }
    }
    if outcome == Outcome::Intact {
        answers.yes(Check::Value);
    }
    Ok(outcome)
}

/// The digests of the content, one an algorithm, from one reading.
struct Digests(Vec<(DigestAlgorithm, Vec<u8>)>);

impl Digests {
    fn of_signers(content: &Octets, signers: &[SignerInfo<'_>]) -> io::Result<Self> {
        Self::of(content, signers.iter().filter_map(|signer| signer.digest.as_ref().ok().copied()))
    }

    fn of(content: &Octets, algorithms: impl Iterator<Item = DigestAlgorithm>) -> io::Result<Self> {
        let mut hashers: Vec<(DigestAlgorithm, Hasher)> = Vec::new();
        for digest in algorithms {
            if !hashers.iter().any(|(known, _)| *known == digest)
                && let Some(hasher) = digest.hasher()
            {
                hashers.push((digest, hasher));
            }
        }
        read(content, |piece| hashers.iter_mut().try_for_each(|(_, hasher)| Ok(hasher.update(piece)?)))?;
        let finish = |(digest, mut hasher): (DigestAlgorithm, Hasher)| Ok((digest, hasher.finish()?.to_vec()));
        hashers.into_iter().map(finish).collect::<io::Result<_>>().map(Self)
    }

    fn get(&self, digest: DigestAlgorithm) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| *known == digest).map(|(_, octets)| octets.as_slice())
    }
}

fn read(content: &Octets, mut piece: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let (mut reader, mut buffer) = (content.reader(), vec![0; 64 * 1024]);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => piece(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Carriage returns in a row that may belong to one line end; bounds what is kept back.
const RETURNS_MAX: usize = 64;

/// The digests that the content has with other line ends: CRLF as text mode writes them
/// (RFC 8551 3.1.1), the same behind a text header, and LF.
fn text_mode(content: &Octets, digest: DigestAlgorithm) -> io::Result<Vec<Vec<u8>>> {
    let hasher = || digest.hasher().ok_or_else(|| io::Error::other("the digest algorithm has gone"));
    let (mut crlf, mut text, mut lf) = (hasher()?, hasher()?, hasher()?);
    text.update(b"Content-Type: text/plain\r\n\r\n")?;
    let mut returns = 0usize; // carriage returns whose line feed may still come
    let mut dense: Vec<u8> = Vec::new();
    let mut bare: Vec<u8> = Vec::new();
    read(content, |piece| {
        dense.clear();
        bare.clear();
        for &octet in piece {
            match octet {
                b'\r' if returns < RETURNS_MAX => returns += 1,
                b'\n' => {
                    dense.extend(b"\r\n");
                    bare.push(b'\n');
                    returns = 0;
                }
                octet => {
                    for lines in [&mut dense, &mut bare] {
                        lines.extend(std::iter::repeat_n(b'\r', returns));
                        lines.push(octet);
                    }
                    returns = 0;
                }
            }
        }
        crlf.update(&dense)?;
        text.update(&dense)?;
        Ok(lf.update(&bare)?)
    })?;
    Ok([crlf.finish()?, text.finish()?, lf.finish()?].iter().map(|digest| digest.to_vec()).collect())
}

#[cfg(test)]
mod tests;
