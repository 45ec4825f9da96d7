//! XAdES as it is written: one enveloped XAdES-B-B signature (EN 319 132-1, clause 6).
//!
//! Owns the text of a `ds:Signature` whose every octet is known beforehand. The text is in
//! canonical form as a part of its document; what is digested is what exclusive canonicalisation
//! makes of `SignedInfo` and of `SignedProperties`, each as the apex, and differs from the written
//! text only in where namespaces are declared. So no canonicaliser stands between a key and what it
//! signs. Never canonicalises the document itself: its digest is the caller's. Never reads a clock.

use crate::document::Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use openssl::ec::EcKey;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{Hasher, MessageDigest};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::x509::X509;
use std::fmt::Write;

/// Namespace of XML Signature.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Namespace of XAdES 1.3.2.
pub const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";

/// A key with its certificate, ready to sign documents of XML.
pub struct XadesSigner {
    key: Key,
    certificate: X509,
    certificate_base64: String,
    certificate_digest_base64: String,
}

enum Key {
    /// The key, the octets of one coordinate, and the digest that fits the curve.
    Ec(EcKey<Private>, i32, MessageDigest),
    /// PKCS#1 v1.5 with SHA-256.
    Rsa(PKey<Private>),
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
    /// What the cryptographic library says.
    #[error("{0}")]
    Library(#[from] ErrorStack),
}

impl XadesSigner {
    /// Takes a key and the certificate of that very key.
    ///
    /// # Errors
    /// When they do not belong together, or the key is of a kind or size that nobody should use.
    pub fn new(key: PKey<Private>, certificate: X509) -> Result<Self, SignerFault> {
        if !certificate.public_key()?.public_eq(&key) {
            return Err(SignerFault::OtherKey);
        }
        let der = certificate.to_der()?;
        let key = match key.id() {
            Id::EC => {
                let key = key.ec_key()?;
                let (octets, digest) = match key.group().curve_name() {
                    Some(Nid::X9_62_PRIME256V1) => (32, MessageDigest::sha256()),
                    Some(Nid::SECP384R1) => (48, MessageDigest::sha384()),
                    Some(Nid::SECP521R1) => (66, MessageDigest::sha512()),
                    _ => return Err(SignerFault::Unsuitable),
                };
                Key::Ec(key, octets, digest)
            }
            Id::RSA if key.bits() >= 2048 => Key::Rsa(key),
            _ => return Err(SignerFault::Unsuitable),
        };
        Ok(Self {
            key,
            certificate_digest_base64: BASE64.encode(openssl::sha::sha256(&der)),
            certificate_base64: BASE64.encode(&der),
            certificate,
        })
    }

    /// The certificate that goes into each signature.
    pub fn certificate(&self) -> &X509 {
        &self.certificate
    }

    /// Appends the signature of a document to `out` and returns the signature value in Base64.
    ///
    /// `document` is the SHA-256 of the document's exclusive canonical form without the signature
    /// (and without comments); `suffix` ends every Id, so it must be fresh within the document and
    /// of characters that an NCName may hold ([`fresh_suffix`] is always right).
    ///
    /// # Errors
    /// What the cryptographic library says; `out` is then as before.
    pub fn sign(&self, document: &Digest, at: Timestamp, suffix: &str, out: &mut String) -> Result<String, ErrorStack> {
        let start = out.len();
        let signed_info = self.write_signed_info(document, at, suffix, out);
        let value = match self.value(&out[signed_info..]) {
            Ok(value) => value,
            Err(fault) => {
                out.truncate(start);
                return Err(fault);
            }
        };
        self.write_rest(&value, at, suffix, out);
        Ok(value)
    }

    /// Appends the very signature that [`XadesSigner::sign`] made of the same arguments before,
    /// given its value: nothing is signed anew.
    pub fn write_again(&self, document: &Digest, at: Timestamp, suffix: &str, value: &str, out: &mut String) {
        self.write_signed_info(document, at, suffix, out);
        self.write_rest(value, at, suffix, out);
    }

    /// Writes up to the end of `SignedInfo`; returns where its content begins, behind the start tag.
    fn write_signed_info(&self, document: &Digest, at: Timestamp, suffix: &str, out: &mut String) -> usize {
        let mut properties = String::with_capacity(1024);
        self.write_properties(at, suffix, true, &mut properties);
        let properties = BASE64.encode(openssl::sha::sha256(properties.as_bytes()));
        let document = BASE64.encode(document.as_bytes());
        put(out, format_args!("<ds:Signature xmlns:ds=\"{DS}\" Id=\"signature-{suffix}\"><ds:SignedInfo>"));
        let content = out.len();
        put(
            out,
            format_args!(
                "<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
                 <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>\
                 <ds:Reference Id=\"document-{suffix}\" URI=\"\"><ds:Transforms>\
                 <ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>\
                 <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
                 <ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod>\
                 <ds:DigestValue>{document}</ds:DigestValue></ds:Reference>\
                 <ds:Reference Type=\"{SIGNED_PROPERTIES}\" URI=\"#properties-{suffix}\"><ds:Transforms>\
                 <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
                 <ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod>\
                 <ds:DigestValue>{properties}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
                self.algorithm()
            ),
        );
        content
    }

    /// Writes all behind `SignedInfo`.
    fn write_rest(&self, value: &str, at: Timestamp, suffix: &str, out: &mut String) {
        put(
            out,
            format_args!(
                "<ds:SignatureValue Id=\"value-{suffix}\">{value}</ds:SignatureValue>\
                 <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
                 <ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#signature-{suffix}\">",
                self.certificate_base64
            ),
        );
        self.write_properties(at, suffix, false, out);
        out.push_str("</xades:QualifyingProperties></ds:Object></ds:Signature>");
    }

    /// `SignedProperties`: as a part of its signature, or (`apex`) as exclusive canonicalisation
    /// writes it alone, each prefix declared where it is first used (Exclusive XML C14N 1.0, 3).
    fn write_properties(&self, at: Timestamp, suffix: &str, apex: bool, out: &mut String) {
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
                 <xades:DataObjectFormat ObjectReference=\"#document-{suffix}\"><xades:MimeType>text/xml</xades:MimeType>\
                 </xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>",
                self.certificate_digest_base64
            ),
        );
    }

    /// The signature algorithm's URI (RFC 9231 2.2, 2.3).
    fn algorithm(&self) -> &'static str {
        match &self.key {
            Key::Ec(_, 32, _) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Key::Ec(_, 48, _) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
            Key::Ec(..) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
            Key::Rsa(_) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        }
    }

    /// Signs `SignedInfo`, given as the written text behind its start tag, and encodes the value.
    fn value(&self, signed_info: &str) -> Result<String, ErrorStack> {
        let digest = |kind| {
            let mut hasher = Hasher::new(kind)?;
            hasher.update(b"<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">")?;
            hasher.update(signed_info.as_bytes())?;
            hasher.finish()
        };
        let value = match &self.key {
            Key::Ec(key, octets, kind) => {
                // XML Signature 6.4.3: r and s, each of the full length, not DER
                let pair = EcdsaSig::sign(&digest(*kind)?, key)?;
                let mut value = pair.r().to_vec_padded(*octets)?;
                value.extend(pair.s().to_vec_padded(*octets)?);
                value
            }
            Key::Rsa(key) => {
                let mut context = PkeyCtx::new(key)?;
                context.sign_init()?;
                context.set_signature_md(openssl::md::Md::sha256())?;
                let mut value = Vec::new();
                context.sign_to_vec(&digest(MessageDigest::sha256())?, &mut value)?;
                value
            }
        };
        Ok(BASE64.encode(value))
    }
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
