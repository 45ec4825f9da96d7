//! Users of this machine, as its own list has them (`getent`, so that a directory counts, too). Never makes one.

use super::Trouble;
use std::process::{Command, Stdio};

/// A user: by numbers, as files know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// Its number.
    pub uid: u32,
    /// The number of its own group.
    pub gid: u32,
}

impl Account {
    /// The user that runs this.
    pub(super) fn own() -> Self {
        Self { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
    }

    /// The user of this name; none where nobody has it.
    ///
    /// # Errors
    /// Broken: nobody can tell.
    pub(super) fn named(name: &str) -> Result<Option<Self>, Trouble> {
        // a number would be taken for a user's, and a list may have anything else for a name
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Ok(None);
        }
        let asked = Command::new("getent").args(["passwd", name]).stdin(Stdio::null()).output();
        let output = asked.map_err(|error| Trouble::broken(format!("getent, which knows users: {error}")))?;
        Ok(parsed(&String::from_utf8_lossy(&output.stdout), name))
    }
}

/// `name:x:uid:gid:…` (passwd(5)).
fn parsed(line: &str, name: &str) -> Option<Account> {
    let fields: Vec<&str> = line.lines().next()?.split(':').collect();
    match fields[..] {
        [found, _, uid, gid, ..] if found == name => Some(Account { uid: uid.parse().ok()?, gid: gid.parse().ok()? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_its_name_alone() {
        let line = "azerenerji:x:105:65534::/:/usr/sbin/nologin\n";
        assert_eq!(parsed(line, "azerenerji"), Some(Account { uid: 105, gid: 65534 }));
        assert_eq!(parsed(line, "azerisiq"), None);
        assert_eq!(parsed("", "azerenerji"), None);
        assert_eq!(Account::named("root").unwrap(), Some(Account { uid: 0, gid: 0 }));
        assert_eq!(Account::named("0").unwrap(), None);
        assert_eq!(Account::named("nobody-of-this-name").unwrap(), None);
    }
}
