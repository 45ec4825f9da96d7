//! XAdES as it is written: one XAdES-B-B or B-T signature (EN 319 132-1, clause 6) over the document
//! that it stands in, or over a file beside it in a container.
//!
//! Owns the text of a `ds:Signature` whose every octet is known beforehand. The text is in
//! canonical form as a part of its document; what is digested is what exclusive canonicalisation
//! makes of `SignedInfo` and of `SignedProperties`, each as the apex, and differs from the written
//! text only in where namespaces are declared. So no canonicaliser stands between a key and what it
//! signs. Never canonicalises the document itself: its digest is the caller's. Never reads a clock.

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::certificate::Certificate;
use super::key::{KeyFault, SigningKey};
use super::value::{self, Form, ValueFault};
use super::xmldsig::{DS, SIGNED_PROPERTIES, XADES};
use crate::document::Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use openssl::error::ErrorStack;
use std::fmt::Write;

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// What a signature is over, digested by whoever asks for it.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    /// The document that the signature stands in: the SHA-256 of its exclusive canonical form without
    /// the signature (and without comments).
    Enveloping(&'a Digest),
    /// A file beside the signature's own, octet for octet.
    File {
        /// Its SHA-256.
        digest: &'a Digest,
        /// What names it: a relative URI of characters that XML needs no escapes for
        /// ([`asic::uri`](super::asic::uri)).
        uri: &'a str,
        /// Its media type, of such characters too.
        media_type: &'a str,
    },
}

impl<'a> From<&'a Digest> for Object<'a> {
    fn from(document: &'a Digest) -> Self {
        Self::Enveloping(document)
    }
}

impl Object<'_> {
    fn digest(&self) -> &Digest {
        match self {
            Self::Enveloping(digest) | Self::File { digest, .. } => digest,
        }
    }

    fn uri(&self) -> &str {
        match self {
            Self::Enveloping(_) => "",
            Self::File { uri, .. } => uri,
        }
    }

    fn media_type(&self) -> &str {
        match self {
            Self::Enveloping(_) => "text/xml",
            Self::File { media_type, .. } => media_type,
        }
    }

    /// What is done before it is digested: nothing to a file (XMLDSig 1.1 4.4.3.1).
    fn transforms(&self) -> String {
        match self {
            Self::Enveloping(_) => format!(
                "<ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>\
                 <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>"
            ),
            Self::File { .. } => String::new(),
        }
    }
}

/// A key with its certificate, ready to sign documents of XML.
pub struct XadesSigner {
    key: Box<dyn SigningKey>,
    algorithm: SignatureAlgorithm,
    algorithm_uri: String,
    digest: DigestAlgorithm,
    certificate: Certificate,
    /// The signer's first, then those that lead from it to an anchor.
    certificates_base64: Vec<String>,
    certificate_digest_base64: String,
}

/// Why a key and certificate cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum SignerFault {
    /// The certificate belongs to another key.
    #[error("the certificate does not belong to the key")]
    OtherKey,
    /// Neither RSA of 2048 bits and more nor ECDSA on P-256, P-384 or P-521.
    #[error("the key is neither RSA (2048 bits or more) nor ECDSA on P-256, P-384 or P-521")]
    Unsuitable,
}

impl XadesSigner {
    /// Takes a key and the certificate of that very key.
    ///
    /// # Errors
    /// When they do not belong together, or the key is of a kind or size that nobody should use.
    pub fn new(key: impl SigningKey + 'static, certificate: Certificate) -> Result<Self, SignerFault> {
        let public = certificate.public_key();
        if !key.belongs_to(public) {
            return Err(SignerFault::OtherKey);
        }
        let algorithm = value::algorithm_for(public).map_err(|_| SignerFault::Unsuitable)?;
        let suitable = match algorithm {
            SignatureAlgorithm::RsaPkcs1(_) => public.bits() >= 2048,
            SignatureAlgorithm::Ecdsa(_) => true,
            // what every verifier of XML signatures knows, and no more
            _ => false,
        };
        match (suitable, algorithm.uri(), algorithm.digest()) {
            (true, Some(algorithm_uri), Some(digest)) => Ok(Self {
                key: Box::new(key),
                algorithm,
                algorithm_uri,
                digest,
                certificate_digest_base64: BASE64.encode(certificate.sha256().as_bytes()),
                certificates_base64: vec![BASE64.encode(certificate.der())],
                certificate,
            }),
            _ => Err(SignerFault::Unsuitable),
        }
    }

    /// Lets these certificates come along in each signature, so that a path can be built from it.
    pub fn with_path<'a>(mut self, path: impl IntoIterator<Item = &'a Certificate>) -> Self {
        self.certificates_base64.extend(path.into_iter().map(|certificate| BASE64.encode(certificate.der())));
        self
    }

    /// The certificate that goes into each signature.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Appends the signature of an object to `out` and returns the signature value in Base64.
    ///
    /// `suffix` ends every Id, so it must be fresh within the document and of characters that an
    /// NCName may hold ([`fresh_suffix`] is always right).
    ///
    /// # Errors
    /// What the key says; `out` is then as before.
    pub fn sign<'a>(
        &self,
        object: impl Into<Object<'a>>,
        at: Timestamp,
        suffix: &str,
        out: &mut String,
    ) -> Result<String, KeyFault> {
        let (object, start) = (object.into(), out.len());
        let signed_info = self.write_signed_info(object, at, suffix, out);
        let value = match self.value(&out[signed_info..]) {
            Ok(value) => value,
            Err(fault) => {
                out.truncate(start);
                return Err(fault);
            }
        };
        self.write_rest(object, &value, at, suffix, None, out);
        Ok(value)
    }

    /// Appends the very signature that [`XadesSigner::sign`] made of the same arguments before,
    /// given its value: nothing is signed anew.
    pub fn write_again<'a>(
        &self,
        object: impl Into<Object<'a>>,
        at: Timestamp,
        suffix: &str,
        value: &str,
        out: &mut String,
    ) {
        let object = object.into();
        self.write_signed_info(object, at, suffix, out);
        self.write_rest(object, value, at, suffix, None, out);
    }

    /// The same, with a time-stamp token (DER) over what [`stamped`] gives: XAdES-B-T.
    pub fn write_stamped<'a>(
        &self,
        object: impl Into<Object<'a>>,
        at: Timestamp,
        suffix: &str,
        value: &str,
        token: &[u8],
        out: &mut String,
    ) {
        let object = object.into();
        self.write_signed_info(object, at, suffix, out);
        self.write_rest(object, value, at, suffix, Some(token), out);
    }

    /// Writes up to the end of `SignedInfo`; returns where its content begins, behind the start tag.
    fn write_signed_info(&self, object: Object<'_>, at: Timestamp, suffix: &str, out: &mut String) -> usize {
        let mut properties = String::with_capacity(1024);
        self.write_properties(object, at, suffix, true, &mut properties);
        let properties = BASE64.encode(Digest::of(properties.as_bytes()).as_bytes());
        put(out, format_args!("<ds:Signature xmlns:ds=\"{DS}\" Id=\"signature-{suffix}\"><ds:SignedInfo>"));
        let content = out.len();
        put(
            out,
            format_args!(
                "<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
                 <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>\
                 <ds:Reference Id=\"document-{suffix}\" URI=\"{}\">{}\
                 <ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod>\
                 <ds:DigestValue>{}</ds:DigestValue></ds:Reference>\
                 <ds:Reference Type=\"{SIGNED_PROPERTIES}\" URI=\"#properties-{suffix}\"><ds:Transforms>\
                 <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
                 <ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod>\
                 <ds:DigestValue>{properties}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
                self.algorithm_uri,
                object.uri(),
                object.transforms(),
                BASE64.encode(object.digest().as_bytes())
            ),
        );
        content
    }

    /// Writes all behind `SignedInfo`.
    fn write_rest(
        &self,
        object: Object<'_>,
        value: &str,
        at: Timestamp,
        suffix: &str,
        token: Option<&[u8]>,
        out: &mut String,
    ) {
        put(
            out,
            format_args!(
                "<ds:SignatureValue Id=\"value-{suffix}\">{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
            ),
        );
        for certificate in &self.certificates_base64 {
            put(out, format_args!("<ds:X509Certificate>{certificate}</ds:X509Certificate>"));
        }
        put(
            out,
            format_args!(
                "</ds:X509Data></ds:KeyInfo>\
                 <ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#signature-{suffix}\">"
            ),
        );
        self.write_properties(object, at, suffix, false, out);
        if let Some(token) = token {
            // EN 319 132-1 5.3 and 5.1.4.4.2: without an Encoding it is DER
            put(
                out,
                format_args!(
                    "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>\
                     <xades:SignatureTimeStamp Id=\"timestamp-{suffix}\">\
                     <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
                     <xades:EncapsulatedTimeStamp>{}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>\
                     </xades:UnsignedSignatureProperties></xades:UnsignedProperties>",
                    BASE64.encode(token)
                ),
            );
        }
        out.push_str("</xades:QualifyingProperties></ds:Object></ds:Signature>");
    }

    /// `SignedProperties`: as a part of its signature, or (`apex`) as exclusive canonicalisation
    /// writes it alone, each prefix declared where it is first used (Exclusive XML C14N 1.0, 3).
    fn write_properties(&self, object: Object<'_>, at: Timestamp, suffix: &str, apex: bool, out: &mut String) {
        let xades = if apex { " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"" } else { "" };
        let ds = if apex { " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"" } else { "" };
        let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
        put(
            out,
            format_args!(
                "<xades:SignedProperties{xades} Id=\"properties-{suffix}\"><xades:SignedSignatureProperties>\
                 <xades:SigningTime>{at}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>\
                 <ds:DigestMethod{ds} Algorithm=\"{SHA256}\"></ds:DigestMethod>\
                 <ds:DigestValue{ds}>{}</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>\
                 </xades:SignedSignatureProperties><xades:SignedDataObjectProperties>\
                 <xades:DataObjectFormat ObjectReference=\"#document-{suffix}\">\
                 <xades:MimeType>{}</xades:MimeType>\
                 </xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>",
                self.certificate_digest_base64,
                object.media_type()
            ),
        );
    }

    /// Signs `SignedInfo`, given as the written text behind its start tag, and encodes the value.
    fn value(&self, signed_info: &str) -> Result<String, KeyFault> {
        let digest = || {
            let mut hasher = self.digest.hasher()?;
            hasher.update(b"<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">").ok()?;
            hasher.update(signed_info.as_bytes()).ok()?;
            hasher.finish().ok()
        };
        let digest = digest().ok_or(ValueFault::Unavailable(self.algorithm))?;
        self.key.sign_digest(self.algorithm, &digest, Form::Raw).map(|value| BASE64.encode(value))
    }
}

/// What a time-stamp of a signature is over: its `SignatureValue` as exclusive canonicalisation writes
/// it alone (EN 319 132-1 5.3). Both are those of [`XadesSigner::sign`].
pub fn stamped(suffix: &str, value: &str) -> String {
    format!("<ds:SignatureValue xmlns:ds=\"{DS}\" Id=\"value-{suffix}\">{value}</ds:SignatureValue>")
}

/// A suffix for Ids that nobody has used: 32 hexadecimal digits from the system's random source.
///
/// # Errors
/// When the random source fails.
pub fn fresh_suffix() -> Result<String, ErrorStack> {
    let mut octets = [0u8; 16];
    openssl::rand::rand_bytes(&mut octets)?;
    Ok(format!("{:032x}", u128::from_be_bytes(octets)))
}

/// Appends formatted text; a `String` takes whatever is written to it.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a String refuses no text");
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::pkey::PKey;
    use std::path::Path;
    use std::process::Command;

    fn tool(name: &str, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(name).args(arguments).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn signer(folder: &Path, key: &[&str]) -> Result<XadesSigner, SignerFault> {
        let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        tool("openssl", &[&["genpkey", "-out", &at("k")], key].concat());
        tool("openssl", &["req", "-x509", "-new", "-key", &at("k"), "-out", &at("c"), "-subj", "/CN=x", "-days", "9"]);
        let key = PKey::private_key_from_pem(&std::fs::read(folder.join("k")).unwrap()).unwrap();
        XadesSigner::new(key, Certificate::from_pem(&std::fs::read(folder.join("c")).unwrap()).unwrap().remove(0))
    }

    /// Documents whose surroundings differ: namespaces, attributes of `xml:`, a declaration, prefixes that clash.
    #[test]
    fn a_signature_holds_in_any_document() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("document.xml");
        let (path, certificate) = (path.to_str().unwrap(), folder.path().join("c"));
        let signer = signer(folder.path(), &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]).unwrap();
        for document in [
            "<a></a>",
            "<?xml version=\"1.0\"?>\r\n\
             <a xmlns='urn:x' xml:lang='az' b = \"1\"\n a='&#10;'><b/> \n</a>\n<!-- end -->\n",
            "<ds:a xmlns:ds='urn:other' xmlns:xades='urn:third' xades:z='1'><![CDATA[<]]></ds:a>",
            "<x:a xmlns:x='http://uri.etsi.org/01903/v1.3.2#' \
             xmlns='http://www.w3.org/2000/09/xmldsig#'><Object/></x:a>",
        ] {
            std::fs::write(path, document).unwrap();
            let canonical = tool("xmllint", &["--nonet", "--exc-c14n", path]);
            // this canonicaliser keeps comments, the reference's does not
            let canonical = String::from_utf8(canonical).unwrap().replace("\n<!-- end -->", "");
            let (at, suffix) = ("2026-11-21T20:35:58.5Z".parse().unwrap(), fresh_suffix().unwrap());
            let mut signature = String::new();
            let value = signer.sign(&Digest::of(canonical.as_bytes()), at, &suffix, &mut signature).unwrap();
            let mut again = String::new();
            signer.write_again(&Digest::of(canonical.as_bytes()), at, &suffix, &value, &mut again);
            assert_eq!(signature, again);
            let end = document.rfind("</").unwrap();
            let verify = |signature: &str| {
                std::fs::write(path, format!("{}{signature}{}", &document[..end], &document[end..])).unwrap();
                let id = "--id-attr:Id";
                let output = Command::new("xmlsec1")
                    .args(["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem"])
                    .arg(&certificate)
                    .args([id, "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", path])
                    .output();
                output.unwrap().status.success()
            };
            assert!(verify(&signature), "{document}");
            assert!(!verify(&signature.replace("20:35:58Z", "20:35:59Z")), "another time");
        }
    }

    #[test]
    fn keys_that_nobody_should_use_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for key in [
            &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"][..],
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
            &["-algorithm", "ED25519"],
        ] {
            assert!(matches!(signer(folder.path(), key), Err(SignerFault::Unsuitable)), "{key:?}");
        }
    }

    #[test]
    fn suffixes_are_fresh() {
        let (one, other) = (fresh_suffix().unwrap(), fresh_suffix().unwrap());
        assert!(one != other && one.len() == 32);
    }
}
