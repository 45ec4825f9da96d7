//! Signature files that were taken apart and put together again: what their unsigned parts claim, and
//! signed parts that two readers could take for two things.

use super::accepted::AZERISIQ;
use super::der::{
    CERTIFICATES, COUNTERSIGNATURE, DIGEST_ALGORITHM, MESSAGE_DIGEST, SIGNATURE_ALGORITHM, SIGNED_ATTRIBUTES, VALUE,
    around, attribute, parts, rebuilt, signer, with_unsigned,
};
use super::rejected::statement;
use super::signers::Signers;
use super::statement::Statement;
use super::{Made, Sample, sample};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use pencere::forms::der::{self, tag};
use std::fs;

/// A hostile sample of a table and a signature file.
fn fault(name: &str, expect: &'static str, note: &'static str, make: impl Fn(&Signers) -> Made + 'static) -> Sample {
    sample(format!("hostile/{name}"), note, move |signers| {
        make(signers).case(AZERISIQ).case(&format!("expect = \"{expect}\""))
    })
}

fn table_with(csv: String, signature: Vec<u8>) -> Made {
    Made::document("istehsal.csv", csv).and("istehsal.csv.p7s", signature)
}

/// The table with one figure ten times as large.
fn forged(csv: &str) -> String {
    csv.replacen("GUN-0003,", "GUN-0003,9", 1)
}

fn digest(octets: &[u8]) -> Vec<u8> {
    der::element(tag::OCTET_STRING, &[&sha256(octets)])
}

pub fn table() -> Vec<Sample> {
    vec![
        fault("cms-unsigned-digest", "signature.digest-differs", UNSIGNED_DIGEST, |signers| {
            let (csv, genuine) = (forged(&statement().csv()), signers.p7s(statement().csv(), "azerisiq"));
            let claim = attribute(MESSAGE_DIGEST, &[digest(csv.as_bytes())]);
            table_with(csv, with_unsigned(&genuine, &[claim]))
        }),
        fault("cms-signed-attributes-made-unsigned", "signature.value-wrong", MADE_UNSIGNED, |signers| {
            let csv = statement().csv();
            let moved = rebuilt(&signers.p7s(&csv, "azerisiq"), |_, signer| {
                let mut attributes = signer.remove(SIGNED_ATTRIBUTES);
                attributes[0] = 0xA1;
                signer.push(attributes);
            });
            table_with(csv, moved)
        }),
        fault("cms-two-digests-in-one-attribute", "signature.format", TWO_VALUES, |signers| {
            let (csv, genuine) = (forged(&statement().csv()), statement().csv());
            let both = attribute(MESSAGE_DIGEST, &[digest(genuine.as_bytes()), digest(csv.as_bytes())]);
            let name = der::oid(MESSAGE_DIGEST).unwrap();
            let doubled = rebuilt(&signers.p7s(&genuine, "azerisiq"), |_, signer| {
                let mut attributes = parts(&signer[SIGNED_ATTRIBUTES]);
                let own = attributes.iter_mut().find(|one| parts(one)[0] == name).unwrap();
                own.clone_from(&both);
                signer[SIGNED_ATTRIBUTES] = around(0xA0, &attributes);
            });
            table_with(csv, doubled)
        }),
        fault("cms-algorithms-differ", "signature.format", ALGORITHMS, |signers| {
            let csv = statement().csv();
            let signed = rebuilt(&signers.p7s(&csv, "azerisiq"), |_, signer| {
                // a good value over the attributes, by SHA-512, where the content is digested by SHA-256
                let mut octets = signer[SIGNED_ATTRIBUTES].clone();
                octets[0] = tag::SET;
                let key = PKey::private_key_from_pem(&fs::read(signers.file("azerisiq.key")).unwrap()).unwrap();
                let mut with = openssl::sign::Signer::new(MessageDigest::sha512(), &key).unwrap();
                let value = with.sign_oneshot_to_vec(&octets).unwrap();
                signer[SIGNATURE_ALGORITHM] = around(tag::SEQUENCE, &[der::oid("1.2.840.10045.4.3.4").unwrap()]);
                signer[VALUE] = der::element(tag::OCTET_STRING, &[&value]);
            });
            table_with(csv, signed)
        }),
        fault("cms-weaker-digest-announced", "signature.format", WEAKER, |signers| {
            let csv = statement().csv();
            let signed = rebuilt(&signers.p7s(&csv, "azerisiq"), |data, signer| {
                let sha1 = around(tag::SEQUENCE, &[der::oid("1.3.14.3.2.26").unwrap()]);
                signer[DIGEST_ALGORITHM].clone_from(&sha1);
                data[1] = around(tag::SET, &[sha1]);
            });
            table_with(csv, signed)
        }),
        fault("cms-certificate-substituted", "signature.certificate-differs", SUBSTITUTED, |signers| {
            let csv = statement().csv();
            let signed = signers.cms(csv.as_bytes(), "azerisiq", &["-binary", "-cades", "-keyid"]);
            let other = second_certificate(signers);
            table_with(csv, rebuilt(&signed, |data, _| data[CERTIFICATES] = around(0xA0, &[other])))
        }),
        fault("cms-countersigned-by-another-body", "authority.sender-differs", COUNTERSIGNED, |signers| {
            // the capacity of another body's stations: its own official stands in the countersignature alone
            let csv = Statement::generation("azerenerji", "2026-Q3").csv();
            let signed = signers.p7s(&csv, "azerisiq");
            let value = &signer(&signed)[VALUE];
            let value = der::Reader::only(value).unwrap().content.to_vec();
            let counter = signer(&signers.p7s(&value, "azerenerji"));
            let counter = attribute(COUNTERSIGNATURE, &[around(tag::SEQUENCE, &counter)]);
            table_with(csv, with_unsigned(&signed, &[counter]))
        }),
    ]
}

/// A certificate of the same authority for the same key with the same key identifier, which says that
/// its holder works for another body.
fn second_certificate(signers: &Signers) -> Vec<u8> {
    let read = |name: &str| fs::read(signers.file(name)).unwrap();
    let own = X509::from_pem(&read("azerisiq.crt")).unwrap();
    let authority = PKey::private_key_from_pem(&read("ca.key")).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    for entry in own.subject_name().entries() {
        let text = entry.data().to_string().unwrap().replace("9990000761", "9990000631");
        name.append_entry_by_nid(entry.object().nid(), &text).unwrap();
    }
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = own.serial_number().to_bn().unwrap();
    serial.add_word(1).unwrap();
    builder.set_serial_number(&openssl::asn1::Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    builder.set_subject_name(&name.build()).unwrap();
    builder.set_issuer_name(own.issuer_name()).unwrap();
    builder.set_not_before(own.not_before()).unwrap();
    builder.set_not_after(own.not_after()).unwrap();
    builder.set_pubkey(&own.public_key().unwrap()).unwrap();
    let issuer = X509::from_pem(&read("ca.crt")).unwrap();
    let usage = openssl::x509::extension::KeyUsage::new().critical().digital_signature().build().unwrap();
    builder.append_extension(usage).unwrap();
    let identifier = openssl::x509::extension::SubjectKeyIdentifier::new();
    let identifier = identifier.build(&builder.x509v3_context(Some(&issuer), None)).unwrap();
    builder.append_extension(identifier).unwrap();
    builder.sign(&authority, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

const UNSIGNED_DIGEST: &str = "\
A forged table under a genuine signature; an unsigned attribute brings the digest that fits the forgery.
";
const MADE_UNSIGNED: &str = "\
The signed attributes of a genuine signature stand among the unsigned ones, so that nothing says what the value is over.
";
const TWO_VALUES: &str = "\
The signed message digest has two values: that of the genuine table, and that of the forged one that is handed in.
";
const ALGORITHMS: &str = "\
The content is digested by SHA-256 and the attributes are signed over SHA-512, by the signer's own key: which is as
strong as the signature says?
";
const WEAKER: &str = "The signer says that the content is digested by SHA-1; the signature algorithm says SHA-256.\n";
const SUBSTITUTED: &str = "\
The certificate was replaced by another one of the same key, by the same authority, that names another body. The signed
reference to the certificate (RFC 5035) tells them apart; the key identifier does not.
";
const COUNTERSIGNED: &str = "\
A statement of another body, signed by an official of ours; the other body's official appears as a countersignature, an
unsigned attribute, and is no signer for that.
";
