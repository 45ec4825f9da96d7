//! A file of a copy by its digest alone: what is put back whole, wherever the copy has it.
//!
//! For what evidence does not hold itself: the archive's units. Nothing gets its name that was not verified.

use super::Fault;
use super::copy;
use super::fetch::whole;
use super::follow::file_name;
use super::manifest;
use super::store::{Address, Store};
use crate::document::Digest;
use crate::host::Disk;
use std::path::{Path, PathBuf};

/// A copy of a window.
#[derive(Clone, Debug)]
pub enum Whole {
    /// A backup's folder.
    Backup(PathBuf),
    /// A reserve.
    Reserve(Address),
}

/// Lays the file of this digest at `to`, replacing what is there; whether the copy has it.
///
/// # Errors
/// The disk's, and a copy whose octets are not those of the digest; what is at `to` stays then.
pub fn lay_again(disk: &Disk, from: &Whole, sha256: Digest, to: &Path) -> Result<bool, Fault> {
    let folder = to.parent().unwrap_or(Path::new("."));
    disk.make_folder(folder).map_err(Fault::disk("make the folder", folder))?;
    let new = to.with_extension("mend");
    let _ = std::fs::remove_file(&new); // of a process that died
    let laid = match from {
        Whole::Backup(backup) => {
            let Some(place) = manifest::find(disk, backup, sha256)? else { return Ok(false) };
            copy::alone(disk, &backup.join(place), &new, sha256)
        }
        Whole::Reserve(address) => {
            let store = Store::open(address, false)?;
            if store.size(&file_name(sha256))?.is_none() {
                return Ok(false);
            }
            whole(&store, disk, &file_name(sha256), &new, (sha256, None)).map(drop)
        }
    };
    let put = laid.and_then(|()| {
        disk.rename(&new, to).map_err(Fault::disk("rename", &new))?;
        disk.sync_folder(folder).map_err(Fault::disk("make durable", folder))
    });
    if put.is_err() {
        let _ = std::fs::remove_file(&new); // it is nothing yet
    }
    put.map(|()| true)
}
