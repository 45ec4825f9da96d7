//! What references leave out, what hides there, and what a bare key is worth; signed by `xmlsec1`.

use super::super::judge::Context;
use super::super::{Indication, Integrity, Policy, SubIndication, TimeSource};
use super::{Examined, OneSignature};
use crate::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::forms::value::{self, Form};
use crate::host::Octets;
use crate::trust::trial::Pki;
use crate::trust::{IdentityProfile, Snapshot};
use crate::xml::Limits;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use openssl::bn::BigNumContext;
use openssl::ec::PointConversionForm;
use std::process::Command;

const EXCLUSIVE: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
const ENVELOPED: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
const BASE64: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>";

/// XPath as EU DSS writes it, around an expression.
fn xpath(expression: &str) -> String {
    format!(
        "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
         <ds:XPath xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\">{expression}</ds:XPath></ds:Transform>"
    )
}

/// XPath Filter 2.0 as EU DSS writes it, around an expression.
fn filter(filter: &str, expression: &str) -> String {
    format!(
        "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"><f:XPath \
         xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"{filter}\">{expression}</f:XPath></ds:Transform>"
    )
}

fn idioms() -> [String; 2] {
    [xpath("not(ancestor-or-self::ds:Signature)"), filter("subtract", "/descendant::ds:Signature")]
}

/// One signer and whoever believes the authority behind it.
struct Bench {
    pki: Pki,
    trust: Snapshot,
}

impl Bench {
    fn new() -> Self {
        let pki = Pki::new();
        pki.person("signer", "ec:P-256");
        Self { trust: pki.snapshot(), pki }
    }

    /// A document around a signature with this one reference and these Objects, signed.
    fn sign(&self, uri: &str, transforms: &str, objects: &str) -> String {
        let signature = format!(
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
             <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
             <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>\
             <ds:Reference URI=\"{uri}\"><ds:Transforms>{transforms}</ds:Transforms>\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue/></ds:Reference>\
             </ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data>\
             </ds:KeyInfo>{objects}</ds:Signature>"
        );
        self.complete(&format!("<all xmlns=\"urn:all\"><one>1</one>{signature}</all>"))
    }

    /// Fills the one empty signature in this document.
    fn complete(&self, template: &str) -> String {
        self.pki.write("template.xml", template);
        let (key, template) = (self.pki.path("signer.key"), self.pki.path("template.xml"));
        let key = format!("{},{}", key.display(), self.pki.path("signer.crt").display());
        let mut xmlsec = Command::new("xmlsec1");
        xmlsec.args(["--sign", "--privkey-pem", &key, "--id-attr:Id", "Object"]);
        let done = xmlsec.arg("--output").arg(self.pki.path("signed.xml")).arg(&template).output().unwrap();
        assert!(done.status.success(), "xmlsec1: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(self.pki.read("signed.xml")).unwrap()
    }

    fn examine(&self, document: &str) -> Examined {
        let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
        let (at, time_source) = (Timestamp::now(), TimeSource::Reception);
        let context = Context { trust: &self.trust, policy: &policy, profile: &profile, at, time_source };
        let octets = Octets::from(document.as_bytes().to_vec());
        super::examine(&octets, &context, &Limits::default()).unwrap()
    }

    fn first(&self, document: &str) -> OneSignature {
        self.examine(document).signatures.remove(0)
    }

    /// The signer's key as a KeyInfo without a certificate has it.
    fn bare_key(&self) -> String {
        let key = self.pki.certificate("signer").public_key().ec_key().unwrap();
        let mut numbers = BigNumContext::new().unwrap();
        let point = key.public_key().to_bytes(key.group(), PointConversionForm::UNCOMPRESSED, &mut numbers).unwrap();
        format!(
            "<ds:KeyValue><n:ECKeyValue xmlns:n=\"http://www.w3.org/2009/xmldsig11#\"><n:NamedCurve \
             URI=\"urn:oid:1.2.840.10045.3.1.7\"/><n:PublicKey>{}</n:PublicKey></n:ECKeyValue></ds:KeyValue>",
            STANDARD.encode(point)
        )
    }
}

/// The document with another KeyInfo.
fn key_info(document: &str, inside: &str) -> String {
    let (from, to) = (document.find("<ds:KeyInfo>").unwrap(), document.find("</ds:KeyInfo>").unwrap());
    format!("{}<ds:KeyInfo>{inside}{}", &document[..from], &document[to..])
}

fn integrity(one: &OneSignature) -> (Integrity, Indication, Option<SubIndication>) {
    let report = &one.judged.report;
    (report.integrity, report.indication, report.sub_indication)
}

const UNSUPPORTED: (Integrity, Indication, Option<SubIndication>) =
    (Integrity::Unsupported, Indication::Indeterminate, Some(SubIndication::Generic));

#[test]
fn what_dss_writes_leaves_every_signature_out() {
    let bench = Bench::new();
    let spaced =
        [xpath(" not (\nancestor-or-self\t:: d:Signature ) "), filter("subtract", "\n/ descendant :: ds:Signature ")];
    for idiom in idioms().into_iter().chain(spaced) {
        for transforms in [
            idiom.clone(),
            format!("{idiom}{EXCLUSIVE}"),
            format!("{ENVELOPED}{idiom}{EXCLUSIVE}"),
            format!("{idiom}{ENVELOPED}"),
        ] {
            let one = bench.sign("", &transforms, "");
            // A second one beside it is left out too, and each is judged.
            let from = one.find("<ds:Signature ").unwrap();
            let signature = &one[from..one.find("</all>").unwrap()];
            let both = one.replace("</all>", &format!("{signature}</all>"));
            for (document, count) in [(one.clone(), 1), (both, 2)] {
                let examined = bench.examine(&document);
                assert_eq!(examined.signatures.len(), count);
                for one in &examined.signatures {
                    assert!(one.judged.passed() && one.hidden.is_none(), "{document}\n{:?}", one.judged.report);
                    assert!(one.judged.report.covers_whole_document, "{document}");
                }
            }
            let altered = bench.first(&one.replace("<one>1", "<one>2"));
            assert_eq!(altered.judged.report.integrity, Integrity::Broken);
        }
    }
}

#[test]
fn an_expression_that_differs_by_a_token_is_unsupported() {
    let bench = Bench::new();
    let (path, subtract) = ("not(ancestor-or-self::ds:Signature)", "/descendant::ds:Signature");
    for transforms in [
        xpath("not(ancestor::ds:Signature)"),
        xpath("ancestor-or-self::ds:Signature"),
        xpath("not(ancestor-or-self::ds:Signature[1])"),
        xpath("not(ancestor-or-self::ds:Signature or self::one)"),
        xpath("not(ancestor-or-self::ds:Signature) and true()"),
        xpath("not(ancestor-or-self::ds:SignatureValue)"),
        xpath("not(ancestor-or-self::ds:*)"),
        xpath("not(ancestor-or-self::Signature)"),
        xpath("not(ancestor-or-self:::Signature)"),
        xpath("not(ancestor-or-self::no:Signature)"),
        xpath("not(ancestor-or-self::ds :Signature)"),
        xpath("not(not(ancestor-or-self::ds:Signature))"),
        xpath("<ds:x/>not(ancestor-or-self::ds:Signature)"),
        xpath(path).replace("ds:XPath", "d:XPath").replace("xmlns:d=", "xmlns:ds=\"urn:other\" xmlns:d="),
        xpath(path).replace("ds:XPath", "ds:Xpath"),
        xpath(path).replace("</ds:Transform>", "<ds:XPath/></ds:Transform>"),
        xpath(path).replace("<ds:XPath", "x<ds:XPath"),
        xpath(path).replace("<ds:XPath", "<ds:XPath Filter=\"subtract\""),
        xpath(path) + &xpath(path),
        xpath(path) + &filter("subtract", subtract),
        xpath(subtract),
        filter("subtract", "//ds:Signature"),
        filter("subtract", "descendant::ds:Signature"),
        filter("subtract", "/descendant::ds:Signature[1]"),
        filter("subtract", "/descendant::Signature"),
        filter("subtract", "/descendant::ds:Signature | /all/one"),
        filter("subtract", path),
        filter("intersect", subtract),
        filter("union", subtract),
        filter("Subtract", subtract),
        filter("subtract", subtract).replace(" Filter=\"subtract\"", ""),
        filter("subtract", subtract).replace("f:XPath", "ds:XPath"),
        filter("subtract", subtract).replace(
            "</ds:Transform>",
            "<XPath xmlns=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">/</XPath></ds:Transform>",
        ),
        format!("{EXCLUSIVE}{}", xpath(path)),
        format!("{BASE64}{EXCLUSIVE}"),
        format!("{ENVELOPED}{ENVELOPED}"),
        "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/>".to_owned(),
    ] {
        let signed = bench.sign("", ENVELOPED, "");
        let document = signed.replace(ENVELOPED, &transforms);
        assert_ne!(document, signed);
        assert_eq!(integrity(&bench.first(&document)), UNSUPPORTED, "{transforms}");
    }
}

#[test]
fn nothing_hides_in_a_signature_that_is_left_out() {
    let bench = Bench::new();
    for idiom in idioms() {
        let signed = bench.sign("", &format!("{idiom}{EXCLUSIVE}"), "");
        let from = signed.find("<ds:Signature ").unwrap();
        let signature = &signed[from..signed.find("</all>").unwrap()];
        let bearing = signature.replace("</ds:Signature>", "<ds:Object><one>2</one></ds:Object></ds:Signature>");
        // In an Object of its own, and of another one beside it: every signature tells of its own Objects.
        for document in [
            signed.replace(signature, &bearing),
            signed.replace("</all>", &format!("{bearing}</all>")),
            signed.replace(signature, &bearing.replace("<one>2</one>", signature)),
        ] {
            let examined = bench.examine(&document);
            assert!(examined.signatures.iter().any(|one| one.hidden.is_some()), "{document}");
        }
        // Deeper than the root's children: left out of the digest, and yet part of what would be read.
        for document in [
            signed.replace("<one>1", &format!("<one>{bearing}1")),
            signed.replace("</all>", &format!("<two>{signature}</two></all>")),
            signed.replace("</all>", "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></all>"),
        ] {
            let examined = bench.examine(&document);
            let sound = |one: &OneSignature| one.judged.passed() && one.judged.report.covers_whole_document;
            assert!(!examined.signatures.iter().all(sound), "{document}");
        }
        let deep = signed.replace("</all>", &format!("<two>{signature}</two></all>"));
        assert!(bench.examine(&deep).signatures.iter().all(|one| !one.judged.report.covers_whole_document), "{deep}");
        // A part of the signature is no longer anything when every signature is left out.
        let object = "<ds:Object Id=\"o\"><one>2</one></ds:Object>";
        let inside = bench.sign("#o", EXCLUSIVE, object).replace(EXCLUSIVE, &idiom);
        let inside = bench.first(&inside);
        assert_eq!(integrity(&inside), UNSUPPORTED);
        assert!(inside.hidden.is_some());
    }
}

#[test]
fn base64_digests_text_and_covers_nothing_else() {
    let bench = Bench::new();
    let signed = bench.sign("#o", BASE64, "<ds:Object Id=\"o\">c29tZSB0\nZXh0</ds:Object>");
    let one = bench.first(&signed);
    assert_eq!(integrity(&one), (Integrity::Intact, Indication::TotalPassed, None), "{:?}", one.judged.report);
    // What an element is called and what attributes it has, no digest of its text tells.
    assert!(one.hidden.is_some() && !one.judged.report.covers_whole_document);
    let wrapped = signed.replace("c29tZSB0\nZXh0", "<evil a=\"b\">c29tZSB0</evil><!-- c -->ZXh0");
    let wrapped = bench.first(&wrapped);
    assert!(wrapped.judged.report.integrity == Integrity::Intact && wrapped.hidden.is_some());
    let altered = bench.first(&signed.replace("c29tZSB0", "c29tZSB1"));
    assert_eq!(altered.judged.report.integrity, Integrity::Broken);
    assert_eq!(integrity(&bench.first(&signed.replace("c29tZSB0", "c29tZ?B0"))), UNSUPPORTED);
    // Of a whole document, less the signature: its text is no document.
    let template = signed[..signed.find("<ds:Object").unwrap()].replace("<one>1", "<one>AAAA").replace("#o", "");
    let template = template.replace(BASE64, &format!("{ENVELOPED}{BASE64}")) + "</ds:Signature></all>";
    let whole = bench.first(&bench.complete(&template));
    assert!(whole.judged.passed() && !whole.judged.report.covers_whole_document, "{:?}", whole.judged.report);
}

#[test]
fn a_bare_key_tells_intact_from_broken_and_never_who_signed() {
    let bench = Bench::new();
    let signed = bench.sign("", &format!("{ENVELOPED}{EXCLUSIVE}"), "");
    let nobody = (Indication::Indeterminate, Some(SubIndication::NoSigningCertificateFound));
    let bare = key_info(&signed, &bench.bare_key());
    let other = Bench::new().bare_key();
    let value = signed.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let mut forged = bare.clone();
    forged.replace_range(value..value + 1, if &bare[value..=value] == "A" { "B" } else { "A" });
    for (document, integrity_wanted) in [
        (bare.clone(), Integrity::Intact),
        (forged, Integrity::Broken),
        (key_info(&signed, &other), Integrity::Broken),
        (key_info(&signed, &format!("{}{other}", bench.bare_key())), Integrity::Unsupported),
        (key_info(&signed, ""), Integrity::Unsupported),
        (key_info(&signed, "<ds:KeyValue><ds:RSAKeyValue/></ds:KeyValue>"), Integrity::Unsupported),
    ] {
        let one = bench.first(&document);
        assert_eq!(integrity(&one), (integrity_wanted, nobody.0, nobody.1), "{document}");
        assert!(!one.judged.passed() && !one.judged.may_be_held() && one.judged.signer.is_none());
        assert!(one.judged.report.signer.is_none());
    }
    let altered = bench.first(&bare.replace("<one>1", "<one>2"));
    assert_eq!(integrity(&altered), (Integrity::Broken, Indication::TotalFailed, Some(SubIndication::HashFailure)));
    // Where a certificate is, a bare key beside it is not looked at.
    let from = signed.find("<ds:X509Data>").unwrap();
    let data = &signed[from..signed.find("</ds:KeyInfo>").unwrap()];
    assert!(bench.first(&key_info(&signed, &format!("{other}{data}"))).judged.passed());
    let stranger = bench.pki.person("stranger", "ec:P-256");
    let stranger = format!(
        "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
        STANDARD.encode(stranger.der())
    );
    let stolen = bench.first(&key_info(&signed, &format!("{}{stranger}", bench.bare_key())));
    assert_eq!(integrity(&stolen), (Integrity::Broken, Indication::TotalFailed, Some(SubIndication::SigCryptoFailure)));
}

/// XMLDSig 1.1 6.4.3: r and s are each as long as the order of the base point, 32 octets on P-256. An old
/// fault of Java's wrote them as short as they came, and others put a zero before each. The numbers are
/// the signer's all the same, so that the signature is intact; a value of another form is refused, so
/// that none has two spellings.
#[test]
fn an_ecdsa_value_of_another_length_is_intact_and_malformed() {
    let bench = Bench::new();
    let signed = bench.sign("", &format!("{ENVELOPED}{EXCLUSIVE}"), "");
    let (from, to) = (signed.find("<ds:SignatureValue>").unwrap() + 19, signed.find("</ds:SignatureValue>").unwrap());
    let value: String = signed[from..to].split_whitespace().collect();
    let raw = STANDARD.decode(value).unwrap();
    let with = |raw: &[u8]| format!("{}{}{}", &signed[..from], STANDARD.encode(raw), &signed[to..]);
    let padded = [&[0], &raw[..32], &[0], &raw[32..]].concat();
    assert!(value::respelled(bench.pki.certificate("signer").public_key(), &padded).is_some());
    let malformed = bench.first(&with(&padded));
    let wanted = (Integrity::Intact, Indication::TotalFailed, Some(SubIndication::FormatFailure));
    assert_eq!(integrity(&malformed), wanted, "{:?}", malformed.judged.report);
    assert!(!malformed.judged.passed());
    let der = value::sign(
        &bench.pki.private_key("signer"),
        SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256),
        b"",
        Form::Der,
    )
    .unwrap();
    for broken in [&raw[1..], &raw[2..], &[raw.clone(), vec![0, 0]].concat(), &der] {
        assert_eq!(bench.first(&with(broken)).judged.report.integrity, Integrity::Broken);
    }
}
