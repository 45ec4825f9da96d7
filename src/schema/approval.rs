//! The document that takes a submission through a stage: its form, and the rules it is judged by (S 4.2.1, R 3.3).
//!
//! Owns the way from an authorised approval to a [`ValidatedApproval`], which alone can be enacted. What it speaks of
//! is an argument ([`Subject`]): which stages the submission has passed, and whether it holds. Judges only, as all of
//! this room; never looks anything up.

use super::{Approval, Dataset, Datasets};
use crate::authority::{Authorised, CoveredAttribute, CoveredEvent};
use crate::document::{APPROVAL_NAMESPACE, ApprovalStage, Content, DatasetName, ParticipantName, SubmissionId};
use crate::finding::{Code, Finding, Place, Stop};
use serde::{Deserialize, Serialize};

/// Characters of a reason, at most: a page of text. It stands in receipts, which have room for 300 of them.
const REASON_MAX: usize = 2000;

/// Its attributes, each needed but `to` and `id`; who must state `to` is authority's to say.
const ATTRIBUTES: [&str; 7] = ["id", "to", "sender", "dataset", "submission", "content", "stage"];

/// An approval whose form is right.
#[derive(Debug)]
pub struct InspectedApproval {
    authorised: Authorised,
    names: String,
    content: Content,
    stage: ApprovalStage,
    reason: Option<String>,
    /// Where the submission is named.
    place: Place,
}

/// A stage that a submission has passed, and the document that took it through.
pub type Passed = (ApprovalStage, SubmissionId);

/// What an approval speaks of, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The submission.
    pub id: SubmissionId,
    /// Its sender.
    pub participant: ParticipantName,
    /// Its dataset.
    pub dataset: DatasetName,
    /// Its revision.
    pub revision: u16,
    /// The highest revision of the same statement that is not fallen.
    pub newest: u16,
    /// Its content.
    pub content: Content,
    /// Whether it waits, holds, or has fallen.
    pub state: SubjectState,
    /// The stages that it has passed, in their order.
    pub passed: Vec<Passed>,
    /// Whether somebody signed both, or nobody can tell that it were others.
    pub same_person: bool,
    /// What there is besides where another body than the participant proposed it (R 3.13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Box<Proposal>>,
}

/// A correction that somebody proposed to another body's data, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Who proposed it.
    pub by: ParticipantName,
    /// What it is to replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<SubmissionId>,
    /// The newest of the body's own, or approved, that has not fallen: its submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<SubmissionId>,
    /// What it would be rejected for beside what stands now; none where it would be taken again, or that was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<String>,
}

impl Proposal {
    /// Why it may not take the place of what stands now, if it may not.
    fn outdated(&self) -> Option<Finding> {
        let stands = || self.stands.map_or_else(|| "—".to_owned(), |id| id.to_string());
        let outdated = |found: String| Finding::new(Code::RuleProposalOutdated).found(found).wanted(stands());
        match (&self.faults, self.replaces) {
            (_, Some(replaces)) if self.stands != Some(replaces) => Some(outdated(format!("replaces {replaces}"))),
            (Some(faults), _) => Some(outdated(faults.clone())),
            (None, _) => None,
        }
    }
}

/// Where a submission stands that an approval speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectState {
    /// It waits for approval.
    Waits,
    /// It holds, or would if no later revision did.
    Holds,
    /// It was refused, withdrawn or contested.
    Fallen,
}

/// An approval that holds: to be enacted in BOEMİS.
#[derive(Debug)]
pub struct ValidatedApproval {
    authorised: Authorised,
    subject: SubmissionId,
    stage: ApprovalStage,
    reason: Option<String>,
}

impl InspectedApproval {
    /// The authorised document.
    pub fn authorised(&self) -> &Authorised {
        &self.authorised
    }
    /// The submission that it speaks of: an id, or the number of one of its receipts.
    pub fn names(&self) -> &str {
        &self.names
    }
    /// What it does.
    pub fn stage(&self) -> ApprovalStage {
        self.stage
    }
    /// Why, in its signer's words.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl ValidatedApproval {
    /// The authorised document.
    pub fn authorised(&self) -> &Authorised {
        &self.authorised
    }
    /// The submission that it speaks of.
    pub fn subject(&self) -> SubmissionId {
        self.subject
    }
    /// What it does.
    pub fn stage(&self) -> ApprovalStage {
        self.stage
    }
    /// Why, in its signer's words.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl Subject {
    /// The word for where it stands.
    fn word(&self) -> &'static str {
        match (self.state, self.passed.last().map(|(stage, _)| *stage)) {
            (SubjectState::Waits, None) => "entered",
            (SubjectState::Holds, None) => "accepted",
            // by the window itself, whatever documents did before
            (SubjectState::Fallen, None | Some(ApprovalStage::Checking | ApprovalStage::Approved)) => "contested",
            (_, Some(stage)) => stage.as_str(),
        }
    }

    fn has_passed(&self, stage: ApprovalStage) -> bool {
        self.passed.iter().any(|(passed, _)| *passed == stage)
    }
}

/// Reads the form.
///
/// # Errors
/// [`Stop::Reject`] with all that is wrong with it; [`Stop::Halt`] when the document, which is ours by now, cannot be
/// read again as it was verified.
pub fn inspect_approval(authorised: Authorised) -> Result<InspectedApproval, Stop> {
    let mut reading = Reading::default();
    authorised.verified().covered().read_xml(&mut |event| {
        reading.take(event);
        true
    })?;
    match reading.finish() {
        Ok(Read { names, content, stage, reason, place }) => {
            Ok(InspectedApproval { authorised, names, content, stage, reason, place })
        }
        Err(mut findings) => {
            let mut places: Vec<&mut Place> = findings.iter_mut().map(|finding| &mut finding.place).collect();
            authorised.verified().covered().locate(&mut places);
            Err(Stop::Reject(findings))
        }
    }
}

/// Judges it beside what it speaks of; none where the window knows of no such submission in BOEMİS.
///
/// # Errors
/// [`Stop::Reject`] with the first thing that is wrong: what comes behind it would say more of the submission than
/// this person may know.
pub fn validate_approval(
    inspected: InspectedApproval,
    subject: Option<&Subject>,
    datasets: &Datasets,
) -> Result<ValidatedApproval, Stop> {
    let fault = match subject {
        None => Some(Finding::new(Code::RuleApprovalUnknown)),
        Some(subject) => judge(&inspected, subject, datasets.by_name.get(&subject.dataset)),
    };
    let InspectedApproval { authorised, names, stage, reason, place, .. } = inspected;
    match (fault, subject) {
        (None, Some(subject)) => Ok(ValidatedApproval { authorised, subject: subject.id, stage, reason }),
        (fault, _) => {
            let mut finding = fault.unwrap_or_else(|| Finding::new(Code::RuleApprovalUnknown)).at(place);
            if finding.found.is_none() {
                finding = finding.found(names);
            }
            if finding.code == Code::RuleApprovalOtherContent {
                finding.place.path = Some("/Approval/@content".to_owned()); // the digest is what differs
            }
            authorised.verified().covered().locate(&mut [&mut finding.place]);
            Err(Stop::Reject(vec![finding]))
        }
    }
}

fn judge(inspected: &InspectedApproval, subject: &Subject, dataset: Option<&Dataset>) -> Option<Finding> {
    let InspectedApproval { authorised, content, stage, .. } = inspected;
    let me = authorised.verified().about().id;
    if subject.dataset != *authorised.dataset() {
        return Some(Finding::new(Code::RuleApprovalUnknown));
    }
    let approval = dataset.and_then(|dataset| dataset.approval.as_ref());
    let is_approver = approval.map_or(authorised.is_owner(), |approval| {
        approval.by.iter().any(|body| body.is(authorised.participant(), authorised.is_owner()))
    });
    let is_own = match &subject.proposal {
        None => subject.participant == *authorised.participant(),
        // once it holds, it is no more its sender's: it stands among another body's data
        Some(proposal) => proposal.by == *authorised.participant() && subject.state == SubjectState::Waits,
    };
    let may = match stage {
        ApprovalStage::Checking | ApprovalStage::Withdrawn => is_approver || is_own,
        ApprovalStage::Approved | ApprovalStage::Refused => is_approver,
    };
    if !may {
        return Some(Finding::new(Code::AuthorityMayNotApprove).found(format!("{stage} {}", subject.dataset)));
    }
    if subject.content != *content {
        return Some(Finding::new(Code::RuleApprovalOtherContent).found(content));
    }
    if subject.passed.contains(&(*stage, me)) {
        return None; // judged again after a crash: it is this very document that did it
    }
    let waits = subject.state == SubjectState::Waits;
    let outdated = subject.proposal.as_ref().and_then(|proposal| proposal.outdated());
    match stage {
        ApprovalStage::Approved if waits && outdated.is_some() => return outdated,
        ApprovalStage::Approved if waits && subject.newest > subject.revision => {
            return Some(Finding::new(Code::RuleApprovalSuperseded).found(subject.revision).wanted(subject.newest));
        }
        // four eyes: whoever entered it does not judge it
        ApprovalStage::Approved | ApprovalStage::Refused if waits && subject.same_person => {
            return Some(Finding::new(Code::RuleApprovalSamePerson));
        }
        _ => {}
    }
    let due = not_due(*stage, subject, approval)?;
    Some(Finding::new(Code::RuleApprovalNotDue).found(subject.word()).wanted(due))
}

/// Which stages are due instead of this one; none where it is.
fn not_due(stage: ApprovalStage, subject: &Subject, approval: Option<&Approval>) -> Option<&'static str> {
    let is_checked = !approval.is_some_and(|approval| approval.checking) || subject.has_passed(ApprovalStage::Checking);
    let due: &[ApprovalStage] = match subject.state {
        SubjectState::Fallen => &[],
        SubjectState::Holds => &[ApprovalStage::Withdrawn],
        SubjectState::Waits if is_checked => {
            &[ApprovalStage::Approved, ApprovalStage::Refused, ApprovalStage::Withdrawn]
        }
        SubjectState::Waits => &[ApprovalStage::Checking, ApprovalStage::Refused, ApprovalStage::Withdrawn],
    };
    let words = match subject.state {
        SubjectState::Fallen => "—",
        SubjectState::Holds => "withdrawn",
        SubjectState::Waits if is_checked => "approved, refused, withdrawn",
        SubjectState::Waits => "checking, refused, withdrawn",
    };
    (!due.contains(&stage)).then_some(words)
}

/// What the form holds.
struct Read {
    names: String,
    content: Content,
    stage: ApprovalStage,
    reason: Option<String>,
    place: Place,
}

/// The form as it is read: the root's attributes, and one element with the reason.
#[derive(Default)]
struct Reading {
    depth: usize,
    root: Place,
    attributes: Vec<(String, String)>,
    reason: Option<String>,
    faults: Vec<Finding>,
}

impl Reading {
    fn take(&mut self, event: CoveredEvent<'_>) {
        match event {
            CoveredEvent::Start { namespace, local, attributes, offset } => {
                self.depth += 1;
                match self.depth {
                    1 => self.root(attributes, offset),
                    2 if (namespace, local) == (APPROVAL_NAMESPACE, "Reason") && self.reason.is_none() => {
                        self.reason = Some(String::new());
                    }
                    _ => self.stray(Place::at(offset), local),
                }
            }
            CoveredEvent::Text { text, offset } => match (self.depth, &mut self.reason) {
                (2, Some(reason)) => {
                    if reason.chars().count() <= REASON_MAX {
                        reason.push_str(text);
                    }
                }
                _ if text.trim_ascii().is_empty() => {}
                _ => self.stray(Place::at(offset), text.trim_ascii()),
            },
            CoveredEvent::End { .. } => self.depth = self.depth.saturating_sub(1),
        }
    }

    fn root(&mut self, attributes: &[CoveredAttribute<'_>], offset: u64) {
        self.root = Place::at(offset).path("/Approval");
        for attribute in attributes {
            match attribute.namespace.is_empty() && ATTRIBUTES.contains(&attribute.local) {
                true => self.attributes.push((attribute.local.to_owned(), attribute.value.to_owned())),
                false => self.stray(Place::at(offset), attribute.local),
            }
        }
    }

    /// One fault of what has no place here is enough: the first.
    fn stray(&mut self, place: Place, found: &str) {
        if self.faults.is_empty() {
            let found: String = found.chars().take(100).collect();
            let finding = Finding::new(Code::SchemaInvalid).at(place.path("/Approval")).found(found);
            self.faults.push(finding.wanted(format!("{}, <Reason>", ATTRIBUTES.join(", "))));
        }
    }

    fn finish(mut self) -> Result<Read, Vec<Finding>> {
        let at = |name: &str| Place { path: Some(format!("/Approval/@{name}")), ..self.root.clone() };
        let value =
            |name: &str| self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let mut faults = std::mem::take(&mut self.faults);
        let mut need = |name: &'static str| {
            let found = value(name).filter(|value| !value.is_empty());
            if found.is_none() {
                faults.push(Finding::new(Code::SchemaMissing).at(at(name)).wanted(name));
            }
            found
        };
        let (names, content, stage) = (need("submission"), need("content"), need("stage"));
        let content = content.map(|text| text.parse().map(Content).map_err(|_| ("content", text, "SHA-256")));
        let stage = stage.map(|text| text.parse::<ApprovalStage>().map_err(|wanted| ("stage", text, wanted)));
        let wrong = [content.and_then(Result::err), stage.and_then(Result::err)];
        for (name, found, wanted) in wrong.into_iter().flatten() {
            let found: String = found.chars().take(100).collect();
            faults.push(Finding::new(Code::SchemaInvalid).at(at(name)).found(found).wanted(wanted));
        }
        let reason = self.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        if let Some(Ok(stage @ (ApprovalStage::Refused | ApprovalStage::Withdrawn))) = stage
            && reason.is_none()
        {
            // R 4.9, 3.13: whoever refuses says why
            let place = Place { path: Some("/Approval/Reason".to_owned()), ..self.root.clone() };
            faults.push(Finding::new(Code::SchemaMissing).at(place).wanted(format!("Reason ({stage})")));
        }
        if reason.is_some_and(|reason| reason.chars().count() > REASON_MAX) {
            let place = Place { path: Some("/Approval/Reason".to_owned()), ..self.root.clone() };
            faults.push(Finding::new(Code::SchemaLimit).at(place).wanted(REASON_MAX));
        }
        match (names, content, stage) {
            (Some(names), Some(Ok(content)), Some(Ok(stage))) if faults.is_empty() => Ok(Read {
                names: names.to_owned(),
                content,
                stage,
                reason: reason.map(str::to_owned),
                place: at("submission"),
            }),
            _ => Err(faults),
        }
    }
}

/// What an approval is to say.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The window that it is for.
    pub to: &'a str,
    /// The VÖEN of the body that signs it.
    pub sender: &'a str,
    /// The submission: its id, or the number of one of its receipts.
    pub submission: &'a str,
    /// Its dataset.
    pub dataset: &'a DatasetName,
    /// Its content.
    pub content: Content,
    /// What is done.
    pub stage: ApprovalStage,
    /// Why.
    pub reason: Option<&'a str>,
}

/// The document, to be signed.
pub fn approval_form(wish: &Wish<'_>) -> String {
    let Wish { to, sender, submission, dataset, content, stage, reason } = wish;
    let values = [*to, *sender, dataset.as_str(), *submission, &content.to_string(), stage.as_str()]
        .map(super::template::escaped);
    let [to, sender, dataset, submission, content, stage] = values;
    let reason = match reason {
        Some(reason) => format!("  <Reason>{}</Reason>\n", super::template::escaped(reason)),
        None => "  <!-- <Reason></Reason> -->\n".to_owned(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Approval xmlns=\"{APPROVAL_NAMESPACE}\" id=\"A-1\" to=\"{to}\" \
         sender=\"{sender}\"\n    dataset=\"{dataset}\" submission=\"{submission}\" stage=\"{stage}\"\n    \
         content=\"{content}\">\n{reason}</Approval>\n"
    )
}
