//! `pencere boemis`: what the owner of a PostgreSQL database does for the window.
//!
//! Owns the words to a person; what is made and granted, the store knows.

use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, opening};
use crate::boemis::{self, Location};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;

/// What to do with BOEMİS's database.
#[derive(Debug, Subcommand)]
pub enum BoemisCommand {
    Prepare(PrepareArgs),
}

/// Make tables and views in PostgreSQL as its owner, and give the window's role its rights
///
/// The window's role may then insert and read, and nothing else: what is loaded, it can neither
/// change nor take away. To be run once, and whenever a dataset is described anew; done again it
/// changes nothing. The rights that were given are shown as the statements that gave them.
///
/// Exit code 0: all is there. 2: wrong usage or configuration, or the database is SQLite, which
/// makes itself ready. 3: the database refuses, or is away.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct PrepareArgs {
    /// The database as its owner reaches it: postgres://OWNER@HOST/DATABASE [default: [boemis] url]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The file that holds the owner's password, unless PGPASSWORD or PGPASSFILE has it
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The role that loads [default: the user of [boemis] url]
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// A role that reads tables and views and may do nothing else; may be given several times
    #[arg(long = "reader", value_name = "ROLE")]
    pub readers: Vec<String>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    /// The database, without any password.
    database: String,
    /// How many migrations were missing, and were done.
    migrations: u64,
    /// The statements that made tables, views and triggers; none when all was there.
    steps: &'a [String],
    /// The role that loads.
    role: &'a str,
    /// The statements that gave rights; none when the owner itself loads.
    grants: &'a [String],
}

/// Runs the command.
///
/// # Errors
/// Usage: the configuration, or an address that is none. Broken: the database's.
pub fn prepare(args: &PrepareArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let settings = config.settings();
    let Location::Postgres(of_window) = &settings.location else {
        return Err(Trouble::usage(format!("{} makes itself ready when the window starts", settings.location)));
    };
    let owner = match &args.url {
        None => settings.location.clone(),
        Some(url) => url.parse::<Location>().map_err(|fault| Trouble::usage(format!("--url: {fault}")))?,
    };
    let owner = match &args.password_file {
        None => owner,
        Some(file) => owner.with_password_file(Some(file.clone())),
    };
    let Location::Postgres(owner) = owner else {
        return Err(Trouble::usage("--url names no PostgreSQL database"));
    };
    let role = args.role.clone().unwrap_or_else(|| of_window.role());
    let datasets = &config.world().datasets;
    let preparing =
        boemis::prepare_as_owner(&owner, &settings.boemis, datasets, std::slice::from_ref(&role), &args.readers);
    let prepared = opening::runtime()?.block_on(preparing).map_err(|fault| Trouble::broken(fault.to_string()))?;
    let boemis::Prepared { migrations, steps, grants } = &prepared;
    screen.json(&Answer { database: owner.to_string(), migrations: *migrations, steps, role: &role, grants });
    screen.say(match (migrations, steps.len()) {
        (0, 0) => format!("{owner} has all tables and views."),
        (0, steps) => format!("{owner} has all tables and views now; changed or made: {steps}."),
        (migrations, steps) => format!("{owner} was made ready: {migrations} migrations, {steps} tables and views."),
    });
    match grants.as_slice() {
        [] => screen.say(format!(
            "{role} owns what it loads into: in a real window the role that loads is another one, which may insert \
             and read alone."
        )),
        grants => {
            screen.say("These rights, and no others, were given:");
            grants.iter().for_each(|grant| screen.say(format!("  {grant};")));
        }
    }
    Ok(Exit::Done)
}
