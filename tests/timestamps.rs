//! Time-stamps over signatures: made here by `openssl ts`, and by the authorities of others.
//!
//! What is proven, is proven by a token that another program made; what is not believed takes nothing from
//! the signature.

mod authorities;

use authorities::{Bench, LATE, SOON, with_stamp, with_token};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use pencere::container::{self, Container};
use pencere::forms::certificate::Certificate;
use pencere::forms::cms;
use pencere::forms::der;
use pencere::forms::timestamp::Token;
use pencere::host::Octets;
use pencere::signature::{self, Context, Indication, Policy, Report, StampKind, SubIndication, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot, When};
use pencere::xml::Limits;
use std::fs;
use std::io::Read;
use std::path::Path;

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
    let stamped = with_stamp(&signed, &bench.stamp(&bench.canonical(&signed, "ds:SignatureValue"), "clock"));
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
    let value = bench.canonical(&signed, "ds:SignatureValue");
    let mut flipped = bench.stamp(&value, "clock");
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    for (token, why) in [
        (bench.stamp(b"something else", "clock"), "signature.digest-differs"),
        (bench.stamp(&value[..value.len() - 1], "clock"), "signature.digest-differs"),
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
    let token = bench.stamp(&bench.canonical(&signed, "ds:SignatureValue"), "clock");
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
    let stamped = with_stamp(&signed, &bench.stamp(&bench.canonical(&signed, "ds:SignatureValue"), "clock"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    bench.openssl("x509 -req -in ca.csr -signkey ca.key -days 3650 -extfile ext.ca -out ca.crt");
    let report = bench.verify(stamped.as_bytes(), None, &["clocks"], SOON);
    assert_eq!(short(&report), (Indication::TotalPassed, None, TimeSource::Now, "XAdES-B-T", true), "{report:?}");
}

#[test]
fn so_is_cades() {
    let bench = Bench::new();
    let content = b"a,b\n1,2\n";
    bench.put("data", content);
    bench.openssl("cms -sign -binary -cades -in data -signer person.crt -inkey person.key -outform DER -out data.p7s");
    let cms = bench.get("data.p7s");
    let signed = cms::SignedData::read(&cms).unwrap();
    let token = bench.stamp(signed.signers[0].signature, "clock");
    let stamped = with_token(&cms, &token);
    let report = bench.verify(&stamped, Some(content), &["clocks"], LATE);
    assert_eq!(short(&report), (Indication::TotalPassed, None, TimeSource::Timestamp, "CAdES-B-T", true), "{report:?}");
    let strange = with_token(&cms, &bench.stamp(content, "clock"));
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

/// Time-stamps of others that do not hold: of which file, over what, and why.
const OTHERS: &[(&str, &str, &str, &str)] = &[
    ("invalid/1xTST-no-data-file.asics", "Container", "signature.unsupported", "there is no document"),
    (
        "invalid/1xTST-valid-bdoc-data-file-hash-failure-in-tst.asics",
        "Container",
        "signature.digest-differs",
        "as its name says",
    ),
    (
        "invalid/2xTST-datafile-with-%20-unencoded-in-archive-manifest.asics",
        "Container",
        "signature.reference-unresolved",
        "the manifest names another file",
    ),
    (
        "invalid/2xTST-datafile-with-+%-unencoded-in-archive-manifest.asics",
        "Container",
        "signature.unsupported",
        "the manifest's URI is none",
    ),
    (
        "invalid/2xTST-datafile-with-space-plusencoded-in-archive-manifest.asics",
        "Container",
        "signature.reference-unresolved",
        "a plus sign is no space",
    ),
    (
        "invalid/2xTST-valid-bdoc-data-file-1st-tst-invalid-2nd-tst-no-coverage.asics",
        "Container",
        "signature.digest-differs",
        "as its name says",
    ),
    (
        "invalid/3xTST-text-data-file-hash-failure-since-2nd-tst.asics",
        "Container",
        "signature.digest-differs",
        "as its name says: the second",
    ),
    (
        "invalid/3xTST-text-data-file-hash-failure-since-2nd-tst.asics",
        "Container",
        "signature.digest-differs",
        "as its name says: the third",
    ),
    (
        // the octets without the prefix of XAdES 1.4.1 in scope, which its maker declared around them afterwards
        "invalid/Libdigidoc_created_tsa_signature_TS.bdoc",
        "Archive",
        "signature.digest-differs",
        "it is over octets that canonicalisation does not make of what stands there",
    ),
    ("invalid/TS-02_23634_TS_wrong_SignatureValue.asice", "Signature", "signature.digest-differs", "of another value"),
    ("invalid/TS_broken_TS.asice", "Signature", "signature.certificate-differs", "broken by hand"),
    (
        "invalid/invalid-containers-23816_leedu_live_TS_authority.asice",
        "Signature",
        "signature.weak-algorithm",
        "SHA-1",
    ),
    ("invalid/latvian_signed_container.edoc", "Signature", "signature.weak-algorithm", "SHA-1 above the authority"),
    (
        "invalid/one-valid-and-multiple-invalid-signatures.asice",
        "Signature",
        "signature.digest-differs",
        "as its name says",
    ),
    ("invalid/timestamptoken-invalid.asics", "Container", "signature.format", "as its name says"),
    (
        "invalid/timestamptoken-two-data-files.asics",
        "Container",
        "signature.unsupported",
        "nobody says which is stamped",
    ),
    ("invalid/warning.asice", "Signature", "signature.weak-algorithm", "SHA-1"),
    (
        "valid/2xTST-datafile-with-%-unencoded-in-archive-manifest.asics",
        "Container",
        "signature.unsupported",
        "the manifest's URI is none (RFC 3986 2.1)",
    ),
    (
        "valid/2xTST-datafile-with-special-characters-unencoded-in-archive-manifest.asics",
        "Container",
        "signature.unsupported",
        "the manifest's URI is none (RFC 3986 2.1)",
    ),
    (
        "valid/3xTST-valid-bdoc-data-file-1st-tst-invalid-2nd-tst-no-coverage-3rd-tst-valid.asics",
        "Container",
        "signature.digest-differs",
        "as its name says: the first",
    ),
    ("valid/latvian_signed_container.asice", "Signature", "signature.weak-algorithm", "SHA-1 above the authority"),
];

/// The certificates and the latest moment of all tokens in a container, wherever they stand.
fn tokens(container: &Container) -> (Vec<Certificate>, Option<Timestamp>) {
    let mut tokens = Vec::new();
    for entry in container.entries().iter().filter(|entry| !entry.is_folder()) {
        let mut octets = Vec::new();
        if container.read(entry).read_to_end(&mut octets).is_err() {
            continue;
        }
        if entry.name.ends_with(".tst") {
            tokens.push(octets);
        } else if entry.name.ends_with(".p7s") {
            let Ok(der) = der::definite(&octets) else { continue };
            let Ok(signed) = cms::SignedData::read(&der) else { continue };
            let stamps = signed.signers.iter().flat_map(|signer| &signer.unsigned.stamps);
            tokens.extend(stamps.map(|stamp| stamp.token.to_vec()));
        } else if entry.name.ends_with(".xml") {
            let text = String::from_utf8_lossy(&octets);
            for piece in text.split("EncapsulatedTimeStamp").filter(|piece| piece.len() > 1000) {
                let encoded = piece.split('>').nth(1).unwrap_or_default().split('<').next().unwrap_or_default();
                let encoded: String = encoded.replace("&#13;", "").split_ascii_whitespace().collect();
                tokens.extend(BASE64.decode(encoded).ok().filter(|token| !token.is_empty()));
            }
        }
    }
    let (mut clocks, mut latest) = (Vec::new(), None);
    for token in tokens {
        let Ok(der) = der::definite(&token) else { continue };
        let Ok(token) = Token::read(&der) else { continue };
        latest = latest.max(Some(token.time));
        clocks.extend(token.signed.certificates.iter().map(|der| Certificate::from_der(der).unwrap()));
    }
    (clocks, latest)
}

/// Every time-stamp in the containers of others, where its authority is believed, a minute after the latest.
#[test]
fn time_stamps_of_others_hold() {
    let (mut held, mut others) = (std::collections::BTreeMap::new(), Vec::new());
    let mut levels = std::collections::BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/asic");
    let files = |name: &str| fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = ["valid", "invalid"].into_iter().flat_map(files).collect();
    paths.sort();
    for path in paths {
        let file = Octets::from(fs::read(&path).unwrap());
        let Ok(container) = Container::open(&file, &container::Limits::default()) else { continue };
        let (clocks, latest) = tokens(&container);
        let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
        let trust = Snapshot::default().with_clocks(clocks);
        let at = latest.map_or_else(Timestamp::now, |latest| latest + SOON);
        let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source: TimeSource::Now };
        let (report, _) = signature::examine(&file, None, &context, &Limits::default()).unwrap();
        for one in &report.signatures {
            *levels.entry(one.format.clone()).or_insert(0) += 1;
        }
        let inside = report.signatures.iter().flat_map(|one| &one.timestamps);
        for stamp in inside.filter(|stamp| stamp.kind != StampKind::Container).chain(&report.timestamps) {
            let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
            let kind = format!("{:?}", stamp.kind);
            match &stamp.reason {
                None => *held.entry(kind).or_insert(0) += 1,
                Some(reason) => others.push((name, kind, reason.code.to_owned())),
            }
        }
    }
    println!("{held:?} time-stamps hold; {levels:?}");
    let told: Vec<_> = OTHERS.iter().map(|(name, kind, code, _)| [*name, *kind, *code]).collect();
    let others: Vec<_> = others.iter().map(|(name, kind, code)| [&name[..], &kind[..], &code[..]]).collect();
    assert_eq!(others, told);
    let held: Vec<(&str, i32)> = held.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(held, [("Archive", 5), ("Container", 43), ("Signature", 67)]);
    for level in ["XAdES-B-T", "XAdES-B-LT", "XAdES-B-LTA", "CAdES-B-LTA"] {
        assert!(levels.contains_key(level), "{levels:?}");
    }
}
