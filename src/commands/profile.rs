//! `pencere profile`: what an agency needs for the window's verdict at home, in one signed container; and the reading
//! of such a one.
//!
//! An ASiC-E container with CAdES (EN 319 162-1 4.4), as `pencere evidence` makes them: others verify it with their own
//! tools. There is no person in it (`config/profile.rs`). The window's seal has no part in it: it signs outcomes alone.

use super::files::{self, Making};
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, opening, sign};
use crate::config::{Config, ProfileFile};
use crate::container::write::{WriteFault, Writer};
use crate::container::{self, Container};
use crate::daemon::home::Home;
use crate::document::Digest;
use crate::forms::asic;
use crate::forms::certificate::Certificate;
use crate::host::Octets;
use crate::signature::{self, Context, Indication, Integrity, Policy, Report, TimeSource};
use crate::trust::{IdentityProfile, Snapshot};
use crate::xml;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// The version of its form.
const FORM: u32 = 1;

/// What it is, beside its files.
const ABOUT: &str = "profile.json";

/// What to do with a profile.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    Export(ProfileExportArgs),
}

/// Give out what the window's verdict rests on, so that agencies may check at home
///
/// In it: dataset descriptions with their rules, the station register, the bodies with their
/// competence, trusted authorities, the cryptographic policy, the limits, and the certificate of
/// the window's seal. No person, address, key or place of the window is in it. An agency says
/// `pencere check FILE --profile PROFILE`. Make it anew after each change, and publish the
/// fingerprint of the certificate that it is signed with.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ProfileExportArgs {
    /// Write it here, replacing what stands there
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub out: PathBuf,
    /// The private key that signs it (PEM); never the seal's
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Its certificate (PEM); further ones in the file, from its issuer on, go with the signature
    #[arg(long, value_name = "FILE")]
    pub cert: PathBuf,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What a profile is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// Its form.
    profile: u32,
    /// The window's id.
    pub window: String,
    /// When it was made.
    pub made: Timestamp,
    /// The rules: which checks run is code. The version of the program that made it.
    pub version: String,
}

/// The answer of `export`, for programs.
#[derive(Serialize)]
struct Exported<'a> {
    file: String,
    sha256: Digest,
    /// The fingerprint of the certificate that it is signed with.
    certificate_sha256: Digest,
    #[serde(flatten)]
    about: &'a About,
    files: Vec<&'a str>,
}

/// Makes one.
///
/// # Errors
/// Usage: a wrong configuration, or a key that does not fit. Broken: the disk's.
pub fn export(args: &ProfileExportArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let now = Timestamp::now();
    let settings = config.settings();
    let window = settings.window.window.id.to_string();
    let about = About { profile: FORM, window, made: now, version: env!("CARGO_PKG_VERSION").to_owned() };
    let (signer, seal) = (files::certificate(&args.cert)?, files::certificate(&settings.seal.certificate)?);
    if signer.public_key().public_eq(seal.public_key()) {
        return Err(Trouble::usage("the seal signs outcomes alone: name another key and its certificate"));
    }
    let mut all: Vec<ProfileFile> = config.profile().map_err(Trouble::broken)?;
    all.push((ABOUT.to_owned(), serde_json::to_vec_pretty(&about).map_err(|e| Trouble::broken(e.to_string()))?));
    all.sort();
    let manifest =
        asic::cades_manifest(all.iter().map(|(name, octets)| (&**name, media_type(name), Digest::of(octets))));
    let (signature, certificate) =
        sign::detached(&Octets::from(manifest.clone().into_bytes()), (&args.key, &args.cert), now)?;
    let mut making = Making::begin(&args.out, true)?;
    let mut writer = Writer::new(BufWriter::new(&mut making), now);
    let mut write = || {
        writer.add(asic::MIMETYPE, asic::MEDIA_TYPE.as_bytes())?;
        all.iter().try_for_each(|(name, octets)| writer.add(name, octets))?;
        writer.add(asic::CADES_MANIFEST, manifest.as_bytes())?;
        writer.add(asic::CADES_SIGNATURE, &signature)
    };
    write().and_then(|()| writer.finish().map(drop)).map_err(|fault| match fault {
        WriteFault::Io(error) => Trouble::broken(format!("{} cannot be written: {error}", args.out.display())),
        fault => Trouble::broken(format!("{} cannot be made: {fault}", args.out.display())),
    })?;
    let made = making.octets().map_err(|error| Trouble::broken(format!("{}: {error}", args.out.display())))?;
    // what no agency could read is not given out
    Profile::of(&made).map_err(|why| Trouble::broken(format!("the profile would be of no use: {why}")))?;
    let sha256 = Digest::of_reader(made.reader()).map_err(|error| Trouble::reading(&args.out, &error))?;
    making.finish()?;
    screen.json(&Exported {
        file: args.out.display().to_string(),
        sha256,
        certificate_sha256: certificate.sha256(),
        about: &about,
        files: all.iter().map(|(name, _)| name.as_str()).collect(),
    });
    screen.say(format!("{}: profile of the window {}, {} files", args.out.display(), about.window, all.len()));
    screen.say(format!("  SHA-256            {sha256}"));
    screen.say(format!("  signed by          {}", certificate.sha256()));
    if settings.identity.fin(&signer).is_some() {
        screen.note("its signature names a person, with a FİN: sign it with a certificate of the organisation");
    }
    Ok(Exit::Done)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("json") => "application/json",
        Some("toml") => "application/toml",
        Some("pem" | "crt") => "application/x-x509-ca-cert",
        _ => "application/octet-stream",
    }
}

/// A profile that was read.
pub struct Profile {
    /// What it is.
    pub about: About,
    /// The fingerprint of the certificate that it is signed with.
    pub signed_by: Digest,
    /// The window, as far as it is known by it.
    pub home: Home,
}

impl Profile {
    /// Reads one, of which every file is signed by one certificate: by this one, where it is named.
    ///
    /// # Errors
    /// Usage: it is none, was changed, or is signed by somebody else.
    pub fn read(path: &Path, signer: Option<&Path>) -> Result<Self, Trouble> {
        let read = Self::of(&files::octets(path)?);
        let read = read.map_err(|why| Trouble::usage(format!("{} is no profile: {why}", path.display())))?;
        if let Some(signer) = signer {
            let wanted: Certificate = files::certificate(signer)?;
            if wanted.sha256() != read.signed_by {
                let (path, signed_by, signer) = (path.display(), read.signed_by, signer.display());
                return Err(Trouble::usage(format!("{path} is signed by {signed_by}, and not by {signer}")));
            }
        }
        Ok(read)
    }

    fn of(octets: &Octets) -> Result<Self, String> {
        let signed_by = signer_of(octets)?;
        let container = Container::open(octets, &container::Limits::default()).map_err(|fault| {
            fault.finding().map_or_else(|| "it cannot be read".to_owned(), |finding| finding.code.slug().to_owned())
        })?;
        let mut all: Vec<ProfileFile> = Vec::new();
        for entry in container.entries().iter().filter(|entry| !entry.is_folder()) {
            let mut octets = Vec::new();
            std::io::copy(&mut container.read(entry), &mut octets).map_err(|error| error.to_string())?;
            all.push((entry.name.clone(), octets));
        }
        let about = all.iter().find(|(name, _)| name == ABOUT).ok_or_else(|| format!("it has no {ABOUT}"))?;
        let about: About = serde_json::from_slice(&about.1).map_err(|error| error.to_string())?;
        if about.profile != FORM {
            return Err(format!("its form is {}, and this program knows {FORM}", about.profile));
        }
        let read = Config::of_profile(all, Timestamp::now());
        let read = read.map_err(|mistakes| mistakes.first().map_or_else(String::new, ToString::to_string))?;
        Ok(Self { about, signed_by, home: Home::new(read) })
    }
}

/// The certificate of the one signature, which is intact and covers every file. Whose word that is, the caller knows.
fn signer_of(octets: &Octets) -> Result<Digest, String> {
    let trust = Snapshot::new(Vec::new(), Vec::new(), None, SignedDuration::ZERO, Timestamp::now());
    let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
    let context = Context {
        trust: &trust,
        policy: &policy,
        profile: &profile,
        at: Timestamp::now(),
        time_source: TimeSource::Now,
    };
    let examined = signature::examine(octets, None, &context, &xml::Limits::default());
    let (report, nothing) = examined.map_err(|error| error.to_string())?;
    match (&report, nothing) {
        (_, Some(finding)) => Err(finding.code.slug().to_owned()),
        (Report { signatures, indication, .. }, None) if *indication != Indication::TotalFailed => {
            match &signatures[..] {
                [one] if one.integrity == Integrity::Intact && one.covers_whole_document => one
                    .signer
                    .as_ref()
                    .map(|signer| signer.certificate_sha256)
                    .ok_or_else(|| "nobody signed it".to_owned()),
                _ => Err("its signature is not intact, or does not cover every file".to_owned()),
            }
        }
        _ => Err("its signature is not good".to_owned()),
    }
}
