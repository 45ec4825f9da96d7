//! The rules of a correction that somebody proposes to another body's data (R 3.13).
//!
//! Owns what a proposal has to say of itself, and that it is about what stands. All else it is judged by as if that
//! body had filed it. Whether it is right, and whether the data concern whoever proposes it, the approver judges.

use super::Case;
use crate::document::ParticipantName;
use crate::finding::{Code, Finding};
use crate::schema::faults::Faults;

/// A proposal names what it is to replace, which stands, and the reason.
pub(super) fn follows(case: &Case<'_>, proposer: &ParticipantName, faults: &mut Faults) {
    let replaces = case.correction.replaces.as_ref();
    let lacks = [("replaces", replaces.is_none()), ("reason", case.correction.reason.is_none())];
    for (wanted, _) in lacks.into_iter().filter(|(_, lacks)| *lacks) {
        faults.push(Finding::new(Code::RuleProposalUngrounded).wanted(wanted));
    }
    concerns(case, proposer, faults);
    // a warning, as of any correction: not everything has a document
    if let (false, Some(revision)) = (case.grounded, case.revision) {
        faults.push(Finding::new(Code::RuleCorrectionUngrounded).found(revision).wanted("ASiC"));
    }
    match &case.standing.current {
        None if case.standing.is_unknown => {}           // asked when it is known
        Some(stood) if stood.submission == case.id => {} // judged again after a crash
        None => faults.push(Finding::new(Code::RuleProposalOfNothing).found(case.participant)),
        Some(stood) => {
            if let Some((replaces, place)) = replaces.filter(|(replaces, _)| !replaces.is(stood)) {
                let stands = format!("{} ({})", stood.revision, stood.submission);
                faults.push(Finding::new(Code::RuleReplacesOther).at(place.clone()).found(replaces).wanted(stands));
            }
        }
    }
}

/// A warning: by the register none of the stations is the proposer's. Where there are no stations, and where the owner
/// proposes, who is concerned by all (S 7.1.4), the register tells nothing.
fn concerns(case: &Case<'_>, proposer: &ParticipantName, faults: &mut Faults) {
    if case.dataset.station_column().is_none() || case.proposer_is_owner {
        return;
    }
    let mut is_concerned = false;
    case.each(|row| is_concerned |= case.registered(row).is_some_and(|station| station.operator == *proposer));
    if !is_concerned {
        faults.push(Finding::new(Code::RuleProposalNotConcerned).found(proposer));
    }
}
