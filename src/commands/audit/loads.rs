//! What an audit asks of BOEMİS: that it holds what was accepted, row for row, and nothing else.

use super::super::Trouble;
use super::super::records::{Records, Submission};
use super::Boemis;
use crate::boemis::{Fault, Reader, Unmarked};
use crate::config::Settings;
use crate::document::{Decision, Digest, Period, SubmissionId};
use crate::schema::Datasets;
use std::collections::{BTreeMap, BTreeSet};

/// What BOEMİS held at one moment.
#[derive(Debug, Default)]
pub(super) struct Loads {
    pub(super) known: BTreeSet<SubmissionId>,
    pub(super) contested: BTreeSet<SubmissionId>,
    /// What waits for an approval.
    pub(super) waiting: BTreeSet<SubmissionId>,
    /// What approvals did: to which load, by which document, and which stage that was.
    pub(super) stages: BTreeMap<(SubmissionId, SubmissionId), String>,
}

/// What was found of them.
#[derive(Debug, Default)]
pub(super) struct Fit {
    /// Loads whose rows were read back.
    pub(super) count: u64,
    /// By dataset that no description tells of any more, its loads: their marks fit, and their rows have no form by
    /// which they could be read.
    pub(super) undescribed: BTreeMap<String, u64>,
    /// Rows of no load, which a crash may have left, or which wait for theirs.
    pub(super) unmarked: u64,
    /// What the window's role may do there too much, in words.
    pub(super) beyond: Option<String>,
    /// The first that does not fit.
    pub(super) unfit: Option<String>,
}

/// The database; none where there is none yet.
async fn open(settings: &Settings, datasets: &Datasets) -> Result<Option<Reader>, Fault> {
    match Reader::open(&settings.location, &settings.boemis, datasets).await {
        Ok(reader) => Ok(Some(reader)),
        Err(Fault::Missing { .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// What is damaged does not fit; what is away cannot be looked at.
pub(super) fn unfit(fault: Fault) -> Result<String, Trouble> {
    match fault.is_away() {
        true => Err(Trouble::broken(fault.to_string())),
        false => Ok(fault.to_string()),
    }
}

impl Loads {
    pub(super) async fn read(settings: &Settings, datasets: &Datasets) -> Result<Self, Fault> {
        let Some(mut reader) = open(settings, datasets).await? else { return Ok(Self::default()) };
        let known = reader.loads().await?.into_iter().collect();
        let contested = reader.contested().await?.into_iter().collect();
        let waiting = reader.waiting().await?.into_iter().collect();
        let stages = reader.acts().await?.into_iter().map(|(on, by, act)| ((on, by), act));
        let stages = stages.collect();
        let _ = reader.close().await; // it only looked
        Ok(Self { known, contested, waiting, stages })
    }

    /// Reads every load back.
    pub(super) async fn fit(
        &self,
        records: &Records,
        settings: &Settings,
        datasets: &Datasets,
        boemis: Boemis,
    ) -> Result<Fit, Fault> {
        // by the digest of its rows, which its answers keep, whatever was ruled on it since
        let loaded = |one: &&Submission| one.last.as_ref().is_some_and(|last| last.rows.is_some());
        // what is contested is not loaded again into a database that was put back from an older copy
        let holds = |one: &&Submission| boemis == Boemis::Whole && !records.may_be_lost(one.id());
        let unfit = |what: &str, id: SubmissionId| Some(format!("{what} (submission {id})"));
        let Some(mut reader) = open(settings, datasets).await? else {
            let first = records.submissions().iter().filter(loaded).find(holds);
            let unfit = first.and_then(|one| unfit("it was accepted, and BOEMİS is not there", one.id()));
            return Ok(Fit { unfit, ..Fit::default() });
        };
        let mut fit = Fit::default();
        for one in records.submissions() {
            let id = one.id();
            let is_final = one.last.as_ref().is_some_and(|last| last.decision != Decision::Held);
            let wrong = match (loaded(&one), self.known.contains(&id)) {
                (true, false) if !holds(&one) => None,
                (true, false) => Some("it was accepted, and BOEMİS holds no load of it".to_owned()),
                (true, true) => {
                    let undescribed = one.last.as_ref().and_then(|last| last.dataset.as_ref());
                    match undescribed.filter(|name| !datasets.by_name.contains_key(*name)) {
                        Some(name) => *fit.undescribed.entry(name.to_string()).or_default() += 1,
                        None => fit.count += 1,
                    }
                    differs(&mut reader, datasets, one, boemis).await?
                }
                (false, true) if is_final => Some("BOEMİS holds a load of it, and it was not accepted".to_owned()),
                (false, _) => None,
            };
            if let Some(what) = wrong {
                fit.unfit = unfit(&what, id);
                return Ok(fit);
            }
        }
        fit.unfit = beside(&mut reader, boemis, &mut fit.unmarked).await?;
        fit.beyond = reader.beyond().await?;
        if let Some(beyond) = fit.beyond.as_ref().filter(|_| fit.unfit.is_none() && !settings.boemis.any_role) {
            fit.unfit = Some(Fault::Role(beyond.clone()).to_string());
        }
        let _ = reader.close().await; // it only looked
        Ok(fit)
    }
}

/// What does not fit beside the loads: what views show, moments, rows of no load, of which some may be.
async fn beside(reader: &mut Reader, boemis: Boemis, unmarked: &mut u64) -> Result<Option<String>, Fault> {
    if let Some(id) = reader.moved().await? {
        return Ok(Some(format!("its moments in BOEMİS are not those of what was done to it (submission {id})")));
    }
    let Unmarked { rows, table, may_be } = reader.unmarked().await?;
    *unmarked = rows;
    if let Some(table) = table.filter(|_| !may_be) {
        return Ok(Some(format!("BOEMİS has {rows} rows of no load, the first in {table}")));
    }
    match boemis {
        Boemis::Whole => Ok(reader.strange_view().await?.map(|what| format!("BOEMİS: {what}"))),
        Boemis::Older => Ok(None), // an earlier version may have made it, and the start makes its views anew
    }
}

/// What is another than it was when it was loaded.
async fn differs(
    reader: &mut Reader,
    datasets: &Datasets,
    one: &Submission,
    boemis: Boemis,
) -> Result<Option<String>, Fault> {
    let Some(mark) = reader.mark(one.id()).await? else {
        return Ok(Some("its load mark is gone".to_owned()));
    };
    let Some(last) = &one.last else { return Ok(None) };
    let of_mark = (mark.sender(), &mark.key.dataset, mark.revision, mark.content);
    let said = (last.participant.as_ref(), last.dataset.as_ref(), last.revision, last.content);
    if said != (Some(of_mark.0), Some(of_mark.1), Some(of_mark.2), Some(of_mark.3)) {
        return Ok(Some("its load mark in BOEMİS is another than the journal's".to_owned()));
    }
    if last.period.unwrap_or(Period::None) != mark.key.period {
        return Ok(Some("its period in BOEMİS is another than the journal's".to_owned()));
    }
    if last.records != Some(mark.records) {
        return Ok(Some("the number of its records in BOEMİS is another than the journal's".to_owned()));
    }
    let signers = |all: &[Digest]| all.iter().copied().collect::<BTreeSet<Digest>>();
    if signers(&last.signers) != signers(&mark.signers) {
        return Ok(Some("its signers in BOEMİS are others than the journal's".to_owned()));
    }
    if mark.received != one.received() {
        return Ok(Some("its time of reception in BOEMİS is another than the journal's".to_owned()));
    }
    if last.rows.is_some_and(|rows| rows != mark.rows) {
        return Ok(Some("the digest of its rows in BOEMİS is another than the journal's".to_owned()));
    }
    if last.replaces.is_some() && last.replaces != mark.replacing.submission {
        return Ok(Some("what it replaced is another in BOEMİS than in the journal".to_owned()));
    }
    if last.about.as_ref() != mark.about() {
        return Ok(Some("the body that it is about is another in BOEMİS than in the journal".to_owned()));
    }
    if last.decision == Decision::Accepted && mark.approved.is_none() && boemis == Boemis::Whole {
        return Ok(Some("it is approved, and in BOEMİS it is not".to_owned()));
    }
    if !datasets.by_name.contains_key(&mark.key.dataset) {
        return Ok(None); // nobody can say of what form its rows were
    }
    match reader.stored_rows(&mark).await {
        Ok(rows) if rows == mark.rows => Ok(None),
        Ok(_) => Ok(Some("its rows in BOEMİS were changed".to_owned())),
        Err(Fault::Wrong(why)) => Ok(Some(why)),
        Err(fault) => Err(fault),
    }
}
