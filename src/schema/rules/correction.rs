//! Corrections (R 3.4.5): what a revision says of what it replaces, why it does, and what it rests on.
//!
//! That a higher revision supersedes is no matter of this file, and no word of it is needed for that: what is missing
//! is a warning. Only who names something else than what stands is refused.

use super::{Case, Correction};
use crate::document::SubmissionId;
use crate::finding::{Code, Finding, Hint};
use crate::schema::faults::Faults;
use crate::schema::{Standing, Understood};

/// R 3.4.5: a correction names what it replaces, says why, and encloses what it rests on. What is named and does not
/// stand is a warning: while BOEMİS is away, nobody knows what does.
pub(super) fn explained(case: &Case<'_>, faults: &mut Faults) {
    let Correction { replaces, reason } = case.correction;
    let Some(stood) = &case.standing.current else {
        faults.extend(replaces.map(|named| Finding::new(Code::RuleReplacesNothing).found(named)));
        return;
    };
    if stood.submission == case.id {
        return; // judged again after a crash
    }
    if let Some(named) = replaces.filter(|named| *named != stood.submission) {
        faults.push(Finding::new(Code::RuleReplacesOther).found(named).wanted(stood.submission));
    }
    if case.revision.is_none_or(|revision| revision.get() <= stood.revision) {
        return; // it supersedes nothing
    }
    let lacking = [("replaces", replaces.is_none()), ("reason", reason.is_none()), ("ASiC", !case.has_basis)];
    let lacking: Vec<&str> = lacking.into_iter().filter(|(_, lacks)| *lacks).map(|(what, _)| what).collect();
    if !lacking.is_empty() {
        let finding = Finding::new(Code::RuleCorrectionUnexplained).found(lacking.join(", ")).wanted(stood.submission);
        faults.push(finding.hint(Hint::fixed(
            "«replaces»: əvvəlki qəbzin «id»-si; «reason»: səbəb; əsas sənəd (akt, protokol) eyni ASiC \
             konteynerinə qoyulur.",
            "“replaces”: “id” of the earlier receipt; “reason”: why; the document it rests on (an act, a protocol) \
             goes into the same ASiC container.",
        )));
    }
}

/// What a correction replaces, for the receipt: what stood, whether it was named or not.
pub(in crate::schema) fn replaced(correction: &Correction, standing: &Standing, id: SubmissionId) -> Vec<Understood> {
    let told = |title_az: &str, title_en: &str, value: String| Understood {
        title_az: title_az.to_owned(),
        title_en: title_en.to_owned(),
        value,
        unit: String::new(),
    };
    let Some(stood) = standing.current.as_ref().filter(|stood| stood.submission != id) else { return Vec::new() };
    let replaces = told("Əvəz etdiyi təqdimat", "Replaces the submission", stood.submission.to_string());
    let reason = correction.reason.iter().map(|reason| told("Düzəlişin səbəbi", "Reason", reason.clone()));
    std::iter::once(replaces).chain(reason).collect()
}
