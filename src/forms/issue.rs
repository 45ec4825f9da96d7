//! Issuing certificates: for a trial a small authority and persons under it; for any window its own seal.
//!
//! Every certificate made here but that of a real window's own seal and log carries the trial policy, so that a window
//! whose environment is not `test` refuses it (S 5.1.5). Nothing here reads a file or a clock; keys come from OpenSSL's
//! generator and leave as PKCS#8.

use super::certificate::TRIAL_POLICY_OID;
use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time, Asn1Type};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509NameBuilder, X509NameRef, X509Ref};

/// A certificate with its private key.
pub struct Issued {
    certificate: X509,
    key: PKey<Private>,
}

/// From when to when a certificate is in force.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    /// First moment.
    pub from: Timestamp,
    /// Last moment.
    pub to: Timestamp,
}

/// What a person's certificate says of its holder (domain of ETSI EN 319 412-1; FİN bare).
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// Full name, into `CN`.
    pub name: &'a str,
    /// Personal number, into `serialNumber`.
    pub fin: &'a str,
    /// The body's name, into `O`; at most 64 characters (X.520 `ub-organization-name`).
    pub body: &'a str,
    /// The body's tax number, into `organizationIdentifier` as `VATAZ-…`.
    pub voen: &'a str,
}

impl Issued {
    /// A certificate authority that may issue persons' certificates and nothing below them.
    ///
    /// # Errors
    /// What OpenSSL says: a name that is too long, or no randomness.
    pub fn authority(name: &str, body: &str, validity: Validity) -> Result<Self, ErrorStack> {
        let subject = subject(&[(Nid::COMMONNAME, name), (Nid::ORGANIZATIONNAME, body)])?;
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build()?;
        let constraints = BasicConstraints::new().critical().ca().pathlen(0).build()?;
        issue(&subject, None, validity, [usage, constraints])
    }

    /// A seal: signed by its own key and by nobody else, since receipts are proven by this very
    /// certificate (CONTRACT 2).
    ///
    /// # Errors
    /// As [`Issued::authority`].
    pub fn seal(name: &str, body: &str, validity: Validity) -> Result<Self, ErrorStack> {
        let subject = subject(&[(Nid::COMMONNAME, name), (Nid::ORGANIZATIONNAME, body)])?;
        issue(&subject, None, validity, signing()?)
    }

    /// A seal over this key, for a window that is one for trials or is not. A name that is longer than a certificate
    /// takes is cut there; the receipts have the whole of it.
    ///
    /// # Errors
    /// As [`Issued::authority`].
    pub fn seal_over(key: PKey<Private>, name: &str, is_trial: bool, validity: Validity) -> Result<Self, ErrorStack> {
        let name: String = name.chars().take(NAME_MAX).collect();
        let subject = subject(&[(Nid::COMMONNAME, &name)])?;
        let mut builder = begin(&subject, &subject, &key, validity)?;
        for extension in signing()? {
            builder.append_extension(extension)?;
        }
        if is_trial {
            builder.append_extension(trial_policy()?)?;
        }
        let subject_key = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension(subject_key)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Self { certificate: builder.build(), key })
    }

    /// The certificate of this key of a transparency log (Ed25519): signed by itself, and no more than the form in
    /// which it is published. It says nothing of a trial: checkpoints name their log.
    ///
    /// # Errors
    /// As [`Issued::authority`].
    pub fn log(origin: &str, key: PKey<Private>, validity: Validity) -> Result<Self, ErrorStack> {
        let subject = subject(&[(Nid::COMMONNAME, &origin.chars().take(NAME_MAX).collect::<String>())])?;
        let mut builder = begin(&subject, &subject, &key, validity)?;
        for extension in signing()? {
            builder.append_extension(extension)?;
        }
        builder.sign(&key, MessageDigest::null())?;
        Ok(Self { certificate: builder.build(), key })
    }

    /// A person's certificate, issued by this authority.
    ///
    /// # Errors
    /// As [`Issued::authority`].
    pub fn person(&self, holder: Holder<'_>, validity: Validity) -> Result<Self, ErrorStack> {
        let subject = subject(&[
            (Nid::ORGANIZATIONNAME, holder.body),
            (ORGANIZATION_IDENTIFIER, &format!("VATAZ-{}", holder.voen)),
            (Nid::COMMONNAME, holder.name),
            (Nid::SERIALNUMBER, holder.fin),
        ])?;
        issue(&subject, Some(self), validity, signing()?)
    }

    /// The certificate as PEM.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn certificate_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.certificate.to_pem()
    }

    /// The private key as PKCS#8 in PEM, not encrypted: whoever writes it sees to the file's mode.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn key_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.key.private_key_to_pem_pkcs8()
    }
}

/// Characters of a name in a certificate (X.520 `ub-common-name`).
const NAME_MAX: usize = 64;

/// `organizationIdentifier`, 2.5.4.97 (X.520 6.2.9); OpenSSL knows the number, the crate has no
/// constant for it.
const ORGANIZATION_IDENTIFIER: Nid = Nid::from_raw(1089);

fn subject(attributes: &[(Nid, &str)]) -> Result<X509Name, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    // countryName is a PrintableString (X.520); the others are UTF-8
    name.append_entry_by_nid_with_type(Nid::COUNTRYNAME, "AZ", Asn1Type::PRINTABLESTRING)?;
    for &(attribute, value) in attributes {
        let form = match attribute {
            Nid::SERIALNUMBER => Asn1Type::PRINTABLESTRING,
            _ => Asn1Type::UTF8STRING,
        };
        name.append_entry_by_nid_with_type(attribute, value, form)?;
    }
    Ok(name.build())
}

fn signing() -> Result<[X509Extension; 2], ErrorStack> {
    Ok([
        KeyUsage::new().critical().digital_signature().non_repudiation().build()?,
        BasicConstraints::new().critical().build()?,
    ])
}

fn issue(
    subject: &X509Name,
    issuer: Option<&Issued>,
    validity: Validity,
    extensions: [X509Extension; 2],
) -> Result<Issued, ErrorStack> {
    let key = fresh_key()?;
    let own: Option<&X509Ref> = issuer.map(|issuer| &*issuer.certificate);
    let mut builder = begin(subject, own.map_or(subject, |issuer| issuer.subject_name()), &key, validity)?;
    for extension in extensions {
        builder.append_extension(extension)?;
    }
    builder.append_extension(trial_policy()?)?;
    let subject_key = SubjectKeyIdentifier::new().build(&builder.x509v3_context(own, None))?;
    builder.append_extension(subject_key)?;
    if own.is_some() {
        let authority_key = AuthorityKeyIdentifier::new().keyid(true).build(&builder.x509v3_context(own, None))?;
        builder.append_extension(authority_key)?;
    }
    builder.sign(issuer.map_or(&key, |issuer| &issuer.key), MessageDigest::sha256())?;
    Ok(Issued { certificate: builder.build(), key })
}

/// A new key: ECDSA over P-256.
///
/// # Errors
/// What OpenSSL says: no randomness.
pub fn fresh_key() -> Result<PKey<Private>, ErrorStack> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&curve)?)
}

/// A certificate without its extensions.
fn begin(
    subject: &X509NameRef,
    issuer: &X509NameRef,
    key: &PKey<Private>,
    validity: Validity,
) -> Result<X509Builder, ErrorStack> {
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?; // v3 (RFC 5280 4.1.2.1)
    // 127 random bits: positive, unique, not to be guessed (RFC 5280 4.1.2.2)
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::ONE, false)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_not_before(&*Asn1Time::from_unix(validity.from.as_second())?)?;
    builder.set_not_after(&*Asn1Time::from_unix(validity.to.as_second())?)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

/// `certificatePolicies` with the trial policy alone (RFC 5280 4.2.1.4).
fn trial_policy() -> Result<X509Extension, ErrorStack> {
    let oid = Asn1Object::from_str(TRIAL_POLICY_OID)?;
    let identifier = wrapped(0x06, oid.as_slice());
    let policies = wrapped(0x30, &wrapped(0x30, &identifier));
    let extension = Asn1Object::from_str("2.5.29.32")?;
    X509Extension::new_from_der(&extension, false, &*Asn1OctetString::new_from_bytes(&policies)?)
}

/// One DER value. Only for contents below 128 octets, as a policy's are.
fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    debug_assert!(content.len() < 128);
    let mut der = vec![tag, content.len() as u8];
    der.extend_from_slice(content);
    der
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn years(from: i64, to: i64) -> Validity {
        let at = |years: i64| Timestamp::from_second(1_700_000_000 + years * 31_557_600).unwrap();
        Validity { from: at(from), to: at(to) }
    }

    #[test]
    fn openssl_reads_what_was_issued_and_builds_the_chain() {
        let ca = Issued::authority("Sınaq mərkəzi", "pencere", years(-1, 20)).unwrap();
        let holder =
            Holder { name: "Əliyeva Günel", fin: "5VBK5VR", body: "«Azərenerji» ASC", voen: "9990000481" };
        let person = ca.person(holder, years(0, 20)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (ca_file, person_file) = (dir.path().join("ca.crt"), dir.path().join("p.crt"));
        std::fs::write(&ca_file, ca.certificate_pem().unwrap()).unwrap();
        std::fs::write(&person_file, person.certificate_pem().unwrap()).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args(["verify", "-x509_strict", "-attime", "1750000000", "-CAfile"]).arg(&ca_file);
        let verified = openssl.arg(&person_file).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        let mut openssl = Command::new("openssl");
        openssl.args(["x509", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus", "-in"]).arg(&person_file);
        let text = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
        for wanted in [
            "serialNumber=5VBK5VR",
            "VATAZ-9990000481",
            "CN=Əliyeva Günel",
            "Digital Signature, Non Repudiation",
            TRIAL_POLICY_OID,
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    }

    #[test]
    fn a_seal_over_a_key_is_of_that_key_and_says_whether_it_is_for_trials() {
        use crate::forms::certificate::Certificate;
        let key = fresh_key().unwrap();
        for is_trial in [true, false] {
            let long = "pəncərə ".repeat(20);
            let seal = Issued::seal_over(key.clone(), &long, is_trial, years(0, 20)).unwrap();
            let certificate = Certificate::from_file(&seal.certificate_pem().unwrap()).unwrap().remove(0);
            assert_eq!(certificate.is_trial(), is_trial);
            assert!(certificate.public_key().public_eq(&key) && seal.certificate.verify(&key).unwrap());
        }
    }

    #[test]
    fn a_seal_is_signed_by_its_own_key_alone() {
        let seal = Issued::seal("Möhür", "pencere", years(0, 20)).unwrap();
        assert!(seal.certificate.verify(&seal.key).unwrap());
        let key = PKey::private_key_from_pem(&seal.key_pem().unwrap()).unwrap();
        assert!(seal.key_pem().unwrap().starts_with(b"-----BEGIN PRIVATE KEY-----"));
        assert!(seal.certificate.public_key().unwrap().public_eq(&key));
    }
}
