//! A password, and where it lies: in a file, or in a credential that systemd hands to the service.
//!
//! Read anew each time it is needed, for it may have been changed. Never shown, and never kept.

use crate::host::Disk;
use std::path::PathBuf;

/// Longest password, octets: a file that was named by mistake is none.
const PASSWORD_MAX: usize = 1024;
/// The largest file that is looked at for it, octets.
const FILE_MAX: u64 = 64 << 10;
/// Where systemd lays a service's credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where a password lies: the first line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// In a file.
    File(PathBuf),
    /// In a credential that systemd hands to the service (systemd.exec(5), LoadCredential=).
    Credential(String),
}

impl Secret {
    /// The password: the first line, without its end.
    ///
    /// # Errors
    /// In words, without the password: there is no such file, or its first line is empty, too long or no text.
    pub fn read(&self, disk: &Disk) -> Result<String, String> {
        let path = match self {
            Self::File(path) => path.clone(),
            Self::Credential(name) => match std::env::var_os(CREDENTIALS) {
                Some(folder) => PathBuf::from(folder).join(name),
                None => return Err(format!("systemd handed over no credential {name} (LoadCredential=)")),
            },
        };
        let octets = disk.read(&path, FILE_MAX);
        let octets = octets.map_err(|error| format!("{}, the file of the password: {error}", path.display()))?;
        let line = octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match std::str::from_utf8(line) {
            Ok(password) if (1..=PASSWORD_MAX).contains(&password.len()) => Ok(password.to_owned()),
            _ => Err(format!("{}: its first line is no password", path.display())),
        }
    }
}
