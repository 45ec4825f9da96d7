//! `pencere template`: an empty, commented form.

use super::{Exit, Outcome, Screen, Trouble, WindowArgs, records};
use crate::document::{DatasetName, ParticipantName, Period};
use crate::schema::{Format, PeriodKinds, template};
use clap::{Args, ValueEnum};

/// Print an empty, commented form to fill in
///
/// It goes to stdout, with the participant's own stations already in it. Fill in the
/// figures, sign it, drop it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct TemplateArgs {
    /// The dataset, for instance generation or capacity
    #[arg(value_name = "DATASET")]
    pub dataset: DatasetName,
    /// XML, CSV for a spreadsheet, or GeoJSON for a GIS
    #[arg(long, value_enum, default_value_t = TemplateForm::Xml)]
    pub format: TemplateForm,
    /// Whose stations to put in, for instance azerenerji
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    /// The quarter, month or year, as 2026-Q3, 2026-M09 or 2026
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// The form of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TemplateForm {
    /// An XML document
    Xml,
    /// A table for a spreadsheet
    Csv,
    /// A feature collection for a GIS, where the dataset has a shape
    #[value(name = "geojson")]
    GeoJson,
}

/// Prints the form.
///
/// # Errors
/// Usage: a dataset, participant or period that does not fit the window.
pub fn run(args: &TemplateArgs, screen: &mut Screen) -> Outcome {
    let config = records::config(&args.window)?;
    let world = config.world();
    let dataset = world.datasets.by_name.get(&args.dataset).ok_or_else(|| {
        Trouble::usage(format!(
            "there is no dataset {}; there are {}",
            args.dataset,
            listed(world.datasets.by_name.keys())
        ))
    })?;
    let slug = args.participant.as_ref().ok_or_else(|| {
        let known = listed(world.registry.participants.keys());
        Trouble::usage(format!("--participant says whose stations to put in, one of {known}"))
    })?;
    let participant = world.registry.participants.get(slug).ok_or_else(|| {
        let known = listed(world.registry.participants.keys());
        Trouble::usage(format!("there is no participant {slug}; there are {known}"))
    })?;
    if !participant.datasets.contains(&args.dataset) {
        screen.note(format!("pencere: {slug} is not competent for {}; it would be rejected", args.dataset));
    }
    let period = period(dataset.periods, args.period)?;
    // CONTRACT 2: a participant files for its own stations, the owner for any
    let stations: Vec<_> =
        world.stations.by_code.values().filter(|station| participant.owner || station.operator == *slug).collect();
    let format = match args.format {
        TemplateForm::Xml => Format::Xml,
        TemplateForm::Csv => Format::Csv,
        TemplateForm::GeoJson if dataset.geometry_column().is_none() => {
            return Err(Trouble::usage(format!("{} has no shapes, so there is no GeoJSON form of it", args.dataset)));
        }
        TemplateForm::GeoJson => Format::GeoJson,
    };
    let to = config.settings().window.window.id.as_str();
    screen.raw(template(dataset, &stations, period, to, &participant.voen, format).as_bytes());
    Ok(Exit::Done)
}

/// The period of the form; a dataset that has periods needs one.
fn period(kinds: PeriodKinds, given: Option<Period>) -> Result<Period, Trouble> {
    let wanted = || format!("--period says for which period, as {}", kinds.examples());
    match (kinds, given) {
        (PeriodKinds::QuarterAndYear | PeriodKinds::MonthAndYear, Some(Period::None) | None) => {
            Err(Trouble::usage(wanted()))
        }
        (PeriodKinds::QuarterAndYear | PeriodKinds::MonthAndYear, Some(period)) => match kinds.takes(period) {
            true => Ok(period),
            false => Err(Trouble::usage(format!("{}; this dataset has no {period}", wanted()))),
        },
        (PeriodKinds::None, Some(Period::None) | None) => Ok(Period::None),
        (PeriodKinds::None, Some(period)) => {
            Err(Trouble::usage(format!("this dataset has no periods, so --period {period} cannot be")))
        }
    }
}

fn listed(names: impl Iterator<Item = impl ToString>) -> String {
    names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}
