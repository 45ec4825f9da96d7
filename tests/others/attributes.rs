//! Unsigned attributes put into a signature file, with the lengths around them made right.

use pencere::forms::der::{self, Reader, element, tag};

/// The parts of an element's content, each whole.
fn parts(content: &[u8]) -> Vec<&[u8]> {
    let (mut reader, mut found) = (Reader::new(content), Vec::new());
    while !reader.is_empty() {
        found.push(reader.any().unwrap().raw);
    }
    found
}

fn content(element: &[u8]) -> &[u8] {
    Reader::only(element).unwrap().content
}

/// What stands around the parts of the only SignerInfo.
struct Around<'a> {
    content_type: &'a [u8],
    signed_data: Vec<&'a [u8]>,
    signer: Vec<&'a [u8]>,
}

fn apart(file: &[u8]) -> Around<'_> {
    let info = parts(content(file));
    let signed_data = parts(content(content(info[1])));
    let signer = parts(content(content(signed_data.last().unwrap())));
    Around { content_type: info[0], signed_data, signer }
}

/// The signature value of the only signer.
pub fn signature_value(file: &[u8]) -> Vec<u8> {
    content(apart(file).signer[5]).to_vec()
}

/// The file with one unsigned attribute more (RFC 5652 5.3).
pub fn with_unsigned(file: &[u8], oid: &str, value: &[u8]) -> Vec<u8> {
    let around = apart(file);
    let attribute = element(tag::SEQUENCE, &[&der::oid(oid).unwrap(), &element(tag::SET, &[value])]);
    let unsigned = element(0xA1, &[&attribute]);
    let signer = element(tag::SEQUENCE, &[&around.signer[..], &[&unsigned]].concat());
    let signers = element(tag::SET, &[&signer]);
    let mut signed_data = around.signed_data.clone();
    *signed_data.last_mut().unwrap() = &signers;
    let inside = element(0xA0, &[&element(tag::SEQUENCE, &signed_data)]);
    element(tag::SEQUENCE, &[around.content_type, &inside])
}

/// The file with a time-stamp token over its value (RFC 3161 appendix A).
pub fn with_time_stamp(file: &[u8], token: &[u8]) -> Vec<u8> {
    with_unsigned(file, "1.2.840.113549.1.9.16.2.14", token)
}
