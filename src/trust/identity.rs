//! The identity profile: which attribute of a certificate's subject holds FİN and VÖEN.
//!
//! Configuration as data (there is no public certificate profile to rely on); what is found counts
//! only in the right form and with the right check digit. Owns the profiles that are shipped.

use crate::document::{Fin, Voen};
use crate::forms::certificate::Certificate;
use std::str::FromStr;

/// Where FİN and VÖEN stand in a certificate: ordered lists of places, the first that fits wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProfile {
    fin: Vec<Place>,
    voen: Vec<Place>,
}

/// One place: a subject attribute (dotted OID) and what stands around the identifier in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    attribute: String,
    before: String,
    after: String,
}

/// A profile's name, and its places for FİN and for VÖEN.
type Shipped = (&'static str, &'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]);

const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";
const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";

/// The shipped ones. The first is the default and reads what any of the others does: no certificate
/// that the centres of the country issue was at hand, and one window serves several of them.
const SHIPPED: [Shipped; 4] = [
    (
        "standard",
        &[(SERIAL_NUMBER, "{}"), (SERIAL_NUMBER, "PNOAZ-{}")],
        &[(ORGANIZATION_IDENTIFIER, "VATAZ-{}"), (ORGANIZATION_IDENTIFIER, "NTRAZ-{}"), (ORGANIZATIONAL_UNIT, "{}")],
    ),
    ("bare", &[(SERIAL_NUMBER, "{}")], &[(ORGANIZATION_IDENTIFIER, "VATAZ-{}")]),
    // ETSI EN 319 412-1 5.1.3 and 5.1.4: PNO and VAT; NTR, where a body's tax number is its register's too
    (
        "etsi",
        &[(SERIAL_NUMBER, "PNOAZ-{}")],
        &[(ORGANIZATION_IDENTIFIER, "VATAZ-{}"), (ORGANIZATION_IDENTIFIER, "NTRAZ-{}")],
    ),
    ("unit", &[(SERIAL_NUMBER, "{}")], &[(ORGANIZATIONAL_UNIT, "{}")]),
];

impl IdentityProfile {
    /// The names of the shipped profiles, the default first.
    pub const NAMES: [&'static str; 4] = [SHIPPED[0].0, SHIPPED[1].0, SHIPPED[2].0, SHIPPED[3].0];

    /// From pairs of subject attribute (dotted OID) and pattern with one hole, as `PNOAZ-{}`.
    ///
    /// # Errors
    /// The first attribute that is no OID, or pattern that has not exactly one hole.
    pub fn new(fin: &[(&str, &str)], voen: &[(&str, &str)]) -> Result<Self, String> {
        let places = |pairs: &[(&str, &str)]| -> Result<Vec<_>, String> {
            pairs.iter().map(|(oid, pattern)| Place::new(oid, pattern)).collect()
        };
        Ok(Self { fin: places(fin)?, voen: places(voen)? })
    }

    /// The shipped profile of this name: `standard`, all of the others in one; `bare`, FİN bare in
    /// serialNumber and VÖEN as `VATAZ-` in organizationIdentifier; `etsi`, both as ETSI EN 319 412-1
    /// writes them; `unit`, FİN bare in serialNumber and VÖEN bare in an OU.
    pub fn shipped(name: &str) -> Option<Self> {
        let (_, fin, voen) = SHIPPED.iter().find(|(known, ..)| *known == name)?;
        Self::new(fin, voen).ok()
    }

    /// The default.
    pub fn standard() -> Self {
        Self::shipped("standard").expect("these are OIDs and patterns with one hole")
    }

    /// The signer's FİN, when a place holds one.
    pub fn fin(&self, certificate: &Certificate) -> Option<Fin> {
        first(&self.fin, certificate)
    }

    /// The VÖEN of the signer's body, when a place holds one.
    pub fn voen(&self, certificate: &Certificate) -> Option<Voen> {
        first(&self.voen, certificate)
    }
}

impl Place {
    fn new(oid: &str, pattern: &str) -> Result<Self, String> {
        if crate::forms::der::oid(oid).is_none() {
            return Err(format!("“{oid}” is not a dotted object identifier"));
        }
        match pattern.split_once("{}") {
            Some((before, after)) if !after.contains("{}") => {
                Ok(Self { attribute: oid.to_owned(), before: before.to_owned(), after: after.to_owned() })
            }
            _ => Err(format!("the pattern “{pattern}” must have exactly one hole {{}}")),
        }
    }

    /// What stands at this place and has the right form, each once.
    fn found<T: FromStr + PartialEq>(&self, certificate: &Certificate) -> Vec<T> {
        let mut found = Vec::new();
        for value in certificate.subject_attribute(&self.attribute) {
            let inside = value.strip_prefix(&self.before).and_then(|rest| rest.strip_suffix(&self.after));
            if let Some(identifier) = inside.and_then(|inside| inside.parse().ok())
                && !found.contains(&identifier)
            {
                found.push(identifier);
            }
        }
        found
    }
}

/// The first place that holds anything decides. One that holds two says nothing: nobody guesses whose
/// word it is.
fn first<T: FromStr + PartialEq>(places: &[Place], certificate: &Certificate) -> Option<T> {
    let mut found = places.iter().map(|place| place.found(certificate)).find(|found| !found.is_empty())?;
    if found.len() == 1 { found.pop() } else { None }
}
