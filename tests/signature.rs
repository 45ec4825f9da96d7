//! The signature engine from outside: what must not pass, each test named after its fault, and
//! what must not cost more than it is worth.

use pencere::finding::Code;
use pencere::forms::certificate::Certificate;
use pencere::host::Octets;
use pencere::signature::{self, Context, Indication, Policy, Report, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot};
use pencere::xml::Limits;
use std::time::Instant;

const SIGNED: &str = include_str!("../inbox-samples/accepted/xades-generation/istehsal-2026-Q3.xml");

fn examine(document: impl Into<Vec<u8>>) -> (Report, Option<Code>) {
    let anchors = Certificate::from_pem(include_bytes!("../inbox-samples/pki/ca.crt")).unwrap();
    let at = "2026-11-16T07:00:00Z".parse().unwrap();
    let trust = Snapshot::new(anchors, Vec::new(), None, jiff::SignedDuration::ZERO, at);
    let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
    let time_source = TimeSource::Reception;
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source };
    let octets = Octets::from(document.into());
    let (report, finding) = signature::examine(&octets, None, &context, &Limits::default()).unwrap();
    (report, finding.map(|finding| finding.code))
}

/// The one `ds:Object` of the sample, and what stands before and after it.
fn object() -> (&'static str, &'static str, &'static str) {
    let from = SIGNED.find("<ds:Object>").unwrap();
    let to = SIGNED.find("</ds:Object>").unwrap() + "</ds:Object>".len();
    (&SIGNED[..from], &SIGNED[from..to], &SIGNED[to..])
}

fn properties_id() -> &'static str {
    let from = SIGNED.find("SignedProperties Id=\"").unwrap() + "SignedProperties Id=\"".len();
    &SIGNED[from..from + SIGNED[from..].find('"').unwrap()]
}

#[test]
fn the_sample_itself_passes() {
    let (report, _) = examine(SIGNED);
    assert_eq!(report.indication, Indication::TotalPassed, "{report:?}");
}

#[test]
fn properties_beside_the_signed_ones_do_not_count() {
    let (before, object, after) = object();
    let forged = object.replace(properties_id(), "forged").replace("<xades:SigningTime>20", "<xades:SigningTime>19");
    assert_ne!(forged, object, "the sample has a signing time");
    let hide = |object: &str| object.replace("</ds:Object>", "<evil xmlns=\"\">hidden</evil></ds:Object>");
    let bearing = format!("<ds:Object id=\"q\" Id=\"{}\">", properties_id());
    for document in [
        format!("{before}{forged}{}{after}", hide(object)),
        format!("{before}{forged}{}{after}", hide(&object.replace("<ds:Object>", &bearing))),
        format!("{before}{}{forged}{after}", hide(object)),
        format!("{before}{forged}{object}{after}"),
    ] {
        let (report, _) = examine(document);
        assert_ne!(report.indication, Indication::TotalPassed, "{report:?}");
    }
}

#[test]
fn an_id_of_two_elements_is_no_reference() {
    let (before, object, after) = object();
    for twin in ["Id", "ID", "id"] {
        let root = before.replacen("<Record>", &format!("<Record {twin}=\"{}\">", properties_id()), 1);
        assert_ne!(root, before);
        let (report, _) = examine(format!("{root}{object}{after}"));
        let reasons: Vec<&str> = report.signatures[0].reasons.iter().map(|reason| reason.code).collect();
        assert!(reasons.contains(&Code::SignatureDoubledId.slug()), "{reasons:?}");
    }
}

/// Not a measure of speed: each of these once took minutes or gigabytes. The bound is for a slow machine.
fn soon<T>(work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = work();
    assert!(begin.elapsed().as_secs() < 20, "it took {:?}", begin.elapsed());
    result
}

#[test]
fn a_flood_of_signatures_is_refused_before_it_is_kept() {
    let flood = "<d:Signature/>".repeat(20_000);
    let document =
        format!("<s xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\" xml:lang=\"{}\">{flood}</s>", "x".repeat(60_000));
    let (report, code) = soon(|| examine(document));
    assert_eq!((report.signatures.len(), code), (0, Some(Code::SchemaLimit)));
}

#[test]
fn a_long_prefix_list_costs_nothing() {
    let list: String = (0..120_000).map(|n| format!("p{n} ")).collect();
    let inclusive = format!(
        "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{}\"/>",
        &list[..200_000]
    );
    let (head, tail) = SIGNED.split_once("<ds:Signature").unwrap();
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    assert!(tail.contains(exclusive));
    let many = "<Record/>".repeat(8_000);
    let tail = tail.replacen(exclusive, &format!("{exclusive}{inclusive}"), 1);
    let (report, _) = soon(|| examine(format!("{}{many}<ds:Signature{tail}", head.trim_end())));
    assert_ne!(report.indication, Indication::TotalPassed);
}

#[test]
fn many_different_canonical_forms_are_refused() {
    let (head, tail) = SIGNED.split_once("<ds:Reference").unwrap();
    let reference = |n: usize| {
        format!(
            "<ds:Reference URI=\"\"><ds:Transforms>\
             <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">\
             <ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"p{n}\"/>\
             </ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
             <ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>"
        )
    };
    let references: String = (0..40).map(reference).collect();
    let (_, code) = soon(|| examine(format!("{head}{references}<ds:Reference{tail}")));
    assert_eq!(code, Some(Code::SchemaLimit));
}

#[test]
fn text_that_canonicalisation_makes_shorter_is_no_explosion() {
    for inside in [
        format!("<![CDATA[{}]]>", "<&>".repeat(20_000)),
        "&#13;".repeat(60_000),
        ">".repeat(120_000),
        format!("<!-- {} -->", "x".repeat(120_000)),
        format!("<?p {} ?>", "x".repeat(120_000)),
    ] {
        let document = SIGNED.replacen("<Record>", &format!("{inside}<Record>"), 1);
        let (_, code) = examine(document);
        assert_ne!(code, Some(Code::SchemaLimit), "{}", &inside[..10]);
    }
}
