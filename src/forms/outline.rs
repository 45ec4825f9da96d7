//! A CMS file taken apart where it lies: its content stays there, all the rest is given as a CMS file without one.
//!
//! Owns where the content of a SignedData in DER or BER begins and ends, whatever its size, in memory bounded by the
//! rest. Never says what the rest is worth: that is read as any other CMS ([`cms`](super::cms)).

use super::der::{self, CONSTRUCTED, DEPTH_MAX, DerFault, element, tag};
use crate::host::Octets;
use std::io::{self, Read};

/// What a CMS file is made of.
#[derive(Debug)]
pub struct Outline {
    /// The file without its content, in DER.
    pub rest: Vec<u8>,
    /// The content; none when it is not in it.
    pub content: Option<Octets>,
}

/// Why a file cannot be taken apart.
#[derive(Debug)]
pub enum Fault {
    /// It is not of this form.
    Form(DerFault),
    /// All but its content is larger than is looked at: how many octets there are.
    Large(u64),
    /// The disk.
    Io(io::Error),
}

impl From<DerFault> for Fault {
    fn from(fault: DerFault) -> Self {
        Self::Form(fault)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Pieces of one content: `openssl cms -stream` writes 4 or 16 KiB each, so that these are more than 64 MiB.
const PIECES_MAX: usize = 64 * 1024;
/// Elements that the content is made of, pieces and what holds them.
const ELEMENTS_MAX: usize = 2 * PIECES_MAX;
/// Parts of a SignedData behind its content (RFC 5652 5.1): certificates, revocation data, signers.
const PARTS_MAX: usize = 3;
/// Octets of the longest head (X.690 8.1.3): an identifier, and a length of five.
const HEAD_MAX: usize = 6;

/// Takes a CMS file in DER or BER apart; all but its content may have so many octets.
///
/// # Errors
/// What is not of this form, or too large, or the disk's.
pub fn outline(file: &Octets, most: u64) -> Result<Outline, Fault> {
    let mut reader = At { file, position: 0, ends: Vec::new() };
    reader.open(tag::SEQUENCE, "this is no CMS ContentInfo")?;
    let kind = reader.whole(most)?;
    reader.open(tag::context(0), "the SignedData is missing")?;
    reader.open(tag::SEQUENCE, "the SignedData is malformed")?;
    let (version, digests) = (reader.whole(most)?, reader.whole(most)?);
    reader.open(tag::SEQUENCE, "the content info is missing")?;
    let content_type = reader.whole(most)?;
    let mut content = None;
    if !reader.ended()? {
        reader.open(tag::context(0), "the content info is malformed")?;
        let mut pieces = Vec::new();
        reader.pieces(DEPTH_MAX, &mut 0, &mut pieces)?;
        content = Some(file.pieces(pieces));
        reader.close()?;
    }
    reader.close()?;
    let mut parts = vec![version, digests, element(tag::SEQUENCE, &[&content_type])];
    let left = file.len().saturating_sub(reader.position);
    if left > most {
        return Err(Fault::Large(left));
    }
    for _ in 0..PARTS_MAX {
        if reader.ended()? {
            break;
        }
        parts.push(reader.whole(most)?);
    }
    for _ in 0..3 {
        reader.close()?;
    }
    if reader.position != file.len() {
        return Err(DerFault("something stands behind the end").into());
    }
    let signed: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let signed = element(tag::context(0), &[&element(tag::SEQUENCE, &signed)]);
    Ok(Outline { rest: element(tag::SEQUENCE, &[&kind, &signed]), content })
}

/// A place in the file, and the ends of what is open there: none for what goes on until an end of its own.
struct At<'a> {
    file: &'a Octets,
    position: u64,
    ends: Vec<Option<u64>>,
}

const CUT: DerFault = DerFault("the encoding is cut short");

impl At<'_> {
    /// The octets here, at most so many.
    fn ahead(&self, most: usize) -> io::Result<Vec<u8>> {
        let end = self.ends.iter().rev().find_map(|end| *end).unwrap_or(self.file.len()).min(self.file.len());
        let mut ahead = Vec::new();
        let most = end.saturating_sub(self.position).min(most as u64);
        self.file.reader_at(self.position).take(most).read_to_end(&mut ahead)?;
        Ok(ahead)
    }

    /// Enters an element, which must be of this type.
    fn open(&mut self, wanted: u8, what: &'static str) -> Result<(), Fault> {
        let (tag, octets, length) = der::head_of(&self.ahead(HEAD_MAX)?)?;
        if tag != wanted {
            return Err(DerFault(what).into());
        }
        self.enter(octets, length)
    }

    fn enter(&mut self, octets: usize, length: Option<usize>) -> Result<(), Fault> {
        let begin = self.position + octets as u64;
        let end = length.map(|length| begin + length as u64);
        let around = self.ends.iter().rev().find_map(|end| *end).unwrap_or(self.file.len());
        if end.is_some_and(|end| end > around) {
            return Err(CUT.into());
        }
        self.position = begin;
        self.ends.push(end);
        Ok(())
    }

    /// Whether nothing more stands in the innermost open element.
    fn ended(&self) -> Result<bool, Fault> {
        match self.ends.last() {
            Some(Some(end)) => Ok(self.position >= *end),
            Some(None) => match self.ahead(2)?[..] {
                [0, 0] => Ok(true),
                [_, _] => Ok(false),
                _ => Err(CUT.into()),
            },
            None => Ok(self.position >= self.file.len()),
        }
    }

    /// Leaves the innermost open element, of which nothing may be left.
    fn close(&mut self) -> Result<(), Fault> {
        if !self.ended()? {
            return Err(DerFault("something stands behind the last part").into());
        }
        if self.ends.pop() == Some(None) {
            self.position += 2;
        }
        Ok(())
    }

    /// The next element in DER, held whole: it may have so many octets.
    fn whole(&mut self, most: u64) -> Result<Vec<u8>, Fault> {
        let (_, octets, length) = der::head_of(&self.ahead(HEAD_MAX)?)?;
        let size = length.map_or(most, |length| octets as u64 + length as u64);
        if size > most {
            return Err(Fault::Large(size));
        }
        let (der, used) = der::definite_first(&self.ahead(usize::try_from(size).unwrap_or(usize::MAX))?)?;
        self.position += used as u64;
        Ok(der)
    }

    /// The places of an octet string that may come in pieces (X.690 8.7.3).
    fn pieces(&mut self, depth: usize, seen: &mut usize, pieces: &mut Vec<(u64, u64)>) -> Result<(), Fault> {
        *seen += 1;
        if *seen > ELEMENTS_MAX {
            return Err(DerFault("the content comes in more pieces than are read").into());
        }
        let depth = depth.checked_sub(1).ok_or(DerFault("the encoding is nested too deeply"))?;
        let (tag, octets, length) = der::head_of(&self.ahead(HEAD_MAX)?)?;
        match (tag, length) {
            (tag::OCTET_STRING, Some(length)) => {
                self.enter(octets, Some(length))?;
                if pieces.len() == PIECES_MAX {
                    return Err(DerFault("the content comes in more pieces than are read").into());
                }
                pieces.push((self.position, length as u64));
                self.position += length as u64;
                self.close()
            }
            (tag, length) if tag == tag::OCTET_STRING | CONSTRUCTED => {
                self.enter(octets, length)?;
                while !self.ended()? {
                    self.pieces(depth, seen, pieces)?;
                }
                self.close()
            }
            _ => Err(DerFault("the content is no octet string").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::cms::SignedData;
    use proptest::prelude::*;
    use std::process::Command;

    /// What `openssl` signs of these octets, with these options more.
    fn signed(content: &[u8], more: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| {
            let output = Command::new("openssl").args(arguments).current_dir(folder.path()).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        std::fs::write(folder.path().join("data"), content).unwrap();
        let key = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x"];
        run(&[&key[..], &["-keyout", "k", "-out", "c"]].concat());
        let sign = ["cms", "-sign", "-binary", "-in", "data", "-signer", "c", "-inkey", "k", "-outform", "DER"];
        run(&[&sign[..], &["-out", "out"], more].concat());
        std::fs::read(folder.path().join("out")).unwrap()
    }

    #[test]
    fn it_says_what_reading_it_whole_says() {
        let content: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
        for more in [&["-nodetach"][..], &["-nodetach", "-stream"], &[], &["-nodetach", "-keyid", "-cades"]] {
            let file = signed(&content, more);
            let outline = outline(&Octets::from(file.clone()), 1 << 20).unwrap();
            let der = der::definite(&file).unwrap();
            let (whole, rest) = (SignedData::read(&der).unwrap(), SignedData::read(&outline.rest).unwrap());
            assert_eq!(outline.content.map(|content| content.head(1 << 20).unwrap()).as_deref(), whole.content);
            assert_eq!(rest.content, None);
            assert_eq!((rest.certificates, rest.signers.len()), (whole.certificates, whole.signers.len()));
            assert_eq!(rest.signers[0].signed_fields, whole.signers[0].signed_fields, "{more:?}");
        }
    }

    #[test]
    fn nothing_stands_behind_it_or_is_larger_than_is_looked_at() {
        let file = signed(&[7; 5000], &["-nodetach"]);
        let fails = |octets: Vec<u8>, most| outline(&Octets::from(octets), most).is_err();
        assert!(!fails(file.clone(), 4000));
        assert!(matches!(outline(&Octets::from(file.clone()), 100), Err(Fault::Large(_))));
        assert!(fails([&file[..], &[0]].concat(), 4000));
        for length in (0..file.len()).step_by(37) {
            assert!(fails(file[..length].to_vec(), 4000), "{length}");
        }
    }

    proptest! {
        /// Whatever the octets are: nothing panics, and what is taken apart says the same as when read whole.
        #[test]
        fn changed_octets_say_the_same(at in 0usize..900, to in any::<u8>()) {
            static FILE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
            let mut file = FILE.get_or_init(|| signed(&[7; 100], &["-nodetach", "-stream"])).clone();
            let place = at % file.len();
            file[place] = to;
            let whole = der::definite(&file).ok();
            let whole = whole.as_ref().and_then(|der| SignedData::read(der).ok());
            let apart = outline(&Octets::from(file.clone()), 1 << 20).ok();
            let rest = apart.as_ref().and_then(|apart| SignedData::read(&apart.rest).ok());
            prop_assert_eq!(rest.is_some(), whole.is_some(), "octet {}", place);
            if let (Some(apart), Some(whole)) = (&apart, &whole) {
                let content = apart.content.as_ref().map(|content| content.head(1 << 20).unwrap());
                prop_assert_eq!(content.as_deref(), whole.content);
            }
        }
    }
}
