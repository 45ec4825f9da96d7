//! The identity profile: where a certificate keeps its holder's FİN and the body's VÖEN.

use crate::document::Fin;
use crate::forms::certificate::Certificate;

/// Where FİN and VÖEN stand in a certificate: ordered places in the subject, each an attribute
/// (dotted OID) and what stands before the identifier in it. No profile of the country's centres
/// is published, so this is configuration (`[identity]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProfile {
    /// Tried in order for the FİN.
    pub fin: Vec<(String, String)>,
    /// Tried in order for the VÖEN.
    pub voen: Vec<(String, String)>,
}

impl Default for IdentityProfile {
    /// FİN in `serialNumber`, bare or as ETSI EN 319 412-1 5.1.3 writes it; VÖEN in
    /// `organizationIdentifier` as its 5.1.4 does.
    fn default() -> Self {
        let place = |oid: &str, before: &str| (oid.to_owned(), before.to_owned());
        Self {
            fin: vec![place("2.5.4.5", ""), place("2.5.4.5", "PNOAZ-")],
            voen: vec![place("2.5.4.97", "VATAZ-")],
        }
    }
}

impl IdentityProfile {
    /// The first value that has the form of a FİN (R 4.6).
    pub fn fin(&self, certificate: &Certificate) -> Option<Fin> {
        values(&self.fin, |oid| certificate.subject_attribute(oid)).find_map(|value| value.parse().ok())
    }

    /// The first value that stands where a VÖEN does, whatever its form: one that is no VÖEN must
    /// not be taken for none at all.
    pub fn voen(&self, certificate: &Certificate) -> Option<String> {
        values(&self.voen, |oid| certificate.subject_attribute(oid)).next()
    }
}

fn values(
    places: &[(String, String)],
    attribute: impl Fn(&str) -> Vec<String>,
) -> impl Iterator<Item = String> {
    places.iter().flat_map(move |(oid, before)| {
        let found = attribute(oid).into_iter();
        found.filter_map(|value| value.strip_prefix(before.as_str()).map(str::to_owned)).collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_tried_in_order_and_what_stands_before_is_taken_off() {
        let subject = |oid: &str| match oid {
            "2.5.4.5" => vec!["PNOAZ-5VBK5VR".to_owned()],
            "2.5.4.11" => vec!["Baş idarə".to_owned(), "VÖEN 9990000631".to_owned()],
            _ => Vec::new(),
        };
        let profile = IdentityProfile::default();
        let fin = values(&profile.fin, subject).find_map(|value| value.parse::<Fin>().ok());
        assert_eq!(fin.as_ref().map(Fin::reveal), Some("5VBK5VR"));
        assert_eq!(values(&profile.voen, subject).next(), None);
        let in_unit = [("2.5.4.97".to_owned(), "VATAZ-".to_owned()), ("2.5.4.11".to_owned(), "VÖEN ".to_owned())];
        assert_eq!(values(&in_unit, subject).next().as_deref(), Some("9990000631"));
    }
}
