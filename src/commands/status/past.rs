//! Do the window's own records end where they were promised to?
//!
//! Owns the same questions that a start asks (`daemon/fitting.rs`), as far as the ends alone answer them: the journal's
//! tree beside the last checkpoint, the act log beside each body's last receipt. Changes nothing.

use super::super::records::Known;
use super::{Problem, Trouble};
use crate::config::Settings;
use crate::forms::note::Checkpoint;
use crate::host::Disk;
use crate::journal::Reader;
use crate::seal::{ActsReader, Seal, Told, last_act};
use crate::transparency;
use std::path::Path;

/// What was promised of the journal before it is read: a running window may lay a later one meanwhile.
pub(super) fn promised(settings: &Settings) -> Option<Checkpoint> {
    transparency::laid(&Disk::system(), &settings.window.paths.state).ok()??.ok()
}

/// The journal lost its end, or is of another past.
pub(super) fn journal(settings: &Settings, promised: Option<Checkpoint>) -> Result<Option<Problem>, Trouble> {
    let state = &settings.window.paths.state;
    let (Some(promised), Some(tree)) = (promised, Reader::tree(&Disk::system(), state)?) else { return Ok(None) };
    let fits = match promised.size {
        size if size == tree.size() => promised.root == tree.root(),
        size => size < tree.size(),
    };
    let message = || {
        format!(
            "The journal has {} leaves of the transparency log, and does not go on from the last checkpoint, of {}: it \
             lost its end, or another past lies there, and no window starts with it. Put back the segments of \
             state/journal that are missing, from the reserve or a backup; where none has them, restore the window: \
             pencere restore",
            tree.size(),
            promised.size
        )
    };
    Ok((!fits).then(|| Problem { code: "journal-behind", message: message() }))
}

/// The act log lacks a receipt that was given, or is damaged at its end.
pub(super) fn acts(settings: &Settings, known: &Known) -> Option<Problem> {
    let path = &settings.seal.acts;
    let problem = |message: String| Some(Problem { code: "acts-behind", message });
    let lacks = |number: &str| {
        problem(format!(
            "The seal's act log lacks the receipt {number}, which was given: it lost its end, or an older one lies \
             there, and no window starts with it. Put back the acts.log of the reserve or of a backup that has it; \
             where none has, restore the window: pencere restore"
        ))
    };
    let last = match last_act(path) {
        Ok(last) => last,
        Err(fault) => return problem(format!("No window starts: {fault}.")),
    };
    let receipts = known.fold().last_receipts();
    let mut behind = receipts.filter(|number| last.as_ref().is_none_or(|last| !reaches(last, number)));
    // an act that was sealed once more has an earlier number: only then the others are asked
    behind.find_map(|number| (!is_told(path, number)).then(|| lacks(number))).flatten()
}

fn reaches(last: &Told, number: &str) -> bool {
    Seal::place_of(number).is_none_or(|wanted| wanted <= (last.year, last.ordinal))
}

fn is_told(path: &Path, number: &str) -> bool {
    let Ok(mut acts) = ActsReader::after(path, 0) else { return false };
    while let Ok(Some(act)) = acts.next() {
        if act.number == number {
            return true;
        }
    }
    false
}
