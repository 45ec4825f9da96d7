//! From what a certificate's subject shows to configuration: the shipped profile that reads it, or one
//! of its own that would, and the person's entry in the registry. Writes text; changes no file.

use super::clue::{Clue, Kind, clues};
use crate::document::{Fin, Voen};
use crate::forms::certificate::Certificate;
use crate::trust::IdentityProfile;
use jiff::civil::Date;

/// How a certificate's FİN and VÖEN can be read.
pub struct Proposal {
    /// The shipped profile that reads both, the narrowest one.
    pub profile: Option<&'static str>,
    /// What that profile, or the one of its own, reads as FİN.
    pub fin: Option<Fin>,
    /// And as VÖEN.
    pub voen: Option<Voen>,
    /// `[identity]` in TOML; none where nothing is known to stand in it.
    pub identity: Option<String>,
    /// What the reader should know before it is pasted.
    pub remarks: Vec<String>,
}

/// Attributes that name a person or a body (CN, SN, O, givenName): what stands around a number there is
/// another text with every certificate.
const NAMES: [&str; 4] = ["2.5.4.3", "2.5.4.4", "2.5.4.10", "2.5.4.42"];
/// Where a FİN and where a VÖEN are looked for first: serialNumber; organizationIdentifier, then OU.
const FIRST: [&str; 3] = ["2.5.4.5", "2.5.4.97", "2.5.4.11"];

impl Proposal {
    /// For this certificate.
    pub fn of(certificate: &Certificate) -> Self {
        // the default comes last: it reads what any of the others does
        let narrowest_first = IdentityProfile::NAMES.into_iter().cycle().skip(1).take(IdentityProfile::NAMES.len());
        for name in narrowest_first {
            let Some(profile) = IdentityProfile::shipped(name) else { continue };
            if let (Some(fin), Some(voen)) = (profile.fin(certificate), profile.voen(certificate)) {
                let identity = Some(format!("[identity]\nprofile = {}\n", toml(name)));
                let remarks = others(certificate, Some(&fin), Some(&voen));
                return Self { profile: Some(name), fin: Some(fin), voen: Some(voen), identity, remarks };
            }
        }
        Self::own(certificate)
    }

    fn own(certificate: &Certificate) -> Self {
        let (fins, voens) = (places(certificate, Kind::Fin), places(certificate, Kind::Voen));
        fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
            pairs.iter().map(|(oid, pattern)| (oid.as_str(), pattern.as_str())).collect()
        }
        let profile = IdentityProfile::new(&borrowed(&fins), &borrowed(&voens)).ok();
        let fin = profile.as_ref().and_then(|profile| profile.fin(certificate));
        let voen = profile.as_ref().and_then(|profile| profile.voen(certificate));
        let mut remarks = Vec::new();
        for (what, places, found) in [("FİN", &fins, fin.is_some()), ("VÖEN", &voens, voen.is_some())] {
            if !found && places.is_empty() {
                remarks.push(format!("Nothing in the subject can be read as a {what}."));
            } else if !found {
                remarks.push(format!("Several numbers stand where the {what} would, and no profile can tell which."));
            }
        }
        remarks.extend(others(certificate, fin.as_ref(), voen.as_ref()));
        let list = |places: &[(String, String)]| {
            let places: Vec<_> = places.iter().map(|(oid, pattern)| toml(&format!("{oid} {pattern}"))).collect();
            format!("[{}]", places.join(", "))
        };
        let is_known = !fins.is_empty() || !voens.is_empty();
        let identity = is_known.then(|| format!("[identity]\nfin = {}\nvoen = {}\n", list(&fins), list(&voens)));
        Self { profile: None, fin, voen, identity, remarks }
    }

    /// The person's entry in `registry.toml` (CONTRACT 2); none without a FİN, which it must have. It is
    /// bare there: that file is where the window knows it from.
    pub fn entry(&self, certificate: &Certificate, participant: &str, path: &str, from: Date) -> Option<String> {
        let fin = self.fin.as_ref()?.reveal();
        let first = |oid: &str| certificate.subject_attribute(oid).into_iter().next();
        let parts = || Some(format!("{} {}", first("2.5.4.4")?, first("2.5.4.42")?));
        // the name stands in answers and logs, where no FİN may
        let name = first("2.5.4.3").or_else(parts).unwrap_or_default().replace(fin, "");
        let whose = match &self.voen {
            Some(voen) => format!("# to the participant whose voen is {}\n", toml(voen.as_str())),
            None => "# to the participant whose person this is: the certificate names no body\n".to_owned(),
        };
        Some(format!(
            "{whose}[[participants.{participant}.persons]]\nname = {}\nfin = {}\n\
             # SHA-256 {}; the path is relative to registry.toml\ncertificates = [{}]\n\
             datasets = [\"capacity\", \"generation\"] # out of the participant's; strike what is not this person's\n\
             rights = [\"file\"]\nfrom = \"{from}\"\n",
            toml(name.trim()),
            toml(fin),
            certificate.sha256(),
            toml(path),
        ))
    }
}

/// Patterns that would find the good numbers of this kind, the likeliest place first.
fn places(certificate: &Certificate, kind: Kind) -> Vec<(String, String)> {
    let mut places: Vec<(String, String)> = Vec::new();
    for (oid, clue) in all(certificate).filter(|(_, clue)| clue.kind == kind && clue.fault.is_none()) {
        let (before, after) = (&clue.before, &clue.after);
        let varies = NAMES.contains(&oid) && !(before.is_empty() && after.is_empty());
        let place = (oid.to_owned(), format!("{before}{{}}{after}"));
        if !varies && place.1.matches("{}").count() == 1 && !places.contains(&place) {
            places.push(place);
        }
    }
    places.sort_by_key(|(oid, _)| FIRST.iter().position(|first| first == oid).unwrap_or(FIRST.len()));
    places
}

/// What else looks like one of the two numbers.
fn others(certificate: &Certificate, fin: Option<&Fin>, voen: Option<&Voen>) -> Vec<String> {
    let mut remarks = Vec::new();
    for (oid, clue) in all(certificate).filter(|(_, clue)| clue.fault.is_none()) {
        let remark = match (clue.kind, fin, voen) {
            (Kind::Fin, Some(fin), _) if fin.reveal() != clue.value => {
                format!("Another number that looks like a FİN stands in {oid}: make sure which is the person's.")
            }
            (Kind::Voen, _, Some(voen)) if voen.as_str() != clue.value => {
                format!("Another VÖEN, {}, stands in {oid}: make sure which is the body's.", clue.value)
            }
            _ => continue,
        };
        if !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
    remarks
}

fn all(certificate: &Certificate) -> impl Iterator<Item = (&str, Clue)> {
    certificate.subject_attributes().iter().flat_map(|(oid, value)| {
        let found = value.as_deref().map(|value| clues(oid, value)).unwrap_or_default();
        found.into_iter().map(move |clue| (oid.as_str(), clue))
    })
}

/// A string as TOML writes it.
fn toml(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
