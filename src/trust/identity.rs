//! The identity profile: which attribute of a certificate's subject holds FİN and VÖEN.
//!
//! Configuration as data (there is no public certificate profile to rely on); what is found counts
//! only in the right form and with the right check digit.

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

impl IdentityProfile {
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

    /// FİN bare in serialNumber, else as ETSI EN 319 412-1 writes it; VÖEN in
    /// organizationIdentifier with `VATAZ-` or `NTRAZ-`, else bare in an OU.
    pub fn standard() -> Self {
        Self::new(
            &[("2.5.4.5", "{}"), ("2.5.4.5", "PNOAZ-{}")],
            &[("2.5.4.97", "VATAZ-{}"), ("2.5.4.97", "NTRAZ-{}"), ("2.5.4.11", "{}")],
        )
        .expect("these are OIDs and patterns with one hole")
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
}

fn first<T: FromStr>(places: &[Place], certificate: &Certificate) -> Option<T> {
    places.iter().find_map(|place| {
        let values = certificate.subject_attribute(&place.attribute);
        values.iter().find_map(|value| value.strip_prefix(&place.before)?.strip_suffix(&place.after)?.parse().ok())
    })
}
