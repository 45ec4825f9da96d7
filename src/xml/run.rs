//! Plain stretches of a document, taken in one go: elements without attributes and the text in them.
//!
//! Most of a large document is that, and every canonicalisation writes it the same way: names and text as they
//! stand, no white space in tags, CDATA sections opened. So it need not become events, each of which costs more
//! than the octets it stands for. A stretch ends before whatever is anything else, well-formed or not; what is
//! wrong with a document, or too much in it, is found and said by the [`Reader`](super::Reader) alone, which goes
//! on where the stretch ended.

use super::characters::{self, is_space};
use std::ops::Range;

/// A stretch that was taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Where it lies in the buffer; empty when nothing was plain.
    pub(super) range: Range<usize>,
    /// Names of the elements that it leaves open, in the buffer.
    pub(super) open: Vec<Range<usize>>,
    /// Whether it is canonical as it stands; if not, `written` is.
    pub(super) verbatim: bool,
    /// The canonical form, where it is another one.
    pub(super) written: Vec<u8>,
}

/// What a stretch may hold.
pub(super) struct Plain<'a> {
    /// The document's octets at hand.
    pub(super) buffer: &'a [u8],
    /// The prefix of the element around it with its colon, or nothing: the elements in it have the same, so that
    /// their namespace is bound, and rendered, already.
    pub(super) prefix: &'a [u8],
    /// A local name that no element in it has.
    pub(super) never: &'a [u8],
    /// How many elements may be open in it at once.
    pub(super) depth: usize,
}

impl Plain<'_> {
    /// Takes what is plain from `start` on.
    pub(super) fn take(&self, start: usize, taken: &mut Taken) {
        let buffer = self.buffer;
        let Taken { range, open, verbatim, written } = taken;
        open.clear();
        written.clear();
        *verbatim = true;
        let mut at = start;
        // what lies between here and `at` is canonical and not yet written down
        let mut from = start;
        let mut rewrite = |range: Range<usize>, from: &mut usize, next: usize| {
            *verbatim = false;
            written.extend_from_slice(&buffer[range]);
            *from = next;
        };
        loop {
            at = self.text_end(at);
            let next = match buffer.get(at..) {
                Some([b'<', next, ..]) => next,
                Some([b'\r', b'\n', ..]) => {
                    rewrite(from..at, &mut from, at + 1); // XML 1.0 2.11
                    at += 2;
                    continue;
                }
                _ => break,
            };
            match next {
                b'/' => {
                    let Some(name) = open.last().cloned() else { break };
                    let end = at + 2 + name.len();
                    if buffer.get(at + 2..end) != Some(&buffer[name]) {
                        break;
                    }
                    let Some(bracket) = self.closing(end) else { break };
                    if bracket > end {
                        rewrite(from..end, &mut from, bracket);
                    }
                    at = bracket + 1;
                    open.pop();
                }
                b'!' => {
                    let Some(text) = self.character_data(at) else { break };
                    rewrite(from..at, &mut from, text.start);
                    at = text.end + 3;
                    rewrite(text, &mut from, at);
                }
                _ => {
                    let Some(name) = self.name(at + 1) else { break };
                    let end = name.end;
                    if open.len() >= self.depth {
                        break;
                    }
                    let Some(bracket) = self.closing(end) else { break };
                    if bracket > end {
                        rewrite(from..end, &mut from, bracket);
                    }
                    at = bracket + 1;
                    open.push(name);
                }
            }
        }
        if !*verbatim {
            written.extend_from_slice(&buffer[from..at]);
        }
        *range = start..at;
    }

    /// Where text that is canonical as it stands ends.
    #[inline]
    fn text_end(&self, mut at: usize) -> usize {
        while let Some(&octet) = self.buffer.get(at)
            && characters::TEXT[octet as usize] == 0
        {
            at += 1;
        }
        at
    }

    /// Where the `>` of a tag is whose name ends here, behind white space alone.
    fn closing(&self, mut at: usize) -> Option<usize> {
        while self.buffer.get(at).is_some_and(|&octet| is_space(octet)) {
            at += 1;
        }
        (self.buffer.get(at) == Some(&b'>')).then_some(at)
    }

    /// The name that begins here, when it is plain.
    fn name(&self, at: usize) -> Option<Range<usize>> {
        let local = at + self.prefix.len();
        if !self.prefix.is_empty() && self.buffer.get(at..local) != Some(self.prefix) {
            return None;
        }
        if !self.buffer.get(local).is_some_and(|&octet| octet.is_ascii_alphabetic() || octet == b'_') {
            return None;
        }
        let mut end = local + 1;
        while self.buffer.get(end).is_some_and(|&octet| IN_NAME[octet as usize]) {
            end += 1;
        }
        (&self.buffer[local..end] != self.never).then_some(at..end)
    }

    /// The text of the CDATA section that begins here, when it is whole and needs no escape.
    fn character_data(&self, at: usize) -> Option<Range<usize>> {
        const BEGIN: &[u8] = b"<![CDATA[";
        let start = at + BEGIN.len();
        if self.buffer.get(at..start) != Some(BEGIN) {
            return None;
        }
        let end = self.text_end(start);
        self.buffer.get(end..)?.starts_with(b"]]>").then_some(start..end)
    }
}

/// Octets that may go on in a plain name: of ASCII, and no colon, which the prefix has.
const IN_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 128 {
        table[octet] = characters::NAME[octet] && octet != b':' as usize;
        octet += 1;
    }
    table
};
