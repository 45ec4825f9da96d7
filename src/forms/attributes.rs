//! The signed attributes of CAdES (EN 319 122-1 5.2) that say what the signer says, as written.
//!
//! Owns what their octets mean. One that is not as the standard wants it is noted, and changes nothing of what
//! is read beside it.

use super::algorithm::digest_identifier;
use super::claims::{CLAIMS_MAX, Claims, ObjectFormat, SignaturePolicy};
use super::der::{DerFault, Element, Reader, tag};

/// signature-policy-identifier (5.2.9).
const SIGNATURE_POLICY: &str = "1.2.840.113549.1.9.16.2.15";
/// commitment-type-indication (5.2.3).
const COMMITMENT_TYPE: &str = "1.2.840.113549.1.9.16.2.16";
/// signer-location (5.2.5).
const SIGNER_LOCATION: &str = "1.2.840.113549.1.9.16.2.17";
/// signer-attributes of TS 101 733, and signer-attributes-v2 (5.2.6.1).
const SIGNER_ATTRIBUTES: &str = "1.2.840.113549.1.9.16.2.18";
const SIGNER_ATTRIBUTES_V2: &str = "0.4.0.19122.1.1";
/// content-hints (5.2.4.1).
const CONTENT_HINTS: &str = "1.2.840.113549.1.9.16.2.4";
/// mime-type (5.2.4.2).
const MIME_TYPE: &str = "0.4.0.1733.2.1";

impl Claims {
    /// Takes one signed attribute by its OID, when it is one of these.
    pub(super) fn attribute(&mut self, oid: &str, values: Element<'_>) {
        let read = match oid {
            SIGNATURE_POLICY => ("signature-policy-identifier", self.policy_of(values)),
            COMMITMENT_TYPE => ("commitment-type-indication", self.commitment_of(values)),
            SIGNER_LOCATION => ("signer-location", self.location_of(values)),
            SIGNER_ATTRIBUTES => ("signer-attributes", self.roles_of(values)),
            SIGNER_ATTRIBUTES_V2 => ("signer-attributes-v2", self.roles_of(values)),
            CONTENT_HINTS => ("content-hints", self.hints_of(values)),
            MIME_TYPE => ("mime-type", self.media_type_of(values)),
            _ => return,
        };
        if let (name, Err(DerFault(how))) = read {
            self.malformed(name, how);
        }
    }

    /// SignaturePolicy: an OID with the digest of the policy's text, or NULL for the one that is implied.
    fn policy_of(&mut self, values: Element<'_>) -> Result<(), DerFault> {
        let value = one(values)?;
        if value.tag == tag::NULL {
            self.policy = Some(SignaturePolicy::Implied);
            return Ok(());
        }
        let mut fields = of(value, tag::SEQUENCE)?.reader();
        let id = fields.any()?.oid()?;
        // what may stand behind it, qualifiers, is a sequence too
        let digest = fields.optional(tag::SEQUENCE)?.filter(|hash| is_hash(*hash)).map(|hash| {
            let mut fields = hash.reader();
            let algorithm = fields.any()?;
            let known = match digest_identifier(algorithm)? {
                Some(known) => Ok(known),
                None => Err(algorithm.reader().any()?.oid()?),
            };
            Ok::<_, DerFault>((known, fields.any()?.content.to_vec()))
        });
        let digest = digest.transpose()?;
        self.policy = Some(SignaturePolicy::Named { id, digest });
        Ok(())
    }

    fn commitment_of(&mut self, values: Element<'_>) -> Result<(), DerFault> {
        let mut values = values.reader();
        while !values.is_empty() && self.commitments.len() < CLAIMS_MAX {
            self.commitments.push(of(values.any()?, tag::SEQUENCE)?.reader().any()?.oid()?);
        }
        Ok(())
    }

    /// SignerLocation: country [0], town [1], postal address [2].
    fn location_of(&mut self, values: Element<'_>) -> Result<(), DerFault> {
        let mut fields = of(one(values)?, tag::SEQUENCE)?.reader();
        let country = fields.optional(tag::context(0))?;
        let town = fields.optional(tag::context(1))?;
        if let Some(address) = fields.optional(tag::context(2))? {
            let mut lines = of(Reader::only(address.content)?, tag::SEQUENCE)?.reader();
            while !lines.is_empty() && self.place.len() < CLAIMS_MAX {
                self.place.push(text(lines.any()?)?);
            }
        }
        for named in [town, country].into_iter().flatten() {
            self.place.push(text(Reader::only(named.content)?)?);
        }
        fields.finish()
    }

    /// SignerAttribute, old (a sequence of both kinds) and new (each at most once): claimed ones in [0].
    fn roles_of(&mut self, values: Element<'_>) -> Result<(), DerFault> {
        let mut fields = of(one(values)?, tag::SEQUENCE)?.reader();
        while !fields.is_empty() {
            let kind = fields.any()?;
            if kind.tag != tag::context(0) {
                self.attested_roles += 1;
                continue;
            }
            let mut claimed = of(Reader::only(kind.content)?, tag::SEQUENCE)?.reader();
            while !claimed.is_empty() && self.roles.len() < CLAIMS_MAX {
                let mut attribute = of(claimed.any()?, tag::SEQUENCE)?.reader();
                let oid = attribute.any()?.oid()?;
                let mut values = of(attribute.any()?, tag::SET)?.reader();
                while !values.is_empty() && self.roles.len() < CLAIMS_MAX {
                    // a value may be any type at all: what is no text is told by its attribute alone
                    self.roles.push(values.any()?.text().unwrap_or_else(|| oid.clone()));
                }
            }
        }
        Ok(())
    }

    /// ContentHints: a description in words, and the type of the innermost content.
    fn hints_of(&mut self, values: Element<'_>) -> Result<(), DerFault> {
        let mut fields = of(one(values)?, tag::SEQUENCE)?.reader();
        let description = fields.optional(tag::UTF8_STRING)?.map(text).transpose()?;
        let identifier = Some(fields.any()?.oid()?);
        fields.finish()?;
        let format = self.only_format();
        (format.description, format.identifier) = (description, identifier);
        Ok(())
    }

    fn media_type_of(&mut self, values: Element<'_>) -> Result<(), DerFault> {
        let media_type = text(of(one(values)?, tag::UTF8_STRING)?)?;
        self.only_format().media_type = Some(media_type);
        Ok(())
    }

    /// CMS signs one object.
    fn only_format(&mut self) -> &mut ObjectFormat {
        if self.formats.is_empty() {
            self.formats.push(ObjectFormat::default());
        }
        &mut self.formats[0]
    }
}

/// OtherHashAlgAndValue: an algorithm and octets.
fn is_hash(element: Element<'_>) -> bool {
    let mut fields = element.reader();
    let (algorithm, octets) = (fields.any().ok(), fields.any().ok());
    algorithm.is_some_and(|it| it.tag == tag::SEQUENCE) && octets.is_some_and(|it| it.tag == tag::OCTET_STRING)
}

fn one(values: Element<'_>) -> Result<Element<'_>, DerFault> {
    Reader::only(values.content)
}

fn of(element: Element<'_>, tag: u8) -> Result<Element<'_>, DerFault> {
    if element.tag == tag { Ok(element) } else { Err(DerFault("is of another type")) }
}

fn text(element: Element<'_>) -> Result<String, DerFault> {
    element.text().ok_or(DerFault("has a text that is none"))
}
