//! What lies in a token: private keys, what is public of them, and certificates.
//!
//! Reads attributes and nothing more; a private key's own never leave the token.

use super::fault::TokenFault;
use super::module::Present;
use super::uri::Uri;
use crate::forms::certificate::Certificate;
use crate::forms::der::{Reader, tag};
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::PointConversionForm;
use openssl::pkey::{Id, PKeyRef, Public};

/// Private keys of one token that are looked at, at most: a card has some, a server's module may have thousands.
const KEYS_MAX: usize = 256;
/// Certificates likewise.
const CERTIFICATES_MAX: usize = 64;

/// A private key, as far as it shows itself.
pub(super) struct Key {
    pub(super) handle: ObjectHandle,
    pub(super) id: Vec<u8>,
    pub(super) label: String,
    /// What names it, to be copied.
    pub(super) name: String,
    pub(super) asks_each_time: bool,
    /// None where the token tells nothing of it.
    pub(super) public: Option<Material>,
}

/// What is public of a key, as a token tells it.
pub(super) enum Material {
    /// Modulus and public exponent.
    Rsa(Vec<u8>, Vec<u8>),
    /// A point, as octets: uncompressed, or of an Edwards curve.
    Point(Vec<u8>),
}

impl Material {
    /// Whether it is this key's.
    pub(super) fn is_of(&self, key: &PKeyRef<Public>) -> bool {
        match (self, key.id()) {
            (Self::Rsa(modulus, exponent), Id::RSA | Id::RSA_PSS) => key.rsa().is_ok_and(|rsa| {
                let same = |octets: &[u8], number: &openssl::bn::BigNumRef| {
                    BigNum::from_slice(octets).is_ok_and(|found| &*found == number)
                };
                same(modulus, rsa.n()) && same(exponent, rsa.e())
            }),
            (Self::Point(point), Id::EC) => key.ec_key().is_ok_and(|ec| {
                let written = BigNumContext::new().and_then(|mut context| {
                    ec.public_key().to_bytes(ec.group(), PointConversionForm::UNCOMPRESSED, &mut context)
                });
                written.is_ok_and(|written| written == *point)
            }),
            (Self::Point(point), Id::ED25519) => key.raw_public_key().is_ok_and(|raw| raw == *point),
            _ => false,
        }
    }
}

/// The one private key that a URI means.
pub(super) fn key(session: &Session, token: &Present, uri: &Uri) -> Result<Key, TokenFault> {
    let mut all = keys(session, token)?;
    let there = all.iter().map(|key| key.name.clone()).collect();
    all.retain(|key| {
        uri.id.as_ref().is_none_or(|id| *id == key.id) && uri.object.as_ref().is_none_or(|object| *object == key.label)
    });
    match all.len() {
        0 => Err(TokenFault::NoKey { wanted: uri.to_string(), found: there }),
        1 => {
            let mut key = all.remove(0);
            key.public = material(session, &key);
            Ok(key)
        }
        _ => Err(TokenFault::SeveralKeys { found: all.into_iter().map(|key| key.name).collect() }),
    }
}

/// All private keys that may sign.
fn keys(session: &Session, token: &Present) -> Result<Vec<Key>, TokenFault> {
    let device = |error| TokenFault::device(&error);
    let found = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).map_err(device)?;
    let mut keys = Vec::new();
    for handle in found.into_iter().take(KEYS_MAX) {
        let wanted = [AttributeType::Id, AttributeType::Label, AttributeType::Sign, AttributeType::AlwaysAuthenticate];
        let (mut id, mut label, mut signs, mut asks_each_time) = (Vec::new(), String::new(), true, false);
        for attribute in session.get_attributes(handle, &wanted).map_err(device)? {
            match attribute {
                Attribute::Id(octets) => id = octets,
                Attribute::Label(octets) => label = String::from_utf8_lossy(&octets).into_owned(),
                Attribute::Sign(may) => signs = may,
                Attribute::AlwaysAuthenticate(asks) => asks_each_time = asks,
                _ => {}
            }
        }
        if signs {
            let name = Uri::naming(&token.label, "", &label, &id).to_string();
            keys.push(Key { handle, id, label, name, asks_each_time, public: None });
        }
    }
    Ok(keys)
}

/// What is public of a key: told by the key itself, or by a public key of the same id.
fn material(session: &Session, key: &Key) -> Option<Material> {
    let beside = match key.id.is_empty() {
        true => Vec::new(),
        false => session
            .find_objects(&[Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Id(key.id.clone())])
            .unwrap_or_default(),
    };
    [key.handle].into_iter().chain(beside).find_map(|handle| {
        let wanted = [AttributeType::Modulus, AttributeType::PublicExponent, AttributeType::EcPoint];
        let (mut modulus, mut exponent, mut point) = (Vec::new(), Vec::new(), Vec::new());
        for attribute in session.get_attributes(handle, &wanted).unwrap_or_default() {
            match attribute {
                Attribute::Modulus(octets) => modulus = octets,
                Attribute::PublicExponent(octets) => exponent = octets,
                Attribute::EcPoint(octets) => point = octets,
                _ => {}
            }
        }
        match (modulus.is_empty() || exponent.is_empty(), point.is_empty()) {
            (false, _) => Some(Material::Rsa(modulus, exponent)),
            (true, false) => Some(Material::Point(bare(point))),
            (true, true) => None,
        }
    })
}

/// A point without the OCTET STRING around it that PKCS #11 asks for and some modules leave out.
fn bare(point: Vec<u8>) -> Vec<u8> {
    match Reader::only(&point) {
        Ok(element) if element.tag == tag::OCTET_STRING => element.content.to_vec(),
        _ => point,
    }
}

/// The certificates in a token, those with the id of the key first. What cannot be read is passed over.
pub(super) fn certificates(session: &Session, key: &Key) -> Result<Vec<Certificate>, TokenFault> {
    let device = |error| TokenFault::device(&error);
    let x509 = [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::CertificateType(CertificateType::X_509)];
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for handle in session.find_objects(&x509).map_err(device)?.into_iter().take(CERTIFICATES_MAX) {
        let (mut id, mut der) = (Vec::new(), Vec::new());
        for attribute in session.get_attributes(handle, &[AttributeType::Id, AttributeType::Value]).map_err(device)? {
            match attribute {
                Attribute::Id(octets) => id = octets,
                Attribute::Value(octets) => der = octets,
                _ => {}
            }
        }
        let Ok(certificate) = Certificate::from_der(&der) else { continue };
        match id == key.id && !id.is_empty() {
            true => own.push(certificate),
            false => others.push(certificate),
        }
    }
    own.append(&mut others);
    Ok(own)
}
