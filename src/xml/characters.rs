//! Which characters XML 1.0 (fifth edition) allows, and where.

/// Whether the octet may stand in a name; every octet of a multi-octet character may, until
/// [`check_name`] looks at the character itself.
pub const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        let b = octet as u8;
        table[octet] = b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':') || b >= 0x80;
        octet += 1;
    }
    table
};

/// Octets of text by what they need: 0 nothing, 1 ends the run, 2 a bracket, 3 a `>`.
pub const TEXT: [u8; 256] = {
    let mut table = [0; 256];
    table[b'<' as usize] = 1;
    table[b'&' as usize] = 1;
    table[b'\r' as usize] = 1;
    table[b']' as usize] = 2;
    table[b'>' as usize] = 3;
    table
};

/// White space: XML 1.0 production 3.
pub fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether these octets, all of them in [`NAME`], are an NCName (Namespaces in XML, production 4).
pub fn check_name(name: &[u8]) -> bool {
    match name.first() {
        None => return false,
        Some(b) if b.is_ascii() && !(b.is_ascii_alphabetic() || *b == b'_') => return false,
        Some(_) => {}
    }
    if name.is_ascii() {
        return !name.contains(&b':');
    }
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(|c| is_name_start(c) || is_name_rest(c))
}

// XML 1.0 production 4, less the colon
fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

// XML 1.0 production 4a, less production 4
fn is_name_rest(c: char) -> bool {
    matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// The character of a reference, when XML allows it (production 2).
pub fn referred(code: u32) -> Option<char> {
    match code {
        0x9 | 0xA | 0xD | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x10000..=0x10FFFF => char::from_u32(code),
        _ => None,
    }
}

/// The position of the first octet that begins a character XML does not allow, in valid UTF-8.
pub fn first_forbidden(text: &[u8]) -> Option<usize> {
    // One look at everything, written so that it becomes vector instructions; the rare fault is
    // then found slowly.
    let suspicious = |b: u8| (b < 0x20 && b != b'\n' && b != b'\t' && b != b'\r') | (b == 0xEF);
    if !text.chunks(64).any(|chunk| chunk.iter().fold(false, |any, &b| any | suspicious(b))) {
        return None;
    }
    for (at, &b) in text.iter().enumerate() {
        if b < 0x20 && !is_space(b) {
            return Some(at);
        }
        // U+FFFE and U+FFFF
        if b == 0xEF && matches!(text.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])) {
            return Some(at);
        }
    }
    None
}
