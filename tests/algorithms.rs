//! Keys and digests beyond the usual ones, as XML Signature (RFC 9231) and CMS write them, made with the
//! `openssl` tool; and until when each of them is good enough.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pencere::forms::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use pencere::forms::certificate::Certificate;
use pencere::forms::der::{Reader, element, oid, tag};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const CONTENT: &str = r#"<all xmlns="urn:all"><one>1</one></all>"#;

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap());
        bench.put("content.xml", CONTENT);
        bench
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.at(name), octets).unwrap();
    }

    fn tool(&self, program: &str, arguments: &str) -> Output {
        Command::new(program).args(arguments.split(' ')).current_dir(self.0.path()).output().unwrap()
    }

    fn openssl(&self, arguments: &str) {
        let done = self.tool("openssl", arguments);
        assert!(done.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// A key and a certificate by itself, `NAME.key` and `NAME.crt`, in force for ten years.
    fn key(&self, name: &str, options: &str) -> Certificate {
        self.openssl(&format!("genpkey -out {name}.key -algorithm {options}"));
        let usage = "keyUsage=critical,digitalSignature,nonRepudiation";
        self.openssl(&format!(
            "req -new -x509 -key {name}.key -subj /CN=x -days 3650 -addext basicConstraints=critical,CA:FALSE \
             -addext {usage} -out {name}.crt"
        ));
        Certificate::from_file(&fs::read(self.at(&format!("{name}.crt"))).unwrap()).unwrap().remove(0)
    }

    /// The value of a signature over these octets, as the tool gives it.
    fn value(&self, key: &str, algorithm: SignatureAlgorithm, octets: &[u8]) -> Vec<u8> {
        self.put("octets", octets);
        match algorithm.digest() {
            None => self.openssl(&format!("pkeyutl -sign -inkey {key}.key -rawin -in octets -out value")),
            Some(digest) => {
                let pss = match algorithm {
                    SignatureAlgorithm::RsaPss { .. } => " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest",
                    _ => "",
                };
                let name = digest.name().to_lowercase().replace("sha-", "sha");
                self.openssl(&format!("dgst -{name}{pss} -sign {key}.key -out value octets"));
            }
        }
        fs::read(self.at("value")).unwrap()
    }

    /// The answer of `verify`.
    fn verify(&self, arguments: &str) -> Value {
        let output = self.tool(env!("CARGO_BIN_EXE_pencere"), &format!("verify {arguments} --format json"));
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Integrity, indication and sub-indication of the one signature.
fn verdict(answer: &Value) -> (&str, &str, Option<&str>) {
    let signatures = answer["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 1, "{answer}");
    let one = &signatures[0];
    (one["integrity"].as_str().unwrap(), one["indication"].as_str().unwrap(), one["sub_indication"].as_str())
}

const PASSED: (&str, &str, Option<&str>) = ("intact", "TOTAL-PASSED", None);

/// r and s side by side (XML Signature 1.1 6.4.3), from the DER that the tool writes.
fn raw(der: &[u8], octets: usize) -> Vec<u8> {
    let mut numbers = Reader::only(der).unwrap().reader();
    let mut raw = Vec::new();
    for _ in 0..2 {
        let number = numbers.any().unwrap().content;
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        raw.extend(vec![0; octets - number.len()]);
        raw.extend(number);
    }
    raw
}

/// The content signed with an enveloped signature; each part is written in its canonical form already.
fn xmldsig(
    bench: &Bench,
    key: &str,
    certificate: &Certificate,
    digest: DigestAlgorithm,
    by: SignatureAlgorithm,
) -> String {
    const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
    const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let value = STANDARD.encode(digest.digest(CONTENT.as_bytes()).unwrap());
    let signed_info = format!(
        "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">\
         </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>\
         <ds:Reference URI=\"\"><ds:Transforms><ds:Transform Algorithm=\"{DS}enveloped-signature\">\
         </ds:Transform><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod>\
         <ds:DigestValue>{value}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
        by.uri().unwrap(),
        digest.uri(),
    );
    let value = bench.value(key, by, signed_info.as_bytes());
    let value = if matches!(by, SignatureAlgorithm::Ecdsa(_)) { raw(&value, 48) } else { value };
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{DS}\">{signed_info}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo>\
         <ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature></all>",
        STANDARD.encode(value),
        STANDARD.encode(certificate.der()),
    );
    CONTENT.replace("</all>", &signature)
}

/// The content signed with a detached CMS that has signed attributes (RFC 5652 5.3).
fn cms(
    bench: &Bench,
    key: &str,
    certificate: &Certificate,
    digest: DigestAlgorithm,
    by: SignatureAlgorithm,
) -> Vec<u8> {
    let name = |dotted: &str| oid(dotted).unwrap();
    let attribute = |dotted: &str, value: &[u8]| element(tag::SEQUENCE, &[&name(dotted), &element(tag::SET, &[value])]);
    let over = element(tag::OCTET_STRING, &[&digest.digest(CONTENT.as_bytes()).unwrap()]);
    let data = name("1.2.840.113549.1.7.1");
    let mut attributes = [attribute("1.2.840.113549.1.9.3", &data), attribute("1.2.840.113549.1.9.4", &over)];
    attributes.sort();
    let attributes = attributes.concat();
    let value = bench.value(key, by, &element(tag::SET, &[&attributes]));
    let digest = element(tag::SEQUENCE, &[&name(digest.oid())]);
    let serial = element(tag::INTEGER, &[certificate.serial_octets()]);
    let signer = element(
        tag::SEQUENCE,
        &[
            &[tag::INTEGER, 1, 1],
            &element(tag::SEQUENCE, &[certificate.issuer_der(), &serial]),
            &digest,
            &element(tag::context(0), &[&attributes]),
            &by.to_cms().unwrap(),
            &element(tag::OCTET_STRING, &[&value]),
        ],
    );
    let signed = element(
        tag::SEQUENCE,
        &[
            &[tag::INTEGER, 1, 1],
            &element(tag::SET, &[&digest]),
            &element(tag::SEQUENCE, &[&data]),
            &element(tag::context(0), &[certificate.der()]),
            &element(tag::SET, &[&signer]),
        ],
    );
    element(tag::SEQUENCE, &[&name("1.2.840.113549.1.7.2"), &element(tag::context(0), &[&signed])])
}

#[test]
fn edwards_curves_and_sha_3_are_read_in_both_forms() {
    use DigestAlgorithm::{Sha3_256, Sha3_384, Sha3_512, Sha512};
    use SignatureAlgorithm::{Ecdsa, Ed448, Ed25519};
    let bench = Bench::new();
    let edwards = (bench.key("e25519", "ED25519"), bench.key("e448", "ED448"));
    let (ec, rsa) = (bench.key("ec", "EC -pkeyopt ec_paramgen_curve:P-384"), bench.key("rsa", "RSA"));
    let pss = SignatureAlgorithm::pss;
    for (key, certificate, digest, by) in [
        ("e25519", &edwards.0, Sha512, Ed25519),
        ("e25519", &edwards.0, Sha3_256, Ed25519),
        ("e448", &edwards.1, Sha512, Ed448),
        ("e448", &edwards.1, Sha3_512, Ed448),
        ("ec", &ec, Sha3_256, Ecdsa(Sha3_256)),
        ("ec", &ec, Sha3_384, Ecdsa(Sha3_384)),
        ("ec", &ec, Sha3_512, Ecdsa(Sha3_512)),
        ("rsa", &rsa, Sha3_256, pss(Sha3_256)),
        ("rsa", &rsa, Sha3_384, pss(Sha3_384)),
        ("rsa", &rsa, Sha3_512, pss(Sha3_512)),
    ] {
        let document = xmldsig(&bench, key, certificate, digest, by);
        bench.put("signed.xml", &document);
        let verify = format!("signed.xml --trust {key}.crt");
        assert_eq!(verdict(&bench.verify(&verify)), PASSED, "{by} over {digest} in XML: {document}");
        bench.put("signed.xml", document.replace(">1<", ">2<"));
        assert_eq!(verdict(&bench.verify(&verify)).0, "broken", "{by} over {digest} in XML");

        let octets = cms(&bench, key, certificate, digest, by);
        bench.put("content.xml.p7s", &octets);
        let verify = format!("content.xml.p7s --trust {key}.crt");
        assert_eq!(verdict(&bench.verify(&verify)), PASSED, "{by} over {digest} in CMS");
        let last = octets.len() - 1;
        bench.put("content.xml.p7s", [&octets[..last], &[octets[last] ^ 1]].concat());
        assert_eq!(verdict(&bench.verify(&verify)).0, "broken", "{by} over {digest} in CMS");
    }
}

#[test]
fn what_the_tool_signs_with_sha_3_is_read() {
    let bench = Bench::new();
    bench.key("rsa", "RSA");
    // it writes neither PSS, ECDSA nor EdDSA with it (OpenSSL 3.0)
    for digest in ["sha3-256", "sha3-384", "sha3-512"] {
        bench.openssl(&format!(
            "cms -sign -binary -in content.xml -signer rsa.crt -inkey rsa.key -md {digest} -outform DER \
             -out content.xml.p7s"
        ));
        let answer = bench.verify("content.xml.p7s --trust rsa.crt");
        assert_eq!(verdict(&answer), PASSED, "{digest}: {answer}");
    }
}

#[test]
fn what_is_broken_is_intact_and_refused_by_policy() {
    let bench = Bench::new();
    bench.key("rsa", "RSA");
    bench.key("short", "RSA -pkeyopt rsa_keygen_bits:1024");
    for (key, digest, what) in [("rsa", "sha1", "SHA-1"), ("rsa", "md5", "MD5"), ("short", "sha256", "RSA 1024")] {
        bench.openssl(&format!(
            "cms -sign -binary -in content.xml -signer {key}.crt -inkey {key}.key -md {digest} -outform DER \
             -out content.xml.p7s"
        ));
        let answer = bench.verify(&format!("content.xml.p7s --trust {key}.crt"));
        let (integrity, indication, sub_indication) = verdict(&answer);
        assert_eq!((integrity, indication), ("intact", "INDETERMINATE"), "{answer}");
        assert_eq!(sub_indication, Some("CRYPTO_CONSTRAINTS_FAILURE"), "{answer}");
        let reasons = answer["signatures"][0]["reasons"].to_string();
        assert!(reasons.contains("signature.weak-algorithm"), "{what}: {reasons}");
    }
}

// R decree 4.1, R 2.1.4
#[test]
fn the_policy_is_named_and_judges_at_the_moment_of_validation() {
    let bench = Bench::new();
    bench.key("rsa", "RSA -pkeyopt rsa_keygen_bits:2048");
    bench.openssl("cms -sign -binary -in content.xml -signer rsa.crt -inkey rsa.key -outform DER -out content.xml.p7s");
    let usual = "content.xml.p7s --trust rsa.crt";
    let answer = bench.verify(usual);
    assert_eq!(verdict(&answer), PASSED, "{answer}");
    assert_eq!(answer["policy"]["name"], "pencere");
    assert!(answer["policy"]["version"].is_string() && answer["indication"].is_string(), "{answer}");
    assert_eq!(verdict(&bench.verify(&format!("{usual} --at 2028-12-31T23:59:59Z"))), PASSED);
    let ended = ("intact", "INDETERMINATE", Some("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"));
    let answer = bench.verify(&format!("{usual} --at 2029-01-01T00:00:00Z"));
    assert_eq!(verdict(&answer), ended);
    assert!(answer["signatures"][0]["reasons"][0]["message"].as_str().unwrap().contains("2029-01-01"), "{answer}");

    let shipped = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/policy.toml")).unwrap();
    let own = shipped.replace("name = \"pencere\"", "name = \"own\"").replace("2029-01-01", "2039-01-01");
    bench.put("own.toml", own);
    let answer = bench.verify(&format!("{usual} --policy own.toml --at 2029-01-01T00:00:00Z"));
    assert_eq!((verdict(&answer), &answer["policy"]["name"]), (PASSED, &Value::from("own")));
    bench.put("own.toml", shipped.replace("{ name = \"SHA-256\" },", ""));
    let never = ("intact", "INDETERMINATE", Some("CRYPTO_CONSTRAINTS_FAILURE"));
    assert_eq!(verdict(&bench.verify(&format!("{usual} --policy own.toml"))), never);
    bench.put("own.toml", shipped.replace("SHA-256", "SHA256").replace("\"P-256\" }", "\"P-256\", untill = 1 }"));
    let output = bench.tool(env!("CARGO_BIN_EXE_pencere"), &format!("verify {usual} --policy own.toml"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("own.toml:") && said.contains("digests[1].name") && said.contains("untill"), "{said}");
}

#[test]
fn the_way_to_the_anchor_is_judged_too() {
    let bench = Bench::new();
    bench.key("ec", "EC -pkeyopt ec_paramgen_curve:P-256");
    bench.openssl("req -new -key ec.key -subj /CN=person -out person.csr");
    bench.openssl("genpkey -out ca.key -algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    bench.openssl("req -new -x509 -key ca.key -subj /CN=authority -days 3650 -out ca.crt");
    bench.put("extensions", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature");
    bench.openssl("x509 -req -in person.csr -CA ca.crt -CAkey ca.key -days 3650 -extfile extensions -out ec.crt");
    bench.openssl("cms -sign -binary -in content.xml -signer ec.crt -inkey ec.key -outform DER -out content.xml.p7s");
    assert_eq!(verdict(&bench.verify("content.xml.p7s --trust ca.crt")), PASSED);
    let answer = bench.verify("content.xml.p7s --trust ca.crt --at 2029-01-01T00:00:00Z");
    assert_eq!(verdict(&answer).2, Some("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), "{answer}");
    let message = answer["signatures"][0]["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("CN=authority"), "{message}");
}
