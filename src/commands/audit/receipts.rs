//! What an audit asks of each receipt: that it is sealed, says what the journal says of it, stands in the log where it
//! says, and continues its body's receipt before.

use super::super::records::{Came, Submission};
use super::compare::Noted;
use super::tree::Grown;
use crate::document::{ParticipantName, SubmissionId};
use crate::forms::certificate::Certificate;
use crate::forms::note::{Checkpoint, LogKey};
use crate::host::Octets;
use crate::journal::{Answered, Decided, HeldFile, Logged};
use crate::receipt::{self, Place, Tie, Told, ToldFile, Unproven};
use crate::signature;
use crate::xml::Limits;
use jiff::Timestamp;
use std::collections::HashMap;

/// Receipts seen so far.
pub(super) struct Receipts {
    seal: Certificate,
    /// The log's key, where its certificate is there.
    log: Option<LogKey>,
    /// What was decided and has no receipt yet: the answer, and the places of its leaves.
    decided: HashMap<SubmissionId, (u32, Vec<u64>)>,
    /// Every receipt with a place in the log, by its number: whose it is, and how another one names it.
    known: HashMap<String, (ParticipantName, Tie)>,
    /// What each names as the one before it. (A stop between sealing and answering leaves one to be answered later.)
    named: Vec<(String, ParticipantName, Tie)>,
    proven: u64,
    earlier: u64,
}

impl Receipts {
    pub(super) fn new(seal: Certificate, log: Option<LogKey>) -> Self {
        Self { seal, log, decided: HashMap::new(), known: HashMap::new(), named: Vec::new(), proven: 0, earlier: 0 }
    }

    /// How many were proven, and how many bear the seal of an earlier certificate.
    pub(super) fn counted(&self) -> (u64, u64) {
        (self.proven, self.earlier)
    }

    /// A word that was decided, and the place of its leaf.
    pub(super) fn decided(&mut self, decided: &Decided, index: u64) {
        let (answer, leaves) = self.decided.entry(decided.id).or_default();
        if *answer != decided.answer {
            (*answer, *leaves) = (decided.answer, Vec::new());
        }
        leaves.push(index);
    }

    /// What does not fit of a receipt, if anything.
    pub(super) fn answered(
        &mut self,
        answered: &Answered,
        one: Option<&Submission>,
        octets: &Octets,
        tree: &Grown,
    ) -> Option<String> {
        let number = &answered.receipt.number;
        let unfit = |what: &str| Some(format!("receipt {number}: {what}"));
        let decided = self.decided.remove(&answered.id).filter(|(answer, _)| *answer == answered.answer);
        let engine = |octets: &Octets, seal: &Certificate| signature::prove(octets, seal, &Limits::default());
        let proven = match receipt::prove(octets, &self.seal, None, engine) {
            Ok(proven) => proven,
            Err(Unproven::Disk(error)) => return unfit(&error.to_string()),
            Err(Unproven::No(finding)) => match self.of_earlier_seal(octets) {
                // its seal cannot be proven here, but what it says can be held against the journal
                Some(told) => {
                    if let Some(what) = says_other(&told, answered, one) {
                        return unfit(&what);
                    }
                    // the next one of its body continues it, whatever that is sealed with
                    if let (Some(body), Some(logged)) = (&answered.participant, answered.receipt.logged) {
                        self.known.insert(number.clone(), (body.clone(), tie(answered, logged)));
                    }
                    self.earlier += 1;
                    return None;
                }
                None => return unfit(finding.code.slug()),
            },
        };
        if let Some(what) = says_other(proven.told(), answered, one) {
            return unfit(&what);
        }
        let place = match receipt::place(octets, &proven, self.log.as_ref()) {
            Ok(place) => place,
            Err(finding) => return unfit(&format!("{} ({})", finding.code.slug(), finding.found.unwrap_or_default())),
        };
        let fits = match (place, answered.receipt.logged) {
            (Some(place), Some(logged)) => self.is_placed(&place, logged, answered, decided, tree),
            (None, None) if decided.is_none() => Ok(()),
            _ => Err("its place in the transparency log is missing"),
        };
        self.proven += 1;
        fits.err().and_then(unfit)
    }

    fn is_placed(
        &mut self,
        place: &Place,
        logged: Logged,
        answered: &Answered,
        decided: Option<(u32, Vec<u64>)>,
        tree: &Grown,
    ) -> Result<(), &'static str> {
        if !decided.is_some_and(|(_, leaves)| leaves.contains(&place.index)) {
            return Err("the journal decided something else");
        }
        if place.checkpoint.size != logged.size || tree.root_of(logged.size) != Some(place.checkpoint.root) {
            return Err("its checkpoint is not of this log");
        }
        let Some(body) = &answered.participant else { return Ok(()) };
        let tie = tie(answered, logged);
        let number = tie.number.clone();
        if let Some(before) = &place.previous {
            self.named.push((number.clone(), body.clone(), before.clone()));
        }
        self.known.insert(number, (body.clone(), tie));
        Ok(())
    }

    /// The first receipt that names one before it which its body was never given.
    pub(super) fn untied(&self) -> Option<String> {
        let is_given = |(_, body, tie): &&(String, ParticipantName, Tie)| {
            self.known.get(&tie.number).is_some_and(|(of, given)| of == body && given == tie)
        };
        let (number, _, tie) = self.named.iter().find(|named| !is_given(named))?;
        Some(format!("receipt {number}: it continues {}, which is not there", tie.number))
    }

    /// What it says, where the certificate in it is not the seal's of today: nobody here can say whether it was the
    /// seal's then, but the journal has the digest of it.
    fn of_earlier_seal(&self, octets: &Octets) -> Option<Told> {
        Told::read(octets).ok().filter(|told| told.sealed_by().is_some_and(|der| der != self.seal.der()))
    }

    /// Why a checkpoint that somebody kept is not of this log; none when it is.
    pub(super) fn is_of_this_log(&self, noted: &Noted, tree: &Grown) -> Option<String> {
        let checkpoint = match &self.log {
            Some(key) => key.verify(&noted.note),
            None => Checkpoint::read(&noted.note),
        };
        match checkpoint {
            Err(fault) => Some(fault.to_string()),
            Ok(checkpoint) => match tree.root_of(checkpoint.size) {
                None => Some(format!("it is of {} leaves, and the journal has {}", checkpoint.size, tree.size())),
                Some(root) if root != checkpoint.root => {
                    Some(format!("the first {} leaves were others when it was signed", checkpoint.size))
                }
                Some(_) => None,
            },
        }
    }
}

/// How the next receipt of its body names this one.
fn tie(answered: &Answered, logged: Logged) -> Tie {
    Tie { number: answered.receipt.number.clone(), content: logged.content, size: logged.size }
}

/// What a receipt says otherwise than the journal, in words.
fn says_other(told: &Told, answered: &Answered, one: Option<&Submission>) -> Option<String> {
    let says = (told.id.as_str(), told.number.as_str(), told.decision.as_str());
    if says != (answered.id.to_string().as_str(), answered.receipt.number.as_str(), answered.decision.as_str()) {
        return Some("it says something else than the journal".to_owned());
    }
    one.and_then(|one| differs(told, answered, one)).map(|what| format!("the journal says another {what}"))
}

/// What a receipt says that the journal, whose lines anybody who can write there could chain anew, does not: when the
/// document came, what it was, and what was read of it.
fn differs(told: &Told, answered: &Answered, one: &Submission) -> Option<&'static str> {
    let is_file = |told: &ToldFile, file: &HeldFile| {
        told.sha256.as_deref() == Some(file.sha256.to_string().as_str())
            && told.size.as_deref() == Some(file.size.to_string().as_str())
    };
    // a receipt tells whole seconds
    if told.received.parse::<Timestamp>().ok().map(Timestamp::as_second) != Some(one.received().as_second()) {
        return Some("time of reception");
    }
    if let Came::Held(held) = &one.came {
        if !is_file(&told.document, &held.document) {
            return Some("document");
        }
        let is_same = match (&told.signature, &held.detached) {
            (Some(told), Some(file)) => is_file(told, file),
            (told, file) => told.is_none() && file.is_none(),
        };
        if !is_same {
            return Some("signature file");
        }
    }
    let text = |value: Option<String>| value.unwrap_or_default();
    let read = [
        (&told.participant, text(answered.participant.as_ref().map(ToString::to_string)), "body"),
        (&told.dataset, text(answered.dataset.as_ref().map(ToString::to_string)), "dataset"),
        (&told.period, text(answered.period.map(|period| period.to_string())), "period"),
        (&told.revision, text(answered.revision.map(|revision| revision.to_string())), "revision"),
        (&told.records, text(answered.records.map(|records| records.to_string())), "number of records"),
    ];
    let other = |(told, said, _): &(&Option<String>, String, _)| told.as_deref().unwrap_or_default() != said;
    read.into_iter().find(other).map(|(_, _, what)| what)
}
