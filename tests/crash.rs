//! The window dies at any moment, and every document is loaded once and answered once.
//!
//! Two walks: the daemon is killed at random moments under load, and a window in this process meets
//! a fault at the n-th step of its own disk. `PENCERE_KILLS` and `PENCERE_STEPS` make them longer,
//! `PENCERE_SEED` repeats one.

#[path = "window/crowd.rs"]
mod crowd;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use crowd::{Dice, Document, Seed, audit, documents, number};
use jiff::Timestamp;
use pencere::config::Config;
use pencere::daemon::watch;
use pencere::daemon::window::{Halt, Window};
use pencere::host::{Clock, Disk, Fault, Faults, Host};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use trial::{PARTICIPANTS, Trial, eventually};

// S 3.1.2
#[test]
fn killed_at_any_moment_every_document_is_loaded_once_and_answered_once() {
    let kills = number("PENCERE_KILLS").unwrap_or(12) as usize;
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = Trial::new();
    let documents = documents(&trial, kills * 12, &mut dice);
    let mut left = documents.as_slice();
    let mut before_ready = 0;
    for round in 0..kills {
        let (now, later) = left.split_at(left.len() / (kills - round));
        left = later;
        // in every other round each statement is laid away, and its rows stand before their mark
        trial.set("memory_max", if round % 2 == 0 { "\"4MiB\"" } else { "\"1B\"" });
        let pauses: Vec<u64> = (0..now.len() * 2).map(|_| dice.below(9)).collect();
        let (early, moment, direct) = (dice.below(4) == 0, 5 + dice.below(296), dice.below(2) == 0);
        std::thread::scope(|scope| {
            let trial = &trial;
            scope.spawn(move || feed(trial, now, &pauses, direct));
            let mut daemon = trial.start_with(|_| {});
            if early {
                before_ready += 1;
                std::thread::sleep(Duration::from_millis(moment / 4));
            } else {
                assert!(daemon.is_ready(), "round {round}: {}", trial.log());
                std::thread::sleep(Duration::from_millis(moment));
            }
            assert!(daemon.is_alive(), "round {round}: {}", trial.log());
            daemon.kill();
        });
    }
    let last = trial.run();
    eventually("the end of the work", || {
        PARTICIPANTS.iter().all(|one| trial.names(one, "in").is_empty() && trial.names(one, ".taken").is_empty())
    });
    last.end();
    let count = audit(&trial, &documents);
    let log = trial.log();
    let again = log.matches("finishing what was under way").count();
    println!(
        "{kills} kills, {before_ready} of them before the window watched; {} documents, {count} receipts; \
         {again} starts finished work, {} gave files back",
        documents.len(),
        log.matches("lie in their folders again").count()
    );
}

/// Drops documents, some as a careful agency does, some straight under their names.
fn feed(trial: &Trial, documents: &[Document], pauses: &[u64], direct: bool) {
    let mut pauses = pauses.iter();
    for document in documents {
        for (name, octets) in &document.files {
            match direct {
                true => fs::write(trial.side(document.participant, "in").join(name), octets).unwrap(),
                false => trial.put(document.participant, name, octets),
            }
            std::thread::sleep(Duration::from_millis(*pauses.next().unwrap_or(&1)));
        }
    }
}

/// What a window in this process came to at its own disk's faults, once through all that waits.
fn carry(config: &Path, disk: Disk) -> Result<(), Halt> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config =
            Config::load(config, Timestamp::now()).map_err(|mistakes| Halt::broken(format!("{mistakes:?}")))?;
        let window = Window::open(config, Host { clock: Clock::system(), disk }).await?;
        let (_, window) = watch::once(window, |_| {}).await?;
        window.close().await
    })
}

// S 3.1.2
#[test]
fn after_a_fault_at_any_step_of_its_disk_a_new_window_comes_to_the_same_end() {
    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    let one_in = number("PENCERE_STEPS").unwrap_or(3);
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let template = Trial::new();
    template.set("settle", "\"1ms\"");
    template.set("hold.retry_first", "\"10ms\"");
    let mut dropped = documents(&template, 8, &mut dice).into_iter().filter(|one| !one.name.contains("again"));
    // one that is accepted, one that is rejected, one pair
    let three: Vec<Document> = [3, 2, 0].into_iter().map(|skip| dropped.nth(skip).unwrap()).collect();
    assert_eq!(
        three.iter().map(|one| (one.files.len(), one.content)).collect::<Vec<_>>(),
        [(1, Some(3)), (1, None), (2, Some(7))]
    );
    let attempt = |faults: &Arc<Faults>| {
        let trial = template.copy();
        for document in &three {
            for (name, octets) in &document.files {
                trial.put(document.participant, name, octets);
            }
        }
        let result = carry(&trial.at("w/pencere.toml"), Disk::faulty(Arc::clone(faults)));
        (trial, result)
    };
    let counted = Faults::none();
    let (trial, result) = attempt(&counted);
    result.unwrap();
    assert_eq!(audit(&trial, &three), 3);
    let steps = counted.steps();
    assert!(steps > 30, "{steps}");
    let (mut walked, mut stopped) = (0, 0);
    for n in 1..=steps {
        for fault in [Fault::Error(EIO), Fault::Error(ENOSPC), Fault::Lasting(ENOSPC), Fault::Death] {
            if dice.below(one_in) > 0 {
                continue;
            }
            let faults = Faults::at(n, fault);
            let (trial, result) = attempt(&faults);
            stopped += usize::from(result.is_err());
            let power = dice.below(2) == 0;
            if power {
                faults.lose_power(|unsynced| dice.below(unsynced + 1)).unwrap();
            }
            let case = format!("step {n} of {steps}, {fault:?}, power lost: {power}, first: {result:?}");
            let end = carry(&trial.at("w/pencere.toml"), Disk::system());
            assert!(end.is_ok(), "{case}: {end:?}");
            let audited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| audit(&trial, &three)));
            assert!(audited.is_ok_and(|receipts| receipts == 3), "{case}");
            walked += 1;
        }
    }
    assert!(stopped > 0);
    println!("{walked} faults at {steps} steps, {stopped} of them stopped the window");
}
