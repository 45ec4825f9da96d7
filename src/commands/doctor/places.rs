//! Folders: who may use them, whether sshd would take them for a chroot, what lies there that cannot be read, and how
//! much room there is.

use super::{Patient, Report};
use crate::commands::status::folders::homes;
use crate::host::Disk;
use crate::staging::room;
use rustix::fs::Access;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub(super) fn look(patient: &Patient<'_>, report: &mut Report) {
    let paths = &patient.settings.window.paths;
    usable("state", &paths.state, report);
    if let Some(folder) = patient.settings.location.file().and_then(Path::parent) {
        usable("boemis.folder", folder, report);
    }
    space(patient, report);
    // with a mistake somewhere nobody can tell who the participants are, but whose folders there are
    let participants: Vec<String> = match &patient.config {
        Some(config) => config.world().registry.participants.keys().map(ToString::to_string).collect(),
        None => homes(&paths.drop).unwrap_or_default().into_iter().map(|(slug, _)| slug).collect(),
    };
    for participant in participants {
        home(&participant, &paths.drop.join(&participant), report);
    }
}

fn may(path: &Path) -> Result<(), String> {
    let told = rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK);
    told.map_err(|errno| format!("{}: {}", path.display(), std::io::Error::from(errno)))
}

fn usable(check: &str, path: &Path, report: &mut Report) {
    match may(path) {
        Ok(()) => report.well(check, format!("{} can be read and written", path.display())),
        Err(why) => report.fault(check, why, "give it to the window's user, or run pencere setup, which makes it"),
    }
}

/// One participant's.
fn home(participant: &str, home: &Path, report: &mut Report) {
    let check = format!("drop.{participant}");
    let (inward, receipts, taken) = (home.join("in"), home.join("receipts"), home.join(".taken"));
    let todo = format!("pencere setup makes what is missing; getfacl {0}; docs/sftp.md", inward.display());
    let own = rustix::process::geteuid().as_raw();
    // a window makes .taken by itself where it may
    let of_taken = match taken.symlink_metadata() {
        Ok(metadata) if metadata.uid() != own => Err(format!("{} is not the window's own", taken.display())),
        Ok(_) => may(&taken),
        Err(_) => may(home),
    };
    let faults = [may(&inward), may(&receipts), of_taken].into_iter().filter_map(Result::err);
    let faults: Vec<String> = faults.collect();
    if !faults.is_empty() {
        report.fault(check, faults.join("; "), todo);
        return;
    }
    if let Some((count, first)) = unreadable(&inward) {
        let message = format!("{count} files in {} cannot be read by the window; the first: {first}", inward.display());
        report.fault(check, message, "systemctl enable --now pencere-uploads, which makes them readable; docs/sftp.md");
        return;
    }
    // whose in/ is another's, that one comes from outside
    let is_others = inward.metadata().is_ok_and(|metadata| metadata.uid() != own);
    match is_others.then(|| not_for_a_chroot(home)).flatten() {
        Some(above) => report.warning(
            check,
            format!("sshd takes {} for no chroot: {above} must be root's, and written by nobody else", home.display()),
            format!("chown root: {above}; chmod go-w {above}"),
        ),
        None => report.well(check, format!("{} can be used", home.display())),
    }
}

/// Regular files that are closed to the window: how many, and the first.
fn unreadable(inward: &Path) -> Option<(usize, String)> {
    let entries = fs::read_dir(inward).ok()?.flatten();
    let closed = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut closed: Vec<String> = closed
        .filter(|entry| rustix::fs::access(entry.path(), Access::READ_OK).is_err() && entry.path().exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    closed.sort();
    Some((closed.len(), closed.first()?.clone()))
}

/// What of a path sshd does not like (sshd_config(5), ChrootDirectory).
fn not_for_a_chroot(home: &Path) -> Option<String> {
    let wrong =
        |path: &&Path| path.metadata().is_ok_and(|metadata| metadata.uid() != 0 || metadata.mode() & 0o022 != 0);
    home.ancestors().find(wrong).map(|path| path.display().to_string())
}

fn space(patient: &Patient<'_>, report: &mut Report) {
    let settings = patient.settings;
    if let Err(why) = room(settings.written_to(), settings.intake.free_min, 0) {
        report.fault("space", why.to_string(), "make room: nothing is taken until there is");
        return;
    }
    let least = settings.post.as_ref().map_or(crate::post::Alerts::default().disk_free, |post| post.alerts.disk_free);
    let mut lowest: Option<(u64, &Path)> = None;
    for place in settings.written_to() {
        let Some(percent) = free_of(place) else { continue };
        if lowest.is_none_or(|(low, _)| percent < low) {
            lowest = Some((percent, place));
        }
        if files_left(place).is_some_and(|percent| percent < least) {
            let message = format!("few files can still be made on the disk of {}", place.display());
            report.warning("space.files", message, format!("df -i {}", place.display()));
        }
    }
    let Some((percent, place)) = lowest else { return };
    let free = Disk::free(place).unwrap_or_default() >> 20;
    let message = format!("{percent} % of the disk of {} are free, {free} MiB", place.display());
    match percent < least {
        true => {
            report.warning("space", message, "make room, or give it a larger disk, before intake.free_min stops it")
        }
        false => report.well("space", message),
    }
}

/// How many parts of a hundred of a disk are free.
fn free_of(place: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(place).ok()?;
    told.f_bavail.saturating_mul(100).checked_div(told.f_blocks)
}

/// How many of a hundred files that can be are not yet; none where the file system does not count them.
fn files_left(place: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(place).ok()?;
    told.f_favail.saturating_mul(100).checked_div(told.f_files)
}
