//! `pencere seal`: the seal as a process of its own.

use super::{Outcome, Screen, Trouble};
use crate::advice::Advice;
use crate::config::SealApart;
use crate::daemon::log::{self, Voice};
use crate::daemon::{enclosure, notify};
use crate::host::{Host, listen_at};
use crate::seal::{Keeper, KeeperFault, KeyPlace, OpenFault};
use clap::Args;
use jiff::Timestamp;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// Seal for a window that runs apart, and alone hold the seal's key (a service)
///
/// The window names the socket where others name a key: `[seal] key = "socket:PATH"`. Whoever
/// runs as the owner of the window's state folder may ask, and nobody else. Nothing is sealed
/// that does not stand in the window's journal, nor what contradicts an earlier seal.
///
/// Shuts itself in once it is open: it reads the window's journal, writes its act log, and comes
/// to no other file, no program and no machine; of its key's file not again either.
///
/// Listens on the socket that is its standard input (systemd: StandardInput=socket), or on
/// --socket. Prints one line with `ready` on stdout. Ends at SIGTERM at any moment: what was
/// sealed is durable before it is told.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct SealArgs {
    /// Whose seal it is, and where certificate, key and act log lie
    #[arg(long, value_name = "FILE", default_value = "/etc/pencere/seal.toml")]
    config: PathBuf,
    /// Make this socket, for a window of the same user, instead of taking one over
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A wrong configuration, no socket, an act log that another process writes, a disk or token that fails.
pub fn run(args: &SealArgs, screen: &mut Screen) -> Outcome {
    let (apart, warnings) = SealApart::load(&args.config, Timestamp::now()).map_err(|mistakes| {
        mistakes.iter().for_each(|mistake| screen.note(mistake.to_string()));
        Trouble::usage(format!("{} is wrong; nothing was done", args.config.display()))
    })?;
    log::start(log::Settings::default(), Voice::Daemon)?;
    for warning in warnings {
        tracing::warn!(advice = %Advice::Configuration, %warning, "configuration");
    }
    let listener = match &args.socket {
        Some(path) => listen_at(path).map_err(|error| {
            let why = match error.kind() {
                ErrorKind::AddrInUse => "another seal listens there".to_owned(),
                _ => error.to_string(),
            };
            Trouble::usage(format!("{}: {why}", path.display()))
        })?,
        None => inherited()?,
    };
    let by_token = matches!(apart.seal.key, KeyPlace::Token(_));
    let own = apart.clone();
    if by_token {
        // a module may start threads: they are shut in from their beginning
        enclosure::shut_seal(&own);
    }
    let SealApart { seal, window, state, .. } = apart;
    let (host, id) = (Host::system(), window.id.clone());
    let clock = host.clock.clone();
    let keeper = Keeper::open(&seal, window, Box::new(move || clock.now()), &host.disk, &state);
    let keeper = keeper.map_err(|fault| match fault {
        // a PIN that is refused must not be tried at every start of a service
        OpenFault::Token(ref token) if token.is_lasting() => Trouble::usage(fault.to_string()),
        fault => Trouble::broken(fault.to_string()),
    })?;
    if !by_token {
        // from here on not even the file of the key is read again
        enclosure::shut_seal(&own);
    }
    screen.say(format!("ready: the seal of “{id}” listens"));
    notify::ready("the seal listens");
    match keeper.serve(&listener) {
        Ok(never) => match never {},
        Err(fault @ KeeperFault::State { .. }) => Err(Trouble::usage(fault.to_string())),
        Err(fault) => Err(Trouble::broken(fault.to_string())),
    }
}

/// The socket that is standard input.
fn inherited() -> Result<UnixListener, Trouble> {
    let none = || {
        Trouble::usage(
            "standard input is no listening socket; start pencere-seal.socket, or name one with --socket PATH",
        )
    };
    let stdin = std::io::stdin();
    if !rustix::net::sockopt::socket_acceptconn(&stdin).unwrap_or(false) {
        return Err(none());
    }
    stdin.as_fd().try_clone_to_owned().map(UnixListener::from).map_err(|_| none())
}
