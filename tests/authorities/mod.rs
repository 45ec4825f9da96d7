//! Authorities of persons and of time, made by `openssl`, and signatures by a person of theirs, for the tests of
//! what proves itself beside a signature. Each test uses a part of it.
#![allow(dead_code)]

#[path = "../authority/mod.rs"]
mod authority;

use authority::{Authority, CA, CLOCK};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::{PKey, Private};
use pencere::forms::certificate::Certificate;
use pencere::forms::der::{self, Reader, element, tag};
use pencere::forms::xades::{XadesSigner, fresh_suffix};
use pencere::host::Octets;
use pencere::signature::{self, Context, Policy, Report, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot};
use pencere::xml::Limits;
use std::fs;
use std::process::Command;
use std::sync::Arc;

/// An authority of time, an authority of persons, and a person whose certificate ends after a day.
pub struct Bench {
    pub authority: Arc<Authority>,
}

impl Bench {
    pub fn new() -> Self {
        let authority = Authority::new();
        authority.issue("ca", None, CA, 3650);
        let person = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n";
        authority.issue("person", Some("ca"), person, 1);
        authority.issue("brief", Some("clocks"), CLOCK, 1);
        let lax = "keyUsage=critical,digitalSignature\nextendedKeyUsage=timeStamping,clientAuth\n";
        authority.issue("lax", Some("clocks"), lax, 3650);
        let bench = Self { authority };
        bench.put("ext.ca", CA);
        bench
    }

    pub fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.authority.at(name), octets).unwrap();
    }

    pub fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.authority.at(name)).unwrap()
    }

    pub fn openssl(&self, arguments: &str) {
        self.authority.openssl(arguments);
    }

    pub fn certificate(&self, name: &str) -> Certificate {
        self.authority.certificate(name)
    }

    pub fn key(&self, name: &str) -> PKey<Private> {
        self.authority.key(name)
    }

    /// A token over these octets by this authority.
    pub fn stamp(&self, octets: &[u8], clock: &str) -> Vec<u8> {
        self.authority.stamp_by(octets, clock)
    }

    /// The verdict at a moment so long from now, where persons of `ca` are believed and these about time.
    pub fn verify(&self, file: &[u8], content: Option<&[u8]>, clocks: &[&str], later: SignedDuration) -> Report {
        self.verify_by(&Policy::trial(), file, content, clocks, later)
    }

    /// The same by a policy.
    pub fn verify_by(
        &self,
        policy: &Policy,
        file: &[u8],
        content: Option<&[u8]>,
        clocks: &[&str],
        later: SignedDuration,
    ) -> Report {
        let octets = |octets: &[u8]| Octets::from(octets.to_vec());
        let anchors = vec![self.certificate("ca")];
        let trust = Snapshot::new(anchors, Vec::new(), None, SignedDuration::ZERO, Timestamp::now());
        let trust = trust.with_clocks(clocks.iter().map(|name| self.certificate(name)).collect());
        let profile = IdentityProfile::standard();
        let at = Timestamp::now() + later;
        let context = Context { trust: &trust, policy, profile: &profile, at, time_source: TimeSource::Now };
        let content = content.map(octets);
        signature::examine(&octets(file), content.as_ref(), &context, &Limits::default()).unwrap().0
    }

    pub fn xades(&self) -> String {
        let document = "<a>1</a>";
        let signer = XadesSigner::new(self.key("person"), self.certificate("person")).unwrap();
        let content = signature::content_of_xml(&Octets::from(document.as_bytes().to_vec()), &Limits::default());
        let mut signed = "<a>1".to_owned();
        signer.sign(&content.unwrap().0, Timestamp::now(), &fresh_suffix().unwrap(), &mut signed).unwrap();
        signed + "</a>"
    }

    /// The exclusive canonical form of the one element in a XAdES signature that begins so, as `xmllint` makes it of
    /// the element alone.
    pub fn canonical(&self, signed: &str, name: &str) -> Vec<u8> {
        let start = signed.find(&format!("<{name}")).unwrap();
        let end = signed[start..].find(&format!("</{name}>")).unwrap() + start;
        let (begin, rest) = signed[start..end].split_at(name.len() + 1);
        let alone = format!("{begin} xmlns:ds=\"{DS}\" xmlns:xades=\"{XADES}\"{rest}</{name}>");
        self.exclusive(&alone)
    }

    /// The exclusive canonical form of a document, as `xmllint` makes it.
    pub fn exclusive(&self, document: &str) -> Vec<u8> {
        self.put("alone.xml", document);
        let mut xmllint = Command::new("xmllint");
        let output = xmllint.args(["--exc-c14n", "alone.xml"]).current_dir(self.authority.at("")).output().unwrap();
        assert!(output.status.success(), "{document}");
        let octets = output.stdout;
        octets.strip_suffix(b"\n").map_or(octets.clone(), <[u8]>::to_vec)
    }
}

pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

pub const SOON: SignedDuration = SignedDuration::from_secs(60);
/// The certificates of `person` and `brief` have ended by then.
pub const LATE: SignedDuration = SignedDuration::from_hours(48);

/// A XAdES signature with this as its one time-stamp.
pub fn with_stamp(signed: &str, token: &[u8]) -> String {
    let stamp = format!(
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp>\
         <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"/>\
         <xades:EncapsulatedTimeStamp>{}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>\
         </xades:UnsignedSignatureProperties></xades:UnsignedProperties>",
        BASE64.encode(token)
    );
    let end = signed.find("</xades:QualifyingProperties>").unwrap();
    format!("{}{stamp}{}", &signed[..end], &signed[end..])
}

/// The elements inside of one.
pub fn children(octets: &[u8]) -> Vec<Vec<u8>> {
    let (mut reader, mut all) = (Reader::only(octets).unwrap().reader(), Vec::new());
    while !reader.is_empty() {
        all.push(reader.any().unwrap().raw.to_vec());
    }
    all
}

/// One element around these.
pub fn join(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// CMS whose one signer is another one: its fields go through `change`.
pub fn with_signer(cms: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let info = children(cms);
    let mut data = children(&children(&info[1])[0]);
    let mut signer = children(&children(data.last().unwrap())[0]);
    change(&mut signer);
    *data.last_mut().unwrap() = element(tag::SET, &[&join(tag::SEQUENCE, &signer)]);
    let data = element(tag::context(0), &[&join(tag::SEQUENCE, &data)]);
    element(tag::SEQUENCE, &[&info[0], &data])
}

/// An attribute with one value.
pub fn attribute(oid: &str, value: &[u8]) -> Vec<u8> {
    element(tag::SEQUENCE, &[&der::oid(oid).unwrap(), &element(tag::SET, &[value])])
}

/// CMS with these unsigned attributes put to its one signer, who had none.
pub fn with_unsigned(cms: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    with_signer(cms, |signer| signer.push(join(tag::context(1), attributes)))
}

/// CMS with this token over the value of its one signer (signature-time-stamp-token).
pub fn with_token(cms: &[u8], token: &[u8]) -> Vec<u8> {
    with_unsigned(cms, &[attribute("1.2.840.113549.1.9.16.2.14", token)])
}
