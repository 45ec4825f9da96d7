//! ASiC-E with XAdES as it is written (EN 319 162-1 4.4): the texts of a container's own files, and the
//! URI by which a signature names a file in it.
//!
//! Never touches the archive, which is [`container`](crate::container)'s, nor a key.

use super::xmldsig::DS;
use crate::document::Digest;
use base64::Engine;

/// The first file of a container, which says what it is (EN 319 162-1 A.1).
pub const MIMETYPE: &str = "mimetype";
/// What [`MIMETYPE`] holds.
pub const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";
/// Where the list of files lies (4.4.3.2).
pub const MANIFEST: &str = "META-INF/manifest.xml";
/// Where the signatures lie (4.4.3.1).
pub const SIGNATURES: &str = "META-INF/signatures0.xml";
/// Folder of what is about the container and no document in it.
const META_INF: &str = "META-INF";

const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
const OPEN_DOCUMENT: &str = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";

/// Why no document in a container can have this name, beyond what no file in any archive can; none when
/// it can. Letters of either case count alike, as some file systems take them.
pub fn wrong(name: &str) -> Option<&'static str> {
    let own = [MIMETYPE, META_INF].iter().any(|own| name.eq_ignore_ascii_case(own));
    match own {
        true => Some("the name of something that is the container's own"),
        // XML 1.0 2.2: the manifest could not hold them
        false => name.contains(['\u{fffe}', '\u{ffff}']).then_some("a character that XML does not know in a name"),
    }
}

/// The manifest of a container with this one document (OpenDocument 1.2 part 3, 4).
pub fn manifest(name: &str, media_type: &str) -> String {
    let name = quick_xml::escape::escape(name);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <manifest:manifest xmlns:manifest=\"{OPEN_DOCUMENT}\" manifest:version=\"1.2\">\
         <manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{MEDIA_TYPE}\"/>\
         <manifest:file-entry manifest:full-path=\"{name}\" manifest:media-type=\"{media_type}\"/>\
         </manifest:manifest>\n"
    )
}

/// Where the manifest of a CAdES signature over several files lies (4.4.3.3).
pub const CADES_MANIFEST: &str = "META-INF/ASiCManifest.xml";
/// Where that signature lies.
pub const CADES_SIGNATURE: &str = "META-INF/signature.p7s";

/// A manifest of these files, each by its name, media type and digest, for one CAdES signature over it (A.4).
pub fn cades_manifest<'a>(files: impl IntoIterator<Item = (&'a str, &'a str, Digest)>) -> String {
    let base64 = base64::engine::general_purpose::STANDARD;
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <asic:ASiCManifest xmlns:asic=\"{ASIC}\" xmlns:ds=\"{DS}\">\n\
         <asic:SigReference URI=\"{CADES_SIGNATURE}\" MimeType=\"application/pkcs7-signature\"/>\n"
    );
    for (name, media_type, digest) in files {
        let uri: Vec<String> = name.split('/').map(uri).collect();
        text.push_str(&format!(
            "<asic:DataObjectReference URI=\"{}\" MimeType=\"{media_type}\">\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
             <ds:DigestValue>{}</ds:DigestValue></asic:DataObjectReference>\n",
            uri.join("/"),
            base64.encode(digest.as_bytes())
        ));
    }
    text + "</asic:ASiCManifest>\n"
}

/// The file that bears this signature (4.4.3.1). Nothing of its own is in scope of what is digested:
/// exclusive canonicalisation leaves out a prefix that nobody uses.
pub fn signatures(signature: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <asic:XAdESSignatures xmlns:asic=\"{ASIC}\">{signature}</asic:XAdESSignatures>\n"
    )
}

/// The URI of a file by its name: whatever RFC 3986 2.3 does not leave as it is gets encoded, so that no
/// reader can take a part of the name for a scheme, a query or a fragment.
pub fn uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for octet in name.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(octet)),
            _ => uri.push_str(&format!("%{octet:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_holds_nothing_that_means_anything() {
        assert_eq!(uri("2026-Q3_a~b.csv"), "2026-Q3_a~b.csv");
        assert_eq!(uri("il ə:#?%&+<\"/"), "il%20%C9%99%3A%23%3F%25%26%2B%3C%22%2F");
    }

    #[test]
    fn the_containers_own_names_are_taken() {
        for name in ["mimetype", "MimeType", "META-INF", "meta-inf", "a\u{fffe}", "\u{ffff}.xml"] {
            assert!(wrong(name).is_some(), "{name:?}");
        }
        for name in ["mimetype.xml", "manifest.xml", "il ə.csv", "a & b"] {
            assert_eq!(wrong(name), None, "{name:?}");
        }
    }
}
