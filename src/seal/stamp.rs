//! Time-stamps on receipts, as far as the seal has to do with them: it asks for them, puts them behind its
//! signature, and keeps them with its acts, so that the same receipt can be written again.
//!
//! Whom to ask, how long to wait and whom to believe is for whoever gives it a [`Stamper`]. A stamp is signed by
//! nobody here: it proves a moment, and a receipt without one says the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer, Serializer};

/// Who has the time stamped.
pub trait Stamper: Send + Sync {
    /// A token (RFC 3161, DER) over each of these, in their order, and already verified; none where none is to be
    /// had soon. A group of receipts is asked for at once, and all of it waits for the answer.
    fn stamp(&self, over: &[String]) -> Vec<Option<Vec<u8>>>;
}

/// A token in an act: Base64.
pub(super) fn serialize<S: Serializer>(token: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match token {
        Some(token) => serializer.serialize_some(&BASE64.encode(token)),
        None => serializer.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| BASE64.decode(text).map_err(serde::de::Error::custom)).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{P256, folder, open, record};
    use super::*;
    use crate::document::{Decision, SubmissionId};
    use std::sync::{Arc, Mutex};

    /// Gives tokens that are none, each another, while it has any; remembers what it was asked for.
    struct Machine {
        asked: Mutex<Vec<String>>,
        gives: fn(usize) -> bool,
    }

    impl Stamper for Machine {
        fn stamp(&self, over: &[String]) -> Vec<Option<Vec<u8>>> {
            let mut asked = self.asked.lock().unwrap();
            let one = |one: &String| {
                asked.push(one.clone());
                (self.gives)(asked.len()).then(|| format!("token {}", asked.len()).into_bytes())
            };
            over.iter().map(one).collect()
        }
    }

    fn machine(gives: fn(usize) -> bool) -> Arc<Machine> {
        Arc::new(Machine { asked: Mutex::default(), gives })
    }

    fn text(octets: &[u8]) -> String {
        String::from_utf8(octets.to_vec()).unwrap()
    }

    #[test]
    fn the_same_answer_is_the_same_octets_with_the_same_stamp() {
        let folder = folder(P256);
        let machine = machine(|_| true);
        let mut seal = open(folder.path()).stamped_by(machine.clone());
        let records: Vec<_> = (0..20)
            .map(|_| super::super::OutcomeRecord {
                id: SubmissionId::new(jiff::Timestamp::now()),
                ..record(Decision::Rejected)
            })
            .collect();
        let first = seal.seal_now(&records).unwrap();
        for (nth, one) in first.iter().enumerate() {
            let token = BASE64.encode(format!("token {}", nth + 1));
            assert!(
                text(one.octets()).contains(&format!("<xades:EncapsulatedTimeStamp>{token}<")) && !one.lacks_stamp()
            );
            // what was stamped is what stands there
            let asked = &machine.asked.lock().unwrap()[nth];
            let value = asked.split('>').nth(1).unwrap();
            assert!(value.len() > 80 && text(one.octets()).contains(value), "{asked}");
        }
        let octets = |sealed: &[super::super::Sealed]| -> Vec<_> {
            sealed.iter().map(|one| (one.octets().clone(), one.sha256())).collect()
        };
        assert_eq!(octets(&seal.seal_now(&records).unwrap()), octets(&first));
        drop(seal);
        // after a restart, and also where no authority is configured any more
        let mut without = open(folder.path());
        assert_eq!(octets(&without.seal_now(&records).unwrap()), octets(&first));
        let kept = without.again(records[7].id, 1).unwrap().unwrap().or_kept(|_| None).1.unwrap();
        assert_eq!(kept.octets(), first[7].octets());
        assert_eq!(machine.asked.lock().unwrap().len(), 20, "nothing was stamped twice");
    }

    #[test]
    fn what_went_without_a_stamp_stays_as_it_went() {
        let folder = folder(P256);
        let every_other = machine(|nth| nth % 2 == 0);
        let mut seal = open(folder.path()).stamped_by(every_other.clone());
        let id = |nth: i64| SubmissionId::new(jiff::Timestamp::from_second(1_800_000_000 + nth).unwrap());
        let records: Vec<_> =
            (0..10).map(|nth| super::super::OutcomeRecord { id: id(nth), ..record(Decision::Rejected) }).collect();
        let first = seal.seal_now(&records).unwrap();
        let lacking: Vec<bool> = first.iter().map(super::super::Sealed::lacks_stamp).collect();
        assert_eq!(lacking, [true, false].repeat(5));
        for one in &first {
            assert_eq!(one.lacks_stamp(), !text(one.octets()).contains("SignatureTimeStamp"));
        }
        drop(seal);
        let generous = machine(|_| true);
        let mut seal = open(folder.path()).stamped_by(generous.clone());
        let again = seal.seal_now(&records).unwrap();
        assert!(first.iter().zip(&again).all(|(one, other)| one.octets() == other.octets()));
        assert_eq!(again.iter().map(super::super::Sealed::lacks_stamp).collect::<Vec<_>>(), lacking);
        assert!(generous.asked.lock().unwrap().is_empty(), "its octets may lie with the sender already");
    }

    #[test]
    fn an_act_whose_stamp_is_no_base64_is_damage() {
        let folder = folder(P256);
        let one = record(Decision::Rejected);
        open(folder.path()).stamped_by(machine(|_| true)).seal_now([&one]).unwrap();
        let log = folder.path().join("seal/acts.log");
        let json = std::fs::read_to_string(&log).unwrap()[9..].trim_end().replace("\"stamp\":\"", "\"stamp\":\"?");
        std::fs::write(&log, format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))).unwrap();
        assert!(matches!(open(folder.path()).seal_now([&one]), Err(super::super::Refused::Log(_))));
    }
}
