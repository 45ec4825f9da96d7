//! `pencere sign`: signs files as the window wants them.

mod enveloped;

use super::files::Making;
use super::{Exit, Outcome, Screen, Trouble, files};
use crate::finding::Language;
use crate::forms::certificate::Certificate;
use crate::forms::cms::{self, SignFault};
use crate::forms::xades::XadesSigner;
use crate::host::Octets;
use crate::signature::{self, Context, Integrity, Policy, TimeSource};
use crate::trust::{IdentityProfile, Snapshot};
use crate::xml::Limits;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use openssl::pkey::{PKey, Private};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Sign files with a key and certificate
///
/// An XML file gets its signature inside (XAdES), anything else a signature file beside it
/// (CMS). Written are NAME.signed.xml or FILE.p7s; what stands there already is not
/// replaced, unless -o or --out-dir says where to write.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct SignArgs {
    /// The files to sign
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The signer's private key (PEM)
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The signer's certificate (PEM)
    #[arg(long, value_name = "FILE")]
    pub cert: PathBuf,
    /// The form of the signature [default: xades for XML, cades for anything else]
    #[arg(long, value_enum)]
    pub format: Option<SignatureForm>,
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
    /// One container with document and signature (with a later version)
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
/// stands there already. Broken: the disk's, or a signature that does not verify.
pub fn run(args: &SignArgs, screen: &mut Screen) -> Outcome {
    let jobs = jobs(args)?;
    let (key, certificate) = pair(&args.key, &args.cert)?;
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
    for Job { file, form, destination } in jobs {
        let octets = files::octets(&file)?;
        let mut making = Making::begin(&destination.path, destination.replace)?;
        match form {
            SignatureForm::Xades => {
                let signer = XadesSigner::new(key.clone(), certificate.clone());
                let signer = signer.map_err(|fault| Trouble::usage(fault.to_string()))?;
                enveloped::sign(&octets, &file, &signer, now, &mut making)?;
            }
            SignatureForm::Cades => {
                let signature = cms::sign_detached(&octets, &key, &certificate, now).map_err(|fault| match fault {
                    SignFault::KeyDiffers | SignFault::Value(_) => Trouble::usage(fault.to_string()),
                    SignFault::Time | SignFault::Read(_) => Trouble::broken(format!("{}: {fault}", file.display())),
                })?;
                making.write_all(&signature).map_err(|error| unwritten(&destination.path, &error))?;
            }
            SignatureForm::Asice => return Err(no_container()),
        }
        self_check(&making, Some(&octets).filter(|_| form == SignatureForm::Cades), &file, now)?;
        making.finish()?;
        screen.say(format!("{} is signed: {}", file.display(), destination.path.display()));
    }
    Ok(Exit::Done)
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
        if args.format == Some(SignatureForm::Asice) {
            return Err(no_container());
        }
        let octets = files::octets(file)?;
        let form = match args.format {
            Some(form) => form,
            None if is_xml(file, &octets)? => SignatureForm::Xades,
            None => SignatureForm::Cades,
        };
        let destination = args.destination(file, form)?;
        let is_input = |input: &PathBuf| same_file(input, &destination.path);
        if let Some(input) = args.files.iter().chain([&args.key, &args.cert]).find(|input| is_input(input)) {
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

fn no_container() -> Trouble {
    Trouble::usage(
        "ASiC containers come with a later version; sign XML with --format xades, anything else with --format cades",
    )
}

/// The private key, and of the certificates given the one that belongs to it.
fn pair(key: &Path, certificate: &Path) -> Result<(PKey<Private>, Certificate), Trouble> {
    let text = files::small(key)?;
    let encrypted = memchr::memmem::find(&text, b"ENCRYPTED").is_some();
    let parsed = PKey::private_key_from_pem_callback(&text, |_| Ok(0)).or_else(|_| PKey::private_key_from_der(&text));
    let private = match parsed {
        Ok(private) => private,
        Err(_) if encrypted => {
            return Err(Trouble::usage(format!(
                "{0} is encrypted; sign with a copy that has no passphrase (openssl pkey -in {0} -out KEY), \
                 and delete that afterwards",
                key.display()
            )));
        }
        Err(_) => return Err(Trouble::usage(format!("{} holds no private key in PEM", key.display()))),
    };
    let found = files::certificates(certificate)?;
    match found.into_iter().find(|found| found.public_key().public_eq(&private)) {
        Some(found) => Ok((private, found)),
        None => Err(Trouble::usage(format!("{} is not the key of {}", key.display(), certificate.display()))),
    }
}

/// Verifies what was made, before anybody sees it. Whose word it is, is another question.
fn self_check(making: &Making, content: Option<&Octets>, file: &Path, at: Timestamp) -> Result<(), Trouble> {
    let made = making.octets().map_err(|error| unwritten(file, &error))?;
    let (trust, policy, profile) = (Snapshot::default(), Policy::trial(), IdentityProfile::standard());
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source: TimeSource::Now };
    let (report, nothing) = signature::examine(&made, content, &context, &Limits::default())
        .map_err(|error| Trouble::broken(format!("{}: {error}", file.display())))?;
    match report.signatures.as_slice() {
        [one] if one.integrity == Integrity::Intact && one.covers_whole_document => Ok(()),
        signatures => {
            let reason = signatures.iter().flat_map(|one| &one.reasons).map(|reason| reason.message.clone()).next();
            let why = reason.or_else(|| nothing.map(|finding| finding.message(Language::En)));
            let why = why.unwrap_or_else(|| "nobody can say why".to_owned());
            Err(Trouble::broken(format!("{}: the signature made does not verify: {why}", file.display())))
        }
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::broken(format!("{} cannot be written: {error}", path.display()))
}
