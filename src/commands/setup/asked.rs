//! What a new window is to be: said by options, else asked at the terminal. Never guesses what has no default.

use super::super::prompt;
use super::places::Places;
use super::{SetupArgs, Trouble};
use crate::authority::Environment;
use std::path::PathBuf;

/// All that is to be known.
#[derive(Debug)]
pub(super) struct Answers {
    pub id: String,
    pub name: String,
    pub environment: Environment,
    pub boemis: String,
    /// None for the PKI of a trial.
    pub anchors: Vec<PathBuf>,
    pub crl_urls: Vec<String>,
    pub registry: Option<PathBuf>,
    pub stations: Option<PathBuf>,
    pub seal_key: Option<PathBuf>,
    pub seal_certificate: Option<PathBuf>,
    pub seal_apart: bool,
}

impl Answers {
    /// From options and terminal.
    ///
    /// # Errors
    /// Usage: something is missing, and nobody sits there to be asked; or what was said does not fit together.
    pub(super) fn gather(args: &SetupArgs, places: &Places) -> Result<Self, Trouble> {
        let id = needed("--id", &args.id, "The window's id, which documents name in `to` (as boemis): ")?;
        let name = needed("--name", &args.name, "Its name for people, in every receipt: ")?;
        let environment = needed("--environment", &args.environment, "Its environment, test or production: ")?;
        let environment = match environment.as_str() {
            "test" => Environment::Test,
            "production" => Environment::Production,
            other => return Err(Trouble::usage(format!("the environment is test or production, not “{other}”"))),
        };
        let (mut anchors, mut registry) = (args.anchors.clone(), args.registry.clone());
        let is_production = environment == Environment::Production;
        if anchors.is_empty() && is_production {
            let question = "The file of an authority's certificate, whose persons are believed: ";
            anchors.push(needed("--anchor", &None, question)?.into());
        }
        if registry.is_none() && is_production {
            let question = "The registry of participants and persons, a file [none yet]: ";
            registry = prompt::line(question)?.filter(|answer| !answer.is_empty()).map(PathBuf::from);
        }
        if registry.is_some() && anchors.is_empty() {
            return Err(Trouble::usage("--registry wants --anchor: whose certificates are those of its persons?"));
        }
        let file = format!("sqlite://{}", places.state.join("boemis.sqlite").display());
        let boemis = match &args.boemis {
            Some(url) => url.clone(),
            None => {
                let answer = prompt::line(&format!("The database, sqlite://PATH or postgres://… [{file}]: "))?;
                answer.filter(|answer| !answer.is_empty()).unwrap_or(file)
            }
        };
        Ok(Self {
            id,
            name,
            environment,
            boemis,
            anchors,
            crl_urls: args.crl_urls.clone(),
            registry,
            stations: args.stations.clone(),
            seal_key: args.seal_key.clone(),
            seal_certificate: args.seal_certificate.clone(),
            seal_apart: args.seal_apart,
        })
    }

    /// Whether a PKI for trying out is made along with it.
    pub(super) fn is_trial(&self) -> bool {
        self.environment == Environment::Test && self.anchors.is_empty()
    }
}

fn needed(option: &str, said: &Option<String>, question: &str) -> Result<String, Trouble> {
    let answer = match said {
        Some(said) => Some(said.trim().to_owned()),
        None => prompt::line(question)?,
    };
    answer.filter(|answer| !answer.is_empty()).ok_or_else(|| {
        Trouble::usage(format!("{option} is not said, and has no default; at a terminal it is asked for"))
    })
}
