//! The sample PKI: that of the library, and beside it the odd certificates that samples need.

use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time, Asn1Type};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509NameBuilder};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What must lie in the folder.
pub const NAMES: &[&str] = &[
    "README.md",
    "ca.crt",
    "ca.key",
    "energetika.crt",
    "iqtisadiyyat.crt",
    "ekologiya.crt",
    "meliorasiya.crt",
    "azerenerji.crt",
    "azerisiq.crt",
    "expired.crt",
    "stranger.crt",
    "azerenerji-rsa.crt",
    "azerenerji-p384.crt",
    "azerenerji-p521.crt",
    "renewed.crt",
    "future.crt",
    "revoked.crt",
    "encipherment.crt",
    "no-fin.crt",
    "other-voen.crt",
    "other-ca.crt",
    "other.crt",
    "centre.crt",
    "trial-of-centre.crt",
    "fresh.crl",
    "stale.crl",
];

/// `certificatePolicies` with pencere's trial policy alone, in DER.
const TRIAL_POLICY: &str = pencere::forms::certificate::TRIAL_POLICY_OID;
const ORGANIZATION_IDENTIFIER: Nid = Nid::from_raw(1089);
/// The person of «Azərenerji» in the shipped registry; synthetic.
const PERSON: Who = Who { name: "Əliyev Rəşad Vaqif oğlu", fin: "1SNQ0A5", voen: "9990000631" };

#[derive(Clone, Copy)]
struct Who {
    name: &'static str,
    fin: &'static str,
    voen: &'static str,
}

struct Pair {
    certificate: X509,
    key: PKey<Private>,
}

enum Role {
    Authority,
    Signer,
    Encipherment,
}

fn ec(curve: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
}

fn subject(who: Who) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid_with_type(Nid::COUNTRYNAME, "AZ", Asn1Type::PRINTABLESTRING).unwrap();
    name.append_entry_by_nid(Nid::ORGANIZATIONNAME, "«Azərenerji» ASC").unwrap();
    if !who.voen.is_empty() {
        name.append_entry_by_nid(ORGANIZATION_IDENTIFIER, &format!("VATAZ-{}", who.voen)).unwrap();
    }
    name.append_entry_by_nid(Nid::COMMONNAME, who.name).unwrap();
    if !who.fin.is_empty() {
        name.append_entry_by_nid_with_type(Nid::SERIALNUMBER, who.fin, Asn1Type::PRINTABLESTRING).unwrap();
    }
    name.build()
}

fn issue(who: Who, key: PKey<Private>, issuer: Option<&Pair>, role: Role, marked: bool, from: &str, to: &str) -> Pair {
    let moment = |text: &str| Asn1Time::from_unix(text.parse::<Timestamp>().unwrap().as_second()).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(127, MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    let subject = subject(who);
    builder.set_subject_name(&subject).unwrap();
    let own = issuer.map(|issuer| &*issuer.certificate);
    builder.set_issuer_name(own.map_or(&subject, |issuer| issuer.subject_name())).unwrap();
    builder.set_not_before(&moment(from)).unwrap();
    builder.set_not_after(&moment(to)).unwrap();
    builder.set_pubkey(&key).unwrap();
    let usage = match role {
        Role::Authority => KeyUsage::new().critical().key_cert_sign().crl_sign().build(),
        Role::Signer => KeyUsage::new().critical().digital_signature().non_repudiation().build(),
        Role::Encipherment => KeyUsage::new().critical().key_encipherment().key_agreement().build(),
    };
    builder.append_extension(usage.unwrap()).unwrap();
    let constraints = match role {
        Role::Authority => BasicConstraints::new().critical().ca().pathlen(0).build(),
        _ => BasicConstraints::new().critical().build(),
    };
    builder.append_extension(constraints.unwrap()).unwrap();
    if marked {
        let oid = Asn1Object::from_str(TRIAL_POLICY).unwrap();
        let wrapped = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
        let policies = wrapped(0x30, &wrapped(0x30, &wrapped(6, oid.as_slice())));
        let name = Asn1Object::from_str("2.5.29.32").unwrap();
        let octets = Asn1OctetString::new_from_bytes(&policies).unwrap();
        builder.append_extension(X509Extension::new_from_der(&name, false, &octets).unwrap()).unwrap();
    }
    let extension = SubjectKeyIdentifier::new().build(&builder.x509v3_context(own, None)).unwrap();
    builder.append_extension(extension).unwrap();
    if own.is_some() {
        let extension = AuthorityKeyIdentifier::new().keyid(true).build(&builder.x509v3_context(own, None)).unwrap();
        builder.append_extension(extension).unwrap();
    }
    builder.sign(issuer.map_or(&key, |issuer| &issuer.key), MessageDigest::sha256()).unwrap();
    Pair { certificate: builder.build(), key }
}

/// Makes the whole folder.
pub fn make(folder: &Path) {
    pencere::commands::trial::sample_pki(folder).unwrap();
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let authority = Pair {
        certificate: X509::from_pem(&read("ca.crt")).unwrap(),
        key: PKey::private_key_from_pem(&read("ca.key")).unwrap(),
    };
    let put = |name: &str, pair: &Pair, key: bool| {
        fs::write(folder.join(format!("{name}.crt")), pair.certificate.to_pem().unwrap()).unwrap();
        if key {
            fs::write(folder.join(format!("{name}.key")), pair.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        }
    };
    let p256 = || ec(Nid::X9_62_PRIME256V1);
    let (from, to) = ("2024-01-01T00:00:00Z", "2046-12-31T23:59:59Z");
    let person = |name, who, key, role, from| {
        put(name, &issue(who, key, Some(&authority), role, true, from, to), true);
    };
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    person("azerenerji-rsa", PERSON, rsa, Role::Signer, from);
    person("azerenerji-p384", PERSON, ec(Nid::SECP384R1), Role::Signer, from);
    person("azerenerji-p521", PERSON, ec(Nid::SECP521R1), Role::Signer, from);
    person("renewed", PERSON, p256(), Role::Signer, from);
    person("future", PERSON, p256(), Role::Signer, "2040-01-01T00:00:00Z");
    person("revoked", PERSON, p256(), Role::Signer, from);
    person("encipherment", PERSON, p256(), Role::Encipherment, from);
    person("no-fin", Who { fin: "", ..PERSON }, p256(), Role::Signer, from);
    person("other-voen", Who { voen: "9990001011", ..PERSON }, p256(), Role::Signer, from);

    let centre = |name| Who { name, fin: "", voen: "" };
    let other = issue(centre("Başqa sınaq mərkəzi"), p256(), None, Role::Authority, true, from, to);
    put("other-ca", &other, true);
    put("other", &issue(PERSON, p256(), Some(&other), Role::Signer, true, from, to), true);
    // An authority that does not say it is one for trials; its key is never written anywhere.
    let unmarked = issue(centre("Açarı olmayan mərkəz"), p256(), None, Role::Authority, false, from, to);
    put("centre", &unmarked, false);
    put("trial-of-centre", &issue(PERSON, p256(), Some(&unmarked), Role::Signer, true, from, to), true);
    fs::write(folder.join("README.md"), README).unwrap();
}

/// Revocation lists of the sample authority: one that is in force for as long as its keys, naming
/// `revoked.crt`, and one that ended long ago.
pub fn lists(folder: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    let in_pki = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let configuration =
        format!("[ca]\ndefault_ca=a\n[a]\ndatabase={}\ncrlnumber={}\ndefault_md=sha256\n", at("index"), at("number"));
    fs::write(at("ca.cnf"), configuration).unwrap();
    fs::write(at("index"), "").unwrap();
    fs::write(at("number"), "01\n").unwrap();
    let ca = |arguments: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl.args(["ca", "-config", &at("ca.cnf"), "-cert", &in_pki("ca.crt"), "-keyfile", &in_pki("ca.key")]);
        let output = openssl.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let list = |name: &str, from: &str, to: &str| {
        ca(&["-gencrl", "-crl_lastupdate", from, "-crl_nextupdate", to, "-out", &in_pki(name)]);
    };
    list("stale.crl", "20251201000000Z", "20260101000000Z");
    ca(&["-revoke", &in_pki("revoked.crt"), "-crl_reason", "keyCompromise"]);
    // revoked on 2026-11-02, not on the day on which this was made
    let index = fs::read_to_string(at("index")).unwrap();
    let mut fields: Vec<_> = index.split('\t').collect();
    fields[2] = "261102000000Z,keyCompromise";
    fs::write(at("index"), fields.join("\t")).unwrap();
    list("fresh.crl", "20261101000000Z", "20461231235959Z");
}

const README: &str = "\
# Sample PKI

**These keys are public, and worthless.** They are in the repository so that everybody can make samples. The
certificates are valid until 2046-12-31 and carry pencere's trial policy; a window whose environment is not `test`
refuses them, and refuses the authority `ca.crt` as an anchor. Never put this folder's authorities into the
configuration of a window that an agency uses.

Persons and numbers are synthetic; the bodies are those of the shipped registry.

| name | what it is |
|---|---|
| `ca` | the authority of all below, where nothing else is said |
| `energetika`, `iqtisadiyyat`, `ekologiya`, `meliorasiya` | one responsible person each, ECDSA P-256 |
| `azerenerji`, `azerisiq` | likewise |
| `azerenerji-rsa`, `-p384`, `-p521` | the same person of «Azərenerji» with RSA of 2048 bits, P-384, P-521 |
| `expired` | ended on 2024-01-01 |
| `future` | in force from 2040 |
| `revoked` | revoked by `fresh.crl` |
| `renewed` | a new certificate of the known person that nobody has confirmed |
| `stranger` | a person of no registry |
| `encipherment` | its key usage does not allow signing |
| `no-fin`, `other-voen` | without a FİN; with the VÖEN of another body |
| `other-ca`, `other` | an authority that nobody trusts, and a person's certificate from it |
| `centre` | an authority without the trial policy, made to issue one certificate; its key was never written down |
| `trial-of-centre` | a trial certificate from it: what a real window must refuse |
| `fresh.crl`, `stale.crl` | lists of `ca`: from 2026-11 to the end of 2046, and one that ended on 2026-01-01 |

Made by `tests/make_samples/pki.rs`.
";
