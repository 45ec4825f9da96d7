//! What became of submissions: how many were accepted, rejected and so on, by whom and of what (R 3.17, 7.1.8).
//!
//! Counts this window's own, as `list` knows them; what lies in archive units that were taken in from other windows was
//! counted there. Without a question about time or period the window's own counts answer at once; else each submission
//! is looked at. Never reads a document.

use super::ReportArgs;
use super::asked::{By, Range};
use crate::commands::records::{Known, Submission};
use crate::commands::sheet::{Cell, Column, Sheet, said};
use crate::commands::{ListState, Trouble};
use crate::document::{BAKU, Period};
use crate::finding::Language;
use clap::ValueEnum;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// By what they can be counted.
pub(super) const POSSIBLE: [By; 7] =
    [By::Decision, By::Participant, By::Dataset, By::Period, By::Month, By::Quarter, By::Year];

/// What a row is of, and how many there are of each state.
type Groups = BTreeMap<Vec<Option<String>>, BTreeMap<&'static str, u64>>;

/// The report.
///
/// # Errors
/// Usage: bounds that contradict each other. Broken: a journal that cannot be read.
pub(super) fn sheet(args: &ReportArgs, known: &Known, language: Language) -> Result<Sheet, Trouble> {
    let by = if args.by.is_empty() { vec![By::Decision] } else { args.by.clone() };
    let range = Range::of(args.from, args.to)?;
    let is_kept = by.iter().all(|by| matches!(by, By::Decision | By::Participant | By::Dataset));
    let groups = match is_kept && range.is_everything() {
        true => counted(args, &by, known),
        false => looked_at(args, &by, &range, known)?,
    };
    let by_decision = by.contains(&By::Decision);
    let states = || ListState::value_variants().iter().copied().filter(|_| !by_decision);
    let heads = by.iter().map(|by| Column::words(by.as_str(), title(*by, language)));
    let each = states().map(|state| Column::numbers(state.as_str(), word(state, language)));
    let count = Column::numbers("count", said(language, "Sayı", "Count"));
    let counts = |of: &BTreeMap<&'static str, u64>| {
        let each: Vec<Cell> = states().map(|state| Cell::Count(of.get(state.as_str()).copied().unwrap_or(0))).collect();
        each.into_iter().chain([Cell::Count(of.values().sum())]).collect::<Vec<_>>()
    };
    let label = |(by, label): (&By, &Option<String>)| match (by, label) {
        (By::Decision, Some(label)) => ListState::value_variants()
            .iter()
            .find(|state| state.as_str() == label)
            .map_or(Cell::Empty, |state| Cell::Word(state.as_str(), word(*state, language))),
        (_, label) => Cell::text(label.as_ref()),
    };
    let mut all: BTreeMap<&'static str, u64> = BTreeMap::new();
    for of in groups.values() {
        of.iter().for_each(|(state, count)| *all.entry(state).or_default() += count);
    }
    let row = |(labels, of): (&Vec<Option<String>>, &BTreeMap<&'static str, u64>)| {
        by.iter().zip(labels).map(label).chain(counts(of)).collect()
    };
    Ok(Sheet {
        title: said(language, "Göndərişlər", "Submissions").to_owned(),
        facts: Vec::new(),
        columns: heads.chain(each).chain([count]).collect(),
        rows: groups.iter().map(row).collect(),
        total: (!groups.is_empty()).then(|| by.iter().map(|_| Cell::Empty).chain(counts(&all)).collect()),
        remarks: Vec::new(),
    })
}

/// From the counts that the window keeps.
fn counted(args: &ReportArgs, by: &[By], known: &Known) -> Groups {
    let is_of = |name: Option<&str>, value: &Option<String>| name.is_none_or(|name| value.as_deref() == Some(name));
    let mut groups = Groups::new();
    for (kind, count) in &known.fold().counts {
        let fits = is_of(args.participant.as_ref().map(|slug| slug.as_str()), &kind.participant)
            && is_of(args.dataset.as_ref().map(|name| name.as_str()), &kind.dataset);
        if !fits || *count == 0 {
            continue;
        }
        let state = ListState::from(kind.state).as_str();
        let label = |by: &By| match by {
            By::Decision => Some(state.to_owned()),
            By::Participant => kind.participant.clone(),
            _ => kind.dataset.clone(),
        };
        *groups.entry(by.iter().map(label).collect()).or_default().entry(state).or_default() += count;
    }
    groups
}

/// From each submission.
fn looked_at(args: &ReportArgs, by: &[By], range: &Range, known: &Known) -> Result<Groups, Trouble> {
    let mut groups = Groups::new();
    known.each(|submission| {
        let fits = range.has_moment(submission.received())
            && args.participant.as_ref().is_none_or(|slug| submission.participant() == Some(slug))
            && args.dataset.as_ref().is_none_or(|name| submission.dataset() == Some(name));
        if fits {
            let state = submission.state().as_str();
            let labels = by.iter().map(|by| label(submission, *by)).collect();
            *groups.entry(labels).or_default().entry(state).or_default() += 1;
        }
    })?;
    Ok(groups)
}

fn label(submission: &Submission, by: By) -> Option<String> {
    let received = |of: &dyn Fn(i16, u8) -> Period| Some(of_day(submission.received(), of));
    match by {
        By::Decision => Some(submission.state().as_str().to_owned()),
        By::Participant => submission.participant().map(ToString::to_string),
        By::Dataset => submission.dataset().map(ToString::to_string),
        By::Month => received(&Period::Month),
        By::Quarter => received(&|year, month| Period::Quarter(year, (month - 1) / 3 + 1)),
        By::Year => received(&|year, _| Period::Year(year)),
        _ => {
            let period = submission.last.as_ref().and_then(|last| last.period);
            period.map(|period| period.to_string()).filter(|period| !period.is_empty())
        }
    }
}

/// A period in which a moment lies in Baku, by its year and month.
fn of_day(at: Timestamp, of: &dyn Fn(i16, u8) -> Period) -> String {
    let day = BAKU.to_datetime(at);
    of(day.year(), day.month().unsigned_abs()).to_string()
}

fn title(by: By, language: Language) -> &'static str {
    let (az, en) = match by {
        By::Decision => ("Qərar", "Decision"),
        By::Participant => ("İştirakçı", "Participant"),
        By::Dataset => ("Məlumat toplusu", "Dataset"),
        By::Month => ("Alındığı ay", "Month of reception"),
        By::Quarter => ("Alındığı rüb", "Quarter of reception"),
        By::Year => ("Alındığı il", "Year of reception"),
        _ => ("Dövr", "Period"),
    };
    said(language, az, en)
}

fn word(state: ListState, language: Language) -> &'static str {
    let (az, en) = match state {
        ListState::Accepted => ("qəbul edildi", "accepted"),
        ListState::Rejected => ("rədd edildi", "rejected"),
        ListState::Duplicate => ("təkrar", "duplicate"),
        ListState::Pending => ("təsdiq gözləyir", "pending"),
        ListState::Held => ("saxlanılıb", "held"),
        ListState::Contested => ("şübhə altındadır", "contested"),
        ListState::Approval => ("təsdiq qərarı", "approval"),
        ListState::Open => ("açıq", "open"),
    };
    said(language, az, en)
}
