//! Reads what `[trust]` and `[seal]` name, and checks what can be checked before any document:
//! the files parse, the seal's key fits and is in force, and no trial PKI stands in a window that
//! is not for trials (S 5.1.5). Never judges a signature.

use super::files::{self, Gathered, Part};
use super::reader::{At, Source, Spot};
use super::settings::{SealAt, TrustSettings};
use crate::authority::Environment;
use crate::forms::certificate::Certificate;
use crate::seal::KeyPlace;
use crate::token::{PinFrom, Uri};
use crate::trust::{OcspResponse, RevocationList, Snapshot};
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::PKey;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A certificate that a responder is asked about.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The responder's address.
    pub url: String,
    /// The certificate: of a registered person, or of an authority between.
    pub certificate: Certificate,
    /// Who issued it.
    pub issuer: Certificate,
    /// Where the answer lies.
    pub file: PathBuf,
}

/// Anchors, intermediates, revocation lists and answers as one snapshot, and what is to be asked. `path` is
/// that of `pencere.toml`: it is not read again, mistakes are told at its keys as they stood. The registry
/// was read before: its persons are asked about.
pub(super) fn snapshot(
    gathered: &mut Gathered,
    path: &Path,
    trust: &TrustSettings,
    (environment, state): (Option<Environment>, &Path),
    now: Timestamp,
) -> Option<(Snapshot, Vec<Asked>)> {
    let (source, _) = Source::parse(path, "");
    let anchors = chain_ends(gathered, &source, &trust.anchors, environment);
    let intermediates = chain_ends(gathered, &source, &trust.intermediates, environment);
    let clocks = chain_ends(gathered, &source, &trust.timestamping, environment);
    let mut crls = revocation_lists(gathered, &source, &trust.crls);
    crls.extend(fetched_lists(gathered, &source, trust, state));
    let asked = asked(gathered, &source, trust, &intermediates, (state, now));
    let answers = answers(gathered, &source, trust, &asked);
    if anchors.is_empty()
        && let Some(first) = trust.anchors.first()
    {
        source.mistake(&first.spot, "gives no certificate at all, so nobody's signature could be believed");
    }
    if environment == Some(Environment::Production)
        && !trust.revocation
        && let Some(first) = trust.anchors.first()
    {
        let message =
            "nobody asks whether a certificate was revoked: name crls, crl_urls or ocsp, or set revocation = true";
        source.warning(&first.spot, message.to_owned());
    }
    let (mistakes, warnings, _) = source.finish();
    let whole = mistakes.is_empty();
    gathered.mistakes.extend(mistakes);
    gathered.warnings.extend(warnings);
    let revocation = trust.revocation.then_some(crls);
    let grace = SignedDuration::try_from(trust.crl_grace).unwrap_or(SignedDuration::ZERO);
    let snapshot = || Snapshot::new(anchors, intermediates, revocation, grace, now).with_clocks(clocks);
    whole.then(|| (snapshot().with_answers(answers), asked))
}

fn chain_ends(
    gathered: &mut Gathered,
    source: &Source<'_>,
    paths: &[At<PathBuf>],
    environment: Option<Environment>,
) -> Vec<Certificate> {
    let mut certificates = Vec::new();
    for path in gathered.spread(source, paths) {
        let Some(octets) = gathered.named(source, &path.spot, &path.value, Part::Trust) else { continue };
        match Certificate::from_file(&octets) {
            Ok(found) => {
                if environment == Some(Environment::Production) && found.iter().any(Certificate::is_trial) {
                    let message =
                        format!("{} is of a trial PKI, whose keys anybody may hold; {REFUSED}", path.value.display());
                    source.mistake(&path.spot, message);
                }
                certificates.extend(found);
            }
            Err(fault) => source.mistake(&path.spot, format!("{} holds no certificate: {fault}", path.value.display())),
        }
    }
    certificates
}

/// How long before its end a seal is spoken of (S 8.1.3): long enough to issue and publish another.
const RENEWAL: SignedDuration = SignedDuration::from_hours(30 * 24);

const REFUSED: &str = "a window whose environment is not \"test\" refuses it";

/// Lists that the refresher fetched. One that is not there yet is no mistake: whom it concerns is held.
fn fetched_lists(
    gathered: &mut Gathered,
    source: &Source<'_>,
    trust: &TrustSettings,
    state: &Path,
) -> Vec<RevocationList> {
    let mut lists = Vec::new();
    for url in &trust.crl_urls {
        let file = trust.fetched(state, &url.value);
        let found = match gathered.shelf.has(&file) {
            true => gathered.named(source, &url.spot, &file, Part::Trust),
            false => None,
        };
        match found.map(|octets| RevocationList::from_file(&octets)) {
            Some(Ok(found)) => lists.extend(found),
            Some(Err(fault)) => source.warning(&url.spot, format!("what was fetched is no revocation list: {fault}")),
            None => source.warning(&url.spot, format!("{} was not fetched yet", url.value)),
        }
    }
    lists
}

/// Nothing is asked because a document says so: the responders are the configuration's, and so are those who
/// are asked about, registered persons and the authorities between that are in force.
fn asked(
    gathered: &mut Gathered,
    source: &Source<'_>,
    trust: &TrustSettings,
    intermediates: &[Certificate],
    (state, now): (&Path, Timestamp),
) -> Vec<Asked> {
    let mut asked: Vec<Asked> = Vec::new();
    if trust.ocsp.is_empty() {
        return asked;
    }
    let registered = gathered.files.iter().filter(|file| file.part == Part::Registry);
    let registered = registered.filter_map(|file| Certificate::from_file(&file.octets).ok()).flatten();
    let known: Vec<Certificate> = registered.chain(intermediates.iter().cloned()).collect();
    for responder in &trust.ocsp {
        let spot = &responder.issuer.spot;
        for issuer in chain_ends(gathered, source, std::slice::from_ref(&responder.issuer), None) {
            let is_its = |one: &&Certificate| {
                one.issuer_der() == issuer.subject_der()
                    && one.not_after() >= now
                    && one.x509().verify(issuer.public_key()).unwrap_or(false)
            };
            for certificate in known.iter().filter(is_its) {
                let file = trust.answered(state, &responder.url, certificate.sha256());
                if asked.iter().all(|one| one.file != file) {
                    let (url, certificate, issuer) = (responder.url.clone(), certificate.clone(), issuer.clone());
                    asked.push(Asked { url, certificate, issuer, file });
                }
            }
        }
        if asked.iter().all(|one| one.url != responder.url) {
            source.warning(spot, "issued no certificate of a registered person or of an authority between");
        }
    }
    asked
}

/// What the refresher was answered. What is not there yet is no mistake: whom it concerns is held.
fn answers(gathered: &mut Gathered, source: &Source<'_>, trust: &TrustSettings, asked: &[Asked]) -> Vec<OcspResponse> {
    let (mut answers, mut missing) = (Vec::new(), 0u32);
    let Some(first) = trust.ocsp.first() else { return answers };
    let spot = &first.issuer.spot;
    for one in asked {
        let found = match gathered.shelf.has(&one.file) {
            true => gathered.named(source, spot, &one.file, Part::Trust),
            false => None,
        };
        match found.map(|octets| OcspResponse::from_der(&octets)) {
            Some(Ok(answer)) => answers.push(answer),
            Some(Err(fault)) => source.warning(spot, format!("an answer of {} is none: {fault}", one.url)),
            None => missing += 1,
        }
    }
    if missing > 0 {
        source.warning(spot, format!("of {} certificates, {missing} have no answer yet", asked.len()));
    }
    answers
}

fn revocation_lists(gathered: &mut Gathered, source: &Source<'_>, paths: &[At<PathBuf>]) -> Vec<RevocationList> {
    let mut lists = Vec::new();
    for path in gathered.spread(source, paths) {
        let Some(octets) = gathered.named(source, &path.spot, &path.value, Part::Trust) else { continue };
        match RevocationList::from_file(&octets) {
            Ok(found) => lists.extend(found),
            Err(fault) => {
                source.mistake(&path.spot, format!("{} holds no revocation list: {fault}", path.value.display()))
            }
        }
    }
    lists
}

/// Checks the seal: one certificate, in force, its key beside it and kept from others.
pub(super) fn seal(
    gathered: &mut Gathered,
    source: &Source<'_>,
    seal: &SealAt,
    environment: Option<Environment>,
    now: Timestamp,
) {
    let (spot, path) = (&seal.certificate.spot, &seal.certificate.value);
    let certificate = gathered.named(source, spot, path, Part::Seal).and_then(|octets| {
        let found = Certificate::from_file(&octets).map_err(|fault| format!("holds no certificate: {fault}"));
        match found.and_then(|found| <[Certificate; 1]>::try_from(found).map_err(|_| "holds several".to_owned())) {
            Ok([certificate]) => Some(certificate),
            Err(fault) => {
                source.mistake(spot, format!("{} {fault}", path.display()));
                None
            }
        }
    });
    if let Some(certificate) = &certificate {
        if certificate.not_after() < now {
            source.mistake(spot, format!("{} ended on {}", path.display(), certificate.not_after()));
        }
        let remaining = certificate.not_after().duration_since(now);
        if !remaining.is_negative() && remaining < RENEWAL {
            source
                .warning(spot, format!("{} ends on {}; renew and publish it", path.display(), certificate.not_after()));
        }
        if certificate.not_before() > now {
            source.mistake(spot, format!("{} is in force from {} only", path.display(), certificate.not_before()));
        }
        if environment == Some(Environment::Production) && certificate.is_trial() {
            source.mistake(spot, format!("{} is a seal for trials; {REFUSED}", path.display()));
        }
    }
    match &seal.key.value {
        KeyPlace::File(path) => key_in_file(source, &seal.key.spot, path, certificate.as_ref()),
        KeyPlace::Token(uri) => key_in_token(source, &seal.key.spot, uri),
        // looked for where the window is opened: it may be started after this is asked
        KeyPlace::Apart(path) if !path.is_absolute() => {
            source.mistake(&seal.key.spot, format!("{} is no whole path of a socket", path.display()));
        }
        KeyPlace::Apart(_) => {}
    }
}

/// The key's octets are neither kept nor digested.
fn key_in_file(source: &Source<'_>, spot: &Spot, path: &Path, certificate: Option<&Certificate>) {
    let octets = match files::octets(path) {
        Ok(octets) => octets,
        Err(error) => return source.mistake(spot, format!("{} cannot be read: {error}", path.display())),
    };
    let Ok(key) = PKey::private_key_from_pem_callback(&octets, |_| Ok(0)) else {
        return source.mistake(spot, format!("{} holds no private key in PEM, or an encrypted one", path.display()));
    };
    if let Some(certificate) = certificate
        && !certificate.public_key().public_eq(&key)
    {
        source.mistake(spot, format!("{} is not the key of the seal's certificate", path.display()));
    }
    warn_of_readers(source, spot, path);
}

/// What a URI names is looked at, and the token left alone: that is opened with the window, since each look
/// into it might cost a try of its PIN.
fn key_in_token(source: &Source<'_>, spot: &Spot, uri: &Uri) {
    match uri.module() {
        None => source.mistake(spot, "does not name the module that drives the token: ?module-path=/usr/lib/….so"),
        Some(module) if !module.is_file() => {
            source.mistake(spot, format!("the module {} is not there", module.display()));
        }
        Some(_) => {}
    }
    match uri.pin() {
        // this file is journalled and kept in evidence
        PinFrom::Value(_) => source.mistake(
            spot,
            "holds a PIN, and this file is kept for later: name a file that holds it instead (pin-source=file:/PATH)",
        ),
        PinFrom::File(path) if !path.is_file() => {
            source.mistake(spot, format!("the file of the PIN, {}, is not there", path.display()));
        }
        PinFrom::File(path) => warn_of_readers(source, spot, path),
        PinFrom::Asked => {}
    }
}

fn warn_of_readers(source: &Source<'_>, spot: &Spot, path: &Path) {
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0) {
        source.warning(spot, format!("{} can be read by others than its owner; `chmod 600` it", path.display()));
    }
}
