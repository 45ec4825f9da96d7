//! The small literals inside a document: references, attribute values, the XML declaration.
//!
//! Owns their grammar. What comes in is checked UTF-8; where a literal may go on behind the octets at
//! hand, it asks for more instead of guessing.

use super::Wrong;
use super::characters;
use super::reader::{Halt, wrong};
use memchr::memchr;

/// An absolute URI begins with a scheme (RFC 3986, 4.3).
pub(super) fn is_absolute(uri: &[u8]) -> bool {
    let Some(colon) = memchr(b':', uri) else { return false };
    uri[0].is_ascii_alphabetic()
        && uri[..colon].iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// A reference at the start of `text`: its character, and its length in octets.
pub(super) fn reference(text: &[u8], at: usize) -> Result<(char, usize), Halt> {
    // The longest that is meant is `&#x10FFFF;`; zeros before it are allowed within reason.
    const LONGEST: usize = 32;
    let window = &text[..text.len().min(LONGEST)];
    let Some(end) = memchr(b';', window) else {
        return match window.len() < LONGEST && window[1..].iter().all(|&b| b.is_ascii_alphanumeric() || b == b'#') {
            true => Err(Halt::More),
            false => wrong(at, "“&” that begins no reference"),
        };
    };
    let c = match &window[1..end] {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => return wrong(at, "a reference to an entity that is not one of the five"),
    };
    match c {
        Some(c) => Ok((c, end + 1)),
        None => wrong(at, "a reference to a character that XML does not allow"),
    }
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    let mut code: u32 = 0;
    for &digit in digits {
        code = code.checked_mul(radix)?.checked_add((digit as char).to_digit(radix)?)?;
    }
    (!digits.is_empty()).then_some(())?;
    characters::referred(code)
}

/// Attribute-value normalisation (XML 1.0, 3.3.3; every attribute is CDATA without a DTD).
pub(super) fn normalise_value(raw: &[u8], start: usize, into: &mut Vec<u8>) -> Result<(), Halt> {
    let mut at = 0;
    while let Some(&octet) = raw.get(at) {
        at += 1;
        match octet {
            b'\r' if raw.get(at) == Some(&b'\n') => {} // the line feed becomes the space
            b'\t' | b'\n' | b'\r' => into.push(b' '),
            b'&' => {
                let (c, length) = match reference(&raw[at - 1..], start + at - 1) {
                    Ok(found) => found,
                    Err(Halt::More) => return wrong(start + at - 1, "“&” that begins no reference"),
                    Err(halt) => return Err(halt),
                };
                into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += length - 1;
            }
            octet => into.push(octet),
        }
    }
    Ok(())
}

/// The inside of `<?xml …?>` (productions 23 to 32).
pub(super) fn check_declaration(text: &[u8], utf16: bool) -> Result<(), Wrong> {
    let malformed = || Wrong::NotWellformed("a malformed XML declaration");
    let text = std::str::from_utf8(text).map_err(|_| malformed())?;
    let mut rest = text;
    let mut next = |wanted: &str| -> Result<Option<&str>, Wrong> {
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let Some(after) = trimmed.strip_prefix(wanted) else { return Ok(None) };
        if trimmed.len() == rest.len() {
            return Err(malformed()); // white space before each part
        }
        let after = after.trim_start_matches([' ', '\t', '\n', '\r']).strip_prefix('=').ok_or_else(malformed)?;
        let after = after.trim_start_matches([' ', '\t', '\n', '\r']);
        let quote = after.chars().next().filter(|&c| c == '"' || c == '\'').ok_or_else(malformed)?;
        let (value, after) = after[1..].split_once(quote).ok_or_else(malformed)?;
        rest = after;
        Ok(Some(value))
    };
    match next("version")? {
        Some("1.0") => {}
        Some(_) => return Err(Wrong::NotWellformed("a version of XML other than 1.0")),
        None => return Err(malformed()),
    }
    if let Some(encoding) = next("encoding")? {
        let known: &[&str] = if utf16 { &["utf-16", "utf-16le", "utf-16be"] } else { &["utf-8"] };
        if !known.contains(&encoding.to_ascii_lowercase().as_str()) {
            return Err(Wrong::Encoding(format!("declared “{encoding}”, and not written so or not read here")));
        }
    }
    if next("standalone")?.is_some_and(|value| value != "yes" && value != "no") {
        return Err(malformed());
    }
    match rest.trim_start_matches([' ', '\t', '\n', '\r']) {
        "" => Ok(()),
        _ => Err(malformed()),
    }
}
