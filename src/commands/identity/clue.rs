//! What in a certificate's subject looks like a FİN or a VÖEN, wherever it stands. Only looks: what
//! counts is what an identity profile reads.

use crate::document::{Fin, IdentityFault, Voen};
use serde::Serialize;

/// Which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Fin,
    Voen,
}

/// What keeps a number that looks like a VÖEN from being one of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    CheckDigit,
    NaturalPerson,
}

/// A number in an attribute's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clue {
    /// Which it looks like.
    pub kind: Kind,
    /// The number itself.
    pub value: String,
    /// Why it is none; null when form and, of a VÖEN, check digit are right.
    pub fault: Option<Fault>,
    /// What stands before it in the value.
    #[serde(skip)]
    pub before: String,
    /// What stands behind it.
    #[serde(skip)]
    pub after: String,
}

/// serialNumber and UID: what stands there is a person's number more often than not (RFC 4519 2.31).
const OF_A_PERSON: [&str; 2] = ["2.5.4.5", "0.9.2342.19200300.100.1.1"];
/// What may be written right before a FİN, without anything between.
const LABELS: [&str; 4] = ["PNOAZ", "FIN", "PIN", "AZ"];

/// The numbers in the value of this attribute, in order.
pub fn clues(oid: &str, value: &str) -> Vec<Clue> {
    let mut found: Vec<(usize, Clue)> = Vec::new();
    for (at, digits) in runs(value, |c| c.is_ascii_digit()) {
        let fault = match digits.parse::<Voen>() {
            Ok(_) => None,
            Err(IdentityFault::CheckDigit) => Some(Fault::CheckDigit),
            Err(IdentityFault::NotABody) => Some(Fault::NaturalPerson),
            Err(IdentityFault::Form) => continue,
        };
        found.push((at, clue(Kind::Voen, value, at, digits, fault)));
    }
    for (at, word) in runs(value, char::is_alphanumeric) {
        let labels = LABELS.iter().filter(|label| word.len() == label.len() + 7 && word.starts_with(**label));
        let skipped = labels.map(|label| label.len()).next().unwrap_or(0);
        let number = &word[skipped..];
        // a word of seven capitals is a word, and seven digits are a telephone, unless the place says more
        let mixed = number.bytes().any(|b| b.is_ascii_digit()) && number.bytes().any(|b| b.is_ascii_uppercase());
        if number.parse::<Fin>().is_ok() && (mixed || skipped > 0 || OF_A_PERSON.contains(&oid)) {
            found.push((at, clue(Kind::Fin, value, at + skipped, number, None)));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, clue)| clue).collect()
}

fn clue(kind: Kind, value: &str, at: usize, number: &str, fault: Option<Fault>) -> Clue {
    let after = &value[at + number.len()..];
    Clue { kind, value: number.to_owned(), fault, before: value[..at].to_owned(), after: after.to_owned() }
}

/// The longest runs of such characters, and where they begin.
fn runs(value: &str, is_inside: impl Fn(char) -> bool) -> Vec<(usize, &str)> {
    let mut runs = Vec::new();
    let mut from = None;
    for (at, c) in value.char_indices().chain([(value.len(), '\0')]) {
        match (from, is_inside(c)) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                runs.push((start, &value[start..at]));
                from = None;
            }
            _ => {}
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(oid: &str, value: &str) -> Vec<(Kind, String, Option<Fault>, String, String)> {
        clues(oid, value).into_iter().map(|one| (one.kind, one.value, one.fault, one.before, one.after)).collect()
    }

    #[test]
    fn numbers_are_seen_with_what_stands_around_them() {
        let fin = |before: &str, after: &str| (Kind::Fin, "5VBK5VR".into(), None, before.into(), after.into());
        let voen = |value: &str, fault, before: &str, after: &str| {
            (Kind::Voen, value.to_owned(), fault, before.to_owned(), after.to_owned())
        };
        assert_eq!(seen("2.5.4.5", "5VBK5VR"), [fin("", "")]);
        assert_eq!(seen("2.5.4.5", "PNOAZ-5VBK5VR"), [fin("PNOAZ-", "")]);
        assert_eq!(seen("2.5.4.5", "FIN5VBK5VR"), [fin("FIN", "")]);
        assert_eq!(seen("2.5.4.11", "VÖEN:9990000221"), [voen("9990000221", None, "VÖEN:", "")]);
        assert_eq!(seen("2.5.4.11", "AZ9990000221x"), [voen("9990000221", None, "AZ", "x")]);
        assert_eq!(seen("2.5.4.11", "9990000222"), [voen("9990000222", Some(Fault::NaturalPerson), "", "")]);
        assert_eq!(seen("2.5.4.11", "9990000231"), [voen("9990000231", Some(Fault::CheckDigit), "", "")]);
        let both = seen("2.5.4.3", "Əliyev 5VBK5VR/9990000221");
        assert_eq!(both, [fin("Əliyev ", "/9990000221"), voen("9990000221", None, "Əliyev 5VBK5VR/", "")]);
    }

    #[test]
    fn words_and_telephones_are_no_numbers_of_persons() {
        for value in ["ENERGYS", "1234567", "5vbk5vr", "5VBK5VRR", "ə5VBK5VR", "5VBK5VI", "99900002211", ""] {
            assert_eq!(seen("2.5.4.10", value), [], "{value}");
        }
        assert_eq!(seen("2.5.4.5", "1234567").len(), 1, "in a serialNumber it may be one");
    }
}
