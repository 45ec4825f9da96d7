//! `pencere sign`: signs files as the window wants them.

mod container;
mod enveloped;
mod signer;
mod signing;
mod stamp;

use super::files::Making;
use super::{Exit, Outcome, Screen, Trouble, files};
use crate::container::Limits as ContainerLimits;
use crate::finding::Language;
use crate::forms::certificate::Certificate;
use crate::host::Octets;
use crate::signature::{self, Context, Integrity, Policy, TimeSource};
use crate::trust::{IdentityProfile, Snapshot};
use crate::xml::Limits;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use signer::Signer;
use signing::Signing;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Sign files with a key and certificate
///
/// An XML file gets its signature inside (XAdES), anything else a signature file beside it
/// (CMS); --format asice puts the file and its signature into one container. Written are
/// NAME.signed.xml, FILE.p7s or FILE.asice; what stands there already is not replaced,
/// unless -o or --out-dir says where to write.
///
/// The key lies in a file (--key), or in a card, a stick or a module that never gives it away
/// (--pkcs11).
///
/// A time-stamp (--tsa) proves that the signature was there before the certificate ended or
/// was revoked. What is sent to the authority is a digest and nothing of the file.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct SignArgs {
    /// The files to sign
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The signer's private key (PEM)
    #[arg(long, value_name = "FILE", required_unless_present = "pkcs11", requires = "cert")]
    pub key: Option<PathBuf>,
    /// The signer's certificate (PEM); further ones in the file, from its issuer on, go with each signature
    /// [default with --pkcs11: those in the token]
    #[arg(long, value_name = "FILE")]
    pub cert: Option<PathBuf>,
    /// The signer's private key in a PKCS#11 token, by its URI (RFC 7512):
    /// pkcs11:token=…;object=…;id=%01?module-path=/usr/lib/….so. The PIN is asked for at the terminal, or
    /// stands in the file that pin-source=file:/PATH names
    #[arg(long, value_name = "URI", conflicts_with = "key")]
    pub pkcs11: Option<String>,
    /// The PKCS#11 module that drives the token, where the URI names none
    #[arg(long, value_name = "FILE", env = "PKCS11_MODULE", hide_env_values = true)]
    pub pkcs11_module: Option<PathBuf>,
    /// The form of the signature [default: xades for XML, cades for anything else]
    #[arg(long, value_enum)]
    pub format: Option<SignatureForm>,
    /// Have each signature time-stamped by the authority at this address (RFC 3161, http or https)
    #[arg(long, value_name = "URL")]
    pub tsa: Option<String>,
    /// Seconds to wait for the time-stamping authority, for each signature
    // Most answer within one; one that is overloaded takes a few, and somebody sits and waits.
    #[arg(long, value_name = "SECONDS", requires = "tsa", default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(1..=600))]
    pub tsa_timeout: u16,
    /// Write the result here (one FILE only), replacing what stands there
    #[arg(short = 'o', long = "out", value_name = "OUT", conflicts_with = "out_dir")]
    pub out: Option<PathBuf>,
    /// Write the results into this folder, replacing what stands there
    #[arg(long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
}

/// The form of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignatureForm {
    /// Inside the XML document
    Xades,
    /// A file of its own beside the document
    Cades,
    /// One container with document and signature (ASiC-E with XAdES)
    Asice,
}

/// Where a result goes, and whether it may replace what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The file to write.
    pub path: PathBuf,
    /// Replace it, or refuse.
    pub replace: bool,
}

impl SignArgs {
    /// Where the result for `file` goes in this form.
    ///
    /// # Errors
    /// `-o` with several files; a FILE without a file name.
    pub fn destination(&self, file: &Path, form: SignatureForm) -> Result<Destination, Trouble> {
        if let Some(out) = &self.out {
            return match self.files.len() {
                1 => Ok(Destination { path: out.clone(), replace: true }),
                _ => Err(Trouble::usage("-o names one result, but several files are to be signed; use --out-dir")),
            };
        }
        let name =
            file.file_name().ok_or_else(|| Trouble::usage(format!("{} is not the name of a file", file.display())))?;
        let name = match form {
            SignatureForm::Xades => with_ending(file.file_stem().unwrap_or(name), ".signed.xml"),
            SignatureForm::Cades => with_ending(name, ".p7s"),
            SignatureForm::Asice => with_ending(name, ".asice"),
        };
        Ok(match &self.out_dir {
            Some(folder) => Destination { path: folder.join(name), replace: true },
            None => Destination { path: file.with_file_name(name), replace: false },
        })
    }
}

fn with_ending(name: &std::ffi::OsStr, ending: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(ending);
    name
}

/// Signs each file; what appears has been verified.
///
/// # Errors
/// Usage: a file that is missing or cannot be signed so, a key that does not fit, a result that
/// stands there already. Broken: the disk's, a time-stamp that is not to be had, or a signature that
/// does not verify.
pub fn run(args: &SignArgs, screen: &mut Screen) -> Outcome {
    let jobs = jobs(args)?;
    let authority =
        args.tsa.as_ref().map(|url| stamp::Authority::at(url, Duration::from_secs(args.tsa_timeout.into())));
    let authority = authority.transpose()?;
    let Signer { key, certificate, path } = signer::of(args)?;
    if let Some(folder) = &args.out_dir {
        std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    }
    let now = Timestamp::now();
    if certificate.not_after() < now {
        screen.note(format!("pencere: the certificate ended on {}; a window will refuse it", certificate.not_after()));
    }
    if certificate.not_before() > now {
        screen.note(format!("pencere: the certificate is in force from {} only", certificate.not_before()));
    }
    let signing = Signing { key, certificate, path, at: now, authority };
    for Job { file, form, destination } in jobs {
        let octets = files::octets(&file)?;
        let mut making = Making::begin(&destination.path, destination.replace)?;
        match form {
            SignatureForm::Xades => enveloped::sign(&octets, &file, &signing, &mut making)?,
            SignatureForm::Cades => {
                let signature = signing.cades(&octets, &file)?;
                making.write_all(&signature).map_err(|error| unwritten(&destination.path, &error))?;
            }
            SignatureForm::Asice => {
                container::sign(&octets, &file, &signing, &mut making)?;
                if let Some(note) = container::note(&octets, &file) {
                    screen.note(note);
                }
            }
        }
        self_check(&making, Some(&octets).filter(|_| form == SignatureForm::Cades), &file, now)?;
        making.finish()?;
        screen.say(format!("{} is signed: {}", file.display(), destination.path.display()));
    }
    Ok(Exit::Done)
}

/// A detached CAdES signature of octets, DER, by a key and certificate in files; and whose it is.
///
/// # Errors
/// As [`run`].
pub(super) fn detached(
    octets: &Octets,
    (key, certificate): (&Path, &Path),
    at: Timestamp,
) -> Result<(Vec<u8>, Certificate), Trouble> {
    let Signer { key: signing, certificate, path } = signer::in_file(key, certificate)?;
    let signing = Signing { key: signing, certificate, path, at, authority: None };
    Ok((signing.cades(octets, key)?, signing.certificate))
}

/// One file to sign.
struct Job {
    file: PathBuf,
    form: SignatureForm,
    destination: Destination,
}

/// All that is to be done; nothing is signed when a file is missing or a result stands there.
fn jobs(args: &SignArgs) -> Result<Vec<Job>, Trouble> {
    let mut jobs: Vec<Job> = Vec::new();
    for file in &args.files {
        let octets = files::octets(file)?;
        let form = match args.format {
            Some(SignatureForm::Asice) => container::name(file).map(|_| SignatureForm::Asice)?,
            Some(form) => form,
            None if is_xml(file, &octets)? => SignatureForm::Xades,
            None => SignatureForm::Cades,
        };
        let destination = args.destination(file, form)?;
        let is_input = |input: &PathBuf| same_file(input, &destination.path);
        if let Some(input) = args.files.iter().chain(&args.key).chain(&args.cert).find(|input| is_input(input)) {
            return Err(Trouble::usage(format!(
                "the result would replace {}, which is read here; name another file with -o",
                input.display()
            )));
        }
        if jobs.iter().any(|job| job.destination.path == destination.path) {
            return Err(Trouble::usage(format!("two results would be named {}", destination.path.display())));
        }
        if !destination.replace && destination.path.symlink_metadata().is_ok() {
            return Err(Trouble::usage(format!(
                "{} stands there already; use -o or --out-dir to replace it",
                destination.path.display()
            )));
        }
        jobs.push(Job { file: file.clone(), form, destination });
    }
    Ok(jobs)
}

/// Whether both names lead to one file that is there.
fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// By its name, or by how it begins.
fn is_xml(file: &Path, octets: &Octets) -> Result<bool, Trouble> {
    if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml")) {
        return Ok(true);
    }
    let head = octets.head(512).map_err(|error| Trouble::reading(file, &error))?;
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    Ok(text.starts_with(b"<"))
}

/// Verifies what was made, before anybody sees it. Whose word it is, is another question.
fn self_check(making: &Making, content: Option<&Octets>, file: &Path, at: Timestamp) -> Result<(), Trouble> {
    let made = making.octets().map_err(|error| unwritten(file, &error))?;
    let (trust, profile) = (Snapshot::default(), IdentityProfile::standard());
    // what was just written is no bomb, however large the document is
    let container = ContainerLimits { entry: u64::MAX, total: u64::MAX, ..ContainerLimits::default() };
    let policy = Policy { container, ..Policy::trial() };
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source: TimeSource::Now };
    let (report, nothing) = signature::examine(&made, content, &context, &Limits::default())
        .map_err(|error| Trouble::broken(format!("{}: {error}", file.display())))?;
    match report.signatures.as_slice() {
        [one]
            if one.integrity == Integrity::Intact
                && one.covers_whole_document
                && one.timestamps.iter().all(|stamp| stamp.intact) =>
        {
            Ok(())
        }
        signatures => {
            let of_stamps = signatures.iter().flat_map(|one| &one.timestamps).filter(|stamp| !stamp.intact);
            let of_stamps = of_stamps.filter_map(|stamp| stamp.reason.as_ref());
            let reason = of_stamps
                .chain(signatures.iter().flat_map(|one| &one.reasons))
                .map(|reason| reason.message.clone())
                .next();
            let why = reason.or_else(|| nothing.map(|finding| finding.message(Language::En)));
            let why = why.unwrap_or_else(|| "nobody can say why".to_owned());
            Err(Trouble::broken(format!("{}: the signature made does not verify: {why}", file.display())))
        }
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::broken(format!("{} cannot be written: {error}", path.display()))
}
