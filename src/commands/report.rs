//! `pencere report`: what BOEMİS holds, summed; who owes what; what became of submissions (S 4.2.4, S 8.1.13).
//!
//! Owns the arguments and what goes with what; each report has its own file, and all give a [`Sheet`]. Works beside a
//! running daemon, on either engine, and writes nothing. Figures are sums of what the views show, in whole numbers.

mod asked;
mod completeness;
mod figures;
mod submissions;

pub use asked::{Bound, By};

use self::asked::Range;
use super::receipt::PageLanguage;
use super::records::Known;
use super::sheet::{self, Fact, FormArgs, Sheet, said};
use super::{Exit, Outcome, Screen, Trouble, WindowArgs, opening};
use crate::boemis::{Fault, Reader};
use crate::config::Config;
use crate::document::{DatasetName, ParticipantName};
use crate::finding::Language;
use crate::schema::{Dataset, Datasets, PeriodKinds};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Report on figures, on what is owed, or on submissions
///
/// WHAT is a dataset with totals (generation, capacity, gas-savings, carbon-revenue; the part
/// behind the last hyphen is enough: savings, revenue), or one of
///
///   completeness  who owes which statement, and whether it came in time, late or not at all
///   submissions   how many were accepted, rejected and so on
///
/// Figures are those of BOEMİS's views, exact: a year is the annual statement where it stands,
/// else the sum of its parts (of capacity the latest), and nothing is counted twice. Between two
/// quarters only quarters are summed. Works beside a running daemon.
///
///   WHAT          --by (several with commas)                    without --by
///   a dataset     station type region participant quarter year  year
///   completeness  participant dataset period quarter year       each statement that is owed
///   submissions   decision participant dataset period           decision
///                 month quarter year (of reception)
///
/// key in the place of station where a dataset's records are of something else, month where it
/// has months.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ReportArgs {
    /// A dataset, completeness or submissions
    #[arg(value_name = "WHAT")]
    pub what: String,
    /// A row for each of these: station,quarter
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART", hide_possible_values = true)]
    pub by: Vec<By>,
    /// From this period on [default: all there is; completeness: the year of the quarter that ended last]
    #[arg(long, value_name = "PERIOD")]
    pub from: Option<Bound>,
    /// Until this one, with it [default: all there is; completeness: what has ended]
    #[arg(long, value_name = "PERIOD")]
    pub to: Option<Bound>,
    /// Only what this participant stated, owes or sent
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    /// Only this dataset, of completeness and submissions
    #[arg(long, value_name = "DATASET")]
    pub dataset: Option<DatasetName>,
    /// By what was known at this moment (a day in Baku, or RFC 3339); not of submissions [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = super::times::moment)]
    pub known_at: Option<Timestamp>,
    /// The language of heads and remarks: az (Azərbaycan dili) or en (English)
    #[arg(long = "lang", value_enum, default_value_t = PageLanguage::Az)]
    pub language: PageLanguage,
    #[command(flatten)]
    pub form: FormArgs,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// What a report is of.
enum What<'a> {
    Figures(&'a Dataset),
    Completeness,
    Submissions,
}

/// Makes the report.
///
/// # Errors
/// Usage: the configuration, or parts that do not go together. Broken: a database or a journal that cannot be
/// read.
pub fn run(args: &ReportArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let language = args.language.into();
    let now = Timestamp::now();
    super::times::known_by(args.known_at, now)?;
    let what = what(&args.what, &config.world().datasets)?;
    goes_together(args, &what)?;
    let mut sheet = match what {
        What::Figures(dataset) => of_figures(args, dataset, &config, language)?,
        What::Completeness => of_completeness(args, &config, language, now)?,
        What::Submissions => {
            let known = Known::read(&config.settings().window.paths.state)?;
            submissions::sheet(args, &known, language)?
        }
    };
    let told = facts(args, &config, language, now);
    let told = told.into_iter().filter(|fact| sheet.facts.iter().all(|own| own.name != fact.name));
    sheet.facts = told.collect::<Vec<_>>().into_iter().chain(std::mem::take(&mut sheet.facts)).collect();
    sheet::deliver(&sheet, &args.form, language, args.known_at.unwrap_or(now), screen)?;
    Ok(Exit::Done)
}

fn what<'a>(word: &str, datasets: &'a Datasets) -> Result<What<'a>, Trouble> {
    let summed = |dataset: &&Dataset| dataset.periods != PeriodKinds::None && dataset.key_column().is_some();
    let all = || datasets.by_name.values().filter(summed);
    match word {
        "completeness" => return Ok(What::Completeness),
        "submissions" => return Ok(What::Submissions),
        _ => {}
    }
    let whole = all().find(|dataset| dataset.name.as_str() == word);
    let mut by_end = all().filter(|dataset| dataset.name.as_str().rsplit_once('-').is_some_and(|(_, end)| end == word));
    match (whole, by_end.next(), by_end.next()) {
        (Some(dataset), ..) | (None, Some(dataset), None) => Ok(What::Figures(dataset)),
        _ => {
            let names: Vec<&str> = all().map(|dataset| dataset.name.as_str()).collect();
            Err(Trouble::usage(format!(
                "there is no report {word}; there are {}, completeness and submissions",
                names.join(", ")
            )))
        }
    }
}

/// Refuses what a report cannot be asked.
fn goes_together(args: &ReportArgs, what: &What<'_>) -> Result<(), Trouble> {
    let possible: Vec<By> = match what {
        What::Figures(dataset) => figures::possible(dataset),
        What::Completeness => completeness::POSSIBLE.to_vec(),
        What::Submissions => submissions::POSSIBLE.to_vec(),
    };
    let what_it_is = &args.what;
    for (at, by) in args.by.iter().enumerate() {
        if !possible.contains(by) {
            let words: Vec<&str> = possible.iter().map(|by| by.as_str()).collect();
            return Err(Trouble::usage(format!(
                "a report on {what_it_is} cannot be by {}; it can be by {}",
                by.as_str(),
                words.join(", ")
            )));
        }
        if args.by[..at].contains(by) {
            return Err(Trouble::usage(format!("--by names {} twice", by.as_str())));
        }
    }
    match what {
        What::Figures(_) if args.dataset.is_some() => {
            Err(Trouble::usage(format!("{what_it_is} says the dataset already, so --dataset cannot be")))
        }
        What::Submissions if args.known_at.is_some() => {
            Err(Trouble::usage("submissions are told as they stand now, so --known-at cannot be; --to can"))
        }
        _ => Ok(()),
    }
}

fn of_figures(args: &ReportArgs, dataset: &Dataset, config: &Config, language: Language) -> Result<Sheet, Trouble> {
    let question = figures::Question::of(args, dataset)?;
    let counted = opening::runtime()?.block_on(async {
        let mut reader = reader(config).await?;
        let counted = reader.counted(&dataset.name, args.known_at).await;
        let _ = reader.close().await; // it only looked
        counted.map_err(|fault| Trouble::broken(fault.to_string()))
    })?;
    figures::sheet(&question, dataset, counted, config.world(), language)
}

fn of_completeness(args: &ReportArgs, config: &Config, language: Language, now: Timestamp) -> Result<Sheet, Trouble> {
    let world = config.world();
    let known_at = args.known_at.unwrap_or(now);
    if let Some(name) = args.dataset.as_ref().filter(|name| !world.datasets.by_name.contains_key(*name)) {
        let names: Vec<&str> = world.datasets.by_name.keys().map(DatasetName::as_str).collect();
        return Err(Trouble::usage(format!("there is no dataset {name}; there are {}", names.join(", "))));
    }
    if let Some(slug) = args.participant.as_ref().filter(|slug| !world.registry.participants.contains_key(*slug)) {
        let slugs: Vec<&str> = world.registry.participants.keys().map(ParticipantName::as_str).collect();
        return Err(Trouble::usage(format!("there is no participant {slug}; there are {}", slugs.join(", "))));
    }
    let range = Range::of_periods(args.from, args.to)?.or_ended(known_at);
    // what waits is known as it stands now
    let waiting = match args.known_at {
        None => completeness::waiting(&Known::read(&config.settings().window.paths.state)?)?,
        Some(_) => Vec::new(),
    };
    let stated = opening::runtime()?.block_on(async {
        let mut reader = reader(config).await?;
        let mut stated = Vec::new();
        for dataset in completeness::asked_of(args, &world.datasets) {
            let filed = reader.filed(&dataset.name, args.known_at.unwrap_or(Timestamp::MAX)).await;
            let counted = reader.counted(&dataset.name, args.known_at).await;
            let broken = |fault: Fault| Trouble::broken(fault.to_string());
            stated.push(completeness::Stated {
                dataset,
                filed: filed.map_err(broken)?,
                counted: counted.map_err(broken)?,
            });
        }
        let _ = reader.close().await; // it only looked
        Ok::<_, Trouble>(stated)
    })?;
    let ground = completeness::Ground { world, known_at, waiting, range };
    Ok(completeness::sheet(args, &ground, &stated, language))
}

/// BOEMİS, to be looked at.
///
/// # Errors
/// Usage: there is none yet. Broken: it is away or damaged.
pub(super) async fn reader(config: &Config) -> Result<Reader, Trouble> {
    let settings = config.settings();
    let opened = Reader::open(&settings.location, &settings.boemis, &config.world().datasets).await;
    opened.map_err(|fault| match fault {
        Fault::Missing { .. } => Trouble::usage(fault.to_string()),
        fault => Trouble::broken(fault.to_string()),
    })
}

/// What every report says of itself.
fn facts(args: &ReportArgs, config: &Config, language: Language, now: Timestamp) -> Vec<Fact> {
    let window = &config.settings().window;
    let by: Vec<Value> = args.by.iter().map(|by| json!(by.as_str())).collect();
    let bound = |bound: Option<Bound>| bound.map_or(Value::Null, |bound| json!(bound.to_string()));
    let fact = |name, az, en, value| Fact::new(name, said(language, az, en), value);
    vec![
        Fact::silent("report", json!(args.what)),
        fact("window", "Pəncərə", "Window", json!(window.window.id.as_str())),
        Fact::known_at(args.known_at.unwrap_or_else(|| seconds(now)), language),
        Fact::silent("by", Value::Array(by)),
        fact("from", "Başlanğıc", "From", bound(args.from)),
        fact("to", "Son", "To", bound(args.to)),
        fact("participant", "İştirakçı", "Participant", json!(args.participant)),
        fact("dataset", "Məlumat toplusu", "Dataset", json!(args.dataset)),
    ]
}

/// A moment to the second: what is told of a report.
pub(super) fn seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
