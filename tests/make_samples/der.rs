//! Surgery on signature files: parts doubled, the lengths around them made right; parts taken apart
//! and put together again.

use pencere::forms::der::{self, Reader, tag};

/// The message-digest attribute a second time, the lengths around it made right.
pub fn doubled_digest(cms: &[u8]) -> Vec<u8> {
    let name = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04];
    let at = cms.windows(name.len()).position(|window| window == name).unwrap() - 2;
    let length = usize::from(cms[at + 1]) + 2;
    let attribute = cms[at..at + length].to_vec();
    let mut doubled = cms.to_vec();
    doubled.splice(at..at, attribute.iter().copied());
    grow(&mut doubled, at, length);
    doubled
}

/// Adds to the length of every DER value that holds this offset; their forms stay wide enough.
fn grow(der: &mut [u8], inside: usize, by: usize) {
    let mut at = 0;
    loop {
        let (header, length) = header(der, at);
        if at == inside {
            return;
        }
        if inside < at + header + length {
            let longer = length + by;
            match header {
                2 => der[at + 1] = u8::try_from(longer).unwrap(),
                3 => der[at + 2] = u8::try_from(longer).unwrap(),
                _ => [der[at + 2], der[at + 3]] = u16::try_from(longer).unwrap().to_be_bytes(),
            }
            at += header;
        } else {
            at += header + length;
        }
    }
}

/// Lengths of the header and of the content of the DER value at this offset.
fn header(der: &[u8], at: usize) -> (usize, usize) {
    match der[at + 1] {
        short @ 0..=0x7F => (2, usize::from(short)),
        0x81 => (3, usize::from(der[at + 2])),
        _ => (4, usize::from(der[at + 2]) << 8 | usize::from(der[at + 3])),
    }
}

/// The only signer so many times.
pub fn repeated_signer(cms: &[u8], times: usize) -> Vec<u8> {
    // ContentInfo, its content, SignedData, and of that the last part: signerInfos (RFC 5652 5.1)
    let mut at = 0;
    for _ in 0..2 {
        at += header(cms, at).0;
        if cms[at] == 0x06 {
            at += 2 + usize::from(cms[at + 1]);
        }
    }
    at += header(cms, at).0;
    while at + header(cms, at).0 + header(cms, at).1 < cms.len() {
        at += header(cms, at).0 + header(cms, at).1;
    }
    let signer = at + header(cms, at).0;
    let more = cms[signer..].repeat(times - 1);
    let mut repeated = [cms, &more].concat();
    grow(&mut repeated, signer, more.len());
    repeated
}

/// The parts of an element's content, each whole.
pub fn parts(element: &[u8]) -> Vec<Vec<u8>> {
    let (mut reader, mut found) = (Reader::only(element).unwrap().reader(), Vec::new());
    while !reader.is_empty() {
        found.push(reader.any().unwrap().raw.to_vec());
    }
    found
}

/// An element around these parts.
pub fn around(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    der::element(tag, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// An attribute with these values (RFC 5652 5.3).
pub fn attribute(oid: &str, values: &[Vec<u8>]) -> Vec<u8> {
    around(tag::SEQUENCE, &[der::oid(oid).unwrap(), around(tag::SET, values)])
}

pub const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
pub const COUNTERSIGNATURE: &str = "1.2.840.113549.1.9.6";
/// Of SignedData, the certificates; of a SignerInfo, what stands where (RFC 5652 5.1, 5.3).
pub const CERTIFICATES: usize = 3;
pub const DIGEST_ALGORITHM: usize = 2;
pub const SIGNED_ATTRIBUTES: usize = 3;
pub const SIGNATURE_ALGORITHM: usize = 4;
pub const VALUE: usize = 5;

/// A file with its SignedData and its only SignerInfo changed, part by part.
pub fn rebuilt(cms: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>, &mut Vec<Vec<u8>>)) -> Vec<u8> {
    let info = parts(cms);
    let mut data = parts(&parts(&info[1])[0]);
    let mut signer = parts(&parts(data.last().unwrap())[0]);
    change(&mut data, &mut signer);
    *data.last_mut().unwrap() = around(tag::SET, &[around(tag::SEQUENCE, &signer)]);
    around(tag::SEQUENCE, &[info[0].clone(), around(0xA0, &[around(tag::SEQUENCE, &data)])])
}

/// The only SignerInfo, part by part.
pub fn signer(cms: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    rebuilt(cms, |_, signer| found.clone_from(signer));
    found
}

/// The file with unsigned attributes.
pub fn with_unsigned(cms: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    rebuilt(cms, |_, signer| signer.push(around(0xA1, attributes)))
}
