//! Where a window lies on a server. Makes nothing.

use super::Trouble;
use std::path::{Path, PathBuf};

/// The standard places, or the same beneath another folder.
#[derive(Debug)]
pub(super) struct Places {
    is_standard: bool,
    /// `/etc/pencere`: configuration, root's, readable by the window.
    pub etc: PathBuf,
    /// `/var/lib/pencere`: all that the window keeps.
    pub state: PathBuf,
    /// `/run`.
    run: PathBuf,
    /// `/srv/pencere`: root's, for a chroot wants root above it.
    pub served: PathBuf,
}

impl Places {
    /// Beneath `root`.
    ///
    /// # Errors
    /// Usage: no folder, or one whose name is no text, which a configuration could not name.
    pub(super) fn beneath(root: &Path) -> Result<Self, Trouble> {
        let root = root.canonicalize().map_err(|error| Trouble::reading(root, &error))?;
        if root.to_str().is_none() || !root.is_dir() {
            return Err(Trouble::usage(format!("{} is no folder that a configuration can name", root.display())));
        }
        Ok(Self {
            is_standard: root == Path::new("/"),
            etc: root.join("etc/pencere"),
            state: root.join("var/lib/pencere"),
            run: root.join("run"),
            served: root.join("srv/pencere"),
        })
    }

    /// Whether they are those that units and documentation name.
    pub(super) fn is_standard(&self) -> bool {
        self.is_standard
    }

    /// `pencere.toml`.
    pub(super) fn config(&self) -> PathBuf {
        self.etc.join("pencere.toml")
    }

    /// `seal.toml`, of a seal apart.
    pub(super) fn seal_config(&self) -> PathBuf {
        self.etc.join("seal.toml")
    }

    /// Where a seal apart keeps its act log.
    pub(super) fn seal_state(&self) -> PathBuf {
        self.state.with_file_name("pencere-seal")
    }

    /// Where a seal apart is asked.
    pub(super) fn seal_socket(&self) -> PathBuf {
        self.run.join("pencere-seal.sock")
    }

    /// The participants' folders.
    pub(super) fn drop(&self) -> PathBuf {
        self.served.join("drop")
    }

    /// Archive units.
    pub(super) fn archive(&self) -> PathBuf {
        self.served.join("archive")
    }
}
