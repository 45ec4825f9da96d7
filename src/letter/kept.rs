//! What is kept of a signed mail: the part and its CMS in a message that other programs read in the same way.
//!
//! Owns the form in which it is written: a header and a boundary of the window's own, whatever the sender chose.
//! Programs tell parts apart by less than a whole line (openssl by how a line begins), strip each CR before the end of
//! a line, and end a line at NUL: a part that they would read otherwise is not written at all, and files nothing
//! (docs/mail.md).

use super::lines::Lines;
use super::{Fault, Signed};
use crate::document::{Digest, Digester};
use crate::host::Octets;
use base64::Engine;
use std::io::{self, Write};

/// Octets of CMS in one line of base64: 64 signs, which every program takes (RFC 7468 2).
const LINE: usize = 48;
/// Signs of the part's digest in the boundary, which may have 70 (RFC 2046 5.1.1): nobody finds a part that holds so
/// much of its own digest.
const MARK: usize = 48;

/// Writes the part that is signed and its CMS as one message; none where another program could take it apart otherwise.
///
/// # Errors
/// [`Fault::Io`].
pub fn join<S: Write>(
    part: &Octets,
    cms: &[u8],
    open: &mut dyn FnMut() -> io::Result<S>,
) -> Result<Option<Signed<S>>, Fault> {
    let digest = Digest::of_reader(part.reader())?.to_string();
    let boundary = format!("signed-{}", digest.get(..MARK).unwrap_or(&digest));
    let delimiter = format!("--{boundary}");
    let mut out = Out { sink: open()?, digest: Digester::new(), size: 0 };
    let kind = "multipart/signed; protocol=\"application/pkcs7-signature\"";
    out.put(format!("Content-Type: {kind};\r\n boundary=\"{boundary}\"\r\n\r\n{delimiter}\r\n").as_bytes())?;
    let (mut lines, mut piece) = (Lines::new(part.reader(), part.len()), Vec::new());
    // the last octet of the piece before, where a CR may wait for its LF
    let mut last = 0;
    while lines.next(&mut piece)?.is_some() {
        let is_plain = |(at, octet): (usize, &u8)| match octet {
            0 => false,
            b'\r' => piece.get(at + 1).is_none_or(|next| *next == b'\n'),
            b'\n' => at.checked_sub(1).map_or(last, |before| piece.get(before).copied().unwrap_or(0)) == b'\r',
            _ => true,
        };
        let is_torn = last == b'\r' && piece.first() != Some(&b'\n');
        // pieces of a long line begin one for a program whose pieces are shorter: it must not stand anywhere
        let holds = memchr::memmem::find(&piece, delimiter.as_bytes()).is_some();
        if is_torn || holds || !piece.iter().enumerate().all(is_plain) {
            return Ok(None);
        }
        out.put(&piece)?;
        last = piece.last().copied().unwrap_or(last);
    }
    if last == b'\r' {
        return Ok(None);
    }
    out.put(
        format!("\r\n{delimiter}\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n").as_bytes(),
    )?;
    out.put(b"Content-Transfer-Encoding: base64\r\n\r\n")?;
    for line in cms.chunks(LINE) {
        out.put(base64::engine::general_purpose::STANDARD.encode(line).as_bytes())?;
        out.put(b"\r\n")?;
    }
    out.put(format!("{delimiter}--\r\n").as_bytes())?;
    out.sink.flush()?;
    Ok(Some(Signed { octets: out.sink, size: out.size, sha256: out.digest.finish() }))
}

struct Out<S> {
    sink: S,
    digest: Digester,
    size: u64,
}

impl<S: Write> Out<S> {
    fn put(&mut self, octets: &[u8]) -> io::Result<()> {
        self.sink.write_all(octets)?;
        self.digest.update(octets);
        self.size += octets.len() as u64;
        Ok(())
    }
}
