//! A socket in a folder: the one way in which our own processes listen to others of the same machine.
//!
//! Owns that a socket which an earlier process left is replaced, and one that somebody listens at is not.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

/// Listens here, for its own user and group (mode 0660).
///
/// # Errors
/// Another listens there; something else has the name; what the system says.
pub fn listen_at(path: &Path) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        // nobody can tell whether somebody still listens but by calling
        Ok(metadata) if metadata.file_type().is_socket() => match UnixStream::connect(path) {
            Ok(_) => return Err(io::Error::new(ErrorKind::AddrInUse, "another process listens there")),
            Err(_) => fs::remove_file(path)?,
        },
        Ok(_) => return Err(io::Error::new(ErrorKind::AlreadyExists, "is there, and is no socket")),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o660))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test_folder;

    #[test]
    fn only_what_nobody_listens_at_is_replaced() {
        let folder = test_folder();
        let path = folder.path().join("socket");
        let first = listen_at(&path).unwrap();
        assert_eq!(listen_at(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        drop(first);
        assert!(listen_at(&path).is_ok());
        let file = folder.path().join("file");
        fs::write(&file, "kept").unwrap();
        assert_eq!(listen_at(&file).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"kept");
    }
}
