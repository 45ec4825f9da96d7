//! What a receipt says, without the words that the table of findings has for it.
//!
//! Texts, clause, reason and severity of a finding are the table's, and a later version may have better ones; which
//! finding it was, where, and all else that a receipt says is not. Owns how the one is taken out of the other, of the
//! canonical form that the seal writes. Never reads a receipt from disk, and proves nothing.

use crate::document::{Digest, Digester};

const BEGINS: &str = "<Finding ";
const ENDS: &str = "</Finding>";
/// Behind the attributes: in their values a quotation mark is escaped.
const TAG_ENDS: &str = "\">";
/// The table's, as they stand in the tag.
const WORDS: [&str; 3] = [" clause=\"", " reason=\"", " severity=\""];

/// The digest of what is said without those words, and whether there were any: what has no finding says the same
/// whatever the table has.
pub fn plain(said: &str) -> (Digest, bool) {
    let (mut digester, mut rest, mut worded) = (Digester::new(), said, false);
    while let Some((before, finding)) = rest.split_once(BEGINS) {
        let (finding, behind) = finding.split_once(ENDS).unwrap_or((finding, ""));
        let mut attributes = format!(" {}", finding.split_once(TAG_ENDS).map_or(finding, |(tag, _)| tag));
        attributes.push('"');
        for word in WORDS {
            let Some((before, value)) = attributes.split_once(word) else { continue };
            attributes = format!("{before}{}", value.split_once('"').map_or("", |(_, behind)| behind));
        }
        for piece in [before, BEGINS, &attributes, ENDS] {
            digester.update(piece.as_bytes());
        }
        (rest, worded) = (behind, true);
    }
    digester.update(rest.as_bytes());
    (digester.finish(), worded)
}
