//! The torture of the real binary: power lost at every write, disks that fail, clocks that step, databases that
//! are locked, away or older, ledgers that are gone, and crowds. Whatever happens on the way: each document is
//! loaded once and answered once, the state is a legal one, and `audit verify` finds nothing.
//!
//! Each scenario is a test of this program. `PENCERE_TORTURE` makes them longer (`make torture`), `PENCERE_SEED`
//! repeats one. SIGKILL under load, and faults of our own disk step by step, are `tests/crash.rs`.

#[path = "torture/clocks.rs"]
mod clocks;
#[path = "window/crowd.rs"]
mod crowd;
#[path = "torture/crowds.rs"]
mod crowds;
#[path = "torture/databases.rs"]
mod databases;
#[path = "torture/disks.rs"]
mod disks;
#[path = "torture/injector.rs"]
mod injector;
#[path = "torture/ledgers.rs"]
mod ledgers;
#[path = "window/lists.rs"]
#[allow(dead_code)] // the tests of contests use all of it
mod lists;
#[path = "torture/lost_power.rs"]
mod lost_power;
#[path = "torture/power.rs"]
mod power;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "torture/recorder.rs"]
mod recorder;
#[path = "torture/restored.rs"]
mod restored;
#[path = "window/trial.rs"]
mod trial;

use crowd::Document;
use trial::{PARTICIPANTS, Trial, eventually};

/// So many times as long as in `make test`.
fn times() -> usize {
    crowd::number("PENCERE_TORTURE").unwrap_or(1) as usize
}

/// A window that does not wait for what no test needs.
fn template() -> Trial {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    trial.set("hold.retry_first", "\"10ms\"");
    trial.set("hold.retry_last", "\"1s\"");
    // a loss of power may take one half of a pair; how long the other waits is no question here
    trial.set("pair_wait", "\"1h\"");
    trial
}

fn drop_into(trial: &Trial, documents: &[Document]) {
    for document in documents {
        for (name, octets) in &document.files {
            trial.put(document.participant, name, octets);
        }
    }
}

/// Waits until nothing lies in a folder and nothing is held.
fn wait_for_the_end(trial: &Trial) {
    eventually("the end of the work", || {
        let is_empty = |one| trial.names(one, "in").is_empty() && trial.names(one, ".taken").is_empty();
        PARTICIPANTS.into_iter().all(is_empty) && trial.json(&["status"]).1["held"]["count"] == 0
    });
}

/// What must hold in the end.
fn assert_end(trial: &Trial, documents: &[Document]) {
    crowd::audit(trial, documents);
}
