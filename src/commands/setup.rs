//! `pencere setup`: a window for real, in the standard places of a server.
//!
//! Owns the order of it: all that is asked is known, and the whole configuration is read as the daemon would read it,
//! before anything is made; `pencere.toml` appears last. Each file and folder appears whole or not at all, and what
//! stands is never changed: done again, it makes what is missing, as after a crash or for a new participant. Makes no
//! account: who may log in to this machine is its administrator's affair.

mod accounts;
mod asked;
mod draft;
mod folders;
mod places;

use super::init::quoted;
use super::{Exit, Outcome, Screen, Trouble};
use crate::config::{Config, Mistake};
use accounts::Account;
use asked::Answers;
use clap::Args;
use folders::Made;
use jiff::Timestamp;
use places::Places;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Make a window for real in the standard places: /etc/pencere, /var/lib/pencere, /srv/pencere/drop
///
/// Asks at a terminal for what the options do not say. Makes configuration, seal, state folder,
/// and for each participant of the registry a drop folder that is fit for an SFTP chroot
/// (docs/sftp.md). All of it is checked before anything is made, and what stands is never
/// changed: run it again after a new participant came into the registry.
///
/// Exit code 0: the window stands. 2: something is missing or wrong, and nothing was done.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct SetupArgs {
    /// What a document's `to` must say: 1 to 64 of a-z, 0-9 and -, beginning with a letter
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The window's name for people; it stands in every receipt
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// production, or test: with a PKI for trying out where no --anchor is named
    #[arg(long, value_name = "test|production")]
    environment: Option<String>,
    /// The database: sqlite://PATH or postgres://… [default: a file in the state folder]
    #[arg(long, value_name = "URL")]
    boemis: Option<String>,
    /// A certificate of an authority whose persons are believed; copied; may be repeated
    #[arg(long = "anchor", value_name = "FILE")]
    anchors: Vec<PathBuf>,
    /// Where revocation lists are fetched; may be repeated
    #[arg(long = "crl-url", value_name = "URL")]
    crl_urls: Vec<String>,
    /// The registry; copied with the certificates that it names [default: one without participants]
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// The station register; copied [default: the shipped one, or without participants an empty one]
    #[arg(long, value_name = "FILE")]
    stations: Option<PathBuf>,
    /// The seal's certificate; copied [default: one that this makes over its key]
    #[arg(long, value_name = "FILE", requires = "seal_key")]
    seal_certificate: Option<PathBuf>,
    /// The seal's key, PKCS#8 in PEM; copied [default: a new one]
    #[arg(long, value_name = "FILE")]
    seal_key: Option<PathBuf>,
    /// Whose uploads come into a participant's folder; may be repeated [default: the user of its name]
    #[arg(long = "account", value_name = "PARTICIPANT=USER")]
    accounts: Vec<String>,
    /// Let the seal be a process of its own, which alone has its key (docs/seal.md)
    #[arg(long)]
    seal_apart: bool,
    /// As whom the seal runs that is a process of its own
    #[arg(long, value_name = "USER", default_value = "pencere-seal")]
    seal_user: String,
    /// As whom the window runs
    #[arg(long, value_name = "USER", default_value = "pencere")]
    user: String,
    /// Make everything beneath this folder instead of /, and name it so in the configuration
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
}

/// Makes what is missing of the window.
///
/// # Errors
/// Usage: an answer that is missing or wrong, and then nothing was made. Broken: the disk's; done again, it goes on.
pub fn run(args: &SetupArgs, screen: &mut Screen) -> Outcome {
    let places = Places::beneath(&args.root)?;
    let window = the_user(args)?;
    let config = places.config();
    let is_new = !config.exists();
    let is_apart = args.seal_apart || (!is_new && places.seal_config().exists());
    let seal = if is_apart { the_seal(args, window)? } else { window };
    if is_new {
        let answers = Answers::gather(args, &places)?;
        let draft = draft::Draft::make(&answers, &places, Timestamp::now())?;
        let checked = draft.checked(&places, screen)?;
        let accounts = accounts_of(args, &checked)?;
        folders::can_be_shared(&accounts)?;
        folders::Owned { places: &places, window }.base()?;
        draft.promote(&places, (window, seal), screen)?;
    } else {
        not_contradicted(args, &config)?;
    }
    let loaded = Config::load(&config, Timestamp::now()).map_err(|mistakes| refused(&mistakes, &config, screen))?;
    let accounts = accounts_of(args, &loaded)?;
    folders::can_be_shared(&accounts)?;
    let owned = folders::Owned { places: &places, window };
    let mut made = owned.of_window(loaded.settings())?;
    if is_apart {
        made.extend(owned.of_seal(seal)?);
    }
    for participant in loaded.world().registry.participants.keys() {
        let account = accounts.get(participant.as_str()).copied();
        made.extend(owned.of_participant(loaded.settings(), participant.as_str(), account)?);
    }
    tell(&made, is_new, screen);
    let participants = loaded.world().registry.participants.keys().map(|participant| participant.as_str());
    let without: Vec<&str> = participants.filter(|participant| !accounts.contains_key(*participant)).collect();
    if let Some(first) = without.first() {
        screen.note(format!(
            "\nNobody but the window can drop into the folders of {} yet. Make an account for each, named as it, and \
             run `pencere setup` again, or `pencere setup --account {first}=USER` (docs/sftp.md).",
            without.join(", ")
        ));
    }
    let services: Vec<&str> =
        [(is_apart, "pencere-seal.socket"), (true, "pencere"), (!accounts.is_empty(), "pencere-uploads")]
            .into_iter()
            .filter_map(|(is_wanted, service)| is_wanted.then_some(service))
            .collect();
    next_steps(&places, &services, screen);
    Ok(Exit::Done)
}

/// As whom the window will run. Without root there is nobody but the caller.
fn the_user(args: &SetupArgs) -> Result<Account, Trouble> {
    if !rustix::process::geteuid().is_root() {
        return match args.root == Path::new("/") {
            true => Err(Trouble::usage("the standard places are root's to make: run this as root")),
            false => Ok(Account::own()),
        };
    }
    Account::named(&args.user)?.ok_or_else(|| {
        Trouble::usage(format!(
            "there is no user {user} for the window to run as. Make it: adduser --system --group --no-create-home \
             --home /var/lib/pencere {user}",
            user = args.user
        ))
    })
}

/// As whom the seal runs: somebody else than the window, and of its group.
fn the_seal(args: &SetupArgs, window: Account) -> Result<Account, Trouble> {
    let Some(seal) = rustix::process::geteuid().is_root().then(|| Account::named(&args.seal_user)).transpose()? else {
        return Err(Trouble::usage("a seal apart is another user's: run this as root"));
    };
    match seal {
        Some(seal) if seal.uid != window.uid => Ok(Account { gid: window.gid, ..seal }),
        Some(_) => Err(Trouble::usage("the seal is the window's own user: then it is not apart")),
        None => Err(Trouble::usage(format!(
            "there is no user {seal} for the seal to run as. Make it: adduser --system --no-create-home --ingroup \
             {window} {seal}",
            seal = args.seal_user,
            window = args.user
        ))),
    }
}

/// The account of each participant, as far as there is one: the one that is named, else the user of its name.
fn accounts_of(args: &SetupArgs, config: &Config) -> Result<BTreeMap<String, Account>, Trouble> {
    let participants = &config.world().registry.participants;
    let mut accounts = BTreeMap::new();
    for text in &args.accounts {
        let Some((participant, user)) = text.split_once('=') else {
            return Err(Trouble::usage(format!("--account {text}: wanted is PARTICIPANT=USER")));
        };
        if !participants.keys().any(|known| known.as_str() == participant) {
            return Err(Trouble::usage(format!("--account {text}: {participant} is no participant of the registry")));
        }
        let account = Account::named(user)?.ok_or_else(|| {
            Trouble::usage(format!(
                "--account {text}: there is no user {user}. Make it: adduser --system --no-create-home --home / \
                 --ingroup pencere-sftp {user}"
            ))
        })?;
        accounts.insert(participant.to_owned(), account);
    }
    if rustix::process::geteuid().is_root() {
        for participant in participants.keys() {
            if !accounts.contains_key(participant.as_str())
                && let Some(account) = Account::named(participant.as_str())?
            {
                accounts.insert(participant.as_str().to_owned(), account);
            }
        }
    }
    match accounts.iter().find(|(_, account)| account.uid == 0) {
        Some((participant, _)) => Err(Trouble::usage(format!("the account of {participant} may not be root"))),
        None => Ok(accounts),
    }
}

/// What stands is not changed, and so is not asked to be otherwise.
fn not_contradicted(args: &SetupArgs, config: &Path) -> Result<(), Trouble> {
    let settings = Config::settings_of(config).map_err(|mistakes| {
        Trouble::usage(mistakes.first().map_or_else(String::new, ToString::to_string)) // never none
    })?;
    let window = &settings.window;
    let stands = [
        ("--id", &args.id, window.window.id.to_string()),
        ("--name", &args.name, window.name.clone()),
        ("--environment", &args.environment, window.window.environment.as_str().to_owned()),
    ];
    for (option, asked, stands) in stands {
        if asked.as_ref().is_some_and(|asked| *asked != stands) {
            return Err(Trouble::usage(format!(
                "{} stands, and says “{stands}” where {option} says otherwise; what stands is never changed",
                config.display()
            )));
        }
    }
    let is_given = args.boemis.is_some()
        || args.registry.is_some()
        || args.stations.is_some()
        || args.seal_key.is_some()
        || (args.seal_apart && !config.with_file_name("seal.toml").exists())
        || !args.anchors.is_empty()
        || !args.crl_urls.is_empty();
    match is_given {
        true => Err(Trouble::usage(format!(
            "{} stands, and is never changed: put the new file or address into it yourself, and run `pencere config \
             check`. A new participant's folder is made by `pencere setup` without these options",
            config.display()
        ))),
        false => Ok(()),
    }
}

fn refused(mistakes: &[Mistake], config: &Path, screen: &mut Screen) -> Trouble {
    mistakes.iter().for_each(|mistake| screen.note(mistake.to_string()));
    Trouble::usage(format!("mistakes in {}: {}; nothing was done", config.display(), mistakes.len()))
}

fn tell(made: &[Made], is_new: bool, screen: &mut Screen) {
    for one in made {
        screen.say(one.to_string());
    }
    if made.is_empty() && !is_new {
        screen.say("All of it stands already; nothing was changed.");
    }
}

fn next_steps(places: &Places, services: &[&str], screen: &mut Screen) {
    let config = quoted(&places.config());
    let (doctor, run) = match places.is_standard() {
        true => ("pencere doctor".to_owned(), format!("systemctl enable --now {}", services.join(" "))),
        false => (format!("pencere doctor --config {config}"), format!("pencere run --config {config}")),
    };
    screen.say(format!("\nThe window stands. Look it over, then open it:\n  {doctor}\n  {run}"));
}
