//! The folders of a window, with owner, mode and access list (S 8.1.4 item 2). What lies on disk:
//!
//! | folder | owner | who else may |
//! |---|---|---|
//! | `drop/`, `drop/<participant>/` | root, and nobody writes there | what a chroot of sshd wants |
//! | `drop/<participant>/in/` | the participant's account | the window, by an access list that files inherit |
//! | `drop/<participant>/receipts/` | the window | the account reads, likewise |
//! | `drop/<participant>/.taken/` | the window | nobody |
//! | state, archive | the window | its group reads |
//! | act log of a seal apart | the seal | the window's group reads; a link leads there from the state folder |
//!
//! A folder is made under another name, and gets the right one when it is as it has to be. What stands is left as it
//! is, but for an `in/` that is still the window's own: that is handed over when the participant gets an account.
//! Access lists are set by `setfacl`, of the package `acl`: the same words as in its manual, and no C in this process.

use super::accounts::Account;
use super::places::Places;
use super::{Path, PathBuf, Trouble};
use crate::config::Settings;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown, symlink};
use std::process::{Command, Stdio};

/// Under this name a folder is made.
const UNDER_WAY: &str = ".setup";

/// What was made or handed over.
#[derive(Debug)]
pub(super) struct Made {
    verb: &'static str,
    path: PathBuf,
}

impl Made {
    pub(super) fn file(path: PathBuf) -> Self {
        Self { verb: "made", path }
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.path.display())
    }
}

/// What access lists are set by, where somebody needs one.
///
/// # Errors
/// Usage: it is not there.
pub(super) fn can_be_shared(accounts: &BTreeMap<String, Account>) -> Result<(), Trouble> {
    let is_there = || Command::new("setfacl").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match accounts.is_empty() || is_there().is_ok_and(|status| status.success()) {
        true => Ok(()),
        false => Err(Trouble::usage("setfacl is not there, by which folders are shared: apt install acl")),
    }
}

/// Whose the folders are.
pub(super) struct Owned<'a> {
    pub places: &'a Places,
    pub window: Account,
}

impl Owned<'_> {
    /// The folder of the configuration: the window reads there, and nobody else. Its mode is the package's where that
    /// made it.
    pub(super) fn base(&self) -> Result<(), Trouble> {
        above(&self.places.etc)?;
        let owner = Account { gid: self.window.gid, ..root() };
        folder(&self.places.etc, owner, 0o750, None).map(drop)
    }

    /// State, archive, and the folder above all participants.
    pub(super) fn of_window(&self, settings: &Settings) -> Result<Vec<Made>, Trouble> {
        let paths = &settings.window.paths;
        let mut made = Vec::new();
        for (path, owner, mode) in [
            (&paths.state, self.window, 0o750),
            (&paths.drop, root(), 0o755),
            (&settings.archive.to, self.window, 0o750),
        ] {
            above(path)?;
            made.extend(folder(path, owner, mode, None)?);
        }
        // an embedded database may lie anywhere
        if let Some(beside) = settings.location.file().and_then(Path::parent).filter(|beside| !beside.exists()) {
            above(beside)?;
            made.extend(folder(beside, self.window, 0o750, None)?);
        }
        Ok(made)
    }

    /// Where a seal apart writes, and how the window's commands find it.
    pub(super) fn of_seal(&self, seal: Account) -> Result<Vec<Made>, Trouble> {
        let (path, link) = (self.places.seal_state(), self.places.state.join("seal"));
        let made = folder(&path, seal, 0o750, None)?.into_iter().collect();
        // what sealed here before is for a person to move (docs/seal.md)
        if link.symlink_metadata().is_err() {
            symlink("../pencere-seal", &link).map_err(|error| broken(&link, &error))?;
        }
        Ok(made)
    }

    /// One participant's. Without an account, `in/` is the window's.
    pub(super) fn of_participant(
        &self,
        settings: &Settings,
        participant: &str,
        account: Option<Account>,
    ) -> Result<Vec<Made>, Trouble> {
        let home = settings.window.paths.drop.join(participant);
        let (inward, receipts) = (home.join("in"), home.join("receipts"));
        let whole = folder(&home, root(), 0o755, None)?;
        let mut made = Vec::new();
        made.extend(folder(&home.join(".taken"), self.window, 0o700, None)?);
        let Some(account) = account.filter(|account| account.uid != self.window.uid) else {
            made.extend(folder(&inward, self.window, 0o750, None)?);
            made.extend(folder(&receipts, self.window, 0o750, None)?);
            return Ok(whole.map_or(made, |whole| vec![whole]));
        };
        let (to_window, to_account) = (shared(self.window.uid, "rwx"), shared(account.uid, "r-x"));
        made.extend(folder(&receipts, self.window, 0o750, Some(&to_account))?);
        made.extend(folder(&inward, account, 0o770, Some(&to_window))?);
        // handed over at last, by the change of its owner
        let owner = fs::symlink_metadata(&inward).map_err(|error| broken(&inward, &error))?.uid();
        if owner == self.window.uid {
            share(&receipts, &to_account)?;
            share(&inward, &to_window)?;
            own(&inward, account)?;
            made.push(Made { verb: "handed over", path: inward });
        }
        // one word for all of a new one
        Ok(whole.map_or(made, |whole| vec![whole]))
    }
}

fn root() -> Account {
    match Account::own() {
        own @ Account { uid: 0, .. } => Account { gid: 0, ..own },
        // for a look, beneath a folder of the caller's own
        own => own,
    }
}

/// An access list by which another user may do so much, here and with all that will lie here: nobody else may anything,
/// and the bits of the group stand for the mask.
fn shared(user: u32, may: &str) -> String {
    let list = |what: &str| format!("{what}u::rwx,{what}u:{user}:{may},{what}g::---,{what}m::{may},{what}o::---");
    format!("{},{}", list(""), list("d:"))
}

/// Makes a folder whole, unless something of that name is there.
fn folder(path: &Path, owner: Account, mode: u32, list: Option<&str>) -> Result<Option<Made>, Trouble> {
    if path.symlink_metadata().is_ok() {
        return Ok(None);
    }
    let broken = |error: io::Error| broken(path, &error);
    let beside = path.with_file_name(UNDER_WAY);
    // left by one that was interrupted; only a folder of nobody else can be there
    match fs::remove_dir(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(broken(error)),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(&beside).map_err(broken)?;
    own(&beside, owner)?;
    fs::set_permissions(&beside, Permissions::from_mode(mode)).map_err(broken)?;
    if let Some(list) = list
        && let Err(trouble) = share(&beside, list)
    {
        let _ = fs::remove_dir(&beside); // nothing stays half done
        return Err(trouble);
    }
    fs::rename(&beside, path).map_err(broken)?;
    Ok(Some(Made { verb: "made", path: path.to_owned() }))
}

/// What is above it: root's, and for all to pass through.
fn above(path: &Path) -> Result<(), Trouble> {
    let Some(above) = path.parent() else { return Ok(()) };
    DirBuilder::new().recursive(true).mode(0o755).create(above).map_err(|error| broken(above, &error))
}

/// Gives to a user; the caller's own is left as it is where nobody else is at hand.
pub(super) fn own(path: &Path, owner: Account) -> Result<(), Trouble> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    lchown(path, Some(owner.uid), Some(owner.gid)).map_err(|error| broken(path, &error))
}

fn share(path: &Path, list: &str) -> Result<(), Trouble> {
    let told = Command::new("setfacl").arg("-m").arg(list).arg("--").arg(path).stdin(Stdio::null()).output();
    let output = told.map_err(|error| Trouble::broken(format!("setfacl: {error}")))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Trouble::broken(format!(
            "setfacl -m {list} {}: {}; the file system must know access lists (acl)",
            path.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}

pub(super) fn broken(path: &Path, error: &io::Error) -> Trouble {
    Trouble::broken(format!("{}: {error}", path.display()))
}
