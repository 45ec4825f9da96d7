//! Documents signed in this very run by `xmlsec1`, `openssl cms` and the program itself.

#[path = "../make_samples/signers.rs"]
#[allow(dead_code)]
mod signers;

use jiff::Timestamp;
use openssl::pkey::PKey;
use pencere::forms::cms;
use signers::{
    DSS_FILTER, DSS_XPATH, ENVELOPED, EXCLUSIVE, INCLUSIVE, INCLUSIVE_11, PROPERTIES_ID, RSA, SHA256, SUBMISSION_ID,
    Signers, Template, dss_reference, inside, properties_reference, reference, reference_of,
};
use std::fs;
use std::path::{Path, PathBuf};

/// One signed XML document.
#[derive(Debug)]
pub struct Signed {
    pub name: &'static str,
    pub text: String,
    /// Its canonical forms are exclusive ones: namespaces that nothing uses do not count.
    pub exclusive: bool,
}

impl Signed {
    /// What its reference is of, in a canonical form of it all: the document; or, of the one that names its element by
    /// its id, that element, without the instructions and comments before and behind it.
    pub fn referred<'t>(&self, canonical: &'t str) -> Option<&'t str> {
        const END: &str = "</Submission>";
        match self.name {
            "by id" => canonical.get(canonical.find("<Submission ")?..canonical.rfind(END)? + END.len()),
            _ => Some(canonical),
        }
    }
}

/// Every kind of node, and characters that each spelling treats otherwise.
const DOCUMENT: &str = "\
<Submission xmlns=\"urn:boemis:submission:1\" xmlns:q=\"urn:q\" xmlns:r=\"urn:r\" id=\"S-1\" q:b=\"2\" a=\"1\" \
r:a=\"x &lt; &quot;y&quot; &amp; 'z' &gt;\" xml:lang=\"az\">
  <?mark one  two?>
  <Record q:n=\"1\" m=\"&#9;tab&#10;line&#13;\"><q:Station code=\"GUN-0003\">Günəş &amp; külək &gt; su</q:Station>\
<EnergyMWh>1234.567</EnergyMWh></Record>
  <Record xmlns=\"\" r:n=\"2\"><Empty/><r:Other xmlns:r=\"urn:other\" b=\"\">ı İ ğ 🙂 &#13; end</r:Other></Record>
  <Total>1234.567</Total>
</Submission>
";

fn pki() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples/pki")
}

/// The XML documents, each signed anew.
pub fn documents() -> Vec<Signed> {
    let signers = Signers::new(&pki());
    let template = |canonicalisation, references| Template { canonicalisation, references, ..Template::default() };
    let exclusive = |name, text| Signed { name, text, exclusive: true };
    let inclusive = |name, text| Signed { name, text, exclusive: false };
    let plain = |template: &Template, person| signers.plain(DOCUMENT, person, template);
    let rsa = Template { algorithm: RSA, ..template(INCLUSIVE, vec![reference("", &[ENVELOPED])]) };
    let eleven = template(INCLUSIVE_11, vec![reference("", &[ENVELOPED, INCLUSIVE_11])]);
    let prefixes = format!(
        "<ds:Transform Algorithm=\"{ENVELOPED}\"/><ds:Transform Algorithm=\"{EXCLUSIVE}\"><ec:InclusiveNamespaces \
         xmlns:ec=\"{EXCLUSIVE}\" PrefixList=\"q #default\"/></ds:Transform>"
    );
    let prefixes = template(EXCLUSIVE, vec![reference_of("URI=\"\"", &prefixes, SHA256)]);
    let by_id = template(EXCLUSIVE, vec![reference("#S-1", &[ENVELOPED, EXCLUSIVE])]).xml("signature-1");
    let properties = Template {
        references: vec![reference("", &[ENVELOPED, EXCLUSIVE]), properties_reference("#properties-1")],
        objects: signers.properties("azerisiq", "signature-1", "properties-1"),
        ..Template::default()
    };
    let properties = inside(DOCUMENT, &properties.xml("signature-1"));
    let dss = |transform| template(EXCLUSIVE, vec![dss_reference(transform)]);
    vec![
        exclusive("exclusive", plain(&Template::default(), "azerisiq")),
        exclusive("pencere", signers.xades(DOCUMENT, "azerisiq")),
        exclusive("xades", signers.xmlsec(&properties, "azerisiq", &[PROPERTIES_ID])),
        inclusive("inclusive", plain(&rsa, "azerenerji-rsa")),
        inclusive("inclusive 1.1", plain(&eleven, "azerisiq")),
        exclusive("prefixes", plain(&prefixes, "azerisiq")),
        exclusive("by id", signers.xmlsec(&inside(DOCUMENT, &by_id), "azerisiq", &[SUBMISSION_ID])),
        exclusive("dss xpath", plain(&dss(DSS_XPATH), "azerisiq")),
        exclusive("dss filter", plain(&dss(DSS_FILTER), "azerisiq")),
    ]
}

/// What is signed by CMS.
pub const CONTENT: &[u8] = b"dataset,period\ngeneration,2026-Q3\n\xc9\x99\r\nend";

/// CMS over [`CONTENT`], each made anew: name and signature file.
pub fn signature_files() -> Vec<(&'static str, Vec<u8>)> {
    let signers = Signers::new(&pki());
    let made = |person, arguments: &[&str]| signers.cms(CONTENT, person, arguments);
    let key = PKey::private_key_from_pem(&fs::read(signers.file("azerisiq.key")).unwrap()).unwrap();
    let at: Timestamp = "2026-11-16T06:30:00Z".parse().unwrap();
    let ours = cms::sign_detached(&CONTENT.to_vec().into(), &key, &signers.certificate("azerisiq"), at).unwrap();
    let pss = ["-binary", "-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"];
    let ca = signers.file("ca.crt");
    vec![
        ("pencere", ours),
        ("cades", made("azerisiq", &["-binary", "-cades"])),
        ("rsa", made("azerenerji-rsa", &["-binary"])),
        ("pss", made("azerenerji-rsa", &pss)),
        ("key identifier, more certificates", made("azerisiq", &["-binary", "-cades", "-keyid", "-certfile", &ca])),
        ("attached", made("azerisiq", &["-binary", "-cades", "-nodetach"])),
    ]
}
