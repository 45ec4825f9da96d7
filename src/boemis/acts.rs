//! What signed documents do to loads: they go to checking, are approved, refused, withdrawn (S 4.2.1, R 3.4.5).
//!
//! Owns the one way to an [`Enacted`]: it takes a [`ValidatedApproval`], and exists only once the act is committed, or
//! was found committed. An act is a row of its own, by the id of its document; the database itself lets the load hold,
//! or hold no more. Never judges.

use super::mark::Mark;
use super::{Boemis, Fault, Reader};
use crate::document::{ApprovalStage, Revision, SubmissionId};
use crate::schema::{Passed, ValidatedApproval};
use jiff::Timestamp;
use std::collections::HashSet;

/// A load, and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// Its mark.
    pub mark: Mark,
    /// Whether it holds no more.
    pub is_fallen: bool,
    /// What signed documents did to it, in their order.
    pub passed: Vec<Passed>,
    /// The highest revision of its statement that counts and is not fallen, and of which submission it is.
    pub newest: Option<(Revision, SubmissionId)>,
}

/// An act that is committed.
///
/// Nobody else can make one, so no approval is acknowledged that did not happen:
///
/// ```compile_fail,E0451
/// use pencere::{boemis::Enacted, document::{ApprovalStage, SubmissionId}};
/// fn forge(id: SubmissionId) -> Enacted {
///     Enacted { by: id, subject: id, stage: ApprovalStage::Approved, stood: false }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enacted {
    by: SubmissionId,
    subject: SubmissionId,
    stage: ApprovalStage,
    stood: bool,
}

impl Enacted {
    /// The document that did it.
    pub fn by(&self) -> SubmissionId {
        self.by
    }
    /// The submission that it was done to.
    pub fn subject(&self) -> SubmissionId {
        self.subject
    }
    /// What was done.
    pub fn stage(&self) -> ApprovalStage {
        self.stage
    }
    /// Whether an earlier attempt had committed it already.
    pub fn stood_already(&self) -> bool {
        self.stood
    }
}

/// One act, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) subject: SubmissionId,
    pub(super) stage: ApprovalStage,
    pub(super) by: SubmissionId,
    pub(super) at: Timestamp,
}

impl Boemis {
    /// A load, and what was done to it; none where it was never loaded.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn situation(&mut self, id: SubmissionId) -> Result<Option<Situation>, Fault> {
        self.store.situation(id).await
    }

    /// Does what an approval says, in a transaction of its own. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Fault::Away`]: nothing was done, as far as can be told, and doing it again is harmless. [`Fault::Wrong`] when
    /// the document was only looked at, or another one did the same meanwhile.
    pub async fn enact(&mut self, approval: &ValidatedApproval, now: Timestamp) -> Result<Enacted, Fault> {
        let about = approval.authorised().verified().about();
        if !about.is_held() {
            return Err(Fault::Wrong(format!("{} was only looked at and may do nothing", about.id)));
        }
        let (subject, stage, by) = (approval.subject(), approval.stage(), about.id);
        let _turn = self.ahead.turn();
        let stood = !self.store.act(Act { subject, stage, by, at: now }).await?;
        Ok(Enacted { by, subject, stage, stood })
    }

    /// What this document did, if an earlier attempt committed it. Recovery believes it, as it does a load mark.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn enacted(&mut self, by: SubmissionId) -> Result<Option<Enacted>, Fault> {
        let deed = self.store.deed(by).await?;
        Ok(deed.map(|(subject, stage)| Enacted { by, subject, stage, stood: true }))
    }

    /// Does again what the journal says was done, in a database that was put back from an older copy; whether it was
    /// not there.
    ///
    /// # Errors
    /// As [`Boemis::enact`]; a submission that is not loaded is passed over.
    pub async fn enact_again(&mut self, subject: SubmissionId, passed: Passed, at: Timestamp) -> Result<bool, Fault> {
        let _turn = self.ahead.turn();
        match self.store.mark(subject).await? {
            Some(_) => self.store.act(Act { subject, stage: passed.0, by: passed.1, at }).await,
            None => Ok(false),
        }
    }

    /// Which of these documents have done nothing here, in their order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn idle(&mut self, documents: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
        let acted: HashSet<SubmissionId> = self.store.acts().await?.into_iter().map(|(_, by, _)| by).collect();
        Ok(documents.iter().copied().filter(|id| !acted.contains(id)).collect())
    }
}

impl Reader {
    /// As [`Boemis::situation`].
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn situation(&mut self, id: SubmissionId) -> Result<Option<Situation>, Fault> {
        self.store.situation(id).await
    }

    /// The loads that wait for an approval, in no order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn waiting(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        self.store.waiting().await
    }

    /// What documents did: to which load, by which document, in no order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn acts(&mut self) -> Result<Vec<(SubmissionId, SubmissionId, String)>, Fault> {
        self.store.acts().await
    }
}

/// What one document did, and to which load.
pub(super) type Done = (SubmissionId, ApprovalStage);

/// The same, as it is stored.
pub(super) fn done((on, act): (String, String)) -> Result<Done, Fault> {
    let odd = || super::standing::odd("submission_act", "act");
    Ok((on.parse().map_err(|_| odd())?, act.parse().map_err(|_| odd())?))
}

/// To which load, by which document, and what.
pub(super) type Deed = (SubmissionId, SubmissionId, String);

/// The revision that counts, and its submission, as they are stored.
pub(super) fn newest((revision, id): (i64, String)) -> Result<(Revision, SubmissionId), Fault> {
    let odd = |column| super::standing::odd("submission", column);
    Ok((revision.to_string().parse().map_err(|_| odd("revision"))?, id.parse().map_err(|_| odd("id"))?))
}

/// A deed, as it is stored.
pub(super) fn deed((on, by, act): (String, String, String)) -> Result<Deed, Fault> {
    let read = |text: String| text.parse().map_err(|_| super::standing::odd("submission_act", "submission"));
    Ok((read(on)?, read(by)?, act))
}

/// Another document did the same: nobody was to be let through to it.
pub(super) fn other_did(act: &Act) -> Fault {
    Fault::Wrong(format!("submission {} was {} by another document than {}", act.subject, act.stage, act.by))
}

/// What was done to a load, by the rows of its acts: whether it holds no more, and what documents did.
pub(super) fn passed(rows: Vec<(String, Option<String>)>) -> Result<Vec<Passed>, Fault> {
    let odd = || super::standing::odd("submission_act", "act");
    let of_documents = rows.into_iter().filter_map(|(act, by)| Some((act, by?)));
    of_documents.map(|(act, by)| Ok((act.parse().map_err(|_| odd())?, by.parse().map_err(|_| odd())?))).collect()
}
