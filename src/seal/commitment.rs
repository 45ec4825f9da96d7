//! The commitment of a receipt: where in the transparency log its word stands, and what ties it to the receipt before.
//!
//! Owns the form in which the seal is given it, and the look whether it is of the very outcome that is to be sealed:
//! no receipt is sealed whose word is not in the log. Never asks who signed the checkpoint: the receipt names the key,
//! and whoever proves a receipt asks for it.

use super::OutcomeRecord;
use crate::document::{Decision, Digest, SubmissionId};
use crate::forms::merkle;
use crate::forms::note::Checkpoint;
use serde::{Deserialize, Serialize};

/// Where in the transparency log the word of a receipt stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// The leaf: the journal's line as it was hashed.
    pub entry: String,
    /// Its place, from 0.
    pub index: u64,
    /// The proof that it is there.
    pub inclusion: Vec<Digest>,
    /// How many leaves the log has in the checkpoint.
    pub size: u64,
    /// The checkpoint, a signed note.
    pub checkpoint: String,
    /// The key that signed it, in the form `NAME+ID+KEY`.
    pub key: String,
    /// The log as the body's receipt before this one knew it; none where that was the same checkpoint, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<SinceRecord>,
    /// The body's receipt before this one; none of its first, and of what is nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousRecord>,
}

/// A beginning of the log, with the proof that it is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinceRecord {
    /// How many leaves it had.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The proof of consistency.
    pub proof: Vec<Digest>,
}

/// The receipt before: of the same body, whatever document it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousRecord {
    /// Its number.
    pub number: String,
    /// The digest that its seal signs: of the whole document without the seal, canonical.
    pub content: Digest,
    /// How many leaves the log had in its checkpoint.
    pub size: u64,
}

/// What an entry of the log says of an outcome: the journal's `decided`, read for itself, since the seal believes no
/// journal and a receipt is proven without one.
#[derive(Debug, Deserialize)]
pub struct Entry {
    event: String,
    /// Of which submission.
    pub id: SubmissionId,
    /// Which of its answers.
    pub answer: u32,
    /// The word.
    pub decision: Decision,
    /// The digest of all that the receipt says ([`said`](super::said)).
    pub said: Digest,
}

impl Entry {
    /// Reads an entry; none where it is another event's, or no entry.
    pub fn read(entry: &str) -> Option<Self> {
        serde_json::from_str::<Self>(entry).ok().filter(|entry| entry.event == "decided")
    }
}

impl Commitment {
    /// Whether it is of this outcome, of which the receipt says that, and the entry in the log of that checkpoint.
    pub(super) fn is_of(&self, record: &OutcomeRecord, said: Digest) -> bool {
        let Some(entry) = Entry::read(&self.entry) else { return false };
        let Ok(checkpoint) = Checkpoint::read(&self.checkpoint) else { return false };
        let leaf = merkle::leaf(self.entry.as_bytes());
        (entry.id, entry.answer, entry.decision) == (record.id, record.answer, record.decision)
            && entry.said == said
            && checkpoint.size == self.size
            && merkle::is_included(leaf, self.index, self.size, &self.inclusion, checkpoint.root)
    }

    /// The same, behind a receipt of the same group, which has the same checkpoint.
    pub(super) fn behind(self, previous: Option<&PreviousRecord>) -> Self {
        match previous {
            Some(previous) => Self { since: None, previous: Some(previous.clone()), ..self },
            None => self,
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::super::{Asked, Refused, Seal, Sealed, said};
    use super::*;
    use crate::forms::merkle::{Nodes, Peaks, Tree};
    use crate::forms::note::LogSigner;
    use openssl::pkey::PKey;
    use std::collections::HashMap;
    use std::convert::Infallible;

    struct Grown(HashMap<(u32, u64), Digest>);

    impl Nodes for Grown {
        type Fault = Infallible;
        fn node(&self, level: u32, at: u64) -> Result<Digest, Infallible> {
            Ok(self.0[&(level, at)])
        }
    }

    /// The entry of an outcome.
    pub(crate) fn entry(record: &OutcomeRecord) -> String {
        let OutcomeRecord { id, answer, decision, .. } = record;
        let said = said(record);
        format!(r#"{{"event":"decided","id":"{id}","answer":{answer},"decision":"{decision}","said":"{said}"}}"#)
    }

    /// Outcomes as the leaves of a log of their own, behind one other leaf.
    pub(crate) fn logged<'a>(records: impl IntoIterator<Item = &'a OutcomeRecord>) -> Vec<Asked<'a>> {
        let records: Vec<&OutcomeRecord> = records.into_iter().collect();
        let leaves: Vec<String> =
            std::iter::once("other".to_owned()).chain(records.iter().map(|one| entry(one))).collect();
        records.into_iter().zip(committed(&leaves).into_iter().skip(1)).collect()
    }

    /// The commitments of a log's leaves, all to the same checkpoint.
    pub(crate) fn committed(leaves: &[String]) -> Vec<Commitment> {
        let (mut grown, mut peaks) = (Grown(HashMap::new()), Peaks::default());
        for leaf in leaves {
            peaks.push(merkle::leaf(leaf.as_bytes()), |level, at, hash| {
                grown.0.insert((level, at), hash);
            });
        }
        let key = PKey::private_key_from_raw_bytes(&[7; 32], openssl::pkey::Id::ED25519).unwrap();
        let signer = LogSigner::new("pencere/trial", key).unwrap();
        let tree = Tree::new(&grown, peaks.size());
        let commitment = |(index, entry): (u64, &String)| Commitment {
            entry: entry.clone(),
            index,
            inclusion: tree.inclusion(index).unwrap(),
            size: peaks.size(),
            checkpoint: signer.sign(peaks.size(), peaks.root()).unwrap(),
            key: signer.key().to_string(),
            since: None,
            previous: None,
        };
        (0..).zip(leaves).map(commitment).collect()
    }

    impl Seal {
        /// Logs and seals.
        pub(crate) fn seal_now<'a>(
            &mut self,
            records: impl IntoIterator<Item = &'a OutcomeRecord>,
        ) -> Result<Vec<Sealed>, Refused> {
            self.seal(logged(records))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::logged;
    use super::*;
    use crate::seal::tests::{P256, folder, one_of_each, open, record};
    use crate::seal::{Refused, said};

    #[test]
    fn only_the_word_in_the_log_is_sealed() {
        let folder = folder(P256);
        let mut seal = open(folder.path());
        let records = one_of_each();
        let asked = logged(&records);
        let accepted = asked[0].1.clone();
        assert!(accepted.is_of(&records[0], said(&records[0])));
        let other = OutcomeRecord { records: Some(3), ..records[0].clone() };
        let wrong = [
            asked[1].1.clone(),
            Commitment { index: accepted.index + 1, ..accepted.clone() },
            Commitment { size: accepted.size + 1, ..accepted.clone() },
            Commitment { inclusion: accepted.inclusion[1..].to_vec(), ..accepted.clone() },
            Commitment { entry: accepted.entry.replace("accepted", "rejected"), ..accepted.clone() },
            Commitment { entry: accepted.entry.replace("decided", "answered"), ..accepted.clone() },
            Commitment { checkpoint: accepted.checkpoint.replace("trial\n8", "trial\n9"), ..accepted.clone() },
        ];
        for commitment in wrong {
            assert_ne!(commitment, accepted);
            assert!(matches!(seal.seal([(&records[0], commitment)]), Err(Refused::NotLogged { answer: 1, .. })));
        }
        assert!(matches!(seal.seal([(&other, accepted.clone())]), Err(Refused::NotLogged { .. })));
        assert_eq!(seal.seal([(&records[0], accepted)]).unwrap()[0].number(), "trial-2026-000001");
    }

    #[test]
    fn each_receipt_of_a_body_is_tied_to_the_one_before() {
        let folder = folder(P256);
        let mut seal = open(folder.path());
        let with = |body: Option<&str>| {
            let id = SubmissionId::new(jiff::Timestamp::now());
            OutcomeRecord { id, participant: body.map(str::to_owned), ..record(Decision::Rejected) }
        };
        let records = ["azerenerji", "azerisiq", "", "azerenerji", "", "azerenerji", "azerisiq"]
            .map(|body| with(Some(body).filter(|body| !body.is_empty())));
        let before = PreviousRecord { number: "trial-2025-000009".into(), content: Digest::of(b"before"), size: 1 };
        let asked = logged(&records).into_iter().map(|(record, commitment)| {
            let previous = record.participant.is_some().then(|| before.clone());
            (record, Commitment { previous, ..commitment })
        });
        let sealed = seal.seal(asked).unwrap();
        let text = |at: usize| String::from_utf8(sealed[at].octets().to_vec()).unwrap();
        let tied = |at: usize, to: Option<(&str, Digest)>| match to {
            Some((number, content)) => {
                assert!(
                    text(at).contains(&format!(r#"<Previous content-sha256="{content}" number="{number}""#)),
                    "{at}"
                );
            }
            None => assert!(!text(at).contains("<Previous"), "{at}"),
        };
        let of = |at: usize| Some((sealed[at].number(), sealed[at].content()));
        let first = Some((before.number.as_str(), before.content));
        for (at, to) in [first, first, None, of(0), None, of(3), of(1)].into_iter().enumerate() {
            tied(at, to);
        }
    }
}
