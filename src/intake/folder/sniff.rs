//! Whether a document carries its signature inside, so that it need not wait for another file.
//!
//! Owns a guess by content, and by name where the content is a container. It judges nothing: a
//! wrong guess costs a document its wait or makes it wait for nothing, and `signature` decides.

use crate::document::GivenName;
use memchr::memmem;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How much is looked at in one piece, in octets: head and tail of a signed document mostly lie in
/// one each.
const PIECE: u64 = 64 << 10;
/// By how much two pieces overlap, in octets: longer than anything looked for, in UTF-16 too, and even.
const OVERLAP: u64 = 128;
/// XMLDSig core, section 1.3.
const NAMESPACE: &[u8] = b"http://www.w3.org/2000/09/xmldsig#";
const ELEMENT: &[u8] = b"Signature";
/// ASiC containers, ETSI EN 319 162-1, with the endings in use (CONTRACT 3).
const CONTAINERS: [&str; 7] = [".asice", ".asics", ".sce", ".scs", ".bdoc", ".edoc", ".adoc"];

/// Whether a document of this name and these octets carries its signature inside.
pub fn carries_signature(name: &GivenName, octets: &[u8]) -> bool {
    match Form::of(name, octets) {
        Form::Signed => true,
        Form::Bare => false,
        Form::Xml(width) => {
            let mut marks = Marks::default();
            marks.look(width, octets);
            marks.both()
        }
    }
}

/// The same of an open file of `size` octets: head and tail first, all of it only where they leave
/// a doubt.
pub(in crate::intake) fn look_inside(name: &GivenName, file: &File, size: u64) -> io::Result<bool> {
    let head = piece(file, 0, size)?;
    let width = match Form::of(name, &head) {
        Form::Signed => return Ok(true),
        Form::Bare => return Ok(false),
        Form::Xml(width) => width,
    };
    let mut marks = Marks::default();
    marks.look(width, &head);
    let tail = size.saturating_sub(PIECE) & !1;
    if !marks.both() && tail > 0 {
        marks.look(width, &piece(file, tail, size)?);
    }
    let mut at = PIECE - OVERLAP;
    while !marks.both() && at < tail {
        marks.look(width, &piece(file, at, size)?);
        at += PIECE - OVERLAP;
    }
    Ok(marks.both())
}

fn piece(file: &File, at: u64, size: u64) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; size.saturating_sub(at).min(PIECE) as usize];
    let mut filled = 0;
    while let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, at + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    piece.truncate(filled);
    Ok(piece)
}

/// What a document looks like from its beginning.
enum Form {
    /// A form that is a signature's own.
    Signed,
    /// One that has no place for a signature.
    Bare,
    /// XML: to be looked through.
    Xml(Width),
}

#[derive(Clone, Copy)]
enum Width {
    /// UTF-8 or another encoding that keeps ASCII.
    One,
    /// UTF-16, low octet first.
    TwoLittle,
    /// UTF-16, high octet first.
    TwoBig,
}

impl Form {
    fn of(name: &GivenName, head: &[u8]) -> Self {
        let container = head.starts_with(b"PK\x03\x04") && CONTAINERS.iter().any(|ending| name.ends_with(ending));
        if container || name.ends_with(".p7m") || head.starts_with(b"%PDF-") {
            return Self::Signed;
        }
        let (width, text) = match head {
            [0xEF, 0xBB, 0xBF, text @ ..] => (Width::One, text),
            [0xFF, 0xFE, text @ ..] => (Width::TwoLittle, text),
            [0xFE, 0xFF, text @ ..] => (Width::TwoBig, text),
            [b'<', 0, ..] => (Width::TwoLittle, head),
            [0, b'<', ..] => (Width::TwoBig, head),
            text => (Width::One, text),
        };
        let first = text.iter().find(|&&octet| octet != 0 && !octet.is_ascii_whitespace());
        match first {
            Some(b'<') => Self::Xml(width),
            _ => Self::Bare,
        }
    }
}

#[derive(Default)]
struct Marks {
    namespace: bool,
    element: bool,
}

impl Marks {
    fn both(&self) -> bool {
        self.namespace && self.element
    }

    fn look(&mut self, width: Width, octets: &[u8]) {
        match width {
            Width::One => self.look_narrow(octets),
            Width::TwoLittle | Width::TwoBig => {
                let narrow = octets.chunks_exact(2).map(|unit| match (width, unit) {
                    (Width::TwoBig, [0, low]) | (Width::TwoLittle, [low, 0]) => *low,
                    _ => b'?',
                });
                self.look_narrow(&narrow.collect::<Vec<u8>>());
            }
        }
    }

    fn look_narrow(&mut self, octets: &[u8]) {
        self.namespace = self.namespace || memmem::find(octets, NAMESPACE).is_some();
        self.element = self.element
            || memmem::find_iter(octets, ELEMENT).any(|at| {
                // `<Signature` or `<ds:Signature`, and not the beginning of a longer name
                let before = at.checked_sub(1).and_then(|before| octets.get(before));
                let after = octets.get(at + ELEMENT.len());
                matches!(before, Some(b'<' | b':')) && matches!(after, Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'))
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn carries(name: &str, octets: &[u8]) -> bool {
        let name = GivenName::new(name);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(octets).unwrap();
        let whole = carries_signature(&name, octets);
        assert_eq!(whole, look_inside(&name, &file, octets.len() as u64).unwrap(), "{name}");
        whole
    }

    const SIGNED: &str = "<?xml version='1.0'?>\n<S><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/></S>";

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn signed_forms_are_known_by_content() {
        assert!(carries("a.xml", SIGNED.as_bytes()) && carries("a.txt", SIGNED.as_bytes()));
        assert!(carries("a.xml", &[b"\xEF\xBB\xBF", SIGNED.as_bytes()].concat()));
        assert!(carries("a", &utf16(SIGNED, u16::to_le_bytes)) && carries("a", &utf16(SIGNED, u16::to_be_bytes)));
        assert!(carries("a", &utf16(&format!("\u{feff}{SIGNED}"), u16::to_be_bytes)));
        assert!(
            carries("a.ASICE", b"PK\x03\x04rest") && carries("a.p7m", b"\x30\x82") && carries("a.pdf", b"%PDF-1.7")
        );
    }

    #[test]
    fn bare_forms_are_known_by_content() {
        assert!(!carries("a.csv", b"dataset,period\n") && !carries("a.zip", b"PK\x03\x04rest") && !carries("a", b""));
        assert!(!carries("a.asice", b"dataset,period\n"), "a container's name alone says nothing");
        assert!(
            !carries("a.geojson", format!(" {{\"submission\": \"{SIGNED}\"}}").as_bytes()),
            "JSON has no place for one"
        );
        assert!(!carries("a.xml", b"<S><Record/></S>"));
        assert!(!carries("a.xml", b"<S about='http://www.w3.org/2000/09/xmldsig#'><SignatureValue/></S>"));
        assert!(!carries("a.csv", format!("note,{SIGNED}").as_bytes()), "CSV that speaks of signatures is CSV");
    }

    #[test]
    fn a_signature_is_found_wherever_it_stands_in_a_large_document() {
        let (start, end) = ("<S>", "</S>");
        let signature = &SIGNED[SIGNED.find("<ds:").unwrap()..SIGNED.find("</S>").unwrap()];
        for before in (65_300..65_620).step_by(16).chain([0, 75_001, 149_990]) {
            let rest = 150_000 - before;
            let document = format!("{start}{}{signature}{}{end}", " ".repeat(before), " ".repeat(rest));
            assert!(carries("a.xml", document.as_bytes()), "after {before}");
            if before % 2 == 0 {
                assert!(carries("a.xml", &utf16(&document, u16::to_le_bytes)), "after {before}, wide");
            }
        }
        assert!(!carries("a.xml", format!("<S>{}</S>", " ".repeat(300_000)).as_bytes()));
    }
}
