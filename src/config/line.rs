//! How a server of mail is named in the configuration: its authority and its password, for both directions alike.
//!
//! Reads texts; of the disk it asks only whether what they name is there to be read.

use super::reader::{At, Source, Spot, Table};
use crate::host::Disk;
use crate::line::{Secret, authorities};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The word for nothing.
pub(super) const NONE: &str = "none";
/// How a password begins that systemd hands to the service.
const CREDENTIAL: &str = "credential:";

/// A text that is not the word for nothing.
pub(super) fn named(table: &mut Table<'_, '_>, key: &'static str) -> Option<At<String>> {
    table.string(key).filter(|text| text.value != NONE)
}

/// Where a password lies, or a mistake at its place.
pub(super) fn secret(base: &Path, source: &Source<'_>, text: &At<String>) -> Option<Secret> {
    match text.value.strip_prefix(CREDENTIAL) {
        Some(name) if name.is_empty() || name.contains(['/', '.']) => {
            source.mistake(&text.spot, "names no credential: \"credential:NAME\", as in LoadCredential=NAME:PATH");
            None
        }
        Some(name) => Some(Secret::Credential(name.to_owned())),
        None => Some(Secret::File(base.join(&text.value))),
    }
}

/// Whether the file of a password is there, and nobody else's to read. What a service is handed is known to it alone.
pub(super) fn check_secret(source: &Source<'_>, secret: &Secret, spot: &Spot) {
    let Secret::File(path) = secret else { return };
    if !path.is_file() {
        // the text is not repeated: somebody may have written the password itself
        let message =
            "the file of the password is not there; name a file that holds it, or \"credential:NAME\" of systemd";
        source.mistake(spot, message);
    } else if is_open(path) {
        source.warning(spot, open_to_others(path));
    }
}

/// Whether an authority can be read.
pub(super) fn check_authority(source: &Source<'_>, path: &Path, spot: &Spot) {
    if let Err(why) = authorities(&Disk::system(), path) {
        source.mistake(spot, why);
    }
}

/// Whether others than its owner may read a file.
pub(super) fn is_open(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

/// That others may.
pub(super) fn open_to_others(path: &Path) -> String {
    format!("{} can be read by others than its owner; `chmod 600` it", path.display())
}
