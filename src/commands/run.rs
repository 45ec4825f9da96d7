//! `pencere run`: the daemon.

use super::status::{problems, sight};
use super::{Exit, Outcome, Screen, Trouble, WindowArgs, opening};
use crate::advice::Advice;
use crate::daemon::enclosure;
use crate::daemon::log::{self, Voice};
use crate::daemon::metrics::{self, Door, DoorFault, Listen, Metrics};
use crate::daemon::watch;
use crate::daemon::window::Window;
use crate::host::Host;
use clap::Args;

/// Open the window: watch the drop folders until told to stop (the daemon)
///
/// Ends at SIGTERM or SIGINT. Prints one line with `ready` on stdout as soon as it watches.
/// SIGHUP reads registry, stations, datasets and trust again: wholly, or not at all when
/// anything in them is wrong.
///
/// Shuts itself in: from its start on it reads and writes what the configuration names and no
/// other file, starts no program and listens on nothing (`[sandbox]`).
///
/// Logs go to stderr, under systemd to the journal. PENCERE_LOG sets what is logged, for
/// instance `debug` or `info,pencere::intake=debug`.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct RunArgs {
    #[command(flatten)]
    pub window: WindowArgs,
}

/// Runs the command.
///
/// # Errors
/// A wrong configuration, a window that is open already, a disk or database that fails.
pub fn run(args: &RunArgs, screen: &mut Screen) -> Outcome {
    let host = Host::system();
    let config = opening::config(&args.window, screen)?;
    log::start(config.settings().log, Voice::Daemon)?;
    for warning in config.warnings() {
        tracing::warn!(advice = %Advice::Configuration, %warning, "configuration");
    }
    // what is listened on is opened before the process gives up what it needs for it
    let door = config.settings().metrics.listen.as_ref().map(door).transpose()?;
    let id = config.settings().window.window.id.clone();
    // before the first thread, and behind whatever is to be listened on
    enclosure::shut_window(&config, &host.disk);
    let metrics = Metrics::new();
    if let Some(door) = door {
        let trouble = |error| Trouble::broken(format!("the window's numbers cannot be given: {error}"));
        metrics::serve(door, &metrics).map_err(trouble)?;
    }
    opening::runtime()?.block_on(async {
        let window = Window::open_counted(config, host, metrics).await.map_err(opening::halted)?;
        let window = window.told_by(problems).seen_by(sight);
        watch::run(window, || screen.say(format!("ready: the window “{id}” watches"))).await.map_err(opening::halted)
    })?;
    Ok(Exit::Done)
}

/// Opens the one socket that the process has.
fn door(listen: &Listen) -> Result<Door, Trouble> {
    Door::open(listen).map_err(|fault| match fault {
        // who has the address may leave it
        DoorFault::Closed { .. } => Trouble::broken(fault.to_string()),
        DoorFault::NotHandedOver | DoorFault::Open(_) => Trouble::usage(fault.to_string()),
    })
}
