//! Accepted, and in BOEMİS?
//!
//! Owns the question; asks the journal first and BOEMİS after it, so that what a running window accepts
//! meanwhile is never missed. Changes nothing: the window loads again what BOEMİS lacks.

use super::super::records::{Records, Submission};
use super::ListState;
use crate::boemis::{Fault, Reader};
use crate::config::Settings;
use crate::document::SubmissionId;
use crate::schema::Datasets;

/// Submissions asked about in one question.
const AT_ONCE: usize = 4096;

/// What these records say is accepted, and BOEMİS has no load of, in the order of arrival.
///
/// # Errors
/// The database is away or damaged.
pub(super) async fn lacking(settings: &Settings, records: &Records) -> Result<Vec<SubmissionId>, Fault> {
    let accepted = records.submissions().iter().filter(|one| one.state() == ListState::Accepted);
    let accepted: Vec<SubmissionId> = accepted.map(Submission::id).collect();
    if accepted.is_empty() {
        return Ok(accepted);
    }
    let mut reader = match Reader::open(&settings.location, &settings.boemis, &Datasets::default()).await {
        Ok(reader) => reader,
        Err(Fault::Missing { .. }) => return Ok(accepted),
        Err(fault) => return Err(fault),
    };
    let mut lacking = Vec::new();
    for some in accepted.chunks(AT_ONCE) {
        lacking.extend(reader.missing(some).await?);
    }
    let _ = reader.close().await; // it only looked
    Ok(lacking)
}
