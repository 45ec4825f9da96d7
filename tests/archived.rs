//! Archive time-stamps: made here with tokens by `openssl ts` over octets that other programs put together
//! (EN 319 132-1 5.5.2, EN 319 122-1 5.5.3, EN 319 162-1 4.4.4).
//!
//! One that holds is a proof at its moment for all that stands inside of it; one that does not proves nothing, and
//! takes nothing from the signature.

mod authorities;

use authorities::{Bench, DS, EXCLUSIVE, LATE, SOON, attribute, with_stamp, with_token, with_unsigned};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use pencere::container::write::Writer;
use pencere::forms::cms::SignedData;
use pencere::forms::der::{self, element, tag};
use pencere::signature::{Answer, Check, Indication, Report, StampKind, SubIndication, TimeSource};

const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";

/// Each time-stamp of the first signature: what it is over, and whether it counts.
fn stamps(report: &Report) -> Vec<(StampKind, bool, Option<&str>)> {
    let stamp = |stamp: &pencere::signature::StampReport| (stamp.kind, stamp.counts, None);
    let mut all: Vec<_> = report.signatures[0].timestamps.iter().map(stamp).collect();
    for (one, stamp) in all.iter_mut().zip(&report.signatures[0].timestamps) {
        one.2 = stamp.reason.as_ref().map(|reason| reason.code);
    }
    all
}

fn verdict(report: &Report) -> (Indication, Option<SubIndication>, TimeSource, &str) {
    let one = &report.signatures[0];
    (one.indication, one.sub_indication, one.time_source, &one.format)
}

/// What an archive time-stamp of a signature of [`Bench::xades`] is over, which has these unsigned properties
/// before it: as EN 319 132-1 5.5.2.2 lists it, each part by `xmllint`.
fn archived(bench: &Bench, signed: &str, unsigned: &[&str]) -> Vec<u8> {
    let mut octets = b"<a>1</a>".to_vec();
    for name in ["xades:SignedProperties", "ds:SignedInfo", "ds:SignatureValue", "ds:KeyInfo"].iter().chain(unsigned) {
        octets.extend(bench.canonical(signed, name));
    }
    octets
}

/// The same signature with one more unsigned property, an archive time-stamp.
fn with_archive(signed: &str, namespace: &str, id: &str, token: &[u8]) -> String {
    let end = signed.find("</xades:UnsignedSignatureProperties>").unwrap();
    let stamp = format!(
        "<arc{id}:ArchiveTimeStamp xmlns:arc{id}=\"{namespace}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"/>\
         <xades:EncapsulatedTimeStamp>{}</xades:EncapsulatedTimeStamp></arc{id}:ArchiveTimeStamp>",
        BASE64.encode(token)
    );
    format!("{}{stamp}{}", &signed[..end], &signed[end..])
}

#[test]
fn an_archive_time_stamp_keeps_what_stands_before_it() {
    let bench = Bench::new();
    let signed = bench.xades();
    let value = bench.canonical(&signed, "ds:SignatureValue");
    // the first authority's certificate ends tomorrow, as the signer's does
    let stamped = with_stamp(&signed, &bench.stamp(&value, "brief"));
    let report = bench.verify(stamped.as_bytes(), None, &["clocks"], LATE);
    let expired = Some("signature.certificate-expired");
    assert_eq!(stamps(&report), [(StampKind::Signature, false, expired)]);
    let late = (Indication::Indeterminate, Some(SubIndication::OutOfBoundsNoPoe), TimeSource::Now, "XAdES-B-T");
    assert_eq!(verdict(&report), late);
    let over = archived(&bench, &stamped, &["xades:SignatureTimeStamp"]);
    for (namespace, clock) in [(XADES_141, "clock"), ("http://uri.etsi.org/01903/v1.3.2#", "clock")] {
        let whole = with_archive(&stamped, namespace, "", &bench.stamp(&over, clock));
        let report = bench.verify(whole.as_bytes(), None, &["clocks"], LATE);
        assert_eq!(stamps(&report), [(StampKind::Signature, true, None), (StampKind::Archive, true, None)]);
        assert_eq!(verdict(&report).0, Indication::TotalPassed, "{report:?}");
        assert_eq!(verdict(&report).2, TimeSource::Timestamp);
        let checks = &report.signatures[0].checks.answers;
        assert_eq!((checks.get(Check::TimeStamp), checks.get(Check::ArchiveTimeStamp)), (Answer::Yes, Answer::Yes));
    }
    // anything else that it could be over is not it
    let other = [&over[..], b"<x></x>"].concat();
    let broken = with_archive(&stamped, XADES_141, "", &bench.stamp(&other, "clock"));
    let report = bench.verify(broken.as_bytes(), None, &["clocks"], LATE);
    let differs = Some("signature.digest-differs");
    assert_eq!(stamps(&report), [(StampKind::Signature, false, expired), (StampKind::Archive, false, differs)]);
    assert_eq!(verdict(&report), late, "nobody raised the level");
    assert_eq!(report.signatures[0].checks.answers.get(Check::ArchiveTimeStamp), Answer::No);
    // one of an authority that nobody believes holds, and proves nothing
    let whole = with_archive(&stamped, XADES_141, "", &bench.stamp(&over, "clock"));
    let report = bench.verify(whole.as_bytes(), None, &["ca"], LATE);
    assert!(report.signatures[0].timestamps.iter().all(|stamp| stamp.intact && !stamp.counts), "{report:?}");
    assert_eq!(verdict(&report).1, Some(SubIndication::OutOfBoundsNoPoe));
}

/// Three generations: each outer one keeps the inner ones, whose authorities have ended.
#[test]
fn proofs_are_chained_from_the_outermost_inwards() {
    let bench = Bench::new();
    let signed = bench.xades();
    let stamped = with_stamp(&signed, &bench.stamp(&bench.canonical(&signed, "ds:SignatureValue"), "brief"));
    let over = archived(&bench, &stamped, &["xades:SignatureTimeStamp"]);
    let once = with_archive(&stamped, XADES_141, "1", &bench.stamp(&over, "brief"));
    let report = bench.verify(once.as_bytes(), None, &["clocks"], LATE);
    assert!(stamps(&report).iter().all(|stamp| !stamp.1), "{report:?}");
    // the older archive time-stamp declares the prefix that it bears itself
    let first = bench.canonical(&once, "arc1:ArchiveTimeStamp");
    let whole = with_archive(&once, XADES_141, "2", &bench.stamp(&[&over[..], &first].concat(), "clock"));
    let report = bench.verify(whole.as_bytes(), None, &["clocks"], LATE);
    assert!(stamps(&report).iter().all(|stamp| stamp.1), "{report:?}");
    assert_eq!(verdict(&report).0, Indication::TotalPassed);
    // without the middle one the outer one is over something that is not there
    let start = whole.find("<arc1:").unwrap();
    let end = whole.find("</arc1:ArchiveTimeStamp>").unwrap() + "</arc1:ArchiveTimeStamp>".len();
    let report = bench.verify(format!("{}{}", &whole[..start], &whole[end..]).as_bytes(), None, &["clocks"], LATE);
    assert!(stamps(&report).iter().all(|stamp| !stamp.1), "{report:?}");
}

/// A token that says another time than the clock's: no tool makes one, so its TSTInfo is written by hand (RFC 3161
/// 2.4.2) and signed by `openssl cms`.
fn token_at(bench: &Bench, octets: &[u8], time: &str) -> Vec<u8> {
    let sha256 = element(tag::SEQUENCE, &[&der::oid("2.16.840.1.101.3.4.2.1").unwrap()]);
    let digest = element(tag::OCTET_STRING, &[&openssl::sha::sha256(octets)]);
    let policy = der::oid("1.2.3.4").unwrap();
    let imprint = element(tag::SEQUENCE, &[&sha256, &digest]);
    let (one, time) = (der::unsigned(&[1]), element(tag::GENERALIZED_TIME, &[time.as_bytes()]));
    bench.put("info", element(tag::SEQUENCE, &[&one, &policy, &imprint, &one, &time]));
    bench.openssl(
        "cms -sign -nodetach -binary -cades -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4 -in info \
         -signer clock.crt -inkey clock.key -outform DER -out token.made",
    );
    bench.get("token.made")
}

#[test]
fn a_time_stamp_over_a_later_one_proves_nothing() {
    let bench = Bench::new();
    let signed = bench.xades();
    let value = bench.canonical(&signed, "ds:SignatureValue");
    let over = |stamped: &str| archived(&bench, stamped, &["xades:SignatureTimeStamp"]);
    for (inner, outer, holds) in
        [("20260101000000Z", "20260501000000Z", true), ("20260501000000Z", "20260101000000Z", false)]
    {
        let stamped = with_stamp(&signed, &token_at(&bench, &value, inner));
        let whole = with_archive(&stamped, XADES_141, "", &token_at(&bench, &over(&stamped), outer));
        let why = (!holds).then_some("signature.time-stamp-order");
        let report = bench.verify(whole.as_bytes(), None, &["clocks"], SOON);
        let of_archive = stamps(&report).pop().unwrap();
        assert_eq!((of_archive.0, of_archive.2), (StampKind::Archive, why.or(of_archive.2)), "{report:?}");
        assert!(holds || !of_archive.1, "{report:?}");
    }
}

/// What is recognised and not processed raises the level, and never counts.
#[test]
fn time_stamps_over_references_are_told_and_prove_nothing() {
    let bench = Bench::new();
    let signed = bench.xades();
    let value = bench.canonical(&signed, "ds:SignatureValue");
    let token = bench.stamp(&value, "clock");
    let other = with_stamp(&signed, &token).replace("SignatureTimeStamp", "SigAndRefsTimeStamp");
    let report = bench.verify(other.as_bytes(), None, &["clocks"], LATE);
    assert_eq!(stamps(&report), [(StampKind::References, false, Some("signature.unsupported"))]);
    assert_eq!(verdict(&report).3, "XAdES-B-B");
    assert_eq!(report.signatures[0].checks.answers.get(Check::TimeStamp), Answer::NotAsked);
}

/// An archive-time-stamp-v3 over a CMS signature and a hash index of these parts, by hand.
fn cades(bench: &Bench, version: u8, change: impl Fn(&mut Vec<Vec<u8>>)) -> (Vec<u8>, Vec<u8>) {
    let content = b"a,b\n1,2\n".to_vec();
    bench.put("data", &content);
    bench.openssl("cms -sign -binary -cades -in data -signer person.crt -inkey person.key -outform DER -out data.p7s");
    let cms = bench.get("data.p7s");
    let hash = |octets: &[u8]| openssl::sha::sha256(octets).to_vec();
    let (certificates, fields, value) = {
        let signed = SignedData::read(&cms).unwrap();
        let certificates: Vec<Vec<u8>> = signed.certificates.iter().map(|one| hash(one)).collect();
        (certificates, signed.signers[0].signed_fields.to_vec(), signed.signers[0].signature.to_vec())
    };
    let stamp = bench.stamp(&value, "brief");
    let signature_stamp = attribute("1.2.840.113549.1.9.16.2.14", &stamp);
    let hashed = match version {
        1 => hash(&signature_stamp),
        _ => hash(&[&der::oid("1.2.840.113549.1.9.16.2.14").unwrap()[..], &stamp].concat()),
    };
    let mut lists = vec![certificates.concat(), Vec::new(), hashed];
    change(&mut lists);
    let list = |hash: &Vec<u8>| {
        let hashes: Vec<Vec<u8>> = hash.chunks(32).map(|hash| element(tag::OCTET_STRING, &[hash])).collect();
        authorities::join(tag::SEQUENCE, &hashes)
    };
    let sha256 = element(tag::SEQUENCE, &[&der::oid("2.16.840.1.101.3.4.2.1").unwrap()]);
    let named = if version == 1 { Vec::new() } else { vec![sha256] };
    let index = authorities::join(tag::SEQUENCE, &[named, lists.iter().map(list).collect()].concat());
    let data = der::oid("1.2.840.113549.1.7.1").unwrap();
    let token = bench.stamp(&[&data[..], &hash(&content), &fields, &index].concat(), "clock");
    let oid = if version == 1 { "0.4.0.1733.2.5" } else { "0.4.0.19122.1.5" };
    let token = with_unsigned(&token, &[attribute(oid, &index)]);
    (with_unsigned(&cms, &[signature_stamp, attribute("0.4.0.1733.2.4", &token)]), content)
}

#[test]
fn so_does_one_of_cades() {
    let bench = Bench::new();
    for version in [1, 3] {
        let (cms, content) = cades(&bench, version, |_| {});
        let report = bench.verify(&cms, Some(&content), &["clocks"], LATE);
        assert_eq!(
            stamps(&report),
            [(StampKind::Signature, true, None), (StampKind::Archive, true, None)],
            "{version}"
        );
        assert_eq!(verdict(&report).0, Indication::TotalPassed, "{report:?}");
        // what it does not list, it does not keep: the authority of the inner one has ended
        let (cms, content) = cades(&bench, version, |lists| lists[2].clear());
        let report = bench.verify(&cms, Some(&content), &["clocks"], LATE);
        let expired = Some("signature.certificate-expired");
        assert_eq!(stamps(&report), [(StampKind::Signature, false, expired), (StampKind::Archive, true, None)]);
        // and what it lists must be there
        let (cms, content) = cades(&bench, version, |lists| lists[1].extend([7; 32]));
        let report = bench.verify(&cms, Some(&content), &["clocks"], SOON);
        let differs = Some("signature.digest-differs");
        assert_eq!(stamps(&report), [(StampKind::Signature, true, None), (StampKind::Archive, false, differs)]);
        assert_eq!(verdict(&report).0, Indication::TotalPassed, "{report:?}");
    }
    // over another content it is another signature, and another time-stamp
    let (cms, _) = cades(&bench, 3, |_| {});
    assert_eq!(bench.verify(&cms, Some(b"a,b\n1,3\n"), &["clocks"], SOON).indication, Indication::TotalFailed);
}

/// A manifest for this signature or time-stamp over these files.
fn manifest(over: &str, files: &[(&str, &[u8])]) -> String {
    let object = |(name, octets): &(&str, &[u8])| {
        format!(
            "<asic:DataObjectReference URI=\"{name}\"><ds:DigestMethod \
             Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>{}</ds:DigestValue>\
             </asic:DataObjectReference>",
            BASE64.encode(openssl::sha::sha256(octets))
        )
    };
    let objects: String = files.iter().map(object).collect();
    format!(
        "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"{DS}\">\
         <asic:SigReference URI=\"{over}\"/>{objects}</asic:ASiCManifest>"
    )
}

/// EN 319 162-1 4.4.4: a time-stamp over a manifest that names the signature file keeps it, with all inside of it.
#[test]
fn so_does_one_over_the_files_of_a_container() {
    let bench = Bench::new();
    let data = &b"a,b\n1,2\n"[..];
    let (signature, stamp) = ("META-INF/signature001.p7s", "META-INF/timestamp001.tst");
    let own = manifest(signature, &[("data.csv", data)]);
    bench.put("manifest", &own);
    let sign = "cms -sign -binary -cades -in manifest -signer person.crt -inkey person.key -outform DER -out m.p7s";
    bench.openssl(sign);
    let cms = bench.get("m.p7s");
    let value = SignedData::read(&cms).unwrap().signers[0].signature.to_vec();
    let cms = with_token(&cms, &bench.stamp(&value, "brief"));
    let container = |archive: &str, token: &[u8]| {
        let mut writer = Writer::new(Vec::new(), Timestamp::now());
        for (name, octets) in [
            ("mimetype", &b"application/vnd.etsi.asic-e+zip"[..]),
            ("data.csv", data),
            ("META-INF/ASiCManifest001.xml", own.as_bytes()),
            (signature, &cms[..]),
            ("META-INF/ASiCArchiveManifest.xml", archive.as_bytes()),
            (stamp, token),
        ] {
            writer.add(name, octets).unwrap();
        }
        bench.verify(&writer.finish().unwrap(), None, &["clocks"], LATE)
    };
    let archive = manifest(stamp, &[("data.csv", data), (signature, &cms)]);
    let report = container(&archive, &bench.stamp(archive.as_bytes(), "clock"));
    assert_eq!(stamps(&report), [(StampKind::Signature, true, None), (StampKind::Container, true, None)]);
    assert_eq!(
        (verdict(&report).0, verdict(&report).2),
        (Indication::TotalPassed, TimeSource::Timestamp),
        "{report:?}"
    );
    // a manifest that names other files, or the signature with another digest, keeps nothing of it
    let expired = Some("signature.certificate-expired");
    let others = manifest(stamp, &[("data.csv", data)]);
    let report = container(&others, &bench.stamp(others.as_bytes(), "clock"));
    assert_eq!(stamps(&report), [(StampKind::Signature, false, expired)]);
    assert!(report.timestamps[0].counts, "over what it names, it does");
    let changed = manifest(stamp, &[("data.csv", data), (signature, b"another")]);
    let report = container(&changed, &bench.stamp(changed.as_bytes(), "clock"));
    assert_eq!((stamps(&report), report.timestamps[0].intact), (vec![(StampKind::Signature, false, expired)], false));
    let report = container(&archive, &bench.stamp(others.as_bytes(), "clock"));
    let differs = Some("signature.digest-differs");
    let wanted = [(StampKind::Signature, false, expired), (StampKind::Container, false, differs)];
    assert_eq!(stamps(&report), wanted, "a time-stamp of another manifest");
}
