//! `pencere as-of`: a dataset as it held for a period, by what was known at a moment.
//!
//! Two times stand apart: the period is when it was true, `--known-at` when we knew it. The rows are those that
//! `<dataset>_current` showed then: nothing is overwritten in BOEMİS, so the answer to one question stays one for good.
//! Works beside a running daemon, on either engine, and writes nothing.

use super::receipt::PageLanguage;
use super::sheet::{self, Cell, Column, Fact, FormArgs, Sheet, said};
use super::{Exit, Outcome, Screen, Trouble, WindowArgs, opening, report};
use crate::boemis::Records;
use crate::document::{DatasetName, ParticipantName, Period};
use crate::finding::Language;
use crate::schema::{Dataset, Datasets, PeriodKinds};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

/// Show what held for a period, by what was known at a moment
///
/// The rows are those that the view DATASET_current of BOEMİS showed at that moment, its columns
/// under their own names: without --known-at as it is now, without --period of all periods. What
/// was corrected or contested since shows as it stood before. Works beside a running daemon.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct AsOfArgs {
    /// The dataset, for instance generation or cadastre
    #[arg(value_name = "DATASET")]
    pub dataset: DatasetName,
    /// Only what was stated for this period, as 2026-Q3, 2026-M09 or 2026
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// By what was known at this moment (a day in Baku, or RFC 3339) [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = super::times::moment)]
    pub known_at: Option<Timestamp>,
    /// Only what this participant stated
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    /// The language of what stands around the rows: az (Azərbaycan dili) or en (English)
    #[arg(long = "lang", value_enum, default_value_t = PageLanguage::Az)]
    pub language: PageLanguage,
    #[command(flatten)]
    pub form: FormArgs,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// Shows it.
///
/// # Errors
/// Usage: the configuration, or a dataset or period that is not there. Broken: the database's.
pub fn run(args: &AsOfArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let language = args.language.into();
    let now = Timestamp::now();
    super::times::known_by(args.known_at, now)?;
    let dataset = named(&args.dataset, &config.world().datasets)?;
    if let Some(period) = args.period.filter(|period| !dataset.periods.takes(*period)) {
        let why = match dataset.periods {
            PeriodKinds::None => format!("{} has no periods, so --period {period} cannot be", dataset.name),
            kinds => format!("{} has no {period}; its periods are as {}", dataset.name, kinds.examples()),
        };
        return Err(Trouble::usage(why));
    }
    let records = opening::runtime()?.block_on(async {
        let mut reader = report::reader(&config).await?;
        let records = reader.as_of(&dataset.name, args.known_at).await;
        let _ = reader.close().await; // it only looked
        records.map_err(|fault| Trouble::broken(fault.to_string()))
    })?;
    let at = args.known_at.unwrap_or_else(|| report::seconds(now));
    let sheet = shown(args, dataset, records, at, language);
    sheet::deliver(&sheet, &args.form, language, at, screen)?;
    Ok(Exit::Done)
}

/// The dataset of this name.
///
/// # Errors
/// Usage: there is none; it says which there are.
pub(super) fn named<'a>(name: &DatasetName, datasets: &'a Datasets) -> Result<&'a Dataset, Trouble> {
    datasets.by_name.get(name).ok_or_else(|| {
        let names: Vec<&str> = datasets.by_name.keys().map(DatasetName::as_str).collect();
        Trouble::usage(format!("there is no dataset {name}; there are {}", names.join(", ")))
    })
}

fn shown(args: &AsOfArgs, dataset: &Dataset, records: Records, at: Timestamp, language: Language) -> Sheet {
    let Records { columns, mut rows } = records;
    let place = |name: &str| columns.iter().position(|column| column == name);
    let value = |row: &[String], name: &str| place(name).and_then(|at| row.get(at)).cloned().unwrap_or_default();
    rows.retain(|row| {
        args.period.is_none_or(|period| value(row, "period") == period.to_string())
            && args.participant.as_ref().is_none_or(|slug| value(row, "participant") == slug.as_str())
    });
    // by period first, whatever the database sorts text by
    rows.sort_by_cached_key(|row| (value(row, "period"), row.clone()));
    let is_number = |name: &str| dataset.decimal(name).is_some();
    let cell = |(name, value): (&String, String)| match value {
        value if value.is_empty() => Cell::Empty,
        value if is_number(name) => Cell::Figure(value),
        value => Cell::Text(value),
    };
    let title = said(language, &dataset.title_az, &dataset.title_en).to_owned();
    Sheet {
        title,
        facts: vec![
            Fact::silent("dataset", json!(dataset.name)),
            Fact::new("period", said(language, "Dövr", "Period"), json!(args.period.map(|period| period.to_string()))),
            Fact::known_at(at, language),
        ],
        columns: columns
            .iter()
            .map(|name| Column { name: name.clone(), title: name.clone(), is_number: is_number(name) })
            .collect(),
        rows: rows.into_iter().map(|row| columns.iter().zip(row).map(cell).collect()).collect(),
        total: None,
        remarks: Vec::new(),
    }
}
