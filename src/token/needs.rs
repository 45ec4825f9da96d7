//! Which files a PKCS#11 module takes, as far as that can be known without loading it.
//!
//! Owns the places where modules have their configuration, and reads SoftHSM's for the folder of its tokens. Loads
//! nothing. What else a module needs, its administrator names (`[sandbox] also_read`, `also_write`).

use super::pin::PinFrom;
use super::uri::Uri;
use std::path::{Path, PathBuf};

/// What is read, and what is written.
#[derive(Debug, Default)]
pub struct Needs {
    /// Read: the module, its configuration, the file of the PIN.
    pub reads: Vec<PathBuf>,
    /// Written, and read: where tokens lie that are files.
    pub writes: Vec<PathBuf>,
}

/// Configurations of OpenSC, p11-kit and SoftHSM.
const CONFIGURED: [&str; 4] = ["/etc/opensc", "/etc/pkcs11", "/etc/softhsm", "/etc/softhsm2.conf"];
/// Names the file of SoftHSM's configuration (softhsm2.conf(5)).
const SOFTHSM: &str = "SOFTHSM2_CONF";
/// Where that is otherwise, the user's own first.
const SOFTHSM_OF_USER: &str = ".config/softhsm2/softhsm2.conf";
const SOFTHSM_OF_ALL: [&str; 2] = ["/etc/softhsm/softhsm2.conf", "/etc/softhsm2.conf"];

impl Needs {
    /// Of the key that a URI names.
    pub fn of(uri: &Uri) -> Self {
        let mut needs = Self::default();
        needs.reads.extend(CONFIGURED.iter().map(PathBuf::from));
        if let Some(module) = uri.module() {
            // others of its makers lie beside it
            for path in [Some(module.clone()), module.canonicalize().ok()].into_iter().flatten() {
                needs.reads.extend(path.parent().map(Path::to_owned));
            }
        }
        if let PinFrom::File(path) = uri.pin() {
            needs.reads.push(path.clone());
        }
        let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(SOFTHSM_OF_USER));
        let named = std::env::var_os(SOFTHSM).map(PathBuf::from);
        let all = named.into_iter().chain(home).chain(SOFTHSM_OF_ALL.iter().map(PathBuf::from));
        let read = |path: PathBuf| std::fs::read_to_string(&path).ok().map(|text| (path, text));
        if let Some((path, text)) = all.into_iter().find_map(read) {
            needs.writes.extend(tokens(&text));
            needs.reads.push(path);
        }
        needs
    }
}

/// The folder of the tokens, where a configuration of SoftHSM names it.
fn tokens(text: &str) -> Option<PathBuf> {
    let value = |line: &str| {
        let rest = line.trim().strip_prefix("directories.tokendir")?.trim_start().strip_prefix('=')?;
        Some(PathBuf::from(rest.trim()))
    };
    text.lines().find_map(value).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_its_pin_and_its_tokens_are_named() {
        assert_eq!(tokens("# x\n directories.tokendir = /var/t \nlog.level = INFO\n"), Some("/var/t".into()));
        assert_eq!(tokens("directories.tokendirs = /var/t\ndirectories.tokendir = t\n"), None);
        let uri = "pkcs11:token=t?module-path=/usr/lib/a/b.so&pin-source=file:/etc/x/pin".parse().unwrap();
        let reads = Needs::of(&uri).reads;
        for path in ["/usr/lib/a", "/etc/x/pin", "/etc/softhsm"] {
            assert!(reads.iter().any(|one| one == Path::new(path)), "{path}: {reads:?}");
        }
    }
}
