//! The outlet: answers appear in `receipts/`, complete when visible, never over another one.
//!
//! Owns the temporary names there (`.<random>.part`). Publishing never syncs: what a crash takes, or
//! leaves as the beginning of an answer, is published again at start, until [`Outlet::sync`] was
//! called.

use super::beneath::Beneath;
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use uuid::Uuid;

/// What publishing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It appeared.
    Now,
    /// The very same stood there already.
    Before,
}

/// The way into one participant's `receipts/`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outlet(Arc<Beneath>);

impl Outlet {
    /// Takes the folder, and removes what a crash left half-written there.
    pub(super) fn new(receipts: Beneath) -> io::Result<Self> {
        sweep(&receipts)?;
        Ok(Self(Arc::new(receipts)))
    }

    /// Whether the name beneath `home` still leads to this folder.
    pub(super) fn still_stands(&self, home: &Beneath, name: &str) -> bool {
        home.still_holds(name, &self.0)
    }

    /// Makes an answer appear: complete when visible, never over another one, not synced.
    /// Publishing the same again is no error.
    ///
    /// # Errors
    /// As [`DropFolder::publish`](super::DropFolder::publish).
    pub fn publish(&self, file_name: &str, octets: &[u8]) -> io::Result<Published> {
        publish(&self.0, file_name, octets)
    }

    /// The device it lies on; one sync is enough for all on one device.
    ///
    /// # Errors
    /// What the disk says.
    pub fn device(&self) -> io::Result<u64> {
        Ok(self.0.mount()?.0)
    }

    /// Makes durable all that was published, here and anywhere on this device (syncfs). For idle
    /// moments.
    ///
    /// # Errors
    /// What the disk says: nobody knows then what is durable.
    pub fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&*self.0)?)
    }
}

/// A rename makes it appear, so that those who watch the folder see one moved-in event, after the
/// last octet.
fn publish(receipts: &Beneath, file_name: &str, octets: &[u8]) -> io::Result<Published> {
    if file_name.is_empty() || file_name.starts_with('.') || file_name.contains(['/', '\0']) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no plain file name"));
    }
    let name = OsStr::new(file_name);
    if receipts.stat(name).is_ok() {
        match same(receipts, name, octets)? {
            There::Same => return Ok(Published::Before),
            // Names hold an id, so only we have written it, and a loss of power took the rest.
            There::Torn => receipts.unlink(name)?,
        }
    }
    let temporary = temporary_name();
    let temporary = OsStr::new(&temporary);
    let written = write(receipts.create(temporary)?, octets)
        .and_then(|()| Ok(receipts.rename_to_free(temporary, receipts, name)?));
    match written {
        Ok(()) => Ok(Published::Now),
        Err(error) => {
            receipts.unlink(temporary)?;
            match error.raw_os_error() == Some(Errno::EXIST.raw_os_error()) {
                true => match same(receipts, name, octets)? {
                    There::Same => Ok(Published::Before),
                    There::Torn => Err(error),
                },
                false => Err(error),
            }
        }
    }
}

fn sweep(receipts: &Beneath) -> io::Result<()> {
    let mut left = Vec::new();
    receipts.each_name(&mut |name| {
        let random = name.as_bytes().strip_prefix(b".").and_then(|name| name.strip_suffix(b".part"));
        if random.is_some_and(|random| Uuid::try_parse_ascii(random).is_ok()) {
            left.push(name.to_owned());
        }
    })?;
    left.iter().try_for_each(|name| receipts.unlink(name))
}

fn temporary_name() -> String {
    format!(".{}.part", Uuid::now_v7())
}

fn write(mut file: File, octets: &[u8]) -> io::Result<()> {
    file.write_all(octets)
}

/// What stands under an answer's name already.
enum There {
    Same,
    /// Some of its octets, in their places, and zeros where the others were never written: a loss of power
    /// keeps any of the pages, and any length.
    Torn,
}

fn same(receipts: &Beneath, name: &OsStr, octets: &[u8]) -> io::Result<There> {
    let file = receipts.read(name)?;
    let mut there = Vec::with_capacity(octets.len());
    // one octet more than ours is enough to know that it differs
    if file.metadata()?.is_file() {
        file.take((octets.len() as u64).saturating_add(1)).read_to_end(&mut there)?;
        if there == octets {
            return Ok(There::Same);
        }
        let is_ours = there.iter().zip(octets).all(|(there, ours)| *there == 0 || there == ours);
        if there.len() <= octets.len() && is_ours {
            return Ok(There::Torn);
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "something else stands under this receipt's name"))
}
