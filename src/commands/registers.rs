//! `pencere participants`, `persons` and `stations`: who may file, who signs for them, and about what (R 3.2, S 6.1.1).
//!
//! Reads the registers as the configuration has them; they are changed in their files. Personal numbers are masked.

use super::receipt::PageLanguage;
use super::sheet::{self, Cell, Column, Fact, FormArgs, Sheet, said};
use super::{Exit, Outcome, Screen, Trouble, WindowArgs, opening};
use crate::authority::{Participant, Person, Right, Station};
use crate::config::{Config, Part};
use crate::document::{BAKU, DatasetName, Digest, ParticipantName};
use crate::finding::Language;
use crate::forms::certificate::Certificate;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;

/// The bodies that file.
#[derive(Debug, Subcommand)]
pub enum ParticipantsCommand {
    /// List the participants: their competence, how they are answered, and whether they are suspended
    List(ParticipantsArgs),
}

/// The persons who sign.
#[derive(Debug, Subcommand)]
pub enum PersonsCommand {
    /// List the responsible persons: rights, active period, and when their certificates end
    List(PersonsArgs),
}

/// What is filed about.
#[derive(Debug, Subcommand)]
pub enum StationsCommand {
    /// List the station register as of a day
    List(StationsArgs),
}

/// Which participants.
#[derive(Debug, Args)]
pub struct ParticipantsArgs {
    #[command(flatten)]
    pub asked: Asked,
}

/// Which persons.
#[derive(Debug, Args)]
pub struct PersonsArgs {
    /// Only this participant's
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    #[command(flatten)]
    pub asked: Asked,
}

/// Which stations.
#[derive(Debug, Args)]
pub struct StationsArgs {
    /// Only this participant's
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    /// Only of this type, as hydro or solar
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    #[command(flatten)]
    pub asked: Asked,
}

/// What each list is asked for.
#[derive(Debug, Args)]
pub struct Asked {
    /// As of this day in Baku, as 2026-09-30 [default: today]
    #[arg(long, value_name = "DAY")]
    pub at: Option<Date>,
    /// The language of what stands around the rows: az (Azərbaycan dili) or en (English)
    #[arg(long = "lang", value_enum, default_value_t = PageLanguage::Az)]
    pub language: PageLanguage,
    #[command(flatten)]
    pub form: FormArgs,
    #[command(flatten)]
    pub window: WindowArgs,
}

impl Asked {
    fn list(
        &self,
        screen: &mut Screen,
        list: impl FnOnce(&Config, Date, Language) -> Result<Sheet, Trouble>,
    ) -> Outcome {
        let config = opening::config(&self.window, screen)?;
        let (now, language) = (Timestamp::now(), self.language.into());
        let day = self.at.unwrap_or_else(|| BAKU.to_datetime(now).date());
        sheet::deliver(&list(&config, day, language)?, &self.form, language, now, screen)?;
        Ok(Exit::Done)
    }
}

/// Lists the participants.
///
/// # Errors
/// A wrong configuration.
pub fn participants(args: &ParticipantsArgs, screen: &mut Screen) -> Outcome {
    args.asked.list(screen, |config, day, language| {
        let row = |one: &Participant| {
            let active = one.persons.iter().filter(|person| is_active(person, day)).count();
            let ways = [("folder", one.answers.folder), ("mail", one.answers.mail)];
            let ways: Vec<&str> = ways.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
            vec![
                Cell::Text(one.slug.to_string()),
                Cell::Text(one.name.clone()),
                Cell::Text(one.voen.to_string()),
                yes_no(one.owner, language),
                yes_no(one.suspended, language),
                Cell::Text(names(&one.datasets)),
                Cell::Count(active as u64),
                Cell::Text(ways.join(", ")),
            ]
        };
        Ok(Sheet {
            title: said(language, "İştirakçılar", "Participants").to_owned(),
            facts: vec![of_day(day, language)],
            columns: vec![
                Column::words("participant", said(language, "İştirakçı", "Participant")),
                Column::words("name", said(language, "Adı", "Name")),
                Column::words("voen", "VÖEN"),
                Column::words("owner", said(language, "Sahib", "Owner")),
                Column::words("suspended", said(language, "Dayandırılıb", "Suspended")),
                Column::words("datasets", said(language, "Səlahiyyəti", "Competence")),
                Column::numbers("active_persons", said(language, "Fəal şəxslər", "Active persons")),
                Column::words("answers", said(language, "Cavablar", "Answers")),
            ],
            rows: config.world().registry.participants.values().map(row).collect(),
            total: None,
            remarks: Vec::new(),
        })
    })
}

/// Lists the persons.
///
/// # Errors
/// A wrong configuration, or no such participant.
pub fn persons(args: &PersonsArgs, screen: &mut Screen) -> Outcome {
    args.asked.list(screen, |config, day, language| {
        known(config, args.participant.as_ref())?;
        let ends = ends_of(config);
        let row = |of: &Participant, one: &Person| {
            let ends = one.certificates.iter().filter_map(|sha256| ends.get(sha256)).max();
            let rights: Vec<&str> = one.rights.iter().map(|right| right_name(*right)).collect();
            vec![
                Cell::Text(of.slug.to_string()),
                Cell::Text(one.name.clone()),
                Cell::Text(one.fin.to_string()),
                Cell::Text(rights.join(", ")),
                Cell::Text(names(&one.datasets)),
                Cell::Text(one.from.to_string()),
                Cell::text(one.to),
                yes_no(is_active(one, day) && !of.suspended, language),
                Cell::Count(one.certificates.len() as u64),
                Cell::text(ends.map(|at| BAKU.to_datetime(*at).date())),
            ]
        };
        let bodies = config.world().registry.participants.values();
        let bodies = bodies.filter(|one| args.participant.as_ref().is_none_or(|slug| *slug == one.slug));
        Ok(Sheet {
            title: said(language, "Məsul şəxslər", "Responsible persons").to_owned(),
            facts: vec![of_day(day, language)],
            columns: vec![
                Column::words("participant", said(language, "İştirakçı", "Participant")),
                Column::words("name", said(language, "Adı", "Name")),
                Column::words("fin", "FİN"),
                Column::words("rights", said(language, "Hüquqları", "Rights")),
                Column::words("datasets", said(language, "Məlumat dəstləri", "Datasets")),
                Column::words("from", said(language, "Başlanğıc", "From")),
                Column::words("to", said(language, "Son", "To")),
                Column::words("active", said(language, "Fəaldır", "Active")),
                Column::numbers("certificates", said(language, "Sertifikatlar", "Certificates")),
                Column::words("certificate_ends", said(language, "Sonuncusu bitir", "The last ends")),
            ],
            rows: bodies
                .flat_map(|of| of.persons.iter().map(move |one| (of, one)))
                .map(|(of, one)| row(of, one))
                .collect(),
            total: None,
            remarks: Vec::new(),
        })
    })
}

/// Lists the stations.
///
/// # Errors
/// A wrong configuration, no such participant, or no such type.
pub fn stations(args: &StationsArgs, screen: &mut Screen) -> Outcome {
    args.asked.list(screen, |config, day, language| {
        known(config, args.participant.as_ref())?;
        let all = || config.world().stations.by_code.values();
        if let Some(kind) = args.kind.as_ref().filter(|kind| all().all(|one| one.kind.as_str() != kind.as_str())) {
            let kinds: std::collections::BTreeSet<&str> = all().map(|one| one.kind.as_str()).collect();
            let kinds: Vec<&str> = kinds.into_iter().collect();
            return Err(Trouble::usage(format!("no station is of the type {kind:?}; there are {}", kinds.join(", "))));
        }
        let is_asked = |one: &&Station| {
            args.participant.as_ref().is_none_or(|slug| *slug == one.operator)
                && args.kind.as_ref().is_none_or(|kind| kind == one.kind.as_str())
        };
        let row = |one: &Station| {
            let serves = one.from.is_some_and(|from| from <= day) && one.to.is_none_or(|to| day <= to);
            vec![
                Cell::Text(one.code.to_string()),
                Cell::Text(one.name.clone()),
                Cell::Text(one.kind.as_str().to_owned()),
                Cell::Figure(one.mw_on(day).to_string()),
                Cell::Text(one.region.clone()),
                Cell::Text(one.operator.to_string()),
                Cell::text(one.from),
                Cell::text(one.to),
                yes_no(serves, language),
            ]
        };
        Ok(Sheet {
            title: said(language, "Stansiyaların reyestri", "Station register").to_owned(),
            facts: vec![of_day(day, language)],
            columns: vec![
                Column::words("station", said(language, "Stansiya", "Station")),
                Column::words("name", said(language, "Adı", "Name")),
                Column::words("type", said(language, "Növü", "Type")),
                Column::numbers("mw", said(language, "Gücü, MVt", "Capacity, MW")),
                Column::words("region", said(language, "Rayon", "Region")),
                Column::words("participant", said(language, "Operator", "Operator")),
                Column::words("from", said(language, "İstismarda", "In service from")),
                Column::words("to", said(language, "Son gün", "To")),
                Column::words("in_service", said(language, "İşləyir", "In service")),
            ],
            rows: all().filter(is_asked).map(row).collect(),
            total: None,
            remarks: Vec::new(),
        })
    })
}

fn of_day(day: Date, language: Language) -> Fact {
    Fact::new("at", said(language, "Bu günə", "As of"), json!(day.to_string()))
}

fn known(config: &Config, participant: Option<&ParticipantName>) -> Result<(), Trouble> {
    let all = &config.world().registry.participants;
    match participant.filter(|slug| !all.contains_key(*slug)) {
        Some(unknown) => {
            let slugs: Vec<&str> = all.keys().map(ParticipantName::as_str).collect();
            Err(Trouble::usage(format!("there is no participant {unknown}; there are {}", slugs.join(", "))))
        }
        None => Ok(()),
    }
}

/// R 3.2: both days belong to the period.
fn is_active(person: &Person, day: Date) -> bool {
    person.from <= day && person.to.is_none_or(|to| day <= to)
}

/// When each certificate of the registry ends, by its fingerprint.
fn ends_of(config: &Config) -> BTreeMap<Digest, Timestamp> {
    let files = config.world().files.iter().filter(|file| file.part == Part::Registry);
    let certificates = files.filter_map(|file| Certificate::from_file(&file.octets).ok()).flatten();
    certificates.map(|one| (one.sha256(), one.not_after())).collect()
}

fn names(datasets: &std::collections::BTreeSet<DatasetName>) -> String {
    datasets.iter().map(DatasetName::as_str).collect::<Vec<_>>().join(", ")
}

fn right_name(right: Right) -> &'static str {
    match right {
        Right::File => "file",
        Right::Approve => "approve",
        Right::Propose => "propose",
    }
}

fn yes_no(is: bool, language: Language) -> Cell {
    match is {
        true => Cell::Word("yes", said(language, "bəli", "yes")),
        false => Cell::Word("no", said(language, "xeyr", "no")),
    }
}
