//! Names of entries: which are refused, because two readers could take them for two things.

/// What is wrong with a name, in words; none when nothing is. `utf8` tells whether the entry says
/// that its name is UTF-8 (APPNOTE 4.4.4 bit 11); without it only ASCII means the same to everybody.
pub fn wrong(name: &[u8], utf8: bool) -> Option<&'static str> {
    let Ok(name) = std::str::from_utf8(name) else { return Some("a name that is not UTF-8") };
    if !utf8 && !name.is_ascii() {
        return Some("a name beyond ASCII that does not say it is UTF-8");
    }
    if name.chars().any(char::is_control) {
        return Some("a control character in a name");
    }
    // APPNOTE 4.4.17.1: forward slashes, no drive, no leading slash
    if name.contains('\\') {
        return Some("a backslash in a name");
    }
    if name.starts_with('/') || matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) {
        return Some("an absolute name");
    }
    let parts = name.strip_suffix('/').unwrap_or(name).split('/');
    match parts.into_iter().any(|part| matches!(part, "" | "." | "..")) {
        true => Some("an empty part, “.” or “..” in a name"),
        false => None,
    }
}
