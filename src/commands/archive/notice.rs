//! `pencere archive notice`: that the coordinating body was told of a unit (R 5.10).

use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, records, standing, tell, who};
use crate::archive::gather::NOTICE_SENT;
use crate::daemon::archiving;
use crate::host::Disk;
use crate::journal::{Journal, JournalError, Note};
use clap::{Args, Subcommand};
use jiff::Timestamp;

/// What to do with notices.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    Sent(NoticeSentArgs),
}

/// Journal that the notice of a unit was sent
///
/// Until then `status` shows the notice, and is unhealthy once it is overdue. Beside a running
/// daemon it is told to that, which journals it at its next rescan.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct NoticeSentArgs {
    /// The unit's name, as trial-000001
    #[arg(value_name = "UNIT")]
    pub unit: String,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Journals it.
///
/// # Errors
/// Usage: no such unit is known, or its notice was sent before. Broken: the journal or the disk.
pub fn sent(args: &NoticeSentArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let known = standing(&settings)?;
    let unit = &args.unit;
    if !known.units.iter().any(|known| known.name == *unit && known.due.is_some()) {
        return Err(Trouble::usage(format!("the journal knows no unit {unit} of which a notice is due")));
    }
    if known.sent.contains(unit) {
        return Err(Trouble::usage(format!("the notice of {unit} was sent already")));
    }
    let (disk, state) = (Disk::system(), &settings.window.paths.state);
    let by = who::who();
    let journalled = match Journal::open(&disk, state, settings.journal) {
        Ok(mut journal) => {
            tell(&mut journal, [archiving::act(NOTICE_SENT, &by, None, [("unit", unit.clone())])])?;
            true
        }
        Err(JournalError::InUse { .. }) => {
            let facts = [("unit".to_owned(), unit.clone())].into();
            let note = Note { time: Timestamp::now(), act: NOTICE_SENT.to_owned(), by, facts };
            let left = note.leave(&disk, state);
            left.map_err(|error| Trouble::broken(format!("the running window cannot be told of it: {error}")))?;
            false
        }
        Err(error) => return Err(error.into()),
    };
    screen.json(&serde_json::json!({"unit": unit, "journalled": journalled}));
    screen.say(match journalled {
        true => format!("Journalled: the notice of {unit} was sent."),
        false => format!("The running window journals at its next rescan that the notice of {unit} was sent."),
    });
    Ok(Exit::Done)
}
