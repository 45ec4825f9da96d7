//! Receipts: the window's sealed answer to each submission.
//!
//! Owns what is asked of the seal ([`Answer`]), the sealed answer with its file names ([`Receipt`]),
//! the page of text made from it ([`page`]) and its proof ([`prove`]). An accepted answer can be
//! asked for only with a [`Loaded`], or with a [`Stands`] after a crash: nothing is acknowledged
//! that was not committed. Never numbers or signs anything (the seal does), and writes no file.

mod page;
mod place;
mod prove;
mod told;

pub use page::page;
pub use place::{Place, Tie, content, follows, place, plain};
pub use prove::{Proven, Unproven, prove};
pub use told::{Told, ToldFile, ToldFinding, ToldLog, ToldOriginal, ToldSigner, ToldSince, ToldTotal};

use crate::boemis::{Enacted, Loaded, Stands};
use crate::document::{
    ApprovalStage, DatasetName, Decision, Digest, GivenName, ParticipantName, Period, Revision, SubmissionId, Voen,
};
use crate::finding::{Code, Finding, Severity};
use crate::seal::{FileRecord, OriginalRecord, OutcomeRecord, Sealed, SignerRecord, TotalRecord};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// Longest text that an answer repeats, in characters; a percent-encoded name needs 765.
const TEXT_MAX: usize = 800;
/// Longest element path or column name in a finding, in characters.
const PATH_MAX: usize = 240;

/// A sealed answer, ready to be published.
#[derive(Debug)]
pub struct Receipt {
    id: SubmissionId,
    number: String,
    decision: Decision,
    octets: Arc<[u8]>,
    sha256: Digest,
    lacks_stamp: bool,
    stem: String,
}

impl Receipt {
    /// Joins an answer with what the seal made of it.
    ///
    /// # Errors
    /// When the seal answered another question; the caller then halts.
    pub fn new(answer: Answer, sealed: Sealed) -> Result<Self, OtherAnswer> {
        let record = &answer.record;
        if (record.id, record.answer, record.decision) != (sealed.id(), sealed.answer(), sealed.decision()) {
            return Err(OtherAnswer { asked: record.id, sealed: sealed.id() });
        }
        Ok(Self {
            id: sealed.id(),
            number: sealed.number().to_owned(),
            decision: sealed.decision(),
            octets: Arc::clone(sealed.octets()),
            sha256: sealed.sha256(),
            lacks_stamp: sealed.lacks_stamp(),
            stem: answer.stem,
        })
    }

    /// The submission it answers.
    pub fn id(&self) -> SubmissionId {
        self.id
    }
    /// Its number in the register of incoming documents.
    pub fn number(&self) -> &str {
        &self.number
    }
    /// The word.
    pub fn decision(&self) -> Decision {
        self.decision
    }
    /// The sealed XML.
    pub fn octets(&self) -> &Arc<[u8]> {
        &self.octets
    }
    /// The digest of the sealed XML.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }
    /// Whether a time-stamp was wanted on it and not to be had.
    pub fn lacks_stamp(&self) -> bool {
        self.lacks_stamp
    }
    /// The file's name in `receipts/`: at most 255 octets, no separator in it.
    pub fn file_name(&self) -> String {
        format!("{}.xml", self.stem)
    }
    /// The name of the page of text beside it.
    pub fn page_name(&self) -> String {
        format!("{}.txt", self.stem)
    }
}

/// The seal's answer belongs to another question.
#[derive(Debug, thiserror::Error)]
#[error("the seal answered {sealed} where {asked} was asked")]
pub struct OtherAnswer {
    asked: SubmissionId,
    sealed: SubmissionId,
}

/// Which answer of its submission this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// From 1, held answers counted.
    pub answer: u32,
    /// Whether the first answer was a held one; outcomes are counted without it in file names.
    pub held_before: bool,
}

impl Turn {
    /// The first answer.
    pub const FIRST: Self = Self { answer: 1, held_before: false };
}

/// What is known of a submission when it stops. Only the facts of its arrival are always there.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its id.
    pub id: SubmissionId,
    /// When it was received.
    pub received: Timestamp,
    /// The document's name as given.
    pub name: GivenName,
    /// Its digest; none for what was never read.
    pub sha256: Option<Digest>,
    /// Its size in octets; none likewise.
    pub size: Option<u64>,
    /// Name, digest and size of a detached signature.
    pub detached: Option<(GivenName, Digest, u64)>,
    /// Whose channel it came by, or whose it is by its signer.
    pub participant: Option<ParticipantName>,
    /// The sender's VÖEN, once authority is settled.
    pub voen: Option<Voen>,
    /// The dataset it claims, once read.
    pub dataset: Option<DatasetName>,
    /// The period, once read.
    pub period: Option<Period>,
    /// The revision, once read.
    pub revision: Option<Revision>,
    /// How many records were read.
    pub records: Option<u64>,
    /// The verdicts on its signatures, by [`signer`].
    pub signers: Vec<SignerRecord>,
    /// The totals that were read.
    pub understood: Vec<TotalRecord>,
}

impl Known {
    /// The facts of an arrival, and nothing else yet.
    pub fn arrival(
        id: SubmissionId,
        received: Timestamp,
        name: GivenName,
        sha256: Option<Digest>,
        size: Option<u64>,
    ) -> Self {
        Self {
            id,
            received,
            name,
            sha256,
            size,
            detached: None,
            participant: None,
            voen: None,
            dataset: None,
            period: None,
            revision: None,
            records: None,
            signers: Vec::new(),
            understood: Vec::new(),
        }
    }

    /// The size of the document and of its detached signature together, in octets; nothing for what
    /// was never read.
    pub fn size_with_signature(&self) -> u64 {
        self.size.unwrap_or(0).saturating_add(self.detached.as_ref().map_or(0, |(_, _, size)| *size))
    }

    /// All that is known of what was loaded.
    fn loaded(loaded: &Loaded) -> Self {
        let validated = loaded.validated();
        let (authorised, statement) = (validated.authorised(), validated.statement());
        let (about, report) = (authorised.verified().about(), authorised.verified().report());
        let (sha256, size) = (Some(about.document.sha256), Some(about.document.size));
        Self {
            detached: about.detached.as_ref().map(|given| (given.name.clone(), given.sha256, given.size)),
            participant: Some(authorised.participant().clone()),
            voen: Some(authorised.voen().clone()),
            dataset: Some(authorised.dataset().clone()),
            period: Some(statement.key.period),
            revision: Some(statement.revision),
            records: Some(statement.records.len() as u64),
            signers: report
                .signatures
                .iter()
                .map(|signature| {
                    let who = signature.signer.as_ref().map(|who| (who.subject.as_str(), who.certificate_sha256));
                    signer(who, signature.indication, signature.sub_indication)
                })
                .collect(),
            understood: loaded
                .understood()
                .iter()
                .map(|one| total(&one.title_az, &one.title_en, &one.value, &one.unit))
                .collect(),
            ..Self::arrival(about.id, about.received, about.document.name.clone(), sha256, size)
        }
    }
}

/// The verdict on one signature: subject and fingerprint of its certificate when they can be told,
/// and the indications, which are written as they are serialised.
pub fn signer(
    who: Option<(&str, Digest)>,
    indication: impl Serialize,
    sub_indication: Option<impl Serialize>,
) -> SignerRecord {
    fn word(value: impl Serialize) -> String {
        match serde_json::to_value(value) {
            Ok(serde_json::Value::String(word)) => word,
            _ => "INDETERMINATE".to_owned(), // no word is no verdict
        }
    }
    SignerRecord {
        subject: who.map(|(subject, _)| cut(subject, TEXT_MAX)),
        certificate_sha256: who.map(|(_, digest)| digest),
        indication: word(indication),
        sub_indication: sub_indication.map(word),
    }
}

/// A total that was read, bounded.
pub fn total(title_az: &str, title_en: &str, value: &str, unit: &str) -> TotalRecord {
    let [title_az, title_en, value, unit] = [title_az, title_en, value, unit].map(|text| cut(text, PATH_MAX));
    TotalRecord { title_az, title_en, value, unit }
}

/// What is told of an approval: the submission, and what it did.
pub fn of_approval(subject: SubmissionId, stage: ApprovalStage) -> Vec<TotalRecord> {
    let subject = total("Təqdimat", "Submission", &subject.to_string(), "");
    vec![subject, total("Mərhələ", "Stage", stage.as_str(), "")]
}

/// What is asked of the seal: an outcome, with the name its file will have.
#[derive(Debug)]
pub struct Answer {
    record: OutcomeRecord,
    stem: String,
}

/// What puts an acceptance in doubt.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// The fingerprint of the signer's certificate.
    pub signer: Digest,
    /// The verdict on that signature now, in the word of EN 319 102-1.
    pub sub_indication: &'static str,
    /// Why.
    pub finding: Finding,
}

impl Answer {
    /// Loaded and committed; warnings are shown. Where it waits for an approval, that is said.
    pub fn accepted(loaded: &Loaded, turn: Turn) -> Self {
        let decision = if loaded.is_pending() { Decision::Pending } else { Decision::Accepted };
        Self::make(decision, Known::loaded(loaded), turn, loaded.validated().warnings().to_vec())
    }

    /// An approval that did what it says, committed.
    pub fn taken(enacted: &Enacted, known: Known, turn: Turn) -> Self {
        let understood = of_approval(enacted.subject(), enacted.stage());
        let known = Known { records: None, understood, ..known };
        Self::make(Decision::Accepted, known, turn, Vec::new())
    }

    /// The same, sealed by a window that was stopped before it answered. None where the act is another document's.
    pub fn taken_before(record: OutcomeRecord, enacted: &Enacted, name: &GivenName, turn: Turn) -> Option<Self> {
        let is_its = record.id == enacted.by() && record.decision == Decision::Accepted;
        let stem = stem(record.decision, record.id, name, turn);
        is_its.then_some(Self { record, stem })
    }

    /// Waited for an approval before, and has it: the load that stands shows it. None where nothing waited.
    pub fn approved(pending: OutcomeRecord, stands: &Stands, name: &GivenName, turn: Turn, by: &str) -> Option<Self> {
        let is_shown = stands.mark().id == pending.id && stands.mark().approved.is_some();
        if pending.decision != Decision::Pending || !is_shown {
            return None;
        }
        let mut understood = pending.understood;
        understood.truncate(OutcomeRecord::TOTALS_MAX - 1);
        understood.push(total("Təsdiq edən sənəd", "Approved by the document", by, ""));
        let stem = stem(Decision::Accepted, pending.id, name, turn);
        let record = OutcomeRecord { answer: turn.answer, decision: Decision::Accepted, understood, ..pending };
        Some(Self { record, stem })
    }

    /// Refused or withdrawn by a signed document: what waited is rejected, and what was accepted holds no more. None
    /// where it was neither.
    pub fn fallen(before: OutcomeRecord, name: &GivenName, turn: Turn, finding: Finding) -> Option<Self> {
        let decision = match before.decision {
            Decision::Pending => Decision::Rejected,
            Decision::Accepted => Decision::Contested,
            _ => return None,
        };
        let stem = stem(decision, before.id, name, turn);
        let record = OutcomeRecord { answer: turn.answer, decision, findings: bounded(vec![finding]), ..before };
        Some(Self { record, stem })
    }

    /// Loaded and committed by a window that was stopped before it answered. What the mark does not
    /// hold is taken from what is known, the verdicts on its signatures from the load that stands.
    pub fn accepted_before(stands: &Stands, known: Known, turn: Turn) -> Self {
        let mark = stands.mark();
        let subject = |digest: &Digest| {
            let known = known.signers.iter().find(|signer| signer.certificate_sha256 == Some(*digest));
            known.and_then(|signer| signer.subject.clone())
        };
        let signer = |digest: &Digest| SignerRecord {
            subject: subject(digest),
            certificate_sha256: Some(*digest),
            indication: "TOTAL-PASSED".to_owned(),
            sub_indication: None,
        };
        let signers = mark.signers.iter().map(signer).collect();
        let understood = mark.understood();
        let understood =
            understood.iter().map(|one| total(&one.title_az, &one.title_en, &one.value, &one.unit)).collect();
        let known = Known {
            participant: Some(mark.sender().clone()),
            dataset: Some(mark.key.dataset.clone()),
            period: Some(mark.key.period),
            revision: Some(mark.revision),
            records: Some(mark.records),
            signers,
            understood,
            ..known
        };
        let decision = if mark.approved.is_some() { Decision::Accepted } else { Decision::Pending };
        Self::make(decision, known, turn, Vec::new())
    }

    /// What the seal sealed for a window that was stopped before it wrote that down. None when that
    /// is an acceptance, or waits for an approval, and no load of this submission stands.
    pub fn sealed_before(record: OutcomeRecord, name: &GivenName, turn: Turn, stands: Option<&Stands>) -> Option<Self> {
        let is_loaded = stands.is_some_and(|stands| stands.mark().id == record.id);
        if matches!(record.decision, Decision::Accepted | Decision::Pending) && !is_loaded {
            return None;
        }
        let stem = stem(record.decision, record.id, name, turn);
        Some(Self { record, stem })
    }

    /// Not loaded: the sender can mend it.
    pub fn rejected(known: Known, turn: Turn, findings: Vec<Finding>) -> Self {
        Self::make(Decision::Rejected, known, turn, findings)
    }

    /// Nobody can tell yet. Only ever the first answer.
    pub fn held(known: Known, finding: Finding) -> Self {
        Self::make(Decision::Held, known, Turn::FIRST, vec![finding])
    }

    /// The same content as an earlier submission, whose id, receipt number and decision are given.
    pub fn duplicate(known: Known, turn: Turn, original: (SubmissionId, &str, Decision)) -> Self {
        let mut answer = Self::make(Decision::Duplicate, known, turn, Vec::new());
        let (id, number, decision) = original;
        answer.record.original = Some(OriginalRecord { id, number: cut(number, PATH_MAX), decision });
        answer
    }

    /// Accepted before, and put in doubt since: what was said then, and of the doubtful signer
    /// (EN 319 102-1 5.2.6) and the decision what is said now. None where nothing was accepted.
    pub fn contested(accepted: OutcomeRecord, name: &GivenName, turn: Turn, doubt: Doubt) -> Option<Self> {
        if accepted.decision != Decision::Accepted {
            return None;
        }
        let mut signers = accepted.signers;
        for signer in signers.iter_mut().filter(|signer| signer.certificate_sha256 == Some(doubt.signer)) {
            signer.indication = "INDETERMINATE".to_owned();
            signer.sub_indication = Some(doubt.sub_indication.to_owned());
        }
        let stem = stem(Decision::Contested, accepted.id, name, turn);
        let findings = bounded(vec![doubt.finding]);
        let record =
            OutcomeRecord { answer: turn.answer, decision: Decision::Contested, signers, findings, ..accepted };
        Some(Self { record, stem })
    }

    /// What would be said of a document that is judged once more, to be held against what was sealed of it.
    /// Nobody is told this: it is no answer, and an acceptance among them acknowledges nothing.
    pub fn again(
        decision: Decision,
        known: Known,
        turn: Turn,
        findings: Vec<Finding>,
        original: Option<OriginalRecord>,
    ) -> OutcomeRecord {
        OutcomeRecord { original, ..Self::make(decision, known, turn, findings).record }
    }

    /// What the seal takes.
    pub fn record(&self) -> &OutcomeRecord {
        &self.record
    }

    fn make(decision: Decision, known: Known, turn: Turn, findings: Vec<Finding>) -> Self {
        let stem = stem(decision, known.id, &known.name, turn);
        let mut signers = known.signers;
        signers.truncate(OutcomeRecord::SIGNERS_MAX);
        let mut understood = known.understood;
        understood.truncate(OutcomeRecord::TOTALS_MAX);
        let record = OutcomeRecord {
            id: known.id,
            answer: turn.answer,
            decision,
            received: known.received,
            document: FileRecord { name: shown(&known.name), sha256: known.sha256, size: known.size },
            signature: known.detached.map(|(name, sha256, size)| FileRecord {
                name: shown(&name),
                sha256: Some(sha256),
                size: Some(size),
            }),
            original: None,
            voen: known.voen.map(|voen| voen.to_string()),
            participant: known.participant.map(|participant| participant.to_string()),
            dataset: known.dataset.map(|dataset| dataset.to_string()),
            // a dataset without periods has none to name
            period: known.period.filter(|period| *period != Period::None).map(|period| period.to_string()),
            revision: known.revision.map(Revision::get),
            records: known.records,
            signers,
            understood,
            findings: bounded(findings),
        };
        Self { record, stem }
    }
}

/// The name of an answer's file, without its ending.
fn stem(decision: Decision, id: SubmissionId, name: &GivenName, turn: Turn) -> String {
    let name = name.for_receipt();
    let outcome = turn.answer.saturating_sub(u32::from(turn.held_before));
    match (decision, outcome) {
        (Decision::Held, _) => format!("{name}.{id}.held"),
        (_, 0 | 1) => format!("{name}.{id}.receipt"),
        (_, later) => format!("{name}.{id}.{later}.receipt"),
    }
}

/// Errors first, each in its order, at most [`OutcomeRecord::FINDINGS_MAX`]; what is left out is said.
fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(Finding::severity);
    if findings.len() > OutcomeRecord::FINDINGS_MAX {
        let kept = OutcomeRecord::FINDINGS_MAX - 1;
        let left_out = findings.len() - kept;
        findings.truncate(kept);
        let errors = findings.iter().filter(|finding| finding.severity() == Severity::Error).count();
        findings.push(match errors == kept {
            true => Finding::new(Code::SchemaTooManyFaults).found(kept),
            false => Finding::new(Code::RuleMoreWarnings).found(left_out),
        });
        findings.sort_by_key(Finding::severity);
    }
    for finding in &mut findings {
        for text in [&mut finding.found, &mut finding.wanted] {
            *text = text.take().map(|text| cut(&text, TEXT_MAX));
        }
        finding.place.path = finding.place.path.take().map(|path| cut(&path, PATH_MAX));
        if let Some(hint) = &mut finding.hint {
            hint.az = cut(&hint.az, TEXT_MAX).into();
            hint.en = cut(&hint.en, TEXT_MAX).into();
        }
    }
    findings
}

/// The name for the receipt: percent-encoded too where XML cannot hold a character.
fn shown(name: &GivenName) -> String {
    let mut shown = String::new();
    for c in name.shown().chars() {
        match c {
            '\u{fffe}' | '\u{ffff}' => {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|octet| shown.push_str(&format!("%{octet:02X}")));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// At most so many characters and never more octets than the seal takes, an ellipsis for the rest.
fn cut(text: &str, max: usize) -> String {
    let octets_max = OutcomeRecord::TEXT_MAX - '…'.len_utf8();
    let end = text
        .char_indices()
        .enumerate()
        .find(|(count, (at, c))| *count == max || at + c.len_utf8() > octets_max)
        .map(|(_, (at, _))| at);
    match end {
        None => text.to_owned(),
        Some(end) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests;
