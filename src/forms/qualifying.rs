//! The qualifying properties of a XAdES signature (EN 319 132-1 5), as written: what is signed with it, and
//! what stands beside it.
//!
//! Owns what the elements say. Never decides whether the signature digests them, nor whether to believe
//! a time-stamp or a certificate among them.

use super::algorithm::DigestAlgorithm;
use super::certificate::Certificate;
use super::claims::{CLAIMS_MAX, Claims, ObjectFormat, SignaturePolicy};
use super::timestamp::Token;
use super::xmldsig::{DS, Malformed, Unsupported, XADES, XADES_141, base64, canonicalisation, missing};
use super::{cms, der};
use crate::xml::{Element, Method};
use openssl::bn::BigNum;

/// XAdES qualifying properties of a signature.
#[derive(Debug, Default)]
pub struct Properties {
    /// `Target` of QualifyingProperties.
    pub target: Option<String>,
    /// Offset of the start tag of SignedProperties, in what was read: only a digest of that very
    /// element makes it count.
    pub signed_at: Option<u64>,
    /// SigningTime.
    pub signing_time: Option<String>,
    /// Of SigningCertificateV2 and SigningCertificate, each that there is: what it says of the signer's
    /// certificate, which it names first; none where it names none.
    pub signing_certificates: Vec<Option<SigningCertificate>>,
    /// What else the signer says.
    pub claims: Claims,
    /// What stands beside what is signed.
    pub unsigned: UnsignedProperties,
}

/// What a signature says of the certificate that it is made with (EN 319 132-1 5.2.2).
#[derive(Debug)]
pub struct SigningCertificate {
    /// The algorithm of its digest.
    pub algorithm: Result<DigestAlgorithm, Unsupported>,
    digest: Vec<u8>,
    /// The contents octets of its serial number, less zeros in front.
    serial: Option<Vec<u8>>,
    /// Its issuer's name in DER. Version 1 has it as a text, which everybody spells another way.
    issuer: Option<Vec<u8>>,
}

/// Unsigned properties: nobody signed them, so only what proves itself is kept.
#[derive(Debug, Default)]
pub struct UnsignedProperties {
    /// Time-stamps, in their order.
    pub stamps: Vec<Stamped>,
    /// Offsets of the start tags of all properties of the signature, in their order: an archive time-stamp is
    /// over all that stand before it.
    pub at: Vec<u64>,
    /// Certificates, as DER (5.4.1).
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists, as DER (5.4.2).
    pub revocation_lists: Vec<Vec<u8>>,
    /// OCSP responses, as DER (5.4.2).
    pub responses: Vec<Vec<u8>>,
    /// How many counter-signatures there are: said, and never taken for signers (5.2.7).
    pub countersignatures: usize,
}

/// What a time-stamp among the unsigned properties is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampKind {
    /// The signature value (5.3).
    Signature,
    /// The signature and references to validation data, or those alone (A.1.5).
    References,
    /// All that there is (5.5.2); `referenced` objects inside the signature too, as from XAdES 1.4.1 on.
    Archive {
        /// Whether an Object that a reference digests is taken once more by itself.
        referenced: bool,
    },
}

/// A time-stamp among the unsigned properties.
#[derive(Debug)]
pub struct Stamped {
    /// What it is over.
    pub kind: StampKind,
    /// How elements are canonicalised for it.
    pub canonicalisation: Result<Method, Unsupported>,
    /// The tokens, each as DER.
    pub tokens: Vec<Vec<u8>>,
    /// Offset of its start tag, in what was read.
    pub at: u64,
    /// Whether it says itself what it is over, in pieces that lie elsewhere.
    pub is_scattered: bool,
}

impl Properties {
    pub(super) fn read(element: &Element) -> Result<Self, Malformed> {
        let target = element.attribute("Target").map(str::to_owned);
        let unsigned = element.child(XADES, "UnsignedProperties");
        let unsigned = unsigned.map(UnsignedProperties::read).unwrap_or_default();
        let mut properties = Self { target, unsigned, ..Self::default() };
        let mut all = element.all(XADES, "SignedProperties");
        let Some(signed) = all.next() else { return Ok(properties) };
        if all.next().is_some() {
            return Err(Malformed("a second SignedProperties".into()));
        }
        properties.signed_at = Some(signed.offset);
        if let Some(objects) = signed.child(XADES, "SignedDataObjectProperties") {
            properties.claims.of_objects(objects);
        }
        let Some(signature) = signed.child(XADES, "SignedSignatureProperties") else { return Ok(properties) };
        if signed.all(XADES, "SignedSignatureProperties").nth(1).is_some() {
            properties.claims.malformed("SignedSignatureProperties", "stands twice");
        }
        for name in ["SigningTime", "SigningCertificate", "SigningCertificateV2"] {
            if signature.all(XADES, name).nth(1).is_some() {
                properties.claims.malformed(name, "stands twice");
            }
        }
        properties.claims.of_signature(signature);
        properties.signing_time = signature.child(XADES, "SigningTime").map(|time| time.text.trim().to_owned());
        for name in ["SigningCertificateV2", "SigningCertificate"] {
            if let Some(named) = signature.child(XADES, name) {
                let certificate = SigningCertificate::read(named, &mut properties.claims)?;
                properties.signing_certificates.push(certificate);
            }
        }
        Ok(properties)
    }
}

impl SigningCertificate {
    fn read(element: &Element, claims: &mut Claims) -> Result<Option<Self>, Malformed> {
        let Some(first) = element.child(XADES, "Cert") else { return Ok(None) };
        let Some(digest) = first.child(XADES, "CertDigest") else { return Ok(None) };
        let (algorithm, digest) = digest_of(digest)?;
        let (mut serial, mut issuer) = (None, None);
        if let Some(old) = first.child(XADES, "IssuerSerial") {
            let number = old.child(DS, "X509SerialNumber").and_then(|text| BigNum::from_dec_str(text.text.trim()).ok());
            match number {
                Some(number) => serial = Some(number.to_vec()),
                None => claims.malformed("SigningCertificate", "IssuerSerial"),
            }
        } else if let Some(new) = first.child(XADES, "IssuerSerialV2") {
            let der = base64(&new.text).unwrap_or_default();
            match der::Reader::only(&der).and_then(cms::issuer_serial) {
                Ok((name, number)) => (issuer, serial) = (Some(name.to_vec()), Some(without_zeros(number).to_vec())),
                Err(_) => claims.malformed("SigningCertificateV2", "IssuerSerialV2"),
            }
        }
        Ok(Some(Self { algorithm, digest, serial, issuer }))
    }

    /// Whether it means this certificate; none when its digest algorithm is unknown.
    pub fn means(&self, certificate: &Certificate) -> Option<bool> {
        let digest = self.algorithm.as_ref().ok()?.digest(certificate.der())?;
        let serial = self.serial.as_deref().is_none_or(|serial| serial == without_zeros(certificate.serial_octets()));
        let issuer = self.issuer.as_deref().is_none_or(|issuer| issuer == certificate.issuer_der());
        Some(digest == self.digest && serial && issuer)
    }
}

fn without_zeros(octets: &[u8]) -> &[u8] {
    &octets[octets.iter().take_while(|&&octet| octet == 0).count()..]
}

fn digest_of(element: &Element) -> Result<(Result<DigestAlgorithm, Unsupported>, Vec<u8>), Malformed> {
    let method = element.child(DS, "DigestMethod").ok_or_else(|| missing("DigestMethod"))?;
    let uri = method.attribute("Algorithm").unwrap_or_default();
    let value = element.child(DS, "DigestValue").ok_or_else(|| missing("DigestValue"))?;
    let algorithm = DigestAlgorithm::from_uri(uri).ok_or_else(|| Unsupported(uri.to_owned()));
    Ok((algorithm, base64(&value.text)?))
}

impl Claims {
    /// Reads SignedSignatureProperties.
    fn of_signature(&mut self, element: &Element) {
        for one in element.children.iter().filter(|child| child.namespace == XADES) {
            match one.local.as_str() {
                "SignaturePolicyIdentifier" => self.policy(one),
                "SignerRole" | "SignerRoleV2" => self.roles(one),
                "SignatureProductionPlace" | "SignatureProductionPlaceV2" => {
                    let order = ["StreetAddress", "City", "StateOrProvince", "PostalCode", "CountryName"];
                    self.place.extend(order.iter().filter_map(|local| text(one, local)));
                }
                _ => {}
            }
        }
    }

    /// 5.2.9: the one that is implied, or one by its identifier, with the digest of its text.
    fn policy(&mut self, element: &Element) {
        const NAME: &str = "SignaturePolicyIdentifier";
        if self.policy.is_some() {
            return self.malformed(NAME, "stands twice");
        }
        let [only] = &element.children[..] else { return self.malformed(NAME, "does not hold exactly one policy") };
        if only.is(XADES, "SignaturePolicyImplied") {
            self.policy = Some(SignaturePolicy::Implied);
            return;
        }
        let named = only.is(XADES, "SignaturePolicyId").then(|| only.child(XADES, "SigPolicyId")).flatten();
        let Some(id) = named.and_then(|id| text(id, "Identifier")) else {
            return self.malformed(NAME, "names no policy");
        };
        let digest = match only.child(XADES, "SigPolicyHash").map(digest_of) {
            Some(Ok((algorithm, digest))) => Some((algorithm.map_err(|unknown| unknown.0), digest)),
            _ => {
                self.malformed(NAME, "has no digest of the policy");
                None
            }
        };
        self.policy = Some(SignaturePolicy::Named { id, digest });
    }

    /// 5.2.6: what is claimed is told, what somebody attested is counted.
    fn roles(&mut self, element: &Element) {
        let claimed = element.all(XADES, "ClaimedRoles").flat_map(|all| all.all(XADES, "ClaimedRole"));
        self.roles.extend(claimed.take(CLAIMS_MAX).map(words).filter(|role| !role.is_empty()));
        let attested = ["CertifiedRoles", "CertifiedRolesV2", "SignedAssertions"];
        self.attested_roles +=
            attested.iter().flat_map(|local| element.all(XADES, local)).map(|all| all.children.len()).sum::<usize>();
    }

    /// Reads SignedDataObjectProperties.
    fn of_objects(&mut self, element: &Element) {
        let children = || element.children.iter().filter(|child| child.namespace == XADES);
        if children().count() > CLAIMS_MAX {
            self.malformed("SignedDataObjectProperties", "holds more than are looked at");
        }
        for one in children().take(CLAIMS_MAX) {
            match one.local.as_str() {
                "DataObjectFormat" => {
                    let reference = one.attribute("ObjectReference").map(|uri| uri.trim().to_owned());
                    let (media_type, description) = (text(one, "MimeType"), text(one, "Description"));
                    let identifier = one.child(XADES, "ObjectIdentifier").and_then(|id| text(id, "Identifier"));
                    if reference.is_none() {
                        self.malformed("DataObjectFormat", "says of nothing what it is");
                    }
                    self.formats.push(ObjectFormat { reference, media_type, description, identifier });
                }
                "CommitmentTypeIndication" => {
                    match one.child(XADES, "CommitmentTypeId").and_then(|id| text(id, "Identifier")) {
                        Some(id) => self.commitments.push(id),
                        None => self.malformed("CommitmentTypeIndication", "names no commitment"),
                    }
                }
                _ => {}
            }
        }
    }
}

/// The text of a child of XAdES's own namespace; none when it is not there or says nothing.
fn text(element: &Element, local: &str) -> Option<String> {
    let text = element.child(XADES, local)?.text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// All the text in an element and in those inside it, which a role may be wrapped in.
fn words(element: &Element) -> String {
    let own = element.text.trim();
    let inside = element.children.iter().map(words);
    let all = std::iter::once(own.to_owned()).chain(inside).filter(|text| !text.is_empty());
    all.collect::<Vec<_>>().join(" ")
}

impl UnsignedProperties {
    /// Whether an archive time-stamp is among them that has at least the form of one.
    pub fn is_archived(&self) -> bool {
        let is_archive = |stamp: &&Stamped| matches!(stamp.kind, StampKind::Archive { .. });
        self.stamps.iter().filter(is_archive).flat_map(|stamp| &stamp.tokens).any(|token| is_token(token))
    }

    /// Reads what is understood. What cannot be read is as good as not there: nobody signed it.
    fn read(element: &Element) -> Self {
        let mut found = Self::default();
        for one in element.all(XADES, "UnsignedSignatureProperties").flat_map(|all| &all.children) {
            found.at.push(one.offset);
            match (one.namespace.as_str(), one.local.as_str()) {
                (XADES, "SignatureTimeStamp") => found.stamp(StampKind::Signature, one),
                (XADES | XADES_141, "SigAndRefsTimeStamp" | "RefsOnlyTimeStamp")
                | (XADES_141, "SigAndRefsTimeStampV2" | "RefsOnlyTimeStampV2") => {
                    found.stamp(StampKind::References, one);
                }
                (XADES, "ArchiveTimeStamp") => found.stamp(StampKind::Archive { referenced: false }, one),
                (XADES_141, "ArchiveTimeStamp" | "ArchiveTimeStampV2") => {
                    found.stamp(StampKind::Archive { referenced: true }, one);
                }
                (XADES, "CertificateValues") => found.certificate_values(one),
                (XADES, "RevocationValues") => found.revocation_values(one),
                (XADES_141, "TimeStampValidationData" | "AnyValidationData") => {
                    one.all(XADES, "CertificateValues").for_each(|values| found.certificate_values(values));
                    one.all(XADES, "RevocationValues").for_each(|values| found.revocation_values(values));
                }
                (XADES, "CounterSignature") => found.countersignatures += 1,
                _ => {}
            }
        }
        found
    }

    fn stamp(&mut self, kind: StampKind, element: &Element) {
        // Canonical XML 1.0 where none is named (EN 319 132-1 4.5)
        let canonicalisation = match element.child(DS, "CanonicalizationMethod") {
            Some(method) => canonicalisation(method),
            None => Ok(Method::Inclusive { comments: false, eleven: false }),
        };
        let tokens = decoded(element.all(XADES, "EncapsulatedTimeStamp")).collect();
        let is_scattered = element.children.iter().any(|child| matches!(&*child.local, "Include" | "ReferenceInfo"));
        self.stamps.push(Stamped { kind, canonicalisation, tokens, at: element.offset, is_scattered });
    }

    fn certificate_values(&mut self, values: &Element) {
        self.certificates.extend(decoded(values.all(XADES, "EncapsulatedX509Certificate")));
    }

    fn revocation_values(&mut self, values: &Element) {
        let lists = values.all(XADES, "CRLValues").flat_map(|all| all.all(XADES, "EncapsulatedCRLValue"));
        self.revocation_lists.extend(decoded(lists));
        let responses = values.all(XADES, "OCSPValues").flat_map(|all| all.all(XADES, "EncapsulatedOCSPValue"));
        self.responses.extend(decoded(responses));
    }
}

/// Whether these octets are a time-stamp token by their form.
fn is_token(octets: &[u8]) -> bool {
    der::definite(octets).is_ok_and(|der| Token::read(&der).is_ok())
}

fn decoded<'a>(elements: impl Iterator<Item = &'a Element>) -> impl Iterator<Item = Vec<u8>> {
    elements.filter_map(|element| base64(&element.text).ok())
}
