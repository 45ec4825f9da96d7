//! Those who sign: pencere itself, `xmlsec1`, and `openssl cms`, with the keys of the sample PKI.

use jiff::Timestamp;
use openssl::pkey::PKey;
use pencere::forms::certificate::Certificate;
use pencere::forms::xades::XadesSigner;
use pencere::host::Octets;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
pub const INCLUSIVE_11: &str = "http://www.w3.org/2006/12/xml-c14n11";
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
pub const ECDSA: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
pub const RSA: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// The two transforms by which EU DSS leaves signatures out of what is signed.
pub const DSS_XPATH: &str = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
    <ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>";
pub const DSS_FILTER: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\">\
    <f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">\
    /descendant::ds:Signature</f:XPath></ds:Transform>";
const PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";

/// The signers with their keys.
pub struct Signers {
    pki: PathBuf,
}

/// A signature before it is made, for `xmlsec1` to fill in.
pub struct Template {
    pub canonicalisation: &'static str,
    pub algorithm: &'static str,
    pub references: Vec<String>,
    pub key_info: &'static str,
    /// What stands behind KeyInfo.
    pub objects: String,
}

impl Default for Template {
    fn default() -> Self {
        Self {
            canonicalisation: EXCLUSIVE,
            algorithm: ECDSA,
            references: vec![reference("", &[ENVELOPED, EXCLUSIVE])],
            key_info: "<ds:KeyInfo><ds:X509Data><ds:X509Certificate></ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
            objects: String::new(),
        }
    }
}

impl Template {
    /// The template as XML with this Id.
    pub fn xml(&self, id: &str) -> String {
        format!(
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"{id}\">\n<ds:SignedInfo>\n\
             <ds:CanonicalizationMethod Algorithm=\"{}\"/>\n<ds:SignatureMethod Algorithm=\"{}\"/>\n{}\
             </ds:SignedInfo>\n<ds:SignatureValue></ds:SignatureValue>\n{}{}</ds:Signature>",
            self.canonicalisation,
            self.algorithm,
            self.references.concat(),
            self.key_info,
            self.objects
        )
    }
}

/// A reference by SHA-256 through these transforms.
pub fn reference(uri: &str, transforms: &[&str]) -> String {
    let transforms: Vec<_> = transforms.iter().map(|one| format!("<ds:Transform Algorithm=\"{one}\"/>")).collect();
    reference_of(&format!("URI=\"{uri}\""), &transforms.concat(), SHA256)
}

/// A reference to the whole document as EU DSS writes it: through one of its transforms, and canonical.
pub fn dss_reference(transform: &str) -> String {
    let transforms = format!("{transform}<ds:Transform Algorithm=\"{EXCLUSIVE}\"/>");
    reference_of("URI=\"\"", &transforms, SHA256)
}

/// A reference to signed properties.
pub fn properties_reference(uri: &str) -> String {
    let transform = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"/>");
    reference_of(&format!("URI=\"{uri}\" Type=\"{PROPERTIES}\""), &transform, SHA256)
}

/// A reference with these attributes and transforms, as XML.
pub fn reference_of(attributes: &str, transforms: &str, digest: &str) -> String {
    let transforms = match transforms {
        "" => String::new(),
        some => format!("<ds:Transforms>{some}</ds:Transforms>"),
    };
    format!(
        "<ds:Reference {attributes}>{transforms}<ds:DigestMethod Algorithm=\"{digest}\"/>\
         <ds:DigestValue></ds:DigestValue></ds:Reference>\n"
    )
}

/// The text with this put before its root's end tag.
pub fn inside(document: &str, more: &str) -> String {
    let end = document.rfind("</").unwrap();
    format!("{}{more}{}", &document[..end], &document[end..])
}

impl Signers {
    pub fn new(pki: &Path) -> Self {
        Self { pki: pki.to_owned() }
    }

    /// A file of the PKI.
    pub fn file(&self, name: &str) -> String {
        self.pki.join(name).to_str().unwrap().to_owned()
    }

    pub fn certificate(&self, person: &str) -> Certificate {
        let octets = fs::read(self.file(&format!("{person}.crt"))).unwrap();
        Certificate::from_pem(&octets).unwrap().remove(0)
    }

    /// What the samples' claimed signing times say.
    fn time() -> Timestamp {
        "2026-11-16T06:30:00Z".parse().unwrap()
    }

    /// An enveloped XAdES-B-B signature by pencere.
    pub fn xades(&self, document: &str, person: &str) -> String {
        let key = PKey::private_key_from_pem(&fs::read(self.file(&format!("{person}.key"))).unwrap()).unwrap();
        let signer = XadesSigner::new(key, self.certificate(person)).unwrap();
        let octets = Octets::from(document.as_bytes().to_vec());
        let content = pencere::signature::content_of_xml(&octets, &pencere::xml::Limits::default()).unwrap();
        let mut signature = String::new();
        let suffix = pencere::forms::xades::fresh_suffix().unwrap();
        signer.sign(&content.0, Self::time(), &suffix, &mut signature).unwrap();
        inside(document, &signature)
    }

    /// A document, with its signature template inside, signed by `xmlsec1`. `ids` are the further
    /// elements whose Ids references use, as xmlsec1 names them.
    pub fn xmlsec(&self, document: &str, person: &str, ids: &[&str]) -> String {
        self.xmlsec_among(document, person, ids, &[])
    }

    /// The same where references name files that lie beside the document.
    pub fn xmlsec_beside(&self, document: &str, person: &str, files: &[(&str, Vec<u8>)]) -> String {
        self.xmlsec_among(document, person, &[], files)
    }

    fn xmlsec_among(&self, document: &str, person: &str, ids: &[&str], files: &[(&str, Vec<u8>)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, octets) in files {
            fs::write(folder.path().join(name), octets).unwrap();
        }
        let (template, signed) = (folder.path().join("template.xml"), folder.path().join("signed.xml"));
        fs::write(&template, document).unwrap();
        let mut xmlsec = Command::new("xmlsec1");
        xmlsec.current_dir(folder.path());
        let (key, certificate) = (self.file(&format!("{person}.key")), self.file(&format!("{person}.crt")));
        xmlsec.args(["--sign", "--privkey-pem", &format!("{key},{certificate}")]);
        for id in ids {
            let (attribute, element) = id.split_once('=').unwrap();
            xmlsec.args([&format!("--id-attr:{attribute}"), element]);
        }
        let output = xmlsec.arg("--output").arg(&signed).arg(&template).output().unwrap();
        assert!(output.status.success(), "xmlsec1: {}\n{document}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(signed).unwrap()
    }

    /// A document with one such signature at its end.
    pub fn plain(&self, document: &str, person: &str, template: &Template) -> String {
        self.xmlsec(&inside(document, &template.xml("signature-1")), person, &[])
    }

    /// A detached signature by `openssl cms`, in DER; `-binary` unless the arguments say `-text` mode.
    pub fn cms(&self, content: &[u8], person: &str, arguments: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("content");
        fs::write(&path, content).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-sign", "-md", "sha256", "-nosmimecap", "-outform", "DER", "-in"]).arg(&path);
        openssl.args(["-signer", &self.file(&format!("{person}.crt"))]);
        openssl.args(["-inkey", &self.file(&format!("{person}.key"))]).args(arguments);
        let output = openssl.output().unwrap();
        assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The usual one: binary, CAdES.
    pub fn p7s(&self, content: impl AsRef<[u8]>, person: &str) -> Vec<u8> {
        self.cms(content.as_ref(), person, &["-binary", "-cades"])
    }

    /// `SignedProperties` in their Object, for a signature with this Id.
    pub fn properties(&self, person: &str, signature: &str, id: &str) -> String {
        use base64::Engine;
        let digest = self.certificate(person).sha256();
        let digest = base64::engine::general_purpose::STANDARD.encode(digest.as_bytes());
        format!(
            "<ds:Object><xades:QualifyingProperties xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" \
             Target=\"#{signature}\"><xades:SignedProperties Id=\"{id}\"><xades:SignedSignatureProperties>\
             <xades:SigningTime>2026-11-16T06:30:00Z</xades:SigningTime><xades:SigningCertificateV2><xades:Cert>\
             <xades:CertDigest><ds:DigestMethod Algorithm=\"{SHA256}\"/><ds:DigestValue>{digest}</ds:DigestValue>\
             </xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>\
             </xades:SignedProperties></xades:QualifyingProperties></ds:Object>"
        )
    }
}

/// How `xmlsec1` names the Ids of signed properties.
pub const PROPERTIES_ID: &str = "Id=http://uri.etsi.org/01903/v1.3.2#:SignedProperties";
/// And of submissions.
pub const SUBMISSION_ID: &str = "id=urn:boemis:submission:1:Submission";
