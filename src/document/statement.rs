//! What says of itself that it is a statement: told among files that came together, before anybody reads one.
//!
//! Looks at a root, a header row, or what stands before the features. Believes nothing: whether a statement holds is
//! asked of each by itself, and what is none here is only not the one that is meant.

use super::SUBMISSION_NAMESPACE;
use crate::host::Octets;
use crate::json;
use crate::xml::{Event, Fault, Limits, Reader, Wrong};
use std::io;

/// Whether a file says of itself that it is a statement (CONTRACT 3): by its root, by its header row, or by what a
/// feature collection has before its features.
///
/// # Errors
/// The disk.
pub fn is_statement(octets: &Octets, limits: &Limits) -> io::Result<bool> {
    /// Octets of the longest header row that is looked at: every column of every dataset fits many times.
    const HEADER_MAX: usize = 16 * 1024;
    let mut reader = Reader::new(octets.reader(), octets.len(), limits);
    loop {
        match reader.next() {
            Ok(Event::Start(tag)) => return Ok(tag.is(SUBMISSION_NAMESPACE, "Submission")),
            Ok(Event::Done) => return Ok(false),
            Ok(_) => {}
            Err(Fault { wrong: Wrong::Io(error), .. }) => return Err(error),
            Err(_) => break,
        }
    }
    let head = octets.head(HEADER_MAX)?;
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
    if text.trim_ascii_start().starts_with(b"{") {
        return Ok(says_who_states_it(text));
    }
    let row = text.split(|octet| matches!(octet, b'\n' | b'\r')).next().unwrap_or_default();
    let columns = row.split(|octet| matches!(octet, b',' | b';')).map(<[u8]>::trim_ascii);
    Ok(columns.into_iter().any(|column| matches!(column, b"dataset" | b"\"dataset\"")))
}

/// Whether a collection that begins so has a member `submission` before its features.
fn says_who_states_it(head: &[u8]) -> bool {
    let mut json = json::Reader::new(head);
    let mut looked = || -> Result<bool, json::Fault> {
        json.expect(b'{')?;
        loop {
            match json.name(16)?.0.as_str() {
                "submission" => return Ok(true),
                "features" => return Ok(false),
                _ => json.skip()?,
            }
            json.expect(b',')?;
        }
    };
    looked().unwrap_or(false)
}
