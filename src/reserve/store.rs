//! Where the reserve is: an object store, of which a folder is the first kind (`file:///…`).
//!
//! Objects appear whole or not at all, and are durable when they are told of. There is no appending: who wants
//! to, puts a further part. Owns the connection; knows nothing of what is stored.

use super::Fault;
use crate::document::{Digest, Digester};
use crate::host::{Disk, sandbox};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload};
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Octets that are sent or fetched at once: 4 MiB, so that a large object never lies in memory.
const PIECE: u64 = 4 << 20;

/// The address of a reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A folder, by its absolute path.
    Folder(PathBuf),
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this version keeps a reserve in a folder alone: write file:// and its absolute path, as file:///srv/reserve")]
pub struct NoAddress;

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let path = text.strip_prefix("file://").ok_or(NoAddress)?;
        // taken letter by letter, as sqlite:// is: nothing in it is an escape
        match path.starts_with('/') && !path.contains(['?', '#', '\0']) {
            true => Ok(Self::Folder(PathBuf::from(path))),
            false => Err(NoAddress),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "file://{}", path.display()),
        }
    }
}

/// What lies directly below a name.
pub(super) struct Listed {
    /// Objects by their last names, with their sizes.
    pub(super) objects: Vec<(String, u64)>,
    /// The last names of what has more below.
    pub(super) folders: Vec<String>,
}

/// An open store.
pub(super) struct Store {
    address: Address,
    store: Arc<dyn ObjectStore>,
    runtime: Runtime,
}

impl Store {
    /// Opens the store; `make` says whether a folder that is not there is made.
    pub(super) fn open(address: &Address, make: bool) -> Result<Self, Fault> {
        let Address::Folder(folder) = address;
        let made = if make { Disk::system().make_folder(folder) } else { Ok(()) };
        let reached = made.and_then(|()| match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
            // what else is wrong is told below
            _ => Ok(()),
        });
        reached.map_err(|error| match sandbox::advice(&error) {
            "" => Fault::disk("make the folder", folder)(error),
            advice => {
                let mounted = "was its disk mounted, or taken away, since the start?";
                Fault::Store(format!("the reserve at {address}: {error} ({mounted}){advice}"))
            }
        })?;
        let store = LocalFileSystem::new_with_prefix(folder);
        let store = store.map_err(|error| Fault::Store(format!("the reserve at {address}: {error}")))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault::Store(format!("the reserve at {address}: {error}")))?;
        Ok(Self { address: address.clone(), store: Arc::new(store.with_fsync(true)), runtime })
    }

    /// Where it is.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Waits for something else on the same thread.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn fault<'a>(&'a self, doing: &'static str, name: &'a str) -> impl FnOnce(Error) -> Fault + 'a {
        move |error| Fault::Store(format!("the reserve at {}: {doing} {name}: {error}", self.address))
    }

    /// Puts a small object, in the place of one that has its name.
    pub(super) fn put(&self, name: &str, octets: Vec<u8>) -> Result<(), Fault> {
        let put = self.wait(self.store.put(&Name::from(name), PutPayload::from(octets)));
        put.map(drop).map_err(self.fault("putting", name))
    }

    /// Puts all that a reader gives; its digest must be this one, or nothing appears.
    pub(super) fn put_all(&self, name: &str, octets: &mut impl Read, sha256: Digest) -> Result<(), Fault> {
        let read = |error: io::Error| Fault::Store(format!("{name} cannot be read: {error}"));
        let fault = || self.fault("putting", name);
        let mut upload = self.wait(self.store.put_multipart(&Name::from(name))).map_err(fault())?;
        let mut digester = Digester::new();
        let put = loop {
            let mut piece = Vec::new();
            match octets.by_ref().take(PIECE).read_to_end(&mut piece) {
                Err(error) => break Err(read(error)),
                Ok(0) => break Ok(()),
                Ok(_) => {}
            }
            digester.update(&piece);
            if let Err(error) = self.wait(upload.put_part(PutPayload::from(piece))) {
                break Err(fault()(error));
            }
        };
        let put = put.and_then(|()| match digester.finish() == sha256 {
            true => Ok(()),
            false => Err(Fault::Unsound(format!("{name} is not what it was: its digest differs"))),
        });
        match put {
            Ok(()) => self.wait(upload.complete()).map(drop).map_err(fault()),
            Err(fault) => {
                let _ = self.wait(upload.abort()); // what is left of it has no name
                Err(fault)
            }
        }
    }

    /// A small object whole; none when there is none.
    pub(super) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let got = self.wait(async { self.store.get(&Name::from(name)).await?.bytes().await });
        match got {
            Ok(octets) => Ok(Some(octets.to_vec())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.fault("reading", name)(error)),
        }
    }

    /// Gives an object of this size piece by piece.
    pub(super) fn read(
        &self,
        name: &str,
        size: u64,
        mut take: impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut at = 0;
        while at < size {
            let end = size.min(at + PIECE);
            let got =
                self.wait(self.store.get_range(&Name::from(name), at..end)).map_err(self.fault("reading", name))?;
            take(&got)?;
            at = end;
        }
        Ok(())
    }

    /// The size of an object; none where there is none.
    pub(super) fn size(&self, name: &str) -> Result<Option<u64>, Fault> {
        match self.wait(self.store.head(&Name::from(name))) {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.fault("looking for", name)(error)),
        }
    }

    /// What lies directly below a name: objects with their sizes, and the names of what has more below.
    pub(super) fn list(&self, below: &str) -> Result<Listed, Fault> {
        let listed = self.wait(self.store.list_with_delimiter(Some(&Name::from(below))));
        let listed = listed.map_err(self.fault("listing", below))?;
        let last = |name: &Name| name.parts().next_back().map(|part| part.as_ref().to_owned()).unwrap_or_default();
        let objects = listed.objects.iter().map(|one| (last(&one.location), one.size)).collect();
        Ok(Listed { objects, folders: listed.common_prefixes.iter().map(last).collect() })
    }

    /// Takes an object away; one that is not there is no fault.
    pub(super) fn delete(&self, name: &str) -> Result<(), Fault> {
        match self.wait(self.store.delete(&Name::from(name))) {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.fault("deleting", name)(error)),
        }
    }
}

/// The name of an object for a place below the state folder.
pub(super) fn name_of(place: &Path) -> String {
    place.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
