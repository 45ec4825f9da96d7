//! Names of entries: which are refused, because two readers could take them for two things.

/// What is wrong with a name, in words; none when nothing is. A name is UTF-8 whether its entry says so
/// (APPNOTE 4.4.4 bit 11) or not: Info-ZIP writes it without the bit, and so would a name with “ə” be
/// lost. What is no UTF-8 is refused, never guessed from a code page.
pub fn wrong(name: &[u8]) -> Option<&'static str> {
    let Ok(name) = std::str::from_utf8(name) else { return Some("a name that is not UTF-8") };
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
