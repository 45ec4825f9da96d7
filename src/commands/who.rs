//! Who gives a command, as the system knows him: for the journal's acts.

use std::fs;

/// The user's name, or his number where the system has none for it.
pub(super) fn who() -> String {
    let number = rustix::process::getuid().as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let name = lines.find(|fields| fields.get(2) == Some(&number.as_str())).and_then(|fields| fields.first().copied());
    match name {
        Some(name) => format!("{name} (uid {number})"),
        None => format!("uid {number}"),
    }
}
