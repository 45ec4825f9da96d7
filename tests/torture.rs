//! The torture of the real binary: power lost at every write, disks that fail, clocks that step, databases that
//! are locked, away or older, ledgers that are gone, and crowds. Whatever happens on the way: each document is
//! loaded once and answered once, the state is a legal one, and `audit verify` finds nothing.
//!
//! Each scenario is a test; `make torture` makes them long (`PENCERE_TORTURE`), `PENCERE_SEED` repeats one.

#[path = "window/crowd.rs"]
mod crowd;
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

/// So many times as long as in `make test`.
fn times() -> usize {
    crowd::number("PENCERE_TORTURE").unwrap_or(1) as usize
}
