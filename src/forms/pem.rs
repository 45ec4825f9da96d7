//! Text around DER: PEM (RFC 7468) and S/MIME (RFC 8551), taken off.
//!
//! Finds the octets and gives them back; never looks into them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Labels of certificates in PEM.
pub const CERTIFICATE: &[&str] = &["CERTIFICATE", "X509 CERTIFICATE"];
/// Labels of revocation lists in PEM.
pub const CRL: &[&str] = &["X509 CRL", "CRL"];
/// Labels of CMS in PEM.
pub const CMS: &[&str] = &["CMS", "PKCS7", "PKCS #7 SIGNED DATA"];

/// All blocks of a PEM text that bear one of these labels, decoded, in order; others are passed
/// over.
///
/// # Errors
/// A block without an end, or one that is not base64.
pub fn blocks(text: &[u8], labels: &[&str]) -> Result<Vec<Vec<u8>>, String> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = memchr::memmem::find(rest, BEGIN) {
        rest = &rest[start + BEGIN.len()..];
        let label = memchr::memmem::find(rest, b"-----").map(|end| &rest[..end]);
        let label = label.filter(|label| label.len() <= 64).and_then(|label| std::str::from_utf8(label).ok());
        let label = label.ok_or("a PEM block has no proper label")?;
        rest = &rest[label.len() + 5..];
        let close = format!("-----END {label}-----");
        let end = memchr::memmem::find(rest, close.as_bytes()).ok_or("a PEM block has no end")?;
        if labels.contains(&label) {
            found.push(decode(&rest[..end])?);
        }
        rest = &rest[end + close.len()..];
    }
    Ok(found)
}

/// DER as it is, or every block of these labels in a PEM text; at least one.
///
/// # Errors
/// Why there is none.
pub fn der_or_blocks(octets: &[u8], labels: &[&str]) -> Result<Vec<Vec<u8>>, String> {
    if octets.first() == Some(&super::der::tag::SEQUENCE) {
        return Ok(vec![octets.to_vec()]);
    }
    match blocks(octets, labels)? {
        none if none.is_empty() => Err(format!("there is no {} in it, neither DER nor PEM", labels[0])),
        found => Ok(found),
    }
}

/// The octets of a CMS file in any of the forms of CONTRACT 3: DER, PEM, or S/MIME, whose
/// signature part is taken out. What stands in its other parts is not looked at.
///
/// # Errors
/// Why no signature could be taken out, in words.
pub fn cms(file: &[u8]) -> Result<Vec<u8>, String> {
    if file.first() == Some(&super::der::tag::SEQUENCE) {
        return Ok(file.to_vec());
    }
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if let Some(found) = smime(text) {
        return found;
    }
    let mut found = blocks(text, CMS)?;
    match found.len() {
        0 => Err("the file is neither DER nor PEM nor S/MIME".to_owned()),
        1 => Ok(found.remove(0)),
        _ => Err("the file holds more than one PEM block".to_owned()),
    }
}

/// The octets of a CMS file that holds its content: DER, one PEM block with nothing but white space around
/// it, or an S/MIME entity that is such a file and nothing else (RFC 8551 3.5.2). What somebody would read
/// beside the content, in another part or behind the block, is not signed, and there is nothing of it here.
///
/// # Errors
/// Why it is none, in words.
pub fn attached(file: &[u8]) -> Result<Vec<u8>, String> {
    if file.first() == Some(&super::der::tag::SEQUENCE) {
        return Ok(file.to_vec());
    }
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if let Some((headers, body)) = entity(text) {
        let kind = header(&headers, "content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        return match kind.as_str() {
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => decode_part(&headers, body),
            _ => Err(format!("its content type is {kind}, where only application/pkcs7-mime holds its content signed")),
        };
    }
    let trimmed = text.trim_ascii();
    let mut found = blocks(trimmed, CMS)?;
    let is_alone =
        trimmed.starts_with(b"-----BEGIN ") && memchr::memmem::find_iter(trimmed, b"-----BEGIN ").count() == 1;
    let ends = trimmed.ends_with(b"-----");
    match found.pop().filter(|_| is_alone && ends) {
        Some(der) => Ok(der),
        None => Err("it is not one CMS block with nothing around it".to_owned()),
    }
}

/// Whether a file begins as a message of a signing program does: with a field that speaks of MIME, or with
/// those that such a program writes above it (RFC 8551 3.5).
pub fn begins_like_smime(text: &[u8]) -> bool {
    const FIELDS: [&str; 6] = ["MIME-Version", "Content-Type", "Content-Disposition", "To", "From", "Subject"];
    let line = text.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let name = line.split(|octet| *octet == b':').next().filter(|name| name.len() < line.len());
    name.is_some_and(|name| FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field.as_bytes())))
}

/// The signature part of an S/MIME entity; none when it is no such thing.
fn smime(text: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let (headers, body) = entity(text)?;
    let kind = header(&headers, "content-type")?;
    if is_signature(&kind) {
        return Some(decode_part(&headers, body));
    }
    if !kind.to_ascii_lowercase().starts_with("multipart/signed") {
        return Some(Err(format!("its content type is {kind}")));
    }
    let Some(boundary) = parameter(&kind, "boundary").filter(|boundary| !boundary.is_empty()) else {
        return Some(Err("the S/MIME parts have no boundary".to_owned()));
    };
    // RFC 2046 5.1.1: the delimiter stands at the start of a line; the signature is the last part
    let delimiter = format!("\n--{boundary}");
    let mut found = None;
    let mut rest = body;
    let mut at = body.starts_with(&delimiter.as_bytes()[1..]).then_some(delimiter.len() - 1);
    loop {
        let start = match at.take() {
            Some(start) => start,
            None => match memchr::memmem::find(rest, delimiter.as_bytes()) {
                Some(start) => start + delimiter.len(),
                None => break,
            },
        };
        rest = &rest[start..];
        let end = memchr::memmem::find(rest, delimiter.as_bytes()).unwrap_or(rest.len());
        let part = rest[..end].strip_prefix(b"\r").unwrap_or(&rest[..end]);
        if let Some((headers, body)) = part.strip_prefix(b"\n").and_then(entity)
            && header(&headers, "content-type").is_some_and(|kind| is_signature(&kind))
        {
            if found.is_some() {
                return Some(Err("the S/MIME message has several signature parts".to_owned()));
            }
            found = Some(decode_part(&headers, body));
        }
        rest = &rest[end..];
    }
    Some(found.unwrap_or_else(|| Err("the S/MIME message has no signature part".to_owned())))
}

fn is_signature(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(
        kind.as_str(),
        "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pkcs7-mime"
            | "application/x-pkcs7-mime"
    )
}

fn decode_part(headers: &[(String, String)], body: &[u8]) -> Result<Vec<u8>, String> {
    match header(headers, "content-transfer-encoding").map(|coding| coding.to_ascii_lowercase()).as_deref() {
        Some("base64") => decode(body),
        _ => Err("the S/MIME signature part is not base64".to_owned()),
    }
}

type Headers = Vec<(String, String)>;

/// Header fields, unfolded (RFC 5322 2.2.3), and the body behind the empty line.
fn entity(text: &[u8]) -> Option<(Headers, &[u8])> {
    let mut headers: Headers = Vec::new();
    let mut rest = text;
    loop {
        let end = memchr::memchr(b'\n', rest)?;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[end + 1..];
        if line.is_empty() {
            return (!headers.is_empty()).then_some((headers, rest));
        }
        let line = std::str::from_utf8(line).ok()?;
        match headers.last_mut() {
            Some((_, value)) if line.starts_with([' ', '\t']) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            _ => {
                let (name, value) = line.split_once(':')?;
                let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic());
                token.then(|| headers.push((name.to_ascii_lowercase(), value.trim().to_owned())))?;
            }
        }
        if headers.len() > 64 {
            return None; // no entity of a signing program has so many
        }
    }
}

fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// A parameter of a header field, with or without quotes.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|parameter| {
        let (known, value) = parameter.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn decode(base64: &[u8]) -> Result<Vec<u8>, String> {
    let dense: Vec<u8> = base64.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    STANDARD.decode(dense).map_err(|_| "the base64 in it is broken".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_forms_give_the_same_octets() {
        let der = [0x30, 3, 2, 1, 7];
        let pem = b"-----BEGIN CMS-----\nMAMCAQc=\n-----END CMS-----\n";
        let mime = b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-signature;\r\n \
            name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n\r\nMAMC\r\nAQc=\r\n";
        let multipart =
            b"Content-Type: multipart/signed; boundary=\"--x\"\n\nThis is S/MIME\n\n----x\nfigures,1\n----x\n\
            Content-Type: application/x-pkcs7-signature\nContent-Transfer-Encoding: base64\n\nMAMCAQc=\n\n----x--\n";
        for form in [der.as_slice(), pem, mime, multipart] {
            assert_eq!(cms(form).as_deref(), Ok(der.as_slice()));
        }
        for bad in [b"hello".as_slice(), b"", b"Content-Type: text/plain\n\nMAMCAQc=\n", b"-----BEGIN CMS-----\nMAMC"] {
            assert!(cms(bad).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in
            "(-----(BEGIN|END) |CMS|-----|\n|Content-Type: |multipart/signed; boundary=a|--a|:|.){0,20}") {
            let _ = cms(text.as_bytes());
        }
    }
}
