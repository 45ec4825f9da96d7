//! `pencere archive import`: a unit is taken into a window, as the archive of what happened elsewhere (R 5.7.4).
//!
//! Its submissions are not replayed: the journal of this window tells what happened here, and that is that the unit
//! came. `list`, `show` and `archive` find them in the unit.

use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, locked, records, standing, tell, who};
use crate::archive::check::Unfit;
use crate::archive::gather::IMPORTED;
use crate::archive::unit;
use crate::daemon::archiving;
use crate::document::Digest;
use crate::evidence;
use crate::host::{Disk, Octets};
use clap::Args;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Take an archive unit into this window
///
/// It is verified whole, copied into the archive's folder, and journalled. Its submissions are
/// found by `list`, `show`, `archive search` and `archive get` then, and their documents and
/// receipts stay readable. A unit that the journal knows and whose file was lost or changed is put back.
///
/// Whoever made it could seal it himself: hold the fingerprints of the seals that are told
/// against those that the other window published, or name its certificate with --seal.
///
/// Exit code 0: taken in. 1: it does not verify, or was sealed by another.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ArchiveImportArgs {
    /// The unit (….zip)
    #[arg(value_name = "UNIT")]
    pub unit: PathBuf,
    /// Only if every receipt in it was sealed by this certificate, published by its window; may be repeated
    #[arg(long = "seal", value_name = "CERT")]
    pub seals: Vec<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Takes it in.
///
/// # Errors
/// Usage: the file, or another unit of its name. Broken: a running daemon, or the disk.
pub fn run(args: &ArchiveImportArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let (disk, to) = (Disk::system(), &settings.archive.to);
    if !args.unit.is_file() {
        return Err(Trouble::usage(format!("{} is not a regular file", args.unit.display())));
    }
    let seals = super::seals(&args.seals)?;
    let broken = |error: io::Error| Trouble::broken(format!("the unit cannot be taken in: {error}"));
    let verified = archiving::open(&disk, &args.unit).and_then(|(octets, unit)| {
        unit.verify(None, &seals, &archiving::engine).map(|verified| (octets, unit, verified))
    });
    let (octets, unit, verified) = match verified {
        Ok(verified) => verified,
        Err(Unfit::Disk(error)) => return Err(broken(error)),
        Err(Unfit::Wrong(why)) => {
            screen.json(&serde_json::json!({"imported": false, "why": why}));
            screen.say(format!("Not taken in: {why}"));
            return Ok(Exit::No);
        }
    };
    let name = unit.note().unit.clone();
    let mut journal = locked(&settings)?;
    let sha256 = unit::digest(&octets).map_err(broken)?;
    let standing = standing(&settings)?;
    let known = standing.units.iter().find(|known| known.name == name);
    if known.is_some_and(|known| known.sha256 != sha256) {
        return Err(Trouble::usage(format!("the journal knows another unit of the name {name}")));
    }
    let path = archiving::path(to, &name);
    let lies = match path.symlink_metadata().is_ok() {
        true => {
            let there = archiving::lying(&disk, &path).map_err(broken)?;
            unit::digest(&there).map_err(broken)? == sha256
        }
        false => false,
    };
    if !lies && known.is_none() && path.symlink_metadata().is_ok() {
        return Err(Trouble::usage(format!("{} is another unit of that name", path.display())));
    }
    if !lies {
        lay(&disk, &octets, sha256, &path, known.is_some())?;
    }
    archiving::lay_beside(&disk, to, &name, &unit).map_err(|unfit| Trouble::broken(unfit.to_string()))?;
    let evidence = evidence::Reader::new(&disk, &settings.window.paths.state);
    evidence.annex(&name, &path, unit.places()).map_err(|error| Trouble::broken(error.to_string()))?;
    if known.is_none() {
        let facts = [
            ("unit", name.clone()),
            ("sha256", sha256.to_string()),
            ("index", unit.note().index_sha256.to_string()),
            ("submissions", verified.submissions.to_string()),
            ("window", unit.note().window.id.clone()),
        ];
        tell(&mut journal, [archiving::act(IMPORTED, &who::who(), None, facts)])?;
    }
    let fingerprints: Vec<_> = unit.seals().iter().map(|seal| seal.sha256()).collect();
    screen.json(&serde_json::json!({
        "imported": true, "unit": name, "sha256": sha256, "submissions": verified.submissions, "seals": fingerprints,
    }));
    screen.say(format!("{name}: {} submissions, verified and taken in.\n  SHA-256 {sha256}", verified.submissions));
    for seal in &fingerprints {
        screen.say(format!("  receipts sealed by the certificate of SHA-256 {seal}"));
    }
    if seals.is_empty() {
        screen.say("  Hold that against the certificate that its window published; --seal CERT does it.");
    }
    Ok(Exit::Done)
}

/// Copies a unit to its place; one that stands there goes only where the journal knows this one.
fn lay(disk: &Disk, octets: &Octets, sha256: Digest, path: &Path, replace: bool) -> Result<(), Trouble> {
    let broken = |error: io::Error| Trouble::broken(format!("the unit cannot be taken in: {error}"));
    let to = path.parent().unwrap_or(Path::new("."));
    disk.make_folder(to).map_err(broken)?;
    let passing = to.join(".coming.zip");
    let copy = unit::fresh(disk, &passing).map_err(broken)?;
    let (mut reader, mut at, mut piece) = (octets.reader(), 0, vec![0; 256 * 1024]);
    loop {
        let count = io::Read::read(&mut reader, &mut piece).map_err(broken)?;
        if count == 0 {
            break;
        }
        copy.write_at(piece.get(..count).unwrap_or_default(), at).map_err(broken)?;
        at += count as u64;
    }
    copy.sync().map_err(broken)?;
    let there = archiving::lying(disk, &passing).map_err(broken)?;
    if unit::digest(&there).map_err(broken)? != sha256 {
        return Err(Trouble::broken("the copy is not what was verified"));
    }
    std::fs::set_permissions(&passing, std::fs::Permissions::from_mode(0o440)).map_err(broken)?;
    match replace {
        true => disk.rename(&passing, path).map_err(broken),
        false => disk.rename_new(&passing, path).map_err(broken),
    }
}
