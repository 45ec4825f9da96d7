//! An enveloped signature put into a document: right before the root's end tag, and not one octet
//! else is touched. The document streams; only the signature lies in memory.

use super::Signing;
use super::unwritten;
use crate::commands::Trouble;
use crate::commands::files::Making;
use crate::finding::{Finding, Language};
use crate::forms::xades::Object;
use crate::forms::xmldsig::DS;
use crate::host::Octets;
use crate::signature;
use crate::xml::{Event, Fault, Limits, Reader};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// Writes the signed document.
///
/// # Errors
/// Usage: it is no XML that can be signed. Broken: the disk's, OpenSSL's, or no time-stamp to be had.
pub(super) fn sign(document: &Octets, file: &Path, signing: &Signing, out: &mut Making) -> Result<(), Trouble> {
    let limits = Limits::default();
    let root = Root::find(document, file, &limits)?;
    let content = signature::content_of_xml(document, &limits).map_err(|finding| unsignable(file, &finding))?;
    let signature = signing.xades(Object::Enveloping(&content.0), file)?;
    put(document, &root, &signature, out).map_err(|error| unwritten(file, &error))
}

/// Where the root ends.
struct Root {
    /// Octets from the start of the file to the root's end tag, or to the `/>` of an empty root.
    end: u64,
    /// Its name as written, when it is empty and needs an end tag.
    empty: Option<Vec<u8>>,
}

impl Root {
    /// Reads the document to its end, so that what is signed is well-formed.
    fn find(document: &Octets, file: &Path, limits: &Limits) -> Result<Self, Trouble> {
        let reading = |error: io::Error| Trouble::reading(file, &error);
        let head = document.head(4).map_err(reading)?;
        if matches!(head[..], [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, b'<', ..] | [b'<', 0, ..]) {
            let what = "is UTF-16; save it as UTF-8 to sign it as XML, or use --format cades";
            return Err(Trouble::usage(format!("{} {what}", file.display())));
        }
        let mut reader = Reader::new(document.reader(), document.len(), limits);
        let (mut depth, mut end) = (0_usize, None);
        loop {
            match reader.next().map_err(|fault| unreadable(file, &fault))? {
                Event::Start(tag) => {
                    depth += 1;
                    if tag.is(DS, "Signature") {
                        let why = "bears a signature already; another one beside it would break that one. \
                                   Sign the unsigned document, or use --format cades";
                        return Err(Trouble::usage(format!("{} {why}", file.display())));
                    }
                }
                Event::End { name, offset } => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        end = Some((offset, name.to_vec()));
                    }
                }
                Event::Done => break,
                Event::Text { .. } | Event::Comment(_) | Event::Instruction { .. } => {}
            }
        }
        let (end, name) = end.ok_or_else(|| Trouble::usage(format!("{} has no root element", file.display())))?;
        let two_at = |at: u64| -> Result<Vec<u8>, Trouble> {
            let mut two = Vec::new();
            document.reader_at(at).take(2).read_to_end(&mut two).map_err(reading)?;
            Ok(two)
        };
        if two_at(end)? == b"</" {
            return Ok(Self { end, empty: None });
        }
        // of an empty root the end is told behind its tag
        let end = end.saturating_sub(2);
        match two_at(end)?.as_slice() {
            b"/>" => Ok(Self { end, empty: Some(name) }),
            _ => Err(Trouble::broken(format!("{}: the end of the root was not found", file.display()))),
        }
    }
}

/// Writes the document with the signature in it. Exclusive canonicalisation makes the same of
/// `<a/>` and of `<a></a>`, so an empty root is opened for it.
fn put(document: &Octets, root: &Root, signature: &str, out: &mut Making) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    io::copy(&mut document.reader().take(root.end), &mut out)?;
    let rest = match &root.empty {
        None => {
            out.write_all(signature.as_bytes())?;
            root.end
        }
        Some(name) => {
            out.write_all(b">")?;
            out.write_all(signature.as_bytes())?;
            out.write_all(b"</")?;
            out.write_all(name)?;
            out.write_all(b">")?;
            root.end + 2
        }
    };
    io::copy(&mut document.reader_at(rest), &mut out)?;
    out.flush()
}

fn unreadable(file: &Path, fault: &Fault) -> Trouble {
    match fault.finding() {
        Some(finding) => unsignable(file, &finding),
        None => Trouble::broken(format!("{} cannot be read to its end", file.display())),
    }
}

fn unsignable(file: &Path, finding: &Finding) -> Trouble {
    let message = finding.message(Language::En);
    Trouble::usage(format!("{} cannot be signed as XML: {message} --format cades signs any file.", file.display()))
}
