//! Opening a window for a command: its configuration, its runtime, and how a halt ends the program.

use super::{Screen, Trouble, WindowArgs};
use crate::config::Config;
use crate::daemon::window::Halt;
use jiff::Timestamp;
use std::path::Path;
use tokio::runtime::Runtime;

/// The window's configuration; every mistake is shown, and then exit 2.
///
/// # Errors
/// A configuration that is missing or wrong.
pub fn config(args: &WindowArgs, screen: &mut Screen) -> Result<Config, Trouble> {
    if let Some(advice) = args.advice() {
        return Err(Trouble::usage(advice));
    }
    config_at(&args.path(), screen)
}

/// This configuration; every mistake is shown, and then exit 2.
///
/// # Errors
/// As [`config`].
pub fn config_at(path: &Path, screen: &mut Screen) -> Result<Config, Trouble> {
    Config::load(path, Timestamp::now()).map_err(|mistakes| {
        for mistake in &mistakes {
            screen.note(mistake.to_string());
        }
        let count = mistakes.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        Trouble::usage(format!("{count} {noun} in the configuration {}; nothing was done", path.display()))
    })
}

/// One thread for the loop and the file events; the database has threads of its own.
///
/// # Errors
/// A system that gives no event queue.
pub fn runtime() -> Result<Runtime, Trouble> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Trouble::broken(format!("the program cannot begin to work: {error}")))
}

/// A window that cannot be opened or cannot go on: exit 3 with its words; 2 where its configuration is why.
pub fn halted(halt: Halt) -> Trouble {
    match halt {
        Halt::Misconfigured(why) => Trouble::usage(why),
        halt => Trouble::broken(halt.to_string()),
    }
}
