//! Again: a verdict is repeated from evidence alone, and held against what was sealed.
//!
//! Asks the questions of `look` and [`Judge`], the daemon's own, with the
//! grounds of that time, the recorded reception, and what is recorded of what stood beside the document. Today's
//! configuration, BOEMİS and the clock have no part in it. Writes nothing.

use super::carry::Case;
use super::dossier::{Beside, Dossier, SignatureFacts};
use super::judgement::{Judge, Matter, Recalled};
use super::look::{Look, Seen, look};
use crate::document::{Decision, SubmissionId};
use crate::evidence::{EvidenceError, Reader};
use crate::finding::{Code, Finding, Stop};
use crate::forms::certificate::Certificate;
use crate::journal::{Answered, Contested, Held, HeldFile};
use crate::receipt::{self, Answer, Told, Turn};
use crate::schema::{Inspected, ValidatedApproval};
use crate::seal::OutcomeRecord;
use crate::staging::{About, Custody, Given, Staged};
use crate::trust::{Again as Looked, When};
use jiff::Timestamp;

/// An answer of which the verdict is to be repeated.
pub struct Wanted<'a> {
    /// The document.
    pub held: &'a Held,
    /// The answer.
    pub answered: &'a Answered,
    /// Its dossier.
    pub dossier: &'a Dossier,
    /// Of a duplicate: what it repeats, and the answer that this had then.
    pub original: Option<(&'a Held, &'a Answered)>,
}

/// What a document comes to when it is judged once more.
#[derive(Debug)]
pub struct Repeated {
    /// The word.
    pub decision: Decision,
    /// Errors before warnings.
    pub findings: Vec<Finding>,
    /// What is known of the document.
    pub matter: Matter,
    /// What its receipt would say.
    pub outcome: OutcomeRecord,
}

/// Why there is nothing to repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJudged {
    /// Intake refused it, by how it lay in its folder.
    Intake,
    /// A load of it stood, which a window had committed that was stopped before it answered: that decided.
    Mark,
    /// This document ruled on it.
    Ruling(SubmissionId),
}

/// Why a document cannot be judged once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrepeated {
    /// It goes further than it went, and of what stands there nothing was recorded.
    Unrecorded,
    /// A judgement that halts, in words: we are wrong, or evidence is.
    Broken(String),
}

impl std::fmt::Display for Unrepeated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unrecorded => f.write_str("its dossier does not say what stood beside it"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

/// A document as it lies in evidence, to be looked at: nothing of it can be loaded.
///
/// # Errors
/// What is missing or damaged.
pub fn staged(held: &Held, evidence: &Reader) -> Result<Staged, EvidenceError> {
    let given = |file: &HeldFile| Given { name: file.name.clone(), size: file.size, sha256: file.sha256 };
    let document = evidence.read(&held.document.kept())?;
    let detached = held.detached.as_ref().map(|file| evidence.read(&file.kept())).transpose()?;
    let about = About {
        id: held.id,
        received: held.received,
        participant: held.participant.clone(),
        document: given(&held.document),
        detached: held.detached.as_ref().map(given),
        mail_signed: held.mail_signed,
        custody: Custody::Glance,
    };
    Ok(Staged::glance(about, document, detached))
}

/// Judges it again; or says why it was never judged.
///
/// # Errors
/// [`Unrepeated`].
pub fn repeat(wanted: &Wanted<'_>, staged: Staged, judge: &Judge) -> Result<Result<Repeated, NotJudged>, Unrepeated> {
    let another = || Unrepeated::Broken("the original that it names has another content".to_owned());
    let turn = Turn { answer: wanted.answered.answer, held_before: false };
    match wanted.dossier.beside {
        Beside::Intake => return Ok(Err(NotJudged::Intake)),
        Beside::Mark => return Ok(Err(NotJudged::Mark)),
        Beside::Ruling(by) => return Ok(Err(NotJudged::Ruling(by))),
        _ => {}
    }
    let case = Case { staged, turn, attempt: 0, refused: None, is_fresh: false };
    let Look { mut matter, seen, .. } = look(case, judge);
    let stop = match (&wanted.dossier.beside, seen) {
        (Beside::Unseen, _) => Stop::Hold(Finding::new(Code::LoadDatabaseAway)),
        (Beside::Original(original), seen) => {
            if wanted.repeats_octets()
                && let Some((_, answered)) = wanted.original
            {
                judge.recall(&Recalled::of(answered), &mut matter);
                return Ok(Ok(Repeated::duplicate(matter, turn, original.clone())));
            }
            match seen {
                Seen::Filed { content, .. } | Seen::Approving { content, .. } if wanted.repeats(content) => {
                    return Ok(Ok(Repeated::duplicate(matter, turn, original.clone())));
                }
                Seen::Filed { inspected, .. } => match *inspected {
                    Ok(_) => return Err(another()),
                    Err(stop) => stop,
                },
                Seen::Approving { inspected, .. } => match *inspected {
                    Ok(_) => return Err(another()),
                    Err(stop) => stop,
                },
                Seen::Stopped(stop) => stop,
                Seen::Refused(_, finding) => finding.into(),
            }
        }
        (_, Seen::Stopped(stop)) => stop,
        (_, Seen::Refused(_, finding)) => finding.into(),
        (Beside::Away, Seen::Approving { .. }) => Stop::Hold(Finding::new(Code::LoadDatabaseAway)),
        (beside, Seen::Approving { inspected, .. }) => match (*inspected, beside) {
            (Err(stop), _) => stop,
            (Ok(inspected), Beside::Subject(subject)) => match judge.validate_approval(inspected, subject.as_deref()) {
                Ok(validated) => return Ok(Ok(Repeated::taken(&validated, matter, turn))),
                Err(stop) => stop,
            },
            (Ok(_), Beside::Behind(earlier)) => Stop::Hold(Finding::new(Code::LoadWaitsForEarlier).found(earlier)),
            (Ok(_), _) => return Err(Unrepeated::Unrecorded),
        },
        (beside, Seen::Filed { inspected, .. }) => match *inspected {
            Err(stop) => stop,
            Ok(inspected) => match by_rules(inspected, beside, judge, &mut matter)? {
                Ok(warnings) => {
                    let decision = judge.word_for(&matter);
                    return Ok(Ok(Repeated::of(decision, matter, turn, warnings)));
                }
                Err(stop) => stop,
            },
        },
    };
    match stop {
        Stop::Reject(findings) => Ok(Ok(Repeated::of(Decision::Rejected, matter, turn, findings))),
        Stop::Hold(finding) => Ok(Ok(Repeated::of(Decision::Held, matter, turn, vec![finding]))),
        Stop::Halt(why) => Err(Unrepeated::Broken(why)),
    }
}

/// The content, beside what stood; warnings where it holds.
fn by_rules(
    inspected: Inspected,
    beside: &Beside,
    judge: &Judge,
    matter: &mut Matter,
) -> Result<Result<Vec<Finding>, Stop>, Unrepeated> {
    let standing = match beside {
        Beside::Behind(earlier) => {
            return Ok(Err(judge.hold(inspected, Finding::new(Code::LoadWaitsForEarlier).found(earlier))));
        }
        Beside::Away => return Ok(Err(judge.hold(inspected, Finding::new(Code::LoadDatabaseAway)))),
        Beside::Standing(facts) => facts.standing(),
        _ => return Err(Unrepeated::Unrecorded),
    };
    let validated = match judge.validate(inspected, &standing) {
        Ok(validated) => validated,
        Err(stop) => return Ok(Err(stop)),
    };
    let totals = validated.understood().iter();
    matter.known.understood =
        totals.map(|total| receipt::total(&total.title_az, &total.title_en, &total.value, &total.unit)).collect();
    Ok(Ok(validated.warnings().to_vec()))
}

impl Wanted<'_> {
    /// Whether what it repeats had the very same octets, by the same channel.
    fn repeats_octets(&self) -> bool {
        let octets = |held: &Held| {
            let detached = held.detached.as_ref().map(|file| file.sha256);
            (held.participant.clone(), held.document.sha256, detached)
        };
        self.original.is_some_and(|(original, _)| octets(original) == octets(self.held))
    }

    /// Whether what it repeats had this content, and stood.
    fn repeats(&self, content: crate::document::Content) -> bool {
        self.original.is_some_and(|(_, answered)| answered.content == Some(content))
    }
}

impl Repeated {
    fn of(decision: Decision, matter: Matter, turn: Turn, findings: Vec<Finding>) -> Self {
        let outcome = Answer::again(decision, matter.known.clone(), turn, findings.clone(), None);
        Self { decision, findings, matter, outcome }
    }

    fn taken(validated: &ValidatedApproval, mut matter: Matter, turn: Turn) -> Self {
        matter.known.understood = receipt::of_approval(validated.subject(), validated.stage());
        Self::of(Decision::Accepted, matter, turn, Vec::new())
    }

    fn duplicate(matter: Matter, turn: Turn, original: crate::seal::OriginalRecord) -> Self {
        let outcome = Answer::again(Decision::Duplicate, matter.known.clone(), turn, Vec::new(), Some(original));
        Self { decision: Decision::Duplicate, findings: Vec::new(), matter, outcome }
    }

    /// What differs from what was sealed and recorded, in words; nothing when the verdict is the same. `receipt` is
    /// the sealed one, from evidence.
    pub fn differs(&self, wanted: &Wanted<'_>, receipt: &Told) -> Vec<String> {
        let mut differs = Vec::new();
        let mut hold = |what: &str, recorded: String, repeated: String| {
            if recorded != repeated {
                differs.push(format!("{what}: recorded {}, repeated {}", or_none(recorded), or_none(repeated)));
            }
        };
        let OutcomeRecord { voen, participant, dataset, period, revision, records, .. } = &self.outcome;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let number = |value: Option<u64>| value.map(|number| number.to_string()).unwrap_or_default();
        hold("decision", receipt.decision.clone(), self.decision.to_string());
        hold("decision in the journal", wanted.answered.decision.to_string(), self.decision.to_string());
        hold("sender", text(&receipt.voen), text(voen));
        hold("participant", text(&receipt.participant), text(participant));
        hold("dataset", text(&receipt.dataset), text(dataset));
        hold("period", text(&receipt.period), text(period));
        hold("revision", text(&receipt.revision), number(revision.map(u64::from)));
        hold("records", text(&receipt.records), number(*records));
        let signers: Vec<String> = receipt
            .signers
            .iter()
            .map(|one| signer(&one.indication, one.sub_indication.as_deref(), one.certificate_sha256.as_deref()))
            .collect();
        let again: Vec<String> = self
            .outcome
            .signers
            .iter()
            .map(|one| {
                let certificate = one.certificate_sha256.map(|sha256| sha256.to_string());
                signer(&one.indication, one.sub_indication.as_deref(), certificate.as_deref())
            })
            .collect();
        hold("signatures", signers.join("; "), again.join("; "));
        let totals = receipt.understood.iter().map(|total| format!("{} {}", total.value, total.unit));
        let again = self.outcome.understood.iter().map(|total| format!("{} {}", total.value, total.unit));
        hold("totals", totals.collect::<Vec<_>>().join("; "), again.collect::<Vec<_>>().join("; "));
        let findings = receipt.findings.iter().map(|one| {
            placed(&one.code, [&one.line, &one.column, &one.row, &one.path].map(|part| part.as_deref().unwrap_or("")))
        });
        let again = self.outcome.findings.iter().map(|one| {
            let place = &one.place;
            let [line, column, row] = [place.line, place.column, place.row].map(number);
            placed(one.code.slug(), [&line, &column, &row, place.path.as_deref().unwrap_or("")])
        });
        hold("findings", findings.collect::<Vec<_>>().join("; "), again.collect::<Vec<_>>().join("; "));
        if let (Some(recorded), Some(again)) = (&wanted.dossier.signatures, SignatureFacts::of_matter(&self.matter))
            && *recorded != again
        {
            differs.push("the checks of its signatures were answered otherwise".to_owned());
        }
        if differs.is_empty() && self.outcome.digest() != wanted.dossier.outcome {
            differs.push("a fact in a finding, a total or a name".to_owned());
        }
        differs
    }
}

fn or_none(text: String) -> String {
    if text.is_empty() { "nothing".to_owned() } else { text }
}

fn signer(indication: &str, sub_indication: Option<&str>, certificate: Option<&str>) -> String {
    let sub = sub_indication.map(|sub| format!("/{sub}")).unwrap_or_default();
    format!("{indication}{sub} {}", certificate.unwrap_or("nobody"))
}

/// A finding's code with where it stands, as far as that is told.
fn placed(code: &str, place: [&str; 4]) -> String {
    let parts = ["line", "column", "row", "path"].into_iter().zip(place).filter(|(_, value)| !value.is_empty());
    let parts: Vec<String> = parts.map(|(name, value)| format!("{name} {value}")).collect();
    if parts.is_empty() { code.to_owned() } else { format!("{code} ({})", parts.join(", ")) }
}

/// What puts an acceptance in doubt is asked for again: by the path of its signer, by the trust of that time, at the
/// moment at which the look was taken. What differs, in words.
pub fn doubt(
    id: SubmissionId,
    contested: &Contested,
    path: &[Certificate],
    judge: &Judge,
    at: (Timestamp, Timestamp),
) -> Vec<String> {
    let (received, now) = at;
    let trust = &judge.world().trust;
    let looked = [contested.moment, received].map(|at| trust.look_again(path, When { at, now }));
    let is_it = |looked: &Looked| match looked {
        Looked::Revoked { depth, moment } => {
            let serial = path.get(*depth).map_or("", Certificate::serial);
            (*moment, *depth > 0, serial) == (contested.revoked, contested.authority, contested.serial.as_str())
        }
        Looked::Good { .. } => false,
    };
    match looked.iter().any(is_it) {
        true => Vec::new(),
        false => vec![format!("submission {id}: no revocation of the certificate {} is known", contested.serial)],
    }
}
