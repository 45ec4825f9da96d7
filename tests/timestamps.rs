//! Time-stamps over signatures: made here by `openssl ts`, and by the authorities of others.
//!
//! What is proven, is proven by a token that another program made; what is not believed takes nothing from
//! the signature.

mod authority;

use authority::{Authority, CA};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::{PKey, Private};
use pencere::container::{self, Container};
use pencere::forms::certificate::Certificate;
use pencere::forms::cms;
use pencere::forms::der::{self, Reader, element, tag};
use pencere::forms::timestamp::Token;
use pencere::forms::xades::{XadesSigner, fresh_suffix};
use pencere::host::Octets;
use pencere::signature::{self, Context, Indication, Policy, Report, SubIndication, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot, When};
use pencere::xml::Limits;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// An authority of time, an authority of persons, and a person whose certificate ends after a day.
struct Bench {
    authority: Arc<Authority>,
}

impl Bench {
    fn new() -> Self {
        let authority = Authority::new();
        authority.issue("ca", None, CA, 3650);
        let person = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n";
        authority.issue("person", Some("ca"), person, 1);
        let lax = "keyUsage=critical,digitalSignature\nextendedKeyUsage=timeStamping,clientAuth\n";
        authority.issue("lax", Some("clocks"), lax, 3650);
        Self { authority }
    }

    fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.authority.at(name), octets).unwrap();
    }

    fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.authority.at(name)).unwrap()
    }

    fn openssl(&self, arguments: &str) {
        self.authority.openssl(arguments);
    }

    fn certificate(&self, name: &str) -> Certificate {
        self.authority.certificate(name)
    }

    fn key(&self, name: &str) -> PKey<Private> {
        self.authority.key(name)
    }

    /// A token over these octets.
    fn stamp(&self, octets: &[u8]) -> Vec<u8> {
        self.authority.stamp(octets)
    }

    /// The verdict at a moment so long from now, where persons of `ca` are believed and these about time.
    fn verify(&self, file: &[u8], content: Option<&[u8]>, clocks: &[&str], later: SignedDuration) -> Report {
        let octets = |octets: &[u8]| Octets::from(octets.to_vec());
        let anchors = vec![self.certificate("ca")];
        let trust = Snapshot::new(anchors, Vec::new(), None, SignedDuration::ZERO, Timestamp::now());
        let trust = trust.with_clocks(clocks.iter().map(|name| self.certificate(name)).collect());
        let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
        let at = Timestamp::now() + later;
        let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source: TimeSource::Now };
        let content = content.map(octets);
        signature::examine(&octets(file), content.as_ref(), &context, &Limits::default()).unwrap().0
    }

    fn xades(&self) -> String {
        let document = "<a>1</a>";
        let signer = XadesSigner::new(self.key("person"), self.certificate("person")).unwrap();
        let content = signature::content_of_xml(&Octets::from(document.as_bytes().to_vec()), &Limits::default());
        let mut signed = "<a>1".to_owned();
        signer.sign(&content.unwrap().0, Timestamp::now(), &fresh_suffix().unwrap(), &mut signed).unwrap();
        signed + "</a>"
    }
}

const SOON: SignedDuration = SignedDuration::from_secs(60);
/// The person's certificate has ended by then.
const LATE: SignedDuration = SignedDuration::from_hours(48);

/// A XAdES signature with this as its one time-stamp.
fn with_stamp(signed: &str, token: &[u8]) -> String {
    let stamp = format!(
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp>\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
         <xades:EncapsulatedTimeStamp>{}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>\
         </xades:UnsignedSignatureProperties></xades:UnsignedProperties>",
        BASE64.encode(token)
    );
    let end = signed.find("</xades:QualifyingProperties>").unwrap();
    format!("{}{stamp}{}", &signed[..end], &signed[end..])
}

/// The exclusive canonical form of `ds:SignatureValue`, as `xmllint` makes it of the element alone.
fn signature_value(bench: &Bench, signed: &str) -> Vec<u8> {
    let start = signed.find("<ds:SignatureValue").unwrap();
    let end = signed.find("</ds:SignatureValue>").unwrap();
    let (element, rest) = signed[start..end].split_at("<ds:SignatureValue".len());
    let alone = format!("{element} xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"{rest}</ds:SignatureValue>");
    bench.put("value.xml", alone);
    let xmllint =
        Command::new("xmllint").args(["--exc-c14n", "value.xml"]).current_dir(bench.authority.at("")).output();
    let octets = xmllint.unwrap().stdout;
    octets.strip_suffix(b"\n").map_or(octets.clone(), <[u8]>::to_vec)
}

fn short(report: &Report) -> (Indication, Option<SubIndication>, TimeSource, &str, bool) {
    let one = &report.signatures[0];
    let counts = one.timestamps.first().is_some_and(|stamp| stamp.counts);
    (one.indication, one.sub_indication, one.time_source, one.format.as_str(), counts)
}

#[test]
fn a_signature_with_a_time_stamp_is_judged_at_its_moment() {
    let bench = Bench::new();
    let signed = bench.xades();
    let bare = bench.verify(signed.as_bytes(), None, &["clocks"], LATE);
    let passed = (Indication::TotalPassed, None);
    let late = (Indication::Indeterminate, Some(SubIndication::OutOfBoundsNoPoe));
    assert_eq!(short(&bare), (late.0, late.1, TimeSource::Now, "XAdES-B-B", false));
    let stamped = with_stamp(&signed, &bench.stamp(&signature_value(&bench, &signed)));
    for later in [SOON, LATE] {
        let report = bench.verify(stamped.as_bytes(), None, &["clocks"], later);
        assert_eq!(short(&report), (passed.0, passed.1, TimeSource::Timestamp, "XAdES-B-T", true), "{report:?}");
    }
    // whose word about time does not count proves nothing, and takes nothing from the signature
    for clocks in [&[][..], &["ca"]] {
        let soon = bench.verify(stamped.as_bytes(), None, clocks, SOON);
        assert_eq!(short(&soon), (passed.0, passed.1, TimeSource::Now, "XAdES-B-T", false), "{soon:?}");
        let late_one = bench.verify(stamped.as_bytes(), None, clocks, LATE);
        assert_eq!(short(&late_one), (late.0, late.1, TimeSource::Now, "XAdES-B-T", false));
    }
}

#[test]
fn a_time_stamp_over_something_else_or_by_a_key_for_other_things_proves_nothing() {
    let bench = Bench::new();
    let signed = bench.xades();
    let value = signature_value(&bench, &signed);
    let mut flipped = bench.stamp(&value);
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    for (token, why) in [
        (bench.stamp(b"something else"), "signature.digest-differs"),
        (bench.stamp(&value[..value.len() - 1]), "signature.digest-differs"),
        (flipped, "signature.value-wrong"),
        (b"no token".to_vec(), "signature.format"),
        (
            cms::sign_detached(
                &Octets::from(b"x".to_vec()),
                &bench.key("clock"),
                &bench.certificate("clock"),
                Timestamp::now(),
            )
            .unwrap(),
            "signature.format",
        ),
    ] {
        let report = bench.verify(with_stamp(&signed, &token).as_bytes(), None, &["clocks"], LATE);
        let stamp = &report.signatures[0].timestamps[0];
        assert_eq!((stamp.counts, stamp.reason.as_ref().map(|reason| reason.code)), (false, Some(why)));
        assert_eq!(short(&report).2, TimeSource::Now);
    }
    // openssl ts itself refuses such a key, so the token is made with it by hand: by the seal of a good one
    assert!(!bench.certificate("lax").is_only_for("1.3.6.1.5.5.7.3.8"));
    assert!(bench.certificate("clock").is_only_for("1.3.6.1.5.5.7.3.8"));
    let data = pencere::trust::ValidationData::default();
    let trust = Snapshot::default().with_clocks(vec![bench.certificate("clocks")]);
    assert!(trust.judge_clock(&bench.certificate("clock"), &data, When::at_once(Timestamp::now())).is_ok());
    assert!(trust.judge_clock(&bench.certificate("lax"), &data, When::at_once(Timestamp::now())).is_err());
}

/// What is written into unsigned properties raises no level and costs little, whatever it is.
#[test]
fn unsigned_octets_raise_nothing() {
    let bench = Bench::new();
    let signed = bench.xades();
    let empty = "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp/>\
                 <xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue>AAAA\
                 </xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues>\
                 <xades:ArchiveTimeStamp/></xades:UnsignedSignatureProperties></xades:UnsignedProperties>";
    let end = signed.find("</xades:QualifyingProperties>").unwrap();
    let report =
        bench.verify(format!("{}{empty}{}", &signed[..end], &signed[end..]).as_bytes(), None, &["clocks"], SOON);
    assert_eq!(short(&report).3, "XAdES-B-B");
    // the same token a hundred times is one, and different ones are as many as the policy looks at
    let token = bench.stamp(&signature_value(&bench, &signed));
    let many = |tokens: Vec<Vec<u8>>| {
        let stamped = with_stamp(&signed, &token);
        let (start, end) = ("<xades:EncapsulatedTimeStamp>", "</xades:EncapsulatedTimeStamp>");
        let more: String = tokens.iter().map(|token| format!("{start}{}{end}", BASE64.encode(token))).collect();
        let stamped = stamped.replacen(start, &format!("{more}{start}"), 1);
        bench.verify(stamped.as_bytes(), None, &["clocks"], SOON).signatures[0].timestamps.len()
    };
    assert_eq!(many(vec![token.clone(); 100]), 1);
    let different = (0u8..100).map(|nth| [&token[..], &[nth]].concat()).collect();
    assert_eq!(many(different), Policy::TIMESTAMPS);
}

/// A certificate that passes at reception needs no proof of an earlier moment, and none can harm it.
#[test]
fn a_time_stamp_takes_nothing_from_a_signature_that_passes_without_it() {
    let bench = Bench::new();
    // the authority's certificate is made anew after the signature was stamped
    let signed = bench.xades();
    let stamped = with_stamp(&signed, &bench.stamp(&signature_value(&bench, &signed)));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    bench.put("ext", CA);
    bench.openssl("x509 -req -in ca.csr -signkey ca.key -days 3650 -extfile ext -out ca.crt");
    let report = bench.verify(stamped.as_bytes(), None, &["clocks"], SOON);
    assert_eq!(short(&report), (Indication::TotalPassed, None, TimeSource::Now, "XAdES-B-T", true), "{report:?}");
}

/// CMS with this unsigned attribute, a signature-time-stamp-token, put to its one signer.
fn with_token(cms: &[u8], token: &[u8]) -> Vec<u8> {
    let children = |octets: &[u8]| -> Vec<Vec<u8>> {
        let (mut reader, mut all) = (Reader::only(octets).unwrap().reader(), Vec::new());
        while !reader.is_empty() {
            all.push(reader.any().unwrap().raw.to_vec());
        }
        all
    };
    let join = |tag: u8, parts: &[Vec<u8>]| element(tag, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let info = children(cms);
    let mut data = children(&children(&info[1])[0]);
    let mut signer = children(&children(data.last().unwrap())[0]);
    let oid = der::oid("1.2.840.113549.1.9.16.2.14").unwrap();
    let attribute = element(tag::SEQUENCE, &[&oid, &element(tag::SET, &[token])]);
    signer.push(element(tag::context(1), &[&attribute]));
    *data.last_mut().unwrap() = element(tag::SET, &[&join(tag::SEQUENCE, &signer)]);
    let data = element(tag::context(0), &[&join(tag::SEQUENCE, &data)]);
    element(tag::SEQUENCE, &[&info[0], &data])
}

#[test]
fn so_is_cades() {
    let bench = Bench::new();
    let content = b"a,b\n1,2\n";
    bench.put("data", content);
    bench.openssl("cms -sign -binary -cades -in data -signer person.crt -inkey person.key -outform DER -out data.p7s");
    let cms = bench.get("data.p7s");
    let signed = cms::SignedData::read(&cms).unwrap();
    let token = bench.stamp(signed.signers[0].signature);
    let stamped = with_token(&cms, &token);
    let report = bench.verify(&stamped, Some(content), &["clocks"], LATE);
    assert_eq!(short(&report), (Indication::TotalPassed, None, TimeSource::Timestamp, "CAdES-B-T", true), "{report:?}");
    let strange = with_token(&cms, &bench.stamp(content));
    let report = bench.verify(&strange, Some(content), &["clocks"], SOON);
    assert_eq!(short(&report), (Indication::TotalPassed, None, TimeSource::Now, "CAdES-B-B", false));
    // openssl says the same of the token and of the signature around which it stands
    bench.put("value", signed.signers[0].signature);
    bench.put("token", &token);
    bench.openssl("ts -verify -data value -in token -token_in -CAfile clocks.crt");
    bench.put("stamped.p7s", &stamped);
    let over = "-content data -CAfile ca.crt -purpose any -out /dev/null";
    bench.openssl(&format!("cms -verify -binary -cades -inform DER -in stamped.p7s {over}"));
}

/// Every time-stamp in the containers of others, where its authority is believed, a minute after it.
#[test]
fn time_stamps_of_others_hold() {
    let (mut held, mut others, mut levels) = (0, Vec::new(), std::collections::BTreeMap::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/asic/valid");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let file = Octets::from(fs::read(&path).unwrap());
        let Ok(container) = Container::open(&file, &container::Limits::default()) else { continue };
        let (mut clocks, mut latest) = (Vec::new(), Timestamp::MIN);
        for entry in container.entries().iter().filter(|entry| entry.name.ends_with(".xml")) {
            let mut text = String::new();
            if container.read(entry).read_to_string(&mut text).is_err() {
                continue;
            }
            for piece in text.split("EncapsulatedTimeStamp").filter(|piece| piece.len() > 1000) {
                let encoded = piece.split('>').nth(1).unwrap_or_default().split('<').next().unwrap_or_default();
                let encoded: String = encoded.replace("&#13;", "").split_ascii_whitespace().collect();
                let Some(token) = BASE64.decode(encoded).ok().filter(|token| !token.is_empty()) else { continue };
                let der = der::definite(&token).unwrap();
                let token = Token::read(&der).unwrap();
                latest = latest.max(token.time);
                clocks.extend(token.signed.certificates.iter().map(|der| Certificate::from_der(der).unwrap()));
            }
        }
        let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
        let trust = Snapshot::default().with_clocks(clocks);
        let at = if latest == Timestamp::MIN { Timestamp::now() } else { latest + SOON };
        let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source: TimeSource::Now };
        let (report, _) = signature::examine(&file, None, &context, &Limits::default()).unwrap();
        for one in &report.signatures {
            *levels.entry(one.format.clone()).or_insert(0) += 1;
            for stamp in &one.timestamps {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                match &stamp.reason {
                    None => held += 1,
                    Some(reason) => others.push((name, reason.code)),
                }
            }
        }
    }
    println!("{held} time-stamps hold; {levels:?}; {others:?}");
    // the authority above it signed with SHA-1
    assert_eq!(others, [("latvian_signed_container.asice".to_owned(), "signature.weak-algorithm")]);
    assert_eq!(held, 37);
    for level in ["XAdES-B-T", "XAdES-B-LT", "XAdES-B-LTA"] {
        assert!(levels.contains_key(level), "{levels:?}");
    }
}
