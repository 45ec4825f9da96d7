//! Authorities of persons and of time, made by `openssl`, and signatures by a person of theirs, for the tests of
//! what proves itself beside a signature. Each test uses a part of it.
#![allow(dead_code)]

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

/// An authority of time, an authority of persons, and a person whose certificate ends after a day.
pub struct Bench {
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.put("ext.ca", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n");
        bench.put("ext.person", "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n");
        bench.put("ext.clock", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n");
        bench.put("ext.lax", "keyUsage=critical,digitalSignature\nextendedKeyUsage=timeStamping,clientAuth\n");
        for (name, issuer, days) in [
            ("ca", "ca", 3650),
            ("clocks", "clocks", 3650),
            ("person", "ca", 1),
            ("clock", "clocks", 3650),
            ("brief", "clocks", 1),
            ("lax", "clocks", 3650),
        ] {
            bench.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
            bench.openssl(&format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
            let kind = if issuer == name {
                "ca"
            } else if name == "brief" {
                "clock"
            } else {
                name
            };
            let by = match issuer == name {
                true => format!("-signkey {name}.key"),
                false => format!("-CA {issuer}.crt -CAkey {issuer}.key -CAcreateserial"),
            };
            bench.openssl(&format!("x509 -req -in {name}.csr {by} -days {days} -extfile ext.{kind} -out {name}.crt"));
        }
        bench.put(
            "ts.cnf",
            "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ndefault_policy=1.2.3.4\ndigests=sha256,sha512\n\
             signer_digest=sha256\ness_cert_id_alg=sha256\nordering=no\ntsa_name=no\nclock_precision_digits=3\n",
        );
        bench
    }

    pub fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(name), octets).unwrap();
    }

    pub fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }

    pub fn openssl(&self, arguments: &str) {
        let mut openssl = Command::new("openssl");
        let output = openssl.args(arguments.split(' ')).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn certificate(&self, name: &str) -> Certificate {
        Certificate::from_file(&self.get(&format!("{name}.crt"))).unwrap().remove(0)
    }

    pub fn key(&self, name: &str) -> PKey<Private> {
        PKey::private_key_from_pem(&self.get(&format!("{name}.key"))).unwrap()
    }

    /// A token over these octets by this authority.
    pub fn stamp(&self, octets: &[u8], clock: &str) -> Vec<u8> {
        self.put("stamped", octets);
        self.openssl("ts -query -data stamped -sha256 -cert -out query.tsq");
        let by = format!("-signer {clock}.crt -inkey {clock}.key -config ts.cnf -section t");
        self.openssl(&format!("ts -reply -queryfile query.tsq {by} -token_out -out token"));
        self.get("token")
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
        let output = xmllint.args(["--exc-c14n", "alone.xml"]).current_dir(self.folder.path()).output().unwrap();
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
