//! What the parts are measured on: made anew for each run, of the same size and shape every time.
//!
//! Keys are fresh and certificates are in force now, so nothing here grows old. Measures nothing.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::{PKey, Private};
use pencere::container::write::Writer;
use pencere::document::Digest;
use pencere::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use pencere::forms::certificate::Certificate;
use pencere::forms::der::{element, tag};
use pencere::forms::issue::{Holder, Issued, Validity};
use pencere::forms::value::{self, Form};
use pencere::forms::xades::{XadesSigner, fresh_suffix};
use pencere::host::Octets;
use pencere::trust::{OcspResponse, RevocationList};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

/// An authority and a person of it.
pub struct Pki {
    pub ca: Certificate,
    pub person: Certificate,
    pub key: PKey<Private>,
    ca_key: PKey<Private>,
}

impl Pki {
    pub fn new() -> Self {
        let now = Timestamp::now();
        let validity =
            Validity { from: now - SignedDuration::from_hours(24), to: now + SignedDuration::from_hours(240) };
        let ca = Issued::authority("Measured", "pencere", validity).unwrap();
        let holder =
            Holder { name: "Əliyeva Günel", fin: "5VBK5VR", body: "«Azərenerji» ASC", voen: "9990000481" };
        let person = ca.person(holder, validity).unwrap();
        let certificate = |one: &Issued| Certificate::from_pem(&one.certificate_pem().unwrap()).unwrap().remove(0);
        let key = |one: &Issued| PKey::private_key_from_pem(&one.key_pem().unwrap()).unwrap();
        Self { ca: certificate(&ca), person: certificate(&person), key: key(&person), ca_key: key(&ca) }
    }

    /// A XAdES signature that stands alone.
    pub fn xades(&self) -> String {
        let signer = XadesSigner::new(self.key.clone(), self.person.clone()).unwrap();
        let mut text = String::new();
        signer.sign(&Digest::of(b"measured"), Timestamp::now(), &fresh_suffix().unwrap(), &mut text).unwrap();
        text
    }

    /// A list of so many revoked certificates (RFC 5280 5.1), among which the person's is not.
    pub fn list(&self, revoked: u32) -> RevocationList {
        let algorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);
        let name = algorithm.to_cms().unwrap();
        let now = Timestamp::now();
        let (made, next) = (time(now - SignedDuration::from_hours(1)), time(now + SignedDuration::from_hours(24)));
        let mut entries = Vec::new();
        for nth in 0..revoked {
            let serial = [&[1], &(u64::from(nth) * 0x9E37_79B9 + 7).to_be_bytes()[..]].concat();
            entries.extend(element(tag::SEQUENCE, &[&element(tag::INTEGER, &[&serial]), &made]));
        }
        let entries = element(tag::SEQUENCE, &[&entries]);
        let version = [tag::INTEGER, 1, 1];
        let signed = element(tag::SEQUENCE, &[&version, &name, self.ca.subject_der(), &made, &next, &entries]);
        let signature = value::sign(&self.ca_key, algorithm, &signed, Form::Der).unwrap();
        let signature = element(tag::BIT_STRING, &[&[0], &signature]);
        RevocationList::from_der(&element(tag::SEQUENCE, &[&signed, &name, &signature])).unwrap()
    }

    /// What the authority itself answers about the person's certificate, by `openssl ocsp`.
    pub fn answer(&self) -> OcspResponse {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, octets: &[u8]| fs::write(folder.path().join(name), octets).unwrap();
        put("ca.crt", &self.ca.x509().to_pem().unwrap());
        put("ca.key", &self.ca_key.private_key_to_pem_pkcs8().unwrap());
        put("person.crt", &self.person.x509().to_pem().unwrap());
        let serial: String = self.person.serial_octets().iter().map(|octet| format!("{octet:02X}")).collect();
        put("index", format!("V\t491231235959Z\t\t{serial}\tunknown\t/CN=person\n").as_bytes());
        let openssl = |arguments: &str| {
            let output =
                Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output().unwrap();
            assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        };
        openssl("ocsp -issuer ca.crt -cert person.crt -reqout query -no_nonce");
        openssl("ocsp -index index -rsigner ca.crt -rkey ca.key -CA ca.crt -reqin query -respout answer -ndays 1");
        OcspResponse::from_der(&fs::read(folder.path().join("answer")).unwrap()).unwrap()
    }
}

/// UTCTime: the years here are long before 2050.
fn time(at: Timestamp) -> Vec<u8> {
    let at = TimeZone::UTC.to_datetime(at);
    let date = format!("{:02}{:02}{:02}", at.year() % 100, at.month(), at.day());
    let text = format!("{date}{:02}{:02}{:02}Z", at.hour(), at.minute(), at.second());
    element(tag::UTC_TIME, &[text.as_bytes()])
}

/// Octets of the documents: more than every cache, and a tenth of a second's work at most.
const DOCUMENT: usize = 8 << 20;

/// A statement as our own template would write it, which is canonical already.
pub fn canonical() -> Vec<u8> {
    let mut text = String::from(
        "<Submission xmlns=\"urn:boemis:submission:1\" dataset=\"generation\" id=\"S-1\" period=\"2026-Q3\" \
         to=\"trial\">",
    );
    let mut nth = 0u64;
    while text.len() < DOCUMENT {
        nth += 1;
        let _ = write!(
            text,
            "\n  <Record><Station>GUN-{nth:06}</Station><EnergyMWh>{}.{:03}</EnergyMWh></Record>",
            nth * 7919 % 99_991,
            nth % 1000
        );
    }
    text.push_str("\n</Submission>");
    text.into_bytes()
}

/// The same figures as another program might write them: prefixes, single quotation marks, references, comments,
/// CDATA, white space in tags, CR LF.
pub fn messy() -> Vec<u8> {
    let mut text = String::from("<?xml version='1.0'?>\r\n<s:Submission xmlns:s='urn:boemis:submission:1' id='S-1'>");
    let mut nth = 0u64;
    while text.len() < DOCUMENT {
        nth += 1;
        let (whole, rest) = (nth * 7919 % 99_991, nth % 1000);
        let _ = write!(
            text,
            "\r\n\t<s:Record  b = 'x&#10;&lt;y' a='&quot;'  ><!-- {nth} --><s:Station>GUN&#45;{nth:06}</s:Station >\
             <s:EnergyMWh><![CDATA[{whole}]]>.{rest:03}</s:EnergyMWh><s:Note/></s:Record>"
        );
    }
    text.push_str("\r\n</s:Submission>");
    text.into_bytes()
}

/// A container of so many files.
pub fn container(files: usize) -> Octets {
    let mut octets = Vec::new();
    let mut writer = Writer::new(&mut octets, Timestamp::now());
    writer.add("mimetype", b"application/vnd.etsi.asic-e+zip").unwrap();
    for nth in 0..files {
        writer.add(&format!("annex-{nth:03}.csv"), &[b'1'; 4096]).unwrap();
    }
    writer.finish().unwrap();
    Octets::from(octets)
}
