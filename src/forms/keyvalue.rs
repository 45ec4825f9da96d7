//! A bare public key in a `ds:KeyInfo`, as written: KeyValue and DEREncodedKeyValue (XMLDSig 1.1 4.5.2, 4.5.9).
//!
//! Such a key says nothing about whose it is. It serves to tell whether a value is intact, and never
//! makes a signer.

use super::xmldsig::{DS, base64};
use crate::xml::Element;
use openssl::asn1::Asn1Object;
use openssl::bn::{BigNum, BigNumContext};
use openssl::dsa::Dsa;
use openssl::ec::{EcGroup, EcKey, EcKeyRef, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;

const DS11: &str = "http://www.w3.org/2009/xmldsig11#";
const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more#";

/// Octets of one base64 value: the longest RSA key that OpenSSL works with has 16384 bits, and what is
/// around it fits too.
const OCTETS_MAX: usize = 4096;
/// Digits of one coordinate in RFC 4050's decimal form: 571 bits, the longest curve there is, have 172.
const DIGITS_MAX: usize = 200;

/// The key that stands bare in this KeyInfo. None when none does, when it cannot be read, and when two
/// of them differ: all of a KeyInfo mean one key (XMLDSig 1.1 4.5).
pub fn bare(info: &Element) -> Option<PKey<Public>> {
    let values = info.all(DS, "KeyValue").map(|value| match &value.children[..] {
        [only] => key_value(only),
        _ => None,
    });
    let encoded = info.all(DS11, "DEREncodedKeyValue").map(|value| named(PKey::public_key_from_der(&octets(value)?)));
    let mut keys = values.chain(encoded);
    let first = keys.next()??;
    keys.all(|key| key.is_some_and(|key| key.public_eq(&first))).then_some(first)
}

fn key_value(element: &Element) -> Option<PKey<Public>> {
    match (element.namespace.as_str(), element.local.as_str()) {
        (DS, "RSAKeyValue") => {
            let number = |local| number(element.child(DS, local)?);
            let rsa = Rsa::from_public_components(number("Modulus")?, number("Exponent")?).ok()?;
            PKey::from_rsa(rsa).ok()
        }
        (DS, "DSAKeyValue") => {
            let number = |local| number(element.child(DS, local)?);
            let (p, q, g) = (number("P")?, number("Q")?, number("G")?);
            PKey::from_dsa(Dsa::from_public_components(p, q, g, number("Y")?).ok()?).ok()
        }
        (DS11, "ECKeyValue") => {
            let group = group(element.child(DS11, "NamedCurve")?.attribute("URI")?)?;
            // XMLDSig 1.1 4.5.2.3.3: the point as ANSI X9.62 writes it
            let point = octets(element.child(DS11, "PublicKey")?)?;
            let mut numbers = BigNumContext::new().ok()?;
            let point = EcPoint::from_bytes(&group, &point, &mut numbers).ok()?;
            checked(EcKey::from_public_key(&group, &point))
        }
        (MORE, "ECDSAKeyValue") => {
            // RFC 4050 3.3, the form before XMLDSig 1.1
            let group = group(element.child(MORE, "DomainParameters")?.child(MORE, "NamedCurve")?.attribute("URN")?)?;
            let point = element.child(MORE, "PublicKey")?;
            let coordinate = |local| decimal(point.child(MORE, local)?.attribute("Value")?);
            let (x, y) = (coordinate("X")?, coordinate("Y")?);
            checked(EcKey::from_public_key_affine_coordinates(&group, &x, &y))
        }
        _ => None,
    }
}

/// An elliptic key counts only on its curve: a point beside it answers at random.
fn checked(key: Result<EcKey<Public>, openssl::error::ErrorStack>) -> Option<PKey<Public>> {
    let key = key.ok().filter(|key| EcKeyRef::check_key(key).is_ok())?;
    PKey::from_ec_key(key).ok()
}

/// A key of any kind, but on a curve with a name: whoever spells the parameters out chooses them.
fn named(key: Result<PKey<Public>, openssl::error::ErrorStack>) -> Option<PKey<Public>> {
    let key = key.ok()?;
    match key.ec_key() {
        Ok(ec) => checked(Ok(ec)).filter(|_| super::value::curve(&key).is_some()),
        Err(_) => Some(key),
    }
}

/// The curve that `urn:oid:1.2.3` names (RFC 3061).
fn group(urn: &str) -> Option<EcGroup> {
    let oid = urn.strip_prefix("urn:oid:").filter(|oid| oid.len() < 64)?;
    let oid = Some(oid).filter(|oid| oid.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.'))?;
    let curve = Asn1Object::from_str(oid).ok()?.nid();
    if curve == Nid::UNDEF { None } else { EcGroup::from_curve_name(curve).ok() }
}

/// A `ds:CryptoBinary`: a number in base64 (XMLDSig 1.1 4.1).
fn number(element: &Element) -> Option<BigNum> {
    BigNum::from_slice(&octets(element)?).ok()
}

fn octets(element: &Element) -> Option<Vec<u8>> {
    base64(&element.text).ok().filter(|octets| octets.len() <= OCTETS_MAX)
}

fn decimal(text: &str) -> Option<BigNum> {
    let digits = Some(text.trim()).filter(|digits| (1..=DIGITS_MAX).contains(&digits.len()))?;
    if digits.bytes().all(|digit| digit.is_ascii_digit()) { BigNum::from_dec_str(digits).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Limits, Reader};
    use base64::Engine;
    use openssl::ec::PointConversionForm;

    const P256: &str = "urn:oid:1.2.840.10045.3.1.7";

    fn read(inside: &str) -> Option<PKey<Public>> {
        let text = format!("<KeyInfo xmlns=\"{DS}\" xmlns:n=\"{DS11}\" xmlns:m=\"{MORE}\">{inside}</KeyInfo>");
        let mut reader = Reader::new(text.as_bytes(), text.len() as u64, &Limits::default());
        bare(&Element::read(&mut reader).unwrap())
    }

    fn text(octets: &[u8]) -> String {
        base64::engine::general_purpose::STANDARD.encode(octets)
    }

    fn ec() -> (EcKey<openssl::pkey::Private>, Vec<u8>) {
        let key = EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap();
        let mut numbers = BigNumContext::new().unwrap();
        let point = key.public_key().to_bytes(key.group(), PointConversionForm::UNCOMPRESSED, &mut numbers).unwrap();
        (key, point)
    }

    fn new_form(curve: &str, point: &[u8]) -> String {
        format!(
            "<KeyValue><n:ECKeyValue><n:NamedCurve URI=\"{curve}\"/><n:PublicKey>{}</n:PublicKey>\
             </n:ECKeyValue></KeyValue>",
            text(point)
        )
    }

    #[test]
    fn each_form_gives_the_key_that_it_writes() {
        let (key, point) = ec();
        let whole = PKey::from_ec_key(key.clone()).unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut numbers = BigNumContext::new().unwrap();
        key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut numbers).unwrap();
        let old = format!(
            "<KeyValue><m:ECDSAKeyValue><m:DomainParameters><m:NamedCurve URN=\"{P256}\"/></m:DomainParameters>\
             <m:PublicKey><m:X Value=\"{x}\"/><m:Y Value=\"{y}\"/></m:PublicKey></m:ECDSAKeyValue></KeyValue>"
        );
        let der = text(&whole.public_key_to_der().unwrap());
        let der = format!("<n:DEREncodedKeyValue>{der}</n:DEREncodedKeyValue>");
        for form in
            [new_form(P256, &point), old.clone(), der.clone(), format!("<KeyName>of no use</KeyName>{old}{der}")]
        {
            assert!(read(&form).is_some_and(|read| read.public_eq(&whole)), "{form}");
        }
        let rsa = Rsa::generate(2048).unwrap();
        let form = format!(
            "<KeyValue><RSAKeyValue><Modulus>{}</Modulus><Exponent>{}</Exponent></RSAKeyValue></KeyValue>",
            text(&rsa.n().to_vec()),
            text(&rsa.e().to_vec())
        );
        assert!(read(&form).is_some_and(|read| read.public_eq(&PKey::from_rsa(rsa).unwrap())));
    }

    #[test]
    fn what_is_no_key_or_two_is_none() {
        let ((_, point), (_, other)) = (ec(), ec());
        let mut beside = point.clone();
        beside[64] ^= 1;
        let huge = text(&vec![1; OCTETS_MAX + 1]);
        for form in [
            String::new(),
            "<KeyValue/>".to_owned(),
            "<KeyValue><n:ECKeyValue/></KeyValue>".to_owned(),
            new_form(P256, &beside),
            new_form("urn:oid:1.2.840.10045.3.1.999", &point),
            new_form("1.2.840.10045.3.1.7", &point),
            new_form("urn:oid:prime256v1", &point),
            new_form(P256, &point) + &new_form(P256, &other),
            new_form(P256, &point) + "<KeyValue><n:ECKeyValue/></KeyValue>",
            "<n:DEREncodedKeyValue>AAAA</n:DEREncodedKeyValue>".to_owned(),
            format!(
                "<KeyValue><RSAKeyValue><Modulus>{huge}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyValue>"
            ),
        ] {
            assert!(read(&form).is_none(), "{form}");
        }
    }
}
