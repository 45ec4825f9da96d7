//! `pencere identity`: what a certificate says of its holder, and what to configure for it.
//!
//! Reads a certificate, or those that a signed file bears, and believes none of them: whose word counts
//! is the administrator's to say. A FİN is masked for people everywhere but in the entry for the
//! registry, which is of no use without it; the answer for programs has it bare, as that of `verify`.

mod clue;
mod proposal;

use super::table::Side;
use super::verify::word;
use super::{Exit, Outcome, OutputArgs, Screen, Table, Trouble, files, times};
use crate::document::{BAKU, Fin, ParticipantName};
use crate::finding::{Code, Finding, Language};
use crate::forms::address::Addresses;
use crate::forms::certificate::{Certificate, short_name};
use crate::forms::value;
use crate::host::Octets;
use crate::signature::{self, CURVES, CmsKind, CmsLimits, Context, Integrity, Policy, Reason, Report, TimeSource};
use crate::trust::{IdentityProfile, Snapshot};
use crate::xml::Limits;
use clap::{Args, Subcommand};
use clue::{Clue, Fault, Kind, clues};
use jiff::Timestamp;
use openssl::pkey::Id;
use proposal::Proposal;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to do with identities.
#[derive(Debug, Subcommand)]
pub enum IdentityCommand {
    Probe(ProbeArgs),
}

/// Read a certificate, or a signed file, and say what to configure for it
///
/// Names every attribute of the subject, what in it looks like a FİN or a VÖEN, the identity
/// profile that reads them, and the person's entry for registry.toml. Judges nothing: a
/// certificate that is read here need not be believed.
///
/// Exit code 0: FİN and VÖEN are found, and a profile reads them. 1: not.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ProbeArgs {
    /// A certificate (PEM or DER), or a signed file: XML, CMS (.p7s, .p7m) or a container
    #[arg(value_name = "CERT|FILE")]
    pub file: PathBuf,
    /// The participant that the entry is for, by its name in the registry
    #[arg(long, value_name = "P")]
    pub participant: Option<ParticipantName>,
    /// Write the certificates, in PEM and named by their fingerprints, into this folder
    #[arg(long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer<'a> {
    /// As it was named.
    file: &'a Path,
    /// Whether FİN and VÖEN of every certificate are read.
    found: bool,
    certificates: Vec<Probed>,
    /// Why there is no certificate; null when there is one.
    reason: Option<Reason>,
}

/// What one certificate shows.
#[derive(Serialize)]
struct Probed {
    /// The format of the signature that bears it; null for a certificate by itself.
    signature: Option<String>,
    /// Whether that signature is intact; trust is not asked for. Null where the document is not at hand.
    integrity: Option<Integrity>,
    sha256: String,
    subject: Vec<Attribute>,
    issuer: String,
    serial: String,
    not_before: Timestamp,
    not_after: Timestamp,
    key: String,
    key_usage: Option<Vec<&'static str>>,
    extended_key_usage: Option<Vec<String>>,
    crls: Vec<String>,
    ocsp: Vec<String>,
    issuers: Vec<String>,
    fin: Option<String>,
    voen: Option<String>,
    /// The shipped profile that reads both; null when none does.
    profile: Option<&'static str>,
    /// `[identity]` for pencere.toml; null where nothing is known to stand in it.
    identity: Option<String>,
    /// The person's entry for registry.toml; null without a FİN.
    registry: Option<String>,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct Attribute {
    oid: String,
    name: Option<&'static str>,
    /// Null when it is no text.
    value: Option<String>,
    looks_like: Vec<Clue>,
}

/// A certificate, and what is known of the signature that bears it.
struct Found {
    certificate: Certificate,
    /// That signature's format; none for a certificate by itself.
    signature: Option<String>,
    /// None also for a detached one, whose document is not looked at.
    integrity: Option<Integrity>,
}

/// Reads the file and says what it shows.
///
/// # Errors
/// Usage: a missing file, or one that names itself a certificate and is none. Broken: the disk's.
pub fn probe(args: &ProbeArgs, screen: &mut Screen) -> Outcome {
    let (found, reason) = found(&args.file)?;
    let now = Timestamp::now();
    let mut probed = Vec::new();
    for one in &found {
        let path = path(args, one)?;
        probed.push(Probed::of(one, args.participant.as_ref(), &path, now));
    }
    let is_whole = !probed.is_empty() && probed.iter().all(|one| one.fin.is_some() && one.voen.is_some());
    let answer = Answer { file: &args.file, found: is_whole, certificates: probed, reason };
    screen.json(&answer);
    if let Some(reason) = &answer.reason {
        screen.say(format!("There is no certificate to look at.\n  {}\n  {}", reason.code, reason.message));
    }
    for (number, one) in answer.certificates.iter().enumerate() {
        if number > 0 {
            screen.say("");
        }
        one.tell(screen);
    }
    if args.out_dir.is_none() && found.iter().any(|one| one.signature.is_some()) {
        screen.say("\nThe certificate lies inside the file: save it for the registry with --out-dir DIR.");
    }
    Ok(Exit::answer(is_whole))
}

/// The certificates of persons in the file, each once; or why there is none.
fn found(path: &Path) -> Result<(Vec<Found>, Option<Reason>), Trouble> {
    let file = files::octets(path)?;
    if let Some(certificates) = certificates(&file, path)? {
        return Ok((certificates, None));
    }
    // who signed is asked, and not what: a detached signature needs no document for that
    let kind = signature::cms_kind(&file, &CmsLimits::default());
    let content = match kind.map_err(|error| Trouble::reading(path, &error))? {
        Some(CmsKind::Detached) => Some(Octets::from(Vec::new())),
        Some(CmsKind::Attached) | None => None,
    };
    let (trust, policy, profile) = (Snapshot::default(), Policy::trial(), IdentityProfile::standard());
    let (at, time_source) = (Timestamp::now(), TimeSource::Now);
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source };
    let examined = signature::examine(&file, content.as_ref(), &context, &Limits::default());
    let (report, nothing) = examined.map_err(|error| Trouble::broken(format!("{}: {error}", path.display())))?;
    let is_seen = content.as_ref().is_none_or(|content| !content.is_empty());
    let mut found: Vec<Found> = Vec::new();
    for signature in &report.signatures {
        let Some(signer) = &signature.signer else { continue };
        if found.iter().all(|known| known.certificate != signer.certificate) {
            let integrity = is_seen.then_some(signature.integrity);
            let (certificate, signature) = (signer.certificate.clone(), Some(signature.format.clone()));
            found.push(Found { certificate, signature, integrity });
        }
    }
    let reason = found.is_empty().then(|| why(&report, nothing));
    Ok((found, reason))
}

/// The certificates of a file of certificates, those of authorities left out where others stand beside;
/// none when it is another kind of file.
fn certificates(file: &Octets, path: &Path) -> Result<Option<Vec<Found>>, Trouble> {
    let reading = |error| Trouble::reading(path, &error);
    let head = file.head(4096).map_err(reading)?;
    if head.trim_ascii_start().starts_with(b"<") {
        return Ok(None); // whatever an XML document quotes
    }
    let is_named = head.windows(CERTIFICATE.len()).any(|text| text == CERTIFICATE);
    let mut certificates = match file.in_memory().map(Certificate::from_file) {
        Some(Ok(found)) => found,
        Some(Err(fault)) if is_named => {
            return Err(Trouble::usage(format!("{} holds no certificate: {fault}", path.display())));
        }
        _ => return Ok(None),
    };
    if certificates.iter().any(|certificate| !certificate.is_ca()) {
        certificates.retain(|certificate| !certificate.is_ca());
    }
    Ok(Some(
        certificates.into_iter().map(|certificate| Found { certificate, signature: None, integrity: None }).collect(),
    ))
}

const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn why(report: &Report, nothing: Option<Finding>) -> Reason {
    let told = report.signatures.iter().flat_map(|signature| &signature.reasons).next();
    told.cloned().unwrap_or_else(|| {
        let finding = nothing.unwrap_or_else(|| Finding::new(Code::SignatureMissing));
        Reason { code: finding.code.slug(), message: finding.message(Language::En) }
    })
}

/// Where the registry will find the certificate; written there when that was asked for.
fn path(args: &ProbeArgs, one: &Found) -> Result<String, Trouble> {
    let fingerprint = one.certificate.sha256().to_string();
    let name = format!("{}.crt", fingerprint.get(..16).unwrap_or(&fingerprint));
    let Some(folder) = &args.out_dir else {
        return Ok(match &one.signature {
            None => args.file.display().to_string(),
            Some(_) => format!("pki/{name}"),
        });
    };
    let path = folder.join(name);
    let broken = |error: &dyn std::fmt::Display| Trouble::broken(format!("{}: {error}", path.display()));
    let pem = one.certificate.x509().to_pem().map_err(|error| broken(&error))?;
    // named by its content: what stands there already is the same
    let mut file = files::Making::begin(&path, true)?;
    file.write_all(&pem).map_err(|error| broken(&error))?;
    file.finish()?;
    Ok(path.display().to_string())
}

impl Probed {
    fn of(found: &Found, participant: Option<&ParticipantName>, path: &str, now: Timestamp) -> Self {
        let certificate = &found.certificate;
        let proposal = Proposal::of(certificate);
        let Addresses { crls, ocsp, issuers } = Addresses::of(certificate);
        let from = BAKU.to_datetime(now).date();
        let participant = participant.map_or("X", ParticipantName::as_str);
        let mut remarks = proposal.remarks.clone();
        if certificate.not_after() < now || certificate.not_before() > now {
            remarks.push("The certificate is not in force now.".to_owned());
        }
        Self {
            signature: found.signature.clone(),
            integrity: found.integrity,
            sha256: certificate.sha256().to_string(),
            subject: certificate.subject_attributes().iter().map(Attribute::of).collect(),
            issuer: certificate.authority().to_owned(),
            serial: certificate.serial().to_owned(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            key: key(certificate),
            key_usage: certificate.key_usage().map(|usage| usage.names()),
            extended_key_usage: certificate.extended_key_usage().map(<[String]>::to_vec),
            crls,
            ocsp,
            issuers,
            fin: proposal.fin.as_ref().map(|fin| fin.reveal().to_owned()),
            voen: proposal.voen.as_ref().map(ToString::to_string),
            profile: proposal.profile,
            registry: proposal.entry(certificate, participant, path, from),
            identity: proposal.identity,
            remarks,
        }
    }

    fn tell(&self, screen: &mut Screen) {
        let mut table =
            Table::new([("OID", Side::Left), ("attribute", Side::Left), ("value", Side::Left), ("", Side::Left)]);
        for attribute in &self.subject {
            let looks: Vec<String> = attribute.looks_like.iter().map(looks_like).collect();
            let name = attribute.name.unwrap_or("-");
            table.row([&attribute.oid, name, &attribute.masked(), &looks.join("; ")]);
        }
        screen.say(match (&self.signature, self.integrity) {
            (Some(format), Some(integrity)) => format!("Certificate of a signature ({format}, {})", word(integrity)),
            (Some(format), None) => format!("Certificate of a signature ({format}, whose document is another file)"),
            (None, _) => "Certificate".to_owned(),
        });
        screen.table(&table);
        let mut lines = vec![String::new()];
        let mut line = |label: &str, value: &str| lines.push(format!("{label:<22}{value}"));
        line("issuer", &self.issuer);
        line("serial number", &self.serial);
        line("valid from", &times::both(self.not_before));
        line("valid to", &times::both(self.not_after));
        line("key", &self.key);
        line("key usage", &self.key_usage.as_ref().map_or_else(|| "not said".to_owned(), |names| names.join(", ")));
        if let Some(purposes) = &self.extended_key_usage {
            line("extended key usage", &purposes.join(", "));
        }
        for (label, addresses) in [("CRL", &self.crls), ("OCSP", &self.ocsp), ("issuer's certificate", &self.issuers)] {
            line(label, &if addresses.is_empty() { "-".to_owned() } else { addresses.join(" ") });
        }
        line("SHA-256", &self.sha256);
        let fin = self.fin.as_ref().and_then(|fin| fin.parse::<Fin>().ok());
        line("FİN", &fin.map_or_else(|| "-".to_owned(), |fin| fin.to_string()));
        line("VÖEN", self.voen.as_deref().unwrap_or("-"));
        line(
            "profile",
            &self.profile.map_or_else(|| "none of the shipped ones".to_owned(), |name| format!("{name:?}")),
        );
        lines.extend(self.remarks.iter().map(|remark| format!("! {remark}")));
        screen.say(lines.join("\n"));
        let by_default = match self.profile {
            Some(_) => " (the default, \"standard\", reads it as well)",
            None => "",
        };
        if let Some(identity) = &self.identity {
            screen.say(format!("\nFor pencere.toml{by_default}:\n\n{}", identity.trim_end()));
        }
        if let Some(entry) = &self.registry {
            screen.say(format!("\nFor registry.toml:\n\n{}", entry.trim_end()));
        }
    }
}

impl Attribute {
    fn of((oid, value): &(String, Option<String>)) -> Self {
        let looks_like = value.as_deref().map(|value| clues(oid, value)).unwrap_or_default();
        Self { oid: oid.clone(), name: short_name(oid), value: value.clone(), looks_like }
    }

    /// The value for people: what may be somebody's FİN is masked.
    fn masked(&self) -> String {
        let Some(value) = &self.value else { return "(no text)".to_owned() };
        let fins = self.looks_like.iter().filter(|clue| clue.kind == Kind::Fin);
        fins.filter_map(|clue| clue.value.parse::<Fin>().ok())
            .fold(value.clone(), |value, fin| value.replace(fin.reveal(), &fin.to_string()))
    }
}

fn looks_like(clue: &Clue) -> String {
    match (clue.kind, clue.fault) {
        (Kind::Fin, _) => "FİN by its form; it has no check digit".to_owned(),
        (Kind::Voen, None) => "VÖEN of a body: form and check digit are right".to_owned(),
        (Kind::Voen, Some(Fault::CheckDigit)) => "ten digits, and no VÖEN: the check digit is wrong".to_owned(),
        (Kind::Voen, Some(Fault::NaturalPerson)) => "VÖEN of a natural person, not of a body".to_owned(),
    }
}

fn key(certificate: &Certificate) -> String {
    let key = certificate.public_key();
    match key.id() {
        Id::RSA | Id::RSA_PSS => format!("RSA {}", key.bits()),
        Id::EC => {
            let curve = value::curve(key);
            let named = CURVES.iter().find(|(_, known)| Some(*known) == curve).map(|(name, _)| *name);
            let named = named.or_else(|| curve.and_then(|curve| curve.short_name().ok()));
            format!("EC {}", named.unwrap_or("on an unnamed curve"))
        }
        Id::ED25519 => "Ed25519".to_owned(),
        Id::ED448 => "Ed448".to_owned(),
        Id::DSA => format!("DSA {}", key.bits()),
        _ => format!("of {} bits", key.bits()),
    }
}
