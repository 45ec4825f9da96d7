//! `pencere evidence`: one container with all that proves what became of a submission, which others verify with
//! their own tools (R 8.2).
//!
//! An ASiC-E container with CAdES (EN 319 162-1 4.4): a manifest with the digest of every file, and one signature
//! over the manifest. The window's seal has no part in it: it signs outcomes alone, and its receipts lie inside.

mod gathered;
mod grounds;
mod paths;
mod readme;

use super::explain::judged;
use super::explain::past::Past;
use super::files::Making;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, sign};
use crate::container::write::{WriteFault, Writer};
use crate::document::Digest;
use crate::forms::asic;
use crate::forms::certificate::Certificate;
use crate::forms::cms::Detached;
use crate::forms::issue::{Issued, Validity};
use crate::host::Octets;
use clap::Args;
use gathered::Piece;
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::PKey;
use serde::Serialize;
use std::io::BufWriter;
use std::path::PathBuf;

/// Make one container of all that proves what became of a submission (ASiC-E)
///
/// In it: the document and its signature as they were dropped, the sealed receipts, the certificate
/// of the log's key, the paths of the signers and of who stamped the time, revocation data, what was
/// judged by, the dossiers, the journal's lines, the judgement repeated, and a README that tells how
/// to check each with unzip, openssl, sha256sum and xmlsec1. Of the registry there is only what
/// concerns the signers, of the anchors those on the paths; a list names each file that stays out.
///
/// The container is signed with --key and --cert. Without them it is signed with a key that is
/// made for it and thrown away: that shows whether it was changed since, and not who made it;
/// the certificate's fingerprint is printed, to be told by another way. What became of the
/// submission is proven by the window's seal on the receipts in either case.
///
/// Exit code 0: it is made, and every verdict in it is the same when it is repeated. 1: it is
/// made, and one is not. 3: something that belongs into it is missing from evidence or damaged.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct EvidenceArgs {
    /// The submission's id, a receipt's number, the file's name, or the file's SHA-256
    #[arg(value_name = "WHAT")]
    pub what: String,
    /// Write the container here, replacing what stands there
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub out: PathBuf,
    /// The private key that signs the container (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Its certificate (PEM); further ones in the file, from its issuer on, go with the signature
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer<'a> {
    file: String,
    sha256: Digest,
    /// The fingerprint of the certificate that the container is signed with.
    certificate_sha256: Digest,
    /// Whether that was made for this container alone, and proves nobody.
    one_time: bool,
    /// Whether every verdict is the same when it is repeated; null when there was none to repeat.
    same: Option<bool>,
    files: Vec<&'a str>,
}

/// Makes the container.
///
/// # Errors
/// Usage: nothing, or more than one submission is meant; a key that does not fit. Broken: the disk's, and evidence
/// that is missing or damaged.
pub fn run(args: &EvidenceArgs, screen: &mut Screen) -> Outcome {
    let mut past = Past::find(&args.what, &args.window)?;
    let all = judged::all(&mut past)?;
    let Some(last) = all.last() else {
        return Err(Trouble::usage(format!("{} has no answer yet: there is nothing to prove", past.id)));
    };
    let pieces = gathered::all(&past, &all)?;
    let named = pieces.iter().map(|piece| (piece.name.as_str(), piece.media_type, piece.sha256));
    let manifest = asic::cades_manifest(named).into_bytes();
    let (signature, certificate) = signed(args, &manifest)?;
    let mut making = Making::begin(&args.out, true)?;
    // the time of the files is the answer's: the same container again but for its signature
    let mut writer = Writer::new(BufWriter::with_capacity(64 * 1024, &mut making), last.dossier.decided);
    let mut write = || {
        writer.add(asic::MIMETYPE, asic::MEDIA_TYPE.as_bytes())?;
        for Piece { name, octets, measure, .. } in &pieces {
            writer.copy(name, measure, octets.reader())?;
        }
        writer.add(asic::CADES_MANIFEST, &manifest)?;
        writer.add(asic::CADES_SIGNATURE, &signature)
    };
    write().and_then(|()| writer.finish().map(drop)).map_err(|fault| match fault {
        WriteFault::Io(error) => Trouble::broken(format!("{} cannot be written: {error}", args.out.display())),
        fault => Trouble::broken(format!("{} cannot be made: {fault}", args.out.display())),
    })?;
    let made = making.octets().map_err(|error| Trouble::broken(format!("{}: {error}", args.out.display())))?;
    let sha256 = Digest::of_reader(made.reader()).map_err(|error| Trouble::reading(&args.out, &error))?;
    making.finish()?;
    let same = all.iter().filter_map(judged::Explained::same).reduce(|one, other| one && other);
    let one_time = args.key.is_none();
    screen.json(&Answer {
        file: args.out.display().to_string(),
        sha256,
        certificate_sha256: certificate.sha256(),
        one_time,
        same,
        files: pieces.iter().map(|piece| piece.name.as_str()).collect(),
    });
    screen.say(format!("{}: {} files on submission {}", args.out.display(), pieces.len(), past.id));
    screen.say(format!("  SHA-256            {sha256}"));
    screen.say(format!("  signed by          {}", certificate.sha256()));
    if one_time {
        screen.say("  That certificate was made for this container alone: tell its fingerprint by another way.");
    }
    if same == Some(false) {
        screen.say("  The verdict is NOT the same when it is repeated: explanation.txt in it says what differs.");
    }
    Ok(Exit::answer(same != Some(false)))
}

/// The signature over the manifest, and the certificate that it was made with.
fn signed(args: &EvidenceArgs, manifest: &[u8]) -> Result<(Vec<u8>, Certificate), Trouble> {
    let (content, now) = (Octets::from(manifest.to_vec()), Timestamp::now());
    if let (Some(key), Some(certificate)) = (&args.key, &args.cert) {
        return sign::detached(&content, (key, certificate), now);
    }
    let broken = |error: &dyn std::fmt::Display| Trouble::broken(format!("no key can be made: {error}"));
    // a clock that is a little behind must not find it too young
    let validity = Validity { from: now - SignedDuration::from_hours(1), to: now + SignedDuration::from_hours(24) };
    let issued = Issued::seal("evidence container, one-time key", "pencere", validity).map_err(|e| broken(&e))?;
    let pem = issued.certificate_pem().map_err(|e| broken(&e))?;
    let certificate = Certificate::from_file(&pem).map_err(|e| broken(&e))?.swap_remove(0);
    let key = issued.key_pem().and_then(|pem| PKey::private_key_from_pem(&pem)).map_err(|e| broken(&e))?;
    let signature = Detached::sign(&content, &key, &certificate, now).map_err(|e| broken(&e))?;
    Ok((signature.to_der(&[], None), certificate))
}
