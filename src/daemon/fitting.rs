//! Fitting: whether the window's own records are of one past, before anything is said upon them.
//!
//! Owns what a start holds against each other: the act log against the journal, so that no number is given twice, and
//! the journal against what was promised of its transparency log, so that this never forks. What a crash leaves fits:
//! an act is durable before its answer is journalled, and a line before a checkpoint or an act speaks of it. Asks for
//! the ends alone; `audit verify` walks all of it. Mends nothing: a window that does not fit halts, and a person looks.

use super::answering::unsealed;
use super::window::Halt;
use crate::document::BAKU;
use crate::forms::note::Checkpoint;
use crate::host::Host;
use crate::ledger::Ledger;
use crate::seal::{Seal, Sealer};
use crate::transparency::Log;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;

/// What of the act log is missing.
fn lost(acts: &Path, number: &str) -> Halt {
    Halt::Unfit(format!(
        "the seal's act log {} lacks the receipt {number}, which the journal says was given: the log lost its end, or \
         an older one lies there. Nothing was sealed, or numbers would be given twice. Put back the acts.log of the \
         reserve or of a backup that has it; where none has, restore the window from its last copy (pencere restore)",
        acts.display()
    ))
}

/// Holds the act log against the journal: of each year the next number lies behind all that were answered.
///
/// # Errors
/// [`Halt`]: it does not; or the ledger.
pub(super) fn acts(seal: &Sealer, acts: &Path, ledger: &Ledger, now: Timestamp) -> Result<(), Halt> {
    for number in ledger.last_receipts()? {
        // the last that it gave, not the next: between these lies what a restore leaves out
        if let Some((year, ordinal)) = Seal::place_of(&number)
            && seal.last_ordinal(year).map_err(unsealed)? < ordinal
        {
            return Err(lost(acts, &number));
        }
    }
    // and what was answered to nobody that is known
    let years: BTreeSet<i16> = seal.years().into_iter().chain([BAKU.to_datetime(now).year()]).collect();
    for year in years {
        let (_, next) = seal.next_number(year).map_err(unsealed)?;
        if ledger.find_receipt(&next)?.is_some() {
            return Err(lost(acts, &next));
        }
    }
    Ok(())
}

/// Holds the journal against the checkpoint to which the last act commits.
///
/// # Errors
/// [`Halt`]: it does not go on from there; or act log and journal.
pub(super) fn tree(seal: &Sealer, log: &mut Log, host: &Host, state: &Path) -> Result<(), Halt> {
    let Some((number, commitment)) = seal.last_commitment().map_err(Halt::wrong)? else { return Ok(()) };
    match Checkpoint::read(&commitment.checkpoint) {
        Ok(checkpoint) => {
            let what = format!("the checkpoint in receipt {number}");
            Ok(log.hold(&host.disk, state, &what, (checkpoint.size, checkpoint.root))?)
        }
        Err(fault) => Err(Halt::wrong(format!("the act of receipt {number}: {fault}"))),
    }
}
