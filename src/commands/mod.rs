//! The command line: one file a command, each with its arguments and its body.
//!
//! Owns the names that callers script against, the help texts, the four exit codes and what goes
//! to which stream ([`Screen`]). Never judges a document: `check` and the daemon share the rooms.

pub mod answer;
mod approval;
mod archive;
mod as_of;
mod audit;
mod backup;
mod boemis;
mod check;
mod config;
mod demo;
mod doctor;
mod evidence;
mod explain;
mod downtime;
mod export;
pub mod files;
mod identity;
mod init;
mod list;
mod once;
mod open;
mod opening;
pub mod post;
pub mod profile;
pub mod progress;
mod prompt;
mod publish;
mod receipt;
pub mod records;
mod registers;
mod repair;
mod replay;
mod report;
mod restore;
mod run;
pub mod screen;
mod seal;
mod setup;
mod sheet;
mod show;
mod sign;
mod status;
pub mod table;
mod template;
pub mod times;
pub mod trial;
mod uploads;
mod verify;
mod who;

pub use list::ListState;
pub use screen::{Format, Screen};
pub use table::Table;

use crate::daemon::log::{self, LogFault};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How a command ended. The numbers are fixed; there is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, and the answer is yes.
    Done,
    /// 1: done, and the answer is no.
    No,
    /// 2: wrong usage, a missing file, a wrong configuration.
    Usage,
    /// 3: the program could not do its work: disk, database, or a fault of its own.
    Broken,
}

impl Exit {
    /// Yes or no.
    pub fn answer(yes: bool) -> Self {
        match yes {
            true => Self::Done,
            false => Self::No,
        }
    }

    /// The number that the caller sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Broken => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not give an answer. The texts go to people as they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The caller can mend it: exit 2.
    #[error("{0}")]
    Usage(String),
    /// The caller cannot: exit 3.
    #[error("{0}")]
    Broken(String),
}

impl Trouble {
    /// Wrong usage, a missing file, a wrong configuration.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// Disk, database, or a fault of our own.
    pub fn broken(text: impl Into<String>) -> Self {
        Self::Broken(text.into())
    }

    /// A file named on the command line that cannot be read: exit 2 with its name.
    pub fn reading(path: &Path, error: &std::io::Error) -> Self {
        Self::Usage(format!("cannot read {}: {error}", path.display()))
    }

    /// The exit code that it means.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Broken(_) => Exit::Broken,
        }
    }
}

impl From<LogFault> for Trouble {
    fn from(fault: LogFault) -> Self {
        match fault {
            LogFault::Filter(_) | LogFault::Journal(_) => Self::Usage(fault.to_string()),
            LogFault::Twice => Self::Broken(fault.to_string()),
        }
    }
}

/// What a command comes to.
pub type Outcome = Result<Exit, Trouble>;

/// pencere, the integration window of BOEMİS.
///
/// Agencies drop signed XML or CSV files into their folder. The window checks signature,
/// authority, form and rules, loads the figures into BOEMİS, and lays a sealed receipt into
/// the folder beside.
///
/// Exit codes: 0 done, the answer is yes; 1 done, the answer is no; 2 wrong usage, a
/// missing file or a wrong configuration; 3 the program could not do its work.
#[derive(Debug, Parser)]
#[command(name = "pencere", version, verbatim_doc_comment, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Setup(setup::SetupArgs),
    Demo(demo::DemoArgs),
    Run(run::RunArgs),
    Seal(seal::SealArgs),
    Uploads(uploads::UploadsArgs),
    Once(once::OnceArgs),
    Check(check::CheckArgs),
    Verify(verify::VerifyArgs),
    Sign(sign::SignArgs),
    Template(template::TemplateArgs),
    Approval(approval::ApprovalArgs),
    Publish(publish::PublishArgs),
    /// Prove a receipt, or read it as a page of text
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Explain(explain::ExplainArgs),
    Replay(replay::ReplayArgs),
    Evidence(evidence::EvidenceArgs),
    Status(status::StatusArgs),
    Doctor(doctor::DoctorArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Repair(repair::RepairArgs),
    Downtime(downtime::DowntimeArgs),
    Report(report::ReportArgs),
    AsOf(as_of::AsOfArgs),
    /// Give data out of BOEMİS to others
    #[command(subcommand)]
    Export(open::ExportCommand),
    /// Look over the window's records
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Archive units: what is past its active time, packed for good
    #[command(subcommand)]
    Archive(archive::ArchiveCommand),
    /// Mail that goes out: what is owed, and what was given up or came back
    #[command(subcommand)]
    Post(post::PostCommand),
    /// What the owner of BOEMİS's database does for the window
    #[command(subcommand)]
    Boemis(boemis::BoemisCommand),
    /// Look over the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// The bodies that file
    #[command(subcommand)]
    Participants(registers::ParticipantsCommand),
    /// The persons who sign for them
    #[command(subcommand)]
    Persons(registers::PersonsCommand),
    /// The stations that are filed about
    #[command(subcommand)]
    Stations(registers::StationsCommand),
    /// What agencies need for the window's verdict at home
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// Look at who a certificate says its holder is
    #[command(subcommand)]
    Identity(identity::IdentityCommand),
}

/// Runs the command that was asked for.
pub fn run(arguments: Arguments) -> Exit {
    let mut screen = Screen::standard(arguments.format());
    let outcome = arguments.command.run(&mut screen);
    screen.close(outcome)
}

impl Command {
    fn run(self, screen: &mut Screen) -> Outcome {
        if !matches!(self, Self::Run(_) | Self::Seal(_) | Self::Uploads(_)) {
            // A service begins its log by itself: of what it does, not only of what went wrong.
            log::start(log::Settings::default(), log::Voice::Command)?;
        }
        match self {
            Self::Init(args) => init::run(&args, screen),
            Self::Setup(args) => setup::run(&args, screen),
            Self::Demo(args) => demo::run(&args, screen),
            Self::Run(args) => run::run(&args, screen),
            Self::Seal(args) => seal::run(&args, screen),
            Self::Uploads(args) => uploads::run(&args, screen),
            Self::Once(args) => once::run(&args, screen),
            Self::Check(args) => check::run(&args, screen),
            Self::Verify(args) => verify::run(&args, screen),
            Self::Sign(args) => sign::run(&args, screen),
            Self::Template(args) => template::run(&args, screen),
            Self::Approval(args) => approval::run(&args, screen),
            Self::Publish(args) => publish::run(&args, screen),
            Self::Receipt(receipt::ReceiptCommand::Verify(args)) => receipt::verify(&args, screen),
            Self::Receipt(receipt::ReceiptCommand::Show(args)) => receipt::show(&args, screen),
            Self::List(args) => list::run(&args, screen),
            Self::Show(args) => show::run(&args, screen),
            Self::Explain(args) => explain::run(&args, screen),
            Self::Replay(args) => replay::run(&args, screen),
            Self::Evidence(args) => evidence::run(&args, screen),
            Self::Status(args) => status::run(&args, screen),
            Self::Doctor(args) => doctor::run(&args, screen),
            Self::Backup(args) => backup::run(&args, screen),
            Self::Restore(args) => restore::run(&args, screen),
            Self::Repair(args) => repair::run(&args, screen),
            Self::Downtime(args) => downtime::run(&args, screen),
            Self::Report(args) => report::run(&args, screen),
            Self::AsOf(args) => as_of::run(&args, screen),
            Self::Export(open::ExportCommand::Open(args)) => open::open(&args, screen),
            Self::Audit(audit::AuditCommand::Verify(args)) => audit::verify(&args, screen),
            Self::Audit(audit::AuditCommand::Compare(args)) => audit::compare(&args, screen),
            Self::Audit(audit::AuditCommand::Export(args)) => export::run(&args, screen),
            Self::Archive(command) => command.run(screen),
            Self::Post(command) => command.run(screen),
            Self::Boemis(boemis::BoemisCommand::Prepare(args)) => boemis::prepare(&args, screen),
            Self::Config(config::ConfigCommand::Check(args)) => config::check(&args, screen),
            Self::Config(config::ConfigCommand::Diff(args)) => config::diff::run(&args, screen),
            Self::Participants(registers::ParticipantsCommand::List(args)) => registers::participants(&args, screen),
            Self::Persons(registers::PersonsCommand::List(args)) => registers::persons(&args, screen),
            Self::Stations(registers::StationsCommand::List(args)) => registers::stations(&args, screen),
            Self::Profile(profile::ProfileCommand::Export(args)) => profile::export(&args, screen),
            Self::Identity(identity::IdentityCommand::Probe(args)) => identity::probe(&args, screen),
        }
    }
}

/// Prints what the parser says: help and version on stdout (0), a wrong usage on stderr (2).
pub fn refuse(refusal: &clap::Error) -> Exit {
    // Nobody may be reading any more (`pencere --help | head -1`); that changes no answer.
    let _ = refusal.print();
    match refusal.use_stderr() {
        true => Exit::Usage,
        false => Exit::Done,
    }
}

impl Arguments {
    fn format(&self) -> Format {
        match &self.command {
            Command::Once(args) => args.output.format,
            Command::Check(args) => args.output.format,
            Command::Verify(args) => args.output.format,
            Command::Receipt(receipt::ReceiptCommand::Verify(args)) => args.output.format,
            Command::List(args) => args.output.format,
            Command::Show(args) => args.output.format,
            Command::Explain(args) => args.output.format,
            Command::Replay(args) => args.output.format,
            Command::Evidence(args) => args.output.format,
            Command::Status(args) => args.output.format,
            Command::Doctor(args) => args.output.format,
            Command::Backup(args) => args.output.format,
            Command::Restore(args) => args.output.format,
            Command::Repair(args) => args.output.format,
            Command::Downtime(args) => args.output.format,
            Command::Report(args) => args.form.format(),
            Command::AsOf(args) => args.form.format(),
            Command::Export(open::ExportCommand::Open(args)) => args.answer.format,
            Command::Audit(audit::AuditCommand::Verify(args)) => args.output.format,
            Command::Audit(audit::AuditCommand::Compare(args)) => args.output.format,
            Command::Archive(command) => command.format(),
            Command::Post(command) => command.format(),
            Command::Boemis(boemis::BoemisCommand::Prepare(args)) => args.output.format,
            Command::Config(config::ConfigCommand::Check(args)) => args.output.format,
            Command::Config(config::ConfigCommand::Diff(args)) => args.output.format,
            Command::Participants(registers::ParticipantsCommand::List(args)) => args.asked.form.format(),
            Command::Persons(registers::PersonsCommand::List(args)) => args.asked.form.format(),
            Command::Stations(registers::StationsCommand::List(args)) => args.asked.form.format(),
            Command::Profile(profile::ProfileCommand::Export(args)) => args.output.format,
            Command::Identity(identity::IdentityCommand::Probe(args)) => args.output.format,
            Command::Init(_)
            | Command::Setup(_)
            | Command::Demo(_)
            | Command::Run(_)
            | Command::Seal(_)
            | Command::Uploads(_)
            | Command::Sign(_)
            | Command::Template(_)
            | Command::Approval(_)
            | Command::Publish(_)
            | Command::Audit(audit::AuditCommand::Export(_))
            | Command::Receipt(receipt::ReceiptCommand::Show(_)) => Format::Text,
        }
    }
}

/// Which window a command speaks of.
#[derive(Debug, Args)]
pub struct WindowArgs {
    /// The window's configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]
    // The variable is read here and not by clap, so that an empty one counts as not set.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl WindowArgs {
    /// Names the configuration when `--config` does not.
    pub const VARIABLE: &'static str = "PENCERE_CONFIG";
    /// Where it lies when nothing names it.
    pub const DEFAULT: &'static str = "/etc/pencere/pencere.toml";

    /// `--config`, then `PENCERE_CONFIG`, then the default.
    pub fn path(&self) -> PathBuf {
        self.named().unwrap_or_else(|| PathBuf::from(Self::DEFAULT))
    }

    /// What to do about it, when nobody named a configuration and none lies where it is by default.
    pub fn advice(&self) -> Option<String> {
        let missing = self.named().is_none() && !std::path::Path::new(Self::DEFAULT).exists();
        missing.then(|| {
            format!(
                "there is no configuration: name the window's pencere.toml with --config FILE or in {} ({} is not \
                 there)",
                Self::VARIABLE,
                Self::DEFAULT
            )
        })
    }

    /// The configuration when anybody named one; for commands that can do without a window.
    pub fn named(&self) -> Option<PathBuf> {
        self.named_with(std::env::var_os(Self::VARIABLE))
    }

    fn named_with(&self, variable: Option<OsString>) -> Option<PathBuf> {
        self.config.clone().or_else(|| variable.filter(|value| !value.is_empty()).map(PathBuf::from))
    }
}

/// In which form a command answers.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Text for people, or exactly one JSON value on stdout for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[cfg(test)]
mod tests;
