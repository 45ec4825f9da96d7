//! What a signer says beside the signature, and signs with it: policy, commitment, role, place, and what
//! kind of thing is signed (EN 319 132-1 5.2, EN 319 122-1 5.2), the same for XAdES and CAdES.
//!
//! Owns the values as they are written. Never decides whether a policy is known or a role is held.

use super::algorithm::DigestAlgorithm;

/// Values of one kind that are kept of one signature: as many as it may have references.
pub const CLAIMS_MAX: usize = 64;

/// What one signer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// By which policy it was signed (EN 319 132-1 5.2.9, EN 319 122-1 5.2.9).
    pub policy: Option<SignaturePolicy>,
    /// What kind of thing each signed object is (EN 319 132-1 5.2.4, EN 319 122-1 5.2.4 and 5.2.5).
    pub formats: Vec<ObjectFormat>,
    /// Roles that the signer claims (5.2.6 of both), and nobody has attested here.
    pub roles: Vec<String>,
    /// How many roles come with an attestation of somebody else: told, not judged.
    pub attested_roles: usize,
    /// What the signer commits to by signing: identifiers (5.2.3 of both).
    pub commitments: Vec<String>,
    /// Where the signer says to have been: town first, country last (5.2.5 of both).
    pub place: Vec<String>,
    /// Properties that stand there and are not as the standard wants them.
    pub malformed: Vec<Malformed>,
}

/// A property that is not as it should be: its name, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str, pub &'static str);

/// By which policy a signature was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignaturePolicy {
    /// By the one that follows from what is signed.
    Implied,
    /// By this one.
    Named {
        /// Its identifier: an OID, dotted, or a URI.
        id: String,
        /// The digest of its text, with the algorithm or the name of one that is unknown.
        digest: Option<(Result<DigestAlgorithm, String>, Vec<u8>)>,
    },
}

impl SignaturePolicy {
    /// An OID in its one form, whichever way it was written; a URI as it is.
    pub fn identifier(text: &str) -> &str {
        let text = text.trim();
        let oid = text.get(..8).filter(|head| head.eq_ignore_ascii_case("urn:oid:")).map(|_| &text[8..]);
        oid.unwrap_or(text)
    }
}

/// What kind of thing a signed object is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectFormat {
    /// The `Id` of the reference that digests the object; none in CMS, which signs one object.
    pub reference: Option<String>,
    /// Its media type.
    pub media_type: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// An identifier of its type.
    pub identifier: Option<String>,
}

impl Claims {
    /// Notes that a property is not as it should be.
    pub fn malformed(&mut self, name: &'static str, how: &'static str) {
        self.malformed.push(Malformed(name, how));
    }
}

#[cfg(test)]
mod tests {
    use super::SignaturePolicy;

    #[test]
    fn an_oid_has_one_form() {
        for written in [
            "urn:oid:1.3.6.1.4.1.10015.1000.3.2.1",
            "URN:OID:1.3.6.1.4.1.10015.1000.3.2.1",
            " 1.3.6.1.4.1.10015.1000.3.2.1\n",
        ] {
            assert_eq!(SignaturePolicy::identifier(written), "1.3.6.1.4.1.10015.1000.3.2.1");
        }
        assert_eq!(SignaturePolicy::identifier("https://a/urn:oid:1"), "https://a/urn:oid:1");
        assert_eq!(SignaturePolicy::identifier("ə"), "ə");
    }
}
